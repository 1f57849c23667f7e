//! Snapshots in any order give the same history: against a model that looks at every day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use proptest::{prelude::*, sample::subsequence};
use tracehound_attribution::{
    Scope,
    import::{Account, Format, NewClaim, Snapshot, SourceHead},
    store::ClaimStore,
};
use tracehound_model::{
    Address, Category, Confidence, Particulars, Party, SourceId, SourceKind, Statement, Subject,
    claim::{PartyKind, PartyName},
};

use crate::support::{moment, run};

/// What a snapshot says of entry number `0`: its confidence and the first day the source itself gives.
type Said = BTreeMap<u8, (u8, Option<i8>)>;

fn at(day: i8) -> Date {
    jiff::civil::date(2025, 3, day)
}

fn subject(number: u8) -> Subject {
    Subject::Address(Address::Evm([number + 1; 20]))
}

fn snapshot(day: i8, said: &Said) -> Snapshot {
    let id = SourceId("s".to_owned());
    let claims = said.iter().map(|(number, (confidence, from))| NewClaim {
        subject: subject(*number),
        statement: Statement {
            label: format!("label {}", number % 3),
            category: Category::Scam,
            party_id: None,
            party_listed_on: None,
            programs: Vec::new(),
            asset: None,
            actor: None,
            reference: None,
        },
        confidence: Confidence(*confidence),
        valid_from: from.map(at),
        valid_to: None,
    });
    let parties = said.keys().map(|number| Party {
        source: id.clone(),
        id: number.to_string(),
        kind: PartyKind::Entity,
        names: vec![PartyName { full: format!("name on {}", day / 3), weak: false }],
        programs: Vec::new(),
        listed_on: None,
        particulars: Particulars::default(),
    });
    let head = SourceHead {
        id: id.clone(),
        kind: SourceKind::Labels,
        title: format!("of {day}"),
        publisher: "p".to_owned(),
        url: None,
        published: Some(at(day)),
    };
    Snapshot {
        source: head,
        scope: Scope::List,
        claims: claims.collect(),
        parties: parties.collect(),
        format: Format::TagPack,
        account: Account::default(),
        unread: Vec::new(),
        partial: None,
        list: None,
        warnings: Vec::new(),
    }
}

/// On which days each entry is held to be listed, by the rule alone: on a day, the newest snapshot not after it counts; before
/// an entry's first snapshot, the day that this one gives.
fn model(snapshots: &BTreeMap<i8, Said>) -> BTreeMap<u8, BTreeSet<i8>> {
    let mut holds: BTreeMap<u8, BTreeSet<i8>> = BTreeMap::new();
    for today in 1..=31 {
        if let Some((_, said)) = snapshots.range(..=today).next_back() {
            for (number, (_, from)) in said {
                if from.is_none_or(|from| from <= today) {
                    holds.entry(*number).or_default().insert(today);
                }
            }
        }
    }
    for number in 0..6 {
        let first = snapshots.iter().find_map(|(day, said)| Some((*day, *said.get(&number)?)));
        if let Some((day, (_, Some(from)))) = first {
            holds.entry(number).or_default().extend(from..day);
        }
    }
    holds.retain(|_, days| !days.is_empty());
    holds
}

fn said() -> impl Strategy<Value = Said> {
    prop::collection::btree_map(
        0..6_u8,
        (prop_oneof![Just(5_u8), Just(60)], prop::option::weighted(0.3, 1..=28_i8)),
        1..6,
    )
}

type Case = (BTreeMap<i8, Said>, Vec<(i8, Said)>, Vec<i8>);

/// Snapshots by day, and two orders in which to import them; the first imports of `noise` are later replaced.
fn case() -> impl Strategy<Value = Case> {
    prop::collection::btree_map(1..=28_i8, said(), 1..7).prop_flat_map(|snapshots| {
        let days: Vec<i8> = snapshots.keys().copied().collect();
        let count = days.len();
        let noise = (subsequence(days.clone(), 0..=count), said())
            .prop_map(|(days, said)| days.into_iter().map(|day| (day, said.clone())).collect::<Vec<_>>());
        (Just(snapshots), noise, Just(days).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_imports_gives_the_same_history((snapshots, noise, order) in case()) {
        run(async {
            let (straight, shuffled) = (ClaimStore::open_in_memory().await.unwrap(), ClaimStore::open_in_memory().await.unwrap());
            for (day, said) in &snapshots {
                straight.import(&snapshot(*day, said), at(*day), moment(1), "final").await.unwrap();
            }
            for (day, said) in &noise {
                shuffled.import(&snapshot(*day, said), at(*day), moment(1), "draft").await.unwrap();
            }
            for day in &order {
                shuffled.import(&snapshot(*day, &snapshots[day]), at(*day), moment(2), "final").await.unwrap();
            }
            let (one, two) = (straight.corpus().await.unwrap(), shuffled.corpus().await.unwrap());
            let bare = |corpus: &tracehound_attribution::Corpus| -> Vec<String> {
                corpus.claims.iter().map(|c| format!("{} {:?} {:?}..{:?} {:?}", c.id, c.subject, c.valid_from, c.valid_to, c.confidence)).collect()
            };
            assert_eq!(bare(&one), bare(&two));
            assert_eq!(&one.parties, &two.parties);
            assert_eq!(&one.sources[0].snapshots, &two.sources[0].snapshots);
            assert_eq!(&one.sources[0].source.title, &two.sources[0].source.title);
            let ids: BTreeSet<&String> = one.claims.iter().map(|claim| &claim.id).collect();
            assert_eq!(ids.len(), one.claims.len(), "ids are unique");

            let expected = model(&snapshots);
            for number in 0..6 {
                let claims: Vec<_> = one.claims.iter().filter(|claim| claim.subject == subject(number)).collect();
                let days: BTreeSet<i8> = (1..=31).filter(|day| claims.iter().any(|claim| claim.holds_on(at(*day)))).collect();
                assert_eq!(Some(&days).filter(|days| !days.is_empty()), expected.get(&number), "entry {number}");
                for day in 1..=31 {
                    assert!(claims.iter().filter(|claim| claim.holds_on(at(day))).count() <= 1, "once a day");
                }
            }
            let newest: BTreeSet<String> = snapshots.values().next_back().unwrap().keys().map(u8::to_string).collect();
            let listed: BTreeSet<String> = one.parties.iter().map(|party| party.id.clone()).collect();
            assert_eq!(newest, listed);
        });
    }
}
