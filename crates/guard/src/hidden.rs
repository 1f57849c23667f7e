//! Texts where a person does not see them: in digits within another text, and among the bytes of a call.

use base64::{Engine as _, engine::GeneralPurpose};

/// Texts that stand within another in base64 or hexadecimal digits, word by word, or all of it together; where a program would
/// read them and a person does not.
pub(crate) fn hidden_texts(text: &str) -> Vec<String> {
    /// Fewer bytes read as letters by chance.
    const LEAST: usize = 8;
    let lenient = base64::engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let plain = GeneralPurpose::new(&base64::alphabet::STANDARD, lenient);
    let for_urls = GeneralPurpose::new(&base64::alphabet::URL_SAFE, lenient);
    let is_text = |bytes: &Vec<u8>| {
        bytes.len() >= LEAST
            && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
            && bytes.iter().any(u8::is_ascii_alphabetic)
    };
    let decoded = |word: &str| {
        let digits = hex::decode(word.strip_prefix("0x").unwrap_or(word)).ok();
        // Digits of an address may be letters by chance, and hold no blank.
        let digits = digits.filter(|bytes| bytes.contains(&b' ') && is_prose(bytes));
        let all = [digits, plain.decode(word).ok(), for_urls.decode(word).ok()];
        let bytes = all.into_iter().flatten().find(is_text)?;
        String::from_utf8(bytes).ok()
    };
    let ends = |c: char| c.is_whitespace() || "\"'`,;:.()[]{}<>|".contains(c);
    let joined: String = text.split_whitespace().collect();
    let words = text.split(ends).chain((joined != text.trim()).then_some(&joined[..]));
    words.filter(|word| word.len() > LEAST).filter_map(decoded).collect()
}

/// The texts among some bytes: all of them where they are one, else runs that are long enough to be none by chance.
pub(crate) fn texts_within(bytes: &[u8]) -> Vec<String> {
    /// Shorter runs of letters are found among any bytes.
    const LEAST: usize = 16;
    let is_printed = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.chars().all(is_printed)
    {
        return if text.trim().is_empty() { Vec::new() } else { vec![text.to_owned()] };
    }
    let text = String::from_utf8_lossy(bytes);
    let runs = text.split(|c: char| c == char::REPLACEMENT_CHARACTER || !is_printed(c));
    runs.filter(|run| run.len() >= LEAST && is_prose(run.as_bytes())).map(str::to_owned).collect()
}

/// Whether bytes are plain letters for the most part, and nothing that is not printed.
pub(crate) fn is_prose(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let is_printed = |c: char| c == '\n' || c == '\r' || c == '\t' || !c.is_control();
    let plain = text.chars().filter(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '\n')).count();
    text.chars().all(is_printed) && plain * 4 >= bytes.len() * 3
}
