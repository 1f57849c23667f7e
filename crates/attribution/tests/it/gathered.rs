//! Lists that somebody gathered from others (`OpenSanctions`, trade.gov), and lists of other offices: in the variants in
//! which they come, nothing is lost unsaid.

use tracehound_attribution::{
    ImportError, Scope,
    import::{Account, Format, Options, Snapshot, SourceOptions, Warning, official, read},
    ownership::Owners,
    parties::PartyTable,
};
use tracehound_model::{Category, Reach, RelationKind, SourceId, SourceKind, Standing, claim::PartyKind};

use crate::support::{address, day, named, real, text};

const BTC: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
const ETH: &str = "0xE4A618E2Fc5aD76525F555970363ae97AFc1F426";

/// What comes of a text: claims, parties, rows refused, rows passed over; or a part of the complaint.
type Gives = Result<(usize, usize, u64, u64), &'static str>;

fn check(name: &str, list: &str, gives: Gives) -> Option<Snapshot> {
    match (text(name, list), gives) {
        (Ok(snapshot), Ok(expected)) => {
            let Account { total, read, refused, passed_over, .. } = snapshot.account;
            assert_eq!(read + refused + passed_over, total, "{list}: {snapshot:?}");
            let got = (snapshot.claims.len(), snapshot.parties.len(), refused, passed_over);
            assert_eq!(got, expected, "{list}: {snapshot:?}");
            Some(snapshot)
        }
        (Err(error), Err(part)) => {
            assert!(error.to_string().contains(part), "{list}: {error}");
            None
        }
        (got, _) => panic!("{list}: {got:?}"),
    }
}

#[test]
fn the_same_rows_are_the_same_list_in_any_order_of_columns_and_with_any_separator() {
    for (name, list, gives) in [
        // The Consolidated Screening List.
        (
            "csl.csv",
            "ids\tname\tentity_number\tsource\talt_names\nDigital Currency Address - XBT, 1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi, Iran; Tax ID, 1\tA\t7\tX (SDN) - Treasury\tB; C\n",
            Ok((1, 1, 0, 1)),
        ),
        (
            "csl.csv",
            "source;entity_number;name;alt_names\nX (DPL);7;\"A\nB\";\n;;;\nX (DPL);8;;\n",
            Ok((0, 1, 1, 2)),
        ),
        ("csl.csv", "source,entity_number,name,alt_names\n", Err("no address and no party")),
        ("csl.csv", "source,entity_number,name,alt_names\nX,7,\"A,\n", Err("line 2")),
        (
            "consolidated.json",
            r#"{"results":[{"source":"X (SDN) - Treasury","entity_number":"7","name":"A","alt_names":["B"],"source_list_url":"u","ids":[{"type":"Digital Currency Address - XBT","number":"1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi"}]},5]}"#,
            Ok((1, 1, 1, 0)),
        ),
        // The Denied Persons List.
        (
            "dpl.csv",
            "Expiration_Date,Standard_Order,Effective_Date,Name\n01/01/2030,Y,01/02/2020,A\n01/01/2030,Y,01/02/2020,A\n,,,\n,Y,,\n",
            Ok((0, 1, 1, 2)),
        ),
        (
            "dpl.txt",
            "\u{feff}Denied Persons\nName|Effective_Date|Expiration_Date|Standard_Order\nA|13/13/2020|x|Y\n",
            Ok((0, 1, 0, 2)),
        ),
        (
            "dpl.txt",
            "Name\tEffective_Date\tExpiration_Date\tStandard_Order\n",
            Err("no address and no party"),
        ),
        // The table of targets.
        (
            "t.csv",
            "name;aliases;schema;id\nA;\"B;C\";Person;1\n1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi;;CryptoWallet;2\nno address;;CryptoWallet;3\n1 St;;Address;4\n;;Person;5\n",
            Ok((1, 1, 2, 2)),
        ),
        ("t.csv", "id,schema,name,aliases\n", Err("no address and no party")),
        // Entities.
        (
            "entities.ftm.json",
            "{\"id\":\"1\",\"schema\":\"Person\",\"properties\":{\"name\":[\"A\"]}}\n\n{\"id\":\"2\",\"schema\":\"Address\",\"properties\":{}}\n5\n{\"id\":\"3\",\"schema\":\"Person\",\"properties\":{\"name\":[\"B\"]},\"target\":false}\n",
            Ok((0, 1, 1, 2)),
        ),
        (
            "x.json",
            "[{\"id\":\"1\",\"schema\":\"Person\",\n\"properties\":{\"name\":[\"A\"]}}, {\"id\":\"2\",\"schema\":\"CryptoWallet\",\"properties\":{\"publicKey\":[\"1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi\"]}}]",
            Ok((1, 1, 0, 0)),
        ),
        (
            "x.json",
            "{\"id\":\"1\",\"schema\":\"Person\",\"properties\":{\"name\":[\"A\"]}}\n{\"id\":\"2\",\"schema\":\"Pers",
            Err("line 2"),
        ),
        (
            "x.json",
            "{\"id\":\"1\",\"schema\":\"CryptoWallet\",\"properties\":{}}\n",
            Err("no address and no party"),
        ),
        // Senzing.
        (
            "senzing.json",
            "{\"DATA_SOURCE\":\"X\",\"RECORD_ID\":\"1\",\"RECORD_TYPE\":\"PERSON\",\"NAMES\":[{\"NAME_TYPE\":\"ALIAS\",\"NAME_FULL\":\"B\"},{\"NAME_TYPE\":\"PRIMARY\",\"NAME_LAST\":\"A\"}]}\n{\"DATA_SOURCE\":\"X\",\"RECORD_ID\":2,\"PRIMARY_NAME_ORG\":\"C\"}\n{\"DATA_SOURCE\":\"X\",\"RECORD_ID\":\"3\"}\n",
            Ok((0, 2, 1, 0)),
        ),
        // OFSI's XML.
        (
            "x.xml",
            "<ArrayOfFinancialSanctionsTarget><FinancialSanctionsTarget><Name6>A</Name6><GroupID>1</GroupID></FinancialSanctionsTarget><FinancialSanctionsTarget><name1>B</name1><GroupID>1</GroupID></FinancialSanctionsTarget><FinancialSanctionsTarget><Name6>C</Name6></FinancialSanctionsTarget></ArrayOfFinancialSanctionsTarget>",
            Ok((0, 1, 1, 0)),
        ),
        ("x.xml", "<ArrayOfFinancialSanctionsTarget/>", Err("no address and no party")),
        ("x.xml", "<ArrayOfFinancialSanctionsTarget><FinancialSanctionsTarget>", Err("cut short")),
        // A download that broke off, of a server that does not say how long its answer is.
        ("x.csv", "address,entity\n1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi,A\n1Csh", Err("cut short")),
        ("x.csv", "address\n1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi\n1CshAgqoUYfo8VuK", Err("cut short")),
        ("x.csv", "entity,address\nA,1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi\nB,1CshAgqo", Err("cut short")),
        ("x.csv", "entity,address\nA,1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi", Ok((1, 0, 0, 1))),
    ] {
        check(name, list, gives);
    }
}

#[test]
fn the_real_list_of_denied_persons_is_read_whole() {
    let Some(imported) = real("sanctions/us_bis_denied_persons.txt") else { return };
    let list = imported.snapshot;
    assert_eq!((imported.format, list.source.id.0.as_str()), (Format::DeniedPersons, "us-bis-dpl"));
    // 547 lines, one of them the header; some orders stand in several rows, one for each postal address.
    assert_eq!((list.account.total, list.account.read, list.account.passed_over), (547, 546, 1));
    assert_eq!(list.parties.len(), 417);
    let denied = |name: &str| {
        let found = list.parties.iter().filter(|party| party.names[0].full == name);
        found.filter_map(|party| party.listed_on).collect::<Vec<_>>()
    };
    assert_eq!(denied("ADRIAN MANUEL HERNANDEZ"), [day("2017-10-16")], "month first");
    assert_eq!(denied("I. ASH"), [day("2002-03-04"), day("2003-06-19")], "two orders");
}

fn ftm(lines: &[&str]) -> Result<Snapshot, ImportError> {
    text("entities.ftm.json", &lines.join("\n"))
}

#[test]
fn entities_that_hold_others_say_what_flat_ones_say() {
    let flat = ftm(&[
        r#"{"id":"p","schema":"Person","caption":"A","properties":{"name":["A"],"weakAlias":["B"],"topics":["sanction"]},"datasets":["us_ofac_sdn"],"target":true}"#,
        &format!(
            r#"{{"id":"w","schema":"CryptoWallet","properties":{{"publicKey":["{ETH}"],"holder":["p"],"currency":["ETH"]}},"datasets":["us_ofac_sdn"]}}"#
        ),
        r#"{"id":"s","schema":"Sanction","properties":{"entity":["p"],"program":["DPRK3"],"listingDate":["2019-09-13"]},"datasets":["us_ofac_sdn"]}"#,
        r#"{"id":"o","schema":"Ownership","properties":{"owner":["p"],"asset":["x"]},"datasets":["us_ofac_sdn"]}"#,
    ])
    .unwrap();
    let nested = ftm(&[&format!(
        r#"{{"id":"p","schema":"Person","caption":"A","properties":{{"name":["A"],"weakAlias":["B"],"topics":["sanction"],"cryptoWallets":[{{"id":"w","schema":"CryptoWallet","properties":{{"publicKey":["{ETH}"],"currency":["ETH"]}}}}],"sanctions":[{{"id":"s","schema":"Sanction","properties":{{"program":["DPRK3"],"listingDate":["2019-09-13"]}}}}],"ownershipOwner":[{{"id":"o","schema":"Ownership","properties":{{}}}}]}},"datasets":["us_ofac_sdn"],"target":true}}"#
    )])
    .unwrap();
    assert_eq!((&nested.claims, &nested.parties), (&flat.claims, &flat.parties));
    let (claim, party) = (&flat.claims.get(0).unwrap(), &flat.parties[0]);
    assert_eq!(claim.subject, address(ETH));
    assert_eq!(
        (claim.statement.category, claim.statement.party_id.as_deref()),
        (Category::Sanction, Some("p"))
    );
    assert_eq!((&party.programs[..], party.listed_on), (&["DPRK3".to_owned()][..], Some(day("2019-09-13"))));
    let names: Vec<_> = party.names.iter().map(|name| (name.full.as_str(), name.weak)).collect();
    assert_eq!((names, party.kind), (vec![("A", false), ("B", true)], PartyKind::Individual));
    for list in [&flat, &nested] {
        let loose = "1 relations are of whom the file does not describe";
        assert!(list.warnings.iter().any(|warning| warning.message.contains(loose)), "{:?}", list.warnings);
    }
}

fn owns(owner: &str, asset: &str, share: &str) -> String {
    format!(
        r#"{{"id":"{owner}-{asset}","schema":"Ownership","properties":{{"owner":["{owner}"],"asset":["{asset}"],"percentage":["{share}"]}}}}"#
    )
}

/// A file that was cut or filtered: nothing tells whether the owner without a record is listed.
#[test]
fn an_owner_without_a_record_is_named_and_whom_it_owns_is_kept() {
    let company = |id: &str| {
        format!(r#"{{"id":"{id}","schema":"Company","properties":{{"name":["{id} works"]}},"target":false}}"#)
    };
    let target =
        r#"{"id":"p","schema":"Person","properties":{"name":["A"],"topics":["sanction"]},"target":true}"#;
    let list = ftm(&[
        target,
        &company("shell"),
        &company("below"),
        &company("clean"),
        &company("mother"),
        &owns("nobody", "shell", "80"),
        &owns("shell", "below", "60"),
        &owns("mother", "clean", "100"),
    ])
    .unwrap();
    let kept: Vec<&str> = list.parties.iter().map(|party| party.id.as_str()).collect();
    assert_eq!(kept, ["p", "shell", "below"], "an owner who is described and no target is known");
    assert_eq!((list.account.left_out, list.scope), (0, Format::FollowTheMoney.scope()));
    let named = |warning: &Warning| {
        warning.message.starts_with("1 relations are to whom the file does not describe (`nobody`)")
    };
    assert!(list.warnings.iter().any(named), "{:?}", list.warnings);
    // Whom it may own by half may be owned by a listed one, and so may what that owns in turn.
    let table = PartyTable::of(&list.parties).unwrap();
    let owners = Owners::of(&table, day("2026-01-01"), |_, standing| standing == Standing::Sanctioned);
    let source = &list.source.id.0;
    let of = |id: &str| owners.ownership(owners.find(source, id).unwrap().unwrap()).unwrap();
    let shell = of("shell").expect("an owner who may be listed");
    assert_eq!(shell.reach, Reach::MayBeHalf);
    assert!(
        shell.to_string().contains("`nobody`, whom the source does not describe, owns 80 % of shell works")
    );
    assert_eq!(of("below").expect("an owner").reach, Reach::MayBeHalf);
}

#[test]
fn what_a_target_owns_and_the_file_lacks_makes_the_list_an_extract() {
    let person = |id: &str, target: bool| {
        format!(
            r#"{{"id":"{id}","schema":"Person","properties":{{"name":["{id} person"]}},"target":{target}}}"#
        )
    };
    let list = ftm(&[&person("p", true), &person("q", false), &owns("p", "gone", "100")]).unwrap();
    assert_eq!((list.account.left_out, list.scope), (1, Scope::Extract));
    let named = |warning: &Warning| {
        warning.place == "line 3" && warning.message.starts_with("`p person` owns `gone`, which the file")
    };
    assert!(list.warnings.iter().any(named), "{:?}", list.warnings);
    // What others own, and what is directed, says of nobody that they are listed.
    let director =
        r#"{"id":"d","schema":"Directorship","properties":{"director":["p"],"organization":["gone"]}}"#;
    let list = ftm(&[&person("p", true), &person("q", false), &owns("q", "gone", "100"), director]).unwrap();
    assert_eq!((list.account.left_out, list.scope), (0, Format::FollowTheMoney.scope()));
    let counted = |warning: &Warning| warning.message.starts_with("2 relations are of whom the file");
    assert!(list.warnings.iter().any(counted), "{:?}", list.warnings);
}

/// What a mirror lacks is not off the list that it mirrors.
#[test]
fn what_others_gathered_is_a_source_of_its_own() {
    let of = |datasets: &str| {
        format!(
            r#"{{"id":"1","schema":"Person","properties":{{"name":["A"]}},"datasets":[{datasets}],"last_seen":"2026-09-01"}}"#
        )
    };
    for (datasets, id) in [
        (r#""us_ofac_sdn""#, "opensanctions-us_ofac_sdn"),
        (r#""us_ofac_sdn","eu_fsf""#, "opensanctions-eu_fsf.us_ofac_sdn"),
    ] {
        let list = ftm(&[&of(datasets)]).unwrap();
        assert_eq!((list.source.id.0.as_str(), list.source.kind), (id, SourceKind::Labels));
        assert!(official::official(&list.source.id).is_none() && list.list.is_none());
    }
    // Two collections under one name would end each other.
    let many = ftm(&[&of(r#""a","b","c","d""#)]).unwrap_err().to_string();
    assert!(many.contains("4 datasets") && many.contains("--source"), "{many}");
    // Nobody makes it the list that it was made from.
    for format in [Format::FollowTheMoney, Format::OpenSanctionsCsv, Format::Senzing, Format::Csl] {
        assert!(official::OFFICIAL.iter().all(|list| !list.formats.contains(&format)), "{format}");
    }
}

const SECO: &str = r#"<swiss-sanctions-list list-type="whole-list" date="2026-09-28">
<sanctions-program ssid="1"><program-key lang="eng">DPRK</program-key><program-name lang="ger">x</program-name>
  <sanctions-set ssid="11" lang="eng">Annex 1</sanctions-set></sanctions-program>
<target ssid="2"><sanctions-set-id>11</sanctions-set-id><individual sex="male">
  <identity ssid="3" main="false"><name name-type="primary-name" quality="low"><name-part order="1"><value>WEAK</value></name-part></name></identity>
  <identity ssid="4" main="true"><name name-type="alias"><name-part order="1"><value>ALIAS</value></name-part></name>
    <name name-type="primary-name"><name-part order="2" name-part-type="given-name"><value>Quux</value><spelling-variant order="1">Kuux</spelling-variant></name-part>
    <name-part order="1" name-part-type="family-name"><value>TESTNAME</value></name-part></name><nationality/>
    <day-month-year ssid="8" quality="good" day="18" month="10" year="1943"/><day-month-year month="2" year="1944"/>
    <day-month-year year="1945"/><day-month-year day="30" month="2" year="1946"/></identity></individual>
  <modification modification-type="de-listed" effective-date="2019-01-01"/>
  <modification modification-type="listed" effective-date="2020-01-02"/>
  <modification modification-type="de-listed" effective-date="2026-12-01"/></target>
<target ssid="5" sanctions-set-id="11"><object object-type="vessel"><identity main="true"><name name-type="primary-name"><name-part order="1"><value>SHIP</value></name-part></name></identity></object>
  <modification modification-type="listed" effective-date="2020-01-02"/><modification modification-type="amended" effective-date="2021-01-02"/></target>
<target ssid="6"><entity><identity main="true"><name><name-part order="1"><value>GONE</value></name-part></name></identity></entity>
  <modification modification-type="listed" effective-date="2020-01-02"/><modification modification-type="de-listed" effective-date="2026-09-28"/></target>
<place ssid="7"><country iso-code="KP"/></place>
</swiss-sanctions-list>"#;

#[test]
fn the_swiss_list_is_read_without_those_who_were_taken_off() {
    let list = check("consolidated-list.xml", SECO, Ok((0, 2, 0, 1))).unwrap();
    assert_eq!((list.source.id.0.as_str(), list.source.published), ("ch-seco", Some(day("2026-09-28"))));
    assert_eq!((list.list, list.partial.as_deref()), (Some("ch-seco"), None));
    let names: Vec<_> = list.parties[0].names.iter().map(|name| (name.full.as_str(), name.weak)).collect();
    assert_eq!(names, [("TESTNAME Quux", false), ("TESTNAME Kuux", false), ("WEAK", true), ("ALIAS", false)]);
    assert_eq!(
        (list.parties[0].listed_on, list.parties[0].kind),
        (Some(day("2020-01-02")), PartyKind::Individual)
    );
    assert_eq!(
        (list.parties[1].kind, &list.parties[1].programs[..]),
        (PartyKind::Vessel, &["DPRK".to_owned()][..])
    );
    let born: Vec<String> = list.parties[0].particulars.born.iter().map(ToString::to_string).collect();
    assert_eq!(born, ["1943-10-18", "1944-02", "1945"]);
    assert_eq!(list.unread, ["nationality", "place"]);
    let delta = text("x.xml", &SECO.replace("whole-list", "consolidated-delta")).unwrap();
    assert!(delta.partial.is_some(), "a part of the list ends nobody");
}

const OFSI_XML: &str = "<ArrayOfFinancialSanctionsTarget>\
<FinancialSanctionsTarget><Name6>LEE</Name6><name1>Chol</name1><name2>Su</name2><GroupTypeDescription>Individual</GroupTypeDescription>\
<AliasType>Primary name</AliasType><RegimeName>Democratic People's Republic of Korea</RegimeName><DateListed>2017-12-05T00:00:00</DateListed>\
<LastUpdated>2020-12-31T00:00:00</LastUpdated><GroupID>13567</GroupID></FinancialSanctionsTarget>\
<FinancialSanctionsTarget><Name6>LI</Name6><name1>Cheol</name1><GroupTypeDescription>Individual</GroupTypeDescription>\
<AliasType>AKA</AliasType><AliasQuality>Low</AliasQuality><RegimeName>Democratic People's Republic of Korea</RegimeName>\
<DateListed>2017-12-05T00:00:00</DateListed><LastUpdated>2025-07-24T00:00:00</LastUpdated><GroupID>13567</GroupID></FinancialSanctionsTarget>\
</ArrayOfFinancialSanctionsTarget>";

#[test]
fn the_two_forms_of_the_ofsi_list_name_the_same_parties() {
    let xml = text("ConList.xml", OFSI_XML).unwrap();
    let csv = text("ConList.csv", crate::formats::OFSI_CSV).unwrap();
    assert_eq!((&xml.parties, &xml.source), (&csv.parties, &csv.source));
    assert_eq!(xml.list, csv.list);
}

/// The document tells only when it was changed last: it is of that day or a later one.
#[test]
fn the_ofsi_document_is_of_no_day_before_its_newest_change() {
    let of = |given: &str| {
        let source = SourceOptions { published: Some(day(given)), ..SourceOptions::default() };
        let options = Options { source, ..named("ConList.xml") };
        read(&mut OFSI_XML.as_bytes(), &options).map(|imported| imported.snapshot.source.published)
    };
    assert_eq!(of("2025-08-01").unwrap(), Some(day("2025-08-01")));
    assert!(of("2025-07-01").unwrap_err().to_string().contains("2025-07-24"));
}

#[test]
fn a_name_of_ones_own_keeps_the_kind_of_the_list() {
    for (name, kind, list) in [
        (
            "x.csv",
            SourceKind::LawEnforcement,
            format!(
                "source,entity_number,name,alt_names,ids\nX (SDN),7,A,,\"Digital Currency Address - XBT, {BTC}\"\n"
            ),
        ),
        ("x.xml", SourceKind::Sanctions, SECO.to_owned()),
    ] {
        let source = SourceOptions { id: Some(SourceId("my-x".to_owned())), ..SourceOptions::default() };
        let snapshot = read(&mut list.as_bytes(), &Options { source, ..named(name) }).unwrap().snapshot;
        assert_eq!((snapshot.source.id.0.as_str(), snapshot.source.kind), ("my-x", kind));
        assert!(snapshot.parties.iter().all(|party| party.source.0 == "my-x"));
    }
}

#[test]
fn every_one_of_them_is_read_in_the_encodings_that_offices_use() {
    let csl = "source,entity_number,name,alt_names\nX (SDN),7,Zoë,\n";
    let dpl = "Name\tEffective_Date\tExpiration_Date\tStandard_Order\nZoë\t01/02/2020\t\tY\n";
    let targets = "id,schema,name,aliases\n1,Person,Zoë,\n";
    let entities = "{\"id\":\"1\",\"schema\":\"Person\",\"properties\":{\"name\":[\"Zoë\"]}}\n";
    let records = "{\"DATA_SOURCE\":\"X\",\"RECORD_ID\":\"1\",\"PRIMARY_NAME_FULL\":\"Zoë\"}\n";
    let ofsi = OFSI_XML.replace("LEE", "Zoë");
    let seco = SECO.replace("TESTNAME", "Zoë");
    for list in [csl, dpl, targets, entities, records, &ofsi, &seco] {
        let plain = text("list.txt", list).unwrap();
        assert!(plain.parties.iter().any(|party| party.names[0].full.contains("Zoë")), "{plain:?}");
        let marked = format!("\u{feff}{list}").into_bytes();
        let wide: Vec<u8> =
            "\u{feff}".encode_utf16().chain(list.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [marked, wide] {
            let mut other = read(&mut bytes.as_slice(), &named("list.txt")).unwrap().snapshot;
            other.warnings.retain(|warning| !warning.message.contains("UTF-16"));
            assert_eq!(other.parties, plain.parties);
            assert_eq!(
                (other.account, other.warnings, other.unread),
                (plain.account, plain.warnings.clone(), plain.unread.clone())
            );
        }
    }
}

/// What stands in free text is no address of anybody.
#[test]
fn addresses_come_from_their_own_fields_alone() {
    let with = |text: &str| format!("see {BTC} and {text}");
    for list in [
        format!(
            "source,entity_number,name,alt_names,remarks,ids\nX (SDN),7,A,\"{}\",\"{}\",\"Tax ID, {BTC}\"\n",
            with("a"),
            with("b")
        ),
        format!(
            "Name\tEffective_Date\tExpiration_Date\tStandard_Order\tAction\nA\t01/02/2020\t\tY\t{}\n",
            with("a")
        ),
        format!("id,schema,name,aliases,identifiers\n1,Person,A,{BTC},{BTC}\n"),
        format!(
            "{{\"id\":\"1\",\"schema\":\"Person\",\"properties\":{{\"name\":[\"A\"],\"notes\":[\"{BTC}\"],\"publicKey\":[\"{BTC}\"]}}}}\n"
        ),
        OFSI_XML.replace("</GroupID>", &format!("</GroupID><OtherInformation>{BTC}</OtherInformation>")),
    ] {
        let snapshot = text("list.txt", &list).unwrap();
        assert!(snapshot.claims.is_empty(), "{list}: {:?}", snapshot.claims);
    }
}

/// A shell company of two listed owners, one of them behind a holding; others around them.
const OWNED: &[&str] = &[
    r#"{"id":"x","schema":"Person","caption":"Xaver LISTED","properties":{"name":["Xaver LISTED"],"topics":["sanction"]},"target":true,"datasets":["a"],"last_seen":"2026-01-01"}"#,
    r#"{"id":"hold","schema":"Company","caption":"Holding One","properties":{"name":["Holding One"],"addressEntity":["addr"]},"target":false}"#,
    r#"{"id":"shell","schema":"Company","caption":"Shell Trade","properties":{"name":["Shell Trade"],"jurisdiction":["cy"]},"target":false}"#,
    r#"{"id":"next","schema":"Company","caption":"Next Door","properties":{"name":["Next Door"],"addressEntity":["addr"]},"target":false}"#,
    r#"{"id":"yes","schema":"Company","caption":"Yes Bank","properties":{"name":["Yes Bank"],"addressEntity":["addr"],"topics":["sanction"]},"target":true}"#,
    r#"{"id":"far","schema":"Company","caption":"Far Away","properties":{"name":["Far Away"]},"target":false}"#,
    r#"{"id":"addr","schema":"Address","caption":"1 Shell Street","properties":{"full":["1 Shell Street, Limassol"]}}"#,
    r#"{"id":"o1","schema":"Ownership","properties":{"owner":["x"],"asset":["hold"],"percentage":["50.00"]}}"#,
    r#"{"id":"o2","schema":"Ownership","properties":{"owner":["hold"],"asset":["shell"],"percentage":["30 %"]}}"#,
    r#"{"id":"o3","schema":"Ownership","properties":{"owner":["yes"],"asset":["shell"],"percentage":["20"],"endDate":["2030"]}}"#,
    r#"{"id":"o4","schema":"Ownership","properties":{"owner":["stranger"],"asset":["shell"],"percentage":["a lot"]}}"#,
    r#"{"id":"d1","schema":"Directorship","properties":{"director":["boss"],"organization":["yes"],"role":["Chair"]}}"#,
    r#"{"id":"boss","schema":"Person","caption":"Bo Boss","properties":{"name":["Bo Boss"]},"target":false}"#,
    r#"{"id":"f1","schema":"Family","properties":{"person":["x"],"relative":["kin"]}}"#,
    r#"{"id":"kin","schema":"Person","caption":"Kim Kin","properties":{"name":["Kim Kin"]},"target":false}"#,
];

fn owners_of(list: &Snapshot) -> Vec<String> {
    let day = "2026-06-01".parse().unwrap();
    let parties = PartyTable::of(&list.parties).expect("a few");
    let owners = Owners::of(&parties, day, |_, standing| standing == Standing::Sanctioned);
    let number = owners.find(&list.source.id.0, "shell").expect("read").expect("kept");
    owners.ownership(number).expect("read").expect("owned").path.iter().map(ToString::to_string).collect()
}

/// A month alone is no day; it begins with its first.
#[test]
fn an_ownership_that_begins_next_month_does_not_hold_this_month() {
    for (start, day, holds) in [
        ("2026-12", "2026-11-30", false),
        ("2026-12", "2026-12-01", true),
        ("2027", "2026-12-31", false),
        ("2027", "2027-01-01", true),
        ("not known", "2026-11-30", true),
    ] {
        let list = ftm(&[
            OWNED[0],
            OWNED[1],
            &format!(
                "{{\"id\":\"o1\",\"schema\":\"Ownership\",\"properties\":{{\"owner\":[\"x\"],\"asset\":[\"hold\"],\
                 \"percentage\":[\"100\"],\"startDate\":[\"{start}\"]}}}}"
            ),
        ])
        .unwrap();
        let day = day.parse().unwrap();
        let parties = PartyTable::of(&list.parties).expect("a few");
        let owners = Owners::of(&parties, day, |_, standing| standing == Standing::Sanctioned);
        let number = owners.find(&list.source.id.0, "hold").expect("read").expect("kept");
        assert_eq!(owners.ownership(number).expect("read").is_some(), holds, "{start} on {day}");
    }
}

#[test]
fn whoever_is_no_target_is_kept_for_what_ties_it_to_one() {
    let list = ftm(OWNED).unwrap();
    let standing =
        |id: &str| list.parties.iter().find(|party| party.id == id).map(|party| party.particulars.standing);
    let (sanctioned, related) = (Some(Standing::Sanctioned), Some(Standing::Related));
    for (id, wanted) in [
        ("x", sanctioned),
        ("yes", sanctioned),
        ("hold", related),
        ("shell", related),
        ("next", related),
        ("boss", related),
        ("far", None),
        ("kin", None),
    ] {
        assert_eq!(standing(id), wanted, "{id}");
    }
    let said = |word: &str| list.warnings.iter().any(|warning| warning.message.contains(word));
    assert!(
        said("`a lot` is no share")
            && said("4 persons and organisations are no targets themselves and are kept")
    );
    assert!(said("2 persons and organisations are no targets themselves and are passed over"));
    assert!(list.unread.iter().any(|name| name == "schema Family"));
    assert_eq!(
        owners_of(&list),
        [
            "Holding One owns 30 % of Shell Trade",
            "Yes Bank (listed) owns 20 % of Shell Trade",
            "Xaver LISTED (listed) owns 50 % of Holding One",
        ]
    );
}

#[test]
fn owners_are_read_where_they_stand_in_each_other_too() {
    let list = ftm(&[r#"{"id":"shell","schema":"Company","caption":"Shell Trade","target":false,"datasets":["a"],"last_seen":"2026-01-01",
        "properties":{"name":["Shell Trade"],"ownershipAsset":[{"id":"o","schema":"Ownership","properties":{"percentage":["75-100"],
        "owner":[{"id":"x","schema":"Person","caption":"Xaver LISTED","target":true,
        "properties":{"name":["Xaver LISTED"],"topics":["sanction"]}}]}}]}}"#.replace('\n', " ").as_str()])
    .unwrap();
    assert_eq!(owners_of(&list), ["Xaver LISTED (listed) owns 75 to 100 % of Shell Trade"]);
}

#[test]
fn relations_of_ofacs_enhanced_form_are_read() {
    let entity = |id: &str, name: &str, relations: &str| {
        format!(
            "<entity id=\"{id}\"><generalInfo><entityType>Entity</entityType></generalInfo><sanctionsLists><sanctionsList>SDN \
             List</sanctionsList></sanctionsLists><names><name><isPrimary>true</isPrimary><translations><translation>\
             <formattedFullName>{name}</formattedFullName></translation></translations></name></names>{relations}</entity>"
        )
    };
    let owned = "<relationships><relationship id=\"1\"><type refId=\"15003\">Owned or Controlled By</type><relatedEntity \
                 entityId=\"7\">OWNER</relatedEntity></relationship><relationship id=\"2\"><type>Acting for or on behalf \
                 of</type><relatedEntity entityId=\"7\" /></relationship></relationships>";
    let list = text(
        "SDN_ENHANCED.XML",
        &format!(
            "<sanctionsData><publicationInfo><dataAsOf>2026-09-10T00:00:00</dataAsOf></publicationInfo><entities>{}{}</entities>\
             </sanctionsData>",
            entity("7", "OWNER", ""),
            entity("8", "OWNED", owned)
        ),
    )
    .unwrap();
    let owned = list.parties.iter().find(|party| party.id == "8").unwrap();
    let said: Vec<_> = owned
        .particulars
        .relations
        .iter()
        .map(|relation| (relation.kind, relation.other.as_str(), relation.role.as_deref()))
        .collect();
    assert_eq!(
        said,
        [
            (RelationKind::OwnedOrControlledBy, "7", None),
            (RelationKind::Linked, "7", Some("Acting for or on behalf of")),
        ]
    );
    assert!(!list.unread.iter().any(|name| name.contains("relat")), "{:?}", list.unread);
}

/// A link may name many on both sides: as many relations as there are pairs.
#[test]
fn a_link_of_very_many_is_refused_before_it_costs_much() {
    let ids = |side: &str, count: usize| {
        (0..count).map(|at| format!("\"{side}{at}\"")).collect::<Vec<_>>().join(",")
    };
    let link = |count: usize| {
        format!(
            "{{\"id\":\"o\",\"schema\":\"Ownership\",\"properties\":{{\"owner\":[{}],\"asset\":[{}]}}}}",
            ids("x", count),
            ids("a", count)
        )
    };
    let asset = |at: usize| {
        format!(
            "{{\"id\":\"a{at}\",\"schema\":\"Company\",\"properties\":{{\"name\":[\"Company {at}\"]}},\"target\":true}}"
        )
    };
    let list = |count: usize| {
        let mut lines: Vec<String> = (0..count).map(asset).collect();
        lines.push(link(count));
        ftm(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let error = list(5_000).expect_err("too many").to_string();
    assert!(error.contains("more than 1000000 relations"), "{error}");
    assert_eq!(list(20).unwrap().parties[0].particulars.relations.len(), 20);
}
