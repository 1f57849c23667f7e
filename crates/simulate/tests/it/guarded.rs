//! The guard with the engine at its side: 21 February 2025 again, from the files alone.

use alloy_primitives::{Address, U256, keccak256};
use tracehound_guard::{Context, Facts, Policy, Report, Severity, check_safe, check_tx};
use tracehound_model::GapKind;
use tracehound_simulate::{Engine, State};
use tracehound_testkit::shared_data;

use crate::bybit::{block, entries, owners, state};

fn judged(state: &State, input: &[u8], facts: &str) -> Report {
    let (policy, facts) = (Policy::default(), Facts::parse(facts).expect("facts"));
    let engine = Engine { state, described: "recorded state".to_owned(), block: block() };
    check_safe(input, Context { engine: Some(&engine), ..Context::new(&policy, &facts) })
}

fn bybit() -> Option<(State, Vec<u8>, Address)> {
    let (executed, _) = entries()?;
    let state = state(executed.tx.safe, &owners(&executed))?;
    let text = std::fs::read(shared_data("guard/bybit_safe_tx_71.json")?).expect("read");
    Some((state, text, executed.tx.safe))
}

#[test]
fn the_report_shows_the_safes_code_change_hands() {
    let Some((state, text, _)) = bybit() else { return };
    let report = judged(&state, &text, "chain-id=1");
    assert_eq!(report.exit_code, 20);
    let finding = report.of("G-DC-04")[0];
    assert_eq!(finding.title, "The call changes the Safe's code (singleton).");
    assert!(finding.evidence[0].contains("bdd077f651ebe7f7b3ce16fe5f2b025be2969516"), "{finding:?}");
    let done = report.items[0].simulation.as_ref().expect("simulated");
    assert_eq!(done.outcome, "goes through");
    assert!(done.state.ends_with("with the signatures that were collected"), "{}", done.state);
    let shown = report.items[1].simulation.as_ref().expect("simulated");
    assert_eq!(shown.outcome, "is undone (Invalid owner provided)");
    assert!(!report.gaps.iter().any(|gap| gap.kind == GapKind::NotSimulated));
    let mut page = String::new();
    tracehound_guard::text::write(&mut page, &report).expect("writes");
    assert!(page.contains("Simulated  goes through, on recorded state"), "{page}");
}

/// A transaction that nobody signed yet.
fn unsigned(safe: Address, to: &str, value: u64, data: &str, operation: u8) -> Vec<u8> {
    serde_json::json!({
        "safe": safe.to_string(), "to": to, "value": value.to_string(), "data": data, "operation": operation,
        "nonce": 71, "safeTxGas": "0", "baseGas": "0", "gasPrice": "0",
        "gasToken": Address::ZERO.to_string(), "refundReceiver": Address::ZERO.to_string(),
    })
    .to_string()
    .into_bytes()
}

const FRIEND: &str = "0x88a1493366D48225fc3cEFbdae9eBb23E323Ade3";
const FACTS: &str = "chain-id=1\n[[safe]]\nversion='1.1.1'\nthreshold=3\nnonce=71\n";

#[test]
fn before_anybody_signed_the_owners_agreement_is_lent() {
    let Some((mut state, _, safe)) = bybit() else { return };
    state.accounts.insert(FRIEND.parse().expect("an address"), tracehound_simulate::Account::default());
    let report = judged(&state, &unsigned(safe, FRIEND, 5_000_000_000, "0x", 0), FACTS);
    let done = report.items[0].simulation.as_ref().expect("simulated");
    assert_eq!((&done.outcome[..], done.moved.len()), ("goes through", 1), "{done:?}");
    assert_eq!(done.moved[0].what, "0.000000005 ETH");
    assert!(done.state.ends_with("as if enough owners had signed"), "{}", done.state);
    assert!(done.changes.iter().all(|change| change.contains("the Safe's nonce")), "{:?}", done.changes);
    assert!(!report.has("G-DC-04") && !report.has("G-SIM-01"), "{:?}", report.findings);
}

/// A call goes through where no code lies, and does nothing that it says.
#[test]
fn a_call_with_data_to_an_account_without_code_is_told() {
    let Some((mut state, _, safe)) = bybit() else { return };
    state.accounts.insert(FRIEND.parse().expect("an address"), tracehound_simulate::Account::default());
    let transfer = format!("0xa9059cbb{:0>64}{:064x}", &FRIEND[2..].to_lowercase(), 5);
    let is_told = |data: &str| {
        let report = judged(&state, &unsigned(safe, FRIEND, 0, data, 0), FACTS);
        let found =
            report.findings.iter().any(|one| one.title.contains("where no code lies: that goes through"));
        (found, report.exit_code != 0)
    };
    assert_eq!(is_told(&transfer), (true, true));
    assert!(is_told("0x12345678").0);
    assert!(!is_told("0x").0);
}

#[test]
fn a_safe_that_is_not_in_the_state_is_incomplete() {
    let Some((_, _, safe)) = bybit() else { return };
    let report = judged(&State::default(), &unsigned(safe, FRIEND, 1, "0x", 0), FACTS);
    assert!(report.of("G-SIM-01").iter().any(|finding| finding.title.contains("lacks what the call reads")));
    assert_ne!(report.exit_code, 0);
}

#[test]
fn a_safe_without_code_in_the_state_is_incomplete() {
    let Some((mut state, _, safe)) = bybit() else { return };
    state.accounts.get_mut(&safe).expect("the Safe").code.clear();
    let report = judged(&state, &unsigned(safe, FRIEND, 1, "0x", 0), FACTS);
    let found = report.of("G-SIM-01").into_iter().find(|one| one.severity == Severity::Incomplete);
    assert!(found.expect("incomplete").evidence[0].contains("no code of the Safe"), "{:#?}", report.findings);
}

#[test]
fn settings_that_are_named_are_left_to_their_own_check_and_hidden_ones_are_not() {
    let Some((mut state, _, safe)) = bybit() else { return };
    // changeThreshold(2), called on itself.
    let named = format!("0x694e80c3{:064x}", 2);
    let report = judged(&state, &unsigned(safe, &safe.to_string(), 0, &named, 0), FACTS);
    assert!(report.has("G-CFG-02") && !report.has("G-DC-04"), "{:?}", report.findings);
    assert!(report.of("G-DC-04")[0].title.ends_with("as it says."));
    // Foreign code that makes itself an owner: SSTORE(keccak(1, 2), 1), in a mapping's nameless slot.
    let code = alloy_primitives::hex!("60016000526002602052600160406000205500");
    let writer = Address::with_last_byte(0x77);
    let account = tracehound_simulate::Account { code: code.to_vec(), whole: true, ..Default::default() };
    state.accounts.insert(writer, account);
    let report = judged(&state, &unsigned(safe, &writer.to_string(), 0, "0x", 1), FACTS);
    let finding = report.of("G-DC-04")[0];
    assert!(finding.title.contains("the Safe's own storage"), "{finding:?}");
    assert_eq!(report.exit_code, 20);
}

#[test]
fn what_leaves_without_being_named_is_seen() {
    let Some((mut state, _, safe)) = bybit() else { return };
    // A token whose approve() announces a transfer of 9 from its caller to 0xbad.
    let topic = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    let code = format!("6009600052610bad337f{topic}60206000a300");
    // LOG3 takes offset, size, topic 1 to 3 from the top: the third topic was pushed first.
    let code = alloy_primitives::hex::decode(code).expect("hexadecimal");
    let token = Address::with_last_byte(0x99);
    let account = tracehound_simulate::Account { code, whole: true, ..Default::default() };
    state.accounts.insert(token, account);
    let data = format!("0x095ea7b3{:064x}{:064x}", 0x1234, 1);
    let report = judged(&state, &unsigned(safe, &token.to_string(), 0, &data, 0), FACTS);
    let finding = report.of("G-SIM-01").into_iter().find(|one| one.title.contains("nothing comes back"));
    let finding = finding.expect("seen");
    assert!(finding.evidence[0].starts_with(&U256::from(9).to_string()), "{finding:?}");
}

/// A payer, and a contract that takes note of its first caller and afterwards announces that 9 leave him.
fn trap() -> (State, String, String) {
    let (payer, trap) = (Address::with_last_byte(0x11), Address::with_last_byte(0x77));
    let topic = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
    // if SLOAD(0) jump 0x0c; SSTORE(0, 1); STOP; 0x0c: MSTORE(0, 9); LOG3(0, 32, Transfer, caller, 0xbad)
    let code = format!("600054600c576001600055005b6009600052610bad337f{topic}60206000a300");
    let code = alloy_primitives::hex::decode(code).expect("hexadecimal");
    let mut state = State::default();
    let account = |code| tracehound_simulate::Account { code, whole: true, ..Default::default() };
    state.accounts.insert(trap, account(code));
    state.accounts.insert(payer, account(Vec::new()));
    (state, payer.to_string(), trap.to_string())
}

fn sent(state: &State, batch: &serde_json::Value, policy: &str) -> Report {
    let policy = format!("{}\n{policy}", tracehound_guard::policy::DEFAULT);
    let (policy, facts) =
        (Policy::parse(&policy).expect("a policy"), Facts::parse("chain-id=1").expect("facts"));
    let engine = Engine { state, described: "recorded state".to_owned(), block: block() };
    let context = Context { engine: Some(&engine), ..Context::new(&policy, &facts) };
    check_tx(batch.to_string().as_bytes(), context)
}

#[test]
fn a_batch_is_executed_in_its_order() {
    let (state, payer, trap) = trap();
    let book = format!("[[book]]\naddress = '{trap}'\nname = 'a friend'\n");
    let pay = serde_json::json!({ "to": trap, "value": "0x0" });
    let taken = |report: &Report| report.findings.iter().any(|one| one.title.contains("nothing comes back"));
    let once = serde_json::json!({ "from": payer, "calls": [pay] });
    assert!(!taken(&sent(&state, &once, &book)));
    let twice = serde_json::json!({ "from": payer, "calls": [pay, pay] });
    let report = sent(&state, &twice, &book);
    assert!(taken(&report), "{:#?}", report.findings);
    let many = serde_json::json!({ "from": payer, "calls": vec![pay; 33] });
    let report = sent(&state, &many, &book);
    let last = report.of("G-SIM-01").into_iter().find(|one| one.severity == Severity::Incomplete);
    assert!(last.expect("not run").evidence[0].contains("too many calls"), "{:#?}", report.findings);
}

#[test]
fn who_sends_it_must_be_known_to_execute_it() {
    let (state, _, trap) = trap();
    let report = sent(&state, &serde_json::json!({ "to": trap, "value": "0x0" }), "");
    let found = report.of("G-SIM-01").into_iter().find(|one| one.severity == Severity::Incomplete);
    assert!(found.expect("incomplete").title.contains("who sends it is not known"), "{:#?}", report.findings);
}

#[test]
fn a_right_that_is_named_is_left_to_its_own_check_and_a_larger_one_is_not() {
    let (mut state, payer, _) = trap();
    // A token that announces an approval of 5 by its caller for 0x1234, whatever was asked.
    let topic = "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925";
    let code = format!("6005600052611234337f{topic}60206000a300");
    let code = alloy_primitives::hex::decode(code).expect("hexadecimal");
    let token = Address::with_last_byte(0x99);
    let account = tracehound_simulate::Account { code, whole: true, ..Default::default() };
    state.accounts.insert(token, account);
    for (named, noted) in [(5, false), (4, true)] {
        let data = format!("0x095ea7b3{:064x}{named:064x}", 0x1234);
        let tx = serde_json::json!({ "from": payer, "to": token.to_string(), "data": data });
        let report = sent(&state, &tx, "");
        let found = report.findings.iter().any(|one| one.title.contains("a right over tokens"));
        assert_eq!(found, noted, "{:#?}", report.findings);
        assert!(report.has("G-APP-01"), "{:#?}", report.findings);
    }
}

/// A contract that announces this, `topics` the words of LOG's topics from the last to the first.
fn announcing(data: &[u8], topics: &[[u8; 32]]) -> Vec<u8> {
    let mut code = Vec::new();
    for (index, word) in data.chunks(32).enumerate() {
        let mut padded = [0; 32];
        padded[..word.len()].copy_from_slice(word);
        code.push(0x7f);
        code.extend(padded);
        // MSTORE
        code.extend([
            0x61,
            u8::try_from(index * 32 / 256).expect("short"),
            u8::try_from(index * 32 % 256).expect("short"),
            0x52,
        ]);
    }
    for topic in topics {
        code.push(0x7f);
        code.extend(topic);
    }
    let length = u16::try_from(data.len()).expect("short").to_be_bytes();
    code.extend([0x61, length[0], length[1], 0x60, 0, 0xa0 + u8::try_from(topics.len()).expect("four")]);
    code
}

#[test]
fn tokens_of_several_kinds_are_seen_to_leave_and_odd_ones_are_not_passed_over() {
    let (mut state, payer, _) = trap();
    let token = Address::with_last_byte(0x99);
    let me = payer.parse::<Address>().expect("an address").into_word().0;
    let thief = Address::repeat_byte(0xe7).into_word().0;
    let topic = |signature: &str| keccak256(signature).0;
    let words = |words: &[u64]| -> Vec<u8> {
        words.iter().flat_map(|word| U256::from(*word).to_be_bytes::<32>()).collect()
    };
    let single = topic("TransferSingle(address,address,address,uint256,uint256)");
    let batch = topic("TransferBatch(address,address,address,uint256[],uint256[])");
    let transfer = topic("Transfer(address,address,uint256)");
    let book = format!("[[book]]\naddress = '{token}'\nname = 'a friend'\n");
    let mut ask = |data: &[u8], topics: &[[u8; 32]]| {
        let account = tracehound_simulate::Account {
            code: announcing(data, topics),
            whole: true,
            ..Default::default()
        };
        state.accounts.insert(token, account);
        sent(&state, &serde_json::json!({ "from": payer, "to": token.to_string(), "value": "0x0" }), &book)
    };
    let old = [&me[..], &thief[..], &words(&[5])[..]].concat();
    for (data, topics, what) in [
        (words(&[7, 3]), vec![thief, me, me, single], "3 of number 7"),
        (words(&[64, 160, 2, 7, 8, 2, 3, 4]), vec![thief, me, me, batch], "4 of number 8"),
        (Vec::new(), vec![[0; 32], thief, me, transfer], "1 of number 0"),
        (old, vec![transfer], "5 base units"),
    ] {
        let report = ask(&data, &topics);
        let found = report.findings.iter().find(|one| one.title.contains("does not name"));
        let found = found.unwrap_or_else(|| panic!("{what}: {:#?}", report.findings));
        assert!(found.evidence.iter().any(|line| line.starts_with(what)), "{what}: {found:#?}");
        assert_eq!(found.severity, Severity::Review);
    }
    for (data, topics) in [
        (words(&[7]), vec![thief, me, me, single]),
        (words(&[7, 3]), vec![me, me, single]),
        (words(&[64, 160, 2, 7, 8, 3, 3, 4]), vec![thief, me, me, batch]),
        (words(&[64, u64::MAX, 1, 7]), vec![thief, me, me, batch]),
        (words(&[64, 128, u64::MAX, 7, 1, 4]), vec![thief, me, me, batch]),
        (Vec::new(), vec![thief, me, transfer]),
        (words(&[5]), vec![me, transfer]),
    ] {
        let report = ask(&data, &topics);
        let found = report.of("G-SIM-01").into_iter().find(|one| one.severity == Severity::Incomplete);
        assert!(
            found.is_some_and(|one| one.title.contains("in no form that is read")),
            "{:#?}",
            report.findings
        );
    }
    // What comes is seen too, and is nothing to look at.
    let report = ask(&words(&[7, 3]), &[me, thief, me, single]);
    assert!(!report.has("G-SIM-01"), "{:#?}", report.findings);
}
