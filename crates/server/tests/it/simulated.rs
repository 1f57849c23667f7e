//! What would happen, seen before it may pass: the proxy before a local chain.

use std::{path::Path, sync::mpsc, time::Duration};

use alloy_primitives::{Address, U256, address, keccak256};
use hex::FromHex;
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use tracehound_evm::rpc::{self, Rpc};
use tracehound_guard::{Facts, Policy, policy::DEFAULT, rlp};
use tracehound_server::proxy::{Limits, Options};
use tracehound_testkit::{
    anvil::{Anvil, CHAIN},
    http::Response,
    npm,
};

use crate::support::{COLD, Node, Running, options};

/// Anvil's first and last account; the key of the first is known to everybody.
const VICTIM: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const THIEF: Address = address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720");
/// All the victim's tokens, and as many as are taken at a time.
const SUPPLY: u64 = 1_000;
const TAKEN: u64 = 500;

fn words(selector: &str, words: &[U256]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:064x}")).collect();
    format!("0x{selector}{}", words.concat())
}

fn word(address: Address) -> U256 {
    address.into_word().into()
}

/// Code that makes a contract which takes tokens of whoever calls it, whatever he calls it for.
fn trap(token: Address) -> String {
    let run = [
        // transferFrom(caller, thief, amount) into memory,
        "6323b872dd60e01b600052",
        "33600452",
        &format!("73{THIEF:x}602452"),
        &format!("61{TAKEN:04x}604452"),
        // and CALL(gas, token, 0, 0, 0x64, 0, 0x20); STOP.
        "60206000606460006000",
        &format!("73{token:x}5af100"),
    ]
    .concat();
    // CODECOPY(0, 12, length); RETURN(0, length)
    let length = run.len() / 2;
    format!("0x60{length:02x}600c60003960{length:02x}6000f3{run}")
}

/// A chain with a token, a victim who has all of it, and somebody in his address book whom he should not trust.
struct Scene {
    chain: Anvil,
    rpc: Rpc,
    token: Address,
    friend: Address,
}

impl Scene {
    fn set() -> Option<Self> {
        let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let tokens = npm::package(tmp, "@openzeppelin/contracts", "4.9.6")?;
        let chain = Anvil::start(tmp)?;
        let rpc = Rpc::new(chain.url(), rpc::HttpLimits::default()).expect("an address");
        let mut scene = Self { chain, rpc, token: Address::ZERO, friend: Address::ZERO };
        let code = npm::code(&tokens.join("build/contracts/ERC20PresetFixedSupply.json"), "bytecode");
        // ("", "", supply, victim): two texts without a letter.
        let arguments = [4 * 32, 5 * 32, SUPPLY].map(U256::from).into_iter();
        let arguments: Vec<U256> = arguments.chain([word(VICTIM), U256::ZERO, U256::ZERO]).collect();
        scene.token = scene.deploy(&words(&hex::encode(code), &arguments));
        scene.friend = scene.deploy(&trap(scene.token));
        // Long ago, for something else.
        let approve = words("095ea7b3", &[word(scene.friend), U256::MAX]);
        let hash = scene.call(
            "eth_sendTransaction",
            &json!([{
                "from": VICTIM.to_string(), "to": scene.token.to_string(), "data": approve,
            }]),
        );
        assert_eq!(scene.mined(&hash)["status"], "0x1");
        Some(scene)
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.rpc.call(method, params).unwrap_or_else(|error| panic!("{error}"))
    }

    fn mined(&mut self, hash: &Value) -> Value {
        self.call("evm_mine", &json!([]));
        self.call("eth_getTransactionReceipt", &json!([hash]))
    }

    fn deploy(&mut self, code: &str) -> Address {
        let tx = json!([{ "from": THIEF.to_string(), "data": code, "gas": "0xa00000" }]);
        let hash = self.call("eth_sendTransaction", &tx);
        let receipt = self.mined(&hash);
        receipt["contractAddress"].as_str().and_then(|text| text.parse().ok()).expect("an address")
    }

    fn tokens(&mut self, of: Address) -> U256 {
        let question = json!({ "to": self.token.to_string(), "data": words("70a08231", &[word(of)]) });
        let answer = self.call("eth_call", &json!([question, "latest"]));
        answer.as_str().and_then(|text| text.parse().ok()).expect("a number")
    }

    fn proxy(&self, simulate: bool) -> Running {
        let book = format!(
            "[[book]]\naddress='{COLD}'\nname='cold'\n[[book]]\naddress='{}'\nname='friend'\n",
            self.friend
        );
        let facts = format!("[[token]]\naddress='{}'\nsymbol='TEST'\ndecimals=0", self.token);
        Running::start(Options {
            policy: Policy::parse(&format!("{DEFAULT}\n{book}")).expect("a policy"),
            facts: Facts::parse(&facts).expect("facts"),
            simulate,
            ..options(self.chain.url())
        })
    }

    /// A payment as signed bytes.
    fn signed(&mut self, to: &str) -> String {
        let nonce = self.call("eth_getTransactionCount", &json!([VICTIM.to_string(), "pending"]));
        let nonce: U256 = nonce.as_str().and_then(|text| text.parse().ok()).expect("a number");
        let fee = U256::from(10_000_000_000_u64);
        let mut list = Vec::new();
        for number in [U256::from(CHAIN), nonce, fee, fee, U256::from(200_000)] {
            rlp::put_uint(number, &mut list);
        }
        let to: Address = to.parse().expect("an address");
        rlp::put_bytes(to.as_slice(), &mut list);
        rlp::put_uint(U256::from(100), &mut list);
        rlp::put_bytes(&[], &mut list);
        rlp::put_list(&[], &mut list);
        let whole = |list: &[u8]| {
            let mut bytes = vec![2];
            rlp::put_list(list, &mut bytes);
            bytes
        };
        let key = SigningKey::from_slice(&<[u8; 32]>::from_hex(KEY).expect("digits")).expect("a key");
        let hash = keccak256(whole(&list));
        let (signature, parity) = key.sign_prehash_recoverable(hash.as_slice()).expect("signs");
        rlp::put_uint(U256::from(parity.to_byte()), &mut list);
        rlp::put_uint(U256::from_be_slice(&signature.r().to_bytes()), &mut list);
        rlp::put_uint(U256::from_be_slice(&signature.s().to_bytes()), &mut list);
        format!("0x{}", hex::encode(whole(&list)))
    }
}

/// A payment without any data.
fn payment(to: &str) -> Value {
    json!({ "from": VICTIM.to_string(), "to": to, "value": "0x64", "gas": "0x30d40" })
}

fn body(method: &str, param: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [param] }).to_string()
}

#[test]
fn a_payment_that_would_take_tokens_is_refused_and_honest_ones_pass() {
    let Some(mut scene) = Scene::set() else { return };
    let friend = scene.friend.to_string();
    let proxy = scene.proxy(true);
    let batch = json!({
        "version": "2.0.0", "from": VICTIM.to_string(), "chainId": format!("{CHAIN:#x}"), "atomicRequired": false,
        "calls": [{ "to": COLD, "value": "0x1" }, { "to": friend, "value": "0x1" }],
    });
    let raw = json!(scene.signed(&friend));
    for (method, param) in [
        ("eth_sendTransaction", payment(&friend)),
        ("wallet_sendCalls", batch),
        ("eth_sendRawTransaction", raw),
    ] {
        let answer = proxy.post(body(method, &param));
        let message = answer.message();
        let why = "takes what the call data does not name, and nothing comes back. (G-SIM-01)";
        assert!(message.ends_with(why), "{method}: {message}");
        let report = &answer.json()["error"]["data"];
        let taken = format!("{TAKEN} TEST to {THIEF}");
        assert!(report.to_string().contains(&taken), "{method}: {report:#}");
        let on =
            report["items"].as_array().expect("items").last().expect("one")["simulation"]["state"].clone();
        assert!(on.as_str().is_some_and(|on| on.contains("proofs checked")), "{on}");
    }
    scene.call("evm_mine", &json!([]));
    assert_eq!(scene.tokens(VICTIM), U256::from(SUPPLY), "nothing was sent");

    let transfer = words("a9059cbb", &[word(COLD.parse().expect("an address")), U256::from(10)]);
    let tokens = json!({ "from": VICTIM.to_string(), "to": scene.token.to_string(), "data": transfer });
    for (method, param) in [("eth_sendTransaction", payment(COLD)), ("eth_sendTransaction", tokens)] {
        let answer = proxy.post(body(method, &param)).json();
        assert_eq!(scene.mined(&answer["result"])["status"], "0x1", "{answer}");
    }
    let raw = json!(scene.signed(COLD));
    let answer = proxy.post(body("eth_sendRawTransaction", &raw)).json();
    assert_eq!(scene.mined(&answer["result"])["status"], "0x1", "{answer}");
    assert_eq!(scene.tokens(COLD.parse().expect("an address")), U256::from(10));
    let paid = scene.call("eth_getBalance", &json!([COLD, "latest"]));
    assert_eq!(paid, "0xc8");
    let calls = json!({
        "version": "2.0.0", "from": VICTIM.to_string(), "chainId": format!("{CHAIN:#x}"), "atomicRequired": false,
        "calls": [{ "to": COLD, "value": "0x1" }, { "to": COLD, "value": "0x2" }],
    });
    let message = proxy.post(body("wallet_sendCalls", &calls)).message();
    assert!(!message.contains("tracehound"), "anvil's own word, for it knows no batches: {message}");

    // Without being executed the payment looks like any other, and the tokens are gone.
    let answer = scene.proxy(false).post(body("eth_sendTransaction", &payment(&friend))).json();
    assert_eq!(scene.mined(&answer["result"])["status"], "0x1", "{answer}");
    assert_eq!(scene.tokens(THIEF), U256::from(TAKEN));
}

#[test]
fn a_node_that_cannot_say_what_would_happen_is_told_nothing() {
    let (hold, held_back) = mpsc::channel::<()>();
    let without = Node::start(|_| {
        Some(Response::ok(r#"{"id":1,"jsonrpc":"2.0","error":{"code":-32000,"message":"no state"}}"#))
    });
    let silent = Node::start(move |_| {
        let _ = held_back.recv();
        None
    });
    let limits = Limits { simulation: Duration::from_millis(200), ..Limits::default() };
    let pay = json!({ "from": VICTIM.to_string(), "to": COLD, "value": "0x1" });
    for (node, why) in [(&without, "no state"), (&silent, "no complete answer within 0.")] {
        // Not even where a person may let things pass: this is no matter of opinion.
        let url = node.server.url();
        let proxy = Running::start(Options { simulate: true, allow_review: true, limits, ..options(&url) });
        let answer = proxy.post(body("eth_sendTransaction", &pay)).json();
        let error = &answer["error"];
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains("node could not be read"), "{answer}");
        assert!(error["data"].to_string().contains("could not be executed"), "{answer}");
        assert_eq!(error["data"]["verdict"], "incomplete", "{answer}");
        assert!(error["data"].to_string().contains(why), "{answer}");
    }
    drop(hold);
    for node in [without, silent] {
        let asked = node.asked();
        let sent = asked.iter().any(|body| String::from_utf8_lossy(body).contains("eth_sendTransaction"));
        assert!(!sent && !asked.is_empty(), "{} questions", asked.len());
    }
}
