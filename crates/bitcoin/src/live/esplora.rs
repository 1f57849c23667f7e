//! Esplora's REST interface (Blockstream's, mempool.space's, or one's own): the chain for those who run no node.
//!
//! Interface: <https://github.com/Blockstream/esplora/blob/master/API.md>. A transaction is put together again from its
//! JSON and must hash to its id, so the server cannot change it. Two things remain its word: which transactions an
//! address has, and the outputs that inputs spend (an id covers where a coin comes from, not how much it was). So does who spent an
//! output, until the transaction that it names was asked for and spends it.

use std::{
    collections::HashSet,
    num::NonZeroU32,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use tracehound_model::{
    Address, BitcoinNetwork, BlockHash, ScriptKey, TxId,
    utxo::{Header, InputRow, OutputRow, TxRow},
};
use tracehound_net::{Answer, Client, Pace};

use super::{BlockServer, ChainInfo, HttpLimits, LiveError, connect, told};
use crate::{
    hash::sha256d,
    parse::{MAX_MONEY, block_hash},
    plan::ChainPoint,
    script::classify_into,
};

/// How much is fetched for one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EsploraLimits {
    /// Time and size of one exchange.
    pub http: HttpLimits,
    /// Pages of confirmed transactions (25 each on most servers).
    pub pages: u32,
    /// Bytes of all pages together.
    pub bytes: u64,
    /// Questions a second; as many as the server answers for `None`.
    pub per_second: Option<NonZeroU32>,
}

impl Default for EsploraLimits {
    fn default() -> Self {
        Self { http: HttpLimits::default(), pages: 400, bytes: 256 << 20, per_second: None }
    }
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxStatus {
    /// Not in a block yet.
    Mempool,
    /// In a block.
    Confirmed {
        /// The block.
        block: ChainPoint,
        /// The block's time: seconds since 1970-01-01 UTC.
        time: u32,
    },
}

/// A transaction with the outputs that it spends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EsploraTx {
    /// Its fixed part; the id was checked.
    pub tx: TxRow,
    /// Its inputs, each with the output it spends.
    pub inputs: Vec<InputRow>,
    /// Its outputs.
    pub outputs: Vec<OutputRow>,
    /// What `inputs` and `outputs` point into.
    pub payloads: Vec<u8>,
    /// Fee in satoshi: the inputs less the outputs; 0 for a coinbase.
    pub fee: u64,
    /// Where it stands.
    pub status: TxStatus,
}

impl EsploraTx {
    /// The owner of one of its outputs, or of an output it spends.
    pub fn script_key(&self, output: &OutputRow) -> ScriptKey {
        let start = output.payload_at as usize;
        let payload = &self.payloads[start..start + output.script_type.payload_len()];
        ScriptKey::new(output.script_type, payload).expect("payload has its type's length")
    }

    /// Whether the owner receives or spends in it.
    pub fn touches(&self, owner: &ScriptKey) -> bool {
        let spent = self.inputs.iter().filter_map(|input| input.prev_output.as_ref());
        spent.chain(&self.outputs).any(|output| self.script_key(output) == *owner)
    }
}

/// A transaction with the text that says so, from which it can be read and checked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldTx {
    /// What it does.
    pub tx: EsploraTx,
    /// The server's JSON.
    pub text: String,
}

impl ToldTx {
    /// Reads what a server told of a transaction, and checks it as when it came; says what is wrong with it otherwise.
    ///
    /// # Errors
    /// When the text has not the documented form, or does not hold together.
    pub fn read(text: String) -> Result<Self, String> {
        let json: TxJson = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Self { tx: read_tx(&json)?, text })
    }
}

/// Who spent an output, as a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spend {
    /// Nobody.
    No,
    /// A transaction that is in no block yet.
    Waiting(TxId),
    /// A transaction in a block.
    InBlock {
        /// Its id.
        txid: TxId,
        /// Which of its inputs does.
        input: u32,
        /// The block.
        block: ChainPoint,
        /// The block's time: seconds since 1970-01-01 UTC.
        time: u32,
    },
}

/// The transactions of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressTxs {
    /// Newest first, those not in a block yet before all others.
    pub txs: Vec<EsploraTx>,
    /// Whether these are all; otherwise a limit ended the search, and older ones are missing.
    pub complete: bool,
}

/// The transactions of an address, with the texts that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressTold {
    /// As [`AddressTxs::txs`].
    pub txs: Vec<ToldTx>,
    /// As [`AddressTxs::complete`].
    pub complete: bool,
}

/// An Esplora server.
#[derive(Debug)]
pub struct Esplora {
    http: Client,
    network: BitcoinNetwork,
    limits: EsploraLimits,
    pace: Mutex<Pace>,
    questions: AtomicU64,
}

impl Esplora {
    /// A server at `url`, such as `https://blockstream.info/api`, for a network. Nothing is sent yet.
    pub fn new(url: &str, network: BitcoinNetwork, limits: EsploraLimits) -> Result<Self, LiveError> {
        Ok(Self {
            http: connect(url, limits.http)?,
            network,
            limits,
            pace: Mutex::new(Pace::new(limits.per_second)),
            questions: AtomicU64::new(0),
        })
    }

    /// Scheme, host and port: all of its address that may be shown.
    pub fn server(&self) -> &str {
        self.http.shown()
    }

    /// Questions asked so far. One that is asked again because the server was busy counts once.
    pub fn questions(&self) -> u64 {
        self.questions.load(Ordering::Relaxed)
    }

    /// One transaction; `None` when the server knows none of this id.
    pub fn tx(&self, txid: &TxId) -> Result<Option<EsploraTx>, LiveError> {
        Ok(self.tx_told(txid)?.map(|told| told.tx))
    }

    /// As [`Self::tx`], with the text that says so.
    pub fn tx_told(&self, txid: &TxId) -> Result<Option<ToldTx>, LiveError> {
        told(&self.http, self.read_tx(txid))
    }

    /// Who spent each output of a transaction that has so many; `None` when the server knows none of this id. All of it is the
    /// server's word.
    pub fn spends(&self, txid: &TxId, outputs: u32) -> Result<Option<Vec<Spend>>, LiveError> {
        told(&self.http, self.read_spends(txid, outputs))
    }

    /// All transactions of a Bitcoin address, newest first, as far as the limits allow.
    pub fn address_txs(&self, address: &Address) -> Result<AddressTxs, LiveError> {
        let mut found = self.address_told(address, self.limits.pages)?;
        let txs = found.txs.drain(..).map(|told| told.tx).collect();
        Ok(AddressTxs { txs, complete: found.complete })
    }

    /// As [`Self::address_txs`], with the texts that say so and at most so many pages.
    pub fn address_told(&self, address: &Address, pages: u32) -> Result<AddressTold, LiveError> {
        told(&self.http, self.read_address_txs(address, pages))
    }

    /// The header of a block, which a transaction's answer lacks; checked to hash to the block's id.
    pub fn header(&self, hash: &BlockHash) -> Result<Header, LiveError> {
        told(&self.http, self.read_header(hash))
    }

    /// Asks, no faster than it may.
    fn get(&self, path: &str) -> Result<Answer, LiveError> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).wait(1);
        self.questions.fetch_add(1, Ordering::Relaxed);
        Ok(self.http.get(path)?)
    }

    fn read_tx(&self, txid: &TxId) -> Result<Option<ToldTx>, LiveError> {
        let path = format!("/tx/{txid}");
        let Some(text) = text(&path, self.get(&path)?)? else { return Ok(None) };
        let tx =
            read_tx(&parse(&path, text.as_bytes())?).map_err(|problem| LiveError::shape(&path, problem))?;
        if tx.tx.txid != *txid {
            return Err(LiveError::shape(path, format!("transaction {} was not asked for", tx.tx.txid)));
        }
        Ok(Some(ToldTx { tx, text }))
    }

    fn read_spends(&self, txid: &TxId, outputs: u32) -> Result<Option<Vec<Spend>>, LiveError> {
        let path = format!("/tx/{txid}/outspends");
        let Some(body) = self.get(&path)?.found()? else { return Ok(None) };
        let told: Vec<SpendJson> = parse(&path, &body)?;
        if told.len() != outputs as usize {
            let problem = format!("it tells of {} outputs, and the transaction has {outputs}", told.len());
            return Err(LiveError::shape(path, problem));
        }
        let mut inputs = HashSet::new();
        let mut spends = Vec::with_capacity(told.len());
        for (vout, own) in told.iter().enumerate() {
            let spend =
                own.read().map_err(|problem| LiveError::shape(&path, format!("output {vout}: {problem}")))?;
            if let Spend::InBlock { txid, input, .. } = spend
                && !inputs.insert((txid, input))
            {
                let problem = format!("input {input} of {txid} cannot spend two outputs");
                return Err(LiveError::shape(path, problem));
            }
            spends.push(spend);
        }
        Ok(Some(spends))
    }

    fn read_address_txs(&self, address: &Address, pages: u32) -> Result<AddressTold, LiveError> {
        let Some(owner) = address.script() else {
            return Err(LiveError::shape(self.http.shown(), format!("`{address}` is no Bitcoin address")));
        };
        let mut found = AddressTold { txs: Vec::new(), complete: true };
        let mut seen = HashSet::new();
        let mut bytes =
            self.page(&format!("/address/{address}/txs/mempool"), owner, &mut seen, &mut found.txs)?.1;
        let mut last = None;
        for _ in 0..pages {
            let path = match last {
                None => format!("/address/{address}/txs/chain"),
                Some(txid) => format!("/address/{address}/txs/chain/{txid}"),
            };
            let (count, page_bytes) = self.page(&path, owner, &mut seen, &mut found.txs)?;
            bytes += page_bytes;
            // Servers differ in the length of a page, so only an empty one is the end.
            if count == 0 {
                return Ok(found);
            }
            last = found.txs.last().map(|told| told.tx.tx.txid);
            if bytes > self.limits.bytes {
                break;
            }
        }
        found.complete = false;
        Ok(found)
    }

    fn read_header(&self, hash: &BlockHash) -> Result<Header, LiveError> {
        let path = format!("/block/{hash}/header");
        let text = text(&path, self.get(&path)?)?
            .ok_or_else(|| LiveError::shape(&path, "the block of a transaction is not there"))?;
        let mut header = Header::default();
        hex::decode_to_slice(text, &mut header.0).map_err(|error| LiveError::shape(&path, error))?;
        match block_hash(&header) {
            found if found == *hash => Ok(header),
            found => Err(LiveError::OtherBlock { asked: *hash, found }),
        }
    }

    /// Appends one page; returns how many transactions and bytes it has.
    fn page(
        &self,
        path: &str,
        owner: &ScriptKey,
        seen: &mut HashSet<TxId>,
        txs: &mut Vec<ToldTx>,
    ) -> Result<(usize, u64), LiveError> {
        let body = self.get(path)?.ok()?;
        let page: Vec<Value> = parse(path, &body)?;
        let count = page.len();
        for told in page {
            let json = TxJson::deserialize(&told).map_err(|error| LiveError::json(path, &error))?;
            let tx = read_tx(&json).map_err(|problem| LiveError::shape(path, problem))?;
            let txid = tx.tx.txid;
            if !tx.touches(owner) {
                return Err(LiveError::shape(path, format!("transaction {txid} does not touch the address")));
            }
            if !seen.insert(txid) {
                return Err(LiveError::shape(path, format!("transaction {txid} was on an earlier page")));
            }
            txs.push(ToldTx { tx, text: told.to_string() });
        }
        Ok((count, body.len() as u64))
    }
}

impl Esplora {
    /// Esplora does not name its network; that of its block 0 is compared with the one it was opened for.
    fn read_chain_info(&self) -> Result<ChainInfo, LiveError> {
        let wanted = crate::network::Params::of(self.network);
        let genesis = self.read_hash_at(0)?;
        if genesis.map(|hash| hash.to_string()).as_deref() != Some(wanted.genesis) {
            let found = genesis
                .map_or_else(|| "no chain".to_owned(), |hash| format!("a chain that begins with {hash}"));
            return Err(LiveError::Network { found, wanted: wanted.name.to_owned() });
        }
        let path = "/blocks/tip/height";
        let height = text(path, self.get(path)?)?.unwrap_or_default();
        let height = height.parse().map_err(|error| LiveError::shape(path, error))?;
        let hash =
            self.read_hash_at(height)?.ok_or_else(|| LiveError::shape(path, "no block at its own tip"))?;
        let tip = ChainPoint { hash, height };
        Ok(ChainInfo { network: self.network, tip, catching_up: false, pruned_below: None })
    }

    fn read_hash_at(&self, height: u32) -> Result<Option<BlockHash>, LiveError> {
        let path = format!("/block-height/{height}");
        let Some(text) = text(&path, self.get(&path)?)? else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| LiveError::shape(path, "it is no block id of 64 hexadecimal digits"))
    }
}

impl BlockServer for Esplora {
    fn chain_info(&self) -> Result<ChainInfo, LiveError> {
        told(&self.http, self.read_chain_info())
    }

    fn hash_at(&self, height: u32) -> Result<Option<BlockHash>, LiveError> {
        told(&self.http, self.read_hash_at(height))
    }

    fn block(&self, hash: &BlockHash) -> Result<Vec<u8>, LiveError> {
        Ok(self.get(&format!("/block/{hash}/raw"))?.ok()?)
    }
}

/// An answer in plain text; `None` where there is none.
fn text(path: &str, answer: Answer) -> Result<Option<String>, LiveError> {
    let Some(body) = answer.found()? else { return Ok(None) };
    let text = String::from_utf8(body).map_err(|error| LiveError::shape(path, error))?;
    Ok(Some(text.trim().to_owned()))
}

fn parse<T: DeserializeOwned>(path: &str, body: &[u8]) -> Result<T, LiveError> {
    serde_json::from_slice(body).map_err(|error| LiveError::json(path, &error))
}

/// Bytes written as hexadecimal digits.
struct Hex(Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        hex::decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A transaction as Esplora writes it; fields that follow from others are not read.
#[derive(Deserialize)]
struct TxJson {
    txid: TxId,
    version: i32,
    locktime: u32,
    weight: u32,
    fee: u64,
    vin: Vec<InputJson>,
    vout: Vec<OutputJson>,
    status: StatusJson,
}

#[derive(Deserialize)]
struct InputJson {
    txid: TxId,
    vout: u32,
    #[serde(default)]
    prevout: Option<OutputJson>,
    scriptsig: Hex,
    #[serde(default)]
    witness: Vec<Hex>,
    is_coinbase: bool,
    sequence: u32,
}

#[derive(Deserialize)]
struct OutputJson {
    scriptpubkey: Hex,
    value: u64,
}

#[derive(Deserialize)]
struct StatusJson {
    confirmed: bool,
    block_height: Option<u32>,
    block_hash: Option<BlockHash>,
    block_time: Option<u32>,
}

/// What became of an output.
#[derive(Deserialize)]
struct SpendJson {
    spent: bool,
    txid: Option<TxId>,
    vin: Option<u32>,
    status: Option<StatusJson>,
}

impl SpendJson {
    fn read(&self) -> Result<Spend, &'static str> {
        if !self.spent {
            return Ok(Spend::No);
        }
        let (Some(txid), Some(input), Some(status)) = (self.txid, self.vin, &self.status) else {
            return Err("it is spent, and by whom is not said");
        };
        match read_status(status) {
            Some(TxStatus::Mempool) => Ok(Spend::Waiting(txid)),
            Some(TxStatus::Confirmed { block, time }) => Ok(Spend::InBlock { txid, input, block, time }),
            None => Err("it is spent in no block that is named"),
        }
    }
}

/// Checks a transaction's JSON against itself and turns it into rows; says what is wrong with it otherwise.
fn read_tx(json: &TxJson) -> Result<EsploraTx, String> {
    let txid = json.txid;
    let stripped = serialise(json);
    if sha256d(&[&stripped]) != txid.0 {
        return Err(format!("transaction {txid} does not hash to its id"));
    }
    let weight = 4 * stripped.len() + witness_len(&json.vin);
    if weight != json.weight as usize {
        return Err(format!("transaction {txid} has a weight of {weight}, not {}", json.weight));
    }
    if json.vin.is_empty() || json.vout.is_empty() {
        return Err(format!("transaction {txid} has no inputs or no outputs"));
    }
    let status =
        read_status(&json.status).ok_or_else(|| format!("transaction {txid} is confirmed in no block"))?;
    let mut tx = EsploraTx {
        tx: TxRow {
            txid,
            input_count: json.vin.len() as u32,
            output_count: json.vout.len() as u32,
            version: json.version,
            lock_time: json.locktime,
            weight: json.weight,
        },
        inputs: Vec::with_capacity(json.vin.len()),
        outputs: Vec::with_capacity(json.vout.len()),
        payloads: Vec::new(),
        fee: json.fee,
        status,
    };
    let (mut spent, mut paid) = (0_u64, 0_u64);
    let mut is_coinbase = false;
    for input in &json.vin {
        let mut row = InputRow {
            prev_txid: input.txid,
            prev_vout: input.vout,
            sequence: input.sequence,
            prev_output: None,
        };
        let mints = row.is_coinbase();
        is_coinbase |= mints;
        match &input.prevout {
            Some(prevout) if !mints && !input.is_coinbase => {
                row.prev_output = Some(read_output(prevout, &mut tx.payloads, &mut spent)?);
            }
            None if mints && input.is_coinbase && json.vin.len() == 1 => {}
            _ => {
                return Err(format!(
                    "transaction {txid}: an input has no previous output, or one it cannot have"
                ));
            }
        }
        tx.inputs.push(row);
    }
    for output in &json.vout {
        tx.outputs.push(read_output(output, &mut tx.payloads, &mut paid)?);
    }
    let fee = if is_coinbase { Some(0) } else { spent.checked_sub(paid) };
    if fee != Some(json.fee) {
        return Err(format!(
            "transaction {txid}: inputs of {spent} and outputs of {paid} leave no fee of {}",
            json.fee
        ));
    }
    Ok(tx)
}

fn read_output(json: &OutputJson, payloads: &mut Vec<u8>, sum: &mut u64) -> Result<OutputRow, String> {
    *sum = sum.checked_add(json.value).filter(|sum| *sum <= MAX_MONEY).ok_or("more than 21 million coins")?;
    let payload_at = u32::try_from(payloads.len()).map_err(|_| "too many outputs")?;
    let script_type = classify_into(&json.scriptpubkey.0, payloads);
    Ok(OutputRow { value: json.value, script_type, payload_at })
}

fn read_status(json: &StatusJson) -> Option<TxStatus> {
    if !json.confirmed {
        return Some(TxStatus::Mempool);
    }
    let block = ChainPoint { hash: json.block_hash?, height: json.block_height? };
    Some(TxStatus::Confirmed { block, time: json.block_time? })
}

/// The transaction without witness data, as it is hashed for its id.
fn serialise(json: &TxJson) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&json.version.to_le_bytes());
    push_size(&mut bytes, json.vin.len());
    for input in &json.vin {
        bytes.extend_from_slice(&input.txid.0);
        bytes.extend_from_slice(&input.vout.to_le_bytes());
        push_size(&mut bytes, input.scriptsig.0.len());
        bytes.extend_from_slice(&input.scriptsig.0);
        bytes.extend_from_slice(&input.sequence.to_le_bytes());
    }
    push_size(&mut bytes, json.vout.len());
    for output in &json.vout {
        bytes.extend_from_slice(&output.value.to_le_bytes());
        push_size(&mut bytes, output.scriptpubkey.0.len());
        bytes.extend_from_slice(&output.scriptpubkey.0);
    }
    bytes.extend_from_slice(&json.locktime.to_le_bytes());
    bytes
}

/// Bytes of marker, flag and witnesses; 0 where no input has one.
fn witness_len(inputs: &[InputJson]) -> usize {
    if inputs.iter().all(|input| input.witness.is_empty()) {
        return 0;
    }
    let sized = |len: usize| {
        let mut size = Vec::new();
        push_size(&mut size, len);
        size.len()
    };
    let item = |item: &Hex| sized(item.0.len()) + item.0.len();
    2 + inputs
        .iter()
        .map(|input| sized(input.witness.len()) + input.witness.iter().map(item).sum::<usize>())
        .sum::<usize>()
}

/// Appends a length or count in its shortest form (`CompactSize`).
fn push_size(bytes: &mut Vec<u8>, size: usize) {
    match size {
        0..0xfd => bytes.push(size as u8),
        0xfd..=0xffff => {
            bytes.push(0xfd);
            bytes.extend_from_slice(&(size as u16).to_le_bytes());
        }
        _ => {
            bytes.push(0xfe);
            bytes.extend_from_slice(&(size as u32).to_le_bytes());
        }
    }
}
