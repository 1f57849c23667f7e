//! Names, on both sides. Hostile parties in a screening index: refused, or searched. Any query against a real index:
//! scores are shares, and a name as it is written finds itself.

#![no_main]

use std::cell::OnceCell;

use libfuzzer_sys::fuzz_target;
use tracehound_attribution::{
    Corpus, Secret, facts,
    index::Index,
    names::{MIN_SCORE, NameError, NameIndex},
};
use tracehound_fuzz::{sections, seeds_wanted};
use tracehound_model::{Particulars, Party, SourceId, claim::PartyKind, claim::PartyName};

/// Most names of one input, so that an input is quick.
const MAX_NAMES: usize = 16;
/// Less than a score is rounded by.
const ROUNDING: f64 = 1e-4;

/// What is tried, by the first byte of an input.
const PARTIES: u8 = 0;
const QUERY: u8 = 1;
const OWN_NAMES: u8 = 2;

/// The parties in the box: real names of people and organisations.
fn listed() -> Vec<Party> {
    facts::ofac().expect("shipped facts are read by every test").0.snapshot.parties
}

/// An index file that holds a few of them.
fn good() -> Vec<u8> {
    let corpus = Corpus { claims: Vec::new(), parties: few(), sources: Vec::new() };
    Index::encode(&corpus, Secret::from_bytes([7; 16])).expect("a small corpus")
}

fn few() -> Vec<Party> {
    listed().into_iter().take(8).collect()
}

fn made_up(names: &[&str]) -> Party {
    Party {
        source: SourceId("made-up".into()),
        id: "1".into(),
        kind: if names.len() % 2 == 0 { PartyKind::Individual } else { PartyKind::Entity },
        names: names.iter().map(|name| PartyName { full: (*name).into(), weak: false }).collect(),
        programs: Vec::new(),
        listed_on: None,
        particulars: Particulars::default(),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let json = serde_json::to_vec(&few()).expect("plain data");
    let names: Vec<String> =
        listed().iter().flat_map(|party| &party.names).map(|name| name.full.clone()).collect();
    let typed =
        ["Sim Hyon Sop", "심현섭", "李家东", "Роман Семенов", "J. U. Kim", "Lazarus Grp.", "a a a aa aaa"];
    let seed = |kind: u8, bytes: &[u8]| [&[kind][..], bytes].concat();
    let queries = typed.into_iter().chain(names.iter().map(String::as_str).step_by(40));
    [seed(PARTIES, &json), seed(PARTIES, b"[]")]
        .into_iter()
        .chain(queries.map(|query| seed(QUERY, query.as_bytes())))
        .chain(names.chunks(20).map(|names| seed(OWN_NAMES, names.join("\n").as_bytes())))
        .collect()
}

/// Searches, and checks what anybody may rely on.
fn search(index: &NameIndex, query: &str) -> Option<f64> {
    let found = match index.search(query, 5) {
        Ok(found) => found,
        Err(NameError::Empty { .. } | NameError::TooLong { .. }) => return None,
        Err(other) => panic!("`{query}`: {other}"),
    };
    assert!(found.len() <= 5 && found.is_sorted_by(|a, b| a.score >= b.score), "`{query}`: {found:?}");
    for one in &found {
        assert!((MIN_SCORE..=1.0).contains(&one.score), "`{query}`: {one:?}");
    }
    Some(found.first().map_or(0.0, |best| best.score))
}

/// Every name that can be searched finds itself, and so does the same name in capitals.
fn each_finds_itself(index: &NameIndex) {
    let parties = index.parties();
    let all = (0..parties.len() as u32).map(|number| parties.get(number).expect("it was made here"));
    for name in all.flat_map(|party| &party.names).take(MAX_NAMES) {
        let least = if name.weak { 0.9 - ROUNDING } else { 1.0 };
        for query in [name.full.clone(), name.full.to_ascii_uppercase()] {
            if let Some(score) = search(index, &query) {
                assert!(score >= least, "`{query}` finds itself with {score} only");
            }
        }
    }
}

thread_local! {
    static GOOD: OnceCell<Vec<u8>> = const { OnceCell::new() };
    static LISTED: OnceCell<NameIndex> = const { OnceCell::new() };
}

fuzz_target!(
    init: {
        seeds_wanted(seeds);
    },
    |data: &[u8]| {
        let Some((&kind, bytes)) = data.split_first() else { return };
        if kind % 3 == PARTIES {
            let file = GOOD.with(|intact| sections::with_last(intact.get_or_init(good), bytes));
            let index = Index::from_bytes(&file).expect("the parties are read when a name is asked for");
            if let Ok(names) = index.names() {
                search(names, "ivan exampel");
                each_finds_itself(names);
            }
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        if kind % 3 == QUERY {
            LISTED.with(|index| search(index.get_or_init(|| NameIndex::build(&listed())), &text));
        } else {
            let names: Vec<&str> = text.split('\n').take(MAX_NAMES).collect();
            each_finds_itself(&NameIndex::build(&[made_up(&names)]));
        }
    }
);
