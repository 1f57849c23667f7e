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
    (cut.decision, cut.coverage.cut_short) = (Decision::Incomplete, true);
    assert_eq!(compare(&strict, &thorough, &cut), Compared::Same(Decision::Incomplete));
    // A record that gives sentences alone, or none, has its mark.
    for gaps in [vec![Gap::new(GapKind::Unclassified, "the search stopped at its limit")], vec![]] {
        cut.coverage.gaps = gaps;
        assert_eq!(compare(&strict, &thorough, &cut), Compared::Same(Decision::Incomplete));
    }
}
