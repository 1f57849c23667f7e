//! Killed at any step: what was committed is there, and nothing else; the next writer goes on.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_segments::{
    Manifest,
    files::{segment_names, stems},
    tables::RUN,
};

use super::{Writer, WriterOptions};
use crate::{
    BlockNum,
    store::{STORE, TransferLedger, TransferLedgerError},
};

/// Whoever is told of each step.
#[derive(Default)]
pub(super) struct Steps(Option<Mutex<Told>>);

type Told = Box<dyn FnMut(&str) + Send>;

impl Steps {
    pub(super) fn tell(&self, what: &str) {
        if let Some(told) = &self.0 {
            (told.lock().expect("nobody panicked"))(what);
        }
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steps")
    }
}

const CHAIN: Chain = Chain::Evm(1);

/// Block `height` of a branch, of which all share the first nine: an account of its own pays one that every block pays.
fn block(height: u8, branch: u8) -> TransferBlock {
    let branch = if height < 9 { 0 } else { branch };
    let name = |height: u8| {
        let of = if height < 9 { 0 } else { branch };
        [height, of].repeat(16).try_into().expect("32 bytes")
    };
    let account = |name: u8| Some(Address::Evm([name; 20]));
    let movement = |from: Option<Address>, to: Option<Address>| Movement {
        from,
        to,
        asset: Asset::native(CHAIN).expect("a coin"),
        amount: Amount::from(u64::from(height) * 1_000 + u64::from(branch)),
        kind: MovementKind::Native,
        proved: height.is_multiple_of(2),
    };
    let movements = vec![movement(None, account(height)), movement(account(height), account(200 + branch))];
    TransferBlock {
        height: height.into(),
        hash: name(height),
        parent: name(height.wrapping_sub(1)),
        time: u64::from(height),
        unseen: Unseen::TRACES,
        // Some blocks hold nothing.
        txs: if height % 5 == 3 { Vec::new() } else { vec![TransferTx { hash: name(height), movements }] },
    }
}

fn branch(branch: u8) -> Vec<TransferBlock> {
    (0..14).map(|height| block(height, branch)).collect()
}

fn options() -> WriterOptions {
    // Everything merges, and no table stays in memory.
    WriterOptions { memory: 0, ..WriterOptions::default() }
}

fn snapshot(dir: &Path) -> String {
    TransferLedger::open(dir, CHAIN).expect("opens").snapshot_id()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("makes");
    for entry in fs::read_dir(from).expect("reads") {
        let path = entry.expect("reads").path();
        fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copies");
    }
}

/// The ids of a store that holds the first blocks of a branch, that of none first.
fn ids(blocks: &[TransferBlock]) -> Vec<String> {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = Writer::open(dir.path(), CHAIN, WriterOptions::default()).expect("opens");
    let mut ids = vec![snapshot(dir.path())];
    for block in blocks {
        writer.append(block).expect("appends");
        writer.commit().expect("commits");
        ids.push(snapshot(dir.path()));
    }
    ids
}

#[test]
fn killed_after_any_step_a_store_holds_what_was_committed_and_goes_on() {
    let (old, new) = (branch(1), branch(2));
    let (old_ids, new_ids) = (ids(&old), ids(&new));
    assert_eq!(old_ids[..10], new_ids[..10], "nine blocks are shared");
    let all = tempfile::tempdir().expect("temporary folder");
    let dir = all.path().join("store");
    let mut writer = Writer::open(&dir, CHAIN, options()).expect("opens");
    let seen = std::sync::Arc::new(Mutex::new(Vec::<(String, PathBuf)>::new()));
    let (told, from, to) = (seen.clone(), dir.clone(), all.path().to_owned());
    writer.steps = Steps(Some(Mutex::new(Box::new(move |what: &str| {
        let mut seen = told.lock().expect("nobody panicked");
        let at = to.join(format!("{:03}", seen.len()));
        copy(&from, &at);
        // A file in the making, and a table of the writer's.
        fs::write(at.join("0000000000-3-0000000f.tmp"), [1, 2]).expect("writes");
        fs::write(at.join("accounts-3.run"), [1, 2]).expect("writes");
        seen.push((what.to_owned(), at));
    }))));
    // How many steps there were after each thing done, and the ids before and after it.
    let mut done: Vec<(usize, [String; 2])> = Vec::new();
    let mut note = |before: &String, after: &String| {
        done.push((seen.lock().expect("nobody panicked").len(), [before.clone(), after.clone()]));
    };
    for (at, block) in old.iter().enumerate() {
        writer.append(block).expect("appends");
        writer.commit().expect("commits");
        note(&old_ids[at], &old_ids[at + 1]);
    }
    writer.rewind(BlockNum(9)).expect("rewinds");
    note(&old_ids[old.len()], &old_ids[9]);
    for (at, block) in new.iter().enumerate().skip(9) {
        writer.append(block).expect("appends");
        writer.commit().expect("commits");
        note(&new_ids[at], &new_ids[at + 1]);
    }
    drop(writer);
    assert_eq!(snapshot(&dir), new_ids[new.len()]);
    let steps = seen.lock().expect("nobody panicked").clone();
    for wanted in [
        "a segment is written",
        "a merged one is written",
        "an old one is removed",
        "what is kept is written",
    ] {
        assert!(steps.iter().any(|(what, _)| what == wanted), "{wanted}: {}", steps.len());
    }
    for (at, (what, dir)) in steps.iter().enumerate() {
        let of = done.iter().find(|(until, _)| at < *until).expect("every step belongs to something");
        let found = snapshot(dir);
        assert!(of.1.contains(&found), "{at}, {what}");
        let named = !["a segment is written", "what is kept is written"].contains(&what.as_str());
        assert!(!named || found == of.1[1], "{at}, {what}: a commit is lost");
        let ledger = TransferLedger::open(dir, CHAIN).expect("opens");
        ledger.verify().unwrap_or_else(|error| panic!("{at}, {what}: {error}"));
        // Whoever goes on goes back to the last block that both chains have.
        let mut writer = Writer::open(dir, CHAIN, options()).expect("opens");
        let mut kept = new.len();
        while kept > 0 && !writer.rewind_to_block(new[kept - 1].hash).expect("reads") {
            kept -= 1;
        }
        let rest: Vec<&TransferBlock> = new[kept..].iter().collect();
        writer.append_all(&rest).expect("appends");
        writer.commit().expect("commits");
        drop(writer);
        assert_eq!(snapshot(dir), new_ids[new.len()], "{at}, {what}");
        for left in ["tmp", RUN] {
            assert_eq!(stems(dir, left).expect("reads"), [""; 0], "{at}, {what}");
        }
        let named = Manifest::read(dir, STORE.formats).expect("reads").segments;
        assert_eq!(segment_names(dir).expect("reads").len(), named.len(), "{at}, {what}");
    }
}

/// What was committed is on disk, and the writer cannot read it: it must not write the same blocks once more.
#[test]
fn a_writer_that_cannot_take_up_what_it_wrote_writes_nothing_more() {
    let blocks = branch(1);
    for when in ["the manifest names it", "it takes the place of others"] {
        let all = tempfile::tempdir().expect("temporary folder");
        let (dir, aside) = (all.path().join("store"), all.path().join("aside"));
        let mut writer = Writer::open(&dir, CHAIN, options()).expect("opens");
        writer.append(&blocks[0]).expect("appends");
        writer.commit().expect("commits");
        let (from, to) = (dir.clone(), aside.clone());
        writer.steps = Steps(Some(Mutex::new(Box::new(move |what: &str| {
            if what == when && !to.exists() {
                fs::rename(&from, &to).expect("moves");
            }
        }))));
        let failed = blocks[1..].iter().position(|block| {
            writer.append(block).expect("appends");
            writer.commit().is_err()
        });
        let named = failed.expect("one fails") + 2;
        fs::rename(&aside, &dir).expect("moves back");
        let next = &blocks[named];
        for told in [writer.append(next), writer.commit(), writer.rewind(BlockNum(0))] {
            assert!(matches!(told, Err(TransferLedgerError::Midway { .. })), "{when}: {told:?}");
        }
        drop(writer);
        let mut writer = Writer::open(&dir, CHAIN, options()).expect("opens");
        assert_eq!(writer.block_count() as usize, named, "{when}: what was named is there");
        let rest: Vec<&TransferBlock> = blocks[named..].iter().collect();
        writer.append_all(&rest).expect("appends");
        writer.commit().expect("commits");
        drop(writer);
        assert_eq!(snapshot(&dir), ids(&blocks)[blocks.len()], "{when}");
    }
}
