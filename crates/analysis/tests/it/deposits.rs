//! Deposit addresses, on movements whose meaning is plain.

use tracehound_analysis::deposits::{Deposit, Seen, deposits};
use tracehound_model::{Amount, transfer::MovementKind};
use tracehound_transfers::{AccountNum, AssetNum, Transfer, TransferNum, TxNum};

/// Payer, payee, asset, amount, transaction.
type Row = (u32, u32, u32, u64, u64);

pub(crate) fn transfers(rows: &[Row]) -> impl Iterator<Item = Transfer> + use<'_> {
    (0..).zip(rows).map(|(num, (from, to, asset, amount, tx))| Transfer {
        num: TransferNum(num),
        tx: TxNum(*tx),
        from: Some(AccountNum(*from)),
        to: Some(AccountNum(*to)),
        asset: AssetNum(*asset),
        amount: Amount::from(*amount),
        kind: MovementKind::Native,
        proved: true,
    })
}

/// Accounts 100 and 101 are wallets of one exchange, 200 is one of another.
fn exchange(account: AccountNum) -> Option<&'static str> {
    match account.0 {
        100 | 101 => Some("one"),
        200 => Some("two"),
        _ => None,
    }
}

/// Fees are paid in asset 9, of which up to 10 are kept for them.
fn for_fees(asset: AssetNum) -> Amount {
    Amount::from(if asset.0 == 9 { 10_u64 } else { 0 })
}

fn told(rows: &[Row]) -> Vec<Deposit<&'static str>> {
    deposits(&transfers(rows).collect::<Vec<_>>(), exchange, for_fees)
}

fn found(rows: &[Row]) -> Vec<(u32, &'static str, Seen)> {
    told(rows).into_iter().map(|Deposit { account, service, seen, .. }| (account.0, service, seen)).collect()
}

#[test]
fn what_passes_everything_on_to_one_exchange_is_its_deposit_address() {
    // Two receipts, a sweep to each of two wallets of one exchange, and gas that somebody sent.
    let rows =
        [(1, 7, 0, 1_000, 1), (7, 100, 0, 990, 2), (2, 7, 0, 500, 3), (3, 7, 9, 9, 4), (7, 101, 0, 505, 5)];
    let all = told(&rows);
    let expected =
        Deposit { account: AccountNum(7), service: "one", seen: Seen::PassedOn, payments: 2, receipts: 3 };
    assert_eq!(all, [expected]);
}

#[test]
fn what_came_before_the_rows_begin_is_said() {
    assert_eq!(found(&[(7, 100, 0, 990, 2)]), [(7, "one", Seen::PaidOnly)]);
    // A receipt for less than was paid explains only a part.
    assert_eq!(found(&[(1, 7, 0, 10, 1), (7, 100, 0, 990, 2)]), [(7, "one", Seen::PaidOnly)]);
    // A receipt after the payment explains nothing, and is not kept either: the next sweep is to come.
    assert_eq!(found(&[(7, 100, 0, 990, 2), (1, 7, 0, 990, 3)]), [(7, "one", Seen::PaidOnly)]);
    let swept_and_paid_again = [(1, 7, 0, 990, 1), (7, 100, 0, 990, 2), (1, 7, 0, 5_000, 3)];
    assert_eq!(found(&swept_and_paid_again), [(7, "one", Seen::PassedOn)]);
}

#[test]
fn whoever_pays_anybody_else_is_none() {
    let way = [(1, 7, 0, 1_000, 1), (7, 100, 0, 1_000, 2)];
    assert_eq!(found(&way).len(), 1);
    for other in [(7, 200, 0, 1, 3), (7, 8, 0, 1, 3), (7, 8, 5, 1, 3)] {
        assert_eq!(found(&[way[0], way[1], other]), [], "{other:?}");
        assert_eq!(found(&[other, way[0], way[1]]), [], "{other:?} first");
    }
    // Nothing is paid by a movement of nothing, in whosever name it is written.
    assert_eq!(found(&[way[0], way[1], (7, 8, 0, 0, 3)]).len(), 1);
}

#[test]
fn routers_and_forwarding_contracts_are_none() {
    assert_eq!(found(&[(1, 7, 0, 1_000, 1), (7, 100, 0, 1_000, 1)]), []);
    // Also where one asset came and another went.
    assert_eq!(found(&[(1, 7, 3, 5, 1), (7, 100, 0, 1_000, 1)]), []);
}

#[test]
fn whoever_keeps_a_good_part_is_none() {
    assert_eq!(found(&[(1, 7, 0, 1_000, 1), (7, 100, 0, 890, 2)]), []);
    assert_eq!(found(&[(1, 7, 0, 1_000, 1), (7, 100, 0, 900, 2)]).len(), 1);
}

/// Who holds a thousand of one thing and passes another on has them: no exchange left them there.
#[test]
fn whoever_keeps_another_asset_is_none() {
    let way = [(2, 7, 1, 1_000, 2), (7, 100, 1, 1_000, 3)];
    assert_eq!(found(&way), [(7, "one", Seen::PassedOn)]);
    assert_eq!(found(&[(1, 7, 0, 1_000, 1), way[0], way[1]]), []);
    assert_eq!(found(&[(100, 7, 0, 1_000, 1), way[0], way[1]]), [], "also where the exchange sent it");
    // What pays the fees is no stash, until it is more than fees take.
    assert_eq!(found(&[(1, 7, 9, 10, 1), way[0], way[1]]).len(), 1);
    assert_eq!(found(&[(1, 7, 9, 6, 1), (3, 7, 9, 5, 1), way[0], way[1]]), []);
    // Nobody takes it out of the answer by dust: a hundredth of what is usually moved of that asset.
    let usual = [(1, 8, 0, 1_000, 1), (1, 9, 0, 1_200, 1)];
    assert_eq!(found(&[usual[0], usual[1], (1, 7, 0, 9, 1), way[0], way[1]]).len(), 1);
    assert_eq!(found(&[usual[0], usual[1], (1, 7, 0, 11, 1), way[0], way[1]]), []);
    // What came since its last payment is on its way, and what was kept of an asset that it once passed on is kept.
    assert_eq!(found(&[way[0], way[1], (1, 7, 0, 1_000, 4)]).len(), 1);
    assert_eq!(found(&[(1, 7, 0, 5, 1), (7, 100, 0, 5, 1), (1, 7, 0, 1_000, 1), way[0], way[1]]), []);
}

#[test]
fn wallets_of_the_exchange_are_none() {
    // One that the exchange feeds, or a customer who withdrew and paid in again.
    assert_eq!(found(&[(100, 7, 0, 1_000, 1), (7, 100, 0, 1_000, 2)]), []);
    // Gas that the exchange sends to a deposit address of tokens makes it no wallet of the exchange.
    assert_eq!(
        found(&[(1, 7, 5, 1_000, 1), (100, 7, 9, 9, 2), (7, 100, 5, 1_000, 3)]),
        [(7, "one", Seen::PassedOn)]
    );
}

#[test]
fn what_is_known_of_an_account_is_not_asked_when_it_is_judged() {
    // A known wallet of the exchange, found by what it does: one on which the rule is right.
    assert_eq!(
        found(&[(1, 101, 0, 1_000, 1), (2, 8, 0, 1, 2), (101, 100, 0, 1_000, 3), (1, 8, 0, 1, 4)]),
        [(101, "one", Seen::PassedOn)]
    );
}

#[test]
fn a_fee_is_no_payment_and_what_is_issued_is_a_receipt() {
    let mut rows: Vec<Transfer> =
        transfers(&[(1, 7, 0, 1_000, 1), (7, 100, 0, 990, 2), (7, 9, 0, 10, 2)]).collect();
    rows[0].from = None;
    rows[2].kind = MovementKind::Fee;
    let all = deposits(&rows, exchange, for_fees);
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].seen, all[0].payments, all[0].receipts), (Seen::PassedOn, 1, 1));
    // What is destroyed went to nobody the exchange knows.
    rows[2] = Transfer { kind: MovementKind::Token, to: None, ..rows[2] };
    assert_eq!(deposits(&rows, exchange, for_fees), []);
}
