//! Damaged and foreign text: refused, with a reason that helps.

use tracehound_model::{Address, AddressError};

use super::FORMS;

const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Forms whose checksum finds any wrong character: not Solana (none), public keys (none), and EVM (letter case only).
fn checksummed() -> impl Iterator<Item = (&'static str, &'static str)> {
    FORMS.into_iter().filter(|(form, _)| !matches!(*form, "SOL" | "P2PK" | "P2PK uncompressed" | "EVM"))
}

#[test]
fn no_single_wrong_character_passes() {
    for (form, text) in checksummed() {
        let bech =
            text.contains(':') || text.starts_with("bc") || text.contains("1q") || text.starts_with("zs");
        let alphabet = if bech { BECH32 } else { BASE58 };
        for (position, right) in text.char_indices() {
            for wrong in alphabet.chars().filter(|&wrong| wrong != right) {
                let mut damaged = text.to_owned();
                damaged.replace_range(position..=position, &wrong.to_string());
                let read = Address::parse(&damaged);
                assert!(read.is_err(), "{form}: {damaged} read as {}", read.expect("just seen"));
            }
        }
    }
}

#[test]
fn no_missing_doubled_or_swapped_character_passes() {
    for (form, text) in checksummed() {
        for at in 0..text.len() {
            let short = [&text[..at], &text[at + 1..]].concat();
            let long = [&text[..=at], &text[at..]].concat();
            let swapped = at + 1 < text.len() && text.as_bytes()[at] != text.as_bytes()[at + 1];
            let swapped = swapped
                .then(|| [&text[..at], &text[at + 1..at + 2], &text[at..=at], &text[at + 2..]].concat());
            for damaged in [short, long].into_iter().chain(swapped) {
                let read = Address::parse(&damaged);
                assert!(read.is_err(), "{form}: {damaged} read as {}", read.expect("just seen"));
            }
        }
    }
}

#[test]
fn a_mistyped_bitcoin_address_is_a_checksum_failure() {
    for text in [FORMS[0].1, FORMS[1].1, FORMS[2].1, FORMS[3].1, FORMS[4].1, FORMS[6].1] {
        let bech = text.starts_with("bc1");
        let alphabet = if bech { BECH32 } else { BASE58 };
        for position in 4..text.len() {
            for wrong in alphabet.chars().filter(|&wrong| !text[position..].starts_with(wrong)) {
                let mut damaged = text.to_owned();
                damaged.replace_range(position..=position, &wrong.to_string());
                let error = Address::parse(&damaged).expect_err("damaged");
                assert!(matches!(error, AddressError::Checksum { .. }), "{damaged}: {error:?}");
                assert!(error.to_string().contains("copy the address again"), "{error}");
            }
        }
    }
}

#[test]
fn lower_cased_and_upper_cased_addresses_are_never_taken_for_others() {
    for (form, text) in FORMS {
        let address = Address::parse(text).expect(form);
        for changed in [text.to_lowercase(), text.to_uppercase()] {
            match Address::parse(&changed) {
                Ok(read) => assert_eq!(read, address, "{form}: {changed}"),
                Err(error) => assert!(text.is_ascii() && !error.to_string().is_empty()),
            }
        }
    }
}

/// Solana's form has no checksum: what is long enough to pass for it, but is another form damaged, must not.
#[test]
fn damaged_bech32_does_not_pass_for_solana() {
    for text in [
        "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6aa",
        "bcrtqw5z8d6qejxtdg4y5r3zarvaryzc5xw7kygtz8z",
        "ltcqw5z8d6qejxtdg4y5r3zarvaryzc5xw7kgmn4n9",
        "sz9q3zg2zz3rzqxskq5vcxvrmcqgjwx6mtt8yjcrqw2",
    ] {
        assert!(Address::parse(text).is_err(), "{text}");
    }
    let vote = "Vote111111111111111111111111111111111111111";
    assert_eq!(Address::parse(vote).expect("a Solana program").to_string(), vote);
    let r = "r1AAPk8RFRXfLq3hQtRm7fHiaXDxGxPC3SLjUDp9wnA";
    assert_eq!(Address::parse(r).expect("a Solana address that begins with r").to_string(), r);
}

#[test]
fn errors_say_what_is_wrong_and_what_to_do() {
    let long = "1".repeat(401);
    for (text, wanted) in [
        ("", "the address is empty"),
        (" \n", "the address is empty"),
        (&long, "401 characters long"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN0", "the character '0' at position 33"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN\u{200b}", "the character '\\u{200b}' at position 33"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "(a Bitcoin address, P2PKH): probably a typing error"),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNL", "looks like a Bitcoin address, P2SH but has the wrong length"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t", "(a segwit address): probably a typing error"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8b3t4", "the character 'b' at position 38"),
        ("bc1qw508d6qejxtdg1y5r3zarvary0c5xw7kv8f3t4", "the character '1' at position 17"),
        ("cosmos1t2uflqwqe0fsj0shcfkrvpukewcw40yjj6hdc0", "a bech32 address of another chain"),
        ("bd1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "(a bech32 address): probably a typing error"),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u", "(a Tron address)"),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj", "looks like a Tron address but has the wrong length"),
        ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi", "(an XRP address)"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "looks like an EVM address (0x and 40 digits)"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", "the character 'g' at position 41"),
        ("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "write 0x"),
        ("0x4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b", "a transaction id"),
        ("Bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "mixes upper and lower case"),
        ("qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6b", "the character 'b' at position 41"),
        ("qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6", "looks like a Bitcoin Cash address"),
        (
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DsLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3",
            "a Monero address",
        ),
        ("goodday", "the form of no address we know"),
        ("bitcoin:1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "the character ':' at position 7"),
        // A published example of Bitcoin's wallet import format, and BIP-32's first test vector.
        ("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", "this is a private key"),
        (
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
            "this is a private key",
        ),
    ] {
        let error = Address::parse(text).expect_err(text).to_string();
        assert!(error.contains(wanted), "{error}");
        assert!(!error.contains("5HueCGU8") && !error.contains("xprv9s21"), "a private key is not repeated");
        assert!(error.chars().count() < 300, "{error}");
    }
}
