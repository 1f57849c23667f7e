//! How much of the loot the rules of taint find, and how much of what they call loot is none.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use rayon::prelude::*;
use serde::Serialize;
use tracehound_analysis::taint::{
    Direction, Label, Method, Mix, Options, Propagation, PropagationLimits, Seed, StopReason, Stops,
    propagate,
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxSpan};
use tracehound_model::OutPoint;

use super::{Answers, Chain, HeistTable, Place, ScoreError, Share};
use crate::{
    Role, Typology, Wallet,
    dice::{Dice, mix},
};

/// Where a propagation stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopAt {
    /// At services and at `CoinJoin`s: what `trace` does unless told otherwise.
    ServicesAndMixes,
    /// At services; on behind `CoinJoin`s by haircut.
    Services,
    /// Nowhere: through services too, as if nobody were known.
    Nothing,
    /// At `CoinJoin`s and at the 25 % of the services that are known.
    Known25,
    /// The same with 50 %.
    Known50,
    /// The same with 95 %.
    Known95,
}

impl StopAt {
    /// With all services known, or none.
    pub const ALL: [Self; 3] = [Self::ServicesAndMixes, Self::Services, Self::Nothing];
    /// With some of them known: measured of whole heists, by [`PARTLY_METHODS`].
    pub const PARTLY: [Self; 3] = [Self::Known25, Self::Known50, Self::Known95];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServicesAndMixes => "services-and-mixes",
            Self::Services => "services",
            Self::Nothing => "nothing",
            Self::Known25 => "25-percent-of-services-and-mixes",
            Self::Known50 => "50-percent-of-services-and-mixes",
            Self::Known95 => "95-percent-of-services-and-mixes",
        }
    }

    /// Services that are known, in a hundred.
    pub(super) const fn known(self) -> u64 {
        match self {
            Self::ServicesAndMixes | Self::Services => 100,
            Self::Nothing => 0,
            Self::Known25 => 25,
            Self::Known50 => 50,
            Self::Known95 => 95,
        }
    }

    /// Whether a propagation goes on behind `CoinJoin`s.
    const fn through_mixes(self) -> bool {
        matches!(self, Self::Services | Self::Nothing)
    }

    fn limits(self, method: Method) -> PropagationLimits {
        // Without a stop everything is reached in the end, by poison soon: it is cut, and what is cut is booked.
        let boundless = self.known() < 95 || self == Self::Services && method == Method::Poison;
        PropagationLimits {
            txs: if boundless { BOUNDLESS_TXS } else { 100_000 },
            ..PropagationLimits::default()
        }
    }
}

/// Rules measured with some services known.
pub const PARTLY_METHODS: [Method; 2] = [Method::Haircut, Method::Fifo];
/// Transactions divided in a propagation that nothing stops.
pub(super) const BOUNDLESS_TXS: usize = 2_000;

/// What was measured of one rule, value-weighted. All amounts in satoshi.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TaintRates {
    /// Walks, each from one theft or one part of one.
    pub samples: u64,
    /// Loot found at the outputs where it ended, of all loot that did not go into fees.
    pub recall: Share,
    /// Loot among what the rule says is dirty where its propagation ended.
    pub precision: Share,
    /// The same by service instead of by output: loot attributed to the service at which it arrived.
    pub services_recall: Share,
    /// Loot among what the rule says arrived at each service.
    pub services_precision: Share,
    /// What stopped before a `CoinJoin`, of what was followed: nothing is said about where it is.
    pub mixed: Share,
    /// From an unrelated coin: what the rule places where there is loot, of the coin.
    pub placebo: Share,
    /// From an unrelated coin: what arrives at a service at which the loot arrived too, of the coin.
    pub placebo_services: Share,
    /// Sum of the differences between what was followed and what was booked. Poison's is not counted: it grows.
    pub conservation_error: u128,
}

impl TaintRates {
    pub(super) fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.recall += other.recall;
        self.precision += other.precision;
        self.services_recall += other.services_recall;
        self.services_precision += other.services_precision;
        self.mixed += other.mixed;
        self.placebo += other.placebo;
        self.placebo_services += other.placebo_services;
        self.conservation_error += other.conservation_error;
    }
}

/// Which figure: the rule, where it stopped, and for which kind of laundering; `None` is whole heists.
pub type TaintKey = (Method, StopAt, Option<Typology>);

/// Figures by [`TaintKey`].
pub type TaintTable = BTreeMap<TaintKey, TaintRates>;

struct Stopping<'a> {
    chain: &'a Chain<'a>,
    /// Decides which services are known where some are not: those at 25 % are known at 50 % too.
    seed: u64,
    stop: StopAt,
}

impl Stops<Ledger> for Stopping<'_> {
    fn is_service(&self, owner: AddrNum) -> bool {
        let known = |wallet: &Wallet| mix(self.seed ^ u64::from(wallet.0)) % 100 < self.stop.known();
        self.chain.wallet(owner).is_some_and(|wallet| wallet.is_service() && known(&wallet))
    }

    fn mix(&self, _: &Ledger, tx: TxSpan) -> Option<Mix> {
        self.chain.mix(tx.num)
    }
}

/// Measures all rules from the thefts on (whole heists) and from the split on (each part by its typology).
///
/// Services are known to the propagation by truth, so what is measured is the rule and the `CoinJoin` classifier, not the
/// completeness of a list of services. With the sums come the figures of each whole heist.
pub fn score_taint(chain: &Chain<'_>, answers: &Answers) -> Result<(TaintTable, HeistTable), ScoreError> {
    let mut cases = Vec::new();
    for (&heist, first) in &answers.heists {
        cases.push(Case::new(chain, answers, None, first, |place| place.heist == heist)?);
    }
    for part in &answers.parts {
        let is_of = |place: &Place| (place.heist, place.branch) == (part.heist, part.branch);
        cases.push(Case::new(chain, answers, Some(part.typology), &[part.start], is_of)?);
    }
    let mut dice = Dice::new(answers.seed ^ 0x0070_6c61_6365_626f);
    let loot = answers.places.keys().map(|at| chain.find(at)).collect::<Result<HashSet<_>, _>>()?;
    let mut questions = Vec::new();
    for case in &cases {
        let placebo = Arc::new(unrelated(chain, &loot, case.seeds.len(), &mut dice));
        let ways = StopAt::ALL.into_iter().flat_map(|stop| Method::COMPARED.map(|method| (stop, method)));
        let partly = StopAt::PARTLY.into_iter().flat_map(|stop| PARTLY_METHODS.map(|method| (stop, method)));
        let partly = partly.filter(|_| case.typology.is_none());
        questions.extend(ways.chain(partly).map(|(stop, method)| (case, Arc::clone(&placebo), stop, method)));
    }
    let measured: Vec<Result<TaintRates, ScoreError>> = questions
        .par_iter()
        .map(|(case, placebo, stop, method)| {
            let (stopping, stop, method) =
                (Stopping { chain, seed: answers.seed, stop: *stop }, *stop, *method);
            let options = Options {
                direction: Direction::Forward,
                method,
                through_mixes: stop.through_mixes(),
                limits: stop.limits(method),
            };
            let mut rates = case.measure(chain, &follow(chain, &case.seeds, options, &stopping)?);
            if !placebo.is_empty() {
                case.placebo(chain, &follow(chain, placebo, options, &stopping)?, &mut rates);
            }
            Ok(rates)
        })
        .collect();
    let (mut table, mut heists) = (TaintTable::new(), HeistTable::new());
    for ((case, _, stop, method), rates) in questions.iter().zip(measured) {
        let rates = rates?;
        table.entry((*method, *stop, case.typology)).or_default().add(&rates);
        if case.typology.is_none() {
            heists.entry((*method, *stop)).or_default().push((answers.seed, rates));
        }
    }
    Ok((table, heists))
}

const LABEL: Label = Label(0);

fn follow(
    chain: &Chain<'_>,
    outs: &[OutNum],
    options: Options,
    stops: &Stopping<'_>,
) -> Result<Propagation, ScoreError> {
    let seeds: Vec<Seed> = outs.iter().map(|&out| Seed { out, label: LABEL }).collect();
    propagate(chain.ledger, &seeds, options, stops).map_err(ScoreError::Propagation)
}

/// Outputs of users who have nothing to do with any heist.
fn unrelated(chain: &Chain<'_>, loot: &HashSet<OutNum>, count: usize, dice: &mut Dice) -> Vec<OutNum> {
    let outputs = chain.ledger.info().outputs;
    let mut found: Vec<OutNum> = Vec::new();
    for _ in 0..10_000 {
        if found.len() == count || outputs == 0 {
            break;
        }
        let out = OutNum(dice.below(outputs));
        let Some(output) = chain.ledger.output(out) else { continue };
        let user = output
            .owner
            .and_then(|owner| chain.wallet(owner))
            .is_some_and(|wallet| !wallet.is_service() && !wallet.is_thief());
        if user && !loot.contains(&out) && output.value >= 100_000 && !found.contains(&out) {
            found.push(out);
        }
    }
    found
}

/// A theft or a part of one, with where its loot is.
struct Case {
    typology: Option<Typology>,
    seeds: Vec<OutNum>,
    places: HashMap<OutNum, u128>,
    services: BTreeMap<Wallet, u128>,
}

impl Case {
    fn new(
        chain: &Chain<'_>,
        answers: &Answers,
        typology: Option<Typology>,
        starts: &[OutPoint],
        is_of: impl Fn(&Place) -> bool,
    ) -> Result<Self, ScoreError> {
        let seeds = starts.iter().map(|start| chain.find(start)).collect::<Result<_, _>>()?;
        let mut case = Self { typology, seeds, places: HashMap::new(), services: BTreeMap::new() };
        for (outpoint, place) in answers.places.iter().filter(|(_, place)| is_of(place)) {
            case.places.insert(chain.find(outpoint)?, place.sats.into());
            if matches!(place.role, Role::Service | Role::Mixer) {
                *case.services.entry(place.wallet).or_default() += u128::from(place.sats);
            }
        }
        Ok(case)
    }

    fn truth(&self, out: OutNum) -> u128 {
        self.places.get(&out).copied().unwrap_or(0)
    }

    fn measure(&self, chain: &Chain<'_>, found: &Propagation) -> TaintRates {
        let mut rates = TaintRates { samples: 1, ..TaintRates::default() };
        // Whether the propagation ends at a true place or goes on behind it, it was found; what it says of later places is wrong.
        let mut touched: HashMap<OutNum, u128> = HashMap::new();
        for piece in found.steps.iter().flat_map(|step| found.inputs(step)) {
            touched.insert(piece.out, piece.dirty.into());
        }
        for (out, dirty) in claims(found) {
            touched.insert(out, dirty);
            rates.precision += Share::new(dirty.min(self.truth(out)), dirty);
        }
        let hit: u128 = touched.iter().map(|(&out, &dirty)| dirty.min(self.truth(out))).sum();
        let whole: u128 = self.places.values().sum();
        rates.recall = Share::new(hit, whole);
        let arrived = arrivals(chain, found);
        let hit: u128 = self
            .services
            .iter()
            .map(|(wallet, &sats)| sats.min(arrived.get(wallet).copied().unwrap_or(0)))
            .sum();
        rates.services_recall = Share::new(hit, self.services.values().sum());
        rates.services_precision = Share::new(hit, arrived.values().sum());
        if let Some(totals) = found.totals.get(&LABEL) {
            rates.mixed = Share::new(totals.mixed, totals.seeded);
            rates.conservation_error = totals.booked().abs_diff(totals.seeded);
        }
        rates
    }

    fn placebo(&self, chain: &Chain<'_>, found: &Propagation, rates: &mut TaintRates) {
        let seeded = found.totals.get(&LABEL).map_or(0, |totals| totals.seeded);
        let hit: u128 = claims(found).map(|(out, dirty)| dirty.min(self.truth(out))).sum();
        rates.placebo = Share::new(hit.min(seeded), seeded);
        if !self.services.is_empty() {
            let arrived = arrivals(chain, found);
            let shared: u128 = arrived
                .iter()
                .filter(|(wallet, _)| self.services.contains_key(wallet))
                .map(|(_, &sats)| sats)
                .sum();
            rates.placebo_services = Share::new(shared.min(seeded), seeded);
        }
    }
}

/// What the propagation says is dirty at the end, by output. What it lost at a mix it does not say to be anywhere.
fn claims(found: &Propagation) -> impl Iterator<Item = (OutNum, u128)> {
    found.ends.iter().filter_map(|end| {
        let somewhere = !matches!(end.reason, StopReason::Mixed(_) | StopReason::UnknownInputs(_));
        Some((end.out.filter(|_| somewhere)?, end.holding.dirty(LABEL)))
    })
}

/// Dirty satoshi that arrived at each service; with no stop, what ends at its outputs.
fn arrivals(chain: &Chain<'_>, found: &Propagation) -> BTreeMap<Wallet, u128> {
    let mut arrived: BTreeMap<Wallet, u128> = BTreeMap::new();
    for (out, dirty) in claims(found) {
        let owner = chain.ledger.output_owner(out);
        let service = owner.and_then(|owner| chain.wallet(owner)).filter(|wallet| wallet.is_service());
        if let Some(service) = service {
            *arrived.entry(service).or_default() += dirty;
        }
    }
    arrived
}
