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
