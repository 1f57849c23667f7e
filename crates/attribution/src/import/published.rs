//! Tables whose columns are known by name, in any order and with any separator.

use std::collections::{HashMap, HashSet};

use super::{
    Format,
    collect::Collector,
    mapping::{self, normal},
    rows::{Record, Rows},
    sniff, text,
};
use crate::ImportError;

/// Rows in which the header is looked for.
const HEADER_WITHIN: u64 = 20;

/// A table after its header.
pub(super) struct Table<'t> {
    rows: Rows<'t>,
    names: Vec<String>,
    columns: HashMap<String, usize>,
    /// Rows up to and with the header.
    before: u64,
    asked: std::cell::RefCell<HashSet<String>>,
    ragged: u64,
}

/// A row of it.
pub(super) struct Row<'r, 't> {
    record: Record<'t>,
    table: &'r HashMap<String, usize>,
    asked: &'r std::cell::RefCell<HashSet<String>>,
}

impl<'t> Table<'t> {
    /// Finds the header: the first row that names all the `needed` columns.
    pub(super) fn open(text: &'t str, format: Format, needed: &[&str]) -> Result<Self, ImportError> {
        let mut rows = Rows::new(text, sniff::table_delimiter(text), format);
        let (mut before, mut first) = (0, Vec::new());
        while before < HEADER_WITHIN
            && let Some((_, row)) = rows.next_row()?
        {
            before += 1;
            let names: Vec<String> = row.iter().map(|cell| cell.trim().to_owned()).collect();
            let mut columns = HashMap::new();
            for (place, name) in names.iter().enumerate() {
                columns.entry(normal(name)).or_insert(place);
            }
            if needed.iter().all(|name| columns.contains_key(*name)) {
                let asked = std::cell::RefCell::default();
                return Ok(Self { rows, names, columns, before, asked, ragged: 0 });
            }
            if first.is_empty() {
                first = names;
            }
        }
        Err(mapping::no_column(&needed.join("`, `"), first.iter().map(String::as_str)))
    }

    /// Counts what stands before the first row.
    pub(super) fn begin(&self, out: &mut Collector) {
        out.pass_over(self.before);
    }

    /// Columns that are read elsewhere.
    pub(super) fn is_read(&self, columns: &[&str]) {
        self.asked.borrow_mut().extend(columns.iter().map(|column| (*column).to_owned()));
    }

    /// The next row and its line.
    pub(super) fn next_row(&mut self) -> Result<Option<(u64, Row<'_, 't>)>, ImportError> {
        let Some((line, record)) = self.rows.next_row()? else { return Ok(None) };
        let record = record.clone();
        self.ragged += u64::from(record.len() != self.names.len());
        Ok(Some((line, Row { record, table: &self.columns, asked: &self.asked })))
    }

    /// Counts what stands between the rows, and names the columns that nobody asked for.
    pub(super) fn end(&self, out: &mut Collector) {
        out.pass_over(self.rows.blank());
        let asked = self.asked.borrow();
        for name in self.names.iter().filter(|name| !name.is_empty() && !asked.contains(&normal(name))) {
            out.unread(name);
        }
        if self.ragged > 0 {
            let message = format!(
                "{} rows do not have the {} cells of the header: look whether their cells are where they belong",
                self.ragged,
                self.names.len()
            );
            out.warn("the whole list", message);
        }
    }
}

impl Row<'_, '_> {
    /// The text of a column, trimmed; empty where there is none.
    pub(super) fn get(&self, column: &str) -> &str {
        if !self.asked.borrow().contains(column) {
            self.asked.borrow_mut().insert(column.to_owned());
        }
        self.table.get(column).and_then(|place| self.record.get(*place)).unwrap_or_default().trim()
    }

    /// Whether the table has a column, whatever stands in it.
    pub(super) fn has(&self, column: &str) -> bool {
        self.table.contains_key(column)
    }

    /// The parts of a cell that holds a list.
    pub(super) fn list(&self, column: &str) -> Vec<&str> {
        self.get(column).split(';').map(str::trim).filter(|part| !part.is_empty()).collect()
    }

    /// Whether the row says nothing.
    pub(super) fn is_blank(&self) -> bool {
        self.record.is_blank()
    }
}

/// `09/03/2026` is the third of September, as offices of the United States write it; year first is read too.
pub(super) fn month_first(written: &str) -> Option<jiff::civil::Date> {
    let mut parts = written.trim().split('/').map(str::parse::<i16>);
    let (Some(Ok(month)), Some(Ok(day)), Some(Ok(year))) = (parts.next(), parts.next(), parts.next()) else {
        return text::date(written);
    };
    jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
