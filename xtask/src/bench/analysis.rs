//! Following money: clusters beside a peer, taint, traces, exposure, CoinJoins, and a scan of everything.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    Bench, Builds, Row,
    build::Build,
    inputs::{Chain, grouped},
    measure::{Measured, measure},
};
use crate::run::{Failure, command};

const SECTION: &str = "Following money";

pub(super) fn measure_all(bench: &mut Bench, builds: &Builds, chains: &[Chain]) -> Result<(), Failure> {
    for chain in chains {
        let blocks = chain.node.join("blocks");
        for build in builds.each() {
            let ledger = ledger(bench, build);
            let _ = fs::remove_dir_all(&ledger);
            let args = ["ingest", &blocks.to_string_lossy(), &ledger.to_string_lossy()];
            measure(command(&build.example("measure_ingest"), &args))?;
        }
        for rows in [scan, clusters, pass, coinjoins, traces] {
            bench.step(builds, |bench, build| Ok(vec![rows(build, chain, &ledger(bench, build))?]))?;
        }
        bench.step(builds, |bench, build| {
            let rows = seeds(build, chain, &ledger(bench, build)).map(|row| vec![row]);
            // An older build may not know the task.
            if build.name == builds.now.name { rows } else { Ok(rows.unwrap_or_default()) }
        })?;
        for method in ["poison", "haircut", "fifo", "lifo", "tiho"] {
            bench
                .step(builds, |bench, build| Ok(vec![taint(build, chain, &ledger(bench, build), method)?]))?;
        }
        if bench.peers {
            let (flow, ours) = (builds.now.example("measure_flow"), builds.now.example("measure_clusters"));
            let ledger = ledger(bench, &builds.now);
            super::peers::clusters(bench, chain, &ledger, &flow, &ours)?;
        }
        for build in builds.each() {
            let _ = fs::remove_dir_all(ledger(bench, build));
        }
    }
    Ok(())
}

/// Each build reads the ledger that it wrote.
fn ledger(bench: &Bench, build: &Build) -> PathBuf {
    bench.work_dir.join(format!("ledger-analysis-{}", build.name))
}

fn said(tool: &str, task: &str, ledger: &Path) -> Result<(Value, Measured), Failure> {
    let measured = measure(command(tool, &[task, &ledger.to_string_lossy()]))?;
    Ok((json(&measured)?, measured))
}

fn json(measured: &Measured) -> Result<Value, Failure> {
    serde_json::from_str(&measured.stdout)
        .map_err(|error| Failure::new(format!("no JSON in `{}`: {error}", measured.stdout.trim())))
}

fn number(value: &Value) -> Result<u64, Failure> {
    value.as_u64().ok_or_else(|| Failure::new(format!("`{value}` is no whole number")))
}

fn seconds(value: &Value) -> Result<f64, Failure> {
    value.as_f64().ok_or_else(|| Failure::new(format!("`{value}` is no time")))
}

fn row(chain: &Chain, subject: &str, measured: &Measured, task: &str) -> Row {
    Row {
        section: SECTION,
        subject: subject.into(),
        input: chain.name.clone(),
        bytes: 0,
        items: 0,
        unit: "",
        seconds: 0.0,
        whole: true,
        peak_mib: Some(measured.peak_mib),
        command: format!(
            "{} {task} LEDGER",
            if task == "clusters" { "measure_clusters" } else { "measure_flow" }
        ),
        note: String::new(),
    }
}

fn scan(build: &Build, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&build.example("measure_flow"), "scan", ledger)?;
    Ok(Row {
        bytes: number(&value["bytes"])?,
        seconds: seconds(&value["seconds"])?,
        note: "sum of all outputs and count of coinbases from the columns, two threads, warm".into(),
        ..row(chain, "Tracehound: scan all inputs and outputs", &measured, "scan")
    })
}

fn clusters(build: &Build, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&build.example("measure_clusters"), "clusters", ledger)?;
    Ok(Row {
        items: number(&value["links"])?,
        unit: "links",
        seconds: seconds(&value["seconds"])?,
        note: format!(
            "multi-input, CoinJoins and suspected PayJoins left out, spanning edges kept; {} inputs, {} addresses, {} \
             clusters, {} bytes in all",
            grouped(number(&value["inputs"])?),
            grouped(number(&value["addresses"])?),
            grouped(number(&value["clusters"])?),
            grouped(number(&value["bytes"])?)
        ),
        ..row(chain, "Tracehound: clusters", &measured, "clusters")
    })
}

fn pass(build: &Build, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&build.example("measure_flow"), "pass", ledger)?;
    Ok(Row {
        items: number(&value["outputs"])?,
        unit: "outputs",
        seconds: seconds(&value["seconds"])?,
        note: format!(
            "source of funds of every live output in 8 buckets, one forward pass while a second thread reads ahead; {} live outputs, {} bytes",
            grouped(number(&value["live"])?),
            grouped(number(&value["bytes"])?)
        ),
        ..row(chain, "Tracehound: whole-ledger exposure", &measured, "pass")
    })
}

fn coinjoins(build: &Build, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&build.example("measure_flow"), "coinjoin", ledger)?;
    Ok(Row {
        items: number(&value["txs"])?,
        unit: "tx",
        seconds: seconds(&value["seconds"])?,
        note: format!("reading included, one thread: {} ns a transaction", value["ns_a_tx"]),
        ..row(chain, "Tracehound: CoinJoin classifier", &measured, "coinjoin")
    })
}

fn traces(build: &Build, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&build.example("measure_flow"), "trace", ledger)?;
    let micros = number(&value["p99_us"])?;
    Ok(Row {
        items: 1,
        unit: "trace",
        seconds: std::time::Duration::from_micros(micros).as_secs_f64(),
        whole: false,
        note: format!(
            "99th percentile of {} single traces over five hops by haircut, warm; median {} µs, longest {} µs",
            grouped(number(&value["traces"])?),
            grouped(number(&value["p50_us"])?),
            grouped(number(&value["max_us"])?)
        ),
        ..row(chain, "Tracehound: five-hop trace", &measured, "trace")
    })
}

fn seeds(build: &Build, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&build.example("measure_flow"), "seeds", ledger)?;
    Ok(Row {
        items: number(&value["txs"])?,
        unit: "tx",
        seconds: seconds(&value["seconds"])?,
        whole: false,
        note: format!(
            "{} seeds spread over the chain, each followed by itself by haircut, shares below 1 % cut, on all cores; on one \
             thread {:.3} s",
            grouped(number(&value["seeds"])?),
            seconds(&value["one_thread_seconds"])?
        ),
        ..row(chain, "Tracehound: taint of many seeds", &measured, "seeds")
    })
}

fn taint(build: &Build, chain: &Chain, ledger: &Path, method: &str) -> Result<Row, Failure> {
    let args = ["taint", &ledger.to_string_lossy(), method];
    let measured = measure(command(&build.example("measure_flow"), &args))?;
    let value = json(&measured)?;
    Ok(Row {
        items: number(&value[method]["txs"])?,
        unit: "tx",
        seconds: seconds(&value[method]["seconds"])?,
        whole: false,
        note: format!(
            "{} seeds spread over the chain, shares below 1 % cut, at most 1,000,000 transactions, one thread; {} \
             inputs and outputs a transaction, {} million of them a second",
            grouped(number(&value["seeds"])?),
            value[method]["rows_a_tx"],
            value[method]["million_rows_a_second"],
        ),
        ..row(chain, &format!("Tracehound: sparse taint, {method}"), &measured, "taint")
    })
}
