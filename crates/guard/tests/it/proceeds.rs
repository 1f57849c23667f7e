//! What an exchange brings when it is executed, against what it promises and what it is worth. The engine here tells what a
//! real one would: the calls are of routers that are trusted as shipped.

use tracehound_guard::{
    Context, Facts, Policy, Report,
    ask::{Engine, Execution, Moved, Simulation},
    check_tx,
};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const POOL: &str = "0xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1";
const V3: &str = "0xE592427A0AEce92De3Edee1F18E0157C05861564";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const WBTC: &str = "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599";
const COIN: &str = "0x0000000000000000000000000000000000000000";
const ETHER: u128 = 1_000_000_000_000_000_000;

/// An engine that saw these movements.
#[derive(Debug)]
struct Saw(Vec<Moved>);

impl Engine for Saw {
    fn run(&self, _: &Execution<'_>) -> Simulation {
        Simulation {
            outcome: "goes through".to_owned(),
            went_through: true,
            gas: 100_000,
            moved: self.0.clone(),
            changes: Vec::new(),
            findings: Vec::new(),
            state: "recorded state".to_owned(),
        }
    }
}

fn moved(token: &str, from: &str, to: &str, amount: u128) -> Moved {
    let address = |text: &str| text.parse().expect("an address");
    Moved {
        token: address(token),
        from: address(from),
        to: address(to),
        amount: amount.try_into().expect("fits"),
    }
}

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
        Policy::default(),
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
