//! `OpenDocument` spreadsheets: a sheet as the table that it would be as CSV, so that it is read by the same rules.
//!
//! A day is written year first, a number as it is, all else as it is shown. Cells and rows that stand for many ("repeated
//! 16,384 times") are unfolded only where something follows them.

use std::{fmt::Write as _, io::Read};

use quick_xml::events::BytesStart;

use super::{
    Format, sniff, text,
    xml::{self, Node, Xml},
};
use crate::ImportError;

/// Most cells of a row; what follows them is an error.
pub(super) const MAX_CELLS: usize = 1_000;
/// Most bytes of a sheet as CSV.
const MAX_TABLE: usize = 256 << 20;
/// Most sheets of a document.
pub(super) const MAX_SHEETS: usize = 100;
/// Rows in which a table is looked for.
const TELLING_ROWS: usize = 20;

/// The one list of a document.
pub(super) struct Sheet {
    /// As CSV, one line a row.
    pub(super) table: String,
    /// Sheets that hold something else.
    pub(super) unread: Vec<String>,
}

/// A sheet as it is read.
#[derive(Default)]
pub(super) struct Draft {
    name: String,
    csv: String,
    /// Empty rows not yet written.
    blank: usize,
}

pub(super) fn read(input: &mut dyn Read) -> Result<Sheet, ImportError> {
    // What the table says is told by its own format; until then it is a table.
    let mut xml = Xml::new(input, Format::Csv);
    let mut sheets: Vec<Draft> = Vec::new();
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level) {
                ("document-content" | "document", 1) | ("body", 2) | ("spreadsheet", 3) => {}
                ("table", 4) if sheets.len() == MAX_SHEETS => {
                    return Err(xml.error(format!("more than {MAX_SHEETS} sheets")));
                }
                ("table", 4) => {
                    let name = xml::attribute(&start, "table:name").unwrap_or_default();
                    let mut draft = Draft::named(name);
                    rows(&mut xml, &mut draft)?;
                    sheets.push(draft);
                }
                (_, 1) => return Err(xml.error("this is no OpenDocument spreadsheet")),
                _ => xml.skip()?,
            },
            Node::End => break,
            Node::Close(_) | Node::Text(_) => {}
        }
    }
    choose(sheets)
}

/// The sheet that is a list. Two lists are an error: one of them would be lost.
pub(super) fn choose(mut sheets: Vec<Draft>) -> Result<Sheet, ImportError> {
    sheets.retain(|sheet| !sheet.csv.is_empty());
    let is_list = |sheet: &&Draft| sheet.csv.lines().take(TELLING_ROWS).any(sniff::is_table_line);
    let lists: Vec<&Draft> = sheets.iter().filter(is_list).collect();
    let names = |sheets: &[&Draft]| {
        let shown: Vec<String> = sheets.iter().take(5).map(|sheet| text::shorten(&sheet.name)).collect();
        shown.join(", ")
    };
    let at = match (&lists[..], sheets.len()) {
        (_, 0) => return Err(ImportError::Archive("the spreadsheet holds no rows".to_owned())),
        ([one], _) => sheets.iter().position(|sheet| std::ptr::eq(sheet, *one)).unwrap_or_default(),
        (_, 1) => 0,
        ([], _) => {
            let all: Vec<&Draft> = sheets.iter().collect();
            let why = format!(
                "none of its sheets ({}) has a header that is known: save the list as CSV",
                names(&all)
            );
            return Err(ImportError::Archive(why));
        }
        (several, _) => {
            let why = format!(
                "several of its sheets are lists ({}): save each as CSV and import it",
                names(several)
            );
            return Err(ImportError::Archive(why));
        }
    };
    let table = sheets.remove(at).csv;
    let unread = sheets.iter().map(|sheet| text::shorten(&format!("sheet {}", sheet.name))).collect();
    Ok(Sheet { table, unread })
}

fn rows(xml: &mut Xml<'_>, sheet: &mut Draft) -> Result<(), ImportError> {
    let depth = xml.depth();
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "table-row" => {
                    let times = repeated(&start, "table:number-rows-repeated");
                    let cells = row(xml)?;
                    sheet.add(xml, &cells, times)?;
                }
                "table-header-rows" | "table-row-group" | "table-rows" => {}
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => return Ok(()),
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
}

impl Draft {
    pub(super) fn named(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Writes a row `times` times; empty ones once something follows them.
    pub(super) fn add(&mut self, xml: &Xml<'_>, cells: &[String], times: usize) -> Result<(), ImportError> {
        if cells.is_empty() {
            self.blank = self.blank.saturating_add(times);
            return Ok(());
        }
        let mut line = String::new();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                line.push(',');
            }
            if cell.contains([',', '"']) {
                let _ = write!(line, "\"{}\"", cell.replace('"', "\"\""));
            } else {
                line.push_str(cell);
            }
        }
        line.push('\n');
        let more = self.blank.saturating_add(line.len().saturating_mul(times));
        if self.csv.len().saturating_add(more) > MAX_TABLE {
            return Err(xml.error(format!("a sheet has more than {MAX_TABLE} bytes as CSV")));
        }
        self.csv.extend(std::iter::repeat_n('\n', std::mem::take(&mut self.blank)));
        (0..times).for_each(|_| self.csv.push_str(&line));
        Ok(())
    }
}

fn repeated(start: &BytesStart<'_>, key: &str) -> usize {
    xml::number(start, key).map_or(1, |times| times.max(1) as usize)
}

/// The cells of a row up to the last that holds something.
fn row(xml: &mut Xml<'_>) -> Result<Vec<String>, ImportError> {
    let depth = xml.depth();
    let (mut cells, mut empty) = (Vec::new(), 0_usize);
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "table-cell" | "covered-table-cell" => {
                    let times = repeated(&start, "table:number-columns-repeated");
                    let value = value(&start);
                    let shown = shown(xml)?;
                    let cell = value.unwrap_or(shown);
                    if cell.is_empty() {
                        empty = empty.saturating_add(times);
                        continue;
                    }
                    if cells.len().saturating_add(empty).saturating_add(times) > MAX_CELLS {
                        return Err(xml.error(format!("a row has more than {MAX_CELLS} cells")));
                    }
                    cells.extend(std::iter::repeat_n(String::new(), std::mem::take(&mut empty)));
                    cells.extend(std::iter::repeat_n(cell, times));
                }
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => return Ok(cells),
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
}

/// What a cell holds where that is more than what is shown.
fn value(start: &BytesStart<'_>) -> Option<String> {
    match xml::attribute(start, "office:value-type")?.as_str() {
        "date" => xml::attribute(start, "office:date-value"),
        "float" => xml::attribute(start, "office:value"),
        _ => None,
    }
}

/// The paragraphs of a cell on one line; notes at its edge are left out.
fn shown(xml: &mut Xml<'_>) -> Result<String, ImportError> {
    let depth = xml.depth();
    let mut out = String::new();
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "annotation" => xml.skip()?,
                "p" if !out.is_empty() => out.push(' '),
                "s" => {
                    let spaces = xml::number(&start, "text:c").unwrap_or(1).min(1_000);
                    out.extend(std::iter::repeat_n(' ', spaces as usize));
                }
                "tab" | "line-break" => out.push(' '),
                _ => {}
            },
            Node::Text(text) if text.contains(['\n', '\r']) => {
                out.extend(text.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
            }
            Node::Text(text) => out.push_str(&text),
            Node::Close(level) if level < depth => {
                let trimmed = out.trim();
                return Ok(if trimmed.len() == out.len() { out } else { trimmed.to_owned() });
            }
            Node::Close(_) | Node::End => {}
        }
        if out.len() > MAX_TABLE {
            return Err(xml.error("a cell is too long"));
        }
    }
}
