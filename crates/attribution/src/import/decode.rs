//! Bytes to text: UTF-8, UTF-16 and UTF-32 with or without their mark, else Windows-1252, which every byte is.

use std::borrow::Cow;

use super::collect::Collector;

/// What Windows-1252 has in the places where Latin-1 has control characters; five of them are unused.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file. A byte-order mark is taken off.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return decode(rest);
    }
    if let Some(order) = utf32(bytes) {
        return Cow::Owned(from_utf32(bytes, order));
    }
    if let Some(order) = utf16(bytes) {
        return Cow::Owned(from_utf16(bytes, order));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(windows_1252(bytes)),
    }
}

/// The text of a table with ends of line where another character parts its lines, as in what some programs write: one of
/// Unicode's own, or that of mainframes.
pub(super) fn lines(text: Cow<'_, str>) -> Cow<'_, str> {
    const ENDS: [char; 3] = ['\u{2028}', '\u{2029}', '\u{85}'];
    if text.contains(['\n', '\r']) || !text.contains(ENDS) {
        return text;
    }
    Cow::Owned(text.replace(ENDS, "\n"))
}

/// Says what a file that is not UTF-8 was read as.
pub(super) fn remark(bytes: &[u8], out: &mut Collector) {
    let what = if utf32(bytes).is_some() {
        "UTF-32"
    } else if utf16(bytes).is_some() {
        "UTF-16"
    } else if std::str::from_utf8(bytes).is_err() {
        "Windows-1252"
    } else {
        return;
    };
    out.warn("the whole list", format!("its text is not UTF-8; read as {what}"));
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// Whether a mark of UTF-16 or UTF-32 may begin with these two bytes.
pub(super) const fn may_be_marked(first: [u8; 2]) -> bool {
    matches!(first, [0xff, 0xfe] | [0xfe, 0xff] | [0, 0])
}

/// Told by the mark, or by three zeros beside each of the first characters, as in no text of another kind.
fn utf32(bytes: &[u8]) -> Option<Order> {
    let (first, _) = bytes.get(..64.min(bytes.len())).unwrap_or_default().as_chunks::<4>();
    let all = |is: fn(&[u8; 4]) -> bool| first.len() >= 2 && first.iter().all(is);
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => Some(Order::Little),
        [0, 0, 0xfe, 0xff, ..] => Some(Order::Big),
        _ if all(|four| matches!(four, [1..=u8::MAX, 0, 0, 0])) => Some(Order::Little),
        _ if all(|four| matches!(four, [0, 0, 0, 1..=u8::MAX])) => Some(Order::Big),
        _ => None,
    }
}

fn from_utf32(bytes: &[u8], order: Order) -> String {
    let (fours, _) = bytes.as_chunks::<4>();
    let units = fours.iter().map(|four| match order {
        Order::Little => u32::from_le_bytes(*four),
        Order::Big => u32::from_be_bytes(*four),
    });
    let text = units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
    text.skip_while(|c| *c == '\u{feff}').collect()
}

/// Told by the mark, or by every second of the first bytes being zero, as in no text of another kind.
fn utf16(bytes: &[u8]) -> Option<Order> {
    let zeros = |from: usize| {
        let sample = bytes.get(..64.min(bytes.len() & !1)).unwrap_or_default();
        sample.len() >= 4 && sample.iter().skip(from).step_by(2).all(|byte| *byte == 0)
    };
    match bytes {
        [0xff, 0xfe, ..] => Some(Order::Little),
        [0xfe, 0xff, ..] => Some(Order::Big),
        _ if zeros(1) && !zeros(0) => Some(Order::Little),
        _ if zeros(0) && !zeros(1) => Some(Order::Big),
        _ => None,
    }
}

fn from_utf16(bytes: &[u8], order: Order) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| match order {
        Order::Little => u16::from_le_bytes(*pair),
        Order::Big => u16::from_be_bytes(*pair),
    });
    let text = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
    text.skip_while(|c| *c == '\u{feff}').collect()
}

/// The text that these bytes are in Windows-1252, in which every byte is some character.
pub fn windows_1252(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| from_1252(*byte)).collect()
}

fn from_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        other => char::from(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_the_encodings_that_offices_use() {
        assert_eq!(decode(b"\xef\xbb\xbfa"), "a");
        assert_eq!(decode(b"\xff\xfea\0b\0"), "ab");
        assert_eq!(decode(b"\xfe\xff\0a\0b"), "ab");
        assert_eq!(decode(b"\xff\xfe\0\0a\0\0\0b\0\0\0"), "ab");
        assert_eq!(decode(b"\0\0\xfe\xff\0\0\0a\0\0\0b"), "ab");
        assert_eq!(decode(b"a\0\0\0b\0\0\0"), "ab");
        assert_eq!(decode(b"\0\0\0a\0\0\0b"), "ab");
        assert_eq!(decode(b"a\0b\0c\0"), "abc");
        assert_eq!(decode(b"O\x92Neil \x8a \xe9"), "O’Neil Š é");
        assert_eq!(decode("é".as_bytes()), "é");
    }
}
