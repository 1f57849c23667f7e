//! Where the data lies, and how commands get at it.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use miette::{IntoDiagnostic, Result, miette};
use tracehound_ledger::{BlockNum, Ledger, LedgerError};
use tracehound_model::{BitcoinNetwork, Chain};

use crate::terminal;

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

    /// Sees to it that what is written from here on can be read by its owner alone, or by the group too where `group` says so
    /// or the folder was made so before. A folder that others can look into is named, with the command that changes it.
    #[cfg(unix)]
    pub(crate) fn keep_private(&self, group: bool, quiet: bool) {
        use std::os::unix::fs::PermissionsExt;

        use rustix::{fs::Mode, process::umask};

        /// Rights of the group to look and to read.
        const GROUP: u32 = 0o050;
        /// Rights of others, and the group's to write.
        const WIDE: u32 = 0o027;
        let mode = |path: &Path| std::fs::metadata(path).ok().map(|it| it.permissions().mode() & 0o777);
        let team = |mode: u32| mode & WIDE == 0 && mode & GROUP == GROUP;
        // What lies inside tells: a folder that somebody made beforehand is wide, and nothing is in it yet.
        let top = mode(&self.0);
        let inside = ["attribution", "ledger", "lists"].map(|name| mode(&self.0.join(name)));
        let known = inside.iter().flatten().copied().chain(top.filter(|mode| team(*mode)));
        let shared = known.clone().next().map_or(group, |_| known.clone().any(team));
        umask(Mode::from_raw_mode(if shared { 0o027 } else { 0o077 }));
        let open = top.is_some_and(|mode| mode & 0o055 != 0);
        if let Some(wide) = inside.iter().flatten().find(|mode| open && **mode & WIDE != 0)
            && !quiet
        {
            let folder = self.0.display();
            let keep = if group { "g-w,o=" } else { "go=" };
            terminal::say(&format!(
                "note: other users of this machine can read what is in the data folder ({wide:o}): chmod -R {keep} '{folder}'"
            ));
        }
    }

    /// Nothing to do where there are no such rights.
    #[cfg(not(unix))]
    pub(crate) fn keep_private(&self, _group: bool, _quiet: bool) {}

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
        match Ledger::open_of(&self.ledger(network), Chain::Bitcoin(network)) {
            Ok(ledger) => {
                self.watch(&ledger);
                Ok(ledger.block(BlockNum(0)).is_some().then_some(ledger))
            }
            Err(LedgerError::Absent { .. }) => Ok(None),
            Err(error) => Err(error).into_diagnostic(),
        }
    }

    /// In words, for who finds no ledger of one network: those of other networks that are there; nothing where none is.
    pub(crate) fn ledgers_beside(&self, network: BitcoinNetwork) -> String {
        use BitcoinNetwork::{Mainnet, Regtest, Signet, Testnet};
        let others = [Mainnet, Testnet, Signet, Regtest].into_iter().filter(|&other| other != network);
        let there: Vec<String> = others
            .filter(|&other| self.ledger(other).is_dir())
            .map(|other| format!("{other:?}").to_lowercase())
            .collect();
        match &there[..] {
            [] => String::new(),
            [first, ..] => format!(" (there is one of {}: --network {first})", there.join(" and of ")),
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
