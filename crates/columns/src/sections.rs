//! One sealed file of sections: a header, a table of checksummed sections, the sections.
//!
//! `magic, version, count, word…, (offset, length, checksum)…, checksum` in 8-byte words, then the sections, each
//! aligned to 64 bytes. Opening checks the table and the file's length; contents are checked when asked, for they may be
//! large, or page by page as they are read: a paged file's last section holds a checksum for each of its pages.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use xxhash_rust::xxh3::xxh3_64;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::{
    Backing, Column, ColumnError,
    files::write_durably,
    pages::{Checked, Pages, Proof, Slice, page_sums},
};

const ALIGN: u64 = 64;
/// Words a file may carry beside its sections.
pub const WORDS: usize = 8;
const FIXED: usize = 2 + WORDS;

/// Which kind of file, in which version, with how many sections.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// First eight bytes.
    pub magic: [u8; 8],
    /// Format number; others are refused.
    pub version: u32,
    /// Sections there are.
    pub sections: usize,
}

/// Writes a file, durable when this returns. `words` mean what the caller likes.
pub fn write(path: &Path, kind: Kind, words: [u64; WORDS], sections: &[&[u8]]) -> Result<(), ColumnError> {
    let header = header(kind, words, sections);
    write_durably(path, &parts(kind, &header, sections))
}

/// As [`write()`], with one more section of `kind` behind those given: checksums of the pages, for
/// [`SectionFile::rows`].
pub fn write_paged(
    path: &Path,
    kind: Kind,
    words: [u64; WORDS],
    sections: &[&[u8]],
) -> Result<(), ColumnError> {
    let sums = sums_of_pages(kind, sections);
    write(path, kind, words, &[sections, &[sums.as_bytes()]].concat())
}

/// The bytes that [`write_paged`] writes.
pub fn encode_paged(kind: Kind, words: [u64; WORDS], sections: &[&[u8]]) -> Vec<u8> {
    let sums = sums_of_pages(kind, sections);
    encode(kind, words, &[sections, &[sums.as_bytes()]].concat())
}

fn sums_of_pages(kind: Kind, sections: &[&[u8]]) -> Vec<u64> {
    // Where sections lie does not depend on their content, and the header is not covered by the pages' checksums.
    let empty = vec![0; header_bytes(kind) / 8];
    page_sums(&parts(kind, &empty, sections))
}

/// The bytes that [`write()`] writes.
pub fn encode(kind: Kind, words: [u64; WORDS], sections: &[&[u8]]) -> Vec<u8> {
    let header = header(kind, words, sections);
    parts(kind, &header, sections).concat()
}

fn header(kind: Kind, words: [u64; WORDS], sections: &[&[u8]]) -> Vec<u64> {
    assert_eq!(sections.len(), kind.sections, "a kind of file has a fixed number of sections");
    let mut header = vec![u64::from_le_bytes(kind.magic), u64::from(kind.version)];
    header.extend(words);
    let mut at = header_bytes(kind) as u64;
    for section in sections {
        at = at.next_multiple_of(ALIGN);
        header.extend([at, section.len() as u64, xxh3_64(section)]);
        at += section.len() as u64;
    }
    header.push(xxh3_64(header.as_bytes()));
    header
}

/// The header and the sections, with padding between them.
fn parts<'a>(kind: Kind, header: &'a [u64], sections: &[&'a [u8]]) -> Vec<&'a [u8]> {
    static PADDING: [u8; ALIGN as usize] = [0; ALIGN as usize];
    let mut parts = vec![header.as_bytes()];
    let mut at = header_bytes(kind) as u64;
    for section in sections {
        parts.push(&PADDING[..(at.next_multiple_of(ALIGN) - at) as usize]);
        parts.push(section);
        at = at.next_multiple_of(ALIGN) + section.len() as u64;
    }
    parts
}

fn header_bytes(kind: Kind) -> usize {
    (FIXED + 3 * kind.sections + 1) * 8
}

/// The checksums of a paged file's pages, in its last section.
fn proof_of_pages(backing: &Backing, kind: Kind, table: &[[u64; 3]]) -> Option<Proof> {
    let ([offset, len, _], others) = table.split_last()?;
    let sums = backing.column(usize::try_from(*offset).ok()?, usize::try_from(*len).ok()? / 8)?;
    let header = header_bytes(kind);
    let end = others.iter().map(|[at, len, _]| (at + len) as usize).max().unwrap_or(header);
    Some(Proof::Pages { sums, header, end })
}

/// A mapped file of sections.
#[derive(Debug)]
pub struct SectionFile {
    path: PathBuf,
    backing: Backing,
    words: [u64; WORDS],
    table: Vec<[u64; 3]>,
    next: usize,
    pages: Pages,
}

impl SectionFile {
    /// Maps a file and checks its table. Pages that [`rows`](Self::rows) reads are compared with the checksum of their
    /// whole section.
    pub fn open(path: &Path, kind: Kind) -> Result<Self, ColumnError> {
        Self::new(path, Backing::map(path)?, kind, false)
    }

    /// Maps a file of [`write_paged`] and checks its table.
    pub fn open_paged(path: &Path, kind: Kind) -> Result<Self, ColumnError> {
        Self::new(path, Backing::map(path)?, kind, true)
    }

    /// Takes the bytes of a file and checks its table. `path` stands in errors only.
    pub fn from_bytes(path: &Path, bytes: &[u8], kind: Kind) -> Result<Self, ColumnError> {
        Self::new(path, Backing::from_bytes(bytes), kind, false)
    }

    fn new(path: &Path, backing: Backing, kind: Kind, paged: bool) -> Result<Self, ColumnError> {
        let word = |at: usize| {
            let bytes = backing.bytes().get(at * 8..at * 8 + 8)?;
            Some(u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
        };
        let not_ours = || ColumnError::corrupt(path, "it does not begin as such a file does");
        if word(0) != Some(u64::from_le_bytes(kind.magic)) {
            return Err(not_ours());
        }
        let version = word(1).ok_or_else(not_ours)?;
        if version != u64::from(kind.version) {
            return Err(ColumnError::Version {
                path: path.to_owned(),
                found: version as u32,
                expected: kind.version,
            });
        }
        let covered = header_bytes(kind) - 8;
        let header =
            backing.bytes().get(..covered).ok_or_else(|| ColumnError::corrupt(path, "it is cut short"))?;
        if word(covered / 8) != Some(xxh3_64(header)) {
            return Err(ColumnError::corrupt(path, "the header's checksum is wrong"));
        }
        let read = |at: usize| word(at).expect("inside the header");
        let words = std::array::from_fn(|at| read(2 + at));
        let table: Vec<[u64; 3]> =
            (0..kind.sections).map(|n| std::array::from_fn(|part| read(FIXED + 3 * n + part))).collect();
        let ends = table.iter().map(|[at, len, _]| at.checked_add(*len)).collect::<Option<Vec<u64>>>();
        let wanted = ends.and_then(|ends| ends.into_iter().max()).unwrap_or(u64::MAX);
        let found = backing.bytes().len() as u64;
        if kind.sections > 0 && found != wanted {
            return Err(ColumnError::corrupt(
                path,
                format!("it is {found} bytes long, and its header says {wanted}"),
            ));
        }
        let proof = if paged {
            proof_of_pages(&backing, kind, &table)
                .ok_or_else(|| ColumnError::corrupt(path, "its pages have no checksums"))?
        } else {
            let right = table.iter().map(|_| AtomicBool::new(false)).collect();
            Proof::Sections { table: table.clone(), right }
        };
        let pages = Pages::new(backing.clone(), proof, &table);
        Ok(Self { path: path.to_owned(), backing, words, table, next: 0, pages })
    }

    /// A column of this file, checked as it is read.
    #[inline]
    pub fn rows<'a, T>(&'a self, column: &'a Checked<T>) -> Slice<'a, T> {
        column.slice(&self.pages)
    }

    /// What reading has found out about the pages.
    pub fn pages(&self) -> &Pages {
        &self.pages
    }

    /// Whether the file still has the length it was mapped with. A mapping of a file that another program cuts reads
    /// zeros up to the end of the last page, and ends the process behind it.
    pub fn check_length(&self) -> Result<(), ColumnError> {
        self.backing.check_length(&self.path)
    }

    /// Takes the file's pages out of the process's memory.
    pub fn release(&self) {
        self.backing.release();
    }

    /// The words beside the sections.
    pub fn words(&self) -> [u64; WORDS] {
        self.words
    }

    /// Bytes of the whole file.
    pub fn byte_len(&self) -> u64 {
        self.backing.bytes().len() as u64
    }

    /// The header, which was checked on opening: where each section is, how long it is, and its checksum.
    pub fn head(&self) -> &[u8] {
        &self.bytes()[..(FIXED + 3 * self.table.len() + 1) * 8]
    }

    /// The whole file, unchecked.
    pub fn bytes(&self) -> &[u8] {
        self.backing.bytes()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of every section, unchecked.
    pub fn sections(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.backing.bytes();
        // The table was compared with the file's length.
        self.table.iter().map(|&[at, len, _]| bytes.get(at as usize..(at + len) as usize).unwrap_or(&[]))
    }

    /// The next section as a column of `T`.
    ///
    /// # Panics
    /// When called more often than there are sections.
    pub fn column<T: FromBytes + Immutable>(&mut self) -> Result<Column<T>, ColumnError> {
        let [offset, len, _] = self.table[self.next];
        self.next += 1;
        let elements = usize::try_from(len).ok().filter(|len| len.is_multiple_of(size_of::<T>()));
        elements
            .and_then(|len| self.backing.column(usize::try_from(offset).ok()?, len / size_of::<T>()))
            .ok_or_else(|| {
                ColumnError::corrupt(&self.path, format!("section {} lies outside the file", self.next - 1))
            })
    }

    /// The next section as a column for [`SectionFile::rows`].
    ///
    /// # Panics
    /// When called more often than there are sections.
    pub fn checked<T: FromBytes + Immutable>(&mut self) -> Result<Checked<T>, ColumnError> {
        let unproven = self.pages.unproven(self.next);
        self.column().map(|column| Checked::new(column, unproven))
    }

    /// Compares every section with its checksum. O(file).
    pub fn check(&self) -> Result<(), ColumnError> {
        for (number, &[offset, len, checksum]) in self.table.iter().enumerate() {
            let column: Option<Column<u8>> = self.backing.column(offset as usize, len as usize);
            if column.is_none_or(|bytes| xxh3_64(&bytes) != checksum) {
                return Err(ColumnError::corrupt(
                    &self.path,
                    format!("section {number}'s checksum is wrong"),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind { magic: *b"TESTFILE", version: 3, sections: 2 };

    #[test]
    #[cfg_attr(miri, ignore = "Miri cannot map files")]
    fn sections_come_back_and_damage_is_noticed() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("file");
        let numbers = [1u32, 2, 3];
        write(&path, KIND, [7; WORDS], &[numbers.as_bytes(), b"text"]).expect("written");
        let mut file = SectionFile::open(&path, KIND).expect("opens");
        assert_eq!(file.words(), [7; WORDS]);
        assert_eq!(&file.column::<u32>().expect("fits")[..], numbers);
        assert_eq!(&file.column::<u8>().expect("fits")[..], b"text");
        file.check().expect("whole");
        let bytes = encode(KIND, [7; WORDS], &[numbers.as_bytes(), b"text"]);
        assert_eq!(bytes, std::fs::read(&path).expect("read"));
        let file = SectionFile::from_bytes(&path, &bytes, KIND).expect("opens");
        file.check().expect("whole");

        let right = std::fs::read(&path).expect("read");
        let other = Kind { version: 4, ..KIND };
        assert!(matches!(SectionFile::open(&path, other), Err(ColumnError::Version { found: 3, .. })));
        for at in [0, 20, 90, right.len() - 1] {
            let mut wrong = right.clone();
            wrong[at] ^= 1;
            std::fs::remove_file(&path).expect("removed");
            std::fs::write(&path, &wrong).expect("written");
            assert!(SectionFile::open(&path, KIND).and_then(|file| file.check()).is_err(), "byte {at}");
        }
        std::fs::remove_file(&path).expect("removed");
        std::fs::write(&path, &right[..right.len() - 1]).expect("written");
        let opened = SectionFile::open(&path, KIND).expect_err("it is cut");
        assert!(opened.to_string().contains("bytes long"), "{opened}");
    }

    type Open = dyn Fn(&Path) -> Result<SectionFile, ColumnError>;

    /// Whatever byte is flipped, reading every row by itself gives the right row or notices; what was not touched is
    /// still read.
    #[test]
    #[cfg_attr(miri, ignore = "Miri cannot map files")]
    fn a_damaged_page_gives_nothing_and_is_remembered() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let numbers: Vec<u32> = (0..5_000).collect();
        let text: Vec<u8> = (0..9_000u32).map(|at| (at % 251) as u8).collect();
        let paged = Kind { sections: 3, ..KIND };
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        write(&old, KIND, [7; WORDS], &[numbers.as_bytes(), &text]).expect("written");
        write_paged(&new, paged, [7; WORDS], &[numbers.as_bytes(), &text]).expect("written");
        let open_old = |path: &Path| SectionFile::open(path, KIND);
        let open_new = |path: &Path| SectionFile::open_paged(path, paged);
        for (path, open) in [(&old, &open_old as &Open), (&new, &open_new)] {
            let right = std::fs::read(path).expect("read");
            for at in (0..right.len()).step_by(997) {
                let mut wrong = right.clone();
                wrong[at] ^= 0x10;
                std::fs::remove_file(path).expect("removed");
                std::fs::write(path, &wrong).expect("written");
                let Ok(mut file) = open(path) else { continue };
                let (column, bytes) =
                    (file.checked::<u32>().expect("fits"), file.checked::<u8>().expect("fits"));
                let found: Vec<_> = (0..5_000).map(|row| file.rows(&column).get(row)).collect();
                let letters: Vec<_> = (0..9_000).map(|row| file.rows(&bytes).get(row)).collect();
                assert!(
                    found.iter().zip(&numbers).all(|(found, right)| found.is_none_or(|row| row == right))
                );
                assert!(letters.iter().zip(&text).all(|(found, right)| found.is_none_or(|row| row == right)));
                let lost = found.contains(&None) || letters.contains(&None);
                assert_eq!(lost, file.pages().damage().is_some(), "byte {at}");
                // What was found right is not looked at again, what was not is not believed later either.
                assert!((0..5_000).map(|row| file.rows(&column).get(row)).eq(found));
                assert!((0..9_000).map(|row| file.rows(&bytes).get(row)).eq(letters));
            }
        }
    }
}
