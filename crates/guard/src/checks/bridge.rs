//! Bridges: what arrives at the other end, where that is, and for whom.

use alloy_primitives::{Address, U256};

use super::{costs, price, swap, worth};
use crate::{
    case::Case,
    decode::{Call, Decoded, Value},
    finding::{
        CheckId::{Addr02, Gas01, Sim01},
        Finding,
        Severity::{Block, Incomplete, Review},
    },
    flow::{self, ACROSS, CCTP, OFT_SEND, OUTBOUND, address, in_word, lz_fee},
    known,
    policy::Role,
    there::There,
};

const CALLS_THERE: &str = "Calls something on the other chain, which is not read here.";
const NOT_ABOUT: &str = "What arrives at the other end of the bridge is not about what is given.";

pub(super) fn bridges(case: &Case<'_>, out: &mut Vec<Finding>) {
    for call in &case.unpacked.calls {
        let Some(decoded) = &call.decoded else { continue };
        out.extend(kept(case, call));
        let mut add = |title: &str| out.push(Finding::new(Sim01, Review, &call.path, title));
        let uint = |index: usize| decoded.uint(index).unwrap_or_default();
        let is_empty = |value: Option<&Value<'_>>| value.and_then(Value::bytes).is_none_or(<[u8]>::is_empty);
        match &decoded.function.name[..] {
            _ if CCTP.contains(&decoded.signature()) => {
                // Source: Circle, "CCTP": of one coin the same one comes out.
                let unit = decoded.address(3).and_then(|token| known::shipped(&token, case.chain_id));
                if unit.is_none_or(|unit| unit.ticker != "USDC") {
                    add("Hands a token to the bridge of USDC that is not known to be USDC.");
                }
                if !is_empty(decoded.args.get(7)) {
                    add(CALLS_THERE);
                }
                if decoded.args.len() >= 7 && uint(5).saturating_mul(U256::from(100)) > uint(0) {
                    add("The bridge may keep more than a hundredth as its fee (maxFee).");
                }
                arrives_at(case, call, There::of_domain(uint(1)), address(decoded, 2), out);
            }
            "send" if decoded.signature() == OFT_SEND => {
                let params = decoded.args.first().map(Value::elements).unwrap_or_default();
                let to = params.get(1).and_then(in_word);
                if !to.is_some_and(|to| case.is_party(&to)) {
                    add("Sends tokens to another chain, and nothing speaks for whom they go to there.");
                }
                let amount = |index: usize| params.get(index).and_then(Value::uint).unwrap_or_default();
                if !is_about(amount(3), amount(2)) {
                    add(NOT_ABOUT);
                }
                if lz_fee(decoded).is_none_or(|fee| !fee.is_zero()) {
                    let fee = lz_fee(decoded).unwrap_or_default();
                    add(&format!(
                        "Pays {fee} base units of LayerZero's own token as a fee (lzTokenFee): which token that is, and what it is \
                         worth, does not stand in the call data."
                    ));
                }
                if [5, 6]
                    .iter()
                    .any(|at| params.get(*at).and_then(Value::bytes).is_none_or(|it| !it.is_empty()))
                {
                    add(CALLS_THERE);
                }
                arrives_at(case, call, There::of_endpoint(amount(0)), to, out);
            }
            _ if ACROSS.contains(&decoded.signature()) => {
                if !is_empty(decoded.args.get(11)) {
                    add(CALLS_THERE);
                }
                across(case, call, decoded, out);
            }
            _ if decoded.signature() == OUTBOUND => {
                if !is_plain(decoded) {
                    add("Has data for the gateway or the other chain that are not read here.");
                }
                gateway(case, call, decoded.address(1), out);
            }
            _ => {}
        }
    }
}

/// What a bridge keeps is a fee, whoever gets it: held to the bounds of fees where it is the coin, and to what may be lost unseen.
fn kept(case: &Case<'_>, call: &Call<'_>) -> Option<Finding> {
    let (token, amount) = flow::kept(case, call)?;
    let shown = case.amount(amount, &token);
    if let Some(coin) = costs::kept_coin(case, call) {
        let title = format!("The bridge may keep {shown} of what is given.");
        return costs::severity(case, coin).map(|severity| Finding::new(Gas01, severity, &call.path, title));
    }
    let title = match worth::dearest(case, token, amount) {
        Some(dollars) if dollars <= swap::bound(case) => return None,
        Some(_) => format!(
            "The bridge may keep {shown} of what is given; the policy lets {} go (`unseen-loss`).",
            swap::dollars(swap::bound(case))
        ),
        None => format!(
            "The bridge may keep {shown} of what is given, and what that is worth is not known here: there is no price of {}.",
            price::name(case, &token)
        ),
    };
    Some(Finding::new(Sim01, Review, &call.path, title))
}

/// What bridges keep of one request beside the coin, in the smallest parts of a dollar.
pub(super) fn lost(case: &Case<'_>) -> Vec<U256> {
    let kept = case.unpacked.calls.iter().filter_map(|call| flow::kept(case, call));
    let tokens = kept.filter(|(token, _)| !case.or_coin(*token).is_zero());
    tokens.filter_map(|(token, amount)| worth::dearest(case, token, amount)).collect()
}

/// Whether the data of a gateway's function are its fee alone. Source: `OffchainLabs`, `L1ArbitrumGateway.sol`, `_parseUserEncodedData`:
/// the most that the submission costs, and data for the other chain.
fn is_plain(decoded: &Decoded<'_>) -> bool {
    let data = decoded.args.get(5).and_then(Value::bytes).unwrap_or_default();
    let (at, none) = (U256::from(64).to_be_bytes::<32>(), [0; 32]);
    data.is_empty() || data.len() == 96 && data[32..64] == at && data[64..] == none
}

/// A gateway brings things to the one chain that it serves.
fn gateway(case: &Case<'_>, call: &Call<'_>, to: Option<Address>, out: &mut Vec<Finding>) {
    if let Some(there) = call.to.and_then(|gateway| There::of_gateway(&gateway, case.chain_id)) {
        return arrives_at(case, call, there, to, out);
    }
    if let Some(to) = to.filter(|to| case.is_own(to) && is_contract(case, to)) {
        let title = format!(
            "Goes to {} on the chain that the bridge serves, which does not stand there: that the same contract is yours there \
             too is not known.",
            case.show(&to)
        );
        out.push(Finding::new(Sim01, Incomplete, &call.path, title));
    }
}

/// Whether at least nine tenths arrive, and no more than was given.
fn is_about(least: U256, amount: U256) -> bool {
    least <= amount && least.saturating_mul(U256::from(10)) >= amount.saturating_mul(U256::from(9))
}

/// Amounts say something of each other only where both tokens are known to be one, each on its chain. Across fills whatever was
/// asked for: nothing there holds a bad exchange up.
fn across(case: &Case<'_>, call: &Call<'_>, decoded: &Decoded<'_>, out: &mut Vec<Finding>) {
    let (given, least) = (decoded.uint(4).unwrap_or_default(), decoded.uint(5).unwrap_or_default());
    let number = decoded.uint(6).unwrap_or_default();
    let chain = u64::try_from(number).ok().filter(|chain| known::ships_tokens(*chain));
    if !flow::is_same_there(case, decoded) {
        let token = address(decoded, 2).unwrap_or_default();
        let there = chain.map_or_else(|| format!("chain {number}"), known::chain);
        let title = format!(
            "Gives {} to a bridge, and what arrives on {there} is not known: the token there is not known to be the same.",
            case.amount(given, &token)
        );
        out.push(Finding::new(Sim01, Review, &call.path, title));
    } else if !is_about(least, given) {
        out.push(Finding::new(Sim01, Review, &call.path, NOT_ABOUT));
    }
    arrives_at(case, call, There::of_chain(number), address(decoded, 1), out);
}

/// Whether the place is one, another than this, and whoever gets it there the one who has that address here: a contract's address
/// on another chain may be anybody's.
fn arrives_at(case: &Case<'_>, call: &Call<'_>, there: There, to: Option<Address>, out: &mut Vec<Finding>) {
    // Of a place that is not known, whoever is blocked anywhere.
    let arrives = match there {
        There::Chain(chain) => Some(chain),
        There::Unknown(_) => None,
    };
    if let Some((to, blocked)) = to.and_then(|to| Some((to, case.policy.blocks(&to, arrives)?)))
        && case.policy.blocks(&to, case.chain_id).is_none()
    {
        let place = arrives.map_or_else(|| "another chain".to_owned(), known::chain);
        let title = format!("The policy blocks {to} on {place} ({}).", blocked.name);
        out.push(Finding::new(Addr02, Block, &call.path, title));
    }
    let mut add = |severity, title| out.push(Finding::new(Sim01, severity, &call.path, title));
    let chain = match there {
        There::Unknown(number) => {
            let title = format!(
                "Brings it to a place that the bridge calls {number}: no chain that is known here, or one where addresses are \
                 others."
            );
            return add(Review, title);
        }
        There::Chain(chain) => chain,
    };
    if case.chain_id == Some(chain) {
        add(Review, format!("Brings it to {}, where it is already.", known::chain(chain)));
    }
    let Some(to) = to.filter(|to| !case.policy.books(to, Some(chain))) else { return };
    if case.is_own(&to) {
        if is_contract(case, &to) {
            let title = format!(
                "Goes to {} on {}: that the same contract is yours there too is not known (book it for that chain).",
                case.show(&to),
                known::chain(chain)
            );
            add(Incomplete, title);
        }
    } else if case.policy.trusts(&to, Role::Recipient, Some(chain)).is_none() {
        // Whose an address is on one chain says nothing of another.
        let title = format!(
            "Goes to {} on {}, where nobody vouches for that address (book it for that chain).",
            case.show(&to),
            known::chain(chain)
        );
        add(Incomplete, title);
    }
}

/// Whether an address of one's own is known to be a contract's.
pub(super) fn is_contract(case: &Case<'_>, own: &Address) -> bool {
    let is_safe = case.safe().is_some() && case.actor == Some(*own);
    is_safe || case.facts.names_safe(own) || case.facts.kind(own) == Some(crate::facts::Kind::Contract)
}
