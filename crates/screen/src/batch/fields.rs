//! What stands in a row: the cells of a table's, the fields of a JSON object.

use serde_json::Value;
use tracehound_model::text::label;

use super::RowError;

/// The text in a field of a JSON object.
pub(super) fn field_of(text: &str, field: &str) -> Result<String, RowError> {
    let name = || label(field).into_owned();
    match value_of(text, field)? {
        None | Some(Value::Null) => Err(RowError::Empty(name())),
        Some(Value::String(text)) if text.trim().is_empty() => Err(RowError::Empty(name())),
        Some(Value::String(text)) => match text.trim().chars().find(|c| c.is_control()) {
            Some(c) => Err(RowError::Control(c.into())),
            None => Ok(text),
        },
        Some(_) => Err(RowError::NotAText(name())),
    }
}

/// The text, the number or the texts in a field that may be empty or missing.
pub(super) fn field_beside(text: &str, field: &str) -> Result<String, RowError> {
    let wrong = || RowError::NotAText(label(field).into_owned());
    Ok(match value_of(text, field)? {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.ok_or_else(wrong)?.join(";")
        }
        Some(Value::Bool(_) | Value::Object(_)) => return Err(wrong()),
    })
}

/// What stands in a field of a JSON object. A field that stands twice could mean either.
fn value_of(text: &str, field: &str) -> Result<Option<Value>, RowError> {
    struct Field<'n>(&'n str);
    impl<'de> serde::de::Visitor<'de> for Field<'_> {
        type Value = Vec<Value>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = Vec::new();
            while let Some(key) = map.next_key::<String>()? {
                if key == self.0 {
                    found.push(map.next_value()?);
                } else {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde::Deserializer::deserialize_map(&mut reader, Field(field));
    let found = read.and_then(|found| reader.end().map(|()| found));
    let mut found = found.map_err(|error| RowError::NotAnObject(error.to_string()))?;
    let last = found.pop();
    if found.is_empty() { Ok(last) } else { Err(RowError::Repeated(label(field).into_owned())) }
}

/// The cells of a row.
pub(super) fn cells(row: &str, delimiter: char) -> Result<Vec<String>, RowError> {
    let mut cells = Vec::new();
    let mut rest = row;
    loop {
        let cell = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(delimiter).unwrap_or(rest.len());
                let cell = rest[..end].to_owned();
                rest = &rest[end..];
                cell
            }
            Some(mut quoted) => {
                let mut cell = String::new();
                loop {
                    let end = quoted.find('"').ok_or(RowError::Unclosed)?;
                    cell.push_str(&quoted[..end]);
                    quoted = &quoted[end + 1..];
                    match quoted.strip_prefix('"') {
                        Some(more) => {
                            cell.push('"');
                            quoted = more;
                        }
                        None => break,
                    }
                }
                let blanks = quoted.len() - quoted.trim_start_matches(' ').len();
                rest = &quoted[blanks..];
                if !rest.is_empty() && !rest.starts_with(delimiter) {
                    return Err(RowError::AfterQuote);
                }
                cell
            }
        };
        cells.push(cell);
        match rest.strip_prefix(delimiter) {
            Some(more) => rest = more,
            None => return Ok(cells),
        }
    }
}
