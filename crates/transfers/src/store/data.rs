//! A segment's rows, in memory while they grow or borrowed from a sealed file.

use std::{collections::BTreeSet, ops::Range};

use tracehound_columns::{
    Slice,
    runs::{Runs, RunsData},
};
use tracehound_model::{
    Address, Amount,
    transfer::{MovementKind, Unseen},
};
use tracehound_segments::Id;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{
    coded::{Coded, CodedData},
    strings::{Strings, StringsData},
};
use crate::{
    AccountNum, AssetNum, BlockRow, Transfer, TransferNum, TxNum,
    pack::{NOBODY, PROVED, digits, from_digits},
};

/// Where a segment begins or ends, in all numbers of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) block: u32,
    pub(super) tx: u64,
    pub(super) transfer: u64,
    pub(super) account: u32,
    pub(super) asset: u32,
}

/// A block as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct RawBlock {
    pub(super) hash: [u8; 32],
    pub(super) parent: [u8; 32],
    pub(super) height: u64,
    pub(super) time: u64,
    /// Its first transaction, transfer, account and asset: how many there are before it.
    pub(super) first_tx: u64,
    pub(super) first_transfer: u64,
    pub(super) first_account: u32,
    pub(super) first_asset: u32,
    pub(super) unseen: u32,
    pub(super) reserved: u32,
}

impl RawBlock {
    pub(super) fn place(&self, block: u32) -> Place {
        Place {
            block,
            tx: self.first_tx,
            transfer: self.first_transfer,
            account: self.first_account,
            asset: self.first_asset,
        }
    }

    pub(super) fn row(&self) -> Option<BlockRow> {
        let unseen = Unseen::from_byte(u8::try_from(self.unseen).ok()?)?;
        Some(BlockRow { height: self.height, hash: self.hash, time: self.time, unseen })
    }
}

/// What a store began with, besides what single accounts held. Every segment of it repeats it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Begun {
    /// With the chain, before which nobody held anything.
    pub(super) from_nothing: bool,
    /// To watch some accounts: those that are numbered before the first block.
    pub(super) watched: bool,
}

impl Begun {
    /// As stored.
    pub(super) fn word(self) -> u8 {
        u8::from(self.from_nothing) | u8::from(self.watched) << 1
    }

    /// What this word says, if it says something.
    pub(super) fn from_word(word: u64) -> Option<Self> {
        (word < 4).then_some(Self { from_nothing: word & 1 != 0, watched: word & 2 != 0 })
    }
}

/// What an account held before the first block, as stored: account, asset, amount.
pub(super) type RawOpening = [u8; 40];

pub(super) fn opening_bytes(account: u32, asset: u32, amount: Amount) -> RawOpening {
    let mut bytes = [0; 40];
    bytes[..4].copy_from_slice(&account.to_be_bytes());
    bytes[4..8].copy_from_slice(&asset.to_be_bytes());
    bytes[8..].copy_from_slice(&amount.to_be_bytes());
    bytes
}

pub(super) fn opening_of(bytes: &RawOpening) -> (u32, u32, Amount) {
    let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    (word(0), word(4), Amount::from_be_bytes(bytes[8..].try_into().expect("32 bytes")))
}

/// Rows of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) first: Place,
    pub(super) blocks: Slice<'a, RawBlock>,
    pub(super) hashes: Slice<'a, [u8; 32]>,
    pub(super) tx_transfers: Runs<'a>,
    pub(super) from: Slice<'a, u32>,
    pub(super) to: Slice<'a, u32>,
    pub(super) asset: Coded<'a>,
    pub(super) kind: Slice<'a, u8>,
    pub(super) amounts: Strings<'a>,
    pub(super) accounts: Strings<'a>,
    pub(super) assets: Strings<'a>,
    /// In the first segment alone; ascending.
    pub(super) openings: Slice<'a, RawOpening>,
}

impl Rows<'_> {
    pub(super) fn end(&self) -> Place {
        Place {
            block: self.first.block + self.blocks.len() as u32,
            tx: self.first.tx + self.hashes.len() as u64,
            transfer: self.first.transfer + self.from.len() as u64,
            account: self.first.account + self.accounts.len() as u32,
            asset: self.first.asset + self.assets.len() as u32,
        }
    }

    /// Where block `at` begins; the rows' end for the one behind the last.
    pub(super) fn place(&self, at: usize) -> Option<Place> {
        if at == self.blocks.len() {
            return Some(self.end());
        }
        Some(self.blocks.get(at)?.place(self.first.block + at as u32))
    }

    /// What the blocks of a range hold, relative to the rows' first: transactions, transfers, accounts, assets. `None` when
    /// the rows contradict each other.
    pub(super) fn span(&self, blocks: Range<usize>) -> Option<Span> {
        let (from, to) = (self.place(blocks.start)?, self.place(blocks.end)?);
        let rel = |from: u64, to: u64, first: u64| {
            let (from, to) = (from.checked_sub(first)? as usize, to.checked_sub(first)? as usize);
            (from <= to).then_some(from..to)
        };
        let span = Span {
            txs: rel(from.tx, to.tx, self.first.tx)?,
            transfers: rel(from.transfer, to.transfer, self.first.transfer)?,
            accounts: rel(from.account.into(), to.account.into(), self.first.account.into())?,
            assets: rel(from.asset.into(), to.asset.into(), self.first.asset.into())?,
        };
        let agree = self.tx_transfers.start(span.txs.start) == Some(span.transfers.start)
            && self.tx_transfers.start(span.txs.end) == Some(span.transfers.end);
        agree.then_some(span)
    }

    /// Sides and amount of a relative transfer, for whoever follows one balance.
    #[inline]
    pub(super) fn moved(&self, rel: usize) -> Option<(u32, u32, Amount)> {
        Some((*self.from.get(rel)?, *self.to.get(rel)?, from_digits(self.amounts.get(rel)?)?))
    }

    /// A relative transfer.
    pub(super) fn transfer(&self, rel: usize) -> Option<Transfer> {
        let (from, to, amount) = self.moved(rel)?;
        let kind = *self.kind.get(rel)?;
        let account = |num: u32| (num != NOBODY).then_some(AccountNum(num));
        Some(Transfer {
            num: TransferNum(self.first.transfer + rel as u64),
            tx: TxNum(self.first.tx + self.tx_transfers.owner(rel)?.0 as u64),
            from: account(from),
            to: account(to),
            asset: AssetNum(self.asset.get(rel)?),
            amount,
            kind: MovementKind::from_byte(kind & !PROVED)?,
            proved: kind & PROVED != 0,
        })
    }
}

/// The accounts that a store watches, by the rows of its first segment; `None` where it holds everybody's movements.
pub(super) fn watched_in(rows: &Rows<'_>, begun: Begun) -> Option<BTreeSet<Address>> {
    let count = if begun.watched { rows.place(0)?.account as usize } else { return None };
    (0..count).map(|at| Address::from_key(rows.accounts.get(at)?)).collect()
}

/// Ranges of rows, relative to their segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) txs: Range<usize>,
    pub(super) transfers: Range<usize>,
    pub(super) accounts: Range<usize>,
    pub(super) assets: Range<usize>,
}

/// A growing segment.
#[derive(Debug)]
pub(super) struct SegmentData {
    pub(super) first: Place,
    /// What the store began with.
    pub(super) begun: Begun,
    pub(super) blocks: Vec<RawBlock>,
    pub(super) hashes: Vec<[u8; 32]>,
    pub(super) tx_transfers: RunsData,
    pub(super) from: Vec<u32>,
    pub(super) to: Vec<u32>,
    pub(super) asset: CodedData,
    pub(super) kind: Vec<u8>,
    pub(super) amounts: StringsData,
    pub(super) accounts: StringsData,
    pub(super) assets: StringsData,
    pub(super) openings: Vec<RawOpening>,
    /// Ids of the snapshots that end before the first block and after each of the first blocks, as far as they are known;
    /// sealing computes the others.
    pub(super) ids: Vec<Id>,
}

impl SegmentData {
    pub(super) fn new(first: Place, begun: Begun, id_before: Option<Id>) -> Self {
        Self {
            first,
            begun,
            blocks: Vec::new(),
            hashes: Vec::new(),
            tx_transfers: RunsData::default(),
            from: Vec::new(),
            to: Vec::new(),
            asset: CodedData::default(),
            kind: Vec::new(),
            amounts: StringsData::default(),
            accounts: StringsData::default(),
            assets: StringsData::default(),
            openings: Vec::new(),
            ids: id_before.into_iter().collect(),
        }
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        Rows {
            first: self.first,
            blocks: self.blocks[..].into(),
            hashes: self.hashes[..].into(),
            tx_transfers: self.tx_transfers.view(),
            from: self.from[..].into(),
            to: self.to[..].into(),
            asset: self.asset.view(),
            kind: self.kind[..].into(),
            amounts: self.amounts.view(),
            accounts: self.accounts.view(),
            assets: self.assets.view(),
            openings: self.openings[..].into(),
        }
    }

    pub(super) fn end(&self) -> Place {
        self.rows().end()
    }

    #[inline]
    pub(super) fn push_transfer(&mut self, from: u32, to: u32, asset: u32, kind: u8, amount: Amount) {
        self.from.push(from);
        self.to.push(to);
        self.asset.push(asset);
        self.kind.push(kind);
        let (bytes, start) = digits(amount);
        self.amounts.push(&bytes[start..]);
    }

    /// Appends the first `blocks` blocks of a segment's rows, which begin where these end, and their ids. `None` when they
    /// contradict each other or are damaged; then this is of no use.
    pub(super) fn extend_from(&mut self, rows: &Rows<'_>, blocks: usize, ids: &[Id]) -> Option<()> {
        let known = usize::from(!self.ids.is_empty());
        self.ids.extend_from_slice(ids.get(known..=blocks)?);
        let mut span = rows.span(0..blocks)?;
        // What accounts held before the first block numbers some before it.
        (span.accounts.start, span.assets.start) = (0, 0);
        let Span { txs, transfers, accounts, assets } = span;
        self.blocks.extend_from_slice(rows.blocks.range(0..blocks)?);
        self.hashes.extend_from_slice(rows.hashes.range(txs.clone())?);
        let counts = rows.tx_transfers.counts_of(txs.clone())?;
        for tx in 0..txs.len() {
            self.tx_transfers.push(counts.get(tx)? as u32);
        }
        self.from.extend_from_slice(rows.from.range(transfers.clone())?);
        self.to.extend_from_slice(rows.to.range(transfers.clone())?);
        for asset in rows.asset.each(transfers.clone())? {
            self.asset.push(asset);
        }
        self.kind.extend_from_slice(rows.kind.range(transfers.clone())?);
        for (own, other, range) in [
            (&mut self.amounts, &rows.amounts, transfers),
            (&mut self.accounts, &rows.accounts, accounts),
            (&mut self.assets, &rows.assets, assets),
        ] {
            let before = own.len();
            other.each(range.clone())?.for_each(|string| own.push(string));
            (own.len() - before == range.len()).then_some(())?;
        }
        self.openings.extend_from_slice(rows.openings.range(0..rows.openings.len())?);
        Some(())
    }
}
