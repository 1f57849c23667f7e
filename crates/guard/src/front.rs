//! The entry points: bytes in, a report out. None of them can fail; what cannot be read is a finding.

use std::borrow::Cow;

use alloy_primitives::Address;

use crate::{
    ask::{Called, Executed},
    builder,
    case::{Case, Subject},
    checks,
    context::Context,
    decode::{Function, Functions, Outer, Rebuilt},
    descriptor::Descriptor,
    draft::Draft,
    facts::{Facts, Shown},
    finding::{CheckId, Finding, Severity},
    foreign::Foreign,
    json::{self, Json, Node},
    known, learn, message,
    method::{Form, Method},
    report::{
        CallReport, ClearReport, HISTORY, HashReport, Item, Kind, MoveReport, Report, SignatureReport,
        SimulationReport,
    },
    request::{self, Request},
    safe::{self, Hashes, Listed, SafeCase, input::Missing},
    scalar::{Malformed, Scalars},
    send_calls, summary,
    tx::{self, EvmTx},
    typed::{self, Authorization, Meaning},
};

/// What descriptors say about a case.
fn clear(case: &Case<'_>, descriptors: &[Descriptor]) -> Vec<ClearReport> {
    const MOST: usize = 64;
    let calls = case.unpacked.calls.iter();
    let calls = calls.filter_map(|call| descriptors.iter().find_map(|one| one.call(case, call)));
    let typed = case.typed().and_then(|(data, _)| descriptors.iter().find_map(|one| one.typed(case, data)));
    calls.chain(typed).take(MOST).collect()
}

/// Functions the user described; a description that cannot be read is a finding.
fn functions(facts: &Facts) -> (Vec<Function>, Vec<Finding>) {
    let mut found = Vec::new();
    let mut findings = Vec::new();
    for text in &facts.abi {
        match Function::parse(text) {
            Ok(function) => found.push(function),
            Err(error) => {
                findings.push(Finding::new(CheckId::Fmt01, Severity::Review, "facts.abi", error.to_string()));
            }
        }
    }
    (found, findings)
}

/// Judges Safe transactions: JSON of the transaction service or of the client gateway, a list, raw fields, EIP-712,
/// `execTransaction` call data, or a file of the Transaction Builder.
pub fn check_safe(input: &[u8], context: Context<'_>) -> Report {
    check_queue(Listed { pages: &[input], ..Listed::default() }, safe::Asked::default(), context)
}

/// An input of another kind of chain, named for what it is.
fn elsewhere(found: Option<Foreign>) -> Option<Draft> {
    let what = format!(
        "it is {} and nothing that is signed on an EVM chain in this way; nothing of it was judged",
        found?.what()
    );
    Some(Draft::refused(&Malformed::new("input", what)))
}

/// As [`check_safe`], of a list that came in pages, or for some of its transactions alone.
pub fn check_queue(listed: Listed<'_>, asked: safe::Asked, context: Context<'_>) -> Report {
    if let Some(draft) = elsewhere(listed.pages.iter().find_map(|page| foreign_input(page))) {
        return draft.report(Kind::Safe, context);
    }
    let mut scalars = Scalars::default();
    let builder = match listed.pages {
        [file] => json::parse(file).ok().filter(safe::gateway::is_builder),
        _ => None,
    };
    let draft = if let Some(file) = builder {
        builder_draft(&file, asked, &mut scalars, context)
    } else {
        safe::read_pages(listed, asked, missing(context.facts), &mut scalars)
            .map(|queue| learn::asked(context, |context| safe_draft(&queue, &scalars, context)))
    };
    let mut draft = draft.unwrap_or_else(|error| Draft::refused(&error));
    draft.findings.extend(listed.unread.iter().map(|why| {
        let title = format!("Not all of the list was read: {why}");
        Finding::new(CheckId::Pol03, Severity::Incomplete, "results", title)
    }));
    draft.report(Kind::Safe, context)
}

/// What of another kind of chain an input is, by its bytes or by its JSON.
fn foreign_input(input: &[u8]) -> Option<Foreign> {
    Foreign::of_input(input).or_else(|| Foreign::of_node(&json::parse(input).ok()?))
}

/// Calls that a Safe is to make, and no transaction that could be signed yet.
fn builder_draft(
    file: &Node,
    asked: safe::Asked,
    scalars: &mut Scalars,
    context: Context<'_>,
) -> Result<Draft, Malformed> {
    let safe = asked.safe.or_else(|| missing(context.facts).safe);
    let txs = builder::read(file, safe, scalars)?;
    let scalars = &*scalars;
    let mut draft = learn::asked(context, |context| tx_draft(&txs, scalars, context));
    let title = "A file of the Transaction Builder: these calls have no number and no hash yet. Judge the transaction itself \
                 once it is proposed (guard safe CHAIN:SAFE --tx NONCE).";
    draft.findings.push(Finding::new(CheckId::Hash01, Severity::Incomplete, "transactions", title));
    Ok(draft)
}

/// The Safe and nonce the facts name, for call data that names neither.
fn missing(facts: &Facts) -> Missing {
    match &facts.safe[..] {
        [only] => Missing { safe: only.address.map(|address| address.0), nonce: only.nonce },
        _ => Missing::default(),
    }
}

fn safe_draft(queue: &safe::Queue, scalars: &Scalars, context: Context<'_>) -> Draft {
    let Context { facts, descriptors, .. } = context;
    let (own, mut findings) = functions(facts);
    let rebuilt = Rebuilt::default();
    let mut safes: Vec<SafeCase<'_>> =
        queue.entries.iter().map(|entry| SafeCase::new(entry, facts)).collect();
    let before: Vec<SafeCase<'_>> = queue.past.iter().map(|entry| SafeCase::new(entry, facts)).collect();
    safe::whose(&mut safes, &before);
    if let Some(more) = &queue.more {
        let title = format!(
            "The list has more pages ({more}): what is on the others was not judged. Fetch the whole queue (?limit=100, \
             ?executed=false) or join its pages."
        );
        findings.push(Finding::new(CheckId::Pol03, Severity::Incomplete, "results", title));
    }
    findings.extend(safes.iter().filter_map(otherwise_typed));
    let asked: Vec<bool> = safe::asked_about(&safes, queue.pick);
    if !asked.contains(&true) {
        let title = match queue.pick {
            safe::Pick::Waiting => "No transaction waits in the list: nothing was judged.".to_owned(),
            safe::Pick::Nonce(nonce) => {
                format!("No transaction in the list has the number {nonce}: nothing was judged.")
            }
            safe::Pick::Hash(hash) => {
                format!("No transaction in the list has the hash {hash}: nothing was judged.")
            }
        };
        // That a queue is empty is an answer where its service says so, and no theft.
        let is_answer = queue.said_empty && queue.pick == safe::Pick::Waiting && facts.shown.is_none();
        let severity = if is_answer { Severity::Info } else { Severity::Incomplete };
        findings.push(Finding::new(CheckId::Pol03, severity, "results", title));
    }
    // What the owners provably paid before speaks for whom they pay now.
    let (past, counted) = safe::paid_before(safes.iter().chain(&before));
    findings.extend(counted);
    let known =
        (!past.is_empty()).then(|| Facts { past: [&facts.past[..], &past].concat(), ..facts.clone() });
    let context = Context { facts: known.as_ref().unwrap_or(facts), ..context };
    // A device shows one of several: the others are not held against it.
    let is_shown = |safe: &SafeCase<'_>| {
        facts.shown.as_ref().zip(safe.hashes).is_some_and(|(shown, hashes)| is_on_device(shown, &hashes))
    };
    let others = Facts { shown: None, ..context.facts.clone() };
    let one_is_shown = safes.iter().zip(&asked).any(|(safe, asked)| *asked && is_shown(safe));
    let mut items = Vec::new();
    let mut cases = Vec::new();
    // A list of nothing else is all history, and nobody can sign it any more.
    let none_waits = safes.iter().all(|safe| safe.entry.executed);
    for (index, safe) in safes.iter().enumerate() {
        let tx = &safe.entry.tx;
        let past = !asked[index];
        // Who asks about one of them wants to read about that one.
        if past && queue.pick != safe::Pick::Waiting {
            continue;
        }
        let is_another = one_is_shown && !is_shown(safe);
        let context = if is_another { Context { facts: &others, ..context } } else { context };
        if one_is_shown && !is_another && safes.len() > 1 {
            let title = format!("The device shows this one of {}.", safes.len());
            findings.push(Finding::new(CheckId::Hash01, Severity::Info, &safe.entry.path, title));
        }
        let mut case = Case::new(context, Subject::Safe(safe), &safe.entry.path);
        case.chain_id = safe.chain_id;
        case.actor = Some(tx.safe);
        case.digest = safe.hashes.map(|hashes| hashes.digest);
        // Spellings are noted once, whichever transaction they belong to; their paths tell.
        case.non_canonical = if index == 0 { &scalars.non_canonical } else { &[] };
        let outer = Outer {
            path: safe.entry.path.clone(),
            from: Some(tx.safe),
            to: Some(tx.to),
            value: tx.value,
            data: &tx.data,
            delegate: tx.operation == 1,
        };
        case.add_call(outer, Functions { own: &own, rebuilt: Some(&rebuilt) });
        if past {
            let is_known = safe.facts.is_some_and(|facts| facts.nonce.is_some());
            findings.extend(checks::run(&case).into_iter().map(|finding| history(finding, is_known)));
        } else {
            let before = in_turn(&safes, safe);
            case.simulate(Executed::Safe { before: &before, case: safe });
            findings.extend(checks::run(&case));
        }
        let item = safe_item(&case, safe);
        let is_picked = queue.pick != safe::Pick::Waiting && safe.entry.executed;
        let is_history = past || none_waits || is_picked;
        let intent = if is_history { format!("{HISTORY}{}", item.intent) } else { item.intent.clone() };
        items.push(Item { clear: clear(&case, descriptors), intent, ..item });
        if !past {
            cases.push(case);
        }
    }
    findings.extend(checks::queue(&safes, &asked, &cases));
    findings.extend(checks::together(&cases, false));
    Draft::of(items, findings, &cases, true, context)
}

/// Whether all that a device shows is of these hashes.
fn is_on_device(shown: &Shown, hashes: &Hashes) -> bool {
    let pairs =
        [(shown.domain, hashes.domain), (shown.message, hashes.message), (shown.digest, hashes.digest)];
    let mut told =
        pairs.iter().filter_map(|(shown, computed)| shown.map(|shown| shown.0 == *computed)).peekable();
    told.peek().is_some() && told.all(|same| same)
}

/// The transactions of a Safe that wait for the numbers before one, as far as each number has a single one.
fn in_turn<'s, 'a>(safes: &'s [SafeCase<'a>], case: &SafeCase<'_>) -> Vec<&'s SafeCase<'a>> {
    let tx = &case.entry.tx;
    let next = case.facts.and_then(|facts| facts.nonce).map(alloy_primitives::U256::from);
    let mut before: Vec<&SafeCase<'_>> = Vec::new();
    let mut number = tx.nonce;
    while next.is_some_and(|next| next < number) {
        number -= alloy_primitives::U256::ONE;
        let mut waiting = safes.iter().filter(|other| {
            other.entry.tx.safe == tx.safe && other.entry.tx.nonce == number && !other.entry.executed
        });
        let Some(one) = waiting.next().filter(|one| waiting.all(|other| other.same_as(one))) else { break };
        before.push(one);
    }
    before.reverse();
    before
}

/// Typed data are signed by their own types and domain, whatever the fields are called.
fn otherwise_typed(safe: &SafeCase<'_>) -> Option<Finding> {
    let node = safe.entry.typed.as_ref()?;
    let path = &safe.entry.path;
    match typed::read(node, &mut Scalars::default()) {
        Ok(data) if safe.hashes.is_some_and(|hashes| hashes.digest == data.hashes.digest) => None,
        Ok(data) => {
            let title = "Calls itself a SafeTx, but its types or its domain are not those of this Safe, which would hash it \
                         differently: something else would be signed.";
            let finding = Finding::new(CheckId::Hash01, Severity::Block, path, title);
            Some(finding.because(format!("a wallet would sign {}", data.hashes.digest)))
        }
        Err(error) => {
            let title = format!("The input cannot be read, so it must not be signed: {error}");
            Some(Finding::new(CheckId::Fmt01, Severity::Block, path, title))
        }
    }
}

/// What is said of a transaction that is not asked about, since it was executed before or can never be: it is history, and
/// nobody can sign it any more. Signatures that are not what they are said to be stay what they are. Where nobody but the list says
/// so (`is_known`: the Safe's next number is), what would be blocked may wait as well.
fn history(finding: Finding, is_known: bool) -> Finding {
    match finding.id {
        CheckId::Sig01 | CheckId::Sig03 => finding,
        // Lists of what was executed leave signatures out.
        id if !is_known && finding.severity == Severity::Block && id != CheckId::Sig02 => Finding {
            severity: Severity::Incomplete,
            title: format!(
                "History by the list's word alone, the Safe's next number not being known: {}",
                finding.title
            ),
            ..finding
        },
        _ => Finding {
            severity: Severity::Info,
            title: format!("History, and not to be signed: {}", finding.title),
            ..finding
        },
    }
}

fn safe_item(case: &Case<'_>, safe: &SafeCase<'_>) -> Item {
    let tx = &safe.entry.tx;
    let mut fields = vec![("Safe".to_owned(), tx.safe.to_string())];
    fields.push(("Chain".to_owned(), safe.chain_id.map_or_else(|| "not known".to_owned(), known::chain)));
    let version = safe.facts.and_then(|facts| facts.version).or(safe.entry.version);
    let version = match version {
        Some(version) => version.to_string(),
        None => match safe.basis {
            safe::Basis::Claimed => format!("{} (follows from the claimed hash)", safe.scheme.versions()),
            _ => format!("{} (assumed)", safe.scheme.versions()),
        },
    };
    fields.push(("Version".to_owned(), version));
    fields.push(("Nonce".to_owned(), tx.nonce.to_string()));
    fields.push(("To".to_owned(), case.show(&tx.to)));
    fields.push(("Value".to_owned(), case.amount(tx.value, &Address::ZERO)));
    let operation = if tx.operation == 1 { "1 DELEGATECALL" } else { "0 call" };
    fields.push(("Operation".to_owned(), operation.to_owned()));
    let bytes = tx.data.len();
    fields.push(("Data".to_owned(), if bytes == 0 { "none".to_owned() } else { format!("{bytes} bytes") }));
    let signatures = safe.confirmations.iter().chain(
        safe.joined
            .iter()
            .filter(|one| !safe.confirmations.iter().any(|confirmation| confirmation.bytes == one.bytes)),
    );
    let signatures = signatures.map(|one| SignatureReport {
        path: one.path.clone(),
        form: one.form.map_or("no known form", safe::Form::as_str).to_owned(),
        claimed: one.claimed.map(|claimed| claimed.to_string()),
        signer: one
            .signer
            .as_ref()
            .ok()
            .filter(|_| !one.is_wrong())
            .map(|signer| signer.address().to_string()),
        belongs_to: one.belongs_to.map(|hash| hash.to_string()),
        good: one.proven && !one.is_wrong(),
        date: one.date.clone(),
    });
    let state = if safe.entry.executed { ", executed" } else { "" };
    Item {
        path: case.path.clone(),
        title: format!("Safe transaction, nonce {}{state}", tx.nonce),
        intent: summary::sentence(case),
        fields,
        hashes: safe.hashes.map(HashReport::from),
        calls: calls(case),
        clear: Vec::new(),
        simulation: simulated(case),
        signatures: signatures.collect(),
    }
}

fn simulated(case: &Case<'_>) -> Option<SimulationReport> {
    let done = case.simulation.as_ref()?;
    let moved = done.moved.iter().map(|moved| MoveReport {
        what: case.amount_of(moved.token, moved.id, moved.amount),
        from: case.show(&moved.from),
        to: case.show(&moved.to),
    });
    Some(SimulationReport {
        state: done.state.clone(),
        outcome: done.outcome.clone(),
        gas: done.gas,
        moved: moved.collect(),
        changes: done.changes.clone(),
    })
}

fn calls(case: &Case<'_>) -> Vec<CallReport> {
    const MOST: usize = 200;
    case.unpacked
        .calls
        .iter()
        .take(MOST)
        .map(|call| {
            let arguments = call.decoded.as_ref().map_or_else(Vec::new, |decoded| {
                let params = decoded.function.params.iter().zip(&decoded.args);
                params.map(|(param, value)| (param.name.clone(), value.show())).collect()
            });
            CallReport {
                path: call.path.clone(),
                depth: call.depth,
                to: call.to.map(|to| case.show(&to)),
                value: call.value.to_string(),
                delegatecall: call.delegate,
                function: call.signature().map(str::to_owned),
                arguments,
                data_len: call.data.len(),
            }
        })
        .collect()
}

/// Judges ordinary transactions: JSON, raw bytes, a batch of EIP-5792, an EIP-7702 authorization, or a JSON-RPC request
/// for any of them.
pub fn check_tx(input: &[u8], context: Context<'_>) -> Report {
    if let Some(draft) = elsewhere(Foreign::of_input(input)) {
        return draft.report(Kind::Transaction, context);
    }
    let text = input.trim_ascii();
    let node = if text.starts_with(b"0x") || text.starts_with(b"0X") {
        match std::str::from_utf8(text) {
            Ok(text) if text.len() <= json::MAX_BYTES => {
                Ok(Node { at: 0, value: Json::Text(text.to_owned()) })
            }
            _ => Err(Malformed::new("input", "too long, or not UTF-8")),
        }
    } else {
        json::parse(input).map_err(|error| Malformed::new("input", error.to_string()))
    };
    match node {
        Ok(node) => check_node(&node, context),
        Err(error) => Draft::refused(&error).report(Kind::Transaction, context),
    }
}

/// Judges a JSON-RPC request or a transaction object. Requests by a method that is not judged are refused by its name.
pub fn check_node(node: &Node, context: Context<'_>) -> Report {
    // Some readers take `Params` for `params`, and the last of the two.
    for (key, _) in node.map().unwrap_or_default() {
        if ["method", "params"].iter().any(|known| key != known && key.eq_ignore_ascii_case(known)) {
            let what = format!("some readers take the key {:?} for another", json::shorten(key));
            return Draft::refused(&Malformed::new("input", what)).report(Kind::Transaction, context);
        }
    }
    let Some(method) = node.get("method").and_then(Node::text) else {
        return transactions(node, Scalars::default(), context);
    };
    // What another method makes of its parameters is not what a transaction does that looks like them.
    let form = match Method::of(method, &context.policy.methods) {
        Method::Guarded(form) => form,
        Method::Free => {
            let what =
                format!("{:?} signs and sends nothing: there is nothing to judge", json::shorten(method));
            return Draft::refused(&Malformed::new("method", what)).report(Kind::Transaction, context);
        }
        Method::Unknown(_) => {
            let what = format!("{:?} is no method that is judged here", json::shorten(method));
            return Draft::refused(&Malformed::new("method", what)).report(Kind::Transaction, context);
        }
    };
    let refused = |error: &Malformed| Draft::refused(error).report(Kind::Transaction, context);
    match form {
        Form::Typed => typed_node(node, context),
        Form::Personal | Form::Blind => {
            message_report(message::read_node(node, &mut Scalars::default()), context)
        }
        _ => match Request::read(node, &[form]) {
            Ok(Request { params: [only], .. }) => transactions(only, Scalars::of_request(), context),
            // How long the node may wait.
            Ok(Request {
                form: Form::RawSync,
                params: [first, Node { value: Json::Number(_) | Json::Text(_), .. }],
            }) => transactions(first, Scalars::of_request(), context),
            Ok(Request { params, .. }) => {
                let what = format!("{} parameters, of which only the first would be judged", params.len());
                refused(&Malformed::new("params", what))
            }
            Err(error) => refused(&error),
        },
    }
}

fn transactions(node: &Node, mut scalars: Scalars, context: Context<'_>) -> Report {
    if let Some(draft) = elsewhere(Foreign::of_node(node)) {
        return draft.report(Kind::Transaction, context);
    }
    let is_authorization = node.get("kind").and_then(Node::text) == Some("eip7702_authorization")
        || tx::resembles_authorization(node)
        || node.any(&["address", "contractAddress"]).is_some() && node.any(&["nonce"]).is_some();
    let draft = if is_authorization {
        Authorization::read(node, "authorization", &mut scalars).map(|authorization| {
            learn::asked(context, |context| authorization_draft(&authorization, &scalars, context))
        })
    } else {
        tx::read_node(node, "tx", &mut scalars)
            .map(|txs| learn::asked(context, |context| tx_draft(&txs, &scalars, context)))
            .map(|mut draft| {
                for beside in send_calls::beside(node, "tx") {
                    if let Some(item) = draft.items.first_mut() {
                        item.intent = format!("{}; {}", item.intent, beside.intent);
                    }
                    draft.findings.push(beside.finding);
                }
                draft
            })
    };
    draft.unwrap_or_else(|error| Draft::refused(&error)).report(Kind::Transaction, context)
}

fn authorization_draft(authorization: &Authorization, scalars: &Scalars, context: Context<'_>) -> Draft {
    let digest = authorization.digest();
    let list = std::slice::from_ref(authorization);
    let mut case = Case::new(context, Subject::Authorization, "authorization");
    case.authorizations = list;
    case.non_canonical = &scalars.non_canonical;
    case.digest = Some(digest);
    let findings = checks::run(&case);
    let item = Item {
        path: case.path.clone(),
        title: "EIP-7702 authorization".to_owned(),
        intent: summary::sentence(&case),
        fields: vec![
            ("Chain".to_owned(), list[0].chain_id.to_string()),
            ("Code of".to_owned(), case.show(&list[0].address)),
            ("Nonce".to_owned(), list[0].nonce.to_string()),
            ("Hash".to_owned(), digest.to_string()),
        ],
        hashes: None,
        calls: Vec::new(),
        clear: Vec::new(),
        simulation: simulated(&case),
        signatures: Vec::new(),
    };
    Draft::of(vec![item], findings, &[case], false, context)
}

fn tx_draft(txs: &[EvmTx], scalars: &Scalars, context: Context<'_>) -> Draft {
    let Context { facts, descriptors, .. } = context;
    let mut nested = Draft::default();
    let (own, mut findings) = functions(facts);
    let rebuilt = Rebuilt::default();
    let mut items = Vec::new();
    let mut cases = Vec::new();
    let mut sent = Vec::new();
    for (index, tx) in txs.iter().enumerate() {
        let mut case = Case::new(context, Subject::Tx(tx), &tx.path);
        case.chain_id = tx.chain_id.or(facts.chain_id);
        case.actor = sender(tx, &case);
        case.authorizations = &tx.authorizations;
        case.non_canonical = if index == 0 { &scalars.non_canonical } else { &[] };
        let outer = Outer {
            path: tx.path.clone(),
            from: case.actor,
            to: tx.to,
            value: tx.value,
            data: &tx.data,
            delegate: false,
        };
        case.add_call(outer, Functions { own: &own, rebuilt: Some(&rebuilt) });
        // Calls of another chain leave nothing behind here.
        if cases.last().is_some_and(|before: &Case<'_>| before.chain_id != case.chain_id) {
            sent.clear();
        }
        match (case.actor, tx.to) {
            (Some(from), Some(to)) => {
                let gas = tx.gas.map(|gas| gas.saturating_to());
                let call = Called { from, to, value: tx.value, data: &tx.data, gas };
                case.simulate(Executed::Call { before: &sent, call });
                sent.push(call);
            }
            (None, Some(_)) if context.engine.is_some() => {
                let title = "It was not executed to see what it does: who sends it is not known (--account).";
                findings.push(Finding::new(CheckId::Sim01, Severity::Incomplete, &tx.path, title));
            }
            // Whatever makes a contract is for a person to look at.
            _ => {}
        }
        findings.extend(checks::run(&case));
        if let (Some(given), Some(active)) = (tx.chain_id, facts.chain_id)
            && given != active
        {
            let title = "The transaction is for another chain than the wallet is on.";
            let finding = Finding::new(CheckId::Sign01, Severity::Block, &tx.path, title);
            findings.push(finding.because(format!("{given}, wallet {active}")));
        }
        if let (Some(from), Some(account)) = (tx.from, facts.account)
            && from != account.0
            && !case.owns_safe(&from)
        {
            let (severity, title) = if case.actor == Some(from) {
                (Severity::Review, "The transaction is sent by another account than yours.")
            } else {
                let known = case.may_receive(&from);
                let title = "The request names another sender than you: what you sign is sent by you, and was judged as that.";
                (if known { Severity::Review } else { Severity::Incomplete }, title)
            };
            let finding = Finding::new(CheckId::Sign01, severity, &tx.path, title);
            findings.push(finding.because(format!("from {from}, you are {}", account.0)));
        }
        let to = tx.to.map_or_else(|| "creates a contract".to_owned(), |to| case.show(&to));
        items.push(Item {
            path: tx.path.clone(),
            title: "Transaction".to_owned(),
            intent: summary::sentence(&case),
            fields: vec![
                ("Chain".to_owned(), case.chain_id.map_or_else(|| "not known".to_owned(), known::chain)),
                ("To".to_owned(), to),
                ("Value".to_owned(), case.amount(tx.value, &Address::ZERO)),
                ("Data".to_owned(), format!("{} bytes", tx.data.len())),
            ],
            hashes: None,
            calls: calls(&case),
            clear: clear(&case, descriptors),
            simulation: simulated(&case),
            signatures: Vec::new(),
        });
        if let Some(inner) = nested_safe(tx, case.actor, context) {
            nested.take_up(inner);
        }
        cases.push(case);
    }
    findings.extend(checks::together(&cases, true));
    if facts.shown.is_some() && !matches!(txs, [EvmTx { digest: Some(_), .. }]) {
        let title = "What the device shows was not compared: the hash of a transaction covers its number, its gas and its fee, and \
                     it is known of the raw bytes of one transaction alone. Give those.";
        findings.push(Finding::new(CheckId::Hash01, Severity::Incomplete, "tx", title));
    }
    let mut draft = Draft::of(items, findings, &cases, true, context);
    draft.take_up(nested);
    draft
}

/// Whose transaction it is. Where it is told who signs, a request's word for another sender is worth nothing: what is signed does not
/// hold it. Bytes that are signed say who signed; a Safe that the account owns is asked for what it does, and its owners are who send
/// what it signed.
fn sender(tx: &EvmTx, case: &Case<'_>) -> Option<Address> {
    let Some((from, account)) = tx.from.zip(case.facts.account) else { return tx.from.or(case.actor) };
    let is_owner = || {
        let safe = case.facts.safe_at(&account.0).filter(|_| case.facts.names_safe(&account.0));
        safe.is_some_and(|safe| safe.owners.iter().any(|owner| owner.0 == from))
    };
    let is_known = tx.is_signed || case.owns_safe(&from) || is_owner();
    Some(if is_known { from } else { account.0 })
}

/// An ordinary transaction that executes a Safe transaction: its signatures are judged where Safe and nonce are known.
fn nested_safe(tx: &EvmTx, sender: Option<Address>, context: Context<'_>) -> Option<Draft> {
    let known = tx.to.and_then(|to| context.facts.safe_at(&to))?;
    let missing = Missing { safe: tx.to, nonce: known.nonce };
    let mut scalars = Scalars::default();
    // Other calls to a Safe are judged as calls.
    let mut entry = safe::input::from_calldata(&tx.data, &tx.path, missing, &mut scalars).ok()?;
    entry.sender = sender;
    let queue = safe::Queue::one(entry);
    // The device shows what is sent, and not what was signed before.
    let unseen = context.facts.shown.is_some().then(|| Facts { shown: None, ..context.facts.clone() });
    let context = Context { facts: unseen.as_ref().unwrap_or(context.facts), ..context };
    Some(safe_draft(&queue, &scalars, context))
}

/// Judges typed data: the JSON itself, or a JSON-RPC request for its signature.
pub fn check_typed(input: &[u8], context: Context<'_>) -> Report {
    let parsed = json::parse(input);
    let foreign = Foreign::of_input(input).or_else(|| Foreign::of_node(parsed.as_ref().ok()?));
    if let Some(draft) = elsewhere(foreign) {
        return draft.report(Kind::TypedData, context);
    }
    match parsed {
        Ok(node) => typed_node(&node, context),
        Err(error) => {
            Draft::refused(&Malformed::new("input", error.to_string())).report(Kind::TypedData, context)
        }
    }
}

/// Typed data themselves, or a request for their signature, which carries them as an object or as a text, before or behind the
/// account.
fn typed_node(node: &Node, context: Context<'_>) -> Report {
    if !request::is_request(node) {
        return typed_for(node, None, context);
    }
    let asked = Request::read(node, &[Form::Typed]);
    let asked = asked.and_then(|asked| Ok((asked.signer()?, typed_param(asked.params)?)));
    match asked {
        Ok((signer, data)) => typed_for(&data, signer, context),
        Err(error) => Draft::refused(&error).report(Kind::TypedData, context),
    }
}

/// The one parameter that is typed data, beside the account.
fn typed_param(params: &[Node]) -> Result<Cow<'_, Node>, Malformed> {
    // Which of several a wallet would sign, nobody knows.
    let mut others = params.iter().filter(|param| !request::is_account(param));
    let what = match (others.next(), others.next()) {
        (Some(data), None) if data.map().is_some() => return Ok(Cow::Borrowed(data)),
        (Some(data), None) => match data.text().filter(|text| text.trim_start().starts_with('{')) {
            Some(text) => match json::parse(text.as_bytes()) {
                Ok(node) => return Ok(Cow::Owned(node)),
                Err(error) => error.to_string(),
            },
            None => "no typed data are among the parameters".to_owned(),
        },
        (Some(_), Some(_)) => {
            "more than the data stands beside the account: one of them would be signed unseen".to_owned()
        }
        (None, _) => "no typed data are among the parameters".to_owned(),
    };
    Err(Malformed::new("params", what))
}

/// Judges typed data for the signature of somebody.
fn typed_for(node: &Node, signer: Option<Address>, context: Context<'_>) -> Report {
    let mut scalars = Scalars::default();
    let data = match typed::read(node, &mut scalars) {
        Ok(data) => data,
        Err(error) => return Draft::refused(&error).report(Kind::TypedData, context),
    };
    // What a smart account wraps is what is agreed to.
    let shown = data.nested.as_ref().map_or(&data, |nested| &nested.content);
    let meaning = typed::meaning(shown);
    let asked = AskedTyped { data: shown, whole: &data, meaning: &meaning, scalars: &scalars, signer };
    let draft = |context: Context<'_>| typed_whole(node, asked, context);
    learn::asked(context, draft).report(Kind::TypedData, context)
}

/// Typed data whose signature is asked for.
#[derive(Clone, Copy)]
struct AskedTyped<'a> {
    /// What is agreed to.
    data: &'a typed::TypedData,
    /// What is signed: the same, or what a smart account wraps around it.
    whole: &'a typed::TypedData,
    meaning: &'a Meaning,
    scalars: &'a Scalars,
    signer: Option<Address>,
}

/// Typed data, and the Safe transaction or the text that they are.
fn typed_whole(node: &Node, asked: AskedTyped<'_>, context: Context<'_>) -> Draft {
    let AskedTyped { data, meaning, signer, .. } = asked;
    let mut draft = typed_draft(asked, context);
    if let Meaning::Text(text) = meaning {
        let message = message::Message {
            method: message::Method::Personal,
            bytes: text.clone(),
            path: "message.prefixed".to_owned(),
            signer,
        };
        draft.take_up(message_draft(&message, context));
    }
    // What a Safe signs may be the text itself instead of its hash.
    if *meaning == Meaning::SafeMessage
        && let Some(typed::Data::Bytes(bytes)) = data.message.get("message")
    {
        let (bytes, path) = (bytes.clone(), "message.message".to_owned());
        let message = message::Message { method: message::Method::Personal, bytes, path, signer };
        if message.text().is_some() && !message.is_hash() {
            draft.take_up(message_draft(&message, context));
        }
    }
    if *meaning == Meaning::SafeTx {
        let mut more = Scalars::default();
        let mut inner = match safe::input::read_node(node, missing(context.facts), &mut more) {
            Ok(queue) => safe_draft(&queue, &Scalars::default(), context),
            Err(error) => Draft::refused(&error),
        };
        // What the Safe's transaction does says more than the fields of the data.
        draft.items = std::mem::take(&mut inner.items);
        draft.take_up(inner);
    }
    draft
}

fn typed_draft(asked: AskedTyped<'_>, context: Context<'_>) -> Draft {
    let AskedTyped { data, whole, meaning, scalars, signer } = asked;
    let (own, mut findings) = functions(context.facts);
    let rebuilt = Rebuilt::default();
    let mut case = Case::new(context, Subject::Typed(data, meaning), "typed data");
    case.signer = signer;
    let chain = data.chain().and_then(|chain| u64::try_from(chain).ok());
    case.chain_id = chain.or(context.facts.chain_id);
    case.non_canonical = &scalars.non_canonical;
    case.digest = Some(whole.hashes.digest);
    case.signs_as = whole.nested.as_ref().map(|nested| nested.account);
    // What a Safe or a smart account of one's own holds is what is given and got, and is not the signer's.
    let spoken_for = meaning.owners(data);
    let safe = spoken_for.into_iter().find(|owner| !case.is_own(owner) && case.speaks_for(owner));
    if let Some(account) = case.signs_as.filter(|account| case.speaks_for(account)).or(safe) {
        case.actor = Some(account);
    }
    match meaning {
        Meaning::Grants(grants) => case.grants.clone_from(grants),
        Meaning::Known(known) => {
            for (index, call) in known.calls.iter().enumerate() {
                let outer = Outer {
                    path: format!("message.call[{index}]"),
                    from: call.from.or(case.actor),
                    to: Some(call.to),
                    value: call.value,
                    data: &call.data,
                    delegate: false,
                };
                case.add_call(outer, Functions { own: &own, rebuilt: Some(&rebuilt) });
            }
        }
        _ => {}
    }
    findings.extend(checks::run(&case));
    if let Some(nested) = &whole.nested
        && case.chain_id.is_some_and(|chain| nested.chain_id != alloy_primitives::U256::from(chain))
    {
        let title = "It is wrapped for an account on another chain.";
        let finding = Finding::new(CheckId::Sign01, Severity::Block, "message.chainId", title);
        findings.push(finding.because(nested.chain_id.to_string()));
    }
    let mut fields = Vec::new();
    for (name, value) in data.domain.fields() {
        fields.push((format!("Domain {name}"), value.show()));
    }
    fields.push(("Type".to_owned(), json::shorten(&data.primary)));
    for (name, value) in data.message.fields() {
        fields.push((name.clone(), value.show()));
    }
    if let Some(account) = &case.signs_as {
        fields.push(("In the name of".to_owned(), case.show(account)));
    }
    let item = Item {
        path: case.path.clone(),
        title: "Typed data (EIP-712)".to_owned(),
        intent: summary::sentence(&case),
        fields,
        hashes: Some(HashReport::from(whole.hashes)),
        calls: calls(&case),
        clear: clear(&case, context.descriptors),
        simulation: simulated(&case),
        signatures: Vec::new(),
    };
    Draft::of(vec![item], findings, &[case], false, context)
}

/// Judges a message: the bytes themselves, or a JSON-RPC request (`personal_sign`, `eth_sign`).
pub fn check_message(input: &[u8], context: Context<'_>) -> Report {
    if let Some(draft) = elsewhere(foreign_input(input)) {
        return draft.report(Kind::Message, context);
    }
    message_report(message::read(input, &mut Scalars::default()), context)
}

fn message_report(message: Result<message::Message, Malformed>, context: Context<'_>) -> Report {
    let message = match message {
        Ok(message) => message,
        Err(error) => return Draft::refused(&error).report(Kind::Message, context),
    };
    if let Some(draft) = elsewhere(foreign_input(&message.bytes)) {
        return draft.report(Kind::Message, context);
    }
    learn::asked(context, |context| message_draft(&message, context)).report(Kind::Message, context)
}

fn message_draft(message: &message::Message, context: Context<'_>) -> Draft {
    let mut case = Case::new(context, Subject::Message(message), &message.path);
    case.signer = message.signer;
    let digest = message.digest();
    case.digest = Some(digest);
    let findings = checks::run(&case);
    let mut fields = vec![("Hash to sign".to_owned(), digest.to_string())];
    match message.text() {
        Some(text) => fields.extend(text.lines().take(40).map(|line| ("Text".to_owned(), line.to_owned()))),
        None => fields.push((
            "Bytes".to_owned(),
            format!("0x{}", hex::encode(&message.bytes[..message.bytes.len().min(64)])),
        )),
    }
    let item = Item {
        path: case.path.clone(),
        title: "Message".to_owned(),
        intent: summary::sentence(&case),
        fields,
        hashes: safe_message(&digest, context.facts).map(HashReport::from),
        calls: Vec::new(),
        clear: Vec::new(),
        simulation: simulated(&case),
        signatures: Vec::new(),
    };
    Draft::of(vec![item], findings, &[case], false, context)
}

/// The hashes if a Safe signs the message: where the facts name one Safe with version.
fn safe_message(digest: &alloy_primitives::B256, facts: &Facts) -> Option<Hashes> {
    let [known] = &facts.safe[..] else { return None };
    let scheme = known.version?.scheme();
    let chain = if scheme == safe::Scheme::Chain { facts.chain_id? } else { 0 };
    Some(safe::message_hashes(scheme, chain, &known.address?.0, digest))
}
