//! Streaming XML: elements and their texts, with limits on depth and on the size of any one token.

use std::{
    cell::Cell,
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Read},
    rc::Rc,
};

use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

use super::{Format, collect::Collector};
use crate::ImportError;

/// Deepest nesting; the real lists stay below 12.
const MAX_DEPTH: usize = 64;
/// Most names of skipped elements kept.
const MAX_SKIPPED: usize = 200;
/// Largest single tag, text or comment in bytes; the real lists stay below 20 kB.
const MAX_TOKEN: u64 = 1 << 20;

/// Reads events one after the other.
pub(super) struct Xml<'a> {
    reader: Reader<Limited<'a>>,
    left: Rc<Cell<u64>>,
    buffer: Vec<u8>,
    format: Format,
    depth: usize,
    /// Names of the elements that were skipped.
    skipped: BTreeSet<String>,
}

/// What comes next.
pub(super) enum Node<'b> {
    /// `<name …>` and how many elements are open with it; an empty element is followed by its `Close`.
    Open(BytesStart<'b>, usize),
    /// `</name>` and how many elements are still open.
    Close(usize),
    /// Text, a piece of it: entities and CDATA sections come as pieces of their own.
    Text(std::borrow::Cow<'b, str>),
    /// The end of the document, every element closed.
    End,
}

impl<'a> Xml<'a> {
    pub(super) fn new(input: &'a mut dyn Read, format: Format) -> Self {
        let left = Rc::new(Cell::new(MAX_TOKEN));
        let limited = Limited { inner: BufReader::with_capacity(256 << 10, input), left: Rc::clone(&left) };
        let mut reader = Reader::from_reader(limited);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, left, buffer: Vec::new(), format, depth: 0, skipped: BTreeSet::new() }
    }

    /// Where the reader stands.
    pub(super) fn place(&self) -> String {
        format!("byte {}", self.reader.buffer_position())
    }

    /// How many elements are open, the one just opened included.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn error(&self, message: impl Into<String>) -> ImportError {
        ImportError::Syntax { format: self.format, place: self.place(), message: message.into() }
    }

    pub(super) fn next(&mut self) -> Result<Node<'_>, ImportError> {
        self.buffer.clear();
        self.left.set(MAX_TOKEN);
        let event = self.reader.read_event_into(&mut self.buffer);
        let (format, place) = (self.format, self.reader.buffer_position());
        let fail = |message: String| ImportError::Syntax { format, place: format!("byte {place}"), message };
        match event.map_err(|error| fail(error.to_string()))? {
            Event::Start(_) | Event::Empty(_) if self.depth == MAX_DEPTH => {
                Err(fail(format!("elements are nested deeper than {MAX_DEPTH}")))
            }
            Event::Start(start) | Event::Empty(start) => {
                self.depth += 1;
                Ok(Node::Open(start, self.depth))
            }
            Event::End(_) => {
                self.depth -= 1;
                Ok(Node::Close(self.depth))
            }
            Event::Text(text) => Ok(Node::Text(text.into_inner())),
            Event::CData(text) => Ok(Node::Text(text.into_inner())),
            Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                Ok(Some(character)) => Ok(Node::Text(character.to_string().into())),
                Ok(None) => resolve_predefined_entity(&entity.into_inner())
                    .map(|text| Node::Text(text.into()))
                    .ok_or_else(|| fail("an entity that is none of XML's own five".to_owned())),
                Err(error) => Err(fail(error.to_string())),
            },
            Event::Eof if self.depth > 0 => {
                Err(fail(format!("the document ends with {} elements open: it was cut short", self.depth)))
            }
            Event::Eof => Ok(Node::End),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                Ok(Node::Text("".into()))
            }
        }
    }

    /// The text of the element just opened, up to its end; texts of elements inside it are left out.
    pub(super) fn text(&mut self) -> Result<String, ImportError> {
        let depth = self.depth;
        let mut out = String::new();
        loop {
            match self.next()? {
                Node::Text(text) => out.push_str(&text),
                Node::Open(..) => self.skip()?,
                Node::Close(_) => {}
                Node::End => return Ok(out),
            }
            if self.depth < depth {
                let trimmed = out.trim();
                return Ok(if trimmed.len() == out.len() { out } else { trimmed.to_owned() });
            }
            if out.len() as u64 > MAX_TOKEN {
                return Err(self.error(format!("a text is longer than {MAX_TOKEN} bytes")));
            }
        }
    }

    /// Skips the element just opened with all that is in it, and remembers its name.
    pub(super) fn skip(&mut self) -> Result<(), ImportError> {
        let tag = self.buffer.strip_prefix(b"<").unwrap_or(&self.buffer);
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let name = &tag[..tag.iter().position(ends).unwrap_or(tag.len())];
        let name = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
        if let Ok(name) = std::str::from_utf8(name)
            && self.skipped.len() < MAX_SKIPPED
            && !self.skipped.contains(name)
        {
            self.skipped.insert(name.to_owned());
        }
        self.pass()
    }

    /// Skips the element just opened with all that is in it, under a name that says more than its own.
    pub(super) fn skip_as(&mut self, name: &str) -> Result<(), ImportError> {
        self.name_skipped(name);
        self.pass()
    }

    /// Remembers what is not read of an element that was read.
    pub(super) fn name_skipped(&mut self, name: &str) {
        if !self.skipped.contains(name) {
            self.skipped.insert(name.to_owned());
        }
    }

    /// Names the elements that were skipped as not read.
    pub(super) fn tell_skipped(&self, out: &mut Collector) {
        self.skipped.iter().for_each(|name| out.unread(name));
    }

    /// Goes to the end of the element just opened, of which all has been read that is read.
    pub(super) fn pass(&mut self) -> Result<(), ImportError> {
        let depth = self.depth;
        while self.depth >= depth {
            self.next()?;
        }
        Ok(())
    }
}

/// The local name of an element: namespaces differ between years of the same list.
pub(super) fn name<'s>(start: &'s BytesStart<'_>) -> &'s str {
    start.local_name().into_inner()
}

/// The value of an attribute, entities resolved; `None` when it is absent or malformed.
pub(super) fn attribute(start: &BytesStart<'_>, key: &str) -> Option<String> {
    let attribute = start.try_get_attribute(key).ok().flatten()?;
    attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// The value of an attribute that is a number.
pub(super) fn number(start: &BytesStart<'_>, key: &str) -> Option<u32> {
    start.try_get_attribute(key).ok().flatten()?.value.trim().parse().ok()
}

/// Whether the attribute says `true`.
pub(super) fn is_true(start: &BytesStart<'_>, key: &str) -> bool {
    start.try_get_attribute(key).ok().flatten().is_some_and(|attribute| attribute.value == "true")
}

/// Fails once more bytes have gone by than one token may have.
struct Limited<'a> {
    inner: BufReader<&'a mut dyn Read>,
    left: Rc<Cell<u64>>,
}

impl Read for Limited<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl BufRead for Limited<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.get() == 0 {
            return Err(io::Error::other(format!("a tag or text is longer than {MAX_TOKEN} bytes")));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.left.set(self.left.get().saturating_sub(amount as u64));
        self.inner.consume(amount);
    }
}
