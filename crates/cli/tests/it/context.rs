//! From an empty folder to an honest answer: the commands of `docs/GUARD.md`, on a local chain with a Safe's real code.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};
use tracehound_evm::rpc::{HttpLimits, Rpc};
use tracehound_testkit::{anvil::Anvil, npm};

const SAFE: &str = "0x5afe000000000000000000000000000000000002";
const COLD: &str = "0xF946445B497Fc21617cc9bBf3606167aD8c5CEeB";
const STRANGER: &str = "0x1F4EB0a903619ac168b19A82F1a6e2e426522211";
/// The official 1.4.1, and where it lies.
const SINGLETON: &str = "0x41675C099F32341bf84BFc5382aF534df5C7461a";
const MULTI_SEND: &str = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2";

/// A chain with a Safe of 1.4.1: one owner, 10 ether, its first transaction next.
fn chain() -> Option<(Anvil, Rpc)> {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = npm::package(tmp, "@safe-global/safe-contracts", "1.4.1")?;
    let chain = Anvil::start(tmp)?;
    let mut rpc = Rpc::new(chain.url(), HttpLimits::default()).expect("an address");
    for (address, file) in [
        (SAFE, "proxies/SafeProxy.sol/SafeProxy.json"),
        (SINGLETON, "Safe.sol/Safe.json"),
        (MULTI_SEND, "libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json"),
    ] {
        let code = npm::code(&folder.join("build/artifacts/contracts").join(file), "deployedBytecode");
        rpc.call("anvil_setCode", &json!([address, format!("0x{}", hex::encode(code))])).expect("set");
    }
    let word = |text: &str| format!("0x{:0>64}", text.trim_start_matches("0x").to_lowercase());
    // owners[1] = the owner, owners[owner] = 1: a list of one; keccak(key, 2).
    let owner = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
    for (slot, value) in [
        (word("0"), word(SINGLETON)),
        (word("3"), word("1")),
        (word("4"), word("1")),
        ("0xe90b7bceb6e7df5418fb78d8ee546e97c83a08bbccc01a0644d599ccd2a7c2e0".to_owned(), word(owner)),
        (OWNER_SLOT.to_owned(), word("1")),
    ] {
        rpc.call("anvil_setStorageAt", &json!([SAFE, slot, value])).expect("set");
    }
    rpc.call("anvil_setBalance", &json!([SAFE, "0x8ac7230489e80000"])).expect("set");
    rpc.call("evm_mine", &json!([])).expect("mined");
    Some((chain, rpc))
}

/// keccak(owner, 2).
const OWNER_SLOT: &str = "0xbc40fbf4394cd00f78fae9763b0c2c71b21ea442c42fdadc5b720537240ebac1";

/// The words of a line as a shell splits them: blanks, and single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("there").push(c),
        }
    }
    words
}

/// Runs a command of the documentation in a folder.
fn run(folder: &Path, line: &str) -> (Option<i32>, String) {
    let words = words(line);
    assert_eq!(words[0], "tracehound");
    let output = Command::new(env!("CARGO_BIN_EXE_tracehound"))
        .env("TRACEHOUND_CONFIG", "")
        .args(&words[1..])
        .current_dir(folder)
        .env("TRACEHOUND_DATA", folder.join("data"))
        .output()
        .expect("runs");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), said)
}

fn payment(to: &str) -> Value {
    let nobody = "0x0000000000000000000000000000000000000000";
    json!({
        "safe": SAFE, "to": to, "value": "1000000000000000000", "data": "0x", "operation": 0, "safeTxGas": 0, "baseGas": 0,
        "gasPrice": 0, "gasToken": nobody, "refundReceiver": nobody, "nonce": 0
    })
}

#[test]
fn three_commands_lead_from_an_empty_folder_to_an_honest_answer() {
    let Some((chain, mut rpc)) = chain() else { return };
    let page = include_str!("../../../../docs/GUARD.md");
    let (_, section) = page.split_once("## From nothing to an answer").expect("a section");
    let commands: Vec<String> = section
        .lines()
        .skip_while(|line| *line != "```")
        .skip(1)
        .take_while(|line| *line != "```")
        .map(|line| {
            line.replace("http://127.0.0.1:8545", chain.url()).replace("SAFE", SAFE).replace("ADDRESS", COLD)
        })
        .collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("queue.json"), payment(COLD).to_string()).expect("written");
    for setup in &commands[..2] {
        let (code, said) = run(folder.path(), setup);
        assert_eq!(code, Some(0), "{setup}: {said}");
    }
    let (code, said) = run(folder.path(), &commands[2]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("ALLOW") && said.contains("proofs checked"), "{said}");
    let context = fs::read_to_string(folder.path().join("context.toml")).expect("written");
    for known in ["version = \"1.4.1\"", "threshold = 1", "nonce = 0", "# MultiSendCallOnly 1.4.1"] {
        assert!(context.contains(known), "{known}: {context}");
    }

    // Written once: nothing is replaced.
    let (code, said) = run(folder.path(), &commands[0]);
    assert!(code == Some(1) && said.contains("never replaced"), "{said}");

    // To somebody else, and after another owner came in behind the signer's back, it is not allowed.
    fs::write(folder.path().join("queue.json"), payment(STRANGER).to_string()).expect("written");
    let (code, said) = run(folder.path(), &commands[2]);
    assert_eq!(code, Some(10), "nothing was ever seen there: {said}");
    assert!(said.contains("G-POL-03"), "{said}");
    fs::write(folder.path().join("queue.json"), payment(COLD).to_string()).expect("written");
    let two = format!("0x{:064x}", 2);
    let nine = format!("0x{:064x}", 9);
    // owners[owner] = 9, owners[9] = 1, two owners.
    for (slot, value) in [
        (format!("0x{:064x}", 3), &two),
        (OWNER_SLOT.to_owned(), &nine),
        (NINTH_SLOT.to_owned(), &format!("0x{:064x}", 1)),
    ] {
        rpc.call("anvil_setStorageAt", &json!([SAFE, slot, value])).expect("set");
    }
    rpc.call("evm_mine", &json!([])).expect("mined");
    let (code, said) = run(folder.path(), &commands[2]);
    assert_eq!(code, Some(30), "{said}");
    assert!(said.contains("G-FACT-01") && said.contains("the owners of"), "{said}");
}

/// keccak(9, 2).
const NINTH_SLOT: &str = "0xf85cc6ffc513dc6cf7d199ef87b7a63cf9defe62251c1c247cd12f1eec7bff29";

#[test]
fn what_is_no_safe_has_no_context_and_a_node_elsewhere_none_either() {
    let Some((chain, _rpc)) = chain() else { return };
    let folder = tempfile::tempdir().expect("folder");
    let url = chain.url();
    let (code, said) =
        run(folder.path(), &format!("tracehound guard context init {COLD} c.toml --rpc {url}"));
    assert!(code == Some(1) && said.contains("is no Safe whose code is known here"), "{said}");
    let (code, said) =
        run(folder.path(), &format!("tracehound guard context init {SAFE} c.toml --rpc {url} --chain-id 1"));
    assert!(code == Some(1) && said.contains("on chain 31337"), "{said}");
    assert!(!folder.path().join("c.toml").exists());
}
