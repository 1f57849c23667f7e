//! Made labels and packs.

use std::{collections::BTreeMap, path::Path};

use jiff::civil::{Date, date};
use tracehound_labels::{
    Label, Pack,
    file::{Defaults, Rows},
    pack::{Builder, Licence, Plan},
};

/// A row as text: chain, address, label, entity, category, predicate, source, confidence.
pub(crate) fn row(text: &str) -> Label {
    let cells: Vec<&str> = text.split('|').collect();
    let [chain, address, label, entity, category, predicate, source, confidence] = cells[..] else {
        panic!("eight cells: {text}")
    };
    let header = "chain,address,label,entity,category,predicate,source,version,licence,confidence";
    let csv = format!(
        "{header}\n{chain},{address},{label},{entity},{category},{predicate},{source},1,CC0-1.0,{confidence}\n"
    );
    let mut rows = Rows::of(csv.as_bytes(), Defaults::default()).expect("a label file");
    rows.next().expect("a row").expect("taken")
}

/// The address of a number on an EVM chain.
pub(crate) fn address(number: u64) -> String {
    // Spread as hashes are: numbers themselves would all be in one bucket.
    format!("0x{:016x}{number:024x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

pub(crate) const ISSUED: Date = date(2026, 11, 1);

pub(crate) fn plan(version: u64) -> Plan {
    Plan {
        name: "made".to_owned(),
        version,
        issued: ISSUED,
        expires: Some(date(2027, 5, 1)),
        publisher: "Example agency".to_owned(),
        licences: BTreeMap::from([("CC0-1.0".to_owned(), Licence { terms: "public domain".to_owned() })]),
    }
}

/// Writes a pack of labels.
pub(crate) fn pack(path: &Path, plan: Plan, labels: &[Label], previous: Option<String>) -> Pack {
    let mut builder = Builder::new(plan).expect("a plan");
    for label in labels {
        builder.add(label).expect("may be in a pack");
    }
    builder.write(path, previous).expect("written");
    Pack::open(path).expect("opens")
}
