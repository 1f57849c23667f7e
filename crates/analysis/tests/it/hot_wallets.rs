//! Hot wallets by degree.

use tracehound_analysis::hot_wallets::hot_wallets;
use tracehound_model::{Amount, transfer::MovementKind};
use tracehound_transfers::{AccountNum, AssetNum, Transfer, TransferNum, TxNum};

const WALLET: u32 = 1;

fn paid(tx: u64, from: u32, to: u32, amount: u64) -> Transfer {
    Transfer {
        num: TransferNum(tx),
        tx: TxNum(tx),
        from: Some(AccountNum(from)),
        to: Some(AccountNum(to)),
        asset: AssetNum(0),
        amount: Amount::from(amount),
        kind: MovementKind::Native,
        proved: false,
    }
}

/// The wallet is paid once, and pays ten.
fn pays_ten() -> Vec<Transfer> {
    let mut rows = vec![paid(0, 100, WALLET, 9)];
    rows.extend((1..=10).map(|number| paid(number, WALLET, 200 + number as u32, 5)));
    rows
}

fn found(rows: Vec<Transfer>) -> Vec<(u32, u64, u64, u64)> {
    let told = hot_wallets(rows).into_iter();
    told.map(|wallet| (wallet.account.0, wallet.payees, wallet.payers, wallet.payments)).collect()
}

#[test]
fn who_pays_many_each_by_itself_and_is_paid_pays_as_a_hot_wallet_does() {
    assert_eq!(found(pays_ten()), [(WALLET, 10, 1, 10)]);
    let without = |place: usize| {
        let mut rows = pays_ten();
        rows.remove(place);
        found(rows)
    };
    assert_eq!(without(10), [], "nine");
    assert_eq!(without(0), [], "it is paid by nobody: a miner's, or one that the rows do not show");
    // A payment of nothing is none, and neither is one to itself.
    for row in [paid(10, WALLET, 210, 0), paid(10, WALLET, WALLET, 5)] {
        let mut rows = pays_ten();
        rows[10] = row;
        assert_eq!(found(rows), []);
    }
    // Ten in one transaction are one payment.
    let at_once: Vec<_> =
        pays_ten().into_iter().map(|row| Transfer { tx: TxNum(row.tx.0.min(1)), ..row }).collect();
    assert_eq!(found(at_once), []);
    // A router pays in the transaction in which it is paid, whichever stands first.
    for rows in [
        [paid(11, 100, WALLET, 9), paid(11, WALLET, 300, 9)],
        [paid(11, WALLET, 300, 9), paid(11, 100, WALLET, 9)],
    ] {
        assert_eq!(found([pays_ten(), rows.to_vec()].concat()), []);
    }
}
