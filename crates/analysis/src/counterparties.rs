//! Direct counterparties of an owner: who paid it and whom it paid, in its own transactions.
//!
//! A UTXO transaction does not say which input paid which output, so every output is paid by every input in
//! proportion to the inputs' amounts (haircut over one transaction), to the unit by largest remainder. An owner's
//! payments to itself (change) are not counted.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_ledger::{AddrNum, TxNum, UtxoRows};
use tracehound_model::amount::split_proportionally;

/// How much work one question may cost. What is cut is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Outputs of the subject looked at, oldest first.
    pub outputs: usize,
    /// Inputs plus outputs read over all transactions.
    pub rows: usize,
    /// Ignore blocks after this time, seconds since 1970-01-01 UTC.
    pub until: u32,
    /// Outputs to the subject below this many base units are small: anyone can send dust. Whoever paid in nothing else is told
    /// apart, with how much that came to in all ([`Counterparty::small`]): whether it is dust is a matter of the sum.
    pub dust: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { outputs: 20_000, rows: 2_000_000, until: u32::MAX, dust: 0 }
    }
}

/// Value that passed between the subject and one owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counterparty {
    /// Base units, over the transactions in which every amount is known.
    pub amount: u128,
    /// Incoming: base units at most that came in outputs below [`Limits::dust`]. More than `amount` where amounts are not known.
    pub small: u128,
    /// Whether anything passed otherwise than in such outputs.
    pub beyond_small: bool,
    /// The transactions, oldest first, with the amount of each; `None` where an input's amount is not known.
    pub txs: Vec<(TxNum, Option<u128>)>,
}

/// Everything that moved to and from the subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counterparties {
    /// Who paid the subject.
    pub incoming: BTreeMap<AddrNum, Counterparty>,
    /// Whom the subject paid.
    pub outgoing: BTreeMap<AddrNum, Counterparty>,
    /// Base units received from others, freshly mined coins included.
    pub total_in: u128,
    /// Base units paid to others, without fees.
    pub total_out: u128,
    /// Base units received as new coins.
    pub coinbase: u128,
    /// Base units paid to outputs without an owner (`OP_RETURN`).
    pub unspendable_out: u128,
    /// Base units received in transactions where some input's amount or owner is not in the ledger.
    pub unresolved_in: u128,
    /// Transactions in which some input's amount or owner is not in the ledger.
    pub unresolved_txs: u32,
    /// Transactions looked at.
    pub txs: u32,
    /// Time of the first and last of them, seconds since 1970-01-01 UTC.
    pub span: Option<(u32, u32)>,
    /// Whether a limit cut the search.
    pub cut: bool,
}

/// Owners on both sides of one transaction, with their amounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TxParties {
    /// Amount brought in by each owner; `None` stands for owners not known.
    pub inputs: BTreeMap<Option<AddrNum>, u128>,
    /// Amount paid to each owner; `None` stands for outputs without one. Outputs that a later coinbase overwrote (BIP-30) are
    /// not there.
    pub outputs: BTreeMap<Option<AddrNum>, u128>,
    /// Whether the transaction mints coins.
    pub coinbase: bool,
    /// Inputs whose amount is not known.
    pub unknown_amounts: u32,
    /// Inputs whose owner is not known.
    pub unknown_owners: u32,
    /// Inputs plus outputs.
    pub rows: usize,
}

/// The owners on both sides of a transaction; `None` when the snapshot does not hold it. O(inputs + outputs).
pub fn tx_parties(ledger: &impl UtxoRows, tx: TxNum) -> Option<TxParties> {
    let view = ledger.tx(tx)?;
    let mut parties = TxParties::default();
    for input in ledger.inputs(&view) {
        parties.rows += 1;
        if input.prev == tracehound_ledger::Prev::Coinbase {
            parties.coinbase = true;
            continue;
        }
        let owner = ledger.input_owner(&input);
        let value = ledger.input_value(&input);
        parties.unknown_owners += u32::from(owner.is_none());
        parties.unknown_amounts += u32::from(value.is_none());
        *parties.inputs.entry(owner).or_default() += u128::from(value.unwrap_or(0));
    }
    // What a later coinbase overwrote gave nothing to anybody.
    for output in ledger.outputs(&view).filter(|output| output.destroyed_by.is_none()) {
        parties.rows += 1;
        *parties.outputs.entry(output.owner).or_default() += u128::from(output.value);
    }
    Some(parties)
}

/// Base units in outputs to `subjects` that are each below `limit`.
fn dust_to(ledger: &impl UtxoRows, tx: TxNum, subjects: &BTreeSet<AddrNum>, limit: u64) -> u128 {
    let Some(view) = ledger.tx(tx).filter(|_| limit > 0) else { return 0 };
    let own = |owner: Option<AddrNum>| owner.is_some_and(|owner| subjects.contains(&owner));
    let dust = ledger
        .outputs(&view)
        .filter(|output| own(output.owner) && output.value < limit && output.destroyed_by.is_none());
    dust.map(|output| u128::from(output.value)).sum()
}

impl Counterparty {
    /// Whether all it paid was in outputs of which each is too small to count by itself.
    pub const fn is_all_small(&self) -> bool {
        !self.beyond_small
    }

    fn book(&mut self, tx: TxNum, amount: Option<u128>, small: u128, beyond_small: bool) {
        self.amount += amount.unwrap_or(0);
        self.small += small;
        self.beyond_small |= beyond_small;
        self.txs.push((tx, amount));
    }
}

impl Counterparties {
    /// Collects the direct counterparties of `subjects`, who are one owner: payments among them do not count.
    /// O(rows of their transactions), bounded by `limits`, whose number of outputs is for each of them.
    pub fn of(ledger: &impl UtxoRows, subjects: &BTreeSet<AddrNum>, limits: Limits) -> Self {
        let mut found = Self::default();
        let mut txs: BTreeSet<TxNum> = BTreeSet::new();
        for &subject in subjects {
            let (activity, cut) = ledger.activity(subject, limits.outputs);
            found.cut |= cut;
            txs.extend(activity.received.iter().filter_map(|&out| Some(ledger.tx_of_output(out)?.0)));
            txs.extend(activity.received.iter().filter_map(|&out| ledger.output(out)?.spent_by));
            txs.extend(activity.spent_missing.iter().filter_map(|&input| ledger.tx_of_input(input)));
        }
        let mut rows_left = limits.rows;
        for tx in txs {
            let Some(time) = ledger.block_of(tx).map(|block| block.header.time()) else { continue };
            if time > limits.until {
                continue;
            }
            let Some(parties) = tx_parties(ledger, tx) else { continue };
            let Some(left) = rows_left.checked_sub(parties.rows) else {
                found.cut = true;
                break;
            };
            rows_left = left;
            found.txs += 1;
            found.span =
                Some(found.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
            let dust = dust_to(ledger, tx, subjects, limits.dust);
            found.book(subjects, tx, &parties, dust);
        }
        found
    }

    /// `dust` is what the subjects received in the transaction in outputs that are each small.
    fn book(&mut self, subjects: &BTreeSet<AddrNum>, tx: TxNum, parties: &TxParties, dust: u128) {
        let own = |owner: &Option<AddrNum>| owner.is_some_and(|owner| subjects.contains(&owner));
        let unresolved = parties.unknown_amounts + parties.unknown_owners > 0;
        self.unresolved_txs += u32::from(unresolved);
        if parties.inputs.keys().any(own) {
            self.book_outgoing(own, tx, parties);
            return;
        }
        let received: u128 =
            parties.outputs.iter().filter(|(owner, _)| own(owner)).map(|(_, amount)| amount).sum();
        self.total_in += received;
        if received == 0 {
            return;
        }
        let beyond = received > dust;
        if parties.coinbase {
            self.coinbase += received;
        } else if parties.unknown_amounts > 0 {
            self.unresolved_in += received;
            for owner in parties.inputs.keys().flatten() {
                self.incoming.entry(*owner).or_default().book(tx, None, dust, beyond);
            }
        } else {
            let weights: Vec<u128> = parties.inputs.values().copied().collect();
            let (parts, small) =
                (split_proportionally(received, &weights), split_proportionally(dust, &weights));
            for ((owner, part), small) in parties.inputs.keys().zip(parts).zip(small) {
                match owner {
                    Some(owner) => {
                        self.incoming.entry(*owner).or_default().book(tx, Some(part), small, beyond);
                    }
                    None => self.unresolved_in += part,
                }
            }
        }
    }

    /// The subjects are among the payers: their share of every output to somebody else.
    fn book_outgoing(&mut self, own: impl Fn(&Option<AddrNum>) -> bool, tx: TxNum, parties: &TxParties) {
        let weights: Vec<u128> = parties.inputs.values().copied().collect();
        for (owner, &value) in parties.outputs.iter().filter(|(owner, _)| !own(owner)) {
            let part = (parties.unknown_amounts == 0).then(|| {
                let parts = split_proportionally(value, &weights);
                parties.inputs.keys().zip(parts).filter(|(payer, _)| own(payer)).map(|(_, part)| part).sum()
            });
            self.total_out += part.unwrap_or(0);
            match owner {
                Some(owner) => self.outgoing.entry(*owner).or_default().book(tx, part, 0, true),
                None => self.unspendable_out += part.unwrap_or(0),
            }
        }
    }
}
