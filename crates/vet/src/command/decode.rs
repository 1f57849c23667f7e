//! Encodings that hide what a text says.

use base64::{
    Engine, alphabet,
    engine::DecodePaddingMode,
    engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig},
};

/// Bytes of a decoded text that are kept.
const MAX_TEXT: usize = 1 << 16;

fn engine() -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, config)
}

/// Bytes from base64 of either alphabet, line ends in it aside.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .take(4 * MAX_TEXT)
        .collect();
    engine().decode(plain).ok()
}

/// Bytes from hexadecimal.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b':').take(4 * MAX_TEXT).collect();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(pair).collect()
}

/// The text behind hexadecimal or base64, where it is one that a person could have written.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let reversed = || base64(&text.chars().rev().collect::<String>());
    [hex(text), base64(text), reversed()].into_iter().flatten().find_map(|bytes| readable(&bytes))
}

/// Whether a text looks as if it stood for another one: short where what it stands for can be read, long where it cannot.
pub(crate) fn is_encoded(text: &str) -> bool {
    let text = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-\n\r".contains(&byte);
    if text.len() < 4 || !text.bytes().all(fits) {
        return false;
    }
    let kinds = [u8::is_ascii_digit, u8::is_ascii_uppercase, u8::is_ascii_lowercase];
    let mixed = kinds.iter().filter(|kind| text.bytes().any(|byte| kind(&byte))).count();
    let path = text.matches('/').count() * 12 > text.len() || text.contains('-') && text.contains('/');
    (text.len() >= 40 && mixed == 3 && !path) || decoded(text).is_some_and(|plain| plain.is_ascii())
}

/// The bytes as text, where nearly all of it is printable.
pub(crate) fn readable(bytes: &[u8]) -> Option<String> {
    if bytes.len() < 2 {
        return None;
    }
    let text = std::str::from_utf8(&bytes[..bytes.len().min(MAX_TEXT)]).ok()?;
    let odd = text.chars().filter(|c| c.is_control() && !c.is_ascii_whitespace()).count();
    (odd == 0).then(|| text.to_owned())
}

/// Base64 of UTF-16, as PowerShell takes a command.
pub(super) fn utf16(text: &str) -> Option<String> {
    let bytes = base64(text.trim_matches(['"', '\'']))?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let text = String::from_utf16(&units).ok()?;
    readable(text.as_bytes())
}

/// A text with `\x41` and `\101` as the characters that they stand for.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (digits, radix, most) = match rest.strip_prefix('x') {
            Some(digits) => (digits, 16, 2),
            None => (rest, 8, 4),
        };
        let end = digits.bytes().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).count();
        match u8::from_str_radix(&digits[..end], radix) {
            Ok(byte) => {
                out.push(char::from(byte));
                rest = &digits[end..];
            }
            Err(_) => out.push('\\'),
        }
    }
    out.push_str(rest);
    out
}
