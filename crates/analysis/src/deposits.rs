//! Deposit addresses on account chains: addresses that pass what they receive on to the wallets of one service.
//!
//! A service gives each customer an address and sweeps it into its own wallets. What is paid there is paid into an account
//! with the service; who the customer is stays unknown.
//!
//! What looks alike and is something else, and is left out: routers and forwarding contracts (they pay in the transaction in which they
//! were paid), whoever pays anybody else as well, whoever was paid by the service alone (its own wallets, and customers who
//! give back), and whoever keeps a good part. Movements of nothing count for nothing: anybody can write them into anybody's
//! name. Whoever funds the gas of deposit addresses pays many, and so is none.

use std::collections::BTreeMap;

use tracehound_model::{Amount, transfer::MovementKind};
use tracehound_transfers::{AccountNum, AssetNum, Transfer, TxNum};

/// Of what came in before the last payment, so many percent are passed on by an address that passes on all: the rest is fees
/// and dust.
const NEARLY_ALL: u8 = 90;

/// How much of the way of the money was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// It received, and passed nearly all of it on; nothing that it passed on is without a receipt.
    PassedOn,
    /// It pays nobody but the service; what it pays with came before the rows begin. A customer who pays the service looks
    /// the same.
    PaidOnly,
}

/// An address that behaves as a deposit address of a service does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit<S> {
    /// The address.
    pub account: AccountNum,
    /// Whose deposit address it would be.
    pub service: S,
    /// How much of the way was seen.
    pub seen: Seen,
    /// How often it paid the service.
    pub payments: u64,
    /// How many transactions paid it, the service's own not counted.
    pub receipts: u64,
}

/// What is known of one account so far.
struct Account<S> {
    /// The only service that it has paid.
    service: Option<S>,
    /// It does what no deposit address does.
    is_other: bool,
    payments: u64,
    receipts: u64,
    assets: BTreeMap<AssetNum, Flow>,
}

/// What went through it of one asset.
#[derive(Default)]
struct Flow {
    /// Came in, not from a service, before the last payment.
    received: Amount,
    /// Came in since.
    pending: Amount,
    /// Paid to the service.
    paid: Amount,
    /// Something was paid that had not been seen coming.
    came_before: bool,
    /// The service itself paid in.
    from_service: bool,
    last_received_in: Option<TxNum>,
}

impl<S> Default for Account<S> {
    fn default() -> Self {
        Self { service: None, is_other: false, payments: 0, receipts: 0, assets: BTreeMap::new() }
    }
}

/// The accounts that pass what they receive on to one service, by number. `service` says whose wallet an account is. What it says of
/// an account is not asked when that account itself is judged: whoever asks leaves out those that have a name, or counts on
/// them how often the rule is right. Transfers come in the order of the chain. O(n log n) time, O(accounts) memory.
pub fn deposits<S: Clone + PartialEq>(
    transfers: impl IntoIterator<Item = Transfer>,
    service: impl Fn(AccountNum) -> Option<S>,
) -> Vec<Deposit<S>> {
    let mut accounts: BTreeMap<AccountNum, Account<S>> = BTreeMap::new();
    for transfer in transfers {
        if transfer.amount.is_zero() || transfer.from == transfer.to || transfer.kind == MovementKind::Fee {
            continue;
        }
        if let Some(from) = transfer.from {
            let towards = transfer.to.and_then(&service);
            accounts.entry(from).or_default().pays(&transfer, towards.as_ref());
        }
        if let Some(to) = transfer.to {
            let is_from_service = transfer.from.and_then(&service).is_some();
            accounts.entry(to).or_default().receives(&transfer, is_from_service);
        }
    }
    accounts.into_iter().filter_map(|(number, account)| account.judged(number)).collect()
}

impl<S: Clone + PartialEq> Account<S> {
    fn pays(&mut self, transfer: &Transfer, service: Option<&S>) {
        match (&self.service, service) {
            (None, Some(first)) => self.service = Some(first.clone()),
            (Some(known), Some(this)) if known == this => {}
            _ => self.is_other = true,
        }
        self.payments += 1;
        let passes_through =
            self.assets.values().any(|flow| flow.last_received_in.is_some_and(|tx| tx == transfer.tx));
        self.is_other |= passes_through;
        let flow = self.assets.entry(transfer.asset).or_default();
        flow.received = flow.received.saturating_add(std::mem::take(&mut flow.pending));
        flow.paid = flow.paid.saturating_add(transfer.amount);
        flow.came_before |= flow.paid > flow.received;
    }

    fn receives(&mut self, transfer: &Transfer, from_service: bool) {
        let flow = self.assets.entry(transfer.asset).or_default();
        flow.last_received_in = Some(transfer.tx);
        flow.from_service |= from_service;
        if !from_service {
            flow.pending = flow.pending.saturating_add(transfer.amount);
            self.receipts += 1;
        }
    }

    fn judged(self, account: AccountNum) -> Option<Deposit<S>> {
        let service = self.service.filter(|_| !self.is_other)?;
        let mut seen = Seen::PassedOn;
        for flow in self.assets.values().filter(|flow| !flow.paid.is_zero()) {
            if flow.came_before {
                // The service's own money went back to it: a wallet of its own, or a customer who withdrew and paid in again.
                if flow.from_service {
                    return None;
                }
                seen = Seen::PaidOnly;
            } else if !flow.paid.is_share_of(NEARLY_ALL, flow.received) {
                return None;
            }
        }
        Some(Deposit { account, service, seen, payments: self.payments, receipts: self.receipts })
    }
}
