//! The address of a server, of which no more than the server is ever shown.
//!
//! Keys to paid nodes and explorers stand in the path (`https://host/v3/KEY`), in the query (`?apikey=KEY`) or before the host
//! (`https://name:password@host`). [`Endpoint`] keeps the address as given for the one who connects, and shows scheme, host
//! and port to everybody else: it has no `Display` and no `Debug` that says more. What the server itself says can repeat the
//! address; [`Endpoint::struck`] takes that out.

use std::{
    borrow::Cow,
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use thiserror::Error;

use crate::text;

/// Parts of an address that are shorter than this are no keys, and stand in a server's words by chance.
const SHORTEST_KEY: usize = 4;

/// Bytes of somebody else's words that are looked at.
const LOOKED_AT: usize = 8 << 10;

/// Characters of somebody else's words that are repeated.
pub const EXCERPT: usize = 200;

/// Why a text is no address of a server. The text is not repeated: it may hold a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    /// No `http://` or `https://` at its beginning.
    #[error("it begins with neither http:// nor https://")]
    Scheme,
    /// Nothing, or something else than a host, follows.
    #[error("it names no host")]
    Host,
    /// The port is no number below 65,536.
    #[error("its port is no port")]
    Port,
    /// Blanks or control characters.
    #[error("it holds blanks or control characters")]
    Blank,
}

/// The address of a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    whole: String,
    shown: String,
    /// Secrets that are sent along, and stand nowhere in the address.
    sent: Vec<String>,
}

impl Endpoint {
    /// Reads an address such as `https://me:password@node.example:8545/v3/KEY?more=KEY`.
    pub fn parse(address: &str) -> Result<Self, EndpointError> {
        Self::parse_as(address, &["http", "https"])
    }

    /// Reads the address of a socket, such as `wss://node.example/v3/KEY`.
    ///
    /// # Errors
    /// As [`Self::parse`]; an address of another kind has no fitting [scheme](EndpointError::Scheme).
    pub fn parse_socket(address: &str) -> Result<Self, EndpointError> {
        Self::parse_as(address, &["ws", "wss"])
    }

    fn parse_as(address: &str, schemes: &[&str]) -> Result<Self, EndpointError> {
        let address = address.trim();
        if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(EndpointError::Blank);
        }
        let (scheme, rest) = address.split_once("://").ok_or(EndpointError::Scheme)?;
        let scheme = schemes.iter().find(|known| scheme.eq_ignore_ascii_case(known));
        let scheme = scheme.ok_or(EndpointError::Scheme)?;
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let (name, port) = match host.strip_prefix('[') {
            Some(v6) => v6.split_once(']').ok_or(EndpointError::Host)?,
            None => host.split_at(host.find(':').unwrap_or(host.len())),
        };
        let plain = |c: char| c.is_alphanumeric() || ".-_:".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return Err(EndpointError::Host);
        }
        let number = port.strip_prefix(':').map_or(Ok(0), str::parse::<u16>);
        if number.is_err() || !(port.is_empty() || port.starts_with(':')) {
            return Err(EndpointError::Port);
        }
        Ok(Self {
            whole: address.to_owned(),
            shown: format!("{scheme}://{}", text::label(host)),
            sent: Vec::new(),
        })
    }

    /// The same, with secrets that are sent along, such as a password: they are struck as parts of the address are.
    #[must_use]
    pub fn sending(mut self, secrets: impl IntoIterator<Item = String>) -> Self {
        self.sent.extend(secrets);
        self
    }

    /// All of it, for the one who connects.
    pub fn exposed(&self) -> &str {
        &self.whole
    }

    /// Scheme, host and port.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether a name or password stands before the host.
    pub fn has_user(&self) -> bool {
        self.authority().contains('@')
    }

    /// Whether the host is this machine, which no proxy on another machine can reach.
    pub fn is_local(&self) -> bool {
        let host = self.authority().rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| {
            host.strip_prefix(local).is_some_and(|port| port.is_empty() || port.starts_with(':'))
        })
    }

    /// The address of something below this one: the path is put before a query, which stays.
    pub fn below(&self, path: &str) -> String {
        let (head, query) = match self.whole.find('?') {
            Some(at) => self.whole.split_at(at),
            None => (self.whole.as_str(), ""),
        };
        let query = if path.contains('?') { query.replacen('?', "&", 1) } else { query.to_owned() };
        format!("{}{path}{query}", head.trim_end_matches('/'))
    }

    /// What may be shown of that.
    pub fn shown_below(&self, path: &str) -> String {
        let rest = self.rest();
        let hidden = if rest.is_empty() || rest == "/" { "" } else { "/…" };
        format!("{}{hidden}{path}", self.shown)
    }

    /// Somebody else's words without what could be a key of this address, whatever its letter case, and without the
    /// hexadecimal digits of what surely is one.
    pub fn struck<'a>(&self, words: &'a str) -> Cow<'a, str> {
        let mut words = self.struck_from_data(words);
        for part in self.parts() {
            if let Some(struck) = without(&words, &part) {
                words = Cow::Owned(struck);
            }
        }
        words
    }

    /// Data of a chain without what is surely a key of this address, whatever its letter case, written out or as the
    /// hexadecimal digits of its letters. Shorter parts (`main`, `ethereum`) stand in data by chance, and stay.
    pub fn struck_from_data<'a>(&self, data: &'a str) -> Cow<'a, str> {
        let mut data = Cow::Borrowed(data);
        for part in self.parts().into_iter().filter(|part| is_surely_a_key(part)) {
            for form in [hex_of(&part), part] {
                if let Some(struck) = without(&data, &form) {
                    data = Cow::Owned(struck);
                }
            }
        }
        data
    }

    /// The beginning of somebody else's words, fit to be shown: struck, on one line, of at most [`EXCERPT`] characters.
    pub fn excerpt(&self, words: &[u8]) -> String {
        let words = String::from_utf8_lossy(words.get(..LOOKED_AT).unwrap_or(words));
        let struck = self.struck(words.trim());
        match struck.char_indices().nth(EXCERPT) {
            Some((at, _)) => text::label(&struck[..at]).into_owned(),
            None => text::label(&struck).into_owned(),
        }
    }

    fn authority(&self) -> &str {
        let rest = self.whole.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?', '#', '\\']).next().unwrap_or_default()
    }

    /// What follows the host.
    fn rest(&self) -> &str {
        let begin = self.whole.find("://").map_or(0, |at| at + 3) + self.authority().len();
        &self.whole[begin..]
    }

    /// What could be a key, as written and with its percent signs resolved, the longest first.
    fn parts(&self) -> Vec<String> {
        let user = self.authority().rsplit_once('@').map_or("", |(user, _)| user);
        let marks = ['/', '?', '&', '=', '#', ':', '@', ';', '\\'];
        let pieces = self.rest().split(marks).chain(user.split(':')).chain([user, self.rest()]);
        let pieces = pieces.chain(self.sent.iter().map(String::as_str));
        let mut parts: Vec<String> = pieces
            .flat_map(|piece| [piece.to_owned(), unescaped(piece)])
            .filter(|part| part.len() >= SHORTEST_KEY)
            .collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        parts.dedup();
        parts
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.shown)
    }
}

/// Scheme, host and port of an address; of what is none, that it is none.
pub fn shown(address: &str) -> String {
    Endpoint::parse(address).map_or_else(|_| "an address that cannot be read".to_owned(), |end| end.shown)
}

/// What may be shown of a text that was meant for the address of a server and is none: `node.example/KEY` without a scheme,
/// or with a mistyped one (`htp://node.example/KEY`, `http:/node.example/KEY`). `None` where it is an address, or looks like
/// none: the name of a file has neither `://` in it nor a host and a slash at its beginning.
pub fn mistyped(text: &str) -> Option<String> {
    let text = text.trim();
    if Endpoint::parse(text).is_ok() {
        return None;
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => match text.split_once('/').filter(|(head, _)| is_http(head.trim_end_matches(':'))) {
            Some((scheme, rest)) => (Some(scheme), rest.trim_start_matches('/')),
            None => (None, text),
        },
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let goes_on = authority.len() < rest.len();
    let has_password = authority.split_once('@').is_some_and(|(user, _)| user.contains(':'));
    let scheme = match scheme {
        None if (goes_on || has_password) && is_host(host) => String::new(),
        None => return None,
        // A word that is no scheme may be a key too.
        Some(scheme) if is_scheme(scheme) => format!("{}://", scheme.trim_end_matches(':')),
        Some(_) => "…://".to_owned(),
    };
    let shown = match host {
        "" => Cow::Borrowed(""),
        host if is_host(host) => text::label(host),
        _ => Cow::Borrowed("…"),
    };
    let more = if goes_on || shown != authority { "/…" } else { "" };
    Some(format!("{scheme}{shown}{more}"))
}

fn is_http(word: &str) -> bool {
    word.eq_ignore_ascii_case("http") || word.eq_ignore_ascii_case("https")
}

/// Whether a word may stand before `://`: a few letters.
fn is_scheme(word: &str) -> bool {
    let word = word.trim_end_matches(':');
    (1..=LONGEST_SCHEME).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Letters of the longest scheme that is shown.
const LONGEST_SCHEME: usize = 6;

/// Whether a text is the name or number of a host, with a port or without one, and not by chance: `localhost`, `127.0.0.1`,
/// `[::1]:8545`, `node.example`, `node:8545`.
fn is_host(text: &str) -> bool {
    if let Some(v6) = text.strip_prefix('[') {
        return v6.split_once(']').is_some_and(|(number, _)| number.parse::<Ipv6Addr>().is_ok());
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    let top = name.rsplit('.').next().unwrap_or_default();
    let is_name = name.split('.').all(is_label);
    let has_top = name.contains('.') && top.chars().count() > 1 && top.chars().all(char::is_alphabetic);
    name.parse::<Ipv4Addr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || (is_name && (has_top || port.is_some()))
}

/// A text with every address in it shown as scheme, host and port, and `/…` for what follows. For words that repeat what a
/// person or a library gave, such as an error's.
pub fn hide(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let Some(at) = rest.find("://") else { return out + rest };
        let of_scheme = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let begin = at - rest[..at].chars().rev().take_while(of_scheme).count();
        out.push_str(&rest[..begin]);
        rest = &rest[begin..];
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '|');
        let end = rest.find(ends).unwrap_or(rest.len());
        let address = rest[..end].trim_end_matches([':', ',', '.', ';', ')']);
        let named = address.split_once("://").map_or("", |(_, named)| named);
        match Endpoint::parse(address) {
            // Words that say what an address looks like.
            _ if matches!(named, "" | "HOST:PORT" | "HOST/PATH" | "ID") => out.push_str(address),
            Ok(end) if matches!(end.rest(), "" | "/") && !end.has_user() => out.push_str(address),
            Ok(end) => {
                out.push_str(end.shown());
                out.push_str("/…");
            }
            Err(_) => out.push_str(&mistyped(address).unwrap_or_else(|| "an address".to_owned())),
        }
        rest = &rest[address.len()..];
        if address.is_empty() {
            return out + rest;
        }
    }
}

/// `%2F` as `/`.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        let code = (first == b'%').then(|| more.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        if let Some(byte) = code {
            bytes.push(byte);
            rest = &more[2..];
        } else {
            bytes.push(first);
            rest = more;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether data holds this by no chance: a word or a short number does not tell.
fn is_surely_a_key(part: &str) -> bool {
    let is_word = part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = part.bytes().all(|byte| byte.is_ascii_hexdigit());
    part.len() >= 16 || (part.len() >= 6 && !is_word && !is_number)
}

fn hex_of(part: &str) -> String {
    use std::fmt::Write;
    part.bytes().fold(String::with_capacity(2 * part.len()), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The words with each occurrence of a part replaced by `…`; `None` where there is none.
fn without(words: &str, part: &str) -> Option<String> {
    // ASCII letters alone change, so places stay the same.
    let (lower, part) = (words.to_ascii_lowercase(), part.to_ascii_lowercase());
    let mut out = String::new();
    let mut done = 0;
    for (at, found) in lower.match_indices(&part) {
        out.push_str(&words[done..at]);
        out.push('…');
        done = at + found.len();
    }
    (done > 0).then(|| out + &words[done..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(address: &str) -> Endpoint {
        Endpoint::parse(address).expect("an address")
    }

    #[test]
    fn nothing_but_scheme_host_and_port_is_shown() {
        for (address, shown) in [
            ("http://127.0.0.1:8332", "http://127.0.0.1:8332"),
            ("https://me:secret@node.example:8545/v3/key?token=x#y", "https://node.example:8545"),
            ("HTTPS://node.example\\@evil/key", "https://node.example"),
            ("https://a@b@node.example/key", "https://node.example"),
            ("http://[::1]:8545/key", "http://[::1]:8545"),
            ("https://node.example?key=1", "https://node.example"),
        ] {
            let end = end(address);
            assert_eq!(end.shown(), shown);
            assert_eq!(format!("{end:?}"), format!("Endpoint({shown})"));
            assert_eq!(end.exposed(), address);
        }
        assert_eq!(shown("nonsense/KEY"), "an address that cannot be read");
    }

    #[test]
    fn the_address_of_a_socket_is_one_of_its_own() {
        let end = Endpoint::parse_socket(" WSS://me:pw@node.example:8546/v3/0123456789abcdef ")
            .expect("an address");
        assert_eq!((end.shown(), end.has_user()), ("wss://node.example:8546", true));
        assert_eq!(end.excerpt(b"no 0123456789ABCDEF here"), "no … here");
        assert_eq!(Endpoint::parse_socket("https://node.example"), Err(EndpointError::Scheme));
        assert_eq!(Endpoint::parse("ws://node.example"), Err(EndpointError::Scheme));
        assert_eq!(Endpoint::parse_socket("ws://"), Err(EndpointError::Host));
    }

    #[test]
    fn what_is_no_address_is_told_without_repeating_it() {
        for (address, error) in [
            ("ftp://node.example/KEY", EndpointError::Scheme),
            ("node.example:8545/KEY", EndpointError::Scheme),
            ("https:///KEY", EndpointError::Host),
            ("https://me:pw@/KEY", EndpointError::Host),
            ("https://a b/KEY", EndpointError::Blank),
            ("https://node.example:key/", EndpointError::Port),
            ("https://[::1/KEY", EndpointError::Host),
            ("https://no%20de/KEY", EndpointError::Host),
        ] {
            assert_eq!(Endpoint::parse(address), Err(error), "{address}");
            assert!(!error.to_string().contains("KEY"));
        }
    }

    #[test]
    fn paths_go_before_the_query() {
        assert_eq!(end("https://h/KEY/").below("/tx/1"), "https://h/KEY/tx/1");
        assert_eq!(end("https://h/api?key=K").below("/tx/1"), "https://h/api/tx/1?key=K");
        assert_eq!(end("https://h/?key=K").below("/tx/1?count=2"), "https://h/tx/1?count=2&key=K");
        assert_eq!(end("https://h/KEY/").shown_below("/tx/1"), "https://h/…/tx/1");
        assert_eq!(end("https://h/").shown_below("/tx/1"), "https://h/tx/1");
    }

    #[test]
    fn a_servers_words_lose_the_key() {
        let end = end("https://me:hunter2@h/v3/SeCret%2Fkey/?apikey=abcdef&x=1");
        let said =
            end.excerpt(b"no such project: secret%2fkey (or SeCret/key), abcdef, hunter2 \x1b[2J of me");
        assert_eq!(said, "no such project: … (or …), …, … �[2J of me");
        assert_eq!(end.excerpt("x".repeat(500).as_bytes()).chars().count(), EXCERPT);
    }

    #[test]
    fn addresses_in_a_text_are_hidden() {
        let text = "bad value 'https://u:p@h:1/KEY?x=1' (see HTTP://h2/KEY, http://h3:8): http://h4/; http:///KEY; give http:// or https://HOST/PATH";
        let hidden = "bad value 'https://h:1/…' (see http://h2/…, http://h3:8): http://h4/; http:///…; give http:// or https://HOST/PATH";
        assert_eq!(hide(text), hidden);
    }

    #[test]
    fn a_mistyped_address_is_told_from_a_file_and_shows_no_more_than_its_server() {
        for (text, shown) in [
            ("127.0.0.1/KEY", "127.0.0.1/…"),
            ("127.0.0.1:8545/KEY", "127.0.0.1:8545/…"),
            ("[::1]:8545/KEY", "[::1]:8545/…"),
            ("localhost/KEY", "localhost/…"),
            ("node:8545/KEY", "node:8545/…"),
            ("node.example/v3/KEY?a=KEY", "node.example/…"),
            ("node.example?key=KEY", "node.example/…"),
            ("me:KEY@node.example", "node.example/…"),
            ("me:KEY@127.0.0.1:8332/", "127.0.0.1:8332/…"),
            ("htp://node.example/KEY", "htp://node.example/…"),
            ("htp://KEY", "htp://…/…"),
            ("KEY123KEY://node.example", "…://node.example"),
            ("http:/node.example/KEY", "http://node.example/…"),
            ("https//node.example/KEY", "https://node.example/…"),
            ("wss://node.example/KEY", "wss://node.example/…"),
            ("http:///KEY", "http:///…"),
            ("http://a b/KEY", "http://…/…"),
        ] {
            assert_eq!(mistyped(text).as_deref(), Some(shown), "{text}");
            let is_one_word = text.contains("://") && !text.contains(' ');
            assert!(!is_one_word || !hide(&format!("opening {text}: no")).contains("KEY"), "{text}");
        }
        for other in [
            "https://node.example/KEY",
            "queue.json",
            "./node.example/x",
            "/etc/hosts",
            "../x.y/z",
            "data/lists.csv",
            "v1.2/x",
            "conf.d/x",
            "C:/x",
            "node.example",
            "127.0.0.1:8545",
            "-",
            "",
            "env:NAME",
            "@file",
            "https",
        ] {
            assert_eq!(mistyped(other), None, "{other}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for local in ["http://127.0.0.1:1/x", "http://localhost", "http://u:p@LOCALHOST:8/", "http://[::1]:9"]
        {
            assert!(end(local).is_local(), "{local}");
        }
        for far in ["http://127.0.0.1.example", "http://localhost.example", "http://10.0.0.1"] {
            assert!(!end(far).is_local(), "{far}");
        }
    }
}
