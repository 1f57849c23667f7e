//! Where the data lies, and how commands get at it.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, miette};
use tracehound_engine::{DataFolder, Snapshot, Workspace};
use tracehound_ledger::Ledger;
use tracehound_model::{BitcoinNetwork, Chain};
use tracehound_transfers::TransferLedger;

use crate::{args::Whose, terminal};

/// The data folder, and the ledgers of it that were opened.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    workspace: Workspace,
    opened: Arc<Mutex<Vec<Opened>>>,
}

/// A ledger that was opened.
#[derive(Clone, Debug)]
enum Opened {
    Outputs(Ledger),
    Transfers(TransferLedger),
}

impl Opened {
    /// Whether everything that was read from it so far was whole.
    fn confirm(&self) -> Result<()> {
        match self {
            Self::Outputs(ledger) => ledger.confirm().into_diagnostic(),
            Self::Transfers(ledger) => ledger.confirm().into_diagnostic(),
        }
    }
}

impl Folder {
    /// The folder given, or the platform's.
    pub(crate) fn resolve(given: Option<&Path>) -> Result<Self> {
        let folder = match given {
            Some(path) => DataFolder::at(path),
            None => DataFolder::of_user().into_diagnostic()?,
        };
        Ok(Self { workspace: Workspace::new(folder, Timestamp::now), opened: Arc::default() })
    }

    /// See [`DataFolder::keep_private`].
    pub(crate) fn keep_private(&self, group: bool, quiet: bool) {
        if let Some(note) = self.layout().keep_private(group).filter(|_| !quiet) {
            terminal::say(&format!("note: {note}"));
        }
    }

    /// The workspace.
    pub(crate) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Where things lie.
    fn layout(&self) -> &DataFolder {
        self.workspace.folder()
    }

    /// The network given, or else that of what is asked about ([`DataFolder::network_of`]).
    pub(crate) fn network(
        &self,
        given: Option<BitcoinNetwork>,
        asked: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> BitcoinNetwork {
        given.unwrap_or_else(|| self.layout().network_of(asked))
    }

    /// The chain given, or else that of what is asked about ([`DataFolder::chain_of`]).
    pub(crate) fn chain(&self, whose: &Whose, asked: impl IntoIterator<Item = impl AsRef<str>>) -> Chain {
        let given = whose.chain.or(whose.network.map(Chain::Bitcoin));
        given.unwrap_or_else(|| self.layout().chain_of(asked))
    }

    /// The same for what only ledgers of Bitcoin answer; `what` names it.
    pub(crate) fn bitcoin(
        &self,
        whose: &Whose,
        asked: impl IntoIterator<Item = impl AsRef<str>>,
        what: &str,
    ) -> Result<BitcoinNetwork> {
        match self.chain(whose, asked) {
            Chain::Bitcoin(network) => Ok(network),
            other => {
                Err(miette!("{what} is there for ledgers of Bitcoin alone, not of {}", other.short_name()))
            }
        }
    }

    /// What is there now, to be asked. A network's ledger, and those of all EVM chains, are confirmed before anything more is
    /// printed.
    pub(crate) fn snapshot(&self, network: BitcoinNetwork) -> Result<Snapshot> {
        let snapshot = self.workspace.snapshot().into_diagnostic()?;
        if let Ok(Some(ledger)) = snapshot.ledger(network) {
            self.watch(ledger);
        }
        self.watch_transfers(&snapshot);
        Ok(snapshot)
    }

    /// The same for a question over a ledger of an EVM chain.
    pub(crate) fn evm_snapshot(&self) -> Result<Snapshot> {
        let snapshot = self.workspace.snapshot().into_diagnostic()?;
        self.watch_transfers(&snapshot);
        Ok(snapshot)
    }

    fn watch_transfers(&self, snapshot: &Snapshot) {
        // Whoever asks a ledger that cannot be told or read learns why.
        let Ok(ids) = snapshot.evm_chains() else { return };
        let ledgers = ids.filter_map(|id| snapshot.transfers(id).ok().flatten());
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.extend(ledgers.cloned().map(Opened::Transfers));
    }

    /// Folder of claims and screening indexes.
    pub(crate) fn attribution(&self) -> PathBuf {
        self.layout().attribution()
    }

    /// Folder of one network's ledger.
    pub(crate) fn ledger(&self, network: BitcoinNetwork) -> PathBuf {
        self.layout().ledger(network)
    }

    /// The same where no ledger is asked. Taken anew each time: a watch goes on for days, and lists change meanwhile.
    pub(crate) fn claims(&self) -> Result<Snapshot> {
        self.workspace.refresh().into_diagnostic()
    }

    /// Has a ledger confirmed before anything more is printed ([`vouched`](Self::vouched)).
    pub(crate) fn watch(&self, ledger: &Ledger) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(Opened::Outputs(ledger.clone()));
    }

    /// Whether everything that was read from the ledgers so far was whole.
    pub(crate) fn confirm(&self) -> Result<()> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.iter().try_for_each(Opened::confirm)
    }

    /// A way out that lets nothing pass once a ledger has turned out to be damaged: what was read from it may have been
    /// left out of the answer.
    pub(crate) fn vouched<W: Write>(&self, inner: W) -> Vouched<W> {
        Vouched { ledgers: Arc::clone(&self.opened), inner }
    }
}

/// See [`Folder::vouched`].
pub(crate) struct Vouched<W> {
    ledgers: Arc<Mutex<Vec<Opened>>>,
    inner: W,
}

impl<W> Vouched<W> {
    fn confirm(&self) -> io::Result<()> {
        let opened = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        opened.iter().try_for_each(Opened::confirm).map_err(|damage| io::Error::other(damage.to_string()))
    }
}

impl<W: Write> Write for Vouched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.confirm()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.confirm()?;
        self.inner.flush()
    }
}
