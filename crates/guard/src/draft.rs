//! A report as it grows: the one way from what was read and found to an answer.
//!
//! What was not looked at belongs to what was looked at: whoever takes up a draft into another takes its gaps with it.

use crate::{
    ask::Listing,
    case::Case,
    context::Context,
    finding::{CheckId, Finding, Severity},
    report::{Item, Kind, Report},
    scalar::Malformed,
};

/// What has been read and found so far.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub items: Vec<Item>,
    pub findings: Vec<Finding>,
    not_checked: Vec<String>,
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
            gaps.push("No address was screened: no list was at hand (--data, --facts).".to_owned());
        }
        if context.lists.is_some() {
            let mut why: Vec<String> = cases
                .iter()
                .flat_map(|case| case.everybody().into_iter().map(|(_, address)| case.screened(&address)))
                .filter_map(|listing| match listing {
                    Listing::Unknown(why) => Some(format!("Not screened to the end: {why}.")),
                    _ => None,
                })
                .collect();
            why.sort();
            gaps.extend(why);
        }
        if calls {
            if context.engine.is_none() {
                gaps.push("Not simulated on the chain's state (--state, --rpc).".to_owned());
            }
            if facts.past.is_empty() && !facts.past_complete {
                gaps.push("Not compared with the past: no past payments were given (--facts).".to_owned());
            }
        }
        if facts.now.is_none() {
            gaps.push("The time is not known: ages and terms were not judged (--now).".to_owned());
        }
        Self { items, findings, not_checked: gaps }
    }

    /// Takes up what was found, and not looked at, in something inside this. Items stay.
    pub(crate) fn take_up(&mut self, inner: Self) {
        self.findings.extend(inner.findings);
        self.not_checked.extend(inner.not_checked);
    }

    /// The answer.
    pub(crate) fn report(self, kind: Kind, context: Context<'_>) -> Report {
        let mut not_checked: Vec<String> = Vec::with_capacity(self.not_checked.len());
        for gap in self.not_checked {
            if !not_checked.contains(&gap) {
                not_checked.push(gap);
            }
        }
        Report::new(kind, self.items, self.findings, not_checked, context)
    }
}
