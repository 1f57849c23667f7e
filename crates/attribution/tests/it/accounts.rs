//! Every row of every format is read, refused or passed over, and what is not read is named.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tracehound_attribution::import::{Account, Format, Imported, Options, open, read};
use tracehound_testkit::shared_data;

use crate::support::named;

const ADDRESS: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";

/// A small list of a format, with a row that is read, one that is refused where the format can have one, and something
/// that is not read.
struct Sample {
    format: Format,
    name: &'static str,
    text: &'static str,
    /// Rows read, refused and passed over.
    rows: (u64, u64, u64),
    not_read: &'static [&'static str],
}

const SAMPLES: &[Sample] = &[
    Sample {
        format: Format::OfacAdvancedXml,
        name: "sdn_advanced.xml",
        text: r#"<Sanctions><DateOfIssue><Year>2026</Year><Month>1</Month><Day>2</Day></DateOfIssue>
            <ReferenceValueSets><FeatureTypeValues><FeatureType ID="7">Digital Currency Address - XBT</FeatureType>
            </FeatureTypeValues></ReferenceValueSets><Locations><Location/></Locations><DistinctParties>
            <DistinctParty><Comment>x</Comment><Profile ID="1"><Identity><Alias Primary="true"><DocumentedName>
            <NamePartValue NamePartGroupID="1">A</NamePartValue></DocumentedName></Alias></Identity>
            <Feature FeatureTypeID="7"><VersionDetail>1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi</VersionDetail></Feature>
            <Feature FeatureTypeID="8"><VersionDetail>born</VersionDetail></Feature></Profile></DistinctParty>
            </DistinctParties><SanctionsEntries><SanctionsEntry ProfileID="1"/></SanctionsEntries></Sanctions>"#,
        rows: (1, 0, 0),
        not_read: &["Comment", "Feature (other than addresses, births and countries)"],
    },
    Sample {
        format: Format::OfacSdnXml,
        name: "sdn.xml",
        text: "<sdnList><publshInformation><Publish_Date>09/03/2026</Publish_Date><Record_Count>2</Record_Count>\
               </publshInformation><sdnEntry><uid>1</uid><lastName>A</lastName><title>Mr</title></sdnEntry>\
               <sdnEntry><lastName>nobody</lastName></sdnEntry></sdnList>",
        rows: (1, 1, 0),
        not_read: &["title"],
    },
    Sample {
        format: Format::OfacEnhancedXml,
        name: "sdn_enhanced.xml",
        text: "<sanctionsData><publicationInfo><dataAsOf>2026-09-10</dataAsOf></publicationInfo><entities>\
               <entity id=\"1\"><generalInfo><entityType>Entity</entityType><title>x</title></generalInfo><names><name>\
               <translations><translation><formattedFullName>A</formattedFullName></translation></translations></name>\
               </names></entity><entity id=\"2\"/></entities></sanctionsData>",
        rows: (1, 1, 0),
        not_read: &["title"],
    },
    Sample {
        format: Format::OfacSdnCsv,
        name: "sdn.csv",
        text: "36,\"A\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"x\"\n\n\u{1a}\n",
        rows: (1, 0, 2),
        not_read: &["call sign", "flag", "owner", "title", "tonnage", "vessel type"],
    },
    Sample {
        format: Format::OfacAddressJson,
        name: "ofac_addresses_2026-01-02.json",
        text: r#"{"XBT": ["1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi", "0x0000000000000000000000000000000000000000"]}"#,
        rows: (1, 1, 0),
        not_read: &[],
    },
    Sample {
        format: Format::UnXml,
        name: "un.xml",
        text: "<CONSOLIDATED_LIST dateGenerated=\"2026-01-02\"><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>A</FIRST_NAME>\
               <REFERENCE_NUMBER>X.1</REFERENCE_NUMBER><COMMENTS1>c</COMMENTS1></INDIVIDUAL>\
               <INDIVIDUAL><FIRST_NAME>B</FIRST_NAME></INDIVIDUAL></INDIVIDUALS><ENTITIES><VESSEL/></ENTITIES>\
               </CONSOLIDATED_LIST>",
        rows: (1, 1, 1),
        not_read: &["COMMENTS1", "VESSEL"],
    },
    Sample {
        format: Format::EuXml,
        name: "eu.xml",
        text: "<export generationDate=\"2026-01-02\"><sanctionEntity euReferenceNumber=\"EU.1\"><nameAlias wholeName=\"A\"/>\
               <birthdate/></sanctionEntity><sanctionEntity logicalId=\"2\"/></export>",
        rows: (1, 1, 0),
        not_read: &[],
    },
    Sample {
        format: Format::EuCsv,
        name: "eu.csv",
        text: "fileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;NameAlias_WholeName;BirthDate_City\n\
               02/01/2026;1;EU.1;A;Paris\n02/01/2026;;;B;\n\n",
        rows: (1, 1, 2),
        not_read: &["BirthDate_City"],
    },
    Sample {
        format: Format::UkXml,
        name: "uk.xml",
        text: "<Designations><DateGenerated>02/01/2026</DateGenerated><Designation><UniqueID>RUS1</UniqueID><Names><Name>\
               <Name6>A</Name6></Name></Names><OtherInformation>x</OtherInformation></Designation><Designation/>\
               </Designations>",
        rows: (1, 1, 0),
        not_read: &["OtherInformation"],
    },
    Sample {
        format: Format::UkCsv,
        name: "uk.csv",
        text: "Report Date: 02-Jan-2026\nLast Updated,Unique ID,Name 6,Name 1,Town of birth\n01/01/2026,RUS1,A,B,Omsk\n\
               01/01/2026,,C,D,\n",
        rows: (1, 1, 2),
        not_read: &["Last Updated", "Town of birth"],
    },
    Sample {
        format: Format::TagPack,
        name: "pack.yaml",
        text: "title: t\ncreator: c\nlastmod: 2026-01-02\nmood: fine\ntags:\n- address: 1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi\n\
               \u{20} label: x\n  colour: red\n- label: y\n",
        rows: (1, 1, 0),
        not_read: &["colour", "mood"],
    },
    Sample {
        format: Format::ActorPack,
        name: "x.actorpack.yaml",
        text: "title: t\ncreator: c\nlastmod: 2026-01-02\nactors:\n- id: a\n  label: A\n  uri: x\n- label: b\n",
        rows: (1, 1, 0),
        not_read: &["uri"],
    },
    Sample {
        format: Format::Csv,
        name: "x.csv",
        text: "# mine\naddress,label,colour\n1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi,x,red\nnonsense,y,\n\n",
        rows: (1, 1, 3),
        not_read: &["colour"],
    },
    Sample {
        format: Format::Json,
        name: "x.json",
        text: r#"[{"address": "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi", "colour": "red"}, {"address": "nonsense"}]"#,
        rows: (1, 1, 0),
        not_read: &["colour"],
    },
    Sample {
        format: Format::Advisory,
        name: "x.toml",
        text: "[source]\nid = \"n\"\nkind = \"own\"\ntitle = \"t\"\npublisher = \"p\"\npublished = 2026-01-02\n[[claim]]\n\
               label = \"x\"\ncategory = \"scam\"\naddresses = [\"1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi\", \"nonsense\"]\n",
        rows: (1, 1, 0),
        not_read: &[],
    },
    Sample {
        format: Format::OfacCsvPart,
        name: "alt.csv",
        text: "900001,1,\"aka\",\"A\",-0- \n900001,2,\"fka\",-0- ,-0- \n\u{1a}",
        rows: (1, 1, 1),
        not_read: &["alias remarks"],
    },
    Sample {
        format: Format::OfsiXml,
        name: "ConList.xml",
        text: "<ArrayOfFinancialSanctionsTarget><FinancialSanctionsTarget><Name6>A</Name6><Title>Dr</Title>\
               <GroupID>1</GroupID></FinancialSanctionsTarget><FinancialSanctionsTarget><Name6>B</Name6>\
               </FinancialSanctionsTarget></ArrayOfFinancialSanctionsTarget>",
        rows: (1, 1, 0),
        not_read: &["Title"],
    },
    Sample {
        format: Format::SecoXml,
        name: "seco.xml",
        text: "<swiss-sanctions-list list-type=\"whole-list\" date=\"2025-01-02\"><target ssid=\"1\"><entity>\
               <identity main=\"true\"><name><name-part order=\"1\"><value>A</value></name-part></name></identity>\
               <justification/></entity></target><target ssid=\"2\"/><target ssid=\"3\"><modification \
               modification-type=\"de-listed\" effective-date=\"2024-01-01\"/></target></swiss-sanctions-list>",
        rows: (1, 1, 1),
        not_read: &["justification"],
    },
    Sample {
        format: Format::FollowTheMoney,
        name: "entities.ftm.json",
        text: "{\"id\":\"1\",\"schema\":\"Person\",\"properties\":{\"name\":[\"A\"],\"birthDate\":[\"1970\"]}}\n5\n\
               {\"id\":\"2\",\"schema\":\"Family\",\"properties\":{}}\n",
        rows: (1, 1, 1),
        not_read: &["schema Family"],
    },
    Sample {
        format: Format::OpenSanctionsCsv,
        name: "targets.simple.csv",
        text: "id,schema,name,aliases,emails\n1,Person,A,B,x\n2,Person,,,\n",
        rows: (1, 1, 1),
        not_read: &["emails"],
    },
    Sample {
        format: Format::Senzing,
        name: "senzing.json",
        text: "{\"DATA_SOURCE\":\"X\",\"RECORD_ID\":\"1\",\"NAMES\":[{\"NAME_FULL\":\"A\"}],\"URL\":\"u\"}\n\
               {\"DATA_SOURCE\":\"X\",\"RECORD_ID\":\"2\"}\n",
        rows: (1, 1, 0),
        not_read: &["URL"],
    },
    Sample {
        format: Format::Csl,
        name: "csl.csv",
        text: "source,entity_number,name,alt_names,remarks\nX (SDN),1,A,,x\nX (SDN),2,,,\n",
        rows: (1, 1, 1),
        not_read: &["remarks (other than addresses)"],
    },
    Sample {
        format: Format::DeniedPersons,
        name: "dpl.txt",
        text: "Name\tCity\tEffective_Date\tExpiration_Date\tStandard_Order\nA\tX\t01/02/2020\t\tY\n\tX\t\t\tY\n",
        rows: (1, 1, 1),
        not_read: &["City", "Expiration_Date", "Standard_Order"],
    },
];

fn adds_up(name: &str, account: Account) {
    let Account { total, read, refused, passed_over, .. } = account;
    assert_eq!(read + refused + passed_over, total, "{name}: {account:?}");
}

/// A format that is added without a sample here fails.
#[test]
fn each_format_accounts_for_its_rows_and_names_what_it_does_not_read() {
    for format in Format::ALL {
        let sample = SAMPLES.iter().find(|sample| sample.format == format);
        let Sample { name, text, rows, not_read, .. } =
            sample.unwrap_or_else(|| panic!("{format} has no sample"));
        let options = Options { format: Some(format), ..named(name) };
        let told = read(&mut text.as_bytes(), &named(name));
        if !matches!(format, Format::OfacSdnCsv) {
            assert_eq!(told.unwrap().format, format, "{name} is told by its first bytes");
        }
        let source = tracehound_attribution::import::SourceOptions {
            id: matches!(format, Format::OfacSdnCsv)
                .then(|| tracehound_model::SourceId("ofac-sdn".to_owned())),
            ..Default::default()
        };
        let Imported { snapshot, .. } = read(&mut text.as_bytes(), &Options { source, ..options })
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let account = snapshot.account;
        adds_up(name, account);
        assert_eq!((account.read, account.refused, account.passed_over), *rows, "{name}: {snapshot:?}");
        assert_eq!(snapshot.unread, *not_read, "{name}");
        assert!(account.refused == 0 || !snapshot.warnings.is_empty(), "{name}: what is refused is said");
    }
    assert!(SAMPLES.iter().any(|sample| sample.text.contains(ADDRESS)));
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

/// How many rows a text has, counted without the readers.
fn counted(format: Format, text: &str) -> Option<u64> {
    let tags = |tags: &[&str]| Some(tags.iter().map(|tag| text.matches(tag).count() as u64).sum());
    match format {
        Format::OfacAdvancedXml => tags(&["<DistinctParty "]),
        Format::OfacSdnXml => tags(&["<sdnEntry>"]),
        Format::OfacEnhancedXml => tags(&["<entity "]),
        Format::UnXml => tags(&["<INDIVIDUAL>", "<ENTITY>"]),
        Format::EuXml => tags(&["<sanctionEntity "]),
        Format::UkXml => tags(&["<Designation>"]),
        Format::OfsiXml => tags(&["<FinancialSanctionsTarget>"]),
        Format::SecoXml => tags(&["<target "]),
        // A quoted cell may run over several lines.
        Format::OfacSdnCsv
        | Format::OfacCsvPart
        | Format::EuCsv
        | Format::UkCsv
        | Format::OpenSanctionsCsv
        | Format::DeniedPersons
        | Format::Csv => (!text.contains('"')).then(|| text.lines().count() as u64),
        Format::FollowTheMoney => Some(text.lines().count() as u64),
        Format::ActorPack => tags(&["\n- id:", "\n  - id:", "\n- aliases:"]).filter(|count| *count > 0),
        Format::OfacAddressJson => {
            let lists: std::collections::BTreeMap<String, Vec<String>> = serde_json::from_str(text).ok()?;
            Some(lists.values().map(|list| list.len() as u64).sum())
        }
        Format::TagPack | Format::Json | Format::Advisory | Format::Senzing | Format::Csl => None,
    }
}

/// Every real file there is, list or not: read with all rows accounted for, or refused with a reason.
#[test]
fn every_real_file_is_read_whole_or_refused_with_a_reason() {
    let mut files = Vec::new();
    for folder in ["attribution", "cases", "facts", "heists", "intel", "labels", "sanctions", "taxonomy"] {
        let Some(folder) = shared_data(folder) else { return };
        files_below(&folder, &mut files);
    }
    // The test of that list itself reads it: it takes long to unpack.
    files.retain(|path| path.extension().is_none_or(|extension| extension != "bz2"));
    let (mut lists, mut refused, mut counts) = (0, 0, 0);
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let options = Options { file_name: name.clone(), ..Options::default() };
        let Imported { snapshot, format, .. } = match read(&mut fs::File::open(&path).unwrap(), &options) {
            Ok(imported) => imported,
            Err(error) => {
                assert!(error.to_string().len() > 20, "{name}: {error}");
                refused += 1;
                continue;
            }
        };
        lists += 1;
        adds_up(&name, snapshot.account);
        assert!(snapshot.account.total > 0, "{name}");
        let said = snapshot.account.refused == 0 || !snapshot.warnings.is_empty();
        assert!(said, "{name}: what is refused is said");
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut open(fs::File::open(&path).unwrap()).unwrap(), &mut bytes).unwrap();
        let Ok(text) = String::from_utf8(bytes) else { continue };
        if let Some(rows) = counted(format, &text) {
            assert_eq!(snapshot.account.total, rows, "{name} as {format}");
            counts += 1;
        }
    }
    assert!(lists > 70 && refused > 10 && counts > 20, "{lists} lists, {refused} refused, {counts} counted");
}
