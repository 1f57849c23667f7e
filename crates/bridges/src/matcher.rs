//! Matches payouts with deposits where no id says which belongs to which.
//!
//! A payout may be for any deposit of its asset, of an amount within the fee and of a time within the window; with the
//! recipient known, of its recipient alone. Each payout has one deposit, each deposit at most one payout. A link is told
//! where **every** assignment that gives all payouts a deposit makes it: a maximum matching, and of its edges those on no
//! alternating cycle and on no alternating path from a deposit that is left over (Tassa, "Finding all maximally-matchable
//! edges in a bipartite graph", 2012). Anything else is a set of candidates, and its size is said; nothing is guessed.
//!
//! That each payout has its deposit among those given is an assumption: where a window is too short or a file too small it
//! fails, and where it visibly fails (more payouts than deposits) nothing is linked.

mod assignment;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::Amount;

/// A deposit or a payout. Assets and recipients are numbers that the caller gives: what is the same on both chains has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which asset.
    pub asset: u32,
    /// To whom; of a deposit, for whom.
    pub recipient: Option<u32>,
    /// How much, in base units: of both chains, the same.
    pub amount: Amount,
    /// When, in seconds since 1970-01-01 UTC.
    pub time: i64,
}

/// What may belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Only deposits for the payout's recipient.
    pub by_recipient: bool,
    /// Seconds from a deposit to its payout at the least: a bridge's delay, or less than nothing where clocks differ.
    pub earliest: i64,
    /// At the most; none where a payout may take any time.
    pub latest: Option<i64>,
    /// What may be kept of a deposit: ten-thousandths of it.
    pub fee_bps: u32,
    /// And so many base units.
    pub fee_units: Amount,
}

/// How sure a link is, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// No other deposit may be meant.
    OnlyCandidate,
    /// Others may be meant, but then another payout would have none.
    OnlyAssignment,
    /// Several deposits may be meant.
    Ambiguous,
    /// More deposits may be meant than are looked at.
    Crowded,
    /// Payouts around it have fewer deposits than there are payouts.
    TooFewDeposits,
    /// No deposit may be meant.
    NoCandidate,
}

/// What is known of a payout's deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The deposit, where one alone is possible.
    pub deposit: Option<usize>,
    /// Deposits that may be meant, by number, in order; up to [`MOST_CANDIDATES`].
    pub candidates: Vec<usize>,
    /// How many there are; one more than [`MOST_CANDIDATES`] stands for any number above it.
    pub candidate_count: usize,
    /// Why.
    pub rule: Rule,
}

impl Matched {
    /// How likely each candidate is, in thousandths, where nothing tells them apart: 1000 for a link.
    pub fn permille(&self) -> u32 {
        match (self.deposit, u32::try_from(self.candidate_count)) {
            (Some(_), _) => 1_000,
            (None, Ok(count @ 1..)) => 1_000 / count,
            (None, _) => 0,
        }
    }
}

/// Deposits that one payout may mean, at most: what has more is crowded.
pub const MOST_CANDIDATES: usize = 512;

/// For each payout, which deposit it is for. O((deposits + payouts) log deposits + candidates), where those count that fit by amount
/// and not by time too; of payouts whose candidates are all taken times the deposits that can change places.
pub fn matched(deposits: &[Event], payouts: &[Event], rules: Rules) -> Vec<Matched> {
    let candidates = Candidates::of(deposits, rules);
    let found: Vec<Vec<usize>> = payouts.iter().map(|payout| candidates.for_payout(payout)).collect();
    let forced = assignment::forced(deposits.len(), &found);
    found
        .into_iter()
        .zip(forced)
        .map(|(mut candidates, forced)| {
            let deposit = forced.ok();
            let rule = match (forced, candidates.len()) {
                (_, 0) => Rule::NoCandidate,
                (_, count) if count > MOST_CANDIDATES => Rule::Crowded,
                (Ok(_), 1) => Rule::OnlyCandidate,
                (Ok(_), _) => Rule::OnlyAssignment,
                (Err(assignment::Open::TooFew), _) => Rule::TooFewDeposits,
                (Err(assignment::Open::Crowded), _) => Rule::Crowded,
                (Err(assignment::Open::Several), _) => Rule::Ambiguous,
            };
            let candidate_count = candidates.len();
            candidates.truncate(MOST_CANDIDATES);
            Matched { deposit, candidates, candidate_count, rule }
        })
        .collect()
}

/// Deposits by asset and recipient, each by amount and time.
struct Candidates<'a> {
    deposits: &'a [Event],
    groups: HashMap<(u32, Option<u32>), Vec<usize>>,
    rules: Rules,
}

impl<'a> Candidates<'a> {
    fn of(deposits: &'a [Event], rules: Rules) -> Self {
        let mut groups: HashMap<_, Vec<usize>> = HashMap::new();
        for (number, deposit) in deposits.iter().enumerate() {
            groups.entry(Self::group(deposit, rules)).or_default().push(number);
        }
        for group in groups.values_mut() {
            group.sort_unstable_by_key(|&number| (deposits[number].amount, deposits[number].time, number));
        }
        Self { deposits, groups, rules }
    }

    fn group(event: &Event, rules: Rules) -> (u32, Option<u32>) {
        (event.asset, event.recipient.filter(|_| rules.by_recipient))
    }

    /// Up to one more than [`MOST_CANDIDATES`] deposits, in order of their numbers.
    fn for_payout(&self, payout: &Event) -> Vec<usize> {
        // Of whom nobody is known may be anybody.
        if self.rules.by_recipient && payout.recipient.is_none() {
            return Vec::new();
        }
        let Some(group) = self.groups.get(&Self::group(payout, self.rules)) else { return Vec::new() };
        let (least, most) = (payout.amount, self.most_paid_in(payout.amount));
        // With one amount alone, those in time stand beside each other.
        let latest = payout.time.saturating_sub(self.rules.earliest);
        let earliest = self.rules.latest.map_or(i64::MIN, |seconds| payout.time.saturating_sub(seconds));
        let begin = group.partition_point(|&number| {
            let deposit = &self.deposits[number];
            (deposit.amount, deposit.time) < (least, earliest)
        });
        let in_time = |number: &usize| (earliest..=latest).contains(&self.deposits[*number].time);
        let up_to = |number: &usize| {
            let deposit = &self.deposits[*number];
            (deposit.amount, deposit.time) <= (most, latest)
        };
        let mut found: Vec<usize> = group[begin..]
            .iter()
            .copied()
            .take_while(up_to)
            .filter(in_time)
            .take(MOST_CANDIDATES + 1)
            .collect();
        found.sort_unstable();
        found
    }

    /// The most that may have been paid in for a payout: what is left of it after the fee is the payout.
    fn most_paid_in(&self, paid_out: Amount) -> Amount {
        let whole = 10_000_u32;
        let left = whole.saturating_sub(self.rules.fee_bps);
        let before = paid_out.checked_mul_div(Amount::from(u64::from(whole)), Amount::from(u64::from(left)));
        before.unwrap_or(Amount::MAX).saturating_add(self.rules.fee_units)
    }
}
