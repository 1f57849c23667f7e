//! G-APP-01 to G-APP-03: rights over tokens.

use alloy_primitives::{Address, U256};

use crate::{
    case::{Case, OneOrCoin},
    decode::{By, Extent, Grant},
    entries,
    facts::Kind,
    finding::{
        CheckId::{self, App01, App02, App03},
        Finding,
        Severity::{self, Block, Incomplete, Info, Review},
    },
    known::{self, PERMIT2, Size},
    policy::Role,
};

pub(super) fn allowance(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, grant) in &case.grants {
        if matches!(grant.by, By::Approve | By::Permit2) {
            judge(case, App01, path, grant, out);
        }
    }
}

pub(super) fn all(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, grant) in &case.grants {
        if grant.by == By::ApproveAll {
            judge(case, App02, path, grant, out);
        }
    }
}

pub(super) fn permit(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (path, grant) in &case.grants {
        if matches!(grant.by, By::Permit | By::PermitTransfer) {
            judge(case, App03, path, grant, out);
        }
    }
    let Some((data, _)) = case.typed() else { return };
    let verifying = data.domain.address("verifyingContract");
    let by_shape = [
        "PermitSingle",
        "PermitBatch",
        "PermitTransferFrom",
        "PermitBatchTransferFrom",
        "PermitWitnessTransferFrom",
    ];
    let is_permit2 = data.domain.text("name") == Some("Permit2") || by_shape.contains(&&data.primary[..]);
    if is_permit2 && verifying != Some(PERMIT2) {
        let title = "Calls itself Permit2, but the contract that would take it is another.";
        let shown = verifying.map_or_else(|| "none".to_owned(), |address| address.to_string());
        out.push(
            Finding::new(App03, Block, "domain.verifyingContract", title)
                .because(format!("verifyingContract {shown}"))
                .because(format!("Permit2 is {PERMIT2}")),
        );
    }
}

/// Why a spender is not to be trusted, or that he is.
enum Spender {
    Trusted,
    /// Shipped as trusted, and a proxy of which nobody says what it runs.
    Unproven,
    Verified,
    Unknown,
    Bad(String),
}

fn spender(case: &Case<'_>, path: &str, grant: &Grant) -> Spender {
    let address = &grant.spender;
    if let Some(age) = case.facts.age_days(address)
        && age < i64::from(case.policy.bounds.young_days)
    {
        return Spender::Bad(format!("it is {age} days old"));
    }
    let at_permit2 = || case.unpacked.calls.iter().any(|call| call.path == path && call.to == Some(PERMIT2));
    let by_permit2 = grant.by == By::Permit2
        || at_permit2()
        || case.typed().is_some_and(|(data, _)| data.domain.address("verifyingContract") == Some(PERMIT2));
    let trusted = case.trusts(address, &[Role::Spender, Role::Operator])
        || by_permit2 && case.trusts(address, &[Role::Permit2Spender]);
    match case.facts.kind(address) {
        Some(Kind::Eoa) => return Spender::Bad("it is a person's account and not a contract".to_owned()),
        Some(Kind::Empty) => return Spender::Bad("nothing is there yet".to_owned()),
        Some(Kind::Token) if !trusted => return Spender::Bad("it is a token contract".to_owned()),
        _ => {}
    }
    if case.is_of_spender(grant) || trusted {
        return Spender::Trusted;
    }
    if is_unproven(case, address, by_permit2) {
        Spender::Unproven
    } else if is_verified(case, address) && case.facts.kind(address) == Some(Kind::Contract) {
        Spender::Verified
    } else {
        Spender::Unknown
    }
}

/// Whether an entry that is shipped would trust a proxy, were it known what that runs.
fn is_unproven(case: &Case<'_>, address: &Address, by_permit2: bool) -> bool {
    let there = case.facts.at(address).and_then(|facts| facts.code_hash).map(|hash| hash.0);
    let is_shipped = case.policy.shipped && case.policy.blocks(address, case.chain_id).is_none();
    entries::find(address, case.chain_id).filter(|entry| is_shipped && entry.is_proxy).is_some_and(|entry| {
        let takes = |role: &Role| match role {
            Role::Spender | Role::Operator => true,
            Role::Permit2Spender => by_permit2,
            _ => false,
        };
        entry.roles.iter().any(takes) && there.zip(entry.code_hash).is_none_or(|(there, own)| there == own)
    })
}

fn is_verified(case: &Case<'_>, address: &Address) -> bool {
    case.facts.at(address).is_some_and(|facts| facts.verified == Some(true))
}

fn judge(case: &Case<'_>, id: CheckId, path: &str, grant: &Grant, out: &mut Vec<Finding>) {
    let mut calls = case.unpacked.calls.iter().filter(|call| call.path == path);
    let numbered = calls.find_map(|call| case.one_or_coin(call, grant));
    // That it is told as a token is no proof of a coin, and no sign of a theft.
    let is_told = case.facts.kind(&grant.token) == Some(Kind::Token) || case.token(&grant.token).is_some();
    if grant.extent == Extent::None {
        // A collection reads the same call otherwise.
        if let Some(numbered) = numbered.filter(|_| case.is_spent(grant)) {
            let severity = match spender(case, path, grant) {
                Spender::Trusted => Review,
                Spender::Unproven => Incomplete,
                Spender::Verified | Spender::Unknown if numbered == OneOrCoin::Either && is_told => {
                    Incomplete
                }
                Spender::Verified | Spender::Unknown | Spender::Bad(_) => Block,
            };
            let (spender, token) = (case.show(&grant.spender), case.show(&grant.token));
            let title = match numbered {
                OneOrCoin::One => {
                    format!("Gives {spender} the right to take the NFT number 0 of {token}, and ends none.")
                }
                OneOrCoin::Either => format!(
                    "Ends a right over {token} if that is a coin, and gives {spender} the NFT number 0 if it is a collection: \
                     which it is, is not known (`decimals` of [[token]] in --context, --rpc)."
                ),
            };
            out.push(Finding::new(id, severity, path, title));
        }
        return;
    }
    // Nobody has the zero address: for a collection that is how a right over one piece ends, and a coin gives nobody anything.
    if grant.spender.is_zero() && grant.by == By::Approve && case.holder_by(grant).is_none() {
        return;
    }
    let size = Size::of(grant.extent, case.token(&grant.token).as_ref());
    let mut sentence = crate::intent::grant(case, grant);
    if let (Extent::Exact(number, _), Some(_)) = (grant.extent, numbered) {
        sentence = format!("{sentence} if that is a coin, or the NFT {number} if it is a collection");
    }
    let signed = matches!(grant.by, By::Permit | By::PermitTransfer) || case.typed().is_some();
    let (severity, why): (Option<Severity>, String) = match (spender(case, path, grant), size) {
        (Spender::Bad(why), _) => (Some(Block), why),
        (Spender::Unproven, _) => (
            Some(Incomplete),
            "it is shipped as trusted, and a proxy: what it runs is not known (--rpc, or `verified` in --context)"
                .to_owned(),
        ),
        (Spender::Unknown, Size::Unlimited) => {
            (Some(Block), "nothing is known of it, and there is no limit".to_owned())
        }
        // Who may be paid may take a payment, where a person looks at it.
        (Spender::Unknown, Size::Bounded)
            if grant.by != By::Permit && case.may_receive_of(case.holder_by(grant), &grant.spender) =>
        {
            (Some(Review), "it is somebody you pay, and no contract that is trusted to take".to_owned())
        }
        (Spender::Unknown, _) if signed => (
            Some(Block),
            "nothing is known of it, and a signature leaves no trace until it is used".to_owned(),
        ),
        (Spender::Unknown, _) => (Some(Incomplete), "nothing is known of it".to_owned()),
        (Spender::Verified, Size::Unlimited) => {
            (Some(Block), "there is no limit, and it is on no allow-list".to_owned())
        }
        (Spender::Verified, _) => (Some(Incomplete), "it is on no allow-list".to_owned()),
        (Spender::Trusted, Size::Unlimited) if is_verified(case, &grant.spender) => {
            (Some(Info), "it is trusted, and its source is published; there is no limit".to_owned())
        }
        (Spender::Trusted, Size::Unlimited) => {
            (Some(Review), "it is trusted, but there is no limit".to_owned())
        }
        (Spender::Trusted, _) if numbered == Some(OneOrCoin::Either) && !is_told => {
            (Some(Review), "which it is, is not known".to_owned())
        }
        (Spender::Trusted, _) => (None, String::new()),
    };
    if let Some(severity) = severity {
        let title = format!("{}; {why}.", capital(&sentence));
        let mut finding = Finding::new(id, severity, path, title);
        if let Extent::Exact(amount, _) = grant.extent {
            finding = finding.because(format!("amount {amount}"));
        }
        if size == Size::Large {
            finding = finding.because("for a token with few decimals that is everything");
        }
        out.push(finding.because(format!("spender {}", grant.spender)));
    }
    if signed || grant.by == By::Permit2 {
        duration(case, id, path, grant, out);
    }
}

/// How long it holds.
fn duration(case: &Case<'_>, id: CheckId, path: &str, grant: &Grant, out: &mut Vec<Finding>) {
    let Some(end) = grant.expires.into_iter().chain(grant.deadline).max() else { return };
    // Source: `Dai.sol`: an expiry of zero is none. Elsewhere it is over.
    let end = if end.is_zero() && grant.extent == Extent::All { U256::MAX } else { end };
    let Some(now) = case.facts.now else {
        let title = "The time is not known, so how long the permit holds was not judged (--now).";
        out.push(Finding::new(id, Incomplete, path, title));
        return;
    };
    let days = case.policy.bounds.permit_days;
    let limit = u64::try_from(now.as_second()).unwrap_or_default().saturating_add(u64::from(days) * 86_400);
    if end > U256::from(limit) {
        let title =
            format!("The permit holds {}, longer than the {days} days the policy allows.", known::until(end));
        out.push(Finding::new(id, Review, path, title));
    }
}

pub(super) fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
