//! Output scripts reduced to what identifies their owner.

use tracehound_model::{ScriptKey, ScriptType};

use crate::hash::sha256;

/// The type of a locking script, and the bytes of it that name the owner.
///
/// `None` stands for [`ScriptType::Other`], whose payload is not a part of the script but its SHA-256.
/// Rules: BIP-16 (P2SH), BIP-141 (version 0 witness), BIP-341 (P2TR); pay-to-public-key counts only with the prefixes
/// of a plain key (02, 03, 04), so the hybrid encodings 06 and 07 are `Other`.
fn template(script: &[u8]) -> Option<(ScriptType, &[u8])> {
    match *script {
        [0x76, 0xa9, 0x14, .., 0x88, 0xac] if script.len() == 25 => Some((ScriptType::P2pkh, &script[3..23])),
        [0xa9, 0x14, .., 0x87] if script.len() == 23 => Some((ScriptType::P2sh, &script[2..22])),
        [0x00, 0x14, ..] if script.len() == 22 => Some((ScriptType::P2wpkh, &script[2..])),
        [0x00, 0x20, ..] if script.len() == 34 => Some((ScriptType::P2wsh, &script[2..])),
        [0x51, 0x20, ..] if script.len() == 34 => Some((ScriptType::P2tr, &script[2..])),
        [0x6a, ..] => Some((ScriptType::OpReturn, &[])),
        [0x21, 0x02 | 0x03, .., 0xac] if script.len() == 35 => {
            Some((ScriptType::P2pkCompressed, &script[1..34]))
        }
        [0x41, 0x04, .., 0xac] if script.len() == 67 => Some((ScriptType::P2pkUncompressed, &script[1..66])),
        _ => None,
    }
}

/// Classifies a locking script and appends its payload to `payloads`.
pub(crate) fn classify_into(script: &[u8], payloads: &mut Vec<u8>) -> ScriptType {
    if let Some((script_type, payload)) = template(script) {
        payloads.extend_from_slice(payload);
        return script_type;
    }
    payloads.extend_from_slice(&sha256(script));
    ScriptType::Other
}

/// The owner of a locking script.
///
/// O(1) except for [`ScriptType::Other`], which hashes the whole script.
///
/// ```
/// use tracehound_bitcoin::classify;
/// use tracehound_model::ScriptType;
///
/// let key = classify(&[0x6a, 0x02, 0xca, 0xfe]);
/// assert_eq!(key.script_type(), ScriptType::OpReturn);
/// assert!(key.payload().is_empty());
/// ```
pub fn classify(script: &[u8]) -> ScriptKey {
    let hash;
    let (script_type, payload) = if let Some(found) = template(script) {
        found
    } else {
        hash = sha256(script);
        (ScriptType::Other, &hash[..])
    };
    ScriptKey::new(script_type, payload).expect("a template's payload has its type's length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(script: &[u8]) -> ScriptType {
        let key = classify(script);
        let mut payloads = Vec::new();
        assert_eq!(classify_into(script, &mut payloads), key.script_type());
        assert_eq!(payloads, key.payload());
        key.script_type()
    }

    fn wrap(head: &[u8], body: usize, tail: &[u8]) -> Vec<u8> {
        [head, &vec![0xab; body], tail].concat()
    }

    #[test]
    fn each_template_is_known_and_near_misses_are_other() {
        use ScriptType as T;
        assert_eq!(kind(&wrap(&[0x76, 0xa9, 0x14], 20, &[0x88, 0xac])), T::P2pkh);
        assert_eq!(kind(&wrap(&[0x76, 0xa9, 0x14], 20, &[0x88, 0xad])), T::Other);
        assert_eq!(kind(&wrap(&[0x76, 0xa9, 0x14], 21, &[0x88, 0xac])), T::Other);
        assert_eq!(kind(&wrap(&[0xa9, 0x14], 20, &[0x87])), T::P2sh);
        assert_eq!(kind(&wrap(&[0xa9, 0x14], 20, &[0x87, 0x51])), T::Other);
        assert_eq!(kind(&wrap(&[0x00, 0x14], 20, &[])), T::P2wpkh);
        assert_eq!(kind(&wrap(&[0x00, 0x20], 32, &[])), T::P2wsh);
        assert_eq!(kind(&wrap(&[0x51, 0x20], 32, &[])), T::P2tr);
        assert_eq!(kind(&wrap(&[0x52, 0x20], 32, &[])), T::Other, "a witness version nobody uses yet");
        assert_eq!(kind(&wrap(&[0x21, 0x03], 32, &[0xac])), T::P2pkCompressed);
        assert_eq!(kind(&wrap(&[0x21, 0x05], 32, &[0xac])), T::Other);
        assert_eq!(kind(&wrap(&[0x41, 0x04], 64, &[0xac])), T::P2pkUncompressed);
        assert_eq!(kind(&wrap(&[0x41, 0x06], 64, &[0xac])), T::Other, "hybrid keys are not plain keys");
        assert_eq!(kind(&[0x6a]), T::OpReturn);
        assert_eq!(kind(&[]), T::Other);
    }
}
