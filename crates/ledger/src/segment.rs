//! Sealed segments: one immutable file of columns, and one small file of spent cells beside it.
//!
//! `<name>.seg` holds the columns as checksummed sections.
//! `<name>.spent` is one 4-byte cell an output: 0 unspent, `u32::MAX` unspendable, else the number of the spending
//! transaction. A cell may name a transaction beyond a reader's snapshot; readers ignore those.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tracehound_columns::{
    Column, HashIndex, HashIndexData, SharedColumn,
    files::write_durably,
    sections::{self, Kind, SectionFile, WORDS},
};
use zerocopy::IntoBytes;

use crate::{
    LedgerError,
    data::{BlockRow, First, MissingRow, NO_ADDR, Rows, SegmentData},
    runs::Runs,
};

/// Version of every file of the ledger. Readers refuse any other.
pub(crate) const FORMAT_VERSION: u32 = 1;
const KIND: Kind = Kind { magic: *b"THSEGMNT", version: FORMAT_VERSION, sections: 31 };
/// Place of the number of outputs, which is the number of spent cells, behind the segment's first numbers.
const OUTPUTS_WORD: usize = 5;

/// Hash under which a transaction is found.
pub(crate) fn txid_hash(txid: &[u8; 32]) -> u64 {
    u64::from_be_bytes(txid[..8].try_into().expect("8 of 32 bytes"))
}

/// Hash under which an owner is found.
pub(crate) fn addr_hash(script_type: u8, payload: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(payload, u64::from(script_type))
}

/// A cell of [`AddrOutputs`] with this bit is a place in `lists`, one without it is the owner's only output.
const LIST: u32 = 1 << 31;

/// Where each owner's outputs lie in a segment. Most owners have one output in their life, which costs its cell alone.
#[derive(Debug, Default)]
struct AddrOutputs {
    /// One cell for each address first seen here.
    new_cell: Vec<u32>,
    /// Addresses seen before this segment that have outputs in it, ascending, global numbers.
    old_addr: Vec<u32>,
    /// One cell for each of `old_addr`.
    old_cell: Vec<u32>,
    /// Lists: how many outputs, then the relative outputs, ascending.
    lists: Vec<u32>,
}

fn addr_outputs(rows: &Rows<'_>) -> AddrOutputs {
    let first = rows.first.addr;
    let is_new = |addr: u32| addr >= first && addr != NO_ADDR;
    let mut old: Vec<(u32, u32)> = Vec::new();
    // Counting sort: how many each new owner has, where its list begins, then the outputs into their lists.
    let mut counts = vec![0u32; rows.addr_type.len()];
    for (out, &addr) in rows.out_addr.iter().enumerate() {
        if is_new(addr) {
            counts[(addr - first) as usize] += 1;
        } else if addr != NO_ADDR {
            old.push((addr, out as u32));
        }
    }
    let mut found = AddrOutputs::default();
    let mut listed = 0u32;
    found.new_cell = counts
        .iter()
        .map(|&count| match count {
            1 => 0,
            // An owner known only from spent outputs outside the ledger has an empty list.
            count => {
                listed += count + 1;
                LIST | (listed - count - 1)
            }
        })
        .collect();
    found.lists = vec![0; listed as usize];
    for (out, &addr) in rows.out_addr.iter().enumerate().filter(|&(_, &addr)| is_new(addr)) {
        let cell = &mut found.new_cell[(addr - first) as usize];
        if *cell & LIST == 0 {
            *cell = out as u32;
            continue;
        }
        let at = (*cell & !LIST) as usize;
        found.lists[at] += 1;
        let filled = found.lists[at] as usize;
        found.lists[at + filled] = out as u32;
    }
    old.par_sort_unstable();
    for group in old.chunk_by(|a, b| a.0 == b.0) {
        found.old_addr.push(group[0].0);
        if let [(_, only)] = group {
            found.old_cell.push(*only);
        } else {
            found.old_cell.push(LIST | found.lists.len() as u32);
            found.lists.push(group.len() as u32);
            found.lists.extend(group.iter().map(|&(_, out)| out));
        }
    }
    found
}

/// Rows of `missing` that know their owner, ordered by owner: (owner, row).
fn missing_by_addr(rows: &Rows<'_>) -> Vec<[u32; 2]> {
    let known = rows.missing.iter().enumerate().filter(|(_, row)| row.addr != NO_ADDR);
    let mut pairs: Vec<[u32; 2]> = known.map(|(at, row)| [row.addr, at as u32]).collect();
    pairs.sort_unstable();
    pairs
}

/// Name, without extension, of the files of the segment that holds these transactions. `salt` tells apart segments
/// that were written for the same numbers before and after a reorg.
pub(crate) fn segment_name(first_tx: u32, txs: usize, salt: u64) -> String {
    format!("{first_tx:010}-{txs}-{salt:08x}")
}

/// Writes a segment under its final name, durable when this returns. The manifest does not name it yet.
pub(crate) fn write_segment(dir: &Path, name: &str, data: &SegmentData) -> Result<(), LedgerError> {
    let rows = data.rows();
    let (tx_index, (addr_index, (by_addr, missing_by_addr))) = rayon::join(
        || HashIndexData::build(&rows.txids.iter().map(txid_hash).collect::<Vec<_>>()),
        || {
            let hash = |rel| {
                let (script_type, payload) = rows.addr_key(rel).expect("rows being sealed agree");
                addr_hash(script_type as u8, payload)
            };
            let hashes: Vec<u64> = (0..rows.addr_type.len()).map(hash).collect();
            (HashIndexData::build(&hashes), (addr_outputs(&rows), missing_by_addr(&rows)))
        },
    );
    let sections: [&[u8]; 31] = [
        rows.blocks.as_bytes(),
        rows.txids.as_bytes(),
        rows.tx_inputs.groups.as_bytes(),
        rows.tx_inputs.counts,
        rows.tx_inputs.big.as_bytes(),
        rows.tx_outputs.groups.as_bytes(),
        rows.tx_outputs.counts,
        rows.tx_outputs.big.as_bytes(),
        rows.tx_lock.as_bytes(),
        rows.tx_shape.as_bytes(),
        rows.in_prev_lo.as_bytes(),
        rows.in_prev_hi,
        rows.out_value_lo.as_bytes(),
        rows.out_value_hi,
        rows.out_big.as_bytes(),
        rows.out_addr.as_bytes(),
        rows.addr_type,
        rows.addr_group.as_bytes(),
        rows.addr_payload,
        rows.missing.as_bytes(),
        tx_index.dir.as_bytes(),
        tx_index.entries.as_bytes(),
        &tx_index.tags,
        addr_index.dir.as_bytes(),
        addr_index.entries.as_bytes(),
        &addr_index.tags,
        by_addr.new_cell.as_bytes(),
        by_addr.old_addr.as_bytes(),
        by_addr.old_cell.as_bytes(),
        by_addr.lists.as_bytes(),
        missing_by_addr.as_bytes(),
    ];
    let first = rows.first;
    let mut words = [0; WORDS];
    words[..OUTPUTS_WORD].copy_from_slice(&[
        first.input,
        first.output,
        u64::from(first.block),
        u64::from(first.tx),
        u64::from(first.addr),
    ]);
    words[OUTPUTS_WORD] = rows.out_addr.len() as u64;
    write_durably(&dir.join(format!("{name}.spent")), &[data.spent.as_bytes()])?;
    sections::write(&dir.join(format!("{name}.seg")), KIND, words, &sections)?;
    Ok(())
}

/// Starts, counts and long runs.
type RunsColumns = (Column<u32>, Column<u8>, Column<[u32; 2]>);

fn runs((groups, counts, big): &RunsColumns) -> Runs<'_> {
    Runs { groups, counts, big }
}

/// A sealed segment, mapped.
#[derive(Debug)]
pub(crate) struct Segment {
    file: SectionFile,
    spent_path: PathBuf,
    first: First,
    blocks: Column<BlockRow>,
    txids: Column<[u8; 32]>,
    tx_inputs: RunsColumns,
    tx_outputs: RunsColumns,
    tx_lock: Column<u32>,
    tx_shape: Column<u32>,
    in_prev_lo: Column<u32>,
    in_prev_hi: Column<u8>,
    out_value_lo: Column<u32>,
    out_value_hi: Column<u8>,
    out_big: Column<[u64; 2]>,
    out_addr: Column<u32>,
    addr_type: Column<u8>,
    addr_group: Column<u32>,
    addr_payload: Column<u8>,
    missing: Column<MissingRow>,
    tx_index: (Column<u32>, Column<u32>, Column<u8>),
    addr_index: (Column<u32>, Column<u32>, Column<u8>),
    new_cell: Column<u32>,
    old_addr: Column<u32>,
    old_cell: Column<u32>,
    lists: Column<u32>,
    missing_by_addr: Column<[u32; 2]>,
    pub(crate) spent: SharedColumn,
}

impl Segment {
    /// Maps the files of segment `name`. Checks the header and that sections agree in length; O(1) in the content.
    pub(crate) fn open(dir: &Path, name: &str, writable: bool) -> Result<Self, LedgerError> {
        let spent_path = dir.join(format!("{name}.spent"));
        let mut file = SectionFile::open(&dir.join(format!("{name}.seg")), KIND)?;
        let [input, output, block, tx, addr, outputs, ..] = file.words();
        let number = |word: u64| {
            u32::try_from(word)
                .map_err(|_| LedgerError::corrupt(file.path(), "its first numbers are out of range"))
        };
        let first =
            First { input, output, block: number(block)?, tx: number(tx)?, addr: number(addr)?, reserved: 0 };
        let segment = Self {
            first,
            blocks: file.column()?,
            txids: file.column()?,
            tx_inputs: (file.column()?, file.column()?, file.column()?),
            tx_outputs: (file.column()?, file.column()?, file.column()?),
            tx_lock: file.column()?,
            tx_shape: file.column()?,
            in_prev_lo: file.column()?,
            in_prev_hi: file.column()?,
            out_value_lo: file.column()?,
            out_value_hi: file.column()?,
            out_big: file.column()?,
            out_addr: file.column()?,
            addr_type: file.column()?,
            addr_group: file.column()?,
            addr_payload: file.column()?,
            missing: file.column()?,
            tx_index: (file.column()?, file.column()?, file.column()?),
            addr_index: (file.column()?, file.column()?, file.column()?),
            new_cell: file.column()?,
            old_addr: file.column()?,
            old_cell: file.column()?,
            lists: file.column()?,
            missing_by_addr: file.column()?,
            spent: SharedColumn::open(&spent_path, outputs as usize, writable)?,
            spent_path,
            file,
        };
        segment.check_lengths()?;
        Ok(segment)
    }

    /// Parallel columns must be equally long, or a row number would mean different things in them.
    fn check_lengths(&self) -> Result<(), LedgerError> {
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
            && !self.blocks.is_empty()
            && self.blocks[0].first_tx == self.first.tx
            && self.numbers_fit();
        if agree { Ok(()) } else { Err(LedgerError::corrupt(self.path(), "its columns differ in length")) }
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
            blocks: &self.blocks,
            txids: &self.txids,
            tx_inputs: runs(&self.tx_inputs),
            tx_outputs: runs(&self.tx_outputs),
            tx_lock: &self.tx_lock,
            tx_shape: &self.tx_shape,
            in_prev_lo: &self.in_prev_lo,
            in_prev_hi: &self.in_prev_hi,
            out_value_lo: &self.out_value_lo,
            out_value_hi: &self.out_value_hi,
            out_big: &self.out_big,
            out_addr: &self.out_addr,
            addr_type: &self.addr_type,
            addr_group: &self.addr_group,
            addr_payload: &self.addr_payload,
            missing: &self.missing,
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

    /// Relative transactions that may carry this id, the newest first.
    pub(crate) fn find_tx(&self, txid: &[u8; 32]) -> Option<u32> {
        let (dir, entries, tags) = &self.tx_index;
        let index = HashIndex { dir, entries, tags };
        index.candidates(txid_hash(txid)).find(|&rel| self.txids.get(rel as usize) == Some(txid))
    }

    /// The relative number of an owner first seen in this segment.
    pub(crate) fn find_addr(&self, script_type: u8, payload: &[u8]) -> Option<u32> {
        let (dir, entries, tags) = &self.addr_index;
        let index = HashIndex { dir, entries, tags };
        let rows = self.rows();
        index.candidates(addr_hash(script_type, payload)).find(|&rel| {
            rows.addr_key(rel as usize)
                .is_some_and(|(own_type, own)| own_type as u8 == script_type && own == payload)
        })
    }

    /// Relative outputs in this segment that belong to a global address number, ascending.
    pub(crate) fn outputs_of_addr(&self, addr: u32) -> &[u32] {
        let cell = if addr >= self.first.addr {
            self.new_cell.get((addr - self.first.addr) as usize)
        } else {
            self.old_addr.binary_search(&addr).ok().map(|at| &self.old_cell[at])
        };
        let Some(cell) = cell else { return &[] };
        if cell & LIST == 0 {
            return std::slice::from_ref(cell);
        }
        let list = self.lists.get((cell & !LIST) as usize..).unwrap_or(&[]);
        list.split_first().and_then(|(&count, rest)| rest.get(..count as usize)).unwrap_or(&[])
    }

    /// Rows of `missing` whose spent output belonged to a global address number.
    pub(crate) fn missing_of_addr(&self, addr: u32) -> impl Iterator<Item = &MissingRow> {
        let start = self.missing_by_addr.partition_point(|&[owner, _]| owner < addr);
        self.missing_by_addr[start..]
            .iter()
            .take_while(move |&&[owner, _]| owner == addr)
            .filter_map(|&[_, row]| self.missing.get(row as usize))
    }

    /// Compares every section with its checksum.
    pub(crate) fn check_sections(&self) -> Result<(), LedgerError> {
        Ok(self.file.check()?)
    }

    pub(crate) fn sync_spent(&self) -> Result<(), LedgerError> {
        Ok(self.spent.sync(&self.spent_path)?)
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Bytes of both files.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.file.byte_len() + self.spent.len() as u64 * 4
    }
}
