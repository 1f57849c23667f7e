//! Sealed segments: one immutable file of columns, and one small file of spent cells beside it.
//!
//! `<name>.seg` holds the columns as checksummed sections, then where it comes from ([`Origin`]), the sums of the spent
//! cells ([`cells`](crate::cells)), the ids of the snapshots that end with its blocks ([`identity`](crate::identity)), and
//! a checksum for each page, with which reading compares what it reads. Its header holds the segment's first numbers and
//! the ledger's key. Format 1 ends with the columns and has no key, format 2 has no ids.
//! `<name>.spent` is one 4-byte cell an output.

use std::path::{Path, PathBuf};

use tracehound_columns::{
    Checked, ColumnError, HashIndex, SharedColumn, Slice,
    runs::Runs,
    sections::{Kind, SectionFile},
};
use tracehound_segments::{Id, Key, Origin, SegmentsError, Store, files::SEGMENT};

use crate::{
    data::{BlockRow, FLAG_AFTER_MISSING_RANGE, First, MissingRow, Rows, Scripts, Values},
    hashing::Hashing,
    store::{CELLS, FORMAT, FORMAT_KEYED, FORMAT_UNKEYED, STORE},
};

const COLUMNS: usize = 31;
/// Columns, origin, sums of the spent cells, ids of snapshots, checksums of the pages.
pub(crate) const SECTIONS: usize = COLUMNS + 4;
pub(crate) const KIND: Kind = Kind { magic: *b"THSEGMNT", version: FORMAT, sections: SECTIONS };
const KEYED_KIND: Kind = Kind { version: FORMAT_KEYED, sections: COLUMNS + 3, ..KIND };
const UNKEYED_KIND: Kind = Kind { version: FORMAT_UNKEYED, sections: COLUMNS, ..KIND };

/// Place of the number of outputs, which is the number of spent cells, behind the segment's first numbers.
const OUTPUTS_WORD: usize = 5;

/// A cell of an owner's outputs with this bit is a place in `lists`, one without it is the owner's only output.
pub(crate) const LIST: u32 = 1 << 31;

/// What of an index is believed without a look at its pages' checksums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A row that holds the key.
    Found,
    /// Nothing.
    Nothing,
}

/// Starts, counts and long runs.
type RunsColumns = (Checked<u32>, Checked<u8>, Checked<[u32; 2]>);

/// A sealed segment, mapped.
#[derive(Debug)]
pub(crate) struct Segment {
    file: SectionFile,
    spent_path: PathBuf,
    first: First,
    hashing: Hashing,
    blocks: Checked<BlockRow>,
    txids: Checked<[u8; 32]>,
    tx_inputs: RunsColumns,
    tx_outputs: RunsColumns,
    tx_lock: Checked<u32>,
    tx_shape: Checked<u32>,
    in_prev_lo: Checked<u32>,
    in_prev_hi: Checked<u8>,
    out_value_lo: Checked<u32>,
    out_value_hi: Checked<u8>,
    out_big: Checked<[u64; 2]>,
    out_addr: Checked<u32>,
    addr_type: Checked<u8>,
    addr_group: Checked<u32>,
    addr_payload: Checked<u8>,
    missing: Checked<MissingRow>,
    tx_index: (Checked<u32>, Checked<u32>, Checked<u8>),
    addr_index: (Checked<u32>, Checked<u32>, Checked<u8>),
    new_cell: Checked<u32>,
    old_addr: Checked<u32>,
    old_cell: Checked<u32>,
    lists: Checked<u32>,
    missing_by_addr: Checked<[u32; 2]>,
    /// Origin and sums of cells, from format 2 on.
    more: Option<(Checked<u8>, Checked<u32>)>,
    /// The id before the first block and after each block, from format 3 on.
    ids: Option<Checked<Id>>,
    pub(crate) spent: SharedColumn,
}

impl Segment {
    /// Maps the files of segment `name`. Checks the header, the files' lengths and that sections agree in length; O(1)
    /// in the content.
    pub(crate) fn open(dir: &Path, name: &str, writable: bool) -> Result<Self, SegmentsError> {
        let spent_path = dir.join(format!("{name}.{CELLS}"));
        let (mut file, format) = open_file(&dir.join(format!("{name}.{SEGMENT}")))?;
        let keyed = format >= FORMAT_KEYED;
        let [input, output, block, tx, addr, outputs, key @ ..] = file.words();
        let number = |word: u64| {
            u32::try_from(word)
                .map_err(|_| SegmentsError::corrupt(file.path(), "its first numbers are out of range"))
        };
        let first =
            First { input, output, block: number(block)?, tx: number(tx)?, addr: number(addr)?, reserved: 0 };
        let segment = Self {
            first,
            hashing: if keyed { Hashing::Keyed(Key::from_words(key)) } else { Hashing::Public },
            blocks: file.checked()?,
            txids: file.checked()?,
            tx_inputs: (file.checked()?, file.checked()?, file.checked()?),
            tx_outputs: (file.checked()?, file.checked()?, file.checked()?),
            tx_lock: file.checked()?,
            tx_shape: file.checked()?,
            in_prev_lo: file.checked()?,
            in_prev_hi: file.checked()?,
            out_value_lo: file.checked()?,
            out_value_hi: file.checked()?,
            out_big: file.checked()?,
            out_addr: file.checked()?,
            addr_type: file.checked()?,
            addr_group: file.checked()?,
            addr_payload: file.checked()?,
            missing: file.checked()?,
            tx_index: (file.checked()?, file.checked()?, file.checked()?),
            addr_index: (file.checked()?, file.checked()?, file.checked()?),
            new_cell: file.checked()?,
            old_addr: file.checked()?,
            old_cell: file.checked()?,
            lists: file.checked()?,
            missing_by_addr: file.checked()?,
            more: if keyed { Some((file.checked()?, file.checked()?)) } else { None },
            ids: if format >= FORMAT { Some(file.checked()?) } else { None },
            spent: SharedColumn::open(&spent_path, outputs as usize, writable)?,
            spent_path,
            file,
        };
        segment.check_lengths()?;
        Ok(segment)
    }

    /// Parallel columns must be equally long, or a row number would mean different things in them.
    fn check_lengths(&self) -> Result<(), SegmentsError> {
        let (txs, inputs, outputs) = (self.txids.len(), self.in_prev_lo.len(), self.out_addr.len());
        let rows = self.rows();
        let agree = rows.tx_inputs.len() == txs
            && rows.tx_outputs.len() == txs
            && self.tx_lock.len() == txs
            && self.tx_shape.len() == txs
            && self.in_prev_hi.len() == inputs
            && self.out_value_lo.len() == outputs
            && self.out_value_hi.len() == outputs
            && self.spent.len() == outputs
            && rows.tx_inputs.start(txs) == Some(inputs)
            && rows.tx_outputs.start(txs) == Some(outputs)
            && self.new_cell.len() == self.addr_type.len()
            && self.old_cell.len() == self.old_addr.len()
            && self.ids.as_ref().is_none_or(|ids| ids.len() == self.blocks.len() + 1)
            && rows.blocks.get(0).is_some_and(|block| block.first_tx == self.first.tx)
            && self.numbers_fit();
        self.check_pages_read()?;
        if agree { Ok(()) } else { Err(SegmentsError::corrupt(self.path(), "its columns differ in length")) }
    }

    /// Whether every row has a number of its type: the first numbers come from the file as they are.
    fn numbers_fit(&self) -> bool {
        let fits =
            |first: u32, rows: usize| u32::try_from(rows).is_ok_and(|rows| first.checked_add(rows).is_some());
        fits(self.first.block, self.blocks.len())
            && fits(self.first.tx, self.txids.len())
            && fits(self.first.addr, self.addr_type.len())
            && self.first.input.checked_add(self.in_prev_lo.len() as u64).is_some()
            && self.first.output.checked_add(self.out_addr.len() as u64).is_some()
    }

    #[inline]
    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows {
            first: self.first,
            blocks: self.blocks(),
            txids: self.txids(),
            tx_inputs: self.tx_inputs(),
            tx_outputs: self.tx_outputs(),
            tx_lock: self.file.rows(&self.tx_lock),
            tx_shape: self.file.rows(&self.tx_shape),
            in_prev_lo: self.file.rows(&self.in_prev_lo),
            in_prev_hi: self.file.rows(&self.in_prev_hi),
            out_values: self.values(),
            out_addr: self.owners(),
            scripts: self.scripts(Trust::Nothing),
            missing: self.missing(),
        }
    }

    // One column of [`Segment::rows`] or a few, for those who read one row and must not pay for the others.

    /// The inputs of each transaction.
    #[inline]
    pub(crate) fn tx_inputs(&self) -> Runs<'_> {
        self.runs(&self.tx_inputs)
    }

    /// The outputs of each transaction.
    #[inline]
    pub(crate) fn tx_outputs(&self) -> Runs<'_> {
        self.runs(&self.tx_outputs)
    }

    /// What inputs spend, packed: low and high cells.
    #[inline]
    pub(crate) fn prevs(&self) -> (Slice<'_, u32>, Slice<'_, u8>) {
        (self.file.rows(&self.in_prev_lo), self.file.rows(&self.in_prev_hi))
    }

    /// Outputs spent that are not in the ledger.
    #[inline]
    pub(crate) fn missing(&self) -> Slice<'_, MissingRow> {
        self.file.rows(&self.missing)
    }

    /// Blocks.
    #[inline]
    pub(crate) fn blocks(&self) -> Slice<'_, BlockRow> {
        self.file.rows(&self.blocks)
    }

    /// Ids of transactions.
    #[inline]
    pub(crate) fn txids(&self) -> Slice<'_, [u8; 32]> {
        self.file.rows(&self.txids)
    }

    /// Ids of transactions, their lock times, and their weights with version codes.
    #[inline]
    pub(crate) fn txs(&self) -> (Slice<'_, [u8; 32]>, Slice<'_, u32>, Slice<'_, u32>) {
        (self.txids(), self.file.rows(&self.tx_lock), self.file.rows(&self.tx_shape))
    }

    /// Types of owners.
    #[inline]
    pub(crate) fn script_types(&self) -> Slice<'_, u8> {
        self.file.rows(&self.addr_type)
    }

    /// Amounts of outputs.
    #[inline]
    pub(crate) fn values(&self) -> Values<'_> {
        Values {
            lo: self.file.rows(&self.out_value_lo),
            hi: self.file.rows(&self.out_value_hi),
            big: self.file.rows(&self.out_big),
        }
    }

    /// Owners of outputs.
    #[inline]
    pub(crate) fn owners(&self) -> Slice<'_, u32> {
        self.file.rows(&self.out_addr)
    }

    #[inline]
    fn runs<'a>(&'a self, (groups, counts, big): &'a RunsColumns) -> Runs<'a> {
        Runs { groups: self.file.rows(groups), counts: self.file.rows(counts), big: self.file.rows(big) }
    }

    #[inline]
    fn index<'a>(
        &'a self,
        (dir, entries, tags): &'a (Checked<u32>, Checked<u32>, Checked<u8>),
        trust: Trust,
    ) -> HashIndex<'a> {
        HashIndex {
            dir: self.believed(dir, trust),
            entries: self.believed(entries, trust),
            tags: self.believed(tags, trust),
        }
    }

    /// Scripts of the addresses first seen here.
    #[inline]
    pub(crate) fn scripts(&self, trust: Trust) -> Scripts<'_> {
        Scripts {
            types: self.believed(&self.addr_type, trust),
            groups: self.believed(&self.addr_group, trust),
            payloads: self.believed(&self.addr_payload, trust),
        }
    }

    #[inline]
    fn believed<'a, T>(&'a self, column: &'a Checked<T>, trust: Trust) -> Slice<'a, T> {
        match trust {
            Trust::Found => column.unchecked(),
            Trust::Nothing => self.file.rows(column),
        }
    }

    pub(crate) fn first(&self) -> First {
        self.first
    }

    /// Numbers at which the next segment begins.
    pub(crate) fn end(&self) -> First {
        First {
            block: self.first.block + self.blocks.len() as u32,
            tx: self.first.tx + self.txids.len() as u32,
            input: self.first.input + self.in_prev_lo.len() as u64,
            output: self.first.output + self.out_addr.len() as u64,
            addr: self.first.addr + self.addr_type.len() as u32,
            reserved: 0,
        }
    }

    /// How the segment's indexes hash.
    pub(crate) fn hashing(&self) -> Hashing {
        self.hashing
    }

    /// The ledger's key, from format 2 on.
    pub(crate) fn key(&self) -> Option<Key> {
        match self.hashing {
            Hashing::Keyed(key) => Some(key),
            Hashing::Public => None,
        }
    }

    /// Where the segment comes from, from format 2 on.
    pub(crate) fn origin(&self) -> Result<Option<Origin>, SegmentsError> {
        let Some((origin, _)) = &self.more else { return Ok(None) };
        let origin = serde_json::from_slice(self.file.rows(origin).all());
        self.check_pages_read()?;
        origin.map(Some).map_err(|error| SegmentsError::corrupt(self.path(), error.to_string()))
    }

    /// Sums of all cells of the ledger as of the segment's end, from format 2 on.
    pub(crate) fn cell_sums(&self) -> Option<Slice<'_, u32>> {
        self.more.as_ref().map(|(_, sums)| self.file.rows(sums))
    }

    /// The id of the snapshot that ends before the first block, then that after each block, from format 3 on.
    pub(crate) fn ids(&self) -> Option<Slice<'_, Id>> {
        self.ids.as_ref().map(|ids| self.file.rows(ids))
    }

    /// The newest relative transaction below `end` with this id, whose hash is `hash`.
    ///
    /// With [`Trust::Found`] nothing is checked: a row that holds the whole key is the right one, and that there is none
    /// says nothing.
    #[inline]
    pub(crate) fn find_tx(&self, hash: u64, txid: &[u8; 32], end: u32, trust: Trust) -> Option<u32> {
        let (index, txids) = (self.index(&self.tx_index, trust), self.believed(&self.txids, trust));
        index.candidates(hash).find(|&rel| rel < end && txids.get(rel as usize) == Some(txid))
    }

    /// The relative number of an owner first seen in this segment, whose hash is `hash`; as [`find_tx`](Self::find_tx).
    #[inline]
    pub(crate) fn find_addr(&self, hash: u64, script_type: u8, payload: &[u8], trust: Trust) -> Option<u32> {
        let (index, scripts) = (self.index(&self.addr_index, trust), self.scripts(trust));
        index.candidates(hash).find(|&rel| {
            scripts
                .get(rel as usize)
                .is_some_and(|(own_type, own)| own_type as u8 == script_type && own == payload)
        })
    }

    /// Relative outputs in this segment that belong to a global address number, ascending.
    pub(crate) fn outputs_of_addr(&self, addr: u32) -> &[u32] {
        let cell = if addr >= self.first.addr {
            self.file.rows(&self.new_cell).get((addr - self.first.addr) as usize)
        } else {
            let old = self.file.rows(&self.old_addr).find_by_key(&addr, |&old| old);
            old.and_then(|(at, _)| self.file.rows(&self.old_cell).get(at))
        };
        let Some(cell) = cell else { return &[] };
        if cell & LIST == 0 {
            return std::slice::from_ref(cell);
        }
        let (lists, at) = (self.file.rows(&self.lists), (cell & !LIST) as usize);
        let list = lists.get(at).and_then(|&count| lists.range(at + 1..at + 1 + count as usize));
        list.unwrap_or(&[])
    }

    /// Rows of `missing` whose spent output belonged to a global address number.
    pub(crate) fn missing_of_addr(&self, addr: u32) -> impl Iterator<Item = &MissingRow> {
        let owners = self.file.rows(&self.missing_by_addr);
        let missing = self.file.rows(&self.missing);
        let start = owners.partition_point(|&[owner, _]| owner < addr);
        (start..owners.len())
            .map_while(move |at| owners.get(at))
            .take_while(move |&&[owner, _]| owner == addr)
            .filter_map(move |&[_, row]| missing.get(row as usize))
    }

    /// Compares every section with its checksum.
    pub(crate) fn check_sections(&self) -> Result<(), SegmentsError> {
        Ok(self.file.check()?)
    }

    /// Whether every page that was read so far was right.
    pub(crate) fn check_pages_read(&self) -> Result<(), SegmentsError> {
        match self.file.pages().damage() {
            Some(what) => Err(SegmentsError::corrupt(self.path(), what)),
            None => Ok(()),
        }
    }

    /// Remembers damage that whoever read the rows found.
    pub(crate) fn report(&self, what: impl FnOnce() -> String) {
        self.file.pages().report(what);
    }

    /// Whether both files have the length that they were mapped with.
    pub(crate) fn check_files(&self) -> Result<(), SegmentsError> {
        self.file.check_length()?;
        Ok(self.spent.check_length(&self.spent_path)?)
    }

    /// Takes the pages of both files out of the process's memory.
    pub(crate) fn release(&self) {
        self.file.release();
        self.spent.release();
    }

    pub(crate) fn sync_spent(&self) -> Result<(), SegmentsError> {
        Ok(self.spent.sync(&self.spent_path)?)
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(crate) fn spent_path(&self) -> &Path {
        &self.spent_path
    }

    /// Bytes of both files.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.file.byte_len() + self.spent.len() as u64 * 4
    }
}

impl tracehound_segments::Segment for Segment {
    const STORE: Store = STORE;
    type Place = First;

    fn open(dir: &Path, name: &str, writable: bool) -> Result<Self, SegmentsError> {
        Segment::open(dir, name, writable)
    }

    fn first(&self) -> First {
        self.first
    }

    fn end(&self) -> First {
        Segment::end(self)
    }

    fn rows_before(place: First) -> u64 {
        place.tx.into()
    }

    fn key(&self) -> Option<Key> {
        Segment::key(self)
    }

    /// In numbers and in block ids.
    fn continues(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else { return self.first == First::default() };
        let (old, own) = (before.blocks(), self.blocks());
        let (Some(last), Some(first)) = (old.len().checked_sub(1).and_then(|at| old.get(at)), own.get(0))
        else {
            return false;
        };
        let (old_ids, own_ids) = (before.ids(), self.ids());
        let joins = old_ids.zip(own_ids).is_none_or(|(old, own)| old.get(old.len() - 1) == own.get(0));
        self.first == before.end()
            && joins
            && (first.flags & FLAG_AFTER_MISSING_RANGE != 0 || first.header().prev() == last.hash())
    }
}

/// How many cells a segment's header says there are.
pub(crate) fn cells_in_header(dir: &Path, name: &str) -> Result<u64, SegmentsError> {
    open_file(&dir.join(format!("{name}.{SEGMENT}"))).map(|(file, _)| file.words()[OUTPUTS_WORD])
}

/// Maps a segment of any format; which one it is.
fn open_file(path: &Path) -> Result<(SectionFile, u32), SegmentsError> {
    match SectionFile::open_paged(path, KIND) {
        Err(ColumnError::Version { found: FORMAT_UNKEYED, .. }) => {
            Ok((SectionFile::open(path, UNKEYED_KIND)?, FORMAT_UNKEYED))
        }
        Err(ColumnError::Version { found: FORMAT_KEYED, .. }) => {
            Ok((SectionFile::open_paged(path, KEYED_KIND)?, FORMAT_KEYED))
        }
        opened => Ok((opened?, FORMAT)),
    }
}
