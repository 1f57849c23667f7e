//! What a Safe or anybody else has is not the signer's, whoever may sign for it or take from it: it goes to him as to anybody, and is
//! held to the limits of the policy.

use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report, check_safe, check_tx, check_typed, finding::Severity,
};

use crate::UNPRICED;

const ME: &str = "0x1111111111111111111111111111111111111111";
const OTHER: &str = "0x2222222222222222222222222222222222222222";
const SAFE: &str = "0x6666666666666666666666666666666666666666";
const COLD: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
/// Trusted to be called, and to take.
const OURS: &str = "0x7777777777777777777777777777777777777777";
const COLLECTION: &str = "0x9999999999999999999999999999999999999999";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
const ZERO: &str = "0x0000000000000000000000000000000000000000";
const TERM: &str = "1768485600";
const LIMIT: &str = "[[limit]]\ntoken='0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'\nper-transaction='999'\n[[limit]]\nper-transaction='999'\n";

fn judged(check: fn(&[u8], Context<'_>) -> Report, policy: &str, input: &Value) -> Report {
    let policy = format!(
        "{UNPRICED}\n[[book]]\naddress='{COLD}'\nname='our cold wallet'\n[[trusted]]\naddress='{OURS}'\nlabel='ours'\n\
         roles=['contract','spender']\n[[trusted]]\naddress='{COLLECTION}'\nlabel='pieces'\nroles=['contract']\n{policy}"
    );
    let facts = format!(
        "chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\n\
         owners=['{ME}','{OTHER}','0x3333333333333333333333333333333333333333']\nthreshold=2\nnonce=7\n\
         [[floor]]\ncollection='{COLLECTION}'\nprice='10_000_000_000_000_000_000'\ndate='2026-01-15T00:00:00Z'\n"
    );
    let (policy, facts) = (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
    check(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn word(text: &str) -> String {
    format!("{:0>64}", text.trim_start_matches("0x").to_lowercase())
}

fn number(value: u64) -> String {
    format!("{value:064x}")
}

fn call(function: &str, words: &[String]) -> String {
    format!("0x{}{}", hex::encode(&alloy_primitives::keccak256(function)[..4]), words.concat())
}

fn sent(to: &str, data: &str, policy: &str) -> Report {
    let tx = json!({ "from": ME, "to": to, "value": "0x0", "chainId": 1, "data": data });
    judged(check_tx, policy, &tx)
}

/// Typed data of flat types, by their `encodeType`.
fn typed(contract: &str, text: &str, values: &[Value]) -> Value {
    let (primary, fields) = text.trim_end_matches(')').split_once('(').expect("a type");
    let fields: Vec<(&str, &str)> =
        fields.split(',').map(|field| field.split_once(' ').expect("a field")).collect();
    assert_eq!(fields.len(), values.len(), "{text}");
    let types: Vec<Value> = fields.iter().map(|(kind, name)| json!({ "name": name, "type": kind })).collect();
    let message = fields.iter().zip(values).map(|((_, name), value)| ((*name).to_owned(), value.clone()));
    let message: serde_json::Map<String, Value> = message.collect();
    json!({
        "types": {
            "EIP712Domain": [{ "name": "chainId", "type": "uint256" }, { "name": "verifyingContract", "type": "address" }],
            primary: types,
        },
        "primaryType": primary,
        "domain": { "chainId": 1, "verifyingContract": contract },
        "message": message,
    })
}

/// Every signature by which `from` gives a thousand units or wei to `to`.
fn by_signature(from: &str, to: &str) -> Vec<(&'static str, Value)> {
    let none = format!("0x{}", "00".repeat(32));
    let transfer = call("transfer(address,uint256)", &[word(to), number(1_000)]);
    let executed = |function: &str, more: &str| {
        let operation = if more.is_empty() { Vec::new() } else { vec![number(0)] };
        let offset = 0x60 + 0x20 * operation.len() as u64;
        let words = [vec![word(to), number(1_000), number(offset)], operation, vec![number(0)]];
        call(function, &words.concat())
    };
    let forward = "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)";
    let forwarded = |whom: &str, value: &str, data: &str| {
        let values =
            [json!(from), json!(whom), json!(value), json!("9"), json!("0"), json!(TERM), json!(data)];
        typed(OURS, forward, &values)
    };
    vec![
        (
            "ERC-3009",
            typed(
                USDC,
                "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 \
                 nonce)",
                &[json!(from), json!(to), json!("1000"), json!("0"), json!(TERM), json!(none)],
            ),
        ),
        ("a forwarded payment", forwarded(to, "1000", "0x")),
        ("a forwarded transfer", forwarded(USDC, "0", &transfer)),
        (
            "a user operation",
            typed(
                "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108",
                "PackedUserOperation(address sender,uint256 nonce,bytes initCode,bytes callData,bytes32 accountGasLimits,uint256 \
                 preVerificationGas,bytes32 gasFees,bytes paymasterAndData)",
                &[
                    json!(from),
                    json!("0"),
                    json!("0x"),
                    json!(executed("execute(address,uint256,bytes)", "")),
                    json!(none),
                    json!("0"),
                    json!(none),
                    json!("0x"),
                ],
            ),
        ),
        (
            "an operation of a Safe",
            typed(
                OURS,
                "SafeOp(address safe,uint256 nonce,bytes initCode,bytes callData,uint128 verificationGasLimit,uint128 \
                 callGasLimit,uint256 preVerificationGas,uint128 maxPriorityFeePerGas,uint128 maxFeePerGas,bytes \
                 paymasterAndData,uint48 validAfter,uint48 validUntil,address entryPoint)",
                &[
                    json!(from),
                    json!("0"),
                    json!("0x"),
                    json!(executed("executeUserOp(address,uint256,bytes,uint8)", "operation")),
                    json!("0"),
                    json!("0"),
                    json!("0"),
                    json!("0"),
                    json!("0"),
                    json!("0x"),
                    json!("0"),
                    json!(TERM),
                    json!(OURS),
                ],
            ),
        ),
        (
            "the module of allowances",
            typed(
                OURS,
                "AllowanceTransfer(address safe,address token,address to,uint96 amount,address paymentToken,uint96 payment,uint16 \
                 nonce)",
                &[json!(from), json!(USDC), json!(to), json!("1000"), json!(ZERO), json!("0"), json!(1)],
            ),
        ),
    ]
}

#[test]
fn what_a_safe_gives_by_a_signature_of_its_owner_is_not_the_owners() {
    for (what, data) in by_signature(SAFE, ME) {
        let report = judged(check_typed, "", &data);
        assert!(
            report.has("G-POL-03") && report.exit_code == 30 || what.contains("allowances"),
            "{what}: {report:#?}"
        );
        let said = report.of("G-POL-03");
        assert!(
            said.iter().any(|one| one.title.contains("does not own it")),
            "{what}: {:#?}",
            report.findings
        );
        let intent = &report.items[0].intent;
        assert!(intent.starts_with(&format!("in the name of {SAFE}")), "{what}: {intent}");
    }
    // To the address book it goes, and no more than the limit; what is one's own goes to oneself.
    for (what, data) in by_signature(SAFE, COLD) {
        let report = judged(check_typed, "", &data);
        // The module's signature has no end, which is for a person.
        let right = if what.contains("allowances") { 10 } else { 0 };
        assert_eq!(report.exit_code, right, "{what}: {:#?}", report.findings);
        let over = judged(check_typed, LIMIT, &data);
        assert!(over.exit_code == 20 && over.has("G-POL-01"), "{what}: {:#?}", over.findings);
    }
    for (what, data) in by_signature(ME, ME) {
        assert!(!judged(check_typed, "", &data).has("G-POL-03"), "{what}");
    }
    // A Safe of one's own is no stranger, and has other owners too.
    for (what, data) in by_signature(ME, SAFE) {
        assert_eq!(judged(check_typed, "", &data).of("G-POL-03")[0].severity, Severity::Incomplete, "{what}");
    }
    // Whoever books himself is paid as anybody is.
    let booked = format!("[[book]]\naddress='{ME}'\nname='myself'\n");
    for (what, data) in by_signature(SAFE, ME) {
        assert!(!judged(check_typed, &booked, &data).has("G-POL-03"), "{what}");
    }
    // What somebody else has is no more one's own.
    for (what, data) in by_signature(STRANGER, ME) {
        let report = judged(check_typed, "", &data);
        assert!(report.exit_code != 0 && report.has("G-POL-03"), "{what}: {:#?}", report.findings);
        let over = judged(check_typed, LIMIT, &data);
        assert!(over.exit_code == 20 && over.has("G-POL-01"), "{what}: {:#?}", over.findings);
    }
}

#[test]
fn a_right_over_what_a_safe_has_is_no_right_over_ones_own() {
    let permit = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";
    let values = |owner: &str| [json!(owner), json!(ME), json!("1000"), json!("0"), json!(TERM)];
    let signed = judged(check_typed, "", &typed(USDC, permit, &values(SAFE)));
    assert!(signed.exit_code == 20 && signed.has("G-APP-03"), "{:#?}", signed.findings);
    assert_eq!(judged(check_typed, "", &typed(USDC, permit, &values(ME))).exit_code, 0);
    let approve = call("approve(address,uint256)", &[word(ME), number(1_000)]);
    let forward = "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)";
    let values = [json!(SAFE), json!(USDC), json!("0"), json!("9"), json!("0"), json!(TERM), json!(approve)];
    let forwarded = judged(check_typed, "", &typed(OURS, forward, &values));
    assert!(forwarded.exit_code != 0 && forwarded.has("G-APP-01"), "{:#?}", forwarded.findings);
    let words =
        [word(SAFE), word(ME), number(1_000), number(1_768_485_600), number(27), number(1), number(1)];
    let function = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)";
    let by_call = sent(USDC, &call(function, &words), LIMIT);
    assert!(by_call.exit_code == 20 && by_call.has("G-APP-03"), "{:#?}", by_call.findings);
    assert!(by_call.has("G-POL-01"), "{:#?}", by_call.findings);
}

/// Every call by which what somebody has goes to somebody.
fn by_call(from: &str, to: &str) -> Vec<(&'static str, Report)> {
    let policy = "";
    let moved = |function: &str, words: &[String]| call(function, words);
    let data = [word(from), word(to), number(1_000)];
    let allowance = "executeAllowanceTransfer(address,address,address,uint96,address,uint96,address,bytes)";
    let words = [
        word(from),
        word(USDC),
        word(to),
        number(1_000),
        word(ZERO),
        number(0),
        word(ME),
        number(0x100),
        number(0),
    ];
    let module = [word(to), number(1_000), number(0x80), number(0), number(0)];
    vec![
        ("transferFrom", sent(USDC, &moved("transferFrom(address,address,uint256)", &data), policy)),
        ("a piece", sent(COLLECTION, &moved("safeTransferFrom(address,address,uint256)", &data), policy)),
        (
            "Permit2",
            sent(
                PERMIT2,
                &moved(
                    "transferFrom(address,address,uint160,address)",
                    &[data.to_vec(), vec![word(USDC)]].concat(),
                ),
                policy,
            ),
        ),
        ("the module of allowances", sent(OURS, &moved(allowance, &words), policy)),
        (
            "a vault",
            sent(
                OURS,
                &moved("redeem(uint256,address,address)", &[number(1_000), word(to), word(from)]),
                policy,
            ),
        ),
        (
            "ERC-3009",
            sent(
                USDC,
                &moved(
                    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
                    &[
                        data.to_vec(),
                        vec![number(0), number(1_768_485_600), number(1), number(27), number(1), number(1)],
                    ]
                    .concat(),
                ),
                policy,
            ),
        ),
        (
            "a module",
            sent(from, &moved("execTransactionFromModule(address,uint256,bytes,uint8)", &module), policy),
        ),
    ]
}

#[test]
fn what_is_taken_from_somebody_else_is_vouched_for_and_limited() {
    for (what, report) in by_call(SAFE, ME) {
        assert_ne!(report.exit_code, 0, "{what}: {:#?}", report.findings);
    }
    for (what, report) in by_call(STRANGER, ME) {
        assert_ne!(report.exit_code, 0, "{what}: {:#?}", report.findings);
    }
    let taken = |from: &str, to: &str, policy: &str| {
        let data = [word(from), word(to), number(1_000)];
        sent(USDC, &call("transferFrom(address,address,uint256)", &data), policy)
    };
    assert_eq!(taken(ME, COLD, "").exit_code, 0);
    assert_eq!(taken(SAFE, COLD, "").exit_code, 0, "{:#?}", taken(SAFE, COLD, "").findings);
    for from in [ME, SAFE, STRANGER] {
        let over = taken(from, COLD, LIMIT);
        assert!(over.exit_code == 20 && over.has("G-POL-01"), "{from}: {:#?}", over.findings);
    }
    let said = taken(SAFE, ME, "");
    assert!(said.of("G-POL-03")[0].title.contains("does not own it"), "{:#?}", said.findings);
    assert!(said.items[0].intent.contains(&format!("of {SAFE} to {ME}")), "{}", said.items[0].intent);
    let booked = format!("[[book]]\naddress='{ME}'\nname='myself'\n");
    assert_eq!(taken(SAFE, ME, &booked).exit_code, 0);
}

/// A Safe that takes what its owner has: it leaves him, who gave an allowance for something else.
#[test]
fn what_a_safe_takes_from_its_owner_is_not_the_safes() {
    let taken = |from: &str| {
        let data = call("transferFrom(address,address,uint256)", &[word(from), word(SAFE), number(1_000)]);
        let tx = json!({
            "safe": SAFE, "to": USDC, "value": "0", "data": data, "operation": 0, "safeTxGas": "0", "baseGas": "0",
            "gasPrice": "0", "gasToken": ZERO, "refundReceiver": ZERO, "nonce": 7, "isExecuted": false, "confirmations": [],
        });
        judged(check_safe, LIMIT, &tx)
    };
    let report = taken(ME);
    assert!(report.items[0].intent.contains(&format!("of {ME}")), "{}", report.items[0].intent);
    assert!(report.exit_code == 20 && report.has("G-POL-01"), "{:#?}", report.findings);
    let own = taken(SAFE);
    assert!(!own.has("G-POL-01"), "nothing leaves: {:#?}", own.findings);
}

/// Accounts of one owner differ by their last byte at the connector of vaults; money stays his among them.
#[test]
fn sub_accounts_of_the_connector_are_the_signers_own() {
    let acted = |whom: &str| {
        let inner = call("transfer(address,uint256)", &[word(ME), number(1_000)]);
        let inner = inner.trim_start_matches("0x");
        let words = [word(USDC), word(whom), number(0), number(0x80), number(inner.len() as u64 / 2)];
        let data = call("call(address,address,uint256,bytes)", &words);
        sent(OURS, &format!("{data}{inner}{}", "0".repeat((64 - inner.len() % 64) % 64)), LIMIT)
    };
    let sub = format!("{}07", &ME[..40]);
    assert!(!acted(&sub).has("G-POL-01"), "{:#?}", acted(&sub).findings);
    assert!(acted(STRANGER).has("G-POL-01"), "{:#?}", acted(STRANGER).findings);
}

const SEAPORT: &str = "0x0000000000000068F116a894984e2DB1123eB395";

fn item(kind: u8, token: &str, id: &str, amounts: [&str; 2], to: Option<&str>) -> Value {
    let mut item = json!({
        "itemType": kind, "token": token, "identifierOrCriteria": id, "startAmount": amounts[0], "endAmount": amounts[1],
    });
    if let Some(to) = to {
        item["recipient"] = json!(to);
    }
    item
}

fn order(maker: &str, offer: &Value, asked: &[Value]) -> Report {
    let zero = format!("0x{}", "00".repeat(32));
    let list = |text: &str| -> Vec<Value> {
        let fields = text.split(',').map(|field| field.split_once(' ').expect("a field"));
        fields.map(|(kind, name)| json!({ "name": name, "type": kind })).collect()
    };
    let item =
        "uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount";
    let data = json!({
        "types": {
            "EIP712Domain": list("uint256 chainId,address verifyingContract"),
            "OrderComponents": list("address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 \
                orderType,uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter"),
            "OfferItem": list(item),
            "ConsiderationItem": list(&format!("{item},address recipient")),
        },
        "primaryType": "OrderComponents",
        "domain": { "chainId": 1, "verifyingContract": SEAPORT },
        "message": {
            "offerer": maker, "zone": ZERO, "offer": [offer], "consideration": asked, "orderType": 0,
            "startTime": "1768400000", "endTime": TERM, "zoneHash": zero, "salt": "1", "conduitKey": zero, "counter": "0",
        },
    });
    let market = format!("[[trusted]]\naddress='{SEAPORT}'\nlabel='Seaport'\nroles=['contract']\n");
    judged(check_typed, &market, &data)
}

#[test]
fn a_share_of_what_a_safe_sells_is_not_its_owners() {
    let sold = |maker: &str, share: &str| {
        let coins = |amount: &str, to: &str| item(0, ZERO, "0", [amount, amount], Some(to));
        let asked = [coins("8100000000000000000", maker), coins("1900000000000000000", share)];
        order(maker, &item(2, COLLECTION, "7", ["1", "1"], None), &asked)
    };
    assert_eq!(sold(ME, ME).exit_code, 0, "{:#?}", sold(ME, ME).findings);
    let shared = sold(SAFE, ME);
    assert!(shared.exit_code != 0 && shared.has("G-ORD-01"), "{:#?}", shared.findings);
    assert_eq!(sold(SAFE, SAFE).exit_code, 0, "{:#?}", sold(SAFE, SAFE).findings);
}

#[test]
fn an_order_tells_the_most_that_it_gives() {
    for amounts in [["1000000", "3000000000"], ["3000000000", "1000000"]] {
        let piece = item(2, COLLECTION, "7", ["1", "1"], Some(ME));
        let report = order(ME, &item(1, USDC, "0", amounts, None), &[piece]);
        assert!(report.items[0].intent.contains("offers up to 3,000 USDC"), "{}", report.items[0].intent);
        let told = report.of("G-ORD-01");
        assert!(told.iter().any(|one| one.title.contains("up to 3,000 USDC")), "{:#?}", report.findings);
    }
}

/// A stranger's allowance is vouched for by nobody, however small and in whatever way it is given.
#[test]
fn an_allowance_for_a_stranger_is_missing_somebody_who_vouches() {
    let approve = call("approve(address,uint256)", &[word(STRANGER), number(1)]);
    let by_permit2 = call(
        "approve(address,address,uint160,uint48)",
        &[word(USDC), word(STRANGER), number(1), number(1_768_485_600)],
    );
    for (to, data) in [(USDC, &approve), (PERMIT2, &by_permit2), (COLLECTION, &approve)] {
        let report = sent(to, data, "");
        assert!(report.exit_code == 30 && report.has("G-APP-01"), "{to}: {:#?}", report.findings);
        assert!(report.next.iter().any(|step| step.contains(STRANGER)), "{:?}", report.next);
        let forward = "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)";
        let values = [json!(ME), json!(to), json!("0"), json!("9"), json!("0"), json!(TERM), json!(data)];
        let signed = judged(check_typed, "", &typed(OURS, forward, &values));
        assert!(signed.exit_code == 20 && signed.has("G-APP-01"), "{to}: {:#?}", signed.findings);
    }
    // Who may be paid may take so much, where a person looks at it.
    let booked = call("approve(address,uint256)", &[word(COLD), number(1)]);
    assert_eq!(sent(USDC, &booked, "").exit_code, 10);
}

/// What is shipped as trusted and may run other code tomorrow is no stranger, and nobody who is trusted unseen.
#[test]
fn a_proxy_that_is_shipped_lacks_the_word_of_what_it_runs() {
    let pool = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2";
    let permit = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";
    let values = [json!(ME), json!(pool), json!("1000"), json!("0"), json!(TERM)];
    let signed = judged(check_typed, "", &typed(USDC, permit, &values));
    let approved = sent(USDC, &call("approve(address,uint256)", &[word(pool), number(1_000)]), "");
    for report in [&signed, &approved] {
        assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
        assert!(report.findings[0].title.contains("what it runs is not known"), "{:#?}", report.findings);
    }
    let unshipped = judged(
        check_typed,
        "[[blocked]]\naddress='0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2'\nname='x'\n",
        &typed(USDC, permit, &values),
    );
    assert_eq!(unshipped.exit_code, 20);
}

/// To act for somebody needs one role, by call and by signature.
#[test]
fn whoever_acts_for_the_signer_is_trusted_by_one_role() {
    let act = |roles: &str| {
        let policy = format!("[[trusted]]\naddress='{STRANGER}'\nlabel='a bot'\nroles=[{roles}]\n");
        let called =
            sent(OURS, &call("setAuthorization(address,bool)", &[word(STRANGER), number(1)]), &policy);
        let text = "Authorization(address authorizer,address authorized,bool isAuthorized,uint256 nonce,uint256 deadline)";
        let values = [json!(ME), json!(STRANGER), json!(true), json!("0"), json!(TERM)];
        let signed = judged(check_typed, &policy, &typed(OURS, text, &values));
        (called.exit_code, signed.exit_code)
    };
    assert_eq!(act("'operator'"), (10, 10));
    assert_eq!(act("'admin'"), (10, 10));
    assert_eq!(act("'spender'"), (20, 20));
}
