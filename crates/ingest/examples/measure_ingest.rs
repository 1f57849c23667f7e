//! Measures reading and ingesting block files, for `cargo xtask bench`; prints one JSON object.
//!
//! `measure_ingest read FOLDER`, `measure_ingest ingest FOLDER LEDGER [MIB]` (of memory for the writer's tables); `measure_ingest addresses COUNT` prints made-up addresses
//! instead, `measure_ingest owners LEDGER COUNT` those of a regtest ledger.

use std::{
    error::Error,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::json;
use tracehound_bitcoin::{BlockSource, NothingKnown, ReadOptions};
use tracehound_ingest::{BitcoinFiles, ingest_bitcoin_files, writer_within};
use tracehound_ledger::{AddrNum, Ledger, TxNum, WriterOptions};
use tracehound_model::{Address, BitcoinNetwork, ScriptKey, ScriptType};

/// Look-ups timed one by one.
const LOOKUPS: usize = 200_000;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let json = match args[..] {
        ["read", folder] => read(Path::new(folder))?,
        ["addresses", count] => return addresses(count.parse()?),
        ["owners", ledger, count] => return owners(Path::new(ledger), count.parse()?),
        ["ingest", folder, ledger] => ingest(folder.into(), Path::new(ledger), WriterOptions::default())?,
        ["ingest", folder, ledger, mib] => {
            ingest(folder.into(), Path::new(ledger), writer_within(Some(mib.parse::<u64>()? << 20)))?
        }
        _ => {
            return Err(
                "usage: measure_ingest read FOLDER | measure_ingest ingest FOLDER LEDGER [MIB]".into()
            );
        }
    };
    Ok(writeln!(std::io::stdout(), "{json}")?)
}

/// P2PKH addresses that nobody has a key of: a counter, spread over the bytes.
fn addresses(count: u64) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for n in 0..count {
        let mut payload = [0x5a; 20];
        payload[..8].copy_from_slice(&(n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        let script = ScriptKey::new(ScriptType::P2pkh, &payload).ok_or("20 bytes")?;
        let address = Address::from_script(BitcoinNetwork::Mainnet, &script).ok_or("has an address")?;
        writeln!(out, "{address}")?;
    }
    Ok(out.flush()?)
}

/// Addresses of a regtest ledger, spread over all of them.
fn owners(ledger: &Path, count: u32) -> Result<(), Box<dyn Error>> {
    let ledger = Ledger::open(ledger)?;
    let step = (ledger.info().addresses / count.max(1)).max(1) as usize;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for number in (0..ledger.info().addresses).step_by(step).take(count as usize) {
        let script = ledger.script_key(AddrNum(number));
        if let Some(address) =
            script.and_then(|script| Address::from_script(BitcoinNetwork::Regtest, &script))
        {
            writeln!(out, "{address}")?;
        }
    }
    Ok(out.flush()?)
}

fn read(folder: &Path) -> Result<String, Box<dyn Error>> {
    let source = BlockSource::open(&[folder], None)?;
    let began = Instant::now();
    let index = source.scan_headers(&|_| {})?;
    let plan = index.plan(&source, &NothingKnown);
    let report = source.read_blocks(&index, &plan, ReadOptions::default(), |_, _| {
        Ok::<_, std::convert::Infallible>(ControlFlow::Continue(()))
    })?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(format!(
        r#"{{"bytes":{},"blocks":{},"txs":{},"inputs":{},"outputs":{},"seconds":{seconds}}}"#,
        report.bytes, report.blocks, report.txs, report.inputs, report.outputs
    ))
}

/// Peak memory of this process in MiB, where the system says so.
fn peak_mib() -> u64 {
    let told = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok()).map_or(0, |kib: u64| kib >> 10)
}

fn ingest(folder: PathBuf, dir: &Path, writer: WriterOptions) -> Result<String, Box<dyn Error>> {
    let began = Instant::now();
    let files = BitcoinFiles { paths: vec![folder], writer, ..BitcoinFiles::default() };
    let report = ingest_bitcoin_files(dir, &files, &|_| ControlFlow::Continue(()))?;
    let (seconds, peak_mib) = (began.elapsed().as_secs_f64(), peak_mib());
    let began = Instant::now();
    let ledger = Ledger::open(dir)?;
    let open_us = began.elapsed().as_micros() as u64;
    let info = ledger.info();
    let [live, owners] = report.tables;
    let (tx_p50, tx_p99) = percentiles(&ledger, |ledger, n| {
        let tx = ledger.tx(TxNum((n % u64::from(info.txs)) as u32)).map(|tx| tx.txid)?;
        Some(move |ledger: &Ledger| ledger.find_tx(&tx).is_some())
    });
    let (addr_p50, addr_p99) = percentiles(&ledger, |ledger, n| {
        let key = ledger.script_key(AddrNum((n % u64::from(info.addresses)) as u32))?;
        Some(move |ledger: &Ledger| ledger.find_address(&key).is_some())
    });
    let said = json!({
        "bytes": report.bytes,
        "blocks": report.appended.blocks,
        "txs": report.appended.txs,
        "inputs": report.appended.inputs,
        "outputs": report.appended.outputs,
        "seconds": seconds,
        // Without the look-ups that follow, which read all of the ledger.
        "ingest_peak_mib": peak_mib,
        "snapshot": ledger.snapshot_id(),
        "disk_bytes": info.disk_bytes,
        "addresses": owners.numbers,
        "missing_inputs": report.appended.missing_inputs,
        "segments": info.segments,
        "live_txs": live.numbers,
        "live_bytes": live.memory_bytes,
        "live_spilled": live.disk_bytes,
        "addr_bytes": owners.memory_bytes,
        "addr_spilled": owners.disk_bytes,
        "open_us": open_us,
        "find_tx_p50_ns": tx_p50,
        "find_tx_p99_ns": tx_p99,
        "find_address_p50_ns": addr_p50,
        "find_address_p99_ns": addr_p99,
    });
    Ok(said.to_string())
}

/// Median and 99th percentile in nanoseconds over look-ups of things that are there, in random order.
fn percentiles<F: FnOnce(&Ledger) -> bool>(
    ledger: &Ledger,
    question: impl Fn(&Ledger, u64) -> Option<F>,
) -> (u64, u64) {
    let mut state = 1u64;
    let mut questions = Vec::with_capacity(LOOKUPS);
    for _ in 0..LOOKUPS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        questions.extend(question(ledger, state >> 33));
    }
    let mut times: Vec<u64> = questions
        .into_iter()
        .map(|ask| {
            let began = Instant::now();
            assert!(ask(ledger), "what is in the ledger is found");
            began.elapsed().as_nanos() as u64
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(0);
    (at(50), at(99))
}
