//! Queries about listed parties, by what makes them hard to find.

use tracehound_model::{Party, claim::PartyKind};

use super::is_of_half;

/// Most queries a class.
pub(super) const MOST: usize = 500;

/// Legal forms that are taken off and put on, apart from the table that is measured.
const FORMS: &[&str] = &[
    "PUBLIC JOINT STOCK COMPANY",
    "OPEN JOINT STOCK COMPANY",
    "JOINT STOCK COMPANY",
    "PRIVATE LIMITED",
    "LIMITED LIABILITY COMPANY",
    "CO., LTD.",
    "COMPANY LIMITED",
    "S.A. DE C.V.",
    "SDN. BHD.",
    "PTE. LTD.",
    "ANONIM SIRKETI",
    "GMBH",
    "LIMITED",
    "LTD.",
    "LTD",
    "LLC",
    "L.L.C.",
    "JSC",
    "OOO",
    "AO",
    "PAO",
    "OAO",
    "INC.",
    "CORP.",
    "S.A.",
    "S.R.L.",
    "FZE",
    "DMCC",
    "B.V.",
];

/// A query and the party that it means.
pub(super) struct Case {
    pub(super) party: String,
    pub(super) query: String,
}

/// Every class with its queries.
pub(super) fn all(parties: &[Party]) -> Vec<(&'static str, Vec<Case>)> {
    let parties: Vec<&Party> = parties.iter().filter(|party| is_of_half(&party.id)).collect();
    let bare = bare(&parties);
    let other = |(number, case): (usize, &Case)| Case {
        party: case.party.clone(),
        query: format!("{} {}", case.query, FORMS[number * 7 % FORMS.len()]),
    };
    let others = bare.iter().enumerate().map(other).collect();
    let hangul = in_script(&parties, &[('가', '힣')], false);
    let romanised = |to_latin: fn(&str) -> String| {
        let query = |case: &Case| Case { party: case.party.clone(), query: to_latin(&case.query) };
        hangul.iter().map(query).collect::<Vec<_>>()
    };
    let (revised, mccune) = (romanised(korean::revised), romanised(korean::mccune_reischauer));
    vec![
        ("a company without its legal form", bare),
        ("a company with another legal form", others),
        ("one of several names in a field (UN)", joined(&parties)),
        ("a person in Hangul", hangul),
        ("a Korean person in Revised Romanisation", revised),
        ("a Korean person in McCune-Reischauer", mccune),
        ("a person in Arabic letters", in_script(&parties, &[('\u{600}', '\u{6ff}')], true)),
        ("a person in Chinese characters", in_script(&parties, &[('\u{3400}', '\u{9fff}')], false)),
        ("a person in Cyrillic", in_script(&parties, &[('\u{400}', '\u{52f}')], true)),
    ]
}

fn is_in(text: &str, ranges: &[(char, char)]) -> bool {
    let letters = || text.chars().filter(|character| character.is_alphabetic());
    letters().count() > 1
        && letters().all(|letter| ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter)))
}

/// Every party's first name of persons in a script, written with or without blanks.
fn in_script(parties: &[&Party], ranges: &[(char, char)], blanks: bool) -> Vec<Case> {
    let people = parties.iter().filter(|party| party.kind == PartyKind::Individual);
    let names = people.filter_map(|party| {
        let name = party.names.iter().find(|name| is_in(&name.full, ranges))?;
        let query = name.full.replace(',', "");
        let query = if blanks { query } else { query.replace(' ', "") };
        Some(Case { party: party.id.clone(), query })
    });
    spread(names.collect())
}

/// At most [`MOST`] of them, evenly spread.
fn spread(all: Vec<Case>) -> Vec<Case> {
    let step = all.len().div_ceil(MOST).max(1);
    all.into_iter().step_by(step).collect()
}

/// Companies by their name without its legal form.
fn bare(parties: &[&Party]) -> Vec<Case> {
    let companies = parties.iter().filter(|party| party.kind == PartyKind::Entity);
    let bare = companies.filter_map(|party| {
        let full = party.names.first()?.full.to_uppercase();
        let without = |form: &&str| {
            let end = full.strip_suffix(form).filter(|rest| rest.ends_with([' ', ',']));
            end.or_else(|| full.strip_prefix(form).filter(|rest| rest.starts_with(' ')))
        };
        let bare = FORMS.iter().find_map(without)?.trim_matches([' ', ',']);
        (bare.len() > 3).then(|| Case { party: party.id.clone(), query: bare.to_owned() })
    });
    spread(bare.collect())
}

/// Names that stand with others in one field of the UN's list, told apart by semicolons, or by letters as in "X b) Y".
fn joined(parties: &[&Party]) -> Vec<Case> {
    let mut cases = Vec::new();
    for party in parties.iter().filter(|party| party.source.0 == "un-sc") {
        for name in party.names.iter().filter(|name| name.full.contains(';')) {
            let pieces = name.full.split([';', '(', ')']).map(|piece| {
                let enumerator = [" a", " b", " c", " d"];
                enumerator.iter().find_map(|end| piece.strip_suffix(end)).unwrap_or(piece).trim()
            });
            let names = pieces.filter(|piece| piece.contains(' ') && !piece.contains("original script"));
            cases.extend(names.map(|piece| Case { party: party.id.clone(), query: piece.to_owned() }));
        }
    }
    spread(cases)
}

/// Korean names in Latin letters, by rules that are not those measured.
mod korean {
    /// Initials and vowels.
    type Table = ([&'static str; 19], [&'static str; 21]);

    const REVISED: Table = (
        ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"],
        [
            "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we",
            "wi", "yu", "eu", "ui", "i",
        ],
    );
    const MCCUNE_REISCHAUER: Table = (
        [
            "k",
            "kk",
            "n",
            "t",
            "tt",
            "r",
            "m",
            "p",
            "pp",
            "s",
            "ss",
            "",
            "ch",
            "tch",
            "ch\u{2bc}",
            "k\u{2bc}",
            "t\u{2bc}",
            "p\u{2bc}",
            "h",
        ],
        [
            "a", "ae", "ya", "yae", "ŏ", "e", "yŏ", "ye", "o", "wa", "wae", "oe", "yo", "u", "wŏ", "we",
            "wi", "yu", "ŭ", "ŭi", "i",
        ],
    );
    const FINALS: [&str; 28] = [
        "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t",
        "t", "ng", "t", "t", "k", "t", "p", "t",
    ];
    /// What McCune-Reischauer writes for a voiceless letter between two voiced ones.
    const VOICED: &[(&str, &str)] = &[("k", "g"), ("t", "d"), ("p", "b"), ("ch", "j")];

    fn syllable(character: char, (initials, vowels): &Table, voiced: bool) -> String {
        let number = character as usize - 0xac00;
        let initial = initials[number / 588];
        let softened = VOICED.iter().find(|(hard, _)| voiced && *hard == initial).map(|(_, soft)| *soft);
        [softened.unwrap_or(initial), vowels[number % 588 / 28], FINALS[number % 28]].concat()
    }

    fn name(hangul: &str, table: &Table, between: &str, voices: bool) -> String {
        let mut voiced = false;
        let mut syllables = Vec::new();
        for (place, character) in hangul.chars().enumerate() {
            syllables.push(syllable(character, table, voices && place > 1 && voiced));
            voiced = !syllables[place].ends_with(['k', 't', 'p']);
        }
        format!("{} {}", syllables[0], syllables[1..].join(between))
    }

    pub(super) fn revised(hangul: &str) -> String {
        name(hangul, &REVISED, "", false)
    }

    pub(super) fn mccune_reischauer(hangul: &str) -> String {
        name(hangul, &MCCUNE_REISCHAUER, "-", true)
    }
}
