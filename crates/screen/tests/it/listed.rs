//! What a verdict says of a listing: since when, of whom, and under which of a key's addresses.

use tracehound_model::{Category, Claim, Decision, Verdict};
use tracehound_screen::Policy;

use crate::support::{FRESH, claim, day, index, screen, sources};

const EVM: &str = "0x0655b721ae3bd1b1ec9a1d5b3a0ad1ab0ed5a3f9";
/// The same 20 bytes on Tron.
fn tron() -> String {
    let bytes = hex::decode(&EVM[2..]).expect("hexadecimal");
    tracehound_model::Address::Tron(bytes.try_into().expect("20 bytes")).to_string()
}

fn asked(claims: Vec<Claim>, subject: &str) -> Verdict {
    screen(&index(sources(), claims, vec![]), None, &Policy::lists_only(), FRESH, subject)
}

/// A claim of OFAC's list from a day on, which says of the party when it was listed.
fn listed(from: &str, party: Option<&str>) -> Verdict {
    let mut claim = claim(1, EVM, Category::Sanction, "ofac-sdn");
    claim.valid_from = day(from);
    claim.statement.party_listed_on = party.map(day);
    asked(vec![claim], EVM)
}

#[test]
fn since_is_the_listings_own_day_where_the_list_tells_it() {
    let verdict = listed("2025-06-01", Some("2019-09-13"));
    let reason = verdict.reason.expect("a reason");
    assert_eq!((reason.since, reason.here_from), (day("2019-09-13"), Some(day("2025-06-01"))));
    assert!(!reason.at_least);
    assert_eq!(reason.since_when(), "since 2019-09-13 (the party; on record here from 2025-06-01)");
    assert!(
        verdict.summary.contains("listed since 2019-09-13, on record here from 2025-06-01"),
        "{}",
        verdict.summary
    );
}

#[test]
fn a_listing_of_the_first_version_is_at_least_as_old() {
    // The first version here is of 2025-06-01.
    let verdict = listed("2025-06-01", None);
    let reason = verdict.reason.expect("a reason");
    assert!(reason.at_least && reason.since_when() == "at least since 2025-06-01", "{reason:?}");
    assert!(verdict.summary.contains("on record at least since 2025-06-01"), "{}", verdict.summary);
    let told = listed("2025-06-01", Some("2025-06-01")).reason.expect("a reason");
    assert!(!told.at_least && told.here_from.is_none(), "the list says that day: {told:?}");
    let later = listed("2025-06-09", None);
    assert!(!later.reason.expect("a reason").at_least, "a version before did not have it");
    assert!(later.summary.contains("on record from 2025-06-09"), "{}", later.summary);
    // An advisory is of its day.
    let mut notice = claim(1, EVM, Category::ServiceHack, "fbi-notices");
    notice.valid_from = day("2023-08-22");
    assert!(!asked(vec![notice], EVM).reason.expect("a reason").at_least);
}

#[test]
fn a_key_is_listed_on_tron_and_on_evm_chains_alike() {
    for (named, subject, what) in
        [(tron(), EVM.to_owned(), "on Tron"), (EVM.to_owned(), tron(), "on EVM chains")]
    {
        let verdict = asked(vec![claim(1, &named, Category::Sanction, "ofac-sdn")], &subject);
        assert_eq!(verdict.decision, Decision::Block, "{}", verdict.summary);
        let why = format!("which is the address of the same key {what}: whoever has the one has the other");
        assert!(verdict.summary.contains(&why), "{}", verdict.summary);
        // Asked by its own form nothing is added.
        let own = asked(vec![claim(1, &named, Category::Sanction, "ofac-sdn")], &named);
        assert!(own.decision == Decision::Block && !own.summary.contains("same key"), "{}", own.summary);
    }
    let other = "0x0655b721ae3bd1b1ec9a1d5b3a0ad1ab0ed5a3f8";
    let verdict = asked(vec![claim(1, &tron(), Category::Sanction, "ofac-sdn")], other);
    assert_eq!(verdict.decision, Decision::Allow, "{}", verdict.summary);
}
