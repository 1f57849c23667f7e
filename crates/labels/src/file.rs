//! The neutral label file: one row a statement, as CSV or as JSON lines.
//!
//! | column | |
//! |---|---|
//! | `chain` | CAIP-2 id |
//! | `address` | as the chain writes it |
//! | `label` | what a person reads |
//! | `entity` | who it is, or empty |
//! | `category` | a TagPack concept, or empty |
//! | `predicate` | `controls`, `deposit_address_of` or `contract_of` |
//! | `nature` | optional: `entity`, `asset` or `victim`; without it the category says (`defi_token`, `victim`) |
//! | `source` | whose statement it is |
//! | `version` | the source's commit or date (also `source_commit_or_date`, `commit`, `date`) |
//! | `licence` | under what it is published there (also `license`) |
//! | `confidence` | 0 to 100 on the TagPack scale |
//! | `valid_from`, `valid_to` | optional days, the second not included |
//!
//! A row that cannot be used is refused with its line and the reason; the rows around it stay. Other columns are named and
//! left out.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tracehound_model::{Confidence, Predicate, text};

use crate::label::{Label, Nature, Provenance, chain_of, check_text, subject_on};

/// Longest line, in bytes.
const MAX_LINE: usize = 64 << 10;
/// Columns that a header may have.
const MAX_COLUMNS: usize = 64;

/// What a table of labels does not say in a column of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The predicate of rows that have none: one word of a person about the whole file.
    pub predicate: Option<Predicate>,
}

/// Why a file is no label file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system, or the text's form.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// Nothing in it.
    #[error("it is empty: a label file begins with a line of column names, or is JSON lines")]
    Empty,
    /// What a row needs.
    #[error("it has no column `{0}`: see docs/LABELS.md for the columns of a label file")]
    Column(&'static str),
    /// A header that names a column twice, or too many.
    #[error("its header: {0}")]
    Header(String),
}

/// A row that was not taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Line of the file, from 1.
    pub line: u64,
    /// What it would have said, cut and safe to print.
    pub row: String,
    /// Why not.
    pub reason: String,
}

/// Reads a label file row by row; rows need no more memory than one.
///
/// A row is a line: text with line ends in it is no label, so a quote that is never closed costs one row and not the rest.
pub struct Rows<'r> {
    lines: Lines<'r>,
    /// Where the cells of a CSV are; `None` for JSON lines.
    columns: Option<Columns>,
    defaults: Defaults,
    ignored: BTreeSet<String>,
}

/// Lines of bounded length.
pub(crate) struct Lines<'r> {
    file: Box<dyn BufRead + 'r>,
    /// Number of the line in `bytes`, from 1.
    pub line: u64,
    pub bytes: Vec<u8>,
}

/// What comes next.
pub(crate) enum Line {
    End,
    Whole,
    /// Longer than a line may be, and passed over.
    TooLong,
}

impl<'r> Lines<'r> {
    pub(crate) fn of(file: impl Read + 'r) -> std::io::Result<Self> {
        let mut file: Box<dyn BufRead + 'r> = Box::new(BufReader::new(file));
        if file.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            file.consume(3);
        }
        Ok(Self { file, line: 0, bytes: Vec::new() })
    }

    /// Nothing more is read.
    pub(crate) fn end(&mut self) {
        self.file = Box::new(std::io::empty());
    }

    /// The line that came last, refused.
    pub(crate) fn refused(&self, reason: String) -> Refused {
        let head = &self.bytes[..self.bytes.len().min(1_000)];
        let row = text::label(String::from_utf8_lossy(head).trim()).into_owned();
        Refused { line: self.line, row, reason }
    }

    pub(crate) fn next(&mut self) -> std::io::Result<Line> {
        self.bytes.clear();
        self.line += 1;
        let read = self.file.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut self.bytes)?;
        if read == 0 {
            return Ok(Line::End);
        }
        if read <= MAX_LINE {
            return Ok(Line::Whole);
        }
        loop {
            let more = self.file.fill_buf()?;
            let end = more.iter().position(|byte| *byte == b'\n');
            let (used, ended) = (end.map_or(more.len(), |end| end + 1), end.is_some() || more.is_empty());
            self.file.consume(used);
            if ended {
                return Ok(Line::TooLong);
            }
        }
    }
}

/// Places of the columns in a row.
#[derive(Debug, Default)]
struct Columns {
    chain: usize,
    address: usize,
    source: usize,
    version: usize,
    licence: usize,
    label: Option<usize>,
    entity: Option<usize>,
    category: Option<usize>,
    predicate: Option<usize>,
    nature: Option<usize>,
    confidence: Option<usize>,
    valid_from: Option<usize>,
    valid_to: Option<usize>,
    count: usize,
}

/// A row as text: of a CSV, or an object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cells {
    chain: String,
    address: String,
    label: String,
    entity: Option<String>,
    category: Option<String>,
    predicate: Option<String>,
    nature: Option<String>,
    source: String,
    #[serde(alias = "source_commit_or_date", alias = "commit", alias = "date")]
    version: String,
    #[serde(alias = "license")]
    licence: String,
    confidence: Option<Number>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    #[serde(flatten)]
    others: serde_json::Map<String, serde_json::Value>,
}

/// A number, or one in quotes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u64),
    Text(String),
}

impl<'r> Rows<'r> {
    /// Reads the head of a file: JSON lines where it begins with a brace.
    ///
    /// # Errors
    /// A file that cannot be read, is empty, or lacks a column that every row needs.
    pub fn of(file: impl Read + 'r, defaults: Defaults) -> Result<Self, FileError> {
        let unreadable = |error: std::io::Error| FileError::Unreadable(error.to_string());
        let mut lines = Lines::of(file).map_err(unreadable)?;
        let is_json = lines.file.fill_buf().map_err(unreadable)?.trim_ascii_start().starts_with(b"{");
        let mut rows = Self { lines, columns: None, defaults, ignored: BTreeSet::new() };
        while !is_json && rows.columns.is_none() {
            match rows.lines.next().map_err(unreadable)? {
                Line::End => return Err(FileError::Empty),
                Line::TooLong => return Err(FileError::Header(too_long())),
                Line::Whole if rows.lines.bytes.trim_ascii().is_empty() => {}
                Line::Whole => {
                    let header = record(&rows.lines.bytes).map_err(FileError::Header)?;
                    rows.columns = Some(Columns::of(&header, &mut rows.ignored)?);
                }
            }
        }
        Ok(rows)
    }

    /// Line of the row that came last, from 1.
    pub fn line(&self) -> u64 {
        self.lines.line
    }

    /// Columns that are not those of a label file; of JSON lines those met so far.
    pub fn ignored(&self) -> impl Iterator<Item = &str> {
        self.ignored.iter().map(String::as_str)
    }

    fn cells(&mut self) -> Result<Cells, String> {
        let Some(columns) = &self.columns else {
            let cells: Cells = serde_json::from_slice(&self.lines.bytes)
                .map_err(|error| format!("no JSON object of a label: {error}"))?;
            if self.ignored.len() < MAX_COLUMNS {
                self.ignored.extend(cells.others.keys().map(|key| text::label(key).into_owned()));
            }
            return Ok(cells);
        };
        let record = record(&self.lines.bytes)?;
        if record.len() != columns.count {
            return Err(format!("it has {} cells, the header {}", record.len(), columns.count));
        }
        Ok(columns.cells(&record))
    }

    fn refused(&self, reason: String) -> Refused {
        self.lines.refused(reason)
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Label, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.lines.next() {
                Ok(Line::End) => return None,
                Ok(Line::TooLong) => return Some(Err(self.refused(too_long()))),
                Ok(Line::Whole) if self.lines.bytes.trim_ascii().is_empty() => {}
                Ok(Line::Whole) => {
                    let label = self.cells().and_then(|cells| cells.label(&self.defaults));
                    return Some(label.map_err(|reason| self.refused(reason)));
                }
                Err(error) => {
                    self.lines.end();
                    return Some(Err(self.refused(format!("nothing more can be read: {error}"))));
                }
            }
        }
    }
}

/// The cells of one line. A carriage return within it would end the row for who reads tables, and hide what follows.
pub(crate) fn record(line: &[u8]) -> Result<csv::StringRecord, String> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.contains(&b'\r') {
        return Err("it has a carriage return in it: end lines with LF or CRLF".to_owned());
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(line.len().max(64))
        .from_reader(line);
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(_) => Ok(record),
        Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
            Err("it is not UTF-8".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

impl Columns {
    fn of(header: &csv::StringRecord, ignored: &mut BTreeSet<String>) -> Result<Self, FileError> {
        if header.len() > MAX_COLUMNS {
            return Err(FileError::Header(format!("more than {MAX_COLUMNS} columns")));
        }
        let names: Vec<String> = header.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        let mut taken = BTreeSet::new();
        let mut find = |wanted: &[&str]| -> Result<Option<usize>, FileError> {
            let mut places = names.iter().enumerate().filter(|(_, name)| wanted.contains(&name.as_str()));
            let first = places.next().map(|(place, _)| place);
            if let Some((_, name)) = places.next() {
                return Err(FileError::Header(format!(
                    "a second column for `{}`: `{}`",
                    wanted[0],
                    text::label(name)
                )));
            }
            taken.extend(first);
            Ok(first)
        };
        let columns = Self {
            chain: find(&["chain"])?.ok_or(FileError::Column("chain"))?,
            address: find(&["address"])?.ok_or(FileError::Column("address"))?,
            source: find(&["source"])?.ok_or(FileError::Column("source"))?,
            version: find(&["version", "source_commit_or_date", "commit", "date"])?
                .ok_or(FileError::Column("version"))?,
            licence: find(&["licence", "license"])?.ok_or(FileError::Column("licence"))?,
            label: find(&["label"])?,
            entity: find(&["entity"])?,
            category: find(&["category"])?,
            predicate: find(&["predicate"])?,
            nature: find(&["nature"])?,
            confidence: find(&["confidence"])?,
            valid_from: find(&["valid_from"])?,
            valid_to: find(&["valid_to"])?,
            count: names.len(),
        };
        if columns.label.or(columns.entity).is_none() {
            return Err(FileError::Column("label"));
        }
        let others = names.iter().enumerate().filter(|(place, _)| !taken.contains(place));
        ignored.extend(others.map(|(_, name)| text::label(name).into_owned()));
        Ok(columns)
    }

    fn cells(&self, record: &csv::StringRecord) -> Cells {
        let cell = |place: usize| record.get(place).unwrap_or_default().to_owned();
        let optional = |place: Option<usize>| place.map(cell).filter(|text| !text.trim().is_empty());
        Cells {
            chain: cell(self.chain),
            address: cell(self.address),
            label: optional(self.label).unwrap_or_default(),
            entity: optional(self.entity),
            category: optional(self.category),
            predicate: optional(self.predicate),
            nature: optional(self.nature),
            source: cell(self.source),
            version: cell(self.version),
            licence: cell(self.licence),
            confidence: optional(self.confidence).map(Number::Text),
            valid_from: optional(self.valid_from),
            valid_to: optional(self.valid_to),
            others: serde_json::Map::new(),
        }
    }
}

impl Cells {
    fn label(self, defaults: &Defaults) -> Result<Label, String> {
        let chain = chain_of(self.chain.trim())?;
        let subject = subject_on(&chain, &self.address).map_err(|error| error.to_string())?;
        let entity =
            self.entity.map(|text| plain("entity", &text)).transpose()?.filter(|text| !text.is_empty());
        let label = plain("label", &self.label)?;
        let label = if label.is_empty() { entity.clone().unwrap_or_default() } else { label };
        if label.is_empty() {
            return Err("it has neither a label nor an entity".to_owned());
        }
        let concept = plain("category", &self.category.unwrap_or_default())?;
        let predicate = match (
            self.predicate.as_deref().map(str::trim).filter(|id| !id.is_empty()),
            defaults.predicate,
        ) {
            (Some(id), _) => Predicate::from_id(id).ok_or_else(|| {
                format!("`{}` is no predicate: controls, deposit_address_of or contract_of", text::label(id))
            })?,
            (None, Some(predicate)) => predicate,
            (None, None) => {
                return Err(
                    "it does not say how entity and address belong together: a column `predicate`, or one \
                            predicate for the whole file"
                        .to_owned(),
                );
            }
        };
        let nature = match self.nature.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
            Some(id) => Nature::from_id(id)
                .ok_or_else(|| format!("`{}` is no nature: entity, asset or victim", text::label(id)))?,
            None => Nature::of_concept(&concept),
        };
        let provenance = Provenance {
            source: needed("source", &self.source)?,
            version: needed("version", &self.version)?,
            licence: needed("licence", &self.licence)?,
        };
        let confidence = match self.confidence {
            None => return Err("it does not say how sure it is (`confidence`, 0 to 100)".to_owned()),
            Some(Number::Plain(number)) => u8::try_from(number).ok(),
            Some(Number::Text(text)) => text.trim().parse().ok(),
        };
        let confidence =
            confidence.filter(|sure| *sure <= 100).ok_or("its confidence is no number from 0 to 100")?;
        let (valid_from, valid_to) = (day(self.valid_from.as_ref())?, day(self.valid_to.as_ref())?);
        let confidence = Confidence(confidence);
        let label = Label {
            chain,
            subject,
            label,
            entity,
            concept,
            predicate,
            nature,
            provenance,
            confidence,
            valid_from,
            valid_to,
        };
        label.check()?;
        Ok(label)
    }
}

fn day(text: Option<&String>) -> Result<Option<Date>, String> {
    let text = text.map(|text| text.trim()).filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|_| format!("`{}` is no day (YYYY-MM-DD)", text::label(text))))
        .transpose()
}

/// A cell's text, which nothing in it acts upon a terminal.
fn plain(column: &str, cell: &str) -> Result<String, String> {
    let cell = cell.trim();
    check_text(column, cell)?;
    Ok(cell.to_owned())
}

fn needed(column: &str, cell: &str) -> Result<String, String> {
    let cell = plain(column, cell)?;
    if cell.is_empty() { Err(format!("it has no {column}")) } else { Ok(cell) }
}

pub(crate) fn too_long() -> String {
    format!("it is longer than {MAX_LINE} bytes")
}

/// Columns as they are written.
const COLUMNS: [&str; 13] = [
    "chain",
    "address",
    "label",
    "entity",
    "category",
    "predicate",
    "nature",
    "source",
    "version",
    "licence",
    "confidence",
    "valid_from",
    "valid_to",
];

/// Writes labels as CSV, header first.
pub fn write_csv(out: &mut dyn Write, labels: impl IntoIterator<Item = Label>) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for label in labels {
        writer.write_record(cells(&label))?;
    }
    writer.flush()
}

/// Writes labels as JSON lines, with the keys of the columns; absent ones are left out.
pub fn write_json(out: &mut dyn Write, labels: impl IntoIterator<Item = Label>) -> std::io::Result<()> {
    for label in labels {
        serde_json::to_writer(&mut *out, &label)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

impl Serialize for Label {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serde_json::Map::new();
        for (column, cell) in COLUMNS.into_iter().zip(cells(self)) {
            let value = if column == "confidence" { self.confidence.0.into() } else { cell.into() };
            if value != serde_json::Value::String(String::new()) {
                object.insert(column.to_owned(), value);
            }
        }
        object.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let cells = Cells::deserialize(deserializer)?;
        cells.label(&Defaults::default()).map_err(serde::de::Error::custom)
    }
}

fn cells(label: &Label) -> [String; 13] {
    let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
    [
        label.chain.to_string(),
        label.address(),
        label.label.clone(),
        label.entity.clone().unwrap_or_default(),
        label.concept.clone(),
        label.predicate.id().to_owned(),
        label.nature.id().to_owned(),
        label.provenance.source.clone(),
        label.provenance.version.clone(),
        label.provenance.licence.clone(),
        label.confidence.0.to_string(),
        day(label.valid_from),
        day(label.valid_to),
    ]
}
