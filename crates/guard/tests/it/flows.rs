//! What leaves by functions that are known by name: every one is held to the limits, and none takes an open amount in silence.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, U256};
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Finding, Policy, Report, Severity, check_safe, check_tx, check_typed, decode::table,
    policy::DEFAULT,
};

use crate::powers::{call, filled, types};

const ME: &str = "0x1111111111111111111111111111111111111111";
const CONTRACT: &str = "0x7777777777777777777777777777777777777777";
const TOKEN: &str = "0x6666666666666666666666666666666666666666";
const COLD: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const STETH: &str = "0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84";
const WSTETH: &str = "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0";
const NOBODY: &str = "0x0000000000000000000000000000000000000000";
const ENTRY_POINT: &str = "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108";

fn policy(more: &str) -> Policy {
    let trusted = [CONTRACT, TOKEN].map(|address| {
        format!("[[trusted]]\naddress='{address}'\nlabel='ours'\nroles=['contract','spender']\n")
    });
    let book = format!("[[book]]\naddress='{COLD}'\nname='our cold wallet'\n");
    Policy::parse(&format!("{DEFAULT}\n{}{book}{more}", trusted.concat())).expect("a policy")
}

fn facts(more: &str) -> Facts {
    Facts::parse(&format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n{more}")).expect("facts")
}

fn judged(tx: &Value, policy: &Policy, facts: &Facts) -> Report {
    check_tx(tx.to_string().as_bytes(), Context::new(policy, facts))
}

fn sent_with(tx: &Value, more: &str, known: &str) -> Report {
    judged(tx, &policy(more), &facts(known))
}

fn tx(to: &str, value: u64, data: &str) -> Value {
    json!({ "from": ME, "to": to, "value": format!("{value:#x}"), "chainId": "0x1", "data": data })
}

fn sent(to: &str, value: u64, data: &str, more: &str) -> Report {
    sent_with(&tx(to, value, data), more, "")
}

fn limits() -> String {
    let of = |token: &str| format!("[[limit]]\ntoken='{token}'\nper-transaction='0'\n");
    let tokens = [TOKEN, CONTRACT, ME, USDC, WETH, STETH, WSTETH].map(of).concat();
    format!("{tokens}[[limit]]\nper-transaction='0'\n")
}

fn address(text: &str) -> DynSolValue {
    DynSolValue::Address(text.parse().expect("an address"))
}

fn uint(number: u64) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), 256)
}

/// Arguments that give something, with these addresses in turn.
fn with(ty: &DynSolType, whose: &mut dyn Iterator<Item = Address>) -> DynSolValue {
    match ty {
        DynSolType::Address => DynSolValue::Address(whose.next().expect("endless")),
        DynSolType::FixedBytes(32) => DynSolValue::FixedBytes(whose.next().expect("endless").into_word(), 32),
        DynSolType::Array(inner) => DynSolValue::Array(vec![with(inner, whose)]),
        DynSolType::Tuple(fields) => {
            DynSolValue::Tuple(fields.iter().map(|field| with(field, whose)).collect())
        }
        other => filled(other, false),
    }
}

/// Addresses as arguments may name them, in turn.
const TURNS: &[&[&str]] = &[
    &[ME],
    &[TOKEN],
    &[COLD],
    &[ME, COLD],
    &[ME, TOKEN],
    &[TOKEN, ME],
    &[COLD, ME],
    &[TOKEN, COLD],
    &[ME, COLD, TOKEN],
    &[ME, ME, TOKEN],
    &[ME, TOKEN, TOKEN],
    &[TOKEN, ME, COLD],
    &[TOKEN, COLD, ME],
];

/// Functions by which nothing of the caller's leaves but money that is sent along, which there is none of here, or by which what
/// others hold comes to him: whatever is not one of these, and is allowed, is held to the limits.
const NOTHING_LEAVES: &[&str] = &[
    "Multicall((address,bytes)[])",
    "aggregate((address,bytes)[])",
    "aggregate3((address,bool,bytes)[])",
    "aggregate3Value((address,bool,uint256,bytes)[])",
    "cancel((address,address,(uint8,address,uint256,uint256,uint256)[],(uint8,address,uint256,uint256,uint256,address)[],uint8,uint256,uint256,bytes32,uint256,bytes32,uint256)[])",
    "cancelOrder(uint256,bytes32)",
    "claimWithdrawal(uint256)",
    "claimWithdrawals(uint256[],uint256[])",
    "claimWithdrawalsTo(uint256[],uint256[],address)",
    "collect((uint256,address,uint128,uint128))",
    "deposit()",
    "depositETH(address,address,uint16)",
    "depositTo(address)",
    "executeBatch(address[],bytes[])",
    "executeWithoutChainIdValidation(bytes[])",
    "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)",
    "increaseEpoch(uint96)",
    "incrementCounter()",
    "invalidateNonces(address,address,uint48)",
    "invalidateOrder(bytes)",
    "invalidateUnorderedNonces(uint256,uint256)",
    "lockdown((address,address)[])",
    "multiSend(bytes)",
    "multicall(bytes32,bytes[])",
    "multicall(bytes[])",
    "multicall(uint256,bytes[])",
    "operatorSend(address,address,uint256,bytes,bytes)",
    "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)",
    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
    "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
    "refundETH()",
    "renew(string,uint256)",
    "rescueERC20(address,address,uint256)",
    "rescueTokens(address,address,uint256)",
    "schedule(address,bytes,uint48)",
    "setUserUseReserveAsCollateral(address,bool)",
    "simulateAndRevert(address,bytes)",
    "submit(address)",
    "sweepERC20(address,address)",
    "sweepETH(address)",
    "sweepToken(address,uint256)",
    "sweepToken(address,uint256,address)",
    "sweepTokenWithFee(address,uint256,address,uint256,address)",
    "transferShares(address,uint256)",
    "transferSharesFrom(address,address,uint256)",
    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
    "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
    "tryAggregate(bool,(address,bytes)[])",
    "unwrapWETH9(uint256)",
    "unwrapWETH9(uint256,address)",
    "unwrapWETH9WithFee(uint256,address,uint256,address)",
    "updateRescuer(address)",
    // Orders of others, which need their signatures.
    "validate(((address,address,(uint8,address,uint256,uint256,uint256)[],(uint8,address,uint256,uint256,uint256,address)[],uint8,uint256,uint256,bytes32,uint256,bytes32,uint256),bytes)[])",
    "withdraw((address,address,address,address,uint256),uint256,uint256,address,address)",
    "withdraw(address,uint256,address)",
    "withdrawCollateral((address,address,address,address,uint256),uint256,address,address)",
    "withdrawStake(address)",
    "withdrawTo(address,uint256)",
];

#[test]
fn whatever_function_takes_something_is_held_to_the_limits() {
    let mut free: Vec<&str> = Vec::new();
    let mut held = 0;
    let (open, limited, facts) = (policy(""), policy(&limits()), facts(""));
    for function in table::embedded() {
        let signature = &function.signature[..];
        let (mut is_allowed, mut is_held) = (false, false);
        for turn in TURNS {
            let turn: Vec<Address> = turn.iter().map(|text| text.parse().expect("an address")).collect();
            let mut whose = turn.into_iter().cycle();
            let args = types(signature).iter().map(|ty| with(ty, &mut whose)).collect();
            let data = call(signature, args);
            let tx = tx(CONTRACT, 0, &data);
            if judged(&tx, &open, &facts).exit_code == 0 {
                is_allowed = true;
                is_held |= judged(&tx, &limited, &facts).exit_code != 0;
            }
        }
        held += usize::from(is_held);
        if is_allowed && !is_held {
            free.push(signature);
        }
    }
    free.sort_unstable();
    assert!(held >= 30, "{held}");
    assert_eq!(free, NOTHING_LEAVES);
}

#[test]
fn a_contract_that_is_known_takes_no_open_amount_in_silence() {
    let me = || address(ME);
    for (signature, args) in [
        ("mint(uint256,address)", vec![uint(5), me()]),
        ("mint(address,uint256)", vec![me(), uint(5)]),
        ("withdraw(uint256,address,address)", vec![uint(5), me(), me()]),
        ("withdraw(uint256)", vec![uint(5)]),
        ("claim()", vec![]),
        ("claimRewards(address)", vec![me()]),
    ] {
        let report = sent(CONTRACT, 0, &call(signature, args), "");
        assert!(report.exit_code == 10 && report.has("G-SIM-01"), "{signature}: {:#?}", report.findings);
        assert!(report.summary.contains("How much leaves"), "{signature}: {}", report.summary);
    }
    // What names its amount stays as it was.
    for (signature, args) in [
        ("deposit(uint256,address)", vec![uint(5), me()]),
        ("redeem(uint256,address,address)", vec![uint(5), me(), me()]),
    ] {
        let report = sent(CONTRACT, 0, &call(signature, args), "");
        assert_eq!(report.exit_code, 0, "{signature}: {:#?}", report.findings);
    }
    assert_eq!(sent(WETH, 0, &call("withdraw(uint256)", vec![uint(5)]), "").exit_code, 0);
}

#[test]
fn ether_for_a_deposit_or_to_be_passed_on_has_no_use_anywhere_else() {
    let deposit = call("depositTo(address)", vec![address(ME)]);
    assert_eq!(sent(ENTRY_POINT, 5, &deposit, "").exit_code, 0);
    for to in [CONTRACT, WETH] {
        let report = sent(to, 5, &deposit, "");
        assert!(report.exit_code == 10 && report.has("G-SIM-01"), "{to}: {:#?}", report.findings);
    }
    let args = vec![address(ME), uint(5), DynSolValue::Bytes(Vec::new())];
    let relay = call("relay(address,uint256,bytes)", args);
    assert_eq!(sent(CONTRACT, 5, &relay, "").exit_code, 10);
}

#[test]
fn loans_pieces_and_contracts_that_are_made_count_against_the_limits() {
    let limit = |token: &str| format!("[[limit]]\ntoken='{token}'\nper-transaction='4'\n");
    let over = |report: &Report| report.exit_code == 20 && report.has("G-POL-01");
    let market =
        DynSolValue::Tuple(vec![address(USDC), address(WETH), address(NOBODY), address(NOBODY), uint(0)]);
    let borrow = "borrow((address,address,address,address,uint256),uint256,uint256,address,address)";
    let loan = |assets: u64, shares: u64| {
        call(borrow, vec![market.clone(), uint(assets), uint(shares), address(ME), address(ME)])
    };
    let report = sent(CONTRACT, 0, &loan(5, 0), &limit(USDC));
    assert!(over(&report), "{:#?}", report.findings);
    assert_eq!(sent(CONTRACT, 0, &loan(4, 0), &limit(USDC)).exit_code, 0);
    // Of shares nobody can tell what they are worth.
    assert_eq!(sent(CONTRACT, 0, &loan(0, 5), "").exit_code, 10);
    let aave = "borrow(address,uint256,uint256,uint16,address)";
    let five = DynSolValue::Uint(U256::from(5), 16);
    let aave = call(aave, vec![address(USDC), uint(5), uint(2), five, address(ME)]);
    let report = sent(CONTRACT, 0, &aave, &limit(USDC));
    assert!(over(&report) && report.summary.contains("may leave, or be owed, at once"), "{}", report.summary);
    let comet = call("withdrawTo(address,address,uint256)", vec![address(ME), address(USDC), uint(5)]);
    let report = sent(CONTRACT, 0, &comet, &limit(USDC));
    assert!(report.exit_code == 10 && report.has("G-POL-01"), "{:#?}", report.findings);
    let pieces = |count: u64| {
        let function = "safeTransferFrom(address,address,uint256,uint256,bytes)";
        let none = DynSolValue::Bytes(Vec::new());
        call(function, vec![address(ME), address(COLD), uint(77), uint(count), none])
    };
    assert!(over(&sent(TOKEN, 0, &pieces(5), &limit(TOKEN))));
    assert_eq!(sent(TOKEN, 0, &pieces(4), &limit(TOKEN)).exit_code, 0);
    let made = json!({ "from": ME, "value": "0x5", "chainId": "0x1", "data": "0x6001" });
    let report = sent_with(&made, "[[limit]]\nper-transaction='4'\n", "");
    assert!(over(&report), "{:#?}", report.findings);
}

#[test]
fn a_market_is_made_of_contracts_and_of_nobody_who_may_be_paid() {
    let market = |oracle: &str| {
        let market =
            DynSolValue::Tuple(vec![address(USDC), address(WETH), address(oracle), address(NOBODY), uint(0)]);
        let function = "withdraw((address,address,address,address,uint256),uint256,uint256,address,address)";
        sent(CONTRACT, 0, &call(function, vec![market, uint(5), uint(0), address(ME), address(ME)]), "")
    };
    assert_eq!(market(NOBODY).exit_code, 0, "{:#?}", market(NOBODY).findings);
    assert_eq!(market(TOKEN).exit_code, 0);
    assert_eq!((market(COLD).exit_code, market(STRANGER).exit_code), (30, 30));
}

#[test]
fn what_is_lent_at_comet_and_morpho_is_read_for_whom_it_is() {
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='4_999_999'\n");
    let market =
        || DynSolValue::Tuple(vec![address(WETH), address(USDC), address(NOBODY), address(NOBODY), uint(0)]);
    let loan =
        || DynSolValue::Tuple(vec![address(USDC), address(WETH), address(NOBODY), address(NOBODY), uint(0)]);
    let none = || DynSolValue::Bytes(Vec::new());
    let supply = "supply((address,address,address,address,uint256),uint256,uint256,address,bytes)";
    let repay = "repay((address,address,address,address,uint256),uint256,uint256,address,bytes)";
    let collateral = "supplyCollateral((address,address,address,address,uint256),uint256,address,bytes)";
    let five = || uint(5_000_000);
    let to = |whose: &str| {
        [
            (call(supply, vec![loan(), five(), uint(0), address(whose), none()]), "supplies 5 USDC at"),
            (call(repay, vec![loan(), five(), uint(0), address(whose), none()]), "repays 5 USDC at"),
            (
                call(collateral, vec![market(), five(), address(whose), none()]),
                "supplies 5 USDC as collateral",
            ),
            (
                call("supplyTo(address,address,uint256)", vec![address(whose), address(USDC), five()]),
                "supplies 5 USDC at",
            ),
        ]
    };
    let own = call("supply(address,uint256)", vec![address(USDC), five()]);
    for (data, words) in to(ME).into_iter().chain([(own.clone(), "supplies 5 USDC at")]) {
        let report = sent(CONTRACT, 0, &data, "");
        assert_eq!(report.exit_code, 0, "{words}: {:#?}", report.findings);
        assert!(report.items[0].intent.starts_with(words), "{}", report.items[0].intent);
        let over = sent(CONTRACT, 0, &data, &limit);
        assert!(over.exit_code == 20 && over.has("G-POL-01"), "{words}: {:#?}", over.findings);
        assert_ne!(sent(STRANGER, 0, &data, "").exit_code, 0, "{words}: a name says nothing there");
    }
    for (data, words) in to(STRANGER) {
        assert_eq!(sent(CONTRACT, 0, &data, "").exit_code, 20, "{words}");
    }
    // Shares cost what the market says, and data are an instruction.
    let shares = call(repay, vec![loan(), uint(0), five(), address(ME), none()]);
    assert_eq!(sent(CONTRACT, 0, &shares, "").exit_code, 10);
    let told = vec![loan(), five(), uint(0), address(ME), DynSolValue::Bytes(vec![7; 32])];
    assert_eq!(sent(CONTRACT, 0, &call(supply, told), "").exit_code, 30);
    let from = vec![address(STRANGER), address(ME), address(USDC), five()];
    assert_ne!(
        sent(CONTRACT, 0, &call("supplyFrom(address,address,address,uint256)", from), "").exit_code,
        0
    );
}

#[test]
fn an_allowance_of_a_safe_for_somebody_in_the_book_is_for_a_person_and_counts() {
    let small = |number: u64, bits: usize| DynSolValue::Uint(U256::from(number), bits);
    let allowance = |who: &str, amount: u64| {
        let args = vec![address(who), address(USDC), small(amount, 96), small(1_440, 16), small(0, 32)];
        call("setAllowance(address,address,uint96,uint16,uint32)", args)
    };
    let delegate = |who: &str| call("addDelegate(address)", vec![address(who)]);
    let booked = sent(CONTRACT, 0, &allowance(COLD, 5_000_000), "");
    assert_eq!(booked.exit_code, 10, "{:#?}", booked.findings);
    let intent = &booked.items[0].intent;
    assert!(
        intent.contains("take up to 5 USDC every 1 day") && intent.contains("without a signature"),
        "{intent}"
    );
    assert_eq!(sent(CONTRACT, 0, &delegate(COLD), "").exit_code, 10);
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='4_999_999'\n");
    let over = sent(CONTRACT, 0, &allowance(COLD, 5_000_000), &limit);
    assert!(over.exit_code == 20 && over.has("G-POL-01"), "{:#?}", over.findings);
    for data in [allowance(STRANGER, 5), delegate(STRANGER)] {
        assert_eq!(sent(CONTRACT, 0, &data, "").exit_code, 20);
    }
    // At a contract that nobody knows it may be anything.
    assert_eq!(sent(STRANGER, 0, &allowance(COLD, 5), "").exit_code, 20);
}

#[test]
fn a_smart_account_may_supply_for_itself() {
    const ACCOUNT: &str = "0x9999999999999999999999999999999999999999";
    let supply = |to: &str| {
        let args = vec![address(USDC), uint(5_000_000), address(to), DynSolValue::Uint(U256::ZERO, 16)];
        let data = call("supply(address,uint256,address,uint16)", args);
        let inner = DynSolValue::Bytes(hex::decode(&data[2..]).expect("hex"));
        call("execute(address,uint256,bytes)", vec![address(CONTRACT), uint(0), inner])
    };
    let more = format!("[[trusted]]\naddress='{ACCOUNT}'\nlabel='our account'\nroles=['contract']\n");
    let own = sent(ACCOUNT, 0, &supply(ACCOUNT), &more);
    assert_eq!(own.exit_code, 0, "{:#?}", own.findings);
    assert_eq!(sent(ACCOUNT, 0, &supply(STRANGER), &more).exit_code, 20);
    let limit = format!("{more}[[limit]]\ntoken='{USDC}'\nper-transaction='4_999_999'\n");
    assert!(sent(ACCOUNT, 0, &supply(ACCOUNT), &limit).has("G-POL-01"));
    // As the account itself.
    let as_account = |to: &str| {
        let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ACCOUNT}'\n");
        let tx =
            json!({ "from": ACCOUNT, "to": ACCOUNT, "value": "0x0", "chainId": "0x1", "data": supply(to) });
        judged(&tx, &policy(""), &Facts::parse(&facts).expect("facts"))
    };
    let itself = as_account(ACCOUNT);
    assert_eq!(itself.exit_code, 0, "{:#?}", itself.findings);
    assert_eq!(as_account(STRANGER).exit_code, 20);
}

fn burn(token: &str) -> String {
    let words = vec![
        uint(5_000_000),
        DynSolValue::Uint(U256::from(6), 32),
        DynSolValue::FixedBytes(ME.parse::<Address>().expect("an address").into_word(), 32),
        address(token),
    ];
    call("depositForBurn(uint256,uint32,bytes32,address)", words)
}

fn oft(lz_fee: u64) -> String {
    let me = DynSolValue::FixedBytes(ME.parse::<Address>().expect("an address").into_word(), 32);
    let none = || DynSolValue::Bytes(Vec::new());
    let there = DynSolValue::Uint(U256::from(30_184), 32);
    let send = DynSolValue::Tuple(vec![there, me, uint(500), uint(500), none(), none(), none()]);
    let fee = DynSolValue::Tuple(vec![uint(0), uint(lz_fee)]);
    let function = "send((uint32,bytes32,uint256,uint256,bytes,bytes,bytes),(uint256,uint256),address)";
    call(function, vec![send, fee, address(ME)])
}

#[test]
fn a_bridge_takes_its_own_token_and_no_fee_that_is_not_read() {
    assert_eq!(sent(CONTRACT, 0, &burn(USDC), "").exit_code, 0);
    let other = sent(CONTRACT, 0, &burn(WETH), "");
    assert!(other.exit_code == 10 && other.has("G-SIM-01"), "{:#?}", other.findings);
    assert_eq!(sent(CONTRACT, 0, &oft(0), "").exit_code, 0);
    let fee = sent(CONTRACT, 0, &oft(7), "");
    assert!(fee.exit_code == 10 && fee.summary.contains("lzTokenFee"), "{:#?}", fee.findings);
}

#[test]
fn bridges_vaults_and_lenders_are_told_in_the_words_of_money() {
    let me = || address(ME);
    let usdc = || address(USDC);
    let market = DynSolValue::Tuple(vec![usdc(), address(WETH), address(NOBODY), address(NOBODY), uint(0)]);
    for (data, words) in [
        (burn(USDC), &["sends 5 USDC by the bridge", "to Base (chain 8453), for you"][..]),
        (oft(0), &["sends 500 base units", "to Base (chain 8453), for you", "at least 500"]),
        (
            call("mint(uint256,address)", vec![uint(5_000), me()]),
            &["buys 5,000 base units of shares", "at whatever they cost, for you"],
        ),
        (
            call("redeem(uint256,address,address)", vec![uint(5), me(), me()]),
            &["gives back 5 base units", "for you"],
        ),
        (
            call("withdrawTo(address,address,uint256)", vec![me(), usdc(), uint(5_000_000)]),
            &["takes 5 USDC out of", "for you", "as a loan"],
        ),
        (
            call(
                "borrow((address,address,address,address,uint256),uint256,uint256,address,address)",
                vec![market, uint(5_000_000), uint(0), me(), me()],
            ),
            &["borrows 5 USDC at", "for you"],
        ),
        (
            call(
                "queueWithdrawals((address[],uint256[],address)[])",
                vec![DynSolValue::Array(vec![DynSolValue::Tuple(vec![
                    DynSolValue::Array(vec![address(TOKEN)]),
                    DynSolValue::Array(vec![uint(1_000)]),
                    me(),
                ])])],
            ),
            &["take out 1,000 shares of", "later, for you"],
        ),
        (call("claim()", vec![]), &["how much leaves by that does not stand there"]),
    ] {
        let report = sent(CONTRACT, 0, &data, "");
        let intent = &report.items[0].intent;
        assert!(words.iter().all(|word| intent.contains(word)), "{intent}");
    }
    // Of a contract that nobody knows the name says nothing.
    assert!(sent(STRANGER, 0, &burn(USDC), "").items[0].intent.starts_with("calls depositForBurn"));
}

#[test]
fn a_new_safe_is_told_with_its_owners_and_what_runs() {
    let none = || DynSolValue::Bytes(Vec::new());
    let setup = |runs: &str, data: DynSolValue, pays: u64| {
        let owners = DynSolValue::Array(vec![address(ME), address(STRANGER)]);
        let args = vec![
            owners,
            uint(1),
            address(runs),
            data,
            address(NOBODY),
            address(USDC),
            uint(pays),
            address(STRANGER),
        ];
        let data = call("setup(address[],uint256,address,bytes,address,address,uint256,address)", args);
        let data = DynSolValue::Bytes(hex::decode(&data[2..]).expect("hex"));
        let made = vec![address(TOKEN), data, uint(1)];
        sent(CONTRACT, 0, &call("createProxyWithNonce(address,bytes,uint256)", made), "").items[0]
            .intent
            .clone()
    };
    let plain = setup(NOBODY, none(), 0);
    assert!(plain.contains("1 of 2 owners must sign") && plain.contains(STRANGER), "{plain}");
    assert!(!plain.contains("delegatecall") && !plain.contains("pays"), "{plain}");
    let full = setup(STRANGER, DynSolValue::Bytes(vec![0xde, 0xad, 0xbe, 0xef]), 7_000_000);
    for word in ["runs 0xdeadbeef of", "(delegatecall)", "pays 7 USDC to"] {
        assert!(full.contains(word), "{full}");
    }
    // Whoever owns it must be known, and what runs looked at.
    let of = |owner: &str, runs: &str| {
        let args = vec![
            DynSolValue::Array(vec![address(owner)]),
            uint(1),
            address(runs),
            none(),
            address(NOBODY),
            address(NOBODY),
            uint(0),
            address(NOBODY),
        ];
        let data = call("setup(address[],uint256,address,bytes,address,address,uint256,address)", args);
        let data = DynSolValue::Bytes(hex::decode(&data[2..]).expect("hex"));
        let made = vec![address(TOKEN), data, uint(1)];
        sent(CONTRACT, 0, &call("createProxyWithNonce(address,bytes,uint256)", made), "").exit_code
    };
    assert_eq!((of(ME, NOBODY), of(STRANGER, NOBODY), of(ME, TOKEN)), (0, 30, 10));
    let odd = call("createProxyWithNonce(address,bytes,uint256)", vec![address(TOKEN), none(), uint(1)]);
    assert_eq!(sent(CONTRACT, 0, &odd, "").exit_code, 30);
    assert!(sent(CONTRACT, 0, &odd, "").items[0].intent.contains("0 bytes that are not read"));
}

#[test]
fn a_number_that_may_be_an_amount_or_a_piece_is_told_as_both() {
    let data = call("transferFrom(address,address,uint256)", vec![address(ME), address(COLD), uint(8_817)]);
    let unknown = sent(TOKEN, 0, &data, "");
    let intent = &unknown.items[0].intent;
    assert!(intent.contains("the NFT 8817 of") && intent.contains("8,817 of its smallest units"), "{intent}");
    assert!(sent(USDC, 0, &data, "").items[0].intent.contains("0.008817 USDC"));
}

#[test]
fn several_are_added_up_in_a_sentence() {
    let pay = |to: &str, amount: u64| {
        let data = call("transfer(address,uint256)", vec![address(to), uint(amount)]);
        tx(USDC, 0, &data)
    };
    let list =
        Value::Array((0..9).map(|index| pay(if index == 0 { TOKEN } else { COLD }, 1_000_000)).collect());
    let report = sent_with(&list, "", "");
    assert_eq!(report.together.as_deref(), Some("in all 9 USDC may leave, to 2 addresses"));
    let calls = (0..9).map(|_| {
        let data = call("transfer(address,uint256)", vec![address(COLD), uint(1_000_000)]);
        let data = DynSolValue::Bytes(hex::decode(&data[2..]).expect("hex"));
        DynSolValue::Tuple(vec![address(USDC), uint(0), data])
    });
    let batch = call("execute((address,uint256,bytes)[])", vec![DynSolValue::Array(calls.collect())]);
    let report = sent(ME, 0, &batch, "");
    let intent = &report.items[0].intent;
    assert!(intent.ends_with("and 3 things more: in all 9 USDC may leave, to 1 address"), "{intent}");
    assert_eq!(report.together, None);
    // What is not named is not added up in silence.
    let list = json!([pay(COLD, 1_000_000), tx(CONTRACT, 0, &call("claim()", vec![]))]);
    let together = sent_with(&list, "", "").together;
    assert_eq!(
        together.as_deref(),
        Some("in all 1 USDC may leave, to 1 address, and what the call data do not name")
    );
}

#[test]
fn a_number_far_ahead_or_used_is_found_where_the_next_one_is_known() {
    let known = format!("[[address]]\naddress='{ME}'\nnonce=7\n");
    let numbered = |nonce: &str, known: &str| {
        let mut tx = tx(COLD, 5, "0x");
        tx["nonce"] = json!(nonce);
        sent_with(&tx, "", known)
    };
    for (nonce, code) in [("0x7", 0), ("0x11", 0), ("0x12", 10), ("0x6", 10), ("0x0", 10)] {
        let report = numbered(nonce, &known);
        assert_eq!(report.exit_code, code, "{nonce}: {:#?}", report.findings);
        assert_eq!(report.has("G-SIG-03"), code != 0, "{nonce}");
    }
    assert_eq!(numbered("0x12", "").exit_code, 0, "nobody knows the next one");
    for odd in ["1e5", "-1", "1.5"] {
        assert_eq!(numbered(odd, "").exit_code, 20, "{odd}");
    }
}

#[test]
fn a_refund_without_a_bound_is_told_as_that_and_never_as_nothing() {
    let safe = |gas: &str, base: &str, price: &str, token: &str| {
        let tx = json!({
            "safe": ME, "to": COLD, "value": "5", "data": "0x", "operation": 0, "safeTxGas": gas, "baseGas": base,
            "gasPrice": price, "gasToken": token, "refundReceiver": COLD, "nonce": 1, "chainId": 1, "version": "1.4.1",
        });
        let (policy, facts) = (policy(""), facts(""));
        check_safe(tx.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let told = |report: &Report| {
        let refund = report.of("G-GAS-01");
        let refund = refund.iter().find(|finding| finding.title.contains("refund of gas")).expect("a refund");
        refund.title.clone()
    };
    let open = safe("0", "0", "1000000000", USDC);
    let title = told(&open);
    assert!(
        title.contains("1,000 USDC for every unit of gas") && title.contains("without a bound"),
        "{title}"
    );
    assert!(title.contains("100,000,000 USDC where it uses 100000") && !title.contains(" 0 USDC"), "{title}");
    assert_eq!(open.exit_code, 20, "{:#?}", open.findings);
    assert!(open.items[0].intent.contains("; pays 1,000 USDC for every unit"), "{}", open.items[0].intent);
    let bounded = told(&safe("50000", "10000", "2", USDC));
    assert!(bounded.contains("Pays up to 0.12 USDC") && bounded.contains("60000 units"), "{bounded}");
}

/// `CoW` and alike have one receiver; orders of Seaport and `UniswapX` may share what they bring.
#[test]
fn a_share_of_an_order_for_the_address_book_is_looked_at() {
    const SEAPORT: &str = "0x0000000000000068F116a894984e2DB1123eB395";
    const PAID: &str = "0x1234567890abcdef1234567890abcdef12345678";
    let item = |kind: &str, token: &str, amount: &str| json!({ "itemType": kind, "token": token, "identifierOrCriteria": "0", "startAmount": amount, "endAmount": amount });
    let asked = |amount: &str, to: &str| {
        let mut item = item("0", NOBODY, amount);
        item["recipient"] = json!(to);
        item
    };
    let order_until = |asked: Vec<Value>, ends: u64| {
        let data = json!({
            "types": seaport_types(),
            "primaryType": "OrderComponents",
            "domain": { "name": "Seaport", "version": "1.6", "chainId": 1, "verifyingContract": SEAPORT },
            "message": {
                "offerer": ME, "zone": NOBODY, "offer": [item("1", WETH, "1000000000000000000")], "consideration": asked,
                "orderType": "0", "startTime": "0", "endTime": ends.to_string(), "zoneHash": format!("0x{}", "00".repeat(32)),
                "salt": "1", "conduitKey": format!("0x{}", "00".repeat(32)), "counter": "0",
            },
        });
        let (policy, facts) =
            (policy(""), facts(&format!("[[past]]\nto='{PAID}'\nvalue='1000000000000000000'\n")));
        check_typed(data.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let order = |asked: Vec<Value>| order_until(asked, 1_768_564_800);
    let (whole, half) = ("1000000000000000000", "500000000000000000");
    assert_eq!(order(vec![asked(whole, ME)]).exit_code, 0, "{:#?}", order(vec![asked(whole, ME)]).findings);
    assert_eq!(order(vec![asked(whole, COLD)]).exit_code, 0);
    // As a permit: 30 days and a second are for a person.
    let long = 1_768_478_400 + 30 * 86_400;
    assert_eq!(order_until(vec![asked(whole, ME)], long).exit_code, 0);
    let longer = order_until(vec![asked(whole, ME)], long + 1);
    assert!(longer.exit_code == 10 && longer.has("G-ORD-01"), "{:#?}", longer.findings);
    let shared = order(vec![asked(half, ME), asked(half, COLD)]);
    assert!(shared.exit_code == 10 && shared.has("G-ORD-01"), "{:#?}", shared.findings);
    let fee = order(vec![asked("995000000000000000", ME), asked("5000000000000000", COLD)]);
    assert_eq!(fee.exit_code, 0, "{:#?}", fee.findings);
    // To have been paid before says nothing of a share.
    let paid = order(vec![asked("995000000000000000", ME), asked("5000000000000000", PAID)]);
    let stranger =
        |one: &Finding| one.severity == Severity::Incomplete && one.title.contains("nobody vouches");
    assert!(paid.exit_code != 0 && paid.findings.iter().any(stranger), "{:#?}", paid.findings);
}

fn seaport_types() -> Value {
    let field = |name: &str, ty: &str| json!({ "name": name, "type": ty });
    let item = |more: Option<Value>| {
        let mut fields = vec![
            field("itemType", "uint8"),
            field("token", "address"),
            field("identifierOrCriteria", "uint256"),
            field("startAmount", "uint256"),
            field("endAmount", "uint256"),
        ];
        fields.extend(more);
        Value::Array(fields)
    };
    json!({
        "EIP712Domain": [
            field("name", "string"), field("version", "string"), field("chainId", "uint256"),
            field("verifyingContract", "address"),
        ],
        "OrderComponents": [
            field("offerer", "address"), field("zone", "address"), field("offer", "OfferItem[]"),
            field("consideration", "ConsiderationItem[]"), field("orderType", "uint8"), field("startTime", "uint256"),
            field("endTime", "uint256"), field("zoneHash", "bytes32"), field("salt", "uint256"),
            field("conduitKey", "bytes32"), field("counter", "uint256"),
        ],
        "OfferItem": item(None),
        "ConsiderationItem": item(Some(field("recipient", "address"))),
    })
}

/// The customary burn addresses are named on purpose: what goes there is lost, and that is for a person.
#[test]
fn what_is_sent_to_a_burn_address_is_lost_and_for_a_person() {
    for (burns, code) in [
        ("0x000000000000000000000000000000000000dEaD", 10),
        ("0xffffffffffffffffffffffffffffffffffffffff", 10),
        (NOBODY, 20),
    ] {
        let report = judged(
            &json!({ "from": ME, "to": burns, "value": "1000000000000000", "data": "0x", "chainId": 1 }),
            &policy(&format!("[[book]]\naddress='{burns}'\nname='burn'\n")),
            &facts(""),
        );
        let is_lost = |finding: &Finding| finding.title.contains("which nobody owns: it is lost");
        assert!(report.findings.iter().any(is_lost), "{burns}: {:#?}", report.findings);
        assert_eq!(report.exit_code, code, "{burns}: {:#?}", report.findings);
    }
}
