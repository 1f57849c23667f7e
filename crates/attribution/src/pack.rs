//! Packs: all notices of some publishers in one signed file, which says up to which day it has everything.
//!
//! A notice names addresses on a day and never ends; without a word about completeness nobody can tell "no notice" from
//! "not fetched". The pack that comes with the product is compiled in; one of the user's own comes with a minisign
//! signature of a key that the user trusts. `data/README.md` says how to make and sign one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use minisign_verify::{PublicKey, Signature};
use sha2::{Digest, Sha256};
use tracehound_model::SourceId;

use crate::{
    ImportError,
    import::{Imported, read_pack},
};

/// A pack that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its name: a later pack of the same name takes its place.
    pub name: String,
    /// The day up to which it has everything of its publishers.
    pub complete_as_of: Date,
    /// Its notices by source and day, each with what earlier notices of its source say: a source's newest snapshot is
    /// all that it says.
    pub lists: Vec<Imported>,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// Why a pack was not taken in. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// Not the TOML a pack is.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// No key was given or remembered.
    #[error("no key is trusted yet: give the maker's minisign public key with --key FILE or --key BASE64")]
    NoKey,
    /// Text that is no minisign public key.
    #[error(
        "`{0}` is no minisign public key: give the file minisign.pub, or the line in it that begins with RW"
    )]
    Key(String),
    /// The file beside the pack is no signature.
    #[error("the .minisig file is no minisign signature: fetch it again")]
    Signature,
    /// The signature is of another file or another key.
    #[error(
        "the signature is not one of a trusted key over this very file: fetch both files again, or check whose key you \
         trust; nothing has been changed"
    )]
    Untrusted,
    /// A day that has not come.
    #[error(
        "the pack says that it is complete as of {complete_as_of}, which is after {today}: nobody can know that"
    )]
    Future {
        /// The day in the pack.
        complete_as_of: Date,
        /// The day it was read.
        today: Date,
    },
    /// An older pack than the one in force.
    #[error(
        "the pack is complete as of {found}, the one in force as of {in_force}: an older one takes nothing back; \
         nothing has been changed"
    )]
    Older {
        /// The day in the pack.
        found: Date,
        /// The day of the pack in force.
        in_force: Date,
    },
}

impl Pack {
    /// Reads the bytes of a pack. Whose they are is for [`verify`] to say.
    pub fn read(bytes: &[u8]) -> Result<Self, ImportError> {
        let (name, complete_as_of, mut lists) = read_pack(bytes)?;
        lists.sort_by(|a, b| {
            let key = |list: &Imported| (list.snapshot.source.id.clone(), list.snapshot.source.published);
            key(a).cmp(&key(b))
        });
        let mut newest: BTreeMap<SourceId, usize> = BTreeMap::new();
        for place in 0..lists.len() {
            let id = lists[place].snapshot.source.id.clone();
            if let Some(earlier) = newest.insert(id, place) {
                let (before, from) = lists.split_at_mut(place);
                add_earlier(&mut from[0], &before[earlier]);
            }
        }
        Ok(Self { name, complete_as_of, lists, sha256: hex::encode(Sha256::digest(bytes)) })
    }

    /// The sources that it is complete about.
    pub fn sources(&self) -> BTreeSet<SourceId> {
        self.lists.iter().map(|list| list.snapshot.source.id.clone()).collect()
    }
}

/// Whether `bytes` look like a pack, for a command that takes other lists too.
pub fn is_pack(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(64 << 10)]);
    text.lines().map(str::trim).find(|line| line.starts_with('[')) == Some("[pack]")
}

/// Puts what an earlier notice says in front of what `list` says.
fn add_earlier(list: &mut Imported, earlier: &Imported) {
    list.snapshot.claims.splice(0..0, earlier.snapshot.claims.iter().cloned());
    let known: Vec<String> = list.snapshot.parties.iter().map(|party| party.id.clone()).collect();
    let parties = earlier.snapshot.parties.iter().filter(|party| !known.contains(&party.id)).cloned();
    list.snapshot.parties.splice(0..0, parties.collect::<Vec<_>>());
    list.sha256 = hex::encode(Sha256::digest(format!("{}{}", earlier.sha256, list.sha256)));
    list.bytes += earlier.bytes;
}

/// The public key in a text: what `minisign.pub` holds, or its line in Base64 alone. Gives that line.
pub fn public_key(text: &str) -> Result<String, PackError> {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let shown = || PackError::Key(line.chars().take(60).collect());
    PublicKey::from_base64(line).map_err(|_| shown())?;
    Ok(line.to_owned())
}

/// The key among `keys` (as [`public_key`] gives them) whose signature `signature` (the text of a `.minisig` file) is,
/// over `bytes`.
pub fn verify<'k>(bytes: &[u8], signature: &str, keys: &'k [String]) -> Result<&'k str, PackError> {
    if keys.is_empty() {
        return Err(PackError::NoKey);
    }
    let signature = Signature::decode(signature).map_err(|_| PackError::Signature)?;
    for key in keys {
        let public = PublicKey::from_base64(key).map_err(|_| PackError::Key(key.clone()))?;
        if public.verify(bytes, &signature, false).is_ok() {
            return Ok(key);
        }
    }
    Err(PackError::Untrusted)
}
