//! What an exchange brings when it is executed, against what it promises and what it is worth. The engine here tells what a
//! real one would: the calls are of routers that are trusted as shipped.

use tracehound_guard::{Context, Facts, Policy, Report, ask::Moved, check_tx};

use crate::UNPRICED;
use crate::saw::{Saw, moved};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const POOL: &str = "0xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1";
const V3: &str = "0xE592427A0AEce92De3Edee1F18E0157C05861564";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const WBTC: &str = "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599";
const COIN: &str = "0x0000000000000000000000000000000000000000";
const ETHER: u128 = 1_000_000_000_000_000_000;

fn word(value: &str) -> String {
    format!("{:0>64}", value.trim_start_matches("0x").to_lowercase())
}

/// `exactInputSingle` of the older V3 router to oneself, with what the engine saw.
fn swap(gives: (&str, u128), gets: (&str, u128), saw: Vec<Moved>) -> Report {
    let number = |value: u128| format!("{value:064x}");
    let function = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))";
    let words = [
        word(gives.0),
        word(gets.0),
        number(500),
        word(ME),
        number(1_770_000_000),
        number(gives.1),
        number(gets.1),
        number(0),
    ];
    let selector = hex::encode(&alloy_primitives::keccak256(function)[..4]);
    let data = format!("0x{selector}{}", words.concat());
    let (policy, facts) = (
        Policy::parse(&UNPRICED.to_string()).expect("a policy"),
        Facts::parse(&format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n")).expect("facts"),
    );
    let input = format!(r#"{{"from":"{ME}","to":"{V3}","value":"0x0","data":"{data}","chainId":1}}"#);
    let engine = Saw(saw);
    check_tx(input.as_bytes(), Context { engine: Some(&engine), ..Context::new(&policy, &facts) })
}

fn says(report: &Report, words: &str) -> bool {
    report.of("G-SIM-01").iter().any(|finding| finding.title.contains(words))
}

#[test]
fn an_exchange_brings_what_it_promises_or_is_blocked() {
    let gave = || moved(WETH, ME, POOL, ETHER);
    let ask =
        |got: u128| swap((WETH, ETHER), (USDC, 2_500_000_000), vec![gave(), moved(USDC, POOL, ME, got)]);
    assert_eq!(ask(2_510_000_000).exit_code, 0, "{:#?}", ask(2_510_000_000).findings);
    assert_eq!(ask(2_500_000_000).exit_code, 0);
    let less = ask(2_400_000_000);
    assert_eq!(less.exit_code, 20, "{:#?}", less.findings);
    assert!(
        says(&less, "brings 2,400 USDC, and the call promises at least 2,500 USDC"),
        "{:#?}",
        less.findings
    );
    let nothing = swap((WETH, ETHER), (USDC, 2_500_000_000), vec![gave()]);
    assert_eq!(nothing.exit_code, 20);
    // What comes to somebody else is not what was promised.
    let other = vec![gave(), moved(USDC, POOL, "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731", 2_600_000_000)];
    assert_eq!(swap((WETH, ETHER), (USDC, 2_500_000_000), other).exit_code, 20);
}

#[test]
fn a_least_amount_of_less_than_half_of_what_comes_protects_nothing() {
    let saw = |got| vec![moved(WETH, ME, POOL, ETHER), moved(USDC, POOL, ME, got)];
    let report = swap((WETH, ETHER), (USDC, 1_200_000_000), saw(2_500_000_000));
    assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
    assert!(says(&report, "may bring as little as 1,200 USDC"), "{:#?}", report.findings);
    assert_eq!(swap((WETH, ETHER), (USDC, 1_250_000_000), saw(2_500_000_000)).exit_code, 0);
}

#[test]
fn what_is_given_when_it_runs_is_held_against_what_comes_whatever_the_call_says() {
    // Ten times as much leaves as the call names, and the promise is kept.
    let saw = vec![moved(WETH, ME, POOL, 300 * ETHER), moved(USDC, POOL, ME, 2_500_000_000)];
    let report = swap((WETH, ETHER), (USDC, 2_500_000_000), saw);
    assert!(says(&report, "Executed, it gives 300 ETH for 2,500 USDC"), "{:#?}", report.findings);
    assert_ne!(report.exit_code, 0);
    // A little more than is named is more than is named.
    let ask = |given| {
        let saw = vec![moved(WETH, ME, POOL, given), moved(USDC, POOL, ME, 2_500_000_000)];
        swap((WETH, ETHER), (USDC, 2_500_000_000), saw)
    };
    assert_eq!(ask(ETHER).exit_code, 0);
    let more = ask(ETHER + ETHER / 10);
    assert!(says(&more, "takes 1.1 WETH, and the call names at most 1 WETH"), "{:#?}", more.findings);
    assert_eq!(more.exit_code, 10);
    // Two things for a third: everything that has a price known that widely is counted.
    let saw = vec![
        moved(WETH, ME, POOL, ETHER),
        moved(WBTC, ME, POOL, 100_000_000_000),
        moved(USDC, POOL, ME, 2_500_000_000),
    ];
    let report = swap((WETH, ETHER), (USDC, 2_500_000_000), saw);
    assert!(says(&report, "far less than it can be worth"), "{:#?}", report.findings);
    // The coin that comes for what wraps it is the same, less of it is less.
    let saw = vec![
        moved(WETH, ME, POOL, 3 * ETHER),
        moved(COIN, POOL, ME, ETHER),
        moved(USDC, POOL, ME, 2_500_000_000),
    ];
    let report = swap((WETH, ETHER), (USDC, 2_500_000_000), saw);
    assert!(!says(&report, "far less"), "{:#?}", report.findings);
}

/// `exactInputSingle` or `exactOutputSingle` of the older V3 router to oneself, with prices of the context.
fn priced(function: &str, gives: (&str, u128), gets: (&str, u128), prices: &str) -> Report {
    let policy = Policy::parse(&UNPRICED.to_string()).expect("a policy");
    priced_by(&policy, function, gives, gets, prices)
}

/// By a policy of one's own.
fn priced_by(
    policy: &Policy,
    function: &str,
    gives: (&str, u128),
    gets: (&str, u128),
    prices: &str,
) -> Report {
    // All that can be written stands for all that there is.
    let number = |value: u128| if value == u128::MAX { "f".repeat(64) } else { format!("{value:064x}") };
    let amounts = if function == "exactInputSingle" { [gives.1, gets.1] } else { [gets.1, gives.1] };
    let words = [
        word(gives.0),
        word(gets.0),
        number(500),
        word(ME),
        number(1_770_000_000),
        number(amounts[0]),
        number(amounts[1]),
        number(0),
    ];
    let types = "((address,address,uint24,address,uint256,uint256,uint256,uint160))";
    let selector = hex::encode(&alloy_primitives::keccak256(format!("{function}{types}"))[..4]);
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n{prices}");
    let facts = Facts::parse(&facts).expect("facts");
    let data = format!("0x{selector}{}", words.concat());
    let input = format!(r#"{{"from":"{ME}","to":"{V3}","value":"0x0","data":"{data}","chainId":1}}"#);
    check_tx(input.as_bytes(), Context::new(policy, &facts))
}

const UNI: &str = "0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984";

fn price(token: Option<&str>, dollars: &str, date: &str) -> String {
    let token = token.map_or_else(String::new, |token| format!("token='{token}'\n"));
    format!("[[price]]\n{token}dollars='{dollars}'\ndate='{date}'\n")
}

const TODAY: &str = "2026-01-31T12:00:00Z";

#[test]
fn a_million_dollars_for_eleven_ether_is_for_a_person_without_any_price() {
    let swap = |gives, gets| priced("exactInputSingle", (USDC, gives), (WETH, gets), "");
    let weak = swap(1_000_000_000_000, 11 * ETHER);
    assert!(says(&weak, "far less than it can be worth") && weak.exit_code == 10, "{:#?}", weak.findings);
    let much = priced("exactOutputSingle", (USDC, 25_000_000_000), (WETH, 3 * ETHER / 10), "");
    assert!(says(&much, "far less than it can be worth") && much.exit_code == 10, "{:#?}", much.findings);
    // At a price within the range it is allowed, and told that no price was.
    for (dollars, exit) in [(400_u128, 0), (3_000, 0), (12_000, 0), (13_000, 10)] {
        let report = swap(dollars * 1_000_000, ETHER);
        assert_eq!(report.exit_code, exit, "{dollars}: {:#?}", report.findings);
        assert!(says(&report, "the context tells no price of"), "{:#?}", report.findings);
    }
    // The other way round: an ether for less than anybody paid for half of one.
    for (dollars, exit) in [(2_500_u128, 0), (360, 0), (300, 10)] {
        let report = priced("exactInputSingle", (WETH, ETHER), (USDC, dollars * 1_000_000), "");
        assert_eq!(report.exit_code, exit, "{dollars}: {:#?}", report.findings);
    }
    // Between dollars there is nothing to tell.
    let dai = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
    let dollars = priced("exactInputSingle", (USDC, 1_000_000_000), (dai, 990 * ETHER), "");
    assert!(dollars.exit_code == 0 && !says(&dollars, "no price"), "{:#?}", dollars.findings);
}

/// Without a price an order of magnitude is all that is known, so that a person looks from an amount on.
#[test]
fn what_may_be_lost_for_want_of_a_price_is_for_a_person_from_the_policys_bound_on() {
    const WBTC: &str = "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599";
    let shipped = Policy::default();
    let swap = |policy: &Policy, gives, gets, prices: &str| {
        priced_by(policy, "exactInputSingle", gives, gets, prices)
    };
    let usdc = |dollars: u128| (USDC, dollars * 1_000_000);
    for (gives, gets, lost) in [
        ((WBTC, 100_000_000), usdc(7_600), "242,400 dollars"),
        ((WETH, ETHER), usdc(351), "12,149 dollars"),
        ((WETH, ETHER), usdc(3_000), "9,500 dollars"),
        (usdc(3_000), (WETH, ETHER), "2,650 dollars"),
        (usdc(2_100), (WETH, ETHER * 3), "1,050 dollars"),
        ((WBTC, 100_000_000), (WETH, 30 * ETHER), "239,500 dollars"),
    ] {
        let report = swap(&shipped, gives, gets, "");
        assert_eq!(report.exit_code, 10, "{gives:?} for {gets:?}: {:#?}", report.findings);
        assert!(says(&report, &format!("and {lost} may be lost")), "{lost}: {:#?}", report.findings);
    }
    for (gives, gets) in [
        (usdc(1_000), (WETH, ETHER / 10)),
        (usdc(2_050), (WETH, ETHER * 3)),
        ((WETH, ETHER / 20), usdc(100)),
        (usdc(1_000_000), (USDC, 1_000_000_000_000)),
    ] {
        let report = swap(&shipped, gives, gets, "");
        assert_eq!(report.exit_code, 0, "{gives:?} for {gets:?}: {:#?}", report.findings);
    }
    // A price ends it, and so does a policy that asks for less or more.
    let told = swap(&shipped, usdc(3_000), (WETH, ETHER), &price(None, "3000", TODAY));
    assert_eq!(told.exit_code, 0, "{:#?}", told.findings);
    let bound = |dollars: &str| {
        let text = tracehound_guard::policy::DEFAULT
            .replace("unseen-loss = 1_000 ", &format!("unseen-loss = {dollars} "));
        Policy::parse(&text).expect("a policy")
    };
    let honest = |policy: &Policy| swap(policy, usdc(3_000), (WETH, ETHER), "").exit_code;
    assert_eq!((honest(&bound("2_649")), honest(&bound("2_650"))), (10, 0));
}

#[test]
fn a_price_that_the_context_tells_holds_both_sides_of_an_exchange() {
    let ether = |dollars: &str| price(None, dollars, TODAY);
    let swap = |gives: u128, prices: &str| {
        priced("exactInputSingle", (USDC, gives * 1_000_000), (WETH, ETHER), prices)
    };
    for (gives, exit, why) in [
        (3_000, 0, ""),
        (3_700, 0, ""),
        (3_800, 10, "less than four fifths"),
        (6_000, 10, "less than four fifths"),
        (6_100, 20, "less than half"),
    ] {
        let report = swap(gives, &ether("3000"));
        assert_eq!(report.exit_code, exit, "{gives}: {:#?}", report.findings);
        assert!(why.is_empty() || says(&report, why), "{gives}: {:#?}", report.findings);
        assert!(!says(&report, "range of prices"), "{gives}: {:#?}", report.findings);
    }
    // The other way, an exact output, and the wrapped coin by its own address.
    let sold =
        |gets: u128| priced("exactInputSingle", (WETH, ETHER), (USDC, gets * 1_000_000), &ether("3000.50"));
    assert_eq!([sold(2_500).exit_code, sold(2_000).exit_code, sold(1_000).exit_code], [0, 10, 20]);
    let out = |most: u128| {
        priced(
            "exactOutputSingle",
            (USDC, most * 1_000_000),
            (WETH, ETHER),
            &price(Some(WETH), "3000", TODAY),
        )
    };
    assert_eq!([out(3_100).exit_code, out(5_000).exit_code, out(25_000).exit_code], [0, 10, 20]);
    // A token that no range is known of.
    let uni = |prices: &str| priced("exactInputSingle", (USDC, 1_000_000_000), (UNI, 100 * ETHER), prices);
    assert!(says(&uni(""), "there is no price of") && uni("").exit_code == 10);
    for (dollars, exit) in [("10", 0), ("7.5", 10), ("4.99", 20)] {
        let report = uni(&price(Some(UNI), dollars, TODAY));
        assert_eq!(report.exit_code, exit, "{dollars}: {:#?}", report.findings);
    }
    // All that there is, for a hundred dollars.
    let all =
        priced("exactOutputSingle", (UNI, u128::MAX), (USDC, 100_000_000), &price(Some(UNI), "10", TODAY));
    assert_eq!(all.exit_code, 20, "{:#?}", all.findings);
    // What is told does not make a dollar another thing than is shipped.
    let depegged = format!("{}{}", ether("3000"), price(Some(USDC), "0.40", TODAY));
    let report = swap(7_000, &depegged);
    assert!(report.exit_code == 20 && says(&report, "far from all that is known"), "{:#?}", report.findings);
    let near = format!("{}{}", ether("3000"), price(Some(USDC), "0.97", TODAY));
    assert_eq!(swap(3_000, &near).exit_code, 0, "{:#?}", swap(3_000, &near).findings);
}

#[test]
fn of_several_prices_the_newest_counts_and_two_of_one_day_are_for_nobody_to_choose_from() {
    let swap = |gives: u128, prices: &str| {
        priced("exactInputSingle", (USDC, gives * 1_000_000), (WETH, ETHER), prices)
    };
    let yesterday = "2026-01-30T12:00:00Z";
    for prices in [
        price(None, "3000", TODAY) + &price(None, "7000", yesterday),
        price(Some(WETH), "7000", yesterday) + &price(None, "3000", TODAY),
    ] {
        let answers = [3_000, 3_800, 6_100].map(|gives| swap(gives, &prices).exit_code);
        assert_eq!(answers, [0, 10, 20], "{prices}");
    }
    // Told twice alike is told.
    let twice = price(None, "3000", TODAY) + &price(Some(WETH), "3000", "2026-01-31T18:00:00Z");
    assert_eq!([swap(3_000, &twice).exit_code, swap(6_100, &twice).exit_code], [0, 20]);
    for prices in [
        price(None, "3000", TODAY) + &price(Some(WETH), "3000.01", TODAY),
        price(None, "3000", TODAY) + &price(None, "10", "2026-01-31T18:00:00Z"),
        price(Some(USDC), "1", TODAY) + &price(Some(USDC), "0.4", TODAY) + &price(None, "3000", TODAY),
    ] {
        let report = swap(3_000, &prices);
        assert!(says(&report, "several prices of"), "{prices}: {:#?}", report.findings);
        assert_eq!(report.exit_code, 30, "{prices}: {:#?}", report.findings);
    }
}

#[test]
fn what_a_token_is_worth_is_told_by_its_address_and_not_by_what_somebody_calls_it() {
    let other = "0xdeadc0dedeadc0dedeadc0dedeadc0dedeadc0d1";
    for symbol in ["USDS", "FRAX", "TUSD", "cbBTC", "USDC", "USDT", "DAI", "WETH", "stETH", "rETH", "XX"] {
        let called = format!("[[token]]\naddress='{other}'\nsymbol='{symbol}'\ndecimals=6\n");
        for (gives, gets) in [((USDC, 1_000_000_000_000), (other, u128::MAX)), ((other, 1), (WETH, ETHER))] {
            let report = priced("exactInputSingle", gives, gets, &called);
            assert!(says(&report, "there is no price of"), "{symbol}: {:#?}", report.findings);
            assert_ne!(report.exit_code, 0, "{symbol}: {:#?}", report.findings);
        }
    }
    let called = format!("[[token]]\naddress='{other}'\nsymbol='FOO'\ndecimals=6\n");
    let told = called + &price(Some(other), "1", TODAY);
    let report = priced("exactInputSingle", (USDC, 1_000_000_000), (other, 990_000_000), &told);
    assert!(!says(&report, "there is no price of"), "{:#?}", report.findings);
}

#[test]
fn what_is_of_one_kind_and_bitcoin_for_ether_are_compared_without_a_price() {
    let steth = "0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84";
    let wsteth = "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0";
    let swap = |gives: (&str, u128), gets: (&str, u128)| {
        let report = priced("exactInputSingle", gives, gets, "");
        (report.exit_code, report)
    };
    let (tenth, bitcoin) = (ETHER / 10, 100_000_000);
    for (gives, gets, exit) in [
        ((steth, ETHER), (WETH, 9 * tenth), 0),
        ((steth, ETHER), (WETH, 9 * tenth - 1), 10),
        ((WETH, ETHER), (steth, 9 * tenth), 0),
        ((WETH, ETHER), (steth, 8 * tenth), 10),
        // What has grown may be worth a quarter more.
        ((WETH, ETHER), (wsteth, 8 * tenth), 0),
        ((WETH, ETHER), (wsteth, 7 * tenth), 10),
        ((wsteth, ETHER), (WETH, 8 * tenth), 10),
        ((WBTC, bitcoin), (WETH, 30 * ETHER), 0),
        ((WBTC, bitcoin), (WETH, 8 * ETHER), 0),
        ((WBTC, bitcoin), (WETH, 8 * ETHER - 1), 10),
        ((WBTC, bitcoin), (WETH, 6 * tenth), 10),
        ((WETH, 70 * ETHER), (WBTC, bitcoin), 0),
        ((WETH, 71 * ETHER), (WBTC, bitcoin), 10),
    ] {
        let (got, report) = swap(gives, gets);
        assert_eq!(got, exit, "{gives:?} for {gets:?}: {:#?}", report.findings);
    }
}

/// Without told prices the bound on what may be lost holds between dollars, and between ether and what is staked.
#[test]
fn what_may_be_lost_between_two_of_one_kind_is_held_to_the_policys_bound() {
    let dai = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
    let wsteth = "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0";
    let shipped = Policy::default();
    let swap = |verb: &str, gives, gets, prices: &str| priced_by(&shipped, verb, gives, gets, prices);
    let usdc = |dollars: u128| (USDC, dollars * 1_000_000);
    for (gives, gets, lost) in [
        (usdc(1_000_000), (dai, 900_000 * ETHER), "100,000 dollars"),
        (usdc(10_100), (dai, 9_099 * ETHER), "1,001 dollars"),
        // At its dearest it is a quarter more: 3,500 ether, each for 12,500 dollars.
        ((wsteth, 10_000 * ETHER), (WETH, 9_000 * ETHER), "43,750,000 dollars"),
        ((WETH, ETHER), (wsteth, ETHER * 9 / 10), "1,250 dollars"),
    ] {
        for verb in ["exactInputSingle", "exactOutputSingle"] {
            let report = swap(verb, gives, gets, "");
            assert_eq!(report.exit_code, 10, "{gives:?} for {gets:?}: {:#?}", report.findings);
            assert!(says(&report, &format!("{lost} may be lost")), "{lost}: {:#?}", report.findings);
        }
    }
    for (gives, gets) in [
        (usdc(10_000), (dai, 9_000 * ETHER)),
        (usdc(100_000), (dai, 99_500 * ETHER)),
        ((wsteth, ETHER), (WETH, ETHER * 12 / 10)),
    ] {
        let report = swap("exactInputSingle", gives, gets, "");
        assert_eq!(report.exit_code, 0, "{gives:?} for {gets:?}: {:#?}", report.findings);
    }
    // A price of the one tells what the other may be, no more; prices of both end it.
    let ether = price(None, "3000", TODAY);
    let sold = |gets: u128, prices: &str| {
        swap("exactInputSingle", (wsteth, 10 * ETHER), (WETH, gets * ETHER), prices)
    };
    let one = sold(11, &ether);
    assert!(one.exit_code == 10 && says(&one, "4,500 dollars may be lost"), "{:#?}", one.findings);
    let both = ether + &price(Some(wsteth), "3600", TODAY);
    assert_eq!([sold(12, &both).exit_code, sold(9, &both).exit_code], [0, 10]);
}

/// Liquidity is a share of both sides: whoever gives much of one for little of the other gives it away.
#[test]
fn both_sides_of_liquidity_are_worth_the_same() {
    let v2 = "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D";
    let dai = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
    let number = |value: u128| format!("{value:064x}");
    let (shipped, unpriced) = (Policy::default(), Policy::parse(&UNPRICED.to_string()).expect("a policy"));
    let sent = |policy: &Policy, function: &str, value: u128, words: &[String], prices: &str| {
        let selector = hex::encode(&alloy_primitives::keccak256(function)[..4]);
        let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n{prices}");
        let facts = Facts::parse(&facts).expect("facts");
        let data = format!("0x{selector}{}{}{}", words.concat(), word(ME), number(1_770_000_000));
        let input =
            format!(r#"{{"from":"{ME}","to":"{v2}","value":"{value:#x}","data":"{data}","chainId":1}}"#);
        check_tx(input.as_bytes(), Context::new(policy, &facts))
    };
    let two = |policy: &Policy, one: (&str, u128), other: (&str, u128), prices: &str| {
        let words = [word(one.0), word(other.0), number(one.1), number(other.1)];
        let least = [number(one.1 / 1_000 * 995), number(other.1 / 1_000 * 995)];
        let function = "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)";
        sent(policy, function, 0, &[&words[..], &least].concat(), prices)
    };
    let ether = |policy: &Policy, amount: u128, dollars: u128, prices: &str| {
        let least = [number(dollars / 1_000 * 995), number(amount / 1_000 * 995)];
        let words = [&[word(USDC), number(dollars)][..], &least].concat();
        let function = "addLiquidityETH(address,uint256,uint256,uint256,address,uint256)";
        sent(policy, function, amount, &words, prices)
    };
    let (million, told) = (1_000_000_000_000, price(None, "3000", TODAY));
    // Dollars need no price, whichever of them is too few.
    assert_eq!(two(&shipped, (USDC, million), (dai, 1_000_000 * ETHER), "").exit_code, 0);
    for (one, other) in [((USDC, million), (dai, ETHER)), ((USDC, 1_000_000), (dai, 1_000_000 * ETHER))] {
        let report = two(&unpriced, one, other, "");
        assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
        assert!(says(&report, "one side is clearly fewer dollars"), "{:#?}", report.findings);
    }
    let lost = two(&shipped, (USDC, million), (dai, 950_000 * ETHER), "");
    assert!(lost.exit_code == 10 && says(&lost, "49,750 dollars may be lost"), "{:#?}", lost.findings);
    // By told prices, as an exchange.
    for (dollars, exit) in [(900_000, 0), (700_000, 10), (1_300_000, 10), (1, 20), (4_000_000, 20)] {
        let report = ether(&unpriced, 300 * ETHER, dollars * 1_000_000, &told);
        assert_eq!(report.exit_code, exit, "{dollars}: {:#?}", report.findings);
    }
    let report = ether(&shipped, 300 * ETHER, 900_000_000_000, "");
    assert!(report.exit_code == 10 && says(&report, "may be lost within it"), "{:#?}", report.findings);
    let intent = &report.items[0].intent;
    assert!(intent.contains("adds liquidity of at most 900,000 USDC and 300 ETH"), "{intent}");
    // Of what nobody knows a price nobody can tell.
    let report = two(&unpriced, (USDC, million), (UNI, ETHER), "");
    assert!(report.exit_code == 10 && says(&report, "both sides of the liquidity"), "{:#?}", report.findings);
}

#[test]
fn a_price_of_another_day_is_none_and_that_is_said() {
    let swap = |gives: u128, prices: &str| {
        priced("exactInputSingle", (USDC, gives * 1_000_000), (WETH, ETHER), prices)
    };
    let (old, to_come) = ("2026-01-20T00:00:00Z", "2026-02-01T00:00:01Z");
    for (date, why) in [(old, "older than a week"), (to_come, "of a time to come")] {
        let report = swap(3_000, &price(None, "10", date));
        assert!(says(&report, why) && report.exit_code == 30, "{date}: {:#?}", report.findings);
        // However little it is for, and of whichever side.
        let little =
            priced("exactInputSingle", (USDC, 3_000_000), (WETH, ETHER / 1_000), &price(None, "10", date));
        assert_eq!(little.exit_code, 30, "{date}: {:#?}", little.findings);
        let dollars = price(Some(USDC), "1", date);
        let given = priced("exactInputSingle", (USDC, 3_000_000), (WETH, ETHER / 1_000), &dollars);
        assert_eq!(given.exit_code, 30, "{date}: {:#?}", given.findings);
        // It makes nothing less strict than a price of today alone, or none.
        let good = price(None, "3000", TODAY);
        for prices in [good.clone() + &price(None, "10", date), price(Some(WETH), "10", date) + &good] {
            assert_eq!(swap(3_800, &prices).exit_code, 10, "{date}: {:#?}", swap(3_800, &prices).findings);
            assert_eq!(swap(6_100, &prices).exit_code, 20, "{date}");
        }
        let dollar = good + &price(Some(USDC), "1", date);
        assert_eq!(swap(6_100, &dollar).exit_code, 20, "{date}: {:#?}", swap(6_100, &dollar).findings);
    }
    // What no range is known of is for a person then.
    let uni = priced(
        "exactInputSingle",
        (USDC, 1_000_000_000),
        (UNI, 100 * ETHER),
        &price(Some(UNI), "10", "2026-01-01T00:00:00Z"),
    );
    assert!(says(&uni, "there is no price of") && uni.exit_code == 10, "{:#?}", uni.findings);
    for wrong in ["dollars='0'", "dollars='-1'", "dollars=3000", "dollars='3,000'", "dollars='NaN'"] {
        assert!(Facts::parse(&format!("[[price]]\n{wrong}\ndate='{TODAY}'\n")).is_err(), "{wrong}");
    }
}

/// A large honest exchange of dollars: the finding says what to do, and either of it does.
#[test]
fn what_may_be_lost_unseen_is_let_go_by_a_price_or_by_the_policy() {
    const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
    let swap = |policy: &str, prices: &str| {
        let words = [
            word(USDC),
            word(DAI),
            format!("{:064x}", 100),
            word(ME),
            format!("{:064x}", 1_770_000_000),
            format!("{:064x}", 1_000_000_000_000_u128),
            format!("{:064x}", 995_000 * ETHER),
            format!("{:064x}", 0),
        ];
        let function = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))";
        let selector = hex::encode(&alloy_primitives::keccak256(function)[..4]);
        let input = format!(
            r#"{{"from":"{ME}","to":"{V3}","value":"0x0","data":"0x{selector}{}","chainId":1}}"#,
            words.concat()
        );
        let policy = Policy::parse(policy).expect("a policy");
        let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n{prices}");
        let facts = Facts::parse(&facts).expect("facts");
        check_tx(input.as_bytes(), Context::new(&policy, &facts))
    };
    let shipped = tracehound_guard::policy::DEFAULT;
    let open = swap(shipped, "");
    assert!(open.exit_code == 10 && says(&open, "5,000 dollars may be lost"), "{:#?}", open.findings);
    assert!(
        says(&open, "`[[price]]` with --context")
            && says(&open, "`unseen-loss` in the policy, 1,000 dollars now")
    );
    assert!(open.next.iter().any(|step| step.contains("`[[price]]`")), "{:#?}", open.next);
    let both = [price(Some(USDC), "1.00", TODAY), price(Some(DAI), "1.00", TODAY)].concat();
    let told = swap(shipped, &both);
    assert_eq!(told.exit_code, 0, "{:#?}", told.findings);
    let let_go = shipped.replace("unseen-loss = 1_000 ", "unseen-loss = 5_000 ");
    assert_eq!(swap(&let_go, "").exit_code, 0);
    assert_eq!(swap(&let_go.replace("5_000 ", "4_999 "), "").exit_code, 10);
}

/// A price that is told tells a theft from an exchange, and makes no large loss a small one.
#[test]
fn what_may_be_lost_by_told_prices_is_held_to_the_policys_bound_too() {
    let shipped = Policy::parse(tracehound_guard::policy::DEFAULT).expect("a policy");
    let told = [price(Some(USDC), "1", TODAY), price(None, "2950", TODAY)].concat();
    let ask = |dollars: u128, ether: u128| {
        priced_by(&shipped, "exactInputSingle", (USDC, dollars * 1_000_000), (WETH, ether), &told)
    };
    // As much as an exchange costs is no loss, however large it is.
    let (whole, usual) = (295_000_u128, 100 * ETHER * 995 / 1000);
    assert_eq!(ask(whole, usual).exit_code, 0, "{:#?}", ask(whole, usual).findings);
    // 590 dollars more, and 2,950.
    assert_eq!(ask(whole, usual - ETHER / 5).exit_code, 0);
    let lost = ask(whole, usual - ETHER);
    assert_eq!(lost.exit_code, 10, "{:#?}", lost.findings);
    assert!(
        says(&lost, "2,950 dollars more may be lost than an exchange costs as usual"),
        "{:#?}",
        lost.findings
    );
    // Four fifths of a million.
    let most = ask(1_000_000, 272 * ETHER);
    assert!(most.exit_code == 10 && says(&most, "By the prices told"), "{:#?}", most.findings);
    let open = Policy::parse(
        &tracehound_guard::policy::DEFAULT.replace("unseen-loss = 1_000 ", "unseen-loss = 3_000 "),
    );
    let open = open.expect("a policy");
    let let_go =
        priced_by(&open, "exactInputSingle", (USDC, whole * 1_000_000), (WETH, usual - ETHER), &told);
    assert_eq!(let_go.exit_code, 0, "{:#?}", let_go.findings);
}
