//! YAML as a tree of texts: every scalar stays what is written (`0x0a`, `no`, `1e3`), merge keys and anchors work, and
//! depth and size are bounded while reading.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fs::File,
    io::Read,
    path::Path,
    rc::Rc,
};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{Format, decode::decode, text};
use crate::ImportError;

/// Deepest nesting; a pack needs four.
const MAX_DEPTH: usize = 32;
/// Most scalars, lists and maps of one file; the largest known pack has 300,000.
const MAX_NODES: usize = 4_000_000;
/// Most merge keys followed from one map to the next.
const MAX_MERGES: usize = 8;
/// Most values looked at for the words of one.
const MAX_WORDS: usize = 1_000;
/// Longest file that may be included.
const MAX_INCLUDE: u64 = 1 << 20;

/// A value.
#[derive(Debug)]
pub(super) enum Node {
    /// A text; `None` for nothing (`~`, `null`, empty).
    Scalar(Option<String>),
    /// Values in order.
    List(Vec<Rc<Node>>),
    /// Values by key, in order.
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    /// The value of a key, from here or from what is merged into it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.get_within(key, MAX_MERGES)
    }

    fn get_within(&self, key: &str, merges: usize) -> Option<&Node> {
        let Self::Map(entries) = self else { return None };
        let own = entries.iter().find(|(name, _)| name == key).map(|(_, value)| &**value);
        let merged = || {
            let bases = entries.iter().filter(|(name, _)| name == "<<" && merges > 0);
            bases.flat_map(|(_, base)| base.items()).find_map(|base| base.get_within(key, merges - 1))
        };
        own.or_else(merged)
    }

    /// The values of a list, or the one value.
    fn items(&self) -> Vec<&Node> {
        match self {
            Self::List(items) => items.iter().map(|item| &**item).collect(),
            other => vec![other],
        }
    }

    /// A scalar's text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(text) => text.as_deref().map(str::trim).filter(|text| !text.is_empty()),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The texts of a list, or the one text.
    pub(super) fn texts(&self) -> Vec<&str> {
        self.items().into_iter().filter_map(Self::text).collect()
    }

    /// The texts of a value, those of what is nested in it too. A map is no word and stands as one that nobody knows: what
    /// is in it is not read as it is meant. So does what lies beyond the limit: aliases of aliases have no end.
    pub(super) fn words(&self) -> Vec<Cow<'_, str>> {
        let mut words = Vec::new();
        let mut open = vec![self];
        for _ in 0..MAX_WORDS {
            match open.pop() {
                None => return words,
                Some(Self::List(items)) => open.extend(items.iter().rev().map(|item| &**item)),
                Some(Self::Map(entries)) => {
                    let keys: Vec<&str> = entries.iter().take(10).map(|(key, _)| key.as_str()).collect();
                    words.push(Cow::Owned(format!("{{{}}}", keys.join(" "))));
                    open.extend(entries.iter().rev().map(|(_, value)| &**value));
                }
                Some(scalar) => words.extend(scalar.text().map(Cow::Borrowed)),
            }
        }
        words.push(Cow::Owned(format!("more than {MAX_WORDS} words")));
        words
    }

    /// Whether it is a list or a map.
    pub(super) fn is_nested(&self) -> bool {
        !matches!(self, Self::Scalar(_))
    }

    /// The keys of a map as they stand here.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let entries = match self {
            Self::Map(entries) => &entries[..],
            Self::Scalar(_) | Self::List(_) => &[],
        };
        entries.iter().map(|(key, _)| key.as_str())
    }
}

/// Reads the one document of a file. `beside` is the folder from which it may include others.
pub(super) fn load(bytes: &[u8], format: Format, beside: Option<&Path>) -> Result<Rc<Node>, ImportError> {
    let text = decode(bytes);
    let mut loader = Loader { format, beside, anchors: HashMap::new(), nodes: 0, open: Vec::new() };
    let mut root = None;
    for event in Parser::new_from_str(&text) {
        let (event, span) = event.map_err(|error| {
            loader.error(error.marker().line(), error.marker().col(), error.info().to_owned())
        })?;
        let (line, column) = (span.start.line(), span.start.col());
        if root.is_some() && matches!(event, Event::DocumentStart(_)) {
            let message = "a second document begins (`---`): put it into a file of its own".to_owned();
            return Err(loader.error(line, column, message));
        }
        root = loader.take(event, line, column)?.or(root);
    }
    Ok(root.unwrap_or_else(|| Rc::new(Node::Scalar(None))))
}

struct Loader<'p> {
    format: Format,
    beside: Option<&'p Path>,
    anchors: HashMap<usize, Rc<Node>>,
    nodes: usize,
    open: Vec<Open>,
}

/// A list or map that is being read.
struct Open {
    anchor: usize,
    node: Node,
    /// The key whose value comes next.
    key: Option<String>,
    /// The keys so far of a map.
    keys: HashSet<String>,
}

impl Loader<'_> {
    fn error(&self, line: usize, column: usize, message: String) -> ImportError {
        ImportError::Syntax {
            format: self.format,
            place: format!("line {line} column {}", column + 1),
            message,
        }
    }

    /// Takes an event; the root once it is whole.
    fn take(
        &mut self,
        event: Event<'_>,
        line: usize,
        column: usize,
    ) -> Result<Option<Rc<Node>>, ImportError> {
        let whole = match event {
            Event::SequenceStart(anchor, _) => {
                return self.begin(anchor, Node::List(Vec::new()), line, column);
            }
            Event::MappingStart(anchor, _) => return self.begin(anchor, Node::Map(Vec::new()), line, column),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { anchor, node, .. }) = self.open.pop() else { return Ok(None) };
                self.whole(anchor, node)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let node = if tag.is_some_and(|tag| is_include(&tag)) {
                    self.include(&text, line, column)?
                } else {
                    let nothing =
                        style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                    Rc::new(Node::Scalar((!nothing).then(|| text.into_owned())))
                };
                if anchor > 0 {
                    self.anchors.insert(anchor, Rc::clone(&node));
                }
                node
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => Rc::clone(node),
                None => return Err(self.error(line, column, "an alias of what is not whole yet".to_owned())),
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {
                return Ok(None);
            }
        };
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.error(line, column, format!("more than {MAX_NODES} values")));
        }
        self.place(whole, line, column)
    }

    fn begin(
        &mut self,
        anchor: usize,
        node: Node,
        line: usize,
        column: usize,
    ) -> Result<Option<Rc<Node>>, ImportError> {
        if self.open.len() == MAX_DEPTH {
            return Err(self.error(line, column, format!("values are nested deeper than {MAX_DEPTH}")));
        }
        self.open.push(Open { anchor, node, key: None, keys: HashSet::new() });
        Ok(None)
    }

    fn whole(&mut self, anchor: usize, node: Node) -> Rc<Node> {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        node
    }

    /// Puts a whole value where it belongs; the root belongs nowhere.
    fn place(&mut self, node: Rc<Node>, line: usize, column: usize) -> Result<Option<Rc<Node>>, ImportError> {
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        match (&mut open.node, open.key.take()) {
            (Node::List(items), _) => items.push(node),
            (Node::Map(entries), Some(key)) => entries.push((key, node)),
            // A key that is no text cannot be asked for.
            (Node::Map(_), None) => {
                let key = node.text().unwrap_or_default();
                // Every merge key is followed.
                if !matches!(key, "" | "<<") && !open.keys.insert(key.to_owned()) {
                    let message = format!("the key `{}` stands twice in one map", text::shorten(key));
                    return Err(self.error(line, column, message));
                }
                open.key = Some(key.to_owned());
            }
            (Node::Scalar(_), _) => {}
        }
        Ok(None)
    }

    /// The document of another file of the same folder.
    fn include(&self, name: &str, line: usize, column: usize) -> Result<Rc<Node>, ImportError> {
        let plain = !name.contains(['/', '\\'])
            && name.rsplit('.').next().is_some_and(|last| matches!(last, "yaml" | "yml"));
        let refuse = |why: &str| {
            let name = text::shorten(name);
            self.error(line, column, format!("it includes `{name}`, which {why}"))
        };
        let Some(folder) = self.beside.filter(|_| plain) else {
            return Err(refuse("is no YAML file of its own folder"));
        };
        let mut bytes = Vec::new();
        let read =
            File::open(folder.join(name)).and_then(|file| file.take(MAX_INCLUDE + 1).read_to_end(&mut bytes));
        match read {
            Err(error) => Err(refuse(&format!("cannot be read beside it ({error}): put it there"))),
            Ok(_) if bytes.len() as u64 > MAX_INCLUDE => Err(refuse("is too long to be included")),
            // What is included includes nothing more.
            Ok(_) => load(&bytes, self.format, None),
        }
    }
}

fn is_include(tag: &Tag) -> bool {
    tag.suffix == "include"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Result<Rc<Node>, ImportError> {
        load(text.as_bytes(), Format::TagPack, None)
    }

    #[test]
    fn scalars_stay_what_is_written() {
        let root = tree("a: [0x0a, 1e3, 007, no, .inf, 3.10, '~', ~, null, 2024-01-01]\n").unwrap();
        let texts = root.get("a").unwrap().texts();
        assert_eq!(texts, ["0x0a", "1e3", "007", "no", ".inf", "3.10", "~", "2024-01-01"]);
    }

    #[test]
    fn merge_keys_and_aliases_give_what_they_name() {
        let root =
            tree("x: &d {abuse: scam, label: far}\ny: &e [*d]\nz:\n  <<: *e\n  label: near\n").unwrap();
        let z = root.get("z").unwrap();
        assert_eq!(z.get("abuse").unwrap().text(), Some("scam"));
        assert_eq!(z.get("label").unwrap().text(), Some("near"));
    }

    #[test]
    fn depth_is_checked_while_reading() {
        for text in ["{a: ".repeat(100_000), "[".repeat(100_000), "- ".repeat(100_000)] {
            let error = tree(&text).unwrap_err().to_string();
            assert!(error.contains("deeper than 32") || error.contains("recursion limit"), "{error}");
        }
    }

    #[test]
    fn only_a_file_of_the_same_folder_is_included() {
        for name in ["../x.yaml", "/etc/x.yaml", "x.txt"] {
            let error =
                load(format!("a: !include {name}\n").as_bytes(), Format::TagPack, Some(Path::new(".")))
                    .unwrap_err();
            assert!(error.to_string().contains("no YAML file of its own folder"), "{error}");
        }
    }
}
