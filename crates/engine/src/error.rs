//! Why a question has no answer.

use std::{io, path::PathBuf, sync::Arc};

use tracehound_analysis::{
    cluster::ClusterError,
    peel::PeelError,
    price::PriceError,
    taint::{SeedError, TransferSeedError},
};
use tracehound_attribution::{folder::FolderError, index::IndexError, names::NameError};
use tracehound_bitcoin::SourceError;
use tracehound_ingest::{CaseError, EsploraError, IngestError, SpendCaseError, TransferIngestError};
use tracehound_labels::{
    delta::DeltaError,
    file::FileError,
    pack::{BuildError, PackError},
    shelf::ShelfError,
};
use tracehound_ledger::LedgerError;
use tracehound_model::address::AddressError;
use tracehound_transfers::TransferLedgerError;

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
    /// There is no ledger of transfers of the chain.
    #[error("there is no ledger of {chain} yet: tracehound ingest evm FILES makes one{beside}")]
    NoTransfers {
        /// The chain's short name.
        chain: String,
        /// In words: which EVM chains have one.
        beside: String,
    },
    /// What was kept of logs beside a ledger cannot be read.
    #[error("the logs that were kept beside the ledger of {chain} cannot be read: {source}")]
    KeptLogs {
        /// The chain's short name.
        chain: String,
        /// The system's reason.
        source: Arc<io::Error>,
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
    Opening(Arc<LedgerError>),
    /// A ledger of transfers cannot be read.
    #[error(transparent)]
    Transfers(#[from] TransferLedgerError),
    /// The ledger of transfers of a snapshot could not be opened when the snapshot was taken.
    #[error(transparent)]
    OpeningTransfers(Arc<TransferLedgerError>),
    /// Blocks of an account chain cannot be taken in.
    #[error(transparent)]
    IngestTransfers(#[from] TransferIngestError),
    /// What single accounts of an account chain did cannot be fetched.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// What single transactions of Bitcoin did cannot be fetched.
    #[error(transparent)]
    SpendCase(#[from] SpendCaseError),
    /// A temporary folder cannot be made.
    #[error("a temporary folder cannot be made: {0}")]
    Scratch(io::Error),
    /// Fetching was ended before what is asked about was there.
    #[error(
        "fetching was ended before {subject}: what was fetched is kept, run the same command again to go on"
    )]
    Ended {
        /// What is asked about.
        subject: String,
    },
    /// Value on an account chain cannot be followed from there.
    #[error(transparent)]
    TransferSeed(#[from] TransferSeedError),
    /// A repair left a ledger that is not whole.
    #[error("after the repair: {0}")]
    AfterRepair(Box<LedgerError>),
    /// The same of a ledger of transfers.
    #[error("after the repair: {0}")]
    AfterTransferRepair(Box<TransferLedgerError>),
    /// The folder of the ledgers cannot be read: which are there is not known.
    #[error(transparent)]
    Ledgers(#[from] UnreadableLedgers),
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
    /// Packs of labels cannot be used.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// A price table cannot be used.
    #[error(transparent)]
    Prices(#[from] PriceError),
}

/// A folder of ledgers of which it cannot be told which there are.
#[derive(Clone, Debug, thiserror::Error)]
#[error("reading {}, so that it is not known which ledgers there are: {source}", path.display())]
pub struct UnreadableLedgers {
    pub(crate) path: PathBuf,
    pub(crate) source: Arc<io::Error>,
}

impl EngineError {
    /// Whether whoever asked ended the work.
    pub fn is_stopped(&self) -> bool {
        matches!(
            self,
            Self::Ledger(LedgerError::Stopped)
                | Self::Transfers(TransferLedgerError::Stopped)
                | Self::Ended { .. }
        )
    }
}

impl From<SourceError> for EngineError {
    fn from(error: SourceError) -> Self {
        Self::Ingest(error.into())
    }
}

/// Why packs of labels have no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// The packs in force.
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    /// A pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A delta.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// No pack of this release.
    #[error(
        "no pack of this release is called {name}: see data/labels/NOTICE.md, or leave the name out for all of them"
    )]
    NotShipped {
        /// The name.
        name: String,
    },
    /// A pack of a day that has not come.
    #[error(
        "{name} version {version} is of {issued}, which has not come: compare the clock, and look whose pack it is"
    )]
    NotCome {
        /// The pack.
        name: String,
        /// Its version.
        version: u64,
        /// Its day.
        issued: jiff::civil::Date,
    },
    /// A label file.
    #[error("{name}: {source}")]
    File {
        /// The file.
        name: String,
        /// What is wrong with it.
        source: FileError,
    },
    /// A pack that is being made.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A pack of another name as the one before.
    #[error(
        "the pack before is `{found}`, the plan is of `{wanted}`: a pack goes on from one of its own name"
    )]
    OtherName {
        /// Its name.
        found: String,
        /// The plan's.
        wanted: String,
    },
    /// A version that does not grow.
    #[error("the pack before has version {before}, the plan version {version}: each pack has a higher one")]
    NotNewer {
        /// Before.
        before: u64,
        /// In the plan.
        version: u64,
    },
    /// Files without a row.
    #[error(
        "there is no row in these files: a pack of nothing would take the place of one that says something"
    )]
    NoRow,
    /// Every row was refused.
    #[error("no row of these files can be in a pack; the first: line {line} of {file}: {reason}")]
    Nothing {
        /// Line of the first.
        line: u64,
        /// Its file.
        file: String,
        /// Why it was refused.
        reason: String,
    },
    /// The system.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's reason.
        source: io::Error,
    },
}
