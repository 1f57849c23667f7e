//! The base58 codec, eight bytes at a time.
//!
//! The `bs58` crate works byte by byte; carrying ten characters (58^10 < 2^64) through 64-bit limbs is several times
//! faster, and this is most of the time that reading an address takes. Property tests hold it against `bs58`.

use super::text::Text;

/// Longest text that is decoded, in characters.
pub(super) const MAX_CHARACTERS: usize = 64;
/// 58^64 < 2^384.
const LIMBS: usize = 6;
/// Characters taken at once when reading.
const READ_AT_ONCE: usize = 10;
/// Characters written at once; 58^5 < 2^32.
const WRITE_AT_ONCE: usize = 5;
const WRITE_UNIT: u64 = 58u64.pow(WRITE_AT_ONCE as u32);
const NOT_A_DIGIT: u8 = 0xff;

/// 58 characters and their values.
pub(super) struct Alphabet {
    characters: [u8; 58],
    values: [u8; 256],
}

/// Bitcoin's alphabet, which most others took over.
pub(super) static BITCOIN: Alphabet =
    Alphabet::new(*b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");
/// The XRP Ledger's alphabet.
pub(super) static RIPPLE: Alphabet =
    Alphabet::new(*b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz");

impl Alphabet {
    const fn new(characters: [u8; 58]) -> Self {
        let mut values = [NOT_A_DIGIT; 256];
        let mut at = 0;
        while at < characters.len() {
            values[characters[at] as usize] = at as u8;
            at += 1;
        }
        Self { characters, values }
    }

    /// The value of a character, 0 to 57; `None` when it is not in the alphabet.
    pub(super) fn value(&self, character: u8) -> Option<u8> {
        let value = self.values[usize::from(character)];
        (value != NOT_A_DIGIT).then_some(value)
    }

    /// The character of a value below 58.
    pub(super) fn character(&self, value: u8) -> u8 {
        self.characters[usize::from(value)]
    }
}

/// Bytes that a text stands for.
#[derive(Debug)]
pub(super) struct Decoded {
    bytes: [u8; MAX_CHARACTERS],
    len: usize,
}

impl Decoded {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Decodes at most [`MAX_CHARACTERS`] characters. The error is the place of the first character outside the alphabet.
///
/// # Panics
/// When the text is longer.
pub(super) fn decode(alphabet: &Alphabet, text: &[u8]) -> Result<Decoded, usize> {
    assert!(text.len() <= MAX_CHARACTERS, "the caller bounds the length");
    let zeros = text.iter().take_while(|&&byte| byte == alphabet.characters[0]).count();
    let (mut limbs, mut used) = ([0u64; LIMBS], 0);
    for (number, chunk) in text[zeros..].chunks(READ_AT_ONCE).enumerate() {
        let (mut value, mut unit) = (0u64, 1u64);
        for (at, &byte) in chunk.iter().enumerate() {
            let digit = alphabet.value(byte).ok_or(zeros + number * READ_AT_ONCE + at)?;
            value = value * 58 + u64::from(digit);
            unit *= 58;
        }
        let mut carry = value;
        for limb in &mut limbs[..used] {
            let sum = u128::from(*limb) * u128::from(unit) + u128::from(carry);
            *limb = sum as u64;
            carry = (sum >> 64) as u64;
        }
        if carry != 0 {
            limbs[used] = carry;
            used += 1;
        }
    }
    let mut whole = [0u8; LIMBS * 8];
    for (limb, eight) in limbs.iter().rev().zip(whole.chunks_exact_mut(8)) {
        eight.copy_from_slice(&limb.to_be_bytes());
    }
    let start = whole.iter().position(|&byte| byte != 0).unwrap_or(whole.len());
    let len = zeros + whole.len() - start;
    let mut bytes = [0; MAX_CHARACTERS];
    bytes[zeros..len].copy_from_slice(&whole[start..]);
    Ok(Decoded { bytes, len })
}

/// Writes at most 64 bytes in base58.
///
/// # Panics
/// When there are more.
pub(super) fn encode(alphabet: &Alphabet, bytes: &[u8], text: &mut Text) {
    const WORDS: usize = 16;
    const DIGITS: usize = 90;
    assert!(bytes.len() <= WORDS * 4, "no address has so many bytes");
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let mut whole = [0u8; WORDS * 4];
    whole[WORDS * 4 - bytes.len()..].copy_from_slice(bytes);
    let mut words = [0u32; WORDS];
    for (word, four) in words.iter_mut().zip(whole.chunks_exact(4)) {
        *word = u32::from_be_bytes(four.try_into().expect("chunks of four"));
    }
    let (mut digits, mut first_digit) = ([0u8; DIGITS], DIGITS);
    let mut first_word = words.iter().position(|&word| word != 0).unwrap_or(WORDS);
    while first_word < WORDS {
        let mut rest = 0u64;
        for word in &mut words[first_word..] {
            let value = rest << 32 | u64::from(*word);
            *word = (value / WRITE_UNIT) as u32;
            rest = value % WRITE_UNIT;
        }
        for _ in 0..WRITE_AT_ONCE {
            first_digit -= 1;
            digits[first_digit] = (rest % 58) as u8;
            rest /= 58;
        }
        while first_word < WORDS && words[first_word] == 0 {
            first_word += 1;
        }
    }
    (0..zeros).for_each(|_| text.push(alphabet.characters[0]));
    let significant = digits[first_digit..].iter().skip_while(|&&digit| digit == 0);
    significant.for_each(|&digit| text.push(alphabet.character(digit)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs() -> [(&'static Alphabet, &'static bs58::Alphabet); 2] {
        [(&BITCOIN, bs58::Alphabet::BITCOIN), (&RIPPLE, bs58::Alphabet::RIPPLE)]
    }

    proptest! {
        #[test]
        fn bytes_are_written_as_the_reference_writes_them(
            zeros in 0usize..6, tail in proptest::collection::vec(any::<u8>(), 0..=40),
        ) {
            let bytes = [vec![0; zeros], tail].concat();
            for (ours, theirs) in pairs() {
                let mut text = Text::new();
                encode(ours, &bytes, &mut text);
                let expected = bs58::encode(&bytes).with_alphabet(theirs).into_string();
                prop_assert_eq!(text.as_str(), expected);
            }
        }

        #[test]
        fn text_is_read_as_the_reference_reads_it(text in "[1r]{0,4}[1-9A-HJ-NP-Za-km-z]{0,60}") {
            for (ours, theirs) in pairs() {
                let expected = bs58::decode(&text).with_alphabet(theirs).into_vec().expect("in the alphabet");
                let read = decode(ours, text.as_bytes()).expect("in the alphabet");
                prop_assert_eq!(read.as_slice(), expected);
            }
        }

        #[test]
        fn a_foreign_character_is_found(before in "[1-9A-HJ-NP-Za-km-z]{0,40}", bad in "[0OIl+ ]", after in "[0-9a-z]{0,20}") {
            let text = format!("{before}{bad}{after}");
            prop_assert_eq!(decode(&BITCOIN, text.as_bytes()).err(), Some(before.len()));
        }
    }

    #[test]
    fn the_longest_texts_are_read() {
        for character in ["1", "z", "2"] {
            let text = character.repeat(MAX_CHARACTERS);
            let expected = bs58::decode(&text).into_vec().expect("in the alphabet");
            let read = decode(&BITCOIN, text.as_bytes()).expect("in the alphabet");
            assert_eq!(read.as_slice(), expected);
        }
    }
}
