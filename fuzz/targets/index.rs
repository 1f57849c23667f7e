//! A screening index of foreign bytes: refused, or everything in it can be read. Three times in four the checksums are
//! put right first, so that what lies behind them is reached.

#![no_main]

use std::cell::OnceCell;

use jiff::{Timestamp, civil::Date};
use libfuzzer_sys::fuzz_target;
use tracehound_attribution::{
    Corpus, Secret, SourceHistory,
    import::{Format, Options, read},
    index::Index,
};
use tracehound_fuzz::{sections, seeds_wanted};
use tracehound_model::{
    BitcoinNetwork, Claim, Particulars, Source,
    claim::{Party, PartyKind, PartyName},
};

/// An index of the facts of a generated case and two made-up parties.
fn good() -> Vec<u8> {
    let case = tracehound_range::demo_case(1, BitcoinNetwork::Regtest).expect("regtest is allowed");
    let options = Options { format: Some(Format::Advisory), ..Options::default() };
    let list = read(&mut case.facts_toml.as_bytes(), &options).expect("our own notice");
    let head = list.snapshot.source;
    let day = head.published.expect("it is dated");
    let claims = (0_u8..).zip(list.snapshot.claims.iter()).map(|(number, claim)| Claim {
        id: format!("{number:016x}"),
        subject: claim.subject,
        statement: claim.statement,
        confidence: claim.confidence,
        source: head.id.clone(),
        valid_from: day,
        valid_to: (number == 1).then_some(Date::MAX),
        recorded_at: Timestamp::UNIX_EPOCH,
    });
    let party = |id: &str, names: &[&str]| Party {
        source: head.id.clone(),
        id: id.into(),
        kind: PartyKind::Unknown,
        names: names.iter().map(|name| PartyName { full: (*name).into(), weak: false }).collect(),
        programs: vec!["MADE-UP".into()],
        listed_on: Some(day),
        particulars: Particulars::default(),
    };
    let source = Source {
        id: head.id.clone(),
        kind: head.kind,
        title: head.title.clone(),
        publisher: head.publisher.clone(),
        url: None,
        published: day,
        recorded_at: Timestamp::UNIX_EPOCH,
        sha256: list.sha256,
    };
    let corpus = Corpus {
        claims: claims.collect(),
        parties: vec![party("1", &["Jane Example", "Ivan Primer"]), party("2", &["Example Trading Co."])],
        sources: vec![SourceHistory::new(source, vec![day])],
    };
    Index::encode(&corpus, Secret::from_bytes([7; 16])).expect("a small corpus")
}

thread_local! {
    static GOOD: OnceCell<Vec<u8>> = const { OnceCell::new() };
}

fuzz_target!(
    init: {
        seeds_wanted(|| vec![good()]);
    },
    |data: &[u8]| {
        let mut bytes = data.to_vec();
        if bytes.len() % 4 > 0 || data.len() % 64 == 0 {
            GOOD.with(|intact| sections::repair(intact.get_or_init(good), &mut bytes));
        }
        let Ok(index) = Index::from_bytes(&bytes) else { return };
        let mut claims = 0;
        for claim in index.claims().take(10_000) {
            claims += 1;
            let _ = claim.to_claim();
            assert!(index.lookup(claim.key()).any(|found| found.id() == claim.id()), "{} is lost", claim.id());
        }
        assert_eq!(claims, index.claim_count().min(10_000));
        let _ = index.verify_digest();
        if let Ok(names) = index.names() {
            let _ = names.search("ivan exampel", 5);
        }
    }
);
