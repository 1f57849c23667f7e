//! JSON as editors and package managers take it: comments, trailing commas, a byte order mark.

use super::{MAX_DEPTH, MAX_VALUES, Node, Value};

pub(super) fn read(text: &str) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { text, at: 0, line: 1, values: 0 };
    let node = parser.value(0)?;
    parser.blanks()?;
    (parser.at == text.len()).then_some(node)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    values: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.text.len());
        self.line += self.text.get(self.at..end).map_or(0, |passed| passed.matches('\n').count()) as u32;
        self.at = end;
    }

    fn blanks(&mut self) -> Option<()> {
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with("//") {
                self.skip(rest.find('\n').unwrap_or(rest.len()));
            } else if rest.starts_with("/*") {
                self.skip(rest.find("*/")? + 2);
            } else if rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '\u{feff}') {
                self.skip(rest.chars().next().map_or(1, char::len_utf8));
            } else {
                return Some(());
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        self.blanks()?;
        self.values += 1;
        if depth > MAX_DEPTH || self.values > MAX_VALUES {
            return None;
        }
        let line = self.line;
        let value = match self.peek()? {
            b'{' => self.map(depth)?,
            b'[' => self.list(depth)?,
            b'"' => Value::Text(self.string(b'"')?),
            b'\'' => Value::Text(self.string(b'\'')?),
            _ => self.word()?,
        };
        Some(Node { line, value })
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.skip(1);
        let mut items = Vec::new();
        loop {
            self.blanks()?;
            match self.peek()? {
                b']' => break,
                b',' => self.skip(1),
                _ => items.push(self.value(depth + 1)?),
            }
        }
        self.skip(1);
        Some(Value::List(items))
    }

    fn map(&mut self, depth: usize) -> Option<Value> {
        self.skip(1);
        let mut entries = Vec::new();
        loop {
            self.blanks()?;
            match self.peek()? {
                b'}' => break,
                b',' => {
                    self.skip(1);
                    continue;
                }
                _ => {}
            }
            let key = match self.peek()? {
                quote @ (b'"' | b'\'') => self.string(quote)?,
                _ => match self.word()? {
                    Value::Text(word) => word,
                    _ => return None,
                },
            };
            self.blanks()?;
            if self.peek()? != b':' {
                return None;
            }
            self.skip(1);
            entries.push((key, self.value(depth + 1)?));
        }
        self.skip(1);
        Some(Value::Map(entries))
    }

    fn string(&mut self, quote: u8) -> Option<String> {
        self.skip(1);
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.bytes().position(|byte| byte == quote || byte == b'\\' || byte == b'\n')?;
            out.push_str(&rest[..plain]);
            self.skip(plain);
            match self.peek()? {
                b'\\' => self.escape(&mut out)?,
                b'\n' => return None,
                _ => {
                    self.skip(1);
                    return Some(out);
                }
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Option<()> {
        let escaped = *self.text.as_bytes().get(self.at + 1)?;
        self.skip(if escaped.is_ascii() { 2 } else { 1 });
        match escaped {
            b'n' => out.push('\n'),
            b't' => out.push('\t'),
            b'r' => out.push('\r'),
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'u' => {
                let mut unit = self.unit()?;
                if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
                    self.skip(2);
                    let low = self.unit()?;
                    unit = 0x10000 + ((unit - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
                }
                out.push(char::from_u32(unit).unwrap_or('\u{fffd}'));
            }
            other if other.is_ascii() => out.push(char::from(other)),
            _ => {}
        }
        Some(())
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.skip(4);
        u32::from_str_radix(digits, 16).ok()
    }

    fn word(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let is_word = |c: char| c.is_ascii_alphanumeric() || "+-._$".contains(c);
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        self.skip(end);
        match word {
            "" => None,
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            word => Some(Value::Text(word.to_owned())),
        }
    }
}
