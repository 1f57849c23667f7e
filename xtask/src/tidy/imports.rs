//! Which names of its own crate's root a source file uses, read from its text.

use std::collections::BTreeMap;

use super::code::without_comments_and_strings;

/// A name of the crate's root that a file uses: a module, or what the root takes from one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) name: String,
    /// From 1.
    pub(super) line: usize,
}

/// A word, `::`, or any other sign.
#[derive(Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// What follows `crate::`, and `super::` where that is the root, in a file this many modules below the root. Tests are
/// left out.
pub(super) fn from_root(text: &str, depth: usize) -> Vec<Import> {
    let code = without_comments_and_strings(text);
    let tokens = without_tests(&tokens(&code));
    let mut imports = Vec::new();
    for at in 0..tokens.len() {
        let inside = at > 0 && tokens[at - 1].text == "::";
        if !inside && is_path(&tokens, at) {
            match tokens[at].text {
                "crate" => collect(&tokens, at + 2, 0, &mut imports),
                "super" => collect(&tokens, at, depth, &mut imports),
                _ => {}
            }
        }
    }
    imports
}

/// The names that the text of a crate's root takes from its modules, each with the module.
pub(super) fn root_names(text: &str) -> BTreeMap<String, String> {
    let code = without_comments_and_strings(text);
    let tokens = without_tests(&tokens(&code));
    let mut names = BTreeMap::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| token.text == "use") {
        leaves(&tokens, at + 1, None, &mut names);
    }
    names
}

/// Adds the first names of the path or braces at `at`, which stands `depth` modules below the root.
fn collect(tokens: &[Token<'_>], at: usize, depth: usize, imports: &mut Vec<Import>) {
    match tokens.get(at) {
        Some(token) if token.text == "{" => {
            for element in elements(tokens, at) {
                collect(tokens, element, depth, imports);
            }
        }
        Some(token) if token.text == "super" && depth > 0 && is_path(tokens, at) => {
            collect(tokens, at + 2, depth - 1, imports);
        }
        Some(token) if is_word(token.text) && depth == 0 => {
            imports.push(Import { name: token.text.to_owned(), line: token.line });
        }
        _ => {}
    }
}

/// Adds the names that the `use` path or braces at `at` brings in, each with the first module of its path.
fn leaves(tokens: &[Token<'_>], at: usize, module: Option<&str>, names: &mut BTreeMap<String, String>) {
    let Some(token) = tokens.get(at) else { return };
    if token.text == "{" {
        for element in elements(tokens, at) {
            leaves(tokens, element, module, names);
        }
    } else if is_path(tokens, at) {
        let root = matches!(token.text, "crate" | "self");
        let module = if root { module } else { module.or(Some(token.text)) };
        leaves(tokens, at + 2, module, names);
    } else if let (true, Some(module)) = (is_word(token.text), module) {
        let renamed = tokens.get(at + 1).is_some_and(|next| next.text == "as");
        let name = if renamed { tokens.get(at + 2).map_or(token.text, |new| new.text) } else { token.text };
        names.insert(name.to_owned(), module.to_owned());
    }
}

/// Where the elements of the braces that open at `open` start.
fn elements(tokens: &[Token<'_>], open: usize) -> Vec<usize> {
    let mut depth = 0;
    let mut starts = Vec::new();
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(token.text, "{" | ",") {
            starts.push(at + 1);
        }
    }
    starts
}

/// The tokens without the items under `#[cfg(test)]`.
fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let marked = tokens[at..].iter().map(|token| token.text).take(MARK.len()).eq(MARK);
        if marked {
            at = item_end(tokens, at + MARK.len());
        } else {
            kept.push(tokens[at]);
            at += 1;
        }
    }
    kept
}

/// Behind the item that starts at `at`: behind its `;`, or the end of its braces.
fn item_end(tokens: &[Token<'_>], at: usize) -> usize {
    let mut depth = 0;
    for (end, token) in tokens.iter().enumerate().skip(at) {
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(token.text, "}" | ";") {
            return end + 1;
        }
    }
    tokens.len()
}

fn is_path(tokens: &[Token<'_>], at: usize) -> bool {
    is_word(tokens[at].text) && tokens.get(at + 1).is_some_and(|next| next.text == "::")
}

fn is_word(text: &str) -> bool {
    text.starts_with(is_of_word)
}

fn is_of_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (line, text) in (1..).zip(code.split('\n')) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let len = if is_of_word(first) {
                rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(Token { text: &rest[..len], line });
            rest = rest[len..].trim_start();
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(text: &str, depth: usize) -> Vec<(String, usize)> {
        from_root(text, depth).into_iter().map(|import| (import.name, import.line)).collect()
    }

    fn names(text: &str) -> Vec<String> {
        imports(text, 1).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn every_way_to_name_a_module_is_seen() {
        assert_eq!(names("use crate::plan::Plan;"), ["plan"]);
        assert_eq!(names("pub(crate) use crate::Plan as Other;"), ["Plan"]);
        assert_eq!(names("fn f(x: &crate::plan::Plan) -> crate::Report { crate::scan() }").len(), 3);
        assert_eq!(names("macro_rules! m { () => { $crate::plan::N } }"), ["plan"]);
        assert_eq!(names("use std::fmt; use other::crate_name::X;"), [""; 0]);
    }

    #[test]
    fn braces_are_opened_and_lines_counted() {
        let text = "use crate::{\n    plan::{Plan, walk},\n    scan,\n    {undo::X},\n};\n";
        let expected = [("plan", 2), ("scan", 3), ("undo", 4)].map(|(name, line)| (name.to_owned(), line));
        assert_eq!(imports(text, 1), expected);
    }

    #[test]
    fn super_counts_where_it_is_the_root() {
        let text = "use super::plan::Plan;";
        assert_eq!(imports(text, 1), [("plan".to_owned(), 1)]);
        assert_eq!(imports(text, 2), []);
        assert_eq!(imports("use super::{X, super::plan::Plan};", 2), [("plan".to_owned(), 1)]);
        assert_eq!(imports("pub(super) fn f() {}", 1), []);
    }

    #[test]
    fn tests_comments_and_strings_import_nothing() {
        let text = "//! [`crate::a`]\n// crate::b::X\nlet s = \"crate::c::X\";\n#[cfg(test)]\nmod tests {\n    \
                    fn f() { crate::d::x() }\n}\n#[cfg(test)]\nuse crate::e::X;\nuse crate::f::X;\n";
        assert_eq!(names(text), ["f"]);
    }

    #[test]
    fn the_root_takes_names_from_modules() {
        let names =
            root_names("pub use plan::{Plan, walk as go};\npub use self::{scan::Scan, undo::{at::Undo}};\n");
        let names: Vec<_> = names.iter().map(|(name, module)| (&name[..], &module[..])).collect();
        assert_eq!(names, [("Plan", "plan"), ("Scan", "scan"), ("Undo", "undo"), ("go", "plan")]);
    }
}
