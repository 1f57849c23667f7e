//! OFAC's old form: four files that are read together, in whatever way they come.

use std::{fs, path::Path};

use tracehound_attribution::{
    ImportError,
    folder::AttributionFolder,
    import::{Format, Imported, Options, Snapshot, SourceOptions, read},
};
use tracehound_model::{SourceId, Subject};

use crate::support::{address, day, named, text};

const SDN: &str = "900001,\"TESTHOLDER, Quux\",\"individual\",\"DPRK3\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 1990; \
a.k.a. 'weakone'.\"\n900002,\"SECOND PARTY\",-0- ,\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n\u{1a}";
const ALT: &str = "900001,1,\"aka\",\"ZEDALIAS, Quux\",-0- \n900009,2,\"fka\",\"NOBODY\",-0- \n\u{1a}";
const ADD: &str = "900001,1,\"1 Nowhere St\",\"Testtown\",\"Testland\",-0- \n\u{1a}";
const COMMENTS: &str = "900002,\"alt. Digital Currency Address - ETH 0xE4A618E2Fc5aD76525F555970363ae97AFc1F426; Linked To: X.\"\n\u{1a}";
const FILES: &[(&str, &str)] =
    &[("sdn.csv", SDN), ("alt.csv", ALT), ("add.csv", ADD), ("sdn_comments.csv", COMMENTS)];

fn options(path: &Path) -> Options {
    let source = SourceOptions { id: Some(SourceId("ofac-sdn".to_owned())), ..SourceOptions::default() };
    let beside = path.parent().map(Path::to_owned);
    Options { source, beside, ..named(&path.display().to_string()) }
}

fn import(path: &Path, options: &Options) -> Result<Imported, ImportError> {
    read(&mut fs::File::open(path).unwrap(), options)
}

fn whole(imported: &Imported) {
    let Imported { snapshot: list, format, .. } = imported;
    assert_eq!(*format, Format::OfacSdnCsv);
    let first: Vec<_> = list.parties[0].names.iter().map(|name| (name.full.as_str(), name.weak)).collect();
    assert_eq!(first, [("TESTHOLDER, Quux", false), ("ZEDALIAS, Quux", false), ("weakone", true)]);
    assert_eq!(list.parties.len(), 2);
    let claim = list.claims.get(0).unwrap();
    assert_eq!(claim.subject, address("0xE4A618E2Fc5aD76525F555970363ae97AFc1F426"));
    assert_eq!(
        (claim.statement.label.as_str(), &claim.statement.programs[0][..]),
        ("SECOND PARTY", "CYBER2")
    );
    let account = list.account;
    // Two parties, one alias and one remark are read; an alias of nobody is refused; an address and four marks are not read.
    assert_eq!(
        (account.total, account.read, account.refused, account.passed_over),
        (10, 4, 1, 5),
        "{list:?}"
    );
    assert!(list.warnings.iter().any(|warning| warning.place == "alt.csv line 2"), "{:?}", list.warnings);
    assert!(
        list.warnings.iter().any(|warning| warning.message.contains("alt.csv, add.csv, sdn_comments.csv"))
    );
}

#[test]
fn the_four_files_of_a_folder_are_read_together_whichever_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let mut hashes = Vec::new();
    for (name, _) in FILES {
        let path = folder.path().join(name);
        let imported = import(&path, &options(&path)).unwrap();
        whole(&imported);
        hashes.push(imported.sha256);
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "the second of them is nothing new");
}

#[test]
fn the_forms_with_other_separators_are_read_as_the_first_and_never_mixed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    for (mark, extension) in [("@", "DEL"), ("|", "PIP")] {
        for (name, text) in FILES {
            let other = text.replace("\",", &format!("\"{mark}")).replace("-0- ,", &format!("-0- {mark}"));
            let other = other.replace(",\"", &format!("{mark}\"")).replace(",-0-", &format!("{mark}-0-"));
            let other = other.replacen("900001,1", &format!("900001{mark}1"), 1).replacen(
                "900009,2",
                &format!("900009{mark}2"),
                1,
            );
            let name = name.replace("csv", extension).to_uppercase();
            fs::write(folder.path().join(name), other).unwrap();
        }
        // The same files as CSV lie beside them, and are none of theirs.
        fs::write(folder.path().join("alt.csv"), "900001,1,\"aka\",\"OLD\",-0- \n").unwrap();
        let path = folder.path().join(format!("SDN.{extension}"));
        let list = import(&path, &options(&path)).unwrap().snapshot;
        assert_eq!(
            (list.claims.len(), list.parties.len(), list.parties[0].names.len()),
            (1, 2, 3),
            "{list:?}"
        );
    }
}

fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn the_four_files_of_an_archive_are_read_together() {
    let options = options(Path::new("SDALL.ZIP"));
    let bytes = packed(&[FILES[3], FILES[1], FILES[2], FILES[0]]);
    whole(&read(&mut bytes.as_slice(), &options).unwrap());
    for files in [
        &[FILES[0], ("sdn.pip", SDN)][..],
        &[FILES[0], ("cons_alt.csv", ALT)],
        &[FILES[0], ("old/sdn.csv", SDN)],
    ] {
        let error = read(&mut packed(files).as_slice(), &options).unwrap_err().to_string();
        assert!(error.contains("several lists"), "{error}");
    }
}

#[test]
fn parts_without_the_parties_they_belong_to_do_not_swallow_each_other() {
    let options = options(Path::new("p.zip"));
    for files in [&[FILES[3], FILES[1]][..], &[FILES[3], FILES[2]], &[FILES[3], FILES[1], FILES[2]]] {
        let error = read(&mut packed(files).as_slice(), &options).unwrap_err().to_string();
        assert!(error.contains("sdn_comments.csv") && error.contains("sdn.csv"), "{error}");
    }
    let alone = read(&mut packed(&[FILES[3]]).as_slice(), &options).unwrap();
    assert_eq!(alone.snapshot.claims.len(), 1);
}

#[test]
fn what_bears_the_name_of_a_part_and_is_none_is_an_error() {
    let mark = FILES[3].1.split_once(',').unwrap().1;
    for (wrong, text) in [
        ("another separator", format!("900002:{mark}")),
        ("rubbish", "rubbish,that,is,no,comment\n".repeat(3)),
        ("another list's parties", SDN.to_owned()),
    ] {
        let files = [FILES[0], ("sdn_comments.csv", &text)];
        let error = read(&mut packed(&files).as_slice(), &options(Path::new("p.zip"))).unwrap_err();
        assert!(error.to_string().contains("sdn_comments.csv belongs to it by its name"), "{wrong}: {error}");
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let path = folder.path().join("sdn.csv");
        let error = import(&path, &options(&path)).unwrap_err().to_string();
        assert!(error.contains("sdn_comments.csv belongs to it by its name"), "{wrong}: {error}");
    }
    // Below a header that somebody added it is what its name says.
    let below = format!("ent_num,remarks\n{COMMENTS}");
    let files = [FILES[0], ("sdn_comments.csv", &below)];
    let list = read(&mut packed(&files).as_slice(), &options(Path::new("p.zip"))).unwrap().snapshot;
    assert_eq!(list.claims.len(), 1);
    // Cut inside its only row, it is read as far as that goes: to an error.
    let cut = [FILES[0], ("sdn_comments.csv", "900002,\"alt. Digital Currency Address - ")];
    assert!(read(&mut packed(&cut).as_slice(), &options(Path::new("p.zip"))).is_err());
    for (harmless, claims) in [("", 0), ("\n\n", 0), ("900002,\"Email Address x@example.invalid.\"\n", 0)] {
        let files = [FILES[0], ("sdn_comments.csv", harmless)];
        let list = read(&mut packed(&files).as_slice(), &options(Path::new("p.zip"))).unwrap().snapshot;
        assert_eq!((list.parties.len(), list.claims.len()), (2, claims), "{harmless}");
    }
}

#[test]
fn files_given_together_are_read_together_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (at, (_, text)) in FILES.iter().enumerate() {
        // Each in a folder of its own.
        let own = folder.path().join(at.to_string());
        fs::create_dir(&own).unwrap();
        paths.push(own.join(format!("{at}.csv")));
        fs::write(&paths[at], text).unwrap();
    }
    let imported = import(&paths[0], &Options { together: paths.clone(), ..options(&paths[0]) }).unwrap();
    assert_eq!((imported.snapshot.claims.len(), imported.snapshot.parties[0].names.len()), (1, 3));
}

#[test]
fn alone_a_file_gives_what_it_holds_or_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    for (name, claims, parties) in [("alt.csv", 0, 2), ("sdn_comments.csv", 1, 0)] {
        let path = folder.path().join(name);
        fs::write(&path, FILES.iter().find(|(known, _)| *known == name).unwrap().1).unwrap();
        let imported = import(&path, &options(&path)).unwrap();
        let list = imported.snapshot;
        assert_eq!(
            (list.claims.len(), list.parties.len(), imported.format),
            (claims, parties, Format::OfacCsvPart)
        );
        assert!(list.partial.is_some(), "{name} is no list by itself");
        assert!(
            list.warnings.iter().any(|warning| warning.message.contains("sdn.csv is not beside it")),
            "{name}"
        );
        fs::remove_file(&path).unwrap();
    }
    let error = |name: &str, text: &str, id: Option<&str>| {
        let source = SourceOptions { id: id.map(|id| SourceId(id.to_owned())), ..SourceOptions::default() };
        read(&mut text.as_bytes(), &Options { source, ..named(name) }).unwrap_err().to_string()
    };
    assert!(error("add.csv", ADD, Some("ofac-sdn")).contains("together with sdn.csv"));
    assert!(error("mine.csv", ALT, None).contains("--source ofac-sdn"), "whose aliases?");
}

#[test]
fn a_remark_that_was_cut_goes_on_in_the_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let address = "Digital Currency Address - XBT 1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
    let (front, rest) = address.split_at(address.len() - 9);
    let remark = format!("{}; {front}", "x".repeat(1_000 - front.len() - 2));
    let row = format!("1,\"A\",-0- ,\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"{remark}\"\n");
    let path = folder.path().join("sdn.csv");
    fs::write(&path, row).unwrap();
    let alone = import(&path, &options(&path)).unwrap().snapshot;
    assert_eq!((alone.claims.len(), alone.account.left_out), (0, 1), "half an address is none");
    fs::write(folder.path().join("SDN_COMMENTS.CSV"), format!("1,\"{rest}; Linked To: B.\"\n")).unwrap();
    let both = import(&path, &options(&path)).unwrap().snapshot;
    assert_eq!((both.claims.len(), both.account.left_out), (1, 0), "{:?}", both.warnings);
}

/// Parties of the list are not said twice, and their names are not lost.
#[test]
fn names_that_the_list_lacks_are_added_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = AttributionFolder::new(dir.path());
    let now = "2026-11-28T12:00:00Z".parse().unwrap();
    let list = crate::intake::sdn("2026-08-31", &["1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi".to_owned()]);
    let accept = Options { accept_shrink: true, ..named("sdn_advanced.xml") };
    folder.import(&mut list.as_bytes(), &accept, now).unwrap();
    let aliases = "1,1,\"aka\",\"PARTY 1\",-0- \n2,1,\"aka\",\"ZEDALIAS\",-0- \n";
    let known = "1,1,\"aka\",\"PARTY 1\",-0- \n";
    let named_in = |text: &str| {
        let source = SourceOptions { published: Some(day("2026-09-01")), ..SourceOptions::default() };
        let done = folder.import(&mut text.as_bytes(), &Options { source, ..named("alt.csv") }, now).unwrap();
        assert!(done.notes.iter().any(|note| note.contains("extract of `ofac-sdn`")), "{:?}", done.notes);
        let index = folder.index(now).unwrap();
        let parties = index.parties().unwrap().to_vec();
        parties
            .into_iter()
            .filter(|party| party.source.0 == "ofac-sdn-extract")
            .map(|party| party.id)
            .collect::<Vec<_>>()
    };
    assert!(named_in(known).is_empty(), "the list says it already");
    assert_eq!(named_in(&aliases.replacen("PARTY 1", "NEW NAME", 1)), ["1", "2"]);
}

const XBT: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
const TWO: &str = "1PMTSz6vxw4omE6o2gnfJ5E7Ja1fmWSKSz";
const ETH: &str = "0xE4A618E2Fc5aD76525F555970363ae97AFc1F426";

fn row(number: u32, name: &str, remark: &str) -> String {
    format!("{number},\"{name}\",-0- ,\"DPRK3\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"{remark}\"\n")
}

fn parties(rows: &str) -> Snapshot {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sdn.csv");
    fs::write(&path, rows).unwrap();
    import(&path, &options(&path)).unwrap_or_else(|error| panic!("{rows}: {error}")).snapshot
}

fn xml(entries: &str) -> Snapshot {
    let list = format!(
        "<sdnList><publshInformation><Publish_Date>09/03/2026</Publish_Date></publshInformation>{entries}</sdnList>"
    );
    text("sdn.xml", &list).unwrap_or_else(|error| panic!("{list}: {error}"))
}

fn entry(number: u32, name: &str, kind: &str, value: &str) -> String {
    format!(
        "<sdnEntry><uid>{number}</uid><lastName>{name}</lastName><programList><program>DPRK3</program></programList>\
         <idList><id><uid>1</uid><idType>{kind}</idType><idNumber>{value}</idNumber></id></idList></sdnEntry>"
    )
}

fn enhanced(entries: &str) -> Snapshot {
    let list = format!(
        "<sanctionsData><publicationInfo><dataAsOf>2026-09-10</dataAsOf></publicationInfo><entities>{entries}</entities>\
         </sanctionsData>"
    );
    text("sdn_enhanced.xml", &list).unwrap_or_else(|error| panic!("{list}: {error}"))
}

fn entity(number: u32, name: &str, kind: &str, value: &str) -> String {
    format!(
        "<entity id=\"{number}\"><generalInfo><entityType>Entity</entityType></generalInfo><names><name><translations>\
         <translation><formattedFullName>{name}</formattedFullName></translation></translations></name></names>\
         <features><feature><type>{kind}</type><value>{value}</value></feature></features></entity>"
    )
}

fn subjects(list: &Snapshot) -> Vec<Subject> {
    list.claims.iter().map(|claim| claim.subject).collect()
}

/// Letter case, dashes and blanks vary, and so does what stands between the words and the address.
#[test]
fn an_address_is_read_in_whatever_words_its_field_is_written() {
    for kind in [
        "Digital Currency Address - XBT",
        "Digital Currency Address-XBT",
        "DIGITAL CURRENCY ADDRESS - XBT",
        "digital currency address \u{2013} XBT",
        "Digital Currency Address",
        "DIGITAL CURRENCY ADDRESS",
    ] {
        let asset = kind.contains("XBT").then(|| "XBT".to_owned());
        let advanced = text("sdn_advanced.xml", &advanced(kind)).unwrap_or_else(|e| panic!("{kind}: {e}"));
        let remark = parties(&row(900_001, "A", &format!("DOB 1990; alt. {kind} {XBT}; Linked To: B.")));
        for list in [
            remark,
            xml(&entry(900_001, "A", kind, XBT)),
            enhanced(&entity(900_001, "A", kind, XBT)),
            advanced,
        ] {
            assert_eq!(subjects(&list), [address(XBT)], "{kind}: {list:?}");
            assert_eq!(list.claims.get(0).unwrap().statement.asset, asset, "{kind}");
        }
    }
    for piece in [
        format!("Digital Currency Address - XBT{XBT}"),
        format!("Digital Currency Address - XBT: {XBT}"),
        format!("Digital Currency Address {XBT}"),
    ] {
        assert_eq!(subjects(&parties(&row(1, "A", &piece))), [address(XBT)], "{piece}");
    }
}

fn advanced(kind: &str) -> String {
    format!(
        r#"<Sanctions><DateOfIssue><Year>2026</Year><Month>1</Month><Day>2</Day></DateOfIssue><ReferenceValueSets>
        <FeatureTypeValues><FeatureType ID="7">{kind}</FeatureType></FeatureTypeValues></ReferenceValueSets>
        <DistinctParties><DistinctParty><Profile ID="1"><Identity><Alias Primary="true"><DocumentedName>
        <NamePartValue NamePartGroupID="1">A</NamePartValue></DocumentedName></Alias></Identity>
        <Feature FeatureTypeID="7"><VersionDetail>{XBT}</VersionDetail></Feature></Profile></DistinctParty>
        </DistinctParties><SanctionsEntries><SanctionsEntry ProfileID="1"/></SanctionsEntries></Sanctions>"#
    )
}

#[test]
fn every_address_of_a_field_is_read_and_what_is_none_is_named() {
    let kind = "Digital Currency Address - XBT";
    for (written, rest) in [(format!("{XBT}; {TWO}"), None), (format!("{XBT}, {TWO} and ok"), Some("`ok`"))] {
        for list in [xml(&entry(1, "A", kind, &written)), enhanced(&entity(1, "A", kind, &written))] {
            assert_eq!(subjects(&list), [address(XBT), address(TWO)], "{written}");
            let is_said = |rest| list.warnings.iter().any(|warning| warning.message.contains(rest));
            assert!(rest.is_none_or(is_said), "{written}: {:?}", list.warnings);
        }
    }
    let list =
        parties(&row(1, "A", &format!("{kind} {XBT}; {TWO}; alt. Digital Currency Address - ETH {ETH}.")));
    assert_eq!(subjects(&list), [address(XBT), address(TWO), address(ETH)]);
    // A field without an address is said, and so is a field of another kind.
    let list = xml(&entry(1, "A", kind, ""));
    assert!(list.warnings.iter().any(|warning| warning.message.contains("none follows")), "{list:?}");
    assert_eq!(list.account.left_out, 1);
    let list = parties(&row(1, "A", "Digital Currency Address - XBT; DOB 1990."));
    assert!(list.warnings.iter().any(|warning| warning.message.contains("none follows")), "{list:?}");
    assert_eq!(xml(&entry(1, "A", "Passport", "X1")).unread, ["id (other than addresses)", "uid"]);
    let unread = enhanced(&entity(1, "A", "Gender", "Male")).unread;
    assert_eq!(unread, ["feature (other than addresses and births)"]);
    // The remarks of SDN.XML say the same as those of sdn.csv.
    let remarks = format!("<remarks>DOB 1990; {kind} {XBT}; Linked To: B.</remarks></sdnEntry>");
    let list = xml(&entry(1, "A", "Passport", "X1").replace("</sdnEntry>", &remarks));
    assert_eq!(subjects(&list), [address(XBT)]);
}

fn births(list: &Snapshot) -> Vec<String> {
    list.parties[0].particulars.born.iter().map(ToString::to_string).collect()
}

#[test]
fn births_are_read_from_each_of_ofacs_forms() {
    let remark = "DOB 18 Oct 1943; alt. DOB circa 1944; POB Baghdad, Iraq; DOB long ago; nationality Iraq.";
    let expected = ["1943-10-18", "about 1944"];
    assert_eq!(births(&parties(&row(1, "A", remark))), expected);
    let items = "<dateOfBirthList><dateOfBirthItem><uid>1</uid><dateOfBirth>18 Oct 1943</dateOfBirth><mainEntry>true\
                 </mainEntry></dateOfBirthItem><dateOfBirthItem><dateOfBirth>circa 1944</dateOfBirth></dateOfBirthItem>\
                 </dateOfBirthList></sdnEntry>";
    assert_eq!(births(&xml(&entry(1, "A", "Passport", "X1").replace("</sdnEntry>", items))), expected);
    let features = "<feature><type featureTypeId=\"8\">Birthdate</type><value>circa 1944</value><valueDate>\
                    <fromDateBegin>1944-01-01</fromDateBegin><fromDateEnd>1944-01-01</fromDateEnd>\
                    <toDateBegin>1944-12-31</toDateBegin><toDateEnd>1944-12-31</toDateEnd>\
                    <isApproximate>true</isApproximate></valueDate></feature></features>";
    let entity = entity(1, "A", "Birthdate", "18 Oct 1943").replace("</features>", features);
    assert_eq!(births(&enhanced(&entity)), expected);
    assert_eq!(subjects(&enhanced(&entity)), []);
    // A remark that was cut may end inside a date, whose rest stands in the other file.
    let cut = format!("Linked To: {}; DOB 18 Oct 19", "B".repeat(974));
    assert_eq!(cut.len(), 1_000);
    assert!(births(&parties(&row(1, "A", &cut))).is_empty());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sdn.csv");
    fs::write(&path, row(5, "A", &cut)).unwrap();
    fs::write(folder.path().join("sdn_comments.csv"), "5,\"43; alt. DOB circa 1944.\"\n").unwrap();
    assert_eq!(births(&import(&path, &options(&path)).unwrap().snapshot), expected);
}

#[test]
fn two_halves_of_an_address_meet_wherever_the_remark_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sdn.csv");
    let whole = format!("alt. Digital Currency Address - XBT {TWO}");
    let first = format!("Digital Currency Address - ETH {ETH}; ");
    for cut in [16, 24, 28, 33, 36, 50] {
        let (front, rest) = whole.split_at(cut);
        fs::write(&path, row(5, "A", &format!("{first}{front}"))).unwrap();
        fs::write(folder.path().join("sdn_comments.csv"), format!("5,\"{rest}; Linked To: Y.\"\n")).unwrap();
        let list = import(&path, &options(&path)).unwrap().snapshot;
        assert_eq!(subjects(&list), [address(ETH), address(TWO)], "{front}|{rest}: {:?}", list.warnings);
    }
    // Without the first half the second still names the address.
    let alone = folder.path().join("alone");
    fs::create_dir(&alone).unwrap();
    let path = alone.join("sdn_comments.csv");
    fs::write(&path, format!("5,\"BT {TWO}; Linked To: Y.\"\n")).unwrap();
    assert_eq!(subjects(&import(&path, &options(&path)).unwrap().snapshot), [address(TWO)]);
}

/// A number names one party in the store: the second one's names would take the place of the first one's.
#[test]
fn two_parties_under_one_number_keep_the_names_of_both() {
    let kind = "Digital Currency Address - XBT";
    let lists = [
        parties(&(row(900_001, "ZORG PLAFF", "-0- ") + &row(900_001, "VORPAL SNICK", "-0- "))),
        xml(&(entry(900_001, "ZORG PLAFF", kind, XBT) + &entry(900_001, "VORPAL SNICK", kind, TWO))),
        enhanced(&(entity(900_001, "ZORG PLAFF", kind, XBT) + &entity(900_001, "VORPAL SNICK", kind, TWO))),
    ];
    for list in lists {
        let names =
            |at: usize| list.parties[at].names.iter().map(|name| name.full.as_str()).collect::<Vec<_>>();
        assert_eq!((list.parties.len(), names(0)), (1, vec!["ZORG PLAFF", "VORPAL SNICK"]));
        let said = list.warnings.iter().any(|warning| {
            warning.place == "party 900001" && warning.message.contains("`ZORG PLAFF` and `VORPAL SNICK`")
        });
        assert!(said && list.account.read == 2, "{list:?}");
    }
    let same = parties(&(row(1, "ZORG PLAFF", "-0- ") + &row(1, "ZORG PLAFF", "-0- ")));
    assert_eq!((same.parties.len(), same.account.read), (1, 2));
}
