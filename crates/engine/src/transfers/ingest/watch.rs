//! Ledgers that hold the movements of some accounts alone.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_evm::node::Node;
use tracehound_ingest::{EvmNodeReport, TransferReport, Watching, Widened, Widening, watching, widen};
use tracehound_model::{Address, Chain, Pasted, text::label};

use super::TakenIn;
use crate::{EngineError, Workspace};

/// Accounts that one ledger watches, at most.
const MOST: usize = 1_000_000;

/// Whom a ledger watches, and what was left out for it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Watched {
    /// How many accounts.
    pub accounts: u32,
    /// Transactions that moved nothing of theirs, in blocks that were read, and are not in the ledger.
    pub left_out: u64,
    /// Blocks that were read anew because it is to watch more than it did; it watches these from its first block on.
    pub read_anew: u64,
    /// In words: why the node did not tell what they held before the ledger's first block, if it was asked and did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unopened: Option<String>,
    /// That it does not watch all those yet that it is to watch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Behind>,
}

/// How far a ledger that watches more has come, which is made beside the one in force.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Behind {
    /// How many accounts it watches.
    pub accounts: usize,
    /// The block up to which it has come; none where it has none.
    pub at: Option<u64>,
    /// The block that it has to come to.
    pub of: u64,
}

/// What came of seeing to it that a ledger watches some accounts.
pub(super) enum Prepared<T> {
    /// It is to go on with these; so many blocks were read anew.
    Ready(Option<BTreeSet<Address>>, u64),
    /// One that watches more is not yet as far as the one in force.
    Behind(T, Behind),
}

/// Whom these lines name: an address each; what follows a `#` is a remark. `name` is theirs, for errors.
///
/// # Errors
/// A line that is no address of an EVM chain, and more accounts than one ledger watches.
pub fn watch_list(name: &str, text: &str) -> Result<BTreeSet<Address>, EngineError> {
    let mut accounts = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let written = line.split('#').next().unwrap_or_default().trim();
        if written.is_empty() {
            continue;
        }
        let wrong = |why: String| {
            EngineError::Question(format!("{}, line {number}: `{}` {why}", label(name), label(written)))
        };
        let pasted = Pasted::read(written).map_err(|error| wrong(format!("is no address: {error}")))?;
        let Address::Evm(account) = pasted.address else {
            return Err(wrong("is no address of an EVM chain".to_owned()));
        };
        accounts.insert(Address::Evm(account));
        if accounts.len() > MOST {
            return Err(wrong(format!("is one more than the {MOST} accounts that one ledger watches")));
        }
    }
    Ok(accounts)
}

impl Workspace {
    /// Sees to it that the ledger of a chain watches these accounts too. `read` reads blocks anew where that takes it.
    pub(super) fn prepare<T: Blocks>(
        &self,
        chain_id: u64,
        watch: &BTreeSet<Address>,
        read: &mut dyn FnMut(&Widening) -> Result<T, EngineError>,
    ) -> Result<Prepared<T>, EngineError> {
        let (dir, chain) = (self.folder().transfers(chain_id), Chain::Evm(chain_id));
        let widening = match watching(&dir, chain, watch)? {
            Watching::GoesOn(watch) => return Ok(Prepared::Ready(watch, 0)),
            Watching::Widens(widening) => widening,
        };
        let done = read(&widening)?;
        match widen(&dir, chain, &widening)? {
            Widened::InPlace => Ok(Prepared::Ready(Some(widening.watch), done.blocks())),
            Widened::Behind(at) => {
                let behind = Behind { accounts: widening.watch.len(), at, of: widening.to };
                Ok(Prepared::Behind(done, behind))
            }
            Widened::TooLate(first) => Err(EngineError::Question(format!(
                "the ledger begins with block {}, and these blocks with {first}: to watch more accounts it is read anew from its \
                 first block, which takes all of its files (or a node that has them: --rpc)",
                widening.from
            ))),
        }
    }
}

/// Tells how many blocks were read.
pub(super) trait Blocks {
    fn blocks(&self) -> u64;
}

impl Blocks for TransferReport {
    fn blocks(&self) -> u64 {
        self.blocks
    }
}

impl Blocks for (Node, EvmNodeReport) {
    fn blocks(&self) -> u64 {
        self.1.report.blocks
    }
}

impl TakenIn {
    /// With what was read before.
    pub(super) fn having_read_anew(mut self, blocks: u64) -> Self {
        if let Some(watched) = &mut self.watched {
            watched.read_anew = blocks;
        }
        self
    }

    /// That the ledger in force is not yet replaced: what was appended is in the one that is made.
    pub(super) fn behind(mut self, behind: Behind) -> Self {
        let sentence = format!(
            "the ledger that watches {} accounts is made beside this one and {}, of {}: the same command goes on",
            behind.accounts,
            behind.at.map_or_else(|| "has no block yet".to_owned(), |at| format!("has come to block {at}")),
            behind.of
        );
        self.lacking.push(sentence);
        self.whole = false;
        if let Some(watched) = &mut self.watched {
            watched.behind = Some(behind);
        }
        self
    }
}
