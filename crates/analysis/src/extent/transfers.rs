//! How far a ledger of transfers reaches: where it begins and ends, and what of its blocks was not told.

use std::collections::BTreeSet;

use tracehound_model::{Chain, Gap, GapKind, TxRef, transfer::Unseen};
use tracehound_transfers::{AccountNum, BlockNum, TransferRows};

use super::{Asked, Extent, LastBlock};

/// What a ledger of transfers knows of before its first block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openings {
    /// It begins with the chain, and what genesis allots stands in it.
    Genesis,
    /// Nothing but what somebody said of single balances.
    Some,
}

/// Whose movements an answer needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Everybody's.
    Everybodys,
    /// Those of some accounts.
    Of(&'a BTreeSet<AccountNum>),
}

/// Whom alone a ledger watches, where an answer needed the movements of others.
fn watches(rows: &dyn TransferRows, whose: Whose<'_>) -> Option<String> {
    let count = rows.watched()?;
    if let Whose::Of(accounts) = whose
        && accounts.iter().all(|account| account.0 < count)
    {
        return None;
    }
    let accounts = if count == 1 { "1 account" } else { &format!("{count} accounts") };
    Some(format!("it holds what moved to or from {accounts} that it watches, and nothing else"))
}

/// What helps where a ledger watches too few.
const WATCH_MORE: &str = "tracehound ingest evm with --watch ADDRESS watches more";

/// What may have moved and was not told, and why that may be: the words of every answer, after `1 block is` and `2 blocks are`.
const UNSEEN: [(Unseen, &str); 5] = [
    (
        Unseen::RECEIPTS,
        "without receipts: neither fees nor tokens are known there, nor which transactions failed",
    ),
    (Unseen::TRACES, "without traces: what contracts passed on there of the chain's own coin is not known"),
    (
        Unseen::SOME_TXS,
        "with transactions that could not be traced or do not say whether they failed: what those moved is not known",
    ),
    (Unseen::SOME_FEES, "with transactions that do not say what they paid for gas"),
    (Unseen::SOME_ISSUES, "silent on whom the chain paid some of its rewards"),
];

/// In words: what a ledger of transfers lacks up to its last block of these accounts' movements. Nothing for a whole one. O(blocks).
pub fn lacking_transfers(rows: &dyn TransferRows, openings: Openings, whose: Whose<'_>) -> Vec<String> {
    let mut lacking: Vec<String> = watches(rows, whose).into_iter().collect();
    match rows.block(BlockNum(0)) {
        None => lacking.push("it holds no block".to_owned()),
        Some(first) => lacking.extend(begins_late(first.height, openings)),
    }
    lacking.extend(unseen(rows).into_iter().map(|(blocks, what)| told(blocks, what)));
    lacking
}

/// Why what accounts held before the first block is not known, where it is not.
fn begins_late(height: u64, openings: Openings) -> Option<String> {
    match (height, openings) {
        (_, Openings::Genesis) => None,
        (0, Openings::Some) => Some("what genesis allots is not in it".to_owned()),
        (height, Openings::Some) => {
            Some(format!("it begins with block {height}, and the blocks before that are not in it"))
        }
    }
}

fn unseen(rows: &dyn TransferRows) -> Vec<(u32, &'static str)> {
    let mut counts = UNSEEN.map(|(_, what)| (0, what));
    for block in (0..rows.block_count()).filter_map(|num| rows.block(BlockNum(num))) {
        for ((kind, _), (count, _)) in UNSEEN.iter().zip(&mut counts) {
            *count += u32::from(block.unseen.has(*kind));
        }
    }
    counts.into_iter().filter(|(count, _)| *count > 0).collect()
}

fn told(blocks: u32, what: &str) -> String {
    format!("{blocks} block{} {what}", if blocks == 1 { " is" } else { "s are" })
}

impl Extent {
    /// Of what was fetched of single accounts or transactions (`single`), all of it up to this block of whoever told it. `is_past`
    /// where a moment before that block was asked about on purpose.
    pub fn of_case(
        blocks: u32,
        last: Option<LastBlock>,
        single: &str,
        chain: Chain,
        asked: Asked,
        is_past: bool,
    ) -> Self {
        let mut extent = Self::ending(asked, blocks, last);
        let gap = |kind, sentence| Gap::about_ledger(kind, chain.to_string(), sentence);
        let sentence =
            format!("no ledger of the chain was asked: what is known is what was fetched of single {single}");
        extent.gaps.push(gap(GapKind::NotFetched, sentence));
        if !is_past {
            extent.say_how_old(asked, &gap);
        }
        extent
    }

    /// Of a ledger of transfers that was cut at the moment asked about, for an answer that needed all of these accounts'
    /// movements. O(blocks).
    pub fn of_transfers(
        rows: &dyn TransferRows,
        chain: Chain,
        openings: Openings,
        whose: Whose<'_>,
        asked: Asked,
    ) -> Self {
        let blocks = rows.block_count();
        let last = blocks.checked_sub(1).and_then(|last| rows.block(BlockNum(last)));
        let last_block = last.map(|last| LastBlock {
            hash: TxRef { chain, hash: last.hash }.to_string(),
            height: Some(last.height),
            time: i64::try_from(last.time).unwrap_or(i64::MAX),
        });
        let mut extent = Self::ending(asked, blocks, last_block);
        let gap = |kind, sentence: String| Gap::about_ledger(kind, chain.to_string(), sentence);
        if let Some(words) = watches(rows, whose) {
            let sentence = format!("the ledger is partial: {words}; what others did was not seen");
            extent.gaps.push(gap(GapKind::LedgerPartial, sentence).mend(WATCH_MORE));
        }
        if let Some(words) = rows.block(BlockNum(0)).and_then(|first| begins_late(first.height, openings)) {
            extent.missing_ranges += 1;
            let sentence =
                format!("the ledger is partial: {words}; what accounts held and did before was not seen");
            extent.gaps.push(gap(GapKind::LedgerPartial, sentence));
        }
        for (blocks, what) in unseen(rows) {
            extent.gaps.push(gap(GapKind::MovementsUnseen, told(blocks, what)));
        }
        extent.say_how_old(asked, &gap);
        extent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_told_of_one_block_and_of_several_is_a_sentence() {
        for (_, what) in UNSEEN {
            // What follows `is` and `are` alike: no clause with a verb of its own number.
            assert!(
                ["with", "without", "silent"].contains(&what.split(' ').next().unwrap_or_default()),
                "{what}"
            );
        }
        let (_, rewards) = UNSEEN[4];
        assert_eq!(told(1, rewards), "1 block is silent on whom the chain paid some of its rewards");
        assert_eq!(told(2, rewards), "2 blocks are silent on whom the chain paid some of its rewards");
    }
}
