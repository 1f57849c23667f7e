//! Assets by CAIP-19, and money in their units.

use std::fs;

use tracehound_model::{
    Amount, Asset, Chain, Money,
    asset::{AssetError, Unit, UnitsError},
};
use tracehound_testkit::shared_data;

fn asset(text: &str) -> Asset {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_examples_of_the_specification_are_assets_or_of_chains_that_are_not_known() {
    let Some(path) = shared_data("share/caip_valid.tsv") else { return };
    let file = fs::read_to_string(path).expect("readable");
    let (mut known, mut unknown) = (Vec::new(), 0);
    for text in file.lines().filter_map(|line| line.strip_prefix("caip-19\t")) {
        match text.parse::<Asset>() {
            Ok(asset) => {
                // Contracts are compared as bytes: their letter case is a checksum.
                assert!(asset.to_string().eq_ignore_ascii_case(text), "{asset}");
                assert_eq!(asset.to_string().parse(), Ok(asset));
                known.push(asset.unit().map(|unit| unit.ticker));
            }
            Err(AssetError::Chain(_)) => unknown += 1,
            Err(error) => panic!("{text}: {error}"),
        }
    }
    let coins = [Some("ETH"), Some("BTC"), Some("LTC"), Some("BNB"), Some("DAI"), None, None];
    assert_eq!((known, unknown), (coins.to_vec(), 4));
}

#[test]
fn a_chain_s_name_is_its_coin_and_decimals_come_from_the_asset() {
    for (name, id, ticker, decimals) in [
        ("btc", "bip122:000000000019d6689c085ae165831e93/slip44:0", "BTC", 8),
        ("regtest", "bip122:0f9188f13cb7b2c71f2a335e3a4fc328/slip44:1", "rBTC", 8),
        ("eth", "eip155:1/slip44:60", "ETH", 18),
        ("base", "eip155:8453/slip44:60", "ETH", 18),
        ("tron", "tron:mainnet/slip44:195", "TRX", 6),
        ("xmr", "monero:418015bb9ae982a1975da7d79277c270/slip44:128", "XMR", 12),
    ] {
        assert_eq!(asset(name).to_string(), id);
        assert_eq!(asset(id), asset(name));
        assert_eq!(asset(name).unit(), Some(Unit { ticker, decimals }));
        let json = serde_json::to_string(&asset(name)).expect("a string");
        assert_eq!(serde_json::from_str::<Asset>(&json).expect("the same"), asset(name));
    }
    // Tron's other ids name the same chain, hence the same token.
    let usdt = "tron:0x2b6653dc/trc20:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
    assert_eq!(asset(usdt).money(1_500_000_u64).to_string(), "1.500000 USDT");
    assert_eq!(asset("tron:mainnet/trc10:1002000").to_string(), "tron:mainnet/trc10:1002000");
    let kitty = asset("eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/771769");
    assert_eq!((kitty.chain(), kitty.unit(), kitty.is_native()), (Chain::Evm(1), None, false));
}

#[test]
fn what_names_no_asset_is_refused_with_the_reason() {
    let token = "0x6b175474e89094c44da98b954eedeac495271d0f";
    for (text, said) in [
        ("", "names no known chain"),
        ("doge", "names no known chain"),
        ("eip155:1/", "the asset has no colon"),
        ("eip155:1/slip44:0", "its own coin is slip44:60"),
        ("eip155:1/slip44:60/1", "its own coin is slip44:60"),
        ("eip155:324", "which coin that chain has is not known"),
        ("eip155:324/slip44:60", "which coin that chain has is not known"),
        ("cosmos:cosmoshub-3/slip44:118", "a chain that is not known"),
        (&format!("bip122:000000000019d6689c085ae165831e93/erc20:{token}"), "`erc20` are not known there"),
        (&format!("eip155:1/bep20:{token}"), "`bep20` are not known there"),
        (&format!("eip155:1/erc20:{token}/1"), "has no numbers"),
        (&format!("eip155:1/erc721:{token}/x"), "no number of 256 bits"),
        (&format!("eip155:1/erc721:{token}/{}", "9".repeat(78)), "no number of 256 bits"),
        ("eip155:1/erc20:0x6B175474e89094c44da98b954eedeac495271d0f", "checksum"),
        ("eip155:1/erc20:0x6b17", "eip155:1"),
        ("tron:mainnet/trc10:007", "named by its number"),
    ] {
        let error = text.parse::<Asset>().expect_err(text).to_string();
        assert!(error.contains(said), "{text}: {error}");
        assert!(serde_json::from_str::<Asset>(&format!("\"{text}\"")).is_err(), "{text}");
    }
}

#[test]
fn money_is_shown_in_units_or_in_base_units_with_the_asset_s_id() {
    let unknown = "eip155:1/erc20:0x0000000000000000000000000000000000000001";
    assert_eq!(asset("btc").money(50_000_u64).to_string(), "0.00050000 BTC");
    assert_eq!(format!("{:>16}|", asset("btc").money(1_u64)), "  0.00000001 BTC|");
    assert_eq!(asset(unknown).money(7_u64).to_string(), format!("7 base units of {unknown}"));
    let json = serde_json::to_string(&asset("eth").money(Amount::MAX)).expect("JSON");
    assert_eq!(json, format!("{{\"asset\":\"eip155:1/slip44:60\",\"amount\":\"{}\"}}", Amount::MAX));
    assert_eq!(serde_json::from_str::<Money>(&json).expect("the same"), asset("eth").money(Amount::MAX));
    let units = |name: &str, text: &str| asset(name).parse_units(text).map(|money| money.amount.to_string());
    assert_eq!(units("btc", "0.01"), Ok("1000000".to_owned()));
    assert_eq!(units("btc", "21000000.00"), Ok("2100000000000000".to_owned()));
    assert_eq!(units("eth", "1"), Ok("1000000000000000000".to_owned()));
    for wrong in ["", ".5", "5.", "1,5", "-1", "1e8", "0x1", "1 "] {
        assert_eq!(units("btc", wrong), Err(UnitsError::NotDecimal), "{wrong}");
    }
    assert_eq!(units("btc", "0.000000001"), Err(UnitsError::TooFine(8)));
    assert_eq!(units("btc", &"9".repeat(75)), Err(UnitsError::TooLarge));
    assert_eq!(units(unknown, "1"), Err(UnitsError::NoDecimals(asset(unknown).into())));
}
