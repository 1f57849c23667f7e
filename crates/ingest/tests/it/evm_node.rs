//! A node of an account chain into a ledger of transfers: what it tells, what it will not, and what it lies about.

use std::{
    cell::Cell,
    ops::ControlFlow,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tracehound_evm::{
    chains::Rules,
    node::{End, EndBy, Node, NodeError, NodeOptions, TracesBy},
    rpc::HttpLimits,
};
use tracehound_ingest::{EvmNodeOptions, EvmNodeReport, TransferIngestError, ingest_evm_node};
use tracehound_model::{Chain, transfer::Unseen};
use tracehound_testkit::http::Response;
use tracehound_transfers::{BlockNum, TransferLedger, TransferRows, WriterOptions};

use crate::fake_node::{FakeNode, TRANSFERS, TXS, Told, chain};

const LENGTH: u64 = 12;

type Lie = fn(&str, &Told) -> Option<Value>;

fn options() -> NodeOptions {
    let limits = HttpLimits { pause: Duration::ZERO, ..NodeOptions::default().limits };
    // Signatures of the made-up chain are nobody's.
    NodeOptions { limits, senders: false, ..NodeOptions::default() }
}

fn latest() -> EvmNodeOptions {
    EvmNodeOptions { end: End::Depth(0), ..EvmNodeOptions::default() }
}

fn ingest_as(
    dir: &Path,
    node: &FakeNode,
    options: NodeOptions,
    how: &EvmNodeOptions,
) -> Result<EvmNodeReport, TransferIngestError> {
    let mut node = Node::connect(&node.url(), Rules::ethereum(), options)?;
    ingest_evm_node(dir, &mut node, how, &|_| ControlFlow::Continue(()))
}

fn ingest(dir: &Path, node: &FakeNode) -> Result<EvmNodeReport, TransferIngestError> {
    ingest_as(dir, node, options(), &latest())
}

fn open(dir: &Path) -> TransferLedger {
    TransferLedger::open(dir, Chain::Evm(1)).expect("opens")
}

/// What a fresh ingest of an honest node of these blocks comes to.
fn clean(blocks: Vec<Told>) -> String {
    let dir = tempfile::tempdir().expect("temporary folder");
    ingest(dir.path(), &FakeNode::start(blocks)).expect("taken");
    open(dir.path()).snapshot_id()
}

fn unseen(ledger: &TransferLedger, height: u64) -> Unseen {
    ledger.block(BlockNum(height as u32)).expect("held").unseen
}

#[test]
fn a_node_is_taken_whole_in_pieces_and_never_twice() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    let done = ingest(dir.path(), &node).expect("taken");
    assert_eq!((done.report.blocks, done.report.transfers), (LENGTH + 1, LENGTH * TRANSFERS));
    assert_eq!((done.traces, done.head.latest, done.head.end), (TracesBy::CallTracer, LENGTH, Some(LENGTH)));
    assert!(done.broken.is_none() && !done.behind && done.report.refused_logs == 0);
    // What genesis allots is not told; of all else everything is.
    assert_eq!(done.report.gaps.keys().copied().collect::<Vec<_>>(), [Unseen::SOME_ISSUES]);
    let ledger = open(dir.path());
    ledger.verify().expect("right");
    assert_eq!(unseen(&ledger, 0), Unseen::SOME_ISSUES);
    assert!((1..=LENGTH).all(|height| unseen(&ledger, height) == Unseen::NOTHING));
    let snapshot = ledger.snapshot_id();
    let again = ingest(dir.path(), &node).expect("nothing new");
    assert_eq!((again.report.blocks, open(dir.path()).snapshot_id()), (0, snapshot.clone()));

    // Stopped in the middle and taken up.
    let pieces = tempfile::tempdir().expect("temporary folder");
    let read = Cell::new(0);
    let mut asked = Node::connect(&node.url(), Rules::ethereum(), options()).expect("a node");
    let stopped = ingest_evm_node(pieces.path(), &mut asked, &latest(), &|progress| {
        assert_eq!(progress.last, LENGTH);
        read.set(read.get() + 1);
        if read.get() == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let stopped = stopped.expect("stopped");
    assert_eq!((stopped.report.blocks, stopped.report.stopped), (5, true));
    let rest = ingest(pieces.path(), &node).expect("taken up");
    assert_eq!((rest.report.blocks, open(pieces.path()).snapshot_id()), (LENGTH - 4, snapshot));
}

#[test]
fn traces_come_by_either_method_and_are_missed_where_there_is_none() {
    let blocks = chain(LENGTH, 0, 0);
    let wanted = clean(blocks.clone());
    let node = FakeNode::start(blocks);
    let gone = |method: &str| {
        Some(Err((-32_601, "the method does not exist"))).filter(|_| method.starts_with("debug_"))
    };
    node.change(move |method, _, _| gone(method));
    let dir = tempfile::tempdir().expect("temporary folder");
    let done = ingest(dir.path(), &node).expect("taken");
    assert_eq!((done.traces, open(dir.path()).snapshot_id()), (TracesBy::TraceBlock, wanted));

    node.change(|method, _, _| {
        method.contains("trace").then_some(Err((-32_000, "the method trace_block is not available here")))
    });
    let dir = tempfile::tempdir().expect("temporary folder");
    let done = ingest(dir.path(), &node).expect("taken");
    assert_eq!((done.traces, done.report.blocks), (TracesBy::Nothing, LENGTH + 1));
    assert_eq!(done.report.gaps[&Unseen::TRACES].0, LENGTH);
    let ledger = open(dir.path());
    assert!((1..=LENGTH).all(|height| unseen(&ledger, height) == Unseen::TRACES));
    // What contracts passed on is missing, and nothing else.
    assert_eq!(ledger.transfer_count(), LENGTH * (TRANSFERS - TXS));
}

#[test]
fn receipts_come_one_by_one_where_the_node_has_no_list_of_them() {
    let blocks = chain(LENGTH, 0, 0);
    let wanted = clean(blocks.clone());
    let node = FakeNode::start(blocks);
    node.change(|method, _, _| {
        (method == "eth_getBlockReceipts").then_some(Err((-32_601, "the method does not exist")))
    });
    let dir = tempfile::tempdir().expect("temporary folder");
    ingest(dir.path(), &node).expect("taken");
    assert_eq!(open(dir.path()).snapshot_id(), wanted);
}

#[test]
fn a_block_that_could_not_be_traced_has_a_gap_and_so_has_a_single_transaction() {
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    node.change(|method, number, told| match (method, number) {
        ("debug_traceBlockByNumber", 4) => Some(Err((-32_000, "required historical state unavailable"))),
        ("debug_traceBlockByNumber", 7) => {
            let mut traces = told.nested.clone();
            traces[1] = json!({ "txHash": traces[1]["txHash"], "error": "execution timeout" });
            Some(Ok(json!(traces)))
        }
        // Of another block, and of a transaction that is not this one's.
        ("debug_traceBlockByNumber", 9) => Some(Ok(json!([{ "txHash": told.hash, "result": {} }]))),
        _ => None,
    });
    let dir = tempfile::tempdir().expect("temporary folder");
    let done = ingest(dir.path(), &node).expect("taken");
    assert_eq!((done.report.blocks, done.traces), (LENGTH + 1, TracesBy::CallTracer));
    assert_eq!(done.report.gaps[&Unseen::TRACES].0, 2);
    assert!(
        done.report.gaps[&Unseen::TRACES].1.contains("historical state unavailable"),
        "{:?}",
        done.report.gaps
    );
    assert!(done.report.gaps[&Unseen::SOME_TXS].1.contains("execution timeout"), "{:?}", done.report.gaps);
    let ledger = open(dir.path());
    let gaps: Vec<Unseen> = [4, 7, 8, 9].map(|height| unseen(&ledger, height)).into();
    assert_eq!(gaps, [Unseen::TRACES, Unseen::SOME_TXS, Unseen::NOTHING, Unseen::TRACES]);
    // Two blocks without what contracts passed on, and one transaction.
    assert_eq!(ledger.transfer_count(), LENGTH * TRANSFERS - 2 * TXS - 1);
}

#[test]
fn lies_about_a_block_end_the_run_before_it() {
    let blocks = chain(LENGTH, 0, 0);
    let lies: [(&str, Lie); 9] = [
        ("no receipts of a block that has transactions", |method, _| {
            (method == "eth_getBlockReceipts").then(|| json!([]))
        }),
        ("null for receipts", |method, _| (method == "eth_getBlockReceipts").then_some(Value::Null)),
        ("a log that is left out", |method, told| {
            let mut receipts = told.receipts.clone();
            receipts[0]["logs"] = json!([]);
            (method == "eth_getBlockReceipts").then(|| json!(receipts))
        }),
        ("a log that is not there", |method, told| {
            let mut receipts = told.receipts.clone();
            let log = receipts[0]["logs"][0].clone();
            receipts[0]["logs"].as_array_mut().expect("a list").push(log);
            (method == "eth_getBlockReceipts").then(|| json!(receipts))
        }),
        ("a receipt twice", |method, told| {
            let mut receipts = told.receipts.clone();
            receipts[1] = receipts[0].clone();
            (method == "eth_getBlockReceipts").then(|| json!(receipts))
        }),
        ("a transaction twice", |method, told| {
            let mut block = told.block.clone();
            block["transactions"][1] = block["transactions"][0].clone();
            (method == "eth_getBlockByNumber").then_some(block)
        }),
        ("a transaction that is left out", |method, told| {
            let mut block = told.block.clone();
            block["transactions"].as_array_mut().expect("a list").pop();
            (method == "eth_getBlockByNumber").then_some(block)
        }),
        ("another sender of money", |method, told| {
            let mut block = told.block.clone();
            block["transactions"][0]["value"] = json!("0x1");
            (method == "eth_getBlockByNumber").then_some(block)
        }),
        ("a header that was changed", |method, told| {
            let mut block = told.block.clone();
            block["miner"] = json!("0x00000000000000000000000000000000000000ff");
            (method == "eth_getBlockByNumber").then_some(block)
        }),
    ];
    for (what, lie) in lies {
        let node = FakeNode::start(blocks.clone());
        node.change(move |method, number, told| (number == 6).then(|| lie(method, told)).flatten().map(Ok));
        let dir = tempfile::tempdir().expect("temporary folder");
        let done = ingest(dir.path(), &node).expect("what came before is kept");
        let broken = done.broken.unwrap_or_else(|| panic!("{what} was believed")).to_string();
        assert!(broken.contains("of block 6") && broken.contains("what cannot be"), "{what}: {broken}");
        assert_eq!(open(dir.path()).info().tip.map(|block| block.height), Some(5), "{what}");
        // Once it tells the truth, all is as if it always had.
        node.be_honest();
        ingest(dir.path(), &node).expect("taken");
        assert_eq!(open(dir.path()).snapshot_id(), clean(blocks.clone()), "{what}");
    }
}

#[test]
fn a_node_that_lags_for_a_moment_is_asked_again() {
    let blocks = chain(LENGTH, 0, 0);
    let node = FakeNode::start(blocks.clone());
    let asked = AtomicU64::new(0);
    node.change(move |method, number, _| match (method, number) {
        ("eth_getBlockReceipts", 6) if asked.fetch_add(1, Ordering::SeqCst) < 2 => Some(Ok(json!([]))),
        ("eth_getBlockByNumber", 9) if asked.fetch_add(1, Ordering::SeqCst) < 4 => Some(Ok(Value::Null)),
        _ => None,
    });
    let dir = tempfile::tempdir().expect("temporary folder");
    let done = ingest(dir.path(), &node).expect("taken");
    assert!(done.broken.is_none(), "{:?}", done.broken);
    assert_eq!(open(dir.path()).snapshot_id(), clean(blocks));
}

#[test]
fn without_roots_a_receipt_of_another_transaction_is_still_refused_and_nothing_is_called_proved() {
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    let unproved = NodeOptions { roots: false, ..options() };
    let dir = tempfile::tempdir().expect("temporary folder");
    ingest_as(dir.path(), &node, unproved.clone(), &latest()).expect("taken");
    let ledger = open(dir.path());
    let proved = (0..ledger.transfer_count())
        .filter_map(|num| ledger.transfer(tracehound_transfers::TransferNum(num)))
        .filter(|moved| moved.proved)
        .count();
    assert_eq!(proved as u64, LENGTH, "the miner's reward alone follows from the header");
    for lie in [json!([]), Value::Null] {
        let told = lie.clone();
        node.change(move |method, number, _| {
            (method == "eth_getBlockReceipts" && number == 3).then(|| Ok(told.clone()))
        });
        let dir = tempfile::tempdir().expect("temporary folder");
        let done = ingest_as(dir.path(), &node, unproved.clone(), &latest()).expect("what came before");
        let broken = done.broken.expect("refused").to_string();
        assert!(broken.contains("3 transactions, but the node told 0 receipts"), "{broken}");
    }
}

#[test]
fn a_node_that_takes_few_questions_at_once_is_asked_few_and_gets_through() {
    let blocks = chain(LENGTH, 0, 0);
    let wanted = clean(blocks.clone());
    let too_many = |status: u16, body: &'static str| {
        move |count: usize| (count > 4).then(|| Response::status(status, body))
    };
    // In providers' words, with a range that they suggest and do not take either.
    let refusals: [Box<dyn Fn(usize) -> Option<Response> + Send>; 4] = [
        Box::new(too_many(413, "too large")),
        Box::new(too_many(
            200,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"batch too large, retry with 100"}}"#,
        )),
        Box::new(too_many(200, r#"[{"jsonrpc":"2.0","id":77,"result":null}]"#)),
        Box::new(too_many(0, "the connection is closed")),
    ];
    for refusal in refusals {
        let node = FakeNode::start(blocks.clone());
        node.whole(move |count, _| refusal(count));
        let dir = tempfile::tempdir().expect("temporary folder");
        ingest(dir.path(), &node).expect("taken");
        assert_eq!(open(dir.path()).snapshot_id(), wanted);
        assert!(node.sizes().iter().filter(|&&size| size > 4).count() < 40, "{:?}", node.sizes());
    }
}

#[test]
fn a_block_that_is_refused_by_itself_is_named() {
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    // Whatever is asked about block 6, the request is too large.
    node.whole(|_, questions| {
        let about =
            |question: &Value| question["params"][0] == "0x6" && question["method"] == "eth_getBlockByNumber";
        questions.iter().any(about).then(|| Response::status(413, "retry with this block range: [0x6, 0x6]"))
    });
    let dir = tempfile::tempdir().expect("temporary folder");
    let done = ingest(dir.path(), &node).expect("what came before is kept");
    let broken = done.broken.expect("it ended");
    assert!(matches!(broken, NodeError::Refused { number: 6, .. }), "{broken}");
    assert!(
        broken.to_string().contains("block 6: http://127.0.0.1") && broken.to_string().contains("HTTP 413"),
        "{broken}"
    );
    assert_eq!(open(dir.path()).info().tip.map(|block| block.height), Some(5));
    assert!(node.requests() < 60, "{}", node.requests());
}

#[test]
fn a_busy_node_is_waited_for_and_one_that_stays_busy_ends_the_run() {
    let blocks = chain(LENGTH, 0, 0);
    let wanted = clean(blocks.clone());
    // Every other request, by status with a wish and by an error of its own; and single questions of a batch.
    let storms: [fn(u64) -> Option<Response>; 2] = [
        |asked| {
            let headers = vec![("Retry-After", "0".to_owned())];
            (asked % 2 == 0).then(|| Response { headers, ..Response::status(429, "slow down") })
        },
        |asked| {
            let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"daily request limit, too many requests"}}"#;
            (asked % 2 == 0).then(|| Response::ok(error))
        },
    ];
    for storm in storms {
        let node = FakeNode::start(blocks.clone());
        let asked = AtomicU64::new(0);
        node.whole(move |_, _| storm(asked.fetch_add(1, Ordering::SeqCst)));
        let dir = tempfile::tempdir().expect("temporary folder");
        ingest(dir.path(), &node).expect("taken");
        assert_eq!(open(dir.path()).snapshot_id(), wanted);
    }
    let node = FakeNode::start(blocks.clone());
    let asked = AtomicU64::new(0);
    node.change(move |_, _, _| {
        (!asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(3))
            .then_some(Err((-32_005, "rate limit exceeded")))
    });
    let dir = tempfile::tempdir().expect("temporary folder");
    ingest(dir.path(), &node).expect("taken");
    assert_eq!(open(dir.path()).snapshot_id(), wanted, "no question that was not answered became a gap");

    node.change(|method, number, _| {
        (method.starts_with("debug_") && number > 5).then_some(Err((-32_005, "rate limit exceeded")))
    });
    let dir = tempfile::tempdir().expect("temporary folder");
    let few = NodeOptions { batch: 3, ..options() };
    let done = ingest_as(dir.path(), &node, few, &latest()).expect("what came before is kept");
    assert!(done.broken.expect("it ended").to_string().contains("rate limit exceeded"));
    let ledger = open(dir.path());
    assert_eq!(ledger.info().tip.map(|block| block.height), Some(5));
    assert!((1..=5).all(|height| unseen(&ledger, height) == Unseen::NOTHING));
}

#[test]
fn a_reorganisation_leaves_what_a_fresh_ingest_would() {
    for (old, new, fork) in [(12, 12, 10), (12, 14, 1), (12, 12, 12), (5, 40, 3)] {
        let dir = tempfile::tempdir().expect("temporary folder");
        let node = FakeNode::start(chain(old, 0, 0));
        ingest(dir.path(), &node).expect("taken");
        node.set_chain(chain(new, 1, fork));
        let done = ingest(dir.path(), &node).expect("taken");
        assert_eq!(done.report.rewound_to, Some(fork - 1));
        assert_eq!(done.report.blocks, new - fork + 1);
        let ledger = open(dir.path());
        ledger.verify().expect("right");
        assert_eq!(ledger.snapshot_id(), clean(chain(new, 1, fork)));
    }
}

#[test]
fn a_node_that_changes_its_chain_while_it_is_read_is_followed() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    let mut asked =
        Node::connect(&node.url(), Rules::ethereum(), NodeOptions { batch: 3, ..options() }).expect("a node");
    let done = ingest_evm_node(dir.path(), &mut asked, &latest(), &|progress| {
        if progress.height == 6 {
            node.set_chain(chain(LENGTH + 1, 1, 5));
        }
        ControlFlow::Continue(())
    });
    assert_eq!(done.expect("taken").report.rewound_to, Some(4));
    assert_eq!(open(dir.path()).snapshot_id(), clean(chain(LENGTH + 1, 1, 5)));
}

#[test]
fn a_node_that_is_behind_or_on_another_chain_changes_nothing() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    ingest(dir.path(), &node).expect("taken");
    let snapshot = open(dir.path()).snapshot_id();
    node.set_chain(chain(LENGTH - 3, 1, 2));
    let done = ingest(dir.path(), &node).expect("behind");
    assert!(done.behind && done.report.blocks == 0 && done.report.rewound_to.is_none());
    // Not even genesis is the same.
    node.set_chain(chain(LENGTH + 3, 1, 0));
    let error = ingest(dir.path(), &node).expect_err("nothing in common").to_string();
    assert!(error.contains("another block than the ledger at every height from 0 to 12"), "{error}");
    // Another chain altogether, by its own word.
    node.change(|method, _, _| (method == "eth_chainId").then(|| Ok(json!("0x89"))));
    let error = ingest(dir.path(), &node).expect_err("Polygon").to_string();
    assert!(error.contains("a node of chain 137, not of chain 1"), "{error}");
    assert_eq!(open(dir.path()).snapshot_id(), snapshot);
    // A reorganisation deeper than is gone back: said, not done.
    node.be_honest();
    node.set_chain(chain(LENGTH + 3, 1, 2));
    let writer = WriterOptions { max_reorg_depth: 3, ..WriterOptions::default() };
    let error = ingest_as(dir.path(), &node, options(), &EvmNodeOptions { writer, ..latest() });
    assert!(
        matches!(error, Err(TransferIngestError::NothingInCommon { lowest: 9, highest: 12, .. })),
        "{error:?}"
    );
    assert_eq!(open(dir.path()).snapshot_id(), snapshot);
}

#[test]
fn reading_ends_where_blocks_are_final() {
    let node = FakeNode::start(chain(80, 0, 0));
    let by_rule = EvmNodeOptions::default();
    let run = |how: &EvmNodeOptions| {
        let dir = tempfile::tempdir().expect("temporary folder");
        let done = ingest_as(dir.path(), &node, options(), how).expect("taken");
        (done.head.by, done.head.end, open(dir.path()).info().tip.map(|block| block.height))
    };
    // The node does not know the name: the chain's depth.
    assert_eq!(run(&by_rule), (EndBy::Depth(64), Some(16), Some(16)));
    node.set_final(Some(20));
    assert_eq!(run(&by_rule), (EndBy::Tag, Some(20), Some(20)));
    assert_eq!(
        run(&EvmNodeOptions { end: End::Depth(5), ..by_rule.clone() }),
        (EndBy::Depth(5), Some(75), Some(75))
    );
    assert_eq!(
        run(&EvmNodeOptions { to_height: Some(7), ..by_rule.clone() }),
        (EndBy::Tag, Some(20), Some(7))
    );
    // Less than that is there: an empty ledger, and said so.
    let done = run(&EvmNodeOptions { end: End::Depth(500), ..by_rule });
    assert_eq!(done, (EndBy::Depth(500), None, None));
}

#[test]
fn a_ledger_that_begins_later_says_what_it_does_not_know() {
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    let dir = tempfile::tempdir().expect("temporary folder");
    let later = EvmNodeOptions { from_height: Some(8), ..latest() };
    let done = ingest_as(dir.path(), &node, options(), &later).expect("taken");
    assert_eq!(done.report.blocks, 5);
    let info = open(dir.path()).info();
    assert_eq!((info.first.map(|block| block.height), info.from_genesis), (Some(8), false));
    // It goes on where it ends, whatever is asked for later.
    node.set_chain(chain(LENGTH + 2, 0, 0));
    assert_eq!(ingest_as(dir.path(), &node, options(), &latest()).expect("taken").report.blocks, 2);
}

#[test]
fn fields_that_are_not_known_are_counted_and_cleaned() {
    let node = FakeNode::start(chain(LENGTH, 0, 0));
    node.change(|method, number, told| match (method, number) {
        ("eth_getBlockByNumber", 2) => {
            let mut block = told.block.clone();
            block["new\u{1b}[2Jfield"] = json!(1);
            Some(Ok(block))
        }
        ("eth_getBlockReceipts", 3 | 4) => {
            let mut receipts = told.receipts.clone();
            receipts[1]["timeboosted"] = json!(true);
            Some(Ok(json!(receipts)))
        }
        _ => None,
    });
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut asked = Node::connect(&node.url(), Rules::ethereum(), options()).expect("a node");
    ingest_evm_node(dir.path(), &mut asked, &latest(), &|_| ControlFlow::Continue(())).expect("taken");
    let names: Vec<(&str, u64)> =
        asked.unknown_fields().iter().map(|(name, times)| (name.as_str(), *times)).collect();
    assert_eq!(names, [("new\u{fffd}[2Jfield", 1), ("timeboosted", 2)]);
}
