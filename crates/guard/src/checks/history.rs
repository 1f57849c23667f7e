//! G-SIM-01 as far as it can be told without a simulation, and G-HIST-01.

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};

use super::{unread, whom::For};
use crate::{
    case::{Case, Subject},
    decode::{
        Act, Call, Decoded, Value,
        action::LURES,
        table::{self, PowerKind},
    },
    facts::Kind,
    finding::{
        CheckId::{Act01, Hist01, Sim01},
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    flow::{self, ACROSS, Flow, Rest},
    known,
    policy::Role,
    swap::Swap,
};

/// Functions that take the zero address for whoever calls. Source: Lido, `WithdrawalQueue.sol`.
const ZERO_IS_CALLER: &[&str] = &[
    "requestWithdrawals(uint256[],address)",
    "requestWithdrawalsWstETH(uint256[],address)",
    "requestWithdrawalsWithPermit(uint256[],address,(uint256,uint256,uint8,bytes32,bytes32))",
    "requestWithdrawalsWstETHWithPermit(uint256[],address,(uint256,uint256,uint8,bytes32,bytes32))",
];

pub(super) fn unseen(case: &Case<'_>, out: &mut Vec<Finding>) {
    for placed in &case.acts {
        let call = &case.unpacked.calls[placed.call];
        let path = &placed.path;
        match &placed.act {
            // A delegatecall to unknown code is judged as such.
            Act::Unknown { to, selector } if !call.delegate => {
                let paid = !call.value.is_zero();
                let with = if paid { ", with money" } else { "" };
                // That a contract may be called says nothing of whom its functions serve.
                let title = if case.trusts(to, &[Role::Contract, Role::Spender]) {
                    format!("Calls {} for a function that is not known here{with}.", case.show(to))
                } else {
                    format!(
                        "Calls {} for an unknown function (0x{}){with}: what it does cannot be seen without a simulation.",
                        case.show(to),
                        hex::encode(selector)
                    )
                };
                // Bytes behind money, or in a signature, make neither milder: who gets it is not vouched for.
                // That its source is published lets a person look at what it is.
                let verified = case.facts.at(to).is_some_and(|facts| facts.verified == Some(true));
                let blind =
                    !verified && paid || case.typed().is_some() || unread::names_strangers(case, call);
                let severity = if blind { Incomplete } else { Review };
                out.push(Finding::new(Sim01, severity, path, title));
            }
            Act::Named { to, function, beneficiaries } => {
                for beneficiary in beneficiaries {
                    proceeds(case, placed.call, beneficiary, out);
                }
                super::swap::open_ends(case, call, beneficiaries, out);
                out.extend(burnt(case, call));
                if !case.only_takes_away(placed.call) {
                    strangers_within(case, call, beneficiaries, out);
                }
                if case.trusts(to, &[Role::Contract, Role::Spender]) || call.delegate {
                    out.extend(open(case, call, to, beneficiaries));
                    continue;
                }
                if function.starts_with("decreaseAllowance(") && case.knows_token(to) {
                    continue;
                }
                let verified = case.facts.at(to).is_some_and(|facts| facts.verified == Some(true));
                let lure = LURES.contains(&&function[..]);
                let vanity = to.iter().take_while(|byte| **byte == 0).count() >= 2;
                let always =
                    matches!(&function[..], "securityUpdate()" | "SecurityUpdate()" | "networkMerge()");
                let (severity, title) = if lure && !verified && (always || vanity || !call.value.is_zero()) {
                    (
                        Block,
                        format!(
                            "{function} at {}: a name drainers use for the function that takes the money; nothing comes \
                             back.",
                            case.show(to)
                        ),
                    )
                } else {
                    let title =
                        format!("Calls {function} at {}, which no entry trusts to be called.", case.show(to));
                    (Review, title)
                };
                out.push(Finding::new(Sim01, severity, path, title));
            }
            // Who may be paid may get a text too, unless there is code that would run.
            Act::Memo { to, .. }
                if !case.may_receive(to)
                    || case.knows_contract(to)
                    || matches!(case.facts.kind(to), Some(Kind::Contract | Kind::Token)) =>
            {
                let title = format!("Sends a text to {}, which a contract takes for a call.", case.show(to));
                out.push(Finding::new(Sim01, Review, path, title));
            }
            act if !call.delegate && case.no_token(act).is_some() => {
                let at = case.no_token(act).unwrap_or_default();
                let title = format!(
                    "Calls a token's function at {}, which is no token: its own code runs, or that of its fallback handler.",
                    case.show(&at)
                );
                out.push(Finding::new(Sim01, Review, path, title));
            }
            Act::Create => {
                let title = "Creates a contract: what its code does was not examined.";
                out.push(Finding::new(Sim01, Review, path, title));
            }
            // A proxy is trusted where its code was looked at, whichever function is called.
            Act::Pay { to, .. }
                if call.data.is_empty()
                    && case.stakes(to)
                    && !case.trusts(to, &[Role::Contract, Role::Spender]) =>
            {
                let title = format!("Stakes at {}, whose code nobody vouches for.", case.show(to));
                out.push(Finding::new(Sim01, Review, path, title));
            }
            Act::Pay { to, .. } if call.data.is_empty() && case.facts.kind(to) == Some(Kind::Empty) => {
                // Whoever put it in the address book knows whose it will be.
                let severity = if case.may_receive(to) { Info } else { Review };
                out.push(Finding::new(Sim01, severity, path, format!("Nothing was ever seen at {to}.")));
            }
            _ => {}
        }
    }
    super::swap::left_behind(case, out);
    out.extend(super::swap::lost_together(&[case], &case.path));
    // What an ordinary transaction does is what all that is sent with it does.
    if !matches!(case.subject, Subject::Tx(_)) {
        out.extend(intended(std::slice::from_ref(&case)));
    }
}

impl Case<'_> {
    /// The account of one's own at which a token's function is called, though it is none.
    pub(crate) fn no_token(&self, act: &Act) -> Option<Address> {
        let token = match act {
            Act::Transfer { token, .. } => token,
            Act::Grant(grant) => &grant.token,
            _ => return None,
        };
        let is_account = self.is_own(token) || self.facts.names_safe(token);
        (is_account && !self.knows_token(token)).then_some(*token)
    }
}

/// What comes out of a swap or deposit goes to somebody.
fn proceeds(case: &Case<'_>, call: usize, to: &Address, out: &mut Vec<Finding>) {
    let index = call;
    let call = &case.unpacked.calls[index];
    let path = &call.path;
    let marker = |number: u8| *to == Address::with_last_byte(number);
    // Some routers write 1 for the sender and 2 for themselves; at all others those are strangers.
    let has_markers = crate::swap::has_markers(call);
    if case.is_callers(call, to) || has_markers && marker(1) {
        return;
    }
    if marker(0) && call.signature().is_some_and(|signature| ZERO_IS_CALLER.contains(&signature)) {
        return;
    }
    if marker(0) && super::swap::burns_at_zero(call) {
        let title = "What comes out goes to the zero address, where nobody ever gets it back.";
        out.push(Finding::new(Sim01, Block, path, title));
        return;
    }
    if marker(0) || has_markers && marker(2) || call.to == Some(*to) {
        // From there another call must take it.
        if !super::swap::is_swept(case, index) {
            let title = format!(
                "What comes out stays in {}, where anybody can take it.",
                case.show(&call.to.unwrap_or(*to))
            );
            out.push(Finding::new(Sim01, Review, path, title));
        }
        return;
    }
    let (severity, title) = if case.is_account(to) && case.safe().is_none() || case.is_own(to) {
        let holder = case.holder_of(call).or(case.actor);
        let whose = holder.map_or_else(|| "somebody else".to_owned(), |holder| case.show(&holder));
        // As of what anybody else has.
        let severity = if case.may_receive_of(holder, to) { Review } else { Incomplete };
        let title = format!("What comes out is of what {whose} has, and goes to {}.", case.show(to));
        (severity, title)
    } else if case.actor.is_none() {
        (
            Incomplete,
            format!(
                "What comes out goes to {}: whether that is you is not known (--account).",
                case.show(to)
            ),
        )
    } else if case.counterparties().contains(to) {
        (Review, format!("What comes out goes to {} and not to you.", case.show(to)))
    } else {
        (Block, format!("What comes out goes to a stranger and not to you: {}.", case.show(to)))
    };
    out.push(Finding::new(Sim01, severity, path, title));
}

/// What is done, by all of it together, against what is meant: so much, to nobody else, and nothing beside it.
pub(super) fn intended(cases: &[&Case<'_>]) -> Option<Finding> {
    let first = cases.first()?;
    let intended = first.facts.intended.as_ref()?;
    let token = intended.token.map(|token| token.0);
    // How much an act brings of what is wanted to whom it is wanted for.
    let brought = |case: &Case<'_>, act: &Act| {
        let (moved, to, value) = match act {
            Act::Pay { to, value } => (None, to, value),
            Act::Transfer { token, to, amount, .. } => (Some(*token), to, amount),
            _ => return None,
        };
        // The same address on another chain is another token, and its coin another coin.
        let is_here = case.chain_id == first.chain_id;
        let fits = is_here && moved == token && intended.to.is_none_or(|wanted| wanted.0 == *to);
        fits.then_some(*value)
    };
    let acts = || cases.iter().flat_map(|case| case.acts.iter().map(move |placed| (*case, placed)));
    let other = acts().find(|(case, placed)| brought(case, &placed.act).is_none()).map(|(_, placed)| placed);
    let mut fitting = acts().filter_map(|(case, placed)| brought(case, &placed.act)).peekable();
    let is_begun = fitting.peek().is_some();
    let sum = fitting.fold(U256::ZERO, U256::saturating_add);
    let wanted = intended.value.map_or(sum, |wanted| wanted.0);
    let is_done = is_begun && sum == wanted;
    let gives_code = cases.iter().any(|case| !case.authorizations.is_empty());
    if is_done && other.is_none() && !gives_code {
        return None;
    }
    let place = match other {
        Some(placed) => &placed.path,
        None if cases.len() > 1 => "all together",
        None => &first.path,
    };
    let what = if is_done || is_begun && sum > wanted { "does more than" } else { "does not do" };
    let does: Vec<String> = cases
        .iter()
        .take(MOST_SAID)
        .map(|case| crate::intent::sentence(case, super::worth::dearest))
        .collect();
    let more = if cases.len() > MOST_SAID { "; and more" } else { "" };
    let title = format!("This {what} what you said you want: {}{more}.", does.join("; "));
    Some(Finding::new(Sim01, Block, place, title))
}

/// Of how many it is said what they do that is not wanted.
const MOST_SAID: usize = 4;

pub(super) fn unprecedented(case: &Case<'_>, out: &mut Vec<Finding>) {
    if case.facts.past.is_empty() && !case.facts.past_complete {
        return;
    }
    let own = || case.facts.past_on(case.chain_id).filter(|past| past.own);
    let first = case.unpacked.calls.iter().find(|call| call.delegate);
    if let Some(call) = first.filter(|_| !own().any(|past| past.operation == 1)) {
        let title = "The first delegatecall ever of this Safe.";
        out.push(
            Finding::new(Hist01, Review, &call.path, title)
                .because(format!("{} earlier transactions", own().count())),
        );
    }
    for (path, to) in case.recipients() {
        let known = own().any(|past| past.to.0 == to) || case.policy.books(&to, case.chain_id);
        if !known && !case.is_own(&to) && !case.trusts(&to, &[Role::Recipient]) {
            let title = format!("{} was never paid before.", case.show(&to));
            out.push(Finding::new(Hist01, Review, path, title).standing());
        }
    }
    for placed in &case.acts {
        let (token, amount) = match &placed.act {
            Act::Pay { value, .. } => (None, *value),
            Act::Transfer { token, amount, nft: false, .. } => (Some(*token), *amount),
            _ => continue,
        };
        let largest =
            own().filter(|past| past.token.map(|token| token.0) == token).map(|past| past.value.0).max();
        let Some(largest) = largest.filter(|largest| !largest.is_zero()) else { continue };
        if amount > largest.saturating_mul(U256::from(case.policy.bounds.outlier_factor)) {
            let title = format!(
                "The largest amount by far: {}, before at most {}.",
                case.amount(amount, &token.unwrap_or_default()),
                case.amount(largest, &token.unwrap_or_default())
            );
            out.push(Finding::new(Hist01, Review, &placed.path, title).standing());
        }
    }
}

/// A contract that is known may still take, or ask for, as much as it likes where the call names no bound.
fn open(case: &Case<'_>, call: &Call<'_>, to: &Address, beneficiaries: &[Address]) -> Option<Finding> {
    let is_open = !call.delegate && Flow::of(case, call, beneficiaries).rest == Rest::Open;
    let name = call.signature().unwrap_or_default();
    // Of lists of commands that are not read it is said what they are.
    let is_said = name.starts_with("execute(") || name.starts_with("executeSigned(");
    (is_open && !is_said).then(|| {
        let title = format!(
            "How much leaves by {} at {} does not stand in the call data: the contract decides.",
            crate::json::shorten(name),
            case.show(to)
        );
        Finding::new(Sim01, Review, &call.path, title)
    })
}

/// Tokens that are destroyed, or an NFT: nothing need come back for either.
fn burnt(case: &Case<'_>, call: &Call<'_>) -> Option<Finding> {
    let to = call.to.filter(|_| call.signature() == Some("burn(uint256)") && !call.delegate)?;
    let amount = call.decoded.as_ref()?.uint(0)?;
    let title = if case.is_coin(&to) {
        let what = Some(amount).filter(|amount| !amount.is_zero())?;
        format!("Destroys {}: nothing need come back for it.", case.amount(what, &to))
    } else {
        let token = case.show(&to);
        format!(
            "Destroys the NFT {amount} of {token}, or so many of its smallest units: nothing need come back for it."
        )
    };
    Some(Finding::new(Sim01, Review, &call.path, title))
}

/// Addresses among the arguments besides those that the call serves, at whatever depth: a refund's, a relayer's, a token's on
/// another chain. No name of a parameter says that they do no harm, so somebody must vouch for each.
fn strangers_within(case: &Case<'_>, call: &Call<'_>, served: &[Address], out: &mut Vec<Finding>) {
    let Some(decoded) = call.decoded.as_ref().filter(|_| !call.is_wrapper && Swap::of(call).is_none()) else {
        return;
    };
    // What undoes an order gives nobody anything.
    if decoded.signature() == TOLD_ALONE || flow::is_cancel(decoded.signature()) {
        return;
    }
    let signature = decoded.signature();
    let brings_out = table::named(signature).is_some_and(|named| named.kind == PowerKind::Out);
    let has_words = brings_out && !HANDS_IN_SIGNATURES.iter().any(|end| signature.ends_with(end));
    if has_words && decoded.args.iter().flat_map(words).any(|word| word == Word::Unread) {
        let title = format!("Hands {signature} data that nothing here reads.");
        out.push(Finding::new(Act01, Incomplete, &call.path, title));
    }
    let in_words = |value: &Value<'_>| {
        let words = if has_words { words(value) } else { Vec::new() };
        words.into_iter().filter_map(Word::address).collect()
    };
    let mut found = For::each(decoded, in_words);
    if signature == MAKES_SAFES {
        let Some(setup) = crate::intent::initializer(decoded) else {
            let title = "Makes a Safe that is set up by data which nothing here reads.";
            out.push(Finding::new(Act01, Incomplete, &call.path, title));
            return;
        };
        if setup.get(2).and_then(Value::address).is_none_or(|runs| !runs.is_zero()) {
            let title = "Code runs with the new Safe's own storage when it is made (delegatecall), and may make anybody its master.";
            out.push(Finding::new(Sim01, Review, &call.path, title));
        }
        for (index, value) in setup.iter().enumerate() {
            // What runs, the fallback handler and the token of its payment; and roles that the policy has for some.
            let (place, role) = match index {
                0 => (For::Party, Some(Role::Owner)),
                2 | 5 => (For::Thing, None),
                4 => (For::Thing, Some(Role::FallbackHandler)),
                _ => (For::Party, None),
            };
            let addresses = value.addresses().into_iter();
            let others = addresses.filter(|address| !role.is_some_and(|role| case.trusts(address, &[role])));
            found.extend(others.map(|address| (place, address)));
        }
    }
    // A market is made of contracts, and who may be paid is none for that.
    if let Some(market @ Value::Tuple(_)) = decoded.args.first()
        && signature.contains(MARKET)
    {
        let market = market.addresses();
        for (place, address) in &mut found {
            if market.contains(address) {
                *place = For::Thing;
            }
        }
    }
    let arrives = arriving(decoded);
    found.retain(|(place, address)| *place != For::Thing || arrives != Some(*address));
    let is_known = |place: For, address: &Address| {
        served.contains(address) && place == For::Party || case.vouches_for(address, place)
    };
    let strangers = found.into_iter().filter(|(place, address)| !is_known(*place, address));
    let strangers: BTreeSet<Address> = strangers.map(|(_, address)| address).collect();
    for address in strangers {
        let title = format!("Names {}, and nobody vouches for that address.", case.show(&address));
        out.push(Finding::new(Act01, Incomplete, &call.path, title));
    }
}

/// The token that a bridge brings, where it is one of the table that is shipped for the chain that it is brought to: it is none of
/// this chain's.
fn arriving(decoded: &Decoded<'_>) -> Option<Address> {
    let token = flow::address(decoded, 3).filter(|_| ACROSS.contains(&decoded.signature()))?;
    let chain = u64::try_from(decoded.uint(6)?).ok().filter(|chain| known::ships_tokens(*chain))?;
    known::shipped(&token, Some(chain)).map(|_| token)
}

/// A function that makes Safes. Source: `SafeProxyFactory.sol`.
const MAKES_SAFES: &str = "createProxyWithNonce(address,bytes,uint256)";

/// How a market of Morpho is named. Source: morpho-org/morpho-blue, `IMorpho.sol`, `MarketParams`.
const MARKET: &str = "((address,address,address,address,uint256),";

/// A function whose one address is told in an event and nothing more: who sent the user (`Lido.sol`, `_submit`).
const TOLD_ALONE: &str = "submit(address)";

/// How functions end that bring money out by a signature, which is no data for anybody else: ERC-3009, Lido's queue, ERC-7598,
/// Safe's `AllowanceModule`.
const HANDS_IN_SIGNATURES: [&str; 4] = [
    "uint8,bytes32,bytes32)",
    "uint8,bytes32,bytes32))",
    "uint256,bytes32,bytes)",
    "address,uint96,address,bytes)",
];

/// What bytes among the arguments of a function that brings money out are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// An address as functions write it that serve several kinds of chain.
    Address(Address),
    /// That of a chain of another kind, or a message to whoever gets the money.
    Unread,
}

impl Word {
    fn address(self) -> Option<Address> {
        match self {
            Self::Address(address) => Some(address),
            Self::Unread => None,
        }
    }
}

fn words(value: &Value<'_>) -> Vec<Word> {
    match value {
        Value::List(values) | Value::Tuple(values) => values.iter().flat_map(words).collect(),
        Value::Fixed(bytes) if bytes.len() == 32 && bytes.iter().any(|byte| *byte != 0) => {
            let is_address = bytes[..12].iter().all(|byte| *byte == 0);
            vec![if is_address { Word::Address(Address::from_slice(&bytes[12..])) } else { Word::Unread }]
        }
        // LayerZero's options of type 3, and none of them.
        Value::Bytes([] | [0, 3]) => Vec::new(),
        Value::Bytes(_) => vec![Word::Unread],
        _ => Vec::new(),
    }
}
