//! Formats of other sanctions lists. The UN file is the real one; the EU and UK texts are made up in the shape of the
//! real files, because those were not at hand.

use tracehound_attribution::import::Format;
use tracehound_model::{SourceKind, claim::PartyKind};

use crate::support::{address, day, named, real, text};

#[test]
fn the_un_list_gives_parties_with_regime_and_alias_quality() {
    let Some(imported) = real("sanctions/un_consolidated_2026-02-27.xml") else { return };
    let said = |id: &str| {
        let party = imported.snapshot.parties.iter().find(|party| party.id == id).expect("listed");
        serde_json::to_value(&party.particulars).expect("JSON")
    };
    assert_eq!(said("KPi.024"), serde_json::json!({ "born": ["1962-02-18"], "countries": ["KP"] }));
    assert_eq!(said("QDi.299"), serde_json::json!({ "born": ["1971"], "countries": ["IQ", "SY"] }));
    assert_eq!(imported.format, Format::UnXml);
    let list = imported.snapshot;
    assert_eq!((list.source.id.0.as_str(), list.source.kind), ("un-sc", SourceKind::Sanctions));
    assert_eq!(list.source.published, Some(day("2026-02-27")));
    assert_eq!(list.parties.len(), 1_003);
    assert!(list.claims.is_empty());
    let of_dprk = list.parties.iter().filter(|party| party.programs == ["DPRK"]);
    assert_eq!(of_dprk.count(), 155);
    let individuals = list.parties.iter().filter(|party| party.kind == PartyKind::Individual);
    assert_eq!(individuals.count(), 730);
    let bwambale = list.parties.iter().find(|party| party.id == "CDi.002").unwrap();
    let names: Vec<_> = bwambale.names.iter().map(|name| (name.full.as_str(), name.weak)).collect();
    assert_eq!(names[0], ("FRANK KAKOLELE BWAMBALE", false));
    assert!(names.contains(&("AIGLE BLANC", false)));
    assert_eq!(bwambale.listed_on, Some(day("2005-11-01")));
    let weak = list.parties.iter().flat_map(|party| &party.names).filter(|name| name.weak).count();
    assert!(weak > 500, "{weak} weak aliases");
}

const EU_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2025-11-12T17:01:52.113+01:00" globalFileId="1">
  <sanctionEntity designationDetails="" unitedNationId="KPi.001" euReferenceNumber="EU.1.2" logicalId="42">
    <remark>made up</remark>
    <regulation regulationType="amendment" publicationDate="2009-12-23" numberTitle="1283/2009" programme="PRK" logicalId="1">
      <publicationUrl>https://eur-lex.europa.eu/x</publicationUrl>
    </regulation>
    <regulation publicationDate="2017-08-31" programme="PRK" logicalId="2"/>
    <subjectType code="person" classificationCode="P"/>
    <nameAlias firstName="Ho-jin" lastName="Yun" wholeName="Yun Ho-jin" strong="true" logicalId="3"/>
    <nameAlias wholeName="Yun &amp; Co" strong="false" logicalId="4"/>
    <citizenship countryIso2Code="KP"/>
  </sanctionEntity>
</export>
"#;

const EU_CSV: &str = "fileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_SubjectType_ClassificationCode;\
Entity_Regulation_PublicationDate;Entity_Regulation_Programme;NameAlias_WholeName;NameAlias_Gender\n\
12/11/2025;42;EU.1.2;P;2009-12-23;PRK;Yun Ho-jin;M\n\
12/11/2025;42;EU.1.2;P;2017-08-31;PRK;\"Yun; Ho Jin\";M\n\
12/11/2025;42;EU.1.2;P;;;;\n\
12/11/2025;43;;E;2017-08-31;PRK;Green Pine;\n";

#[test]
fn the_eu_list_is_read_from_both_of_its_forms() {
    let list = text("list.xml", EU_XML).unwrap();
    assert_eq!(list.source.published, Some(day("2025-11-12")));
    let party = &list.parties[0];
    assert_eq!(
        (party.id.as_str(), party.kind, party.listed_on),
        ("EU.1.2", PartyKind::Individual, Some(day("2009-12-23")))
    );
    assert_eq!(party.programs, ["PRK"]);
    let names: Vec<_> = party.names.iter().map(|name| (name.full.as_str(), name.weak)).collect();
    assert_eq!(names, [("Yun Ho-jin", false), ("Yun & Co", true)]);

    let list = text("list.csv", EU_CSV).unwrap();
    assert_eq!((list.source.id.0.as_str(), list.source.published), ("eu-fsf", Some(day("2025-11-12"))));
    assert_eq!(list.parties.len(), 2);
    assert_eq!(list.parties[0].names[1].full, "Yun; Ho Jin");
    assert_eq!((list.parties[1].id.as_str(), list.parties[1].kind), ("43", PartyKind::Entity));
}

const UK_XML: &str = r"<?xml version='1.0' encoding='utf-8'?>
<Designations>
  <DateGenerated>12/11/2025</DateGenerated>
  <Designation>
    <LastUpdated>01/02/2021</LastUpdated>
    <DateDesignated>22/04/2016</DateDesignated>
    <UniqueID>DPR0001</UniqueID>
    <OFSIGroupID>13000</OFSIGroupID>
    <Names>
      <Name><Name6>Pine</Name6><NameType>Alias</NameType><AliasStrength>Low quality a.k.a</AliasStrength></Name>
      <Name><Name1>Green</Name1><Name6>Pine</Name6><NameType>Primary Name</NameType></Name>
    </Names>
    <NonLatinNames><NonLatinName><NameNonLatinScript>청송련합</NameNonLatinScript></NonLatinName></NonLatinNames>
    <RegimeName>The Democratic People's Republic of Korea (Sanctions) (EU Exit) Regulations 2019</RegimeName>
    <IndividualEntityShip>Entity</IndividualEntityShip>
  </Designation>
</Designations>
";

pub(crate) const UK_CSV: &str = "Report Date: 12-Nov-2025\n\
Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name type,Alias strength,\
Name non-latin script,Regime Name,Designation Type,Date Designated\n\
01/02/2021,DPR0001,13000,,Pine,Green,,Primary Name,,청송련합,DPRK,Entity,22/04/2016\n\
01/02/2021,DPR0001,13000,,Pine,,,Alias,Low quality a.k.a,,DPRK,Entity,22/04/2016\n";

pub(crate) const OFSI_CSV: &str = "Last Updated,24/07/2025\n\
Name 6,Name 1,Name 2,Title,Group Type,Alias Type,Alias Quality,Regime,Listed On,Last Updated,Group ID\n\
LEE,Chol,Su,,Individual,Primary name,,Democratic People's Republic of Korea,05/12/2017,31/12/2020,13567\n\
LI,Cheol,,,Individual,AKA,Low,Democratic People's Republic of Korea,05/12/2017,31/12/2020,13567\n";

#[test]
fn the_uk_lists_are_read_from_their_three_forms() {
    for (name, list) in [("UK.xml", UK_XML), ("UK.csv", UK_CSV)] {
        let list = text(name, list).unwrap();
        assert_eq!(
            (list.source.id.0.as_str(), list.source.published),
            ("uk-sanctions", Some(day("2025-11-12")))
        );
        let party = &list.parties[0];
        assert_eq!(
            (party.id.as_str(), party.kind, party.listed_on),
            ("DPR0001", PartyKind::Entity, Some(day("2016-04-22")))
        );
        assert_eq!((party.names[0].full.as_str(), party.names[0].weak), ("Green Pine", false));
        assert!(party.names.iter().any(|alias| alias.full == "Pine" && alias.weak), "{name}");
        assert!(party.names.iter().any(|alias| alias.full == "청송련합"), "{name}");
    }
    let list = text("ConList.csv", OFSI_CSV).unwrap();
    assert_eq!(list.source.published, Some(day("2025-07-24")));
    let names: Vec<_> = list.parties[0].names.iter().map(|name| (name.full.as_str(), name.weak)).collect();
    assert_eq!(names, [("Chol Su LEE", false), ("Cheol LI", true)]);
    assert_eq!(list.parties[0].id, "13567");
}

const OLD_NAMESPACE: &str = r#"<?xml version="1.0"?>
<Sanctions xmlns="http://www.un.org/sanctions/1.0" Version="3">
  <DateOfIssue CalendarTypeID="1"><Year>2021</Year><Month>2</Month><Day>15</Day></DateOfIssue>
  <ReferenceValueSets>
    <FeatureTypeValues><FeatureType ID="7" FeatureTypeGroupID="1">Digital Currency Address - XBT</FeatureType></FeatureTypeValues>
    <SanctionsTypeValues><SanctionsType ID="1">Program</SanctionsType></SanctionsTypeValues>
  </ReferenceValueSets>
  <DistinctParties>
    <DistinctParty FixedRef="9"><Profile ID="9" PartySubTypeID="4">
      <Identity ID="1" Primary="true"><Alias Primary="true" LowQuality="false"><DocumentedName><DocumentedNamePart>
        <NamePartValue NamePartGroupID="1">A &amp; B</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity>
      <Feature ID="1" FeatureTypeID="7"><FeatureVersion><VersionDetail DetailTypeID="1432"> 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG
        </VersionDetail></FeatureVersion></Feature>
    </Profile></DistinctParty>
  </DistinctParties>
  <SanctionsEntries>
    <SanctionsEntry ID="1" ProfileID="9"><EntryEvent><Comment>not a programme</Comment>
      <Date><Year>2020</Year><Month>3</Month><Day>2</Day></Date></EntryEvent>
      <SanctionsMeasure SanctionsTypeID="1"><Comment>DPRK3</Comment></SanctionsMeasure>
      <SanctionsMeasure SanctionsTypeID="2"><Comment>nor this</Comment></SanctionsMeasure></SanctionsEntry>
  </SanctionsEntries>
</Sanctions>"#;

#[test]
fn the_old_namespace_of_the_ofac_list_is_read_too() {
    let list = text("sdn_advanced.xml", OLD_NAMESPACE).unwrap();
    assert_eq!(list.source.published, Some(day("2021-02-15")));
    let claim = &list.claims.get(0).unwrap();
    assert_eq!(claim.subject, address("3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG"));
    assert_eq!(claim.statement.label, "A & B");
    assert_eq!(claim.statement.programs, ["DPRK3"]);
    assert_eq!(claim.statement.party_listed_on, Some(day("2020-03-02")));
}

/// OFAC's other lists come in the same form and must not end what the SDN list says.
#[test]
fn the_consolidated_list_is_a_source_of_its_own() {
    let values =
        r#"<ListValues><List ID="1550">SDN List</List><List ID="9">Consolidated List</List></ListValues>"#;
    let with_lists =
        OLD_NAMESPACE.replace("<SanctionsTypeValues>", &format!("{values}<SanctionsTypeValues>"));
    for (list, id) in [("1550", "ofac-sdn"), ("9", "ofac-consolidated")] {
        let entry = format!(r#"<SanctionsEntry ListID="{list}" "#);
        let list = text("x.xml", &with_lists.replace("<SanctionsEntry ", &entry)).unwrap();
        assert_eq!(list.source.id.0, id);
    }
}

#[test]
fn a_list_cut_short_is_an_error_with_its_place() {
    let cut = OLD_NAMESPACE.find("<SanctionsEntries>").unwrap();
    let error = text("sdn_advanced.xml", &OLD_NAMESPACE[..cut]).unwrap_err().to_string();
    assert!(error.contains("byte ") && error.contains("nothing has been changed"), "{error}");
    // Well-formed, but the part with the programmes is missing.
    let without = format!("{}</Sanctions>", &OLD_NAMESPACE[..cut]);
    let error = text("sdn_advanced.xml", &without).unwrap_err().to_string();
    assert!(error.contains("it lists no party"), "{error}");
    for (name, list, place) in [
        ("a.json", "[1,\n2", "line 2"),
        ("a.yaml", "title: x\ncreator: y\ntags: [\n", "line "),
        ("a.toml", "[source]\nid = \n", "line 2"),
    ] {
        let error = text(name, list).unwrap_err().to_string();
        assert!(error.contains(place), "{error}");
    }
    let error = text("x.bin", "\u{1}\u{2}").unwrap_err().to_string();
    assert!(error.contains("cannot tell the format"), "{error}");
}

#[test]
fn compressed_lists_are_read_as_they_are() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(EU_XML.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let imported =
        tracehound_attribution::import::read(&mut packed.as_slice(), &named("list.xml.gz")).unwrap();
    assert_eq!(imported.snapshot, text("list.xml", EU_XML).unwrap());
    assert_eq!(imported.bytes, EU_XML.len() as u64);
    let cut = &packed[..packed.len() / 2];
    assert!(tracehound_attribution::import::read(&mut &*cut, &named("list.xml.gz")).is_err());
}
