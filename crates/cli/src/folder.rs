//! Where the data lies, and how commands get at it.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use miette::{IntoDiagnostic, Result, miette};
use tracehound_ledger::{BlockNum, Ledger, LedgerError};
use tracehound_model::{BitcoinNetwork, Chain};

/// The data folder, and the ledgers of it that were opened.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf, Arc<Mutex<Vec<Ledger>>>);

impl Folder {
    /// The folder given, or the platform's.
    pub(crate) fn resolve(given: Option<&Path>) -> Result<Self> {
        if let Some(path) = given {
            return Ok(Self(path.to_owned(), Arc::default()));
        }
        let platform = directories::ProjectDirs::from("", "", "tracehound")
            .ok_or_else(|| miette!("this system has no home folder: name a data folder with --data DIR"))?;
        Ok(Self(platform.data_dir().to_owned(), Arc::default()))
    }

    /// Folder of claims and screening indexes.
    pub(crate) fn attribution(&self) -> PathBuf {
        self.0.join("attribution")
    }

    /// Folder of one network's ledger.
    pub(crate) fn ledger(&self, network: BitcoinNetwork) -> PathBuf {
        self.named("bitcoin", network)
    }

    /// Folder of what was fetched from Esplora servers: single transactions, never to be mixed with a chain.
    pub(crate) fn esplora(&self, network: BitcoinNetwork) -> PathBuf {
        self.named("bitcoin-esplora", network)
    }

    fn named(&self, base: &str, network: BitcoinNetwork) -> PathBuf {
        self.0.join("ledger").join(match network {
            BitcoinNetwork::Mainnet => base.to_owned(),
            other => format!("{base}-{}", Chain::Bitcoin(other).short_name()),
        })
    }

    /// Downloaded lists.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.0.join("lists")
    }

    /// One network's ledger, if there is one. A ledger that cannot be read is an error, not an absence; one without a
    /// block, as an ingest leaves it whose first block failed, is an absence.
    pub(crate) fn open_ledger(&self, network: BitcoinNetwork) -> Result<Option<Ledger>> {
        match Ledger::open(&self.ledger(network)) {
            Ok(ledger) => {
                self.watch(&ledger);
                Ok(ledger.block(BlockNum(0)).is_some().then_some(ledger))
            }
            Err(LedgerError::Absent { .. }) => Ok(None),
            Err(error) => Err(error).into_diagnostic(),
        }
    }

    /// Has a ledger confirmed before anything more is printed ([`vouched`](Self::vouched)).
    pub(crate) fn watch(&self, ledger: &Ledger) {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).push(ledger.clone());
    }

    /// Whether everything that was read from the ledgers so far was whole.
    pub(crate) fn confirm(&self) -> Result<()> {
        let opened = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        opened.iter().try_for_each(Ledger::confirm).into_diagnostic()
    }

    /// A way out that lets nothing pass once a ledger has turned out to be damaged: what was read from it may have been
    /// left out of the answer.
    pub(crate) fn vouched<W: Write>(&self, inner: W) -> Vouched<W> {
        Vouched { ledgers: Arc::clone(&self.1), inner }
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
