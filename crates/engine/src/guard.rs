//! What the guard may ask of this installation: its lists, and a node.

mod context;
mod judge;
mod told;
mod watch;

pub use self::{
    context::{SetupError, Wanted, context, policy_with},
    judge::{Asked, Check, Named, judge},
    told::{SafeOnChain, Told, address, which},
    watch::{Look, Watched, Watching},
};

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;
use tracehound_attribution::index::Index;
use tracehound_evm::rpc::{Rpc, RpcError};
use tracehound_guard::ask::{self, Listing};
use tracehound_labels::shelf::Packs;
use tracehound_model::{Address, Chain, Decision, Gap, GapKind, LabelStatement};
use tracehound_screen::{Accounts, Policy, Screener, Settings};
use tracehound_simulate::live::{Node, NodeError};

use crate::Snapshot;

/// Looks addresses up in the lists and packs of labels of a snapshot, by the preset for lists alone: what a contract has done is the guard's own
/// question.
pub struct Lists {
    index: Arc<Index>,
    packs: Arc<Packs>,
    policy: Policy,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl fmt::Debug for Lists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lists").finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The lists and the packs of labels in force, for the guard; `clock` says as of when they are asked.
    pub fn lists_for_guard(&self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Lists {
        Lists {
            index: Arc::clone(self.index()),
            packs: Arc::clone(self.packs()),
            policy: Policy::lists_only(),
            clock: Box::new(clock),
        }
    }
}

impl Lists {
    fn day(&self) -> Date {
        (self.clock)().to_zoned(TimeZone::UTC).date()
    }

    fn screener(&self) -> Screener<'_> {
        let limits = tracehound_analysis::Limits::default();
        let settings = Settings { policy: &self.policy, as_of: (self.clock)(), limits, prices: None };
        Screener::new(&self.index, None, settings).reading(&self.packs)
    }
}

impl ask::Lists for Lists {
    fn screen(&self, address: &Address) -> Listing {
        let verdict = match self.screener().screen(&address.to_string()) {
            Ok(verdict) => verdict,
            Err(error) => {
                return Listing::Unknown(Gap::about_subject(GapKind::NotScreened, error.to_string()));
            }
        };
        match verdict.decision {
            Decision::Allow => Listing::Clear,
            Decision::Review => Listing::Doubtful(verdict.summary),
            Decision::Block => Listing::Listed(verdict.summary),
            // The gaps of the lists come first; that no ledger of the chain is there is not what is asked here.
            Decision::Incomplete => {
                let why = verdict.coverage.gaps.into_iter().next();
                let told = || Gap::about_subject(GapKind::NotScreened, verdict.summary);
                Listing::Unknown(why.unwrap_or_else(told))
            }
        }
    }

    fn labels(&self, address: &Address, chain_id: Option<u64>) -> Vec<LabelStatement> {
        let chain = chain_id.filter(|_| matches!(address, Address::Evm(_))).map(Chain::Evm);
        Accounts::labels_of(&self.index, &self.packs, address, chain, self.day())
    }

    fn may_know_evm(&self, addresses: &[[u8; 20]]) -> Vec<bool> {
        let screener = self.screener();
        addresses.iter().map(|address| screener.may_know(&Address::Evm(*address))).collect()
    }

    fn sources(&self) -> Vec<String> {
        let screener = self.screener();
        let lists = screener.sources().iter().map(|source| format!("{} of {}", source.id, source.published));
        let packs = self.packs.as_of().into_iter().map(|pack| {
            let state = match (pack.issued, pack.expires) {
                (None, _) => ", which cannot be read".to_owned(),
                (_, Some(until)) if until <= self.day() => format!(", which is too old since {until}"),
                (Some(issued), _) => format!(" of {issued}"),
            };
            format!("labels {} {}{state}", pack.name, pack.version)
        });
        lists.chain(packs).collect()
    }
}

/// A node over HTTP as the simulation's node, for one judgement.
#[derive(Debug)]
pub struct HttpNode {
    rpc: Rpc,
    patience: Duration,
    until: Instant,
}

/// How long a node is waited for in all: a signer has ten minutes, and a judgement asks some dozens of questions.
const PATIENCE: Duration = Duration::from_mins(1);

impl HttpNode {
    /// A node that is waited for as long as is usual.
    pub fn new(rpc: Rpc) -> Self {
        Self::within(rpc, PATIENCE)
    }

    /// A node that is asked nothing more once so much time has passed.
    pub fn within(rpc: Rpc, patience: Duration) -> Self {
        Self { rpc, patience, until: Instant::now() + patience }
    }

    /// Scheme and host of the node: all of its address that may be shown.
    pub fn server(&self) -> &str {
        self.rpc.server()
    }
}

impl Node for HttpNode {
    fn call(&mut self, method: &str, params: Value) -> Result<Value, NodeError> {
        if Instant::now() >= self.until {
            let waited = self.patience.as_secs();
            let message = format!("it is waited for no longer than {waited} seconds in all");
            return Err(NodeError { code: None, message });
        }
        self.rpc.call(method, &params).map_err(|error| match error {
            RpcError::Node { code, message, .. } => NodeError { code: Some(code), message },
            other => NodeError { code: None, message: other.to_string() },
        })
    }
}
