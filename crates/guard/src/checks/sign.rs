//! G-SIGN-01 and G-7702-01.

use std::sync::LazyLock;

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
    json,
    message::{Message, Method},
    plain,
    policy::Role,
    secret::{self, Secret},
    sign_in,
    typed::{Meaning, TypedData},
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
        Subject::Safe(_) | Subject::Tx(_) => {
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
        Subject::Authorization => {}
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
    if let Some(inner) = message.encoded() {
        let title =
            "The message is a text in hexadecimal digits, which nobody reads: what it says is beside.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&inner)));
        opens(path, &inner, out);
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
    opens(path, text, out);
    if let Some(letter) = sign_in::unread_letter(text) {
        let title = format!(
            "The text has letters of a script that is not read here ({letter}): what it agrees to was not looked at."
        );
        out.push(Finding::new(Sign01, Review, path, title));
    }
    if let Some(said) = sign_in::orders(text) {
        let title = "The text tells somebody to do something with what is yours: read it as an order.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    if let Some(said) = sign_in::binds(text) {
        let title = "The text binds whoever signs it: read it as a contract.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    if plain::squeezed(text).contains(&plain::squeezed("tracehound guard: i reviewed 0x")) {
        // A request comes from a program, whether it says which or not.
        let (severity, title) = match (&case.facts.origin, &message.path[..]) {
            (None, "input") => {
                (Review, "It is your word of dual control that you reviewed a hash.".to_owned())
            }
            (origin, _) => {
                let who =
                    origin.as_ref().map_or_else(|| "A program".to_owned(), |origin| format!("{origin:?}"));
                (Block, format!("{who} asks for your word of dual control: sign it only where you reviewed."))
            }
        };
        out.push(Finding::new(Sign01, severity, path, title));
    }
    other_sites(case, path, text, out);
    sign_in(case, message, text, out);
}

/// Texts whose signature opens something, and texts that hold what opens something.
fn opens(path: &str, text: &str, out: &mut Vec<Finding>) {
    let squeezed = plain::squeezed(text);
    let mut is_key = false;
    for (mark, what) in KEYS_SQUEEZED.iter() {
        if squeezed.contains(mark) {
            is_key = true;
            let title = format!(
                "The signature of this text is a key: {what}. Whoever gets it has what the key opens."
            );
            out.push(Finding::new(Sign01, Block, path, title));
        }
    }
    if !is_key && let Some(said) = sign_in::makes_key(text) {
        let title = "The text says that its signature makes a key: whoever gets the signature has what the key opens.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    }
    if let Some(secret) = held_secret(text) {
        let title = format!("The message holds {}: whoever sees it has all that it opens.", secret.what());
        out.push(Finding::new(Sign01, Block, path, title));
    }
}

/// Texts whose signature is the key to an account elsewhere. Source: the client libraries of zkSync Lite, dYdX, `StarkEx`,
/// Loopring and Immutable X.
const KEYS: &[(&str, &str)] = &[
    ("access zksync account", "of a zkSync Lite account"),
    ("sign in to zksync account", "of a zkSync Lite account"),
    ("only sign this message for a trusted client", "of an account on another network"),
    ("dydx chain", "of an account at dYdX"),
    ("dydx stark key", "of an account at dYdX"),
    ("stark key", "of an account on StarkEx"),
    ("starkex", "of an account on StarkEx"),
    ("access loopring exchange", "of an account at Loopring"),
    ("initiated an action with immutable x", "of an account on Immutable X"),
    ("spending key", "of a private account (Aztec and others)"),
    ("viewing key", "to all that a private account does"),
    ("fluidkey", "of stealth addresses (Fluidkey)"),
    ("starknet private key", "of a Starknet account"),
    ("derive your starknet account", "of a Starknet account"),
    ("action: l2 key", "of an account on another network (edgeX, ApeX and others)"),
    ("xmtp : enable identity", "of an XMTP identity: all its messages"),
    ("xmtp : create identity", "of an XMTP identity: all its messages"),
    ("sign in to zksync lite", "of a zkSync Lite account"),
    ("your signature is your password", "to what the text calls an account"),
    ("allow this account to control your identity", "of an identity (3ID)"),
    ("access your encrypted keys", "to keys that are stored elsewhere"),
    ("access my railgun wallet", "of a RAILGUN wallet"),
    ("derive my private key", "of an account whose private key is made of it"),
    ("generate my private key", "of an account whose private key is made of it"),
    ("derive your private key", "of an account whose private key is made of it"),
    ("generate your private key", "of an account whose private key is made of it"),
];

static KEYS_SQUEEZED: LazyLock<Vec<(String, &str)>> =
    LazyLock::new(|| KEYS.iter().map(|(mark, what)| (plain::squeezed(mark), *what)).collect());

/// What a message should never hold. A word of 64 hexadecimal digits may be a nonce as well as a key, and says nothing.
fn held_secret(text: &str) -> Option<Secret> {
    let is_digits = |word: &&str| {
        let digits = word.trim_start_matches("0x");
        digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let words: Vec<&str> = text.split_whitespace().filter(|word| !is_digits(word)).collect();
    secret::find(&words.join(" ")).filter(|found| *found != Secret::Key)
}

/// A text that speaks for one site, asked for by another: a signature is collected for use elsewhere.
fn other_sites(case: &Case<'_>, path: &str, text: &str, out: &mut Vec<Finding>) {
    let Some(origin) = &case.facts.origin else { return };
    let host = |word: &str| -> Option<String> {
        let rest = word.split_once("://")?.1;
        let host = rest.split(['/', ':', '?', '#', ')', '"', '\'', ',']).next()?.trim_end_matches('.');
        (!host.is_empty()).then(|| host.to_lowercase())
    };
    let same = |other: &str| {
        let (one, other) = (site(&origin.to_lowercase()), site(other));
        one == other
    };
    let mut others: Vec<String> =
        text.split_whitespace().filter_map(host).filter(|host| !same(host)).collect();
    others.sort();
    others.dedup();
    if !others.is_empty() {
        let title = format!(
            "{origin:?} asks for a text that names another site: its signature may be meant for that one."
        );
        let shown = json::shorten(&others.join(", "));
        out.push(Finding::new(Sign01, Review, path, title).because(shown));
    }
}

/// The last two labels of a host name, without scheme and port: what one owner has, as far as can be told without a list of
/// public suffixes.
fn site(host: &str) -> String {
    let bare = host.rsplit("://").next().unwrap_or(host);
    let bare = bare.split([':', '/']).next().unwrap_or(bare);
    let mut labels: Vec<&str> = bare.rsplit('.').take(2).collect();
    labels.reverse();
    labels.join(".")
}

/// A sign-in message (EIP-4361) must be for the site that asks, the chain and the account.
fn sign_in(case: &Case<'_>, message: &Message, text: &str, out: &mut Vec<Finding>) {
    let mut lines = text.lines();
    // What a strict reader does not take for a sign-in, another may.
    let first = lines.next().unwrap_or_default();
    let Some(domain) = first.trim().strip_suffix(sign_in::MARK) else {
        if plain::squeezed(text).contains(&plain::squeezed("wants you to sign in with your")) {
            let title = "Looks like a sign-in and is not in its form: what it signs in to cannot be told.";
            out.push(Finding::new(Sign01, Block, &message.path, title));
        }
        return;
    };
    if first.trim() != first {
        let title = "The sign-in is spelt so that readers may understand it differently: blanks around its first line.";
        out.push(Finding::new(Sign01, Review, &message.path, title));
    }
    let path = &message.path;
    if let Some(origin) = case.facts.origin.as_deref() {
        asked_by(origin, domain, path, out);
    } else {
        let title = format!("Signs in at {domain:?}; which site asks is not known (--origin).");
        out.push(Finding::new(Sign01, Incomplete, path, title));
    }
    in_its_form(case, path, text, out);
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

/// Whether the site that asks is the one that is signed in to: the same host, and the same port.
fn asked_by(origin: &str, domain: &str, path: &str, out: &mut Vec<Finding>) {
    let ((host, port), (asks, asks_at)) = (sign_in::authority(domain), sign_in::authority(origin));
    let other = host != asks || port.zip(asks_at).is_some_and(|(one, other)| one != other);
    let standard = |port: Option<u16>| port.is_none_or(|port| port == 443);
    if other {
        let title =
            format!("{origin:?} asks for a sign-in at {domain:?}: a site collects a signature for another.");
        out.push(Finding::new(Sign01, Block, path, title));
    } else if port != asks_at && !(standard(port) && standard(asks_at)) {
        let title = format!(
            "Signs in at {domain:?}, and {origin:?} asks: whether the port is the same is not known."
        );
        out.push(Finding::new(Sign01, Review, path, title));
    }
}

/// What a sign-in says, once it is read as its standard has it.
fn in_its_form(case: &Case<'_>, path: &str, text: &str, out: &mut Vec<Finding>) {
    let read = match sign_in::read(text) {
        Ok(read) => read,
        Err(why) => {
            let title = "The sign-in is not in the form of its standard (EIP-4361): readers may understand it differently.";
            out.push(Finding::new(Sign01, Review, path, title).because(why));
            return;
        }
    };
    let (domain, uri) = (sign_in::authority(read.domain), sign_in::authority(read.uri));
    // A domain without a port has that of the address's scheme.
    let other_port = domain.1.or(sign_in::standard_port(read.uri)) != uri.1;
    if domain.0 != uri.0 || other_port {
        let title = "The sign-in names one site and is for the address of another.";
        let both = format!("{} and {}", json::shorten(read.domain), json::shorten(read.uri));
        out.push(Finding::new(Sign01, Review, path, title).because(both));
    }
    let is_open = [read.domain, read.uri].iter().any(|text| text.starts_with("http://"));
    if is_open && !sign_in::is_loopback(&uri.0) {
        let title = "The sign-in is for an address without encryption (http): who is on the way can take it.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(read.uri)));
    }
    if let Some(now) = case.facts.now {
        let over = read.expires.filter(|end| *end <= now).map(|end| format!("until {end}"));
        let early = read.not_before.filter(|start| *start > now).map(|start| format!("from {start}"));
        for when in over.into_iter().chain(early) {
            let title = "The sign-in does not hold now: why sign it?";
            out.push(Finding::new(Sign01, Review, path, title).because(when));
        }
    }
    for told in read.resources.iter().filter_map(|resource| sign_in::powers(resource)) {
        let finding = match told {
            Ok(powers) => {
                let title = "The sign-in hands over powers (ReCap): whoever gets the signature may do this.";
                let finding = Finding::new(Sign01, Review, path, title);
                powers.into_iter().take(20).fold(finding, Finding::because)
            }
            Err(why) => {
                let title = "The sign-in hands over powers (ReCap) that cannot be read.";
                Finding::new(Sign01, Block, path, title).because(why)
            }
        };
        out.push(finding);
    }
}

fn of_typed(case: &Case<'_>, data: &TypedData, meaning: &Meaning, out: &mut Vec<Finding>) {
    for noted in case.non_canonical {
        let title = "The request is spelt so that readers may understand it differently.";
        out.push(Finding::new(Sign01, Block, &noted.path, title).because(noted.what.clone()));
    }
    let mut texts = Vec::new();
    data.message.texts("message", &mut texts);
    for (path, text) in texts {
        opens(&path, text, out);
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
            _ if matches!(meaning, Meaning::Other) => {
                let title = format!(
                    "{} is signed for {}: what that contract makes of it is not read here.",
                    json::shorten(&data.primary),
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
