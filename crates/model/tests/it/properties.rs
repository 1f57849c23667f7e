//! Properties of all addresses.

use proptest::prelude::*;
use tracehound_model::{Address, BitcoinNetwork, Chain, ScriptKey, ScriptType};

/// Canonical keys of addresses of all families.
fn addresses() -> impl Strategy<Value = Address> {
    let forms = prop_oneof![
        (1u8..=3, 1u8..=7),
        (4u8..=5, Just(0u8)),
        (16u8..=25, 0u8..=4),
        (Just(21u8), prop_oneof![Just(18u8), Just(19), Just(42)]),
    ];
    let lengths = prop_oneof![Just(20usize), Just(32), Just(33), Just(43), Just(64), Just(65), Just(72)];
    let bytes = prop_oneof![
        8 => proptest::collection::vec(any::<u8>(), 72),
        1 => Just(vec![0; 72]),
        1 => Just(vec![0xff; 72]),
    ];
    (forms, lengths, bytes).prop_filter_map(
        "no address has this key",
        |((family, form), len, mut payload)| {
            payload.truncate(len);
            if let (1, 1 | 2) = (family, form) {
                payload[0] = if form == 1 { 2 + payload[0] % 2 } else { 4 };
            }
            Address::from_key(&[&[family, form][..], &payload].concat())
        },
    )
}

fn scripts() -> impl Strategy<Value = ScriptKey> {
    (1u8..=7, proptest::collection::vec(any::<u8>(), 65)).prop_map(|(number, mut payload)| {
        let script_type = ScriptType::from_byte(number).expect("1 to 7");
        match script_type {
            ScriptType::P2pkCompressed => payload[0] = 2 + payload[0] % 2,
            ScriptType::P2pkUncompressed => payload[0] = 4,
            _ => {}
        }
        ScriptKey::new(script_type, &payload[..script_type.payload_len()]).expect("its length")
    })
}

fn networks() -> impl Strategy<Value = BitcoinNetwork> {
    use BitcoinNetwork::{Mainnet, Regtest, Signet, Testnet};
    prop_oneof![Just(Mainnet), Just(Testnet), Just(Signet), Just(Regtest)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_reads_back(address in addresses()) {
        let text = address.to_string();
        prop_assert_eq!(Address::parse(&text), Ok(address), "{}", text);
        let key = address.key();
        prop_assert_eq!(Address::from_key(key.as_ref()), Some(address));
    }

    #[test]
    fn a_script_becomes_an_address_and_comes_back(script in scripts(), network in networks()) {
        let address = Address::from_script(network, &script).expect("it has one");
        let read = Address::parse_for(Chain::Bitcoin(network), &address.to_string());
        prop_assert_eq!(read, Ok(address));
        prop_assert_eq!(address.script(), Some(&script));
    }

    #[test]
    fn distinct_addresses_differ_in_text_and_key(one in addresses(), other in addresses()) {
        prop_assert_eq!(one == other, one.key() == other.key());
        prop_assert_eq!(one == other, one.to_string() == other.to_string());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,120}") {
        if let Ok(address) = Address::parse(&text) {
            prop_assert_eq!(Address::parse(&address.to_string()), Ok(address));
        }
    }

    #[test]
    fn any_text_in_the_look_of_an_address_is_read_or_refused(
        head in prop_oneof![
            Just(""), Just("bc1"), Just("tb1"), Just("bcrt1"), Just("BC1"), Just("ltc1"), Just("bnb1"), Just("zs1"),
            Just("u1"), Just("bitcoincash:"), Just("0x"), Just("41"), Just("1"), Just("3"), Just("r"), Just("T"),
            Just("4"), Just("q"), Just("04"), Just("xprv"),
        ],
        tail in "[0-9a-zA-Z]{0,110}|[02-9ac-hj-np-z]{0,90}|[0-9a-f]{0,132}",
    ) {
        let text = format!("{head}{tail}");
        match Address::parse(&text) {
            Ok(address) => prop_assert_eq!(Address::parse(&address.to_string()), Ok(address)),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn any_bytes_are_a_key_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..90)) {
        if let Some(address) = Address::from_key(&bytes) {
            let key = address.key();
            prop_assert_eq!(key.as_ref(), &bytes[..]);
        }
    }
}
