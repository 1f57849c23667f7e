//! The screening index: same answers as the corpus, same bytes for the same corpus, no half answer under a swap.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use jiff::{Timestamp, civil::date};
use proptest::prelude::*;
use tracehound_attribution::{
    Corpus, Secret, SourceHistory,
    index::{Index, IndexError, LiveIndex, Stamp, publish},
};
use tracehound_model::{
    Address, Category, Claim, Confidence, Particulars, Party, PartyKind, PartyName, Source, SourceId,
    SourceKind, Statement, Subject, TxId,
};

fn claim(number: u64, subject: Subject, label: &str, source: &str) -> Claim {
    Claim {
        id: format!("{number:016x}"),
        subject,
        statement: Statement {
            label: label.to_owned(),
            category: Category::Sanction,
            party_id: None,
            party_listed_on: None,
            programs: Vec::new(),
            asset: None,
            actor: None,
            reference: None,
        },
        confidence: Confidence::AUTHORITY,
        source: SourceId(source.to_owned()),
        valid_from: date(2024, 1, 1),
        valid_to: None,
        recorded_at: Timestamp::from_second(1_700_000_000).unwrap(),
    }
}

fn evm(number: u64) -> Subject {
    let mut bytes = [0x11; 20];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Subject::Address(Address::Evm(bytes))
}

fn history(id: &str, snapshots: &[jiff::civil::Date]) -> SourceHistory {
    let source = Source {
        id: SourceId(id.to_owned()),
        kind: SourceKind::Sanctions,
        title: format!("The list {id}"),
        publisher: "A publisher".to_owned(),
        url: None,
        published: *snapshots.last().unwrap(),
        recorded_at: Timestamp::from_second(1_700_000_000).unwrap(),
        sha256: "00".repeat(32),
    };
    SourceHistory::new(source, snapshots.to_vec())
}

fn party(id: &str, name: &str) -> Party {
    Party {
        source: SourceId("b-list".to_owned()),
        id: id.to_owned(),
        kind: PartyKind::Individual,
        names: vec![PartyName { full: name.to_owned(), weak: false }],
        programs: vec!["DPRK3".to_owned()],
        listed_on: Some(date(2023, 4, 24)),
        particulars: Particulars::default(),
    }
}

/// One of everything: all families of subjects, all optional fields, an ended claim, a subject named twice.
fn rich() -> Corpus {
    let address = |text: &str| Subject::Address(text.parse().unwrap());
    let mut claims = vec![
        claim(1, address("3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG"), "Stolen funds", "an-advisory"),
        claim(2, address("0x098B716B8Aaf21512996dC57EB0615e2383E2f96"), "Lazarus Group", "b-list"),
        claim(3, address("0x098B716B8Aaf21512996dC57EB0615e2383E2f96"), "Lazarus Group", "an-advisory"),
        claim(4, address("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq"), "Wang Mingming", "b-list"),
        claim(
            5,
            Subject::Tx { chain: "btc".parse().unwrap(), txid: TxId([9; 32]) },
            "CoinJoin",
            "an-advisory",
        ),
        claim(6, Subject::Opaque("some payment id".to_owned()), "An opaque one", "b-list"),
    ];
    claims[1].valid_to = Some(date(2025, 3, 21));
    claims[1].statement = Statement {
        label: "Lazarus Group".to_owned(),
        category: Category::ServiceHack,
        party_id: Some("27307".to_owned()),
        party_listed_on: Some(date(2019, 9, 13)),
        programs: vec!["DPRK3".to_owned(), "CYBER2".to_owned()],
        asset: Some("ETH".to_owned()),
        actor: Some("lazarusgroup".to_owned()),
        reference: Some("https://example.org/advisory".to_owned()),
    };
    claims[1].recorded_at = Timestamp::new(1_700_000_000, 123_456_789).unwrap();
    Corpus {
        claims,
        parties: vec![party("2", "SIM, Hyon-Sop"), party("1", "LI, Jiadong")],
        sources: vec![
            history("b-list", &[date(2024, 1, 1), date(2025, 3, 21)]),
            history("an-advisory", &[date(2023, 8, 22)]),
        ],
    }
}

#[test]
fn every_claim_comes_back_as_it_went_in() {
    let corpus = rich();
    let index = Index::from_corpus(&corpus).unwrap();
    for claim in &corpus.claims {
        let found: Vec<Claim> = index.lookup(&claim.subject.key()).map(|found| found.to_claim()).collect();
        assert!(found.contains(claim), "{claim:?} is not in {found:?}");
        assert!(found.iter().all(|found| found.subject == claim.subject));
    }
    assert_eq!(index.claims().count(), corpus.claims.len());
    assert_eq!((index.claim_count(), index.subject_count()), (6, 5));
    assert_eq!(index.lookup(&evm(7).key()).count(), 0);
    assert_eq!(index.lookup(&[]).count(), 0);
}

#[test]
fn one_file_answers_for_any_day() {
    let corpus = rich();
    let index = Index::from_corpus(&corpus).unwrap();
    let key = corpus.claims[1].subject.key();
    let sources_on = |day| -> Vec<String> {
        let claims = index.lookup(&key).filter(|claim| claim.holds_on(day));
        claims.map(|claim| claim.source().to_owned()).collect()
    };
    assert_eq!(sources_on(date(2023, 12, 31)), [""; 0]);
    assert_eq!(sources_on(date(2025, 3, 20)).len(), 2);
    assert_eq!(sources_on(date(2025, 3, 21)), ["an-advisory"]);

    assert_eq!(index.newest_snapshot("b-list", date(2023, 12, 31)), None);
    assert_eq!(index.newest_snapshot("b-list", date(2024, 6, 1)), Some(date(2024, 1, 1)));
    assert_eq!(index.newest_snapshot("b-list", date(2026, 1, 1)), Some(date(2025, 3, 21)));
    assert_eq!(index.newest_snapshot("c-list", date(2026, 1, 1)), None);
    assert_eq!(index.sources()[0].source.id.0, "an-advisory");
}

#[test]
fn an_address_is_found_under_its_other_chain_too() {
    let legacy: Address = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa".parse().unwrap();
    let cash = legacy.same_owner().next().expect("a legacy address has a Bitcoin Cash form");
    let corpus = Corpus { claims: vec![claim(1, Subject::Address(cash), "x", "a")], ..Corpus::default() };
    let index = Index::from_corpus(&corpus).unwrap();
    let found: Vec<_> = index.claims_about(&Subject::Address(legacy)).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].subject(), Subject::Address(cash));
    assert_eq!(index.lookup(legacy.key().as_ref()).count(), 0);
}

#[test]
fn the_same_corpus_in_another_order_gives_the_same_bytes() {
    let corpus = rich();
    let mut reversed = corpus.clone();
    reversed.claims.reverse();
    reversed.parties.reverse();
    reversed.sources.reverse();
    let bytes = Index::encode(&corpus, secret()).unwrap();
    assert_eq!(bytes, Index::encode(&reversed, secret()).unwrap());

    let index = Index::from_bytes(&bytes).unwrap();
    index.verify_digest().unwrap();
    reversed.claims[0].statement.label.push('!');
    assert_ne!(index.digest(), Index::from_corpus(&reversed).unwrap().digest());
}

#[test]
fn the_secret_changes_where_things_lie_and_nothing_that_is_said() {
    let corpus = rich();
    let [one, two] =
        [[1; 16], [2; 16]].map(|bytes| Index::encode(&corpus, Secret::from_bytes(bytes)).unwrap());
    assert_ne!(one, two);
    let (one, two) = (Index::from_bytes(&one).unwrap(), Index::from_bytes(&two).unwrap());
    assert_eq!(one.digest(), two.digest());
    for claim in &corpus.claims {
        let found = |index: &Index| -> Vec<Claim> {
            index.lookup(&claim.subject.key()).map(|found| found.to_claim()).collect()
        };
        assert_eq!(found(&one), found(&two));
    }
}

#[test]
fn names_are_found_without_the_database() {
    let index = Index::from_corpus(&rich()).unwrap();
    let found = index.names().unwrap().search("Sim Hyon Sop", 5).unwrap();
    assert_eq!(found[0].party.id, "2");
}

#[test]
fn an_index_of_nothing_answers_nothing() {
    let index = Index::from_corpus(&Corpus::default()).unwrap();
    assert_eq!(index.lookup(&evm(1).key()).count(), 0);
    assert_eq!(index.sources(), []);
    assert!(index.names().unwrap().search("anyone", 5).unwrap().is_empty());
}

#[test]
fn a_claim_id_that_cannot_be_kept_is_refused_by_name() {
    let mut corpus = rich();
    corpus.claims[0].id = "not hexadecimal!".to_owned();
    let error = Index::encode(&corpus, secret()).unwrap_err();
    assert!(matches!(&error, IndexError::ClaimId { id } if id == "not hexadecimal!"), "{error}");
}

/// Every byte of a file matters to its checksums, and no change gets past opening or makes it panic.
#[test]
fn damage_anywhere_is_an_error_that_says_what_to_do() {
    let bytes = Index::encode(&rich(), secret()).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x5a;
        match Index::from_bytes(&damaged) {
            Err(error) => assert!(error.to_string().contains("tracehound lists rebuild"), "{error}"),
            // Padding between sections means nothing.
            Ok(index) => assert_eq!((bytes[at], index.claim_count()), (0, 6)),
        }
    }
    for length in 0..bytes.len() {
        assert!(Index::from_bytes(&bytes[..length]).is_err(), "cut to {length}");
    }
}

#[test]
fn another_version_and_another_file_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("index");
    let mut bytes = Index::encode(&rich(), secret()).unwrap();
    bytes[8] = 4;
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(Index::open(&path), Err(IndexError::Version { found: 4, expected: 3, .. })));
    fs::write(&path, b"<html>").unwrap();
    assert!(matches!(Index::open(&path), Err(IndexError::Damaged { .. })));
    fs::write(&path, b"").unwrap();
    assert!(matches!(Index::open(&path), Err(IndexError::Damaged { .. })));
}

fn secret() -> Secret {
    Secret::from_bytes([7; 16])
}

fn corpus_of(generation: u64, count: u64) -> Corpus {
    let label = format!("generation {generation}");
    let claims = (0..count).map(|number| claim(number, evm(number), &label, "a-list")).collect();
    let day = date(2024, 1, 1).saturating_add(jiff::Span::new().days(i64::try_from(generation).unwrap()));
    Corpus { claims, parties: Vec::new(), sources: vec![history("a-list", &[day])] }
}

/// Layers and what is left of half-written ones; the names of no party lie in one file.
fn index_files(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let made =
        |name: &String| Path::new(name).extension().is_some_and(|ending| ending == "thx" || ending == "tmp");
    let made: Vec<String> = names.filter(made).collect();
    let (names, layers): (Vec<String>, Vec<String>) =
        made.into_iter().partition(|name| name.starts_with("names-"));
    assert_eq!(names.len(), 1);
    layers
}

#[test]
fn readers_never_see_a_mix_while_the_index_is_swapped() {
    const COUNT: u64 = 200;
    let dir = tempfile::tempdir().unwrap();
    let corpora = [corpus_of(0, COUNT), corpus_of(1, COUNT)];
    publish(dir.path(), &corpora[0], &Stamp::default(), secret()).unwrap();
    let live = LiveIndex::open(dir.path()).unwrap();
    let other_process = LiveIndex::open(dir.path()).unwrap();
    let (done, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    let read = |live: &LiveIndex, refresh: bool| {
        while !done.load(Ordering::Relaxed) {
            if refresh {
                live.refresh().unwrap();
            }
            let index = live.load();
            let labels: Vec<_> = (0..COUNT)
                .flat_map(|number| index.lookup(&evm(number).key()).map(|claim| claim.label().to_owned()))
                .collect();
            assert_eq!(labels.len() as u64, COUNT);
            assert!(labels.iter().all(|label| *label == labels[0]), "{labels:?}");
            rounds.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| read(&live, false));
        scope.spawn(|| read(&other_process, true));
        for swap in 1..=50 {
            // A crash in the middle of an earlier publication leaves such files.
            fs::write(dir.path().join("layer-half.tmp"), b"half").unwrap();
            let index = publish(dir.path(), &corpora[swap % 2], &Stamp::default(), secret()).unwrap();
            live.refresh().unwrap();
            assert_eq!(index.digest(), live.load().digest());
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(rounds.load(Ordering::Relaxed) > 0);
    assert_eq!(index_files(dir.path()).len(), 2, "the one in force and the one before");
    other_process.refresh().unwrap();
    assert_eq!(other_process.load().digest(), live.load().digest());
}

#[test]
fn old_files_go_and_the_one_before_stays() {
    let dir = tempfile::tempdir().unwrap();
    let publish_generation =
        |generation| publish(dir.path(), &corpus_of(generation, 3), &Stamp::default(), secret()).unwrap();
    publish_generation(0);
    let live = LiveIndex::open(dir.path()).unwrap();
    let first = live.load();
    for generation in 1..5 {
        publish_generation(generation);
        assert!(live.refresh().unwrap());
        assert_eq!(index_files(dir.path()).len(), 2);
    }
    // Whoever holds an index that has gone can still read it.
    assert_eq!(first.lookup(&evm(1).key()).next().unwrap().label(), "generation 0");
    assert!(!live.refresh().unwrap());
}

#[test]
fn a_folder_without_an_index_or_with_a_broken_one_says_so() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(LiveIndex::open(dir.path()), Err(IndexError::Missing { .. })));
    publish(dir.path(), &corpus_of(0, 3), &Stamp::default(), secret()).unwrap();
    let live = LiveIndex::open(dir.path()).unwrap();
    let name = index_files(dir.path()).remove(0);
    let right = fs::read_to_string(dir.path().join("CURRENT")).unwrap();
    let digest = name.strip_prefix("layer-").unwrap().strip_suffix(".thx").unwrap();
    for wrong in
        ["", "../secret", "index-.thx", "\u{0}", &right[1..], &right.replace(digest, &"0".repeat(64))]
    {
        fs::write(dir.path().join("CURRENT"), wrong).unwrap();
        assert!(matches!(LiveIndex::open(dir.path()), Err(IndexError::Damaged { .. })), "{wrong:?}");
        assert!(live.refresh().is_err());
        assert_eq!(live.load().claim_count(), 3, "the index at hand stays in use");
    }
    // Publishing again mends it, also when the file of the same content is damaged.
    fs::remove_file(dir.path().join(&name)).unwrap();
    fs::write(dir.path().join(&name), b"garbage").unwrap();
    publish(dir.path(), &corpus_of(0, 3), &Stamp::default(), secret()).unwrap();
    assert_eq!(LiveIndex::open(dir.path()).unwrap().load().claim_count(), 3);
}

#[test]
fn a_file_under_the_name_of_another_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    publish(dir.path(), &corpus_of(0, 3), &Stamp::default(), secret()).unwrap();
    let name = index_files(dir.path()).remove(0);
    fs::remove_file(dir.path().join(&name)).unwrap();
    fs::write(dir.path().join(&name), Index::encode(&corpus_of(1, 3), secret()).unwrap()).unwrap();
    let error = LiveIndex::open(dir.path()).unwrap_err();
    assert!(matches!(error, IndexError::Damaged { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn lookups_agree_with_the_list(numbers in proptest::collection::vec(0u64..400, 0..300), asked in 0u64..400) {
        let claims: Vec<_> = numbers
            .iter()
            .enumerate()
            .map(|(id, &number)| claim(id as u64, evm(number), &format!("label {}", number % 7), "a-list"))
            .collect();
        let corpus = Corpus { claims, ..Corpus::default() };
        let index = Index::from_corpus(&corpus).unwrap();
        let mut found: Vec<_> = index.lookup(&evm(asked).key()).map(|claim| claim.to_claim()).collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        let expected: Vec<_> = corpus.claims.iter().filter(|claim| claim.subject == evm(asked)).cloned().collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn made_up_bytes_never_panic(mut changes in proptest::collection::vec((0usize..4000, any::<u8>()), 1..20)) {
        let mut bytes = Index::encode(&rich(), secret()).unwrap();
        changes.retain(|(at, _)| *at < bytes.len());
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        reseal(&mut bytes);
        if let Ok(index) = Index::from_bytes(&bytes) {
            let _ = index.claims().map(|claim| claim.to_claim()).collect::<Vec<_>>();
            let _ = index.names();
        }
    }
}

/// Makes the checksums right again, so that the checks behind them are reached.
fn reseal(bytes: &mut [u8]) {
    use xxhash_rust::xxh3::xxh3_64;
    let word = |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let table = 80;
    for section in 0..12 {
        let entry = table + 24 * section;
        let (offset, length) = (word(bytes, entry) as usize, word(bytes, entry + 8) as usize);
        let sum = offset.checked_add(length).and_then(|end| bytes.get(offset..end)).map_or(0, xxh3_64);
        bytes[entry + 16..entry + 24].copy_from_slice(&sum.to_le_bytes());
    }
    let end = table + 24 * 12;
    let sum = xxh3_64(&bytes[..end]);
    bytes[end..end + 8].copy_from_slice(&sum.to_le_bytes());
}
