//! A strict JSON reader for hostile input.
//!
//! The usual readers keep the last of two equal keys and turn big numbers into floats: two programs can then read two
//! different transactions from the same bytes. This one refuses a repeated key with its place and keeps every number as
//! it was written. Limits: [`MAX_BYTES`], [`MAX_DEPTH`], [`MAX_NODES`].

use std::fmt;

use thiserror::Error;

/// Most bytes of one input: far more than any node relays as a transaction (128 KiB).
pub const MAX_BYTES: usize = 4 << 20;
/// Most arrays and objects inside one another.
pub const MAX_DEPTH: usize = 64;
/// Most values in one document.
pub const MAX_NODES: usize = 200_000;

/// A value and the byte where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Bytes before the value.
    pub at: usize,
    /// The value.
    pub value: Json,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, exactly as written
    Number(String),
    /// A text, escapes resolved
    Text(String),
    /// `[…]`
    List(Vec<Node>),
    /// `{…}` in the order written; no key occurs twice, whatever its letter case
    Map(Vec<(String, Node)>),
}

/// Why a text is not acceptable JSON.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, byte {at}: {what}")]
pub struct JsonError {
    /// From 1.
    pub line: usize,
    /// Bytes before the place.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

impl Json {
    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }
}

impl Node {
    /// The value under `key`, if this is an object that has it. Linear in the number of keys.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Json::Map(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The first of several spellings of a key that is there and not `null`.
    pub fn any(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().filter_map(|key| self.get(key)).find(|node| node.value != Json::Null)
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if it is a list.
    pub fn list(&self) -> Option<&[Self]> {
        match &self.value {
            Json::List(nodes) => Some(nodes),
            _ => None,
        }
    }

    /// The fields, if it is an object.
    pub fn map(&self) -> Option<&[(String, Self)]> {
        match &self.value {
            Json::Map(fields) => Some(fields),
            _ => None,
        }
    }
}

impl fmt::Display for Node {
    /// Short, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Json::Text(text) | Json::Number(text) => write!(f, "{:?}", shorten(text)),
            other => f.write_str(other.kind()),
        }
    }
}

/// Whether some readers may take a key for another one that looks like it: letters that only look Latin, blanks and
/// characters that cannot be seen.
pub fn is_odd_key(key: &str) -> bool {
    !key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A key as the most careless reader takes it. Upper first: the long s and the Kelvin sign are twins of s and k.
fn folded(key: &str) -> String {
    if key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return key.to_ascii_lowercase();
    }
    let plain = key.to_uppercase().to_lowercase();
    plain.replace(|c: char| c.is_whitespace() || c.is_control(), "")
}

/// The first characters of a text, so that a message stays a message.
pub fn shorten(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Reads one JSON document and nothing after it.
///
/// Time and memory are linear in the input.
pub fn parse(input: &[u8]) -> Result<Node, JsonError> {
    let mut reader = Reader { input, at: 0, nodes: 0 };
    if input.len() > MAX_BYTES {
        return Err(reader.fail_at(MAX_BYTES, format!("{} bytes; at most {MAX_BYTES} are read", input.len())));
    }
    if let Err(error) = std::str::from_utf8(input) {
        return Err(reader.fail_at(error.valid_up_to(), "not UTF-8".to_owned()));
    }
    let node = reader.value(0)?;
    reader.space();
    if reader.at < input.len() {
        return Err(reader.fail("something follows the document".to_owned()));
    }
    Ok(node)
}

/// The bytes a node of `input` was read from, as they were written.
///
/// Empty when the node is not of this input.
pub fn written<'a>(input: &'a [u8], node: &Node) -> &'a [u8] {
    let mut reader = Reader { input, at: node.at, nodes: 0 };
    match reader.value(0) {
        Ok(_) => input.get(node.at..reader.at).unwrap_or_default(),
        Err(_) => &[],
    }
}

struct Reader<'a> {
    input: &'a [u8],
    at: usize,
    nodes: usize,
}

/// The keys of an object, as the most careless reader takes them: few are compared one by one, which is faster than to hash them.
#[derive(Default)]
struct Keys {
    few: Vec<String>,
    many: std::collections::HashSet<String>,
}

impl Keys {
    const FEW: usize = 24;

    /// Whether the key is new.
    fn insert(&mut self, key: String) -> bool {
        if self.few.contains(&key) || self.many.contains(&key) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(key);
            return true;
        }
        self.many.insert(key)
    }
}

impl Reader<'_> {
    fn fail(&self, what: String) -> JsonError {
        self.fail_at(self.at, what)
    }

    fn fail_at(&self, at: usize, what: String) -> JsonError {
        let before = &self.input[..at.min(self.input.len())];
        let line = before.split(|&byte| byte == b'\n').count();
        JsonError { line, at, what }
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, JsonError> {
        self.space();
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.fail(format!("more than {MAX_NODES} values")));
        }
        if depth > MAX_DEPTH {
            return Err(self.fail(format!("more than {MAX_DEPTH} levels deep")));
        }
        let at = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Json::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Json::Number(self.number()?),
            Some(b't') => self.word("true", Json::Bool(true))?,
            Some(b'f') => self.word("false", Json::Bool(false))?,
            Some(b'n') => self.word("null", Json::Null)?,
            Some(byte) => return Err(self.fail(format!("{:?} begins no value", char::from(byte)))),
            None => return Err(self.fail("ends where a value should be".to_owned())),
        };
        Ok(Node { at, value })
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        if self.input[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.fail(format!("neither {word} nor any other value")))
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        let mut fields: Vec<(String, Node)> = Vec::new();
        let mut keys = Keys::default();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Map(fields));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.fail("a key in quotes should be here".to_owned()));
            }
            let key_at = self.at;
            let key = self.string()?;
            if !keys.insert(folded(&key)) {
                let how = if fields.iter().any(|(other, _)| *other == key) {
                    "two readers can see two different values"
                } else {
                    "but for letter case or blanks, and some readers take the one for the other"
                };
                return Err(self.fail_at(key_at, format!("the key {:?} occurs twice: {how}", shorten(&key))));
            }
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.fail("a colon should be here".to_owned()));
            }
            self.at += 1;
            let node = self.value(depth + 1)?;
            fields.push((key, node));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break self.at += 1,
                _ => return Err(self.fail("a comma or } should be here".to_owned())),
            }
        }
        Ok(Json::Map(fields))
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        let mut nodes = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(nodes));
        }
        loop {
            nodes.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break self.at += 1,
                _ => return Err(self.fail("a comma or ] should be here".to_owned())),
            }
        }
        Ok(Json::List(nodes))
    }

    fn number(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits();
        if whole == 0 {
            return Err(self.fail("a digit should be here".to_owned()));
        }
        let leading = self.input[start..].iter().skip_while(|&&byte| byte == b'-').take(2);
        if whole > 1 && leading.copied().next() == Some(b'0') {
            return Err(self.fail_at(start, "a number begins with 0".to_owned()));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.fail("a digit should be here".to_owned()));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.fail("a digit should be here".to_owned()));
            }
        }
        Ok(String::from_utf8_lossy(&self.input[start..self.at]).into_owned())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut text = Vec::new();
        loop {
            match self.peek() {
                None => return Err(self.fail("the text is not closed".to_owned())),
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => {
                    let c = self.escape()?;
                    text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(0..0x20) => return Err(self.fail("a control character in a text".to_owned())),
                Some(_) => {
                    let rest = &self.input[self.at..];
                    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
                    let end = rest.iter().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
                    text.extend_from_slice(&rest[..end]);
                    self.at += end;
                }
            }
        }
        Ok(String::from_utf8(text).expect("the input is UTF-8 and was cut at ASCII characters only"))
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.four(start)?;
                let code = if (0xd800..0xdc00).contains(&first) && self.input[self.at..].starts_with(b"\\u") {
                    self.at += 2;
                    let second = self.four(start)?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return Err(self.fail_at(start, "half a surrogate pair".to_owned()));
                    }
                    0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                char::from_u32(code).ok_or_else(|| self.fail_at(start, "half a surrogate pair".to_owned()))?
            }
            _ => return Err(self.fail_at(start, "no such escape".to_owned())),
        })
    }

    fn four(&mut self, start: usize) -> Result<u32, JsonError> {
        let code = self
            .input
            .get(self.at..self.at + 4)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.fail_at(start, "four hexadecimal digits should follow \\u".to_owned()))?;
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> String {
        parse(text.as_bytes()).expect_err("refused").to_string()
    }

    #[test]
    fn numbers_keep_their_digits_and_texts_their_escapes() {
        let node = parse(br#"{"n": 115792089237316195423570985008687907853269984665640564039457584007913129639935, "t": "a\u00e9\ud83d\ude00\n"}"#)
            .expect("JSON");
        assert!(matches!(&node.get("n").expect("n").value, Json::Number(n) if n.len() == 78));
        assert_eq!(node.get("t").and_then(Node::text), Some("aé😀\n"));
    }

    #[test]
    fn what_was_written_can_be_had_again_byte_for_byte() {
        let input = br#" [ {"a" : "\u0041"} , 1.50 ] "#;
        let node = parse(input).expect("JSON");
        let list = node.list().expect("a list");
        assert_eq!(written(input, &node), &input[1..input.len() - 1]);
        assert_eq!(written(input, &list[0]), br#"{"a" : "\u0041"}"#);
        assert_eq!(written(input, &list[1]), b"1.50");
        assert_eq!(written(b"", &list[1]), b"");
    }

    #[test]
    fn a_key_twice_is_refused_where_it_stands() {
        assert_eq!(
            what("{\"to\": 1,\n \"to\": 2}"),
            "line 2, byte 11: the key \"to\" occurs twice: two readers can see two different values"
        );
        assert!(what("{\"to\":1,\"\\u0074o\":2}").contains("occurs twice"), "escapes are resolved first");
        let many: Vec<String> = (0..100).map(|number| format!("\"key{number}\":0")).collect();
        for twin in ["key3", "KEY99", "key 50"] {
            let text = format!("{{{},\"{twin}\":1}}", many.join(","));
            assert!(what(&text).contains("occurs twice"), "{twin}");
        }
        assert!(parse(format!("{{{}}}", many.join(",")).as_bytes()).is_ok());
        for twin in ["To", "TO", "to ", "\\u0054o"] {
            assert!(what(&format!("{{\"to\":1,\"{twin}\":2}}")).contains("letter case"), "{twin}");
        }
    }

    #[test]
    fn bombs_and_fragments_are_refused() {
        assert!(what(&"[".repeat(1000)).contains("64 levels"));
        assert!(what(&format!("[{}0]", "0,".repeat(MAX_NODES))).contains("more than"));
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "01",
            "1.",
            "1e",
            "\"\\ud800\"",
            "\"\\x\"",
            "\"a",
            "nul",
            "1 2",
            "\u{feff}1",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(&[b'"', 0xff, b'"']).is_err());
    }
}
