//! What a call holds in another form than words: modes of accounts, orders, receivers as bytes or as a text; and round numbers, which
//! are no addresses.

use serde_json::{Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, Severity, check_tx, check_typed, policy::DEFAULT};

use crate::left::{call, number, word};

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0xe7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e731";
const NOBODY: &str = "0x0000000000000000000000000000000000000000";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const TRUSTED: &str = "0x6161616161616161616161616161616161616161";
const SEAPORT: &str = "0x0000000000000068F116a894984e2DB1123eB395";
const GATEWAY: &str = "0xd01607c3C5eCABa394D8be377a08590149325722";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
const ETHER: u64 = 1_000_000_000_000_000_000;

fn context(more: &str) -> (Policy, Facts) {
    let policy = format!(
        "{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n[[trusted]]\naddress='{TRUSTED}'\nlabel='a \
         contract'\nroles=['contract','spender']\n{more}"
    );
    let facts = format!("chain-id=1\nnow='2026-11-28T00:00:00Z'\naccount='{ME}'\n");
    (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"))
}

fn sent_with(more: &str, to: &str, data: &str) -> Report {
    let (policy, facts) = context(more);
    let input = json!({ "from": ME, "to": to, "value": "0x0", "data": format!("0x{data}"), "chainId": 1 });
    check_tx(input.to_string().as_bytes(), Context::new(&policy, &facts))
}

fn sent(to: &str, data: &str) -> Report {
    sent_with("", to, data)
}

/// `execute(bytes32 mode, bytes)` with one call in a batch.
fn execute(mode: &str, to: &str, value: u64, data: &str) -> String {
    let padding = "0".repeat((64 - data.len() % 64) % 64);
    let length = number(data.len() as u64 / 2);
    let one = [number(32), number(1), number(32), word(to), number(value), number(96), length].concat();
    let batch = format!("{one}{data}{padding}");
    let head = [format!("{mode:0<64}"), number(64), number(batch.len() as u64 / 2)];
    call("execute(bytes32,bytes)", &[&head[..], &[batch]].concat())
}

/// Accounts of ERC-7579 send to the zero address what ERC-7821 sends to the account itself, and some of them whatever the mode says.
#[test]
fn money_that_a_batch_sends_to_nobody_is_lost() {
    let no_op = call("multicall(bytes[])", &[number(32), number(0)]);
    for mode in ["01", "01000000000078210001"] {
        for data in ["", &no_op] {
            let report = sent(ME, &execute(mode, NOBODY, ETHER, data));
            assert_eq!(report.exit_code, 20, "{mode} {data}: {:#?}", report.findings);
            assert!(!report.items[0].intent.contains("your account"), "{}", report.items[0].intent);
        }
        let paid = sent(ME, &execute(mode, FRIEND, ETHER, ""));
        assert_eq!(paid.exit_code, 0, "{mode}: {:#?}", paid.findings);
    }
}

/// Source: ERC-7579: the selector is there to say that the account makes something else of the data.
#[test]
fn a_mode_with_anything_that_is_not_known_is_not_read() {
    for mode in [
        "02",
        "0102",
        "01ff",
        "0100000001",
        "010000000000ffffffff",
        "01000000000078210003",
        "0100000000000000000001",
        "0001000000000078210001",
        "ff00000000007821",
    ] {
        for function in ["execute(bytes32,bytes)", "executeFromExecutor(bytes32,bytes)"] {
            let data = execute(mode, FRIEND, ETHER, "");
            let data = data.replacen(&call("execute(bytes32,bytes)", &[]), &call(function, &[]), 1);
            let report = sent(ME, &data);
            let is_said = report.findings.iter().any(|one| {
                one.severity == Severity::Incomplete && one.title.contains("in a form that is not read here")
            });
            assert!(report.exit_code != 0 && is_said, "{mode}: {:#?}", report.findings);
        }
    }
}

/// Seaport's `validate` of one order: a million USDC for what is asked.
fn validate(maker: &str, asked: &[(&str, u64, &str)]) -> String {
    let order = [
        word(maker),
        number(0),
        number(11 * 32),
        number(17 * 32),
        number(0),
        number(1_795_822_200),
        number(1_796_427_000),
        number(0),
        number(1),
        "0000007b02230091a7ed01230072f7006a004d60a8d4e71d599b8104250f0000".to_owned(),
        number(asked.len() as u64),
        number(1),
        number(1),
        word(USDC),
        number(0),
        number(1_000_000_000_000),
        number(1_000_000_000_000),
        number(asked.len() as u64),
    ];
    let items = asked.iter().flat_map(|(token, amount, to)| {
        [number(1), word(token), number(0), number(*amount), number(*amount), word(to)]
    });
    let order: Vec<String> = order.into_iter().chain(items).collect();
    let head = [number(32), number(1), number(32), number(64), number(64 + 32 * order.len() as u64)];
    call(
        "validate(((address,address,(uint8,address,uint256,uint256,uint256)[],(uint8,address,uint256,uint256,uint256,address)[],uint8,uint256,uint256,bytes32,uint256,bytes32,uint256),bytes)[])",
        &[&head[..], &order, &[number(0)]].concat(),
    )
}

/// An order of whoever calls needs no signature, and is as good as one.
#[test]
fn an_order_that_a_call_makes_good_is_judged_as_one_that_is_signed() {
    const DAI: &str = "0x6B175474E89094C44Da98b954EedeAC495271d0F";
    let given = sent(SEAPORT, &validate(ME, &[]));
    assert_eq!(given.exit_code, 20, "{:#?}", given.findings);
    assert!(given.items[0].intent.contains("1,000,000 USDC"), "{}", given.items[0].intent);
    let to_stranger = sent(SEAPORT, &validate(ME, &[(DAI, ETHER, STRANGER)]));
    assert_eq!(to_stranger.exit_code, 20, "{:#?}", to_stranger.findings);
    // For enough of another dollar it is for a person, and the limit holds.
    let fair = validate(ME, &[(DAI, 5 * ETHER, ME)]);
    let report = sent(SEAPORT, &fair);
    assert!(report.has("G-ORD-01") && report.exit_code != 0, "{:#?}", report.findings);
    let limit = format!("[[limit]]\ntoken='{USDC}'\nper-transaction='1_000_000_000'\n");
    let limited = sent_with(&limit, SEAPORT, &fair);
    assert!(limited.exit_code == 20 && limited.has("G-POL-01"), "{:#?}", limited.findings);
    // Orders of somebody else need his signature, and give nothing of mine.
    let others = sent(SEAPORT, &validate(STRANGER, &[]));
    assert!(others.exit_code != 20, "{:#?}", others.findings);
    assert!(others.items[0].intent.contains("of others"), "{}", others.items[0].intent);
}

#[test]
fn functions_that_sign_an_order_unseen_are_blocked() {
    let root = "setRootWithContext(bytes32,(uint256,bytes),address,bytes)";
    let words = [
        word(&"11".repeat(32)),
        number(128),
        word(TRUSTED),
        number(224),
        number(0),
        number(64),
        number(0),
        number(0),
    ];
    let report = sent(TRUSTED, &call(root, &words));
    assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
}

/// Whoever is named in twenty bytes or in a text gets as much as one who is named in a word.
#[test]
fn a_stranger_in_bytes_or_in_a_text_is_named() {
    let bytes = |who: &str| {
        let who = who.trim_start_matches("0x");
        call("bridge(uint256,bytes)", &[number(5), number(64), number(20), format!("{who:0<64}")])
    };
    let text = |who: &str| {
        let who = hex::encode(who);
        call("bridge(uint256,string)", &[number(5), number(64), number(42), format!("{who:0<128}")])
    };
    for data in [bytes(STRANGER), text(STRANGER)] {
        let report = sent(TRUSTED, &data);
        assert_eq!(report.exit_code, 30, "{data}: {:#?}", report.findings);
        assert!(report.findings.iter().any(|one| one.title.contains("0xe7E7")), "{:#?}", report.findings);
    }
    for data in [bytes(ME), text(ME), bytes(FRIEND)] {
        assert_eq!(sent(TRUSTED, &data).exit_code, 10, "{data}");
    }
    // Twenty bytes of something longer, and digits of something longer, are none.
    let hash = call("note(bytes32)", &[word(&"e7".repeat(32))]);
    let digits = hex::encode(format!("{STRANGER}00"));
    let digits = call("note(string)", &[number(32), number(44), format!("{digits:0<128}")]);
    for data in [hash, digits] {
        assert_eq!(sent(TRUSTED, &data).exit_code, 10, "{data}");
    }
}

#[test]
fn a_round_number_is_no_address_and_hides_none() {
    let ten_to_30 = "000000000000000000000000000000000000000c9f2c9cd04674edea40000000";
    let alone = sent(TRUSTED, &call("setLimit(uint256)", &[ten_to_30.to_owned()]));
    assert_eq!(alone.exit_code, 10, "{:#?}", alone.findings);
    let words = [word(STRANGER), ten_to_30.to_owned(), ten_to_30.to_owned()];
    let beside = sent(TRUSTED, &call("setLimits(address,uint256,uint256)", &words));
    assert_eq!(beside.exit_code, 30, "{:#?}", beside.findings);
    assert!(!beside.findings.iter().any(|one| one.title.contains("more in data")), "{:#?}", beside.findings);
    // Of an address with a few zeros before and behind somebody has made sure: that is no number.
    let vanity = "0x0000000000c5dc95539589fbd24be07c6c14eca4";
    assert_eq!(sent(TRUSTED, &call("note(uint256)", &[word(vanity)])).exit_code, 30);
}

fn typed_order(offer: &Value, asked: &Value) -> Report {
    let fields = |text: &str| -> Value {
        let pairs = text.split(',').map(|field| field.split_once(' ').expect("a field"));
        pairs.map(|(kind, name)| json!({ "name": name, "type": kind })).collect()
    };
    let data = json!({
        "types": {
            "EIP712Domain": fields("string name,string version,uint256 chainId,address verifyingContract"),
            "OrderComponents": fields("address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter"),
            "OfferItem": fields("uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount"),
            "ConsiderationItem": fields("uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount,address recipient"),
        },
        "primaryType": "OrderComponents",
        "domain": { "name": "Seaport", "version": "1.6", "chainId": 1, "verifyingContract": SEAPORT },
        "message": {
            "offerer": ME, "zone": NOBODY, "offer": offer, "consideration": asked, "orderType": 0, "startTime": "1795822200",
            "endTime": "1796000000", "zoneHash": format!("0x{:064x}", 0), "salt": "1",
            "conduitKey": "0x0000007b02230091a7ed01230072f7006a004d60a8d4e71d599b8104250f0000", "counter": "0",
        },
    });
    let (policy, facts) = context("");
    check_typed(data.to_string().as_bytes(), Context::new(&policy, &facts))
}

/// Seaport's items of a form that it never takes are none that could be judged, and nobody is told that they are worth something.
#[test]
fn an_order_with_things_that_its_market_never_takes_is_incomplete() {
    let item = |kind: u8, token: &str, id: u8, amount: u64| {
        let amount = amount.to_string();
        json!({ "itemType": kind, "token": token, "identifierOrCriteria": id.to_string(), "startAmount": amount, "endAmount": amount })
    };
    let asked = |mut item: Value, to: &str| {
        item["recipient"] = json!(to);
        item
    };
    let offer = json!([item(1, WETH, 0, ETHER)]);
    let fair = typed_order(&offer, &json!([asked(item(0, NOBODY, 0, ETHER), ME)]));
    assert_eq!(fair.exit_code, 0, "{:#?}", fair.findings);
    for odd in [
        item(1, NOBODY, 0, ETHER),
        item(0, WETH, 0, ETHER),
        item(0, NOBODY, 7, ETHER),
        item(1, WETH, 7, ETHER),
        item(6, WETH, 5, 1),
    ] {
        let report =
            typed_order(&offer, &json!([asked(item(0, NOBODY, 0, ETHER), ME), asked(odd.clone(), STRANGER)]));
        let is_said = report.findings.iter().any(|one| {
            one.severity == Severity::Incomplete && one.title.contains("that the market never takes")
        });
        assert!(report.exit_code != 0 && is_said, "{odd}: {:#?}", report.findings);
        let offered = json!([item(1, WETH, 0, ETHER), odd]);
        let report = typed_order(&offered, &json!([asked(item(0, NOBODY, 0, ETHER), ME)]));
        let is_said = report.findings.iter().any(|one| {
            one.severity == Severity::Incomplete && one.title.contains("that the market never takes")
        });
        assert!(report.exit_code != 0 && is_said, "{odd}: {:#?}", report.findings);
        assert!(!report.items[0].intent.contains("and 1 ETH"), "{}", report.items[0].intent);
    }
}

/// What a contract may borrow on one's account, so much and no more, is an allowance to one that is trusted with such.
#[test]
fn a_loan_for_a_contract_that_may_take_is_for_a_person() {
    let lends = |to: &str, amount: &str| {
        sent(TRUSTED, &call("approveDelegation(address,uint256)", &[word(to), amount.to_owned()]))
    };
    assert_eq!(lends(GATEWAY, &number(ETHER)).exit_code, 10);
    assert_eq!(lends(GATEWAY, &"f".repeat(64)).exit_code, 20);
    assert_eq!(lends(STRANGER, &number(ETHER)).exit_code, 20);
}

/// The code that an account runs already is there whether this is signed or not, and what saves the account is not held up.
#[test]
fn an_account_that_runs_code_of_somebody_can_be_saved() {
    let runs = |input: &Value| {
        let (policy, _) = context("");
        let facts = format!(
            "chain-id=1\nnow='2026-11-28T00:00:00Z'\naccount='{ME}'\n[[address]]\naddress='{ME}'\nkind='eoa'\ndelegate='{STRANGER}'\n"
        );
        let facts = Facts::parse(&facts).expect("facts");
        check_tx(input.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let plain = json!({ "from": ME, "to": FRIEND, "value": "0x1", "data": "0x", "chainId": 1 });
    let report = runs(&plain);
    assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
    assert!(report.findings.iter().any(|one| one.title.contains("can take all that lies there")));
    let mut ends = plain;
    ends["authorizationList"] = json!([{ "chainId": "0x1", "address": NOBODY, "nonce": "0x1" }]);
    let report = runs(&ends);
    assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
    ends["authorizationList"][0]["address"] = json!(STRANGER);
    assert_eq!(runs(&ends).exit_code, 20);
}
