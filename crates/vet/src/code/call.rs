//! What comes of one call: what is fetched, decoded, read or handed on.

use super::{
    flow::How,
    known,
    value::{Marks, Value},
};
use crate::command;

/// A call, with what it is given.
#[derive(Clone, Copy)]
pub(super) struct Call<'c> {
    pub file: usize,
    pub line: u32,
    /// The function's path, where it is one of a library or of the language.
    pub path: Option<&'c str>,
    pub method: Option<&'c str>,
    /// What the method is of.
    pub holder: &'c Value,
    pub arguments: &'c [Value],
}

impl Call<'_> {
    /// `(function () {}).constructor("…")`, and what is reached so.
    pub(super) fn is_constructor(&self) -> bool {
        let twice =
            self.holder.path.as_deref() == Some("*.constructor") && self.method == Some("constructor");
        let once = self.path == Some("*.constructor");
        let of_function = !self.holder.funcs.is_empty()
            || self.method.is_none()
            || self.holder.path.as_deref() == Some("Function");
        let asks_for_require =
            self.arguments.iter().any(|argument| argument.text.as_deref() == Some("require"));
        twice || once && (of_function || asks_for_require)
    }

    /// What comes of a function that nothing is known of.
    pub(super) fn handed_on(&self) -> Value {
        let mut value = Value::default();
        // Its object too: what a list or an answer gives is of it.
        for given in self.arguments.iter().chain([self.holder]) {
            value.join(&given.origin());
        }
        // A client that was made before is told where to ask.
        let asks = matches!(
            self.method,
            Some(
                "get"
                    | "post"
                    | "put"
                    | "request"
                    | "fetch"
                    | "open"
                    | "send"
                    | "urlopen"
                    | "connect"
                    | "getresponse"
            )
        );
        if asks && self.holder.marks.has(Marks::ASKED) {
            value = self.fetched();
        }
        let first = || self.arguments.first().and_then(|first| first.text.clone());
        value.text = match self.method {
            Some(
                "toString" | "decode" | "trim" | "strip" | "encode" | "to_s" | "to_owned" | "into"
                | "collect" | "split" | "chars" | "text" | "rstrip" | "String" | "as_str" | "to_string"
                | "unwrap" | "valueOf" | "read" | "iter",
            ) => self.holder.text.clone(),
            Some("join") => match &self.holder.items {
                Some(items) => {
                    let texts: Option<Vec<&str>> = items.iter().map(|item| item.text.as_deref()).collect();
                    texts.map(|texts| texts.join(&first().unwrap_or_default()).into())
                }
                None => self.holder.text.clone(),
            },
            Some("replace") => match (&self.holder.text, self.arguments) {
                (Some(text), [from, to, ..]) => from
                    .text
                    .as_ref()
                    .zip(to.text.as_ref())
                    .map(|(from, to)| text.replace(&**from, to).into()),
                _ => None,
            },
            Some("charCodeAt") => {
                value.marks = value.marks | Marks::CODES;
                None
            }
            None if matches!(self.path, Some("String" | "str" | "path.join" | "bytes"))
                && self.arguments.len() == 1 =>
            {
                first()
            }
            _ => None,
        };
        // Numbers, each mixed with a key.
        if value.marks.has(Marks::CODES) && value.marks.has(Marks::MIXED) {
            value.marks = value.marks | Marks::DECODED;
        }
        let ord = matches!(self.path, Some("ord"));
        if ord {
            value.marks = value.marks | Marks::CODES;
        }
        value
    }

    /// What a server answers: whether the files say which.
    pub(super) fn fetched(&self) -> Value {
        let marks =
            self.arguments.iter().fold(self.holder.marks, |marks, argument| marks | argument.all_marks());
        let mut texts = self.arguments.iter().chain(
            self.arguments
                .iter()
                .flat_map(|argument| argument.members.iter().flat_map(|members| members.values())),
        );
        let url = texts.find_map(|value| value.text.clone());
        let relative = url.as_ref().is_some_and(|url| url.starts_with('/') || url.starts_with("./"));
        let reads_files = matches!(self.path, Some("file_get_contents" | "open" | "URL"));
        if reads_files && !url.as_ref().is_some_and(|url| known::is_url(url)) {
            return Value::default();
        }
        let fixed = marks.has(Marks::ADDRESS | Marks::DECODED | Marks::ENVIRONMENT) && !relative;
        let from = url.filter(|url| known::is_url(url));
        Value { from, ..Value::marked(if fixed { Marks::FETCHED } else { Marks::ASKED }) }
    }

    pub(super) fn decoded(&self) -> Value {
        let name = self.path.or(self.method).unwrap_or_default().rsplit('.').next().unwrap_or_default();
        let mut value = Value::default();
        for given in self.arguments.iter().chain([self.holder]) {
            value.join(&given.origin());
        }
        let of = if self.method.is_some() && self.arguments.iter().all(|argument| argument.text.is_none()) {
            self.holder
        } else {
            self.arguments.first().unwrap_or(self.holder)
        };
        let encoding = self.arguments.get(1).and_then(|encoding| encoding.text.as_deref());
        let format = self.arguments.iter().find_map(|argument| {
            argument
                .text
                .as_deref()
                .filter(|text| matches!(*text, "H*" | "h*" | "m" | "m0" | "C*" | "c*" | "U*" | "u"))
        });
        let codes = value.marks.has(Marks::CODES) || value.marks.has(Marks::DECODED);
        let is_one = match name {
            "from" | "Buffer" if self.path.is_some_and(|path| path.contains("Buffer")) => {
                matches!(encoding, Some("base64" | "hex" | "base64url" | "binary" | "latin1")) || codes
            }
            "from" | "from_utf8" | "chr" | "fromCharCode" | "fromCodePoint" | "char" | "string" | "byte"
            | "bytes" | "bytearray" | "TextDecoder" => codes,
            "pack" | "unpack" | "unpack1" => format.is_some(),
            "reverse" => of.text.as_ref().is_some_and(|text| text.len() >= 8) || codes,
            _ => self.arguments.iter().chain([self.holder]).all(|given| {
                given.text.as_ref().is_none_or(|text| {
                    text.len() >= 8
                        || matches!(&**text, "hex" | "base64" | "rot13" | "rot_13" | "utf-8" | "utf8")
                })
            }),
        };
        let numbers = || -> Option<String> {
            let items = of.items.as_ref().or(self.holder.items.as_ref())?;
            items.iter().map(|item| char::from_u32(item.text.as_ref()?.parse().ok()?)).collect()
        };
        let held = of.text.clone().or_else(|| self.holder.text.clone()).or_else(|| {
            // `["6563…"].pack("H*")`.
            self.holder.items.as_ref().and_then(|items| items.first()?.text.clone())
        });
        let text = match (name, &held) {
            ("reverse" | "strrev", Some(text)) => Some(text.chars().rev().collect::<String>()),
            ("str_rot13", Some(text)) => Some(text.chars().map(rot13).collect()),
            (_, Some(text)) if is_one => command::decoded(text.trim()),
            (_, None) => numbers(),
            _ => None,
        };
        // Turned round or shifted, any text hides; of other encodings it must be one that looks so.
        let any =
            matches!(name, "reverse" | "strrev" | "str_rot13" | "decode" | "unescape") && held.is_some();
        let hidden = any || value.marks.has(Marks::ENCODED | Marks::CODES | Marks::DATA_FILE);
        if is_one && hidden {
            value.marks = value.marks | Marks::DECODED;
        }
        value.text = text.map(Into::into);
        value
    }

    pub(super) fn read(&self) -> Value {
        let Some(file) = self.arguments.first() else { return Value::default() };
        let name = file.text.clone().or_else(|| {
            let items = file.items.as_ref()?;
            items.last()?.text.clone()
        });
        match name {
            Some(name) if known::is_secret(&name) => {
                Value { from: Some(name), ..Value::marked(Marks::SECRET) }
            }
            Some(name) if name.contains('.') && !command::is_code_file(&name) => {
                Value { from: Some(name), ..Value::marked(Marks::DATA_FILE) }
            }
            _ => Value::default(),
        }
    }

    /// The text that is run: a command line of the pieces that are given for one.
    pub(super) fn command(&self, how: How) -> Option<String> {
        if how != How::Command {
            return self
                .arguments
                .iter()
                .rev()
                .find_map(|argument| argument.text.as_deref())
                .map(str::to_owned);
        }
        if self.arguments.is_empty() {
            return self.holder.text.as_deref().map(str::to_owned);
        }
        let mut words: Vec<String> = Vec::new();
        for (at, argument) in self.arguments.iter().enumerate() {
            match (&argument.text, &argument.items) {
                (Some(text), _) if at == 0 => words.push(text.to_string()),
                (Some(text), _) => words.push(crate::start::quoted(text)),
                (None, Some(items)) => words
                    .extend(items.iter().filter_map(|item| item.text.as_deref().map(crate::start::quoted))),
                _ => {}
            }
        }
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// `{ detached: true, stdio: "ignore" }`.
    pub(super) fn is_detached(&self) -> bool {
        let members = self.arguments.iter().filter_map(|argument| argument.members.as_ref());
        let mut all = members.flat_map(|members| members.iter());
        all.any(|(name, _)| name == "detached" || name == "start_new_session" || name == "windowsHide")
    }
}

fn rot13(c: char) -> char {
    match c {
        'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
        'A'..='Z' => char::from((c as u8 - b'A' + 13) % 26 + b'A'),
        c => c,
    }
}
