//! What leaves in an execution is held to what the call data name, whatever comes back for it. The engine here tells what a real
//! one would.

use tracehound_guard::{Context, Facts, Policy, Report, ask::Moved, check_tx};
use tracehound_model::Decision::{Allow, Block, Review};

use crate::{
    UNPRICED,
    saw::{Saw, moved},
};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const THIEF: &str = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
const POOL: &str = "0xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1";
const COLD: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
const VAULT: &str = "0x1010101010101010101010101010101010101013";
const JUNK: &str = "0x7777777777777777777777777777777777777771";
const PIECES: &str = "0x8888888888888888888888888888888888888881";
const V2: &str = "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const COIN: &str = "0x0000000000000000000000000000000000000000";
const ETHER: u128 = 1_000_000_000_000_000_000;
const MILLION: u128 = 1_000_000_000_000;
const PRICE: &str = "[[price]]\ndollars='3000'\ndate='2026-01-31T12:00:00Z'\n";

fn piece(token: &str, to: &str, id: u64, amount: u128) -> Moved {
    Moved { id: Some(id.try_into().expect("fits")), ..moved(token, ME, to, amount) }
}

fn word(value: &str) -> String {
    format!("{:0>64}", value.trim_start_matches("0x").to_lowercase())
}

fn number(value: u128) -> String {
    format!("{value:064x}")
}

fn call(function: &str, words: &[String]) -> String {
    format!("0x{}{}", hex::encode(&alloy_primitives::keccak256(function)[..4]), words.concat())
}

struct Asked<'a> {
    to: &'a str,
    value: u128,
    data: String,
    policy: &'a str,
    facts: &'a str,
}

impl Asked<'_> {
    fn judged(&self, saw: Vec<Moved>) -> Report {
        let vault = format!("[[trusted]]\naddress='{VAULT}'\nlabel='vault'\nroles=['contract','spender']\n");
        let book = format!("[[book]]\naddress='{COLD}'\nname='cold'\n");
        let policy = Policy::parse(&format!("{UNPRICED}\n{vault}{book}{}", self.policy)).expect("a policy");
        let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n{}", self.facts);
        let facts = Facts::parse(&facts).expect("facts");
        let Self { to, value, data, .. } = self;
        let input =
            format!(r#"{{"from":"{ME}","to":"{to}","value":"{value:#x}","data":"{data}","chainId":1}}"#);
        let engine = Saw(saw);
        check_tx(input.as_bytes(), Context { engine: Some(&engine), ..Context::new(&policy, &facts) })
    }
}

/// A million dollars out of a vault that the policy trusts.
fn withdraw<'a>() -> Asked<'a> {
    let data = call("withdraw(address,uint256,address)", &[word(USDC), number(MILLION), word(ME)]);
    Asked { to: VAULT, value: 0, data, policy: "", facts: "" }
}

/// A million dollars for 300 ether, at a router that is trusted as shipped.
fn swap(facts: &str) -> Asked<'_> {
    let words = [number(MILLION), number(300 * ETHER), number(160), word(ME), number(1_770_000_000)];
    let way = [number(2), word(USDC), word(WETH)];
    let function = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)";
    Asked { to: V2, value: 0, data: call(function, &[words.concat(), way.concat()]), policy: "", facts }
}

fn paid() -> Moved {
    moved(USDC, ME, POOL, MILLION)
}

fn got(amount: u128) -> Moved {
    moved(WETH, POOL, ME, amount)
}

fn says(report: &Report, words: &str) -> bool {
    let mut lines =
        report.findings.iter().flat_map(|one| one.evidence.iter().chain(std::iter::once(&one.title)));
    lines.any(|line| line.contains(words))
}

#[test]
fn what_is_not_named_counts_whatever_comes_back() {
    let usdc = || moved(USDC, VAULT, ME, MILLION);
    let honest = withdraw().judged(vec![usdc()]);
    assert_eq!(honest.verdict, Allow, "{:#?}", honest.findings);
    let junk = || moved(JUNK, VAULT, ME, 1);
    for (gone, what) in [
        (moved(DAI, ME, THIEF, 1_000_000 * ETHER), "1,000,000 DAI to"),
        (moved(WETH, ME, VAULT, 100 * ETHER), "100 WETH to"),
        // Who may be paid may not take what nobody named.
        (moved(DAI, ME, COLD, ETHER), "1 DAI to"),
        (piece(PIECES, THIEF, 0, 1), "1 of number 0 of"),
        (piece(PIECES, THIEF, 7, 40), "40 of number 7 of"),
    ] {
        for back in [usdc(), junk(), moved(COIN, VAULT, ME, 1)] {
            let report = withdraw().judged(vec![gone, back]);
            assert_eq!(report.verdict, Review, "{what}: {:#?}", report.findings);
            assert!(says(&report, what) && says(&report, "whatever comes back"), "{:#?}", report.findings);
        }
    }
    // What goes to COLD by name may go there, and nothing else may.
    let pay = Asked { to: COLD, value: ETHER, data: "0x".to_owned(), policy: "", facts: "" };
    let coin = || moved(COIN, ME, COLD, ETHER);
    assert_eq!(pay.judged(vec![coin()]).verdict, Allow);
    assert_eq!(pay.judged(vec![coin(), moved(DAI, ME, COLD, ETHER), junk()]).verdict, Review);
}

#[test]
fn whom_the_policy_blocks_gets_nothing_and_limits_hold_for_what_is_not_named() {
    let gone = || vec![moved(DAI, ME, THIEF, 2 * ETHER), moved(USDC, VAULT, ME, MILLION)];
    let blocked = format!("[[blocked]]\naddress='{THIEF}'\nname='thief'\n");
    let report = Asked { policy: &blocked, ..withdraw() }.judged(gone());
    assert_eq!(report.verdict, Block, "{:#?}", report.findings);
    assert!(says(&report, "whom the policy blocks (thief)"), "{:#?}", report.findings);
    // By way of the contract in between it is the same.
    let round = vec![moved(USDC, VAULT, ME, MILLION), moved(DAI, VAULT, THIEF, 1)];
    assert_eq!(Asked { policy: &blocked, ..withdraw() }.judged(round).verdict, Block);
    for (most, verdict) in [(ETHER, Block), (2 * ETHER, Review)] {
        let limit = format!("[[limit]]\ntoken='{DAI}'\nper-transaction='{most}'\n");
        let report = Asked { policy: &limit, ..withdraw() }.judged(gone());
        assert_eq!(report.verdict, verdict, "{:#?}", report.findings);
        assert_eq!(says(&report, "2 DAI may leave at once; the policy allows 1 DAI"), verdict == Block);
    }
    // What is named and taken is not counted twice.
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='{MILLION}'\n");
    let report = Asked { policy: &limit, ..swap(PRICE) }.judged(vec![paid(), got(320 * ETHER)]);
    assert_eq!(report.verdict, Allow, "{:#?}", report.findings);
}

#[test]
fn an_exchange_keeps_what_it_brings_and_takes_nothing_else() {
    let honest = swap(PRICE).judged(vec![paid(), got(320 * ETHER)]);
    assert_eq!(honest.verdict, Allow, "{:#?}", honest.findings);
    assert!(!says(&honest, "does not name"), "{:#?}", honest.findings);
    // In two parts to two pools too.
    let parts = vec![
        moved(USDC, ME, POOL, MILLION / 4),
        moved(USDC, ME, JUNK, 3 * MILLION / 4),
        got(100 * ETHER),
        got(220 * ETHER),
    ];
    assert_eq!(swap(PRICE).judged(parts).verdict, Allow);
    // What comes and goes on to a thief came to nobody.
    for gone in [300 * ETHER, 1_000 * ETHER] {
        let report = swap(PRICE).judged(vec![paid(), got(300 * ETHER), moved(WETH, ME, THIEF, gone)]);
        assert_eq!(report.verdict, Block, "{:#?}", report.findings);
        assert!(says(&report, "brings 0 WETH"), "{:#?}", report.findings);
        assert!(says(&report, "WETH to"), "{:#?}", report.findings);
    }
    // The price that is told holds what is given and got in all.
    let more = |dai: u128| {
        let dai = moved(DAI, ME, THIEF, dai * ETHER);
        swap(PRICE).judged(vec![paid(), got(334 * ETHER), dai])
    };
    for (dai, verdict, why) in [
        (100_000, Review, "does not name"),
        (500_000, Review, "less than four fifths"),
        (2_000_000, Block, "less than half"),
    ] {
        let report = more(dai);
        assert_eq!(report.verdict, verdict, "{dai}: {:#?}", report.findings);
        assert!(says(&report, why), "{dai}: {:#?}", report.findings);
    }
}

#[test]
fn shares_that_are_taken_back_for_what_they_stand_for_are_named_by_it() {
    // As Aave does: its shares are burnt, and their contract pays out.
    let burnt = |amount| moved(JUNK, ME, COIN, amount);
    let out = || moved(USDC, JUNK, ME, MILLION);
    assert_eq!(withdraw().judged(vec![burnt(MILLION), out()]).verdict, Allow);
    assert_eq!(withdraw().judged(vec![burnt(2 * MILLION), out()]).verdict, Review);
    assert_eq!(withdraw().judged(vec![moved(DAI, ME, COIN, ETHER), out()]).verdict, Review);
}

#[test]
fn pieces_that_are_named_by_number_may_go_as_many_as_are_named() {
    let words = [word(ME), word(COLD), number(7), number(3), number(160), number(0)];
    let data = call("safeTransferFrom(address,address,uint256,uint256,bytes)", &words);
    let asked = Asked { to: PIECES, value: 0, data, policy: "", facts: "" };
    let takes = |moved: Moved| says(&asked.judged(vec![moved]), "does not name");
    assert!(!takes(piece(PIECES, COLD, 7, 3)));
    assert!(takes(piece(PIECES, COLD, 7, 4)) && takes(piece(PIECES, COLD, 8, 3)));
    assert!(takes(piece(PIECES, THIEF, 7, 3)));
    // Of what has one owner each, the function of tokens names the number.
    let data = call("transferFrom(address,address,uint256)", &[word(ME), word(COLD), number(7)]);
    let asked = Asked { to: PIECES, value: 0, data, policy: "", facts: "" };
    let takes = |moved: Moved| says(&asked.judged(vec![moved]), "does not name");
    assert!(!takes(piece(PIECES, COLD, 7, 1)) && takes(piece(PIECES, COLD, 6, 1)));
}

/// A Safe that nobody told anything of but that it may be called, made to pay the cold wallet by whoever sends it.
fn execution<'a>(inner: &str, refund: [u128; 3], policy: &'a str) -> Asked<'a> {
    let inner = inner.trim_start_matches("0x");
    let words = [
        vec![word(USDC), number(0), number(320), number(0)],
        refund.iter().map(|value| number(*value)).collect(),
        vec![word(COIN), word(COIN), number(320 + 32 + (inner.len() / 2).div_ceil(32) as u128 * 32)],
        vec![
            number((inner.len() / 2) as u128),
            format!("{inner:0<width$}", width = inner.len().div_ceil(64) * 64),
        ],
        vec![number(65), format!("{:0<192}", "11".repeat(65))],
    ];
    let function =
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)";
    Asked { to: VAULT, value: 0, data: call(function, &words.concat()), policy, facts: "" }
}

#[test]
fn what_a_safe_gives_when_somebody_executes_it_counts_as_what_leaves() {
    const LIMIT: &str = "[[limit]]\ntoken='0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'\nper-transaction='1000000'\n[[limit]]\nper-transaction='1000'\n";
    let pay = |amount: u128| call("transfer(address,uint256)", &[word(COLD), number(amount)]);
    let left = |amount: u128| moved(USDC, VAULT, COLD, amount);
    let no_refund = [0, 0, 0];
    let fair = execution(&pay(1_000_000), no_refund, LIMIT).judged(vec![left(1_000_000)]);
    assert_eq!(fair.verdict, Allow, "{:#?}", fair.findings);
    let over = execution(&pay(1_000_001), no_refund, LIMIT).judged(Vec::new());
    assert!(over.verdict == Block && over.has("G-POL-01"), "{:#?}", over.findings);
    // What leaves the Safe in the execution is named with its amount, and counts.
    let more = execution(&pay(1), no_refund, "").judged(vec![left(1), moved(USDC, VAULT, COLD, 5)]);
    assert_eq!(more.verdict, Review, "{:#?}", more.findings);
    assert!(more.findings.iter().any(|one| one.title.contains("does not name")), "{:#?}", more.findings);
    let coin = execution(&pay(1), no_refund, LIMIT).judged(vec![left(1), moved(COIN, VAULT, COLD, 1_001)]);
    assert!(coin.verdict == Block && coin.has("G-POL-01"), "{:#?}", coin.findings);
    let words = [word(VAULT), word(COLD), number(1_000_001)];
    let fetched = call("transferFrom(address,address,uint256)", &words);
    assert!(execution(&fetched, no_refund, LIMIT).judged(Vec::new()).has("G-POL-01"));
    let approve = call("approve(address,uint256)", &[word(VAULT), number(1_000_001)]);
    let right = execution(&approve, no_refund, LIMIT).judged(Vec::new());
    assert!(right.has("G-POL-01"), "{:#?}", right.findings);
    // A refund of gas is its outflow too: 10 ether, or little more than the limit.
    let refund = |price: u128, policy| execution(&pay(1), [0, 100_000, price], policy).judged(vec![left(1)]);
    let much = refund(100_000_000_000_000, "");
    assert!(much.verdict == Block && much.has("G-GAS-01"), "{:#?}", much.findings);
    assert!(refund(1, LIMIT).has("G-POL-01"));
    assert!(!refund(0, LIMIT).has("G-POL-01"));
}
