//! Any bytes as a list of any format: the first byte says which, or that it is to be sniffed. No panic, and what was
//! read can be written in our own format and read back.

#![no_main]

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use tracehound_attribution::import::{Format, Options, SourceOptions, read, sniff, write_advisory};
use tracehound_fuzz::{real_files, seeds_wanted};
use tracehound_model::SourceId;

/// Small lists of every format, so that all are reached without real data; `(format, text)`.
const SMALL: &[(Format, &str)] = &[
    (
        Format::OfacSdnCsv,
        "36,\"EXAMPLE, Ivan\",\"individual\",\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Digital Currency Address - XBT 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2; alt. Digital Currency Address - ETH 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed;\"\n",
    ),
    (
        Format::OfacAddressJson,
        "{\"XBT\": [\"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\"], \"ETH\": [\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"]}",
    ),
    (
        Format::UnXml,
        "<?xml version=\"1.0\"?><CONSOLIDATED_LIST dateGenerated=\"2025-01-02T00:00:00\"><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>IVAN</FIRST_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE><LISTED_ON>2016-03-02</LISTED_ON></INDIVIDUAL></INDIVIDUALS><ENTITIES></ENTITIES></CONSOLIDATED_LIST>",
    ),
    (
        Format::OfacAdvancedXml,
        "<?xml version=\"1.0\"?><Sanctions xmlns=\"http://www.un.org/sanctions/1.0\"><DateOfIssue><Year>2025</Year><Month>11</Month><Day>19</Day></DateOfIssue><ReferenceValueSets><FeatureTypeValues><FeatureType ID=\"344\" FeatureTypeGroupID=\"1\">Digital Currency Address - XBT</FeatureType></FeatureTypeValues></ReferenceValueSets><DistinctParties><DistinctParty FixedRef=\"36\"><Profile ID=\"36\" PartySubTypeID=\"4\"><Identity ID=\"1\" FixedRef=\"36\" Primary=\"true\"><Alias FixedRef=\"36\" AliasTypeID=\"1403\" Primary=\"true\" LowQuality=\"false\"><DocumentedName ID=\"1\"><DocumentedNamePart><NamePartValue>EXAMPLE</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity><Feature ID=\"1\" FeatureTypeID=\"344\"><FeatureVersion ID=\"1\"><VersionDetail DetailTypeID=\"1432\">1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2</VersionDetail></FeatureVersion></Feature></Profile></DistinctParty></DistinctParties><SanctionsEntries></SanctionsEntries></Sanctions>",
    ),
    (
        Format::OfacSdnXml,
        "<sdnList><publshInformation><Publish_Date>09/03/2026</Publish_Date></publshInformation><sdnEntry><uid>1</uid><lastName>EXAMPLE</lastName><firstName>Ivan</firstName><sdnType>Individual</sdnType><programList><program>CYBER2</program></programList><idList><id><uid>2</uid><idType>Digital Currency Address - XBT</idType><idNumber>1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2</idNumber></id></idList></sdnEntry></sdnList>",
    ),
    (
        Format::OfacEnhancedXml,
        "<sanctionsData><publicationInfo><dataAsOf>2026-09-10T00:00:00</dataAsOf></publicationInfo><entities><entity id=\"1\"><names><name><translations><translation><formattedFullName>EXAMPLE, Ivan</formattedFullName></translation></translations></name></names><features><feature><type>Digital Currency Address - XBT</type><value>1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2</value></feature></features></entity></entities></sanctionsData>",
    ),
    (
        Format::EuXml,
        "<?xml version=\"1.0\"?><export xmlns=\"http://eu.europa.ec/fpi/fsd/export\" generationDate=\"2025-01-02T00:00:00\"><sanctionEntity logicalId=\"1\"><subjectType code=\"person\"/><nameAlias wholeName=\"Ivan Example\" strong=\"true\"/></sanctionEntity></export>",
    ),
    (
        Format::EuCsv,
        "fileGenerationDate;Entity_LogicalId;Entity_SubjectType;NameAlias_WholeName\n02/01/2025;1;P;Ivan Example\n",
    ),
    (
        Format::UkXml,
        "<?xml version=\"1.0\"?><Designations><DateGenerated>02/01/2025</DateGenerated><Designation><UniqueID>X0001</UniqueID><Names><Name><Name6>EXAMPLE</Name6><NameType>Primary Name</NameType></Name></Names><RegimeName>Cyber</RegimeName></Designation></Designations>",
    ),
    (
        Format::UkCsv,
        "Last Updated,02/01/2025\nName 6,Name 1,Group Type,Regime,Group ID\nEXAMPLE,Ivan,Individual,Cyber,1\n",
    ),
    (
        Format::OfacCsvPart,
        "36,\"Digital Currency Address - XBT 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2; Linked To: EXAMPLE.\"\n",
    ),
    (
        Format::OfsiXml,
        "<ArrayOfFinancialSanctionsTarget><FinancialSanctionsTarget><Name6>EXAMPLE</Name6><name1>Ivan</name1><GroupTypeDescription>Individual</GroupTypeDescription><AliasType>Primary name</AliasType><DateListed>2020-12-31T00:00:00</DateListed><LastUpdated>2025-01-02T00:00:00</LastUpdated><GroupID>1</GroupID></FinancialSanctionsTarget></ArrayOfFinancialSanctionsTarget>",
    ),
    (
        Format::SecoXml,
        "<swiss-sanctions-list list-type=\"whole-list\" date=\"2025-01-02\"><sanctions-program ssid=\"1\"><program-key lang=\"eng\">X</program-key><sanctions-set ssid=\"2\"/></sanctions-program><target ssid=\"3\" sanctions-set-id=\"2\"><individual><identity main=\"true\"><name name-type=\"primary-name\"><name-part order=\"1\"><value>EXAMPLE</value><spelling-variant>EKSAMPLE</spelling-variant></name-part></name></identity></individual><modification modification-type=\"listed\" effective-date=\"2020-01-02\"/></target></swiss-sanctions-list>",
    ),
    (
        Format::FollowTheMoney,
        "{\"id\":\"w\",\"schema\":\"CryptoWallet\",\"properties\":{\"publicKey\":[\"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\"],\"holder\":[{\"id\":\"p\",\"schema\":\"Person\",\"properties\":{\"name\":[\"Ivan Example\"],\"topics\":[\"sanction\"]}}]},\"datasets\":[\"x\"],\"first_seen\":\"2025-01-01\"}\n{\"id\":\"s\",\"schema\":\"Sanction\",\"properties\":{\"entity\":[\"p\"],\"program\":[\"X\"]}}\n",
    ),
    (
        Format::OpenSanctionsCsv,
        "id,schema,name,aliases,dataset,last_seen\np,Person,Ivan Example,\"A;B\",X,2025-01-01\nw,CryptoWallet,1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2,,X,2025-01-01\n",
    ),
    (
        Format::Senzing,
        "{\"DATA_SOURCE\":\"X\",\"RECORD_ID\":\"1\",\"RECORD_TYPE\":\"PERSON\",\"NAMES\":[{\"NAME_TYPE\":\"PRIMARY\",\"NAME_FULL\":\"Ivan Example\"}]}\n",
    ),
    (
        Format::Csl,
        "source,entity_number,name,alt_names,ids\nX (SDN) - Treasury,1,Ivan Example,A; B,\"Digital Currency Address - XBT, 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\"\n",
    ),
    (
        Format::Csl,
        "{\"results\":[{\"source\":\"X (SDN)\",\"entity_number\":\"1\",\"name\":\"Ivan Example\",\"ids\":[{\"type\":\"Digital Currency Address - XBT\",\"number\":\"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\"}]}]}",
    ),
    (
        Format::DeniedPersons,
        "Name\tEffective_Date\tExpiration_Date\tStandard_Order\nIvan Example\t01/02/2020\t01/02/2030\tY\n",
    ),
    (
        Format::TagPack,
        "title: Example\ncreator: example\nlastmod: 2025-01-02\ncurrency: BTC\ncategory: exchange\nconfidence: ownership\nsource: https://example.org\ntags:\n  - address: 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\n    label: example\n",
    ),
    (
        Format::ActorPack,
        "title: Example\ncreator: example\nactors:\n  - id: example\n    label: Example\n    uri: https://example.org\n    categories:\n      - exchange\n",
    ),
    (Format::Csv, "address,label,category\n1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2,example,exchange\n"),
    (Format::Json, "[{\"address\": \"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\", \"label\": \"example\"}]"),
    (
        Format::Advisory,
        "[source]\nid = \"example\"\nkind = \"own\"\ntitle = \"Example\"\npublisher = \"example\"\npublished = \"2025-01-02\"\n\n[[claim]]\nlabel = \"example\"\ncategory = \"exchange\"\naddresses = [\"1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\"]\n",
    ),
];

fn seeds() -> Vec<Vec<u8>> {
    let number = |format: Format| Format::ALL.iter().position(|known| *known == format);
    let seed = |format: Option<Format>, bytes: &[u8]| {
        let number = format.and_then(number).map_or(u8::MAX, |number| number as u8);
        [&[number][..], bytes].concat()
    };
    let small = SMALL.iter().map(|(format, text)| seed(Some(*format), text.as_bytes()));
    let folders = ["sanctions", "attribution", "attribution/graphsense", "attribution/btc_entities"];
    let real = real_files(&folders).into_iter().map(|bytes| seed(sniff(&bytes, ""), &bytes));
    small.chain(real).collect()
}

fuzz_target!(
    init: {
        seeds_wanted(seeds);
    },
    |data: &[u8]| {
        let Some((&number, bytes)) = data.split_first() else { return };
        let source = SourceOptions {
            id: Some(SourceId("fuzzed".into())),
            published: Some(date(2025, 1, 2)),
            ..SourceOptions::default()
        };
        let format = Format::ALL.get(usize::from(number)).copied();
        let options = Options { format, file_name: "list".into(), source, ..Options::default() };
        let Ok(list) = read(&mut &bytes[..], &options) else { return };
        // A thousand of them, and up to two that sum up.
        assert!(list.snapshot.warnings.len() <= 1_002);
        let notice = write_advisory(&list.snapshot).expect("a dated snapshot can be written");
        let again = Options { format: Some(Format::Advisory), ..Options::default() };
        let back = match read(&mut notice.as_bytes(), &again) {
            Ok(back) => back.snapshot,
            // A list without a claim is none.
            Err(_) if list.snapshot.claims.is_empty() => return,
            Err(error) => panic!("our own notice is refused: {error}\n{notice}"),
        };
        assert_eq!(back.claims.len(), list.snapshot.claims.len(), "claims are lost in\n{notice}");
    }
);
