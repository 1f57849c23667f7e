//! What the extracts of one list said, and from which day on each of them said it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tracehound_model::Confidence;

use super::{Claims, NewClaim};

/// What several extracts said, by subject and statement: nothing that one of them said is lost by another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline(BTreeMap<Vec<u8>, Entry>);

#[derive(Clone, Debug)]
struct Entry {
    claim: NewClaim,
    /// By the day of the extract.
    said: BTreeMap<Date, Said>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Said {
    confidence: Confidence,
    from: Option<Date>,
    to: Option<Date>,
}

impl Timeline {
    /// What an extract of `day` says. Of two of one day the surer, longer word counts.
    pub(crate) fn say(&mut self, day: Date, claim: NewClaim) {
        let said = Said { confidence: claim.confidence, from: claim.valid_from, to: claim.valid_to };
        let entry = self.0.entry(identity(&claim));
        let entry = entry.or_insert_with(|| Entry { claim, said: BTreeMap::new() });
        let known = entry.said.entry(day).or_insert(said);
        *known = Said {
            confidence: known.confidence.max(said.confidence),
            from: known.from.zip(said.from).map(|(a, b)| a.min(b)),
            to: known.to.zip(said.to).map(|(a, b)| a.max(b)),
        };
    }

    /// No extract ends anybody: what an earlier one says to hold for longer goes on, in whatever order they came.
    pub(crate) fn end_nobody(&mut self) {
        for entry in self.0.values_mut() {
            let mut longest = Some(Date::MIN);
            for said in entry.said.values_mut() {
                longest = longest.zip(said.to).map(|(before, now)| before.max(now));
                said.to = longest;
            }
        }
    }

    /// Lets what was said hold until the next of the list's own `days`. `anew`: versions of the list were taken back, so
    /// that one of them may have ended what now goes on.
    pub(crate) fn end(&mut self, days: &[Date], anew: bool) {
        for (day, said) in self.0.values_mut().flat_map(|entry| &mut entry.said) {
            let next = days.iter().copied().find(|next| next > day);
            let own = said.to.filter(|_| !anew);
            said.to = own.into_iter().chain(next).min();
        }
    }

    /// The days on which something was said.
    pub(crate) fn days(&self) -> BTreeSet<Date> {
        self.0.values().flat_map(|entry| entry.said.keys().copied()).collect()
    }

    /// What is said on `day`: of each subject the last word up to then.
    pub(crate) fn on(&self, day: Date) -> Claims {
        let last = |entry: &Entry| {
            let (said_on, said) = entry.said.range(..=day).next_back()?;
            // A first day that lies before all extracts is known from the first one on.
            let is_first = entry.said.keys().next() == Some(said_on);
            let earliest = || entry.said.values().map(|said| said.from).min().flatten();
            let from = if is_first { earliest().or(said.from) } else { said.from };
            let claim = entry.claim.clone();
            Some(NewClaim { confidence: said.confidence, valid_from: from, valid_to: said.to, ..claim })
        };
        self.0.values().filter_map(last).collect()
    }
}

/// What makes two claims the same one: subject and statement.
fn identity(claim: &NewClaim) -> Vec<u8> {
    let mut bytes = claim.subject.key();
    bytes.extend(serde_json::to_vec(&claim.statement).expect("plain data always turns into JSON"));
    bytes
}
