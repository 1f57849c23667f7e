use std::collections::BTreeSet;

use proptest::prelude::*;
use tracehound_analysis::path::{PathLimits, Way, is_way, ways};
use tracehound_ledger::{AddrNum, Ledger, OutNum};
use tracehound_model::{BlockHash, OutPoint};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{ledger_of, taint::propagations::drawn};

fn number(ledger: &Ledger, n: usize) -> AddrNum {
    ledger.find_address(&owner(n)).expect("in the ledger")
}

fn limits() -> PathLimits {
    PathLimits { dust: 0, count: 5, ..PathLimits::default() }
}

/// Owner 1 reaches owner 9 in two transactions through 2 (narrow) or 3 (wide), and in three through 4 and 5.
#[test]
fn the_shortest_come_first_and_of_those_the_widest() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let coin = block.tx(&[], &[(1_000, Some(owner(1)))]);
    let split =
        block.tx(&[out(coin, 0)], &[(100, Some(owner(2))), (500, Some(owner(3))), (400, Some(owner(4)))]);
    block.tx(&[out(split, 0)], &[(100, Some(owner(9)))]);
    block.tx(&[out(split, 1)], &[(500, Some(owner(9)))]);
    let longer = block.tx(&[out(split, 2)], &[(400, Some(owner(5)))]);
    block.tx(&[out(longer, 0)], &[(400, Some(owner(9)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let found =
        ways(&ledger, &BTreeSet::from([number(&ledger, 1)]), &BTreeSet::from([number(&ledger, 9)]), limits());
    let shape: Vec<(usize, u64)> = found.ways.iter().map(|way| (way.txs.len(), way.width)).collect();
    assert_eq!(shape, [(2, 500), (2, 100), (3, 400)]);
    assert!(found.ways.iter().all(|way| is_way(&ledger, way)) && !found.truncated);
    let back =
        ways(&ledger, &BTreeSet::from([number(&ledger, 9)]), &BTreeSet::from([number(&ledger, 1)]), limits());
    assert!(back.ways.is_empty() && !back.truncated, "money does not flow back");
    let short = PathLimits { hops: 2, ..limits() };
    let found =
        ways(&ledger, &BTreeSet::from([number(&ledger, 1)]), &BTreeSet::from([number(&ledger, 9)]), short);
    assert!(found.ways.len() == 2 && found.truncated, "what a limit hides is said");
}

/// Every way, by trying all.
fn all_ways(
    ledger: &Ledger,
    at: OutNum,
    to: AddrNum,
    from: AddrNum,
    width: u64,
    hops: usize,
) -> Vec<(usize, u64)> {
    let Some(tx) = ledger.output(at).and_then(|output| output.spent_by).and_then(|tx| ledger.tx(tx)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for output in ledger.outputs(&tx) {
        let width = width.min(output.value);
        match output.owner {
            Some(owner) if owner == to => found.push((hops + 1, width)),
            Some(owner) if owner != from => {
                found.extend(all_ways(ledger, output.num, to, from, width, hops + 1));
            }
            _ => {}
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_best_ways_are_those_that_trying_all_finds(choices in prop::collection::vec(any::<(u8, u8, u8)>(), 1..12)) {
        let (blocks, _) = drawn(&choices);
        let (_dir, ledger) = ledger_of(&blocks);
        let from = number(&ledger, 0);
        for to in (10..60).filter_map(|n| ledger.find_address(&owner(n))) {
            let found = ways(&ledger, &BTreeSet::from([from]), &BTreeSet::from([to]), PathLimits { hops: 50, ..limits() });
            prop_assert!(found.ways.iter().all(|way: &Way| is_way(&ledger, way)));
            let mut all: Vec<(usize, u64)> = ledger.activity(from, 99).0.received.into_iter()
                .flat_map(|out| all_ways(&ledger, out, to, from, ledger.output_value(out).unwrap_or(0), 0)).collect();
            all.sort_by_key(|way| (way.0, std::cmp::Reverse(way.1)));
            all.truncate(5);
            let shape: Vec<(usize, u64)> = found.ways.iter().map(|way| (way.txs.len(), way.width)).collect();
            prop_assert_eq!(shape, all);
        }
    }
}
