//! The policy's own rules: limits, dual control, what must be known.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, Signature, U256};

use super::{
    leaving::{Leaving, leaving, leaving_together},
    ownership::{self, LIKELY_GAS},
    turns::turns,
    unread,
};
use crate::{
    ask::Listing,
    case::Case,
    decode::Act,
    facts::review_text,
    finding::{
        CheckId::{Pol01, Pol02, Pol03},
        Finding,
        Severity::{Block, Incomplete, Review},
    },
    flow::{Flow, Rest},
    policy::Need,
    safe::{SafeCase, hash::personal_hash},
};

/// Where something leaves of which not all is told, no limit can be held to it.
fn untold(case: &Case<'_>, out: &mut Vec<Finding>) {
    if case.policy.limits.is_empty() {
        return;
    }
    let mut add = |severity, path: &str, title| out.push(Finding::new(Pol01, severity, path, title));
    for placed in &case.acts {
        let call = &case.unpacked.calls[placed.call];
        let function = match &placed.act {
            Act::Named { function, beneficiaries, .. }
                if Flow::of(case, call, beneficiaries).rest != Rest::Nothing =>
            {
                crate::json::shorten(function)
            }
            Act::Unknown { selector, .. } => {
                format!("a function that is not known (0x{})", hex::encode(selector))
            }
            _ => continue,
        };
        if let Some(to) = call.to.filter(|_| !call.delegate) {
            let title = format!(
                "What leaves by {function} at {} does not all stand in the call data: the policy's limits were not applied to it.",
                case.show(&to)
            );
            // A look does not tell what goes to somebody for whom nobody vouches.
            let severity = if unread::names_strangers(case, call) { Incomplete } else { Review };
            add(severity, &placed.path, title);
        }
    }
    for refund in ownership::Refund::all(case).iter().filter(|refund| refund.is_open()) {
        let title = format!(
            "The refund of gas has no bound but what is used ({} a unit): the policy's limits were applied to {LIKELY_GAS} units of it.",
            case.amount(refund.price, &refund.token)
        );
        add(Review, &case.path, title);
    }
}

pub(super) fn amounts(case: &Case<'_>, out: &mut Vec<Finding>) {
    untold(case, out);
    let leaving = leaving(case);
    unseen_day(case, &leaving, out);
    maybe_wrapped(case, &leaving, out);
    held_to(case, &leaving, &case.path, true, out);
}

/// A limit of the coin holds for what wraps it. On a chain where that is not known, whatever has no limit of its own may be that.
fn maybe_wrapped(case: &Case<'_>, leaving: &Leaving, out: &mut Vec<Finding>) {
    let limited = |asset: Address| {
        let of = |limit: &crate::policy::Limit| limit.token.map(|token| token.0).unwrap_or_default();
        case.policy.limits.iter().any(|limit| case.is_one_asset(of(limit), asset))
    };
    if !limited(Address::ZERO) || crate::entries::wrapped(case.chain_id).is_some() {
        return;
    }
    let tokens = leaving.iter().filter(|(_, amount)| !amount.is_zero()).filter_map(|(token, _)| *token);
    let is_other = |token: &Address| crate::known::shipped(token, case.chain_id).is_some() || limited(*token);
    for token in tokens.filter(|token| !is_other(token)) {
        let title = format!(
            "Which token wraps the coin of this chain is not known here, and it may be {}: the policy's limit of the coin was not \
             applied to it. A limit of its own (`token`) says what may leave.",
            case.show(&token)
        );
        out.push(Finding::new(Pol01, Incomplete, &case.path, title));
    }
}

/// How much of one asset leaves, the coin as none.
fn sum_of(leaving: &Leaving, is_asked: impl Fn(Option<Address>) -> bool) -> U256 {
    let same = leaving.iter().filter(|(token, _)| is_asked(**token));
    same.fold(U256::ZERO, |sum, (_, amount)| sum.saturating_add(*amount))
}

/// A limit of a day cannot be held where nobody tells what left that day.
fn unseen_day(case: &Case<'_>, leaving: &Leaving, out: &mut Vec<Finding>) {
    for limit in &case.policy.limits {
        let token = limit.token.map(|token| token.0);
        let is_limited =
            |other: Option<Address>| case.is_one_asset(other.unwrap_or_default(), token.unwrap_or_default());
        let amount = sum_of(leaving, is_limited);
        let Some(most) = limit.per_day.map(|most| most.0).filter(|_| !amount.is_zero()) else { continue };
        if amount > most || case.facts.tells_day_of(is_limited) {
            continue;
        }
        let show = |amount: U256| case.amount(amount, &token.unwrap_or_default());
        let title = format!(
            "What left today is not told, and the policy allows {} a day: {} more fits only where no more than {} left \
             ([[spent]] in --context, with a value of 0 for nothing).",
            show(most),
            show(amount),
            show(most - amount)
        );
        out.push(Finding::new(Pol01, Incomplete, &case.path, title));
    }
}

/// The policy's limits over everything that is asked for at once. `at_once`: whether it is sent in one go, so that the
/// limit of one transaction holds for it as a whole; else only that of a day does.
pub fn together(cases: &[Case<'_>], at_once: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut groups: BTreeMap<_, Vec<&Case<'_>>> = BTreeMap::new();
    if at_once {
        findings.extend(super::history::intended(&cases.iter().collect::<Vec<_>>()));
    }
    for case in cases {
        groups.entry((case.chain_id, case.actor)).or_default().push(case);
    }
    // Rivals alone add up to no more than the largest of them.
    for group in groups.values().filter(|group| turns(group).len() > 1) {
        held_to(group[0], &leaving_together(group), "all together", at_once, &mut findings);
        findings.extend(super::swap::lost_together(group, "all together"));
        findings.extend(super::costs::together(group, "all together"));
        let alone = group.iter().any(|case| super::config::handed_over(&[case], &case.path).is_some());
        findings.extend(super::config::handed_over(group, "all together").filter(|_| !alone));
        findings.extend(
            outgrown(group)
                .into_iter()
                .filter(|one| one.cases > 1)
                .map(|one| Finding { path: "all together".to_owned(), ..one.finding }),
        );
    }
    findings
}

/// Whether something is borrowed, which comes and has to be paid back.
fn owes(case: &Case<'_>) -> bool {
    case.acts.iter().any(|placed| match &placed.act {
        Act::Named { beneficiaries, .. } => {
            !Flow::of(case, &case.unpacked.calls[placed.call], beneficiaries).owes.is_empty()
        }
        _ => false,
    })
}

fn held_to(case: &Case<'_>, leaving: &Leaving, path: &str, at_once: bool, out: &mut Vec<Finding>) {
    for limit in &case.policy.limits {
        let token = limit.token.map(|token| token.0);
        // Coin and wrapped coin are one: either is made of the other in the same batch.
        let is_limited =
            |other: Option<Address>| case.is_one_asset(other.unwrap_or_default(), token.unwrap_or_default());
        let amount = sum_of(leaving, is_limited);
        if amount.is_zero() {
            continue;
        }
        let show = |amount: U256| {
            if amount == U256::MAX {
                "All there is".to_owned()
            } else {
                case.amount(amount, &token.unwrap_or_default())
            }
        };
        if let Some(most) = limit.per_transaction.filter(|most| at_once && amount > most.0) {
            let leave = if owes(case) { "leave, or be owed," } else { "leave" };
            let title = format!("{} may {leave} at once; the policy allows {}.", show(amount), show(most.0));
            out.push(Finding::new(Pol01, Block, path, title));
        }
        let today = case.facts.spent_of(is_limited).saturating_add(amount);
        if let Some(most) = limit.per_day.filter(|most| today > most.0) {
            let leave = if owes(case) { "leave, or be owed," } else { "leave" };
            let title = format!("{} may {leave} today; the policy allows {}.", show(today), show(most.0));
            out.push(Finding::new(Pol01, Block, path, title));
        }
    }
}

pub(super) fn second_person(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(rule) = &case.policy.dual_control else { return };
    let Some(digest) = case.digest else {
        let title = "A review is needed, but there is no hash to review.";
        out.push(Finding::new(Pol02, Incomplete, &case.path, title));
        return;
    };
    let hash = personal_hash(review_text(&digest).as_bytes());
    let reviewers: BTreeSet<Address> = case
        .facts
        .review
        .iter()
        .filter_map(|review| hex::decode(review.signature.trim_start_matches("0x")).ok())
        .filter_map(|bytes| Signature::try_from(&bytes[..]).ok())
        .filter_map(|signature| signature.recover_address_from_prehash(&hash).ok())
        .filter(|signer| rule.reviewers.iter().any(|reviewer| reviewer.0 == *signer))
        .filter(|signer| !case.is_marked(signer))
        .collect();
    // Nobody reviews himself: where it is not known who signs, it may be any owner, or whoever sends it.
    let owners = || case.safe().and_then(SafeCase::owners).unwrap_or_default();
    let may_sign = |signer: &Address| match case.facts.account {
        Some(account) => account.0 == *signer,
        None => case.actor == Some(*signer) || owners().contains(signer),
    };
    let (own, reviewers): (BTreeSet<Address>, BTreeSet<Address>) = reviewers.into_iter().partition(may_sign);
    if reviewers.len() < rule.needed {
        let who = if own.is_empty() || case.facts.account.is_some() {
            ""
        } else {
            " Who signs is not known, and may be whoever made another (--account)."
        };
        let title = format!("{} of {} reviews by other people are there.{who}", reviewers.len(), rule.needed);
        let finding = Finding::new(Pol02, Incomplete, &case.path, title);
        out.push(finding.because(format!("to be signed by personal_sign: {}", review_text(&digest))));
    }
}

pub(super) fn required(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut stolen = Vec::new();
    let mut missing = |path: &str, title: String| out.push(Finding::new(Pol03, Incomplete, path, title));
    if let Some(safe) = case.safe() {
        if safe.hashes.is_none() {
            missing(
                &case.path,
                "Which chain the Safe is on is not known, and its hash covers that (--chain-id).".to_owned(),
            );
        }
        if case.policy.requires(Need::Owners) {
            if safe.owners().is_none() {
                missing(&case.path, "The Safe's owners are not known: signatures prove who signed, not who may (--owner, --context).".to_owned());
            }
            let threshold = safe.facts.and_then(|facts| facts.threshold);
            let told = safe.owners().map_or(0, |owners| owners.len() as u64);
            if let Some(needed) = threshold.filter(|needed| told > 0 && *needed > told) {
                missing(
                    &case.path,
                    format!(
                        "{needed} owners must sign, and only {told} are told: who else owns the Safe is not known."
                    ),
                );
            }
            if threshold.is_none() {
                missing(
                    &case.path,
                    "How many signatures the Safe needs is not known (--threshold, --context).".to_owned(),
                );
            }
        }
    }
    if case.policy.requires(Need::Recipient) {
        for (placed, to) in case.payments() {
            let (path, holder) = (&placed.path[..], case.holder(placed));
            if case.may_receive_of(holder, &to) {
                continue;
            }
            // By whatever way: the signer, or a Safe of his, is no stranger.
            let is_account = case.is_account(&to) || case.owns_safe(&to);
            let is_signers = is_account && case.safe().is_none() || case.is_own(&to);
            if let Some(holder) = holder.or(case.actor).filter(|_| is_signers) {
                let title = format!(
                    "Nothing speaks for {} as one who gets what {} has: who may sign for an account, or take from it, does not own it.",
                    case.show(&to),
                    case.show(&holder)
                );
                missing(path, title);
            } else if case.typed().is_some() {
                let title = format!(
                    "Pays {} by a signature, which leaves no trace until it is used: nothing speaks for whom it pays.",
                    case.show(&to)
                );
                stolen.push(Finding::new(Pol03, Block, path, title));
            } else {
                let title = format!(
                    "Nothing speaks for {}: it is in no address book and was never paid. To be on no list is not to be known.",
                    case.show(&to)
                );
                missing(path, title);
            }
        }
    }
    if case.policy.requires(Need::Recipient) {
        pieces(case, &mut missing);
    }
    let outgrown = outgrown(&[case]).into_iter().map(|one| one.finding);
    if case.policy.requires(Need::Screening) {
        let mut unscreened: Vec<(String, Address)> = case.everybody();
        unscreened.retain(|(_, address)| !case.is_own(address));
        for (path, address) in unscreened {
            if let Listing::Unknown(why) = case.screened(&address) {
                missing(&path, format!("{} was not screened: {why}.", case.show(&address)));
            }
        }
        for (path, address, listing) in case.foreign_in_texts() {
            if let Listing::Unknown(why) = listing {
                missing(&path, format!("{address}, which the text names, was not screened: {why}."));
            }
        }
    }
    if case.policy.requires(Need::Simulation) && !case.unpacked.calls.is_empty() && case.simulation.is_none()
    {
        missing(&case.path, "The policy asks for a simulation, and none was made.".to_owned());
    }
    out.extend(stolen);
    out.extend(outgrown);
}

/// Payments of the past are of money: no amount of it speaks for whom an NFT goes to, or so many of a number.
fn pieces(case: &Case<'_>, missing: &mut impl FnMut(&str, String)) {
    let mut seen = BTreeSet::new();
    for placed in case.acts.iter().filter(|placed| case.moves_piece(placed)) {
        if let Act::Transfer { token, to, .. } = &placed.act
            && case.is_paid_before_alone(to)
            && seen.insert((*token, *to))
        {
            let title = format!(
                "Nothing speaks for {} as one who gets what {} has numbers for: he is known by payments of money alone.",
                case.show(to),
                case.show(token)
            );
            missing(&placed.path, title);
        }
    }
}

/// By recipient and asset: where the first payment stands, how much it is, in which of what is asked for.
type Paid<'c> = BTreeMap<(Address, Option<Address>), (&'c str, U256, BTreeSet<usize>)>;

/// Payments that only smaller ones of the past speak for.
struct Outgrown {
    finding: Finding,
    /// In how many of what is asked for it is paid.
    cases: usize,
}

/// What one pays to those for whom only payments of the past speak.
fn paid_by<'c>(case: &'c Case<'_>) -> Paid<'c> {
    let mut sums = Paid::new();
    for placed in &case.acts {
        let (to, token, amount) = match &placed.act {
            Act::Pay { to, value } => (*to, None, *value),
            Act::Transfer { token, to, amount, nft: false, .. } => (*to, Some(*token), *amount),
            _ => continue,
        };
        if case.is_paid_before_alone(&to) {
            let (_, sum, _) = sums.entry((to, token)).or_insert((&placed.path, U256::ZERO, BTreeSet::new()));
            *sum = sum.saturating_add(amount);
        }
    }
    sums
}

/// What goes to somebody for whom only payments of the past speak, by recipient and asset, where it is far more than he was ever
/// paid of it: who sends himself a cent first is not who may be sent a million.
fn outgrown(cases: &[&Case<'_>]) -> Vec<Outgrown> {
    let Some(first) = cases.first().filter(|case| case.policy.requires(Need::Recipient)) else {
        return Vec::new();
    };
    let mut sums = Paid::new();
    for (turn, rivals) in turns(cases).into_iter().enumerate() {
        let mut most = Paid::new();
        for case in rivals {
            for (whom, (path, amount, _)) in paid_by(case) {
                let largest = most.entry(whom).or_insert((path, U256::ZERO, BTreeSet::new()));
                if amount > largest.1 {
                    (largest.0, largest.1) = (path, amount);
                }
            }
        }
        for (whom, (path, amount, _)) in most {
            let (_, sum, of) = sums.entry(whom).or_insert((path, U256::ZERO, BTreeSet::new()));
            *sum = sum.saturating_add(amount);
            of.insert(turn);
        }
    }
    let factor = U256::from(first.policy.bounds.outlier_factor);
    let found = sums.into_iter().filter_map(|((to, token), (path, amount, of))| {
        let paid = first.facts.past_on(first.chain_id).filter(|past| {
            past.is_own_payment() && past.to.0 == to && past.token.map(|token| token.0) == token
        });
        let largest = paid.map(|past| past.value.0).max().unwrap_or_default();
        let shown = |amount: U256| first.amount(amount, &token.unwrap_or_default());
        (amount > largest.saturating_mul(factor)).then(|| {
            let (pays, whom) = (shown(amount), first.show(&to));
            let title = if largest.is_zero() {
                let asset = token.map_or_else(
                    || crate::known::coin(first.chain_id).to_owned(),
                    |token| first.show(&token),
                );
                format!("Pays {pays} to {whom}, who is known by payments of other assets than {asset} alone.")
            } else {
                format!(
                    "Pays {pays} to {whom}, who is known by payments of at most {} alone.",
                    shown(largest)
                )
            };
            Outgrown { finding: Finding::new(Pol03, Review, path, title), cases: of.len() }
        })
    });
    found.collect()
}
