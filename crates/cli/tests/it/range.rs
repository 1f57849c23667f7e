//! `range`: generated heists and the scorecard.

use std::path::Path;

use crate::screen::{text, tracehound};

fn range(data: &Path, args: &[&str]) -> std::process::Output {
    tracehound(data, &[&["range"], args].concat(), "")
}

#[test]
fn a_scorecard_is_the_same_from_a_seed_and_from_the_folder_it_makes() {
    let data = tempfile::tempdir().expect("temporary folder");
    let file = |name: &str| data.path().join(name).to_string_lossy().into_owned();
    let (dir, page, rates) = (file("heists"), file("card.md"), file("rates.toml"));
    let sizes = ["--txs", "1000", "--heists", "2", "--seed", "5"];

    let scored = range(data.path(), &[&["score"], &sizes[..]].concat());
    assert_eq!(scored.status.code(), Some(0), "{}", String::from_utf8_lossy(&scored.stderr));
    insta::assert_snapshot!("scorecard", text(&scored));

    let generated = range(data.path(), &[&["generate", &dir], &sizes[..]].concat());
    assert_eq!(generated.status.code(), Some(0), "{}", String::from_utf8_lossy(&generated.stderr));
    assert!(text(&generated).starts_with("Generated (not real): "), "{}", text(&generated));
    let output = range(data.path(), &["score", &dir, "--scorecard", &page, "--rates", &rates]);
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(0), ""));
    let figures = |card: &str| card.split_once("Measured on").expect("a scorecard").1.to_owned();
    let page = std::fs::read_to_string(page).expect("written");
    assert_eq!(figures(&page), figures(&text(&scored)));
    let rates = std::fs::read_to_string(rates).expect("written");
    let rates = tracehound_analysis::rates::Rates::parse(&rates).expect("what answers can quote");
    assert_eq!((rates.heists, rates.transactions), (2, 1_000));
}

#[test]
fn what_cannot_be_scored_is_an_error_that_says_why() {
    let data = tempfile::tempdir().expect("temporary folder");
    let nothing = data.path().to_string_lossy().into_owned();
    for (code, args, says) in [
        (
            1,
            &["score", "--txs", "1000", "--heists", "500"][..],
            "500 heists do not fit into 1000 transactions",
        ),
        (1, &["score", "--txs", "10"], "cannot generate 10 transactions"),
        (1, &["score", &nothing], "truth.jsonl"),
        (2, &["score", "--output", "json"], "--rates FILE"),
    ] {
        let output = range(data.path(), args);
        assert_eq!(output.status.code(), Some(code), "{args:?}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn a_generated_chain_of_accounts_is_taken_in_and_its_loot_traced_from_what_its_truth_names() {
    let data = tempfile::tempdir().expect("temporary folder");
    let dir = data.path().join("legs").to_string_lossy().into_owned();
    let sizes = ["--accounts", "--txs", "1000", "--heists", "2", "--seed", "5"];
    let generate = |dir: &str| range(data.path(), &[&["generate", dir], &sizes[..]].concat());
    let generated = generate(&dir);
    assert_eq!(generated.status.code(), Some(0), "{}", String::from_utf8_lossy(&generated.stderr));
    let said = text(&generated);
    assert!(said.starts_with("Generated (not real): ") && said.contains("truth.jsonl"), "{said}");
    assert_eq!(generate(&dir).status.code(), Some(1), "nothing is overwritten");
    // The same seed gives the same bytes.
    let again = data.path().join("again").to_string_lossy().into_owned();
    assert_eq!(generate(&again).status.code(), Some(0));
    for file in std::fs::read_dir(&dir).expect("a folder") {
        let path = file.expect("readable").path();
        let other = Path::new(&again).join(path.file_name().expect("a name"));
        assert_eq!(std::fs::read(&path).expect("reads"), std::fs::read(other).expect("reads"));
    }
    let truth = std::fs::read_to_string(Path::new(&dir).join("truth.jsonl")).expect("written");
    let records: Vec<serde_json::Value> =
        truth.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(records[0]["record"], "generated-accounts");
    assert!(records[0]["note"].as_str().is_some_and(|note| note.contains("nothing of it happened")));
    let taken = tracehound(data.path(), &["ingest", "evm", "--etl", "--chain", "sepolia", &dir], "");
    assert!(taken.status.success(), "all of it is told: {}", text(&taken));
    // What the first heist took lies where the truth says: in its sum, of each asset, nothing is lost.
    let heist = records.iter().find(|record| record["record"] == "heist").expect("a heist");
    let seeds: Vec<&str> =
        heist["seeds"].as_array().expect("a list").iter().filter_map(|seed| seed.as_str()).collect();
    let args = [&["trace"], &seeds[..], &["--chain", "sepolia", "--dust", "0", "--output", "json"]].concat();
    let traced = tracehound(data.path(), &args, "");
    let trace: serde_json::Value = serde_json::from_str(&text(&traced)).expect("JSON");
    assert_eq!(trace["seeds"].as_u64(), Some(seeds.len() as u64), "{trace}");
    assert!(trace["sums"].as_array().is_some_and(|sums| !sums.is_empty()));
    let thieves = records.iter().filter(|record| record["part"] == "thief").count();
    let places = records.iter().filter(|record| record["record"] == "place" && record["heist"] == 0).count();
    assert!(thieves > 0 && places > 0, "{thieves} accounts of thieves, {places} places");
    for (wrong, code) in [(&["--heists", "500"][..], 1), (&["--hard"], 2), (&["--txs", "2000000"], 1)] {
        let args = [&["generate", "--accounts", &again], wrong].concat();
        assert_eq!(range(data.path(), &args).status.code(), Some(code), "{wrong:?}");
    }
}
