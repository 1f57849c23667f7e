//! Manifests and settings of any format as one tree, in which each value knows its line.

mod ini;
mod json;
mod toml;
mod yaml;

/// How a file of settings is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON with comments and trailing commas, as editors take it.
    Json,
    Yaml,
    Toml,
    /// `[section "name"]` and `key = value`.
    Ini,
}

/// Values within values that are read: deeper ones are left out, and the file counts as not read.
const MAX_DEPTH: usize = 96;

/// Values of one file that are read.
const MAX_VALUES: usize = 1_000_000;

/// A value at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Where it begins, from 1; of a text over several lines, where its first line is.
    pub line: u32,
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text, or a number as it is written.
    Text(String),
    Bool(bool),
    Null,
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// The file as a tree; `None` where it is not of the format.
pub(crate) fn read(text: &str, format: Format) -> Option<Node> {
    match format {
        Format::Json => json::read(text),
        Format::Yaml => yaml::read(text),
        Format::Toml => toml::read(text),
        Format::Ini => Some(ini::read(text)),
    }
}

impl Node {
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is(&self, wanted: bool) -> bool {
        match &self.value {
            Value::Bool(value) => *value == wanted,
            Value::Text(text) => text.eq_ignore_ascii_case(if wanted { "true" } else { "false" }),
            _ => false,
        }
    }

    pub(crate) fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// All values at a path: keys parted by `/`, `*` for any key or item, `**` for any depth, `a|b` for either.
    pub(crate) fn select<'n>(&'n self, path: &str) -> Vec<(&'n str, &'n Self)> {
        let mut found = vec![("", self)];
        for part in path.split('/') {
            let mut next = Vec::new();
            for (key, node) in found {
                if part == "**" {
                    node.below(key, &mut next, 0);
                    continue;
                }
                let wanted = |name: &str| part == "*" || part.split('|').any(|one| one == name);
                next.extend(
                    node.entries()
                        .iter()
                        .filter(|(name, _)| wanted(name))
                        .map(|(name, node)| (&name[..], node)),
                );
                if part == "*" {
                    next.extend(node.items().iter().map(|node| (key, node)));
                }
            }
            found = next;
        }
        found
    }

    /// This value and all within it.
    fn below<'n>(&'n self, key: &'n str, into: &mut Vec<(&'n str, &'n Self)>, depth: usize) {
        into.push((key, self));
        if depth < MAX_DEPTH {
            self.entries().iter().for_each(|(name, node)| node.below(name, into, depth + 1));
            self.items().iter().for_each(|node| node.below(key, into, depth + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(text: &str, format: Format, path: &str) -> Vec<(u32, String)> {
        let node = read(text, format).expect("of the format");
        let texts = node.select(path).into_iter();
        texts.map(|(_, node)| (node.line, node.text().unwrap_or("-").to_owned())).collect()
    }

    #[test]
    fn each_format_gives_the_same_tree_with_its_lines() {
        let json = "\u{feff}{\n // c\n \"a\": [\n {\"run\": \"x\\u0020y\",},\n {\"run\": 1} /* d */\n ],\n}";
        assert_eq!(picked(json, Format::Json, "a/*/run"), [(4, "x y".into()), (5, "1".into())]);
        let yaml = "a:\n  - run: |\n      one\n      two\n  - {run: b}\n";
        assert_eq!(picked(yaml, Format::Yaml, "a/*/run"), [(3, "one\ntwo\n".into()), (5, "b".into())]);
        let toml = "[a]\nx = 1\n\n[a.b]\nrun = \"c\"\n";
        assert_eq!(picked(toml, Format::Toml, "**/run"), [(5, "c".into())]);
        let ini = "; c\n[core]\n\tfsmonitor = \"./x y\"\n[diff \"z\"]\n\tcommand = !sh\n";
        assert_eq!(picked(ini, Format::Ini, "core/fsmonitor"), [(3, "./x y".into())]);
        assert_eq!(picked(ini, Format::Ini, "diff/z/command"), [(5, "!sh".into())]);
    }

    #[test]
    fn what_is_hostile_is_refused_and_not_followed() {
        for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
            assert_eq!(read(&deep, Format::Json), None);
            assert_eq!(read(&deep, Format::Yaml), None);
            assert_eq!(read(&format!("a = {deep}"), Format::Toml), None);
        }
        // Each line twice as many values as the one before.
        let bomb: Vec<String> = (1..40).map(|at| format!("a{at}: &a{at} [*a{0}, *a{0}]\n", at - 1)).collect();
        assert_eq!(read(&format!("a0: &a0 [x, x]\n{}", bomb.concat()), Format::Yaml), None);
        assert_eq!(read("{\"a\": tru", Format::Json), None);
    }
}
