//! Verify before you sign: hashes and signatures, a whole verdict with simulation, typed data.

use std::{fs, process::Command};

use serde_json::Value;

use super::{
    Bench, Builds, Row,
    measure::{Measured, measure},
};
use crate::run::{Failure, command, root};

const PACKAGE: &str = "@gnosis.pm/safe-contracts@1.1.1";
const WITH_NODE: &str = "anvil on the same machine, everything asked anew and checked by proof, 101 runs";

pub(super) fn measure_all(bench: &mut Bench, builds: &Builds) -> Result<(), Failure> {
    let data = root().join("../shared/data/guard");
    let (pair, typed) = (data.join("bybit_safe_tx_71.json"), data.join("typed_vectors.json"));
    if !pair.is_file() || !typed.is_file() {
        bench.skipped.push("guard: the real data is not beside this checkout".into());
        return Ok(());
    }
    let contracts = bench.work_dir.join("safe-contracts-1.1.1");
    if !contracts.is_dir() && !fetch(&contracts)? {
        bench.skipped.push(format!("guard: npm cannot get {PACKAGE}"));
        return Ok(());
    }
    let node = bench.work_dir.join("anvil");
    let paths = [&pair, &typed, &contracts, &node].map(|path| path.to_string_lossy().into_owned());
    bench.step(builds, |_, build| {
        let tool = build.example("measure_guard");
        // An older build may know of no node.
        let told = if build.is_of_this_tree() { &paths[..] } else { &paths[..3] };
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        let measured = measure(command(&tool, &told))?;
        let said: Value = serde_json::from_str(measured.stdout.trim())
            .map_err(|error| Failure::new(format!("measure_guard said no JSON: {error}")))?;
        let typed = said["typed"].as_u64().unwrap_or(0);
        let mut rows = vec![
            row(&said, &measured, "hashes and three signatures", "transactions", "signatures_seconds", 1)?,
            row(&said, &measured, "verdict with simulation", "transactions", "verdict_seconds", 1)?,
        ];
        // npm may have no node for this machine.
        if said["node_seconds"].is_f64() {
            for (subject, seconds) in [
                ("verdict with a local node", "node_seconds"),
                ("verdict with a local node, 99 of 100 are faster", "node_slowest_seconds"),
            ] {
                let row = row(&said, &measured, subject, "transactions", seconds, 1)?;
                rows.push(Row { note: WITH_NODE.into(), ..row });
            }
        }
        rows.push(row(&said, &measured, "verdicts on typed data", "requests", "typed_seconds", typed)?);
        Ok(rows)
    })
}

fn row(
    said: &Value,
    measured: &Measured,
    subject: &str,
    unit: &'static str,
    seconds: &str,
    items: u64,
) -> Result<Row, Failure> {
    let seconds = said[seconds].as_f64();
    Ok(Row {
        section: "Guard",
        subject: format!("Tracehound: {subject}"),
        input: if unit == "requests" {
            "permits of MetaMask's test page and Permit2"
        } else {
            "Bybit, nonce 71"
        }
        .into(),
        bytes: 0,
        items,
        unit,
        seconds: seconds.ok_or_else(|| Failure::new("measure_guard left a time out"))?,
        whole: false,
        peak_mib: Some(measured.peak_mib),
        command: "measure_guard PAIR.json TYPED.json CONTRACTS [FOLDER]".into(),
        note: match unit {
            "requests" => "one thread; read, hashed and judged by every check".into(),
            _ => "one thread, warm, the middle of 201 runs; real signatures, the Safe's real code".into(),
        },
    })
}

/// Whether npm had it.
fn fetch(folder: &std::path::Path) -> Result<bool, Failure> {
    let wrong = |error: std::io::Error| Failure::new(format!("cannot prepare {}: {error}", folder.display()));
    let into = folder.with_extension("part");
    let _ = fs::remove_dir_all(&into);
    fs::create_dir_all(&into).map_err(wrong)?;
    let line = format!("npm pack --silent {PACKAGE} >/dev/null && tar xzf *.tgz");
    let done = Command::new("sh").args(["-c", &line]).current_dir(&into).status();
    if !done.is_ok_and(|status| status.success()) {
        return Ok(false);
    }
    fs::rename(into.join("package"), folder).map_err(wrong)?;
    Ok(true)
}
