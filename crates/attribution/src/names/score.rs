//! The score of one name against a query.

use std::{
    borrow::Cow,
    cell::OnceCell,
    ops::{Range, RangeInclusive},
};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{
    abjad::{self, Reading},
    beside::{FILLERS, GENERICS, HONORIFICS, TITLES},
    foreign, korean, mandarin, ordinary,
    similarity::{Pattern, fold, letter_set, skeleton},
};

/// A name that the list itself calls a weak alias counts for this much.
pub(super) const WEAK_ALIAS: f64 = 0.9;
/// Organisations translate their names more often than they spell them by sound: such a match counts for less.
pub(super) const ORGANISATION_BY_SOUND: f64 = 0.9;
/// Pairs less alike than this are different words.
pub(super) const LEAST_SIMILARITY: f64 = 0.8;
/// An initial of a person against a word that begins with it.
const INITIAL: f64 = 0.9;
/// Words with the same consonants and other vowels between them.
const SAME_SKELETON: f64 = 0.86;
/// The same, where there are [`LONG_SKELETON`] consonants: "Hezbollah" and "Hizballah".
const SAME_LONG_SKELETON: f64 = 0.93;
const LONG_SKELETON: usize = 4;
/// Less for each letter beyond one that a word has more than the other, as beginnings alike say little.
const LONGER: f64 = 0.04;
/// Consonants and vowels from which that says something.
const LEAST_SKELETON: usize = 5;
/// Words that are the same but for regular differences between romanisations.
pub(super) const SAME_FOLDED: f64 = 0.97;
/// Two words on one side, one on the other.
pub(super) const JOINED: f64 = 0.98;
/// Such words must be more alike than others.
pub(super) const LEAST_JOINED: f64 = 0.9;
/// Latin ones more so.
const LEAST_JOINED_LATIN: f64 = 0.94;
/// A word of the one kind that is all of a name, and several of the other, must be more so.
const LEAST_AS_ONE: f64 = 0.925;
/// Letters of a word that is likened to several.
const LEAST_ONE: usize = 6;
/// A person's given and family name, of one who has more between or behind them, where they tell enough.
pub(super) const DROPPED: f64 = 0.87;
/// What these two must tell together, as [`TELLING`] measures it, and what the family name must beside an initial.
const DROPPED_TELLS: f64 = 0.9;
const INITIAL_TELLS: f64 = 0.7;
/// What they must more where the family name is an ordinary one.
const ORDINARY_TELLS: f64 = 0.3;
/// What a given and a family name must more where another word stands beside them, and how many may.
const BESIDE_TELLS: f64 = 0.2;
const MOST_BESIDE: usize = 1;
/// What a given and a family name must tell together that stand anywhere in a longer question, and what they must where the
/// family name is an ordinary one, and where words are written without vowels.
pub(super) const PAIR: f64 = 1.0;
pub(super) const ORDINARY_PAIR: f64 = 1.3;
pub(super) const ABJAD_PAIR: f64 = 1.9;
/// Words of a question that are a given and a family name.
const GIVEN_AND_FAMILY: RangeInclusive<usize> = 2..=4;
/// A spelling of a word of a script without vowels from here on is the word.
const SURE_READING: f64 = 0.9;
/// What a person's name of ordinary words counts for of which one is not.
const NOT_AS_READ: f64 = 0.92;
/// From here on a word without vowels is spelt as usual.
pub(super) const SAME_READING: f64 = 0.95;
/// The same words in an order that is neither the written one nor the one around the comma.
const OTHER_ORDER: f64 = 0.99;
/// What a form of company, an article or a title weighs, against a word of the same rarity.
const FILLER: f64 = 0.1;
/// What each title of a person weighs that a question has beside two names: several are as one.
const TITLE_WEIGHT: f64 = 0.001;
/// What an initial weighs, against a word.
const INITIAL_WEIGHT: f64 = 0.5;
/// No word weighs less, however common.
const LEAST_WEIGHT: f64 = 0.2;
/// From this on shared words are telling enough that a name may have more than the query. The measure is rarity, in
/// full for words of [`FULL_LENGTH`] letters.
const TELLING: f64 = 1.4;
/// Below this they are not at all.
const NOT_TELLING: f64 = 0.8;
/// Shorter words tell less: there are fewer of them, and more people for each.
const FULL_LENGTH: f64 = 6.0;
/// Part of the score lost when all else of the name is missing from a query that is telling.
const LOSS_TELLING: f64 = 0.3;
/// The same for one that is not.
const LOSS_NOT_TELLING: f64 = 0.6;

/// A word from here on is the other, but for a slip or its romanisation.
pub(super) const SURE: f64 = 0.94;
/// What a person's name counts for of which no word is sure, and a company's of one short word: "Marine Francois" is not
/// "Maricel Francisco", and "Lind ASA" not "Linda".
const NOTHING_SURE: f64 = 0.95;

/// Letters of a word that is all of an organisation's name, up to which it is no other one, and what two such count for.
const SHORT_WORD: usize = 3;
const SHORT_AND_OTHER: f64 = 0.8;

/// Below this a word is likely to be another, and how much each step below it costs beside itself.
const DOUBTED: f64 = 0.9;
const DOUBT: f64 = 1.0;

/// What a word weighs that many organisations have in their names, against one that tells.
const GENERIC: f64 = 0.2;

/// What tells quickly that two words are too different, and what kinds of word a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Shape {
    /// Letters of the folded word; of a word of a script without vowels those of any folded spelling of it.
    letters: u32,
    /// Of a word of a script without vowels, the Latin letters with which a spelling may begin.
    begins: u32,
    /// Bytes of the folded word.
    length: u16,
    /// First byte of the word.
    first: u8,
    kinds: u8,
}

/// A single letter.
const INITIAL_LETTER: u8 = 1;
const HAS_DIGITS: u8 = 1 << 1;
/// Of a script without vowels.
const ABJAD: u8 = 1 << 2;
/// Of such a script, and with Latin renderings.
const READABLE: u8 = 1 << 3;
const FILLER_WORD: u8 = 1 << 4;
const GENERIC_WORD: u8 = 1 << 5;
const TITLE: u8 = 1 << 6;
const PARTICLE: u8 = 1 << 7;

impl Shape {
    fn of(text: &str, folded: &str, reading: Option<&Reading>) -> Self {
        let is_abjad = text.chars().next().is_some_and(abjad::is_abjad);
        let kinds = [
            (INITIAL_LETTER, text.len() == 1 && text.as_bytes()[0].is_ascii_lowercase()),
            (HAS_DIGITS, text.bytes().any(|byte| byte.is_ascii_digit())),
            (ABJAD, is_abjad),
            (READABLE, reading.is_some()),
            (FILLER_WORD, FILLERS.contains(&text)),
            (GENERIC_WORD, GENERICS.contains(&text)),
            (TITLE, TITLES.contains(&text)),
            (PARTICLE, PARTICLES.contains(&text)),
        ];
        let (letters, begins) = reading.map_or_else(|| (letter_set(folded), 0), Reading::letters);
        Self {
            letters,
            begins,
            length: u16::try_from(folded.len()).unwrap_or(u16::MAX),
            first: text.bytes().next().unwrap_or_default(),
            kinds: kinds.into_iter().fold(0, |bits, (bit, is)| if is { bits | bit } else { bits }),
        }
    }

    const fn is(self, kind: u8) -> bool {
        self.kinds & kind != 0
    }

    /// Whether the word is of a script without vowels.
    pub(super) const fn is_abjad(self) -> bool {
        self.is(ABJAD)
    }

    /// Whether a Latin word is not out of the question as a spelling of a word of a script without vowels, or of its
    /// beginning.
    const fn may_render(self, other: Self) -> bool {
        let first = self.first.wrapping_sub(b'a');
        first < 26 && other.begins & (1 << first) != 0 && self.letters & !other.letters == 0
    }

    /// Whether [`Asked::similarity`] can reach `least`. Letters that only one side has cannot match, which bounds
    /// Jaro-Winkler from above.
    pub(super) fn may_be_like(self, other: Self, least: f64) -> bool {
        match (self.is(ABJAD), other.is(ABJAD)) {
            (true, true) => return true,
            (true, false) => return other.may_render(self),
            (false, true) => return self.may_render(other),
            (false, false) => {}
        }
        let missing = |from: Self, other: Self| (from.letters & !other.letters).count_ones();
        let (a, b) = (u32::from(self.length), u32::from(other.length));
        let matches = (a.saturating_sub(missing(self, other))).min(b.saturating_sub(missing(other, self)));
        let share = |length: u32| f64::from(matches) / f64::from(length.max(1));
        let jaro = (share(a) + share(b) + 1.0) / 3.0;
        let winkler = jaro + 0.4 * (1.0 - jaro);
        winkler >= 1.0 - (1.0 - least) / strictness(a.min(b)) - SHAPE_SLACK
    }

    /// Whether [`Term::begins`] can hold.
    pub(super) const fn may_begin(self, other: Self) -> bool {
        match (self.is(ABJAD), other.is(ABJAD)) {
            (true, false) => other.may_render(self),
            (false, true) => self.may_render(other),
            (true, true) | (false, false) => false,
        }
    }

    /// The shape of two words written as one, or nearly.
    const fn and(self, other: Self) -> Self {
        let is_abjad = self.is(ABJAD) || other.is(ABJAD);
        Self {
            letters: if is_abjad { u32::MAX } else { self.letters | other.letters },
            begins: u32::MAX,
            length: self.length.saturating_add(other.length),
            first: self.first,
            kinds: (self.kinds | other.kinds) & (HAS_DIGITS | ABJAD),
        }
    }
}

/// Folding changes a word's length, and with it how strictly it is compared, by a little.
const SHAPE_SLACK: f64 = 0.04;

/// How much more alike a short word must be than a long one: differences count so many times.
fn strictness(letters: u32) -> f64 {
    match letters {
        0..=3 => 3.0,
        4 => 2.0,
        _ => 1.5,
    }
}

/// Parts of names that are common everywhere, also where a short list has but one of them.
const PARTICLES: &[&str] = &[
    "abu", "al", "ben", "bin", "bint", "da", "de", "del", "der", "di", "el", "ibn", "la", "ul", "ur", "van",
    "von", "ال", "بن", "ابن", "ابو",
];

/// Those that mean the same in Arabic names.
const SAME_PARTICLES: &[&[&str]] =
    &[&["ben", "bin", "ibn", "بن", "ابن"], &["al", "el", "ul", "ال"], &["abu", "ابو"]];

/// A token with all that comparing it needs.
#[derive(Clone, Debug)]
pub(super) struct Term<'a> {
    text: Cow<'a, [u8]>,
    folded: Cow<'a, [u8]>,
    skeleton: Cow<'a, [u8]>,
    pub(super) shape: Shape,
    /// 1.0 for a token of one name, towards 0 for one of all names.
    pub(super) rarity: f64,
    /// Of a question: it may be the title of a person with the names beside it.
    pub(super) is_title: bool,
    /// Of a question: people are called so.
    pub(super) is_name: bool,
    /// Of a word of a script without vowels, made when it is asked for.
    reading: OnceCell<Option<Box<Reading>>>,
}

impl<'a> Term<'a> {
    pub(super) fn new(text: &str, rarity: f64) -> Self {
        let is_abjad = text.chars().next().is_some_and(abjad::is_abjad);
        let folded = if is_abjad { abjad::plain(text) } else { fold(text) };
        let reading = if is_abjad { Reading::of(text) } else { None };
        let shape = Shape::of(text, &folded, reading.as_ref());
        Self {
            text: Cow::Owned(text.as_bytes().to_vec()),
            skeleton: Cow::Owned(skeleton(&folded).into_bytes()),
            folded: Cow::Owned(folded.into_bytes()),
            shape,
            rarity,
            is_title: false,
            is_name: false,
            reading: OnceCell::from(reading.map(Box::new)),
        }
    }

    /// A term that was made before: its [`parts`](Self::parts).
    pub(super) fn stored([text, folded, skeleton]: [&'a [u8]; 3], shape: Shape, rarity: f64) -> Self {
        Self {
            text: Cow::Borrowed(text),
            folded: Cow::Borrowed(folded),
            skeleton: Cow::Borrowed(skeleton),
            shape,
            rarity,
            is_title: false,
            is_name: false,
            reading: OnceCell::new(),
        }
    }

    /// Its text, as it is, folded, and without its vowels.
    pub(super) fn parts(&self) -> [&[u8]; 3] {
        [&self.text, &self.folded, &self.skeleton]
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    fn reading(&self) -> Option<&Reading> {
        if !self.shape.is(READABLE) {
            return None;
        }
        self.reading.get_or_init(|| Reading::of(self.text()).map(Box::new)).as_deref()
    }

    /// Whether a question may mean it as a person's title.
    pub(super) fn may_be_title(&self) -> bool {
        HONORIFICS.contains(&self.text())
    }

    /// Whether it is a title that a person's name may carry, an article, or a word for a group of companies.
    pub(super) fn is_title_word(&self) -> bool {
        self.shape.is(TITLE | FILLER_WORD)
    }

    /// Whether it is a word of a name, and not of what stands beside one or in many.
    pub(super) fn may_tell(&self) -> bool {
        !self.shape.is(TITLE | FILLER_WORD | GENERIC_WORD | PARTICLE) && !self.is_initial()
    }

    /// How telling it is, short words less than long ones.
    pub(super) fn tells(&self, organisation: bool) -> f64 {
        self.weight(organisation) * self.fullness()
    }

    /// A single letter.
    pub(super) fn is_initial(&self) -> bool {
        self.shape.is(INITIAL_LETTER)
    }

    /// What the token counts for in a name of a person or an organisation.
    pub(super) fn weight(&self, organisation: bool) -> f64 {
        let particle = self.is_particle();
        let filler = self.shape.is(TITLE) || (self.shape.is(FILLER_WORD) && organisation);
        let weight = if particle { LEAST_WEIGHT } else { self.rarity.max(LEAST_WEIGHT) };
        if self.is_title && !organisation {
            return weight * TITLE_WEIGHT;
        }
        // Latin spellings leave out the articles of these scripts as often as not.
        if filler || particle && self.is_abjad() {
            weight * FILLER
        } else if self.shape.is(GENERIC_WORD) && organisation {
            weight * GENERIC
        } else if self.is_initial() {
            weight * INITIAL_WEIGHT
        } else {
            weight
        }
    }

    fn fullness(&self) -> f64 {
        // Letters without vowels have two bytes, and say as much as one and a half.
        let letters = f64::from(self.text.len() as u32) * if self.is_abjad() { 0.75 } else { 1.0 };
        (letters / FULL_LENGTH).min(1.0)
    }

    /// Whether the term renders the beginning of a word of a script without vowels, or the word that of the term.
    pub(super) fn begins(&self, other: &Term<'_>) -> bool {
        if !self.shape.may_begin(other.shape) {
            return false;
        }
        let (abjad, latin) =
            if self.is_abjad() { (self.reading(), &other.text) } else { (other.reading(), &self.text) };
        abjad.is_some_and(|reading| reading.begins_with(latin))
    }

    /// An article, or a word for a group of companies.
    pub(super) const fn is_filler(&self) -> bool {
        self.shape.is(FILLER_WORD)
    }

    /// A word that many organisations have in their names.
    pub(super) const fn is_generic(&self) -> bool {
        self.shape.is(GENERIC_WORD)
    }

    /// A part of names that joins others.
    pub(super) const fn is_particle(&self) -> bool {
        self.shape.is(PARTICLE)
    }

    /// Whether the term is of a script without vowels.
    pub(super) const fn is_abjad(&self) -> bool {
        self.shape.is(ABJAD)
    }

    fn joined(first: &Self, second: &Self) -> Term<'static> {
        Term::new(&[first.text(), second.text()].concat(), first.rarity.max(second.rarity))
    }
}

/// A term to be compared with many others.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) term: &'a Term<'a>,
    text: Pattern<'a>,
    folded: Pattern<'a>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(term: &'a Term<'a>) -> Self {
        Self { term, text: Pattern::new(&term.text), folded: Pattern::new(&term.folded) }
    }

    /// How alike two words are: 0.0, or [`LEAST_SIMILARITY`] to 1.0. Short words must be more alike than long ones.
    pub(super) fn similarity(&self, other: &Term<'_>) -> f64 {
        let term = self.term;
        if term.text == other.text {
            return 1.0;
        }
        if term.is_particle() && other.is_particle() {
            let same = |words: &[&str]| words.contains(&term.text()) && words.contains(&other.text());
            return if SAME_PARTICLES.iter().any(|words| same(words)) { SAME_FOLDED } else { 0.0 };
        }
        let (a, b) = (term.shape, other.shape);
        if a.is(ABJAD) != b.is(ABJAD) {
            // How well the Latin word renders the other.
            let (abjad, latin) = if a.is(ABJAD) { (term, other) } else { (other, term) };
            if !latin.shape.may_render(abjad.shape) {
                return 0.0;
            }
            return abjad.reading().and_then(|reading| reading.likeness(&latin.text)).unwrap_or(0.0);
        }
        let (short, long) = (term.text.len().min(other.text.len()), term.text.len().max(other.text.len()));
        let is_plain = |shape: Shape| !shape.is(INITIAL_LETTER | HAS_DIGITS);
        if !is_plain(a) || !is_plain(b) || short * 2 < long || a.is(READABLE) != b.is(READABLE) {
            return 0.0;
        }
        if !a.may_be_like(b, LEAST_SIMILARITY) {
            return 0.0;
        }
        if term.folded == other.folded {
            return SAME_FOLDED;
        }
        if is_fathers(&term.text, &other.text) || is_fathers(&other.text, &term.text) {
            return 0.0;
        }
        let spelt = if a.is(ABJAD) { 0.0 } else { self.text.jaro_winkler(&other.text) };
        let folded = self.folded.jaro_winkler(&other.folded) * SAME_FOLDED;
        // Letters of these scripts have two bytes.
        let letters = if a.is(ABJAD) { short / 2 } else { short };
        let longer = term.folded.len().abs_diff(other.folded.len()).saturating_sub(1);
        let beyond = LONGER * f64::from(longer as u32);
        let similarity = 1.0 - (1.0 - spelt.max(folded)) * strictness(letters as u32) - beyond;
        let same_skeleton = term.skeleton.len() >= LEAST_SKELETON && term.skeleton == other.skeleton;
        let consonants = term.skeleton.iter().filter(|letter| **letter != b'.').count();
        let least = match consonants {
            _ if !same_skeleton => 0.0,
            0..LONG_SKELETON => SAME_SKELETON,
            _ => SAME_LONG_SKELETON,
        };
        let similarity = similarity.max(least);
        if similarity >= LEAST_SIMILARITY { similarity } else { 0.0 }
    }
}

/// Whether `one` is a patronymic and `other` a family name of the same father's name: "Petrovna" is not "Petrova".
fn is_fathers(one: &[u8], other: &[u8]) -> bool {
    let without =
        |word: &[u8], ends: &[&[u8]]| ends.iter().find_map(|end| word.strip_suffix(*end)).map(<[u8]>::to_vec);
    let father = without(one, &[b"vna", b"vich", b"vych"]);
    father.is_some() && father == without(other, &[b"va", b"v"])
}

/// Words of the query (`q` from, how many) and of the name that mean the same.
#[derive(Clone, Copy, Debug)]
struct Pair {
    similarity: f64,
    query: (usize, usize),
    name: (usize, usize),
}

/// A query's terms, and its neighbours written as one.
#[derive(Debug)]
pub(super) struct Sought<'a> {
    pub(super) terms: Vec<&'a Term<'a>>,
    joined: Vec<(Term<'static>, (usize, usize))>,
}

impl<'a> Sought<'a> {
    pub(super) fn new(terms: Vec<&'a Term<'a>>) -> Self {
        let mut joined = Vec::new();
        for (first, pair) in terms.windows(2).enumerate() {
            let two = Term::joined(pair[0], pair[1]);
            let third = terms.get(first + 2).filter(|_| pair[1].is_particle());
            let three = third.map(|third| (Term::joined(&two, third), (first, 3)));
            joined.push((two, (first, 2)));
            joined.extend(three);
        }
        Self { terms, joined }
    }
}

/// Whose name a question is held against.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// With the words that stand before its comma.
    Person { before_comma: usize },
    /// By a question that is a person's name, or not.
    Organisation { of_person: bool },
}

/// The score of a name against a query, 0.0 to 1.0.
pub(super) fn score(sought: &Sought<'_>, name: &[&Term<'_>], kind: Kind) -> f64 {
    let query = &sought.terms;
    let organisation = matches!(kind, Kind::Organisation { .. });
    let mut pairs = pairs(sought, name, organisation);
    // A person is not a company with a name nearly theirs: "Andrea Martinez" is not "Andrea Martina Limited".
    if matches!(kind, Kind::Organisation { of_person: true }) {
        pairs.retain(|pair| pair.similarity >= SURE);
    }
    let weight = |term: &Term<'_>| term.weight(organisation);
    let heaviness =
        |pair: &Pair| query[pair.query.0..][..pair.query.1].iter().map(|term| weight(term)).sum::<f64>();
    // An article that both have is not torn out of a word that the other side writes as one.
    let is_article = |pair: &Pair| {
        query[pair.query.0..][..pair.query.1].iter().all(|term| term.is_particle()) && pair.name.1 == 1
    };
    // Nor is half of what two words of these scripts make as one.
    let is_joined = |pair: &Pair| pair.query.1 > 1 && query[pair.query.0].is_abjad();
    pairs.sort_by(|a, b| {
        let places = (a.query, a.name).cmp(&(b.query, b.name));
        let order = is_article(a)
            .cmp(&is_article(b))
            .then(is_joined(b).cmp(&is_joined(a)))
            .then(b.similarity.total_cmp(&a.similarity));
        order.then(heaviness(b).total_cmp(&heaviness(a))).then(places)
    });
    let (mut query_used, mut name_used) = (0u64, 0u64);
    let (mut query_explained, mut name_explained, mut telling, mut surest) = (0.0, 0.0, 0.0, 0.0f64);
    let (mut all_sure, mut all_same) = (true, true);
    for pair in pairs {
        let bits = |(first, count): (usize, usize)| ((1u64 << count) - 1) << first;
        if query_used & bits(pair.query) != 0 || name_used & bits(pair.name) != 0 {
            continue;
        }
        query_used |= bits(pair.query);
        name_used |= bits(pair.name);
        // One word is alike by chance, as people's are.
        let may_be_chance = !organisation || query.len() == 1 && !query[0].is_abjad();
        let is_sure = pair.similarity >= SURE
            || query[pair.query.0].is_abjad() && pair.similarity >= SURE_READING
            || query[pair.query.0].is_initial();
        all_sure &= is_sure;
        let same = if query[pair.query.0].is_abjad() { SAME_READING } else { SAME_FOLDED };
        all_same &= pair.similarity >= same || query[pair.query.0].is_initial();
        let similarity = if may_be_chance { doubted(pair.similarity) } else { pair.similarity };
        query_explained += similarity * heaviness(&pair);
        if !is_article(&pair) {
            surest = surest.max(pair.similarity);
        }
        for term in &name[pair.name.0..][..pair.name.1] {
            name_explained += pair.similarity * weight(term);
            let initial = term.is_initial() || query[pair.query.0].is_initial();
            // A rare spelling of a common word is no rare word.
            let weight = weight(term).min(heaviness(&pair));
            telling += if initial { 0.0 } else { pair.similarity * weight * term.fullness() };
        }
    }
    let query_share = query_explained / query.iter().map(|term| weight(term)).sum::<f64>();
    let name_share = name_explained / name.iter().map(|term| weight(term)).sum::<f64>();
    let certainty = ((telling - NOT_TELLING) / (TELLING - NOT_TELLING)).clamp(0.0, 1.0);
    let loss = LOSS_NOT_TELLING + (LOSS_TELLING - LOSS_NOT_TELLING) * certainty;
    let is_short = organisation && query.len() == 1 && query[0].fullness() < 1.0;
    let may_doubt = is_short || !organisation && query.len() > 1;
    let doubt = if may_doubt && surest < SURE { NOTHING_SURE } else { 1.0 };
    // Where every word is an ordinary name of the languages without vowels, each has to be the other's.
    let are_ordinary = || {
        query.len() > 1 && query.iter().all(|term| term.is_particle() || foreign::is_known_name(term.text()))
    };
    let doubt = if !organisation && !all_same && are_ordinary() { doubt * NOT_AS_READ } else { doubt };
    let score = (query_share * doubt * (1.0 - loss * (1.0 - name_share))).clamp(0.0, OTHER_ORDER);
    // Of so few letters one is a word: "KEEP" is not "KIB", nor "DNB" "DNP".
    let is_one = organisation && query.len() == 1 && name.len() == 1;
    let score = if is_one && are_short(query[0], name[0]) { score.min(SHORT_AND_OTHER) } else { score };
    match kind {
        Kind::Person { before_comma } if score < DROPPED && all_sure => {
            let (given, family) = given_and_family(name, before_comma);
            let is_used = |place: usize| name_used >> place & 1 == 1 || name[place].is_particle();
            let is_known = given.is_some_and(is_used) && family.clone().all(is_used);
            let others = Others { at_ends: at_ends(query_used, query), are_same: all_same };
            if is_known && tells_without_middle(query, name, given, family, others) { DROPPED } else { score }
        }
        _ => score,
    }
}

/// Whether two words of Latin letters differ of which one has hardly any.
fn are_short(one: &Term<'_>, other: &Term<'_>) -> bool {
    let is_short = one.text.len().min(other.text.len()) <= SHORT_WORD;
    is_short && one.text != other.text && !one.is_abjad() && !other.is_abjad()
}

/// What a question has beside a person's given and family name.
#[derive(Clone, Copy, Debug)]
struct Others {
    /// How many words stand before or behind these; `None` where some stand between, or are names too.
    at_ends: Option<usize>,
    /// Whether the two are letter for letter, or nearly, those of the name.
    are_same: bool,
}

/// How many words are not `used`, where those that are stand side by side and nobody is called by one of the others.
fn at_ends(used: u64, query: &[&Term<'_>]) -> Option<usize> {
    let run = used >> used.trailing_zeros().min(63);
    let others = query.iter().enumerate().filter(|(place, _)| used >> place & 1 == 0).map(|(_, term)| term);
    let are_apart = run & run.wrapping_add(1) == 0 && others.clone().all(|term| !term.is_name);
    are_apart.then(|| others.count())
}

/// Where the first given name and the family name of a person stand: around the comma, or first and last.
pub(super) fn given_and_family(name: &[&Term<'_>], before_comma: usize) -> (Option<usize>, Range<usize>) {
    let (from, family) = match before_comma {
        0 => (0, name.len().saturating_sub(1)..name.len()),
        comma => (comma, 0..comma.min(name.len())),
    };
    let end = if before_comma == 0 { family.start } else { name.len() };
    ((from..end).find(|&place| !name[place].is_particle()), family)
}

/// Whether a given and a family name, or an initial and a rare family name that is quite the same, tell who is meant without
/// what stands between them, and whatever word stands beside them: a town, a firm's form, an honour.
fn tells_without_middle(
    query: &[&Term<'_>],
    name: &[&Term<'_>],
    given: Option<usize>,
    family: Range<usize>,
    others: Others,
) -> bool {
    // Half of a Korean or Chinese given name is another name.
    let is_syllable =
        |place: usize| korean::is_family(name[place].text()) || mandarin::is_syllable(name[place].text());
    let Some(beside) = others.at_ends.filter(|beside| *beside <= MOST_BESIDE) else { return false };
    // "Seyyed" before a name is not the given name that its consonants say.
    let in_abjad = query.iter().any(|term| term.is_abjad());
    let is_title = in_abjad && given.is_some_and(|given| name[given].may_be_title());
    if is_title || !GIVEN_AND_FAMILY.contains(&(query.len() - beside)) || family.clone().all(is_syllable) {
        return false;
    }
    let tells = |place: usize| name[place].tells(false);
    let rarest = family.clone().max_by(|a, b| tells(*a).total_cmp(&tells(*b)));
    let initials = query.iter().filter(|term| term.is_initial()).count();
    match (initials, rarest, given) {
        (0, Some(rarest), Some(given)) if beside == 0 => {
            // Words without vowels are alike by chance more often.
            let is_ordinary = ordinary::is_family(name[rarest].text()) || in_abjad;
            // Too many have such names, and a slip in one makes another of it.
            let are_known =
                query.iter().all(|term| term.is_particle() || foreign::is_known_name(term.text()));
            let more = if is_ordinary { ORDINARY_TELLS } else { 0.0 };
            !are_known
                && (!is_ordinary || others.are_same)
                && tells(rarest) + tells(given) >= DROPPED_TELLS + more
        }
        (0, Some(rarest), Some(given)) => {
            others.are_same
                && !ordinary::is_family(name[rarest].text())
                && tells(rarest) >= INITIAL_TELLS
                && tells(rarest) + tells(given) >= DROPPED_TELLS + BESIDE_TELLS
        }
        (1, Some(rarest), _) if beside == 0 && others.are_same => {
            tells(rarest) >= INITIAL_TELLS && !ordinary::is_family(name[rarest].text())
        }
        _ => false,
    }
}

/// How telling a token is that `count` of `names` names have.
pub(super) fn rarity(count: usize, names: usize) -> f64 {
    1.0 - f64::from(count.max(1) as u32).ln() / f64::from(names as u32).ln()
}

/// What a term weighs in the names of persons and of organisations.
pub(super) fn weights(term: &Term<'_>, is_form: bool) -> [f64; 2] {
    [term.weight(false), if is_form { 0.0 } else { term.weight(true) }]
}

/// A person's word that is not quite the other's counts for less than it is alike: names are alike by chance.
fn doubted(similarity: f64) -> f64 {
    similarity - DOUBT * (DOUBTED - similarity).max(0.0)
}

/// Whether the name is the query, in the written order or in the one around its comma.
pub(super) fn is_same(query: &[&Term<'_>], name: &[&Term<'_>], before_comma: usize) -> bool {
    let (family, given) = name.split_at(before_comma.min(name.len()));
    let equal = |first: &[&Term<'_>], second: &[&Term<'_>]| {
        let name = first.iter().chain(second).map(|term| &term.text);
        query.iter().map(|term| &term.text).eq(name)
    };
    equal(family, given) || equal(given, family)
}

/// Whether both are the same when written as one word.
pub(super) fn is_joined(query: &[&Term<'_>], name: &[&Term<'_>]) -> bool {
    query.iter().flat_map(|term| term.text.iter()).eq(name.iter().flat_map(|term| term.text.iter()))
}

/// Whether words of a script without vowels, written as one, are the one Latin word that is all of the name: "حزب الله" is
/// "Hizballah".
pub(super) fn reads_as_one(query: &[&Term<'_>], name: &[&Term<'_>]) -> bool {
    let [name] = name else { return false };
    if query.len() < 2 || !query.iter().all(|term| term.is_abjad()) || name.text.len() < LEAST_ONE {
        return false;
    }
    let joined = Term::new(&query.iter().map(|term| term.text()).collect::<String>(), 1.0);
    Asked::new(&joined).similarity(name) >= LEAST_AS_ONE
}

/// All pairs of words that may mean the same.
fn pairs(sought: &Sought<'_>, name: &[&Term<'_>], organisation: bool) -> Vec<Pair> {
    let (query, mut pairs) = (&sought.terms, Vec::new());
    for (q, asked) in query.iter().map(|term| Asked::new(term)).enumerate() {
        for (n, listed) in name.iter().enumerate() {
            // Russian "Е" is "Ye" at the beginning of a word.
            let same_letter = || {
                let is_e = asked.term.text() == "e" && listed.text.starts_with(b"ye");
                asked.term.shape.first == listed.shape.first || is_e
            };
            let initial = !organisation && (asked.term.is_initial() || listed.is_initial()) && same_letter();
            let similarity = asked.similarity(listed);
            let similarity = if initial && similarity == 0.0 { INITIAL } else { similarity };
            if similarity > 0.0 {
                pairs.push(Pair { similarity, query: (q, 1), name: (n, 1) });
            }
        }
        joined_with(&asked, name, |similarity, place| {
            pairs.push(Pair { similarity, query: (q, 1), name: place });
        });
    }
    for (joined, place) in &sought.joined {
        let asked = Asked::new(joined);
        let least = if joined.is_abjad() { LEAST_JOINED } else { LEAST_JOINED_LATIN };
        for (n, listed) in name.iter().enumerate() {
            let similarity = asked.similarity(listed) * JOINED;
            if similarity > least {
                pairs.push(Pair { similarity, query: *place, name: (n, 1) });
            }
        }
    }
    if is_joined(query, name) {
        pairs.push(Pair { similarity: JOINED, query: (0, query.len()), name: (0, name.len()) });
    }
    pairs
}

/// Tells `take` of the neighbours among `terms` that make the one word `single` when written as one: two, or three around
/// an article ("Abd al Rahman").
fn joined_with(single: &Asked<'_>, terms: &[&Term<'_>], mut take: impl FnMut(f64, (usize, usize))) {
    for (first, pair) in terms.windows(2).enumerate() {
        let shape = pair[0].shape.and(pair[1].shape);
        let may_be = match single.term.reading() {
            Some(reading) => {
                shape.is_abjad() || reading.may_have(shape.letters) && reading.may_begin(&pair[0].text)
            }
            None => single.term.shape.may_be_like(shape, LEAST_JOINED),
        };
        if may_be {
            let least = if single.term.is_abjad() { LEAST_JOINED } else { LEAST_JOINED_LATIN };
            let joined = Term::joined(pair[0], pair[1]);
            let similarity = single.similarity(&joined) * JOINED;
            if similarity > least {
                take(similarity, (first, 2));
            }
            if let Some(third) = terms.get(first + 2).filter(|_| pair[1].is_particle()) {
                let similarity = single.similarity(&Term::joined(&joined, third)) * JOINED;
                if similarity > least {
                    take(similarity, (first, 3));
                }
            }
        }
    }
}
