//! Names of sanctioned people and organisations, as people type them.

use proptest::prelude::*;
use tracehound_attribution::names::{DEFAULT_THRESHOLD, MIN_SCORE, NameError, NameIndex};
use tracehound_model::{Particulars, Party, SourceId, claim::PartyKind, claim::PartyName};

use crate::support::real;

fn party(id: usize, kind: PartyKind, names: &[&str]) -> Party {
    let name =
        |full: &&str| PartyName { full: full.trim_end_matches('~').to_owned(), weak: full.ends_with('~') };
    Party {
        source: SourceId("a-list".to_owned()),
        id: id.to_string(),
        kind,
        names: names.iter().map(name).collect(),
        programs: Vec::new(),
        listed_on: None,
        particulars: Particulars::default(),
    }
}

/// Some listed names; `~` marks a weak alias.
fn some_parties() -> Vec<Party> {
    let people: &[&[&str]] = &[
        &["SIM, Hyon-Sop"],
        &["LI, Jiadong", "李, 家东"],
        &["KIM, Jong Un"],
        &["PUTIN, Vladimir Vladimirovich"],
        &["SEMENOV, Roman", "Семенов, Роман"],
        &["AL-ZAWAHIRI, Ayman"],
        &["ÁLVAREZ NÚÑEZ, José María"],
        &["MURAD, Iraklievich", "John~"],
    ];
    let organisations: &[&[&str]] = &[
        &["LAZARUS GROUP", "Hidden Cobra~"],
        &["CHEIL CREDIT BANK", "First Credit Bank"],
        &["KOREA KWANGSON BANKING CORP"],
        &["GREEN PINE ASSOCIATED CO., LTD."],
    ];
    let people = people.iter().map(|names| (PartyKind::Individual, names));
    let all = people.chain(organisations.iter().map(|names| (PartyKind::Entity, names)));
    all.enumerate().map(|(id, (kind, names))| party(id, kind, names)).collect()
}

/// The best match's score and name.
fn best(index: &NameIndex, query: &str) -> (f64, String) {
    let found = index.search(query, 1).unwrap();
    found.first().map_or((0.0, String::new()), |found| (found.score, found.matched_name.to_owned()))
}

#[test]
fn the_same_name_scores_one_however_it_is_written() {
    let index = NameIndex::build(&some_parties());
    for query in [
        "SIM, Hyon-Sop",
        "Sim Hyon Sop",
        "hyon-sop sim",
        "Kim Jong Un",
        "KIM Jong-Un",
        "Роман Семенов",
        "Roman Semenov",
        "李家东",
        "Li Jia Dong",
        "Jose Maria Alvarez Nunez",
        "Lazarus Grp.",
        "Green Pine Associated Company Limited",
    ] {
        let (score, name) = best(&index, query);
        assert_eq!(score, 1.0, "{query} ~ {name}");
    }
}

#[test]
fn other_spellings_initials_and_missing_parts_score_high() {
    let index = NameIndex::build(&some_parties());
    for (query, expected) in [
        ("Sim Hyeon Seop", "SIM, Hyon-Sop"),
        ("심현섭", "SIM, Hyon-Sop"),
        ("Hyonsop Sim", "SIM, Hyon-Sop"),
        ("Vladimir Putin", "PUTIN, Vladimir Vladimirovich"),
        ("Wladimir Putin", "PUTIN, Vladimir Vladimirovich"),
        ("Mr. Aiman Zawahiri", "AL-ZAWAHIRI, Ayman"),
        ("Sheikh Ayman Zawahiri", "AL-ZAWAHIRI, Ayman"),
        ("Aiman Zawahiri Jr.", "AL-ZAWAHIRI, Ayman"),
        ("J. U. Kim", "KIM, Jong Un"),
        ("Green Pine Associated", "GREEN PINE ASSOCIATED CO., LTD."),
        ("Kwangson Banking Corporation", "KOREA KWANGSON BANKING CORP"),
    ] {
        let (score, name) = best(&index, query);
        assert_eq!(name, expected, "{query}");
        assert!((DEFAULT_THRESHOLD..1.0).contains(&score), "{query} ~ {name}: {score}");
    }
}

/// Parties of the cases below, a list's way of writing them.
fn more_parties() -> Vec<Party> {
    let mut parties = some_parties();
    for name in ["BANK MELLAT", "HIZBALLAH", "GARANTEX EUROPE OU", "BANK SEPAH", "GRINEX"] {
        parties.push(party(parties.len(), PartyKind::Entity, &[name]));
    }
    parties
}

fn at_least_review(query: &str, expected: &str) {
    let index = NameIndex::build(&more_parties());
    let found = index.search(query, 20).unwrap();
    let hit = found.iter().find(|found| found.matched_name == expected);
    assert!(
        hit.is_some_and(|hit| hit.score >= DEFAULT_THRESHOLD),
        "{query} ~ {expected}: {:?}",
        found.first().map(|found| (found.matched_name, found.score))
    );
}

#[test]
fn letters_that_look_latin_are_compared_by_their_shape() {
    for (query, expected) in [
        ("Ваnk Мellаt", "BANK MELLAT"),
        ("Неzbоllаh", "HIZBALLAH"),
        ("Ѕim Hуоn Ѕор", "SIM, Hyon-Sop"),
        ("LАZАRUS GRОUР", "LAZARUS GROUP"),
        ("Lαzαrus Grοup", "LAZARUS GROUP"),
    ] {
        at_least_review(query, expected);
    }
}

#[test]
fn each_of_several_names_in_a_query_is_compared() {
    for (query, expected) in [
        ("Bank Mellat; Bank Sepah", "BANK MELLAT"),
        ("Bank Mellat; Bank Sepah", "BANK SEPAH"),
        ("Bank Mellat aka Mellat Bank", "BANK MELLAT"),
        ("Garantex Europe OU a/k/a Garantex", "GARANTEX EUROPE OU"),
        ("Garantex / Grinex", "GRINEX"),
        ("Lazarus Group; Hidden Cobra", "LAZARUS GROUP"),
        ("Nobody At All f/k/a Bank Sepah", "BANK SEPAH"),
        ("Sim Hyon Sop (DPRK)", "SIM, Hyon-Sop"),
        ("Sim Hyon Sop, born 1983", "SIM, Hyon-Sop"),
        ("Sim Hyon Sop (born 1983 in Pyongyang)", "SIM, Hyon-Sop"),
        ("Nobody; Ваnk Мellаt", "BANK MELLAT"),
    ] {
        at_least_review(query, expected);
    }
}

#[test]
fn what_stands_beside_a_name_does_not_clear_it() {
    for (query, expected) in [
        ("Bank Mellat Hamburg Branch", "BANK MELLAT"),
        ("Bank Mellat USD", "BANK MELLAT"),
        ("Bank Mellat ref 12345", "BANK MELLAT"),
        ("Bank Mellat, Representative Office", "BANK MELLAT"),
        ("Messrs Bank Mellat", "BANK MELLAT"),
        ("Payee: Bank Mellat", "BANK MELLAT"),
        ("c/o Garantex Europe OU", "GARANTEX EUROPE OU"),
        ("Acme Ltd on behalf of Garantex Europe", "GARANTEX EUROPE OU"),
        ("Hizballah Moscow Branch", "HIZBALLAH"),
        ("Hezbollah Head Office", "HIZBALLAH"),
        ("Hizballah Logistics Wing", "HIZBALLAH"),
        ("Lazarus Group Unit Nineteen", "LAZARUS GROUP"),
        ("Sim Hyon Sop and John Smith", "SIM, Hyon-Sop"),
        ("John Smith & Sim Hyon Sop", "SIM, Hyon-Sop"),
        ("Herr John Smith, Sim Hyon Sop", "SIM, Hyon-Sop"),
        ("John Smith\tSim Hyon Sop", "SIM, Hyon-Sop"),
        ("Джон Смит и Семенов Роман", "SEMENOV, Roman"),
        ("Colonel Sim Hyon Sop", "SIM, Hyon-Sop"),
        ("Vice Admiral Vladimir Putin, PhD", "PUTIN, Vladimir Vladimirovich"),
        ("Господин Семенов Роман", "SEMENOV, Roman"),
        ("김정은 국무위원장", "KIM, Jong Un"),
        ("L.A.Z.A.R.U.S. Group", "LAZARUS GROUP"),
        ("W.L.L. Bank Mellat", "BANK MELLAT"),
        ("Bank Mellat K.S.C.", "BANK MELLAT"),
        ("Bank Mellat EIRL", "BANK MELLAT"),
        ("Ким Чен Ын", "KIM, Jong Un"),
        ("VV Putin", "PUTIN, Vladimir Vladimirovich"),
        ("Putin W. W. aka Wladimir Putin", "PUTIN, Vladimir Vladimirovich"),
        ("Vladimir Poutine", "PUTIN, Vladimir Vladimirovich"),
        ("Володимир Путін", "PUTIN, Vladimir Vladimirovich"),
    ] {
        at_least_review(query, expected);
    }
    let index = NameIndex::build(&more_parties());
    for query in [
        "Roman Branch",
        "John and Jane Smith",
        "Colonel Kim",
        "Prince Ayman",
        "Sim Branch Office",
        "Maria Jong Account",
    ] {
        let (score, name) = best(&index, query);
        assert!(score < DEFAULT_THRESHOLD, "{query} ~ {name}: {score}");
    }
}

#[test]
fn a_name_in_a_code_or_in_odd_writing_is_found() {
    for (query, expected) in [
        ("Sim%20Hyon%20Sop", "SIM, Hyon-Sop"),
        ("Bank&nbsp;Mellat", "BANK MELLAT"),
        (
            "&#1055;&#1091;&#1090;&#1080;&#1085; &#1042;&#1083;&#1072;&#1076;&#1080;&#1084;&#1080;&#1088;",
            "PUTIN, Vladimir Vladimirovich",
        ),
        ("Ð\u{9f}Ñ\u{192}Ñ\u{201a}Ð¸Ð½ Ð\u{2019}Ð»Ð°Ð´Ð¸Ð¼Ð¸Ñ\u{20ac}", "PUTIN, Vladimir Vladimirovich"),
        ("P<PRKSIM<<HYON<SOP<<<<<<<<<<<", "SIM, Hyon-Sop"),
        ("PUTIN/VLADIMIRMR", "PUTIN, Vladimir Vladimirovich"),
        ("VladimirVladimirovichPutin", "PUTIN, Vladimir Vladimirovich"),
        ("vladimirputin", "PUTIN, Vladimir Vladimirovich"),
        ("putinvladimir", "PUTIN, Vladimir Vladimirovich"),
        ("bankmellat", "BANK MELLAT"),
        ("\u{202e}nituP rimidalV\u{202c}", "PUTIN, Vladimir Vladimirovich"),
        ("V l a d i m i r   P u t i n", "PUTIN, Vladimir Vladimirovich"),
        ("V l a d i m i r P u t i n", "PUTIN, Vladimir Vladimirovich"),
        ("Vl\u{fffd}adimir Pu\u{fffd}tin", "PUTIN, Vladimir Vladimirovich"),
        ("V\u{e0041}ladimir P\u{17b4}u\u{180f}tin", "PUTIN, Vladimir Vladimirovich"),
        ("V\u{e000}ladimir Put\u{e000}in", "PUTIN, Vladimir Vladimirovich"),
        ("Vlad1m1r Put1n", "PUTIN, Vladimir Vladimirovich"),
        ("vladimir.putin@mail.ru", "PUTIN, Vladimir Vladimirovich"),
        ("Bank Mellat B.V.B.A.", "BANK MELLAT"),
        ("Bank Mellat RU", "BANK MELLAT"),
        ("Garantex", "GARANTEX EUROPE OU"),
        ("John Smith → Sim Hyon Sop", "SIM, Hyon-Sop"),
        ("Sim Hyon Sop Tel: 123456", "SIM, Hyon-Sop"),
    ] {
        at_least_review(query, expected);
    }
}

#[test]
fn a_korean_name_in_chinese_characters_is_read_as_korean() {
    at_least_review("金正恩", "KIM, Jong Un");
}

#[test]
fn arabic_words_are_likened_to_the_one_latin_word_they_make() {
    at_least_review("حزب الله", "HIZBALLAH");
    at_least_review("حزب اللہ", "HIZBALLAH");
    let index = NameIndex::build(&more_parties());
    for query in ["حزب الشعب", "عبد الله", "بنك الله"] {
        let (score, name) = best(&index, query);
        assert!(score < DEFAULT_THRESHOLD, "{query} ~ {name}: {score}");
    }
}

#[test]
fn one_common_word_is_not_a_match_with_a_longer_name() {
    let index = NameIndex::build(&some_parties());
    for query in
        ["Kim", "Jong", "Kim Young", "Roman", "Bank", "Vladimir", "Credit Bank of Nowhere", "José Martínez"]
    {
        let (score, name) = best(&index, query);
        assert!(score < 0.8, "{query} ~ {name}: {score}");
    }
}

#[test]
fn a_weak_alias_scores_lower_and_says_so() {
    let index = NameIndex::build(&some_parties());
    for query in ["Hidden Cobra", "John"] {
        let found = &index.search(query, 1).unwrap()[0];
        assert!(found.weak && (0.85..0.95).contains(&found.score), "{query}: {}", found.score);
    }
    assert!(best(&index, "John Smith").0 < 0.6);
}

#[test]
fn a_party_stands_once_by_its_best_name_and_the_limit_holds() {
    let index = NameIndex::build(&some_parties());
    let found = index.search("Credit Bank", 10).unwrap();
    assert_eq!(found.iter().filter(|found| found.party.names[0].full == "CHEIL CREDIT BANK").count(), 1);
    assert!(
        found.is_sorted_by(|a, b| a.score >= b.score) && found.iter().all(|found| found.score >= MIN_SCORE)
    );
    assert!(index.search("Credit Bank", 0).unwrap().is_empty());
}

#[test]
fn what_cannot_be_searched_is_an_error_and_not_an_empty_answer() {
    let index = NameIndex::build(&some_parties());
    for query in ["", "  ", "?!", "\u{200b}\u{301}"] {
        assert!(
            index.search(query, 5).is_err_and(|error| matches!(error, NameError::Empty { .. })),
            "{query:?}"
        );
    }
    for query in ["a".repeat(1_001), "kim ".repeat(41)] {
        assert!(matches!(index.search(&query, 5), Err(NameError::TooLong { .. })));
    }
}

/// Measured on the lists of OFAC (2025-11-19) and the UN (2026-02-27): 19,370 parties, 52,590 names.
#[test]
fn real_lists_find_the_listed_and_leave_the_innocent() {
    let Some(ofac) = real("sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2") else { return };
    let Some(un) = real("sanctions/un_consolidated_2026-02-27.xml") else { return };
    let parties: Vec<Party> = ofac.snapshot.parties.into_iter().chain(un.snapshot.parties).collect();
    let index = NameIndex::build(&parties);
    for (query, expected) in [
        ("Sim Hyon Sop", "Sim, Hyon Sop"),
        ("Hyon-Sop SIM", "Sim, Hyon Sop"),
        ("심현섭", "Sim, Hyon Sop"),
        ("LI, Jiadong", "Li, Jiadong"),
        ("Jia-Dong Li", "Li, Jiadong"),
        ("Tian Yinyin", "Tian, Yinyin"),
        ("Lazarus Grp", "Lazarus Group"),
        ("Лазарус", "Lazarus Group"),
        ("Kim Jong-eun", "Kim, Jong Un"),
        ("Владимир Путин", "Putin, Vladimir Vladimirovich"),
        ("Wladimir Putin", "Putin, Vladimir Vladimirovich"),
        ("Maksim Yakubets", "Yakubets, Maksim Viktorovich"),
        ("Kwangson Banking Corporation", "KOREA KWANGSON BANKING CORP"),
        ("Garantex", "GARANTEX EUROPE OU"),
        ("Park Jin Hyok", "Park, Jin Hyok"),
    ] {
        let found = &index.search(query, 1).unwrap()[0];
        assert_eq!(found.party.names[0].full, expected, "{query} ~ {}", found.matched_name);
        assert!(found.score > 0.9, "{query} ~ {}: {}", found.matched_name, found.score);
    }
    for query in [
        "John Smith",
        "Maria Garcia",
        "Kim Young",
        "Kim Min Jun",
        "Lee Young Hee",
        "David Johnson",
        "Anna Schmidt",
        "Wang Fang",
        "Jose Rodriguez",
        "Olga Smirnova",
        "Nguyen Van Anh",
        "James Anderson",
        "Deutsche Bank AG",
        "Acme Corporation",
        "Kim",
    ] {
        let (score, name) = best(&index, query);
        assert!(score < DEFAULT_THRESHOLD, "{query} ~ {name}: {score}");
    }
    for party in parties.iter().step_by(997) {
        let query = &party.names[0].full;
        let (score, name) = best(&index, query);
        let own = if party.names[0].weak { 0.9 } else { 1.0 };
        assert!(score >= own, "{query} ~ {name}: {score}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_text_gets_an_answer_within_bounds(names in proptest::collection::vec("\\PC{0,30}", 1..4), query in "\\PC{0,40}") {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let index = NameIndex::build(&[party(1, PartyKind::Unknown, &names)]);
        for found in index.search(&query, 5).into_iter().flatten() {
            prop_assert!((MIN_SCORE..=1.0).contains(&found.score));
        }
    }

    #[test]
    fn a_name_finds_itself_with_score_one(words in proptest::collection::vec("[A-Za-zéЖ李심]{1,8}|[بتحدرزسعفكلمنوي]{1,8}", 1..6), comma in any::<bool>(), entity in any::<bool>()) {
        let name = if comma { format!("{}, {}", words[0], words[1..].join(" ")) } else { words.join(" ") };
        let kind = if entity { PartyKind::Entity } else { PartyKind::Individual };
        let index = NameIndex::build(&[party(1, kind, &[&name])]);
        prop_assert_eq!(index.search(&name.to_uppercase(), 1).unwrap()[0].score, 1.0);
    }
}

/// The parties of the real lists of OFAC and the UN. OFAC's names in other scripts are left out, as other lists lack them:
/// what is asked for in Hangul or Arabic must be found by its Latin spelling.
fn real_parties_in_latin() -> Option<Vec<Party>> {
    let ofac = real("sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2")?;
    let un = real("sanctions/un_consolidated_2026-02-27.xml")?;
    let mut parties = ofac.snapshot.parties;
    let is_latin = |name: &PartyName| name.full.chars().any(|letter| letter.is_ascii_alphabetic());
    for party in &mut parties {
        party.names.retain(is_latin);
    }
    parties.extend(un.snapshot.parties);
    Some(parties)
}

/// Queries of a file of cases with the party that each must find.
fn cases(name: &str) -> Option<Vec<(String, String)>> {
    let path = tracehound_testkit::shared_data(&format!("cases/lists-and-blocks/{name}"))?;
    let text = std::fs::read_to_string(&path).expect("the file is there");
    if path.extension().is_some_and(|extension| extension == "txt") {
        let lines = text.lines().filter_map(|line| line.trim().split_once('\t'));
        return Some(lines.map(|(party, query)| (query.to_owned(), party.to_owned())).collect());
    }
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let cell = |row: &serde_json::Value, key: &str| row[key].as_str().expect("a text").to_owned();
    Some(rows.iter().map(|row| (cell(row, "query"), cell(row, "ofac_party"))).collect())
}

/// Queries that do not find their party at the default threshold.
fn missed(index: &NameIndex, cases: &[(String, String)]) -> Vec<String> {
    let is_missed = |(query, party): &&(String, String)| {
        let found = index.search(query, 200).expect("a name");
        !found.iter().any(|found| found.party.id == *party && found.score >= DEFAULT_THRESHOLD)
    };
    cases.iter().filter(is_missed).map(|(query, _)| query.clone()).collect()
}

#[test]
fn the_cases_of_names_find_their_parties() {
    let Some(parties) = real_parties_in_latin() else { return };
    let index = NameIndex::build(&parties);
    for name in ["names_legal_form.json", "un_joined.txt", "names_hangul.json", "names_arabic.json"] {
        let Some(cases) = cases(name) else { return };
        assert!(!cases.is_empty(), "{name}");
        // The list's own slip: ح for the ج of "Majid".
        let known: &[&str] = if name == "names_arabic.json" { &["محید وحید"] } else { &[] };
        assert_eq!(missed(&index, &cases), known, "{name}");
    }
    for (query, expected) in [
        ("VTB", "VTB"),
        ("Hezbollah", "HIZBALLAH"),
        ("Gazprombank", "Gazprombank"),
        ("A-B-C Company", "ABC LLC"),
        ("Almaz Antey Telecom", "Almaz-Antey"),
        ("Gim Jong Un", "Kim, Jong Un"),
        ("김정은", "Kim, Jong Un"),
        ("박진혁", "Park, Jin Hyok"),
        ("김영철", "Kim, Yong Chol"),
    ] {
        let found = index.search(query, 20).expect("a name");
        let expected = expected.to_lowercase();
        let hit = found.iter().find(|found| found.matched_name.to_lowercase().contains(&expected));
        assert!(hit.is_some_and(|hit| hit.score >= DEFAULT_THRESHOLD), "{query}: {:?}", found.first());
    }
}
