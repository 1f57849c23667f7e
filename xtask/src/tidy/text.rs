//! Rules for any text: where files lie, what they must not say, trailing space.

use super::{Complaint, extension};

/// What may lie in the root folder. A folder ends in `/`.
const ROOT: &[&str] = &[
    ".cargo/",
    ".ci/",
    ".config/",
    ".gitattributes",
    ".github/",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "crates/",
    "data/",
    "deny.toml",
    "docs/",
    "fuzz/",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "web/",
    "xtask/",
];

/// Most lines of one source file. Past it, it is two modules.
const MAX_LINES: usize = 900;

/// Kinds of files that people write and others read: the line limit holds for them.
const SOURCE: &[&str] = &["rs", "py", "sh", "ts", "svelte", "sql"];

pub(super) fn stray(path: &str) -> Option<Complaint> {
    let known = ROOT.iter().any(|entry| match entry.strip_suffix('/') {
        Some(folder) => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
        None => path == *entry,
    });
    if !known {
        return Some(Complaint::file(path, "is a stray file in the root folder"));
    }
    let is_integration_test = path.strip_prefix("crates/").and_then(|rest| rest.split_once("/tests/"));
    let lone_test =
        is_integration_test.is_some_and(|(_, rest)| extension(rest) == "rs" && !rest.contains('/'));
    lone_test.then(|| Complaint::file(path, "belongs in tests/it/, the crate's one integration-test binary"))
}

pub(super) fn check(path: &str, text: &str) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    // Put together here, so that this file does not contain them.
    let machine_paths = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    let to_do = ["TO", "FIX"].map(|word| format!("{word}{}", if word == "TO" { "DO" } else { "ME" }));
    let generated = path == "Cargo.lock" || path.starts_with("data/") || extension(path) == "snap";
    let mut lines = 0;
    for (number, line) in (1..).zip(text.split('\n')) {
        lines = number;
        if let Some(found) = machine_paths.iter().find(|machine| names_path(line, machine)) {
            complaints.push(Complaint::line(path, number, format!("names a path of some machine: {found}")));
        }
        if generated {
            continue;
        }
        if line.ends_with([' ', '\t', '\r']) {
            complaints.push(Complaint::line(path, number, "trailing white space"));
        }
        if to_do.iter().any(|word| line.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)) {
            complaints.push(Complaint::line(path, number, "unfinished work is an issue, not a comment"));
        }
    }
    if !generated && !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        complaints.push(Complaint::file(path, "must end in exactly one newline"));
    }
    if SOURCE.contains(&extension(path)) && lines > MAX_LINES + 1 {
        complaints.push(Complaint::file(path, format!("has more than {MAX_LINES} lines: split it")));
    }
    complaints
}

/// Whether the line names a folder at the root of a machine, and not just `docs/work/x` or a web address.
fn names_path(line: &str, machine: &str) -> bool {
    line.match_indices(machine).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~/}$".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_lie_in_the_root() {
        for path in ["README.md", "crates/model/src/lib.rs", ".ci/run"] {
            assert_eq!(stray(path), None);
        }
        for path in ["notes.txt", "crates", "cratesx/a", "README.md/x"] {
            assert!(stray(path).is_some(), "{path}");
        }
        assert!(stray("crates/model/tests/lone.rs").is_some());
        assert_eq!(stray("crates/model/tests/it/main.rs"), None);
    }

    #[test]
    fn machine_paths_are_found_even_in_data() {
        let at = format!("see {}{}", "/ho", "me/me/file");
        assert_eq!(check("data/x.csv", &at).len(), 1);
        assert_eq!(check("docs/a.md", "in src/work/x and https://example.org/home/x\n"), []);
    }

    #[test]
    fn white_space_and_the_last_newline_are_checked() {
        assert_eq!(check("docs/a.md", "fine\n"), []);
        assert_eq!(check("docs/a.md", "a \nb\t\nc\r\n").len(), 3);
        assert_eq!(check("docs/a.md", "no newline").len(), 1);
        assert_eq!(check("docs/a.md", "one too many\n\n").len(), 1);
        assert_eq!(check("data/as-published.csv", "a \r\nb"), []);
    }

    #[test]
    fn unfinished_work_is_found_as_a_word() {
        let word = format!("{}{}", "TO", "DO");
        assert_eq!(check("a.rs", &format!("// {word}: later\n")).len(), 1);
        assert_eq!(check("a.rs", &format!("// my{word}s\n")), []);
    }

    #[test]
    fn long_sources_are_split() {
        let lines = |count: usize| "x\n".repeat(count);
        assert_eq!(check("a.rs", &lines(MAX_LINES)), []);
        assert_eq!(check("a.rs", &lines(MAX_LINES + 1)).len(), 1);
        assert_eq!(check("docs/a.md", &lines(MAX_LINES + 1)), []);
    }
}
