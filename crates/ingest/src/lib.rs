//! Sources into the ledger: what is new is appended, a reorg is undone first, an interrupted run is taken up again.
//!
//! **Invariant.** Nothing here parses bytes of the outside or knows the ledger's files; it joins the two.

mod bitcoin;
mod node;

pub use bitcoin::{BitcoinFiles, BitcoinReport, IngestError, Progress, ingest_bitcoin_files};
pub use node::{NodeOptions, NodeProgress, NodeReport, ingest_bitcoin_node};
