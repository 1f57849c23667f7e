//! Answers as drawings.

mod account;
mod exposure;
mod joined;
mod trace;
mod ways;

pub use account::{account_exposure, account_trace};
pub use exposure::{exposure, verdict};
pub use joined::cluster;
pub use trace::trace;
pub use ways::path;

use tracehound_engine::{Extent, Naming};
use tracehound_model::Chain;

use crate::chart::Caption;

/// What a drawing says of where it comes from, besides the answer.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The lists that names come from, with their dates.
    pub lists: String,
    /// Whether what it names was generated: nothing of it happened.
    pub generated: bool,
    /// The program with its version.
    pub program: String,
}

impl Origin {
    /// Of an answer in which these names are.
    pub fn of(naming: &Naming, program: &str) -> Self {
        let lists = naming.lists.iter().map(|(source, version)| format!("{} of {version}", source.id));
        let packs = naming.packs.iter().map(|pack| format!("labels {} {}", pack.name, pack.version));
        Self {
            lists: lists.chain(packs).collect::<Vec<_>>().join(", "),
            generated: naming.generated(),
            program: program.to_owned(),
        }
    }

    /// What stands above and below every page of a drawing.
    fn caption(
        &self,
        title: String,
        chain: Option<Chain>,
        mut lines: Vec<String>,
        of: &Ground<'_>,
    ) -> Caption {
        lines.extend(of.ledger.map(Extent::sentence));
        let mut footer =
            vec![format!("Names: {}.", if self.lists.is_empty() { "no list" } else { &self.lists })];
        footer.push(format!("{}, snapshot {}", self.program, of.snapshot));
        Caption { title, lines, warning: self.warning(chain), footer }
    }

    /// What must not be overlooked: that nothing of it happened, or that its coins are worth nothing.
    pub(crate) fn warning(&self, chain: Option<Chain>) -> Option<String> {
        let test =
            chain.filter(|chain| chain.is_test()).map(|_| "a test network, whose coins are worth nothing");
        match (self.generated, test) {
            (true, Some(test)) => {
                Some(format!("GENERATED: nothing shown here happened. The chain is {test}."))
            }
            (true, None) => Some("GENERATED: nothing shown here happened.".to_owned()),
            (false, Some(test)) => Some(format!("The chain is {test}.")),
            (false, None) => None,
        }
    }
}

/// What an answer rests on.
struct Ground<'a> {
    ledger: Option<&'a Extent>,
    snapshot: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_network_is_one_on_every_kind_of_chain() {
        let warns = |chain: &str| Origin::default().warning(chain.parse().ok());
        for chain in ["regtest", "signet", "sepolia", "tron:nile"] {
            assert!(warns(chain).is_some_and(|said| said.contains("worth nothing")), "{chain}");
        }
        for chain in ["btc", "eth", "tron", "eip155:999999"] {
            assert_eq!(warns(chain), None, "{chain}");
        }
    }
}
