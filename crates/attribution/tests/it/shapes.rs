//! Lists in the shapes in which people save and publish them: each address gets its claim, or the refusal says why.

use std::io::Write as _;

use tracehound_attribution::{
    ImportError,
    import::{Options, Snapshot, SourceOptions, read, table_in},
};
use tracehound_model::{Category, SourceId};

use crate::support::{address, named, text};

const BTC: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
const OTHER_BTC: &str = "1PMTSz6vxw4omE6o2gnfJ5E7Ja1fmWSKSz";
const ETH: &str = "0xE4A618E2Fc5aD76525F555970363ae97AFc1F426";
const OTHER_ETH: &str = "0x2a9fd3e5254a3c480891ad6005c40e682bdeb3e7";
const THIRD_ETH: &str = "0xebad86297283f0bcfb3e98a64bd32f0649035438";

/// Each address with its label.
fn said(list: &Snapshot) -> Vec<(String, String)> {
    let rows =
        list.claims.iter().map(|claim| (format!("{:?}", claim.subject), claim.statement.label.clone()));
    rows.collect()
}

fn of(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(about, label)| (format!("{:?}", address(about)), (*label).to_owned())).collect()
}

fn adds_up(list: &Snapshot) {
    let account = list.account;
    assert_eq!(account.read + account.refused + account.passed_over, account.total, "{account:?}");
}

fn ofac(name: &str, body: &str) -> Result<Snapshot, ImportError> {
    let source = SourceOptions { id: Some(SourceId("ofac-sdn".to_owned())), ..SourceOptions::default() };
    let options = Options { source, ..named(name) };
    read(&mut body.as_bytes(), &options).map(|imported| imported.snapshot)
}

const SDN_HEADER: &str =
    "ent_num,SDN_Name,SDN_Type,Program,Title,Call_Sign,Vess_type,Tonnage,GRT,Vess_flag,Vess_owner,Remarks\n";

/// A page taken for the list would end all that is on the others.
#[test]
fn a_page_within_an_object_is_no_list() {
    for page in [
        format!(r#"{{"data":{{"addresses":["{ETH}","{OTHER_ETH}"],"total":5000,"has_more":true}}}}"#),
        format!(r#"{{"data":{{"addresses":["{ETH}","{OTHER_ETH}"]}},"has_more":true}}"#),
        format!(r#"{{"data":{{"{ETH}":{{"label":"A"}},"{OTHER_ETH}":{{"label":"B"}}}},"has_more":true}}"#),
        format!(r#"{{"data":{{"items":[{{"address":"{ETH}"}}]}},"next":"abc"}}"#),
    ] {
        assert!(text("own.json", &page).is_err(), "{page}");
    }
    let whole = format!(r#"{{"data":{{"addresses":["{ETH}","{OTHER_ETH}"],"total":2,"has_more":false}}}}"#);
    assert_eq!(text("own.json", &whole).expect("whole").claims.len(), 2);
}

#[test]
fn ofacs_old_form_is_read_below_a_header_that_somebody_added() {
    let row = format!(
        "900001,\"QUUXBANK, PJSC\",-0- ,\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - XBT {BTC};\"\n"
    );
    // A spreadsheet writes nothing where OFAC writes -0-.
    let bare = row.replace("-0- ", "");
    for body in [format!("{SDN_HEADER}{row}"), format!("{SDN_HEADER}{bare}"), row.clone()] {
        let list = ofac("sdn.csv", &body).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(said(&list), of(&[(BTC, "QUUXBANK, PJSC")]), "{body}");
        assert_eq!(
            (list.parties.len(), list.claims.get(0).unwrap().statement.category),
            (1, Category::Sanction)
        );
        adds_up(&list);
    }
    let swapped = SDN_HEADER.replace("SDN_Name,SDN_Type", "SDN_Type,SDN_Name");
    let error = ofac("sdn.csv", &format!("{swapped}{row}")).unwrap_err().to_string();
    assert!(error.contains("do not stand in OFAC's order"), "{error}");
    let aliases = "ent_num,alt_num,alt_type,alt_name,alt_remarks\n900001,1,\"aka\",\"ZEDALIAS, Quux\",-0- \n";
    let list = ofac("alt.csv", aliases).unwrap();
    assert_eq!(list.parties[0].names[0].full, "ZEDALIAS, Quux");
    let error = ofac(
        "add.csv",
        "Ent_num,Add_num,Address,City,Country,Add_remarks\n900001,1,\"1 St\",\"T\",\"L\",-0- \n",
    );
    assert!(error.unwrap_err().to_string().contains("together with sdn.csv"));
}

#[test]
fn the_four_files_of_ofac_are_read_together_below_their_headers() {
    let folder = tempfile::tempdir().unwrap();
    let parties =
        format!("{SDN_HEADER}900001,\"QUUX\",-0- ,\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n");
    for (name, body) in [
        ("sdn.csv", parties.as_str()),
        ("alt.csv", "ent_num,alt_num,alt_type,alt_name,alt_remarks\n900001,1,\"aka\",\"ZED\",-0- \n"),
        ("add.csv", "Ent_num,Add_num,Address,City,Country,Add_remarks\n900001,1,\"1 St\",\"T\",\"L\",-0- \n"),
    ] {
        std::fs::write(folder.path().join(name), body).unwrap();
    }
    let source = SourceOptions { id: Some(SourceId("ofac-sdn".to_owned())), ..SourceOptions::default() };
    let options = Options { source, beside: Some(folder.path().to_owned()), ..named("sdn.csv") };
    let list = read(&mut parties.as_bytes(), &options).unwrap().snapshot;
    let names: Vec<&str> = list.parties[0].names.iter().map(|name| name.full.as_str()).collect();
    assert_eq!(names, ["QUUX", "ZED"]);
    assert_eq!((list.account.read, list.account.refused), (2, 0), "{list:?}");
    adds_up(&list);
}

#[test]
fn json_that_groups_addresses_gives_each_its_claim() {
    let cases = [
        (
            format!(
                "{{\"address\":[\"{ETH}\",\"{OTHER_ETH}\"],\"domains\":[\"bad.example\"],\"combined\":{{\"bad.example\":[\"{THIRD_ETH}\"]}}}}"
            ),
            vec![(ETH, "list shape"), (OTHER_ETH, "list shape"), (THIRD_ETH, "bad.example")],
        ),
        (
            format!(
                "{{\"success\":true,\"result\":{{\"{ETH}\":[{{\"name\":\"bad.example\",\"category\":\"Phishing\"}}],\"{BTC}\":[{{\"name\":\"y\"}}]}}}}"
            ),
            vec![(ETH, "bad.example"), (BTC, "y")],
        ),
        (
            format!(
                "{{\"groups\":[{{\"name\":\"Lazarus\",\"category\":\"sanction\",\"wallets\":[{{\"chain\":\"btc\",\"address\":\"{BTC}\"}},\
                 {{\"chain\":\"eth\",\"address\":\"{ETH}\"}}]}},{{\"name\":\"Konni\",\"wallets\":[{{\"address\":\"{OTHER_ETH}\"}}]}}]}}"
            ),
            vec![(BTC, "Lazarus"), (ETH, "Lazarus"), (OTHER_ETH, "Konni")],
        ),
        (
            format!(
                "{{\"incident\":\"Q\",\"date\":\"2024-01-01\",\"attacker\":{{\"addresses\":{{\"bitcoin\":[\"{BTC}\"],\"ethereum\":[\"{ETH}\"]}}}}}}"
            ),
            vec![(BTC, "attacker"), (ETH, "attacker")],
        ),
        (
            format!("[{{\"name\":\"Zed\",\"address\":[\"{BTC}\",\"{ETH}\"]}}]"),
            vec![(BTC, "Zed"), (ETH, "Zed")],
        ),
        (
            format!("{{\"heist\":{{\"{ETH}\":\"Quux 1\"}},\"dex\":{{\"{OTHER_ETH}\":\"Zed\"}}}}"),
            vec![(ETH, "Quux 1"), (OTHER_ETH, "Zed")],
        ),
    ];
    for (body, expected) in cases {
        let list = text("shape.json", &body).unwrap_or_else(|error| panic!("{body}: {error}"));
        let (mut found, mut expected) = (said(&list), of(&expected));
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{body}");
        assert_eq!(list.account.refused, 0, "{:?}", list.warnings);
        adds_up(&list);
        if body.contains("domains") {
            assert_eq!(list.unread, ["domains"]);
        }
        if body.contains("Lazarus") {
            let weighty = |claim: &str| {
                list.claims
                    .iter()
                    .filter(|c| c.statement.label == claim)
                    .all(|c| c.statement.category == Category::Sanction)
            };
            assert!(weighty("Lazarus") && !weighty("Konni"), "what is said of a group is said of all in it");
        }
    }
}

/// What stands under a word that may mean anybody is no accusation.
#[test]
fn addresses_under_a_word_that_does_not_say_whose_they_are_are_refused() {
    let entry = format!(
        "[{{\"address\":\"{ETH}\",\"name\":\"a\"}},{{\"name\":\"Exploit\",\"addresses\":[\"{OTHER_ETH}\"],\"victims\":[\"{BTC}\"]}}]"
    );
    let list = text("shape.json", &entry).unwrap();
    assert!(!said(&list).iter().any(|(about, _)| *about == format!("{:?}", address(BTC))));
    assert_eq!(list.account.refused, 1, "{list:?}");
    assert!(list.warnings.iter().any(|warning| warning.message.contains("`victims` holds addresses")));
    let nested = format!("{{\"case\":{{\"victims\":{{\"first\":\"{BTC}\"}}}}}}");
    let error = text("shape.json", &nested).unwrap_err().to_string();
    assert!(error.contains("`victims` holds addresses in a form that is not read"), "{error}");
    let mut deep = format!("[\"{ETH}\"]");
    for _ in 0..60 {
        deep = format!("{{\"data\":{deep}}}");
    }
    assert!(text("shape.json", &deep).is_err(), "nobody looks so deep");
}

#[test]
fn a_table_with_a_column_for_each_chain_gives_each_address_its_claim() {
    let body = format!(
        "btc_address,eth_address,name\n{BTC},{ETH},Quux\n{OTHER_BTC},,Zed\n,{OTHER_ETH},Ay\n,,Nobody\n"
    );
    let list = text("shape.csv", &body).unwrap();
    assert_eq!(said(&list), of(&[(BTC, "Quux"), (ETH, "Quux"), (OTHER_BTC, "Zed"), (OTHER_ETH, "Ay")]));
    assert_eq!((list.account.read, list.account.refused), (3, 1), "{list:?}");
    adds_up(&list);
    // Beside the usual column too, and none that may be somebody else's.
    let body = format!("address,wallet_btc,victim_address,name\n{ETH},{BTC},{OTHER_ETH},Quux\n");
    let list = text("shape.csv", &body).unwrap();
    assert_eq!(said(&list), of(&[(ETH, "Quux"), (BTC, "Quux")]));
    assert_eq!(list.unread, ["victim_address"]);
}

#[test]
fn bytes_as_databases_write_them_are_addresses() {
    for written in
        ["\\xe4a618e2fc5ad76525f555970363ae97afc1f426", "\\\\xe4a618e2fc5ad76525f555970363ae97afc1f426"]
    {
        let list = text("shape.csv", &format!("address,label\n\"{written}\",Quux\n")).unwrap();
        assert_eq!(said(&list), of(&[(ETH, "Quux")]), "{written}");
        assert!(list.warnings[0].message.contains("bytes as databases write them"), "{:?}", list.warnings);
    }
}

#[test]
fn yaml_that_is_no_pack_is_refused_with_what_to_do() {
    for body in [
        format!("- name: bad.example\n  addresses:\n    ETH:\n      - '{ETH}'\n"),
        format!("labels:\n  - {ETH}\n"),
    ] {
        let error = text("urls.yaml", &body).unwrap_err().to_string();
        assert!(error.contains("no TagPack") && error.contains("save the list as JSON"), "{error}");
    }
}

#[test]
fn a_person_whose_name_stands_in_parts_is_found_by_it_and_one_without_any_is_counted() {
    let person = |id: &str, properties: &str| {
        format!("{{\"id\":\"{id}\",\"schema\":\"Person\",\"target\":true,\"properties\":{{{properties}}}}}\n")
    };
    let body = [
        person(
            "a",
            "\"firstName\":[\"Quux\"],\"middleName\":[\"M\"],\"lastName\":[\"Zedson\"],\"topics\":[\"sanction\"]",
        ),
        person("b", "\"name\":[\"Ay Bee\"],\"firstName\":[\"Ay\"],\"topics\":[\"sanction\"]"),
        person("c", "\"topics\":[\"sanction\"]"),
    ];
    let list = text("entities.ftm.json", &body.concat()).unwrap();
    let names: Vec<Vec<&str>> = list
        .parties
        .iter()
        .map(|party| party.names.iter().map(|name| name.full.as_str()).collect())
        .collect();
    assert_eq!(names, [vec!["Quux M Zedson"], vec!["Ay Bee"]]);
    assert_eq!((list.account.nameless, list.account.refused), (1, 1));
    let body =
        "id,schema,name,aliases,first_name,last_name,dataset\na,Person,,,Quux,Zedson,x\nb,Person,,,,,x\n";
    let list = text("targets.simple.csv", body).unwrap();
    assert_eq!(list.parties[0].names[0].full, "Quux Zedson");
    assert_eq!((list.parties.len(), list.account.nameless), (1, 1));
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, body) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(body).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn the_one_table_of_an_archive_is_taken_out_of_it() {
    let one = zip(&[("a.csv", b"address\nx\n"), ("readme.txt", b"hello")]);
    assert_eq!(table_in(&mut &one[..]).unwrap(), b"address\nx\n");
    for (files, why) in [
        (&[("a.csv", &b"a"[..]), ("b.csv", b"b")][..], "several files (a.csv, b.csv)"),
        (&[("readme.txt", b"x")], "holds no file"),
        (&[("a.zip", &zip(&[("a.csv", b"a")]))], "holds another archive"),
    ] {
        let error = table_in(&mut &zip(files)[..]).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
