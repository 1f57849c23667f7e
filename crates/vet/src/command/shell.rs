//! Splits text into pipelines and words, as POSIX shells do and closely enough for `cmd` and PowerShell.

use std::collections::BTreeMap;

/// Bytes of a script that are read.
const MAX_BYTES: usize = 1 << 20;

/// Bytes up to which a word is put together from variables.
const MAX_WORD: usize = 1 << 16;

/// A word with its quotes gone, and what stands in `$(…)`, backticks and `<(…)` in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    pub within: Vec<String>,
    /// Whether variables that were set before, or quotes within a bare word, make it up.
    pub pieced: bool,
}

/// Commands joined by `|`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pipeline {
    pub stages: Vec<Vec<Word>>,
    /// The line of its first word, from 0.
    pub line: u32,
    /// Ended by `&`.
    pub background: bool,
    /// Its output goes nowhere.
    pub silent: bool,
}

/// The pipelines of a script, one after the other.
pub(super) fn pipelines(text: &str) -> Vec<Pipeline> {
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= MAX_BYTES).unwrap_or(text.len());
    let mut reader = Reader {
        text: &text[..end],
        at: 0,
        line: 0,
        set: BTreeMap::new(),
        done: Vec::new(),
        open: Pipeline::default(),
    };
    reader.read();
    reader.done
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    /// Variables that the text itself sets.
    set: BTreeMap<String, String>,
    done: Vec<Pipeline>,
    open: Pipeline,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn read(&mut self) {
        let mut words: Vec<Word> = Vec::new();
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\n' => {
                    self.end(&mut words, false);
                    self.at += 1;
                    self.line += 1;
                }
                ' ' | '\t' | '\r' => self.at += 1,
                '\\' if self.rest().starts_with("\\\n") => {
                    self.at += 2;
                    self.line += 1;
                }
                '#' if words.is_empty() || self.before_is_blank() => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                }
                ';' | '(' | ')' | '{' | '}' if c != '{' || self.stands_alone() => {
                    self.end(&mut words, false);
                    self.at += 1;
                }
                '|' | '&' => self.operator(c, &mut words),
                '<' | '>' => self.redirect(&mut words),
                _ => {
                    let word = self.word();
                    self.take(word, &mut words);
                }
            }
        }
        self.end(&mut words, false);
    }

    fn before_is_blank(&self) -> bool {
        self.text[..self.at].ends_with([' ', '\t', '\n', ';'])
    }

    fn stands_alone(&self) -> bool {
        self.rest()[1..].starts_with([' ', '\n', '\t'])
    }

    /// A word, or the setting of a variable before any.
    fn take(&mut self, word: Word, words: &mut Vec<Word>) {
        if word.text.is_empty() && word.within.is_empty() && self.rest().starts_with(['>', '<']) {
            return;
        }
        if words.is_empty() {
            self.open.line = if self.open.stages.is_empty() { self.line } else { self.open.line };
            if let Some((name, value)) = word.text.split_once('=')
                && !name.is_empty()
                && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
                && value.len() < 4096
            {
                self.set.insert(name.to_owned(), value.to_owned());
                if word.within.is_empty() {
                    return;
                }
            }
        }
        if matches!(&word.text[..], "then" | "do" | "else" | "if" | "while" | "until" | "!" | "in")
            && word.within.is_empty()
        {
            return;
        }
        words.push(word);
    }

    fn operator(&mut self, c: char, words: &mut Vec<Word>) {
        let rest = self.rest();
        if rest.starts_with("&>") {
            self.at += 1;
            return self.redirect(words);
        }
        if rest.starts_with("||") || rest.starts_with("&&") {
            self.end(words, false);
            self.at += 2;
        } else if c == '|' {
            self.at += if rest.starts_with("|&") { 2 } else { 1 };
            if !words.is_empty() {
                self.open.stages.push(std::mem::take(words));
            }
        } else {
            self.end(words, true);
            self.at += 1;
        }
    }

    /// `>`, `<`, `<<<` and `<(…)`. Where output goes is kept as a word `>FILE`.
    fn redirect(&mut self, words: &mut Vec<Word>) {
        let rest = self.rest();
        if rest.starts_with("<(") || rest.starts_with(">(") {
            self.at += 2;
            let within = self.until_closed();
            words.push(Word { text: "/dev/fd/63".into(), within: vec![within], pieced: false });
            return;
        }
        let signs = rest.len() - rest.trim_start_matches(['<', '>', '&', '|']).len();
        let (sign, heredoc) = (rest.starts_with('<'), rest.starts_with("<<") && !rest.starts_with("<<<"));
        self.at += signs;
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        let mut target = self.word();
        if heredoc {
            return self.heredoc(&target.text, words);
        }
        if matches!(&target.text[..], "/dev/null" | "nul" | "NUL" | "$null") {
            self.open.silent = true;
        } else if !sign && !target.text.is_empty() && !target.text.bytes().all(|byte| byte.is_ascii_digit()) {
            target.text.insert(0, '>');
            words.push(target);
        } else if sign {
            target.text.insert(0, '<');
            words.push(target);
        }
    }

    /// The lines up to the mark are read as input, which is a script where a shell reads it.
    fn heredoc(&mut self, mark: &str, words: &mut Vec<Word>) {
        let mark = mark.trim_start_matches('-');
        let rest = self.rest();
        let Some(first) = rest.find('\n') else { return };
        let body = &rest[first + 1..];
        let mut end = 0;
        for line in body.split_inclusive('\n') {
            if line.trim() == mark {
                break;
            }
            end += line.len();
        }
        words.push(Word { text: format!("<{}", &body[..end]), within: Vec::new(), pieced: false });
        let from = self.at + first + 1;
        // The rest of the first line still belongs to the command: only the body is passed over.
        let skipped = &self.text[from..from + end];
        self.line += skipped.bytes().filter(|byte| *byte == b'\n').count() as u32;
        let tail = rest[..first].trim();
        if tail.is_empty() {
            self.at = from + end;
        }
    }

    /// Everything up to the bracket that closes the one before.
    fn until_closed(&mut self) -> String {
        let rest = self.rest();
        let (mut depth, mut quote) = (1_usize, None);
        for (at, c) in rest.char_indices() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (Some('\''), _) => {}
                (None, '\'' | '"') => quote = Some(c),
                (_, '(') => depth += 1,
                (_, ')') => {
                    depth -= 1;
                    if depth == 0 {
                        self.pass(at + 1);
                        return rest[..at].to_owned();
                    }
                }
                _ => {}
            }
        }
        self.pass(rest.len());
        rest.to_owned()
    }

    fn pass(&mut self, bytes: usize) {
        let passed = &self.rest()[..bytes];
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count() as u32;
        self.at += bytes;
    }

    fn word(&mut self) -> Word {
        let mut word = Word::default();
        let start = self.at;
        while let Some(c) = self.rest().chars().next() {
            match c {
                // `2>`: the number is of the redirection.
                '>' | '<'
                    if self.at > start
                        && word.text.len() == 1
                        && word.text.as_bytes()[0].is_ascii_digit() =>
                {
                    return Word { text: String::new(), ..word };
                }
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '<' | '>' | ')' => break,
                // A call of PowerShell keeps its brackets.
                '(' if self.at == start => break,
                '\'' => {
                    word.pieced |= self.at > start && self.rest().starts_with("''");
                    self.at += 1;
                    let rest = self.rest();
                    let end = rest.find('\'').unwrap_or(rest.len());
                    word.text.push_str(&rest[..end]);
                    self.pass((end + 1).min(rest.len()));
                }
                '"' => {
                    word.pieced |= self.at > start && self.rest().starts_with("\"\"");
                    self.at += 1;
                    self.double_quoted(&mut word);
                }
                '\\' if self.rest().len() > 1 => {
                    let next = self.rest()[1..].chars().next().unwrap_or('\\');
                    // A path of Windows keeps its signs.
                    if next.is_ascii_alphanumeric() {
                        word.text.push('\\');
                    } else if next != '\n' {
                        word.text.push(next);
                    }
                    self.pass(1 + if next.is_ascii_alphanumeric() { 0 } else { next.len_utf8() });
                }
                '$' => self.dollar(&mut word),
                '`' => self.backtick(&mut word),
                c => {
                    word.text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        if self.at == start {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        }
        word
    }

    fn double_quoted(&mut self, word: &mut Word) {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '"' => {
                    self.at += 1;
                    return;
                }
                '\\' if self.rest().len() > 1 => {
                    let next = self.rest()[1..].chars().next().unwrap_or('\\');
                    if !matches!(next, '"' | '\\' | '$' | '`' | '\n') {
                        word.text.push('\\');
                    }
                    if next != '\n' {
                        word.text.push(next);
                    }
                    self.pass(1 + next.len_utf8());
                }
                '$' => self.dollar(word),
                '`' => self.backtick(word),
                c => {
                    word.text.push(c);
                    self.pass(c.len_utf8());
                }
            }
        }
    }

    fn dollar(&mut self, word: &mut Word) {
        self.at += 1;
        let rest = self.rest();
        if rest.starts_with('(') && !rest.starts_with("((") {
            self.at += 1;
            let within = self.until_closed();
            word.within.push(within);
            return;
        }
        let (name, length) = if let Some(braced) = rest.strip_prefix('{') {
            let end = braced.find('}').unwrap_or(0);
            (&braced[..end], end + 2)
        } else {
            let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            (&rest[..end], end)
        };
        match self.set.get(name) {
            // A word that grows from itself has an end.
            Some(value) if word.text.len() < MAX_WORD => {
                word.text.push_str(value);
                word.pieced = true;
                self.at += length;
            }
            // `${IFS}` is a blank that is not seen as one.
            _ if name == "IFS" => {
                word.text.push(' ');
                word.pieced = true;
                self.at += length;
            }
            _ => word.text.push('$'),
        }
    }

    fn backtick(&mut self, word: &mut Word) {
        self.at += 1;
        let rest = self.rest();
        let end = rest.find('`').unwrap_or(rest.len());
        word.within.push(rest[..end].to_owned());
        self.pass((end + 1).min(rest.len()));
    }

    fn end(&mut self, words: &mut Vec<Word>, background: bool) {
        if !words.is_empty() {
            self.open.stages.push(std::mem::take(words));
        }
        let mut pipeline = std::mem::take(&mut self.open);
        if !pipeline.stages.is_empty() {
            pipeline.background = background;
            self.done.push(pipeline);
        }
    }
}
