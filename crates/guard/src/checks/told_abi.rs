//! G-ACT-01 for functions that the shipped tables know and the context (`abi`) describes: where the two do not agree on what a
//! parameter is, nobody knows what the call means there.

use crate::{
    case::Case,
    decode::{Function, Functions, Param, Type, table, table::Named},
    finding::{CheckId::Act01, Finding, Severity::Incomplete},
};

/// A description by the context that is not the one that the call was read by.
pub(super) fn contradicted(case: &Case<'_>, out: &mut Vec<Finding>) {
    let told: Vec<Function> = case.facts.abi.iter().filter_map(|text| Function::parse(text).ok()).collect();
    for call in case.unpacked.calls.iter().filter(|_| !told.is_empty()) {
        let Some(read) = call.decoded.as_ref().map(|decoded| decoded.function) else { continue };
        if Functions::default().find(read.selector).is_none() {
            continue;
        }
        let others = told.iter().filter(|told| told.selector == read.selector);
        let Some(other) = others.into_iter().find_map(|told| other(read, told)) else { continue };
        let title = format!(
            "The context (abi) says otherwise than the shipped table what a parameter of {} is ({:?}): what the call does is not \
             known here.",
            crate::json::shorten(&read.signature),
            crate::json::shorten(other)
        );
        out.push(Finding::new(Act01, Incomplete, &call.path, title));
    }
}

/// The told name of a parameter that is not what the table has there.
fn other<'t>(read: &Function, told: &'t Function) -> Option<&'t str> {
    if read.signature != told.signature {
        return Some(&told.signature);
    }
    switched(table::named(&read.signature), &told.params, &mut Vec::new())
        .or_else(|| renamed(&read.params, &told.params))
}

/// A switch that by its told name is not one that gives where it is true, as the table takes it.
fn switched<'t>(named: Option<&Named>, told: &'t [Param], path: &mut Vec<usize>) -> Option<&'t str> {
    let named = named?;
    told.iter().enumerate().find_map(|(index, param)| {
        path.push(index);
        let is_switch = named.unless.iter().any(|place| place.path() == path);
        let found = match &param.ty {
            Type::Tuple(inner) => switched(Some(named), inner, path),
            ty if is_switch && is_bool(ty) && !param.name.is_empty() => {
                (!matches!(meaning(&param.name), Meaning::On)).then_some(&param.name[..])
            }
            _ => None,
        };
        path.pop();
        found
    })
}

/// A parameter that the table names too, and otherwise.
fn renamed<'t>(read: &[Param], told: &'t [Param]) -> Option<&'t str> {
    read.iter().zip(told).find_map(|(read, told)| {
        if !read.name.is_empty() && !told.name.is_empty() && meaning(&read.name) != meaning(&told.name) {
            return Some(&told.name[..]);
        }
        renamed(fields(&read.ty), fields(&told.ty))
    })
}

fn is_bool(ty: &Type) -> bool {
    match ty {
        Type::Bool => true,
        Type::Array(inner) | Type::FixedArray(inner, _) => is_bool(inner),
        _ => false,
    }
}

fn fields(ty: &Type) -> &[Param] {
    match ty {
        Type::Tuple(fields) => fields,
        Type::Array(inner) | Type::FixedArray(inner, _) => fields(inner),
        _ => &[],
    }
}

/// What a name says, whoever spells it.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// A switch that gives.
    On,
    /// A switch that takes.
    Off,
    /// One of the groups of names that stand for each other.
    Group(usize),
    /// The name itself.
    Name(String),
}

/// Parts of names of switches; what takes back is looked for first: `disallowed`, `unapproved`, `isNotEnabled`.
const OFF: &[&str] = &[
    "dis", "unauth", "unapprov", "unallow", "inactiv", "deactiv", "revok", "remov", "denied", "deny",
    "block", "paus", "frozen", "freez", "forbid", "forbad", "prohibit", "banned", "cancel", "delet", "clear",
    "stop", "suspend", "reject", "refus", "prevent", "exclud", "lock",
];
const ON: &[&str] = &["allow", "approv", "authori", "enabl", "activ", "grant", "signed"];
/// Names that say so as they are.
const ON_NAMES: &[&str] = &["on", "status", "memberof", "can", "add", "set", "active"];
const OFF_NAMES: &[&str] = &["off", "not", "no", "none", "end", "never", "ban"];

/// Names by which contracts call the same parameter. Source: the contracts of `OpenZeppelin`, Solmate, `DappHub` and Circle.
const ALIKE: &[&[&str]] = &[
    &["to", "recipient", "receiver", "dst", "dest", "destination", "beneficiary", "onbehalfof"],
    &["from", "src", "sender"],
    &["owner", "holder"],
    &["spender", "operator", "usr", "guy"],
    &["amount", "value", "wad", "amt", "rawamount", "addedvalue", "subtractedvalue"],
    &["id", "tokenid"],
    &["deadline", "expiry", "expiration"],
    &["data", "calldata", "payload"],
    &["account", "user", "who"],
    &["previous", "prevowner", "prevmodule"],
];

fn meaning(name: &str) -> Meaning {
    let plain: String = name.to_lowercase().chars().filter(|c| *c != '_').collect();
    let plain = plain.strip_prefix("new").filter(|rest| !rest.is_empty()).unwrap_or(&plain).to_owned();
    let says = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    let is = |words: &[&str]| words.contains(&&plain[..]);
    if let Some(group) = ALIKE.iter().position(|group| is(group)) {
        return Meaning::Group(group);
    }
    match () {
        () if says(OFF) || is(OFF_NAMES) || name.to_lowercase().starts_with("isnot") => Meaning::Off,
        () if says(ON) || is(ON_NAMES) => Meaning::On,
        () => Meaning::Name(plain),
    }
}
