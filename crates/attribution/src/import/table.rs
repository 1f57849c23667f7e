//! Tables: one address a row, with or without a header, `#` lines are comments.

use std::borrow::Cow;

use csv::StringRecord;
use tracehound_model::Address;

use super::{
    Format, Options, Snapshot,
    collect::Collector,
    mapping::{self, Column, Field, Mapping, RowTaker},
    ofac_json::date_from_name,
};
use crate::ImportError;

/// Most columns a table may have.
const MAX_COLUMNS: usize = 1_000;

/// The text of a table: UTF-8, or else Latin-1, which every byte is. The byte-order mark is taken off.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Rows of a table with their line numbers.
pub(super) struct Rows<'t> {
    reader: csv::Reader<&'t [u8]>,
    record: StringRecord,
    format: Format,
}

impl<'t> Rows<'t> {
    pub(super) fn new(text: &'t str, delimiter: u8, format: Format) -> Self {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes());
        Self { reader, record: StringRecord::new(), format }
    }

    /// The next row that is not empty, and its line.
    pub(super) fn next_row(&mut self) -> Result<Option<(u64, &StringRecord)>, ImportError> {
        let line = self.reader.position().line();
        let more = self.reader.read_record(&mut self.record).map_err(|error| ImportError::Syntax {
            format: self.format,
            place: format!("line {}", error.position().map_or(line, csv::Position::line)),
            message: error.to_string(),
        })?;
        let line = self.record.position().map_or(line, csv::Position::line);
        if self.record.len() > MAX_COLUMNS {
            return Err(ImportError::Syntax {
                format: self.format,
                place: format!("line {line}"),
                message: format!("{} columns; at most {MAX_COLUMNS} are read", self.record.len()),
            });
        }
        Ok(more.then_some((line, &self.record)))
    }
}

/// Whether a cell holds an address.
pub(super) fn is_address_cell(cell: &str) -> bool {
    Address::parse(cell.trim().trim_matches('"')).is_ok()
}

/// Whether a line is a header with an address column.
pub(super) fn is_header(line: &str) -> bool {
    line.split([',', ';', '\t'])
        .any(|cell| Field::Address.usual_names().contains(&normal(cell.trim_matches('"')).as_str()))
}

/// A column name as it is compared.
fn normal(name: &str) -> String {
    name.trim()
        .chars()
        .take(60)
        .map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() })
        .collect()
}

/// The separator that stands most often in the first line.
fn delimiter(text: &str) -> u8 {
    let first =
        text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
    [b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode(bytes);
    let mut out = Collector::new(Format::Csv, options.source.apply(mapping::head(options)));
    date_from_name(&mut out, options);
    let mut rows = Rows::new(&text, delimiter(&text), Format::Csv);
    let Some((line, first)) = rows.next_row()? else { return out.finish() };
    let mut taker = RowTaker::new();
    let header = !first.iter().any(is_address_cell);
    let columns = if header {
        Columns::by_name(&options.mapping, first)?
    } else {
        Columns::without_header(&options.mapping, first)?
    };
    if !header {
        taker.take(&mut out, &format!("line {line}"), |field| columns.get(first, field))?;
    }
    while let Some((line, row)) = rows.next_row()? {
        taker.take(&mut out, &format!("line {line}"), |field| columns.get(row, field))?;
    }
    out.finish()
}

/// Where each field stands.
struct Columns([Slot; Field::ALL.len()]);

enum Slot {
    Cell(usize),
    Constant(String),
    Absent,
}

impl Columns {
    fn by_name(mapping: &Mapping, header: &StringRecord) -> Result<Self, ImportError> {
        let names: Vec<String> = header.iter().map(normal).collect();
        let place = |name: &str| names.iter().position(|other| *other == normal(name));
        Self::resolve(|field| match mapping.column(field) {
            Some(Column::Name(name)) => {
                place(name).map(Slot::Cell).ok_or_else(|| mapping::no_column(name, header.iter()))
            }
            Some(Column::Place(at)) => Ok(Slot::Cell(*at)),
            Some(Column::Constant(value)) => Ok(Slot::Constant(value.clone())),
            None => {
                Ok(field.usual_names().iter().find_map(|name| place(name)).map_or(Slot::Absent, Slot::Cell))
            }
        })
    }

    /// The address is the first cell that is one; the label, where there is exactly one other column, is that.
    fn without_header(mapping: &Mapping, first: &StringRecord) -> Result<Self, ImportError> {
        let address = first.iter().position(is_address_cell);
        Self::resolve(|field| match (mapping.column(field), field) {
            (Some(Column::Name(name)), _) => {
                Err(mapping::no_column(name, ["none: the first line already is a row"]))
            }
            (Some(Column::Place(at)), _) => Ok(Slot::Cell(*at)),
            (Some(Column::Constant(value)), _) => Ok(Slot::Constant(value.clone())),
            (None, Field::Address) => Ok(address.map_or(Slot::Absent, Slot::Cell)),
            (None, Field::Label) if first.len() == 2 => {
                Ok(address.map_or(Slot::Absent, |address| Slot::Cell(1 - address.min(1))))
            }
            (None, _) => Ok(Slot::Absent),
        })
    }

    fn resolve(slot: impl Fn(Field) -> Result<Slot, ImportError>) -> Result<Self, ImportError> {
        let mut slots = Vec::with_capacity(Field::ALL.len());
        for field in Field::ALL {
            slots.push(slot(field)?);
        }
        if matches!(slots[Field::Address as usize], Slot::Absent) {
            return Err(mapping::no_address_column(Format::Csv));
        }
        Ok(Self(slots.try_into().ok().expect("one slot was pushed for each field")))
    }

    fn get<'s>(&'s self, row: &'s StringRecord, field: Field) -> Option<&'s str> {
        match &self.0[field as usize] {
            Slot::Cell(place) => row.get(*place),
            Slot::Constant(value) => Some(value),
            Slot::Absent => None,
        }
    }
}
