//! Names of other languages' press in the spelling that lists use: "Jewgeni Prigoschin", "Sergueï Choïgou", "Beşar".
//!
//! German, French, Polish, Czech, Croatian, Turkish and ISO 9 spellings write the sounds of Russian, Arabic and Persian
//! with their own letters. A spelling is read by the rules of a language only where it shows letters of that language, and
//! what comes out is searched beside what was written.

use deunicode::deunicode;

use super::korean;

/// Letters of a language's spelling and those of lists, longest first.
type Rules = &'static [(&'static str, &'static str)];

const GERMAN: Rules = &[
    ("schtsch", "shch"),
    ("tsch", "ch"),
    ("dsch", "j"),
    ("sch", "sh"),
    ("ch", "kh"),
    ("je", "ye"),
    ("ju", "yu"),
    ("ja", "ya"),
    ("jo", "yo"),
    ("j", "y"),
    ("w", "v"),
];
const FRENCH: Rules = &[
    ("chtch", "shch"),
    ("tch", "ch"),
    ("ch", "sh"),
    ("dj", "j"),
    ("iou", "yu"),
    ("ou", "u"),
    ("guï", "gi"),
    ("gueï", "gei"),
    ("gue", "ge"),
    ("gui", "gi"),
    ("oï", "oi"),
    ("aï", "ai"),
    ("ï", "i"),
];
const POLISH: Rules = &[
    ("szcz", "shch"),
    ("cz", "ch"),
    ("sz", "sh"),
    ("rz", "r"),
    ("dż", "j"),
    ("ż", "zh"),
    ("ś", "s"),
    ("ć", "ch"),
    ("ń", "n"),
    ("ł", "l"),
    ("ch", "kh"),
    ("c", "ts"),
    ("w", "v"),
    ("j", "y"),
];
const SLAVIC: Rules = &[
    ("šč", "shch"),
    ("ŝ", "shch"),
    ("š", "sh"),
    ("č", "ch"),
    ("ć", "ch"),
    ("dž", "j"),
    ("ž", "zh"),
    ("đ", "j"),
    ("ch", "kh"),
    ("c", "ts"),
    ("ju", "yu"),
    ("ja", "ya"),
    ("je", "ye"),
    ("jo", "yo"),
    ("j", "y"),
    ("û", "yu"),
    ("â", "ya"),
    ("ë", "yo"),
    ("è", "e"),
];
const TURKISH: Rules = &[("ş", "sh"), ("ç", "ch"), ("c", "j"), ("ğ", "gh"), ("ı", "i")];
const TURKISH_OF_ARABIC: Rules =
    &[("ş", "sh"), ("ç", "ch"), ("c", "j"), ("ğ", "gh"), ("ı", "i"), ("ey", "ay"), ("e", "a")];
const HUNGARIAN: Rules = &[
    ("dzs", "j"),
    ("sz", "s"),
    ("zs", "zh"),
    ("cs", "ch"),
    ("gy", "d"),
    ("ty", "t"),
    ("ny", "n"),
    ("ly", "l"),
    ("s", "sh"),
    ("c", "ts"),
    ("j", "y"),
];
const NORDIC: Rules = &[("sj", "sh"), ("tj", "ch"), ("zj", "zh"), ("j", "y")];
const DUTCH: Rules = &[("oe", "u"), ("sj", "sh"), ("tsj", "ch"), ("zj", "zh"), ("j", "y")];
const SPANISH: Rules = &[("ch", "ch"), ("j", "kh"), ("í", "i")];
const GREEK: Rules = &[
    ("β", "v"),
    ("μπ", "b"),
    ("ντ", "d"),
    ("γκ", "g"),
    ("γγ", "ng"),
    ("ού", "u"),
    ("ου", "u"),
    ("τσ", "ch"),
    ("τζ", "j"),
    ("γι", "y"),
    ("αι", "e"),
    ("ει", "i"),
    ("οι", "i"),
    ("ευ", "ev"),
    ("αυ", "av"),
    ("χ", "kh"),
    ("υ", "i"),
    ("η", "i"),
    ("ή", "i"),
];

/// Ukrainian and Belarusian given names and patronymics, and the Russian ones under which lists have most of their bearers.
const GIVEN: &[(&str, &str)] = &[
    ("volodymyr", "vladimir"),
    ("volodimir", "vladimir"),
    ("uladzimir", "vladimir"),
    ("oleksandr", "aleksandr"),
    ("aliaksandr", "aleksandr"),
    ("oleksii", "aleksei"),
    ("oleksiy", "aleksei"),
    ("aliaksei", "aleksei"),
    ("serhii", "sergei"),
    ("serhiy", "sergei"),
    ("siarhei", "sergei"),
    ("hennadii", "gennadi"),
    ("hienadz", "gennadi"),
    ("kostiantyn", "konstantin"),
    ("anatolii", "anatoli"),
    ("valerii", "valeri"),
    ("heorhii", "georgi"),
    ("hlib", "gleb"),
    ("hleb", "gleb"),
    ("danylo", "daniil"),
    ("maryna", "marina"),
    ("tetiana", "tatiana"),
    ("olha", "olga"),
    ("vira", "vera"),
    ("mykola", "nikolai"),
    ("mikalai", "nikolai"),
    ("mykhailo", "mikhail"),
    ("mikhas", "mikhail"),
    ("dmytro", "dmitri"),
    ("dzmitry", "dmitri"),
    ("dimitri", "dmitri"),
    ("dimitrii", "dmitri"),
    ("dimitrij", "dmitri"),
    ("dimitriy", "dmitri"),
    ("dimitry", "dmitri"),
    ("guerman", "german"),
    ("guirkine", "girkin"),
    ("poutine", "putin"),
    ("yevhen", "evgeni"),
    ("ievgen", "evgeni"),
    ("yauhen", "evgeni"),
    ("yevhenii", "evgeni"),
    ("andrii", "andrei"),
    ("petro", "petr"),
    ("pavlo", "pavel"),
    ("ihor", "igor"),
    ("ihar", "igor"),
    ("oleh", "oleg"),
    ("aleh", "oleg"),
    ("vasyl", "vasili"),
    ("hryhorii", "grigori"),
    ("kyrylo", "kirill"),
    ("mykyta", "nikita"),
    ("illia", "ilya"),
    ("olena", "elena"),
    ("kateryna", "ekaterina"),
    ("hanna", "anna"),
    ("iryna", "irina"),
    ("nataliia", "natalia"),
    ("viktar", "viktor"),
    ("alexandre", "aleksandr"),
    ("volodymyrovych", "vladimirovich"),
    ("volodymyrivna", "vladimirovna"),
    ("uladzimiravich", "vladimirovich"),
    ("oleksandrivna", "aleksandrovna"),
    ("aliaksandravich", "aleksandrovich"),
    ("oleksiiovych", "alekseevich"),
    ("dmytrovych", "dmitrievich"),
    ("andriiovych", "andreevich"),
    ("petrovych", "petrovich"),
    ("pavlovych", "pavlovich"),
    ("ihorovych", "igorevich"),
    ("olehovych", "olegovich"),
    ("vasylovych", "vasilevich"),
    ("hryhorovych", "grigorevich"),
    ("mykolaivna", "nikolaevna"),
    ("oleksandrovych", "aleksandrovich"),
    ("mykolaiovych", "nikolaevich"),
    ("mykhailovych", "mikhailovich"),
    ("serhiiovych", "sergeevich"),
    ("yevhenovych", "evgenevich"),
    ("lukashenka", "lukashenko"),
    ("oleksandra", "aleksandra"),
];

/// The name as lists may spell it, by the rules of the languages that its letters show.
pub(super) fn respelt(text: &str) -> Vec<String> {
    let plain = text.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| plain.contains(sign));
    let mut found = Vec::new();
    let mut add = |rules: Rules| {
        let written = by_rules(&plain, rules);
        if written != plain && !found.contains(&written) {
            found.push(written);
        }
    };
    let words = || plain.split(|at: char| !at.is_alphabetic());
    let is_slavic = || {
        let ends = [
            "ov", "ev", "ow", "ew", "in", "ski", "skij", "skiy", "enko", "ova", "eva", "owa", "ewa", "skaya",
            "ko",
        ];
        words().any(|word| word.chars().count() > 4 && ends.iter().any(|end| word.ends_with(end)))
    };
    if plain.chars().any(|letter| matches!(letter, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')) {
        return vec![deunicode(&by_rules(&plain, GREEK))];
    }
    if plain.chars().any(|letter| matches!(letter, '\u{400}'..='\u{52f}')) {
        // Russian has two letters for the one sound of "Nujaba".
        let one_sound = plain.contains("дж").then(|| plain.replace("дж", "ж"));
        return one_sound.into_iter().chain(as_russian(text)).collect();
    }
    if has(&["sch"]) || has(&["w", "j"]) && is_slavic() {
        add(GERMAN);
    }
    if has(&["ş", "ğ", "ı"]) {
        add(TURKISH);
        // Turkish has "e" where lists transliterate the Arabic vowel as "a": "Esad", "Beşar".
        add(TURKISH_OF_ARABIC);
    }
    if has(&["š", "č", "ž", "đ", "ŝ", "û", "â", "ë", "è"]) || has(&["c", "j"]) && is_slavic() {
        add(SLAVIC);
    }
    if has(&["cz", "sz", "ł", "ż", "ś", "ń"]) {
        add(POLISH);
    }
    if has(&["sz", "zs"]) {
        add(HUNGARIAN);
    }
    if has(&["sj", "zj"]) || has(&["tj"]) && is_slavic() {
        add(NORDIC);
    }
    if has(&["oe"]) && is_slavic() {
        add(DUTCH);
    }
    // "Kim Jong-oen".
    if has(&["oe"]) && words().any(korean::is_family) {
        add(&[("oe", "u")]);
    }
    if has(&["gine", "jine"]) {
        add(&[("gine", "zhin"), ("jine", "zhin"), ("gue", "ge"), ("gui", "gi"), ("ou", "u")]);
    }
    if has(&["tch", "ï", "dj"]) || has(&["ch", "ou"]) {
        add(FRENCH);
        let ends = |word: &&str| word.len() > 5 && word.ends_with("ine");
        if words().any(|word| ends(&word)) {
            let written = by_rules(&plain, FRENCH);
            let without =
                |word: &str| if ends(&word) { word[..word.len() - 1].to_owned() } else { word.to_owned() };
            found.push(written.split_whitespace().map(without).collect::<Vec<_>>().join(" "));
        }
    }
    if plain.contains('j') && is_slavic() {
        let written = by_rules(&plain, SPANISH);
        found.push(written);
    }
    found.extend(as_russian(text));
    found
}

fn by_rules(text: &str, rules: Rules) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((from, to)) = rules.iter().find(|(from, _)| rest.starts_with(from)) {
            written.push_str(to);
            rest = &rest[from.len()..];
        } else {
            written.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    written
}

/// The name with a Russian given name for a Ukrainian or Belarusian one.
fn as_russian(text: &str) -> Option<String> {
    let tokens = super::normal::normal(text, MOST_WORDS).tokens;
    let russian = |token: &String| {
        let said = one_i(token);
        GIVEN
            .iter()
            .find(|(other, _)| one_i(other) == said)
            .map_or(token.clone(), |(_, russian)| (*russian).to_owned())
    };
    let written: Vec<String> = tokens.iter().map(russian).collect();
    (written != tokens).then(|| written.join(" "))
}

/// With one sign for the vowels that transliterations write as "i", "y", "ii", "iy" or "yi".
fn one_i(token: &str) -> String {
    let mut written = String::with_capacity(token.len());
    for letter in token.chars().map(|letter| if letter == 'y' { 'i' } else { letter }) {
        if letter != 'i' || !written.ends_with('i') {
            written.push(letter);
        }
    }
    written
}

/// Words of a name that are looked at; a longer one is refused.
const MOST_WORDS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_the_press_become_those_of_lists() {
        for (text, expected) in [
            ("Alexander Lukaschenko", "alexander lukashenko"),
            ("Alexandre Loukachenko", "alexandre lukashenko"),
            ("Jewgeni Prigoschin", "yevgeni prigoshin"),
            ("Sergueï Choïgou", "sergei shoigu"),
            ("Bachar el-Assad", "bashar el-assad"),
            ("Beşar Esad", "bashar asad"),
            ("Володимир Володимирович Путін", "vladimir vladimirovich putin"),
            ("Олексій Миколайович", "aleksei nikolaevich"),
            ("Vladimir Poutine", "vladimir putin"),
            ("Βλαντίμιρ Πούτιν", "vladimir putin"),
            ("Володимир Путін", "vladimir putin"),
            ("Šojgu Sergej", "shoygu sergey"),
            ("Szergej Sojgu", "sergey shoygu"),
            ("Sergej Sjojgu", "sergey shoygu"),
            ("Vladimir Poetin", "vladimir putin"),
            ("Evgenij Prigogine", "evgenij prigozhin"),
            ("Evgueni Prigojine", "evgeni prigozhin"),
        ] {
            assert!(respelt(text).iter().any(|found| found == expected), "{text}: {:?}", respelt(text));
        }
        for text in ["John Smith", "Maria Garcia", "Kim Jong Un", "Владимир Путин"] {
            assert_eq!(respelt(text), [""; 0], "{text}");
        }
    }
}
