//! Deposit addresses on account chains: addresses that pass what they receive on to the wallets of one service.
//!
//! A service gives each customer an address and sweeps it into its own wallets. What is paid there is paid into an account
//! with the service; who the customer is stays unknown.
//!
//! What looks alike and is something else, and is left out: routers and forwarding contracts (they pay in the transaction in which they
//! were paid), whoever pays anybody else as well, whoever was paid by the service alone (its own wallets, and customers who
//! give back), and whoever keeps a good part of any asset that came before its last payment: more than dust, and more than
//! fees take. Movements of nothing count for nothing: anybody can write them into anybody's name, as anybody can those of a
//! token of their own, which whoever asks leaves out. Whoever funds the gas of deposit addresses pays many, and so is none.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_model::{Amount, Chain, transfer::MovementKind};
use tracehound_transfers::{AccountNum, AssetNum, Transfer, TxNum};

/// Of what came in before the last payment, so many percent are passed on by an address that passes on all: the rest is fees
/// and dust.
const NEARLY_ALL: u8 = 90;
/// Dust is less than one part in so many of what is usually moved of an asset.
const DUST: u64 = 100;

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
    last_received_in: Option<TxNum>,
    assets: BTreeMap<AssetNum, Flow>,
}

/// What went through it of one asset.
#[derive(Default)]
struct Flow {
    /// Came in, not from a service, before the account's last payment.
    received: Amount,
    /// Came in since.
    pending: Amount,
    /// After how many of the account's payments what is pending came.
    pending_after: u64,
    /// The service itself paid in.
    from_service: Amount,
    /// Paid to the service.
    paid: Amount,
    /// Something was paid that had not been seen coming.
    came_before: bool,
}

impl<S> Default for Account<S> {
    fn default() -> Self {
        Self {
            service: None,
            is_other: false,
            payments: 0,
            receipts: 0,
            last_received_in: None,
            assets: BTreeMap::new(),
        }
    }
}

impl Flow {
    /// Settles what came before the account's last payment, which is its `payments`-th.
    fn settle(&mut self, payments: u64) {
        if self.pending_after < payments {
            self.received = self.received.saturating_add(std::mem::take(&mut self.pending));
            self.pending_after = payments;
        }
    }
}

/// How much of a chain's coin a deposit address may hold to pay fees with, in base units: what transfers of a token cost,
/// with room for dear times. Nobody's stash, and nothing that an exchange would miss.
pub fn held_for_fees(chain: Chain) -> Amount {
    match chain {
        // 0.1 of the coin.
        Chain::Evm(_) => 100_000_000_000_000_000_u64.into(),
        // 100 TRX.
        Chain::Tron(_) => 100_000_000_u64.into(),
        _ => Amount::ZERO,
    }
}

/// The accounts that pass what they receive on to one service, by number. `service` says whose wallet an account is. What it says of
/// an account is not asked when that account itself is judged: whoever asks leaves out those that have a name, or counts on
/// them how often the rule is right. `for_fees` is how much of an asset an address may hold to pay fees with ([`held_for_fees`] of
/// the coin). Transfers come in the order of the chain. O(n log n) time, O(accounts) memory.
pub fn deposits<S: Clone + PartialEq>(
    transfers: &[Transfer],
    service: impl Fn(AccountNum) -> Option<S>,
    for_fees: impl Fn(AssetNum) -> Amount,
) -> Vec<Deposit<S>> {
    let mut accounts: BTreeMap<AccountNum, Account<S>> = BTreeMap::new();
    for transfer in moving(transfers) {
        if let Some(from) = transfer.from {
            let towards = transfer.to.and_then(&service);
            accounts.entry(from).or_default().pays(transfer, towards.as_ref());
        }
        if let Some(to) = transfer.to {
            let is_from_service = transfer.from.and_then(&service).is_some();
            accounts.entry(to).or_default().receives(transfer, is_from_service);
        }
    }
    accounts.retain(|_, account| account.service.is_some() && !account.is_other);
    let kept = accounts.values_mut().flat_map(Account::kept_whole).map(|(asset, _)| asset).collect();
    let dust = dust(transfers, &kept);
    let is_little = |asset: AssetNum, kept: Amount| {
        kept <= for_fees(asset) || dust.get(&asset).is_some_and(|dust| kept < *dust)
    };
    accounts.into_iter().filter_map(|(number, account)| account.judged(number, is_little)).collect()
}

/// Transfers that move something from somebody to somebody else.
fn moving(transfers: &[Transfer]) -> impl Iterator<Item = &Transfer> {
    let moves = |transfer: &&Transfer| {
        !transfer.amount.is_zero() && transfer.from != transfer.to && transfer.kind != MovementKind::Fee
    };
    transfers.iter().filter(moves)
}

/// Of each of these assets, less than what is dust: a hundredth of the median of what is moved.
fn dust(transfers: &[Transfer], assets: &BTreeSet<AssetNum>) -> BTreeMap<AssetNum, Amount> {
    let mut moved: BTreeMap<AssetNum, Vec<Amount>> = BTreeMap::new();
    for transfer in moving(transfers).filter(|transfer| assets.contains(&transfer.asset)) {
        moved.entry(transfer.asset).or_default().push(transfer.amount);
    }
    let dust = |(asset, mut amounts): (AssetNum, Vec<Amount>)| {
        amounts.sort_unstable();
        let median = amounts[amounts.len() / 2];
        (asset, median.checked_mul_div(1_u64.into(), DUST.into()).unwrap_or_default())
    };
    moved.into_iter().map(dust).collect()
}

impl<S: Clone + PartialEq> Account<S> {
    fn pays(&mut self, transfer: &Transfer, service: Option<&S>) {
        match (&self.service, service) {
            (None, Some(first)) => self.service = Some(first.clone()),
            (Some(known), Some(this)) if known == this => {}
            _ => self.is_other = true,
        }
        self.payments += 1;
        self.is_other |= self.last_received_in == Some(transfer.tx);
        let flow = self.assets.entry(transfer.asset).or_default();
        flow.settle(self.payments);
        flow.paid = flow.paid.saturating_add(transfer.amount);
        flow.came_before |= flow.paid > flow.received;
    }

    fn receives(&mut self, transfer: &Transfer, from_service: bool) {
        self.last_received_in = Some(transfer.tx);
        let flow = self.assets.entry(transfer.asset).or_default();
        if from_service {
            flow.from_service = flow.from_service.saturating_add(transfer.amount);
        } else {
            flow.settle(self.payments);
            flow.pending = flow.pending.saturating_add(transfer.amount);
            self.receipts += 1;
        }
    }

    /// What came before its last payment and was not passed on at all, by asset.
    fn kept_whole(&mut self) -> impl Iterator<Item = (AssetNum, Amount)> {
        let payments = self.payments;
        self.assets.iter_mut().filter(|(_, flow)| flow.paid.is_zero()).filter_map(move |(asset, flow)| {
            flow.settle(payments);
            let kept = flow.received.saturating_add(flow.from_service);
            (!kept.is_zero()).then_some((*asset, kept))
        })
    }

    /// Of one that pays one service alone. `is_little` says of what it keeps of an asset whether that is next to nothing.
    fn judged(
        mut self,
        account: AccountNum,
        is_little: impl Fn(AssetNum, Amount) -> bool,
    ) -> Option<Deposit<S>> {
        if !self.kept_whole().all(|(asset, kept)| is_little(asset, kept)) {
            return None;
        }
        let payments = self.payments;
        let mut seen = Seen::PassedOn;
        for flow in self.assets.values_mut().filter(|flow| !flow.paid.is_zero()) {
            flow.settle(payments);
            if flow.came_before {
                // The service's own money went back to it: a wallet of its own, or a customer who withdrew and paid in again.
                if !flow.from_service.is_zero() {
                    return None;
                }
                seen = Seen::PaidOnly;
            } else if !flow.paid.is_share_of(NEARLY_ALL, flow.received) {
                return None;
            }
        }
        let (payments, receipts) = (self.payments, self.receipts);
        Some(Deposit { account, service: self.service?, seen, payments, receipts })
    }
}
