//! The cache's folder: a record, and the ledger that it names.
//!
//! A new ledger is written beside the old one, then the record is replaced by a rename: that is the moment of change, and
//! a crash leaves the one or the other. What the record does not name is removed by the next writer.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tracehound_bitcoin::ChainPoint;
use tracehound_columns::files::{sync_dir, write_durably};
use tracehound_ledger::{BlockNum, Ledger, LedgerError, Prev, SequenceClass, TxNum, Writer, WriterOptions};
use tracehound_model::{
    BitcoinNetwork, BlockHash, Chain, ScriptType,
    utxo::{COINBASE_VOUT, Header, InputRow, OutputRow, TxRow},
};

use super::{
    Answer, EsploraError, Fetch,
    merge::{CachedTx, MAX_TXS, blocks, merge},
};

const RECORD: &str = "fetched.json";
const LOCK: &str = "LOCK";
const LEDGER: &str = "ledger-";
/// Version of the record's form.
const VERSION: u32 = 1;
/// Largest record that is read: some hundred thousand subjects.
const MAX_RECORD: u64 = 64 << 20;
/// How often opening is tried again while other processes replace the ledger.
const OPEN_TRIES: usize = 8;

/// What the cache holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: u32,
    chain: String,
    /// The ledger's number: its folder is `ledger-N`.
    ledger: u64,
    /// SHA-256 of the ledger's content.
    content: String,
    /// Newest first.
    fetches: Vec<Fetch>,
}

/// The folder.
pub(super) struct Cache<'a> {
    dir: &'a Path,
    chain: Chain,
}

impl<'a> Cache<'a> {
    pub(super) fn new(dir: &'a Path, network: BitcoinNetwork) -> Self {
        Self { dir, chain: Chain::Bitcoin(network) }
    }

    /// The record; `None` where nothing was fetched yet.
    fn record(&self) -> Result<Option<Record>, EsploraError> {
        let path = self.dir.join(RECORD);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io("reading", &path)(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_RECORD + 1).read_to_end(&mut bytes).map_err(io("reading", &path))?;
        let damaged = |what: String| EsploraError::Damaged { path: path.clone(), what };
        if bytes.len() as u64 > MAX_RECORD {
            return Err(damaged(format!("it has more than {MAX_RECORD} bytes")));
        }
        let record: Record = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if record.version != VERSION || record.chain != self.chain.to_string() {
            return Err(damaged(format!("version {} for {}", record.version, record.chain)));
        }
        Ok(Some(record))
    }

    /// What was fetched of a subject.
    pub(super) fn fetch_of(&self, subject: &str) -> Result<Option<Fetch>, EsploraError> {
        let record = self.record()?;
        Ok(record.and_then(|record| record.fetches.into_iter().find(|fetch| fetch.subject == subject)))
    }

    fn ledger_dir(&self, number: u64) -> PathBuf {
        self.dir.join(format!("{LEDGER}{number}"))
    }

    /// The ledger that the record names, as long as nobody replaces it meanwhile.
    fn current(&self) -> Result<Option<(Record, Ledger)>, EsploraError> {
        for tried in 1.. {
            let Some(record) = self.record()? else { return Ok(None) };
            match Ledger::open_of(&self.ledger_dir(record.ledger), self.chain) {
                Ok(ledger) => return Ok(Some((record, ledger))),
                Err(error) if tried == OPEN_TRIES => return Err(error.into()),
                Err(LedgerError::Absent { .. } | LedgerError::Io { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Headers of the blocks in the cache.
    pub(super) fn headers(&self) -> Result<HashMap<BlockHash, Header>, EsploraError> {
        let current = self.current()?;
        Ok(current.map(|(_, ledger)| headers(&ledger)).unwrap_or_default())
    }

    /// The ledger and the hash of its content, provided that all of `fetches` are in it.
    pub(super) fn open(&self, fetches: &[Fetch]) -> Result<(Ledger, String), EsploraError> {
        let changed = || EsploraError::Changed { path: self.dir.to_owned() };
        let (record, ledger) = self.current()?.ok_or_else(changed)?;
        // Somebody may have asked the same meanwhile; a newer answer would not be the one that is reported.
        if fetches.iter().all(|fetch| record.fetches.contains(fetch)) {
            Ok((ledger, record.content))
        } else {
            Err(changed())
        }
    }

    /// Writes an answer into the cache; returns what was noted about it.
    pub(super) fn put(&self, answer: Answer) -> Result<Fetch, EsploraError> {
        fs::create_dir_all(self.dir).map_err(io("creating", self.dir))?;
        let path = self.dir.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(io("creating", &path))?;
        // Writing takes a moment and nothing is asked of a server under the lock, so waiting is right.
        lock.lock().map_err(io("locking", &path))?;

        let (mut number, mut fetches, mut known, mut txs) = (0, Vec::new(), HashMap::new(), Vec::new());
        if let Some((record, ledger)) = self.current()? {
            number = record.ledger;
            fetches = record.fetches;
            known = headers(&ledger);
            txs = read_all(&ledger).ok_or_else(|| EsploraError::Damaged {
                path: self.ledger_dir(number),
                what: "its rows contradict each other".to_owned(),
            })?;
        }
        self.remove_ledgers_but(number)?;
        merge(&mut txs, &mut fetches, &answer, MAX_TXS);
        known.extend(answer.headers);
        let next = number + 1;
        let content = self.write_ledger(next, txs, &known)?;
        let chain = self.chain.to_string();
        let record = Record { version: VERSION, chain, ledger: next, content, fetches };
        let bytes = serde_json::to_vec_pretty(&record).expect("text and numbers become JSON");
        let durable = write_durably(&self.dir.join(RECORD), &[&bytes]).and_then(|()| sync_dir(self.dir));
        durable.map_err(LedgerError::from)?;
        // Where a reader's open files cannot be removed, the next writer does it.
        let _ = self.remove_ledgers_but(next);
        Ok(answer.fetch)
    }

    fn write_ledger(
        &self,
        number: u64,
        txs: Vec<CachedTx>,
        headers: &HashMap<BlockHash, Header>,
    ) -> Result<String, EsploraError> {
        let dir = self.ledger_dir(number);
        let mut writer = Writer::open(&dir, self.chain, WriterOptions::default())?;
        for block in blocks(txs, headers) {
            writer.append_island(&block)?;
        }
        writer.commit()?;
        drop(writer);
        Ok(Ledger::open_of(&dir, self.chain)?.verify()?.content)
    }

    /// Removes the ledgers that a crash or an open reader left behind.
    fn remove_ledgers_but(&self, number: u64) -> Result<(), EsploraError> {
        let kept = self.ledger_dir(number);
        for entry in fs::read_dir(self.dir).map_err(io("reading", self.dir))? {
            let entry = entry.map_err(io("reading", self.dir))?;
            let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(LEDGER));
            if ours && entry.path() != kept {
                fs::remove_dir_all(entry.path()).map_err(io("removing", &entry.path()))?;
            }
        }
        Ok(())
    }
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> EsploraError {
    let path = path.to_owned();
    move |source| EsploraError::Io { action, path, source }
}

fn headers(ledger: &Ledger) -> HashMap<BlockHash, Header> {
    (0..ledger.info().blocks)
        .filter_map(|num| ledger.block(BlockNum(num)))
        .map(|block| (block.hash, block.header))
        .collect()
}

/// All transactions of a cache; `None` when its rows contradict each other.
///
/// A ledger keeps of a sequence field what it signals and of an unusual version that it is one: they come back as one of
/// their kind, which a ledger keeps alike.
fn read_all(ledger: &Ledger) -> Option<Vec<CachedTx>> {
    (0..ledger.info().txs).map(|num| read_tx(ledger, TxNum(num))).collect()
}

fn read_tx(ledger: &Ledger, num: TxNum) -> Option<CachedTx> {
    let (view, block) = (ledger.tx(num)?, ledger.block_of(num)?);
    let mut payloads = Vec::new();
    let mut row = |value, owner| -> Option<OutputRow> {
        let payload_at = payloads.len() as u32;
        let Some(owner) = owner else {
            return Some(OutputRow { value, script_type: ScriptType::OpReturn, payload_at });
        };
        let key = ledger.script_key(owner)?;
        payloads.extend_from_slice(key.payload());
        Some(OutputRow { value, script_type: key.script_type(), payload_at })
    };
    let mut inputs = Vec::with_capacity(view.input_count as usize);
    for input in ledger.inputs(&view) {
        let (prev_txid, prev_vout) = match input.prev {
            Prev::Coinbase => (tracehound_model::TxId::default(), COINBASE_VOUT),
            Prev::Missing { outpoint, .. } => (outpoint.txid, outpoint.vout),
            Prev::Output(out) => {
                let (tx, vout) = ledger.tx_of_output(out)?;
                (ledger.tx(tx)?.txid, vout)
            }
        };
        let prev_output = match ledger.input_value(&input) {
            Some(value) => Some(row(value, ledger.input_owner(&input))?),
            None => None,
        };
        let sequence = match input.sequence {
            SequenceClass::Final => 0xffff_ffff,
            SequenceClass::LockTime => 0xffff_fffe,
            SequenceClass::Replaceable => 0xffff_fffd,
            SequenceClass::Other => 0,
        };
        inputs.push(InputRow { prev_txid, prev_vout, sequence, prev_output });
    }
    let outputs: Option<Vec<OutputRow>> =
        ledger.outputs(&view).map(|output| row(output.value, output.owner)).collect();
    let tx = TxRow {
        txid: view.txid,
        input_count: view.input_count,
        output_count: view.output_count,
        version: view.version.map_or(-1, u32::cast_signed),
        lock_time: view.lock_time,
        weight: view.weight,
    };
    let block = ChainPoint { hash: block.hash, height: block.height? };
    let whole = inputs.len() == view.input_count as usize;
    Some(CachedTx { tx, inputs, outputs: outputs?, payloads, block })
        .filter(|cached| whole && cached.outputs.len() == view.output_count as usize)
}
