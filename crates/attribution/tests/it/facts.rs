//! The facts in the box.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tracehound_attribution::{
    facts::{advisories, ofac, shipped_version},
    import::{Format, NewClaim, Options, read, write_advisory},
    store::ClaimStore,
};
use tracehound_model::{Category, SourceKind, Subject};

use crate::support::{address, day, import, moment, real, run};

const FBI: [&str; 6] = [
    "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG",
    "39idqitN9tYNmq3wYanwg3MitFB5TZCjWu",
    "3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk",
    "3PjNaSeP8GzLjGeu51JR19Q2Lu8W2Te9oc",
    "3NbdrezMzAVVfXv5MTQJn4hWqKhYCTCJoB",
    "34VXKa5upLWVYMXmgid6bFM4BaQXHxSUoL",
];

#[test]
fn every_shipped_advisory_is_whole_dated_and_sourced() {
    let pack = advisories().unwrap();
    for list in &pack.lists {
        let source = &list.snapshot.source;
        assert!(
            source.published.is_some()
                && source.url.as_deref().is_some_and(|url| url.starts_with("https://"))
        );
        assert_eq!(list.snapshot.account.left_out, 0, "{}: {:?}", source.id, list.snapshot.warnings);
        assert!(source.published.unwrap() <= pack.complete_as_of);
    }
    let days = |id: &str| -> Vec<String> {
        let of = pack.lists.iter().filter(|list| list.snapshot.source.id.0 == id);
        of.map(|list| list.snapshot.source.published.unwrap().to_string()).collect()
    };
    assert_eq!(days("fbi-notices"), ["2023-01-23", "2023-08-22", "2023-09-06", "2025-02-26"]);
    assert_eq!(days("msmt-reports"), ["2025-10-22"]);
    assert!(days("treasury-notices").is_sorted() && days("treasury-notices").len() == 5);
    let hashes: BTreeSet<_> = pack.lists.iter().map(|list| &list.sha256).collect();
    assert_eq!(hashes.len(), pack.lists.len());
    assert_eq!(shipped_version().len(), 64);
}

/// An OFAC-only product misses them: none of the six is on the list.
#[test]
fn the_six_fbi_addresses_are_known_and_not_as_sanctioned() {
    let lists = advisories().unwrap().lists;
    let mut seen = BTreeSet::new();
    for text in FBI {
        for list in &lists {
            for claim in list.snapshot.claims.iter().filter(|claim| claim.subject == address(text)) {
                assert_eq!(list.snapshot.source.kind, SourceKind::LawEnforcement);
                assert_eq!(claim.statement.category, Category::ServiceHack);
                assert_eq!(claim.statement.actor.as_deref(), Some("lazarusgroup"));
                seen.insert(claim.subject);
            }
        }
    }
    assert_eq!(seen.len(), 6);
}

#[test]
fn a_later_advisory_does_not_end_an_earlier_one() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        for (at, list) in (1..).zip(&advisories().unwrap().lists) {
            import(&store, &list.snapshot, at, &list.sha256).await;
        }
        let corpus = store.corpus().await.unwrap();
        let advisories: Vec<_> =
            corpus.claims.iter().filter(|claim| claim.source.0 == "treasury-notices").collect();
        assert_eq!(advisories.len(), 20 + 1 + 3 + 4 + 45 + 2);
        assert!(advisories.iter().all(|claim| claim.valid_to.is_none()));
        // The Ronin thief's address: named by an advisory in 2022, though the party was listed in 2019.
        let ronin = address("0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
        let of_ronin = |at: &str| {
            let at = day(at);
            corpus.claims.iter().filter(|claim| claim.subject == ronin && claim.holds_on(at)).count()
        };
        assert_eq!((of_ronin("2022-04-13"), of_ronin("2022-04-14"), of_ronin("2025-11-19")), (0, 1, 1));
    });
}

/// The shipped extract says word for word what the list itself says, so that importing the list changes nothing.
#[test]
fn the_shipped_list_is_the_published_one() {
    let Some(live) = real("sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2") else { return };
    let (list_versions, _) = ofac().unwrap();
    assert_eq!(list_versions.days.last().copied(), live.snapshot.source.published);
    let rows = |claims: &tracehound_attribution::import::Claims| -> BTreeSet<String> {
        claims.iter().map(|claim| format!("{claim:?}")).collect()
    };
    let held = list_versions.carried.iter().map(|spans| spans.last().is_some_and(|(_, end)| end.is_none()));
    let now =
        list_versions.snapshot.claims.iter().zip(held).filter(|(_, held)| *held).map(|(claim, _)| claim);
    let now = now.collect();
    assert_eq!(rows(&now), rows(&live.snapshot.claims));
    let written = write_advisory(&live.snapshot).unwrap();
    let options = Options { format: Some(Format::Advisory), ..Options::default() };
    let again = read(&mut written.as_bytes(), &options).unwrap();
    assert_eq!(rows(&again.snapshot.claims), rows(&live.snapshot.claims));
}

/// The addresses on the list on each day, from the store, against the same told by the changes alone.
#[test]
fn the_ofac_list_is_right_on_every_day_of_its_history() {
    let Some(path) = tracehound_testkit::shared_data("facts/ofac_crypto_changes_2022-09_2025-11.csv") else {
        return;
    };
    let mut changes: BTreeMap<Date, Vec<(bool, String, Subject)>> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let change = (cells[1] == "ADD", cells[2].to_owned(), Subject::of_text(cells[3]));
        changes.entry(day(cells[0])).or_default().push(change);
    }
    for rows in changes.values_mut() {
        // Removals first: what is listed again the same day stays listed.
        rows.sort_by_key(|(added, ..)| *added);
    }
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        let (list_versions, vouched) = ofac().unwrap();
        assert!(store.import_list_versions(&list_versions, moment(0)).await.unwrap());
        assert!(!store.import_list_versions(&list_versions, moment(1)).await.unwrap(), "once is enough");
        assert_eq!((vouched.since, changes.len()), (day("2022-09-03"), 48));
        let claims = store.corpus().await.unwrap().claims;
        let on = |day: Date| -> BTreeSet<Subject> {
            claims.iter().filter(|claim| claim.holds_on(day)).map(|claim| claim.subject.clone()).collect()
        };
        let mut listed: BTreeSet<(String, Subject)> = BTreeSet::new();
        let mut questions = 0;
        assert!(on(day("2022-09-02")).is_empty());
        for (at, rows) in &changes {
            for (added, asset, subject) in rows {
                let row = (asset.clone(), subject.clone());
                if *added {
                    listed.insert(row)
                } else {
                    listed.remove(&row)
                };
            }
            let wanted: BTreeSet<Subject> = listed.iter().map(|(_, subject)| subject.clone()).collect();
            assert_eq!(on(*at), wanted, "as of {at}");
            questions += wanted.len();
        }
        assert_eq!((on(day("2025-06-01")).len(), on(day("2025-11-19")).len()), (621, 745));
        assert!(questions > 1_520);
    });
}

/// What an earlier version shipped for one day, without parties, gives way; a list of the user's of one day stands.
#[test]
fn the_history_takes_the_place_of_what_was_shipped_before_and_leaves_the_users_lists() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        let (list_versions, _) = ofac().unwrap();
        let mut before = list_versions.snapshot.clone();
        before.parties.clear();
        let labelled = |label: &str, mut claim: NewClaim| {
            label.clone_into(&mut claim.statement.label);
            claim
        };
        before.claims =
            before.claims.iter().take(20).map(|claim| labelled("without a party", claim)).collect();
        store.import_shipped(&before, day("2024-09-27"), moment(0), "before").await.unwrap();
        let mut users = before.clone();
        users.claims = users.claims.iter().take(1).map(|claim| labelled("mine", claim)).collect();
        store.import(&users, day("2023-04-15"), moment(1), "users").await.unwrap();
        store.import_list_versions(&list_versions, moment(2)).await.unwrap();
        let labels = |claims: Vec<tracehound_model::Claim>| -> Vec<String> {
            claims.into_iter().map(|claim| claim.statement.label).collect()
        };
        assert_eq!(labels(store.as_of(day("2023-04-15")).await.unwrap()), ["mine"]);
        assert!(store.as_of(day("2023-04-25")).await.unwrap().len() > 400);
        let then = labels(store.as_of(day("2024-09-27")).await.unwrap());
        assert!(then.len() > 600 && !then.contains(&"without a party".to_owned()));
    });
}
