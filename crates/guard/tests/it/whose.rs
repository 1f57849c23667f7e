//! Whom a signature speaks for and whom it names: wherever an address stands in typed data, a stranger's there is never allowed.

use serde_json::{Map, Value, json};
use tracehound_guard::{Context, Facts, Policy, Report, check_tx, check_typed, policy::DEFAULT};

const ME: &str = "0x1111111111111111111111111111111111111111";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const STRANGER: &str = "0x1111111111111111111111111111111111222222";
const SAFE: &str = "0x6666666666666666666666666666666666666666";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";
const SEAPORT: &str = "0x0000000000000068F116a894984e2DB1123eB395";

/// The friend is trusted with everything, so that a stranger alone can be what is held against a signature.
fn context() -> (Policy, Facts) {
    let policy = format!(
        "{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n[[trusted]]\naddress='{FRIEND}'\nlabel='a friend'\n\
         roles=['spender','operator','recipient','contract','zone','admin']\n[[trusted]]\naddress='{SEAPORT}'\nlabel='Seaport'\n\
         roles=['contract','operator']\n"
    );
    let facts = format!(
        "chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{ME}']\n\
         threshold=1\nnonce=1\n"
    );
    (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"))
}

fn judged(check: fn(&[u8], Context<'_>) -> Report, input: &str) -> Report {
    let (policy, facts) = context();
    check(input.as_bytes(), Context::new(&policy, &facts))
}

/// The struct types of an `encodeType`: names, each with types and names of its fields.
fn types(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let structs = text.split_terminator(')').map(|one| one.split_once('(').expect("a struct"));
    let fields = |text: &str| {
        let pairs = text.split(',').filter(|field| !field.is_empty());
        pairs
            .map(|field| field.split_once(' ').expect("a field"))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    };
    structs.map(|(name, text)| (name.to_owned(), fields(text))).collect()
}

/// A harmless value: one's own address, small amounts, a term that is not over, nothing in bytes.
fn value(types: &[(String, Vec<(String, String)>)], kind: &str, name: &str, depth: usize) -> Value {
    if let Some((inner, count)) = kind.strip_suffix(']').and_then(|kind| kind.rsplit_once('[')) {
        let count = count.parse().unwrap_or(1);
        return (0..count).map(|_| value(types, inner, name, depth)).collect();
    }
    if let Some((_, fields)) = types.iter().find(|(known, _)| known == kind) {
        assert!(depth < 8, "{kind} is inside itself");
        let fields = fields.iter().map(|(kind, name)| (name.clone(), value(types, kind, name, depth + 1)));
        return Value::Object(fields.collect::<Map<_, _>>());
    }
    let lower = name.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    match kind {
        "address" if says(&["token", "asset", "collection"]) => json!(USDC),
        "address" if says(&["spender", "reactor", "operator", "cosigner", "to", "zone"]) => json!(FRIEND),
        "address"
            if says(&["taker", "sender", "validation", "origin", "feerecipient", "filler", "refund"]) =>
        {
            json!("0x0000000000000000000000000000000000000000")
        }
        "address" => json!(ME),
        "bool" => json!(false),
        "string" if lower == "kind" => json!("sell"),
        "string" => json!("erc20"),
        "bytes" => json!("0x"),
        _ if kind.starts_with("bytes") => {
            json!(format!("0x{}", "00".repeat(kind[5..].parse().expect("a width"))))
        }
        _ if says(&["deadline", "expir", "until", "before", "validto", "endtime"]) => json!("1768485600"),
        // zkSync writes addresses as numbers.
        _ if ["from", "to"].contains(&name) => json!(format!("{}", u128::from(1_u8))),
        _ if says(&["buy", "out", "gets", "taking", "takeramount"]) => json!("2000000"),
        _ if says(&["amount", "value"]) => json!("1000000"),
        _ => json!("0"),
    }
}

/// Typed data of a type, with harmless values, for a contract that is trusted.
fn sample(type_text: &str) -> Value {
    let types = types(type_text);
    let primary = types[0].0.clone();
    let contract = match () {
        () if primary.starts_with("Permit") && type_text.contains("TokenPermissions(") => PERMIT2,
        () if type_text.contains("PermitDetails(") => PERMIT2,
        () if primary.starts_with("Permit") => USDC,
        () if type_text.contains("OrderComponents(") => SEAPORT,
        () if primary == "SafeTx" => SAFE,
        () => FRIEND,
    };
    let mut described: Map<String, Value> = types
        .iter()
        .map(|(name, fields)| {
            let fields: Vec<Value> =
                fields.iter().map(|(kind, name)| json!({ "name": name, "type": kind })).collect();
            (name.clone(), Value::Array(fields))
        })
        .collect();
    described.insert(
        "EIP712Domain".to_owned(),
        json!([{ "name": "chainId", "type": "uint256" }, { "name": "verifyingContract", "type": "address" }]),
    );
    json!({
        "types": described,
        "primaryType": primary,
        "domain": { "chainId": 1, "verifyingContract": contract },
        "message": value(&types, &primary, "message", 0),
    })
}

/// The pointers of every address in a value.
fn addresses(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() == 42 && text.starts_with("0x") => found.push(at.to_owned()),
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| addresses(item, &format!("{at}/{index}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, item)| addresses(item, &format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

/// The types that are read: those of the shapes, and those of the code's own.
fn every_type() -> Vec<String> {
    let file: toml::Table = include_str!("../../src/typed/shapes.toml").parse().expect("TOML");
    let shapes = file["shape"].as_array().expect("a list");
    let mut all: Vec<String> =
        shapes.iter().map(|shape| shape["type"].as_str().expect("a text").to_owned()).collect();
    let order = "OrderComponents(address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,\
                 uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter)";
    let considered = "ConsiderationItem(uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount,\
                 address recipient)";
    let offered = "OfferItem(uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount)";
    let own = [
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)".to_owned(),
        "Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)".to_owned(),
        "Permit(address spender,uint256 tokenId,uint256 nonce,uint256 deadline)".to_owned(),
        "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 amount,uint48 \
         expiration,uint48 nonce)"
            .to_owned(),
        "PermitBatch(PermitDetails[] details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 amount,uint48 \
         expiration,uint48 nonce)"
            .to_owned(),
        "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address \
         token,uint256 amount)"
            .to_owned(),
        "PermitBatchTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(\
         address token,uint256 amount)"
            .to_owned(),
        format!("{order}{considered}{offered}"),
        format!("BulkOrder(OrderComponents[2] tree){considered}{offered}{order}"),
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address \
         gasToken,address refundReceiver,uint256 nonce)"
            .to_owned(),
        "Order(address trader,uint8 side,address matchingPolicy,address collection,uint256 tokenId,uint256 amount,address \
         paymentToken,uint256 price,uint256 listingTime,uint256 expirationTime,uint256 salt,uint256 nonce)"
            .to_owned(),
        "ERC721Order(uint8 direction,address maker,address taker,uint256 expiry,uint256 nonce,address erc20Token,uint256 \
         erc20TokenAmount,address erc721Token,uint256 erc721TokenId)"
            .to_owned(),
        "Maker(uint256 quoteType,uint256 price,uint256 collectionType,address collection,address currency,address signer,uint256 \
         startTime,uint256 endTime,uint256[] itemIds,uint256[] amounts)"
            .to_owned(),
    ];
    all.extend(own);
    all
}

#[test]
fn a_stranger_in_any_place_of_typed_data_is_never_allowed() {
    let mut allowed = 0;
    for text in every_type() {
        // Seaport's items are coins and tokens: kind 1.
        let mut data = sample(&text);
        let written = data.to_string().replace("\"itemType\":\"0\"", "\"itemType\":\"1\"");
        data = serde_json::from_str(&written).expect("JSON");
        let honest = judged(check_typed, &data.to_string());
        assert!(!honest.has("G-FMT-01"), "{text}: {:?}", honest.findings);
        allowed += usize::from(honest.exit_code == 0);
        let mut places = Vec::new();
        addresses(&data["message"], "/message", &mut places);
        addresses(&data["domain"], "/domain", &mut places);
        assert!(!places.is_empty(), "{text}");
        for place in places {
            let mut other = data.clone();
            *other.pointer_mut(&place).expect("a place") = json!(STRANGER);
            let report = judged(check_typed, &other.to_string());
            // Who loses a right may be anybody.
            let loses = ["/message/authorized", "/message/manager", "/message/spender"].contains(&&place[..])
                && report.items[0].intent.starts_with("ends ");
            // Whoever may only better an order may be anybody too.
            let betters = place == "/message/witness/cosigner";
            assert!(loses || betters || report.exit_code != 0, "{place} of {text}");
        }
    }
    // That a stranger alone is held against them shows where all else is well.
    assert!(allowed >= 30, "{allowed} honest ones are allowed");
}

/// Nobody speaks for another, be he as known as can be.
#[test]
fn a_signature_speaks_for_the_account_that_signs_and_for_no_other() {
    let mut spoken = 0;
    for text in every_type() {
        let data = sample(&text);
        let mut places = Vec::new();
        addresses(&data["message"], "/message", &mut places);
        let owners = [
            "owner",
            "holder",
            "maker",
            "offerer",
            "trader",
            "signer",
            "from",
            "swapper",
            "safe",
            "authorizer",
            "delegator",
            "staker",
        ];
        for place in places {
            let name = place.rsplit('/').next().unwrap_or_default();
            let is_sender = name == "sender" && text.starts_with("PackedUserOperation");
            if owners.contains(&name) || is_sender {
                let mut other = data.clone();
                *other.pointer_mut(&place).expect("a place") = json!(FRIEND);
                let report = judged(check_typed, &other.to_string());
                let said = report.findings.iter().any(|one| {
                    one.title.contains(&format!("and not for you ({ME})"))
                        || one.title.contains("and not you")
                });
                let blind = report.findings.iter().any(|one| one.title.contains("cannot be seen"));
                assert!(
                    (said || blind) && report.exit_code != 0,
                    "{place} of {text}: {:#?}",
                    report.findings
                );
                spoken += 1;
            }
        }
    }
    assert!(spoken >= 30, "{spoken}");
    // A Safe of one's own is.
    let mut data = sample(
        "SafeOp(address safe,uint256 nonce,bytes initCode,bytes callData,uint128 verificationGasLimit,uint128 \
         callGasLimit,uint256 preVerificationGas,uint128 maxPriorityFeePerGas,uint128 maxFeePerGas,bytes \
         paymasterAndData,uint48 validAfter,uint48 validUntil,address entryPoint)",
    );
    data["message"]["safe"] = json!(SAFE);
    let report = judged(check_typed, &data.to_string());
    assert!(
        report.findings.iter().all(|one| !one.title.contains("and not for you")),
        "{:#?}",
        report.findings
    );
}

fn word(text: &str) -> String {
    format!("{:0>64}", text.trim_start_matches("0x").to_lowercase())
}

fn sent(to: &str, data: &str) -> Report {
    let tx = json!({ "from": ME, "to": to, "value": "0x0", "chainId": "0x1", "data": format!("0x{data}") });
    judged(check_tx, &tx.to_string())
}

#[test]
fn on_the_chain_too_a_permit_is_ones_own_and_calls_are_made_in_ones_own_name() {
    let permit = |owner: &str, amount: &str| {
        let tail = [word("6968da60"), word("1b"), word("1"), word("1")].concat();
        sent(USDC, &format!("d505accf{}{}{}{tail}", word(owner), word(FRIEND), word(amount)))
    };
    assert_eq!(permit(ME, "5").exit_code, 0, "{:#?}", permit(ME, "5").findings);
    for (owner, amount) in [(STRANGER, "5"), (STRANGER, "0"), (FRIEND, "5"), (FRIEND, "0")] {
        let report = permit(owner, amount);
        assert!(report.has("G-SIGN-01") && report.exit_code != 0, "{owner} {amount}: {:#?}", report.findings);
    }
    // permitTransferFrom at Permit2, to oneself.
    let taken = |owner: &str| {
        let head = [word(USDC), word("5"), word("1"), word("6968da60"), word(ME), word("5"), word(owner)];
        let function =
            "permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)";
        let selector = hex::encode(&alloy_primitives::keccak256(function)[..4]);
        sent(PERMIT2, &format!("{selector}{}{}{}", head.concat(), word("100"), word("0")))
    };
    assert!(!taken(ME).has("G-SIGN-01"), "{:#?}", taken(ME).findings);
    for other in [STRANGER, FRIEND] {
        assert!(taken(other).has("G-SIGN-01") && taken(other).exit_code != 0, "{other}");
    }
    // Euler's connector: call(target, onBehalfOf, value, data), with an account of one's own told apart by its last byte.
    let call = |whom: &str| {
        let data = format!("a9059cbb{}{}", word(FRIEND), word("5"));
        sent(
            FRIEND,
            &format!(
                "1f8b5215{}{}{}{}{}{data:0<192}",
                word(USDC),
                word(whom),
                word("0"),
                word("80"),
                word("44")
            ),
        )
    };
    let own = call(ME);
    assert!(own.items[0].calls.len() > 1, "{:#?}", own.items);
    assert!(!own.has("G-SIGN-01"), "{:#?}", own.findings);
    assert!(!call(&format!("{}07", &ME[..40])).has("G-SIGN-01"));
    for other in [STRANGER, FRIEND] {
        assert!(call(other).has("G-SIGN-01") && call(other).exit_code != 0, "{other}");
    }
}

/// As [`judged`], where nobody says who signs.
fn unasked(check: fn(&[u8], Context<'_>) -> Report, input: &str) -> Report {
    let (policy, mut facts) = context();
    facts.account = None;
    check(input.as_bytes(), Context::new(&policy, &facts))
}

#[test]
fn where_nobody_says_who_signs_whoever_is_spoken_for_is_asked_about() {
    let mut asked = 0;
    for text in every_type() {
        let data = sample(&text);
        let written = data.to_string().replace("\"itemType\":\"0\"", "\"itemType\":\"1\"");
        let honest = judged(check_typed, &written).exit_code == 0;
        let report = unasked(check_typed, &written);
        let says = report
            .findings
            .iter()
            .any(|one| one.title.contains("whether that is you is not known (--account)"));
        let owners =
            ["owner", "holder", "maker", "offerer", "from", "swapper", "authorizer", "staker", "voter"];
        let mut places = Vec::new();
        addresses(&data["message"], "/message", &mut places);
        let is_owner = |place: &String| {
            owners.contains(&place.rsplit('/').next().unwrap_or_default())
                && data.pointer(place) == Some(&json!(ME))
        };
        if honest && places.iter().any(is_owner) {
            assert!(says && report.exit_code != 0, "{text}: {:#?}", report.findings);
            asked += 1;
        }
    }
    assert!(asked >= 15, "{asked}");
    // A Safe that the context names is one's own.
    let mut data = sample(
        "SafeOp(address safe,uint256 nonce,bytes initCode,bytes callData,uint128 verificationGasLimit,uint128 \
         callGasLimit,uint256 preVerificationGas,uint128 maxPriorityFeePerGas,uint128 maxFeePerGas,bytes \
         paymasterAndData,uint48 validAfter,uint48 validUntil,address entryPoint)",
    );
    let says = |data: &Value| {
        let report = unasked(check_typed, &data.to_string());
        report.findings.iter().any(|one| one.title.contains("(--account)"))
    };
    assert!(says(&data));
    data["message"]["safe"] = json!(SAFE);
    assert!(!says(&data));
}

#[test]
fn the_sender_that_a_request_names_vouches_for_nobody() {
    const ROUTER: &str = "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D";
    let weth = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    let swap = |to: &str| {
        let words = ["3b9aca00", "429d069189e0000", "a0", to, "6968da60", "2", USDC, weth];
        format!("38ed1739{}", words.map(word).concat())
    };
    let ask = |from: Option<&str>, to: &str, value: &str, data: &str| {
        let mut tx = json!({ "to": to, "value": value, "chainId": "0x1", "data": format!("0x{data}") });
        if let Some(from) = from {
            tx["from"] = json!(from);
        }
        (judged(check_tx, &tx.to_string()), unasked(check_tx, &tx.to_string()))
    };
    // What is not signed may be anybody's: the same exchange for whoever wrote the request.
    let (told, untold) = ask(Some(ME), ROUTER, "0x0", &swap(ME));
    assert_eq!((told.exit_code, untold.exit_code), (0, 30), "{:#?}", untold.findings);
    let (told, untold) = ask(Some(STRANGER), ROUTER, "0x0", &swap(STRANGER));
    assert!(told.exit_code != 0 && untold.exit_code != 0, "{:#?}", untold.findings);
    // Tokens of an account that is named are that account's.
    let taken = format!("23b872dd{}{}{}", word(ME), word(FRIEND), word("5"));
    for from in [Some(ME), None] {
        let (_, untold) = ask(from, USDC, "0x0", &taken);
        assert!(
            untold.findings.iter().any(|one| one.title.contains("(--account)")),
            "{:#?}",
            untold.findings
        );
    }
    // Who is paid is the same, whoever pays.
    let (told, untold) = ask(Some(ME), FRIEND, "0x5", "");
    assert_eq!((told.exit_code, untold.exit_code), (0, 0), "{:#?}", untold.findings);
}
