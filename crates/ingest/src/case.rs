//! What single accounts of an account chain did, fetched as a trace asks for it, for those who hold no chain.
//!
//! An explorer, or a node that lists an account's movements, is asked for all that an account ever did up to the server's last block.
//! Each answer is kept by itself, whole or not at all, with who gave it and when, so that a run that ended anywhere is taken up by the
//! next. Together they are rows of a case: of accounts that were fetched whole every movement and balance is known, on the servers'
//! word or proved by a header; of all others nothing is, and a path ends there as unknown. They are never mixed with a chain's ledger,
//! in which what is not there has not happened.

mod record;
mod rows;
mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use jiff::{SignedDuration, Timestamp};
use tracehound_columns::ColumnError;
use tracehound_evm::{explorer::ExplorerError, node::NodeError};
use tracehound_transfers::TransferError;

pub use record::{CaseCalled, CaseTip, CaseTx, Fetched};
pub use rows::CaseRows;
pub use sources::{CaseSource, ExplorerSource, NodeSource};

/// Why nothing was fetched, or cannot be read. What was fetched before is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// An explorer cannot be asked, or says what cannot be.
    #[error(transparent)]
    Explorer(#[from] ExplorerError),
    /// A node cannot be asked, or says what cannot be.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A node that lists no account's movements.
    #[error(
        "{server} does not list what an account moved (trace_filter): give an explorer, or take in the blocks from the first \
         movement on with `ingest evm --rpc URL --from-height HEIGHT`"
    )]
    NoFilter {
        /// The node's server.
        server: String,
    },
    /// What was fetched contradicts itself.
    #[error(transparent)]
    Rows(#[from] TransferError),
    /// A file of the case could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of the case could not be made durable.
    #[error(transparent)]
    Durable(#[from] ColumnError),
    /// A file of the case is not what was written.
    #[error("{} is damaged: {what}; delete it, it is only kept so that nothing is fetched twice", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// What was fetched of the accounts of one chain, as far as it was looked up: nights of batches leave many files.
#[derive(Debug)]
pub struct Case {
    dir: PathBuf,
    chain: tracehound_model::Chain,
    fetched: BTreeMap<String, Fetched>,
}

impl Case {
    /// Of an EVM chain, in `dir`, which need not exist.
    pub fn open(dir: impl Into<PathBuf>, chain_id: u64) -> Self {
        let chain = tracehound_model::Chain::Evm(chain_id);
        Self { dir: dir.into(), chain, fetched: BTreeMap::new() }
    }

    /// Reads what was fetched of these subjects before.
    ///
    /// # Errors
    /// When what lies there cannot be read.
    pub fn look_up<'s>(&mut self, subjects: impl IntoIterator<Item = &'s Subject>) -> Result<(), CaseError> {
        for subject in subjects {
            let name = subject.name();
            if !self.fetched.contains_key(&name)
                && let Some(own) = record::read(&self.dir, self.chain, &name)?
            {
                self.fetched.insert(name, own);
            }
        }
        Ok(())
    }

    /// What is known of a subject that was looked up or fetched, an address or the hash of a transaction.
    pub fn of(&self, subject: &str) -> Option<&Fetched> {
        self.fetched.get(subject)
    }

    /// Whether a subject was fetched from this server less than `max_age` ago, so that it need not be fetched again.
    pub fn is_fresh(&self, subject: &str, server: &str, now: Timestamp, max_age: SignedDuration) -> bool {
        self.of(subject).is_some_and(|own| {
            let age = now.duration_since(own.at);
            // A transaction that was found in a block does not change; one that was not may have come since. What was fetched
            // tomorrow was fetched by another clock.
            let is_settled =
                own.is_tx() && !own.txs.is_empty() && own.txs.iter().all(|tx| tx.called.is_some());
            own.server == server && !age.is_negative() && (is_settled || age < max_age)
        })
    }

    /// Fetches what a subject did and keeps it, in the place of what was known of it. `most` is how many questions one account may
    /// take.
    ///
    /// # Errors
    /// When the server cannot be asked or says what cannot be, or a file cannot be written.
    pub fn fetch(
        &mut self,
        source: &mut dyn CaseSource,
        subject: &Subject,
        tip: CaseTip,
        most: u64,
        now: Timestamp,
    ) -> Result<&Fetched, CaseError> {
        let before = source.questions();
        let (txs, unread) = match subject {
            Subject::Account(account) => source.account(*account, tip, most)?,
            Subject::Tx(hash) => source.tx(*hash)?,
        };
        let fetched = Fetched {
            version: record::VERSION,
            chain: self.chain.to_string(),
            subject: subject.name(),
            server: source.server(),
            at: now,
            tip,
            questions: source.questions() - before,
            unread,
            txs,
        };
        record::write(&self.dir, &fetched)?;
        let name = fetched.subject.clone();
        self.fetched.insert(name.clone(), fetched);
        Ok(&self.fetched[&name])
    }

    /// The rows of what is known of these subjects, up to a moment in seconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// When what was fetched contradicts itself.
    pub fn rows(&self, subjects: &BTreeSet<Subject>, as_of: Option<u64>) -> Result<CaseRows, CaseError> {
        let names: BTreeSet<String> = subjects.iter().map(Subject::name).collect();
        let fetched: Vec<&Fetched> = names.iter().filter_map(|name| self.fetched.get(name)).collect();
        rows::of(self.chain, &fetched, as_of)
    }
}

/// What can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// All that an account did.
    Account([u8; 20]),
    /// One transaction.
    Tx([u8; 32]),
}

impl Subject {
    /// How it is written down: an address as its chain writes it, a hash in lower case.
    pub fn name(&self) -> String {
        match self {
            Self::Account(account) => tracehound_model::Address::Evm(*account).to_string(),
            Self::Tx(hash) => format!("0x{}", hex::encode(hash)),
        }
    }
}
