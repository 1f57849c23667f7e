//! The facts shipped with the product, compiled in: the pack of advisories, and the addresses of the OFAC list by day.
//!
//! They are old by nature and say so by their dates; a fresher list of the same source supersedes them.
//! `data/README.md` describes the formats and how they were made.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tracehound_model::{Category, Confidence, Statement, Subject};

use crate::{
    ImportError,
    history::{Vouched, end_of},
    import::{self, Format, Imported, NewClaim, Options},
    pack::Pack,
    store::ListVersions,
};

const ADVISORIES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/advisories.toml"));
const OFAC_LIST: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/ofac/sdn-2025-11-19.toml"));
const OFAC_CHANGES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/ofac/changes.toml"));

/// The shipped pack of advisories.
///
/// # Errors
/// Never: a test reads it.
pub fn advisories() -> Result<Pack, ImportError> {
    Pack::read(ADVISORIES.as_bytes())
}

/// Changes of a list by day.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// What is said of an address that the list itself no longer names.
    label: String,
    /// Last day of which the changes are known.
    until: toml::value::Datetime,
    #[serde(rename = "change")]
    by_day: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    day: toml::value::Datetime,
    /// Addresses by asset.
    #[serde(default)]
    added: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    removed: BTreeMap<String, Vec<String>>,
}

/// When a subject was on the list, and under which assets it is now.
#[derive(Default)]
struct Listed {
    assets: BTreeSet<String>,
    /// The asset that it was first listed with.
    asset: String,
    spans: Vec<(Date, Option<Date>)>,
}

/// The OFAC list on every day on which its addresses changed, and the time over which these are all the changes.
///
/// # Errors
/// Never: a test reads it.
pub fn ofac() -> Result<(ListVersions, Vouched), ImportError> {
    let options = Options { format: Some(Format::Advisory), ..Options::default() };
    let Imported { mut snapshot, .. } = import::read(&mut OFAC_LIST.as_bytes(), &options)?;
    let wrong = |missing: String| ImportError::Unusable { format: Format::Advisory, missing };
    let changes: Changes = toml::from_str(OFAC_CHANGES).map_err(|error| wrong(error.to_string()))?;
    let date = |day: toml::value::Datetime| {
        day.to_string().parse::<Date>().map_err(|error| wrong(format!("{day}: {error}")))
    };
    let mut listed: BTreeMap<Subject, Listed> = BTreeMap::new();
    let mut days = Vec::new();
    for change in changes.by_day {
        let day = date(change.day)?;
        days.push(day);
        // What is listed again on the day of its removal, under another asset, stays listed.
        for (asset, text) in
            change.removed.iter().flat_map(|(asset, all)| all.iter().map(move |one| (asset, one)))
        {
            let Some(known) = listed.get_mut(&Subject::of_text(text)) else { continue };
            known.assets.remove(asset);
            if let (true, Some(last)) = (known.assets.is_empty(), known.spans.last_mut()) {
                last.1 = Some(day);
            }
        }
        for (asset, text) in
            change.added.iter().flat_map(|(asset, all)| all.iter().map(move |one| (asset, one)))
        {
            let known = listed.entry(Subject::of_text(text)).or_default();
            if known.assets.is_empty() {
                known.spans.push((day, None));
            }
            if known.asset.is_empty() {
                known.asset.clone_from(asset);
            }
            known.assets.insert(asset.clone());
        }
    }
    let newest = *days.last().ok_or_else(|| wrong("no change".to_owned()))?;
    let from_newest = || vec![(newest, None)];
    let mut carried: Vec<Vec<(Date, Option<Date>)>> = Vec::with_capacity(listed.len());
    let mut named: BTreeSet<Subject> = BTreeSet::new();
    for claim in snapshot.claims.iter() {
        carried.push(listed.get(&claim.subject).map_or_else(from_newest, |known| known.spans.clone()));
        named.insert(claim.subject);
    }
    for (subject, known) in listed {
        if named.contains(&subject) {
            continue;
        }
        snapshot.claims.push(&NewClaim {
            subject,
            statement: Statement {
                label: changes.label.clone(),
                category: Category::Sanction,
                party_id: None,
                party_listed_on: None,
                programs: Vec::new(),
                asset: Some(known.asset),
                actor: None,
                reference: None,
            },
            confidence: Confidence::AUTHORITY,
            valid_from: None,
            valid_to: None,
        });
        carried.push(known.spans);
    }
    let until = date(changes.until)?;
    let until = end_of(until).ok_or_else(|| wrong(format!("{until} is no day")))?;
    let vouched = Vouched { since: days[0], until };
    let sha256 = hex::encode(Sha256::digest([OFAC_LIST, OFAC_CHANGES].concat()));
    Ok((ListVersions { snapshot, days, carried, sha256 }, vouched))
}

/// SHA-256 over all shipped files: changes when a shipped fact does.
pub fn shipped_version() -> String {
    let mut hasher = Sha256::new();
    for text in [ADVISORIES, OFAC_LIST, OFAC_CHANGES] {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text);
    }
    hex::encode(hasher.finalize())
}
