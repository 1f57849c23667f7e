//! What a node tells of a chain at one block, and how that goes together with what was told before.
//!
//! The guard asks in two steps: a first reading says whom a request deals with, the node is asked about them, and a second
//! reading judges with both. Neither overrides the other in silence: where what was told contradicts the chain, the verdict
//! is incomplete and both are named.

use std::collections::BTreeSet;

use alloy_primitives::{Address, U256};

use crate::{
    case::Case,
    chain::{Basis, Concerned, Seen},
    context::Context,
    decode::Act,
    draft::Draft,
    facts::{AccountFacts, Approved, Facts, Kind, SafeFacts},
    finding::{CheckId::Fact01, Finding, Severity},
    known,
    report::NodeReport,
    safe::{Form, Signer},
    typed::Meaning,
};

/// Most accounts one request is looked up for.
const MOST_ACCOUNTS: usize = 96;
/// Most Safes, tokens and approvals each.
const MOST_OTHERS: usize = 16;
/// Readings: what a Safe's settings name is looked up in another.
const MOST_ROUNDS: usize = 3;

impl Concerned {
    /// Takes up whom a case deals with.
    pub(crate) fn add(&mut self, case: &Case<'_>) {
        self.chains.extend(case.chain_id);
        if let Some(safe) = case.safe() {
            let address = safe.entry.tx.safe;
            self.safes.insert(address);
            for one in safe.confirmations.iter().chain(&safe.joined) {
                let Ok(Signer::Named(owner)) = one.signer else { continue };
                match (one.form, safe.hashes) {
                    (Some(Form::Contract), _) => _ = self.safes.insert(owner),
                    (Some(Form::Approved), Some(hashes)) => {
                        self.approvals.insert((address, owner, hashes.digest));
                    }
                    _ => {}
                }
            }
            self.tokens.insert(safe.entry.tx.gas_token);
        }
        let involved = case.involved();
        let matters = |address: &Address| involved.contains_key(address) || case.is_own(address);
        let (first, losing): (Vec<Address>, Vec<Address>) =
            case.everybody().into_iter().map(|(_, address)| address).partition(matters);
        self.accounts.extend(case.actor.into_iter().chain(first).chain(involved.keys().copied()));
        self.losing.extend(losing);
        for placed in &case.acts {
            if let Act::Transfer { token, .. } = &placed.act {
                self.tokens.insert(*token);
            }
        }
        self.tokens.extend(case.grants.iter().map(|(_, grant)| grant.token));
        let orders = match case.typed() {
            Some((_, Meaning::Orders { orders, .. })) => &orders[..],
            Some((_, Meaning::Known(known))) => &known.orders[..],
            _ => &[],
        };
        let items = orders.iter().flat_map(|order| order.offer.iter().chain(&order.asked));
        self.tokens.extend(items.map(|item| item.token));
    }

    /// Takes up another's.
    pub(crate) fn join(&mut self, other: Self) {
        self.accounts.extend(other.accounts);
        self.losing.extend(other.losing);
        self.safes.extend(other.safes);
        self.tokens.extend(other.tokens);
        self.approvals.extend(other.approvals);
        self.chains.extend(other.chains);
    }

    /// What of it was not asked for before, within the limits; second: how much is left out. Whoever only loses a right is
    /// looked up where there is room, and is no loss.
    fn without(mut self, before: &Self, facts: &Facts) -> (Self, usize) {
        let mut seen: BTreeSet<Address> = before.accounts.iter().copied().collect();
        let room = MOST_ACCOUNTS.saturating_sub(seen.len());
        self.accounts.retain(|address| !address.is_zero() && seen.insert(*address));
        let mut left_out = self.accounts.len().saturating_sub(room);
        let losing = std::mem::take(&mut self.losing);
        self.accounts
            .extend(losing.into_iter().filter(|address| !address.is_zero() && seen.insert(*address)));
        self.accounts.truncate(room);
        left_out += first_of(&mut self.safes, &before.safes);
        // What is known of a token is known: its own word would change nothing.
        self.tokens.retain(|token| !token.is_zero() && known::shipped(token, facts.chain_id).is_none());
        left_out += first_of(&mut self.tokens, &before.tokens);
        left_out += first_of(&mut self.approvals, &before.approvals);
        (self, left_out)
    }

    fn is_empty(&self) -> bool {
        self.accounts.is_empty()
            && self.safes.is_empty()
            && self.tokens.is_empty()
            && self.approvals.is_empty()
    }
}

/// Leaves the first of those that were not asked for before, as many as are looked up; says how many more there are.
fn first_of<T: Ord + Copy>(all: &mut BTreeSet<T>, before: &BTreeSet<T>) -> usize {
    let new: Vec<T> = all.difference(before).copied().collect();
    *all = new.iter().copied().take(MOST_OTHERS).collect();
    new.len() - all.len()
}

/// Reads a request with what a node shows of those it deals with, where a node is there to be asked.
pub(crate) fn asked(context: Context<'_>, read: impl Fn(Context<'_>) -> Draft) -> Draft {
    let Some(chain) = context.chain else { return read(context) };
    let stated = context.facts;
    let refused = |title: String, why: Option<String>| {
        let mut finding = Finding::new(Fact01, Severity::Incomplete, "node", title);
        finding.evidence.extend(why);
        read(context).and(None, vec![finding])
    };
    let mut facts = stated.clone();
    let mut told: Option<(Seen, Vec<Finding>)> = None;
    let (mut before, mut left_out) = (Concerned::default(), 0);
    for _ in 0..MOST_ROUNDS {
        let first = read(Context { facts: &facts, chain: None, engine: None, lists: None, ..context });
        let mut concerned = first.concerned;
        // A Safe that the request does not touch is not looked up, and what was told of it stands as told.
        let told_of = stated.safe.iter().filter_map(|safe| safe.address).map(|safe| safe.0);
        concerned.safes.extend(told_of.filter(|safe| concerned.accounts.contains(safe)));
        let named = concerned.chains.first().copied().filter(|_| concerned.chains.len() == 1);
        let chain_id = facts.chain_id.or(named);
        if let Some((asked, other)) = chain_id.and_then(|asked| {
            let other = concerned.chains.iter().find(|chain| **chain != asked)?;
            Some((asked, *other))
        }) {
            let title = format!(
                "The request names the chain {other}, and chain {asked} is asked about: nothing was looked up."
            );
            return refused(title, None);
        }
        let (new, more) = concerned.without(&before, &facts);
        left_out = more;
        if new.is_empty() {
            break;
        }
        let seen = match chain.look(chain_id, &new) {
            Ok(seen) => seen,
            Err(why) => {
                let title = "The node could not be read: nothing of what it says was used.";
                return refused(title.to_owned(), Some(why));
            }
        };
        let seen = match told.take() {
            Some((earlier, _)) => earlier.join(seen),
            None => seen,
        };
        before.join(new);
        let (merged, findings) = merge(stated, &before, &seen);
        facts = merged;
        told = Some((seen, findings));
    }
    let Some((seen, mut findings)) = told else { return read(context) };
    for (severity, notes) in [(Severity::Incomplete, &seen.odd), (Severity::Info, &seen.unread)] {
        findings.extend(notes.iter().map(|note| Finding::new(Fact01, severity, "node", note.clone())));
    }
    findings.extend(is_behind(&seen, stated, context.policy.bounds.node_minutes));
    if left_out > 0 {
        let title = format!(
            "{left_out} more addresses, Safes or tokens stand in the request than are looked up on the chain (it takes {MOST_ACCOUNTS} addresses): nothing is known of them. Split it."
        );
        findings.push(Finding::new(Fact01, Severity::Incomplete, "node", title));
    }
    read(Context { facts: &facts, ..context }).and(Some(NodeReport::of(&seen)), findings)
}

/// Chains of one's own machine, which make a block when they are asked to.
const LOCAL_CHAINS: &[u64] = &[1_337, 31_337];

/// What was there a while ago need not be there now: a node that is behind, or of another time altogether, tells no facts.
fn is_behind(seen: &Seen, stated: &Facts, minutes: u32) -> Option<Finding> {
    if LOCAL_CHAINS.contains(&seen.chain_id) {
        return None;
    }
    let now = stated.now?.as_second();
    let made = i64::try_from(seen.time).unwrap_or(i64::MAX);
    let apart = now.saturating_sub(made).checked_abs().unwrap_or(i64::MAX);
    if apart <= i64::from(minutes) * 60 {
        return None;
    }
    let title = format!(
        "The node's last block is {} minutes {}: what it shows is not how things stand now.",
        apart / 60,
        if made < now { "old" } else { "ahead of the time" }
    );
    let finding = Finding::new(Fact01, Severity::Incomplete, "node", title);
    Some(finding.because(format!(
        "block {} of {}, {}",
        seen.block,
        seen.node,
        known::until(U256::from(seen.time)).replace("until ", "of ")
    )))
}

impl Seen {
    /// With what was seen afterwards, at the same block.
    fn join(mut self, more: Self) -> Self {
        self.basis = self.basis.max(more.basis);
        self.safes.extend(more.safes);
        self.accounts.extend(more.accounts);
        self.tokens.extend(more.tokens);
        for (notes, more) in [(&mut self.odd, more.odd), (&mut self.unread, more.unread)] {
            notes.extend(more);
        }
        self
    }
}

/// What was told, with what was seen. Second: where they contradict each other. What was seen is used, and what was told of the
/// same is not: the verdict is incomplete in any case.
fn merge(stated: &Facts, asked: &Concerned, seen: &Seen) -> (Facts, Vec<Finding>) {
    let mut facts = Facts { chain_id: stated.chain_id.or(Some(seen.chain_id)), ..stated.clone() };
    let mut findings = Vec::new();
    let mut says = Says { seen, findings: &mut findings };

    facts.safe.clear();
    for found in &seen.safes {
        let address = found.address.map(|address| address.0).unwrap_or_default();
        facts.safe.push(says.safe(&address, stated.safe_at(&address), found));
    }
    for told in &stated.safe {
        let is_seen =
            |address: Address| seen.safes.iter().any(|safe| safe.address.map(|it| it.0) == Some(address));
        match told.address {
            Some(address) if is_seen(address.0) => {}
            Some(address) => {
                if asked.safes.contains(&address.0) {
                    says.no_safe(&address.0);
                }
                facts.safe.push(told.clone());
            }
            // It speaks of the only Safe there is, which was not found.
            None if facts.safe.is_empty() => match asked.safes.iter().next() {
                Some(only) if asked.safes.len() == 1 => {
                    says.no_safe(only);
                    facts.safe.push(SafeFacts { address: Some((*only).into()), ..told.clone() });
                }
                _ => facts.safe.push(told.clone()),
            },
            None => {}
        }
    }

    facts.address.retain(|told| !seen.accounts.iter().any(|found| found.address == told.address));
    for found in &seen.accounts {
        facts.address.push(says.account(stated.at(&found.address.0), found));
    }

    for found in &seen.tokens {
        let address = found.address.0;
        let told = stated.token.iter().find(|token| token.address == found.address);
        if let Some(told) = told.filter(|told| told.decimals != found.decimals) {
            says.contradict(
                &format!("the token {address}"),
                &format!("{} decimal places", told.decimals),
                &format!("{}", found.decimals),
            );
        }
        if let Some(told) = told.filter(|told| told.symbol != found.symbol) {
            let title = format!(
                "The token {address} is told to be {:?}, and calls itself {:?}.",
                told.symbol, found.symbol
            );
            says.findings.push(Finding::new(Fact01, Severity::Info, "facts", title));
        }
    }
    facts.token.retain(|told| {
        let found = seen.tokens.iter().find(|found| found.address == told.address);
        found.is_none_or(|found| found.decimals == told.decimals)
    });
    facts.own_names = seen
        .tokens
        .iter()
        .filter(|found| !facts.token.iter().any(|told| told.address == found.address))
        .cloned()
        .collect();
    (facts, findings)
}

/// Compares.
struct Says<'a> {
    seen: &'a Seen,
    findings: &'a mut Vec<Finding>,
}

impl Says<'_> {
    fn contradict(&mut self, of: &str, told: &str, found: &str) {
        let title = format!("What was told of {of} is not what the chain says: one of them is wrong or old.");
        let finding = Finding::new(Fact01, Severity::Incomplete, "facts", title);
        let at = format!("block {} of {}: {found}", self.seen.block, self.seen.node);
        self.findings.push(finding.because(format!("told: {told}")).because(at));
    }

    /// What was told to be a Safe has no Safe's code.
    fn no_safe(&mut self, address: &Address) {
        self.contradict(&address.to_string(), "a Safe", "no Safe whose code is known");
    }

    /// Two words on one thing.
    fn both<T: PartialEq + Clone>(
        &mut self,
        of: &str,
        told: Option<&T>,
        found: Option<&T>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        if let (Some(told), Some(found)) = (told, found)
            && told != found
        {
            self.contradict(of, &show(told), &show(found));
        }
        found.or(told).cloned()
    }

    fn safe(&mut self, address: &Address, told: Option<&SafeFacts>, found: &SafeFacts) -> SafeFacts {
        let none = SafeFacts { is_strange: true, ..SafeFacts::default() };
        let told = told.unwrap_or(&none);
        let list = |accounts: &Vec<crate::scalar::Account>| {
            let all: Vec<String> = accounts.iter().map(|account| account.0.to_string()).collect();
            if all.is_empty() { "none".to_owned() } else { all.join(", ") }
        };
        let sorted = |accounts: &[crate::scalar::Account]| {
            let mut accounts = accounts.to_vec();
            accounts.sort_unstable();
            accounts
        };
        let one = |account: &crate::scalar::Account| account.0.to_string();
        let owners = (!told.owners.is_empty()).then(|| sorted(&told.owners));
        self.both(&format!("the owners of {address}"), owners.as_ref(), Some(&sorted(&found.owners)), list);
        // Time goes on: a file is older than the chain.
        let is_old = told.nonce.zip(found.nonce).is_some_and(|(told, found)| told < found);
        // A node that proves nothing could wave through what waits, by a number that is higher.
        let is_old = is_old && self.seen.basis != Basis::NodesWord;
        if is_old {
            let title = format!(
                "The file says that the next transaction of {address} is {}, and the chain that it is {}: the file is older.",
                told.nonce.unwrap_or_default(),
                found.nonce.unwrap_or_default()
            );
            self.findings.push(Finding::new(Fact01, Severity::Info, "facts", title));
        }
        let nonce = told.nonce.filter(|_| !is_old);
        let mut approved: Vec<Approved> = told.approved.clone();
        approved.extend(found.approved.iter().filter(|one| !told.approved.contains(one)).cloned());
        SafeFacts {
            address: found.address,
            // Told of every Safe, nothing is told of this one.
            is_strange: told.is_strange || told.address.is_none(),
            version: self.both(
                &format!("the version of {address}"),
                told.version.as_ref(),
                found.version.as_ref(),
                ToString::to_string,
            ),
            owners: found.owners.clone(),
            threshold: self.both(
                &format!("the threshold of {address}"),
                told.threshold.as_ref(),
                found.threshold.as_ref(),
                ToString::to_string,
            ),
            nonce: self.both(
                &format!("the nonce of {address}"),
                nonce.as_ref(),
                found.nonce.as_ref(),
                ToString::to_string,
            ),
            approved,
            // No node is asked for it.
            executed: told.executed.clone(),
            modules: self.both(
                &format!("the modules of {address}"),
                told.modules.as_deref().map(sorted).as_ref(),
                found.modules.as_deref().map(sorted).as_ref(),
                list,
            ),
            guard: self.both(
                &format!("the guard of {address}"),
                told.guard.as_ref(),
                found.guard.as_ref(),
                one,
            ),
            module_guard: self.both(
                &format!("the module guard of {address}"),
                told.module_guard.as_ref(),
                found.module_guard.as_ref(),
                one,
            ),
            fallback_handler: self.both(
                &format!("the fallback handler of {address}"),
                told.fallback_handler.as_ref(),
                found.fallback_handler.as_ref(),
                one,
            ),
        }
    }

    fn account(&mut self, told: Option<&AccountFacts>, found: &AccountFacts) -> AccountFacts {
        let Some(told) = told else { return found.clone() };
        let address = found.address.0;
        let before = self.findings.len();
        let has_code = |kind: Kind| matches!(kind, Kind::Contract | Kind::Token);
        if let (Some(was), Some(is)) = (told.kind, found.kind)
            && has_code(was) != has_code(is)
        {
            let word =
                |kind: Kind| if has_code(kind) { "code lies there" } else { "no code of its own lies there" };
            self.contradict(&address.to_string(), word(was), word(is));
        }
        let hash = |hash: &crate::scalar::Hash| hash.0.to_string();
        let one = |account: &crate::scalar::Account| account.0.to_string();
        let code_hash = self.both(
            &format!("the code of {address}"),
            told.code_hash.as_ref(),
            found.code_hash.as_ref(),
            hash,
        );
        let delegate = self.both(
            &format!("whose code {address} runs"),
            told.delegate.as_ref(),
            found.delegate.as_ref(),
            one,
        );
        let implementation = self.both(
            &format!("the implementation of {address}"),
            told.implementation.as_ref(),
            found.implementation.as_ref(),
            one,
        );
        // What was said of other code says nothing of this.
        let is_same = self.findings.len() == before;
        AccountFacts {
            address: found.address,
            // That it is a token, code alone does not tell.
            kind: if told.kind == Some(Kind::Token) && is_same { told.kind } else { found.kind },
            code_hash,
            // Time goes on: a file is older than the chain.
            nonce: found.nonce.or(told.nonce),
            delegate,
            implementation,
            is_pinned: is_same
                && told.implementation.is_some()
                && told.implementation == found.implementation,
            created: told.created,
            // It was said of the code that a proxy ran then, and of no other.
            verified: told.verified.filter(|_| {
                is_same && (found.implementation.is_none() || told.implementation == found.implementation)
            }),
            screened: told.screened,
            note: told.note.clone(),
        }
    }
}

impl NodeReport {
    fn of(seen: &Seen) -> Self {
        let mut facts = Vec::new();
        let list = |accounts: &Option<Vec<crate::scalar::Account>>| match accounts {
            None => "not known".to_owned(),
            Some(all) if all.is_empty() => "none".to_owned(),
            Some(all) => all.iter().map(|one| one.0.to_string()).collect::<Vec<_>>().join(", "),
        };
        for safe in &seen.safes {
            let mut line = format!(
                "Safe {}, {} of {} owners, next nonce {}, modules: {}",
                safe.version.map_or_else(|| "of unknown version".to_owned(), |version| version.to_string()),
                safe.threshold.unwrap_or_default(),
                safe.owners.len(),
                safe.nonce.unwrap_or_default(),
                list(&safe.modules)
            );
            for (name, holder) in [("guard", safe.guard), ("fallback handler", safe.fallback_handler)] {
                if let Some(holder) = holder.filter(|holder| !holder.0.is_zero()) {
                    line = format!("{line}, {name} {}", holder.0);
                }
            }
            facts.push((safe.address.map(|address| address.0.to_string()).unwrap_or_default(), line));
        }
        for account in seen
            .accounts
            .iter()
            .filter(|account| !seen.safes.iter().any(|safe| safe.address == Some(account.address)))
        {
            let mut line = match (account.kind, account.delegate) {
                (_, Some(delegate)) => format!("an account that runs the code of {} (EIP-7702)", delegate.0),
                (Some(Kind::Contract | Kind::Token), _) => {
                    format!("code {}", account.code_hash.map(|hash| hash.0.to_string()).unwrap_or_default())
                }
                (Some(Kind::Empty), _) => "nothing was ever there".to_owned(),
                _ => "an account without code".to_owned(),
            };
            if let Some(implementation) = account.implementation {
                line = format!("{line}, a proxy of {}", implementation.0);
            }
            facts.push((account.address.0.to_string(), line));
        }
        for token in &seen.tokens {
            let line = format!(
                "calls itself {:?}, {} decimal places: its own word",
                crate::json::shorten(&token.symbol),
                token.decimals
            );
            facts.push((token.address.0.to_string(), line));
        }
        Self {
            node: seen.node.clone(),
            chain_id: seen.chain_id,
            block: seen.block,
            hash: seen.hash.to_string(),
            basis: seen.basis.as_str().to_owned(),
            facts,
        }
    }
}
