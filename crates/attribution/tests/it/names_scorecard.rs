//! How many names are found and how many wrongly, on the real lists: the section "Names" of docs/SCORECARD.md.
//!
//! `cargo xtask names` runs this and rewrites the section. The parties of one half (the last bit of the SHA-256 of their
//! id is 0) and the ordinary names of one half (the same of their given and of their family name) were used to choose
//! the matching's constants and tables; the figures are those of the other half. With `TRACEHOUND_NAMES_TUNE` set it
//! looks at the first half, tells every miss and every false match, and writes nothing.

#![expect(clippy::print_stderr, reason = "tells whoever tunes what is missed")]

mod classes;
mod outside;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
    path::Path,
};

use sha2::{Digest, Sha256};
use tracehound_attribution::names::{DEFAULT_THRESHOLD, NameIndex, NameMatch};
use tracehound_model::Party;

use crate::support::real;
use classes::MOST;
use outside::{BENCHMARK, NAMES, SEED};

/// Whether the half is looked at that constants and tables were fitted on.
fn tunes() -> bool {
    std::env::var_os("TRACEHOUND_NAMES_TUNE").is_some()
}

/// Whether this is of the half that is looked at.
fn is_of_half(text: &str) -> bool {
    let bit = Sha256::digest(text).last().map(|byte| byte & 1);
    bit == Some(u8::from(!tunes()))
}

/// The matches from the default threshold on, and those below it.
fn matches<'a>(index: &'a NameIndex, query: &str) -> (Vec<NameMatch<'a>>, Vec<NameMatch<'a>>) {
    let found = index.search(query, usize::MAX).expect("a name");
    found.into_iter().partition(|found| found.score >= DEFAULT_THRESHOLD)
}

fn percent(part: usize, of: usize) -> f64 {
    100.0 * f64::from(part as u32) / f64::from(of.max(1) as u32)
}

/// A name's words, whatever their order.
fn words(name: &str) -> String {
    let name = name.to_lowercase();
    let mut words: Vec<&str> =
        name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

/// Whether a name is written in a script that leaves vowels out.
fn leaves_vowels_out(name: &str) -> bool {
    name.chars().any(|letter| matches!(letter, '\u{590}'..='\u{6ff}'))
}

/// A word of plain transliteration without its vowels, what may stand for a vowel, and doubled letters.
fn consonants(word: &str) -> String {
    let mut letters: Vec<char> =
        word.to_lowercase().chars().filter(|letter| !"aeiouywh'`".contains(*letter)).collect();
    letters.dedup();
    letters.into_iter().collect()
}

/// Whether a listed name is the one asked for, letter for letter in plain transliteration (which for Chinese characters is
/// Pinyin), in whatever order, but for a patronymic. A script that leaves vowels out tells no two names apart that
/// differ in them alone, so that consonants are compared, word by word.
fn is_namesake(asked: &str, listed: &str) -> bool {
    let by_consonants = leaves_vowels_out(asked);
    let (asked, listed) = (deunicode::deunicode(asked), deunicode::deunicode(listed));
    let one = |words: &[&str]| words.concat().to_lowercase();
    let is_patronymic = |part: &&str| ["vich", "vna"].iter().any(|end| part.to_lowercase().ends_with(end));
    let parts = listed.split(|letter: char| !letter.is_alphanumeric());
    let parts: Vec<&str> = parts.filter(|part| !is_patronymic(part)).collect();
    let asked_parts: Vec<&str> = asked.split(|letter: char| !letter.is_alphanumeric()).collect();
    let sorted = |words: &[&str]| {
        let mut words: Vec<String> =
            words.iter().map(|word| consonants(word)).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words
    };
    let turned = (0..parts.len()).map(|first| [&parts[first..], &parts[..first]].concat());
    words(&asked) == words(&parts.join(" "))
        || turned.into_iter().any(|turned| one(&turned) == one(&asked_parts))
        || (by_consonants && sorted(&parts) == sorted(&asked_parts))
}

/// The table of the classes: how many are found, and how many of the matches are right.
fn table_of_classes(all: &[Party], page: &mut String) {
    let mut latin = all.to_vec();
    let has_latin = |name: &str| name.chars().any(|letter| letter.is_ascii_alphabetic());
    for party in &mut latin {
        party.names.retain(|name| has_latin(&name.full));
    }
    let index = NameIndex::build(&latin);
    let names_of = |party: &Party| party.names.iter().map(|name| words(&name.full)).collect::<BTreeSet<_>>();
    let names: HashMap<&str, _> = all.iter().map(|party| (&party.id[..], names_of(party))).collect();
    let is_same = |a: &str, b: &str| a == b || !names[a].is_disjoint(&names[b]);
    let mut line = |text: &str| writeln!(page, "{text}").expect("a string takes every write");
    line("| class | queries | found | recall | matches | precision |\n|---|---|---|---|---|---|");
    for (class, cases) in classes::all(all) {
        let (mut found, mut above, mut right) = (0, 0, 0);
        for case in &cases {
            let (hits, below) = matches(&index, &case.query);
            above += hits.len();
            right += hits.iter().filter(|hit| is_same(&hit.party.id, &case.party)).count();
            let is_found = hits.iter().any(|hit| hit.party.id == case.party);
            found += usize::from(is_found);
            if tunes() && !is_found {
                let near = below.iter().find(|hit| hit.party.id == case.party);
                let near = near.map(|hit| (hit.score, hit.matched_name));
                eprintln!("missed, {class}: {} ({}): {near:?}", case.query, case.party);
            }
        }
        let (recall, precision) = (percent(found, cases.len()), percent(right, above));
        line(&format!(
            "| {class} | {} | {found} | {recall:.1} % | {above} | {precision:.1} % |",
            cases.len()
        ));
    }
}

/// How many ordinary names match a listed party.
fn false_matches(index: &NameIndex, package: &Path, page: &mut String) {
    let mut cultures: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for (culture, name) in outside::ordinary(package) {
        let (hits, _) = matches(index, &name);
        let counts = cultures.entry(culture.clone()).or_default();
        counts[0] += 1;
        if let Some(hit) = hits.first() {
            let is_same = hits.iter().any(|hit| is_namesake(&name, hit.matched_name));
            counts[if is_same { 2 } else { 1 }] += 1;
            if tunes() && !is_same {
                eprintln!("wrong, {culture}: {name}: {} {}", hit.matched_name, hit.score);
            }
        }
    }
    let sum = |which: usize| cultures.values().map(|counts| counts[which]).sum::<usize>();
    let (asked, wrong, same) = (sum(0), sum(1), sum(2));
    let rate = percent(wrong, asked) * 10.0;
    let (name, version, licence) = NAMES;
    let some = cultures.iter().filter(|(_, counts)| counts[1] + counts[2] > 0);
    let some: Vec<String> =
        some.map(|(culture, counts)| format!("{culture} {}", counts[1] + counts[2])).collect();
    writeln!(
        page,
        "\n**False matches**: {wrong} of {asked} ordinary names of {} cultures ({rate:.2} in 1,000) match a listed party at the\n\
         default threshold; {same} more are namesakes of listed people, letter for letter in plain transliteration\nbut for a patronymic (consonant for consonant where the script leaves vowels out: Arabic and Hebrew).\n\
         The names are given and family names of {name} {version} ({licence}), seed {SEED}, different ones, in their own order and script; lists with all their\n\
         spellings. By culture: {}.\n",
        cultures.len(),
        some.join(", "),
    )
    .expect("a string takes every write");
}

/// What the benchmark's disguises find.
fn table_of_disguises(index: &NameIndex, wheel: &Path, all: &[Party], page: &mut String) {
    let mut classes: BTreeMap<(bool, String), [usize; 2]> = BTreeMap::new();
    for disguise in outside::disguises(wheel, all) {
        let (hits, _) = matches(index, &disguise.query);
        let is_found = match &disguise.party {
            Some(party) => hits.iter().any(|hit| hit.party.id == *party),
            None => !hits.is_empty(),
        };
        if tunes() && is_found != disguise.party.is_some() {
            let hit = hits.first().map(|hit| (hit.score, hit.matched_name));
            eprintln!("disguise, {}: {} ({:?}): {hit:?}", disguise.class, disguise.query, disguise.party);
        }
        let counts = classes.entry((disguise.party.is_none(), disguise.class)).or_default();
        counts[0] += 1;
        counts[1] += usize::from(is_found);
    }
    let (name, version, licence) = BENCHMARK;
    let mut line = |text: &str| writeln!(page, "{text}").expect("a string takes every write");
    line(&format!(
        "The disguises of {name} {version} ({licence}), seed 0, of persons of the same half, against the\nsame lists. Its last \
         three classes are put together of listed names, and nobody listed has them: a match is wrong there,\nalso where it is meant: in most of \
         `token_swap` a listed person's given and family name stand beside another one, as in \"Vladimir Vova Putin\", and\nthat \
         is for a person to tell.\n"
    ));
    line("| disguise | queries | matched | share |\n|---|---|---|---|");
    for ((is_wrong, class), [asked, found]) in classes {
        let wrong = if is_wrong { " (wrong)" } else { "" };
        line(&format!("| {class}{wrong} | {asked} | {found} | {:.1} % |", percent(found, asked)));
    }
    line("");
}

#[test]
#[ignore = "measures for minutes and rewrites docs/SCORECARD.md: cargo xtask names"]
fn names_scorecard() {
    let Some(ofac) = real("sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2") else { return };
    let Some(un) = real("sanctions/un_consolidated_2026-02-27.xml") else { return };
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(package) = tracehound_testkit::npm::package(tmp, NAMES.0, NAMES.1) else { return };
    let Some(wheel) = outside::benchmark(tmp) else { return };
    let all: Vec<Party> = ofac.snapshot.parties.into_iter().chain(un.snapshot.parties).collect();
    let index = NameIndex::build(&all);

    let mut page = String::from("## Names\n\n");
    writeln!(
        page,
        "Written by `cargo xtask names`; do not edit. The lists are OFAC's SDN list of 2025-11-19 and the UN's of 2026-02-27:\n\
         {} parties, {} names. A party is found when it scores at or above the default threshold ({DEFAULT_THRESHOLD}). The queries are\n\
         of the half of the parties that nothing was fitted on, at most {MOST} a class; the lists' own spellings in other scripts are\n\
         taken away first, so that only the Latin one can be found. A match is right when it is the party, or one that has a\n\
         name in common with it, as the same person has on two lists. The figures do not depend on the machine.\n",
        all.len(),
        index.name_count(),
    )
    .expect("a string takes every write");
    table_of_classes(&all, &mut page);
    false_matches(&index, &package, &mut page);
    table_of_disguises(&index, &wheel, &all, &mut page);
    page.push_str(PEERS);
    if tunes() {
        eprintln!("{page}");
        return;
    }
    let card = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SCORECARD.md");
    let old = std::fs::read_to_string(&card).expect("the scorecard is there");
    std::fs::write(&card, with_section(&old, &page)).expect("written");
}

/// What peers say of themselves.
const PEERS: &str = "\
What peers publish, on other data, so that it is no comparison: of yente's matcher (nomenklatura, RegressionV1) an F1 of 91.33 %
on the labelled pairs of OpenSanctions (C. Smith et al., *OpenSanctions Pairs*, arXiv 2603.11051), which use dates and
countries too; of watchman no figure (releases 0.20.0 and 0.27.0 say \"fewer false positives\" in words).
";

/// The scorecard with this section in place of the one between the marks, or at its end.
fn with_section(card: &str, section: &str) -> String {
    const MARKS: (&str, &str) = ("<!-- names -->", "<!-- /names -->");
    let (before, after) = match card.split_once(MARKS.0) {
        Some((before, rest)) => (before, rest.split_once(MARKS.1).map_or("", |(_, after)| after)),
        None => (card, "\n"),
    };
    format!("{}\n\n{}\n{section}{}{after}", before.trim_end(), MARKS.0, MARKS.1)
}
