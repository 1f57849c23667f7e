//! Reading a pack.

use std::{ops::Range, path::Path};

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use tracehound_columns::{ColumnError, pages::Checked, sections::SectionFile};
use tracehound_model::{Address, Confidence, Subject};

use super::{
    Builder, MAX_STATEMENTS, Manifest, Plan,
    builder::digest_of,
    layout::{BlockRecord, Form, KIND, NONE, StatementRecord},
};
use crate::{
    Label, Nature, Predicate, day,
    label::{MAX_TEXT, chain_of},
};

/// Most rows that are looked at one after another: they lie side by side, and a search of so few waits longer for each of its steps.
const SIDE_BY_SIDE: u64 = 64;
/// Longest manifest that is read.
const MAX_MANIFEST: usize = 4 << 20;

/// A file that is no pack, or not one to believe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The file.
    #[error(transparent)]
    File(#[from] ColumnError),
    /// What is in it.
    #[error("{path} is no pack of labels that can be believed: {what}; fetch it again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
    },
}

impl PackError {
    /// The same of the file that a person gave, of which a copy was read.
    pub(crate) fn of_copy(self, given: &Path) -> Self {
        match self {
            Self::Damaged { what, .. } => Self::Damaged { path: given.display().to_string(), what },
            Self::File(ColumnError::Corrupt { what, .. }) => Self::File(ColumnError::corrupt(given, what)),
            Self::File(ColumnError::Version { found, expected, .. }) => {
                Self::File(ColumnError::Version { path: given.to_owned(), found, expected })
            }
            // What the system refused is about the copy.
            Self::File(refused) => Self::File(refused),
        }
    }
}

/// A pack: immutable, shared by as many readers as wanted.
#[derive(Debug)]
pub struct Pack {
    file: SectionFile,
    manifest: Manifest,
    blocks: Vec<BlockRecord>,
    text_ends: Checked<u32>,
    texts: Checked<u8>,
    statements: Checked<StatementRecord>,
    directories: Checked<u32>,
    addresses: Checked<u8>,
    numbers: Checked<u32>,
}

impl Pack {
    /// Maps a pack and reads its head. O(sources and forms of address), whatever the number of labels.
    ///
    /// # Errors
    /// A file that is no pack, or whose parts do not fit together.
    pub fn open(path: &Path) -> Result<Self, PackError> {
        let mut file = SectionFile::open_paged(path, KIND)?;
        let damaged =
            |what: &str| PackError::Damaged { path: path.display().to_string(), what: what.to_owned() };
        let manifest: Checked<u8> = file.checked()?;
        let (text_ends, texts) = (file.checked()?, file.checked()?);
        let statements = file.checked()?;
        let blocks: Checked<BlockRecord> = file.checked()?;
        let (directories, addresses, numbers) = (file.checked()?, file.checked()?, file.checked()?);
        if manifest.len() > MAX_MANIFEST {
            return Err(damaged("its manifest is too long"));
        }
        let json = file.rows(&manifest).all();
        let manifest: Manifest = serde_json::from_slice(json)
            .map_err(|error| damaged(&format!("its manifest cannot be read: {error}")))?;
        manifest.plan().check().map_err(|what| damaged(&what))?;
        let blocks = file.rows(&blocks).all().to_vec();
        let pack =
            Self { file, manifest, blocks, text_ends, texts, statements, directories, addresses, numbers };
        pack.check_blocks().map_err(damaged)?;
        pack.confirm()?;
        Ok(pack)
    }

    /// Whether the blocks lie in the file, one after another and by form.
    fn check_blocks(&self) -> Result<(), &'static str> {
        let (mut row, mut address, mut bucket) = (0_u64, 0_u64, 0_u64);
        for block in &self.blocks {
            if (block.first_row, block.address_at, block.bucket_at) != (row, address, bucket)
                || block.width == 0
            {
                return Err("its blocks do not lie one after another");
            }
            if block.rows > u64::from(u32::MAX) || BlockRecord::new(block.of(), block.rows).bits != block.bits
            {
                return Err("a block's directory is not what its rows make");
            }
            row += block.rows;
            address += block.rows * u64::from(block.width);
            bucket += block.buckets();
        }
        if !self.blocks.is_sorted_by(|a, b| a.of() < b.of()) {
            return Err("its blocks are not in order");
        }
        let found = (self.numbers.len() as u64, self.addresses.len() as u64, self.directories.len() as u64);
        if found != (row, address, bucket) || self.manifest.labels != row {
            return Err("it has another number of rows than it says");
        }
        Ok(())
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Bytes of the file.
    pub fn byte_len(&self) -> u64 {
        self.file.byte_len()
    }

    /// SHA-256 of the file, hexadecimal. O(file).
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn digest(&self) -> Result<String, PackError> {
        Ok(digest_of(self.file.path())?)
    }

    /// Names this file and the digest that it is said to have, in the time of its head: the head holds the length and the
    /// checksum of each part. Hexadecimal.
    pub(crate) fn seal(&self, digest: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.file.head());
        hash.update(digest);
        hex::encode(hash.finalize())
    }

    /// What it says about a subject, whatever the chain and the day, in the order of the file. O(log n) of the addresses of
    /// one form and leading bits.
    pub fn about(&self, subject: &Subject) -> Vec<Label> {
        let key = subject.key();
        let Some((form, address)) = Form::split(&key) else { return Vec::new() };
        let Ok(place) = self.blocks.binary_search_by_key(&form, BlockRecord::of) else { return Vec::new() };
        let block = &self.blocks[place];
        let Some(first) = self.first_row(block, address) else { return Vec::new() };
        let rows = (first..block.rows).take_while(|row| self.address(block, *row) == Some(address));
        let mut labels = Vec::new();
        for (before, row) in rows.take(MAX_STATEMENTS + 1).enumerate() {
            if before == MAX_STATEMENTS {
                // No such pack is taken in; one of before is asked here, and does not answer with a part.
                let what = || format!("it has more than {MAX_STATEMENTS} statements about one address");
                self.file.pages().report(what);
            }
            labels.extend(self.label_of(block, row, || Subject::from_key(&key)));
        }
        labels
    }

    /// The first row with an address, where there is one.
    fn first_row(&self, block: &BlockRecord, address: &[u8]) -> Option<u64> {
        let bucket = (block.bucket_at + block.bucket_of(address)) as usize;
        let directories = self.file.rows(&self.directories);
        let (mut from, mut to) =
            (u64::from(*directories.get(bucket)?), u64::from(*directories.get(bucket + 1)?));
        let end = to;
        while to.checked_sub(from)? > SIDE_BY_SIDE {
            let middle = from + (to - from) / 2;
            if self.address(block, middle)? < address {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        let rows = self.addresses_of(block, from..to)?.chunks_exact(usize::from(block.width));
        from += rows.take_while(|row| *row < address).count() as u64;
        (from < end && self.address(block, from)? == address).then_some(from)
    }

    fn address(&self, block: &BlockRecord, row: u64) -> Option<&[u8]> {
        self.addresses_of(block, row..row.checked_add(1)?)
    }

    fn addresses_of(&self, block: &BlockRecord, rows: Range<u64>) -> Option<&[u8]> {
        if rows.start > rows.end || rows.end > block.rows {
            return None;
        }
        let at = |row| (block.address_at + row * u64::from(block.width)) as usize;
        self.file.rows(&self.addresses).range(at(rows.start)..at(rows.end))
    }

    /// A row of a block.
    fn label(&self, block: &BlockRecord, row: u64) -> Option<Label> {
        self.label_of(block, row, || Subject::from_key(&block.of().join(self.address(block, row)?)))
    }

    fn label_of(
        &self,
        block: &BlockRecord,
        row: u64,
        subject: impl FnOnce() -> Option<Subject>,
    ) -> Option<Label> {
        let number = *self.file.rows(&self.numbers).get((block.first_row + row) as usize)?;
        let read = self
            .file
            .rows(&self.statements)
            .get(number as usize)
            .and_then(|record| self.read(record, subject()?));
        if read.is_none() {
            self.file.pages().report(|| format!("row {row} of a block says nothing that can be read"));
        }
        read
    }

    fn read(&self, record: &StatementRecord, subject: Subject) -> Option<Label> {
        let optional = |day: i32| if day::is_day_or_none(day) { Some(day::unpack(day)) } else { None };
        let entity = if record.entity == NONE { None } else { Some(self.text(record.entity)?.to_owned()) };
        Some(Label {
            chain: chain_of(self.text(record.chain)?).ok()?,
            subject,
            label: self.text(record.label)?.to_owned(),
            entity,
            concept: self.text(record.concept)?.to_owned(),
            predicate: Predicate::from_byte(record.predicate)?,
            nature: Nature::from_byte(record.nature)?,
            provenance: self.manifest.sources.get(record.source as usize)?.provenance.clone(),
            confidence: Some(Confidence(record.confidence)).filter(|sure| sure.0 <= 100)?,
            valid_from: optional(record.valid_from)?,
            valid_to: optional(record.valid_to)?,
        })
    }

    fn text(&self, number: u32) -> Option<&str> {
        let (ends, number) = (self.file.rows(&self.text_ends), number as usize);
        let end = *ends.get(number)? as usize;
        let start = match number.checked_sub(1) {
            Some(before) => *ends.get(before)? as usize,
            None => 0,
        };
        if start > end || end - start > MAX_TEXT {
            return None;
        }
        std::str::from_utf8(self.file.rows(&self.texts).range(start..end)?).ok()
    }

    /// Every label, in the order of the file. What cannot be read is left out and remembered: ask [`confirm`](Self::confirm).
    pub fn labels(&self) -> impl Iterator<Item = Label> {
        self.blocks.iter().flat_map(|block| (0..block.rows).filter_map(|row| self.label(block, row)))
    }

    /// Tells the canonical bytes of each row's address. What cannot be read is left out and remembered.
    pub(crate) fn each_key(&self, mut tell: impl FnMut(&[u8])) {
        for block in &self.blocks {
            let form = block.of();
            for row in 0..block.rows {
                if let Some(address) = self.address(block, row) {
                    tell(&form.join(address));
                }
            }
        }
    }

    /// The addresses of the forms of which the first is wanted.
    pub(crate) fn subjects(&self, wanted: impl Fn(&Address) -> bool) -> impl Iterator<Item = Address> {
        let rows = self.rows_of(wanted);
        rows.filter_map(|(block, row)| self.plain_address(block, row))
    }

    /// The labels about addresses of the forms of which the first is wanted.
    pub(crate) fn labels_of(&self, wanted: impl Fn(&Address) -> bool) -> impl Iterator<Item = Label> {
        self.rows_of(wanted).filter_map(|(block, row)| self.label(block, row))
    }

    fn rows_of(&self, wanted: impl Fn(&Address) -> bool) -> impl Iterator<Item = (&BlockRecord, u64)> {
        let blocks = self
            .blocks
            .iter()
            .filter(move |block| self.plain_address(block, 0).is_some_and(|first| wanted(&first)));
        blocks.flat_map(|block| (0..block.rows).map(move |row| (block, row)))
    }

    /// The address of a row, where it is of a chain that is known here.
    fn plain_address(&self, block: &BlockRecord, row: u64) -> Option<Address> {
        Address::from_key(&block.of().join(self.address(block, row)?))
    }

    /// Whether nothing that was read so far was damaged.
    pub fn is_sound(&self) -> bool {
        self.file.pages().damage().is_none()
    }

    /// Whether all that was read was right.
    ///
    /// # Errors
    /// What was not.
    pub fn confirm(&self) -> Result<(), PackError> {
        self.file.check_length()?;
        match self.file.pages().damage() {
            None => Ok(()),
            Some(what) => Err(PackError::Damaged {
                path: self.file.path().display().to_string(),
                what: what.to_owned(),
            }),
        }
    }

    /// Looks at everything: whether each label may be in a pack and is where it is searched, and nothing else is in the file.
    /// A pack of these labels made anew has the same bytes. O(n log n), and memory as for making it.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), PackError> {
        let damaged =
            |what: String| PackError::Damaged { path: self.file.path().display().to_string(), what };
        let mut again = Builder::new(self.manifest.plan()).map_err(|error| damaged(error.to_string()))?;
        for label in self.labels() {
            let row = || format!("{}:{}", label.chain, label.address());
            again.add(&label).map_err(|error| damaged(format!("{}: {error}", row())))?;
        }
        self.confirm()?;
        let made =
            again.encode(self.manifest.previous.clone()).map_err(|error| damaged(error.to_string()))?;
        if made == self.file.bytes() {
            Ok(())
        } else {
            Err(damaged("its labels make another file".to_owned()))
        }
    }

    /// A pack made of this one's labels and further ones, by another plan.
    pub(crate) fn plan(&self) -> Plan {
        self.manifest.plan()
    }

    /// Labels that hold on a day.
    pub fn about_on(&self, subject: &Subject, day: Date) -> Vec<Label> {
        let mut labels = self.about(subject);
        labels.retain(|label| label.holds_on(day));
        labels
    }
}
