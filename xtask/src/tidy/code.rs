//! Rules for Rust code: `unsafe` only where it is listed and with a reason, no ignored test without one.

use super::Complaint;

/// Where `unsafe` may occur: a path, or the start of one that ends in `*`.
const UNSAFE: &[&str] = &[
    // The column store: memory-mapped files read as slices of plain numbers.
    "crates/columns/src/mapped.rs",
];

/// The only file of the binary that may write to the terminal: all output is cleaned there.
const TERMINAL: &str = "crates/cli/src/terminal.rs";

/// What writes to standard output or error. Asking whether it is a terminal writes nothing.
fn writes_to_the_terminal(path: &str, bare: &str) -> bool {
    let ours = path.starts_with("crates/cli/src/") && path != TERMINAL;
    let asks = bare.contains("is_terminal()");
    ours && !asks
        && ["io::stdout(", "io::stderr(", "print!(", "println!("].iter().any(|way| bare.contains(way))
}

/// Analyses ask the trait for rows, so that they have the same answers whatever holds these.
fn names_a_store(path: &str, line: &str) -> bool {
    path.starts_with("crates/analysis/src/") && ["Ledger", "Writer"].iter().any(|name| has_word(line, name))
}

pub(super) fn check(path: &str, text: &str) -> Vec<Complaint> {
    let code = without_comments_and_strings(text);
    let raw: Vec<&str> = text.split('\n').collect();
    let mut complaints = Vec::new();
    for (index, line) in code.split('\n').enumerate() {
        let number = index + 1;
        if has_word(line, "unsafe") && !line.contains("unsafe_code") {
            if !may_be_unsafe(path) {
                let message = "`unsafe` outside the files that xtask/src/tidy/code.rs lists";
                complaints.push(Complaint::line(path, number, message));
            } else if !has_safety_comment(&raw, index) {
                complaints.push(Complaint::line(
                    path,
                    number,
                    "`unsafe` without a `SAFETY:` comment above it",
                ));
            }
        }
        let bare: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        if writes_to_the_terminal(path, &bare) {
            let message =
                "standard output and error are written through crates/cli/src/terminal.rs, which cleans them";
            complaints.push(Complaint::line(path, number, message));
        }
        if names_a_store(path, line) {
            let message = "analyses ask `UtxoRows`, and name no store";
            complaints.push(Complaint::line(path, number, message));
        }
        if bare.contains("#[ignore]") {
            let message = "an ignored test says why: `#[ignore = \"reason\"]`";
            complaints.push(Complaint::line(path, number, message));
        }
        if ["todo!", "unimplemented!", "dbg!"].iter().any(|name| bare.contains(name)) {
            complaints.push(Complaint::line(path, number, "a macro for unfinished work"));
        }
        if bare.contains("#[allow(") || bare.contains("#![allow(") {
            let message = "`#[expect(…, reason = …)]` instead of `allow`: it says why and goes when it can";
            complaints.push(Complaint::line(path, number, message));
        }
    }
    complaints
}

fn may_be_unsafe(path: &str) -> bool {
    UNSAFE.iter().any(|entry| match entry.strip_suffix('*') {
        Some(start) => path.starts_with(start),
        None => path == *entry,
    })
}

/// Looks upwards from an `unsafe` for its `SAFETY:` comment, over attributes, other comments and the start of the
/// statement, but not past a blank line or the end of another statement.
fn has_safety_comment(lines: &[&str], at: usize) -> bool {
    for (above, line) in lines[..=at].iter().rev().enumerate() {
        let line = line.trim();
        if line.contains("SAFETY:") {
            return true;
        }
        let comment = line.starts_with("//");
        let ended = line.is_empty() || line.ends_with(';') || line.ends_with('}');
        if above > 0 && !comment && ended {
            return false;
        }
    }
    false
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| c != '_' && !c.is_alphanumeric()).any(|part| part == word)
}

/// The code alone: comments, strings and characters become spaces, newlines stay where they are.
pub(super) fn without_comments_and_strings(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = token_end(bytes, at);
        let blank = end > at + 1 || bytes[at] == b'"';
        for &byte in &bytes[at..end] {
            code.push(if blank && byte != b'\n' { b' ' } else { byte });
        }
        at = end;
    }
    String::from_utf8_lossy(&code).into_owned()
}

/// Where the comment or literal ends that starts at `at`; `at + 1` when none starts there.
fn token_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let word_before = at > 0 && (bytes[at - 1] == b'_' || bytes[at - 1].is_ascii_alphanumeric());
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment_end(bytes, at),
        [b'"', ..] => quoted_end(bytes, at + 1),
        [b'r', b'"' | b'#', ..] if !word_before => raw_string_end(bytes, at),
        // A character, but not a lifetime: closed after one character or an escape.
        [b'\'', b'\\', ..] => char_end(bytes, at + 2),
        [b'\'', first, ..] => {
            let len = match first {
                0..0x80 => 1,
                0x80..0xe0 => 2,
                0xe0..0xf0 => 3,
                _ => 4,
            };
            if rest.get(1 + len) == Some(&b'\'') { at + len + 2 } else { at + 1 }
        }
        _ => at + 1,
    }
}

fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < bytes.len() {
        match bytes[i..] {
            [b'/', b'*', ..] => (depth, i) = (depth + 1, i + 2),
            [b'*', b'/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    bytes.len()
}

fn quoted_end(bytes: &[u8], mut i: usize) -> usize {
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 2,
            b'"' => return i + 1,
            _ => i += 1,
        }
    }
    bytes.len()
}

fn raw_string_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[at + 1..].iter().take_while(|&&byte| byte == b'#').count();
    let open = at + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return at + 1; // r#ident
    }
    let mut close = vec![b'#'; hashes + 1];
    close[0] = b'"';
    let body = &bytes[open + 1..];
    let found = body.windows(close.len()).position(|window| window == close);
    found.map_or(bytes.len(), |found| open + 1 + found + close.len())
}

fn char_end(bytes: &[u8], escaped: usize) -> usize {
    let rest = bytes.get(escaped + 1..).unwrap_or_default();
    rest.iter().position(|&byte| byte == b'\'').map_or(bytes.len(), |found| escaped + found + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "crates/columns/src/mapped.rs";

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(path, text).into_iter().map(|complaint| complaint.to_string()).collect()
    }

    #[test]
    fn the_binary_writes_through_its_terminal_alone() {
        let text = "let mut out = std::io::stdout().lock();\nlet plain = !std::io::stderr().is_terminal();\n";
        assert_eq!(check("crates/cli/src/commands/tx.rs", text).len(), 1);
        assert_eq!(check("crates/cli/src/terminal.rs", text), []);
        assert_eq!(check("crates/range/src/lib.rs", text), []);
    }

    #[test]
    fn analyses_name_no_store() {
        let text =
            "use tracehound_ledger::{Ledger, TxNum};\n// The ledger: a `Ledger`.\nlet gap = LedgerPartial;\n";
        assert_eq!(check("crates/analysis/src/path.rs", text).len(), 1);
        assert_eq!(check("crates/analysis/tests/it/path.rs", text), []);
        assert_eq!(check("crates/screen/src/keys.rs", text), []);
    }

    #[test]
    fn unsafe_is_for_listed_files_only() {
        let code = "// SAFETY: fine.\nunsafe { x() }";
        assert_eq!(messages(LISTED, code), [""; 0]);
        assert_eq!(
            messages("crates/model/src/lib.rs", code),
            ["crates/model/src/lib.rs:2: `unsafe` outside the files that xtask/src/tidy/code.rs lists"]
        );
    }

    #[test]
    fn unsafe_needs_its_own_safety_comment() {
        assert_eq!(messages(LISTED, "fn f() {\n    unsafe { x() }\n}").len(), 1);
        let attribute = "// SAFETY: fine.\n#[expect(unsafe_code, reason = \"r\")]\nlet y = unsafe { x() };";
        assert_eq!(messages(LISTED, attribute), [""; 0]);
        let two = "// SAFETY: fine.\nlet y = unsafe { x() };\nlet z = unsafe { x() };";
        assert_eq!(messages(LISTED, two).len(), 1);
    }

    #[test]
    fn words_in_comments_and_strings_are_not_code() {
        let text = r##"
            // unsafe
            /* unsafe /* nested */ unsafe */
            let a = "unsafe \" unsafe";
            let b = r#"unsafe " unsafe"#;
            let c = '"'; let d = '\''; let e = 'é'; fn f<'a>(x: &'a str) {}
            let g = "unsafe";
        "##;
        assert_eq!(messages("a.rs", text), [""; 0]);
        assert_eq!(messages("a.rs", "let c = '\"'; unsafe {}").len(), 1);
        assert_eq!(messages("a.rs", "fn f<'a>(x: &'a str) { unsafe {} }").len(), 1);
    }

    #[test]
    fn an_ignored_test_gives_its_reason() {
        assert_eq!(messages("a.rs", "#[test]\n#[ignore]\nfn t() {}").len(), 1);
        assert_eq!(messages("a.rs", "#[test]\n#[ignore = \"needs a node\"]\nfn t() {}"), [""; 0]);
    }

    #[test]
    fn unfinished_work_and_blanket_allows_are_refused() {
        assert_eq!(messages("a.rs", "fn f() { todo!() }").len(), 1);
        assert_eq!(messages("a.rs", "#[allow(dead_code)]\nfn f() {}").len(), 1);
    }
}
