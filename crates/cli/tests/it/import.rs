//! An import that is killed at any of its steps: the next command, whichever it is, heals it.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use jiff::Timestamp;
use tracehound_attribution::{
    Step,
    folder::AttributionFolder,
    import::{Options, SourceOptions},
};
use tracehound_model::SourceId;

use crate::screen::{text, tracehound};

const LISTED: &str = "0x1111111111111111111111111111111111111101";
const REACHED: &str = "the step is made";

/// Imports `list` in a process of its own and kills it, with no chance to tidy up, when `step` is made. What is shipped
/// was taken in before, whose steps are the same.
fn killed_import(data: &Path, list: &Path, step: Step) {
    assert!(tracehound(data, &["lists", "list"], "").status.success());
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "import::imports_up_to_a_step", "--ignored", "--nocapture"])
        .env("TRACEHOUND_TEST_DATA", data)
        .env("TRACEHOUND_TEST_LIST", list)
        .env("TRACEHOUND_TEST_STEP", format!("{step:?}"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let reached = lines.map_while(Result::ok).any(|line| line.contains(REACHED));
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(reached, "the import came as far as {step:?}");
}

/// The child of the test below.
#[test]
#[ignore = "started and killed by another test"]
fn imports_up_to_a_step() {
    let Some(data) = std::env::var_os("TRACEHOUND_TEST_DATA") else { return };
    let list = std::env::var_os("TRACEHOUND_TEST_LIST").expect("a list");
    let last = std::env::var("TRACEHOUND_TEST_STEP").expect("a step");
    let watcher = move |step: Step| {
        if format!("{step:?}") == last {
            let mut out = std::io::stdout();
            writeln!(out, "{REACHED}").and_then(|()| out.flush())?;
            loop {
                std::thread::park();
            }
        }
        Ok(())
    };
    let source = SourceOptions {
        id: Some(SourceId("own-list".to_owned())),
        published: Some("2026-01-01".parse().expect("a day")),
        ..SourceOptions::default()
    };
    let options = Options { file_name: "list.csv".to_owned(), source, ..Options::default() };
    let folder = AttributionFolder::new(Path::new(&data).join("attribution")).watched(Arc::new(watcher));
    let mut list = std::fs::File::open(list).expect("the list");
    folder.import(&mut list, &options, Timestamp::now()).expect("it never ends");
}

#[test]
fn an_import_killed_at_any_step_is_whole_or_undone_and_the_next_command_knows_it() {
    let files = tempfile::tempdir().expect("temporary folder");
    let list = files.path().join("list.csv");
    std::fs::write(&list, format!("address,label,category\n{LISTED},Somebody,sanction\n")).expect("written");
    let name = list.to_string_lossy().into_owned();
    let import = ["lists", "import", &name, "--source", "own-list", "--published", "2026-01-01"];
    let mut stored = false;
    for step in Step::ALL {
        stored |= step == Step::Committed;
        let data = tempfile::tempdir().expect("temporary folder");
        killed_import(data.path(), &list, step);
        let screened = tracehound(data.path(), &["screen", LISTED], "");
        let blocked = text(&screened).starts_with("BLOCK");
        assert_eq!(blocked, stored, "{step:?}: {}", String::from_utf8_lossy(&screened.stderr));

        // And the same file again, on another folder that was left so.
        let data = tempfile::tempdir().expect("temporary folder");
        killed_import(data.path(), &list, step);
        let again = tracehound(data.path(), &import, "");
        assert_eq!(again.status.code(), Some(0), "{step:?}: {}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(text(&again).contains("imported before"), stored, "{step:?}");
        assert_eq!(tracehound(data.path(), &["screen", LISTED], "").status.code(), Some(20), "{step:?}");
    }
}
