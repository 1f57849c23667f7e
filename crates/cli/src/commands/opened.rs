//! What every question over a ledger needs: the lists, the ledger as of the moment asked about, and who is meant.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use miette::{IntoDiagnostic, Result, miette};
use tracehound_analysis::extent::Asked;
use tracehound_attribution::{folder::AttributionFolder, index::Index};
use tracehound_ledger::{AddrNum, Ledger};
use tracehound_model::{Address, BitcoinNetwork, Chain};
use tracehound_screen::{Keys, Parties};

use crate::{args::Moment, folder::Folder};

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
                "there is no ledger of this network yet: tracehound ingest bitcoin FILES makes one"
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

    /// Which addresses belong to one key.
    pub(super) fn keys(&self) -> Keys<'_> {
        Keys::new(&self.index, Some((self.network, &self.ledger)))
    }

    /// Who is known by name.
    pub(super) fn parties<'a>(&'a self, keys: &Keys<'a>) -> Parties<'a> {
        Parties::sharing(keys, &self.ledger, self.day)
    }
}

/// The owners in the ledger that an address stands for: itself and the other addresses of its key.
pub(super) fn owners_of(keys: &Keys<'_>, network: BitcoinNetwork, text: &str) -> Result<BTreeSet<AddrNum>> {
    let address = Address::parse(text).into_diagnostic()?;
    if address.script().is_none() || !address.fits(Chain::Bitcoin(network)) {
        return Err(miette!("`{text}` is not an address of this network (--network chooses another)"));
    }
    let owners = keys.owners(&address);
    if owners.is_empty() {
        return Err(miette!("`{text}` does not occur in the ledger up to the moment asked about"));
    }
    Ok(owners)
}
