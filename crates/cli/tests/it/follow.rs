//! Following money: `trace`, `exposure`, and indirect exposure in verdicts.

use std::path::Path;

use serde_json::Value;
use tracehound_ledger::{Writer, WriterOptions};
use tracehound_model::{Address, BitcoinNetwork, BlockHash, Chain, OutPoint, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::screen::{text, tracehound};

pub(crate) const THIEF: usize = 1;
pub(crate) const EXCHANGE: usize = 50;
/// Within a day of the ledger's one block, and the shipped lists vouch for it.
const SCREENED: &str = "2023-11-15T20:00:00Z";
/// 2023-11-14 22:13:20Z.
pub(crate) const TIME: u32 = 1_700_000_000;

pub(crate) fn address(n: usize) -> String {
    Address::from_script(BitcoinNetwork::Regtest, &owner(n)).expect("has an address").to_string()
}

/// A data folder in which owner 1 is a thief and owner 50 an exchange, with a ledger of what the closure makes.
pub(crate) fn folder(make: impl FnOnce(&mut BlockMaker)) -> tempfile::TempDir {
    let mut block = BlockMaker::new(BlockHash::default(), TIME, 0);
    make(&mut block);
    folder_of(&[block.done()])
}

/// The same with a ledger of these blocks; one that does not continue the one before leaves a gap.
pub(crate) fn folder_of(blocks: &[UtxoBlock]) -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("temporary folder");
    let facts = format!(
        "[source]\nid = \"test-facts\"\nkind = \"labels\"\ntitle = \"Made-up facts\"\npublisher = \"a test\"\n\
         url = \"https://example.invalid/\"\npublished = 2023-11-01\n\
         [[claim]]\nlabel = \"Thief\"\ncategory = \"service_hack\"\naddresses = [\"{}\"]\n\
         [[claim]]\nlabel = \"Exchange\"\ncategory = \"exchange\"\naddresses = [\"{}\"]\n",
        address(THIEF),
        address(EXCHANGE)
    );
    let file = data.path().join("facts.toml");
    std::fs::write(&file, facts).expect("written");
    let output = tracehound(data.path(), &["lists", "import", &file.to_string_lossy()], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
    let dir = data.path().join("ledger/bitcoin-regtest");
    let mut writer = Writer::open(&dir, chain, WriterOptions::default()).expect("opens");
    for block in blocks {
        writer.append_island(block).expect("appends");
    }
    writer.commit().expect("commits");
    data
}

/// Asked twenty minutes after the block.
pub(crate) fn soon(data: &Path, args: &[&str]) -> std::process::Output {
    regtest(data, &[args, &["--as-of", "2023-11-14T22:33:20Z"]].concat())
}

pub(crate) fn regtest(data: &Path, args: &[&str]) -> std::process::Output {
    tracehound(data, &[args, &["--network", "regtest"]].concat(), "")
}

fn verdict(data: &Path, n: usize) -> Value {
    let output = regtest(data, &["screen", &address(n), "--as-of", SCREENED, "--output", "jsonl"]);
    serde_json::from_str(&text(&output)).expect("one verdict")
}

/// The thief's coin through two unnamed owners to owner 100, who pays it into the exchange.
pub(crate) fn chain_of_owners(block: &mut BlockMaker) {
    let out = |txid| [(OutPoint { txid, vout: 0 }, None)];
    let coin = block.tx(&[], &[(50_000_000, Some(owner(THIEF)))]);
    let one = block.tx(&out(coin), &[(49_990_000, Some(owner(20)))]);
    let two = block.tx(&out(one), &[(49_980_000, Some(owner(21)))]);
    let three = block.tx(&out(two), &[(49_970_000, Some(owner(100)))]);
    block.tx(&out(three), &[(30_000_000, Some(owner(EXCHANGE))), (19_960_000, Some(owner(100)))]);
}

#[test]
fn money_that_came_indirectly_from_a_thief_is_seen_with_its_path() {
    let data = folder(chain_of_owners);
    let found = verdict(data.path(), 100);
    assert_eq!(found["decision"], "review", "{found}");
    let thief = found["exposures"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["label"] == "Thief"))
        .expect("an exposure to the thief");
    assert_eq!((&thief["exposure"], &thief["direction"]), (&"indirect".into(), &"incoming".into()));
    let rate = found["coverage"]["error_rates"][0].as_str().expect("how sure it is");
    // What was measured of exposures, and not how well thefts are followed forward.
    assert!(rate.starts_with("measured on generated chains, 20 steps back by haircut"), "{rate}");
    assert!(rate.contains("64.0 % were shown with 10 % or more") && !rate.contains("53.9 %"), "{rate}");
    assert_eq!(thief["amount"], "49970000");
    let txs = found["evidence"]["nodes"].as_array().map(|nodes| {
        nodes.iter().filter(|node| node["id"].as_str().is_some_and(|id| id.starts_with("tx:"))).count()
    });
    assert_eq!(txs, Some(4), "three transactions of the path, one to the exchange");
}

#[test]
fn where_no_service_is_known_the_figures_are_those_of_a_blind_walk() {
    let data = folder(chain_of_owners);
    let removed = tracehound(data.path(), &["lists", "remove", "test-facts"], "");
    assert_eq!(removed.status.code(), Some(0), "{}", String::from_utf8_lossy(&removed.stderr));
    let report = text(&soon(data.path(), &["trace", &address(THIEF)]));
    let (_, sure) = report.split_once("\nHow sure\n").expect("it says how sure it is");
    assert!(sure.trim_start().starts_with("measured on generated heists with no service known"), "{sure}");
    let thief = format!("address,label,category\n{},Thief,service_hack\n", address(THIEF));
    let file = data.path().join("thief.csv");
    std::fs::write(&file, thief).expect("written");
    let file = file.to_string_lossy().into_owned();
    let listed = ["lists", "import", &file, "--source", "thieves", "--published", "2023-11-01"];
    assert_eq!(tracehound(data.path(), &listed, "").status.code(), Some(0));
    let report = text(&soon(data.path(), &["trace", &address(THIEF)]));
    let (_, sure) = report.split_once("\nHow sure\n").expect("it says how sure it is");
    assert!(sure.trim_start().starts_with("measured on generated heists with no service known"), "{sure}");
}

#[test]
fn one_label_on_a_chain_is_not_every_service_known() {
    let data = folder(chain_of_owners);
    let report = text(&soon(data.path(), &["trace", &address(THIEF)]));
    let (_, sure) = report.split_once("\nHow sure\n").expect("it says how sure it is");
    assert!(sure.contains("with no service known, through mixes, a quarter of them and every one"), "{sure}");
    assert!(sure.contains("25.3 %, 41.6 % and 73.8 % of what it called dirty was loot"), "{sure}");
    assert!(!sure.contains("finds less"), "{sure}");
}

#[test]
fn an_exposure_is_as_sure_as_exposures_were_measured() {
    let data = folder(chain_of_owners);
    let shown = text(&soon(data.path(), &["exposure", &address(EXCHANGE)]));
    assert!(shown.contains("\nHow sure\n  measured on generated chains, 20 steps back"), "{shown}");
    let answer = soon(data.path(), &["exposure", &address(EXCHANGE), "--output", "json"]);
    let answer: Value = serde_json::from_str(&text(&answer)).expect("JSON");
    let rate = answer["error_rate"].as_str().expect("a sentence");
    assert!(
        rate.contains("of 4000 addresses that had nothing to do with a theft 1.0 % were shown"),
        "{rate}"
    );
    assert!(rate.ends_with("it was not measured (docs/SCORECARD.md)"), "{rate}");
}

#[test]
fn a_dust_attack_changes_nobodys_verdict() {
    let clean = |block: &mut BlockMaker| {
        let coin = block.tx(&[], &[(20_000_000, Some(owner(30)))]);
        block.tx(&[(OutPoint { txid: coin, vout: 0 }, None)], &[(19_000_000, Some(owner(100)))]);
    };
    let before = verdict(folder(clean).path(), 100);
    assert_eq!(before["decision"], "allow", "{before}");
    // Directly, and through somebody unnamed: so many payments of 600 satoshi each.
    let attacked = |count: usize| {
        folder(move |block| {
            clean(block);
            let dust: Vec<_> = (0..count).map(|_| (600, Some(owner(100)))).collect();
            let coins = block.tx(&[], &[(2_000_000, Some(owner(THIEF))), (2_000_000, Some(owner(THIEF)))]);
            let out = |txid, vout| [(OutPoint { txid, vout }, None)];
            block.tx(&out(coins, 0), &dust);
            let passed = block.tx(&out(coins, 1), &[(1_990_000, Some(owner(31)))]);
            block.tx(&out(passed, 0), &dust);
        })
    };
    let after = verdict(attacked(16).path(), 100);
    assert_eq!((&after["decision"], &after["score"]), (&"allow".into(), &before["score"]), "{after}");
    // 0.018 bitcoin in pieces is 0.018 bitcoin.
    assert_eq!(verdict(attacked(3_000).path(), 100)["decision"], "review");
}

#[test]
fn an_exposure_is_printed_with_amounts_worth_and_path() {
    let data = folder(chain_of_owners);
    let prices = data.path().join("prices.csv");
    std::fs::write(&prices, "date,usd\n2023-11-14,35000.50\n").expect("written");
    let prices = prices.to_string_lossy().into_owned();
    let output = soon(data.path(), &["exposure", &address(100), "--prices", &prices]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!("exposure", text(&output));
    let output = soon(data.path(), &["exposure", &address(100), "--hops", "1", "--output", "json"]);
    assert_eq!(output.status.code(), Some(30), "a limit cut it");
    let found: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!(found["sources"]["rest"]["truncated"], "49970000");
    assert_eq!(found["destinations"]["entities"][0]["entity"]["label"], "Exchange");
    let output = soon(data.path(), &["exposure", &address(101)]);
    assert_eq!(output.status.code(), Some(0), "the ledger is whole");
    assert!(text(&output).contains("does not occur in the ledger"));
}

#[test]
fn what_moved_on_days_without_a_price_is_not_worth_nothing() {
    let data = folder(chain_of_owners);
    let prices = data.path().join("prices.csv");
    std::fs::write(&prices, "date,usd\n2023-11-01,35000.50\n").expect("written");
    let prices = prices.to_string_lossy().into_owned();
    let ask = |more: &[&str]| {
        let asked = ["exposure", &address(100), "--prices", &prices];
        text(&soon(data.path(), &[&asked[..], more].concat()))
    };
    let told = ask(&[]);
    assert!(told.contains("worth not known: no price in USD") && !told.contains("0.00 USD"), "{told}");
    let rows = ask(&["--output", "csv"]);
    let header: Vec<&str> = rows.lines().next().expect("a header").split(',').collect();
    let at = |name: &str| header.iter().position(|column| *column == name).expect("the column");
    let named = rows.lines().find(|row| row.contains("Exchange")).expect("the exchange");
    let cells: Vec<&str> = named.split(',').collect();
    assert_eq!((cells[at("worth_cents")], cells[at("currency")]), ("", "USD"), "{rows}");
    assert_eq!(cells[at("without_price")], cells[at("amount")]);
}

/// The exchange was paid 0.3 coins, worth 10,500.15 USD: a policy that minds 10,000 has a person look, one of 11,000 does not.
#[test]
fn a_limit_in_a_currency_is_applied_by_the_prices_that_are_given() {
    let data = folder(chain_of_owners);
    let file = |name: &str, content: &str| {
        let path = data.path().join(name);
        std::fs::write(&path, content).expect("written");
        path.to_string_lossy().into_owned()
    };
    let prices = file("prices.csv", "date,usd\n2023-11-14,35000.50\n");
    let ask = |least: &str, prices: &[&str]| {
        let policy = format!(
            "version = 3\nname = \"x\"\n[require]\nsources = [\"test-facts\"]\n[[rule]]\nname = \"services\"\n\
             exposure = \"direct\"\ncategories = [\"exchange\"]\ndecision = \"review\"\nscore = 9\nmin_amount = \"{least}\"\n"
        );
        let policy = file("policy.toml", &policy);
        let asked = ["screen", &address(100), "--policy", &policy, "--as-of", SCREENED, "--output", "jsonl"];
        let output = regtest(data.path(), &[&asked[..], prices].concat());
        let verdict: Value = serde_json::from_str(&text(&output)).expect("one verdict");
        let gaps = verdict["coverage"]["gaps"].as_array().expect("gaps").iter();
        let not_applied = gaps.filter(|gap| gap["kind"] == "limit_not_applied").count();
        (output.status.code(), verdict["exposures"][0]["worth"]["cents"].clone(), not_applied)
    };
    let given = ["--prices", &prices[..]];
    assert_eq!(ask("10000 USD", &given), (Some(10), "1050015".into(), 0));
    assert_eq!(ask("11000 USD", &given), (Some(0), "1050015".into(), 0));
    assert_eq!(ask("11000 USD", &[]), (Some(10), Value::Null, 1));
    assert_eq!(ask("0.3 regtest", &[]), (Some(10), Value::Null, 0));
    assert_eq!(ask("0.31 regtest", &[]), (Some(0), Value::Null, 0));
    assert_eq!(ask("0.31 btc", &[]), (Some(10), Value::Null, 1));
}

#[test]
fn a_trace_starts_from_an_address_a_transaction_or_an_output() {
    let data = folder(chain_of_owners);
    let output = soon(data.path(), &["trace", &address(THIEF)]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report = text(&output);
    let (report, sure) = report.split_once("\nHow sure\n").expect("it says how sure it is");
    insta::assert_snapshot!("trace", report);
    assert!(
        sure.trim_start()
            .starts_with("measured on generated heists with no service known, through mixes, a quarter"),
        "{sure}"
    );
    let found: Value =
        serde_json::from_str(&text(&soon(data.path(), &["trace", &address(THIEF), "--output", "json"])))
            .expect("JSON");
    assert_eq!(found["sums"]["reached_service"], "30000000");
    let txid = found["edges"][0]["txid"].as_str().expect("an id");
    for from in [txid.to_owned(), format!("{txid}:0")] {
        let output = soon(data.path(), &["trace", &from, "--method", "fifo", "--output", "json"]);
        let found: Value = serde_json::from_str(&text(&output)).expect("JSON");
        assert_eq!(found["sums"]["seeded"], "49990000");
    }
    let output = soon(data.path(), &["trace", "--named", "thief", "--output", "json"]);
    let named: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!((&named["sums"], &named["seeds"]), (&found["sums"], &1.into()));
    let output = soon(data.path(), &["trace", "--named", "nobody"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no list and no label names anybody"));
    let wrong = [
        (format!("{txid}:7"), "has 1 outputs"),
        ("nonsense".to_owned(), "no output (TXID:N), transaction or address"),
        ("1BitcoinEaterAddressDontSendf59kuE".to_owned(), "no address of regtest"),
    ];
    for (from, says) in wrong {
        let output = soon(data.path(), &["trace", &from]);
        assert_eq!(output.status.code(), Some(1), "{from}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn drawings_are_written_where_asked() {
    let data = folder(chain_of_owners);
    let (svg, dot) = (data.path().join("t.svg"), data.path().join("t.dot"));
    let (svg_name, dot_name) = (svg.to_string_lossy().into_owned(), dot.to_string_lossy().into_owned());
    let output = soon(data.path(), &["trace", &address(THIEF), "--svg", &svg_name, "--dot", &dot_name]);
    assert_eq!(output.status.code(), Some(0));
    let svg = std::fs::read_to_string(svg).expect("written");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
    assert!(!svg.contains("href") && !svg.contains("<script"), "self-contained");
    assert!(std::fs::read_to_string(dot).expect("written").starts_with("digraph"));
}

#[test]
fn a_way_and_its_transactions_are_shown() {
    let data = folder(chain_of_owners);
    let output = soon(data.path(), &["path", &address(THIEF), &address(EXCHANGE)]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!("path", text(&output));
    let found: Value = serde_json::from_str(&text(&soon(
        data.path(),
        &["path", &address(THIEF), &address(EXCHANGE), "--output", "json"],
    )))
    .expect("JSON");
    let last = found["ways"][0]["outputs"].as_array().and_then(|outputs| outputs.last()).expect("an output");
    let txid = last["outpoint"].as_str().and_then(|outpoint| outpoint.split(':').next()).expect("an id");
    let output = soon(data.path(), &["tx", txid]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    insta::assert_snapshot!("tx", text(&output));
    let output = soon(data.path(), &["path", &address(EXCHANGE), &address(THIEF)]);
    assert!(text(&output).starts_with("no way from"), "{}", text(&output));
    let output = soon(data.path(), &["path", &address(THIEF), &address(EXCHANGE), "--hops", "2"]);
    assert_eq!(output.status.code(), Some(30), "a limit cut it");
    let output = soon(data.path(), &["path", &address(THIEF), &address(EXCHANGE), "--dust", "60000000"]);
    assert_eq!(output.status.code(), Some(30), "above the built-in one a limit on dust hides ways");
    let said = text(&output);
    assert!(said.contains("Not gone through: 1 output of less than 0.60000000 rBTC (--dust)"), "{said}");
}

/// The inputs of one transaction are usually one owner's: whoever signs with a thief is not vouched for, and who pays an exchange
/// from a round of many is.
#[test]
fn whoever_signs_a_transaction_with_a_thief_is_never_allowed() {
    let policy =
        "version = 3\nname = \"x\"\n[require]\nsources = [\"test-facts\"]\ntransactions_within_hours = 24\n";
    for others in [vec![30], vec![30, 31, 32, 33]] {
        let data = folder(|block| {
            let people: Vec<usize> = std::iter::once(THIEF).chain(others.clone()).collect();
            let coins: Vec<_> =
                people.iter().map(|who| block.tx(&[], &[(10_000_000, Some(owner(*who)))])).collect();
            let inputs: Vec<_> = coins.iter().map(|txid| (OutPoint { txid: *txid, vout: 0 }, None)).collect();
            block.tx(&inputs, &[(9_999_000 * people.len() as u64, Some(owner(40)))]);
            // Somebody who has nothing to do with it.
            let coin = block.tx(&[], &[(10_000_000, Some(owner(60)))]);
            block.tx(&[(OutPoint { txid: coin, vout: 0 }, None)], &[(9_999_000, Some(owner(61)))]);
        });
        let file = data.path().join("policy.toml");
        std::fs::write(&file, policy).expect("written");
        let file = file.display().to_string();
        let asked = |who: usize| soon(data.path(), &["screen", &address(who), "--policy", &file]);
        for who in &others {
            let shown = asked(*who);
            assert_eq!(shown.status.code(), Some(30), "{}", text(&shown));
            assert!(
                text(&shown).contains("signed transactions together with Thief (service_hack) at "),
                "{}",
                text(&shown)
            );
        }
        assert_eq!(asked(60).status.code(), Some(0), "{}", text(&asked(60)));
    }
}

/// Whoever signs with somebody who signed with a thief is one of theirs as well, however many stand between; and a round of many
/// joins nobody.
#[test]
fn whoever_signs_with_whom_a_thief_signed_is_never_allowed_either() {
    let data = folder(|block| {
        let coins = |block: &mut BlockMaker, who: &[usize], value: u64| -> Vec<_> {
            let made = who.iter().map(|who| block.tx(&[], &[(value, Some(owner(*who)))])).collect::<Vec<_>>();
            made.iter().map(|txid| (OutPoint { txid: *txid, vout: 0 }, None)).collect()
        };
        for (pair, paid) in [([THIEF, 30], 40), ([30, 31], 41), ([31, 32], 42)] {
            let inputs = coins(block, &pair, 10_000_000);
            block.tx(&inputs, &[(19_998_000, Some(owner(paid)))]);
        }
        // Five equal outputs of five: a round.
        let five = [32, 81, 82, 83, 84];
        let inputs = coins(block, &five, 1_000_600);
        let paid: Vec<_> = (70..75).map(|who| (1_000_000, Some(owner(who)))).collect();
        block.tx(&inputs, &paid);
    });
    let file = data.path().join("policy.toml");
    let policy =
        "version = 3\nname = \"x\"\n[require]\nsources = [\"test-facts\"]\ntransactions_within_hours = 24\n";
    std::fs::write(&file, policy).expect("written");
    let file = file.display().to_string();
    let asked = |who: usize| soon(data.path(), &["screen", &address(who), "--policy", &file]);
    for (who, over) in [
        (30, "at "),
        (31, ", over another that signed with it in turn"),
        (32, ", over 2 others that signed with it in turn"),
    ] {
        let shown = asked(who);
        assert_eq!(shown.status.code(), Some(30), "{}", text(&shown));
        let said = text(&shown);
        assert!(
            said.contains("signed transactions together with Thief (service_hack)") && said.contains(over),
            "{said}"
        );
    }
    assert!(!text(&asked(81)).contains("signed transactions together"), "{}", text(&asked(81)));
}

/// Whoever signs with somebody whom a thief paid, and in what a thief makes look like a round, is not vouched for either.
#[test]
fn whoever_signs_with_whom_a_thief_paid_or_in_a_made_up_round_is_never_allowed() {
    let data = folder(|block| {
        let coin = |block: &mut BlockMaker, who: usize, value: u64| {
            let txid = block.tx(&[], &[(value, Some(owner(who)))]);
            (OutPoint { txid, vout: 0 }, None)
        };
        // The thief pays 30, who signs with 31.
        let stolen = coin(block, THIEF, 50_000_000);
        let paid = block.tx(&[stolen], &[(49_990_000, Some(owner(30)))]);
        let own = coin(block, 31, 50_000_000);
        block.tx(&[(OutPoint { txid: paid, vout: 0 }, None), own], &[(99_980_000, Some(owner(40)))]);
        // Five coins in, five equal ones out: the thief's and four others.
        let inputs: Vec<_> = [THIEF, 32, 33, 34, 35].map(|who| coin(block, who, 1_000_600)).into();
        let outputs: Vec<_> = (70..75).map(|who| (1_000_000, Some(owner(who)))).collect();
        block.tx(&inputs, &outputs);
    });
    let file = data.path().join("policy.toml");
    let policy = "version = 3\nname = \"x\"\n[require]\nsources = [\"test-facts\"]\ntransactions_within_hours = 24\n\
                  [[rule]]\nname = \"stolen\"\nexposure = \"direct\"\ncategories = [\"service_hack\"]\n\
                  decision = \"review\"\nscore = 60\n";
    std::fs::write(&file, policy).expect("written");
    let file = file.display().to_string();
    for (who, whom) in [(31, "others who dealt with Thief (service_hack)"), (32, "Thief (service_hack) at ")]
    {
        let shown = soon(data.path(), &["screen", &address(who), "--policy", &file]);
        let said = text(&shown);
        assert_eq!(shown.status.code(), Some(30), "{said}");
        assert!(said.contains(&format!("it signed transactions together with {whom}")), "{said}");
    }
    // So does what an auditor keeps.
    let rows = data.path().join("rows.csv");
    std::fs::write(&rows, format!("address\n{}\n", address(32))).expect("written");
    let rows = rows.display().to_string();
    let shown = soon(data.path(), &["screen", &rows, "--column", "address", "--policy", &file, "--audit"]);
    let said = text(&shown);
    assert!(said.contains("signed transactions together with Thief (service_hack) at "), "{said}");
    // The page names the thief, and says what it rests on.
    let page = data.path().join("page.html");
    let html = page.display().to_string();
    let shown = soon(data.path(), &["report", "verdict", &address(32), "--policy", &file, "--html", &html]);
    assert_eq!(shown.status.code(), Some(30), "{}", String::from_utf8_lossy(&shown.stderr));
    let page = std::fs::read_to_string(&page).expect("a page");
    assert!(page.contains("Thief") && page.contains("is usually so and not proved"), "{page}");
    assert!(
        page.contains("all of the subject's own transactions") && !page.contains("No list says anything"),
        "{page}"
    );
}
