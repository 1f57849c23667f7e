//! TOML.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{MAX_DEPTH, Node, Value};

pub(super) fn read(text: &str) -> Option<Node> {
    let depth = |line: &str| line.bytes().filter(|byte| matches!(byte, b'[' | b'{' | b'.')).count();
    if text.lines().any(|line| depth(line.split('#').next().unwrap_or_default()) > 4 * MAX_DEPTH) {
        return None;
    }
    let table = DeTable::parse(text).ok()?;
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line = |at: usize| starts.partition_point(|start| *start <= at) as u32;
    Some(Node { line: 1, value: map(table.get_ref(), &line, 0)? })
}

fn map(table: &DeTable<'_>, line: &dyn Fn(usize) -> u32, depth: usize) -> Option<Value> {
    let entries =
        table.iter().map(|(key, value)| Some((key.get_ref().to_string(), node(value, line, depth)?)));
    Some(Value::Map(entries.collect::<Option<_>>()?))
}

fn node(value: &Spanned<DeValue<'_>>, line: &dyn Fn(usize) -> u32, depth: usize) -> Option<Node> {
    if depth > MAX_DEPTH {
        return None;
    }
    let converted = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Text(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Text(number.as_str().to_owned()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(moment) => Value::Text(moment.to_string()),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|item| node(item, line, depth + 1)).collect::<Option<_>>()?)
        }
        DeValue::Table(table) => map(table, line, depth + 1)?,
    };
    Some(Node { line: line(value.span().start), value: converted })
}
