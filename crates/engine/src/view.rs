//! A snapshot as seen by one question: one network's ledger cut at the moment asked about, and who is meant.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use tracehound_analysis::extent::{Asked, Extent, MAX_AGE, Needed};
use tracehound_attribution::index::Index;
use tracehound_labels::shelf::Packs;
use tracehound_ledger::{AddrNum, Ledger};
use tracehound_model::{Address, Asset, BitcoinNetwork, Chain, Gap, Pasted};
use tracehound_screen::{Entities, Keys, label_gaps};

use crate::{Absent, Answer, EngineError, NamedSnapshot, Snapshot};

/// The moment that a question over a ledger is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Neither blocks from the first later one on nor later claims count; `None` for all that is there.
    pub as_of: Option<Timestamp>,
    /// The snapshot that an earlier answer names: its blocks are those that count.
    pub snapshot: Option<NamedSnapshot>,
    /// Most time from the ledger's last block to that moment, or to the snapshot's; beyond it the answer is incomplete.
    pub max_age: SignedDuration,
}

impl Default for Moment {
    fn default() -> Self {
        Self { as_of: None, snapshot: None, max_age: SignedDuration::from_secs(MAX_AGE) }
    }
}

/// Lists, labels and one ledger, cut at the moment asked about.
pub(crate) struct View {
    pub(crate) index: Arc<Index>,
    pub(crate) packs: Arc<Packs>,
    pub(crate) ledger: Ledger,
    pub(crate) network: BitcoinNetwork,
    /// The moment, and how old the last block may be.
    pub(crate) asked: Asked,
    /// The day whose claims count.
    pub(crate) day: Date,
}

impl View {
    /// Without a moment, all that is there counts, and its age is measured from when the snapshot was taken.
    pub(crate) fn new(
        snapshot: &Snapshot,
        network: BitcoinNetwork,
        moment: Moment,
    ) -> Result<Self, EngineError> {
        let named = moment.snapshot.map(NamedSnapshot::of_ledger);
        let seconds = moment.as_of.map(Timestamp::as_second);
        let Some(ledger) = snapshot.ledger_for(network, seconds, named.as_ref())? else {
            return Err(EngineError::NoLedger { beside: snapshot.folder().ledgers_beside(network) });
        };
        Ok(Self::over(snapshot, network, moment, ledger))
    }

    /// Over rows of what was fetched instead of a ledger.
    pub(crate) fn of_case(
        snapshot: &Snapshot,
        network: BitcoinNetwork,
        moment: Moment,
        rows: Ledger,
    ) -> Result<Self, EngineError> {
        if moment.snapshot.is_some() {
            return Err(EngineError::Question(
                "what is fetched is of the moment that it is fetched: an answer over it is not asked for by its snapshot"
                    .to_owned(),
            ));
        }
        let rows = match moment.as_of {
            Some(as_of) => rows.as_of(as_of.as_second())?,
            None => rows,
        };
        Ok(Self::over(snapshot, network, moment, rows))
    }

    fn over(snapshot: &Snapshot, network: BitcoinNetwork, moment: Moment, ledger: Ledger) -> Self {
        let as_of = moment.as_of.unwrap_or(snapshot.taken());
        let asked = Asked { as_of: as_of.as_second(), max_age: moment.max_age.as_secs() };
        let day = as_of.to_zoned(TimeZone::UTC).date();
        let (index, packs) = (Arc::clone(snapshot.index()), Arc::clone(snapshot.packs()));
        Self { index, packs, ledger, network, asked, day }
    }

    /// Which addresses belong to one key.
    pub(crate) fn keys(&self) -> Keys<'_> {
        Keys::new(&self.index, Some((self.network, &self.ledger))).reading(&self.packs)
    }

    /// Who is known by name.
    pub(crate) fn entities<'a>(&'a self, keys: &Keys<'a>) -> Entities<'a> {
        Entities::sharing(keys, &self.ledger, self.day)
    }

    /// What is missing of the packs of labels in force, damage that was met so far included: ask when the work is done.
    pub(crate) fn label_gaps(&self) -> Vec<Gap> {
        label_gaps(&self.packs, self.day)
    }

    /// How far the ledger reaches, for an answer that needed these blocks.
    pub(crate) fn extent(&self, needed: Needed) -> Extent {
        Extent::of(&self.ledger, self.asked, needed)
    }

    /// The owners in the ledger that an address stands for: itself and the other addresses of its key. None when it does not
    /// occur there, which [`View::absent`] answers.
    pub(crate) fn owners_of(&self, keys: &Keys<'_>, text: &str) -> Result<BTreeSet<AddrNum>, EngineError> {
        let address = Pasted::read(text)?.address;
        if address.script().is_none() || !address.fits(Chain::Bitcoin(self.network)) {
            return Err(EngineError::Question(format!(
                "`{text}` is no address of {}, which is asked here (--network chooses another)",
                format!("{:?}", self.network).to_lowercase()
            )));
        }
        Ok(keys.owners(&address))
    }

    /// What the amounts of its ledger count.
    pub(crate) fn asset(&self) -> Asset {
        Asset::bitcoin(self.network)
    }

    /// The address of an owner, where its script has one.
    pub(crate) fn address(&self, owner: AddrNum) -> Option<String> {
        let script = self.ledger.script_key(owner)?;
        Address::from_script(self.network, &script).map(|address| address.to_string())
    }

    /// An answer, once everything that was read for it turned out whole.
    pub(crate) fn found<T>(&self, answer: T) -> Result<Answer<T>, EngineError> {
        self.ledger.confirm()?;
        Ok(Answer::Found(answer))
    }

    /// The answer about somebody or something that is nowhere in the ledger up to the moment.
    pub(crate) fn absent<T>(&self, missing: Missing) -> Result<Answer<T>, EngineError> {
        let extent = self.extent(Needed::All);
        let absent = Absent::new(missing.subject, &missing.told, extent, self.ledger.snapshot_id());
        self.ledger.confirm()?;
        Ok(Answer::Absent(Box::new(absent)))
    }
}

/// An address, a transaction or a name that is nowhere in the ledger.
pub(crate) struct Missing {
    /// As it was asked for.
    pub(crate) subject: String,
    /// The same in a sentence.
    pub(crate) told: String,
}

impl Missing {
    pub(crate) fn of(subject: &str) -> Self {
        Self { subject: subject.to_owned(), told: format!("`{subject}`") }
    }
}
