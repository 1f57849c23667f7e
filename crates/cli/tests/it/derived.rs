//! `labels derive`: hints that follow from movements and logs, and what they are not.

use crate::labels::{Desk, TOKEN, WALLET};

const DEPOSIT: &str = "0x11aa22bb33cc44dd55ee66ff7788990011223344";
const PAYER: &str = "0x22aa22bb33cc44dd55ee66ff7788990011223355";
const CUSTOMER: &str = "0x33aa22bb33cc44dd55ee66ff7788990011223366";
const USDT: &str = "0xdac17f958d2ee523a2206206994597c13d831ec7";
const MOVEMENTS: [&str; 4] = ["labels", "derive", "@transfers.csv", "--chain"];
const ON: [&str; 3] = ["eip155:1", "--on", "2025-06-01"];

/// A deposit address that passes on what came, a customer who pays the exchange, and a row that is none.
fn transfers() -> String {
    [
        "from,to,asset,amount,block,tx".to_owned(),
        format!("{PAYER},{DEPOSIT},{USDT},1000,7,0xaa"),
        format!("{DEPOSIT},{WALLET},{USDT},1000,9,0xbb"),
        format!("{CUSTOMER},{WALLET},{USDT},5,9,0xcc"),
        format!("{CUSTOMER},{WALLET},{USDT},-5,9,0xdd\n"),
    ]
    .join("\n")
}

/// Puts what was derived in force.
fn apply(desk: &Desk, derived: &str) {
    desk.write("derived.csv", derived);
    let plan = "name = \"derived\"\nversion = 1\nissued = 2025-06-01\npublisher = \"us\"\n[licences.\"own data\"]\nterms = \"-\"\n";
    desk.write("derived.toml", plan);
    let (code, _, error) =
        desk.run(&["labels", "pack", "--plan", "@derived.toml", "--to", "@derived.labels", "@derived.csv"]);
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(desk.run(&["labels", "apply", "@derived.labels"]).0, Some(0));
}

#[test]
fn deposit_addresses_follow_from_movements_and_stay_hints() {
    let desk = Desk::new();
    desk.write("transfers.csv", &transfers());
    let derive = [&MOVEMENTS[..], &ON].concat();
    let (code, said, error) = desk.run(&derive);
    assert_eq!((code, said.lines().count()), (Some(30), 1), "nobody is known: {error}");
    assert!(error.contains("no wallet of an exchange is among the accounts"), "{error}");

    desk.pack(1, "@one.csv", None);
    assert_eq!(desk.run(&["labels", "apply", "@ours-1.labels"]).0, Some(0));
    let (code, derived, error) = desk.run(&derive);
    assert_eq!(code, Some(30), "a row was refused: {error}");
    assert!(error.contains("transfers.csv:5: its amount `-5` is no whole number of base units"), "{error}");
    assert!(error.contains("1 deposit addresses in 3 movements, by 1 wallets of exchanges"), "{error}");
    assert!(error.contains("1 more pay one exchange alone: --paid-only"), "{error}");
    assert!(error.contains("how often it is right is not known"), "{error}");
    insta::with_settings!({ filters => vec![("packs sha256:[0-9a-f]{64}", "packs sha256:DIGEST")] }, {
        insta::assert_snapshot!("labels_derive", derived);
    });
    let (_, said, _) = desk.run(&[&derive[..], &["--paid-only"]].concat());
    assert_eq!(said.lines().count(), 3, "the customer too: {said}");

    // A pack of them is a hint among the others, and hides nothing from the next time.
    apply(&desk, &derived);
    let (_, said, _) = desk.run(&["labels", "show", DEPOSIT, "--on", "2025-06-01"]);
    assert!(said.contains("deposit address of Binance (exchange), confidence 10"), "{said}");
    let (_, again, _) = desk.run(&derive);
    assert_eq!(again.lines().count(), 2, "{again}");
    let (_, verdict, _) =
        desk.run(&["screen", DEPOSIT, "--policy", "lists-only", "--as-of", "2025-06-02T00:00:00Z"]);
    assert!(!verdict.starts_with("BLOCK"), "{verdict}");

    // What came first decides: rows that are not in order say nothing.
    let rows = transfers();
    let [header, first, second, ..] = rows.lines().collect::<Vec<_>>()[..] else { panic!("rows") };
    desk.write("transfers.csv", &format!("{header}\n{second}\n{first}\n"));
    let (code, said, error) = desk.run(&derive);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(error.contains("row 3: its block is before that of the row above"), "{error}");
}

#[test]
fn wallets_that_the_user_knows_need_no_pack() {
    let desk = Desk::new();
    let rows = transfers();
    desk.write("transfers.csv", rows.trim_end().rsplit_once('\n').expect("rows").0);
    let derive = [&MOVEMENTS[..], &ON, &["--wallets", "@one.csv"]].concat();
    let (code, derived, error) = desk.run(&derive);
    assert_eq!(code, Some(0), "{error}");
    assert!(derived.contains(", no packs, wallets sha256:"), "how to derive it again: {derived}");
    assert!(derived.contains("Binance deposit address"), "{derived}");
    // A table of wallets need not say that they are wallets; one that says otherwise is none.
    let one = std::fs::read_to_string(desk.path("one.csv")).expect("read");
    desk.write(
        "plain.csv",
        &one.replace(",predicate", "").replace(",controls", "").replace(",contract_of", ""),
    );
    let plain = [&MOVEMENTS[..], &ON, &["--wallets", "@plain.csv"]].concat();
    let (code, said, error) = desk.run(&plain);
    assert_eq!((code, said.lines().count()), (Some(0), 2), "{error}");
    desk.write("contract.csv", &one.replace(",controls", ",contract_of"));
    let contract = [&MOVEMENTS[..], &ON, &["--wallets", "@contract.csv"]].concat();
    assert_eq!(desk.run(&contract).1.lines().count(), 1);
    // A wallet that two name otherwise is nobody's, and so is one that is no more than a hint.
    desk.write("two-copy.csv", &std::fs::read_to_string(desk.path("two.csv")).expect("read"));
    let disputed = [&MOVEMENTS[..], &ON, &["--wallets", "@two-copy.csv"]].concat();
    assert_eq!(desk.run(&disputed).1.lines().count(), 1);
    desk.write("hint.csv", &one.replace(",50\n", ",10\n"));
    let hinted = [&MOVEMENTS[..], &ON, &["--wallets", "@hint.csv"]].concat();
    assert_eq!(desk.run(&hinted).1.lines().count(), 1);
}

/// Anybody can write logs of a token of their own in anybody's name: they make nobody a deposit address or a hot wallet, and take
/// nobody out of the answer.
#[test]
fn logs_of_a_token_that_nobody_knows_say_nothing() {
    let desk = Desk::new();
    let fake = "0x59b5a69022d52b2461463fc517702ab25fe3de29";
    let derive = |rows: &[String], more: &[&str]| {
        desk.write("transfers.csv", &format!("from,to,asset,amount,block,tx\n{}\n", rows.join("\n")));
        let (_, derived, error) = desk.run(&[&MOVEMENTS[..], &ON, &["--wallets", "@one.csv"], more].concat());
        (derived.lines().count() - 1, error)
    };
    let way = |asset: &str| {
        [format!("{PAYER},{DEPOSIT},{asset},1000,7,0xaa"), format!("{DEPOSIT},{WALLET},{asset},1000,9,0xbb")]
    };
    let (found, error) = derive(&way(fake), &[]);
    assert_eq!(found, 0, "{error}");
    assert!(error.contains("2 movements count for nothing: nobody knows their tokens"), "{error}");
    assert_eq!(derive(&way(USDT), &[]).0, 1);
    assert_eq!(derive(&way("ETH"), &[]).0, 1);
    let forged = format!("{DEPOSIT},{CUSTOMER},{fake},1000,9,0xcc");
    assert_eq!(derive(&[&way("ETH")[..], &[forged]].concat(), &[]).0, 1);
    // One that the user calls a counterfeit is no asset that people pay with, whatever else it is called.
    let one = std::fs::read_to_string(desk.path("one.csv")).expect("read");
    let row = |category: &str| format!("eip155:1,{fake},Fake,Fake,{category},contract_of,x/y,1,CC0-1.0,50\n");
    desk.write("one.csv", &format!("{one}{}", row("defi_token")));
    assert_eq!(derive(&way(fake), &[]).0, 1);
    desk.write("one.csv", &format!("{one}{}{}", row("defi_token"), row("phishing")));
    assert_eq!(derive(&way(fake), &[]).0, 0);
    desk.write("one.csv", &one);

    // Whoever keeps a stash of another asset is nobody's deposit address.
    let stash = format!("{PAYER},{DEPOSIT},ETH,1000000000000000000000,6,0x11");
    assert_eq!(derive(&[&[stash.clone()][..], &way(USDT)].concat(), &[]).0, 0);
    assert_eq!(
        derive(
            &[&[stash.replace("1000000000000000000000", "100000000000000000")][..], &way(USDT)].concat(),
            &[]
        )
        .0,
        1
    );

    for (asset, wanted) in [(fake, 0), ("ETH", 1)] {
        let mut rows = vec![format!("{CUSTOMER},{PAYER},{asset},900,7,0x0")];
        rows.extend(
            (0..10).map(|number| {
                format!("{PAYER},0x{},{asset},5,7,0xa{number}", format!("a{number}").repeat(20))
            }),
        );
        let (found, error) = derive(&rows, &["--rule", "hot-wallets"]);
        assert_eq!(found, wanted, "{asset}: {error}");
    }
}

#[test]
fn an_imitation_is_told_from_what_it_imitates() {
    let desk = Desk::new();
    desk.pack(1, "@one.csv", None);
    assert_eq!(desk.run(&["labels", "apply", "@ours-1.labels"]).0, Some(0));
    let (genuine, copy) =
        ("0xd9a1b0b1e1ae382dbdc898ea68012ffcb2853a91", "0xd9a1c3788d81257612e2581a6ea0ada244853a91");
    let rows_of = |asset: &str| {
        format!(
            "from,to,asset,amount,block,tx\n{PAYER},{genuine},{asset},1000,7,0xaa\n{PAYER},{copy},{asset},0,8,0xbb\n"
        )
    };
    let imitations = [&MOVEMENTS[..], &ON, &["--rule", "imitations"]].concat();
    // In a token that nobody knows no payment is in earnest.
    desk.write("transfers.csv", &rows_of("0x59b5a69022d52b2461463fc517702ab25fe3de29"));
    let (code, said, error) = desk.run(&imitations);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{error}");
    assert!(error.contains("0 imitations in 2 movements, among 1 groups"), "{error}");
    for money in [TOKEN, USDT, "eth"] {
        desk.write("transfers.csv", &rows_of(money));
        let (code, said, error) = desk.run(&imitations);
        assert_eq!(code, Some(0), "{error}");
        assert_eq!(said.lines().count(), 2, "{said}");
        let is = "eip155:1,0xd9A1C3788D81257612E2581A6ea0aDa244853a91,\"imitates 0xd9A1b0B1e1aE382DbDc898Ea68012FfcB2853a91";
        assert!(said.contains(is), "{said}");
        assert!(said.contains("first 4 and last 6 digits, by chance once in 1099511627776"), "{said}");
    }
}

#[test]
fn contracts_have_roles_by_their_logs_and_nobodys_name() {
    let desk = Desk::new();
    desk.pack(1, "@one.csv", None);
    assert_eq!(desk.run(&["labels", "apply", "@ours-1.labels"]).0, Some(0));
    let transfer = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    let sync = "0x1c411e9a96e071241c2f21f7726b17ae89e3cab4c78be50e062b03a9fffbbad1";
    let word = format!("0x{}", "00".repeat(32));
    let moved = |token: &str| {
        format!(
            "{{\"address\":\"{token}\",\"topics\":[\"{transfer}\",\"{word}\",\"{word}\"],\"data\":\"{word}\"}}"
        )
    };
    let pair =
        format!("{{\"address\":\"{PAYER}\",\"topics\":[\"{sync}\"],\"data\":\"0x{}\"}}", "00".repeat(64));
    let silent = format!("{{\"address\":\"{CUSTOMER}\",\"topics\":[],\"data\":\"0x\"}}");
    let receipt = format!("{{\"status\":\"0x1\",\"logs\":[{},{pair}]}}", moved(PAYER));
    let lines = [moved(DEPOSIT), moved(TOKEN), receipt, silent].join("\n");
    desk.write("logs.jsonl", &lines);
    let derive =
        ["labels", "derive", "@logs.jsonl", "--chain", "eip155:1", "--rule", "roles", "--on", "2025-06-01"];
    let (code, derived, error) = desk.run(&derive);
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("3 roles in 5 logs of 4 contracts"), "{error}");
    assert!(
        error.contains("token: labels say the same of 1 of the 1 addresses here that have one"),
        "{error}"
    );
    insta::with_settings!({ filters => vec![("packs sha256:[0-9a-f]{64}", "packs sha256:DIGEST")] }, {
        insta::assert_snapshot!("labels_derive_roles", derived);
    });
    apply(&desk, &derived);
    let (_, said, _) = desk.run(&["labels", "show", PAYER, "--on", "2025-06-01"]);
    assert!(said.contains("eip155:1: nobody is named"), "{said}");

    // What is no log is refused by its line, and what the chain took back says nothing.
    let gone = moved(DEPOSIT).replace('}', ",\"removed\":true}");
    let bad = moved("0x12");
    desk.write("logs.jsonl", &format!("[]\n{gone}\n{bad}\n{}\n", moved(DEPOSIT).replace("0xdd", "0xd")));
    let (code, derived, error) = desk.run(&derive);
    assert_eq!((code, derived.lines().count()), (Some(30), 1), "{error}");
    for line in 1..=4 {
        assert!(error.contains(&format!("logs.jsonl:{line}: ")), "{line}: {error}");
    }
}

/// An address as the last 20 bytes of a word.
fn as_word(address: &str) -> String {
    format!("{}{}", "0".repeat(24), address.trim_start_matches("0x"))
}

#[test]
fn freezes_of_an_issuers_own_token_hold_from_their_day_to_the_release() {
    let desk = Desk::new();
    let (added, removed) = (
        "0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc",
        "0xd7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c",
    );
    let log = |token: &str, first: &str, about: &str, block: u64, time: Option<u64>| {
        let mut log = serde_json::json!({
            "address": token, "topics": [first], "data": format!("0x{}", as_word(about)),
            "blockNumber": format!("0x{block:x}"), "logIndex": "0x3",
        });
        if let Some(time) = time {
            log["blockTimestamp"] = format!("0x{time:x}").into();
        }
        log
    };
    // 2025-03-01, 2025-03-05, 2025-04-01.
    let [first, second, third] = [1_740_787_200, 1_741_132_800, 1_743_465_600];
    let null = format!("0x{}", "00".repeat(20));
    let rows = [
        log(USDT, added, DEPOSIT, 100, Some(first)),
        serde_json::json!({"status": "0x1", "logs": [log(USDT, added, PAYER, 101, Some(second))]}),
        log(USDT, removed, DEPOSIT, 200, None),
        // The same once more, the block of the one that does not say its time, and what counts for nothing.
        log(USDT, added, DEPOSIT, 100, Some(first)),
        serde_json::json!({"number": "0xc8", "timestamp": format!("0x{third:x}"), "transactions": []}),
        log(TOKEN, added, CUSTOMER, 102, Some(first)),
        log(USDT, added, &null, 103, Some(first)),
    ];
    let write = |rows: &[serde_json::Value]| {
        let lines: Vec<String> = rows.iter().map(ToString::to_string).collect();
        desk.write("logs.jsonl", &lines.join("\n"));
    };
    write(&rows);
    let derive =
        ["labels", "derive", "@logs.jsonl", "--chain", "eip155:1", "--rule", "freezes", "--on", "2025-06-01"];
    let (code, derived, error) = desk.run(&derive);
    assert_eq!(code, Some(0), "no pack is asked: {error}");
    insta::assert_snapshot!("labels_derive_freezes", derived);
    apply(&desk, &derived);
    let frozen = |address: &str, day: &str| {
        let (_, said, _) = desk.run(&["labels", "show", address, "--on", day]);
        said.contains("USDT frozen by Tether: AddedBlackList in block")
    };
    assert_eq!(
        ["2025-02-28", "2025-03-01", "2025-03-31", "2025-04-01"].map(|day| frozen(DEPOSIT, day)),
        [false, true, true, false]
    );
    assert!(frozen(PAYER, "2025-05-31"), "it never was released");
    let (_, verdict, _) =
        desk.run(&["screen", PAYER, "--policy", "lists-only", "--as-of", "2025-06-02T00:00:00Z"]);
    assert!(!verdict.starts_with("BLOCK"), "a hint: {verdict}");

    // Whoever has the logs derives the same.
    let label = |change: &dyn Fn(&mut serde_json::Value)| {
        let (_, lines, _) = desk.run(&[&derive[..], &["--output", "jsonl"]].concat());
        let mut label: serde_json::Value =
            serde_json::from_str(lines.lines().next().expect("a label")).expect("JSON");
        change(&mut label);
        serde_json::json!({"label": label, "proof": {"kind": "derived", "input": "logs.jsonl"}}).to_string()
    };
    desk.write("submitted.jsonl", &label(&|_| ()));
    let (code, said, _) = desk.run(&["labels", "check", "@submitted.jsonl"]);
    assert_eq!(code, Some(0), "{said}");
    desk.write("submitted.jsonl", &label(&|label| label["valid_to"] = serde_json::Value::Null));
    let (code, said, _) = desk.run(&["labels", "check", "@submitted.jsonl"]);
    assert_eq!(code, Some(30), "it was released: {said}");

    // A time that nobody tells, a release of what was not seen frozen, and two chains in one file.
    let odd = [
        log(USDT, added, DEPOSIT, 100, None),
        log(USDT, removed, PAYER, 101, Some(second)),
        log(USDT, added, PAYER, 102, Some(second)),
        log(USDT, added, CUSTOMER, 102, Some(second)),
    ];
    write(&odd);
    let (code, derived, error) = desk.run(&derive);
    assert_eq!((code, derived.lines().count()), (Some(30), 2), "{derived}{error}");
    assert!(error.contains("logs.jsonl:1: nothing says when it was: give block 100"), "{error}");
    assert!(error.contains("logs.jsonl:4: another log stands at number 3 of block 102"), "{error}");
    assert!(error.contains("1 releases of what these logs do not show frozen"), "{error}");
    let elsewhere = [&derive[..4], &["eip155:61", "--rule", "freezes"]].concat();
    assert_eq!(desk.run(&elsewhere).0, Some(1), "no issuer is known there");
}

#[test]
fn contracts_of_one_deployer_have_his_name_and_those_of_a_factory_none() {
    let desk = Desk::new();
    let contract = |number: u8| format!("0x{number:02x}bb22bb33cc44dd55ee66ff7788990011223344");
    let (code, other) = ("0x6001", "0x6002");
    let factory = contract(0xfa);
    let traced = |number: u8, code: &str, place: &[u8], tx: &str| {
        serde_json::json!({
            "action": {"from": factory, "init": code, "gas": "0x1", "value": "0x0"}, "result": {"address": contract(number)},
            "traceAddress": place, "transactionHash": tx, "type": "create",
        })
    };
    let receipt = |number: u8, from: &str, status: Option<&str>| {
        serde_json::json!({
            "type": "0x2", "transactionHash": format!("0x{number:064x}"), "from": from, "to": null,
            "contractAddress": contract(number), "status": status, "logs": [],
        })
    };
    let failed = serde_json::json!({
        "action": {"from": PAYER, "to": factory, "callType": "call"}, "error": "Reverted", "result": null,
        "traceAddress": [], "transactionHash": "0xbb", "type": "call",
    });
    let frame = serde_json::json!({"txHash": "0xcc", "result": {
        "type": "CALL", "from": PAYER, "to": factory, "input": "0x", "logs": [], "calls": [
            {"type": "CREATE2", "from": factory, "to": contract(0x33), "input": code},
            {"type": "CALL", "from": factory, "to": PAYER, "error": "out of gas", "calls": [
                {"type": "CREATE2", "from": factory, "to": contract(0x34), "input": code},
            ]},
        ],
    }});
    let rows = [
        receipt(0x11, WALLET, Some("0x1")),
        receipt(0x12, CUSTOMER, Some("0x1")),
        receipt(0x13, CUSTOMER, Some("0x1")),
        receipt(0x14, CUSTOMER, Some("0x0")),
        serde_json::json!({
            "type": "0x2", "transactionHash": "0xee", "from": PAYER, "to": WALLET, "contractAddress": null, "status": "0x1", "logs": [],
        }),
        traced(0x31, code, &[0], "0xaa"),
        traced(0x32, other, &[1], "0xaa"),
        failed,
        traced(0x35, code, &[0], "0xbb"),
        frame,
        serde_json::json!({"action": {"author": PAYER, "rewardType": "block"}, "result": null, "traceAddress": [], "type": "reward"}),
    ];
    let lines: Vec<String> = rows.iter().map(ToString::to_string).collect();
    desk.write("traces.jsonl", &lines.join("\n"));
    let derive = [
        "labels",
        "derive",
        "@traces.jsonl",
        "--chain",
        "eip155:1",
        "--rule",
        "deployers",
        "--on",
        "2025-06-01",
        "--wallets",
        "@one.csv",
    ];
    let (code, derived, error) = desk.run(&derive);
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("5 contracts in 11 receipts and traces, among 2 families"), "{error}");
    assert!(error.contains("how often it is right is not known"), "{error}");
    insta::assert_snapshot!("labels_derive_deployers", derived);

    // A receipt of before Byzantium does not say whether it failed, and what is neither is refused.
    desk.write("traces.jsonl", &format!("{}\n{{\"from\":1}}\n", receipt(0x11, WALLET, None)));
    let (code, derived, error) = desk.run(&derive);
    assert_eq!((code, derived.lines().count()), (Some(30), 1), "{derived}");
    assert!(error.contains("traces.jsonl:1: it does not say whether it failed"), "{error}");
    assert!(error.contains("traces.jsonl:2: it is not a receipt"), "{error}");
}

#[test]
fn who_pays_many_is_a_hint_of_a_hot_wallet_and_nobodys_name() {
    let desk = Desk::new();
    desk.pack(1, "@one.csv", None);
    assert_eq!(desk.run(&["labels", "apply", "@ours-1.labels"]).0, Some(0));
    let mut rows = vec!["from,to,asset,amount,block,tx".to_owned()];
    for payer in [PAYER, WALLET] {
        rows.push(format!("{CUSTOMER},{payer},eth,900,7,0x{}", rows.len()));
        for number in 0..10 {
            rows.push(format!("{payer},0x{},eth,5,7,0x{}", format!("a{number}").repeat(20), rows.len()));
        }
    }
    desk.write("transfers.csv", &rows.join("\n"));
    let (code, derived, error) = desk.run(&[&MOVEMENTS[..], &ON, &["--rule", "hot-wallets"]].concat());
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("hot-wallets: labels say the same of 1 of the 1 addresses"), "{error}");
    assert_eq!(derived.lines().count(), 2, "{derived}");
    let is = "pays as a hot wallet does: 10 others in 10 transactions, paid by 1; labels say the same of 1 of 1 like it here";
    assert!(derived.contains(is) && derived.contains(",,hot_wallet,controls,"), "{derived}");
}
