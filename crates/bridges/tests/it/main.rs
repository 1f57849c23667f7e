//! What crosses, held against recorded memos, scripts and payouts.

mod deposits;
mod legs;
mod matches;
mod memos;
mod scorecard;
mod texts;
mod vault_swaps;

use std::{fs, io::Read};

use serde_json::Value;
use tracehound_testkit::shared_data;

/// The rows of a recorded file, packed or not.
fn rows(name: &str) -> Option<Vec<Value>> {
    let bytes = fs::read(shared_data(name)?).expect("read");
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("unpacked");
    } else {
        text = String::from_utf8(bytes).expect("a text");
    }
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect())
}
