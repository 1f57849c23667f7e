//! Swaps of Uniswap V4, plans inside of plans and version 2.1.1 of the Universal Router: as the makers' own library writes them, and
//! as somebody else would.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};
use tracehound_guard::Report;

use super::router::{
    CALLER, COIN, Command, DAI, ETHER, FEE, FRIEND, ITSELF, ME, ROUTER, STRANGER, USDC, WETH, address, call,
    encode, judged, number, says, swap, sweep, unwrap,
};

/// Of version 2.1.1, and of version 1.2, on Ethereum.
const NEWER: &str = "0x4C82D1fBFe28C977cBB58D8C7FF8FCF9F70a2cCA";
const OLDER: &str = "0x3fC91A3afd70395Cd496C647d5a6CC9D4B2b7FAD";
const USDC_3000: &str = "3000000000";

/// An action and its parameters.
type Action = (u8, Vec<u8>);

fn v4(actions: &[Action]) -> Command {
    let bytes = actions.iter().map(|(byte, _)| *byte).collect();
    let params = actions.iter().map(|(_, params)| DynSolValue::Bytes(params.clone())).collect();
    (0x10, encode("(bytes,bytes[])", &[DynSolValue::Bytes(bytes), DynSolValue::Array(params)]))
}

/// An exact input (6) or output (8) in one pool, with whoever runs on the way and what is told them.
fn single(byte: u8, way: (&str, &str), amounts: (&str, &str), hooks: (&str, &[u8])) -> Action {
    let plain = |text: &str| text.parse::<Address>().expect("an address");
    let forth = plain(way.0) < plain(way.1);
    let (low, high) = if forth { way } else { (way.1, way.0) };
    let half = |text: &str| DynSolValue::Uint(text.parse().expect("a number"), 128);
    let key = DynSolValue::Tuple(vec![
        address(low),
        address(high),
        DynSolValue::Uint(U256::from(500), 24),
        DynSolValue::Int(alloy_primitives::I256::unchecked_from(10), 24),
        address(hooks.0),
    ]);
    let params = DynSolValue::Tuple(vec![
        key,
        DynSolValue::Bool(forth),
        half(amounts.0),
        half(amounts.1),
        DynSolValue::Bytes(hooks.1.to_vec()),
    ]);
    (byte, encode("(((address,address,uint24,int24,address),bool,uint128,uint128,bytes))", &[params]))
}

fn exact_in(way: (&str, &str), amounts: (&str, &str)) -> Action {
    single(0x06, way, amounts, (COIN, &[]))
}

fn settle(token: &str, amount: &str, from_caller: bool) -> Action {
    (
        0x0b,
        encode("(address,uint256,bool)", &[address(token), number(amount), DynSolValue::Bool(from_caller)]),
    )
}

fn take(token: &str, to: &str, amount: &str) -> Action {
    (0x0e, encode("(address,address,uint256)", &[address(token), address(to), number(amount)]))
}

fn take_all(token: &str, least: &str) -> Action {
    (0x0f, encode("(address,uint256)", &[address(token), number(least)]))
}

fn portion(token: &str, to: &str, share: &str) -> Action {
    (0x10, take(token, to, share).1)
}

fn plan(commands: &[Command], may_fail: bool) -> Command {
    let bytes = commands.iter().map(|(byte, _)| *byte).collect();
    let inputs = commands.iter().map(|(_, input)| DynSolValue::Bytes(input.clone())).collect();
    let input = encode("(bytes,bytes[])", &[DynSolValue::Bytes(bytes), DynSolValue::Array(inputs)]);
    (if may_fail { 0xa1 } else { 0x21 }, input)
}

fn ask(value: &str, commands: &[Command]) -> Report {
    judged(ROUTER, value, &call(commands), "")
}

fn trade(actions: &[Action]) -> Report {
    ask("0", &[v4(actions)])
}

fn fair() -> Action {
    exact_in((USDC, WETH), (USDC_3000, ETHER))
}

/// Call data as the makers' library writes them: name, version, data.
fn written() -> Vec<(&'static str, &'static str, &'static str)> {
    let lines = include_str!("router_sdk.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, data) = line.split_once('\t').expect("two cells");
            let (version, name) = name.split_once(' ').expect("a version");
            (name, version, data)
        })
        .collect()
}

#[test]
fn calls_as_the_makers_library_writes_them_are_read_by_the_version_that_is_there() {
    assert_eq!(written().len(), 16);
    for (name, version, data) in written() {
        let (own, other) = if version == "2.0" { (ROUTER, NEWER) } else { (NEWER, ROUTER) };
        let value = if name == "ether" { ETHER } else { "0" };
        let report = judged(own, value, data, "");
        if name.contains("may fail") {
            assert!(
                says(&report, "may fail") && report.exit_code == 10,
                "{version} {name}: {:#?}",
                report.findings
            );
            continue;
        }
        assert_eq!(report.exit_code, 0, "{version} {name}: {:#?}", report.findings);
        let intent = &report.items[0].intent;
        let said = if name == "ether" {
            "exchanges 1 ETH for at least 2,493.75 USDC"
        } else {
            "3,000 USDC for at least "
        };
        assert!(intent.contains(said), "{version} {name}: {intent}");
        // Another version takes the same bytes for something else, and the oldest does not know V4.
        for router in [other, OLDER] {
            let report = judged(router, value, data, "");
            assert!(
                report.has("G-WRAP-01") && report.exit_code == 10,
                "{version} {name}: {:#?}",
                report.findings
            );
        }
        let stranger = judged(STRANGER, value, data, "");
        assert_ne!(stranger.exit_code, 0, "{version} {name}: {:#?}", stranger.findings);
    }
}

#[test]
fn what_is_changed_in_them_to_take_something_is_not_vouched_for() {
    let word = |text: &str| format!("{:0>64}", text.trim_start_matches("0x").to_lowercase());
    for (name, version, data) in written() {
        let router = if version == "2.0" { ROUTER } else { NEWER };
        let value = if name == "ether" { ETHER } else { "0" };
        // Whoever gets what comes out.
        for mine in [ME, CALLER, ITSELF] {
            let changed = data.replace(&word(mine), &word(STRANGER));
            if changed == data || mine == CALLER && name != "ether" {
                continue;
            }
            let report = judged(router, value, &changed, "");
            assert_ne!(report.exit_code, 0, "{version} {name} {mine}: {:#?}", report.findings);
        }
        // Whatever single word becomes zero, or one.
        let head = 8 + 2;
        for at in (head..data.len()).step_by(64) {
            for new in [word("0"), word("1")] {
                let mut changed = data.to_owned();
                if changed[at..].len() < 64 || changed[at..at + 64] == new {
                    continue;
                }
                changed.replace_range(at..at + 64, &new);
                let report = judged(router, value, &changed, "");
                let said = &report.items.first().map_or("", |item| &item.intent[..]);
                let whole = said.contains("for at least 1 WETH")
                    || said.contains("for at least 1 ETH")
                    || said.contains("for at least 2,4")
                    || said.contains("for at least 2,5");
                assert!(report.exit_code != 0 || whole, "{version} {name} {at}: {said}");
            }
        }
    }
}

#[test]
fn what_the_pools_bring_goes_to_the_caller_at_least_so_much() {
    let paid = || settle(USDC, "0", true);
    let good = trade(&[fair(), paid(), take_all(WETH, "0")]);
    assert_eq!(good.exit_code, 0, "{:#?}", good.findings);
    for (name, last, exit) in [
        ("to a stranger", take(WETH, STRANGER, "0"), 20),
        ("to a friend", take(WETH, FRIEND, "0"), 10),
        ("left in the router", take(WETH, ITSELF, "0"), 10),
        ("to nobody", take(WETH, COIN, "0"), 20),
    ] {
        let report = trade(&[fair(), paid(), last]);
        assert_eq!(report.exit_code, exit, "{name}: {:#?}", report.findings);
    }
    // A share as a fee, and nearly all.
    for (share, exit) in [("100", 0), ("500", 10), ("9000", 20), ("10001", 10)] {
        let report = trade(&[fair(), paid(), portion(WETH, FEE, share), take_all(WETH, "0")]);
        assert_eq!(report.exit_code, exit, "{share}: {:#?}", report.findings);
    }
    // A part to the caller, the rest to a stranger.
    let split = trade(&[fair(), paid(), take(WETH, CALLER, "1"), take(WETH, STRANGER, "0")]);
    assert_eq!(split.exit_code, 20, "{:#?}", split.findings);
    // What is promised on the last step alone, and nowhere.
    let open = || exact_in((USDC, WETH), (USDC_3000, "0"));
    assert_eq!(trade(&[open(), paid(), take_all(WETH, ETHER)]).exit_code, 0);
    let nothing = trade(&[open(), paid(), take_all(WETH, "0")]);
    assert_eq!(nothing.exit_code, 10, "{:#?}", nothing.findings);
    // What does not add up is undone by the pools, and not read.
    for (name, actions) in [
        ("not paid", vec![fair(), take_all(WETH, "0")]),
        ("not taken", vec![fair(), paid()]),
        ("nothing owed", vec![paid()]),
        ("taken before", vec![take(WETH, ME, ETHER), fair(), paid()]),
        ("too much", vec![fair(), settle(USDC, "3000000001", true), take_all(WETH, "0")]),
        (
            "an action that routers do not have",
            vec![fair(), paid(), take_all(WETH, "0"), (0x11, take(WETH, ME, "0").1)],
        ),
        ("nothing", vec![]),
    ] {
        let report = trade(&actions);
        assert_ne!(report.exit_code, 0, "{name}: {:#?}", report.findings);
    }
}

#[test]
fn an_exact_output_is_promised_by_what_is_taken_and_by_nothing_else() {
    let out = || single(0x08, (USDC, WETH), (ETHER, USDC_3000), (COIN, &[]));
    let paid = || settle(USDC, "0", true);
    // A pool that has less brings less, and nothing compares.
    let open = trade(&[out(), paid(), take(WETH, ME, "0")]);
    assert_eq!(open.exit_code, 10, "{:#?}", open.findings);
    for last in [take_all(WETH, ETHER), take(WETH, ME, ETHER)] {
        let report = trade(&[out(), paid(), last]);
        assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    }
    let little = trade(&[out(), paid(), take(WETH, ME, "1000000000000"), take(WETH, ME, "0")]);
    assert_eq!(little.exit_code, 10, "{:#?}", little.findings);
}

#[test]
fn whoever_runs_on_the_way_must_be_known_and_is_told_nothing() {
    let paid = || settle(USDC, "0", true);
    let hooked = |hooks: &str, data: &[u8]| {
        trade(&[single(0x06, (USDC, WETH), (USDC_3000, ETHER), (hooks, data)), paid(), take_all(WETH, "0")])
    };
    let hooked_by = |policy: &str| {
        let swap = single(0x06, (USDC, WETH), (USDC_3000, ETHER), (STRANGER, &[]));
        judged(ROUTER, "0", &call(&[v4(&[swap, paid(), take_all(WETH, "0")])]), policy)
    };
    let stranger = hooked(STRANGER, &[]);
    assert!(says(&stranger, "goes by way of") && stranger.exit_code == 30, "{:#?}", stranger.findings);
    // Whoever may be paid is no code that somebody vouches for, and a contract is vouched for on its own chain.
    for known in [
        format!("[[book]]\naddress='{STRANGER}'\nname='cold wallet'\n"),
        format!("[[trusted]]\naddress='{STRANGER}'\nlabel='payee'\nroles=['recipient']\n"),
        format!("[[trusted]]\naddress='{STRANGER}'\nlabel='hook'\nroles=['contract']\nchains=[10]\n"),
    ] {
        let report = hooked_by(&known);
        assert!(says(&report, "goes by way of") && report.exit_code == 30, "{known} {:#?}", report.findings);
    }
    let known = hooked_by(&format!("[[trusted]]\naddress='{STRANGER}'\nlabel='hook'\nroles=['contract']\n"));
    assert_eq!(known.exit_code, 0, "{:#?}", known.findings);
    let told = hooked(COIN, &[1]);
    assert!(told.has("G-WRAP-01") && told.exit_code == 10, "{:#?}", told.findings);
    // A token on the way that nobody knows.
    let first = exact_in((USDC, STRANGER), (USDC_3000, "0"));
    let report = trade(&[first, exact_in((STRANGER, WETH), ("0", ETHER)), paid(), take_all(WETH, "0")]);
    assert_ne!(report.exit_code, 0, "{:#?}", report.findings);
    let first = exact_in((USDC, DAI), (USDC_3000, "0"));
    let report = trade(&[first, exact_in((DAI, WETH), ("0", ETHER)), paid(), take_all(WETH, "0")]);
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
}

#[test]
fn one_part_does_not_speak_for_another_and_the_routers_own_money_pays_for_nothing() {
    let (half, least) = ("1500000000", "500000000000000000");
    let part = |least: &str| exact_in((USDC, WETH), (half, least));
    let both = |one: &str, other: &str, last: Action| {
        trade(&[part(one), part(other), settle(USDC, "0", true), last])
    };
    assert_eq!(both(least, least, take_all(WETH, "0")).exit_code, 0);
    // The second is open, unless all is promised at the end.
    let uneven = both(least, "0", take_all(WETH, "0"));
    assert!(says(&uneven, "One part of the exchange") && uneven.exit_code == 10, "{:#?}", uneven.findings);
    assert_eq!(both(least, "0", take_all(WETH, ETHER)).exit_code, 0);
    // Beside V3 too.
    let v3 = || swap(0x00, CALLER, (half, least), (USDC, WETH), true);
    let mixed =
        |least: &str| ask("0", &[v3(), v4(&[part(least), settle(USDC, "0", true), take_all(WETH, "0")])]);
    assert_eq!(mixed(least).exit_code, 0, "{:#?}", mixed(least).findings);
    assert_eq!(mixed("0").exit_code, 10);
    // Paid by the router: from what it got for the caller's own, and not from what lies there.
    let bought = || swap(0x00, ITSELF, (USDC_3000, "0"), (USDC, DAI), true);
    let all = "57896044618658097711785492504343953926634992332820282019728792003956564819968";
    let on = || v4(&[settle(DAI, all, false), exact_in((DAI, WETH), ("0", ETHER)), take_all(WETH, "0")]);
    let routed = ask("0", &[bought(), on()]);
    assert_eq!(routed.exit_code, 0, "{:#?}", routed.findings);
    assert_ne!(ask("0", &[on()]).exit_code, 0, "nothing is there");
    assert_ne!(trade(&[fair(), settle(USDC, "0", false), take_all(WETH, "0")]).exit_code, 0);
    // Ether that the pool does not take stays there, unless it is swept.
    let ether = |value: &str, last: &[Command]| {
        let actions =
            [exact_in((COIN, USDC), (ETHER, "2500000000")), settle(COIN, "0", false), take_all(USDC, "0")];
        ask(value, &[&[v4(&actions)], last].concat())
    };
    assert_eq!(ether(ETHER, &[]).exit_code, 0, "{:#?}", ether(ETHER, &[]).findings);
    let left = ether("2000000000000000000", &[]);
    assert!(says(&left, "may stay in") && left.exit_code == 10, "{:#?}", left.findings);
    let swept = ether("2000000000000000000", &[sweep(COIN, CALLER, "0")]);
    assert!(!says(&swept, "may stay in"), "{:#?}", swept.findings);
}

#[test]
fn plans_inside_of_plans_are_read_as_one() {
    let good = || swap(0x00, CALLER, (USDC_3000, ETHER), (USDC, WETH), true);
    let thief = || swap(0x00, STRANGER, (USDC_3000, ETHER), (USDC, WETH), true);
    assert_eq!(ask("0", &[plan(&[good()], false)]).exit_code, 0);
    let bad = ask("0", &[plan(&[plan(&[thief()], false)], true)]);
    assert_eq!(bad.exit_code, 20, "{:#?}", bad.findings);
    let may_fail = ask("0", &[plan(&[good()], true)]);
    assert!(says(&may_fail, "may fail") && may_fail.exit_code == 10, "{:#?}", may_fail.findings);
    // What one brings the next takes.
    let bring = swap(0x00, ITSELF, (USDC_3000, "0"), (USDC, WETH), true);
    let both = ask("0", &[plan(&[bring], false), unwrap(CALLER, ETHER)]);
    assert_eq!(both.exit_code, 0, "{:#?}", both.findings);
    // Too deep, too long, and a part that is not read.
    let mut deep = good();
    for _ in 0..6 {
        deep = plan(&[deep], false);
    }
    assert!(ask("0", &[deep]).has("G-WRAP-01"));
    let long: Vec<Command> = (0..200).map(|_| (0x0e, good().1[..96].to_vec())).collect();
    assert!(ask("0", &[plan(&long, false), plan(&long, false), good()]).has("G-WRAP-01"));
    assert!(ask("0", &[plan(&[good(), (0x14, good().1)], false)]).has("G-WRAP-01"));
}

#[test]
fn actions_that_are_changed_anywhere_are_read_without_a_panic() {
    for (_, version, data) in written() {
        let router = if version == "2.0" { ROUTER } else { NEWER };
        let bytes = hex::decode(&data[2..]).expect("digits");
        for at in (4..bytes.len()).step_by(61) {
            for flip in [0x01, 0x80] {
                let mut other = bytes.clone();
                other[at] ^= flip;
                judged(router, "0", &format!("0x{}", hex::encode(other)), "");
            }
            assert_ne!(judged(router, "0", &format!("0x{}", hex::encode(&bytes[..at])), "").exit_code, 0);
        }
    }
}
