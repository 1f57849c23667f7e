//! What the product itself does: reading, ingesting, looking up, screening.

use std::{fmt::Write as _, fs};

use serde_json::Value;

use super::{
    Bench, Row,
    inputs::{Chain, Counts, grouped, repeated_real_block},
    measure::{Measured, measure, warm},
};
use crate::run::{Failure, cargo, command, root, run};

/// Addresses screened from standard input.
const SCREENED: u64 = 1_000_000;
/// Rows of the large list that is imported.
const IMPORTED: u64 = 1_000_000;
/// Claims in the index that is built.
const CLAIMS: &str = "500000";

struct Tools {
    ingest: String,
    attribution: String,
    tracehound: String,
}

fn build() -> Result<Tools, Failure> {
    for (package, example) in [("ingest", "measure_ingest"), ("attribution", "measure_lists")] {
        let package = format!("tracehound-{package}");
        run(cargo(&["build", "--release", "--package", &package, "--example", example]))?;
    }
    run(cargo(&["build", "--release", "--package", "tracehound-cli"]))?;
    Ok(Tools {
        ingest: built("examples/measure_ingest"),
        attribution: built("examples/measure_lists"),
        tracehound: built("tracehound"),
    })
}

/// Path of something that was built.
pub(super) fn built(name: &str) -> String {
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), std::path::PathBuf::from);
    root().join(folder).join("release").join(name).to_string_lossy().into_owned()
}

pub(super) fn measure_all(bench: &mut Bench, chains: &[Chain]) -> Result<(), Failure> {
    let tools = build()?;
    read_real(bench, &tools)?;
    for chain in chains {
        read(bench, &tools, chain)?;
        ingest(bench, &tools, chain)?;
    }
    attribution(bench, &tools)?;
    import(bench, &tools)?;
    screen(bench, &tools)
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
fn read_real(bench: &mut Bench, tools: &Tools) -> Result<(), Failure> {
    let (blocks, count) = repeated_real_block(bench)?;
    warm(&blocks)?;
    let measured = measure(command(&tools.ingest, &["read", &blocks.to_string_lossy()]))?;
    let said = json(&measured)?;
    if number(&said, "blocks") != count {
        return Err(Failure::new(format!("read {said} of {count} repeated blocks")));
    }
    let input = format!("mainnet block 702861 repeated {} times, relinked", grouped(count - 1));
    bench.rows.push(reading_row(input, &said, &measured));
    Ok(())
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

fn read(bench: &mut Bench, tools: &Tools, chain: &Chain) -> Result<(), Failure> {
    let blocks = chain.node.join("blocks");
    warm(&blocks)?;
    let measured = measure(command(&tools.ingest, &["read", &blocks.to_string_lossy()]))?;
    let said = json(&measured)?;
    must_agree(&said, chain)?;
    bench.rows.push(reading_row(chain.name.clone(), &said, &measured));
    Ok(())
}

fn ingest(bench: &mut Bench, tools: &Tools, chain: &Chain) -> Result<(), Failure> {
    let ledger = bench.work_dir.join("ledger");
    let _ = fs::remove_dir_all(&ledger);
    let blocks = chain.node.join("blocks");
    warm(&blocks)?;
    let measured =
        measure(command(&tools.ingest, &["ingest", &blocks.to_string_lossy(), &ledger.to_string_lossy()]))?;
    let said = json(&measured)?;
    must_agree(&said, chain)?;
    let (bytes, txs) = (number(&said, "bytes"), number(&said, "txs"));
    let mut note = String::new();
    let _ = write!(
        note,
        "full graph, sealed and synced; on disk {} bytes = {:.1} % of the blocks, {:.1} bytes a transaction; {} addresses; \
         writer's tables {:.1} bytes an address and {:.1} bytes a live transaction; opens in {} µs; look-up p50/p99: txid \
         {}/{} ns, address {}/{} ns",
        grouped(number(&said, "disk_bytes")),
        float(&said, "disk_bytes") * 100.0 / float(&said, "bytes"),
        float(&said, "disk_bytes") / float(&said, "txs"),
        grouped(number(&said, "addresses")),
        float(&said, "addr_bytes") / float(&said, "addresses"),
        float(&said, "live_bytes") / float(&said, "live_txs"),
        number(&said, "open_us"),
        number(&said, "find_tx_p50_ns"),
        number(&said, "find_tx_p99_ns"),
        number(&said, "find_address_p50_ns"),
        number(&said, "find_address_p99_ns"),
    );
    bench.rows.push(Row {
        section: "Ledger",
        subject: "Tracehound: ingest".into(),
        input: chain.name.clone(),
        bytes,
        items: txs,
        unit: "tx",
        seconds: said["seconds"].as_f64().unwrap_or(measured.seconds),
        whole: true,
        peak_mib: Some(measured.peak_mib),
        command: "measure_ingest ingest BLOCKS LEDGER".into(),
        note,
    });
    let _ = fs::remove_dir_all(&ledger);
    Ok(())
}

fn attribution(bench: &mut Bench, tools: &Tools) -> Result<(), Failure> {
    let packed = root().join("../shared/data/sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2");
    let unpacked = bench.work_dir.join("sdn_advanced.xml");
    let unpack = format!("bzip2 -dkc '{}' > '{}'", packed.display(), unpacked.display());
    if packed.exists() && measure(command("sh", &["-c", &unpack])).is_ok() {
        let measured = measure(command(&tools.attribution, &["list", &unpacked.to_string_lossy()]))?;
        let said = json(&measured)?;
        bench.rows.push(Row {
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
        });
        let _ = fs::remove_file(&unpacked);
    } else {
        bench.skipped.push("OFAC XML: the list or bzip2 is not there".into());
    }
    let measured = measure(command(&tools.attribution, &["index", CLAIMS]))?;
    let said = json(&measured)?;
    let lookups = float(&said, "lookups");
    let rate = |field: &str| lookups / said[field].as_f64().unwrap_or(f64::NAN) / 1e6;
    bench.rows.push(Row {
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
        note: format!(
            "look-ups in process, one thread: {:.1} million hits a second, {:.1} million misses a second",
            rate("hit_seconds"),
            rate("miss_seconds")
        ),
    });
    Ok(())
}

/// A large list of one's own, and a small one after it.
fn import(bench: &mut Bench, tools: &Tools) -> Result<(), Failure> {
    let data = bench.work_dir.join("imported");
    let _ = fs::remove_dir_all(&data);
    let data = data.to_string_lossy().into_owned();
    measure(command(&tools.tracehound, &["--data", &data, "lists", "list"]))?;
    for (name, rows) in [("large", IMPORTED), ("small", 2)] {
        let mut text = String::from("address,label,category\n");
        for row in 0..rows {
            // Each its own label; of the small list other addresses than of the large one.
            let address = (1_u128 << 120) + u128::from(row * 0x9e37_79b9 + rows);
            writeln!(text, "0x{address:040x},Depositor {row} of {name},exchange").expect("writes to a text");
        }
        let file = bench.work_dir.join(format!("{name}.csv"));
        fs::write(&file, &text)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))?;
        let path = file.to_string_lossy();
        let arguments = ["--data", &data, "lists", "import", &path, "--published", "2025-11-19"];
        let measured = measure(command(&tools.tracehound, &arguments))?;
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

/// Made-up addresses that no list names: the common case of a batch.
fn screen(bench: &mut Bench, tools: &Tools) -> Result<(), Failure> {
    let input = bench.work_dir.join("addresses.txt");
    let made = measure(command(&tools.ingest, &["addresses", &SCREENED.to_string()]))?;
    fs::write(&input, &made.stdout)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", input.display())))?;
    let data = bench.work_dir.join("data");
    measure(command(&tools.tracehound, &["--data", &data.to_string_lossy(), "lists", "list"]))?;
    for output in ["csv", "jsonl"] {
        let line = format!(
            "'{}' --data '{}' screen --stdin --output {output} --as-of 2025-11-20T00:00:00Z < '{}' > /dev/null",
            tools.tracehound,
            data.display(),
            input.display()
        );
        let measured = measure(command("sh", &["-c", &line]))?;
        bench.rows.push(Row {
            section: "Screening",
            subject: format!("Tracehound: screen --stdin --output {output}"),
            input: "generated Bitcoin addresses on no list".into(),
            bytes: made.stdout.len() as u64,
            items: SCREENED,
            unit: "addresses",
            seconds: measured.seconds,
            whole: true,
            peak_mib: None,
            command: format!("tracehound screen --stdin --output {output} < addresses.txt"),
            note: "whole process, shipped facts, no ledger".into(),
        });
    }
    let _ = fs::remove_file(&input);
    Ok(())
}
