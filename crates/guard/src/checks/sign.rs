//! G-SIGN-01 and G-7702-01.

use alloy_primitives::U256;

use super::{
    message::{of_message, opens_within},
    speaker::is_beyond_a_look,
};
use crate::{
    case::{Case, Subject},
    decode::Act,
    finding::{
        CheckId::{Auth7702, Sign01},
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    json,
    message::Message,
    policy::Role,
    typed::{Data, Meaning, TypedData},
};

pub(super) fn blind(case: &Case<'_>, out: &mut Vec<Finding>) {
    if let (Some(signer), Some(account)) = (case.signer, case.facts.account)
        && signer != account.0
    {
        let title = "Asks for the signature of another account than yours.";
        let finding = Finding::new(Sign01, Review, "params", title);
        out.push(finding.because(format!("of {signer}, you are {}", account.0)));
    }
    match &case.subject {
        Subject::Message(message) => of_message(case, message, out),
        Subject::Typed(data, meaning) => of_typed(case, data, meaning, out),
        Subject::Safe(_) | Subject::Tx(_) | Subject::Authorization => {}
    }
    for placed in &case.acts {
        if let Act::SignMessage { message } = &placed.act {
            on_chain(case, &placed.path, message, out);
        }
    }
}

/// What a Safe signs on the chain holds for good, for whoever asks it. The message itself stands in the call, and is read as one.
fn on_chain(case: &Case<'_>, path: &str, bytes: &[u8], out: &mut Vec<Finding>) {
    let message = Message::personal(bytes, path);
    let shown = format!("message 0x{}", hex::encode(&bytes[..bytes.len().min(32)]));
    if message.is_hash() || bytes.is_empty() {
        let title =
            "Marks a hash as signed by the Safe, on the chain and for good: what it agrees to is not here.";
        out.push(Finding::new(Sign01, Incomplete, path, title).because(shown));
        return;
    }
    let title = "Marks a message as signed by the Safe, on the chain and for good.";
    out.push(Finding::new(Sign01, Review, path, title).because(shown));
    of_message(case, &message, out);
}

fn of_typed(case: &Case<'_>, data: &TypedData, meaning: &Meaning, out: &mut Vec<Finding>) {
    for noted in case.non_canonical {
        let title = "The request is spelt so that readers may understand it differently.";
        out.push(Finding::new(Sign01, Block, &noted.path, title).because(noted.what.clone()));
    }
    let mut texts = Vec::new();
    data.message.texts("message", &mut texts);
    for (name, value) in data.domain.fields() {
        value.texts(&format!("domain.{name}"), &mut texts);
    }
    for (path, text) in texts {
        opens_within(&path, text, out);
    }
    if !matches!(meaning, Meaning::Known(known) if known.any_domain) {
        of_domain(case, data, meaning, out);
    }
    if matches!(meaning, Meaning::SafeMessage) {
        // A text is judged as one beside this.
        let (severity, title) = match data.message.get("message") {
            Some(Data::Bytes(bytes)) if is_text(bytes) => (Review, "A message in the name of a Safe."),
            _ => (
                Incomplete,
                "A message in the name of a Safe, of which only a hash or bytes are here: what it agrees to cannot be seen.",
            ),
        };
        out.push(Finding::new(Sign01, severity, "message", title));
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let message = Message::personal(bytes, "message.message");
    message.text().is_some() && !message.is_hash() && !bytes.is_empty()
}

/// Chain and contract that the signature is for.
fn of_domain(case: &Case<'_>, data: &TypedData, meaning: &Meaning, out: &mut Vec<Finding>) {
    // Where it names a stranger, or holds what nobody reads, a look does not tell what it does.
    let to_look = if is_beyond_a_look(case) { Incomplete } else { Review };
    let chain = data.chain();
    let verifying = data.domain.address("verifyingContract");
    match (chain, case.facts.chain_id) {
        (Some(chain), Some(active)) if chain != U256::from(active) => {
            let title = "The signature is for another chain than the wallet is on.";
            let finding = Finding::new(Sign01, Block, "domain.chainId", title);
            out.push(finding.because(format!("{chain}, wallet {active}")));
        }
        (Some(_), None) => {
            let title = "Which chain the wallet is on is not known (--chain-id).";
            out.push(Finding::new(Sign01, Incomplete, "domain.chainId", title));
        }
        (None, _) if !matches!(meaning, Meaning::SafeTx | Meaning::SafeMessage) => {
            let title = "The signature names no chain: it may hold on every chain.";
            out.push(Finding::new(Sign01, to_look, "domain", title));
        }
        _ => {}
    }
    match verifying {
        None => {
            let title = "The signature names no contract: nobody knows who would accept it.";
            out.push(Finding::new(Sign01, to_look, "domain", title));
        }
        Some(address) => match case.facts.has_no_code(&address) {
            true => {
                let title = "The contract the signature is for has no code.";
                let finding = Finding::new(Sign01, Block, "domain.verifyingContract", title);
                out.push(finding.because(address.to_string()));
            }
            false if matches!(meaning, Meaning::Other) => {
                let title = format!(
                    "{} is signed for {}: what that contract makes of it is not read here.",
                    json::shorten(&data.primary),
                    case.show(&address)
                );
                out.push(Finding::new(Sign01, to_look, "domain.verifyingContract", title));
            }
            false => {}
        },
    }
}

pub(super) fn account_code(case: &Case<'_>, out: &mut Vec<Finding>) {
    for authorization in case.authorizations {
        let path = &authorization.path;
        if authorization.address.is_zero() {
            out.push(Finding::new(Auth7702, Info, path, "Ends the delegation of the account's code."));
            continue;
        }
        if authorization.chain_id.is_zero() {
            let title = "The authorization holds on every chain (chain id 0).";
            out.push(Finding::new(Auth7702, Block, path, title));
        } else if case.facts.chain_id.is_some_and(|active| authorization.chain_id != U256::from(active)) {
            let title = "The authorization is for another chain than the wallet is on.";
            let finding = Finding::new(Auth7702, Block, path, title);
            out.push(finding.because(format!("chain {}", authorization.chain_id)));
        }
        let shown = case.show(&authorization.address);
        let chain = u64::try_from(authorization.chain_id).ok().filter(|chain| *chain != 0);
        let finding = if case.policy.trusts(&authorization.address, Role::Delegate, chain).is_some() {
            let title = format!("Hands the account's code to the allow-listed {shown}.");
            Finding::new(Auth7702, Review, path, title)
        } else {
            let another = authorization.authority.filter(|authority| !case.is_own(authority));
            let whose = another.map_or_else(|| "your account".to_owned(), |another| case.show(&another));
            let title = format!("Lets the code of {shown} act as {whose}, with all that is in it.");
            Finding::new(Auth7702, Block, path, title)
        };
        out.push(finding.because(format!("nonce {}", authorization.nonce)));
    }
    let delegate = case.actor.and_then(|actor| case.facts.at(&actor)).and_then(|facts| facts.delegate);
    if let Some(delegate) = delegate.filter(|delegate| !case.trusts(&delegate.0, &[Role::Delegate])) {
        // It is there whether this is signed or not, and what saves the account must not be held up.
        let title = format!(
            "Your account already runs the code of {}, for which nobody vouches: it can take all that lies there. If it is your \
             wallet's own, trust it in the policy (roles = [\"delegate\"]); if not, end it by an authorization of the zero address.",
            case.show(&delegate.0)
        );
        out.push(Finding::new(Auth7702, Review, &case.path, title));
    }
}
