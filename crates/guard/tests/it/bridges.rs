//! Bridges: what arrives and where, and what of it counts to the limits of a policy.

use tracehound_guard::{Context, Facts, Policy, Report, Severity, check_safe, check_tx, policy::DEFAULT};

use crate::{
    NO_REFUND,
    left::{call, number, word},
};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const BRIDGE: &str = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const USDC_ON_BASE: &str = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
const WETH_ON_BASE: &str = "0x4200000000000000000000000000000000000006";
const STETH: &str = "0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84";
const NOBODY: &str = "0x0000000000000000000000000000000000000000";
const V3: &str =
    "depositV3(address,address,address,address,uint256,uint256,uint256,address,uint32,uint32,uint32,bytes)";
const WORDS: &str =
    "deposit(bytes32,bytes32,bytes32,bytes32,uint256,uint256,uint256,bytes32,uint32,uint32,uint32,bytes)";
const BURN: &str = "depositForBurn(uint256,uint32,bytes32,address)";
const OFT: &str = "send((uint32,bytes32,uint256,uint256,bytes,bytes,bytes),(uint256,uint256),address)";

fn policy(more: &str) -> Policy {
    let bridge = format!("[[trusted]]\naddress='{BRIDGE}'\nlabel='a bridge'\nroles=['contract','spender']\n");
    let there = [USDC_ON_BASE, WETH_ON_BASE].map(|token| {
        format!("[[trusted]]\naddress='{token}'\nlabel='a token of Base'\nroles=['contract']\n")
    });
    Policy::parse(&format!("{DEFAULT}\n{bridge}{}{more}", there.concat())).expect("a policy")
}

fn judge(more: &str, data: &str) -> Report {
    let policy = policy(more);
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let facts = Facts::parse(&facts).expect("facts");
    let input = format!(r#"{{"from":"{ME}","to":"{BRIDGE}","value":"0x0","data":"0x{data}","chainId":1}}"#);
    check_tx(input.as_bytes(), Context::new(&policy, &facts))
}

fn across(function: &str, output: &str, least: u64, chain: u64) -> String {
    let who = [word(ME), word(ME), word(USDC), word(output)];
    let amounts = [number(1_000_000_000), number(least), number(chain), number(0)];
    let rest = [number(1_770_000_000), number(1_770_010_000), number(0), number(384), number(0)];
    call(function, &[&who[..], &amounts, &rest].concat())
}

#[test]
fn what_arrives_is_known_of_the_same_token_alone() {
    for function in [V3, WORDS] {
        let ask = |output, least, chain| judge("", &across(function, output, least, chain));
        let fair = ask(USDC_ON_BASE, 999_000_000, 8453);
        assert_eq!(fair.exit_code, 0, "{:#?}", fair.findings);
        let one = ask(USDC_ON_BASE, 1, 8453);
        assert!(one.exit_code == 10 && one.has("G-SIM-01"), "{:#?}", one.findings);
        for (output, chain) in
            [(WETH_ON_BASE, 8453), (NOBODY, 8453), (USDC, 8453), (NOBODY, 56), (USDC, 1), (USDC_ON_BASE, 1)]
        {
            let other = ask(output, 999_000_000, chain);
            assert!(other.exit_code != 0 && other.has("G-SIM-01"), "{output} {chain}: {:#?}", other.findings);
        }
    }
}

#[test]
fn the_same_coin_of_the_other_chain_needs_nobody_to_vouch_for_it() {
    let policy = format!("[[trusted]]\naddress='{BRIDGE}'\nlabel='a bridge'\nroles=['contract','spender']\n");
    let policy = Policy::parse(&format!("{DEFAULT}\n{policy}")).expect("a policy");
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let facts = Facts::parse(&facts).expect("facts");
    for function in [V3, WORDS] {
        let ask = |output, chain| {
            let data = across(function, output, 999_000_000, chain);
            let input =
                format!(r#"{{"from":"{ME}","to":"{BRIDGE}","value":"0x0","data":"0x{data}","chainId":1}}"#);
            check_tx(input.as_bytes(), Context::new(&policy, &facts))
        };
        let fair = ask(USDC_ON_BASE, 8453);
        assert_eq!(fair.exit_code, 0, "{:#?}", fair.findings);
        assert!(fair.items[0].intent.contains("999 USDC arrive"), "{}", fair.items[0].intent);
        // Of another chain it is somebody's address there, and somebody else's token is somebody else's.
        assert_ne!(ask(USDC_ON_BASE, 10).exit_code, 0);
        assert_ne!(ask(ME, 8453).exit_code, 0);
        assert_ne!(ask("0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e732", 8453).exit_code, 0);
    }
}

#[test]
fn what_a_bridge_or_vault_takes_counts_to_the_limits() {
    let limit = |token: &str| format!("[[limit]]\ntoken='{token}'\nper-transaction='1_000_000'\n");
    let over = |token: &str, data: &str| {
        let report = judge(&limit(token), data);
        assert!(report.exit_code == 20 && report.has("G-POL-01"), "{token}: {:#?}", report.findings);
    };
    over(USDC, &across(WORDS, USDC_ON_BASE, 999_000_000, 8453));
    let ask = [number(64), word(ME), number(2), number(600_000), number(600_000)];
    over(STETH, &call("requestWithdrawals(uint256[],address)", &ask));
    let ask = [word(USDC), word(ME), number(2_000_000), number(0), number(0), number(192), number(0)];
    over(USDC, &call("outboundTransfer(address,address,uint256,uint256,uint256,bytes)", &ask));
    let shares = [number(2_000_000), word(ME), word(ME)];
    over(BRIDGE, &call("redeem(uint256,address,address)", &shares));
    over(BRIDGE, &oft(30_184, 2_000_000));
    // Of which nobody knows what it takes.
    for data in [
        call("deposit(uint256,address)", &[number(5), word(ME)]),
        call("withdraw(uint256,address,address)", &shares),
        oft(30_184, 5),
    ] {
        let report = judge(&limit(USDC), &data);
        assert!(report.exit_code == 10 && report.has("G-POL-01"), "{:#?}", report.findings);
        assert!(!judge("", &data).has("G-POL-01"), "no limit, no word of it");
    }
}

fn oft(there: u64, amount: u64) -> String {
    let param =
        [number(there), word(ME), number(amount), number(amount), number(224), number(256), number(288)];
    let head = [number(128), number(0), number(0), word(ME)];
    call(OFT, &[&head[..], &param, &[number(0), number(0), number(0)]].concat())
}

#[test]
fn a_place_is_a_chain_where_the_recipients_address_is_one() {
    let burn = |domain| call(BURN, &[number(5), number(domain), word(ME), word(USDC)]);
    assert_eq!(judge("", &burn(6)).exit_code, 0, "{:#?}", judge("", &burn(6)).findings);
    assert_eq!(judge("", &oft(30_184, 5)).exit_code, 0);
    // Solana, nothing, and the chain itself.
    for data in [burn(5), burn(999), burn(0), oft(30_168, 5)] {
        let report = judge("", &data);
        assert!(report.exit_code == 10 && report.has("G-SIM-01"), "{:#?}", report.findings);
    }
}

#[test]
fn a_safe_need_not_be_ones_own_on_another_chain() {
    let safe = "0x5afe5afe5afe5afe5afe5afe5afe5afe5afe0001";
    let data = call(BURN, &[number(5), number(6), word(safe), word(USDC)]);
    let input = format!(
        r#"{{"safe":"{safe}","to":"{BRIDGE}","value":"0","data":"0x{data}","operation":0,{NO_REFUND},"nonce":1,"chainId":1,"version":"1.4.1"}}"#
    );
    let facts = "[[safe]]\nowners=['0x1111111111111111111111111111111111111111']\nthreshold=1\nnonce=1\n";
    let facts = Facts::parse(facts).expect("facts");
    let ask = |more: &str| check_safe(input.as_bytes(), Context::new(&policy(more), &facts));
    let report = ask("");
    assert!(report.exit_code == 30 && report.has("G-SIM-01"), "{:#?}", report.findings);
    let booked = ask(&format!("[[book]]\naddress='base:{safe}'\nname='ours on Base'\n"));
    assert_eq!(booked.exit_code, 0, "{:#?}", booked.findings);
}

#[test]
fn a_contract_of_ones_own_is_not_known_to_be_there_too_by_any_gateway() {
    const SAFE: &str = "0x5afE5aFE5Afe5afe5aFe5afE5afE5aFE5afe0001";
    const ROUTER: &str = "0x72Ce9c846789fdB6fC1f34aC4AD25Dd9ef7031ef";
    let facts = format!(
        "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\n\
         owners=['{ME}']\nthreshold=1\nnonce=1\n"
    );
    let facts = Facts::parse(&facts).expect("facts");
    let more =
        |to: &str| format!("[[trusted]]\naddress='{to}'\nlabel='a gateway'\nroles=['contract','spender']\n");
    let data = |to: &str, rest: &[String]| {
        let head = [word(USDC), word(to), number(5), number(0), number(0), number(192)];
        let data = [number(32 * rest.len() as u64), rest.concat()];
        call("outboundTransfer(address,address,uint256,uint256,uint256,bytes)", &[&head[..], &data].concat())
    };
    let safe = |gateway: &str, booked: &str| {
        let policy =
            policy(&format!("{}{booked}", if gateway == BRIDGE { String::new() } else { more(gateway) }));
        let data = data(SAFE, &[]);
        let input = format!(
            r#"{{"safe":"{SAFE}","to":"{gateway}","value":"0","data":"0x{data}","operation":0,{NO_REFUND},"nonce":1,"chainId":1,"version":"1.4.1"}}"#
        );
        check_safe(input.as_bytes(), Context::new(&policy, &facts))
    };
    let there = |chain: u64| format!("[[book]]\naddress='eip155:{chain}:{SAFE}'\nname='our Safe there'\n");
    for (gateway, booked, code) in [
        (ROUTER, String::new(), 30),
        (ROUTER, there(10), 30),
        (ROUTER, there(42161), 0),
        (BRIDGE, String::new(), 30),
        (BRIDGE, there(42161), 30),
    ] {
        let report = safe(gateway, &booked);
        assert_eq!(report.exit_code, code, "{gateway} {booked}: {:#?}", report.findings);
    }
    assert!(safe(ROUTER, "").items[0].intent.contains("Arbitrum One"));
    // Its own fee is no instruction; anything behind it is.
    let own = |rest: &[String]| judge("", &data(ME, rest)).exit_code;
    assert_eq!((own(&[]), own(&[number(9), number(64), number(0)])), (0, 0));
    assert_eq!(own(&[number(9), number(64), number(4), number(1)]), 10);
}

/// An address that is known for something is nobody for something else, or elsewhere.
#[test]
fn whoever_is_refunded_or_may_bring_it_there_is_known_for_that_and_on_that_chain() {
    const OTHER: &str = "0x1234567890abcdef1234567890abcdef12345678";
    const ROUTER: &str = "0x68b3465833fb72A70ecDF485E0e4C7bD8665Fc45";
    const MULTI_SEND: &str = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2";
    const BURN_BY: &str = "depositForBurnWithCaller(uint256,uint32,bytes32,address,bytes32)";
    const BURN_2: &str = "depositForBurn(uint256,uint32,bytes32,address,bytes32,uint256,uint32)";
    let ask = |more: &str, data: &str| {
        let facts = format!(
            "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[past]]\nto='{OTHER}'\nvalue='1'\n"
        );
        let facts = Facts::parse(&facts).expect("facts");
        let input =
            format!(r#"{{"from":"{ME}","to":"{BRIDGE}","value":"0x0","data":"0x{data}","chainId":1}}"#);
        check_tx(input.as_bytes(), Context::new(&policy(more), &facts))
    };
    let across = |function: &str, depositor: &str, relayer: &str| {
        let who = [word(depositor), word(ME), word(USDC), word(USDC_ON_BASE)];
        let amounts = [number(1_000_000_000), number(999_000_000), number(8453), word(relayer)];
        let rest = [number(1_770_000_000), number(1_770_010_000), number(0), number(384), number(0)];
        call(function, &[&who[..], &amounts, &rest].concat())
    };
    let burn = |caller: &str| call(BURN_BY, &[number(5), number(6), word(ME), word(USDC), word(caller)]);
    let burn_2 = |caller: &str| {
        let more = [number(0), number(2_000)];
        call(BURN_2, &[&[number(5), number(6), word(ME), word(USDC), word(caller)][..], &more].concat())
    };
    let book = |chain: &str| format!("[[book]]\naddress='{chain}{OTHER}'\nname='x'\n");
    let role = |role: &str| format!("[[trusted]]\naddress='{OTHER}'\nlabel='x'\nroles=['{role}']\n");
    let known = |report: &Report, name: &str| {
        assert_eq!(report.exit_code, 0, "{name}: {:#?}", report.findings);
    };
    let unknown = |report: &Report, name: &str| {
        assert_eq!(report.exit_code, 30, "{name}: {:#?}", report.findings);
        assert!(report.findings.iter().any(|one| one.title.starts_with("Names ")), "{:#?}", report.findings);
    };
    for function in [V3, WORDS] {
        known(&ask("", &across(function, ME, NOBODY)), "one's own");
        known(&ask(&book(""), &across(function, OTHER, OTHER)), "booked");
        known(&ask(&book("eth:"), &across(function, OTHER, NOBODY)), "booked here");
        known(&ask(&book("base:"), &across(function, ME, OTHER)), "booked there");
        unknown(&ask("", &across(function, OTHER, NOBODY)), "paid before");
        unknown(&ask(&book("base:"), &across(function, OTHER, NOBODY)), "booked there alone");
        unknown(&ask(&book("eth:"), &across(function, ME, OTHER)), "booked here alone");
        for other in ["contract", "spender", "operator", "fee", "owner"] {
            unknown(&ask(&role(other), &across(function, OTHER, NOBODY)), other);
        }
        for thing in [ROUTER, MULTI_SEND, USDC, USDC_ON_BASE, BRIDGE] {
            unknown(&ask("", &across(function, thing, NOBODY)), thing);
            unknown(&ask("", &across(function, ME, thing)), thing);
        }
    }
    for burn in [&burn as &dyn Fn(&str) -> String, &burn_2] {
        known(&ask("", &burn(NOBODY)), "anybody");
        known(&ask("", &burn(ME)), "one's own");
        known(&ask(&book("base:"), &burn(OTHER)), "booked there");
        unknown(&ask("", &burn(OTHER)), "paid before");
        unknown(&ask(&book("eth:"), &burn(OTHER)), "booked here alone");
        unknown(&ask("", &burn(ROUTER)), "a router");
    }
}

#[test]
fn a_vault_or_lender_serves_nobody_for_having_been_paid_once_and_takes_no_person_for_a_token() {
    const OTHER: &str = "0x1234567890abcdef1234567890abcdef12345678";
    let ask = |more: &str, data: &str| {
        let facts = format!(
            "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[past]]\nto='{OTHER}'\nvalue='1'\n"
        );
        let facts = Facts::parse(&facts).expect("facts");
        let input =
            format!(r#"{{"from":"{ME}","to":"{BRIDGE}","value":"0x0","data":"0x{data}","chainId":1}}"#);
        check_tx(input.as_bytes(), Context::new(&policy(more), &facts))
    };
    let supply = |token: &str| {
        call("supply(address,uint256,address,uint16)", &[word(token), number(5), word(ME), number(0)])
    };
    let refund = |whom: &str| oft(30_184, 5).replacen(&word(ME), &word(whom), 1);
    assert_eq!(ask("", &supply(USDC)).exit_code, 0);
    assert_eq!(ask("", &refund(ME)).exit_code, 0);
    let book = format!("[[book]]\naddress='{OTHER}'\nname='x'\n");
    for (more, data) in [("", supply(OTHER)), (&book, supply(OTHER)), ("", refund(OTHER)), ("", refund(USDC))]
    {
        let report = ask(more, &data);
        assert!(report.exit_code == 30 && report.has("G-ACT-01"), "{:#?}", report.findings);
    }
    assert_eq!(ask(&book, &refund(OTHER)).exit_code, 0, "a booked one may get what is too much of the fee");
}

/// Whoever is blocked on the chain where it arrives gets nothing there.
#[test]
fn who_is_blocked_on_the_other_chain_is_blocked_where_a_bridge_brings_it_there() {
    let friend = "0x5555555555555555555555555555555555555555";
    let burn = call(BURN, &[number(1_000_000), number(7), word(friend), word(USDC)]);
    let on = |chain: u64| {
        format!(
            "[[book]]\naddress='eip155:1:{friend}'\nname='a friend'\n[[blocked]]\naddress='eip155:{chain}:{friend}'\nname='a thief'\n"
        )
    };
    let report = judge(&on(137), &burn);
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    assert!(report.summary.contains("Polygon"), "{}", report.summary);
    assert_ne!(judge(&on(10), &burn).exit_code, 20, "blocked on a chain that it does not go to");
}

/// On Solana all 32 bytes are somebody's: a part of them is nobody here.
#[test]
fn whom_a_burn_pays_on_solana_is_no_address_of_this_chain() {
    let there = "62a22ed7f43907e9065ebbd4094e4f40c8e4e1f2d3c4b5a69788796a5b0be979";
    let data = call(BURN, &[number(1_000_000_000), number(5), there.to_owned(), word(USDC)]);
    let report = judge("", &data);
    assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
    let whom = bs58::encode(hex::decode(there).expect("hex")).into_string();
    let intent = &report.items[0].intent;
    assert!(intent.contains(&format!("to Solana, for {whom}")), "{intent}");
    let shown = serde_json::to_string(&report).expect("JSON").to_lowercase();
    assert!(!shown.contains("0x094e4f40c8e4e1f2d3c4b5a69788796a5b0be979"), "{shown}");
}

/// A gateway to Arbitrum takes what is done there: no more of the ether has a use.
#[test]
fn the_fee_of_a_gateway_is_what_its_data_say() {
    const OUTBOUND: &str = "outboundTransfer(address,address,uint256,uint256,uint256,bytes)";
    let asked = |value: u64| {
        // 100,000 gas at 5 wei, and 600,000 for the submission.
        let words =
            [word(USDC), word(ME), number(1_000_000), number(100_000), number(5), number(192), number(96)];
        let data = call(OUTBOUND, &[&words[..], &[number(600_000), number(64), number(0)]].concat());
        let policy = policy("");
        let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
        let facts = Facts::parse(&facts).expect("facts");
        let input = format!(
            r#"{{"from":"{ME}","to":"{BRIDGE}","value":"0x{value:x}","data":"0x{data}","chainId":1}}"#
        );
        let report = check_tx(input.as_bytes(), Context::new(&policy, &facts));
        report.findings.iter().any(|one| one.title.starts_with("Sends") && one.title.contains("along with"))
    };
    assert_eq!((asked(1_100_000), asked(1_100_001)), (false, true));
}

#[test]
fn what_a_bridge_keeps_is_a_fee() {
    let keeps = |report: &Report| {
        let said = |one: &&tracehound_guard::Finding| one.title.contains("The bridge may keep");
        report.findings.iter().any(|one| said(&one))
    };
    let million = |function: &str, input: &str, output: &str, given: u128, least: u128| {
        let who = [word(ME), word(ME), word(input), word(output)];
        let amounts = [format!("{given:064x}"), format!("{least:064x}"), number(8453), number(0)];
        let rest = [number(1_770_000_000), number(1_770_010_000), number(0), number(384), number(0)];
        call(function, &[&who[..], &amounts, &rest].concat())
    };
    for function in [V3, WORDS] {
        let ask = |least| judge("", &million(function, USDC, USDC_ON_BASE, 1_000_000_000_000, least));
        let tenth = ask(900_000_000_000);
        assert!(tenth.exit_code == 10 && keeps(&tenth), "{:#?}", tenth.findings);
        assert!(
            tenth.items[0].intent.contains("up to 100,000 USDC stay with the bridge"),
            "{}",
            tenth.summary
        );
        assert_eq!(ask(998_999_999_999).exit_code, 10);
        assert_eq!(ask(999_000_000_000).exit_code, 0, "as much as the policy lets go");
        // Of the coin the bounds of fees hold.
        let ether = 1_000_000_000_000_000_000;
        let weth = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
        let ask = |least| judge("", &million(function, weth, WETH_ON_BASE, 100 * ether, least)).exit_code;
        assert_eq!([ask(94 * ether), ask(99 * ether), ask(100 * ether - 1)], [20, 10, 0]);
    }
    let burn = |fee: u64| {
        let function = "depositForBurn(uint256,uint32,bytes32,address,bytes32,uint256,uint32)";
        let args = [
            number(1_000_000_000_000),
            number(6),
            word(ME),
            word(USDC),
            number(0),
            number(fee),
            number(1_000),
        ];
        judge("", &call(function, &args))
    };
    let report = burn(5_000_000_000);
    assert!(report.exit_code == 10 && keeps(&report), "{:#?}", report.findings);
    assert!(report.items[0].intent.contains("up to 5,000 USDC stay"), "{}", report.items[0].intent);
    assert_eq!(burn(500_000_000).exit_code, 0);
    // Nobody knows what the token is worth.
    let param = [number(30_184), word(ME), number(1_000), number(999), number(224), number(256), number(288)];
    let head = [number(128), number(0), number(0), word(ME)];
    let send = call(OFT, &[&head[..], &param, &[number(0), number(0), number(0)]].concat());
    let report = judge("", &send);
    assert!(report.exit_code == 10 && keeps(&report), "{:#?}", report.findings);
}

#[test]
fn what_bridges_keep_adds_up_over_all_that_is_asked() {
    let policy = policy("");
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let facts = Facts::parse(&facts).expect("facts");
    let one = |least: u64| {
        let data = across(V3, USDC_ON_BASE, least, 8453);
        format!(r#"{{"from":"{ME}","to":"{BRIDGE}","value":"0x0","data":"0x{data}","chainId":1}}"#)
    };
    // 100 dollars of each thousand.
    let all = vec![one(900_000_000); 11].join(",");
    let report = check_tx(format!("[{all}]").as_bytes(), Context::new(&policy, &facts));
    assert!(report.exit_code == 10 && report.has("G-SIM-01"), "{:#?}", report.findings);
    let all = vec![one(900_000_000); 10].join(",");
    let report = check_tx(format!("[{all}]").as_bytes(), Context::new(&policy, &facts));
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
}

#[test]
fn ether_goes_over_a_bridge_once() {
    let weth = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let facts = Facts::parse(&facts).expect("facts");
    let ask = |most: &str, value: u64| {
        let who = [word(ME), word(ME), word(weth), word(WETH_ON_BASE)];
        let amounts = [number(1_000_000), number(999_000), number(8453), number(0)];
        let rest = [number(1_770_000_000), number(1_770_010_000), number(0), number(384), number(0)];
        let data = call(V3, &[&who[..], &amounts, &rest].concat());
        let input = format!(
            r#"{{"from":"{ME}","to":"{BRIDGE}","value":"{value:#x}","data":"0x{data}","chainId":1}}"#
        );
        let policy = policy(&format!("[[limit]]\nper-transaction='{most}'\n"));
        check_tx(input.as_bytes(), Context::new(&policy, &facts))
    };
    let report = ask("1500000", 1_000_000);
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    let intent = &report.items[0].intent;
    assert!(intent.starts_with("sends 0.000000000001 ETH by the bridge"), "{intent}");
    assert_eq!(ask("999999", 1_000_000).exit_code, 20);
    // Sent along with what is no part of it, both leave.
    assert_eq!(ask("1500000", 600_000).exit_code, 20);
}

#[test]
fn what_a_gateway_is_paid_for_gas_is_a_fee() {
    let ether: u128 = 1_000_000_000_000_000_000;
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let facts = Facts::parse(&facts).expect("facts");
    let ask = |gas: u128, submission: u128| {
        let head = [word(USDC), word(ME), number(100_000_000), format!("{gas:064x}"), number(1), number(192)];
        let data = [number(96), format!("{submission:064x}"), number(64), number(0)];
        let data = call(
            "outboundTransfer(address,address,uint256,uint256,uint256,bytes)",
            &[&head[..], &data].concat(),
        );
        let value = gas + submission;
        let input = format!(
            r#"{{"from":"{ME}","to":"{BRIDGE}","value":"{value:#x}","data":"0x{data}","chainId":1}}"#
        );
        check_tx(input.as_bytes(), Context::new(&policy(""), &facts)).exit_code
    };
    assert_eq!(ask(4_000 * ether, 0), 20);
    assert_eq!(ask(0, 400 * ether), 20);
    assert_eq!(ask(0, 4 * ether), 10);
    assert_eq!(ask(ether / 1_000, ether / 1_000), 0);
}

/// Whose an address is on one chain says nothing of another, also where a bridge pays it there.
#[test]
fn whom_a_bridge_pays_is_booked_for_where_it_arrives() {
    const COLD: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
    let booked = |chain: &str| {
        let chain = if chain.is_empty() { String::new() } else { format!("chain='{chain}'\n") };
        format!("[[book]]\naddress='{COLD}'\nname='cold'\n{chain}")
    };
    let to_cold = |data: String| {
        data.replacen(&word(ME), "ME", 1).replace(&word(ME), &word(COLD)).replace("ME", &word(ME))
    };
    let burn = call(BURN, &[number(5_000_000), number(6), word(COLD), word(USDC)]);
    let across = to_cold(across(V3, USDC_ON_BASE, 999_000_000, 8453));
    for data in [burn, across] {
        for (chain, is_vouched) in
            [("eip155:1", false), ("eip155:10", false), ("eip155:8453", true), ("", true)]
        {
            let report = judge(&booked(chain), &data);
            let is_said = report.findings.iter().any(|one| {
                one.severity == Severity::Incomplete && one.title.contains("book it for that chain")
            });
            assert_eq!(is_said, !is_vouched, "{chain} {data}: {:#?}", report.findings);
            assert!(is_vouched || report.exit_code != 0, "{chain} {data}");
        }
    }
}
