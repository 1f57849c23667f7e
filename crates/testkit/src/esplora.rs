//! An Esplora server of hand-made transactions, which hash to their ids and lie in blocks whose headers hash to theirs.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

use tracehound_model::{
    Address, BlockHash, OutPoint, ScriptType, TxId,
    utxo::{Header, InputRow, OutputRow, TxRow, UtxoBlock},
};

use crate::{
    blocks::hash32,
    http::{Response, Server},
};

/// Id of mainnet's first block.
const GENESIS: &str = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
/// Transactions on a page.
const PAGE: usize = 25;

/// A transaction under the server's hands.
#[derive(Clone, Debug)]
struct Entry {
    txid: TxId,
    height: Option<u32>,
    owners: Vec<Address>,
    json: String,
    spent: Vec<(OutPoint, u64, Address)>,
    paid: Vec<(u64, Address)>,
    lock_time: u32,
    weight: u32,
}

/// What the server knows; tests change it while it runs.
#[derive(Debug, Default)]
pub struct Chain {
    entries: Vec<Entry>,
    /// Height of the last block.
    pub tip: u32,
    /// Tells the blocks of one branch from those of another.
    pub branch: u8,
    made: u32,
    /// What is answered instead of the truth, by path.
    lies: BTreeMap<String, String>,
}

impl Chain {
    /// Adds a transaction in the block at a height, or in none yet. Each input names what it spends, its amount and its
    /// owner; an outpoint that is nobody's is made up where there is none.
    ///
    /// # Panics
    /// When an address is not Bitcoin's.
    pub fn tx(
        &mut self,
        height: Option<u32>,
        inputs: &[(Option<OutPoint>, u64, Address)],
        outputs: &[(u64, Address)],
    ) -> TxId {
        self.made += 1;
        let spent: Vec<(OutPoint, u64, Vec<u8>)> = inputs
            .iter()
            .map(|(out, value, owner)| {
                let made_up = || OutPoint { txid: TxId(hash32(&[&self.made.to_le_bytes()])), vout: 1 };
                (out.unwrap_or_else(made_up), *value, script(owner))
            })
            .collect();
        let paid: Vec<(u64, Vec<u8>)> = outputs.iter().map(|(value, to)| (*value, script(to))).collect();
        let bytes = serialise(&spent, &paid, self.made);
        let txid = TxId(hash32(&[&bytes]));
        let sum = |values: &mut dyn Iterator<Item = u64>| values.sum::<u64>();
        let fee = sum(&mut spent.iter().map(|row| row.1)) - sum(&mut paid.iter().map(|row| row.0));
        let vin: Vec<String> = spent
            .iter()
            .map(|(out, value, script)| {
                format!(
                    r#"{{"txid":"{}","vout":{},"prevout":{},"scriptsig":"","is_coinbase":false,"sequence":4294967293}}"#,
                    out.txid,
                    out.vout,
                    output_json(*value, script)
                )
            })
            .collect();
        let vout: Vec<String> = paid.iter().map(|(value, script)| output_json(*value, script)).collect();
        let json = format!(
            r#"{{"txid":"{txid}","version":2,"locktime":{},"weight":{},"fee":{fee},"vin":[{}],"vout":[{}],"status":"#,
            self.made,
            4 * bytes.len(),
            vin.join(","),
            vout.join(",")
        );
        let owners = inputs.iter().map(|row| row.2).chain(outputs.iter().map(|row| row.1)).collect();
        self.entries.push(Entry {
            txid,
            height,
            owners,
            json,
            spent: spent.iter().zip(inputs).map(|((out, value, _), input)| (*out, *value, input.2)).collect(),
            paid: outputs.to_vec(),
            lock_time: self.made,
            weight: 4 * bytes.len() as u32,
        });
        self.tip = self.tip.max(height.unwrap_or(0));
        txid
    }

    /// Answers a path with this instead of the truth.
    pub fn says(&mut self, path: impl Into<String>, body: impl Into<String>) {
        self.lies.insert(path.into(), body.into());
    }

    /// Tells the truth again.
    pub fn is_honest(&mut self) {
        self.lies.clear();
    }

    /// Its blocks, each with what it has of transactions, as a whole ledger takes them in.
    pub fn blocks(&self) -> Vec<UtxoBlock> {
        let mut blocks: BTreeMap<u32, UtxoBlock> = BTreeMap::new();
        for entry in &self.entries {
            let Some(height) = entry.height else { continue };
            let block = blocks.entry(height).or_insert_with(|| UtxoBlock {
                hash: self.block(height),
                header: Header(self.header(height)),
                height: Some(height),
                ..UtxoBlock::default()
            });
            let mut output = |value: u64, owner: &Address| {
                let key = owner.script().expect("a Bitcoin address");
                let payload_at = block.payloads.len() as u32;
                block.payloads.extend_from_slice(key.payload());
                OutputRow { value, script_type: key.script_type(), payload_at }
            };
            let spent = entry.spent.iter().map(|(out, value, owner)| InputRow {
                prev_txid: out.txid,
                prev_vout: out.vout,
                sequence: 0xffff_fffd,
                prev_output: Some(output(*value, owner)),
            });
            let spent: Vec<InputRow> = spent.collect();
            let paid: Vec<OutputRow> =
                entry.paid.iter().map(|(value, owner)| output(*value, owner)).collect();
            block.txs.push(TxRow {
                txid: entry.txid,
                input_count: spent.len() as u32,
                output_count: paid.len() as u32,
                version: 2,
                lock_time: entry.lock_time,
                weight: entry.weight,
            });
            block.inputs.extend(spent);
            block.outputs.extend(paid);
        }
        blocks.into_values().collect()
    }

    /// Takes a transaction back, as if it had never been sent.
    pub fn forget(&mut self, txid: TxId) {
        self.entries.retain(|entry| entry.txid != txid);
    }

    /// Moves a transaction into another block.
    pub fn moves(&mut self, txid: TxId, height: Option<u32>) {
        for entry in self.entries.iter_mut().filter(|entry| entry.txid == txid) {
            entry.height = height;
        }
        self.tip = self.tip.max(height.unwrap_or(0));
    }

    fn header(&self, height: u32) -> [u8; 80] {
        let mut header = [self.branch; 80];
        header[36..40].copy_from_slice(&height.to_le_bytes());
        header[68..72].copy_from_slice(&time(height).to_le_bytes());
        header
    }

    /// Id of the block at a height.
    pub fn block(&self, height: u32) -> BlockHash {
        BlockHash(hash32(&[&self.header(height)]))
    }

    fn status(&self, height: Option<u32>) -> String {
        height.map_or_else(
            || r#"{"confirmed":false}"#.to_owned(),
            |height| {
                format!(
                    r#"{{"confirmed":true,"block_height":{height},"block_hash":"{}","block_time":{}}}"#,
                    self.block(height),
                    time(height)
                )
            },
        )
    }

    fn json(&self, entry: &Entry) -> String {
        format!("{}{}}}", entry.json, self.status(entry.height))
    }

    /// A transaction as the server writes it, whatever it says of it.
    ///
    /// # Panics
    /// When there is none of this id.
    pub fn text(&self, txid: TxId) -> String {
        self.json(self.entries.iter().find(|entry| entry.txid == txid).expect("a transaction of the chain"))
    }

    /// Who spent the outputs of a transaction.
    fn spends(&self, of: &Entry) -> String {
        let spends = (0..).zip(&of.paid).map(|(vout, _)| {
            let out = OutPoint { txid: of.txid, vout };
            let spender = self.entries.iter().find_map(|entry| {
                let input = entry.spent.iter().position(|own| own.0 == out)?;
                Some((entry, input))
            });
            spender.map_or_else(
                || r#"{"spent":false}"#.to_owned(),
                |(entry, input)| {
                    let status = self.status(entry.height);
                    format!(r#"{{"spent":true,"txid":"{}","vin":{input},"status":{status}}}"#, entry.txid)
                },
            )
        });
        format!("[{}]", spends.collect::<Vec<_>>().join(","))
    }

    /// One page of an address: newest block first.
    fn page(&self, address: &str, rest: &str) -> Option<String> {
        let owned = |entry: &&Entry| entry.owners.iter().any(|owner| owner.to_string() == address);
        let waiting = rest == "/mempool";
        let mut of: Vec<&Entry> =
            self.entries.iter().filter(|entry| entry.height.is_none() == waiting).filter(owned).collect();
        of.sort_by_key(|entry| std::cmp::Reverse(entry.height));
        if !waiting {
            let last = rest.strip_prefix("/chain")?.strip_prefix('/');
            let after = last.and_then(|last| of.iter().position(|entry| entry.txid.to_string() == last));
            of.drain(..after.map_or(0, |at| at + 1));
        }
        let page: Vec<String> = of.into_iter().take(PAGE).map(|entry| self.json(entry)).collect();
        Some(format!("[{}]", page.join(",")))
    }

    fn answer(&self, path: &str) -> Option<String> {
        if let Some(lie) = self.lies.get(path) {
            return Some(lie.clone());
        }
        let spends_of = path.strip_prefix("/tx/").and_then(|rest| rest.strip_suffix("/outspends"));
        if let Some(txid) = spends_of {
            return self
                .entries
                .iter()
                .find(|entry| entry.txid.to_string() == txid)
                .map(|it| self.spends(it));
        }
        if let Some((address, rest)) = path.strip_prefix("/address/").and_then(|path| path.split_once("/txs"))
        {
            return self.page(address, rest);
        }
        if let Some(txid) = path.strip_prefix("/tx/") {
            return self.entries.iter().find(|entry| entry.txid.to_string() == txid).map(|it| self.json(it));
        }
        if let Some(hash) = path.strip_prefix("/block/").and_then(|path| path.strip_suffix("/header")) {
            let mut heights = self.entries.iter().filter_map(|entry| entry.height).chain([self.tip]);
            let height = heights.find(|height| self.block(*height).to_string() == hash)?;
            return Some(hex(&self.header(height)));
        }
        match path {
            "/block-height/0" => Some(GENESIS.to_owned()),
            "/blocks/tip/height" => Some(self.tip.to_string()),
            _ => {
                let height: u32 = path.strip_prefix("/block-height/")?.parse().ok()?;
                (height <= self.tip).then(|| self.block(height).to_string())
            }
        }
    }
}

/// Time of the block at a height: ten minutes a block.
pub const fn time(height: u32) -> u32 {
    1_600_000_000 + height * 600
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("memory takes text");
        text
    })
}

fn output_json(value: u64, script: &[u8]) -> String {
    format!(r#"{{"value":{value},"scriptpubkey":"{}"}}"#, hex(script))
}

fn script(owner: &Address) -> Vec<u8> {
    let key = owner.script().expect("a Bitcoin address");
    let (before, after): (&[u8], &[u8]) = match key.script_type() {
        ScriptType::P2pkh => (&[0x76, 0xa9, 20], &[0x88, 0xac]),
        ScriptType::P2sh => (&[0xa9, 20], &[0x87]),
        ScriptType::P2wpkh => (&[0, 20], &[]),
        ScriptType::P2wsh => (&[0, 32], &[]),
        _ => (&[0x51, 32], &[]),
    };
    [before, key.payload(), after].concat()
}

/// The transaction as it is hashed; fewer than 253 inputs and outputs.
fn serialise(spent: &[(OutPoint, u64, Vec<u8>)], paid: &[(u64, Vec<u8>)], lock_time: u32) -> Vec<u8> {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    bytes.push(spent.len() as u8);
    for (out, ..) in spent {
        bytes.extend(out.txid.0);
        bytes.extend(out.vout.to_le_bytes());
        bytes.push(0);
        bytes.extend(0xffff_fffd_u32.to_le_bytes());
    }
    bytes.push(paid.len() as u8);
    for (value, script) in paid {
        bytes.extend(value.to_le_bytes());
        bytes.push(script.len() as u8);
        bytes.extend(script);
    }
    bytes.extend(lock_time.to_le_bytes());
    bytes
}

/// A running server and what it was asked.
#[derive(Debug)]
pub struct EsploraServer {
    chain: Arc<Mutex<Chain>>,
    asked: Arc<Mutex<Vec<String>>>,
    left: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
    cut: Arc<AtomicUsize>,
    server: Server,
}

impl EsploraServer {
    /// Serves a chain that the closure fills.
    pub fn start(fill: impl FnOnce(&mut Chain)) -> Self {
        let mut chain = Chain { branch: 1, ..Chain::default() };
        fill(&mut chain);
        let chain = Arc::new(Mutex::new(chain));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let (busy, cut): (Arc<AtomicUsize>, Arc<AtomicUsize>) = Default::default();
        let (served, log, budget) = (Arc::clone(&chain), Arc::clone(&asked), Arc::clone(&left));
        let (is_busy, is_cut) = (Arc::clone(&busy), Arc::clone(&cut));
        let next = |count: &AtomicUsize| {
            count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
        };
        let server = Server::start(move |request| {
            if next(&is_busy) {
                let headers = vec![("Retry-After", "0".to_owned())];
                return Some(Response { headers, ..Response::status(429, "slow down") });
            }
            if next(&is_cut) {
                return None;
            }
            held(&log).push(request.path.clone());
            if budget.load(Ordering::SeqCst) == 0 {
                return Some(Response::status(500, "out of order"));
            }
            budget.fetch_sub(1, Ordering::SeqCst);
            let answer = held(&served).answer(&request.path);
            Some(answer.map_or_else(|| Response::status(404, "not found"), Response::ok))
        });
        Self { chain, asked, left, busy, cut, server }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The paths asked for since this was last called.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut held(&self.asked))
    }

    /// From the answer after so many on, every one is an error.
    pub fn fails_after(&self, answers: usize) {
        self.left.store(answers, Ordering::SeqCst);
    }

    /// Is too busy for so many requests.
    pub fn is_busy(&self, requests: usize) {
        self.busy.store(requests, Ordering::SeqCst);
    }

    /// Closes so many connections without an answer.
    pub fn hangs_up(&self, requests: usize) {
        self.cut.store(requests, Ordering::SeqCst);
    }

    /// Changes what it knows.
    pub fn change<T>(&self, change: impl FnOnce(&mut Chain) -> T) -> T {
        change(&mut held(&self.chain))
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked while holding it")
}
