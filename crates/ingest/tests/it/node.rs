//! Following a node: one that is made of generated blocks and fails when told to.

use std::{cell::Cell, ops::ControlFlow, path::Path};

use tracehound_bitcoin::{
    ChainPoint, block_hash,
    live::{BlockServer, ChainInfo, LiveError},
};
use tracehound_ingest::{IngestError, NodeOptions, NodeReport, ingest_bitcoin_node};
use tracehound_ledger::Ledger;
use tracehound_model::{BitcoinNetwork, BlockHash, utxo::Header};
use tracehound_range::demo_case;

/// A node with these blocks, of which it can serve so many before it fails.
struct Node {
    blocks: Vec<Vec<u8>>,
    network: BitcoinNetwork,
    left: Cell<usize>,
}

fn id(block: &[u8]) -> BlockHash {
    block_hash(&Header(block[..80].try_into().expect("80 bytes")))
}

impl Node {
    fn new(seed: u64, blocks: usize) -> Self {
        let case = demo_case(seed, BitcoinNetwork::Regtest).expect("a case");
        let blocks = case.blocks.into_iter().take(blocks).collect();
        Self { blocks, network: BitcoinNetwork::Regtest, left: Cell::new(usize::MAX) }
    }

    fn hash(&self, height: usize) -> Option<BlockHash> {
        self.blocks.get(height).map(|block| id(block))
    }
}

impl BlockServer for Node {
    fn chain_info(&self) -> Result<ChainInfo, LiveError> {
        let height = self.blocks.len() - 1;
        let tip = ChainPoint { hash: self.hash(height).expect("has a tip"), height: height as u32 };
        Ok(ChainInfo { network: self.network, tip, catching_up: false, pruned_below: None })
    }

    fn hash_at(&self, height: u32) -> Result<Option<BlockHash>, LiveError> {
        Ok(self.hash(height as usize))
    }

    fn block(&self, hash: &BlockHash) -> Result<Vec<u8>, LiveError> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(LiveError::Unauthorised("the test".to_owned()));
        };
        self.left.set(left);
        let found = self.blocks.iter().find(|block| id(block) == *hash);
        Ok(found.expect("asked for one of ours").clone())
    }
}

fn options() -> NodeOptions {
    NodeOptions { commit_every: 7, ..NodeOptions::new(BitcoinNetwork::Regtest) }
}

fn run(dir: &Path, node: &Node) -> NodeReport {
    ingest_bitcoin_node(dir, node, options(), &|_| ControlFlow::Continue(())).expect("runs")
}

fn content(dir: &Path) -> String {
    let ledger = Ledger::open(dir).expect("opens");
    ledger.verify().expect("whole").content.clone()
}

fn tip(dir: &Path) -> Option<BlockHash> {
    Ledger::open(dir).expect("opens").info().tip.map(|tip| tip.hash)
}

#[test]
fn a_ledger_catches_up_and_goes_on_where_it_ended() {
    let (at_once, in_steps) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    let whole = Node::new(1, 120);
    let report = run(at_once.path(), &whole);
    assert_eq!((report.appended.blocks, report.followed.rewinds), (120, 0));
    for blocks in [1, 50, 50, 119, 120] {
        run(in_steps.path(), &Node::new(1, blocks));
    }
    assert_eq!(tip(in_steps.path()), whole.hash(119));
    assert_eq!(content(in_steps.path()), content(at_once.path()));
}

#[test]
fn a_reorg_drops_what_the_node_has_left() {
    let (moved, fresh) = (tempfile::tempdir().expect("folder"), tempfile::tempdir().expect("folder"));
    run(moved.path(), &Node::new(1, 30));
    // Another chain on the same genesis block, and longer.
    let other = Node::new(2, 40);
    let report = run(moved.path(), &other);
    assert_eq!((report.appended.blocks, report.followed.rewinds), (39, 1));
    run(fresh.path(), &other);
    assert_eq!(content(moved.path()), content(fresh.path()));
}

#[test]
fn a_node_that_dies_on_the_way_costs_nothing_that_came_before() {
    let dir = tempfile::tempdir().expect("folder");
    let node = Node::new(1, 60);
    node.left.set(25);
    let report = run(dir.path(), &node);
    assert_eq!(report.appended.blocks, 25);
    assert!(matches!(report.broken, Some(LiveError::Unauthorised(_))));
    assert_eq!(tip(dir.path()), node.hash(24));
    node.left.set(usize::MAX);
    assert_eq!(run(dir.path(), &node).appended.blocks, 35);
    assert_eq!(tip(dir.path()), node.hash(59));
}

#[test]
fn an_interrupted_run_keeps_what_it_has() {
    let dir = tempfile::tempdir().expect("folder");
    let node = Node::new(1, 60);
    let seen = Cell::new(0);
    let report = ingest_bitcoin_node(dir.path(), &node, options(), &|step| {
        seen.set(seen.get() + 1);
        assert_eq!(step.tip, 59);
        if seen.get() == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .expect("runs");
    assert!(report.followed.stopped);
    assert_eq!((report.appended.blocks, tip(dir.path())), (10, node.hash(9)));
}

#[test]
fn a_ledger_may_begin_in_the_middle_and_says_what_is_missing() {
    let dir = tempfile::tempdir().expect("folder");
    let late = NodeOptions { from_height: 110, ..options() };
    let report = ingest_bitcoin_node(dir.path(), &Node::new(1, 125), late, &|_| ControlFlow::Continue(()))
        .expect("runs");
    assert_eq!(report.appended.blocks, 15);
    assert!(report.appended.missing_inputs > 0);
    let report = ingest_bitcoin_node(dir.path(), &Node::new(1, 128), late, &|_| ControlFlow::Continue(()))
        .expect("runs");
    assert_eq!(report.appended.blocks, 3);
    Ledger::open(dir.path()).expect("opens").verify().expect("whole");
}

#[test]
fn another_network_and_a_dead_node_are_errors() {
    let dir = tempfile::tempdir().expect("folder");
    let wrong = Node { network: BitcoinNetwork::Signet, ..Node::new(1, 5) };
    let error = ingest_bitcoin_node(dir.path(), &wrong, options(), &|_| ControlFlow::Continue(()))
        .expect_err("refused");
    assert!(matches!(error, IngestError::Node(LiveError::Network { .. })), "{error}");
    assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 0, "no ledger was made");
    let dead = Node::new(1, 5);
    dead.left.set(0);
    let error = ingest_bitcoin_node(dir.path(), &dead, options(), &|_| ControlFlow::Continue(()))
        .expect_err("refused");
    assert!(matches!(error, IngestError::Node(LiveError::Unauthorised(_))), "{error}");
}
