//! Russian and Ukrainian names in other cases than the one in which they are listed: "Олегу Дерипаске", "Сбербанком".
//!
//! A name is put into the nominative only where all of its words stand in one case, or have none, so that "Анна Петрова" is
//! not taken for the genitive of a man's name.

/// Most words of a name.
const MOST_WORDS: usize = 4;
/// Letters that are left of a word.
const STEM: usize = 2;
/// What family names end with whose instrumental is that of an adjective.
const FAMILY: &[&str] = &["ов", "ев", "ёв", "єв", "ин", "ын", "ін", "їн"];

/// A case's ends of words and those of the nominative, longest first; "~" is "й" behind a vowel and "ь" behind others.
struct Case {
    ends: &'static [(&'static str, &'static str)],
    /// Ends of which one has to be there, as the others are those of women's names too.
    shown_by: &'static [&'static str],
}

const CASES: &[Case] = &[
    // By whom.
    Case {
        ends: &[
            ("вичем", "вич"),
            ("ичем", "ич"),
            ("ской", "ская"),
            ("ською", "ська"),
            ("ским", "ский"),
            ("ьким", "ький"),
            ("ью", "ь"),
            ("ою", "а"),
            ("ею", "я"),
            ("єю", "я"),
            ("ой", "а"),
            ("ей", "я"),
            ("ом", ""),
            ("ем", "~"),
            ("єм", "й"),
            ("ым", ""),
            ("им", ""),
        ],
        shown_by: &[""],
    },
    // To whom.
    Case {
        ends: &[
            ("скому", "ский"),
            ("ькому", "ький"),
            ("ской", "ская"),
            ("ській", "ська"),
            ("ому", "ый"),
            ("ові", ""),
            ("еві", "~"),
            ("єві", "й"),
            ("вой", "ва"),
            ("вій", "ва"),
            ("иной", "ина"),
            ("ии", "ия"),
            ("ії", "ія"),
            ("у", ""),
            ("ю", "~"),
            ("е", "а"),
            ("і", "а"),
        ],
        shown_by: &[""],
    },
    // Whom.
    Case {
        ends: &[
            ("ского", "ский"),
            ("ького", "ький"),
            ("ую", "ая"),
            ("ого", "ый"),
            ("у", "а"),
            ("ю", "я"),
            ("а", ""),
            ("я", "~"),
        ],
        shown_by: &["у", "ю", "ого"],
    },
];
/// Ends of a word that is the whole name: of what is done with or by it; the others are those of names.
const LONE: &[(&str, &str)] =
    &[("ью", "ь"), ("банком", "банк"), ("банку", "банк"), ("банке", "банк"), ("банка", "банк")];
/// Prepositions.
const BEFORE: &[&str] =
    &["в", "к", "о", "с", "со", "во", "об", "от", "для", "у", "на", "з", "із", "до", "від"];

/// The name in the nominative, where it may stand in another case.
pub(super) fn nominatives(text: &str) -> Vec<String> {
    if !text.chars().any(|letter| matches!(letter, '\u{400}'..='\u{52f}')) {
        return Vec::new();
    }
    let plain = text.to_lowercase();
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    while words.len() > 1 && BEFORE.contains(&words[0]) {
        words.remove(0);
    }
    let lone = words.iter().any(|word| word.contains("банк")) || words.len() == 1;
    let mut found = Vec::new();
    if lone && words.len() <= MOST_WORDS {
        let turned: Vec<String> =
            words.iter().map(|word| turn(word, LONE).unwrap_or_else(|| (*word).to_owned())).collect();
        if turned != words {
            found.push(turned.join(" "));
        }
    }
    if (2..=MOST_WORDS).contains(&words.len()) {
        found.extend(CASES.iter().filter_map(|case| of_case(&words, case)));
    }
    found
}

/// The words in the nominative, where all that have cases stand in this one.
fn of_case(words: &[&str], case: &Case) -> Option<String> {
    let (mut turned, mut is_any) = (Vec::with_capacity(words.len()), false);
    for word in words {
        let has_none = word.ends_with('о')
            || word.chars().count() <= STEM
            || ["их", "ых"].iter().any(|end| word.ends_with(end));
        match turn(word, case.ends) {
            Some(nominative) => {
                is_any |= case.shown_by.iter().any(|end| word.ends_with(end));
                turned.push(nominative);
            }
            None if has_none => turned.push((*word).to_owned()),
            None => return None,
        }
    }
    is_any.then(|| turned.join(" "))
}

fn turn(word: &str, ends: &[(&str, &str)]) -> Option<String> {
    let (stem, end, nominative) =
        ends.iter().find_map(|(end, nominative)| Some((word.strip_suffix(end)?, *end, *nominative)))?;
    if stem.chars().count() < STEM {
        return None;
    }
    // "Ким" and "Максим" are no family's names in the instrumental, "Путиным" is.
    if matches!(end, "ым" | "им") && !FAMILY.iter().any(|family| stem.ends_with(family)) {
        return None;
    }
    let is_vowel = stem.ends_with(['а', 'е', 'є', 'и', 'і', 'ї', 'о', 'у', 'ы', 'э', 'ю', 'я']);
    let nominative = match nominative {
        "~" if is_vowel => "й",
        "~" => "ь",
        other => other,
    };
    Some(format!("{stem}{nominative}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_another_case_is_put_into_the_nominative() {
        for (text, expected) in [
            ("Дерипаске Олегу", "дерипаска олег"),
            ("Дерипаску Олега", "дерипаска олег"),
            ("Сбербанком", "сбербанк"),
            ("в Сбербанке", "сбербанк"),
            ("Роснефтью", "роснефть"),
            ("Путиным Владимиром Владимировичем", "путин владимир владимирович"),
            ("Володимиром Путіним", "володимир путін"),
            ("Сергеем Лавровым", "сергей лавров"),
            ("Игорю Сечину", "игорь сечин"),
            ("Марии Захаровой", "мария захарова"),
            ("Захарову Марию", "захарова мария"),
            ("Геннадием Тимченко", "геннадий тимченко"),
            ("Дмитрию Песковскому", "дмитрий песковский"),
        ] {
            assert!(
                nominatives(text).iter().any(|found| found == expected),
                "{text}: {:?}",
                nominatives(text)
            );
        }
        for text in [
            "Анна Петрова",
            "Александра Иванова",
            "Максим Ким",
            "Иван Петров",
            "Олег Дерипаска",
            "John Smith",
        ] {
            assert!(nominatives(text).is_empty(), "{text}: {:?}", nominatives(text));
        }
    }
}
