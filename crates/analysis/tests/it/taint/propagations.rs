use std::collections::BTreeSet;

use proptest::prelude::*;
use tracehound_analysis::taint::{
    Direction, Label, Method, Mix, Options, Propagation, PropagationLimits, Seed, SeedError, StopReason,
    Stops, Truncation, propagate,
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxSpan};
use tracehound_model::{BlockHash, OutPoint, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::ledger_of;

const X: Label = Label(0);

/// Services by owner number; transactions with three equal outputs mix.
struct Known<'a> {
    ledger: &'a Ledger,
    services: BTreeSet<usize>,
    mixes: bool,
}

impl Stops<Ledger> for Known<'_> {
    fn is_service(&self, addr: AddrNum) -> bool {
        let key = self.ledger.script_key(addr);
        self.services.iter().any(|&n| key == Some(owner(n)))
    }

    fn mix(&self, ledger: &Ledger, tx: TxSpan) -> Option<Mix> {
        let values: Vec<u64> = ledger.outputs(tx).map(|output| output.value).collect();
        let equal = values.len() == 3 && values.iter().all(|value| *value == values[0]);
        (self.mixes && equal).then_some(Mix { protocol: "test", participants: 3 })
    }
}

fn options(method: Method) -> Options {
    let limits = PropagationLimits { dust: 0, ..PropagationLimits::default() };
    Options { direction: Direction::Forward, method, through_mixes: false, limits }
}

pub(crate) fn output(ledger: &Ledger, txid: TxId, vout: u64) -> OutNum {
    let tx = ledger.tx(ledger.find_tx(&txid).expect("in the ledger")).expect("has a view");
    OutNum(tx.first_output.0 + vout)
}

/// 1,000 stolen by owner 1; 600 on to 2 and 390 to 3; owner 2 pays a service (owner 50) and keeps the rest; owner 3 joins a
/// mix with 4 and 5.
pub(crate) struct Story {
    pub(crate) blocks: Vec<UtxoBlock>,
    pub(crate) theft: TxId,
}

pub(crate) fn story() -> Story {
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let mut first = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let theft = first.tx(&[], &[(1_000, Some(owner(1))), (390, Some(owner(4))), (390, Some(owner(5)))]);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, 2_000, 0);
    second.tx(&[], &[(50, Some(owner(9)))]);
    let split = second.tx(&[out(theft, 0)], &[(600, Some(owner(2))), (390, Some(owner(3)))]);
    second.tx(&[out(split, 0)], &[(500, Some(owner(50))), (90, Some(owner(2))), (5, None)]);
    let second = second.done();
    let mut third = BlockMaker::new(second.hash, 3_000, 0);
    third.tx(&[], &[(50, Some(owner(9)))]);
    let inputs = [out(split, 1), out(theft, 1), out(theft, 2)];
    third.tx(&inputs, &[(380, Some(owner(6))), (380, Some(owner(7))), (380, Some(owner(8)))]);
    Story { blocks: vec![first, second, third.done()], theft }
}

fn known(ledger: &Ledger) -> Known<'_> {
    Known { ledger, services: BTreeSet::from([50]), mixes: true }
}

#[test]
fn loot_is_followed_to_the_service_the_mix_and_what_is_held() {
    let story = story();
    let (_dir, ledger) = ledger_of(&story.blocks);
    let seed = Seed { out: output(&ledger, story.theft, 0), label: X };
    for method in [Method::Haircut, Method::Fifo, Method::Lifo, Method::Tiho] {
        let found = propagate(&ledger, &[seed], options(method), &known(&ledger)).expect("propagates");
        let totals = found.totals[&X];
        assert_eq!((totals.seeded, totals.reached_service, totals.mixed), (1_000, 500, 390), "{method:?}");
        assert_eq!((totals.unspent, totals.unspendable, totals.fees), (90, 5, 15), "{method:?}");
        assert_eq!(totals.booked(), totals.seeded);
        assert_eq!(found.steps.len(), 2);
        assert!(found.is_complete());
    }
}

#[test]
fn behind_a_mix_value_is_a_set_with_shares_whatever_the_method() {
    let story = story();
    let (_dir, ledger) = ledger_of(&story.blocks);
    let seed = Seed { out: output(&ledger, story.theft, 0), label: X };
    let through = Options { through_mixes: true, ..options(Method::Fifo) };
    let found = propagate(&ledger, &[seed], through, &known(&ledger)).expect("propagates");
    let step = found.steps.last().expect("the mix was divided");
    assert_eq!(step.mix, Some(Mix { protocol: "test", participants: 3 }));
    let shares: Vec<u64> = found.outputs(step).iter().map(|piece| piece.dirty).collect();
    assert_eq!(shares, [127, 127, 126]);
    assert_eq!((step.fee, found.totals[&X].mixed), (10, 0));
    assert_eq!(found.totals[&X].booked(), 1_000);
}

#[test]
fn limits_cut_where_they_say_and_the_rest_is_booked() {
    let story = story();
    let (_dir, ledger) = ledger_of(&story.blocks);
    let seed = Seed { out: output(&ledger, story.theft, 0), label: X };
    let limited = |limits: PropagationLimits| {
        let found = propagate(&ledger, &[seed], Options { limits, ..options(Method::Fifo) }, &known(&ledger))
            .expect("propagates");
        assert_eq!(found.totals[&X].booked(), 1_000);
        let truncations: BTreeSet<Truncation> = found
            .ends
            .iter()
            .filter_map(|end| if let StopReason::Truncated(cut) = end.reason { Some(cut) } else { None })
            .collect();
        let totals = found.totals[&X];
        (truncations.into_iter().collect::<Vec<_>>(), totals.truncated + totals.dust, found.is_complete())
    };
    let none = PropagationLimits { dust: 0, ..PropagationLimits::default() };
    assert_eq!(limited(PropagationLimits { hops: 1, ..none }), (vec![Truncation::Hops], 990, false));
    assert_eq!(limited(PropagationLimits { hops: 0, ..none }), (vec![Truncation::Hops], 1_000, false));
    assert_eq!(limited(PropagationLimits { dust: 500, ..none }), (vec![Truncation::Dust], 390, true));
    // What is at the limit is not below it.
    assert_eq!(limited(PropagationLimits { dust: 390, ..none }).1, 0);
    assert_eq!(limited(PropagationLimits { dust: 391, ..none }).1, 390);
    assert_eq!(limited(PropagationLimits { txs: 1, ..none }), (vec![Truncation::Work], 600, false));
    assert_eq!(limited(PropagationLimits { txs: 0, ..none }), (vec![Truncation::Work], 1_000, false));
    assert_eq!(limited(PropagationLimits { fan_out: 2, ..none }), (vec![Truncation::FanOut], 600, false));
    // Later spends do not count: the split of 2000 is seen, the mix of 3000 is not.
    assert_eq!(limited(PropagationLimits { until: 2_500, ..none }), (vec![], 0, true));
}

#[test]
fn backward_goes_to_the_services_and_the_mint() {
    let story = story();
    let (_dir, ledger) = ledger_of(&story.blocks);
    let tip = ledger.find_address(&owner(2)).expect("known");
    let kept = *ledger.activity(tip, 10).0.received.last().expect("received twice");
    let back = Options { direction: Direction::Backward, ..options(Method::Haircut) };
    let found =
        propagate(&ledger, &[Seed { out: kept, label: X }], back, &known(&ledger)).expect("propagates");
    let theft = ledger.find_tx(&story.theft).expect("in the ledger");
    let ends: Vec<(StopReason, u128)> =
        found.ends.iter().map(|end| (end.reason, end.holding.dirty(X))).collect();
    assert_eq!(ends, [(StopReason::Coinbase(theft), 90)]);
    // The robbed one is a service: the propagation ends at its coins.
    let robbed = Known { services: BTreeSet::from([1]), ..known(&ledger) };
    let found = propagate(&ledger, &[Seed { out: kept, label: X }], back, &robbed).expect("propagates");
    assert_eq!(found.ends.iter().map(|end| end.reason).collect::<Vec<_>>(), [StopReason::ReachedService]);
    let error = propagate(
        &ledger,
        &[Seed { out: kept, label: X }],
        Options { method: Method::Tiho, ..back },
        &robbed,
    );
    assert_eq!(error.expect_err("pools its inputs"), SeedError::NoWayBack(Method::Tiho));
}

#[test]
fn a_transaction_with_missing_amounts_is_unresolved_not_guessed() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted = block.tx(&[], &[(300, Some(owner(1)))]);
    let elsewhere = OutPoint { txid: "22".repeat(32).parse().expect("64 digits"), vout: 0 };
    block.tx(&[(OutPoint { txid: minted, vout: 0 }, None), (elsewhere, None)], &[(500, Some(owner(2)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let seed = Seed { out: output(&ledger, minted, 0), label: X };
    let found = propagate(&ledger, &[seed], options(Method::Haircut), &known(&ledger)).expect("propagates");
    assert_eq!((found.totals[&X].unknown_inputs, found.totals[&X].booked()), (300, 300));
    assert!(!found.is_complete());
}

/// A block that pays its miner the fees of its transactions, one of them dirty, as the chain wants it.
#[test]
fn fees_can_be_followed_to_the_miner() {
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let mut first = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let coins = first.tx(&[], &[(100, Some(owner(1))), (200, Some(owner(2)))]);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, 2_000, 0);
    // Subsidy 50, then a clean fee of 20 and a dirty one of 10: FIFO lays 50c 20c 10X over 60 and 20.
    second.tx(&[], &[(60, Some(owner(8))), (20, Some(owner(9)))]);
    second.tx(&[out(coins, 1)], &[(180, Some(owner(3)))]);
    second.tx(&[out(coins, 0)], &[(90, Some(owner(4)))]);
    let (_dir, ledger) = ledger_of(&[first, second.done()]);
    let seed = Seed { out: output(&ledger, coins, 0), label: X };
    let limits = PropagationLimits { dust: 0, through_fees: true, ..PropagationLimits::default() };
    let held = |method| {
        let asked = Options { limits, ..options(method) };
        let found = propagate(&ledger, &[seed], asked, &known(&ledger)).expect("propagates");
        assert_eq!((found.totals[&X].booked(), found.totals[&X].fees), (100, 0), "{method:?}");
        let mut held: Vec<(OutNum, u128)> =
            found.ends.iter().filter_map(|end| Some((end.out?, end.holding.dirty(X)))).collect();
        held.sort_unstable();
        held.into_iter().map(|(_, dirty)| dirty).collect::<Vec<_>>()
    };
    assert_eq!(held(Method::Fifo), [10, 90]);
    assert_eq!(held(Method::Haircut), [8, 2, 90], "10 of 80, over 60 and 20");
    let booked = propagate(&ledger, &[seed], options(Method::Fifo), &known(&ledger)).expect("propagates");
    assert_eq!((booked.totals[&X].fees, booked.totals[&X].unspent), (10, 90));
}

#[test]
fn seeds_that_cannot_be_are_refused() {
    let (_dir, ledger) = ledger_of(&story().blocks);
    let ask = |seeds: &[Seed]| {
        propagate(&ledger, seeds, options(Method::Fifo), &known(&ledger)).expect_err("refused")
    };
    let seed = |n| Seed { out: OutNum(n), label: X };
    assert_eq!(ask(&[]), SeedError::None);
    assert_eq!(ask(&[seed(9_999)]), SeedError::NotInLedger(OutNum(9_999)));
    assert_eq!(ask(&[seed(0), seed(0)]), SeedError::Twice(OutNum(0)));
}

#[test]
fn a_seed_downstream_of_another_is_not_tainted_twice() {
    let story = story();
    let (_dir, ledger) = ledger_of(&story.blocks);
    let theft = output(&ledger, story.theft, 0);
    let split =
        ledger.output(theft).and_then(|output| output.spent_by).and_then(|tx| ledger.tx(tx)).expect("spent");
    let seeds = [Seed { out: theft, label: X }, Seed { out: split.first_output, label: Label(1) }];
    let found = propagate(&ledger, &seeds, options(Method::Fifo), &known(&ledger)).expect("propagates");
    assert_eq!((found.totals[&X].rejoined, found.totals[&X].booked()), (600, 1_000));
    assert!(found.is_complete(), "another seed is no limit");
    assert_eq!((found.totals[&Label(1)].seeded, found.totals[&Label(1)].booked()), (600, 600));
}

/// A chain drawn by numbers: every transaction spends some of what is unspent.
pub(crate) fn drawn(choices: &[(u8, u8, u8)]) -> (Vec<UtxoBlock>, Vec<(TxId, u32)>) {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let coins: Vec<(u64, _)> = (0..6).map(|n| (10_007 + n as u64 * 991, Some(owner(n)))).collect();
    let first = block.tx(&[], &coins);
    let mut unspent: Vec<(TxId, u32, u64)> =
        coins.iter().enumerate().map(|(at, coin)| (first, at as u32, coin.0)).collect();
    for (n, &(take, parts, fee)) in choices.iter().enumerate() {
        let count = 1 + usize::from(take) % 3;
        let spent: Vec<_> = (0..count.min(unspent.len()))
            .map(|step| unspent.remove((usize::from(take) * 7 + step) % unspent.len()))
            .collect();
        let total: u64 = spent.iter().map(|coin| coin.2).sum();
        let kept = total - total * u64::from(fee % 10) / 100;
        let parts = 1 + u64::from(parts % 4);
        let values: Vec<(u64, _)> = (0..parts)
            .map(|part| kept / parts + if part == 0 { kept % parts } else { 0 })
            .enumerate()
            .map(|(part, value)| (value, (part != 3).then(|| owner(10 + n * 4 + part))))
            .collect();
        let inputs: Vec<_> = spent.iter().map(|&(txid, vout, _)| (OutPoint { txid, vout }, None)).collect();
        let txid = block.tx(&inputs, &values);
        let owned = values.iter().enumerate().filter(|(_, coin)| coin.1.is_some());
        unspent.extend(owned.map(|(at, coin)| (txid, at as u32, coin.0)));
    }
    (vec![block.done()], (0..6).map(|vout| (first, vout)).collect())
}

fn check_booked(found: &Propagation) -> Result<(), TestCaseError> {
    for totals in found.totals.values() {
        prop_assert_eq!(totals.booked(), totals.seeded);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_lost_or_made_on_any_chain(
        choices in prop::collection::vec(any::<(u8, u8, u8)>(), 1..40),
        hops in 0u32..20, dust in 0u128..2_000, share_ppm in 0u32..500_000, txs in 0usize..40, through_mixes: bool, through_fees: bool,
    ) {
        let (blocks, coins) = drawn(&choices);
        let (_dir, ledger) = ledger_of(&blocks);
        let known = Known { ledger: &ledger, services: BTreeSet::from([14, 27, 33]), mixes: true };
        let seeds: Vec<Seed> = coins.iter().step_by(2).enumerate()
            .map(|(at, &(txid, vout))| Seed { out: output(&ledger, txid, vout.into()), label: Label(at as u16 % 2) }).collect();
        let limits = PropagationLimits { hops, dust, share_ppm, txs, through_fees, ..PropagationLimits::default() };
        for method in [Method::Haircut, Method::Fifo, Method::Lifo, Method::Tiho] {
            let asked = Options { direction: Direction::Forward, method, through_mixes, limits };
            check_booked(&propagate(&ledger, &seeds, asked, &known).expect("propagates"))?;
            let last = ledger.info().outputs - 1;
            let back = Options { direction: Direction::Backward, ..asked };
            match propagate(&ledger, &[Seed { out: OutNum(last), label: X }], back, &known) {
                Ok(found) => check_booked(&found)?,
                Err(error) => prop_assert_eq!(error, SeedError::NoWayBack(Method::Tiho)),
            }
        }
    }
}
