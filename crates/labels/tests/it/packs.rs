use std::fs;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use tracehound_labels::{
    Label, Pack, Provenance,
    agreement::{self, Standing, named},
    pack::{BuildError, Builder, Licence, Plan},
};
use tracehound_model::Subject;

use crate::made::{address, pack, plan, row};

/// Labels of several forms of address, some of one address, some on several chains.
fn labels() -> Vec<Label> {
    let mut labels: Vec<Label> = (0..2_000)
        .map(|number| {
            let (chain, entity) = ([1, 56, 10][number % 3], number % 7);
            row(&format!(
                "eip155:{chain}|{}|Entity {entity} wallet|Entity {entity}|exchange|controls|a/b|50",
                address(number as u64 / 2)
            ))
        })
        .collect();
    labels.push(row(
        "tron:mainnet|TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq|Order|NBCTF|terrorism_financing|controls|NBCTF|60",
    ));
    labels.push(row("bip122:000000000019d6689c085ae165831e93|1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa|Genesis|||controls|a/b|100"));
    labels.push(row("cosmos:cosmoshub-4|cosmos1zqe7ay80sqgx8p2hrxu2mdm2a6kxtkjxmszp0y|Kraken|Kraken|exchange|controls|a/b|5"));
    labels.push(row("aptos:1|0x1|Framework|Aptos|defi|contract_of|a/b|70"));
    labels
}

#[test]
fn every_label_is_found_by_its_address_and_nothing_by_any_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let labels = labels();
    let pack = pack(&folder.path().join("a.labels"), plan(1), &labels, None);
    assert_eq!(pack.manifest().labels, labels.len() as u64);
    assert_eq!(pack.manifest().addresses, 1_004);
    for label in &labels {
        assert!(pack.about(&label.subject).contains(label), "{label}");
    }
    for number in 1_000..3_000 {
        assert_eq!(pack.about(&Subject::of_text(&address(number))), []);
    }
    assert_eq!(pack.about(&Subject::of_text("0x1")).len(), 1, "plain text of a chain that is not known here");
    assert_eq!(pack.about(&Subject::Opaque(String::new())), []);
    let mut all: Vec<Label> = pack.labels().collect();
    let mut wanted = labels;
    all.sort();
    wanted.sort();
    assert_eq!(all, wanted);
    pack.check().expect("whole");
}

#[test]
fn the_same_labels_make_the_same_bytes_in_whatever_order_and_however_often() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let mut labels = labels();
    pack(&path("a"), plan(1), &labels, None);
    labels.reverse();
    labels.extend(labels.clone());
    pack(&path("b"), plan(1), &labels, None);
    assert!(fs::read(path("a")).expect("read") == fs::read(path("b")).expect("read"));
}

#[test]
fn a_row_that_must_not_be_there_is_refused_and_the_pack_stays() {
    let mut builder = Builder::new(plan(1)).expect("a plan");
    let fine = row("eip155:1|0x6B175474E89094C44Da98b954EedeAC495271d0F|A|A|exchange|controls|a/b|50");
    let mut other = fine.clone();
    other.provenance.licence = "GPL-3.0".to_owned();
    assert!(matches!(builder.add(&other), Err(BuildError::Licence(licence)) if licence == "GPL-3.0"));
    let person = Label { entity: Some("somebody.eth".to_owned()), ..fine.clone() };
    assert!(matches!(builder.add(&person), Err(BuildError::Forbidden(_))));
    builder.add(&fine).expect("fine");
    let folder = tempfile::tempdir().expect("a folder");
    let (manifest, _) = builder.write(&folder.path().join("a"), None).expect("written");
    assert_eq!((manifest.labels, manifest.sources.len()), (1, 1));
    for wrong in [
        "",
        "Our labels",
        "../up",
        ".",
        "..",
        ".x",
        "x.",
        "-x",
        "corrections",
        "corrections.jsonl",
        "ofac-sdn",
    ] {
        assert!(Builder::new(Plan { name: wrong.to_owned(), ..plan(1) }).is_err(), "{wrong}");
    }
}

#[test]
fn a_plan_is_read_with_its_days_and_what_is_wrong_is_said_with_its_line() {
    let text = "name = \"made\"\nversion = 1\nissued = 2026-11-01\nexpires = 2027-05-01\npublisher = \"Example agency\"\n\
                [licences.\"CC0-1.0\"]\nterms = \"public domain\"\n";
    assert_eq!(Plan::read(text), Ok(plan(1)));
    for (old, new, said) in [
        ("version = 1", "version = ", "line 2"),
        ("version = 1", "version = 0", "count from 1"),
        ("2027-05-01", "2026-11-01", "expires before"),
        ("2026-11-01", "tomorrow", "line 3"),
        ("publisher", "published", "published"),
        ("\"made\"", "\"Made\"", "lower-case"),
        ("name = \"made\"\n", "", "name"),
    ] {
        let wrong = Plan::read(&text.replace(old, new)).expect_err(new);
        assert!(wrong.contains(said) && !wrong.contains('\n'), "{new}: {wrong}");
    }
}

/// Whatever bit is flipped: what is still said is what was written, and what is not is noticed.
#[test]
fn damage_gives_nothing_and_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a");
    let labels = labels();
    pack(&path, plan(1), &labels, None);
    let right = fs::read(&path).expect("read");
    for at in (0..right.len()).step_by(1_009) {
        let mut wrong = right.clone();
        wrong[at] ^= 0x10;
        fs::remove_file(&path).expect("removed");
        fs::write(&path, &wrong).expect("written");
        let Ok(pack) = Pack::open(&path) else { continue };
        let found: Vec<Label> = pack.labels().collect();
        assert!(found.iter().all(|label| labels.contains(label)), "byte {at}");
        assert!(found.len() == labels.len() || pack.confirm().is_err(), "byte {at}");
        assert!(Pack::open(&path).expect("as before").check().is_err(), "byte {at}");
    }
    for length in [0, 7, 100, right.len() / 2, right.len() - 1] {
        fs::remove_file(&path).expect("removed");
        fs::write(&path, &right[..length]).expect("written");
        assert!(Pack::open(&path).is_err(), "{length} bytes");
    }
}

/// A file whose checksums are right and whose content is hostile is found out by the check that it passes on its way in.
#[test]
fn rows_out_of_order_are_found_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a");
    let labels = labels();
    pack(&path, plan(1), &labels, None);
    // The same file with two of the addresses exchanged, and every checksum made right again, by the form's own writer.
    let right = fs::read(&path).expect("read");
    let kind = tracehound_columns::sections::Kind { magic: *b"THLABELS", version: 1, sections: 9 };
    let mut file = tracehound_columns::sections::SectionFile::open_paged(&path, kind).expect("opens");
    let mut parts: Vec<Vec<u8>> = (0..8).map(|_| file.column::<u8>().expect("a section").to_vec()).collect();
    assert_eq!(
        tracehound_columns::sections::encode_paged(
            kind,
            [0; 8],
            &parts.iter().map(Vec::as_slice).collect::<Vec<_>>()
        ),
        right
    );
    // Twenty bytes of Bitcoin's lie before those of Ethereum's, of which each is there twice.
    let (first, other) = (parts[6][20..40].to_vec(), parts[6][100..120].to_vec());
    assert_ne!(first, other);
    parts[6][20..40].copy_from_slice(&other);
    parts[6][100..120].copy_from_slice(&first);
    fs::remove_file(&path).expect("removed");
    let sections: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    fs::write(&path, tracehound_columns::sections::encode_paged(kind, [0; 8], &sections)).expect("written");
    let refused = Pack::open(&path).expect("its head is right").check().expect_err("hostile");
    assert!(refused.to_string().contains("fetch it again"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Addresses that all begin alike, or with nothing alike, are found as in a list.
    #[test]
    fn a_look_up_finds_what_a_list_would(
        seeds in prop::collection::vec((0_u8..4, any::<[u8; 20]>()), 1..200),
        asked in prop::collection::vec(any::<[u8; 20]>(), 20),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let labels: Vec<Label> = seeds.iter().map(|(alike, bytes)| {
            let mut bytes = *bytes;
            // An attacker who grinds the first bytes puts everything into one bucket.
            bytes[..usize::from(*alike) * 4].fill(0);
            row(&format!("eip155:1|0x{}|A|A|exchange|controls|a/b|50", hex::encode(bytes)))
        }).collect();
        let pack = pack(&folder.path().join("a"), plan(1), &labels, None);
        let subjects = labels.iter().map(|label| label.subject.clone());
        let others = asked.iter().map(|bytes| Subject::of_text(&format!("0x{}", hex::encode(bytes))));
        for subject in subjects.chain(others) {
            let wanted = labels.iter().any(|label| label.subject == subject);
            prop_assert_eq!(!pack.about(&subject).is_empty(), wanted);
        }
        pack.check().expect("whole");
    }
}

/// What a row of a file may not say, a pack may not say either: it is not made, and one that is made by other hands is refused.
#[test]
fn a_label_that_no_row_can_say_is_in_no_pack() {
    let fine = row("eip155:1|0x6B175474E89094C44Da98b954EedeAC495271d0F|A|A|exchange|controls|a/b|50");
    let of = |source: &str, version: &str| Provenance {
        source: source.to_owned(),
        version: version.to_owned(),
        ..fine.provenance.clone()
    };
    let tron = row("tron:mainnet|TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq|A|A|exchange|controls|a/b|50");
    let days = |from: Date, to: Date| Label { valid_from: Some(from), valid_to: Some(to), ..fine.clone() };
    let wrong = [
        Label { label: "A\u{1b}[2J".to_owned(), ..fine.clone() },
        Label { entity: Some("A\0B".to_owned()), ..fine.clone() },
        Label { entity: Some(String::new()), ..fine.clone() },
        Label { label: String::new(), ..fine.clone() },
        Label { concept: "exchange\n".to_owned(), ..fine.clone() },
        Label { label: "x".repeat(401), ..fine.clone() },
        Label { provenance: of("", "1"), ..fine.clone() },
        Label { provenance: of("a/b", ""), ..fine.clone() },
        Label { provenance: of("FBI\u{1b}[2J\n  ALLOW", "1"), ..fine.clone() },
        Label { provenance: of("\u{202e}a/b", "1"), ..fine.clone() },
        Label { provenance: of(&"x".repeat(100_000), "1"), ..fine.clone() },
        Label { chain: tron.chain.clone(), ..fine.clone() },
        Label { subject: tron.subject.clone(), ..fine.clone() },
        Label { chain: "bip122:000000000019d6689c085ae165831e93".parse().expect("a chain"), ..fine.clone() },
        days(date(2026, 2, 1), date(2026, 1, 1)),
        days(date(2026, 2, 1), date(2026, 2, 1)),
        days(date(-9999, 1, 1), date(2026, 2, 1)),
    ];
    for label in wrong {
        let mut builder = Builder::new(plan(1)).expect("a plan");
        let refused = builder.add(&label);
        assert!(matches!(refused, Err(BuildError::Row(_))), "{label:?}: {refused:?}");
    }
    for publisher in ["P\u{1b}[2J", "P\u{202e}ALLOW\n\nx"] {
        let plan = Plan { publisher: publisher.to_owned(), ..plan(1) };
        assert!(Builder::new(plan).is_err(), "{publisher:?}");
    }
    let licences = [
        ("\u{1b}[31m".to_owned(), Licence::default()),
        ("x".to_owned(), Licence { terms: "\u{7}".to_owned() }),
    ];
    for licence in licences {
        assert!(Builder::new(Plan { licences: [licence.clone()].into(), ..plan(1) }).is_err(), "{licence:?}");
    }
}

/// Who asks about an address is told all that a pack says of it, so there is no more of it than that.
#[test]
fn a_pack_says_no_more_of_one_address_than_is_read() {
    let statement = |number: u64| {
        row(&format!("eip155:{}|{}|wallet {number}|A|exchange|controls|a/b|50", number % 3 + 1, address(7)))
    };
    let folder = tempfile::tempdir().expect("a folder");
    let most: Vec<Label> = (0..1_000).map(statement).collect();
    let whole = pack(&folder.path().join("most"), plan(1), &most, None);
    assert_eq!(whole.about(&Subject::of_text(&address(7))).len(), 1_000);
    whole.confirm().expect("all was read");
    let mut builder = Builder::new(plan(1)).expect("a plan");
    for label in most.iter().chain(&[
        statement(1_000),
        row("eip155:1|0x6B175474E89094C44Da98b954EedeAC495271d0F|A|A|exchange|controls|a/b|50"),
    ]) {
        builder.add(label).expect("may be in a pack");
    }
    let path = folder.path().join("more");
    let refused = builder.write(&path, None).expect_err("one too many");
    assert!(matches!(&refused, BuildError::Crowded { .. }), "{refused}");
    assert!(refused.to_string().to_lowercase().contains(&address(7)[2..]), "{refused}");
    assert!(!path.exists());
}

/// A pack that gives one address thousands of names, and long ones, does not hold up whoever asks: compared name by name, these
/// took minutes.
#[test]
fn thousands_of_names_of_one_address_are_weighed_at_once() {
    let named_so = |name: &str| row(&format!("eip155:1|{}|x|{name}|exchange|controls|a/b|50", address(1)));
    let long = |number: usize| format!("w{number} {}", ["a"; 150].join(" "));
    let mut labels: Vec<Label> = (0..20_000).map(|number| named_so(&format!("Entity {number}"))).collect();
    labels.extend((0..500).map(|number| named_so(&long(number))));
    labels.extend([named_so("Coinbase"), named_so("Coinbase Commerce")]);
    let named = named(&labels).expect("somebody");
    assert_eq!((named.by.len() + named.against.len(), named.standing), (labels.len(), Standing::Disputed));
    let last = &labels[labels.len() - 2..];
    assert_eq!(agreement::named(last).expect("Coinbase").against, [0; 0], "one that only says more");
}
