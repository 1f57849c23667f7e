//! Blocks of an account chain into its ledger of transfers, whatever tells them.
//!
//! Blocks come oldest first, each with its parent. One that the ledger holds is passed over, one that continues it is appended.
//! One that continues an earlier block begins a branch, which waits until it is longer than what the ledger holds: then the
//! ledger goes back and takes it. So a run that ended anywhere is taken up by running it again, and a source that lags behind
//! changes nothing.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use tracehound_evm::{
    chains::Keeps,
    movements::{Gap, Movements},
};
use tracehound_model::{
    Address, Chain,
    transfer::{TransferBlock, Unseen},
};
use tracehound_transfers::{BlockNum, TransferLedgerError, Writer, WriterOptions};
use tracing::{debug_span, info, info_span};

use crate::kept::Keeper;

/// Transfers and transactions that are gathered before they are appended together.
const TOGETHER: usize = 1 << 16;
/// Blocks that are, though less stands in them.
const BLOCKS_TOGETHER: usize = 1 << 12;
/// Refused logs that a report names.
const NAMED: usize = 100;

/// What an ingest did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransferReport {
    /// Blocks appended.
    pub blocks: u64,
    /// Transfers appended.
    pub transfers: u64,
    /// Blocks that the ledger already had, those of files that were not read for it included.
    pub known: u64,
    /// Transactions left out because they moved nothing of an account that the ledger watches, where it does not hold everybody's.
    pub left_out: u64,
    /// Blocks of branches that are no longer than what the ledger holds, not appended.
    pub stale: u64,
    /// The height after which the ledger was cut last, because a branch is longer.
    pub rewound_to: Option<u64>,
    /// How many logs about tokens could not be read.
    pub refused_logs: u64,
    /// The first of them: the block, the transaction, and the reason.
    pub refused: Vec<(u64, [u8; 32], &'static str)>,
    /// What is not known of blocks that were read: each kind, in how many places, and the first of them in words.
    pub gaps: BTreeMap<Unseen, (u64, String)>,
    /// Whether the run was ended before its last block. What was appended is kept.
    pub stopped: bool,
}

/// Why blocks could not be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    /// The ledger cannot be written, or a block does not belong to it.
    #[error(transparent)]
    Ledger(#[from] TransferLedgerError),
    /// The file of logs beside the ledger cannot be read or written.
    #[error("the logs that are kept beside {} cannot be read or written: {source}", dir.display())]
    Kept {
        /// The ledger.
        dir: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Takes blocks of a source into a ledger.
pub(crate) struct Follower {
    dir: PathBuf,
    pub(crate) writer: Writer,
    /// Blocks behind the writer's last, to be appended together, and their rows.
    pending: Vec<TransferBlock>,
    rows: usize,
    /// Blocks that go on where an earlier block of the ledger ends.
    branch: Vec<TransferBlock>,
    /// Whose movements alone the ledger holds, where it does not hold everybody's.
    watched: Option<HashSet<Address>>,
    /// Keeps logs that move nothing, where some are wanted.
    keeper: Option<Keeper>,
    pub(crate) report: TransferReport,
}

impl Follower {
    pub(crate) fn open(
        dir: &Path,
        chain: Chain,
        options: WriterOptions,
        keeps: &Keeps,
    ) -> Result<Self, FollowError> {
        let writer = Writer::open(dir, chain, options)?;
        let report = TransferReport::default();
        let watched = writer.watched()?.map(|accounts| accounts.into_iter().collect());
        let keeper = Keeper::open(dir, keeps, writer.tip().map(|tip| tip.0));
        let keeper = keeper.map_err(|source| FollowError::Kept { dir: dir.to_owned(), source })?;
        Ok(Self {
            dir: dir.to_owned(),
            writer,
            pending: Vec::new(),
            rows: 0,
            branch: Vec::new(),
            watched,
            keeper,
            report,
        })
    }

    /// Whether the ledger goes at least up to this height.
    pub(crate) fn holds_up_to(&self, height: u64) -> bool {
        self.tip().is_some_and(|(tip, _)| tip >= height)
    }

    pub(crate) fn tip(&self) -> Option<(u64, [u8; 32])> {
        let pending = self.pending.last().map(|block| (block.height, block.hash));
        pending.or_else(|| self.writer.tip())
    }

    /// Takes down what is not known of a block, and the logs that are kept of it.
    pub(crate) fn note(&mut self, found: &Movements) {
        if let Some(keeper) = &mut self.keeper {
            keeper.note(found);
        }
        for &(tx, _, why) in &found.refused {
            self.report.refused_logs += 1;
            if self.report.refused.len() < NAMED {
                self.report.refused.push((found.block.height, tx.0, why));
            }
        }
        for gap in &found.gaps {
            self.report.gaps.entry(Gap::unseen(gap)).or_insert_with(|| (0, gap.to_string())).0 += 1;
        }
    }

    /// The hash of the block of this height, where it is held.
    pub(crate) fn hash_at(&self, height: u64) -> Option<[u8; 32]> {
        let pending = self.pending.iter().find(|block| block.height == height).map(|block| block.hash);
        pending.or_else(|| self.writer.hash_at(height))
    }

    /// The lowest height that is held.
    pub(crate) fn lowest(&self) -> Option<u64> {
        let (tip, _) = self.tip()?;
        Some(tip + 1 - u64::from(self.writer.block_count()) - self.pending.len() as u64)
    }

    /// Drops what is above a height that is held.
    pub(crate) fn rewind_to(&mut self, height: u64) -> Result<(), TransferLedgerError> {
        self.append()?;
        let Some((tip, _)) = self.writer.tip().filter(|(tip, _)| *tip > height) else { return Ok(()) };
        info!(height, "the source left our chain: going back");
        let gone = u32::try_from(tip - height).unwrap_or(u32::MAX);
        self.writer.rewind(BlockNum(self.writer.block_count().saturating_sub(gone)))?;
        self.report.rewound_to = Some(height);
        Ok(())
    }

    /// Makes durable what was taken.
    pub(crate) fn commit(&mut self) -> Result<(), FollowError> {
        self.append()?;
        self.keep()?;
        Ok(debug_span!("commit").in_scope(|| self.writer.commit())?)
    }

    /// Makes durable the logs that are kept of what is to be committed.
    fn keep(&mut self) -> Result<(), FollowError> {
        let tip = self.writer.tip().map(|tip| tip.0);
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        keeper.write(tip).map_err(|source| FollowError::Kept { dir: self.dir.clone(), source })
    }

    /// Takes a block; of a ledger that watches some accounts, the transactions of it that moved something of theirs. Such a
    /// transaction is taken whole, for what was given for what in it shows in all of it.
    pub(crate) fn take(&mut self, mut block: TransferBlock) -> Result<(), TransferLedgerError> {
        if let Some(watched) = &self.watched {
            let before = block.txs.len();
            block.txs.retain(|tx| {
                let mut movements = tx.movements.iter();
                movements.any(|own| [own.from, own.to].iter().flatten().any(|side| watched.contains(side)))
            });
            self.report.left_out += (before - block.txs.len()) as u64;
        }
        if self.tip().is_none_or(|(height, hash)| block.parent == hash && height + 1 == block.height) {
            self.rows += block.txs.iter().map(|tx| tx.movements.len() + 1).sum::<usize>();
            self.pending.push(block);
            if self.rows >= TOGETHER || self.pending.len() >= BLOCKS_TOGETHER {
                self.append()?;
            }
            return Ok(());
        }
        self.append()?;
        if self.writer.hash_at(block.height) == Some(block.hash) {
            self.report.known += 1;
            return Ok(());
        }
        let goes_on = self.branch.last().is_some_and(|last| block.parent == last.hash);
        if !goes_on {
            self.give_up_branch();
        }
        let before = block.height.checked_sub(1);
        if !goes_on && before.and_then(|height| self.writer.hash_at(height)) != Some(block.parent) {
            // Refused, with what is missing.
            return self.writer.append(&block);
        }
        self.branch.push(block);
        self.take_branch()
    }

    /// Goes back for the branch that waits, once it is longer than what the ledger holds.
    fn take_branch(&mut self) -> Result<(), TransferLedgerError> {
        let (Some(first), Some(last)) = (self.branch.first(), self.branch.last()) else { return Ok(()) };
        if self.holds_up_to(last.height) {
            return Ok(());
        }
        let kept = first.height - 1;
        info!(height = kept, "another branch is longer: going back");
        // As many as go are below what a writer numbers.
        let gone = self.writer.tip().map_or(0, |(tip, _)| tip - kept) as u32;
        self.writer.rewind(BlockNum(self.writer.block_count() - gone))?;
        self.report.rewound_to = Some(kept);
        self.pending = std::mem::take(&mut self.branch);
        self.append()
    }

    fn give_up_branch(&mut self) {
        self.report.stale += self.branch.len() as u64;
        self.branch.clear();
    }

    fn append(&mut self) -> Result<(), TransferLedgerError> {
        let (blocks, before) = (std::mem::take(&mut self.pending), self.writer.transfer_count());
        self.rows = 0;
        let count = self.writer.block_count();
        let appended = debug_span!("append", blocks = blocks.len())
            .in_scope(|| self.writer.append_all(&blocks.iter().collect::<Vec<_>>()));
        self.report.blocks += u64::from(self.writer.block_count() - count);
        self.report.transfers += self.writer.transfer_count() - before;
        appended
    }

    /// Commits what was taken.
    pub(crate) fn end(mut self) -> Result<TransferReport, FollowError> {
        self.append()?;
        self.give_up_branch();
        self.keep()?;
        info_span!("commit").in_scope(|| self.writer.commit())?;
        Ok(self.report)
    }
}

#[cfg(test)]
mod tests {
    use tracehound_model::transfer::Unseen;
    use tracehound_transfers::TransferLedger;

    use super::*;

    const CHAIN: Chain = Chain::Evm(1);

    /// Block `height` of a branch that leaves the others after `shared` blocks.
    fn block(height: u8, branch: u8, shared: u8) -> TransferBlock {
        let name = |height: u8| {
            let mut hash = [0; 32];
            (hash[0], hash[1]) = (height, if height < shared { 0 } else { branch });
            hash
        };
        TransferBlock {
            height: height.into(),
            hash: name(height),
            parent: height.checked_sub(1).map_or([9; 32], name),
            time: height.into(),
            unseen: Unseen::NOTHING,
            txs: Vec::new(),
        }
    }

    fn run(
        dir: &Path,
        blocks: impl IntoIterator<Item = TransferBlock>,
    ) -> Result<TransferReport, FollowError> {
        let mut follower = Follower::open(dir, CHAIN, WriterOptions::default(), &Keeps::default())?;
        let taken = blocks.into_iter().try_for_each(|block| follower.take(block));
        let report = follower.end()?;
        Ok(taken.map(|()| report)?)
    }

    fn snapshot(blocks: impl IntoIterator<Item = TransferBlock>) -> String {
        let dir = tempfile::tempdir().expect("temporary folder");
        run(dir.path(), blocks).expect("taken");
        id(dir.path())
    }

    fn id(dir: &Path) -> String {
        TransferLedger::open(dir, CHAIN).expect("opens").snapshot_id()
    }

    #[test]
    fn what_is_held_is_passed_over_and_what_is_new_taken() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let report = run(dir.path(), (0..5).map(|height| block(height, 0, 99))).expect("taken");
        assert_eq!((report.blocks, report.known), (5, 0));
        let report = run(dir.path(), (2..9).map(|height| block(height, 0, 99))).expect("taken");
        assert_eq!((report.blocks, report.known), (4, 3));
        // Blocks that are not told of are missing: nothing is taken over a hole.
        let missing = run(dir.path(), [block(11, 0, 99)]).expect_err("9 and 10 are missing").to_string();
        assert!(missing.contains("block 11") && missing.contains("height 8"), "{missing}");
        assert_eq!(id(dir.path()), snapshot((0..9).map(|height| block(height, 0, 99))));
    }

    #[test]
    fn a_longer_branch_takes_the_place_of_a_shorter_one_and_no_other_does() {
        let dir = tempfile::tempdir().expect("temporary folder");
        run(dir.path(), (0..8).map(|height| block(height, 0, 99))).expect("taken");
        let before = id(dir.path());
        // As long as what is held, from a source that lags.
        let report = run(dir.path(), (0..8).map(|height| block(height, 1, 5))).expect("taken");
        assert_eq!((report.known, report.stale, report.rewound_to), (5, 3, None));
        assert_eq!(id(dir.path()), before);
        // Two branches in one run: the second one is longer.
        let two = (5..7).map(|height| block(height, 2, 5)).chain((6..10).map(|height| block(height, 3, 6)));
        let report = run(dir.path(), two).expect("taken");
        assert_eq!((report.blocks, report.stale, report.rewound_to), (4, 2, Some(5)));
        let wanted =
            (0..6).map(|height| block(height, 0, 99)).chain((6..10).map(|height| block(height, 3, 6)));
        assert_eq!(id(dir.path()), snapshot(wanted));
        let tip = TransferLedger::open(dir.path(), CHAIN).expect("opens").info().tip.expect("a block");
        assert_eq!((tip.height, tip.hash), (9, block(9, 3, 6).hash));
    }

    /// Whatever way blocks came, a ledger that watches some accounts holds what a clean ingest does, and of the others' nothing.
    #[test]
    fn what_moved_nothing_of_whom_is_watched_is_left_out_of_every_branch() {
        let [own, other, third] = [1, 2, 3].map(|name| Address::Evm([name; 20]));
        let moves = |from: Address, to: Address| tracehound_model::transfer::Movement {
            from: Some(from),
            to: Some(to),
            asset: "eip155:1/slip44:60".parse().expect("an asset"),
            amount: 1_u64.into(),
            kind: tracehound_model::transfer::MovementKind::Native,
            proved: true,
        };
        let block = |height: u8, branch: u8, shared: u8| {
            let mut block = block(height, branch, shared);
            let ours = vec![moves(other, own), moves(other, third)];
            for (name, movements) in [(1, ours), (2, vec![moves(other, third)])] {
                let mut hash = block.hash;
                hash[5] = name;
                block.txs.push(tracehound_model::transfer::TransferTx { hash, movements });
            }
            block
        };
        let options = || WriterOptions { watch: Some([own].into()), ..WriterOptions::default() };
        let run = |dir: &Path, blocks: Vec<TransferBlock>| {
            let mut follower = Follower::open(dir, CHAIN, options(), &Keeps::default()).expect("opens");
            for block in blocks {
                follower.take(block).expect("taken");
            }
            follower.end().expect("ends")
        };
        let (messy, clean) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        run(messy.path(), (0..8).map(|height| block(height, 0, 99)).collect());
        let report = run(messy.path(), (5..10).map(|height| block(height, 1, 5)).collect());
        assert_eq!((report.rewound_to, report.left_out, report.transfers), (Some(4), 5, 10));
        let chain =
            (0..5).map(|height| block(height, 0, 99)).chain((5..10).map(|height| block(height, 1, 5)));
        run(clean.path(), chain.collect());
        assert_eq!(id(messy.path()), id(clean.path()));
        let info = TransferLedger::open(clean.path(), CHAIN).expect("opens").info();
        assert_eq!((info.txs, info.transfers, info.watched), (10, 20, Some(1)));
    }

    #[test]
    fn a_branch_deeper_than_the_limit_is_refused_and_changes_nothing() {
        let dir = tempfile::tempdir().expect("temporary folder");
        run(dir.path(), (0..8).map(|height| block(height, 0, 99))).expect("taken");
        let before = id(dir.path());
        let options = WriterOptions { max_reorg_depth: 2, ..WriterOptions::default() };
        let mut follower = Follower::open(dir.path(), CHAIN, options, &Keeps::default()).expect("opens");
        let deep =
            (5..9).try_for_each(|height| follower.take(block(height, 1, 5))).expect_err("three blocks");
        assert!(matches!(deep, TransferLedgerError::ReorgTooDeep { depth: 3, limit: 2 }), "{deep}");
        drop(follower);
        assert_eq!(id(dir.path()), before);
    }
}
