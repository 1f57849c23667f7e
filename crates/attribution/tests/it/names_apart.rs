//! Names as forms, other scripts and other languages give them, on the real lists: who is found, and who is left alone.

use tracehound_attribution::names::{DEFAULT_THRESHOLD, NameIndex};
use tracehound_model::Party;

use crate::support::real;

/// The lists of OFAC (2025-11-19) and the UN (2026-02-27).
fn lists() -> Option<NameIndex> {
    let ofac = real("sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2")?;
    let un = real("sanctions/un_consolidated_2026-02-27.xml")?;
    let parties: Vec<Party> = ofac.snapshot.parties.into_iter().chain(un.snapshot.parties).collect();
    Some(NameIndex::build(&parties))
}

/// The parties that match at the default threshold, with the names and scores.
fn matches(index: &NameIndex, query: &str) -> Vec<(String, String, f64)> {
    let found = index.search(query, 50).expect("a name");
    let above = found.into_iter().filter(|found| found.score >= DEFAULT_THRESHOLD);
    above.map(|found| (found.party.id.clone(), found.matched_name.to_owned(), found.score)).collect()
}

fn all_found(index: &NameIndex, cases: &[(&str, &str)]) {
    let missed = cases.iter().filter(|(query, id)| !matches(index, query).iter().any(|found| found.0 == *id));
    let missed: Vec<_> = missed.map(|(query, id)| (query, id, index.search(query, 1))).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

fn none_found(index: &NameIndex, queries: &[&str]) {
    let found: Vec<_> = queries.iter().map(|query| (query, matches(index, query))).collect();
    let found: Vec<_> = found.into_iter().filter(|(_, found)| !found.is_empty()).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn real_lists_find_names_that_forms_and_other_writing_change() {
    let Some(index) = lists() else { return };
    // Given and family name, without what stands between them.
    all_found(
        &index,
        &[
            ("Ali Khamenei", "26945"),
            ("Mohammed Habib", "8369"),
            ("Alex Peijnenburg", "39585"),
            ("Maher al-Kinai", "50079"),
            ("Seyed Azami", "34106"),
            ("Ali Zgheib", "50298"),
            ("Marial Mangok", "16651"),
        ],
    );
    // One initial, and a rare family name.
    all_found(&index, &[("O. Deripaska", "24283"), ("Deripaska O", "24283"), ("Deripaska O.V.", "24283")]);
    // What stands beside given and family name clears nobody.
    all_found(
        &index,
        &[
            ("Oleg Deripaska LLC", "24283"),
            ("Oleg Deripaska OBE", "24283"),
            ("Oleg Deripaska London", "24283"),
            ("Poa Deripaska Oleg", "24283"),
        ],
    );
    // Nor do signs that stand at a name.
    for sign in ["\u{2122}", "\u{ae}", "\u{2120}", "\u{b2}", "\u{1f525}", "\u{1f1f7}\u{1f1fa}"] {
        for (name, id) in [("VTB", "17013"), ("Oleg Deripaska", "24283")] {
            all_found(&index, &[(&format!("{name}{sign}"), id), (&format!("{sign}{name}"), id)]);
        }
    }
    // A weak alias in its own script.
    all_found(&index, &[("أبو بكر البغدادي", "12926"), ("أبو بكر البغدادي", "QDi.299")]);
    // Chinese names as Russians and Taiwanese spell them.
    all_found(
        &index,
        &[
            ("Ли Цзядун", "28264"),
            ("Чэнь Чжи", "55505"),
            ("Лю Личжи", "53954"),
            ("У Хуэйхуэй", "42496"),
            ("Ch'en Chih", "55505"),
            ("Li Chia-tung", "28264"),
        ],
    );
    // Known groups by the names of other languages.
    for (query, listed) in [
        ("Islamischer Staat", "islamic state"),
        ("État islamique", "islamic state"),
        ("Estado Islámico", "islamic state"),
        ("İslam Devleti", "islamic state"),
        ("Hezbolá", "hizballah"),
        ("Хезболла", "hizballah"),
        ("하마스", "hamas"),
        ("El Kaide", "al qa'ida"),
        ("Banque centrale d'Iran", "central bank of iran"),
        ("Zentralbank des Iran", "central bank of iran"),
        ("Garde révolutionnaire", "islamic revolutionary guard corps"),
        ("الحوثيون", "ansarallah"),
        ("Аш-Шабаб", "al-shabaab"),
        ("مجموعة فاغنر", "wagner group"),
        ("Ali Jamenei", "khamenei, ali husseini"),
        ("شركة النفط الوطنية الإيرانية", "national iranian oil company"),
    ] {
        let found = matches(&index, query);
        let is_it = |name: &str| name.to_lowercase().contains(listed);
        assert!(found.iter().any(|(_, name, _)| is_it(name)), "{query}: {found:?}");
    }
}

#[test]
fn real_lists_leave_people_and_firms_with_ordinary_names_alone() {
    let Some(index) = lists() else { return };
    none_found(
        &index,
        &[
            // A given name is not the company with it.
            "Markus Weber",
            "Dominik Müller",
            "Dominik Novak",
            "Вікторія Шевченко",
            "Виктория Яценюк",
            "Denise Miller",
            "Edison Pereira",
            "David Markuš",
            "Andrea Martinez",
            // Nor is a family name a legal form.
            "Isis Sá",
            "Marina Sá",
            "Victor Ao",
            "Hana Ab",
            "Lucky Oy",
            // Another name beside two is somebody else's.
            "Oleg Petrov Deripaska",
            "Oleg Deripaska Sinwar",
            "Ramzan Kadyrov Petrov",
            // Firms by their partners' names, and a legal form that is no name.
            "Wilkins, Pollard and Thomas",
            "Gray, Coleman and Mitchell",
            "Smith, Sanchez and Greene",
            "Reynolds, Farrell and Lawrence",
            "Burton, Barber and Marshall",
            "Larsson & Karlsson HB",
            "Jakobsson & Malmberg HB",
            "Koch Mühle GmbH & Co. OHG",
            // What a listed company's name has beside it, or in brackets, is no name.
            "Bluebell Toys, LLC",
            "Acme Widgets (Shanghai) Co., Ltd.",
            "Greenfield Textiles (Hong Kong) Limited",
            "Northwind Foods (S) Pte Ltd",
            "Bluebell Toys (Xiamen) Trading Co., Ltd.",
            "Northwind Foods (Shenzhen) Technology Co., Ltd",
            "Bluebell Toys (LLC)",
            "Acme Widgets (GmbH)",
            "Greenfield Textiles (Middle East) Ltd",
        ],
    );
    // Companies are found by one word still.
    for query in ["Markus LLC", "Marina SA", "Garantex", "Garantex Weber", "Hizballah Logistics Wing"] {
        assert!(!matches(&index, query).is_empty(), "{query}");
    }
}
