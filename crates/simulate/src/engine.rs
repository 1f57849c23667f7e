//! The engine the guard asks: executes on one state, and puts what happened into the guard's words.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fmt,
};

use alloy_primitives::{Address, B256, U256, keccak256};
use tracehound_guard::{
    Finding, Severity,
    ask::{self, Called, Executed, Execution, Moved, Simulation},
    finding::CheckId,
    safe::SafeCase,
};

use crate::{
    block::Block,
    changes::{Approval, Change, critical_slot},
    checks,
    live::{self, At, Limits, Node, Proof},
    run::{Call, Outcome, Simulated, attempt, safe_call, simulate_after},
    state::{Missing, State},
};

/// Slots of a Safe's own storage (`SafeStorage.sol`, the same since 0.1.0).
pub(crate) const OWNERS: u64 = 2;
pub(crate) const THRESHOLD: u64 = 4;
pub(crate) const NONCE: u64 = 5;
/// Most calls that are executed before the one that is asked about: each call of a batch runs all before it again.
const MOST_BEFORE: usize = 31;
/// Start and end of the Safe's lists.
pub(crate) const SENTINEL: Address = Address::with_last_byte(1);

/// Executes on one state.
#[derive(Clone, Debug)]
pub struct Engine<'a> {
    /// The state.
    pub state: &'a State,
    /// Where it is from, in words: it is shown.
    pub described: String,
    /// The block the call would be in.
    pub block: Block,
}

impl ask::Engine for Engine<'_> {
    fn run(&self, execution: &Execution<'_>) -> Simulation {
        let chain_id = match chain(execution) {
            Ok(chain_id) => chain_id,
            Err(why) => return failed(execution.path, &self.described, why),
        };
        let (done, actor, safe, how) = match execution.what {
            Executed::Call { before, call } => {
                let before: Vec<Call> =
                    before.iter().map(|earlier| made(earlier, chain_id, self.block)).collect();
                let done = simulate_after(self.state, &before, &made(&call, chain_id, self.block));
                (done, call.from, None, "")
            }
            Executed::Safe { before, case } => {
                let account = self.state.accounts.get(&case.entry.tx.safe);
                // A call to nobody goes through, and does nothing that the Safe would do.
                if account.is_some_and(|account| account.code.is_empty()) {
                    let why = "the recorded state has no code of the Safe";
                    return failed(execution.path, &self.described, why);
                }
                let (state, earlier, call, how) = in_turn(self.state, before, case, chain_id, self.block);
                let safe = case.entry.tx.safe;
                (simulate_after(&state, &earlier, &call), safe, Some(safe), how)
            }
        };
        let described = format!("{}{how}", self.described);
        told(&done, actor, safe.as_ref(), execution, self.state, described)
    }
}

/// Executes on a node's state, fetched as it is needed.
pub struct LiveEngine<'a> {
    pub(crate) node: RefCell<&'a mut dyn Node>,
    /// The node, in words.
    pub(crate) described: String,
    /// The block; once something was read, the very block that it was read at.
    pub(crate) at: Cell<At>,
    pub(crate) limits: Limits,
}

impl fmt::Debug for LiveEngine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveEngine").field("described", &self.described).finish_non_exhaustive()
    }
}

impl<'a> LiveEngine<'a> {
    /// Asks `node`, which is called `described` in answers, for the state after a block.
    pub fn new(node: &'a mut dyn Node, described: String, at: At, limits: Limits) -> Self {
        Self { node: RefCell::new(node), described, at: Cell::new(at), limits }
    }
}

impl ask::Engine for LiveEngine<'_> {
    fn run(&self, execution: &Execution<'_>) -> Simulation {
        let chain_id = match chain(execution) {
            Ok(chain_id) => chain_id,
            Err(why) => return failed(execution.path, &self.described, why),
        };
        let mut node = self.node.borrow_mut();
        let mut how = "";
        let (actor, safe, first) = match execution.what {
            Executed::Call { before, call } => {
                let people = before.iter().chain([&call]).flat_map(|one| [one.from, one.to]);
                (call.from, None, people.map(Missing::Account).collect())
            }
            Executed::Safe { case, .. } => {
                let safe = case.entry.tx.safe;
                let slots = [U256::ZERO, U256::from(THRESHOLD), U256::from(NONCE), owners_slot(SENTINEL)];
                (safe, Some(safe), slots.map(|slot| Missing::Slot(safe, slot)).to_vec())
            }
        };
        let live = live::simulate_by(
            &mut **node,
            chain_id,
            self.at.get(),
            &self.limits,
            &first,
            &mut |state, block| {
                let mut done = match execution.what {
                    Executed::Call { before, call } => {
                        let before: Vec<Call> =
                            before.iter().map(|earlier| made(earlier, chain_id, block)).collect();
                        attempt(state, &before, &made(&call, chain_id, block), &[])
                    }
                    Executed::Safe { before, case } => {
                        let (state, earlier, call, lent) = in_turn(state, before, case, chain_id, block);
                        how = lent;
                        // Whoever sends it is made up, and so is what he has.
                        attempt(&state, &earlier, &call, &[EXECUTOR])
                    }
                };
                // Who gets something is a contract or a person: which, his account tells.
                let unseen = receiving(&done).filter(|to| !state.accounts.contains_key(to));
                let unseen: Vec<Missing> = unseen.map(Missing::Account).collect();
                done.missing.extend(unseen);
                done
            },
        );
        let live = match live {
            Ok(live) => live,
            Err(error) => return failed(execution.path, &self.described, &error.to_string()),
        };
        let proof = match live.proof {
            Proof::Checked if live.block.header_checked => "proofs checked",
            Proof::Checked => "proofs checked against a state root that is the node's word",
            Proof::NodesWord => "the node's word",
        };
        let state = format!("block {} of {} ({proof}){how}", live.block.seen.number, self.described);
        told(&live.simulated, actor, safe.as_ref(), execution, &live.state, state)
    }
}

/// The chain it is for, if it can be executed at all.
fn chain(execution: &Execution<'_>) -> Result<u64, &'static str> {
    let before = match execution.what {
        Executed::Call { before, .. } => before.len(),
        Executed::Safe { before, .. } => before.len(),
    };
    if before > MOST_BEFORE {
        return Err("too many calls stand before it");
    }
    execution.chain_id.ok_or("which chain it is for is not known (--chain-id)")
}

/// Who gets tokens.
fn receiving(done: &Simulated) -> impl Iterator<Item = Address> {
    done.transfers.iter().map(|transfer| transfer.to).filter(|to| !to.is_zero())
}

/// Who of those who get something has code of his own afterwards: no account that runs somebody else's (EIP-7702).
fn with_code(done: &Simulated, state: &State) -> BTreeSet<Address> {
    let richer = done.changes.iter().filter_map(|change| match change {
        Change::Balance { address, before, after } if after > before => Some(*address),
        _ => None,
    });
    let is_new = |to: &Address| {
        done.changes.iter().any(|change| matches!(change, Change::Code { address, .. } if address == to))
    };
    let has_own = |to: &Address| {
        let code = state.accounts.get(to).map(|account| &account.code[..]).unwrap_or_default();
        is_new(to) || !code.is_empty() && !code.starts_with(&[0xef, 0x01, 0x00])
    };
    receiving(done).chain(richer).filter(has_own).collect()
}

/// Which of those that are called have no code in the state; of whom nothing is known is told as missing.
fn without_code(state: &State, called: &[Address]) -> Vec<Address> {
    let is_empty = |address: &&Address| state.accounts.get(*address).is_some_and(|it| it.code.is_empty());
    called.iter().filter(is_empty).copied().collect()
}

fn made(called: &Called<'_>, chain_id: u64, block: Block) -> Call {
    let Called { from, to, value, data, gas } = *called;
    Call { chain_id, block, caller: from, to, value, data: data.to_vec(), gas }
}

/// No answer: incomplete.
fn failed(path: &str, state: &str, why: &str) -> Simulation {
    let title = "It could not be executed to see what it does.";
    let finding = Finding::new(CheckId::Sim01, Severity::Incomplete, path, title).because(why);
    Simulation {
        outcome: format!("could not be executed ({why})"),
        went_through: false,
        gas: 0,
        moved: Vec::new(),
        coded: BTreeSet::new(),
        changes: Vec::new(),
        findings: vec![finding],
        state: state.to_owned(),
    }
}

/// State and call by which the Safe executes a transaction: with the signatures that were collected where they are enough,
/// otherwise as if its owners had agreed. Third: how, in words.
///
/// Agreement is lent to one owner: the threshold is set to one, and the owner sends it himself, which a Safe takes for his
/// signature (`v` = 1 in `checkNSignatures`, every version). Nothing of that is counted among the changes.
pub fn as_the_safe(
    state: &State,
    case: &SafeCase<'_>,
    chain_id: u64,
    block: Block,
) -> (State, Call, &'static str) {
    let tx = &case.entry.tx;
    let mut state = state.clone();
    let Some(account) = state.accounts.get_mut(&tx.safe) else {
        return (state, safe_call(tx, &[], chain_id, block, Address::ZERO), "");
    };
    let stored = |account: &crate::Account, slot: U256| account.storage.get(&slot).copied();
    let needed = stored(account, U256::from(THRESHOLD)).and_then(|needed| usize::try_from(needed).ok());
    // It is judged for its turn, whatever waits before it.
    account.storage.insert(U256::from(NONCE), tx.nonce);
    let signatures = collected(case);
    let enough = needed.is_some_and(|needed| needed > 0 && signatures.len() / 65 >= needed);
    if enough {
        // Whoever sends it has money to pay for that: code may look.
        let sender = crate::Account { balance: ETHER, ..crate::Account::default() };
        state.accounts.entry(EXECUTOR).or_insert(sender);
        let how = ", with the signatures that were collected";
        return (state, safe_call(tx, &signatures, chain_id, block, EXECUTOR), how);
    }
    let known = case.owners().and_then(|owners| owners.first().copied());
    let first = known.or_else(|| {
        let first = stored(account, owners_slot(SENTINEL))?;
        Some(Address::from_word(B256::from(first)))
    });
    // Unknown: the engine then reports the slot that it lacks.
    let owner = first.unwrap_or(SENTINEL);
    account.storage.insert(U256::from(THRESHOLD), U256::from(1));
    let call = safe_call(tx, &agreed(owner), chain_id, block, owner);
    (state, call, ", as if enough owners had signed")
}

/// The signature of an owner who sends it himself.
fn agreed(owner: Address) -> Vec<u8> {
    let mut signature = owner.into_word().to_vec();
    signature.extend([0; 32]);
    signature.push(1);
    signature
}

/// As [`as_the_safe`], after those whose turn comes before. All are then executed as if enough owners had signed.
fn in_turn(
    state: &State,
    before: &[&SafeCase<'_>],
    case: &SafeCase<'_>,
    chain_id: u64,
    block: Block,
) -> (State, Vec<Call>, Call, &'static str) {
    let Some(first) = before.first() else {
        let (state, call, how) = as_the_safe(state, case, chain_id, block);
        return (state, Vec::new(), call, how);
    };
    let mut state = state.clone();
    let mut owner = SENTINEL;
    if let Some(account) = state.accounts.get_mut(&case.entry.tx.safe) {
        let stored = account.storage.get(&owners_slot(SENTINEL));
        let stored = stored.map(|first| Address::from_word(B256::from(*first)));
        owner = case.owners().and_then(|owners| owners.first().copied()).or(stored).unwrap_or(SENTINEL);
        account.storage.insert(U256::from(NONCE), first.entry.tx.nonce);
        account.storage.insert(U256::from(THRESHOLD), U256::from(1));
    }
    let call = |case: &SafeCase<'_>| safe_call(&case.entry.tx, &agreed(owner), chain_id, block, owner);
    let earlier = before.iter().map(|case| call(case)).collect();
    (state, earlier, call(case), ", as if enough owners had signed, after those that wait before it")
}

const ETHER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// Who sends a fully signed transaction: anybody may.
const EXECUTOR: Address = Address::repeat_byte(0xee);

/// The slot of an owner's successor in the list of owners.
fn owners_slot(owner: Address) -> U256 {
    mapped(owner.into_word(), U256::from(OWNERS))
}

/// Where a mapping at a slot keeps the value of a key.
pub(crate) fn mapped(key: B256, slot: U256) -> U256 {
    keccak256([key.0, slot.to_be_bytes()].concat()).into()
}

/// The signatures as one would send them: those joined already, else the confirmations ordered by claimed owner.
fn collected(case: &SafeCase<'_>) -> Vec<u8> {
    if let Some(joined) = &case.entry.signatures {
        return joined.clone();
    }
    let mut all: Vec<(Address, &[u8])> = case
        .entry
        .confirmations
        .iter()
        // Others need more than their 65 bytes, or a transaction of their own.
        .filter(|one| one.signature.len() == 65)
        .filter_map(|one| Some((one.owner?, &one.signature[..])))
        .collect();
    all.sort();
    all.into_iter().flat_map(|(_, bytes)| bytes.to_vec()).collect()
}

fn told(
    done: &Simulated,
    actor: Address,
    safe: Option<&Address>,
    execution: &Execution<'_>,
    known: &State,
    state: String,
) -> Simulation {
    // A router's rights among its pools are nobody's whose money this is.
    let is_ours = |approval: &Approval| {
        approval.owner == actor
            || execution.acting.contains(&approval.owner)
            || execution.made_to_act.contains(&approval.owner)
    };
    let ours = done.approvals.iter().copied().filter(is_ours).collect();
    let done = &Simulated { approvals: ours, ..done.clone() };
    // A Safe that is made to act is looked at as one that acts by itself.
    let safe = safe.or_else(|| execution.acting.first());
    let mut findings = checks::findings(done, safe, &execution.settings, &execution.grants, execution.path);
    findings.extend(own_storage(done, safe, execution));
    findings.extend(without_code(known, &execution.called).into_iter().map(|address| {
        let title =
            format!("Calls {address} with data, where no code lies: that goes through and does nothing.");
        Finding::new(CheckId::Act01, Severity::Review, execution.path, title)
    }));
    let outcome = match &done.outcome {
        Outcome::Success(_) if done.missing.is_empty() => "goes through".to_owned(),
        Outcome::Success(_) => "goes through as far as the state is known".to_owned(),
        Outcome::Reverted(Some(why)) => format!("is undone ({why})"),
        Outcome::Reverted(None) => "is undone, without a reason".to_owned(),
        Outcome::Halted(why) | Outcome::Refused(why) => format!("does not run to its end ({why})"),
    };
    let tokens = done.transfers.iter().map(|transfer| Moved {
        token: transfer.token,
        from: transfer.from,
        to: transfer.to,
        id: transfer.id,
        amount: transfer.amount,
    });
    let acting = execution.acting.iter().filter(|safe| **safe != actor);
    let coin: Vec<Moved> =
        std::iter::once(&actor).chain(acting).flat_map(|who| coin(&done.changes, *who)).collect();
    let shown = |change: &&Change| coin.is_empty() || !matches!(change, Change::Balance { .. });
    let changes = done.changes.iter().filter(shown).map(|change| line(change, safe)).collect();
    Simulation {
        outcome,
        went_through: done.outcome.is_success(),
        gas: done.gas,
        moved: tokens.chain(coin).collect(),
        coded: with_code(done, known),
        changes,
        findings,
        state,
    }
}

/// The coin that leaves the actor, by who has more of it afterwards; or that he gets, from whoever parts with most of it.
fn coin(changes: &[Change], actor: Address) -> Vec<Moved> {
    let moved = |from, to, amount| Moved { token: Address::ZERO, from, to, id: None, amount };
    let balances = changes.iter().filter_map(|change| match change {
        Change::Balance { address, before, after } => Some((*address, *before, *after)),
        Change::Slot { .. } | Change::Code { .. } => None,
    });
    let Some((_, before, after)) = balances.clone().find(|(address, ..)| *address == actor) else {
        return Vec::new();
    };
    if after > before {
        let lost = balances.map(|(address, before, after)| (before.saturating_sub(after), address));
        let from = lost.max().map(|(_, address)| address).filter(|address| *address != actor);
        return vec![moved(from.unwrap_or_default(), actor, after - before)];
    }
    // No more than he lost: others may have paid the rest.
    let mut lost = before - after;
    let gains = balances.filter(|(_, before, after)| after > before);
    let parts = gains.map(|(to, before, after)| {
        let part = (after - before).min(lost);
        lost -= part;
        moved(actor, to, part)
    });
    parts.filter(|part| !part.amount.is_zero()).collect()
}

fn line(change: &Change, safe: Option<&Address>) -> String {
    match change {
        Change::Slot { address, slot, before, after } => {
            let what = critical_slot(address, *slot, safe).map_or_else(
                || {
                    let nonce = safe == Some(address) && *slot == U256::from(NONCE);
                    if nonce { "the Safe's nonce".to_owned() } else { format!("slot {slot:#x}") }
                },
                str::to_owned,
            );
            if *before < U256::from(u64::MAX) && *after < U256::from(u64::MAX) {
                format!("{address}: {what} {before} becomes {after}")
            } else {
                format!("{address}: {what} {before:#066x} becomes {after:#066x}")
            }
        }
        Change::Balance { address, before, after } => {
            let (sign, by) = if after >= before { ("+", after - before) } else { ("-", before - after) };
            format!("{address}: {sign}{} of the chain's coin", tracehound_guard::known::decimal(by, 18))
        }
        Change::Code { address, after, .. } => format!("{address}: new code {after}"),
    }
}

/// Writing in the Safe's own storage that no settings call explains: owners and modules lie in mappings, whose slots have no
/// names, and an honest execution writes the nonce alone.
fn own_storage(done: &Simulated, safe: Option<&Address>, execution: &Execution<'_>) -> Option<Finding> {
    let safe = safe?;
    if !execution.settings.is_empty() || execution.signs_message {
        return None;
    }
    let odd: Vec<String> = done
        .changes
        .iter()
        .filter(|change| match change {
            Change::Slot { address, slot, .. } => {
                address == safe
                    && *slot != U256::from(NONCE)
                    && critical_slot(address, *slot, Some(safe)).is_none()
            }
            Change::Balance { .. } | Change::Code { .. } => false,
        })
        .map(|change| line(change, Some(safe)))
        .collect();
    if odd.is_empty() {
        return None;
    }
    let title = "The call writes into the Safe's own storage, where its owners and modules are kept.";
    let mut finding = Finding::new(CheckId::Dc04, Severity::Block, execution.path, title);
    finding.evidence = odd;
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coin_is_told_in_both_directions() {
        let [me, pool, other] = [1, 2, 3].map(Address::repeat_byte);
        let balance = |address, before: u64, after: u64| Change::Balance {
            address,
            before: U256::from(before),
            after: U256::from(after),
        };
        let moved = |from, to, amount: u64| Moved {
            token: Address::ZERO,
            from,
            to,
            id: None,
            amount: U256::from(amount),
        };
        let all = [balance(me, 1, 6), balance(pool, 9, 2), balance(other, 0, 2)];
        assert_eq!(coin(&all, me), [moved(pool, me, 5)]);
        assert_eq!(coin(&all, pool), [moved(pool, me, 5), moved(pool, other, 2)]);
        assert_eq!(coin(&all[1..], me), []);
        // Of two who pay, each what he lost.
        let both = [balance(me, 9, 6), balance(pool, 9, 4), balance(other, 0, 8)];
        assert_eq!(coin(&both, me), [moved(me, other, 3)]);
        assert_eq!(coin(&both, pool), [moved(pool, other, 5)]);
    }
}
