//! Listed names that stand whole inside a longer question.

use std::collections::{HashMap, HashSet};

use tracehound_model::PartyKind;

use super::{
    DEFAULT_THRESHOLD, NameIndex, ORGANISATION, Term, WEAK, korean, mandarin, ordinary_words, question,
    score, script,
};

/// How telling such a name must be: of two words, of more, and of any where what stands beside it is a place or a desk.
const INSIDE_TWO: f64 = 0.8;
const INSIDE_MORE: f64 = 0.5;
const INSIDE_BESIDE: f64 = 0.3;
/// Of two words that tell, in the name of an organisation.
const INSIDE_COMPANY: f64 = 0.6;
/// Letters of one word that tells by itself there, unless it stands in capitals.
const INSIDE_ONE: usize = 6;

impl NameIndex {
    /// Whether one word out of a longer question may be this name: a name of an organisation that its list does not call
    /// weak. Too many people, and ships, have any one. A word `beside` others of other parties must be quite the name.
    pub(super) fn may_stand_alone(&self, name: u32, score: f64, beside: bool) -> bool {
        let kinds = self.kinds[name as usize];
        (!beside || score >= score::SURE)
            && kinds & ORGANISATION != 0
            && kinds & WEAK == 0
            && (score < DEFAULT_THRESHOLD || self.is_entity(name))
    }

    pub(super) fn is_entity(&self, name: u32) -> bool {
        let party = self.parties.get(self.names[name as usize].party);
        party.is_ok_and(|party| matches!(party.kind, PartyKind::Entity | PartyKind::Unknown))
    }

    /// Names that stand whole, letter for letter and in order, inside a longer question, and tell enough to be meant:
    /// whatever stands beside them does not clear them. O(names that share a word).
    pub(super) fn whole_inside(
        &self,
        query: &str,
        tokens: &[String],
        forms: u64,
        is_person: bool,
    ) -> Vec<u32> {
        // Syllables are no words.
        if script::has_syllables(query) {
            return Vec::new();
        }
        let is_core = |place: &usize| forms & (1 << (place & 63)) == 0;
        let places: Vec<usize> = (0..tokens.len()).filter(is_core).collect();
        let words: Vec<Option<u32>> = places.iter().map(|&place| self.word(&tokens[place])).collect();
        if words.len() < 2 {
            return Vec::new();
        }
        let mut counts: HashMap<u32, usize> = HashMap::new();
        for word in words.iter().flatten() {
            self.names_with(*word).iter().for_each(|&name| *counts.entry(name).or_default() += 1);
        }
        let beside = question::is_beside(tokens);
        let capitals = capitals(query);
        let is_inside = |&(name, count): &(u32, usize)| {
            let listed = self.name(name);
            let kept =
                || (0..listed.tokens.len()).filter(|place| listed.record.forms & (1 << (place & 63)) == 0);
            let length = kept().count();
            count >= length && length < words.len() && {
                let own: Vec<u32> = kept().map(|place| listed.tokens[place]).collect();
                let is_whole = own.len() == listed.tokens.len();
                let comma = if is_whole { (listed.record.before_comma as usize).min(own.len()) } else { 0 };
                let turned = [&own[comma..], &own[..comma]].concat();
                let same = |window: &[Option<u32>], own: &[u32]| {
                    window.iter().copied().eq(own.iter().copied().map(Some))
                };
                let at = words
                    .windows(length.max(1))
                    .position(|window| same(window, &own) || same(window, &turned));
                at.is_some_and(|at| {
                    let rest =
                        places.iter().enumerate().filter(|(place, _)| !(at..at + length).contains(place));
                    let is_beside = rest.into_iter().all(|(_, &place)| beside[place]);
                    // "Markus Weber" is a person, and not the company Markus.
                    let is_other = is_person && own.len() == 1 && self.is_ordinary(&tokens[places[at]]);
                    !is_other && self.tells_enough(name, &own, is_beside, &capitals)
                })
            }
        };
        let mut found: Vec<u32> = counts.into_iter().filter(is_inside).map(|(name, _)| name).collect();
        found.sort_unstable();
        found
    }

    /// Whether a name with these words is meant wherever it stands.
    fn tells_enough(&self, name: u32, words: &[u32], is_beside: bool, capitals: &HashSet<String>) -> bool {
        let kinds = self.kinds[name as usize];
        let organisation = kinds & ORGANISATION != 0;
        let terms: Vec<Term<'_>> = words.iter().map(|&word| self.term(word)).collect();
        let telling: Vec<&Term<'_>> = terms.iter().filter(|term| term.may_tell()).collect();
        let tells: f64 = telling.iter().map(|term| term.tells(organisation)).sum();
        let is_long = |term: &Term<'_>| {
            let letters = term.text().chars().count();
            letters >= INSIDE_ONE || letters >= 3 && (is_beside || capitals.contains(term.text()))
        };
        // Beside what it does: nobody's own name has that.
        let is_company =
            organisation && kinds & WEAK == 0 && words.len() > telling.len() && tells >= INSIDE_BESIDE;
        match telling.len() {
            0 => false,
            1 if is_company && self.is_entity(name) => true,
            1 if !organisation => false,
            // "University of Phoenix" is not the company Phoenix.
            1 if !is_beside && ordinary_words::is_word(telling[0].text()) => false,
            1 => kinds & WEAK == 0 && is_long(telling[0]) && tells >= INSIDE_BESIDE && self.is_entity(name),
            _ if is_beside => tells >= INSIDE_BESIDE,
            // "Shams al-Din" in its own letters is a given name of many, and "Li Wei (David)" is not "David Wei".
            2 if !organisation && terms.iter().any(|term| term.is_abjad() || is_syllable(term.text())) => {
                false
            }
            2 => {
                let least = if organisation && self.is_entity(name) { INSIDE_COMPANY } else { INSIDE_TWO };
                tells >= least || words.len() > 2 && tells >= INSIDE_MORE
            }
            _ => tells >= INSIDE_MORE,
        }
    }
}

/// Whether a word is a Chinese or a Korean family's name.
fn is_syllable(word: &str) -> bool {
    mandarin::is_syllable(word) || korean::is_family(word)
}

/// Words of three letters or more that stand in capitals, in lower case.
fn capitals(query: &str) -> HashSet<String> {
    let words = query.split(|at: char| !at.is_alphanumeric());
    let in_capitals = words.filter(|word| {
        let in_capitals = |letter: char| letter.is_uppercase() || letter.is_ascii_digit();
        word.chars().count() >= 3 && word.chars().all(in_capitals) && word.chars().any(char::is_uppercase)
    });
    in_capitals.map(|word| deunicode::deunicode(word).to_lowercase()).collect()
}
