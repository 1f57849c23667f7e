use std::collections::BTreeSet;

use proptest::prelude::*;
use tracehound_analysis::{
    path::{PathLimits, Way, is_way, ways},
    taint::Mix,
    trace::{Entity, Known},
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxSpan};
use tracehound_model::{BlockHash, Category, OutPoint};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{ledger_of, taint::propagations::drawn};

fn number(ledger: &Ledger, n: usize) -> AddrNum {
    ledger.find_address(&owner(n)).expect("in the ledger")
}

/// Transactions with at least so many outputs mix, and these owners are of an exchange.
struct MixesFrom(u32, Vec<AddrNum>);

/// None does.
const NONE: MixesFrom = MixesFrom(u32::MAX, Vec::new());

impl<R> Known<R> for MixesFrom {
    fn entity(&self, owner: AddrNum) -> Option<Entity> {
        self.1.contains(&owner).then(|| Entity {
            label: "Exchange".to_owned(),
            category: Category::Exchange,
            listed_from: None,
            labelled: None,
        })
    }

    fn mix(&self, _: &R, tx: TxSpan) -> Option<Mix> {
        (tx.output_count >= self.0).then_some(Mix { protocol: "whirlpool", participants: tx.output_count })
    }
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
    let found = ways(
        &ledger,
        &BTreeSet::from([number(&ledger, 1)]),
        &BTreeSet::from([number(&ledger, 9)]),
        limits(),
        &NONE,
    );
    let shape: Vec<(usize, u64)> = found.ways.iter().map(|way| (way.txs.len(), way.width)).collect();
    assert_eq!(shape, [(2, 500), (2, 100), (3, 400)]);
    assert!(found.ways.iter().all(|way| is_way(&ledger, way)) && !found.truncated);
    let back = ways(
        &ledger,
        &BTreeSet::from([number(&ledger, 9)]),
        &BTreeSet::from([number(&ledger, 1)]),
        limits(),
        &NONE,
    );
    assert!(back.ways.is_empty() && !back.truncated, "money does not flow back");
    let short = PathLimits { hops: 2, ..limits() };
    let found = ways(
        &ledger,
        &BTreeSet::from([number(&ledger, 1)]),
        &BTreeSet::from([number(&ledger, 9)]),
        short,
        &NONE,
    );
    assert!(found.ways.len() == 2 && found.truncated, "what a limit hides is said");
}

/// Owner 1 reaches owner 9 in two transactions through a mix of three, and without one in three.
#[test]
fn a_way_through_a_mix_is_marked_and_comes_last() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let coin = block.tx(&[], &[(500, Some(owner(1))), (400, Some(owner(1)))]);
    let mix =
        block.tx(&[out(coin, 0)], &[(100, Some(owner(2))), (300, Some(owner(3))), (100, Some(owner(4)))]);
    block.tx(&[out(mix, 1)], &[(300, Some(owner(9)))]);
    let plain = block.tx(&[out(coin, 1)], &[(400, Some(owner(5)))]);
    let plain = block.tx(&[out(plain, 0)], &[(200, Some(owner(6)))]);
    block.tx(&[out(plain, 0)], &[(200, Some(owner(9)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let ends = |n| BTreeSet::from([number(&ledger, n)]);
    let asked = |limits| ways(&ledger, &ends(1), &ends(9), limits, &MixesFrom(3, Vec::new()));
    let shape = |limits| -> Vec<(u64, Vec<Option<u32>>)> {
        let mixes = |way: &Way| way.mixes.iter().map(|mix| mix.map(|mix| mix.participants)).collect();
        asked(limits).ways.iter().map(|way| (way.width, mixes(way))).collect()
    };
    assert_eq!(shape(limits()), [(200, vec![None; 3]), (300, vec![Some(3), None])]);
    let one = shape(PathLimits { count: 1, ..limits() });
    assert_eq!(one, [(200, vec![None; 3])], "one without a mix takes the place of a shorter one");
    let short = shape(PathLimits { count: 1, hops: 2, ..limits() });
    assert_eq!(short, [(300, vec![Some(3), None])], "where there is no other it is told");
}

/// Where a longer way without a mix and a shorter one with it meet, both go on: a limit on hops may end the longer.
#[test]
fn a_longer_way_without_a_mix_does_not_hide_a_shorter_one() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let coin = block.tx(&[], &[(500, Some(owner(1))), (400, Some(owner(1)))]);
    let mix =
        block.tx(&[out(coin, 0)], &[(100, Some(owner(2))), (300, Some(owner(3))), (100, Some(owner(4)))]);
    let plain = block.tx(&[out(coin, 1)], &[(400, Some(owner(5)))]);
    let plain = block.tx(&[out(plain, 0)], &[(200, Some(owner(6)))]);
    let met = block.tx(&[out(mix, 1), out(plain, 0)], &[(500, Some(owner(7)))]);
    block.tx(&[out(met, 0)], &[(500, Some(owner(9)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let ends = |n| BTreeSet::from([number(&ledger, n)]);
    let limits = PathLimits { count: 1, hops: 3, ..limits() };
    let found = ways(&ledger, &ends(1), &ends(9), limits, &MixesFrom(3, Vec::new()));
    assert_eq!(found.ways.len(), 1);
    assert!(found.truncated && found.ways[0].mixes[0].is_some(), "{found:?}");
}

/// Owner 1 reaches owner 9 in two transactions through an exchange, and in three through nobody known; and the exchange
/// itself through its own other address.
#[test]
fn a_way_through_a_service_is_marked_and_comes_last() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let coin = block.tx(&[], &[(500, Some(owner(1))), (400, Some(owner(1)))]);
    let paid = block.tx(&[out(coin, 0)], &[(500, Some(owner(2)))]);
    block.tx(&[out(paid, 0)], &[(300, Some(owner(9))), (200, Some(owner(3)))]);
    let plain = block.tx(&[out(coin, 1)], &[(400, Some(owner(5)))]);
    let plain = block.tx(&[out(plain, 0)], &[(200, Some(owner(6)))]);
    block.tx(&[out(plain, 0)], &[(200, Some(owner(9)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let exchange = MixesFrom(u32::MAX, [2, 3].map(|n| number(&ledger, n)).to_vec());
    let asked = |to| {
        let (from, to) = (BTreeSet::from([number(&ledger, 1)]), BTreeSet::from([number(&ledger, to)]));
        ways(&ledger, &from, &to, limits(), &exchange).ways
    };
    let shape = |to| -> Vec<(u64, Vec<bool>)> {
        asked(to).into_iter().map(|way| (way.width, way.services)).collect()
    };
    assert_eq!(shape(9), [(200, vec![false; 4]), (300, vec![false, true, false])]);
    assert_eq!(shape(3), [(200, vec![false; 3])], "its own other address is no service on the way");
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
            let found = ways(&ledger, &BTreeSet::from([from]), &BTreeSet::from([to]), PathLimits { hops: 50, ..limits() }, &NONE);
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
