//! Memos in the outputs of a transaction: `OP_RETURN` data, and what goes on in outputs that are no payments.
//!
//! All `OP_RETURN` data is joined. Where the 80th byte or a later one is `^`, the key hashes of the outputs behind it are text
//! too, up to the first that is padded with zeros: nobody has their keys, and what they hold is nobody's money
//! (`bifrost/pkg/chainclients/utxo`, 2025-07).

use schemars::JsonSchema;
use serde::Serialize;

use crate::memo::MOST_BYTES;

/// Bytes that an `OP_RETURN` of a standard transaction held.
const DATA: usize = 80;

/// A memo and the outputs that it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct InOutputs {
    /// The memo. Nothing where a byte of it is no printable character: then the networks see no memo at all.
    pub memo: String,
    /// The outputs with data, by number.
    pub data: Vec<usize>,
    /// The outputs that pay to text, by number: no payments.
    pub text: Vec<usize>,
}

/// Looks for a memo in the scripts of a transaction's outputs, in order. O(bytes).
///
/// ```
/// use tracehound_bridges::outputs::memo_in;
///
/// let found = memo_in([hex::decode("6a0474747474").unwrap()]);
/// assert_eq!((found.memo.as_str(), found.data), ("tttt", vec![0]));
/// ```
pub fn memo_in<S: AsRef<[u8]>>(scripts: impl IntoIterator<Item = S>) -> InOutputs {
    let mut found = InOutputs::default();
    for (number, script) in scripts.into_iter().enumerate() {
        let script = script.as_ref();
        if let Some(data) = script.strip_prefix(&[RETURN]) {
            let data = match pushed(data) {
                Pushed::Nothing => continue,
                Pushed::Data(data) => data,
                Pushed::Other => return InOutputs::default(),
            };
            if !found.append(data) {
                return InOutputs::default();
            }
            found.data.push(number);
            continue;
        }
        let Some(hash) = key_hash(script).filter(|_| found.goes_on()) else { continue };
        let text = &hash[..hash.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)];
        if !found.append(text) {
            return InOutputs::default();
        }
        found.text.push(number);
        if text.len() < hash.len() || found.memo.len() >= MOST_BYTES {
            break;
        }
    }
    if found.goes_on() {
        // The first one goes, whichever marks that the memo goes on.
        found.memo = found.memo.replacen('^', "", 1);
    }
    found
}

/// What an `OP_RETURN` pushes first; none where the script is none, or pushes no data.
pub fn data_of(script: &[u8]) -> Option<&[u8]> {
    match pushed(script.strip_prefix(&[RETURN])?) {
        Pushed::Data(data) => Some(data),
        Pushed::Nothing | Pushed::Other => None,
    }
}

impl InOutputs {
    fn append(&mut self, bytes: &[u8]) -> bool {
        let is_text = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
        if is_text {
            self.memo.extend(bytes.iter().copied().map(char::from));
        }
        is_text
    }

    /// Whether it goes on in outputs behind it.
    fn goes_on(&self) -> bool {
        self.memo.rfind('^').is_some_and(|at| at + 1 >= DATA)
    }
}

const RETURN: u8 = 0x6a;

/// What a script pushes first.
enum Pushed<'a> {
    Nothing,
    Data(&'a [u8]),
    /// A number, or what is cut off.
    Other,
}

fn pushed(script: &[u8]) -> Pushed<'_> {
    let (length, rest) = match script {
        [] | [0, ..] => return Pushed::Nothing,
        [length @ 1..=75, rest @ ..] | [0x4c, length, rest @ ..] => (usize::from(*length), rest),
        [0x4d, low, high, rest @ ..] => (usize::from(u16::from_le_bytes([*low, *high])), rest),
        _ => return Pushed::Other,
    };
    rest.get(..length).map_or(Pushed::Other, Pushed::Data)
}

/// The key hash of P2WPKH and P2PKH.
fn key_hash(script: &[u8]) -> Option<&[u8; 20]> {
    match script {
        [0x00, 0x14, hash @ ..] | [0x76, 0xa9, 0x14, hash @ .., 0x88, 0xac] => hash.try_into().ok(),
        _ => None,
    }
}
