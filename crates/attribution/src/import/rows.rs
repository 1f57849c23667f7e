//! Rows and cells of a table (RFC 4180), with what real tables do besides.
//!
//! A quote that is not closed is an error with its line: read to the next quote it would swallow rows. Quotes inside a
//! quoted cell that nobody doubled are taken as text as long as the cell stays on its line. Nothing is a comment here.

use std::{borrow::Cow, ops::Index};

use super::Format;
use crate::ImportError;

/// Most columns a table may have.
const MAX_COLUMNS: usize = 1_000;

/// The cells of one row.
#[derive(Clone, Debug, Default)]
pub(super) struct Record<'t>(Vec<Cow<'t, str>>);

impl Record<'_> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<&str> {
        self.0.get(place).map(AsRef::as_ref)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Whether every cell is empty.
    pub(super) fn is_blank(&self) -> bool {
        self.iter().all(|cell| cell.trim().is_empty())
    }
}

impl Index<usize> for Record<'_> {
    type Output = str;

    fn index(&self, place: usize) -> &str {
        &self.0[place]
    }
}

/// Rows of a table with their line numbers.
pub(super) struct Rows<'t> {
    text: &'t str,
    at: usize,
    /// Of the next row, from 1.
    line: u64,
    blank: u64,
    delimiter: u8,
    format: Format,
    record: Record<'t>,
    /// Cells of the row before.
    width: usize,
}

impl<'t> Rows<'t> {
    pub(super) fn new(text: &'t str, delimiter: u8, format: Format) -> Self {
        Self { text, at: 0, line: 1, blank: 0, delimiter, format, record: Record::default(), width: 0 }
    }

    /// The same, `lines` lines further down a file.
    pub(super) fn after(mut self, lines: u64) -> Self {
        self.line += lines;
        self
    }

    /// Blank lines so far, which are no rows.
    pub(super) fn blank(&self) -> u64 {
        self.blank
    }

    fn error(&self, line: u64, message: impl Into<String>) -> ImportError {
        ImportError::Syntax { format: self.format, place: format!("line {line}"), message: message.into() }
    }

    /// The next row that is not an empty line, and its line.
    pub(super) fn next_row(&mut self) -> Result<Option<(u64, &Record<'t>)>, ImportError> {
        let bytes = self.text.as_bytes();
        while let Some(ending) = line_end(bytes, self.at) {
            self.at += ending;
            self.line += 1;
            self.blank += 1;
        }
        if self.at >= bytes.len() {
            return Ok(None);
        }
        let line = self.line;
        self.width = self.record.len();
        self.record.0.clear();
        loop {
            if self.record.0.len() == MAX_COLUMNS {
                return Err(self.error(line, format!("more than {MAX_COLUMNS} columns")));
            }
            let (cell, next) = self.cell()?;
            self.record.0.push(cell);
            self.at = next;
            match bytes.get(next) {
                Some(byte) if *byte == self.delimiter => self.at += 1,
                _ => break,
            }
        }
        let ending = line_end(bytes, self.at);
        if ending.is_none() && self.record.len() < self.width && !self.is_mark() {
            return Err(self.cut_short(line));
        }
        self.at += ending.unwrap_or_default();
        self.line += 1;
        Ok(Some((line, &self.record)))
    }

    /// Whether the row is a comment, or the mark that some files end with (Ctrl-Z), and no part of the table.
    fn is_mark(&self) -> bool {
        let only = self.record.0.first().map_or("", |cell| cell.trim_matches(['\u{1a}', ' ', '\t']));
        self.record.len() == 1 && (only.is_empty() || only.starts_with('#'))
    }

    /// Whether the table ends within the row that was read last: no end of line is behind it, as behind all before it.
    pub(super) fn ends_open(&self) -> bool {
        let bytes = self.text.as_bytes();
        let ends = bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
        self.at >= bytes.len() && !ends && self.width > 0
    }

    /// What is not all there is never taken for the whole list: it would end what is missing.
    pub(super) fn cut_short(&self, line: u64) -> ImportError {
        let message = "the table ends here in the middle of a row, with no end of line: it was cut short (fetch it again; if it is \
                       whole, put an end of line behind it)";
        self.error(line, message)
    }

    /// The cell at the place reached, and where it ends: at a delimiter, an end of line or the end.
    fn cell(&mut self) -> Result<(Cow<'t, str>, usize), ImportError> {
        let bytes = self.text.as_bytes();
        let start = self.at + bytes[self.at..].iter().take_while(|byte| **byte == b' ').count();
        if bytes.get(start) != Some(&b'"') {
            let length = bytes[self.at..]
                .iter()
                .take_while(|byte| **byte != self.delimiter && !matches!(**byte, b'\n' | b'\r'))
                .count();
            return Ok((Cow::Borrowed(&self.text[self.at..self.at + length]), self.at + length));
        }
        let first_line = self.line;
        let (mut at, mut from) = (start + 1, start + 1);
        let mut joined = String::new();
        let mut bare_quote = false;
        loop {
            match bytes.get(at) {
                None => {
                    let message = "a quote is opened here and never closed: the rows after it would be lost";
                    return Err(self.error(first_line, message));
                }
                Some(b'"') if bytes.get(at + 1) == Some(&b'"') => {
                    joined.push_str(&self.text[from..=at]);
                    at += 2;
                    from = at;
                }
                Some(b'"') => {
                    let spaces = bytes[at + 1..].iter().take_while(|byte| **byte == b' ').count();
                    let after = at + 1 + spaces;
                    let ends = bytes
                        .get(after)
                        .is_none_or(|byte| *byte == self.delimiter || matches!(byte, b'\n' | b'\r'));
                    if ends {
                        let last = &self.text[from..at];
                        let cell = if joined.is_empty() {
                            Cow::Borrowed(last)
                        } else {
                            joined.push_str(last);
                            Cow::Owned(joined)
                        };
                        return Ok((cell, after));
                    }
                    bare_quote = true;
                    at += 1;
                }
                Some(byte) => {
                    if let Some(ending) = line_end(bytes, at) {
                        self.line += 1;
                        at += ending;
                    } else {
                        at += usize::from(*byte != b'"');
                    }
                }
            }
            if bare_quote && self.line > first_line {
                let message = "a quote is opened here and not closed on its line, and the next quote stands inside a \
                               cell: the rows between would be lost";
                return Err(self.error(first_line, message));
            }
        }
    }
}

/// Bytes of the end of line that begins at `at`, if one does.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'\r' if bytes.get(at + 1) == Some(&b'\n') => Some(2),
        b'\n' | b'\r' => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<(u64, Vec<String>)>, ImportError> {
        let mut rows = Rows::new(text, b',', Format::Csv);
        let mut all = Vec::new();
        while let Some((line, row)) = rows.next_row()? {
            all.push((line, row.iter().map(str::to_owned).collect()));
        }
        Ok(all)
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        rows(text).unwrap().into_iter().map(|(_, cells)| cells).collect()
    }

    #[test]
    fn cells_are_read_as_rfc_4180_says() {
        assert_eq!(cells("a,b\r\nc,\"d,\"\"e\"\"\"\n"), [["a", "b"], ["c", "d,\"e\""]]);
        assert_eq!(cells("\"\",x\n,\n"), [["", "x"], ["", ""]]);
        assert_eq!(cells("a,\"two\nlines\"\rb,c"), [["a", "two\nlines"], ["b", "c"]]);
        assert_eq!(cells("#x,y"), [["#x", "y"]]);
        let lines: Vec<u64> = rows("a\n\n\"b\nb\"\nc\n").unwrap().into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 3, 5]);
    }

    #[test]
    fn a_table_that_ends_in_the_middle_of_a_row_was_cut_short() {
        for text in ["a,b,c\n1,2,3\n4,5", "a,b\r\n1,2\r\n3", "a,b\n1,2\nx"] {
            let error = rows(text).unwrap_err().to_string();
            assert!(error.contains("line 3") && error.contains("cut short"), "{text}: {error}");
        }
        for whole in [
            "a,b\n1,2",
            "a,b\n1,2\n3\n",
            "a,b\n1,\n",
            "a\nb",
            "a,b",
            "title\na,b\n1,2",
            "a,b\n1,2\n\u{1a}",
            "a,b\n1,2\n# end",
        ] {
            assert!(rows(whole).is_ok(), "{whole}");
        }
    }

    #[test]
    fn quotes_that_nobody_doubled_are_text_on_their_own_line() {
        let row = "1,\"a \"b\"; c \"d\".\",x\n";
        assert_eq!(cells(row), [["1", "a \"b\"; c \"d\".", "x"]]);
        assert_eq!(cells("1, \"a, b\" ,5\" pipe\n"), [["1", "a, b", "5\" pipe"]]);
    }

    #[test]
    fn an_unclosed_quote_is_an_error_where_it_was_opened() {
        for text in [
            "a,b\nc,\"d\ne,f\n",
            "a,b\nc,\"d\ne,\"f\"\n",
            "a,b\nc,\"d\n\"e\",f\n",
            "a,b\nc,\"d\ne,f \"g\" h\n",
        ] {
            let error = rows(text).unwrap_err().to_string();
            assert!(error.contains("line 2") && error.contains("quote"), "{text}: {error}");
        }
    }
}
