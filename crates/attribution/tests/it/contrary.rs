//! What a list says is *not* of its kind makes no claim, and no address of it is lost without a word.

use tracehound_attribution::import::{Snapshot, read};
use tracehound_model::Category;

use crate::support::{address, named, text};

const BTC: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
const ETH: &str = "0xE4A618E2Fc5aD76525F555970363ae97AFc1F426";
const OTHER_ETH: &str = "0x2a9fd3e5254a3c480891ad6005c40e682bdeb3e7";

fn about(list: &Snapshot) -> Vec<String> {
    list.claims.iter().map(|claim| format!("{:?}", claim.subject)).collect()
}

fn of(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|written| format!("{:?}", address(written))).collect()
}

/// What is left out of it leaves this much, and says so.
fn leaves(name: &str, body: &str, taken: &[&str], refused: u64) {
    let list = text(name, body).unwrap_or_else(|error| panic!("{body}: {error}"));
    assert_eq!(about(&list), of(taken), "{body}");
    let account = list.account;
    assert_eq!((account.refused, account.left_out), (refused, refused), "{body}: {:?}", list.warnings);
    assert_eq!(account.read + account.refused + account.passed_over, account.total, "{body}: {account:?}");
    assert!(
        list.warnings.iter().any(|warning| warning.message.contains("says the contrary")),
        "{:?}",
        list.warnings
    );
}

#[test]
fn keys_that_mean_the_contrary_make_no_claim() {
    for key in [
        "whitelist",
        "allowlist",
        "safe",
        "trusted",
        "exclude",
        "false_positives",
        "delisted",
        "removed",
        "victims",
        "customers",
        "whiteListed",
        "allow-list",
        "trustedAddresses",
        "Our customers",
        "eth_whitelist",
        "victimsOfLazarus",
    ] {
        for body in [
            format!("{{\"{key}\":[\"{ETH}\"],\"blacklist\":[\"{BTC}\"]}}"),
            format!("{{\"{key}\":{{\"{ETH}\":\"x\"}},\"blacklist\":[\"{BTC}\"]}}"),
            format!("{{\"{key}\":[{{\"address\":\"{ETH}\",\"name\":\"x\"}}],\"blacklist\":[\"{BTC}\"]}}"),
            format!("{{\"{key}\":{{\"a\":[\"{ETH}\"]}},\"blacklist\":[\"{BTC}\"]}}"),
            format!("{{\"data\":{{\"{key}\":[\"{ETH}\"],\"blacklist\":[\"{BTC}\"]}}}}"),
            format!(
                "{{\"lists\":[{{\"name\":\"{key}\",\"addresses\":[\"{ETH}\"]}}],\"blacklist\":[\"{BTC}\"]}}"
            )
            .replace("\"lists\"", "\"groups\""),
        ] {
            leaves("shape.json", &body, &[BTC], 1);
        }
        let alone = format!("{{\"{key}\":[\"{ETH}\"]}}");
        let error = text("shape.json", &alone).unwrap_err().to_string();
        assert!(error.contains(key) && error.contains("says the contrary"), "{error}");
    }
    // Names that hold such a word are names.
    let list = text(
        "shape.json",
        &format!("{{\"Trust Wallet drainer\":[\"{ETH}\"],\"SafeMoon hack\":[\"{BTC}\"]}}"),
    )
    .unwrap();
    assert_eq!((list.claims.len(), list.account.left_out), (2, 0), "{list:?}");
}

#[test]
fn entries_and_rows_that_say_the_contrary_of_themselves_make_no_claim() {
    for (field, value) in [
        ("status", "removed"),
        ("category", "whitelist"),
        ("type", "victim"),
        ("list", "Safe"),
        ("label", "false positive"),
        ("whitelisted", "true"),
        ("is_victim", "1"),
        ("delisted_on", "2024-01-31"),
        ("action", "delete"),
    ] {
        let entries = format!(
            "[{{\"address\":\"{ETH}\",\"{field}\":\"{value}\"}},{{\"address\":\"{BTC}\",\"{field}\":\"\"}}]"
        );
        leaves("shape.json", &entries, &[BTC], 1);
        leaves("shape.jsonl", &entries[1..entries.len() - 1].replace("},{", "}\n{"), &[BTC], 1);
        leaves("shape.csv", &format!("address,{field}\n{ETH},{value}\n{BTC},\n"), &[BTC], 1);
        leaves("shape.csv", &format!("{field};address;asset\n{value};{ETH};ETH\n;{BTC};BTC\n"), &[BTC], 1);
    }
    leaves("shape.json", &format!("{{\"{ETH}\":\"whitelist\",\"{BTC}\":\"Quux\"}}"), &[BTC], 1);
    leaves(
        "shape.json",
        &format!("{{\"{ETH}\":[\"exchange\",\"trusted\"],\"{BTC}\":[\"scam\"]}}"),
        &[BTC],
        1,
    );
    leaves("shape.csv", &format!("{ETH},safe\n{BTC},Quux\n"), &[BTC], 1);
    // What is counted is no such word, and a flag that is not set neither.
    let rows =
        format!("address,label,victims,whitelisted,removed_on\n{ETH},Quux,35,false,\n{BTC},Zed,1,no,\n");
    let list = text("shape.csv", &rows).unwrap();
    assert_eq!((list.claims.len(), list.account.left_out), (2, 0), "{list:?}");
}

#[test]
fn the_wallet_safe_and_the_token_trust_are_names_beside_an_honest_kind() {
    for (label, entity, category) in
        [("Safe: ProxyFactory", "Safe", "wallet_service"), ("TRUST", "TRUST", "defi_token")]
    {
        let rows = format!(
            "address,label,entity,category\n{ETH},{label},{entity},{category}\n{BTC},Quux,Quux,exchange\n"
        );
        let list = text("shape.csv", &rows).unwrap();
        assert_eq!((list.claims.len(), list.account.left_out), (2, 0), "{label}: {list:?}");
    }
    // Alone, beside an accusation or under another name it says what such words say.
    for (header, cells) in [
        ("label,category", "safe,"),
        ("label,category", "safe,scam"),
        ("label,category", "safe,sometihng"),
        ("status,category", "safe,exchange"),
        ("label,category", "whitelisted,exchange"),
    ] {
        leaves("shape.csv", &format!("address,{header}\n{ETH},{cells}\n{BTC},Quux,scam\n"), &[BTC], 1);
    }
}

#[test]
fn a_list_that_is_called_by_the_contrary_is_refused() {
    for (name, body) in [
        ("shape.csv", format!("whitelist\n{ETH}\n")),
        ("shape.csv", format!("customer_wallets,note\n{ETH},x\n")),
        ("shape.csv", format!("Victims\naddress,label\n{ETH},x\n")),
        ("shape.txt", format!("{ETH}\n# Whitelist\n{BTC}\n")),
        ("shape.csv", format!("# Trusted addresses\naddress,label\n{ETH},x\n")),
        ("shape.json", format!("{{\"type\":\"whitelist\",\"addresses\":[\"{ETH}\"]}}")),
        ("shape.json", format!("{{\"name\":\"Our customers\",\"addresses\":[\"{ETH}\"]}}")),
    ] {
        let error = text(name, &body).unwrap_err().to_string();
        assert!(error.contains("says the contrary"), "{body}: {error}");
    }
}

#[test]
fn a_second_address_in_a_row_without_a_header_is_left_out_aloud() {
    let sql = format!("INSERT INTO labels (address,label) VALUES ('{BTC}','x'),('{ETH}','y');\n");
    let error = text("shape.sql", &sql).or_else(|_| text("shape.csv", &sql)).unwrap_err().to_string();
    assert!(error.contains("stands beside another address"), "{error}");
    let rows = format!("('{BTC}','x'),('{ETH}','y'),\n('{OTHER_ETH}','z');\n");
    let list = text("shape.csv", &rows).unwrap();
    assert_eq!((about(&list), list.account.refused), (of(&[OTHER_ETH]), 1), "{list:?}");
}

#[test]
fn every_address_of_a_wallet_is_a_claim() {
    let header = "id,schema,name,aliases,birth_date,countries,addresses,identifiers,sanctions,phones,emails,program_ids,dataset,first_seen,last_seen,last_change";
    let wallet = |name: &str, aliases: &str, addresses: &str| {
        format!(
            "{header}\nw1,CryptoWallet,{name},{aliases},,,{addresses},,US,,,,US OFAC,2020-01-01,2026-09-01,2026-09-01\n"
        )
    };
    let list = text("targets.simple.csv", &wallet(ETH, BTC, OTHER_ETH)).unwrap();
    assert_eq!((about(&list), list.account.left_out), (of(&[ETH, BTC, OTHER_ETH]), 0), "{list:?}");
    assert!(list.claims.iter().all(|claim| claim.statement.category == Category::Sanction));
    let list = text("targets.simple.csv", &wallet("", &format!("{ETH};{BTC}"), "")).unwrap();
    assert_eq!(about(&list), of(&[ETH, BTC]), "without a name of its own");
    let list = text("targets.simple.csv", &wallet(ETH, "Hot wallet;Cold wallet", "")).unwrap();
    assert!(list.unread.contains(&"names of wallets".to_owned()), "{list:?}");
    let list = text("targets.simple.csv", &wallet(ETH, &format!("also {BTC} of Quux"), "")).unwrap();
    assert_eq!((about(&list), list.account.left_out), (of(&[ETH]), 1), "{list:?}");
}

#[test]
fn tables_in_four_bytes_a_character_and_with_other_ends_of_line_are_read() {
    let table = format!("address,label\n{ETH},Quux\n{BTC},Zed\n");
    let bytes = |order: fn(u32) -> [u8; 4], mark: bool| -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        mark.into_iter().chain(table.chars()).flat_map(|c| order(u32::from(c))).collect()
    };
    for bytes in [
        bytes(u32::to_le_bytes, true),
        bytes(u32::to_be_bytes, true),
        bytes(u32::to_le_bytes, false),
        bytes(u32::to_be_bytes, false),
    ] {
        let list = read(&mut &bytes[..], &named("shape.csv")).unwrap().snapshot;
        assert_eq!((about(&list), list.account.left_out), (of(&[ETH, BTC]), 0), "{list:?}");
        assert!(
            list.warnings.iter().any(|warning| warning.message.contains("read as UTF-32")),
            "{:?}",
            list.warnings
        );
    }
    for end in ["\u{2028}", "\u{2029}", "\u{85}"] {
        let list = text("shape.csv", &table.replace('\n', end)).unwrap();
        assert_eq!((about(&list), list.account.left_out), (of(&[ETH, BTC]), 0), "{list:?}");
    }
    // Within a cell of a table of lines it is a character like others.
    let list = text("shape.csv", &format!("address,label\n{ETH},Qu\u{2028}ux\n")).unwrap();
    assert_eq!(about(&list), of(&[ETH]));
}
