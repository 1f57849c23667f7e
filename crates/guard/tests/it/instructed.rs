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
fn an_operation_of_ones_own_safe_at_the_entry_point_that_it_is_for_is_read() {
    const MODULE: &str = "0x75cf11467937ce3F2f357CE24ffc3DBF8fD5c226";
    let pays = |to: &str| {
        let none = [number(5), number(128), number(0), number(0)].concat();
        call("executeUserOp(address,uint256,bytes,uint8)", &[word(to), none])
    };
    let judged = |to: &str, entry: &str, book: &str| {
        let mut asked = user_operation(&pays(to));
        asked["message"]["entryPoint"] = json!(entry);
        let more = format!("[[trusted]]\naddress='{MODULE}'\nlabel='our module'\nroles=['module']\n{book}");
        check_typed(asked.to_string().as_bytes(), Context::new(&policy(&more), &facts("")))
    };
    let entry = "0x0000000071727De22E5E9d8BAf0edAc6f37da032";
    let fair = judged(OURS, entry, "");
    assert_eq!(fair.exit_code, 0, "{:#?}", fair.findings);
    assert_ne!(judged(THIEF, entry, "").exit_code, 0);
    assert_eq!(judged(OURS, THIEF, "").exit_code, 30, "an entry point that nobody knows");
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

fn judged(to: &str, value: u64, data: &str, policy: &Policy, facts: &Facts) -> Report {
    let chain = facts.chain_id.expect("a chain");
    let input =
        format!(r#"{{"from":"{ME}","to":"{to}","value":"{value:#x}","data":"0x{data}","chainId":{chain}}}"#);
    check_tx(input.as_bytes(), Context::new(policy, facts))
}

fn on(chain: u64, more: &str) -> Facts {
    Facts::parse(&format!("chain-id={chain}\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n{more}"))
        .expect("facts")
}

#[test]
fn who_executes_a_transfer_of_the_allowance_module_is_paid_in_the_open() {
    let pays = |amount: u64| {
        let words = [
            word(OTHER),
            word(USDC),
            word(SAFE),
            number(1),
            word(USDC),
            number(amount),
            word(SAFE),
            number(256),
        ];
        let data = call(
            "executeAllowanceTransfer(address,address,address,uint96,address,uint96,address,bytes)",
            &[&words[..], &[bytes("")]].concat(),
        );
        check_safe(safe_tx(OURS, &data).as_bytes(), Context::new(&policy(""), &facts("")))
    };
    let none = pays(0);
    assert!(!none.has("G-GAS-01"), "{:#?}", none.findings);
    for (amount, code) in [(5_000_000, 10), (1_000_000_000_000, 20)] {
        let report = pays(amount);
        assert!(report.exit_code == code && report.has("G-GAS-01"), "{amount}: {:#?}", report.findings);
        let intent = &report.items[0].intent;
        assert!(
            intent.contains("moves 0.000001 USDC of") && intent.contains("to whoever executes it"),
            "{intent}"
        );
    }
}

#[test]
fn a_price_of_ether_is_none_of_another_chains_coin() {
    const POL: &str = "0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270";
    const USDC_THERE: &str = "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359";
    let words = [word(USDC_THERE), word(POL), number(500), word(ME), number(1_000_000_000)];
    let swap = call(
        "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))",
        &[&words[..], &[format!("{:064x}", 4_000_u128 * 10_u128.pow(18)), number(0)]].concat(),
    );
    let ask = |price: &str| {
        let date = "date='2026-02-01T00:00:00Z'";
        let facts = on(
            137,
            &format!("[[price]]\ntoken='{USDC_THERE}'\ndollars='1'\n{date}\n[[price]]\n{price}\n{date}\n"),
        );
        judged("0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45", 0, &swap, &policy(""), &facts)
    };
    let report = ask("dollars='2950'");
    let said =
        report.findings.iter().any(|one| one.title.contains("is one of ether, and there is none of POL"));
    assert!(report.exit_code != 0 && said, "{:#?}", report.findings);
    assert!(report.items[0].intent.contains("4,000 WPOL"), "{}", report.items[0].intent);
    assert_ne!(ask("dollars='2950'\nchain-id=1").exit_code, 0, "of Ethereum's coin");
    let named = ask("dollars='0.25'\nchain-id=137");
    assert_eq!(named.exit_code, 0, "{:#?}", named.findings);
    assert_eq!(ask("dollars='2950'\nchain-id=137").exit_code, 0, "more than it costs");
    assert_eq!(ask("dollars='0.1'\nchain-id=137").exit_code, 20, "less than half");
}

#[test]
fn whoever_is_made_to_act_is_held_to_the_limits() {
    const TO: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
    let limits = format!(
        "[[book]]\naddress='{TO}'\nname='cold'\n[[limit]]\nper-transaction='10'\n[[limit]]\ntoken='{USDC}'\nper-transaction='10'\n"
    );
    let policy = policy(&limits);
    let facts = on(1, "");
    let pay = |amount: u64| call("transfer(address,uint256)", &[word(TO), number(amount)]);
    let (zero, one) = (number(0), number(1));
    let one_of = |function: &str, rest: &[String], data: &str| {
        let at = number(96 + 32 * rest.len() as u64);
        call(function, &[&[word(USDC), zero.clone(), at][..], rest, &[bytes(data)]].concat())
    };
    let lists = |function: &str, rest: usize, data: &str| {
        let head = 32 * (3 + rest as u64);
        let inner = [one.clone(), number(32), bytes(data)].concat();
        let words = [number(head), number(head + 64), number(head + 128)];
        let rest = vec![zero.clone(); rest];
        let tails = [[one.clone(), word(USDC)].concat(), [one.clone(), zero.clone()].concat(), inner];
        call(function, &[&words[..], &rest, &tails].concat())
    };
    let forms = |data: &str| {
        [
            one_of("execute(address,uint256,bytes)", &[], data),
            one_of("relay(address,uint256,bytes)", &[], data),
            one_of("executeNextTx(address,uint256,bytes,uint8)", std::slice::from_ref(&zero), data),
            one_of("executeUserOp(address,uint256,bytes,uint8)", std::slice::from_ref(&zero), data),
            one_of("execute(address,uint256,bytes,uint8)", std::slice::from_ref(&zero), data),
            one_of(
                "execTransactionFromModule(address,uint256,bytes,uint8)",
                std::slice::from_ref(&zero),
                data,
            ),
            one_of(
                "execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)",
                &[zero.clone(), zero.clone(), zero.clone()],
                data,
            ),
            one_of("execute(address,uint256,bytes,bytes32,bytes32)", &[zero.clone(), zero.clone()], data),
            one_of(
                "schedule(address,uint256,bytes,bytes32,bytes32,uint256)",
                &[zero.clone(), zero.clone(), zero.clone()],
                data,
            ),
            lists("executeBatch(address[],uint256[],bytes[])", 0, data),
            lists("scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)", 3, data),
            lists("execute(address[],uint256[],bytes[],bytes32)", 1, data),
        ]
    };
    for (little, much) in forms(&pay(10)).iter().zip(&forms(&pay(11))) {
        let (little, much) = [little, much].map(|data| judged(OURS, 0, data, &policy, &facts)).into();
        assert!(!little.has("G-POL-01"), "{:#?}", little.findings);
        assert!(
            much.exit_code == 20 && much.has("G-POL-01"),
            "{}: {:#?}",
            much.items[0].intent,
            much.findings
        );
    }
    // What is sent along to be passed on leaves once.
    let passes = |amount: u64| {
        call("execute(address,uint256,bytes)", &[word(TO), number(amount), number(96), zero.clone()])
    };
    let has = |value, amount| judged(OURS, value, &passes(amount), &policy, &facts).has("G-POL-01");
    assert!(!has(8, 8) && has(8, 11) && has(11, 8));
}

#[test]
fn the_coin_is_one_with_what_wraps_it_and_with_its_face_as_a_token() {
    const TO: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
    const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    let pay = |amount: u64| call("transfer(address,uint256)", &[word(TO), number(amount)]);
    let ask = |chain: u64, token: &str, limit: &str, amount: u64, spent: &str| {
        let more = format!(
            "[[book]]\naddress='{TO}'\nname='cold'\n[[trusted]]\naddress='{token}'\nlabel='a token'\nroles=['contract']\n\
             [[limit]]\n{limit}\nper-transaction='10'\nper-day='20'\n"
        );
        judged(token, 0, &pay(amount), &policy(&more), &on(chain, spent))
    };
    for (chain, token) in [
        (1, WETH),
        (137, "0x0000000000000000000000000000000000001010"),
        (42220, "0x471EcE3750Da237f93B8E339c536989b8978a438"),
        (1088, "0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000"),
        (1284, "0x0000000000000000000000000000000000000802"),
    ] {
        let none = "[[spent]]\nvalue='0'\n";
        let [little, much] = [10, 11].map(|amount| ask(chain, token, "", amount, none));
        assert_eq!(little.exit_code, 0, "{chain}: {:#?}", little.findings);
        assert!(much.exit_code == 20 && much.has("G-POL-01"), "{chain}: {:#?}", much.findings);
    }
    let spent = |token: &str| format!("[[spent]]\n{token}\nvalue='15'\n");
    assert!(ask(1, WETH, "", 10, &spent("")).has("G-POL-01"), "what left of the coin today");
    let named = format!("token='{WETH}'");
    assert!(
        ask(1, WETH, "", 10, &spent(&named)).has("G-POL-01")
            && ask(1, WETH, &named, 10, &spent("")).has("G-POL-01")
    );
    assert!(!ask(1, USDC, "", 11, "").has("G-POL-01"), "another token is another asset");
}

#[test]
fn a_number_that_may_be_an_nfts_is_no_amount_of_coins() {
    const COLLECTION: &str = "0x889edC2eDab5f40e902b864aD4d7AdE8E412F9B1";
    let approve = call("approve(address,uint256)", &[word(OURS), number(77)]);
    let policy =
        policy(&format!("[[trusted]]\naddress='{COLLECTION}'\nlabel='a queue'\nroles=['contract']\n"));
    let report = judged(COLLECTION, 0, &approve, &policy, &on(1, ""));
    assert!(report.exit_code == 10 && report.has("G-APP-01"), "{:#?}", report.findings);
    let intent = &report.items[0].intent;
    assert!(
        intent.contains("the NFT 77 of") && intent.contains("up to 77 of its smallest units"),
        "{intent}"
    );
    let told = |decimals: u8| {
        let token = format!("[[token]]\naddress='{COLLECTION}'\nsymbol='T'\ndecimals={decimals}\n");
        judged(COLLECTION, 0, &approve, &policy, &on(1, &token))
    };
    // One who is trusted may take either; which it is, is told.
    assert!(
        told(0).exit_code == 0 && told(0).items[0].intent.contains("the NFT 77 of"),
        "{:#?}",
        told(0).findings
    );
    let coin = told(1);
    assert!(coin.exit_code == 0 && coin.items[0].intent.contains("up to 7.7 T"), "{:#?}", coin.findings);
}

#[test]
fn an_approval_of_nothing_is_an_end_where_the_token_is_known_to_be_a_coin() {
    const COLLECTION: &str = "0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D";
    let policy =
        policy(&format!("[[trusted]]\naddress='{COLLECTION}'\nlabel='pieces'\nroles=['contract']\n"));
    let data = call("approve(address,uint256)", &[word(THIEF), number(0)]);
    let ask = |facts: &str| judged(COLLECTION, 0, &data, &policy, &on(1, facts));
    let told =
        |decimals: u8| ask(&format!("[[token]]\naddress='{COLLECTION}'\nsymbol='T'\ndecimals={decimals}\n"));
    assert_eq!(told(0).exit_code, 30, "no decimal places, as collections have: {:#?}", told(0).findings);
    assert_eq!(told(6).exit_code, 0, "{:#?}", told(6).findings);
    let kind = format!("[[address]]\naddress='{COLLECTION}'\nkind='token'\n");
    assert_eq!(ask(&kind).exit_code, 30, "a collection is a token too: {:#?}", ask(&kind).findings);
    let intent = &ask(&kind).items[0].intent;
    assert!(
        intent.contains("the right to take the NFT 0 of") && intent.contains("or ends the right"),
        "{intent}"
    );
    // A price says that it is a collection.
    let floor =
        format!("{kind}[[floor]]\ncollection='{COLLECTION}'\nprice='9'\ndate='2026-01-01T00:00:00Z'\n");
    assert_eq!(ask(&floor).exit_code, 20, "{:#?}", ask(&floor).findings);
    // So may be what is destroyed.
    let burnt = judged(COLLECTION, 0, &call("burn(uint256)", &[number(0)]), &policy, &on(1, &kind));
    assert!(
        burnt.findings.iter().any(|one| one.title.starts_with("Destroys the NFT 0")),
        "{:#?}",
        burnt.findings
    );
}
