//! Making the sections of a file.
//!
//! Claims come in any order and are kept as records beside their keys and texts, each different text once; at the end
//! they are sorted, and statements and texts are numbered anew in the order of their first use. So the same claims under
//! the same secret give the same bytes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use tracehound_columns::sections::{self, WORDS};
use tracehound_labels::day;
use tracehound_model::{Claim, Party, SourceId, Statement, Subject};
use zerocopy::IntoBytes;

use super::{
    IndexError, check,
    contents::{self, Content},
    layout::{ClaimRecord, KIND, NONE, Origin, SECTIONS, StatementRecord, SubjectRecord, Tables},
};
use crate::{
    Corpus, Secret, SourceHistory,
    slots::{Slots, Texts},
};

/// Subjects that a bucket of the directory aims at.
const SUBJECTS_PER_BUCKET: usize = 4;

/// The number of a text.
fn numbered(texts: &mut Texts, text: &str) -> Result<u32, IndexError> {
    let count = texts.ends.len();
    texts.number(text.as_bytes()).ok_or(IndexError::TooMany { what: "texts", count, limit: NONE - 1 })
}

fn optional(texts: &mut Texts, text: Option<&str>) -> Result<u32, IndexError> {
    text.map_or(Ok(NONE), |text| numbered(texts, text))
}

fn programs_of<'p>(record: &StatementRecord, programs: &'p [u32]) -> &'p [u32] {
    let first = record.first_program as usize;
    &programs[first..first + record.program_count as usize]
}

/// A claim and where it goes.
struct Entry {
    hash: u64,
    key_at: u32,
    key_len: u32,
    record: ClaimRecord,
}

/// Gathers claims and parties and makes a file of them.
pub(super) struct Builder {
    secret: Secret,
    entries: Vec<Entry>,
    keys: Vec<u8>,
    statements: Vec<StatementRecord>,
    programs: Vec<u32>,
    known_statements: Slots,
    origins: Vec<Origin>,
    known_origins: HashMap<(SourceId, u8, jiff::Timestamp), u32>,
    texts: Texts,
    parties: Vec<Party>,
}

/// A file, made.
pub(super) struct Built {
    secret: Secret,
    directory: Vec<u32>,
    hashes: Vec<u64>,
    subjects: Vec<SubjectRecord>,
    keys: Vec<u8>,
    claims: Vec<ClaimRecord>,
    statements: Vec<StatementRecord>,
    origins: Vec<Origin>,
    programs: Vec<u32>,
    text_ends: Vec<u32>,
    texts: Vec<u8>,
    sources_json: Vec<u8>,
    parties_json: Vec<u8>,
    /// SHA-256 over the sections.
    digest: [u8; 32],
    /// What each source says.
    pub(super) contents: BTreeMap<SourceId, Content>,
}

impl Builder {
    pub(super) fn new(secret: Secret) -> Self {
        Self {
            secret,
            entries: Vec::new(),
            keys: Vec::new(),
            statements: Vec::new(),
            programs: Vec::new(),
            known_statements: Slots::default(),
            origins: Vec::new(),
            known_origins: HashMap::new(),
            texts: Texts::default(),
            parties: Vec::new(),
        }
    }

    /// The file of a whole corpus.
    pub(super) fn of(corpus: &Corpus, secret: Secret) -> Result<Built, IndexError> {
        let mut builder = Self::new(secret);
        corpus.claims.iter().try_for_each(|claim| builder.claim(claim))?;
        corpus.parties.iter().for_each(|party| builder.party(party.clone()));
        Ok(builder.finish(&corpus.sources))
    }

    /// The sources of the parties that were given.
    pub(super) fn sources_of_parties(&self) -> BTreeSet<SourceId> {
        self.parties.iter().map(|party| party.source.clone()).collect()
    }

    pub(super) fn claim_count(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn party(&mut self, party: Party) {
        self.parties.push(party);
    }

    pub(super) fn claim(&mut self, claim: &Claim) -> Result<(), IndexError> {
        fits("claims", self.entries.len() + 1)?;
        let key = claim.subject.key();
        if Subject::from_key(&key).is_none() {
            return Err(IndexError::Subject { id: claim.id.clone() });
        }
        let record = ClaimRecord {
            id: claim_id(&claim.id)?,
            statement: self.statement(&claim.statement)?,
            origin: self.origin(claim)?,
            valid_from: day::pack(Some(claim.valid_from)),
            valid_to: day::pack(claim.valid_to),
        };
        let key_at = fits("bytes of keys", self.keys.len())?;
        self.keys.extend_from_slice(&key);
        let key_len = fits("bytes of a key", key.len())?;
        self.entries.push(Entry { hash: self.secret.hash(&key), key_at, key_len, record });
        Ok(())
    }

    fn statement(&mut self, statement: &Statement) -> Result<u32, IndexError> {
        let programs: Result<Vec<u32>, _> =
            statement.programs.iter().map(|program| numbered(&mut self.texts, program)).collect();
        let programs = programs?;
        let record = StatementRecord {
            label: numbered(&mut self.texts, &statement.label)?,
            category: statement.category as u32,
            party_id: optional(&mut self.texts, statement.party_id.as_deref())?,
            party_listed_on: day::pack(statement.party_listed_on),
            first_program: 0,
            program_count: fits("programmes of a statement", programs.len())?,
            asset: optional(&mut self.texts, statement.asset.as_deref())?,
            actor: optional(&mut self.texts, statement.actor.as_deref())?,
            reference: optional(&mut self.texts, statement.reference.as_deref())?,
        };
        let same = |number: u32| {
            let known = &self.statements[number as usize];
            let alike = StatementRecord { first_program: 0, ..*known }.as_bytes() == record.as_bytes();
            alike && programs_of(known, &self.programs) == programs
        };
        let hash = self.known_statements.hash((record.as_bytes(), &programs));
        if let Some(number) = self.known_statements.find(hash, same) {
            return Ok(number);
        }
        let number = fits("different statements", self.statements.len())?;
        let first_program = fits("programmes", self.programs.len())?;
        self.programs.extend(programs);
        self.statements.push(StatementRecord { first_program, ..record });
        let Self { statements, programs, known_statements, .. } = self;
        let hasher = known_statements.hasher();
        known_statements.insert(hash, number, |other| {
            let known = &statements[other as usize];
            let bare = StatementRecord { first_program: 0, ..*known };
            Slots::hash_with(&hasher, (bare.as_bytes(), programs_of(known, programs)))
        });
        Ok(number)
    }

    fn origin(&mut self, claim: &Claim) -> Result<u32, IndexError> {
        let key = (claim.source.clone(), claim.confidence.0, claim.recorded_at);
        if let Some(number) = self.known_origins.get(&key) {
            return Ok(*number);
        }
        let number = fits("imports", self.origins.len())?;
        self.origins.push(Origin {
            recorded_seconds: claim.recorded_at.as_second(),
            recorded_nanoseconds: claim.recorded_at.subsec_nanosecond(),
            source: numbered(&mut self.texts, &claim.source.0)?,
            confidence: claim.confidence.0.into(),
            reserved: 0,
        });
        self.known_origins.insert(key, number);
        Ok(number)
    }

    /// Sorts and numbers everything. `sources` are those of the claims and parties.
    pub(super) fn finish(mut self, sources: &[SourceHistory]) -> Built {
        self.known_statements = Slots::default();
        self.texts.settle();
        self.sort();
        let mut built = Built {
            secret: self.secret,
            directory: Vec::new(),
            hashes: Vec::new(),
            subjects: Vec::new(),
            keys: Vec::with_capacity(self.keys.len()),
            claims: Vec::with_capacity(self.entries.len()),
            statements: Vec::new(),
            origins: Vec::new(),
            programs: Vec::new(),
            text_ends: Vec::new(),
            texts: Vec::new(),
            sources_json: Vec::new(),
            parties_json: Vec::new(),
            digest: [0; 32],
            contents: BTreeMap::new(),
        };
        self.fill(&mut built);
        // Of a large list each half is large: neither is held twice.
        (self.entries, self.keys) = (Vec::new(), Vec::new());
        Renumber::of(&self).renumber(&mut built);
        let mut parties = std::mem::take(&mut self.parties);
        drop(self);
        built.directory = directory(&built.hashes);
        parties.sort_by(|a, b| (&a.source, &a.id).cmp(&(&b.source, &b.id)));
        built.contents = contents::of(&built.tables(), &parties);
        let always = "plain data always turns into JSON";
        built.parties_json = serde_json::to_vec(&parties).expect(always);
        let mut described: Vec<_> = sources
            .iter()
            .map(|history| (history, built.contents.get(&history.source.id).cloned().unwrap_or_default()))
            .collect();
        described.sort_by(|a, b| a.0.source.id.cmp(&b.0.source.id));
        built.sources_json = serde_json::to_vec(&described).expect(always);
        built.digest = check::digest_of(&built.sections());
        built
    }

    /// Subjects and claims, these with the numbers of statements and origins as they came.
    fn fill(&self, built: &mut Built) {
        let mut last: Option<&[u8]> = None;
        for entry in &self.entries {
            let key = &self.keys[entry.key_at as usize..(entry.key_at + entry.key_len) as usize];
            if last != Some(key) {
                let begins =
                    SubjectRecord { key_at: built.keys.len() as u32, first_claim: built.claims.len() as u32 };
                built.subjects.push(begins);
                built.hashes.push(entry.hash);
                built.keys.extend_from_slice(key);
                last = Some(key);
            }
            built.claims.push(entry.record);
        }
        let end = SubjectRecord { key_at: built.keys.len() as u32, first_claim: built.claims.len() as u32 };
        built.subjects.push(end);
    }

    /// By hash and key, then in the order in which a subject's claims are given.
    fn sort(&mut self) {
        let mut by_time: Vec<u32> = (0..self.origins.len() as u32).collect();
        by_time.sort_by_key(|&number| {
            let origin = &self.origins[number as usize];
            (origin.recorded_seconds, origin.recorded_nanoseconds, self.texts.get(origin.source))
        });
        let mut rank = vec![0_u32; by_time.len()];
        // Equal ones, which differ in confidence only, share a rank.
        for (place, pair) in by_time.iter().enumerate() {
            let same = place.checked_sub(1).map(|before| by_time[before]).filter(|&before| {
                let (a, b) = (&self.origins[before as usize], &self.origins[*pair as usize]);
                (a.recorded_seconds, a.recorded_nanoseconds, a.source)
                    == (b.recorded_seconds, b.recorded_nanoseconds, b.source)
            });
            rank[*pair as usize] = same.map_or(place as u32, |before| rank[before as usize]);
        }
        let keys = &self.keys;
        let key = |entry: &Entry| &keys[entry.key_at as usize..(entry.key_at + entry.key_len) as usize];
        let rest = |entry: &Entry| {
            let record = &entry.record;
            (record.valid_from, record.valid_to, rank[record.origin as usize], record.id)
        };
        self.entries.sort_unstable_by(|a, b| {
            (a.hash, key(a)).cmp(&(b.hash, key(b))).then_with(|| rest(a).cmp(&rest(b)))
        });
    }
}

/// New numbers for statements, origins and texts, in the order of their first use.
struct Renumber<'a> {
    from: &'a Builder,
    statements: Vec<u32>,
    origins: Vec<u32>,
    texts: Vec<u32>,
}

impl<'a> Renumber<'a> {
    fn of(from: &'a Builder) -> Self {
        Self {
            from,
            statements: vec![NONE; from.statements.len()],
            origins: vec![NONE; from.origins.len()],
            texts: vec![NONE; from.texts.ends.len()],
        }
    }

    fn renumber(mut self, built: &mut Built) {
        let mut claims = std::mem::take(&mut built.claims);
        for claim in &mut claims {
            claim.statement = self.statement(claim.statement, built);
            claim.origin = self.origin(claim.origin, built);
        }
        built.claims = claims;
    }

    fn statement(&mut self, number: u32, built: &mut Built) -> u32 {
        let known = self.statements[number as usize];
        if known != NONE {
            return known;
        }
        let record = self.from.statements[number as usize];
        let first_program = built.programs.len() as u32;
        for place in record.first_program..record.first_program + record.program_count {
            let program = self.text(self.from.programs[place as usize], built);
            built.programs.push(program);
        }
        let record = StatementRecord {
            label: self.text(record.label, built),
            party_id: self.text(record.party_id, built),
            asset: self.text(record.asset, built),
            actor: self.text(record.actor, built),
            reference: self.text(record.reference, built),
            first_program,
            ..record
        };
        let new = built.statements.len() as u32;
        built.statements.push(record);
        self.statements[number as usize] = new;
        new
    }

    fn origin(&mut self, number: u32, built: &mut Built) -> u32 {
        let known = self.origins[number as usize];
        if known != NONE {
            return known;
        }
        let record = self.from.origins[number as usize];
        let record = Origin { source: self.text(record.source, built), ..record };
        let new = built.origins.len() as u32;
        built.origins.push(record);
        self.origins[number as usize] = new;
        new
    }

    fn text(&mut self, number: u32, built: &mut Built) -> u32 {
        if number == NONE {
            return NONE;
        }
        let known = self.texts[number as usize];
        if known != NONE {
            return known;
        }
        let new = built.text_ends.len() as u32;
        built.texts.extend_from_slice(self.from.texts.get(number));
        built.text_ends.push(built.texts.len() as u32);
        self.texts[number as usize] = new;
        new
    }
}

impl Built {
    /// SHA-256 over the sections, in hexadecimal.
    pub(super) fn digest(&self) -> String {
        hex::encode(self.digest)
    }

    /// The bytes of the file.
    pub(super) fn encode(&self) -> Vec<u8> {
        sections::encode(KIND, self.words(), &self.sections())
    }

    /// Writes the file; durable when this returns.
    pub(super) fn write(&self, path: &Path) -> Result<(), IndexError> {
        Ok(sections::write(path, KIND, self.words(), &self.sections())?)
    }

    fn words(&self) -> [u64; WORDS] {
        let mut words = [0; WORDS];
        words.as_mut_bytes()[..32].copy_from_slice(&self.digest);
        words.as_mut_bytes()[32..48].copy_from_slice(self.secret.bytes());
        words
    }

    fn sections(&self) -> [&[u8]; SECTIONS] {
        [
            self.directory.as_bytes(),
            self.hashes.as_bytes(),
            self.subjects.as_bytes(),
            &self.keys,
            self.claims.as_bytes(),
            self.statements.as_bytes(),
            self.origins.as_bytes(),
            self.programs.as_bytes(),
            self.text_ends.as_bytes(),
            &self.texts,
            &self.sources_json,
            &self.parties_json,
        ]
    }

    fn tables(&self) -> Tables<'_> {
        Tables {
            subjects: &self.subjects,
            keys: &self.keys,
            claims: &self.claims,
            statements: &self.statements,
            origins: &self.origins,
            programs: &self.programs,
            text_ends: &self.text_ends,
            texts: &self.texts,
        }
    }
}

/// Number of the first subject of each bucket, and the number of subjects at the end.
fn directory(hashes: &[u64]) -> Vec<u32> {
    let buckets = (hashes.len() / SUBJECTS_PER_BUCKET).next_power_of_two();
    let shift = u64::BITS - buckets.ilog2();
    let mut directory = vec![0; buckets + 1];
    for hash in hashes {
        directory[hash.checked_shr(shift).unwrap_or(0) as usize + 1] += 1;
    }
    for bucket in 0..buckets {
        directory[bucket + 1] += directory[bucket];
    }
    directory
}

/// A claim's id as a number.
fn claim_id(id: &str) -> Result<u64, IndexError> {
    let plain = id.len() == 16 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let number = plain.then(|| u64::from_str_radix(id, 16).ok()).flatten();
    number.ok_or_else(|| IndexError::ClaimId { id: id.chars().take(40).collect() })
}

/// `count` as the format stores it. The last number stands for "none".
fn fits(what: &'static str, count: usize) -> Result<u32, IndexError> {
    let limit = NONE - 1;
    u32::try_from(count).ok().filter(|&count| count <= limit).ok_or(IndexError::TooMany {
        what,
        count,
        limit,
    })
}
