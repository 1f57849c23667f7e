//! How two policies differ, in lines for people. Pure.

use tracehound_model::SourceId;

use super::{Indirect, Policy};

/// How `after` differs from `before`, one line each; empty when they decide alike.
pub fn differences(before: &Policy, after: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    let mut differ = |what: &str, was: String, is: String| {
        if was != is {
            lines.push(format!("{what}: {was} -> {is}"));
        }
    };
    let number =
        |value: Option<u32>| value.map_or_else(|| "not required".to_owned(), |value| value.to_string());
    let names = |ids: &[SourceId]| ids.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ");
    let sources = |policy: &Policy| names(&policy.require.sources);
    let publishers = |policy: &Policy| match policy.require.advisories_within_days {
        Some(_) => names(policy.require.publishers()),
        None => "nobody".to_owned(),
    };
    let (was, is) = (&before.require, &after.require);
    differ("basis", before.basis.as_str().to_owned(), after.basis.as_str().to_owned());
    differ("required lists", sources(before), sources(after));
    differ("checked within days", number(was.checked_within_days), number(is.checked_within_days));
    differ("advisories of", publishers(before), publishers(after));
    differ("advisories within days", number(was.advisories_within_days), number(is.advisories_within_days));
    differ(
        "transactions within hours",
        number(was.transactions_within_hours),
        number(is.transactions_within_hours),
    );
    differ(
        "counterparties within hours",
        number(was.counterparties_within_hours),
        number(is.counterparties_within_hours),
    );
    differ("transactions required", was.transactions().to_string(), is.transactions().to_string());
    differ("dust below", before.dust.incoming_below.to_string(), after.dust.incoming_below.to_string());
    let indirect = |policy: &Policy| {
        let Indirect { hops, work, required } = policy.indirect;
        format!("{hops} hops, {work} transactions{}", if required { ", required" } else { "" })
    };
    differ("indirect exposure", indirect(before), indirect(after));
    for rule in &before.rules {
        match after.rules.iter().find(|other| other.name == rule.name) {
            None => lines.push(format!("rule {} is gone ({} {})", rule.name, rule.decision, rule.score)),
            Some(other) if other != rule => lines.push(format!(
                "rule {} differs: {} {} -> {} {}{}",
                rule.name,
                rule.decision,
                rule.score,
                other.decision,
                other.score,
                if (rule.decision, rule.score) == (other.decision, other.score) {
                    ", and in what it looks at"
                } else {
                    ""
                }
            )),
            Some(_) => {}
        }
    }
    let new = after.rules.iter().filter(|rule| !before.rules.iter().any(|other| other.name == rule.name));
    lines.extend(new.map(|rule| format!("rule {} is new ({} {})", rule.name, rule.decision, rule.score)));
    lines
}
