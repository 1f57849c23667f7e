//! G-SIGN-01 and G-7702-01.

use alloy_primitives::U256;

use crate::{
    case::{Case, Subject},
    decode::Act,
    facts::Kind,
    finding::{
        CheckId::{Auth7702, Sign01},
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    message::{Message, Method},
    policy::Role,
    typed::{Meaning, TypedData},
};

pub(super) fn blind(case: &Case<'_>, out: &mut Vec<Finding>) {
    match &case.subject {
        Subject::Message(message) => of_message(case, message, out),
        Subject::Typed(data, meaning) => of_typed(case, data, meaning, out),
        Subject::Safe(_) => {
            for placed in &case.acts {
                if let Act::SignMessage { message } = &placed.act {
                    let title = "Marks a message as signed by the Safe, on the chain: only its hash is here.";
                    let shown = hex::encode(&message[..message.len().min(32)]);
                    out.push(
                        Finding::new(Sign01, Review, &placed.path, title)
                            .because(format!("message 0x{shown}")),
                    );
                }
            }
        }
        Subject::Tx(_) | Subject::Authorization => {}
    }
}

fn of_message(case: &Case<'_>, message: &Message, out: &mut Vec<Finding>) {
    let path = &message.path;
    if message.method == Method::EthSign {
        let title = "eth_sign signs 32 bytes blindly: they may be a transaction that empties the account.";
        out.push(Finding::new(Sign01, Block, path, title).because(message.digest().to_string()));
        return;
    }
    if message.is_hash() {
        let title = "The message is nothing but a hash: what it agrees to cannot be seen.";
        out.push(Finding::new(Sign01, Block, path, title));
        return;
    }
    let Some(text) = message.text() else {
        let title = "The message is not readable text: what it agrees to cannot be seen.";
        out.push(Finding::new(Sign01, Block, path, title).because(format!("{} bytes", message.bytes.len())));
        return;
    };
    if message.is_data() {
        let title = "The message is data for a program and no text for a person: what the program makes of it cannot be \
                     seen here.";
        out.push(Finding::new(Sign01, Review, path, title));
    }
    if text.contains('\r') {
        let title = "The message has line ends of another kind (CR): it hashes differently than it looks.";
        out.push(Finding::new(Sign01, Review, path, title));
    }
    sign_in(case, message, text, out);
}

/// A sign-in message (EIP-4361) must be for the site that asks, the chain and the account.
fn sign_in(case: &Case<'_>, message: &Message, text: &str, out: &mut Vec<Finding>) {
    const MARK: &str = " wants you to sign in with your Ethereum account:";
    let mut lines = text.lines();
    let Some(domain) = lines.next().and_then(|line| line.strip_suffix(MARK)) else { return };
    let path = &message.path;
    let domain = domain.rsplit("://").next().unwrap_or(domain);
    match &case.facts.origin {
        Some(origin) if !origin.eq_ignore_ascii_case(domain) => {
            let title = format!(
                "{origin:?} asks for a sign-in at {domain:?}: a site collects a signature for another."
            );
            out.push(Finding::new(Sign01, Block, path, title));
        }
        Some(_) => {}
        None => {
            let title = format!("Signs in at {domain:?}; which site asks is not known (--origin).");
            out.push(Finding::new(Sign01, Incomplete, path, title));
        }
    }
    if let (Some(account), Some(line)) = (case.facts.account, lines.next())
        && !line.trim().eq_ignore_ascii_case(&account.0.to_string())
    {
        let title = "The sign-in is for another account than yours.";
        out.push(Finding::new(Sign01, Review, path, title).because(line.trim().to_owned()));
    }
    let chain =
        text.lines().find_map(|line| line.strip_prefix("Chain ID: ")).and_then(|id| id.parse::<u64>().ok());
    if let (Some(chain), Some(active)) = (chain, case.facts.chain_id)
        && chain != active
    {
        let title = "The sign-in names another chain than the wallet is on.";
        out.push(Finding::new(Sign01, Review, path, title).because(format!("{chain}, wallet {active}")));
    }
}

fn of_typed(case: &Case<'_>, data: &TypedData, meaning: &Meaning, out: &mut Vec<Finding>) {
    for quirk in case.quirks {
        let title = "The request is spelt so that readers may understand it differently.";
        out.push(Finding::new(Sign01, Block, &quirk.path, title).because(quirk.what.clone()));
    }
    let chain = data.domain.uint("chainId");
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
            out.push(Finding::new(Sign01, Review, "domain", title));
        }
        _ => {}
    }
    match verifying {
        None => {
            let title = "The signature names no contract: nobody knows who would accept it.";
            out.push(Finding::new(Sign01, Review, "domain", title));
        }
        Some(address) => match case.facts.kind(&address) {
            Some(Kind::Eoa | Kind::Empty) => {
                let title = "The contract the signature is for has no code.";
                let finding = Finding::new(Sign01, Block, "domain.verifyingContract", title);
                out.push(finding.because(address.to_string()));
            }
            _ if matches!(meaning, Meaning::Other) && !case.trusts(&address, &[Role::Contract]) => {
                let title = format!(
                    "{} is signed for {}, of which nothing is known.",
                    crate::json::shorten(&data.primary),
                    case.show(&address)
                );
                out.push(Finding::new(Sign01, Review, "domain.verifyingContract", title));
            }
            _ => {}
        },
    }
    if matches!(meaning, Meaning::SafeMessage) {
        let title = "A message in the name of a Safe: only its hash or bytes are here.";
        out.push(Finding::new(Sign01, Review, "message", title));
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
            let title = format!("Lets the code of {shown} act as your account, with all that is in it.");
            Finding::new(Auth7702, Block, path, title)
        };
        out.push(finding.because(format!("nonce {}", authorization.nonce)));
    }
    let delegate = case.actor.and_then(|actor| case.facts.at(&actor)).and_then(|facts| facts.delegate);
    if let Some(delegate) = delegate.filter(|delegate| !case.trusts(&delegate.0, &[Role::Delegate])) {
        let title = format!("Your account already runs the code of {} (0xef0100…).", case.show(&delegate.0));
        out.push(Finding::new(Auth7702, Block, &case.path, title));
    }
}
