//! What a node shows of Safes, accounts and tokens: proven facts, and nodes that lie.

use alloy_primitives::{Address, B256, U256, address, hex, keccak256};
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, Severity,
    chain::{Basis, Chain, Concerned, Seen},
    check_safe, check_tx,
    policy::DEFAULT,
};
use tracehound_model::Decision;
use tracehound_simulate::{
    Account, LiveEngine,
    live::{At, Limits, NodeError},
};

use crate::{
    live::{World, no_proofs},
    npm,
};

const SAFE: Address = address!("5afe00000000000000000000000000000000cafe");
const SINGLETON: Address = address!("41675C099F32341bf84BFc5382aF534df5C7461a");
const OWNERS: [Address; 3] =
    [Address::repeat_byte(0xa1), Address::repeat_byte(0xa2), Address::repeat_byte(0xa3)];
const MODULE: Address = Address::repeat_byte(0xd0);
const COLD: Address = Address::repeat_byte(0x0c);
const SENTINEL: Address = Address::with_last_byte(1);

fn mapped(key: B256, slot: u64) -> U256 {
    keccak256([key.0, U256::from(slot).to_be_bytes::<32>()].concat()).into()
}

fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

fn list(account: &mut Account, slot: u64, members: &[Address]) {
    let mut at = SENTINEL;
    for next in members.iter().chain([&SENTINEL]) {
        account.storage.insert(mapped(at.into_word(), slot), word(*next));
        at = *next;
    }
}

/// A node with a Safe of 1.4.1, two of three owners, at nonce 7; `None` where npm cannot get its code.
fn world() -> Option<World> {
    let folder = npm::package("@safe-global/safe-contracts", "1.4.1")?;
    let code =
        |file: &str| npm::code(&folder.join("build/artifacts/contracts").join(file), "deployedBytecode");
    let mut world = World::new(&[]);
    let mut safe = Account {
        code: code("proxies/SafeProxy.sol/SafeProxy.json"),
        nonce: 1,
        balance: U256::from(1_000_000),
        ..Account::default()
    };
    for (slot, value) in [(0, word(SINGLETON)), (3, U256::from(3)), (4, U256::from(2)), (5, U256::from(7))] {
        safe.storage.insert(U256::from(slot), value);
    }
    list(&mut safe, 2, &OWNERS);
    list(&mut safe, 1, &[MODULE]);
    world.accounts.insert(SAFE, safe);
    let singleton = Account { code: code("Safe.sol/Safe.json"), nonce: 1, ..Account::default() };
    world.accounts.insert(SINGLETON, singleton);
    world.accounts.insert(COLD, Account { balance: U256::from(1), nonce: 2, ..Account::default() });
    world.accounts.insert(MODULE, Account { code: vec![0], nonce: 1, ..Account::default() });
    Some(world)
}

fn look(world: &mut World, safes: &[Address]) -> Result<Seen, String> {
    let engine = LiveEngine::new(world, "the node".to_owned(), At::Latest, Limits::default());
    let at = Concerned {
        accounts: safes.to_vec(),
        safes: safes.iter().copied().collect(),
        ..Concerned::default()
    };
    engine.look(Some(1), &at)
}

fn judged(world: &mut World, facts: &str, policy: &str) -> Report {
    let input = json!({
        "safe": SAFE.to_string(), "to": COLD.to_string(), "value": "5", "data": "0x", "operation": 0, "nonce": 7,
        "safeTxGas": 0, "baseGas": 0, "gasPrice": 0, "gasToken": Address::ZERO.to_string(),
        "refundReceiver": Address::ZERO.to_string(),
    });
    let book = format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'our cold wallet'\n{policy}");
    let (policy, facts) = (Policy::parse(&book).expect("a policy"), Facts::parse(facts).expect("facts"));
    let engine = LiveEngine::new(world, "the node".to_owned(), At::Latest, Limits::default());
    let context = Context { chain: Some(&engine), ..Context::new(&policy, &facts) };
    check_safe(input.to_string().as_bytes(), context)
}

const VOUCHED: &str = "[[trusted]]\naddress = '0xd0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0'\nlabel = 'ours'\nroles = ['module']\n";

#[test]
fn a_safe_is_read_from_its_slots() {
    let Some(mut world) = world() else { return };
    let seen = look(&mut world, &[SAFE]).expect("an answer");
    // The stand-in's header is none, so that its root is its word.
    assert_eq!((seen.basis, seen.block, seen.chain_id), (Basis::RootsWord, 5, 1));
    let [safe] = &seen.safes[..] else { panic!("{seen:?}") };
    assert_eq!(safe.version.map(|version| version.to_string()).as_deref(), Some("1.4.1"));
    assert_eq!(safe.owners.iter().map(|owner| owner.0).collect::<Vec<_>>(), OWNERS);
    assert_eq!((safe.threshold, safe.nonce), (Some(2), Some(7)));
    let modules = safe.modules.as_ref().expect("read");
    assert_eq!(modules.iter().map(|module| module.0).collect::<Vec<_>>(), [MODULE]);
    assert!(safe.fallback_handler.is_some_and(|handler| handler.0.is_zero()));
    assert!((seen.odd.is_empty(), seen.unread.is_empty()) == (true, true), "{seen:?}");
}

#[test]
fn an_honest_payment_is_allowed_by_what_the_chain_shows_and_a_module_nobody_knows_is_for_a_person() {
    let Some(mut world) = world() else { return };
    let report = judged(&mut world, "chain-id = 1", VOUCHED);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    let report = judged(&mut world, "chain-id = 1", "");
    assert_eq!(report.verdict, Decision::Review, "{:#?}", report.findings);
    assert!(report.of("G-CFG-03")[0].title.contains(&MODULE.to_string()), "{:#?}", report.findings);
    // The chain need not be named: it is the node's.
    let report = judged(&mut world, "", VOUCHED);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
}

#[test]
fn what_was_told_and_the_chain_contradicts_is_said_and_never_allowed() {
    let Some(mut world) = world() else { return };
    let told = |lines: &str| format!("chain-id = 1\n[[safe]]\naddress = '{SAFE}'\n{lines}");
    for (lines, of) in [
        (format!("owners = ['{}', '{}']\n", OWNERS[0], OWNERS[1]), "the owners of"),
        ("threshold = 1\n".to_owned(), "the threshold of"),
        ("version = '1.3.0'\n".to_owned(), "the version of"),
        ("nonce = 9\n".to_owned(), "the nonce of"),
        ("modules = []\n".to_owned(), "the modules of"),
        (format!("guard = '{COLD}'\n"), "the guard of"),
        (format!("fallback-handler = '{COLD}'\n"), "the fallback handler of"),
        (format!("[[address]]\naddress = '{COLD}'\nkind = 'contract'\n"), "What was told of 0x0C"),
        (format!("[[address]]\naddress = '{SINGLETON}'\n"), ""),
    ] {
        let report = judged(&mut world, &told(&lines), VOUCHED);
        if of.is_empty() {
            assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
            continue;
        }
        assert_eq!(report.verdict, Decision::Incomplete, "{lines}: {:#?}", report.findings);
        let found = report.of("G-FACT-01").into_iter().find(|one| one.title.contains(of)).expect("said");
        assert!(
            found.evidence[0].starts_with("told: ") && found.evidence[1].starts_with("block 5 of the node: ")
        );
    }
    // A file gets old, and that is said; it does not stand in the way.
    let report = judged(&mut world, &told("nonce = 3\n"), VOUCHED);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    assert!(report.of("G-FACT-01").iter().any(|one| one.title.contains("the file is older")));
}

fn tampered(tamper: impl FnMut(&str, &Value, &mut Result<Value, NodeError>) + 'static) -> Option<Report> {
    let mut world = world()?;
    world.tamper = Box::new(tamper);
    Some(judged(&mut world, "chain-id = 1", VOUCHED))
}

/// Why the node's word was not used.
fn refused(report: &Report) -> String {
    assert_eq!(report.verdict, Decision::Incomplete, "{:#?}", report.findings);
    assert_eq!(report.node, None);
    let finding = report.of("G-FACT-01")[0];
    assert_eq!(finding.severity, Severity::Incomplete);
    finding.evidence.join(" ")
}

#[test]
fn a_node_that_lies_is_not_believed() {
    let Some(other_chain) = tampered(|method, _, answer| {
        if method == "eth_chainId" {
            *answer = Ok(json!("0xa"));
        }
    }) else {
        return;
    };
    assert!(refused(&other_chain).contains("on chain 10"), "{}", refused(&other_chain));
    // One owner is enough, it says, and the proof says two.
    let threshold = tampered(|method, _, answer| {
        let Ok(answer) = answer else { return };
        let proofs = answer.get_mut("storageProof").and_then(Value::as_array_mut);
        if let Some(proofs) = proofs.filter(|_| method == "eth_getProof") {
            for proof in proofs.iter_mut().filter(|proof| proof["value"] == "0x2") {
                proof["value"] = json!("0x1");
            }
        }
    });
    let why = refused(&threshold.expect("npm has it"));
    assert!(why.contains("it says 0x1, and 0x2 is proven"), "{why}");
    let code = tampered(|method, _, answer| {
        if method == "eth_getCode" {
            *answer = Ok(json!("0x00"));
        }
    });
    assert!(refused(&code.expect("npm has it")).contains("is proven"));
    let huge = tampered(|method, _, answer| {
        if method == "eth_getProof" {
            let nodes: Vec<String> = (0..100_000).map(|_| "0x00".to_owned()).collect();
            *answer =
                Ok(json!({ "balance": "0x0", "nonce": "0x0", "accountProof": nodes, "storageProof": [] }));
        }
    });
    assert!(refused(&huge.expect("npm has it")).contains("`accountProof` is none"));
    let silent = tampered(|method, _, answer| {
        if method == "eth_getProof" {
            *answer = Err(NodeError { code: None, message: "the node does not answer in time".to_owned() });
        }
    });
    assert!(refused(&silent.expect("npm has it")).contains("does not answer in time"));
}

#[test]
fn a_node_without_proofs_is_believed_and_marked() {
    let report = tampered(|method, _, answer| no_proofs(method, answer));
    let Some(report) = report else { return };
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    assert_eq!(report.node.expect("asked").basis, "the node's word, without proof");
}

#[test]
fn a_safe_whose_lists_do_not_end_or_do_not_count_up_is_not_read() {
    type Spoil = fn(&mut Account);
    let spoils: [Spoil; 4] = [
        |safe| _ = safe.storage.insert(U256::from(3), U256::from(2)),
        |safe| _ = safe.storage.insert(U256::from(4), U256::from(4)),
        |safe| _ = safe.storage.insert(mapped(OWNERS[2].into_word(), 2), word(OWNERS[0])),
        |safe| _ = safe.storage.insert(mapped(OWNERS[2].into_word(), 2), U256::MAX),
    ];
    for spoil in spoils {
        let Some(mut world) = world() else { return };
        spoil(world.accounts.get_mut(&SAFE).expect("there"));
        let report = judged(&mut world, "chain-id = 1", VOUCHED);
        assert_eq!(report.verdict, Decision::Incomplete);
        let odd = report.of("G-FACT-01")[0];
        assert!(odd.title.starts_with("The owners of the Safe"), "{odd:?}");
    }
    // What only looks like a Safe: other code, the same slots.
    for address in [SAFE, SINGLETON] {
        let Some(mut world) = world() else { return };
        world.accounts.get_mut(&address).expect("there").code.push(0);
        let report = judged(&mut world, "chain-id = 1", VOUCHED);
        assert_eq!(report.verdict, Decision::Incomplete);
        assert!(
            report.of("G-FACT-01")[0].title.contains("is no Safe whose code is known"),
            "{:#?}",
            report.findings
        );
    }
}

/// A contract that answers `decimals()` from slot 0, and everything else from slot 1, as early tokens answer `symbol()`.
fn token(symbol: &str, decimals: u64) -> Account {
    let code = hex!("60003560e01c63313ce56714601a5760015460005260206000f35b60005460005260206000f3");
    let mut name = [0; 32];
    name[..symbol.len()].copy_from_slice(symbol.as_bytes());
    let storage = [(U256::ZERO, U256::from(decimals)), (U256::from(1), U256::from_be_bytes(name))];
    Account { code: code.to_vec(), nonce: 1, storage: storage.into(), ..Account::default() }
}

const TOKEN: Address = Address::repeat_byte(0x70);

fn transfer(world: &mut World, facts: &str) -> Report {
    let data = format!("0xa9059cbb{}{:064x}", hex::encode(COLD.into_word()), 1_500_000);
    let sender = OWNERS[0].to_string();
    let input =
        json!({ "from": sender, "to": TOKEN.to_string(), "data": data, "value": "0x0", "chainId": "0x1" });
    let book = format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'our cold wallet'\n");
    let facts = Facts::parse(&format!("chain-id = 1\n{facts}")).expect("facts");
    let policy = Policy::parse(&book).expect("a policy");
    let engine = LiveEngine::new(world, "the node".to_owned(), At::Latest, Limits::default());
    check_tx(input.to_string().as_bytes(), Context { chain: Some(&engine), ..Context::new(&policy, &facts) })
}

#[test]
fn what_a_token_calls_itself_is_shown_as_its_own_word_and_vouches_for_nothing() {
    let mut world = World::new(&[]);
    // The name of another token is told besides.
    for (name, verdict) in [("TEST", Decision::Incomplete), ("USDC", Decision::Review)] {
        world.accounts.insert(TOKEN, token(name, 6));
        let report = transfer(&mut world, "");
        let intent = &report.items[0].intent;
        assert!(
            intent.contains(&format!("1.5 of the token {TOKEN}, which calls itself {name:?}")),
            "{intent}"
        );
        assert_eq!(report.verdict, verdict, "{:#?}", report.findings);
        assert!(report.has("G-ACT-01"), "its name is no reason: {:#?}", report.findings);
        assert_eq!(report.has("G-FACT-01"), name == "USDC", "{:#?}", report.findings);
    }
}

#[test]
fn what_was_told_of_a_token_is_held_against_its_own_word() {
    let told =
        |decimals: u8| format!("[[token]]\naddress = '{TOKEN}'\nsymbol = 'TEST'\ndecimals = {decimals}\n");
    let mut world = World::new(&[]);
    world.accounts.insert(TOKEN, token("TEST", 6));
    let report = transfer(&mut world, &told(6));
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    assert!(report.items[0].intent.contains("1.5 TEST"), "{}", report.items[0].intent);
    let report = transfer(&mut world, &told(18));
    assert_eq!(report.verdict, Decision::Incomplete, "{:#?}", report.findings);
    assert!(report.of("G-FACT-01")[0].title.contains("the token"), "{:#?}", report.findings);
    assert!(report.items[0].intent.contains("1.5 of the token"), "{}", report.items[0].intent);
}

#[test]
fn a_token_that_never_ends_or_answers_nonsense_has_no_name() {
    // Without end; no code to answer; a number of decimal places that no token has.
    let endless = Account { code: hex!("5b600056").to_vec(), nonce: 1, ..Account::default() };
    for account in [endless, Account::default(), token("TEST", 300), token("TE\nST", 6)] {
        let mut world = World::new(&[]);
        world.accounts.insert(TOKEN, account);
        let report = transfer(&mut world, "");
        assert!(!report.items[0].intent.contains("calls itself"), "{}", report.items[0].intent);
        assert_ne!(report.verdict, Decision::Allow);
    }
}

#[test]
fn who_is_paid_and_runs_foreign_code_is_for_a_person() {
    let pay = |code: &[u8]| {
        let mut world = World::new(&[]);
        let paid = Account { code: code.to_vec(), nonce: 1, ..Account::default() };
        world.accounts.insert(COLD, paid);
        let input = json!({ "from": OWNERS[0].to_string(), "to": COLD.to_string(), "value": "0x5", "chainId": "0x1" });
        let book = format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'our cold wallet'\n");
        let (policy, facts) = (Policy::parse(&book).expect("a policy"), Facts::default());
        let engine = LiveEngine::new(&mut world, "the node".to_owned(), At::Latest, Limits::default());
        check_tx(
            input.to_string().as_bytes(),
            Context { chain: Some(&engine), ..Context::new(&policy, &facts) },
        )
    };
    let report = pay(&[]);
    assert_eq!(report.verdict, Decision::Allow, "{:#?}", report.findings);
    let report = pay(&[&hex!("ef0100")[..], MODULE.as_slice()].concat());
    assert_eq!(report.verdict, Decision::Review, "{:#?}", report.findings);
    assert!(report.of("G-7702-01")[0].title.contains(&MODULE.to_string()), "{:#?}", report.findings);
}

#[test]
fn that_somebodys_safe_is_one_speaks_for_nobody() {
    let Some(mut world) = world() else { return };
    let ours = Address::repeat_byte(0x0f);
    world.accounts.insert(ours, Account { code: vec![0], nonce: 1, ..Account::default() });
    let mut ask = |to: Address, data: String| {
        let sender = OWNERS[0].to_string();
        let input =
            json!({ "from": sender, "to": to.to_string(), "data": data, "value": "0x0", "chainId": "0x1" });
        let trusted = format!("[[trusted]]\naddress = '{ours}'\nlabel = 'ours'\nroles = ['contract']\n");
        let policy = Policy::parse(&format!("{DEFAULT}\n{trusted}")).expect("a policy");
        let facts = Facts::default();
        let engine = LiveEngine::new(&mut world, "the node".to_owned(), At::Latest, Limits::default());
        let context = Context { chain: Some(&engine), ..Context::new(&policy, &facts) };
        check_tx(input.to_string().as_bytes(), context)
    };
    let over = ask(ours, format!("0xf2fde38b{}", hex::encode(SAFE.into_word())));
    assert_eq!(over.verdict, Decision::Block, "ownership to a stranger's Safe: {:#?}", over.findings);
    assert!(over.node.expect("asked").facts.iter().any(|(_, what)| what.starts_with("Safe 1.4.1")));
    let called = ask(SAFE, "0xac9650d800000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000000".to_owned());
    assert_ne!(called.verdict, Decision::Allow, "multicall([]) at a stranger's Safe: {:#?}", called.findings);
}

/// The code of a Safe's proxies, as their factories make them.
#[test]
fn the_code_of_safe_proxies_is_that_of_the_packages() {
    for (package, version, proxy) in [
        ("@gnosis.pm/safe-contracts", "1.1.1", "build/contracts/Proxy.json"),
        (
            "@gnosis.pm/safe-contracts",
            "1.3.0",
            "build/artifacts/contracts/proxies/GnosisSafeProxy.sol/GnosisSafeProxy.json",
        ),
        (
            "@safe-global/safe-contracts",
            "1.4.1",
            "build/artifacts/contracts/proxies/SafeProxy.sol/SafeProxy.json",
        ),
    ] {
        let Some(folder) = npm::package(package, version) else { return };
        let code = npm::code(&folder.join(proxy), "deployedBytecode");
        assert!(tracehound_guard::safe::deployments::is_proxy(&keccak256(&code)), "{version}");
    }
}
