//! What `--log` tells, and that nothing is told without it.

use std::process::Output;

use serde_json::Value;
use tracehound_testkit::http::{Response, Server};

use crate::screen::tracehound;

const ADDRESS: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
const KEY: &str = "s3cr3t-k3y";

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// The lines of a log in JSON, all of which must be that.
fn lines(output: &Output) -> Vec<Value> {
    let told = told(output);
    told.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn nothing_is_told_unless_it_is_asked_for_and_answers_are_the_same() {
    let data = tempfile::tempdir().expect("folder");
    let ask = |log: &[&str]| {
        tracehound(
            data.path(),
            &[&["--quiet", "screen", ADDRESS, "--as-of", "2026-01-01"][..], log].concat(),
            "",
        )
    };
    let first = ask(&[]);
    assert_eq!(told(&first), "", "silent without it");
    for log in ["error", "info", "trace", "trace:json"] {
        let with = ask(&["--log", log]);
        assert_eq!((&with.stdout, with.status.code()), (&first.stdout, first.status.code()), "{log}");
    }
    assert_eq!(told(&ask(&["--log", "error"])), "", "nothing went wrong");
}

#[test]
fn spans_are_told_with_their_durations_for_people_and_for_programs() {
    let data = tempfile::tempdir().expect("folder");
    let text = told(&tracehound(data.path(), &["--quiet", "--log", "debug", "screen", ADDRESS], ""));
    for span in [
        "refresh: tracehound_engine",
        "screening: tracehound_engine",
        &format!("verdict{{subject={ADDRESS}}}: "),
    ] {
        let line = text.lines().find(|line| line.contains(span)).unwrap_or_else(|| panic!("{span}: {text}"));
        assert!(line.contains("close time.busy=") && line.contains(" time.idle="), "{line}");
    }
    assert!(!text.contains("sqlx") && !text.contains("rustls"), "libraries are not heard: {text}");
    let info = told(&tracehound(data.path(), &["--quiet", "--log", "info", "screen", ADDRESS], ""));
    assert!(info.contains("screening: ") && !info.contains("verdict{"), "{info}");

    let output = tracehound(data.path(), &["--quiet", "--log", "debug:json", "screen", ADDRESS], "");
    let lines = lines(&output);
    let verdict = lines.iter().find(|line| line["span"]["name"] == "verdict").expect("a line of the verdict");
    assert_eq!(verdict["span"]["subject"], ADDRESS);
    assert!(verdict["time.busy"].is_string() && verdict["timestamp"].is_string(), "{verdict}");
}

#[test]
fn of_a_servers_address_only_the_server_is_told() {
    let server =
        Server::start(|request| Some(Response::status(500, &format!("Cannot GET {}", request.path))));
    let url = format!("{}/{KEY}/v3?token={KEY}-2", server.url());
    let data = tempfile::tempdir().expect("folder");
    for form in ["trace", "trace:json"] {
        let args = ["--quiet", "--log", form, "screen", ADDRESS, "--esplora", &url];
        let output = tracehound(data.path(), &args, "");
        let told = told(&output);
        assert!(told.contains("exchange") && told.contains(&server.url()), "{told}");
        assert!(!told.contains(KEY), "{told}");
    }
}

#[test]
fn what_a_terminal_acts_upon_is_not_told_and_no_line_is_forged() {
    let data = tempfile::tempdir().expect("folder");
    let hostile = "\u{1b}[2J\u{202e}x\n2026-01-01T00:00:00Z  INFO forged: all is well";
    for form in ["trace", "trace:json"] {
        let output = tracehound(data.path(), &["--quiet", "--log", form, "screen", hostile], "");
        let told = told(&output);
        assert!(told.contains("verdict") && told.contains("forged"), "{told}");
        assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{told}");
        let log = told.lines().filter(|line| !line.starts_with("error") && !line.starts_with(' '));
        assert!(!log.clone().any(|line| line.starts_with("2026-01-01T00:00:00Z")), "{told}");
    }
}

#[test]
fn a_level_that_is_none_is_a_usage_error() {
    let data = tempfile::tempdir().expect("folder");
    let output = tracehound(data.path(), &["--log", "loud", "screen", ADDRESS], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("use error, warn, info, debug or trace"), "{}", told(&output));
}
