//! YAML: scalars as written, anchors looked up within a bound.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{MAX_DEPTH, MAX_VALUES, Node, Value};

/// A list or map that is still open.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<String>,
}

pub(super) fn read(text: &str) -> Option<Node> {
    // The scanner keeps what is open in flow style on its stack.
    if deepest_flow(text) > MAX_DEPTH {
        return None;
    }
    let mut open: Vec<Open> = Vec::new();
    let mut documents = Vec::new();
    let mut anchors: BTreeMap<usize, (Node, usize)> = BTreeMap::new();
    let mut values = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let line = span.start.line() as u32;
        let done = match event {
            Event::SequenceStart(anchor, _) => {
                open.push(Open { node: Node { line, value: Value::List(Vec::new()) }, anchor, key: None });
                None
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open { node: Node { line, value: Value::Map(Vec::new()) }, anchor, key: None });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let closed = open.pop()?;
                if closed.anchor > 0 {
                    anchors.insert(closed.anchor, (closed.node.clone(), count(&closed.node)));
                }
                Some(closed.node)
            }
            Event::Scalar(text, style, anchor, _) => {
                let value = match (&text[..], style) {
                    ("true", ScalarStyle::Plain) => Value::Bool(true),
                    ("false", ScalarStyle::Plain) => Value::Bool(false),
                    ("null" | "~" | "", ScalarStyle::Plain) => Value::Null,
                    _ => Value::Text(text.into_owned()),
                };
                let node = Node { line, value };
                if anchor > 0 {
                    anchors.insert(anchor, (node.clone(), 1));
                }
                Some(node)
            }
            Event::Alias(anchor) => {
                let (node, size) = anchors.get(&anchor)?;
                values += size;
                if values > MAX_VALUES {
                    return None;
                }
                Some(node.clone())
            }
            _ => None,
        };
        values += 1;
        if open.len() > MAX_DEPTH || values > MAX_VALUES {
            return None;
        }
        if let Some(node) = done {
            match open.last_mut() {
                None => documents.push(node),
                Some(parent) => put(parent, node),
            }
        }
    }
    if documents.len() == 1 {
        return documents.pop();
    }
    let line = documents.first()?.line;
    Some(Node { line, value: Value::List(documents) })
}

fn put(parent: &mut Open, node: Node) {
    match &mut parent.node.value {
        Value::List(items) => items.push(node),
        Value::Map(entries) => match parent.key.take() {
            Some(key) => entries.push((key, node)),
            None => {
                parent.key = Some(match node.value {
                    Value::Text(text) => text,
                    Value::Bool(value) => value.to_string(),
                    _ => String::new(),
                });
            }
        },
        _ => {}
    }
}

fn count(node: &Node) -> usize {
    let within = node.items().iter().map(count).sum::<usize>();
    1 + within + node.entries().iter().map(|(_, node)| count(node)).sum::<usize>()
}

fn deepest_flow(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            // Brackets in plain texts are not closed: a key at the margin begins anew.
            b'\n' if depth < MAX_DEPTH => depth = depth.min(MAX_DEPTH / 2),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
