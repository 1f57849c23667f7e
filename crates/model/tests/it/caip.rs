//! CAIP-2, CAIP-10 and CAIP-19.

use std::{fmt, fs, str::FromStr};

use serde::{Serialize, de::DeserializeOwned};
use tracehound_model::{
    Account, Address, Chain,
    caip::{Caip2, Caip10, Caip19, CaipError},
};
use tracehound_testkit::shared_data;

fn round_trip<T>(text: &str)
where
    T: FromStr<Err = CaipError> + fmt::Display + Serialize + DeserializeOwned + PartialEq + fmt::Debug,
{
    let parsed: T = text.parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(parsed.to_string(), text);
    let json = serde_json::to_string(&parsed).expect("a string");
    assert_eq!(json, format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<T>(&json).expect("the same string"), parsed);
}

#[test]
fn the_examples_of_the_specifications_round_trip() {
    let Some(path) = shared_data("share/caip_valid.tsv") else { return };
    let file = fs::read_to_string(path).expect("readable");
    let mut counts = [0; 3];
    for line in file.lines() {
        let (form, text) = line.split_once('\t').expect("two columns");
        let number = match form {
            "caip-2" => (round_trip::<Caip2>(text), 0).1,
            "caip-10" => (round_trip::<Caip10>(text), 1).1,
            "caip-19" => (round_trip::<Caip19>(text), 2).1,
            other => panic!("{other}"),
        };
        counts[number] += 1;
    }
    assert_eq!(counts, [11, 7, 11]);
}

#[test]
fn the_limits_of_the_specifications_hold() {
    let chain = |reference: usize| format!("namespac:{}", "x".repeat(reference)).parse::<Caip2>();
    assert!(chain(32).is_ok() && chain(33).is_err() && chain(0).is_err());
    let account = |address: usize| format!("eip155:1:{}", "x".repeat(address)).parse::<Caip10>();
    assert!(account(128).is_ok() && account(129).is_err() && account(0).is_err());
    let token = |id: usize| format!("eip155:1/erc721:0x0/{}", "1".repeat(id)).parse::<Caip19>();
    assert!(token(78).is_ok() && token(79).is_err() && token(0).is_err());
    let long = "é".repeat(10_000);
    assert!(long.parse::<Caip19>().expect_err("no such form").to_string().len() < 600, "errors stay short");
}

#[test]
fn registered_ids_of_a_chain_name_the_same_chain() {
    for (id, name) in [
        ("tron:728126428", "tron"),
        ("tron:0x2b6653dc", "tron"),
        ("tron:mainnet", "tron"),
        ("bip122:000000000000000000b15ad892af8f6a", "bch"),
        ("bip122:000000000000000000651ef99cb9fcbe", "bch"),
        ("monero:418015bb9ae982a1975da7d79277c270", "xmr"),
    ] {
        assert_eq!(id.parse::<Chain>(), Ok(name.parse().expect("a known name")), "{id}");
    }
}

#[test]
fn the_account_of_the_bip122_profile_is_read() {
    let text = "bip122:000000000019d6689c085ae165831e93:128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6";
    let account: Account = text.parse().expect("Bitcoin");
    assert_eq!(Ok(account.address()), Address::parse("128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6"));
    assert_eq!(account.to_string(), text);
}
