//! What the product itself does: reading, ingesting, looking up, screening.

use std::{fmt::Write as _, fs};

use serde_json::Value;

use super::{
    Bench, Builds, Row,
    build::Build,
    inputs::{Chain, Counts, grouped, repeated_real_block},
    measure::{Measured, measure, warm},
    screening,
};
use crate::run::{Failure, command, root};

/// MiB of memory for the writer's tables in the row that has a budget.
const BUDGET: &str = "128";
/// Rows of the large list that is imported.
const IMPORTED: u64 = 1_000_000;
/// What the look-ups of a ledger are timed on.
const FOUND: &str = "of 200,000 that are there, in random order, warm, one thread";
/// Labels of the pack that is made.
const LABELS: &str = "10000000";
/// Claims in the index that is built.
const CLAIMS: &str = "500000";

pub(super) fn measure_all(bench: &mut Bench, builds: &Builds, chains: &[Chain]) -> Result<(), Failure> {
    bench.step(builds, read_real)?;
    for chain in chains {
        bench.step(builds, |_, build| read(build, chain))?;
        bench.step(builds, |bench, build| ingest(bench, build, chain))?;
        ingest_within_budget(bench, &builds.now, chain)?;
    }
    parse_list(bench, builds)?;
    import(bench, &builds.now.tool("tracehound"))?;
    bench.step(builds, |_, build| index(build))?;
    labels(bench, &builds.now)?;
    screening::unlisted(bench, builds)?;
    screening::names(bench, &builds.now)?;
    screening::of_a_ledger(bench, &builds.now, &chains[0])
}

fn number(json: &Value, field: &str) -> u64 {
    json[field].as_u64().unwrap_or(0)
}

/// For ratios that are printed, never for counting.
fn float(json: &Value, field: &str) -> f64 {
    json[field].as_f64().unwrap_or(f64::NAN)
}

fn json(measured: &Measured) -> Result<Value, Failure> {
    serde_json::from_str(&measured.stdout)
        .map_err(|error| Failure::new(format!("no JSON in `{}`: {error}", measured.stdout.trim())))
}

/// A figure about something else than the whole chain would be none.
fn must_agree(said: &Value, chain: &Chain) -> Result<(), Failure> {
    let counts: Counts = serde_json::from_value(said.clone())
        .map_err(|error| Failure::new(format!("no counts in `{said}`: {error}")))?;
    if counts.agree(&chain.counts) {
        return Ok(());
    }
    Err(Failure::new(format!("counted {counts:?} in the {}, which has {:?}", chain.name, chain.counts)))
}

/// Reading alone: ids repeat with the block, so a ledger of it would mean nothing.
fn read_real(bench: &Bench, build: &Build) -> Result<Vec<Row>, Failure> {
    let (blocks, count) = repeated_real_block(bench, build)?;
    warm(&blocks)?;
    let measured = measure(command(&build.example("measure_ingest"), &["read", &blocks.to_string_lossy()]))?;
    let said = json(&measured)?;
    if number(&said, "blocks") != count {
        return Err(Failure::new(format!("read {said} of {count} repeated blocks")));
    }
    let input = format!("mainnet block 702861 repeated {} times, relinked", grouped(count - 1));
    Ok(vec![reading_row(input, &said, &measured)])
}

fn reading_row(input: String, said: &Value, measured: &Measured) -> Row {
    Row {
        section: "Reading block files",
        subject: "Tracehound: scan, parse, txid and Merkle of every block".into(),
        input,
        bytes: number(said, "bytes"),
        items: number(said, "txs"),
        unit: "tx",
        seconds: said["seconds"].as_f64().unwrap_or(measured.seconds),
        whole: true,
        peak_mib: Some(measured.peak_mib),
        command: "measure_ingest read BLOCKS".into(),
        note: "warm files, one thread a core".into(),
    }
}

fn read(build: &Build, chain: &Chain) -> Result<Vec<Row>, Failure> {
    let blocks = chain.node.join("blocks");
    warm(&blocks)?;
    let measured = measure(command(&build.example("measure_ingest"), &["read", &blocks.to_string_lossy()]))?;
    let said = json(&measured)?;
    must_agree(&said, chain)?;
    Ok(vec![reading_row(chain.name.clone(), &said, &measured)])
}

/// The same with a budget for the writer's tables, in the same run; what is stored must be the same.
fn ingest_within_budget(bench: &mut Bench, build: &Build, chain: &Chain) -> Result<(), Failure> {
    let (free, _) = ingest_with(bench, build, chain, &[])?;
    let (said, measured) = ingest_with(bench, build, chain, &[BUDGET])?;
    if free["snapshot"] != said["snapshot"] {
        return Err(Failure::new(format!(
            "with {BUDGET} MiB the {} is stored as {said}, else as {free}",
            chain.name
        )));
    }
    let each = |bytes: &str, numbers: &str| float(&said, bytes) / float(&said, numbers);
    bench.rows.push(Row {
        section: "Ledger",
        subject: format!("Tracehound: ingest, --memory {BUDGET}M"),
        input: chain.name.clone(),
        bytes: number(&said, "bytes"),
        items: number(&said, "txs"),
        unit: "tx",
        seconds: float(&said, "seconds"),
        whole: false,
        peak_mib: Some(number(&said, "ingest_peak_mib")).filter(|&peak| peak > 0).or(Some(measured.peak_mib)),
        command: format!("measure_ingest ingest BLOCKS LEDGER {BUDGET}"),
        note: format!(
            "{:.2} times the time without a budget just before, same snapshot id; {} segments; tables {:.1} bytes of memory and {:.1} on \
             disk an address, {:.1} and {:.1} a live transaction; peak of the ingest alone, without the look-ups after it",
            float(&said, "seconds") / float(&free, "seconds"),
            number(&said, "segments"),
            each("addr_bytes", "addresses"),
            each("addr_spilled", "addresses"),
            each("live_bytes", "live_txs"),
            each("live_spilled", "live_txs"),
        ),
    });
    Ok(())
}

/// Ingests a chain into a ledger that is removed afterwards; what was said, and what it took.
fn ingest_with(
    bench: &Bench,
    build: &Build,
    chain: &Chain,
    more: &[&str],
) -> Result<(Value, Measured), Failure> {
    let ledger = bench.work_dir.join("ledger");
    let _ = fs::remove_dir_all(&ledger);
    let blocks = chain.node.join("blocks");
    warm(&blocks)?;
    let (blocks, folder) = (blocks.to_string_lossy(), ledger.to_string_lossy());
    let args = [&["ingest", &*blocks, &*folder], more].concat();
    let measured = measure(command(&build.example("measure_ingest"), &args))?;
    let _ = fs::remove_dir_all(&ledger);
    let said = json(&measured)?;
    must_agree(&said, chain)?;
    Ok((said, measured))
}

fn ingest(bench: &Bench, build: &Build, chain: &Chain) -> Result<Vec<Row>, Failure> {
    let (said, measured) = ingest_with(bench, build, chain, &[])?;
    let row = Row {
        section: "Ledger",
        subject: "Tracehound: ingest".into(),
        input: chain.name.clone(),
        bytes: number(&said, "bytes"),
        items: number(&said, "txs"),
        unit: "tx",
        seconds: said["seconds"].as_f64().unwrap_or(measured.seconds),
        whole: true,
        peak_mib: Some(measured.peak_mib),
        command: "measure_ingest ingest BLOCKS LEDGER".into(),
        note: format!(
            "full graph, sealed and synced; on disk {} bytes = {:.1} % of the blocks, {:.1} bytes a transaction; {} \
             addresses; writer's tables {:.1} bytes an address and {:.1} bytes a live transaction",
            grouped(number(&said, "disk_bytes")),
            float(&said, "disk_bytes") * 100.0 / float(&said, "bytes"),
            float(&said, "disk_bytes") / float(&said, "txs"),
            grouped(number(&said, "addresses")),
            float(&said, "addr_bytes") / float(&said, "addresses"),
            float(&said, "live_bytes") / float(&said, "live_txs"),
        ),
    };
    let one = |subject: &str, unit: &'static str, field: &str, scale: f64, note: &str| Row {
        subject: format!("Tracehound: {subject}"),
        bytes: 0,
        items: 1,
        unit,
        seconds: float(&said, field) * scale,
        whole: false,
        peak_mib: None,
        note: note.to_owned(),
        ..row.clone()
    };
    let rows = vec![
        one("open the ledger", "opening", "open_us", 1e-6, "just written, warm"),
        one("look up a transaction, median", "look-up", "find_tx_p50_ns", 1e-9, FOUND),
        one("look up a transaction, 99th percentile", "look-up", "find_tx_p99_ns", 1e-9, FOUND),
        one("look up an address, median", "look-up", "find_address_p50_ns", 1e-9, FOUND),
        one("look up an address, 99th percentile", "look-up", "find_address_p99_ns", 1e-9, FOUND),
    ];
    Ok([vec![row.clone()], rows].concat())
}

fn parse_list(bench: &mut Bench, builds: &Builds) -> Result<(), Failure> {
    let packed = root().join("../shared/data/sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2");
    let unpacked = bench.work_dir.join("sdn_advanced.xml");
    let unpack = format!("bzip2 -dkc '{}' > '{}'", packed.display(), unpacked.display());
    if !packed.exists() || measure(command("sh", &["-c", &unpack])).is_err() {
        bench.skipped.push("OFAC XML: the list or bzip2 is not there".into());
        return Ok(());
    }
    bench.step(builds, |_, build| {
        let measured =
            measure(command(&build.example("measure_lists"), &["list", &unpacked.to_string_lossy()]))?;
        let said = json(&measured)?;
        Ok(vec![Row {
            section: "Lists",
            subject: "Tracehound: parse SDN_ADVANCED.XML".into(),
            input: "OFAC list of 2025-11-19".into(),
            bytes: number(&said, "bytes"),
            items: number(&said, "parties"),
            unit: "parties",
            seconds: said["seconds"].as_f64().unwrap_or(measured.seconds),
            whole: true,
            peak_mib: Some(measured.peak_mib),
            command: "measure_lists list SDN_ADVANCED.XML".into(),
            note: format!("{} claims about addresses; one thread", number(&said, "claims")),
        }])
    })?;
    let _ = fs::remove_file(&unpacked);
    Ok(())
}

fn index(build: &Build) -> Result<Vec<Row>, Failure> {
    let measured = measure(command(&build.example("measure_lists"), &["index", CLAIMS]))?;
    let said = json(&measured)?;
    let row = Row {
        section: "Screening",
        subject: "Tracehound: build the screening index".into(),
        input: "generated claims, one an address".into(),
        bytes: number(&said, "bytes"),
        items: number(&said, "claims"),
        unit: "claims",
        seconds: said["seconds"].as_f64().unwrap_or(measured.seconds),
        whole: true,
        peak_mib: Some(measured.peak_mib),
        command: format!("measure_lists index {CLAIMS}"),
        note: "in memory, one thread".into(),
    };
    let lookups = |what: &str, field: &str| Row {
        subject: format!("Tracehound: look up {what} in the index"),
        bytes: 0,
        items: number(&said, "lookups"),
        unit: "look-ups",
        seconds: float(&said, field),
        whole: false,
        peak_mib: None,
        note: "in process, one thread".into(),
        ..row.clone()
    };
    let hits = lookups("addresses that are", "hit_seconds");
    let misses = lookups("addresses that are not", "miss_seconds");
    Ok(vec![row, hits, misses])
}

/// A pack of labels. Of this tree alone.
fn labels(bench: &mut Bench, build: &Build) -> Result<(), Failure> {
    let file = bench.work_dir.join("measured.labels");
    let args = [LABELS, &file.to_string_lossy()];
    let measured = measure(command(&build.example("measure_labels"), &args))?;
    let said = json(&measured)?;
    let _ = fs::remove_file(&file);
    let bytes = number(&said, "bytes");
    let made = Row {
        section: "Screening",
        subject: "Tracehound: make a pack of labels".into(),
        input: "generated labels of Ethereum addresses, 10,000 different ones".into(),
        bytes,
        items: number(&said, "labels"),
        unit: "labels",
        seconds: float(&said, "seconds"),
        whole: false,
        peak_mib: Some(measured.peak_mib),
        command: format!("measure_labels {LABELS} FILE"),
        note: format!("{:.1} bytes a label; one thread", float(&said, "bytes") / float(&said, "labels")),
    };
    let one = |what: &str, field: &str, scale: f64, note: &str| Row {
        subject: format!("Tracehound: {what}"),
        bytes: 0,
        items: 1,
        unit: "times",
        seconds: float(&said, field) * scale,
        peak_mib: None,
        note: note.to_owned(),
        ..made.clone()
    };
    let found = "of 1,000,000, in process, warm, one thread";
    let rows = vec![
        made.clone(),
        one("open a pack of labels", "open_seconds", 1.0, "median of 21, its pages in memory"),
        one("look up a label that is there, median", "hit_p50_ns", 1e-9, found),
        one("look up a label that is there, 99th percentile", "hit_p99_ns", 1e-9, found),
        one("look up a label that is not, median", "miss_p50_ns", 1e-9, found),
        one("look up a label that is not, 99th percentile", "miss_p99_ns", 1e-9, found),
    ];
    bench.rows.extend(rows);
    Ok(())
}

/// A large list of one's own, and a small one after it. Of this tree alone: it takes too long for pairs.
fn import(bench: &mut Bench, tool: &str) -> Result<(), Failure> {
    let data = bench.work_dir.join("imported");
    let _ = fs::remove_dir_all(&data);
    let data = data.to_string_lossy().into_owned();
    measure(command(tool, &["--data", &data, "lists", "list"]))?;
    for (name, rows) in [("large", IMPORTED), ("small", 2)] {
        let mut text = String::from("address,label,category\n");
        for row in 0..rows {
            // Each its own label; of the small list other addresses than of the large one.
            let address = (1_u128 << 120) + u128::from(row * 0x9e37_79b9 + rows);
            writeln!(text, "0x{address:040x},Depositor {row} of {name},exchange").expect("writes to a text");
        }
        let file = bench.work_dir.join(format!("{name}.csv"));
        write(&file, &text)?;
        let path = file.to_string_lossy();
        let arguments = ["--data", &data, "lists", "import", &path, "--published", "2025-11-19"];
        let measured = measure(command(tool, &arguments))?;
        bench.rows.push(Row {
            section: "Lists",
            subject: format!("Tracehound: lists import, {} rows", grouped(rows)),
            input: "generated table, a label an address".into(),
            bytes: text.len() as u64,
            items: rows,
            unit: "rows",
            seconds: measured.seconds,
            whole: true,
            peak_mib: Some(measured.peak_mib),
            command: format!("tracehound lists import {name}.csv --published 2025-11-19"),
            note: "whole process, to the index in force; the small list after the large one".into(),
        });
        let _ = fs::remove_file(&file);
    }
    let _ = fs::remove_dir_all(&data);
    Ok(())
}

pub(super) fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))
}
