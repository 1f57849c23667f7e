//! The secret by which subjects are hashed, so that nobody outside can write a list whose entries fall on one place.

use std::{fmt, str::FromStr};

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A secret of this installation, from the system's random numbers. It is kept in the store and in every index made from
/// it. Nothing that leaves the machine depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret([u8; 16]);

impl Secret {
    /// A new one.
    ///
    /// # Panics
    /// When the system gives no random numbers.
    pub fn new() -> Self {
        Self(random())
    }

    /// These bytes as a secret.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The hash of a subject's canonical bytes: XXH3, seeded. No hash ever leaves the machine, which recovering a seed
    /// would take.
    #[inline]
    pub(crate) fn hash(&self, key: &[u8]) -> u64 {
        xxh3_64_with_seed(key, self.seed())
    }

    /// Both halves of the secret in one word.
    #[inline]
    fn seed(&self) -> u64 {
        let word = u128::from_le_bytes(self.0);
        word as u64 ^ (word >> 64) as u64
    }

    /// Its hexadecimal form, for the store.
    pub(crate) fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self::new()
    }
}

impl FromStr for Secret {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A step of at least one.
pub(crate) fn random_step() -> u32 {
    let [a, b, c, d, ..] = random();
    u32::from_le_bytes([a, b, c, d]).max(1)
}

/// 16 bytes from the system.
pub(crate) fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("a system without random numbers cannot keep a secret");
    bytes
}
