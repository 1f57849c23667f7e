//! Withdrawals through a centralised mixer: payouts soon after a deposit whose sum is the deposit less a usual fee.
//!
//! Such a mixer pays from other coins than it received, so nothing but amounts and times ties a payout to a deposit, and
//! in a busy day some amounts fit by chance. Every candidate therefore comes with its **base rate**: how many deposits that
//! were *not* asked about, of the same size class and just before, find an equally good fit among the same payouts. A candidate
//! whose controls fit as often as it does says nothing, and one that none of 200 shares can still be chance: asked about
//! many deposits, some such candidate will turn up. Payouts that go to different addresses and are never spent together are not
//! found at all.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::ControlFlow,
};

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{AddrNum, BlockNum, OutNum, Prev, ScannedTx, TxNum, UtxoRows};
use tracehound_model::{Amount, OutPoint};

use crate::peel::time;

/// What counts as a fit. Sources of the defaults: fees of 0.5 to 3 % as the mixers published them, delays of hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search<'a> {
    /// Seconds after the deposit in which payouts are looked for.
    pub seconds: u32,
    /// Fees in millionths: first, last, step.
    pub fees_ppm: (u32, u32, u32),
    /// How far from the exact sum a fit may be, in millionths of the deposit: miners' fees and rounding.
    pub tolerance_ppm: u32,
    /// Payouts below this many permille of the deposit are not looked at.
    pub smallest_permille: u32,
    /// Most payouts that are summed to one customer.
    pub parts: usize,
    /// Only payouts of transactions that one of these owners pays: the mixer's pool, where known.
    pub pool: Option<&'a BTreeSet<AddrNum>>,
    /// Control deposits.
    pub controls: usize,
    /// Outputs looked at, at most.
    pub outputs: usize,
    /// Withdrawals reported, at most.
    pub candidates: usize,
}

impl Default for Search<'_> {
    fn default() -> Self {
        Self {
            seconds: 72 * 3_600,
            fees_ppm: (5_000, 30_000, 1_000),
            tolerance_ppm: 20,
            smallest_permille: 50,
            parts: 8,
            pool: None,
            controls: 200,
            outputs: 5_000_000,
            candidates: 20,
        }
    }
}

/// What makes payouts belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Together {
    /// One payout.
    Single,
    /// They go to one address.
    SameRecipient,
    /// One transaction spends them.
    SpentTogether,
}

/// Payouts that fit.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Candidate {
    /// What ties them to one another.
    pub together: Together,
    /// The payouts.
    pub payouts: Vec<OutPoint>,
    /// Their sum.
    pub sum: Amount,
    /// The fee they fit, in millionths of the deposit.
    pub fee_ppm: u32,
    /// How far from the exact sum, base units.
    pub off_by: u64,
    /// Seconds from the deposit to the last of them.
    pub delay: u32,
    /// Control deposits that find at least one equally good fit of the same kind ...
    pub control_fits: u32,
    /// ... of so many.
    pub controls: u32,
}

/// Withdrawals from one deposit.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Withdrawals {
    /// The deposit.
    pub deposit: OutPoint,
    /// Base units in it.
    pub amount: Amount,
    /// Rarest among the controls first, then nearest.
    pub candidates: Vec<Candidate>,
    /// How many candidates there are in all.
    pub found: usize,
    /// Outputs looked at.
    pub outputs: usize,
    /// Whether the limit on them truncated the search.
    pub truncated: bool,
}

/// Payouts that belong together, as the search keeps them.
#[derive(Clone, Debug)]
struct Group {
    sum: u64,
    together: Together,
    outs: Vec<OutNum>,
}

/// A payout that may fit.
#[derive(Clone, Copy, Debug)]
struct Payout {
    out: OutNum,
    value: u64,
    owner: AddrNum,
}

/// Looks for payouts after a deposit. `None` when it is not in the ledger. O(rows of the time asked for + controls x fees
/// x log of the payouts).
pub fn find(ledger: &impl UtxoRows, deposit: OutNum, search: &Search<'_>) -> Option<Withdrawals> {
    let (tx, vout) = ledger.tx_of_output(deposit)?;
    let amount = ledger.output_value(deposit)?;
    let end = end_of(ledger, tx, search.seconds);
    let (payouts, outputs, cut) = payouts(ledger, deposit, tx, end, amount, search);
    let groups = Groups::of(ledger, &payouts, search.parts);
    let controls = controls(ledger, tx, amount, search.controls);
    let mut fits: Vec<(Candidate, u64)> = Vec::new();
    for fit in groups.fits(amount, search) {
        let group = &groups.all[fit.group];
        let control_fits = groups.count_fitting(&controls, group.together, fit.off_by, amount, search);
        let candidate = Candidate {
            together: group.together,
            payouts: group.outs.iter().filter_map(|&out| outpoint(ledger, out)).collect(),
            sum: group.sum.into(),
            fee_ppm: fit.fee_ppm,
            off_by: fit.off_by,
            delay: delay(ledger, tx, &group.outs),
            control_fits,
            controls: controls.len() as u32,
        };
        fits.push((candidate, group.outs[0].0));
    }
    fits.sort_by_key(|(candidate, first)| {
        (candidate.control_fits, candidate.off_by, candidate.together, candidate.delay, *first)
    });
    let found = fits.len();
    let candidates = fits.into_iter().map(|(candidate, _)| candidate).take(search.candidates).collect();
    let deposit = OutPoint { txid: ledger.tx(tx)?.txid, vout };
    Some(Withdrawals { deposit, amount: amount.into(), candidates, found, outputs, truncated: cut })
}

fn outpoint(ledger: &impl UtxoRows, out: OutNum) -> Option<OutPoint> {
    let (tx, vout) = ledger.tx_of_output(out)?;
    Some(OutPoint { txid: ledger.tx(tx)?.txid, vout })
}

fn delay(ledger: &impl UtxoRows, deposit: TxNum, outs: &[OutNum]) -> u32 {
    let times = outs.iter().filter_map(|&out| ledger.tx_of_output(out)).map(|(tx, _)| time(ledger, tx));
    times.max().unwrap_or(0).saturating_sub(time(ledger, deposit))
}

/// The first transaction of a block that is later than `seconds` after `tx`.
fn end_of(ledger: &impl UtxoRows, tx: TxNum, seconds: u32) -> TxNum {
    let Some(block) = ledger.block_of(tx) else { return tx };
    let last = block.header.time().saturating_add(seconds);
    let mut next = block.num.0 + 1;
    while let Some(block) = ledger.block(BlockNum(next)) {
        if block.header.time() > last {
            return block.first_tx;
        }
        next += 1;
    }
    TxNum(u32::MAX)
}

fn payouts(
    ledger: &impl UtxoRows,
    deposit: OutNum,
    tx: TxNum,
    end: TxNum,
    amount: u64,
    search: &Search<'_>,
) -> (Vec<Payout>, usize, bool) {
    let smallest = u128::from(amount) * u128::from(search.smallest_permille) / 1_000;
    // Controls are up to twice the deposit.
    let largest = amount.saturating_mul(2);
    let (mut found, mut looked, mut cut) = (Vec::new(), 0, false);
    ledger.scan(TxNum(tx.0 + 1)..end, |scanned| {
        looked += scanned.output_count();
        if looked > search.outputs {
            cut = true;
            return ControlFlow::Break(());
        }
        // New coins are nobody's payout, and what spends the deposit itself is no mixer's other coin.
        if scanned.prevs().any(|prev| prev == Prev::Coinbase || prev == Prev::Output(deposit)) {
            return ControlFlow::Continue(());
        }
        let owner_of = |prev: Prev| match prev {
            Prev::Output(out) => ledger.output_owner(out),
            Prev::Missing { owner, .. } => owner,
            Prev::Coinbase => None,
        };
        if let Some(pool) = search.pool
            && !scanned.prevs().filter_map(owner_of).any(|owner| pool.contains(&owner))
        {
            return ControlFlow::Continue(());
        }
        for (at, (value, owner)) in (0..).zip(scanned.outputs()) {
            if let Some(owner) = owner.filter(|owner| !search.pool.is_some_and(|pool| pool.contains(owner)))
                && value <= largest
                && u128::from(value) >= smallest
            {
                found.push(Payout { out: OutNum(scanned.first_output().0 + at), value, owner });
            }
        }
        ControlFlow::Continue(())
    });
    (found, looked, cut)
}

/// Amounts of other outputs of the size class, from just before the deposit: between half and double.
fn controls(ledger: &impl UtxoRows, tx: TxNum, amount: u64, most: usize) -> Vec<u64> {
    /// Transactions that are looked at before giving up on finding enough.
    const BACK: u32 = 50_000;
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut end = tx.0;
    while found.len() < most && end > tx.0.saturating_sub(BACK) {
        let begin = end.saturating_sub(1_000);
        ledger.scan(TxNum(begin)..TxNum(end), |scanned| {
            for (value, owner) in scanned.outputs() {
                let class = value >= amount / 2 && value / 2 <= amount && value != amount;
                if owner.is_some() && class && found.len() < most && seen.insert(value) {
                    found.push(value);
                }
            }
            ControlFlow::Continue(())
        });
        end = begin;
    }
    found
}

struct Fit {
    group: usize,
    fee_ppm: u32,
    off_by: u64,
}

/// Everything that may be one customer's, by kind and sum.
struct Groups {
    all: Vec<Group>,
    /// (sum, position in `all`), ascending, for each kind.
    by_sum: HashMap<Together, Vec<(u64, usize)>>,
}

impl Groups {
    fn of(ledger: &impl UtxoRows, payouts: &[Payout], parts: usize) -> Self {
        let mut all: Vec<Group> = payouts
            .iter()
            .map(|payout| Group { sum: payout.value, together: Together::Single, outs: vec![payout.out] })
            .collect();
        let mut spenders: HashMap<TxNum, Vec<Payout>> = HashMap::new();
        let mut owners: HashMap<AddrNum, Vec<Payout>> = HashMap::new();
        for &payout in payouts {
            owners.entry(payout.owner).or_default().push(payout);
            if let Some(tx) = ledger.output(payout.out).and_then(|output| output.spent_by) {
                spenders.entry(tx).or_default().push(payout);
            }
        }
        let together = |group: Vec<Payout>, together| {
            let fits = (2..=parts).contains(&group.len());
            let sum = group.iter().try_fold(0_u64, |sum, payout| sum.checked_add(payout.value));
            let outs = group.iter().map(|payout| payout.out).collect();
            sum.filter(|_| fits).map(|sum| Group { sum, together, outs })
        };
        let owned = owners.into_values().filter_map(|group| together(group, Together::SameRecipient));
        let spent = spenders.into_values().filter_map(|group| together(group, Together::SpentTogether));
        all.extend(owned.chain(spent));
        // Hash maps have no order of their own.
        all.sort_by(|a, b| (a.together, a.sum, &a.outs).cmp(&(b.together, b.sum, &b.outs)));
        let mut by_sum: HashMap<Together, Vec<(u64, usize)>> = HashMap::new();
        for (at, group) in all.iter().enumerate() {
            by_sum.entry(group.together).or_default().push((group.sum, at));
        }
        Self { all, by_sum }
    }

    /// Fees of the grid with the exact payout for each.
    fn targets(amount: u64, search: &Search<'_>) -> impl Iterator<Item = (u32, u64)> {
        let (first, last, step) = search.fees_ppm;
        (first..=last.min(1_000_000)).step_by(step.max(1) as usize).map(move |fee| {
            let kept = u128::from(amount) * u128::from(1_000_000 - fee) / 1_000_000;
            (fee, u64::try_from(kept).unwrap_or(u64::MAX))
        })
    }

    fn tolerance(amount: u64, search: &Search<'_>) -> u64 {
        let tolerance = u128::from(amount) * u128::from(search.tolerance_ppm) / 1_000_000;
        u64::try_from(tolerance).unwrap_or(u64::MAX)
    }

    /// Groups that fit the deposit; each by its best fee.
    fn fits(&self, amount: u64, search: &Search<'_>) -> Vec<Fit> {
        let tolerance = Self::tolerance(amount, search);
        let mut best: HashMap<usize, (u64, u32)> = HashMap::new();
        for (fee, target) in Self::targets(amount, search) {
            for sums in self.by_sum.values() {
                let from = sums.partition_point(|&(sum, _)| sum < target.saturating_sub(tolerance));
                for &(sum, group) in
                    sums[from..].iter().take_while(|&&(sum, _)| sum <= target.saturating_add(tolerance))
                {
                    let this = (sum.abs_diff(target), fee);
                    best.entry(group).and_modify(|best| *best = this.min(*best)).or_insert(this);
                }
            }
        }
        let mut fits: Vec<Fit> =
            best.into_iter().map(|(group, (off_by, fee_ppm))| Fit { group, fee_ppm, off_by }).collect();
        fits.sort_by_key(|fit| fit.group);
        fits
    }

    /// How many controls have a fit of a kind that is at least as near, as a part of the amount.
    fn count_fitting(
        &self,
        controls: &[u64],
        together: Together,
        off_by: u64,
        amount: u64,
        search: &Search<'_>,
    ) -> u32 {
        let Some(sums) = self.by_sum.get(&together) else { return 0 };
        let fits = |control: u64| {
            let near = u128::from(off_by) * u128::from(control) / u128::from(amount.max(1));
            let near = u64::try_from(near).unwrap_or(u64::MAX);
            Self::targets(control, search).any(|(_, target)| {
                let from = sums.partition_point(|&(sum, _)| sum < target.saturating_sub(near));
                sums.get(from).is_some_and(|&(sum, _)| sum <= target.saturating_add(near))
            })
        };
        controls.iter().filter(|&&control| fits(control)).count() as u32
    }
}
