//! Standard output and standard error: the only way out for text, so that no printer can forget to clean it.
//!
//! Fields are cleaned where they are printed ([`tracehound_model::text::label`]), because only there is known that a line
//! feed does not belong into one. Here everything passes once more: whatever a terminal would act upon is replaced in text
//! and CSV, and escaped in JSON.

use std::{
    io::{self, BufWriter, IsTerminal, Stderr, StdoutLock, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use tracehound_model::{
    endpoint::hide,
    text::{clean_lines, escape_json, is_plain},
};

use crate::args::Output;

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 16;

/// Longest beginning of a character that can be waiting for its end.
const MAX_HEAD: usize = 3;

/// Whether the reader of standard output has gone.
static GONE: AtomicBool = AtomicBool::new(false);

/// Standard output in the form asked for. `last` stands between what is gathered and what is written.
pub(crate) fn stdout<W: Write>(
    output: Output,
    last: impl FnOnce(Watched) -> W,
) -> Screen<Coloured<BufWriter<W>>> {
    let stdout = io::stdout();
    let is_wanted = output == Output::Text
        && stdout.is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb");
    let is_table = output == Output::Csv && stdout.is_terminal();
    let inner = BufWriter::with_capacity(BUFFER, last(Watched(stdout.lock())));
    let coloured = Coloured { inner, is_wanted, begun: Some(Vec::new()) };
    Screen { is_table, ..Screen::new(coloured, output) }
}

/// Whether standard output could not be written because nobody reads it any more (`| head`).
pub(crate) fn reader_is_gone() -> bool {
    GONE.load(Ordering::Relaxed)
}

/// Standard output, which notes when its reader has gone. An error's kind alone does not tell: a server can go too.
#[derive(Debug)]
pub(crate) struct Watched(StdoutLock<'static>);

fn noted<T>(result: io::Result<T>) -> io::Result<T> {
    if result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        GONE.store(true, Ordering::Relaxed);
    }
    result
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        noted(self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        noted(self.0.flush())
    }
}

/// Standard error, for people.
pub(crate) fn stderr() -> Screen<Stderr> {
    stderr_as(Output::Text)
}

/// Standard error in another form.
pub(crate) fn stderr_as(output: Output) -> Screen<Stderr> {
    Screen::new(io::stderr(), output)
}

/// One line on standard error. Nowhere to complain to when that is gone.
pub(crate) fn say(line: &str) {
    let _ = stderr().write_all(format!("{line}\n").as_bytes());
}

/// An error with its causes, in words. A cause of several lines is indented, so that none of them looks like an answer; of
/// addresses only the server is shown.
pub(crate) fn told(report: &miette::Report) -> String {
    let causes: Vec<String> = report.chain().map(|cause| cause.to_string().replace('\n', "\n    ")).collect();
    hide(&causes.join("\n  because: "))
}

/// The words of verdicts, with the colour of each (SGR).
const WORDS: [(&str, &str); 7] = [
    ("BLOCK", "1;31"),
    ("REFUSED", "1;31"),
    ("REVIEW", "1;33"),
    ("INCOMPLETE", "1;36"),
    ("ALLOW", "1;32"),
    ("NO OBJECTION", "1"),
    ("NO MATCH", "1"),
];

/// A writer that colours the word of a verdict at the beginning of a line, where a person looks for it. It comes behind the
/// cleaning, and no text from outside begins a line.
#[derive(Debug)]
pub(crate) struct Coloured<W: Write> {
    inner: W,
    is_wanted: bool,
    /// The beginning of a line, until it tells; none behind it.
    begun: Option<Vec<u8>>,
}

impl<W: Write> Coloured<W> {
    /// Writes the beginning of a line, which is whole or long enough.
    fn decide(&mut self) -> io::Result<()> {
        let Some(begun) = self.begun.take() else { return Ok(()) };
        let behind = |word: &str| begun.strip_prefix(word.as_bytes());
        let ends = |rest: &[u8]| rest.is_empty() || rest.starts_with(b"  ") || rest.starts_with(b"\n");
        let word = WORDS.iter().find(|(word, _)| behind(word).is_some_and(ends));
        match word {
            Some((word, colour)) => {
                write!(self.inner, "\x1b[{colour}m{word}\x1b[0m")?;
                self.inner.write_all(&begun[word.len()..])
            }
            None => self.inner.write_all(&begun),
        }
    }
}

impl<W: Write> Write for Coloured<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        /// As much of a line as tells: the longest word and two blanks.
        const ENOUGH: usize = 14;
        if !self.is_wanted {
            return self.inner.write(bytes);
        }
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            match &mut self.begun {
                Some(begun) => begun.extend_from_slice(line),
                None => self.inner.write_all(line)?,
            }
            let ends = line.ends_with(b"\n");
            if ends || self.begun.as_ref().is_some_and(|begun| begun.len() >= ENOUGH) {
                self.decide()?;
            }
            if ends {
                self.begun = Some(Vec::new());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.begun.as_ref().is_some_and(|begun| !begun.is_empty()) {
            self.decide()?;
        }
        self.inner.flush()
    }
}

/// A writer that lets nothing through that a terminal would act upon.
#[derive(Debug)]
pub(crate) struct Screen<W: Write> {
    inner: W,
    /// Whether it is JSON, which can say every character in another way.
    json: bool,
    /// Whether it is a table that a person looks at: a cell's line feeds would make lines that look like rows.
    is_table: bool,
    /// Whether what comes next stands in quotes there.
    is_quoted: bool,
    /// The beginning of a character whose end has not come yet.
    head: Vec<u8>,
}

impl<W: Write> Screen<W> {
    pub(crate) fn new(inner: W, output: Output) -> Self {
        let json = matches!(output, Output::Json | Output::Jsonl);
        Self { inner, json, is_table: false, is_quoted: false, head: Vec::new() }
    }

    fn pass(&mut self, text: &str) -> io::Result<()> {
        if self.is_table && (self.is_quoted || text.contains('"')) {
            return self.pass_cells(text);
        }
        let shown = if self.json { escape_json(text) } else { clean_lines(text) };
        self.inner.write_all(shown.as_bytes())
    }

    fn pass_cells(&mut self, text: &str) -> io::Result<()> {
        let mut shown = String::with_capacity(text.len());
        for character in clean_lines(text).chars() {
            self.is_quoted ^= character == '"';
            if self.is_quoted && character == '\n' {
                shown.push_str("\\n");
            } else {
                shown.push(character);
            }
        }
        self.inner.write_all(shown.as_bytes())
    }
}

impl<W: Write> Write for Screen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.head.is_empty() && !self.is_table && is_plain(bytes) {
            self.inner.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let mut all = std::mem::take(&mut self.head);
        all.extend_from_slice(bytes);
        for piece in all.utf8_chunks() {
            self.pass(piece.valid())?;
            let broken = piece.invalid();
            let at_end = broken.as_ptr_range().end == all.as_ptr_range().end;
            if !broken.is_empty() && at_end && broken.len() <= MAX_HEAD && could_go_on(broken) {
                self.head = broken.to_vec();
            } else if !broken.is_empty() {
                self.pass("\u{fffd}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.head).is_empty() {
            self.pass("\u{fffd}")?;
        }
        self.inner.flush()
    }
}

/// Whether more bytes could make these a character.
fn could_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(output: Output, pieces: &[&[u8]]) -> String {
        let mut bytes = Vec::new();
        let mut screen = Screen::new(&mut bytes, output);
        for piece in pieces {
            screen.write_all(piece).expect("written");
        }
        screen.flush().expect("flushed");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn text_loses_what_a_terminal_acts_upon_and_nothing_else() {
        assert_eq!(shown(Output::Text, &[b"BLOCK\n", b"\x1b[2Jx\r\n"]), "BLOCK\n�[2Jx�\n");
        assert_eq!(shown(Output::Csv, &["é日\u{202e}\u{9b}".as_bytes()]), "é日��");
    }

    #[test]
    fn the_word_of_a_verdict_is_coloured_at_the_beginning_of_a_line_alone() {
        let shown = |pieces: &[&str], is_wanted: bool| {
            let mut bytes = Vec::new();
            let inner = Coloured { inner: &mut bytes, is_wanted, begun: Some(Vec::new()) };
            let mut screen = Screen::new(inner, Output::Text);
            for piece in pieces {
                screen.write_all(piece.as_bytes()).expect("written");
            }
            screen.flush().expect("flushed");
            drop(screen);
            String::from_utf8(bytes).expect("UTF-8")
        };
        let text = "BLOCK  A  (score 100)\n  ALLOW  no\nALLOWED  no\nNO MATCH\n\x1b[32mALLOW  no\nREVIEW  ";
        let coloured = "\x1b[1;31mBLOCK\x1b[0m  A  (score 100)\n  ALLOW  no\nALLOWED  no\n\x1b[1mNO MATCH\x1b[0m\n�[32mALLOW  no\n\x1b[1;33mREVIEW\x1b[0m  ";
        for cut in 0..=text.len() {
            assert_eq!(shown(&[&text[..cut], &text[cut..]], true), coloured, "{cut}");
        }
        assert_eq!(shown(&[text], false), text.replace('\x1b', "\u{fffd}"));
    }

    #[test]
    fn a_cells_line_feeds_are_escaped_where_a_person_looks_and_nowhere_else() {
        let table = "row,note\n1,\"two\nlines\"\n2,\"a \"\"b\nc\"\n";
        let shown_in = |is_table: bool| {
            let mut bytes = Vec::new();
            let mut screen = Screen { is_table, ..Screen::new(&mut bytes, Output::Csv) };
            for piece in table.as_bytes().chunks(5) {
                screen.write_all(piece).expect("written");
            }
            drop(screen);
            String::from_utf8(bytes).expect("UTF-8")
        };
        assert_eq!(shown_in(true), "row,note\n1,\"two\\nlines\"\n2,\"a \"\"b\\nc\"\n");
        assert_eq!(shown_in(false), table);
    }

    #[test]
    fn json_says_the_same_by_escapes() {
        let out = shown(Output::Jsonl, &["{\"a\":\"\u{9b}\u{202e}é\"}\n".as_bytes()]);
        assert_eq!(out, "{\"a\":\"\\u009b\\u202eé\"}\n");
    }

    #[test]
    fn characters_may_come_in_pieces_and_broken_ones_are_seen() {
        let text = "a日é\u{202e}b".as_bytes();
        for cut in 0..=text.len() {
            assert_eq!(shown(Output::Text, &[&text[..cut], &text[cut..]]), "a日é�b", "{cut}");
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(shown(Output::Text, &single), "a日é�b");
        assert_eq!(shown(Output::Text, &[b"a\xffb\xc3", b"c\xe2\x80"]), "a�b�c�");
    }
}
