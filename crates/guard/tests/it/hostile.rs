//! Whatever comes in: an answer comes out, and rubbish is never allowed.

use proptest::prelude::*;
use tracehound_guard::{
    Context, Facts, Policy, Report, check_message, check_safe, check_tx, check_typed, erc7730::Descriptor,
    rlp, safe::signature, text,
};

const DOORS: [fn(&[u8], Context<'_>) -> Report; 4] = [check_safe, check_tx, check_typed, check_message];

fn all(input: &[u8]) -> Vec<Report> {
    let policy = Policy::default();
    let facts = Facts::parse(
        "chain-id=1\n[[safe]]\naddress='0x6666666666666666666666666666666666666666'\nversion='1.3.0'\nnonce=1\nthreshold=1",
    )
    .expect("facts");
    DOORS
        .iter()
        .map(|door| {
            let report = door(input, Context::new(&policy, &facts));
            let mut shown = String::new();
            text::write(&mut shown, &report).expect("writes");
            assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
            serde_json::to_string(&report).expect("JSON");
            report
        })
        .collect()
}

/// Inputs that are right, to be damaged.
const SEEDS: [&str; 4] = [
    r#"{"results":[{"safe":"0x6666666666666666666666666666666666666666","to":"0x5555555555555555555555555555555555555555","value":"1","data":"0x8d80ff0a00000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000055005555555555555555555555555555555555555555000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000000000000000000000000000000000000000000","operation":1,"nonce":1,"confirmations":[{"owner":"0x1F4EB0a903619ac168b19A82F1a6e2e426522211","signature":"0xd0afef78a52fd504479dc2af3dc401334762cbd05609c7ac18db9ec5abf4a07a5cc09fc86efd3489707b89b0c729faed616459189cb50084f208d03b201b001f1f"}]}]}"#,
    r#"{"to":"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48","value":"0x0","chainId":"0x1","data":"0x095ea7b3000000000000000000000000e50a2dbc466d01a34c3e8b7e8e45fce4f7da39e6000000000000000000000000000000000000000000000000ffffffffffffffff","authorizationList":[{"chainId":"1","address":"0x5555555555555555555555555555555555555555","nonce":"1"}]}"#,
    r#"{"types":{"EIP712Domain":[{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"Permit":[{"name":"spender","type":"address"},{"name":"value","type":"uint256[2][]"},{"name":"inner","type":"Permit[]"}]},"primaryType":"Permit","domain":{"chainId":1,"verifyingContract":"0x5555555555555555555555555555555555555555"},"message":{"spender":"0x5555555555555555555555555555555555555555","value":[["1","2"]],"inner":[]}}"#,
    "0x02f86f01820292843b9aca00843f0f9ebe83015f9094d9db270c1b5e3bd161e8c8503c55ceabee70955280b8440d582f130000000000000000000000002e0ece61d3f2353a851b268f34dca0bc3904df2a0000000000000000000000000000000000000000000000000000000000000001c0",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_bytes_get_an_answer_and_only_texts_are_allowed(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let reports = all(&bytes);
        for report in &reports[..3] {
            prop_assert_eq!(report.exit_code, 20);
        }
    }

    #[test]
    fn damaged_inputs_get_an_answer(
        seed in 0..SEEDS.len(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = SEEDS[seed].as_bytes().to_vec();
        for (at, to, kind) in cuts {
            let (at, to) = (at.index(bytes.len()), to.index(bytes.len()));
            match kind % 4 {
                0 => bytes[at] = b"0f{}[]\",:-e"[usize::from(kind) % 11],
                1 => bytes.swap(at, to),
                2 => {
                    let piece = bytes[at.min(to)..at.max(to)].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => {
                    bytes.remove(at);
                }
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        all(&bytes);
    }

    #[test]
    fn damaged_call_data_gets_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        for seed in SEEDS {
            let Some(start) = seed.find("\"data\":\"0x") else { continue };
            let start = start + 10;
            let end = start + seed[start..].find('"').expect("closed");
            let mut data = hex::decode(&seed[start..end]).expect("hex");
            let index = at.index(data.len());
            data[index] ^= byte;
            data.truncate(cut.index(data.len()) + 1);
            all(format!("{}{}{}", &seed[..start], hex::encode(data), &seed[end..]).as_bytes());
        }
    }

    #[test]
    fn other_readers_take_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = rlp::decode(&bytes);
        let _ = signature::split(&bytes);
        let _ = Descriptor::read(&bytes, &|_| None);
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = tracehound_guard::decode::Function::parse(text);
            let _ = Policy::parse(text);
            let _ = Facts::parse(text);
        }
    }
}

#[test]
fn hostile_documents_are_refused_where_they_stand() {
    for (input, place) in [
        (
            r#"{"to":"0x5555555555555555555555555555555555555555","to":"0x6666666666666666666666666666666666666666"}"#,
            "line 1, byte 51",
        ),
        (r#"{"to":"0x55"}"#, "tx.to"),
        (r#"{"to":"0x5555555555555555555555555555555555555555","value":"ff"}"#, "tx.value"),
        (r#"{"to":"0x5555555555555555555555555555555555555555","value":-1}"#, "tx.value"),
        (r#"{"to":"0x5555555555555555555555555555555555555555","value":1.5}"#, "tx.value"),
        (r#"{"to":"0x5555555555555555555555555555555555555555","data":"0x123"}"#, "tx.data"),
        (r#"{"to":"0x5555555555555555555555555555555555555555","data":true}"#, "tx.data"),
        ("0x02c0", "tx"),
        ("[]", "tx"),
        ("", "line 1, byte 0"),
    ] {
        let report = check_tx(input.as_bytes(), Context::new(&Policy::default(), &Facts::default()));
        assert_eq!(report.exit_code, 20, "{input}");
        let finding = report.of("G-FMT-01")[0];
        assert!(finding.title.contains(place), "{input}: {}", finding.title);
    }
}

#[test]
fn hostile_typed_data_are_refused_or_flagged() {
    let good = SEEDS[2];
    let setting = |input: &str| {
        let facts = Facts::parse("chain-id=1").expect("facts");
        check_typed(input.as_bytes(), Context::new(&Policy::default(), &facts))
    };
    for (from, to) in [
        (r#""name":"spender","type":"address""#, r#""name":"spender","type":"uint""#),
        (r#""name":"spender","type":"address""#, r#""name":"spender","type":"Missing""#),
        (r#""name":"value""#, r#""name":"spender""#),
        (r#""Permit":[{"#, r#""address":[],"Permit":[{"#),
        (r#"[["1","2"]]"#, r#"[["1"]]"#),
        (r#"[["1","2"]]"#, r#"[["1",null]]"#),
        (r#""inner":[]"#, r#""inner":{}"#),
        (r#""primaryType":"Permit""#, r#""primaryType":"permit""#),
        (r#","inner":[]"#, ""),
    ] {
        assert!(good.contains(from), "{from}");
        let report = setting(&good.replacen(from, to, 1));
        assert!(report.has("G-FMT-01") && report.exit_code == 20, "{to}: {:#?}", report.findings);
    }
    for (from, to) in [
        (r#""inner":[]"#, r#""inner":[],"extra":1"#),
        (r#"{"chainId":1,"#, r#"{"chainId":1,"name":"shown only","#),
        (r#""primaryType""#, r#""comment":"You only log in","primaryType""#),
        (r#""chainId":1"#, r#""chainId":"0x0001""#),
        (r#""spender":"0x5555"#, r#""spender":"0X5555"#),
        (r#""primaryType":"Permit""#, r#""primaryType":"EIP712Domain""#),
    ] {
        assert!(good.contains(from), "{from}");
        let report = setting(&good.replacen(from, to, 1));
        assert!(report.has("G-SIGN-01") && report.exit_code == 20, "{to}: {:#?}", report.findings);
    }
}

#[test]
fn a_request_by_a_method_that_is_not_judged_is_refused_by_its_name() {
    let me = "0x1111111111111111111111111111111111111111";
    let policy = Policy::parse(&format!(
        "{}\n[[book]]\naddress='0x5555555555555555555555555555555555555555'\nname='a friend'\n",
        tracehound_guard::policy::DEFAULT
    ));
    let facts = Facts::parse(&format!("chain-id=1\naccount='{me}'\n")).expect("facts");
    let policy = policy.expect("a policy");
    let ask = |method: &str, form: &str| {
        let tx = format!(
            r#"{{"from":"{me}","to":"0x5555555555555555555555555555555555555555","value":"0x1","chainId":"0x1"}}"#
        );
        let input = format!(r#"{{"method":{method:?},"params":[{}]}}"#, form.replace("TX", &tx));
        check_tx(input.as_bytes(), Context::new(&policy, &facts))
    };
    for method in ["eth_sendTransaction", "eth_signTransaction"] {
        assert_eq!(ask(method, "TX").exit_code, 0, "{method}: {:#?}", ask(method, "TX").findings);
    }
    for (method, form) in [
        ("eth_sendSomething", "TX"),
        ("eth_sendtransaction", "TX"),
        ("wallet_sendTransaction", "TX"),
        ("eth_estimateGas", "TX"),
        ("wallet_switchEthereumChain", r#"{"chainId":"0x2105"}"#),
        ("", "TX"),
    ] {
        let report = ask(method, form);
        assert_eq!(report.exit_code, 20, "{method}: {:#?}", report.findings);
        assert!(report.items.is_empty(), "{method} is told as something that it is not");
        let told = report.findings.iter().any(|one| one.title.contains(&format!("{method:?}")));
        assert!(told, "{method}: {:#?}", report.findings);
    }
}

#[test]
fn thousands_of_tokens_in_one_signature_are_all_read_and_shown() {
    const COUNT: usize = 6_000;
    let details: Vec<serde_json::Value> = (1..=COUNT)
        .map(|number| {
            let token = format!("0x{:040x}", number * 0x0010_0001_0001);
            serde_json::json!({ "token": token, "amount": "5", "expiration": "1768485600", "nonce": "0" })
        })
        .collect();
    let field = |name: &str, kind: &str| serde_json::json!({ "name": name, "type": kind });
    let data = serde_json::json!({
        "types": {
            "EIP712Domain": [field("chainId", "uint256"), field("verifyingContract", "address")],
            "PermitBatch": [field("details", "PermitDetails[]"), field("spender", "address"), field("sigDeadline", "uint256")],
            "PermitDetails": [
                field("token", "address"), field("amount", "uint160"), field("expiration", "uint48"), field("nonce", "uint48"),
            ],
        },
        "primaryType": "PermitBatch",
        "domain": { "chainId": 1, "verifyingContract": "0x000000000022D473030F116dDEE9F6B43aC78BA3" },
        "message": {
            "details": details, "spender": "0x8888888888888888888888888888888888888888", "sigDeadline": "1768485600",
        },
    });
    let (policy, facts) = (Policy::default(), Facts::parse("chain-id=1\n").expect("facts"));
    let report = check_typed(data.to_string().as_bytes(), Context::new(&policy, &facts));
    assert_eq!(report.exit_code, 20);
    assert!(report.of("G-APP-03").len() >= COUNT, "{}", report.findings.len());
    let mut shown = String::new();
    text::write(&mut shown, &report).expect("writes");
    assert!(shown.lines().count() > COUNT);
}
