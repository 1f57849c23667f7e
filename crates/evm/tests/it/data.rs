//! Real answers of nodes.

use std::io::Read as _;

use flate2::read::GzDecoder;
use tracehound_testkit::shared_data;

/// A file of the shared data as text, unpacked; nothing, and a skipped test, where it is not there.
pub(crate) fn text(name: &str) -> Option<String> {
    let bytes = std::fs::read(shared_data(name)?).expect("it can be read");
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Some(String::from_utf8(bytes).expect("text"));
    }
    let mut text = String::new();
    GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("gzip of text");
    Some(text)
}

/// The result in a recorded exchange, as the node wrote it.
pub(crate) fn result(name: &str) -> Option<String> {
    let exchange: serde_json::Value = serde_json::from_str(&text(&format!("evm_rpc/{name}"))?).expect("JSON");
    Some(exchange["response"]["result"].to_string())
}
