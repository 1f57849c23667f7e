//! The facts shipped with the product: notices and lists in our own format, each with source and date, compiled in.
//!
//! They are old by nature and say so by their dates; a fresher list of the same source supersedes them.
//! `data/README.md` describes the format and how they were made.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::{
    ImportError,
    import::{self, Format, Imported, Options},
};

/// How the files of one source add up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edition {
    /// A whole list: what it lacks is no longer listed.
    Complete,
    /// One notice: what earlier notices of the source say still holds.
    Notice,
}

macro_rules! files {
    ($($edition:ident $name:literal),* $(,)?) => {
        &[$((
            Edition::$edition,
            $name,
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/", $name)),
        )),*]
    };
}

/// Every shipped file; those of one source in the order of their dates.
const FILES: &[(Edition, &str, &str)] = files![
    Notice "notices/fbi-2023-08-22.toml",
    Notice "notices/treasury-2020-03-02.toml",
    Notice "notices/treasury-2022-04-14.toml",
    Notice "notices/treasury-2022-04-22.toml",
    Notice "notices/treasury-2022-05-06.toml",
    Notice "notices/treasury-2023-11-29.toml",
    Complete "ofac/sdn-2024-09-27.toml",
    Complete "ofac/sdn-2025-11-19.toml",
];

/// The shipped lists, read as any other list is, in the order of their dates within a source.
///
/// A notice comes with what earlier notices of its source say: a source's newest snapshot is all that it says.
///
/// # Errors
/// Never: a test reads them.
pub fn shipped() -> Result<Vec<Imported>, ImportError> {
    let mut lists: Vec<Imported> = Vec::with_capacity(FILES.len());
    // By source, where its newest notice stands in `lists`.
    let mut newest: BTreeMap<String, usize> = BTreeMap::new();
    for (edition, name, text) in FILES {
        let options =
            Options { format: Some(Format::Notice), file_name: (*name).to_owned(), ..Options::default() };
        let mut list = import::read(&mut text.as_bytes(), &options)?;
        if *edition == Edition::Notice {
            let earlier = newest.insert(list.snapshot.source.id.0.clone(), lists.len());
            if let Some(earlier) = earlier.map(|place| &lists[place]) {
                add_earlier(&mut list, earlier);
            }
        }
        lists.push(list);
    }
    Ok(lists)
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

/// SHA-256 over all shipped files: changes when a shipped fact does.
pub fn shipped_version() -> String {
    let mut hasher = Sha256::new();
    for (_, name, text) in FILES {
        hasher.update(name);
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hex::encode(hasher.finalize())
}
