//! Which chain an address belongs to, and accounts.

use tracehound_model::{
    Account, Address, AddressError, BitcoinNetwork, Chain, ScriptKey, ScriptType, chain::TronNetwork,
};

use super::FORMS;

#[test]
fn every_form_is_an_account_of_its_chain() {
    for (form, text) in FORMS {
        let address = Address::parse(text).expect(form);
        let chain = address.chain().unwrap_or(Chain::Evm(42161));
        assert_eq!(Address::parse_for(chain, text), Ok(address), "{form}");
        let account = Account::new(chain, address).expect(form);
        assert_eq!(account.to_string().parse(), Ok(account), "{form}");
        let json = serde_json::to_string(&account).expect("a string");
        assert_eq!(serde_json::from_str::<Account>(&json).expect("the same string"), account, "{form}");
        let json = serde_json::to_string(&address).expect("a string");
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Address>(&json).expect("the same string"), address, "{form}");
    }
}

#[test]
fn test_networks_share_what_they_share() {
    use BitcoinNetwork::{Mainnet, Regtest, Signet, Testnet};
    let fit = |text: &str| {
        [Mainnet, Testnet, Signet, Regtest]
            .map(|network| Address::parse_for(Chain::Bitcoin(network), text).is_ok())
    };
    assert_eq!(fit("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"), [true, false, false, false]);
    assert_eq!(fit("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn"), [false, true, true, true]);
    assert_eq!(fit("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"), [false, true, true, false]);
    assert_eq!(fit("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"), [false, false, false, true]);
    assert_eq!(fit(FORMS[8].1), [true; 4], "a public key says nothing of the network");
}

#[test]
fn a_wrong_network_is_named() {
    let error =
        Address::parse_for(Chain::Bitcoin(BitcoinNetwork::Mainnet), "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn")
            .expect_err("a test address")
            .to_string();
    assert!(error.contains("of a Bitcoin test network, not of btc"), "{error}");
    let error =
        Address::parse_for(Chain::Tron(TronNetwork::Mainnet), FORMS[10].1).expect_err("EVM").to_string();
    assert!(error.contains("of an EVM chain, not of tron"), "{error}");
    assert!(Address::parse_for(Chain::Evm(56), FORMS[10].1).is_ok());
}

#[test]
fn old_forms_that_forks_shared_are_taken_as_theirs_only_when_asked_for() {
    let (key, script) = ("18M8bJWMzWHDBMxoLqjHHAffdRy4SrzkfB", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy");
    let cash = Address::parse_for(Chain::BitcoinCash, key).expect("before cashaddr");
    assert_eq!(cash.chain(), Some(Chain::BitcoinCash));
    assert!(cash.same_owner().any(|other| Ok(other) == Address::parse(key)));
    let litecoin = Address::parse_for(Chain::Litecoin, script).expect("before M addresses");
    assert!(litecoin.to_string().starts_with('M'), "{litecoin}");
    assert!(Address::parse_for(Chain::Litecoin, key).is_err(), "Litecoin never wrote P2PKH so");
    let sv =
        Address::parse_for(Chain::BitcoinSv, "12sjrrhoFEsedNRhtgwvvRqjFTh8fZTDX9").expect("no other form");
    assert!(matches!(sv, Address::Bitcoin(_)));
    assert!(Account::new(Chain::BitcoinSv, sv).is_some());
    assert!(Address::parse_for(Chain::Bitcoin(BitcoinNetwork::Mainnet), &cash.to_string()).is_err());
}

#[test]
fn readings_of_one_owner_form_a_closed_set() {
    for (form, text) in FORMS {
        let address = Address::parse(text).expect(form);
        let mut set: Vec<Address> = address.same_owner().chain([address]).collect();
        set.sort();
        for other in address.same_owner() {
            let mut theirs: Vec<Address> = other.same_owner().chain([other]).collect();
            theirs.sort();
            assert_eq!(theirs, set, "{form} and {other}");
        }
        let expected = match form {
            "P2PKH" | "BCH P2PKH" | "BTG" => 3,
            "P2SH" | "BCH P2SH" | "BTG P2SH" | "LTC P2SH" => 4,
            "EVM" | "Tron" => 2,
            _ => 1,
        };
        assert_eq!(set.len(), expected, "{form}");
    }
}

#[test]
fn scripts_without_an_address_have_none() {
    let network = BitcoinNetwork::Mainnet;
    let none = |script_type, payload: &[u8]| {
        Address::from_script(network, &ScriptKey::new(script_type, payload).expect("its length")).is_none()
    };
    assert!(none(ScriptType::OpReturn, &[]));
    assert!(none(ScriptType::Other, &[7; 32]));
    assert!(none(ScriptType::P2pkCompressed, &[7; 33]), "no public key begins with 7");
    assert!(!none(ScriptType::P2pkCompressed, &[2; 33]));
}

#[test]
fn keys_that_no_address_has_are_refused() {
    for key in [
        &[][..],
        &[1],
        &[1, 3],
        &[[1, 8].as_slice(), &[7; 32]].concat(),
        &[[3, 3].as_slice(), &[7; 20]].concat(),
        &[[2, 1].as_slice(), &[2; 33]].concat(),
        &[[4, 1].as_slice(), &[7; 20]].concat(),
        &[[4, 0].as_slice(), &[7; 21]].concat(),
        &[[9, 0].as_slice(), &[7; 20]].concat(),
        &[[26, 0].as_slice(), &[7; 20]].concat(),
        &[[255, 0].as_slice(), &[7; 20]].concat(),
    ] {
        assert_eq!(Address::from_key(key), None, "{key:?}");
    }
}

#[test]
fn malformed_accounts_say_why() {
    for (text, why) in [
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "no colon"),
        (
            "polkadot:b0a8d493285c2df73290dfb7e61f870f:5hmuyxw9xdgbpptgypokw4thfyoe3ryenebr381z9iaegmfy",
            "not known",
        ),
        (
            "bip122:000000000019d6689c085ae165831e93:0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "an EVM chain",
        ),
        ("eip155:1:0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "EIP-55"),
    ] {
        let error = text.parse::<Account>().expect_err(text).to_string();
        assert!(error.contains(why), "{error}");
    }
    let unknown = "cosmos:cosmoshub-3:cosmos1t2uflqwqe0fsj0shcfkrvpukewcw40yjj6hdc0".parse::<Account>();
    assert!(matches!(unknown, Err(AddressError::NotAnAccount { .. })));
}
