//! What `tx`, `cluster` and `analyze` say of one and the same round of `JoinMarket`: no link of strangers is called certain.
//!
//! Rounds are made up; who brought and who took what is known.

use std::io::Write;

use serde_json::{Value, json};
use tracehound_model::{OutPoint, ScriptType};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    follow::{folder, regtest, soon},
    screen::{text, tracehound},
};

/// Random numbers (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }
}

/// Coins of a round, each with the number of its owner; the taker is 0.
#[derive(Clone, Default)]
struct Round {
    inputs: Vec<(u64, u32)>,
    outputs: Vec<(u64, u32)>,
}

impl Round {
    /// A taker and makers who mix an amount and are paid these fees.
    fn of(dice: &mut Dice, mixed: u64, fees: &[u64], sweeps: bool) -> Self {
        let mut round = Self::default();
        for (maker, &fee) in (1..).zip(fees) {
            let coin = mixed + 3_000 + dice.between(0, 2 * mixed);
            round.inputs.push((coin, maker));
            round.outputs.extend([(mixed, maker), (coin - mixed + fee, maker)]);
        }
        let costs = mixed + fees.iter().sum::<u64>() + 2_000;
        let left = if sweeps { 0 } else { 3_000 + dice.between(0, 2 * mixed) };
        round.inputs.push((costs + left, 0));
        round.outputs.push((mixed, 0));
        round.outputs.extend((left > 0).then_some((left, 0)));
        for coins in [&mut round.inputs, &mut round.outputs] {
            for at in (1..coins.len()).rev() {
                coins.swap(at, dice.between(0, at as u64) as usize);
            }
        }
        round
    }

    fn line(&self, number: usize) -> Value {
        let coin = |side: &str, at: usize, value: u64| {
            let mut script = [0_u8; 20];
            let name = format!("{side}{at} of {number}");
            script[..name.len()].copy_from_slice(name.as_bytes());
            json!({"value": value, "script": format!("0014{}", hex::encode(script))})
        };
        let coins = |side: &str, coins: &[(u64, u32)]| -> Vec<Value> {
            coins.iter().enumerate().map(|(at, (value, _))| coin(side, at, *value)).collect()
        };
        let txid = format!("{number:064x}");
        json!({"txid": txid, "time": 1_700_000_000, "inputs": coins("i", &self.inputs), "outputs": coins("o", &self.outputs)})
    }

    fn joins_strangers(&self, pair: &Value) -> bool {
        let place = |side: &str| pair[side].as_u64().expect("a place") as usize;
        self.inputs[place("input")].1 != self.outputs[place("output")].1
    }
}

fn answers(command: &[&str], rounds: &[Round]) -> Vec<Value> {
    let mut input = Vec::new();
    for (number, round) in rounds.iter().enumerate() {
        writeln!(input, "{}", round.line(number)).expect("written");
    }
    let folder = tempfile::tempdir().expect("temporary folder");
    let input = String::from_utf8(input).expect("text");
    let output = tracehound(folder.path(), &[&["analyze"], command, &["--stdin"]].concat(), &input);
    text(&output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn pairs(answer: &Value) -> &[Value] {
    answer["deterministic"].as_array().map_or(&[], Vec::as_slice)
}

/// Rounds of the answer wanted, with their pairs, and how many of these join strangers.
fn certain(rounds: &[Round], more: &[&str]) -> [[usize; 3]; 2] {
    let classified = answers(&["coinjoin"], rounds);
    let read = answers(&[&["boltzmann"], more].concat(), rounds);
    assert_eq!((classified.len(), read.len()), (rounds.len(), rounds.len()));
    let mut counts = [[0; 3]; 2];
    for ((round, class), read) in rounds.iter().zip(&classified).zip(&read) {
        let suspected = class["answer"] == "suspected";
        // Where little is mixed and much is paid nothing tells.
        if !suspected && class["answer"] != "coinjoin" {
            continue;
        }
        let found = if suspected { &class["suspected"] } else { class };
        assert_eq!(read["coinjoin"], found["protocol"], "{read}");
        assert_eq!(read["participants"], found["participants"], "{read}");
        assert_eq!(read["suspected"] == true, suspected, "{read}");
        if more.is_empty() && !read["intrafees"].is_null() {
            assert_eq!(read["intrafees"], class["intrafees"], "{class} {read}");
        }
        let of = &mut counts[usize::from(suspected)];
        of[0] += 1;
        of[1] += pairs(read).len();
        of[2] += pairs(read).iter().filter(|pair| round.joins_strangers(pair)).count();
        if suspected {
            assert!(read["note"].as_str().is_some_and(|note| note.contains("may be a CoinJoin")), "{read}");
        }
        // What one calls certain the other does not deny.
        for link in class["change"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|link| link["percent"].as_u64() >= Some(90))
        {
            let inputs = link["inputs"].as_array().expect("places");
            let of_change = pairs(read).iter().filter(|pair| pair["output"] == link["output"]);
            assert!(of_change.into_iter().all(|pair| inputs.contains(&pair["input"])), "{class} {read}");
        }
    }
    counts
}

/// Rounds whose makers ask so much, by the dice and the mixed amount.
fn made(count: u64, fee: impl Fn(&mut Dice, u64) -> u64) -> Vec<Round> {
    let made = |number: u64| {
        let mut dice = Dice(number);
        let mixed = if number.is_multiple_of(2) {
            dice.between(30_000, 300_000)
        } else {
            dice.between(300_000, 90_000_000)
        };
        let fees: Vec<u64> = (0..dice.between(2, 4)).map(|_| fee(&mut dice, mixed)).collect();
        let sweeps = dice.between(0, 4) == 0;
        Round::of(&mut dice, mixed, &fees, sweeps)
    };
    (0..count).map(made).collect()
}

/// Two makers at 434 and 834 satoshi, where half a percent of what is mixed is 417.
fn two_makers() -> Round {
    let mixed = 83_506;
    Round {
        inputs: vec![(112_330, 1), (96_212, 2), (151_904, 0)],
        outputs: vec![
            (mixed, 1),
            (112_330 - mixed + 434, 1),
            (mixed, 0),
            (151_904 - mixed - 434 - 834 - 1_600, 0),
            (96_212 - mixed + 834, 2),
            (mixed, 2),
        ],
    }
}

#[test]
fn absolute_offers_join_no_strangers() {
    let rounds = [
        vec![two_makers()],
        made(60, |dice, _| [0, 100, 500, 1_000, 2_000, 5_000][dice.between(0, 5) as usize]),
    ]
    .concat();
    let [recognised, suspected] = certain(&rounds, &[]);
    assert!(recognised[0] >= 50, "{recognised:?}");
    assert!(recognised[1] > 0, "some links are certain all the same: {recognised:?}");
    assert_eq!((recognised[2], suspected[1]), (0, 0));
}

#[test]
fn offers_by_share_join_no_strangers_up_to_what_is_no_more_than_suspected() {
    let rounds = made(60, |dice, mixed| mixed * dice.between(20, 30_000) / 1_000_000);
    let [recognised, suspected] = certain(&rounds, &[]);
    assert!(recognised[0] >= 10 && suspected[0] >= 10, "{recognised:?} {suspected:?}");
    assert_eq!((recognised[2], suspected[1]), (0, 0));
}

#[test]
fn fees_that_are_asked_for_change_the_counts_and_make_no_link_of_strangers_certain() {
    let rounds =
        [vec![two_makers()], made(40, |dice, mixed| 300 + mixed * dice.between(20, 4_000) / 1_000_000)]
            .concat();
    for share in ["0.0001", "0.005"] {
        let [recognised, suspected] = certain(&rounds, &["--intrafees", share]);
        assert_eq!((recognised[2], suspected[1]), (0, 0), "{share}");
    }
}

#[test]
fn links_that_are_not_called_certain_come_with_the_reason() {
    let round = two_makers();
    let narrow = &answers(&["boltzmann", "--intrafees", "0.0001"], std::slice::from_ref(&round))[0];
    assert_eq!((&narrow["interpretations"], &narrow["intrafees"]["maker"]), (&json!(2), &json!(8)));
    let note = narrow["note"].as_str().expect("why");
    assert!(
        note.contains("is a CoinJoin (joinmarket)") && note.contains("accounts are even without them"),
        "{note}"
    );
    // A maker and a coin of the taker's who are called one person balance in no way.
    let mut taken_apart = round.clone();
    taken_apart.inputs.splice(2.., [(100_000, 0), (51_904, 0)]);
    let mut line = taken_apart.line(0);
    line["linked"] = json!([[0, 3]]);
    let folder = tempfile::tempdir().expect("temporary folder");
    let output = tracehound(folder.path(), &["analyze", "boltzmann", "--stdin"], &line.to_string());
    let linked: Value = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!(pairs(&linked), [] as [Value; 0]);
    assert!(linked["note"].as_str().is_some_and(|note| note.contains("said to be one owner's")), "{linked}");
    let output = tracehound(folder.path(), &["analyze", "demix", "--stdin"], &round.line(0).to_string());
    assert!(text(&output).contains("it looks like joinmarket"), "{}", text(&output));
}

/// One maker whose account is even, and a taker.
fn one_maker(dice: &mut Dice, coins: u64, sweeps: bool) -> Round {
    let mixed = dice.between(100_000, 90_000_000);
    let fee = [100, 250, 500, 3_000, mixed / 5_000, mixed / 1_000][dice.between(0, 5) as usize];
    let mut round = Round::of(dice, mixed, &[fee.min(10_000)], sweeps);
    if coins > 1 {
        let (value, person) = round.inputs.remove(0);
        let part = value * dice.between(20, 45) / 100;
        round.inputs.extend([(part, person), (value - part, person)]);
    }
    round
}

#[test]
fn a_round_with_one_maker_is_suspected_and_has_no_certain_link() {
    for (coins, sweeps, least) in [(1, false, 57), (1, true, 57), (2, false, 48)] {
        let rounds: Vec<Round> = (0..60).map(|number| one_maker(&mut Dice(number), coins, sweeps)).collect();
        let suspects: Vec<Round> = answers(&["coinjoin"], &rounds)
            .iter()
            .zip(&rounds)
            .filter(|(answer, _)| answer["answer"] == "suspected")
            .map(|(_, round)| round.clone())
            .collect();
        assert!(suspects.len() >= least, "{} of 60, {coins} coins, {sweeps}", suspects.len());
        let [recognised, suspected] = certain(&suspects, &[]);
        assert_eq!((recognised[0], suspected[1]), (0, 0));
    }
}

/// What people pay: two equal amounts and another, from coins that have nothing to do with them.
#[test]
fn few_payments_of_two_equal_amounts_are_suspected() {
    let mut dice = Dice(0x7061_7973);
    let payments = (0..300).map(|_| {
        let scale = |dice: &mut Dice| dice.between(1_000, 2_000) << dice.between(4, 16);
        let (equal, other) = (scale(&mut dice), scale(&mut dice));
        let wanted = 2 * equal + other + 3_000;
        let first = wanted * dice.between(5, 95) / 100;
        let change = 1_000 + scale(&mut dice);
        Round {
            inputs: vec![(first, 0), (wanted - first + change, 0)],
            outputs: vec![(equal, 1), (equal, 2), (other, 3), (change, 0)],
        }
    });
    let payments: Vec<Round> = payments.collect();
    let answers = answers(&["coinjoin"], &payments);
    let suspected = answers.iter().filter(|answer| answer["answer"] != "no").count();
    assert!(suspected <= 6, "{suspected} of 300");
}

#[test]
fn one_maker_is_not_the_takers() {
    let of: Vec<usize> =
        (60..).filter(|&number| owner(number).script_type() == ScriptType::P2wpkh).take(9).collect();
    let mut mix = None;
    let data = folder(|block: &mut BlockMaker| {
        let coins = block.tx(&[], &[(90_000_000, Some(owner(of[0]))), (80_000_000, Some(owner(of[1])))]);
        let inputs = [0, 1].map(|vout| (OutPoint { txid: coins, vout }, None));
        let outputs = [60_000_000, 60_000_000, 20_003_000, 29_994_000];
        let outputs: Vec<_> =
            outputs.iter().zip(&of[2..]).map(|(&value, &wallet)| (value, Some(owner(wallet)))).collect();
        mix = Some(block.tx(&inputs, &outputs).to_string());
    });
    let mix = mix.expect("made");
    let shown = text(&soon(data.path(), &["tx", &mix]));
    assert!(shown.contains("SUSPECTED: it may be a CoinJoin (joinmarket, at least 2 people)"), "{shown}");
    let members = |wallet: usize| {
        let address = crate::follow::address(wallet);
        let output = regtest(
            data.path(),
            &["cluster", &address, "--as-of", "2023-11-14T22:33:20Z", "--output", "json"],
        );
        let cluster: Value = serde_json::from_str(&text(&output)).expect("JSON");
        cluster["size"].as_u64().or(cluster["members"].as_array().map(|members| members.len() as u64))
    };
    assert_eq!((members(of[0]), members(of[1])), (Some(1), Some(1)), "{mix}");
}
