//! Why the packs in force cannot be used or changed.

use tracehound_columns::ColumnError;

use super::{MAX_PACK, PROJECT_KEYS};
use crate::{correction::CorrectionError, delta::DeltaError, pack::PackError, signature::SignatureError};

/// Why the packs in force cannot be used or changed. They are what they were.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// A pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A delta.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// A signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A file.
    #[error(transparent)]
    File(#[from] ColumnError),
    /// A correction.
    #[error(transparent)]
    Correction(#[from] CorrectionError),
    /// The list of packs in force, or that of corrections.
    #[error(
        "{path} cannot be read: {reason}; restore it from a backup (where there is none: keep corrections.jsonl, move the rest of \
         the folder away, and apply the packs again)"
    )]
    List {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A list that is gone, and packs that are not.
    #[error(
        "{path} is gone, and {stray} lies beside where it was: which packs are in force is not known; restore it from a backup, or \
         move the packs there out of the folder and apply them again"
    )]
    Gone {
        /// The list.
        path: String,
        /// A pack.
        stray: String,
    },
    /// A pack in the folder that the list does not name.
    #[error(
        "{path} does not name {stray}, which lies beside it: it may be the list of another day; restore it from a backup, or move \
         that file out of the folder, and apply it from there where it should be in force"
    )]
    Stray {
        /// The list.
        path: String,
        /// The pack.
        stray: String,
    },
    /// A pack in force that cannot be read.
    #[error(
        "{name} version {version} is in force and cannot be read: {why}; apply the same file again, or a newer version, or \
         `tracehound labels remove {name}`"
    )]
    InForce {
        /// The pack.
        name: String,
        /// Its version.
        version: u64,
        /// Why not.
        why: Box<ShelfError>,
    },
    /// Packs that were in force and are not in the list any more.
    #[error(
        "{} here, by {note}, and not by packs.json: restore the folder of labels from a backup, or apply the packs again; `tracehound \
         labels remove NAME` for what should be in force no more",
        were(names)
    )]
    Lost {
        /// The note beside the folder.
        note: String,
        /// Which, with their versions.
        names: Vec<String>,
    },
    /// Corrections that are not there any more.
    #[error(
        "{path} holds {found} corrections, and {written} were written down here: restore it from a backup; one that should say nothing \
         any more is withdrawn, not taken out (where there is no backup: move the folder and the note labels-in-force.json beside it \
         away, and apply the packs again)"
    )]
    CorrectionsGone {
        /// The file.
        path: String,
        /// How many there are.
        found: u64,
        /// How many there have been.
        written: u64,
    },
    /// A pack that is not the one that was taken in.
    #[error("{path} is not the pack that was taken in")]
    Changed {
        /// The file.
        path: String,
    },
    /// No key and no word that it is one's own.
    #[error(
        "{name} is signed, and no key is trusted for it yet: give its publisher's minisign public keys with --key (as many as \
         there are, with --needed N of them to sign)"
    )]
    NoKey {
        /// The pack.
        name: String,
    },
    /// No signature where there has to be one.
    #[error(
        "{name} is not signed, and the pack of this name in force is: fetch the .minisig files beside it; nothing has been changed"
    )]
    Unsigned {
        /// The pack.
        name: String,
    },
    /// Other keys than those in force.
    #[error(
        "{name} in force was taken by other keys: remove it first with `tracehound labels remove {name}` where its publisher has \
         new keys and you are sure of them; nothing has been changed"
    )]
    OtherKeys {
        /// The pack.
        name: String,
    },
    /// An older one, or the same version with another content.
    #[error(
        "{name} version {found} is not newer than version {in_force}, which is in force: an older pack takes nothing back; nothing \
         has been changed"
    )]
    Older {
        /// The pack.
        name: String,
        /// Its version.
        found: u64,
        /// That in force.
        in_force: u64,
    },
    /// Too old, or from the future.
    #[error("{name} version {version} {what}: fetch a newer one; nothing has been changed")]
    Day {
        /// The pack.
        name: String,
        /// Its version.
        version: u64,
        /// Since when it is too old, or that it is of a day that has not come.
        what: String,
    },
    /// Somebody's pack under the project's name, or a shipped one under the name of the user's own.
    #[error(
        "{name} is a name of the packs that are shipped with Tracehound, and this one is neither that nor signed by {PROJECT_KEYS} keys \
         of the project: give yours another name; nothing has been changed"
    )]
    Shipped {
        /// The pack.
        name: String,
    },
    /// A name that no pack in force has.
    #[error("no pack in force is called {name}: see `tracehound labels list`")]
    NoSuchPack {
        /// The name.
        name: String,
    },
    /// Too large to be taken in.
    #[error("{path} is larger than {MAX_PACK} bytes: make several packs of it")]
    TooLarge {
        /// The file.
        path: String,
    },
}

fn were(names: &[String]) -> String {
    format!("{} {} in force", names.join(", "), if names.len() == 1 { "was" } else { "were" })
}
