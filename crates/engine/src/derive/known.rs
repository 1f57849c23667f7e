//! What is known of addresses while labels are derived: packs in force, and a label file that the user gives beside them.

use std::collections::HashMap;

use jiff::civil::Date;
use tracehound_labels::{
    Family, HEURISTIC, Label, Nature, Predicate,
    agreement::{Standing, named},
    concept,
    file::{Defaults, Rows},
    identity,
    shared::Shared,
    shelf::Packs,
};
use tracehound_model::{Category, Subject, caip::Caip2, label::HINT};

use super::{Rejected, movements::Hashed};
use crate::{
    LabelsError, Workspace,
    labels::{InForce, Input, gaps, in_force},
};

/// Labels of the user's file that are held.
const MOST: usize = 1_000_000;

/// Packs and the user's own labels, as of a day.
pub(super) struct Known<'q> {
    packs: Packs,
    own: HashMap<Subject, Vec<Label>>,
    chain: &'q Caip2,
    day: Date,
    /// What all of it was, by digest.
    pub digest: String,
    /// Rows of the user's file that are no label.
    pub refused: Rejected,
    has_own: bool,
}

/// Whose wallet or contract it is: compared by what the name comes to, shown as it is written.
#[derive(Clone)]
pub(super) struct Service {
    pub identity: String,
    pub name: String,
}

impl PartialEq for Service {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for Service {}

impl PartialOrd for Service {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Service {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.identity.cmp(&other.identity)
    }
}

impl<'q> Known<'q> {
    pub(super) fn of(
        workspace: &Workspace,
        own: Option<Input<'_>>,
        chain: &'q Caip2,
        day: Date,
    ) -> Result<Self, LabelsError> {
        let packs = workspace.shelf().open()?;
        let mut digest =
            packs.digest().map_or_else(|| "no packs".to_owned(), |digest| format!("packs sha256:{digest}"));
        let has_own = own.is_some();
        let mut known = Self {
            packs,
            own: HashMap::new(),
            chain,
            day,
            digest: String::new(),
            refused: Rejected::default(),
            has_own,
        };
        if let Some(input) = own {
            let sha256 = known.take(input)?;
            digest = format!("{digest}, wallets sha256:{sha256}");
        }
        known.digest = digest;
        Ok(known)
    }

    fn take(&mut self, Input { name, bytes, predicate }: Input<'_>) -> Result<String, LabelsError> {
        let mut hashed = Hashed::new(bytes);
        let wrong = |source| LabelsError::File { name: name.clone(), source };
        // Whoever gives it calls them wallets: where a row says nothing else, it is who can move what is there.
        let defaults = Defaults { predicate: predicate.or(Some(Predicate::Controls)) };
        let mut rows = Rows::of(&mut hashed, defaults).map_err(wrong)?;
        let mut count = 0;
        while let Some(row) = rows.next() {
            match row {
                Err(row) => self.refused.add(&name, row.line, row.row, row.reason),
                Ok(_) if count >= MOST => {
                    let reason = format!("more than {MOST} labels: make a pack of them and apply it");
                    self.refused.add(&name, rows.line(), String::new(), reason);
                    break;
                }
                Ok(label) => {
                    count += 1;
                    if label.holds_on(self.day) {
                        self.own.entry(label.subject.clone()).or_default().push(label);
                    }
                }
            }
        }
        drop(rows);
        Ok(hashed.sha256())
    }

    /// What is said of an address on any chain; what was derived before is left out, since it is derived anew.
    pub(super) fn told(&self, subject: &Subject) -> Vec<Label> {
        let own = self.own.get(subject).into_iter().flatten().cloned();
        let packs = self.packs.about(subject, self.day).into_iter().map(|found| found.label);
        own.chain(packs).filter(|label| Family::of(&label.provenance.source).id != HEURISTIC).collect()
    }

    /// What is said of it on the chain in question.
    pub(super) fn told_here(&self, subject: &Subject) -> Vec<Label> {
        let mut labels = self.told(subject);
        labels.retain(|label| label.chain == *self.chain);
        labels
    }

    /// The exchange that controls an address, where nobody disputes it and it is more than a hint.
    pub(super) fn exchange(&self, subject: &Subject) -> Option<Service> {
        let is_wallet = |first: &Label| {
            first.predicate == Predicate::Controls && first.category() == Some(Category::Exchange)
        };
        self.service(subject, is_wallet)
    }

    /// Whoever controls an address, where nobody disputes it and it is more than a hint.
    pub(super) fn controller(&self, subject: &Subject) -> Option<Service> {
        self.service(subject, |first| {
            first.predicate == Predicate::Controls && first.nature == Nature::Entity
        })
    }

    /// Whoever an address or contract is said to be of, where nobody disputes it and it is more than a hint. Whom somebody took from is
    /// not whose it is.
    pub(super) fn name_here(&self, subject: &Subject) -> Option<Service> {
        self.service(subject, |first| first.nature == Nature::Entity)
    }

    fn service(&self, subject: &Subject, counts: impl Fn(&Label) -> bool) -> Option<Service> {
        let labels = self.told_here(subject);
        let name = named(&labels)?;
        let first = &labels[*name.by.first()?];
        let is_sure = name.standing != Standing::Disputed && name.confidence > HINT && counts(first);
        let entity = first.entity.as_ref().filter(|_| is_sure)?;
        Some(Service { identity: identity(entity), name: entity.clone() })
    }

    /// Whether people pay with it: the chain's own coin, one that everybody uses, or a token that is known as an asset and nobody
    /// calls a counterfeit.
    pub(super) fn is_money(&self, asset: Option<&Subject>) -> bool {
        let is_asset = |token: &Subject| {
            let told = self.told_here(token);
            told.iter().any(|label| label.nature == Nature::Asset)
                && !told.iter().any(|label| label.category().is_some_and(concept::is_accusation))
        };
        asset.is_none_or(|token| Shared::of(token) == Some(Shared::Coin) || is_asset(token))
    }

    /// What makes that nothing to rest on, once all was asked.
    pub(super) fn gaps(&self) -> Result<Vec<String>, LabelsError> {
        self.packs.confirm()?;
        let in_force: Vec<InForce> =
            self.packs.iter().map(|(entry, pack)| in_force(entry, pack, self.day)).collect();
        Ok(if self.has_own && in_force.is_empty() { Vec::new() } else { gaps(&in_force) })
    }
}
