//! `labels check`: what passes is what its proof shows, and what could not be looked at is no pass.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracehound_model::{BlockHash, OutPoint};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    follow::{TIME, address, folder_of},
    labels::{Desk, WALLET},
    schemas::has_form,
    screen::{text, tracehound},
};

/// The address of a key that is made for this test, and its signature of the label below, made by another program.
const SIGNER: &str = "0x4a62316623ad457F02cDC5D997deD67a383EC569";
const SIGNATURE: &str = "0xecc54b79fe5d3a7aa140bd3121d41c8f43ecd9737143e931938f8b382d0bc3790f70155b13c0f846cf9f1969aa9cad351b76e\
                         1b55424983a5ccb2b0ff2b7aa8f1c";

fn label(chain: &str, address: &str, source: &str, confidence: u8) -> Value {
    json!({
        "chain": chain, "address": address, "label": "Binance", "entity": "Binance", "category": "exchange",
        "predicate": "controls", "source": source, "version": "2025-06-01", "licence": "CC0-1.0", "confidence": confidence,
    })
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_kind_of_proof_passes_or_is_refused_with_its_row_and_the_reason() {
    let desk = Desk::new();
    let page = format!("<p>Our wallets: {}</p>", WALLET.to_lowercase());
    desk.write("page.html", &page);
    let order = format!("Order 1/26 of 2025-05-01\nwallet {WALLET}\n");
    desk.write("order.txt", &order);
    desk.write("order.pdf", "%PDF-1.7 compressed");
    let signed = json!({"kind": "signature", "date": "2025-06-01", "signature": SIGNATURE});
    let at = |file: &str, text: &str| json!({"kind": "page", "url": "https://example.org", "file": file, "sha256": sha256(text)});
    let authority = |source: &str, file: &str, text: &str| {
        json!({
            "label": label("eip155:1", WALLET, source, 60),
            "proof": {"kind": "authority", "date": "2025-05-01", "file": file, "sha256": sha256(text)},
        })
    };
    let of_page =
        |proof: Value| json!({"label": label("eip155:1", WALLET, "binance.com", 70), "proof": proof});
    let other = "0x28C6c06298d514Db089934071355E5743bf21d61".to_lowercase();
    let rows = [
        json!({"label": label("eip155:1", SIGNER, "binance.com", 100), "proof": signed}),
        of_page(at("page.html", &page)),
        authority("NBCTF (Israel MoD)", "order.txt", &order),
        // Another key, another text, another file, another address, somebody who is no authority.
        json!({"label": label("eip155:1", WALLET, "binance.com", 100), "proof": signed}),
        json!({"label": label("eip155:10", SIGNER, "binance.com", 100), "proof": signed}),
        of_page(at("page.html", "another page")),
        json!({"label": label("eip155:1", &other, "binance.com", 70), "proof": at("page.html", &page)}),
        authority("binance.com", "order.txt", &order),
        // What nobody could look at here.
        of_page(at("missing.html", &page)),
        of_page(at("../page.html", &page)),
        of_page(at("/etc/passwd", &page)),
        authority("NBCTF (Israel MoD)", "order.pdf", "%PDF-1.7 compressed"),
        json!({"label": label("tron:mainnet", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "a/b", 100), "proof": signed}),
    ];
    desk.write("submitted.jsonl", &lines(&rows));
    let check = ["labels", "check", "@submitted.jsonl", "--to", "@passed.csv"];
    let (code, said, error) = desk.run(&check);
    assert_eq!(code, Some(30), "{error}");
    insta::assert_snapshot!("labels_check", said);
    let passed = std::fs::read_to_string(desk.path("passed.csv")).expect("written");
    assert_eq!(passed.lines().count(), 4, "a header and what passed: {passed}");
    let file = desk.path("submitted.jsonl");
    let asked = ["labels", "check", &file, "--output", "jsonl"];
    has_form("labels-check", &tracehound(&desk.0.path().join("data"), &asked, ""));

    // Those alone pass, and can be packed.
    desk.write("submitted.jsonl", &lines(&rows[..3]));
    let (code, said, error) = desk.run(&check);
    assert_eq!(code, Some(0), "{said}{error}");
    let (code, _, error) =
        desk.run(&["labels", "pack", "--plan", "@plan-1.toml", "--to", "@passed.labels", "@passed.csv"]);
    assert_eq!(code, Some(0), "{error}");
    // What is read stays what it is.
    for read in ["@submitted.jsonl", "@page.html", "@order.txt"] {
        let before = std::fs::read(desk.path(&read[1..])).expect("read");
        let (code, _, error) = desk.run(&["labels", "check", "@submitted.jsonl", "--to", read]);
        assert!(code == Some(1) && error.contains("is read for it"), "{read}: {error}");
        assert_eq!(std::fs::read(desk.path(&read[1..])).expect("read"), before, "{read}");
    }
    // Nothing is not everything.
    desk.write("submitted.jsonl", "\n");
    let (code, said, _) = desk.run(&check);
    assert_eq!((code, said.as_str()), (Some(30), "passed 0, refused 0, not checked 0\n"));
}

#[test]
fn a_payment_is_looked_up_in_the_ledger_and_without_one_it_is_not_checked() {
    let mut block = BlockMaker::new(BlockHash::default(), TIME, 0);
    let coin = block.tx(&[], &[(50_000_000, Some(owner(20)))]);
    let paid = block.tx(&[(OutPoint { txid: coin, vout: 0 }, None)], &[(49_990_000, Some(owner(21)))]);
    let data = folder_of(&[block.done()]);
    let receipt = format!("We received your payment {paid}.");
    std::fs::write(data.path().join("receipt.txt"), &receipt).expect("written");
    let regtest = "bip122:0f9188f13cb7b2c71f2a335e3a4fc328";
    let row = |number: usize, tx: String| {
        json!({
            "label": label(regtest, &address(number), "binance.com", 50),
            "proof": {"kind": "payment", "tx": tx, "file": "receipt.txt", "sha256": sha256(&receipt)},
        })
    };
    let absent = format!("{paid}").replace(|c: char| c.is_ascii_digit(), "e");
    let rows = [
        row(21, paid.to_string()),
        row(20, paid.to_string()),
        row(100, paid.to_string()),
        row(21, coin.to_string()),
        row(21, absent),
    ];
    let file = data.path().join("submitted.jsonl");
    std::fs::write(&file, lines(&rows)).expect("written");
    let file = file.display().to_string();
    let outcomes = |data: &std::path::Path| -> Vec<String> {
        let checked = tracehound(data, &["labels", "check", &file, "--output", "jsonl"], "");
        let answer: Value = serde_json::from_str(&text(&checked)).expect("JSON");
        let rows = answer["rows"].as_array().expect("rows").clone();
        rows.iter().map(|row| row["outcome"].as_str().expect("a word").to_owned()).collect()
    };
    // Its receiver and its payer took part; somebody else did not, and a receipt of another transaction shows nothing.
    assert_eq!(outcomes(data.path()), ["passed", "passed", "refused", "refused", "refused"]);
    let empty = tempfile::tempdir().expect("a folder");
    assert_eq!(outcomes(empty.path()), ["not_checked", "not_checked", "not_checked", "refused", "refused"]);
    // A receipt of what the ledger does not hold.
    let unknown = "e".repeat(64);
    std::fs::write(data.path().join("receipt.txt"), format!("paid: {unknown}")).expect("written");
    let proof = json!({"kind": "payment", "tx": unknown, "file": "receipt.txt", "sha256": sha256(&format!("paid: {unknown}"))});
    let row = json!({"label": label(regtest, &address(21), "binance.com", 50), "proof": proof});
    std::fs::write(&file, lines(&[row])).expect("written");
    assert_eq!(outcomes(data.path()), ["not_checked"]);
}

#[test]
fn what_was_derived_is_derived_again() {
    let desk = Desk::new();
    let deposit = "0x11aa22bb33cc44dd55ee66ff7788990011223344";
    let payer = "0x22aa22bb33cc44dd55ee66ff7788990011223355";
    let transfers = format!(
        "from,to,asset,amount,block,tx\n{payer},{deposit},eth,1000,7,0xaa\n{deposit},{WALLET},eth,1000,9,0xbb\n"
    );
    desk.write("transfers.csv", &transfers);
    let (code, derived, error) = desk.run(&[
        "labels",
        "derive",
        "@transfers.csv",
        "--chain",
        "eip155:1",
        "--wallets",
        "@one.csv",
        "--on",
        "2025-06-01",
        "--output",
        "jsonl",
    ]);
    assert_eq!(code, Some(0), "{error}");
    let derived: Value = serde_json::from_str(derived.trim()).expect("one label");
    let proof = json!({"kind": "derived", "input": "transfers.csv", "wallets": "one.csv"});
    let claimed = |key: &str, value: &str| {
        let mut label = derived.clone();
        label[key] = value.into();
        json!({"label": label, "proof": proof})
    };
    let rows = [
        json!({"label": derived, "proof": proof}),
        // Another entity, another address, other wallets.
        claimed("entity", "Kraken"),
        claimed("address", payer),
        json!({"label": derived, "proof": {"kind": "derived", "input": "transfers.csv"}}),
        json!({"label": derived, "proof": {"kind": "derived", "input": "one.csv"}}),
    ];
    desk.write("submitted.jsonl", &lines(&rows));
    let (code, said, error) = desk.run(&["labels", "check", "@submitted.jsonl"]);
    assert_eq!(code, Some(30), "{error}");
    let outcomes: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once(": ")?.1.split_once(" by "))
        .map(|(word, _)| word)
        .collect();
    assert_eq!(outcomes, ["passed", "refused", "refused", "not checked", "not checked"], "{said}");
    // The same file with a byte more is another one.
    desk.write("transfers.csv", &format!("{transfers}\n"));
    desk.write("submitted.jsonl", &lines(&rows[..1]));
    let (_, said, _) = desk.run(&["labels", "check", "@submitted.jsonl"]);
    assert!(said.contains("refused by derived") && said.contains("another file was meant"), "{said}");
}

#[test]
fn a_proof_of_reserves_becomes_a_label_file_of_what_was_signed() {
    let desk = Desk::new();
    // https://web3js.readthedocs.io/en/v1.2.2/web3-eth-accounts.html#sign
    let signer = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";
    let signature = "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747\
                     ef045e5d18a5f5d4300f8e1a0291c";
    let table = format!(
        "coin,amount\nETH,6\n\ncoin,Network,address,amount,message,signature1\nETH,ETH,{signer},1,Some data,{signature}\n\
         USDT-ERC20,ETH,{signer},1,Some data,{signature}\n"
    );
    desk.write("reserves.csv", &table);
    let reserves = [
        "labels",
        "reserves",
        "@reserves.csv",
        "--entity",
        "Example",
        "--date",
        "2025-06-01",
        "--source",
        "example.org",
    ];
    let (code, said, error) = desk.run(&reserves);
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("1 wallets by their signatures in 2 rows"), "{error}");
    let row = format!(
        "eip155:1,{signer},Example: proof of reserves,Example,exchange,controls,entity,example.org,sha256:{}/2025-06-01,not stated,50,,",
        sha256(&table)
    );
    assert_eq!(said.lines().nth(1), Some(row.as_str()), "{said}");
    assert_eq!(said.lines().count(), 2);

    // A row that fails is told with its line, and what is not read is not taken.
    desk.write(
        "reserves.csv",
        &format!("{table}ETH,ETH,{WALLET},1,Some data,{signature}\nTON,TON,UQB,1,x,y\n"),
    );
    let (code, said, error) = desk.run(&reserves);
    assert_eq!((code, said.lines().count()), (Some(30), 2), "{error}");
    assert!(error.contains("reserves.csv:7: refused: it was signed by another key"), "{error}");
    assert!(error.contains("reserves.csv:8: not checked: the network of `TON`"), "{error}");
    let late = [&reserves[..6], &["2999-01-01", "--source", "example.org"]].concat();
    assert_eq!(desk.run(&late).0, Some(1), "of a day that has not come");
}
