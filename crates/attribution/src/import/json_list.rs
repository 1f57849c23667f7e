//! JSON lists: texts or objects in an array, or an object from address to label or object.

use serde_json::{Map, Value};

use super::{
    Format, Options, Snapshot,
    collect::Collector,
    mapping::{self, Column, Field, Mapping, RowTaker},
    ofac_json::date_from_name,
};
use crate::ImportError;

const FORMAT: Format = Format::Json;

/// A JSON error with its place.
pub(super) fn syntax(format: Format, error: &serde_json::Error) -> ImportError {
    ImportError::Syntax {
        format,
        place: format!("line {} column {}", error.line(), error.column()),
        message: error.to_string(),
    }
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let root: Value = serde_json::from_slice(bytes).map_err(|error| syntax(FORMAT, &error))?;
    let mut out = Collector::new(FORMAT, options.source.apply(mapping::head(options)));
    date_from_name(&mut out, options);
    let mut taker = RowTaker::new();
    let mapping = &options.mapping;
    match root {
        Value::Array(items) => take_all(&items, &mut out, &mut taker, mapping)?,
        Value::Object(object) => match only_array(&object) {
            Some((key, items)) => {
                for other in object.keys().filter(|other| *other != key).take(20) {
                    out.warn(format!("key `{other}`"), format!("not read; the list is under `{key}`"));
                }
                take_all(items, &mut out, &mut taker, mapping)?;
            }
            None => {
                for (address, value) in &object {
                    let place = format!("key `{}`", super::text::shorten(address));
                    take(value, Some(address), &place, &mut out, &mut taker, mapping)?;
                }
            }
        },
        _ => {
            return Err(ImportError::Unusable {
                format: FORMAT,
                missing: "it is neither a list nor an object".to_owned(),
            });
        }
    }
    out.finish()
}

/// The one member of an object that is an array, when exactly one is.
fn only_array(object: &Map<String, Value>) -> Option<(&String, &Vec<Value>)> {
    let mut arrays = object.iter().filter_map(|(key, value)| value.as_array().map(|items| (key, items)));
    arrays.next().filter(|_| arrays.next().is_none())
}

fn take_all(
    items: &[Value],
    out: &mut Collector,
    taker: &mut RowTaker,
    mapping: &Mapping,
) -> Result<(), ImportError> {
    for (position, item) in items.iter().enumerate() {
        take(item, None, &format!("entry {}", position + 1), out, taker, mapping)?;
    }
    Ok(())
}

fn take(
    value: &Value,
    key: Option<&str>,
    place: &str,
    out: &mut Collector,
    taker: &mut RowTaker,
    mapping: &Mapping,
) -> Result<(), ImportError> {
    let constant = |field| match mapping.column(field) {
        Some(Column::Constant(value)) => Some(value.as_str()),
        _ => None,
    };
    match (value, key) {
        (Value::Object(object), _) => {
            taker.take(out, place, |field| match (mapping.column(field), field, key) {
                (None, Field::Address, Some(address)) => Some(address),
                (Some(Column::Constant(value)), ..) => Some(value),
                (Some(Column::Name(name)), ..) => member(object, name),
                (Some(Column::Place(_)), ..) => None,
                (None, ..) => field.usual_names().iter().find_map(|name| member(object, name)),
            })
        }
        (Value::String(address), None) => taker.take(out, place, |field| match field {
            Field::Address => Some(address),
            field => constant(field),
        }),
        (Value::String(label), Some(address)) => taker.take(out, place, |field| match field {
            Field::Address => Some(address),
            Field::Label => constant(field).or(Some(label)),
            field => constant(field),
        }),
        (Value::Null | Value::Bool(_) | Value::Number(_), Some(address)) => {
            taker.take(out, place, |field| match field {
                Field::Address => Some(address),
                field => constant(field),
            })
        }
        _ => {
            out.refuse(place, "neither a text nor an object; left out");
            Ok(())
        }
    }
}

/// A text member, letter case of its name aside.
fn member<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o str> {
    let exact = object.get(name);
    let found = exact
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.and_then(Value::as_str)
}
