//! The block files that everything is measured on. Made once, kept in the work folder.

use std::{fs, path::PathBuf};

use serde::Deserialize;

use super::{Bench, Row, build::Build, measure::measure};
use crate::run::{Failure, command};

/// Size of the folder of repeated real blocks.
pub(crate) const REPEATED_MIB: u64 = 512;

/// A generated chain, in a folder that looks like a node's: `NODE/blocks/blk*.dat`.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) node: PathBuf,
    /// For people: "generated chain, 100,000 transactions".
    pub(crate) name: String,
    pub(crate) counts: Counts,
}

impl Chain {
    /// The same blocks as the peers want them.
    pub(crate) fn peers_copy(&self) -> PathBuf {
        self.node.join("for-peers")
    }
}

/// What the chain holds, as its generator counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Counts {
    #[serde(default)]
    pub(crate) bytes: u64,
    pub(crate) blocks: u64,
    pub(crate) txs: u64,
    pub(crate) inputs: u64,
    pub(crate) outputs: u64,
}

impl Counts {
    /// Whether somebody else counted the same; bytes aside.
    pub(crate) fn agree(&self, other: &Self) -> bool {
        (self.blocks, self.txs, self.inputs, self.outputs)
            == (other.blocks, other.txs, other.inputs, other.outputs)
    }
}

/// Generates the chains, smallest first, and adds a row for what that took.
///
/// A chain that is there is not made again, and then has no row: delete the folder to measure it.
pub(crate) fn generated_chains(bench: &mut Bench, build: &Build) -> Result<Vec<Chain>, Failure> {
    let mut chains = Vec::new();
    for txs in bench.chain_txs.clone() {
        let node = bench.work_dir.join(format!("generated-{txs}"));
        let (blocks, facts) = (node.join("blocks"), node.join("counts.json"));
        let name = format!("generated chain, {} transactions", grouped(txs));
        let json = if let Ok(json) = fs::read_to_string(&facts) {
            bench.skipped.push(format!("generating the {name}: it was there already"));
            json
        } else {
            // What an interrupted run left behind.
            if node.exists() {
                fs::remove_dir_all(&node).map_err(|error| io("remove", &node, &error))?;
            }
            let dir = blocks.to_string_lossy();
            let measured = measure(command(&build.example("blocks"), &["generate", &txs.to_string(), &dir]))?;
            let counts = parse(&measured.stdout)?;
            bench.rows.push(Row {
                section: "Generator",
                subject: "range: write block files".into(),
                input: name.clone(),
                bytes: counts.bytes,
                items: counts.txs,
                unit: "tx",
                seconds: measured.seconds,
                whole: true,
                peak_mib: Some(measured.peak_mib),
                command: format!("blocks generate {txs} DIR"),
                note: "one thread; ids, Merkle roots, witness commitments hashed".into(),
            });
            fs::write(&facts, &measured.stdout).map_err(|error| io("write", &facts, &error))?;
            measured.stdout
        };
        chains.push(Chain { node, name, counts: parse(&json)? });
    }
    Ok(chains)
}

/// A real mainnet block, repeated: `blk*.dat` files in a folder, and how many blocks they hold.
pub(crate) fn repeated_real_block(bench: &Bench, build: &Build) -> Result<(PathBuf, u64), Failure> {
    #[derive(Deserialize)]
    struct Repeated {
        blocks: u64,
    }
    let dir = bench.work_dir.join(format!("repeated-{REPEATED_MIB}"));
    let (blocks, facts) = (dir.join("blocks"), dir.join("counts.json"));
    let json = if let Ok(json) = fs::read_to_string(&facts) {
        json
    } else {
        let _ = fs::remove_dir_all(&dir);
        let args = ["repeat", &REPEATED_MIB.to_string(), &blocks.to_string_lossy()];
        let json = measure(command(&build.example("blocks"), &args))?.stdout;
        fs::write(&facts, &json).map_err(|error| io("write", &facts, &error))?;
        json
    };
    let counts: Repeated = serde_json::from_str(&json)
        .map_err(|error| Failure::new(format!("no counts in `{}`: {error}", json.trim())))?;
    Ok((blocks, counts.blocks))
}

fn parse(json: &str) -> Result<Counts, Failure> {
    serde_json::from_str(json)
        .map_err(|error| Failure::new(format!("no counts in `{}`: {error}", json.trim())))
}

fn io(verb: &str, path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot {verb} {}: {error}", path.display()))
}

/// 1234567 as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for (at, digit) in (first..).zip(digits[first..].chars()) {
        if at > 0 && (at - first).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn counts_come_from_the_generator_s_summary() {
        let counts = parse(r#"{"files":[],"bytes":9,"blocks":1,"txs":2,"inputs":3,"outputs":4,"fees":5}"#);
        let counts = counts.expect("a summary");
        assert_eq!((counts.bytes, counts.txs), (9, 2));
        assert!(counts.agree(&Counts { bytes: 0, ..counts }) && !counts.agree(&Counts { txs: 3, ..counts }));
        assert!(parse("").is_err());
    }
}
