//! Whose mark is in a coinbase: pools write one into the blocks that they find.
//!
//! A mark is what whoever made the block wrote about themselves: anybody can write anybody's. It says more than nothing and is no
//! proof, so it is shown as what it is and names nobody's address.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::Confidence;

use crate::Provenance;

/// How sure a mark is: a name that anybody can write.
const SURE: Confidence = Confidence(30);
const TABLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/labels/coinbase-tags.csv"));

/// The mark of a pool.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Mark {
    /// What stands in the coinbase.
    pub tag: String,
    /// Whose mark it is.
    pub entity: String,
    /// How sure that is.
    pub confidence: Confidence,
    /// Who says so.
    #[serde(flatten)]
    pub provenance: Provenance,
}

static MARKS: LazyLock<Vec<Mark>> = LazyLock::new(|| {
    let mut rows = csv::Reader::from_reader(TABLE.as_bytes());
    let mark = |row: csv::StringRecord| {
        let cell = |place: usize| row.get(place).unwrap_or_default().to_owned();
        let provenance = Provenance { source: cell(2), version: cell(3), licence: cell(4) };
        Mark { tag: cell(0), entity: cell(1), confidence: SURE, provenance }
    };
    rows.records().map(|row| mark(row.expect("a table of ours"))).collect()
});

/// Every mark that is known.
pub fn known() -> &'static [Mark] {
    &MARKS
}

/// The marks in a coinbase's script, the longest first: a shorter one can be part of it. O(marks · script).
pub fn marks_in(script: &[u8]) -> Vec<&'static Mark> {
    let is_in = |mark: &&Mark| script.windows(mark.tag.len()).any(|part| part == mark.tag.as_bytes());
    let mut found: Vec<&Mark> = MARKS.iter().filter(|mark| !mark.tag.is_empty()).filter(is_in).collect();
    found.sort_by_key(|mark| std::cmp::Reverse(mark.tag.len()));
    found
}
