//! Where things lie in the data folder.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

use tracehound_model::{Address, BitcoinNetwork, Chain, Pasted};

use crate::{EngineError, error::UnreadableLedgers};

/// What folders of EVM chains begin with.
const EVM: &str = "evm-";

/// Whether a text is an EVM address or a transaction or movement of an EVM chain, by its form.
fn is_of_evm(text: &str) -> bool {
    let text = text.trim();
    let hash = text.split(':').next().unwrap_or(text);
    let is_hash = hash.strip_prefix("0x").is_some_and(|digits| digits.len() == 64);
    is_hash || Pasted::read(text).is_ok_and(|read| matches!(read.address, Address::Evm(_)))
}

/// The layout of a data folder.
///
/// ```text
/// attribution/            claims and the screening index
/// ledger/bitcoin/         one ledger a network: bitcoin, bitcoin-testnet, ...
/// ledger/bitcoin-esplora/ what was fetched of single addresses, never mixed with a chain
/// ledger/bitcoin-fetched/ what was fetched of single transactions for traces, never mixed with a chain
/// ledger/evm-1/           one ledger of transfers an EVM chain, by its chain id
/// ledger/evm-1-fetched/   what was fetched of single accounts of it, never mixed with the ledger
/// lists/                  lists as they were downloaded
/// labels/                 the packs of labels in force
/// labels-in-force.json    which they are, so that a folder that is gone is noticed
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder at `path`, which need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The platform's folder for data of a user.
    ///
    /// # Errors
    /// [`EngineError::NoHome`] where the system names none.
    pub fn of_user() -> Result<Self, EngineError> {
        let platform = directories::ProjectDirs::from("", "", "tracehound").ok_or(EngineError::NoHome)?;
        Ok(Self(platform.data_dir().to_owned()))
    }

    /// Where the platform keeps a user's configuration file of the program, whether or not it is there; `None` where the system
    /// names no home.
    pub fn configuration_of_user() -> Option<PathBuf> {
        let platform = directories::ProjectDirs::from("", "", "tracehound")?;
        Some(platform.config_dir().join("config.toml"))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Folder of claims and screening indexes.
    pub fn attribution(&self) -> PathBuf {
        self.0.join("attribution")
    }

    /// Folder of one network's ledger.
    pub fn ledger(&self, network: BitcoinNetwork) -> PathBuf {
        self.named("bitcoin", network)
    }

    /// Folder of what was fetched from Esplora servers: single transactions, never to be mixed with a chain.
    pub fn esplora(&self, network: BitcoinNetwork) -> PathBuf {
        self.named("bitcoin-esplora", network)
    }

    /// Folder of what was fetched of single transactions for traces: never to be mixed with a chain.
    pub fn bitcoin_case(&self, network: BitcoinNetwork) -> PathBuf {
        self.named("bitcoin-fetched", network)
    }

    /// Folder of the ledger of transfers of an EVM chain, by its id (EIP-155).
    pub fn transfers(&self, chain_id: u64) -> PathBuf {
        self.ledgers().join(format!("{EVM}{chain_id}"))
    }

    /// Folder of what was fetched of single accounts of an EVM chain: never to be mixed with its ledger.
    pub fn case(&self, chain_id: u64) -> PathBuf {
        self.ledgers().join(format!("{EVM}{chain_id}-fetched"))
    }

    /// The ids of the EVM chains of which something is there that may be a ledger, ascending: whether it is one, opening it tells.
    ///
    /// # Errors
    /// When the ledgers' folder cannot be read: which there are is not known then.
    pub fn evm_chains(&self) -> Result<Vec<u64>, UnreadableLedgers> {
        let path = self.ledgers();
        let reading = |source| UnreadableLedgers { path: path.clone(), source: Arc::new(source) };
        let entries = match std::fs::read_dir(&path) {
            // Without the folder there is none.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(reading)?,
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.map_err(reading)?.file_name();
            // Written as we write it: `evm-01` is nobody's.
            let id = name.to_str().and_then(|name| name.strip_prefix(EVM)?.parse().ok());
            ids.extend(id.filter(|id: &u64| name.to_str() == Some(format!("{EVM}{id}").as_str())));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn ledgers(&self) -> PathBuf {
        self.0.join("ledger")
    }

    fn named(&self, base: &str, network: BitcoinNetwork) -> PathBuf {
        self.ledgers().join(match network {
            BitcoinNetwork::Mainnet => base.to_owned(),
            other => format!("{base}-{}", Chain::Bitcoin(other).short_name()),
        })
    }

    /// Packs of labels in force.
    pub fn labels(&self) -> PathBuf {
        self.0.join("labels")
    }

    /// Downloaded lists.
    pub fn downloads(&self) -> PathBuf {
        self.0.join("lists")
    }

    /// The network of the only ledger there is that may hold all that is `asked` about: every address fits it, and what is
    /// no address fits any. Mainnet where there is no such ledger or are several.
    pub fn network_of(&self, asked: impl IntoIterator<Item = impl AsRef<str>>) -> BitcoinNetwork {
        let addresses: Vec<Address> =
            asked.into_iter().filter_map(|text| Some(Pasted::read(text.as_ref()).ok()?.address)).collect();
        let fits = |network| addresses.iter().all(|address| address.fits(Chain::Bitcoin(network)));
        let there = BitcoinNetwork::ALL.into_iter().filter(|&network| self.ledger(network).is_dir());
        let mut fitting = there.filter(|&network| fits(network));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => only,
            _ => BitcoinNetwork::Mainnet,
        }
    }

    /// The chain whose ledger answers what is asked about: that of the only ledger there is that may hold all of it. An EVM address or
    /// the hash of a transaction of an EVM chain (`0x…`) is of the only such chain that has a ledger, and of Ethereum where several
    /// or none have one; anything else is of [`network_of`](Self::network_of).
    pub fn chain_of(&self, asked: impl IntoIterator<Item = impl AsRef<str>>) -> Chain {
        let asked: Vec<String> = asked.into_iter().map(|text| text.as_ref().to_owned()).collect();
        // Where they cannot be told, whoever asks one of them learns why.
        let only = || match self.evm_chains().ok()?[..] {
            [only] => Some(only),
            _ => None,
        };
        if asked.iter().any(|text| is_of_evm(text)) {
            return Chain::Evm(only().unwrap_or(1));
        }
        let any_bitcoin = BitcoinNetwork::ALL.into_iter().any(|network| self.ledger(network).is_dir());
        match only() {
            Some(only) if asked.is_empty() && !any_bitcoin => Chain::Evm(only),
            _ => Chain::Bitcoin(self.network_of(asked)),
        }
    }

    /// In words, for who finds no ledger of one network: those of other networks that are there; nothing where none is.
    pub fn ledgers_beside(&self, network: BitcoinNetwork) -> String {
        let others = BitcoinNetwork::ALL.into_iter().filter(|&other| other != network);
        let there: Vec<String> = others
            .filter(|&other| self.ledger(other).is_dir())
            .map(|other| format!("{other:?}").to_lowercase())
            .collect();
        match &there[..] {
            [] => String::new(),
            [first, ..] => format!(" (there is one of {}: --network {first})", there.join(" and of ")),
        }
    }

    /// The same for an EVM chain.
    pub(crate) fn evm_ledgers_beside(&self, chain_id: u64) -> String {
        // A hint: what cannot be told is left out of it.
        let there = self.evm_chains().unwrap_or_default();
        let others = there.into_iter().filter(|&other| other != chain_id);
        let there: Vec<String> = others.map(|other| Chain::Evm(other).short_name()).collect();
        match &there[..] {
            [] => String::new(),
            [first, ..] => format!(" (there is one of {}: --chain {first})", there.join(" and of ")),
        }
    }

    /// Sees to it that what this process writes from here on can be read by its owner alone, or by the group too where
    /// `group` says so or the folder was made so before (it sets the process's file mode mask). What others can read
    /// already is told in words, with the command that changes it.
    #[cfg(unix)]
    pub fn keep_private(&self, group: bool) -> Option<String> {
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
        let wide = inside.iter().flatten().find(|mode| open && **mode & WIDE != 0)?;
        let folder = self.0.display();
        let keep = if group { "g-w,o=" } else { "go=" };
        Some(format!(
            "other users of this machine can read what is in the data folder ({wide:o}): chmod -R {keep} '{folder}'"
        ))
    }

    /// Nothing to do where there are no such rights.
    #[cfg(not(unix))]
    pub fn keep_private(&self, _group: bool) -> Option<String> {
        None
    }
}
