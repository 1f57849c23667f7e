//! Sealed segments: one immutable file of columns, and one small file of spent cells beside it.
//!
//! `<name>.seg` is a header, a table of sections and the sections, each 64-byte aligned with its own checksum.
//! `<name>.spent` is one 4-byte cell an output: 0 unspent, `u32::MAX` unspendable, else the number of the spending
//! transaction. A cell may name a transaction beyond a reader's snapshot; readers ignore those.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::{
    LedgerError,
    columns::{Backing, Column, SharedColumn},
    data::{BlockRow, First, MissingRow, NO_ADDR, Rows, SegmentData},
    hash_index::{HashIndex, HashIndexData},
};

const MAGIC: [u8; 8] = *b"THSEGMNT";
/// Version of every file of the ledger. Readers refuse any other.
pub(crate) const FORMAT_VERSION: u32 = 1;
const SECTIONS: usize = 25;
const ALIGN: u64 = 64;

/// Hash under which a transaction is found.
pub(crate) fn txid_hash(txid: &[u8; 32]) -> u64 {
    u64::from_be_bytes(txid[..8].try_into().expect("8 of 32 bytes"))
}

/// Hash under which an owner is found.
pub(crate) fn addr_hash(script_type: u8, payload: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(payload, u64::from(script_type))
}

#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct SectionEntry {
    offset: u64,
    len: u64,
    checksum: u64,
}

#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct FileHeader {
    magic: [u8; 8],
    version: u32,
    reserved: u32,
    first: First,
    sections: [SectionEntry; SECTIONS],
    /// Over everything above.
    checksum: u64,
}

impl FileHeader {
    fn own_checksum(&self) -> u64 {
        let bytes = self.as_bytes();
        xxh3_64(&bytes[..bytes.len() - 8])
    }
}

/// Where each owner's outputs lie in a segment.
#[derive(Debug, Default)]
struct AddrOutputs {
    /// First entry in `positions` of each address first seen here, and one closing cell.
    new_dir: Vec<u32>,
    /// Addresses seen before this segment that have outputs in it, ascending, global numbers.
    old_addr: Vec<u32>,
    /// First entry in `positions` of each of `old_addr`, and one closing cell.
    old_dir: Vec<u32>,
    /// Relative outputs: those of new addresses, then those of old ones.
    positions: Vec<u32>,
}

fn addr_outputs(rows: &Rows<'_>) -> AddrOutputs {
    let first = rows.first.addr;
    let is_new = |addr: u32| addr >= first && addr != NO_ADDR;
    let mut new_dir = vec![0u32; rows.addr_type.len() + 1];
    let mut old: Vec<(u32, u32)> = Vec::new();
    for (out, &addr) in rows.out_addr.iter().enumerate() {
        if is_new(addr) {
            new_dir[(addr - first) as usize + 1] += 1;
        } else if addr != NO_ADDR {
            old.push((addr, out as u32));
        }
    }
    for i in 1..new_dir.len() {
        new_dir[i] += new_dir[i - 1];
    }
    let new_total = *new_dir.last().expect("never empty");
    let mut positions = vec![0u32; new_total as usize];
    let mut next = new_dir.clone();
    for (out, &addr) in rows.out_addr.iter().enumerate().filter(|&(_, &addr)| is_new(addr)) {
        let at = &mut next[(addr - first) as usize];
        positions[*at as usize] = out as u32;
        *at += 1;
    }
    old.par_sort_unstable();
    let (mut old_addr, mut old_dir) = (Vec::new(), Vec::new());
    for &(addr, out) in &old {
        if old_addr.last() != Some(&addr) {
            old_addr.push(addr);
            old_dir.push(positions.len() as u32);
        }
        positions.push(out);
    }
    old_dir.push(positions.len() as u32);
    AddrOutputs { new_dir, old_addr, old_dir, positions }
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
    let sections: [&[u8]; SECTIONS] = [
        rows.blocks.as_bytes(),
        rows.txids.as_bytes(),
        rows.tx_first_in.as_bytes(),
        rows.tx_first_out.as_bytes(),
        rows.tx_lock.as_bytes(),
        rows.tx_shape.as_bytes(),
        rows.in_prev_lo.as_bytes(),
        rows.in_prev_hi,
        rows.out_value.as_bytes(),
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
        by_addr.new_dir.as_bytes(),
        by_addr.old_addr.as_bytes(),
        by_addr.old_dir.as_bytes(),
        by_addr.positions.as_bytes(),
        missing_by_addr.as_bytes(),
    ];
    let header = lay_out(rows.first, &sections);
    let padding = [0u8; ALIGN as usize];
    let mut parts: Vec<&[u8]> = vec![header.as_bytes()];
    let mut at = size_of::<FileHeader>() as u64;
    for section in sections {
        parts.push(&padding[..(at.next_multiple_of(ALIGN) - at) as usize]);
        parts.push(section);
        at = at.next_multiple_of(ALIGN) + section.len() as u64;
    }
    write_durably(&dir.join(format!("{name}.spent")), &[data.spent.as_bytes()])?;
    write_durably(&dir.join(format!("{name}.seg")), &parts)
}

fn lay_out(first: First, sections: &[&[u8]; SECTIONS]) -> FileHeader {
    let checksums: Vec<u64> = sections.par_iter().map(|section| xxh3_64(section)).collect();
    let mut entries = [SectionEntry { offset: 0, len: 0, checksum: 0 }; SECTIONS];
    let mut at = size_of::<FileHeader>() as u64;
    for ((entry, section), checksum) in entries.iter_mut().zip(sections).zip(checksums) {
        at = at.next_multiple_of(ALIGN);
        *entry = SectionEntry { offset: at, len: section.len() as u64, checksum };
        at += section.len() as u64;
    }
    let mut header = FileHeader {
        magic: MAGIC,
        version: FORMAT_VERSION,
        reserved: 0,
        first,
        sections: entries,
        checksum: 0,
    };
    header.checksum = header.own_checksum();
    header
}

/// Writes `parts` one after another under a temporary name, syncs, and renames.
pub(crate) fn write_durably(path: &Path, parts: &[&[u8]]) -> Result<(), LedgerError> {
    let temporary = path.with_extension("tmp");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&temporary)?;
        for part in parts {
            file.write_all(part)?;
        }
        file.sync_all()
    };
    write().map_err(LedgerError::io("writing", &temporary))?;
    std::fs::rename(&temporary, path).map_err(LedgerError::io("renaming to", path))
}

/// Makes renames and removals in a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), LedgerError> {
    File::open(dir).and_then(|file| file.sync_all()).map_err(LedgerError::io("syncing", dir))
}

/// A sealed segment, mapped.
#[derive(Debug)]
pub(crate) struct Segment {
    path: PathBuf,
    spent_path: PathBuf,
    backing: Backing,
    header: FileHeader,
    first: First,
    blocks: Column<BlockRow>,
    txids: Column<[u8; 32]>,
    tx_first_in: Column<u32>,
    tx_first_out: Column<u32>,
    tx_lock: Column<u32>,
    tx_shape: Column<u32>,
    in_prev_lo: Column<u32>,
    in_prev_hi: Column<u8>,
    out_value: Column<u64>,
    out_addr: Column<u32>,
    addr_type: Column<u8>,
    addr_group: Column<u32>,
    addr_payload: Column<u8>,
    missing: Column<MissingRow>,
    tx_index: (Column<u32>, Column<u32>, Column<u8>),
    addr_index: (Column<u32>, Column<u32>, Column<u8>),
    new_dir: Column<u32>,
    old_addr: Column<u32>,
    old_dir: Column<u32>,
    positions: Column<u32>,
    missing_by_addr: Column<[u32; 2]>,
    pub(crate) spent: SharedColumn,
}

/// Cuts columns out of a segment file in the order of its sections.
struct Cutter<'a> {
    path: &'a Path,
    backing: &'a Backing,
    header: &'a FileHeader,
    next: usize,
}

impl Cutter<'_> {
    fn column<T: FromBytes + Immutable>(&mut self) -> Result<Column<T>, LedgerError> {
        let entry = self.header.sections[self.next];
        self.next += 1;
        let (offset, len) = (entry.offset as usize, entry.len as usize);
        let whole = len.is_multiple_of(size_of::<T>());
        whole.then(|| self.backing.column(offset, len / size_of::<T>())).flatten().ok_or_else(|| {
            LedgerError::corrupt(self.path, format!("section {} lies outside the file", self.next - 1))
        })
    }
}

impl Segment {
    /// Maps the files of segment `name`. Checks the header and that sections agree in length; O(1) in the content.
    pub(crate) fn open(dir: &Path, name: &str, writable: bool) -> Result<Self, LedgerError> {
        let path = dir.join(format!("{name}.seg"));
        let spent_path = dir.join(format!("{name}.spent"));
        let backing = Backing::map(&path)?;
        let header = FileHeader::read_from_prefix(backing.bytes())
            .map(|(header, _)| header)
            .ok()
            .filter(|header| header.magic == MAGIC)
            .ok_or_else(|| LedgerError::corrupt(&path, "it is not a segment"))?;
        if header.version != FORMAT_VERSION {
            return Err(LedgerError::Version { path, found: header.version, expected: FORMAT_VERSION });
        }
        if header.checksum != header.own_checksum() {
            return Err(LedgerError::corrupt(&path, "the header's checksum is wrong"));
        }
        let mut cut = Cutter { path: &path, backing: &backing, header: &header, next: 0 };
        let segment = Self {
            first: header.first,
            blocks: cut.column()?,
            txids: cut.column()?,
            tx_first_in: cut.column()?,
            tx_first_out: cut.column()?,
            tx_lock: cut.column()?,
            tx_shape: cut.column()?,
            in_prev_lo: cut.column()?,
            in_prev_hi: cut.column()?,
            out_value: cut.column()?,
            out_addr: cut.column()?,
            addr_type: cut.column()?,
            addr_group: cut.column()?,
            addr_payload: cut.column()?,
            missing: cut.column()?,
            tx_index: (cut.column()?, cut.column()?, cut.column()?),
            addr_index: (cut.column()?, cut.column()?, cut.column()?),
            new_dir: cut.column()?,
            old_addr: cut.column()?,
            old_dir: cut.column()?,
            positions: cut.column()?,
            missing_by_addr: cut.column()?,
            spent: {
                let outputs = (header.sections[8].len / 8) as usize;
                SharedColumn::open(&spent_path, outputs, writable)?
            },
            path: path.clone(),
            spent_path,
            backing: backing.clone(),
            header,
        };
        segment.check_lengths()?;
        Ok(segment)
    }

    /// Parallel columns must be equally long, or a row number would mean different things in them.
    fn check_lengths(&self) -> Result<(), LedgerError> {
        let (txs, inputs, outputs) = (self.txids.len(), self.in_prev_lo.len(), self.out_value.len());
        let agree = self.tx_first_in.len() == txs + 1
            && self.tx_first_out.len() == txs + 1
            && self.tx_lock.len() == txs
            && self.tx_shape.len() == txs
            && self.in_prev_hi.len() == inputs
            && self.out_addr.len() == outputs
            && self.tx_first_in.last().is_some_and(|&end| end as usize == inputs)
            && self.tx_first_out.last().is_some_and(|&end| end as usize == outputs)
            && self.new_dir.len() == self.addr_type.len() + 1
            && self.old_dir.len() == self.old_addr.len() + 1
            && !self.blocks.is_empty()
            && self.blocks[0].first_tx == self.first.tx;
        if agree { Ok(()) } else { Err(LedgerError::corrupt(&self.path, "its columns differ in length")) }
    }

    pub(crate) fn rows(&self) -> Rows<'_> {
        Rows {
            first: self.first,
            blocks: &self.blocks,
            txids: &self.txids,
            tx_first_in: &self.tx_first_in,
            tx_first_out: &self.tx_first_out,
            tx_lock: &self.tx_lock,
            tx_shape: &self.tx_shape,
            in_prev_lo: &self.in_prev_lo,
            in_prev_hi: &self.in_prev_hi,
            out_value: &self.out_value,
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
            output: self.first.output + self.out_value.len() as u64,
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
        let (dir, at) = if addr >= self.first.addr {
            (&self.new_dir, (addr - self.first.addr) as usize)
        } else {
            match self.old_addr.binary_search(&addr) {
                Ok(at) => (&self.old_dir, at),
                Err(_) => return &[],
            }
        };
        match (dir.get(at), dir.get(at + 1)) {
            (Some(&start), Some(&end)) => self.positions.get(start as usize..end as usize).unwrap_or(&[]),
            _ => &[],
        }
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
        for (number, entry) in self.header.sections.iter().enumerate() {
            let bytes = &self.backing.bytes()[entry.offset as usize..(entry.offset + entry.len) as usize];
            if xxh3_64(bytes) != entry.checksum {
                return Err(LedgerError::corrupt(
                    &self.path,
                    format!("section {number}'s checksum is wrong"),
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn sync_spent(&self) -> Result<(), LedgerError> {
        self.spent.sync(&self.spent_path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of both files.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.backing.bytes().len() as u64 + self.spent.len() as u64 * 4
    }
}
