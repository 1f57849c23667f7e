//! Direct counterparties on an account chain: who paid somebody and whom they paid, asset by asset.
//!
//! Anybody can write a movement into anybody's name: of nothing, or of a token of their own whose contract says what its maker
//! likes (address poisoning, spam). What moved nothing makes no counterparty, and a token that nobody knows makes one only where
//! whoever it is said to go from sent the transaction, which its fee shows. Where no fee is there to show it, because it cost
//! nothing or a server told nothing of it, who sent it is not known: that makes no counterparty, and is told.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use tracehound_model::{Amount, transfer::MovementKind};
use tracehound_transfers::{AccountNum, AssetNum, Balance, Transfer, TransferNum, TransferRows, TxNum};

/// How much work one question may cost. What is cut is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartyLimits {
    /// Assets of each account that are looked at, the first by number.
    pub assets: usize,
    /// Movements that are looked at, oldest first.
    pub transfers: usize,
}

impl Default for PartyLimits {
    fn default() -> Self {
        Self { assets: 10_000, transfers: 1_000_000 }
    }
}

/// What passed between somebody and one account of one asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountParty {
    /// How much, in base units.
    pub amount: Amount,
    /// The transactions, oldest first.
    pub txs: Vec<TxNum>,
    /// Whether headers prove all of it.
    pub proved: bool,
}

/// What somebody gained and lost of one asset. `received` is what payers paid, what was `issued` and the `tips`, `lost` what payees were paid, what
/// was `destroyed` and the `fees`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Came from others or from nobody, base units.
    pub received: Amount,
    /// Of that, from nobody.
    pub issued: Amount,
    /// Of that, fees of others for producing blocks: whoever has anything done pays them, and deals with nobody by it.
    pub tips: Amount,
    /// Went to others or to nobody, base units.
    pub lost: Amount,
    /// Of that, to nobody, fees left out.
    pub destroyed: Amount,
    /// Of that, as fees.
    pub fees: Amount,
}

/// Everything that moved to and from somebody, and counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountParties {
    /// Who paid them, by asset; who paid fees is not among them.
    pub incoming: BTreeMap<(AssetNum, AccountNum), AccountParty>,
    /// Whom they paid, by asset; who gets fees is not among them.
    pub outgoing: BTreeMap<(AssetNum, AccountNum), AccountParty>,
    /// The sums.
    pub flows: BTreeMap<AssetNum, Flow>,
    /// Movements that count.
    pub transfers: usize,
    /// Movements of nothing, which do not count.
    pub of_nothing: usize,
    /// Movements of unknown tokens that whoever they are said to go from did not send, which do not count.
    pub not_initiated: usize,
    /// Movements of unknown tokens of which nothing tells who sent them, which do not count.
    pub sender_unknown: usize,
    /// The accounts on the other side of those, up to a limit.
    pub perhaps: BTreeSet<AccountNum>,
    /// Whether a limit cut the search.
    pub cut: bool,
}

/// Everything that moved between `subjects`, one owner's accounts, and others. `is_known` says whether an asset's contract is known to
/// move what it says. O(n log assets) of their movements.
pub fn account_parties(
    rows: &dyn TransferRows,
    subjects: &BTreeSet<AccountNum>,
    limits: PartyLimits,
    is_known: &dyn Fn(AssetNum) -> bool,
) -> AccountParties {
    let mut found = AccountParties::default();
    let mut waiting = BinaryHeap::new();
    for &account in subjects {
        let (assets, more) = rows.assets_of(account, limits.assets);
        found.cut |= more;
        for asset in assets {
            let balance = Balance { account, asset };
            waiting.extend(rows.next(balance, TransferNum(0)).map(|num| Reverse((num, balance))));
        }
    }
    let mut looked_at = 0;
    let mut last = None;
    while let Some(Reverse((num, balance))) = waiting.pop() {
        waiting.extend(rows.next(balance, TransferNum(num.0 + 1)).map(|next| Reverse((next, balance))));
        // One between two of them waits twice.
        if last.replace(num) == Some(num) {
            continue;
        }
        if looked_at >= limits.transfers {
            found.cut = true;
            break;
        }
        looked_at += 1;
        if let Some(transfer) = rows.transfer(num) {
            found.take(rows, subjects, &transfer, is_known);
        }
    }
    found
}

/// Accounts of movements whose sender is not known that are kept.
const MOST_PERHAPS: usize = 10_000;

/// What a movement says about whom it is said to go from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiated {
    /// That is so: it is no token, a known one, or they sent the transaction.
    Yes,
    /// Nothing: somebody else sent it.
    No,
    /// Nothing: who sent it is not known.
    Unknown,
}

/// What a movement says about whom it is said to go from: see the module.
pub fn initiated(
    rows: &dyn TransferRows,
    transfer: &Transfer,
    is_known: &dyn Fn(AssetNum) -> bool,
) -> Initiated {
    if transfer.kind != MovementKind::Token || is_known(transfer.asset) {
        return Initiated::Yes;
    }
    match (sender(rows, transfer.tx), transfer.from) {
        (Some(sender), Some(from)) if sender == from => Initiated::Yes,
        (Some(_), _) | (None, None) => Initiated::No,
        (None, Some(_)) => Initiated::Unknown,
    }
}

/// Whether a movement says something about whom it is said to go from: see the module.
pub fn is_initiated(
    rows: &dyn TransferRows,
    transfer: &Transfer,
    is_known: &dyn Fn(AssetNum) -> bool,
) -> bool {
    initiated(rows, transfer, is_known) == Initiated::Yes
}

/// Who sent a transaction: whoever paid for it.
fn sender(rows: &dyn TransferRows, tx: TxNum) -> Option<AccountNum> {
    let tx = rows.tx(tx)?;
    let mut transfers =
        (tx.first.0..).take(tx.count as usize).filter_map(|num| rows.transfer(TransferNum(num)));
    transfers.find(|transfer| transfer.kind == MovementKind::Fee).and_then(|fee| fee.from)
}

impl AccountParties {
    fn take(
        &mut self,
        rows: &dyn TransferRows,
        subjects: &BTreeSet<AccountNum>,
        transfer: &Transfer,
        is_known: &dyn Fn(AssetNum) -> bool,
    ) {
        let is_own = |account: Option<AccountNum>| account.is_some_and(|account| subjects.contains(&account));
        let (pays, is_paid) = (is_own(transfer.from), is_own(transfer.to));
        if pays && is_paid {
            return;
        }
        if transfer.amount.is_zero() {
            self.of_nothing += 1;
            return;
        }
        match initiated(rows, transfer, is_known) {
            Initiated::Yes => {}
            Initiated::No => {
                self.not_initiated += 1;
                return;
            }
            Initiated::Unknown => {
                self.sender_unknown += 1;
                let other = if pays { transfer.to } else { transfer.from };
                self.perhaps.extend(other.filter(|_| self.perhaps.len() < MOST_PERHAPS));
                return;
            }
        }
        self.transfers += 1;
        let flow = self.flows.entry(transfer.asset).or_default();
        let add = |sum: &mut Amount| *sum = sum.saturating_add(transfer.amount);
        if is_paid {
            add(&mut flow.received);
            match (transfer.kind, transfer.from) {
                (MovementKind::Fee, _) => add(&mut flow.tips),
                (_, Some(payer)) => note(self.incoming.entry((transfer.asset, payer)), transfer),
                (_, None) => add(&mut flow.issued),
            }
        } else {
            add(&mut flow.lost);
            match (transfer.kind, transfer.to) {
                (MovementKind::Fee, _) => add(&mut flow.fees),
                (_, Some(payee)) => note(self.outgoing.entry((transfer.asset, payee)), transfer),
                (_, None) => add(&mut flow.destroyed),
            }
        }
    }
}

fn note(
    party: std::collections::btree_map::Entry<'_, (AssetNum, AccountNum), AccountParty>,
    transfer: &Transfer,
) {
    let party = party.or_insert_with(|| AccountParty { proved: true, ..AccountParty::default() });
    party.amount = party.amount.saturating_add(transfer.amount);
    party.proved &= transfer.proved;
    if party.txs.last() != Some(&transfer.tx) {
        party.txs.push(transfer.tx);
    }
}
