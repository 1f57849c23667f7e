//! Texts and bytes to be signed: `personal_sign`, `eth_sign`.

use alloy_primitives::B256;

use crate::{
    hidden::is_prose,
    json::{self, Json, Node},
    method::Form,
    request::{self, Request},
    safe::hash::personal_hash,
    scalar::{Malformed, Scalars},
};

/// By which method it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `personal_sign`: with a prefix that keeps it from being a transaction.
    Personal,
    /// `eth_sign`: 32 bytes as they are, be they a transaction's hash.
    EthSign,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How it is signed.
    pub method: Method,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it stands.
    pub path: String,
    /// Whose signature is asked for, where the request says it.
    pub signer: Option<alloy_primitives::Address>,
}

impl Message {
    /// Bytes that stand somewhere as a message.
    pub fn personal(bytes: &[u8], path: &str) -> Self {
        Self { method: Method::Personal, bytes: bytes.to_vec(), path: path.to_owned(), signer: None }
    }

    /// The text, if it is one that people can read.
    pub fn text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        (!text.chars().any(odd)).then_some(text)
    }

    /// Whether it is written for a program: JSON, or what begins like an object or a list of it.
    pub fn is_data(&self) -> bool {
        let text = self.text().unwrap_or_default();
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        text.starts_with('{') && text.contains(':')
            || text.starts_with('[') && json::parse(text.as_bytes()).is_ok()
    }

    /// What is signed. Line ends are taken as they are.
    pub fn digest(&self) -> B256 {
        match self.method {
            Method::Personal => personal_hash(&self.bytes),
            Method::EthSign => B256::try_from(&self.bytes[..]).unwrap_or_else(|_| personal_hash(&self.bytes)),
        }
    }

    /// Whether it is nothing but a hash, as bytes or as a text of digits. Thirty-two signs of a keyboard are a text: one hash in
    /// 10^13 reads so, and its letters are no words.
    pub fn is_hash(&self) -> bool {
        let is_typed = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
        self.bytes.len() == 32 && !(self.bytes.iter().all(is_typed) || is_prose(&self.bytes))
            || self.digits().is_some_and(|digits| digits.len() == 64)
    }

    /// The text that its hexadecimal digits stand for, where it is nothing but digits, and they stand for one.
    pub fn encoded(&self) -> Option<String> {
        let bytes = hex::decode(self.digits()?).ok()?;
        (bytes.len() >= 4 && is_prose(&bytes)).then(|| String::from_utf8(bytes).ok()).flatten()
    }

    /// The digits that it is made of, where there is nothing else.
    fn digits(&self) -> Option<&str> {
        let text = self.text()?.trim();
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)
    }
}

/// Reads a message: a JSON-RPC request (`personal_sign`, `eth_sign`), an object with `message`, or the bytes themselves.
pub fn read(input: &[u8], scalars: &mut Scalars) -> Result<Message, Malformed> {
    if input.len() > json::MAX_BYTES {
        return Err(Malformed::new(
            "input",
            format!("{} bytes; at most {} are read", input.len(), json::MAX_BYTES),
        ));
    }
    let text = String::from_utf8_lossy(input);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.starts_with(['{', '[']) || text == "null" {
        match json::parse(text.as_bytes()) {
            Ok(node) if request::is_request(&node) || node.get("message").is_some() => {
                return read_node(&node, scalars);
            }
            Ok(node) => refuse_request(&node)?,
            // What is meant as a request and cannot be read must not become a text.
            Err(error) if begins_as_json(text) => return Err(Malformed::new("input", error.to_string())),
            Err(_) => {}
        }
    }
    let text = text.as_bytes();
    // Wallets sign these digits as the bytes that they stand for.
    if let Some(Ok(digits)) = text.strip_prefix(b"0x").map(std::str::from_utf8)
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        let bytes = scalars.bytes_text(&format!("0x{digits}"), "input")?;
        return whole(Message { method: Method::Personal, bytes, path: "input".to_owned(), signer: None });
    }
    // A text file ends in a line end that nobody typed into the wallet.
    let bytes = input.strip_suffix(b"\n").unwrap_or(input);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    whole(Message { method: Method::Personal, bytes: bytes.to_vec(), path: "input".to_owned(), signer: None })
}

/// A message that says something.
fn whole(message: Message) -> Result<Message, Malformed> {
    if message.bytes.trim_ascii().is_empty() {
        return Err(Malformed::new(&message.path, "is empty: there is nothing to read"));
    }
    Ok(message)
}

/// Refuses JSON that is a request in all but the form: a batch of them, or keys that some readers take for a request's; and
/// JSON of nothing.
fn refuse_request(node: &Node) -> Result<(), Malformed> {
    fn is_request(node: &Node) -> bool {
        let keys = ["method", "params", "jsonrpc", "message"];
        let mut fields = node.map().unwrap_or_default().iter();
        fields.any(|(key, _)| keys.iter().any(|known| key.eq_ignore_ascii_case(known)))
            || node.list().unwrap_or_default().iter().any(is_request)
    }
    if is_request(node) {
        return Err(Malformed::new("input", "looks like a request and is none that is read here"));
    }
    let nothing = match &node.value {
        Json::Map(fields) => fields.is_empty(),
        Json::List(nodes) => nodes.is_empty(),
        value => *value == Json::Null,
    };
    if nothing { Err(Malformed::new("input", "is empty: there is nothing to read")) } else { Ok(()) }
}

/// Whether a text that is no JSON begins like it: an object with a key, or a list of lists, objects or texts.
fn begins_as_json(text: &str) -> bool {
    let rest = text[1..].trim_start();
    match &text[..1] {
        "{" => rest.starts_with('"'),
        _ => rest.starts_with(['{', '[', '"']),
    }
}

/// As [`read`], from JSON: a request, or an object with `message` and nothing else.
pub fn read_node(node: &Node, scalars: &mut Scalars) -> Result<Message, Malformed> {
    if !request::is_request(node) {
        let fields = node.map().unwrap_or_default();
        if let Some((key, _)) = fields.iter().find(|(key, _)| key != "message") {
            let what = format!(
                "the field {:?} stands beside `message`, and was not judged: give the text by itself, or the whole request",
                json::shorten(key)
            );
            return Err(Malformed::new("input", what));
        }
        let value = node.get("message").ok_or_else(|| Malformed::new("message", "is absent"))?;
        let bytes = bytes(value, "message", scalars)?;
        return whole(Message { method: Method::Personal, bytes, path: "message".to_owned(), signer: None });
    }
    let asked = Request::read(node, &[Form::Personal, Form::Blind])?;
    let signer = asked.signer()?;
    let (method, index) = match (asked.form, asked.params) {
        (Form::Blind, [_, _]) => (Method::EthSign, 1),
        // Wallets take `personal_sign` parameters in either order, and nodes a password behind them.
        (Form::Personal, [first, second, rest @ ..]) if rest.len() < 2 => {
            if !request::is_account(first) && !request::is_account(second) {
                let what = "two parameters, none of which is an account: which one is signed is not known";
                return Err(Malformed::new("params", what));
            }
            let is_nothing = |node: &Node| node.value == Json::Null || node.text() == Some("");
            if let [third] = rest
                && !is_nothing(third)
            {
                let what = "stands beside the text and the account, where old nodes take a password: it was not judged";
                return Err(Malformed::new("params[2]", what));
            }
            (Method::Personal, usize::from(request::is_account(first)))
        }
        (_, params) => {
            let what = format!("{} parameters where a text and an account should be", params.len());
            return Err(Malformed::new("params", what));
        }
    };
    let path = format!("params[{index}]");
    let bytes = bytes(&asked.params[index], &path, scalars)?;
    whole(Message { method, bytes, path, signer })
}

/// What wallets sign for a text: `0x…` as bytes only if it is hexadecimal, and as text otherwise.
fn bytes(value: &Node, path: &str, scalars: &mut Scalars) -> Result<Vec<u8>, Malformed> {
    let text = value.text();
    let text =
        text.ok_or_else(|| Malformed::new(path, format!("{} where a text should be", value.value.kind())))?;
    match text.strip_prefix("0x") {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => scalars.bytes_text(text, path),
        _ => Ok(text.as_bytes().to_vec()),
    }
}
