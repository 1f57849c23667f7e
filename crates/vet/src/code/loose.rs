//! Any language whose calls look like `name(…)` and whose assignments look like `name = …`: Ruby, PHP, Rust, Go, C#, Java, Groovy,
//! Lua, Swift, Perl, PowerShell and their kin. It knows no grammar and refuses nothing.

use super::ir::{Builder, Expr, Id, Program};

pub(super) fn read(text: &str) -> Program {
    let mut reader = Reader { tokens: tokens(text), at: 0, b: Builder::new("") };
    while reader.at < reader.tokens.len() {
        let from = reader.at;
        if let Some(id) = reader.expression() {
            reader.b.statement(id);
        }
        // Whatever ends a statement, or stands alone.
        if reader.at == from {
            reader.at += 1;
        }
    }
    reader.b.finish()
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Word(String),
    Text(String),
    /// A command in backticks.
    Run(String),
    Number(Option<u32>),
    Sign(char),
    End,
}

#[derive(Clone, Debug, PartialEq)]
struct Token {
    kind: Kind,
    line: u32,
    /// Whether a blank stands before it.
    apart: bool,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let (mut at, mut line, mut apart) = (0, 1_u32, false);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = match c {
            '\n' => (Some(Kind::End), 1),
            c if c.is_whitespace() => (None, c.len_utf8()),
            '/' if rest.starts_with("//") => (None, to_line_end(rest)),
            '/' if rest.starts_with("/*") => (None, rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '#' if !rest.starts_with("#[") && !rest.starts_with("#{") => (None, to_line_end(rest)),
            '-' if rest.starts_with("-- ") => (None, to_line_end(rest)),
            '"' | '\'' | '`' => match quoted(rest, c) {
                Some((inner, length)) if c == '`' && !inner.contains('\n') => {
                    (Some(Kind::Run(inner)), length)
                }
                Some((inner, length)) => (Some(Kind::Text(inner)), length),
                None => (Some(Kind::Sign(c)), 1),
            },
            '0'..='9' => {
                let length =
                    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Some(Kind::Number(number(&rest[..length]))), length)
            }
            c if is_word(c) => {
                let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                (Some(Kind::Word(rest[..length].trim_start_matches(['$', '@']).to_owned())), length)
            }
            c => (Some(Kind::Sign(c)), c.len_utf8()),
        };
        let passed = &text[at..at + length];
        if let Some(kind) = kind {
            tokens.push(Token { kind, line, apart });
            apart = false;
        } else {
            apart = true;
        }
        line += passed.bytes().filter(|byte| *byte == b'\n').count() as u32;
        at += length;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c == '_' || c == '$' || c == '@' || c.is_alphanumeric()
}

fn to_line_end(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn number(text: &str) -> Option<u32> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let plain = plain.trim_end_matches("u8").trim_end_matches("u32").trim_end_matches("i32");
    match plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => plain.parse().ok(),
    }
}

/// A text between quotes and its length with them. A single quote of a lifetime or an apostrophe begins none.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((out, at + 1)),
            '\n' if quote == '\'' => return None,
            '\\' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((start, 'x')) => {
                    let digits = rest.get(start + 1..start + 3).unwrap_or_default();
                    if let Ok(byte) = u8::from_str_radix(digits, 16) {
                        out.push(char::from(byte));
                        chars.next();
                        chars.next();
                    }
                }
                Some((_, c)) => out.push(c),
                None => return None,
            },
            c => out.push(c),
        }
    }
    None
}

/// Functions that some languages call without brackets.
const BARE: &[&str] = &[
    "system", "exec", "eval", "spawn", "require", "include", "puts", "echo", "print", "return", "iex",
    "assert", "raise",
];

/// Words that are no value.
const KEYWORDS: &[&str] = &[
    "let", "var", "const", "val", "mut", "def", "fn", "func", "function", "sub", "if", "else", "elsif",
    "end", "then", "do", "while", "for", "in", "new", "pub", "public", "private", "static", "void", "my",
    "our", "local", "use", "using", "class", "unless", "begin", "rescue", "try", "catch", "match", "async",
    "await", "return", "not", "and", "or", "final", "string", "String", "bool", "byte", "move", "unsafe",
    "defer", "go", "throw", "Set", "Dim",
];

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    b: Builder,
}

impl Reader {
    fn kind(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn line(&self) -> u32 {
        self.tokens.get(self.at).map_or(1, |token| token.line)
    }

    fn sign(&self, ahead: usize) -> Option<char> {
        match self.tokens.get(self.at + ahead).map(|token| &token.kind) {
            Some(Kind::Sign(sign)) => Some(*sign),
            _ => None,
        }
    }

    fn is_apart(&self, ahead: usize) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.apart)
    }

    /// Everything up to what ends a statement, an argument or a bracket.
    fn expression(&mut self) -> Option<Id> {
        let line = self.line();
        let mut pieces: Vec<Id> = Vec::new();
        let mut mixes = false;
        loop {
            match self.kind()? {
                Kind::End => {
                    // A chain goes on with a dot on the next line.
                    let next = (1..self.tokens.len()).find(|ahead| {
                        self.tokens.get(self.at + ahead).is_none_or(|token| token.kind != Kind::End)
                    });
                    let goes_on =
                        next.is_some_and(|ahead| self.sign(ahead) == Some('.') && !pieces.is_empty());
                    if !goes_on {
                        break;
                    }
                    self.at += next.unwrap_or(1);
                    continue;
                }
                Kind::Sign(';' | ',' | ')' | ']' | '}') => break,
                Kind::Sign('.' | ':') if !pieces.is_empty() && self.is_member() => {
                    let last = pieces.pop()?;
                    pieces.push(self.postfix(last));
                }
                Kind::Sign('=') if self.sign(1) != Some('=') && self.sign(1) != Some('>') => {
                    self.at += 1;
                    let target = pieces.last().copied();
                    return Some(self.assigned(target, line));
                }
                Kind::Sign(sign) if !matches!(sign, '(' | '[' | '{') => {
                    mixes |= *sign == '^';
                    self.at += 1;
                }
                _ => {
                    let from = self.at;
                    if let Some(id) = self.term() {
                        pieces.push(id);
                    }
                    if self.at == from {
                        self.at += 1;
                    }
                }
            }
            if self.at >= self.tokens.len() {
                break;
            }
        }
        match (&pieces[..], mixes) {
            ([], _) => None,
            (_, true) => Some(self.b.add(Expr::Mix(pieces), line)),
            ([one], false) => Some(*one),
            (_, false) => Some(self.b.add(Expr::Join(pieces), line)),
        }
    }

    /// What follows a sign of equality goes to the name before it.
    fn assigned(&mut self, target: Option<Id>, line: u32) -> Id {
        let before = self.names_before();
        let value = self.expression().unwrap_or_else(|| self.b.add(Expr::Nothing, line));
        let name = target.and_then(|target| match self.b.peek(target) {
            Expr::Global(name) => Some(name),
            _ => None,
        });
        match name {
            Some(name) => {
                for other in before {
                    let target = self.b.own(&other, line);
                    let id = self.b.assign(target, value, line);
                    self.b.statement(id);
                }
                let target = self.b.own(&name, line);
                self.b.assign(target, value, line)
            }
            None => value,
        }
    }

    /// The other names of `a, b := …`, whose sign of equality was just passed.
    fn names_before(&self) -> Vec<String> {
        let mut names = Vec::new();
        let kind = |at: usize| self.tokens.get(at).map(|token| &token.kind);
        let mut at = self.at.saturating_sub(2);
        at -= usize::from(kind(at) == Some(&Kind::Sign(':')) && at > 0);
        while at >= 2 && kind(at - 1) == Some(&Kind::Sign(',')) && names.len() < 8 {
            let Some(Kind::Word(name)) = kind(at - 2) else { break };
            names.push(name.clone());
            at -= 2;
        }
        names
    }

    fn is_member(&self) -> bool {
        let name = |ahead: usize| {
            matches!(self.tokens.get(self.at + ahead).map(|token| &token.kind), Some(Kind::Word(_)))
        };
        match self.sign(0) {
            // A dot with blanks around it joins texts.
            Some('.') => name(1) && !(self.is_apart(0) && self.is_apart(1)),
            Some(':') => {
                self.sign(1) == Some(':') && name(2) || name(1) && !self.is_apart(1) && !self.is_apart(0)
            }
            Some('-') => self.sign(1) == Some('>') && name(2),
            Some('&' | '?') => self.sign(1) == Some('.') && name(2),
            _ => false,
        }
    }

    fn term(&mut self) -> Option<Id> {
        let line = self.line();
        if let Some(nothing) = self.b.depth_guard(line) {
            self.at = self.tokens.len();
            return Some(nothing);
        }
        let id = self.primary(line).map(|id| self.postfix(id));
        self.b.up();
        id
    }

    fn primary(&mut self, line: u32) -> Option<Id> {
        let kind = self.kind()?.clone();
        match kind {
            Kind::Word(word) if KEYWORDS.contains(&&word[..]) => {
                self.at += 1;
                None
            }
            // `x as char`: a number made a character.
            Kind::Word(word) if word == "as" => {
                self.at += 1;
                None
            }
            Kind::Word(word) => {
                self.at += 1;
                Some(self.b.name(&word, line))
            }
            Kind::Text(text) => {
                self.at += 1;
                Some(self.b.text(&text, line))
            }
            Kind::Run(command) => {
                self.at += 1;
                let callee = self.b.add(Expr::Global("system".to_owned()), line);
                let text = self.b.text(&command, line);
                Some(self.b.add(Expr::Call { callee, arguments: vec![text], new: false }, line))
            }
            Kind::Number(value) => {
                self.at += 1;
                Some(self.b.add(value.map_or(Expr::Nothing, Expr::Number), line))
            }
            Kind::Sign('(') => {
                let inside = self.inside(')');
                Some(if inside.len() == 1 { inside[0] } else { self.b.add(Expr::Any(inside), line) })
            }
            Kind::Sign('[') => {
                let inside = self.inside(']');
                Some(self.b.add(Expr::List(inside), line))
            }
            Kind::Sign('{') => {
                let inside = self.inside('}');
                for id in &inside {
                    self.b.statement(*id);
                }
                // Bytes in braces are a list, as in Go and C#.
                let numbers = inside.len() > 3;
                Some(self.b.add(if numbers { Expr::List(inside) } else { Expr::Any(inside) }, line))
            }
            Kind::Sign(_) | Kind::End => None,
        }
    }

    /// What stands between brackets, parted by commas and ends of statements.
    fn inside(&mut self, close: char) -> Vec<Id> {
        self.at += 1;
        let mut inside = Vec::new();
        while let Some(kind) = self.kind() {
            if *kind == Kind::Sign(close) {
                self.at += 1;
                break;
            }
            let from = self.at;
            if let Some(id) = self.expression() {
                inside.push(id);
            }
            if self.at == from {
                // Another bracket that closes ends this one too.
                if matches!(self.kind(), Some(Kind::Sign(')' | ']' | '}')))
                    && self.kind() != Some(&Kind::Sign(close))
                {
                    break;
                }
                self.at += usize::from(self.kind() != Some(&Kind::Sign(close)));
            }
        }
        inside
    }

    /// Members, calls and places of what stands before.
    fn postfix(&mut self, mut id: Id) -> Id {
        loop {
            let line = self.line();
            if self.is_member() {
                while matches!(self.kind(), Some(Kind::Sign(_))) {
                    self.at += 1;
                }
                if let Some(Kind::Word(name)) = self.kind().cloned() {
                    self.at += 1;
                    id = self.b.add(Expr::Member(id, name), line);
                    continue;
                }
                return id;
            }
            match self.sign(0) {
                // A macro, or a method of Ruby that ends so.
                Some('!' | '?') if matches!(self.sign(1), Some('(' | '[')) && !self.is_apart(0) => {
                    self.at += 1;
                }
                Some('(') if !self.is_apart(0) => {
                    let arguments = self.inside(')');
                    id = self.b.add(Expr::Call { callee: id, arguments, new: false }, line);
                }
                Some('[') if !self.is_apart(0) => {
                    let inside = self.inside(']');
                    id = match inside[..] {
                        [one] => self.b.add(Expr::Index(id, one), line),
                        _ => self.b.add(Expr::List(inside), line),
                    };
                }
                _ => {
                    let bare = matches!(self.b.peek(id), Expr::Global(name) if BARE.contains(&&name.to_ascii_lowercase()[..]));
                    let begins = matches!(
                        self.kind(),
                        Some(Kind::Word(_) | Kind::Text(_) | Kind::Run(_) | Kind::Sign('(' | '['))
                    );
                    if !(bare && begins && self.is_apart(0)) {
                        // `x as char`.
                        if self.kind() == Some(&Kind::Word("as".to_owned()))
                            && let Some(Kind::Word(kind)) =
                                self.tokens.get(self.at + 1).map(|token| token.kind.clone())
                        {
                            self.at += 2;
                            let callee = self.b.add(Expr::Member(id, kind), line);
                            id = self.b.add(Expr::Call { callee, arguments: Vec::new(), new: false }, line);
                            continue;
                        }
                        return id;
                    }
                    let mut arguments = Vec::new();
                    while let Some(one) = self.expression() {
                        arguments.push(one);
                        if self.sign(0) != Some(',') {
                            break;
                        }
                        self.at += 1;
                    }
                    return self.b.add(Expr::Call { callee: id, arguments, new: false }, line);
                }
            }
        }
    }
}
