//! Settings by sections: git's configuration, `.npmrc`, `setup.cfg`, `.editorconfig`.

use super::{Node, Value};

/// Anything is a file of this format: lines that are neither a section nor a setting say nothing.
pub(super) fn read(text: &str) -> Node {
    let mut top: Vec<(String, Node)> = Vec::new();
    let mut section: Vec<String> = Vec::new();
    let mut lines = text.lines().zip(1_u32..);
    while let Some((raw, line)) = lines.next() {
        let trimmed = raw.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(head) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = match head.split_once('"') {
                Some((kind, name)) => {
                    vec![kind.trim().to_lowercase(), name.trim_end_matches('"').to_owned()]
                }
                None => vec![head.trim().to_lowercase()],
            };
            continue;
        }
        let (key, value) = trimmed.split_once('=').unwrap_or((trimmed, "true"));
        let mut value = value.trim().to_owned();
        while value.ends_with('\\') {
            value.pop();
            let Some((more, _)) = lines.next() else { break };
            value.push_str(more.trim());
        }
        if value.len() >= 2 && value.starts_with('"') && value.ends_with('"') {
            value = value[1..value.len() - 1].replace("\\\"", "\"");
        }
        let node = Node { line, value: Value::Text(value) };
        place(&mut top, &section, line).push((key.trim().to_owned(), node));
    }
    Node { line: 1, value: Value::Map(top) }
}

/// The entries of a section, made where it is new.
fn place<'t>(top: &'t mut Vec<(String, Node)>, section: &[String], line: u32) -> &'t mut Vec<(String, Node)> {
    let mut entries = top;
    for name in section {
        let found = entries.iter().position(|(key, node)| key == name && matches!(node.value, Value::Map(_)));
        let at = found.unwrap_or_else(|| {
            entries.push((name.clone(), Node { line, value: Value::Map(Vec::new()) }));
            entries.len() - 1
        });
        let Value::Map(within) = &mut entries[at].1.value else { unreachable!("looked for a map") };
        entries = within;
    }
    entries
}
