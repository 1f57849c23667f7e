//! Transactions of single addresses from an Esplora server, for those who run no node.
//!
//! They go into a ledger of their own, a cache in which a block holds only the transactions that were asked for; it must
//! never be mixed with a chain's ledger, in which what is not there has not happened. Inputs carry the outputs they
//! spend, so nothing is missing from the transactions that are there. An answer of Esplora names a transaction's block
//! but not the block's header, which a ledger keeps and checks: headers are asked for one by one, up to a limit, and what
//! the limit cuts off is left out and makes the answer incomplete. Nor does it tell a transaction's place in its block:
//! there, coinbases come first, then each after those it spends from, then by id.
//!
//! What a transaction does is proven by its id, and a block's time by the block's. Which transactions an address has, the
//! amounts and owners of what they spend, and that the blocks are on the chain remain the server's word.

mod cache;
mod merge;
mod spends;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracehound_bitcoin::{
    ChainPoint,
    live::{
        BlockServer, LiveError,
        esplora::{Esplora, EsploraLimits, EsploraTx, TxStatus},
    },
};
use tracehound_ledger::{Ledger, LedgerError};
use tracehound_model::{
    Address, AddressError, BitcoinNetwork, BlockHash, Chain, Gap, GapKind, Pasted, TxId, endpoint,
    text::label, utxo::Header,
};
use tracing::info_span;

use self::{cache::Cache, merge::CachedTx};

pub use spends::{OfAddress, Outcome, Source, SpendCase, SpendCaseError, SpendCaseOptions, Tip, Wanted};

/// Blocks that a server may find between telling its tip and telling a transaction's block: a day's.
const TIP_SLACK: u32 = 144;

/// Which server, and how much is asked of it.
#[derive(Clone, Debug)]
pub struct EsploraOptions {
    /// Its address, such as `https://blockstream.info/api`.
    pub url: String,
    /// The network it must be on.
    pub network: BitcoinNetwork,
    /// Time, size and pages of its answers.
    pub limits: EsploraLimits,
    /// Headers asked for one subject, newest block first: as many requests.
    pub headers: u32,
    /// What was fetched from the same server less than this ago is not fetched again.
    pub max_age: SignedDuration,
}

impl EsploraOptions {
    /// Up to 400 pages and 400 blocks of a subject, not fetched again within the hour.
    pub fn new(url: impl Into<String>, network: BitcoinNetwork) -> Self {
        Self {
            url: url.into(),
            network,
            limits: EsploraLimits::default(),
            headers: 400,
            max_age: SignedDuration::from_hours(1),
        }
    }

    /// The server as it is written down and shown: scheme, host and port, because the rest can be a key.
    fn server(&self) -> String {
        endpoint::shown(&self.url)
    }

    /// The most it takes to cut an answer, for comparison with an earlier run.
    fn limit(&self) -> u32 {
        self.limits.pages.min(self.headers)
    }

    /// Whether an earlier answer will do.
    fn accept(&self, fetch: &Fetch, now: Timestamp) -> bool {
        let age = now.duration_since(fetch.at);
        let fresh = !age.is_negative() && age < self.max_age;
        fetch.server == self.server() && fresh && (fetch.complete || fetch.limit >= self.limit())
    }
}

/// What can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EsploraSubject {
    /// All transactions of an address.
    Address(Address),
    /// One transaction.
    Tx(TxId),
}

impl EsploraSubject {
    /// The subject that a text names on a network; `None` for anything that is not of this network.
    pub fn parse(text: &str, network: BitcoinNetwork) -> Result<Option<Self>, AddressError> {
        let text = text.trim();
        match Pasted::read(text).map(|pasted| pasted.address) {
            Ok(address) => {
                let ours = address.script().is_some() && address.fits(Chain::Bitcoin(network));
                Ok(ours.then_some(Self::Address(address)))
            }
            Err(error) => text.parse().map(|txid| Some(Self::Tx(txid))).map_err(|_| error),
        }
    }

    /// Its canonical name.
    pub fn name(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Tx(txid) => txid.to_string(),
        }
    }
}

/// What is known of one subject, from where and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// The address or transaction id.
    pub subject: String,
    /// Address of the server.
    pub server: String,
    /// When it was asked.
    pub at: Timestamp,
    /// Height of its last block then.
    pub tip: u32,
    /// Time of that block, seconds since 1970-01-01 UTC: up to then the answer holds. Unknown in what an earlier version
    /// fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip_time: Option<u32>,
    /// Transactions in blocks that are in the cache now because of it.
    pub txs: u32,
    /// Transactions in no block yet, left out.
    pub waiting: u32,
    /// Whether nothing that is in a block is missing, as far as the server tells.
    pub complete: bool,
    /// Pages and headers allowed for it.
    pub limit: u32,
}

impl Fetch {
    /// What the answer rests on that nobody else vouches for, and what it leaves out.
    pub fn gaps(&self) -> Vec<Gap> {
        let host = self.server.split("://").nth(1).unwrap_or(&self.server);
        let host = host.split('/').next().unwrap_or(host);
        let from = format!("fetched from {host} at {} (its chain ended at block {})", self.at, self.tip);
        let word = "the amounts and owners of what they spend, are its word";
        let is_tx = self.subject.parse::<TxId>().is_ok();
        let about = |kind, sentence: String| Gap::about_subject(kind, sentence);
        let mut gaps = vec![match (is_tx, self.complete) {
            (true, true) => about(
                GapKind::ServersWord,
                format!("only this transaction is known, {from}; the amounts and owners of what it spends are its word"),
            ),
            (true, false) if self.waiting > 0 => about(
                GapKind::NotFetched,
                format!("the transaction is in no block yet and was left out, {from}"),
            ),
            (true, false) => {
                about(GapKind::NotFetched, format!("the server knows no such transaction in a block, {from}"))
            }
            (false, true) => about(
                GapKind::ServersWord,
                format!(
                    "only transactions of this address are known: all {} in blocks, {from}; which there are, and {word}",
                    self.txs
                ),
            ),
            (false, false) => about(
                GapKind::NotFetched,
                format!(
                    "only the newest {} transactions of this address in blocks are known, {from}, because a limit cut off \
                     older ones; which there are, and {word}",
                    self.txs
                ),
            )
            .mend("--esplora-limit raises it"),
        }];
        if self.waiting > 0 && !is_tx {
            let sentence = format!("transactions in no block yet were left out: {}", self.waiting);
            gaps.push(about(GapKind::Unconfirmed, sentence));
        }
        gaps
    }
}

/// The cache, with what it covers.
#[derive(Debug)]
pub struct EsploraExtract {
    /// The transactions that were fetched, now and before.
    pub ledger: Ledger,
    /// SHA-256 over its content and over what was fetched for the subjects, hexadecimal.
    pub digest: String,
    /// One for each subject, in their order.
    pub fetches: Vec<Fetch>,
}

/// Why there is no answer. The cache is as it was before the subject that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EsploraError {
    /// The server cannot be used.
    #[error("{url} could not say what {subject} did: {source}")]
    Server {
        /// Its address.
        url: String,
        /// What was asked about.
        subject: String,
        /// Why.
        source: LiveError,
    },
    /// The address of the server is none, or it is on another network.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The cache cannot be written or read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file of the cache could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The cache's own record is not what was written.
    #[error("{} is damaged: {what}; delete the folder it lies in, it is only a cache", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Other processes keep changing the cache.
    #[error("the cache in {} was changed by other processes meanwhile: run the command again", path.display())]
    Changed {
        /// The cache's folder.
        path: PathBuf,
    },
}

/// What the server told about a subject, ready for the cache.
struct Answer {
    subject: EsploraSubject,
    fetch: Fetch,
    txs: Vec<CachedTx>,
    headers: HashMap<BlockHash, Header>,
    /// From this height up to the tip, `txs` are all that the subject has.
    whole_from: u32,
}

/// Makes sure that the cache in `dir` knows what the subjects did, as of `now` or up to `max_age` before, and opens it.
///
/// A subject's transactions replace those fetched before; each is written as it arrives, whole or not at all. Asks the
/// server nothing when everything is there. A transaction that the server does not know, or that is in no block yet, is
/// no error: its [`Fetch`] is not complete. There must be at least one subject.
#[tracing::instrument(skip_all, fields(server = options.server()))]
pub fn fetch_esplora(
    dir: &Path,
    options: &EsploraOptions,
    subjects: &[EsploraSubject],
    now: Timestamp,
    progress: &dyn Fn(&str),
) -> Result<EsploraExtract, EsploraError> {
    let server = Esplora::new(&options.url, options.network, options.limits)?;
    let cache = Cache::new(dir, options.network);
    let mut tip = None;
    let mut fetches = Vec::with_capacity(subjects.len());
    for subject in subjects {
        let name = subject.name();
        let earlier = cache.fetch_of(&name)?;
        if let Some(fetch) = earlier.filter(|fetch| options.accept(fetch, now)) {
            fetches.push(fetch);
            continue;
        }
        progress(&name);
        let _span = info_span!("fetch", subject = %label(&name)).entered();
        let tip = if let Some(tip) = tip {
            tip
        } else {
            let last = server.chain_info()?.tip;
            *tip.insert((last.height, server.header(&last.hash)?.time()))
        };
        let known = cache.headers()?;
        let question = Question { server: &server, options, tip, now, known: &known };
        let answer = question.ask(subject).map_err(|source| EsploraError::Server {
            url: options.server(),
            subject: name,
            source,
        })?;
        fetches.push(cache.put(answer)?);
    }
    let (ledger, content) = cache.open(&fetches)?;
    let record = serde_json::to_string(&fetches).expect("text and numbers become JSON");
    let digest = hex::encode(Sha256::digest(content + &record));
    Ok(EsploraExtract { ledger, digest, fetches })
}

/// One question to the server.
struct Question<'a> {
    server: &'a Esplora,
    options: &'a EsploraOptions,
    /// Height and time of the server's last block.
    tip: (u32, u32),
    now: Timestamp,
    /// Headers that need not be asked for.
    known: &'a HashMap<BlockHash, Header>,
}

impl Question<'_> {
    fn ask(&self, subject: &EsploraSubject) -> Result<Answer, LiveError> {
        let (txs, mut complete) = match subject {
            EsploraSubject::Address(address) => {
                let found = self.server.address_txs(address)?;
                (found.txs, found.complete)
            }
            EsploraSubject::Tx(txid) => (self.server.tx(txid)?.into_iter().collect(), true),
        };
        let all = txs.len();
        let mut txs: Vec<(CachedTx, u32)> = txs.into_iter().filter_map(in_a_block).collect();
        let waiting = (all - txs.len()) as u32;
        let blocks = self.blocks(&txs)?;
        // A page may end within a block, so below the lowest one nothing is known, and of it perhaps not all.
        let lowest = blocks.keys().next().map_or(self.tip.0, |&(height, _)| height);
        let mut whole_from = if complete { 0 } else { lowest.saturating_add(1) };
        let (headers, cut) = self.headers(&blocks)?;
        if let Some(cut) = cut {
            complete = false;
            whole_from = whole_from.max(cut.saturating_add(1));
            txs.retain(|(tx, _)| tx.block.height > cut);
        }
        if matches!(subject, EsploraSubject::Tx(_)) {
            complete = !txs.is_empty();
        }
        let fetch = Fetch {
            subject: subject.name(),
            server: self.options.server(),
            at: self.now,
            tip: self.tip.0,
            tip_time: Some(self.tip.1),
            txs: txs.len() as u32,
            waiting,
            complete,
            limit: self.options.limit(),
        };
        let txs = txs.into_iter().map(|(tx, _)| tx).collect();
        Ok(Answer { subject: *subject, fetch, txs, headers, whole_from })
    }

    /// The blocks of the transactions, lowest first, with their times; they must not contradict each other.
    fn blocks(&self, txs: &[(CachedTx, u32)]) -> Result<BTreeMap<(u32, BlockHash), u32>, LiveError> {
        let (mut blocks, mut heights) = (BTreeMap::new(), HashMap::new());
        for (tx, time) in txs {
            let ChainPoint { hash, height } = tx.block;
            let same_height = *heights.entry(hash).or_insert(height) == height;
            let same_time = *blocks.entry((height, hash)).or_insert(*time) == *time;
            if !same_height || !same_time || height > self.tip.0.saturating_add(TIP_SLACK) {
                return Err(LiveError::Shape {
                    from: self.options.server(),
                    problem: format!(
                        "block {hash} at height {height} with time {time} contradicts what was said before"
                    ),
                });
            }
        }
        Ok(blocks)
    }

    /// The headers that are not known yet, newest first, and the height of the first block beyond the limit.
    fn headers(
        &self,
        blocks: &BTreeMap<(u32, BlockHash), u32>,
    ) -> Result<(HashMap<BlockHash, Header>, Option<u32>), LiveError> {
        let mut headers = HashMap::new();
        for (&(height, hash), &time) in blocks.iter().rev() {
            let header = match self.known.get(&hash) {
                Some(header) => *header,
                None if headers.len() >= self.options.headers as usize => return Ok((headers, Some(height))),
                None => *headers.entry(hash).or_insert(self.server.header(&hash)?),
            };
            if header.time() != time {
                return Err(LiveError::Shape {
                    from: self.options.server(),
                    problem: format!("block {hash} has the time {}, not {time}", header.time()),
                });
            }
        }
        Ok((headers, None))
    }
}

/// The transaction with its block's time; `None` where it is in none.
fn in_a_block(tx: EsploraTx) -> Option<(CachedTx, u32)> {
    let TxStatus::Confirmed { block, time } = tx.status else { return None };
    let EsploraTx { tx, inputs, outputs, payloads, .. } = tx;
    Some((CachedTx { tx, inputs, outputs, payloads, block }, time))
}
