//! Real Safes of three versions on a local chain: what the guard says, what the simulation says, and what happens.

use std::path::PathBuf;

use alloy_primitives::{Address, B256, U256, address, hex, keccak256};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, Severity, check_safe,
    finding::CheckId,
    policy::DEFAULT,
    safe::{
        SafeTx, Version,
        deployments::{DEPLOYMENTS, Role},
        hash::personal_hash,
        hashes,
    },
};
use tracehound_model::Decision;
use tracehound_simulate::{
    Block, Change, LiveEngine, Outcome, State, Transfer, exec_transaction, findings,
    live::{self, At, Limits, Live, Proof},
    safe_call, simulate,
};

use crate::{
    abi::{call, tail, word},
    accounts::{ATTACKER, ETHER, EXECUTOR, KEYS, sign, signer},
    anvil::{Anvil, CHAIN},
    npm,
};

/// The owners' own cold wallet: where honest money goes.
const COLD: Address = address!("F946445B497Fc21617cc9bBf3606167aD8c5CEeB");
/// What the attack wants to be the Safe's code.
const EVIL: Address = Address::repeat_byte(0xee);

/// Our stand-in for a contract like the one of the Bybit theft, which takes over whoever delegates to its `transfer`.
#[rustfmt::skip]
const STAND_IN: [u8; 7] = [
    0x60, 0x04, // PUSH1 4: behind the selector,
    0x35,       // CALLDATALOAD: the first argument, `to`
    0x60, 0x00, // PUSH1 0: into slot 0, where a Safe keeps the address of its code,
    0x55,       // SSTORE
    0x00,       // STOP
];
/// Makes a contract of the 7 bytes that follow.
#[rustfmt::skip]
const CREATE: [u8; 12] = [
    0x60, 0x07, // PUSH1 7: bytes
    0x60, 0x0c, // PUSH1 12: behind this
    0x60, 0x00, // PUSH1 0: to the start of memory
    0x39,       // CODECOPY
    0x60, 0x07, // PUSH1 7: bytes
    0x60, 0x00, // PUSH1 0: from the start of memory
    0xf3,       // RETURN
];

/// A version of the Safe as its authors published it.
struct Release {
    version: &'static str,
    package: &'static str,
    singleton: &'static str,
    factory: &'static str,
    /// What the guard says to an honest transaction, and by which checks.
    honest: (Decision, &'static [CheckId]),
    /// How the contract refuses a signature of somebody who is no owner.
    stranger: &'static str,
}

/// A Safe of three owners, two of whom must sign, with 10 ether and all of a token.
struct Scene {
    anvil: Anvil,
    release: Release,
    singleton: Address,
    safe: Address,
    token: Address,
    owners: Vec<(Address, SigningKey)>,
    nonce: u64,
}

impl Scene {
    fn set(release: Release) -> Option<Self> {
        let folder = npm::package(release.package, release.version)?;
        let tokens = npm::package("@openzeppelin/contracts", "4.9.6")?;
        let mut anvil = Anvil::start()?;
        let making = |file: PathBuf| npm::code(&file, "bytecode");
        let singleton = anvil.deploy(EXECUTOR, &making(folder.join(release.singleton)));
        let factory = anvil.deploy(EXECUTOR, &making(folder.join(release.factory)));
        let mut owners: Vec<(Address, SigningKey)> = KEYS.into_iter().map(signer).collect();
        // The Safe wants signatures in the order of their owners.
        owners.sort_by_key(|owner| owner.0);
        let mut words = [8 * 32, 2, 0, 12 * 32, 0, 0, 0, 0, 3].map(U256::from).to_vec();
        words.extend(owners.iter().map(|owner| word(owner.0)));
        words.push(U256::ZERO);
        let setup = call("setup(address[],uint256,address,bytes,address,address,uint256,address)", &words);
        let head = [word(singleton), U256::from(3 * 32), U256::ZERO];
        let mut create = call("createProxyWithNonce(address,bytes,uint256)", &head);
        create.extend(tail(&setup));
        let made = anvil.view(factory, &create).expect("the address it will have");
        let safe = Address::from_word(B256::from_slice(&made[..32]));
        for (to, value, data) in [(factory, U256::ZERO, create), (safe, U256::from(10 * ETHER), Vec::new())] {
            let receipt = anvil.send(EXECUTOR, Some(to), value, &data);
            assert_eq!(receipt["status"], "0x1", "{receipt}");
        }
        let mut token = making(tokens.join("build/contracts/ERC20PresetFixedSupply.json"));
        let supply = U256::from(1_000_000);
        for word in [U256::from(4 * 32), U256::from(6 * 32), supply, word(safe)] {
            token.extend_from_slice(&word.to_be_bytes::<32>());
        }
        token.extend(tail(b"Test Coin"));
        token.extend(tail(b"TEST"));
        let token = anvil.deploy(EXECUTOR, &token);
        Some(Self { anvil, release, singleton, safe, token, owners, nonce: 0 })
    }

    fn tx(&self, to: Address, value: u64, data: Vec<u8>, operation: u8) -> SafeTx {
        SafeTx {
            safe: self.safe,
            to,
            value: U256::from(value),
            data,
            operation,
            safe_tx_gas: U256::ZERO,
            base_gas: U256::ZERO,
            gas_price: U256::ZERO,
            gas_token: Address::ZERO,
            refund_receiver: Address::ZERO,
            nonce: U256::from(self.nonce),
        }
    }

    /// The hash by our code, which must be the hash by the contract's.
    fn hash(&mut self, tx: &SafeTx) -> B256 {
        let version: Version = self.release.version.parse().expect("a version");
        let ours = hashes(version.scheme(), CHAIN, tx).digest;
        let signature =
            "getTransactionHash(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256)";
        let zero = U256::ZERO;
        let (operation, data) = (U256::from(tx.operation), U256::from(10 * 32));
        let words = [word(tx.to), tx.value, data, operation, zero, zero, zero, zero, zero, tx.nonce];
        let mut question = call(signature, &words);
        question.extend(tail(&tx.data));
        let theirs = self.anvil.view(self.safe, &question).expect("a hash");
        assert_eq!(ours, B256::from_slice(&theirs), "{}", self.release.version);
        ours
    }

    /// Two owners sign: one the hash itself, the other as `eth_sign` does.
    fn signatures(&self, hash: &B256) -> [Vec<u8>; 2] {
        [sign(&self.owners[0].1, hash, 0), sign(&self.owners[1].1, &personal_hash(hash.as_slice()), 4)]
    }

    /// What the guard says to a transaction as a service shows it, with the signatures collected so far.
    fn guard(&mut self, tx: &SafeTx, hash: &B256, signatures: &[Vec<u8>]) -> Report {
        let confirmations = self.owners.iter().zip(signatures).map(|((owner, _), signature)| {
            json!({ "owner": owner.to_string(), "signature": hex::encode_prefixed(signature) })
        });
        let input: Value = json!({
            "safe": tx.safe.to_string(), "to": tx.to.to_string(), "value": tx.value.to_string(),
            "data": hex::encode_prefixed(&tx.data), "operation": tx.operation, "nonce": self.nonce,
            "safeTxHash": hash.to_string(), "confirmations": confirmations.collect::<Vec<_>>(),
        });
        // Whose Safe it is, the chain says.
        let facts = format!(
            "chain-id = {CHAIN}\n[[token]]\naddress = '{}'\nsymbol = 'TEST'\ndecimals = 18\n",
            self.token
        );
        let book = format!("{DEFAULT}\n[[book]]\naddress = '{COLD}'\nname = 'our cold wallet'\n");
        let policy = Policy::parse(&book).expect("a policy");
        let facts = Facts::parse(&facts).expect("facts");
        let engine = LiveEngine::new(&mut self.anvil, "anvil".to_owned(), At::Latest, Limits::default());
        let context =
            Context { engine: Some(&engine), chain: Some(&engine), ..Context::new(&policy, &facts) };
        let report = check_safe(input.to_string().as_bytes(), context);
        let node = report.node.as_ref().expect("asked");
        assert_eq!(node.basis, "proofs checked");
        let safe = node.facts.iter().find(|(address, _)| *address == self.safe.to_string()).expect("a Safe");
        let said =
            format!("Safe {}, 2 of 3 owners, next nonce {}, modules: none", self.release.version, self.nonce);
        assert_eq!(safe.1, said);
        assert!(
            node.facts.iter().any(|(_, what)| what.starts_with("calls itself \"TEST\", 18"))
                == (tx.to == self.token)
        );
        let done = report.items[0].simulation.as_ref().expect("simulated");
        assert!(done.state.contains("of anvil (proofs checked)"), "{}", done.state);
        report
    }

    /// The execution on the chain's state, every bit of it proven, and the same again offline.
    fn simulate(&mut self, tx: &SafeTx, signatures: &[u8]) -> Live {
        let call = safe_call(tx, signatures, CHAIN, Block::at(0, 0), EXECUTOR);
        let live = live::simulate(&mut self.anvil, &call, At::Latest, &Limits::default()).expect("an answer");
        assert_eq!((live.proof, live.block.header_checked, live.stopped), (Proof::Checked, true, None));
        assert!(live.simulated.missing.is_empty(), "{:?}", live.simulated.missing);
        let saved = State::from_json(&live.state.to_json()).expect("reads its own");
        let call = safe_call(tx, signatures, CHAIN, live.block.seen, EXECUTOR);
        assert_eq!(simulate(&saved, &call), live.simulated, "offline");
        live
    }

    /// Sends it, and compares the chain with what was predicted.
    fn execute(&mut self, tx: &SafeTx, signatures: &[u8], predicted: &Live) {
        let receipt =
            self.anvil.send(EXECUTOR, Some(self.safe), U256::ZERO, &exec_transaction(tx, signatures));
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        assert!(!predicted.simulated.changes.is_empty());
        for change in &predicted.simulated.changes {
            match *change {
                Change::Slot { address, slot, after, .. } => {
                    assert_eq!(self.anvil.slot(address, slot), after, "{address} slot {slot}");
                }
                Change::Balance { address, after, .. } => {
                    assert_eq!(self.anvil.balance(address), after, "{address}");
                }
                Change::Code { address, .. } => panic!("no code was put at {address}"),
            }
        }
    }

    /// An honest transaction: allowed, predicted, executed.
    fn honest(&mut self, tx: &SafeTx) -> Live {
        let hash = self.hash(tx);
        let signatures = self.signatures(&hash);
        let report = self.guard(tx, &hash, &signatures);
        let heavy = report.findings.iter().filter(|finding| finding.severity > Severity::Info);
        let heavy: Vec<CheckId> = heavy.map(|finding| finding.id).collect();
        assert_eq!((report.verdict, &heavy[..]), self.release.honest, "{:#?}", report.findings);
        let joined = signatures.concat();
        let live = self.simulate(tx, &joined);
        assert!(live.simulated.outcome.is_success(), "{:?}", live.simulated.outcome);
        assert_eq!(findings(&live.simulated, Some(&self.safe), &[], &[], "tx"), []);
        self.execute(tx, &joined, &live);
        self.nonce += 1;
        live
    }

    fn pays_ether(&mut self) {
        let live = self.honest(&self.tx(COLD, ETHER, Vec::new(), 0));
        let paid = Change::Balance { address: COLD, before: U256::ZERO, after: U256::from(ETHER) };
        assert!(live.simulated.changes.contains(&paid), "{:?}", live.simulated.changes);
    }

    fn pays_tokens(&mut self) {
        let amount = U256::from(250_000);
        let data = call("transfer(address,uint256)", &[word(COLD), amount]);
        let live = self.honest(&self.tx(self.token, 0, data, 0));
        let paid = Transfer { token: self.token, from: self.safe, to: COLD, id: None, amount };
        assert_eq!(live.simulated.transfers, [paid]);
    }

    /// The owners are shown a payment to their own wallet and sign a delegatecall that takes over the Safe.
    fn is_attacked(&mut self) {
        let trap = self.anvil.deploy(ATTACKER, &[&CREATE[..], &STAND_IN].concat());
        assert_eq!(self.anvil.code(trap), STAND_IN);
        let shown = self.tx(COLD, ETHER, Vec::new(), 0);
        let data = call("transfer(address,uint256)", &[word(EVIL), U256::ZERO]);
        let signed = self.tx(trap, 0, data, 1);
        let (shown_hash, signed_hash) = (self.hash(&shown), self.hash(&signed));
        let signatures = self.signatures(&signed_hash);
        let joined = signatures.concat();

        let first = self.guard(&shown, &shown_hash, &signatures[..1]);
        assert_eq!(first.verdict, Decision::Block, "{:#?}", first.findings);
        assert_eq!(first.of("G-SIG-01")[0].severity, Severity::Block, "at the first signature");
        let refused = self.simulate(&shown, &joined).simulated;
        assert_eq!(refused.outcome, Outcome::Reverted(Some(self.release.stranger.to_owned())));
        let error = self.anvil.view(self.safe, &exec_transaction(&shown, &joined)).expect_err("no owners");
        assert!(error.to_string().contains(self.release.stranger), "{error}");

        let report = self.guard(&signed, &signed_hash, &signatures);
        assert_eq!(report.verdict, Decision::Block, "{:#?}", report.findings);
        assert!(report.has("G-DC-01") && report.has("G-DC-03") && !report.has("G-SIG-01"));
        assert_eq!(report.of("G-DC-04")[0].title, "The call changes the Safe's code (singleton).");
        let live = self.simulate(&signed, &joined);
        assert!(live.simulated.outcome.is_success(), "{:?}", live.simulated.outcome);
        let (address, before, after) = (self.safe, word(self.singleton), word(EVIL));
        let taken = Change::Slot { address, slot: U256::ZERO, before, after };
        assert!(live.simulated.changes.contains(&taken), "{:?}", live.simulated.changes);
        let found = findings(&live.simulated, Some(&self.safe), &[], &[], "tx");
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!(finding.severity, Severity::Block);
        assert_eq!(finding.title, "The call changes the Safe's code (singleton).");

        // The guard does not cry wolf: had it been sent, the Safe would be the attacker's.
        let snapshot = self.anvil.ask("evm_snapshot", &json!([]));
        self.execute(&signed, &joined, &live);
        assert_eq!(self.anvil.slot(self.safe, U256::ZERO), word(EVIL));
        assert_eq!(self.anvil.ask("evm_revert", &json!([snapshot])), json!(true));
        assert_eq!(self.anvil.slot(self.safe, U256::ZERO), word(self.singleton));
    }
}

fn story(release: Release) {
    let Some(mut scene) = Scene::set(release) else { return };
    let code = keccak256(scene.anvil.code(scene.singleton));
    let official = DEPLOYMENTS.iter().find(|row| row.code_hash == code).expect("the code of the mainnet");
    assert_eq!((official.role, official.version), (Role::Singleton, scene.release.version));
    scene.pays_ether();
    scene.pays_tokens();
    scene.is_attacked();
}

#[test]
fn a_safe_of_1_1_1_on_a_chain() {
    story(Release {
        version: "1.1.1",
        package: "@gnosis.pm/safe-contracts",
        singleton: "build/contracts/GnosisSafe.json",
        factory: "build/contracts/ProxyFactory.json",
        // Its signatures name no chain: a person must look, always.
        honest: (Decision::Review, &[CheckId::Sig04]),
        stranger: "Invalid owner provided",
    });
}

#[test]
fn a_safe_of_1_3_0_on_a_chain() {
    story(Release {
        version: "1.3.0",
        package: "@gnosis.pm/safe-contracts",
        singleton: "build/artifacts/contracts/GnosisSafe.sol/GnosisSafe.json",
        factory: "build/artifacts/contracts/proxies/GnosisSafeProxyFactory.sol/GnosisSafeProxyFactory.json",
        honest: (Decision::Allow, &[]),
        stranger: "GS026",
    });
}

#[test]
fn a_safe_of_1_4_1_on_a_chain() {
    story(Release {
        version: "1.4.1",
        package: "@safe-global/safe-contracts",
        singleton: "build/artifacts/contracts/Safe.sol/Safe.json",
        factory: "build/artifacts/contracts/proxies/SafeProxyFactory.sol/SafeProxyFactory.json",
        honest: (Decision::Allow, &[]),
        stranger: "GS026",
    });
}
