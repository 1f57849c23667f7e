//! The screener as the guard's lists.

use std::fmt;

use alloy_primitives::Address;
use tracehound_guard::ask::{self, Listing};
use tracehound_model::{Decision, Verdict};
use tracehound_screen::Screener;

/// Looks addresses up with the screening policy in force.
pub(crate) struct Lists<'a>(pub(crate) &'a Screener<'a>);

impl fmt::Debug for Lists<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists").finish_non_exhaustive()
    }
}

impl Lists<'_> {
    fn verdict(&self, address: &Address) -> Result<Verdict, String> {
        self.0.screen(&address.to_string()).map_err(|error| error.to_string())
    }
}

impl ask::Lists for Lists<'_> {
    fn screen(&self, address: &Address) -> Listing {
        let verdict = match self.verdict(address) {
            Ok(verdict) => verdict,
            Err(error) => return Listing::Unknown(error),
        };
        match verdict.decision {
            Decision::Allow => Listing::Clear,
            Decision::Review => Listing::Doubtful(verdict.summary),
            Decision::Block => Listing::Listed(verdict.summary),
            // The gaps of the lists come first; that no ledger of the chain is there is said of the guard as a whole.
            Decision::Incomplete => {
                let why = verdict.coverage.gaps.into_iter().next();
                Listing::Unknown(why.unwrap_or(verdict.summary))
            }
        }
    }

    fn sources(&self) -> Vec<String> {
        self.0.sources().iter().map(|source| format!("{} of {}", source.id, source.published)).collect()
    }
}
