//! What is to be signed, in one sentence a person understands.

mod protocols;
mod weight;

pub(crate) use self::{
    protocols::initializer,
    weight::{Worth, first, place, sorted},
};

use std::cmp::Reverse;

use alloy_primitives::{Address, U256};

use self::weight::Part;
use crate::{
    case::{Case, Subject},
    decode::{
        ACCESS_SCHEDULE, Act, BRAVO_PROPOSE, By, Call, Extent, Grant, Placed, Plan, Power, QUEUE_TRANSACTION,
        Setting, Value,
    },
    flow,
    known::{self, Size},
    message::{Message, Method},
    policy::Role,
    sign_in::{self, SignIn},
    swap::{Joined, Swap, has_markers, liquidity},
    typed::{Data, Item, ItemKind, Meaning, Order, TypedData},
    whose::whose,
};

/// Most parts of one sentence.
pub(crate) const MOST: usize = 6;

/// The sentence in short, without a full stop.
pub(crate) fn sentence(case: &Case<'_>, worth: Worth) -> String {
    let (mut told, more) = first(case, worth);
    if more > 0 {
        told.push(format!("and {more} things more"));
    }
    if told.is_empty() { nothing(case) } else { told.join("; ") }
}

/// What is said where nothing is told: that it does nothing, or that nobody looked.
pub(crate) fn nothing(case: &Case<'_>) -> String {
    let has_data = case.unpacked.calls.iter().any(|call| !call.data.is_empty());
    let told = match (case.unpacked.cut.is_empty(), has_data) {
        (false, _) => "makes calls that were not looked at",
        (true, true) => "does nothing: no money, and no call in its list",
        (true, false) => NOTHING,
    };
    told.to_owned()
}

/// What is said of what does nothing.
const NOTHING: &str = "does nothing: no money, no data";

/// What it does, one thing after another.
fn parts(case: &Case<'_>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for authorization in case.authorizations {
        let another = authorization.authority.filter(|authority| !case.is_own(authority));
        parts.push(Part::control(match (authorization.address.is_zero(), another) {
            (true, None) => "ends the delegation of your account's code".to_owned(),
            (true, Some(another)) => {
                format!("brings along that {} ends the delegation of its code", case.show(&another))
            }
            (false, None) => {
                format!("lets the code of {} act as your account", case.show(&authorization.address))
            }
            (false, Some(another)) => {
                let code = case.show(&authorization.address);
                format!("brings along that the code of {code} may act as {}", case.show(&another))
            }
        }));
    }
    for call in &case.unpacked.calls {
        let Some(to) = call.to.filter(|_| call.delegate) else { continue };
        let official =
            crate::safe::deployments::find(&to).is_some_and(|official| !official.role.functions().is_empty());
        if !official {
            let (code, whose) = (case.show(&to), whose(case, call));
            let told = format!("runs the code of {code} with {whose}'s own storage and money (delegatecall)");
            parts.push(Part::control(told));
        }
    }
    let delegated = parts.len();
    let unsent = case.unpacked.calls.iter().filter(|call| call.delegate && !call.value.is_zero());
    parts.extend(unsent.map(|call| {
        let amount = case.amount(call.value, &Address::ZERO);
        Part::plain(format!("names {amount} that a delegatecall does not send"))
    }));
    for placed in &case.acts {
        let call = &case.unpacked.calls[placed.call];
        // It is told with what the bridge does with it.
        if let Act::Pay { to, .. } = &placed.act
            && flow::bridges_coin(case, call)
            && case.trusts(to, &[Role::Contract, Role::Spender])
        {
            continue;
        }
        // What a stranger's code does by delegatecall is not what its function's name says.
        if call.delegate
            && delegated > 0
            && !matches!(placed.act, Act::Setting { .. } | Act::SignMessage { .. })
        {
            continue;
        }
        let told = no_token(case, placed)
            .or_else(|| fee_of_bridge(case, placed))
            .or_else(|| pooled(case, placed))
            .or_else(|| exchange(case, placed))
            .or_else(|| nothing_more(case, placed))
            .or_else(|| staked(case, placed))
            .or_else(|| numbered(case, placed))
            .or_else(|| lent(case, placed))
            .or_else(|| kept(case, placed))
            .or_else(|| burnt(case, placed))
            .or_else(|| protocols::allowed(case, placed))
            .or_else(|| protocols::made(case, placed))
            .or_else(|| protocols::either(case, placed))
            .or_else(|| protocols::either_right(case, placed))
            .or_else(|| protocols::moved(case, placed))
            .or_else(|| protocols::told(case, placed));
        let mut told = told.unwrap_or_else(|| act(case, &placed.act, call));
        if let Some((receiver, bytes)) = call.handed().filter(|_| !matches!(placed.act, Act::Pay { .. })) {
            let receiver = case.show(&receiver);
            told = match &call.handed_texts()[..] {
                [text, ..] => {
                    format!("{told}, with the text {:?} for {receiver} to act on", crate::json::shorten(text))
                }
                [] => format!("{told}, with {bytes} bytes of data for {receiver} to act on"),
            };
        }
        if let Some(later) = later(case, placed.call) {
            told = format!("{later}: {told}");
        }
        parts.push(weight::of_act(case, placed, told));
    }
    if let Some((data, meaning)) = case.typed() {
        if let Some(account) = case.signs_as.or(case.actor.filter(|_| case.signs_for_another())) {
            parts.insert(0, Part::control(format!("in the name of {}", case.show(&account))));
        }
        match meaning {
            Meaning::Grants(grants) => {
                parts.extend(grants.iter().map(|(_, one)| weight::of_grant(case, one, grant(case, one))));
            }
            Meaning::Orders { orders, .. } => {
                parts.extend(orders.iter().map(|one| Part::control(order(case, one))));
            }
            Meaning::Known(known) => {
                parts.extend(known.orders.iter().map(|one| Part::control(order(case, &one.of(case.actor)))));
                parts.extend(known.operators.iter().map(|who| {
                    let contract = data.domain.address("verifyingContract");
                    let at = match contract {
                        // Whoever takes it looks at no contract of the domain.
                        _ if known.any_domain => " at Hyperliquid".to_owned(),
                        Some(at) => format!(" at {}", case.show(&at)),
                        None => String::new(),
                    };
                    let who = case.show(who);
                    let votes =
                        known.votes && contract.is_some_and(|contract| case.knows_contract(&contract));
                    Part::control(if votes {
                        format!("gives your votes{at} to {who}")
                    } else {
                        format!("lets {who} act for you{at}")
                    })
                }));
                let at = match data.domain.address("verifyingContract") {
                    _ if known.any_domain => " at Hyperliquid".to_owned(),
                    Some(at) => format!(" at {}", case.show(&at)),
                    None => String::new(),
                };
                parts.extend(known.ends.map(|what| {
                    Part::plain(match &known.dismissed {
                        Some(who) => format!("ends that {} acts for you{at}", case.show(who)),
                        None => format!("takes back {what}"),
                    })
                }));
                parts.extend(known.told.as_ref().map(|told| Part::control(told.sentence.clone())));
                // Source: ERC-3009, ERC-4337.
                let start = data.message.uint("validAfter").and_then(|start| i64::try_from(start).ok());
                let is_later = |start: &i64| case.facts.now.is_none_or(|now| now.as_second() < *start);
                let start = start.filter(|start| *start > 0 && is_later(start));
                let start = start.and_then(|start| known::moment(U256::from(start.unsigned_abs())));
                parts.extend(start.map(|start| Part::plain(format!("cannot be used before {start}"))));
            }
            Meaning::SafeMessage => parts.push(Part::control(match data.message.get("message") {
                Some(Data::Bytes(bytes)) => of_a_safe(case, data, &Message::personal(bytes, "")),
                _ => "signs a message in the name of a Safe".to_owned(),
            })),
            Meaning::Blind => {
                parts.push(Part::control("signs a hash whose contents nobody can see".to_owned()));
            }
            Meaning::SafeTx => parts.push(Part::control("signs a Safe transaction".to_owned())),
            Meaning::Text(text) => {
                let text = String::from_utf8_lossy(text);
                let text = quoted(&text);
                let whose = data.domain.address("verifyingContract");
                let whose = whose.map_or_else(|| "an account".to_owned(), |whose| case.show(&whose));
                parts.push(Part::control(format!("signs the text {text} in the name of {whose}")));
            }
            Meaning::Other => {
                let by =
                    data.domain.text("name").map(|name| format!(" for {:?}", crate::json::shorten(name)));
                let name = crate::json::shorten(&data.primary);
                let by = by.unwrap_or_default();
                parts.push(Part::control(match data.domain.address("verifyingContract") {
                    Some(_) => format!("signs {name}{by}, which only its contract understands"),
                    None => format!("signs {name}{by}, which names no contract and is not read here"),
                }));
            }
        }
    }
    if let Subject::Message(message) = &case.subject {
        parts.push(Part::control(match message.method {
            Method::EthSign => "signs 32 bytes blindly".to_owned(),
            Method::Personal => text_told(message),
        }));
    }
    parts
}

/// How a text begins, with its lines one behind the other, and how many there are where not all are here.
fn quoted(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let all = lines.join(" / ");
    let first = crate::json::shorten(&all);
    if first == all || lines.len() == 1 {
        format!("{first:?}")
    } else {
        format!("{first:?} ({} lines)", lines.len())
    }
}

/// What a message says whose text is read.
fn text_told(message: &Message) -> String {
    match message.text() {
        Some(text) => match sign_in::read(text) {
            Ok(read) => signs_in(&read),
            Err(_) => format!("signs the text {}", quoted(text)),
        },
        None => format!("signs {} bytes that are no text", message.bytes.len()),
    }
}

/// A message in the name of a Safe, with its text where it is one.
fn of_a_safe(case: &Case<'_>, data: &TypedData, message: &Message) -> String {
    let safe = data.domain.address("verifyingContract");
    let safe = safe.map_or_else(|| "a Safe".to_owned(), |safe| format!("the Safe {}", case.show(&safe)));
    match message.text().filter(|text| !text.is_empty() && !message.is_hash()) {
        Some(_) => format!("{}, in the name of {safe}", text_told(message)),
        None => format!("signs a message in the name of {safe}"),
    }
}

/// Where somebody signs in, as whom, and until when.
fn signs_in(read: &SignIn<'_>) -> String {
    let until = read.expires.map_or_else(
        || ", without an end".to_owned(),
        |end| format!(", until {}", end.strftime("%Y-%m-%d %H:%M UTC")),
    );
    let says = read.statement.map(|said| format!(", saying {:?}", crate::json::shorten(said)));
    let domain = crate::json::shorten(read.domain);
    format!("signs in at {domain:?} as {}{until}{}", read.account, says.unwrap_or_default())
}

/// Of a call that is not made now but queued or proposed: by whom it is made, and not before when. Source: Compound,
/// `Timelock.sol` and `GovernorBravoDelegate.sol`; `OpenZeppelin`, `TimelockController.sol` and `Governor.sol`.
fn later(case: &Case<'_>, index: usize) -> Option<String> {
    case.unpacked.around(index).into_iter().find_map(|(outer, inner)| {
        let decoded = outer.decoded.as_ref()?;
        let by = inner.from.map_or_else(|| "whoever queues it".to_owned(), |from| case.show(&from));
        Some(match decoded.signature() {
            ACCESS_SCHEDULE if decoded.uint(2)?.is_zero() => format!("later, as soon as it may be, by {by}"),
            ACCESS_SCHEDULE => format!("later, not before {}, by {by}", known::moment(decoded.uint(2)?)?),
            QUEUE_TRANSACTION => match known::moment(decoded.uint(4)?) {
                Some(when) => format!("later, not before {when}, by {by}"),
                None => format!("later, at a time that never comes, by {by}"),
            },
            "schedule(address,uint256,bytes,bytes32,bytes32,uint256)"
            | "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)" => {
                format!("later, not before {} after this, by {by}", known::duration(decoded.uint(5)?))
            }
            BRAVO_PROPOSE | "propose(address[],uint256[],bytes[],string)" => {
                format!("later, if it is voted for, by {by} or its timelock")
            }
            "queue(address[],uint256[],bytes[],bytes32)" => format!("later, by {by} or its timelock"),
            _ => return None,
        })
    })
}

/// A token's function at an account of one's own, which is none: its own code runs.
fn no_token(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let at = case.no_token(&placed.act)?;
    let name = case.unpacked.calls[placed.call].decoded.as_ref().map(|decoded| &decoded.function.name)?;
    Some(format!("calls {name} at {}, which is no token", case.show(&at)))
}

/// Ether that a bridge is paid for what it does.
fn fee_of_bridge(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Pay { to, value } = &placed.act else { return None };
    let is_fee =
        matches!(case.unpacked.calls[placed.call].signature(), Some(flow::OFT_SEND | flow::OUTBOUND));
    (is_fee && case.trusts(to, &[Role::Contract, Role::Spender])).then(|| {
        format!(
            "pays up to {} to the bridge {} as its fee",
            case.amount(*value, &Address::ZERO),
            case.show(to)
        )
    })
}

/// What a function does that exchanges, in the words of money: at a contract that is trusted alone, since elsewhere its name
/// and those of its parameters say nothing.
fn exchange(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Named { to, function, beneficiaries } = &placed.act else { return None };
    let call = &case.unpacked.calls[placed.call];
    if case.wraps(to) && function == "withdraw(uint256)" {
        let amount = call.decoded.as_ref()?.args.first()?.uint()?;
        return Some(format!("turns {} back into {}", case.amount(amount, to), known::coin(case.chain_id)));
    }
    if !case.trusts(to, &[Role::Contract, Role::Spender]) {
        return None;
    }
    let joined = case.joined().get(&placed.call);
    let swap = case.swap_of(placed.call).or_else(|| Swap::of(call))?;
    let [gets] = swap.gets[..] else { return None };
    // Some routers unwrap it on the way.
    let name = call.decoded.as_ref().map_or("", |decoded| &decoded.function.name[..]);
    let is_coin = case.wraps(&gets) && (name.contains("ForETH") || name.contains("ForExactETH"));
    let gets = if is_coin { Address::ZERO } else { gets };
    let given = match (swap.taken(call), swap.gives) {
        (_, Some(token)) if swap.takes_all(call) => {
            format!("all {} that the router holds", case.show(&token))
        }
        (Some((token, amount)), _) => case.amount(amount, &token),
        (None, _) if !call.value.is_zero() => case.amount(call.value, &Address::ZERO),
        (None, Some(token)) => format!("some of {}", case.show(&token)),
        (None, None) => return None,
    };
    let given = if swap.is_exact_out { format!("at most {given}") } else { given };
    let got = match swap.least {
        // Commands name the least that is swept.
        Some(least) if swap.is_exact_out && Plan::of(call).is_none() => case.amount(least, &gets),
        Some(least) => format!("at least {}", case.amount(least, &gets)),
        None => format!("an open amount of {}", case.show(&gets)),
    };
    match joined {
        Some(Joined::Part) => {
            return Some(format!("gives {given} at {} for what the next calls bring", case.show(to)));
        }
        Some(Joined::Whole(_)) => {
            return Some(format!("exchanges {given} for {got} at {}, for you", case.show(to)));
        }
        None => {}
    }
    let whom = whom(case, call, beneficiaries);
    Some(format!("exchanges {given} for {got} at {}{whom}{}", case.show(to), shares(case, call)))
}

/// Who else gets a part of what comes out of an exchange, for the end of its sentence.
fn shares(case: &Case<'_>, call: &Call<'_>) -> String {
    let fees = Plan::of(call).map(|plan| plan.fees).unwrap_or_default();
    let others = fees.into_iter().filter(|(_, to, _)| !case.is_own(to));
    let told = others.map(|(token, to, share)| {
        let token = match case.token(&token) {
            _ if token.is_zero() => known::coin(case.chain_id).to_owned(),
            Some(known) => known.symbol,
            None => case.show(&token),
        };
        format!(", and {} % of the {token} that comes out to {}", known::decimal(share, 2), case.show(&to))
    });
    told.collect::<Vec<_>>().concat()
}

/// Both sides that leave for liquidity.
fn pooled(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Named { to, beneficiaries, .. } = &placed.act else { return None };
    if !case.trusts(to, &[Role::Contract, Role::Spender]) {
        return None;
    }
    let call = &case.unpacked.calls[placed.call];
    let [one, other] = liquidity(call)?.map(|side| case.amount(side.most, &side.token));
    let whom = whom(case, call, beneficiaries);
    Some(format!("adds liquidity of at most {one} and {other} at {}{whom}", case.show(to)))
}

/// Who gets what comes of a call, for the end of a sentence.
fn whom(case: &Case<'_>, call: &Call<'_>, beneficiaries: &[Address]) -> String {
    let marks = |who: &Address, number: u8| has_markers(call) && *who == Address::with_last_byte(number);
    let others = beneficiaries.iter().filter(|who| !case.is_own(who) && !marks(who, 1));
    let others: Vec<String> = others
        .map(|who| if marks(who, 2) { "the router itself".to_owned() } else { case.show(who) })
        .collect();
    match &others[..] {
        [] if beneficiaries.is_empty() => String::new(),
        [] => ", for you".to_owned(),
        others => format!(", for {}", others.join(" and ")),
    }
}

/// What is lent and borrowed at a market that is trusted: its functions name token and amount first. Source: Aave v3, `IPool.sol`.
fn lent(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Named { to, function, beneficiaries } = &placed.act else { return None };
    let verb = match &function[..] {
        "supply(address,uint256,address,uint16)"
        | "deposit(address,uint256,address,uint16)"
        | "supplyWithPermit(address,uint256,address,uint16,uint256,uint8,bytes32,bytes32)" => "supplies",
        "withdraw(address,uint256,address)" => "withdraws",
        "borrow(address,uint256,uint256,uint16,address)" => "borrows",
        "repay(address,uint256,uint256,address)"
        | "repayWithPermit(address,uint256,uint256,address,uint256,uint8,bytes32,bytes32)"
        | "repayWithATokens(address,uint256,uint256)" => "repays",
        _ => return None,
    };
    if !case.trusts(to, &[Role::Contract, Role::Spender]) {
        return None;
    }
    let call = &case.unpacked.calls[placed.call];
    let decoded = call.decoded.as_ref()?;
    let (token, amount) = (decoded.address(0)?, decoded.uint(1)?);
    let amount = if amount == U256::MAX {
        format!("as much {} as there is", case.show(&token))
    } else {
        token_amount(case, amount, &token)
    };
    Some(format!("{verb} {amount} at {}{}", case.show(to), whom(case, call, beneficiaries)))
}

/// A name that is kept at a registrar that is trusted, and for how long. Source: ensdomains/ens-contracts,
/// `ETHRegistrarController.sol`.
fn kept(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Named { to, function, .. } = &placed.act else { return None };
    if function != "renew(string,uint256)" || !case.trusts(to, &[Role::Contract, Role::Spender]) {
        return None;
    }
    let decoded = case.unpacked.calls[placed.call].decoded.as_ref()?;
    let (Value::Text(name), seconds) = (decoded.args.first()?, decoded.uint(1)?) else { return None };
    let name = crate::json::shorten(&String::from_utf8_lossy(name)).escape_debug().to_string();
    let (day, year) = (U256::from(86_400), U256::from(365 * 86_400));
    let tenths = seconds.saturating_mul(U256::from(10)) / year;
    let long = match (seconds < year, known::decimal(tenths, 1)) {
        (true, _) => known::duration(seconds / day * day),
        (false, years) if years == "1" => "1 year".to_owned(),
        (false, years) => format!("{years} years"),
    };
    Some(format!("keeps the name \"{name}\" for {long} at {}", case.show(to)))
}

/// Tokens that are destroyed at a contract that is known to be one.
fn burnt(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Named { to, function, .. } = &placed.act else { return None };
    let amount = case.unpacked.calls[placed.call].decoded.as_ref()?.uint(0)?;
    (function == "burn(uint256)" && case.token(to).is_some())
        .then(|| format!("destroys {}", case.amount(amount, to)))
}

/// Plain money for what stakes it comes back as a token.
fn staked(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Pay { to, value } = &placed.act else { return None };
    let is_staked = case.stakes(to) && case.unpacked.calls[placed.call].data.is_empty();
    is_staked.then(|| format!("stakes {} at {}", case.amount(*value, &Address::ZERO), case.show(to)))
}

/// More by nothing ends no right, whatever the amount looks like.
fn nothing_more(case: &Case<'_>, placed: &Placed) -> Option<String> {
    let Act::Grant(grant) = &placed.act else { return None };
    let decoded = case.unpacked.calls[placed.call].decoded.as_ref()?;
    (grant.extent == Extent::None && decoded.function.name.starts_with("increase")).then(|| {
        let (spender, token) = (case.show(&grant.spender), case.show(&grant.token));
        format!("adds nothing to the right of {spender} over {token}, and ends nothing of it")
    })
}

fn act(case: &Case<'_>, act: &Act, call: &Call<'_>) -> String {
    match act {
        Act::Pay { to, value } => {
            format!("sends {} to {}", case.amount(*value, &Address::ZERO), case.show(to))
        }
        Act::Transfer { token, from, to, amount, nft } => {
            let what = if *nft {
                format!("the NFT {amount} of {}", case.show(token))
            } else {
                token_amount(case, *amount, token)
            };
            let from = from.filter(|from| !case.is_own(from)).map(|from| format!(" of {}", case.show(&from)));
            format!("sends {what}{} to {}", from.unwrap_or_default(), case.show(to))
        }
        Act::Grant(one) => grant(case, one),
        Act::Setting { safe, setting } => {
            let decoded = call.decoded.as_ref();
            setting_text(case, safe, setting, decoded.map(|decoded| &decoded.args[..]))
        }
        Act::Power { over, holder, power, function } => {
            let over = case.show(over);
            let to = holder.map_or_else(|| "somebody".to_owned(), |holder| case.show(&holder));
            match power {
                Power::Holder => format!("hands {over} over to {to}"),
                Power::Code => format!("exchanges the code of {over} for that of {to}"),
                Power::Role => format!("gives {to} a role over {over}"),
                Power::GiveUp => ended(function, holder.map(|_| &to[..]), &over),
                Power::Accept => format!("accepts power over {over}"),
                Power::Operator => format!("lets {to} act for you at {over}"),
                Power::NoOperator => format!("ends that {to} acts for you at {over}"),
                Power::Rule => format!("changes a rule of {over}"),
                Power::Vote => format!("votes, or lets {to} vote, at {over}"),
            }
        }
        Act::ApproveHash { safe, hash } => {
            format!("approves the transaction {hash} of the Safe {}", case.show(safe))
        }
        Act::SignMessage { message } => {
            let message = Message::personal(message, "");
            match message.text().filter(|text| !text.is_empty() && !message.is_hash()) {
                Some(text) => {
                    let text = crate::json::shorten(text.lines().next().unwrap_or_default());
                    format!("marks the text {text:?} as signed by the Safe, for good")
                }
                None => {
                    "marks a hash or bytes that nobody can read as signed by the Safe, for good".to_owned()
                }
            }
        }
        Act::Memo { to, text } => {
            format!("sends the text {:?} to {}", crate::json::shorten(text), case.show(to))
        }
        Act::Create if call.value.is_zero() => "creates a contract".to_owned(),
        Act::Create => {
            format!("creates a contract, and gives it {}", case.amount(call.value, &Address::ZERO))
        }
        Act::Named { to, function, .. } => format!("calls {function} at {}", case.show(to)),
        Act::Unknown { to, selector } => {
            format!("calls an unknown function (0x{}) at {}", hex::encode(selector), case.show(to))
        }
    }
}

/// What ends with power that is given up or taken back: whose, where the call names somebody.
pub(crate) fn ended(function: &str, whose: Option<&str>, over: &str) -> String {
    match whose {
        Some(whose) => format!("ends what {whose} may do at {over}"),
        None if function.starts_with("renounce") => format!("gives up power over {over} for good"),
        None => format!("takes back what was given or planned at {over}"),
    }
}

fn signatures(needed: &U256) -> String {
    if *needed == U256::ONE { "1 signature".to_owned() } else { format!("{needed} signatures") }
}

fn setting_text(
    case: &Case<'_>,
    safe: &Address,
    setting: &Setting,
    arguments: Option<&[Value<'_>]>,
) -> String {
    let safe = case.show(safe);
    match setting {
        Setting::AddOwner(owner, needed) => {
            format!("makes {} an owner of {safe}, which then needs {}", case.show(owner), signatures(needed))
        }
        Setting::RemoveOwner(owner, needed) => {
            format!(
                "removes the owner {} of {safe}, which then needs {}",
                case.show(owner),
                signatures(needed)
            )
        }
        Setting::SwapOwner(old, new) => {
            format!("replaces the owner {} of {safe} by {}", case.show(old), case.show(new))
        }
        Setting::Threshold(needed) => {
            format!("makes {safe} need no more and no less than {}", signatures(needed))
        }
        Setting::EnableModule(module) => {
            format!("lets {} move everything in {safe} without a signature", case.show(module))
        }
        Setting::DisableModule(module) => format!("disables the module {} of {safe}", case.show(module)),
        Setting::Guard(guard) => format!("sets the guard of {safe} to {}", case.show(guard)),
        Setting::ModuleGuard(guard) => format!("sets the module guard of {safe} to {}", case.show(guard)),
        Setting::Handler(handler) => format!("sets the fallback handler of {safe} to {}", case.show(handler)),
        Setting::Singleton(code) => format!("exchanges the code of {safe} for that of {}", case.show(code)),
        Setting::Migrate => format!("moves {safe} to another version of its code"),
        Setting::Setup(owners) => match arguments.and_then(|args| protocols::set_up(case, args)) {
            Some(setup) => format!("sets up {safe}: {setup}"),
            None => format!("sets up {safe} with {} owners", owners.len()),
        },
    }
}

/// An amount of a token; the zero address is none, and not the coin.
fn token_amount(case: &Case<'_>, amount: U256, token: &Address) -> String {
    if token.is_zero() { known::amount(amount, None, token) } else { case.amount(amount, token) }
}

/// An allowance: "gives 0x… the right to take ALL your USDC until 2030".
pub fn grant(case: &Case<'_>, grant: &Grant) -> String {
    let spender = case.show(&grant.spender);
    let token = case.token(&grant.token);
    let name =
        token.as_ref().map_or_else(|| format!("tokens of {}", grant.token), |token| token.symbol.clone());
    let until = grant.expires.or(grant.deadline.filter(|_| grant.by == By::Permit));
    let until = until.map_or_else(String::new, |end| match (grant.expires, grant.extent) {
        // Permit2 writes the time of the block instead. Source: Uniswap permit2, `Allowance.sol`.
        (Some(zero), _) if zero.is_zero() => ", in the block alone that has it".to_owned(),
        // Source: `Dai.sol`: an expiry of zero is none.
        (None, Extent::All) if end.is_zero() => " forever".to_owned(),
        _ => format!(" {}", known::until(end)),
    });
    let whose =
        grant.owner.filter(|owner| !case.is_own(owner)).map(|owner| format!(" of {}", case.show(&owner)));
    let whose = whose.unwrap_or_default();
    match (grant.by, grant.extent) {
        // For collections that is how a right over one NFT ends; a coin gives nobody anything.
        (By::Approve, Extent::Exact(number, _)) if grant.spender.is_zero() && token.is_none() => {
            let token = case.show(&grant.token);
            format!("ends the right over the NFT {number} of {token}, if that is a collection{whose}")
        }
        (By::Approve, Extent::None) if grant.spender.is_zero() && token.is_none() => {
            let token = case.show(&grant.token);
            format!("ends the right over the NFT 0 of {token}, if that is a collection{whose}")
        }
        (_, Extent::None) if whose.is_empty() => format!("ends the right of {spender} over your {name}"),
        (_, Extent::None) => format!("ends the right of {spender} over {name}{whose}"),
        (By::ApproveAll, _) => {
            format!("gives {spender} the right to take ALL your NFTs of {}", case.show(&grant.token))
        }
        (_, Extent::All) => format!("gives {spender} the right to take ALL your {name}{whose}{until}"),
        (_, Extent::Nft(id)) => {
            format!(
                "gives {spender} the right to take the NFT {id} of {}{whose}{until}",
                case.show(&grant.token)
            )
        }
        (By::PermitTransfer, Extent::Exact(amount, _)) => {
            format!("lets {spender} take {} at once", token_amount(case, amount, &grant.token))
        }
        (_, Extent::Exact(..)) if Size::of(grant.extent, token.as_ref()) == Size::Unlimited => {
            format!("gives {spender} the right to take ALL your {name}{whose}{until}")
        }
        (_, Extent::Exact(amount, _)) => {
            format!(
                "gives {spender} the right to take up to {}{whose}{until}",
                token_amount(case, amount, &grant.token)
            )
        }
    }
}

/// What is given, at most.
pub(crate) fn offered(case: &Case<'_>, items: &[Item]) -> String {
    listed(case, items, |item| {
        let up_to = if item.least < item.most && item.kind != ItemKind::Nft { "up to " } else { "" };
        match item.kind {
            ItemKind::Coin => format!("{up_to}{}", case.amount(item.most, &Address::ZERO)),
            ItemKind::Token => format!("{up_to}{}", case.amount(item.most, &item.token)),
            ItemKind::Nft => pieces(case, item),
        }
    })
}

/// What is asked for, at least.
pub fn items(case: &Case<'_>, items: &[Item]) -> String {
    listed(case, items, |item| match item.kind {
        ItemKind::Coin => case.amount(item.least, &Address::ZERO),
        ItemKind::Token => case.amount(item.least, &item.token),
        ItemKind::Nft => pieces(case, item),
    })
}

fn listed(case: &Case<'_>, items: &[Item], show: impl Fn(&Item) -> String) -> String {
    const SHOWN: usize = 4;
    let mut items: Vec<&Item> = items.iter().collect();
    if items.len() > SHOWN {
        items.sort_by_cached_key(|item| place_of(case, item));
    }
    let mut parts: Vec<String> = items.iter().take(SHOWN).map(|item| show(item)).collect();
    if items.len() > SHOWN {
        parts.push(format!("{} more", items.len() - SHOWN));
    }
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// Where a thing stands among more than there is room for: amounts of what is known, in whole ones, the largest first; then pieces, and
/// what nobody knows; then less than a millionth.
fn place_of(case: &Case<'_>, item: &Item) -> (u8, Reverse<U256>) {
    let decimals = match item.kind {
        ItemKind::Coin => Some(18),
        ItemKind::Token => case.token(&item.token).map(|token| token.decimals),
        ItemKind::Nft => None,
    };
    let Some(missing) = decimals.and_then(|decimals| 36_u8.checked_sub(decimals)) else {
        return (1, Reverse(U256::ZERO));
    };
    let amount = item.most.saturating_mul(U256::from(10).pow(U256::from(missing)));
    let is_dust = amount < U256::from(10).pow(U256::from(30));
    (if is_dust { 2 } else { 0 }, Reverse(amount))
}

/// An NFT, or so many of a number.
fn pieces(case: &Case<'_>, item: &Item) -> String {
    let collection = case.show(&item.token);
    let count = if item.least == item.most {
        item.most.to_string()
    } else {
        format!("{} to {}", item.least, item.most)
    };
    match (item.any_of, item.many || item.most != U256::ONE) {
        (true, _) => format!("any {count} of the NFTs of {collection}"),
        (false, true) => format!("{count} of number {} of {collection}", item.id),
        (false, false) => format!("NFT {} of {collection}", item.id),
    }
}

/// Pieces that have numbers, each as many as its transfer names.
fn numbered(case: &Case<'_>, placed: &Placed) -> Option<String> {
    const SHOWN: usize = 4;
    let Act::Transfer { token, from, to, nft: true, .. } = &placed.act else { return None };
    let decoded = case.unpacked.calls[placed.call].decoded.as_ref()?;
    let list = |index: usize| {
        let list = decoded.args.get(index).map(Value::elements).unwrap_or_default();
        list.iter().filter_map(Value::uint).collect::<Vec<U256>>()
    };
    let (ids, counts) = match decoded.signature() {
        "safeTransferFrom(address,address,uint256,uint256,bytes)"
        | "transferFrom(address,address,uint256,uint256)" => (vec![decoded.uint(2)?], vec![decoded.uint(3)?]),
        "transfer(address,uint256,uint256)" => (vec![decoded.uint(1)?], vec![decoded.uint(2)?]),
        "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)" => (list(2), list(3)),
        _ => return None,
    };
    let mut parts: Vec<String> = ids
        .iter()
        .zip(&counts)
        .take(SHOWN)
        .map(|(id, count)| case.amount_of(*token, Some(*id), *count))
        .collect();
    if ids.len() > SHOWN {
        parts.push(format!("{} numbers more", ids.len() - SHOWN));
    }
    let what = if parts.is_empty() { format!("nothing of {}", case.show(token)) } else { parts.join(", ") };
    let from = from.filter(|from| !case.is_own(from)).map(|from| format!(" of {}", case.show(&from)));
    Some(format!("sends {what}{} to {}", from.unwrap_or_default(), case.show(to)))
}

fn order(case: &Case<'_>, order: &Order) -> String {
    let own: Vec<Item> =
        order.asked.iter().filter(|item| item.recipient == Some(order.maker)).cloned().collect();
    let elsewhere = elsewhere(case, order);
    let until = order.ends.map_or_else(String::new, |ends| format!(", {}", known::until(ends)));
    let (gives, gets) = (offered(case, &order.offer), items(case, &own));
    format!("offers {gives} for {gets}{elsewhere} ({}){until}", order.market)
}

/// What of an order's price goes to others than its maker, for the end of a sentence: each of them once, with all that he gets. Where
/// there are more than a sentence holds, whoever gets most comes first.
pub(crate) fn elsewhere(case: &Case<'_>, order: &Order) -> String {
    const SHOWN: usize = 4;
    let mut takers: Vec<(Option<Address>, Vec<Item>)> = Vec::new();
    for item in order.asked.iter().filter(|item| item.recipient != Some(order.maker)) {
        let at = takers.iter().position(|(to, _)| *to == item.recipient).unwrap_or_else(|| {
            takers.push((item.recipient, Vec::new()));
            takers.len() - 1
        });
        let items = &mut takers[at].1;
        let is_same = |other: &&mut Item| {
            item.kind != ItemKind::Nft && (other.kind, other.token) == (item.kind, item.token)
        };
        match items.iter_mut().find(is_same) {
            Some(sum) => {
                sum.least = sum.least.saturating_add(item.least);
                sum.most = sum.most.saturating_add(item.most);
            }
            None => items.push(item.clone()),
        }
    }
    if takers.len() > SHOWN {
        takers.sort_by_cached_key(|(_, all)| all.iter().map(|item| place_of(case, item)).min());
    }
    let more = takers.len().saturating_sub(SHOWN);
    let told = takers.iter().take(SHOWN).map(|(to, all)| {
        let to = to.map_or_else(|| "nobody".to_owned(), |to| case.show(&to));
        format!(", and {} to {to}", items(case, all))
    });
    let others = match more {
        0 => String::new(),
        1 => ", and something to another".to_owned(),
        more => format!(", and something to {more} others"),
    };
    told.chain(std::iter::once(others)).collect()
}
