//! Submitted labels, before their proofs are looked at.

use jiff::civil::date;
use tracehound_labels::{
    Label,
    contribution::{Contribution, Proof, Unfit, read, to_sign},
};

use crate::made::row;

const WALLET: &str = "0x28C6c06298d514Db089934071355E5743bf21d60";

fn says(confidence: u8) -> Label {
    row(&format!("eip155:1|{WALLET}|Binance|Binance|exchange|controls|binance.com|{confidence}"))
}

fn page() -> Proof {
    Proof::Page {
        url: "https://example.org/wallets".to_owned(),
        file: "page.html".to_owned(),
        sha256: "0".repeat(64),
    }
}

fn signature() -> Proof {
    Proof::Signature { date: date(2026, 11, 2), signature: String::new() }
}

fn fits(label: Label, proof: Proof) -> Result<(), Unfit> {
    Contribution { label, proof }.fits(date(2026, 11, 30))
}

#[test]
fn a_label_is_no_surer_than_what_its_proof_can_show() {
    for (proof, most) in [
        (signature(), 100),
        (page(), 70),
        (Proof::Payment { tx: String::new(), file: String::new(), sha256: String::new() }, 50),
    ] {
        assert!(fits(says(most), proof.clone()).is_ok(), "{proof:?}");
        if most < 100 {
            let refused = fits(says(most + 1), proof);
            assert!(matches!(refused, Err(Unfit::TooSure { .. })), "{refused:?}");
        }
    }
    let derived = Proof::Derived { input: "transfers.csv".to_owned(), wallets: None };
    assert!(matches!(fits(says(10), derived.clone()), Err(Unfit::NoRule(_))), "it says not by which rule");
    let by_rule = row(&format!(
        "eip155:1|{WALLET}|Deposit|Binance|exchange|deposit_address_of|derived/deposits/passed-on|10"
    ));
    assert!(fits(by_rule, derived).is_ok());
}

#[test]
fn what_a_proof_cannot_show_is_refused_before_it_is_looked_at() {
    let contract = row(&format!("eip155:1|{WALLET}|Router|Uniswap|defi_dex|contract_of|uniswap.org|70"));
    assert!(matches!(fits(contract.clone(), signature()), Err(Unfit::NotControls)));
    assert!(fits(contract, page()).is_ok());
    assert!(matches!(fits(Label { entity: None, ..says(50) }, signature()), Err(Unfit::NoEntity(_))));
    let late = Proof::Signature { date: date(2026, 12, 1), signature: String::new() };
    assert!(matches!(fits(says(50), late), Err(Unfit::Future(_))));
    let authority =
        |day| Proof::Authority { date: day, file: "order.txt".to_owned(), sha256: "0".repeat(64) };
    assert!(matches!(fits(says(50), authority(date(2026, 1, 1))), Err(Unfit::NoAuthority(_))));
    let order = row(&format!(
        "eip155:1|{WALLET}|order 1/26|NBCTF order 1/26|terrorism_financing|controls|NBCTF (Israel MoD)|60"
    ));
    assert!(fits(order.clone(), authority(date(2026, 1, 1))).is_ok());
    assert!(matches!(fits(order, authority(date(2027, 1, 1))), Err(Unfit::Future(_))));
    let person = row(&format!("eip155:1|{WALLET}|Alice Miller|Alice Miller|exchange|controls|a/b|50"));
    assert!(
        matches!(fits(person, page()), Err(Unfit::Forbidden(_))),
        "no proof makes a private person public"
    );
}

/// What is not signed, and what a page or a receipt does not show, passes by none of them.
#[test]
fn a_proof_shows_whose_an_address_is_and_not_what_it_does_or_who_says_so() {
    let paid = || Proof::Payment { tx: String::new(), file: String::new(), sha256: String::new() };
    let says = |label: &str, entity: &str, category: &str, source: &str, confidence: u8| {
        row(&format!("eip155:1|{WALLET}|{label}|{entity}|{category}|controls|{source}|{confidence}"))
    };
    for category in
        ["terrorism", "phishing", "ransomware", "service_hack", "sanction", "victim", "defi_token"]
    {
        let label = says("Binance", "Binance", category, "binance.com", 40);
        for proof in [signature(), paid()] {
            assert!(matches!(fits(label.clone(), proof), Err(Unfit::Accuses(_))), "{category}");
        }
    }
    for words in ["funds Hamas", "Binance: Hot wallet", "Foo Exchange funds Hamas"] {
        let label = says(words, "Foo Exchange", "exchange", "foo.example", 40);
        assert!(matches!(fits(label.clone(), signature()), Err(Unfit::OtherWords)), "{words}");
        assert!(fits(label, page()).is_ok(), "{words}");
    }
    for source in ["FBI", "U.S. Treasury OFAC", "NBCTF (Israel MoD)"] {
        let label = says("Foo Exchange", "Foo Exchange", "exchange", source, 40);
        for proof in [signature(), page(), paid()] {
            assert!(matches!(fits(label.clone(), proof), Err(Unfit::Authoritys { .. })), "{source}");
        }
    }
    let at = |url: &str| Proof::Page { url: url.to_owned(), file: String::new(), sha256: String::new() };
    for url in ["", "javascript:alert(1)", "file:///etc/passwd", "https://", "https://host", "wallets.html"] {
        assert!(
            matches!(fits(says("Foo", "Foo", "exchange", "foo", 10), at(url)), Err(Unfit::NoPage(_))),
            "{url}"
        );
    }
    for (url, category, most) in [
        ("https://foo.example/wallets", "exchange", 70),
        ("https://foo.example/scams.csv", "phishing", 50),
        ("https://etherscan.io/address/0x1", "exchange", 30),
        ("https://www.tronscan.org/#/address/T1", "exchange", 30),
        ("https://not-etherscan.io/wallets", "exchange", 70),
    ] {
        assert!(fits(says("Foo", "Foo", category, "foo", most), at(url)).is_ok(), "{url}");
        let more = fits(says("Foo", "Foo", category, "foo", most + 1), at(url));
        assert!(matches!(more, Err(Unfit::TooSure { .. })), "{url}: {more:?}");
    }
}

#[test]
fn what_is_signed_says_all_that_the_label_says_of_whose_the_address_is() {
    assert_eq!(
        to_sign(&says(100), date(2026, 11, 2)),
        format!("label:eip155:1:{WALLET}:controls:Binance:2026-11-02")
    );
}

#[test]
fn lines_that_are_no_submitted_label_are_refused_by_number_and_the_others_stay() {
    let whole = Contribution { label: says(70), proof: page() };
    let line = serde_json::to_string(&whole).expect("JSON");
    let other = line.replace("page.html", "other.html");
    let huge = "x".repeat(70 << 10);
    let unknown = line.replace("\"kind\":\"page\"", "\"kind\":\"rumour\"");
    let more = line.replace("\"url\"", "\"also\":1,\"url\"");
    let text = format!("{line}\n\n[]\n{unknown}\n{more}\n\"\u{1b}[2J\n{other}\n{huge}\n{line}\n");
    let rows: Vec<_> = read(text.as_bytes()).map(|row| row.expect("read")).collect();
    let taken: Vec<u64> = rows.iter().filter(|(_, row)| row.is_ok()).map(|(line, _)| *line).collect();
    assert_eq!(taken, [1, 7]);
    assert_eq!(rows[0].1.as_ref().expect("taken"), &whole);
    let refused: Vec<_> = rows.iter().filter_map(|(line, row)| Some((*line, row.as_ref().err()?))).collect();
    assert_eq!(refused.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5, 6, 8]);
    assert!(refused[4].1.reason.contains("nothing behind it was read"), "{:?}", refused[4]);
    assert!(refused.iter().all(|(_, row)| !row.row.contains('\u{1b}') && !row.reason.contains('\u{1b}')));
}
