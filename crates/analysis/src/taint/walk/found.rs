//! What a walk found: steps, ends, and where every unit is.

use std::collections::BTreeMap;

use tracehound_ledger::{AddrNum, OutNum, TxNum};

#[cfg(doc)]
use super::WalkLimits;
use super::{
    super::{Holding, Label},
    Mix,
};

/// Which limit cut a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cut {
    /// [`WalkLimits::hops`].
    Hops,
    /// [`WalkLimits::dust`].
    Dust,
    /// [`WalkLimits::share_ppm`].
    Share,
    /// [`WalkLimits::fan_out`].
    FanOut,
    /// [`WalkLimits::txs`].
    Work,
    /// It came to another seed, which is followed as a whole already.
    Seed,
}

/// Why a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Unspent in the snapshot, or until the time asked for.
    Held,
    /// At a service; backward: from a service.
    Arrived,
    /// Spent by this mixing transaction (backward: made by it).
    Mixed(TxNum),
    /// Paid to an output without an owner (`OP_RETURN`).
    Unowned,
    /// Overwritten, before anybody spent it, by this later coinbase of the same id (BIP-30).
    Destroyed(TxNum),
    /// Backward: new coins of this coinbase.
    Minted(TxNum),
    /// The amounts of this transaction are not all in the ledger, so it cannot be divided.
    Unresolved(TxNum),
    /// A limit ended it.
    Cut(Cut),
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
    pub fate: Fate,
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
    /// What kind of mix it is, where the walk went through one.
    pub mix: Option<Mix>,
    /// Its first piece, and where its dirty outputs begin and end.
    pub(super) pieces: (usize, usize, usize),
}

/// Base units of one label, by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Seeded.
    pub seeded: u128,
    /// [`Fate::Held`].
    pub held: u128,
    /// [`Fate::Arrived`].
    pub arrived: u128,
    /// [`Fate::Mixed`].
    pub mixed: u128,
    /// Paid as fees.
    pub fees: u128,
    /// [`Fate::Unowned`].
    pub unowned: u128,
    /// [`Fate::Destroyed`].
    pub destroyed: u128,
    /// [`Fate::Minted`].
    pub minted: u128,
    /// [`Fate::Unresolved`].
    pub unresolved: u128,
    /// [`Fate::Cut`] for being small: [`Cut::Dust`], [`Cut::Share`]. A choice of the question, not a lack of the answer.
    pub dust: u128,
    /// [`Cut::Seed`]: counted again with the seed it came to.
    pub rejoined: u128,
    /// [`Fate::Cut`] by any other limit: the residual.
    pub cut: u128,
}

impl Totals {
    /// All parts; equal to [`Totals::seeded`] for every method that conserves.
    pub fn booked(&self) -> u128 {
        self.held
            + self.arrived
            + self.mixed
            + self.fees
            + self.unowned
            + self.destroyed
            + self.minted
            + self.unresolved
            + self.dust
            + self.rejoined
            + self.cut
    }

    pub(super) fn part(&mut self, fate: Fate) -> &mut u128 {
        match fate {
            Fate::Held => &mut self.held,
            Fate::Arrived => &mut self.arrived,
            Fate::Mixed(_) => &mut self.mixed,
            Fate::Unowned => &mut self.unowned,
            Fate::Destroyed(_) => &mut self.destroyed,
            Fate::Minted(_) => &mut self.minted,
            Fate::Unresolved(_) => &mut self.unresolved,
            Fate::Cut(Cut::Dust | Cut::Share) => &mut self.dust,
            Fate::Cut(Cut::Seed) => &mut self.rejoined,
            Fate::Cut(Cut::Hops | Cut::FanOut | Cut::Work) => &mut self.cut,
        }
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Transactions divided, in the order of the walk: time, or time backwards.
    pub steps: Vec<Step>,
    /// Where paths end, in the order they were found.
    pub ends: Vec<End>,
    /// Sums by label.
    pub totals: BTreeMap<Label, Totals>,
    /// The pieces of all steps, inputs before outputs: one list, because millions of small ones cost more than the walk.
    pub(super) pieces: Vec<Piece>,
}

impl Walk {
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
        self.totals.values().all(|totals| totals.cut == 0 && totals.unresolved == 0)
    }
}
