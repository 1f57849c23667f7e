use alloy_primitives::{Address, U256, address};
use tracehound_guard::{
    finding::{CheckId, Severity},
    safe::{Entry, input::Missing as Unsaid, read_queue},
    scalar::Scalars,
};
use tracehound_simulate::{Change, Outcome, State, findings, safe_call, simulate};
use tracehound_testkit::shared_data;

pub(crate) use crate::bybit_state::block;
use crate::{
    bybit_state::{self, ATTACK, SINGLETON, number},
    npm,
};

/// What it put into slot 0.
const IMPLEMENTATION: Address = address!("bDd077f651EBe7f7b3cE16fe5F2b025BE2969516");
const EXECUTOR: Address = address!("0fa09C3A328792253f8dee7116848723b72a6d2e");
/// Code of the Safe's contracts as their authors published them.
fn published(contract: &str) -> Option<Vec<u8>> {
    let package = npm::package("@gnosis.pm/safe-contracts", "1.1.1")?;
    Some(npm::code(&package.join(format!("build/contracts/{contract}.json")), "deployedBytecode"))
}

/// The Safe of that day.
pub(crate) fn state(safe: Address, owners: &[Address]) -> Option<State> {
    Some(bybit_state::state(safe, owners, published("GnosisSafe")?, published("Proxy")?))
}

pub(crate) fn entries() -> Option<(Entry, Entry)> {
    let path = shared_data("guard/bybit_safe_tx_71.json")?;
    let text = std::fs::read(path).expect("read");
    let mut queue =
        read_queue(&text, Unsaid::default(), &mut Scalars::default()).expect("a list").entries.into_iter();
    Some((queue.next().expect("the executed one"), queue.next().expect("the shown one")))
}

pub(crate) fn owners(entry: &Entry) -> Vec<Address> {
    entry.confirmations.iter().filter_map(|confirmation| confirmation.owner).collect()
}

#[test]
fn the_executed_transaction_hands_the_safe_to_the_attacker() {
    let Some((executed, _)) = entries() else { return };
    let safe = executed.tx.safe;
    let Some(state) = state(safe, &owners(&executed)) else { return };
    let signatures = executed.signatures.clone().expect("collected");
    let done = simulate(&state, &safe_call(&executed.tx, &signatures, 1, block(), EXECUTOR));
    assert!(done.outcome.is_success(), "{:?}", done.outcome);
    assert!(done.missing.is_empty(), "{:?}", done.missing);
    let slot = |slot: u64, before: U256, after: U256| Change::Slot {
        address: safe,
        slot: U256::from(slot),
        before,
        after,
    };
    assert!(done.changes.contains(&slot(0, number(SINGLETON), number(IMPLEMENTATION))), "{:?}", done.changes);
    assert!(done.changes.contains(&slot(5, U256::from(71), U256::from(72))));
    let found = findings(&done, Some(&safe), &[], &[], "results[0]");
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert_eq!((finding.id, finding.severity), (CheckId::Dc04, Severity::Block));
    assert_eq!(finding.title, "The call changes the Safe's code (singleton).");
}

#[test]
fn the_transaction_that_was_shown_reverts_with_the_signatures_that_were_collected() {
    let Some((executed, shown)) = entries() else { return };
    let Some(state) = state(shown.tx.safe, &owners(&executed)) else { return };
    let signatures = shown.signatures.clone().expect("collected");
    assert_eq!(executed.signatures, shown.signatures, "byte for byte the same");
    let done = simulate(&state, &safe_call(&shown.tx, &signatures, 1, block(), EXECUTOR));
    assert_eq!(done.outcome, Outcome::Reverted(Some("Invalid owner provided".to_owned())));
    assert!(done.changes.is_empty());
    let found = findings(&done, Some(&shown.tx.safe), &[], &[], "results[1]");
    assert_eq!(found.iter().map(|finding| finding.severity).max(), Some(Severity::Review));
}

#[test]
fn state_that_was_not_recorded_makes_the_answer_incomplete() {
    let Some((executed, _)) = entries() else { return };
    let safe = executed.tx.safe;
    let Some(mut state) = state(safe, &owners(&executed)) else { return };
    state.accounts.remove(&ATTACK);
    let signatures = executed.signatures.clone().expect("collected");
    let done = simulate(&state, &safe_call(&executed.tx, &signatures, 1, block(), EXECUTOR));
    let found = findings(&done, Some(&safe), &[], &[], "results[0]");
    assert!(found.iter().any(|finding| finding.severity == Severity::Incomplete), "{found:?}");
}
