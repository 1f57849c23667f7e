//! Arabic, Persian and Hebrew words against Latin spellings: scripts that write consonants and leave out short vowels.
//!
//! "حسین" may be Hussein, Husayn or Hossein: a letter has several Latin renderings, and a vowel may stand between any two.
//! A Latin word is likened by walking both at once and adding up how unusual each rendering is.

use std::{collections::HashMap, sync::LazyLock};

use super::similarity::{fold, letter_set};

/// The letters; where their renderings come from stands in the file.
const TABLE: &str = include_str!("data/abjad.txt");
/// Longest Latin word that is compared; none is longer.
const MAX_WORD: usize = 40;
/// Most letters of a word that are compared.
const MAX_LETTERS: usize = 24;
/// Stands in the table for the two letters of the article inside a compound.
const ARTICLE: char = '+';
/// Stands there for the second of two "ی".
const SECOND: char = '=';
/// Stands there for the first of two letters that are one sound of other languages ("تش" is "ch"), and for the second.
const PAIRS: &[([char; 2], [char; 2])] = &[(['ت', 'ش'], ['1', '2']), (['ک', 'س'], ['3', '4'])];
/// Letters that the article's "l" becomes in speech.
const SUN_LETTERS: &str = "تثدذرزسشصضطظلن";
/// Similarity of a word whose letters are all rendered in the most usual way.
const USUAL: f64 = 0.97;
/// What each step of unusualness costs.
const STEP: f64 = 0.02;

/// Letters that folding makes of others across the limits of a rendering, and all vowels.
const FOLDING: u32 = {
    let (letters, mut at, mut bits) = (b"aeioufhjxgkptsv", 0, 0);
    while at < letters.len() {
        bits |= 1 << (letters[at] - b'a');
        at += 1;
    }
    bits
};

/// One way to write a letter.
#[derive(Debug)]
struct Rendering {
    latin: &'static str,
    unusual: u8,
}

/// Where in a word a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    First,
    Middle,
    Last,
}

static LETTERS: LazyLock<HashMap<(char, Place), Vec<Rendering>>> = LazyLock::new(|| {
    let mut letters = HashMap::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut cells = line.split(' ');
        let head = cells.next().unwrap_or_default();
        let place = match head.chars().next() {
            Some('^') => Place::First,
            Some('$') => Place::Last,
            _ => Place::Middle,
        };
        let renderings = cells.map(|cell| {
            let (latin, unusual) = cell.split_once(':').unwrap_or((cell, "0"));
            let latin = if latin == "-" { "" } else { latin };
            Rendering { latin, unusual: unusual.parse().unwrap_or(u8::MAX) }
        });
        if let Some(letter) = head.chars().next_back() {
            letters.insert((letter, place), renderings.collect());
        }
    }
    letters
});

/// The letter in the one form that is compared, for the letters of these scripts; `None` for a mark that is left out.
/// Persian and Arabic forms of a letter become one, vowel signs and lengthening go.
pub(super) fn letter(character: char) -> Option<char> {
    Some(match character {
        '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' => {
            return None;
        }
        '\u{591}'..='\u{5c7}' => return None,
        'أ' | 'إ' | 'ٱ' | 'ٲ' | 'ٳ' => 'ا',
        'ؤ' | 'ۆ' | 'ۇ' | 'ۈ' | 'ۋ' | 'ڤ' => 'و',
        'ي' | 'ئ' | 'ې' | 'ێ' | 'ے' => 'ی',
        'ك' | 'ڪ' => 'ک',
        'ہ' | 'ھ' | 'ە' | 'ۀ' | 'ۂ' => 'ه',
        'ۃ' => 'ة',
        'ټ' | 'ٹ' => 'ت',
        'ډ' | 'ڈ' => 'د',
        'ړ' | 'ڑ' | 'ڕ' => 'ر',
        'ږ' => 'ژ',
        'ښ' => 'ش',
        'ګ' | 'ڭ' => 'گ',
        'ڼ' | 'ں' => 'ن',
        'ځ' | 'څ' => 'چ',
        'ڵ' => 'ل',
        other => other,
    })
}

/// Whether a character belongs to a script that is compared here.
pub(super) const fn is_abjad(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{5ff}' | '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// The word's letters in their most usual Latin rendering, to compare words of these scripts with each other.
pub(super) fn plain(word: &str) -> String {
    let usual = |letter: char| {
        let renderings = LETTERS.get(&(letter, Place::Middle))?;
        renderings.iter().map(|rendering| rendering.latin).find(|latin| !latin.is_empty())
    };
    word.chars().filter_map(usual).collect()
}

/// Splits the Arabic article off a word of which enough is left: "الدوله" is "ال" and "دوله", "الله" stays.
pub(super) fn without_article(word: &str) -> Option<&str> {
    let rest = word.strip_prefix("ال")?;
    (rest.chars().count() >= 3 && !rest.starts_with("له")).then_some(rest)
}

/// A word of these scripts, ready to be compared.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    letters: Vec<&'static [Rendering]>,
    /// A bit for each Latin letter with which a spelling may begin.
    begins: u32,
    /// A bit for each letter of a folded spelling.
    allowed: u32,
    /// Letters that are never left out.
    least: usize,
}

impl Reading {
    /// `None` for a word with a letter that has no rendering.
    pub(super) fn of(word: &str) -> Option<Self> {
        let characters: Vec<char> = word.chars().collect();
        if characters.is_empty() || characters.len() > MAX_LETTERS {
            return None;
        }
        let last = characters.len() - 1;
        let renderings = |(place, letter): (usize, &char)| {
            let at_end = if place == 0 { Place::First } else { Place::Last };
            let own = (place == 0 || place == last).then(|| LETTERS.get(&(*letter, at_end))).flatten();
            own.or_else(|| LETTERS.get(&(*letter, Place::Middle))).map(Vec::as_slice)
        };
        let mut letters: Vec<_> = characters.iter().enumerate().map(renderings).collect::<Option<_>>()?;
        // Before a written vowel the first letter of "عيسى" is not heard.
        if let ['ع', 'ا' | 'ی' | 'و', ..] = characters[..] {
            letters[0] = &LETTERS[&('ع', Place::Middle)];
        }
        for place in 1..characters.len() {
            let pair = PAIRS.iter().find(|(pair, _)| characters[place - 1..=place] == *pair);
            if let Some((_, [first, second])) = pair {
                letters[place - 1] = &LETTERS[&(*first, Place::Middle)];
                letters[place] = &LETTERS[&(*second, Place::Middle)];
            }
            if characters[place - 1..=place] == ['ی', 'ی'] {
                letters[place] = &LETTERS[&(SECOND, Place::Middle)];
            }
        }
        // An article inside a compound: "سراج الدين" is Sirajuddin, Siraj al-Din.
        for place in 2..characters.len().saturating_sub(3) {
            if let ['ا', 'ل', next] = characters[place..place + 3] {
                letters[place] = &LETTERS[&(ARTICLE, Place::First)];
                if SUN_LETTERS.contains(next) {
                    letters[place + 1] = &LETTERS[&(ARTICLE, Place::Last)];
                }
            }
        }
        let mut begins = 0;
        for renderings in &letters {
            let firsts = renderings.iter().filter_map(|rendering| rendering.latin.bytes().next());
            begins |= firsts.fold(0, |bits, first| bits | 1 << (first - b'a'));
            if renderings.iter().all(|rendering| !rendering.latin.is_empty()) {
                break;
            }
        }
        let all = letters.iter().flat_map(|renderings| renderings.iter());
        let allowed = all.fold(FOLDING, |bits, rendering| {
            bits | letter_set(&fold(rendering.latin)) | letter_set(rendering.latin)
        });
        let least =
            letters.iter().filter(|all| all.iter().all(|rendering| !rendering.latin.is_empty())).count();
        Some(Self { letters, begins, allowed, least })
    }

    /// Whether a word with these letters, once folded, is not out of the question.
    pub(super) const fn may_have(&self, letters: u32) -> bool {
        letters & !self.allowed == 0
    }

    /// What [`may_have`](Self::may_have) and [`may_begin`](Self::may_begin) go by: a bit for each Latin letter of a folded
    /// spelling, and for each with which one may begin.
    pub(super) const fn letters(&self) -> (u32, u32) {
        (self.allowed, self.begins)
    }

    /// Quickly, whether `latin` is not out of the question.
    fn may_be(&self, latin: &[u8]) -> bool {
        let first = latin.first().map_or(32, |first| first.wrapping_sub(b'a'));
        first < 26
            && self.begins & (1 << first) != 0
            && latin.len() >= self.least
            && latin.len() <= (4 * self.letters.len()).min(MAX_WORD)
    }

    /// How well `latin` renders the word: `None` where it does not.
    pub(super) fn likeness(&self, latin: &[u8]) -> Option<f64> {
        if !self.may_be(latin) {
            return None;
        }
        let (all, _) = self.walk(latin);
        let unusual = all?;
        (usize::from(unusual) <= self.letters.len() / 2 + 1).then(|| USUAL - STEP * f64::from(unusual))
    }

    /// Whether `latin` renders the beginning of the word, at least three letters of it.
    pub(super) fn begins_with(&self, latin: &[u8]) -> bool {
        latin.len() >= 3 && self.letters.len() > 4 && self.may_begin(latin) && self.walk(latin).1
    }

    /// Quickly, whether the word may begin as `latin` does.
    pub(super) fn may_begin(&self, latin: &[u8]) -> bool {
        let first = latin.first().map_or(32, |first| first.wrapping_sub(b'a'));
        first < 26 && self.begins & (1 << first) != 0 && latin.len() <= MAX_WORD
    }

    /// The least unusualness of the whole word as all of `latin`, and whether fewer letters make it too.
    fn walk(&self, latin: &[u8]) -> (Option<u8>, bool) {
        const NOT: u8 = u8::MAX;
        let mut reached = [NOT; MAX_WORD + 1];
        reached[0] = 0;
        let mut begun = false;
        for (number, renderings) in self.letters.iter().enumerate() {
            let mut next = [NOT; MAX_WORD + 1];
            for from in 0..=latin.len() {
                if reached[from] == NOT {
                    continue;
                }
                for rendering in *renderings {
                    let text = rendering.latin.as_bytes();
                    if !latin[from..].starts_with(text) {
                        continue;
                    }
                    let cost = reached[from].saturating_add(rendering.unusual);
                    let to = from + text.len();
                    next[to] = next[to].min(cost);
                    let doubled =
                        text.last().is_some_and(|last| !is_vowel(*last) && latin.get(to) == Some(last));
                    if doubled {
                        next[to + 1] = next[to + 1].min(cost);
                    }
                }
            }
            if number + 1 < self.letters.len() {
                // Short vowels: one freely, a second, or one beside a written vowel, at a price.
                for from in (0..latin.len()).rev() {
                    if next[from] == NOT || !is_vowel(latin[from]) {
                        continue;
                    }
                    let beside = from > 0 && is_vowel(latin[from - 1]);
                    let cost = next[from].saturating_add(if beside { 3 } else { 0 });
                    next[from + 1] = next[from + 1].min(cost);
                    if latin.get(from + 1).is_some_and(|second| is_vowel(*second)) {
                        next[from + 2] = next[from + 2].min(cost.saturating_add(3));
                    }
                }
            }
            begun |= number >= 2 && number + 1 < self.letters.len() && next[latin.len()] != NOT;
            reached = next;
        }
        // French writes a mute vowel behind the last consonant: "Zidane".
        if let [.., before, b'e'] = latin
            && !is_vowel(*before)
        {
            let mute = reached[latin.len() - 1].saturating_add(1);
            reached[latin.len()] = reached[latin.len()].min(mute);
        }
        let all = reached[latin.len()];
        ((all != NOT).then_some(all), begun)
    }
}

const fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(word: &str, latin: &str) -> Option<f64> {
        let word: String = word.chars().filter_map(letter).collect();
        Reading::of(&word).unwrap().likeness(latin.as_bytes())
    }

    #[test]
    fn usual_spellings_of_a_word_are_alike() {
        for (word, spellings) in [
            ("حسين", &["hussein", "husayn", "hossein", "hussain", "hosein"][..]),
            ("محمد", &["muhammad", "mohammed", "mohamad", "mohamed"]),
            ("عبدالله", &["abdullah", "abdallah", "abdollah"]),
            ("القاسم", &["alqasim", "elkassem", "alghasem"]),
            ("رحیمی", &["rahimi"]),
            ("پور", &["pour", "pur"]),
            ("قذافي", &["qadhafi", "gaddafi", "kadhafi"]),
            ("جهاد", &["jihad", "jehad"]),
            ("فرحات", &["farhat"]),
            ("דוד", &["david", "dovid"]),
        ] {
            for spelling in spellings {
                assert!(likeness(word, spelling).is_some_and(|found| found > 0.9), "{word} {spelling}");
            }
        }
    }

    #[test]
    fn other_consonants_are_another_word() {
        for (word, other) in [("حسين", "hassan"), ("محمد", "ahmad"), ("علی", "omar"), ("كريم", "karimi")]
        {
            assert!(
                likeness(word, other).is_none_or(|found| found < 0.93),
                "{word} {other}: {:?}",
                likeness(word, other)
            );
        }
    }
}
