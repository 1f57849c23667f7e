//! Any text as an address of any chain: no panic, and what parses prints as something that parses to the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tracehound_model::Address;

/// One or more of every form (BIP-173 and BIP-350 examples, burn and null addresses, published donation addresses).
const FORMS: &[&str] = &[
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
    "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
    "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5f",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
    "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9",
    "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
    "XdAUmwtig27HBG6WfYyHAzP8n6XC9jESEw",
    "t1Hsc1LR8yKnbbe3twRp88p6vFfC5t7DLbs",
    "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
    "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
    "4Nd1mYw1kFyNqs7kUq6Xd8h2kK7p8tWJxJrJ3oZ9JzqC",
    "bnb1grpf0955h0ykzq3ar5nmum7y6gdfl6lxfn46h2",
];

fuzz_target!(
    init: {
        tracehound_fuzz::seeds_wanted(|| FORMS.iter().map(|form| form.as_bytes().to_vec()).collect());
    },
    |data: &[u8]| {
        let Ok(text) = std::str::from_utf8(data) else { return };
        let Ok(address) = Address::parse(text) else { return };
        let printed = address.to_string();
        assert_eq!(Address::parse(&printed).as_ref(), Ok(&address), "{printed} is read differently");
        assert_eq!(Address::from_key(address.key().as_ref()).as_ref(), Some(&address));
    }
);
