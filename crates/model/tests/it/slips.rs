//! Slips of the hand over all addresses, not only published ones.

use proptest::{collection::vec, prelude::*, sample::select};
use tracehound_model::{
    Address, AddressError, BitcoinNetwork, Chain, ScriptKey, ScriptType, chain::TronNetwork,
};

fn key(family: u8, form: u8, payload: &[u8]) -> Address {
    let bytes = [&[family, form], payload].concat();
    Address::from_key(&bytes).unwrap_or_else(|| panic!("no address has the key {}", hex::encode(bytes)))
}

/// Family byte, form byte and payload length of every form whose text has a checksum over all its characters.
const CHECKSUMMED: [(u8, u8, usize); 35] = [
    (1, 3, 20),
    (1, 4, 20),
    (1, 5, 20),
    (1, 6, 32),
    (1, 7, 32),
    (2, 3, 20),
    (2, 4, 20),
    (2, 5, 20),
    (2, 6, 32),
    (2, 7, 32),
    (3, 5, 20),
    (3, 6, 32),
    (3, 7, 32),
    (5, 0, 20),
    (16, 0, 20),
    (16, 1, 20),
    (16, 2, 20),
    (16, 2, 32),
    (16, 3, 32),
    (17, 0, 20),
    (17, 1, 20),
    (17, 1, 32),
    (18, 0, 20),
    (18, 1, 20),
    (19, 0, 20),
    (19, 1, 20),
    (20, 0, 20),
    (20, 1, 20),
    (20, 4, 43),
    (21, 18, 64),
    (21, 42, 64),
    (22, 0, 20),
    (24, 0, 20),
    (24, 1, 20),
    (25, 0, 20),
];

fn checksummed() -> impl Strategy<Value = Address> {
    (select(CHECKSUMMED.to_vec()), vec(any::<u8>(), 64))
        .prop_map(|((family, form, len), bytes)| key(family, form, &bytes[..len]))
}

/// A valid text with a stretch of it replaced by other characters.
fn damaged() -> impl Strategy<Value = String> {
    (checksummed(), any::<prop::sample::Index>(), 0usize..4, "[ -~]{0,3}|[q1r0]{0,3}|\\PC{0,2}").prop_map(
        |(address, at, len, new)| {
            let mut text = address.to_string();
            let start = at.index(text.len());
            let end = (start + len).min(text.len());
            text.replace_range(start..end, &new);
            text
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn one_wrong_character_is_refused(
        address in checksummed(), at in any::<prop::sample::Index>(), new in "[!-~]",
    ) {
        let mut text = address.to_string();
        let at = at.index(text.len());
        prop_assume!(text[at..=at] != new);
        text.replace_range(at..=at, &new);
        let read = Address::parse(&text);
        prop_assert!(read.is_err(), "{} for {}: {:?}", text, address, read);
    }

    #[test]
    fn two_swapped_neighbours_are_refused(address in checksummed(), at in any::<prop::sample::Index>()) {
        let mut text = address.to_string().into_bytes();
        let at = at.index(text.len() - 1);
        prop_assume!(text[at] != text[at + 1]);
        text.swap(at, at + 1);
        let text = String::from_utf8(text).expect("ASCII");
        prop_assert!(Address::parse(&text).is_err(), "{} for {}", text, address);
    }

    #[test]
    fn a_refusal_repeats_the_text(text in damaged()) {
        match Address::parse(&text) {
            Ok(address) => prop_assert_eq!(Address::parse(&address.to_string()), Ok(address)),
            Err(AddressError::Empty) => prop_assert!(text.trim().is_empty()),
            Err(AddressError::PrivateKey) => {}
            Err(error) => {
                let start: String = text.trim().chars().take(100).collect();
                prop_assert!(error.to_string().contains(&start), "{}: {}", text, error);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A Solana address has no checksum, so nothing else may fall into its form by one slip in the first characters.
    #[test]
    fn a_slip_in_the_prefix_makes_no_solana_address(hash in any::<[u8; 20]>(), upper in any::<bool>()) {
        let litecoin = key(16, 2, &hash).to_string();
        let cash = key(17, 0, &hash).to_string()["bitcoincash:".len()..].to_owned();
        let script = ScriptKey::new(ScriptType::P2wpkh, &hash).expect("20 bytes");
        let regtest = Address::from_script(BitcoinNetwork::Regtest, &script).expect("a witness script").to_string();
        let checksummed = Address::Evm(hash).to_string();
        for (text, prefix) in [(litecoin, 4), (cash, 1), (regtest, 5), (checksummed, 2)] {
            let text = if upper && !text.starts_with("0x") { text.to_uppercase() } else { text };
            let same = Address::parse(&text);
            prop_assert!(same.is_ok());
            for at in 0..prefix {
                for new in ('!'..='~').filter(|&new| !text[at..].starts_with(new)) {
                    let slip = format!("{}{new}{}", &text[..at], &text[at + 1..]);
                    let read = Address::parse(&slip);
                    // 0X is another way to write 0x.
                    prop_assert!(read.is_err() || read == same, "{} for {}: {:?}", slip, text, read);
                }
            }
        }
    }

    /// The same for a slip anywhere in an upper-case bech32 text: mixed case is what makes base58.
    #[test]
    fn a_slip_in_upper_case_bech32_makes_no_solana_address(hash in any::<[u8; 20]>()) {
        let text = key(16, 2, &hash).to_string().to_uppercase();
        for at in 0..text.len() {
            for new in ('!'..='~').filter(|&new| !text[at..].starts_with(new)) {
                let slip = format!("{}{new}{}", &text[..at], &text[at + 1..]);
                prop_assert!(Address::parse(&slip).is_err(), "{} for {}: {:?}", slip, text, Address::parse(&slip));
            }
        }
    }
}

/// Each has 32 bytes in base58: Litecoin with a wrong first letter in lower and upper case, and a 1 for a 0 in front of
/// two EVM addresses.
#[test]
fn slips_that_decode_as_base58_are_refused() {
    for text in [
        "Atc1qqqhqqqzaqqxsqqcqqyqz6tcq95r8gqq87uh2yp",
        "aTC1QPG4K5PS9PEDJUZCQQQXSQQQQQQQQQ8SQ4DTSAP",
        "1x5aAeb6153F3E94C9b9A19f33669435E7Ef1BeAed",
        "1xfB6916195ca1df61bB79Ce92cE3Ea74c37c5d359",
    ] {
        assert_eq!(bs58::decode(text).into_vec().map(|bytes| bytes.len()), Ok(32), "{text}");
        assert!(Address::parse(text).is_err(), "{text}");
    }
}

/// EIP-55 has no digits of its own: a wrong digit changes the hash of all, and passes when the case of every letter
/// happens to fit. Wrong case alone never passes.
#[test]
fn eip_55_refuses_all_but_a_few_wrong_digits() {
    let (mut tried, mut passed) = (0, 0);
    for seed in 0..40u8 {
        let bytes: [u8; 20] =
            std::array::from_fn(|at| seed.wrapping_mul(37).wrapping_add((at as u8).wrapping_mul(59)) ^ 0x5a);
        let text = Address::Evm(bytes).to_string();
        for at in 2..text.len() {
            let old = char::from(text.as_bytes()[at]);
            for new in "0123456789abcdefABCDEF".chars().filter(|&new| new != old) {
                let wrong = format!("{}{new}{}", &text[..at], &text[at + 1..]);
                let digits = &wrong[2..];
                let mixed = digits != digits.to_lowercase() && digits != digits.to_uppercase();
                let read = Address::parse(&wrong);
                if new.eq_ignore_ascii_case(&old) && mixed {
                    assert!(matches!(read, Err(AddressError::Eip55 { .. })), "{wrong}");
                }
                tried += 1;
                passed += usize::from(read.is_ok());
            }
        }
    }
    assert!(passed * 1000 < tried, "{passed} of {tried} wrong digits passed");
}

/// A rule against damage must not refuse what is in use: program names with few capitals, and the incinerator.
#[test]
fn addresses_of_solana_programs_are_read() {
    for text in [
        "11111111111111111111111111111111",
        "1nc1nerator11111111111111111111111111111111",
        "Vote111111111111111111111111111111111111111",
        "Stake11111111111111111111111111111111111111",
        "Config1111111111111111111111111111111111111",
        "ComputeBudget111111111111111111111111111111",
        "NativeLoader1111111111111111111111111111111",
        "BPFLoaderUpgradeab1e11111111111111111111111",
        "So11111111111111111111111111111111111111112",
        "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    ] {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((address.chain(), address.to_string()), (Some(Chain::Solana), text.to_owned()));
        assert_eq!(Address::from_key(address.key().as_ref()), Some(address));
    }
}

/// Solana addresses begin with any letters, also with those of a prefix.
#[test]
fn base58_that_begins_as_bech32_does_is_base58() {
    for (text, chain) in [
        ("TB1kQ7mZ3pWvX9dRt2HsYgLc5NbFm8CtNU", Chain::Tron(TronNetwork::Mainnet)),
        ("LTC1kQ7mZ3pWvX9dRt2HsYgLc5NbDhJsF7", Chain::Litecoin),
        ("bc1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ", Chain::Solana),
        ("Bc1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ7", Chain::Solana),
        ("BC1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ7", Chain::Solana),
        ("tb1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ", Chain::Solana),
        ("BNB1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ", Chain::Solana),
        ("bcrt1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6", Chain::Solana),
        ("Ltc1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6k", Chain::Solana),
        ("zs1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ", Chain::Solana),
        ("u1kQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ7", Chain::Solana),
        ("rkQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ7m", Chain::Solana),
        ("qkQ7mZ3pWvX9dRt2HsYgLc5NbFj8uTe4KaMqPn6kQ7m", Chain::Solana),
    ] {
        let address = Address::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((address.chain(), address.to_string()), (Some(chain), text.to_owned()));
    }
}

#[test]
fn a_mistyped_address_of_any_form_says_checksum_and_form() {
    for (text, form) in [
        ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMJ", "Bitcoin"),
        ("3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiH", "Bitcoin"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "segwit"),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u", "Tron"),
        ("TB1kQ7mZ3pWvX9dRt2HsYgLc5NbFm8CtNV", "Tron"),
        ("LNf2JDiuunBz7GMDKFYHN4rq5meXWxiwfc", "Litecoin"),
        ("rnXyVQzgxZe7TR1EPzTkGj2jxH4LMJYh67", "XRP"),
        ("t1MMXtBrSp1XG38Lx9cePcNUCJj5vdWfUWM", "Zcash"),
        ("bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q", "Bitcoin Cash"),
        ("bnb136ns6lfw4zs5hg4n85vdthaad7hq5m4gtkgf24", "BNB"),
        (
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3B",
            "Monero",
        ),
    ] {
        let error = Address::parse(text).expect_err(text);
        assert!(matches!(error, AddressError::Checksum { .. }), "{text}: {error:?}");
        let said = error.to_string();
        assert!(said.contains(text) && said.contains(form), "{said}");
    }
}

/// The last 1 of a bech32 text separates: `bc1x1…` has the human-readable part `bc1x`.
#[test]
fn a_longer_prefix_is_another_chain() {
    use bech32::{Bech32, Fe32, Hrp, segwit};
    for prefix in ["bc1x", "tb1x", "bcrt1x", "ltc1x"] {
        let text =
            segwit::encode(Hrp::parse(prefix).expect("a prefix"), Fe32::Q, &[7; 20]).expect("a program");
        assert!(Address::parse(&text).is_err(), "{text}");
    }
    for (prefix, len) in [("bnb1x", 20), ("zs1x", 43), ("bn", 20), ("bnbx", 20)] {
        let hrp = Hrp::parse(prefix).expect("a prefix");
        let text = bech32::encode::<Bech32>(hrp, &vec![7; len]).expect("bytes");
        assert!(Address::parse(&text).is_err(), "{text}");
    }
}
