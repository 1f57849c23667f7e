//! Lists: 7 days, 90 days, past moments, extracts; names without a category.

use tracehound_attribution::{Scope, history::Vouched};
use tracehound_model::{Category, Decision, GapKind, SourceKind, verdict::Basis};
use tracehound_screen::Policy;

use crate::support::{FRESH, address, at, claim, day, index, screen, source, sources};

fn decide(policy: &Policy, sources: Vec<tracehound_attribution::SourceHistory>, as_of: &str) -> Decision {
    screen(&index(sources, Vec::new(), Vec::new()), None, policy, as_of, &address(5)).decision
}

#[test]
fn a_list_checked_seven_days_ago_will_do_and_a_second_longer_will_not() {
    let policy = Policy::lists_only();
    assert_eq!(decide(&policy, sources(), "2025-06-22T12:00:00Z"), Decision::Allow);
    assert_eq!(decide(&policy, sources(), "2025-06-22T12:00:01Z"), Decision::Incomplete);
}

#[test]
fn advisories_complete_ninety_days_ago_will_do_and_a_day_longer_will_not() {
    let policy = Policy::lists_only();
    let mut fresh = sources();
    fresh[1].vouched[0].until = at("2025-09-30T00:00:00Z");
    assert_eq!(decide(&policy, fresh.clone(), "2025-08-30T23:59:59Z"), Decision::Allow);
    assert_eq!(decide(&policy, fresh.clone(), "2025-08-31T00:00:00Z"), Decision::Incomplete);
    // The day of the newest advisory says nothing about completeness.
    fresh[0].complete_as_of = None;
    fresh[0].snapshots = vec![day("2025-06-14")];
    let verdict = screen(&index(fresh, vec![], vec![]), None, &policy, "2025-06-15T12:00:00Z", &address(5));
    assert_eq!(verdict.decision, Decision::Incomplete);
    assert!(verdict.coverage.gaps[0].to_string().contains("signed pack"), "{:?}", verdict.coverage.gaps);
}

/// One publisher's pack says nothing about what the others published.
#[test]
fn advisories_are_complete_publisher_by_publisher() {
    for place in [0, 2, 3] {
        for lacking in [None, Some(day("2024-01-01"))] {
            let mut one = sources();
            one[place].complete_as_of = lacking;
            let id = one[place].source.id.0.clone();
            let index = index(one, vec![], vec![]);
            let verdict = screen(&index, None, &Policy::lists_only(), "2025-06-15T12:00:00Z", &address(5));
            assert_eq!(verdict.decision, Decision::Incomplete, "{id} {lacking:?}");
            let gap = &verdict.coverage.gaps[0];
            assert!(gap.to_string().contains(&id) && gap.to_string().contains("speaks for them"), "{gap}");
            assert_eq!(gap.to_string().contains("treasury-notices"), id == "treasury-notices", "{gap}");
            assert_eq!(verdict.coverage.advisories_complete_as_of, lacking);
        }
    }
    // Another publisher's completeness makes up for none of them; and a policy may ask for one alone.
    let mut other = sources();
    for place in [0, 2, 3] {
        other[place].complete_as_of = None;
    }
    let mut police = source("police-advisories", SourceKind::LawEnforcement, "2025-01-01");
    police.complete_as_of = Some(day("2025-06-15"));
    other.push(police);
    let index = index(other, vec![], vec![]);
    let verdict = screen(&index, None, &Policy::lists_only(), "2025-06-15T12:00:00Z", &address(5));
    assert_eq!(verdict.decision, Decision::Incomplete);
    let alone = Policy::parse(
        "version = 2\nname = \"x\"\nbasis = \"lists-only\"\n[require]\nsources = [\"ofac-sdn\"]\n\
         advisories = [\"police-advisories\"]\nadvisories_within_days = 90",
    )
    .expect("a policy");
    let verdict = screen(&index, None, &alone, "2025-06-15T12:00:00Z", &address(5));
    assert_eq!(verdict.decision, Decision::Allow, "{:?}", verdict.coverage.gaps);
    assert_eq!(verdict.coverage.advisories_complete_as_of, Some(day("2025-06-15")));
}

#[test]
fn a_past_moment_is_vouched_for_by_what_was_in_force_then_and_not_by_what_came_later() {
    let policy = Policy::lists_only();
    // A list version of that year, checked until February; the next one begins in June.
    let mut history = sources();
    history[1].snapshots = vec![day("2025-01-10"), day("2025-06-01")];
    history[1].vouched.insert(0, Vouched { since: day("2025-01-10"), until: at("2025-02-01T00:00:00Z") });
    for (as_of, wanted) in [
        ("2025-01-09T23:59:59Z", Decision::Incomplete),
        ("2025-01-10T00:00:00Z", Decision::Allow),
        ("2025-01-25T00:00:00Z", Decision::Allow),
        ("2025-02-08T00:00:00Z", Decision::Allow),
        ("2025-02-08T00:00:01Z", Decision::Incomplete),
        ("2025-05-31T23:59:59Z", Decision::Incomplete),
        ("2025-06-01T00:00:00Z", Decision::Allow),
    ] {
        assert_eq!(decide(&policy, history.clone(), as_of), wanted, "{as_of}");
    }
}

#[test]
fn a_required_list_that_is_not_there_or_only_a_part_clears_nobody_and_the_gap_says_what_to_do() {
    let policy = Policy::lists_only();
    let mut part = sources();
    part[1].vouched.clear();
    part[1].scopes = vec![Scope::Extract];
    part[1].snapshots = vec![day("2025-06-14")];
    assert_eq!(decide(&policy, part, "2025-06-15T12:00:00Z"), Decision::Incomplete);

    let none = vec![sources().remove(0)];
    let verdict = screen(&index(none, vec![], vec![]), None, &policy, "2025-06-15T12:00:00Z", &address(5));
    assert_eq!(verdict.decision, Decision::Incomplete);
    assert!(
        verdict.coverage.gaps[0].to_string().contains("requires ofac-sdn"),
        "{:?}",
        verdict.coverage.gaps
    );
    assert!(
        verdict.coverage.gaps[0].to_string().contains("tracehound lists update"),
        "{:?}",
        verdict.coverage.gaps
    );
}

#[test]
fn an_old_list_that_is_not_required_is_a_gap() {
    let mut all = sources();
    all.push(source("un-sc", SourceKind::Sanctions, "2024-01-01"));
    let index = index(all, vec![], vec![]);
    let verdict = screen(&index, None, &Policy::lists_only(), "2025-06-15T12:00:00Z", &address(5));
    assert_eq!(verdict.decision, Decision::Allow);
    assert!(
        verdict.coverage.gaps.iter().any(|gap| gap.to_string().starts_with("un-sc is of 2024-01-01")),
        "{verdict:?}"
    );
}

#[test]
fn lists_alone_never_promise_more_than_no_match() {
    let index = index(sources(), vec![], vec![]);
    let verdict = screen(&index, None, &Policy::lists_only(), "2025-06-15T12:00:00Z", &address(5));
    assert_eq!((verdict.decision, verdict.basis), (Decision::Allow, Basis::ListsOnly));
    assert!(
        verdict.summary.starts_with("no match on 4 lists; transactions not examined"),
        "{}",
        verdict.summary
    );
    let json = serde_json::to_value(&verdict).expect("JSON");
    assert_eq!(json["basis"], "lists-only");
    let strict = screen(&index, None, &Policy::strict(), "2025-06-15T12:00:00Z", &address(5));
    assert_eq!((strict.decision, strict.basis), (Decision::Incomplete, Basis::ListsWithoutTransactions));
}

/// A list that names somebody and does not say as what.
#[test]
fn named_without_a_category_is_for_a_person_to_look_at() {
    let claims = vec![claim(1, &address(5), Category::Unknown, "fbi-notices")];
    let index = index(sources(), claims, vec![]);
    for policy in [Policy::strict(), Policy::lists_only()] {
        let verdict = screen(&index, None, &policy, "2025-06-15T12:00:00Z", &address(5));
        assert_eq!(verdict.decision, Decision::Review, "{}", policy.name);
        assert!(verdict.summary.contains("party 1 (unknown)"), "{}", verdict.summary);
    }
}

/// A policy with no rule for it does not let a listed address pass.
#[test]
fn what_no_rule_of_the_policy_covers_is_for_a_person_to_look_at() {
    let policy = Policy::parse(
        "version = 2\nname = \"empty\"\nbasis = \"lists-only\"\n[require]\nsources = [\"ofac-sdn\"]\n",
    )
    .expect("a policy");
    let mut all = sources();
    all.push(source("labels", SourceKind::Labels, "2025-01-01"));
    for (category, by, wanted) in [
        (Category::Sanction, "ofac-sdn", Decision::Review),
        (Category::Sanction, "labels", Decision::Review),
        (Category::ServiceHack, "fbi-notices", Decision::Review),
        (Category::Unknown, "ofac-sdn", Decision::Review),
        (Category::Exchange, "fbi-notices", Decision::Allow),
        (Category::Exchange, "labels", Decision::Allow),
    ] {
        let index = index(all.clone(), vec![claim(1, &address(5), category, by)], vec![]);
        let verdict = screen(&index, None, &policy, "2025-06-15T12:00:00Z", &address(5));
        assert_eq!(verdict.decision, wanted, "{category} by {by}: {}", verdict.summary);
        let said = verdict.summary.contains("no rule of the policy covers it");
        assert_eq!(said, wanted == Decision::Review, "{}", verdict.summary);
    }
}

#[test]
fn while_a_version_of_a_required_list_waits_not_listed_is_not_known() {
    let mut with = sources();
    with.iter_mut().find(|history| history.source.id.0 == "ofac-sdn").expect("OFAC").waiting =
        Some("2025-06-14".parse().expect("a day"));
    let index = index(with, vec![claim(1, &address(0), Category::Sanction, "ofac-sdn")], vec![]);
    let ask = |number, as_of| screen(&index, None, &Policy::lists_only(), as_of, &address(number));
    let unlisted = ask(3, FRESH);
    assert_eq!(unlisted.decision, Decision::Incomplete, "{}", unlisted.summary);
    let gap = unlisted.coverage.gaps.iter().find(|gap| gap.kind == GapKind::ListWaiting).expect("a gap");
    assert!(gap.to_string().contains("lists reject ofac-sdn"), "{gap}");
    assert_eq!(ask(0, FRESH).decision, Decision::Block, "who is listed stays so");
    assert_eq!(
        ask(3, "2025-06-13T12:00:00Z").decision,
        Decision::Allow,
        "of the days before it says nothing"
    );
}
