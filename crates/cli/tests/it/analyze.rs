//! `analyze`: one answer a line in input order, and no line skipped.

use std::{collections::BTreeMap, io::Read};

use serde_json::{Value, json};

use crate::screen::{text, tracehound};

/// What amounts of a line count that does not say it.
const BITCOIN: &str = "bip122:000000000019d6689c085ae165831e93/slip44:0";

fn answers(args: &[&str], input: &str) -> (Option<i32>, Vec<Value>, String) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let output = tracehound(folder.path(), args, input);
    let lines = text(&output).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    (output.status.code(), lines, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A Whirlpool round of five.
fn round(txid: u8) -> Value {
    let coin = |value: u64, owner: u8| json!({"value": value, "script": format!("0014{}", hex(owner))});
    json!({
        "txid": hex_of(txid, 32),
        "time": 1_710_000_000,
        "label": "ignored",
        "inputs": (0..5).map(|n| coin(if n < 3 { 1_000_000 } else { 1_003_412 }, n)).collect::<Vec<_>>(),
        "outputs": (10..15).map(|n| coin(1_000_000, n)).collect::<Vec<_>>(),
    })
}

fn hex(byte: u8) -> String {
    hex_of(byte, 20)
}

fn hex_of(byte: u8, times: usize) -> String {
    format!("{byte:02x}").repeat(times)
}

#[test]
fn a_round_its_missing_input_and_a_payment() {
    let mut missing = round(2);
    missing["inputs"][4].as_object_mut().expect("an input").remove("value");
    let mut payment = round(3);
    payment["outputs"].as_array_mut().expect("outputs").truncate(2);
    let input = format!("{}\n{missing}\n{payment}\n", round(1));
    let (code, answers, errors) = answers(&["analyze", "coinjoin", "--stdin"], &input);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(
        answers,
        [
            json!({"schema": 1, "asset": BITCOIN, "txid": hex_of(1, 32), "answer": "coinjoin", "protocol": "whirlpool", "participants": 5,
                   "confidence": 98, "anonymity": [5, 5, 5, 5, 5], "rule": "whirlpool"}),
            json!({"schema": 1, "asset": BITCOIN, "txid": hex_of(2, 32), "answer": "unknown", "protocol": null, "participants": 1,
                   "confidence": null, "anonymity": [1, 1, 1, 1, 1], "rule": null, "possible": "whirlpool",
                   "missing_inputs": 1}),
            json!({"schema": 1, "asset": BITCOIN, "txid": hex_of(3, 32), "answer": "no", "protocol": null, "participants": 1,
                   "confidence": null, "anonymity": [1, 1], "rule": null}),
        ]
    );
}

#[test]
fn a_bad_line_is_answered_in_its_place_and_fails_at_the_end() {
    let mut rich = round(4);
    rich["outputs"][3]["value"] = json!(u64::MAX);
    let mut odd = round(5);
    odd["inputs"][2]["script"] = json!("0014xy");
    let good = round(6);
    let input = format!("{good}\nnot json\n{rich}\n\n{odd}\n{{\"txid\":\"00\"}}\n{good}");
    let (code, answers, errors) = answers(&["analyze", "coinjoin", "--stdin"], &input);
    assert_eq!(code, Some(1));
    assert!(errors.contains("5 of 7 lines"), "{errors}");
    let places: Vec<_> = answers.iter().map(|answer| answer["line"].as_u64()).collect();
    assert_eq!(places, [None, Some(2), Some(3), Some(4), Some(5), Some(6), None]);
    let error = |at: usize| answers[at]["error"].as_str().expect("an error");
    assert!(error(2).contains("output 3: value 18446744073709551615"), "{}", error(2));
    assert!(error(3).contains("empty"), "{}", error(3));
    assert!(error(4).contains("input 2: script is not hexadecimal"), "{}", error(4));
    let (code, _, errors) = self::answers(&["analyze", "coinjoin", "--stdin"], "");
    assert_eq!(code, Some(1));
    assert!(errors.contains("held no line"), "{errors}");
}

/// A made-up round of Wasabi 2: ten inputs, standard amounts.
fn wasabi2() -> Value {
    let inputs = [
        120_000_000,
        30_000_000,
        12_000_000,
        5_000_000,
        2_500_000,
        1_200_000,
        600_000,
        300_000,
        150_000,
        60_000,
    ];
    let outputs = [
        100_000_000,
        33_554_432,
        20_000_000,
        10_000_000,
        5_000_000,
        2_000_000,
        1_000_000,
        100_000,
        100_000,
        50_000,
        5_000,
    ];
    let coins = |values: &[u64], first: u8| -> Vec<Value> {
        let coin =
            |(owner, value): (u8, &u64)| json!({"value": value, "script": format!("0014{}", hex(owner))});
        (first..).zip(values).map(coin).collect()
    };
    json!({"txid": hex_of(9, 32), "time": 1_730_000_000, "inputs": coins(&inputs, 1), "outputs": coins(&outputs, 50)})
}

#[test]
fn each_input_of_a_wasabi_2_round_is_shared_out_and_how_well_is_said() {
    let round = wasabi2().to_string();
    let folder = tempfile::tempdir().expect("temporary folder");
    let one = tracehound(folder.path(), &["analyze", "demix", "--stdin", "--input", "1"], &round);
    insta::assert_snapshot!(text(&one));
    let one: Value = serde_json::from_str(&text(&one)).expect("JSON");

    let (code, answers, errors) = answers(&["analyze", "demix", "--stdin"], &round);
    assert_eq!((code, answers.len()), (Some(0), 1), "{errors}");
    let shares = |input: usize, kind: &str| -> Vec<f64> {
        let shares = answers[0]["inputs"][input][kind].as_array().expect("a number for each output");
        shares.iter().map(|share| share.as_f64().expect("a number")).collect()
    };
    assert_eq!(answers[0]["inputs"][1], one["inputs"][0]);
    for input in 0..10 {
        let left: f64 = shares(input, "left_in").iter().sum();
        assert!((left - 1.0).abs() < 1e-4, "all of input {input} left somewhere: {left}");
    }
    for output in 0..11 {
        let owned: f64 = (0..10).map(|input| shares(input, "owner_of")[output]).sum();
        // What is missing may have been the coordinator's.
        assert!((0.5..1.0 + 1e-4).contains(&owned), "output {output} is somebody's: {owned}");
    }
    assert!(shares(0, "owner_of")[0] > 0.9, "nobody else could have paid the largest output alone");

    // What pays more than it spends lacks an input: nothing of it is anybody's.
    let mut more = wasabi2();
    more["inputs"].as_array_mut().expect("inputs").truncate(9);
    for input in more["inputs"].as_array_mut().expect("inputs") {
        input["value"] = (input["value"].as_u64().expect("a number") / 2).into();
    }
    let (code, refused, errors) = self::answers(&["analyze", "demix", "--stdin"], &more.to_string());
    assert_ne!(code, Some(0), "{errors}");
    assert!(refused.iter().all(|answer| answer["inputs"].is_null()), "{refused:?}");
}

#[test]
fn what_is_no_wasabi_2_round_is_refused_in_its_place() {
    let mut missing = wasabi2();
    missing["inputs"][4].as_object_mut().expect("an input").remove("value");
    let mut payment = wasabi2();
    payment["outputs"].as_array_mut().expect("outputs").truncate(2);
    let input = format!("{}\n{missing}\n{payment}\n{{\n{}\n", round(1), wasabi2());
    let (code, answers, errors) = answers(&["analyze", "demix", "--stdin", "--input", "10"], &input);
    assert_eq!(code, Some(1));
    assert!(errors.contains("5 of 5 lines"), "{errors}");
    for (answer, (line, expected)) in answers.iter().zip((1..).zip([
        "it looks like whirlpool: only rounds of Wasabi 2 are estimated",
        "input 4: every input's value and script are needed",
        "not recognised as a round of Wasabi 2",
        "wanted: {",
        "no input 10: it has 10, counted from 0",
    ])) {
        assert_eq!(answer["line"], line);
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(expected)), "{answer}");
    }
}

#[test]
fn order_survives_many_batches() {
    let input: String = (0..20_000).fold(String::new(), |mut text, n: u64| {
        text += &json!({"inputs": [n + 5, 10], "outputs": [n + 4, 9]}).to_string();
        text.push('\n');
        text
    });
    let (code, answers, errors) = answers(&["analyze", "boltzmann", "--stdin"], &input);
    assert_eq!((code, answers.len()), (Some(0), 20_000), "{errors}");
    for (n, answer) in answers.iter().enumerate() {
        let expected = tracehound_analysis::boltzmann::linkability(&[n as u64 + 5, 10], &[n as u64 + 4, 9]);
        let expected = expected.expect("a payment").interpretations;
        assert_eq!(answer["interpretations"].as_u64().map(u128::from), Some(expected), "line {n}");
    }
}

#[test]
fn the_readings_of_a_transaction_come_with_the_certain_links() {
    let input = "{\"txid\":\"mine\",\"inputs\":[100,1000],\"outputs\":[100,100,900]}\n{\"inputs\":[1],\"outputs\":[2]}\n";
    let (code, answers, _) = answers(&["analyze", "boltzmann", "--stdin"], input);
    assert_eq!(code, Some(1));
    assert_eq!(answers[0]["txid"], "mine");
    assert_eq!((&answers[0]["interpretations"], &answers[0]["fee"]), (&json!(3), &json!(0)));
    assert_eq!(answers[0]["matrix"], json!([[2, 2], [2, 2], [1, 3]]));
    assert_eq!(answers[0]["deterministic"], json!([{"input": 1, "output": 2}]));
    assert!(answers[1]["error"].as_str().is_some_and(|error| error.contains("exceed")), "{}", answers[1]);
}

/// A `JoinMarket` round of mainnet, 7d588d52d1cece7a18d663c977d6143016b5b326404bbf286bc024d5d54fcecb.
const MARKET: &str = "\"inputs\":[260994463,98615817,84911243,20112774,79168410],\
    \"outputs\":[14868890,84077613,84077613,15369204,177252160,84077613,84077613]";

#[test]
fn a_joinmarket_round_is_read_with_the_fees_of_its_makers() {
    let input = format!(
        "{{{MARKET}}}\n{{{MARKET},\"max_cj_intrafees_ratio\":0}}\n{{{MARKET},\"linked\":[[1,3]]}}\n\
         {{{MARKET},\"max_cj_intrafees_ratio\":-1}}\n"
    );
    let (code, answers, errors) = answers(&["analyze", "boltzmann", "--stdin"], &input);
    assert_eq!(code, Some(1), "{errors}");
    assert_eq!((&answers[0]["coinjoin"], &answers[0]["interpretations"]), (&json!("joinmarket"), &json!(95)));
    assert_eq!(answers[0]["intrafees"], json!({"maker": 420_388, "taker": 1_261_164}));
    assert_eq!(answers[0]["deterministic"], json!([{"input": 0, "output": 4}]));
    assert_eq!((&answers[0]["note"], &answers[0]["linked"]), (&Value::Null, &Value::Null));
    // Without these fees everything would be one payer's.
    assert_eq!((&answers[1]["interpretations"], &answers[1]["deterministic"]), (&json!(1), &json!([])));
    let note = answers[1]["note"].as_str().expect("why");
    assert!(note.contains("is a CoinJoin (joinmarket)") && note.contains("strangers"), "{note}");
    assert_eq!((&answers[2]["interpretations"], &answers[2]["linked"]), (&json!(5), &json!([[1, 3]])));
    let error = answers[3]["error"].as_str().expect("an error");
    assert!(error.contains("max_cj_intrafees_ratio: -1 is no share"), "{error}");
}

#[test]
fn fees_among_participants_can_be_set_for_all_lines() {
    let input = format!("{{{MARKET}}}\n{{\"inputs\":[900,900],\"outputs\":[905,890]}}\n");
    let (code, answers, errors) =
        answers(&["analyze", "boltzmann", "--stdin", "--intrafees", "0.0001"], &input);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(answers[0]["intrafees"], json!({"maker": 8_407, "taker": 25_223}));
    assert_eq!(answers[1]["intrafees"], Value::Null, "no two outputs are equal");
    let (code, _, errors) = self::answers(&["analyze", "boltzmann", "--stdin", "--intrafees", "2"], "");
    assert_eq!(code, Some(2));
    assert!(errors.contains("a share from 0 to 1"), "{errors}");
}

#[test]
fn outputs_of_no_value_have_no_row_and_inputs_of_one_script_are_one() {
    let script = |n: u8| format!("0014{}", hex::encode([n; 20]));
    let coin = |value: u64, n: u8| json!({"value": value, "script": script(n)});
    let line = json!({
        "inputs": [coin(6, 1), coin(10, 2), coin(4, 1)],
        "outputs": [coin(8, 3), {"value": 0, "script": "6a0100"}, coin(2, 4), 3, {"value": 7}],
    });
    let missing = json!({"inputs": [{"script": script(1)}], "outputs": [1]});
    let input = format!("{line}\n{{\"inputs\":[9],\"outputs\":[0,8]}}\n{missing}\n");
    let (code, answers, _) = answers(&["analyze", "boltzmann", "--stdin"], &input);
    assert_eq!(code, Some(1));
    assert_eq!(
        (&answers[0]["interpretations"], &answers[0]["matrix"]),
        (&json!(3), &json!(vec![[2, 2, 2]; 4]))
    );
    assert_eq!((&answers[0]["rows"], &answers[0]["columns"]), (&json!([0, 2, 3, 4]), &Value::Null));
    assert_eq!(answers[0]["linked"], json!([[0, 2]]));
    assert_eq!(
        answers[1]["deterministic"],
        json!([{"input": 0, "output": 1}]),
        "places are the transaction's"
    );
    assert!(answers[2]["error"].as_str().is_some_and(|error| error.contains("`value`")), "{}", answers[2]);
}

#[test]
fn every_labelled_round_is_found_from_the_command_line() {
    let Some(path) = tracehound_testkit::shared_data("coinjoin/transactions.jsonl.gz") else { return };
    let mut input = String::new();
    let file = std::fs::File::open(path).expect("opens");
    flate2::read::GzDecoder::new(file).read_to_string(&mut input).expect("text");
    let (code, answers, errors) = answers(&["analyze", "coinjoin", "--stdin"], &input);
    assert_eq!(code, Some(0), "{errors}");
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (line, answer) in input.lines().zip(&answers) {
        let row: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(row["txid"], answer["txid"]);
        let label = row["label"].as_str().expect("a label").split(':').next().unwrap_or_default().to_owned();
        let protocol = answer["protocol"].as_str().or(answer["suspected"]["protocol"].as_str());
        let found = format!("{} {}", answer["answer"].as_str().expect("one word"), protocol.unwrap_or("-"));
        *counts.entry((label, found)).or_default() += 1;
    }
    let counts: Vec<_> =
        counts.iter().map(|((label, found), n)| (label.as_str(), found.as_str(), *n)).collect();
    assert_eq!(
        counts,
        [
            ("none", "coinjoin joinmarket", 49),
            ("none", "no -", 1_929),
            ("none", "premix -", 354),
            ("none", "suspected equal-output", 124),
            ("none", "suspected joinmarket", 12),
            ("none", "suspected whirlpool", 165),
            ("other-weak", "coinjoin joinmarket", 12),
            ("other-weak", "no -", 231),
            ("other-weak", "suspected equal-output", 10),
            ("other-weak", "suspected joinmarket", 16),
            ("wasabi1", "coinjoin wasabi1", 180),
            ("wasabi2", "coinjoin wasabi2", 13),
            ("wasabi2", "suspected wasabi2", 1),
            ("whirlpool", "coinjoin whirlpool", 676),
        ]
    );
}
