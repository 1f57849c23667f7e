//! A store's secret, with which it hashes what others choose.
//!
//! Whoever pays to a script of his choosing chooses its bytes, and can choose a million of them that collide under a
//! hash that he knows. The key is random, stands in the manifest and in every segment, and never leaves the machine.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::SegmentsError;

/// A store's secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u64; 2]);

impl Key {
    /// A new key from the system's source of randomness.
    ///
    /// # Errors
    /// When that fails.
    pub fn random() -> Result<Self, SegmentsError> {
        let word =
            || getrandom::u64().map_err(|error| SegmentsError::NoRandomness { what: error.to_string() });
        Ok(Self([word()?, word()?]))
    }

    /// The key of these words, as a segment's header holds them.
    pub fn from_words(words: [u64; 2]) -> Self {
        Self(words)
    }

    /// Its words, for a segment's header.
    pub fn words(self) -> [u64; 2] {
        self.0
    }
}

/// A secret is not printed.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}{:016x}", self.0[0], self.0[1]))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let word = |range| {
            let digits = text.get(range).ok_or_else(|| D::Error::custom("a key has 32 digits"))?;
            u64::from_str_radix(digits, 16).map_err(D::Error::custom)
        };
        if text.len() != 32 {
            return Err(D::Error::custom("a key has 32 digits"));
        }
        Ok(Self([word(0..16)?, word(16..32)?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_text_and_is_not_shown() {
        let key = Key::random().expect("a source of randomness");
        let text = serde_json::to_string(&key).expect("serialises");
        assert_eq!(serde_json::from_str::<Key>(&text).expect("reads"), key);
        assert_eq!(format!("{key:?}"), "Key(…)");
        assert!(serde_json::from_str::<Key>("\"12\"").is_err());
        assert_ne!(Key::random().expect("a source of randomness"), key);
    }
}
