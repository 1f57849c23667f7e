//! Who says so: the claims and labels behind the names in an answer, and the lists that were asked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tracehound_model::{BitcoinNetwork, Claim, LabelStatement, PackAsOf, Pasted, Source, SourceId};
use tracehound_range::GENERATED_SOURCE;
use tracehound_screen::statements_on;

use crate::{EngineError, Moment, Snapshot, view::View};

/// The claims behind the names in an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming {
    /// Each address with the claim that it is called by.
    pub claims: Vec<(String, Claim)>,
    /// The lists that speak of the day, each with the version that counts.
    pub lists: Vec<(Source, Date)>,
    /// Each address with what packs of labels say of it, those that count first.
    pub labels: Vec<(String, LabelStatement)>,
    /// The packs of labels in force.
    pub packs: Vec<PackAsOf>,
}

impl Naming {
    /// Whether a claim among them was generated: nothing of what it says happened.
    pub fn generated(&self) -> bool {
        self.claims.iter().any(|(_, claim)| is_generated(&claim.source))
    }
}

/// Whether a list was generated: nothing of what it names happened.
pub fn is_generated(source: &SourceId) -> bool {
    source.0 == GENERATED_SOURCE
}

impl Snapshot {
    /// The claims by which answers of a moment call these addresses. Text that is no address of the network has none.
    ///
    /// # Errors
    /// When there is no ledger, or it is damaged.
    #[tracing::instrument(skip_all)]
    pub fn naming<'a>(
        &self,
        network: BitcoinNetwork,
        moment: Moment,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Result<Naming, EngineError> {
        naming(&View::new(self, network, moment)?, addresses)
    }
}

/// The claims by which an answer over a view calls these addresses.
pub(crate) fn naming<'a>(
    view: &View,
    addresses: impl IntoIterator<Item = &'a str>,
) -> Result<Naming, EngineError> {
    let keys = view.keys();
    let (mut claims, mut labels) = (BTreeMap::new(), Vec::new());
    for text in BTreeSet::from_iter(addresses) {
        let Ok(read) = Pasted::read(text) else { continue };
        for owner in keys.owners(&read.address) {
            if let Some(claim) = keys.best_claim_on(owner, view.day) {
                claims.insert(text.to_owned(), claim.to_claim());
            }
            let said = statements_on(&keys, owner, view.day);
            labels.extend(said.into_iter().map(|said| (text.to_owned(), said)));
        }
    }
    let versions = view
        .index
        .sources()
        .iter()
        .filter_map(|history| Some((history.source.clone(), history.snapshot_on(view.day)?)));
    let naming = Naming {
        claims: claims.into_iter().collect(),
        lists: versions.collect(),
        labels,
        packs: view.packs.as_of(),
    };
    view.ledger.confirm()?;
    Ok(naming)
}
