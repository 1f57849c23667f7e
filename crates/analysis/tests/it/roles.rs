//! Roles of contracts by their logs.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufRead, BufReader},
};

use flate2::read::GzDecoder;
use serde_json::Value;
use tracehound_analysis::roles::{Role, Roles};
use tracehound_testkit::shared_data;

/// `Transfer(address,address,uint256)`, as real logs have it.
const TRANSFER: &str = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
/// `Mint(address,uint256,uint256)`: pairs of Uniswap have it, and so have the tokens of Compound.
const MINT: &str = "4c209b5fc8ad50758f13e2e1088ba56a560dff690a1c6fef26394f4c03821c4f";
/// `Sync(uint112,uint112)`.
const SYNC: &str = "1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1";

fn topic(text: &str) -> [u8; 32] {
    let bytes = hex::decode(text.trim_start_matches("0x")).expect("hexadecimal");
    bytes.try_into().expect("32 bytes")
}

fn roles_of(logs: &[(&str, usize, usize)]) -> Vec<Role> {
    let mut roles = Roles::default();
    for (first, count, data) in logs {
        let mut topics = vec![topic(first)];
        topics.resize(*count, [0; 32]);
        roles.take("a contract", &topics, *data);
    }
    roles.found().flat_map(|(_, roles)| roles.into_keys()).collect()
}

#[test]
fn an_event_counts_where_all_of_its_form_is_right() {
    assert_eq!(roles_of(&[(TRANSFER, 3, 32)]), [Role::Token]);
    assert_eq!(roles_of(&[(TRANSFER, 4, 0)]), [Role::Token], "a collectible");
    for (count, data) in [(1, 96), (2, 64), (3, 0), (3, 64), (4, 32), (0, 0)] {
        assert_eq!(roles_of(&[(TRANSFER, count, data)]), [], "{count} topics, {data} bytes");
    }
    assert_eq!(roles_of(&[(SYNC, 1, 64)]), [Role::DexPool]);
    assert_eq!(
        roles_of(&[(SYNC, 1, 64), (TRANSFER, 3, 32)]),
        [Role::Token, Role::DexPool],
        "shares of a pool"
    );
    assert_eq!(roles_of(&[(MINT, 2, 64)]), [], "tokens of lenders have it too");
    assert_eq!(roles_of(&[(&"00".repeat(32), 1, 32)]), []);
}

#[test]
fn who_writes_no_topic_at_all_has_no_role_and_is_counted() {
    let mut roles = Roles::default();
    roles.take(7, &[], 32);
    let found: Vec<_> = roles.found().collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].1.is_empty());
}

#[test]
fn contracts_of_real_transactions_have_the_roles_that_they_are_known_for() {
    let Some(file) = shared_data("evm_tx/swap.jsonl.gz") else { return };
    let mut roles = Roles::default();
    for line in BufReader::new(GzDecoder::new(File::open(file).expect("opens"))).lines() {
        let row: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        if row["chain"] != 1 {
            continue;
        }
        for log in row["receipt"]["logs"].as_array().into_iter().flatten() {
            let topics = log["topics"].as_array().into_iter().flatten().filter_map(Value::as_str).map(topic);
            let data = log["data"].as_str().unwrap_or("0x").len() / 2 - 1;
            roles.take(
                log["address"].as_str().expect("an address").to_owned(),
                &topics.collect::<Vec<_>>(),
                data,
            );
        }
    }
    let found: std::collections::BTreeMap<String, BTreeSet<Role>> =
        roles.found().map(|(emitter, roles)| (emitter, roles.into_keys().collect())).collect();
    let roles = |address: &str| found.get(address).cloned().unwrap_or_default();
    assert_eq!(roles("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"), BTreeSet::from([Role::Token]), "USDC");
    let pair = roles("0xb4e16d0168e52d35cacd2c6185b44281ec28c9dc");
    assert!(pair.contains(&Role::DexPool), "USDC/ETH of Uniswap: {pair:?}");
}
