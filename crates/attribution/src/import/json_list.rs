//! JSON lists: texts or objects in an array or one a line, or an object from address to label or object, or from label to
//! addresses.

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value};

use super::{
    Format, Options, Snapshot,
    collect::Collector,
    decode::{self, decode},
    mapping::{self, Column, Field, Mapping, RowTaker, normal},
    ofac_json::date_from_name,
    paged,
    table::{address_in, is_address_cell},
    text,
    unrepeated::Unrepeated,
};
use crate::ImportError;

const FORMAT: Format = Format::Json;
/// Most values, counted by the marks that come before one.
const MAX_VALUES: usize = 12_000_000;
/// Keys of an array that say nothing about what is in it.
const PLAIN_KEYS: &[&str] = &[
    "result",
    "results",
    "data",
    "items",
    "list",
    "entries",
    "rows",
    "records",
    "accounts",
    "addresses",
    "wallets",
    "blacklist",
    "tags",
    "labels",
];

/// Whether an address stands anywhere in a value. O(values).
fn holds_address(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            is_address_cell(text) || text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_address_cell)
        }
        Value::Array(items) => items.iter().any(holds_address),
        Value::Object(object) => {
            object.iter().any(|(key, value)| is_address_cell(key) || holds_address(value))
        }
        _ => false,
    }
}

/// Refuses a page of an answer: what it says of itself is more than what stands in it, or that more follows. An object without a
/// list, of labels with their addresses alone, says nothing of itself.
fn whole(object: &Map<String, Value>) -> Result<(), ImportError> {
    // What holds an address is refused for it, and is no word about the list.
    let is_read = |value: &Value| {
        value.is_array() || value.as_object().is_some_and(|inner| inner.values().all(Value::is_array))
    };
    if object.values().any(|value| !is_read(value) && holds_address(value)) {
        return Ok(());
    }
    let lists = object.iter().filter_map(|(key, value)| {
        let items = value.as_array()?;
        let is_list = PLAIN_KEYS.contains(&normal(key).as_str()) || items.iter().any(holds_address);
        is_list.then_some(items.len() as u64)
    });
    lists.reduce(|all, items| all + items).map_or(Ok(()), |there| paged::whole(object, there, FORMAT))
}

/// Whether an entry among others is a word about the list: it has neither an address nor a name.
fn is_about_the_list(entry: &Value) -> Option<&Map<String, Value>> {
    let object = entry.as_object()?;
    let is_of = |field: Field| object.keys().any(|key| field.usual_names().contains(&normal(key).as_str()));
    (!is_of(Field::Address) && !is_of(Field::Label) && !holds_address(entry)).then_some(object)
}

/// Refuses entries among which one says that they are a page.
fn whole_entries(entries: &[Value]) -> Result<(), ImportError> {
    let about: Vec<_> = entries.iter().filter_map(is_about_the_list).collect();
    let there = (entries.len() - about.len()) as u64;
    about.into_iter().try_for_each(|object| paged::whole(object, there, FORMAT))
}

/// A JSON error with its place.
pub(super) fn syntax(format: Format, error: &serde_json::Error) -> ImportError {
    ImportError::Syntax {
        format,
        place: format!("line {} column {}", error.line(), error.column()),
        message: error.to_string(),
    }
}

/// Refuses a text of more values than a list has: in memory each takes some thirty times its shortest form.
pub(super) fn bound(bytes: &[u8], format: Format) -> Result<(), ImportError> {
    let values = bytes.iter().filter(|byte| matches!(**byte, b',' | b'[' | b'{')).count();
    if values <= MAX_VALUES {
        return Ok(());
    }
    Err(ImportError::Unusable {
        format,
        missing: format!("it has more than {MAX_VALUES} values, the most that is read of one list"),
    })
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    bound(bytes, FORMAT)?;
    let text = decode(bytes);
    let mut documents: Vec<Value> = serde_json::Deserializer::from_str(&text)
        .into_iter()
        .map(|document| document.map(|Unrepeated(value)| value))
        .collect::<Result<_, _>>()
        .map_err(|error| syntax(FORMAT, &error))?;
    drop(text);
    let mut out = Collector::new(FORMAT, mapping::head(options), options);
    decode::remark(bytes, &mut out);
    date_from_name(&mut out, options);
    let mut reader = Reader {
        out,
        taker: RowTaker::new(options),
        mapping: &options.mapping,
        judged: HashSet::new(),
        holds_domains: false,
    };
    if documents.len() == 1 {
        reader.document(documents.remove(0))?;
    } else {
        // One document a line.
        whole_entries(&documents)?;
        for (position, document) in documents.iter().enumerate() {
            reader.take(document, None, None, &format!("document {}", position + 1))?;
        }
    }
    if reader.out.is_empty() && reader.holds_domains {
        return Err(ImportError::KnownButUnread {
            what: "a list of domains, not of addresses",
            instead: "it cannot be screened against; keep it for vetting links",
        });
    }
    reader.out.finish()
}

struct Reader<'o> {
    out: Collector,
    taker: RowTaker,
    mapping: &'o Mapping,
    /// What has been named as not read.
    judged: HashSet<String>,
    holds_domains: bool,
}

impl Reader<'_> {
    fn document(&mut self, root: Value) -> Result<(), ImportError> {
        match root {
            Value::Array(items) => {
                whole_entries(&items)?;
                self.items(&items, None)
            }
            Value::Object(object) => self.object(&object),
            _ => Err(ImportError::Unusable {
                format: FORMAT,
                missing: "it is neither a list nor an object".to_owned(),
            }),
        }
    }

    fn object(&mut self, object: &Map<String, Value>) -> Result<(), ImportError> {
        if object.keys().any(|key| Field::Address.usual_names().contains(&normal(key).as_str())) {
            return self.take(&Value::Object(object.clone()), None, None, "the one entry");
        }
        if object.keys().any(|key| is_address_cell(key)) {
            for (address, value) in object {
                let place = format!("key `{}`", text::shorten(address));
                self.take(value, Some(address), None, &place)?;
            }
            return Ok(());
        }
        whole(object)?;
        // From label to addresses, or one list beside other things.
        for (key, value) in object {
            let plain = PLAIN_KEYS.contains(&normal(key).as_str());
            let label = Some(key.as_str()).filter(|_| !plain);
            match value {
                Value::Array(items) => self.items(items, label)?,
                // By asset, below a label.
                Value::Object(inner) if !inner.is_empty() && inner.values().all(Value::is_array) => {
                    for items in inner.values().filter_map(Value::as_array) {
                        self.items(items, label)?;
                    }
                }
                _ if holds_address(value) => {
                    return Err(ImportError::Unusable {
                        format: FORMAT,
                        missing: format!(
                            "`{}` holds addresses in a form that is not read: give each an entry in a list",
                            text::shorten(key)
                        ),
                    });
                }
                _ => {
                    self.out.begin_row();
                    self.out.unread(key);
                }
            }
        }
        Ok(())
    }

    fn items(&mut self, items: &[Value], label: Option<&str>) -> Result<(), ImportError> {
        for (position, item) in items.iter().enumerate() {
            let place = match label {
                Some(label) => format!("`{}`, entry {}", text::shorten(label), position + 1),
                None => format!("entry {}", position + 1),
            };
            self.take(item, None, label, &place)?;
        }
        Ok(())
    }

    /// Takes one entry: an address by itself, or what is said of the address `key`; `label` stands above it.
    fn take(
        &mut self,
        value: &Value,
        key: Option<&str>,
        label: Option<&str>,
        place: &str,
    ) -> Result<(), ImportError> {
        let Self { out, taker, mapping, judged, holds_domains } = self;
        out.begin_row();
        let constant = |field| match mapping.column(field) {
            Some(Column::Constant(value)) => Some(Cow::Borrowed(value.as_str())),
            _ => None,
        };
        match (value, key) {
            (Value::Object(object), _) => {
                let names: Vec<String> = object.keys().map(|key| normal(key)).collect();
                let usual = mapping::usual_places(&names);
                let values: Vec<&Value> = object.values().collect();
                let named = |name: &str| names.iter().position(|other| *other == normal(name));
                let at = |field: Field| match mapping.column(field) {
                    Some(Column::Name(name)) => named(name),
                    Some(Column::Place(_) | Column::Constant(_)) => None,
                    None => usual[field as usize],
                };
                // To read one of two would lose what stands in the other.
                let twice = |(at, name): &(usize, &String)| names[..*at].contains(name);
                if let Some((at, _)) = names.iter().enumerate().find(twice) {
                    let key = object.keys().nth(at).map_or("", String::as_str);
                    return Err(ImportError::Unusable {
                        format: FORMAT,
                        missing: format!(
                            "in {place}, the key `{}` stands twice but for its spelling",
                            text::shorten(key)
                        ),
                    });
                }
                let about =
                    key.map(Cow::Borrowed).or_else(|| at(Field::Address).and_then(|at| scalar(values[at])));
                if let Some(about) = about
                    && out.takes_for_words(&about, place, object.keys().map(String::as_str))
                {
                    return Ok(());
                }
                if let (Some(key), Some(own)) =
                    (key, at(Field::Address).and_then(|place| scalar(values[place])))
                    && address_in(&own).is_some_and(|own| address_in(key) != Some(own))
                {
                    return Err(ImportError::Unusable {
                        format: FORMAT,
                        missing: format!("{place} has another address inside: {}", text::shorten(&own)),
                    });
                }
                let is_read = |place| Field::ALL.iter().any(|field| at(*field) == Some(place));
                let more = mapping::more_categories(mapping, &names, is_read);
                for (position, name) in object.keys().enumerate() {
                    let is_kind = at(Field::Category) == Some(position) || more.contains(&position);
                    let unread = match is_kind || is_read(position) {
                        true if is_kind || !is_deep(values[position]) => continue,
                        true => Cow::Owned(format!("{name} (what is nested in it)")),
                        false => Cow::Borrowed(name.as_str()),
                    };
                    if !judged.contains(&*unread) && judged.len() < 1_000 {
                        out.unread(&unread);
                        judged.insert(unread.into_owned());
                    }
                }
                let mut kinds: Vec<Cow<'_, str>> = constant(Field::Category).into_iter().collect();
                if kinds.is_empty() {
                    let places = at(Field::Category).into_iter().chain(more.iter().copied());
                    places.for_each(|place| words(values[place], &mut kinds));
                }
                taker.take(out, place, &kinds, |field| match (field, key, label) {
                    (Field::Address, Some(address), _) => Some(Cow::Borrowed(address)),
                    (field, ..) => constant(field)
                        .or_else(|| at(field).and_then(|place| scalar(values[place])))
                        .or_else(|| label.filter(|_| field == Field::Label).map(Cow::Borrowed)),
                })
            }
            (Value::String(address), None) => {
                *holds_domains |= is_domain(address);
                let kinds: Vec<Cow<'_, str>> = constant(Field::Category).into_iter().collect();
                taker.take(out, place, &kinds, |field| match field {
                    Field::Address => Some(Cow::Borrowed(address.as_str())),
                    Field::Label => constant(field).or(label.map(Cow::Borrowed)),
                    field => constant(field),
                })
            }
            (
                Value::Array(_) | Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_),
                Some(address),
            ) => {
                let said = match value {
                    Value::String(_) | Value::Array(_) => scalar(value),
                    _ => None,
                };
                // Several words about an address are its labels, and may say what kind of thing it is.
                let mut kinds: Vec<Cow<'_, str>> = constant(Field::Category).into_iter().collect();
                if kinds.is_empty() && value.is_array() {
                    words(value, &mut kinds);
                }
                // Below an address as below a label: what is meant by it nobody says.
                if holds_address(value) {
                    let mut all = Vec::new();
                    words(value, &mut all);
                    if out.takes_for_words(address, place, all.iter().map(AsRef::as_ref)) {
                        return Ok(());
                    }
                }
                taker.take(out, place, &kinds, |field| match field {
                    Field::Address => Some(Cow::Borrowed(address)),
                    Field::Label => constant(field).or(said.clone()),
                    field => constant(field),
                })
            }
            _ => {
                out.refuse(place, "neither a text nor an object; left out");
                Ok(())
            }
        }
    }
}

/// The words of a value, those of what is nested in it too. An object is no word and stands as one that nobody knows: what
/// is in it is not read as it is meant.
pub(super) fn words<'v>(value: &'v Value, found: &mut Vec<Cow<'v, str>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        Value::Object(object) => {
            let keys: Vec<&str> = object.keys().take(10).map(String::as_str).collect();
            found.push(Cow::Owned(format!("{{{}}}", keys.join(" "))));
            object.values().for_each(|value| words(value, found));
        }
        scalar_value => found.extend(scalar(scalar_value)),
    }
}

/// Whether something stands in a value that is read as a text and is not in it.
fn is_deep(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(|item| item.is_array() || item.is_object()),
        _ => false,
    }
}

/// A value as text: scalars as they are, a list of scalars with commas.
fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(value) => Some(Cow::Owned(value.to_string())),
        Value::Array(items) => {
            let words: Vec<Cow<'_, str>> = items
                .iter()
                .filter(|item| !item.is_array() && !item.is_object())
                .filter_map(scalar)
                .collect();
            (!words.is_empty()).then(|| Cow::Owned(words.join(",")))
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// Whether a text is a host's name.
fn is_domain(text: &str) -> bool {
    text.contains('.')
        && text.len() <= 253
        && !text.contains(' ')
        && text
            .rsplit('.')
            .next()
            .is_some_and(|top| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()))
}
