//! Every Rust file is a module of somebody: one that nobody declares is not compiled, and its tests pass by not running.

use std::collections::BTreeMap;

use super::{Complaint, RepoFile, extension};

/// Files that are roots of their own: what cargo compiles without a `mod`.
const ROOTS: [&str; 3] = ["main", "lib", "build"];
/// Folders whose files are roots, each of its own program.
const PROGRAMS: [&str; 5] = ["tests", "examples", "benches", "bin", "targets"];

pub(super) fn check(files: &[RepoFile]) -> Vec<Complaint> {
    let texts: BTreeMap<&str, &str> = files
        .iter()
        .filter(|file| extension(&file.path) == "rs")
        .filter_map(|file| Some((&file.path[..], file.text.as_deref()?)))
        .collect();
    let unreached = texts.keys().filter(|path| !is_reached(path, &texts));
    unreached
        .map(|path| {
            let message = "no `mod` names it, so it is not compiled: declare it, or delete it";
            Complaint::file(path, message)
        })
        .collect()
}

fn is_reached(path: &str, texts: &BTreeMap<&str, &str>) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else { return true };
    let name = file.trim_end_matches(".rs");
    let program = folder.rsplit('/').next().is_some_and(|last| PROGRAMS.contains(&last));
    if program || ROOTS.contains(&name) {
        return true;
    }
    // `name/mod.rs` is the module of its folder.
    let (folder, name) = match (name, folder.rsplit_once('/')) {
        ("mod", Some((above, folder))) => (above, folder),
        _ => (folder, name),
    };
    let parents = ["main.rs", "lib.rs", "mod.rs"].map(|file| format!("{folder}/{file}"));
    let mut parents = parents.into_iter().chain([format!("{folder}.rs")]);
    parents.any(|parent| texts.get(&parent[..]).is_some_and(|text| declares(text, name)))
}

/// Whether a line of a file is `mod name;`, for everybody or not.
fn declares(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        let line = match line.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(')').map_or("", |(_, rest)| rest),
            Some(rest) => rest,
            None => line,
        };
        line.trim_start()
            .strip_prefix("mod ")
            .is_some_and(|rest| rest.trim_end().trim_end_matches(';') == name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreached(files: &[(&str, &str)]) -> Vec<String> {
        let file =
            |&(path, text): &(&str, &str)| RepoFile { path: path.to_owned(), text: Some(text.to_owned()) };
        let files: Vec<_> = files.iter().map(file).collect();
        check(&files).into_iter().map(|complaint| complaint.path).collect()
    }

    #[test]
    fn a_file_that_nobody_declares_is_named() {
        let files = [
            ("crates/a/src/lib.rs", "pub mod one;\n#[cfg(test)]\nmod tests;\n// mod four;\n"),
            ("crates/a/src/one.rs", "pub(crate) mod two;\n"),
            ("crates/a/src/one/two.rs", ""),
            ("crates/a/src/one/three.rs", ""),
            ("crates/a/src/tests.rs", ""),
            ("crates/a/src/four.rs", ""),
            ("crates/a/tests/it/main.rs", "mod five;\n"),
            ("crates/a/tests/it/five.rs", ""),
            ("crates/a/tests/it/fiv.rs", ""),
            ("crates/a/tests/alone.rs", ""),
            ("crates/a/examples/measure.rs", ""),
            ("fuzz/targets/list.rs", ""),
            ("crates/a/build.rs", ""),
        ];
        assert_eq!(
            unreached(&files),
            ["crates/a/src/four.rs", "crates/a/src/one/three.rs", "crates/a/tests/it/fiv.rs"]
        );
    }
}
