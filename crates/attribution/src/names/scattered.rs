//! Persons whose given and family name both stand in a longer question, whatever stands between and around them: a nickname, an
//! initial, another given name, a sum, a street.

use std::collections::HashMap;

use super::{
    NameIndex, ORGANISATION, Similar, abjad, foreign, korean, mandarin, ordinary,
    score::{self, Asked, LEAST_SIMILARITY, SAME_FOLDED, SAME_READING, Term},
};

/// Ends of patronymics, as they are transliterated and read by the rules of languages, and the letters before them.
const PATRONYMIC_ENDS: &[&str] =
    &["vich", "vitch", "vych", "vikh", "vish", "wich", "witsch", "vna", "wna", "ichna", "ivna"];
const STEM: usize = 3;
/// Most words between the two.
const MOST_BETWEEN: usize = 4;

impl NameIndex {
    /// Names of persons of which the question has the given and all of the family name, and that tell enough. O(names that share
    /// a word).
    pub(super) fn given_and_family_inside(&self, terms: &[Term<'_>], similar: &mut Similar) -> Vec<u32> {
        // An article is no other word.
        if terms.iter().filter(|term| !term.is_particle()).count() < 3 {
            return Vec::new();
        }
        // By name, the places in the question of words that it shares, and which these are.
        let mut shared: HashMap<u32, Vec<(usize, u32)>> = HashMap::new();
        for (place, term) in terms.iter().enumerate().filter(|(_, term)| may_be_name(term)) {
            let least = if term.is_abjad() { SAME_READING } else { SAME_FOLDED };
            for &(word, similarity) in self.similar_words(term, LEAST_SIMILARITY, similar).iter() {
                if similarity < least {
                    continue;
                }
                let is_persons = |name: &&u32| self.kinds[**name as usize] & ORGANISATION == 0;
                for &name in self.names_with(word).iter().filter(is_persons) {
                    shared.entry(name).or_default().push((place, word));
                }
            }
        }
        let mut found: Vec<u32> = shared
            .into_iter()
            .filter(|(name, places)| places.len() > 1 && self.is_inside(*name, places, terms))
            .map(|(name, _)| name)
            .collect();
        found.sort_unstable();
        found
    }

    fn is_inside(&self, number: u32, places: &[(usize, u32)], question: &[Term<'_>]) -> bool {
        let name = self.name(number);
        let own = self.terms(name);
        let own: Vec<&Term<'_>> = own.iter().collect();
        let (given, family) = score::given_and_family(&own, name.record.before_comma as usize);
        let Some(given) = given.filter(|given| !family.contains(given)) else { return false };
        let at =
            |place: usize| places.iter().find(|(_, word)| *word == name.tokens[place]).map(|(at, _)| *at);
        let Some(given_at) = at(given) else { return false };
        let family: Vec<usize> = family.filter(|&place| !own[place].is_particle()).collect();
        let Some(family_at) = family.iter().map(|&place| at(place)).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let (Some(&first), Some(&last)) = (family_at.iter().min(), family_at.iter().max()) else {
            return false;
        };
        // Of two family names that are one word the question has both.
        let is_double = (1..family_at.len()).any(|place| family_at[..place].contains(&family_at[place]));
        // Without a comma nobody says which word is the family's.
        let word = own[family[0]].text();
        let is_givens = ordinary::is_given(word) && !ordinary::is_family(word);
        let may_be_given = name.record.before_comma == 0 && is_givens;
        let is_other = is_double || may_be_given || is_servant_of(question, first, given_at);
        if is_other || has_other_father(question, &own) {
            return false;
        }
        if (first..=last).contains(&given_at) || last - first >= 2 * family.len().max(2) {
            return false;
        }
        let between = if given_at < first { first - given_at } else { given_at - last } - 1;
        between <= MOST_BETWEEN && tells(&own, given, &family, question)
    }
}

/// Whether the word at `place` is part of a name with "Abd": "Abd al-Salam" is not called Salam, unless "Abd" is the given name.
fn is_servant_of(question: &[Term<'_>], place: usize, given: usize) -> bool {
    let before =
        (0..place).rev().find(|&place| !question[place].is_particle()).filter(|&before| before != given);
    before.is_some_and(|before| ["abd", "abdul", "abdel", "عبد"].contains(&question[before].text()))
}

/// Whether both have a patronymic, and not the same one: that is somebody else.
fn has_other_father(question: &[Term<'_>], name: &[&Term<'_>]) -> bool {
    let is_patronymic = |term: &&Term<'_>| {
        PATRONYMIC_ENDS.iter().any(|end| term.text().strip_suffix(end).is_some_and(|stem| stem.len() >= STEM))
    };
    let own: Vec<&Term<'_>> = name.iter().copied().filter(|term| is_patronymic(term)).collect();
    let mut asked = question.iter().filter(is_patronymic).peekable();
    let alike = |term: &Term<'_>| own.iter().any(|own| Asked::new(term).similarity(own) >= score::SURE);
    !own.is_empty() && asked.peek().is_some() && !asked.any(alike)
}

/// Whether people may be called so: no initial, title or number.
fn may_be_name(term: &Term<'_>) -> bool {
    term.may_tell() && !term.text().bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a given and a family name tell who is meant without what stands between and beside them.
fn tells(name: &[&Term<'_>], given: usize, family: &[usize], question: &[Term<'_>]) -> bool {
    // Half of a Chinese or Korean given name is another name.
    let is_syllable =
        |place: &usize| korean::is_family(name[*place].text()) || mandarin::is_syllable(name[*place].text());
    if family.iter().all(is_syllable) {
        return false;
    }
    let tells = |place: usize| name[place].tells(false);
    let rarest = family.iter().copied().max_by(|a, b| tells(*a).total_cmp(&tells(*b)));
    let Some(rarest) = rarest else { return false };
    let in_abjad = name[rarest].text().chars().any(abjad::is_abjad) || question.iter().any(Term::is_abjad);
    // Words without vowels are alike by chance more often.
    let is_known = |place: usize| foreign::is_known_name(name[place].text());
    if in_abjad && (is_known(rarest) && is_known(given) || name[given].may_be_title()) {
        return false;
    }
    let least = match () {
        () if in_abjad => score::ABJAD_PAIR,
        () if ordinary::is_family(name[rarest].text()) => score::ORDINARY_PAIR,
        () => score::PAIR,
    };
    tells(rarest) + tells(given) >= least
}
