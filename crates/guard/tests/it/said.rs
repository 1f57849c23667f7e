//! What stands against a request is said in the first line and judged by what it is: strangers as owners and guards, contexts that
//! contradict themselves, payments beside the payment, and what is missing beside what is to be looked at.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, check_message, check_safe, check_tx, check_typed, finding::Severity,
};

const ME: &str = "0x1111111111111111111111111111111111111111";
const OTHER: &str = "0x2222222222222222222222222222222222222222";
const COLD: &str = "0x3333333333333333333333333333333333333333";
const STRANGER: &str = "0x4444444444444444444444444444444444444444";
const SAFE: &str = "0x5555555555555555555555555555555555555555";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";

type Door = fn(&[u8], Context<'_>) -> Report;

fn judged(door: Door, input: &Value, account: &str, of_safe: &str, book: &[&str]) -> Report {
    let booked: Vec<String> =
        book.iter().map(|address| format!("[[book]]\naddress='{address}'\nname='known'\n")).collect();
    let policy = Policy::parse(&format!("name='x'\nrequire=[]\n{}", booked.concat())).expect("a policy");
    let facts = Facts::parse(&format!(
        "chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{account}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\n\
         owners=['{ME}','{OTHER}']\nthreshold=2\nnonce=7\n{of_safe}"
    ));
    door(input.to_string().as_bytes(), Context::new(&policy, &facts.expect("facts")))
}

fn word(address: &str) -> String {
    format!("{:0>64}", &address[2..])
}

fn of_safe(to: &str, value: &str, data: &str) -> Value {
    crate::whole(json!({"safe": SAFE, "to": to, "value": value, "data": data, "operation": 0, "nonce": 7}))
}

#[test]
fn of_a_stranger_as_owner_it_is_said_that_nobody_vouches_for_it() {
    let sentinel = "0x0000000000000000000000000000000000000001";
    let swap = format!("0xe318b52b{}{}{}", word(sentinel), word(ME), word(STRANGER));
    let added = format!("0x0d582f13{}{:0>64}", word(STRANGER), 2);
    for data in [swap, added] {
        let asked = of_safe(SAFE, "0", &data);
        let report = judged(check_safe, &asked, OTHER, "", &[]);
        assert_eq!(report.exit_code, 10, "a person has to look: {:#?}", report.findings);
        assert!(report.summary.contains("nobody vouches for it."), "{}", report.summary);
        let known = judged(check_safe, &asked, OTHER, "", &[STRANGER]);
        assert_eq!(known.exit_code, 10, "{:#?}", known.findings);
        assert!(!known.summary.contains("nobody vouches"), "{}", known.summary);
    }
}

#[test]
fn a_stranger_as_guard_and_an_account_that_is_no_owner_are_told() {
    let asked = of_safe(COLD, "1", "0x");
    let fine = judged(check_safe, &asked, ME, "", &[COLD]);
    assert!(fine.next[0].contains("and sign."), "{:#?}", fine.findings);
    for (field, id) in [("guard", "G-CFG-04"), ("module-guard", "G-CFG-05")] {
        let report = judged(check_safe, &asked, ME, &format!("{field}='{STRANGER}'\n"), &[COLD]);
        let told: Vec<Severity> = report.of(id).iter().map(|finding| finding.severity).collect();
        assert_eq!(told, [Severity::Review], "{:#?}", report.findings);
    }
    let other = judged(check_safe, &asked, STRANGER, "", &[COLD]);
    assert_eq!(other.exit_code, 10, "{:#?}", other.findings);
    assert!(other.next[0].contains("would not count"), "{:#?}", other.next);
    // Whoever sends what the owners signed need be none of them.
    let sends = crate::powers::call(
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
        vec![
            DynSolValue::Address(COLD.parse().expect("an address")),
            DynSolValue::Uint(U256::ONE, 256),
            DynSolValue::Bytes(Vec::new()),
            DynSolValue::Uint(U256::ZERO, 8),
            DynSolValue::Uint(U256::ZERO, 256),
            DynSolValue::Uint(U256::ZERO, 256),
            DynSolValue::Uint(U256::ZERO, 256),
            DynSolValue::Address(Address::ZERO),
            DynSolValue::Address(Address::ZERO),
            DynSolValue::Bytes(Vec::new()),
        ],
    );
    let asked = json!({"safe": SAFE, "calldata": sends, "nonce": 7});
    let sent = judged(check_safe, &asked, STRANGER, "", &[COLD]);
    assert!(!sent.findings.iter().any(|one| one.title.contains("among the owners")), "{:#?}", sent.findings);
}

#[test]
fn what_whoever_executes_is_paid_is_told_and_judged_by_its_amount() {
    let paid = |token: &str, payment: &str| {
        let fields = [
            ("safe", "address"),
            ("token", "address"),
            ("to", "address"),
            ("amount", "uint96"),
            ("paymentToken", "address"),
            ("payment", "uint96"),
            ("nonce", "uint16"),
        ];
        let fields: Vec<Value> =
            fields.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
        let domain = [("chainId", "uint256"), ("verifyingContract", "address")];
        let domain: Vec<Value> =
            domain.iter().map(|(name, kind)| json!({"name": name, "type": kind})).collect();
        let asked = json!({
            "types": {"AllowanceTransfer": fields, "EIP712Domain": domain},
            "primaryType": "AllowanceTransfer",
            "domain": {"chainId": 1, "verifyingContract": "0xCFbFaC74C26F8647cBDb8c5caf80BB5b32E43134"},
            "message": {"safe": SAFE, "token": USDC, "to": COLD, "amount": "1000000", "paymentToken": token,
                "payment": payment, "nonce": 1},
        });
        judged(check_typed, &asked, ME, "", &[COLD])
    };
    let report = paid(USDC, "1000000000000");
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    let told = "pays 1,000,000 USDC to whoever executes it";
    assert!(report.items[0].intent.contains(told), "{}", report.items[0].intent);
    assert_eq!(paid(WETH, "100000000000000000000").exit_code, 20, "as much of the coin");
    assert!(!paid(USDC, "0").items[0].intent.contains("whoever executes"));
}

#[test]
fn a_batch_says_what_it_asks_of_the_wallet_beside_its_calls() {
    let asked = |more: Value| {
        let mut batch = json!({"version": "2.0.0", "from": ME, "chainId": "0x1", "atomicRequired": false,
            "calls": [{"to": COLD, "value": "0x1"}]});
        for (key, value) in more.as_object().expect("fields") {
            batch[key] = value.clone();
        }
        judged(check_tx, &json!({"method": "wallet_sendCalls", "params": [batch]}), ME, "", &[COLD])
    };
    let plain = asked(json!({}));
    assert_eq!(plain.exit_code, 0, "{:#?}", plain.findings);
    for (more, told) in [
        // A switch that is neither on nor off.
        (json!({"atomicRequired": "yes"}), "all as one"),
        (
            json!({"capabilities": {"paymasterService": {"url": "https://evil.example"}}}),
            "capability paymasterService (https://evil.example)",
        ),
    ] {
        let report = asked(more);
        assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
        assert!(report.items[0].intent.contains(told), "{}", report.items[0].intent);
    }
    // The stricter demand grants nothing by itself.
    let one = asked(json!({"atomicRequired": true}));
    assert_eq!(one.exit_code, 0, "{:#?}", one.findings);
    assert!(one.items[0].intent.ends_with("all as one, or nothing of it"), "{}", one.items[0].intent);
    assert!(one.findings.iter().any(|one| one.title.contains("EIP-7702")), "{:#?}", one.findings);
    let wish = json!({"capabilities": {"paymasterService": {"url": "https://x.example", "optional": true}}});
    assert_eq!(asked(wish).exit_code, 0);
}

#[test]
fn a_review_says_in_its_first_line_that_something_was_missing_too() {
    let asked = json!({"from": ME, "to": STRANGER, "value": "0x1", "data": "0x", "chainId": 1, "gas": "0x5208",
        "maxFeePerGas": "0x9184e72a000"});
    let policy = Policy::default();
    let facts = Facts::parse(&format!("chain-id=1\naccount='{ME}'\n")).expect("facts");
    let report = check_tx(asked.to_string().as_bytes(), Context::new(&policy, &facts));
    assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
    assert!(
        report.summary.starts_with("Review, and not everything was vouched for: Nothing speaks for 0x4444"),
        "{}",
        report.summary
    );
    assert!(report.summary.contains("in fees."), "{}", report.summary);
    assert!(report.next[0].contains("`incomplete`"), "{:#?}", report.next);
}

/// What a token's own functions move stands in the sentence, in the token's name, from whom and to whom.
#[test]
fn shares_and_authorizations_are_told_as_what_moves() {
    const STETH: &str = "0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84";
    let told = |to: &str, data: String| {
        let tx = json!({ "from": ME, "to": to, "value": "0", "data": data, "chainId": 1 });
        let report = judged(check_tx, &tx, ME, "", &[COLD, OTHER]);
        assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
        report.items[0].intent.clone()
    };
    let (number, ether) = (|number: u64| format!("{number:064x}"), 1_000_000_000_000_000_000_u64);
    let intent = told(STETH, format!("0x8fcb4e5b{}{}", word(COLD), number(2 * ether)));
    assert!(intent.contains("sends 2 shares of stETH") && intent.contains("(known)"), "{intent}");
    let intent = told(STETH, format!("0x6d780459{}{}{}", word(OTHER), word(COLD), number(ether)));
    assert!(intent.contains("moves 1 shares of stETH"), "{intent}");
    let (v, hashes) = (number(27), number(1).repeat(3));
    for selector in ["e3ee160e", "ef55bec6"] {
        let (r_and_s, nonce) = (&hashes[64..], &hashes[..64]);
        let times = format!("{}{}", number(0), number(2_000_000_000));
        let data =
            format!("0x{selector}{}{}{}{times}{nonce}{v}{r_and_s}", word(OTHER), word(ME), number(1_500_000));
        let intent = told(USDC, data);
        assert!(
            intent.contains("moves 1.5 USDC from") && intent.contains("(your account), by a signature of"),
            "{intent}"
        );
    }
}

/// A number that no chain counts to belongs to something else: EIP-2681.
#[test]
fn a_nonce_beyond_what_chains_count_to_is_refused() {
    for (nonce, code) in [("0xfffffffffffffffe", 0), ("0xffffffffffffffff", 20), ("0x10000000000000000", 20)]
    {
        let tx =
            json!({ "from": ME, "to": COLD, "value": "0x1", "data": "0x", "chainId": 1, "nonce": nonce });
        let report = judged(check_tx, &tx, ME, "", &[COLD]);
        assert_eq!(
            (report.exit_code, report.has("G-FMT-01")),
            (code, code == 20),
            "{nonce}: {:#?}",
            report.findings
        );
    }
}

/// A request is its method and its parameters: what stands beside them, or beside the text, may be what is really signed.
#[test]
fn what_stands_beside_a_request_is_never_passed_over() {
    let pay = json!({ "from": ME, "to": COLD, "value": "0x1", "data": "0x", "chainId": 1 });
    let typed = json!({
        "types": { "EIP712Domain": [{ "name": "name", "type": "string" }], "Hello": [{ "name": "text", "type": "string" }] },
        "primaryType": "Hello", "domain": { "name": "Example" }, "message": { "text": "hello" },
    });
    let book = [COLD];
    let exit = |door: Door, input: &Value| {
        let report = judged(door, input, ME, "", &book);
        let is_refused = report.has("G-FMT-01") && report.exit_code == 20;
        (report.exit_code, is_refused)
    };
    let asked = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let honest: [(Door, Value); 4] = [
        (check_tx, asked("eth_sendTransaction", json!([pay]))),
        (check_message, asked("personal_sign", json!(["Welcome back.", ME]))),
        (check_message, asked("personal_sign", json!(["Welcome back.", ME, ""]))),
        (check_message, json!({ "message": "Welcome back." })),
    ];
    for (door, input) in &honest {
        assert_eq!(exit(*door, input).0, 0, "{input}");
    }
    assert!(!exit(check_typed, &asked("eth_signTypedData_v4", json!([ME, typed]))).1);
    for (key, value) in [
        ("transactions", json!([pay])),
        ("calls", json!([pay])),
        ("chainId", json!("0x89")),
        ("from", json!(STRANGER)),
        ("text", json!("I sell all")),
        ("foo", json!(1)),
    ] {
        for (door, input) in &honest {
            let mut beside = input.clone();
            beside[key] = value.clone();
            assert!(exit(*door, &beside).1, "{beside}");
        }
        let mut beside = asked("eth_signTypedData_v4", json!([ME, typed]));
        beside[key] = value;
        assert!(exit(check_typed, &beside).1, "{beside}");
    }
    for method in
        ["eth_sendTransaction", "wallet_sendCalls", "eth_sign", "eth_signTypedData_v5", "personal_sign"]
    {
        assert!(exit(check_typed, &asked(method, json!([ME, typed]))).1, "{method}");
    }
    assert!(exit(check_typed, &asked("eth_signTypedData_v4", json!([ME, STRANGER, typed]))).1);
    // What looks like an account and is none, and what nobody reads in a type.
    let no_account = format!("0x{}", "zz".repeat(20));
    assert!(exit(check_typed, &asked("eth_signTypedData_v4", json!([no_account, typed]))).1);
    let mut more = typed.clone();
    more["types"]["Hello"][0]["value"] = json!(STRANGER);
    assert!(exit(check_typed, &more).1);
    more["types"]["Hello"][0] = json!({ "name": "text", "type": "string", "internalType": "string" });
    assert!(!exit(check_typed, &more).1);
    for params in [
        json!(["Welcome.", ME, "secret"]),
        json!(["Welcome.", ME, pay]),
        json!(["Welcome.", ME, "", pay]),
        json!(["Welcome."]),
        json!([ME, STRANGER]),
    ] {
        assert!(exit(check_message, &asked("personal_sign", params.clone())).1, "{params}");
    }
    assert!(exit(check_tx, &asked("eth_sendTransaction", json!([pay, "secret"]))).1);
    assert!(exit(check_message, &json!({ "method": "personal_sign", "message": "Welcome." })).1);
}

/// As a Safe's own call would be, once for each: several in one batch.
fn batch(calls: &[(&str, &str)]) -> Value {
    let packed = calls.iter().fold(String::new(), |packed, (to, data)| {
        let data = data.trim_start_matches("0x");
        format!("{packed}00{}{:064x}{:064x}{data}", &to[2..], 0, data.len() / 2)
    });
    let length = packed.len() / 2;
    let padded = format!("{packed}{}", "0".repeat((64 - packed.len() % 64) % 64));
    let data = format!("0x8d80ff0a{:064x}{length:064x}{padded}", 32);
    let to = "0x40A2aCCbd92BCA938b02010E17A5b8929b49130D";
    crate::whole(json!({"safe": SAFE, "to": to, "value": "0", "data": data, "operation": 1, "nonce": 7}))
}

fn added_of(who: &str) -> String {
    format!("0x0d582f13{}{:064x}", word(who), 2)
}

/// One newcomer is for a person. As many as the Safe needs own it.
#[test]
fn as_many_strangers_as_sign_alone_are_a_theft() {
    let sentinel = "0x0000000000000000000000000000000000000001";
    let another = "0x6666666666666666666666666666666666666666";
    let swap =
        |before: &str, old: &str, new: &str| format!("0xe318b52b{}{}{}", word(before), word(old), word(new));
    let both = [(SAFE, &swap(sentinel, ME, STRANGER)[..]), (SAFE, &swap(STRANGER, OTHER, another)[..])];
    let theirs = |report: &Report| {
        report.exit_code == 20 && report.findings.iter().any(|one| one.title.contains("would be theirs"))
    };
    let at_once = judged(check_safe, &batch(&both), ME, "", &[]);
    assert!(theirs(&at_once), "{:#?}", at_once.findings);
    assert!(!theirs(&judged(check_safe, &batch(&both[..1]), ME, "", &[])), "one of two");
    assert!(!theirs(&judged(check_safe, &batch(&both), ME, "", &[another])), "one of them is known");
    // Over two transactions of a list.
    let mut second = of_safe(SAFE, "0", &swap(STRANGER, OTHER, another));
    second["nonce"] = json!(8);
    let list = json!([of_safe(SAFE, "0", &swap(sentinel, ME, STRANGER)), second]);
    let report = judged(check_safe, &list, ME, "", &[]);
    assert!(theirs(&report), "{:#?}", report.findings);
    // Whoever is replaced again owns nothing.
    let again = (SAFE, &swap(sentinel, STRANGER, another)[..]);
    assert!(!theirs(&judged(check_safe, &batch(&[both[0], again]), ME, "", &[])));
    // A Safe that grows: two more of five, of whom four sign. At once; one after the other, the newcomers own it for a while.
    let grown = |who: &str, needed: u64| format!("0x0d582f13{}{needed:064x}", word(who));
    let more = [(SAFE, &grown(STRANGER, 2)[..]), (SAFE, &grown(another, 4)[..])];
    assert!(!theirs(&judged(check_safe, &batch(&more), ME, "", &[])), "two of five, and four sign");
    let raise = format!("0x694e80c3{:064x}", 4);
    let mut steps: Vec<Value> = [&added_of(STRANGER)[..], &added_of(another), &raise]
        .iter()
        .enumerate()
        .map(|(at, data)| {
            let mut tx = of_safe(SAFE, "0", data);
            tx["nonce"] = json!(7 + at);
            tx
        })
        .collect();
    steps.reverse();
    let report = judged(check_safe, &json!(steps), ME, "", &[]);
    assert!(theirs(&report), "{:#?}", report.findings);
    // Services list the last one first: four sign once the second is there.
    let mut last = of_safe(SAFE, "0", &grown(another, 4));
    last["nonce"] = json!(8);
    let list = json!([last, of_safe(SAFE, "0", &added_of(STRANGER))]);
    assert!(!theirs(&judged(check_safe, &list, ME, "", &[])));
    // To add two and ask for two signatures is the same.
    let added = [(SAFE, &added_of(STRANGER)[..]), (SAFE, &added_of(another)[..])];
    assert!(theirs(&judged(check_safe, &batch(&added), ME, "", &[])));
}

#[test]
fn whose_power_ends_is_said_and_to_stop_something_is_for_a_person() {
    let trusted = "[[trusted]]\naddress='0x4444444444444444444444444444444444444444'\nlabel='ours'\nroles=['contract']\n";
    let policy = Policy::parse(&format!("name='x'\nrequire=[]\n{trusted}")).expect("a policy");
    let facts = Facts::parse(&format!("chain-id=1\naccount='{ME}'\n")).expect("facts");
    let asked = |data: &str| {
        let tx = json!({"from": ME, "to": STRANGER, "value": "0x0", "data": data, "chainId": 1});
        check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let call = |function: &str, words: &str| {
        format!("0x{}{words}", hex::encode(&alloy_primitives::keccak256(function)[..4]))
    };
    let role = "11".repeat(32);
    for (data, said) in [
        (call("deny(address)", &word(OTHER)), "ends what 0x2222222222222222222222222222222222222222"),
        (
            call("revokeRole(bytes32,address)", &format!("{role}{}", word(OTHER))),
            "ends what 0x2222222222222222222222222222222222222222",
        ),
        (call("cancel(bytes32)", &role), "takes back what was given or planned"),
        (call("renounceOwnership()", ""), "gives up power over"),
    ] {
        let report = asked(&data);
        assert!(report.items[0].intent.starts_with(said), "{data}: {}", report.items[0].intent);
        assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
    }
    let stopped = asked(&call("pause()", ""));
    assert!(stopped.exit_code == 10 && stopped.summary.starts_with("Stops"), "{}", stopped.summary);
    assert_eq!(asked(&call("unpause()", "")).exit_code, 20);
    // Powers as their makers call them.
    for function in
        ["_setPendingAdmin(address)", "_setImplementation(address)", "commit_transfer_ownership(address)"]
    {
        let report = asked(&call(function, &word(OTHER)));
        assert_eq!(report.exit_code, 20, "{function}: {:#?}", report.findings);
        assert!(report.items[0].intent.contains(OTHER), "{function}: {}", report.items[0].intent);
    }
}

#[test]
fn what_was_not_looked_at_and_what_a_new_contract_gets_are_said() {
    let policy = Policy::parse("name='x'\nrequire=[]\n").expect("a policy");
    let facts = Facts::parse(&format!("chain-id=1\naccount='{ME}'\n")).expect("facts");
    let asked = |tx: &Value| check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts));
    let made = asked(&json!({"from": ME, "value": "0x15af1d78b58c400000", "data": "0x6000", "chainId": 1}));
    assert_eq!(made.items[0].intent, "creates a contract, and gives it 400 ETH");
    // Deeper than calls are unpacked.
    let transfer =
        DynSolValue::Bytes(hex::decode(format!("a9059cbb{}{:064x}", word(STRANGER), 1)).expect("hex"));
    let deep = (0..9).fold(transfer, |inner, _| {
        let data = crate::powers::call("multicall(bytes[])", vec![DynSolValue::Array(vec![inner])]);
        DynSolValue::Bytes(hex::decode(&data[2..]).expect("hex"))
    });
    let DynSolValue::Bytes(deep) = deep else { unreachable!("bytes as made above") };
    let data = format!("0x{}", hex::encode(deep));
    let report = asked(&json!({"from": ME, "to": USDC, "value": "0x0", "data": data, "chainId": 1}));
    assert_ne!(report.exit_code, 0, "{:#?}", report.findings);
    assert_eq!(report.items[0].intent, "makes calls that were not looked at");
}

/// A list of nothing but what was executed is history: nobody is asked to sign it.
#[test]
fn nobody_is_told_to_sign_what_was_executed() {
    let mut done = of_safe(COLD, "1", "0x");
    done["nonce"] = json!(6);
    done["isExecuted"] = json!(true);
    let report = judged(check_safe, &json!([done]), ME, "", &[COLD]);
    assert!(!report.next.iter().any(|step| step.contains("and sign")), "{:#?}", report.next);
    assert!(report.items[0].intent.starts_with("history, not to be signed"), "{}", report.items[0].intent);
}

/// Whoever is blocked and had to do with it is told, though he takes no part.
#[test]
fn who_proposed_it_is_looked_up() {
    let policy = Policy::parse(&format!(
        "name='x'\nrequire=[]\n[[book]]\naddress='{COLD}'\nname='cold'\n[[blocked]]\naddress='{STRANGER}'\nname='a thief'\n"
    ));
    let policy = policy.expect("a policy");
    let facts = Facts::parse(&format!(
        "chain-id=1\naccount='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{ME}']\nthreshold=1\nnonce=7\n"
    ));
    let facts = facts.expect("facts");
    for field in ["proposer", "proposedByDelegate", "executor"] {
        let mut asked = of_safe(COLD, "1", "0x");
        asked[field] = json!(STRANGER);
        let report = check_safe(asked.to_string().as_bytes(), Context::new(&policy, &facts));
        assert!(report.exit_code == 20 && report.has("G-ADDR-02"), "{field}: {:#?}", report.findings);
    }
}

/// A claimed hash says which chain it is for, and not that it is the signer's.
#[test]
fn a_chain_that_nobody_names_is_asked_for() {
    let policy = Policy::parse(&format!("name='x'\nrequire=[]\n[[book]]\naddress='{COLD}'\nname='cold'\n"));
    let policy = policy.expect("a policy");
    let judge = |chain: &str, tx: &Value| {
        let facts = Facts::parse(&format!(
            "{chain}account='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{ME}']\nthreshold=1\nnonce=7\n"
        ));
        check_safe(tx.to_string().as_bytes(), Context::new(&policy, &facts.expect("facts")))
    };
    let mut tx = of_safe(COLD, "1", "0x");
    let named = judge("chain-id=1\n", &tx);
    assert_eq!(named.exit_code, 0, "{:#?}", named.findings);
    tx["safeTxHash"] = json!(named.items[0].hashes.as_ref().expect("hashes").hashes.digest.to_string());
    assert_eq!(judge("chain-id=1\n", &tx).exit_code, 0);
    let untold = judge("", &tx);
    assert_eq!(untold.exit_code, 30, "{:#?}", untold.findings);
    assert!(untold.next.iter().any(|step| step.contains("--chain-id")), "{:?}", untold.next);
    // One of a chain that is not known here is not looked at, and no theft.
    tx["safeTxHash"] = json!(format!("0x{}", "ab".repeat(32)));
    assert_eq!(judge("", &tx).exit_code, 30);
    assert_eq!(judge("chain-id=1\n", &tx).exit_code, 20, "of a chain that is named it is another's");
}

/// An authorization says whose account it is by its signature alone.
#[test]
fn whose_account_another_code_acts_as_is_read_from_the_signature() {
    let policy = Policy::parse("name='x'\nrequire=[]\n").expect("a policy");
    let key = k256::ecdsa::SigningKey::from_slice(&[2; 32]).expect("a key");
    let other = Address::from_private_key(&key);
    let judge = |account: &str, code: &str| {
        let authorization = tracehound_guard::typed::Authorization {
            path: String::new(),
            chain_id: U256::ONE,
            address: code.parse().expect("an address"),
            nonce: U256::ZERO,
            authority: None,
        };
        let (signature, recovery) =
            key.sign_prehash_recoverable(authorization.digest().as_slice()).expect("signs");
        let (r, s) = (hex::encode(&signature.to_bytes()[..32]), hex::encode(&signature.to_bytes()[32..]));
        let facts = Facts::parse(&format!("chain-id=1\naccount='{account}'\n")).expect("facts");
        let tx = json!({
            "from": account, "to": account, "value": "0x0", "data": "0x", "chainId": 1, "type": "0x4",
            "authorizationList": [{
                "chainId": "0x1", "address": code, "nonce": "0x0", "yParity": format!("0x{}", recovery.to_byte()),
                "r": format!("0x{r}"), "s": format!("0x{s}"),
            }],
        });
        check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let brought = judge(ME, STRANGER);
    assert!(brought.items[0].intent.contains(&format!("may act as {other}")), "{}", brought.items[0].intent);
    assert_eq!(brought.exit_code, 20, "{:#?}", brought.findings);
    assert!(brought.summary.contains(&format!("act as {other}")), "{}", brought.summary);
    let ended = judge(ME, "0x0000000000000000000000000000000000000000");
    assert!(ended.items[0].intent.contains(&format!("that {other} ends")), "{}", ended.items[0].intent);
    let own = judge(&other.to_string(), STRANGER);
    assert!(own.items[0].intent.contains("act as your account"), "{}", own.items[0].intent);
}

#[test]
fn a_device_shows_one_of_a_list() {
    let mut second = of_safe(COLD, "2", "0x");
    second["nonce"] = json!(8);
    let list = json!([of_safe(COLD, "1", "0x"), second]);
    let plain = judged(check_safe, &list, ME, "", &[COLD]);
    assert_eq!(plain.exit_code, 0, "{:#?}", plain.findings);
    let shown =
        |digest: &str| judged(check_safe, &list, ME, &format!("[shown]\ndigest='{digest}'\n"), &[COLD]);
    for item in &plain.items {
        let digest = item.hashes.as_ref().expect("hashes").hashes.digest.to_string();
        let report = shown(&digest);
        assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
        let told = report.of("G-HASH-01");
        assert!(told.len() == 1 && told[0].path == item.path, "{:#?}", report.findings);
    }
    assert_eq!(shown(&format!("0x{}", "ab".repeat(32))).exit_code, 20, "of none of them");
    // The hash of one and a part of another are of neither.
    let of = |at: usize| plain.items[at].hashes.as_ref().expect("hashes").hashes;
    let mixed = format!("[shown]\ndigest='{}'\nmessage='{}'\n", of(0).digest, of(1).message);
    assert_eq!(judged(check_safe, &list, ME, &mixed, &[COLD]).exit_code, 20);
}

#[test]
fn a_delegatecall_sends_nothing_that_it_names() {
    let multi = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2";
    let empty = format!("0x8d80ff0a{:064x}{:064x}", 32, 0);
    let mut asked = of_safe(multi, "1000000000000000000", &empty);
    asked["operation"] = json!(1);
    let report = judged(check_safe, &asked, ME, "", &[COLD]);
    let intent = &report.items[0].intent;
    assert!(intent.contains("names 1 ETH that a delegatecall does not send"), "{intent}");
    assert!(!intent.contains("sends 1 ETH"), "{intent}");
    assert!(report.has("G-DC-02") && report.exit_code == 10, "{:#?}", report.findings);
}

#[test]
fn a_safe_or_an_account_of_ones_own_is_no_token() {
    let data = format!("0xa9059cbb{}{:064x}", word(COLD), 1);
    let of_account = json!({"from": ME, "to": ME, "value": "0x0", "data": data, "chainId": 1});
    for report in [
        judged(check_safe, &of_safe(SAFE, "0", &data), ME, "", &[COLD]),
        judged(check_tx, &of_account, ME, "", &[COLD]),
    ] {
        assert!(report.exit_code == 10 && report.has("G-SIM-01"), "{:#?}", report.findings);
        let intent = &report.items[0].intent;
        assert!(intent.contains("which is no token") && !intent.contains("sends"), "{intent}");
    }
    let of_token = json!({"from": ME, "to": USDC, "value": "0x0", "data": data, "chainId": 1});
    assert_eq!(judged(check_tx, &of_token, ME, "", &[COLD]).exit_code, 0);
}

#[test]
fn an_empty_list_of_calls_has_data_and_does_nothing() {
    let multicall = format!("0xac9650d8{:064x}{:064x}", 32, 0);
    for (data, words) in [(&multicall[..], "no call in its list"), ("0x", "no money, no data")] {
        let asked = json!({"from": ME, "to": ME, "value": "0x0", "data": data, "chainId": 1});
        let report = judged(check_tx, &asked, ME, "", &[]);
        assert!(report.items[0].intent.contains(words), "{}", report.items[0].intent);
    }
}

#[test]
fn who_sent_somebody_to_a_staker_is_named() {
    let lido = "0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84";
    let submit = |who: &str| {
        let data = format!("0xa1903eab{}", word(who));
        let asked = json!({"from": ME, "to": lido, "value": "0xde0b6b3a7640000", "data": data, "chainId": 1});
        let policy = tracehound_guard::policy::DEFAULT;
        let facts = format!(
            "chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n[[address]]\naddress='{lido}'\nverified=true\n"
        );
        let (policy, facts) =
            (Policy::parse(policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
        check_tx(asked.to_string().as_bytes(), Context::new(&policy, &facts)).items[0].intent.clone()
    };
    let named = submit(STRANGER);
    assert!(named.contains(&format!("with {STRANGER} as who sent you there")), "{named}");
    let nobody = submit("0x0000000000000000000000000000000000000000");
    assert!(nobody.contains("stakes what is sent along") && !nobody.contains("who sent"), "{nobody}");
}
