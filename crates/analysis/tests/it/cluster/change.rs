//! Change heuristics on payments of which one knows what each must say, and their measured record.

use tracehound_analysis::cluster::{
    Clusters,
    change::{Heuristic, MOST_OUTPUTS, Payment, change_edge, change_edges, measure_heuristics},
};
use tracehound_ledger::{Ledger, TxNum};
use tracehound_model::{BlockHash, OutPoint, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use super::{addr, out, plain};
use crate::ledger_of;

/// Owners five apart have one script type. Owner 0 pays 2,000,000 to owner 6 (known before, of another type) and gets
/// 390,000 back at owner 5, which later spends that together with owner 0's other coin.
fn story() -> (Vec<UtxoBlock>, TxId) {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted =
        block.tx(&[], &[(2_400_000, Some(owner(0))), (500_000, Some(owner(0))), (1, Some(owner(6)))]);
    let payment = block.tx(&[out(minted, 0)], &[(2_000_000, Some(owner(6))), (390_000, Some(owner(5)))]);
    block.tx(&[out(payment, 1), out(minted, 1)], &[(880_000, Some(owner(7))), (9_000, None)]);
    (vec![block.done()], payment)
}

fn says(ledger: &Ledger, txid: TxId, heuristic: Heuristic) -> Vec<u32> {
    let tx = ledger.find_tx(&txid).expect("there");
    Payment::of(ledger, tx).expect("a payment").candidates(heuristic).iter().collect()
}

#[test]
fn each_heuristic_says_what_it_cannot_rule_out() {
    let (blocks, payment) = story();
    let (_dir, ledger) = ledger_of(&blocks);
    for (heuristic, left) in [
        (Heuristic::AddressReuse, vec![]),
        (Heuristic::OptimalChange, vec![0, 1]),
        (Heuristic::AddressType, vec![1]),
        (Heuristic::PowerOfTen, vec![1]),
        (Heuristic::ClientChange, vec![1]),
        (Heuristic::OneTime, vec![1]),
        (Heuristic::LockTime, vec![0, 1]),
        // The spender pays 1,000 for 100 virtual bytes, the payment 10,000.
        (Heuristic::FixedFee, vec![0]),
        (Heuristic::PeelingChain, vec![]),
        (Heuristic::Spent, vec![1]),
        (Heuristic::Legacy, vec![1]),
    ] {
        assert_eq!(says(&ledger, payment, heuristic), left, "{}", heuristic.name());
    }
}

#[test]
fn a_peel_chain_and_a_reused_address_are_seen() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted = block.tx(&[], &[(1_000, Some(owner(0)))]);
    let first = block.tx(&[out(minted, 0)], &[(100, Some(owner(1))), (900, Some(owner(2)))]);
    let second = block.tx(&[out(first, 1)], &[(200, Some(owner(3))), (700, Some(owner(2)))]);
    block.tx(&[out(second, 1)], &[(700, Some(owner(4)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    assert_eq!(says(&ledger, first, Heuristic::PeelingChain), [1]);
    assert_eq!(
        says(&ledger, second, Heuristic::PeelingChain),
        vec![0; 0],
        "its change goes on in another shape"
    );
    assert_eq!(says(&ledger, second, Heuristic::AddressReuse), [1]);
    assert_eq!(says(&ledger, second, Heuristic::OneTime), vec![0; 0], "an input owner is paid");
}

#[test]
fn there_is_no_vote_where_something_is_missing_or_too_much() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted = block.tx(&[], &[(1_000, Some(owner(0))), (1_000, Some(owner(0))), (900, Some(owner(1)))]);
    let elsewhere = (OutPoint { txid: TxId([9; 32]), vout: 0 }, None);
    block.tx(&[out(minted, 0), elsewhere], &[(1, Some(owner(1))), (2, Some(owner(2)))]);
    let many: Vec<_> = (0..=MOST_OUTPUTS as usize).map(|n| (1, Some(owner(n)))).collect();
    block.tx(&[out(minted, 1)], &many);
    block.tx(&[out(minted, 2)], &[(800, Some(owner(3))), (0, None)]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    for tx in 0..5 {
        assert!(Payment::of(&ledger, TxNum(tx)).is_none(), "{tx}");
    }
}

#[test]
fn heuristics_of_two_families_make_an_edge_unless_another_disagrees() {
    let (blocks, payment) = story();
    let (_dir, ledger) = ledger_of(&blocks);
    let clusters = Clusters::build(&ledger, &plain()).expect("builds");
    let tx = ledger.find_tx(&payment).expect("there");
    // The fee rate names the payment.
    assert_eq!(change_edge(&ledger, &clusters, tx), None);

    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted = block.tx(&[], &[(2_400_000, Some(owner(0))), (1, Some(owner(6)))]);
    block.tx(&[out(minted, 0)], &[(2_000_000, Some(owner(6))), (390_000, Some(owner(5)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let clusters = Clusters::build(&ledger, &plain()).expect("builds");
    let edges: Vec<_> = change_edges(&ledger, &clusters, TxNum(0)..TxNum(2)).collect();
    assert_eq!(edges.len(), 1);
    let edge = edges[0];
    assert_eq!((edge.tx, edge.payer, edge.change), (TxNum(1), addr(&ledger, 0), addr(&ledger, 5)));
    let names: Vec<_> = edge.heuristics.iter().map(Heuristic::name).collect();
    assert_eq!(names, ["address-type", "power-of-ten", "client-change", "one-time", "legacy"]);
    assert_eq!(edge.heuristics.families(), 3);
    assert_ne!(clusters.cluster_of(edge.payer), clusters.cluster_of(edge.change), "a vote joins nothing");
    let blind = |_: &Ledger, _: tracehound_ledger::TxSpan| true;
    let mixed =
        Clusters::build(&ledger, &tracehound_analysis::cluster::Rules { coinjoins: &blind, ..plain() })
            .expect("builds");
    assert_eq!(change_edges(&ledger, &mixed, TxNum(0)..TxNum(2)).count(), 1, "one owner: not asked");
}

#[test]
fn the_chain_tells_which_votes_were_right() {
    let (blocks, _) = story();
    let (_dir, ledger) = ledger_of(&blocks);
    let clusters = Clusters::build(&ledger, &plain()).expect("builds");
    let measured = measure_heuristics(&ledger, &clusters);
    assert_eq!((measured.sample, measured.self_change, measured.edges), (1, 0, (0, 0)));
    let of = |heuristic: Heuristic| {
        let record =
            measured.heuristics.iter().find(|record| record.heuristic == heuristic).expect("all are there");
        (record.fired, record.right, record.wrong)
    };
    assert_eq!(of(Heuristic::AddressType), (1, 1, 0));
    assert_eq!(of(Heuristic::FixedFee), (1, 0, 1));
    assert_eq!(of(Heuristic::OptimalChange), (0, 0, 0));
}
