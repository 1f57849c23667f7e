//! Making a pack.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    path::Path,
};

use ahash::RandomState;
use sha2::{Digest, Sha256};
use tracehound_columns::{ColumnError, sections};
use tracehound_model::Subject;
use zerocopy::IntoBytes;

use super::{
    MAX_STATEMENTS, Manifest, Plan, Sourced,
    layout::{BlockRecord, Form, KIND, NONE, StatementRecord},
};
use crate::{Label, Provenance, day, lint};

/// Why a row is not in a pack, or a pack is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A licence that the plan does not name.
    #[error(
        "its licence `{0}` is not in the pack's table of licences: add it there with its terms, or leave the row out"
    )]
    Licence(String),
    /// What must not be in a pack.
    #[error(transparent)]
    Forbidden(#[from] lint::Forbidden),
    /// What no row of a label file can say.
    #[error("{0}")]
    Row(String),
    /// More statements about one address than are read.
    #[error(
        "more than {MAX_STATEMENTS} statements about {address}: whoever asks would not be told all of them; leave some out"
    )]
    Crowded {
        /// The address.
        address: String,
    },
    /// More than numbers of 32 bits count.
    #[error("more rows or texts than a pack holds: make several")]
    TooMany,
    /// What a plan or a manifest says cannot be.
    #[error("{0}")]
    Plan(String),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] ColumnError),
}

/// Gathers labels and writes them as a pack. Holds the addresses, four bytes a row and each different statement once.
#[derive(Debug)]
pub struct Builder {
    plan: Plan,
    texts: Numbered<String>,
    sources: Numbered<Provenance>,
    statements: Numbered<StatementRecord>,
    rows: BTreeMap<Form, Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    addresses: Vec<u8>,
    statements: Vec<u32>,
}

/// Values in order of their coming, each once.
#[derive(Debug)]
struct Numbered<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32, RandomState>,
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    fn new() -> Self {
        Self { values: Vec::new(), numbers: HashMap::default() }
    }

    fn number(&mut self, value: T) -> Result<u32, BuildError> {
        if let Some(number) = self.numbers.get(&value) {
            return Ok(*number);
        }
        let number = u32::try_from(self.values.len()).ok().filter(|number| *number != NONE);
        let number = number.ok_or(BuildError::TooMany)?;
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        Ok(number)
    }

    /// The values sorted, and for each number here the one there.
    fn sorted(self) -> (Vec<T>, Vec<u32>)
    where
        T: Ord,
    {
        let mut order: Vec<u32> = (0..self.values.len() as u32).collect();
        order.sort_unstable_by(|a, b| self.values[*a as usize].cmp(&self.values[*b as usize]));
        let mut places = vec![0; order.len()];
        for (place, number) in (0..).zip(&order) {
            places[*number as usize] = place;
        }
        let values = order.iter().map(|number| self.values[*number as usize].clone()).collect();
        (values, places)
    }
}

impl Builder {
    /// An empty pack of a plan.
    ///
    /// # Errors
    /// A plan that cannot be.
    pub fn new(plan: Plan) -> Result<Self, BuildError> {
        plan.check().map_err(BuildError::Plan)?;
        let (texts, sources, statements) = (Numbered::new(), Numbered::new(), Numbered::new());
        Ok(Self { plan, texts, sources, statements, rows: BTreeMap::new() })
    }

    /// Adds a label. One that is there already is there once.
    ///
    /// # Errors
    /// A row that must not be in this pack; the pack stays as it is.
    pub fn add(&mut self, label: &Label) -> Result<(), BuildError> {
        if !self.plan.licences.contains_key(&label.provenance.licence) {
            return Err(BuildError::Licence(label.provenance.licence.clone()));
        }
        label.check().map_err(BuildError::Row)?;
        lint::check(label)?;
        let key = label.subject.key();
        let Some((form, address)) = Form::split(&key) else {
            return Err(BuildError::Plan("an address without bytes".to_owned()));
        };
        let statement = StatementRecord {
            chain: self.texts.number(label.chain.to_string())?,
            label: self.texts.number(label.label.clone())?,
            entity: label.entity.clone().map_or(Ok(NONE), |entity| self.texts.number(entity))?,
            concept: self.texts.number(label.concept.clone())?,
            source: self.sources.number(label.provenance.clone())?,
            valid_from: day::pack(label.valid_from),
            valid_to: day::pack(label.valid_to),
            predicate: label.predicate as u8,
            nature: label.nature as u8,
            confidence: label.confidence.0,
            reserved: 0,
        };
        let statement = self.statements.number(statement)?;
        let rows = self.rows.entry(form).or_default();
        if rows.statements.len() >= u32::MAX as usize {
            return Err(BuildError::TooMany);
        }
        rows.addresses.extend_from_slice(address);
        rows.statements.push(statement);
        Ok(())
    }

    /// Writes the pack, durable when this returns, and gives its manifest and SHA-256. `previous` is that of the one before.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(self, path: &Path, previous: Option<String>) -> Result<(Manifest, String), BuildError> {
        let (manifest, parts) = self.parts(previous)?;
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        sections::write_paged(path, KIND, [0; sections::WORDS], &parts)?;
        let digest = digest_of(path)?;
        Ok((manifest, digest))
    }

    /// The bytes that [`write`](Self::write) writes.
    pub(crate) fn encode(self, previous: Option<String>) -> Result<Vec<u8>, BuildError> {
        let (_, parts) = self.parts(previous)?;
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Ok(sections::encode_paged(KIND, [0; sections::WORDS], &parts))
    }

    fn parts(self, previous: Option<String>) -> Result<(Manifest, [Vec<u8>; 8]), BuildError> {
        let Self { plan, texts, sources, statements, rows } = self;
        let (texts, text_places) = texts.sorted();
        let (sources, source_places) = sources.sorted();
        let text = |number: u32| if number == NONE { NONE } else { text_places[number as usize] };
        let mut renumbered = Numbered::new();
        for record in &statements.values {
            renumbered.number(StatementRecord {
                chain: text(record.chain),
                label: text(record.label),
                entity: text(record.entity),
                concept: text(record.concept),
                source: source_places[record.source as usize],
                ..*record
            })?;
        }
        let (statements, statement_places) = renumbered.sorted();

        let mut blocks = Vec::new();
        let (mut directories, mut addresses, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        let mut counts = vec![0_u64; sources.len()];
        let mut different = 0;
        for (form, rows) in rows {
            let width = form.width();
            let address = |row: u32| &rows.addresses[row as usize * width..][..width];
            let number = |row: u32| statement_places[rows.statements[row as usize] as usize];
            let mut order: Vec<u32> = (0..rows.statements.len() as u32).collect();
            order.sort_unstable_by(|a, b| (address(*a), number(*a)).cmp(&(address(*b), number(*b))));
            order.dedup_by(|a, b| (address(*a), number(*a)) == (address(*b), number(*b)));

            let mut block = BlockRecord::new(form, order.len() as u64);
            (block.first_row, block.address_at, block.bucket_at) =
                (numbers.len() as u64, addresses.len() as u64, directories.len() as u64);
            let mut last: Option<&[u8]> = None;
            let (mut bucket, mut of_address) = (0, 0);
            for (place, row) in (0_u32..).zip(&order) {
                let bytes = address(*row);
                while bucket <= block.bucket_of(bytes) {
                    directories.push(place);
                    bucket += 1;
                }
                different += u64::from(last != Some(bytes));
                of_address = if last == Some(bytes) { of_address + 1 } else { 1 };
                if of_address > MAX_STATEMENTS {
                    let address = match Subject::from_key(&form.join(bytes)) {
                        Some(Subject::Address(address)) => address.to_string(),
                        Some(Subject::Opaque(text)) => text,
                        _ => hex::encode(bytes),
                    };
                    return Err(BuildError::Crowded { address });
                }
                last = Some(bytes);
                addresses.extend_from_slice(bytes);
                let statement = number(*row);
                counts[statements[statement as usize].source as usize] += 1;
                numbers.push(statement);
            }
            while bucket < block.buckets() {
                directories.push(order.len() as u32);
                bucket += 1;
            }
            blocks.push(block);
        }

        let mut ends = Vec::with_capacity(texts.len());
        let mut all = String::new();
        for text in &texts {
            all.push_str(text);
            ends.push(u32::try_from(all.len()).map_err(|_| BuildError::TooMany)?);
        }
        let sourced =
            sources.into_iter().zip(counts).map(|(provenance, labels)| Sourced { provenance, labels });
        let Plan { name, version, issued, expires, publisher, licences } = plan;
        let manifest = Manifest {
            name,
            version,
            issued,
            expires,
            publisher,
            licences,
            sources: sourced.collect(),
            labels: numbers.len() as u64,
            addresses: different,
            previous,
        };
        let json = serde_json::to_vec(&manifest).expect("plain data always turns into JSON");
        let parts = [
            json,
            ends.as_bytes().to_vec(),
            all.into_bytes(),
            statements.as_bytes().to_vec(),
            blocks.as_bytes().to_vec(),
            directories.as_bytes().to_vec(),
            addresses,
            numbers.as_bytes().to_vec(),
        ];
        Ok((manifest, parts))
    }
}

/// SHA-256 of a file, hexadecimal: what a pack is called by its successor.
pub(crate) fn digest_of(path: &Path) -> Result<String, ColumnError> {
    let mut file = std::fs::File::open(path).map_err(ColumnError::io("opening", path))?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(ColumnError::io("reading", path))? {
            0 => return Ok(hex::encode(hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}
