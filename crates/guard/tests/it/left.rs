//! What an exchange, a router or an aggregator leaves behind, by calls that were written to get past the guard.

use std::fmt::Write as _;

use tracehound_guard::{Context, Facts, Policy, Report, check_safe, check_tx, policy::DEFAULT};
use tracehound_model::Decision;

use crate::{NO_REFUND, UNPRICED};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const V2: &str = "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D";
const V3: &str = "0xE592427A0AEce92De3Edee1F18E0157C05861564";
const ROUTER: &str = "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45";
const MULTICALL: &str = "0xcA11bde05977b3631167028862bE2a173976CA11";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const WSTETH: &str = "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0";
const UNKNOWN: &str = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
const ETHER: u64 = 1_000_000_000_000_000_000;

pub(crate) fn word(value: &str) -> String {
    format!("{:0>64}", value.trim_start_matches("0x").to_lowercase())
}

pub(crate) fn number(value: u64) -> String {
    format!("{value:064x}")
}

/// Call data of a function of words.
pub(crate) fn call(function: &str, words: &[String]) -> String {
    let selector = &alloy_primitives::keccak256(function)[..4];
    format!("{}{}", hex::encode(selector), words.concat())
}

/// `multicall(bytes[])`.
fn multicall(calls: &[String]) -> String {
    let (mut heads, mut tails) = (String::new(), String::new());
    for call in calls {
        let len = call.len() / 2;
        heads += &number(u64::try_from(32 * calls.len() + tails.len() / 2).expect("small"));
        tails += &number(u64::try_from(len).expect("small"));
        write!(tails, "{call:0<width$}", width = len.div_ceil(32) * 64).expect("a string");
    }
    format!("ac9650d8{}{}{heads}{tails}", number(32), number(calls.len() as u64))
}

/// `aggregate3Value` of one call.
fn aggregate(to: &str, may_fail: u64, value: u64, call: &str) -> String {
    let parts = [word(to), number(may_fail), number(value), number(128), number(call.len() as u64 / 2)];
    let width = call.len().div_ceil(64) * 64;
    format!("174dea71{}{}{}{}{call:0<width$}", number(32), number(1), number(32), parts.concat())
}

fn judge(policy: &str, to: &str, value: u64, data: &str) -> Report {
    let policy = Policy::parse(&format!("{UNPRICED}\n{policy}")).expect("a policy");
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let pool = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2";
    let facts = Facts::parse(&format!("{facts}[[address]]\naddress='{pool}'\nverified=true\n"));
    let input =
        format!(r#"{{"from":"{ME}","to":"{to}","value":"{value:#x}","data":"0x{data}","chainId":1}}"#);
    check_tx(input.as_bytes(), Context::new(&policy, &facts.expect("facts")))
}

fn verdict(to: &str, value: u64, data: &str) -> Decision {
    judge("", to, value, data).verdict
}

fn limit(token: &str) -> String {
    format!("[[limit]]\ntoken='{token}'\nper-transaction='1000000'\n")
}

/// `exactOutput` of the older router: gets the first token of the way, gives the last.
fn exact_output(first: &str, last: &str, out: u64, most: u64) -> String {
    let head = [number(32), number(160), word(ME), number(1_770_000_000), number(out), number(most)];
    let way = format!("{}0001f4{}", &word(first)[24..], &word(last)[24..]);
    let words = [head.concat(), number(43), format!("{way:0<128}")];
    call("exactOutput((bytes,address,uint256,uint256,uint256))", &words)
}

#[test]
fn an_exact_output_gets_the_first_token_and_gives_the_last() {
    let unknown = exact_output(UNKNOWN, USDC, 1_000_000_000_000, 1_000_000_000_000);
    assert_eq!(verdict(V3, 0, &unknown), Decision::Review);
    let known = exact_output(WETH, USDC, ETHER, 4_000_000_000);
    assert_eq!(verdict(V3, 0, &known), Decision::Allow);
    assert_eq!(judge(&limit(USDC), V3, 0, &known).verdict, Decision::Block);
}

#[test]
fn zero_in_a_multi_send_is_the_safe_itself_from_1_5_0_only() {
    let safe = |multi: &str| {
        let packed = format!("00{}{}{}", "0".repeat(40), number(ETHER), number(0));
        let data = call("multiSend(bytes)", &[number(32), number(85), format!("{packed:0<192}")]);
        let input = format!(
            r#"{{"safe":"{ME}","to":"{multi}","value":"0","data":"0x{data}","operation":1,{NO_REFUND},"nonce":1,"chainId":1,"version":"1.4.1"}}"#
        );
        let policy = Policy::parse(DEFAULT).expect("a policy");
        check_safe(input.as_bytes(), Context::new(&policy, &Facts::default())).verdict
    };
    for older in ["0x40A2aCCbd92BCA938b02010E17A5b8929b49130D", "0x9641d764fc13c8B624c04430C7356C1C7C8102e2"]
    {
        assert_eq!(safe(older), Decision::Block, "{older}");
    }
    assert_ne!(safe("0xA83c336B20401Af773B6219BA5027174338D1836"), Decision::Block);
}

fn sweep(token: &str, to: &str) -> String {
    call("sweepToken(address,uint256,address)", &[word(token), number(0), word(to)])
}

fn unwrap(to: &str) -> String {
    call("unwrapWETH9(uint256,address)", &[number(0), word(to)])
}

/// `exactInputSingle` of the older router: WETH for USDC.
fn input_single(amount: u64) -> String {
    let words = [word(WETH), word(USDC), number(500), word(ME), number(1_770_000_000), number(amount)];
    let last = [number(3_000_000_000), number(0)];
    let function = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))";
    call(function, &[words.concat(), last.concat()])
}

#[test]
fn money_sent_along_that_no_exchange_takes_is_asked_back() {
    assert_eq!(verdict(V3, ETHER, &sweep(USDC, ME)), Decision::Review);
    let more = |then: &[String]| {
        let calls = [&[input_single(ETHER)][..], then].concat();
        verdict(V3, 2 * ETHER, &multicall(&calls))
    };
    let refund = call("refundETH()", &[]);
    assert_eq!(more(&[unwrap(ME)]), Decision::Review);
    assert_eq!(more(std::slice::from_ref(&refund)), Decision::Allow);
    let before = multicall(&[refund, input_single(ETHER)]);
    assert_eq!(verdict(V3, 2 * ETHER, &before), Decision::Review);
    assert_eq!(verdict(V3, ETHER, &multicall(&[input_single(ETHER)])), Decision::Allow);
    // The router takes wrapped ether instead, by an allowance.
    assert_eq!(verdict(V3, ETHER - 1, &input_single(ETHER)), Decision::Review);
}

/// `exactInputSingle` of the newer router: USDC for WETH.
fn to_router(recipient: u64) -> String {
    let words =
        [word(USDC), word(WETH), number(500), number(recipient), number(4_000_000_000), number(ETHER)];
    let function = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))";
    call(function, &[words.concat(), number(0)])
}

#[test]
fn what_comes_out_into_the_router_is_swept_by_a_later_call_for_the_same_token() {
    let judge = |calls: &[String]| verdict(ROUTER, 0, &multicall(calls));
    assert_eq!(judge(&[to_router(2), sweep(DAI, ME)]), Decision::Review);
    assert_eq!(judge(&[unwrap(ME), to_router(2)]), Decision::Review);
    assert_eq!(judge(&[to_router(2), unwrap(ME)]), Decision::Allow);
    assert_eq!(judge(&[to_router(2), sweep(WETH, ME)]), Decision::Allow);
}

#[test]
fn one_means_the_sender_at_the_newer_router_only() {
    assert_eq!(verdict(ROUTER, 0, &to_router(1)), Decision::Allow);
    let pool = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2";
    let data =
        |to: &str| call("withdraw(address,uint256,address)", &[word(USDC), number(1_000_000), word(to)]);
    assert_eq!(verdict(pool, 0, &data("1")), Decision::Block);
    assert_eq!(verdict(pool, 0, &data(ME)), Decision::Allow);
    assert_eq!(verdict(ROUTER, 0, &multicall(&[to_router(2), unwrap("1")])), Decision::Block);
}

#[test]
fn what_an_aggregator_calls_with_money_is_its_own() {
    let trusted = format!("[[trusted]]\naddress='{MULTICALL}'\nlabel='Multicall3'\nroles=['contract']\n");
    let judge = |data: &str| judge(&trusted, MULTICALL, ETHER, data).verdict;
    assert_eq!(judge(&aggregate(WETH, 0, ETHER, "d0e30db0")), Decision::Review);
    assert_ne!(judge(&aggregate(WETH, 0, ETHER, "")), Decision::Allow);
    assert_ne!(judge(&aggregate(WSTETH, 0, ETHER, "")), Decision::Allow);
    let wrap = call("wrap(uint256)", &[number(1)]);
    assert_eq!(judge(&aggregate(WSTETH, 1, ETHER, &wrap)), Decision::Review);
}

/// `addLiquidity` of USDC and WETH, with the least of each.
fn add(least_usdc: u64, least_weth: u64) -> String {
    let words = [word(USDC), word(WETH), number(4_000_000_000), number(ETHER), number(least_usdc)];
    let last = [number(least_weth), word(ME), number(1_770_000_000)];
    let function = "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)";
    call(function, &[words.concat(), last.concat()])
}

#[test]
fn liquidity_and_exchanges_for_next_to_nothing_are_looked_at() {
    assert_eq!(verdict(V2, 0, &add(0, 0)), Decision::Review);
    assert_eq!(verdict(V2, 0, &add(3_900_000_000, ETHER / 100 * 98)), Decision::Allow);
    let eth = "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)";
    let open = [word(USDC), number(1), number(0), number(0), word(ME), number(1_770_000_000)];
    assert_eq!(verdict(V2, ETHER, &call(eth, &open)), Decision::Review);
    // A million USDC for a thousandth of a WETH.
    let words = [number(1_000_000_000_000), number(ETHER / 1_000), number(160), word(ME)];
    let way = [number(1_770_000_000), number(2), word(USDC), word(WETH)];
    let function = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)";
    let report = verdict(V2, 0, &call(function, &[words.concat(), way.concat()]));
    assert_eq!(report, Decision::Review);
}

#[test]
fn limits_count_what_pools_and_burning_take() {
    let blocked = |to: &str, data: &str| judge(&limit(USDC), to, 0, data).has("G-POL-01");
    assert!(blocked(V2, &add(3_900_000_000, ETHER / 100 * 98)));
    let supply = [word(USDC), number(2_000_000), word(ME), number(0)];
    let supply = call("supply(address,uint256,address,uint16)", &supply);
    assert!(blocked("0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2", &supply));
    assert!(blocked(USDC, &call("burn(uint256)", &[number(2_000_000)])));
    assert!(!blocked(USDC, &call("burn(uint256)", &[number(1_000_000)])));
}

#[test]
fn ether_for_wsteth_is_staked_and_not_lost() {
    assert_ne!(verdict(WSTETH, ETHER, ""), Decision::Block);
    assert_eq!(verdict(USDC, ETHER, ""), Decision::Block);
}

#[test]
fn ether_for_steth_is_staked_and_not_lost() {
    let steth = "0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84";
    let report = |verified: bool, data: &str| {
        let policy = Policy::default();
        let facts = format!(
            "chain-id=1\naccount='{ME}'\n[[address]]\naddress='{steth}'\nverified={verified}\nkind='token'\n"
        );
        let input =
            format!(r#"{{"from":"{ME}","to":"{steth}","value":"{ETHER:#x}","data":"0x{data}","chainId":1}}"#);
        check_tx(input.as_bytes(), Context::new(&policy, &Facts::parse(&facts).expect("facts")))
    };
    let submit = call("submit(address)", &[number(0)]);
    // As by its function: a proxy is trusted where its code was looked at.
    for data in ["", &submit] {
        for (verified, exit) in [(true, 0), (false, 10)] {
            let report = report(verified, data);
            assert_eq!(report.exit_code, exit, "{data} {verified}: {:#?}", report.findings);
        }
    }
    let intent = report(true, "").items[0].intent.clone();
    assert!(intent.starts_with("stakes 1 ETH at"), "{intent}");
}

const USDT: &str = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
const TRADED: &str = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)";

/// A swap at the router of Uniswap V2 that gives and gets so much along a way of two or three tokens.
fn along(gives: u64, gets: u64, way: &[&str]) -> Report {
    let head =
        [number(gives), number(gets), number(160), word(ME), number(1_770_000_000), number(way.len() as u64)];
    let way: String = way.iter().map(|token| word(token)).collect();
    judge("", V2, 0, &call(TRADED, &[head.concat(), way]))
}

#[test]
fn something_for_less_of_itself_and_dollars_for_far_fewer_are_never_allowed() {
    let same = |gets: u64| along(1_000_000_000, gets, &[USDC, WETH, USDC]).verdict;
    assert_eq!(same(1_000_000_000), Decision::Allow);
    assert_eq!(same(999_999_999), Decision::Review);
    assert_eq!(same(0), Decision::Block, "nothing of the same comes back");
    // Wrapped coin for coin.
    let out = "swapExactTokensForETH(uint256,uint256,address[],address,uint256)";
    let to_coin = |gets: u64| {
        let head = [number(ETHER), number(gets), number(160), word(ME), number(1_770_000_000), number(3)];
        let way = [word(WETH), word(USDC), word(WETH)];
        judge("", V2, 0, &call(out, &[head.concat(), way.concat()])).verdict
    };
    assert_eq!((to_coin(ETHER), to_coin(ETHER - 1)), (Decision::Allow, Decision::Review));
    // Six places and eighteen.
    let dollars = |gets: u64| along(1_000_000_000, gets, &[USDC, DAI]).verdict;
    assert_eq!((dollars(900), dollars(900 * (ETHER / 50_000))), (Decision::Review, Decision::Review));
    let tether = |gives: u64, gets: u64| along(gives, gets, &[USDC, USDT]).verdict;
    assert_eq!(tether(1_000_000_000_000, 1_000_000), Decision::Review, "a million for one");
    assert_eq!(tether(1_000_000_000, 899_999_999), Decision::Review);
    assert_eq!(tether(1_000_000_000, 900_000_000), Decision::Allow);
    assert_eq!(along(10_000_000, 9 * ETHER, &[USDC, DAI]).verdict, Decision::Allow);
    assert_eq!(along(10_000_000, 9 * ETHER - 1, &[USDC, DAI]).verdict, Decision::Review);
    // At the router that takes the coin along.
    let way = format!("{}0001f4{}0001f4{}", &word(WETH)[24..], &word(USDC)[24..], &word(WETH)[24..]);
    let single = |gets: u64| {
        let head = [number(32), number(160), word(ME), number(1_770_000_000), number(ETHER), number(gets)];
        let words = [head.concat(), number(66), format!("{way:0<192}")];
        judge("", V3, ETHER, &call("exactInput((bytes,address,uint256,uint256,uint256))", &words)).verdict
    };
    assert_eq!((single(ETHER), single(ETHER - 1)), (Decision::Allow, Decision::Review));
}

#[test]
fn a_share_of_a_pool_that_is_taken_out_for_nothing_is_looked_at() {
    let take = |usdc: u64, weth: u64| {
        let words = [
            word(USDC),
            word(WETH),
            number(ETHER),
            number(usdc),
            number(weth),
            word(ME),
            number(1_770_000_000),
        ];
        let function = "removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)";
        judge("", V2, 0, &call(function, &words)).verdict
    };
    assert_eq!(
        (take(3_900_000_000, ETHER), take(0, ETHER), take(1, 0)),
        (Decision::Allow, Decision::Review, Decision::Review)
    );
    let coin = |usdc: u64, weth: u64| {
        let words = [word(USDC), number(ETHER), number(usdc), number(weth), word(ME), number(1_770_000_000)];
        let function = "removeLiquidityETH(address,uint256,uint256,uint256,address,uint256)";
        judge("", V2, 0, &call(function, &words)).verdict
    };
    assert_eq!(
        (coin(3_900_000_000, ETHER), coin(0, ETHER), coin(1, 0)),
        (Decision::Allow, Decision::Review, Decision::Review)
    );
    // Others are read by nobody here, at contracts that are trusted too.
    let nothing = [number(7), number(ETHER), number(0), number(0), number(1_770_000_000)];
    for function in [
        "decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))",
        "remove_liquidity(uint256,uint256[2])",
        "remove_liquidity_one_coin(uint256,int128,uint256)",
        "exitPool(bytes32,address,address,(address[],uint256[],bytes,bool))",
        "removeLiquidityETHSupportingFeeOnTransferTokens(address,uint256,uint256,uint256,address,uint256)",
        "withdraw(uint256,address,uint256)",
        "redeem(uint256,uint256,address)",
    ] {
        assert_ne!(judge("", V2, 0, &call(function, &nothing)).verdict, Decision::Allow, "{function}");
    }
}

/// No price is needed to tell that a hundred ether are worth more than a thousandth of a dollar.
#[test]
fn an_exchange_for_far_less_than_it_can_be_worth_is_looked_at() {
    let path = |from: &str, to: &str| [number(2), word(from), word(to)].concat();
    let swap = |gives: u64, from: &str, least: u64, to: &str| {
        let head = [number(gives), number(least), number(160), word(ME), number(1_790_000_000)];
        let function = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)";
        judge("", V2, 0, &call(function, &[head.concat(), path(from, to)]))
    };
    let usdc = 1_000_000;
    for (gives, from, least, to, allowed) in [
        (3_000 * usdc, USDC, ETHER, WETH, true),
        (ETHER, WETH, 1_500 * usdc, USDC, true),
        (1_000_000 * usdc, USDC, ETHER, WETH, false),
        (10 * ETHER, WETH, usdc, USDC, false),
        (10 * ETHER, WSTETH, ETHER, WETH, false),
        (ETHER, WSTETH, ETHER, WETH, true),
    ] {
        let report = swap(gives, from, least, to);
        assert_eq!(
            report.verdict == Decision::Allow,
            allowed,
            "{gives} {from} for {least} {to}: {:?}",
            report.findings
        );
    }
    // A pool joined for ether at whatever price.
    let add = |least: u64| {
        let words = [
            word(USDC),
            number(3_000 * usdc),
            number(2_900 * usdc),
            number(least),
            word(ME),
            number(1_790_000_000),
        ];
        judge(
            "",
            V2,
            ETHER,
            &call("addLiquidityETH(address,uint256,uint256,uint256,address,uint256)", &words),
        )
    };
    assert_eq!(add(ETHER / 100 * 97).verdict, Decision::Allow, "{:?}", add(ETHER / 100 * 97).findings);
    assert_eq!(add(1).verdict, Decision::Review);
}

#[test]
fn to_add_nothing_to_a_right_is_not_told_as_its_end() {
    let report = judge("", USDC, 0, &call("increaseAllowance(address,uint256)", &[word(UNKNOWN), number(0)]));
    let intent = &report.items[0].intent;
    assert!(intent.contains("adds nothing") && !intent.contains("ends the right"), "{intent}");
}

/// Whoever fills in what is left out takes at least what any transaction takes.
#[test]
fn a_fee_is_judged_where_the_gas_is_left_out_and_where_blobs_are_paid() {
    let policy = Policy::parse(&format!("{UNPRICED}\n[[book]]\naddress='{ROUTER}'\nname='a friend'\n"))
        .expect("a policy");
    let facts =
        Facts::parse(&format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n")).expect("facts");
    let ask = |rest: &str| {
        let input = format!(r#"{{"from":"{ME}","to":"{ROUTER}","value":"0x1","chainId":1{rest}}}"#);
        check_tx(input.as_bytes(), Context::new(&policy, &facts)).exit_code
    };
    let hash = format!("0x01{}", "22".repeat(31));
    for (rest, code) in [
        (String::new(), 0),
        (r#","gasPrice":"0x77359400""#.to_owned(), 0),
        (r#","gasPrice":"0xde0b6b3a7640000""#.to_owned(), 20),
        (r#","maxFeePerGas":"0xde0b6b3a7640000""#.to_owned(), 20),
        (r#","maxPriorityFeePerGas":"0xde0b6b3a7640000""#.to_owned(), 20),
        (
            format!(
                r#","gas":"0x5208","gasPrice":"0x1","maxFeePerBlobGas":"0x38d7ea4c68000","blobVersionedHashes":["{hash}"]"#
            ),
            20,
        ),
        (format!(r#","maxFeePerBlobGas":"0x1","blobVersionedHashes":["{hash}"]"#), 0),
        (r#","gas":"0x5208","gasLimit":"0x5208""#.to_owned(), 0),
        // Two readers would see two transactions.
        (r#","gas":"0x5208","gasLimit":"0x1c9c380""#.to_owned(), 20),
        (r#","chain_id":137"#.to_owned(), 20),
        (r#","type":"0x2""#.to_owned(), 0),
        (r#","type":"0x7f""#.to_owned(), 30),
    ] {
        assert_eq!(ask(&rest), code, "{rest}");
    }
}

#[test]
fn a_call_with_nothing_runs_what_lies_there() {
    assert_eq!(judge("", UNKNOWN, 0, "").verdict, Decision::Incomplete);
    assert_eq!(judge("", ME, 0, "").verdict, Decision::Allow, "how a transaction that hangs is replaced");
    let booked = format!("[[book]]\naddress='{UNKNOWN}'\nname='a friend'\n");
    assert_eq!(judge(&booked, UNKNOWN, 0, "").verdict, Decision::Allow);
}

/// Who gets what is withdrawn stands in a list, where no name of a parameter says so.
#[test]
fn whoever_is_named_within_a_list_of_arguments_must_be_vouched_for() {
    let trusted = format!("[[trusted]]\naddress='{ROUTER}'\nlabel='a pool'\nroles=['contract']\n");
    let ask = |withdrawer: &str| {
        let words = [
            number(32),
            number(1),
            number(32),
            number(96),
            number(160),
            word(withdrawer),
            number(1),
            word(USDC),
            number(1),
            number(5),
        ];
        judge(&trusted, ROUTER, 0, &call("queueWithdrawals((address[],uint256[],address)[])", &words)).verdict
    };
    assert_eq!((ask(ME), ask(UNKNOWN)), (Decision::Allow, Decision::Block));
}

#[test]
fn a_context_of_what_no_safe_is_like_is_refused() {
    for safe in [
        "threshold=0",
        "owners=['0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1','0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1']",
    ] {
        assert!(Facts::parse(&format!("[[safe]]\naddress='{ROUTER}'\n{safe}\n")).is_err(), "{safe}");
    }
}

/// What no function is known to take, or more than it takes, need not come back.
#[test]
fn ether_that_a_function_is_not_known_to_take_is_for_a_person() {
    let ens = "0x253553366Da8546fC250F225fe3d25d0C782303b";
    let said = |report: &Report, words: &str| report.findings.iter().any(|one| one.title.contains(words));
    let wrap = |value| judge("", WSTETH, value, &call("wrap(uint256)", &[number(0)]));
    let report = wrap(10 * ETHER);
    assert_eq!(report.verdict, Decision::Review, "{:#?}", report.findings);
    assert!(said(&report, "10 ETH along with wrap"), "{:#?}", report.findings);
    assert_eq!(wrap(0).verdict, Decision::Allow);
    // Functions of contracts that are known, none of which takes any.
    let words = || vec![word(USDC), number(1_000_000), word(ME), number(0)];
    let pool = "0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2";
    for (to, data) in [
        (pool, call("supply(address,uint256,address,uint16)", &words())),
        (pool, call("withdraw(address,uint256,address)", &words()[..3])),
        (WETH, call("withdraw(uint256)", &[number(ETHER)])),
        (WETH, call("approve(address,uint256)", &[word(V2), number(5)])),
        (USDC, call("transfer(address,uint256)", &[word(ME), number(5)])),
        (USDC, call("deposit()", &[])),
        (pool, call("deposit()", &[])),
        (ens, call("withdraw()", &[])),
        (V2, multicall(&[])),
        (ROUTER, multicall(&[call("approve(address,uint256)", &[word(V2), number(5)])])),
    ] {
        assert_ne!(judge("", to, ETHER, &data).verdict, Decision::Allow, "{to} {data}");
        assert!(judge("", to, 0, &data).verdict != Decision::Block, "{to} {data}");
    }
    assert_eq!(verdict(WETH, ETHER, &call("deposit()", &[])), Decision::Allow);
    // A name is kept at the price of its letters: a year for 5 or 160 dollars, at 350 dollars an ether at least.
    let renew_for = |days: u64, name: &str, value: u64| {
        let text = format!("{:0<64}", hex::encode(name));
        let words = [number(64), number(days * 86_400), number(name.len() as u64), text];
        judge("", ens, value, &call("renew(string,uint256)", &words))
    };
    let renew = |name: &str, value: u64| renew_for(365, name, value);
    let (fair, dear) = (ETHER / 700, ETHER / 7);
    assert_eq!(
        renew("tracehound", fair).verdict,
        Decision::Allow,
        "{:#?}",
        renew("tracehound", fair).findings
    );
    let report = renew("tracehound", dear);
    assert_eq!(report.verdict, Decision::Review, "{:#?}", report.findings);
    assert!(said(&report, "of which no more than 0.0142"), "{:#?}", report.findings);
    assert_eq!(
        (renew("four", ETHER / 14).verdict, renew("four", ETHER).verdict),
        (Decision::Allow, Decision::Review)
    );
    assert_eq!(renew("ab", 1).verdict, Decision::Review);
    // A year of three, of four and of more letters costs 640, 160 and 5 dollars.
    for (name, dollars) in [("abc", 640_u64), ("four", 160), ("seven", 5)] {
        let most = ETHER / 350 * dollars / 365 * 10;
        let of = |thousandths: u64| renew_for(10, name, most / 1_000 * thousandths);
        let (under, over) = (of(999), of(1_001));
        assert_eq!(under.verdict, Decision::Allow, "{name}: {:#?}", under.findings);
        assert_eq!(over.verdict, Decision::Review, "{name}: {:#?}", over.findings);
    }
}

/// Whatever a name of three letters may cost in a thousand years, nobody pays that unseen.
#[test]
fn a_name_is_kept_for_years_and_ether_that_people_pay() {
    let ens = "0x253553366Da8546fC250F225fe3d25d0C782303b";
    let data = |name: &str, years: u64| {
        let text = format!("{:0<64}", hex::encode(name));
        let words = [number(64), number(years * 31_536_000), number(name.len() as u64), text];
        call("renew(string,uint256)", &words)
    };
    let long = judge("", ens, ETHER / 50, &data("abc", 1_000));
    assert_eq!(long.verdict, Decision::Review, "{:#?}", long.findings);
    assert!(
        long.findings.iter().any(|finding| finding.title.contains("for more than 10 years")),
        "{:#?}",
        long.findings
    );
    assert!(
        long.items[0].intent.contains("keeps the name \"abc\" for 1,000 years"),
        "{}",
        long.items[0].intent
    );
    assert_eq!(judge("", ens, ETHER / 50, &data("abcde", 10)).verdict, Decision::Allow);
    assert_eq!(judge("", ens, 10 * ETHER, &data("abc", 10)).verdict, Decision::Block);
    let inside = judge("", ens, 0, &multicall(&[data("abc", 1_000)]));
    assert_eq!(inside.verdict, Decision::Review, "{:#?}", inside.findings);
    let hidden = judge("", ens, ETHER / 500, &data("ab\u{202e}\ncd", 1));
    assert!(hidden.items[0].intent.contains(r"ab\u{202e}\ncd"), "{}", hidden.items[0].intent);
    // Many that are little each.
    let many = |count: usize| {
        let one = format!(r#"{{"to":"{ens}","value":"{:#x}","data":"0x{}"}}"#, ETHER / 14, data("four", 1));
        let calls = vec![one; count].join(",");
        let input = format!(
            r#"{{"method":"wallet_sendCalls","params":[{{"version":"2.0.0","chainId":"0x1","from":"{ME}","atomicRequired":false,"calls":[{calls}]}}]}}"#
        );
        let policy = Policy::parse(&UNPRICED.to_string()).expect("a policy");
        let facts = Facts::parse(&format!("chain-id=1\naccount='{ME}'\n")).expect("facts");
        check_tx(input.as_bytes(), Context::new(&policy, &facts))
    };
    assert_eq!(many(1).verdict, Decision::Allow, "{:#?}", many(1).findings);
    assert_eq!(many(2).verdict, Decision::Review, "{:#?}", many(2).findings);
    assert_eq!(many(100).verdict, Decision::Block);
}

/// A bridge is paid what it asks for, and no more than any fee may be.
#[test]
fn ether_for_a_bridge_is_its_fee() {
    let trusted = format!("[[trusted]]\naddress='{UNKNOWN}'\nlabel='an OFT'\nroles=['contract']\n");
    let book = format!("{trusted}[[book]]\naddress='{ME}'\nname='oneself'\n");
    let send = |fee: u64| {
        let param = [
            number(30_110),
            word(ME),
            number(5_000_000),
            number(5_000_000),
            number(224),
            number(256),
            number(288),
        ];
        let words = [
            vec![number(128), number(fee), number(0), word(ME)],
            param.to_vec(),
            vec![number(0), number(0), number(0)],
        ];
        let function = "send((uint32,bytes32,uint256,uint256,bytes,bytes,bytes),(uint256,uint256),address)";
        call(function, &words.concat())
    };
    let shared = judge(&book, UNKNOWN, ETHER, &multicall(&vec![send(ETHER / 10); 10]));
    assert_eq!(shared.verdict, Decision::Review, "{:#?}", shared.findings);
    let ask = |fee: u64, value: u64| judge(&book, UNKNOWN, value, &send(fee));
    let fair = ask(ETHER / 100, ETHER / 100);
    assert_eq!(fair.verdict, Decision::Allow, "{:#?}", fair.findings);
    assert_eq!(ask(ETHER / 100, ETHER / 50).verdict, Decision::Review);
    assert_eq!(ask(ETHER, ETHER).verdict, Decision::Review);
    assert_eq!(ask(10 * ETHER, 10 * ETHER).verdict, Decision::Block);
}

#[test]
fn how_many_of_a_number_are_sent_is_said() {
    let one = "safeTransferFrom(address,address,uint256,uint256,bytes)";
    let words = [word(ME), word(V2), number(3), number(1_000), number(160), number(0)];
    let intent = judge("", UNKNOWN, 0, &call(one, &words)).items[0].intent.clone();
    assert!(intent.starts_with("sends 1000 of number 3 of"), "{intent}");
    let many = "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)";
    let lists = [number(2), number(3), number(4), number(2), number(10), number(20), number(0)];
    let heads = [word(ME), word(V2), number(160), number(256), number(352)];
    let intent = judge("", UNKNOWN, 0, &call(many, &[heads.to_vec(), lists.to_vec()].concat())).items[0]
        .intent
        .clone();
    assert!(intent.contains("10 of number 3 of") && intent.contains("20 of number 4 of"), "{intent}");
}

#[test]
fn what_is_destroyed_or_sent_where_nothing_lies_is_said() {
    let report = judge("", USDC, 0, &call("burn(uint256)", &[number(2_000_000)]));
    assert_eq!(report.verdict, Decision::Review, "{:#?}", report.findings);
    assert_eq!(report.items[0].intent, "destroys 2 USDC");
    let plain = |kind: &str| {
        let policy = Policy::parse(&UNPRICED.to_string()).expect("a policy");
        let facts = format!("chain-id=1\naccount='{ME}'\n[[address]]\naddress='{WETH}'\nkind='{kind}'\n");
        let input =
            format!(r#"{{"from":"{ME}","to":"{WETH}","value":"{ETHER:#x}","data":"0x","chainId":1}}"#);
        let facts = Facts::parse(&facts).expect("facts");
        check_tx(input.as_bytes(), Context::new(&policy, &facts)).verdict
    };
    assert_eq!(plain("token"), Decision::Allow);
    assert_eq!((plain("eoa"), plain("empty")), (Decision::Review, Decision::Review));
    // What is queued is done later, and with money that comes then.
    let vault = format!("[[trusted]]\naddress='{UNKNOWN}'\nlabel='a vault'\nroles=['contract']\n");
    let book = format!("{vault}[[book]]\naddress='{V2}'\nname='a friend'\n");
    let lists = [number(1), word(V2), number(1), number(ETHER), number(1), number(32), number(0)];
    let heads = [number(128), number(192), number(256), number(0)];
    let queue =
        call("queue(address[],uint256[],bytes[],bytes32)", &[heads.to_vec(), lists.to_vec()].concat());
    let beside = judge(&book, UNKNOWN, ETHER, &queue);
    assert_eq!(beside.verdict, Decision::Review, "{:#?}", beside.findings);
    assert_eq!(judge(&book, UNKNOWN, 0, &queue).verdict, Decision::Allow);
    let floor = |price: u64| {
        let floor =
            format!("[[floor]]\ncollection='{UNKNOWN}'\nprice='{price}'\ndate='2026-02-01T00:00:00Z'");
        Facts::parse(&floor).is_ok()
    };
    assert!(floor(1) && !floor(0), "a price of nothing is none");
}
