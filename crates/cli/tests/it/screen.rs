//! `screen`: verdicts, exit codes, formats, time travel.

use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tracehound_testkit::shared_data;

const FBI: [&str; 6] = [
    "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG",
    "39idqitN9tYNmq3wYanwg3MitFB5TZCjWu",
    "3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk",
    "3PjNaSeP8GzLjGeu51JR19Q2Lu8W2Te9oc",
    "3NbdrezMzAVVfXv5MTQJn4hWqKhYCTCJoB",
    "34VXKa5upLWVYMXmgid6bFM4BaQXHxSUoL",
];
/// Nobody's: an unspendable address of 2009, on no list.
const UNKNOWN: &str = "1BitcoinEaterAddressDontSendf59kuE";

/// The program, started, with its three streams as pipes.
pub(crate) fn start(data: &Path, args: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tracehound"))
        .env("TRACEHOUND_CONFIG", "")
        .arg("--data")
        .arg(data)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// The program, run to its end.
pub(crate) fn tracehound(data: &Path, args: &[&str], input: &str) -> Output {
    let mut child = start(data, args);
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.as_bytes().to_vec();
    // Beside the reading: answers to a long input fill the pipe before all of it is written.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("ends");
    match writer.join().expect("no panic") {
        // It refused its arguments and left without reading.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        written => written.expect("read"),
    }
    output
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn lines(output: &Output) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary folder")
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let data = folder();
    let readme = include_str!("../../../../README.md");
    let (_, sample) = readme.split_once("$ tracehound screen ").expect("a sample");
    let (sample, _) = sample.split_once("```").expect("its end");
    let (command, shown) = sample.split_once('\n').expect("a command and its answer");
    let args: Vec<&str> = std::iter::once("screen").chain(command.split(' ')).collect();
    let printed = text(&tracehound(data.path(), &args, ""));
    assert_eq!(shown.trim_end(), printed.trim_end());
}

#[test]
fn a_fresh_folder_blocks_the_fbis_six_with_the_advisory_as_evidence() {
    let data = folder();
    let output = tracehound(data.path(), &["screen", "--stdin", "--output", "jsonl"], &FBI.join("\n"));
    assert_eq!(output.status.code(), Some(20), "{}", String::from_utf8_lossy(&output.stderr));
    let verdicts = lines(&output);
    assert_eq!(verdicts.len(), 6);
    for (verdict, address) in verdicts.iter().zip(FBI) {
        assert_eq!(verdict["subject"], address);
        assert_eq!(verdict["decision"], "block");
        let claims: Vec<&Value> = verdict["evidence"]["nodes"]
            .as_array()
            .expect("nodes")
            .iter()
            .filter(|n| n["kind"] == "claim")
            .collect();
        assert_eq!(claims[0]["claim"]["source"], "fbi-notices");
        assert_eq!(claims[0]["claim"]["valid_from"], "2023-08-22");
    }
}

#[test]
fn unknown_is_not_clean() {
    let data = folder();
    let output = tracehound(data.path(), &["screen", UNKNOWN, "--as-of", "2026-11-21"], "");
    assert_eq!(output.status.code(), Some(30));
    insta::assert_snapshot!(text(&output));
}

#[test]
fn lists_alone_say_no_match_in_every_form_and_strict_says_incomplete() {
    let data = folder();
    let ask = |args: &[&str]| {
        tracehound(data.path(), &[&["screen", UNKNOWN, "--as-of", "2025-11-20"], args].concat(), "")
    };
    let alone = ask(&["--policy", "lists-only"]);
    assert_eq!(alone.status.code(), Some(0), "{}", text(&alone));
    assert!(text(&alone).starts_with("NO MATCH  "), "{}", text(&alone));
    assert!(text(&alone).contains("no match on 4 lists; transactions not examined"), "{}", text(&alone));
    assert!(!text(&alone).contains("ALLOW"), "{}", text(&alone));
    let jsonl = lines(&ask(&["--policy", "lists-only", "--output", "jsonl"])).remove(0);
    assert_eq!((&jsonl["decision"], &jsonl["basis"]), (&"allow".into(), &"lists-only".into()));
    let csv = text(&ask(&["--policy", "lists-only", "--output", "csv"]));
    let rows: Vec<&str> = csv.lines().collect();
    assert!(rows[0].ends_with(",basis") && rows[1].ends_with(",lists-only"), "{csv}");
    let strict = ask(&[]);
    assert_eq!(strict.status.code(), Some(30), "{}", text(&strict));
    assert!(text(&strict).contains("--policy lists-only"), "the way out is said: {}", text(&strict));
}

#[test]
fn no_match_never_stands_over_a_claim() {
    const EXCHANGE: &str = "1NDyJtNTjmwk5xPNhjgAMu4HDHigtobu1s";
    let data = folder();
    let label = format!(
        "[source]\nid = \"my-labels\"\nkind = \"labels\"\ntitle = \"Mine\"\npublisher = \"Me\"\n\
         published = 2025-11-01\n[[claim]]\nlabel = \"An exchange\"\ncategory = \"exchange\"\n\
         addresses = [\"{EXCHANGE}\"]\n"
    );
    let path = data.path().join("labels.toml");
    std::fs::write(&path, label).expect("written");
    let taken = tracehound(data.path(), &["lists", "import", &path.display().to_string()], "");
    assert_eq!(taken.status.code(), Some(0), "{}", String::from_utf8_lossy(&taken.stderr));
    let args = ["screen", EXCHANGE, "--as-of", "2025-11-20", "--policy", "lists-only"];
    let said = tracehound(data.path(), &args, "");
    assert_eq!(said.status.code(), Some(0), "{}", text(&said));
    assert!(text(&said).starts_with("NO OBJECTION  "), "{}", text(&said));
    assert!(!text(&said).contains("NO MATCH") && text(&said).contains("An exchange"), "{}", text(&said));
}

#[test]
fn a_day_before_every_list_is_unknown_even_for_the_listed() {
    let data = folder();
    let output = tracehound(data.path(), &["screen", FBI[0], "--as-of", "2015-01-01"], "");
    assert_eq!(output.status.code(), Some(30), "{}", text(&output));
}

#[test]
fn a_mistyped_address_is_an_error_and_never_a_miss() {
    let data = folder();
    let input = format!("{UNKNOWN}\n# a comment\n\n3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiH\n{UNKNOWN}\n");
    let args = ["screen", "--stdin", "--output", "jsonl", "--as-of", "2025-11-20", "--policy", "lists-only"];
    let output = tracehound(data.path(), &args, &input);
    assert_eq!(output.status.code(), Some(1));
    let answers = lines(&output);
    assert_eq!(answers.len(), 3, "input order, comments and empty lines skipped");
    assert_eq!(answers[0]["decision"], "allow");
    assert!(answers[1]["error"].as_str().expect("says why").contains("checksum"), "{}", answers[1]);
    assert_eq!(answers[2]["decision"], "allow");
}

/// The pattern that answers a batch quickly gives what the long way gives.
#[test]
fn a_batch_answers_as_single_questions_do() {
    let data = folder();
    let subjects = [
        UNKNOWN,
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        FBI[1],
        "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
    ];
    for output in ["jsonl", "csv"] {
        let args = ["screen", "--stdin", "--output", output, "--as-of", "2025-11-20T00:00:00Z"];
        let batch = text(&tracehound(data.path(), &args, &subjects.join("\n")));
        let header = usize::from(output == "csv");
        let single: Vec<String> = subjects
            .iter()
            .map(|subject| {
                // Text output takes the long way; one subject at a time in this format takes the quick one, so
                // compare against the JSON document, which never does.
                let args = ["screen", subject, "--output", "json", "--as-of", "2025-11-20T00:00:00Z"];
                let document: Value =
                    serde_json::from_str(&text(&tracehound(data.path(), &args, ""))).expect("JSON");
                document[0]["summary"].as_str().expect("text").to_owned()
            })
            .collect();
        for (line, summary) in batch.lines().skip(header).zip(&single) {
            let escaped = summary.replace('"', "\\\"");
            assert!(
                line.contains(&escaped) || line.contains(&summary.replace('"', "\"\"")),
                "{line}\n{summary}"
            );
        }
        assert_eq!(batch.lines().count(), subjects.len() + header);
    }
}

/// All 745 distinct addresses of the list of 2025-11-19 are found; the 90 delisted on 2025-03-21 are not, yet are when
/// asked about a day on which they were listed.
#[test]
fn the_whole_ofac_list_is_found_and_the_delisted_only_in_the_past() {
    let (Some(new), Some(old)) = (
        shared_data("sanctions/ofac_addresses_2025-11-19.json"),
        shared_data("sanctions/ofac_addresses_2024-09-27.json"),
    ) else {
        return;
    };
    let addresses = |path: &Path| -> std::collections::BTreeSet<String> {
        let lists: std::collections::BTreeMap<String, Vec<String>> =
            serde_json::from_slice(&std::fs::read(path).expect("read")).expect("JSON");
        lists.into_values().flatten().collect()
    };
    let (new_set, old_set) = (addresses(&new), addresses(&old));
    assert_eq!(new_set.len(), 745);
    let data = folder();
    let old_name = old.to_string_lossy().into_owned();
    let new_name = new.to_string_lossy().into_owned();
    for (file, published) in [(&old_name, "2024-09-27"), (&new_name, "2025-11-19")] {
        let args = ["lists", "import", file, "--source", "ofac-sdn", "--published", published];
        let output = tracehound(data.path(), &args, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let decisions = |set: &[&str], as_of: &str| -> Vec<Value> {
        let args = ["screen", "--stdin", "--output", "jsonl", "--as-of", as_of, "--policy", "lists-only"];
        lines(&tracehound(data.path(), &args, &set.join("\n")))
    };
    let listed: Vec<&str> = new_set.iter().map(String::as_str).collect();
    for verdict in decisions(&listed, "2025-11-20") {
        assert_eq!(verdict["decision"], "block", "{verdict}");
    }
    let delisted: Vec<&str> = old_set.difference(&new_set).map(String::as_str).collect();
    assert_eq!(delisted.len(), 90);
    for verdict in decisions(&delisted, "2025-11-20") {
        assert_eq!(verdict["decision"], "allow", "{verdict}");
        assert!(verdict["summary"].as_str().expect("text").contains("formerly"), "{verdict}");
    }
    for verdict in decisions(&delisted, "2025-01-01") {
        assert_eq!(verdict["decision"], "block", "{verdict}");
    }
}

#[test]
fn nothing_to_screen_is_a_usage_error() {
    let data = folder();
    assert_eq!(tracehound(data.path(), &["screen"], "").status.code(), Some(2));
    assert_eq!(tracehound(data.path(), &["screen", "--stdin"], "\n# nothing\n").status.code(), Some(1));
}

#[test]
fn a_batch_and_a_single_question_get_the_same_answer() {
    let data = folder();
    for subject in [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        UNKNOWN,
    ] {
        let args = ["--as-of", "2025-12-01", "--output"];
        let one = tracehound(data.path(), &[&["screen", subject], &args[..], &["json"]].concat(), "");
        let batch =
            tracehound(data.path(), &[&["screen", "--stdin"], &args[..], &["jsonl"]].concat(), subject);
        let one: Vec<Value> = serde_json::from_str(&text(&one)).expect("a JSON document");
        let mut numbered = lines(&batch);
        assert_eq!(numbered[0].as_object_mut().expect("an object").remove("row"), Some(1.into()));
        assert_eq!(numbered, one);
    }
}

/// Lines that were skipped have no answer: in every form the number says which line is meant.
#[test]
fn every_answer_about_a_line_says_which_line_it_was() {
    let data = folder();
    let input = format!("# withdrawals\n{UNKNOWN}\n\nno address\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n");
    let ask = |output| text(&tracehound(data.path(), &["screen", "--stdin", "--output", output], &input));
    let rows = |answers: &[Value]| -> Vec<u64> {
        answers.iter().map(|answer| answer["row"].as_u64().expect("a number")).collect()
    };
    let json: Vec<Value> = serde_json::from_str(&ask("json")).expect("JSON");
    assert_eq!(rows(&json), [2, 4, 5]);
    let jsonl: Vec<Value> =
        ask("jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows(&jsonl), [2, 4, 5]);
    let csv = ask("csv");
    let begins: Vec<&str> = csv.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(begins, ["row", "2", "4", "5"], "{csv}");
    let said = ask("text");
    for begin in ["row 2: INCOMPLETE", "row 4: REFUSED", "row 5: "] {
        assert!(said.contains(begin), "{begin}: {said}");
    }
}

/// Imports addresses with a label, as a list version of a list.
fn list_version(data: &Path, published: &str, rows: &[(&str, &str)]) {
    let file = data.join("list-version.csv");
    let rows: Vec<String> =
        rows.iter().map(|(address, label)| format!("{address},{label},sanction\n")).collect();
    std::fs::write(&file, format!("address,label,category\n{}", rows.concat())).expect("written");
    let file = file.to_string_lossy().into_owned();
    let output =
        tracehound(data, &["lists", "import", &file, "--source", "own-list", "--published", published], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn summary(data: &Path, address: &str, as_of: &str) -> String {
    let output = tracehound(data, &["screen", address, "--as-of", as_of, "--output", "jsonl"], "");
    lines(&output)[0]["summary"].as_str().expect("a summary").to_owned()
}

#[test]
fn a_listing_outlives_its_wording_and_not_its_absence() {
    let data = folder();
    let (reworded, relisted, gone) = (
        "0x1111111111111111111111111111111111111101",
        "0x1111111111111111111111111111111111111102",
        "0x1111111111111111111111111111111111111103",
    );
    list_version(data.path(), "2025-01-10", &[(reworded, "A list"), (relisted, "A list"), (gone, "A list")]);
    list_version(data.path(), "2025-02-10", &[(reworded, "Some Party")]);
    list_version(data.path(), "2025-03-10", &[(reworded, "Some Party Ltd"), (relisted, "Another")]);

    let now = summary(data.path(), reworded, "2025-06-01");
    assert!(now.starts_with("named Some Party Ltd (sanction)"), "{now}");
    assert!(now.contains("on record from 2025-01-10") && !now.contains("formerly"), "{now}");
    // As of a day in the past: what was said then, and since when.
    let then = summary(data.path(), reworded, "2025-02-20");
    assert!(then.starts_with("named Some Party (sanction)"), "{then}");
    assert!(then.contains("on record from 2025-01-10") && !then.contains("formerly"), "{then}");

    let now = summary(data.path(), relisted, "2025-06-01");
    assert!(now.contains("on record from 2025-03-10"), "it was off the list in between: {now}");
    assert!(!now.contains("formerly"), "{now}");
    let now = summary(data.path(), gone, "2025-06-01");
    assert!(now.contains("formerly A list on own-list until 2025-02-10"), "{now}");
}

#[test]
fn every_sanction_in_force_is_named_first_and_never_called_former() {
    let Some(path) = shared_data("sanctions/ofac_addresses_2025-11-19.json") else { return };
    let by_asset: Value = serde_json::from_slice(&std::fs::read(path).expect("read")).expect("JSON");
    let addresses: Vec<&str> = by_asset
        .as_object()
        .expect("by asset")
        .values()
        .flat_map(|list| list.as_array().expect("addresses").iter().map(|one| one.as_str().expect("text")))
        .collect();
    let data = folder();
    let args = ["screen", "--stdin", "--as-of", "2025-11-20T00:00:00Z", "--output", "jsonl"];
    let output = tracehound(data.path(), &args, &addresses.join("\n"));
    let verdicts = lines(&output);
    assert_eq!(verdicts.len(), addresses.len());
    for verdict in verdicts {
        let summary = verdict["summary"].as_str().expect("a summary");
        assert_eq!(verdict["decision"], "block", "{verdict}");
        assert!(summary.contains("(sanction) by") && !summary.contains("formerly"), "{summary}");
    }
}
