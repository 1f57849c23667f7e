//! Balances over time: known to the unit, or not known and why.

use std::collections::HashMap;

use proptest::prelude::*;
use tracehound_model::Amount;
use tracehound_transfers::{
    Balance, BalanceAt, BalanceUnknown, MemoryTransfers, Opening, TransferNum, TransferRows,
};

use crate::chain::{account, block, blocks, ether, moves, store, tx};

fn of(rows: &MemoryTransfers, name: u8) -> Balance {
    Balance {
        account: rows.find_account(&account(name)).expect("an account"),
        asset: rows.find_asset(&ether()).expect("an asset"),
    }
}

fn known(amount: u64) -> BalanceAt {
    BalanceAt::Known(Amount::from(amount))
}

#[test]
fn a_balance_is_what_came_less_what_went() {
    let mut rows = store(Opening::Nothing);
    let movements = vec![moves(0, 7, 100), moves(7, 8, 30), moves(7, 7, 60), moves(8, 7, 0), moves(7, 0, 70)];
    rows.append(&block(0, 0, vec![tx(1, movements)])).expect("genesis");
    let seven = of(&rows, 7);
    let before = |num| rows.before(seven, TransferNum(num));
    assert_eq!([0, 1, 2, 3, 4, 5].map(before), [0, 100, 70, 70, 70, 0].map(known));
    assert_eq!(
        rows.next(seven, TransferNum(2)),
        Some(TransferNum(2)),
        "one to oneself is a transfer all the same"
    );
    assert_eq!(rows.next(seven, TransferNum(5)), None);
    assert_eq!(rows.next(of(&rows, 8), TransferNum(2)), Some(TransferNum(3)));
}

#[test]
fn what_is_not_known_is_never_zero() {
    let mut rows = store(Opening::Known(vec![(account(7), ether(), Amount::from(10u64))]));
    rows.append(&block(
        0,
        0,
        vec![tx(1, vec![moves(8, 7, 5), moves(7, 8, 15), moves(7, 8, 1), moves(8, 7, 50)])],
    ))
    .expect("a first block");
    let seven = |num| rows.before(of(&rows, 7), TransferNum(num));
    assert_eq!([0, 1, 2].map(seven), [10, 15, 0].map(known));
    let overdrawn = BalanceAt::Unknown(BalanceUnknown::Overdrawn(TransferNum(2)));
    assert_eq!([3, 4].map(seven), [overdrawn; 2], "what comes later does not make it known again");
    let eight = rows.before(of(&rows, 8), TransferNum(4));
    assert_eq!(eight, BalanceAt::Unknown(BalanceUnknown::Opening));
}

#[test]
fn a_transfer_to_oneself_of_more_than_there_is_shows_that_something_is_missing() {
    let mut rows = store(Opening::Nothing);
    rows.append(&block(0, 0, vec![tx(1, vec![moves(0, 7, 5), moves(7, 7, 5), moves(7, 7, 6)])]))
        .expect("genesis");
    let seven = |num| rows.before(of(&rows, 7), TransferNum(num));
    assert_eq!(seven(2), known(5));
    assert_eq!(seven(3), BalanceAt::Unknown(BalanceUnknown::Overdrawn(TransferNum(2))));
}

#[test]
fn a_balance_beyond_256_bits_is_told_and_not_wrapped() {
    let mut rows = store(Opening::Nothing);
    let mut largest = moves(0, 7, 0);
    largest.amount = Amount::from_be_bytes([0xff; 32]);
    rows.append(&block(0, 0, vec![tx(1, vec![largest, moves(0, 7, 1)])])).expect("genesis");
    let seven = |num| rows.before(of(&rows, 7), TransferNum(num));
    assert_eq!(seven(1), BalanceAt::Known(Amount::from_be_bytes([0xff; 32])));
    let too_large = BalanceUnknown::TooLarge(TransferNum(1));
    assert_eq!(seven(2), BalanceAt::Unknown(too_large));
    assert!(too_large.to_string().contains("2^256"));
}

proptest! {
    /// Against sums over all transfers, one by one.
    #[test]
    fn every_balance_is_the_sum_of_its_transfers(blocks in blocks(1)) {
        let mut rows = store(Opening::Nothing);
        for block in &blocks {
            rows.append(block).expect("the next");
        }
        let mut sums: HashMap<Balance, Option<i128>> = HashMap::new();
        for num in (0..rows.transfer_count()).map(TransferNum) {
            let transfer = rows.transfer(num).expect("held");
            let amount = i128::try_from(transfer.amount.to_u128().expect("small")).expect("small");
            for balance in [transfer.source(), transfer.target()].into_iter().flatten() {
                let expected = sums.get(&balance).copied().unwrap_or(Some(0));
                match rows.before(balance, num) {
                    BalanceAt::Known(held) => prop_assert_eq!(
                        held.to_u128().and_then(|held| i128::try_from(held).ok()), expected
                    ),
                    BalanceAt::Unknown(_) => prop_assert_eq!(expected, None),
                }
            }
            for (balance, sign) in [(transfer.source(), -1), (transfer.target(), 1)] {
                let Some(balance) = balance else { continue };
                let sum = sums.entry(balance).or_insert(Some(0));
                // In between, one to oneself is below what it is before and after.
                *sum = sum.map(|sum| sum + sign * amount).filter(|sum| *sum >= 0);
            }
        }
    }
}
