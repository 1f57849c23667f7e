//! Addresses as people paste them: with a scheme, a query or invisible characters around them.

use std::borrow::Cow;

use tracehound_model::Address;

/// An address text with what is no part of it taken off.
pub(super) struct Bare<'t> {
    pub(super) text: Cow<'t, str>,
    /// What was taken off, for a person; `None` when nothing was.
    pub(super) dropped: Option<&'static str>,
}

/// The address in `written`. Only a text that is no address as it stands, and is one without the rest, is changed.
pub(super) fn bare(written: &str) -> Bare<'_> {
    let whole = written.trim();
    let as_it_stands = Bare { text: Cow::Borrowed(whole), dropped: None };
    if whole.len() > 500 || Address::parse(whole).is_ok() {
        return as_it_stands;
    }
    let visible: String =
        whole.chars().filter(|c| !is_invisible(*c) && !c.is_control() && !c.is_whitespace()).collect();
    let (visible, mut dropped) = match visible.trim() {
        same if same.len() == whole.len() => (whole, None),
        other => (other, Some("spaces or invisible characters were")),
    };
    let without_query = visible.split(['?', '#']).next().unwrap_or_default();
    let scheme_and_rest = without_query.rsplit_once(':');
    let rest = scheme_and_rest.map_or(without_query, |(_, rest)| rest);
    let rest = rest.trim_start_matches('/').split('@').next().unwrap_or_default();
    let is_hex = |text: &str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let candidates = [
        (visible.to_owned(), None),
        (without_query.to_owned(), Some("a query was")),
        (rest.to_owned(), Some("a scheme or query was")),
        // Ronin writes `ronin:` and XDC writes `xdc` where others write `0x`.
        (
            rest.strip_prefix("xdc")
                .or(scheme_and_rest.map(|_| rest))
                .filter(|hex| is_hex(hex))
                .map_or_else(String::new, |hex| format!("0x{hex}")),
            Some("a chain's own prefix was"),
        ),
        // Tron's 21 bytes in hexadecimal, written as Ethereum writes its 20.
        (
            rest.strip_prefix("0x41")
                .filter(|hex| is_hex(hex))
                .map_or_else(String::new, |hex| format!("41{hex}")),
            Some("`0x` was"),
        ),
    ];
    for (text, what) in candidates {
        if Address::parse(&text).is_ok() {
            dropped = what.or(dropped);
            return Bare { text: Cow::Owned(text), dropped };
        }
    }
    as_it_stands
}

/// Characters without a shape of their own: spaces of no width, marks of direction and byte order.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_an_address_comes_off_and_is_named() {
        let evm = "0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37";
        let bitcoin = "1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4";
        for (written, address) in [
            ("eth:0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37", evm),
            ("eip155:1:0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37", evm),
            ("ethereum:0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37@1?value=1", evm),
            ("ronin:ec31682fde561917952ff78a7a8adeffd0febc37", evm),
            ("xdcec31682fde561917952ff78a7a8adeffd0febc37", evm),
            ("\u{feff}0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37", evm),
            ("bitcoin:1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4?amount=0.1", bitcoin),
            ("1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4\u{200b}", bitcoin),
            ("1NXsf8VVjGqvjN cXkQMdhwDTZgQvrijAd4", bitcoin),
            ("0xeC31682FDE561917952F\u{a0}f78A7a8adEfFd0FEbc37\0", evm),
        ] {
            let bare = bare(written);
            assert_eq!(Address::parse(&bare.text), Address::parse(address), "{written}");
            assert!(bare.dropped.is_some(), "{written}");
        }
        for as_it_is in [evm, bitcoin, "nonsense:at all", "", "bc1pfeessrawgf"] {
            assert_eq!(bare(as_it_is).text, as_it_is);
            assert!(bare(as_it_is).dropped.is_none());
        }
    }
}
