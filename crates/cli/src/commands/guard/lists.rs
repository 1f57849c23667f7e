//! The screener as the guard's lists.

use std::{fmt, sync::Arc};

use alloy_primitives::Address;
use jiff::Timestamp;
use miette::{IntoDiagnostic, Result};
use tracehound_attribution::{folder::AttributionFolder, index::Index};
use tracehound_guard::ask::{self, Listing};
use tracehound_model::Decision;
use tracehound_screen::{Policy, Screener, Settings};

use crate::folder::Folder;

/// Looks addresses up in the lists of the data folder, by the preset for lists alone: what a contract has done is the guard's own question.
pub(crate) struct Lists {
    index: Arc<Index>,
    policy: Policy,
    /// The moment asked about; now when absent.
    as_of: Option<Timestamp>,
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists").finish_non_exhaustive()
    }
}

impl Lists {
    pub(crate) fn open(data: &Folder, as_of: Option<Timestamp>) -> Result<Self> {
        let index = AttributionFolder::new(data.attribution()).index(Timestamp::now()).into_diagnostic()?;
        Ok(Self { index, policy: Policy::lists_only(), as_of })
    }

    fn screener(&self) -> Screener<'_> {
        let settings = Settings {
            policy: &self.policy,
            as_of: self.as_of.unwrap_or_else(Timestamp::now),
            limits: tracehound_analysis::Limits::default(),
        };
        Screener::new(&self.index, None, settings)
    }
}

impl ask::Lists for Lists {
    fn screen(&self, address: &Address) -> Listing {
        let verdict = match self.screener().screen(&address.to_string()) {
            Ok(verdict) => verdict,
            Err(error) => return Listing::Unknown(error.to_string()),
        };
        match verdict.decision {
            Decision::Allow => Listing::Clear,
            Decision::Review => Listing::Doubtful(verdict.summary),
            Decision::Block => Listing::Listed(verdict.summary),
            // The gaps of the lists come first; that no ledger of the chain is there is not what is asked here.
            Decision::Incomplete => {
                let why = verdict.coverage.gaps.into_iter().next();
                Listing::Unknown(why.unwrap_or(verdict.summary))
            }
        }
    }

    fn sources(&self) -> Vec<String> {
        let screener = self.screener();
        screener.sources().iter().map(|source| format!("{} of {}", source.id, source.published)).collect()
    }
}
