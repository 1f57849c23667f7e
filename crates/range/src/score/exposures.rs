//! How many people who have nothing to do with a heist are shown as exposed to it.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;
use tracehound_analysis::{
    exposure::{Question, exposures},
    taint::{Direction, Mix, PropagationLimits},
    trace::{Entity, Known},
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxSpan};
use tracehound_model::{Amount, Category};

use super::{Answers, Chain, ScoreError, Share};
use crate::{Wallet, dice::Dice};

/// Addresses asked about, of each kind, in each chain.
const SAMPLE: usize = 200;

/// Transactions that are gone back.
pub(super) const HOPS: u32 = 20;

/// Loot below this many satoshi is not asked about: it is dust, or a maker's fee.
const LEAST: u64 = 100_000;

/// What was measured, in addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExposureRates {
    /// Uninvolved addresses with any exposure to a theft.
    pub false_any: Share,
    /// Uninvolved addresses of whose money at least 1 % is said to come from a theft.
    pub false_1: Share,
    /// Uninvolved addresses of whose money at least 10 % is said to come from a theft.
    pub false_10: Share,
    /// Satoshi said to come from a theft, of all that the uninvolved received.
    pub false_value: Share,
    /// Addresses that hold loot in the end, with at least 10 % said to come from a theft.
    pub true_10: Share,
}

impl ExposureRates {
    pub(super) fn add(&mut self, other: &Self) {
        self.false_any += other.false_any;
        self.false_1 += other.false_1;
        self.false_10 += other.false_10;
        self.false_value += other.false_value;
        self.true_10 += other.true_10;
    }
}

/// Names the first addresses of the thefts, and the services.
pub(super) struct Names<'a> {
    pub(super) chain: &'a Chain<'a>,
    pub(super) thefts: HashSet<AddrNum>,
}

impl Known<Ledger> for Names<'_> {
    fn entity(&self, owner: AddrNum) -> Option<Entity> {
        let named = |label: &str, category| {
            Some(Entity { label: label.to_owned(), category, listed_from: None, labelled: None })
        };
        if self.thefts.contains(&owner) {
            return named("generated theft", Category::ServiceHack);
        }
        self.chain.wallet(owner).filter(|wallet| wallet.is_service())?;
        named("generated service", Category::Exchange)
    }

    fn mix(&self, _: &Ledger, tx: TxSpan) -> Option<Mix> {
        self.chain.mix(tx.num)
    }
}

/// Asks where the money of uninvolved users came from, and that of those who hold loot.
pub fn score_exposures(chain: &Chain<'_>, answers: &Answers) -> Result<ExposureRates, ScoreError> {
    let mut thefts = HashSet::new();
    for first in answers.heists.values().flatten() {
        thefts.extend(chain.ledger.output_owner(chain.find(first)?));
    }
    let mut holders: BTreeSet<AddrNum> = BTreeSet::new();
    let mut touched: HashSet<AddrNum> = thefts.clone();
    for (outpoint, place) in &answers.places {
        let Some(owner) = chain.ledger.output_owner(chain.find(outpoint)?) else { continue };
        touched.insert(owner);
        if place.sats >= LEAST && !place.wallet.is_service() && !thefts.contains(&owner) {
            holders.insert(owner);
        }
    }
    let names = Names { chain, thefts };
    let mut rates = ExposureRates::default();
    for owner in uninvolved(chain, &touched, answers.seed) {
        let (exposed, total) = exposure(&names, owner)?;
        let at_least =
            |percent: u128| Share::new(u128::from(exposed > 0 && exposed * 100 >= total * percent), 1);
        rates.false_any += at_least(0);
        rates.false_1 += at_least(1);
        rates.false_10 += at_least(10);
        rates.false_value += Share::new(exposed, total);
    }
    let step = holders.len().div_ceil(SAMPLE).max(1);
    for owner in holders.into_iter().step_by(step) {
        let (exposed, total) = exposure(&names, owner)?;
        rates.true_10 += Share::new(u128::from(exposed > 0 && exposed * 10 >= total), 1);
    }
    Ok(rates)
}

/// Satoshi from thefts, and in all.
fn exposure(names: &Names<'_>, owner: AddrNum) -> Result<(u128, u128), ScoreError> {
    let subjects = BTreeSet::from([owner]);
    let question = Question {
        tx: None,
        subjects: &subjects,
        direction: Direction::Backward,
        limits: PropagationLimits { hops: HOPS, txs: 5_000, ..PropagationLimits::default() },
        through_mixes: false,
        suspects: false,
        prices: None,
    };
    let found = exposures(names.chain.ledger, &question, names).map_err(ScoreError::Propagation)?;
    let units = |amount: Amount| amount.to_u128().expect("128 bits hold any sum of a UTXO chain");
    let from_thefts = found
        .entities
        .iter()
        .filter(|exposed| exposed.entity.category == Category::ServiceHack)
        .map(|exposed| units(exposed.amount))
        .sum();
    Ok((from_thefts, units(found.total)))
}

/// Users' addresses that loot never ended at.
fn uninvolved(chain: &Chain<'_>, touched: &HashSet<AddrNum>, seed: u64) -> BTreeSet<AddrNum> {
    let outputs = chain.ledger.info().outputs;
    let mut dice = Dice::new(seed ^ 0x6578_706f_7365);
    let mut found = BTreeSet::new();
    for _ in 0..100 * SAMPLE {
        if found.len() == SAMPLE || outputs == 0 {
            break;
        }
        let owner = chain.ledger.output_owner(OutNum(dice.below(outputs)));
        let wallet = owner.and_then(|owner| chain.wallet(owner));
        let user = wallet.is_some_and(|wallet: Wallet| !wallet.is_service() && !wallet.is_thief());
        if let Some(owner) = owner.filter(|owner| user && !touched.contains(owner)) {
            found.insert(owner);
        }
    }
    found
}
