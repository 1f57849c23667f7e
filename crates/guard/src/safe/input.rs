//! Safe transactions as services, people and the chain write them.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256, U256};

use super::{
    SafeTx, Version, decoded, gateway,
    strict::{self, PARTS, fields, one_reading},
};
use crate::{
    decode::{Function, Functions, Outer, Unpacked, Value, decode, unpack},
    json::{self, Json, Node},
    scalar::{Malformed, Scalars},
};

/// Most transactions of one input.
pub const MAX_ENTRIES: usize = 1_000;

const EXEC: &str = "execTransaction(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,bytes signatures)";

/// One owner's agreement as a service stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Whose it is said to be.
    pub owner: Option<Address>,
    /// The signature's bytes.
    pub signature: Vec<u8>,
    /// When the service got it, as written.
    pub date: Option<String>,
}

/// A transaction with everything that was given along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in the input.
    pub path: String,
    /// What is signed.
    pub tx: SafeTx,
    /// The `safeTxHash` the input claims.
    pub claimed: Option<B256>,
    /// Agreements.
    pub confirmations: Vec<Confirmation>,
    /// The signatures joined for execution.
    pub signatures: Option<Vec<u8>>,
    /// Signatures the service says are needed.
    pub required: Option<u64>,
    /// Whether it was executed.
    pub executed: bool,
    /// Whether its execution is said to have gone through: else it paid nobody.
    pub succeeded: bool,
    /// Whether this is the execution itself (`execTransaction` call data): all signatures must be there.
    pub execution: bool,
    /// Version of the Safe, if given.
    pub version: Option<Version>,
    /// Chain, if given.
    pub chain_id: Option<u64>,
    /// Fields that the hash covers and that were absent: nothing was taken for each, and that was not said.
    pub absent: Vec<&'static str>,
    /// Fields that nothing here reads.
    pub unread: Vec<String>,
    /// Who sends the execution, where that is told: whoever does needs no signature (`v` = 1).
    pub sender: Option<Address>,
    /// The typed data that it was read from, types and all: they say what a wallet would sign.
    pub typed: Option<Node>,
    /// How the service's words for the call data are not those of the data.
    pub unlike: Option<decoded::Unlike>,
    /// Who proposed or executed it, by the service's word, with where that stands.
    pub mentioned: Vec<(String, Address)>,
}

/// Which transactions of a list are asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// All that wait; of a list in which none waits, all.
    #[default]
    Waiting,
    /// Those with a number.
    Nonce(U256),
    /// The one with a hash, by what it hashes to or by what the list claims.
    Hash(B256),
}

/// Text that picks no transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither the number of a transaction (71) nor its hash (0x and 64 digits)")]
pub struct NoPick(String);

impl std::str::FromStr for Pick {
    type Err = NoPick;

    fn from_str(text: &str) -> Result<Self, NoPick> {
        let wrong = || NoPick(json::shorten(text));
        match text.strip_prefix("0x") {
            Some(digits) => {
                let bytes = hex::decode(digits).ok().and_then(|bytes| B256::try_from(&bytes[..]).ok());
                bytes.map(Self::Hash).ok_or_else(wrong)
            }
            None => text.parse().map(|nonce: u64| Self::Nonce(U256::from(nonce))).map_err(|_| wrong()),
        }
    }
}

/// What the transactions of an input were asked for by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The Safe whose they must be.
    pub safe: Option<Address>,
    /// The chain they must be of.
    pub chain_id: Option<u64>,
    /// Which of them are asked about.
    pub pick: Pick,
}

/// Transactions of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// In the order given.
    pub entries: Vec<Entry>,
    /// Why there are more transactions than these, if the service says so.
    pub more: Option<String>,
    /// Which of them are asked about.
    pub pick: Pick,
    /// Whether the service says that there is none (`"count": 0`).
    pub said_empty: bool,
    /// Transactions of the past, which are not judged: what they pay may count as paid before.
    pub past: Vec<Entry>,
}

impl Queue {
    /// One transaction alone.
    pub fn one(entry: Entry) -> Self {
        Self { entries: vec![entry], ..Self::default() }
    }
}

/// A list of transactions as it came in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listed<'a> {
    /// Its pages, in order.
    pub pages: &'a [&'a [u8]],
    /// A page of the Safe's past. It is not judged and need not be the whole past.
    pub past: Option<&'a [u8]>,
    /// What else there is and could not be had, in sentences. Each makes the verdict incomplete.
    pub unread: &'a [String],
}

/// What call data alone does not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Missing {
    /// The Safe that is called.
    pub safe: Option<Address>,
    /// The nonce it is at.
    pub nonce: Option<u64>,
}

/// Reads the service's JSON of one transaction, its list (`{"results": […]}` or `[…]`), raw fields, EIP-712 typed data
/// of a `SafeTx`, or the call data of `execTransaction` (bare or as `data` without `operation`).
pub fn read_queue(input: &[u8], missing: Missing, scalars: &mut Scalars) -> Result<Queue, Malformed> {
    let text = input.trim_ascii();
    if text.starts_with(b"0x") || text.starts_with(b"0X") {
        let text = std::str::from_utf8(text).map_err(|_| Malformed::new("input", "not UTF-8"))?;
        if text.len() > json::MAX_BYTES {
            return Err(Malformed::new("input", format!("more than {} characters", json::MAX_BYTES)));
        }
        let data = scalars.bytes_text(text, "input")?;
        return Ok(Queue::one(from_calldata(&data, "input", missing, scalars)?));
    }
    let node = json::parse(input).map_err(|error| Malformed::new("input", error.to_string()))?;
    read_node(&node, missing, scalars)
}

/// Reads the pages of one list as one list. `asked`: whose they must be; a transaction of another Safe or chain is an error.
///
/// What a page says of others (`next`, `count`) counts for the whole: for the pages that are not here.
pub fn read_pages(
    listed: Listed<'_>,
    asked: Asked,
    missing: Missing,
    scalars: &mut Scalars,
) -> Result<Queue, Malformed> {
    let missing = Missing { safe: asked.safe.or(missing.safe), ..missing };
    let mut whole = Queue { pick: asked.pick, ..Queue::default() };
    let mut counted = None;
    // What stands more than once on one page, which its count counts as often.
    let mut repeated = 0;
    for (index, page) in listed.pages.iter().enumerate() {
        let read = read_queue(page, missing, scalars)?;
        let node = json::parse(page).ok();
        // What one page counts, no other takes back; it counts the rows of all of them.
        counted = counted.max(node.as_ref().and_then(count));
        let gap = match &node {
            Some(node) if listed.pages.len() > 1 => {
                let place = Place { is_first: index == 0, is_last: index + 1 == listed.pages.len() };
                around(node, read.entries.len(), place)
            }
            _ => read.more,
        };
        whole.more = whole.more.take().or(gap);
        let first_here = whole.entries.len();
        for mut entry in read.entries {
            if index > 0 {
                entry.path = format!("page[{}].{}", index + 1, entry.path);
            }
            // Between two pages a list moves on, and one transaction can stand on both.
            let twice = |other: &Entry| Entry { path: entry.path.clone(), ..other.clone() } == entry;
            match whole.entries.iter().position(twice) {
                Some(other) => repeated += u64::from(other >= first_here),
                None => whole.entries.push(entry),
            }
        }
        if whole.entries.len() > MAX_ENTRIES {
            return Err(Malformed::new("results", format!("more than {MAX_ENTRIES} transactions")));
        }
    }
    let here = whole.entries.len() as u64 + repeated;
    whole.more = counted.filter(|count| *count > here).map(|count| short_of(here, count)).or(whole.more);
    if let Some(page) = listed.past {
        // How the past is spelt changes nothing of what is to be signed.
        let read = read_queue(page, missing, &mut Scalars::default())?;
        whole.past = read.entries.into_iter().filter(|entry| entry.executed).collect();
    }
    whole.said_empty = counted == Some(0) && whole.entries.is_empty() && whole.more.is_none();
    of_one(&whole.entries)?;
    for entry in whole.entries.iter().chain(&whole.past) {
        if let Some(safe) = asked.safe.filter(|safe| *safe != entry.tx.safe) {
            let what =
                format!("a transaction of the Safe {}, where those of {safe} were asked for", entry.tx.safe);
            return Err(Malformed::new(&entry.path, what));
        }
        if let (Some(asked), Some(chain)) = (asked.chain_id, entry.chain_id)
            && asked != chain
        {
            let what = format!("a transaction of chain {chain}, where those of chain {asked} were asked for");
            return Err(Malformed::new(&entry.path, what));
        }
    }
    Ok(whole)
}

/// As [`read_queue`], from JSON that was read already.
pub fn read_node(node: &Node, missing: Missing, scalars: &mut Scalars) -> Result<Queue, Malformed> {
    let (list, path) = match (&node.value, node.get("results")) {
        (Json::List(list), _) => (&list[..], ""),
        (_, Some(results)) => {
            if let Some((key, _)) = fields(node).find(|(key, _)| PARTS.contains(&&key[..])) {
                let what = "stands beside a list: two readers would see two requests";
                return Err(Malformed::new(key, what));
            }
            let list = results.list().ok_or_else(|| Malformed::new("results", "a list should be here"))?;
            if let Some((key, _)) = fields(node).find(|(key, _)| !OF_A_PAGE.contains(&&key[..])) {
                return Err(Malformed::new(&json::shorten(key), "is no field of a page of the service"));
            }
            if node.get("count").is_some_and(|count| !is_count(&count.value)) {
                return Err(Malformed::new(
                    "count",
                    "is no whole number: readers would understand it differently",
                ));
            }
            if count(node).is_some_and(|count| count < list.len() as u64) {
                return Err(Malformed::new("count", "is less than the transactions that are here"));
            }
            (list, "results")
        }
        _ => return Ok(Queue::one(entry(node, "tx", missing, scalars)?)),
    };
    if list.len() > MAX_ENTRIES {
        return Err(Malformed::new("results", format!("{} transactions; at most {MAX_ENTRIES}", list.len())));
    }
    let mut entries = Vec::with_capacity(list.len());
    let mut unread = 0_usize;
    for (index, node) in list.iter().enumerate() {
        match gateway::row(node) {
            gateway::Row::Heading => {
                if let Some((key, _)) =
                    fields(node).find(|(key, _)| !gateway::OF_A_HEADING.contains(&&key[..]))
                {
                    let what = "is no part of a heading, in a line that says to be one";
                    return Err(Malformed::new(&format!("{path}[{index}].{key}"), what));
                }
            }
            gateway::Row::Summary => unread += 1,
            gateway::Row::Transaction => {
                entries.push(entry(node, &format!("{path}[{index}]"), missing, scalars)?);
            }
        }
    }
    of_one(&entries)?;
    let more = if unread == 0 { more(node, entries.len()) } else { Some(unnamed(unread)) };
    Ok(Queue { entries, more, ..Queue::default() })
}

/// Safes at which a transaction approves a hash, in whatever call that its Safe makes.
fn approves_at(tx: &SafeTx) -> BTreeSet<Address> {
    let mut unpacked = Unpacked::default();
    let outer = Outer {
        path: String::new(),
        from: Some(tx.safe),
        to: Some(tx.to),
        value: tx.value,
        data: &tx.data,
        delegate: tx.operation == 1,
    };
    unpack(outer, Functions::default(), &mut unpacked);
    let approvals = unpacked.calls.iter().filter(|call| {
        !call.delegate && call.from == Some(tx.safe) && call.signature() == Some("approveHash(bytes32)")
    });
    approvals.filter_map(|call| call.to).collect()
}

/// Refuses transactions of two chains in one list, and of two Safes where none approves something of the other.
fn of_one(entries: &[Entry]) -> Result<(), Malformed> {
    let Some(first) = entries.first() else { return Ok(()) };
    let chain = entries.iter().find_map(|entry| entry.chain_id);
    let safes: BTreeSet<Address> = entries.iter().map(|entry| entry.tx.safe).collect();
    // Those of which one approves something of the other, from the first one on.
    let mut approvals: Vec<(Address, Address)> = Vec::new();
    if safes.len() > 1 {
        for tx in entries.iter().map(|entry| &entry.tx) {
            approvals.extend(approves_at(tx).into_iter().map(|at| (tx.safe, at)));
        }
    }
    let mut joined = BTreeSet::from([first.tx.safe]);
    loop {
        let met = |(one, other): &&(Address, Address)| joined.contains(one) != joined.contains(other);
        let Some(&(one, other)) = approvals.iter().find(met) else { break };
        joined.extend([one, other]);
    }
    for entry in entries {
        let (one, other) = (first.tx.safe, entry.tx.safe);
        if !joined.contains(&other) {
            let what =
                format!("the list mixes transactions of two Safes, {one} and {other}: give them one by one");
            return Err(Malformed::new(&entry.path, what));
        }
        if let (Some(one), Some(other)) = (chain, entry.chain_id)
            && one != other
        {
            let what =
                format!("the list mixes transactions of two chains, {one} and {other}: give them one by one");
            return Err(Malformed::new(&entry.path, what));
        }
    }
    Ok(())
}

/// Fields of a page of the service's list.
const OF_A_PAGE: &[&str] = &["count", "next", "previous", "results", "countUniqueNonce"];

/// How many transactions a page says there are; more than can be counted are more than are here. `countUniqueNonce` beside it counts
/// all that the Safe ever had.
fn count(page: &Node) -> Option<u64> {
    match &page.get("count")?.value {
        Json::Number(digits) => Some(digits.parse().unwrap_or(u64::MAX)),
        _ => None,
    }
}

/// Whether something says how many there are, or that nobody counted.
fn is_count(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Number(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

fn short_of(here: u64, count: u64) -> String {
    format!("{here} of {count} are here")
}

fn unnamed(rows: usize) -> String {
    format!(
        "{rows} are named without what is signed, as the client gateway's lists do: ask for each by its id, or the \
         transaction service"
    )
}

/// Where a page stands among those that are here.
#[derive(Clone, Copy)]
struct Place {
    is_first: bool,
    is_last: bool,
}

/// What of a list is not on the pages that are here, as one of several says: rows without what is signed, a page before the first
/// or behind the last.
fn around(page: &Node, here: usize, place: Place) -> Option<String> {
    let rows = page.list().or_else(|| page.get("results").and_then(Node::list)).unwrap_or_default();
    let summaries = rows.iter().filter(|row| matches!(gateway::row(row), gateway::Row::Summary)).count();
    let other = |key: &str| page.get(key).is_some_and(|page| !matches!(page.value, Json::Null));
    match summaries {
        0 if place.is_last && other("next") => {
            Some(format!("{here} are here, and `next` names another page"))
        }
        0 if place.is_first && other("previous") => {
            Some(format!("{here} are here, and `previous` names another page"))
        }
        0 => None,
        rows => Some(unnamed(rows)),
    }
}

/// Whether a page of the service's list says that there are others: by the address of the next or the one before, or by a count
/// of more than are here.
fn more(page: &Node, here: usize) -> Option<String> {
    let other = |key: &str| page.get(key).is_some_and(|page| !matches!(page.value, Json::Null));
    match count(page).filter(|count| *count > here as u64) {
        Some(count) => Some(short_of(here as u64, count)),
        None if other("next") => Some(format!("{here} are here, and `next` names another page")),
        None if other("previous") => Some(format!("{here} are here, and `previous` names another page")),
        None => None,
    }
}

/// Reads one transaction object.
fn entry(node: &Node, path: &str, missing: Missing, scalars: &mut Scalars) -> Result<Entry, Malformed> {
    if node.map().is_none() {
        return Err(Malformed::new(path, format!("{} where a transaction should be", node.value.kind())));
    }
    if gateway::is_details(node) {
        return gateway::entry(node, path, scalars);
    }
    if gateway::is_builder(node) {
        let what = "a file of the Transaction Builder among others: give it alone";
        return Err(Malformed::new(path, what));
    }
    one_reading(node, path)?;
    // Typed data holds the fields under `message`, other tools under `tx`.
    let body = node.any(&["tx", "message"]).filter(|inner| inner.map().is_some()).unwrap_or(node);
    let domain = node.get("domain");
    let at = |field: &str| format!("{path}.{field}");
    let outer = |keys: &[&str]| node.any(keys).or_else(|| body.any(keys));
    let safe = match outer(&["safe", "safeAddress", "address"])
        .or_else(|| domain.and_then(|domain| domain.get("verifyingContract")))
    {
        Some(safe) => Some(scalars.address(safe, &at("safe"))?),
        None => missing.safe,
    };
    if let Some(calldata) =
        node.any(&["calldata"]).or_else(|| node.any(&["data", "input"]).filter(|_| is_bare(node)))
    {
        strict::only_call_data(node, body, path)?;
        let data = scalars.bytes(calldata, &at("data"))?;
        let to = node.any(&["to"]).map(|to| scalars.address(to, &at("to"))).transpose()?;
        if let Some((safe, to)) = safe.zip(to).filter(|(safe, to)| safe != to) {
            let what = format!("calls {to}, where the Safe is {safe}: which one is meant?");
            return Err(Malformed::new(&at("to"), what));
        }
        let nonce = match node
            .get("safeNonce")
            .or_else(|| node.get("nonce").filter(|_| node.get("calldata").is_some()))
        {
            Some(nonce) => Some(small(scalars.uint(nonce, &at("nonce"))?, &at("nonce"))?),
            None => missing.nonce,
        };
        let mut entry = from_calldata(&data, path, Missing { safe: safe.or(to), nonce }, scalars)?;
        context(&mut entry, node, body, path, scalars)?;
        // What is told beside the call data of the execution is told of them.
        entry.unlike = decoded::of_data(outer(&["dataDecoded"]), &data, &at("dataDecoded"));
        return Ok(entry);
    }
    let safe = safe.ok_or_else(|| {
        Malformed::new(&at("safe"), "the Safe's address is absent; every version's hash covers it")
    })?;
    strict::only_fields(node, body, path)?;
    let to = body.get("to").ok_or_else(|| Malformed::new(&at("to"), "is absent"))?;
    let nonce = match (outer(&["nonce", "safeNonce"]), missing.nonce) {
        (Some(nonce), _) => scalars.uint(nonce, &at("nonce"))?,
        (None, Some(nonce)) => U256::from(nonce),
        (None, None) => return Err(Malformed::new(&at("nonce"), "is absent; the hash covers it")),
    };
    let tx = SafeTx {
        safe,
        to: scalars.address(to, &at("to"))?,
        value: number(body, &["value"], path, scalars)?,
        data: match body.get("data") {
            Some(data) => scalars.bytes(data, &at("data"))?,
            None => Vec::new(),
        },
        operation: operation(body, path, scalars)?,
        safe_tx_gas: number(body, &["safeTxGas"], path, scalars)?,
        base_gas: number(body, &["baseGas", "dataGas"], path, scalars)?,
        gas_price: number(body, &["gasPrice"], path, scalars)?,
        gas_token: optional_address(body, "gasToken", path, scalars)?,
        refund_receiver: optional_address(body, "refundReceiver", path, scalars)?,
        nonce,
    };
    let typed = node.any(&["types"]).is_some().then(|| node.clone());
    let mut entry = Entry { absent: absent(body), typed, ..Entry::bare(path, tx) };
    context(&mut entry, node, body, path, scalars)?;
    Ok(entry)
}

/// Fields that have a value of nothing, which is not theirs for being left out: what is signed may have another.
const COVERED: &[&[&str]] = &[
    &["value"],
    &["operation"],
    &["safeTxGas"],
    &["baseGas", "dataGas"],
    &["gasPrice"],
    &["gasToken"],
    &["refundReceiver"],
];

/// Which of the fields that a hash covers are absent. Services write data of nothing as `null`.
fn absent(body: &Node) -> Vec<&'static str> {
    let data = body.get("data").is_none().then_some("data");
    let others = COVERED.iter().filter(|names| body.any(names).is_none());
    others.map(|names| names[0]).chain(data).collect()
}

/// An Ethereum transaction to a Safe: call data and no field of a Safe transaction.
fn is_bare(node: &Node) -> bool {
    let exec = |data: &Node| data.text().is_some_and(|text| text.starts_with("0x6a761202"));
    node.get("operation").is_none()
        && node.get("safe").is_none()
        && node.any(&["data", "input"]).is_some_and(exec)
}

impl Entry {
    /// A transaction and nothing else.
    pub fn bare(path: &str, tx: SafeTx) -> Self {
        Self {
            path: path.to_owned(),
            tx,
            claimed: None,
            confirmations: Vec::new(),
            signatures: None,
            required: None,
            executed: false,
            succeeded: false,
            execution: false,
            version: None,
            chain_id: None,
            absent: Vec::new(),
            unread: Vec::new(),
            sender: None,
            typed: None,
            unlike: None,
            mentioned: Vec::new(),
        }
    }
}

/// Everything around the transaction itself.
fn context(
    entry: &mut Entry,
    node: &Node,
    body: &Node,
    path: &str,
    scalars: &mut Scalars,
) -> Result<(), Malformed> {
    let at = |field: &str| format!("{path}.{field}");
    let outer = |keys: &[&str]| node.any(keys).or_else(|| body.any(keys));
    let unread = fields(node).chain(fields(body)).filter(|(key, _)| !strict::is_known(key));
    entry.unread = unread.map(|(key, _)| json::shorten(key)).collect();
    entry.unread.dedup();
    entry.mentioned = strict::who(node, path).collect();
    let told = outer(&["dataDecoded"]);
    entry.unlike = decoded::of_data(told, &entry.tx.data, &at("dataDecoded"));
    let domain_chain = node.get("domain").and_then(|domain| domain.get("chainId"));
    if let Some(chain) = outer(&["chain_id", "chainId"]).or(domain_chain) {
        let chain = scalars.uint(chain, &at("chainId"))?;
        entry.chain_id = Some(small(chain, &at("chainId"))?);
    }
    if let Some(version) = outer(&["safe_version", "safeVersion", "version"]) {
        let text = version.text().unwrap_or_default();
        entry.version = Some(text.parse().map_err(|error: super::version::UnknownVersion| {
            Malformed::new(&at("version"), error.to_string())
        })?);
    }
    if let Some(hash) = outer(&["safeTxHash", "contractTransactionHash", "safe_tx_hash"]) {
        entry.claimed = Some(scalars.hash(hash, &at("safeTxHash"))?);
    }
    if let Some(required) = outer(&["confirmationsRequired"]) {
        let required = scalars.uint(required, &at("confirmationsRequired"))?;
        entry.required = Some(small(required, &at("confirmationsRequired"))?);
    }
    entry.executed = match outer(&["isExecuted"]).map(|node| &node.value) {
        Some(Json::Bool(executed)) => *executed,
        Some(other) => {
            return Err(Malformed::new(
                &at("isExecuted"),
                format!("{} where true or false should be", other.kind()),
            ));
        }
        None => false,
    };
    entry.succeeded = matches!(outer(&["isSuccessful"]).map(|node| &node.value), Some(Json::Bool(true)));
    if let Some(signatures) = outer(&["signatures"]) {
        match &signatures.value {
            Json::List(list) => confirmations(entry, list, &at("signatures"), scalars)?,
            _ => entry.signatures = Some(scalars.bytes(signatures, &at("signatures"))?),
        }
    }
    if let Some(list) = outer(&["confirmations"]) {
        let list = list.list().ok_or_else(|| {
            Malformed::new(&at("confirmations"), format!("{} where a list should be", list.value.kind()))
        })?;
        confirmations(entry, list, &at("confirmations"), scalars)?;
    }
    Ok(())
}

fn confirmations(
    entry: &mut Entry,
    list: &[Node],
    path: &str,
    scalars: &mut Scalars,
) -> Result<(), Malformed> {
    if list.len() > super::signature::MAX_PARTS {
        return Err(Malformed::new(
            path,
            format!("{} of them; at most {}", list.len(), super::signature::MAX_PARTS),
        ));
    }
    for (index, node) in list.iter().enumerate() {
        let at = format!("{path}[{index}]");
        for names in [&["owner", "signer"][..], &["signature", "data"]] {
            strict::alike(&[node], names, &at)?;
        }
        let owner = node.any(&["owner", "signer"]);
        let owner = owner.map(|owner| scalars.address(owner, &format!("{at}.owner"))).transpose()?;
        let signature = node.any(&["signature", "data"]).unwrap_or(node);
        // An owner that approved by a transaction has no signature in the service's list.
        let signature = match (&signature.value, node.map()) {
            (Json::Map(_), _) => Vec::new(),
            _ => scalars.bytes(signature, &format!("{at}.signature"))?,
        };
        let date = node.get("submissionDate").and_then(Node::text).map(json::shorten);
        entry.confirmations.push(Confirmation { owner, signature, date });
    }
    Ok(())
}

pub(super) fn number(
    body: &Node,
    keys: &[&str],
    path: &str,
    scalars: &mut Scalars,
) -> Result<U256, Malformed> {
    match body.any(keys) {
        Some(node) => scalars.uint(node, &format!("{path}.{}", keys[0])),
        None => Ok(U256::ZERO),
    }
}

pub(super) fn operation(body: &Node, path: &str, scalars: &mut Scalars) -> Result<u8, Malformed> {
    let at = format!("{path}.operation");
    let value = number(body, &["operation"], path, scalars)?;
    u8::try_from(value)
        .ok()
        .filter(|&operation| operation <= 1)
        .ok_or_else(|| Malformed::new(&at, format!("{value} is neither 0 (call) nor 1 (delegatecall)")))
}

fn optional_address(body: &Node, key: &str, path: &str, scalars: &mut Scalars) -> Result<Address, Malformed> {
    body.any(&[key]).map_or(Ok(Address::ZERO), |node| scalars.address(node, &format!("{path}.{key}")))
}

pub(crate) fn small(value: U256, path: &str) -> Result<u64, Malformed> {
    u64::try_from(value).map_err(|_| Malformed::new(path, format!("{value} is above 2^64-1")))
}

/// Reads the call data of `execTransaction`.
pub fn from_calldata(
    data: &[u8],
    path: &str,
    missing: Missing,
    scalars: &mut Scalars,
) -> Result<Entry, Malformed> {
    let exec = Function::parse(EXEC).expect("a constant");
    let arguments = data
        .strip_prefix(&exec.selector)
        .ok_or_else(|| Malformed::new(path, "is not the call data of execTransaction (0x6a761202…)"))?;
    let (values, anomalies) =
        decode(&exec.params, arguments).map_err(|error| Malformed::new(path, error.to_string()))?;
    for anomaly in anomalies {
        scalars.note(path, format!("byte {} of the parameters: {}", anomaly.at, anomaly.what));
    }
    let safe = missing.safe.ok_or_else(|| {
        Malformed::new(path, "the Safe that is called is not named: give its address (--safe)")
    })?;
    let nonce = missing.nonce.ok_or_else(|| {
        Malformed::new(path, "the Safe's nonce is not named, and the hash covers it (--nonce)")
    })?;
    let uint = |index: usize| values.get(index).and_then(Value::uint).unwrap_or_default();
    let address = |index: usize| values.get(index).and_then(Value::address).unwrap_or_default();
    let bytes = |index: usize| values.get(index).and_then(Value::bytes).unwrap_or_default();
    let operation = u8::try_from(uint(3)).ok().filter(|&operation| operation <= 1);
    let tx = SafeTx {
        safe,
        to: address(0),
        value: uint(1),
        data: bytes(2).to_vec(),
        operation: operation.ok_or_else(|| Malformed::new(path, "operation is neither 0 nor 1"))?,
        safe_tx_gas: uint(4),
        base_gas: uint(5),
        gas_price: uint(6),
        gas_token: address(7),
        refund_receiver: address(8),
        nonce: U256::from(nonce),
    };
    let mut entry = Entry::bare(path, tx);
    entry.signatures = Some(bytes(9).to_vec());
    entry.execution = true;
    Ok(entry)
}
