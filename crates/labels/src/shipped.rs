//! The packs that are part of this release.
//!
//! They are believed as the program is: whoever made it put them in. No key has signed them, and they say so. Once a publisher
//! signs packs of the same names, those take their place and these do not come back.

use std::io::{self, Read};

use flate2::read::GzDecoder;

/// Largest of them, unpacked.
const MAX_BYTES: u64 = 64 << 20;

/// A pack in this program.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    packed: &'static [u8],
}

macro_rules! shipped {
    ($($name:literal,)*) => {
        &[$(Shipped {
            name: $name,
            packed: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/labels/", $name, ".labels.gz")),
        },)*]
    };
}

/// All of them, by name. `data/labels/packs.toml` says what is in each.
pub const ALL: &[Shipped] = shipped![
    "tracehound-aave",
    "tracehound-apache",
    "tracehound-bridges",
    "tracehound-constants",
    "tracehound-government",
    "tracehound-mining-pools",
    "tracehound-open-labels",
    "tracehound-safe",
    "tracehound-spellbook",
    "tracehound-tokens",
    "tracehound-tokens-metamask",
];

impl Shipped {
    /// The pack's bytes.
    ///
    /// # Errors
    /// Never: a test unpacks them all.
    pub fn unpack(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        GzDecoder::new(self.packed).take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
