//! Following money: clusters beside a peer, taint, traces, exposure, CoinJoins, and a scan of everything.

use std::{fmt::Write as _, fs, path::Path};

use serde_json::Value;

use super::{
    Bench, Row,
    inputs::{Chain, grouped},
    measure::{Measured, measure},
    ours::built,
};
use crate::run::{Failure, cargo, command, run};

const SECTION: &str = "Following money";

struct Tools {
    ingest: String,
    flow: String,
    clusters: String,
}

fn build() -> Result<Tools, Failure> {
    run(cargo(&["build", "--release", "--package", "tracehound-analysis", "--examples"]))?;
    Ok(Tools {
        // Built by the section on ledgers.
        ingest: built("examples/measure_ingest"),
        flow: built("examples/measure_flow"),
        clusters: built("examples/measure_clusters"),
    })
}

pub(super) fn measure_all(bench: &mut Bench, chains: &[Chain]) -> Result<(), Failure> {
    let tools = build()?;
    for chain in chains {
        let ledger = bench.work_dir.join("ledger-analysis");
        let _ = fs::remove_dir_all(&ledger);
        let blocks = chain.node.join("blocks");
        measure(command(&tools.ingest, &["ingest", &blocks.to_string_lossy(), &ledger.to_string_lossy()]))?;
        let rows = [
            scan(&tools, chain, &ledger)?,
            clusters(&tools, chain, &ledger)?,
            pass(&tools, chain, &ledger)?,
            coinjoins(&tools, chain, &ledger)?,
            traces(&tools, chain, &ledger)?,
        ];
        bench.rows.extend(rows);
        taint(bench, &tools, chain, &ledger)?;
        if bench.peers {
            super::peers::clusters(bench, chain, &ledger, &tools.flow, &tools.clusters)?;
        }
        let _ = fs::remove_dir_all(&ledger);
    }
    Ok(())
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

fn scan(tools: &Tools, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&tools.flow, "scan", ledger)?;
    Ok(Row {
        bytes: number(&value["bytes"])?,
        seconds: seconds(&value["seconds"])?,
        note: "sum of all outputs and count of coinbases from the columns, two threads, warm".into(),
        ..row(chain, "Tracehound: scan all inputs and outputs", &measured, "scan")
    })
}

fn clusters(tools: &Tools, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&tools.clusters, "clusters", ledger)?;
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

fn pass(tools: &Tools, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&tools.flow, "pass", ledger)?;
    Ok(Row {
        items: number(&value["outputs"])?,
        unit: "outputs",
        seconds: seconds(&value["seconds"])?,
        note: format!(
            "source of funds of every live output in 8 buckets, one thread, one forward pass; {} live outputs, {} bytes",
            grouped(number(&value["live"])?),
            grouped(number(&value["bytes"])?)
        ),
        ..row(chain, "Tracehound: whole-ledger exposure", &measured, "pass")
    })
}

fn coinjoins(tools: &Tools, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&tools.flow, "coinjoin", ledger)?;
    Ok(Row {
        items: number(&value["txs"])?,
        unit: "tx",
        seconds: seconds(&value["seconds"])?,
        note: format!("reading included, one thread: {} ns a transaction", value["ns_a_tx"]),
        ..row(chain, "Tracehound: CoinJoin classifier", &measured, "coinjoin")
    })
}

fn traces(tools: &Tools, chain: &Chain, ledger: &Path) -> Result<Row, Failure> {
    let (value, measured) = said(&tools.flow, "trace", ledger)?;
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

fn taint(bench: &mut Bench, tools: &Tools, chain: &Chain, ledger: &Path) -> Result<(), Failure> {
    for method in ["poison", "haircut", "fifo", "lifo", "tiho"] {
        let measured = measure(command(&tools.flow, &["taint", &ledger.to_string_lossy(), method]))?;
        let value = json(&measured)?;
        let mut note = String::new();
        let _ = write!(
            note,
            "{} seeds spread over the chain, shares below 1 % cut, at most 1,000,000 transactions, one thread; {} \
             inputs and outputs a transaction, {} million of them a second",
            grouped(number(&value["seeds"])?),
            value[method]["rows_a_tx"],
            value[method]["million_rows_a_second"],
        );
        bench.rows.push(Row {
            items: number(&value[method]["txs"])?,
            unit: "tx",
            seconds: seconds(&value[method]["seconds"])?,
            whole: false,
            note,
            ..row(chain, &format!("Tracehound: sparse taint, {method}"), &measured, "taint")
        });
    }
    Ok(())
}
