//! Names in Chinese characters against Latin spellings: each character by its common readings.
//!
//! Mandarin in Pinyin and Wade-Giles, Cantonese as Hong Kong writes it, Korean by way of Hangul. The readings of a
//! character are tried one by one, the family name apart, so that 鄧炳強 is Deng Bingqiang and Tang Ping-keung. Japanese
//! readings are not known here: they belong to whole names, not to characters.

use std::{collections::HashMap, sync::LazyLock};

/// Readings, a line each with the characters that have it; where they come from stands in the files.
const MANDARIN: &str = include_str!("data/han-mandarin.txt");
const CANTONESE: &str = include_str!("data/han-cantonese.txt");
const KOREAN: &str = include_str!("data/han-korean.txt");

/// The same characters in Pinyin.
const PINYIN: f64 = 0.97;
/// In another system.
const OTHER: f64 = 0.95;
/// Less for each Latin word beyond the name ("Tang Ping-keung, Chris").
const BEYOND: f64 = 0.03;
/// Most characters of a name.
const MAX_CHARACTERS: usize = 4;
/// Most Latin words of a name.
const MAX_WORDS: usize = 6;

/// Most readings of a name in Hangul.
const MAX_HANGUL: usize = 24;
/// Readings that a character has as a Korean family name only, which the tables lack.
const FAMILY_READINGS: &[(char, &str)] = &[('金', "김"), ('沈', "심"), ('車', "차"), ('车', "차")];

fn table(text: &'static str) -> HashMap<char, Vec<&'static str>> {
    let mut readings: HashMap<char, Vec<&str>> = HashMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((reading, characters)) = line.split_once(' ') {
            characters.chars().for_each(|character| readings.entry(character).or_default().push(reading));
        }
    }
    readings
}

static MANDARIN_OF: LazyLock<HashMap<char, Vec<&str>>> = LazyLock::new(|| table(MANDARIN));
static CANTONESE_OF: LazyLock<HashMap<char, Vec<&str>>> = LazyLock::new(|| table(CANTONESE));
static KOREAN_OF: LazyLock<HashMap<char, Vec<&str>>> = LazyLock::new(|| table(KOREAN));

/// Chinese characters.
pub(super) const fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character has no reading here, so that it cannot be compared with Latin spellings.
pub(super) fn is_unread(character: char) -> bool {
    is_han(character) && !MANDARIN_OF.contains_key(&character)
}

/// A bit for each system of romanisation; a name is spelt in one.
type Systems = u8;
/// Spellings, each with the systems that it is of.
type Spellings = Vec<(String, Systems)>;
const PINYIN_BIT: Systems = 1;
const WADE_GILES_BIT: Systems = 2;
const CANTONESE_BIT: Systems = 4;

/// A name of two to four Chinese characters.
#[derive(Clone, Debug)]
pub(super) struct HanName {
    /// The spellings of each character, with the systems that each is of.
    characters: Vec<Spellings>,
    hangul: Vec<String>,
}

impl HanName {
    /// `None` for a text that is not a short name in Chinese characters with readings.
    pub(super) fn of(text: &str) -> Option<Self> {
        let characters: Vec<char> = text.chars().filter(|character| character.is_alphanumeric()).collect();
        if !(2..=MAX_CHARACTERS).contains(&characters.len())
            || !characters.iter().all(|&letter| is_han(letter))
        {
            return None;
        }
        let spellings: Vec<_> = characters.iter().map(|character| spellings(*character)).collect();
        if spellings.iter().any(Vec::is_empty) {
            return None;
        }
        // A Korean given name has two syllables, a Chinese one may have one.
        let hangul = if characters.len() > 2 { hangul(&characters) } else { Vec::new() };
        Some(Self { characters: spellings, hangul })
    }

    /// A name whose syllables are each one of some in Pinyin, the family name first.
    pub(super) fn of_pinyin(syllables: &[&[&str]]) -> Self {
        let spelt = |pinyin: &&[&str]| {
            let mut found = Spellings::new();
            for reading in *pinyin {
                add_mandarin(&mut found, reading);
            }
            found
        };
        Self { characters: syllables.iter().map(spelt).collect(), hangul: Vec::new() }
    }

    /// The name in Hangul, in each of its readings; none where a character has no Korean reading.
    pub(super) fn hangul(&self) -> &[String] {
        &self.hangul
    }

    /// What the family name may be in Latin letters.
    pub(super) fn family_names(&self) -> impl Iterator<Item = &str> {
        self.characters[0].iter().map(|(spelling, _)| spelling.as_str())
    }

    /// How alike the name and Latin words are, the family name being the first or the last of them; `None` where they
    /// are another name.
    pub(super) fn likeness(&self, words: &[&str]) -> Option<f64> {
        if words.len() < 2 || words.len() > MAX_WORDS {
            return None;
        }
        let last = words.len() - 1;
        let first = self.with_family(words[0], &words[1..]);
        first.into_iter().chain(self.with_family(words[last], &words[..last])).max_by(f64::total_cmp)
    }

    fn with_family(&self, family: &str, given: &[&str]) -> Option<f64> {
        let (own, rest) = self.characters.split_first()?;
        let family = own.iter().find(|(spelling, _)| spelling == family)?.1;
        let mut best: Option<f64> = None;
        for first in 0..given.len() {
            for end in first + 1..=given.len() {
                let systems = family & spells(rest, &given[first..end].concat());
                if systems == 0 {
                    continue;
                }
                let beyond = (given.len() - (end - first)) as u32;
                // Two characters are too few to tell a name that has more.
                if beyond > 0 && rest.len() < 2 {
                    continue;
                }
                let score =
                    if systems & PINYIN_BIT == 0 { OTHER } else { PINYIN } - BEYOND * f64::from(beyond);
                best = best.into_iter().chain([score]).max_by(f64::total_cmp);
            }
        }
        best
    }
}

/// Every reading of the characters in Hangul, the first as a family name.
fn hangul(characters: &[char]) -> Vec<String> {
    let mut all = vec![String::new()];
    for (place, character) in characters.iter().enumerate() {
        let family = FAMILY_READINGS.iter().filter(|(family, _)| place == 0 && family == character);
        let own = KOREAN_OF.get(character).map_or(&[][..], Vec::as_slice);
        let readings: Vec<&str> = family.map(|(_, reading)| *reading).chain(own.iter().copied()).collect();
        let longer =
            all.iter().flat_map(|before| readings.iter().map(move |reading| format!("{before}{reading}")));
        all = longer.take(MAX_HANGUL).collect();
    }
    all
}

/// The systems in which the characters' readings, one after another, make `text`.
fn spells(characters: &[Spellings], text: &str) -> Systems {
    let Some((first, rest)) = characters.split_first() else {
        return if text.is_empty() { Systems::MAX } else { 0 };
    };
    let fits = first.iter().filter_map(|(spelling, systems)| {
        Some(systems & spells(rest, text.strip_prefix(spelling.as_str())?))
    });
    fits.fold(0, |all, systems| all | systems)
}

/// The syllables of Mandarin in Pinyin, without tones.
pub(super) fn pinyin_syllables() -> impl Iterator<Item = &'static str> {
    MANDARIN.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(' ').next())
}

/// The Latin spellings of a character, and the systems of each.
fn spellings(character: char) -> Spellings {
    let mut found = Spellings::new();
    let mandarin = MANDARIN_OF.get(&character).map_or(&[][..], Vec::as_slice);
    for reading in mandarin {
        add_mandarin(&mut found, reading);
    }
    for reading in CANTONESE_OF.get(&character).map_or(&[][..], Vec::as_slice) {
        for spelling in cantonese(reading) {
            add(&mut found, spelling, CANTONESE_BIT);
        }
    }
    found
}

/// Adds the spellings of a syllable of Mandarin.
fn add_mandarin(found: &mut Spellings, reading: &str) {
    for spelling in u_with_dots(reading) {
        add(found, spelling, PINYIN_BIT);
    }
    for spelling in wade_giles(reading) {
        add(found, spelling, WADE_GILES_BIT);
    }
}

fn add(found: &mut Spellings, spelling: String, system: Systems) {
    if spelling.is_empty() {
        return;
    }
    match found.iter_mut().find(|(known, _)| *known == spelling) {
        Some((_, systems)) => *systems |= system,
        None => found.push((spelling, system)),
    }
}

/// Passports write "lü" as "lyu", "lv" or "lu".
fn u_with_dots(reading: &str) -> Vec<String> {
    if reading.contains('v') {
        ["u", "yu", "v", "ue"].iter().map(|written| reading.replace('v', written)).collect()
    } else {
        vec![reading.to_owned()]
    }
}

/// A Pinyin syllable in Wade-Giles, without its apostrophes and marks, and in the simpler way of Taiwan's passports.
/// Source: the conversion table of the Library of Congress (1998).
pub(super) fn wade_giles(reading: &str) -> Vec<String> {
    const WHOLE: &[(&str, &[&str])] = &[
        ("zhi", &["chih"]),
        ("chi", &["chih"]),
        ("shi", &["shih"]),
        ("ri", &["jih"]),
        ("zi", &["tzu"]),
        ("ci", &["tzu"]),
        ("si", &["szu", "ssu"]),
        ("er", &["erh"]),
        ("he", &["ho"]),
        ("ke", &["ko"]),
        ("ge", &["ko"]),
        ("e", &["o"]),
        ("yi", &["i"]),
        ("you", &["yu"]),
        ("yong", &["yung"]),
        ("yan", &["yen"]),
        ("ye", &["yeh"]),
        ("gui", &["kuei"]),
        ("kui", &["kuei"]),
    ];
    const INITIALS: &[(&str, &str)] = &[
        ("zh", "ch"),
        ("ch", "ch"),
        ("sh", "sh"),
        ("b", "p"),
        ("d", "t"),
        ("g", "k"),
        ("j", "ch"),
        ("q", "ch"),
        ("x", "hs"),
        ("z", "ts"),
        ("c", "ts"),
        ("r", "j"),
    ];
    if let Some((_, spelt)) = WHOLE.iter().find(|(whole, _)| *whole == reading) {
        return spelt.iter().map(ToString::to_string).collect();
    }
    let (initial, written, last) = INITIALS
        .iter()
        .find_map(|(pinyin, written)| Some((*pinyin, *written, reading.strip_prefix(pinyin)?)))
        .unwrap_or_else(|| {
            let split = reading.find(['a', 'e', 'i', 'o', 'u', 'v']).unwrap_or(0);
            (&reading[..split], &reading[..split], &reading[split..])
        });
    let last = match last {
        "ong" => "ung",
        "iong" => "iung",
        "ian" => "ien",
        "ie" => "ieh",
        "ue" | "ve" => "ueh",
        "uo" if !matches!(initial, "g" | "k" | "h" | "sh") => "o",
        "v" => "u",
        other => other,
    };
    let mut spelt = vec![format!("{written}{last}")];
    if initial == "x" {
        spelt.push(format!("sh{last}"));
        spelt.push(format!("s{last}"));
    }
    spelt
}

/// A Jyutping syllable as Hong Kong's identity cards and families write it. Source: the spellings of the Hong Kong
/// Government's Romanisation (1971 name tables).
fn cantonese(reading: &str) -> Vec<String> {
    const INITIALS: &[(&str, &[&str])] = &[
        ("gw", &["kw", "gw"]),
        ("kw", &["kw"]),
        ("ng", &["ng", ""]),
        ("z", &["ch", "ts", "j", "tz"]),
        ("c", &["ch", "ts"]),
        ("s", &["s", "sh"]),
        ("b", &["p", "b"]),
        ("d", &["t", "d"]),
        ("g", &["k", "g"]),
        ("j", &["y", "i"]),
        ("n", &["n", "l"]),
    ];
    const FINALS: &[(&str, &[&str])] = &[
        ("aa", &["a", "ah"]),
        ("aai", &["ai", "aai"]),
        ("aau", &["au"]),
        ("aam", &["am"]),
        ("aan", &["an"]),
        ("aang", &["ang"]),
        ("aap", &["ap"]),
        ("aat", &["at"]),
        ("aak", &["ak"]),
        ("ai", &["ai", "ay"]),
        ("au", &["au", "ow"]),
        ("am", &["am", "um"]),
        ("an", &["an", "un"]),
        ("ang", &["ang", "ung"]),
        ("ap", &["ap", "up"]),
        ("at", &["at", "ut"]),
        ("ak", &["ak", "uk"]),
        ("e", &["e", "eh"]),
        ("ei", &["ei", "ee", "ay", "i", "y"]),
        ("i", &["i", "ee", "ze", "y", "ih"]),
        ("o", &["o", "or", "aw"]),
        ("oi", &["oi", "oy"]),
        ("ou", &["o", "ou", "oo"]),
        ("on", &["on"]),
        ("u", &["u", "oo"]),
        ("un", &["un", "oon"]),
        ("oe", &["eu", "oe"]),
        ("oeng", &["eung", "oeng", "ong"]),
        ("oek", &["euk", "eok", "ok"]),
        ("eoi", &["ui", "eui", "oi", "oy"]),
        ("eon", &["un", "eun", "on"]),
        ("eot", &["ut", "eut"]),
        ("yu", &["yu", "ue", "u"]),
        ("yun", &["yun", "uen", "un", "yuen"]),
        ("yut", &["yut", "uet", "ut"]),
    ];
    let none: &(&str, &[&str]) = &("", &[""]);
    let split = reading.find(['a', 'e', 'i', 'o', 'u']).unwrap_or(reading.len());
    // "jyu" keeps the y of its vowel.
    let split = if reading[..split].ends_with('y') { split - 1 } else { split };
    let (initial, last) = reading.split_at(split);
    let own_initial = [initial];
    let initials = INITIALS.iter().find(|(jyutping, _)| *jyutping == initial);
    let initials =
        if initial.is_empty() { none.1 } else { initials.map_or(&own_initial[..], |(_, all)| all) };
    let own_last = [last];
    let finals = FINALS.iter().find(|(jyutping, _)| *jyutping == last).map_or(&own_last[..], |(_, all)| all);
    let all = initials.iter().flat_map(|initial| finals.iter().map(move |last| format!("{initial}{last}")));
    // "jyu" is Yu, Yue: one y.
    all.map(|spelling| spelling.replace("yy", "y")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(name: &str, words: &str) -> Option<f64> {
        HanName::of(name)?.likeness(&words.split(' ').collect::<Vec<_>>())
    }

    #[test]
    fn characters_are_found_by_the_readings_in_use() {
        for (name, spelling) in [
            ("李家东", "li jiadong"),
            ("李家东", "jia dong li"),
            ("鄧炳強", "tang ping keung"),
            ("鄧炳強", "deng bingqiang"),
            ("盧偉聰", "lo wai chung stephen"),
            ("林鄭月娥", "lam cheng yuet ngor carrie"),
            ("陳美香", "chen mei hsiang"),
            ("魏琳娜", "wei linna"),
            ("吕绿", "lyu lu"),
        ] {
            assert!(likeness(name, spelling).is_some_and(|found| found >= 0.85), "{name} {spelling}");
        }
        for (name, hangul) in [("崔哲民", "최철민"), ("金正恩", "김정은"), ("車哲民", "차철민")]
        {
            assert!(HanName::of(name).unwrap().hangul().iter().any(|found| found == hangul), "{name}");
        }
    }

    #[test]
    fn another_name_is_not() {
        assert_eq!(likeness("李家东", "wang jiadong"), None);
        assert_eq!(likeness("李家东", "li jia"), None);
        assert!(HanName::of("李").is_none() && HanName::of("Li 家东").is_none());
    }
}
