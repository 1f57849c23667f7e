//! The policy lab: what another policy would have made of decisions that were recorded. Pure.
//!
//! A recorded verdict holds its exposures with source and confidence, and how far lists and transactions were covered. That
//! is judged again. What it does not hold, such as entities further away than the recording policy looked, is said: a
//! decision that hangs on it cannot be judged again.

use tracehound_attribution::import::official;
use tracehound_model::{
    Decision, Gap, GapKind, SourceId, TxId, Verdict,
    verdict::{Basis, ExposureType},
};

use crate::{
    cover,
    judge::judge,
    movements::evm_hash,
    policy::{Exposed, Measured, Policy, Reached},
    screener::MAX_EXPOSURES,
};

/// A recorded decision under two policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Both decide alike.
    Same(Decision),
    /// They do not.
    Changes {
        /// Under the first policy.
        from: Decision,
        /// Under the second.
        to: Decision,
        /// What makes the difference, one sentence each.
        why: Vec<String>,
    },
    /// The record does not hold what it takes: one sentence each.
    Unknown(Vec<String>),
}

/// What one policy makes of a record.
struct Again {
    decision: Decision,
    /// The rules that fired with what they fired at, and the requirements that were not met.
    grounds: Vec<String>,
}

/// Judges a recorded verdict by two policies.
pub fn compare(before: &Policy, after: &Policy, recorded: &Verdict) -> Compared {
    let known = [before, after].into_iter().find(|policy| policy.hash == recorded.policy);
    let (first, second) = match (again(before, known, recorded), again(after, known, recorded)) {
        (Ok(first), Ok(second)) => (first, second),
        (first, second) => {
            let mut missing: Vec<String> = first.err().into_iter().chain(second.err()).flatten().collect();
            missing.sort();
            missing.dedup();
            return Compared::Unknown(missing);
        }
    };
    // What was decided is what was decided.
    let from = if before.hash == recorded.policy { recorded.decision } else { first.decision };
    let to = if after.hash == recorded.policy { recorded.decision } else { second.decision };
    if from == to {
        return Compared::Same(from);
    }
    let only = |of: &Again, other: &Again, by: &Policy| -> Vec<String> {
        let grounds = of.grounds.iter().filter(|ground| !other.grounds.contains(ground));
        grounds.map(|ground| format!("{}: {ground}", by.name)).collect()
    };
    let mut why = only(&first, &second, before);
    why.extend(only(&second, &first, after));
    Compared::Changes { from, to, why }
}

/// `known` is the policy under which it was recorded, where it is one of those at hand.
fn again(policy: &Policy, known: Option<&Policy>, recorded: &Verdict) -> Result<Again, Vec<String>> {
    let mut missing = Vec::new();
    let mut exposed = Vec::with_capacity(recorded.exposures.len());
    let mut rows = Vec::with_capacity(recorded.exposures.len());
    for row in recorded.exposures.iter().filter(|row| seen_by(policy, row.exposure)) {
        let (Some(source_kind), Some(confidence)) = (row.source_kind, row.confidence) else {
            missing.push(
                "the record is of an earlier version: it does not say whose claims they are".to_owned(),
            );
            continue;
        };
        rows.push(row);
        exposed.push(Exposed {
            exposure: row.exposure,
            category: row.category,
            source_kind,
            confidence,
            labelled: row.labelled.as_ref(),
            jurisdictions: row.jurisdictions.as_deref().unwrap_or_default(),
            direction: row.direction,
            party: row.address.as_deref(),
            measured: Measured { asset: recorded.asset_of(row), amount: row.amount, worth: row.worth },
            total: row.total.unwrap_or_default(),
        });
    }
    if policy.rules.iter().any(|rule| !rule.jurisdictions.is_empty())
        && rows.iter().any(|row| row.jurisdictions.is_none())
    {
        missing.push("the record does not say in which countries the services are".to_owned());
    }
    let coverage = &recorded.coverage;
    let lists = cover::missing_lists(policy, &coverage.sources, &coverage.advisories, recorded.as_of);
    let mut grounds: Vec<String> = lists.iter().map(Gap::to_string).collect();
    if policy.require.advisories_within_days.is_some()
        && coverage.advisories.is_empty()
        && coverage.advisories_complete_as_of.is_some()
    {
        missing.push(
            "the record is of an earlier version: it does not say of whom the advisories are complete"
                .to_owned(),
        );
    }
    let transactions = cover::missing_transactions(policy, coverage.transactions_until, recorded.as_of);
    grounds.extend(transactions.iter().map(Gap::to_string));
    let counterparties_until = coverage.counterparties_until.or(coverage.transactions_until);
    if policy.require.counterparties_within_hours.is_some()
        && counterparties_until.is_none()
        && known.is_none_or(|known| known.require.counterparties_within_hours.is_none())
    {
        let what = "the record does not say up to when direct counterparties were looked at on one chain";
        missing.push(what.to_owned());
    }
    let counterparties = cover::missing_counterparties(policy, counterparties_until, recorded.as_of);
    grounds.extend(counterparties.iter().map(Gap::to_string));
    let unsure = coverage.gaps.iter().filter(|gap| {
        matches!(gap.kind, GapKind::OwnershipUnknown | GapKind::LabelsUnreadable | GapKind::LabelsStale)
    });
    grounds.extend(unsure.map(|gap| gap.sentence.clone()));
    let covered = grounds.is_empty();
    // How far transactions were followed says nothing to a policy that does not look at any, except of one itself.
    let looks = is_tx(recorded) || policy.basis != Basis::ListsOnly;
    let truncated = looks && was_truncated(policy, recorded, |_| true);
    if truncated {
        grounds.push("the search was truncated".to_owned());
    }
    let judged = judge(policy, exposed.iter().copied(), covered && !truncated);
    let currencies = judged.unlimited.iter().filter_map(|(.., reached)| match reached {
        Reached::NoPrice(currency) => Some(currency),
        _ => None,
    });
    missing.extend(
        currencies
            .map(|currency| format!("the record does not say what all amounts were worth in {currency}")),
    );
    let no_limits = judged.limits_not_applied(policy, |place| recorded.asset_of(rows[place]));
    grounds.extend(no_limits.iter().map(|gap| gap.sentence.clone()));
    for &(rule, place) in &judged.fired {
        let (rule, row) = (&policy.rules[rule], rows[place]);
        let source = row.source.as_ref().map_or_else(String::new, |source| format!(" by {source}"));
        grounds.push(format!("rule {}: {} ({}){source}", rule.name, row.label, row.category));
    }
    if let (true, Some(place)) = (judged.uncovered, judged.reason) {
        grounds.push(format!("no rule covers {} ({})", rows[place].label, rows[place].category));
    }
    let reach = Reach::of(policy, known, recorded);
    // Nothing unseen can change the strongest decision.
    if judged.decision != Decision::Block {
        if recorded.exposures.len() >= MAX_EXPOSURES {
            missing.push(format!("only the {MAX_EXPOSURES} largest exposures are in the record"));
        }
        missing.extend(unvouched(policy, known, recorded));
        missing.extend(reach.beyond.clone());
    }
    // What was seen counts only where it would be seen again.
    let sure = || exposed.iter().copied().filter(|row| !reach.doubtful.contains(&row.exposure));
    let whole =
        covered && !(looks && was_truncated(policy, recorded, |kind| kind != GapKind::IndirectTruncated));
    let by_share = policy.rules.iter().filter(|rule| rule.min_share_percent.is_some()).any(|rule| {
        rows.iter().any(|row| row.exposure == rule.exposure && rule.categories.contains(&row.category))
    });
    let others =
        [(true, covered && !truncated), (reach.may_stop_short, false), (reach.may_go_through, whole)];
    let differs = others.iter().filter(|(may_be, _)| *may_be).any(|&(_, suffices)| {
        judge(policy, exposed.iter().copied(), suffices).decision != judged.decision
            || judge(policy, sure(), suffices).decision != judged.decision
    });
    // With larger dust the whole is smaller too, and every share of it larger.
    let is_of_less = by_share && reach.doubtful.contains(&ExposureType::Direct);
    if differs || is_of_less {
        missing.push(format!(
            "policy {} looks less far, with less work or not at amounts as small, and the record does not say what that \
             leaves of it",
            policy.name
        ));
    }
    missing.dedup();
    if missing.is_empty() { Ok(Again { decision: judged.decision, grounds }) } else { Err(missing) }
}

/// Whether the subject is a transaction: all of it is looked at, whatever the policy's limits.
fn is_tx(recorded: &Verdict) -> bool {
    recorded.subject.parse::<TxId>().is_ok() || evm_hash(&recorded.subject).is_some()
}

/// Whether something was left out of the search for the subject's transactions that the policy minds. Records of earlier
/// versions have sentences and a mark.
fn was_truncated(policy: &Policy, recorded: &Verdict, counts: impl Fn(GapKind) -> bool) -> bool {
    let coverage = &recorded.coverage;
    let mut of_the_search = coverage.gaps.iter().filter(|gap| gap.kind.is_of_the_search()).peekable();
    if of_the_search.peek().is_none() {
        return coverage.truncated;
    }
    of_the_search.any(|gap| counts(gap.kind) && policy.minds(gap))
}

/// Whether the policy looks at such exposures at all. What the subject itself is called, every policy looks at.
fn seen_by(policy: &Policy, exposure: ExposureType) -> bool {
    matches!(exposure, ExposureType::Identified | ExposureType::Owned)
        || policy.rules.iter().any(|rule| rule.exposure == exposure)
}

/// Lists that the policy requires to be known as whole, of which the record does not say it: the policy that it was recorded
/// under did not ask. Of an official list every policy does.
fn unvouched(policy: &Policy, known: Option<&Policy>, recorded: &Verdict) -> Option<String> {
    let asked = |id: &SourceId| {
        official::official(id).is_some() || known.is_some_and(|known| known.require.sources.contains(id))
    };
    let source = recorded.coverage.sources.iter().find(|source| {
        source.vouched_until.is_none() && policy.require.sources.contains(&source.id) && !asked(&source.id)
    })?;
    Some(format!("the record does not say until when {} was known to be whole", source.id))
}

/// How far a policy looks against the one that a verdict was recorded under.
#[derive(Debug, Default)]
struct Reach {
    /// What it would have looked at and the one before did not.
    beyond: Option<String>,
    /// Exposures that it might not have seen, or with smaller amounts.
    doubtful: Vec<ExposureType>,
    /// Whether its search might have been cut short where the one before was not.
    may_stop_short: bool,
    /// Whether its search might not have been cut short where the one before was.
    may_go_through: bool,
}

impl Reach {
    /// A record says what was found and whether a limit cut the search, not how much work it took nor how far away each
    /// entity is.
    fn of(policy: &Policy, known: Option<&Policy>, recorded: &Verdict) -> Self {
        let direct = seen_by(policy, ExposureType::Direct);
        let indirect = seen_by(policy, ExposureType::Indirect) || policy.indirect.required;
        if !(direct || indirect) || policy.basis == Basis::ListsOnly || is_tx(recorded) {
            return Self::default();
        }
        let looked = recorded.coverage.transactions_until.is_some()
            || !matches!(recorded.basis, Basis::ListsOnly | Basis::ListsWithoutTransactions);
        if !looked {
            // Without transactions the decision is at best incomplete where the policy asks for them, and says so.
            let looks_further = recorded.basis == Basis::ListsOnly && !policy.require.transactions();
            let beyond = looks_further.then(|| {
                format!(
                    "policy {} looks at transactions, and the one it was recorded under did not",
                    policy.name
                )
            });
            return Self { beyond, ..Self::default() };
        }
        let required = policy.indirect.required;
        let Some(known) = known else {
            return Self {
                beyond: Some(
                    "it was recorded under a third policy, which may have looked less far".to_owned(),
                ),
                doubtful: vec![ExposureType::Direct, ExposureType::Indirect],
                may_stop_short: required,
                may_go_through: required,
            };
        };
        let was_cut = |kind| matches!(kind, GapKind::IndirectTruncated | GapKind::Unclassified);
        let cut = recorded.coverage.gaps.iter().any(|gap| was_cut(gap.kind));
        let (wanted, had) = (policy.indirect, known.indirect);
        let (dust, had_dust) = (policy.dust.incoming_below, known.dust.incoming_below);
        let further = indirect && (wanted.hops > had.hops || wanted.work > had.work);
        let nearer = indirect && wanted.hops < had.hops;
        let lazier = indirect && wanted.work < had.work;
        let (smaller, larger) = (dust < had_dust, dust > had_dust);
        let mut doubtful = Vec::new();
        if larger {
            doubtful.push(ExposureType::Direct);
        }
        if nearer || lazier || (indirect && larger) {
            doubtful.push(ExposureType::Indirect);
        }
        let beyond = (further || smaller).then(|| {
            format!(
                "policy {} looks further, or at smaller amounts, than the one it was recorded under",
                policy.name
            )
        });
        Self {
            beyond,
            doubtful,
            may_stop_short: required && (lazier || nearer),
            may_go_through: required && cut && (nearer || further || larger),
        }
    }
}
