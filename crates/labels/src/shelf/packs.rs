//! The packs in force, opened, as an answer holds them.

use std::{collections::BTreeMap, sync::OnceLock};

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use tracehound_model::{Address, Chain, PackAsOf, Predicate, Subject, label::HINT};

use super::{Entry, OWN};
use crate::{Label, Nature, Pack, correction::Correction, filter::Filter, pack::PackError};

/// The packs in force, opened. Shared by as many readers as wanted, and never changed: whoever answers goes on with those that
/// it opened.
#[derive(Debug, Default)]
pub struct Packs {
    readable: Vec<(Entry, Pack)>,
    unreadable: Vec<Unreadable>,
    /// The operator's, those that were withdrawn left out.
    corrections: BTreeMap<Subject, Vec<Correction>>,
    /// Made when a batch first asks.
    filter: OnceLock<Filter>,
}

/// A pack in force that cannot be read, or the list of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The pack; `None` where it is not known which packs are in force.
    pub entry: Option<Entry>,
    /// Why not, with what to do.
    pub why: String,
}

/// A label and the pack that it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'p> {
    /// What is said.
    pub label: Label,
    /// The pack.
    pub pack: &'p str,
    /// Its version.
    pub version: u64,
    /// The day that was made.
    pub issued: Date,
    /// Whether the pack is one of the user's own.
    pub private: bool,
    /// The correction that says so, where it is no pack: its number stands for a version.
    pub correction: Option<&'p Correction>,
}

impl Packs {
    pub(super) fn new(
        readable: Vec<(Entry, Pack)>,
        unreadable: Vec<Unreadable>,
        all: Vec<Correction>,
    ) -> Self {
        let mut corrections: BTreeMap<Subject, Vec<Correction>> = BTreeMap::new();
        for correction in all.into_iter().filter(|correction| correction.withdrawn.is_none()) {
            corrections.entry(correction.row.subject.clone()).or_default().push(correction);
        }
        Self { readable, unreadable, corrections, filter: OnceLock::new() }
    }

    fn corrections(&self) -> impl Iterator<Item = &Correction> {
        self.corrections.values().flatten()
    }

    /// The corrections in force as an answer names them: by the newest one's number and day.
    fn corrections_as_of(&self) -> Option<PackAsOf> {
        let mut all: Vec<&Correction> = self.corrections().collect();
        all.sort_by_key(|correction| correction.number);
        let newest = all.last()?;
        let mut hash = Sha256::new();
        for correction in &all {
            hash.update(serde_json::to_vec(correction).expect("plain data always turns into JSON"));
        }
        Some(PackAsOf {
            name: OWN.to_owned(),
            version: newest.number,
            issued: Some(newest.made),
            expires: None,
            sha256: hex::encode(hash.finalize()),
        })
    }

    /// Each pack in force that could be read.
    pub fn iter(&self) -> impl Iterator<Item = (&Entry, &Pack)> {
        self.readable.iter().map(|(entry, pack)| (entry, pack))
    }

    /// Whether no pack is in force, and no correction.
    pub fn is_empty(&self) -> bool {
        self.readable.is_empty() && self.unreadable.is_empty() && self.corrections.is_empty()
    }

    /// Those in force that could not be read.
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// The packs in force as an answer names them, those that cannot be read too, and the operator's corrections.
    pub fn as_of(&self) -> Vec<PackAsOf> {
        let readable = self.readable.iter().map(|(entry, pack)| PackAsOf {
            name: entry.name.clone(),
            version: entry.version,
            issued: Some(pack.manifest().issued),
            expires: pack.manifest().expires,
            sha256: entry.sha256.clone(),
        });
        let others = self.unreadable.iter().filter_map(|unreadable| unreadable.entry.as_ref());
        let others = others.map(|entry| PackAsOf {
            name: entry.name.clone(),
            version: entry.version,
            issued: None,
            expires: None,
            sha256: entry.sha256.clone(),
        });
        let mut all: Vec<PackAsOf> = readable.chain(others).chain(self.corrections_as_of()).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Names this very state of knowledge: SHA-256 over the names and contents of the packs in force, hexadecimal. `None`
    /// where there are none.
    pub fn digest(&self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let mut hash = Sha256::new();
        for pack in self.as_of() {
            hash.update(format!("{} {} {}\n", pack.name, pack.version, pack.sha256));
        }
        if self.unreadable.iter().any(|unreadable| unreadable.entry.is_none()) {
            hash.update("a list that cannot be read\n");
        }
        Some(hex::encode(hash.finalize()))
    }

    /// What corrections and all packs say about a subject on a day, whatever the chain: corrections first. What was not on record
    /// on that day was not said. O(packs log n).
    pub fn about(&self, subject: &Subject, day: Date) -> Vec<Found<'_>> {
        let about = self.corrections.get(subject).into_iter().flatten();
        let corrected = about.filter(|correction| correction.holds_on(day)).map(|correction| Found {
            label: correction.row.clone(),
            pack: OWN,
            version: correction.number,
            issued: correction.made,
            private: true,
            correction: Some(correction),
        });
        let found = self.readable.iter().flat_map(|(entry, pack)| {
            let found = move |label| Found {
                label,
                pack: &entry.name,
                version: entry.version,
                issued: pack.manifest().issued,
                private: entry.keys.is_none() && !entry.shipped,
                correction: None,
            };
            let issued = pack.manifest().issued;
            let about = pack.about_on(subject, day).into_iter();
            about.filter(move |label| label.on_record_from(issued) <= day).map(found)
        });
        corrected.chain(found).collect()
    }

    /// Whether any pack says anything about a subject, whatever the day.
    pub fn about_ever(&self, subject: &Subject) -> bool {
        self.readable.iter().any(|(_, pack)| !pack.about(subject).is_empty())
    }

    /// Whether any pack may say anything of the subject with these canonical bytes: "no" is sure. For batches: the first call
    /// reads every address of every pack.
    pub fn may_know(&self, key: &[u8]) -> bool {
        if self.readable.is_empty() && self.corrections.is_empty() {
            return false;
        }
        let filter = self.filter.get_or_init(|| {
            let labels: u64 = self.readable.iter().map(|(_, pack)| pack.manifest().labels).sum();
            let mut filter = Filter::new(labels + self.corrections.len() as u64);
            for subject in self.corrections.keys() {
                filter.add(&subject.key());
            }
            for (_, pack) in &self.readable {
                pack.each_key(|key| filter.add(key));
            }
            filter
        });
        filter.may_hold(key)
    }

    /// The addresses that packs speak of which show a script, or have stood for one that does on Bitcoin: those of Bitcoin and its
    /// kin. O(them).
    pub fn scripted(&self) -> impl Iterator<Item = Address> {
        let shows = |address: &Address| {
            address.script().is_some() || address.same_owner().any(|other| other.script().is_some())
        };
        let corrected = self.corrections.keys().filter_map(move |subject| match subject {
            Subject::Address(address) => Some(*address).filter(shows),
            Subject::Tx { .. } | Subject::Opaque(_) => None,
        });
        let packs = self.readable.iter();
        corrected.chain(packs.flat_map(move |(_, pack)| pack.subjects(shows)))
    }

    /// Everything that packs say of addresses of a chain on a day. O(labels of the chain's forms).
    pub fn labels_of(&self, chain: Chain, day: Date) -> impl Iterator<Item = Label> {
        let id = chain.caip2();
        let all = self.readable.iter().flat_map(move |(_, pack)| {
            let issued = pack.manifest().issued;
            let labels = pack.labels_of(move |first| first.fits(chain));
            labels.filter(move |label| label.holds_on(day) && label.on_record_from(issued) <= day)
        });
        let corrected = self.corrections().filter(move |correction| correction.holds_on(day));
        corrected.map(|correction| correction.row.clone()).chain(all).filter(move |label| label.chain == id)
    }

    /// Whether a pack names a service of this chain on a day, surely enough to end a path. O(labels of the chain's forms), ends
    /// at the first.
    pub fn knows_service_of(&self, chain: Chain, day: Date) -> bool {
        let is_service = |label: &Label| {
            label.nature == Nature::Entity
                && label.predicate != Predicate::ContractOf
                && label.confidence > HINT
                && label.category().is_some_and(tracehound_model::Category::is_service)
        };
        self.labels_of(chain, day).any(|label| is_service(&label))
    }

    /// What of all that was read was damaged so far, pack by pack: what lies there was answered as if it were not.
    pub fn damage(&self) -> Vec<(&Entry, PackError)> {
        let damaged = self.readable.iter().filter_map(|(entry, pack)| Some((entry, pack.confirm().err()?)));
        damaged.collect()
    }

    /// Whether nothing that was read so far was damaged. O(packs), without a call of the system.
    pub fn is_sound(&self) -> bool {
        self.readable.iter().all(|(_, pack)| pack.is_sound())
    }

    /// Whether all that was read was right.
    ///
    /// # Errors
    /// What was not.
    pub fn confirm(&self) -> Result<(), PackError> {
        self.readable.iter().try_for_each(|(_, pack)| pack.confirm())
    }
}
