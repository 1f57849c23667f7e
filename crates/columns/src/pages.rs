//! Damage is noticed by whoever reads: a page of a sealed file is compared with its checksum before its first byte is
//! believed.
//!
//! Opening a file stays O(1) in its content, a question reads and checks only the pages that it needs, a page that was
//! right once is known by one bit afterwards, and a column whose pages all were is read like any other memory. A page that is wrong gives nothing (`None`, an empty slice) and the
//! file remembers it: whoever answers from it asks [`Pages::damage`] before the answer is given.

use std::{
    ops::Range,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use xxhash_rust::xxh3::xxh3_64;

use crate::{Backing, Column};

/// Bytes of a page: what the system maps at once, so that checking reads nothing that reading would not.
pub const PAGE: usize = 1 << PAGE_BITS;
const PAGE_BITS: u32 = 12;

/// What the pages of a file are compared with.
#[derive(Debug)]
pub(crate) enum Proof {
    /// A checksum for each page between the header, which has its own, and `end`.
    Pages { sums: Column<u64>, header: usize, end: usize },
    /// Only one for each section (offset, length, checksum): files of before there were any for pages. The first page
    /// of a section costs reading the section.
    Sections { table: Vec<[u64; 3]>, right: Vec<AtomicBool> },
}

/// Which pages of a file were found right.
#[derive(Debug)]
pub struct Pages {
    backing: Backing,
    /// Address of the file's first byte.
    base: usize,
    right: Vec<AtomicU64>,
    /// For each section its pages, and how many of them are not found right yet.
    sections: Vec<(Range<usize>, Arc<AtomicUsize>)>,
    proof: Proof,
    damage: OnceLock<String>,
}

#[expect(
    clippy::inline_always,
    reason = "a call costs more than the look-up: measured by `cargo xtask bench`"
)]
impl Pages {
    /// `table`: offset, length and checksum of each section, all within the file.
    pub(crate) fn new(backing: Backing, proof: Proof, table: &[[u64; 3]]) -> Self {
        let pages = backing.bytes().len().div_ceil(PAGE);
        let right = (0..pages.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        let sections = table.iter().map(|&[at, len, _]| {
            let end = if len == 0 { at } else { (at + len).next_multiple_of(PAGE as u64) };
            let pages = at as usize / PAGE..end as usize / PAGE;
            let unproven = Arc::new(AtomicUsize::new(pages.len()));
            (pages, unproven)
        });
        let sections = sections.collect();
        Self {
            base: backing.bytes().as_ptr().addr(),
            backing,
            right,
            sections,
            proof,
            damage: OnceLock::new(),
        }
    }

    /// How many pages of a section are not found right yet: counted down to 0.
    pub(crate) fn unproven(&self, section: usize) -> Arc<AtomicUsize> {
        Arc::clone(&self.sections[section].1)
    }

    /// The first damage found so far.
    pub fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// Remembers damage that another check found in this file.
    pub fn report(&self, what: impl FnOnce() -> String) {
        self.damage.get_or_init(what);
    }

    /// Whether the pages of `len` bytes at `address`, which must lie in the file, are right.
    #[inline(always)]
    fn hold(&self, address: usize, len: usize) -> bool {
        let Some(more) = len.checked_sub(1) else { return true };
        let at = address.wrapping_sub(self.base);
        let (first, last) = (at >> PAGE_BITS, (at + more) >> PAGE_BITS);
        self.is_right(first) && (first == last || self.are_right(first + 1..last + 1))
    }

    #[inline(never)]
    fn are_right(&self, mut pages: Range<usize>) -> bool {
        pages.all(|page| self.is_right(page))
    }

    #[inline(always)]
    fn is_right(&self, page: usize) -> bool {
        let known = |word: &AtomicU64| word.load(Ordering::Relaxed) >> (page % 64) & 1 == 1;
        self.right.get(page / 64).is_some_and(known) || self.look(page)
    }

    #[cold]
    #[inline(never)]
    fn look(&self, page: usize) -> bool {
        let place = page * PAGE..((page + 1) * PAGE).min(self.backing.bytes().len());
        let right = match &self.proof {
            Proof::Pages { sums, header, end } => {
                let place = place.start.max(*header)..place.end.min(*end);
                sums.get(page)
                    .zip(self.backing.bytes().get(place))
                    .is_some_and(|(&sum, bytes)| xxh3_64(bytes) == sum)
            }
            Proof::Sections { table, right } => {
                table.iter().zip(right).all(|(section, right)| self.section_holds(section, right, &place))
            }
        };
        if right {
            let bit = 1 << (page % 64);
            // Whoever of several threads sets it counts the page.
            if self.right[page / 64].fetch_or(bit, Ordering::Relaxed) & bit == 0 {
                for (_, unproven) in self.sections.iter().filter(|(pages, _)| pages.contains(&page)) {
                    unproven.fetch_sub(1, Ordering::Relaxed);
                }
            }
        } else {
            self.report(|| format!("the checksum of bytes {} to {} is wrong", place.start, place.end));
        }
        right
    }

    fn section_holds(&self, &[at, len, sum]: &[u64; 3], right: &AtomicBool, page: &Range<usize>) -> bool {
        let section = at as usize..(at + len) as usize;
        let apart = section.is_empty() || section.end <= page.start || page.end <= section.start;
        if apart || right.load(Ordering::Relaxed) {
            return true;
        }
        let found = self.backing.bytes().get(section).is_some_and(|bytes| xxh3_64(bytes) == sum);
        right.store(found, Ordering::Relaxed);
        found
    }
}

/// Checksums of the pages of a file that consists of `parts`, the first of which is a header with its own.
pub(crate) fn page_sums(parts: &[&[u8]]) -> Vec<u64> {
    let Some((header, parts)) = parts.split_first() else { return Vec::new() };
    let mut at = header.len();
    let mut sums = vec![xxh3_64(&[]); at / PAGE];
    let mut begun = Vec::with_capacity(PAGE);
    for mut rest in parts.iter().copied() {
        while !rest.is_empty() {
            let room = PAGE - at % PAGE;
            let (now, later) = rest.split_at(room.min(rest.len()));
            if begun.is_empty() && now.len() == room {
                sums.push(xxh3_64(now));
            } else {
                begun.extend_from_slice(now);
                if now.len() == room {
                    sums.push(xxh3_64(&begun));
                    begun.clear();
                }
            }
            at += now.len();
            rest = later;
        }
    }
    if !at.is_multiple_of(PAGE) {
        sums.push(xxh3_64(&begun));
    }
    sums
}

/// A column of a [`SectionFile`](crate::sections::SectionFile) that is read through [`Slice`] alone.
#[derive(Debug)]
pub struct Checked<T> {
    column: Column<T>,
    /// Its pages that are not found right yet.
    unproven: Arc<AtomicUsize>,
}

#[expect(
    clippy::inline_always,
    reason = "a call costs more than the look-up: measured by `cargo xtask bench`"
)]
impl<T> Checked<T> {
    pub(crate) fn new(column: Column<T>, unproven: Arc<AtomicUsize>) -> Self {
        Self { column, unproven }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.column.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.column.is_empty()
    }

    /// Its rows, checked as they are read against `pages`, which must be those of the same file.
    #[inline(always)]
    pub(crate) fn slice<'a>(&'a self, pages: &'a Pages) -> Slice<'a, T> {
        let proven = self.unproven.load(Ordering::Relaxed) == 0;
        Slice { rows: &self.column, pages: (!proven).then_some(pages) }
    }

    /// Its rows, not checked: for a row that proves itself, as one that holds the whole key that is asked for. That none
    /// is found proves nothing.
    #[inline(always)]
    pub fn unchecked(&self) -> Slice<'_, T> {
        Slice { rows: &self.column, pages: None }
    }
}

/// A borrowed `[T]` that is checked page by page as it is read, or one in memory, which needs no check.
#[derive(Debug)]
pub struct Slice<'a, T> {
    rows: &'a [T],
    pages: Option<&'a Pages>,
}

impl<T> Clone for Slice<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<'_, T> {}

impl<'a, T> From<&'a [T]> for Slice<'a, T> {
    fn from(rows: &'a [T]) -> Self {
        Self { rows, pages: None }
    }
}

#[expect(
    clippy::inline_always,
    reason = "a call costs more than the look-up: measured by `cargo xtask bench`"
)]
impl<'a, T> Slice<'a, T> {
    /// How many rows there are.
    #[inline]
    pub fn len(self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.rows.is_empty()
    }

    /// A row; `None` beyond the end, and where the file is damaged.
    #[inline(always)]
    pub fn get(self, at: usize) -> Option<&'a T> {
        let row = self.rows.get(at)?;
        let holds = |pages: &Pages| pages.hold(std::ptr::from_ref(row).addr(), size_of::<T>());
        self.pages.is_none_or(holds).then_some(row)
    }

    /// A run of rows; `None` beyond the end, and where the file is damaged.
    #[inline(always)]
    pub fn range(self, range: Range<usize>) -> Option<&'a [T]> {
        let rows = self.rows.get(range)?;
        let holds = |pages: &Pages| pages.hold(rows.as_ptr().addr(), size_of_val(rows));
        self.pages.is_none_or(holds).then_some(rows)
    }

    /// All rows, checked; none where the file is damaged anywhere in them. O(rows) the first time.
    pub fn all(self) -> &'a [T] {
        self.range(0..self.rows.len()).unwrap_or(&[])
    }

    /// The same rows with a run of them checked now and not again: whoever takes them reads no others. `None` where
    /// the file is damaged in it.
    pub fn settled(self, range: Range<usize>) -> Option<Self> {
        self.range(range).map(|_| Self { rows: self.rows, pages: None })
    }

    /// The first row for which `before` does not hold, of rows that are sorted by it. O(log rows).
    #[inline]
    pub fn partition_point(self, mut before: impl FnMut(&T) -> bool) -> usize {
        let (mut from, mut to) = (0, self.rows.len());
        while from < to {
            let middle = from + (to - from) / 2;
            // A damaged row ends the search anywhere: the file has noticed.
            let Some(row) = self.get(middle) else { return self.rows.len() };
            if before(row) { from = middle + 1 } else { to = middle }
        }
        from
    }

    /// The row whose key is `key`, of rows that are sorted by it, and its place. O(log rows).
    #[inline]
    pub fn find_by_key<K: Ord>(self, key: &K, mut of: impl FnMut(&T) -> K) -> Option<(usize, &'a T)> {
        let at = self.partition_point(|row| of(row) < *key);
        let row = self.get(at)?;
        (of(row) == *key).then_some((at, row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_sums_do_not_depend_on_how_the_bytes_are_cut_into_parts() {
        let bytes: Vec<u8> = (0..3 * PAGE + 100).map(|at| (at * 7 % 251) as u8).collect();
        for header in [8, PAGE, PAGE + 8] {
            let whole = page_sums(&[&bytes[..header], &bytes[header..]]);
            for cut in [header, header + 1, 2 * PAGE, 2 * PAGE + 9, bytes.len()] {
                assert_eq!(page_sums(&[&bytes[..header], &bytes[header..cut], &bytes[cut..]]), whole);
            }
            assert_eq!(whole.len(), 4);
            assert_eq!(whole[3], xxh3_64(&bytes[3 * PAGE..]));
        }
    }

    #[test]
    fn a_search_in_sorted_rows_agrees_with_the_standard_one() {
        let rows = [1u32, 3, 3, 7];
        let slice = Slice::from(&rows[..]);
        for key in 0..9 {
            assert_eq!(slice.partition_point(|&row| row < key), rows.partition_point(|&row| row < key));
        }
        assert_eq!(slice.find_by_key(&3, |&row| row), Some((1, &3)));
        assert_eq!(slice.find_by_key(&4, |&row| row), None);
    }
}
