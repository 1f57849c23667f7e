//! Packs: all advisories of some publishers in one signed file, which says up to which day it has everything.
//!
//! An advisory names addresses on a day and never ends; without a word about completeness nobody can tell "no advisory" from
//! "not fetched". The pack that comes with the product is compiled in; one of the user's own comes with a minisign
//! signature of a key that the user trusts. `data/README.md` says how to make and sign one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use minisign_verify::{PublicKey, Signature};
use sha2::{Digest, Sha256};
use tracehound_model::{Category, Claim, Confidence, Party, SourceId, SourceKind};

use crate::{
    ImportError,
    import::{Imported, NewClaim, official, read_pack},
};

/// The name of the pack that says up to which day the advisories are complete: an id that stands in stores and packs.
pub const COMPLETE_PACK: &str = "notices";

/// A pack that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its name: a later pack of the same name takes its place.
    pub name: String,
    /// The day up to which it has everything of its publishers.
    pub complete_as_of: Date,
    /// Its advisories by source and day, each with what earlier advisories of its source say: a source's newest snapshot is
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
    /// Something that is no advisory of an authority.
    #[error(
        "the pack speaks as `{source_id}` (a source of kind {kind:?}), and a pack holds advisories (kind law_enforcement) under \
         ids of their own, never an official list or a part of one: nothing has been changed"
    )]
    NoAdvisory {
        /// The source in the pack.
        source_id: SourceId,
        /// Its kind in the pack.
        kind: SourceKind,
    },
    /// What is held of a source is more than an advisory.
    #[error(
        "the pack speaks as `{source_id}`, and what is held under this id is of another kind ({held:?}): give the advisories an id \
         of their own; nothing has been changed"
    )]
    HeldAs {
        /// The source.
        source_id: SourceId,
        /// Its kind by now.
        held: SourceKind,
    },
    /// It lacks what a source says, or says it more weakly.
    #[error(
        "the pack would end or weaken {ended} of the subjects and parties that `{source_id}` names (no longer named, for a \
         shorter time, as something else, with less confidence, or without their programmes or names): a newer pack repeats \
         what an earlier one says and may add; nothing has been changed. Take it all the same with --accept-shrink"
    )]
    WouldEnd {
        /// The source.
        source_id: SourceId,
        /// Subjects and parties that would no longer be named, or no longer as what they are.
        ended: usize,
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
        for list in &mut lists {
            refer_to_own_page(list);
        }
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

    /// Refuses a pack that speaks for a published list, or as anything else than an authority with its advisories.
    pub(crate) fn check_sources(&self) -> Result<(), PackError> {
        for list in &self.lists {
            let source = &list.snapshot.source;
            let list_id = official::list_of(&source.id);
            let is_official =
                official::official(&list_id).is_some() || official::near_miss(&list_id).is_some();
            if is_official || source.kind != SourceKind::LawEnforcement {
                return Err(PackError::NoAdvisory { source_id: source.id.clone(), kind: source.kind });
            }
        }
        Ok(())
    }

    /// Refuses a pack that ends or weakens what a source says. `held` is all that it says by now: what holds on the day of
    /// one of the pack's advisories must stand in the pack, under the same category, for as long, with no less confidence and
    /// all its programmes; and every party must stand there with all its names.
    pub(crate) fn check_weakens_nothing(&self, source: &SourceId, held: &Held) -> Result<(), PackError> {
        if let Some(held) = held.kind.filter(|kind| *kind != SourceKind::LawEnforcement) {
            return Err(PackError::HeldAs { source_id: source.clone(), held });
        }
        let mut weaker = BTreeSet::new();
        for list in self.lists_of(source) {
            let Some(day) = list.snapshot.source.published else { continue };
            let said = self.said_on(source, day);
            for claim in held.claims.iter().filter(|claim| claim.holds_on(day)) {
                let key = (claim.subject.key(), claim.statement.category);
                let until = claim.valid_to.unwrap_or(Date::MAX);
                let as_strong = |said: &Said| {
                    said.until >= until
                        && said.confidence >= claim.confidence
                        && claim.statement.programs.iter().all(|program| said.programs.contains(program))
                };
                if !said.get(&key).is_some_and(|said| said.iter().any(as_strong)) {
                    weaker.insert(key.0);
                }
            }
        }
        let newest = self.lists_of(source).last().map_or(&[][..], |list| &list.snapshot.parties);
        let kept = |party: &Party| {
            let same = newest.iter().filter(|other| other.id == party.id);
            let all = |other: &Party| {
                party.names.iter().all(|name| other.names.iter().any(|other| other.full == name.full))
                    && party.programs.iter().all(|program| other.programs.contains(program))
            };
            same.into_iter().any(all)
        };
        let parties = held.parties.iter().filter(|party| !kept(party)).count();
        match weaker.len() + parties {
            0 => Ok(()),
            ended => Err(PackError::WouldEnd { source_id: source.clone(), ended }),
        }
    }

    fn lists_of<'a>(&'a self, source: &'a SourceId) -> impl Iterator<Item = &'a Imported> {
        self.lists.iter().filter(move |list| list.snapshot.source.id == *source)
    }

    /// What the pack lets a source say on a day, by subject and category.
    fn said_on(&self, source: &SourceId, day: Date) -> HashMap<(Vec<u8>, Category), Vec<Said>> {
        let mut said: HashMap<_, Vec<Said>> = HashMap::new();
        // Each list says all that its source says by then.
        let lists = self.lists_of(source).filter(|list| list.snapshot.source.published == Some(day));
        for list in lists {
            for claim in list.snapshot.claims.iter() {
                let until = claim.valid_to.unwrap_or(Date::MAX);
                if claim.valid_from.is_none_or(|from| from <= day) && until > day {
                    let key = (claim.subject.key(), claim.statement.category);
                    let confidence = claim.confidence;
                    said.entry(key).or_default().push(Said {
                        until,
                        confidence,
                        programs: claim.statement.programs,
                    });
                }
            }
        }
        said
    }
}

/// What is known of a source before a pack speaks for it.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Its kind; none where it is new.
    pub(crate) kind: Option<SourceKind>,
    /// All its claims, ended ones included.
    pub(crate) claims: Vec<Claim>,
    /// The parties of its newest list version.
    pub(crate) parties: Vec<Party>,
}

/// What a pack says of a subject under a category.
struct Said {
    until: Date,
    confidence: Confidence,
    programs: Vec<String>,
}

/// Whether `bytes` look like a pack, for a command that takes other lists too.
pub fn is_pack(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(64 << 10)]);
    text.lines().map(str::trim).find(|line| line.starts_with('[')) == Some("[pack]")
}

/// Has each claim of an advisory name the page of that advisory: what is said of its source changes with the next one.
fn refer_to_own_page(list: &mut Imported) {
    let page = &list.snapshot.source.url;
    let refer = |mut claim: NewClaim| {
        claim.statement.reference = claim.statement.reference.or_else(|| page.clone());
        claim
    };
    list.snapshot.claims = list.snapshot.claims.iter().map(refer).collect();
}

/// Puts what an earlier advisory says in front of what `list` says.
fn add_earlier(list: &mut Imported, earlier: &Imported) {
    let mut claims = earlier.snapshot.claims.clone();
    claims.append(&list.snapshot.claims);
    list.snapshot.claims = claims;
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
