//! A question that is a listed person's family name, and nothing else.

use std::collections::HashSet;

use super::{
    NameIndex, ORGANISATION, Similar, Term, abroad,
    normal::{is_unseen, normal},
    question, score, well_known, written,
};

/// Words of a question that are looked at.
const MOST_WORDS: usize = 12;
/// Offices and forms of address beside a family name, as words are transliterated; others are known as titles.
const OFFICES: &[&str] = &[
    "apellido",
    "apellidos",
    "archbishop",
    "bishop",
    "cardinal",
    "chief",
    "dictator",
    "familiia",
    "familiya",
    "family",
    "guide",
    "jefe",
    "leader",
    "lider",
    "maresciallo",
    "minister",
    "ministre",
    "ministro",
    "nachname",
    "oberst",
    "oligarch",
    "oligarkh",
    "prasident",
    "rahbar",
    "supreme",
    "surname",
    "tyrant",
    "warlord",
];
/// Titles that people are called by as well: a family name beside one may be a whole name.
const GIVEN_TOO: &[&str] = &[
    "don", "dona", "field", "first", "justice", "md", "prince", "princess", "san", "sayed", "seyed", "syed",
];
/// Those of scripts without vowels, as people write them and without marks; longer ones first.
const ABJAD_OFFICES: &[&str] = &[
    "رئیس‌جمهور",
    "رئيس جمهور",
    "رئیس جمهور",
    "حجت‌الاسلام",
    "حجت الاسلام",
    "آیت‌الله",
    "آیت الله",
    "آيت الله",
    "آية الله",
    "اية الله",
    "آیة الله",
    "سرلشکر",
    "سرتیپ",
    "سردار",
    "الرئيس",
    "الوزير",
    "الجنرال",
    "اللواء",
    "الفريق",
    "العميد",
    "المرشد",
    "القائد",
    "الشيخ",
    "السيد",
    "الملا",
    "المولوي",
    "الدكتور",
    "الأستاذ",
    "الإمام",
    "رهبر",
    "ژنرال",
    "جنرال",
    "آقای",
    "خانم",
    "دکتر",
    "وزیر",
    "امام",
    "شیخ",
    "سید",
    "ملا",
];

impl NameIndex {
    /// How many listed persons have the one word of a question, beside titles, as their family name or as one of several; 0
    /// where the question says more than that. One look for the word.
    pub fn family_name_alone(&self, query: &str) -> usize {
        if well_known::known(query).is_some() {
            return 0;
        }
        let mut texts: Vec<String> =
            std::iter::once(query.to_owned()).chain(written::readings(query)).collect();
        let bare = texts.iter().filter_map(|text| question::without_title(text)).collect::<Vec<_>>();
        texts.extend(bare);
        texts.extend(texts.iter().filter_map(|text| without_office(text)).collect::<Vec<_>>());
        // "خامنه‌ای" is one word, whatever stands between its letters.
        let whole = texts.iter().map(|text| text.chars().filter(|at| !is_unseen(*at)).collect::<String>());
        texts.extend(whole.collect::<Vec<_>>());
        let mut words: HashSet<String> = texts.iter().filter_map(|text| lone_word(text)).collect();
        let listed = texts.iter().filter_map(|text| abroad::family(&without_titles(text)));
        words.extend(listed.flat_map(|family| normal(family, MOST_WORDS).tokens).collect::<Vec<_>>());
        let mut persons: Vec<u32> = words.iter().flat_map(|word| self.persons_of_family(word)).collect();
        persons.sort_unstable();
        persons.dedup();
        persons.len()
    }

    /// The persons with a word in their family name, however it is romanised.
    fn persons_of_family(&self, word: &str) -> Vec<u32> {
        let term = Term::new(word, 1.0);
        let least = if term.is_abjad() { score::SURE } else { score::SAME_FOLDED };
        let alike = self.similar_words(&term, least, &mut Similar::default());
        let names =
            alike.iter().flat_map(|(word, _)| self.names_with(*word).iter().map(move |name| (*word, *name)));
        let of_family = names.filter(|(word, number)| {
            let name = self.name(*number);
            let comma = (name.record.before_comma as usize).min(name.tokens.len());
            let family =
                if comma > 0 { &name.tokens[..comma] } else { &name.tokens[name.tokens.len() - 1..] };
            name.kinds & ORGANISATION == 0 && family.contains(word)
        });
        of_family.map(|(_, number)| self.names[number as usize].party).collect()
    }
}

/// The words of a text that are no titles or other forms of address.
fn without_titles(text: &str) -> Vec<String> {
    let mut tokens = normal(text, MOST_WORDS).tokens;
    tokens.retain(|token| {
        let term = Term::new(token, 1.0);
        let is_title = term.is_title_word() || term.may_be_title() || OFFICES.contains(&token.as_str());
        !is_title || GIVEN_TOO.contains(&token.as_str())
    });
    tokens
}

/// The one word of a text that is no title, article or other form of address; `None` where there are more, or none.
fn lone_word(text: &str) -> Option<String> {
    let all = normal(text, MOST_WORDS).tokens;
    let mut words = without_titles(text);
    words.retain(|word| !Term::new(word, 1.0).is_particle());
    match (&words[..], &all[..]) {
        ([word], _) if all.len() < MOST_WORDS => Some(word.clone()),
        // "Lord" and "Prince" alone are names too.
        ([], [word]) => Some(word.clone()),
        _ => None,
    }
}

/// A text of a script without vowels without the offices before a name.
fn without_office(text: &str) -> Option<String> {
    let mut rest = text.trim();
    while let Some(office) = ABJAD_OFFICES.iter().find(|office| {
        rest.strip_prefix(**office).is_some_and(|after| after.starts_with(char::is_whitespace))
    }) {
        rest = rest[office.len()..].trim_start();
    }
    (rest.len() < text.trim().len()).then(|| rest.to_owned())
}
