//! G-FMT-01 and G-WRAP-01.

use crate::{
    case::{Case, Subject},
    finding::{
        CheckId::{Fmt01, Wrap01},
        Finding,
        Severity::{Block, Incomplete, Review},
    },
};

pub(super) fn encoding(case: &Case<'_>, out: &mut Vec<Finding>) {
    for oddity in &case.unpacked.oddities {
        let title = "The call is encoded in a way that readers and the contract may understand differently.";
        out.push(Finding::new(Fmt01, Block, &oddity.path, title).because(oddity.what.clone()));
    }
    // For typed data the same is a blind signature (G-SIGN-01).
    if matches!(case.subject, Subject::Typed(..)) {
        return;
    }
    for quirk in case.quirks {
        let title = "A value is spelt so that readers may understand it differently.";
        out.push(Finding::new(Fmt01, Block, &quirk.path, title).because(quirk.what.clone()));
    }
}

pub(super) fn cut(case: &Case<'_>, out: &mut Vec<Finding>) {
    for cut in &case.unpacked.cut {
        let title = "Not everything inside was examined.";
        out.push(Finding::new(Wrap01, Incomplete, &cut.path, title).because(cut.what.clone()));
    }
    for call in case.unpacked.calls.iter().filter(|call| !call.is_wrapper) {
        if call.signature() == Some("execute(bytes32,bytes)")
            || call.signature() == Some("execute(bytes,bytes[],uint256)")
        {
            let title = "Commands in a form of its own are inside, which are not examined.";
            let severity = if call.to.is_some_and(|to| case.trusts(&to, &[crate::policy::Role::Contract])) {
                Review
            } else {
                Incomplete
            };
            out.push(Finding::new(Wrap01, severity, &call.path, title));
        }
    }
}
