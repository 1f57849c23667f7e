//! Prepared names: the same answers as names made of the lists at once, and never those of another state of the lists.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::civil::date;
use sha2::{Digest, Sha256};
use tracehound_attribution::{
    Corpus, Secret, SourceHistory, Step,
    folder::AttributionFolder,
    index::{Index, LiveIndex, Stamp, publish},
    names::NameIndex,
};
use tracehound_model::{
    Party, PartyKind, PartyName, Relation, RelationKind, Source, SourceId, SourceKind, Standing,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::support::{moment, named, real};

fn party(source: &str, id: &str, kind: PartyKind, names: &[&str]) -> Party {
    Party {
        source: SourceId(source.to_owned()),
        id: id.to_owned(),
        kind,
        names: names.iter().map(|name| PartyName { full: (*name).to_owned(), weak: false }).collect(),
        programs: Vec::new(),
        listed_on: None,
        particulars: tracehound_model::Particulars::default(),
    }
}

/// Persons and companies in several scripts, and who owns one of them.
fn some_parties(source: &str) -> Vec<Party> {
    let mut shell = party(source, "4", PartyKind::Entity, &["Farvater Shell Ltd", "Obshchestvo Farvater"]);
    shell.particulars.standing = Standing::Related;
    shell.particulars.add_relation(Relation {
        share: "75-100%".parse().ok(),
        since: Some(date(2020, 1, 1)),
        ..Relation::new(RelationKind::OwnedBy, "1".to_owned())
    });
    shell.particulars.add_relation(Relation::new(RelationKind::Linked, "nobody here".to_owned()));
    vec![
        party(source, "1", PartyKind::Individual, &["KIM, Yong Chol", "김영철"]),
        party(source, "2", PartyKind::Individual, &["Hussein AL-QASIM; Abu Hussein", "حسين القاسم"]),
        party(source, "3", PartyKind::Entity, &["VTB Bank PJSC", "Hizballah"]),
        shell,
    ]
}

const ASKED: [&str; 9] = [
    "Kim Yong Chol",
    "Gim Yeong-cheol",
    "김영철",
    "husayn alqasim",
    "حسین القاسم",
    "VTB",
    "Hezbollah",
    "Farvater",
    "nobody at all",
];

fn history(source: &str) -> SourceHistory {
    let source = Source {
        id: SourceId(source.to_owned()),
        kind: SourceKind::Sanctions,
        title: "A list".to_owned(),
        publisher: "A publisher".to_owned(),
        url: None,
        published: date(2026, 1, 1),
        recorded_at: moment(0),
        sha256: "00".repeat(32),
    };
    SourceHistory::new(source, vec![date(2026, 1, 1)])
}

fn corpus(parties: Vec<Party>) -> Corpus {
    let mut sources: Vec<&str> = parties.iter().map(|party| party.source.0.as_str()).collect();
    sources.dedup();
    let sources = sources.into_iter().map(history).collect();
    Corpus { claims: Vec::new(), parties, sources }
}

fn secret(first: u8) -> Secret {
    let mut bytes = [0; 16];
    bytes[0] = first;
    Secret::from_bytes(bytes)
}

fn published(dir: &Path, parties: Vec<Party>) -> Index {
    publish(dir, &corpus(parties), &Stamp::default(), secret(7)).unwrap()
}

/// What names answer, in full.
fn answers(names: &NameIndex, asked: &[impl AsRef<str>]) -> Vec<String> {
    let of = |query: &str| {
        let found = names.search(query, 50).unwrap();
        let rows = found.iter().map(|found| {
            let id = format!("{} {}", found.party.source.0, found.party.id);
            format!("{query}: {id} {:.4} {} {}", found.score, found.matched_name, found.weak)
        });
        rows.collect::<Vec<_>>()
    };
    asked.iter().flat_map(|query| of(query.as_ref())).collect()
}

fn names_file(dir: &Path) -> PathBuf {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let mut files = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("names-"));
    let file = files.next().expect("the names are there");
    assert_eq!(files.next(), None, "once");
    file
}

/// Writes a manifest with another text and its right checksum.
fn alter_manifest(dir: &Path, alter: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(dir.join("CURRENT")).unwrap();
    let json = alter(text.split_once('\n').unwrap().0.to_owned());
    let sum = hex::encode(Sha256::digest(&json));
    fs::write(dir.join("CURRENT"), format!("{json}\n{sum}\n")).unwrap();
}

/// As version 2 of the manifest had it.
fn without_names(json: &str) -> String {
    let mut manifest: serde_json::Value = serde_json::from_str(json).unwrap();
    manifest.as_object_mut().unwrap().remove("names");
    manifest["format"] = 2.into();
    manifest.to_string()
}

/// A letter dropped, two swapped, another order, other case.
fn spelled(name: &str, turn: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    let at = letters.len() / 2;
    match turn % 4 {
        0 => letters.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, letter)| letter).collect(),
        1 if at > 0 => {
            let mut letters = letters;
            letters.swap(at - 1, at);
            letters.into_iter().collect()
        }
        2 => name.split(' ').rev().collect::<Vec<_>>().join(" "),
        _ => name.to_uppercase(),
    }
}

#[test]
fn prepared_names_answer_as_names_made_of_the_real_lists() {
    let Some(un) = real("sanctions/un_consolidated_2026-02-27.xml") else { return };
    let Some(ofac) = real("sanctions/ofac_sdn_legacy_2021-07.csv") else { return };
    let mut parties = ofac.snapshot.parties;
    parties.extend(un.snapshot.parties);
    parties.sort_by(|a, b| (&a.source, &a.id).cmp(&(&b.source, &b.id)));
    let names = parties.iter().flat_map(|party| party.names.iter().map(|name| name.full.clone()));
    let asked: Vec<String> = names
        .step_by(121)
        .enumerate()
        .flat_map(|(turn, name)| [spelled(&name, turn), name])
        .filter(|name| NameIndex::build(&[]).search(name, 1).is_ok())
        .collect();
    assert!(asked.len() > 100, "{}", asked.len());
    let dir = tempfile::tempdir().unwrap();
    published(dir.path(), parties.clone());
    let made = answers(&NameIndex::build(&parties), &asked);
    let live = LiveIndex::open(dir.path()).unwrap();
    assert_eq!(answers(live.load().names().unwrap(), &asked), made);
    live.load().verify_digest().unwrap();
    alter_manifest(dir.path(), |json| without_names(&json));
    let before = LiveIndex::open(dir.path()).unwrap();
    assert_eq!(answers(before.load().names().unwrap(), &asked), made);
}

#[test]
fn names_follow_the_lists_and_are_kept_where_no_party_changed() {
    let dir = tempfile::tempdir().unwrap();
    let mut parties = some_parties("a-list");
    published(dir.path(), parties.clone());
    let first = names_file(dir.path());
    published(dir.path(), parties.clone());
    assert_eq!(names_file(dir.path()), first, "nothing changed");
    parties.extend(some_parties("b-list"));
    let index = published(dir.path(), parties.clone());
    let both = answers(&NameIndex::build(&parties), &ASKED);
    assert_eq!(answers(index.names().unwrap(), &ASKED), both);
    let live = LiveIndex::open(dir.path()).unwrap();
    assert_eq!(answers(live.load().names().unwrap(), &ASKED), both);
    // A list that goes takes its names along, one by one.
    parties.retain(|party| party.source.0 == "b-list");
    parties.pop();
    published(dir.path(), parties.clone());
    let fewer = answers(&NameIndex::build(&parties), &ASKED);
    assert_ne!(fewer, both);
    assert!(live.refresh().unwrap());
    assert_eq!(answers(live.load().names().unwrap(), &ASKED), fewer);
    published(dir.path(), Vec::new());
    assert!(live.refresh().unwrap());
    assert_eq!(live.load().names().unwrap().name_count(), 0);
}

#[test]
fn owners_are_the_same_of_prepared_parties() {
    let dir = tempfile::tempdir().unwrap();
    let parties = some_parties("a-list");
    let stored = published(dir.path(), parties.clone());
    let made = Index::from_corpus(&corpus(parties)).unwrap();
    for day in [date(2019, 1, 1), date(2026, 1, 1)] {
        let told = [&stored, &made].map(|index| {
            let owners = index.owners(day).unwrap();
            let number = owners.find("a-list", "4").unwrap().unwrap();
            assert_eq!(owners.find("a-list", "5").unwrap(), None);
            assert_eq!(owners.find("another", "4").unwrap(), None);
            format!("{:?} {:?}", owners.ownership(number).unwrap(), owners.relations(number).unwrap())
        });
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0].starts_with("Some"), day.year() == 2026, "{}", told[0]);
    }
}

#[test]
fn names_of_another_state_or_another_secret_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    published(dir.path(), some_parties("a-list"));
    let (old, old_bytes) = (names_file(dir.path()), fs::read(names_file(dir.path())).unwrap());
    let old_manifest = fs::read_to_string(dir.path().join("CURRENT")).unwrap();
    let mut more = some_parties("a-list");
    more.push(party("a-list", "9", PartyKind::Individual, &["Newly Listed"]));
    fs::remove_file(&old).unwrap();
    published(dir.path(), more.clone());
    let (new, new_bytes) = (names_file(dir.path()), fs::read(names_file(dir.path())).unwrap());

    // The old file in the new one's place.
    fs::write(&new, &old_bytes).unwrap();
    let said = LiveIndex::open(dir.path()).unwrap_err().to_string();
    assert!(said.contains("it holds the names") && said.contains("lists rebuild"), "{said}");
    // The new manifest with the old names, checksum and all.
    fs::write(&old, &old_bytes).unwrap();
    fs::write(&new, &new_bytes).unwrap();
    let new_manifest = fs::read_to_string(dir.path().join("CURRENT")).unwrap();
    let part = |manifest: &str| {
        let json: serde_json::Value = serde_json::from_str(manifest.split_once('\n').unwrap().0).unwrap();
        json["names"].clone()
    };
    let with = |names: serde_json::Value| {
        move |json: String| {
            let mut manifest: serde_json::Value = serde_json::from_str(&json).unwrap();
            manifest["names"] = names;
            manifest.to_string()
        }
    };
    alter_manifest(dir.path(), with(part(&old_manifest)));
    let said = LiveIndex::open(dir.path()).unwrap_err().to_string();
    assert!(said.contains("names no index file"), "{said}");
    // The old file under the new sources.
    let mut mixed = part(&new_manifest);
    mixed["file"] = part(&old_manifest)["file"].clone();
    alter_manifest(dir.path(), with(mixed));
    let live = LiveIndex::open(dir.path()).unwrap();
    let said = live.load().names().unwrap_err().to_string();
    assert!(said.contains("another state of the lists"), "{said}");
    assert!(live.load().names().is_err(), "it stays so");
    assert!(live.load().owners(date(2026, 1, 1)).is_err(), "nobody's owners are unknown without a word");
    // A path is no name of a file.
    let mut path = part(&new_manifest);
    path["file"] = "../../names".into();
    alter_manifest(dir.path(), with(path));
    assert!(LiveIndex::open(dir.path()).unwrap_err().to_string().contains("names no index file"));

    // The same names under another secret.
    let other = tempfile::tempdir().unwrap();
    publish(other.path(), &corpus(more), &Stamp::default(), secret(8)).unwrap();
    let foreign = names_file(other.path());
    assert_ne!(foreign.file_name(), new.file_name());
    fs::copy(&foreign, dir.path().join(foreign.file_name().unwrap())).unwrap();
    fs::write(dir.path().join("CURRENT"), &new_manifest).unwrap();
    let other_manifest = fs::read_to_string(other.path().join("CURRENT")).unwrap();
    alter_manifest(dir.path(), with(part(&other_manifest)));
    let said = LiveIndex::open(dir.path()).unwrap_err().to_string();
    assert!(said.contains("another secret"), "{said}");
}

#[test]
fn no_flipped_byte_and_no_cut_changes_an_answer() {
    let dir = tempfile::tempdir().unwrap();
    published(dir.path(), some_parties("a-list"));
    let (path, bytes) = (names_file(dir.path()), fs::read(names_file(dir.path())).unwrap());
    let right = answers(LiveIndex::open(dir.path()).unwrap().load().names().unwrap(), &ASKED);
    assert!(!right.is_empty());
    for at in (0..bytes.len()).step_by(7) {
        let mut wrong = bytes.clone();
        wrong[at] ^= 0x10;
        fs::remove_file(&path).unwrap();
        fs::write(&path, &wrong).unwrap();
        // Between sections nothing lies that anybody reads.
        let Ok(live) = LiveIndex::open(dir.path()) else { continue };
        if let Ok(names) = live.load().names() {
            assert_eq!(answers(names, &ASKED), right, "byte {at}");
        }
    }
    for kept in [0, 7, 300, bytes.len() / 2, bytes.len() - 1] {
        fs::remove_file(&path).unwrap();
        fs::write(&path, &bytes[..kept]).unwrap();
        assert!(LiveIndex::open(dir.path()).is_err(), "cut to {kept}");
    }
    fs::remove_file(&path).unwrap();
    assert!(LiveIndex::open(dir.path()).is_err(), "gone");
}

/// Whoever alters a file on purpose puts its checksums right.
#[test]
fn a_file_that_was_altered_on_purpose_panics_nowhere() {
    const FIXED: usize = 10;
    let dir = tempfile::tempdir().unwrap();
    published(dir.path(), some_parties("a-list"));
    let bytes = fs::read(names_file(dir.path())).unwrap();
    let word = |bytes: &[u8], at: usize| {
        usize::try_from(u64::from_le_bytes(bytes[at * 8..at * 8 + 8].try_into().unwrap())).unwrap()
    };
    let sections = 23;
    let mut refused = 0;
    for section in 0..sections {
        let at = FIXED + 3 * section;
        let (start, len) = (word(&bytes, at), word(&bytes, at + 1));
        for place in (start..start + len).step_by(1 + len / 60) {
            for change in [1, 0x80, 0xff] {
                let mut wrong = bytes.clone();
                wrong[place] ^= change;
                let sum = xxh3_64(&wrong[start..start + len]);
                wrong[(at + 2) * 8..(at + 3) * 8].copy_from_slice(&sum.to_le_bytes());
                let end = (FIXED + 3 * sections) * 8;
                let sum = xxh3_64(&wrong[..end]);
                wrong[end..end + 8].copy_from_slice(&sum.to_le_bytes());
                match NameIndex::from_bytes(&wrong) {
                    // Found or refused; either way it ends.
                    Ok(names) => ASKED.iter().for_each(|query| drop(names.search(query, 5))),
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn a_folder_of_before_prepares_its_names_and_one_that_is_not_written_answers_all_the_same() {
    let Some(path) = tracehound_testkit::shared_data("sanctions/un_consolidated_2026-02-27.xml") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let folder = AttributionFolder::new(dir.path());
    folder.import(&mut fs::File::open(path).unwrap(), &named("un.xml"), moment(1)).unwrap();
    let index_dir = dir.path().join("index");
    let index = folder.index(moment(2)).unwrap();
    let asked: Vec<String> = index
        .parties()
        .unwrap()
        .iter()
        .flat_map(|party| &party.names)
        .map(|name| name.full.clone())
        .collect();
    let asked = &asked[..asked.len().min(40)];
    let right = answers(index.names().unwrap(), asked);
    assert!(!right.is_empty());
    let made = fs::read(names_file(&index_dir)).unwrap();

    alter_manifest(&index_dir, |json| without_names(&json));
    fs::remove_file(names_file(&index_dir)).unwrap();
    let denied = move |step| match step {
        Step::Locked => Err(std::io::ErrorKind::PermissionDenied.into()),
        _ => Ok(()),
    };
    let closed = AttributionFolder::new(dir.path()).watched(Arc::new(denied));
    assert_eq!(answers(closed.index(moment(3)).unwrap().names().unwrap(), asked), right);
    assert!(
        !fs::read_dir(&index_dir)
            .unwrap()
            .any(|file| { file.unwrap().file_name().to_string_lossy().starts_with("names-") })
    );
    // Whoever may write prepares them for all.
    assert_eq!(answers(folder.index(moment(3)).unwrap().names().unwrap(), asked), right);
    assert_eq!(fs::read(names_file(&index_dir)).unwrap(), made, "the same bytes");

    // A byte that another program changed is told, and `lists rebuild` makes the file anew.
    let path = names_file(&index_dir);
    let mut wrong = made.clone();
    let at = wrong.len() - 1;
    wrong[at] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, &wrong).unwrap();
    let said = folder.index(moment(4)).unwrap().names().unwrap_err().to_string();
    assert!(said.contains("checksum is wrong") && said.contains("lists rebuild"), "{said}");
    folder.rebuild(moment(5)).unwrap();
    assert_eq!(answers(folder.index(moment(6)).unwrap().names().unwrap(), asked), right);
}
