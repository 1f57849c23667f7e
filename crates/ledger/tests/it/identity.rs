//! A snapshot's id is one of content: the same for the same blocks however they came, another for anything else.

use std::path::Path;

use proptest::prelude::*;
use tracehound_columns::sections::{Kind, SectionFile, write_paged};
use tracehound_ledger::{BlockNum, Ledger, LedgerError, SnapshotId, Writer, WriterOptions, upgrade};
use tracehound_model::{
    BitcoinNetwork, Chain, ScriptType,
    utxo::{OutputRow, UtxoBlock},
};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    chain::{Dice, generate},
    damage::{format_2_ledger, old_ledger},
    queries::{CHAIN, small, write},
    store::{files, replace},
};

fn open(dir: &Path) -> Ledger {
    Ledger::open(dir).expect("opens")
}

/// The id of a ledger, which a check of everything must find too.
fn id(dir: &Path) -> SnapshotId {
    let ledger = open(dir);
    let id = ledger.snapshot().expect("whole");
    assert_eq!(ledger.verify().expect("right").snapshot, id);
    assert_eq!(ledger.snapshot_id().parse(), Ok(id));
    id
}

/// The id of a ledger of these blocks.
fn id_of(blocks: &[UtxoBlock]) -> SnapshotId {
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), blocks, 1000);
    id(dir.path())
}

/// The ids of a ledger as of each of its blocks.
fn ids(ledger: &Ledger) -> Vec<SnapshotId> {
    let times = (0..).map_while(|num| ledger.block(BlockNum(num))).map(|block| block.header.time());
    times
        .map(|time| ledger.clone().as_of(i64::from(time)).expect("cuts").snapshot().expect("whole"))
        .collect()
}

/// Changes a block; whether it had something to change.
type Change = fn(&mut UtxoBlock) -> bool;

/// Ways to hold other content, one at a time.
const CHANGES: [(&str, Change); 14] = [
    ("an amount", |block| with(block.outputs.last_mut(), |row| row.value += 1)),
    ("a large amount", |block| with(block.outputs.last_mut(), |row| row.value += 1 << 45)),
    ("an owner", |block| with(spendable(block), |row| row.script_type = ScriptType::OpReturn)),
    ("a script", |block| with(block.payloads.first_mut(), |byte| *byte ^= 1)),
    ("a transaction's id", |block| with(block.txs.last_mut(), |tx| tx.txid.0[31] ^= 1)),
    ("a lock time", |block| with(block.txs.last_mut(), |tx| tx.lock_time += 1)),
    ("a weight", |block| with(block.txs.last_mut(), |tx| tx.weight += 4)),
    ("a version", |block| with(block.txs.last_mut(), |tx| tx.version += 1)),
    ("a sequence", |block| with(block.inputs.last_mut(), |row| row.sequence = 7)),
    ("what is spent", |block| with(inputs(block).last(), |row| row.prev_vout += 1)),
    ("whence it is spent", |block| with(inputs(block).last(), |row| row.prev_txid.0[0] ^= 1)),
    ("a spent amount", |block| with(undo(block), |row| row.value += 1)),
    ("whether a spent output is known", |block| {
        with(inputs(block).find(|row| row.prev_output.is_some()), |row| row.prev_output = None)
    }),
    ("a size", |block| with(Some(&mut block.size), |size| *size += 1)),
];

fn with<T>(found: Option<&mut T>, change: impl FnOnce(&mut T)) -> bool {
    found.map(change).is_some()
}

fn spendable(block: &mut UtxoBlock) -> Option<&mut OutputRow> {
    block.outputs.iter_mut().rfind(|row| row.script_type != ScriptType::OpReturn)
}

fn inputs(block: &mut UtxoBlock) -> impl DoubleEndedIterator<Item = &mut tracehound_model::utxo::InputRow> {
    block.inputs.iter_mut().filter(|row| !row.is_coinbase())
}

fn undo(block: &mut UtxoBlock) -> Option<&mut OutputRow> {
    inputs(block).find_map(|row| row.prev_output.as_mut())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Each ledger has a key of its own; the cuts and the commits, hence the merges, are rolled.
    #[test]
    fn the_same_blocks_have_the_same_ids_however_they_came(seed: u64, blocks in 1usize..30, a in 1usize..60, b in 1usize..200) {
        let chain = generate(seed, &[], blocks);
        let written = |segment_txs: usize, mut dice: Dice| {
            let dir = tempfile::tempdir().expect("temporary folder");
            let mut writer = Writer::open(dir.path(), CHAIN, small(segment_txs)).expect("opens");
            for block in &chain {
                writer.append(block).expect("appends");
                match dice.roll(6) {
                    0 => {
                        writer.commit().expect("commits");
                        drop(writer);
                        writer = Writer::open(dir.path(), CHAIN, small(segment_txs)).expect("opens");
                    }
                    1..4 => writer.commit().expect("commits"),
                    _ => {}
                }
            }
            writer.commit().expect("commits");
            drop(writer);
            id(dir.path());
            ids(&open(dir.path()))
        };
        let one = written(a, Dice(seed));
        prop_assert_eq!(&one, &written(b, Dice(seed ^ 1)));
        prop_assert_eq!(one.len(), blocks);
        let mut distinct = one.clone();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), blocks, "each block has an id of its own");
        prop_assert_eq!(one[blocks - 1], id_of(&chain));
    }

    #[test]
    fn other_content_has_another_id(seed: u64, blocks in 2usize..12, change in 0usize..CHANGES.len()) {
        let chain = generate(seed, &[], blocks);
        let (what, change) = CHANGES[change];
        let mut other = chain.clone();
        let Some(at) = other.iter_mut().rposition(change) else { return Ok(()) };
        prop_assume!(other != chain);
        prop_assert_ne!(id_of(&chain), id_of(&other), "{} in block {}", what, at);
        if at > 0 {
            prop_assert_eq!(id_of(&chain[..at]), id_of(&other[..at]), "what came before is the same");
        }
    }

    #[test]
    fn a_reorg_back_gives_the_id_of_before(seed: u64, shared in 1usize..10, dropped in 1usize..6, segment_txs in 1usize..80) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let base = generate(seed, &[], shared);
        let branch = generate(seed ^ 1, &base, dropped);
        write(dir.path(), &base, segment_txs);
        let before = id(dir.path());
        let mut writer = Writer::open(dir.path(), CHAIN, small(segment_txs)).expect("opens");
        for block in &branch {
            writer.append(block).expect("appends");
        }
        writer.commit().expect("commits");
        let beyond = id(dir.path());
        prop_assert!(writer.rewind_to_block(base[shared - 1].hash).expect("rewinds"));
        drop(writer);
        prop_assert_eq!(id(dir.path()), before);
        let gone = open(dir.path()).as_of_snapshot(beyond).expect_err("a reorg dropped it").to_string();
        prop_assert!(gone.contains(&beyond.to_string()) && gone.contains("is gone"), "{}", gone);
    }

    /// Whoever has the id of an answer asks the same ledger again, however far it has grown and merged.
    #[test]
    fn a_snapshot_is_found_again(seed: u64, blocks in 1usize..25, segment_txs in 1usize..80, keep in 1usize..25) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let chain = generate(seed, &[], blocks);
        write(dir.path(), &chain, segment_txs);
        let keep = keep.min(blocks);
        let short = tempfile::tempdir().expect("temporary folder");
        write(short.path(), &chain[..keep], segment_txs);
        let ledger = open(dir.path()).as_of_snapshot(id(short.path())).expect("found");
        crate::queries::assert_answers_as_model(&ledger, &chain[..keep]);
        prop_assert_eq!(ledger.snapshot_id(), open(short.path()).snapshot_id());
        // The shorter ledger does not hold the longer one's.
        if keep < blocks {
            let gone = open(short.path()).as_of_snapshot(id(dir.path()));
            prop_assert!(matches!(gone, Err(LedgerError::SnapshotGone { .. })), "{:?}", gone);
            let cut = ledger.as_of_snapshot(id(dir.path()));
            prop_assert!(matches!(cut, Err(LedgerError::SnapshotGone { .. })), "{:?}", cut);
        }
    }
}

/// Two ledgers that end with one block and lack different ones before it, and one that lacks none.
#[test]
fn partial_ledgers_have_ids_of_their_own() {
    let chain = generate(5, &[], 6);
    let without = |left_out: usize| {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut writer = Writer::open(dir.path(), CHAIN, WriterOptions::default()).expect("opens");
        for (at, block) in chain.iter().enumerate().filter(|&(at, _)| at != left_out) {
            assert!(at != left_out);
            writer.append_island(block).expect("appends");
        }
        writer.commit().expect("commits");
        drop(writer);
        assert_eq!(open(dir.path()).info().tip.expect("has blocks").hash, chain[5].hash);
        id(dir.path())
    };
    let found = [without(1), without(2), without(3), without(usize::MAX)];
    for (at, id) in found.iter().enumerate() {
        assert!(!found[..at].contains(id), "{found:?}");
    }
    assert_eq!(found[3], id_of(&chain));
}

#[test]
fn ledgers_of_two_chains_differ_before_their_first_block() {
    let ids = [BitcoinNetwork::Regtest, BitcoinNetwork::Mainnet].map(|network| {
        let dir = tempfile::tempdir().expect("temporary folder");
        drop(Writer::open(dir.path(), Chain::Bitcoin(network), small(10)).expect("opens"));
        open(dir.path()).snapshot().expect("whole")
    });
    assert_ne!(ids[0], ids[1]);
}

/// Written down, because it stands in reports: what the same content was called once it is called for good.
#[test]
fn ledgers_of_before_have_the_ids_that_an_upgrade_gives_them() {
    type Unpack = fn(&Path);
    let cases: [(Unpack, &str); 2] = [
        (old_ledger, "33f8c46435db713e0ab0f26088efcc0bc1cf13c764fb2de0bd99aa5a9ee151bb"),
        (format_2_ledger, "6c03d05e6b7e81637d0458ff413e14c4731d61bb7de3f760663c2f2268f5effe"),
    ];
    for (unpack, known) in cases {
        let dir = tempfile::tempdir().expect("temporary folder");
        unpack(dir.path());
        assert_eq!(open(dir.path()).info().segments_without_ids, 3);
        let before = ids(&open(dir.path()));
        assert_eq!(id(dir.path()).to_string(), known);
        assert_eq!(before[before.len() - 1].to_string(), known);
        let early = before[before.len() / 2];
        let found = open(dir.path()).as_of_snapshot(early).expect("found");
        assert_eq!(found.snapshot(), Some(early));

        // The first append computes it, and what it writes holds it.
        let tip = open(dir.path()).info().tip.expect("has blocks");
        let mut maker = BlockMaker::new(tip.hash, 1_900_000_000, 1);
        maker.tx(&[], &[(50, Some(owner(1)))]);
        let block = maker.done();
        let mut writer = Writer::open(dir.path(), CHAIN, small(1)).expect("opens");
        writer.append(&block).expect("appends");
        writer.commit().expect("commits");
        drop(writer);
        assert_eq!(open(dir.path()).info().segments_without_ids, 3);
        let appended = ids(&open(dir.path()));
        assert_eq!(appended[..before.len()], before);
        assert_eq!(id(dir.path()), appended[before.len()]);

        upgrade(dir.path(), CHAIN, &mut |_| std::ops::ControlFlow::Continue(())).expect("upgrades");
        assert_eq!(open(dir.path()).info().segments_without_ids, 0);
        assert_eq!(ids(&open(dir.path())), appended);
        let mut writer = Writer::open(dir.path(), CHAIN, small(1)).expect("opens");
        assert!(writer.rewind_to_block(tip.hash).expect("rewinds"));
        drop(writer);
        assert_eq!(id(dir.path()).to_string(), known);
    }
}

/// Ids that are not those of the content beside them, with every checksum right.
#[test]
fn a_check_of_everything_computes_the_ids_anew() {
    const SECTIONS: usize = 35;
    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(3, &[], 5), 1000);
    let segment = files(dir.path(), "seg").pop().expect("one segment");
    let kind = Kind { magic: *b"THSEGMNT", version: 3, sections: SECTIONS };
    let mut file = SectionFile::open_paged(&segment, kind).expect("opens");
    let mut sections: Vec<Vec<u8>> =
        (0..SECTIONS - 1).map(|_| file.column::<u8>().expect("there").to_vec()).collect();
    let ids = sections.last_mut().expect("has sections");
    assert_eq!(ids.len(), 6 * 32);
    ids[5 * 32] ^= 1;
    let parts: Vec<&[u8]> = sections.iter().map(Vec::as_slice).collect();
    let made = dir.path().join("made");
    write_paged(&made, kind, file.words(), &parts).expect("written");
    replace(&segment, &std::fs::read(&made).expect("read"));
    std::fs::remove_file(made).expect("removed");
    let ledger = open(dir.path());
    ledger.snapshot().expect("its checksums are right");
    ledger.confirm().expect("its checksums are right");
    let found = ledger.verify().expect_err("its ids are wrong").to_string();
    assert!(found.contains("ids of its snapshots"), "{found}");
}

#[test]
fn what_is_no_id_is_refused() {
    for text in ["", "217:00ab", &"0".repeat(63), &"g".repeat(64)] {
        let refused = text.parse::<SnapshotId>().expect_err("no id").to_string();
        assert!(refused.contains("64 hexadecimal digits"), "{refused}");
    }
}
