//! The policy lab: recorded decisions judged again.

use tracehound_model::{Category, Decision, Gap, GapKind, Verdict};
use tracehound_screen::{
    Policy,
    lab::{Compared, compare},
};

use crate::support::{FRESH, address, claim, index, screen, sources, whole_ledger};

/// As a line of `screen --output jsonl` carries it.
fn recorded(verdict: &Verdict) -> Verdict {
    let line = serde_json::to_string(verdict).expect("JSON");
    serde_json::from_str(&line).expect("read back")
}

#[test]
fn a_decision_is_judged_again_as_it_would_have_been_made() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let claims = vec![
        claim(1, &address(0), Category::Sanction, "ofac-sdn"),
        claim(2, &address(7), Category::Unknown, "fbi-notices"),
    ];
    let index = index(sources(), claims, vec![]);
    let (strict, lists) = (Policy::strict(), Policy::lists_only());
    for number in [0, 1, 2, 5, 7] {
        for as_of in [FRESH, "2025-06-17T12:00:00Z", "2025-06-25T12:00:00Z"] {
            let ask = |policy| screen(&index, Some(&ledger), policy, as_of, &address(number));
            let (by_strict, by_lists) = (ask(&strict), ask(&lists));
            let wanted = |from: Decision, to: Decision, found: Compared| match found {
                Compared::Same(decision) => assert!(from == to && decision == to, "{number} {as_of}"),
                Compared::Changes { from: was, to: is, why } => {
                    assert!((was, is) == (from, to) && !why.is_empty(), "{number} {as_of}: {was} {is}");
                }
                Compared::Unknown(why) => panic!("{number} {as_of}: {why:?}"),
            };
            let found = compare(&strict, &lists, &recorded(&by_strict));
            wanted(by_strict.decision, by_lists.decision, found);
        }
    }
}

#[test]
fn records_and_policies_in_the_words_of_0_1_0_are_read() {
    let index = index(sources(), vec![claim(1, &address(0), Category::Sanction, "ofac-sdn")], vec![]);
    let lists = Policy::lists_only();
    let now = screen(&index, None, &lists, FRESH, &address(0));
    assert!(!now.coverage.advisories.is_empty() && now.coverage.advisories_complete_as_of.is_some());
    let line = serde_json::to_string(&now).expect("JSON");
    let then = line
        .replace("\"advisories\":", "\"notices\":")
        .replace("\"advisories_complete_as_of\":", "\"notices_complete_as_of\":")
        .replace("\"truncated\":", "\"cut_short\":")
        .replace("\"exposure\":\"identified\"", "\"exposure\":\"own\"");
    assert_ne!(line, then);
    assert_eq!(serde_json::from_str::<Verdict>(&then).expect("reads"), now);
    for preset in tracehound_screen::policy::PRESETS {
        let then = preset
            .text
            .replace("\nadvisories = ", "\nnotices = ")
            .replace("\nadvisories_within_days", "\nnotices_within_days")
            .replace("exposure = \"identified\"", "exposure = \"own\"");
        let then = Policy::parse(&then).expect("a policy");
        let mut now = Policy::parse(preset.text).expect("a policy");
        now.hash.clone_from(&then.hash);
        assert_eq!(then, now);
    }
}

#[test]
fn what_was_not_recorded_is_not_guessed() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let index = index(sources(), vec![claim(1, &address(0), Category::Exchange, "fbi-notices")], vec![]);
    let (strict, lists) = (Policy::strict(), Policy::lists_only());
    // Recorded on lists alone: what transactions would have shown is not there, so strict cannot have said allow.
    let alone = recorded(&screen(&index, None, &lists, FRESH, &address(2)));
    let Compared::Changes { from, to, why } = compare(&lists, &strict, &alone) else { panic!("it changes") };
    assert_eq!((from, to), (Decision::Allow, Decision::Incomplete));
    assert!(why.iter().any(|why| why.contains("transactions")), "{why:?}");
    // A policy that looks at transactions and would allow without: what they hold is not known.
    let looks = tracehound_screen::policy::PRESETS[0].text.replace("transactions_within_hours = 24\n", "");
    let looks = Policy::parse(&looks).expect("a policy");
    assert!(matches!(compare(&lists, &looks, &alone), Compared::Unknown(_)));
    // A policy that follows money further than the recording one did.
    let further = Policy::parse(&tracehound_screen::policy::PRESETS[0].text.replace("hops = 5", "hops = 9"))
        .expect("a policy");
    let near = recorded(&screen(&index, Some(&ledger), &strict, FRESH, &address(2)));
    assert!(matches!(compare(&strict, &further, &near), Compared::Unknown(_)));
    // A record of the first version does not say whose claims its exposures are.
    let mut old = recorded(&screen(&index, Some(&ledger), &strict, FRESH, &address(0)));
    old.exposures[0].source_kind = None;
    assert!(matches!(compare(&strict, &lists, &old), Compared::Unknown(_)));
}

#[test]
fn what_a_gap_costs_is_for_the_policy_that_judges_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let index = index(sources(), vec![claim(1, &address(0), Category::Exchange, "fbi-notices")], vec![]);
    let strict = Policy::strict();
    let text = tracehound_screen::policy::PRESETS[0].text.replace("required = false", "required = true");
    let thorough = Policy::parse(&text).expect("a policy");
    let whole = recorded(&screen(&index, Some(&ledger), &strict, FRESH, &address(2)));
    assert_eq!(compare(&strict, &thorough, &whole), Compared::Same(Decision::Allow));
    let with = |kind: GapKind| {
        let mut verdict = whole.clone();
        verdict.coverage.gaps.push(Gap::about_subject(kind, "something was not looked at"));
        verdict
    };
    // Indirect sources that could not be followed cost what the policy says.
    let Compared::Changes { to, .. } = compare(&strict, &thorough, &with(GapKind::IndirectTruncated)) else {
        panic!("it changes")
    };
    assert_eq!(to, Decision::Incomplete);
    // A search of the subject's own transactions that was cut short costs every policy the same.
    let mut cut = with(GapKind::Truncated);
    (cut.decision, cut.coverage.truncated) = (Decision::Incomplete, true);
    assert_eq!(compare(&strict, &thorough, &cut), Compared::Same(Decision::Incomplete));
    // A record that gives sentences alone, or none, has its mark.
    for gaps in [vec![Gap::new(GapKind::Unclassified, "the search stopped at its limit")], vec![]] {
        cut.coverage.gaps = gaps;
        assert_eq!(compare(&strict, &thorough, &cut), Compared::Same(Decision::Incomplete));
    }
}

/// A policy that follows money so far, with so much work, and has this after it.
fn following(name: &str, hops: u32, work: u32, required: bool, rest: &str) -> Policy {
    let text = format!(
        "version = 2\nname = \"{name}\"\n[require]\nsources = [\"ofac-sdn\"]\nledger = true\n[indirect]\nhops = {hops}\n\
         work = {work}\nrequired = {required}\n[[rule]]\nname = \"own\"\nexposure = \"own\"\ncategories = [\"sanction\"]\n\
         decision = \"block\"\nscore = 100\n{rest}"
    );
    Policy::parse(&text).expect("a policy")
}

fn rule(exposure: &str, decision: &str) -> String {
    format!(
        "[[rule]]\nname = \"{exposure}\"\nexposure = \"{exposure}\"\ncategories = [\"sanction\"]\ndecision = \"{decision}\"\n\
         score = 50\n"
    )
}

/// Whatever two policies differ in of how far they look: where the lab says what becomes of a recorded decision, that is what
/// the second one says when it is asked.
#[test]
fn no_limit_of_a_policy_makes_the_lab_say_what_the_policy_would_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let claims = vec![claim(1, &address(0), Category::Sanction, "ofac-sdn")];
    let index = index(sources(), claims, vec![]);
    let mut policies = Vec::new();
    for (hops, work, required) in
        [(0, 0, false), (5, 2000, false), (5, 2000, true), (5, 1, false), (5, 1, true), (2, 2000, true)]
    {
        let follow = ["", "review", "block"].into_iter().filter(|decision| hops > 0 || decision.is_empty());
        for decision in follow {
            for dust in [0, 1_000_000] {
                let indirect = if decision.is_empty() { String::new() } else { rule("indirect", decision) };
                let rest = format!("{}{indirect}[dust]\nincoming_below = {dust}\n", rule("direct", "review"));
                policies.push(following(&format!("p{}", policies.len()), hops, work, required, &rest));
            }
        }
    }
    let (mut told, mut unknown) = (0, 0);
    for number in [0, 1, 2, 5] {
        let ask = |policy| screen(&index, Some(&ledger), policy, FRESH, &address(number));
        let live: Vec<Verdict> = policies.iter().map(ask).collect();
        for (before, was) in policies.iter().zip(&live) {
            for (after, is) in policies.iter().zip(&live) {
                match compare(before, after, &recorded(was)) {
                    Compared::Same(decision) => {
                        assert_eq!((was.decision, is.decision), (decision, decision), "{number}: {after:?}");
                        told += 1;
                    }
                    Compared::Changes { from, to, .. } => {
                        assert_eq!((was.decision, is.decision), (from, to), "{number}: {after:?}");
                        told += 1;
                    }
                    Compared::Unknown(_) => unknown += 1,
                }
            }
        }
    }
    assert!(told * 2 > unknown, "{told} told, {unknown} unknown");
}

#[test]
fn work_that_a_record_does_not_tell_is_not_taken_for_enough() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let index = index(sources(), vec![], vec![]);
    let (much, little) = (following("much", 5, 2000, false, ""), following("little", 5, 1, true, ""));
    let was = screen(&index, Some(&ledger), &much, FRESH, &address(2));
    let is = screen(&index, Some(&ledger), &little, FRESH, &address(2));
    assert_eq!((was.decision, is.decision), (Decision::Allow, Decision::Incomplete));
    let Compared::Unknown(why) = compare(&much, &little, &recorded(&was)) else { panic!("it does not know") };
    assert!(why[0].contains("less work"), "{why:?}");
    // As much work as it was given then is enough.
    let same = following("same", 5, 2000, true, "");
    assert_eq!(compare(&much, &same, &recorded(&was)), Compared::Same(Decision::Allow));
}

#[test]
fn the_age_of_a_list_that_nobody_asked_for_is_not_guessed() {
    let mut all = sources();
    let mut own = crate::support::source("own-list", tracehound_model::SourceKind::Own, "2025-06-14");
    own.vouched = all[1].vouched.clone();
    own.checked_at = all[1].checked_at;
    all.push(own);
    all.sort_by(|a, b| a.source.id.cmp(&b.source.id));
    let index = index(all, vec![], vec![]);
    let lists = Policy::lists_only();
    let text = tracehound_screen::policy::PRESETS[1].text;
    let own = Policy::parse(&text.replacen("sources = [", "sources = [\"own-list\", ", 1)).expect("a policy");
    let was = screen(&index, None, &lists, FRESH, &address(2));
    let is = screen(&index, None, &own, FRESH, &address(2));
    assert_eq!((was.decision, is.decision), (Decision::Allow, Decision::Allow));
    assert!(matches!(compare(&lists, &own, &recorded(&was)), Compared::Unknown(_)));
}
