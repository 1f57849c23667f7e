//! Benchmarks: the release build and its peers on the same files in the same run, written to docs/BENCHMARKS.md.
//!
//! A section is a function that adds [`Row`]s. Whatever is measured runs as a process of its own, so that its peak memory
//! can be read, on files that were just read once and so lie in the page cache.

mod analysis;
mod guard;
mod inputs;
mod machine;
mod measure;
mod ours;
mod peers;
mod report;

use std::path::PathBuf;

use serde::Serialize;

use crate::run::{Failure, root};
use machine::{Machine, Memory};

/// One measured thing.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Heading under which it stands.
    pub(crate) section: &'static str,
    /// What was measured.
    pub(crate) subject: String,
    /// What it worked on.
    pub(crate) input: String,
    /// Size of the input in bytes; 0 where bytes say nothing.
    pub(crate) bytes: u64,
    /// Transactions, addresses or whatever `unit` says.
    pub(crate) items: u64,
    /// What `items` counts.
    pub(crate) unit: &'static str,
    /// Wall-clock seconds.
    pub(crate) seconds: f64,
    /// Whether it goes once over all of its input, so that its cost per transaction says something about larger ones.
    pub(crate) whole: bool,
    /// Peak resident memory of the process in MiB, where it was a process of its own.
    pub(crate) peak_mib: Option<u64>,
    /// The command, as one would type it.
    pub(crate) command: String,
    /// What a reader must know to compare it fairly.
    pub(crate) note: String,
}

/// A run of the benchmarks.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Sizes of the generated chains, in transactions.
    pub(crate) chain_txs: Vec<u64>,
    /// Whether to run the peers.
    pub(crate) peers: bool,
    /// Where inputs and outputs lie: kept, because making them takes a while.
    pub(crate) work_dir: PathBuf,
    pub(crate) rows: Vec<Row>,
    /// What was left out, and why.
    pub(crate) skipped: Vec<String>,
}

impl Bench {
    fn parse(words: &[&str]) -> Result<Self, Failure> {
        let target_dir = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        let mut bench = Self {
            chain_txs: vec![100_000, 1_000_000],
            peers: true,
            work_dir: root().join(target_dir).join("bench"),
            rows: Vec::new(),
            skipped: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--no-peers" => bench.peers = false,
                "--txs" => {
                    let value = words.next().copied().unwrap_or_default();
                    let sizes: Result<Vec<u64>, _> = value.split(',').map(str::parse).collect();
                    bench.chain_txs = sizes.map_err(|_| {
                        Failure::Usage(format!("--txs wants numbers like 100000,1000000, not `{value}`"))
                    })?;
                }
                other => return Err(Failure::Usage(format!("bench has no option `{other}`"))),
            }
        }
        Ok(bench)
    }
}

pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let mut bench = Bench::parse(words)?;
    if !bench.peers {
        bench.skipped.push("peers: left out by --no-peers".into());
    }
    let mut machine = Machine::read()?;
    let chains = inputs::generated_chains(&mut bench)?;
    ours::measure_all(&mut bench, &chains)?;
    analysis::measure_all(&mut bench, &chains)?;
    guard::measure_all(&mut bench)?;
    if bench.peers {
        peers::run(&mut bench, &chains)?;
    }
    machine.memory.push(Memory::measure());
    report::write(&machine, &bench)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_nonsense_is_named() {
        let bench = Bench::parse(&["--txs", "1000,2000", "--no-peers"]).expect("fine");
        assert_eq!((bench.chain_txs, bench.peers), (vec![1_000, 2_000], false));
        for wrong in [&["--txs", "many"][..], &["--txs"], &["--quick"]] {
            assert!(matches!(Bench::parse(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }
}
