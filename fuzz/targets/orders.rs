//! Any bytes as typed data: what is allowed has a type that is read, and deals with nobody unknown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tracehound_guard::{Context, Facts, Policy, check_typed, policy::DEFAULT};

const ME: &str = "0x1111111111111111111111111111111111111111";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";

/// Whom the policy, the shipped entries or the table of tokens know, of those in the seeds.
const KNOWN: &[&str] = &[
    ME,
    FRIEND,
    "0x0000000000000000000000000000000000000000",
    "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
    "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
    "0x6b175474e89094c44da98b954eedeac495271d0f",
    "0x9008d19f58aabd9ed0d60971565aa8510560ab41",
    "0x000000000022d473030f116ddee9f6b43ac78ba3",
    "0x0000000000000068f116a894984e2db1123eb395",
    "0x4337084d9e255ff0702461cf8895ce9e3b5ff108",
    "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
];

/// Fields of the seeds that say in whose name the data speak.
const OWNERS: &[&str] = &["owner", "holder", "from", "maker", "sender", "signer", "staker", "authorizer"];

const SEEDS: &[&str] = &[
    r#"{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"Order":[{"name":"sellToken","type":"address"},{"name":"buyToken","type":"address"},{"name":"receiver","type":"address"},{"name":"sellAmount","type":"uint256"},{"name":"buyAmount","type":"uint256"},{"name":"validTo","type":"uint32"},{"name":"appData","type":"bytes32"},{"name":"feeAmount","type":"uint256"},{"name":"kind","type":"string"},{"name":"partiallyFillable","type":"bool"},{"name":"sellTokenBalance","type":"string"},{"name":"buyTokenBalance","type":"string"}]},"primaryType":"Order","domain":{"name":"Gnosis Protocol","version":"v2","chainId":1,"verifyingContract":"0x9008D19f58AAbD9eD0D60971565AA8510560ab41"},"message":{"sellToken":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48","buyToken":"0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2","receiver":"0x1111111111111111111111111111111111111111","sellAmount":"3000000000","buyAmount":"1000000000000000000","validTo":1768485600,"appData":"0x0000000000000000000000000000000000000000000000000000000000000000","feeAmount":"0","kind":"sell","partiallyFillable":false,"sellTokenBalance":"erc20","buyTokenBalance":"erc20"}}"#,
    r#"{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"Permit":[{"name":"owner","type":"address"},{"name":"spender","type":"address"},{"name":"value","type":"uint256"},{"name":"nonce","type":"uint256"},{"name":"deadline","type":"uint256"}]},"primaryType":"Permit","domain":{"name":"USD Coin","version":"2","chainId":1,"verifyingContract":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"},"message":{"owner":"0x1111111111111111111111111111111111111111","spender":"0x5555555555555555555555555555555555555555","value":"0","nonce":0,"deadline":1768485600}}"#,
    r#"{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"PermitTransferFrom":[{"name":"permitted","type":"TokenPermissions"},{"name":"spender","type":"address"},{"name":"nonce","type":"uint256"},{"name":"deadline","type":"uint256"}],"TokenPermissions":[{"name":"token","type":"address"},{"name":"amount","type":"uint256"}]},"primaryType":"PermitTransferFrom","domain":{"name":"Permit2","chainId":1,"verifyingContract":"0x000000000022D473030F116dDEE9F6B43aC78BA3"},"message":{"permitted":{"token":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48","amount":"1000000"},"spender":"0x5555555555555555555555555555555555555555","nonce":"0","deadline":"1768485600"}}"#,
    r#"{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"PackedUserOperation":[{"name":"sender","type":"address"},{"name":"nonce","type":"uint256"},{"name":"initCode","type":"bytes"},{"name":"callData","type":"bytes"},{"name":"accountGasLimits","type":"bytes32"},{"name":"preVerificationGas","type":"uint256"},{"name":"gasFees","type":"bytes32"},{"name":"paymasterAndData","type":"bytes"}]},"primaryType":"PackedUserOperation","domain":{"name":"ERC4337","version":"1","chainId":1,"verifyingContract":"0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108"},"message":{"sender":"0x1111111111111111111111111111111111111111","nonce":"0","initCode":"0x","callData":"0xb61d27f60000000000000000000000005555555555555555555555555555555555555555000000000000000000000000000000000000000000000000000000000000000500000000000000000000000000000000000000000000000000000000000000600000000000000000000000000000000000000000000000000000000000000000","accountGasLimits":"0x0000000000000000000000000001000000000000000000000000000000010000","preVerificationGas":"50000","gasFees":"0x0000000000000000000000003b9aca000000000000000000000000003b9aca00","paymasterAndData":"0x"}}"#,
    r#"{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"TransferWithAuthorization":[{"name":"from","type":"address"},{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"validAfter","type":"uint256"},{"name":"validBefore","type":"uint256"},{"name":"nonce","type":"bytes32"}]},"primaryType":"TransferWithAuthorization","domain":{"name":"USD Coin","version":"2","chainId":1,"verifyingContract":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"},"message":{"from":"0x1111111111111111111111111111111111111111","to":"0x5555555555555555555555555555555555555555","value":"5","validAfter":"0","validBefore":"1768485600","nonce":"0x0000000000000000000000000000000000000000000000000000000000000001"}}"#,
];

/// The texts of a JSON value that are addresses of EVM chains.
fn addresses(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40);
            if digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
                found.push(text.to_lowercase());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| addresses(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| addresses(field, found)),
        _ => {}
    }
}

fuzz_target!(
    init: {
        tracehound_fuzz::seeds_wanted(|| SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect());
    },
    |data: &[u8]| {
        let policy = format!(
            "{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n[[trusted]]\naddress='{FRIEND}'\nlabel='a friend'\n\
             roles=['spender','operator','recipient']\n"
        );
        let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n");
        let (policy, facts) = (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
        let report = check_typed(data, Context::new(&policy, &facts));
        if report.exit_code != 0 {
            return;
        }
        assert!(!report.items.is_empty(), "nothing was read");
        for item in &report.items {
            assert!(!item.intent.contains("which only its contract understands"), "{}", item.intent);
        }
        let read: Value = serde_json::from_slice(data).expect("what is allowed is JSON");
        // A right to nothing is the end of one, whoever loses it.
        if read["primaryType"] == "Permit" && (read["message"]["value"] == "0" || read["message"]["value"] == 0) {
            return;
        }
        let mut found = Vec::new();
        addresses(&read["domain"], &mut found);
        addresses(&read["message"], &mut found);
        for name in OWNERS {
            if let Some(owner) = read["message"][name].as_str() {
                assert!(owner.eq_ignore_ascii_case(ME), "{name} is {owner}, and allowed");
            }
        }
        for address in found {
            assert!(KNOWN.contains(&&address[..]), "{address} is unknown, and allowed");
        }
    }
);
