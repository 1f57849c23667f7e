//! Tokens that wear the name of another, and the real ones at their own addresses.

use serde_json::json;
use tracehound_guard::{
    Context, Facts, Policy, Report, check_tx, check_typed, erc7730::Descriptor, facts::TokenFacts,
    policy::DEFAULT,
};

const ME: &str = "0x1111111111111111111111111111111111111111";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const TOKEN: &str = "0x9999999999999999999999999999999999999999";

fn word(text: &str) -> String {
    format!("{:0>64}", text.trim_start_matches("0x").to_lowercase())
}

/// Where a token's name is told.
#[derive(Clone, Copy)]
enum By {
    Context,
    Itself,
    Descriptor,
}

/// A payment of a token to a friend, with what the token is called.
fn paid(chain: u64, token: &str, name: Option<(By, &str)>, policy: &str) -> Report {
    let policy = format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n{policy}");
    let mut facts =
        format!("chain-id={chain}\naccount='{ME}'\n[[address]]\naddress='{token}'\nkind='token'\n");
    let told = |symbol: &str| format!("[[token]]\naddress='{token}'\nsymbol=\"{symbol}\"\ndecimals=6\n");
    let mut own = Vec::<TokenFacts>::new();
    let mut descriptors = Vec::new();
    match name {
        Some((By::Context, name)) => facts += &told(name),
        Some((By::Itself, name)) => own = Facts::parse(&told(name)).expect("facts").token,
        Some((By::Descriptor, name)) => {
            let text = json!({
                "context": { "contract": { "deployments": [{ "chainId": chain, "address": token }] } },
                "metadata": { "owner": "somebody", "token": { "name": name, "ticker": "X", "decimals": 6 } },
            });
            descriptors.push(Descriptor::read(text.to_string().as_bytes(), &|_| None).expect("a descriptor"));
        }
        None => {}
    }
    let (policy, mut facts) =
        (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
    facts.own_names = own;
    let data = format!("0xa9059cbb{}{}", word(FRIEND), word("5"));
    let tx = json!({ "from": ME, "to": token, "value": "0x0", "chainId": chain, "data": data });
    let context = Context { descriptors: &descriptors, ..Context::new(&policy, &facts) };
    check_tx(tx.to_string().as_bytes(), context)
}

#[test]
fn a_token_that_wears_the_name_of_another_is_told_on_every_chain() {
    let worn = [
        "USDC",
        "$USDC",
        "U\u{405}DC",
        "USD\u{200b}C",
        "USDC.e",
        "USD Coin",
        "usd  \u{441}oin",
        "USD\u{2065}T",
        "WET\u{397}",
    ];
    for chain in [1, 10, 8453, 59144, 777] {
        for by in [By::Context, By::Itself, By::Descriptor] {
            for name in worn {
                let report = paid(chain, TOKEN, Some((by, name)), "");
                let said = report.of("G-FACT-01").iter().any(|one| one.title.contains("calls itself"));
                assert!(said && report.exit_code == 10, "{name} on {chain}: {:#?}", report.findings);
            }
            let other = paid(chain, TOKEN, Some((by, "FOO")), "");
            assert_eq!(other.exit_code, 0, "{chain}: {:#?}", other.findings);
        }
    }
    // Digits and signs for letters, and tokens that no table here has, in the name that they call themselves by.
    for name in ["U5DC", "USD\u{422}", "U$DT", "DA1", "W8TC", "\u{415}URC", "PYU5D"] {
        for by in [By::Context, By::Itself, By::Descriptor] {
            let report = paid(1, TOKEN, Some((by, name)), "");
            assert!(report.has("G-FACT-01") && report.exit_code == 10, "{name}: {:#?}", report.findings);
        }
    }
    for name in ["EURC", "PYUSD", "Euro Coin"] {
        assert_eq!(paid(1, TOKEN, Some((By::Itself, name)), "").exit_code, 10, "{name}");
        let told = paid(1, TOKEN, Some((By::Context, name)), "");
        assert_eq!(told.exit_code, 0, "the context says which one is meant: {:#?}", told.findings);
    }
    // The policy names by its address which one is meant.
    let named =
        format!("[[trusted]]\naddress='{TOKEN}'\nlabel='USDC here'\nroles=['contract']\nchains=[59144]\n");
    assert_eq!(paid(59144, TOKEN, Some((By::Context, "USDC")), &named).exit_code, 0);
    assert_eq!(
        paid(8453, TOKEN, Some((By::Context, "USDC")), &named).exit_code,
        10,
        "on its own chain alone"
    );
}

#[test]
fn a_signature_for_a_token_that_wears_anothers_name_is_told() {
    let permit = |chain: u64, name: &str, contract: &str| {
        let policy =
            format!("{DEFAULT}\n[[trusted]]\naddress='{FRIEND}'\nlabel='a friend'\nroles=['spender']\n");
        let facts = format!(
            "chain-id={chain}\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\n[[token]]\naddress='{TOKEN}'\nsymbol='FOO'\ndecimals=6\n"
        );
        let (policy, facts) =
            (Policy::parse(&policy).expect("a policy"), Facts::parse(&facts).expect("facts"));
        let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
        let data = json!({
            "types": {
                "EIP712Domain": [field("name", "string"), field("chainId", "uint256"), field("verifyingContract", "address")],
                "Permit": [
                    field("owner", "address"), field("spender", "address"), field("value", "uint256"), field("nonce", "uint256"),
                    field("deadline", "uint256")
                ],
            },
            "primaryType": "Permit",
            "domain": { "name": name, "chainId": chain, "verifyingContract": contract },
            "message": { "owner": ME, "spender": FRIEND, "value": "5", "nonce": 0, "deadline": 1_768_485_600_u64 },
        });
        check_typed(data.to_string().as_bytes(), Context::new(&policy, &facts))
    };
    for (chain, real) in [
        (1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
        (8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
    ] {
        assert_eq!(
            permit(chain, "USD Coin", real).exit_code,
            0,
            "{:#?}",
            permit(chain, "USD Coin", real).findings
        );
        assert_eq!(permit(chain, "Foo", TOKEN).exit_code, 0);
        for name in ["USD Coin", "USD \u{421}oin", "USD Coin ", "U\u{200b}SDC"] {
            let report = permit(chain, name, TOKEN);
            assert!(report.has("G-FACT-01") && report.exit_code >= 10, "{name}: {:#?}", report.findings);
        }
    }
}

/// Tokens of the table that is shipped, on their own chains.
#[test]
fn a_right_over_a_known_token_can_be_ended_on_every_chain_where_it_is_known() {
    for (chain, token) in [
        (1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
        (10, "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85"),
        (137, "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359"),
        (8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
        (42161, "0xaf88d065e77c8cC2239327C5EDb3A432268e5831"),
    ] {
        let policy = Policy::parse(DEFAULT).expect("a policy");
        let on = |here: u64, token: &str| {
            let facts = Facts::parse(&format!("chain-id={here}\naccount='{ME}'\n")).expect("facts");
            let data =
                format!("0x095ea7b3{}{}", word("0x8888888888888888888888888888888888888888"), word("0"));
            let tx = json!({ "from": ME, "to": token, "value": "0x0", "chainId": here, "data": data });
            check_tx(tx.to_string().as_bytes(), Context::new(&policy, &facts))
        };
        let report = on(chain, token);
        assert_eq!(report.exit_code, 0, "{chain}: {:#?}", report.findings);
        assert!(report.items[0].intent.contains("USDC"), "{}", report.items[0].intent);
        assert_ne!(
            on(if chain == 1 { 10 } else { 1 }, token).exit_code,
            0,
            "elsewhere it is another contract"
        );
        assert_ne!(on(chain, TOKEN).exit_code, 0);
    }
}
