//! Digital currency addresses as OFAC's forms have them: "Digital Currency Address - XBT 1…". People type that: letter case,
//! dashes and blanks vary, and the asset may be missing.

use tracehound_model::Pasted;

use super::{
    collect::{Collector, Said},
    text,
};
use crate::ImportError;

/// The words, without what stands between them.
const WORDS: &[&str] = &["digitalcurrencyaddress", "digitalcurrencywalletaddress"];
/// Letters of a text that is cut off from which on it is taken to have begun with the words.
const TELLING: usize = "digital".len();
/// Longest code of an asset.
const ASSET: usize = 10;
/// A text this long that is no address we know may be one of a chain that we do not know.
const IDENTIFIER: usize = 20;

/// What a field of addresses says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'t> {
    /// Under which asset.
    pub(super) asset: Option<&'t str>,
    /// One address as a rule.
    pub(super) text: &'t str,
}

/// What may stand between the words, and between them and what follows.
fn is_filler(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | ':' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// How many bytes of `text` are the words, where it begins with them.
fn words_end(text: &str) -> Option<usize> {
    let ends = WORDS.iter().find_map(|words| {
        let mut left = words.chars();
        let mut next = left.next();
        for (at, c) in text.char_indices() {
            match next {
                None => return Some(at),
                Some(letter) if c.eq_ignore_ascii_case(&letter) => next = left.next(),
                Some(_) if at > 0 && is_filler(c) => {}
                Some(_) => return None,
            }
        }
        next.is_none().then_some(text.len())
    });
    let end = ends?;
    let rest = text[end..].strip_prefix(['e', 'E']).and_then(|rest| rest.strip_prefix(['s', 'S']));
    let is_plural = rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    Some(if is_plural { end + 2 } else { end })
}

/// What follows the words in the name of a field: the asset, empty where it tells none. `None`: no field of addresses.
pub(super) fn asset_of(name: &str) -> Option<&str> {
    let name = name.trim();
    Some(name[words_end(name)?..].trim_matches(is_filler))
}

/// The fields in a text, each up to the next.
pub(super) fn fields(text: &str) -> Vec<Field<'_>> {
    let starts = text.char_indices().filter(|(_, c)| c.eq_ignore_ascii_case(&'d'));
    let found: Vec<(usize, usize)> =
        starts.filter_map(|(at, _)| Some((at, at + words_end(&text[at..])?))).collect();
    let ends = found.iter().skip(1).map(|(at, _)| *at).chain([text.len()]);
    let said = found.iter().zip(ends).map(|((_, from), to)| field(&text[*from..to]));
    said.collect()
}

/// What stands in a field: the asset before the address, where there is one.
pub(super) fn field(text: &str) -> Field<'_> {
    let text = text.trim_matches(is_filler);
    let bare = Field { asset: None, text };
    let first = text.split(|c: char| is_filler(c) || c == ',').next().unwrap_or_default();
    let rest = text[first.len()..].trim_start_matches(|c| is_filler(c) || c == ',');
    let is_code =
        |code: &str| (1..=ASSET).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    // Blanks may stand in an address, and what looks like a scheme before one.
    if is_code(first) && (is_address(rest) || !is_address(text)) {
        return Field { asset: Some(first), text: rest };
    }
    // The blank between the two may be missing.
    let glued = (2..=ASSET).filter_map(|at| text.split_at_checked(at));
    let mut glued = glued.filter(|(asset, rest)| is_code(asset) && is_address(rest));
    match glued.next() {
        Some((asset, text)) if !is_address(bare.text) => Field { asset: Some(asset), text },
        _ => bare,
    }
}

/// Whether it is an address, whatever is around it.
pub(super) fn is_address(text: &str) -> bool {
    text.len() >= IDENTIFIER && Pasted::read(text).is_ok()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'));
    words.map(|word| word.trim_matches(['.', '(', ')', '{', '}', '\'', '"'])).filter(|word| !word.is_empty())
}

/// The addresses among the words of a text.
pub(super) fn addresses(text: &str) -> Vec<&str> {
    words(text).filter(|word| is_address(word)).collect()
}

/// Whether a text holds addresses and no other words.
pub(super) fn is_all_addresses(text: &str) -> bool {
    text.len() >= IDENTIFIER && words(text).next().is_some() && words(text).all(is_address)
}

/// Words beside an address that make no sentence: "BTC: ADDRESS", "see also ADDRESS", a link to it.
const FEW: usize = 3;

/// The addresses of a text that holds little else.
pub(super) fn among_few_words(text: &str) -> Vec<&str> {
    let is_between = |letter: char| !letter.is_alphanumeric();
    let (mut found, mut others) = (Vec::new(), 0);
    for word in text.split_whitespace() {
        let before = found.len();
        found.extend(word.split(is_between).filter(|part| is_address(part)));
        let is_other = found.len() == before && word.chars().any(char::is_alphanumeric);
        others += usize::from(is_other);
    }
    if others > FEW { Vec::new() } else { found }
}

/// Whether a text that is cut off at its end may go on as a field of addresses, or inside one.
pub(super) fn may_go_on(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| !is_filler(*c)).map(|c| c.to_ascii_lowercase()).collect();
    let begun = letters.strip_prefix("alt.").unwrap_or(&letters);
    let begins = begun.len() >= TELLING && WORDS.iter().any(|words| words.starts_with(begun));
    begins || !fields(text).is_empty()
}

/// Whether a field in a text has its address.
pub(super) fn has_address(text: &str) -> bool {
    fields(text).iter().any(|field| is_address(field.text) || !addresses(field.text).is_empty())
}

/// The fields in a remark, whose parts stand between semicolons. An address by itself goes on with the field before it.
pub(super) fn in_remark(remark: &str) -> impl Iterator<Item = Field<'_>> {
    let mut before: Option<Field<'_>> = None;
    remark.split(';').flat_map(move |part| {
        let mut found = fields(part);
        let text = part.trim();
        if let (true, true, Some(field)) = (found.is_empty(), is_address(text), before) {
            found.push(Field { text, ..field });
        }
        before = found.last().copied();
        found
    })
}

/// Takes what stands in a field of addresses: every one, and a word for what is none.
pub(super) fn take(
    field: &Field<'_>,
    place: &str,
    out: &mut Collector,
    said: impl Fn(Option<String>) -> Said,
) -> Result<(), ImportError> {
    let Field { asset, text } = field;
    let said = || said(asset.map(str::to_owned));
    if text.is_empty() {
        let asset = asset.map_or_else(String::new, |asset| format!(" of `{}`", text::shorten(asset)));
        out.refuse(place, format!("a digital currency address{asset} is announced, and none follows"));
        return Ok(());
    }
    // One address, be it with blanks in it, or what is none and stands for itself.
    if is_address(text) || addresses(text).is_empty() {
        return out.claim_about(text, place, said());
    }
    for word in words(text) {
        if word.len() >= IDENTIFIER {
            out.claim_about(word, place, said())?;
        } else {
            out.warn(place, format!("`{}` stands beside an address and is not read", text::shorten(word)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";

    #[test]
    fn an_address_by_itself_goes_on_with_the_field_before_it() {
        let remark = format!("DOB 1970; Digital Currency Address - XBT {A}; {A}; Passport 1; {A}");
        let found: Vec<_> = in_remark(&remark).map(|field| (field.asset, field.text)).collect();
        assert_eq!(found, [(Some("XBT"), A), (Some("XBT"), A)]);
    }

    #[test]
    fn a_field_is_told_in_whatever_way_its_words_are_written() {
        for (written, asset) in [
            ("Digital Currency Address - XBT ", Some("XBT")),
            ("alt. Digital Currency Address - XBT", Some("XBT")),
            ("DIGITAL CURRENCY ADDRESS - XBT ", Some("XBT")),
            ("Digital Currency Address-XBT: ", Some("XBT")),
            ("digital currency addresses \u{2013} XBT, ", Some("XBT")),
            ("Digital  Currency\u{a0}Wallet Address XBT ", Some("XBT")),
            ("Digital Currency Address ", None),
            ("DigitalCurrencyAddress:", None),
        ] {
            assert_eq!(fields(&format!("{written}{A}")), [Field { asset, text: A }], "{written}");
        }
        let both = format!("Digital Currency Address - XBT {A} alt. Digital Currency Address - ETH 0x1");
        let assets: Vec<_> = fields(&both).into_iter().map(|field| field.asset).collect();
        assert_eq!(assets, [Some("XBT"), Some("ETH")]);
        for other in ["Digital Currency", "Email Address x", "DOB 1990", "", "d", "Currency Address XBT"] {
            assert_eq!(fields(other), [], "{other}");
        }
    }

    #[test]
    fn the_name_of_a_field_tells_its_asset() {
        assert_eq!(asset_of("Digital Currency Address - XBT"), Some("XBT"));
        assert_eq!(asset_of("DIGITAL CURRENCY ADDRESS"), Some(""));
        assert_eq!(asset_of("Passport"), None);
    }
}
