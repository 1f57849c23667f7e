//! A store's secret, with which it hashes what others choose.
//!
//! Whoever pays to a script of his choosing chooses its bytes, and can choose a million of them that collide under a
//! hash that he knows. The key is random, stands in the manifest and in every segment, and never leaves the machine.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use siphasher::sip::SipHasher13;

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

    /// Hash under which a name is found: SipHash-1-3. Kinds have keys that differ, so that one name under two kinds has
    /// unrelated hashes.
    #[inline]
    pub fn hash_name(self, kind: u8, name: &[u8]) -> u64 {
        let [a, b] = self.0;
        SipHasher13::new_with_keys(a ^ u64::from(kind), b).hash(name)
    }

    /// Hash under which an id is found that is a hash already, but one whose first bytes can be searched for: a folded
    /// multiplication.
    #[inline]
    pub fn hash_id(self, id: &[u8; 32]) -> u64 {
        let word = |at: usize| u64::from_be_bytes(*id[at..].first_chunk().expect("8 of 32 bytes"));
        let [a, b] = self.0;
        let product = u128::from(word(0) ^ a) * u128::from(word(8) ^ b);
        product as u64 ^ (product >> 64) as u64
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
    use std::{collections::HashSet, hash::Hasher as _};

    use super::*;

    /// Indexes are files: the hash must stay what it is. The streaming form is the one of the reference.
    #[test]
    fn the_hash_of_names_is_siphash_1_3() {
        let key = Key::from_words([1, 2]);
        for len in 0..70u8 {
            let name: Vec<u8> = (0..len).collect();
            let mut hasher = SipHasher13::new_with_keys(1 ^ 3, 2);
            for &byte in &name {
                hasher.write(&[byte]);
            }
            assert_eq!(key.hash_name(3, &name), hasher.finish());
        }
    }

    #[test]
    fn ids_that_begin_alike_spread_under_a_key() {
        let key = Key::random().expect("a source of randomness");
        let tags: HashSet<u64> = (0..20_000u64)
            .map(|at| {
                let mut id = [7; 32];
                id[8..16].copy_from_slice(&at.to_be_bytes());
                key.hash_id(&id) >> 32
            })
            .collect();
        assert!(tags.len() > 19_900, "{} different tags of 20,000", tags.len());
    }

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
