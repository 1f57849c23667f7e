//! SECURITY.md: each promise names the test that holds it, and the test is there.

use std::collections::{HashMap, HashSet};

use super::{Complaint, RepoFile, extension};

const FILE: &str = "SECURITY.md";

/// Whether a word between backticks is the name of a test, with its module or without.
fn is_test_name(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | ':');
    word.chars().all(plain) && word.matches('_').count() >= 3
}

/// The tests that a table row names in its last column; `None` for lines that are no row of promises.
fn tests_in(row: &str) -> Option<Vec<&str>> {
    let cells = row.trim().strip_prefix('|')?.strip_suffix('|')?;
    let (first, last) = (cells.split('|').next()?, cells.rsplit('|').next()?);
    if first.trim().starts_with("---") || first.trim() == "promise" {
        return None;
    }
    Some(last.split('`').skip(1).step_by(2).filter(|word| is_test_name(word)).collect())
}

/// Names of functions in files with tests, each with the paths of the files.
fn functions(files: &[RepoFile]) -> HashMap<&str, HashSet<&str>> {
    let mut found: HashMap<&str, HashSet<&str>> = HashMap::new();
    for file in files.iter().filter(|file| extension(&file.path) == "rs") {
        let Some(text) = file.text.as_deref().filter(|text| text.contains("#[test]")) else { continue };
        for rest in text.split("fn ").skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.entry(&rest[..end]).or_default().insert(&file.path);
        }
    }
    found
}

pub(super) fn check(files: &[RepoFile]) -> Vec<Complaint> {
    let Some(promises) = files.iter().find(|file| file.path == FILE).and_then(|file| file.text.as_deref())
    else {
        return Vec::new();
    };
    let functions = functions(files);
    let mut complaints = Vec::new();
    for (number, row) in (1..).zip(promises.lines()) {
        let Some(tests) = tests_in(row) else { continue };
        if tests.is_empty() {
            complaints.push(Complaint::line(FILE, number, "this promise names no test"));
        }
        for test in tests {
            let mut path = test.rsplit("::");
            let name = path.next().unwrap_or(test);
            let module = path.find(|module| *module != "tests");
            let fits = |file: &&str| {
                module.is_none_or(|module| {
                    file.contains(&format!("/{module}.rs")) || file.contains(&format!("/{module}/"))
                })
            };
            if !functions.get(name).is_some_and(|files| files.iter().any(&fits)) {
                complaints.push(Complaint::line(FILE, number, format!("there is no test `{test}`")));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> RepoFile {
        RepoFile { path: path.to_owned(), text: Some(text.to_owned()) }
    }

    #[test]
    fn a_promise_without_its_test_is_noticed() {
        let tests = file("crates/a/tests/it/lists.rs", "#[test]\nfn one_two_three_four() {}\n");
        let held = |cell: &str| {
            let promises = format!("| promise | held by |\n|---|---|\n| x | {cell} |\n");
            check(&[tests_of(&tests), file(FILE, &promises)]).len()
        };
        assert_eq!(held("`a` `lists::one_two_three_four`"), 0);
        assert_eq!(held("`one_two_three_four` (crates/a)"), 0);
        assert_eq!(held("`a` `names::one_two_three_four`"), 1, "another file");
        assert_eq!(held("`a` `lists::one_two_three_five`, `one_two_three_four`"), 1);
        assert_eq!(held("nothing"), 1);
    }

    fn tests_of(file: &RepoFile) -> RepoFile {
        RepoFile { path: file.path.clone(), text: file.text.clone() }
    }
}
