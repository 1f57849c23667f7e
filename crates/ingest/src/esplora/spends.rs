//! Transactions of Bitcoin and who spent their outputs, fetched as a trace asks for them, for those who run no node.
//!
//! What is asked of an Esplora server: a transaction, its block's header, who spent the outputs of a transaction (one question for
//! all of them), and the transactions of an address. Each answer is kept by itself, whole or not at all, with who gave it and when,
//! so that a run that ended anywhere is taken up by the next. A transaction six blocks deep and a spend by one do not change and are
//! never asked for again; what is not that deep, and that nobody spent an output, is true as of when it was asked.
//!
//! What a transaction does is proved by its id, also when it is read from what was kept; a block's time by the block. What a spending
//! transaction says of an output that is known must be what its own transaction says, it must spend it, and no two may spend the same
//! one: a server that says otherwise is refused, and nothing of it is kept. Its word remains: who spent an output as long as the
//! spender was not asked for, that nobody did, the amounts and owners of outputs whose own transaction was not asked for, and that
//! the blocks are on the chain.

mod record;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use tracehound_bitcoin::{
    ChainPoint,
    live::{
        BlockServer, LiveError,
        esplora::{Esplora, EsploraLimits, EsploraTx, Spend, ToldTx, TxStatus},
    },
    parse::block_hash,
};
use tracehound_columns::ColumnError;
use tracehound_ledger::{Ledger, LedgerError, Writer, WriterOptions};
use tracehound_model::{
    Address, BitcoinNetwork, BlockHash, Chain, OutPoint, ScriptKey, TxId,
    utxo::{Header, InputRow, OutputRow},
};

use self::record::{AddressRow, Kept, Record, SpendRow};
use super::{TIP_SLACK, in_a_block, merge::blocks};

/// Blocks, its own included, after which a transaction is taken to stay where it is.
const SETTLED: u32 = 6;
/// Questions that a transaction takes at most: itself, and its block's header.
const PER_TX: u64 = 2;

const TX: &str = "tx";
const SPENDS: &str = "spends";
const BLOCK: &str = "block";
const ADDRESS: &str = "address";

/// Which server is asked, and what need not be asked for again.
#[derive(Clone, Debug)]
pub struct SpendCaseOptions {
    /// Its address, such as `https://blockstream.info/api`.
    pub url: String,
    /// The network it must be on.
    pub network: BitcoinNetwork,
    /// Time, size and pace of its answers.
    pub limits: EsploraLimits,
    /// What may have changed and was fetched from the same server less than this ago is not fetched again.
    pub max_age: SignedDuration,
}

/// Why nothing was fetched, or cannot be read. What was fetched before is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpendCaseError {
    /// The server cannot be asked, or says what cannot be.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// The rows cannot be put together.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A file could not be read or written.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file could not be made durable.
    #[error(transparent)]
    Durable(#[from] ColumnError),
    /// A file is not what was written.
    #[error("{} is damaged: {what}; delete it, it is only kept so that nothing is fetched twice", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// What can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// A transaction.
    Tx(TxId),
    /// Who spent an output of a transaction that is there. One question tells it of all outputs of the transaction.
    Spend(OutPoint),
    /// The transaction that spends this output, as far as it is known who does.
    Spender(OutPoint),
    /// Which transactions an address has.
    Address(Address),
}

impl Wanted {
    /// What it is about, for people.
    pub fn name(&self) -> String {
        match self {
            Self::Tx(txid) => txid.to_string(),
            Self::Spend(out) | Self::Spender(out) => written(out),
            Self::Address(address) => address.to_string(),
        }
    }
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is there.
    There,
    /// In words: why it is not.
    Not(String),
}

/// A transaction that is there.
#[derive(Clone, Debug)]
struct HeldTx {
    tx: EsploraTx,
    block: ChainPoint,
    header: Header,
    source: Source,
}

/// Who told something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Scheme, host and port of the server.
    pub server: String,
    /// When it was asked.
    pub at: Timestamp,
    /// Height of its last block then.
    pub tip: u32,
}

impl<T> Record<T> {
    fn source(&self) -> Source {
        Source { server: self.server.clone(), at: self.at, tip: self.tip }
    }
}

/// Who spent the outputs of a transaction.
#[derive(Clone, Debug)]
struct Spends {
    told: Vec<Spend>,
    source: Source,
    /// Whether it is so new that what may have changed is taken to be so still.
    fresh: bool,
}

/// Which transactions an address has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfAddress {
    /// Those in blocks.
    pub txids: Vec<TxId>,
    /// How many are in none yet.
    pub waiting: usize,
    /// Whether these are all, as far as the server tells.
    pub complete: bool,
    /// Who told it.
    pub source: Source,
}

/// The last block of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The block.
    pub block: ChainPoint,
    /// Its time: seconds since 1970-01-01 UTC.
    pub time: u32,
}

/// What is fetched for one question, and was before.
#[derive(Debug)]
pub struct SpendCase {
    kept: Kept,
    server: Esplora,
    chain: Chain,
    max_age: SignedDuration,
    now: Timestamp,
    tip: Tip,
    txs: BTreeMap<TxId, HeldTx>,
    spends: HashMap<TxId, Spends>,
    addresses: BTreeMap<Address, OfAddress>,
    /// Which transaction that is there spends an output.
    spenders: HashMap<OutPoint, TxId>,
    heights: HashMap<u32, BlockHash>,
}

impl SpendCase {
    /// Over what is kept in `dir`, which need not exist. Asks the server which network it is on and where its chain ends.
    ///
    /// # Errors
    /// When the server cannot be used.
    pub fn open(dir: &Path, options: &SpendCaseOptions, now: Timestamp) -> Result<Self, SpendCaseError> {
        let server = Esplora::new(&options.url, options.network, options.limits)?;
        let block = server.chain_info()?.tip;
        let tip = Tip { block, time: server.header(&block.hash)?.time() };
        let chain = Chain::Bitcoin(options.network);
        let heights = HashMap::from([(block.height, block.hash)]);
        Ok(Self {
            kept: Kept::new(dir, chain),
            server,
            chain,
            max_age: options.max_age,
            now,
            tip,
            txs: BTreeMap::new(),
            spends: HashMap::new(),
            addresses: BTreeMap::new(),
            spenders: HashMap::new(),
            heights,
        })
    }

    /// Scheme, host and port of the server.
    pub fn server(&self) -> &str {
        self.server.server()
    }

    /// Questions asked so far.
    pub fn questions(&self) -> u64 {
        self.server.questions()
    }

    /// The server's last block.
    pub fn tip(&self) -> Tip {
        self.tip
    }

    /// The transactions that are there, with who told them.
    pub fn txs(&self) -> impl Iterator<Item = (&TxId, &Source)> {
        self.txs.iter().map(|(txid, held)| (txid, &held.source))
    }

    /// Whether a transaction is there.
    pub fn has(&self, txid: &TxId) -> bool {
        self.txs.contains_key(txid)
    }

    /// What was told of an address.
    pub fn address(&self, address: &Address) -> Option<&OfAddress> {
        self.addresses.get(address)
    }

    /// Who told who spent the outputs of a transaction, where that was asked.
    pub fn spends_told(&self, txid: &TxId) -> Option<&Source> {
        self.spends.get(txid).map(|spends| &spends.source)
    }

    /// Who spent an output, where that is known.
    pub fn spend(&self, out: &OutPoint) -> Option<Spend> {
        let told = || {
            let spends = self.spends.get(&out.txid)?;
            let told = spends.told.get(out.vout as usize)?;
            (spends.fresh || is_settled_spend(told, spends.source.tip)).then_some(*told)
        };
        let spender = self.spenders.get(out).and_then(|spender| self.txs.get(spender));
        let Some(held) = spender else { return told() };
        let input = held.tx.inputs.iter().position(|input| spends(input) == Some(*out))?;
        Some(Spend::InBlock {
            txid: held.tx.tx.txid,
            input: u32::try_from(input).ok()?,
            block: held.block,
            time: held.header.time(),
        })
    }

    /// What the inputs of a transaction spend whose own transaction is not there, with the amount that the transaction says it has.
    pub fn missing_inputs(&self, txid: &TxId) -> Vec<(OutPoint, u64)> {
        let Some(held) = self.txs.get(txid) else { return Vec::new() };
        let missing = held.tx.inputs.iter().filter_map(|input| {
            let out = spends(input).filter(|out| !self.has(&out.txid))?;
            Some((out, input.prev_output?.value))
        });
        missing.collect()
    }

    /// Questions that something takes, as far as that can be told.
    pub fn takes(&self, wanted: &Wanted) -> u64 {
        match wanted {
            Wanted::Tx(_) | Wanted::Spender(_) => PER_TX,
            Wanted::Spend(_) => 1,
            // Waiting ones, a page, and one to see that there is no more.
            Wanted::Address(_) => 3,
        }
    }

    /// Whether something is there, now or from what was kept, so that nothing has to be asked. `pages` of an address are enough.
    ///
    /// # Errors
    /// When what was kept cannot be read, or contradicts what else is there.
    pub fn recall(&mut self, wanted: &Wanted, pages: u32) -> Result<bool, SpendCaseError> {
        match wanted {
            Wanted::Tx(txid) => self.recall_tx(txid, None),
            Wanted::Spender(out) => match self.spend(out) {
                Some(Spend::InBlock { txid, .. }) => self.recall_tx(&txid, Some(out)),
                _ => Ok(false),
            },
            Wanted::Spend(out) => self.recall_spend(out),
            Wanted::Address(address) => self.recall_address(address, pages),
        }
    }

    /// Fetches something and keeps it. An address takes at most `pages` pages.
    ///
    /// # Errors
    /// When the server cannot be asked or says what cannot be, or a file cannot be written.
    pub fn fetch(&mut self, wanted: &Wanted, pages: u32) -> Result<Outcome, SpendCaseError> {
        match wanted {
            Wanted::Tx(txid) => self.fetch_tx(txid, None),
            Wanted::Spender(out) => match self.spend(out) {
                Some(Spend::InBlock { txid, .. }) => {
                    let fetched = self.fetch_tx(&txid, Some(out));
                    let is_untrue = match &fetched {
                        Ok(outcome) => *outcome != Outcome::There,
                        Err(SpendCaseError::Live(error)) => {
                            matches!(error, LiveError::Shape { .. } | LiveError::OtherBlock { .. })
                        }
                        Err(_) => false,
                    };
                    if is_untrue {
                        // What was said of the output is not to be repeated as what is known.
                        self.spends.remove(&out.txid);
                        self.kept.remove(SPENDS, &out.txid.to_string())?;
                    }
                    fetched
                }
                _ => Ok(Outcome::Not("it is not known who spent it".to_owned())),
            },
            Wanted::Spend(out) => self.fetch_spends(&out.txid),
            Wanted::Address(address) => self.fetch_address(address, pages),
        }
    }

    /// The rows of what is there, made in an empty folder.
    ///
    /// # Errors
    /// When they cannot be written or read again.
    pub fn ledger(&self, dir: &Path) -> Result<Ledger, SpendCaseError> {
        let headers: HashMap<BlockHash, Header> =
            self.txs.values().map(|held| (held.block.hash, held.header)).collect();
        let txs = self.txs.values().filter_map(|held| Some(in_a_block(held.tx.clone())?.0)).collect();
        let mut writer = Writer::open(dir, self.chain, WriterOptions::default())?;
        for block in blocks(txs, &headers) {
            writer.append_island(&block)?;
        }
        writer.commit()?;
        drop(writer);
        Ok(Ledger::open_of(dir, self.chain)?)
    }

    /// Whether what may have changed need not be asked for again.
    fn is_fresh<T>(&self, record: &Record<T>) -> bool {
        let age = self.now.duration_since(record.at);
        record.server == self.server.server() && !age.is_negative() && age < self.max_age
    }

    fn now(&self) -> (&str, Timestamp, u32) {
        (self.server.server(), self.now, self.tip.block.height)
    }

    /// A contradiction of the server's.
    fn lie(&self, problem: impl Into<String>) -> SpendCaseError {
        LiveError::Shape { from: self.server.server().to_owned(), problem: problem.into() }.into()
    }
}

/// Transactions.
impl SpendCase {
    /// A transaction that was kept and still holds.
    fn kept_tx(&self, txid: &TxId) -> Result<Option<(ToldTx, Source)>, SpendCaseError> {
        let name = txid.to_string();
        let Some(record) = self.kept.read::<String>(TX, &name)? else { return Ok(None) };
        let source = record.source();
        let damaged = |what| self.kept.damaged(TX, &name, what);
        let fresh = self.is_fresh(&record);
        let told = ToldTx::read(record.told).map_err(damaged)?;
        if told.tx.tx.txid != *txid {
            return Err(damaged("it is of another transaction than its name says".to_owned()));
        }
        let TxStatus::Confirmed { block, .. } = told.tx.status else { return Ok(None) };
        Ok((is_settled(block.height, source.tip) || fresh).then_some((told, source)))
    }

    /// The header of a block that was kept.
    fn kept_header(&self, hash: &BlockHash) -> Result<Option<Header>, SpendCaseError> {
        let name = hash.to_string();
        let Some(record) = self.kept.read::<String>(BLOCK, &name)? else { return Ok(None) };
        let mut header = Header::default();
        hex::decode_to_slice(&record.told, &mut header.0)
            .map_err(|error| self.kept.damaged(BLOCK, &name, error.to_string()))?;
        if block_hash(&header) != *hash {
            return Err(self.kept.damaged(BLOCK, &name, "it does not hash to its id".to_owned()));
        }
        Ok(Some(header))
    }

    fn recall_tx(&mut self, txid: &TxId, spends: Option<&OutPoint>) -> Result<bool, SpendCaseError> {
        if self.has(txid) {
            return Ok(true);
        }
        let Some((told, source)) = self.kept_tx(txid)? else { return Ok(false) };
        let TxStatus::Confirmed { block, .. } = told.tx.status else { return Ok(false) };
        let Some(header) = self.kept_header(&block.hash)? else { return Ok(false) };
        if self.fits(&told.tx, block, spends).is_err() {
            // Of a branch that was left, perhaps: the server is asked.
            return Ok(false);
        }
        self.hold(told.tx, block, header, source);
        Ok(true)
    }

    fn fetch_tx(&mut self, txid: &TxId, spends: Option<&OutPoint>) -> Result<Outcome, SpendCaseError> {
        if self.has(txid) {
            return Ok(Outcome::There);
        }
        let kept = self.kept_tx(txid)?.filter(|(told, _)| match told.tx.status {
            TxStatus::Confirmed { block, .. } => self.fits(&told.tx, block, spends).is_ok(),
            TxStatus::Mempool => false,
        });
        let is_kept = kept.is_some();
        let (told, source) = match kept {
            Some(kept) => kept,
            None => match self.server.tx_told(txid)? {
                Some(told) => (told, self.source()),
                None => return Ok(Outcome::Not(format!("the server knows no transaction {txid}"))),
            },
        };
        let TxStatus::Confirmed { block, time } = told.tx.status else {
            return Ok(Outcome::Not(format!("transaction {txid} is in no block yet")));
        };
        if block.height > self.tip.block.height.saturating_add(TIP_SLACK) {
            return Err(
                self.lie(format!("transaction {txid} is in block {}, far above its last one", block.height))
            );
        }
        if !is_kept {
            // Before the header is asked for: what came is not asked for again.
            self.fits(&told.tx, block, spends)?;
            self.kept.write(TX, &txid.to_string(), self.now(), &told.text)?;
        }
        let header = if let Some(header) = self.kept_header(&block.hash)? {
            header
        } else {
            let header = self.server.header(&block.hash)?;
            self.kept.write(BLOCK, &block.hash.to_string(), self.now(), hex::encode(header.0))?;
            header
        };
        if header.time() != time {
            self.kept.remove(TX, &txid.to_string())?;
            return Err(self.lie(format!("block {} has the time {}, not {time}", block.hash, header.time())));
        }
        self.hold(told.tx, block, header, source);
        Ok(Outcome::There)
    }

    fn source(&self) -> Source {
        Source { server: self.server.server().to_owned(), at: self.now, tip: self.tip.block.height }
    }

    /// Takes in a transaction that fits what is there.
    fn hold(&mut self, tx: EsploraTx, block: ChainPoint, header: Header, source: Source) {
        let txid = tx.tx.txid;
        self.heights.insert(block.height, block.hash);
        self.spenders.extend(tx.inputs.iter().filter_map(spends).map(|out| (out, txid)));
        self.txs.insert(txid, HeldTx { tx, block, header, source });
    }

    /// Whether a transaction contradicts nothing that is there.
    fn fits(
        &self,
        tx: &EsploraTx,
        block: ChainPoint,
        must_spend: Option<&OutPoint>,
    ) -> Result<(), SpendCaseError> {
        let txid = tx.tx.txid;
        if let Some(out) = must_spend
            && !tx.inputs.iter().any(|input| spends(input) == Some(*out))
        {
            return Err(
                self.lie(format!("transaction {txid} does not spend {}, as was said of it", written(out)))
            );
        }
        if let Some(other) = self.heights.get(&block.height).filter(|other| **other != block.hash) {
            return Err(self.lie(format!(
                "blocks {} and {other} cannot both be at height {}: one of them left the chain (--source-max-age 0s asks again)",
                block.hash, block.height
            )));
        }
        for input in &tx.inputs {
            let Some(out) = spends(input) else { continue };
            if let Some(other) = self.spenders.get(&out).filter(|other| **other != txid) {
                return Err(self.lie(format!("both {txid} and {other} spend {}", written(&out))));
            }
            if let Some(maker) = self.txs.get(&out.txid) {
                self.is_as_made(input, &out, (tx, block.height), (&maker.tx, maker.block.height))?;
            }
        }
        // Its own outputs, as those say that spent them.
        for vout in 0..tx.tx.output_count {
            let out = OutPoint { txid, vout };
            let Some(spender) = self.spenders.get(&out).and_then(|spender| self.txs.get(spender)) else {
                continue;
            };
            let Some(input) = spender.tx.inputs.iter().find(|input| spends(input) == Some(out)) else {
                continue;
            };
            self.is_as_made(input, &out, (&spender.tx, spender.block.height), (tx, block.height))?;
        }
        Ok(())
    }

    /// Whether an input says of what it spends what the transaction says that made it.
    fn is_as_made(
        &self,
        input: &InputRow,
        out: &OutPoint,
        (spender, spent_at): (&EsploraTx, u32),
        (maker, made_at): (&EsploraTx, u32),
    ) -> Result<(), SpendCaseError> {
        let made = maker.outputs.get(out.vout as usize).map(|row| facts(maker, row));
        let told = input.prev_output.as_ref().map(|row| facts(spender, row));
        let (txid, of) = (spender.tx.txid, written(out));
        if made.is_none() || made != told {
            return Err(
                self.lie(format!("transaction {txid} says of {of} what its own transaction does not"))
            );
        }
        if spent_at < made_at {
            return Err(self.lie(format!("transaction {txid} spends {of} in an earlier block than made it")));
        }
        Ok(())
    }
}

/// Spends and addresses.
impl SpendCase {
    fn recall_spend(&mut self, out: &OutPoint) -> Result<bool, SpendCaseError> {
        let txid = out.txid;
        let Some(count) = self.txs.get(&txid).map(|held| held.tx.outputs.len()) else { return Ok(false) };
        if self.spends.contains_key(&txid) || self.spend(out).is_some() {
            return Ok(self.spend(out).is_some());
        }
        let name = txid.to_string();
        let Some(record) = self.kept.read::<Vec<SpendRow>>(SPENDS, &name)? else { return Ok(false) };
        let source = record.source();
        let fresh = self.is_fresh(&record);
        let told: Vec<Spend> = record.told.into_iter().map(Spend::from).collect();
        if told.len() != count {
            let what = format!("it tells of {} outputs, and there are {count}", told.len());
            return Err(self.kept.damaged(SPENDS, &name, what));
        }
        self.spends.insert(txid, Spends { told, source, fresh });
        Ok(self.spend(out).is_some())
    }

    fn fetch_spends(&mut self, txid: &TxId) -> Result<Outcome, SpendCaseError> {
        let Some(held) = self.txs.get(txid) else {
            return Ok(Outcome::Not(format!("transaction {txid} is not there")));
        };
        let Some(told) = self.server.spends(txid, held.tx.tx.output_count)? else {
            return Ok(Outcome::Not(format!("the server does not say who spent the outputs of {txid}")));
        };
        let highest = self.tip.block.height.saturating_add(TIP_SLACK);
        for spend in &told {
            if let Spend::InBlock { txid: spender, block, .. } = spend
                && !(held.block.height..=highest).contains(&block.height)
            {
                let problem = format!("{spender} cannot spend an output of {txid} in block {}", block.height);
                return Err(self.lie(problem));
            }
        }
        let rows: Vec<SpendRow> = told.iter().copied().map(SpendRow::from).collect();
        self.kept.write(SPENDS, &txid.to_string(), self.now(), rows)?;
        let source = self.source();
        self.spends.insert(*txid, Spends { told, source, fresh: true });
        Ok(Outcome::There)
    }

    fn recall_address(&mut self, address: &Address, pages: u32) -> Result<bool, SpendCaseError> {
        if self.addresses.contains_key(address) {
            return Ok(true);
        }
        let Some(record) = self.kept.read::<AddressRow>(ADDRESS, &address.to_string())? else {
            return Ok(false);
        };
        if !self.is_fresh(&record) || !(record.told.complete || record.told.pages >= pages) {
            return Ok(false);
        }
        let source = record.source();
        let AddressRow { txids, waiting, complete, .. } = record.told;
        self.addresses.insert(*address, OfAddress { txids, waiting, complete, source });
        Ok(true)
    }

    fn fetch_address(&mut self, address: &Address, pages: u32) -> Result<Outcome, SpendCaseError> {
        let found = self.server.address_told(address, pages)?;
        let mut txids = Vec::with_capacity(found.txs.len());
        let mut waiting = 0;
        for told in found.txs {
            match told.tx.status {
                TxStatus::Mempool => waiting += 1,
                TxStatus::Confirmed { .. } => {
                    let txid = told.tx.tx.txid;
                    self.kept.write(TX, &txid.to_string(), self.now(), &told.text)?;
                    txids.push(txid);
                }
            }
        }
        let row = AddressRow { txids, waiting, complete: found.complete, pages };
        self.kept.write(ADDRESS, &address.to_string(), self.now(), &row)?;
        let AddressRow { txids, waiting, complete, .. } = row;
        let source = self.source();
        self.addresses.insert(*address, OfAddress { txids, waiting, complete, source });
        Ok(Outcome::There)
    }
}

/// Whether something of a block so high does not change any more.
fn is_settled(height: u32, tip: u32) -> bool {
    tip.checked_sub(height).is_some_and(|above| above + 1 >= SETTLED)
}

fn is_settled_spend(spend: &Spend, tip: u32) -> bool {
    match spend {
        Spend::InBlock { block, .. } => is_settled(block.height, tip),
        Spend::No | Spend::Waiting(_) => false,
    }
}

fn written(out: &OutPoint) -> String {
    format!("{}:{}", out.txid, out.vout)
}

/// What an input spends; nothing where it mints.
fn spends(input: &InputRow) -> Option<OutPoint> {
    (!input.is_coinbase()).then_some(OutPoint { txid: input.prev_txid, vout: input.prev_vout })
}

/// What two who tell of the same output must agree on.
fn facts(tx: &EsploraTx, row: &OutputRow) -> (u64, ScriptKey) {
    (row.value, tx.script_key(row))
}
