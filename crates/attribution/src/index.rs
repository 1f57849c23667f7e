//! The screening index: immutable, memory-mapped files that answer "who is this" without a database.
//!
//! An [`Index`] is made of layers: files, each with all the claims and parties of some sources. A source that changes is
//! written to a new layer and no longer counts in its old one, so that a small list costs little beside a large one;
//! layers of similar size become one. It holds every claim, those that have ended included, so that it answers for any
//! day. [`publish()`] puts one in force with a [`Manifest`] that says of which state of the store it was made;
//! [`LiveIndex`] takes it up while readers go on with the one they hold.
//!
//! **How a look-up works.** Subjects are sorted by a 64-bit hash of their key, keyed with the installation's secret; a
//! directory gives the place in that order by the hash's leading bits. An equal hash is only a hint: the whole key is
//! compared. A miss costs two reads of memory a layer, a hit two more.
//!
//! **Invariants.** The same claims, parties and sources have the same [digest](Index::digest), whatever their order,
//! layers and secret; under one secret they give the same bytes of a file. A file is checked in full when it is opened
//! (checksums, every offset, text and date), so reading it cannot fail afterwards.

mod build;
mod check;
mod claim_ref;
mod contents;
mod error;
mod layer;
mod layout;
mod live;
mod manifest;
mod prepared;
mod publish;

use std::{collections::BTreeSet, iter::FusedIterator, ops::Range, path::Path, sync::OnceLock};

use jiff::civil::Date;
use tracehound_model::{Chain, Party, SourceId, SourceKind, Standing, Subject};

use crate::{Corpus, Secret, SourceHistory, names::NameIndex, ownership::Owners, parties::PartyTable};

pub use claim_ref::ClaimRef;
pub use error::IndexError;
pub use live::LiveIndex;
pub use manifest::{Manifest, Stamp};
pub use publish::publish;

pub(crate) use publish::{Publisher, State};

use contents::Content;
use layer::Layer;
use prepared::Stored;

/// Stands for the file in errors about an index that has none.
const IN_MEMORY: &str = "(in memory)";

/// One screening index: immutable and shared by as many readers as wanted.
#[derive(Debug)]
pub struct Index {
    layers: Vec<Layer>,
    secret: Secret,
    sources: Vec<SourceHistory>,
    contents: Vec<Content>,
    digest: String,
    parties: OnceLock<Vec<Party>>,
    /// The names as they were prepared; none where nobody has prepared them.
    stored: Option<Stored>,
    names: OnceLock<NameIndex>,
    /// The parties apart, where their names are not prepared.
    table: OnceLock<PartyTable>,
}

impl Index {
    /// The bytes of the index of `corpus` as one file. O(n log n); holds the corpus's keys and the result in memory.
    pub fn encode(corpus: &Corpus, secret: Secret) -> Result<Vec<u8>, IndexError> {
        Ok(build::Builder::of(corpus, secret)?.encode())
    }

    /// An index in memory, for a corpus too small or too short-lived for a file. It has a secret of its own.
    pub fn from_corpus(corpus: &Corpus) -> Result<Self, IndexError> {
        Self::from_bytes(&Self::encode(corpus, Secret::new())?)
    }

    /// Copies and checks bytes made by [`encode`](Self::encode), from wherever they come. O(n).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, IndexError> {
        Ok(Self::of_one(Layer::from_bytes(bytes)?))
    }

    /// Maps and checks one file, as an index of its own. O(n), at the speed of memory.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        Ok(Self::of_one(Layer::open(path)?))
    }

    fn of_one(layer: Layer) -> Self {
        let (secret, described) = (layer.secret, layer.described.clone());
        Self::of(vec![layer], secret, described, None)
    }

    /// `described` by id; every layer has this secret.
    fn of(
        layers: Vec<Layer>,
        secret: Secret,
        described: Vec<(SourceHistory, Content)>,
        stored: Option<Stored>,
    ) -> Self {
        let digest = contents::digest(described.iter().map(|(history, content)| (history, content)));
        let (sources, contents) = described.into_iter().unzip();
        Self {
            layers,
            secret,
            sources,
            contents,
            digest,
            parties: OnceLock::new(),
            stored,
            names: OnceLock::new(),
            table: OnceLock::new(),
        }
    }

    /// Claims about the subject with these canonical bytes ([`Subject::key`], or [`tracehound_model::Address::key`]), in
    /// order of `valid_from`. O(layers).
    pub fn lookup(&self, key: &[u8]) -> Claims<'_> {
        let hash = self.secret.hash(key);
        let mut found = Claims(Found::Nothing);
        // Nearly always there is one.
        if let [layer] = &self.layers[..] {
            return layer.find(hash, key).map_or(found, |subject| Claims::run(layer, subject));
        }
        for layer in &self.layers {
            if let Some(subject) = layer.find(hash, key) {
                found.add(layer, subject);
            }
        }
        found
    }

    /// Claims about a subject, and about the other addresses that the same key controls
    /// ([`same_owner`](tracehound_model::Address::same_owner)); [`ClaimRef::subject`] tells which one a claim names.
    pub fn claims_about<'a>(&'a self, subject: &Subject) -> impl Iterator<Item = ClaimRef<'a>> + use<'a> {
        let others = match subject {
            Subject::Address(address) => Some(address.same_owner()),
            Subject::Tx { .. } | Subject::Opaque(_) => None,
        };
        let others = others.into_iter().flatten().flat_map(|address| self.lookup(address.key().as_ref()));
        self.lookup(&subject.key()).chain(others)
    }

    /// Every claim, in an order that depends on the secret.
    pub fn claims(&self) -> impl Iterator<Item = ClaimRef<'_>> {
        self.layers.iter().flat_map(claims_of)
    }

    /// Whether any address of this chain is a service's on `day`. O(claims), ends at the first.
    pub fn knows_service_of(&self, chain: Chain, day: Date) -> bool {
        let is_of_chain = |claim: &ClaimRef<'_>| match claim.subject() {
            Subject::Address(address) => address.fits(chain),
            Subject::Tx { .. } | Subject::Opaque(_) => false,
        };
        self.claims()
            .filter(|claim| claim.category().is_service() && claim.holds_on(day))
            .any(|claim| is_of_chain(&claim))
    }

    /// Number of claims, ended ones included.
    pub fn claim_count(&self) -> usize {
        self.layers.iter().map(|layer| layer.live_claims).sum()
    }

    /// Number of different subjects. O(subjects of all layers but the first).
    pub fn subject_count(&self) -> usize {
        let counts = |layer: &Layer, subject: u32| layer.claims_of(subject).any(|claim| layer.is_live(claim));
        let fresh = |(place, layer): (usize, &Layer)| {
            let new = |&subject: &u32| {
                let (hash, key) = (layer.hashes[subject as usize], layer.key(subject));
                let before = |other: &Layer| other.find(hash, key).is_some_and(|found| counts(other, found));
                counts(layer, subject) && !self.layers[..place].iter().any(before)
            };
            (0..layer.hashes.len() as u32).filter(new).count()
        };
        self.layers.iter().enumerate().map(fresh).sum()
    }

    /// Bytes of all files.
    pub fn byte_len(&self) -> u64 {
        self.layers.iter().map(|layer| layer.file.byte_len()).sum()
    }

    /// Every source with the dates of its snapshots, sorted by id.
    pub fn sources(&self) -> &[SourceHistory] {
        &self.sources
    }

    /// The source with this id.
    pub fn source(&self, id: &str) -> Option<&SourceHistory> {
        let position = self.sources.binary_search_by(|history| history.source.id.0.as_str().cmp(id)).ok()?;
        Some(&self.sources[position])
    }

    /// Date of the newest snapshot of `source` that is not after `as_of`; `None` when the source is not here or says
    /// nothing about that day.
    pub fn newest_snapshot(&self, source: &str, as_of: Date) -> Option<Date> {
        self.source(source)?.snapshot_on(as_of)
    }

    /// SHA-256 of the content, in hexadecimal: the name of this very state of knowledge. It depends on nothing else, such
    /// as the secret or the layers.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The names of the listed parties: those that were prepared when the index was published, checked at the first call,
    /// or prepared then.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] when they cannot be read.
    pub fn names(&self) -> Result<&NameIndex, IndexError> {
        if let Some(names) = self.names.get() {
            return Ok(names);
        }
        let keep = |names| self.names.get_or_init(|| names);
        match &self.stored {
            Some(stored) => stored.read(|| self.names.get(), keep),
            None => Ok(keep(NameIndex::prepare(self.parties()?)?)),
        }
    }

    /// The parties of all sources, by source and number, read at the first call.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] when they cannot be read.
    pub fn parties(&self) -> Result<&[Party], IndexError> {
        if let Some(parties) = self.parties.get() {
            return Ok(parties);
        }
        let parties = self.read_parties()?;
        Ok(self.parties.get_or_init(|| parties))
    }

    /// The same, to be read one by one.
    fn table(&self) -> Result<&PartyTable, IndexError> {
        if self.stored.is_some() || self.names.get().is_some() {
            return Ok(self.names()?.parties());
        }
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let table = PartyTable::of(self.parties()?)?;
        Ok(self.table.get_or_init(|| table))
    }

    fn read_parties(&self) -> Result<Vec<Party>, IndexError> {
        parties_of(&self.layers)
    }

    /// Who owns whom on `day`, and whom OFAC's 50 Percent Rule reaches: everybody on a sanctions list counts as blocked, and
    /// whom a gathered list calls so.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] when the parties cannot be read.
    pub fn owners(&self, day: Date) -> Result<Owners<'_>, IndexError> {
        let sanctions: BTreeSet<&str> = self
            .sources
            .iter()
            .filter(|history| history.source.kind == SourceKind::Sanctions)
            .map(|history| history.source.id.0.as_str())
            .collect();
        let is_listed = |source: &SourceId, standing: Standing| match standing {
            Standing::Sanctioned => true,
            Standing::Listed => sanctions.contains(source.0.as_str()),
            Standing::Related => false,
        };
        Ok(Owners::of(self.table()?, day, is_listed))
    }

    /// Computes the digests again from the content and compares them. Opening checks fast checksums only, which guard
    /// against damage but not against intent.
    pub fn verify_digest(&self) -> Result<(), IndexError> {
        for layer in &self.layers {
            let found = hex::encode(check::digest(layer));
            if found != layer.digest {
                let stated = &layer.digest;
                return Err(
                    layer.damaged(format!("its content has the digest {found}, its header says {stated}"))
                );
            }
            let contents = contents::of(&layer.tables(), &layer.parties()?);
            for (history, stated) in self.sources.iter().zip(&self.contents) {
                let id = &history.source.id;
                let found = contents.get(id).cloned().unwrap_or_default();
                if layer.counts(id) && found != *stated {
                    return Err(layer.damaged(format!("{id} has another content than the manifest says")));
                }
            }
        }
        match &self.stored {
            Some(stored) if !self.names()?.is_of(self.parties()?) => {
                Err(stored.damaged("it holds other names than the parties have"))
            }
            _ => Ok(()),
        }
    }
}

/// The parties of layers that count, by source and number.
fn parties_of(layers: &[Layer]) -> Result<Vec<Party>, IndexError> {
    let mut parties = Vec::new();
    for layer in layers {
        parties.extend(layer.parties()?.into_iter().filter(|party| layer.counts(&party.source)));
    }
    parties.sort_by(|a, b| (&a.source, &a.id).cmp(&(&b.source, &b.id)));
    Ok(parties)
}

/// Every claim of a file that counts, subject by subject.
fn claims_of(layer: &Layer) -> impl Iterator<Item = ClaimRef<'_>> {
    let subjects = 0..layer.hashes.len() as u32;
    subjects.flat_map(move |subject| {
        let numbers = layer.claims_of(subject).filter(move |&claim| layer.is_live(claim));
        numbers.map(move |claim| ClaimRef::new(layer, subject, claim))
    })
}

/// Claims about one subject.
#[derive(Clone, Debug)]
pub struct Claims<'a>(Found<'a>);

#[derive(Clone, Debug)]
enum Found<'a> {
    Nothing,
    /// In one file, as nearly always.
    Run {
        layer: &'a Layer,
        subject: u32,
        numbers: Range<u32>,
    },
    /// In several, put in order.
    Merged(std::vec::IntoIter<ClaimRef<'a>>),
}

impl<'a> Claims<'a> {
    fn run(layer: &'a Layer, subject: u32) -> Self {
        Self(Found::Run { layer, subject, numbers: layer.claims_of(subject) })
    }

    fn add(&mut self, layer: &'a Layer, subject: u32) {
        let run = Self::run(layer, subject);
        *self = match std::mem::replace(&mut self.0, Found::Nothing) {
            Found::Nothing => run,
            before => {
                let mut all: Vec<ClaimRef<'a>> = Claims(before).chain(run).collect();
                all.sort_by(ClaimRef::order);
                Claims(Found::Merged(all.into_iter()))
            }
        };
    }
}

impl<'a> Iterator for Claims<'a> {
    type Item = ClaimRef<'a>;

    #[expect(clippy::inline_always, reason = "as for a layer's `find`")]
    #[inline(always)]
    fn next(&mut self) -> Option<ClaimRef<'a>> {
        match &mut self.0 {
            Found::Nothing => None,
            Found::Run { layer, subject, numbers } => {
                let claim = numbers.find(|&claim| layer.is_live(claim))?;
                Some(ClaimRef::new(layer, *subject, claim))
            }
            Found::Merged(all) => all.next(),
        }
    }
}

impl FusedIterator for Claims<'_> {}
