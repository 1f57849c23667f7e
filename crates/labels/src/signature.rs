//! By whose keys a file is signed.
//!
//! minisign's signatures, which are Ed25519 over the BLAKE2b-512 of a file: <https://jedisct1.github.io/minisign/>. A
//! publisher with one key signs once. A project's pack asks for several signatures, so that one stolen key signs nothing.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use minisign_verify::{PublicKey, Signature};
use serde::{Deserialize, Serialize};

/// Most keys of one publisher.
const MAX_KEYS: usize = 16;

/// The keys that a publisher's packs are taken by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// minisign public keys in Base64, as in the second line of `minisign.pub`.
    keys: BTreeSet<String>,
    /// How many different ones have to have signed.
    needed: usize,
}

/// Why a file counts as signed by nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Text that is no key.
    #[error(
        "`{0}` is no minisign public key: give the file minisign.pub, or the line in it that begins with RW"
    )]
    Key(String),
    /// Keys that cannot be asked for so.
    #[error(
        "{needed} of {keys} keys: give at least as many different keys as have to sign, and at most {MAX_KEYS}"
    )]
    Needed {
        /// Different keys given.
        keys: usize,
        /// How many should sign.
        needed: usize,
    },
    /// Text that is no signature.
    #[error("signature {0} is no minisign signature: fetch it again")]
    Signature(usize),
    /// Too few of them are good.
    #[error(
        "{good} of the keys that are trusted have signed this very file, and {needed} have to: fetch the file and its \
         signatures again, or check whose keys you trust; nothing has been changed"
    )]
    TooFew {
        /// Different trusted keys with a good signature.
        good: usize,
        /// How many there have to be.
        needed: usize,
    },
}

impl Keys {
    /// `needed` of these keys have to sign. A text is what `minisign.pub` holds, or its line in Base64.
    ///
    /// # Errors
    /// Text that is no key, or fewer different keys than have to sign.
    pub fn new<'k>(texts: impl IntoIterator<Item = &'k str>, needed: usize) -> Result<Self, SignatureError> {
        let key = |text: &'k str| {
            let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
            let shown = || SignatureError::Key(line.chars().take(80).collect());
            PublicKey::from_base64(line).map(|_| line.to_owned()).map_err(|_| shown())
        };
        let keys = texts.into_iter().map(key).collect::<Result<BTreeSet<String>, _>>()?;
        // The same key under another id is no further one.
        let keys: BTreeMap<_, _> = keys.into_iter().map(|key| (ed25519(&key), key)).collect();
        let keys: BTreeSet<String> = keys.into_values().collect();
        if needed == 0 || keys.len() < needed || keys.len() > MAX_KEYS {
            return Err(SignatureError::Needed { keys: keys.len(), needed });
        }
        Ok(Self { keys, needed })
    }

    /// How many different keys have to sign.
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// The keys, in Base64.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// Which keys have signed these bytes: enough of them, each counted once however often it signed.
    ///
    /// # Errors
    /// A text that is no signature, or too few good ones of trusted keys.
    pub fn verify(&self, bytes: &[u8], signatures: &[String]) -> Result<BTreeSet<&str>, SignatureError> {
        let mut good = BTreeSet::new();
        for (place, text) in signatures.iter().enumerate().take(MAX_KEYS) {
            let signature = Signature::decode(text).map_err(|_| SignatureError::Signature(place + 1))?;
            good.extend(self.keys.iter().map(String::as_str).filter(|key| {
                PublicKey::from_base64(key).is_ok_and(|key| key.verify(bytes, &signature, false).is_ok())
            }));
        }
        let different: BTreeSet<_> = good.iter().map(|key| ed25519(key)).collect();
        if different.len() < self.needed {
            return Err(SignatureError::TooFew { good: different.len(), needed: self.needed });
        }
        Ok(good)
    }
}

/// The Ed25519 key in a public key of minisign: behind two bytes of the algorithm and eight of an id that whoever made it chose.
fn ed25519(key: &str) -> Vec<u8> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(key).unwrap_or_default();
    bytes.get(10..).unwrap_or_default().to_vec()
}
