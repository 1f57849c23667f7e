//! `lists`: what an import says, what it refuses, what waits for a person.

use std::{fs, path::Path};

use serde_json::Value;
use tracehound_testkit::shared_data;

use crate::screen::{text, tracehound};

/// On OFAC's list of 2025-11-19.
const LISTED: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

fn import(data: &Path, file: &Path, flags: &[&str]) -> (Option<i32>, String, String) {
    let file = file.to_string_lossy().into_owned();
    let output = tracehound(data, &[&["lists", "import", &file][..], flags].concat(), "");
    // The path of the file is not the same everywhere.
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&file, "FILE");
    (output.status.code(), shown(&output.stdout), shown(&output.stderr))
}

fn written(data: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = data.join(name);
    fs::write(&path, text).expect("written");
    path
}

#[test]
fn one_row_under_an_official_id_unlists_nobody() {
    let Some(tiny) = shared_data("cases/screening/tiny.csv") else { return };
    let data = tempfile::tempdir().expect("temporary folder");
    let (code, said, _) = import(data.path(), &tiny, &["--source", "ofac-sdn", "--published", "2026-11-27"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!("one_row_under_an_official_id", said);
    let verdict = tracehound(data.path(), &["screen", LISTED], "");
    assert_eq!(verdict.status.code(), Some(20), "{}", text(&verdict));
}

#[test]
fn an_import_accounts_for_its_rows_and_names_what_it_did_not_read() {
    let data = tempfile::tempdir().expect("temporary folder");
    let file = written(
        data.path(),
        "ransom.csv",
        "# collected by hand\naddress,name,seen by,type\n1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi,Quux,me,\n\nnonsense,Zed,me,\n#1,x,me,\n",
    );
    let flags = ["--source", "own-ransom", "--published", "2025-11-01"];
    let (code, said, _) = import(data.path(), &file, &flags);
    assert_eq!(code, Some(30), "a row is refused");
    insta::assert_snapshot!("an_import_accounts_for_its_rows", said);
    let output = tracehound(
        data.path(),
        &[&["lists", "import", &file.to_string_lossy(), "--output", "json"][..], &flags].concat(),
        "",
    );
    let value: Value = serde_json::from_str(&text(&output)).expect("JSON");
    let rows = |key: &str| value["rows"][key].as_u64().expect("a number");
    assert_eq!(rows("read") + rows("refused") + rows("passed_over"), rows("total"));
    assert_eq!(value["not_read"][0], "seen by");
    assert_eq!(value["proposal"], "--category ransomware");
}

/// More than is looked at to tell a pack: what a pipe has given does not come again.
#[cfg(unix)]
#[test]
fn a_list_from_a_pipe_is_read_from_its_first_byte() {
    let data = tempfile::tempdir().expect("temporary folder");
    let rows = (0..6_000).map(|row| format!("0x{:040x},ransomware\n", (1_u128 << 100) + row));
    let list = format!("address,category\n{}", rows.collect::<String>());
    let import = ["lists", "import", "/dev/stdin", "--source", "piped", "--published", "2025-11-01"];
    let output = tracehound(data.path(), &import, &list);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text(&output).contains("6001 rows: 6000 read, 0 refused, 1 passed over"), "{}", text(&output));
    let first = format!("0x{:040x}", 1_u128 << 100);
    let verdict = tracehound(data.path(), &["screen", &first, "--policy", "lists-only"], "");
    assert_eq!(verdict.status.code(), Some(20), "{}", text(&verdict));
}

#[test]
fn flags_say_what_the_file_does_not() {
    let data = tempfile::tempdir().expect("temporary folder");
    let file = written(data.path(), "own.csv", "address,name\n1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi,Quux\n");
    let base = ["--source", "own-x", "--published", "2025-11-01"];
    let flags = [&base[..], &["--category", "ransomware", "--confidence", "70", "--kind", "labels"]].concat();
    let (code, said, _) = import(data.path(), &file, &flags);
    assert_eq!(code, Some(0));
    assert!(!said.contains("no category"), "{said}");
    let verdict = tracehound(data.path(), &["screen", "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi"], "");
    assert!(text(&verdict).contains("Quux (ransomware), own-x"), "{}", text(&verdict));
    assert!(text(&verdict).contains("confidence 70"), "{}", text(&verdict));
    let (code, _, complaint) =
        import(data.path(), &file, &[&base[..], &["--category", "ransomeware"]].concat());
    assert_eq!(code, Some(2));
    assert!(complaint.contains("did you mean `ransomware`?"), "{complaint}");
}

#[test]
fn a_list_of_the_future_and_an_unclosed_quote_are_refused() {
    let (Some(own), Some(quote)) = (shared_data("cases/faults/own2.csv"), shared_data("cases/faults/q.csv"))
    else {
        return;
    };
    let data = tempfile::tempdir().expect("temporary folder");
    let (code, _, said) = import(data.path(), &own, &["--published", "2099-01-01"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("a list of the future would never be applied"), "{said}");
    let (code, _, said) = import(data.path(), &quote, &["--published", "2025-11-01"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("line 2") && said.contains("quote"), "{said}");
}

#[test]
fn lists_never_checked_are_not_fresh() {
    let data = tempfile::tempdir().expect("temporary folder");
    let output = tracehound(data.path(), &["lists", "freshness"], "");
    assert_eq!(output.status.code(), Some(30));
    let said = text(&output);
    assert!(
        said.contains("ofac-sdn") && said.contains("NOT FRESH") && said.contains("never checked"),
        "{said}"
    );
    let output = tracehound(data.path(), &["lists", "freshness", "--output", "json"], "");
    let lists: Vec<Value> = serde_json::from_str(&text(&output)).expect("JSON");
    assert_eq!(lists.iter().filter(|list| list["official"] == true).count(), 4);
    let nothing = tracehound(data.path(), &["lists", "reject", "ofac-sdn"], "");
    assert_eq!(nothing.status.code(), Some(1));
}

/// Each file would be the list's next version, and the last one alone would stand.
#[test]
fn several_files_are_not_taken_under_one_source() {
    let data = tempfile::tempdir().expect("folder");
    let files =
        [("a.csv", "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi"), ("b.csv", "123WBUDmSJv4GctdVEz6Qq6z8nXSKrJ4KX")];
    let paths: Vec<String> = files
        .map(|(name, address)| {
            let path = data.path().join(name);
            fs::write(&path, format!("address\n{address}\n")).expect("written");
            path.display().to_string()
        })
        .to_vec();
    let import = |more: &[&str]| {
        let files = paths.iter().map(String::as_str);
        let arguments: Vec<&str> =
            ["lists", "import"].into_iter().chain(files).chain(more.iter().copied()).collect();
        tracehound(data.path(), &arguments, "")
    };
    let output = import(&["--source", "own-x", "--published", "2026-01-31"]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("--source own-x names one list"), "{told}");
    let listed = tracehound(data.path(), &["lists", "list"], "");
    assert!(!String::from_utf8_lossy(&listed.stdout).contains("own-x"));
}
