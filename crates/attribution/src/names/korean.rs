//! Korean names in any spelling: Hangul, the Revised Romanisation, McCune-Reischauer, the DPRK's own and habits.
//!
//! 김정은 is Kim Jong Un, Gim Jeong-eun and Kim Chŏng-ŭn. A syllable is compared by its sounds: an initial of which the
//! romanisations do not keep plain, tense and aspirated apart, the vowels that a spelling may mean, a final. Family names
//! go by a table, as people spell them as they like. Only what reads as a Korean name throughout, its family name
//! included, is compared, so that "Lee Marvin" is not.

use std::{collections::HashMap, sync::LazyLock};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Family names; where they come from stands in the file.
const TABLE: &str = include_str!("data/korean-families.txt");
/// The same syllables, spelt in regular ways.
const REGULAR: f64 = 0.97;
/// What a vowel spelt by habit, or an initial that one of the states drops, costs.
const HABIT: f64 = 0.03;
/// Most syllables of a given name.
const MAX_GIVEN: usize = 3;
/// Most ways to read one Latin word as syllables.
const MAX_READINGS: usize = 12;

/// Spellings of initials, longest first, and the class of each.
const INITIALS: &[(&str, u8)] = &[
    ("tch", b'C'),
    ("ch", b'C'),
    ("jj", b'C'),
    ("tj", b'C'),
    ("ts", b'C'),
    ("kk", b'K'),
    ("gg", b'K'),
    ("kh", b'K'),
    ("tt", b'T'),
    ("dd", b'T'),
    ("th", b'T'),
    ("pp", b'P'),
    ("bb", b'P'),
    ("ph", b'P'),
    ("ss", b'S'),
    ("sh", b'S'),
    ("rh", b'R'),
    ("j", b'C'),
    ("z", b'C'),
    ("k", b'K'),
    ("g", b'K'),
    ("t", b'T'),
    ("d", b'T'),
    ("p", b'P'),
    ("b", b'P'),
    ("s", b'S'),
    ("r", b'R'),
    ("l", b'R'),
    ("n", b'N'),
    ("m", b'M'),
    ("h", b'H'),
    ("", 0),
];

/// Spellings of vowels: those they mean by rule, and those some people mean by them.
const VOWELS: &[(&str, &str, &str)] = &[
    ("yeo", "ㅕ", ""),
    ("yae", "ㅒ", ""),
    ("yoo", "ㅠ", ""),
    ("you", "ㅕ", "ㅠ"),
    ("wae", "ㅙ", ""),
    ("weo", "ㅝ", ""),
    ("woo", "ㅜ", ""),
    ("eui", "ㅢ", ""),
    ("ui", "ㅢ", "ㅟ"),
    ("uy", "ㅢ", ""),
    ("ya", "ㅑ", ""),
    ("yo", "ㅛㅕ", ""),
    ("yu", "ㅠ", "ㅕ"),
    ("ye", "ㅖ", "ㅕ"),
    ("yi", "ㅣ", "ㅢ"),
    ("wa", "ㅘ", ""),
    ("wo", "ㅝ", ""),
    ("wu", "ㅜ", "ㅝ"),
    ("we", "ㅞ", "ㅙㅚ"),
    ("wi", "ㅟ", ""),
    ("ae", "ㅐ", "ㅔ"),
    ("ai", "ㅐ", ""),
    ("ay", "ㅐ", ""),
    ("ah", "ㅏ", ""),
    ("eo", "ㅓ", ""),
    ("eu", "ㅡ", ""),
    ("ee", "ㅣ", "ㅢ"),
    ("ei", "ㅔ", ""),
    ("oo", "ㅜ", "ㅡ"),
    ("ou", "ㅜ", "ㅓ"),
    ("oe", "ㅚ", ""),
    ("oi", "ㅚ", ""),
    ("oh", "ㅗ", ""),
    ("uh", "ㅓ", ""),
    ("a", "ㅏ", ""),
    ("e", "ㅔ", "ㅐㅓ"),
    ("i", "ㅣ", "ㅢ"),
    ("o", "ㅗㅓ", ""),
    ("u", "ㅜㅡ", "ㅓ"),
];

/// Spellings of finals, longest first, and the class of each.
const FINALS: &[(&str, u8)] = &[
    ("ng", b'G'),
    ("ck", b'K'),
    ("k", b'K'),
    ("g", b'K'),
    ("n", b'N'),
    ("t", b'T'),
    ("d", b'T'),
    ("l", b'L'),
    ("r", b'L'),
    ("m", b'M'),
    ("p", b'P'),
    ("b", b'P'),
    ("", 0),
];

/// Classes of the initials and finals of Hangul, in the order of the Unicode standard (section 3.12).
const HANGUL_INITIALS: &[u8; 19] = b"KKNTTRMPPSS\0CCCKTPH";
const HANGUL_FINALS: &[u8; 28] = b"\0KKKNNNTLKMLLLLLMPPTTGTTKTPT";
/// The vowels in that order.
const HANGUL_VOWELS: &str = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ";

/// A syllable by its sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Syllable {
    /// A bit for each vowel that is meant by rule.
    vowels: u32,
    /// A bit for each that some people mean.
    habits: u32,
    initial: u8,
    last: u8,
    /// Zero: a record has no gaps.
    reserved: u16,
}

impl Syllable {
    /// What their difference costs; `None` where they are different syllables.
    fn difference(self, other: Self) -> Option<f64> {
        if self.last != other.last {
            return None;
        }
        let vowels = if self.vowels & other.vowels != 0 {
            0.0
        } else if self.vowels & other.habits != 0 || self.habits & other.vowels != 0 {
            HABIT
        } else {
            return None;
        };
        let dropped = |a: u8, b: u8| a == b'R' && (b == 0 || b == b'N') || a == b'N' && b == 0;
        match (self.initial, other.initial) {
            (a, b) if a == b => Some(vowels),
            (a, b) if dropped(a, b) || dropped(b, a) => Some(vowels + HABIT),
            _ => None,
        }
    }
}

/// A name that reads as Korean.
#[derive(Clone, Debug)]
pub(super) struct KoreanName {
    /// A bit for each family name of the table that it may be.
    families: u128,
    /// Each way to read the given names.
    given: Vec<Vec<Syllable>>,
}

impl KoreanName {
    /// Every way in which a name in Hangul, or in Latin words, is a Korean name: the family name first or last.
    pub(super) fn readings(text: &str, tokens: &[String]) -> Vec<Self> {
        let hangul: Vec<char> = text.chars().filter(|character| character.is_alphabetic()).collect();
        if hangul.iter().all(|character| is_hangul(*character)) {
            return Self::of_hangul(&hangul);
        }
        if !(2..=1 + MAX_GIVEN).contains(&tokens.len()) {
            return Vec::new();
        }
        let last = tokens.len() - 1;
        let reading = |family: &str, given: &[String]| {
            let families = *FAMILIES.get(family)?;
            let given = latin_syllables(given);
            (!given.is_empty()).then_some(Self { families, given })
        };
        [reading(&tokens[0], &tokens[1..]), reading(&tokens[last], &tokens[..last])]
            .into_iter()
            .flatten()
            .collect()
    }

    fn of_hangul(characters: &[char]) -> Vec<Self> {
        let mut readings = Vec::new();
        for length in 1..=2 {
            if characters.len() <= length || characters.len() > length + MAX_GIVEN {
                continue;
            }
            let (family, given) = characters.split_at(length);
            let family: String = family.iter().collect();
            if let Some(&families) = FAMILIES.get(&family) {
                let given = given.iter().filter_map(|character| hangul(*character)).collect();
                readings.push(Self { families, given: vec![given] });
            }
        }
        readings
    }

    /// Every way in which a name in Cyrillic letters, as Russians spell Korean ones (L. R. Kontsevich's system, and the
    /// press), is a Korean name. "н" is the end of "Yon" and of "Yong".
    pub(super) fn of_cyrillic(text: &str) -> Vec<Self> {
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|at: char| !at.is_alphabetic()).filter(|word| !word.is_empty()).collect();
        let is_cyrillic = |word: &&str| word.chars().all(|letter| matches!(letter, '\u{430}'..='\u{451}'));
        if !(2..=1 + MAX_GIVEN).contains(&words.len()) || !words.iter().all(is_cyrillic) {
            return Vec::new();
        }
        let latin: Vec<String> = words.iter().map(|word| of_kontsevich(word)).collect();
        let last = latin.len() - 1;
        let reading = |family: &str, given: &[String]| {
            let spellings = [family.to_owned(), format!("{family}g")];
            let families = spellings
                .iter()
                .filter_map(|spelling| FAMILIES.get(spelling))
                .fold(0, |all, bits| all | bits);
            let given: Vec<Vec<Syllable>> =
                latin_syllables(given).iter().flat_map(|given| nasals(given)).collect();
            (families != 0 && !given.is_empty()).then_some(Self { families, given })
        };
        [reading(&latin[0], &latin[1..]), reading(&latin[last], &latin[..last])]
            .into_iter()
            .flatten()
            .collect()
    }

    /// How alike the name and another are, of which these are the family names and the readings of the given one; `None`
    /// where a family name or a syllable is another one.
    pub(super) fn likeness<'b>(
        &self,
        families: u128,
        given: &(impl Iterator<Item = &'b [Syllable]> + Clone),
    ) -> Option<f64> {
        if self.families & families == 0 {
            return None;
        }
        let pairs = self.given.iter().flat_map(|a| given.clone().map(move |b| (a, b)));
        let differences = pairs.filter(|(a, b)| a.len() == b.len()).filter_map(|(a, b)| {
            a.iter()
                .zip(b.iter())
                .map(|(a, b)| a.difference(*b))
                .sum::<Option<f64>>()
                .map(|sum| (sum, a.len()))
        });
        // A given name of one syllable is too short to bear a difference.
        let costs = differences.map(|(sum, length)| if length == 1 { 3.0 * sum } else { sum });
        costs.min_by(f64::total_cmp).map(|least| REGULAR - least)
    }

    /// A bit for each family name that it may be.
    pub(super) const fn family_bits(&self) -> u128 {
        self.families
    }

    /// Each way to read the given names.
    pub(super) fn given(&self) -> impl Iterator<Item = &[Syllable]> + Clone {
        self.given.iter().map(Vec::as_slice)
    }

    /// The families as numbers, to find names by.
    pub(super) fn families(&self) -> impl Iterator<Item = u8> {
        let bits = self.families;
        (0..128).filter(move |bit| bits & (1 << bit) != 0)
    }
}

/// Spellings of family names, Hangul among them, to a bit each for the lines of the table.
static FAMILIES: LazyLock<HashMap<String, u128>> = LazyLock::new(|| {
    let mut families: HashMap<String, u128> = HashMap::new();
    let lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for (number, line) in lines.enumerate() {
        let mut cells = line.split(' ');
        let written = cells.next().unwrap_or_default();
        // Two syllables are two ways to write one name, or one name of two syllables, which has its Latin spellings so too.
        let characters: Vec<char> = written.chars().collect();
        let latin = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let readings = latin_syllables(&[latin]);
        let two = !readings.is_empty() && readings.iter().all(|all| all.len() > 1);
        let forms =
            if two { vec![written.to_owned()] } else { characters.iter().map(char::to_string).collect() };
        for spelling in forms.into_iter().chain(cells.map(str::to_owned)) {
            *families.entry(spelling).or_default() |= 1 << (number % 128);
        }
    }
    families
});

/// Whether a word is a Korean family name.
pub(super) fn is_family(word: &str) -> bool {
    FAMILIES.contains_key(word)
}

/// Whether Latin words are a Korean name: a family name and syllables.
pub(super) fn is_name(words: &[String]) -> bool {
    !KoreanName::readings("a", words).is_empty()
}

const fn is_hangul(character: char) -> bool {
    matches!(character, '\u{ac00}'..='\u{d7a3}')
}

/// Whether syllables of Hangul are a person's name: a family name and one or two more.
pub(super) fn is_person(syllables: &[char]) -> bool {
    let family = |length: usize| {
        let family: String = syllables[..length].iter().collect();
        FAMILIES.contains_key(&family)
    };
    match syllables.len() {
        2 | 3 => family(1) || syllables.len() == 3 && family(2),
        4 => family(2),
        _ => false,
    }
}

/// Russian spellings of Korean sounds, longest first.
const KONTSEVICH: &[(&str, &str)] = &[
    ("чхве", "choe"),
    ("цой", "choe"),
    ("чх", "ch"),
    ("чж", "j"),
    ("дж", "j"),
    ("тх", "t"),
    ("кх", "k"),
    ("пх", "p"),
    ("ый", "ui"),
    ("нъ", "n"),
    ("ль", "l"),
    ("ва", "wa"),
    ("во", "wo"),
    ("ве", "we"),
    ("ви", "wi"),
    ("вэ", "wae"),
    ("а", "a"),
    ("б", "b"),
    ("в", "w"),
    ("г", "g"),
    ("д", "d"),
    ("е", "e"),
    ("ё", "yo"),
    ("ж", "j"),
    ("з", "j"),
    ("и", "i"),
    ("й", "i"),
    ("к", "k"),
    ("л", "l"),
    ("м", "m"),
    ("н", "n"),
    ("о", "o"),
    ("п", "p"),
    ("р", "r"),
    ("с", "s"),
    ("т", "t"),
    ("у", "u"),
    ("х", "h"),
    ("ц", "ch"),
    ("ч", "ch"),
    ("ш", "sh"),
    ("ы", "eu"),
    ("ь", ""),
    ("ъ", ""),
    ("э", "ae"),
    ("ю", "yu"),
    ("я", "ya"),
];

/// A Korean word in Russian spelling by the Latin one; with a letter that no such word has, empty.
fn of_kontsevich(word: &str) -> String {
    match word {
        "и" | "ли" => return "yi".to_owned(),
        "у" => return "woo".to_owned(),
        _ => {}
    }
    let mut latin = String::new();
    let mut rest = word;
    // The press writes "е" for "ё" too.
    if let Some(after) = word.strip_prefix('е') {
        latin.push_str("ye");
        rest = after;
    }
    while !rest.is_empty() {
        let Some((from, to)) = KONTSEVICH.iter().find(|(from, _)| rest.starts_with(from)) else {
            return String::new();
        };
        latin.push_str(to);
        rest = &rest[from.len()..];
    }
    latin
}

/// The syllables, each that ends in "n" with "ng" too.
fn nasals(given: &[Syllable]) -> Vec<Vec<Syllable>> {
    let mut all = vec![Vec::new()];
    for syllable in given {
        let lasts: &[u8] = if syllable.last == b'N' { b"NG" } else { &[syllable.last] };
        let with =
            |before: &Vec<Syllable>, last: u8| [&before[..], &[Syllable { last, ..*syllable }]].concat();
        all = all.iter().flat_map(|before| lasts.iter().map(move |last| with(before, *last))).collect();
    }
    all
}

/// The sounds of a syllable of Hangul.
fn hangul(character: char) -> Option<Syllable> {
    let number = (is_hangul(character)).then(|| character as u32 - 0xac00)? as usize;
    Some(Syllable {
        initial: HANGUL_INITIALS[number / 588],
        vowels: 1 << (number % 588 / 28),
        habits: 0,
        last: HANGUL_FINALS[number % 28],
        reserved: 0,
    })
}

fn vowel_bits(vowels: &str) -> u32 {
    let place = |vowel| HANGUL_VOWELS.chars().position(|other| other == vowel);
    vowels.chars().filter_map(place).fold(0, |bits, place| bits | 1 << place)
}

/// The vowel spellings with their bits.
static VOWEL_BITS: LazyLock<Vec<(&str, u32, u32)>> = LazyLock::new(|| {
    VOWELS.iter().map(|(latin, vowels, habits)| (*latin, vowel_bits(vowels), vowel_bits(habits))).collect()
});

/// Every way to read Latin words, together, as the syllables of a given name.
fn latin_syllables(words: &[String]) -> Vec<Vec<Syllable>> {
    let mut readings: Vec<Vec<Syllable>> = vec![Vec::new()];
    for word in words {
        let mut of_word = Vec::new();
        read_word(word, &mut Vec::new(), &mut of_word);
        let together =
            readings.iter().flat_map(|before| of_word.iter().map(move |word| [&before[..], word].concat()));
        readings = together.filter(|all| all.len() <= MAX_GIVEN).take(MAX_READINGS).collect();
    }
    readings.retain(|all| !all.is_empty());
    readings
}

fn read_word(rest: &str, before: &mut Vec<Syllable>, found: &mut Vec<Vec<Syllable>>) {
    if rest.is_empty() {
        found.push(before.clone());
        return;
    }
    if before.len() >= MAX_GIVEN || found.len() >= MAX_READINGS {
        return;
    }
    for (spelt, initial) in INITIALS {
        let Some(rest) = rest.strip_prefix(spelt) else { continue };
        for (spelt, vowels, habits) in VOWEL_BITS.iter() {
            let Some(rest) = rest.strip_prefix(spelt) else { continue };
            for (spelt, last) in FINALS {
                let Some(rest) = rest.strip_prefix(spelt) else { continue };
                let (vowels, habits) = (*vowels, *habits);
                before.push(Syllable { vowels, habits, initial: *initial, last: *last, reserved: 0 });
                read_word(rest, before, found);
                before.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::normal::normal;

    fn likeness(a: &str, b: &str) -> Option<f64> {
        let readings = |text: &str| KoreanName::readings(text, &normal(text, usize::MAX).tokens);
        let (a, b) = (readings(a), readings(b));
        let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
        pairs.filter_map(|(a, b)| a.likeness(b.family_bits(), &b.given())).max_by(f64::total_cmp)
    }

    #[test]
    fn a_name_is_itself_in_every_romanisation() {
        for (name, spellings) in [
            (
                "김정은",
                &[
                    "Kim Jong Un",
                    "KIM, Jong-un",
                    "Gim Jeong-eun",
                    "Kim Chŏng-ŭn",
                    "Kim Jung Eun",
                    "Jong Un Kim",
                ][..],
            ),
            (
                "박진혁",
                &["Park Jin Hyok", "Pak Chin-hyŏk", "Bak Jin-hyeok", "Park Jin Hyuk", "PARK, Jinhyok"],
            ),
            ("김영철", &["Kim Yong Chol", "Kim Young-chul", "Gim Yeong-cheol", "Kim Yŏng-ch'ŏl"]),
            ("이영희", &["Ri Yong Hui", "Lee Young-hee", "Yi Yŏng-hŭi"]),
            ("리수용", &["Ri Su Yong", "Lee Soo Yong"]),
            ("노광철", &["Ro Kwang Chol", "No Kwang-ch'ŏl", "Ro Gwang Chol"]),
            ("한절만", &["Han Ch'o'l-man"]),
            ("남궁민", &["Namgung Min"]),
        ] {
            for spelling in spellings {
                assert!(
                    likeness(name, spelling).is_some_and(|found| found >= 0.88),
                    "{name} {spelling}: {:?}",
                    likeness(name, spelling)
                );
            }
        }
        assert!(likeness("Gim Jeong Eun", "KIM, Jong Un").is_some());
    }

    #[test]
    fn a_name_in_russian_spelling_is_itself() {
        let likeness = |russian: &str, name: &str| {
            let readings = KoreanName::of_cyrillic(russian);
            let others = KoreanName::readings(name, &normal(name, usize::MAX).tokens);
            let pairs = readings.iter().flat_map(|a| others.iter().map(move |b| (a, b)));
            pairs.filter_map(|(a, b)| a.likeness(b.family_bits(), &b.given())).max_by(f64::total_cmp)
        };
        for (russian, name) in [
            ("Ким Чен Ын", "KIM, Jong Un"),
            ("Ким Чжон Ын", "KIM, Jong Un"),
            ("Пак Чин Хёк", "Park Jin Hyok"),
            ("Ким Ён Чхоль", "KIM, Yong Chol"),
            ("Чхве Чхоль Мин", "CHOE, Chol Min"),
            ("Ли Ён Хи", "Ri Yong Hui"),
            ("Но Гван Чхоль", "NO, Kwang Chol"),
            ("Хван Пён Со", "HWANG, Pyong So"),
        ] {
            assert!(likeness(russian, name).is_some_and(|found| found >= 0.88), "{russian} {name}");
        }
        for (russian, name) in
            [("Ким Чен Ир", "KIM, Jong Un"), ("Пак Чен Ын", "KIM, Jong Un"), ("Иван Петров", "KIM, Jong Un")]
        {
            assert_eq!(likeness(russian, name), None, "{russian} {name}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for (a, b) in [
            ("김정은", "Kim Jong Il"),
            ("김정은", "Park Jong Un"),
            ("Kim Young", "Kim Yong Chol"),
            ("Lee Marvin", "Ri Yong Hui"),
            ("John Smith", "Kim Jong Un"),
            ("", "Kim Jong Un"),
        ] {
            assert_eq!(likeness(a, b), None, "{a} {b}");
        }
    }
}
