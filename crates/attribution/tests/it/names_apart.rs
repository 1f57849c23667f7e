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
            ("Oleg Deripaska CEO", "24283"),
            ("HE Oleg Deripaska", "24283"),
            ("H.E. Oleg Deripaska", "24283"),
            ("Gen Oleg Deripaska", "24283"),
            ("payment to Oleg Deripaska", "24283"),
            ("to Oleg Deripaska", "24283"),
            ("order of Oleg Deripaska", "24283"),
            ("Oleg Deripaska TEN COM", "24283"),
            ("Oleg Deripaska JT", "24283"),
            ("son of Oleg Deripaska", "24283"),
            ("order of VTB", "17013"),
        ],
    );
    // Of two words nothing is left out that may be a name.
    none_found(&index, &["He Oleg", "To Deripas"]);
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
        ("Аш-Шабаб", "al-shaba"),
        ("Rason International Commercial Bank", "rason international commercial bank"),
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

/// The lists have "BANK MARKAZI IRAN".
#[test]
fn real_lists_find_companies_without_their_country_and_with_links_of_persian() {
    let Some(index) = lists() else { return };
    for query in [
        "Bank Markazi",
        "Markazi Bank",
        "Bank-e Markazi",
        "Bank e Markazi",
        "Bank-i Markazi",
        "Bank-e Markazi-ye Iran",
        "Bank Markazi-ye Jomhouri-ye Eslami-ye Iran",
        "Central Bank of Iran",
        "Iranian Central Bank",
        "Iran's Central Bank",
        "Central Bank of the I.R. of Iran",
    ] {
        all_found(&index, &[(query, "4632")]);
    }
    all_found(&index, &[("Bank-e Melli-ye Iran", "25578")]);
}

/// The article before letters that its "l" is spoken as.
#[test]
fn real_lists_find_names_with_the_article_as_it_is_spoken() {
    let Some(index) = lists() else { return };
    all_found(
        &index,
        &[
            ("Айман аз-Завахири", "2676"),
            ("Айман аз Завахири", "2676"),
            ("Айман азЗавахири", "2676"),
            ("Ayman az-Zawahiri", "2676"),
            ("Ayman az Zawahiri", "2676"),
            ("Ayman azZawahiri", "2676"),
            ("Ayman azzawahiri", "2676"),
            ("Ayman ez-Zevahiri", "2676"),
            ("Jabhat an-Nusra", "16937"),
            ("an-Nusra Front", "16937"),
            ("ан-Нусра", "16937"),
            ("аш-Шабаб", "10761"),
            ("Ramzi bin ash-Shibh", "7265"),
            ("Izzat Ibrahim ad-Duri", "7848"),
            ("Иззат Ибрагим ад-Дури", "7848"),
            ("Саддам Хусейн ат-Тикрити", "7843"),
            ("Harakat an-Nujaba", "26446"),
            ("Харакат ан-Нуджаба", "26446"),
            ("Hayat Tahrir ash-Sham", "16937"),
        ],
    );
    none_found(&index, &["An Na", "Anna Nowak", "Ed Davis", "En Nguyen", "Ann Arbor Nilsson", "Er Rui"]);
}

/// As the Arabic and the Persian press write them.
#[test]
fn real_lists_find_names_of_other_languages_in_arabic_letters() {
    let Some(index) = lists() else { return };
    all_found(
        &index,
        &[
            ("كيم جونغ أون", "20157"),
            ("کیم جونگ اون", "20157"),
            ("كيم يونغ تشول", "12211"),
            ("إيغور سيتشين", "16692"),
            ("ایگور سچین", "16692"),
            ("ديمتري ميدفيديف", "36407"),
            ("دیمیتری مدودف", "36407"),
            ("أليكسي ميلر", "24083"),
            ("سيرغي لافروف", "35233"),
            ("سرگئی لاوروف", "35233"),
            ("رمضان قديروف", "23343"),
            ("نیکلاس مادورو", "22790"),
        ],
    );
}

/// More than sixty banks and as many companies that the world knows, by their everyday names and their full ones.
#[test]
fn real_lists_leave_well_known_banks_and_companies_alone() {
    let Some(index) = lists() else { return };
    none_found(
        &index,
        &[
            "JPMorgan Chase",
            "JPMorgan Chase Bank, N.A.",
            "Bank of America",
            "Bank of America Corporation",
            "Citibank",
            "Citigroup Inc.",
            "Wells Fargo",
            "Wells Fargo Bank, National Association",
            "Goldman Sachs",
            "The Goldman Sachs Group, Inc.",
            "Morgan Stanley",
            "HSBC",
            "HSBC Holdings plc",
            "Barclays",
            "Barclays Bank PLC",
            "Lloyds Bank",
            "Lloyds Banking Group plc",
            "NatWest",
            "NatWest Group plc",
            "Standard Chartered",
            "Standard Chartered Bank",
            "Standard Chartered PLC",
            "Standard Bank",
            "Standard Bank Group Limited",
            "Standard Bank of South Africa",
            "Zenith Bank",
            "Zenith Bank Plc",
            "BNP Paribas",
            "BNP Paribas SA",
            "Société Générale",
            "Crédit Agricole",
            "Crédit Agricole S.A.",
            "Deutsche Bank",
            "Deutsche Bank AG",
            "Commerzbank",
            "Commerzbank AG",
            "DZ Bank",
            "DZ Bank AG",
            "KfW",
            "UBS",
            "UBS Group AG",
            "Julius Bär",
            "Bank Julius Bär & Co. AG",
            "Raiffeisen Bank International",
            "Raiffeisen Bank International AG",
            "Erste Bank",
            "Erste Group Bank AG",
            "UniCredit",
            "UniCredit S.p.A.",
            "Intesa Sanpaolo",
            "Intesa Sanpaolo S.p.A.",
            "Santander",
            "Banco Santander, S.A.",
            "BBVA",
            "Banco Bilbao Vizcaya Argentaria",
            "CaixaBank",
            "CaixaBank, S.A.",
            "ING",
            "ING Bank N.V.",
            "ABN AMRO",
            "ABN AMRO Bank N.V.",
            "Rabobank",
            "KBC Bank",
            "KBC Group NV",
            "Nordea",
            "Nordea Bank Abp",
            "Danske Bank",
            "Danske Bank A/S",
            "Swedbank",
            "Swedbank AB",
            "Handelsbanken",
            "DNB Bank",
            "DNB Bank ASA",
            "PKO Bank Polski",
            "OTP Bank",
            "OTP Bank Nyrt.",
            "Alpha Bank",
            "Akbank",
            "Royal Bank of Canada",
            "TD Bank",
            "Toronto-Dominion Bank",
            "Bank of Montreal",
            "Commonwealth Bank",
            "Commonwealth Bank of Australia",
            "Westpac",
            "National Australia Bank",
            "MUFG Bank",
            "MUFG Bank, Ltd.",
            "Mizuho Bank",
            "Mizuho Bank, Ltd.",
            "Bank of China",
            "Industrial and Commercial Bank of China",
            "Ping An Bank",
            "DBS Bank",
            "DBS Bank Ltd",
            "OCBC",
            "State Bank of India",
            "HDFC Bank",
            "HDFC Bank Limited",
            "Qatar National Bank",
            "Mashreq",
            "Nedbank",
            "Absa Bank Limited",
            "Capital One",
            "PNC Bank",
            "Northern Trust",
            "Truist",
            "European Central Bank",
            "Bank of England",
            "Central Bank of Ireland",
            "Standard Chartered Bank Kenya",
            "Zenith Bank Nigeria",
        ],
    );
    none_found(
        &index,
        &[
            "Apple",
            "Apple Inc.",
            "Microsoft",
            "Microsoft Corporation",
            "Alphabet",
            "Alphabet Inc.",
            "Google",
            "Google LLC",
            "Amazon",
            "Amazon.com, Inc.",
            "Meta",
            "Meta Platforms, Inc.",
            "Tesla",
            "Tesla, Inc.",
            "Nvidia",
            "NVIDIA Corporation",
            "Berkshire Hathaway",
            "ExxonMobil",
            "Exxon Mobil Corporation",
            "Chevron",
            "Shell",
            "Shell plc",
            "BP",
            "BP p.l.c.",
            "TotalEnergies",
            "TotalEnergies SE",
            "Saudi Aramco",
            "Walmart",
            "Walmart Inc.",
            "Costco",
            "Coca-Cola",
            "The Coca-Cola Company",
            "PepsiCo",
            "Procter & Gamble",
            "Nestlé",
            "Nestlé S.A.",
            "Unilever",
            "Unilever PLC",
            "LVMH",
            "Inditex",
            "Volkswagen",
            "Volkswagen AG",
            "Mercedes-Benz",
            "Mercedes-Benz Group AG",
            "BMW",
            "Siemens",
            "Siemens AG",
            "SAP",
            "SAP SE",
            "Allianz",
            "Allianz SE",
            "BASF",
            "BASF SE",
            "Bayer",
            "Bayer AG",
            "Roche",
            "Novartis",
            "Novartis AG",
            "Maersk",
            "Novo Nordisk",
            "Ericsson",
            "Volvo",
            "AB Volvo",
            "Nokia",
            "Toyota",
            "Toyota Motor Corporation",
            "Honda",
            "Honda Motor Co., Ltd.",
            "Sony",
            "Sony Group Corporation",
            "Samsung",
            "Samsung Electronics Co., Ltd.",
            "Hyundai",
            "Hyundai Motor Company",
            "Alibaba",
            "Alibaba Group Holding Limited",
            "Tencent",
            "Tencent Holdings Limited",
            "BYD",
            "BYD Company Limited",
            "TSMC",
            "Reliance Industries",
            "Boeing",
            "The Boeing Company",
            "Airbus",
            "Airbus SE",
            "General Electric",
            "Ford",
            "Ford Motor Company",
            "Pfizer",
            "Emirates",
            "Qatar Airways",
            "Coinbase",
            "Coinbase Global, Inc.",
            "Binance",
            "Binance Holdings Ltd",
            "Kraken",
            "Payward, Inc.",
            "Tether",
            "Circle",
            "Visa",
            "Visa Inc.",
            "Mastercard",
            "Oracle",
            "Oracle Corporation",
            "AMD",
            "Intel",
            "Cisco Systems, Inc.",
            "Orange",
        ],
    );
    // The listed ones beside them are found, and those with just their name.
    all_found(
        &index,
        &[
            ("National Standard Bank", "51667"),
            ("Bank Zenit", "40801"),
            ("Russian Standard Bank", "45896"),
            ("Welmart Group", "42856"),
            ("Hermes", "31794"),
            ("Alphabet International DMCC", "28605"),
            ("Alfa-Bank", "34682"),
        ],
    );
}

#[test]
fn real_lists_find_russian_and_ukrainian_names_in_other_cases_and_by_further_spellings() {
    let Some(index) = lists() else { return };
    all_found(
        &index,
        &[
            ("Дерипаске Олегу", "24283"),
            ("Олегом Владимировичем Дерипаской", "24283"),
            ("Дерипаску Олега", "24283"),
            ("Сбербанком", "17018"),
            ("в Сбербанке", "17018"),
            ("Роснефтью", "17022"),
            ("Володимиром Путіним", "35096"),
            ("Сергеем Лавровым", "35233"),
            ("Игорю Сечину", "16692"),
            ("Марии Захаровой", "37509"),
            ("Аркадием Ротенбергом", "16669"),
            ("Hennadij Tymčenko", "16666"),
            ("Evgenij Prigogine", "21171"),
            ("Evgueni Prigojine", "21171"),
            ("Szergej Sojgu", "35173"),
            ("Sergej Sjojgu", "35173"),
        ],
    );
    none_found(
        &index,
        &[
            // A family name is no patronymic.
            "Галина Петрова",
            "Любовь Николаева",
            "Тамара Александрова",
            // Given names of companies.
            "Паскал Близнаков",
            "Аврора Потоцька",
            "Аполлон Зуев",
            // A given name of many, and half of a name.
            "شمس الدين الشريف",
            "Li Wei (David)",
            "Анна Иванова",
            "Максим Ким",
            "Сергей Толстой",
        ],
    );
}

/// A passport, a bank's statement and a register write both scripts side by side.
#[test]
fn real_lists_find_each_scripts_part_of_a_name() {
    let Some(index) = lists() else { return };
    all_found(
        &index,
        &[
            ("김정은 Kim Jong Un", "20157"),
            ("Kim Jong Un 김정은", "20157"),
            ("김정은, Kim Jong Un", "20157"),
            ("Kim Jong-un 「김정은」", "20157"),
            ("Mr. 김정은", "20157"),
            ("Chairman 김정은", "20157"),
            ("김정은A", "20157"),
            ("김정은씨", "20157"),
            ("Supreme Leader 김정은 (DPRK)", "20157"),
            ("김정은 및 김여정", "20157"),
            ("김정은 및 김여정", "21444"),
            ("PARK JIN HYOK 박진혁", "24918"),
            ("박진혁/PARK JIN HYOK", "24918"),
            ("심현섭 SIM HYON SOP", "42498"),
            ("invoice 17 심현섭 EUR", "42498"),
            ("김수길, Pyongyang", "39498"),
            ("김수길 USD 100", "39498"),
            ("to 김수길", "39498"),
            ("Ltd. 김수길 Smith", "39498"),
            ("Mr. رمضان قديروف", "23343"),
            ("payment رمضان قديروف Ltd", "23343"),
            ("to قاسم سلیمانی", "10481"),
            ("رمضان قديروف Рамзан", "23343"),
        ],
    );
    none_found(&index, &["김민수 Kim Min-su", "Mr. 이영희", "홍길동 USD 100", "Mr. فريد الغامدي"]);
}

/// As the press, indictments and customers' papers write persons.
#[test]
fn real_lists_find_persons_whatever_stands_between_and_beside_their_names() {
    let Some(index) = lists() else { return };
    all_found(
        &index,
        &[
            ("Vladimir \"Vova\" Putin", "35096"),
            ("Vladimir Vladimirovich \"Vova\" Putin", "35096"),
            ("Viktor \"Merchant of Death\" Bout", "8279"),
            ("Viktor ‘Merchant of Death’ Bout", "8279"),
            ("Jimmy \"Barbecue\" Cherizier", "HTi.001"),
            ("Dmitry \"LockBitSupp\" Khoroshev", "48603"),
            ("Yevgeny \"Putin's chef\" Prigozhin", "21171"),
            ("Rafael \"Rafa\" Caro Quintero", "6707"),
            ("Сергей «Вова» Неверов", "16917"),
            ("Maksim X. Yakubets", "26663"),
            ("Dragon Milan Spasojevic", "7898"),
            ("Dragon de la Cruz Spasojevic", "7898"),
            ("Dragon Smith-Spasojevic", "7898"),
            ("Dragon Spasojevic née Smith", "7898"),
            ("Ramzan the Lion Kadyrov", "23343"),
            ("Ramzan Kadyrov Lee", "23343"),
            ("Ramzan Kadyrov Petrov", "23343"),
            ("Bank of Ramzan Kadyrov", "23343"),
            ("Oleg Petrov Deripaska", "24283"),
            ("Oleg Deripaska Sinwar", "24283"),
            ("Belousov, Dr. Pavel", "50313"),
            ("David Wu Huihui", "42496"),
            ("Wu David Huihui", "42496"),
            ("Wu Huihui, Peter", "42496"),
            ("Vincent Chen Zhi", "55505"),
            ("Robert Kim Jong Un", "20157"),
            ("Kim Jong-oen", "20157"),
            ("salary March 2026 Ramzan Kadyrov", "23343"),
            ("Ramzan Kadyrov 12 High Street London", "23343"),
            ("Ramzan Kadyrov Consulting GmbH", "23343"),
            ("reimbursement hotel Grozny Oleg Deripaska thanks", "24283"),
        ],
    );
    // Labels of forms in their languages.
    for text in [
        "Surname KADYROV Given names RAMZAN AKHMATOVICH",
        "Surname: Kadyrov; First name: Ramzan",
        "SURNAME/KADYROV GIVEN NAMES/RAMZAN",
        "Nom Kadyrov Prénom Ramzan",
        "Last name Kadyrov First name Ramzan",
        "Nachname: Kadyrov, Vorname: Ramzan",
        "Apellidos: Kadyrov Nombres: Ramzan",
        "Фамилия: Кадыров Имя: Рамзан Отчество: Ахматович",
    ] {
        all_found(&index, &[(text, "23343")]);
    }
    // An ordinary family name beside a common given one, of others, and half of a name.
    none_found(
        &index,
        &[
            "John \"Johnny\" Smith",
            "Maria del Carmen Garcia Lopez",
            // Another father's son.
            "Ramzan Petrovich Kadyrov",
            "Oleg Ivanovich Deripaska",
            "Hans Peter Schmidt-Weber",
            "David Li Wei Chang Garden",
            "Surname Novak Given names Jana Maria",
        ],
    );
}

/// Accounts, pages and texts of payments have things stuck to names.
#[test]
fn real_lists_find_names_with_something_stuck_to_them() {
    let Some(index) = lists() else { return };
    for (name, listed) in [
        ("Garantex24", "garantex"),
        ("Garantex2024", "garantex"),
        ("Garantex-24", "garantex"),
        ("garantex_io", "garantex"),
        ("GarantexPro", "garantex"),
        ("www.garantex.org", "garantex"),
        ("VTB24", "vtb"),
        ("VTB 24", "vtb"),
        ("VTB-24", "vtb"),
        ("Sberbank24", "sberbank"),
        ("Suex24", "suex"),
        ("SUEX 2.0", "suex"),
        ("Hezbollah2024", "hizballah"),
        ("ISIS2024", "isis"),
        ("HAMASBot", "hamas"),
        ("hamas.com", "hamas"),
        ("t.me/hamas", "hamas"),
        ("@hamas", "hamas"),
        ("Lazarus 2", "lazarus"),
        ("RamzanKadyrov95", "kadyrov"),
        ("ramzankadyrov1976", "kadyrov"),
        ("oleg_deripaska1968", "deripaska"),
        ("x.com/oleg_deripaska", "deripaska"),
        ("PAYPAL *DragonSPASOJEVIC", "spasojevic"),
        ("Kwangson Bank", "korea kwangson banking"),
    ] {
        let found = matches(&index, name);
        assert!(found.iter().any(|found| found.1.to_lowercase().contains(listed)), "{name}: {found:?}");
    }
    none_found(
        &index,
        &["Studio54", "Bluebell24", "bluebell.com", "t.me/northwind", "AnnaSchmidt1990", "3M", "O2"],
    );
}

/// Words of dictionaries that lists have as companies' whole names, and legal forms and partners of all languages.
#[test]
fn real_lists_leave_firms_with_ordinary_words_and_forms_of_companies_alone() {
    let Some(index) = lists() else { return };
    none_found(
        &index,
        &[
            "Sequoia Capital",
            "Three Arrows Capital",
            "Bluebell Capital Ltd",
            "Capital Haverford LLC",
            "Capital.com",
            "London Symphony Orchestra",
            "University of Phoenix",
            "Phoenix Contact GmbH",
            "Vector Informatik GmbH",
            "Bluebell Vector",
            "Element Six",
            "Progress Software Corporation",
            "Gemini Trust Company, LLC",
            "İşbank",
            "mBank S.A.",
            "Kapital Bank",
            "DNB ASA",
            "21.co",
            "OKCoin",
            "Ooki",
            "Bank of Cyprus",
            "Moscow State University",
            "Haverford ASC",
            "Haverford ՍՊԸ",
            "Công ty TNHH MTV Haverford",
            "Haverford İnşaat A.Ş.",
            "Bluebell İnşaat",
            "Haverford & Partners",
            "Haverford und Partner",
            "Haverford et Associés",
            "Bluebell и партнеры",
            "سرمایه گذاری ملت",
            "ООО Хаверфорд Проект",
        ],
    );
    // Those that are called just so, with a place, a form or an account beside it.
    for query in
        ["Capital S.A.L.", "Phoenix LLC", "Vector LLC", "Partner OOO", "Symphony", "ASC", "account of Vector"]
    {
        assert!(!matches(&index, query).is_empty(), "{query}");
    }
}

/// As the press of other countries writes them: a common noun of their language beside the word that tells.
#[test]
fn real_lists_find_groups_beside_the_word_of_another_language() {
    let Some(index) = lists() else { return };
    for (query, listed) in [
        ("شبكة حقاني", "haqqani network"),
        ("Сеть Хаккани", "haqqani network"),
        ("Réseau Haqqani", "haqqani network"),
        ("Red Haqqani", "haqqani network"),
        ("Rete Haqqani", "haqqani network"),
        ("Hakkani Ağı", "haqqani network"),
        ("Haqqani-Netz", "haqqani network"),
        ("Sieć Hakkani", "haqqani network"),
        ("شبكة القاطرجي", "qatirji"),
        ("ميليشيا الحوثي", "ansarallah"),
        ("مليشيات الحوثي", "ansarallah"),
        ("Milice houthie", "ansarallah"),
        ("Milicia Hutí", "ansarallah"),
        ("Huthi-Miliz", "ansarallah"),
        ("Houthi fighters", "ansarallah"),
        ("Боевики ХАМАС", "hamas"),
        ("مقاتلو حماس", "hamas"),
        ("Combattants du Hamas", "hamas"),
        ("Hamas-Kämpfer", "hamas"),
        ("Hamas movement", "hamas"),
        ("Houthi rebels", "ansarallah"),
        ("Movimiento Hamas", "hamas"),
        ("Nationalbank von Kuba", "national bank of cuba"),
        ("Banque nationale de Cuba", "national bank of cuba"),
    ] {
        let found = matches(&index, query);
        let is_it = |name: &str| name.to_lowercase().contains(listed);
        assert!(found.iter().any(|(_, name, _)| is_it(name)), "{query}: {found:?}");
    }
    none_found(
        &index,
        &[
            "Red Bull GmbH",
            "Red Crescent",
            "Red Star Belgrade",
            "Telekom Netz AG",
            "Grupo Planeta",
            "Groupe Renault",
            "Movimento 5 Stelle",
            "Banque de France",
            "Deutsches Netzwerk",
            "Сеть Магнит",
            "شبكة الجزيرة",
        ],
    );
}

/// "Front for the Conquest of Syria/the Levant", "Lord's Resistance Movement/Army" and "Golden Sun I/E Dalian".
#[test]
fn real_lists_name_nobody_by_the_end_of_a_name_behind_a_slash() {
    let Some(index) = lists() else { return };
    none_found(
        &index,
        &[
            "Levant",
            "The Levant",
            "The Levant Foundation",
            "The Levant Company",
            "Army",
            "Army & Navy Stores",
            "Golden Sun",
        ],
    );
    let found = index.search("Islamic State of Iraq and the Levant", 50).expect("a name");
    let best = found.iter().take_while(|found| found.score >= 1.0);
    assert!(best.clone().count() > 0);
    assert!(best.into_iter().all(|found| found.matched_name.to_lowercase().contains("islamic state")));
    for query in [
        "Front for the Conquest of Syria",
        "Front for the Conquest of the Levant",
        "Lord's Resistance Movement",
        "Lord's Resistance Army",
    ] {
        let found = matches(&index, query);
        let is_it =
            |found: &(String, String, f64)| found.1.replace('\u{2019}', "'").eq_ignore_ascii_case(query);
        assert!(found.iter().any(is_it), "{query}: {found:?}");
    }
    all_found(&index, &[("ADF", "CDe.001"), ("NALU", "CDe.001")]);
}

/// Nobody is told by a family name alone, and nobody is cleared.
#[test]
fn real_lists_count_whose_family_name_is_all_that_was_asked() {
    let Some(index) = lists() else { return };
    for query in [
        "Putin",
        "Mr Putin",
        "Präsident Putin",
        "Президент Путин",
        "Prigozhin",
        "Deripaska",
        "Maduro",
        "Zawahiri",
        "al-Zawahiri",
        "Усманов",
        "General Soleimani",
        "سليماني",
        "Ayatollah Khamenei",
        "Supreme Leader Khamenei",
        "Ayatollah Jamenei",
        "آیت‌الله خامنه‌ای",
        "Kim",
        "李",
        "Mohammed",
    ] {
        assert!(matches(&index, query).is_empty(), "{query}");
        assert!(index.family_name_alone(query) > 0, "{query}");
    }
    for query in [
        "John Putin",
        "Jordan Kim",
        "Prince Kim",
        "Syed Hussain",
        "Ali Soleimani",
        "Anna",
        "Haverford",
        "Siemens",
        "Putin Haverford LLC",
        "",
        "Kim Min-su",
        "김민수",
        "王小明",
    ] {
        assert_eq!(index.family_name_alone(query), 0, "{query}");
    }
}
