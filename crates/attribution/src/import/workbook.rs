//! Excel workbooks (Office Open XML): a sheet as the table that it would be as CSV. A day is written year first, all else as
//! it is stored.

use std::{
    collections::HashMap,
    io::{Cursor, Read},
};

use jiff::{ToSpan as _, civil::Date};
use quick_xml::events::BytesStart;
use zip::ZipArchive;

use super::{
    Format,
    sheet::{self, Draft, MAX_CELLS, MAX_SHEETS, Sheet},
    xml::{self, Node, Xml},
};
use crate::ImportError;

/// Most bytes of one part of a workbook.
const MAX_PART: u64 = 256 << 20;
/// Most texts that cells share.
const MAX_TEXTS: usize = 4_000_000;
/// Most styles of cells.
const MAX_STYLES: usize = 100_000;

type Archive = ZipArchive<Cursor<Vec<u8>>>;

/// What is said once for all sheets.
#[derive(Default)]
struct Book {
    texts: Vec<String>,
    /// Of each style, whether it shows a day.
    days: Vec<bool>,
    /// Days are counted from 1904.
    from_1904: bool,
}

pub(super) fn read(archive: &mut Archive) -> Result<Sheet, ImportError> {
    let mut book = Book::default();
    let (names, links) = (part(archive, "xl/workbook.xml")?, part(archive, "xl/_rels/workbook.xml.rels")?);
    let sheets = book.sheets(&names.unwrap_or_default(), &links.unwrap_or_default())?;
    if let Some(styles) = part(archive, "xl/styles.xml")? {
        book.styles(&styles)?;
    }
    if let Some(texts) = part(archive, "xl/sharedStrings.xml")? {
        book.texts(&texts)?;
    }
    let mut drafts = Vec::new();
    for (name, path) in sheets {
        // A sheet that is a picture has no rows.
        let Some(bytes) = part(archive, &path)? else { continue };
        drafts.push(book.rows(&bytes, name)?);
    }
    sheet::choose(drafts)
}

/// A part, whole; `None` where there is none.
fn part(archive: &mut Archive, name: &str) -> Result<Option<Vec<u8>>, ImportError> {
    let Some(at) = archive.index_for_name(name) else { return Ok(None) };
    let member = archive.by_index(at).map_err(|error| ImportError::Archive(error.to_string()))?;
    let mut bytes = Vec::new();
    member.take(MAX_PART + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_PART {
        return Err(ImportError::Archive(format!("a part of the workbook has more than {MAX_PART} bytes")));
    }
    Ok(Some(bytes))
}

/// Goes through the elements of a part.
fn each(
    mut bytes: &[u8],
    mut take: impl FnMut(&BytesStart<'_>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let mut xml = Xml::new(&mut bytes, Format::Csv);
    loop {
        match xml.next()? {
            Node::Open(start, _) => take(&start)?,
            Node::End => return Ok(()),
            Node::Close(_) | Node::Text(_) => {}
        }
    }
}

impl Book {
    /// The sheets with the parts they are in.
    fn sheets(&mut self, names: &[u8], links: &[u8]) -> Result<Vec<(String, String)>, ImportError> {
        let mut targets = HashMap::new();
        each(links, |start| {
            if let Some((id, target)) = xml::attribute(start, "Id").zip(xml::attribute(start, "Target"))
                && targets.len() < 10 * MAX_SHEETS
            {
                let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
                targets.insert(id, path);
            }
            Ok(())
        })?;
        let mut sheets = Vec::new();
        each(names, |start| {
            match xml::name(start) {
                "workbookPr" => {
                    self.from_1904 = xml::attribute(start, "date1904")
                        .is_some_and(|value| value == "1" || value == "true");
                }
                "sheet" if sheets.len() == MAX_SHEETS => {
                    return Err(ImportError::Archive(format!("more than {MAX_SHEETS} sheets")));
                }
                "sheet" => {
                    let name = xml::attribute(start, "name").unwrap_or_default();
                    let path = xml::attribute(start, "r:id").and_then(|id| targets.get(&id).cloned());
                    sheets.extend(path.map(|path| (name, path)));
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(sheets)
    }

    fn styles(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let (mut own, mut in_cells) = (HashMap::new(), false);
        each(bytes, |start| {
            let number = xml::number(start, "numFmtId").unwrap_or_default();
            match xml::name(start) {
                "numFmt" if own.len() < MAX_STYLES => {
                    let code = xml::attribute(start, "formatCode").unwrap_or_default();
                    own.insert(number, shows_a_day(&code));
                }
                "cellXfs" => in_cells = true,
                "cellStyles" | "dxfs" | "cellStyleXfs" => in_cells = false,
                "xf" if in_cells && self.days.len() < MAX_STYLES => {
                    let usual = matches!(number, 14..=17 | 22 | 27..=31 | 36 | 50..=58);
                    self.days.push(own.get(&number).copied().unwrap_or(usual));
                }
                _ => {}
            }
            Ok(())
        })
    }

    fn texts(&mut self, mut bytes: &[u8]) -> Result<(), ImportError> {
        let mut xml = Xml::new(&mut bytes, Format::Csv);
        loop {
            match xml.next()? {
                Node::Open(start, level) => match (xml::name(&start), level) {
                    ("sst", 1) => {}
                    ("si", 2) if self.texts.len() == MAX_TEXTS => {
                        return Err(xml.error(format!("more than {MAX_TEXTS} texts")));
                    }
                    ("si", 2) => {
                        let text = text(&mut xml)?;
                        self.texts.push(text);
                    }
                    _ => xml.skip()?,
                },
                Node::End => return Ok(()),
                Node::Close(_) | Node::Text(_) => {}
            }
        }
    }

    fn rows(&self, mut bytes: &[u8], name: String) -> Result<Draft, ImportError> {
        let mut xml = Xml::new(&mut bytes, Format::Csv);
        let mut draft = Draft::named(name);
        let mut before = 0_usize;
        loop {
            match xml.next()? {
                Node::Open(start, level) => match (xml::name(&start), level) {
                    ("worksheet", 1) | ("sheetData", 2) => {}
                    ("row", 3) => {
                        let number = xml::number(&start, "r").map_or(before + 1, |number| number as usize);
                        let cells = self.row(&mut xml)?;
                        // Rows that are not written are empty.
                        draft.add(&xml, &[], number.saturating_sub(before + 1))?;
                        draft.add(&xml, &cells, 1)?;
                        before = number.max(before);
                    }
                    _ => xml.skip()?,
                },
                Node::End => return Ok(draft),
                Node::Close(_) | Node::Text(_) => {}
            }
        }
    }

    fn row(&self, xml: &mut Xml<'_>) -> Result<Vec<String>, ImportError> {
        let depth = xml.depth();
        let mut cells: Vec<String> = Vec::new();
        loop {
            match xml.next()? {
                Node::Open(start, _) if xml::name(&start) == "c" => {
                    let at = xml::attribute(&start, "r").and_then(|place| column(&place));
                    let kind = xml::attribute(&start, "t").unwrap_or_default();
                    let style = xml::number(&start, "s").unwrap_or_default();
                    let stored = text(xml)?;
                    let cell = self.cell(&kind, style, stored).ok_or_else(|| {
                        xml.error("a cell names a text that the workbook does not have: it was cut short")
                    })?;
                    let at = at.unwrap_or(cells.len()).max(cells.len());
                    if at >= MAX_CELLS {
                        if cell.is_empty() {
                            continue;
                        }
                        return Err(xml.error(format!("a row has more than {MAX_CELLS} cells")));
                    }
                    if !cell.is_empty() {
                        cells.resize(at, String::new());
                        cells.push(cell);
                    }
                }
                Node::Open(..) => xml.skip()?,
                Node::Close(level) if level < depth => return Ok(cells),
                Node::Close(_) | Node::Text(_) | Node::End => {}
            }
        }
    }

    /// What a cell says; `None` where it names a text that is not there.
    fn cell(&self, kind: &str, style: u32, stored: String) -> Option<String> {
        let line = |text: &str| text.split(['\n', '\r']).map(str::trim).collect::<Vec<_>>().join(" ");
        match kind {
            "s" if stored.is_empty() => Some(stored),
            "s" => self.texts.get(stored.trim().parse::<usize>().ok()?).map(|text| line(text)),
            "" | "n" if self.days.get(style as usize).copied().unwrap_or_default() => {
                Some(self.day(&stored).map_or(stored, |day| day.to_string()))
            }
            "d" => Some(stored),
            _ => Some(line(&stored)),
        }
    }

    /// The day that a number stands for. Before March 1900 the count is wrong by one, and not read.
    fn day(&self, stored: &str) -> Option<Date> {
        let days = stored.trim().split('.').next()?.parse::<i32>().ok()?;
        let from =
            if self.from_1904 { jiff::civil::date(1904, 1, 1) } else { jiff::civil::date(1899, 12, 30) };
        (self.from_1904 || days > 60).then(|| from.checked_add(i64::from(days).days()).ok()).flatten()
    }
}

/// The text or number of a cell or shared text: its runs joined, readings and formulas left out.
fn text(xml: &mut Xml<'_>) -> Result<String, ImportError> {
    let depth = xml.depth();
    let (mut out, mut inside) = (String::new(), false);
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "t" | "v" => inside = true,
                "is" | "r" => {}
                _ => xml.skip()?,
            },
            Node::Text(text) if inside => out.push_str(&text),
            Node::Close(level) if level < depth => return Ok(out),
            Node::Close(_) => inside = false,
            Node::Text(_) | Node::End => {}
        }
    }
}

/// The place, from 0, of the column in `AB12`.
fn column(place: &str) -> Option<usize> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let number =
        letters.fold(0_usize, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

/// Whether a number format shows a day: it has a year or a day outside of quotes and brackets.
fn shows_a_day(code: &str) -> bool {
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    for c in code.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' | '_' => escaped = true,
            '"' => quoted = !quoted,
            '[' => bracket = true,
            ']' => bracket = false,
            'y' | 'Y' | 'd' | 'D' if !quoted && !bracket => return true,
            _ => {}
        }
    }
    false
}
