//! The facts in the box.

use std::collections::BTreeSet;

use tracehound_attribution::{
    facts::{shipped, shipped_version},
    import::{Format, Options, read, write_notice},
    store::ClaimStore,
};
use tracehound_model::{Category, SourceKind, Subject};

use crate::support::{address, day, import, real, run, subjects};

const FBI: [&str; 6] = [
    "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG",
    "39idqitN9tYNmq3wYanwg3MitFB5TZCjWu",
    "3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk",
    "3PjNaSeP8GzLjGeu51JR19Q2Lu8W2Te9oc",
    "3NbdrezMzAVVfXv5MTQJn4hWqKhYCTCJoB",
    "34VXKa5upLWVYMXmgid6bFM4BaQXHxSUoL",
];

#[test]
fn every_shipped_file_is_whole_dated_and_sourced() {
    let lists = shipped().unwrap();
    for list in &lists {
        let source = &list.snapshot.source;
        assert!(
            source.published.is_some()
                && source.url.as_deref().is_some_and(|url| url.starts_with("https://"))
        );
        assert_eq!(list.snapshot.refused, 0, "{}: {:?}", source.id, list.snapshot.warnings);
    }
    let days = |id: &str| -> Vec<_> {
        let of = lists.iter().filter(|list| list.snapshot.source.id.0 == id);
        of.map(|list| list.snapshot.source.published.unwrap()).collect()
    };
    assert_eq!(days("ofac-sdn"), [day("2024-09-27"), day("2025-11-19")]);
    assert_eq!(days("fbi-notices"), [day("2023-08-22")]);
    assert!(days("treasury-notices").is_sorted() && days("treasury-notices").len() == 5);
    let hashes: BTreeSet<_> = lists.iter().map(|list| &list.sha256).collect();
    assert_eq!(hashes.len(), lists.len());
    assert_eq!(shipped_version().len(), 64);
}

/// An OFAC-only product misses them: none of the six is on the list.
#[test]
fn the_six_fbi_addresses_are_known_and_not_as_sanctioned() {
    let lists = shipped().unwrap();
    let mut seen = 0;
    for text in FBI {
        for list in &lists {
            for claim in list.snapshot.claims.iter().filter(|claim| claim.subject == address(text)) {
                assert_eq!(list.snapshot.source.kind, SourceKind::LawEnforcement);
                assert_eq!(claim.statement.category, Category::ServiceHack);
                assert_eq!(claim.statement.actor.as_deref(), Some("lazarusgroup"));
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 6);
}

#[test]
fn a_later_notice_does_not_end_an_earlier_one() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        for (at, list) in (1..).zip(&shipped().unwrap()) {
            import(&store, &list.snapshot, at, &list.sha256).await;
        }
        let corpus = store.corpus().await.unwrap();
        let notices: Vec<_> =
            corpus.claims.iter().filter(|claim| claim.source.0 == "treasury-notices").collect();
        assert_eq!(notices.len(), 20 + 1 + 3 + 4 + 45 + 2);
        assert!(notices.iter().all(|claim| claim.valid_to.is_none()));
        // The Ronin thief's address: named by a notice in 2022, though the party was listed in 2019.
        let ronin = address("0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
        let of_ronin = |at: &str| {
            let at = day(at);
            corpus.claims.iter().filter(|claim| claim.subject == ronin && claim.holds_on(at)).count()
        };
        assert_eq!((of_ronin("2022-04-13"), of_ronin("2022-04-14"), of_ronin("2025-11-19")), (0, 1, 2));
    });
}

/// The shipped extract says word for word what the list itself says, so that importing the list changes nothing.
#[test]
fn the_shipped_list_is_the_published_one() {
    let Some(live) = real("sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2") else { return };
    let lists = shipped().unwrap();
    let shipped =
        lists.iter().find(|list| list.snapshot.source.published == live.snapshot.source.published).unwrap();
    let rows = |claims: &[tracehound_attribution::import::NewClaim]| -> BTreeSet<String> {
        claims.iter().map(|claim| format!("{claim:?}")).collect()
    };
    assert_eq!(rows(&shipped.snapshot.claims), rows(&live.snapshot.claims));
    let written = write_notice(&live.snapshot).unwrap();
    let options = Options { format: Some(Format::Notice), ..Options::default() };
    let again = read(&mut written.as_bytes(), &options).unwrap();
    assert_eq!(rows(&again.snapshot.claims), rows(&live.snapshot.claims));
}

#[test]
fn ninety_delisted_addresses_hold_as_of_their_time_only() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        for (at, list) in (1..).zip(&shipped().unwrap()) {
            import(&store, &list.snapshot, at, &list.sha256).await;
        }
        let ofac = |claims: Vec<tracehound_model::Claim>| -> BTreeSet<Subject> {
            subjects(&claims.into_iter().filter(|claim| claim.source.0 == "ofac-sdn").collect::<Vec<_>>())
        };
        let then = ofac(store.as_of(day("2025-01-01")).await.unwrap());
        let now = ofac(store.as_of(day("2026-01-01")).await.unwrap());
        assert_eq!(now.len(), 745);
        assert_eq!(then.len(), 641);
        assert_eq!(then.difference(&now).count(), 90);
        assert!(
            store.as_of(day("2024-09-26")).await.unwrap().iter().all(|claim| claim.source.0 != "ofac-sdn")
        );
    });
}
