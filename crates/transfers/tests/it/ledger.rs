//! The store on disk against the one in memory, and against damage.

use std::{collections::BTreeSet, path::Path};

use proptest::prelude::*;
use tracehound_columns::sections::{Kind, SectionFile, write_paged};
use tracehound_model::{Address, Amount, Asset, Chain, transfer::TransferBlock};
use tracehound_transfers::{
    BalanceAt, BalanceUnknown, BlockNum, MemoryTransfers, Opening, TransferError, TransferLedger,
    TransferLedgerError, TransferNum, TransferRows, Writer, WriterOptions,
};

use crate::chain::{account, block, blocks, ether, everything, moves, store, token, tx};

const ETHEREUM: Chain = Chain::Evm(1);

fn open(dir: &Path) -> TransferLedger {
    TransferLedger::open(dir, ETHEREUM).expect("opens")
}

/// The id of a store, which a check of everything must find too.
fn id(dir: &Path) -> String {
    let ledger = open(dir);
    let report = ledger.verify().expect("right");
    assert_eq!(report.snapshot, ledger.snapshot());
    assert_eq!(report.transfers, ledger.transfer_count());
    ledger.snapshot_id()
}

fn some_opening() -> Opening {
    Opening::Known(vec![
        (account(1), ether(), Amount::from(500u64)),
        (account(9), token(), Amount::from(1u64)),
        (account(1), token(), Amount::from(7u64)),
        (account(1), ether(), Amount::from(400u64)),
    ])
}

fn accounts(names: &[u8]) -> BTreeSet<Address> {
    names.iter().copied().map(account).collect()
}

/// A few rows a segment, so that there are many.
fn small(segment_rows: usize, opening: Option<Opening>) -> WriterOptions {
    WriterOptions { segment_rows, opening, ..WriterOptions::default() }
}

/// A thing done to both stores.
#[derive(Clone, Debug)]
enum Deed {
    /// Appends blocks of these movements in one go: see [`Both::append`].
    Append(Vec<TransferBlock>),
    Commit,
    /// Goes back to this share of the blocks.
    Rewind(u32),
    /// Ends the writer without a word, and opens another.
    Reopen,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        4 => blocks(0).prop_map(Deed::Append),
        2 => Just(Deed::Commit),
        1 => (0u32..9).prop_map(Deed::Rewind),
        1 => Just(Deed::Reopen),
    ];
    prop::collection::vec(deed, 1..14)
}

struct Both {
    dir: tempfile::TempDir,
    writer: Option<Writer>,
    memory: MemoryTransfers,
    options: WriterOptions,
    /// Blocks so far, and those that are committed.
    held: Vec<TransferBlock>,
    committed: usize,
    /// Counts blocks that were ever made, so that branches differ.
    made: u8,
}

impl Both {
    fn new(options: WriterOptions) -> Self {
        let dir = tempfile::tempdir().expect("temporary folder");
        let writer = Writer::open(dir.path(), ETHEREUM, options.clone()).expect("opens");
        let opening = options.opening.clone().unwrap_or(Opening::Nothing);
        let memory = match &options.watch {
            Some(watch) => MemoryTransfers::watching(ETHEREUM, opening, watch).expect("somebody"),
            None => store(opening),
        };
        Self { dir, writer: Some(writer), memory, options, held: Vec::new(), committed: 0, made: 0 }
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("open")
    }

    /// Gives blocks the place behind what is held, and names of their own; some transactions keep theirs, so that one stands
    /// in two blocks.
    fn append(&mut self, mut blocks: Vec<TransferBlock>) {
        let mut parent = self.held.last().map_or(([255; 32], None), |tip| (tip.hash, Some(tip.height)));
        for block in &mut blocks {
            self.made = self.made.wrapping_add(1);
            block.parent = parent.0;
            block.height = parent.1.map_or(0, |height| height + 1);
            block.hash[2] = self.made;
            block.time = 1_700_000_000 + block.height * 12;
            for tx in block.txs.iter_mut().skip(1) {
                tx.hash[30] = self.made;
            }
            parent = (block.hash, Some(block.height));
            self.memory.append(block).expect("the next");
        }
        let group: Vec<&TransferBlock> = blocks.iter().collect();
        self.writer().append_all(&group).expect("appends");
        self.held.extend(blocks);
    }

    fn commit(&mut self) {
        self.writer().commit().expect("commits");
        self.committed = self.held.len();
    }

    fn keep(&mut self, keep: usize) {
        self.held.truncate(keep);
        self.memory.rewind(u32::try_from(keep).expect("few"));
    }

    fn does(&mut self, deed: Deed) {
        match deed {
            Deed::Append(blocks) => self.append(blocks),
            Deed::Commit => self.commit(),
            Deed::Rewind(keep) => {
                let keep = (keep as usize).min(self.held.len());
                self.writer().rewind(BlockNum(u32::try_from(keep).expect("few"))).expect("rewinds");
                self.keep(keep);
                self.committed = keep;
            }
            Deed::Reopen => {
                let before = open(self.dir.path()).block_count() as usize;
                self.writer = None;
                self.writer =
                    Some(Writer::open(self.dir.path(), ETHEREUM, self.options.clone()).expect("opens"));
                // Limits may have sealed more than was committed.
                assert!((self.committed..=self.held.len()).contains(&before));
                self.keep(before);
                self.committed = before;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_is_done_the_store_answers_as_the_one_in_memory(
        deeds in deeds(),
        segment_rows in 1usize..60,
        tight in any::<bool>(),
        opening in 0u8..3,
        watched in 0u8..3,
    ) {
        let opening = [None, Some(Opening::Nothing), Some(some_opening())][usize::from(opening)].clone();
        let memory = if tight { 0 } else { usize::MAX };
        let watch = [None, Some(accounts(&[3])), Some(accounts(&[9, 1, 2]))][usize::from(watched)].clone();
        let mut both = Both::new(WriterOptions { memory, watch, ..small(segment_rows, opening) });
        for deed in deeds {
            both.does(deed);
        }
        both.commit();
        let ledger = open(both.dir.path());
        if !both.held.is_empty() {
            prop_assert_eq!(everything(&ledger), everything(&both.memory));
        }
        ledger.confirm().expect("whole");
        let report = ledger.verify().expect("right");
        prop_assert_eq!(report.blocks, both.held.len() as u64);
        prop_assert_eq!(report.snapshot, ledger.snapshot());
        // A store that was never interrupted or reorganised has the same content.
        let dir = tempfile::tempdir().expect("temporary folder");
        let watch = both.options.watch.clone();
        let options = WriterOptions { watch, ..small(1_000, both.options.opening.clone()) };
        let mut writer = Writer::open(dir.path(), ETHEREUM, options).expect("opens");
        for block in &both.held {
            writer.append(block).expect("appends");
        }
        writer.commit().expect("commits");
        prop_assert_eq!(id(dir.path()), ledger.snapshot_id());
    }

    /// As of every block that it holds, by its time and by its id.
    #[test]
    fn a_store_as_of_a_block_answers_as_one_that_ends_there(
        blocks in blocks(1),
        segment_rows in 1usize..30,
        keep in 1usize..6,
    ) {
        let (whole, short) = (tempfile::tempdir().expect("temporary folder"), tempfile::tempdir().expect("temporary folder"));
        let keep = keep.min(blocks.len());
        let write = |dir: &Path, blocks: &[TransferBlock]| {
            let mut writer = Writer::open(dir, ETHEREUM, small(segment_rows, None)).expect("opens");
            for block in blocks {
                writer.append(block).expect("appends");
                writer.commit().expect("commits");
            }
        };
        write(whole.path(), &blocks);
        write(short.path(), &blocks[..keep]);
        let ends = open(short.path());
        let snapshot = ends.snapshot().expect("whole");
        for cut in [
            open(whole.path()).as_of(blocks[keep - 1].time).expect("cuts"),
            open(whole.path()).as_of_snapshot(snapshot).expect("found"),
        ] {
            prop_assert_eq!(everything(&cut), everything(&ends));
            prop_assert_eq!(cut.snapshot(), Some(snapshot));
            prop_assert_eq!(cut.info().tip, ends.info().tip);
        }
        if keep < blocks.len() {
            let beyond = open(whole.path()).snapshot().expect("whole");
            let gone = ends.as_of_snapshot(beyond);
            prop_assert!(matches!(gone, Err(TransferLedgerError::SnapshotGone { .. })), "{:?}", gone);
        }
    }
}

/// A balance of thousands of transfers in one segment and over several: their effects are read in runs, and a walk of all says
/// the same. One overdraws in the middle, one passes 256 bits and comes back.
#[test]
fn long_histories_are_what_a_walk_of_them_says() {
    let largest = {
        let mut moved = moves(0, 3, 0);
        moved.amount = Amount::from_be_bytes([0xff; 32]);
        moved
    };
    let mut made = Vec::new();
    for height in 0..6u8 {
        let txs = (0..250u8).map(|number| {
            let movements = match (height, number) {
                (2, 100) => vec![moves(2, 1, 1_000_000_000)],
                (1, 10) => vec![largest.clone(), largest.clone()],
                (0, 0) => vec![moves(0, 1, 900), moves(0, 2, 1_000_000)],
                _ => vec![
                    moves(1, 1, 5),
                    moves(1, 2, u64::from(number % 7)),
                    moves(2, 1, u64::from(number % 5)),
                ],
            };
            let mut tx = tx(number, movements);
            tx.hash[1] = height;
            tx
        });
        made.push(block(height, 0, txs.collect()));
    }
    let mut memory = store(Opening::Nothing);
    for block in &made {
        memory.append(block).expect("the next");
    }
    for segment_rows in [1_100, 3_000, 1_000_000] {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut writer = Writer::open(dir.path(), ETHEREUM, small(segment_rows, None)).expect("opens");
        writer.append_all(&made.iter().collect::<Vec<_>>()).expect("appends");
        writer.commit().expect("commits");
        drop(writer);
        id(dir.path());
        assert_eq!(everything(&open(dir.path())), everything(&memory), "{segment_rows}");
    }
}

#[test]
fn how_blocks_come_leaves_no_trace() {
    let chain: Vec<TransferBlock> = (0..200u8)
        .map(|height| {
            let movements = vec![moves(0, height, 7), moves(height, height.wrapping_add(1), 3)];
            block(height, 0, vec![tx(height, movements)])
        })
        .collect();
    let all: Vec<&TransferBlock> = chain.iter().collect();
    let mut ids = Vec::new();
    for (threads, group, segment_rows, memory) in
        [(1, 1, 3, usize::MAX), (1, 200, 1_000_000, usize::MAX), (3, 50, 40, 0), (2, 7, 90, 1 << 20)]
    {
        let dir = tempfile::tempdir().expect("temporary folder");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let most = pool.install(|| {
            let options = WriterOptions { memory, ..small(segment_rows, None) };
            let mut writer = Writer::open(dir.path(), ETHEREUM, options).expect("opens");
            for group in all.chunks(group) {
                writer.append_all(group).expect("appends");
            }
            writer.commit().expect("commits");
            writer.table_sizes().map(|size| (size.numbers, size.disk_bytes))
        });
        assert_eq!(most.map(|size| size.0), [200, 1], "accounts and assets");
        assert_eq!(most[0].1 > 0, memory == 0, "what has no room in memory lies on disk");
        ids.push((id(dir.path()), open(dir.path()).info().transfers));
    }
    assert!(ids.iter().all(|id| *id == ids[0]) && ids[0].0.len() == 64, "{ids:?}");
    assert_eq!(ids[0].1, 400);
}

#[test]
fn other_content_has_another_id() {
    type Change = fn(&mut TransferBlock);
    let changes: [(&str, Change); 12] = [
        ("an amount", |block| block.txs[0].movements[0].amount = Amount::from(8u64)),
        ("a sender", |block| block.txs[0].movements[1].from = Some(account(3))),
        ("a receiver", |block| block.txs[0].movements[1].to = None),
        ("an asset", |block| block.txs[0].movements[1].asset = token()),
        ("a kind", |block| block.txs[0].movements[1].kind = tracehound_model::transfer::MovementKind::Fee),
        ("who vouches for it", |block| block.txs[0].movements[1].proved = true),
        ("a transaction's hash", |block| block.txs[0].hash[5] = 9),
        ("an empty transaction", |block| block.txs.push(tx(99, vec![]))),
        ("what was not seen", |block| block.unseen = tracehound_model::transfer::Unseen::TRACES),
        ("a time", |block| block.time += 1),
        ("a hash", |block| block.hash[9] = 1),
        ("what it continues", |block| block.parent[9] = 1),
    ];
    let id_of = |block: &TransferBlock, opening: Option<Opening>| {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut writer = Writer::open(dir.path(), ETHEREUM, small(1_000, opening)).expect("opens");
        writer.append(block).expect("appends");
        writer.commit().expect("commits");
        drop(writer);
        id(dir.path())
    };
    let plain = block(5, 0, vec![tx(1, vec![moves(0, 7, 9), moves(7, 8, 2)])]);
    let mut ids = vec![id_of(&plain, None)];
    assert_eq!(id_of(&plain, Some(Opening::Known(Vec::new()))), ids[0], "nothing known is what is not told");
    for (what, change) in changes {
        let mut other = plain.clone();
        change(&mut other);
        let id = id_of(&other, None);
        assert!(!ids.contains(&id), "{what}");
        ids.push(id);
    }
    for opening in [Opening::Nothing, some_opening()] {
        let id = id_of(&plain, Some(opening));
        assert!(!ids.contains(&id));
        ids.push(id);
    }
}

/// Whom a store watches is a part of what it is: the same rows of other accounts' watching are another snapshot, of which an older
/// version of the program reads nothing at all.
#[test]
fn a_store_of_some_accounts_is_no_store_of_everybodys_movements() {
    let blocks = [
        block(0, 0, vec![tx(1, vec![moves(0, 1, 100)]), tx(2, vec![moves(1, 4, 30), moves(4, 5, 10)])]),
        block(1, 0, vec![tx(3, vec![moves(4, 1, 5)])]),
    ];
    let written = |watch: Option<BTreeSet<Address>>| {
        let dir = tempfile::tempdir().expect("temporary folder");
        let options = WriterOptions { watch, ..small(1_000, None) };
        let mut writer = Writer::open(dir.path(), ETHEREUM, options).expect("opens");
        writer.append_all(&blocks.each_ref()).expect("appends");
        writer.commit().expect("commits");
        drop(writer);
        dir
    };
    let (everybody, one, two) =
        (written(None), written(Some(accounts(&[1]))), written(Some(accounts(&[1, 8]))));
    let ids = [&everybody, &one, &two].map(|dir| id(dir.path()));
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
    let of = |dir: &tempfile::TempDir, name: u8| {
        let ledger = open(dir.path());
        let account = ledger.find_account(&account(name)).expect("named");
        let balance =
            tracehound_transfers::Balance { account, asset: ledger.find_asset(&ether()).expect("moved") };
        ledger.before(balance, TransferNum(ledger.transfer_count()))
    };
    assert_eq!((open(everybody.path()).watched(), open(two.path()).watched()), (None, Some(2)));
    // What 1 holds is known, and what 8 does, which never moved; what 4 holds is not, though the rows seem to add up.
    assert_eq!(of(&one, 1), BalanceAt::Known(Amount::from(75u64)));
    assert_eq!(of(&two, 8), BalanceAt::Known(Amount::ZERO));
    assert_eq!(of(&everybody, 4), BalanceAt::Known(Amount::from(15u64)));
    assert_eq!(of(&one, 4), BalanceAt::Unknown(BalanceUnknown::Unwatched));
    // A writer goes on with whom the store watches, and with nobody else.
    let again = |dir: &tempfile::TempDir, watch: Option<BTreeSet<Address>>| {
        Writer::open(dir.path(), ETHEREUM, WriterOptions { watch, ..small(1_000, None) })
    };
    assert_eq!(again(&two, None).expect("opens").watched().expect("read"), Some(accounts(&[1, 8])));
    assert_eq!(again(&everybody, None).expect("opens").watched().expect("read"), None);
    again(&two, Some(accounts(&[8, 1]))).expect("the same");
    for (dir, watch) in [(&two, accounts(&[1])), (&everybody, accounts(&[1]))] {
        let refused = again(dir, Some(watch)).expect_err("others");
        assert!(matches!(refused, TransferLedgerError::OtherWatch { .. }), "{refused}");
    }
    let none = tempfile::tempdir().expect("temporary folder");
    let mut writer = again(&none, Some(BTreeSet::new())).expect("opens");
    let refused = writer.append(&blocks[0]).expect_err("nobody");
    assert!(matches!(refused, TransferLedgerError::Block(TransferError::NobodyWatched)), "{refused}");
    // Readers of the first version refuse its segments.
    let segment = segment(one.path());
    let of_version = |version| {
        SectionFile::open_paged(&segment, Kind { magic: *b"THTRANSF", version, sections: 48 }).is_ok()
    };
    assert!(!of_version(1) && of_version(2));
}

#[test]
fn a_block_that_is_refused_leaves_those_before_it() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = Writer::open(dir.path(), ETHEREUM, WriterOptions::default()).expect("opens");
    let good = block(0, 0, vec![tx(1, vec![moves(0, 7, 100)])]);
    let next = block(1, 0, vec![tx(2, vec![moves(7, 8, 1)])]);
    let mut twice = block(2, 0, vec![tx(3, vec![moves(7, 9, 1)]), tx(3, vec![])]);
    let far = block(4, 0, vec![]);
    let refused = writer.append_all(&[&good, &next, &twice]).expect_err("the same hash twice");
    assert!(
        matches!(refused, TransferLedgerError::Block(TransferError::Twice { height: 2, .. })),
        "{refused}"
    );
    assert_eq!((writer.block_count(), writer.tip()), (2, Some((1, next.hash))));
    let refused = writer.append(&far).expect_err("blocks are missing");
    assert!(matches!(refused, TransferLedgerError::Block(TransferError::NotNext { height: 4, tip: 1 })));
    twice.txs[1].hash = [4; 32];
    twice.txs[0].movements[0].asset = "eip155:10/slip44:60".parse().expect("an asset");
    let refused = writer.append(&twice).expect_err("another chain's");
    assert!(refused.to_string().contains("eip155:10/slip44:60"), "{refused}");
    twice.txs[0].movements[0].asset = ether();
    writer.append(&twice).expect("the right block is taken after all");
    writer.commit().expect("commits");
    let depth = WriterOptions { max_reorg_depth: 1, ..WriterOptions::default() };
    drop(writer);
    let mut writer = Writer::open(dir.path(), ETHEREUM, depth).expect("opens");
    let deep = writer.rewind(BlockNum(1)).expect_err("two blocks");
    assert!(matches!(deep, TransferLedgerError::ReorgTooDeep { depth: 2, limit: 1 }), "{deep}");
    assert!(writer.rewind_to_block(next.hash).expect("one block"));
    assert!(!writer.rewind_to_block([77; 32]).expect("reads"));
    drop(writer);
    let ledger = open(dir.path());
    assert_eq!((ledger.block_count(), ledger.transfer_count()), (2, 2));
    assert_eq!(ledger.find_account(&account(9)), None, "the account went with its block");
}

#[test]
fn a_folder_is_of_one_chain_and_began_once() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let first = block(5, 0, vec![tx(1, vec![moves(7, 8, 9)])]);
    let mut writer = Writer::open(dir.path(), ETHEREUM, small(10, Some(some_opening()))).expect("opens");
    assert!(Writer::open(dir.path(), ETHEREUM, small(10, None)).is_err(), "one writer");
    writer.append(&first).expect("appends");
    writer.commit().expect("commits");
    drop(writer);
    for other in [Opening::Nothing, Opening::Known(Vec::new())] {
        let refused = Writer::open(dir.path(), ETHEREUM, small(10, Some(other))).expect_err("other balances");
        assert!(matches!(refused, TransferLedgerError::OtherOpening { .. }), "{refused}");
    }
    for opening in [None, Some(some_opening())] {
        Writer::open(dir.path(), ETHEREUM, small(10, opening)).expect("the same");
    }
    let mut foreign = some_opening();
    if let Opening::Known(known) = &mut foreign {
        known[0].1 = "eip155:10/slip44:60".parse().expect("an asset");
    }
    let elsewhere = tempfile::tempdir().expect("temporary folder");
    let refused = Writer::open(elsewhere.path(), ETHEREUM, small(10, Some(foreign))).expect_err("not ours");
    assert!(refused.to_string().contains("another chain"), "{refused}");
    let other = Chain::Evm(10);
    let refused = TransferLedger::open(dir.path(), other).expect_err("another chain").to_string();
    assert!(refused.contains("eip155:1") && refused.contains("eip155:10"), "{refused}");
    assert!(Writer::open(dir.path(), other, small(10, None)).is_err());
    assert!(TransferLedger::open(&dir.path().join("none"), ETHEREUM).is_err());
}

/// Whatever byte is changed, what is answered is right, or it is said that it does not count.
#[test]
fn damage_is_told_and_never_answered_from() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = Writer::open(dir.path(), ETHEREUM, small(1_000, Some(some_opening()))).expect("opens");
    for height in 3..9u8 {
        let movements = vec![moves(1, height, 9), moves(height, 2, 3), moves(0, 1, 1)];
        writer
            .append(&block(height, 0, vec![tx(height, movements), tx(100 + height, vec![])]))
            .expect("appends");
    }
    writer.commit().expect("commits");
    drop(writer);
    let right = everything(&open(dir.path()));
    let file = segment(dir.path());
    let bytes = std::fs::read(&file).expect("reads");
    let (mut told, mut harmless) = (0, 0);
    for at in 0..bytes.len() {
        let mut wrong = bytes.clone();
        wrong[at] ^= 0x20;
        // A file that is mapped is never written: another takes its place.
        std::fs::remove_file(&file).expect("removes");
        std::fs::write(&file, &wrong).expect("writes");
        let Ok(ledger) = TransferLedger::open(dir.path(), ETHEREUM) else {
            told += 1;
            continue;
        };
        let answered = everything(&ledger);
        if ledger.confirm().is_ok() {
            assert_eq!(answered, right, "byte {at}");
            // Padding, and what no question here reads: a check of everything does.
            harmless += u32::from(ledger.verify().is_ok());
        } else {
            told += 1;
        }
        let writes = Writer::open(dir.path(), ETHEREUM, small(1_000, None));
        assert!(writes.is_err() || ledger.find_account(&account(1)).is_some(), "byte {at}");
    }
    assert!(
        told > bytes.len() / 2 && harmless < 1_000,
        "{told} told, {harmless} harmless of {}",
        bytes.len()
    );
    std::fs::remove_file(&file).expect("removes");
    std::fs::write(&file, &bytes[..bytes.len() - 1]).expect("writes");
    assert!(TransferLedger::open(dir.path(), ETHEREUM).is_err(), "cut");
    std::fs::write(&file, &bytes).expect("writes");
    assert_eq!(everything(&open(dir.path())), right);
    assert_eq!(open(dir.path()).next(balance(&open(dir.path())), TransferNum(0)), Some(TransferNum(0)));
}

fn balance(rows: &TransferLedger) -> tracehound_transfers::Balance {
    tracehound_transfers::Balance {
        account: rows.find_account(&account(1)).expect("known"),
        asset: rows.find_asset(&ether()).expect("known"),
    }
}

/// Every column changed, one at a time, with every checksum right: nothing but a check of everything can find it.
#[test]
fn a_check_of_everything_finds_what_checksums_do_not() {
    const SECTIONS: usize = 48;
    let kind = Kind { magic: *b"THTRANSF", version: 1, sections: SECTIONS };
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = Writer::open(dir.path(), ETHEREUM, small(100_000, Some(some_opening()))).expect("opens");
    for height in 3..9u8 {
        // Enough for every column: hundreds of assets, and a balance of more than one run of transfers.
        let txs = (0..150u8).map(|number| {
            let mut thing = moves(1, number, 1);
            let id = Amount::from(u64::from(height) * 150 + u64::from(number));
            thing.asset = Asset::erc721(1, [7; 20], id);
            let mut made = tx(number, vec![moves(1, 2, u64::from(number)), thing]);
            made.hash[1] = height;
            made
        });
        let mut txs: Vec<_> = txs.collect();
        // More transfers, names and runs than a byte counts.
        txs.push(tx(200 + height, (0..=255).map(|number| moves(number, 3, 1)).collect()));
        writer.append(&block(height, 0, txs)).expect("appends");
    }
    writer.commit().expect("commits");
    drop(writer);
    id(dir.path());
    let path = segment(dir.path());
    let right = std::fs::read(&path).expect("reads");
    let mut file = SectionFile::open_paged(&path, kind).expect("opens");
    let words = file.words();
    let sections: Vec<Vec<u8>> =
        (0..SECTIONS - 1).map(|_| file.column::<u8>().expect("there").to_vec()).collect();
    drop(file);
    // Where it came from may say another count of commits.
    let (origin, mut checked) = (45, 0);
    for (at, section) in sections.iter().enumerate().filter(|&(at, _)| at != origin) {
        for byte in [0, section.len() / 2, section.len().saturating_sub(1)] {
            let mut changed = sections.clone();
            let Some(byte) = changed[at].get_mut(byte) else { continue };
            *byte ^= 1;
            let parts: Vec<&[u8]> = changed.iter().map(Vec::as_slice).collect();
            std::fs::remove_file(&path).expect("removes");
            write_paged(&path, kind, words, &parts).expect("writes");
            let found = TransferLedger::open(dir.path(), ETHEREUM).and_then(|ledger| ledger.verify());
            assert!(found.is_err(), "section {at}: {found:?}");
            checked += 1;
        }
    }
    let empty: Vec<usize> = (0..SECTIONS - 1).filter(|&at| sections[at].is_empty()).collect();
    assert_eq!((checked, empty), (3 * (SECTIONS - 2 - EMPTY.len()), EMPTY.to_vec()));
    std::fs::remove_file(&path).expect("removes");
    std::fs::write(&path, &right).expect("writes");
    id(dir.path());
}

/// Sections that hold nothing there: runs of amounts and names are never long.
const EMPTY: [usize; 3] = [17, 21, 28];

fn segment(dir: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(dir).expect("reads").map(|entry| entry.expect("reads").path());
    let mut segments = files.filter(|path| path.extension().is_some_and(|extension| extension == "seg"));
    let found = segments.next().expect("a segment");
    assert_eq!(segments.next(), None);
    found
}
