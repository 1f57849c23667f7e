//! G-SIGN-01 and G-ACT-01: in whose name a signature speaks, and whom it names besides.
//!
//! What an account signs says something of that account alone. A field that names another owner makes the same signature one
//! that somebody else's key, contract or session will be held to; and an address that nobody vouches for may be whom all is for,
//! whatever its field is called.

use std::collections::BTreeSet;

use alloy_primitives::Address;

use super::whom::For;
use crate::{
    case::{Case, ON_BEHALF, Subject, named},
    decode::{Act, By, Extent, Grant},
    finding::{
        CheckId::{Act01, Sign01},
        Finding,
        Severity::{Incomplete, Review},
    },
    policy::Role,
    typed::{Data, Meaning, meaning::ALLOWANCES, shapes},
};

/// How types that nobody described call whoever gives, owns or signs.
const OWNERS: &[&str] = &[
    "account",
    "approver",
    "authorizer",
    "borrower",
    "delegator",
    "depositor",
    "from",
    "grantor",
    "holder",
    "lender",
    "maker",
    "offerer",
    "onbehalfof",
    "owner",
    "payer",
    "principal",
    "safe",
    "sender",
    "signer",
    "staker",
    "swapper",
    "tokenowner",
    "trader",
    "user",
    "wallet",
];

/// An address that stands in typed data, and where.
struct Named {
    path: String,
    address: Address,
}

fn addresses(data: &Data, path: &str, out: &mut Vec<Named>) {
    match data {
        Data::Address(address) => out.push(Named { path: path.to_owned(), address: *address }),
        Data::List(items) => {
            for (index, item) in items.iter().enumerate() {
                addresses(item, &format!("{path}[{index}]"), out);
            }
        }
        Data::Struct(_, fields) => {
            for (name, field) in fields {
                addresses(field, &format!("{path}.{name}"), out);
            }
        }
        _ => {}
    }
}

/// Whether a field says in whose name the data speak: the one that the shape names, else by what it is called.
fn is_owner(meaning: &Meaning, path: &str) -> bool {
    if let Meaning::Known(known) = meaning
        && let Some(owner) = known.owner
    {
        return path.strip_prefix("message.") == Some(owner);
    }
    let name = path.rsplit('.').next().unwrap_or(path);
    let name = name.split('[').next().unwrap_or(name).to_ascii_lowercase();
    OWNERS.contains(&&name[..])
}

/// Whether a field says who gets a share of the price beside the maker. Whoever takes the order pays it, and what is left for the
/// maker is held against what he gives; who it is is judged with the order.
fn is_share(meaning: &Meaning, path: &str) -> bool {
    matches!(meaning, Meaning::Orders { .. })
        && path.contains(".consideration[")
        && path.ends_with(".recipient")
}

/// Whoever is spoken for must be who signs.
pub(super) fn in_whose_name(case: &Case<'_>, out: &mut Vec<Finding>) {
    if !case.knows_signer() {
        unasked(case, out);
    }
    let Some(actor) = case.actor else { return };
    let you = case.facts.account.map_or(actor, |account| account.0);
    let mut add = |path: &str, whom: &Address| {
        let title = format!("Speaks for {} and not for you ({you}).", case.show(whom));
        out.push(Finding::new(Sign01, Review, path, title));
    };
    let mut own = BTreeSet::new();
    for named in owners(case).into_iter().filter(|named| !named.address.is_zero()) {
        if case.speaks_for(&named.address) {
            own.insert(named.address);
        } else {
            add(&named.path, &named.address);
        }
    }
    if own.len() > 1 && case.signs_for_another() {
        let title = "Speaks for several accounts at once: what is whose was not looked at.";
        out.push(Finding::new(Sign01, Review, "message", title));
    }
    let mut add = |path: &str, whom: &Address| {
        let title = format!("Speaks for {} and not for you ({you}).", case.show(whom));
        out.push(Finding::new(Sign01, Review, path, title));
    };
    for placed in &case.acts {
        if let Act::Grant(grant) = &placed.act
            && matches!(grant.by, By::Permit | By::PermitTransfer)
            && let Some(owner) = grant.owner.filter(|owner| !case.speaks_for(owner))
        {
            add(&placed.path, &owner);
        }
    }
    for call in &case.unpacked.calls {
        // The last byte tells the accounts of one owner there apart.
        let own = |from: &Address| case.speaks_for(from) || from[..19] == actor[..19];
        if call.inside.is_some_and(|inside| ON_BEHALF.contains(&inside))
            && let Some(from) = call.from.filter(|from| !from.is_zero() && !own(from))
        {
            add(&call.path, &from);
        }
        // What somebody else signed at Permit2 is his to be taken by whom he meant.
        let taken = call.decoded.as_ref().filter(|decoded| decoded.function.name == "permitTransferFrom");
        if let Some(owner) = taken.and_then(|it| it.address(2)).filter(|owner| !case.speaks_for(owner)) {
            add(&call.path, &owner);
        }
    }
}

/// Whether it is known who signs: the context says it, raw bytes are signed, or it is a Safe's and its hash holds for that one alone.
/// The `from` of a request is its own word, and nothing of what is signed.
impl Case<'_> {
    pub(crate) fn knows_signer(&self) -> bool {
        self.facts.account.is_some()
            || match self.subject {
                Subject::Safe(_) => true,
                Subject::Tx(tx) => tx.is_signed,
                _ => false,
            }
    }
}

/// Where nobody says who signs, whoever is spoken for may be anybody, and what comes back to the sender may come to somebody else.
fn unasked(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut all = owners(case);
    let mut add = |path: &str, address: Address| all.push(Named { path: path.to_owned(), address });
    for placed in &case.acts {
        match &placed.act {
            Act::Grant(Grant { owner: Some(owner), by: By::Permit | By::PermitTransfer, .. })
            | Act::Transfer { from: Some(owner), .. } => add(&placed.path, *owner),
            Act::Named { beneficiaries, .. } => {
                if let Some(actor) = case.actor.filter(|actor| beneficiaries.contains(actor)) {
                    add(&placed.path, actor);
                }
            }
            _ => {}
        }
    }
    for call in &case.unpacked.calls {
        if call.inside.is_some_and(|inside| ON_BEHALF.contains(&inside))
            && let Some(from) = call.from
        {
            add(&call.path, from);
        }
        let taken = call.decoded.as_ref().filter(|decoded| decoded.function.name == "permitTransferFrom");
        if let Some(owner) = taken.and_then(|it| it.address(2)) {
            add(&call.path, owner);
        }
        if let Some(from) = case.actor.filter(|from| {
            let brings = !call.data.is_empty() || !call.value.is_zero();
            named(call).contains(from) || call.to == Some(*from) && brings
        }) {
            add(&call.path, from);
        }
    }
    let mut seen = BTreeSet::new();
    for Named { path, address } in all {
        if !address.is_zero() && !case.facts.names_safe(&address) && seen.insert(address) {
            let title = format!(
                "Speaks for {address}, or brings something there: whether that is you is not known (--account)."
            );
            out.push(Finding::new(Sign01, Incomplete, &path, title));
        }
    }
}

/// Who is spoken for, by the fields of typed data.
fn owners(case: &Case<'_>) -> Vec<Named> {
    let Some((data, meaning)) = case.typed() else { return Vec::new() };
    let mut all = Vec::new();
    addresses(&data.message, "message", &mut all);
    all.retain(|named| is_owner(meaning, &named.path));
    all.extend(case.signs_as.map(|address| Named { path: "message.verifyingContract".to_owned(), address }));
    if let Meaning::Text(_) = meaning {
        let account = data.domain.address("verifyingContract");
        all.extend(account.map(|address| Named { path: "domain.verifyingContract".to_owned(), address }));
    }
    if let Meaning::Known(known) = meaning
        && all.is_empty()
    {
        // Some types write addresses as numbers.
        let from = known.calls.iter().find_map(|call| call.from);
        all.extend(from.map(|address| Named { path: "message".to_owned(), address }));
    }
    all
}

/// Whoever else typed data name must be somebody that is known, whatever the field is for: the signature holds for him too.
pub(super) fn strangers(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for Named { path, address } in unvouched(case) {
        if seen.insert(address) {
            let title = format!("Names {}, and nobody vouches for that address.", case.show(&address));
            out.push(Finding::new(Act01, Incomplete, &path, title));
        }
    }
    let Some((data, Meaning::Other)) = case.typed() else { return };
    if shapes::is_known(data) {
        let title = "Is of a type that is known, and a field of it holds what that type never has there: it was not read.";
        out.push(Finding::new(Act01, Incomplete, "message", title));
    }
    if let Some((path, count)) = bytes(&data.message, "message") {
        let title = format!("Holds {count} bytes that nothing here reads: they may be a call in your name.");
        out.push(Finding::new(Act01, Incomplete, &path, title));
    }
}

/// Whether typed data of a type that nobody described deals with more than the signer and its own contract: a look at it does not tell
/// what it does.
pub(super) fn is_beyond_a_look(case: &Case<'_>) -> bool {
    let Some((data, Meaning::Other)) = case.typed() else { return false };
    shapes::is_known(data) || bytes(&data.message, "message").is_some() || !unvouched(case).is_empty()
}

/// The first bytes of any length in it, where there are some.
fn bytes(data: &Data, path: &str) -> Option<(String, usize)> {
    match data {
        Data::Bytes(bytes) => (!bytes.is_empty()).then(|| (path.to_owned(), bytes.len())),
        Data::List(items) => {
            items.iter().enumerate().find_map(|(index, item)| bytes(item, &format!("{path}[{index}]")))
        }
        Data::Struct(_, fields) => {
            fields.iter().find_map(|(name, field)| bytes(field, &format!("{path}.{name}")))
        }
        _ => None,
    }
}

/// The addresses in typed data for whom nobody vouches in their place.
fn unvouched(case: &Case<'_>) -> Vec<Named> {
    let Some((data, meaning)) = case.typed() else { return Vec::new() };
    // Never allowed as it is.
    if matches!(meaning, Meaning::Blind | Meaning::SafeMessage | Meaning::Text(_)) {
        return Vec::new();
    }
    let mut all = Vec::new();
    addresses(&data.message, "message", &mut all);
    all.retain(|named| !is_owner(meaning, &named.path) && !is_share(meaning, &named.path));
    if let Meaning::Known(known) = meaning {
        all.retain(|named| {
            !known.betters().iter().any(|path| named.path.strip_prefix("message.") == Some(path))
        });
        for (index, call) in known.calls.iter().enumerate() {
            all.push(Named { path: format!("message.call[{index}]"), address: call.to });
        }
    }
    let losing = losing(case);
    let elsewhere = judged(case);
    all.retain(|Named { path, address }| {
        // Nobody, or whom it is signed for.
        let is_contract = address.is_zero()
            || data.domain.address("verifyingContract") == Some(*address)
                && (!matches!(meaning, Meaning::Other) || case.knows_contract(address));
        let name = path.rsplit('.').next().unwrap_or(path);
        let is_known = match For::of_name(name.split('[').next().unwrap_or(name)) {
            For::Thing => is_contract || case.is_thing(address),
            _ if name.starts_with("call[") => {
                is_contract || case.is_thing(address) || case.may_receive(address)
            }
            // What the fields of a type mean that nobody described, is not known.
            _ if matches!(meaning, Meaning::Other) && case.is_thing(address) => true,
            _ => {
                is_contract
                    || case.is_party(address)
                    || elsewhere.contains(address)
                    || case.decides(address, name)
            }
        };
        !is_known && !losing.contains(address)
    });
    all
}

/// Whom the checks of acts, rights and orders judge for what they are named for: who is called or paid, may take or act, gets what an
/// order brings, or decides about it.
fn judged(case: &Case<'_>) -> BTreeSet<Address> {
    let mut all: BTreeSet<Address> = case.grants.iter().map(|(_, grant)| grant.spender).collect();
    let orders = match case.typed() {
        Some((_, Meaning::Orders { orders, .. })) => &orders[..],
        Some((_, Meaning::Known(known))) => {
            all.extend(known.spender.iter().chain(&known.operators));
            all.extend(known.calls.iter().map(|call| call.to));
            &known.orders[..]
        }
        _ => &[],
    };
    for order in orders {
        all.extend(order.asked.iter().filter_map(|item| item.recipient).chain(order.taker).chain(order.zone));
    }
    all.extend(case.recipients().into_iter().map(|(_, to)| to));
    all
}

/// Who loses a right by a signature that gives nobody any: as on the chain, it does not matter who he is.
fn losing(case: &Case<'_>) -> Vec<Address> {
    match case.typed() {
        Some((data, Meaning::Grants(grants)))
            if ALLOWANCES.contains(&&data.type_text[..])
                && grants.iter().all(|(_, grant)| grant.extent == Extent::None && case.is_owned(grant)) =>
        {
            grants.iter().map(|(_, grant)| grant.spender).collect()
        }
        Some((_, Meaning::Known(known))) => known.dismissed.into_iter().collect(),
        _ => Vec::new(),
    }
}

impl Case<'_> {
    /// Whether a signature of the account speaks for an address: itself, or a Safe that it is told to own.
    pub(crate) fn speaks_for(&self, address: &Address) -> bool {
        let is_signer = || self.typed().is_some() && self.is_account(address);
        self.is_own(address) || is_signer() || self.owns_safe(address)
    }

    /// Whether an address is a Safe that the context names, with the account among its owners.
    pub(crate) fn owns_safe(&self, address: &Address) -> bool {
        let owns = |account: Address| {
            self.facts.names_safe(address)
                && self
                    .facts
                    .safe_at(address)
                    .is_some_and(|safe| safe.owners.iter().any(|owner| owner.0 == account))
        };
        self.facts.account.is_some_and(|account| owns(account.0))
    }

    /// Whether an address is trusted to take a part in what a signature agrees to, for a field of that name: whoever takes a fee, or
    /// acts, administers or owns.
    fn decides(&self, address: &Address, name: &str) -> bool {
        const PARTS: [Role; 5] = [Role::Operator, Role::Admin, Role::Owner, Role::Zone, Role::Delegate];
        let takes_fee = name.to_ascii_lowercase().contains("fee") && self.may_take_share(address);
        takes_fee || self.trusts(address, &PARTS)
    }
}
