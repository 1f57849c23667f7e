//! The Python peers, on the same files in the same run: `bitcoin-explorer` and `blockchain-parser`.
//!
//! Both are installed by name from the Python registry into a virtual environment in the target folder; one that cannot
//! be had is skipped by name. They read a copy with mainnet's magic, made
//! first together with the block index they want beside the files; that is not counted.

use std::{fs, path::Path, process::Command};

use serde::Deserialize;

use super::{
    Bench, Row,
    inputs::{Chain, Counts, grouped},
    measure::{measure, warm},
};
use crate::run::{Failure, command};

const SCRIPT: &str = include_str!("peers.py");

struct Peer {
    package: &'static str,
    task: &'static str,
    note: &'static str,
}

/// The largest chain that the peers read: they take half a minute for a million transactions.
const MOST_TXS: u64 = 2_000_000;

const PEERS: [Peer; 2] = [
    Peer {
        package: "bitcoin-explorer",
        task: "explorer",
        note: "`get_block_iter_array`, simplified; Rust core, Python objects; reads through a prepared block index",
    },
    Peer {
        package: "blockchain-parser",
        task: "parser",
        note: "`get_unordered_blocks`, ids of all transactions; pure Python",
    },
];

#[derive(Deserialize)]
struct Said {
    #[serde(flatten)]
    counts: Counts,
    seconds: f64,
}

pub(crate) fn run(bench: &mut Bench, chains: &[Chain]) -> Result<(), Failure> {
    let home = bench.work_dir.with_file_name("bench-peers");
    let python = match environment(&home) {
        Ok(python) => python,
        Err(reason) => {
            bench.skipped.push(format!("peers: {reason}"));
            return Ok(());
        }
    };
    let script = home.join("peers.py");
    fs::write(&script, SCRIPT)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", script.display())))?;
    let installed: Vec<(&Peer, String)> = PEERS
        .iter()
        .filter_map(|peer| match install(&python, peer.package) {
            Ok(version) => Some((peer, version)),
            Err(reason) => {
                bench.skipped.push(format!("peer {}: {reason}", peer.package));
                None
            }
        })
        .collect();
    for chain in chains {
        if chain.counts.txs > MOST_TXS {
            bench.skipped.push(format!(
                "the peers that read block files on the {}: over {} transactions they take minutes each",
                chain.name,
                grouped(MOST_TXS)
            ));
            continue;
        }
        if !installed.is_empty() {
            index(&python, &script, chain)?;
        }
        for (peer, version) in &installed {
            let row = measure_peer(&python, &script, peer, version, chain)?;
            bench.rows.push(row);
        }
    }
    Ok(())
}

/// The clustering peer on the inputs of a ledger, beside ours without its exceptions.
pub(crate) fn clusters(
    bench: &mut Bench,
    chain: &Chain,
    ledger: &Path,
    flow: &str,
    ours: &str,
) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Ours {
        inputs: u64,
        all: All,
    }
    #[derive(Deserialize)]
    struct All {
        links: u64,
        seconds: f64,
    }
    #[derive(Deserialize)]
    struct Theirs {
        inputs: u64,
        best: f64,
    }
    let dir = ledger.to_string_lossy();
    let measured = measure(command(ours, &["clusters", &dir]))?;
    let said: Ours = parse(&measured.stdout)?;
    let note = format!(
        "every transaction whatever it is, spanning edges kept, two threads; {} links",
        grouped(said.all.links)
    );
    bench.rows.push(Row {
        section: "Following money",
        subject: "Tracehound: clusters, no exceptions".into(),
        input: chain.name.clone(),
        bytes: 0,
        items: said.inputs,
        unit: "inputs",
        seconds: said.all.seconds,
        whole: true,
        peak_mib: Some(measured.peak_mib),
        command: "measure_clusters clusters LEDGER".into(),
        note,
    });
    let home = bench.work_dir.with_file_name("bench-peers");
    let installed =
        environment(&home).and_then(|python| Ok((install(&python, "graphsense-clustering")?, python)));
    let (version, python) = match installed {
        Ok(both) => both,
        Err(reason) => {
            bench.skipped.push(format!("peer graphsense-clustering: {reason}"));
            return Ok(());
        }
    };
    let (script, file) = (home.join("peers.py"), bench.work_dir.join("inputs.bin"));
    fs::write(&script, SCRIPT)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", script.display())))?;
    let line = format!("'{flow}' inputs '{dir}' > '{}'", file.display());
    measure(command("sh", &["-c", &line]))?;
    let mut task = Command::new(&python);
    task.arg(&script).arg("clusters").arg(&file);
    let measured = measure(task)?;
    let theirs: Theirs = parse(&measured.stdout)?;
    let _ = fs::remove_file(&file);
    bench.rows.push(Row {
        section: "Following money",
        subject: format!("graphsense-clustering {version}"),
        input: chain.name.clone(),
        bytes: 0,
        items: theirs.inputs,
        unit: "inputs",
        seconds: theirs.best,
        whole: true,
        peak_mib: Some(measured.peak_mib),
        command: "peers.py clusters FILE".into(),
        note: "Rust core called from Python; its lists of integers are made before the clock starts; best of three".into(),
    });
    Ok(())
}

/// Peers that read account chains, on blocks that [`super::transfers::measure_sources`] read too: as files of ethereum-etl, and over
/// JSON-RPC. Neither keeps a ledger, nor holds a receipt against a root.
pub(crate) fn account_chains(
    bench: &mut Bench,
    build: &super::build::Build,
    [blocks, txs, logs]: [&str; 3],
) -> Result<(), Failure> {
    let home = bench.work_dir.with_file_name("bench-peers-evm");
    let python = match environment(&home) {
        Ok(python) => python,
        Err(reason) => {
            bench.skipped.push(format!("peers of account chains: {reason}"));
            return Ok(());
        }
    };
    let script = home.join("peers.py");
    fs::write(&script, SCRIPT)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", script.display())))?;
    let count = |text: &str| text.parse::<u64>().map_err(|_| Failure::new(format!("`{text}` is no number")));
    let transfers = count(blocks)? * count(txs)? * count(logs)?;
    let row = |subject: String, seconds: f64, peak_mib: Option<u64>, command: &str, note: &str| Row {
        section: "Account chains",
        subject,
        input: format!("generated blocks of {txs} transactions with {logs} transfers of tokens each"),
        bytes: 0,
        items: transfers,
        unit: "transfers",
        seconds,
        whole: false,
        peak_mib,
        command: command.to_owned(),
        note: note.to_owned(),
    };
    // On newer Pythons it wants a newer version of what it reads contracts' interfaces with than it asks for.
    let installed = install(&python, "ethereum-etl==2.4.2")
        .and_then(|version| install(&python, "parsimonious==0.10.0").map(|_| version));
    match installed {
        Ok(version) => {
            #[derive(Deserialize)]
            struct Said {
                transfers: u64,
                cpu_seconds: f64,
            }
            let files = bench.work_dir.join("peer-etl");
            let _ = fs::remove_dir_all(&files);
            let args = ["files", blocks, txs, logs, &*files.to_string_lossy()];
            measure(command(&build.example("measure_evm"), &args))?;
            let mut task = Command::new(&python);
            task.arg(&script)
                .arg("etl")
                .arg(files.join("logs.csv"))
                .arg(bench.work_dir.join("peer-transfers.csv"));
            let measured = measure(task)?;
            let said: Said = parse(&measured.stdout)?;
            if said.transfers != transfers {
                let counted = said.transfers;
                return Err(Failure::new(format!("ethereum-etl found {counted} transfers of {transfers}")));
            }
            bench.rows.push(row(
                format!("ethereum-etl {version}: transfers of tokens out of its own files"),
                said.cpu_seconds,
                Some(measured.peak_mib),
                "peers.py etl LOGS OUT",
                "one worker; out of logs into CSV; CPU time without starting Python; no transactions, no fees, no ledger",
            ));
        }
        Err(reason) => bench.skipped.push(format!("peer ethereum-etl: {reason}")),
    }
    match install(&python, "cryo==0.3.2") {
        Ok(version) => {
            let out = bench.work_dir.join("peer-cryo");
            let _ = fs::remove_dir_all(&out);
            let (out, script) = (out.to_string_lossy().into_owned(), script.to_string_lossy().into_owned());
            let args = ["serve", blocks, txs, logs, "--", &*python, &script, "cryo", &out, blocks, "{url}"];
            let measured = measure(command(&build.example("measure_evm"), &args))?;
            let said: serde_json::Value = parse(&measured.stdout)?;
            if said["said"]["transfers"].as_u64() != Some(transfers) {
                return Err(Failure::new(format!("cryo found other transfers than {transfers}: {said}")));
            }
            let seconds = said["cpu_seconds"].as_f64().unwrap_or(f64::NAN);
            bench.rows.push(row(
                format!("cryo {version}: transfers of tokens from a node"),
                seconds,
                None,
                "measure_evm serve BLOCKS TXS LOGS -- python peers.py cryo OUT BLOCKS {url}",
                "`eth_getLogs` block by block into CSV; CPU time of the process, starting Python included; no transactions, no fees, no proof, no ledger",
            ));
        }
        Err(reason) => bench.skipped.push(format!("peer cryo: {reason}")),
    }
    Ok(())
}

fn parse<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, Failure> {
    serde_json::from_str(json)
        .map_err(|error| Failure::new(format!("no figures in `{}`: {error}", json.trim())))
}

/// The environment's Python, made on the first run.
fn environment(home: &Path) -> Result<String, String> {
    let python = home.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(home).output();
        let made = made.map_err(|error| format!("python3 cannot be started ({error})"))?;
        if !made.status.success() {
            return Err(format!(
                "`python3 -m venv` failed (Debian: install python3-venv): {}",
                last_line(&made.stderr)
            ));
        }
    }
    Ok(python.to_string_lossy().into_owned())
}

/// Installs a package and says its version.
fn install(python: &str, package: &str) -> Result<String, String> {
    let pip = |args: &[&str]| {
        let mut command = Command::new(python);
        command.args(["-m", "pip", "--disable-pip-version-check"]).args(args);
        command.output().map_err(|error| format!("pip cannot be started ({error})"))
    };
    let installed = pip(&["install", "--quiet", package])?;
    if !installed.status.success() {
        return Err(format!("cannot be installed: {}", last_line(&installed.stderr)));
    }
    let shown = pip(&["show", package])?;
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let version = shown.lines().find_map(|line| line.strip_prefix("Version: "));
    version.map(str::to_owned).ok_or_else(|| "pip does not say its version".to_owned())
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim().lines().next_back().unwrap_or("it said nothing").to_owned()
}

fn index(python: &str, script: &Path, chain: &Chain) -> Result<(), Failure> {
    let copy = chain.peers_copy();
    if copy.exists() {
        return Ok(());
    }
    // Renamed when whole: an interrupted copy is not taken for one.
    let partial = copy.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    let mut command = Command::new(python);
    command.arg(script).arg("index").args([&chain.node, &partial]);
    measure(command)?;
    fs::rename(&partial, &copy)
        .map_err(|error| Failure::new(format!("cannot rename {}: {error}", partial.display())))
}

fn task(python: &str, script: &Path, task: &str, chain: &Chain) -> Command {
    let mut command = Command::new(python);
    command.arg(script).arg(task).arg(chain.peers_copy());
    command
}

fn measure_peer(
    python: &str,
    script: &Path,
    peer: &Peer,
    version: &str,
    chain: &Chain,
) -> Result<Row, Failure> {
    warm(&chain.peers_copy().join("blocks"))?;
    let measured = measure(task(python, script, peer.task, chain))?;
    let said: Said = serde_json::from_str(&measured.stdout)
        .map_err(|error| Failure::new(format!("{} said `{}`: {error}", peer.package, measured.stdout)))?;
    if !said.counts.agree(&chain.counts) {
        return Err(Failure::new(format!(
            "{} counted {:?} in the {}, which has {:?}",
            peer.package, said.counts, chain.name, chain.counts
        )));
    }
    Ok(Row {
        section: "Reading block files: peers",
        subject: format!("{} {version}", peer.package),
        input: chain.name.clone(),
        bytes: chain.counts.bytes,
        items: chain.counts.txs,
        unit: "tx",
        // Its own clock: starting Python is not its work.
        seconds: said.seconds,
        whole: true,
        peak_mib: Some(measured.peak_mib),
        command: format!("peers.py {} COPY", peer.task),
        note: peer.note.into(),
    })
}
