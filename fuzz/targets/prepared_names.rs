//! A file of prepared names of foreign bytes: refused, or every search in it ends. Three times in four the checksums are put
//! right first, so that what lies behind them is reached.

#![no_main]

use std::cell::OnceCell;

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use tracehound_attribution::{Secret, names::NameIndex, ownership::Owners};
use tracehound_fuzz::{sections, seeds_wanted};
use tracehound_model::{
    Particulars, Relation, RelationKind, SourceId, Standing,
    claim::{Party, PartyKind, PartyName},
};

const ASKED: [&str; 6] = ["Kim Yong Chol", "김영철", "husayn alqasim", "حسین", "VTB", "farvater"];

/// Made-up parties in several scripts, one of them owned by another.
fn good() -> Vec<u8> {
    let party = |id: &str, kind, names: &[&str]| Party {
        source: SourceId("own-list".into()),
        id: id.into(),
        kind,
        names: names.iter().map(|name| PartyName { full: (*name).into(), weak: false }).collect(),
        programs: Vec::new(),
        listed_on: None,
        particulars: Particulars::default(),
    };
    let mut shell = party("4", PartyKind::Entity, &["Farvater Shell Ltd"]);
    shell.particulars.add_relation(Relation::new(RelationKind::OwnedBy, "1".into()));
    let parties = [
        party("1", PartyKind::Individual, &["KIM, Yong Chol", "김영철"]),
        party("2", PartyKind::Individual, &["Hussein AL-QASIM; Abu Hussein", "حسين القاسم"]),
        party("3", PartyKind::Entity, &["VTB Bank PJSC"]),
        shell,
    ];
    NameIndex::encode(&parties, Secret::from_bytes([7; 16])).expect("a few")
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
        let Ok(names) = NameIndex::from_bytes(&bytes) else { return };
        for query in ASKED {
            if let Ok(found) = names.search(query, 5) {
                assert!(found.iter().all(|found| (0.0..=1.0).contains(&found.score)), "{found:?}");
            }
        }
        let owners = Owners::of(names.parties(), date(2026, 1, 1), |_, standing| standing != Standing::Related);
        for party in 0..names.parties().len().min(100) as u32 {
            let _ = (owners.ownership(party), owners.relations(party));
        }
    }
);
