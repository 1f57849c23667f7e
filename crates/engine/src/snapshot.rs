//! What was in a workspace at one moment.

use std::sync::Arc;

use jiff::Timestamp;
use tracehound_attribution::index::Index;
use tracehound_labels::shelf::{Packs, Shelf};
use tracehound_ledger::{BlockNum, Ledger, LedgerError};
use tracehound_model::{BitcoinNetwork, Chain};
use tracehound_transfers::{TransferLedger, TransferLedgerError, TransferRows as _};

use crate::{DataFolder, EngineError, UnreadableLedgers};

/// The screening index, the packs of labels in force and one reader a ledger, all of one moment. Cheap to clone, never changed: questions may be asked
/// from any thread while another snapshot takes its place in the workspace.
#[derive(Clone, Debug)]
pub struct Snapshot(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: DataFolder,
    taken: Timestamp,
    index: Arc<Index>,
    packs: Arc<Packs>,
    ledgers: Vec<(BitcoinNetwork, Result<Ledger, Arc<LedgerError>>)>,
    /// By chain id; or why it is not known which there are.
    transfers: Result<Vec<OfTransfers>, UnreadableLedgers>,
}

/// A ledger of transfers that is there, readable or not.
type OfTransfers = (u64, Result<TransferLedger, Arc<TransferLedgerError>>);

impl Snapshot {
    /// Opens the ledgers and the packs of labels that are there. A pack in force that cannot be read is a gap of every answer.
    pub(crate) fn take(folder: &DataFolder, index: Arc<Index>, taken: Timestamp) -> Self {
        let opened = |network| match Ledger::open_of(&folder.ledger(network), Chain::Bitcoin(network)) {
            // One without a block, as an ingest leaves it whose first block failed, is an absence.
            Ok(ledger) => ledger.block(BlockNum(0)).is_some().then_some((network, Ok(ledger))),
            Err(LedgerError::Absent { .. }) => None,
            Err(error) => Some((network, Err(Arc::new(error)))),
        };
        let ledgers = BitcoinNetwork::ALL.into_iter().filter_map(opened).collect();
        let of_transfers = |id| match TransferLedger::open(&folder.transfers(id), Chain::Evm(id)) {
            Ok(ledger) => (ledger.block_count() > 0).then_some((id, Ok(ledger))),
            Err(error) if error.is_absent() => None,
            Err(error) => Some((id, Err(Arc::new(error)))),
        };
        let transfers = folder.evm_chains().map(|ids| ids.into_iter().filter_map(of_transfers).collect());
        let packs = Arc::new(Shelf::at(folder.labels()).open_readable());
        Self(Arc::new(Inner { folder: folder.clone(), taken, index, packs, ledgers, transfers }))
    }

    /// Where the data lies.
    pub fn folder(&self) -> &DataFolder {
        &self.0.folder
    }

    /// When it was taken.
    pub fn taken(&self) -> Timestamp {
        self.0.taken
    }

    /// When it was taken, to the second: nobody reads nanoseconds, and a verdict's moment is to be read.
    pub fn second(&self) -> Timestamp {
        Timestamp::from_second(self.0.taken.as_second()).unwrap_or(self.0.taken)
    }

    /// The claims.
    pub fn index(&self) -> &Arc<Index> {
        &self.0.index
    }

    /// The packs of labels in force.
    pub fn packs(&self) -> &Arc<Packs> {
        &self.0.packs
    }

    /// The ledger of transfers of an EVM chain, by its id, if there is one.
    ///
    /// # Errors
    /// A ledger that is there and could not be read is an error, not an absence, and so is a folder that does not say which there are.
    pub fn transfers(&self, chain_id: u64) -> Result<Option<&TransferLedger>, EngineError> {
        match self.of_transfers()?.iter().find(|(of, _)| *of == chain_id) {
            None => Ok(None),
            Some((_, Ok(ledger))) => Ok(Some(ledger)),
            Some((_, Err(error))) => Err(EngineError::OpeningTransfers(Arc::clone(error))),
        }
    }

    /// The chain ids of the ledgers of transfers that are there, readable or not, ascending.
    ///
    /// # Errors
    /// When the folder does not say which there are.
    pub fn evm_chains(&self) -> Result<impl Iterator<Item = u64> + use<'_>, EngineError> {
        Ok(self.of_transfers()?.iter().map(|(id, _)| *id))
    }

    fn of_transfers(&self) -> Result<&[OfTransfers], EngineError> {
        Ok(self.0.transfers.as_deref().map_err(Clone::clone)?)
    }

    /// One network's ledger, if there is one.
    ///
    /// # Errors
    /// A ledger that is there and could not be read is an error, not an absence.
    pub fn ledger(&self, network: BitcoinNetwork) -> Result<Option<&Ledger>, EngineError> {
        match self.0.ledgers.iter().find(|(of, _)| *of == network) {
            None => Ok(None),
            Some((_, Ok(ledger))) => Ok(Some(ledger)),
            Some((_, Err(error))) => Err(EngineError::Opening(Arc::clone(error))),
        }
    }
}
