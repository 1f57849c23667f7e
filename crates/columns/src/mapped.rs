//! Typed columns over mapped files.
//!
//! A [`Column`] is a read-only `[T]` inside a file (or inside memory, so that Miri can run the same code). A
//! [`SharedColumn`] is a `[AtomicU32]` that one process may write while others read.

use std::{
    fs::File,
    marker::PhantomData,
    ops::Deref,
    path::Path,
    ptr::NonNull,
    sync::{Arc, atomic::AtomicU32},
};

use memmap2::{MmapOptions, MmapRaw};
use zerocopy::{FromBytes, Immutable};

use crate::{ColumnError, files::open_plain};

#[cfg(not(target_endian = "little"))]
compile_error!(
    "ledger files are little-endian and are mapped as they are: a big-endian build needs a converting reader"
);

/// Bytes that stay where they are for as long as a column lives.
#[derive(Debug)]
enum Bytes {
    Mapped(memmap2::Mmap),
    Memory(Vec<u64>, usize),
}

/// A whole file in memory or mapped, from which columns are cut.
#[derive(Clone, Debug)]
pub struct Backing(Arc<Bytes>);

impl Backing {
    /// Maps a sealed file. Empty files give an empty backing.
    pub fn map(path: &Path) -> Result<Self, ColumnError> {
        let opened = open_plain(path, File::options().read(true));
        let (file, len) = opened.map_err(ColumnError::io("opening", path))?;
        if len == 0 {
            return Ok(Self::from_bytes(&[]));
        }
        let mut options = MmapOptions::new();
        if let Ok(len) = usize::try_from(len) {
            options.len(len);
        }
        // SAFETY: the mapping is read-only and private to this process's view of a sealed file. Sealed files are
        // never written again by this product: they are written under a temporary name, synced, renamed, and later
        // only unlinked, which leaves existing mappings valid. Another program that truncates one while it is mapped
        // breaks the folder's contract (SECURITY.md): what lies behind the last page raises SIGBUS, which ends the
        // process without an answer; zeros up to that page's end are found by `check_length`.
        #[expect(unsafe_code, reason = "mapping a file has no safe form")]
        let map = unsafe { options.map(&file) }.map_err(ColumnError::io("mapping", path))?;
        Ok(Self(Arc::new(Bytes::Mapped(map))))
    }

    /// Copies bytes into aligned memory.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut words = vec![0u64; bytes.len().div_ceil(8)];
        zerocopy::IntoBytes::as_mut_bytes(&mut words[..])[..bytes.len()].copy_from_slice(bytes);
        Self(Arc::new(Bytes::Memory(words, bytes.len())))
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        match &*self.0 {
            Bytes::Mapped(map) => map,
            Bytes::Memory(words, len) => &zerocopy::IntoBytes::as_bytes(&words[..])[..*len],
        }
    }

    /// Takes a mapping's pages out of the process's memory: they are read again, from the system's cache or the file, when
    /// somebody asks. Memory stays.
    pub fn release(&self) {
        #[cfg(unix)]
        if let Bytes::Mapped(map) = &*self.0 {
            // SAFETY: the mapping is a shared one of a file, so its pages come back with the file's content, which is what
            // they hold now; nobody can tell.
            #[expect(unsafe_code, reason = "advice that drops pages has no safe form")]
            // Memory that is not given back is no error of whoever reads.
            let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        }
    }

    /// Whether the mapped file at `path` still has the length it was mapped with, or was removed, which leaves mappings
    /// as they are. Memory always has.
    pub(crate) fn check_length(&self, path: &Path) -> Result<(), ColumnError> {
        let Bytes::Mapped(map) = &*self.0 else { return Ok(()) };
        check_length(path, map.len() as u64)
    }

    /// Cuts `len` elements of type `T` out at byte `offset`; `None` when they do not fit or are not aligned.
    pub fn column<T: FromBytes + Immutable>(&self, offset: usize, len: usize) -> Option<Column<T>> {
        let size = len.checked_mul(size_of::<T>())?;
        let bytes = self.bytes().get(offset..offset.checked_add(size)?)?;
        let elements = <[T]>::ref_from_bytes_with_elems(bytes, len).ok()?;
        let first = NonNull::from(elements).cast::<T>();
        Some(Column { first, len, _backing: self.clone() })
    }
}

fn check_length(path: &Path, mapped: u64) -> Result<(), ColumnError> {
    match std::fs::metadata(path) {
        Ok(now) if now.len() != mapped => Err(ColumnError::corrupt(
            path,
            format!("it was {mapped} bytes long when it was opened, and is {} now", now.len()),
        )),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(ColumnError::io("reading the size of", path)(error)),
    }
}

/// A read-only slice of `T` in a [`Backing`] that it keeps alive.
pub struct Column<T> {
    first: NonNull<T>,
    len: usize,
    _backing: Backing,
}

impl<T> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `first` and `len` come from a checked slice of the backing (`Backing::column`: in bounds, aligned,
        // valid for any bit pattern by `FromBytes`, without interior mutability by `Immutable`). The backing's bytes
        // do not move or change while the `Arc` in `_backing` lives, and the returned borrow cannot outlive `self`.
        #[expect(unsafe_code, reason = "a self-referential slice has no safe form")]
        unsafe {
            std::slice::from_raw_parts(self.first.as_ptr(), self.len)
        }
    }
}

// SAFETY: a `Column<T>` is a shared, never mutated `[T]` plus an `Arc` of `Sync` bytes; sending or sharing it is
// sending or sharing a `&[T]`.
#[expect(unsafe_code, reason = "raw pointers are not Send by default")]
unsafe impl<T: Sync> Send for Column<T> {}
// SAFETY: as above.
#[expect(unsafe_code, reason = "raw pointers are not Sync by default")]
unsafe impl<T: Sync> Sync for Column<T> {}

impl<T> std::fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Column({} elements)", self.len)
    }
}

/// A file of 4-byte cells that one process writes while others read.
pub struct SharedColumn {
    map: Option<MmapRaw>,
    len: usize,
    writable: bool,
    _cells: PhantomData<AtomicU32>,
}

impl SharedColumn {
    /// Maps the file at `path`, which must hold exactly `len` cells.
    pub fn open(path: &Path, len: usize, writable: bool) -> Result<Self, ColumnError> {
        let (file, bytes) = open_plain(path, File::options().read(true).write(writable))
            .map_err(ColumnError::io("opening", path))?;
        // `len` comes from a file too: a product that wraps must not pass for the size of the mapping.
        if (len as u64).checked_mul(4) != Some(bytes) {
            return Err(ColumnError::corrupt(path, format!("{bytes} bytes for {len} cells of 4 bytes")));
        }
        let mut options = MmapOptions::new();
        options.len(len * 4);
        let map = match (len, writable) {
            (0, _) => None,
            (_, true) => Some(options.map_raw(&file).map_err(ColumnError::io("mapping", path))?),
            (_, false) => Some(options.map_raw_read_only(&file).map_err(ColumnError::io("mapping", path))?),
        };
        Ok(Self { map, len, writable, _cells: PhantomData })
    }

    /// The cells. Stores are allowed only in a writable mapping.
    fn cells(&self) -> &[AtomicU32] {
        let Some(map) = &self.map else { return &[] };
        // SAFETY: the mapping is `len * 4` bytes (checked in `open`), page-aligned and lives as long as `self`.
        // Every access from this and other processes goes through 4-byte atomics (the file is written by plain
        // writes only before it gets its final name), so no access tears and none is a data race. Read-only mappings
        // are only ever loaded from: `store` checks `writable` first.
        #[expect(unsafe_code, reason = "atomics over a shared mapping have no safe form")]
        #[expect(clippy::cast_ptr_alignment, reason = "a mapping begins at a page boundary")]
        unsafe {
            std::slice::from_raw_parts(map.as_ptr().cast::<AtomicU32>(), self.len)
        }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The cell's value now.
    ///
    /// # Panics
    /// When `index` is past the end.
    pub fn load(&self, index: usize) -> u32 {
        self.cells()[index].load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Sets a cell.
    ///
    /// # Panics
    /// When `index` is past the end or the mapping is read-only.
    pub fn store(&self, index: usize, value: u32) {
        assert!(self.writable, "a read-only column is not stored to");
        self.cells()[index].store(value, std::sync::atomic::Ordering::Relaxed);
    }

    /// Whether the file at `path` still has the length it was mapped with, or was removed.
    pub fn check_length(&self, path: &Path) -> Result<(), ColumnError> {
        check_length(path, self.len as u64 * 4)
    }

    /// Takes the mapping's pages out of the process's memory, as [`Backing::release`] does. What was stored stays stored.
    pub fn release(&self) {
        #[cfg(unix)]
        if let Some(map) = &self.map {
            // SAFETY: the mapping is a shared one of a file: pages that were stored to are the system's to keep and write,
            // and come back with what was stored.
            #[expect(unsafe_code, reason = "advice that drops pages has no safe form")]
            let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        }
    }

    /// Makes every store so far durable.
    pub fn sync(&self, path: &Path) -> Result<(), ColumnError> {
        match &self.map {
            Some(map) if self.writable => map.flush().map_err(ColumnError::io("syncing", path)),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for SharedColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SharedColumn({} cells)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_outlives_the_name_of_its_backing() {
        let column: Column<u32> = {
            let backing = Backing::from_bytes(&[1, 0, 0, 0, 2, 0, 0, 0]);
            backing.column(0, 2).expect("fits")
        };
        assert_eq!(&column[..], [1, 2]);
    }

    #[test]
    fn a_column_that_does_not_fit_is_refused() {
        let backing = Backing::from_bytes(&[0; 8]);
        assert!(backing.column::<u32>(0, 3).is_none());
        assert!(backing.column::<u32>(2, 1).is_none(), "unaligned");
        assert!(backing.column::<u32>(usize::MAX, 1).is_none());
        assert!(backing.column::<u32>(8, 0).is_some_and(|column| column.is_empty()));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri cannot map files")]
    fn a_reader_sees_what_the_writer_stores() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("cells");
        std::fs::write(&path, [0; 8]).expect("written");
        let reader = SharedColumn::open(&path, 2, false).expect("opens");
        let writer = SharedColumn::open(&path, 2, true).expect("opens");
        writer.store(1, 7);
        assert_eq!((reader.load(0), reader.load(1)), (0, 7));
        writer.store(0, 9);
        writer.release();
        reader.release();
        assert_eq!((writer.load(0), reader.load(0), reader.load(1)), (9, 9, 7));
        assert!(SharedColumn::open(&path, 3, false).is_err(), "wrong length");
    }
}
