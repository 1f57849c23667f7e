//! Where the data lies, and how commands get at it.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result};
use tracehound_engine::{DataFolder, Snapshot, Workspace};
use tracehound_ledger::Ledger;
use tracehound_model::BitcoinNetwork;

use crate::terminal;

/// The data folder, and the ledgers of it that were opened.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    workspace: Workspace,
    opened: Arc<Mutex<Vec<Ledger>>>,
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

    /// What is there now, to be asked. A network's ledger is confirmed before anything more is printed.
    pub(crate) fn snapshot(&self, network: BitcoinNetwork) -> Result<Snapshot> {
        let snapshot = self.workspace.snapshot().into_diagnostic()?;
        if let Ok(Some(ledger)) = snapshot.ledger(network) {
            self.watch(ledger);
        }
        Ok(snapshot)
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
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).push(ledger.clone());
    }

    /// Whether everything that was read from the ledgers so far was whole.
    pub(crate) fn confirm(&self) -> Result<()> {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.iter().try_for_each(Ledger::confirm).into_diagnostic()
    }

    /// A way out that lets nothing pass once a ledger has turned out to be damaged: what was read from it may have been
    /// left out of the answer.
    pub(crate) fn vouched<W: Write>(&self, inner: W) -> Vouched<W> {
        Vouched { ledgers: Arc::clone(&self.opened), inner }
    }
}

/// See [`Folder::vouched`].
pub(crate) struct Vouched<W> {
    ledgers: Arc<Mutex<Vec<Ledger>>>,
    inner: W,
}

impl<W> Vouched<W> {
    fn confirm(&self) -> io::Result<()> {
        let opened = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        opened.iter().try_for_each(Ledger::confirm).map_err(io::Error::other)
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
