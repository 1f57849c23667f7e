//! What contracts announce when they run, and to whom what is given may go.

use alloy_primitives::{Address, B256, U256, hex, keccak256};
use tracehound_guard::{Context, Facts, Policy, Report, Severity, check_tx, policy::DEFAULT};
use tracehound_simulate::{Account, Block, Call, Engine, Simulated, State, simulate};

const ME: Address = Address::repeat_byte(0xa1);
const VAULT: Address = Address::repeat_byte(0xdd);
const SOMEBODY: Address = Address::repeat_byte(0xe7);

fn push(word: B256, code: &mut Vec<u8>) {
    code.push(0x7f);
    code.extend_from_slice(word.as_slice());
}

/// Code that announces an event of these topics and these words.
fn log(event: &str, topics: &[B256], words: &[U256]) -> Vec<u8> {
    let mut code = Vec::new();
    for (index, word) in words.iter().enumerate() {
        push((*word).into(), &mut code);
        code.extend([0x60, u8::try_from(index * 32).expect("few"), 0x52]);
    }
    for topic in topics.iter().rev() {
        push(*topic, &mut code);
    }
    push(keccak256(event), &mut code);
    code.extend([0x60, u8::try_from(words.len() * 32).expect("few"), 0x60, 0]);
    code.push(0xa1 + u8::try_from(topics.len()).expect("few"));
    code
}

fn word(address: Address) -> B256 {
    address.into_word()
}

fn state(code: Vec<u8>) -> State {
    let mut state = State::default();
    let account =
        |code: Vec<u8>| Account { code, whole: true, balance: U256::from(1_000), ..Account::default() };
    state.accounts.insert(VAULT, account(code));
    state.accounts.insert(ME, account(Vec::new()));
    state
}

fn run(state: &State) -> Simulated {
    let call = Call {
        chain_id: 1,
        block: Block::at(1, 1),
        caller: ME,
        to: VAULT,
        value: U256::ZERO,
        data: Vec::new(),
        gas: None,
    };
    simulate(state, &call)
}

const TRANSFER: &str = "Transfer(address,address,uint256)";
const APPROVAL: &str = "Approval(address,address,uint256)";

#[test]
fn tokens_of_other_standards_are_seen_to_move() {
    let (from, to) = (word(ME), word(SOMEBODY));
    let id = B256::with_last_byte(7);
    let erc6909 = log(
        "Transfer(address,address,address,uint256,uint256)",
        &[from, to, id],
        &[U256::ZERO, U256::from(5)],
    );
    let punk = log("PunkTransfer(address,address,uint256)", &[from, to], &[U256::from(7)]);
    for (code, amount) in [(erc6909, 5), (punk, 1)] {
        let done = run(&state(code));
        let [moved] = &done.transfers[..] else { panic!("{done:?}") };
        assert_eq!((moved.from, moved.to), (ME, SOMEBODY));
        assert_eq!((moved.id, moved.amount), (Some(U256::from(7)), U256::from(amount)));
    }
    let operator = log("OperatorSet(address,address,bool)", &[from, to], &[U256::ONE]);
    let some = log("Approval(address,address,uint256,uint256)", &[from, to, id], &[U256::from(5)]);
    let erc777 = log("AuthorizedOperator(address,address)", &[to, from], &[]);
    for code in [operator, some, erc777] {
        let done = run(&state(code));
        let [right] = &done.approvals[..] else { panic!("{done:?}") };
        assert_eq!((right.owner, right.spender, right.amount), (ME, SOMEBODY, None));
    }
    let no_longer = log("OperatorSet(address,address,bool)", &[from, to], &[U256::ZERO]);
    assert!(run(&state(no_longer)).approvals.is_empty());
}

/// As `OpenZeppelin` up to 4 writes: the allowance falls, and what is left of it is announced.
#[test]
fn what_is_left_of_an_allowance_is_no_right_that_is_given() {
    let slot =
        keccak256([word(SOMEBODY).0, keccak256([word(ME).0, B256::with_last_byte(1).0].concat()).0].concat());
    let stores = |value: u64, slot: B256| {
        let mut code = Vec::new();
        push(U256::from(value).into(), &mut code);
        push(slot, &mut code);
        code.push(0x55);
        code.extend(log(APPROVAL, &[word(ME), word(SOMEBODY)], &[U256::from(value)]));
        code
    };
    let rights = |before: u64, after: u64, slot: B256| {
        let mut state = state(stores(after, slot));
        let account = state.accounts.get_mut(&VAULT).expect("there");
        account.storage.insert(U256::from_be_bytes(slot.0), U256::from(before));
        run(&state).approvals.len()
    };
    assert_eq!(rights(100, 40, slot), 0, "used up");
    assert_eq!(rights(40, 100, slot), 1, "more than before");
    assert_eq!(rights(0, 40, slot), 1, "new");
    assert_eq!(rights(100, 40, B256::repeat_byte(9)), 1, "another slot falls");
    let nobody = log(APPROVAL, &[word(ME), B256::ZERO, B256::with_last_byte(7)], &[]);
    assert_eq!(run(&state(nobody)).approvals.len(), 0, "the right over a piece ends where it moves");
}

/// The vault is asked to take 1,000 of what it calls a token, and does what its code says.
fn judged(code: Vec<u8>, others: &[(Address, &[u8])], function: [u8; 4]) -> Report {
    let mut state = state(code);
    for (address, code) in others {
        let account = Account { code: code.to_vec(), whole: true, ..Account::default() };
        state.accounts.insert(*address, account);
    }
    let trusted = format!("[[trusted]]\naddress='{VAULT}'\nlabel='vault'\nroles=['contract','spender']\n");
    let policy = Policy::parse(&format!("{DEFAULT}\n{trusted}")).expect("a policy");
    let facts =
        Facts::parse(&format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n")).expect("facts");
    let engine = Engine { state: &state, described: "recorded state".to_owned(), block: Block::at(1, 1) };
    // supply(asset, amount, onBehalfOf, referralCode) of Aave; deposit(assets, receiver) of ERC-4626.
    let mut data = function.to_vec();
    let amount: B256 = U256::from(1_000).into();
    let words: &[B256] =
        if function == SUPPLY { &[word(VAULT), amount, word(ME), B256::ZERO] } else { &[amount, word(ME)] };
    for word in words {
        data.extend_from_slice(word.as_slice());
    }
    let asked = serde_json::json!({
        "from": ME.to_string(), "to": VAULT.to_string(), "value": "0x0", "data": format!("0x{}", hex::encode(data)), "chainId": 1,
    });
    let context = Context { engine: Some(&engine), ..Context::new(&policy, &facts) };
    check_tx(asked.to_string().as_bytes(), context)
}

const SUPPLY: [u8; 4] = hex!("617ba037");
const DEPOSIT: [u8; 4] = hex!("6e553f65");

fn moves(from: Address, to: Address, amount: u64) -> Vec<u8> {
    log(TRANSFER, &[word(from), word(to)], &[U256::from(amount)])
}

#[test]
fn what_a_lender_takes_goes_to_a_contract_and_to_nobody_else() {
    let pool: (Address, &[u8]) = (SOMEBODY, &[0x00]);
    let fair = judged(moves(ME, SOMEBODY, 1_000), &[pool], SUPPLY);
    assert!(!fair.has("G-SIM-01"), "a pool: {:#?}", fair.findings);
    let mut delegated = vec![0xef, 0x01, 0x00];
    delegated.extend_from_slice(Address::repeat_byte(9).as_slice());
    let unnamed = "it takes what the call data does not name";
    for (what, others) in [
        ("a person", vec![(SOMEBODY, &[][..])]),
        ("nobody knows who", Vec::new()),
        ("a person who runs foreign code", vec![(SOMEBODY, &delegated[..])]),
    ] {
        let report = judged(moves(ME, SOMEBODY, 1_000), &others, SUPPLY);
        assert!(
            report.of("G-SIM-01").iter().any(|one| one.title.contains(unnamed)),
            "{what}: {:#?}",
            report.findings
        );
        assert_ne!(report.exit_code, 0);
    }
    // A tenth of it goes aside; the receipt is made for somebody else.
    let tenth = [moves(ME, VAULT, 900), moves(ME, SOMEBODY, 100)].concat();
    let report = judged(tenth, &[(SOMEBODY, &[])], SUPPLY);
    assert!(report.of("G-SIM-01").iter().any(|one| one.title.contains(unnamed)), "{:#?}", report.findings);
    let receipt = [moves(ME, VAULT, 1_000), moves(Address::ZERO, SOMEBODY, 1_000)].concat();
    let report = judged(receipt, &[(SOMEBODY, &[])], SUPPLY);
    let made = |one: &&tracehound_guard::Finding| one.title.contains("makes tokens for somebody");
    assert!(report.of("G-SIM-01").iter().any(made), "{:#?}", report.findings);
    let mine = [moves(ME, VAULT, 1_000), moves(Address::ZERO, ME, 1_000)].concat();
    let report = judged(mine, &[], SUPPLY);
    assert!(!report.has("G-SIM-01"), "{:#?}", report.findings);
}

#[test]
fn a_transaction_has_the_gas_that_it_names() {
    // It moves something only where it has more gas than this: GAS, PUSH4, LT.
    let moved = |more_than: u32, gas| {
        let mut code = vec![0x5a, 0x63];
        code.extend(more_than.to_be_bytes());
        code.extend(hex!("10600b57005b"));
        code.extend(moves(ME, SOMEBODY, 1_000));
        let state = state(code);
        let call = Call {
            chain_id: 1,
            block: Block::at(1, 1),
            caller: ME,
            to: VAULT,
            value: U256::ZERO,
            data: Vec::new(),
            gas,
        };
        simulate(&state, &call).transfers.len()
    };
    assert_eq!(moved(500_000, Some(400_000)), 0);
    assert_eq!(moved(500_000, Some(600_000)), 1);
    assert_eq!(moved(16_000_000, None), 1, "as much as a transaction may have, where it names none");
}

#[test]
fn what_is_left_of_a_right_of_others_is_nobodys_matter() {
    let other = log(APPROVAL, &[word(SOMEBODY), word(VAULT)], &[U256::from(7)]);
    let report = judged([moves(ME, VAULT, 1_000), other].concat(), &[], SUPPLY);
    assert!(!report.has("G-SIM-01"), "{:#?}", report.findings);
    let mine = log(APPROVAL, &[word(ME), word(SOMEBODY)], &[U256::from(7)]);
    let report = judged([moves(ME, VAULT, 1_000), mine].concat(), &[], SUPPLY);
    assert!(report.of("G-SIM-01").iter().any(|one| one.title.contains("gives somebody a right")));
}

/// A vault that is trusted takes what the call names and gives its shares.
#[test]
fn a_deposit_for_shares_names_what_it_takes() {
    let token = Address::repeat_byte(0x70);
    let taken = |amount: u64, shares: Address| {
        let mut code = hex!("6000600060006000600073").to_vec();
        code.extend_from_slice(token.as_slice());
        code.extend(hex!("5af150"));
        code.extend(moves(Address::ZERO, shares, 900));
        let asset = moves(ME, VAULT, amount);
        let report = judged(code, &[(token, &asset), (SOMEBODY, &[])], DEPOSIT);
        report.of("G-SIM-01").iter().map(|one| one.severity).max()
    };
    assert_eq!(taken(1_000, ME), None);
    assert_eq!(taken(1_001, ME), Some(Severity::Review), "more than it names");
    assert_eq!(taken(1_000, SOMEBODY), Some(Severity::Review), "the shares are somebody else's");
}
