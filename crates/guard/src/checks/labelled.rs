//! Whom labels name of those whom a request deals with, pays when it runs, or rests on.

use std::collections::BTreeMap;

use alloy_primitives::Address;

use crate::{
    case::Case,
    finding::{CheckId::Addr02, Finding, Severity::Info},
    labelled::told,
};

/// Statements about one address that are told.
const MOST: usize = 4;

/// Told, and no more: a label is somebody's word, and speaks for nobody.
pub(super) fn named(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut all: BTreeMap<Address, String> = BTreeMap::new();
    let done = case.simulation.iter().filter(|done| done.went_through).flat_map(|done| &done.moved);
    let paid = done.map(|moved| (case.path.clone(), moved.to));
    let behind = case.behind().into_iter().map(|(_, address)| (case.path.clone(), address));
    for (path, address) in case.everybody().into_iter().chain(paid).chain(behind) {
        if !case.is_own(&address) {
            all.entry(address).or_insert(path);
        }
    }
    for (address, path) in all {
        let statements = case.labels_of(&address);
        if statements.is_empty() {
            continue;
        }
        let title = format!(
            "{} has a name by labels: somebody says so, and it speaks for nobody.",
            case.show(&address)
        );
        let finding = Finding::new(Addr02, Info, &path, title);
        let finding = statements.iter().take(MOST).map(told).fold(finding, Finding::because);
        let more = statements.len().saturating_sub(MOST);
        out.push(if more == 0 { finding } else { finding.because(format!("and {more} statements more")) });
    }
}
