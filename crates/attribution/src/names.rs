//! Matching the names of listed parties, fuzzily: what a person typed against what lists wrote.
//!
//! A name becomes plain lower-case Latin tokens. Tokens are paired by spelling (Jaro-Winkler, initials, regular
//! differences between romanisations); rare tokens count for more than common ones, and the forms of companies ("Ltd")
//! for next to nothing. The score of a name is the share of the query that it explains, less for what it has beyond the
//! query; how much less depends on how telling the shared tokens are: "Vladimir Putin" may lack a patronymic, "Kim
//! Yong" may not lack anything.
//!
//! A score says how alike two names are, not how likely it is that they mean the same person. Scores are rounded to four
//! places, so that reports are the same everywhere.

mod abjad;
mod abroad;
mod articles;
mod asked;
mod beside;
mod build;
mod cases;
mod family;
mod foreign;
mod han;
mod inside;
mod korean;
mod labelled;
mod layout;
mod legal_forms;
mod lookalike;
mod mandarin;
mod nameless;
mod normal;
mod ordinary;
mod ordinary_words;
mod people;
mod question;
mod respell;
mod run_together;
mod scattered;
mod score;
mod script;
mod side_by_side;
mod similarity;
mod split;
mod stuck;
mod translated;
mod well_known;
mod written;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    ops::Range,
    path::Path,
    rc::Rc,
};

use tracehound_columns::{Column, ColumnError, sections::SectionFile};
use tracehound_model::Party;
use zerocopy::{FromBytes, IntoBytes};

use crate::{Secret, parties::PartyTable};
use han::HanName;
use korean::{KoreanName, Syllable};
use layout::{FAMILIES, KIND, KoreanRecord, NONE, NameRecord, ORGANISATION, REPEATS, WEAK, WordRecord};
use normal::normal;
use question::Reading;
use score::{Asked, Kind, LEAST_JOINED, LEAST_SIMILARITY, Shape, Sought, Term, rarity, weights};

pub(crate) use build::Prepared;
pub use build::TooMany;
pub use foreign::may_be_foreign;
pub use nameless::no_name;
pub(crate) use script::in_latin;
pub use script::{half_compared, mixed_word, not_compared};
pub use side_by_side::parts as script_parts;
pub use translated::{may_be_japanese, translated_word};
pub use written::{garbled, read_as};

/// Below this a name is not reported at all.
pub const MIN_SCORE: f64 = 0.5;
/// Matches from this on deserve a person's look: a letter dropped, swapped or wrong, another word order, initials and
/// other romanisations stay above it; two common words out of three stay below.
pub const DEFAULT_THRESHOLD: f64 = 0.85;
/// Most tokens of a query or a name that count.
const MAX_TOKENS: usize = 40;
/// What a name counts for that stands whole and in order inside a longer question, and tells enough.
const INSIDE: f64 = 0.95;
/// An organisation's name of several words that another script spells by sound is found from here on.
const WHOLE_BY_SOUND: f64 = 0.9;
/// Rarity is measured as if there were at least this many names, so that in a short list a common token is not taken for
/// a rare one by too much.
const LEAST_NAMES: usize = 20_000;

/// A query that cannot be searched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing in it can be compared.
    #[error("`{query}` has no letter or digit to search a name by: type the name as it is written")]
    Empty {
        /// The query.
        query: String,
    },
    /// It is longer than any name.
    #[error("the name has {length} {unit}, more than {limit}: search for the name alone")]
    TooLong {
        /// Its length.
        length: usize,
        /// Of what.
        unit: &'static str,
        /// How many are allowed.
        limit: usize,
    },
    /// The names that were prepared cannot be read.
    #[error("the names of the screening index cannot be read ({reason}): run `tracehound lists rebuild`")]
    Damaged {
        /// What is wrong, and where.
        reason: String,
    },
}

impl From<ColumnError> for NameError {
    fn from(error: ColumnError) -> Self {
        Self::Damaged { reason: error.to_string() }
    }
}

/// A field of a name as a search compares it: the whole, and where it holds several names each of them.
pub(crate) fn spellings(text: &str) -> Vec<Vec<String>> {
    let spelled = split::names(text).into_iter().map(|name| normal::spelling(&name));
    spelled.filter(|words| !words.is_empty()).collect()
}

/// A party whose name is like the query.
#[derive(Clone, Debug, PartialEq)]
pub struct NameMatch<'a> {
    /// The party.
    pub party: &'a Party,
    /// The name of it that is most like the query, as the list wrote it.
    pub matched_name: &'a str,
    /// Whether the list calls that name a weak alias; its score has been lowered for it.
    pub weak: bool,
    /// 0.0 to 1.0; 1.0 is the same name but for case, diacritics, punctuation and list order.
    pub score: f64,
}

/// Stands for the file in errors about names that have none.
const IN_MEMORY: &str = "(in memory)";

/// A name, prepared.
#[derive(Clone, Copy, Debug)]
struct Name<'a> {
    record: &'a NameRecord,
    kinds: u8,
    /// Its words.
    tokens: &'a [u32],
}

impl Name<'_> {
    const fn is_organisation(self) -> bool {
        self.kinds & ORGANISATION != 0
    }

    const fn repeats(self) -> bool {
        self.kinds & REPEATS != 0
    }
}

/// Names of parties, prepared for matching: mapped, or in memory in the same form. Preparing them takes O(n log n) of their
/// tokens, opening a file of them O(n) at the speed of memory.
pub struct NameIndex {
    file: SectionFile,
    made_of: Column<u8>,
    parties: PartyTable,
    names: Column<NameRecord>,
    kinds: Column<u8>,
    tokens: Column<u32>,
    /// Names out of fields with several.
    piece_ends: Column<u64>,
    pieces: Column<u8>,
    /// Sorted by text.
    words: Column<WordRecord>,
    /// The words' shapes apart, as most comparisons end with them.
    shapes: Column<Shape>,
    texts: Column<u8>,
    postings: Column<u32>,
    /// Hashes of two adjacent tokens written as one, and of all tokens written as one, with their names; sorted. A hint
    /// where to look: the score is made from the tokens.
    joined_hashes: Column<u64>,
    joined_names: Column<u32>,
    /// Names that read as Korean, and by family name where they stand there.
    korean: Column<KoreanRecord>,
    given_ends: Column<u32>,
    syllables: Column<Syllable>,
    family_ends: Column<u32>,
    families: Column<u32>,
    /// By this tokens written as one are hashed, so that no list can be written whose names fall on one hash.
    secret: Secret,
    counts: Column<u64>,
    in_abjad: usize,
}

impl fmt::Debug for NameIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.names.len();
        f.debug_struct("NameIndex")
            .field("path", &self.file.path())
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

/// Maps a file of prepared names, without its content, and tells the digest that it states, and its secret.
pub(crate) fn map(path: &Path) -> Result<(SectionFile, String, Secret), ColumnError> {
    let file = SectionFile::open(path, KIND)?;
    let (digest, secret) = head(&file);
    Ok((file, digest, secret))
}

/// What the words beside the sections say: their digest, in hexadecimal, and the secret.
fn head(file: &SectionFile) -> (String, Secret) {
    let words = file.words();
    let (digest, rest) = words.as_bytes().split_at(32);
    let secret = <[u8; 16]>::read_from_bytes(&rest[..16]).expect("16 bytes");
    (hex::encode(digest), Secret::from_bytes(secret))
}

impl NameIndex {
    /// Prepares the names of `parties` in memory.
    ///
    /// # Panics
    /// When there are more than four thousand million of anything in them.
    pub fn build(parties: &[Party]) -> Self {
        Self::prepare(parties).expect("fewer than four thousand million of anything")
    }

    /// As [`build`](Self::build).
    pub(crate) fn prepare(parties: &[Party]) -> Result<Self, TooMany> {
        let bytes = Self::encode(parties, Secret::new())?;
        Ok(Self::from_bytes(&bytes).expect("it was made here"))
    }

    /// The bytes of a file of the names of `parties`.
    ///
    /// # Errors
    /// When there is more of something than a file can number.
    #[doc(hidden)]
    pub fn encode(parties: &[Party], secret: Secret) -> Result<Vec<u8>, TooMany> {
        Ok(Prepared::of(parties, secret, &[])?.encode())
    }

    /// Takes the bytes of a file, from wherever they come. O(n).
    ///
    /// # Errors
    /// When they are no such file, or not a whole one.
    #[doc(hidden)]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ColumnError> {
        Self::open(SectionFile::from_bytes(Path::new(IN_MEMORY), bytes, KIND)?)
    }

    /// Checks a mapped file in full. O(n), at the speed of memory.
    pub(crate) fn open(mut file: SectionFile) -> Result<Self, ColumnError> {
        file.check()?;
        let (_, secret) = head(&file);
        let mut names = Self {
            made_of: file.column()?,
            parties: PartyTable::open(&mut file)?,
            names: file.column()?,
            kinds: file.column()?,
            tokens: file.column()?,
            piece_ends: file.column()?,
            pieces: file.column()?,
            words: file.column()?,
            shapes: file.column()?,
            texts: file.column()?,
            postings: file.column()?,
            joined_hashes: file.column()?,
            joined_names: file.column()?,
            korean: file.column()?,
            given_ends: file.column()?,
            syllables: file.column()?,
            family_ends: file.column()?,
            families: file.column()?,
            counts: file.column()?,
            in_abjad: 0,
            secret,
            file,
        };
        let in_abjad = names.counts.first().and_then(|count| usize::try_from(*count).ok());
        names.in_abjad = in_abjad.filter(|count| *count <= names.names.len()).unwrap_or(usize::MAX);
        names.check().map_err(|what| ColumnError::corrupt(names.file.path(), what))?;
        Ok(names)
    }

    /// Whether every number of a row and every end of a text lies where it has to, so that reading them cannot fail.
    fn check(&self) -> Result<(), &'static str> {
        let is_below =
            |numbers: &[u32], count: usize| numbers.iter().all(|&number| (number as usize) < count);
        let is_run = |ends: &[u32], total: usize| {
            ends.is_sorted() && ends.last().map_or(total == 0, |last| *last as usize == total)
        };
        let (names, words) = (self.names.len(), self.words.len());
        if self.in_abjad == usize::MAX || names >= NONE as usize || words >= NONE as usize {
            return Err("the names are miscounted");
        }
        if self.kinds.len() != names || !is_below(&self.tokens, words) {
            return Err("the names do not fit the words");
        }
        let begins = self.names.iter().map(|name| name.first_token as usize);
        let ends = begins.clone().skip(1).chain([self.tokens.len()]);
        let fits = |(name, (first, end)): (&NameRecord, (usize, usize))| {
            // So many bits are there to say which of them are used.
            end.checked_sub(first).is_some_and(|count| (1..=MAX_TOKENS).contains(&count))
                && (name.party as usize) < self.parties.len()
                && (name.piece == NONE || (name.piece as usize) < self.piece_ends.len())
        };
        let from_the_first = self.names.first().map_or(self.tokens.is_empty(), |name| name.first_token == 0);
        if !from_the_first || !self.names.iter().zip(begins.zip(ends)).all(fits) {
            return Err("a name is out of place");
        }
        let total = self.piece_ends.last().map_or(0, |last| *last);
        if !self.piece_ends.is_sorted()
            || total != self.pieces.len() as u64
            || !are_texts(&self.pieces, self.piece_ends.iter().copied())
        {
            return Err("a part of a field is out of place");
        }
        self.check_words()?;
        if self.joined_hashes.len() != self.joined_names.len()
            || !self.joined_hashes.is_sorted()
            || !is_below(&self.joined_names, names)
        {
            return Err("the joined tokens are out of place");
        }
        let given = |record: &KoreanRecord| record.first_given as usize <= self.given_ends.len();
        let right = self.korean.iter().all(|record| (record.name as usize) < names && given(record))
            && self.korean.is_sorted_by_key(|record| record.first_given)
            && is_run(&self.given_ends, self.syllables.len())
            && self.family_ends.len() == FAMILIES
            && is_run(&self.family_ends, self.families.len())
            && is_below(&self.families, self.korean.len());
        if right { Ok(()) } else { Err("the Korean names are out of place") }
    }

    fn check_words(&self) -> Result<(), &'static str> {
        let out_of_place = Err("a word is out of place");
        if self.shapes.len() != self.words.len() {
            return out_of_place;
        }
        let places = || self.words.iter().flat_map(|word| [word.text, word.folded, word.skeleton]);
        let sorted = places().is_sorted() && places().next().is_none_or(|first| first == 0);
        if !sorted || !are_texts(&self.texts, places().map(u64::from)) {
            return out_of_place;
        }
        let begins = self.words.iter().map(|word| word.first_name as usize);
        let ends = begins.clone().skip(1).chain([self.postings.len()]);
        let from_the_first = self.words.first().map_or(self.postings.is_empty(), |word| word.first_name == 0);
        let names = self.names.len();
        let right = from_the_first
            && begins.zip(ends).all(|(first, end)| first < end)
            && self.postings.iter().all(|&name| (name as usize) < names);
        let texts = || (0..self.words.len()).map(|word| self.word_parts(word)[0]);
        if right && texts().is_sorted_by(|a, b| a < b) && texts().all(|text| !text.is_empty()) {
            Ok(())
        } else {
            out_of_place
        }
    }

    /// What they were made of, in the words of whoever had them prepared.
    pub(crate) fn made_of(&self) -> &[u8] {
        &self.made_of
    }

    /// Whether the content has the digest that the file states, and is what these parties give. Opening checks fast
    /// checksums only.
    pub(crate) fn is_of(&self, parties: &[Party]) -> bool {
        let (stated, secret) = head(&self.file);
        let prepared = Prepared::of(parties, secret, &self.made_of);
        let found = build::digest_of(self.file.sections());
        hex::encode(found) == stated && prepared.is_ok_and(|prepared| prepared.digest() == stated)
    }

    fn name(&self, number: u32) -> Name<'_> {
        let place = number as usize;
        let record = &self.names[place];
        let end = self.names.get(place + 1).map_or(self.tokens.len(), |next| next.first_token as usize);
        Name { record, kinds: self.kinds[place], tokens: &self.tokens[record.first_token as usize..end] }
    }

    /// A word's text, folded, and without its vowels.
    fn word_parts(&self, word: usize) -> [&[u8]; 3] {
        let record = self.words[word];
        let end = self.words.get(word + 1).map_or(self.texts.len(), |next| next.text as usize);
        let (text, folded, skeleton) =
            (record.text as usize, record.folded as usize, record.skeleton as usize);
        [&self.texts[text..folded], &self.texts[folded..skeleton], &self.texts[skeleton..end]]
    }

    /// The names with a word.
    fn names_with(&self, word: u32) -> &[u32] {
        let place = word as usize;
        let end = self.words.get(place + 1).map_or(self.postings.len(), |next| next.first_name as usize);
        &self.postings[self.words[place].first_name as usize..end]
    }

    fn term(&self, word: u32) -> Term<'_> {
        let shape = self.shapes[word as usize];
        Term::stored(self.word_parts(word as usize), shape, self.rarity_of(word))
    }

    /// How telling a word is.
    fn rarity_of(&self, word: u32) -> f64 {
        let count = self.names_with(word).len();
        if self.shapes[word as usize].is_abjad() {
            rarity(count, self.in_abjad.max(LEAST_NAMES / 10))
        } else {
            self.rarity(count)
        }
    }

    /// A name that reads as Korean: its family names, the readings of the given one, and which it is.
    fn korean_name(&self, number: u32) -> (u128, impl Iterator<Item = &[Syllable]> + Clone, u32) {
        let place = number as usize;
        let record = self.korean[place];
        let first = record.first_given as usize;
        let end = self.korean.get(place + 1).map_or(self.given_ends.len(), |next| next.first_given as usize);
        let given = (first..end).map(|at| {
            let from = at.checked_sub(1).map_or(0, |before| self.given_ends[before]);
            &self.syllables[from as usize..self.given_ends[at] as usize]
        });
        let [low, high] = record.families.map(u128::from);
        (low | high << 64, given, record.name)
    }

    /// The names that may have this family name.
    fn of_family(&self, family: u8) -> &[u32] {
        let family = usize::from(family);
        let Some(&end) = self.family_ends.get(family) else { return &[] };
        let from = family.checked_sub(1).map_or(0, |before| self.family_ends[before]);
        &self.families[from as usize..end as usize]
    }

    /// Number of names that can be found.
    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    /// The parties, by source and number.
    pub fn parties(&self) -> &PartyTable {
        &self.parties
    }

    /// The `limit` parties with the names most like `query`, best first, each once by its best name. Parties that score
    /// below [`MIN_SCORE`] are left out. Ties are broken by source and party id.
    ///
    /// A query may hold several names, as fields of lists do ("X; Y", "X a.k.a. Y"), and letters that only look Latin:
    /// what it is most like counts, of the whole, of each name, and of either in the letters that it looks like.
    ///
    /// O(different tokens) for the spelling, O(names that share a token) for the score, for each name in the query.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<NameMatch<'_>>, NameError> {
        let mut search = Search { well_known: well_known::known(query), ..Search::default() };
        for reading in asked::asked(query)? {
            let apart = self.apart(&reading);
            self.search_one(&reading, &mut search);
            for reading in &apart {
                self.search_one(reading, &mut search);
            }
        }
        let enough = search.best.into_values().filter(|(score, _)| *score >= MIN_SCORE);
        let mut matches = enough
            .map(|(score, name)| self.to_match(score, self.name(name)))
            .collect::<Result<Vec<_>, ColumnError>>()?;
        matches.sort_by(|a, b| {
            let (one, other) = (a.party, b.party);
            let by_id = || (&one.source, &one.id).cmp(&(&other.source, &other.id));
            b.score.total_cmp(&a.score).then_with(by_id)
        });
        matches.truncate(limit);
        Ok(matches)
    }

    /// Notes, by party, the score of the name most like this one, and which it is.
    fn search_one(&self, reading: &Reading, search: &mut Search) {
        let query = reading.text.as_str();
        let query_tokens = normal(query, MAX_TOKENS).tokens;
        if query_tokens.is_empty() || !search.is_new(reading, &query_tokens) {
            return;
        }
        let forms = self.forms_asked(query, &query_tokens);
        self.search_without(reading, &query_tokens, forms, search);
        // What is a form in questions may be a word of a listed name.
        let of_lists = legal_forms::forms(&query_tokens);
        if of_lists != forms && forms != 0 {
            self.search_without(reading, &query_tokens, of_lists, search);
        }
    }

    /// As [`search_one`](Self::search_one), without the words that belong to legal forms.
    fn search_without(&self, reading: &Reading, query_tokens: &[String], forms: u64, search: &mut Search) {
        let query = reading.text.as_str();
        let (terms, support) = self.support(query_tokens, forms, &mut search.similar);
        let is_person = self.is_person(query_tokens, forms);
        let asked = Query::new(&terms, forms, is_person);
        let is_lone = reading.part && asked.core.terms.len() == 1;
        // "Haverford & Partners" is not the company Partner.
        if reading.beside && is_lone && ordinary_words::is_word(asked.core.terms[0].text()) {
            return;
        }
        let in_abjad = terms.iter().any(Term::is_abjad);
        let well_known = search.well_known.clone().or_else(|| well_known::known(query));
        let best = &mut search.best;
        let mut note = |name_number: u32, score: f64| {
            let weak = self.kinds[name_number as usize] & WEAK != 0;
            if is_lone && !self.may_stand_alone(name_number, score, reading.beside) {
                return;
            }
            let is_other = |words: &Vec<String>| self.is_other_organisation(self.name(name_number), words);
            if score >= DEFAULT_THRESHOLD && well_known.as_ref().is_some_and(is_other) {
                return;
            }
            // A reading of another script is never quite the name: it is not doubted twice.
            let doubted = if in_abjad { score.min(score::WEAK_ALIAS) } else { score * score::WEAK_ALIAS };
            let score = if weak { doubted } else { score };
            let score = (score * 10_000.0).round() / 10_000.0;
            let party = self.names[name_number as usize].party;
            let known = best.entry(party).or_insert((0.0, name_number));
            if score > known.0 {
                *known = (score, name_number);
            }
        };
        let in_other = script::is_other(query);
        let in_syllables = script::in_syllables(query);
        let of_person = terms.len() > 1
            && terms.iter().all(|term| term.is_particle() || foreign::is_known_name(term.text()));
        for name_number in self.candidates(&asked, &support) {
            let name = self.name(name_number);
            // A native spelling is for queries in its script: to Latin ones its party's Latin names answer.
            let same_script = in_other && self.shapes[name.tokens[0] as usize].is_abjad() == in_abjad;
            let terms = self.terms(name);
            let terms: Vec<&Term<'_>> = terms.iter().collect();
            let score = score_of(&asked, name, &terms, in_syllables || name.repeats() && !same_script);
            let by_sound = || {
                let score = score * score::ORGANISATION_BY_SOUND;
                let core = without(&terms, name.record.forms);
                let is_one = !of_person && score::reads_as_one(&asked.core.terms, &core);
                // Several words that all are spelt by sound are no chance.
                let is_whole =
                    !of_person && score >= WHOLE_BY_SOUND * score::ORGANISATION_BY_SOUND && core.len() > 1;
                if is_one || is_whole { score.max(DEFAULT_THRESHOLD) } else { score }
            };
            // The same letters are no likeness by sound.
            let is_by_sound = in_abjad && name.is_organisation() && score < 1.0;
            note(name_number, if is_by_sound { by_sound() } else { score });
        }
        let forms = self.forms_asked(query, query_tokens);
        for name_number in self.whole_inside(query, query_tokens, forms, is_person) {
            note(name_number, INSIDE);
        }
        // Syllables are no words.
        if !script::has_syllables(query) {
            for name_number in self.given_and_family_inside(&terms, &mut search.similar) {
                note(name_number, score::DROPPED);
            }
        }
        if let [word] = asked.core.terms[..]
            && !reading.part
        {
            self.named_by(word.text()).for_each(|name| note(name, DEFAULT_THRESHOLD));
        }
        self.named_but_for_place(&asked.core.terms).for_each(|name| note(name, DEFAULT_THRESHOLD));
        self.by_syllables(query, query_tokens, &mut note);
    }

    /// Persons' names that are written in syllables: Korean ones in any romanisation, and Chinese characters by their
    /// readings.
    fn by_syllables(&self, query: &str, tokens: &[String], note: &mut impl FnMut(u32, f64)) {
        let in_han = HanName::of(query);
        let hangul: Vec<KoreanName> = in_han
            .iter()
            .flat_map(HanName::hangul)
            .flat_map(|hangul| KoreanName::readings(hangul, &[]))
            .collect();
        // Pinyin of characters is no Korean.
        let mut readings = if in_han.is_some() { Vec::new() } else { KoreanName::readings(query, tokens) };
        readings.extend(KoreanName::of_cyrillic(query));
        for reading in readings.iter().chain(&hangul) {
            for &number in reading.families().flat_map(|family| self.of_family(family)) {
                let (families, given, name) = self.korean_name(number);
                if let Some(score) = reading.likeness(families, &given) {
                    note(name, score);
                }
            }
        }
        for name in in_han.into_iter().chain(mandarin::names(query)) {
            self.by_characters(&name, note);
        }
    }

    /// Persons' names whose syllables are those of a Chinese name.
    fn by_characters(&self, name: &HanName, note: &mut impl FnMut(u32, f64)) {
        for word in name.family_names().filter_map(|family| self.word(family)) {
            for &number in self.names_with(word) {
                let listed = self.name(number);
                if listed.is_organisation() || listed.repeats() {
                    continue;
                }
                let terms = self.terms(listed);
                let words: Vec<&str> = terms.iter().map(Term::text).collect();
                if let Some(score) = name.likeness(&words) {
                    note(number, score);
                }
            }
        }
    }

    fn terms(&self, name: Name<'_>) -> Vec<Term<'_>> {
        name.tokens.iter().map(|&word| self.term(word)).collect()
    }

    fn to_match(&self, score: f64, name: Name<'_>) -> Result<NameMatch<'_>, ColumnError> {
        let party = self.parties.get(name.record.party)?;
        let written = party.names.get(name.record.number as usize).ok_or_else(|| {
            let what = format!("party {}: it has no such name", name.record.party);
            ColumnError::corrupt(self.file.path(), what)
        })?;
        let matched_name = self.piece(name.record.piece).unwrap_or(&written.full);
        Ok(NameMatch { party, matched_name, weak: written.weak, score })
    }

    /// A name out of a field with several.
    fn piece(&self, number: u32) -> Option<&str> {
        let place = number as usize;
        let end = *self.piece_ends.get(place)?;
        let from = place.checked_sub(1).map_or(0, |before| self.piece_ends[before]);
        std::str::from_utf8(&self.pieces[from as usize..end as usize]).ok()
    }

    /// How telling a token is that `count` names have: 1.0 for one name, towards 0 for all.
    fn rarity(&self, count: usize) -> f64 {
        rarity(count, self.names.len().max(LEAST_NAMES))
    }

    /// The query's terms, and for each name the sum of what its tokens support, never less than the query's part of the
    /// score in the end.
    fn support(
        &self,
        tokens: &[String],
        forms: u64,
        similar: &mut Similar,
    ) -> (Vec<Term<'static>>, Vec<f64>) {
        let is_name = |term: &Term<'_>| !term.may_be_title() && !term.is_initial() && !term.is_particle();
        let names = tokens.iter().filter(|token| is_name(&Term::new(token, 1.0))).count();
        let beside = question::is_beside(tokens);
        let mut terms = Vec::with_capacity(tokens.len());
        let mut support = vec![0.0; self.names.len()];
        for (place, token) in tokens.iter().enumerate() {
            let mut term = Term::new(token, 1.0);
            // Beside one name alone it may be the other.
            term.is_title = names >= 2 && term.may_be_title();
            term.is_name = !beside[place] && self.is_ordinary(token);
            // An initial supports names that have it as an initial too; what it may stand for is for the score to say.
            let found = if term.is_initial() {
                self.word(token).map(|word| (word, 1.0)).into_iter().collect()
            } else {
                self.similar_words(&term, LEAST_SIMILARITY, similar)
            };
            let likest = found.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            term.rarity = likest.map_or(1.0, |(word, _)| self.rarity_of(*word));
            if term.is_abjad() {
                // A word has few names in its own script, and many in the Latin spellings that it reads as.
                let read = found.iter().filter(|(_, similarity)| *similarity >= score::SURE);
                let names = read.map(|(word, _)| self.names_with(*word).len()).sum::<usize>();
                term.rarity = self.rarity(names);
            }
            let is_form = forms & (1 << (place & 63)) != 0;
            for &(word, similarity) in found.iter() {
                self.add_support(
                    &mut support,
                    word,
                    weights(&term, is_form).map(|weight| weight * similarity),
                );
            }
            terms.push(term);
        }
        self.support_joined(tokens, &terms, forms, &mut support, similar);
        (terms, support)
    }

    /// Adds what a word gives to the names with it: of persons, of organisations.
    fn add_support(&self, support: &mut [f64], word: u32, given: [f64; 2]) {
        for &name in self.names_with(word) {
            support[name as usize] += given[usize::from(self.kinds[name as usize] & ORGANISATION)];
        }
    }

    /// Adds support for tokens that one side writes as one and the other as several.
    fn support_joined(
        &self,
        tokens: &[String],
        terms: &[Term<'_>],
        forms: u64,
        support: &mut [f64],
        similar: &mut Similar,
    ) {
        for (token, term) in tokens.iter().zip(terms) {
            for name in self.names_joined(token) {
                support[name as usize] += term.weight(false);
            }
            if term.is_abjad() {
                let may_begin =
                    self.shapes.iter().zip(0..).filter(|(shape, _)| term.shape.may_begin(**shape));
                for (_, word) in may_begin.filter(|(_, word)| term.begins(&self.term(*word))) {
                    self.add_support(support, word, weights(term, false));
                }
            }
        }
        for (place, (pair, two)) in tokens.windows(2).zip(terms.windows(2)).enumerate() {
            if forms & (3 << (place & 63)) != 0 {
                continue;
            }
            let weight = two[0].weight(false) + two[1].weight(false);
            let mut joined = vec![Term::new(&pair.concat(), 1.0)];
            if let Some(third) = tokens.get(place + 2).filter(|_| two[1].is_particle()) {
                joined.push(Term::new(&[&pair[0], &pair[1], third].map(String::as_str).concat(), 1.0));
            }
            for term in joined {
                for &(word, similarity) in self.similar_words(&term, LEAST_JOINED, similar).iter() {
                    self.add_support(support, word, [weight * similarity; 2]);
                }
            }
        }
        let core: Vec<&str> = (0..tokens.len())
            .filter(|place| forms & (1 << (place & 63)) == 0)
            .map(|place| tokens[place].as_str())
            .collect();
        for name in self.names_joined(&tokens.concat()).chain(self.names_joined(&core.concat())) {
            support[name as usize] += f64::INFINITY;
        }
    }

    /// Names of which two adjacent tokens, or all, make `text` when written as one.
    fn names_joined(&self, text: &str) -> impl Iterator<Item = u32> {
        let hash = self.secret.hash(text.as_bytes());
        let first = self.joined_hashes.partition_point(|known| *known < hash);
        let equal = self.joined_hashes[first..].iter().take_while(move |known| **known == hash);
        equal.zip(&self.joined_names[first..]).map(|(_, name)| *name)
    }

    fn word(&self, text: &str) -> Option<u32> {
        let Range { mut start, mut end } = 0..self.words.len();
        while start < end {
            let middle = start + (end - start) / 2;
            if self.word_parts(middle)[0] < text.as_bytes() { start = middle + 1 } else { end = middle }
        }
        let is_it = start < self.words.len() && self.word_parts(start)[0] == text.as_bytes();
        is_it.then_some(start as u32)
    }

    /// The words at least so alike, out of `similar` where they were looked for before.
    fn similar_words(&self, term: &Term<'_>, least: f64, similar: &mut Similar) -> Rc<[(u32, f64)]> {
        let key = (term.text().to_owned(), least.to_bits());
        if let Some(found) = similar.get(&key) {
            return Rc::clone(found);
        }
        let mut found = Vec::new();
        let asked = Asked::new(term);
        for (number, shape) in (0..).zip(self.shapes.iter()) {
            if !term.shape.may_be_like(*shape, least) {
                continue;
            }
            let similarity = asked.similarity(&Term::stored(self.word_parts(number as usize), *shape, 0.0));
            if similarity >= least {
                found.push((number, similarity));
            }
        }
        let found: Rc<[(u32, f64)]> = found.into();
        similar.insert(key, Rc::clone(&found));
        found
    }

    /// Names that can reach [`MIN_SCORE`].
    fn candidates(&self, query: &Query<'_>, support: &[f64]) -> Vec<u32> {
        let least = [false, true].map(|organisation| {
            let terms = &query.sought(organisation).terms;
            let total: f64 = terms.iter().map(|term| term.weight(organisation)).sum();
            let initials = terms.iter().filter(|term| term.is_initial());
            let least = MIN_SCORE * total - initials.map(|term| term.weight(organisation)).sum::<f64>();
            least.max(f64::MIN_POSITIVE)
        });
        let supported = support.iter().zip(self.kinds.iter()).zip(0..);
        let enough =
            supported.filter(|((support, kinds), _)| **support >= least[usize::from(**kinds & ORGANISATION)]);
        enough.map(|(_, name)| name).collect()
    }
}

/// For words of a question and a least similarity, the words of lists that are so alike: readings of a question share most of
/// their words.
type Similar = HashMap<(String, u64), Rc<[(u32, f64)]>>;

/// A search as it goes.
#[derive(Debug, Default)]
struct Search {
    /// By party, the score of its name most like the question, and which it is.
    best: HashMap<u32, (f64, u32)>,
    similar: Similar,
    /// The words of the whole question, where it names an organisation that is known for itself.
    well_known: Option<Vec<String>>,
    done: HashSet<(Vec<String>, bool)>,
}

impl Search {
    /// Whether a reading's words were not searched yet. Syllables may be words or not, with the same letters.
    fn is_new(&mut self, reading: &Reading, tokens: &[String]) -> bool {
        if !script::is_other(&reading.text) && self.done.contains(&(tokens.to_vec(), false)) {
            return false;
        }
        self.done.insert((tokens.to_vec(), reading.part)) || script::is_other(&reading.text)
    }
}

/// Whether `bytes` are texts that end, or begin, at `places`.
fn are_texts(bytes: &[u8], places: impl IntoIterator<Item = u64>) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    places.into_iter().all(|place| usize::try_from(place).is_ok_and(|place| text.is_char_boundary(place)))
}

/// `exact`: only the same spelling counts, but for blanks. A short name in syllables is like another by its readings
/// ([`NameIndex::by_syllables`]).
fn score_of(query: &Query<'_>, name: Name<'_>, terms: &[&Term<'_>], exact: bool) -> f64 {
    if score::is_same(&query.all.terms, terms, name.record.before_comma as usize) {
        return 1.0;
    }
    if exact {
        return if score::is_joined(&query.all.terms, terms) { score::JOINED } else { 0.0 };
    }
    let organisation = name.is_organisation();
    if organisation {
        let core = without(terms, name.record.forms);
        return score::score(&query.core, &core, Kind::Organisation { of_person: query.person });
    }
    score::score(&query.all, terms, Kind::Person { before_comma: name.record.before_comma as usize })
}

/// A query with and without the legal forms in it, which count for persons only.
#[derive(Debug)]
struct Query<'a> {
    all: Sought<'a>,
    core: Sought<'a>,
    /// Whether it is a person's name by its words.
    person: bool,
}

impl<'a> Query<'a> {
    fn new(terms: &'a [Term<'a>], forms: u64, person: bool) -> Self {
        let all: Vec<&Term<'_>> = terms.iter().collect();
        Self { core: Sought::new(without(&all, forms)), all: Sought::new(all), person }
    }

    const fn sought(&self, organisation: bool) -> &Sought<'a> {
        if organisation { &self.core } else { &self.all }
    }
}

/// The terms without those that belong to legal forms.
fn without<'a>(terms: &[&'a Term<'a>], forms: u64) -> Vec<&'a Term<'a>> {
    let kept = terms.iter().enumerate().filter(|(place, _)| forms & (1 << (place & 63)) == 0);
    kept.map(|(_, term)| *term).collect()
}

#[cfg(test)]
mod tests;
