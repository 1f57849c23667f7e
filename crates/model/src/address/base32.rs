//! Groups of five bits as characters, with the cyclic checksums of bech32 (BIP-173, BIP-350) and cashaddr.
//!
//! All three share the alphabet and the arithmetic. Taking five bits at once through a table of 32 rows is several
//! times faster than the `bech32` crate's bit by bit; property tests hold it against that crate.

use super::text::Text;

const CHARACTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const NOT_A_DIGIT: u8 = 0xff;
/// Values of characters in either case.
static VALUES: [u8; 256] = {
    let mut values = [NOT_A_DIGIT; 256];
    let mut at = 0;
    while at < CHARACTERS.len() {
        values[CHARACTERS[at] as usize] = at as u8;
        values[CHARACTERS[at].to_ascii_uppercase() as usize] = at as u8;
        at += 1;
    }
    values
};

/// The value of a character in either case; `None` when it is not in the alphabet.
pub(super) fn value(character: u8) -> Option<u8> {
    let value = VALUES[usize::from(character)];
    (value != NOT_A_DIGIT).then_some(value)
}

/// Whether a text mixes letter cases, which BIP-173 and cashaddr forbid.
pub(super) fn is_mixed_case(text: &str) -> bool {
    let (mut lower, mut upper) = (false, false);
    for byte in text.bytes() {
        lower |= byte.is_ascii_lowercase();
        upper |= byte.is_ascii_uppercase();
    }
    lower && upper
}

/// A checksum code over groups of five bits.
pub(super) struct Code {
    /// What each value of the five bits that leave the register adds to it.
    table: [u64; 32],
    /// Length of the checksum in characters.
    pub(super) symbols: usize,
}

/// Bech32 and bech32m, told apart by what remains.
pub(super) const BECH32: &Code =
    &Code::new([0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3], 6);
/// What remains of a right bech32 text.
pub(super) const BECH32_REST: u64 = 1;
/// What remains of a right bech32m text.
pub(super) const BECH32M_REST: u64 = 0x2bc8_30a3;
/// Cashaddr, <https://reference.cash/protocol/blockchain/encoding/cashaddr>.
pub(super) const CASHADDR: &Code =
    &Code::new([0x98_f2bc_8e61, 0x79_b76d_99e2, 0xf3_3e5f_b3c4, 0xae_2eab_e2a8, 0x1e_4f43_e470], 8);
/// What remains of a right cashaddr text.
pub(super) const CASHADDR_REST: u64 = 1;

impl Code {
    const fn new(generators: [u64; 5], symbols: usize) -> Self {
        let mut table = [0; 32];
        let mut top = 0;
        while top < 32 {
            let mut bit = 0;
            while bit < 5 {
                if top >> bit & 1 == 1 {
                    table[top] ^= generators[bit];
                }
                bit += 1;
            }
            top += 1;
        }
        Self { table, symbols }
    }

    /// Takes one group into the register.
    const fn step(&self, register: u64, value: u8) -> u64 {
        let shift = 5 * (self.symbols as u32 - 1);
        let top = (register >> shift) as usize & 31;
        (register & ((1 << shift) - 1)) << 5 ^ value as u64 ^ self.table[top]
    }

    /// The register after a bech32 prefix in lower case: its high bits, a zero, its low bits (BIP-173).
    pub(super) const fn after_prefix(&self, prefix: &[u8]) -> u64 {
        let (mut register, mut at) = (1, 0);
        while at < prefix.len() {
            register = self.step(register, prefix[at] >> 5);
            at += 1;
        }
        self.low_bits(self.step(register, 0), prefix)
    }

    /// The register after a cashaddr prefix: its low bits, a zero.
    pub(super) const fn after_cash_prefix(&self, prefix: &[u8]) -> u64 {
        self.step(self.low_bits(1, prefix), 0)
    }

    const fn low_bits(&self, mut register: u64, prefix: &[u8]) -> u64 {
        let mut at = 0;
        while at < prefix.len() {
            register = self.step(register, prefix[at] & 31);
            at += 1;
        }
        register
    }

    /// What remains after all characters. The error is the place of the first one outside the alphabet.
    pub(super) fn rest(&self, mut register: u64, data: &[u8]) -> Result<u64, usize> {
        for (at, &character) in data.iter().enumerate() {
            register = self.step(register, value(character).ok_or(at)?);
        }
        Ok(register)
    }

    /// Writes bytes and checksum; `first` is a group of its own in front, as segwit's version is.
    pub(super) fn write(
        &self,
        mut register: u64,
        rest: u64,
        first: Option<u8>,
        bytes: &[u8],
        text: &mut Text,
    ) {
        let mut take = |value: u8| {
            register = self.step(register, value);
            text.push(CHARACTERS[usize::from(value)]);
        };
        first.into_iter().for_each(&mut take);
        let (mut held, mut bits) = (0u32, 0u32);
        for &byte in bytes {
            held = (held << 8 | u32::from(byte)) & 0xfff;
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                take((held >> bits & 31) as u8);
            }
        }
        if bits > 0 {
            take((held << (5 - bits) & 31) as u8);
        }
        let sum = (0..self.symbols).fold(register, |register, _| self.step(register, 0)) ^ rest;
        for at in (0..self.symbols).rev() {
            text.push(CHARACTERS[(sum >> (5 * at) & 31) as usize]);
        }
    }
}

/// Groups as bytes.
pub(super) struct Bytes<const MAX: usize> {
    bytes: [u8; MAX],
    len: usize,
}

impl<const MAX: usize> Bytes<MAX> {
    /// Reads characters of the alphabet (without the checksum); `None` when they hold more than `MAX` bytes, or when
    /// the padding is not zero or a whole group.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let mut read = Self { bytes: [0; MAX], len: 0 };
        let (mut held, mut bits) = (0u32, 0u32);
        for &character in data {
            held = (held << 5 | u32::from(value(character)?)) & 0xfff;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                *read.bytes.get_mut(read.len)? = (held >> bits) as u8;
                read.len += 1;
            }
        }
        (bits < 5 && held & ((1 << bits) - 1) == 0).then_some(read)
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use bech32::{Bech32, Bech32m, Hrp, primitives::decode::CheckedHrpstring};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_are_written_and_read_as_the_reference_does(
            prefix in "[a-z]{1,10}", bytes in proptest::collection::vec(any::<u8>(), 0..=60),
        ) {
            let hrp = Hrp::parse(&prefix).expect("letters");
            let expected =
                [bech32::encode::<Bech32>(hrp, &bytes), bech32::encode::<Bech32m>(hrp, &bytes)].map(Result::unwrap);
            for (rest, expected) in [BECH32_REST, BECH32M_REST].into_iter().zip(expected) {
                let start = BECH32.after_prefix(prefix.as_bytes());
                let mut text = Text::new();
                BECH32.write(start, rest, None, &bytes, &mut text);
                let data = &expected[prefix.len() + 1..];
                prop_assert_eq!(text.as_str(), data);
                prop_assert_eq!(BECH32.rest(start, data.as_bytes()), Ok(rest));
                let read = Bytes::<60>::read(&data.as_bytes()[..data.len() - 6]).expect("just written");
                prop_assert_eq!(read.as_slice(), &bytes);
            }
        }

        #[test]
        fn any_data_is_judged_as_the_reference_judges_it(data in "[02-9ac-hj-np-z]{6,60}") {
            let ours = BECH32.rest(BECH32.after_prefix(b"bc"), data.as_bytes());
            let text = format!("bc1{data}");
            prop_assert_eq!(ours == Ok(BECH32_REST), CheckedHrpstring::new::<Bech32>(&text).is_ok());
            prop_assert_eq!(ours == Ok(BECH32M_REST), CheckedHrpstring::new::<Bech32m>(&text).is_ok());
        }
    }

    #[test]
    fn padding_must_be_short_and_zero() {
        assert!(Bytes::<4>::read(b"qq").is_some_and(|read| read.as_slice() == [0]));
        assert!(Bytes::<4>::read(b"qp").is_none(), "padding bits that are set");
        assert!(Bytes::<4>::read(b"q").is_none(), "a whole group of padding");
        assert!(Bytes::<0>::read(b"qq").is_none(), "more than fits");
        assert!(Bytes::<4>::read(b"q1").is_none(), "outside the alphabet");
    }
}
