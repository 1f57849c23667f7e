//! Clusters on chains small enough to work out, on random ones against the plainest method, and on emulated rounds.

mod change;
mod emulated;
mod random;

use tracehound_analysis::cluster::{
    Clusters, Collapse, Guard, Refusal, Rules, ServiceId, Step, is_payjoin_suspect,
};
use tracehound_ledger::{AddrNum, Ledger, TxNum, TxSpan};
use tracehound_model::{BitcoinNetwork, BlockHash, OutPoint, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::ledger_of;

fn nothing(_: &Ledger, _: TxSpan) -> bool {
    false
}

/// The multi-input rule alone.
fn plain() -> Rules<'static, Ledger> {
    Rules { payjoin_inputs: 0, threads: 1, ..Rules::new(&nothing) }
}

fn out(txid: TxId, vout: u32) -> (OutPoint, Option<(u64, tracehound_model::ScriptKey)>) {
    (OutPoint { txid, vout }, None)
}

fn addr(ledger: &Ledger, n: usize) -> AddrNum {
    ledger.find_address(&owner(n)).expect("occurs")
}

/// Coins of 100 for each owner, then transactions that spend the coins of the owners given: transaction number `i + 1`
/// for entry `i`, paying everything to owner 1000 + i.
fn spends(coins: &[usize], spends: &[&[usize]]) -> Vec<UtxoBlock> {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let outputs: Vec<_> = coins.iter().map(|&n| (100, Some(owner(n)))).collect();
    let minted = block.tx(&[], &outputs);
    let mut spent = vec![false; coins.len()];
    for (number, owners) in spends.iter().enumerate() {
        let inputs: Vec<_> = owners
            .iter()
            .map(|n| {
                let at = (0..coins.len()).find(|&at| coins[at] == *n && !spent[at]).expect("a coin left");
                spent[at] = true;
                out(minted, at as u32)
            })
            .collect();
        block.tx(&inputs, &[(100 * inputs.len() as u64 - 5, Some(owner(1_000 + number)))]);
    }
    vec![block.done()]
}

#[test]
fn inputs_of_one_transaction_join_and_the_way_between_two_is_told() {
    let (_dir, ledger) = ledger_of(&spends(&[1, 2, 2, 3, 3, 4, 5], &[&[1, 2], &[2, 3], &[3, 4], &[5]]));
    let clusters = Clusters::build(&ledger, &plain()).expect("builds");
    let [a, b, c, d] = [1, 2, 3, 4].map(|n| addr(&ledger, n));
    let other = addr(&ledger, 5);
    let id = clusters.cluster_of(d).expect("known");
    assert_eq!(id.0, a, "the smallest number");
    let name = id.name(&ledger, BitcoinNetwork::Regtest).expect("has one");
    let address =
        tracehound_model::Address::from_script(BitcoinNetwork::Regtest, &owner(1)).expect("has one");
    assert_eq!(name, format!("regtest:{address}"));
    assert_eq!(clusters.members(c, 10), (vec![a, b, c, d], 4));
    assert_eq!(clusters.members(c, 2), (vec![a, b], 4));
    assert_eq!(clusters.members(other, 10), (vec![other], 1));
    let step = |tx, from, to| Step { tx: TxNum(tx), from, to };
    assert_eq!(clusters.explain(a, d), Some(vec![step(1, a, b), step(2, b, c), step(3, c, d)]));
    assert_eq!(clusters.explain(d, b), Some(vec![step(3, d, c), step(2, c, b)]));
    assert_eq!(clusters.explain(a, a), Some(vec![]));
    assert_eq!(clusters.explain(a, other), None);
    let counts = clusters.counts();
    assert_eq!((counts.addresses, counts.clusters, counts.txs), (9, 6, 5));
}

#[test]
fn two_inputs_of_one_transaction_are_one_step_apart() {
    let (_dir, ledger) = ledger_of(&spends(&[1, 2, 3], &[&[3, 2, 1]]));
    let clusters = Clusters::build(&ledger, &plain()).expect("builds");
    let (b, c) = (addr(&ledger, 2), addr(&ledger, 3));
    assert_eq!(clusters.explain(b, c), Some(vec![Step { tx: TxNum(1), from: b, to: c }]));
}

#[test]
fn what_the_caller_calls_a_coinjoin_joins_nothing() {
    let (_dir, ledger) = ledger_of(&spends(&[1, 2, 2, 3], &[&[1, 2], &[2, 3]]));
    let coinjoin = |_: &Ledger, tx: TxSpan| tx.num == TxNum(1);
    let clusters = Clusters::build(&ledger, &Rules { coinjoins: &coinjoin, ..plain() }).expect("builds");
    assert_ne!(clusters.cluster_of(addr(&ledger, 1)), clusters.cluster_of(addr(&ledger, 2)));
    assert_eq!(clusters.cluster_of(addr(&ledger, 2)), clusters.cluster_of(addr(&ledger, 3)));
    assert!(clusters.is_coinjoin(TxNum(1)) && !clusters.is_coinjoin(TxNum(2)));
    assert_eq!(clusters.counts().coinjoins, 1);
}

/// Owners of one script type are five apart.
#[test]
fn a_payment_that_needed_one_coin_less_is_suspected_of_being_a_payjoin() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted = block.tx(
        &[],
        &[
            (500, Some(owner(0))),
            (100, Some(owner(5))),
            (500, Some(owner(10))),
            (100, Some(owner(15))),
            (500, Some(owner(20))),
            (100, Some(owner(1))),
        ],
    );
    let pair = |at| [out(minted, at), out(minted, at + 1)];
    // The payer of 200 needed no second coin: 300 = the payee's 100 + 200 is a payment of 200 to owner 25.
    let suspect = block.tx(&pair(0), &[(300, Some(owner(25))), (290, Some(owner(30)))]);
    // 90 is less than either coin: change, after a payment that needed both.
    let payment = block.tx(&pair(2), &[(505, Some(owner(35))), (90, Some(owner(40)))]);
    // Two script types: BIP-78 has the payer refuse that.
    let mixed = block.tx(&pair(4), &[(300, Some(owner(45))), (290, Some(owner(50)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let test = |txid, most| {
        is_payjoin_suspect(&ledger, &ledger.find_tx(&txid).and_then(|tx| ledger.tx(tx)).expect("there"), most)
    };
    assert_eq!([suspect, payment, mixed].map(|txid| test(txid, 6)), [true, false, false]);
    assert!(!test(suspect, 1), "more inputs than looked at");
    let clusters = Clusters::build(&ledger, &Rules::new(&nothing)).expect("builds");
    let apart = |a, b| clusters.cluster_of(addr(&ledger, a)) != clusters.cluster_of(addr(&ledger, b));
    assert_eq!([apart(0, 5), apart(10, 15), apart(20, 1)], [true, false, false]);
    assert_eq!(clusters.counts().payjoins, 1);
    let all = Clusters::build(&ledger, &plain()).expect("builds");
    assert_eq!(all.cluster_of(addr(&ledger, 0)), all.cluster_of(addr(&ledger, 5)), "unless the rule is off");
}

#[test]
fn two_services_are_not_joined_and_the_refusal_is_told() {
    let (_dir, ledger) = ledger_of(&spends(&[1, 2, 3, 1, 3, 4, 1, 2], &[&[1, 2], &[3, 4], &[1, 3], &[1, 2]]));
    let [a, b, c, d] = [1, 2, 3, 4].map(|n| addr(&ledger, n));
    // Owner 2's label reaches owner 1 by being joined to it.
    let labels = [(b, ServiceId(7)), (d, ServiceId(8))];
    let service = |addr: AddrNum| labels.iter().find(|label| label.0 == addr).map(|label| label.1);
    let guard = Some(Guard { service: &service, both_above: 100 });
    let clusters = Clusters::build(&ledger, &Rules { guard, ..plain() }).expect("builds");
    let expected = Refusal { tx: TxNum(3), a, b: c, why: Collapse::Services(ServiceId(7), ServiceId(8)) };
    assert_eq!(clusters.refusals(), [expected]);
    assert_eq!(clusters.members(a, 9).0, [a, b]);
    assert_eq!(clusters.members(c, 9).0, [c, d]);
    assert_eq!(clusters.counts().refusals, 1);
}

#[test]
fn two_large_clusters_are_not_joined_but_a_small_one_is() {
    let coins = [1, 2, 3, 4, 5, 6, 1, 3, 5, 6];
    let (_dir, ledger) = ledger_of(&spends(&coins, &[&[1, 2], &[3, 4], &[1, 3], &[5, 6]]));
    let guard = Some(Guard { service: &|_| None, both_above: 1 });
    let clusters = Clusters::build(&ledger, &Rules { guard, ..plain() }).expect("builds");
    assert_eq!(clusters.refusals().len(), 1);
    assert_eq!(clusters.refusals()[0].why, Collapse::Sizes(2, 2));
    assert_eq!(clusters.members(addr(&ledger, 1), 9).1, 2);
    let loose = Some(Guard { service: &|_| None, both_above: 2 });
    let clusters = Clusters::build(&ledger, &Rules { guard: loose, ..plain() }).expect("builds");
    assert_eq!(clusters.refusals(), []);
    assert_eq!(clusters.members(addr(&ledger, 1), 9).1, 4);
}

#[test]
fn an_input_from_outside_the_ledger_is_counted_and_the_others_are_joined() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted = block.tx(&[], &[(100, Some(owner(1))), (100, Some(owner(2)))]);
    let elsewhere = TxId([7; 32]);
    let known = (OutPoint { txid: elsewhere, vout: 1 }, Some((50, owner(3))));
    block.tx(&[out(minted, 0), out(elsewhere, 0), known, out(minted, 1)], &[(200, Some(owner(9)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let clusters = Clusters::build(&ledger, &plain()).expect("builds");
    assert_eq!(clusters.counts().unresolved, 1);
    assert_eq!(clusters.members(addr(&ledger, 1), 9).1, 3, "undo data names owner 3");
}

#[test]
fn an_address_of_another_snapshot_is_in_no_cluster() {
    let (_dir, ledger) = ledger_of(&spends(&[1], &[]));
    let clusters = Clusters::build(&ledger, &plain()).expect("builds");
    assert_eq!(clusters.cluster_of(AddrNum(5)), None);
    assert_eq!(clusters.members(AddrNum(5), 9), (vec![], 0));
    assert_eq!(clusters.explain(AddrNum(0), AddrNum(5)), None);
}

#[test]
fn clusters_are_continued_on_their_own_chain_and_with_their_guard_only() {
    let (_dir, ledger) = ledger_of(&spends(&[1], &[]));
    let mut clusters = Clusters::build(&ledger, &plain()).expect("builds");
    let guard = Some(Guard { service: &|_| None, both_above: 1 });
    let error = clusters.update(&ledger, &Rules { guard, ..plain() }).expect_err("another guard");
    assert!(error.to_string().contains("guard"), "{error}");
    let mut none = Clusters::default();
    let error = none.update(&ledger, &plain()).expect_err("another chain");
    assert!(error.to_string().contains(ledger.chain()), "{error}");
}
