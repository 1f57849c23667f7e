//! The Bitcoin scripts that one public key can spend.
//!
//! | form | identified by | for |
//! |---|---|---|
//! | P2PK | the key as it is written | every key |
//! | P2PKH | HASH160 of the key as it is written | every key |
//! | P2WPKH | the same hash | compressed keys only (BIP-143: a witness program takes no other) |
//! | P2SH-P2WPKH | HASH160 of the P2WPKH script | compressed keys only |
//!
//! A key shows all of its forms, a key hash all but P2PK, and a script hash none: it may hide anything. Not derived: P2TR
//! (its output key is tweaked, and a script tree may be in it), multisig, and the forms of the same point in another
//! encoding (compressed, uncompressed, hybrid), which wallets use as keys of their own.

use ripemd::{Digest as _, Ripemd160};
use sha2::Sha256;

use crate::{ScriptKey, ScriptType};

/// HASH160 of a public key, the payload of P2PKH and P2WPKH.
pub type KeyHash = [u8; 20];

/// RIPEMD-160 of SHA-256.
pub fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

/// P2PKH of a key hash.
pub fn p2pkh(hash: &KeyHash) -> ScriptKey {
    ScriptKey::new(ScriptType::P2pkh, hash).expect("20 bytes")
}

/// P2WPKH of a key hash.
pub fn p2wpkh(hash: &KeyHash) -> ScriptKey {
    ScriptKey::new(ScriptType::P2wpkh, hash).expect("20 bytes")
}

/// P2SH of the P2WPKH script of a key hash (BIP-141, BIP-49).
pub fn p2sh_p2wpkh(hash: &KeyHash) -> ScriptKey {
    let mut program = [0; 22];
    program[1] = 20;
    program[2..].copy_from_slice(hash);
    ScriptKey::new(ScriptType::P2sh, &hash160(&program)).expect("20 bytes")
}

impl ScriptKey {
    /// The public key, where the script holds it.
    pub fn public_key(&self) -> Option<&[u8]> {
        let shown = matches!(self.script_type(), ScriptType::P2pkCompressed | ScriptType::P2pkUncompressed);
        shown.then(|| self.payload())
    }

    /// HASH160 of the key that can spend this, where the script shows it. O(1), one hash for P2PK.
    pub fn key_hash(&self) -> Option<KeyHash> {
        match self.script_type() {
            ScriptType::P2pkCompressed | ScriptType::P2pkUncompressed => Some(hash160(self.payload())),
            ScriptType::P2pkh | ScriptType::P2wpkh => self.payload().try_into().ok(),
            _ => None,
        }
    }

    /// The script under which a ledger numbers this owner.
    ///
    /// A P2PK output of a hybrid key (first byte 6 or 7) is non-standard there: the SHA-256 of the whole script. Everything
    /// else is as it is.
    #[must_use]
    pub fn as_numbered(&self) -> Self {
        let hybrid = self.script_type() == ScriptType::P2pkUncompressed && matches!(self.payload()[0], 6 | 7);
        if !hybrid {
            return *self;
        }
        let script = [&[65], self.payload(), &[0xac]].concat();
        Self::new(ScriptType::Other, &Sha256::digest(script)).expect("32 bytes")
    }
}

/// The scripts of the key with this hash, `keys` being what is known to hash to it: P2PK of each, P2PKH, and the two
/// witness forms unless a key is known to be uncompressed.
///
/// Witness forms of an uncompressed key's hash belong to nobody: see [`forms_beside`] for who asks about one.
pub fn forms(hash: &KeyHash, keys: &[ScriptKey]) -> Vec<ScriptKey> {
    let mut forms = keys.to_vec();
    forms.push(p2pkh(hash));
    if !any_uncompressed(keys) {
        forms.extend([p2wpkh(hash), p2sh_p2wpkh(hash)]);
    }
    forms
}

/// [`forms`] beside `script`, which is one of them.
///
/// Once a key of the hash is known to be uncompressed, a witness form has only the other witness form beside it.
pub fn forms_beside(script: &ScriptKey, hash: &KeyHash, keys: &[ScriptKey]) -> Vec<ScriptKey> {
    let is_witness = matches!(script.script_type(), ScriptType::P2wpkh | ScriptType::P2sh);
    let mut forms = if is_witness && any_uncompressed(keys) {
        vec![p2wpkh(hash), p2sh_p2wpkh(hash)]
    } else {
        forms(hash, keys)
    };
    forms.retain(|form| form != script);
    forms
}

fn any_uncompressed(keys: &[ScriptKey]) -> bool {
    keys.iter().any(|key| key.script_type() == ScriptType::P2pkUncompressed)
}
