//! Movements on one account chain, as the screener asks for them: of a ledger, or of what was fetched of single accounts.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::Timestamp;
use tracehound_analysis::extent::{Asked, Extent, Openings, Whose, lacking_transfers};
use tracehound_model::{Address, Chain, Gap};
use tracehound_transfers::{BlockNum, TransferLedger, TransferRows};

/// How far what was fetched covers one subject.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// What the answer leaves out, or rests on that nobody else vouches for.
    pub gaps: Vec<Gap>,
    /// Whether all of the subject's transactions are there; otherwise the answer cannot be `allow`.
    pub complete: bool,
    /// Up to when they are there: the moment they were asked for.
    pub until: Option<Timestamp>,
    /// Of a transaction: whom it called, where that was asked.
    pub called: Option<CalledAccounts>,
}

/// Whom a transaction called, itself or inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledAccounts {
    /// The accounts that are told.
    pub accounts: Vec<Address>,
    /// In words: why there may be others, if there may.
    pub untold: Option<String>,
}

/// Movements of one account chain, cut at the moment asked about.
#[derive(Clone)]
pub struct Movements<'a> {
    /// The movements.
    pub rows: &'a (dyn TransferRows + Sync),
    /// Their chain.
    pub chain: Chain,
    /// What is known of before the first block.
    pub openings: Openings,
    /// Names their content: a part of an answer's snapshot.
    pub snapshot: String,
    /// Where they are those of some subjects alone: how far each of these is covered, by canonical address or hash. Whoever is not
    /// named was not examined.
    pub extract: Option<BTreeMap<String, Covered>>,
}

impl<'a> Movements<'a> {
    /// Of a ledger, which is cut at the moment asked about.
    pub fn of_ledger(ledger: &'a TransferLedger) -> Self {
        let openings = if ledger.from_genesis() { Openings::Genesis } else { Openings::Some };
        Self { rows: ledger, chain: ledger.chain(), openings, snapshot: ledger.snapshot_id(), extract: None }
    }

    /// What the rows lack about whoever's movements they hold, and the time of their last block where they are the whole chain up to it. O(blocks).
    pub(crate) fn reach(&self, as_of: Timestamp) -> (Vec<Gap>, Option<Timestamp>) {
        // How old it may be is the policy's to say, of what was examined whole.
        let asked = Asked { as_of: as_of.as_second(), max_age: i64::MAX };
        let nobodys = BTreeSet::new();
        let whose = Whose::Of(&nobodys);
        let gaps = Extent::of_transfers(self.rows, self.chain, self.openings, whose, asked).gaps;
        let last = self.rows.block_count().checked_sub(1).and_then(|last| self.rows.block(BlockNum(last)));
        let time = last.and_then(|last| Timestamp::from_second(i64::try_from(last.time).ok()?).ok());
        let is_whole = lacking_transfers(self.rows, self.openings, whose).is_empty();
        (gaps, time.filter(|_| is_whole))
    }
}

impl fmt::Debug for Movements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Movements").field("chain", &self.chain).finish_non_exhaustive()
    }
}

/// The hash that a text is, where it is written as account chains of the EVM's kind write hashes of transactions.
pub(crate) fn evm_hash(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).ok()?;
    Some(hash)
}
