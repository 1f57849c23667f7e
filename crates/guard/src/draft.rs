//! A report as it grows: the one way from what was read and found to an answer.
//!
//! What was not looked at belongs to what was looked at: whoever takes up a draft into another takes its gaps with it.

use tracehound_model::{Gap, GapKind};

use crate::{
    ask::Listing,
    case::Case,
    chain::Concerned,
    checks::{self, Leaving},
    context::Context,
    finding::{CheckId, Finding, Severity},
    report::{Item, Kind, NodeReport, Report},
    scalar::Malformed,
    summary,
};

/// What has been read and found so far.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub items: Vec<Item>,
    pub findings: Vec<Finding>,
    gaps: Vec<Gap>,
    /// Whom it deals with.
    pub concerned: Concerned,
    node: Option<NodeReport>,
    /// What leaves by all of it.
    together: Option<String>,
    leaving: Leaving,
    /// The places of its cases, those on which most hangs first.
    first: Vec<String>,
}

impl Draft {
    /// An input that cannot be read: block, with the place.
    pub(crate) fn refused(error: &Malformed) -> Self {
        let title = format!("The input cannot be read, so it must not be signed: {error}");
        let finding = Finding::new(CheckId::Fmt01, Severity::Block, &error.path, title);
        Self { findings: vec![finding], ..Self::default() }
    }

    /// What was read and found in these cases, with what was not looked at in them. `calls`: whether they are calls, which
    /// can be executed and compared with the past.
    pub(crate) fn of(
        items: Vec<Item>,
        findings: Vec<Finding>,
        cases: &[Case<'_>],
        calls: bool,
        context: Context<'_>,
    ) -> Self {
        let facts = context.facts;
        let mut gaps = Vec::new();
        if context.lists.is_none() && !facts.address.iter().any(|facts| facts.screened.is_some()) {
            let sentence = "no address was screened, because no list was at hand";
            gaps.push(Gap::new(GapKind::NotScreened, sentence).mend("give --data or --context"));
        }
        if context.lists.is_some() {
            let mut why: Vec<Gap> = cases
                .iter()
                .flat_map(|case| {
                    let behind = case.behind().into_iter().map(|(_, address)| address);
                    let everybody = case.everybody().into_iter().map(|(_, address)| address).chain(behind);
                    let everybody = everybody.map(|address| case.screened(&address));
                    everybody.chain(case.foreign_in_texts().into_iter().map(|(_, _, listing)| listing))
                })
                .filter_map(|listing| match listing {
                    Listing::Unknown(why) => Some(not_screened(&why)),
                    _ => None,
                })
                .collect();
            why.sort();
            gaps.extend(why);
        }
        if calls {
            if context.engine.is_none() {
                let sentence = "not simulated on the chain's state";
                gaps.push(Gap::new(GapKind::NotSimulated, sentence).mend("give --state or --rpc"));
            }
            if facts.past.is_empty() && !facts.past_complete {
                let sentence = "not compared with the past, because no past payments were given";
                gaps.push(Gap::new(GapKind::PastNotCompared, sentence).mend("give [[past]] in --context"));
            }
        }
        if facts.now.is_none() {
            let sentence = "the time is not known, so that ages and terms were not judged";
            gaps.push(Gap::new(GapKind::TimeUnknown, sentence).mend("give --now"));
        }
        let mut concerned = Concerned::default();
        for case in cases {
            concerned.add(case);
        }
        let together = (cases.len() > 1).then(|| summary::in_all(cases.iter())).flatten();
        let leaving = checks::leaving_together(&cases.iter().collect::<Vec<_>>());
        let first = summary::by_weight(cases);
        Self { items, findings, gaps, concerned, node: None, together, leaving, first }
    }

    /// With what a node showed, and what is to be said of it.
    pub(crate) fn and(mut self, node: Option<NodeReport>, findings: Vec<Finding>) -> Self {
        self.node = node;
        self.findings.extend(findings);
        self
    }

    /// Takes up what was found, and not looked at, in something inside this. Items stay.
    pub(crate) fn take_up(&mut self, inner: Self) {
        self.findings.extend(inner.findings);
        self.gaps.extend(inner.gaps);
        self.concerned.join(inner.concerned);
        // It is what leaves by the outer one too, where that is read.
        for (asset, amount) in inner.leaving {
            let most = self.leaving.entry(asset).or_default();
            *most = amount.max(*most);
        }
    }

    /// The answer.
    pub(crate) fn report(self, kind: Kind, context: Context<'_>) -> Report {
        let mut gaps: Vec<Gap> = Vec::with_capacity(self.gaps.len());
        for gap in self.gaps {
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        }
        Report {
            node: self.node,
            together: self.together,
            leaving: self.leaving,
            first: self.first,
            ..Report::new(kind, self.items, self.findings, gaps, context)
        }
    }
}

/// An address could not be told from those on lists; what the lists lack says why.
fn not_screened(why: &Gap) -> Gap {
    Gap { sentence: format!("not screened to the end: {}", why.sentence), ..why.clone() }
}
