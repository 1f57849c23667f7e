//! Names whose parts are labelled, as passports, visas and forms have them: "Surname KADYROV Given names RAMZAN".

use std::{collections::HashMap, sync::LazyLock};

use deunicode::deunicode;

/// Labels of parts of names, by language; where they come from stands in the file.
const TABLE: &str = include_str!("data/name-labels.txt");
/// Most words of a label, and of a text that is looked at.
const LONGEST: usize = 3;
const MOST_WORDS: usize = 40;

/// Which part of a name a label stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Family,
    Given,
    Middle,
    Whole,
}

static LABELS: LazyLock<HashMap<String, Part>> = LazyLock::new(|| {
    let mut part = Part::Family;
    let mut labels = HashMap::new();
    for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line {
            "[family]" => part = Part::Family,
            "[given]" => part = Part::Given,
            "[middle]" => part = Part::Middle,
            "[whole]" => part = Part::Whole,
            line => labels.extend(line.split(',').map(|label| (plain(label), part))),
        }
    }
    labels
});

/// A label as it is looked up: `First_Name`, `FirstName` and "first name(s)" are one.
fn plain(label: &str) -> String {
    let label = label.trim().to_lowercase();
    // Latin letters without their marks; others as they are.
    let is_latin = label.chars().all(|letter| letter < '\u{250}');
    let label = if is_latin { deunicode(&label) } else { label };
    label.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// The name that a text gives in labelled parts, with the family name first; `None` where a family name or a given one has no
/// label.
pub(super) fn name(text: &str) -> Option<String> {
    let apart = text.replace([':', '：', '=', '|', ';', '/'], " ");
    let words: Vec<&str> = apart.split_whitespace().collect();
    if words.len() > MOST_WORDS {
        return None;
    }
    let label = |place: usize| {
        (1..=LONGEST).rev().find_map(|length| {
            let phrase = plain(&words.get(place..place + length)?.concat());
            LABELS.get(&phrase).map(|part| (*part, length))
        })
    };
    let mut values: [Vec<&str>; 4] = Default::default();
    let (mut part, mut place, mut before) = (None, 0, Vec::new());
    while place < words.len() {
        if let Some((next, length)) = label(place) {
            part = Some(next);
            place += length;
            continue;
        }
        let word = words[place].trim_matches(|at: char| matches!(at, ',' | '.' | '-' | '"'));
        match part {
            Some(part) => values[part as usize].push(word),
            None => before.push(word),
        }
        place += 1;
    }
    let [family, given, middle, whole] = values;
    let given = if given.is_empty() { whole } else { given };
    let is_told = !family.is_empty() && !given.is_empty() && before.len() <= LONGEST;
    let rest = given.iter().chain(&middle).copied().collect::<Vec<_>>().join(" ");
    is_told.then(|| format!("{}, {rest}", family.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_many_languages_are_told_from_the_name() {
        for text in [
            "Surname KYU Given names KIM SON",
            "Surname: KYU; First name: KIM; Middle name: SON",
            "SURNAME/KYU GIVEN NAMES/KIM SON",
            "first_name=KIM middle_name=SON last_name=KYU",
            "FirstName: KIM SON | LastName: KYU",
            "Nom KYU Prénom KIM SON",
            "NOM : KYU PRÉNOMS : KIM SON",
            "Vorname: KIM SON, Nachname: KYU",
            "Apellidos: KYU, Nombres: KIM SON",
            "Cognome KYU Nome KIM SON",
            "Nazwisko: KYU Imiona: KIM SON",
            "Фамилия: KYU Имя: KIM Отчество: SON",
            "Soyadı: KYU Adı: KIM SON",
            "Achternaam KYU Voornamen KIM SON",
            "Sobrenome: KYU Nome: KIM SON",
            "Passport Surname KYU Given names KIM SON",
        ] {
            assert_eq!(name(text).as_deref(), Some("KYU, KIM SON"), "{text}");
        }
        for text in
            ["Nom Kyu", "Kyu Kim", "Surname", "Imię", "Given names KIM SON", "Surname Given names", ""]
        {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
