//! Any bytes at every door of the guard: an answer comes, no panic, and nothing that cannot be read is allowed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tracehound_guard::{
    Context, Facts, Policy, Report, check_message, check_safe, check_tx, check_typed, decode::Function,
    erc7730::Descriptor, rpc, text,
};

const SEEDS: &[&str] = &[
    r#"{"results":[{"safe":"0x6666666666666666666666666666666666666666","to":"0x5555555555555555555555555555555555555555","value":"1","data":"0x8d80ff0a","operation":1,"nonce":1,"confirmations":[]}]}"#,
    r#"{"to":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48","value":"0x0","chainId":"0x1","data":"0x095ea7b3000000000000000000000000e50a2dbc466d01a34c3e8b7e8e45fce4f7da39e6000000000000000000000000000000000000000000000000ffffffffffffffff"}"#,
    r#"{"types":{"EIP712Domain":[{"name":"chainId","type":"uint256"}],"Permit":[{"name":"spender","type":"address"},{"name":"value","type":"uint256[2][]"}]},"primaryType":"Permit","domain":{"chainId":1},"message":{"spender":"0x5555555555555555555555555555555555555555","value":[["1","2"]]}}"#,
    r#"[{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x02c0"]},{"jsonrpc":"2.0","id":2,"method":"eth_call","params":[]}]"#,
    "0x02f86f01820292843b9aca00843f0f9ebe83015f9094d9db270c1b5e3bd161e8c8503c55ceabee70955280b8440d582f13",
    "function stake((address,uint256[2])[] orders, bytes32 root)",
];

const DOORS: [fn(&[u8], Context<'_>) -> Report; 4] = [check_safe, check_tx, check_typed, check_message];

fuzz_target!(
    init: {
        tracehound_fuzz::seeds_wanted(|| SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect());
    },
    |data: &[u8]| {
        let (policy, facts) = (Policy::default(), Facts::default());
        let context = Context::new(&policy, &facts);
        for door in DOORS {
            let report = door(data, context);
            let mut shown = String::new();
            text::write(&mut shown, &report).expect("writes");
            assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
        }
        if let Ok(words) = std::str::from_utf8(data) {
            let _ = Function::parse(words);
            let _ = Policy::parse(words);
            let _ = Facts::parse(words);
        }
        let _ = Descriptor::read(data, &|_| None);
        let judged = rpc::judge(data, rpc::Rules { context, allow_review: true });
        drop(judged);
    }
);
