//! From exposures and coverage to a decision, by the rules of a policy. Pure: the screener judges what it has just found,
//! the policy lab what it found earlier.

use tracehound_model::{Asset, Category, Decision, Gap, GapKind, verdict::ExposureType};

use crate::policy::{Exposed, Policy, Reached};

/// What a policy makes of some exposures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) decision: Decision,
    pub(crate) score: u8,
    /// Rules that fired, by place in the policy, with the place of the exposure.
    pub(crate) fired: Vec<(usize, usize)>,
    /// Of those, what objected to an amount that no limit of it applies to.
    pub(crate) unlimited: Vec<(usize, usize, Reached)>,
    /// Rules that ask for a country and could not be answered, by place, with the place of the exposure.
    pub(crate) unplaced: Vec<(usize, usize)>,
    /// The exposure that the summary names: behind the strongest rule, the subject's own before others', a sanction before
    /// the rest.
    pub(crate) reason: Option<usize>,
    /// The rule by which that decides, by place in the policy; none where no rule covers it.
    pub(crate) rule: Option<usize>,
    /// No rule fired, and the reason is a claim that no policy lets pass in silence.
    pub(crate) uncovered: bool,
}

impl Judged {
    /// What to say where no limit was applied, once each; `asset` is that of an exposure.
    pub(crate) fn limits_not_applied(
        &self,
        policy: &Policy,
        asset: impl Fn(usize) -> Option<Asset>,
    ) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for &(rule, place, reached) in &self.unlimited {
            let gap = reached.gap(&policy.rules[rule].name, asset(place));
            gaps.extend(gap.filter(|gap| !gaps.contains(gap)));
        }
        gaps
    }

    /// What to say where no source tells the country that a rule asks for; `name` is whose the exposure is.
    pub(crate) fn without_jurisdiction<'n>(
        &self,
        policy: &Policy,
        name: impl Fn(usize) -> &'n str,
    ) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for &(rule, place) in &self.unplaced {
            let sentence = format!(
                "rule {} asks for the jurisdiction of {}, which no source tells",
                policy.rules[rule].name,
                name(place)
            );
            let gap = Gap::about_subject(GapKind::JurisdictionUnknown, sentence)
                .mend("import an ActorPack that has it");
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        }
        gaps
    }
}

/// The score of a claim that no rule of the policy covers and that a person has to look at.
const UNCOVERED_SCORE: u8 = 50;

/// Judges `exposed`. Where no rule objects, the answer is `review` if the subject itself is named for what must not pass
/// in silence, else `allow` when `suffices`, else `incomplete`.
pub(crate) fn judge<'e>(
    policy: &Policy,
    exposed: impl IntoIterator<Item = Exposed<'e>>,
    suffices: bool,
) -> Judged {
    let mut judged = Judged {
        decision: Decision::Allow,
        score: 0,
        fired: Vec::new(),
        unlimited: Vec::new(),
        unplaced: Vec::new(),
        reason: None,
        rule: None,
        uncovered: false,
    };
    let mut heaviest = None;
    let mut uncovered: Option<(bool, usize)> = None;
    for (place, one) in exposed.into_iter().enumerate() {
        let fired = judged.fired.len();
        for (at, rule) in policy.rules.iter().enumerate() {
            if rule.lacks_jurisdiction(&one) {
                judged.unplaced.push((at, place));
            }
            let Some(reached) = rule.fires(&one) else { continue };
            judged.fired.push((at, place));
            if reached != Reached::Yes {
                judged.unlimited.push((at, place, reached));
            }
            let decision = rule.decision.min(one.at_most());
            let own = matches!(one.exposure, ExposureType::Identified | ExposureType::Owned);
            let weight = (decision, rule.score, own, one.category == Category::Sanction);
            if heaviest.is_none_or(|heaviest| weight > heaviest) {
                (heaviest, judged.reason, judged.rule) = (Some(weight), Some(place), Some(at));
            }
            judged.decision = judged.decision.max(decision);
            judged.score = judged.score.max(rule.score);
        }
        let sanction = one.category == Category::Sanction;
        if judged.fired.len() == fired
            && one.needs_a_rule()
            && uncovered.is_none_or(|(other, _)| sanction && !other)
        {
            uncovered = Some((sanction, place));
        }
    }
    if let (Decision::Allow, Some((_, place))) = (judged.decision, uncovered) {
        judged.decision = Decision::Review;
        judged.score = UNCOVERED_SCORE;
        (judged.reason, judged.rule) = (Some(place), None);
        judged.uncovered = true;
    }
    if judged.decision == Decision::Allow && !(suffices && judged.unplaced.is_empty()) {
        judged.decision = Decision::Incomplete;
    }
    judged
}
