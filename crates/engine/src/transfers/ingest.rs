//! Blocks of an account chain into its ledger of transfers.

mod node;
mod watch;

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    extent::{Whose, lacking_transfers},
    freezes::kept_on,
};
use tracehound_evm::{chains::Keeps, movements::Rules};
use tracehound_ingest::{
    Era1Files, EtlSource, TransferReport, era1_chain, ingest_era1_files, ingest_etl_files,
};
use tracehound_model::{Address, Chain, TxRef};
use tracehound_transfers::{Opening, TransferLedger, TransferRows as _};

use super::view::openings;
use crate::{EngineError, Workspace};

pub use node::{Following, NodeSource, NodeTold, ReadTo};
pub use tracehound_ingest::{EvmRound, TransferProgress, transfer_writer_within};
pub use tracehound_transfers::WriterOptions;
use watch::Prepared;
pub use watch::{Behind, Watched, watch_list};

/// Which files.
#[derive(Clone, Debug)]
pub struct Files {
    /// Era1 files, or folders of them.
    pub paths: Vec<PathBuf>,
    /// The chain's id; without one, that which the files are named for.
    pub chain_id: Option<u64>,
    /// Accounts whose movements alone are wanted; nobody where everybody's are, or those that the ledger watches already.
    pub watch: BTreeSet<Address>,
    /// How the ledger is written.
    pub writer: WriterOptions,
}

/// What became of blocks of an account chain.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct TakenIn {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Blocks appended.
    pub blocks: u64,
    /// Movements appended.
    pub transfers: u64,
    /// Blocks that the ledger had already, those of files that were not read for it included.
    pub already_known: u64,
    /// Blocks of branches that are no longer than what the ledger holds, not appended.
    pub stale: u64,
    /// Height of the block after which the ledger was cut, because another branch is longer.
    pub rewound_to: Option<u64>,
    /// How many logs about tokens could not be read: what they say moved is not in the ledger.
    pub refused_count: u64,
    /// The first of them.
    pub refused: Vec<RefusedLog>,
    /// Whether the ledger holds the whole chain up to its last block now, and all that moved there.
    pub whole: bool,
    /// In words: what it lacks.
    pub lacking: Vec<String>,
    /// The ledger's snapshot now; empty where it holds no block.
    pub snapshot: String,
    /// Whether the run was ended before its last block. What was appended is kept.
    pub stopped: bool,
    /// Files that were not read: those of token transfers, which do not say whether a value is an amount or a number, and whatever
    /// else lay among those of ethereum-etl.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<String>,
    /// Whom the ledger watches, where it does not hold everybody's movements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watched: Option<Watched>,
    /// What the node told, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeTold>,
}

impl TakenIn {
    /// Whether the ledger is whole now and nothing was refused.
    pub fn is_complete(&self) -> bool {
        self.refused_count == 0 && self.whole
    }

    /// In words: why the node ended the run early, if it did.
    pub fn problem(&self) -> Option<&str> {
        self.node.as_ref()?.problem.as_deref()
    }
}

/// A log about tokens that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct RefusedLog {
    /// Height of its block.
    pub height: u64,
    /// Its transaction.
    #[serde(flatten)]
    pub tx: TxRef,
    /// Why.
    pub why: &'static str,
}

impl Workspace {
    /// Appends what era1 files hold to the ledger of their chain; `show` is told how far it is and may end it.
    ///
    /// # Errors
    /// Files that cannot be used or are of another chain, and a ledger that cannot be written. What was committed before stays.
    #[tracing::instrument(skip_all)]
    pub fn ingest_era1(
        &self,
        files: &Files,
        show: &dyn Fn(TransferProgress) -> ControlFlow<()>,
    ) -> Result<TakenIn, EngineError> {
        let chain_id = match files.chain_id {
            Some(chain_id) => chain_id,
            None => era1_chain(&files.paths)?.ok_or_else(|| {
                EngineError::Question(
                    "which chain these files are of is told by their names alone (mainnet-00000-5ec1ffb8.era1, sepolia-…), \
                     and by none of these"
                        .to_owned(),
                )
            })?,
        };
        let rules = rules_of(chain_id)?;
        let read = |dir: &Path, mut writer: WriterOptions, rules: Rules, show: &Show<'_>| {
            if writer.opening.is_none()
                && !TransferLedger::open(dir, Chain::Evm(chain_id))
                    .is_ok_and(|ledger| ledger.block_count() > 0)
            {
                // What genesis allots stands in no era1 file.
                writer.opening = Some(Opening::Known(Vec::new()));
            }
            ingest_era1_files(dir, &Era1Files { paths: files.paths.clone(), rules, writer }, show)
        };
        let prepared = self.prepare(chain_id, &files.watch, &mut |anew| {
            let writer = anew.writer(Chain::Evm(chain_id), &files.writer);
            Ok(read(&anew.dir, writer, rules.keeping(Keeps::default()), &up_to(anew.to, show))?)
        })?;
        self.taken(chain_id, prepared, &mut |watch| {
            let writer = WriterOptions { watch, ..files.writer.clone() };
            Ok(read(&self.folder().transfers(chain_id), writer, rules, show)?)
        })
    }

    /// Appends what files of ethereum-etl hold to the ledger of the chain, which they do not name; `show` is told how far it is and
    /// may end it.
    ///
    /// # Errors
    /// A chain that is not named or whose rules are not known, files that cannot be used or contradict each other, and a ledger that
    /// cannot be written. What was committed before stays.
    #[tracing::instrument(skip_all)]
    pub fn ingest_etl(
        &self,
        files: &Files,
        show: &dyn Fn(TransferProgress) -> ControlFlow<()>,
    ) -> Result<TakenIn, EngineError> {
        let chain_id = files.chain_id.ok_or_else(|| {
            EngineError::Question(
                "files of ethereum-etl do not say which chain they are of: name it with --chain".to_owned(),
            )
        })?;
        let (rules, mut passed_over) = (known_rules(chain_id)?, Vec::new());
        let mut read = |dir: &Path, writer: WriterOptions, rules: Rules, show: &Show<'_>| {
            let source = EtlSource { paths: files.paths.clone(), rules, writer };
            let done = ingest_etl_files(dir, &source, show)?;
            passed_over = done.passed_over;
            Ok(done.report)
        };
        let prepared = self.prepare(chain_id, &files.watch, &mut |anew| {
            let writer = anew.writer(Chain::Evm(chain_id), &files.writer);
            read(&anew.dir, writer, rules.keeping(Keeps::default()), &up_to(anew.to, show))
        })?;
        let taken = self.taken(chain_id, prepared, &mut |watch| {
            let writer = WriterOptions { watch, ..files.writer.clone() };
            read(&self.folder().transfers(chain_id), writer, rules, show)
        })?;
        let passed_over = passed_over.iter().map(|path| path.display().to_string()).collect();
        Ok(TakenIn { passed_over, ..taken })
    }

    /// Reads on once the ledger watches whom it is to watch; says what became of it either way.
    fn taken(
        &self,
        chain_id: u64,
        prepared: Prepared<TransferReport>,
        read: &mut dyn FnMut(Option<BTreeSet<Address>>) -> Result<TransferReport, EngineError>,
    ) -> Result<TakenIn, EngineError> {
        match prepared {
            Prepared::Ready(watch, anew) => {
                let taken = self.taken_in(chain_id, read(watch)?)?;
                Ok(taken.having_read_anew(anew))
            }
            Prepared::Behind(report, behind) => Ok(self.taken_in(chain_id, report)?.behind(behind)),
        }
    }

    fn taken_in(&self, chain_id: u64, report: TransferReport) -> Result<TakenIn, EngineError> {
        let chain = Chain::Evm(chain_id);
        let ledger = TransferLedger::open(&self.folder().transfers(chain_id), chain)?;
        let lacking = lacking_transfers(&ledger, openings(&ledger), Whose::Everybodys);
        ledger.confirm()?;
        let refused = report.refused.into_iter().map(|(height, hash, why)| {
            let tx = TxRef { chain, hash };
            RefusedLog { height, tx, why }
        });
        Ok(TakenIn {
            chain: chain.to_string(),
            blocks: report.blocks,
            transfers: report.transfers,
            already_known: report.known,
            stale: report.stale,
            rewound_to: report.rewound_to,
            refused_count: report.refused_logs,
            refused: refused.collect(),
            whole: lacking.is_empty(),
            lacking,
            snapshot: ledger.snapshot_id(),
            stopped: report.stopped,
            passed_over: Vec::new(),
            watched: ledger.watched().map(|accounts| Watched {
                accounts,
                left_out: report.left_out,
                read_anew: 0,
                unopened: None,
                behind: None,
            }),
            node: None,
        })
    }
}

/// Is told how far an ingest is, and may end it.
type Show<'a> = dyn Fn(TransferProgress) -> ControlFlow<()> + 'a;

/// Ends with a block.
fn up_to<'a>(last: u64, show: &'a Show<'_>) -> impl Fn(TransferProgress) -> ControlFlow<()> + 'a {
    move |step| {
        show(step)?;
        if step.height >= last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// What must be known of a chain to say what moved on it.
pub(super) fn known_rules(chain_id: u64) -> Result<Rules, EngineError> {
    Rules::of(chain_id).map(|rules| rules.keeping(issuers_logs(chain_id))).ok_or_else(|| {
        let known: Vec<String> = Rules::known().map(|id| Chain::Evm(id).short_name()).collect();
        EngineError::Question(format!(
            "what moves on {} is not known here: there are rules for {}",
            Chain::Evm(chain_id).short_name(),
            known.join(", ")
        ))
    })
}

/// The logs by which issuers of tokens say of freezes on a chain.
pub(crate) fn issuers_logs(chain_id: u64) -> Keeps {
    let (contracts, topics) = kept_on(Chain::Evm(chain_id));
    Keeps { contracts, topics }
}

/// What must be known of a chain that has era1 files.
fn rules_of(chain_id: u64) -> Result<Rules, EngineError> {
    let known = [Rules::ethereum(), Rules::sepolia()];
    let found = known.into_iter().find(|rules| rules.chain_id == chain_id);
    found.map(|rules| rules.keeping(issuers_logs(chain_id))).ok_or_else(|| {
        EngineError::Question(format!(
            "there are no era1 files of {}: such files are of Ethereum (--chain eth) and Sepolia (--chain sepolia)",
            Chain::Evm(chain_id).short_name()
        ))
    })
}
