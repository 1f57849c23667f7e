//! Subjects by the million: lines of text, one column of a CSV file or one field of JSON lines, read so that no row stops the
//! rows after it.
//!
//! A row that cannot be read is a row all the same: it has its number and says why it was refused. A row's number is the one
//! that a spreadsheet shows, from 1, a header and blank rows included: a cell with line ends makes no more rows.
//! `answered + refused + blank` is the number of rows below the header.

mod fields;

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, Read},
    ops::Range,
};

use thiserror::Error;
use tracehound_attribution::import::windows_1252;
use tracehound_model::text::{clean, is_plain, label};

use fields::{cells, field_beside, field_of};

/// Longest row, in bytes, its line end included.
pub const MAX_ROW: usize = 4_096;

/// Bytes read at a time.
const BUFFER: usize = 1 << 18;

/// Most lines above the header of a table.
pub const MAX_TITLES: usize = 20;

/// What separates the cells of a table.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// Why no subject can be read at all.
#[derive(Debug, Error)]
pub enum BatchError {
    /// The input broke off.
    #[error("reading row {row}: {source}")]
    Io {
        /// The row being read.
        row: u64,
        /// What the system said.
        source: io::Error,
    },
    /// There is no row.
    #[error("there is no header row: with --column the first row names the columns")]
    NoHeader,
    /// The header cannot be read.
    #[error("row 1, the header, {0}")]
    BadHeader(RowError),
    /// One JSON array instead of an object a line.
    #[error("it is one JSON array, and one object a line is read: jq -c '.[]' FILE makes such lines")]
    Array,
    /// No column, or more than one, has the name.
    #[error("{count} columns are named `{wanted}`; the header has {found}")]
    Column {
        /// The name asked for.
        wanted: String,
        /// How many columns have it.
        count: usize,
        /// The columns.
        found: String,
    },
}

/// Why a row was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RowError {
    /// Longer than [`MAX_ROW`].
    #[error("is longer than {MAX_ROW} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("holds bytes that are no UTF-8")]
    NotText,
    /// A control character: NUL, or a line end of another kind than the input's.
    #[error("holds the control character U+{0:04X} (lines end with LF or CR LF, or all with CR)")]
    Control(u32),
    /// A quoted cell that does not end.
    #[error("opens a quote that is not closed")]
    Unclosed,
    /// Something after a closing quote.
    #[error("has text after a closing quote")]
    AfterQuote,
    /// Another number of cells than the header.
    #[error("has {found} cells where the header has {expected}")]
    Cells {
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        expected: usize,
    },
    /// Nothing in the column asked for.
    #[error("has nothing in the column `{0}`")]
    Empty(String),
    /// No JSON object.
    #[error("is no JSON object: {0}")]
    NotAnObject(String),
    /// Something else than text in the field asked for.
    #[error("has no text in the field `{0}`")]
    NotAText(String),
    /// The field asked for, more than once.
    #[error("has the field `{0}` more than once")]
    Repeated(String),
}

/// A row that is not blank.
#[derive(Debug)]
pub struct Row<'a> {
    /// Its number in the input, from 1, the header and blank rows included.
    pub number: u64,
    /// The subject; of a refused row the beginning of what stands there, fit to be shown.
    pub subject: &'a str,
    /// What stands in the [columns beside](Subjects::beside) it, in their order; nothing where it is refused.
    pub beside: Vec<&'a str>,
    /// Why it is refused.
    pub refused: Option<&'a RowError>,
    /// The row as it came, where rows are [kept](Subjects::keeping_rows) and it could be read.
    pub input: &'a str,
}

/// Rows read together. Its memory is used again.
#[derive(Debug, Default)]
pub struct Batch {
    text: String,
    rows: Vec<Place>,
}

/// Where a row stands in the text of a batch.
#[derive(Debug)]
struct Place {
    number: u64,
    subject: Range<usize>,
    beside: Vec<Range<usize>>,
    input: Range<usize>,
    refused: Option<RowError>,
}

impl Batch {
    /// The rows, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.rows.iter().map(|place| Row {
            number: place.number,
            subject: &self.text[place.subject.clone()],
            beside: place.beside.iter().map(|cell| &self.text[cell.clone()]).collect(),
            refused: place.refused.as_ref(),
            input: &self.text[place.input.clone()],
        })
    }

    fn push(&mut self, number: u64, subject: &str, refused: Option<RowError>) {
        let at = self.text.len();
        self.text.push_str(subject);
        let end = self.text.len();
        self.rows.push(Place { number, subject: at..end, beside: Vec::new(), input: end..end, refused });
    }

    /// Adds what stands in a column beside the last row's.
    fn push_beside(&mut self, cell: &str) {
        let at = self.text.len();
        self.text.push_str(cell);
        if let Some(last) = self.rows.last_mut() {
            last.beside.push(at..self.text.len());
        }
    }

    /// Keeps the last row as it came.
    fn keep(&mut self, row: &str) {
        let at = self.text.len();
        self.text.push_str(row);
        if let Some(last) = self.rows.last_mut() {
            last.input = at..self.text.len();
        }
    }

    fn refuse(&mut self, number: u64, bytes: &[u8], why: RowError) {
        let head = bytes.get(..MAX_ROW).unwrap_or(bytes);
        self.push(number, &label(String::from_utf8_lossy(head).trim()), Some(why));
    }
}

/// Reads subjects.
#[derive(Debug)]
pub struct Subjects<R> {
    lines: Lines<R>,
    form: Form,
    blank: u64,
    rows: u64,
    keeps: bool,
}

/// How rows are read.
#[derive(Debug)]
enum Form {
    /// A subject a line.
    Lines,
    Table(Table),
    /// A JSON object a line, with the subject in the field of this name, and other fields beside it.
    Json(String, Vec<String>),
}

/// How a table is read.
#[derive(Debug)]
struct Table {
    delimiter: char,
    name: String,
    column: usize,
    beside: Vec<usize>,
    header: Vec<String>,
    /// The row of the header: rows above it are titles.
    header_row: u64,
}

impl<R: Read> Subjects<R> {
    /// One subject a line. Empty lines and lines that begin with `#` are blank.
    pub fn lines(input: R) -> Self {
        Self::new(Lines::new(input), Form::Lines)
    }

    fn new(lines: Lines<R>, form: Form) -> Self {
        Self { lines, form, blank: 0, rows: 0, keeps: false }
    }

    /// Keeps rows as they came, for whoever wants them beside the answers.
    #[must_use]
    pub fn keeping_rows(self) -> Self {
        Self { keeps: true, ..self }
    }

    /// The names of the columns of the input: those of a table, `input` of JSON lines, none of plain lines.
    pub fn columns(&self) -> Vec<String> {
        match &self.form {
            Form::Lines => Vec::new(),
            Form::Table(table) => table.header.clone(),
            Form::Json(..) => vec!["input".to_owned()],
        }
    }

    /// The cells of a [kept](Self::keeping_rows) row, as many as there are [columns](Self::columns): of JSON lines the whole
    /// line, and of a row that is not of so many cells too, in the first one.
    pub fn cutter(&self) -> impl Fn(&Row<'_>) -> Vec<String> + Send + Sync + 'static {
        let columns = self.columns().len();
        let delimiter = match &self.form {
            Form::Table(table) => Some(table.delimiter),
            Form::Lines | Form::Json(..) => None,
        };
        move |row| {
            let cut = delimiter.and_then(|delimiter| cells(row.input, delimiter).ok());
            let mut found = match cut {
                Some(cells) if cells.len() == columns => cells,
                _ => vec![row.input.to_owned()],
            };
            found.resize(columns, String::new());
            found
        }
    }

    /// The subjects in the column of this name, by the header that the input begins with. Columns are separated by comma,
    /// semicolon, tab or `|`, cells quoted as RFC 4180 says; letter case and blanks around a name do not count. Up to
    /// [`MAX_TITLES`] lines may stand above the header, among them the `sep=;` of spreadsheets. Where the first line that is
    /// not blank is a JSON object, each line is one, and the name is that of a field, letter by letter.
    pub fn column(input: R, name: &str) -> Result<Self, BatchError> {
        let mut lines = Lines::new(input);
        let mut above = VecDeque::new();
        let mut first: Option<BatchError> = None;
        while above.len() <= MAX_TITLES {
            let row = above.len() as u64 + 1;
            let Some(line) = lines.next().map_err(|source| BatchError::Io { row, source })? else { break };
            let is_blank = line.bytes.trim_ascii().is_empty();
            if line.bytes.trim_ascii_start().starts_with(b"{") && first.is_none() {
                above.push_back(line);
                lines.give_back(above);
                return Ok(Self::new(lines, Form::Json(name.to_owned(), Vec::new())));
            }
            if line.bytes.trim_ascii_start().starts_with(b"[") && first.is_none() {
                return Err(BatchError::Array);
            }
            if !is_blank {
                match header(&line, name) {
                    // What has as many cells as the header is no title but a row, and not to be passed over.
                    Ok(found) if above.iter().all(|title| is_title(title, &found)) => {
                        let Found { delimiter, column, cells } = found;
                        let name = label(name.trim()).into_owned();
                        let (beside, header_row) = (Vec::new(), line.number);
                        let table = Table { delimiter, name, column, beside, header: cells, header_row };
                        return Ok(Self::new(lines, Form::Table(table)));
                    }
                    // Said of the first line that may be a header: a hint of a spreadsheet is none.
                    Err(error) if !is_hint(&line.bytes) => _ = first.get_or_insert(error),
                    Ok(_) | Err(_) => {}
                }
            }
            above.push_back(line);
        }
        Err(first.unwrap_or(BatchError::NoHeader))
    }

    /// Reads the columns or fields of these names too, which a row may leave empty; see [`Row::beside`].
    pub fn beside(mut self, names: &[&str]) -> Result<Self, BatchError> {
        for name in names {
            match &mut self.form {
                Form::Lines => return Err(BatchError::NoHeader),
                Form::Json(_, beside) => beside.push((*name).to_owned()),
                Form::Table(table) => match named(&table.header, name)[..] {
                    [column] => table.beside.push(column),
                    ref several => return Err(no_column(name, several.len(), &table.header)),
                },
            }
        }
        Ok(self)
    }

    /// Rows read so far, the blank ones included and the header not: a cell with line ends makes no more rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows without anything in them so far.
    pub fn blank(&self) -> u64 {
        self.blank
    }

    /// Reads up to `most` rows into the batch; false at the end of the input, when none is left. Rows that are there do not
    /// wait for rows that are not: of an input that pauses the batch is what came before. Where this fails, the batch holds
    /// what was read before.
    pub fn fill(&mut self, batch: &mut Batch, most: usize) -> Result<bool, BatchError> {
        batch.text.clear();
        batch.rows.clear();
        while batch.rows.len() < most && (batch.rows.is_empty() || self.lines.has_whole_line()) {
            let row = self.lines.number + 1;
            let read = self.lines.next().map_err(|source| BatchError::Io { row, source })?;
            let Some(line) = read else { break };
            match &self.form {
                Form::Lines => {
                    match line.text() {
                        Ok(text) if text.trim().is_empty() || text.trim_start().starts_with('#') => {
                            self.blank += 1;
                        }
                        Ok(text) => batch.push(line.number, text.trim(), None),
                        Err(why) => batch.refuse(line.number, &line.bytes, why),
                    }
                    self.lines.spare = line.bytes;
                }
                Form::Json(field, beside) => {
                    match line.text() {
                        Ok(text) if text.trim().is_empty() => self.blank += 1,
                        Ok(text) => {
                            let others = || beside.iter().map(|field| field_beside(text, field));
                            let read = field_of(text, field)
                                .and_then(|subject| Ok((subject, others().collect::<Result<Vec<_>, _>>()?)));
                            match read {
                                Ok((subject, others)) => {
                                    batch.push(line.number, subject.trim(), None);
                                    for cell in others {
                                        batch.push_beside(cell.trim());
                                    }
                                }
                                Err(why) => batch.refuse(line.number, &line.bytes, why),
                            }
                            if self.keeps {
                                batch.keep(text);
                            }
                        }
                        Err(why) => batch.refuse(line.number, &line.bytes, why),
                    }
                    self.lines.spare = line.bytes;
                }
                Form::Table(table) => {
                    let number = table.header_row + self.rows + 1;
                    match table.subject(number, &line, &mut self.lines, batch, self.keeps) {
                        Ok(true) => {}
                        Ok(false) => self.blank += 1,
                        Err(source) => return Err(BatchError::Io { row, source }),
                    }
                }
            }
            self.rows += 1;
        }
        Ok(!batch.rows.is_empty())
    }
}

impl Table {
    /// Takes the row of this number; false for a blank one.
    fn subject<R: Read>(
        &self,
        number: u64,
        line: &Line,
        lines: &mut Lines<R>,
        batch: &mut Batch,
        keeps: bool,
    ) -> io::Result<bool> {
        // Offices write Windows-1252 as well. What is asked about must be beyond doubt: UTF-8.
        let mut is_utf8 = true;
        let mut text = match line.text() {
            Ok(text) => text.to_owned(),
            Err(RowError::NotText)
                if !line.bytes.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') =>
            {
                is_utf8 = false;
                windows_1252(&line.bytes)
            }
            Err(why) => {
                batch.refuse(number, &line.bytes, why);
                return Ok(true);
            }
        };
        if text.trim().is_empty() {
            return Ok(false);
        }
        // A cell may hold line ends; what is read for it is given back unless the row then is whole.
        let mut taken = VecDeque::new();
        let mut read = cells(&text, self.delimiter);
        while read == Err(RowError::Unclosed) {
            let Some(more) = lines.next()? else { break };
            // A forgotten quote swallows no row: what it is closed by stands amid another cell, or never comes.
            let fits = text.len() + more.bytes.len() <= MAX_ROW;
            let added = more.text().is_ok_and(|next| {
                text.push('\n');
                text.push_str(next);
                true
            });
            taken.push_back(more);
            if !fits || !added {
                break;
            }
            read = cells(&text, self.delimiter);
        }
        let read = read.and_then(|cells| match cells.len() {
            found if found == self.header.len() => Ok(cells),
            _ if cells.iter().all(|cell| cell.trim().is_empty()) => Ok(cells),
            found => Err(RowError::Cells { found, expected: self.header.len() }),
        });
        let read = read.and_then(|cells| {
            let asked = std::iter::once(&self.column).chain(&self.beside);
            let sure = is_utf8 || asked.filter_map(|&column| cells.get(column)).all(|cell| cell.is_ascii());
            if sure { Ok(cells) } else { Err(RowError::NotText) }
        });
        if read.is_err() {
            lines.give_back(taken);
        }
        match read {
            Ok(cells) if cells.iter().all(|cell| cell.trim().is_empty()) => return Ok(false),
            Ok(cells) => {
                match cells[self.column].trim() {
                    "" => {
                        let why = RowError::Empty(self.name.clone());
                        batch.refuse(number, &line.bytes, why);
                    }
                    subject if subject.chars().any(char::is_control) => {
                        let c = subject.chars().find(|c| c.is_control()).map_or(0, u32::from);
                        batch.push(number, &clean(subject), Some(RowError::Control(c)));
                    }
                    subject => {
                        batch.push(number, subject, None);
                        for &column in &self.beside {
                            batch.push_beside(cells[column].trim());
                        }
                    }
                }
                if keeps {
                    batch.keep(&text);
                }
            }
            Err(why) => {
                batch.refuse(number, &line.bytes, why);
                if keeps && let Ok(text) = line.text() {
                    batch.keep(text);
                }
            }
        }
        Ok(true)
    }
}

/// A header in which the column asked for stands once.
struct Found {
    delimiter: char,
    column: usize,
    cells: Vec<String>,
}

/// Reads a line as a header, by the first separator with which it names the column, else by the one with the most columns.
fn header(line: &Line, name: &str) -> Result<Found, BatchError> {
    let text = match line.text() {
        Err(RowError::NotText) => windows_1252(&line.bytes),
        text => text.map_err(BatchError::BadHeader)?.to_owned(),
    };
    let mut best: Option<(char, Vec<String>)> = None;
    let mut wrong = None;
    for delimiter in DELIMITERS {
        let cells = match cells(&text, delimiter) {
            Ok(cells) => cells,
            // By another separator it may be whole.
            Err(why) => {
                wrong.get_or_insert(why);
                continue;
            }
        };
        if !named(&cells, name).is_empty() {
            best = Some((delimiter, cells));
            break;
        }
        if best.as_ref().is_none_or(|(_, known)| known.len() < cells.len()) {
            best = Some((delimiter, cells));
        }
    }
    let (delimiter, cells) = match (best, wrong) {
        (Some((_, cells)), Some(wrong)) if cells.len() == 1 => return Err(BatchError::BadHeader(wrong)),
        (Some(best), _) => best,
        (None, wrong) => return Err(BatchError::BadHeader(wrong.unwrap_or(RowError::Unclosed))),
    };
    match named(&cells, name)[..] {
        [column] => Ok(Found { delimiter, column, cells }),
        ref several => Err(no_column(name, several.len(), &cells)),
    }
}

/// Whether a line above a header is a title: it fills fewer cells than the header has.
fn is_title(line: &Line, header: &Found) -> bool {
    let text = windows_1252(&line.bytes);
    let filled =
        text.split(header.delimiter).filter(|cell| !cell.trim_matches(['"', ' ']).is_empty()).count();
    is_hint(&line.bytes) || filled < header.cells.len()
}

/// Whether this line is what spreadsheets write to say what separates the cells, `sep=;`.
fn is_hint(line: &[u8]) -> bool {
    line.trim_ascii().strip_prefix(b"sep=").is_some_and(|rest| rest.len() <= 1)
}

/// The columns of this name.
fn named(header: &[String], name: &str) -> Vec<usize> {
    let wanted = name.trim().to_lowercase();
    (0..header.len()).filter(|&at| header[at].trim().to_lowercase() == wanted).collect()
}

fn no_column(name: &str, count: usize, header: &[String]) -> BatchError {
    let found = label(&header.join(", ")).into_owned();
    BatchError::Column { wanted: label(name).into_owned(), count, found }
}

/// A line as it came, without its end.
#[derive(Debug)]
struct Line {
    number: u64,
    bytes: Vec<u8>,
    too_long: bool,
}

impl Line {
    /// The text, where it is one.
    fn text(&self) -> Result<&str, RowError> {
        if self.too_long {
            return Err(RowError::TooLong);
        }
        let text = std::str::from_utf8(&self.bytes).map_err(|_| RowError::NotText)?;
        if is_plain(&self.bytes) {
            return Ok(text);
        }
        match text.bytes().find(|byte| byte.is_ascii_control() && *byte != b'\t') {
            Some(byte) => Err(RowError::Control(byte.into())),
            None => Ok(text),
        }
    }
}

/// Lines of bounded length; of a longer one only the beginning is kept, and all of it is passed over.
#[derive(Debug)]
struct Lines<R> {
    input: BufReader<R>,
    /// What lines end with: LF, or CR where the input begins with lines that do (old spreadsheets of the Macintosh). Known from the
    /// first line on.
    end: Option<u8>,
    /// Lines handed out.
    number: u64,
    given_back: VecDeque<Line>,
    /// Space of the last line, used again.
    spare: Vec<u8>,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        let input = BufReader::with_capacity(BUFFER, input);
        Self { input, end: None, number: 0, given_back: VecDeque::new(), spare: Vec::new() }
    }

    /// Whether there is a line for which nothing has to be waited.
    fn has_whole_line(&self) -> bool {
        !self.given_back.is_empty() || self.input.buffer().contains(&self.end.unwrap_or(b'\n'))
    }

    /// The first line, and with it what lines end with: LF, or CR where no LF follows the first one nor stands in what is
    /// there behind it.
    fn first(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let (mut read, mut after_cr) = (0_usize, false);
        let end = loop {
            let there = self.input.fill_buf()?;
            if after_cr {
                match there.first() {
                    Some(b'\n') => {
                        self.input.consume(1);
                        read += 1;
                        break b'\n';
                    }
                    Some(_) if there.contains(&b'\n') => bytes.push(b'\r'),
                    Some(_) | None => break b'\r',
                }
                after_cr = false;
                continue;
            }
            if there.is_empty() {
                if read == 0 {
                    return Ok(None);
                }
                break b'\n';
            }
            let at = there.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let upto = at.unwrap_or(there.len());
            bytes.extend_from_slice(&there[..upto.min((MAX_ROW + 1).saturating_sub(bytes.len()))]);
            let is_lf = at.is_some_and(|at| there[at] == b'\n');
            let taken = upto + usize::from(at.is_some());
            self.input.consume(taken);
            read += taken;
            if is_lf {
                break b'\n';
            }
            after_cr = at.is_some();
        };
        self.end = Some(end);
        self.number = 1;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Ok(Some(Line { number: 1, bytes, too_long: read > MAX_ROW }))
    }

    fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.given_back.pop_front() {
            self.number = line.number;
            return Ok(Some(line));
        }
        let Some(end) = self.end else { return self.first() };
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        let read = Read::take(&mut self.input, MAX_ROW as u64 + 1).read_until(end, &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let mut too_long = false;
        if bytes.last() == Some(&end) {
            bytes.pop();
            if end == b'\n' && bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        }
        if read > MAX_ROW {
            too_long = true;
            if bytes.len() > MAX_ROW {
                self.input.skip_until(end)?;
            }
        }
        Ok(Some(Line { number: self.number, bytes, too_long }))
    }

    fn give_back(&mut self, mut lines: VecDeque<Line>) {
        if let Some(first) = lines.front() {
            self.number = first.number - 1;
        }
        lines.append(&mut self.given_back);
        self.given_back = lines;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = (Vec<(u64, String, Option<String>)>, u64, u64);

    fn all<R: BufRead>(mut subjects: Subjects<R>) -> Found {
        let (mut batch, mut found) = (Batch::default(), Vec::new());
        // Two at a time, so that rows meet the ends of batches.
        while subjects.fill(&mut batch, 2).expect("read") {
            let row =
                |row: Row<'_>| (row.number, row.subject.to_owned(), row.refused.map(ToString::to_string));
            found.extend(batch.rows().map(row));
        }
        (found, subjects.blank(), subjects.rows())
    }

    fn lines(input: &[u8]) -> Found {
        all(Subjects::lines(input))
    }

    fn column(input: &str, name: &str) -> Found {
        all(Subjects::column(input.as_bytes(), name).expect("a header"))
    }

    fn good(number: u64, subject: &str) -> (u64, String, Option<String>) {
        (number, subject.to_owned(), None)
    }

    #[test]
    fn a_bad_line_is_refused_with_its_number_and_the_rest_is_read() {
        let long = "x".repeat(5_000);
        let input =
            [&b"\xef\xbb\xbfone\r\n\n# note\n  two \nb\xffd\nn\0l\ncr\rcr\n"[..], long.as_bytes(), b"\nlast"]
                .concat();
        let (found, blank, rows) = lines(&input);
        assert_eq!((blank, rows, found.len()), (2, 9, 7));
        assert_eq!((&found[0], &found[1], &found[6]), (&good(1, "one"), &good(4, "two"), &good(9, "last")));
        for (at, number, why) in
            [(2, 5, "no UTF-8"), (3, 6, "U+0000"), (4, 7, "U+000D"), (5, 8, "4096 bytes")]
        {
            let (found, _, refused) = &found[at];
            assert!(
                *found == number && refused.as_ref().is_some_and(|said| said.contains(why)),
                "{refused:?}"
            );
        }
        assert_eq!(found[3].1, "n\u{fffd}l", "fit to be shown");
    }

    #[test]
    fn lines_may_all_end_with_a_carriage_return_alone() {
        let (found, blank, rows) = lines(b"one\r\rtwo\r# note\rthree");
        assert_eq!((found, blank, rows), (vec![good(1, "one"), good(3, "two"), good(5, "three")], 2, 5));
        let (found, ..) = column("id,to\r1,A\r2,B\r", "to");
        assert_eq!(found, [good(2, "A"), good(3, "B")]);
        // Where it ends no line it stays what it is.
        let (found, ..) = column("id,to\n1,A\rB\n2,C\n", "to");
        assert!(found[0].2.as_ref().is_some_and(|said| said.contains("U+000D")), "{found:?}");
        assert_eq!(found[1], good(3, "C"));
    }

    #[test]
    fn the_field_of_each_json_line_is_read_and_no_line_stops_the_next() {
        let input = concat!(
            "{\"id\":1,\"to\":\"A\"}\n\n",
            "{\"to\":\" B \",\"deep\":{\"to\":\"x\"}}\r\n",
            "{\"to\":7}\n{\"id\":2}\n{\"to\":null}\n{\"to\":\"A\",\"to\":\"B\"}\n",
            "[\"A\"]\n{\"to\":\"A\"} {\"to\":\"B\"}\n{\"to\":\"A\\n\"}\n{\"to\":\"C\\u0000D\"}\n",
        );
        let (found, blank, rows) = column(input, "to");
        assert_eq!((blank, rows), (1, 11));
        assert_eq!(found[..2], [good(1, "A"), good(3, "B")]);
        assert_eq!(found[8], good(10, "A"));
        for (at, number, why) in [
            (2, 4, "no text in the field `to`"),
            (3, 5, "nothing in the column `to`"),
            (4, 6, "nothing in the column `to`"),
            (5, 7, "more than once"),
            (6, 8, "no JSON object"),
            (7, 9, "no JSON object"),
            (9, 11, "U+0000"),
        ] {
            let (row, _, refused) = &found[at];
            assert_eq!(*row, number);
            assert!(refused.as_ref().is_some_and(|said| said.contains(why)), "{row}: {refused:?}");
        }
    }

    #[test]
    fn a_quoted_cell_may_hold_lines_that_look_like_rows_and_a_forgotten_quote_swallows_none() {
        let (found, ..) = column("to,note\nA,\"street 1\nzip, town\"\nB,y\n", "to");
        assert_eq!(found, [good(2, "A"), good(3, "B")], "numbered as a spreadsheet does");
        let (found, ..) = column("to,note\nA,\"x\nB,y\nC,\"z\"\nD,w\n", "to");
        assert_eq!((found.len(), found[0].0, found[0].2.is_some()), (4, 2, true));
        assert_eq!(found[1..], [good(3, "B"), good(4, "C"), good(5, "D")]);
        let (found, ..) = column("to,note\nA,\"x\nB,y\n", "to");
        assert_eq!((found.len(), found[0].2.is_some(), &found[1]), (2, true, &good(3, "B")));
    }

    #[test]
    fn rows_are_kept_as_they_came_for_whoever_asks() {
        let kept = |input: &'static str| {
            let mut subjects = Subjects::column(input.as_bytes(), "to").expect("a header").keeping_rows();
            let (cut, mut batch, mut found) = (subjects.cutter(), Batch::default(), Vec::new());
            while subjects.fill(&mut batch, 2).expect("read") {
                found.extend(batch.rows().map(|row| cut(&row)));
            }
            (subjects.columns(), found)
        };
        let (columns, rows) = kept("id;to;note\n1;A;\"x; \"\"y\"\"\"\n2;;-\n3;B\n4;C;\"two\nlines\"\n");
        assert_eq!(columns, ["id", "to", "note"]);
        assert_eq!(rows, [["1", "A", "x; \"y\""], ["2", "", "-"], ["3;B", "", ""], ["4", "C", "two\nlines"]]);
        let (columns, rows) = kept("{\"to\":\"A\",\"n\":1}\nno\n");
        assert_eq!(
            (columns, rows),
            (
                vec!["input".to_owned()],
                vec![vec!["{\"to\":\"A\",\"n\":1}".to_owned()], vec!["no".to_owned()]]
            )
        );
        let mut plain = Subjects::column("to\nA\n".as_bytes(), "to").expect("a header");
        let mut batch = Batch::default();
        assert!(plain.fill(&mut batch, 2).expect("read"));
        assert_eq!(batch.rows().map(|row| row.input.len()).sum::<usize>(), 0);
    }

    #[test]
    fn the_longest_line_is_read_and_one_byte_more_is_not() {
        for (length, end, fits) in [
            (MAX_ROW - 1, "\n", true),
            (MAX_ROW, "\n", false),
            (MAX_ROW + 1, "\n", false),
            (MAX_ROW - 2, "\r\n", true),
            (MAX_ROW, "\r\n", false),
        ] {
            let input = format!("{}{end}next\n{}", "a".repeat(length), "b".repeat(MAX_ROW));
            let (found, ..) = lines(input.as_bytes());
            assert_eq!((found.len(), found[0].2.is_none()), (3, fits), "{length} {end:?}");
            assert_eq!((found[1].1.as_str(), found[2].2.is_none()), ("next", true));
        }
    }

    #[test]
    fn a_column_is_read_with_quotes_blank_rows_and_numbers_kept() {
        let (found, blank, rows) = column(
            "id;Address ;memo\r\n1; a1 ;x\r\n\r\n;;\r\n2;\"a2\";\"semi;colon \"\"q\"\"\"\r\n3;;gone\r\n4;a4;\"two\r\nlines\"\r\n5;a5;e",
            "address",
        );
        assert_eq!((blank, rows), (2, 7), "an empty line, an empty row");
        assert_eq!((&found[0], &found[1]), (&good(2, "a1"), &good(5, "a2")));
        assert_eq!((found[2].0, found[2].2.as_deref()), (6, Some("has nothing in the column `address`")));
        assert_eq!((&found[3], &found[4]), (&good(7, "a4"), &good(8, "a5")));
    }

    #[test]
    fn a_quote_that_is_not_closed_costs_its_own_row_alone() {
        let text = "address,memo\na1,\"open\na2,x\na3,\"y\"\na4,z\n";
        let (found, ..) = column(text, "address");
        let subjects: Vec<&str> =
            found.iter().filter(|row| row.2.is_none()).map(|row| row.1.as_str()).collect();
        assert_eq!(subjects, ["a2", "a3", "a4"]);
        assert_eq!(found[0].0, 2);
        // A later quote would close it, and several rows would look like one.
        for text in ["address,memo\na1,\"open\na2,\"x\"\na3,y\n", "address,memo\na1,\"open\na2,x\"\na3,y\n"] {
            let (found, ..) = column(text, "address");
            assert_eq!(found.iter().filter(|row| row.2.is_none()).count(), 2, "{found:?}");
        }
        let endless = format!("address\n\"{}\nb\n", "x\n".repeat(5_000));
        let (found, ..) = column(&endless, "address");
        assert_eq!((found.len(), found.iter().filter(|row| row.2.is_some()).count()), (5_001, 1));
    }

    #[test]
    fn a_row_of_another_width_is_refused_and_not_read_askew() {
        let (found, ..) = column("a,address,b\n1,x,2\n1,2,x,3\n1,x\n", "address");
        assert_eq!(found.iter().filter(|row| row.2.is_none()).count(), 1);
        assert_eq!(found[1].2.as_deref(), Some("has 4 cells where the header has 3"));
    }

    #[test]
    fn columns_beside_the_subjects_are_read_with_them() {
        let read = |input: &'static str| {
            let subjects = Subjects::column(input.as_bytes(), "name").expect("a header");
            let mut subjects = subjects.beside(&["born", "country"]).expect("the columns");
            let (mut batch, mut found) = (Batch::default(), Vec::new());
            while subjects.fill(&mut batch, 2).expect("read") {
                let row = |row: Row<'_>| (row.number, row.beside.join("|"), row.refused.is_some());
                found.extend(batch.rows().map(row));
            }
            found
        };
        let wanted = [(2, "1962|KP", false), (3, "|", false), (4, "", true)];
        let wanted = wanted.map(|(number, beside, refused)| (number, beside.to_owned(), refused));
        assert_eq!(read("Country;name;BORN\n KP ;A;1962\n;B;\nRU;;1970\n"), wanted);
        let json = "{\"name\":\"A\",\"born\":1962,\"country\":[\"KP\",\"RU\"]}\n{\"name\":\"B\",\"born\":null}\n\
                    {\"name\":\"C\",\"born\":{}}\n";
        let wanted = [(1, "1962|KP;RU", false), (2, "|", false), (3, "", true)];
        let wanted = wanted.map(|(number, beside, refused)| (number, beside.to_owned(), refused));
        assert_eq!(read(json), wanted);
        let error = Subjects::column(&b"name,born\n"[..], "name").expect("a header").beside(&["country"]);
        assert_eq!(
            error.expect_err("not there").to_string(),
            "0 columns are named `country`; the header has name, born"
        );
    }

    #[test]
    fn a_column_must_be_there_once() {
        let refused =
            |input: &str| Subjects::column(input.as_bytes(), "address").expect_err("refused").to_string();
        assert_eq!(refused("id,amount\n"), "0 columns are named `address`; the header has id, amount");
        assert!(refused("address,x,Address\n").starts_with("2 columns"));
        assert!(refused("").contains("no header"));
        assert!(refused("a,\"b\n").contains("not closed"));
    }

    #[test]
    fn line_ends_are_known_however_slowly_the_first_line_comes() {
        let ends = |pieces: &[&'static [u8]]| {
            let mut subjects = Subjects::lines(Pieces(pieces.to_vec()));
            let (mut batch, mut found) = (Batch::default(), Vec::new());
            while let Ok(true) = subjects.fill(&mut batch, 100) {
                found.extend(batch.rows().map(|row| row.subject.to_owned()));
            }
            found
        };
        assert_eq!(ends(&[b"o", b"ne\rtwo\rthr", b"ee\r"]), ["one", "two", "three"]);
        assert_eq!(ends(&[b"one", b"\r", b"two\r", b"three\r"]), ["one", "two", "three"]);
        assert_eq!(ends(&[b"one\r", b"\ntwo\r\n"]), ["one", "two"]);
        assert_eq!(ends(&[b"o", b"ne\ntwo\n"]), ["one", "two"]);
        assert_eq!(lines(b"one\r").0, [good(1, "one")]);
        assert_eq!(lines(b"\r\none\n").0, [good(2, "one")]);
    }

    #[test]
    fn titles_and_the_hint_of_a_spreadsheet_may_stand_above_the_header() {
        let (found, blank, rows) = column("sep=;\nid;to\n1;A\n", "to");
        assert_eq!((found, blank, rows), (vec![good(3, "A")], 0, 1));
        let (found, ..) = column("Withdrawals of March\n\nid,to,note\n1,A,x\n2,B,y\n", "to");
        assert_eq!(found, [good(4, "A"), good(5, "B")]);
        // A row is no title: a table without a header is told so, and not read from the word on.
        let refused =
            |input: &str| Subjects::column(input.as_bytes(), "to").expect_err("refused").to_string();
        assert_eq!(refused("1,A\n2,to\n3,B\n"), "0 columns are named `to`; the header has 1, A");
        let titles = "title\n".repeat(MAX_TITLES + 1) + "id,to\n1,A\n";
        assert_eq!(refused(&titles), "0 columns are named `to`; the header has title");
    }

    #[test]
    fn quoted_headers_of_any_separator_and_offices_encoding_are_read() {
        let (found, ..) = column("\"name, first\";\"to\"\n\"x\";\"A\"\n", "to");
        assert_eq!(found, [good(2, "A")]);
        let mut table = b"Empf\xe4nger,to\nJ\xfcrgen,A\nx,\xc4\n".to_vec();
        let found = all(Subjects::column(&table[..], "to").expect("a header")).0;
        assert_eq!(found[0], good(2, "A"));
        assert!(
            found[1].2.as_ref().is_some_and(|said| said.contains("no UTF-8")),
            "what is asked about is sure"
        );
        table.extend(b"\xff\x01,B\n");
        let found = all(Subjects::column(&table[..], "to").expect("a header")).0;
        assert!(found[2].2.is_some());
    }

    #[test]
    fn json_lines_may_begin_with_blank_ones_and_an_array_is_told() {
        let (found, blank, rows) = column("\n{\"to\":\"A\"}\n", "to");
        assert_eq!((found, blank, rows), (vec![good(2, "A")], 1, 2));
        let error = Subjects::column(&b"[{\"to\":\"A\"}]"[..], "to").expect_err("an array").to_string();
        assert!(error.contains("jq -c"), "{error}");
    }

    /// Gives its pieces, one a read, and then breaks off.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::other("gone"));
            }
            let piece = self.0.remove(0);
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn rows_that_are_there_wait_for_no_others() {
        let mut subjects = Subjects::lines(Pieces(vec![b"a\nb\nc", b"d\n", b"e\n", b"f"]));
        let mut batch = Batch::default();
        for wanted in [&["a", "b"][..], &["cd"], &["e"]] {
            assert!(subjects.fill(&mut batch, 100).expect("read"));
            assert_eq!(batch.rows().map(|row| row.subject).collect::<Vec<_>>(), wanted);
        }
        let broken = subjects.fill(&mut batch, 100).expect_err("it broke off").to_string();
        assert_eq!(broken, "reading row 5: gone");
        let mut column = Subjects::column(Pieces(vec![b"x,y\n1,2\n", b"3,4\n"]), "y").expect("a header");
        assert!(column.fill(&mut batch, 100).expect("read"));
        assert_eq!(batch.rows().map(|row| (row.number, row.subject)).collect::<Vec<_>>(), [(2, "2")]);
    }

    #[test]
    fn a_column_that_is_not_there_is_told_with_those_that_are() {
        let error = Subjects::column(&b"a,b;c\n"[..], "address").expect_err("not there");
        // As the first of the separators reads it that finds the most columns.
        assert_eq!(error.to_string(), "0 columns are named `address`; the header has a, b;c");
        let error = Subjects::column(&b"a;b;c,d\n"[..], "address").expect_err("not there");
        assert_eq!(error.to_string(), "0 columns are named `address`; the header has a, b, c,d");
    }

    #[test]
    fn a_cell_over_lines_may_be_as_long_as_a_row() {
        let cell = |second: usize| format!("address,note\nA,\"x\n{}\"\nB,y\n", "z".repeat(second));
        let subjects = |text: &str| -> Vec<String> {
            let rows = all(Subjects::column(text.as_bytes(), "address").expect("a column")).0;
            rows.into_iter().filter(|row| row.2.is_none()).map(|row| row.1).collect()
        };
        assert_eq!(subjects(&cell(40)), ["A", "B"]);
        // The cell is refused that makes its row too long, and the row after it is read all the same.
        assert_eq!(subjects(&cell(MAX_ROW - 4)), ["B"]);
    }
}
