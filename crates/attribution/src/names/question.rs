//! Other ways to read a question: what is written around a name, between two names, or in place of its letters.
//!
//! A cell of a spreadsheet says more than a name: "Colonel X", "X, Moscow Branch", "X and Y", "V.T.B.". Each reading here
//! is a further name that is searched for; the question as it stands always is too, so that a reading can only find more.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    abroad, articles, cases, foreign, han, korean, legal_forms, normal::normal, respell, score::Term, stuck,
    translated, written,
};
use crate::country::{by_name, country};

/// Phrases beside names; where they come from stands in the file.
const TABLE: &str = include_str!("data/aside-words.txt");
/// Longest phrase, in words.
const LONGEST: usize = 5;
/// Most words of a country's name.
const COUNTRY_WORDS: usize = 4;
/// Fewest single letters in a row that are an abbreviation; fewer are initials.
const LEAST_LETTERS: usize = 3;
/// Rounds of readings of readings.
const ROUNDS: usize = 2;

/// Words between two parties, in lower case, with blanks around them.
const BETWEEN: &[&str] = &[
    "and",
    "or",
    "und",
    "oder",
    "et",
    "ou",
    "y",
    "e",
    "o",
    "и",
    "или",
    "та",
    "i",
    "oraz",
    "ve",
    "och",
    "og",
    "en",
    "и/или",
    "and/or",
    "&",
    "+",
    "-",
    "–",
    "—",
    "*",
    "with",
    "jointly",
    "jointly with",
    "together with",
    "as well as",
    "on behalf of",
    "for and on behalf of",
    "o/b/o",
    "obo",
    "f/b/o",
    "t/a",
    "c/o",
    "w/o",
    "i/o",
    "im auftrag von",
    "pour le compte de",
    "au nom de",
    "от имени",
    "aka:",
    "und/oder",
    "et/ou",
    "y/o",
    "és",
    "și",
    "şi",
    "ja",
    "ja/tai",
    "ir",
    "dhe",
    "kaj",
    "vel",
    "plus",
    "per",
    "p.p.",
    "și/sau",
    "och/eller",
    "og/eller",
    "en/of",
    "e/o",
    "e/ou",
    "bzw.",
    "bzw",
    "sowie",
    "respectively",
    "resp.",
    "і",
    "й",
    "а также",
    "та/або",
    "және",
    "за",
    "через",
    "в пользу",
    "по поручению",
    "via",
    "through",
    "from",
    "to",
    "by order of",
    "as trustee for",
    "as trustee of",
    "in trust for",
    "trustee for",
    "ttee fbo",
    "fbo",
    "ffc",
    "for further credit to",
    "for account of",
    "for the account of",
    "f/a/o",
    "poa for",
    "guardian of",
    "custodian for",
    "represented by",
    "rep. by",
    "vertreten durch",
    "représenté par",
    "représentée par",
    "representado por",
    "rappresentato da",
    "в лице",
    "inh.",
    "inhaber",
    "owner",
    "owner:",
    "director",
    "beneficial owner",
    "ubo",
    "née",
    "nee",
    "né",
    "geb.",
    "geborene",
    "dit",
    "formerly",
    "now",
    "vormals",
    "ex",
    "exp",
    "en nombre de",
    "por cuenta de",
    "per conto di",
    "namens",
    "w imieniu",
    "jtwros",
];
/// Those that stand between two parties only where each has two words or more: they are words of names too.
const BETWEEN_NAMES: &[&str] = &[
    "n", "a", "ja", "ir", "per", "to", "from", "now", "ex", "vel", "dit", "za", "director", "owner", "plus",
    "i", "о", "e", "o", "y", "og", "en", "née", "nee", "né",
];

/// Titles of other scripts, which stand as words of their own or, in Chinese and Korean, at the end of one.
const TITLES: &[&str] = &[
    "г-н",
    "г-жа",
    "г-на",
    "гр",
    "гр.",
    "тов",
    "тов.",
    "господин",
    "госпожа",
    "гражданин",
    "гражданка",
    "товарищ",
    "пан",
    "пані",
    "국무위원장",
    "국무위원회",
    "위원장",
    "부위원장",
    "대통령",
    "총비서",
    "비서",
    "동지",
    "장군",
    "대장",
    "상장",
    "중장",
    "소장",
    "원수",
    "차수",
    "대표",
    "사장",
    "회장",
    "부장",
    "국장",
    "박사",
    "교수",
    "선생님",
    "선생",
    "장관",
    "총리",
    "의장",
    "대사",
    "귀하",
    "님",
    "씨",
    "先生",
    "女士",
    "小姐",
    "主席",
    "委员长",
    "委員長",
    "同志",
    "将军",
    "將軍",
    "总统",
    "總統",
    "总理",
    "博士",
    "教授",
    "部长",
    "部長",
    "經理",
    "经理",
];

/// A name to search for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) text: String,
    /// A part of what was asked. One word of it alone is no person: too many have it.
    pub(super) part: bool,
    /// One of several parties that the question names.
    pub(super) beside: bool,
}

/// The readings of names, those first; at most one more than `most`.
pub(super) fn readings(names: Vec<Reading>, most: usize) -> Vec<Reading> {
    let mut found = names;
    let mut first = 0;
    for _ in 0..ROUNDS {
        let last = found.len();
        for place in first..last {
            let own = found[place].clone();
            let mut add = |text: String, part: bool, beside: bool| {
                let is_new = !found.iter().any(|known| known.text == text);
                if found.len() <= most && is_new && text.chars().any(char::is_alphanumeric) {
                    found.push(Reading { text, part: part || own.part, beside: beside || own.beside });
                }
            };
            for text in between(&own.text) {
                add(text, true, true);
            }
            let parts = without_asides(&own.text).into_iter().chain(without_ends(&own.text));
            for text in parts
                .chain(before_address(&own.text))
                .chain(without_around(&own.text))
                .chain(stuck::without_other_given(&own.text))
                .chain(translated::beside_group(&own.text))
            {
                add(text, true, false);
            }
            let others: [fn(&str) -> Option<String>; 7] = [
                abbreviation,
                form_in_front,
                without_title,
                letters_of_initials,
                apart_initials,
                articles::with_plain_article,
                articles::without_links,
            ];
            let others = others.into_iter().filter_map(|other| other(&own.text));
            let others = others.chain(respell::respelt(&own.text)).chain(abroad::listed(&own.text));
            let others = others.chain(foreign::in_latin(&own.text)).chain(cases::nominatives(&own.text));
            for text in others.chain(translated::in_english(&own.text)) {
                add(text, false, false);
            }
        }
        first = last;
    }
    found
}

/// The names between which `text` has a word or sign, where it has any.
fn between(text: &str) -> Vec<String> {
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    let mut is_split = false;
    for line in text.split(is_wide).flat_map(|line| line.split("  ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut place = 0;
        while place < words.len() {
            let is_here = |length: usize| {
                let phrase = words.get(place..place + length)?.join(" ");
                let phrase = phrase.trim_end_matches([',', ';']);
                // A letter in capitals is an initial.
                let plain =
                    if phrase.chars().count() == 1 { phrase.to_owned() } else { phrase.to_lowercase() };
                let apart = || place >= 2 && words.len() >= place + length + 2;
                let is_between = BETWEEN.contains(&plain.as_str())
                    && (!BETWEEN_NAMES.contains(&plain.as_str()) || apart());
                // So does any sign that stands alone.
                let is_sign = || length == 1 && !phrase.chars().any(char::is_alphanumeric);
                (is_between || is_sign()).then_some(length)
            };
            if let Some(length) = (1..=LONGEST).rev().find_map(is_here) {
                is_split = true;
                parts.push(Vec::new());
                place += length;
            } else {
                parts.last_mut().expect("there is one").push(words[place]);
                place += 1;
            }
        }
        parts.push(Vec::new());
    }
    is_split |= text.contains(is_wide) || text.trim().contains("  ");
    let mut names: Vec<String> = if is_split {
        parts.iter().map(|words| words.join(" ")).filter(|name| !name.is_empty()).collect()
    } else {
        Vec::new()
    };
    // "& Co. OHG" is no party.
    let is_form =
        |name: &String| normal(name, usize::MAX).tokens.iter().all(|word| legal_forms::is_form(word));
    names.retain(|name| !is_form(name));
    // "Gray, Coleman and Mitchell" is one firm of three people.
    let pieces = || names.iter().flat_map(|name| name.split(',')).filter(|piece| !piece.trim().is_empty());
    if pieces().count() > 2 && pieces().all(|piece| piece.split_whitespace().count() == 1) {
        names.clear();
    }
    // "X Y, Z W" are two people; "Z, W" and "Z W, X" one.
    let sides: Vec<&str> =
        text.split([',', '،', '、', '，']).map(str::trim).filter(|side| !side.is_empty()).collect();
    let words = |side: &&str| side.split_whitespace().count();
    if sides.len() > 1 && sides.iter().all(|side| words(side) > 1) {
        names.extend(sides.into_iter().map(str::to_owned));
    }
    names
}

/// What stands between lines and columns.
const fn is_wide(character: char) -> bool {
    matches!(character, '\t' | ':' | '：' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What a phrase beside a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aside {
    Desk,
    Place,
    /// A form of company, at an end of a name only.
    Form,
}

static ASIDES: LazyLock<HashMap<String, Aside>> = LazyLock::new(|| {
    let mut kind = Aside::Desk;
    let mut asides = HashMap::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line {
            "[desk]" => kind = Aside::Desk,
            "[place]" => kind = Aside::Place,
            "[form]" => kind = Aside::Form,
            phrase => _ = asides.insert(normal(phrase, usize::MAX).tokens.join(" "), kind),
        }
    }
    asides
});

/// Whether a word is a place.
pub(super) fn is_place(word: &str) -> bool {
    ASIDES.get(word) == Some(&Aside::Place) || by_name(word).is_some()
}

/// The phrase beside a name that stands at `place`, with its words.
fn aside_at(tokens: &[String], place: usize) -> Option<(Aside, usize)> {
    (1..=LONGEST).rev().find_map(|length| {
        let phrase = tokens.get(place..place + length)?.join(" ");
        let known = ASIDES.get(phrase.as_str()).copied().filter(|aside| *aside != Aside::Form);
        let country = || (length <= COUNTRY_WORDS && by_name(&phrase).is_some()).then_some(Aside::Place);
        known.or_else(country).map(|aside| (aside, length))
    })
}

/// The name without what says which office, account or paper is meant; `None` where nothing says so, or nothing is left.
fn without_asides(text: &str) -> Option<String> {
    let tokens = normal(text, usize::MAX).tokens;
    if !tokens.iter().all(|token| token.is_ascii()) || text.chars().any(is_syllable) {
        return None;
    }
    let (mut kept, mut place, mut has_desk) = (Vec::new(), 0, false);
    while place < tokens.len() {
        if let Some((aside, length)) = aside_at(&tokens, place) {
            has_desk |= aside == Aside::Desk;
            place += length;
            // The letters of a passport's number, a country's.
            let is_short = |token: &String| token.len() <= 2;
            if aside == Aside::Desk && place + 1 == tokens.len() && kept.len() > 1 && is_short(&tokens[place])
            {
                place += 1;
            }
        } else {
            kept.push(tokens[place].as_str());
            place += 1;
        }
    }
    let is_number = |token: &&str| token.bytes().any(|byte| byte.is_ascii_digit());
    let count = kept.len();
    kept.retain(|token| !is_number(token));
    // A number beside two words or more is a year, a document or a row.
    if !has_desk && (kept.len() == count || kept.len() < 2) {
        return None;
    }
    while kept.first().is_some_and(|first| matches!(*first, "of" | "the" | "no" | "to")) {
        kept.remove(0);
    }
    while kept.last().is_some_and(|last| matches!(*last, "of" | "the" | "no" | "in")) {
        kept.pop();
    }
    (kept.iter().map(|token| token.len()).sum::<usize>() >= 3).then(|| kept.join(" "))
}

/// Words around a person's name in payments, board lists and protocol. Some are names of others: they are left out only where two
/// words remain, in a further reading.
const AROUND: &[&str] = &[
    "adm",
    "agent",
    "air",
    "brig",
    "by",
    "capt",
    "cdr",
    "ceo",
    "cfo",
    "chairperson",
    "cio",
    "col",
    "cmo",
    "coo",
    "cousin",
    "cpl",
    "cpo",
    "cso",
    "cto",
    "daughter",
    "dds",
    "dep",
    "evp",
    "excellency",
    "family",
    "favor",
    "favour",
    "for",
    "founder",
    "friend",
    "from",
    "fwd",
    "gen",
    "gift",
    "h",
    "he",
    "heir",
    "heirs",
    "hh",
    "hm",
    "hrh",
    "husband",
    "in",
    "jd",
    "jnr",
    "joint",
    "jr",
    "jt",
    "kyc",
    "late",
    "loan",
    "lt",
    "maj",
    "member",
    "mother",
    "mp",
    "mr",
    "mrs",
    "ms",
    "nephew",
    "niece",
    "ny",
    "obe",
    "of",
    "order",
    "owner",
    "partner",
    "pay",
    "payment",
    "payments",
    "pep",
    "pls",
    "poa",
    "pte",
    "re",
    "refund",
    "rent",
    "salary",
    "sgt",
    "shri",
    "sister",
    "smt",
    "snr",
    "son",
    "sons",
    "spouse",
    "sr",
    "svp",
    "the",
    "tic",
    "to",
    "tr",
    "transfer",
    "trustee",
    "ttee",
    "ubo",
    "uncle",
    "vp",
    "wage",
    "wages",
    "widow",
    "wife",
    "wire",
    "with",
    "your",
];

/// The name without what stands before and behind a person's in the texts of payments: "payment to X Y", "X Y, CEO", "H.E. X Y".
fn without_around(text: &str) -> Option<String> {
    let tokens = normal(text, usize::MAX).tokens;
    if !tokens.iter().all(|token| token.is_ascii()) || text.chars().any(is_syllable) {
        return None;
    }
    let is_around = |token: &String| AROUND.contains(&token.as_str());
    // An initial behind "H." is no "E." of a name.
    let is_protocol = |at: usize| matches!(tokens.get(at..at + 2), Some([h, e]) if h == "h" && e == "e");
    let (mut first, mut last) = (0, tokens.len());
    while first < last && (is_around(&tokens[first]) || is_protocol(first)) {
        first += if is_protocol(first) { 2 } else { 1 };
    }
    while last > first && is_around(&tokens[last - 1]) {
        last -= 1;
    }
    (last - first >= 2 && last - first < tokens.len()).then(|| tokens[first..last].join(" "))
}

/// Whether word `place` of `tokens` says where, or at which desk, and not who.
pub(super) fn is_beside(tokens: &[String]) -> Vec<bool> {
    let mut beside = vec![false; tokens.len()];
    let mut place = 0;
    while place < tokens.len() {
        let length = aside_at(tokens, place).map_or(0, |(_, length)| length);
        beside[place..place + length].fill(true);
        beside[place] |= tokens[place].bytes().any(|byte| byte.is_ascii_digit());
        place += length.max(1);
    }
    beside
}

/// Whether part of a name says only what kind of firm is meant, or only where: "CO. LIMITED", "HONG KONG", "TRADING LTD". No
/// party is told by it.
pub(super) fn tells_nothing(tokens: &[String]) -> bool {
    let (forms, beside) = (legal_forms::all_forms(tokens), is_beside(tokens));
    let all_are = |is_said: &dyn Fn(usize, &Term<'_>) -> bool| {
        tokens.iter().enumerate().all(|(place, token)| {
            let term = Term::new(token, 1.0);
            forms & (1 << (place & 63)) != 0
                || term.is_filler()
                || term.is_particle()
                || is_said(place, &term)
        })
    };
    !tokens.is_empty() && (all_are(&|place, _| beside[place]) || all_are(&|_, term| term.is_generic()))
}

/// Codes of countries that stand beside names in capitals; others are words of names there.
const CODES: &[&str] = &[
    "RU", "UA", "IR", "SY", "KP", "CN", "HK", "US", "GB", "UK", "DE", "FR", "ES", "TR", "AE", "KZ", "UZ",
    "CY", "VG", "KY", "XK", "RUS", "UKR", "IRN", "SYR", "PRK", "CHN", "HKG", "USA", "GBR", "DEU", "ARE",
];
/// Letters of a form of company that is told by its capitals or dots alone.
const SHORT_FORM: usize = 3;

/// The name without forms of companies, codes of countries and banks, and addresses of mails at its ends.
fn without_ends(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let in_capitals = !text.chars().any(char::is_lowercase);
    let is_capital = |word: &str| word.chars().all(|letter| letter.is_ascii_uppercase());
    let is_code = |word: &str| {
        let bare = word.trim_matches(|at: char| !at.is_alphanumeric());
        let is_country = bare.len() == 2 && is_capital(bare) && !in_capitals && country(bare).is_some();
        // "SABRRUMM" has its country amid.
        let is_bank = bare.is_ascii()
            && matches!(bare.len(), 8 | 11)
            && !in_capitals
            && is_capital(&bare[..6])
            && country(&bare[4..6]).is_some();
        is_country || CODES.contains(&bare) || is_bank || written::is_mail(word) || written::is_page(word)
    };
    let form = |words: &[&str]| {
        let phrase = words.join(" ");
        let plain = normal(&phrase, usize::MAX).tokens.join(" ");
        let is_known = ASIDES.get(plain.as_str()) == Some(&Aside::Form);
        let letters: Vec<char> = phrase.chars().filter(|letter| letter.is_alphabetic()).collect();
        let is_plain = letters.len() > SHORT_FORM
            || phrase.contains(['.', '/'])
            || letters.iter().skip(1).all(|letter| letter.is_uppercase());
        is_known && is_plain
    };
    let (mut first, mut last) = (0, words.len());
    loop {
        let rest = &words[first..last];
        // Something has to be left.
        let most = LONGEST.min(rest.len().saturating_sub(1));
        if let Some(length) = (1..=most).rev().find(|&length| form(&rest[rest.len() - length..])) {
            last -= length;
        } else if let Some(length) = (1..=most).rev().find(|&length| form(&rest[..length])) {
            first += length;
        } else if most > 0 && is_code(rest[rest.len() - 1]) {
            last -= 1;
        } else if most > 0 && is_code(rest[0]) {
            first += 1;
        } else {
            break;
        }
    }
    (last - first < words.len()).then(|| words[first..last].join(" "))
}

/// The name before an address: "X, 12 High Street, London".
fn before_address(text: &str) -> Option<String> {
    let (name, rest) = text.split_once([',', '،', '，'])?;
    let is_place = || rest.split([',', '،', '，']).any(|side| by_name(side.trim()).is_some());
    let is_address = rest.chars().any(|at| at.is_ascii_digit()) || is_place();
    (is_address && name.split_whitespace().count() > 1).then(|| name.to_owned())
}

fn is_syllable(character: char) -> bool {
    matches!(character, '\u{ac00}'..='\u{d7a3}') || han::is_han(character)
}

/// "V.T.B. Bank", "V T B Bank" as "VTB Bank".
fn abbreviation(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|at: char| at.is_whitespace() || matches!(at, '.' | '-' | '·'))
        .filter(|word| !word.is_empty())
        .collect();
    let is_letter = |word: &&str| word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let (mut joined, mut place, mut is_any) = (Vec::new(), 0, false);
    while place < words.len() {
        let letters = words[place..].iter().take_while(|word| is_letter(word)).count();
        if letters >= LEAST_LETTERS || letters > 1 && letters == words.len() {
            joined.push(words[place..place + letters].concat());
            is_any = true;
            place += letters;
        } else {
            joined.push(words[place].to_owned());
            place += 1;
        }
    }
    is_any.then(|| joined.join(" "))
}

/// "W.L.L. Foo" as "Foo WLL": letters with dots in front that are a form of company behind.
fn form_in_front(text: &str) -> Option<String> {
    let (head, rest) = text.trim().split_once(char::is_whitespace)?;
    let letters: String = head.chars().filter(|letter| letter.is_alphabetic()).collect();
    let is_dotted =
        head.contains('.') && head.chars().all(|at| at.is_alphabetic() || matches!(at, '.' | ','));
    let plain = normal(&letters, 2).tokens;
    let [plain] = &plain[..] else { return None };
    (is_dotted && legal_forms::is_form(plain)).then(|| format!("{} {letters}", rest.trim()))
}

/// The name without a title of another script.
pub(super) fn without_title(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_title = |word: &&str| {
        let plain = word.to_lowercase();
        TITLES.contains(&plain.trim_end_matches(','))
    };
    let mut kept: Vec<&str> = words.iter().filter(|word| !is_title(word)).copied().collect();
    // Nothing stands between a name and a title in Chinese and Korean.
    if let Some(last) = kept.last_mut() {
        let ends = TITLES.iter().filter(|title| title.chars().all(is_syllable));
        let longest = ends.filter(|title| last.ends_with(**title)).max_by_key(|title| title.len());
        let bare = longest.map_or(*last, |title| &last[..last.len() - title.len()]);
        let enough = bare.chars().count() > 1 || words.len() > 1 && !bare.is_empty();
        // One syllable may end a name.
        let is_title = |title: &&str| {
            let is_apart = ["씨", "님"].contains(title) && bare.chars().count() > 2;
            title.chars().count() > 1 || is_apart && korean::is_person(&bare.chars().collect::<Vec<_>>())
        };
        if enough && bare.len() < last.len() && longest.is_some_and(is_title) {
            *last = bare;
        }
    }
    let name = kept.join(" ");
    (!kept.is_empty() && name.chars().count() < words.join(" ").chars().count()).then_some(name)
}

/// Initials in Cyrillic letters that are written with several Latin ones, by the first of these: "А.Ю." is "A. Yu." in
/// full, and "Yuryevich" begins with "Y".
fn letters_of_initials(text: &str) -> Option<String> {
    let mut is_any = false;
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word: &str = &rest[..rest.find(|at: char| !at.is_alphabetic()).unwrap_or(rest.len())];
        if word.chars().count() == 1 {
            let latin = match first.to_lowercase().next() {
                Some('ю' | 'я' | 'є' | 'ї') => Some('Y'),
                Some('ж') => Some('Z'),
                Some('ц') => Some('T'),
                Some('х') => Some('K'),
                Some('ч') => Some('C'),
                Some('ш' | 'щ') => Some('S'),
                _ => None,
            };
            is_any |= latin.is_some();
            written.push(latin.unwrap_or(first));
            rest = &rest[first.len_utf8()..];
        } else {
            let length = word.len().max(first.len_utf8());
            written.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    is_any.then_some(written)
}

/// "VV Putin" as "V V Putin": two or three capitals beside a word that is not in capitals.
fn apart_initials(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let capitals = |word: &&str| {
        let letters = word.chars().count();
        (2..=3).contains(&letters)
            && word.chars().all(|letter| letter.is_alphabetic() && letter.is_uppercase())
    };
    let is_other = |word: &&str| word.chars().any(char::is_lowercase);
    // Beside words in capitals too, only what nobody can pronounce.
    let is_plain = words.iter().any(is_other);
    let may_be = |word: &&str| capitals(word) && (is_plain || !word.contains(['A', 'E', 'I', 'O', 'U', 'Y']));
    if !(2..=4).contains(&words.len()) || words.iter().filter(|word| may_be(word)).count() != 1 {
        return None;
    }
    let apart = |word: &&str| {
        let letters: Vec<String> = word.chars().map(String::from).collect();
        letters.join(" ")
    };
    let written = words.iter().map(|word| if may_be(word) { apart(word) } else { (*word).to_owned() });
    Some(written.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let asked = Reading { text: text.to_owned(), part: false, beside: false };
        readings(vec![asked], 80).into_iter().map(|reading| reading.text).collect()
    }

    #[test]
    fn a_question_is_read_without_what_stands_around_the_name() {
        for (text, expected) in [
            ("VTB Bank Moscow Branch", "vtb bank"),
            ("VTB Bank, Representative Office", "vtb bank"),
            ("Attn: Sim Hyon Sop", "Sim Hyon Sop"),
            ("c/o Sim Hyon Sop", "Sim Hyon Sop"),
            ("Account of Sim Hyon Sop", "sim hyon sop"),
            ("Sim Hyon Sop Passport A1234567", "sim hyon sop"),
            ("VTB Bank USD", "vtb bank"),
            ("VTB Bank ref 12345", "vtb bank"),
            ("Sim Hyon Sop and John Smith", "Sim Hyon Sop"),
            ("John Smith & Sim Hyon Sop", "Sim Hyon Sop"),
            ("John Smith, Sim Hyon Sop", "Sim Hyon Sop"),
            ("John Smith\tSim Hyon Sop", "Sim Hyon Sop"),
            ("John Smith - Sim Hyon Sop", "Sim Hyon Sop"),
            ("Acme Ltd on behalf of Sim Hyon Sop", "Sim Hyon Sop"),
            ("V.T.B. Bank", "VTB Bank"),
            ("I.R.G.C.", "IRGC"),
            ("D M C", "DMC"),
            ("W.L.L. Foo Bar", "Foo Bar WLL"),
            ("N.V. Foo Bar", "Foo Bar NV"),
            ("Назаров А.Ю.", "Назаров А.Y."),
            ("VV Putin", "V V Putin"),
            ("PUTIN VV", "PUTIN V V"),
            ("Sim Hyon Sop 1983", "sim hyon sop"),
            ("г-н Назаров", "Назаров"),
            ("김정은 국무위원장", "김정은"),
            ("김정은위원장", "김정은"),
            ("김정은씨", "김정은"),
            ("Foo Bar B.V.B.A.", "Foo Bar"),
            ("Foo Bar d.d.", "Foo Bar"),
            ("Foo Bar Sp. k.", "Foo Bar"),
            ("Stiftung Foo Bar", "Foo Bar"),
            ("Foo Bar VZW", "Foo Bar"),
            ("Foo Bar Sh.p.k.", "Foo Bar"),
            ("Kyu Kim RU", "Kyu Kim"),
            ("Kyu Kim, 12 High Street, London", "Kyu Kim"),
            ("Kyu Kim SABRRUMM", "Kyu Kim"),
            ("Kyu Kim Passport AB", "kyu kim"),
            ("Kyu Kim Tel: 123456", "kyu kim"),
            ("John Smith → Kyu Kim", "Kyu Kim"),
            ("John Smith vel Kyu Kim", "Kyu Kim"),
            ("John Smith as trustee for Kyu Kim", "Kyu Kim"),
            ("John Smith  Kyu Kim", "Kyu Kim"),
        ] {
            assert!(texts(text).iter().any(|found| found == expected), "{text}: {:?}", texts(text));
        }
        for text in [
            "Kim Jong Un",
            "KIM, Jong Un",
            "A-B-C",
            "J. U. Kim",
            "김정은",
            "Мария Иванова",
            "Nguyen Ky",
            "ZHANG WEI LI",
            "Jean Dit",
        ] {
            let more = texts(text).split_off(1);
            assert!(more.iter().all(|found| found == "ABC"), "{text}: {more:?}");
        }
    }

    #[test]
    fn a_form_a_place_or_a_trade_tells_nothing() {
        let tells_nothing = |text: &str| tells_nothing(&normal(text, usize::MAX).tokens);
        for text in [
            "LLC",
            "CO. LIMITED",
            "PTE. LTD.",
            "HONG KONG",
            "TRADING LTD",
            "Technology Company Limited",
            "GmbH",
        ] {
            assert!(tells_nothing(text), "{text}");
        }
        for text in ["", "Bank of Syria", "Garantex", "VTB", "Bluebell Ltd", "Hong Kong Blue"] {
            assert!(!tells_nothing(text), "{text}");
        }
    }
}
