//! G-ACT-01: every act needs somebody who vouches for whom it deals with. Finding nothing bad is no reason.
//!
//! Recipients are vouched for under the policy's `recipient` rule, spenders, holders of power and settings by the checks of
//! their own; here it is the contract that is called, and the contract that a signature is for: a harmless name says what
//! a known contract does, and nothing of any other.

use alloy_primitives::Address;

use crate::{
    case::{Case, Subject},
    decode::{Act, Call},
    facts::Kind,
    finding::{
        CheckId::Act01,
        Finding,
        Severity::{Incomplete, Info, Review},
    },
    typed::{
        Meaning,
        meaning::{PERMITS, is_whole_order},
    },
};

pub(super) fn acts(case: &Case<'_>, out: &mut Vec<Finding>) {
    let mut seen = std::collections::BTreeSet::new();
    for (index, call) in case.unpacked.calls.iter().enumerate() {
        let Some(to) = call.to.filter(|_| !call.delegate) else { continue };
        let is_known = case.knows_code(&to) || case.knows_token(&to) && is_of_token(case, index);
        if is_known || is_judged(case, index) || seen.contains(&to) {
            continue;
        }
        if call.data.is_empty() {
            // Money is judged by who gets it. Without any the call still runs what lies there.
            let is_nothing = call.value.is_zero() && !case.may_receive(&to) && !to.is_zero();
            let is_bare = case.facts.kind(&to) == Some(Kind::Eoa) && case.facts.has_no_code(&to);
            if is_nothing && !is_bare && seen.insert(to) {
                let title = format!(
                    "Calls {} with nothing, and nobody vouches for what lies there: code that is called runs.",
                    case.show(&to)
                );
                out.push(Finding::new(Act01, Incomplete, &call.path, title));
            }
            continue;
        }
        seen.insert(to);
        let title = format!(
            "Calls {}{}, and nobody vouches for that contract: what its code does is not what the name of its function says.",
            function(call),
            case.show(&to)
        );
        out.push(Finding::new(Act01, Incomplete, &call.path, title));
    }
    for placed in &case.acts {
        // Permit2 moves whatever token it is told to.
        if let Act::Transfer { token, .. } = &placed.act
            && case.unpacked.calls[placed.call].to.is_some_and(|to| to != *token)
            && !case.knows_contract(token)
            && seen.insert(*token)
        {
            let title = format!(
                "Moves the token {}, and nobody vouches for that contract: what its code does is not known.",
                case.show(token)
            );
            out.push(Finding::new(Act01, Incomplete, &placed.path, title));
        }
        // Over a list of Safe transactions the one that is approved is looked for among the others.
        if let Act::ApproveHash { hash, .. } = &placed.act
            && !matches!(case.subject, Subject::Safe(_))
        {
            let title = "Approves a transaction of a Safe that is not here: add it to have it judged.";
            out.push(Finding::new(Act01, Incomplete, &placed.path, title).because(format!("hash {hash}")));
        }
    }
    signature(case, out);
}

/// Data that a token hands to a receiver who has code are an instruction to him: a bridge, a vault or a wrapper does with what
/// comes whatever they say.
pub(super) fn instructed(case: &Case<'_>, out: &mut Vec<Finding>) {
    for call in &case.unpacked.calls {
        let Some((receiver, bytes)) = call.handed() else { continue };
        if case.facts.kind(&receiver) == Some(Kind::Eoa) && case.facts.has_no_code(&receiver) {
            continue;
        }
        let title = format!(
            "Hands {bytes} bytes along to {}, which may do with what comes whatever they say: they are not read here.",
            case.show(&receiver)
        );
        out.push(Finding::new(Act01, Incomplete, &call.path, title));
    }
}

fn function(call: &Call<'_>) -> String {
    call.decoded.as_ref().map_or_else(String::new, |decoded| format!("{} at ", decoded.function.name))
}

/// Whether what a call does to a contract that nobody knows has findings of its own.
fn is_judged(case: &Case<'_>, call: usize) -> bool {
    let acts = case.acts.iter().filter(|placed| placed.call == call).map(|placed| &placed.act);
    acts.into_iter().any(|act| matches!(act, Act::Power { .. } | Act::Memo { .. }))
}

/// Whether a call does what tokens do, or nothing but pay. That something is a token says nothing of other functions.
fn is_of_token(case: &Case<'_>, call: usize) -> bool {
    let mut acts = case.acts.iter().filter(|placed| placed.call == call).map(|placed| &placed.act);
    case.unpacked.calls[call].data.is_empty()
        || acts.any(|act| matches!(act, Act::Transfer { .. } | Act::Grant(_)))
}

/// A signature for a contract that nobody knows may mean anything, whatever its fields are called.
fn signature(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some((data, meaning)) = case.typed() else { return };
    let is_whole = match meaning {
        Meaning::Grants(_) => PERMITS.contains(&&data.type_text[..]),
        Meaning::Orders { .. } => is_whole_order(&data.type_text),
        // Whoever takes it looks at no contract of the domain.
        Meaning::Known(known) if known.any_domain => return,
        // Of what is not read it is said where the contract is named.
        Meaning::Known(_) | Meaning::Other => true,
        // Judged as what they are, whatever the contract.
        Meaning::SafeTx | Meaning::SafeMessage | Meaning::Text(_) | Meaning::Blind => return,
    };
    if !is_whole {
        let title = format!(
            "{} reads like a permit or an order and is of no type that is known: what its other fields agree to was not \
             judged.",
            crate::json::shorten(&data.primary)
        );
        out.push(Finding::new(Act01, Review, "message", title));
    }
    let Some(contract) = data.domain.address("verifyingContract") else { return };
    if case.policy.version < 2
        && case.policy.trusts(&contract, crate::policy::Role::Contract, case.chain_id).is_some()
    {
        let title = format!(
            "By policies of 0.1.0 the role `contract` of {} waived the reading of its signatures; it no longer does.",
            case.show(&contract)
        );
        out.push(Finding::new(Act01, Info, "domain.verifyingContract", title));
    }
    if !case.knows_contract(&contract) {
        let title = format!(
            "Is signed for {}, and nobody vouches for that contract: it may take the signature for something else.",
            case.show(&contract)
        );
        out.push(Finding::new(Act01, Incomplete, "domain.verifyingContract", title));
    }
}

impl Case<'_> {
    /// Whether somebody vouches for a contract, so that the names of its functions mean what they say: the policy, the
    /// table of tokens, what is known from elsewhere, Safe's own registry.
    pub(crate) fn knows_contract(&self, address: &Address) -> bool {
        self.knows_code(address) || self.knows_token(address)
    }

    /// Whether somebody says that it is a token.
    pub(super) fn knows_token(&self, address: &Address) -> bool {
        self.token(address).is_some() || self.facts.kind(address) == Some(Kind::Token)
    }

    /// Whether somebody vouches for all that a contract does.
    fn knows_code(&self, address: &Address) -> bool {
        use crate::policy::Role::{Admin, Contract, Delegatecall, Module, Operator, Permit2Spender, Spender};
        let official = crate::safe::deployments::find(address);
        self.is_own(address)
            || self
                .trusts(address, &[Contract, Spender, Permit2Spender, Operator, Delegatecall, Module, Admin])
            || crate::known::shipped(address, self.chain_id).is_some()
            || self.wraps(address)
            || self.facts.names_safe(address)
            || official.is_some_and(|official| !official.role.functions().is_empty())
    }
}
