//! The score of one name against a query.

use super::similarity::{consonants, fold, jaro_winkler, letter_set};

/// A name that the list itself calls a weak alias counts for this much.
pub(super) const WEAK_ALIAS: f64 = 0.9;
/// Pairs less alike than this are different words.
const LEAST_SIMILARITY: f64 = 0.8;
/// An initial against a word that begins with it.
const INITIAL: f64 = 0.85;
/// Words with the same consonants.
const SAME_CONSONANTS: f64 = 0.88;
/// Words that are the same but for regular differences between romanisations.
const SAME_FOLDED: f64 = 0.97;
/// Two words on one side, one on the other.
const JOINED: f64 = 0.98;
/// The same words in an order that is neither the written one nor the one around the comma.
const OTHER_ORDER: f64 = 0.99;
/// What a form of company, an article or a title weighs, against a word of the same rarity.
const FILLER: f64 = 0.1;
/// What an initial weighs, against a word.
const INITIAL_WEIGHT: f64 = 0.5;
/// No word weighs less, however common.
const LEAST_WEIGHT: f64 = 0.2;
/// Sum of rarities from which shared words are telling enough that a name may have more than the query.
const TELLING: f64 = 1.3;
/// Sum of rarities below which they are not at all.
const NOT_TELLING: f64 = 0.7;
/// Part of the score lost when all else of the name is missing from a query that is telling.
const LOSS_TELLING: f64 = 0.3;
/// The same for one that is not.
const LOSS_NOT_TELLING: f64 = 0.6;

/// Forms of companies, articles and titles.
const FILLERS: &[&str] = &[
    "a",
    "ab",
    "ag",
    "aka",
    "and",
    "as",
    "bhd",
    "bv",
    "company",
    "corporation",
    "de",
    "dr",
    "est",
    "for",
    "fz",
    "fzc",
    "fzco",
    "fze",
    "gmbh",
    "group",
    "holding",
    "holdings",
    "incorporated",
    "jsc",
    "kft",
    "kg",
    "kk",
    "la",
    "limited",
    "llc",
    "llp",
    "lp",
    "mr",
    "mrs",
    "ms",
    "nv",
    "oao",
    "of",
    "ojsc",
    "ooo",
    "oy",
    "pao",
    "pjsc",
    "plc",
    "pte",
    "pty",
    "pvt",
    "sa",
    "sal",
    "saoc",
    "sarl",
    "sas",
    "sdn",
    "spa",
    "spc",
    "spol",
    "srl",
    "sro",
    "the",
    "tic",
    "ve",
    "zao",
    "zrt",
];
/// Those that a person's name may carry.
const TITLES: &[&str] = &["aka", "dr", "mr", "mrs", "ms"];

/// A token with all that comparing it needs.
#[derive(Clone, Debug)]
pub(super) struct Term {
    text: String,
    folded: String,
    consonants: String,
    letters: u32,
    /// 1.0 for a token of one name, towards 0 for one of all names.
    pub(super) rarity: f64,
    filler: bool,
    title: bool,
}

impl Term {
    pub(super) fn new(text: &str, rarity: f64) -> Self {
        let folded = fold(text);
        Self {
            text: text.to_owned(),
            consonants: consonants(&folded),
            letters: letter_set(text),
            rarity,
            filler: FILLERS.contains(&text),
            title: TITLES.contains(&text),
            folded,
        }
    }

    /// A single letter.
    pub(super) fn is_initial(&self) -> bool {
        self.text.len() == 1 && self.text.as_bytes()[0].is_ascii_lowercase()
    }

    /// What the token counts for in a name of a person or an organisation.
    pub(super) fn weight(&self, organisation: bool) -> f64 {
        let filler = self.title || (self.filler && organisation);
        let weight = self.rarity.max(LEAST_WEIGHT);
        if filler {
            weight * FILLER
        } else if self.is_initial() {
            weight * INITIAL_WEIGHT
        } else {
            weight
        }
    }

    /// How alike two words are: 0.0, or [`LEAST_SIMILARITY`] to 1.0. Short words must be more alike than long ones.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        if self.text == other.text {
            return 1.0;
        }
        let (short, long) = if self.text.len() < other.text.len() { (self, other) } else { (other, self) };
        if short.is_initial() {
            return 0.0;
        }
        let digits = |term: &Self| term.letters >> 26 != 0;
        if digits(self) || digits(other) || short.text.len() * 2 < long.text.len() {
            return 0.0;
        }
        if self.folded == other.folded {
            return SAME_FOLDED;
        }
        // Jaro-Winkler of 0.8 needs about two thirds of the letters in common.
        if (self.letters & other.letters).count_ones() * 2 < short.letters.count_ones() {
            return 0.0;
        }
        let spelt = jaro_winkler(self.text.as_bytes(), other.text.as_bytes());
        let folded = jaro_winkler(self.folded.as_bytes(), other.folded.as_bytes()) * SAME_FOLDED;
        let strictness = match short.text.len() {
            0..=4 => 1.6,
            5..=6 => 1.25,
            _ => 1.0,
        };
        let similarity = 1.0 - (1.0 - spelt.max(folded)) * strictness;
        let same_consonants = self.consonants.len() >= 3 && self.consonants == other.consonants;
        let similarity = if same_consonants { similarity.max(SAME_CONSONANTS) } else { similarity };
        if similarity >= LEAST_SIMILARITY { similarity } else { 0.0 }
    }

    fn joined(first: &Self, second: &Self) -> Self {
        Self::new(&[&first.text[..], &second.text].concat(), first.rarity.max(second.rarity))
    }
}

/// Words of the query (`q` from, how many) and of the name that mean the same.
#[derive(Clone, Copy, Debug)]
struct Pair {
    similarity: f64,
    query: (usize, usize),
    name: (usize, usize),
}

/// The score of a name against a query, 0.0 to 1.0.
pub(super) fn score(query: &[Term], name: &[&Term], before_comma: usize, organisation: bool) -> f64 {
    if is_same(query, name, before_comma) {
        return 1.0;
    }
    let mut pairs = pairs(query, name);
    let weight = |term: &Term| term.weight(organisation);
    let heaviness = |pair: &Pair| query[pair.query.0..][..pair.query.1].iter().map(weight).sum::<f64>();
    pairs.sort_by(|a, b| {
        let places = (a.query, a.name).cmp(&(b.query, b.name));
        b.similarity.total_cmp(&a.similarity).then(heaviness(b).total_cmp(&heaviness(a))).then(places)
    });
    let (mut query_used, mut name_used) = (0u64, 0u64);
    let (mut query_explained, mut name_explained, mut telling) = (0.0, 0.0, 0.0);
    for pair in pairs {
        let bits = |(first, count): (usize, usize)| ((1u64 << count) - 1) << first;
        if query_used & bits(pair.query) != 0 || name_used & bits(pair.name) != 0 {
            continue;
        }
        query_used |= bits(pair.query);
        name_used |= bits(pair.name);
        query_explained += pair.similarity * heaviness(&pair);
        for term in &name[pair.name.0..][..pair.name.1] {
            name_explained += pair.similarity * weight(term);
            let plain = !term.is_initial() && !query[pair.query.0].is_initial();
            telling += if plain { pair.similarity * weight(term) } else { 0.0 };
        }
    }
    let query_share = query_explained / query.iter().map(weight).sum::<f64>();
    let name_share = name_explained / name.iter().map(|term| weight(term)).sum::<f64>();
    let certainty = ((telling - NOT_TELLING) / (TELLING - NOT_TELLING)).clamp(0.0, 1.0);
    let loss = LOSS_NOT_TELLING + (LOSS_TELLING - LOSS_NOT_TELLING) * certainty;
    (query_share * (1.0 - loss * (1.0 - name_share))).clamp(0.0, OTHER_ORDER)
}

/// Whether the name is the query, in the written order or in the one around its comma.
fn is_same(query: &[Term], name: &[&Term], before_comma: usize) -> bool {
    let (family, given) = name.split_at(before_comma.min(name.len()));
    let equal = |first: &[&Term], second: &[&Term]| {
        let name = first.iter().chain(second).map(|term| &term.text);
        query.iter().map(|term| &term.text).eq(name)
    };
    equal(family, given) || equal(given, family)
}

/// All pairs of words that may mean the same.
fn pairs(query: &[Term], name: &[&Term]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (q, asked) in query.iter().enumerate() {
        for (n, listed) in name.iter().enumerate() {
            let initial = (asked.is_initial() || listed.is_initial()) && asked.text[..1] == listed.text[..1];
            let similarity = asked.similarity(listed);
            let similarity = if initial && similarity == 0.0 { INITIAL } else { similarity };
            if similarity > 0.0 {
                pairs.push(Pair { similarity, query: (q, 1), name: (n, 1) });
            }
        }
    }
    for (q, pair) in query.windows(2).enumerate() {
        let joined = Term::joined(&pair[0], &pair[1]);
        for (n, listed) in name.iter().enumerate() {
            let similarity = joined.similarity(listed) * JOINED;
            if similarity > LEAST_SIMILARITY {
                pairs.push(Pair { similarity, query: (q, 2), name: (n, 1) });
            }
        }
    }
    for (n, pair) in name.windows(2).enumerate() {
        let joined = Term::joined(pair[0], pair[1]);
        for (q, asked) in query.iter().enumerate() {
            let similarity = asked.similarity(&joined) * JOINED;
            if similarity > LEAST_SIMILARITY {
                pairs.push(Pair { similarity, query: (q, 1), name: (n, 2) });
            }
        }
    }
    if query.iter().flat_map(|term| term.text.bytes()).eq(name.iter().flat_map(|term| term.text.bytes())) {
        pairs.push(Pair { similarity: JOINED, query: (0, query.len()), name: (0, name.len()) });
    }
    pairs
}
