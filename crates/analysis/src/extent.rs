//! How far the ledger behind an answer reaches: where it ends, seen from the moment asked about, and which blocks are
//! missing. Every answer over a ledger says it, and is incomplete where blocks that it needed are not there.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{BlockNum, UtxoRows};
use tracehound_model::{BlockHash, Gap, GapKind};

pub use transfers::{Openings, Whose, lacking_transfers};

use crate::words::moment;

mod transfers;

/// Most seconds between a ledger's last block and the moment asked about, unless the caller says otherwise: one day.
/// Blocks come every ten minutes, so a ledger that ends longer before does not know what happened since.
pub const MAX_AGE: i64 = 86_400;

/// Most seconds by which a block's time may lie behind that of the nodes that took it (Bitcoin Core's
/// `MAX_FUTURE_BLOCK_TIME`). Beyond it the clock is wrong by which the moment was told.
const MAX_AHEAD: i64 = 7_200;

/// The moment asked about. The ledger is expected to be cut there already ([`Ledger::as_of`](tracehound_ledger::Ledger::as_of)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Seconds since 1970-01-01 UTC.
    pub as_of: i64,
    /// Most seconds by which the last block may be older.
    pub max_age: i64,
}

impl Asked {
    /// About this moment, with the usual age.
    pub const fn at(as_of: i64) -> Self {
        Self { as_of, max_age: MAX_AGE }
    }
}

const BEGINS_LATE: &str = "the ledger does not begin with the chain's first block";

/// In words: which blocks a ledger lacks up to its last one. Nothing for a whole one; any other is partial, and what it
/// does not know may have happened there.
pub fn lacking(ledger: &impl UtxoRows) -> Vec<String> {
    let mut lacking = Vec::new();
    let missing_ranges = ledger.missing_ranges();
    if ledger.counts().blocks == 0 {
        lacking.push("it holds no block".to_owned());
    }
    if begins_late(ledger) {
        lacking.push(format!("{BEGINS_LATE}: the blocks before its first one are missing"));
    }
    if missing_ranges > 0 {
        lacking.push(format!(
            "blocks are missing in {missing_ranges} place{} after the first one (blocks stay in the order in which they came: move the \
             ledger's folder away and ingest all files together)",
            if missing_ranges == 1 { "" } else { "s" }
        ));
    }
    lacking
}

/// Whether the first block stands on another, so that blocks before it are missing.
fn begins_late(ledger: &impl UtxoRows) -> bool {
    ledger.first_block().is_some_and(|first| first.header.prev() != BlockHash::default())
}

/// The blocks that an answer needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// The whole chain: whatever an owner did.
    All,
    /// From this block on to the end.
    From(BlockNum),
    /// Between these two.
    Between(BlockNum, BlockNum),
}

/// The last block of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct LastBlock {
    /// Its id, as its chain prints it.
    pub hash: String,
    /// Its height, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Its time, seconds since 1970-01-01 UTC.
    pub time: i64,
}

/// How far the ledger behind an answer reaches.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Extent {
    /// The moment asked about, seconds since 1970-01-01 UTC.
    pub as_of: i64,
    /// Blocks up to it.
    pub blocks: u32,
    /// The last of them; `None` in an empty ledger.
    pub last_block: Option<LastBlock>,
    /// Seconds from the last block to the moment; 0 when its time is later.
    pub age: Option<i64>,
    /// Places among the blocks that the answer needed where some are missing.
    pub missing_ranges: u32,
    /// What makes the answer incomplete. Empty when nothing does.
    pub gaps: Vec<Gap>,
}

impl Extent {
    /// Of a ledger that was cut at the moment asked about, for an answer that needed these blocks. O(blocks).
    pub fn of(ledger: &impl UtxoRows, asked: Asked, needed: Needed) -> Self {
        let (blocks, missing_ranges) = (ledger.counts().blocks, ledger.missing_ranges());
        let last_block = ledger.tip().map(|tip| LastBlock {
            hash: tip.hash.to_string(),
            height: tip.height.map(u64::from),
            time: tip.header.time().into(),
        });
        let mut extent = Self::ending(asked, blocks, last_block);
        let (from, to) = match needed {
            Needed::All => (0, blocks),
            Needed::From(block) => (block.0, blocks),
            Needed::Between(from, to) => (from.0, to.0.saturating_add(1)),
        };
        if missing_ranges > 0 {
            let missing = (from.saturating_add(1)..to.min(blocks))
                .filter(|&num| ledger.block(BlockNum(num)).is_some_and(|block| block.after_missing_range))
                .count();
            extent.missing_ranges = u32::try_from(missing).unwrap_or(u32::MAX);
        }
        if let Needed::From(block) = needed
            && missing_ranges > 0
            && stored_before_their_time(ledger, block)
        {
            extent.missing_ranges += 1;
        }
        if ledger.missing_behind() && !matches!(needed, Needed::Between(..)) {
            extent.missing_ranges += 1;
        }
        let gap = |kind, sentence: String| Gap::about_ledger(kind, ledger.chain(), sentence);
        if extent.missing_ranges > 0 {
            let places = if extent.missing_ranges == 1 { "" } else { "s" };
            let sentence = format!(
                "blocks are missing in {} place{places} of the range that was looked at, and what happened in them was not \
                 seen",
                extent.missing_ranges
            );
            let remedy = "ingest all files together, into a ledger of their own";
            extent.gaps.push(gap(GapKind::LedgerPartial, sentence).mend(remedy));
        }
        if needed == Needed::All && begins_late(ledger) {
            extent.missing_ranges += 1;
            let sentence = format!("{BEGINS_LATE}: what happened before was not seen");
            extent.gaps.push(gap(GapKind::LedgerPartial, sentence));
        }
        extent.say_how_old(asked, &gap);
        extent
    }

    /// What is known before blocks are looked for.
    fn ending(asked: Asked, blocks: u32, last_block: Option<LastBlock>) -> Self {
        let age = last_block.as_ref().map(|last| (asked.as_of - last.time).max(0));
        Self { as_of: asked.as_of, blocks, last_block, age, missing_ranges: 0, gaps: Vec::new() }
    }

    /// Adds what follows from where the ledger ends.
    fn say_how_old(&mut self, asked: Asked, gap: &dyn Fn(GapKind, String) -> Gap) {
        match self.age {
            None => {
                let sentence = "the ledger has no block up to the moment asked about".to_owned();
                self.gaps.push(gap(GapKind::LedgerPartial, sentence));
            }
            Some(age) if age > asked.max_age => {
                let sentence = format!(
                    "the ledger ends {} before the moment asked about, more than {}, and what happened since was not seen",
                    span(age),
                    span(asked.max_age)
                );
                let remedy = "ingest newer blocks, or ask --as-of the last block";
                self.gaps.push(gap(GapKind::LedgerStale, sentence).mend(remedy));
            }
            Some(_) => {}
        }
        if let Some(last) = &self.last_block
            && last.time - asked.as_of > MAX_AHEAD
        {
            let sentence = format!(
                "the ledger's last block is of {}, which is after the moment asked about, so that the clock of this machine \
                 is wrong and how old the ledger is cannot be told",
                moment(last.time)
            );
            let remedy = "set the clock, or ask --as-of a moment";
            self.gaps.push(gap(GapKind::ClockWrong, sentence).mend(remedy));
        }
    }

    /// Whether the blocks that the answer needed were there, up to the moment asked about.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }

    /// One sentence for people: where the ledger ends.
    pub fn sentence(&self) -> String {
        let Some(last) = &self.last_block else {
            return format!("The ledger has no block up to {}", self.moment());
        };
        let height =
            last.height.map_or_else(|| "a block of unknown height".to_owned(), |at| format!("block {at}"));
        let before = match self.age {
            None | Some(0) => "the moment asked about".to_owned(),
            Some(age) => format!("{} before the moment asked about", span(age)),
        };
        let asked = self.moment();
        format!("The ledger ends with {height} of {}, {before} ({asked})", moment(last.time))
    }

    fn moment(&self) -> String {
        moment(self.as_of)
    }
}

/// Whether a ledger may hold blocks of after `from` before it, because they were ingested first. What they spend of its
/// outputs was not there yet, so the outputs look unspent. Heights tell where both are known, else times. O(blocks).
fn stored_before_their_time(ledger: &impl UtxoRows, from: BlockNum) -> bool {
    let Some(first) = ledger.block(from) else { return false };
    let before = |num: &BlockNum| ledger.block(*num);
    let run = (0..=from.0)
        .rev()
        .map(BlockNum)
        .find(|num| before(num).is_some_and(|block| block.after_missing_range));
    let Some(run) = run else { return false };
    (0..run.0).map(BlockNum).filter_map(|num| ledger.block(num)).any(|block| {
        match (block.height, first.height) {
            (Some(height), Some(first)) => height > first,
            _ => block.header.time() > first.header.time(),
        }
    })
}

/// `3 days`, `5 h 7 min`, `12 s`.
fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600, seconds / 60 % 60);
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min"),
        3_600..172_800 if minutes > 0 => format!("{hours} h {minutes} min"),
        3_600..172_800 => format!("{hours} h"),
        _ => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_as_people_do() {
        let said = [0, 59, 60, 3_599, 3_600, 86_400, 90_061, 172_800].map(span);
        assert_eq!(said, ["0 s", "59 s", "1 min", "59 min", "1 h", "24 h", "25 h 1 min", "2 days"]);
    }
}
