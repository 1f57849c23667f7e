//! Paths as rules name them.

use crate::tree::WITHIN;

/// Whether the end of a path is one of these, parted by `|`: `.vscode/tasks.json` at any depth, `*` within a name.
pub(crate) fn is(path: &str, patterns: &str) -> bool {
    patterns.split('|').any(|pattern| ends(path, pattern))
}

fn ends(path: &str, pattern: &str) -> bool {
    let mut parts = path.rsplit(['/', WITHIN]);
    pattern.rsplit('/').all(|wanted| parts.next().is_some_and(|part| fits(part, wanted)))
}

fn fits(part: &str, wanted: &str) -> bool {
    let part = part.to_ascii_lowercase();
    match wanted.split_once('*') {
        None => part == wanted,
        Some((before, after)) => {
            part.len() >= before.len() + after.len() && part.starts_with(before) && part.ends_with(after)
        }
    }
}

/// The file that a path names from within another file's folder: `../x.js` in `a/b.json` is `x.js`.
pub(crate) fn beside(file: &str, named: &str) -> String {
    let top = file.rfind(WITHIN).map_or(0, |at| at + 1);
    let (archive, inner) = file.split_at(top);
    let mut parts: Vec<&str> = inner.split('/').collect();
    parts.pop();
    for part in named.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{archive}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_the_end_of_a_path() {
        assert!(is("x.zip!root/.vscode/tasks.json", ".vscode/tasks.json"));
        assert!(is("a/B.Code-Workspace", "*.code-workspace|x"));
        assert!(!is("a/mytasks.json", "tasks.json") && !is("tasks.json", ".vscode/tasks.json"));
        assert_eq!(beside("x.zip!r/a/p.json", "../s/./x.js"), "x.zip!r/s/x.js");
        assert_eq!(beside("p.json", "../../x"), "x");
    }
}
