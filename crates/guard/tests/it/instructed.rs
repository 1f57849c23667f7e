//! Acts by which somebody else acts: a transaction that another Safe is to make, and data that tell a receiver what to do.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_safe, check_tx, check_typed, policy::DEFAULT};

use crate::{
    NO_REFUND,
    left::{call, number, word},
};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const SAFE: &str = "0x5afE5aFE5Afe5afe5aFe5afE5afE5aFE5afe0001";
const OTHER: &str = "0x5afe5afe5afe5afe5afe5afe5afe5afe5afe0002";
const OURS: &str = "0xdddddddddddddddddddddddddddddddddddddd01";
const THIEF: &str = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";

fn policy(more: &str) -> Policy {
    let ours = format!(
        "[[trusted]]\naddress='{OURS}'\nlabel='ours'\nroles=['contract','spender','recipient','operator','module']\n"
    );
    Policy::parse(&format!("{DEFAULT}\n{ours}{more}")).expect("a policy")
}

fn facts(more: &str) -> Facts {
    let owner = format!("owners=['{ME}']\nthreshold=1\n");
    let safes = [SAFE, OTHER]
        .map(|safe| format!("[[safe]]\naddress='{safe}'\nversion='1.4.1'\nnonce=10\n{owner}"))
        .concat();
    Facts::parse(&format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n{more}{safes}"))
        .expect("facts")
}

fn safe_tx(to: &str, data: &str) -> String {
    format!(
        r#"{{"safe":"{SAFE}","to":"{to}","value":"0","data":"0x{data}","operation":0,{NO_REFUND},"nonce":10,"chainId":1,"version":"1.4.1"}}"#
    )
}

fn sent(to: &str, data: &str, more: &str) -> Report {
    let input = format!(r#"{{"from":"{ME}","to":"{to}","value":"0x0","data":"0x{data}","chainId":1}}"#);
    check_tx(input.as_bytes(), Context::new(&policy(""), &facts(more)))
}

/// `bytes` with their length, padded.
fn bytes(data: &str) -> String {
    let len = data.len() / 2;
    format!("{}{data}{}", number(len as u64), "00".repeat(len.next_multiple_of(32) - len))
}

fn user_operation(data: &str) -> Value {
    let field = |name: &str, of: &str| json!({ "name": name, "type": of });
    json!({
        "types": {
            "EIP712Domain": [field("chainId", "uint256"), field("verifyingContract", "address")],
            "SafeOp": [
                field("safe", "address"), field("nonce", "uint256"), field("initCode", "bytes"), field("callData", "bytes"),
                field("verificationGasLimit", "uint128"), field("callGasLimit", "uint128"),
                field("preVerificationGas", "uint256"), field("maxPriorityFeePerGas", "uint128"),
                field("maxFeePerGas", "uint128"), field("paymasterAndData", "bytes"), field("validAfter", "uint48"),
                field("validUntil", "uint48"), field("entryPoint", "address"),
            ],
        },
        "primaryType": "SafeOp",
        "domain": { "chainId": 1, "verifyingContract": "0x75cf11467937ce3F2f357CE24ffc3DBF8fD5c226" },
        "message": {
            "safe": SAFE, "nonce": "1", "initCode": "0x", "callData": format!("0x{data}"), "verificationGasLimit": "100000",
            "callGasLimit": "100000", "preVerificationGas": "50000", "maxPriorityFeePerGas": "1000000000",
            "maxFeePerGas": "2000000000", "paymasterAndData": "0x", "validAfter": "0", "validUntil": "1770000000",
            "entryPoint": "0x0000000071727De22E5E9d8BAf0edAc6f37da032",
        },
    })
}

#[test]
fn a_hash_that_another_safe_is_to_approve_is_judged_wherever_it_stands() {
    let approves = format!("d4d9bdcd{}", "01".repeat(32));
    let schedule = call(
        "schedule(address,uint256,bytes,bytes32,bytes32,uint256)",
        &[word(OTHER), number(0), number(192), number(0), number(0), number(86400), bytes(&approves)],
    );
    let execute =
        call("execute(address,uint256,bytes)", &[word(OTHER), number(0), number(96), bytes(&approves)]);
    let module = call(
        "execTransactionFromModule(address,uint256,bytes,uint8)",
        &[word(OTHER), number(0), number(128), number(0), bytes(&approves)],
    );
    let (policy, facts) = (policy(""), facts(""));
    for (to, data) in [(OTHER, &approves), (OURS, &schedule), (OURS, &execute), (OURS, &module)] {
        let report = check_safe(safe_tx(to, data).as_bytes(), Context::new(&policy, &facts));
        let said = report.findings.iter().any(|one| one.title.contains("whose transaction is not here"));
        assert!(report.exit_code == 30 && said, "{data}: {:#?}", report.findings);
    }
    let data = call(
        "executeUserOp(address,uint256,bytes,uint8)",
        &[word(OTHER), number(0), number(128), number(0), bytes(&approves)],
    );
    let report = check_typed(user_operation(&data).to_string().as_bytes(), Context::new(&policy, &facts));
    assert!(report.exit_code == 30, "{:#?}", report.findings);
    assert!(
        report.findings.iter().any(|one| one.title.contains("that is not here")),
        "{:#?}",
        report.findings
    );
}

#[test]
fn data_that_tell_a_receiver_what_to_do_are_said_and_never_allowed_unread() {
    let note = format!("{}{}", "00".repeat(12), &THIEF[2..]);
    let (from, to, five) = (word(ME), word(OURS), number(5));
    let list = [number(1), five.clone()].concat();
    let batch = [number(160), number(224), number(288), list.clone(), list];
    let forms = [
        (USDC, "transferAndCall(address,uint256,bytes)", vec![to.clone(), five.clone(), number(96)]),
        (USDC, "approveAndCall(address,uint256,bytes)", vec![to.clone(), five.clone(), number(96)]),
        (USDC, "send(address,uint256,bytes)", vec![to.clone(), five.clone(), number(96)]),
        (
            OURS,
            "safeTransferFrom(address,address,uint256,bytes)",
            vec![from.clone(), to.clone(), five.clone(), number(128)],
        ),
        (
            OURS,
            "safeTransferFrom(address,address,uint256,uint256,bytes)",
            vec![from.clone(), to.clone(), five, number(1), number(160)],
        ),
        (
            OURS,
            "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
            [&[from, to][..], &batch].concat(),
        ),
    ];
    let (none, some) = (bytes(""), bytes(&note));
    for (token, function, words) in forms {
        let form = |data: &str| call(function, &[&words[..], &[data.to_owned()]].concat());
        let code = format!("[[address]]\naddress='{OURS}'\nkind='contract'\n");
        for known in ["", &code] {
            let report = sent(token, &form(&some), known);
            let said = report.findings.iter().any(|one| one.title.starts_with("Hands 32 bytes along to"));
            assert!(report.exit_code == 30 && said, "{:#?}", report.findings);
            assert!(
                report.items[0].intent.contains("with 32 bytes of data for"),
                "{}",
                report.items[0].intent
            );
        }
        let code_free = format!("[[address]]\naddress='{OURS}'\nkind='eoa'\n");
        for (data, known) in [(&none, ""), (&some, &code_free[..])] {
            let report = sent(token, &form(data), known);
            assert!(
                !report.findings.iter().any(|one| one.title.starts_with("Hands ")),
                "{:#?}",
                report.findings
            );
        }
    }
}
