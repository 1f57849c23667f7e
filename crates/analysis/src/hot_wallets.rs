//! Hot wallets by their degree: accounts that pay many others, each in a transaction of its own, and are paid too.
//!
//! A service pays out all day from few wallets. What looks alike and is something else: routers and contracts that forward (they pay in
//! the transaction in which they were paid, and are left out), whoever pays many in one transaction (counted once), and pools of miners,
//! pay-rolls and airdrops, which rows alone do not tell apart. Movements of nothing count for nothing.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_model::transfer::MovementKind;
use tracehound_transfers::{AccountNum, Transfer, TxNum};

/// Accounts that it pays, and transactions in which it does, at the least.
const PAYEES: usize = 10;

/// An account that pays as a service's hot wallet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HotWallet {
    /// The account.
    pub account: AccountNum,
    /// Different accounts that it pays.
    pub payees: u64,
    /// Different accounts that pay it.
    pub payers: u64,
    /// Transactions in which it pays.
    pub payments: u64,
}

#[derive(Default)]
struct Account {
    payees: BTreeSet<AccountNum>,
    payers: BTreeSet<AccountNum>,
    payments: u64,
    pays_in: Option<TxNum>,
    paid_in: Option<TxNum>,
    passes_through: bool,
}

/// The accounts that pay as hot wallets do, by number. Transfers come in the order of the chain. O(n log n).
pub fn hot_wallets(transfers: impl IntoIterator<Item = Transfer>) -> Vec<HotWallet> {
    let mut accounts: BTreeMap<AccountNum, Account> = BTreeMap::new();
    for Transfer { tx, from, to, amount, kind, .. } in transfers {
        let (Some(from), Some(to)) = (from, to) else { continue };
        if amount.is_zero() || from == to || kind == MovementKind::Fee {
            continue;
        }
        let payer = accounts.entry(from).or_default();
        payer.payees.insert(to);
        payer.payments += u64::from(payer.pays_in.replace(tx) != Some(tx));
        payer.passes_through |= payer.paid_in == Some(tx);
        let payee = accounts.entry(to).or_default();
        payee.payers.insert(from);
        payee.paid_in = Some(tx);
        payee.passes_through |= payee.pays_in == Some(tx);
    }
    let is_one = |account: &Account| {
        account.payees.len() >= PAYEES
            && account.payments >= PAYEES as u64
            && !account.payers.is_empty()
            && !account.passes_through
    };
    let of = |(account, found): (AccountNum, Account)| HotWallet {
        account,
        payees: found.payees.len() as u64,
        payers: found.payers.len() as u64,
        payments: found.payments,
    };
    accounts.into_iter().filter(|(_, account)| is_one(account)).map(of).collect()
}
