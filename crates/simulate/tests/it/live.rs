//! A stand-in node with real tries: its proofs are good until a test tampers with its answers.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_trie::{HashBuilder, Nibbles, TrieAccount, proof::ProofRetainer};
use serde_json::{Value, json};
use tracehound_simulate::{
    Account, Block, Call, Change, Missing, Outcome, State,
    live::{At, Limit, Limits, Live, LiveError, Node, NodeError, Proof, simulate},
};

const CALLER: Address = Address::with_last_byte(0xca);
const CONTRACT: Address = Address::with_last_byte(0xc0);
/// SSTORE(7, SLOAD(7) + 1), POP(SLOAD(9)), POP(BALANCE(0xee)), STOP.
const COUNTER: [u8; 17] = hex!("6007546001016007556009545060ee3100");
const BLOCK: u64 = 5;
const MINER: Address = Address::repeat_byte(0x3d);

pub(crate) type Tamper = Box<dyn FnMut(&str, &Value, &mut Result<Value, NodeError>)>;

pub(crate) struct World {
    pub(crate) accounts: BTreeMap<Address, Account>,
    pub(crate) tamper: Tamper,
    asked: Vec<String>,
}

fn error(code: i64, message: &str) -> NodeError {
    NodeError { code: Some(code), message: message.to_owned() }
}

/// Root of a trie, and the way to one of its keys.
fn trie(leaves: BTreeMap<B256, Vec<u8>>, key: B256) -> (B256, Vec<Bytes>) {
    let retainer = ProofRetainer::new(vec![Nibbles::unpack(key)]);
    let mut builder = HashBuilder::default().with_proof_retainer(retainer);
    for (key, value) in leaves {
        builder.add_leaf(Nibbles::unpack(key), &value);
    }
    let root = builder.root();
    (root, builder.take_proof_nodes().into_nodes_sorted().into_iter().map(|(_, node)| node).collect())
}

fn storage(account: &Account, key: B256) -> (B256, Vec<Bytes>) {
    let set = account.storage.iter().filter(|(_, value)| !value.is_zero());
    trie(set.map(|(slot, value)| (keccak256(B256::from(*slot)), alloy_rlp::encode(value))).collect(), key)
}

fn leaf(account: &Account) -> Vec<u8> {
    let (root, _) = storage(account, B256::ZERO);
    alloy_rlp::encode(TrieAccount::new(account.nonce, account.balance, root, keccak256(&account.code)))
}

fn text(value: &impl ToString) -> Value {
    json!(value.to_string())
}

fn nodes(proof: &[Bytes]) -> Value {
    proof.iter().map(text).collect()
}

fn address(value: &Value) -> Address {
    value.as_str().expect("a text").parse().expect("an address")
}

impl World {
    pub(crate) fn new(code: &[u8]) -> Self {
        let storage = [(7, 41), (9, 5), (11, 6)].map(|(slot, value)| (U256::from(slot), U256::from(value)));
        let contract = Account {
            code: code.to_vec(),
            nonce: 1,
            balance: U256::from(3),
            storage: storage.into(),
            ..Account::default()
        };
        let person = |balance: u64| Account { balance: U256::from(balance), nonce: 2, ..Account::default() };
        let mut accounts = BTreeMap::from([(CONTRACT, contract), (CALLER, person(1_000))]);
        // Neighbours, so that the trie has some depth.
        for number in 1..40 {
            accounts.insert(Address::repeat_byte(number), person(number.into()));
        }
        Self { accounts, tamper: Box::new(|_, _, _| {}), asked: Vec::new() }
    }

    fn tampered(
        code: &[u8],
        tamper: impl FnMut(&str, &Value, &mut Result<Value, NodeError>) + 'static,
    ) -> Self {
        Self { tamper: Box::new(tamper), ..Self::new(code) }
    }

    fn state(&self, key: B256) -> (B256, Vec<Bytes>) {
        trie(
            self.accounts.iter().map(|(address, account)| (keccak256(address), leaf(account))).collect(),
            key,
        )
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, NodeError> {
        let account = |at: usize| self.accounts.get(&address(&params[at])).cloned().unwrap_or_default();
        let quantity = |value: U256| json!(format!("{value:#x}"));
        let slot = |text: &Value| -> U256 { text.as_str().expect("a text").parse().expect("a slot") };
        Ok(match method {
            "eth_chainId" => json!("0x1"),
            "eth_getBlockByNumber" | "eth_getBlockByHash" => json!({
                "number": format!("{BLOCK:#x}"), "timestamp": "0x64", "hash": text(&B256::repeat_byte(0xb1)),
                "stateRoot": text(&self.state(B256::ZERO).0), "miner": text(&MINER), "baseFeePerGas": "0x7",
                "mixHash": text(&B256::repeat_byte(0xd1)), "gasLimit": "0x2000000",
            }),
            "eth_getBalance" => quantity(account(0).balance),
            "eth_getTransactionCount" => quantity(U256::from(account(0).nonce)),
            "eth_getCode" => json!(hex::encode_prefixed(account(0).code)),
            "eth_getStorageAt" => {
                quantity(account(0).storage.get(&slot(&params[1])).copied().unwrap_or_default())
            }
            "eth_getProof" => {
                let account = account(0);
                let keys = params[1].as_array().expect("a list").iter().map(|key| {
                    let key = slot(key);
                    let value = account.storage.get(&key).copied().unwrap_or_default();
                    let proof = storage(&account, keccak256(B256::from(key))).1;
                    json!({ "key": text(&B256::from(key)), "value": quantity(value), "proof": nodes(&proof) })
                });
                json!({
                    "balance": quantity(account.balance),
                    "nonce": quantity(U256::from(account.nonce)),
                    "accountProof": nodes(&self.state(keccak256(address(&params[0]))).1),
                    "storageProof": keys.collect::<Vec<_>>(),
                })
            }
            _ => return Err(error(-32601, "no such method")),
        })
    }

    fn run(&mut self, limits: &Limits) -> Result<Live, LiveError> {
        let value = U256::from(10);
        let call = Call {
            chain_id: 1,
            block: Block::at(0, 0),
            caller: CALLER,
            to: CONTRACT,
            value,
            data: Vec::new(),
            gas: None,
        };
        simulate(self, &call, At::Latest, limits)
    }

    fn error(&mut self) -> LiveError {
        self.run(&Limits::default()).expect_err("an error")
    }
}

impl Node for World {
    fn call(&mut self, method: &str, params: Value) -> Result<Value, NodeError> {
        self.asked.push(method.to_owned());
        let mut answer = self.answer(method, &params);
        (self.tamper)(method, &params, &mut answer);
        answer
    }
}

/// Changes one field of the answers to a method.
fn field(method: &'static str, pointer: &'static str, new: Value) -> World {
    World::tampered(&COUNTER, move |called, _, answer| {
        let Ok(answer) = answer else { return };
        if let Some(old) = answer.pointer_mut(pointer).filter(|_| called == method) {
            *old = new.clone();
        }
    })
}

pub(crate) fn no_proofs(method: &str, answer: &mut Result<Value, NodeError>) {
    if method == "eth_getProof" {
        *answer = Err(error(-32601, "the method eth_getProof does not exist"));
    }
}

fn counted(live: &Live) {
    assert!(live.simulated.outcome.is_success() && live.simulated.missing.is_empty(), "{live:?}");
    let (before, after) = (U256::from(41), U256::from(42));
    let change = Change::Slot { address: CONTRACT, slot: U256::from(7), before, after };
    assert!(live.simulated.changes.contains(&change), "{live:?}");
    assert_eq!((live.block.seen.number, live.block.seen.time, live.stopped), (BLOCK, 100, None));
}

#[test]
fn what_the_call_reads_is_fetched_proven_and_can_be_repeated_offline() {
    let mut world = World::new(&COUNTER);
    let live = world.run(&Limits::default()).expect("an answer");
    counted(&live);
    assert_eq!(live.proof, Proof::Checked);
    let seen = Block {
        miner: MINER,
        base_fee: 7,
        random: B256::repeat_byte(0xd1),
        gas_limit: 1 << 25,
        number: BLOCK,
        time: 100,
    };
    assert_eq!(live.block.seen, seen);
    assert!(!world.asked.iter().any(|method| method == "eth_getStorageAt"));
    assert!(live.state.accounts[&CALLER].whole && !live.state.accounts[&CONTRACT].whole);
    assert!(live.state.accounts.contains_key(&Address::with_last_byte(0xee)), "nobody, and proven so");
    let saved = State::from_json(&live.state.to_json()).expect("reads its own");
    assert_eq!(saved, live.state);
    let value = U256::from(10);
    let call = Call {
        chain_id: 1,
        block: live.block.seen,
        caller: CALLER,
        to: CONTRACT,
        value,
        data: Vec::new(),
        gas: None,
    };
    assert_eq!(tracehound_simulate::simulate(&saved, &call), live.simulated);
}

#[test]
fn without_proofs_the_state_is_the_nodes_word_and_says_so() {
    let mut world = World::tampered(&COUNTER, |method, _, answer| no_proofs(method, answer));
    let live = world.run(&Limits::default()).expect("an answer");
    counted(&live);
    assert_eq!(live.proof, Proof::NodesWord);
    assert_eq!(world.asked.iter().filter(|method| *method == "eth_getProof").count(), 1, "asked once");
}

#[test]
fn another_error_than_a_missing_method_is_no_reason_to_go_without_proofs() {
    let mut world = World::tampered(&COUNTER, |method, _, answer| {
        if method == "eth_getProof" {
            *answer = Err(error(-32000, "distance to target block\u{7} exceeds maximum"));
        }
    });
    let error = world.error().to_string();
    assert_eq!(error, r"eth_getProof: error -32000: distance to target block\u{7} exceeds maximum");
}

#[test]
fn a_false_word_on_an_account_a_slot_or_code_names_it() {
    let contract = format!("account {CONTRACT}");
    for (mut world, names, says) in [
        (field("eth_getProof", "/balance", json!("0xffff")), contract.clone(), "balance 65535"),
        (field("eth_getProof", "/nonce", json!("0x9")), contract.clone(), "nonce 9"),
        (field("eth_getProof", "/accountProof/0", json!("0xc0")), contract.clone(), "does not hash"),
        (field("eth_getProof", "/accountProof", json!([])), contract.clone(), "ends before"),
        (field("eth_getBlockByNumber", "/stateRoot", text(&B256::ZERO)), contract, "does not hash"),
        (
            field("eth_getProof", "/storageProof/0/value", json!("0x2a")),
            format!("{CONTRACT} slot 0x7"),
            "0x29 is",
        ),
        (
            field("eth_getProof", "/storageProof/0/proof", json!([])),
            format!("{CONTRACT} slot 0x7"),
            "ends before",
        ),
    ] {
        let error = world.error();
        let LiveError::False { subject, problem } = &error else { panic!("{error}") };
        assert!(*subject == names && problem.contains(says), "{error}");
    }
    let mut world = World::tampered(&COUNTER, |method, _, answer| {
        if method == "eth_getCode" {
            *answer = Ok(json!("0x00"));
        }
    });
    let error = world.error();
    assert!(
        matches!(&error, LiveError::False { subject, .. } if *subject == format!("the code of {CONTRACT}"))
    );
}

#[test]
fn a_proof_of_another_account_proves_nothing_about_this_one() {
    let neighbour = Address::repeat_byte(7);
    let stolen = nodes(&World::new(&COUNTER).state(keccak256(neighbour)).1);
    let mut world = field("eth_getProof", "/accountProof", stolen);
    assert!(matches!(world.error(), LiveError::False { .. }));
}

#[test]
fn answers_without_the_documented_form_are_errors() {
    for method in ["eth_chainId", "eth_getBlockByNumber", "eth_getBalance", "eth_getProof", "eth_getCode"] {
        for garbage in [json!("0x"), json!([1]), json!({}), json!("0xzz"), json!(1), json!("12"), json!(true)]
        {
            let shown = garbage.to_string();
            let empty_code = method == "eth_getCode" && shown == r#""0x""#;
            let mut world = World::tampered(&COUNTER, move |called, _, answer| {
                if called == method {
                    *answer = Ok(garbage.clone());
                }
            });
            match world.error() {
                LiveError::Shape { method: named, .. } => assert_eq!(named, method, "{shown}"),
                LiveError::False { .. } if empty_code => {}
                other => panic!("{method} {shown}: {other}"),
            }
        }
    }
}

#[test]
fn growth_without_end_stops_at_the_limits_and_stays_incomplete() {
    let small = Limits { rounds: 6, accounts: 10, slots: 20, ..Limits::default() };
    let stop = |world: &mut World, limits: &Limits| {
        let live = world.run(limits).expect("an answer");
        assert!(!live.simulated.missing.is_empty(), "{live:?}");
        live.stopped
    };
    // x = 0; loop { SLOAD(x) or BALANCE(x); x += 1 }
    assert_eq!(stop(&mut World::new(&hex!("60005b805450600101600256")), &small), Some(Limit::Slots));
    assert_eq!(stop(&mut World::new(&hex!("60005b803150600101600256")), &small), Some(Limit::Accounts));
    // x = 0; loop { x = SLOAD(x) + 1 }, and every slot leads to another.
    let mut world = World::tampered(&hex!("60005b54600101600256"), |method, params, answer| {
        no_proofs(method, answer);
        if method == "eth_getStorageAt" {
            *answer = Ok(text(&keccak256(params[1].to_string())));
        }
    });
    assert_eq!(stop(&mut world, &small), Some(Limit::Rounds));
    let live = World::new(&COUNTER).run(&Limits { code: 16, ..small }).expect("an answer");
    assert_eq!(live.stopped, Some(Limit::Code));
    assert!(!live.simulated.missing.is_empty() && !live.state.accounts.contains_key(&CONTRACT), "{live:?}");
}

#[test]
fn hashes_of_blocks_stay_missing() {
    // POP(BLOCKHASH(4)), STOP.
    let live = World::new(&hex!("6004405000")).run(&Limits::default()).expect("an answer");
    assert_eq!(live.simulated.missing.into_iter().collect::<Vec<_>>(), [Missing::BlockHash(4)]);
}

#[test]
fn a_node_that_names_blocks_by_number_is_watched_for_another_block() {
    fn by_number(replaced: bool) -> World {
        let mut blocks = 0;
        World::tampered(&COUNTER, move |method, params, answer| {
            if params.as_array().and_then(|params| params.last()).is_some_and(Value::is_object) {
                *answer = Err(error(-32602, "invalid argument 1"));
            }
            if method == "eth_getBlockByNumber" {
                blocks += 1;
                if let (2, true, Ok(block)) = (blocks, replaced, answer) {
                    block["hash"] = text(&B256::ZERO);
                }
            }
        })
    }
    counted(&by_number(false).run(&Limits::default()).expect("an answer"));
    assert_eq!(by_number(true).error(), LiveError::Moved { number: BLOCK });
}

#[test]
fn another_chain_another_block_and_no_block_are_errors() {
    let call = |chain_id| Call {
        chain_id,
        block: Block::at(0, 0),
        caller: CALLER,
        to: CONTRACT,
        value: U256::ZERO,
        data: Vec::new(),
        gas: None,
    };
    let ask = |world: &mut World, chain_id, at| simulate(world, &call(chain_id), at, &Limits::default());
    let mut world = World::new(&COUNTER);
    assert_eq!(ask(&mut world, 10, At::Latest), Err(LiveError::Chain { found: 1, wanted: 10 }));
    assert!(matches!(ask(&mut world, 1, At::Number(6)), Err(LiveError::False { .. })));
    assert!(matches!(ask(&mut world, 1, At::Hash(B256::ZERO)), Err(LiveError::False { .. })));
    let live = ask(&mut world, 1, At::Hash(B256::repeat_byte(0xb1))).expect("that block");
    assert!(!live.block.header_checked, "the stand-in's header is no whole one");
    let mut world = World::tampered(&COUNTER, |method, _, answer| {
        if method == "eth_getBlockByNumber" {
            *answer = Ok(Value::Null);
        }
    });
    assert_eq!(world.error(), LiveError::NoBlock);
}

#[test]
fn a_caller_who_cannot_pay_is_refused_for_what_he_has() {
    let mut world = World::new(&COUNTER);
    world.accounts.get_mut(&CALLER).expect("there").balance = U256::ONE;
    let live = world.run(&Limits::default()).expect("an answer");
    assert!(matches!(live.simulated.outcome, Outcome::Refused(_)) && live.simulated.missing.is_empty());
}
