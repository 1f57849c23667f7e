//! Why a question has no answer.

use tracehound_analysis::{cluster::ClusterError, peel::PeelError, price::PriceError, taint::SeedError};
use tracehound_attribution::{folder::FolderError, index::IndexError, names::NameError};
use tracehound_bitcoin::SourceError;
use tracehound_ingest::{EsploraError, IngestError};
use tracehound_ledger::LedgerError;
use tracehound_model::address::AddressError;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// What was asked makes no sense, or asks for more than is looked at; in words, with what to do.
    #[error("{0}")]
    Question(String),
    /// What was asked about cannot be read.
    #[error("{what}")]
    Subject {
        /// In words.
        what: String,
        /// Why it is no address.
        source: AddressError,
    },
    /// There is no ledger of the network.
    #[error("there is no ledger of this network yet: tracehound ingest bitcoin FILES makes one{beside}")]
    NoLedger {
        /// In words: which networks have one.
        beside: String,
    },
    /// The system names no folder for data.
    #[error("this system has no home folder: name a data folder with --data DIR")]
    NoHome,
    /// An address cannot be read.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger of a snapshot could not be opened when the snapshot was taken.
    #[error(transparent)]
    Opening(std::sync::Arc<LedgerError>),
    /// A repair left a ledger that is not whole.
    #[error("after the repair: {0}")]
    AfterRepair(Box<LedgerError>),
    /// Block files or a node cannot be used.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// Lists and claims cannot be read.
    #[error(transparent)]
    Claims(#[from] FolderError),
    /// An output cannot be followed.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A peel chain cannot be followed.
    #[error(transparent)]
    Peel(#[from] PeelError),
    /// The ledger's columns contradict each other.
    #[error(transparent)]
    Clusters(#[from] ClusterError),
    /// A name cannot be searched for.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The names of listed entities cannot be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// An Esplora server gave no answer.
    #[error(transparent)]
    Esplora(#[from] EsploraError),
    /// A price table cannot be used.
    #[error(transparent)]
    Prices(#[from] PriceError),
}

impl EngineError {
    /// Whether whoever asked ended the work.
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Ledger(LedgerError::Stopped))
    }
}

impl From<SourceError> for EngineError {
    fn from(error: SourceError) -> Self {
        Self::Ingest(error.into())
    }
}
