//! What every question over a ledger needs: the lists, the ledger as of the moment asked about, and who is meant.

use std::{collections::BTreeSet, io::Write, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use miette::{IntoDiagnostic, Result, miette};
use serde_json::json;
use tracehound_analysis::extent::{Asked, Extent, Needed};
use tracehound_attribution::{folder::AttributionFolder, index::Index};
use tracehound_ledger::{AddrNum, Ledger};
use tracehound_model::{Address, BitcoinNetwork, Chain, Decision};
use tracehound_screen::{Keys, Parties};

use crate::{
    args::{Common, Moment, Output},
    folder::Folder,
    terminal,
};

/// Lists and ledger, cut at the moment asked about.
pub(super) struct Opened {
    pub(super) index: Arc<Index>,
    pub(super) ledger: Ledger,
    pub(super) network: BitcoinNetwork,
    /// The moment, and how old the last block may be.
    pub(super) asked: Asked,
    /// The day whose claims count.
    pub(super) day: Date,
}

impl Opened {
    /// Opens both. Without a moment, all that is there counts, and its age is measured from now.
    pub(super) fn new(data: &Folder, network: BitcoinNetwork, moment: &Moment) -> Result<Self> {
        let now = Timestamp::now();
        let index = AttributionFolder::new(data.attribution()).index(now).into_diagnostic()?;
        let Some(ledger) = data.open_ledger(network)? else {
            return Err(miette!(
                "there is no ledger of this network yet: tracehound ingest bitcoin FILES makes one{}",
                data.ledgers_beside(network)
            ));
        };
        let ledger = match moment.as_of {
            Some(as_of) => ledger.as_of(as_of.as_second()).into_diagnostic()?,
            None => ledger,
        };
        let as_of = moment.as_of.unwrap_or(now);
        let asked = Asked { as_of: as_of.as_second(), max_age: moment.max_age.as_secs() };
        Ok(Self { index, ledger, network, asked, day: as_of.to_zoned(TimeZone::UTC).date() })
    }

    /// The answer about somebody or something that is nowhere in the ledger up to the moment: a plain one where the ledger is
    /// whole, and otherwise not known.
    pub(super) fn absent(&self, common: &Common, absent: &Absent, out: &mut dyn Write) -> Result<u8> {
        let extent = Extent::of(&self.ledger, self.asked, Needed::All);
        let told = &absent.told;
        let sentence = if extent.is_complete() {
            format!("{told} does not occur in the ledger, which is whole up to the moment asked about")
        } else {
            format!(
                "{told} does not occur in the ledger, which is not whole: whether it occurs on the chain is not known"
            )
        };
        match common.output {
            Output::Text => {
                writeln!(out, "{sentence}\n{}", extent.sentence()).into_diagnostic()?;
                for gap in &extent.gaps {
                    writeln!(out, "  - {gap}").into_diagnostic()?;
                }
            }
            // A table without rows.
            Output::Csv => terminal::say(&sentence),
            Output::Json | Output::Jsonl => {
                let value = json!({
                    "subject": absent.subject,
                    "found": false,
                    "ledger": extent,
                    "gaps": extent.gaps,
                    "complete": extent.is_complete(),
                    "snapshot": self.ledger.snapshot_id(),
                });
                writeln!(out, "{value}").into_diagnostic()?;
            }
        }
        Ok(if extent.is_complete() { 0 } else { Decision::Incomplete.exit_code() })
    }

    /// Which addresses belong to one key.
    pub(super) fn keys(&self) -> Keys<'_> {
        Keys::new(&self.index, Some((self.network, &self.ledger)))
    }

    /// Who is known by name.
    pub(super) fn parties<'a>(&'a self, keys: &Keys<'a>) -> Parties<'a> {
        Parties::sharing(keys, &self.ledger, self.day)
    }
}

/// An address, a transaction or a name that is nowhere in the ledger.
pub(super) struct Absent {
    /// As it was asked for.
    pub(super) subject: String,
    /// The same in a sentence.
    pub(super) told: String,
}

impl Absent {
    pub(super) fn of(subject: &str) -> Self {
        Self { subject: subject.to_owned(), told: format!("`{subject}`") }
    }
}

/// The owners in the ledger that an address stands for: itself and the other addresses of its key. None when it does not
/// occur there, which [`Opened::absent`] answers.
pub(super) fn owners_of(keys: &Keys<'_>, network: BitcoinNetwork, text: &str) -> Result<BTreeSet<AddrNum>> {
    let address = Address::parse(text).into_diagnostic()?;
    if address.script().is_none() || !address.fits(Chain::Bitcoin(network)) {
        return Err(miette!("`{text}` is not an address of this network (--network chooses another)"));
    }
    Ok(keys.owners(&address))
}
