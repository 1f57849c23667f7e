//! The configuration file, and `config show`.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// The program with this configuration file and nothing else from outside.
fn run(file: &Path, args: &[&str], environment: &[(&str, &str)]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_tracehound"))
        .args(args)
        .env_remove("TRACEHOUND_DATA")
        .env("TRACEHOUND_CONFIG", file)
        .envs(environment.iter().copied())
        .output()
        .expect("runs");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn with(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("config.toml");
    fs::write(&file, text).expect("written");
    (folder, file)
}

const UNKNOWN: &str = "1BitcoinEaterAddressDontSendf59kuE";

#[test]
fn the_file_sets_what_neither_command_line_nor_environment_does() {
    let (folder, file) = with("data = \"own\"\n[screen]\npolicy = \"lists-only\"\n");
    let basis = |args: &[&str], environment: &[(&str, &str)]| -> (String, bool) {
        let args = [&["screen", UNKNOWN, "--output", "json"], args].concat();
        let ran = run(&file, &args, environment);
        let answer: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
        let verdict = answer.as_array().map_or(&answer, |all| &all[0]);
        (verdict["basis"].as_str().expect("a word").to_owned(), folder.path().join("own").exists())
    };
    let elsewhere = tempfile::tempdir().expect("folder");
    let other = elsewhere.path().to_str().expect("UTF-8");
    assert_eq!(basis(&[], &[("TRACEHOUND_DATA", other)]), ("lists-only".to_owned(), false));
    // A relative path is one from the file's folder, not from wherever the command runs.
    assert_eq!(basis(&[], &[]), ("lists-only".to_owned(), true));
    assert_ne!(basis(&["--policy", "strict"], &[]).0, "lists-only");
    let (folder, file) = with("[screen]\npolicy = \"own.toml\"\n");
    let gone = run(&file, &["screen", UNKNOWN], &[]);
    let looked_for = folder.path().join("own.toml");
    assert!(gone.err.contains(looked_for.to_str().expect("UTF-8")), "{}", gone.err);
}

#[test]
fn what_is_wrong_in_the_file_is_said_and_nothing_is_done() {
    for (text, told) in [
        ("polcy = \"strict\"", "every command has no option --polcy"),
        ("[scren]\npolicy = \"strict\"", "there is no command `scren`"),
        ("[screen]\nas-of = \"2025-01-01\"", "--as-of is said on the command line each time"),
        ("[lists.update]\naccept-shrink = true", "--accept-shrink is said on the command line each time"),
        ("[ingest.node]\npassword = \"hunter2\"", "--password is said on the command line each time"),
        ("quiet = \"yes\"", "--quiet is true or false"),
        ("data = \"~/tracehound\"", "write the folder in full"),
        ("[exposure]\nmax-age = [\"1h\", \"2h\"]", "--max-age has one value"),
        ("[screen\npolicy", "TOML parse error at line 1"),
    ] {
        let (_folder, file) = with(text);
        let ran = run(&file, &["screen", UNKNOWN], &[]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{text}: {}", ran.err);
        assert!(ran.err.contains(told) && ran.err.contains("config.toml"), "{text}: {}", ran.err);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    }
    let gone = run(Path::new("/nowhere/config.toml"), &["screen", UNKNOWN], &[]);
    assert_eq!(gone.code, Some(2), "a file that was named has to be there: {}", gone.err);
}

#[test]
fn a_value_that_does_not_fit_is_blamed_on_the_file_that_holds_it() {
    let (_folder, file) = with("[exposure]\nmax-age = \"soon\"");
    let ran = run(&file, &["exposure", UNKNOWN], &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("--max-age is set in the configuration file"), "{}", ran.err);
    let own = run(&file, &["exposure", UNKNOWN, "--max-age", "never"], &[]);
    assert!(own.code == Some(2) && !own.err.contains("configuration file"), "{}", own.err);
}

#[test]
fn who_sets_what_is_shown_and_no_key_with_it() {
    let (_folder, file) = with("quiet = true\n[guard.safe]\nrpc = \"https://node.invalid/v3/SECRET\"\n");
    let ran = run(&file, &["config", "show", "--log", "warn"], &[("TRACEHOUND_DATA", "/srv/tracehound")]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let line = |option: &str| {
        ran.out.lines().find(|line| line.contains(option)).unwrap_or_else(|| panic!("{}", ran.out))
    };
    assert!(
        line("--data").ends_with("/srv/tracehound  (the environment variable TRACEHOUND_DATA)"),
        "{}",
        ran.out
    );
    assert!(
        line("--log").ends_with("(the command line)")
            && line("--quiet").contains("true  (the configuration file)")
    );
    assert!(line("guard safe --rpc").contains("https://node.invalid"), "{}", ran.out);
    assert!(!ran.out.contains("SECRET") && !ran.out.contains("--policy"), "{}", ran.out);
    let all = run(&file, &["config", "show", "--all", "--output", "json"], &[]);
    let shown: Value = serde_json::from_str(&all.out).expect("JSON");
    let options = shown["options"].as_array().expect("a list");
    let policy =
        options.iter().find(|row| row["command"] == "screen" && row["option"] == "policy").expect("there");
    assert_eq!((&policy["values"][0], &policy["from"]), (&"strict".into(), &"built_in".into()));
    assert!(!all.out.contains("SECRET"));
    let none = run(Path::new(""), &["config", "show"], &[]);
    assert!(none.out.starts_with("Configuration file: none: TRACEHOUND_CONFIG is empty"), "{}", none.out);
}

/// A UN list of made-up people, long enough to be whole.
fn un_list() -> Vec<u8> {
    use std::fmt::Write;
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<CONSOLIDATED_LIST dateGenerated=\"2026-01-01T00:00:00Z\">\n<INDIVIDUALS>\n",
    );
    for number in 0..6_000 {
        writeln!(
            xml,
            "<INDIVIDUAL><DATAID>{number}</DATAID><FIRST_NAME>Nemo</FIRST_NAME><SECOND_NAME>Nobody \
             {number}</SECOND_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE><REFERENCE_NUMBER>KPi.{number:03}</REFERENCE_NUMBER>\
             <LISTED_ON>2016-03-02</LISTED_ON></INDIVIDUAL>"
        )
        .expect("a text");
    }
    xml.push_str("</INDIVIDUALS>\n<ENTITIES>\n</ENTITIES>\n</CONSOLIDATED_LIST>\n");
    xml.into_bytes()
}

fn serving(body: Vec<u8>) -> tracehound_testkit::http::RawServer {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let answer = [head.into_bytes(), body].concat();
    tracehound_testkit::http::RawServer::start(move |_, stream| {
        tracehound_testkit::http::send(stream, &answer);
    })
}

#[test]
fn mirrors_and_further_lists_are_fetched_and_vouch_for_nothing() {
    let shells = "{\"id\":\"x\",\"schema\":\"Person\",\"properties\":{\"name\":[\"Xaver Blockedman\"],\"topics\":[\"sanction\"]},\
                  \"target\":true,\"datasets\":[\"a\"],\"last_seen\":\"2026-01-01\"}\n";
    let (mirror, also) = (serving(un_list()), serving(shells.into()));
    let (folder, file) = with(&format!(
        "data = \"own\"\n[lists.update]\nmirror = [\"un-sc={}/KEY/list.xml\"]\nalso = [\"own-shells=ftm={}/KEY/x.json\"]\n",
        mirror.url, also.url
    ));
    let shown = run(&file, &["config", "show", "--output", "json"], &[]);
    assert!(shown.out.contains("un-sc=http://127.0.0.1") && !shown.out.contains("KEY"), "{}", shown.out);

    let ran = run(&file, &["lists", "update", "un-sc", "own-shells"], &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(!format!("{}{}", ran.out, ran.err).contains("KEY"), "{}{}", ran.out, ran.err);
    assert_eq!((mirror.asked(), also.asked()), (1, 1));
    let found = run(&file, &["screen", "--name", "Xaver Blockedman"], &[]);
    assert_eq!(found.code, Some(10), "{}", found.out);
    // Nobody asked the publisher.
    let freshness = run(&file, &["lists", "freshness"], &[]);
    assert_eq!(freshness.code, Some(30), "{}", freshness.out);
    let un = freshness.out.lines().find(|line| line.contains("un-sc")).expect("a line").to_owned();
    assert!(un.contains("never"), "{un}");

    // What is not read of a list is told by the exit code, for nobody reads what a nightly job prints.
    let lame = serving(format!("{shells}{{\"id\":\"y\",\"schema\":\"Person\",\"prop").into());
    let also = format!("own-shells=ftm={}/x.json", lame.url);
    let ran = run(&file, &["lists", "update", "own-shells", "--also", &also], &[]);
    assert!(ran.code != Some(0), "{}{}", ran.out, ran.err);
    let rows = serving(b"address\n3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk\n3AAUBbKJorv\n".to_vec());
    let also = format!("own-rows=csv={}/x.csv", rows.url);
    let ran = run(&file, &["lists", "update", "own-rows", "--also", &also], &[]);
    assert_eq!(ran.code, Some(30), "{}{}", ran.out, ran.err);

    drop(folder);
    for (text, said) in [
        ("mirror = [\"ofac=https://h/KEY\"]", "no official list"),
        ("mirror = [\"https://h/KEY\"]", "write ID=URL"),
        ("also = [\"own=nothing=https://h/KEY\"]", "no format `nothing`"),
        ("also = [\"un-sc=un-xml=https://h/KEY\"]", "without a format"),
        ("mirror = [\"un-sc=https://h/KEY\", \"un-sc=https://i/KEY\"]", "two addresses"),
    ] {
        let (_folder, file) = with(&format!("data = \"own\"\n[lists.update]\n{text}\n"));
        let ran = run(&file, &["lists", "update"], &[]);
        assert!(
            ran.code != Some(0) && ran.err.contains(said) && !ran.err.contains("KEY"),
            "{text}: {}",
            ran.err
        );
    }
}
