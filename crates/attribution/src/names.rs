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
mod han;
mod korean;
mod legal_forms;
mod lookalike;
mod normal;
mod score;
mod script;
mod similarity;
mod split;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    ops::Range,
};

use tracehound_model::{Party, PartyKind};

use han::HanName;
use korean::KoreanName;
use normal::normal;
use score::{Asked, LEAST_JOINED, LEAST_SIMILARITY, Shape, Sought, Term};

pub(crate) use script::in_latin;
pub use script::{may_be_japanese, mixed_word, not_compared};

/// Below this a name is not reported at all.
pub const MIN_SCORE: f64 = 0.5;
/// Matches from this on deserve a person's look: a letter dropped, swapped or wrong, another word order, initials and
/// other romanisations stay above it; two common words out of three stay below.
pub const DEFAULT_THRESHOLD: f64 = 0.85;
/// Longest query, in bytes.
const MAX_QUERY_BYTES: usize = 1_000;
/// Most tokens of a query or a name that count.
const MAX_TOKENS: usize = 40;
/// Most names that a query is searched as.
const MAX_ASKED: usize = 2 * MAX_TOKENS;
/// Fewest bytes of letters and digits in one of several names of a query.
const LEAST_PART: usize = 3;
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

/// A name, prepared.
#[derive(Debug)]
struct Name {
    party: u32,
    number: u32,
    /// Its tokens, in `token_pool`.
    tokens: Range<u32>,
    /// How many tokens stand before the first comma ("KIM, Jong Un").
    before_comma: u32,
    /// A bit for each token that belongs to a legal form.
    forms: u64,
    /// Where it is one of several in a field, in `pieces`.
    piece: Option<u32>,
    organisation: bool,
    /// Whether it repeats, in a script without Latin letters, a party that has Latin names too.
    repeats: bool,
}

/// A token that occurs in names.
#[derive(Debug)]
struct Word {
    term: Term,
    /// Names with it, in `postings`.
    names: Range<u32>,
}

/// Names of parties, prepared for matching. Built in O(n log n) of their tokens.
#[derive(Debug)]
pub struct NameIndex {
    parties: Vec<Party>,
    names: Vec<Name>,
    /// Names out of fields with several.
    pieces: Vec<String>,
    token_pool: Vec<u32>,
    /// Names that read as Korean, and by family name where they stand there.
    korean: Vec<(KoreanName, u32)>,
    korean_families: HashMap<u8, Vec<u32>>,
    /// Sorted by text.
    words: Vec<Word>,
    /// The words' shapes apart, as most comparisons end with them.
    shapes: Vec<Shape>,
    postings: Vec<u32>,
    /// Hashes of two adjacent tokens written as one, and of all tokens written as one, with their names; sorted. A hint
    /// where to look: the score is made from the tokens.
    joined: Vec<(u64, u32)>,
    /// Keyed at random, so that no list can be written whose names fall on one hash.
    hasher: RandomState,
}

impl NameIndex {
    /// Prepares the names of `parties`.
    pub fn build(parties: &[Party]) -> Self {
        let (mut names, mut pieces) = (Vec::new(), Vec::new());
        let mut texts: Vec<Vec<String>> = Vec::new();
        let mut korean = Vec::new();
        for (party_number, party) in parties.iter().enumerate() {
            let organisation = party.kind != PartyKind::Individual;
            let has_latin = party.names.iter().any(|name| in_latin(&name.full));
            for (number, name) in party.names.iter().enumerate() {
                for (place, text) in split::names(&name.full).into_iter().enumerate() {
                    let normal = normal(&text, MAX_TOKENS);
                    if normal.tokens.is_empty() {
                        continue;
                    }
                    if !organisation {
                        let readings = KoreanName::readings(&text, &normal.tokens);
                        korean.extend(readings.into_iter().map(|reading| (reading, names.len() as u32)));
                    }
                    let repeats = has_latin && script::is_other(&text);
                    let piece = (place > 0).then_some(pieces.len() as u32);
                    if place > 0 {
                        pieces.push(text.into_owned());
                    }
                    names.push(Name {
                        party: party_number as u32,
                        number: number as u32,
                        tokens: 0..0,
                        before_comma: normal.before_comma as u32,
                        forms: legal_forms::forms(&normal.tokens),
                        piece,
                        organisation,
                        repeats,
                    });
                    texts.push(normal.tokens);
                }
            }
        }
        let mut korean_families: HashMap<u8, Vec<u32>> = HashMap::new();
        for (number, (name, _)) in korean.iter().enumerate() {
            name.families().for_each(|family| korean_families.entry(family).or_default().push(number as u32));
        }
        let hasher = RandomState::new();
        let mut index = Self {
            parties: parties.to_vec(),
            joined: joined(&texts, &names, &hasher),
            names,
            pieces,
            token_pool: Vec::new(),
            korean,
            korean_families,
            words: Vec::new(),
            shapes: Vec::new(),
            postings: Vec::new(),
            hasher,
        };
        index.add_words(&texts);
        index
    }

    fn add_words(&mut self, texts: &[Vec<String>]) {
        let mut by_word: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (name, tokens) in texts.iter().enumerate() {
            for token in tokens {
                let names = by_word.entry(token).or_default();
                if names.last() != Some(&(name as u32)) {
                    names.push(name as u32);
                }
            }
        }
        let mut numbers = HashMap::with_capacity(by_word.len());
        let is_abjad = |text: &str| text.chars().next().is_some_and(abjad::is_abjad);
        let in_abjad = texts.iter().filter(|tokens| tokens.iter().any(|token| is_abjad(token))).count();
        for (text, names) in by_word {
            let first = self.postings.len() as u32;
            self.postings.extend_from_slice(&names);
            numbers.insert(text, self.words.len() as u32);
            let rarity = if is_abjad(text) {
                rarity(names.len(), in_abjad.max(LEAST_NAMES / 10))
            } else {
                self.rarity(names.len())
            };
            let term = Term::new(text, rarity);
            self.shapes.push(term.shape);
            self.words.push(Word { term, names: first..self.postings.len() as u32 });
        }
        for (name, tokens) in self.names.iter_mut().zip(texts) {
            let first = self.token_pool.len() as u32;
            self.token_pool.extend(tokens.iter().map(|token| numbers[token.as_str()]));
            name.tokens = first..self.token_pool.len() as u32;
        }
    }

    /// Number of names that can be found.
    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    /// The parties, in the order given.
    pub fn parties(&self) -> &[Party] {
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
        let mut best = HashMap::new();
        asked(query)?.iter().for_each(|name| self.search_one(name, &mut best));
        let mut matches: Vec<_> = best
            .into_values()
            .filter(|(score, _)| *score >= MIN_SCORE)
            .map(|(score, name)| self.to_match(score, &self.names[name as usize]))
            .collect();
        matches.sort_by(|a, b| {
            let id = |found: &NameMatch<'_>| (found.party.source.clone(), found.party.id.clone());
            b.score.total_cmp(&a.score).then_with(|| id(a).cmp(&id(b)))
        });
        matches.truncate(limit);
        Ok(matches)
    }

    /// Notes in `best`, by party, the score of the name most like this one, and which it is.
    fn search_one(&self, query: &str, best: &mut HashMap<u32, (f64, u32)>) {
        let query_tokens = normal(query, MAX_TOKENS).tokens;
        if query_tokens.is_empty() {
            return;
        }
        let forms = legal_forms::forms(&query_tokens);
        let (terms, support) = self.support(&query_tokens, forms);
        let asked = Query::new(&terms, forms);
        let mut note = |name_number: u32, score: f64| {
            let name = &self.names[name_number as usize];
            let weak = self.parties[name.party as usize].names[name.number as usize].weak;
            let score = if weak { score * score::WEAK_ALIAS } else { score };
            let score = (score * 10_000.0).round() / 10_000.0;
            let known = best.entry(name.party).or_insert((0.0, name_number));
            if score > known.0 {
                *known = (score, name_number);
            }
        };
        let in_other = script::is_other(query);
        let in_syllables = script::in_syllables(query);
        let in_abjad = terms.iter().any(Term::is_abjad);
        for name_number in self.candidates(&asked, &support) {
            let name = &self.names[name_number as usize];
            // A native spelling is for queries in its script: to Latin ones its party's Latin names answer.
            let first = self.token_pool[name.tokens.start as usize];
            let same_script = in_other && self.words[first as usize].term.is_abjad() == in_abjad;
            let score = self.score(&asked, name, in_syllables || name.repeats && !same_script);
            let by_sound = || {
                let score = score * score::ORGANISATION_BY_SOUND;
                let core = without(&self.terms(name), name.forms);
                let is_one = score::reads_as_one(&asked.core.terms, &core);
                if is_one { score.max(DEFAULT_THRESHOLD) } else { score }
            };
            // The same letters are no likeness by sound.
            let is_by_sound = in_abjad && name.organisation && score < 1.0;
            note(name_number, if is_by_sound { by_sound() } else { score });
        }
        self.by_syllables(query, &query_tokens, &mut note);
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
        let readings = if in_han.is_some() { Vec::new() } else { KoreanName::readings(query, tokens) };
        for reading in readings.iter().chain(&hangul) {
            let numbers = reading.families().filter_map(|family| self.korean_families.get(&family)).flatten();
            for (name, number) in numbers.map(|number| &self.korean[*number as usize]) {
                if let Some(score) = reading.likeness(name) {
                    note(*number, score);
                }
            }
        }
        let Some(name) = in_han else { return };
        for word in name.family_names().filter_map(|family| self.word(family)) {
            let Range { start, end } = self.words[word as usize].names;
            for &number in &self.postings[start as usize..end as usize] {
                let listed = &self.names[number as usize];
                if listed.organisation || listed.repeats {
                    continue;
                }
                let words: Vec<&str> = self.terms(listed).into_iter().map(Term::text).collect();
                if let Some(score) = name.likeness(&words) {
                    note(number, score);
                }
            }
        }
    }

    fn terms(&self, name: &Name) -> Vec<&Term> {
        let tokens = &self.token_pool[name.tokens.start as usize..name.tokens.end as usize];
        tokens.iter().map(|&word| &self.words[word as usize].term).collect()
    }

    fn to_match(&self, score: f64, name: &Name) -> NameMatch<'_> {
        let party = &self.parties[name.party as usize];
        let written = &party.names[name.number as usize];
        let matched_name = name.piece.map_or(&written.full, |piece| &self.pieces[piece as usize]);
        NameMatch { party, matched_name, weak: written.weak, score }
    }

    /// How telling a token is that `count` names have: 1.0 for one name, towards 0 for all.
    fn rarity(&self, count: usize) -> f64 {
        rarity(count, self.names.len().max(LEAST_NAMES))
    }

    /// The query's terms, and for each name the sum of what its tokens support, never less than the query's part of the
    /// score in the end.
    fn support(&self, tokens: &[String], forms: u64) -> (Vec<Term>, Vec<f64>) {
        let mut terms = Vec::with_capacity(tokens.len());
        let mut support = vec![0.0; self.names.len()];
        for (place, token) in tokens.iter().enumerate() {
            let mut term = Term::new(token, 1.0);
            // An initial supports names that have it as an initial too; what it may stand for is for the score to say.
            let found = if term.is_initial() {
                self.word(token).map(|word| (word, 1.0)).into_iter().collect()
            } else {
                self.similar_words(&term, LEAST_SIMILARITY)
            };
            let likest = found.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            term.rarity = likest.map_or(1.0, |(word, _)| self.words[*word as usize].term.rarity);
            if term.is_abjad() {
                // A word has few names in its own script, and many in the Latin spellings that it reads as.
                let read = found.iter().filter(|(_, similarity)| *similarity >= score::SURE);
                let names = read.map(|(word, _)| self.words[*word as usize].names.len()).sum::<usize>();
                term.rarity = self.rarity(names);
            }
            let is_form = forms & (1 << (place & 63)) != 0;
            for (word, similarity) in found {
                self.add_support(
                    &mut support,
                    word,
                    weights(&term, is_form).map(|weight| weight * similarity),
                );
            }
            terms.push(term);
        }
        self.support_joined(tokens, &terms, forms, &mut support);
        (terms, support)
    }

    /// Adds what a word gives to the names with it: of persons, of organisations.
    fn add_support(&self, support: &mut [f64], word: u32, given: [f64; 2]) {
        let Range { start, end } = self.words[word as usize].names;
        for &name in &self.postings[start as usize..end as usize] {
            support[name as usize] += given[usize::from(self.names[name as usize].organisation)];
        }
    }

    /// Adds support for tokens that one side writes as one and the other as several.
    fn support_joined(&self, tokens: &[String], terms: &[Term], forms: u64, support: &mut [f64]) {
        for (token, term) in tokens.iter().zip(terms) {
            for name in self.names_joined(token) {
                support[name as usize] += term.weight(false);
            }
            if term.is_abjad() {
                let begins = |word: &Word| term.begins(&word.term);
                let words = self.words.iter().enumerate().filter(|(_, word)| begins(word));
                words.for_each(|(word, _)| self.add_support(support, word as u32, weights(term, false)));
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
                for (word, similarity) in self.similar_words(&term, LEAST_JOINED) {
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
        let hash = self.hasher.hash_one(text);
        let first = self.joined.partition_point(|entry| entry.0 < hash);
        self.joined[first..].iter().take_while(move |entry| entry.0 == hash).map(|entry| entry.1)
    }

    fn word(&self, text: &str) -> Option<u32> {
        let position = self.words.binary_search_by(|word| word.term.text().cmp(text)).ok()?;
        Some(position as u32)
    }

    fn similar_words(&self, term: &Term, least: f64) -> Vec<(u32, f64)> {
        let mut found = Vec::new();
        let asked = Asked::new(term);
        for (number, shape) in self.shapes.iter().enumerate() {
            if !term.shape.may_be_like(*shape, least) {
                continue;
            }
            let similarity = asked.similarity(&self.words[number].term);
            if similarity >= least {
                found.push((number as u32, similarity));
            }
        }
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
        let supported = support.iter().zip(&self.names).enumerate();
        let enough =
            supported.filter(|(_, (support, name))| **support >= least[usize::from(name.organisation)]);
        enough.map(|(name, _)| name as u32).collect()
    }

    /// `exact`: only the same spelling counts, but for blanks. A short name in syllables is like another by its readings
    /// ([`Self::by_syllables`]).
    fn score(&self, query: &Query<'_>, name: &Name, exact: bool) -> f64 {
        let terms = self.terms(name);
        if score::is_same(&query.all.terms, &terms, name.before_comma as usize) {
            return 1.0;
        }
        if exact {
            return if score::is_joined(&query.all.terms, &terms) { score::JOINED } else { 0.0 };
        }
        let core: Vec<&Term> = if name.organisation { without(&terms, name.forms) } else { terms };
        score::score(query.sought(name.organisation), &core, name.organisation)
    }
}

/// A query with and without the legal forms in it, which count for persons only.
#[derive(Debug)]
struct Query<'a> {
    all: Sought<'a>,
    core: Sought<'a>,
}

impl<'a> Query<'a> {
    fn new(terms: &'a [Term], forms: u64) -> Self {
        let all: Vec<&Term> = terms.iter().collect();
        Self { core: Sought::new(without(&all, forms)), all: Sought::new(all) }
    }

    const fn sought(&self, organisation: bool) -> &Sought<'a> {
        if organisation { &self.core } else { &self.all }
    }
}

/// The terms without those that belong to legal forms.
fn without<'a>(terms: &[&'a Term], forms: u64) -> Vec<&'a Term> {
    let kept = terms.iter().enumerate().filter(|(place, _)| forms & (1 << (place & 63)) == 0);
    kept.map(|(_, term)| *term).collect()
}

/// Each name that a query is searched as.
fn asked(query: &str) -> Result<Vec<String>, NameError> {
    let too_long = |length, unit, limit| Err(NameError::TooLong { length, unit, limit });
    if query.len() > MAX_QUERY_BYTES {
        return too_long(query.len(), "bytes", MAX_QUERY_BYTES);
    }
    let tokens = normal(query, usize::MAX).tokens;
    if tokens.is_empty() {
        return Err(NameError::Empty { query: query.to_owned() });
    }
    if tokens.len() > MAX_TOKENS {
        return too_long(tokens.len(), "words", MAX_TOKENS);
    }
    let mut names = Vec::new();
    for (place, name) in split::asked(query).into_iter().enumerate() {
        let telling = name.chars().filter(|letter| letter.is_alphanumeric());
        // A letter or two between separators are no name.
        if place > 0 && telling.map(char::len_utf8).sum::<usize>() < LEAST_PART {
            continue;
        }
        names.extend(lookalike::as_latin(&name));
        names.push(name.into_owned());
    }
    if names.len() > MAX_ASKED { too_long(names.len(), "names", MAX_ASKED) } else { Ok(names) }
}

/// How telling a token is that `count` of `names` names have.
fn rarity(count: usize, names: usize) -> f64 {
    1.0 - f64::from(count.max(1) as u32).ln() / f64::from(names as u32).ln()
}

/// What a term weighs in the names of persons and of organisations.
fn weights(term: &Term, is_form: bool) -> [f64; 2] {
    [term.weight(false), if is_form { 0.0 } else { term.weight(true) }]
}

fn joined(texts: &[Vec<String>], names: &[Name], hasher: &RandomState) -> Vec<(u64, u32)> {
    let mut joined = Vec::new();
    for (number, (tokens, name)) in texts.iter().zip(names).enumerate() {
        let core: Vec<&str> = (0..tokens.len())
            .filter(|place| name.forms & (1 << (place & 63)) == 0)
            .map(|place| tokens[place].as_str())
            .collect();
        let whole = (tokens.len() > 2).then(|| tokens.concat());
        let core = (name.forms != 0).then(|| core.concat());
        for part in tokens.windows(2).map(<[String]>::concat).chain(whole).chain(core) {
            joined.push((hasher.hash_one(part), number as u32));
        }
    }
    joined.sort_unstable();
    joined.dedup();
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part of a hostile name is bounded, and with it the work: so many names at most, of so many words.
    #[test]
    fn hostile_names_are_a_bounded_number_of_words_to_look_for() {
        let long =
            ["a".repeat(100_000), "김 ".repeat(30_000), "x\u{301}".repeat(30_000), "\u{200b}".repeat(30_000)];
        for query in &long {
            assert!(matches!(asked(query), Err(NameError::TooLong { .. })));
        }
        let hostile = [
            ("a;", 490),
            ("abc;", 20),
            ("abc;", 240),
            ("(", 999),
            ("(a ", 300),
            ("abc (", 39),
            ("Аbс (", 39),
            ("abc a.k.a. ", 13),
            ("x\u{301}", 300),
            ("K\u{200b}\u{2066}", 160),
            ("Кi", 300),
            ("김", 40),
            ("李", 40),
            ("ﷺ", 300),
            ("ال", 240),
            ("حسین ", 39),
            ("سراج الدين (", 13),
            ("born 1 ", 20),
            ("キム", 160),
            ("𒐫 ", 200),
        ];
        for (part, times) in hostile {
            let query = part.repeat(times);
            let Ok(names) = asked(&query) else { continue };
            assert!(!names.is_empty() && names.len() <= MAX_ASKED, "{part}: {}", names.len());
            for name in &names {
                let tokens = normal(name, MAX_TOKENS).tokens;
                let longest = tokens.iter().map(String::len).max().unwrap_or_default();
                assert!(tokens.len() <= MAX_TOKENS && longest <= 20 * MAX_QUERY_BYTES, "{part}");
                assert!(KoreanName::readings(name, &tokens).len() <= 100, "{part}: readings");
                assert!(HanName::of(name).is_none_or(|name| name.hangul().len() <= 24), "{part}");
            }
        }
        // None of them finds more than is there, nor nothing that can be told.
        let index = NameIndex::build(&[]);
        assert!(hostile.iter().all(|(part, times)| match index.search(&part.repeat(*times), 5) {
            Ok(found) => found.is_empty(),
            Err(NameError::Empty { .. } | NameError::TooLong { .. }) => true,
        }));
    }
}
