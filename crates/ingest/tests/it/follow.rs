//! Following a node: no block is lost, whatever was not told meanwhile.

use std::{
    net::TcpListener,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::json;
use tracehound_evm::{
    chains::Rules,
    node::{End, Node, NodeOptions},
    rpc::HttpLimits,
};
use tracehound_ingest::{
    EvmNodeOptions, EvmRound, NewBlocks, TransferIngestError, follow_evm_node, ingest_evm_node,
};
use tracehound_model::Chain;
use tracehound_testkit::http::Response;
use tracehound_transfers::TransferLedger;
use tungstenite::{Message, accept};

use crate::fake_node::{FakeNode, Told, chain};

const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

fn options() -> NodeOptions {
    let limits = HttpLimits { pause: Duration::ZERO, ..NodeOptions::default().limits };
    NodeOptions { limits, senders: false, ..NodeOptions::default() }
}

fn latest() -> EvmNodeOptions {
    EvmNodeOptions { end: End::Depth(0), ..EvmNodeOptions::default() }
}

fn id(dir: &std::path::Path) -> String {
    TransferLedger::open(dir, Chain::Evm(1)).expect("opens").snapshot_id()
}

fn clean(blocks: Vec<Told>) -> String {
    let dir = tempfile::tempdir().expect("temporary folder");
    let node = FakeNode::start(blocks);
    let mut node = Node::connect(&node.url(), Rules::ethereum(), options()).expect("a node");
    ingest_evm_node(dir.path(), &mut node, &latest(), &|_| GO_ON).expect("taken");
    id(dir.path())
}

/// What a node does between two rounds of being followed.
type Meanwhile = Box<dyn Fn(&FakeNode)>;

/// Follows a node that does this between the rounds; says what each of them brought.
fn follow(dir: &std::path::Path, node: &FakeNode, meanwhile: &[Meanwhile]) -> Vec<EvmRound> {
    let mut asked = Node::connect(&node.url(), Rules::ethereum(), options()).expect("a node");
    let mut rounds = Vec::new();
    let mut between = |round: &EvmRound| {
        // What was appended is there for whoever asks, while it is followed.
        if round.blocks > 0 {
            let tip = TransferLedger::open(dir, Chain::Evm(1)).expect("opens").info().tip.expect("a block");
            assert_eq!(Some(tip.height), round.tip);
        }
        rounds.push(round.clone());
        match meanwhile.get(rounds.len() - 1) {
            Some(happens) => {
                happens(node);
                GO_ON
            }
            None => ControlFlow::Break(()),
        }
    };
    let done = follow_evm_node(dir, &mut asked, &latest(), &mut between, &|_| GO_ON).expect("followed");
    assert!(done.report.stopped && done.broken.is_none());
    rounds
}

#[test]
fn blocks_that_nobody_told_of_and_reorganisations_at_the_tip_are_caught_up_with() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let node = FakeNode::start(chain(5, 0, 0));
    let set = |length, branch, from| -> Meanwhile {
        Box::new(move |node: &FakeNode| node.set_chain(chain(length, branch, from)))
    };
    let rounds = follow(
        dir.path(),
        &node,
        &[
            // Three at once; nothing; two gone and four others; those gone again, for the first two and another.
            set(8, 0, 0),
            Box::new(|_| {}),
            set(10, 1, 7),
            set(10, 2, 10),
            // Behind for a moment, as another node of a pool is.
            set(6, 0, 0),
            set(12, 2, 10),
        ],
    );
    let told: Vec<_> =
        rounds.iter().map(|round| (round.tip, round.blocks, round.rewound_to, round.behind)).collect();
    assert_eq!(
        told,
        [
            (Some(5), 6, None, false),
            (Some(8), 9, None, false),
            (Some(8), 9, None, false),
            (Some(10), 13, Some(6), false),
            (Some(10), 17, Some(6), false),
            (Some(10), 17, Some(6), true),
            (Some(12), 19, Some(6), false),
        ]
    );
    assert_eq!(id(dir.path()), clean(chain(12, 2, 10)), "as if it had been asked once, at the end");
}

#[test]
fn a_node_that_fails_for_a_while_is_asked_again_and_says_why_meanwhile() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let node = FakeNode::start(chain(3, 0, 0));
    let rounds = follow(
        dir.path(),
        &node,
        &[
            Box::new(|node: &FakeNode| {
                node.set_chain(chain(9, 0, 0));
                node.change(|method, number, _| {
                    (method == "eth_getBlockReceipts" && number == 6).then(|| Ok(json!([])))
                });
            }),
            // Closed sockets.
            Box::new(|node: &FakeNode| node.whole(|_, _| Some(Response::status(0, "")))),
            Box::new(FakeNode::be_honest),
        ],
    );
    let tips: Vec<_> = rounds.iter().map(|round| (round.tip, round.problem.is_some())).collect();
    assert_eq!(tips, [(Some(3), false), (Some(5), true), (Some(5), true), (Some(9), false)], "{rounds:?}");
    let why = rounds[1].problem.as_deref().expect("it lied");
    assert!(why.contains("receipts of block 6"), "{why}");
    assert_eq!(id(dir.path()), clean(chain(9, 0, 0)));
}

#[test]
fn a_ledger_of_another_chain_ends_it_at_once() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let node = FakeNode::start(chain(3, 0, 0));
    let set: Meanwhile = Box::new(|node: &FakeNode| node.set_chain(chain(9, 1, 0)));
    let mut asked = Node::connect(&node.url(), Rules::ethereum(), options()).expect("a node");
    let mut rounds = 0;
    let mut between = |_: &EvmRound| {
        rounds += 1;
        set(&node);
        GO_ON
    };
    let ended = follow_evm_node(dir.path(), &mut asked, &latest(), &mut between, &|_| GO_ON);
    assert!(matches!(ended, Err(TransferIngestError::NothingInCommon { .. })), "{ended:?}");
    assert_eq!(rounds, 1);
    assert_eq!(id(dir.path()), clean(chain(3, 0, 0)));
}

/// A node's socket: takes so many subscriptions, tells of two blocks on each, and closes it.
fn socket(subscriptions: usize) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("ws://{}", listener.local_addr().expect("an address"));
    let taken = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&taken);
    thread::spawn(move || {
        for _ in 0..subscriptions {
            let (stream, _) = listener.accept().expect("a connection");
            let mut socket = accept(stream).expect("a socket");
            let asked = socket.read().expect("a question").to_string();
            assert!(asked.contains("eth_subscribe") && asked.contains("newHeads"), "{asked}");
            count.fetch_add(1, Ordering::SeqCst);
            let head = json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": { "subscription": "0x1", "result": {} } });
            // One before the answer to the question, as some nodes do.
            let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": "0x1" });
            for said in [&head, &answer, &head, &head] {
                socket.send(Message::text(said.to_string())).expect("said");
            }
            socket.close(None).expect("closed");
            while socket.read().is_ok() {}
        }
    });
    (url, taken)
}

#[test]
fn a_socket_rings_for_each_block_and_when_it_is_opened_and_when_it_ends() {
    let long = Duration::from_hours(1);
    let (url, taken) = socket(1);
    let mut bell = NewBlocks::new(Some(url), long);
    // Opened, two blocks, closed: were it for the clock alone, this would take hours.
    for _ in 0..4 {
        assert_eq!(bell.wait(&|| GO_ON), GO_ON);
    }
    assert!(bell.problem().is_some_and(|why| why.starts_with("ws://127.0.0.1:")), "{:?}", bell.problem());
    assert_eq!(taken.load(Ordering::SeqCst), 1);
    assert_eq!(bell.wait(&|| ControlFlow::Break(())), ControlFlow::Break(()), "whoever may end it is asked");
    // One that ended is opened again when its time has come.
    let (url, taken) = socket(2);
    let mut bell = NewBlocks::new(Some(url), Duration::ZERO);
    while taken.load(Ordering::SeqCst) < 2 {
        assert_eq!(bell.wait(&|| GO_ON), GO_ON);
    }
}

#[test]
fn without_a_socket_the_clock_rings_and_the_reason_is_told_without_the_key() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let mut bell = NewBlocks::new(Some(format!("ws://{address}/v3/0123456789abcdef")), Duration::ZERO);
    assert_eq!(bell.wait(&|| GO_ON), GO_ON);
    let why = bell.problem().expect("nobody is there");
    assert!(why.contains(&format!("ws://{address}")) && !why.contains("0123456789abcdef"), "{why}");
    let mut bell = NewBlocks::new(Some("http://127.0.0.1:1/KEYKEY".to_owned()), Duration::ZERO);
    assert_eq!(bell.wait(&|| GO_ON), GO_ON);
    assert!(bell.problem().is_some_and(|why| why.contains("ws://HOST:PORT") && !why.contains("KEYKEY")));
}
