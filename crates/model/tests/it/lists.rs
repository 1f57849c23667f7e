//! Real lists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use tracehound_model::{Address, AddressError, Chain};
use tracehound_testkit::shared_data;

fn family(address: &Address) -> &'static str {
    match address {
        Address::Bitcoin(_) => "bitcoin",
        Address::Evm(_) => "evm",
        Address::Tron(_) => "tron",
        Address::Foreign(foreign) => match foreign.chain() {
            Chain::Litecoin => "litecoin",
            Chain::BitcoinCash => "bitcoin cash",
            Chain::BitcoinGold => "bitcoin gold",
            Chain::Dash => "dash",
            Chain::Zcash => "zcash",
            Chain::Monero => "monero",
            Chain::Ripple => "ripple",
            Chain::Solana => "solana",
            Chain::Verge => "verge",
            Chain::BnbBeacon => "bnb beacon",
            other => panic!("{other} is not foreign"),
        },
    }
}

/// The families an asset's addresses may be of. An asset code is not a chain.
fn expected(asset: &str) -> &'static [&'static str] {
    match asset {
        "XBT" => &["bitcoin", "tron"],
        "BSV" => &["bitcoin"],
        "BCH" => &["bitcoin cash", "bitcoin"],
        "ETH" | "ETC" | "ARB" | "BSC" | "USDC" => &["evm"],
        "USDT" => &["tron", "evm", "bitcoin"],
        "TRX" => &["tron"],
        "LTC" => &["litecoin"],
        "BTG" => &["bitcoin gold"],
        "DASH" => &["dash"],
        "ZEC" => &["zcash"],
        "XMR" => &["monero"],
        "XRP" => &["ripple"],
        "SOL" => &["solana"],
        "XVG" => &["verge"],
        "BNB" => &["bnb beacon"],
        other => panic!("an asset of no family: {other}"),
    }
}

fn ofac() -> Option<BTreeMap<String, Vec<String>>> {
    let path = shared_data("sanctions/ofac_addresses_2025-11-19.json")?;
    Some(serde_json::from_slice(&fs::read(path).expect("readable")).expect("lists by asset"))
}

#[test]
fn every_address_of_the_ofac_list_reads_as_the_family_it_is_of() {
    let Some(list) = ofac() else { return };
    let mut by_asset: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let (mut texts, mut no_address) = (BTreeSet::new(), Vec::new());
    for (asset, addresses) in &list {
        for text in addresses {
            texts.insert(text);
            match Address::parse(text) {
                Ok(address) => {
                    let found = family(&address);
                    assert!(expected(asset).contains(&found), "{asset} {text} read as {found}");
                    *by_asset.entry((asset, found)).or_default() += 1;
                    let again = Address::parse(&address.to_string());
                    assert_eq!(again, Ok(address), "{text}");
                    assert!(!address.is_null_like(), "{text}");
                }
                Err(error) => no_address.push((text.as_str(), error)),
            }
        }
    }
    assert_eq!(texts.len(), 745);
    let [(text, AddressError::LooksLikeHash { .. })] = &no_address[..] else { panic!("{no_address:?}") };
    assert_eq!(*text, "5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320");
    let count = |asset, family| by_asset.get(&(asset, family)).copied().unwrap_or_default();
    assert_eq!((count("XBT", "bitcoin"), count("XBT", "tron")), (516, 1), "one XBT entry is a Tron address");
    assert_eq!(
        (count("USDT", "tron"), count("USDT", "evm"), count("USDT", "bitcoin")),
        (78, 8, 7),
        "USDT lives on Tron, EVM chains and Omni"
    );
    assert_eq!((count("BCH", "bitcoin cash"), count("BCH", "bitcoin")), (6, 1));
    assert_eq!((count("ETH", "evm"), count("TRX", "tron"), count("XMR", "monero")), (77, 29, 7));
}

#[test]
fn distinct_addresses_have_distinct_keys() {
    let Some(list) = ofac() else { return };
    let addresses: BTreeSet<Address> =
        list.values().flatten().filter_map(|text| Address::parse(text).ok()).collect();
    let keys: BTreeSet<Vec<u8>> = addresses.iter().map(|address| address.key().as_ref().to_vec()).collect();
    assert_eq!(keys.len(), addresses.len());
}

#[test]
fn the_fbi_addresses_give_their_script_hashes() {
    let Some(path) = shared_data("sanctions/fbi_dprk_btc_2023-08-22.csv") else { return };
    let file = fs::read_to_string(path).expect("readable");
    let mut count = 0;
    for line in file.lines().skip(1) {
        let columns: Vec<&str> = line.split(',').collect();
        let address = Address::parse(columns[1]).expect("an address");
        let script = address.script().expect("of Bitcoin");
        assert_eq!(format!("{script:?}"), format!("p2sh:{}", columns[3]));
        count += 1;
    }
    assert_eq!(count, 6);
}
