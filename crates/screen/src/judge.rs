//! From exposures and coverage to a decision, by the rules of a policy. Pure: the screener judges what it has just found,
//! the policy lab what it found earlier.

use tracehound_model::{Category, Decision, verdict::ExposureType};

use crate::policy::{Exposed, Policy};

/// What a policy makes of some exposures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) decision: Decision,
    pub(crate) score: u8,
    /// Rules that fired, by place in the policy, with the place of the exposure.
    pub(crate) fired: Vec<(usize, usize)>,
    /// The exposure that the summary names: behind the strongest rule, the subject's own before others', a sanction before
    /// the rest.
    pub(crate) reason: Option<usize>,
}

/// Judges `exposed`. Where no rule objects, the answer is `allow` when `suffices`, else `incomplete`.
pub(crate) fn judge(policy: &Policy, exposed: impl IntoIterator<Item = Exposed>, suffices: bool) -> Judged {
    let mut judged = Judged { decision: Decision::Allow, score: 0, fired: Vec::new(), reason: None };
    let mut heaviest = None;
    for (place, one) in exposed.into_iter().enumerate() {
        for (at, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| rule.fires(&one)) {
            judged.fired.push((at, place));
            let own = one.exposure == ExposureType::Own;
            let weight = (rule.decision, rule.score, own, one.category == Category::Sanction);
            if heaviest.is_none_or(|heaviest| weight > heaviest) {
                (heaviest, judged.reason) = (Some(weight), Some(place));
            }
            judged.decision = judged.decision.max(rule.decision);
            judged.score = judged.score.max(rule.score);
        }
    }
    if judged.decision == Decision::Allow && !suffices {
        judged.decision = Decision::Incomplete;
    }
    judged
}
