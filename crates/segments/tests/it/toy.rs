//! The smallest store: rows are numbers, and each has a mark beside its segment that may change after sealing.

use std::path::Path;

use tracehound_columns::{
    Column, SharedColumn,
    files::write_durably,
    sections::{self, Kind, SectionFile, WORDS},
};
use tracehound_segments::{
    Folder, Formats, Key, Note, Segment, SegmentsError, Store,
    compact::become_one,
    files::{SEGMENT, end_of, open_named, open_store, read_manifest, segment_name, strays},
};

pub(crate) const CHAIN: &str = "toy:1";
const KIND: Kind = Kind { magic: *b"THTOYSEG", version: 1, sections: 1 };
const MARKS: &str = "marks";

#[derive(Debug)]
pub(crate) struct Toy {
    first: u64,
    key: Key,
    pub(crate) rows: Column<u8>,
}

impl Segment for Toy {
    const STORE: Store = Store {
        formats: Formats { oldest: 1, keyed: 1, newest: 1 },
        beside: Some(MARKS),
        in_the_making: &["tmp"],
        tables: &["seen"],
    };
    type Place = u64;

    fn open(dir: &Path, name: &str, writable: bool) -> Result<Self, SegmentsError> {
        let mut file = SectionFile::open(&dir.join(format!("{name}.{SEGMENT}")), KIND)?;
        file.check()?;
        let words = file.words();
        let rows: Column<u8> = file.column()?;
        SharedColumn::open(&dir.join(format!("{name}.{MARKS}")), rows.len(), writable)?;
        Ok(Self { first: words[0], key: Key::from_words([words[1], words[2]]), rows })
    }

    fn first(&self) -> u64 {
        self.first
    }

    fn end(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    fn rows_before(place: u64) -> u64 {
        place
    }

    fn key(&self) -> Option<Key> {
        Some(self.key)
    }

    fn continues(&self, before: Option<&Self>) -> bool {
        self.first == before.map_or(0, Segment::end)
    }
}

/// Writes a segment's files, the marks first.
pub(crate) fn write_segment(
    dir: &Path,
    name: &str,
    (first, key): (u64, Key),
    rows: &[u8],
    step: &mut dyn FnMut(&str),
) -> Result<(), SegmentsError> {
    write_durably(&dir.join(format!("{name}.{MARKS}")), &[&vec![0; rows.len() * 4]])?;
    step("its marks are written");
    let [a, b] = key.words();
    let mut words = [0; WORDS];
    words[..3].copy_from_slice(&[first, a, b]);
    sections::write(&dir.join(format!("{name}.{SEGMENT}")), KIND, words, &[rows])?;
    step("it is written");
    Ok(())
}

/// The one writer.
pub(crate) struct Writer {
    pub(crate) folder: Folder,
    segments: Vec<Toy>,
}

impl Writer {
    pub(crate) fn open(dir: &Path) -> Result<Self, SegmentsError> {
        let mut folder = Folder::take(dir, Toy::STORE, CHAIN)?;
        folder.begin()?;
        let segments = folder.take_up(|_, _: &[Toy]| Ok::<(), SegmentsError>(()))?;
        folder.committed(end_of(&segments))?;
        Ok(Self { folder, segments })
    }

    pub(crate) fn rows(&self) -> Vec<u8> {
        self.segments.iter().flat_map(|segment| segment.rows.to_vec()).collect()
    }

    fn key(&self) -> Key {
        self.folder.manifest().key.expect("a format with a key")
    }

    /// Commits some rows, and merges. `step` is told of all that a killed process may have got to.
    pub(crate) fn commit(&mut self, rows: &[u8], step: &mut dyn FnMut(&str)) -> Result<(), SegmentsError> {
        let first = end_of(&self.segments);
        let name = segment_name(first, rows.len(), self.folder.next_generation());
        write_segment(self.folder.dir(), &name, (first, self.key()), rows, step)?;
        self.folder.append(&name)?;
        step("the manifest names it");
        self.segments.push(Toy::open(self.folder.dir(), &name, true)?);
        self.folder.committed(end_of(&self.segments))?;
        step("the commit is noted");
        while let [.., older, newer] = &self.segments[..] {
            if !become_one([older.rows.len()], [newer.rows.len()], [40]) {
                return Ok(());
            }
            let (first, rows) = (older.first, [&older.rows[..], &newer.rows[..]].concat());
            let name = segment_name(first, rows.len(), self.folder.next_generation());
            write_segment(self.folder.dir(), &name, (first, self.key()), &rows, step)?;
            let keep = self.segments.len() - 2;
            let old = self.folder.replace_from(keep, Some(&name))?;
            step("one takes the place of two");
            self.segments.truncate(keep);
            self.segments.push(Toy::open(self.folder.dir(), &name, true)?);
            self.folder.committed(end_of(&self.segments))?;
            for name in old {
                self.folder.remove(&[name])?;
                step("an old one is removed");
            }
        }
        Ok(())
    }

    /// Ends as whoever was not killed does.
    pub(crate) fn end(mut self) {
        self.folder.end();
    }
}

/// What a reader sees, once.
pub(crate) fn read_once(dir: &Path) -> Result<Vec<u8>, SegmentsError> {
    let note = Note::read(dir);
    let manifest = read_manifest(dir, &Toy::STORE)?;
    if note.outdates(&manifest) {
        return Err(tracehound_segments::Manifest::does_not_fit(dir, "it is an old one"));
    }
    let segments: Vec<Toy> = open_named(dir, &manifest, false)?;
    strays::<Toy>(dir, &manifest, end_of(&segments))?;
    Ok(segments.iter().flat_map(|segment| segment.rows.to_vec()).collect())
}

/// What a reader sees, who waits for a writer that replaces files meanwhile.
pub(crate) fn read(dir: &Path) -> Result<Vec<u8>, SegmentsError> {
    let (_, segments) = open_store::<Toy>(dir)?;
    Ok(segments.iter().flat_map(|segment| segment.rows.to_vec()).collect())
}
