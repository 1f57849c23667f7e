//! How many names are found and how many wrongly, on the real lists: the section "Names" of docs/SCORECARD.md.
//!
//! `cargo xtask names` runs this and rewrites the section. The parties of one half (the last bit of the SHA-256 of their
//! id is 0) were used to choose the matching's constants; the figures are those of the other half.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, process::Command};

use sha2::{Digest, Sha256};
use tracehound_attribution::names::{DEFAULT_THRESHOLD, NameIndex};
use tracehound_model::{Party, claim::PartyKind};

use crate::support::real;

/// Where the ordinary names come from.
const PACKAGE: (&str, &str, &str) = ("@faker-js/faker", "10.6.0", "MIT");
const SEED: u32 = 20_260_101;
/// Cultures, by the package's locales.
const LOCALES: &str = "en_US,en_GB,en_NG,de,fr,es,es_MX,it,pt_BR,nl,pl,cs_CZ,ro,hu,fi,sv,nb_NO,hr,tr,ru,uk,hy,ka_GE,el,he,ar,\
                       fa,ur,az,zh_CN,zh_TW,ja,ko,vi,id_ID";
/// Ordinary names a culture; `TRACEHOUND_NAMES` asks for another number.
const EACH: usize = 300;
/// Most queries a class.
const MOST: usize = 150;
/// From here on a match is the very name, but for order.
const SAME: f64 = 0.99;

/// Legal forms that are taken off and put on, apart from the table that is measured.
const FORMS: &[&str] = &[
    "JOINT STOCK COMPANY",
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

struct Case {
    party: String,
    query: String,
}

/// The half that nothing was fitted on.
fn kept_apart(party: &Party) -> bool {
    Sha256::digest(&party.id).last().is_some_and(|byte| byte & 1 == 1)
}

fn is_in(text: &str, ranges: &[(char, char)]) -> bool {
    let letters = || text.chars().filter(|character| character.is_alphabetic());
    letters().count() > 1
        && letters().all(|letter| ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter)))
}

/// Every party's first name of persons in a script, written with or without blanks.
fn in_script(parties: &[Party], ranges: &[(char, char)], blanks: bool) -> Vec<Case> {
    let people = parties.iter().filter(|party| party.kind == PartyKind::Individual && kept_apart(party));
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

/// Companies by their name without its legal form, and with another one.
fn legal_forms(parties: &[Party]) -> [Vec<Case>; 2] {
    let companies = parties.iter().filter(|party| party.kind == PartyKind::Entity && kept_apart(party));
    let bare = companies.filter_map(|party| {
        let full = party.names.first()?.full.to_uppercase();
        let without = |form: &&str| {
            let end = full.strip_suffix(form).filter(|rest| rest.ends_with([' ', ',']));
            end.or_else(|| full.strip_prefix(form).filter(|rest| rest.starts_with(' ')))
        };
        let bare = FORMS.iter().find_map(without)?.trim_matches([' ', ',']);
        (bare.len() > 3).then(|| Case { party: party.id.clone(), query: bare.to_owned() })
    });
    let bare = spread(bare.collect());
    let other = |(number, case): (usize, &Case)| Case {
        party: case.party.clone(),
        query: format!("{} {}", case.query, FORMS[number * 7 % FORMS.len()]),
    };
    let others = bare.iter().enumerate().map(other).collect();
    [bare, others]
}

/// Names that stand with others in one field of the UN's list, told apart by semicolons.
fn joined(parties: &[Party]) -> Vec<Case> {
    let mut cases = Vec::new();
    for party in parties.iter().filter(|party| party.source.0 == "un-sc" && kept_apart(party)) {
        for name in party.names.iter().filter(|name| name.full.contains(';')) {
            let pieces = name.full.split([';', '(', ')']).map(str::trim);
            let names = pieces.filter(|piece| piece.contains(' ') && !piece.contains("original script"));
            cases.extend(names.map(|piece| Case { party: party.id.clone(), query: piece.to_owned() }));
        }
    }
    spread(cases)
}

/// Given and family names of every culture, in its own order and script.
fn ordinary(package: &Path) -> Vec<(String, String)> {
    const SCRIPT: &str = r"
        const { Faker, ...rest } = require(process.argv[1]);
        const [locales, each, seed] = process.argv.slice(2);
        for (const code of locales.split(',')) {
            const locale = [rest[code], rest.base];
            if (!rest[code]) continue;
            const faker = new Faker({ locale });
            faker.seed(Number(seed));
            for (let i = 0; i < Number(each); i++) {
                let first, last;
                try { first = faker.person.firstName(); last = faker.person.lastName(); } catch { break; }
                const family = ['zh_CN', 'zh_TW', 'ja', 'ko'].includes(code);
                console.log(code + '\t' + (family ? last + first : first + ' ' + last));
            }
        }";
    let each = std::env::var("TRACEHOUND_NAMES").ok().and_then(|each| each.parse().ok()).unwrap_or(EACH);
    let mut node = Command::new("node");
    node.args(["-e", SCRIPT]).arg(package).args([LOCALES, &each.to_string(), &SEED.to_string()]);
    let output = node.output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(code, name)| (code.to_owned(), name.to_owned()))
        .collect()
}

#[test]
#[ignore = "measures for minutes and rewrites docs/SCORECARD.md: cargo xtask names"]
fn names_scorecard() {
    let Some(ofac) = real("sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2") else { return };
    let Some(un) = real("sanctions/un_consolidated_2026-02-27.xml") else { return };
    let (name, version, licence) = PACKAGE;
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(package) = tracehound_testkit::npm::package(tmp, name, version) else { return };
    let all: Vec<Party> = ofac.snapshot.parties.into_iter().chain(un.snapshot.parties).collect();
    let mut latin = all.clone();
    let has_latin = |name: &str| name.chars().any(|letter| letter.is_ascii_alphabetic());
    for party in &mut latin {
        party.names.retain(|name| has_latin(&name.full));
    }

    let mut page = String::new();
    let mut line = |text: &str| writeln!(page, "{text}").expect("a string takes every write");
    line("## Names\n");
    line(
        "Written by `cargo xtask names`; do not edit. The lists are OFAC's of 2025-11-19 and the UN's of 2026-02-27. A name is",
    );
    line(
        "found when its party scores at or above the default threshold. The queries are of the half of the parties that",
    );
    line(
        "nothing was fitted on; for the scripts the lists' own spellings in them are taken away first, so that only the Latin",
    );
    line("spelling can be found. At most 150 queries a class.\n");
    line("| class | queries | found | share | parties above the threshold a query |\n|---|---|---|---|---|");
    let index = NameIndex::build(&latin);
    let [bare, other] = legal_forms(&all);
    let classes = [
        ("a company without its legal form", bare),
        ("a company with another legal form", other),
        ("one of several names in a field (UN)", joined(&all)),
        ("a person in Hangul", in_script(&all, &[('가', '힣')], false)),
        ("a person in Arabic letters", in_script(&all, &[('\u{600}', '\u{6ff}')], true)),
        ("a person in Chinese characters", in_script(&all, &[('\u{3400}', '\u{9fff}')], false)),
        ("a person in Cyrillic", in_script(&all, &[('\u{400}', '\u{52f}')], true)),
    ];
    for (class, cases) in classes {
        let (mut found, mut above) = (0, 0);
        for case in &cases {
            let matches = index.search(&case.query, 100).expect("a name");
            let matches: Vec<_> = matches.iter().filter(|hit| hit.score >= DEFAULT_THRESHOLD).collect();
            above += matches.len();
            found += usize::from(matches.iter().any(|hit| hit.party.id == case.party));
        }
        let share = |part: usize| f64::from(part as u32) / f64::from(cases.len().max(1) as u32);
        let (count, percent, per_query) = (cases.len(), 100.0 * share(found), share(above));
        line(&format!("| {class} | {count} | {found} | {percent:.1} % | {per_query:.2} |"));
    }

    let index = NameIndex::build(&all);
    let mut cultures: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for (culture, name) in ordinary(&package) {
        let counts = cultures.entry(culture).or_default();
        counts[0] += 1;
        match index.search(&name, 1).expect("a name").first() {
            Some(hit) if hit.score >= SAME => counts[2] += 1,
            Some(hit) if hit.score >= DEFAULT_THRESHOLD => counts[1] += 1,
            _ => {}
        }
    }
    let sum = |which: usize| cultures.values().map(|counts| counts[which]).sum::<usize>();
    let (names, wrong, same) = (sum(0), sum(1), sum(2));
    let rate = 1_000.0 * f64::from(wrong as u32) / f64::from(names.max(1) as u32);
    line(&format!(
        "\n**False matches**: {wrong} of {names} ordinary names ({rate:.2} in 1,000) match a listed party at the default\nthreshold; \
         {same} more are the very names of listed people. The names are given and family names of {name} {version} ({licence}), seed\n\
         {SEED}, as many of each culture, in its own script. By culture (wrong, very name):\n"
    ));
    let by_culture: Vec<String> =
        cultures.iter().map(|(culture, counts)| format!("{culture} {}, {}", counts[1], counts[2])).collect();
    line(&by_culture.join("; "));
    let card = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SCORECARD.md");
    let old = std::fs::read_to_string(&card).expect("the scorecard is there");
    std::fs::write(&card, with_section(&old, &page)).expect("written");
}

/// The scorecard with this section in place of the one between the marks, or at its end.
fn with_section(card: &str, section: &str) -> String {
    const MARKS: (&str, &str) = ("<!-- names -->", "<!-- /names -->");
    let (before, after) = match card.split_once(MARKS.0) {
        Some((before, rest)) => (before, rest.split_once(MARKS.1).map_or("", |(_, after)| after)),
        None => (card, "\n"),
    };
    format!("{}\n\n{}\n{section}{}{after}", before.trim_end(), MARKS.0, MARKS.1)
}
