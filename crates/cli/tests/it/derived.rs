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
    // A wallet that two name otherwise is nobody's, and so is one that is no more than a hint.
    desk.write("two-copy.csv", &std::fs::read_to_string(desk.path("two.csv")).expect("read"));
    let disputed = [&MOVEMENTS[..], &ON, &["--wallets", "@two-copy.csv"]].concat();
    assert_eq!(desk.run(&disputed).1.lines().count(), 1);
    let one = std::fs::read_to_string(desk.path("one.csv")).expect("read");
    desk.write("hint.csv", &one.replace(",50\n", ",10\n"));
    let hinted = [&MOVEMENTS[..], &ON, &["--wallets", "@hint.csv"]].concat();
    assert_eq!(desk.run(&hinted).1.lines().count(), 1);
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
    // Without a token that packs know, no payment is in earnest.
    desk.write("transfers.csv", &rows_of(USDT));
    let (code, said, error) = desk.run(&imitations);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{error}");
    assert!(error.contains("0 imitations in 2 movements, among 1 groups"), "{error}");
    for money in [TOKEN, "eth"] {
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
