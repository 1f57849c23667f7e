//! Addresses that a text names, however it is written.

use alloy_primitives::{Address as EvmAddress, U256};
use tracehound_model::Address;
use unicode_normalization::UnicodeNormalization;

/// Lengths between which an address is looked for, in bytes: the shortest and the longest form that [`Address::parse`] reads.
const LENGTHS: std::ops::RangeInclusive<usize> = 20..=120;

/// Bytes of an address of EVM chains.
pub(crate) const LENGTH: usize = 20;

/// Every place of some bytes where an address of EVM chains may stand: at any byte, whatever stands around it. Numbers and padding
/// begin with eight zeros, as no address does. O(bytes).
pub(crate) fn windows(bytes: &[u8]) -> Vec<(usize, EvmAddress)> {
    let windows = bytes.windows(LENGTH).enumerate().filter(|(_, window)| window[..8] != [0; 8]);
    windows.map(|(at, window)| (at, EvmAddress::from_slice(window))).collect()
}

/// Most calls among the arguments of one call that are looked into.
const INNER: usize = 64;

/// Whether a word is a number rather than an address, though as long as one: many zeros before it, and many behind it in base ten or
/// two. To find an address of this form takes 2^64 tries.
fn is_number(word: EvmAddress) -> bool {
    let mut number = U256::from_be_slice(word.as_slice());
    let zeros = number.leading_zeros().saturating_sub(256 - 160);
    let in_two = number.trailing_zeros();
    let mut in_ten = 0;
    while in_ten < 48 && number % U256::from(10) == U256::ZERO {
        number /= U256::from(10);
        in_ten += 1;
    }
    // A power of ten is three bits and a third.
    zeros + in_two.max(in_ten * 10 / 3) >= 64
}

/// Addresses that stand among bytes as text: `0x` and forty digits, no more. O(bytes).
fn written(bytes: &[u8]) -> impl Iterator<Item = EvmAddress> {
    const DIGITS: usize = 2 * LENGTH;
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let begins = bytes.windows(2 + DIGITS).enumerate();
    let begins = begins.filter(|(_, text)| text[0] == b'0' && matches!(text[1], b'x' | b'X'));
    let whole = begins.filter(move |(at, _)| !is_digit(at + 2 + DIGITS));
    whole.filter_map(|(_, text)| std::str::from_utf8(&text[2..]).ok()?.parse().ok())
}

/// Words of a call's arguments that hold an address as the ABI pads it, also those of calls among the arguments: bytes behind a word
/// with their number, four more than whole words; bytes that are an address and no more; and texts that spell one. Numbers of 97 to
/// 160 bits look like an address, if they are not round. With whether all such calls were looked into. O(bytes).
pub(crate) fn words(arguments: &[u8]) -> (Vec<EvmAddress>, bool) {
    const WORD: usize = 32;
    let (mut found, mut parts) = (Vec::new(), vec![arguments]);
    let mut next = 0;
    while let Some(data) = parts.get(next).copied().filter(|_| next <= INNER) {
        next += 1;
        for (index, word) in data.chunks_exact(WORD).enumerate() {
            if word[..12] == [0; 12] && word[12..20] != [0; 8] {
                found.push(EvmAddress::from_slice(&word[12..]));
            }
            let (high, low) = word.split_at(WORD - 4);
            let length = u32::from_be_bytes([low[0], low[1], low[2], low[3]]) as usize;
            let behind = data.get((index + 1) * WORD..).unwrap_or_default();
            if length == LENGTH
                && high.iter().all(|byte| *byte == 0)
                && let Some((address, padding)) =
                    behind.get(..WORD).and_then(|word| word.split_first_chunk::<LENGTH>())
                && padding.iter().all(|byte| *byte == 0)
            {
                found.push(EvmAddress::from(*address));
            }
            let is_call = high.iter().all(|byte| *byte == 0) && length % WORD == 4;
            // The words behind it are looked at as they stand too: whoever wrote the number may have meant that.
            if let Some(inner) = behind.get(4..length)
                && is_call
                && parts.len() <= INNER + 1
            {
                parts.push(inner);
            }
        }
    }
    found.extend(written(arguments));
    found.retain(|address| !is_number(*address));
    (found, parts.len() <= INNER + 1)
}

/// What may be an address of EVM chains in a text, with `0x` and without, glued to what stands beside, in wide letters, broken into
/// groups by whatever is no letter and no digit, or by words. O(bytes).
pub(crate) fn evm(text: &str) -> Vec<EvmAddress> {
    let seen = || text.nfkc().filter(|c| !is_unseen(*c) || c.is_whitespace());
    let mut found = Vec::new();
    let mut run = Vec::new();
    for c in seen() {
        match nibble(c) {
            Some(nibble) => run.push(nibble),
            None if c.is_alphanumeric() => addresses_in(&mut run, &mut found),
            None => {}
        }
    }
    addresses_in(&mut run, &mut found);
    // The same of those words alone that are digits.
    let plain: String = seen().collect();
    for word in hexadecimal(&plain).flatten() {
        run.extend(word.chars().filter_map(nibble));
    }
    addresses_in(&mut run, &mut found);
    found
}

/// Words of hexadecimal digits, without `0x`, in their order; nothing where another word stands.
fn hexadecimal(text: &str) -> impl Iterator<Item = Option<&str>> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| {
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        (digits.chars().all(|c| nibble(c).is_some())).then_some(digits)
    })
}

/// Addresses of EVM chains that a text spells out, in one word or in words next to each other: forty digits, no more and no less.
pub(crate) fn spelt(text: &str) -> Vec<EvmAddress> {
    const DIGITS: usize = 2 * LENGTH;
    let plain: String = text.nfkc().filter(|c| !is_unseen(*c) || c.is_whitespace()).collect();
    let mut found = Vec::new();
    let mut before: Vec<&str> = Vec::new();
    for word in hexadecimal(&plain) {
        let Some(word) = word else {
            before.clear();
            continue;
        };
        before.push(word);
        let mut digits = String::new();
        for word in before.iter().rev().take(DIGITS) {
            digits.insert_str(0, word);
            if digits.len() > DIGITS {
                break;
            }
            if digits.len() == DIGITS
                && let Ok(address) = digits.parse()
            {
                found.push(address);
            }
        }
    }
    found
}

fn nibble(c: char) -> Option<u8> {
    c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Every forty digits in a row, of which nothing is left.
fn addresses_in(run: &mut Vec<u8>, found: &mut Vec<EvmAddress>) {
    for digits in run.windows(2 * LENGTH) {
        let address = std::array::from_fn(|at| digits[2 * at] << 4 | digits[2 * at + 1]);
        found.push(EvmAddress::new(address));
    }
    run.clear();
}

fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// The addresses of any chain but those of EVM chains that stand in a text as words of their own, or behind a scheme
/// (`bitcoin:bc1...`, `SWAP:BTC.BTC:bc1...:0`). O(bytes).
pub(crate) fn addresses(text: &str) -> Vec<Address> {
    let plain: String = text.nfkc().filter(|c| !is_unseen(*c) || c.is_whitespace()).collect();
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    // Orders to routers hold theirs between colons.
    let forms = words.flat_map(|word| {
        let parts = word.split(':').filter(|part| part.len() < word.len());
        std::iter::once(word.trim_matches(':')).chain(parts)
    });
    let fitting = forms.filter(|form| LENGTHS.contains(&form.len()));
    let read = fitting.filter_map(|form| Address::parse(form).ok());
    read.filter(|address| !matches!(address, Address::Evm(_))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_however_a_text_holds_it() {
        for text in [
            "send to 149w62rY42aZBox8fGcmqNsXUzSStKeq8C",
            "send to bitcoin:149w62rY42aZBox8fGcmqNsXUzSStKeq8C?amount=1",
            "(149w62rY42aZBox8fGcmqNsXUzSStKeq8C)",
            "149w62rY\u{200b}42aZBox8fGcmqNsXUzSStKeq8C",
            "\u{ff11}49w62rY42aZBox8fGcmqNsXUzSStKeq8C, please",
            "SWAP:BTC.BTC:149w62rY42aZBox8fGcmqNsXUzSStKeq8C:0/1/0:t",
        ] {
            let found: Vec<String> = addresses(text).iter().map(ToString::to_string).collect();
            assert_eq!(found, ["149w62rY42aZBox8fGcmqNsXUzSStKeq8C"], "{text}");
        }
        assert!(addresses("Welcome to our application, please sign in below").is_empty());
    }

    #[test]
    fn words_of_calls_among_the_arguments_are_found() {
        let word = |number: u8| [vec![0; 31], vec![number]].concat();
        let address = |byte: u8| [vec![0; 12], vec![byte; 20]].concat();
        // A call with one address, behind a number and its own length.
        let call = [vec![1; 4], address(7), vec![0; 28]].concat();
        let data = [word(64), address(8), word(36), call].concat();
        let [seven, eight] = [7, 8].map(EvmAddress::repeat_byte);
        let (found, is_whole) = words(&data);
        assert!(is_whole && found == [eight, seven], "{found:?}");
        // A number that looks like a length hides nothing.
        let (found, _) = words(&[word(36), address(9), word(0)].concat());
        assert!(found.contains(&EvmAddress::repeat_byte(9)), "{found:?}");
        let (found, is_whole) = words(&[word(4), address(8)].concat().repeat(100));
        assert!(!is_whole && found.contains(&eight));
        let many = [[vec![0; 30], vec![0x40, 0x04]].concat(), word(36)].concat().repeat(2_000);
        assert!(!words(&many).1);
    }

    #[test]
    fn digits_of_an_address_are_found_whatever_stands_between_them() {
        const ADDRESS: &str = "098b716b8aaf21512996dc57eb0615e2383e2f96";
        let address: EvmAddress = ADDRESS.parse().expect("an address");
        let groups = |length: usize, between: &str| {
            let groups: Vec<&str> =
                (0..40).step_by(length).map(|at| &ADDRESS[at..40.min(at + length)]).collect();
            groups.join(between)
        };
        for between in ["-", " ", "\n", ", ", ".", "/", "_", "|", "::", "\u{200b}", "\u{2013}", " - 0x"] {
            let text = format!("code {}.", groups(8, between));
            assert!(evm(&text).contains(&address) && spelt(&text).contains(&address), "{text}");
        }
        assert!(evm(&groups(10, " and then ")).contains(&address), "words between");
        assert!(evm(&format!("to{ADDRESS}too")).contains(&address), "glued");
        assert!(spelt("Request id: 123e4567-e89b-12d3-a456-426614174000, of 2026-01-15").is_empty());
        assert!(spelt(&format!("hash {ADDRESS}00")).is_empty(), "longer");
    }
}
