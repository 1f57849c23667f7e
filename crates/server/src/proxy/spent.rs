//! What the proxy let pass within a day, for the limits per day of a policy. It is kept in memory alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tracehound_guard::{
    Policy,
    facts::Spent,
    rpc::Leaving,
    scalar::{Account, Whole},
};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Sums by the hour, of whatever left: to a limit the coin and what wraps it are one.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    hours: BTreeMap<i64, Leaving>,
    /// Grows with every entry, so that whoever judged by an older state notices.
    version: u64,
}

/// Whether anything is limited per day.
pub(super) fn is_limited(policy: &Policy) -> bool {
    policy.limits.iter().any(|limit| limit.per_day.is_some())
}

impl Ledger {
    /// What passed within the last day, of all that the policy limits be it nothing, and the state it is of.
    pub(super) fn spent(&mut self, policy: &Policy, now: Timestamp) -> (Vec<Spent>, u64) {
        let oldest = (now.as_second() - DAY).div_euclid(HOUR);
        self.hours.retain(|hour, _| *hour >= oldest);
        let limited = policy.limits.iter().filter(|limit| limit.per_day.is_some());
        let nothing = limited.map(|limit| Spent::nothing_of(limit.token));
        let all = self.hours.values().flatten();
        let spent = all.map(|(token, amount)| Spent { token: token.map(Account), value: Whole(*amount) });
        (nothing.chain(spent).collect(), self.version)
    }

    /// Notes what is about to pass, where nothing was noted since `version`; else it is to be judged again.
    pub(super) fn note(&mut self, leaving: &Leaving, version: u64, now: Timestamp) -> bool {
        let counted: Vec<_> = leaving.iter().filter(|(_, amount)| !amount.is_zero()).collect();
        if counted.is_empty() {
            return true;
        }
        if self.version != version {
            return false;
        }
        let hour = self.hours.entry(now.as_second().div_euclid(HOUR)).or_default();
        for (token, amount) in counted {
            let sum = hour.entry(*token).or_default();
            *sum = sum.saturating_add(*amount);
        }
        self.version += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passed_counts_for_a_day_and_once() {
        let text = "name='x'\nrequire=[]\n[[limit]]\nper-day='10'\n";
        let policy = Policy::parse(text).expect("a policy");
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let mut ledger = Ledger::default();
        let leaving: Leaving = [(None, "7".parse().expect("a number"))].into();
        let now = at("2026-01-15T12:30:00Z");
        let (spent, version) = ledger.spent(&policy, now);
        assert!(spent.iter().all(|spent| spent.value.0.is_zero()) && spent.len() == 1 && is_limited(&policy));
        assert!(ledger.note(&leaving, version, now));
        assert!(!ledger.note(&leaving, version, now), "judged before the other was noted");
        assert_eq!(ledger.spent(&policy, at("2026-01-16T12:10:00Z")).0.len(), 2);
        assert_eq!(ledger.spent(&policy, at("2026-01-16T14:00:00Z")).0.len(), 1);
    }
}
