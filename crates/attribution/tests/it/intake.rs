//! Nothing but the list itself ends anybody on a published list, and that only within bounds.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, civil::Date};
use proptest::prelude::*;
use tracehound_attribution::{
    IntakeError,
    folder::{AttributionFolder, FolderError, FolderImport},
    import::{Defaults, Format, Options, SourceOptions, official},
};
use tracehound_model::{Address, Category, SourceId, SourceKind, Subject};
use tracehound_testkit::shared_data;

use crate::support::day;

pub(crate) fn now() -> Timestamp {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

/// The SDN list in its old namespace, of this day, with one party for each of the addresses.
pub(crate) fn sdn(day: &str, addresses: &[String]) -> String {
    let [year, month, date] = day.split('-').collect::<Vec<_>>()[..] else { panic!("{day}") };
    let parties: Vec<String> = addresses
        .iter()
        .enumerate()
        .map(|(number, address)| {
            let id = number + 1;
            format!(
                r#"<DistinctParty FixedRef="{id}"><Profile ID="{id}" PartySubTypeID="4"><Identity ID="1" Primary="true">
                <Alias Primary="true" LowQuality="false"><DocumentedName><DocumentedNamePart>
                <NamePartValue NamePartGroupID="1">PARTY {id}</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity>
                <Feature ID="1" FeatureTypeID="7"><FeatureVersion><VersionDetail DetailTypeID="1432">{address}</VersionDetail>
                </FeatureVersion></Feature></Profile></DistinctParty>"#
            )
        })
        .collect();
    format!(
        r#"<?xml version="1.0"?><Sanctions xmlns="http://www.un.org/sanctions/1.0">
        <DateOfIssue><Year>{year}</Year><Month>{month}</Month><Day>{date}</Day></DateOfIssue>
        <ReferenceValueSets><FeatureTypeValues><FeatureType ID="7">Digital Currency Address - ETH</FeatureType></FeatureTypeValues>
        </ReferenceValueSets><DistinctParties>{}</DistinctParties>
        <SanctionsEntries><SanctionsEntry ID="1" ProfileID="1"></SanctionsEntry></SanctionsEntries></Sanctions>"#,
        parties.concat()
    )
}

/// Addresses that nobody has, this many from the first.
pub(crate) fn addresses(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|number| format!("0x{:040x}", (1_u128 << 100) + number as u128)).collect()
}

pub(crate) struct Folder {
    _dir: tempfile::TempDir,
    pub(crate) folder: AttributionFolder,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = AttributionFolder::new(dir.path());
        Self { _dir: dir, folder }
    }

    pub(crate) fn import(
        &self,
        name: &str,
        text: &str,
        options: Options,
    ) -> Result<FolderImport, FolderError> {
        let options = Options { file_name: name.to_owned(), ..options };
        self.folder.import(&mut text.as_bytes(), &options, now())
    }

    pub(crate) fn list(&self, day: &str, addresses: &[String]) -> Result<FolderImport, FolderError> {
        self.import("sdn_advanced.xml", &sdn(day, addresses), Options::default())
    }

    /// A first version in place of what is shipped.
    pub(crate) fn first(&self, day: &str, addresses: &[String]) {
        let options = Options { accept_shrink: true, ..Options::default() };
        self.import("sdn_advanced.xml", &sdn(day, addresses), options).unwrap();
    }

    /// Addresses under sanctions on a day.
    pub(crate) fn sanctioned(&self, on: &str) -> BTreeSet<String> {
        sanctioned(&self.folder, day(on))
    }
}

pub(crate) fn sanctioned(folder: &AttributionFolder, on: Date) -> BTreeSet<String> {
    let index = folder.index(now()).unwrap();
    let standing = index.claims().filter(|claim| {
        claim.holds_on(on) && claim.source().starts_with("ofac-sdn") && claim.category() == Category::Sanction
    });
    let written = |subject: Subject| match subject {
        Subject::Address(address) => written(&address),
        Subject::Tx { txid, .. } => txid.to_string(),
        Subject::Opaque(text) => text,
    };
    standing.map(|claim| written(claim.subject())).collect()
}

fn written(address: &Address) -> String {
    address.to_string().to_ascii_lowercase()
}

pub(crate) fn under(id: &str, published: &str) -> Options {
    let source = SourceOptions {
        id: Some(SourceId(id.to_owned())),
        published: Some(day(published)),
        ..SourceOptions::default()
    };
    Options { source, ..Options::default() }
}

pub(crate) fn refusal(result: Result<FolderImport, FolderError>) -> IntakeError {
    match result.expect_err("refused") {
        FolderError::Intake(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_table_under_an_official_id_adds_and_ends_nobody() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 40));
    let one = addresses(100, 101);
    let done = folder
        .import("tiny.csv", &format!("address,label\n{},x\n", one[0]), under("ofac-sdn", "2026-11-27"))
        .unwrap();
    assert_eq!(done.report.source.0, "ofac-sdn-extract");
    assert!(done.notes[0].contains("ends nobody"), "{:?}", done.notes);
    let today = folder.sanctioned("2026-11-28");
    assert!(addresses(0, 40).iter().chain(&one).all(|address| today.contains(address)), "{today:?}");
    // The list is no younger for it.
    let sources = folder.folder.sources(now()).unwrap();
    let newest =
        |id: &str| sources.iter().find(|history| history.source.id.0 == id).unwrap().source.published;
    assert_eq!(newest("ofac-sdn"), day("2026-10-01"));

    // A second extract joins the first, whichever way it names itself.
    let two = addresses(101, 102);
    folder
        .import("x.json", &format!(r#"{{"ETH": ["{}"]}}"#, two[0]), under("ofac-sdn-extract", "2026-11-01"))
        .unwrap();
    let today = folder.sanctioned("2026-11-28");
    assert!(one.iter().chain(&two).all(|address| today.contains(address)));
    // The next version of the list itself knows better.
    folder.list("2026-11-28", &addresses(0, 41)).unwrap();
    let today = folder.sanctioned("2026-11-28");
    assert!(!today.contains(&one[0]) && !today.contains(&two[0]) && today.contains(&addresses(40, 41)[0]));
    assert!(folder.sanctioned("2026-11-27").contains(&one[0]), "it held until then");
}

#[test]
fn what_the_list_says_already_is_not_said_again() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 40));
    let json = format!(r#"{{"ETH": {:?}}}"#, addresses(0, 41));
    let done = folder.import("x.json", &json, under("ofac-sdn", "2026-10-02")).unwrap();
    assert_eq!(done.report.added, 1);
    assert!(done.notes[1].contains("40 subjects stand on `ofac-sdn`"), "{:?}", done.notes);
    let again = folder.import("x.json", &json, under("ofac-sdn", "2026-10-02")).unwrap();
    assert!(again.report.already_imported);
}

#[test]
fn a_list_that_ends_many_waits_for_a_person() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 100));
    // Six of a hundred are more than 5 %, but fewer than ten. They count later on.
    folder.list("2026-10-02", &addresses(6, 100)).unwrap();
    let held = refusal(folder.list("2026-10-03", &addresses(20, 100)));
    let said = held.to_string();
    assert!(
        said.contains("would end 40 of 200 addresses and parties, counted with those off since 2026-10-02"),
        "{said}"
    );
    assert!(
        said.contains("PARTY 1)") && said.contains("and 30 more") && said.contains("--accept-shrink"),
        "{said}"
    );
    assert!(folder.sanctioned("2026-11-28").contains(&addresses(6, 7)[0]), "the version before is in force");
    let waiting = folder.folder.held().unwrap();
    assert_eq!((waiting.len(), waiting[0].shrink.ended, waiting[0].shrink.names.len()), (1, 40, 40));

    assert_eq!(folder.folder.reject(&SourceId("ofac-sdn".to_owned()), now()).unwrap(), 1);
    assert!(folder.folder.held().unwrap().is_empty());
    let again = refusal(folder.list("2026-10-03", &addresses(20, 100)));
    assert!(matches!(again, IntakeError::Rejected { .. }), "{again}");

    let accept = Options { accept_shrink: true, ..Options::default() };
    folder.import("sdn_advanced.xml", &sdn("2026-10-03", &addresses(20, 100)), accept).unwrap();
    assert!(!folder.sanctioned("2026-11-28").contains(&addresses(6, 7)[0]));
    assert!(folder.folder.held().unwrap().is_empty());
}

#[test]
fn a_smaller_file_for_the_same_day_and_an_older_day_ask_too() {
    let folder = Folder::new();
    folder.first("2026-09-01", &addresses(0, 100));
    folder.list("2026-10-01", &addresses(0, 100)).unwrap();
    for day in ["2026-10-01", "2026-09-15"] {
        let held = refusal(folder.list(day, &addresses(0, 50)));
        assert!(matches!(held, IntakeError::Held(_)), "{held}");
    }
    // A later version without that question answers for those before it.
    folder.list("2026-10-05", &addresses(0, 101)).unwrap();
    assert!(folder.folder.held().unwrap().is_empty());
}

#[test]
fn the_kind_cannot_be_set_to_get_around_it() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 100));
    let source = SourceOptions { kind: Some(SourceKind::Own), ..SourceOptions::default() };
    let options = Options { source, ..Options::default() };
    let held = refusal(folder.import("sdn_advanced.xml", &sdn("2026-10-02", &addresses(0, 50)), options));
    assert!(matches!(held, IntakeError::Held(_)), "{held}");
    let advisory = format!(
        "[source]\nid = \"ofac-sdn\"\nkind = \"own\"\ntitle = \"t\"\npublisher = \"p\"\npublished = 2026-10-03\n\
         [[claim]]\nlabel = \"x\"\ncategory = \"user\"\naddresses = [\"{}\"]\n",
        addresses(0, 1)[0]
    );
    folder.import("x.toml", &advisory, Options::default()).unwrap();
    assert_eq!(
        folder.sanctioned("2026-11-28").intersection(&addresses(0, 100).into_iter().collect()).count(),
        100
    );
}

#[test]
fn a_day_that_has_not_come_is_refused() {
    let folder = Folder::new();
    let own = "address,label\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,x\n";
    for published in ["2099-01-01", "2026-11-30"] {
        let error = refusal(folder.import("own.csv", own, under("own-x", published)));
        assert!(matches!(error, IntakeError::Future { .. }), "{error}");
    }
    folder.import("own.csv", own, under("own-x", "2026-11-29")).unwrap();
    let error = refusal(folder.list("2027-01-01", &addresses(0, 3)));
    assert!(matches!(error, IntakeError::Future { .. }), "{error}");
    // A row's own day after the list's is left out, so that the row holds.
    let rows = "address,label,date\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,x,2099-01-01\n";
    let done = folder.import("own2.csv", rows, under("own-y", "2026-11-27")).unwrap();
    assert!(done.report.warnings.iter().any(|warning| warning.message.contains("dated after")));
    let index = folder.folder.index(now()).unwrap();
    assert!(index.claims().any(|claim| claim.source() == "own-y" && claim.holds_on(day("2026-11-28"))));
}

#[test]
fn one_list_is_not_taken_for_another() {
    let folder = Folder::new();
    let text = sdn("2026-10-01", &addresses(0, 20));
    let error = refusal(folder.import("sdn.xml", &text, under("un-sc", "2026-10-01")));
    assert!(matches!(error, IntakeError::OtherList { .. }), "{error}");
    for slip in ["ofac_sdn", "ofacsdn"] {
        let error = refusal(folder.import("sdn.xml", &text, under(slip, "2026-10-01")));
        assert!(matches!(error, IntakeError::NearMiss { .. }), "{error}");
    }
    // What came with the program is as well known as what an office publishes.
    folder.folder.index(now()).unwrap();
    for slip in [
        "fbi_notices",
        "fbi-notice",
        "treasury_notices",
        "msmt-report",
        "ofac-sdn-extracts",
        "fbi_notices_extract",
        "fbi-notices-extracts",
        "treasury-notices-extrac",
        "ofac-sdn-extract-extract",
        "un-sv",
        "un-cs",
        "uk-ofs1",
        "ch-sec0",
        "eu-fcf",
    ] {
        let rows = "address,category\n0x098B716B8Aaf21512996dC57EB0615e2383E2f96,exchange\n";
        let error = refusal(folder.import("x.csv", rows, under(slip, "2026-10-01")));
        assert!(matches!(error, IntakeError::NearMiss { .. }), "{slip}: {error}");
    }
    // Under a name of one's own it is a source of one's own.
    for own in ["my-copy", "us-sc", "un-list", "eu-fiu"] {
        folder.import("sdn.xml", &text, under(own, "2026-10-01")).unwrap();
    }
}

#[test]
fn a_shipped_source_is_added_to_and_ended_by_nobody() {
    let folder = Folder::new();
    folder.folder.index(now()).unwrap();
    let advisories = |folder: &Folder| {
        let index = folder.folder.index(now()).unwrap();
        index
            .claims()
            .filter(|claim| claim.source() == "fbi-notices" && claim.holds_on(day("2026-11-28")))
            .count()
    };
    let before = advisories(&folder);
    assert!(before >= 6);
    let advisory = "[source]\nid = \"fbi-notices\"\nkind = \"own\"\ntitle = \"t\"\npublisher = \"p\"\npublished = 2026-11-27\n\
                  [[claim]]\nlabel = \"x\"\ncategory = \"user\"\naddresses = [\"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\"]\n";
    let done = folder.import("fbi.toml", advisory, Options::default()).unwrap();
    assert_eq!(done.report.source.0, "fbi-notices-extract");
    assert_eq!(advisories(&folder), before);
}

/// Every file of the cases, and the lists of earlier days.
fn case_files() -> Option<Vec<PathBuf>> {
    let mut files = vec![shared_data("sanctions/ofac_addresses_2024-09-27.json")?];
    for folder in ["cases/screening", "cases/faults", "cases/lists-and-blocks"] {
        for entry in fs::read_dir(shared_data(folder)?).unwrap() {
            files.push(entry.unwrap().path());
        }
    }
    files.retain(|path| path.is_file());
    files.sort();
    Some(files)
}

/// A folder with the list of 2025-11-19 in force, which is shipped, to be copied for each case.
fn base() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    AttributionFolder::new(dir.path()).index(now()).unwrap();
    dir
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The 745 addresses of 2025-11-19 as they are written in the index.
fn listed() -> Option<BTreeSet<String>> {
    let text = fs::read(shared_data("sanctions/ofac_addresses_2025-11-19.json")?).unwrap();
    let by_asset: std::collections::BTreeMap<String, Vec<String>> = serde_json::from_slice(&text).unwrap();
    let lower = |text: String| text.parse::<Address>().map_or(text, |address| written(&address));
    Some(by_asset.into_values().flatten().map(lower).collect())
}

#[derive(Clone, Debug)]
struct Import {
    file: usize,
    id: Option<&'static str>,
    published: Option<&'static str>,
    format: Option<Format>,
    kind: Option<SourceKind>,
}

fn imports(files: usize) -> impl Strategy<Value = Vec<Import>> {
    let ids = prop_oneof![
        4 => Just(Some("ofac-sdn")),
        2 => Just(None),
        1 => Just(Some("ofac-sdn-extract")),
        1 => Just(Some("ofac-consolidated")),
        1 => Just(Some("fbi-notices")),
        1 => Just(Some("own-x")),
    ];
    let days = prop_oneof![
        Just(None),
        Just(Some("2020-01-01")),
        Just(Some("2024-12-01")),
        Just(Some("2025-11-19")),
        Just(Some("2026-11-27")),
        Just(Some("2026-11-29")),
        Just(Some("2099-01-01")),
    ];
    let formats =
        prop_oneof![3 => Just(None), 1 => proptest::sample::select(Format::ALL.to_vec()).prop_map(Some)];
    let kinds = prop_oneof![
        3 => Just(None),
        1 => Just(Some(SourceKind::Own)),
        1 => Just(Some(SourceKind::Sanctions)),
    ];
    let one = (0..files, ids, days, formats, kinds).prop_map(|(file, id, published, format, kind)| Import {
        file,
        id,
        published,
        format,
        kind,
    });
    proptest::collection::vec(one, 1..8)
}

fn run(folder: &AttributionFolder, files: &[PathBuf], import: &Import) {
    let path = &files[import.file];
    let options = Options {
        format: import.format,
        file_name: path.file_name().unwrap().to_string_lossy().into_owned(),
        source: SourceOptions {
            id: import.id.map(|id| SourceId(id.to_owned())),
            kind: import.kind,
            published: import.published.map(day),
            ..SourceOptions::default()
        },
        ..Options::default()
    };
    // Taken or refused: what matters is who is listed afterwards.
    let _ = folder.import(&mut fs::File::open(path).unwrap(), &options, now());
}

/// `lists import tiny.csv --source ofac-sdn` and its kin, in any order, with any flags, again and again.
#[test]
fn no_sequence_of_imports_unlists_anybody() {
    let (Some(files), Some(listed)) = (case_files(), listed()) else { return };
    assert_eq!(listed.len(), 745);
    let base = base();
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(sequence in imports(files.len()))| {
        let dir = tempfile::tempdir().unwrap();
        copy(base.path(), dir.path());
        let folder = AttributionFolder::new(dir.path());
        for import in &sequence {
            run(&folder, &files, import);
        }
        for on in ["2025-11-19", "2026-11-28"] {
            let now = sanctioned(&folder, day(on));
            prop_assert!(listed.iter().all(|address| now.contains(address)), "on {on}");
        }
    });
}

/// Every file once under the official id with every day, one after the other in one folder.
#[test]
fn every_file_under_the_official_id_leaves_everybody_listed() {
    let (Some(files), Some(listed)) = (case_files(), listed()) else { return };
    let base = base();
    let folder = AttributionFolder::new(base.path());
    for file in 0..files.len() {
        for (format, published) in
            [(None, Some("2026-11-27")), (Some(Format::OfacSdnCsv), None), (None, None)]
        {
            run(&folder, &files, &Import { file, id: Some("ofac-sdn"), published, format, kind: None });
        }
    }
    let now = sanctioned(&folder, day("2026-11-28"));
    assert!(listed.iter().all(|address| now.contains(address)));
}

#[test]
fn the_official_ids_are_those_of_the_updates() {
    for spec in tracehound_attribution::update::official_lists() {
        let known = official::official(&spec.source).expect("a known list");
        assert!(known.formats.contains(&spec.format));
    }
}

#[test]
fn the_day_that_a_list_tells_is_not_overridden() {
    let folder = Folder::new();
    let list = sdn("2026-10-01", &addresses(0, 40));
    let error = folder.import("m0.xml", &list, under("ofac-sdn", "2026-11-27")).unwrap_err().to_string();
    assert!(error.contains("2026-10-01") && error.contains("2026-11-27"), "{error}");
    let told = Options { accept_shrink: true, ..under("ofac-sdn", "2026-10-01") };
    assert_eq!(folder.import("m0.xml", &list, told).unwrap().report.published, day("2026-10-01"));
}

#[test]
fn an_extract_of_a_sanctions_list_is_about_sanctions_whatever_else_it_says() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 40));
    let named = addresses(100, 104);
    let table = format!(
        "address,label,category\n{},a,exchange\n{},b,user\n{},c,defi\n{},d,\n",
        named[0], named[1], named[2], named[3]
    );
    let defaults = Defaults { category: Some(Category::Exchange), ..Defaults::default() };
    let options = Options { defaults, ..under("ofac-sdn", "2026-11-27") };
    folder.import("tiny.csv", &table, options).unwrap();
    let today = folder.sanctioned("2026-11-28");
    assert!(named.iter().all(|address| today.contains(address)), "{today:?}");
    let index = folder.folder.index(now()).unwrap();
    let labels: BTreeSet<String> = index
        .claims()
        .filter(|claim| claim.source() == "ofac-sdn-extract")
        .map(|claim| claim.label().to_owned())
        .collect();
    assert!(labels.contains("a (exchange)"), "the other word is kept: {labels:?}");
}
