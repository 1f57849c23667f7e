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

mod normal;
mod score;
mod similarity;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    ops::Range,
};

use tracehound_model::{Party, PartyKind};

use normal::normal;
use score::{Asked, LEAST_JOINED, LEAST_SIMILARITY, Shape, Term};

/// Below this a name is not reported at all.
pub const MIN_SCORE: f64 = 0.5;
/// Matches from this on deserve a person's look: a letter dropped, swapped or wrong, another word order, initials and
/// other romanisations stay above it; two common words out of three stay below.
pub const DEFAULT_THRESHOLD: f64 = 0.85;
/// Longest query, in bytes.
const MAX_QUERY_BYTES: usize = 1_000;
/// Most tokens of a query or a name that count.
const MAX_TOKENS: usize = 40;
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
    token_pool: Vec<u32>,
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
        let mut names = Vec::new();
        let mut texts: Vec<Vec<String>> = Vec::new();
        for (party_number, party) in parties.iter().enumerate() {
            for (number, name) in party.names.iter().enumerate() {
                let normal = normal(&name.full, MAX_TOKENS);
                if normal.tokens.is_empty() {
                    continue;
                }
                names.push(Name {
                    party: party_number as u32,
                    number: number as u32,
                    tokens: 0..0,
                    before_comma: normal.before_comma as u32,
                });
                texts.push(normal.tokens);
            }
        }
        let hasher = RandomState::new();
        let mut index = Self {
            parties: parties.to_vec(),
            names,
            token_pool: Vec::new(),
            words: Vec::new(),
            shapes: Vec::new(),
            postings: Vec::new(),
            joined: joined(&texts, &hasher),
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
        for (text, names) in by_word {
            let first = self.postings.len() as u32;
            self.postings.extend_from_slice(&names);
            numbers.insert(text, self.words.len() as u32);
            let term = Term::new(text, self.rarity(names.len()));
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
    /// O(different tokens) for the spelling, O(names that share a token) for the score.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<NameMatch<'_>>, NameError> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(NameError::TooLong { length: query.len(), unit: "bytes", limit: MAX_QUERY_BYTES });
        }
        let query_tokens = normal(query, usize::MAX).tokens;
        if query_tokens.is_empty() {
            return Err(NameError::Empty { query: query.to_owned() });
        }
        if query_tokens.len() > MAX_TOKENS {
            let length = query_tokens.len();
            return Err(NameError::TooLong { length, unit: "words", limit: MAX_TOKENS });
        }
        let (terms, support) = self.support(&query_tokens);
        let mut best: HashMap<u32, (f64, u32)> = HashMap::new();
        for name_number in Self::candidates(&terms, &support) {
            let name = &self.names[name_number as usize];
            let score = self.score(&terms, name);
            let known = best.entry(name.party).or_insert((0.0, name_number));
            if score > known.0 {
                *known = (score, name_number);
            }
        }
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

    fn to_match(&self, score: f64, name: &Name) -> NameMatch<'_> {
        let party = &self.parties[name.party as usize];
        let written = &party.names[name.number as usize];
        NameMatch { party, matched_name: &written.full, weak: written.weak, score }
    }

    /// How telling a token is that `count` names have: 1.0 for one name, towards 0 for all.
    fn rarity(&self, count: usize) -> f64 {
        let names = f64::from(self.names.len().max(LEAST_NAMES) as u32);
        1.0 - f64::from(count.max(1) as u32).ln() / names.ln()
    }

    /// The query's terms, and for each name the sum of what its tokens support, never less than the query's part of the
    /// score in the end.
    fn support(&self, tokens: &[String]) -> (Vec<Term>, Vec<f64>) {
        let mut terms = Vec::with_capacity(tokens.len());
        let mut support = vec![0.0; self.names.len()];
        for token in tokens {
            let mut term = Term::new(token, 1.0);
            // An initial supports names that have it as an initial too; what it may stand for is for the score to say.
            let found = if term.is_initial() {
                self.word(token).map(|word| (word, 1.0)).into_iter().collect()
            } else {
                self.similar_words(&term, LEAST_SIMILARITY)
            };
            let likest = found.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            term.rarity = likest.map_or(1.0, |(word, _)| self.words[*word as usize].term.rarity);
            for (word, similarity) in found {
                let Range { start, end } = self.words[word as usize].names;
                for &name in &self.postings[start as usize..end as usize] {
                    support[name as usize] += term.weight(false) * similarity;
                }
            }
            terms.push(term);
        }
        self.support_joined(tokens, &terms, &mut support);
        (terms, support)
    }

    /// Adds support for tokens that one side writes as one and the other as several.
    fn support_joined(&self, tokens: &[String], terms: &[Term], support: &mut [f64]) {
        for (token, term) in tokens.iter().zip(terms) {
            for name in self.names_joined(token) {
                support[name as usize] += term.weight(false);
            }
        }
        for (pair, weights) in tokens.windows(2).zip(terms.windows(2)) {
            let weight = weights[0].weight(false) + weights[1].weight(false);
            for (word, similarity) in self.similar_words(&Term::new(&pair.concat(), 1.0), LEAST_JOINED) {
                let Range { start, end } = self.words[word as usize].names;
                for &name in &self.postings[start as usize..end as usize] {
                    support[name as usize] += weight * similarity;
                }
            }
        }
        for name in self.names_joined(&tokens.concat()) {
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
    fn candidates(terms: &[Term], support: &[f64]) -> Vec<u32> {
        let least = |organisation: bool| {
            let total: f64 = terms.iter().map(|term| term.weight(organisation)).sum();
            let initials = terms.iter().filter(|term| term.is_initial());
            MIN_SCORE * total - initials.map(|term| term.weight(organisation)).sum::<f64>()
        };
        let least = least(true).min(least(false)).max(f64::MIN_POSITIVE);
        let supported = support.iter().enumerate().filter(|(_, support)| **support >= least);
        supported.map(|(name, _)| name as u32).collect()
    }

    fn score(&self, query: &[Term], name: &Name) -> f64 {
        let party = &self.parties[name.party as usize];
        let tokens = &self.token_pool[name.tokens.start as usize..name.tokens.end as usize];
        let tokens: Vec<&Term> = tokens.iter().map(|&word| &self.words[word as usize].term).collect();
        let organisation = party.kind != PartyKind::Individual;
        let score = score::score(query, &tokens, name.before_comma as usize, organisation);
        let weak = party.names[name.number as usize].weak;
        let score = if weak { score * score::WEAK_ALIAS } else { score };
        (score * 10_000.0).round() / 10_000.0
    }
}

fn joined(texts: &[Vec<String>], hasher: &RandomState) -> Vec<(u64, u32)> {
    let mut joined = Vec::new();
    for (name, tokens) in texts.iter().enumerate() {
        let whole = (tokens.len() > 2).then_some(&tokens[..]);
        for part in tokens.windows(2).chain(whole) {
            joined.push((hasher.hash_one(part.concat()), name as u32));
        }
    }
    joined.sort_unstable();
    joined.dedup();
    joined
}
