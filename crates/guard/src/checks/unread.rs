//! What stands beside the acts and takes money or decides where it goes: fees of user operations and of payments by
//! signature, fields of orders that nothing else reads, functions that nothing here reads or that only the context names.

use alloy_primitives::{Address, U256};

use super::{ownership::refund_severity, whom::For};
use crate::{
    case::Case,
    decode::{Act, Call, EXECUTE, Functions, Plan},
    finding::{
        CheckId::{Act01, Gas01, Ord01},
        Finding,
        Severity::{Block, Incomplete, Info, Review},
    },
    known, mentions,
    policy::Role,
    typed::{Data, Known, Meaning, Sight, Told, TypedData},
};

/// A bit of 1inch's `makerTraits`: the order has an extension. Source: `MakerTraitsLib.sol`, `_HAS_EXTENSION_FLAG`.
const HAS_EXTENSION: usize = 249;

/// The end of the address of the only one who may take the order. Source: `MakerTraitsLib.sol`, `_ALLOWED_SENDER_MASK`.
const TAKER: U256 = U256::from_limbs([u64::MAX, 0xffff, 0, 0]);

/// What fields of an order at `CoW` Protocol may say. Source: cowprotocol/contracts, `GPv2Order.sol`.
const COW_WORDS: [(&str, &[&str]); 3] = [
    ("kind", &["sell", "buy"]),
    ("sellTokenBalance", &["erc20", "external", "internal"]),
    ("buyTokenBalance", &["erc20", "internal"]),
];

/// What a signature lets be taken beside what it is about, for the limits: the coin as zero.
pub(super) fn fees(case: &Case<'_>) -> Vec<(Address, U256)> {
    let Some((data, Meaning::Known(_))) = case.typed() else { return Vec::new() };
    let fee = fee(data).map(|fee| (Address::ZERO, fee));
    fee.into_iter().chain(executor_paid(data)).collect()
}

/// What whoever executes a transfer by Safe's allowance module is paid for it. Source: `AllowanceModule.sol`.
/// So is whoever executes a meta-transaction of 0x. Source: 0x exchange proxy, `MetaTransactionsFeature.sol`.
fn executor_paid(data: &TypedData) -> Option<(Address, U256)> {
    let (token, amount) = match data.type_text.split('(').next()? {
        "AllowanceTransfer" => ("paymentToken", "payment"),
        "MetaTransactionData" => ("feeToken", "feeAmount"),
        _ => return None,
    };
    let token = data.message.address(token).unwrap_or_default();
    Some((if token == crate::typed::COIN { Address::ZERO } else { token }, data.message.uint(amount)?))
}

/// The same in words, for the sentence.
pub(super) fn payment_told(case: &Case<'_>) -> Option<String> {
    let Some((data, Meaning::Known(_))) = case.typed() else { return None };
    let (token, amount) = executor_paid(data).filter(|(_, amount)| !amount.is_zero())?;
    Some(format!("pays {} to whoever executes it", case.amount(amount, &token)))
}

/// The most that the gas of it may cost.
fn fee(data: &TypedData) -> Option<U256> {
    let message = &data.message;
    let uint = |name: &str| message.uint(name).unwrap_or_default();
    match data.type_text.split('(').next().unwrap_or_default() {
        "PackedUserOperation" => {
            // Each holds two numbers of 128 bits.
            let halves = |name: &str| match message.get(name) {
                Some(Data::Fixed(word, _)) => {
                    (U256::from_be_slice(&word[..16]), U256::from_be_slice(&word[16..]))
                }
                _ => (U256::MAX, U256::MAX),
            };
            let (verification, call) = halves("accountGasLimits");
            let gas = verification.saturating_add(call).saturating_add(uint("preVerificationGas"));
            Some(gas.saturating_mul(halves("gasFees").1))
        }
        "SafeOp" => {
            let gas = uint("verificationGasLimit").saturating_add(uint("callGasLimit"));
            Some(gas.saturating_add(uint("preVerificationGas")).saturating_mul(uint("maxFeePerGas")))
        }
        "Transaction" => Some(uint("gasLimit").saturating_mul(uint("maxFeePerGas"))),
        _ => None,
    }
}

/// Whether an order of 1inch has an extension, which may set another price than stands there.
pub(super) fn has_extension(case: &Case<'_>) -> bool {
    let Some((data, Meaning::Known(_))) = case.typed() else { return false };
    let is_order = data.type_text.starts_with("Order(");
    is_order && data.message.uint("makerTraits").is_some_and(|traits| traits.bit(HAS_EXTENSION))
}

/// Fees and unread fields of typed data whose type is known.
pub(super) fn typed(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some((data, Meaning::Known(known))) = case.typed() else { return };
    let message = &data.message;
    term(case, known, out);
    if known.sight == Sight::Hash {
        let title = "Only the hash of what it agrees to is here: what that is, cannot be seen.";
        out.push(Finding::new(Act01, Incomplete, "message", title));
    }
    if let Some(told) = known.told.as_ref().filter(|_| known.sight == Sight::Whole) {
        beside_a_chain(case, data, told, out);
    }
    for name in INSTRUCTIONS.into_iter().filter(|name| !is_nothing(message.get(name))) {
        let title = "What it has done with what is given is not read here. What must come at least stands in the order.";
        out.push(Finding::new(Ord01, Info, &format!("message.{name}"), title));
    }
    let uint = |name: &str| message.uint(name).unwrap_or_default();
    match data.type_text.split('(').next().unwrap_or_default() {
        "Order" if known.id == "cow.order" => {
            for (name, all) in COW_WORDS {
                let path = format!("message.{name}");
                match message.text(name).filter(|word| all.contains(word)) {
                    None => {
                        let title =
                            "Is none of the words that CoW Protocol has there: what is meant is not known.";
                        out.push(Finding::new(Ord01, Incomplete, &path, title));
                    }
                    // The other balances are kept by Balancer's vault.
                    Some("external" | "internal") => {
                        let title = "Is a balance that Balancer's vault keeps, and not the account's own.";
                        out.push(Finding::new(Ord01, Review, &path, title));
                    }
                    Some(_) => {}
                }
            }
        }
        "AllowanceTransfer" => payment(case, executor_paid(data), "message.payment", out),
        "MetaTransactionData" => payment(case, executor_paid(data), "message.feeAmount", out),
        "Order" => {
            let traits = uint("makerTraits");
            if has_extension(case) {
                let title = "The order has an extension, which is not here: it may set another price.";
                out.push(Finding::new(Ord01, Incomplete, "message.makerTraits", title));
            }
            let taker = traits & TAKER;
            if !taker.is_zero() {
                let title = format!("Only one whose address ends in {taker:020x} can take this order.");
                out.push(Finding::new(Ord01, Review, "message.makerTraits", title));
            }
        }
        _ => {}
    }
    if let Some(fee) = fee(data) {
        bounded(case, fee, out);
        for (name, what) in [
            ("initCode", "makes the account by code that is not read here"),
            ("paymasterAndData", "has a say in it, and what it takes for that is not read here"),
        ] {
            let Some(Data::Bytes(bytes)) = message.get(name).filter(|data| **data != Data::Bytes(Vec::new()))
            else {
                continue;
            };
            // Source: ERC-4337: both begin with the address of the contract.
            let who = bytes.get(..20).map(Address::from_slice);
            let is_known = who.is_some_and(|who| case.knows_contract(&who));
            let severity = if is_known { Review } else { Incomplete };
            let who = who.map_or_else(|| "Somebody".to_owned(), |who| case.show(&who));
            let vouched = if is_known { "" } else { ", and nobody vouches for that contract" };
            let title = format!("{who} {what}{vouched}.");
            out.push(Finding::new(Act01, severity, &format!("message.{name}"), title));
        }
    }
}

/// Whether bytes hold nothing, or are not there.
fn is_nothing(data: Option<&Data>) -> bool {
    match data {
        Some(Data::Fixed(word, _)) => word.is_zero(),
        Some(Data::Bytes(bytes)) => bytes.is_empty(),
        Some(Data::List(items)) => items.is_empty(),
        _ => true,
    }
}

/// Bytes of an order that whoever takes it executes, or holds it to: they move what is given, and the least that must come bounds them.
const INSTRUCTIONS: [&str; 2] = ["slippageAndActions.actions", "witness.info.additionalValidationData"];

/// How long a payment, a call or a right by signature can be used: one without an end is as one without a limit.
fn term(case: &Case<'_>, known: &Known, out: &mut Vec<Finding>) {
    // Orders are judged by what markets offer.
    let Some(end) = known.until.filter(|_| !(known.calls.is_empty() && known.operators.is_empty())) else {
        return;
    };
    // Source: ERC-4337, `validUntil`: zero is no end.
    let end = if end.is_zero() && known.id == "safe.4337" { U256::MAX } else { end };
    let Some(now) = case.facts.now else {
        let title = "The time is not known, so how long the signature can be used was not judged (--now).";
        out.push(Finding::new(Act01, Incomplete, "message", title));
        return;
    };
    let days = case.policy.bounds.permit_days;
    let limit = u64::try_from(now.as_second()).unwrap_or_default().saturating_add(u64::from(days) * 86_400);
    if end > U256::from(limit) {
        let title = format!(
            "Whoever gets the signature can use it {}, longer than the {days} days the policy allows.",
            known::until(end)
        );
        out.push(Finding::new(Act01, Review, "message", title));
    }
}

/// What is done on somebody's books is told; neither limits nor prices were applied to it, so that a person has to look.
fn beside_a_chain(case: &Case<'_>, data: &TypedData, told: &Told, out: &mut Vec<Finding>) {
    let contract = data.domain.address("verifyingContract").filter(|contract| !contract.is_zero());
    let title = match contract {
        Some(_) => "Does something that is counted nowhere here: no limit and no price was applied.",
        None => "Is done beside any chain that is read here: no limit and no price was applied.",
    };
    out.push(Finding::new(Act01, Review, "message", title));
    let Some((field, payee)) = told.payee else { return };
    let is_known =
        payee.is_some_and(|payee| case.may_receive(&payee) || case.trusts(&payee, &[Role::Operator]));
    if !is_known {
        let whom = payee.map_or_else(|| "whoever that is".to_owned(), |payee| case.show(&payee));
        let title = format!("Nothing speaks for {whom}, who gets something by this signature.");
        out.push(Finding::new(Act01, Block, &format!("message.{field}"), title));
    }
}

fn bounded(case: &Case<'_>, fee: U256, out: &mut Vec<Finding>) {
    let bounds = &case.policy.bounds;
    if fee > bounds.review_fee.0 {
        let severity = if fee > bounds.block_fee.0 { Block } else { Review };
        let title = format!("May cost {} in fees.", case.amount(fee, &Address::ZERO));
        out.push(Finding::new(Gas01, severity, "message", title));
    }
}

/// What whoever executes it is paid.
fn payment(case: &Case<'_>, paid: Option<(Address, U256)>, path: &str, out: &mut Vec<Finding>) {
    let Some((token, amount)) = paid.filter(|(_, amount)| !amount.is_zero()) else { return };
    let is_small = token.is_zero() && amount <= case.policy.bounds.review_fee.0;
    let severity = if is_small { Info } else { refund_severity(case, amount, &token) };
    let title = format!("Pays {} to whoever executes it.", case.amount(amount, &token));
    out.push(Finding::new(Gas01, severity, path, title));
}

/// A line of the context names a function, and vouches for nothing.
pub(super) fn named_by_context(case: &Case<'_>, out: &mut Vec<Finding>) {
    for call in &case.unpacked.calls {
        let Some(decoded) = &call.decoded else { continue };
        if Functions::default().find(decoded.function.selector).is_none() {
            let title = format!(
                "Only the context (abi) names the function {}: what it does is not known here.",
                crate::json::shorten(decoded.signature())
            );
            out.push(Finding::new(Act01, Review, &call.path, title));
        }
    }
}

/// Most addresses of one call that are named.
const MOST: usize = 8;

/// Whoever the bytes of a function name that nothing here reads may get, own or decide something by it: that its contract is known,
/// be it one's own, says nothing of for whom it is called.
pub(super) fn strangers(case: &Case<'_>, out: &mut Vec<Finding>) {
    for call in &case.unpacked.calls {
        let Some(unread) = Unread::of(case, call) else { continue };
        if !unread.is_whole {
            let title = "Holds more calls than are looked into, in data that nothing here reads.";
            out.push(Finding::new(Act01, Incomplete, &call.path, title));
        }
        let [first, others @ ..] = &unread.strangers[..] else { continue };
        let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let title = format!(
            "Names {}{more} in data that nothing here reads, and nobody vouches for whoever that is.",
            case.show(first)
        );
        let finding = Finding::new(Act01, Incomplete, &call.path, title);
        out.push(others.iter().take(MOST).fold(finding, |finding, one| finding.because(case.show(one))));
    }
}

/// What the bytes of a function hold that nothing here reads.
struct Unread {
    /// Those whom they name, and for whom nobody vouches.
    strangers: Vec<Address>,
    /// Whether all calls among them were looked into.
    is_whole: bool,
}

impl Unread {
    /// Nothing where the function is read, or code that runs by delegatecall is judged as that.
    fn of(case: &Case<'_>, call: &Call<'_>) -> Option<Self> {
        // A text is read as one, and a name that the context tells reads no bytes.
        let is_text = || {
            let index = case.unpacked.calls.iter().position(|other| std::ptr::eq(other, call));
            case.acts
                .iter()
                .any(|placed| Some(placed.call) == index && matches!(placed.act, Act::Memo { .. }))
        };
        let known = |selector| Functions::default().find(selector).is_some();
        let is_read = call.decoded.as_ref().is_some_and(|decoded| known(decoded.function.selector));
        if call.delegate
            || is_read && !hands_commands(call)
            || call.is_wrapper
            || call.to.is_none()
            || is_text()
        {
            return None;
        }
        let (mut strangers, is_whole) = mentions::words(call.data.get(4..)?);
        strangers.sort_unstable();
        strangers.dedup();
        strangers.retain(|address| !case.vouches_for(address, For::Any));
        Some(Self { strangers, is_whole })
    }
}

/// Whether a call hands commands, or calls in a form of an account's own, of which not all are read.
fn hands_commands(call: &Call<'_>) -> bool {
    let signature = call.signature().unwrap_or_default();
    EXECUTE.contains(&signature) && Plan::of(call).is_none()
        || matches!(signature, "execute(bytes32,bytes)" | "executeFromExecutor(bytes32,bytes)")
}

/// Whether a call holds bytes that nothing here reads, and that name somebody for whom nobody vouches.
pub(super) fn names_strangers(case: &Case<'_>, call: &Call<'_>) -> bool {
    Unread::of(case, call).is_some_and(|unread| !unread.is_whole || !unread.strangers.is_empty())
}

/// Has a contract call another one, or run its code as its own: which, the call does not say. Source: `OpenZeppelin`,
/// `AccessManager.sol`; dapphub/ds-proxy, `proxy.sol`.
const EITHER: &str = "execute(address,bytes)";

/// What is unpacked as a call, and may be one of the contract's own code.
pub(super) fn either_way(case: &Case<'_>, out: &mut Vec<Finding>) {
    for call in case.unpacked.calls.iter().filter(|call| call.signature() == Some(EITHER)) {
        let who = call.to.map_or_else(|| "Somebody".to_owned(), |to| case.show(&to));
        let title = format!(
            "{who} calls what is named, or runs its code as its own (a proxy of a user): which of the two, is not known here."
        );
        out.push(Finding::new(Act01, Review, &call.path, title));
    }
}
