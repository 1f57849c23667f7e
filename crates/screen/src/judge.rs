//! From exposures and coverage to a decision, by the rules of a policy. Pure: the screener judges what it has just found,
//! the policy lab what it found earlier.

use std::collections::BTreeMap;

use tracehound_model::{
    Asset, Category, Decision, Gap, GapKind,
    verdict::{Direction, ExposureType},
};

use crate::policy::{Exposed, Measured, Policy, Reached, Rule};

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

/// What passed one way between the subject and all its counterparties that a rule looks at. A limit holds over the sum: who
/// pays from a hundred addresses pays no less than from one.
struct InAll {
    direction: Direction,
    /// Nothing where fewer than two are told apart.
    sum: Option<Measured>,
}

impl InAll {
    fn of(rule: &Rule, exposed: &[Exposed<'_>]) -> [Self; 2] {
        [Direction::Incoming, Direction::Outgoing].map(|direction| {
            let mut parties: BTreeMap<&str, Measured> = BTreeMap::new();
            let direct = exposed.iter().filter(|one| {
                one.exposure == ExposureType::Direct
                    && one.direction == Some(direction)
                    && rule.is_about(one)
                    && rule.is_there(one)
            });
            for one in direct.filter(|one| one.measured.amount.is_some()) {
                one.party.and_then(|party| parties.insert(party, one.measured));
            }
            let several = parties.len() > 1;
            let sum = parties.into_values().reduce(Measured::with).filter(|_| several);
            Self { direction, sum }
        })
    }

    /// The exposure with the sum for its own amount, where it is one of them.
    fn instead_of<'e>(&self, one: &Exposed<'e>) -> Option<Exposed<'e>> {
        let is_one = one.exposure == ExposureType::Direct
            && one.direction == Some(self.direction)
            && one.party.is_some()
            && one.measured.amount.is_some();
        let measured = self.sum.filter(|_| is_one)?;
        Some(Exposed { measured, ..*one })
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
    let exposed: Vec<Exposed<'e>> = exposed.into_iter().collect();
    let in_all: Vec<[InAll; 2]> = policy.rules.iter().map(|rule| InAll::of(rule, &exposed)).collect();
    let mut heaviest = None;
    let mut uncovered: Option<(bool, usize)> = None;
    for (place, &one) in exposed.iter().enumerate() {
        let fired = judged.fired.len();
        for (at, rule) in policy.rules.iter().enumerate() {
            if rule.lacks_jurisdiction(&one) {
                judged.unplaced.push((at, place));
            }
            let one = in_all[at].iter().find_map(|sum| sum.instead_of(&one)).unwrap_or(one);
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
