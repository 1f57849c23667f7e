//! A sorted run on disk: hashes with their numbers, nine bytes each, in pages with a checksum each.
//!
//! The first hash of every page is in memory, so that a search reads one page. A run lasts as long as its table: it is
//! made of what lies in segments, is never taken up again, and its file goes with it.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use tracehound_columns::Backing;
use xxhash_rust::xxh3::xxh3_64;

use super::filter::Filter;
use crate::SegmentsError;

/// Bytes of a page: its checksum, entries, two bytes of nothing.
const PAGE: usize = 4096;
const SUM: usize = 8;
const ENTRY: usize = 9;
const PER_PAGE: usize = (PAGE - SUM) / ENTRY;
/// Pages written at once.
const WRITTEN: usize = 64;
/// Pages read one after another before they are given back.
const READ: usize = 4096;

/// The bits of a hash that a run keeps.
pub(super) const KEPT: u64 = u64::MAX << 24;

/// A number and the leading bits of its hash, in the order of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) hash: u64,
    pub(super) number: u32,
}

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[..5].copy_from_slice(&self.hash.to_be_bytes()[..5]);
        bytes[5..].copy_from_slice(&self.number.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; ENTRY]) -> Self {
        let [.., n0, n1, n2, n3] = *bytes;
        let mut hash = [0; 8];
        hash[..5].copy_from_slice(&bytes[..5]);
        Self { hash: u64::from_be_bytes(hash), number: u32::from_be_bytes([n0, n1, n2, n3]) }
    }
}

/// A file that goes when nobody needs it any more.
#[derive(Debug)]
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        // What stays is removed when the store is next opened for writing.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A run being written, in the order of its entries.
pub(super) struct RunWriter {
    path: Passing,
    file: File,
    pages: Vec<u8>,
    len: usize,
    fences: Vec<u32>,
    filter: Option<Filter>,
}

impl RunWriter {
    pub(super) fn create(path: PathBuf, filter: Option<Filter>) -> Result<Self, SegmentsError> {
        let file = File::create(&path).map_err(SegmentsError::io("creating", &path))?;
        let pages = Vec::with_capacity(WRITTEN * PAGE);
        Ok(Self { path: Passing(path), file, pages, len: 0, fences: Vec::new(), filter })
    }

    pub(super) fn push(&mut self, entry: Entry) -> Result<(), SegmentsError> {
        if self.len.is_multiple_of(PER_PAGE) {
            self.end_page();
            if self.pages.len() == WRITTEN * PAGE {
                self.write()?;
            }
            self.fences.push((entry.hash >> 32) as u32);
            self.pages.extend_from_slice(&[0; SUM]);
        }
        self.pages.extend_from_slice(&entry.to_bytes());
        if let Some(filter) = &mut self.filter {
            filter.insert(entry.hash);
        }
        self.len += 1;
        Ok(())
    }

    /// Fills the last page and puts its checksum in front.
    fn end_page(&mut self) {
        let filled = self.pages.len().next_multiple_of(PAGE);
        self.pages.resize(filled, 0);
        if let Some(page) = self.pages.last_chunk_mut::<PAGE>() {
            let sum = xxh3_64(&page[SUM..]);
            page[..SUM].copy_from_slice(&sum.to_le_bytes());
        }
    }

    fn write(&mut self) -> Result<(), SegmentsError> {
        self.file.write_all(&self.pages).map_err(SegmentsError::io("writing", &self.path.0))?;
        self.pages.clear();
        Ok(())
    }

    pub(super) fn finish(mut self, level: u32) -> Result<Run, SegmentsError> {
        self.end_page();
        self.write()?;
        let pages = Backing::map(&self.path.0)?;
        let right = vec![0; self.fences.len().div_ceil(64)];
        let (len, fences, filter, path) = (self.len, self.fences, self.filter, self.path);
        Ok(Run { path, pages, len, fences, filter, right, level })
    }
}

/// A page whose checksum is wrong.
#[derive(Debug)]
pub(super) struct Damaged;

/// A run, mapped.
#[derive(Debug)]
pub(super) struct Run {
    path: Passing,
    pages: Backing,
    len: usize,
    /// First hash of each page, its leading 32 bits.
    fences: Vec<u32>,
    filter: Option<Filter>,
    /// Pages that were found right, a bit each.
    right: Vec<u64>,
    /// How often its entries were merged.
    pub(super) level: u32,
}

impl Run {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn path(&self) -> &Path {
        &self.path.0
    }

    pub(super) fn disk_bytes(&self) -> u64 {
        (self.fences.len() * PAGE) as u64
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let filter = self.filter.as_ref().map_or(0, Filter::memory_bytes);
        filter + self.fences.len() * 4 + self.right.len() * 8
    }

    /// Whether the run may hold a hash; `false` is certain.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.may_hold(hash & KEPT))
    }

    /// Frees the filter: every hash may be in the run now.
    pub(super) fn drop_filter(&mut self) {
        self.filter = None;
    }

    /// Takes the run's pages out of memory.
    pub(super) fn release(&self) {
        self.pages.release();
    }

    /// The number under `hash`, of which the run keeps [`KEPT`] at most, for which `is_it` holds.
    pub(super) fn find(
        &mut self,
        hash: u64,
        mut is_it: impl FnMut(u32) -> bool,
    ) -> Result<Option<u32>, Damaged> {
        let (hash, fence) = (hash & KEPT, (hash >> 32) as u32);
        // Equal hashes may begin at the end of the page before the first that begins with them.
        let begin = self.page_of(fence).saturating_sub(1);
        for page in begin..self.fences.len() {
            if page > begin && self.fences[page] > fence {
                break;
            }
            let entries = self.page(page)?;
            let from = entries.partition_point(|bytes| Entry::from_bytes(bytes).hash < hash);
            for entry in entries[from..].iter().map(Entry::from_bytes) {
                if entry.hash != hash {
                    return Ok(None);
                }
                if is_it(entry.number) {
                    return Ok(Some(entry.number));
                }
            }
        }
        Ok(None)
    }

    /// The first page that begins with this or more. Hashes are spread evenly, so the search begins where it should be.
    fn page_of(&self, fence: u32) -> usize {
        let pages = self.fences.len();
        let guess = ((u64::from(fence) * pages as u64) >> 32) as usize;
        let mut reach = 8;
        loop {
            let (from, to) = (guess.saturating_sub(reach), (guess + reach).min(pages));
            let enough =
                (from == 0 || self.fences[from - 1] < fence) && (to == pages || self.fences[to] >= fence);
            if enough {
                return from + self.fences[from..to].partition_point(|&own| own < fence);
            }
            reach *= 4;
        }
    }

    /// The entries of a page, compared with its checksum the first time.
    fn page(&mut self, page: usize) -> Result<&[[u8; ENTRY]], Damaged> {
        let bytes = self.pages.bytes().get(page * PAGE..(page + 1) * PAGE).ok_or(Damaged)?;
        if self.right[page / 64] >> (page % 64) & 1 == 0 {
            let (sum, entries) = bytes.split_first_chunk::<SUM>().ok_or(Damaged)?;
            if u64::from_le_bytes(*sum) != xxh3_64(entries) {
                return Err(Damaged);
            }
            self.right[page / 64] |= 1 << (page % 64);
        }
        let count = PER_PAGE.min(self.len - page * PER_PAGE);
        let (entries, _) = bytes[SUM..SUM + count * ENTRY].as_chunks();
        Ok(entries)
    }

    /// The entry at a place, for whoever reads them one after another.
    fn get(&mut self, at: usize) -> Result<Option<Entry>, Damaged> {
        if at >= self.len {
            return Ok(None);
        }
        if at.is_multiple_of(READ * PER_PAGE) {
            self.release();
        }
        let entries = self.page(at / PER_PAGE)?;
        Ok(entries.get(at % PER_PAGE).map(Entry::from_bytes))
    }
}

/// Gives the entries of all runs in their order.
pub(super) fn merge(
    runs: &mut [Run],
    mut give: impl FnMut(Entry) -> Result<(), SegmentsError>,
) -> Result<(), SegmentsError> {
    let mut heads = Vec::with_capacity(runs.len());
    for run in runs.iter_mut() {
        heads.push((run.get(0).map_err(|Damaged| Damage::of(run))?, 0));
    }
    loop {
        let next = heads.iter().enumerate().filter_map(|(at, (head, _))| Some((head.as_ref()?, at))).min();
        let Some((&entry, at)) = next else { return Ok(()) };
        give(entry)?;
        let (head, place) = &mut heads[at];
        *place += 1;
        *head = runs[at].get(*place).map_err(|Damaged| Damage::of(&runs[at]))?;
    }
}

/// Which run's file is not what was written.
#[derive(Clone, Debug)]
pub(super) struct Damage(PathBuf);

impl Damage {
    pub(super) fn of(run: &Run) -> Self {
        Self(run.path().to_owned())
    }
}

impl From<Damage> for SegmentsError {
    fn from(Damage(path): Damage) -> Self {
        Self::Table { path }
    }
}
