//! JSON lines, as nodes' answers are kept: each a log, a receipt, a trace or a block.

use std::io::{BufRead, BufReader, Read};

use serde::de::DeserializeOwned;
use tracehound_labels::label::subject_on;
use tracehound_model::{Chain, Subject, caip::Caip2, text::label};

use super::{Rejected, movements::Hashed};
use crate::EngineError;

/// Longest line, in bytes: a receipt with all of its logs, a transaction's calls.
const MAX_LINE: u64 = 32 << 20;
/// Bytes of a line that are shown.
const SHOWN: usize = 200;

/// Reads lines of one form and hands each on with its number: those that are not `what` are refused, and the others stay. The answer is
/// the SHA-256 of the input.
///
/// # Errors
/// An input that breaks off or has too long a line, or what `take` says.
pub(super) fn read<T: DeserializeOwned>(
    input: impl Read,
    name: &str,
    what: &str,
    refused: &mut Rejected,
    mut take: impl FnMut(u64, T, &mut Rejected) -> Result<(), String>,
) -> Result<String, EngineError> {
    let mut hashed = Hashed::new(input);
    let mut lines = BufReader::new(&mut hashed);
    let (mut number, mut bytes) = (0_u64, Vec::new());
    loop {
        number += 1;
        bytes.clear();
        let wrong = |what: String| EngineError::Question(format!("{name}: line {number}: {what}"));
        let count = lines.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes);
        match count.map_err(|error| wrong(error.to_string()))? {
            0 => break,
            count if count as u64 > MAX_LINE => {
                return Err(wrong(format!("is longer than {MAX_LINE} bytes: {what} a line")));
            }
            _ if bytes.trim_ascii().is_empty() => continue,
            _ => {}
        }
        if let Ok(line) = serde_json::from_slice(&bytes) {
            take(number, line, refused).map_err(wrong)?;
        } else {
            let row = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
            refused.add(name, number, label(row.trim()).into_owned(), format!("it is not {what}"));
        }
    }
    drop(lines);
    Ok(hashed.sha256())
}

/// An address as nodes write it: Tron's are 20 bytes in hexadecimal too where its node speaks as Ethereum's do.
pub(super) fn party(chain: &Caip2, text: &str) -> Result<Subject, String> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40);
    let tron = digits.filter(|_| matches!(Chain::from_caip2(chain), Some(Chain::Tron(_))));
    let read = match tron {
        Some(digits) => subject_on(chain, &format!("41{digits}")),
        None => subject_on(chain, text),
    };
    read.map_err(|error| format!("{}: {error}", label(text)))
}

/// Hexadecimal, as nodes write it.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x")?).ok()
}

/// A number in hexadecimal, as nodes write it.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?;
    // `from_str_radix` would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u64::from_str_radix(digits, 16).ok())?
}
