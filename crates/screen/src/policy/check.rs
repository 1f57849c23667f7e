//! What a policy may not say: what asks for nothing, what cannot be, what can never matter. Pure.
//!
//! A setting without effect is a mistake of whoever wrote it, who believes that it has one.

use std::collections::BTreeSet;

use tracehound_attribution::import::official;
use tracehound_model::{
    Category, Decision, SourceId,
    verdict::{Basis, ExposureType},
};

use super::{Policy, PolicyError, Require, Rule, SHIPPED_PUBLISHERS};

/// No list or advisory older than this vouches for anything.
const MAX_DAYS: u32 = 3_660;
/// No ledger that ended longer ago than this says what an address does.
const MAX_HOURS: u32 = 24 * MAX_DAYS;
/// More base units than this are money, not dust: 0.01 BTC.
const MAX_DUST: u64 = 1_000_000;
/// Nothing is known of money this many transactions away.
const MAX_HOPS: u32 = 100;

/// Refuses a policy with such a setting, saying where it stands and what to do.
pub(super) fn check(policy: &Policy) -> Result<(), PolicyError> {
    if policy.name.trim().is_empty() {
        return wrong("name", "it is empty: give the policy a name of its own");
    }
    lists_only(policy)?;
    required(&policy.require)?;
    looking(policy)?;
    for (at, rule) in policy.rules.iter().enumerate() {
        let wrong = |reason: String| Err(PolicyError::Rule { rule: rule.name.clone(), reason });
        if let Some(reason) = rule_alone(policy, rule) {
            return wrong(reason.to_owned());
        }
        if let Some(reason) = rule.min_amount.wrong(policy.version) {
            return wrong(reason);
        }
        for other in &policy.rules[..at] {
            if other.name == rule.name {
                return wrong("another rule has this name".to_owned());
            }
            if (Rule { name: other.name.clone(), ..rule.clone() }) == *other {
                return wrong(format!("it says what rule `{}` says: leave one of the two out", other.name));
            }
        }
    }
    Ok(())
}

fn wrong(place: &'static str, reason: impl Into<String>) -> Result<(), PolicyError> {
    Err(PolicyError::Setting { place, reason: reason.into() })
}

fn lists_only(policy: &Policy) -> Result<(), PolicyError> {
    if policy.basis != Basis::ListsOnly {
        if policy.basis != Basis::ListsAndTransactions {
            return wrong("basis", "it is \"lists-only\" or \"lists-and-transactions\"");
        }
        return Ok(());
    }
    if policy.require.transactions() {
        return Err(PolicyError::ListsOnly("requires transactions"));
    }
    let is_about_others =
        |rule: &Rule| !matches!(rule.exposure, ExposureType::Identified | ExposureType::Owned);
    if policy.require.counterparties_within_hours.is_some() {
        return Err(PolicyError::ListsOnly("requires counterparties"));
    }
    if policy.rules.iter().any(is_about_others) {
        return Err(PolicyError::ListsOnly("has a rule about direct or indirect exposure"));
    }
    if policy.indirect.hops > 0 || policy.indirect.required {
        return Err(PolicyError::ListsOnly("looks for indirect exposure"));
    }
    if policy.dust.incoming_below > 0 {
        return Err(PolicyError::ListsOnly("counts amounts as dust"));
    }
    Ok(())
}

fn required(require: &Require) -> Result<(), PolicyError> {
    const SOURCES: &str = "[require] sources";
    const ADVISORIES: &str = "[require] advisories";
    if require.sources.is_empty() {
        return wrong(
            SOURCES,
            "it names no list, and then nothing vouches for an address that no list names: name what must have been \
             searched, such as sources = [\"ofac-sdn\"]",
        );
    }
    names(SOURCES, &require.sources)?;
    age("[require] checked_within_days", require.checked_within_days, MAX_DAYS, "days")?;
    age("[require] advisories_within_days", require.advisories_within_days, MAX_DAYS, "days")?;
    age("[require] transactions_within_hours", require.transactions_within_hours, MAX_HOURS, "hours")?;
    age("[require] counterparties_within_hours", require.counterparties_within_hours, MAX_HOURS, "hours")?;
    let Some(publishers) = &require.advisories else { return Ok(()) };
    if publishers.is_empty() {
        return wrong(
            ADVISORIES,
            "it names no publisher: name those whose advisories must be complete, or leave it out for those of the shipped \
             pack",
        );
    }
    names(ADVISORIES, publishers)?;
    if let Some(list) = publishers.iter().find(|id| official::official(&official::list_of(id)).is_some()) {
        return wrong(
            ADVISORIES,
            format!("{list} is a list, and no publisher of advisories: name it under sources"),
        );
    }
    for id in publishers {
        if let Some(meant) = SHIPPED_PUBLISHERS.iter().find(|known| official::is_slip_of(id, known)) {
            return wrong(ADVISORIES, format!("nobody publishes advisories as `{id}`: write {meant}"));
        }
    }
    if require.advisories_within_days.is_none() {
        return wrong(
            ADVISORIES,
            "it asks for nothing without advisories_within_days: add that, or leave it out",
        );
    }
    Ok(())
}

/// Refuses a name twice, one that no source can have, and one that is a slip of a list that there is.
fn names(place: &'static str, ids: &[SourceId]) -> Result<(), PolicyError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        let bare = SourceId(id.0.trim().to_ascii_lowercase());
        let meant = official::official(&bare).filter(|_| bare != *id).or_else(|| official::near_miss(&bare));
        if let Some(list) = meant {
            return wrong(place, format!("there is no list `{id}`: write {}", list.id));
        }
        if !SourceId::is_well_formed(&id.0) {
            return wrong(
                place,
                format!(
                    "`{id}` is no name of a list: 1 to 100 lower-case letters, digits, `-`, `_`, `.` (tracehound lists)"
                ),
            );
        }
        if !seen.insert(id) {
            return wrong(place, format!("it names {id} twice: leave one of the two out"));
        }
    }
    Ok(())
}

fn age(place: &'static str, value: Option<u32>, most: u32, unit: &str) -> Result<(), PolicyError> {
    match value {
        Some(0) => wrong(place, format!("nothing is of this very moment: give 1 to {most} {unit}")),
        Some(value) if value > most => {
            wrong(place, format!("{value} {unit} ask for nothing: give 1 to {most} {unit}, or leave it out"))
        }
        _ => Ok(()),
    }
}

fn looking(policy: &Policy) -> Result<(), PolicyError> {
    let indirect = policy.indirect;
    if policy.dust.incoming_below > MAX_DUST {
        return wrong(
            "[dust] incoming_below",
            format!("{} base units are no dust: give at most {MAX_DUST}", policy.dust.incoming_below),
        );
    }
    if indirect.hops > MAX_HOPS {
        return wrong("[indirect] hops", format!("give at most {MAX_HOPS}"));
    }
    if indirect.hops > 1 && indirect.work == 0 {
        return wrong("[indirect] work", "with 0 transactions to read nothing is found: give 1 or more");
    }
    if indirect.required && indirect.hops < 2 {
        return wrong("[indirect] required", "it asks for nothing without hops = 2 or more");
    }
    Ok(())
}

/// What is wrong with a rule by itself.
fn rule_alone(policy: &Policy, rule: &Rule) -> Option<&'static str> {
    let has_amount =
        rule.direction.is_some() || !rule.min_amount.is_empty() || rule.min_share_percent.is_some();
    let reasons = [
        (rule.name.trim().is_empty(), "it has no name"),
        (
            !matches!(rule.decision, Decision::Review | Decision::Block),
            "a rule decides `review` or `block`; `allow` and `incomplete` follow by themselves",
        ),
        (!(1..=100).contains(&rule.score), "a score is 1 to 100"),
        (rule.categories.is_empty(), "it names no categories"),
        (any_twice(&rule.categories), "it names a category twice: leave one of the two out"),
        (any_twice(&rule.jurisdictions), "it names a country twice: leave one of the two out"),
        (
            rule.exposure == ExposureType::Owned && rule.categories != [Category::Sanction],
            "who is owned by listed parties counts as under sanctions: give categories = [\"sanction\"]",
        ),
        (any_twice(&rule.source_kinds), "it names a source kind twice: leave one of the two out"),
        (
            rule.min_confidence.is_some_and(|least| least.0 > 100),
            "it can never fire: no confidence is more than 100",
        ),
        (rule.min_share_percent.is_some_and(|percent| percent > 100), "a share is at most 100 percent"),
        (
            matches!(rule.exposure, ExposureType::Identified | ExposureType::Owned) && has_amount,
            "an own exposure has no direction and no amount",
        ),
        (
            rule.exposure == ExposureType::Indirect && policy.indirect.hops < 2,
            "it can never fire: [indirect] hops is below 2, so that nothing indirect is looked for",
        ),
    ];
    reasons.into_iter().find_map(|(is, reason)| is.then_some(reason))
}

fn any_twice<T: PartialEq>(of: &[T]) -> bool {
    of.iter().enumerate().any(|(at, one)| of[..at].contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Policy::parse(&format!("version = 2\nname = \"x\"\n{text}")).expect_err(text).to_string()
    }

    #[test]
    fn a_policy_that_asks_for_nothing_or_what_cannot_be_is_refused_with_the_place() {
        let ofac = "[require]\nsources = [\"ofac-sdn\"]\n";
        for (text, place, said) in [
            (String::new(), "[require] sources", "names no list"),
            ("[require]\nsources = []".to_owned(), "[require] sources", "names no list"),
            ("[require]\nledger = true".to_owned(), "[require] sources", "names no list"),
            ("[require]\nsources = [\"\"]".to_owned(), "[require] sources", "no name of a list"),
            ("[require]\nsources = [\"OFAC SDN\"]".to_owned(), "[require] sources", "write ofac-sdn"),
            ("[require]\nsources = [\"ofac_sdn\"]".to_owned(), "[require] sources", "write ofac-sdn"),
            ("[require]\nsources = [\"OFAC-SDN\"]".to_owned(), "[require] sources", "write ofac-sdn"),
            ("[require]\nsources = [\"uk-osfi\"]".to_owned(), "[require] sources", "write uk-ofsi"),
            ("[require]\nsources = [\"ch-sec0\"]".to_owned(), "[require] sources", "write ch-seco"),
            ("[require]\nsources = [\"eu-fcf\"]".to_owned(), "[require] sources", "write eu-fsf"),
            ("[require]\nsources = [\"un-cs\"]".to_owned(), "[require] sources", "write un-sc"),
            ("[require]\nsources = [\"My list\"]".to_owned(), "[require] sources", "no name of a list"),
            ("[require]\nsources = [\"a\", \"a\"]".to_owned(), "[require] sources", "twice"),
            (format!("{ofac}checked_within_days = 0"), "[require] checked_within_days", "1 to 3660"),
            (format!("{ofac}max_age_days = 4294967295"), "[require] checked_within_days", "ask for nothing"),
            (format!("{ofac}advisories_within_days = 0"), "[require] advisories_within_days", "1 to 3660"),
            (format!("{ofac}transactions_within_hours = 0"), "[require] transactions_within_hours", "1 to"),
            (
                format!("{ofac}advisories = []\nadvisories_within_days = 9"),
                "[require] advisories",
                "no publisher",
            ),
            (
                format!("{ofac}advisories = [\"ofac-sdn\"]\nadvisories_within_days = 9"),
                "[require] advisories",
                "is a list",
            ),
            (
                format!("{ofac}advisories = [\"fbi-notice\"]\nadvisories_within_days = 9"),
                "[require] advisories",
                "write fbi-notices",
            ),
            (
                format!("{ofac}advisories = [\"treasury_notices\"]\nadvisories_within_days = 9"),
                "[require] advisories",
                "write treasury-notices",
            ),
            (
                format!("{ofac}advisories = [\"fbi-notices\"]"),
                "[require] advisories",
                "without advisories_within_days",
            ),
            (format!("{ofac}[dust]\nincoming_below = 100000000000"), "[dust] incoming_below", "no dust"),
            (format!("{ofac}[indirect]\nhops = 4000000000\nwork = 1"), "[indirect] hops", "at most"),
            (format!("{ofac}[indirect]\nhops = 3"), "[indirect] work", "nothing is found"),
            (format!("{ofac}[indirect]\nrequired = true"), "[indirect] required", "without hops"),
        ] {
            let error = refused(&text);
            assert!(error.contains(place) && error.contains(said), "{text}: {error}");
        }
        assert!(refused(&format!("{ofac}sorces = []")).contains("sorces"));
        assert!(
            refused(&format!("basis = \"lists-and-some-transactions\"\n{ofac}"))
                .contains("lists-and-transactions")
        );
        let alone = format!("basis = \"lists-only\"\n{ofac}[dust]\nincoming_below = 5");
        assert!(refused(&alone).contains("leave one of the two out"), "{}", refused(&alone));
    }

    #[test]
    fn a_rule_that_can_never_fire_or_says_what_another_says_is_refused() {
        let rule = |name: &str, body: &str| {
            format!(
                "[[rule]]\nname = \"{name}\"\ncategories = [\"scam\"]\ndecision = \"review\"\nscore = 50\n{body}\n"
            )
        };
        let own = rule("a", "exposure = \"own\"");
        for (rules, said) in [
            (rule("a", "exposure = \"indirect\""), "can never fire"),
            (rule("a", "exposure = \"own\"\nmin_confidence = 101"), "can never fire"),
            (format!("{own}{own}"), "another rule has this name"),
            (format!("{own}{}", own.replace("\"a\"", "\"b\"")), "says what rule `a` says"),
            (own.replace("[\"scam\"]", "[\"scam\", \"scam\"]"), "twice"),
            (own.replace("\"a\"", "\" \""), "no name"),
        ] {
            let error = refused(&format!("[require]\nsources = [\"ofac-sdn\"]\n{rules}"));
            assert!(error.contains(said), "{rules}: {error}");
        }
    }
}
