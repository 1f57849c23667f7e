//! Records of Senzing, one a line, as `OpenSanctions` and others publish them: names of parties. A source of its own.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tracehound_model::{
    Particulars, Party,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, tidy_names},
    decode::{self, decode},
    ftm,
    json_list::{bound, syntax},
    ofac_json::date_from_name,
    text,
    unrepeated::Unrepeated,
};
use crate::ImportError;

const FORMAT: Format = Format::Senzing;
/// Keys that are read, of a record or of one of its features.
const READ: &[&str] = &[
    "DATA_SOURCE",
    "RECORD_ID",
    "RECORD_TYPE",
    "NAMES",
    "FEATURES",
    "NAME_TYPE",
    "NAME_FULL",
    "NAME_ORG",
    "NAME_FIRST",
    "NAME_MIDDLE",
    "NAME_LAST",
    "PRIMARY_NAME_FULL",
    "PRIMARY_NAME_ORG",
    "LAST_CHANGE",
    "RISKS",
    "TOPIC",
];

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    bound(bytes, FORMAT)?;
    let decoded = decode(bytes);
    let documents: Vec<Value> = serde_json::Deserializer::from_str(&decoded)
        .into_iter()
        .map(|document| document.map(|Unrepeated(value)| value))
        .collect::<Result<_, _>>()
        .map_err(|error| syntax(FORMAT, &error))?;
    let records: Vec<&Value> = documents
        .iter()
        .flat_map(|document| match document {
            Value::Array(records) => &records[..],
            one => std::slice::from_ref(one),
        })
        .collect();
    let datasets: BTreeSet<String> =
        records.iter().filter_map(|record| record.get("DATA_SOURCE")?.as_str()).map(str::to_owned).collect();
    let newest = records.iter().filter_map(|record| text::date(record.get("LAST_CHANGE")?.as_str()?)).max();
    let mut out = Collector::new(FORMAT, ftm::head(FORMAT, &datasets, options)?, options);
    decode::remark(bytes, &mut out);
    out.source_mut().published = options.source.published.or(newest);
    date_from_name(&mut out, options);
    for (position, record) in records.into_iter().enumerate() {
        out.begin_row();
        let place = format!("record {}", position + 1);
        match record.as_object() {
            Some(object) => take(object, place, &mut out)?,
            None => out.refuse(place, "this is no object; left out"),
        }
    }
    out.finish()
}

fn take(object: &Map<String, Value>, place: String, out: &mut Collector) -> Result<(), ImportError> {
    // What one version of the format writes at the top, another writes as features.
    let inner =
        ["NAMES", "FEATURES", "RISKS"].into_iter().filter_map(|key| object.get(key)?.as_array()).flatten();
    let parts: Vec<&Map<String, Value>> =
        std::iter::once(object).chain(inner.filter_map(Value::as_object)).collect();
    for key in parts.iter().flat_map(|part| part.keys()).filter(|key| !READ.contains(&key.as_str())) {
        out.unread(key);
    }
    let mut names: Vec<(bool, PartyName)> = parts.iter().filter_map(|part| name(part)).collect();
    names.sort_by_key(|(primary, _)| !primary);
    let names = tidy_names(names.into_iter().map(|(_, name)| name));
    let kind = match parts.iter().find_map(|part| part.get("RECORD_TYPE")?.as_str()) {
        Some("PERSON") => PartyKind::Individual,
        Some("ORGANIZATION") => PartyKind::Entity,
        Some("VESSEL") => PartyKind::Vessel,
        Some("AIRCRAFT") => PartyKind::Aircraft,
        _ => PartyKind::Unknown,
    };
    let id = match object.get("RECORD_ID") {
        Some(Value::String(id)) => id.trim().to_owned(),
        Some(Value::Number(id)) => id.to_string(),
        _ => String::new(),
    };
    if id.is_empty() || names.is_empty() {
        out.refuse_nameless(place, "a record without a RECORD_ID or a name; left out");
        return Ok(());
    }
    let source = out.source().id.clone();
    out.party(Party {
        source,
        id,
        kind,
        names,
        programs: Vec::new(),
        listed_on: None,
        particulars: Particulars::default(),
    })
}

/// The name in a record or feature, and whether it is the primary one.
fn name(part: &Map<String, Value>) -> Option<(bool, PartyName)> {
    let text =
        |key: &str| part.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let whole = ["NAME_FULL", "NAME_ORG", "PRIMARY_NAME_FULL", "PRIMARY_NAME_ORG"].into_iter().find_map(text);
    let full = whole.map(str::to_owned).or_else(|| {
        let words: Vec<&str> =
            ["NAME_FIRST", "NAME_MIDDLE", "NAME_LAST"].into_iter().filter_map(text).collect();
        (!words.is_empty()).then(|| words.join(" "))
    })?;
    let primary = text("NAME_TYPE").is_none_or(|kind| kind.eq_ignore_ascii_case("primary"));
    Some((primary, PartyName { full, weak: false }))
}
