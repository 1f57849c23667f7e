//! Sealed segments: one immutable file of columns.
//!
//! `<name>.seg` holds the columns as checksummed sections, then where it comes from ([`Origin`]), the ids of the snapshots that
//! end with its blocks ([`identity`](super::identity)), and a checksum for each page, with which reading compares what it reads.
//! Its header holds the first numbers, whether the store began with nothing, and the store's key.

use std::{collections::BTreeSet, path::Path};

use tracehound_model::Address;

use tracehound_columns::{Checked, ColumnError, HashIndex, Slice, runs::Runs, sections::SectionFile};
use tracehound_segments::{Id, Key, Origin, SegmentsError, Store, files::SEGMENT};

use super::{
    KIND, STORE, TransferLedgerError, WATCHED_FORMAT, WATCHED_KIND,
    balances::Balances,
    coded::Coded,
    data::{Begun, Place, RawBlock, RawOpening, Rows, watched_in},
    effect,
    strings::{Names, Strings},
};
use crate::MAX_NUM;

/// Starts, counts and long runs.
type RunsColumns = (Checked<u32>, Checked<u8>, Checked<[u32; 2]>);
/// Lengths and bytes.
type StringsColumns = (RunsColumns, Checked<u8>);
/// Codes, ranks, rare and common numbers.
type CodedColumns = (Checked<u8>, Checked<u32>, Checked<u32>, Checked<u32>);
/// Directory, entries and tags.
type IndexColumns = (Checked<u32>, Checked<u32>, Checked<u8>);

/// A sealed segment, mapped.
#[derive(Debug)]
pub(super) struct Segment {
    file: SectionFile,
    first: Place,
    end: Place,
    begun: Begun,
    key: Key,
    blocks: Checked<RawBlock>,
    hashes: Checked<[u8; 32]>,
    tx_index: IndexColumns,
    tx_transfers: RunsColumns,
    from: Checked<u32>,
    to: Checked<u32>,
    asset: CodedColumns,
    kind: Checked<u8>,
    amounts: StringsColumns,
    accounts: StringsColumns,
    account_index: IndexColumns,
    assets: StringsColumns,
    asset_index: IndexColumns,
    balance_accounts: (Checked<u32>, RunsColumns),
    balance_assets: (Checked<u32>, RunsColumns),
    entries: Checked<u32>,
    long: Checked<[u32; 2]>,
    effects: Checked<[u8; effect::BYTES]>,
    openings: Checked<RawOpening>,
    origin: Checked<u8>,
    ids: Checked<Id>,
}

/// The sections that find a transaction by its hash: the hashes, and three of their index.
const HASH_SECTIONS: std::ops::Range<usize> = 1..5;

fn runs(file: &mut SectionFile) -> Result<RunsColumns, SegmentsError> {
    Ok((file.checked()?, file.checked()?, file.checked()?))
}

fn strings(file: &mut SectionFile) -> Result<StringsColumns, SegmentsError> {
    Ok((runs(file)?, file.checked()?))
}

fn index(file: &mut SectionFile) -> Result<IndexColumns, SegmentsError> {
    Ok((file.checked()?, file.checked()?, file.checked()?))
}

impl Segment {
    fn open_file(dir: &Path, name: &str) -> Result<Self, SegmentsError> {
        let path = dir.join(format!("{name}.{SEGMENT}"));
        let (mut file, watched) = match SectionFile::open_paged(&path, KIND) {
            Err(ColumnError::Version { found: WATCHED_FORMAT, .. }) => {
                (SectionFile::open_paged(&path, WATCHED_KIND)?, true)
            }
            opened => (opened?, false),
        };
        let [block, tx, transfer, account, asset, opening, key @ ..] = file.words();
        let number = |word: u64| {
            u32::try_from(word)
                .map_err(|_| SegmentsError::corrupt(file.path(), "its first numbers are out of range"))
        };
        let begun = Begun::from_word(opening).filter(|begun| begun.watched == watched).ok_or_else(|| {
            SegmentsError::corrupt(file.path(), "it does not say with what its store began")
        })?;
        let first =
            Place { block: number(block)?, tx, transfer, account: number(account)?, asset: number(asset)? };
        let mut segment = Self {
            first,
            end: first,
            begun,
            key: Key::from_words(key),
            blocks: file.checked()?,
            hashes: file.checked()?,
            tx_index: index(&mut file)?,
            tx_transfers: runs(&mut file)?,
            from: file.checked()?,
            to: file.checked()?,
            asset: (file.checked()?, file.checked()?, file.checked()?, file.checked()?),
            kind: file.checked()?,
            amounts: strings(&mut file)?,
            accounts: strings(&mut file)?,
            account_index: index(&mut file)?,
            assets: strings(&mut file)?,
            asset_index: index(&mut file)?,
            balance_accounts: (file.checked()?, runs(&mut file)?),
            balance_assets: (file.checked()?, runs(&mut file)?),
            entries: file.checked()?,
            long: file.checked()?,
            effects: file.checked()?,
            openings: file.checked()?,
            origin: file.checked()?,
            ids: file.checked()?,
            file,
        };
        segment.check_lengths()?;
        segment.end = segment.rows().end();
        Ok(segment)
    }

    /// Parallel columns must be equally long, or a row number would mean different things in them; and every row has a
    /// number of its type.
    fn check_lengths(&self) -> Result<(), SegmentsError> {
        let rows = self.rows();
        let (txs, transfers, balances) = (rows.hashes.len(), rows.from.len(), self.balances());
        let fits =
            |first: u32, rows: usize| u32::try_from(rows).is_ok_and(|rows| first.checked_add(rows).is_some());
        let fits_in_40_bits =
            |first: u64, rows: usize| first.checked_add(rows as u64).is_some_and(|end| end <= MAX_NUM + 1);
        let agree = rows.tx_transfers.len() == txs
            && rows.tx_transfers.start(txs) == Some(transfers)
            && [rows.to.len(), rows.asset.len(), rows.kind.len(), rows.amounts.len()] == [transfers; 4]
            && rows.asset.agree()
            && balances.agree()
            && [&rows.amounts, &rows.accounts, &rows.assets].into_iter().all(Strings::agree)
            && self.ids.len() == rows.blocks.len() + 1
            && fits(self.first.block, rows.blocks.len())
            && fits(self.first.account, rows.accounts.len())
            && fits(self.first.asset, rows.assets.len())
            && fits_in_40_bits(self.first.tx, txs)
            && fits_in_40_bits(self.first.transfer, transfers)
            && rows.blocks.get(0).is_some_and(|block| block.first_tx == self.first.tx);
        self.check_pages_read()?;
        if agree { Ok(()) } else { Err(SegmentsError::corrupt(self.path(), "its columns differ in length")) }
    }

    #[inline]
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows {
            first: self.first,
            blocks: self.file.rows(&self.blocks),
            hashes: self.file.rows(&self.hashes),
            tx_transfers: self.runs(&self.tx_transfers),
            from: self.file.rows(&self.from),
            to: self.file.rows(&self.to),
            asset: self.coded(&self.asset),
            kind: self.file.rows(&self.kind),
            amounts: self.strings(&self.amounts),
            accounts: self.strings(&self.accounts),
            assets: self.strings(&self.assets),
            openings: self.file.rows(&self.openings),
        }
    }

    #[inline]
    fn runs<'a>(&'a self, (groups, counts, big): &'a RunsColumns) -> Runs<'a> {
        Runs { groups: self.file.rows(groups), counts: self.file.rows(counts), big: self.file.rows(big) }
    }

    #[inline]
    fn strings<'a>(&'a self, (lengths, bytes): &'a StringsColumns) -> Strings<'a> {
        Strings { lengths: self.runs(lengths), bytes: self.file.rows(bytes) }
    }

    #[inline]
    fn coded<'a>(&'a self, (codes, ranks, rare, common): &'a CodedColumns) -> Coded<'a> {
        Coded {
            codes: self.file.rows(codes),
            ranks: self.file.rows(ranks),
            rare: self.file.rows(rare),
            common: self.file.rows(common),
        }
    }

    #[inline]
    fn index<'a>(&'a self, (dir, entries, tags): &'a IndexColumns) -> HashIndex<'a> {
        HashIndex { dir: self.file.rows(dir), entries: self.file.rows(entries), tags: self.file.rows(tags) }
    }

    // What a look-up reads, and no more.

    /// Accounts first seen here.
    #[inline]
    pub(super) fn accounts(&self) -> Names<'_> {
        Names { strings: self.strings(&self.accounts), index: self.index(&self.account_index) }
    }

    /// Assets first seen here.
    #[inline]
    pub(super) fn assets(&self) -> Names<'_> {
        Names { strings: self.strings(&self.assets), index: self.index(&self.asset_index) }
    }

    /// Balances that move here.
    #[inline]
    pub(super) fn balances(&self) -> Balances<'_> {
        Balances {
            accounts: self.file.rows(&self.balance_accounts.0),
            of_account: self.runs(&self.balance_accounts.1),
            assets: self.file.rows(&self.balance_assets.0),
            transfers: self.runs(&self.balance_assets.1),
            entries: self.file.rows(&self.entries),
            long: self.file.rows(&self.long),
            effects: self.file.rows(&self.effects),
        }
    }

    /// The newest relative transaction below `end` with this hash.
    pub(super) fn find_tx(&self, hash: u64, tx: &[u8; 32], end: u64) -> Option<u32> {
        let (index, hashes) = (self.index(&self.tx_index), self.file.rows(&self.hashes));
        index.candidates(hash).find(|&rel| u64::from(rel) < end && hashes.get(rel as usize) == Some(tx))
    }

    pub(super) fn first(&self) -> Place {
        self.first
    }

    pub(super) fn end(&self) -> Place {
        self.end
    }

    /// The accounts that the store watches which this is the first segment of, where it does not hold everybody's movements.
    pub(super) fn watched(&self) -> Result<Option<BTreeSet<Address>>, TransferLedgerError> {
        let watched = watched_in(&self.rows(), self.begun);
        self.check_pages_read()?;
        if self.begun.watched && watched.is_none() {
            return Err(TransferLedgerError::corrupt(self.path(), "it does not say whom its store watches"));
        }
        Ok(watched)
    }

    /// What its store began with.
    pub(super) fn begun(&self) -> Begun {
        self.begun
    }

    pub(super) fn key(&self) -> Key {
        self.key
    }

    /// Where the segment comes from.
    pub(super) fn origin(&self) -> Result<Origin, SegmentsError> {
        let origin = serde_json::from_slice(self.file.rows(&self.origin).all());
        self.check_pages_read()?;
        origin.map_err(|error| SegmentsError::corrupt(self.path(), error.to_string()))
    }

    /// The id of the snapshot that ends before the first block, then that after each block.
    pub(super) fn ids(&self) -> Slice<'_, Id> {
        self.file.rows(&self.ids)
    }

    /// Compares every section with its checksum.
    pub(super) fn check_sections(&self) -> Result<(), SegmentsError> {
        Ok(self.file.check()?)
    }

    /// Whether every page that was read so far was right, and whether what was read fits together.
    pub(super) fn check_pages_read(&self) -> Result<(), SegmentsError> {
        match self.file.pages().damage() {
            Some(what) => Err(SegmentsError::corrupt(self.path(), what)),
            None => Ok(()),
        }
    }

    /// Whether the file has the length that it was mapped with.
    pub(super) fn check_length(&self) -> Result<(), SegmentsError> {
        Ok(self.file.check_length()?)
    }

    /// Remembers damage that whoever read the rows found.
    pub(super) fn report(&self, what: &str) {
        self.file.pages().report(|| what.to_owned());
    }

    /// Takes the file's pages out of the process's memory.
    pub(super) fn release(&self) {
        self.file.release();
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Bytes of the file, and those of them that find transactions by their hashes.
    pub(super) fn bytes(&self) -> (u64, u64) {
        let of_hashes = self.file.sections().skip(HASH_SECTIONS.start).take(HASH_SECTIONS.len());
        (self.file.byte_len(), of_hashes.map(|section| section.len() as u64).sum())
    }
}

impl tracehound_segments::Segment for Segment {
    const STORE: Store = STORE;
    type Place = Place;

    fn open(dir: &Path, name: &str, _writable: bool) -> Result<Self, SegmentsError> {
        Self::open_file(dir, name)
    }

    fn first(&self) -> Place {
        self.first
    }

    fn end(&self) -> Place {
        Self::end(self)
    }

    /// Blocks: one of them may hold nothing else.
    fn rows_before(place: Place) -> u64 {
        place.block.into()
    }

    fn key(&self) -> Option<Key> {
        Some(self.key)
    }

    /// In numbers, in blocks and in the ids of snapshots.
    fn continues(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return self.first == Place::default() };
        let (old, own) = (self.file.rows(&self.blocks).get(0), before.rows().blocks);
        let (Some(first), Some(last)) = (old, own.len().checked_sub(1).and_then(|at| own.get(at))) else {
            return false;
        };
        let old_ids = before.ids();
        self.first == before.end()
            && self.begun == before.begun
            && first.parent == last.hash
            && last.height.checked_add(1) == Some(first.height)
            && old_ids.get(old_ids.len() - 1).is_some_and(|id| self.ids().get(0) == Some(id))
    }
}
