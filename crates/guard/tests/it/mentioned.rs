//! Somebody listed is found wherever a request names him, and whatever rides along with the end of a right is judged.

use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, Report,
    ask::{Listing, Lists},
    check_message, check_tx, check_typed,
    policy::DEFAULT,
};
use tracehound_model::{Address, Decision};

use crate::UNPRICED;

const ME: &str = "0x1111111111111111111111111111111111111111";
const OTHER: &str = "0x2222222222222222222222222222222222222222";
const LISTED: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
const LISTED_ELSEWHERE: [&str; 2] =
    ["149w62rY42aZBox8fGcmqNsXUzSStKeq8C", "TA3941uFAvmVibSkQ6fMJXxmaSNovX86mz"];
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const PERMIT2: &str = "0x000000000022D473030F116dDEE9F6B43aC78BA3";

/// Lists three addresses and clears all others.
#[derive(Debug)]
struct Three;

impl Lists for Three {
    fn screen(&self, address: &Address) -> Listing {
        let text = address.to_string();
        let listed = text == LISTED || LISTED_ELSEWHERE.contains(&&text[..]);
        if listed { Listing::Listed("a list".to_owned()) } else { Listing::Clear }
    }

    fn sources(&self) -> Vec<String> {
        vec!["a list of today".to_owned()]
    }
}

fn ask(check: fn(&[u8], Context<'_>) -> Report, input: &str) -> Report {
    let policy = Policy::parse(&UNPRICED.to_string()).expect("a policy");
    let facts = format!("chain-id=1\naccount='{ME}'\norigin='app.example.org'\nnow='2026-01-01T12:00:00Z'\n");
    let facts = Facts::parse(&facts).expect("facts");
    check(input.as_bytes(), Context { lists: Some(&Three), ..Context::new(&policy, &facts) })
}

fn is_found(report: &Report) -> bool {
    report.exit_code == 20 && report.has("G-ADDR-02")
}

#[test]
fn a_text_that_names_somebody_listed_is_blocked_on_whatever_chain_and_however_it_is_written() {
    for address in LISTED_ELSEWHERE {
        for text in
            [format!("send to {address}"), format!("pay ({address})."), format!("tron:{address}?amount=1")]
        {
            let report = ask(check_message, &text);
            assert!(is_found(&report), "{text}: {:?}", report.findings);
        }
    }
    let wide: String = LISTED.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).expect("wide")).collect();
    let groups: Vec<String> =
        LISTED.as_bytes().chunks(6).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
    for text in [wide, groups.join(" "), groups.join("\n"), groups.join("\u{200b}"), LISTED.to_lowercase()] {
        let report = ask(check_message, &format!("send to {text} please"));
        assert!(is_found(&report), "{text}: {:?}", report.findings);
    }
    assert_eq!(ask(check_message, "Welcome back. Nothing here moves money.").exit_code, 0);
}

fn typed(domain: &Value, of: &str, value: &Value) -> Value {
    // In the order of EIP-712.
    let all = [
        ("name", "string"),
        ("version", "string"),
        ("chainId", "uint256"),
        ("verifyingContract", "address"),
        ("salt", "bytes32"),
    ];
    let there = all.iter().filter(|(name, _)| domain.get(name).is_some());
    let fields: Vec<Value> = there.map(|(name, of)| json!({ "name": name, "type": of })).collect();
    json!({
        "types": { "EIP712Domain": fields, "Vote": [{ "name": "s", "type": of }] },
        "primaryType": "Vote", "domain": domain, "message": { "s": value },
    })
}

#[test]
fn typed_data_that_name_somebody_listed_anywhere_are_blocked() {
    let domain = json!({ "name": "X", "chainId": 1, "verifyingContract": PERMIT2 });
    let with = |key: &str, value: &str| {
        let mut domain = domain.clone();
        domain[key] = value.into();
        typed(&domain, "uint256", &json!("1"))
    };
    let number = "54490600802876652901489753096105830500506939286";
    let word = format!("0x{:0>64}", &LISTED[2..]);
    for document in [
        typed(&domain, "int256", &json!(number)),
        typed(&domain, "uint256", &json!(number)),
        typed(&domain, "string", &json!(format!("send to {}", LISTED_ELSEWHERE[0]))),
        with("name", LISTED),
        with("version", LISTED),
        with("salt", &word),
    ] {
        let report = ask(check_typed, &document.to_string());
        assert!(is_found(&report), "{document}: {:?}", report.findings);
    }
}

#[test]
fn whose_signature_is_asked_for_is_looked_at() {
    let document =
        typed(&json!({ "name": "X", "chainId": 1, "verifyingContract": PERMIT2 }), "uint256", &json!("1"));
    for (signer, code) in [(LISTED, 20), (OTHER, 10)] {
        let request = |method: &str, params: Value| {
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
        };
        let typed = request("eth_signTypedData_v4", json!([signer, document]));
        let text = request("personal_sign", json!(["Welcome back.", signer]));
        for (check, input) in [(check_tx as fn(&[u8], Context<'_>) -> Report, typed), (check_message, text)] {
            let report = ask(check, &input);
            assert_eq!(report.exit_code, code, "{input}: {:?}", report.findings);
            assert!(
                report.of("G-SIGN-01").iter().any(|one| one.title.contains("another account")),
                "{input}"
            );
        }
    }
    let own =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "personal_sign", "params": ["Welcome back.", ME] });
    assert_eq!(ask(check_message, &own.to_string()).exit_code, 0);
    // A request's number is one, or a text: nobody knows what a wallet makes of anything else.
    for id in [json!({ "method": "eth_sign" }), json!(["eth_sign"])] {
        let mut odd = own.clone();
        odd["id"] = id;
        assert_ne!(ask(check_message, &odd.to_string()).exit_code, 0, "{odd}");
    }
}

fn argument(value: &str) -> String {
    format!("{:0>64}", value.trim_start_matches("0x"))
}

fn sent(to: &str, value: &str, data: &str) -> String {
    json!({ "from": ME, "to": to, "value": value, "data": data, "chainId": "0x1" }).to_string()
}

#[test]
fn money_beside_the_end_of_a_right_is_not_allowed() {
    let lockdown =
        format!("0xcc53287f{}{}{}{}", argument("20"), argument("1"), argument(USDC), argument(OTHER));
    let approve =
        format!("0x87517c45{}{}{}{}", argument(USDC), argument(OTHER), argument("0"), argument("0"));
    for data in [&lockdown, &approve] {
        assert_eq!(ask(check_tx, &sent(PERMIT2, "0x0", data)).exit_code, 0, "{data}");
        let paid = ask(check_tx, &sent(PERMIT2, "0xde0b6b3a7640000", data));
        assert_ne!(paid.exit_code, 0, "{data}: {:?}", paid.findings);
    }
    let decrease = format!("0xa457c2d7{}{}", argument(OTHER), argument("5"));
    let paid = ask(check_tx, &sent(USDC, "0xde0b6b3a7640000", &decrease));
    assert_ne!(paid.exit_code, 0, "{:?}", paid.findings);
}

#[test]
fn lockdown_says_whose_right_over_which_token_ends() {
    let pairs = [argument(USDC), argument(OTHER), argument(USDC), argument(LISTED)].concat();
    let lockdown = format!("0xcc53287f{}{}{pairs}", argument("20"), argument("2"));
    let report = ask(check_tx, &sent(PERMIT2, "0x0", &lockdown));
    let intent = &report.items[0].intent;
    assert_eq!(intent.matches("ends the right of").count(), 2, "{intent}");
    assert_eq!(intent.matches("over your USDC").count(), 2, "{intent}");
    // Whoever is not known as Permit2 has not ended anything.
    assert_ne!(ask(check_tx, &sent(OTHER, "0x0", &lockdown)).exit_code, 0);
}

#[test]
fn the_end_of_somebody_elses_right_is_not_said_to_be_the_end_of_ones_own() {
    let permit = format!(
        "0xd505accf{}{}{}{}{}{}{}",
        argument(LISTED),
        argument(OTHER),
        argument("0"),
        argument("1"),
        argument("1b"),
        argument("1"),
        argument("1")
    );
    let report = ask(check_tx, &sent(USDC, "0x0", &permit));
    assert!(is_found(&report), "{:?}", report.findings);
    assert!(!report.items[0].intent.contains("over your"), "{}", report.items[0].intent);
}

#[test]
fn fields_that_move_nothing_are_read_and_those_that_are_not_known_are_said() {
    let tx = |key: &str, value: Value| {
        let mut tx = json!({ "from": ME, "to": ME, "value": "0x0", "data": "0x", "chainId": "0x1" });
        tx[key] = value;
        ask(check_tx, &tx.to_string())
    };
    assert_eq!(tx("nonce", json!("0x1")).exit_code, 0);
    assert!(is_found(&tx("accessList", json!([{ "address": LISTED, "storageKeys": [] }]))));
    assert!(is_found(&tx("capabilities", json!({ "paymasterService": { "context": LISTED } }))));
    let unknown = tx("mystery", json!("0x1"));
    assert!(unknown.exit_code == 30 && unknown.has("G-FMT-01"), "{:?}", unknown.findings);
    let hidden = tx("tx", json!({ "to": OTHER, "value": "0x1" }));
    assert!(hidden.exit_code == 20 && hidden.has("G-FMT-01"), "{:?}", hidden.findings);
    let authorization = ask(check_tx, &json!({ "chainId": 1, "address": LISTED, "nonce": 0 }).to_string());
    assert!(authorization.exit_code == 20 && authorization.has("G-7702-01"), "{:?}", authorization.findings);
}

const ROUTER: &str = "0xE592427A0AEce92De3Edee1F18E0157C05861564";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";

/// `exactInputSingle` of the V3 router, for oneself.
fn exchange(given: &str, got: &str, amount: &str, least: &str, value: &str) -> String {
    let words = [given, got, "1f4", ME, "713fb300", amount, least, "0"].map(argument).concat();
    sent(ROUTER, value, &format!("0x414bf389{words}"))
}

#[test]
fn an_exchange_leaves_nothing_open() {
    let (one, five) = ("0xde0b6b3a7640000", "0x4563918244f40000");
    let said = |input: &str, words: &str| {
        let report = ask(check_tx, input);
        assert!(
            report.exit_code != 0
                && report.of("G-SIM-01").iter().any(|finding| finding.title.contains(words)),
            "{words}: {:?}",
            report.findings
        );
    };
    let fair = ask(check_tx, &exchange(WETH, USDC, one, "b2d05e00", one));
    assert_eq!(fair.exit_code, 0, "{:?}", fair.findings);
    said(&exchange(WETH, USDC, one, "b2d05e00", five), "4 ETH more than the exchange takes");
    said(&exchange(USDC, WETH, "3b9aca00", one, five), "5 ETH more than the exchange takes");
    for least in ["0", "1", "3e7"] {
        said(&exchange(WETH, USDC, one, least, one), "too small to protect");
    }
    said(&exchange(WETH, OTHER, one, "b2d05e00", one), "Nothing is known of the token");
}

#[test]
fn what_an_exchange_takes_counts_against_the_limits() {
    let limits = "[[limit]]\ntoken = \"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48\"\nper-transaction = \"10_000_000\"\n";
    let policy = Policy::parse(&format!("{UNPRICED}\n{limits}")).expect("a policy");
    let facts = Facts::parse(&format!("chain-id=1\naccount='{ME}'\n")).expect("facts");
    for (amount, is_over) in [("989680", false), ("989681", true)] {
        let input = exchange(USDC, WETH, amount, "de0b6b3a7640000", "0x0");
        let report = check_tx(input.as_bytes(), Context::new(&policy, &facts));
        assert_eq!(report.has("G-POL-01"), is_over, "{amount}: {:?}", report.findings);
    }
}

#[test]
fn tokens_for_the_contract_that_wraps_coins_are_lost_and_coins_are_not() {
    let transfer =
        |token: &str| sent(token, "0x0", &format!("0xa9059cbb{}{}", argument(WETH), argument("64")));
    for token in [WETH, USDC] {
        let report = ask(check_tx, &transfer(token));
        assert!(report.exit_code == 20 && report.has("G-ADDR-02"), "{:?}", report.findings);
    }
    assert_eq!(ask(check_tx, &sent(WETH, "0x64", "0x")).exit_code, 0);
}

#[test]
fn a_sign_in_that_hands_over_powers_is_for_a_person() {
    let text = |more: &str| {
        format!(
            "app.example.org wants you to sign in with your Ethereum account:\n{ME}\n\nHello\n\nURI: \
             https://app.example.org/\nVersion: 1\nChain ID: 1\nNonce: 12345678\nIssued At: 2026-01-01T00:00:00Z{more}"
        )
    };
    assert_eq!(ask(check_message, &text("")).exit_code, 0, "{:?}", ask(check_message, &text("")).findings);
    let report = ask(check_message, &text("\nResources:\n- urn:recap:eyJhdHQiOnt9fQ"));
    assert_eq!(report.exit_code, 10, "{:?}", report.findings);
}

#[test]
fn a_message_that_holds_a_phrase_is_blocked_and_one_that_speaks_of_phrases_is_not() {
    assert_eq!(ask(check_message, "Welcome. We will never ask for your seed phrase.").exit_code, 0);
    let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    let held = ask(check_message, &format!("keep this: {phrase}"));
    assert!(held.exit_code == 20 && held.has("G-SIGN-01"), "{:?}", held.findings);
}

#[test]
fn a_signature_for_a_contract_that_nobody_vouches_for_is_not_allowed_whatever_it_lets_somebody_call() {
    let field = |name: &str, of: &str| json!({ "name": name, "type": of });
    let forward = |contract: &str| {
        json!({
            "types": {
                "EIP712Domain": [field("chainId", "uint256"), field("verifyingContract", "address")],
                "ForwardRequest": [
                    field("from", "address"), field("to", "address"), field("value", "uint256"),
                    field("gas", "uint256"), field("nonce", "uint256"), field("deadline", "uint48"),
                    field("data", "bytes"),
                ],
            },
            "primaryType": "ForwardRequest",
            "domain": { "chainId": 1, "verifyingContract": contract },
            "message": {
                "from": ME, "to": ME, "value": "1", "gas": "1", "nonce": "1", "deadline": "1", "data": "0x",
            },
        })
        .to_string()
    };
    assert_eq!(
        ask(check_typed, &forward(PERMIT2)).exit_code,
        0,
        "a payment to oneself, by a contract that is known"
    );
    let unknown = ask(check_typed, &forward(OTHER));
    assert!(unknown.exit_code == 30 && unknown.has("G-ACT-01"), "{:?}", unknown.findings);
}

/// Lists that are too old to say anything.
#[derive(Debug)]
struct Stale;

impl Lists for Stale {
    fn screen(&self, _: &Address) -> Listing {
        Listing::Unknown(tracehound_model::Gap::new(tracehound_model::GapKind::ListStale, "the list is old"))
    }

    fn sources(&self) -> Vec<String> {
        Vec::new()
    }
}

#[test]
fn an_address_in_a_text_that_could_not_be_screened_is_said_to_be_so() {
    let report = |require: &str| {
        let policy = Policy::parse(&DEFAULT.replace("\"recipient\"]", require)).expect("a policy");
        let facts = Facts::parse("chain-id=1\n").expect("facts");
        let text = format!("its number is {}", LISTED_ELSEWHERE[0]);
        check_message(text.as_bytes(), Context { lists: Some(&Stale), ..Context::new(&policy, &facts) })
    };
    let told = report("\"recipient\"]");
    assert!(told.gaps.iter().any(|gap| gap.sentence.contains("the list is old")), "{:?}", told.gaps);
    assert!(!told.has("G-POL-03"), "{:?}", told.findings);
    let required = report("\"recipient\", \"screening\"]");
    assert!(required.has("G-POL-03"), "{:?}", required.findings);
}

/// A page that pays out on another chain, and a bridge that is told where to.
#[test]
fn what_the_policy_blocks_on_another_chain_is_found_in_texts_and_data() {
    const THIEF: &str = "bc1q6l0yxh4h3ppss0w27dr0tmx7fqdnmmgnmq0uzc";
    const TRON: &str = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
    let policy = format!(
        "{UNPRICED}\n[[blocked]]\naddress='{THIEF}'\nname='thief'\n[[blocked]]\naddress='tron:mainnet:{TRON}'\nname='other thief'\n"
    );
    let policy = Policy::parse(&policy).expect("loads");
    let facts = Facts::parse("chain-id=1\norigin='example.org'\n").expect("facts");
    let context = Context::new(&policy, &facts);
    let blocked = |report: &Report| {
        report.exit_code == 20
            && report.of("G-ADDR-02").iter().any(|finding| finding.title.contains("The policy blocks"))
    };
    for text in
        [format!("Pay out to {THIEF}"), format!("bitcoin:{THIEF}?amount=1"), format!("to {TRON}, please")]
    {
        assert!(blocked(&check_message(text.as_bytes(), context)), "{text}");
    }
    assert!(!blocked(&check_message(b"Pay out to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", context)));
    // In the data of a call, as a text and as the hash behind it.
    let as_text = hex::encode(format!("withdraw to {THIEF} now"));
    let hash = hex::encode(Address::parse(THIEF).expect("an address").script().expect("a script").payload());
    assert_eq!(hash, "d7de435eb78843083dcaf346f5ecde481b3ded13");
    for data in [as_text, format!("00ff{hash}00")] {
        let tx = format!(
            r#"{{"to":"0x5555555555555555555555555555555555555555","value":"0","data":"0x12345678{data}","chainId":1}}"#
        );
        assert!(blocked(&check_tx(tx.as_bytes(), context)), "{data}");
    }
}

/// Of a chain whose addresses are not read here, the text alone is known.
#[test]
fn what_the_policy_blocks_on_a_chain_that_is_not_read_is_found_as_it_is_written() {
    const THIEF: &str = "0x02DD1b492765c064eac4039e3841aa5f382773b598097a40073bd8b48170ab57";
    let policy = format!("{UNPRICED}\n[[blocked]]\naddress='starknet:SN_MAIN:{THIEF}'\nname='thief'\n");
    let policy = Policy::parse(&policy).expect("loads");
    let facts = Facts::parse("chain-id=1\norigin='example.org'\n").expect("facts");
    let context = Context::new(&policy, &facts);
    let names = |text: &str| {
        let report = check_message(text.as_bytes(), context);
        report
            .of("G-ADDR-02")
            .iter()
            .any(|finding| finding.title.contains("The policy blocks starknet:SN_MAIN:0x02DD"))
    };
    assert!(names(&format!("Pay out to {THIEF}.")));
    assert!(names(&format!("pay(starknet:SN_MAIN:{})", THIEF.to_lowercase())));
    assert!(!names(&format!("Pay out to {}8", &THIEF[..THIEF.len() - 1])));
    let as_text = hex::encode(format!("withdraw to {THIEF} now"));
    let tx = format!(
        r#"{{"to":"0x5555555555555555555555555555555555555555","value":"0","data":"0x12345678{as_text}","chainId":1}}"#
    );
    assert_eq!(check_tx(tx.as_bytes(), context).exit_code, 20);
}

#[test]
fn a_sign_in_is_held_to_host_port_and_form() {
    let policy = Policy::parse(DEFAULT).expect("a policy");
    let said = |origin: &str, text: &str| {
        let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\norigin='{origin}'\n");
        let facts = Facts::parse(&facts).expect("facts");
        check_message(text.as_bytes(), Context::new(&policy, &facts)).exit_code
    };
    let sign_in = |domain: &str| {
        format!(
            "{domain} wants you to sign in with your Ethereum account:\n0xb7AD6e4069d5C9A7BAA3Feb1db645A8032434aE3\n\n\
             URI: https://{domain}\nVersion: 1\nChain ID: 1\nNonce: 12345678\nIssued At: 2026-01-15T12:00:00Z"
        )
    };
    for (origin, domain, code) in [
        ("example.org", "example.org", 0),
        ("https://example.org", "example.org", 0),
        ("example.org:443", "example.org", 0),
        ("example.org:8443", "example.org:8443", 0),
        ("example.org:8443", "example.org:9443", 20),
        ("https://example.org:8443", "example.org", 10),
        ("example.org", "example.org:8443", 10),
        ("evil.org", "example.org", 20),
    ] {
        assert_eq!(said(origin, &sign_in(domain)), code, "{origin} asks for {domain}");
    }
    let good = sign_in("example.org");
    for (from, to) in [
        ("Version: 1", "Version: 2"),
        ("Nonce: 12345678", "Nonce: 1"),
        (
            "Issued At: 2026-01-15T12:00:00Z",
            "Issued At: 2026-01-15T12:00:00Z\nExpiration Time: 2026-01-14T12:00:00Z",
        ),
        ("\n\nURI", "\n\nI agree to sell my house.\n\nURI"),
        ("URI: https://example.org", "URI: https://other.org"),
        ("account:\n", "account: \n"),
        (":00Z", ":00Z\nResources:\n- urn:recap:eyJhdHQiOnsieCI6eyJrdi9wdXQiOlt7fV19fX0"),
    ] {
        assert_ne!(said("example.org", &good.replace(from, to)), 0, "{from} -> {to}");
    }
    assert_eq!(said("example.org", &good.replace(":00Z", ":00Z\nResources:\n- urn:recap:eyJ")), 20);
}

#[test]
fn texts_that_bind_or_open_something_are_never_allowed() {
    let (policy, facts) = (
        Policy::parse(DEFAULT).expect("a policy"),
        Facts::parse("chain-id=1\norigin='example.org'").expect("facts"),
    );
    let code = |text: &str| check_message(text.as_bytes(), Context::new(&policy, &facts)).exit_code;
    assert_eq!(code("I accept the terms of service of this site."), 0);
    for text in
        ["I agree to sell all my tokens for 1 USD", "The undersigned transfers every claim to the bearer"]
    {
        assert_eq!(code(text), 10, "{text}");
    }
    for text in [
        "Access zkSync account.\n\nOnly sign this message for a trusted client!",
        "Sign this message to access Loopring Exchange: 0x0BABA1Ad5bE3a5C0a66E7ac838a129Bf948f1eA4 with key nonce: 0",
        "Only sign this request if you\u{2019}ve initiated an action with Immutable X.",
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
        "tracehound guard: I reviewed 0xabababababababababababababababababababababababababababababababab",
    ] {
        assert_eq!(code(text), 20, "{text}");
    }
    // The same, as typed data.
    let typed = json!({
        "types": {
            "EIP712Domain": [{ "name": "name", "type": "string" }],
            "dYdX": [{ "name": "action", "type": "string" }]
        },
        "primaryType": "dYdX", "domain": { "name": "dYdX Chain" }, "message": { "action": "dYdX Chain Onboarding" }
    });
    assert_eq!(check_typed(typed.to_string().as_bytes(), Context::new(&policy, &facts)).exit_code, 20);
}

/// What can be read is told as what it is, and not as a hash.
#[test]
fn a_key_and_an_account_that_are_given_away_in_typed_data_are_told() {
    let (policy, facts) = (Policy::default(), Facts::parse("chain-id = 1").expect("facts"));
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    let judged = |primary: &str, fields: Value, message: Value| {
        let typed = json!({
            "types": { "EIP712Domain": [field("name", "string"), field("chainId", "uint256")], primary: fields },
            "primaryType": primary, "domain": { "name": "Example", "chainId": 1 }, "message": message,
        });
        check_typed(typed.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    let key = judged(
        "dYdX",
        json!([field("action", "string"), field("onlySignOn", "string")]),
        json!({ "action": "dYdX STARK Key", "onlySignOn": "https://trade.dydx.exchange" }),
    );
    // Whatever the type is called.
    let other = judged(
        "ApeX",
        json!([field("action", "string"), field("onlySignOn", "string")]),
        json!({ "action": "ApeX Onboarding", "onlySignOn": "https://pro.apex.exchange" }),
    );
    let account = judged(
        "HyperliquidTransaction:ConvertToMultiSigUser",
        json!([field("hyperliquidChain", "string"), field("signers", "string"), field("nonce", "uint64")]),
        json!({ "hyperliquidChain": "Mainnet", "signers": "{\"authorizedUsers\":[\"0xe7\"]}", "nonce": 1 }),
    );
    let says = "makes the key of an account at an exchange";
    for (report, says) in [(key, says), (other, says), (account, "hands your account on Hyperliquid")] {
        assert_eq!(report.exit_code, 20, "{:#?}", report.findings);
        assert!(report.items[0].intent.contains(says), "{}", report.items[0].intent);
        assert!(
            !report.findings.iter().any(|finding| finding.title.contains("hash is signed")),
            "{:#?}",
            report.findings
        );
    }
}

#[test]
fn texts_that_make_keys_and_a_word_of_dual_control_that_a_program_asks_for_are_blocked() {
    let policy = Policy::default();
    let facts = Facts::parse("chain-id = 1").expect("facts");
    let judged = |input: &str| check_message(input.as_bytes(), Context::new(&policy, &facts)).verdict;
    for text in [
        "Please sign to generate your Aztec account Spending Key",
        "Sign this message to access your Fluidkey account",
        "Sign to derive my StarkNet private key",
    ] {
        assert_eq!(judged(text), Decision::Block, "{text}");
    }
    let word = format!("tracehound guard: I reviewed 0x{}", "ab".repeat(32));
    assert_eq!(judged(&word), Decision::Review, "typed by a person");
    let account = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
    let asked = serde_json::json!({ "method": "personal_sign", "params": [word, account] });
    assert_eq!(judged(&asked.to_string()), Decision::Block, "asked for by a program");
}
