use alloy_primitives::{Address, B256, U256, hex, keccak256};
use tracehound_simulate::{Account, Block, Call, Change, Missing, Outcome, State, critical_slot, simulate};

const CALLER: Address = Address::with_last_byte(0xca);
const CONTRACT: Address = Address::with_last_byte(0xc0);

fn call(code: &[u8], storage: &[(u64, u64)], whole: bool, value: u64) -> tracehound_simulate::Simulated {
    let storage = storage.iter().map(|&(slot, value)| (U256::from(slot), U256::from(value))).collect();
    let mut state = State::default();
    state.accounts.insert(CONTRACT, Account { code: code.to_vec(), storage, whole, ..Account::default() });
    state.accounts.insert(CALLER, Account { balance: U256::from(1_000), ..Account::default() });
    let call = Call {
        chain_id: 1,
        block: Block::at(1, 1),
        caller: CALLER,
        to: CONTRACT,
        value: U256::from(value),
        data: Vec::new(),
        gas: None,
    };
    simulate(&state, &call)
}

#[test]
fn storage_and_money_that_change_are_listed() {
    // SSTORE(7, SLOAD(7) + 1)
    let done = call(&hex!("60075460010160075500"), &[(7, 41)], false, 5);
    assert!(done.outcome.is_success() && done.missing.is_empty(), "{done:?}");
    let slot = Change::Slot {
        address: CONTRACT,
        slot: U256::from(7),
        before: U256::from(41),
        after: U256::from(42),
    };
    let balance = |address, before, after| Change::Balance {
        address,
        before: U256::from(before),
        after: U256::from(after),
    };
    assert!(done.changes.contains(&slot));
    assert!(
        done.changes.contains(&balance(CONTRACT, 0, 5))
            && done.changes.contains(&balance(CALLER, 1_000, 995))
    );
}

#[test]
fn a_slot_that_was_not_recorded_is_missing_unless_the_account_is_whole() {
    let code = hex!("60095400");
    assert_eq!(
        call(&code, &[], false, 0).missing.into_iter().collect::<Vec<_>>(),
        [Missing::Slot(CONTRACT, U256::from(9))]
    );
    assert!(call(&code, &[], true, 0).missing.is_empty());
    // BALANCE of somebody unknown.
    let done = call(&hex!("60ee3100"), &[], true, 0);
    assert_eq!(
        done.missing.into_iter().collect::<Vec<_>>(),
        [Missing::Account(Address::with_last_byte(0xee))]
    );
}

#[test]
fn a_call_that_is_undone_changes_nothing_and_says_why() {
    // SSTORE(0, 1), then REVERT without data; an endless loop; more money than there is.
    let done = call(&hex!("6001600055600080fd"), &[], true, 0);
    assert_eq!((done.outcome, done.changes.len()), (Outcome::Reverted(None), 0));
    assert!(matches!(call(&hex!("5b600056"), &[], true, 0).outcome, Outcome::Halted(_)));
    assert!(matches!(call(&[], &[], true, 2_000).outcome, Outcome::Refused(_)));
}

#[test]
fn code_that_only_begins_as_a_delegation_stops_the_machine_and_not_the_program() {
    assert!(matches!(call(&hex!("ef0100"), &[], true, 0).outcome, Outcome::Halted(_)));
}

#[test]
fn slots_with_names_are_the_hashes_of_their_names() {
    let less_one = |name: &str| U256::from_be_bytes(keccak256(name).0) - U256::ONE;
    let plain = |name: &str| U256::from_be_bytes(keccak256(name).0);
    let slots = [
        less_one("eip1967.proxy.implementation"),
        less_one("eip1967.proxy.admin"),
        less_one("eip1967.proxy.beacon"),
        plain("PROXIABLE"),
        plain("org.zeppelinos.proxy.implementation"),
        plain("org.zeppelinos.proxy.admin"),
        plain("guard_manager.guard.address"),
        plain("module_manager.module_guard.address"),
        plain("fallback_manager.handler.address"),
    ];
    for slot in slots {
        assert!(critical_slot(&CONTRACT, slot, None).is_some(), "{:?}", B256::from(slot));
    }
    assert_eq!(critical_slot(&CONTRACT, U256::ZERO, None), None);
    assert_eq!(critical_slot(&CONTRACT, U256::ZERO, Some(&CONTRACT)), Some("the Safe's code (singleton)"));
}

#[test]
fn a_state_file_is_read_strictly() {
    let text = r#"{"0x00000000000000000000000000000000000000c0": {"balance": "0x10", "nonce": 1, "code": "0x00", "storage": {"0x0": "1"}}}"#;
    let state = State::from_json(text).expect("fine");
    let account = &state.accounts[&CONTRACT];
    assert_eq!(
        (account.balance, account.nonce, account.storage[&U256::ZERO]),
        (U256::from(16), 1, U256::ONE)
    );
    for (text, says) in [
        ("[]", "no JSON object"),
        (r#"{"0x1": {}}"#, "no address"),
        (r#"{"0x00000000000000000000000000000000000000c0": {"balance": -1}}"#, "`balance` is no number"),
        (r#"{"0x00000000000000000000000000000000000000c0": {"colour": 1}}"#, "unknown field `colour`"),
        (r#"{"0x00000000000000000000000000000000000000c0": {"storage": {"x": 1}}}"#, "`storage` at `x`"),
    ] {
        let error = State::from_json(text).expect_err(text).to_string();
        assert!(error.contains(says), "{error}");
    }
}

/// SSTORE(0, 1) unless miner, base fee, gas price or randomness is zero: behave while being tried, steal afterwards.
#[test]
fn code_cannot_tell_a_trial_from_the_real_thing_by_its_block() {
    let asks = [0x41, 0x48, 0x3a, 0x44].map(|question| [question, 0x15]).concat();
    // The four answers OR-ed; a jump to STOP behind the SSTORE if one is true.
    let code = [&asks[..], &hex!("1717176014576001600055005b00")].concat();
    let done = call(&code, &[(0, 0)], true, 0);
    assert!(done.outcome.is_success(), "{done:?}");
    assert!(done.changes.iter().any(|change| matches!(change, Change::Slot { .. })), "{done:?}");
    assert!(done.missing.is_empty(), "{done:?}");
}
