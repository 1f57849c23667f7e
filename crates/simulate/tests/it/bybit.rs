use alloy_primitives::{Address, B256, U256, address, hex, keccak256};
use tracehound_guard::{
    finding::{CheckId, Severity},
    safe::{self, Entry, Version, input::Missing as Unsaid, read_queue},
    scalar::Scalars,
};
use tracehound_simulate::{Account, Change, Outcome, State, findings, safe_call, simulate};
use tracehound_testkit::shared_data;

use crate::npm;

/// The official 1.1.1 singleton that the Safe stood on.
const SINGLETON: Address = address!("34CfAC646f301356fAa8B21e94227e3583Fe3F5F");
/// What the transaction delegated to, and what it put into slot 0.
const ATTACK: Address = address!("96221423681A6d52E184D440a8eFCEbB105C7242");
const IMPLEMENTATION: Address = address!("bDd077f651EBe7f7b3cE16fe5F2b025BE2969516");
const EXECUTOR: Address = address!("0fa09C3A328792253f8dee7116848723b72a6d2e");
/// Not the sample: PUSH 4, CALLDATALOAD, PUSH 0, SSTORE, STOP, which is all that its `transfer` did.
const STAND_IN: [u8; 7] = hex!("60043560005500");
pub(crate) const BLOCK: (u64, u64) = (21_895_238, 1_740_147_215);

/// Code of the Safe's contracts as their authors published them.
fn published(contract: &str) -> Option<Vec<u8>> {
    let package = npm::package("@gnosis.pm/safe-contracts", "1.1.1")?;
    Some(npm::code(&package.join(format!("build/contracts/{contract}.json")), "deployedBytecode"))
}

fn mapping(slot: u64, key: Address) -> U256 {
    let mut text = key.into_word().to_vec();
    text.extend_from_slice(&B256::from(U256::from(slot)).0);
    keccak256(text).into()
}

fn number(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

/// The Safe of that day: 1.1.1, three signers, three signatures needed, nonce 71.
pub(crate) fn state(safe: Address, owners: &[Address]) -> Option<State> {
    let (singleton, proxy) = (published("GnosisSafe")?, published("Proxy")?);
    let sentinel = Address::with_last_byte(1);
    let mut account = Account {
        code: proxy,
        balance: U256::from(10).pow(U256::from(24)),
        whole: true,
        ..Account::default()
    };
    let mut put = |slot: U256, value: U256| account.storage.insert(slot, value);
    put(U256::ZERO, number(SINGLETON));
    put(mapping(1, sentinel), number(sentinel));
    for (owner, next) in std::iter::once(&sentinel).chain(owners).zip(owners.iter().chain([&sentinel])) {
        put(mapping(2, *owner), number(*next));
    }
    let version: Version = "1.1.1".parse().expect("a version");
    put(U256::from(3), U256::from(owners.len()));
    put(U256::from(4), U256::from(3));
    put(U256::from(5), U256::from(71));
    put(U256::from(6), safe::hash::domain(version.scheme(), 1, &safe).into());
    let code = |code: &[u8]| Account { code: code.to_vec(), whole: true, ..Account::default() };
    let mut state = State::default();
    state.accounts.insert(safe, account);
    state.accounts.insert(SINGLETON, code(&singleton));
    state.accounts.insert(ATTACK, code(&STAND_IN));
    // Where the decoy would have sent its ether.
    state.accounts.insert(
        address!("88a1493366D48225fc3cEFbdae9eBb23E323Ade3"),
        Account { whole: true, ..Account::default() },
    );
    Some(state)
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
    let done = simulate(&state, &safe_call(&executed.tx, &signatures, 1, BLOCK, EXECUTOR));
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
    let found = findings(&done, Some(&safe), &[], "results[0]");
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
    let done = simulate(&state, &safe_call(&shown.tx, &signatures, 1, BLOCK, EXECUTOR));
    assert_eq!(done.outcome, Outcome::Reverted(Some("Invalid owner provided".to_owned())));
    assert!(done.changes.is_empty());
    let found = findings(&done, Some(&shown.tx.safe), &[], "results[1]");
    assert_eq!(found.iter().map(|finding| finding.severity).max(), Some(Severity::Review));
}

#[test]
fn state_that_was_not_recorded_makes_the_answer_incomplete() {
    let Some((executed, _)) = entries() else { return };
    let safe = executed.tx.safe;
    let Some(mut state) = state(safe, &owners(&executed)) else { return };
    state.accounts.remove(&ATTACK);
    let signatures = executed.signatures.clone().expect("collected");
    let done = simulate(&state, &safe_call(&executed.tx, &signatures, 1, BLOCK, EXECUTOR));
    let found = findings(&done, Some(&safe), &[], "results[0]");
    assert!(found.iter().any(|finding| finding.severity == Severity::Incomplete), "{found:?}");
}
