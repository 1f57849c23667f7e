//! What an exchange promises, and whom it deals with: a limit of the price, strangers on its way, tokens without a price, receivers
//! that are nobody.

use std::fmt::Write as _;

use tracehound_guard::{
    Context, Facts, Policy, Report,
    ask::{Engine, Execution, Moved, Simulation},
    check_tx,
};
use tracehound_model::Decision::{self, Allow, Block, Incomplete, Review};

use crate::UNPRICED;

const ME: &str = "0x1111111111111111111111111111111111111111";
const STRANGER: &str = "0x8888888888888888888888888888888888888888";
const POOL: &str = "0x9999999999999999999999999999999999999999";
const V2: &str = "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D";
const V3: &str = "0xE592427A0AEce92De3Edee1F18E0157C05861564";
const NEWER: &str = "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45";
const UNIVERSAL: &str = "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const LINK: &str = "0x514910771AF9Ca656af840dff83E8264EcF986CA";
const ZERO: &str = "0x0000000000000000000000000000000000000000";
const ETHER: u128 = 1_000_000_000_000_000_000;
const DOLLARS: u128 = 3_000_000_000;

fn word(text: &str) -> String {
    format!("{:0>64}", text.trim_start_matches("0x").to_lowercase())
}

fn number(value: u128) -> String {
    format!("{value:064x}")
}

fn call(function: &str, words: &[String]) -> String {
    format!("{}{}", hex::encode(&alloy_primitives::keccak256(function)[..4]), words.concat())
}

fn judged(to: &str, value: u128, data: &str, policy: &str, engine: Option<&dyn Engine>) -> Report {
    let policy = Policy::parse(&format!("{UNPRICED}\n{policy}")).expect("a policy");
    let facts = format!(
        "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[token]]\naddress='{POOL}'\nsymbol='FOO'\ndecimals=18\n"
    );
    let facts = Facts::parse(&facts).expect("facts");
    let input =
        format!(r#"{{"from":"{ME}","to":"{to}","value":"{value:#x}","data":"0x{data}","chainId":1}}"#);
    check_tx(input.as_bytes(), Context { engine, ..Context::new(&policy, &facts) })
}

fn ask(to: &str, value: u128, data: &str) -> Report {
    judged(to, value, data, "", None)
}

/// `exactInputSingle` or `exactOutputSingle`; the older router's have a deadline.
fn single(
    router: &str,
    is_input: bool,
    way: (&str, &str),
    to: &str,
    amounts: (u128, u128),
    limit: u128,
) -> String {
    let verb = if is_input { "Input" } else { "Output" };
    let (kind, deadline) =
        if router == V3 { (",uint256", vec![number(1_800_000_000)]) } else { ("", Vec::new()) };
    let function =
        format!("exact{verb}Single((address,address,uint24,address{kind},uint256,uint256,uint160))");
    let words = [
        vec![word(way.0), word(way.1), number(500), word(to)],
        deadline,
        vec![number(amounts.0), number(amounts.1), number(limit)],
    ];
    call(&function, &words.concat())
}

fn multicall(calls: &[String]) -> String {
    let (mut heads, mut tails) = (String::new(), String::new());
    for call in calls {
        let len = call.len() / 2;
        heads += &number((32 * calls.len() + tails.len() / 2) as u128);
        tails += &number(len as u128);
        write!(tails, "{call:0<width$}", width = len.div_ceil(32) * 64).expect("a string");
    }
    call("multicall(bytes[])", &[number(32), number(calls.len() as u128), heads, tails])
}

#[test]
fn an_exact_output_with_a_limit_of_the_price_promises_nothing() {
    for router in [V3, NEWER] {
        let out = |limit| ask(router, 0, &single(router, false, (USDC, WETH), ME, (ETHER, DOLLARS), limit));
        let open = out(1);
        assert_eq!(open.verdict, Review, "{:#?}", open.findings);
        let intent = &open.items[0].intent;
        assert!(intent.contains("an open amount of") && !intent.contains("at least"), "{intent}");
        let whole = out(0);
        assert_eq!(whole.verdict, Allow, "{:#?}", whole.findings);
        let intent = &whole.items[0].intent;
        assert!(intent.contains("exchanges at most 3,000 USDC for 1 WETH"), "{intent}");
        // What comes out of an exact input is asked for with a limit too.
        let input = |least, limit| {
            ask(router, 0, &single(router, true, (USDC, WETH), ME, (DOLLARS, least), limit)).verdict
        };
        assert_eq!((input(ETHER, 0), input(ETHER, 1), input(0, 1)), (Allow, Allow, Review));
    }
}

#[test]
fn ether_that_a_limit_of_the_price_leaves_in_the_router_is_asked_back() {
    let refund = || call("refundETH()", &[]);
    for router in [V3, NEWER] {
        let data = |limit| single(router, true, (WETH, USDC), ME, (ETHER, DOLLARS), limit);
        assert_eq!(ask(router, ETHER, &data(0)).verdict, Allow);
        let left = ask(router, ETHER, &data(1));
        assert_eq!(left.verdict, Review, "{:#?}", left.findings);
        assert!(left.findings.iter().any(|one| one.title.contains("may stay in")), "{:#?}", left.findings);
        assert_eq!(ask(router, ETHER, &multicall(&[data(1)])).verdict, Review);
        assert_eq!(ask(router, ETHER, &multicall(&[data(1), refund()])).verdict, Allow);
    }
}

/// Along a way of three tokens, by every function that takes one.
fn along(way: [&str; 3]) -> Vec<(&'static str, &'static str, String)> {
    let packed = |way: [&str; 3]| {
        let path =
            format!("{}0001f4{}0001f4{}", &word(way[0])[24..], &word(way[1])[24..], &word(way[2])[24..]);
        [number(66), format!("{path:0<192}")].concat()
    };
    let list = || [number(3), way.iter().map(|token| word(token)).collect()].concat();
    let back = [way[2], way[1], way[0]];
    let (amounts, exact) = ([number(DOLLARS), number(ETHER)], [number(ETHER), number(DOLLARS)]);
    let deadline = || number(1_800_000_000);
    let v3 = |function: &str, way: [&str; 3], deadline: Vec<String>, amounts: &[String]| {
        let head = number(if deadline.is_empty() { 128 } else { 160 });
        let words = [vec![number(32), head, word(ME)], deadline, amounts.to_vec(), vec![packed(way)]];
        call(function, &words.concat())
    };
    // One command of the Universal Router: receiver, amounts, way, from whoever calls.
    let command = |byte: &str, path: String| {
        let input = [word("1"), amounts.concat(), number(160), number(1), path].concat();
        let words = [
            number(64),
            number(128),
            number(1),
            format!("{byte:0<64}"),
            number(1),
            number(32),
            number((input.len() / 2) as u128),
            input,
        ];
        call("execute(bytes,bytes[])", &words)
    };
    let v2 = |function: &str, amounts: &[String], last: Vec<String>| {
        let head = number(if last.is_empty() { 128 } else { 160 });
        call(function, &[amounts.concat(), head, word(ME), last.concat(), list()])
    };
    vec![
        (
            "V2",
            V2,
            v2(
                "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
                &amounts,
                vec![deadline()],
            ),
        ),
        (
            "V2 exact",
            V2,
            v2(
                "swapTokensForExactTokens(uint256,uint256,address[],address,uint256)",
                &exact,
                vec![deadline()],
            ),
        ),
        (
            "newer V2",
            NEWER,
            v2("swapExactTokensForTokens(uint256,uint256,address[],address)", &amounts, Vec::new()),
        ),
        (
            "V3",
            V3,
            v3("exactInput((bytes,address,uint256,uint256,uint256))", way, vec![deadline()], &amounts),
        ),
        (
            "V3 exact",
            V3,
            v3("exactOutput((bytes,address,uint256,uint256,uint256))", back, vec![deadline()], &exact),
        ),
        ("newer V3", NEWER, v3("exactInput((bytes,address,uint256,uint256))", way, Vec::new(), &amounts)),
        ("commands V3", UNIVERSAL, command("00", packed(way))),
        ("commands V2", UNIVERSAL, command("08", list())),
    ]
}

#[test]
fn every_token_on_the_way_is_vouched_for() {
    for (name, router, data) in along([USDC, DAI, WETH]) {
        let report = ask(router, 0, &data);
        assert_eq!(report.verdict, Allow, "{name}: {:#?}", report.findings);
    }
    for (name, router, data) in along([USDC, STRANGER, WETH]) {
        let report = ask(router, 0, &data);
        assert_eq!(report.verdict, Incomplete, "{name}: {:#?}", report.findings);
        let [found] = report.of("G-ACT-01")[..] else { panic!("{name}: {:#?}", report.findings) };
        assert!(found.title.contains("by way of 0x8888"), "{name}: {}", found.title);
    }
}

#[test]
fn a_packed_way_of_another_length_is_not_read() {
    // The router reads from the front: behind the second token nothing counts, and the last 20 bytes are no token.
    let path = format!("{}0001f4{}0001f4{}", &word(USDC)[24..], &word(STRANGER)[24..], &word(WETH)[26..]);
    let words = [
        number(32),
        number(128),
        word(ME),
        number(DOLLARS),
        number(ETHER),
        number(65),
        format!("{path:0<192}"),
    ];
    let report = ask(NEWER, 0, &call("exactInput((bytes,address,uint256,uint256))", &words));
    assert_eq!(report.verdict, Review, "{:#?}", report.findings);
    assert!(!report.items[0].intent.contains("exchanges"), "{}", report.items[0].intent);
}

fn on_v2(gives: (u128, &str), gets: (u128, &str), to: &str) -> Decision {
    let words = [number(gives.0), number(gets.0), number(160), word(to), number(1_800_000_000), number(2)];
    let data = [words.concat(), word(gives.1), word(gets.1)];
    let function = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)";
    ask(V2, 0, &call(function, &data)).verdict
}

#[test]
fn an_exchange_that_nobody_can_value_is_for_a_person() {
    assert_eq!(on_v2((DOLLARS, USDC), (ETHER, WETH), ME), Allow);
    // Known tokens without a price, on either side; one whose name the context alone gives.
    for other in [LINK, POOL] {
        assert_eq!(on_v2((900_000 * ETHER, other), (ETHER, WETH), ME), Review);
        assert_eq!(on_v2((DOLLARS, USDC), (ETHER, other), ME), Review);
        // For itself nobody need know what it is worth.
        assert_eq!(on_v2((ETHER, other), (ETHER, other), ME), Allow);
        assert_eq!(on_v2((ETHER, other), (ETHER - 1, other), ME), Review);
    }
}

#[test]
fn what_comes_out_for_the_zero_address_is_lost_but_at_the_older_router() {
    let swept = |router: &str, to: &str, sweeps_to: &str| {
        let words = [number(0), word(sweeps_to)];
        let calls = [
            single(router, true, (USDC, WETH), to, (DOLLARS, ETHER), 0),
            call("unwrapWETH9(uint256,address)", &words),
        ];
        ask(router, 0, &multicall(&calls)).verdict
    };
    assert_eq!((swept(V3, ZERO, ME), swept(V3, V3, ME)), (Allow, Allow));
    assert_eq!((swept(NEWER, "2", ME), swept(NEWER, ZERO, ME)), (Allow, Block));
    assert_eq!((swept(V3, ZERO, ZERO), swept(NEWER, "2", ZERO)), (Block, Block));
    assert_eq!(on_v2((DOLLARS, USDC), (ETHER, WETH), ZERO), Block);
    // The receiver is the first word of a command's input, behind eight others and the selector.
    let (_, _, mut commands) = along([USDC, DAI, WETH]).swap_remove(6);
    commands.replace_range(8 + 7 * 64..8 + 8 * 64, &word("0"));
    assert_eq!(ask(UNIVERSAL, 0, &commands).verdict, Block);
}

/// Routes as the newer router has them: parts that ask for nothing, and a last call that asks for all of it.
fn in_parts(least: u128, to: &str) -> Vec<(&'static str, Vec<String>)> {
    let router = "2";
    let part = |way, to: &str, gives, least| single(NEWER, true, way, to, (gives, least), 0);
    let along = |way: [&str; 3], to: &str, gives: u128, least: u128| {
        let path =
            format!("{}0001f4{}0001f4{}", &word(way[0])[24..], &word(way[1])[24..], &word(way[2])[24..]);
        let words = [number(32), number(128), word(to), number(gives), number(least), number(66)];
        call("exactInput((bytes,address,uint256,uint256))", &[words.concat(), format!("{path:0<192}")])
    };
    let on_v2 = |gives: u128, least: u128, to: &str, way: [&str; 2]| {
        let words =
            [number(gives), number(least), number(128), word(to), number(2), word(way[0]), word(way[1])];
        call("swapExactTokensForTokens(uint256,uint256,address[],address)", &words)
    };
    let unwrap = || call("unwrapWETH9(uint256,address)", &[number(least), word(to)]);
    let sweep = || call("sweepToken(address,uint256,address)", &[word(WETH), number(least), word(to)]);
    vec![
        ("one", vec![part((USDC, WETH), router, DOLLARS, 0), unwrap()]),
        ("along a way", vec![along([USDC, DAI, WETH], router, DOLLARS, 0), sweep()]),
        (
            "three at once",
            vec![
                part((USDC, WETH), router, DOLLARS / 2, 0),
                along([USDC, DAI, WETH], router, DOLLARS / 4, 0),
                on_v2(DOLLARS / 4, 0, router, [USDC, WETH]),
                unwrap(),
            ],
        ),
        ("one after another", vec![part((USDC, DAI), router, DOLLARS, 0), on_v2(0, least, to, [DAI, WETH])]),
        (
            "one after another, unwrapped",
            vec![on_v2(DOLLARS, 0, router, [USDC, DAI]), part((DAI, WETH), router, 0, 0), unwrap()],
        ),
    ]
}

#[test]
fn parts_of_an_exchange_are_judged_by_what_is_asked_for_at_the_end() {
    let priced = |calls: &[String]| {
        let policy = Policy::default();
        let facts = format!(
            "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[price]]\ndollars='3000'\ndate='2026-01-31T00:00:00Z'\n"
        );
        let facts = Facts::parse(&facts).expect("facts");
        let data = multicall(calls);
        let input =
            format!(r#"{{"from":"{ME}","to":"{NEWER}","value":"0x0","data":"0x{data}","chainId":1}}"#);
        check_tx(input.as_bytes(), Context::new(&policy, &facts))
    };
    for (name, calls) in in_parts(ETHER, ME) {
        let report = priced(&calls);
        assert_eq!(report.verdict, Allow, "{name}: {:#?}", report.findings);
        let intent = &report.items[0].intent;
        assert!(intent.contains("exchanges 3,000 USDC for at least 1 WETH"), "{name}: {intent}");
    }
    // Little is asked for; next to nothing; nothing at all.
    for (least, wanted) in [(ETHER * 3 / 4, Review), (ETHER / 3, Block), (1, Block), (0, Block)] {
        for (name, calls) in in_parts(least, ME) {
            let report = priced(&calls);
            assert_eq!(report.verdict, wanted, "{name} for {least}: {:#?}", report.findings);
        }
    }
    for (name, calls) in in_parts(ETHER, STRANGER) {
        let report = priced(&calls);
        assert_eq!(report.verdict, Block, "{name}: {:#?}", report.findings);
    }
    // One call less: nothing takes what lies there, or nothing is there.
    for (name, calls) in in_parts(ETHER, ME) {
        // Without its first call it gives less, for as much.
        for at in 1..calls.len() {
            let mut fewer = calls.clone();
            fewer.remove(at);
            let is_less_for_as_much = name == "three at once" && at < 3;
            let report = priced(&fewer);
            if !is_less_for_as_much {
                assert_ne!(report.verdict, Allow, "{name} without {at}: {:#?}", report.findings);
            }
        }
        // Nobody asks for another token's exchange, nor before it.
        let mut other = calls.clone();
        other.push(single(NEWER, true, (DAI, LINK), "2", (ETHER, 0), 0));
        assert_ne!(priced(&other).verdict, Allow, "{name}");
        let mut turned = calls.clone();
        turned.reverse();
        assert_ne!(priced(&turned).verdict, Allow, "{name}");
    }
    // Two things given for one: neither speaks for the other.
    let two = [
        single(NEWER, true, (USDC, WETH), "2", (DOLLARS, 0), 0),
        single(NEWER, true, (DAI, WETH), "2", (3_000 * ETHER, 0), 0),
        call("unwrapWETH9(uint256,address)", &[number(ETHER), word(ME)]),
    ];
    assert_eq!(priced(&two).verdict, Block);
    let dust = [
        single(NEWER, true, (DAI, WETH), "2", (1, 0), 0),
        single(NEWER, true, (USDC, WETH), "2", (DOLLARS, 0), 0),
        call("unwrapWETH9(uint256,address)", &[number(ETHER / 100), word(ME)]),
    ];
    assert_eq!(priced(&dust).verdict, Block);
}

/// Nothing stands for all that the router has: where that was not given in a way that tells how much it is, nobody can tell what
/// leaves for the least that comes.
#[test]
fn what_takes_all_that_a_router_holds_is_for_a_person_where_nobody_knows_how_much_that_is() {
    const USDT: &str = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
    let million = 1_000_000_000_000;
    let sweep = || call("sweepToken(address,uint256)", &[word(DAI), number(0)]);
    let out = |to: &str| single(NEWER, false, (USDC, DAI), to, (995_000 * ETHER, million), 0);
    let limited = single(NEWER, true, (USDC, DAI), "2", (million, 995_000 * ETHER), 1);
    let plain = |gives: &str, amount| single(NEWER, true, (gives, DAI), "2", (amount, 1), 0);
    let all = |to: &str| single(NEWER, true, (DAI, USDT), to, (0, 1_000), 0);
    let words = [number(0), number(1_000), number(128), word(ME), number(2), word(DAI), word(USDT)];
    let on_v2 = call("swapExactTokensForTokens(uint256,uint256,address[],address)", &words);
    let swept = call("sweepToken(address,uint256)", &[word(USDT), number(1_000)]);
    for (name, calls) in [
        ("an exact output", vec![out("2"), all(ME), sweep()]),
        ("on V2", vec![out("2"), on_v2, sweep()]),
        ("swept in the end", vec![out("2"), all("2"), swept, sweep()]),
        ("a limit of the price", vec![limited, all(ME), sweep()]),
        ("of two", vec![plain(USDC, million), plain(WETH, 300 * ETHER), all(ME), sweep()]),
        ("nothing known", vec![all(ME)]),
    ] {
        let report = ask(NEWER, 0, &multicall(&calls));
        assert_eq!(report.verdict, Review, "{name}: {:#?}", report.findings);
        let finding = report.findings.iter().find(|one| one.title.starts_with("Takes all the "));
        let title = &finding.unwrap_or_else(|| panic!("{name}: {:#?}", report.findings)).title;
        assert!(title.contains("for at least 0.001 USDT"), "{title}");
        assert!(name == "nothing known" || title.contains("as much as 1,000,000 USDC"), "{title}");
        assert!(report.items[0].intent.contains("all "), "{}", report.items[0].intent);
    }
    // What was taken is not swept afterwards.
    let report = ask(NEWER, 0, &multicall(&[out("2"), all(ME), sweep()]));
    assert!(report.findings.iter().any(|one| one.title.contains("stays in")), "{:#?}", report.findings);
    assert_eq!(ask(NEWER, 0, &multicall(&[out("2"), sweep()])).verdict, Allow);
}

/// What a Safe gives that is made to act comes back to that Safe: it is the one who is dealt with.
#[test]
fn what_a_safe_gets_that_is_executed_is_its_own() {
    const SAFE: &str = "0x5afE5aFE5Afe5afe5aFe5afE5afE5aFE5afe0001";
    let executed = |to: &str, is_named: bool| {
        let inner = single(NEWER, true, (USDC, DAI), to, (DOLLARS, 2_990 * ETHER), 0);
        let len = (inner.len() / 2) as u128;
        let words = [
            vec![word(NEWER), number(0), number(320)],
            vec![number(0); 6],
            vec![number(352 + len.next_multiple_of(32)), number(len)],
            vec![format!("{inner:0<width$}", width = inner.len().next_multiple_of(64))],
            vec![number(65), word(ME), number(0), format!("{:0<64}", "01")],
        ];
        let function =
            "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)";
        let named =
            format!("[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{ME}']\nthreshold=1\nnonce=10\n");
        let named = if is_named { named } else { String::new() };
        let facts = Facts::parse(&format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n{named}"));
        let data = call(function, &words.concat());
        let input = format!(r#"{{"from":"{ME}","to":"{SAFE}","data":"0x{data}","chainId":1}}"#);
        let (policy, facts) = (Policy::default(), facts.expect("facts"));
        check_tx(input.as_bytes(), Context::new(&policy, &facts))
    };
    let is_stranger =
        |report: &Report| report.findings.iter().any(|one| one.title.contains("goes to a stranger"));
    let own = executed(SAFE, true);
    assert!(!is_stranger(&own) && own.verdict != Block, "{:#?}", own.findings);
    assert!(own.items[0].intent.contains("exchanges 3,000 USDC"), "{}", own.items[0].intent);
    assert!(is_stranger(&executed(STRANGER, true)), "{:#?}", executed(STRANGER, true).findings);
    // Whose the Safe is, somebody must say.
    assert_ne!(executed(SAFE, false).verdict, Allow, "{:#?}", executed(SAFE, false).findings);
}

/// Many that are small are one that is large, in one transaction and in a batch.
#[test]
fn what_exchanges_may_lose_for_want_of_a_price_is_added_up() {
    let part = |dollars: u128| single(NEWER, true, (USDC, WETH), ME, (dollars * 1_000_000, ETHER / 10), 0);
    let shipped = Policy::default();
    let facts =
        Facts::parse(&format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n")).expect("facts");
    let ask = |input: &str| check_tx(input.as_bytes(), Context::new(&shipped, &facts));
    let one = |parts: &[u128]| {
        let calls: Vec<String> = parts.iter().map(|dollars| part(*dollars)).collect();
        ask(&format!(r#"{{"from":"{ME}","to":"{NEWER}","data":"0x{}","chainId":1}}"#, multicall(&calls)))
    };
    let batch = |parts: &[u128]| {
        let calls =
            parts.iter().map(|dollars| format!(r#"{{"to":"{NEWER}","data":"0x{}"}}"#, part(*dollars)));
        let calls: Vec<String> = calls.collect();
        ask(&format!(r#"{{"from":"{ME}","chainId":1,"calls":[{}]}}"#, calls.join(",")))
    };
    for (parts, wanted) in [(&[1_000][..], Allow), (&[500, 500], Allow), (&[1_000, 1_000], Review)] {
        for report in [one(parts), batch(parts)] {
            assert_eq!(report.verdict, wanted, "{parts:?}: {:#?}", report.findings);
        }
    }
    assert!(
        one(&[1_000, 1_000])
            .findings
            .iter()
            .any(|it| it.title.contains("2 exchanges may lose 1,930 dollars"))
    );
}

/// By told prices too: ten times 400 dollars less than what is given is worth.
#[test]
fn what_exchanges_may_lose_by_told_prices_is_added_up() {
    let part = || single(NEWER, true, (USDC, WETH), ME, (3_415_000_000, ETHER), 0);
    let facts = format!(
        "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[price]]\ndollars='3000'\ndate='2026-01-31T00:00:00Z'\n"
    );
    let facts = Facts::parse(&facts).expect("facts");
    for (count, wanted) in [(1, Allow), (2, Allow), (3, Review)] {
        let calls = multicall(&vec![part(); count]);
        let input = format!(r#"{{"from":"{ME}","to":"{NEWER}","data":"0x{calls}","chainId":1}}"#);
        let report = check_tx(input.as_bytes(), Context::new(&Policy::default(), &facts));
        assert_eq!(report.verdict, wanted, "{count}: {:#?}", report.findings);
    }
}

/// An engine that saw these movements.
#[derive(Debug)]
struct Saw(Vec<(&'static str, &'static str, &'static str, u128)>);

impl Engine for Saw {
    fn run(&self, _: &Execution<'_>) -> Simulation {
        let address = |text: &str| text.parse().expect("an address");
        let moved = self.0.iter().map(|(token, from, to, amount)| Moved {
            token: address(token),
            from: address(from),
            to: address(to),
            id: None,
            amount: (*amount).try_into().expect("fits"),
        });
        Simulation {
            outcome: "goes through".to_owned(),
            went_through: true,
            gas: 100_000,
            coded: moved.clone().map(|moved| moved.to).collect(),
            moved: moved.collect(),
            changes: Vec::new(),
            findings: Vec::new(),
            state: "recorded state".to_owned(),
        }
    }
}

#[test]
fn what_may_be_taken_at_most_is_held_to_what_is_taken_now() {
    let data = single(V3, false, (USDC, WETH), ME, (ETHER, DOLLARS), 0);
    let takes = |taken| {
        let engine = Saw(vec![(USDC, ME, POOL, taken), (WETH, POOL, ME, ETHER)]);
        judged(V3, 0, &data, "", Some(&engine))
    };
    assert_eq!(takes(DOLLARS / 2).verdict, Allow, "{:#?}", takes(DOLLARS / 2).findings);
    let much = takes(DOLLARS / 2 - 1);
    assert_eq!(much.verdict, Review);
    assert!(
        much.findings.iter().any(|one| one.title.contains("may take as much as 3,000 USDC")),
        "{:#?}",
        much.findings
    );
}
