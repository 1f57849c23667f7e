//! G-ADDR-01 and G-ADDR-02.

use alloy_primitives::Address;

use crate::{
    ask::Listing,
    case::Case,
    facts::Kind,
    finding::{
        CheckId::{Addr01, Addr02},
        Finding,
        Severity::{Block, Info, Review},
    },
    known,
    safe::SafeCase,
};

/// Equal hexadecimal digits at the front and at the back. Wallets show about four of each.
fn alike(a: &Address, b: &Address) -> (usize, usize) {
    let (a, b) = (hex::encode(a), hex::encode(b));
    let front = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let back = a.bytes().rev().zip(b.bytes().rev()).take_while(|(a, b)| a == b).count();
    (front, back)
}

/// An address made to be taken for a known one: three equal digits in front and four behind come about by chance once
/// in 268 million.
pub(super) fn look_alike(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut known = case.counterparties();
    if let Some(owners) = case.safe().and_then(SafeCase::owners) {
        known.extend(owners);
    }
    for (path, address) in case.everybody() {
        if known.contains(&address) || address.is_zero() {
            continue;
        }
        for other in &known {
            let (front, back) = alike(&address, other);
            if front >= 3 && back >= 4 {
                let title = format!(
                    "{address} looks like {} and is another address: compare every digit.",
                    case.show(other)
                );
                let finding = Finding::new(Addr01, Block, &path, title);
                out.push(finding.because(format!("{front} equal digits in front, {back} behind")));
            }
        }
    }
    for (path, address) in case.recipients() {
        let mut past = case.facts.past.iter().filter(|past| past.to.0 == address).peekable();
        let poisoned = past.peek().is_some() && past.all(|past| !past.own || past.value.0.is_zero());
        if poisoned && !known.contains(&address) && !case.is_own(&address) {
            let title = format!(
                "{address} is in the history only by payments you did not make: it was put there to be copied."
            );
            out.push(Finding::new(Addr01, Block, path, title));
        }
    }
}

pub(super) fn bad_recipient(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut seen = std::collections::BTreeSet::new();
    let involved = case.involved();
    let everybody = case.everybody();
    let everybody = everybody.iter().map(|(path, address)| (address, path));
    for (path, address, listing) in case.foreign_in_texts() {
        match listing {
            Listing::Listed(note) => {
                let title = format!(
                    "The text names {address}, which is on a list of sanctioned or thieves' addresses."
                );
                out.push(Finding::new(Addr02, Block, &path, title).because(note));
            }
            Listing::Doubtful(note) => {
                let title = format!("The text names {address}: look at what lists say of it.");
                out.push(Finding::new(Addr02, Review, &path, title).because(note));
            }
            // Said among what was not looked at, and required where the policy requires it.
            Listing::Clear | Listing::Unknown(_) => {}
        }
    }
    for (path, entry) in case.blocked_elsewhere() {
        let title = format!("The policy blocks {} ({}), which stands in it.", entry.place, entry.name);
        out.push(Finding::new(Addr02, Block, &path, title));
    }
    for (address, path) in everybody.chain(involved) {
        if !seen.insert(address) {
            continue;
        }
        if !involved.contains_key(address) && !case.is_own(address) && !address.is_zero() {
            // To end the right of somebody who is listed is no dealing with him.
            if case.is_marked(address) {
                let title = format!("{address} is on a list, and loses a right by this.");
                out.push(Finding::new(Addr02, Info, path, title));
            }
            continue;
        }
        if let Some(blocked) = case.policy.blocks(address, case.chain_id) {
            let title = format!("The policy blocks {address} ({}).", blocked.name);
            out.push(Finding::new(Addr02, Block, path, title));
        }
        match case.screened(address) {
            Listing::Listed(note) => {
                let title = format!("{address} is on a list of sanctioned or thieves' addresses.");
                out.push(Finding::new(Addr02, Block, path, title).because(note));
            }
            Listing::Doubtful(note) => {
                let title = format!("Lists know {address}: look at what they say.");
                out.push(Finding::new(Addr02, Review, path, title).because(note));
            }
            Listing::Clear | Listing::Unknown(_) => {}
        }
    }
    for (path, address) in case.recipients() {
        if address.is_zero() || burnt(&address) {
            // The customary burn addresses are named on purpose, zero mostly by a mistake.
            let severity = if burnt(&address) { Review } else { Block };
            let title = format!("Sends to {address}, which nobody owns: it is lost.");
            out.push(Finding::new(Addr02, severity, path, title));
        } else if known::token(&address, case.chain_id, case.facts).is_some()
            || case.facts.kind(&address) == Some(Kind::Token)
            || case.wraps(&address)
        {
            let title =
                format!("Sends to the token contract {}: what is sent there is lost.", case.show(&address));
            out.push(Finding::new(Addr02, Block, path, title));
        } else if let Some(age) = case.facts.age_days(&address)
            && age < i64::from(case.policy.bounds.young_days)
        {
            let title = format!("{address} is {age} days old.");
            out.push(Finding::new(Addr02, Review, path, title));
        }
    }
}

/// The customary burn addresses: `0x…dEaD` and alike.
fn burnt(address: &Address) -> bool {
    *address == Address::repeat_byte(0xff)
        || address.ends_with(&[0xde, 0xad]) && address.starts_with(&[0; 10])
}
