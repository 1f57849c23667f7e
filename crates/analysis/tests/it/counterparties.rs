use tracehound_analysis::{Counterparties, Limits};
use tracehound_ledger::Ledger;
use tracehound_model::{BlockHash, OutPoint, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::ledger_of;

const SUBJECT: usize = 100;

fn of(ledger: &Ledger, limits: Limits) -> Counterparties {
    Counterparties::of(ledger, &[ledger.find_address(&owner(SUBJECT)).expect("known")].into(), limits)
}

fn amounts(
    ledger: &Ledger,
    side: &std::collections::BTreeMap<tracehound_ledger::AddrNum, tracehound_analysis::Counterparty>,
) -> Vec<(usize, u128)> {
    let name = |addr| (0..200).find(|&n| ledger.script_key(addr) == Some(owner(n))).expect("one of ours");
    let mut list: Vec<_> = side.iter().map(|(&addr, party)| (name(addr), party.amount)).collect();
    list.sort_unstable();
    list
}

/// Owners 1 and 2 pay 300 + 100 into a transaction of which the subject gets 200; it then pays 150 to owner 3,
/// takes 40 back as change and leaves 10 as fee.
fn story() -> Vec<UtxoBlock> {
    let mut first = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted = first.tx(&[], &[(300, Some(owner(1))), (100, Some(owner(2))), (7, Some(owner(SUBJECT)))]);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, 2_000, 0);
    second.tx(&[], &[(50, Some(owner(9)))]);
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let paid =
        second.tx(&[out(minted, 0), out(minted, 1)], &[(200, Some(owner(SUBJECT))), (190, Some(owner(1)))]);
    second.tx(&[out(paid, 0)], &[(150, Some(owner(3))), (40, Some(owner(SUBJECT))), (0, None)]);
    vec![first, second.done()]
}

#[test]
fn payers_share_what_the_subject_received_and_change_is_not_counted() {
    let (_dir, ledger) = ledger_of(&story());
    let found = of(&ledger, Limits::default());
    assert_eq!(amounts(&ledger, &found.incoming), [(1, 150), (2, 50)]);
    assert_eq!(amounts(&ledger, &found.outgoing), [(3, 150)]);
    assert_eq!((found.total_in, found.coinbase, found.total_out), (207, 7, 150));
    assert_eq!(found.span, Some((1_000, 2_000)));
    assert!(!found.cut);
    assert_eq!(found.unresolved_txs, 0);
}

#[test]
fn a_question_about_the_past_sees_no_later_block() {
    let (_dir, ledger) = ledger_of(&story());
    let found = of(&ledger, Limits { until: 1_500, ..Limits::default() });
    assert_eq!((found.total_in, found.total_out), (7, 0));
    assert!(found.incoming.is_empty());
}

#[test]
fn an_unknown_input_makes_the_amount_unresolved_but_keeps_the_known_payer() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let minted = block.tx(&[], &[(300, Some(owner(1)))]);
    let elsewhere = OutPoint { txid: "22".repeat(32).parse().expect("64 digits"), vout: 0 };
    block
        .tx(&[(OutPoint { txid: minted, vout: 0 }, None), (elsewhere, None)], &[(500, Some(owner(SUBJECT)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let found = of(&ledger, Limits::default());
    assert_eq!((found.unresolved_in, found.unresolved_txs), (500, 1));
    let payer = found.incoming.values().next().expect("owner 1 is known");
    assert_eq!((payer.amount, payer.txs[0].1), (0, None));
}

#[test]
fn undo_data_stands_in_for_blocks_that_are_not_there() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    block.tx(&[], &[(1, Some(owner(9)))]);
    let elsewhere = |vout| OutPoint { txid: "33".repeat(32).parse().expect("64 digits"), vout };
    block.tx(
        &[(elsewhere(0), Some((60, owner(SUBJECT)))), (elsewhere(1), Some((40, owner(4))))],
        &[(90, Some(owner(5)))],
    );
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let found = of(&ledger, Limits::default());
    assert_eq!(amounts(&ledger, &found.outgoing), [(5, 54)], "60 of 100 in, so 54 of 90 out");
    assert_eq!(found.unresolved_txs, 0);
}

#[test]
fn a_limit_cuts_visibly() {
    let (_dir, ledger) = ledger_of(&story());
    assert!(of(&ledger, Limits { rows: 4, ..Limits::default() }).cut);
    assert!(of(&ledger, Limits { outputs: 1, ..Limits::default() }).cut);
}
