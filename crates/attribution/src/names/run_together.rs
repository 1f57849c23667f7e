//! Names written as one word, and organisations by the one word that tells them apart.

use super::{
    NameIndex, ORGANISATION, Term, WEAK,
    normal::{normal, short_forms},
    ordinary, ordinary_words,
    question::{Reading, is_place},
};

/// Fewest letters of a name that is written as one word, and fewest of one whose parts may be short.
const LEAST_LETTERS: usize = 6;
const LEAST_LONG: usize = 8;
/// Fewest letters of a part.
const LEAST_PART: usize = 2;
const LEAST_PART_SHORT: usize = 3;
/// Most names that are looked at for a word, and most steps for each.
const MOST_NAMES: usize = 30_000;
const MOST_STEPS: usize = 200;
/// Most ways to take a word apart.
const MOST_WAYS: usize = 6;
/// Fewest letters of the one word that a name is known by.
const LEAST_ONE_WORD: usize = 4;
/// Most parties with the one word that a name is known by.
const MOST_PARTIES: usize = 3;
/// Names with a word from which it says nothing.
const MANY: usize = 10;

impl NameIndex {
    /// A question of one word as the words of listed names that it is put together of: "vladimirputin".
    pub(super) fn apart(&self, reading: &Reading) -> Vec<Reading> {
        let tokens = normal(&reading.text, 3).tokens;
        let is_passenger =
            tokens.len() == 2 && reading.text.contains(',') && !reading.text.contains(char::is_lowercase);
        if !(tokens.len() == 1 || is_passenger) {
            return Vec::new();
        }
        let mut found: Vec<Reading> = Vec::new();
        for (place, token) in tokens.iter().enumerate() {
            for parts in self.parts_of(token) {
                let mut words = tokens.clone();
                words[place] = parts;
                let text = words.join(" ");
                if found.len() < MOST_WAYS && found.iter().all(|known| known.text != text) {
                    found.push(Reading { text, ..*reading });
                }
            }
        }
        found
    }

    /// The ways in which words of one listed name make this word, whatever their order.
    fn parts_of(&self, token: &str) -> Vec<String> {
        let is_plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if token.len() < LEAST_LETTERS || !is_plain || token.len() > super::asked::MAX_QUERY_BYTES / 10 {
            return Vec::new();
        }
        let least = if token.len() < LEAST_LONG { LEAST_PART_SHORT } else { LEAST_PART };
        let (mut looked_at, mut ways): (usize, Vec<String>) = (0, Vec::new());
        for length in least..=token.len() - least {
            let Some(first) = self.word(&token[..length]) else { continue };
            for &name in self.names_with(first) {
                looked_at += 1;
                if looked_at > MOST_NAMES || ways.len() >= MOST_WAYS {
                    return ways;
                }
                let name = self.name(name);
                let texts: Vec<&str> = name
                    .tokens
                    .iter()
                    .map(|&word| std::str::from_utf8(self.word_parts(word as usize)[0]).unwrap_or_default())
                    .collect();
                let own = name.tokens.iter().position(|&word| word == first);
                let mut taken = vec![own.unwrap_or_default()];
                let mut steps = 0;
                if takes(&token[length..], &texts, least, &mut taken, &mut steps) {
                    let way = taken.iter().map(|&place| texts[place]).collect::<Vec<_>>().join(" ");
                    if !ways.contains(&way) {
                        ways.push(way);
                    }
                }
            }
        }
        ways
    }

    /// Names of organisations that are known by this one word: few have it, and what else stands in them says little, or
    /// the word stands first or last.
    pub(super) fn named_by(&self, text: &str) -> impl Iterator<Item = u32> {
        let word = self.word(text).filter(|&word| {
            let term = self.term(word);
            let is_long =
                text.chars().count() >= LEAST_ONE_WORD && !text.bytes().any(|byte| byte.is_ascii_digit());
            is_long && term.may_tell() && !is_place(text) && !ordinary_words::is_word(text)
        });
        let names = word.map_or(&[][..], |word| self.names_with(word));
        let mut parties: Vec<u32> = names.iter().map(|&name| self.names[name as usize].party).collect();
        parties.sort_unstable();
        parties.dedup();
        let few = parties.len() <= MOST_PARTIES;
        names.iter().copied().filter(move |&number| {
            let name = self.name(number);
            let kinds = name.kinds;
            if !few || kinds & ORGANISATION == 0 || kinds & WEAK != 0 || !self.is_entity(number) {
                return false;
            }
            let core: Vec<u32> = (0..name.tokens.len())
                .filter(|place| name.record.forms & (1 << (place & 63)) == 0)
                .map(|place| name.tokens[place])
                .collect();
            let says_little = |&other: &u32| {
                let text = self.term(other);
                let is_said = !text.may_tell() || is_place(text.text()) || says_what(text.text());
                Some(other) == word || is_said || self.names_with(other).len() >= MANY
            };
            let at_end = core.first().copied() == word || core.last().copied() == word;
            core.len() > 1 && (at_end || core.iter().all(says_little))
        })
    }
}

impl NameIndex {
    /// Names of organisations whose one telling word stands in the question beside what they are, and that have a place
    /// besides: "Bank Markazi" is "BANK MARKAZI IRAN".
    pub(super) fn named_but_for_place(&self, asked: &[&Term<'_>]) -> impl Iterator<Item = u32> {
        let of_kind = |is_telling: bool| {
            let terms = asked.iter().filter(move |term| !term.is_filler() && term.may_tell() == is_telling);
            terms.map(|term| term.text()).collect::<Vec<_>>()
        };
        let (telling, kinds) = (of_kind(true), of_kind(false));
        let is_kind = asked.iter().all(|term| term.may_tell() || term.is_filler() || term.is_generic());
        let word = match telling[..] {
            [telling] if is_kind && !kinds.is_empty() && !ordinary::is_family(telling) => telling,
            _ => "",
        };
        // Of the two states of this name one has most of the listed ones.
        let place = |token: u32| is_place(self.term(token).text()) || self.term(token).text() == "korea";
        let is_it = move |&number: &u32| {
            let name = self.name(number);
            let (mut own, mut places): (Vec<&str>, usize) = (Vec::new(), 0);
            let texts = name.tokens.iter().map(|&token| (token, self.word_parts(token as usize)[0]));
            let texts: Vec<_> = texts.map(|(token, text)| (token, std::str::from_utf8(text))).collect();
            for (at, (token, text)) in texts.into_iter().enumerate() {
                let Ok(text) = text else { return false };
                let is_said = name.record.forms & (1 << (at & 63)) != 0 || self.term(token).is_filler();
                match (is_said, place(token)) {
                    (true, _) => {}
                    (false, true) => places += 1,
                    (false, false) => own.push(text),
                }
            }
            // "Banking" is what a bank does.
            let says = |kind: &&str| own.iter().any(|text| text.starts_with(*kind));
            places > 0 && own.len() == kinds.len() + 1 && kinds.iter().all(says)
        };
        self.named_by(word).filter(is_it).collect::<Vec<_>>().into_iter()
    }
}

/// Whether a word says what an organisation does, as "banking" does.
fn says_what(word: &str) -> bool {
    word.strip_suffix("ing").is_some_and(|stem| Term::new(stem, 1.0).is_generic())
}

/// Whether `rest` is made of further words of a name, which are noted.
fn takes(rest: &str, texts: &[&str], least: usize, taken: &mut Vec<usize>, steps: &mut usize) -> bool {
    if rest.is_empty() {
        return taken.len() > 1;
    }
    *steps += 1;
    if *steps > MOST_STEPS {
        return false;
    }
    for (place, text) in texts.iter().enumerate() {
        if text.len() < least || taken.contains(&place) {
            continue;
        }
        for written in short_forms(text).into_iter().chain([*text]) {
            if let Some(left) = rest.strip_prefix(written) {
                taken.push(place);
                if takes(left, texts, least, taken, steps) {
                    return true;
                }
                taken.pop();
            }
        }
    }
    false
}
