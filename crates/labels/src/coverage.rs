//! How much of a set of addresses has a name: by number and by value, by predicate, family and confidence.
//!
//! A name is an entity's. What is known to be an asset, a victim of an exploit, or only described, is counted apart: an address
//! that is no longer a blank is not yet somebody.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::{Amount, Confidence, Subject, amount::split_proportionally, caip::Caip2};

use crate::{
    Family, Label, Nature, Predicate,
    agreement::{Named, Statement, named_by_chain},
    correction::Correction,
    shelf::{Found, Packs},
};

/// Parts of one that figures count: hundredths of a percent.
const PARTS: u64 = 10_000;

/// An address to be counted, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The chain on which it is looked up; `None` for any.
    pub chain: Option<Caip2>,
    /// The address.
    pub subject: Subject,
    /// What it weighs: received, sent, how often it occurs.
    pub value: Amount,
}

/// A share of the addresses and of their value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Share {
    /// How many addresses.
    pub addresses: u64,
    /// What they weigh.
    pub value: Amount,
    /// Of all addresses, in hundredths of a percent, rounded; the six that make up all add up to 100 percent.
    pub of_addresses: u64,
    /// Of all value, in hundredths of a percent, rounded in the same way; 0 of nothing.
    pub of_value: u64,
}

/// What has a name, and what has not. The first six make up all.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Coverage {
    /// Everything that was asked about.
    pub all: Share,
    /// A name that nobody disputes.
    pub named: Share,
    /// A name, and others say otherwise.
    pub disputed: Share,
    /// No name: the contract of an asset.
    pub assets: Share,
    /// No name: a contract that an exploit took from.
    pub victims: Share,
    /// No name: it is only said what it is or what happened.
    pub described: Share,
    /// Nothing is said.
    pub unlabelled: Share,
    /// What has a name, disputed or not, by how it belongs to whom it is named after.
    pub by_predicate: BTreeMap<&'static str, Share>,
    /// The same by whose word that rests on; several families can stand behind one name.
    pub by_family: BTreeMap<String, Share>,
    /// The same by how sure the name is, surest first.
    pub by_confidence: Vec<Band>,
}

/// Names of about one confidence.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Band {
    /// From this confidence on.
    pub from: u8,
    /// Up to this one.
    pub to: u8,
    /// What has it.
    pub share: Share,
}

/// Where bands of confidence begin: the steps of the scale.
const BANDS: [u8; 7] = [90, 70, 60, 50, 30, 11, 0];

/// What the packs say about these addresses on a day. O(n) look-ups; an address is to be among them once on each chain.
pub fn coverage(packs: &Packs, items: impl IntoIterator<Item = Item>, day: Date) -> Coverage {
    let mut found = Coverage::default();
    let mut bands = BTreeMap::from(BANDS.map(|from| (from, Share::default())));
    for item in items {
        let add = |share: &mut Share| share.add(item.value);
        add(&mut found.all);
        let said = packs.about(&item.subject, day);
        let is_asked =
            |found: &Found<'_>| item.chain.as_ref().is_none_or(|chain| found.label.chain == *chain);
        // Who somebody is not is no word of who they are.
        let describes =
            |found: &&Found<'_>| is_asked(found) && !found.correction.is_some_and(Correction::denies);
        let labels: Vec<&Label> = said.iter().filter(describes).map(|found| &found.label).collect();
        let Some((name, by)) = best_name(&said, is_asked) else {
            let is_any = |nature: Nature| labels.iter().any(|label| label.nature == nature);
            add(match () {
                () if labels.is_empty() => &mut found.unlabelled,
                () if is_any(Nature::Entity) => &mut found.described,
                () if is_any(Nature::Victim) => &mut found.victims,
                () => &mut found.assets,
            });
            continue;
        };
        add(if name.standing.is_disputed() { &mut found.disputed } else { &mut found.named });
        let first = by.first().map_or(Predicate::Controls, |label| label.predicate);
        add(found.by_predicate.entry(first.id()).or_default());
        let families: BTreeSet<Family> =
            by.iter().map(|label| Family::of(&label.provenance.source)).collect();
        for family in families {
            add(found.by_family.entry(family.id.into_owned()).or_default());
        }
        let Confidence(sure) = name.confidence;
        bands.range_mut(..=sure).next_back().into_iter().for_each(|(_, share)| add(share));
    }
    let mut to = 100;
    for (from, share) in bands.into_iter().rev() {
        found.by_confidence.push(Band { from, to, share });
        to = from.saturating_sub(1);
    }
    found.measured()
}

/// The surest name on any of the chains that are asked about, with the statements that give it.
fn best_name<'f>(
    said: &'f [Found<'_>],
    is_asked: impl Fn(&Found<'_>) -> bool,
) -> Option<(Named, Vec<&'f Label>)> {
    let statements: Vec<Statement<'_>> = said.iter().map(Statement::from).collect();
    let names = named_by_chain(&statements).into_iter().filter_map(|chain| {
        let name =
            chain.named.filter(|_| chain.places.first().is_some_and(|place| is_asked(&said[*place])))?;
        let by = name.by.iter().map(|place| &said[*place].label).collect();
        Some((name, by))
    });
    names.max_by_key(|(name, _)| name.confidence)
}

impl Share {
    fn add(&mut self, value: Amount) {
        self.addresses += 1;
        self.value = self.value.saturating_add(value);
    }

    fn measure(&mut self, all: &Self) {
        let round = |exact: u64| (exact + FINE / 2) / FINE;
        self.of_addresses = round(exactly(self.addresses.into(), all.addresses.into()));
        self.of_value = round(exactly(self.value, all.value));
    }
}

/// Steps into which a part is divided to see what rounding leaves of it.
const FINE: u64 = 1_000_000;

/// How much of all a value is, in `FINE` steps of a part, rounded down; 0 of nothing.
fn exactly(value: Amount, all: Amount) -> u64 {
    value.checked_mul_div((PARTS * FINE).into(), all).and_then(Amount::to_u64).unwrap_or_default()
}

impl Coverage {
    /// Those that make up all.
    const fn parts(&mut self) -> [&mut Share; 6] {
        [
            &mut self.named,
            &mut self.disputed,
            &mut self.assets,
            &mut self.victims,
            &mut self.described,
            &mut self.unlabelled,
        ]
    }

    /// Every share there is.
    fn shares(&mut self) -> impl Iterator<Item = &mut Share> {
        [
            &mut self.named,
            &mut self.disputed,
            &mut self.assets,
            &mut self.victims,
            &mut self.described,
            &mut self.unlabelled,
            &mut self.all,
        ]
        .into_iter()
        .chain(self.by_predicate.values_mut())
        .chain(self.by_family.values_mut())
        .chain(self.by_confidence.iter_mut().map(|band| &mut band.share))
    }

    fn measured(mut self) -> Self {
        let all = self.all;
        self.shares().for_each(|share| share.measure(&all));
        // Rounded each by itself, the six would not add up.
        let parts = self.parts();
        let addresses: Vec<u128> = parts.iter().map(|part| part.addresses.into()).collect();
        let values: Vec<u128> = parts.iter().map(|part| exactly(part.value, all.value).into()).collect();
        let [addresses, values] =
            [addresses, values].map(|weights| split_proportionally(PARTS.into(), &weights));
        for (place, part) in parts.into_iter().enumerate() {
            let parts = |of: &[u128]| of.get(place).map_or(0, |parts| *parts as u64);
            (part.of_addresses, part.of_value) = (parts(&addresses), parts(&values));
        }
        self
    }

    /// The same with values in units of `divisor`, which all are multiples of.
    #[must_use]
    pub fn in_units_of(mut self, divisor: Amount) -> Self {
        for share in self.shares() {
            share.value = share.value.checked_mul_div(1_u64.into(), divisor).unwrap_or(share.value);
        }
        self
    }
}
