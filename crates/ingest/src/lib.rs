//! Sources into the ledgers, of outputs and of transfers: what is new is appended, a reorg is undone first, an interrupted run is taken up again.
//!
//! **Invariant.** Nothing here parses bytes of the outside or knows the ledger's files; it joins the two. Beside ledgers it
//! keeps files of its own: the record of what was fetched from an Esplora server, what was fetched of single accounts, and logs that
//! move nothing.

mod bell;
mod bitcoin;
mod case;
mod esplora;
mod evm;
mod evm_etl;
mod evm_node;
mod follower;
mod kept;
mod memory;
mod node;
mod watch;

pub use bell::NewBlocks;
pub use bitcoin::{BitcoinFiles, BitcoinReport, IngestError, Progress, ingest_bitcoin_files};
pub use case::{
    Case, CaseCalled, CaseError, CaseRows, CaseSource, CaseTip, CaseTx, ExplorerSource, Fetched, NodeSource,
    Subject,
};
pub use esplora::{
    EsploraError, EsploraExtract, EsploraOptions, EsploraSubject, Fetch, OfAddress, Outcome, Source,
    SpendCase, SpendCaseError, SpendCaseOptions, Tip, Wanted, fetch_esplora,
};
pub use evm::{Era1Files, TransferIngestError, TransferProgress, era1_chain, ingest_era1_files};
pub use evm_etl::{EtlReport, EtlSource, ingest_etl_files};
pub use evm_node::{EvmNodeOptions, EvmNodeReport, EvmRound, follow_evm_node, ingest_evm_node};
pub use follower::TransferReport;
pub use kept::{KeptLine, KeptLogs, kept_logs};
pub use memory::{transfer_writer_within, writer_within};
pub use node::{NodeOptions, NodeProgress, NodeReport, ingest_bitcoin_node};
pub use watch::{Watching, Widened, Widening, watching, widen};
