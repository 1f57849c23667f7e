//! A workspace hands out snapshots that may be asked from any thread while another takes their place.

use std::thread;

use jiff::Timestamp;
use tracehound_attribution::import::Options;
use tracehound_engine::{Answer, DataFolder, EngineError, Moment, Snapshot, Workspace, path, tx};
use tracehound_ledger::{Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Chain, TxId};
use tracehound_testkit::blocks::{BlockMaker, owner};

const NOW: &str = "2023-11-15T00:00:00Z";
/// 2023-11-14 22:13:20Z.
const TIME: u32 = 1_700_000_000;

fn now() -> Timestamp {
    NOW.parse().expect("a moment")
}

fn workspace() -> (tempfile::TempDir, Workspace) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let workspace = Workspace::new(DataFolder::at(dir.path()), now);
    (dir, workspace)
}

/// Appends a block with one coin; its transaction.
fn ingest(workspace: &Workspace, prev: BlockHash, time: u32) -> (BlockHash, TxId) {
    let mut block = BlockMaker::new(prev, time, 0);
    let coin = block.tx(&[], &[(50_000, Some(owner(1)))]);
    let block = block.done();
    let dir = workspace.folder().ledger(BitcoinNetwork::Regtest);
    let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
    let mut writer = Writer::open(&dir, chain, WriterOptions::default()).expect("opens");
    writer.append_island(&block).expect("appends");
    writer.commit().expect("commits");
    (block.hash, coin)
}

fn tx(snapshot: &Snapshot, txid: TxId) -> Result<Answer<tx::Transaction>, EngineError> {
    snapshot.tx(&tx::Question { network: BitcoinNetwork::Regtest, moment: Moment::default(), txid })
}

const fn is_shared<T: Send + Sync + Clone + 'static>() {}

#[test]
fn a_snapshot_keeps_what_it_saw_while_another_takes_its_place() {
    is_shared::<Snapshot>();
    is_shared::<Workspace>();
    let (_dir, workspace) = workspace();
    let (tip, first) = ingest(&workspace, BlockHash::default(), TIME);
    let before = workspace.snapshot().expect("taken");
    let (_, second) = ingest(&workspace, tip, TIME + 600);
    assert!(matches!(tx(&before, second), Ok(Answer::Absent(absent)) if absent.complete && !absent.found));
    let after = workspace.refresh().expect("taken");
    // Readers on other threads go on with either.
    thread::scope(|scope| {
        for snapshot in [&before, &after] {
            scope.spawn(move || assert!(matches!(tx(snapshot, first), Ok(Answer::Found(_)))));
        }
        scope.spawn(|| workspace.refresh().expect("taken"));
    });
    assert!(matches!(tx(&after, second), Ok(Answer::Found(_))));
    assert!(matches!(tx(&workspace.clone().snapshot().expect("taken"), second), Ok(Answer::Found(_))));
    assert!(matches!(tx(&before, second), Ok(Answer::Absent(_))));
}

#[test]
fn a_ledger_that_cannot_be_read_hinders_questions_about_it_alone() {
    let (_dir, workspace) = workspace();
    let (_, coin) = ingest(&workspace, BlockHash::default(), TIME);
    // A ledger of another chain in its place.
    let (whole, broken) = [BitcoinNetwork::Regtest, BitcoinNetwork::Mainnet]
        .map(|network| workspace.folder().ledger(network))
        .into();
    std::fs::create_dir_all(&broken).expect("made");
    for file in std::fs::read_dir(&whole).expect("a folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), broken.join(file.file_name())).expect("copied");
    }
    let snapshot = workspace.snapshot().expect("taken");
    assert!(matches!(tx(&snapshot, coin), Ok(Answer::Found(_))));
    let mainnet = tx::Question { network: BitcoinNetwork::Mainnet, moment: Moment::default(), txid: coin };
    assert!(matches!(snapshot.tx(&mainnet), Err(EngineError::Opening(_))), "{:?}", snapshot.tx(&mainnet));
    let testnet = tx::Question { network: BitcoinNetwork::Testnet, ..mainnet };
    let none = snapshot.tx(&testnet).expect_err("there is none").to_string();
    assert!(none.contains("there is no ledger of this network") && none.contains("regtest"), "{none}");
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let (_dir, workspace) = workspace();
    ingest(&workspace, BlockHash::default(), TIME);
    let snapshot = workspace.snapshot().expect("taken");
    let ask = |from: &str, to: &str| {
        snapshot.path(&path::Question {
            network: BitcoinNetwork::Regtest,
            moment: Moment::default(),
            from: from.to_owned(),
            to: to.to_owned(),
            limits: path::PathLimits::default(),
        })
    };
    let mainnet = "1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX";
    assert!(matches!(ask("nonsense", mainnet), Err(EngineError::Address(_))));
    assert!(matches!(ask(mainnet, mainnet), Err(EngineError::Question(_))), "another network");
}

#[test]
fn claims_of_after_a_snapshot_are_not_in_it() {
    let (_dir, workspace) = workspace();
    let before = workspace.snapshot().expect("taken");
    let list = "[source]\nid = \"a-list\"\nkind = \"own\"\ntitle = \"t\"\npublisher = \"p\"\npublished = 2023-11-01\n\
                [[claim]]\nlabel = \"x\"\ncategory = \"scam\"\naddresses = [\"1F1tAaz5x1HUXrCNLbtMDqcw6o5GNn4xqX\"]\n";
    let options = Options { file_name: "a-list.toml".to_owned(), ..Options::default() };
    workspace.attribution().import(&mut list.as_bytes(), &options, now()).expect("imports");
    let named = |snapshot: &Snapshot| snapshot.sources().iter().any(|loaded| loaded.source.id.0 == "a-list");
    assert_eq!((named(&before), named(&workspace.refresh().expect("taken"))), (false, true));
}
