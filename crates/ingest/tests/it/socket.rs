//! A node's blocks over its socket: the same ledger as over HTTP, whatever happens to the socket.

use std::{ops::ControlFlow, path::Path, time::Duration};

use tracehound_evm::{
    chains::Rules,
    node::{End, Node, NodeOptions},
    rpc::HttpLimits,
};
use tracehound_ingest::{EvmNodeOptions, EvmNodeReport, TransferIngestError, ingest_evm_node};
use tracehound_model::Chain;
use tracehound_testkit::{
    http::Response,
    socket::{Say, SocketServer},
};
use tracehound_transfers::TransferLedger;

use crate::fake_node::{FakeNode, chain};

const LENGTH: u64 = 40;

fn options() -> NodeOptions {
    let limits = HttpLimits { pause: Duration::ZERO, ..NodeOptions::default().limits };
    // Signatures of the made-up chain are nobody's.
    NodeOptions { limits, senders: false, batch: 12, ..NodeOptions::default() }
}

fn ingest_as(dir: &Path, url: &str, options: NodeOptions) -> Result<EvmNodeReport, TransferIngestError> {
    let mut node = Node::connect(url, Rules::ethereum(), options)?;
    let how = EvmNodeOptions { end: End::Depth(0), ..EvmNodeOptions::default() };
    ingest_evm_node(dir, &mut node, &how, &|_| ControlFlow::Continue(()))
}

/// What a ledger of this node comes to.
fn id(url: &str, options: NodeOptions) -> String {
    let dir = tempfile::tempdir().expect("temporary folder");
    let done = ingest_as(dir.path(), url, options).expect("taken");
    assert!(done.broken.is_none(), "{:?}", done.broken);
    assert_eq!(done.report.blocks, LENGTH + 1);
    held(dir.path())
}

fn held(dir: &Path) -> String {
    TransferLedger::open(dir, Chain::Evm(1)).expect("opens").snapshot_id()
}

/// Something that the node tells by itself.
fn told() -> Say {
    Say::Text(
        r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{}}}"#
            .to_owned(),
    )
}

#[test]
fn a_ledger_by_a_socket_is_the_one_by_http() {
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    let by_http = id(&node.url(), options());
    let plain = node.socket(|_, _, answer| vec![Say::Text(answer)]);
    assert_eq!(id(plain.url(), options()), by_http);
    assert_eq!(plain.opened(), 1, "all of it over one socket");
    // It pings, and tells of what nobody asked it for.
    let noisy = node.socket(|_, _, answer| vec![told(), Say::Ping, Say::Text(answer), told()]);
    assert_eq!((id(noisy.url(), options()), noisy.opened()), (by_http.clone(), 1));
    // Every third answer breaks off in the middle, and every connection ends after five.
    let rough = node.socket(|connection, number, answer| match number {
        3 if connection % 2 == 0 => vec![Say::Half(answer)],
        5 => vec![Say::Text(answer), Say::End("that is all for now")],
        _ => vec![Say::Text(answer)],
    });
    assert_eq!(id(rough.url(), options()), by_http);
    assert!(rough.opened() >= 3, "{}", rough.opened());
    // Answers that are too large for the limit are asked for in smaller requests; so are those that a node ends the connection on.
    let small = HttpLimits { body: 20_000, ..options().limits };
    let before = node.sizes().len();
    assert_eq!(id(plain.url(), NodeOptions { limits: small, ..options() }), by_http);
    assert!(node.sizes()[before..].windows(2).any(|sizes| sizes == [12, 6]), "{:?}", node.sizes());
    node.whole(|questions, _| (questions > 4).then(|| Response::status(0, "")));
    assert_eq!(id(plain.url(), options()), by_http);
}

#[test]
fn a_socket_whose_answers_are_of_other_questions_makes_no_ledger() {
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    let wrong = |answer: String| answer.replace("\"id\":", "\"id\":9");
    let liar: SocketServer = node.socket(move |_, _, answer| vec![Say::Text(wrong(answer))]);
    let dir = tempfile::tempdir().expect("temporary folder");
    let error = ingest_as(dir.path(), liar.url(), options()).expect_err("refused").to_string();
    assert!(error.contains("another id than the questions") && error.contains("ws://127.0.0.1:"), "{error}");
    assert!(!dir.path().join("MANIFEST.json").exists());
    // One that ends in the middle of the chain leaves what came before, and the rest is taken up.
    let short = node.socket(|connection, number, answer| match (connection, number) {
        (0, ..=6) => vec![Say::Text(answer)],
        _ => vec![Say::Half(answer)],
    });
    let done = ingest_as(dir.path(), short.url(), options()).expect("some of it");
    assert!(done.broken.is_some() && (1..LENGTH).contains(&done.report.blocks), "{}", done.report.blocks);
    let rest = node.socket(|_, _, answer| vec![Say::Text(answer)]);
    let rest = ingest_as(dir.path(), rest.url(), options()).expect("taken up");
    assert_eq!(rest.report.blocks + done.report.blocks, LENGTH + 1);
    assert_eq!(held(dir.path()), id(&node.url(), options()));
}
