//! What a propagation found: steps, ends, and where every unit is.

use std::collections::BTreeMap;

use tracehound_ledger::{AddrNum, OutNum, TxNum};

#[cfg(doc)]
use super::PropagationLimits;
use super::{
    super::{Holding, Label},
    Mix,
};

/// Which limit truncated a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truncation {
    /// [`PropagationLimits::hops`].
    Hops,
    /// [`PropagationLimits::dust`].
    Dust,
    /// [`PropagationLimits::share_ppm`].
    Share,
    /// [`PropagationLimits::fan_out`].
    FanOut,
    /// [`PropagationLimits::txs`].
    Work,
    /// It came to another seed, which is followed as a whole already.
    Seed,
}

/// Why a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopReason {
    /// Unspent in the snapshot, or until the time asked for.
    Unspent,
    /// At a service; backward: from a service.
    ReachedService,
    /// Spent by this mixing transaction (backward: made by it).
    Mixed(TxNum),
    /// Paid to an output without an owner (`OP_RETURN`).
    Unspendable,
    /// Overwritten, before anybody spent it, by this later coinbase of the same id (BIP-30).
    Destroyed(TxNum),
    /// Backward: new coins of this coinbase.
    Coinbase(TxNum),
    /// The amounts of this transaction are not all in the ledger, so it cannot be divided.
    UnknownInputs(TxNum),
    /// The rows are of what was fetched, and who spent this was not, or not asked for: see [`Beyond`].
    NotFetched,
    /// A limit ended it.
    Truncated(Truncation),
}

/// What is known of an output that no transaction of the rows spends. Of a chain's own rows nobody spent it; rows of a case are
/// those that were fetched, and who knows what was asked for says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Nobody spent it.
    Unspent,
    /// A transaction spent it that the rows do not hold.
    Spent,
    /// It was not asked for.
    NotAsked,
}

/// Where a path ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The output; `None` when it is not in the ledger.
    pub out: Option<OutNum>,
    /// Its owner, where known.
    pub owner: Option<AddrNum>,
    /// Backward, for an output that is not in the ledger: the transaction that spends it.
    pub spender: Option<TxNum>,
    /// Transactions between it and the nearest seed.
    pub hop: u32,
    /// Why it ends here.
    pub reason: StopReason,
    /// What it holds.
    pub holding: Holding,
}

/// A dirty output on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The output.
    pub out: OutNum,
    /// Base units in it.
    pub value: u64,
    /// Base units of them that are dirty, under whatever label.
    pub dirty: u64,
}

impl Piece {
    pub(super) fn of(out: OutNum, value: u64, holding: &Holding) -> Self {
        let dirty = u64::try_from(holding.dirty_all()).expect("no more than the output's amount");
        Self { out, value, dirty }
    }
}

/// A transaction that was divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The transaction.
    pub tx: TxNum,
    /// Transactions between it and the nearest seed, itself included.
    pub hop: u32,
    /// Dirty base units of the fee.
    pub fee: u128,
    /// What kind of mix it is, where the propagation went through one.
    pub mix: Option<Mix>,
    /// Its first piece, and where its dirty outputs begin and end.
    pub(super) pieces: (usize, usize, usize),
}

/// Base units of one label, by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Seeded.
    pub seeded: u128,
    /// [`StopReason::Unspent`].
    pub unspent: u128,
    /// [`StopReason::ReachedService`].
    pub reached_service: u128,
    /// [`StopReason::Mixed`].
    pub mixed: u128,
    /// Paid as fees.
    pub fees: u128,
    /// [`StopReason::Unspendable`].
    pub unspendable: u128,
    /// [`StopReason::Destroyed`].
    pub destroyed: u128,
    /// [`StopReason::Coinbase`]; on account chains what was issued, on the way back.
    pub coinbase: u128,
    /// [`StopReason::UnknownInputs`].
    pub unknown_inputs: u128,
    /// [`StopReason::NotFetched`].
    pub not_fetched: u128,
    /// [`StopReason::Truncated`] for being small: [`Truncation::Dust`], [`Truncation::Share`]. A choice of the question, not a lack of the answer.
    pub dust: u128,
    /// Given for another asset, in which it is followed on (account chains).
    pub exchanged: u128,
    /// [`Truncation::Seed`]: counted again with the seed it came to.
    pub rejoined: u128,
    /// [`StopReason::Truncated`] by any other limit: the residual.
    pub truncated: u128,
}

impl Totals {
    /// All parts; equal to [`Totals::seeded`] for every method that conserves.
    pub fn booked(&self) -> u128 {
        self.unspent
            + self.reached_service
            + self.mixed
            + self.fees
            + self.unspendable
            + self.destroyed
            + self.coinbase
            + self.unknown_inputs
            + self.not_fetched
            + self.dust
            + self.exchanged
            + self.rejoined
            + self.truncated
    }

    pub(super) fn part(&mut self, reason: StopReason) -> &mut u128 {
        match reason {
            StopReason::Unspent => &mut self.unspent,
            StopReason::ReachedService => &mut self.reached_service,
            StopReason::Mixed(_) => &mut self.mixed,
            StopReason::Unspendable => &mut self.unspendable,
            StopReason::Destroyed(_) => &mut self.destroyed,
            StopReason::Coinbase(_) => &mut self.coinbase,
            StopReason::UnknownInputs(_) => &mut self.unknown_inputs,
            StopReason::NotFetched => &mut self.not_fetched,
            StopReason::Truncated(Truncation::Dust | Truncation::Share) => &mut self.dust,
            StopReason::Truncated(Truncation::Seed) => &mut self.rejoined,
            StopReason::Truncated(Truncation::Hops | Truncation::FanOut | Truncation::Work) => {
                &mut self.truncated
            }
        }
    }
}

/// What a propagation found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Propagation {
    /// Transactions divided, in the order of the propagation: time, or time backwards.
    pub steps: Vec<Step>,
    /// Where paths end, in the order they were found.
    pub ends: Vec<End>,
    /// Sums by label.
    pub totals: BTreeMap<Label, Totals>,
    /// The pieces of all steps, inputs before outputs: one list, because millions of small ones cost more than the propagation.
    pub(super) pieces: Vec<Piece>,
}

impl Propagation {
    /// The dirty outputs that a step's transaction spends.
    pub fn inputs(&self, step: &Step) -> &[Piece] {
        &self.pieces[step.pieces.0..step.pieces.1]
    }

    /// The dirty outputs that a step's transaction makes.
    pub fn outputs(&self, step: &Step) -> &[Piece] {
        &self.pieces[step.pieces.1..step.pieces.2]
    }

    /// Whether nothing was left unfollowed because of a limit on work or of amounts that are missing. What is below the
    /// dust limit is booked as dust, and does not count.
    pub fn is_complete(&self) -> bool {
        let is_whole =
            |totals: &Totals| totals.truncated == 0 && totals.unknown_inputs == 0 && totals.not_fetched == 0;
        self.totals.values().all(is_whole)
    }
}
