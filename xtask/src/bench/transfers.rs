//! Account chains: a store of transfers, taken in and read.

use std::fs;

use serde_json::Value;

use super::{
    Bench, Row,
    build::Build,
    inputs::grouped,
    measure::{Measured, measure},
};
use crate::run::{Failure, command};

/// Transfers that are made and taken in.
const TRANSFERS: &str = "4000000";
/// Blocks, transactions of each and transfers of tokens of each of these, of the sources.
const SHAPES: [[&str; 3]; 2] = [["1000", "20", "10"], ["1000", "100", "2"]];
/// Transactions and heists of the chain in which taint is followed.
const HEISTS: [&str; 2] = ["300000", "500"];
/// MiB of memory for the writer's tables in the row that has a budget.
const BUDGET: &str = "16";

/// Of this tree alone.
pub(super) fn measure_all(bench: &mut Bench, build: &Build) -> Result<(), Failure> {
    let (one, took) = store(bench, build, "1", &[])?;
    bench.rows.extend(rows(&one, &took, "one core", ""));
    let (all, took) = store(bench, build, "0", &[])?;
    bench.rows.extend(rows(&all, &took, "all cores", "").into_iter().take(1));
    let (tight, took) = store(bench, build, "1", &[BUDGET])?;
    for other in [&all, &tight] {
        if other["snapshot"] != one["snapshot"] {
            return Err(Failure::new(format!("the same blocks are stored as {one} and as {other}")));
        }
    }
    let note = format!(
        "same snapshot id; {:.2} times the time without a budget; ",
        float(&tight, "seconds") / float(&one, "seconds")
    );
    bench
        .rows
        .extend(rows(&tight, &took, &format!("one core, {BUDGET} MiB of tables"), &note).into_iter().take(1));
    Ok(())
}

/// Sources of account chains: a node's JSON-RPC on the loopback interface, and files of ethereum-etl.
pub(super) fn measure_sources(bench: &mut Bench, build: &Build) -> Result<(), Failure> {
    for (how, subject) in [
        ("rpc", "Tracehound: blocks and receipts from a node, proof off"),
        ("proof", "Tracehound: blocks and receipts from a node, roots proved"),
        ("etl", "Tracehound: files of ethereum-etl"),
    ] {
        for shape in SHAPES {
            bench.rows.push(source(bench, build, how, subject, shape)?);
        }
    }
    if bench.peers {
        super::peers::account_chains(bench, build, SHAPES[SHAPES.len() - 1])?;
    }
    Ok(())
}

/// Taint over the histories of accounts, in a ledger of generated heists.
pub(super) fn measure_taint(bench: &mut Bench, build: &Build) -> Result<(), Failure> {
    for method in ["haircut", "fifo"] {
        let folder = bench.work_dir.join("taint");
        let _ = fs::remove_dir_all(&folder);
        let args = [HEISTS[0], HEISTS[1], &*folder.to_string_lossy(), method];
        let mut command = command(&build.example("measure_taint"), &args);
        command.env("RAYON_NUM_THREADS", "1");
        let measured = measure(command)?;
        let _ = fs::remove_dir_all(&folder);
        let said: Value = serde_json::from_str(measured.stdout.trim())
            .map_err(|error| Failure::new(format!("measure_taint said no JSON: {error}")))?;
        if number(&said, "transfers") == 0 {
            return Err(Failure::new(format!("measure_taint followed nothing: {said}")));
        }
        bench.rows.push(Row {
            section: "Account chains",
            subject: format!("Tracehound: taint over account history, {method}"),
            input: format!("generated heists, {} transfers in the ledger", grouped(number(&said, "stored"))),
            bytes: 0,
            items: number(&said, "transfers"),
            unit: "transfers",
            seconds: float(&said, "seconds"),
            whole: false,
            peak_mib: None,
            command: format!("measure_taint {} {} FOLDER {method}", HEISTS[0], HEISTS[1]),
            note: format!(
                "{} heists at once, through exchanges; transfers that touch a dirty balance, and those of whole exchanges: each found in \
                 its balance's history, read and divided; best of three, one thread",
                HEISTS[1]
            ),
        });
    }
    Ok(())
}

fn source(bench: &Bench, build: &Build, how: &str, subject: &str, shape: [&str; 3]) -> Result<Row, Failure> {
    let folder = bench.work_dir.join("sources");
    let _ = fs::remove_dir_all(&folder);
    let path = folder.to_string_lossy();
    let [blocks, txs, logs] = shape;
    let mut command = command(&build.example("measure_evm"), &[how, blocks, txs, logs, &*path]);
    command.env("RAYON_NUM_THREADS", "1");
    let measured = measure(command)?;
    let _ = fs::remove_dir_all(&folder);
    let said: Value = serde_json::from_str(measured.stdout.trim())
        .map_err(|error| Failure::new(format!("measure_evm said no JSON: {error}")))?;
    Ok(Row {
        section: "Account chains",
        subject: subject.to_owned(),
        input: format!("generated blocks of {txs} transactions with {logs} transfers of tokens each"),
        bytes: number(&said, "bytes"),
        items: number(&said, "transfers"),
        unit: "transfers",
        seconds: float(&said, "cpu_seconds"),
        whole: false,
        peak_mib: None,
        command: format!("measure_evm {how} {blocks} {txs} {logs} FOLDER"),
        note: "into a ledger; CPU time of all threads but the one that serves what is ready; fees are transfers too; \
               without traces and senders"
            .to_owned(),
    })
}

/// `threads` as rayon takes them: 0 for all.
fn store(bench: &Bench, build: &Build, threads: &str, more: &[&str]) -> Result<(Value, Measured), Failure> {
    let folder = bench.work_dir.join("transfers");
    let _ = fs::remove_dir_all(&folder);
    let path = folder.to_string_lossy();
    let args = [&[TRANSFERS, &*path], more].concat();
    let mut command = command(&build.example("measure_transfers"), &args);
    command.env("RAYON_NUM_THREADS", threads);
    let measured = measure(command)?;
    let _ = fs::remove_dir_all(&folder);
    let said: Value = serde_json::from_str(measured.stdout.trim())
        .map_err(|error| Failure::new(format!("measure_transfers said no JSON: {error}")))?;
    if said["balances_asked"].as_u64().is_none_or(|asked| asked == 0) {
        return Err(Failure::new(format!("measure_transfers read no balance: {said}")));
    }
    Ok((said, measured))
}

fn number(said: &Value, field: &str) -> u64 {
    said[field].as_u64().unwrap_or(0)
}

/// For ratios that are printed, never for counting.
fn float(said: &Value, field: &str) -> f64 {
    said[field].as_f64().unwrap_or(f64::NAN)
}

fn rows(said: &Value, measured: &Measured, cores: &str, note: &str) -> Vec<Row> {
    let each = |field: &str, of: &str| float(said, field) / float(said, of);
    let taken = Row {
        section: "Account chains",
        subject: format!("Tracehound: append blocks of transfers, {cores}"),
        input: format!("generated blocks, {} transfers", grouped(number(said, "transfers"))),
        bytes: 0,
        items: number(said, "transfers"),
        unit: "transfers",
        seconds: float(said, "seconds"),
        whole: false,
        peak_mib: Some(measured.peak_mib),
        command: format!("measure_transfers {TRANSFERS} FOLDER"),
        note: format!(
            "{note}blocks ready in memory, sealed and synced in {} segments; {:.1} bytes a transfer, both directions and \
             accounts included, and {:.1} for the hashes of {} transactions and their index; {} accounts, {} assets, {:.2} \
             balances a transfer; tables {:.1} bytes of memory and {:.1} on disk a name",
            number(said, "segments"),
            (float(said, "disk_bytes") - float(said, "hash_bytes")) / float(said, "transfers"),
            each("hash_bytes", "transfers"),
            grouped(number(said, "txs")),
            grouped(number(said, "accounts")),
            grouped(number(said, "assets")),
            each("balances", "transfers"),
            float(said, "tables_memory_bytes") / (float(said, "accounts") + float(said, "assets")),
            float(said, "tables_disk_bytes") / (float(said, "accounts") + float(said, "assets")),
        ),
    };
    let read = |subject: &str, items: u64, unit: &'static str, field: &str, note: &str| Row {
        subject: format!("Tracehound: {subject}"),
        items,
        unit,
        seconds: float(said, field),
        peak_mib: None,
        note: note.to_owned(),
        ..taken.clone()
    };
    let rows = vec![
        read(
            "read transfers one after the other",
            number(said, "transfers"),
            "transfers",
            "read_seconds",
            "by number, one thread",
        ),
        read(
            "balances right before transfers",
            number(said, "balances_asked"),
            "balances",
            "balances_seconds",
            &format!(
                "of senders, in random order, one thread; {} of them are known",
                grouped(number(said, "balances_known"))
            ),
        ),
        read(
            "follow balances from transfer to transfer",
            number(said, "walked"),
            "transfers",
            "walk_seconds",
            "each found and read, up to 100 of a balance, one thread",
        ),
        read(
            "check a store of transfers",
            number(said, "transfers"),
            "transfers",
            "verify_seconds",
            "everything is read, indexes and ids are made anew",
        ),
    ];
    std::iter::once(taken).chain(rows).collect()
}
