//! An import that is killed at any of its steps: the next command, whichever it is, heals it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use tracehound_attribution::Step;

use crate::screen::{text, tracehound};

const LISTED: &str = "0x1111111111111111111111111111111111111101";
/// How often each step is tried; more with this variable.
const ROUNDS: &str = "TRACEHOUND_KILL_ROUNDS";

/// Imports `list` with the program itself and kills it, with no chance to tidy up, when `step` is made. What is shipped
/// was taken in before, whose steps are the same.
fn killed_import(data: &Path, import: &[&str], step: Step) {
    assert!(tracehound(data, &["lists", "list"], "").status.success());
    // In a test's build alone the program stops where this variable says.
    let mut child = Command::new(env!("CARGO_BIN_EXE_tracehound"))
        .env("TRACEHOUND_CONFIG", "")
        .arg("--data")
        .arg(data)
        .args(import)
        .env("TRACEHOUND_STOP_AT", format!("{step:?}"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let reached = lines.map_while(Result::ok).any(|line| line.contains("stopped at"));
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(reached, "the import came as far as {step:?}");
}

#[test]
fn an_import_killed_at_any_step_is_whole_or_undone_and_the_next_command_knows_it() {
    let files = tempfile::tempdir().expect("temporary folder");
    let list = files.path().join("list.csv");
    std::fs::write(&list, format!("address,label,category\n{LISTED},Somebody,sanction\n")).expect("written");
    let name = list.to_string_lossy().into_owned();
    let import = ["lists", "import", &name, "--source", "own-list", "--published", "2026-01-01"];
    let rounds = std::env::var(ROUNDS).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1_u32);
    let mut healed = 0_u32;
    for _ in 0..rounds {
        let mut stored = false;
        for step in Step::ALL {
            stored |= step == Step::Committed;
            let data = tempfile::tempdir().expect("temporary folder");
            killed_import(data.path(), &import, step);
            let screened = tracehound(data.path(), &["screen", LISTED], "");
            let blocked = text(&screened).starts_with("BLOCK");
            assert_eq!(blocked, stored, "{step:?}: {}", String::from_utf8_lossy(&screened.stderr));

            // And the same file again, on another folder that was left so.
            let data = tempfile::tempdir().expect("temporary folder");
            killed_import(data.path(), &import, step);
            let again = tracehound(data.path(), &import, "");
            assert_eq!(again.status.code(), Some(0), "{step:?}: {}", String::from_utf8_lossy(&again.stderr));
            assert_eq!(text(&again).contains("imported before"), stored, "{step:?}");
            assert_eq!(tracehound(data.path(), &["screen", LISTED], "").status.code(), Some(20), "{step:?}");
            healed += 2;
        }
    }
    assert_eq!(healed as usize, 2 * rounds as usize * Step::ALL.len(), "each was killed and healed");
}
