//! The scripts of docs/RECIPES.md, run as they stand there.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::screen::{text, tracehound};

const LISTED: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
const UNKNOWN: &str = "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S";

/// The block of the page that is marked so.
fn script(mark: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/RECIPES.md");
    let page = fs::read_to_string(page).expect("the page");
    let start = format!("```bash {mark}\n");
    let (_, rest) = page.split_once(&start).expect("the script");
    rest.split_once("\n```").expect("its end").0.to_owned()
}

/// Runs bash with the program of this build first in the path.
fn bash(data: &Path, script: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_tracehound")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([program.to_owned()].into_iter().chain(std::env::split_paths(&path)));
    let mut command = Command::new("bash");
    command.arg(script).args(arguments).env("PATH", path.expect("a path")).env("TRACEHOUND_DATA", data);
    command.env("POLICY", data.join("own.toml"));
    let output = command.output().expect("bash");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_coprocess_pays_on_allow_alone() {
    let data = tempfile::tempdir().expect("folder");
    let file = data.path().join("coprocess.sh");
    fs::write(&file, script("coprocess")).expect("written");
    // The lists in the box are old by nature, and the policies that are shipped allow nothing over them.
    let shown = tracehound(data.path(), &["policy", "show", "lists-only"], "");
    let policy = text(&shown).replace("within_days = 7\n", "within_days = 3660\n");
    fs::write(data.path().join("own.toml"), policy.replace("within_days = 90\n", "within_days = 3660\n"))
        .expect("written");
    let (code, said, errors) = bash(data.path(), &file, &[UNKNOWN, LISTED, "nonsense", UNKNOWN]);
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(said, format!("{UNKNOWN}: pay\n'{LISTED}': hold\n'nonsense': hold\n{UNKNOWN}: pay\n"));
    // A question that is two, or none, moves no answer to another question.
    let two = format!("{UNKNOWN}\n{UNKNOWN}");
    for odd in [&two[..], "", "#", " "] {
        let (code, said, errors) = bash(data.path(), &file, &[odd, LISTED, UNKNOWN]);
        assert_eq!(code, Some(0), "{errors}");
        assert!(said.ends_with(&format!("'{LISTED}': hold\n{UNKNOWN}: pay\n")), "{said}");
        assert_eq!(said.matches("pay").count(), 1, "{said}");
    }
}

#[test]
fn the_nightly_job_leaves_a_table_and_its_summary_or_says_that_it_did_not() {
    let data = tempfile::tempdir().expect("folder");
    let (file, table) = (data.path().join("nightly.sh"), data.path().join("payouts.csv"));
    fs::write(&file, script("nightly")).expect("written");
    fs::write(&table, format!("id,address\n1,{LISTED}\n2,{UNKNOWN}\n3,\n")).expect("written");
    let nights = data.path().join("nights");
    let arguments = [table.display().to_string(), nights.display().to_string()];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, _, errors) = bash(data.path(), &file, &arguments);
    assert_eq!(code, Some(20), "{errors}");
    let night = fs::read_dir(&nights).expect("made").next().expect("one day").expect("read").path();
    let audited = fs::read_to_string(night.join("audited.csv")).expect("written");
    assert_eq!(audited.lines().count(), 4, "{audited}");
    assert!(
        audited.lines().nth(1).is_some_and(|row| row.starts_with(&format!("2,1,{LISTED},block,"))),
        "{audited}"
    );
    let summary = fs::read_to_string(night.join("summary.json")).expect("written");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(summary["counts"]["decisions"]["block"], 1);
    // A day without a row was read to its end, and is no all-clear.
    fs::write(&table, "id,address\n").expect("written");
    let (code, _, errors) = bash(data.path(), &file, &arguments);
    assert_eq!(code, Some(1), "{errors}");
    let summary = fs::read_to_string(night.join("summary.json")).expect("written");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    assert_eq!(summary["whole"], true, "{summary}");
    assert_eq!(
        (&summary["inputs"][0]["blank"], &summary["counts"]["decisions"]),
        (&Value::from(0), &serde_json::json!({}))
    );
    assert!(night.join("audited.csv").exists());
    // A table that is not there leaves no summary of the night before behind.
    fs::remove_file(&table).expect("was there");
    let (code, _, errors) = bash(data.path(), &file, &arguments);
    assert_eq!(code, Some(4), "{errors}");
    assert!(!night.join("audited.csv").exists());
}

#[test]
fn a_table_of_names_is_answered_row_by_row_or_not_at_all() {
    let data = tempfile::tempdir().expect("folder");
    let list = data.path().join("own.ftm.json");
    let entity = "{\"id\":\"p1\",\"schema\":\"Person\",\"target\":true,\"datasets\":[\"own\"],\"properties\":{\"name\":[\"Quentin \
                  Testperson\"],\"birthDate\":[\"1962\"],\"country\":[\"kp\"],\"topics\":[\"sanction\"]}}\n";
    fs::write(&list, entity).expect("written");
    let list = list.display().to_string();
    text(&tracehound(
        data.path(),
        &["lists", "import", &list, "--source", "own-list", "--published", "2026-01-01"],
        "",
    ));
    let shown = tracehound(data.path(), &["policy", "show", "lists-only"], "");
    fs::write(data.path().join("own.toml"), text(&shown)).expect("written");
    let (file, table) = (data.path().join("names.sh"), data.path().join("customers.csv"));
    fs::write(&file, script("names")).expect("written");
    let rows = "id,name,born,country\nC-1,Quentin Testperson,1962-05-17,North Korea\nC-2,\"Testperson, \
                Quentin\",1990,\nC-3,Robin Otherperson,,\nC-4,Quentin Testperson,17.05.62,\n";
    fs::write(&table, rows).expect("written");
    let out = data.path().join("answers.csv");
    let arguments = [table.display().to_string(), out.display().to_string()];
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, _, errors) = bash(data.path(), &file, &arguments);
    assert_eq!(code, Some(10), "{errors}");
    let answers = fs::read_to_string(&out).expect("written");
    let lines: Vec<&str> = answers.lines().collect();
    assert_eq!(lines.len(), 5, "{answers}");
    let heads = lines[0].split(',').collect::<Vec<_>>();
    for column in ["row", "decision", "matched", "listed_born", "listed_countries", "set_aside", "gaps"] {
        assert!(heads.contains(&column), "{column}");
    }
    assert!(lines[1].starts_with("2,Quentin Testperson,1.0000,Quentin Testperson,own-list,p1,"), "{answers}");
    assert!(lines[1].contains(",review,"), "{answers}");
    assert!(lines[2].starts_with("3,") && lines[2].contains("listed as born 1962"), "{answers}");
    assert!(lines[3].starts_with("4,Robin Otherperson,,") && lines[3].contains(",incomplete,"), "{answers}");
    // A birth that cannot be read sets nobody aside.
    assert!(
        lines[4].contains(",review,") && lines[4].contains("`17.05.62` is no date of birth"),
        "{answers}"
    );
    // A table that is not there, or lacks a column, leaves no answers of an earlier day behind.
    fs::write(&table, "id,name,born\nC-1,Quentin Testperson,1962\n").expect("written");
    for gone in [false, true] {
        if gone {
            fs::remove_file(&table).expect("was there");
        }
        let (code, _, errors) = bash(data.path(), &file, &arguments);
        assert_eq!(code, Some(4), "{errors}");
        assert!(!out.exists() && !errors.is_empty());
    }
}
