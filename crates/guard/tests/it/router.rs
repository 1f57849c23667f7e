//! Commands of the Universal Router, as its interface writes them, and as somebody else would.

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, U256};
use serde_json::json;
use tracehound_guard::{Context, Facts, Policy, Report, check_tx};

use crate::UNPRICED;

pub(super) const ME: &str = "0x1111111111111111111111111111111111111111";
pub(super) const FRIEND: &str = "0x5555555555555555555555555555555555555555";
pub(super) const STRANGER: &str = "0x8888888888888888888888888888888888888888";
pub(super) const FEE: &str = "0x7777777777777777777777777777777777777777";
pub(super) const ROUTER: &str = "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af";
pub(super) const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
pub(super) const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
pub(super) const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
/// As the router writes whoever calls, itself, the coin, and all that it has.
pub(super) const CALLER: &str = "0x0000000000000000000000000000000000000001";
pub(super) const ITSELF: &str = "0x0000000000000000000000000000000000000002";
pub(super) const COIN: &str = "0x0000000000000000000000000000000000000000";
const ALL: &str = "57896044618658097711785492504343953926634992332820282019728792003956564819968";
pub(super) const ETHER: &str = "1000000000000000000";

/// A command and its input.
pub(super) type Command = (u8, Vec<u8>);

pub(super) fn encode(types: &str, values: &[DynSolValue]) -> Vec<u8> {
    let value = DynSolValue::Tuple(values.to_vec());
    let ty = DynSolType::parse(types).expect("a type");
    assert!(ty.matches(&value), "{types}");
    value.abi_encode_params()
}

pub(super) fn address(text: &str) -> DynSolValue {
    DynSolValue::Address(text.parse().expect("an address"))
}

pub(super) fn number(text: &str) -> DynSolValue {
    DynSolValue::Uint(text.parse().expect("a number"), 256)
}

fn three(byte: u8, one: &str, two: &str, three: &str) -> Command {
    (byte, encode("(address,address,uint256)", &[address(one), address(two), number(three)]))
}

pub(super) fn sweep(token: &str, to: &str, least: &str) -> Command {
    three(0x04, token, to, least)
}

fn transfer(token: &str, to: &str, amount: &str) -> Command {
    three(0x05, token, to, amount)
}

fn portion(token: &str, to: &str, share: &str) -> Command {
    three(0x06, token, to, share)
}

fn wrap(to: &str, amount: &str) -> Command {
    (0x0b, encode("(address,uint256)", &[address(to), number(amount)]))
}

pub(super) fn unwrap(to: &str, least: &str) -> Command {
    (0x0c, encode("(address,uint256)", &[address(to), number(least)]))
}

/// A swap along a way of two tokens: V3 from 0x00, V2 from 0x08; amounts as the command has them.
pub(super) fn swap(
    byte: u8,
    to: &str,
    amounts: (&str, &str),
    way: (&str, &str),
    from_caller: bool,
) -> Command {
    let plain = |text: &str| text.parse::<Address>().expect("an address");
    let path = if byte < 8 {
        let way = if byte == 1 { (way.1, way.0) } else { way };
        DynSolValue::Bytes([plain(way.0).as_slice(), &[0, 1, 244], plain(way.1).as_slice()].concat())
    } else {
        DynSolValue::Array(vec![address(way.0), address(way.1)])
    };
    let types = if byte < 8 {
        "(address,uint256,uint256,bytes,bool)"
    } else {
        "(address,uint256,uint256,address[],bool)"
    };
    let values = [address(to), number(amounts.0), number(amounts.1), path, DynSolValue::Bool(from_caller)];
    (byte, encode(types, &values))
}

fn permit(spender: &str, amount: &str) -> Command {
    let uint = |value: u64, bits| DynSolValue::Uint(U256::from(value), bits);
    let details = DynSolValue::Tuple(vec![
        address(USDC),
        DynSolValue::Uint(amount.parse().expect("a number"), 160),
        uint(1_768_485_600, 48),
        uint(0, 48),
    ]);
    let single = DynSolValue::Tuple(vec![details, address(spender), uint(1_768_485_600, 256)]);
    let types = "(((address,uint160,uint48,uint48),address,uint256),bytes)";
    (0x0a, encode(types, &[single, DynSolValue::Bytes(vec![7; 65])]))
}

pub(super) fn call(commands: &[Command]) -> String {
    let bytes = commands.iter().map(|(byte, _)| *byte).collect();
    let inputs = commands.iter().map(|(_, input)| DynSolValue::Bytes(input.clone())).collect();
    let values = [DynSolValue::Bytes(bytes), DynSolValue::Array(inputs), number("1768485600")];
    format!("0x3593564c{}", hex::encode(encode("(bytes,bytes[],uint256)", &values)))
}

fn sent(to: &str, value: &str, commands: &[Command], more: &str) -> Report {
    judged(to, value, &call(commands), more)
}

/// What is said of call data.
pub(super) fn judged(to: &str, value: &str, data: &str, more: &str) -> Report {
    let policy = format!(
        "{UNPRICED}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n[[trusted]]\naddress='{FEE}'\nlabel='the front-end'\nroles=['fee']\n{more}"
    );
    let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n");
    let (policy, facts) = (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
    let value = format!("{:#x}", value.parse::<U256>().expect("a number"));
    let tx = json!({ "from": ME, "to": to, "value": value, "chainId": "0x1", "data": data });
    check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn ask(value: &str, commands: &[Command]) -> Report {
    sent(ROUTER, value, commands, "")
}

pub(super) fn says(report: &Report, words: &str) -> bool {
    report.findings.iter().any(|finding| finding.title.contains(words))
}

/// What the interface makes: name, ether sent along, commands.
fn honest() -> Vec<(&'static str, &'static str, Vec<Command>)> {
    let (usdc_weth, weth_usdc) = ((USDC, WETH), (WETH, USDC));
    let (half, least) = ("1500000000", "500000000000000000");
    vec![
        ("tokens", "0", vec![swap(0x00, CALLER, ("3000000000", ETHER), usdc_weth, true)]),
        (
            "by a permit",
            "0",
            vec![permit(ROUTER, "3000000000"), swap(0x08, CALLER, ("3000000000", ETHER), usdc_weth, true)],
        ),
        ("to an address of mine", "0", vec![swap(0x00, ME, ("3000000000", ETHER), usdc_weth, true)]),
        ("exact outputs", "0", vec![swap(0x01, CALLER, (ETHER, "3000000000"), usdc_weth, true)]),
        ("exact outputs, V2", "0", vec![swap(0x09, CALLER, (ETHER, "3000000000"), usdc_weth, true)]),
        (
            "ether",
            ETHER,
            vec![wrap(ITSELF, ETHER), swap(0x00, CALLER, (ETHER, "2500000000"), weth_usdc, false)],
        ),
        (
            "all the ether",
            ETHER,
            vec![wrap(ITSELF, ALL), swap(0x08, CALLER, (ALL, "2500000000"), weth_usdc, false)],
        ),
        (
            "ether for an exact output",
            ETHER,
            vec![
                wrap(ITSELF, ETHER),
                swap(0x01, CALLER, ("2500000000", ETHER), weth_usdc, false),
                unwrap(CALLER, "0"),
            ],
        ),
        (
            "for ether",
            "0",
            vec![swap(0x00, ITSELF, ("3000000000", "0"), usdc_weth, true), unwrap(CALLER, ETHER)],
        ),
        (
            "in two parts, with a fee",
            "0",
            vec![
                swap(0x00, ITSELF, (half, "0"), usdc_weth, true),
                swap(0x08, ITSELF, (half, "0"), usdc_weth, true),
                portion(WETH, FEE, "25"),
                unwrap(CALLER, ETHER),
            ],
        ),
        (
            "over another token",
            "0",
            vec![
                swap(0x00, ITSELF, ("3000000000", "0"), (USDC, DAI), true),
                swap(0x00, CALLER, (ALL, least), (DAI, WETH), false),
            ],
        ),
        (
            "swept",
            ETHER,
            vec![
                wrap(ITSELF, ETHER),
                swap(0x00, ITSELF, (ETHER, "0"), weth_usdc, false),
                portion(USDC, FEE, "25"),
                sweep(USDC, CALLER, "2500000000"),
            ],
        ),
        (
            "by a transfer",
            "0",
            vec![
                (
                    0x02,
                    encode(
                        "(address,address,uint160)",
                        &[
                            address(USDC),
                            address(ITSELF),
                            DynSolValue::Uint(U256::from(3_000_000_000_u64), 160),
                        ],
                    ),
                ),
                swap(0x00, CALLER, ("3000000000", ETHER), usdc_weth, false),
            ],
        ),
    ]
}

#[test]
fn exchanges_as_the_interface_makes_them_are_vouched_for() {
    for (name, value, commands) in honest() {
        let report = ask(value, &commands);
        assert_eq!(report.exit_code, 0, "{name}: {:#?}", report.findings);
        let intent = &report.items[0].intent;
        assert!(intent.contains("exchanges") && intent.contains("for at least"), "{name}: {intent}");
    }
    let (_, _, commands) = &honest()[0];
    assert!(ask("0", commands).items[0].intent.contains("exchanges 3,000 USDC for at least 1 WETH"));
    // With no deadline of its own too.
    let whole = call(commands);
    assert_eq!(whole.len() % 64, 10);
}

#[test]
fn whatever_is_changed_to_take_something_is_not() {
    let word = |text: &str| format!("{:0>64}", text.trim_start_matches("0x").to_lowercase());
    // Whoever gets what comes out is a stranger instead.
    for (name, value, commands) in honest() {
        for at in 0..commands.len() {
            let (byte, input) = &commands[at];
            // A condition, and the spender of a permit, are others' to test.
            if [0x06, 0x0a].contains(byte) {
                continue;
            }
            for marker in [CALLER, ME, ITSELF] {
                let changed = hex::encode(input).replace(&word(marker), &word(STRANGER));
                if changed == hex::encode(input) {
                    continue;
                }
                let mut other = commands.clone();
                other[at].1 = hex::decode(changed).expect("digits");
                let report = ask(value, &other);
                assert_ne!(report.exit_code, 0, "{name}, command {at}: {:#?}", report.findings);
            }
            // One command less leaves something behind, or spends what is not there. Half of an exchange for the same is one too.
            let mut fewer = commands.clone();
            fewer.remove(at);
            // To wrap ether and to unwrap all of it takes nothing.
            let is_whole =
                name.starts_with("in two parts") && at < 2 || name.ends_with("exact output") && at == 1;
            if fewer.iter().any(|(byte, _)| *byte != 0x0a) && !is_whole {
                let report = ask(value, &fewer);
                assert_ne!(report.exit_code, 0, "{name} without {at}: {:#?}", report.findings);
            }
        }
        // Nothing need come out.
        let mut open = commands.clone();
        for (_, input) in &mut open {
            let digits = hex::encode(&*input);
            let zero = ["2500000000", ETHER, "500000000000000000"].iter().fold(digits, |digits, amount| {
                let amount = format!("{:064x}", amount.parse::<u128>().expect("a number"));
                let none = "0".repeat(64);
                // The second amount of a swap, the only one of a sweep.
                match digits.rfind(&amount) {
                    Some(at) if at >= 64 => format!("{}{none}{}", &digits[..at], &digits[at + 64..]),
                    _ => digits,
                }
            });
            *input = hex::decode(zero).expect("digits");
        }
        assert_ne!(ask(value, &open).exit_code, 0, "{name}: {:#?}", ask(value, &open).findings);
    }
}

#[test]
fn what_is_swept_or_transferred_to_a_stranger_is_blocked() {
    let bring = || swap(0x00, ITSELF, ("3000000000", "0"), (USDC, WETH), true);
    for (name, last) in [
        ("sweep", sweep(WETH, STRANGER, ETHER)),
        ("transfer", transfer(WETH, STRANGER, ETHER)),
        ("unwrap", unwrap(STRANGER, ETHER)),
        ("nearly all as a fee", portion(WETH, STRANGER, "9000")),
    ] {
        let report = ask("0", &[bring(), last, sweep(WETH, CALLER, "1")]);
        assert_eq!(report.exit_code, 20, "{name}: {:#?}", report.findings);
    }
    let fetched = |to: &str| {
        let amount = DynSolValue::Uint(U256::from(3_000_000_000_u64), 160);
        (0x02, encode("(address,address,uint160)", &[address(USDC), address(to), amount]))
    };
    assert_eq!(ask("0", &[fetched(STRANGER)]).exit_code, 20);
    assert_eq!(ask("0", &[permit(STRANGER, "5")]).exit_code, 20);
    // Another router, trusted as it is, has no part in it.
    let other = "0x3fC91A3afd70395Cd496C647d5a6CC9D4B2b7FAD";
    let report = ask("0", &[permit(other, "3000000000"), bring(), sweep(WETH, CALLER, "1")]);
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    // A friend gets what comes out: for a person to look at.
    let report = ask("0", &[swap(0x00, FRIEND, ("3000000000", ETHER), (USDC, WETH), true)]);
    assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
    // So are many small shares together.
    let mut shares = vec![bring()];
    shares.extend((0..40).map(|_| portion(WETH, FEE, "90")));
    shares.push(sweep(WETH, CALLER, ETHER));
    assert_eq!(ask("0", &shares).exit_code, 20, "{:#?}", ask("0", &shares).findings);
    // What the exchange itself must bring counts, less the share, where the sweep asks for nothing.
    let direct = |least, share: &str, swept| {
        let swap = swap(0x00, ITSELF, ("3000000000", least), (USDC, WETH), true);
        ask("0", &[swap, portion(WETH, FEE, share), sweep(WETH, CALLER, swept)])
    };
    let report = direct(ETHER, "100", "0");
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    let intent = &report.items[0].intent;
    assert!(intent.contains("for at least 0.99 WETH"), "{intent}");
    assert!(intent.contains(", and 1 % of the WETH that comes out to 0x7777"), "{intent}");
    // What left the router before is not there to be swept.
    let half = "500000000000000000";
    let parts = [
        swap(0x00, ITSELF, ("3000000000", ETHER), (USDC, WETH), true),
        transfer(WETH, CALLER, half),
        sweep(WETH, CALLER, "0"),
    ];
    let report = ask("0", &parts);
    assert!(report.items[0].intent.contains("for at least 1 WETH"), "{}", report.items[0].intent);
    assert!(direct(ETHER, "100", "1").items[0].intent.contains("0.99 WETH"));
    assert!(direct("0", "100", ETHER).items[0].intent.contains("for at least 1 WETH"));
    assert_eq!(direct("0", "100", "0").exit_code, 10);
    // One per cent is a fee, five are for a person; of somebody whom nobody vouches for none is.
    for (to, share, exit) in
        [(FEE, "100", 0), (FEE, "500", 10), (FRIEND, "100", 0), (STRANGER, "1", 30), (STRANGER, "100", 30)]
    {
        let report = ask("0", &[bring(), portion(WETH, to, share), sweep(WETH, CALLER, ETHER)]);
        assert_eq!(report.exit_code, exit, "{to} {share}: {:#?}", report.findings);
    }
}

#[test]
fn what_is_not_read_or_may_fail_or_is_of_another_contract_is_not_vouched_for() {
    let good = || swap(0x00, CALLER, ("3000000000", ETHER), (USDC, WETH), true);
    // Seaport in one version, V4 in another, and no actions of V4; no plan; positions; a bridge; nothing.
    for byte in [0x07, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x20, 0x21, 0x22, 0x40, 0x41, 0x3f] {
        let report = ask("0", &[good(), (byte, good().1)]);
        assert!(report.has("G-WRAP-01") && report.exit_code == 10, "{byte}: {:#?}", report.findings);
    }
    // By its name, where it has one.
    for (byte, name) in [
        (0x11, "V3_POSITION_MANAGER_PERMIT (0x11)"),
        (0x12, "V3_POSITION_MANAGER_CALL (0x12)"),
        (0x14, "V4_POSITION_MANAGER_CALL (0x14)"),
        (0x40, "ACROSS_V4_DEPOSIT_V3 (0x40)"),
        (0x3f, "not read: 0x3f."),
    ] {
        let report = ask("0", &[good(), (byte, good().1)]);
        assert!(says(&report, name), "{byte}: {:#?}", report.findings);
    }
    // What a number means in another version is not told.
    let older = sent("0x3fC91A3afd70395Cd496C647d5a6CC9D4B2b7FAD", "0", &[good(), (0x11, good().1)], "");
    assert!(says(&older, "not read: 0x11.") && older.exit_code == 10, "{:#?}", older.findings);
    // Commands that somebody signed are of whoever signed them.
    let words = [256_u64, 288, 0, 0, 0, 0, 320, 1_768_485_600, 0, 0, 0].map(|word| format!("{word:064x}"));
    let function = "executeSigned(bytes,bytes[],bytes32,bytes32,bool,bytes32,bytes,uint256)";
    let selector = hex::encode(&alloy_primitives::keccak256(function)[..4]);
    let report = judged(ROUTER, "0", &format!("0x{selector}{}", words.concat()), "");
    assert!(says(&report, "executeSigned") && report.exit_code == 30, "{:#?}", report.findings);
    let failing = ask("0", &[(0x80, good().1)]);
    assert!(says(&failing, "may fail") && failing.exit_code == 10, "{:#?}", failing.findings);
    let mut more = good();
    more.1.extend([0; 32]);
    assert_ne!(ask("0", &[more]).exit_code, 0);
    let mut short = good();
    short.1.truncate(96);
    assert_ne!(ask("0", &[short]).exit_code, 0);
    // Paid to a pool before: its address is not told from a stranger's.
    assert_ne!(ask("0", &[swap(0x08, CALLER, ("0", ETHER), (USDC, WETH), true)]).exit_code, 0);
    // A token that nobody knows is on the way of two exchanges together, as of one.
    let into = || swap(0x00, ITSELF, ("3000000000", "0"), (USDC, STRANGER), true);
    let over = ask("0", &[into(), swap(0x00, CALLER, (ALL, ETHER), (STRANGER, WETH), false)]);
    assert!(says(&over, "goes by way of") && over.exit_code == 30, "{:#?}", over.findings);
    // A token that is not the one which wraps the coin is not what was wrapped.
    let other = [wrap(ITSELF, ETHER), swap(0x00, CALLER, (ETHER, "2500000000"), (DAI, USDC), false)];
    assert!(says(&ask(ETHER, &other), "for the token that wraps"), "{:#?}", ask(ETHER, &other).findings);
    // Another contract that is trusted may read the same bytes otherwise.
    let other = format!("[[trusted]]\naddress='{FEE}'\nlabel='a router'\nroles=['contract','spender']\n");
    let report = sent(FEE, "0", &[good()], &other);
    assert!(report.has("G-WRAP-01") && report.exit_code == 10, "{:#?}", report.findings);
    let stranger = sent(STRANGER, "0", &[good()], "");
    assert!(stranger.has("G-WRAP-01") && stranger.exit_code != 0, "{:#?}", stranger.findings);
}

#[test]
fn limits_and_values_hold_for_commands() {
    let swaps = |least: &str| vec![swap(0x00, CALLER, ("3000000000", least), (USDC, WETH), true)];
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='2999999999'\n");
    let report = sent(ROUTER, "0", &swaps(ETHER), &limit);
    assert!(report.has("G-POL-01") && report.exit_code == 20, "{:#?}", report.findings);
    for least in ["0", "1", "10000000000000"] {
        assert_eq!(ask("0", &swaps(least)).exit_code, 10, "{least}");
    }
    // Fewer dollars, at once and in parts that are swept together.
    let few = ask("0", &[swap(0x00, CALLER, ("3000000000", "2000000000000000000000"), (USDC, DAI), true)]);
    assert!(says(&few, "clearly fewer dollars") && few.exit_code == 10, "{:#?}", few.findings);
    let part = || swap(0x00, ITSELF, ("1500000000", "0"), (USDC, DAI), true);
    let few = ask("0", &[part(), part(), sweep(DAI, CALLER, "2000000000000000000000")]);
    assert!(says(&few, "clearly fewer dollars") && few.exit_code == 10, "{:#?}", few.findings);
    let fair = ask("0", &[part(), part(), sweep(DAI, CALLER, "2970000000000000000000")]);
    assert_eq!(fair.exit_code, 0, "{:#?}", fair.findings);
    // One part must not be open behind another; nor may the router's own balance say how much is taken.
    let direct = |least: &str| swap(0x00, CALLER, ("1500000000", least), (USDC, WETH), true);
    let even = ask("0", &[direct("500000000000000000"), direct("500000000000000000")]);
    assert_eq!(even.exit_code, 0, "{:#?}", even.findings);
    for least in ["0", "200000000000000000"] {
        let uneven = ask("0", &[direct("500000000000000000"), direct(least)]);
        assert!(
            says(&uneven, "One part of the exchange") && uneven.exit_code == 10,
            "{:#?}",
            uneven.findings
        );
    }
    // Whichever way it goes.
    let into = || swap(0x00, ITSELF, ("1500000000", "0"), (USDC, WETH), true);
    let over = || swap(0x00, ITSELF, ("1500000000", "0"), (USDC, DAI), true);
    let on = |least: &str| swap(0x00, CALLER, (ALL, least), (DAI, WETH), false);
    for (least, exit) in [("0", 10), ("200000000000000000", 10), ("500000000000000000", 0)] {
        for parts in [
            vec![direct("500000000000000000"), into(), sweep(WETH, CALLER, least)],
            vec![direct("500000000000000000"), over(), on(least)],
        ] {
            let report = ask("0", &parts);
            assert_eq!(report.exit_code, exit, "{least}: {:#?}", report.findings);
        }
    }
    assert_ne!(ask("0", &[swap(0x00, CALLER, (ALL, ETHER), (STRANGER, WETH), true)]).exit_code, 0);
    // Ether that nothing takes stays there.
    let left = ask(
        "2000000000000000000",
        &[wrap(ITSELF, ETHER), swap(0x00, CALLER, (ETHER, "2500000000"), (WETH, USDC), false)],
    );
    assert!(says(&left, "may stay in") && left.exit_code == 10, "{:#?}", left.findings);
    let back = ask(
        "2000000000000000000",
        &[
            wrap(ITSELF, ETHER),
            swap(0x00, CALLER, (ETHER, "2500000000"), (WETH, USDC), false),
            sweep(COIN, CALLER, "0"),
        ],
    );
    assert!(!says(&back, "may stay in"), "{:#?}", back.findings);
}

#[test]
fn commands_that_are_changed_anywhere_are_read_without_a_panic() {
    for (_, value, commands) in honest() {
        for at in 0..commands.len() {
            for byte in (0..commands[at].1.len()).step_by(11) {
                for flip in [0x01, 0x80] {
                    let mut other = commands.clone();
                    other[at].1[byte] ^= flip;
                    ask(value, &other);
                }
                let mut shorter = commands.clone();
                shorter[at].1.truncate(byte);
                assert_ne!(ask(value, &shorter).exit_code, 0);
            }
        }
    }
}

#[test]
fn a_permit_and_what_the_same_list_takes_by_it_count_once() {
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='3_500_000_000'\n");
    let given = || permit(ROUTER, "3000000000");
    let taken = || swap(0x08, CALLER, ("3000000000", ETHER), (USDC, WETH), true);
    let judged = |commands: &[Command]| sent(ROUTER, "0", commands, &limit);
    let once = judged(&[given(), taken()]);
    assert_eq!(once.exit_code, 0, "{:#?}", once.findings);
    assert_eq!(ask("0", &[taken(), permit(STRANGER, "5")]).exit_code, 20, "whenever it is given");
    for commands in [vec![taken(), given()], vec![given(), taken(), taken()]] {
        let report = judged(&commands);
        assert!(report.exit_code == 20 && report.has("G-POL-01"), "{:#?}", report.findings);
    }
}

/// To have been paid before says nothing of a share of what an exchange brings.
#[test]
fn a_share_is_for_whom_the_policy_says_and_for_nobody_who_was_paid_before() {
    const PAID: &str = "0x1234567890abcdef1234567890abcdef12345678";
    let ask = |more: &str| {
        let policy = Policy::parse(&format!("{UNPRICED}\n{more}")).expect("a policy");
        let facts = format!(
            "chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n[[past]]\nto='{PAID}'\nvalue='1'\n[[past]]\nto='{PAID}'\n\
             token='{WETH}'\nvalue='{ETHER}'\n"
        );
        let facts = Facts::parse(&facts).expect("facts");
        let bring = swap(0x00, ITSELF, ("3000000000", ETHER), (USDC, WETH), true);
        let data = call(&[bring, portion(WETH, PAID, "100"), sweep(WETH, CALLER, "0")]);
        let tx = json!({ "from": ME, "to": ROUTER, "value": "0x0", "chainId": "0x1", "data": data });
        check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let report = ask("");
    assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
    assert!(says(&report, "nobody vouches for that address"));
    let trusted = |role: &str| format!("[[trusted]]\naddress='{PAID}'\nlabel='x'\nroles=['{role}']\n");
    assert_eq!(ask(&trusted("fee")).exit_code, 0, "{:#?}", ask(&trusted("fee")).findings);
    assert_eq!(ask(&trusted("contract")).exit_code, 30);
    assert_eq!(ask(&format!("[[book]]\naddress='{PAID}'\nname='x'\n")).exit_code, 0);
    assert_eq!(ask(&format!("[[book]]\naddress='base:{PAID}'\nname='x'\n")).exit_code, 30, "elsewhere");
}
