//! `ingest node`: a node's REST interface on the loopback interface, made of generated blocks.

use std::{
    path::Path,
    process::Output,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;
use tracehound_bitcoin::block_hash;
use tracehound_model::{BitcoinNetwork, BlockHash, utxo::Header};
use tracehound_range::demo_case;
use tracehound_testkit::http::{Response, Server};

use crate::screen::{text, tracehound};

/// A node with so many of a case's blocks, and how many it will give before it fails.
struct Node {
    server: Server,
    left: Arc<AtomicUsize>,
    tip: BlockHash,
}

impl Node {
    fn start(seed: u64, count: usize) -> Self {
        let case = demo_case(seed, BitcoinNetwork::Regtest).expect("a case");
        let blocks: Vec<(BlockHash, Vec<u8>)> = case
            .blocks
            .into_iter()
            .take(count)
            .map(|block| (block_hash(&Header(block[..80].try_into().expect("80 bytes"))), block))
            .collect();
        let tip = blocks.last().expect("a block").0;
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let budget = Arc::clone(&left);
        let server = Server::start(move |request| Some(answer(&blocks, &budget, &request.path)));
        Self { server, left, tip }
    }
}

fn answer(blocks: &[(BlockHash, Vec<u8>)], left: &AtomicUsize, path: &str) -> Response {
    if path == "/rest/chaininfo.json" {
        let (tip, height) = (blocks.last().expect("a block").0, blocks.len() - 1);
        let info = serde_json::json!({
            "chain": "regtest", "blocks": height, "bestblockhash": tip, "initialblockdownload": false,
        });
        return Response::ok(info.to_string());
    }
    let place = |text: &str| text.strip_suffix(".bin").map(str::to_owned);
    let found = if let Some(height) = path.strip_prefix("/rest/blockhashbyheight/").and_then(place) {
        height.parse().ok().and_then(|height: usize| blocks.get(height)).map(|block| block.0.0.to_vec())
    } else if let Some(hash) = path.strip_prefix("/rest/block/").and_then(place) {
        if left.load(Ordering::SeqCst) == 0 {
            return Response::status(500, "disk failure");
        }
        left.fetch_sub(1, Ordering::SeqCst);
        blocks.iter().find(|block| block.0.to_string() == hash).map(|block| block.1.clone())
    } else {
        None
    };
    found.map_or_else(|| Response::status(404, "not found"), Response::ok)
}

fn ingest(data: &Path, node: &Node, extra: &[&str]) -> Output {
    let url = node.server.url();
    let args = ["ingest", "node", &url, "--rest", "--network", "regtest"];
    tracehound(data, &[&args[..], extra].concat(), "")
}

fn report(output: &Output) -> Value {
    serde_json::from_str(&text(output)).expect("a JSON document")
}

#[test]
fn a_ledger_catches_up_goes_on_and_follows_a_reorg() {
    let data = tempfile::tempdir().expect("folder");
    let output = ingest(data.path(), &Node::start(1, 20), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said = text(&output);
    assert!(said.starts_with("20 blocks, ") && said.contains("at height 19"), "{said}");
    let longer = Node::start(1, 30);
    let on = report(&ingest(data.path(), &longer, &["--output", "json"]));
    assert_eq!((&on["blocks"], &on["rewinds"]), (&10.into(), &0.into()), "{on}");
    assert_eq!(on["tip"]["hash"], longer.tip.to_string());
    let same = report(&ingest(data.path(), &longer, &["--output", "json"]));
    assert_eq!(same["blocks"], 0);
    let other = Node::start(2, 35);
    let moved = report(&ingest(data.path(), &other, &["--output", "json"]));
    assert_eq!((&moved["blocks"], &moved["rewinds"]), (&34.into(), &1.into()), "{moved}");
    let info = tracehound(data.path(), &["ledger", "info", "--network", "regtest", "--output", "json"], "");
    assert_eq!(report(&info)["tip"]["hash"], other.tip.to_string());
}

/// Files and nodes take a budget of memory alike, which changes nothing that is said of the ledger; one that is none is refused.
#[test]
fn a_budget_of_memory_changes_no_answer() {
    let node = Node::start(1, 20);
    let said = [&[][..], &["--memory", "16M"], &["--memory", "1g"]].map(|more: &[&str]| {
        let data = tempfile::tempdir().expect("folder");
        let output = ingest(data.path(), &node, more);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        text(&tracehound(data.path(), &["ledger", "verify", "--network", "regtest"], ""))
    });
    assert!(said.iter().all(|own| *own == said[0]), "{said:?}");
    let data = tempfile::tempdir().expect("folder");
    for args in [
        &["ingest", "bitcoin", "--memory", "12", "x"][..],
        &["ingest", "node", "--memory", "much", "x", "--rest"],
    ] {
        let output = tracehound(data.path(), args, "");
        assert_eq!(output.status.code(), Some(2));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            told.contains("--memory") && told.contains("a size such as 512M or 4G, 16M at least"),
            "{told}"
        );
    }
}

#[test]
fn a_node_that_dies_on_the_way_ends_the_run_and_not_the_work() {
    let data = tempfile::tempdir().expect("folder");
    let node = Node::start(1, 20);
    node.left.store(7, Ordering::SeqCst);
    let output = ingest(data.path(), &node, &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output);
    assert!(said.starts_with("7 blocks, ") && said.contains("disk failure"), "{said}");
    assert!(said.contains("run the same command again"), "{said}");
    node.left.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(report(&ingest(data.path(), &node, &["--output", "json"]))["blocks"], 13);
}

#[test]
fn a_node_of_another_network_or_without_blocks_leaves_no_ledger_that_looks_empty() {
    let data = tempfile::tempdir().expect("folder");
    let node = Node::start(1, 3);
    let url = node.server.url();
    let output = tracehound(data.path(), &["ingest", "node", &url, "--rest"], "");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is on Bitcoin regtest, and Bitcoin mainnet was expected"), "{said}");
    node.left.store(0, Ordering::SeqCst);
    let output = ingest(data.path(), &node, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("disk failure"));
    let address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    let output = tracehound(data.path(), &["screen", address, "--network", "regtest"], "");
    assert!(text(&output).contains("no ledger for"), "{}", text(&output));
}

#[test]
fn a_password_is_taken_from_the_environment_alone_and_a_way_in_must_be_named() {
    let data = tempfile::tempdir().expect("folder");
    let url = "http://127.0.0.1:1";
    let output = tracehound(data.path(), &["ingest", "node", url], "");
    assert_eq!(output.status.code(), Some(2));
    let output = tracehound(data.path(), &["ingest", "node", url, "--rest", "--user", "me"], "");
    assert_eq!(output.status.code(), Some(2));
    let output = tracehound(data.path(), &["ingest", "node", url, "--user", "me"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("TRACEHOUND_NODE_PASSWORD"));
    let output = tracehound(data.path(), &["ingest", "node", url, "--cookie", "/nowhere/.cookie"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/.cookie"));
}
