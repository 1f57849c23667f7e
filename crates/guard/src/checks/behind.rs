//! G-ADDR-02 of those who stand behind a request, and are neither called nor paid by it.

use std::collections::BTreeSet;

use crate::{
    ask::Listing,
    case::{Behind, Case},
    decode::Act,
    finding::{
        CheckId::Addr02,
        Finding,
        Severity::{self, Block, Review},
    },
};

/// Who sends or signs, the Safe and whoever has power over it, and whose code those run whom it deals with: held against the
/// policy and the lists as whoever is paid is.
pub(super) fn marked(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut told = BTreeSet::new();
    for (behind, address) in case.behind() {
        // Of those who are called or paid, the check of these tells.
        if !told.insert(address) || case.involved().contains_key(&address) {
            continue;
        }
        let what = what(case, &behind);
        if let Some(blocked) = case.policy.blocks(&address, case.chain_id) {
            let title = format!("The policy blocks {address} ({}), {what}.", blocked.name);
            out.push(Finding::new(Addr02, severity(case, &behind), &case.path, title));
        }
        match case.screened(&address) {
            Listing::Listed(note) => {
                let title = format!("{address}, {what}, is on a list of sanctioned or thieves' addresses.");
                out.push(Finding::new(Addr02, severity(case, &behind), &case.path, title).because(note));
            }
            Listing::Doubtful(note) => {
                let title = format!("Lists know {address}, {what}: look at what they say.");
                out.push(Finding::new(Addr02, Review, &case.path, title).because(note));
            }
            Listing::Clear | Listing::Unknown(_) => {}
        }
    }
}

fn what(case: &Case<'_>, behind: &Behind) -> String {
    match behind {
        Behind::Account => "whose money or signature it is".to_owned(),
        Behind::Owner => "an owner of the Safe".to_owned(),
        Behind::Holder => "a module, guard or handler of the Safe".to_owned(),
        Behind::Code(of) => format!("whose code {} runs", case.show(of)),
    }
}

/// Whoever is to leave a Safe, or an account's code, must be able to.
fn severity(case: &Case<'_>, behind: &Behind) -> Severity {
    let changes = |placed: &crate::decode::Placed| matches!(placed.act, Act::Setting { .. });
    let ends_code = case.authorizations.iter().any(|one| one.address.is_zero());
    match behind {
        Behind::Owner => Review,
        Behind::Holder if case.acts.iter().any(changes) => Review,
        Behind::Code(of) if case.is_own(of) && ends_code => Review,
        Behind::Account | Behind::Holder | Behind::Code(_) => Block,
    }
}
