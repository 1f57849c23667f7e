//! Benchmarks: the release build and its peers on the same files in the same run, written to docs/BENCHMARKS.md.
//!
//! A section is a function that adds [`Row`]s. Whatever is measured runs as a process of its own, so that its peak memory
//! can be read, on files that were just read once and so lie in the page cache.

mod against;
mod analysis;
mod build;
mod guard;
mod inputs;
mod machine;
mod measure;
mod ours;
mod peers;
mod report;
mod screening;
mod transfers;

use std::path::PathBuf;

use serde::Serialize;

use crate::run::{Failure, root};
use against::Compared;
use build::Build;
use machine::{Machine, Memory};

/// Pairs that a comparison takes unless told otherwise.
const PAIRS: usize = 9;

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
    /// The commit to compare with.
    against: Option<String>,
    /// How often each step is run with both builds.
    pairs: usize,
    pub(crate) rows: Vec<Row>,
    /// What was left out, and why.
    pub(crate) skipped: Vec<String>,
    compared: Vec<Compared>,
}

/// What is measured: this tree's programs, and those of the commit they are compared with.
#[derive(Debug)]
pub(crate) struct Builds {
    pub(crate) now: Build,
    pub(crate) older: Option<Build>,
}

impl Builds {
    /// All of them.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Build> {
        std::iter::once(&self.now).chain(&self.older)
    }
}

impl Bench {
    fn parse(words: &[&str]) -> Result<Self, Failure> {
        let target_dir = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        let mut bench = Self {
            chain_txs: vec![100_000, 1_000_000],
            peers: true,
            work_dir: root().join(target_dir).join("bench"),
            against: None,
            pairs: PAIRS,
            compared: Vec::new(),
            rows: Vec::new(),
            skipped: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--no-peers" => bench.peers = false,
                "--against" => {
                    let commit = words.next().copied().unwrap_or_default();
                    if commit.is_empty() || commit.starts_with('-') {
                        return Err(Failure::Usage("--against wants a commit".into()));
                    }
                    bench.against = Some(commit.to_owned());
                }
                "--pairs" => {
                    let value = words.next().copied().unwrap_or_default();
                    bench.pairs =
                        value.parse().ok().filter(|pairs| (1..=99).contains(pairs)).ok_or_else(|| {
                            Failure::Usage(format!("--pairs wants a number from 1 to 99, not `{value}`"))
                        })?;
                }
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

    fn builds(&self) -> Result<Builds, Failure> {
        let older = self.against.as_deref();
        let older =
            older.map(|commit| Build::of_commit(commit, &self.work_dir.with_file_name("bench-against")));
        Ok(Builds { now: Build::of_this_tree()?, older: older.transpose()? })
    }

    /// Measures one step with this tree's programs and keeps its rows; where there is an older build, with both in
    /// turn, each first in every other pair, and keeps the rows of this tree's first run.
    pub(crate) fn step(
        &mut self,
        builds: &Builds,
        step: impl Fn(&Self, &Build) -> Result<Vec<Row>, Failure>,
    ) -> Result<(), Failure> {
        let Some(older) = &builds.older else {
            let rows = step(self, &builds.now)?;
            self.rows.extend(rows);
            return Ok(());
        };
        let mut runs = Vec::with_capacity(self.pairs);
        for pair in 0..self.pairs {
            runs.push(if pair % 2 == 0 {
                let then = step(self, older)?;
                (then, step(self, &builds.now)?)
            } else {
                let now = step(self, &builds.now)?;
                (step(self, older)?, now)
            });
        }
        self.compared.extend(Compared::of(&older.name, &runs));
        self.rows.extend(runs.into_iter().next().map(|(_, now)| now).unwrap_or_default());
        Ok(())
    }
}

pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let mut bench = Bench::parse(words)?;
    if !bench.peers {
        bench.skipped.push("peers: left out by --no-peers".into());
    }
    let mut machine = Machine::read()?;
    let builds = bench.builds()?;
    let chains = inputs::generated_chains(&mut bench, &builds.now)?;
    ours::measure_all(&mut bench, &builds, &chains)?;
    analysis::measure_all(&mut bench, &builds, &chains)?;
    guard::measure_all(&mut bench, &builds)?;
    transfers::measure_all(&mut bench, &builds.now)?;
    transfers::measure_taint(&mut bench, &builds.now)?;
    transfers::measure_sources(&mut bench, &builds.now)?;
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
        let bench = Bench::parse(&["--against", "v0.1.0", "--pairs", "3"]).expect("fine");
        assert_eq!((bench.against.as_deref(), bench.pairs), (Some("v0.1.0"), 3));
        for wrong in [
            &["--txs", "many"][..],
            &["--txs"],
            &["--quick"],
            &["--against"],
            &["--against", "--pairs"],
            &["--pairs", "0"],
        ] {
            assert!(matches!(Bench::parse(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }
}
