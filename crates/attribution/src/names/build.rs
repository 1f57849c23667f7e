//! Preparing the names of parties: the sections of a file, as they are mapped later.

use std::{collections::BTreeMap, path::Path};

use sha2::{Digest, Sha256};
use tracehound_columns::{
    ColumnError,
    sections::{self, WORDS},
};
use tracehound_model::{Party, PartyKind};
use zerocopy::IntoBytes;

use super::{
    MAX_TOKENS, abjad, in_latin,
    korean::{KoreanName, Syllable},
    layout::{
        FAMILIES, KIND, KoreanRecord, NONE, NameRecord, ORGANISATION, REPEATS, SECTIONS, WEAK, WordRecord,
    },
    legal_forms,
    normal::normal,
    question,
    score::{Shape, Term},
    script, split,
};
use crate::{Secret, parties};

/// More of something than a file can number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} {what} are more than prepared names hold")]
pub struct TooMany {
    /// What was counted.
    pub what: &'static str,
    /// How many there are.
    pub count: usize,
}

/// Names of parties, prepared for a file.
pub(crate) struct Prepared {
    secret: Secret,
    made_of: Vec<u8>,
    parties: parties::Encoded,
    names: Vec<NameRecord>,
    kinds: Vec<u8>,
    tokens: Vec<u32>,
    piece_ends: Vec<u64>,
    pieces: Vec<u8>,
    words: Vec<WordRecord>,
    shapes: Vec<Shape>,
    texts: Vec<u8>,
    postings: Vec<u32>,
    joined_hashes: Vec<u64>,
    joined_names: Vec<u32>,
    korean: Vec<KoreanRecord>,
    given_ends: Vec<u32>,
    syllables: Vec<Syllable>,
    family_ends: Vec<u32>,
    families: Vec<u32>,
    counts: [u64; 1],
    digest: [u8; 32],
}

impl Prepared {
    /// Of parties in any order; `made_of` says what they are to whoever opens the file. O(n log n) of their tokens.
    pub(crate) fn of(parties: &[Party], secret: Secret, made_of: &[u8]) -> Result<Self, TooMany> {
        let mut sorted: Vec<&Party> = parties.iter().collect();
        sorted.sort_by(|a, b| (&a.source, &a.id).cmp(&(&b.source, &b.id)));
        let mut prepared = Self {
            secret,
            made_of: made_of.to_vec(),
            parties: parties::Encoded::of(&sorted),
            names: Vec::new(),
            kinds: Vec::new(),
            tokens: Vec::new(),
            piece_ends: Vec::new(),
            pieces: Vec::new(),
            words: Vec::new(),
            shapes: Vec::new(),
            texts: Vec::new(),
            postings: Vec::new(),
            joined_hashes: Vec::new(),
            joined_names: Vec::new(),
            korean: Vec::new(),
            given_ends: Vec::new(),
            syllables: Vec::new(),
            family_ends: Vec::new(),
            families: Vec::new(),
            counts: [0],
            digest: [0; 32],
        };
        let mut texts: Vec<Vec<String>> = Vec::new();
        for (number, party) in sorted.iter().enumerate() {
            prepared.add_names(number as u32, party, &mut texts);
        }
        // Each has a byte at least, of those that are numbered from here on.
        let bytes = texts.iter().flatten().map(String::len).sum::<usize>();
        for (what, count) in [
            ("parties", sorted.len()),
            ("bytes of names", 3 * bytes),
            ("syllables", prepared.syllables.len()),
        ] {
            if count >= NONE as usize {
                return Err(TooMany { what, count });
            }
        }
        prepared.add_families();
        prepared.add_joined(&texts);
        prepared.add_words(&texts);
        prepared.digest = digest_of(prepared.sections());
        Ok(prepared)
    }

    fn add_names(&mut self, party_number: u32, party: &Party, texts: &mut Vec<Vec<String>>) {
        let organisation = party.kind != PartyKind::Individual;
        let has_latin = party.names.iter().any(|name| in_latin(&name.full));
        for (number, name) in party.names.iter().enumerate() {
            for (place, text) in split::names(&name.full).into_iter().enumerate() {
                let normal = normal(&text, MAX_TOKENS);
                let is_part = place > 0 && organisation;
                let says_nothing =
                    || question::tells_nothing(&normal.tokens) || split::is_common_end(&normal.tokens);
                if normal.tokens.is_empty() || is_part && says_nothing() {
                    continue;
                }
                if !organisation {
                    for reading in KoreanName::readings(&text, &normal.tokens) {
                        self.add_korean(&reading);
                    }
                }
                let repeats = has_latin && script::is_other(&text);
                let kinds = [(ORGANISATION, organisation), (REPEATS, repeats), (WEAK, name.weak)];
                self.kinds.push(kinds.iter().fold(0, |bits, (bit, is)| if *is { bits | bit } else { bits }));
                let piece = if place > 0 { self.piece_ends.len() as u32 } else { NONE };
                if place > 0 {
                    self.pieces.extend_from_slice(text.as_bytes());
                    self.piece_ends.push(self.pieces.len() as u64);
                }
                self.names.push(NameRecord {
                    forms: legal_forms::forms(&normal.tokens),
                    party: party_number,
                    number: number as u32,
                    first_token: 0,
                    before_comma: normal.before_comma as u32,
                    piece,
                    reserved: 0,
                });
                texts.push(normal.tokens);
            }
        }
    }

    /// A reading of the name that is added next.
    fn add_korean(&mut self, reading: &KoreanName) {
        let families = reading.family_bits();
        self.korean.push(KoreanRecord {
            families: [families as u64, (families >> 64) as u64],
            name: self.names.len() as u32,
            first_given: self.given_ends.len() as u32,
        });
        for given in reading.given() {
            self.syllables.extend_from_slice(given);
            self.given_ends.push(self.syllables.len() as u32);
        }
    }

    fn add_families(&mut self) {
        for family in 0..FAMILIES {
            let has = |record: &KoreanRecord| record.families[family / 64] >> (family % 64) & 1 == 1;
            let numbers = self.korean.iter().zip(0..).filter(|(record, _)| has(record));
            self.families.extend(numbers.map(|(_, number): (_, u32)| number));
            self.family_ends.push(self.families.len() as u32);
        }
    }

    fn add_joined(&mut self, texts: &[Vec<String>]) {
        let mut joined = Vec::new();
        for (number, (tokens, name)) in texts.iter().zip(&self.names).enumerate() {
            let core: Vec<&str> = (0..tokens.len())
                .filter(|place| name.forms & (1 << (place & 63)) == 0)
                .map(|place| tokens[place].as_str())
                .collect();
            let whole = (tokens.len() > 2).then(|| tokens.concat());
            let core = (name.forms != 0).then(|| core.concat());
            for part in tokens.windows(2).map(<[String]>::concat).chain(whole).chain(core) {
                joined.push((self.secret.hash(part.as_bytes()), number as u32));
            }
        }
        joined.sort_unstable();
        joined.dedup();
        (self.joined_hashes, self.joined_names) = joined.into_iter().unzip();
    }

    fn add_words(&mut self, texts: &[Vec<String>]) {
        let mut by_word: BTreeMap<&str, Vec<(u32, u32)>> = BTreeMap::new();
        let mut place = 0;
        for (name, tokens) in (0..).zip(texts) {
            self.names[name as usize].first_token = place;
            for token in tokens {
                by_word.entry(token).or_default().push((name, place));
                place += 1;
            }
        }
        let is_abjad = |text: &str| text.chars().next().is_some_and(abjad::is_abjad);
        let in_abjad = texts.iter().filter(|tokens| tokens.iter().any(|token| is_abjad(token))).count();
        self.counts = [in_abjad as u64];
        self.tokens = vec![0; place as usize];
        for (text, places) in by_word {
            let term = Term::new(text, 0.0);
            let begins = term.parts().map(|part| {
                let at = self.texts.len() as u32;
                self.texts.extend_from_slice(part);
                at
            });
            let [text, folded, skeleton] = begins;
            let first_name = self.postings.len() as u32;
            for (name, place) in places {
                self.tokens[place as usize] = self.words.len() as u32;
                if self.postings.len() as u32 == first_name || self.postings.last() != Some(&name) {
                    self.postings.push(name);
                }
            }
            self.words.push(WordRecord { text, folded, skeleton, first_name });
            self.shapes.push(term.shape);
        }
    }

    /// SHA-256 over the sections, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        hex::encode(self.digest)
    }

    /// The bytes of the file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        sections::encode(KIND, self.head(), &self.sections())
    }

    /// Writes the file; durable when this returns.
    pub(crate) fn write(&self, path: &Path) -> Result<(), ColumnError> {
        sections::write(path, KIND, self.head(), &self.sections())
    }

    fn head(&self) -> [u64; WORDS] {
        let mut words = [0; WORDS];
        words.as_mut_bytes()[..32].copy_from_slice(&self.digest);
        words.as_mut_bytes()[32..48].copy_from_slice(self.secret.bytes());
        words
    }

    fn sections(&self) -> [&[u8]; SECTIONS] {
        let [sources, ends, json, heads, ties] = self.parties.sections();
        [
            &self.made_of,
            sources,
            ends,
            json,
            heads,
            ties,
            self.names.as_bytes(),
            &self.kinds,
            self.tokens.as_bytes(),
            self.piece_ends.as_bytes(),
            &self.pieces,
            self.words.as_bytes(),
            self.shapes.as_bytes(),
            &self.texts,
            self.postings.as_bytes(),
            self.joined_hashes.as_bytes(),
            self.joined_names.as_bytes(),
            self.korean.as_bytes(),
            self.given_ends.as_bytes(),
            self.syllables.as_bytes(),
            self.family_ends.as_bytes(),
            self.families.as_bytes(),
            self.counts.as_bytes(),
        ]
    }
}

/// SHA-256 over the sections, each with its length before it.
pub(super) fn digest_of<'a>(sections: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for section in sections {
        hasher.update((section.len() as u64).to_le_bytes());
        hasher.update(section);
    }
    hasher.finalize().into()
}
