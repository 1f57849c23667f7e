//! A running node's blocks into a ledger of transfers, from where it ends to the node's last final block.

use std::{collections::HashSet, ops::ControlFlow, path::Path};

use alloy_primitives::{Address as EvmAddress, U256};
use tracehound_evm::{
    movements::{Gap, Movements},
    node::{End, Head, Node, NodeError, TracesBy},
};
use tracehound_model::{Address, Amount, Asset, Chain, transfer::Unseen};
use tracehound_transfers::{Opening, WriterOptions};
use tracing::{info, info_span};

use crate::{
    evm::{TransferIngestError, TransferProgress},
    follower::{Follower, TransferReport},
};

/// Changes of the node's chain that are gone along with in one run.
const FLIPS: u32 = 32;
/// Accounts whose balances are asked for before the first block of a ledger that watches them, at most.
const OPENED: usize = 10_000;
/// Heights that are compared at once, first and at most, where the node left our chain.
const COMPARED: (u64, u64) = (8, 256);

/// How a node is followed.
#[derive(Clone, Debug)]
pub struct EvmNodeOptions {
    /// Where an empty ledger begins: at genesis unless told otherwise. A ledger that has blocks goes on where it ends.
    pub from_height: Option<u64>,
    /// The last block that is wanted, where it is not the last that the node may be asked for.
    pub to_height: Option<u64>,
    /// Up to where the node is asked.
    pub end: End,
    /// How the ledger is written. Of a node's genesis block the allocations are not told: unless the opening says what accounts
    /// held then, no balance is known that begins with one.
    pub writer: WriterOptions,
    /// Blocks between two commits: what a crash costs at most.
    pub commit_every: u64,
}

impl Default for EvmNodeOptions {
    fn default() -> Self {
        Self {
            from_height: None,
            to_height: None,
            end: End::Final,
            writer: WriterOptions::default(),
            commit_every: 5_000,
        }
    }
}

/// What a run did.
#[derive(Debug)]
pub struct EvmNodeReport {
    /// What was appended, and what is not known of it.
    pub report: TransferReport,
    /// Up to where the node's chain went, and why reading ended there.
    pub head: Head,
    /// Whether the ledger has blocks above the node's last: it is behind, or another node of a pool answered.
    pub behind: bool,
    /// How the node tells traces, as far as it was asked.
    pub traces: TracesBy,
    /// In words: why it is not known what the accounts held that a ledger which begins here watches, if it is not.
    pub unopened: Option<String>,
    /// Why the node ended the run early, if it did. What was appended before is kept.
    pub broken: Option<NodeError>,
}

/// Appends what the node has beyond the ledger in `dir`, up to its last final block (or the one that the options say), going
/// back first where the node left our chain. `progress` ends the run with [`ControlFlow::Break`]; what was read is then
/// committed. [`follow_evm_node`] goes on at the tip.
///
/// A node that fails on the way ends the run, not the work: what came before is committed and the report says why. A block that
/// contradicts its header, or that the node will not tell, ends the run before it.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::ops::ControlFlow;
/// use tracehound_evm::{chains::Rules, node::{Node, NodeOptions}};
/// use tracehound_ingest::{EvmNodeOptions, ingest_evm_node};
///
/// let rules = Rules::of(1).ok_or("no rules for that chain")?;
/// let mut node = Node::connect("http://127.0.0.1:8545", rules, NodeOptions::default())?;
/// let dir = std::path::Path::new("ledger");
/// let done = ingest_evm_node(dir, &mut node, &EvmNodeOptions::default(), &|_| ControlFlow::Continue(()))?;
/// # let _ = done; Ok(()) }
/// ```
///
/// # Errors
/// When the node fails before its first block, shares no block with the ledger, or the ledger cannot be written or is of another
/// chain.
#[tracing::instrument(skip_all)]
pub fn ingest_evm_node(
    dir: &Path,
    node: &mut Node,
    options: &EvmNodeOptions,
    progress: &dyn Fn(TransferProgress) -> ControlFlow<()>,
) -> Result<EvmNodeReport, TransferIngestError> {
    let mut run = Run::begin(dir, node, options)?;
    let read = run.read(progress);
    run.end(read)
}

/// Follows the node until `between` ends it with [`ControlFlow::Break`]: appends what it has beyond the ledger, commits, and calls
/// `between`, which waits for whatever says that there is more. Each time the node is asked for what it has beyond the last block that
/// is held, so that no block is missed whatever was not told meanwhile; one that left our chain is gone along with. A node that does
/// not answer is asked again the next time, and [`EvmRound::problem`] says why.
///
/// # Errors
/// As [`ingest_evm_node`], before the first block; later when the ledger cannot be written, or shares no block with the node any more.
#[tracing::instrument(skip_all)]
pub fn follow_evm_node(
    dir: &Path,
    node: &mut Node,
    options: &EvmNodeOptions,
    between: &mut dyn FnMut(&EvmRound) -> ControlFlow<()>,
    progress: &dyn Fn(TransferProgress) -> ControlFlow<()>,
) -> Result<EvmNodeReport, TransferIngestError> {
    let mut run = Run::begin(dir, node, options)?;
    loop {
        let asked = run.read(progress);
        let asked = asked.and_then(|()| Ok(run.follower.commit()?));
        let problem = match &asked {
            Ok(()) => None,
            Err(Ended::Failed(error)) if is_passing(error) && run.follower.tip().is_some() => {
                run.follower.commit()?;
                Some(error.to_string())
            }
            Err(_) => return run.end(asked),
        };
        let round = EvmRound {
            tip: run.follower.tip().map(|(height, _)| height),
            latest: run.head.latest,
            blocks: run.follower.report.blocks,
            rewound_to: run.follower.report.rewound_to,
            behind: run.behind,
            problem,
        };
        if between(&round).is_break() {
            // What went wrong last was told.
            run.follower.report.stopped = true;
            return run.end(Ok(()));
        }
        // Where the node does not say, the next round begins with the same question.
        if let Ok(head) = run.node.head(options.end) {
            run.head = head;
        }
        run.behind = false;
    }
}

/// What has come of following a node so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvmRound {
    /// Height of the ledger's last block.
    pub tip: Option<u64>,
    /// That of the node's, when it was asked last.
    pub latest: u64,
    /// Blocks appended since it began.
    pub blocks: u64,
    /// The height after which the ledger was cut last, because the node left its chain.
    pub rewound_to: Option<u64>,
    /// Whether the ledger has blocks above the node's last.
    pub behind: bool,
    /// Why the node could not be read to its end this time.
    pub problem: Option<String>,
}

/// Whether the next time may do what this one did not.
fn is_passing(error: &TransferIngestError) -> bool {
    matches!(error, TransferIngestError::Node(_) | TransferIngestError::Unsteady { .. })
}

/// The ledger. One that begins with a node's genesis block does not know what genesis allots; of one that watches some accounts the
/// node is asked what they held.
fn open(
    dir: &Path,
    node: &mut Node,
    options: &EvmNodeOptions,
) -> Result<(Follower, Opened), TransferIngestError> {
    let chain = Chain::Evm(node.rules().chain_id);
    let keeps = node.rules().keeps;
    let follower = Follower::open(dir, chain, options.writer.clone(), &keeps)?;
    let (from, told) = (options.from_height.unwrap_or(0), &options.writer.opening);
    let mut opened = Opened { lacks_allocations: told.is_none(), unopened: None };
    if follower.tip().is_some() || *told == Some(Opening::Nothing) {
        return Ok((follower, opened));
    }
    let opening = match (&options.writer.watch, told) {
        (Some(watch), told) => {
            let mut known = match told {
                Some(Opening::Known(known)) => known.clone(),
                _ => Vec::new(),
            };
            let told: HashSet<Address> = known.iter().map(|known| known.0).collect();
            let new: Vec<_> = watch.iter().filter(|own| !told.contains(own)).collect();
            match balances(node, &new, from.saturating_sub(1)) {
                Ok(held) => {
                    known.extend(held);
                    opened.lacks_allocations = false;
                }
                Err(why) => opened.unopened = Some(why),
            }
            known
        }
        (None, None) if from == 0 => Vec::new(),
        (None, _) => return Ok((follower, opened)),
    };
    drop(follower);
    let writer = WriterOptions { opening: Some(Opening::Known(opening)), ..options.writer.clone() };
    Ok((Follower::open(dir, chain, writer, &keeps)?, opened))
}

/// How a ledger was opened.
struct Opened {
    /// Whether nothing is known of what genesis allots.
    lacks_allocations: bool,
    unopened: Option<String>,
}

/// What accounts held after a block of the chain's own coin and of the tokens whose unit is known; or why that is not known.
fn balances(
    node: &mut Node,
    accounts: &[&Address],
    height: u64,
) -> Result<Vec<(Address, Asset, Amount)>, String> {
    if accounts.len() > OPENED {
        return Err(format!("there are more than {OPENED} of them"));
    }
    let evm = |account: &&&Address| match account {
        Address::Evm(bytes) => Some(EvmAddress::from(*bytes)),
        _ => None,
    };
    let asked: Vec<EvmAddress> = accounts.iter().filter_map(|account| evm(&account)).collect();
    let (chain, native) = (Chain::Evm(node.rules().chain_id), node.rules().native);
    let mut held = Vec::new();
    let mut take = |asset: Asset, amounts: Vec<U256>| {
        held.extend(asked.iter().zip(amounts).map(|(account, amount)| {
            (Address::Evm(account.into_array()), asset, Amount::from_be_bytes(amount.to_be_bytes()))
        }));
    };
    take(native, node.balances(height, &asked).map_err(|error| error.to_string())?);
    for asset in Asset::known_tokens(chain) {
        let Some(Address::Evm(token)) = asset.contract() else { continue };
        // What one contract does not say is not known; the others may.
        match node.token_balances(height, token.into(), &asked) {
            Ok(amounts) => take(asset, amounts),
            Err(error) => info!(%asset, %error, "what was held of it before is not told"),
        }
    }
    Ok(held)
}

/// What genesis allots is in its state, and a node tells no list of it.
fn lacks_allocations(genesis: &mut Movements) {
    genesis.gaps.push(Gap::Issues(0));
    genesis.block.unseen = genesis.block.unseen.and(Unseen::SOME_ISSUES);
}

/// Why reading ended before the last block.
enum Ended {
    Stopped,
    Failed(Box<TransferIngestError>),
}

impl<E: Into<TransferIngestError>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error.into()))
    }
}

struct Run<'a> {
    follower: Follower,
    node: &'a mut Node,
    options: &'a EvmNodeOptions,
    head: Head,
    behind: bool,
    opened: Opened,
}

impl<'a> Run<'a> {
    fn begin(
        dir: &Path,
        node: &'a mut Node,
        options: &'a EvmNodeOptions,
    ) -> Result<Self, TransferIngestError> {
        // Before anything is made: an empty ledger would look like a chain on which nothing happened.
        let head = node.head(options.end)?;
        let (follower, opened) = open(dir, node, options)?;
        Ok(Self { follower, node, options, head, behind: false, opened })
    }

    /// What came before an error is kept.
    fn end(self, read: Result<(), Ended>) -> Result<EvmNodeReport, TransferIngestError> {
        let Self { follower, node, head, behind, opened, .. } = self;
        let mut report = info_span!("end").in_scope(|| follower.end())?;
        let broken = match read {
            Ok(()) => None,
            Err(Ended::Stopped) => {
                report.stopped = true;
                None
            }
            Err(Ended::Failed(error)) => match *error {
                TransferIngestError::Node(error) if report.blocks > 0 => Some(error),
                error => return Err(error),
            },
        };
        let unopened = opened.unopened;
        Ok(EvmNodeReport { report, head, behind, traces: node.traces_by(), unopened, broken })
    }

    fn read(&mut self, progress: &dyn Fn(TransferProgress) -> ControlFlow<()>) -> Result<(), Ended> {
        let mut flips = 0;
        let mut since_commit = 0;
        loop {
            let Some(next) = self.join()? else { return Ok(()) };
            let wanted = self.options.to_height.unwrap_or(u64::MAX);
            let Some(last) = self.head.end.map(|end| end.min(wanted)).filter(|&last| next <= last) else {
                return Ok(());
            };
            if self.continue_to(next, last, &mut since_commit, progress)? {
                return Ok(());
            }
            flips += 1;
            if flips > FLIPS {
                let server = self.node.server();
                return Err(TransferIngestError::Unsteady { server, times: flips }.into());
            }
            self.head = self.node.head(self.options.end).map_err(TransferIngestError::from)?;
        }
    }

    /// Appends blocks from `next` to `last`. False where the node changed its chain meanwhile.
    fn continue_to(
        &mut self,
        mut next: u64,
        last: u64,
        since_commit: &mut u64,
        progress: &dyn Fn(TransferProgress) -> ControlFlow<()>,
    ) -> Result<bool, Ended> {
        while next <= last {
            for mut found in self.node.read(next, last).map_err(TransferIngestError::from)? {
                if self.follower.tip().is_some_and(|(_, hash)| found.block.parent != hash) {
                    return Ok(false);
                }
                let height = found.block.height;
                if height == 0 && self.opened.lacks_allocations {
                    lacks_allocations(&mut found);
                }
                self.follower.note(&found);
                self.follower.take(found.block).map_err(TransferIngestError::from)?;
                next = height + 1;
                *since_commit += 1;
                if *since_commit >= self.options.commit_every {
                    self.follower.commit()?;
                    *since_commit = 0;
                }
                if progress(TransferProgress { height, last }).is_break() {
                    return Err(Ended::Stopped);
                }
            }
        }
        Ok(true)
    }

    /// The height from which the node is to be read, once the ledger has gone back to the last block that both have; nothing
    /// where the node is behind.
    fn join(&mut self) -> Result<Option<u64>, TransferIngestError> {
        let Some((tip, _)) = self.follower.tip() else {
            return Ok(Some(self.options.from_height.unwrap_or(0)));
        };
        if self.head.latest < tip {
            info!(tip, latest = self.head.latest, "the node is behind the ledger");
            self.behind = true;
            return Ok(None);
        }
        let common = self.common(tip)?;
        if common < tip {
            self.follower.rewind_to(common)?;
        }
        Ok(Some(common + 1))
    }

    /// The highest block that the node has as the ledger has it.
    fn common(&mut self, tip: u64) -> Result<u64, TransferIngestError> {
        let deepest = u64::from(self.options.writer.max_reorg_depth);
        let lowest = self.follower.lowest().unwrap_or(tip).max(tip.saturating_sub(deepest));
        // One question, where nothing changed.
        let (mut high, mut count) = (tip, 1);
        loop {
            let low = lowest.max((high + 1).saturating_sub(count));
            let heights: Vec<u64> = (low..=high).rev().collect();
            let told = self.node.hashes(&heights)?;
            let agreed = heights.iter().zip(&told).find(|(height, hash)| {
                hash.is_some_and(|hash| self.follower.hash_at(**height) == Some(hash.0))
            });
            if let Some((&height, _)) = agreed {
                return Ok(height);
            }
            if low == lowest {
                let server = self.node.server();
                return Err(TransferIngestError::NothingInCommon { server, lowest, highest: tip });
            }
            (high, count) = (low - 1, COMPARED.0.max(count * 4).min(COMPARED.1));
        }
    }
}
