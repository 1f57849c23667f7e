//! Functions that nothing reads, at contracts that are known: that they may be called says nothing of for whom. And those that
//! differ by a word from functions that are read.

use tracehound_guard::{Context, Facts, Policy, Report, Severity, check_tx, policy::DEFAULT};

use crate::left::{call, number, word};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const COLD: &str = "0xc0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
const COLD_SHOWN: &str = "0xc0FfEeC0FFeEC0fFEEc0fFEEc0FFeec0FFeEc0Ff";
const STRANGER: &str = "0xe7E7E7e7e7e7E7e7e7e7E7E7e7e7E7E7e7E7e731";
const TRUSTED: &str = "0x4646464646464646464646464646464646464646";
const NOBODYS: &str = "0x4747474747474747474747474747474747474747";
const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const V2: &str = "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D";
const V3: &str = "0xE592427A0AEce92De3Edee1F18E0157C05861564";
const UNREAD: &str = "nobodyEverReadThis(address,uint256)";

fn judged(to: &str, value: u64, data: &str, more: &str) -> Report {
    let policy = format!(
        "{DEFAULT}\n[[book]]\naddress='{COLD}'\nname='our cold wallet'\n[[trusted]]\naddress='{TRUSTED}'\nlabel='a \
         market'\nroles=['contract','spender']\n{more}"
    );
    let policy = Policy::parse(&policy).expect("a policy");
    let facts = format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n");
    let facts = Facts::parse(&facts).expect("facts");
    let input =
        format!(r#"{{"from":"{ME}","to":"{to}","value":"{value:#x}","data":"0x{data}","chainId":1}}"#);
    check_tx(input.as_bytes(), Context::new(&policy, &facts))
}

fn sent(to: &str, data: &str) -> Report {
    judged(to, 0, data, "")
}

#[test]
fn whom_unread_bytes_name_must_be_vouched_for_wherever_they_are_sent() {
    let named = |one: &tracehound_guard::Finding| {
        one.severity == Severity::Incomplete && one.title.contains(STRANGER) && one.title.contains("vouches")
    };
    for to in [TRUSTED, DAI, WETH, V2, ME, NOBODYS] {
        let report = sent(to, &call(UNREAD, &[word(STRANGER), number(5)]));
        assert_eq!(report.exit_code, 30, "{to}: {:#?}", report.findings);
        assert!(report.of("G-ACT-01").iter().any(|one| named(one)), "{to}: {:#?}", report.findings);
        // Who is known is no stranger, and numbers are nobody.
        let known = sent(to, &call(UNREAD, &[word(COLD), number(5)])).exit_code;
        assert_eq!(known, 10, "{to}");
    }
    // In a call among the arguments, and behind whatever stands before it.
    let inner = call(UNREAD, &[word(STRANGER), number(5)]);
    let data = call("nobody(bytes)", &[number(32), number(68), format!("{inner:0<192}")]);
    assert_eq!(sent(TRUSTED, &data).exit_code, 30);
    let data = call("nobody(uint256[])", &[number(32), number(2), number(36), word(STRANGER)]);
    assert_eq!(sent(TRUSTED, &data).exit_code, 30);
    // A name that the context tells reads no bytes either.
    let policy = Policy::parse(&format!(
        "{DEFAULT}\n[[trusted]]\naddress='{TRUSTED}'\nlabel='m'\nroles=['contract']\n"
    ));
    let facts =
        format!("chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\nabi=['nobody(bytes data)']\n");
    let (policy, facts) = (policy.expect("a policy"), Facts::parse(&facts).expect("facts"));
    let data = call("nobody(bytes)", &[number(32), number(32), word(STRANGER)]);
    let input = format!(r#"{{"from":"{ME}","to":"{TRUSTED}","value":"0x0","data":"0x{data}","chainId":1}}"#);
    let report = check_tx(input.as_bytes(), Context::new(&policy, &facts));
    assert!(report.of("G-ACT-01").iter().any(|one| named(one)), "{:#?}", report.findings);
}

#[test]
fn money_behind_a_function_that_nothing_reads_is_not_vouched_for() {
    let data = call("nobody(uint256)", &[number(5)]);
    for to in [TRUSTED, V2, WETH, NOBODYS] {
        let report = judged(to, 5, &data, "");
        assert_eq!(report.exit_code, 30, "{to}: {:#?}", report.findings);
    }
    assert_eq!(judged(TRUSTED, 0, &data, "").exit_code, 10);
}

#[test]
fn a_transfer_by_another_name_is_one() {
    let limit = format!("[[limit]]\ntoken='{DAI}'\nper-transaction='4'\n");
    let cases = |who: &str| {
        [
            (DAI, call("push(address,uint256)", &[word(who), number(5)])),
            (DAI, call("move(address,address,uint256)", &[word(ME), word(who), number(5)])),
            (DAI, call("transferAndCall(address,uint256)", &[word(who), number(5)])),
            (DAI, call("transferFromAndCall(address,address,uint256)", &[word(ME), word(who), number(5)])),
        ]
    };
    for (token, data) in cases(STRANGER) {
        let report = sent(token, &data);
        assert!(report.exit_code == 30 && report.has("G-POL-03"), "{data}: {:#?}", report.findings);
        assert!(report.summary.contains(STRANGER), "{}", report.summary);
        assert_eq!(judged(token, 0, &data, &limit).exit_code, 20, "{data}");
    }
    for (token, data) in cases(COLD) {
        let report = sent(token, &data);
        assert_eq!(report.exit_code, 0, "{data}: {:#?}", report.findings);
        assert!(report.items[0].intent.contains("DAI"), "{}", report.items[0].intent);
        assert_eq!(judged(token, 0, &data, &limit).exit_code, 20, "{data}");
    }
    // Pieces that have numbers.
    for data in [
        call("transfer(address,uint256,uint256)", &[word(STRANGER), number(7), number(5)]),
        call(
            "transferFrom(address,address,uint256,uint256)",
            &[word(ME), word(STRANGER), number(7), number(5)],
        ),
        call("transferPunk(address,uint256)", &[word(STRANGER), number(7)]),
    ] {
        let report = sent(TRUSTED, &data);
        assert!(report.exit_code == 30 && report.has("G-POL-03"), "{data}: {:#?}", report.findings);
        assert!(report.summary.contains(STRANGER) && report.summary.contains('7'), "{}", report.summary);
    }
}

#[test]
fn signatures_in_one_piece_are_read_as_those_in_three_are() {
    let bytes = [number(65), "11".repeat(65) + &"00".repeat(31)];
    let authorization = |who: &str| {
        let args = [word(ME), word(who), number(5), number(0), number(2_000_000_000), number(9), number(224)];
        let function = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)";
        sent(USDC, &call(function, &[&args[..], &bytes].concat()))
    };
    let report = authorization(STRANGER);
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    assert!(report.summary.contains(STRANGER), "{}", report.summary);
    let permit = |who: &str, amount: u64| {
        let args = [word(ME), word(who), number(amount), number(1_770_000_000), number(160)];
        sent(USDC, &call("permit(address,address,uint256,uint256,bytes)", &[&args[..], &bytes].concat()))
    };
    let report = permit(STRANGER, 5);
    assert!(report.exit_code == 20 && report.has("G-APP-03"), "{:#?}", report.findings);
    assert_eq!(permit(STRANGER, 0).exit_code, 0, "it ends a right");
}

#[test]
fn exchanges_of_tokens_that_take_a_fee_go_to_nobody_else() {
    let deadline = number(1_800_000_000);
    let path = [number(2), word(WETH), word(USDC)];
    let coin = |who: &str| {
        let args = [number(5_000_000_000), number(128), word(who), deadline.clone()];
        call(
            "swapExactETHForTokensSupportingFeeOnTransferTokens(uint256,address[],address,uint256)",
            &[&args[..], &path].concat(),
        )
    };
    let report = judged(V2, 1_000_000_000_000_000_000, &coin(STRANGER), "");
    assert!(report.exit_code == 20 && report.summary.contains(STRANGER), "{:#?}", report.findings);
    let own = judged(V2, 1_000_000_000_000_000_000, &coin(ME), "");
    assert!(own.exit_code != 20 && own.exit_code != 30, "{:#?}", own.findings);
    assert!(
        own.items[0].intent.contains("exchanges 1 ETH for at least 5,000 USDC"),
        "{}",
        own.items[0].intent
    );
    let token = |name: &str, who: &str| {
        let args = [number(5), number(4), number(160), word(who), deadline.clone()];
        call(&format!("{name}(uint256,uint256,address[],address,uint256)"), &[&args[..], &path].concat())
    };
    for name in [
        "swapExactTokensForTokensSupportingFeeOnTransferTokens",
        "swapExactTokensForETHSupportingFeeOnTransferTokens",
    ] {
        assert_eq!(sent(V2, &token(name, STRANGER)).exit_code, 20, "{name}");
        // A router that unwraps it brings the coin.
        let path = [number(2), word(USDC), word(WETH)];
        let args = [number(5_000_000_000), number(1_000_000_000_000_000_000), number(160), word(ME)];
        let data = call(
            &format!("{name}(uint256,uint256,address[],address,uint256)"),
            &[&args[..], std::slice::from_ref(&deadline), &path].concat(),
        );
        let intent = sent(V2, &data).items[0].intent.clone();
        let coin = if name.contains("ForETH") { "at least 1 ETH" } else { "at least 1 WETH" };
        assert!(intent.contains(coin), "{intent}");
    }
    let out = |who: &str, tail: &[String]| {
        [&[word(DAI), number(5), number(4), number(4), word(who), deadline.clone()][..], tail].concat()
    };
    let permit = [number(0), number(27), number(1), number(2)];
    for (data, own) in [
        (
            "removeLiquidityETHSupportingFeeOnTransferTokens(address,uint256,uint256,uint256,address,uint256)",
            &[][..],
        ),
        (
            "removeLiquidityETHWithPermit(address,uint256,uint256,uint256,address,uint256,bool,uint8,bytes32,bytes32)",
            &permit[..],
        ),
    ] {
        assert_eq!(sent(V2, &call(data, &out(STRANGER, own))).exit_code, 20, "{data}");
        let report = sent(V2, &call(data, &out(ME, own)));
        assert_eq!(report.exit_code, 0, "{data}: {:#?}", report.findings);
    }
    for (function, args) in [
        (
            "unwrapWETH9WithFee(uint256,address,uint256,address)",
            [number(5), word(STRANGER), number(1), word(ME)].to_vec(),
        ),
        (
            "unwrapWETH9WithFee(uint256,address,uint256,address)",
            [number(5), word(ME), number(1), word(STRANGER)].to_vec(),
        ),
        (
            "sweepTokenWithFee(address,uint256,address,uint256,address)",
            [word(USDC), number(5), word(STRANGER), number(1), word(ME)].to_vec(),
        ),
        (
            "collect((uint256,address,uint128,uint128))",
            [number(5), word(STRANGER), number(1), number(1)].to_vec(),
        ),
    ] {
        let report = sent(V3, &call(function, &args));
        assert!(
            report.exit_code >= 20 && report.summary.contains(STRANGER),
            "{function}: {:#?}",
            report.findings
        );
    }
}

#[test]
fn an_address_within_a_number_is_one_at_1inch() {
    let router = "0x111111125421cA6dc452d289314280a0f8842A65";
    let flags = |who: &str| format!("{}{}", "80".repeat(12), &word(who)[24..]);
    for who in [word(STRANGER), flags(STRANGER)] {
        let data = call("ethUnoswapTo(uint256,uint256,uint256)", &[who.clone(), number(5), number(1)]);
        let report = judged(router, 5, &data, "");
        assert!(report.exit_code == 20 && report.summary.contains(STRANGER), "{:#?}", report.findings);
        let args = [who, word(USDC), number(5), number(4), number(1)];
        let report = sent(router, &call("unoswapTo(uint256,uint256,uint256,uint256,uint256)", &args));
        assert!(report.exit_code == 20 && report.summary.contains(STRANGER), "{:#?}", report.findings);
    }
    let own = sent(
        router,
        &call("unoswap(uint256,uint256,uint256,uint256)", &[word(USDC), number(5), number(4), number(1)]),
    );
    assert!(own.exit_code == 10 && own.items[0].intent.contains("USDC"), "{:#?}", own.items);
}

#[test]
fn lenders_and_accounts_are_read_in_every_form() {
    let permit = [number(1_800_000_000), number(27), number(1), number(2)];
    let supply = |who: &str| {
        let args = [word(USDC), number(5), word(who), number(0)];
        let function = "supplyWithPermit(address,uint256,address,uint16,uint256,uint8,bytes32,bytes32)";
        sent(TRUSTED, &call(function, &[&args[..], &permit].concat()))
    };
    assert_eq!(supply(STRANGER).exit_code, 20);
    let own = supply(ME);
    assert!(own.exit_code == 0 && own.items[0].intent.contains("supplies"), "{:#?}", own.items);
    let gateway = |who: &str| {
        let data = call("depositETH(address,address,uint16)", &[word(TRUSTED), word(who), number(0)]);
        judged(TRUSTED, 5, &data, "").exit_code
    };
    assert_eq!((gateway(STRANGER), gateway(ME)), (20, 0));
    for (to, function, args) in [
        (
            TRUSTED,
            "deposit(address,uint256,address,uint16)",
            [word(USDC), number(5), word(STRANGER), number(0)].to_vec(),
        ),
        (
            TRUSTED,
            "withdrawETH(address,uint256,address)",
            [word(TRUSTED), number(5), word(STRANGER)].to_vec(),
        ),
        (TRUSTED, "transferAsset(address,address,uint256)", [word(STRANGER), word(USDC), number(5)].to_vec()),
        (TRUSTED, "approvePositionManager(address,bool)", [word(STRANGER), number(1)].to_vec()),
        (ME, "addOwnerAddress(address)", [word(STRANGER)].to_vec()),
        (ME, "addOwnerPublicKey(bytes32,bytes32)", [number(1), number(2)].to_vec()),
    ] {
        let report = sent(to, &call(function, &args));
        assert_eq!(report.exit_code, 20, "{function}: {:#?}", report.findings);
    }
    let inner = call("addOwnerAddress(address)", &[word(STRANGER)]);
    let data = call(
        "executeWithoutChainIdValidation(bytes[])",
        &[number(32), number(1), number(32), number(36), format!("{inner:0<128}")],
    );
    assert_eq!(sent(ME, &data).exit_code, 20);
}

#[test]
fn calls_that_managers_connectors_and_executors_make_are_unpacked() {
    let push = call("transfer(address,uint256)", &[word(STRANGER), number(5)]);
    let bytes = |data: &str| [number(u64::try_from(data.len() / 2).expect("short")), format!("{data:0<192}")];
    let execute = call("execute(address,bytes)", &[&[word(USDC), number(64)][..], &bytes(&push)].concat());
    let report = sent(TRUSTED, &execute);
    assert!(report.exit_code == 10 && report.has("G-POL-03"), "{:#?}", report.findings);
    let upgrade = call("upgradeTo(address)", &[word(STRANGER)]);
    let args = [word(USDC), number(96), number(1_800_000_000)];
    let schedule = call(
        "schedule(address,bytes,uint48)",
        &[&args[..], &[number(36), format!("{upgrade:0<128}")]].concat(),
    );
    let report = sent(TRUSTED, &schedule);
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
    assert!(report.items[0].intent.starts_with("later, not before 2027"), "{}", report.items[0].intent);
    let operator = call("setAccountOperator(address,address,bool)", &[word(ME), word(STRANGER), number(1)]);
    let head = [
        word(ME),
        word(ME),
        number(0),
        number(0),
        number(1_800_000_000),
        number(0),
        number(256),
        number(416),
    ];
    let permit = call(
        "permit(address,address,uint256,uint256,uint256,uint256,bytes,bytes)",
        &[&head[..], &[number(100), format!("{operator:0<256}"), number(0)]].concat(),
    );
    assert_eq!(sent(TRUSTED, &permit).exit_code, 20);
    // In a form of its own that nothing reads, and commands that nothing reads.
    let mode = format!("02{:062x}", 0);
    let data = call("executeFromExecutor(bytes32,bytes)", &[mode, number(64), number(32), word(STRANGER)]);
    for to in [ME, TRUSTED] {
        let report = sent(to, &data);
        assert!(
            report.of("G-ACT-01").iter().any(|one| one.title.contains(STRANGER)),
            "{:#?}",
            report.findings
        );
    }
    let router = "0x66a9893cC07D91D95644AEDD05D03f95e1dBA8Af";
    let commands = |who: &str| {
        let head =
            [number(64), number(128), number(1), format!("11{:062x}", 0), number(1), number(32), number(32)];
        sent(router, &call("execute(bytes,bytes[])", &[&head[..], &[word(who)]].concat()))
    };
    let report = commands(STRANGER);
    assert!(report.of("G-ACT-01").iter().any(|one| one.title.contains(STRANGER)), "{:#?}", report.findings);
    assert!(!commands(ME).has("G-ACT-01"));
    // One call: whom, how much, with what.
    let packed = format!("{}{}", STRANGER.trim_start_matches("0x").to_lowercase(), number(5));
    let data = call(
        "executeFromExecutor(bytes32,bytes)",
        &[number(0), number(64), number(52), format!("{packed:0<128}")],
    );
    let report = sent(ME, &data);
    assert!(report.exit_code == 30 && report.has("G-POL-03"), "{:#?}", report.findings);
}

#[test]
fn what_takes_back_or_brings_to_the_caller_is_known_by_its_name() {
    let composable = "0xfdaFc9d1902f4e0b84f65F49f244b32b31013b74";
    let removed = sent(composable, &call("remove(bytes32)", &[number(7)]));
    assert!(removed.exit_code == 10 && removed.has("G-OWN-01"), "{:#?}", removed.findings);
    let permit2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
    let data = call("invalidateNonces(address,address,uint48)", &[word(USDC), word(STRANGER), number(9)]);
    assert_eq!(sent(permit2, &data).exit_code, 0, "it ends what was signed");
    let claimed = sent(TRUSTED, &call("claimWithdrawal(uint256)", &[number(7)]));
    assert!(
        claimed.exit_code == 0 && claimed.items[0].intent.contains("claims ether"),
        "{:#?}",
        claimed.items
    );
    let collateral = |on: u64| {
        sent(TRUSTED, &call("setUserUseReserveAsCollateral(address,bool)", &[word(USDC), number(on)]))
    };
    assert_eq!(collateral(1).exit_code, 0, "{:#?}", collateral(1).findings);
    assert!(collateral(0).items[0].intent.starts_with("no longer lets"), "{}", collateral(0).items[0].intent);
    let repaid = call("repayWithATokens(address,uint256,uint256)", &[word(USDC), number(5), number(2)]);
    let report = sent(TRUSTED, &repaid);
    assert!(
        report.exit_code == 0 && report.items[0].intent.contains("repays 0.000005 USDC"),
        "{:#?}",
        report.items
    );
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='4'\n");
    assert_eq!(judged(TRUSTED, 0, &repaid, &limit).exit_code, 20);
}

#[test]
fn operations_that_are_handed_to_an_entry_point_are_unpacked() {
    let entry = "0x0000000071727De22E5E9d8BAf0edAc6f37da032";
    let ask = |to: &str, beneficiary: &str, price: &str, more: &str| {
        let execute = call("execute(address,uint256,bytes)", &[word(to), number(5), number(96), number(0)]);
        let limits = format!("{:032x}{:032x}", 100_000, 100_000);
        let operation = [
            &[
                word(ME),
                number(7),
                number(288),
                number(320),
                limits,
                number(0),
                format!("{:032x}{price:0>32}", 0),
            ][..],
            &[
                number(512),
                number(544),
                number(0),
                number(132),
                format!("{execute:0<320}"),
                number(0),
                number(0),
            ],
        ];
        let args = [number(64), word(beneficiary), number(1), number(32)];
        let data = call(
            "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)",
            &[&args[..], &operation.concat()].concat(),
        );
        judged(entry, 0, &data, more)
    };
    let own = ask(COLD, ME, "1", "");
    assert_eq!(own.exit_code, 0, "{:#?}", own.findings);
    assert!(own.items[0].intent.contains(COLD_SHOWN), "{}", own.items[0].intent);
    let stranger = ask(STRANGER, ME, "1", "");
    assert!(stranger.exit_code == 30 && stranger.has("G-POL-03"), "{:#?}", stranger.findings);
    assert_eq!(ask(STRANGER, ME, "1", "[[limit]]\nper-transaction='4'\n").exit_code, 20);
    let paid = ask(COLD, STRANGER, "1", "");
    assert!(paid.exit_code == 30 && paid.summary.contains("gets the fees"), "{:#?}", paid.findings);
    // 200,000 units at 5,000 gwei are an ether.
    let dear = ask(COLD, ME, "48c27395000", "");
    assert!(dear.exit_code == 10 && dear.has("G-GAS-01"), "{:#?}", dear.findings);
}
