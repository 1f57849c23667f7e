//! `path` through mixes: said in every form, and after the ways without one.

use serde_json::Value;
use tracehound_model::{OutPoint, ScriptType};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    follow::{EXCHANGE, THIEF, address, folder, soon},
    screen::{text, tracehound},
};

const MIXED: u64 = 60_000_000;
/// What people bring to a round of `JoinMarket`; the last one is the taker.
const BROUGHT: [u64; 7] =
    [90_000_000, 80_000_000, 70_000_000, 85_000_000, 77_000_000, 64_000_000, 95_000_000];
const FEES: [u64; 6] = [900, 1_100, 700, 1_300, 400, 650];

/// The numbers of owners whose addresses are of the kind that wallets of one round have.
fn wallets() -> Vec<usize> {
    (60..).filter(|&number| owner(number).script_type() == ScriptType::P2wpkh).take(30).collect()
}

/// The thief's coin comes to the exchange in three transactions through a round, and in six without one, where `plain`.
fn chain(block: &mut BlockMaker, plain: bool) {
    let of = wallets();
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let coin = block.tx(&[], &[(90_000_000, Some(owner(THIEF))), (50_000_000, Some(owner(THIEF)))]);
    let others: Vec<_> =
        BROUGHT.iter().zip(&of).skip(1).map(|(&value, &wallet)| (value, Some(owner(wallet)))).collect();
    let others = block.tx(&[], &others);
    let entry = block.tx(&[out(coin, 0)], &[(BROUGHT[0], Some(owner(of[0])))]);
    let inputs: Vec<_> = std::iter::once(out(entry, 0)).chain((0..6).map(|vout| out(others, vout))).collect();
    let mut outputs: Vec<_> = (0..7).map(|n| (MIXED, Some(owner(of[10 + n])))).collect();
    outputs.extend((0..6).map(|n| (BROUGHT[n] + FEES[n] - MIXED, Some(owner(of[20 + n])))));
    outputs.push((BROUGHT[6] - MIXED - FEES.iter().sum::<u64>() - 4_000, Some(owner(of[26]))));
    let mix = block.tx(&inputs, &outputs);
    block.tx(&[out(mix, 3)], &[(MIXED - 1_000, Some(owner(EXCHANGE)))]);
    if plain {
        let mut last = out(coin, 1);
        for step in 1..6 {
            last = out(block.tx(&[last], &[(50_000_000 - step, Some(owner(of[27])))]), 0);
        }
        block.tx(&[last], &[(49_000_000, Some(owner(EXCHANGE)))]);
    }
}

const NEEDS: &str = "1 of 2 ways needs a mix (a CoinJoin), and through it everybody has a way to everybody.";

#[test]
fn a_way_through_a_mix_is_marked_in_every_form_and_comes_last() {
    let data = folder(|block| chain(block, true));
    let (thief, exchange) = (address(THIEF), address(EXCHANGE));
    let svg = data.path().join("way.svg");
    let name = svg.to_string_lossy().into_owned();
    let asked = ["path", &thief, &exchange, "--count", "2"];
    let told = text(&soon(data.path(), &[&asked[..], &["--svg", &name]].concat()));
    assert!(told.starts_with(NEEDS), "{told}");
    assert!(
        told.contains("\n1. 6 transactions, at most")
            && told.contains("\n2. 3 transactions, one of them a MIX"),
        "{told}"
    );
    assert_eq!(told.matches("through a MIX: joinmarket, at least 7 people").count(), 1, "{told}");
    let json = soon(data.path(), &[&asked[..], &["--output", "json"]].concat());
    let json: Value = serde_json::from_str(&text(&json)).expect("JSON");
    assert_eq!((&json["through_mixes"], &json["ways"][1]["mixes"]), (&1.into(), &1.into()));
    assert_eq!(json["ways"][1]["outputs"][2]["mix"]["protocol"], "joinmarket");
    assert_eq!(json["ways"][1]["outputs"][2]["mix"]["participants"], 7);
    assert_eq!(json["ways"][1]["outputs"][1].get("mix"), None);
    let csv = soon(data.path(), &[&asked[..], &["--output", "csv"]].concat());
    let rows = text(&csv);
    assert!(rows.lines().next().is_some_and(|header| header.ends_with(",mix,mix_people,pooled")));
    assert_eq!(rows.lines().filter(|row| row.ends_with(",joinmarket,7,false")).count(), 1, "{rows}");
    assert!(String::from_utf8_lossy(&csv.stderr).contains(NEEDS));
    // The picture, with whoever has a name.
    let pages: Vec<String> = [svg, data.path().join("way-2.svg")]
        .iter()
        .filter_map(|page| std::fs::read_to_string(page).ok())
        .collect();
    assert_eq!(pages.len(), 2, "six boxes in a row are two pages");
    assert!(
        pages.iter().any(|page| page.contains("MIX joinmarket") && page.contains("of at least 7 people"))
    );
    assert!(pages.iter().all(|page| page.contains("1 of 2 ways needs a mix")));
    assert!(pages.iter().all(|page| page.contains(">Exchange<")), "its end has a name");
    assert!(pages[0].contains("continues on page 2") && !pages.concat().contains("0 outputs"));
}

#[test]
fn a_report_of_ways_says_which_need_a_mix() {
    let data = folder(|block| chain(block, true));
    let file = data.path().join("p.html");
    let name = file.to_string_lossy().into_owned();
    let (thief, exchange) = (address(THIEF), address(EXCHANGE));
    let report = |more: &[&str]| {
        let args = [
            "report",
            "path",
            &thief,
            &exchange,
            "--network",
            "regtest",
            "--as-of",
            "2023-11-14T22:33:20Z",
            "--html",
            &name,
        ];
        tracehound(data.path(), &[&args[..], more].concat(), "");
        std::fs::read_to_string(&file).expect("a page")
    };
    let page = report(&["--count", "2"]);
    assert!(page.contains(NEEDS) && page.contains("joinmarket, at least 7 people"));
    assert!(page.contains("A way through either is a way that everybody in it has."));
}

#[test]
fn where_every_way_needs_a_mix_no_other_is_promised() {
    let data = folder(|block| chain(block, false));
    let told = text(&soon(data.path(), &["path", &address(THIEF), &address(EXCHANGE)]));
    let said = "The way that was found needs a mix (a CoinJoin), and through it everybody has a way to everybody.\nNo \
                other way was found.";
    assert!(told.starts_with(said), "{told}");
}
