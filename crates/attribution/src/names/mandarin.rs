//! Chinese names as others spell them: in Cyrillic letters by the system of Palladius, in Latin ones by Wade-Giles.
//!
//! Lists spell them in Pinyin, "Чэнь Чжи" and "Ch'en Chih" as "Chen Zhi". A name is read so only where all of its words are
//! syllables of such a system, and in Latin letters only where something shows that it is not Pinyin.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::han::{HanName, pinyin_syllables, wade_giles};

/// Most words of a name.
const MAX_WORDS: usize = 3;
/// Longest word, in letters.
const MAX_LETTERS: usize = 20;
/// Most syllables of a given name.
const MAX_GIVEN: usize = 3;
/// Most ways to part a word into syllables.
const MAX_WAYS: usize = 4;
/// Longest syllable, in letters, and an apostrophe.
const MAX_SYLLABLE: usize = 7;

/// What a syllable may be in Pinyin.
type Syllables = HashMap<String, Vec<&'static str>>;

static PINYIN: LazyLock<HashSet<&str>> = LazyLock::new(|| pinyin_syllables().collect());
static PALLADIUS: LazyLock<Syllables> = LazyLock::new(|| by_spelling(palladius));

static WADE_GILES: LazyLock<Syllables> = LazyLock::new(|| {
    by_spelling(|pinyin| {
        let plain = wade_giles(pinyin);
        let aspirated = plain.iter().filter_map(|spelt| aspirated(pinyin, spelt)).collect::<Vec<_>>();
        plain.into_iter().chain(aspirated).collect()
    })
});

fn by_spelling(spellings: impl Fn(&str) -> Vec<String>) -> Syllables {
    let mut syllables = Syllables::new();
    for pinyin in pinyin_syllables() {
        for spelt in spellings(pinyin) {
            syllables.entry(spelt).or_default().push(pinyin);
        }
    }
    syllables
}

/// A Pinyin syllable in Cyrillic letters. Source: the system of Palladius (P. I. Kafarov and P. S. Popov, Chinese-Russian
/// dictionary, 1888) with the "хуэй" of today's dictionaries for "хой".
fn palladius(pinyin: &str) -> Vec<String> {
    const WHOLE: &[(&str, &[&str])] = &[
        ("zhi", &["чжи"]),
        ("chi", &["чи"]),
        ("shi", &["ши"]),
        ("ri", &["жи"]),
        ("zi", &["цзы"]),
        ("ci", &["цы"]),
        ("si", &["сы"]),
        ("er", &["эр"]),
        ("hui", &["хуэй", "хой"]),
        ("yi", &["и"]),
        ("ya", &["я"]),
        ("yan", &["янь"]),
        ("yang", &["ян"]),
        ("yao", &["яо"]),
        ("ye", &["е"]),
        ("yin", &["инь"]),
        ("ying", &["ин"]),
        ("yong", &["юн"]),
        ("you", &["ю"]),
        ("yu", &["юй"]),
        ("yuan", &["юань"]),
        ("yue", &["юэ"]),
        ("yun", &["юнь"]),
        ("wa", &["ва"]),
        ("wai", &["вай"]),
        ("wan", &["вань"]),
        ("wang", &["ван"]),
        ("wei", &["вэй", "вей"]),
        ("wen", &["вэнь", "вень"]),
        ("weng", &["вэн"]),
        ("wo", &["во"]),
        ("wu", &["у"]),
    ];
    const INITIALS: &[(&str, &str)] = &[
        ("zh", "чж"),
        ("ch", "ч"),
        ("sh", "ш"),
        ("b", "б"),
        ("p", "п"),
        ("m", "м"),
        ("f", "ф"),
        ("d", "д"),
        ("t", "т"),
        ("n", "н"),
        ("l", "л"),
        ("g", "г"),
        ("k", "к"),
        ("h", "х"),
        ("j", "цз"),
        ("q", "ц"),
        ("x", "с"),
        ("r", "ж"),
        ("z", "цз"),
        ("c", "ц"),
        ("s", "с"),
    ];
    const FINALS: &[(&str, &str)] = &[
        ("a", "а"),
        ("o", "о"),
        ("e", "э"),
        ("ai", "ай"),
        ("ei", "эй"),
        ("ao", "ао"),
        ("ou", "оу"),
        ("an", "ань"),
        ("en", "энь"),
        ("ang", "ан"),
        ("eng", "эн"),
        ("ong", "ун"),
        ("i", "и"),
        ("ia", "я"),
        ("ie", "е"),
        ("iao", "яо"),
        ("iu", "ю"),
        ("ian", "янь"),
        ("in", "инь"),
        ("iang", "ян"),
        ("ing", "ин"),
        ("iong", "юн"),
        ("u", "у"),
        ("ua", "уа"),
        ("uo", "о"),
        ("uai", "уай"),
        ("ui", "уй"),
        ("uan", "уань"),
        ("un", "унь"),
        ("uang", "уан"),
        ("v", "юй"),
        ("ve", "юэ"),
    ];
    /// After "j", "q" and "x", where "u" is "ü".
    const ROUNDED: &[(&str, &str)] = &[("u", "юй"), ("uan", "юань"), ("ue", "юэ"), ("un", "юнь")];
    if let Some((_, spelt)) = WHOLE.iter().find(|(whole, _)| *whole == pinyin) {
        return spelt.iter().map(ToString::to_string).collect();
    }
    let own = INITIALS.iter().find_map(|(initial, written)| {
        let last = pinyin.strip_prefix(initial).filter(|last| !last.is_empty())?;
        Some((*initial, *written, last))
    });
    let (initial, written, last) = own.unwrap_or(("", "", pinyin));
    let rounded = ROUNDED.iter().filter(|_| matches!(initial, "j" | "q" | "x"));
    let Some((_, last)) = rounded.chain(FINALS).find(|(latin, _)| *latin == last) else { return Vec::new() };
    let spelt = format!("{written}{last}");
    // Newspapers write "е" for "э".
    let other = spelt.replace('э', "е");
    if other == spelt || initial.is_empty() { vec![spelt] } else { vec![spelt, other] }
}

/// A syllable of Wade-Giles with the apostrophe of a breathed letter.
fn aspirated(pinyin: &str, spelt: &str) -> Option<String> {
    let is_breathed = pinyin.starts_with(['p', 't', 'k', 'q', 'c']) && !matches!(pinyin, "ci");
    let letters = ["ch", "tz", "ts", "p", "t", "k"].into_iter().find(|first| spelt.starts_with(first));
    let apart = |letters: &str| format!("{letters}'{}", &spelt[letters.len()..]);
    match pinyin {
        "ci" => Some("tz'u".to_owned()),
        _ => letters.filter(|_| is_breathed).map(apart),
    }
}

/// Whether a word is one syllable of Mandarin, as most Chinese family names are.
pub(super) fn is_syllable(word: &str) -> bool {
    PINYIN.contains(word)
}

/// Whether a word is syllables of Mandarin.
pub(super) fn is_spelt(word: &str) -> bool {
    !ways_of(word, |part| PINYIN.contains(part).then_some(())).is_empty()
}

/// A text as Chinese names that others spelt; none where it is none.
pub(super) fn names(text: &str) -> Vec<HanName> {
    let words: Vec<String> = text
        .split(|at: char| at.is_whitespace() || at == ',')
        .filter(|word| !word.is_empty())
        .map(plain)
        .collect();
    if !(2..=MAX_WORDS).contains(&words.len()) || words.iter().any(|word| word.chars().count() > MAX_LETTERS)
    {
        return Vec::new();
    }
    let in_cyrillic = |letter: char| matches!(letter, 'а'..='я' | 'ё');
    let all = |is: &dyn Fn(char) -> bool, between: &[char]| {
        words.iter().flat_map(|word| word.chars()).all(|letter| is(letter) || between.contains(&letter))
    };
    let table = if all(&in_cyrillic, &['-', '\'']) {
        &PALLADIUS
    } else if all(&|letter| letter.is_ascii_lowercase(), &['-', '\'']) && is_wade_giles(&words) {
        &WADE_GILES
    } else {
        return Vec::new();
    };
    let last = words.len() - 1;
    let mut found = Vec::new();
    for (family, given) in [(&words[0], &words[1..]), (&words[last], &words[..last])] {
        let Some(family) = ways(table, family).into_iter().find(|way| way.len() == 1) else { continue };
        for way in ways(table, &given.join("-")).into_iter().filter(|way| way.len() <= MAX_GIVEN) {
            let syllables: Vec<&[&str]> = family.iter().chain(&way).copied().collect();
            found.push(HanName::of_pinyin(&syllables));
        }
    }
    found
}

/// In lower case, with one kind of apostrophe, and without the dots of "ü".
fn plain(word: &str) -> String {
    let one = |letter: char| match letter {
        '\u{2bb}'..='\u{2bf}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '`' | '\u{b4}' | 'ъ' => '\'',
        'ü' => 'u',
        other => other,
    };
    word.to_lowercase().chars().map(one).collect()
}

/// Whether something shows that a name is spelt by Wade-Giles: a breathed letter, a syllable that Pinyin lacks, or a given
/// name with a stroke in it.
fn is_wade_giles(words: &[String]) -> bool {
    let syllables = || words.iter().flat_map(|word| word.split('-'));
    words.iter().any(|word| word.contains('\'') || word.matches('-').count() == 1)
        || syllables().any(|syllable| !is_spelt(syllable))
}

/// The ways to part a word into syllables of a system.
fn ways(table: &'static Syllables, word: &str) -> Vec<Vec<&'static [&'static str]>> {
    let mut all: Vec<Vec<&[&str]>> = vec![Vec::new()];
    // An apostrophe may keep syllables apart, or mark a breathed letter.
    for part in word.split('-').filter(|part| !part.is_empty()) {
        let own = ways_of(part, |syllable| table.get(syllable).map(Vec::as_slice));
        all = all
            .iter()
            .flat_map(|before| own.iter().map(move |way| before.iter().chain(way).copied().collect()))
            .take(MAX_WAYS)
            .collect();
    }
    all
}

fn ways_of<'a, T: Copy>(part: &'a str, known: impl Fn(&'a str) -> Option<T>) -> Vec<Vec<T>> {
    // Where each way ends so far.
    let mut open: Vec<(usize, Vec<T>)> = vec![(0, Vec::new())];
    let mut whole = Vec::new();
    while let Some((from, way)) = open.pop() {
        if from == part.len() {
            whole.push(way);
            if whole.len() == MAX_WAYS {
                break;
            }
            continue;
        }
        let rest = part[from..].strip_prefix('\'').filter(|_| from > 0).unwrap_or(&part[from..]);
        let from = part.len() - rest.len();
        if way.len() == MAX_GIVEN {
            continue;
        }
        // The longest is looked at first.
        for (at, letter) in rest.char_indices().take(MAX_SYLLABLE) {
            let end = from + at + letter.len_utf8();
            if let Some(syllable) = known(&part[from..end]) {
                open.push((end, way.iter().copied().chain([syllable]).collect()));
            }
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, listed: &str) -> bool {
        let words: Vec<&str> = listed.split(' ').collect();
        names(text).iter().any(|name| name.likeness(&words).is_some_and(|score| score > 0.9))
    }

    #[test]
    fn chinese_names_are_read_from_cyrillic_letters() {
        for (text, listed) in [
            ("Ли Цзядун", "li jiadong"),
            ("Цзядун Ли", "li jiadong"),
            ("Ли Цзя-дун", "li jiadong"),
            ("ЧЭНЬ ЧЖИ", "chen zhi"),
            ("Чень Чжи", "chen zhi"),
            ("Лю Личжи", "liu lizhi"),
            ("У Хуэйхуэй", "wu huihui"),
            ("У Хойхой", "wu huihui"),
            ("Тянь Иньинь", "tian yinyin"),
            ("Чжан Сяньань", "zhang xianan"),
            ("Ван Юэцюань", "wang yuequan"),
            ("Люй Цзюнь", "lu jun"),
        ] {
            assert!(is(text, listed), "{text}");
        }
        for text in ["Владимир Путин", "Ли", "Пётр Ли", "Ким Чен Ын", "Ли Цзядун Владимирович Ли"]
        {
            assert!(names(text).is_empty(), "{text}");
        }
        assert!(!is("Ли Цзядун", "li jiadun") && !is("Чжан Вэй", "zhan wei"));
    }

    #[test]
    fn chinese_names_are_read_from_wade_giles() {
        for (text, listed) in [
            ("Ch'en Chih", "chen zhi"),
            ("Ch\u{2019}en Chih", "chen zhi"),
            ("T'ien Yin-yin", "tian yinyin"),
            ("Cheng Fu-ching", "zheng fujing"),
            ("Chu Hai-lun", "zhu hailun"),
            ("Ch'en Ch'üan-kuo", "chen quanguo"),
            ("Li Chia-tung", "li jiadong"),
            ("Yin-yin T'ien", "tian yinyin"),
            ("Hsieh Tz'u", "xie ci"),
        ] {
            assert!(is(text, listed), "{text}");
        }
        // An apostrophe tells breathed letters.
        assert!(!is("Ch'en Chih", "zhen zhi"));
        // Nothing shows that these are not Pinyin, and the last are no Chinese names.
        for text in ["Chen Chi", "Li Ming", "Wang Hao", "Mary-Ann Smith", "O'Brien Pat"] {
            assert!(names(text).is_empty(), "{text}");
        }
    }
}
