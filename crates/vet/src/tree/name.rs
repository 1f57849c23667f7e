//! Names within archives: where they would lead, and what they hide.

use tracehound_model::text;

use crate::limits::Limits;

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It leads out of the folder it is unpacked to.
    Outside,
    /// It shows itself as another name: marks of direction, controls, characters without width.
    Hidden,
    /// It is longer or deeper than a path may be.
    Long,
}

/// The name as a path with `/` that stays within, and what was wrong with it.
pub(super) fn inside(name: &str, limits: &Limits) -> (String, Option<Wrong>) {
    let slashes = name.replace('\\', "/");
    let drive = slashes.as_bytes().get(1) == Some(&b':') && slashes.as_bytes()[0].is_ascii_alphabetic();
    let absolute = slashes.starts_with('/') || drive;
    let mut outside = absolute;
    let mut parts: Vec<&str> = Vec::new();
    for part in slashes.split('/') {
        match part {
            "" | "." => {}
            ".." => outside |= parts.pop().is_none(),
            part => parts.push(part),
        }
    }
    let long = name.len() > limits.path_bytes || parts.len() > limits.depth;
    let parts = if long { &parts[parts.len().saturating_sub(2)..] } else { &parts[..] };
    let joined = parts.join("/");
    let clean = text::clean(crate::defang::head(&joined, limits.path_bytes)).into_owned();
    let hidden = clean != joined && !long;
    // A NUL ends the name for some readers.
    let wrong = if outside || name.contains('\0') {
        Some(Wrong::Outside)
    } else if long {
        Some(Wrong::Long)
    } else if hidden {
        Some(Wrong::Hidden)
    } else {
        None
    };
    (clean, wrong)
}

/// Whether a link of this file to this target leads out of the tree.
pub(super) fn leads_out(link: &str, target: &str) -> bool {
    let target = target.replace('\\', "/");
    if target.starts_with('/') || target.as_bytes().get(1) == Some(&b':') {
        return true;
    }
    let mut depth = link.matches('/').count();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_and_what_tried_to_is_told() {
        let limits = Limits::default();
        for (name, path, wrong) in [
            ("a/b.js", "a/b.js", None),
            ("./a//b.js", "a/b.js", None),
            ("a/../b.js", "b.js", None),
            ("../../.bashrc", ".bashrc", Some(Wrong::Outside)),
            ("/etc/cron.d/x", "etc/cron.d/x", Some(Wrong::Outside)),
            ("C:\\Users\\x", "C:/Users/x", Some(Wrong::Outside)),
            ("..\\..\\x", "x", Some(Wrong::Outside)),
            ("a\0.txt", "a\u{fffd}.txt", Some(Wrong::Outside)),
            ("cv_\u{202e}fdp.exe", "cv_\u{fffd}fdp.exe", Some(Wrong::Hidden)),
            ("日本.md", "日本.md", None),
        ] {
            assert_eq!(inside(name, &limits), (path.to_owned(), wrong), "{name:?}");
        }
        assert_eq!(inside(&"a/".repeat(60), &limits).1, Some(Wrong::Long));
    }

    #[test]
    fn a_link_within_the_tree_is_fine() {
        assert!(!leads_out("a/b/link", "../c") && !leads_out("link", "x/../y"));
        for (link, target) in [("link", ".."), ("a/link", "../../x"), ("link", "/etc/passwd"), ("l", "C:\\x")]
        {
            assert!(leads_out(link, target), "{link} -> {target}");
        }
    }
}
