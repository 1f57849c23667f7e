//! Exposure: whom an owner's money came from or went to, through however many unnamed owners.
//!
//! **Direct** is a named entity in the owner's own transactions; **indirect** is one with unnamed owners in between. A path
//! ends at the first named entity, whatever it is, at new coins, at a mix, or at a limit; what ended without a name is in
//! [`Exposures::rest`]. Amounts are shares by haircut, to the unit, so all parts together are what was received (or paid).
//! On demand, and exact to the unit: no transaction is left out, and each one divided rounds to whole base units, which
//! moves less than one unit for each two of its followed inputs (outputs, forward) from one part to another. So a part is
//! off by less than (followed inputs of all transactions divided) / 2 base units from the rational share: nothing for an
//! amount that matters, but some per cent of one of a few dozen units.

mod behind;

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

pub use behind::{AtMix, Behind, Party, behind};

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{AddrNum, OutNum, OutputView, Prev, TxNum, TxSpan, TxView, UtxoRows};
use tracehound_model::{Amount, Worth};

use crate::{
    numbers::Table,
    price::Prices,
    taint::{
        Direction, End, Label, Method, Mix, Options, Propagation, PropagationLimits, Seed, SeedError,
        StopReason, Stops, Truncation, propagate,
    },
    trace::{Entity, Known, Suspected, suspects},
    words::is_little,
};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The owners, as one: payments among them do not count.
    pub subjects: &'a BTreeSet<AddrNum>,
    /// Instead of what the subjects received (or paid), what this transaction pays (or spends). There are no subjects then.
    pub tx: Option<TxNum>,
    /// Backward for where money came from, forward for where it went.
    pub direction: Direction,
    /// Where to stop.
    pub limits: PropagationLimits,
    /// Go on behind mixes, by haircut.
    pub through_mixes: bool,
    /// Also say what went through transactions that may be mixes: each transaction is classified once more.
    pub suspects: bool,
    /// Prices of the chain's coin for what amounts were worth, where wanted.
    pub prices: Option<&'a Prices>,
}

/// What passed between the subjects and one named entity.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Exposed {
    /// The entity.
    pub entity: Entity,
    /// Whether it is in the subjects' own transactions; direct and indirect amounts are rows of their own.
    pub direct: bool,
    /// Base units.
    pub amount: Amount,
    /// Worth at the time of each transfer, and what of it has no price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worth: Option<Worth>,
    /// Base units that moved on or after the day from which the entity was listed; `None` without such a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_listing: Option<Amount>,
    /// Fewest and most transactions between.
    pub hops: (u32, u32),
    /// Times of the first and last transfer at the entity's end, seconds since 1970-01-01 UTC.
    pub span: (u32, u32),
    /// Paths that end there.
    pub paths: u32,
    /// The path that carries most, as transactions from the entity to the subject (forward: from the subject).
    #[serde(skip)]
    pub best_path: Vec<TxNum>,
    /// The entity's address on that path.
    #[serde(skip)]
    pub best_owner: Option<AddrNum>,
}

/// What ended without a name, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Rest {
    /// New coins.
    pub coinbase: Amount,
    /// In or from mixes.
    pub mixed: Amount,
    /// Unspent with owners nobody names.
    pub unspent: Amount,
    /// Fees.
    pub fees: Amount,
    /// Paid to nobody.
    pub unspendable: Amount,
    /// Coinbases to the subjects that later ones of the same id overwrote before anybody spent them (BIP-30); not part of
    /// the total: they gave nothing to anybody.
    pub destroyed: Amount,
    /// Came back to the subjects; not part of the total.
    pub returned: Amount,
    /// Stopped at amounts that are not known.
    pub unknown_inputs: Amount,
    /// Not followed, because a limit on dust says so; receipts below it included.
    pub dust: Amount,
    /// Stopped by any other limit.
    pub truncated: Amount,
}

impl Rest {
    /// Its parts, for programs and for people; with the named it adds up to the whole.
    pub fn parts(&self) -> [(&'static str, &'static str, Amount); 8] {
        [
            ("coinbase", "new coins", self.coinbase),
            ("mixed", "mixes", self.mixed),
            ("unspent", "unspent, nobody known", self.unspent),
            ("fees", "fees", self.fees),
            ("unspendable", "to nobody (OP_RETURN)", self.unspendable),
            ("unknown_inputs", "unresolved: blocks are missing", self.unknown_inputs),
            ("dust", "below the limit on dust", self.dust),
            ("truncated", "truncated by limits", self.truncated),
        ]
    }
}

/// An answer; its entities and its rest add up to `total`.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Exposures {
    /// Base units received from (or paid to) others.
    pub total: Amount,
    /// Named entities: direct before indirect, then largest first.
    pub entities: Vec<Exposed>,
    /// The others.
    pub rest: Rest,
    /// Transactions divided to find out.
    pub work: usize,
    /// Outputs of the subjects beyond the number looked at were left out.
    pub truncated: bool,
    /// Of [`Rest::truncated`], what the limit on hops cut.
    #[serde(skip)]
    pub beyond_hops: Amount,
    /// What went through transactions that may be mixes, if it was looked for and any did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspected: Option<Suspected>,
    /// Where [`Rest::mixed`] is, mix by mix: [`behind`] looks who else was there.
    #[serde(skip)]
    pub mixes: Vec<AtMix>,
}

/// The same in the making: base units of a UTXO chain, of which 128 bits hold any sum.
#[derive(Default)]
struct Units {
    total: u128,
    coinbase: u128,
    mixed: u128,
    unspent: u128,
    unspendable: u128,
    destroyed: u128,
    returned: u128,
    unknown_inputs: u128,
    dust: u128,
    truncated: u128,
    beyond_hops: u128,
}

/// A row of [`Exposures::entities`] in the making.
struct Row {
    told: Exposed,
    amount: u128,
    after_listing: u128,
    /// Base units on the path that carries most.
    most: u128,
    /// Base units and time of each transfer, where there are prices.
    transfers: Vec<(Amount, u32)>,
}

impl Exposures {
    /// Whether no limit on work and no missing amount stands behind the answer, and a limit on dust left out no more than a
    /// little ([`MOST_LEFT_OUT`](crate::words::MOST_LEFT_OUT)): what is below it is booked, and said.
    pub fn is_complete(&self) -> bool {
        !self.truncated
            && self.rest.truncated.is_zero()
            && self.rest.unknown_inputs.is_zero()
            && is_little(self.rest.dust, self.total)
    }
}

/// Outputs of the subjects looked at.
const MOST_OUTPUTS: usize = 20_000;

/// Ends paths at every named entity, and at the subjects themselves.
struct Named<'a, R> {
    known: &'a dyn Known<R>,
    subjects: &'a BTreeSet<AddrNum>,
}

impl<R: UtxoRows> Stops<R> for Named<'_, R> {
    fn is_service(&self, owner: AddrNum) -> bool {
        self.subjects.contains(&owner) || self.known.entity(owner).is_some_and(|entity| !entity.is_hint())
    }

    fn mix(&self, ledger: &R, tx: TxSpan) -> Option<Mix> {
        self.known.mix(ledger, tx)
    }
}

/// Follows everything that the subjects received from others (or paid to others). Cost: see [`propagate`].
pub fn exposures<R: UtxoRows>(
    ledger: &R,
    question: &Question<'_>,
    known: &dyn Known<R>,
) -> Result<Exposures, SeedError> {
    let (mut answer, mut units) = (Exposures::default(), Units::default());
    let seeds = match (question.tx, question.direction) {
        (Some(tx), direction) => moved(ledger, question, tx, direction, &mut units),
        (None, Direction::Backward) => received(ledger, question, &mut answer, &mut units),
        (None, Direction::Forward) => paid(ledger, question, &mut answer),
    };
    if seeds.is_empty() {
        return Ok(units.told(answer));
    }
    let options = Options {
        direction: question.direction,
        method: Method::Haircut,
        through_mixes: question.through_mixes,
        limits: question.limits,
    };
    let stops = Named { known, subjects: question.subjects };
    let found = propagate(ledger, &seeds, options, &stops)?;
    answer.work = found.steps.len();
    if question.suspects {
        answer.suspected = suspects(ledger, &found, question.direction, known).1;
    }
    Gathered { ledger, question, known, found: &found, routes: OnceCell::new() }
        .book(&mut answer, &mut units);
    Ok(units.told(answer))
}

fn in_time(ledger: &impl UtxoRows, tx: TxNum, until: u32) -> bool {
    until == u32::MAX || ledger.block_of(tx).is_some_and(|block| block.header.time() <= until)
}

/// Whether the subjects pay in this transaction.
fn is_payer(ledger: &impl UtxoRows, tx: &TxView, subjects: &BTreeSet<AddrNum>) -> bool {
    ledger.inputs(tx).any(|input| ledger.input_owner(&input).is_some_and(|owner| subjects.contains(&owner)))
}

/// Outputs that others paid to the subjects. Those below the dust limit are booked at once.
fn received(
    ledger: &impl UtxoRows,
    question: &Question<'_>,
    answer: &mut Exposures,
    units: &mut Units,
) -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut payers: HashMap<TxNum, bool> = HashMap::new();
    for &subject in question.subjects {
        let (activity, cut) = ledger.activity(subject, MOST_OUTPUTS);
        answer.truncated |= cut;
        for out in activity.received {
            let Some((tx, _)) = ledger.tx_of_output(out) else { continue };
            let own = *payers.entry(tx).or_insert_with(|| {
                ledger.tx(tx).is_some_and(|view| is_payer(ledger, &view, question.subjects))
            });
            if own || !in_time(ledger, tx, question.limits.until) {
                continue;
            }
            seeds.extend(ledger.output(out).and_then(|output| seed(&output, question, units)));
        }
    }
    seeds
}

/// An output to start from. One below the dust limit is booked at once.
fn seed(output: &OutputView, question: &Question<'_>, units: &mut Units) -> Option<Seed> {
    let value = u128::from(output.value);
    if output.destroyed_by.is_some() {
        units.destroyed += value;
        return None;
    }
    if value < question.limits.dust {
        units.dust += value;
        units.total += value;
        return None;
    }
    Some(Seed { out: output.num, label: Label(0) })
}

/// What a transaction pays, to look where it came from, or what it spends, to look where it went.
fn moved(
    ledger: &impl UtxoRows,
    question: &Question<'_>,
    tx: TxNum,
    direction: Direction,
    units: &mut Units,
) -> Vec<Seed> {
    let Some(view) = ledger.tx(tx) else { return Vec::new() };
    match direction {
        Direction::Backward => {
            let paid = ledger.outputs(&view).filter(|output| output.owner.is_some());
            paid.filter_map(|output| seed(&output, question, units)).collect()
        }
        Direction::Forward => {
            let spent = ledger.inputs(&view).filter_map(|input| match input.prev {
                Prev::Output(out) => Some(Seed { out, label: Label(0) }),
                _ => None,
            });
            spent.collect()
        }
    }
}

/// Outputs of the subjects that are spent: the propagation leads to whom they were paid.
fn paid(ledger: &impl UtxoRows, question: &Question<'_>, answer: &mut Exposures) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for &subject in question.subjects {
        let (activity, cut) = ledger.activity(subject, MOST_OUTPUTS);
        answer.truncated |= cut || !activity.spent_missing.is_empty();
        for out in activity.received {
            let spent = ledger.output(out).and_then(|output| output.spent_by);
            if spent.is_some_and(|tx| in_time(ledger, tx, question.limits.until)) {
                seeds.push(Seed { out, label: Label(0) });
            }
        }
    }
    seeds
}

/// For each output on the way, the transaction towards the seed.
struct Routes {
    towards: Table<OutNum, (TxNum, Option<OutNum>)>,
}

impl Routes {
    fn of(found: &Propagation, direction: Direction) -> Self {
        let mut towards = Table::default();
        for step in &found.steps {
            let (near, far) = match direction {
                Direction::Forward => (found.inputs(step), found.outputs(step)),
                Direction::Backward => (found.outputs(step), found.inputs(step)),
            };
            let largest = near.iter().max_by_key(|piece| (piece.dirty, piece.out)).map(|piece| piece.out);
            for piece in far {
                towards.insert(piece.out, (step.tx, largest));
            }
        }
        Self { towards }
    }

    /// Transactions from an output to the seed, along the largest dirty part at each.
    fn from(&self, out: OutNum) -> Vec<TxNum> {
        let mut path = Vec::new();
        let mut at = Some(out);
        while let Some((tx, next)) = at.and_then(|out| self.towards.get(&out)) {
            path.push(*tx);
            at = *next;
        }
        path
    }
}

struct Gathered<'a, R> {
    ledger: &'a R,
    question: &'a Question<'a>,
    known: &'a dyn Known<R>,
    found: &'a Propagation,
    /// Made for the first named entity: most paths end at nobody.
    routes: OnceCell<Routes>,
}

impl<R: UtxoRows> Gathered<'_, R> {
    fn book(&self, answer: &mut Exposures, units: &mut Units) {
        let found = self.found;
        let mut rows: BTreeMap<(bool, Entity), Row> = BTreeMap::new();
        let totals = found.totals.get(&Label(0)).copied().unwrap_or_default();
        answer.rest.fees = totals.fees.into();
        let mut mixes: BTreeMap<TxNum, AtMix> = BTreeMap::new();
        for end in &found.ends {
            let amount = end.holding.dirty_all();
            if let StopReason::Mixed(tx) = end.reason {
                let mix = mixes.entry(tx).or_insert(AtMix { tx, amount: 0, hop: end.hop });
                mix.amount += amount;
                mix.hop = mix.hop.min(end.hop);
            }
            if end.reason == StopReason::Truncated(Truncation::Hops) {
                units.beyond_hops += amount;
            }
            match (end.reason, end.owner.and_then(|owner| self.known.entity(owner))) {
                (StopReason::ReachedService, _)
                    if end.owner.is_some_and(|owner| self.question.subjects.contains(&owner)) =>
                {
                    units.returned += amount;
                }
                (StopReason::ReachedService, Some(entity)) => self.add(&mut rows, entity, end, amount),
                (StopReason::ReachedService, None) => units.unspent += amount,
                (StopReason::Truncated(Truncation::Seed), _) => units.returned += amount,
                (reason, _) => *units.part(reason) += amount,
            }
        }
        answer.mixes = mixes.into_values().collect();
        units.total += totals.seeded - units.returned;
        answer.entities = rows.into_values().map(|row| row.told(self.question.prices)).collect();
        answer.entities.sort_by(|a, b| (b.direct, b.amount, &a.entity).cmp(&(a.direct, a.amount, &b.entity)));
    }

    fn add(&self, rows: &mut BTreeMap<(bool, Entity), Row>, entity: Entity, end: &End, amount: u128) {
        let direct = end.hop <= 1;
        let time =
            self.transfer(end).and_then(|tx| self.ledger.block_of(tx)).map_or(0, |block| block.header.time());
        let row = rows.entry((direct, entity.clone())).or_insert_with(|| {
            let told = Exposed {
                after_listing: None,
                entity,
                direct,
                amount: Amount::ZERO,
                worth: None,
                hops: (end.hop, end.hop),
                span: (time, time),
                paths: 0,
                best_path: Vec::new(),
                best_owner: None,
            };
            Row { told, amount: 0, after_listing: 0, most: 0, transfers: Vec::new() }
        });
        row.amount += amount;
        let Row { told, after_listing, most, transfers, .. } = row;
        told.paths += 1;
        told.hops = (told.hops.0.min(end.hop), told.hops.1.max(end.hop));
        told.span = (told.span.0.min(time), told.span.1.max(time));
        if told.entity.listed_from.is_some_and(|day| crate::price::day_of(time) >= day) {
            *after_listing += amount;
        }
        if self.question.prices.is_some() {
            transfers.push((amount.into(), time));
        }
        if amount > *most || told.best_path.is_empty() {
            *most = amount;
            told.best_path = self.path(end);
            // Paths that meet are counted from the nearest seed; the one that is shown may be longer.
            told.hops.1 = told.hops.1.max(told.best_path.len() as u32);
            told.best_owner = end.owner;
        }
    }

    fn routes(&self) -> &Routes {
        self.routes.get_or_init(|| Routes::of(self.found, self.question.direction))
    }

    /// The transaction in which the entity took part: the one that spends its output, or pays it.
    fn transfer(&self, end: &End) -> Option<TxNum> {
        end.spender.or_else(|| Some(self.routes().towards.get(&end.out?)?.0))
    }

    fn path(&self, end: &End) -> Vec<TxNum> {
        let mut path = match (end.out, end.spender) {
            (Some(out), _) => self.routes().from(out),
            // Not in the ledger: the transaction that spends it, then on from its outputs.
            (None, Some(spender)) => vec![spender],
            (None, None) => Vec::new(),
        };
        if self.question.direction == Direction::Forward {
            path.reverse();
        }
        path
    }
}

impl Units {
    fn part(&mut self, reason: StopReason) -> &mut u128 {
        match reason {
            StopReason::Unspent | StopReason::ReachedService => &mut self.unspent,
            StopReason::Mixed(_) => &mut self.mixed,
            StopReason::Unspendable => &mut self.unspendable,
            StopReason::Destroyed(_) => &mut self.destroyed,
            StopReason::Coinbase(_) => &mut self.coinbase,
            StopReason::UnknownInputs(_) | StopReason::NotFetched => &mut self.unknown_inputs,
            StopReason::Truncated(Truncation::Dust | Truncation::Share) => &mut self.dust,
            StopReason::Truncated(_) => &mut self.truncated,
        }
    }

    /// Into the answer.
    fn told(self, mut answer: Exposures) -> Exposures {
        answer.total = self.total.into();
        answer.beyond_hops = self.beyond_hops.into();
        answer.rest = Rest {
            coinbase: self.coinbase.into(),
            mixed: self.mixed.into(),
            unspent: self.unspent.into(),
            unspendable: self.unspendable.into(),
            destroyed: self.destroyed.into(),
            returned: self.returned.into(),
            unknown_inputs: self.unknown_inputs.into(),
            dust: self.dust.into(),
            truncated: self.truncated.into(),
            ..answer.rest
        };
        answer
    }
}

impl Row {
    fn told(self, prices: Option<&Prices>) -> Exposed {
        let after_listing = self.told.entity.listed_from.map(|_| self.after_listing.into());
        let worth = prices.map(|prices| prices.worth(self.transfers));
        Exposed { amount: self.amount.into(), after_listing, worth, ..self.told }
    }
}
