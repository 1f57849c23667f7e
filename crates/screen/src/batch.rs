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
use tracehound_attribution::import::{holds_rows, windows_1252};
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
    /// A quoted cell over lines that could be rows of their own.
    #[error("opens a quote that runs over lines which could be rows of their own: is it closed?")]
    Rows,
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
    /// How many of the columns beside the subjects hold parts of them.
    parts: usize,
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
        Self { lines, form, blank: 0, rows: 0, keeps: false, parts: 0 }
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

    /// The first `count` columns [beside](Self::beside) the subjects hold parts of them: a subject may stand there alone, and is
    /// then empty itself.
    #[must_use]
    pub fn in_parts(mut self, count: usize) -> Self {
        self.parts = count;
        self
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
                            let read = others().collect::<Result<Vec<_>, _>>().and_then(|others| {
                                let mut parts = others.iter().take(self.parts);
                                match field_of(text, field) {
                                    Err(RowError::Empty(_)) if parts.any(|part| !part.trim().is_empty()) => {
                                        Ok((String::new(), others))
                                    }
                                    subject => Ok((subject?, others)),
                                }
                            });
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
                    match table.subject(number, &line, &mut self.lines, batch, (self.keeps, self.parts)) {
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
        (keeps, parts): (bool, usize),
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
        let read = read.and_then(|cells| {
            let mut all = cells.iter().enumerate();
            if all.any(|(column, cell)| self.holds_rows(column, cell)) {
                Err(RowError::Rows)
            } else {
                Ok(cells)
            }
        });
        if read.is_err() {
            lines.give_back(taken);
        }
        match read {
            Ok(cells) if cells.iter().all(|cell| cell.trim().is_empty()) => return Ok(false),
            Ok(cells) => {
                match cells[self.column].trim() {
                    "" if self.beside.iter().take(parts).all(|&part| cells[part].trim().is_empty()) => {
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

    /// Whether a quoted cell over several lines is none, but rows between a quote that nobody meant and the next one: one of its
    /// lines holds an address, or as many separators as a row of the table. Its first and its last line are rows with what
    /// stands before and behind the cell. Programs that write tabs write none within a cell.
    fn holds_rows(&self, column: usize, cell: &str) -> bool {
        if !cell.contains('\n') {
            return false;
        }
        let separators = |line: &str| line.matches(self.delimiter).count();
        // A subject with an empty line before or behind it is one all the same.
        if column == self.column && !cell.trim_matches([' ', '\n']).contains(['\n', self.delimiter]) {
            return false;
        }
        let all = self.header.len() - 1;
        let mut lines = cell.split('\n').map(separators);
        let (first, last) = (lines.next().unwrap_or_default(), lines.next_back().unwrap_or_default());
        holds_rows(cell)
            || (self.delimiter == '\t' && cell.contains('\t'))
            || lines.any(|within| within >= all)
            || (first >= all.saturating_sub(column) && last >= column)
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
mod tests;
