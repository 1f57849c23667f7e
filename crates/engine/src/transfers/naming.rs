//! Who says so, over account chains: the claims and labels behind the names in an answer, and the lists that were asked.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use tracehound_model::{Chain, Pasted};
use tracehound_screen::Accounts;

use super::{exposure::Exposure, trace::Trace};
use crate::{Moment, Naming, Snapshot};

impl Snapshot {
    /// The claims and labels by which answers of a moment over an EVM chain call these addresses. Text that is no address of it has
    /// none.
    #[tracing::instrument(skip_all)]
    pub fn transfers_naming<'a>(
        &self,
        chain_id: u64,
        moment: Moment,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Naming {
        let chain = Chain::Evm(chain_id);
        let day = moment.as_of.unwrap_or(self.taken()).to_zoned(TimeZone::UTC).date();
        let names = Accounts::new(self.index(), self.packs(), chain, day);
        let mut naming = Naming { packs: self.packs().as_of(), ..Naming::default() };
        for text in BTreeSet::from_iter(addresses) {
            let Some(read) = Pasted::read(text).ok().filter(|read| read.address.fits(chain)) else {
                continue;
            };
            let (claims, labels) = names.said_of(&read.address);
            naming.claims.extend(claims.into_iter().map(|claim| (text.to_owned(), claim)));
            naming.labels.extend(labels.into_iter().map(|said| (text.to_owned(), said)));
        }
        let sources = self.index().sources().iter();
        naming.lists =
            sources.filter_map(|history| Some((history.source.clone(), history.snapshot_on(day)?))).collect();
        naming
    }
}

impl Trace {
    /// The addresses in it that have a name.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let moved = self.steps.iter().flat_map(|step| [&step.movement.from, &step.movement.to]);
        let ends = self.ends.iter().map(|end| &end.party);
        let parties = moved.chain(ends).flatten();
        parties.filter(|party| party.entity.is_some()).map(|party| party.address.as_str())
    }
}

impl Exposure {
    /// The addresses in it that have a name.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let sides = self.assets.iter().flat_map(|of| [&of.sources, &of.destinations]);
        let parties = sides.flat_map(|side| &side.parties).map(|row| &row.party);
        parties.filter(|party| party.entity.is_some()).map(|party| party.address.as_str())
    }
}
