//! Change heuristics: named heuristics on which output of a payment went back to the payer.
//!
//! Each heuristic names the outputs that it *cannot rule out* as change (the vocabulary and most definitions are those of
//! `BlockSci`, `src/heuristics/change_address.cpp`; one-time change is Meiklejohn et al. 2013). It has *fired* when exactly
//! one is left. They join nothing: [`change_edges`] gives outputs on which heuristics of two different families agree,
//! [`measure_heuristics`] says how often each heuristic is right on the ledger at hand.

use std::ops::Range;

use tracehound_ledger::{AddrNum, OutNum, OutputView, Prev, TxNum, TxView, UtxoRows};

use super::Clusters;

/// Most outputs of a transaction that heuristics look at.
pub const MOST_OUTPUTS: u32 = 64;

/// Most inputs of a transaction that heuristics look at.
pub const MOST_INPUTS: u32 = 1_000;

/// A round amount is a multiple of this many base units (0.01 BTC).
pub const ROUND: u64 = 1_000_000;

/// A change heuristic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Heuristic {
    /// Owned by an input owner. Right by definition.
    AddressReuse,
    /// Smaller than the smallest input: were it the payment, that input would not have been needed.
    OptimalChange,
    /// Of the inputs' script type, if they all share one.
    AddressType,
    /// Not a multiple of [`ROUND`]: people pay round amounts.
    PowerOfTen,
    /// Owner first seen in this transaction.
    ClientChange,
    /// Owner first seen in this transaction, all other owners seen before, and no input owner is paid.
    OneTime,
    /// Unspent, or spent by a transaction that sets a lock time exactly if this one does.
    LockTime,
    /// Unspent, or spent at this transaction's fee rate (whole base units per virtual byte).
    FixedFee,
    /// Spent by a transaction of one input and two outputs, where this one is such a transaction too.
    PeelingChain,
    /// Spent.
    Spent,
    /// Smaller than the smallest input and its owner first seen here, as the only such output of several.
    Legacy,
}

/// What a heuristic goes by. Heuristics of one family err together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Family {
    /// The owners themselves.
    Owner,
    /// Amounts.
    Amount,
    /// Script types.
    Script,
    /// Which owners were seen before.
    History,
    /// The transaction that spends it.
    Spender,
}

impl Heuristic {
    /// Every heuristic.
    pub const ALL: [Self; 11] = [
        Self::AddressReuse,
        Self::OptimalChange,
        Self::AddressType,
        Self::PowerOfTen,
        Self::ClientChange,
        Self::OneTime,
        Self::LockTime,
        Self::FixedFee,
        Self::PeelingChain,
        Self::Spent,
        Self::Legacy,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddressReuse => "address-reuse",
            Self::OptimalChange => "optimal-change",
            Self::AddressType => "address-type",
            Self::PowerOfTen => "power-of-ten",
            Self::ClientChange => "client-change",
            Self::OneTime => "one-time",
            Self::LockTime => "locktime",
            Self::FixedFee => "fixed-fee",
            Self::PeelingChain => "peeling-chain",
            Self::Spent => "spent",
            Self::Legacy => "legacy",
        }
    }

    /// What it goes by. Legacy goes by amount and history; it counts as history.
    pub const fn family(self) -> Family {
        match self {
            Self::AddressReuse => Family::Owner,
            Self::OptimalChange | Self::PowerOfTen => Family::Amount,
            Self::AddressType => Family::Script,
            Self::ClientChange | Self::OneTime | Self::Legacy => Family::History,
            Self::LockTime | Self::FixedFee | Self::PeelingChain | Self::Spent => Family::Spender,
        }
    }
}

/// Some outputs of one transaction, by position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputSet(u64);

impl OutputSet {
    /// Whether it holds the output at a position.
    pub const fn has(self, vout: u32) -> bool {
        vout < u64::BITS && self.0 >> vout & 1 == 1
    }

    /// How many it holds.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether it holds none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The only one it holds.
    pub fn only(self) -> Option<u32> {
        (self.len() == 1).then(|| self.0.trailing_zeros())
    }

    /// The positions, ascending.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..u64::BITS).filter(move |&vout| self.has(vout))
    }
}

/// Several heuristics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heuristics(u16);

impl Heuristics {
    fn add(&mut self, heuristic: Heuristic) {
        self.0 |= 1 << heuristic as u8;
    }

    /// The heuristics.
    pub fn iter(self) -> impl Iterator<Item = Heuristic> {
        Heuristic::ALL.into_iter().filter(move |&heuristic| self.0 >> heuristic as u8 & 1 == 1)
    }

    /// How many families they are of.
    pub fn families(self) -> u32 {
        self.iter().fold(0u8, |families, heuristic| families | 1 << heuristic.family() as u8).count_ones()
    }
}

/// What the heuristics look at.
#[derive(Clone, Debug)]
pub struct Payment<'a, R> {
    ledger: &'a R,
    tx: TxView,
    owners: Vec<AddrNum>,
    smallest: u64,
    fee: u64,
    outputs: Vec<OutputView>,
    /// Outputs whose owner first appears in this transaction.
    fresh: OutputSet,
}

impl<'a, R: UtxoRows> Payment<'a, R> {
    /// Reads a transaction; `None` where there is nothing to vote on: a coinbase, fewer than two outputs that have an
    /// owner, more than [`MOST_OUTPUTS`] or [`MOST_INPUTS`], or an input whose amount or owner is not known.
    /// O(inputs + outputs) look-ups.
    pub fn of(ledger: &'a R, tx: TxNum) -> Option<Self> {
        let tx = ledger.tx(tx)?;
        if !(2..=MOST_OUTPUTS).contains(&tx.output_count) || tx.input_count > MOST_INPUTS {
            return None;
        }
        let (mut owners, mut smallest, mut sum) = (Vec::new(), u64::MAX, 0u64);
        for input in ledger.inputs(&tx) {
            if input.prev == Prev::Coinbase {
                return None;
            }
            owners.push(ledger.input_owner(&input)?);
            let value = ledger.input_value(&input)?;
            smallest = smallest.min(value);
            sum = sum.checked_add(value)?;
        }
        let outputs: Vec<OutputView> = ledger.outputs(&tx).collect();
        if outputs.iter().filter(|output| output.owner.is_some()).count() < 2 {
            return None;
        }
        let paid = outputs.iter().try_fold(0u64, |paid, output| paid.checked_add(output.value))?;
        owners.sort_unstable();
        owners.dedup();
        let fee = sum.checked_sub(paid)?;
        let mut payment = Self { ledger, tx, owners, smallest, fee, outputs, fresh: OutputSet::default() };
        payment.fresh = payment.those(|output| payment.is_fresh(output));
        Some(payment)
    }

    /// The outputs that a heuristic cannot rule out. Outputs without an owner are never among them.
    pub fn candidates(&self, heuristic: Heuristic) -> OutputSet {
        match heuristic {
            Heuristic::AddressReuse => self.reused(),
            Heuristic::OptimalChange => self.those(|output| output.value < self.smallest),
            Heuristic::AddressType => self.same_type(),
            Heuristic::PowerOfTen => self.those(|output| !output.value.is_multiple_of(ROUND)),
            Heuristic::ClientChange => self.fresh,
            Heuristic::OneTime => {
                let one = self.fresh.len() == 1 && self.reused().is_empty();
                if one { self.fresh } else { OutputSet::default() }
            }
            Heuristic::LockTime => {
                self.unspent_or(|spender| (spender.lock_time > 0) == (self.tx.lock_time > 0))
            }
            Heuristic::FixedFee => {
                let own = rate(self.fee, &self.tx);
                self.unspent_or(|spender| {
                    fee_of(self.ledger, spender).map(|fee| rate(fee, spender)) == Some(own)
                })
            }
            Heuristic::PeelingChain if is_peel(&self.tx) => {
                self.those(|output| self.spender(output).is_some_and(|spender| is_peel(&spender)))
            }
            Heuristic::PeelingChain => OutputSet::default(),
            Heuristic::Spent => self.those(|output| output.spent_by.is_some()),
            Heuristic::Legacy => {
                let set = OutputSet(self.candidates(Heuristic::OptimalChange).0 & self.fresh.0);
                if set.len() == 1 { set } else { OutputSet::default() }
            }
        }
    }

    /// For each output the heuristics that name it and no other.
    fn named(&self) -> Vec<Heuristics> {
        let mut named = vec![Heuristics::default(); self.outputs.len()];
        for heuristic in Heuristic::ALL {
            if let Some(vout) = self.candidates(heuristic).only() {
                named[vout as usize].add(heuristic);
            }
        }
        named
    }

    fn those(&self, test: impl Fn(&OutputView) -> bool) -> OutputSet {
        let fits = |output: &OutputView| output.owner.is_some() && test(output);
        let bits = self.outputs.iter().enumerate().filter(|(_, output)| fits(output));
        OutputSet(bits.fold(0, |set, (vout, _)| set | 1 << vout))
    }

    fn reused(&self) -> OutputSet {
        self.those(|output| output.owner.is_some_and(|owner| self.owners.binary_search(&owner).is_ok()))
    }

    fn same_type(&self) -> OutputSet {
        let mut types = self.owners.iter().map(|&owner| self.ledger.script_type(owner));
        match types.next() {
            Some(Some(first)) if types.all(|other| other == Some(first)) => self
                .those(|output| output.owner.and_then(|owner| self.ledger.script_type(owner)) == Some(first)),
            _ => self.those(|_| true),
        }
    }

    /// Whether the owner received nothing and spent nothing before this transaction, as far as the ledger goes back.
    fn is_fresh(&self, output: &OutputView) -> bool {
        let Some(owner) = output.owner else { return false };
        let (activity, _) = self.ledger.activity(owner, 1);
        let received = activity.received.first().is_none_or(|&first| first >= self.tx.first_output);
        received && activity.spent_missing.first().is_none_or(|&first| first >= self.tx.first_input)
    }

    fn spender(&self, output: &OutputView) -> Option<TxView> {
        self.ledger.tx(output.spent_by?)
    }

    fn unspent_or(&self, test: impl Fn(&TxView) -> bool) -> OutputSet {
        self.those(|output| self.spender(output).is_none_or(|spender| test(&spender)))
    }
}

fn is_peel(tx: &TxView) -> bool {
    (tx.input_count, tx.output_count) == (1, 2)
}

/// Whole base units per virtual byte.
fn rate(fee: u64, tx: &TxView) -> u64 {
    fee / u64::from(tx.weight).div_ceil(4).max(1)
}

/// `None` where an input's amount is not known, or there are too many.
fn fee_of(ledger: &impl UtxoRows, tx: &TxView) -> Option<u64> {
    if tx.input_count > MOST_INPUTS || tx.output_count > MOST_OUTPUTS {
        return None;
    }
    let paid = ledger.inputs(tx).try_fold(0u64, |sum, input| sum.checked_add(ledger.input_value(&input)?))?;
    let outs = (0..u64::from(tx.output_count)).map(|vout| OutNum(tx.first_output.0 + vout));
    let received =
        outs.map(|out| ledger.output_value(out)).try_fold(0u64, |sum, value| sum.checked_add(value?))?;
    paid.checked_sub(received)
}

/// An output that is likely the payer's change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeEdge {
    /// The payment.
    pub tx: TxNum,
    /// The output.
    pub output: OutNum,
    /// The input owner with the smallest number.
    pub payer: AddrNum,
    /// The output's owner.
    pub change: AddrNum,
    /// The heuristics that name this output and no other.
    pub heuristics: Heuristics,
}

/// The outputs of a transaction that likely are change: heuristics of two or more families name it, and no heuristic that has
/// fired names another. Nothing for `CoinJoin`s and suspected `PayJoin`s. At most one.
pub fn change_edge(ledger: &impl UtxoRows, clusters: &Clusters, tx: TxNum) -> Option<ChangeEdge> {
    if clusters.is_coinjoin(tx) || clusters.is_payjoin_suspect(tx) {
        return None;
    }
    let payment = Payment::of(ledger, tx)?;
    let named = payment.named();
    let mut with_heuristics =
        named.iter().enumerate().filter(|(_, heuristics)| **heuristics != Heuristics::default());
    let (vout, &heuristics) = with_heuristics.next()?;
    if with_heuristics.next().is_some() || heuristics.families() < 2 {
        return None;
    }
    let output = &payment.outputs[vout];
    Some(ChangeEdge {
        tx,
        output: output.num,
        payer: *payment.owners.first()?,
        change: output.owner?,
        heuristics,
    })
}

/// [`change_edge`] of every transaction of a range that has one.
pub fn change_edges(
    ledger: &impl UtxoRows,
    clusters: &Clusters,
    range: Range<TxNum>,
) -> impl Iterator<Item = ChangeEdge> {
    (range.start.0..range.end.0).filter_map(move |tx| change_edge(ledger, clusters, TxNum(tx)))
}

/// How often a heuristic was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The heuristic.
    pub heuristic: Heuristic,
    /// Payments of the sample in which it left exactly one output.
    pub fired: u64,
    /// Of these, the change.
    pub right: u64,
    /// Of these, the payment.
    pub wrong: u64,
}

/// How often the heuristics were right, see [`measure_heuristics`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Payments whose change is known.
    pub sample: u64,
    /// Payments with change to an input owner, which are not in the sample.
    pub self_change: u64,
    /// For each heuristic.
    pub heuristics: Vec<Record>,
    /// [`change_edge`]s in the sample, right and wrong.
    pub edges: (u64, u64),
}

/// Measures the heuristics on payments whose change the chain itself gives away: exactly two outputs, both owned, of which
/// exactly one owner is in the inputs' cluster: its coins were later spent together with theirs, directly or by way of
/// others (after Möser and Narayanan, "Resurrecting Address Clustering in Bitcoin", 2021).
///
/// The sample is biased: it holds only change that was spent, by wallets that join coins, so [`Heuristic::Spent`] and the
/// others that look at the spender do better on it than on all payments. [`Heuristic::AddressReuse`] never fires in it, since
/// payments with change to an input owner need no guessing and are left out. O(payments), each a few look-ups.
pub fn measure_heuristics(ledger: &impl UtxoRows, clusters: &Clusters) -> Measured {
    let mut measured = Measured {
        sample: 0,
        self_change: 0,
        heuristics: Heuristic::ALL
            .map(|heuristic| Record { heuristic, fired: 0, right: 0, wrong: 0 })
            .to_vec(),
        edges: (0, 0),
    };
    for tx in (0..clusters.next_tx()).map(TxNum) {
        if clusters.is_coinjoin(tx) || clusters.is_payjoin_suspect(tx) {
            continue;
        }
        let is_pair = ledger.tx(tx).is_some_and(|tx| tx.output_count == 2);
        let Some(payment) = is_pair.then(|| Payment::of(ledger, tx)).flatten() else { continue };
        if !payment.reused().is_empty() {
            measured.self_change += 1;
            continue;
        }
        let cluster = clusters.cluster_of(payment.owners[0]);
        let own =
            payment.those(|output| output.owner.and_then(|owner| clusters.cluster_of(owner)) == cluster);
        let Some(change) = own.only() else { continue };
        measured.sample += 1;
        for record in &mut measured.heuristics {
            if let Some(named) = payment.candidates(record.heuristic).only() {
                record.fired += 1;
                record.right += u64::from(named == change);
                record.wrong += u64::from(named != change);
            }
        }
        if let Some(edge) = change_edge(ledger, clusters, tx) {
            let right = edge.output == payment.outputs[change as usize].num;
            measured.edges.0 += u64::from(right);
            measured.edges.1 += u64::from(!right);
        }
    }
    measured
}
