//! Texts that nobody read: other languages, base64, log-ins of another site, and sign-ins of another time.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use tracehound_guard::{Context, Facts, Policy, Report, check_message};

const ME: &str = "0x1111111111111111111111111111111111111111";
const FACTS: &str = "chain-id=1\naccount='0x1111111111111111111111111111111111111111'\n";

fn judged(more: &str, text: &str) -> Report {
    let facts = Facts::parse(&format!("{FACTS}{more}")).expect("facts");
    check_message(text.as_bytes(), Context::new(&Policy::default(), &facts))
}

fn says(report: &Report, words: &str) -> bool {
    report.of("G-SIGN-01").iter().any(|finding| finding.title.contains(words))
}

#[test]
fn a_text_in_another_language_is_one_that_nobody_read() {
    for (text, binds) in [
        ("Acepto vender todos mis NFT al portador por 1 ETH", true),
        ("Autorizo a Example a gastar mis fondos", true),
        ("Ich verkaufe dem Inhaber alles, was hier liegt", true),
        ("Hiermit \u{fc}bertrage ich meine Anteile", true),
        ("J'autorise le porteur \u{e0} vendre tout", true),
        ("Aceito transferir todos os meus tokens", true),
        ("Accetto di cedere ogni cosa al portatore", true),
        ("Bu mesaji imzalayarak her seyi devrediyorum", false),
        ("Welcome to Example!\n\nQuien firma esto entrega sus llaves", false),
    ] {
        let report = judged("", text);
        assert_eq!(report.exit_code, 10, "{text}: {:#?}", report.findings);
        assert_eq!(says(&report, "binds whoever signs"), binds, "{text}: {:#?}", report.findings);
    }
    // English binds in more words than anybody could list.
    for text in [
        "You may take all my tokens",
        "I let the bearer use my wallet for everything",
        "My NFT is now yours",
        "I accept the offer of 1 ETH",
        "I agree",
        "This address is today 0x8888888888888888888888888888888888888888",
    ] {
        let report = judged("", text);
        assert_eq!(report.exit_code, 10, "{text}: {:#?}", report.findings);
    }
    assert_eq!(judged("", &format!("This address is my own: {ME}")).exit_code, 0);
    let key = judged("", "Esta firma crea la clave privada de su cuenta");
    assert!(says(&key, "private key or a seed phrase"), "{:#?}", key.findings);
    assert_eq!(judged("", "Welcome back. You can close this page at any time.").exit_code, 0);
}

#[test]
fn harmless_words_that_hand_something_over_and_signs_that_are_no_words_are_for_a_person() {
    for text in [
        "You can use my wallet from today",
        "From today my wallet is your wallet.",
        "$1000000 to you from my wallet",
        "You can sign with my wallet",
        "\u{24a4} \u{24a2}\u{24a4}\u{24b1}\u{24a0} \u{249c}\u{24a7}\u{24a7}",
        "\u{1f1ee} \u{1f1ec}\u{1f1ee}\u{1f1fb}\u{1f1ea}",
        "\u{280a}\u{2801}\u{2825}\u{281e}",
        "\u{e000}\u{e001}\u{e002}",
        "Hello\u{e0149}\u{e0110}\u{e0151}",
        ".. / --. .. ...- .",
        "\u{1f4b0}\u{27a1}\u{1f464}",
    ] {
        let report = judged("", text);
        assert_eq!(report.exit_code, 10, "{text}: {:#?}", report.findings);
        assert!(says(&report, "Not every word"), "{text}: {:#?}", report.findings);
    }
    for text in [
        "Hello! Please sign this message to verify your wallet address.",
        "Welcome to Example \u{2014} please verify your wallet. It will not cost any fees!",
        "{ Hello } to Caf\u{e9} Gare",
    ] {
        assert!(!says(&judged("", text), "Not every word"), "{text}");
    }
}

#[test]
fn what_stands_in_base64_is_read() {
    let order = "I agree to sell all that I have";
    let key = "Access zkSync account.\n\nOnly sign this message for a trusted client!";
    for (text, exit) in [(order, 10), (key, 20)] {
        let long = STANDARD.encode(text);
        let broken = long
            .as_bytes()
            .chunks(20)
            .map(|part| String::from_utf8_lossy(part))
            .collect::<Vec<_>>()
            .join("\n");
        for written in [
            long.clone(),
            format!("Hello. Here is the thing: {}", URL_SAFE_NO_PAD.encode(text)),
            format!("Hello ({long})"),
            format!("Hello. Here is the thing: 0x{}", hex::encode(text)),
            broken,
        ] {
            let report = judged("", &written);
            assert!(says(&report, "in base64 or in digits"), "{written}: {:#?}", report.findings);
            assert_eq!(report.exit_code, exit, "{written}: {:#?}", report.findings);
        }
    }
    // Keys, numbers and addresses are no texts.
    for text in [
        format!("The account is {ME} and the other 0x6666666666666666666666666666666666666666."),
        format!("The hash of it is 0x{}", "ab".repeat(32)),
        "The number of it is QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG".to_owned(),
        "Your number is 4aK9bTz0Qm2Lr7Xw".to_owned(),
    ] {
        assert!(!says(&judged("", &text), "in base64"), "{text}");
    }
}

#[test]
fn a_log_in_that_does_not_name_the_site_that_asks_may_be_one_of_another() {
    for text in [
        "Welcome to Example! Sign in with this one-time code: 4aK9bTz0",
        "Log in to Example\nNonce: 12345678",
        "Please verify your wallet. Challenge 91823",
    ] {
        let evil = judged("origin='evil.example'\n", text);
        assert!(
            says(&evil, "may be one of another site") && evil.exit_code == 10,
            "{text}: {:#?}",
            evil.findings
        );
        let untold = judged("", text);
        assert!(says(&untold, "(--origin)") && untold.exit_code == 30, "{text}: {:#?}", untold.findings);
    }
    let text = "Log in to app.good.org\nThe number is 12345678";
    assert_eq!(judged("origin='app.good.org'\n", text).exit_code, 0);
    assert_eq!(judged("origin='https://good.org'\n", text).exit_code, 0);
    let other = judged("origin='evil.org'\n", text);
    assert!(says(&other, "names another site"), "{:#?}", other.findings);
}

#[test]
fn a_sign_in_is_of_today_for_some_days_and_for_one_site() {
    let sign_in = |more: &str, issued: &str| {
        let text = format!(
            "app.example.org wants you to sign in with your Ethereum account:\n{ME}\n\nWelcome.\n\nURI: \
             https://app.example.org/in\nVersion: 1\nChain ID: 1\nNonce: 12345678\nIssued At: {issued}{more}"
        );
        judged("origin='app.example.org'\nnow='2026-01-15T12:00:00Z'\n", &text)
    };
    let today = "2026-01-15T12:00:00Z";
    for (more, issued) in [
        ("", today),
        ("", "2026-01-15T12:09:00Z"),
        ("", "2026-01-14T13:00:00Z"),
        ("\nExpiration Time: 2026-01-22T12:00:00Z", today),
        ("\nNot Before: 2026-01-15T11:00:00Z", today),
        ("\nResources:\n- https://docs.example.org/terms\n- ipfs://bafy", today),
    ] {
        let report = sign_in(more, issued);
        assert_eq!(report.exit_code, 0, "{more} {issued}: {:#?}", report.findings);
    }
    for (more, issued, words) in [
        ("", "2026-01-16T12:00:00Z", "which is to come"),
        ("", "2026-01-10T12:00:00Z", "who kept it until now"),
        ("\nExpiration Time: 2026-01-15T11:00:00Z", today, "does not hold now"),
        ("\nExpiration Time: 2036-01-15T12:00:00Z", today, "longer than the 30 days"),
        (
            "\nExpiration Time: 2026-01-16T12:00:00Z\nNot Before: 2026-01-15T13:00:00Z",
            today,
            "does not hold now",
        ),
        (
            "\nExpiration Time: 2026-01-15T13:00:00Z\nNot Before: 2026-01-15T13:00:00Z",
            today,
            "holds no longer",
        ),
        ("\nResources:\n- https://vault.elsewhere.example/all", today, "another site's address"),
        ("\nResources:\n- HTTPS://VAULT.ELSEWHERE.EXAMPLE/", today, "another site's address"),
        ("\nResources:\n- Https://vault.elsewhere.example", today, "another site's address"),
        ("\nResources:\n- https:vault.elsewhere.example", today, "another site's address"),
        ("\nResources:\n- https:/vault.elsewhere.example", today, "another site's address"),
        ("\nResources:\n- wss://vault.elsewhere.example", today, "another site's address"),
        ("\nResources:\n- ftp://vault.elsewhere.example", today, "another site's address"),
        ("\nResources:\n- ftp://app.example.org", today, "not read here"),
        ("\nResources:\n- ipns://vault.elsewhere.example", today, "not read here"),
        ("\nResources:\n- ipfs://vault@elsewhere", today, "not read here"),
        ("\nResources:\n- ethereum:0x8888888888888888888888888888888888888888", today, "not read here"),
        (
            "\nResources:\n- did:pkh:eip155:1:0x8888888888888888888888888888888888888888",
            today,
            "not read here",
        ),
        ("\nResources:\n- ceramic://*", today, "not read here"),
        ("\nResources:\n- urn:anything:signer", today, "not read here"),
        ("\nResources:\n- all that is mine", today, "not read here"),
    ] {
        let report = sign_in(more, issued);
        assert!(says(&report, words) && report.exit_code == 10, "{more} {issued}: {:#?}", report.findings);
    }
    let text = "app.example.org wants you to sign in with your Ethereum account:\n0x1111111111111111111111111111111111111111\n\nURI: \
                https://app.example.org\nVersion: 1\nChain ID: 1\nNonce: 12345678\nIssued At: 2026-01-15T12:00:00Z";
    let untold = judged("origin='app.example.org'\n", text);
    assert!(says(&untold, "(--now)") && untold.exit_code == 30, "{:#?}", untold.findings);
}

/// Where anybody gets a page, the page next door is somebody else's.
#[test]
fn a_host_next_door_is_another_site() {
    let asks = |origin: &str, text: &str| judged(&format!("origin='{origin}'\n"), text).exit_code;
    let text = "Sign in to https://wallet.vercel.app";
    assert_eq!(asks("https://wallet.vercel.app", text), 0);
    assert_eq!(asks("https://www.wallet.vercel.app", text), 0);
    for other in ["https://walet.vercel.app", "https://vercel.app", "https://wallet.pages.dev"] {
        assert_eq!(asks(other, text), 10, "{other}");
    }
    assert_eq!(asks("https://evil.co.uk", "Sign in to https://bank.co.uk"), 10);
}

#[test]
fn a_denial_somewhere_in_a_text_takes_back_nothing_but_what_it_denies() {
    for text in [
        "The Attacker owns this address.",
        "This address is of Bob Smith.",
        "I never own this address; the site owns this address.",
        "My funds cannot be my own.",
        "Do not close: the site will transfer tokens.",
        "Approval of tokens: no conditions",
        "I accept the terms of Sale.",
    ] {
        let report = judged("", text);
        assert_eq!(report.exit_code, 10, "{text}: {:#?}", report.findings);
    }
    for text in [
        "I share the seed phrase of my address with the site without conditions.",
        "I share my seed phrase with Bob, not the site.",
    ] {
        let report = judged("", text);
        assert_eq!(report.exit_code, 20, "{text}: {:#?}", report.findings);
    }
    for text in ["Never share your seed phrase.", "We will never ask for your seed phrase."] {
        assert_eq!(judged("", text).exit_code, 0, "{text}");
    }
}

#[test]
fn a_context_that_contradicts_itself_is_refused() {
    const SAFE: &str = "0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe";
    let safe = |owners: &str| format!("[[safe]]\naddress='{SAFE}'\nthreshold=1\nowners=[{owners}]\n");
    assert!(Facts::parse(&safe(&format!("'{ME}'"))).is_ok());
    for (text, why) in [
        ([safe(&format!("'{ME}'")), safe(&format!("'{ME}'"))].concat(), "twice"),
        (safe("'0x0000000000000000000000000000000000000000'"), "zero address"),
        (safe("'0x0000000000000000000000000000000000000001'"), "0x…01"),
        (safe(&format!("'{ME}','{SAFE}'")), "the Safe itself"),
        (format!("[[address]]\naddress='{ME}'\n[[address]]\naddress='{ME}'\nkind='eoa'\n"), "twice"),
    ] {
        let refused = Facts::parse(&text).expect_err("a contradiction").to_string();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn a_nonce_of_many_digits_is_no_address() {
    let digits = "5f3a9c1b2d4e6f70".repeat(4);
    let origin = "origin='app.example.org'\n";
    let text = format!("Sign in to app.example.org\n\nNonce: 0x{digits}");
    let report = judged(origin, &text);
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    // Of forty digits it is one, whatever it is called.
    let address = format!("Sign in to app.example.org\n\nNonce: 0x{}", &digits[..40]);
    assert!(says(&judged(origin, &address), "The text names 0x"));
    // Digits that nobody announced are still for a person.
    let bare = judged(origin, &format!("Sign in to app.example.org\n\nTo 0x{digits}"));
    assert_eq!(bare.exit_code, 10, "{:#?}", bare.findings);
}

/// What pages really ask to sign for a key, one for each of the marks by which it is known.
#[test]
fn every_text_whose_signature_is_a_key_is_blocked_for_that() {
    for text in [
        "Access zkSync account.\n\nWelcome back.",
        "Sign in to zkSync Account",
        "Only sign this message for a trusted client!",
        "Generate a wallet on dYdX Chain",
        "Create your dYdX STARK key",
        "This request is for your STARK Key.",
        "Welcome to StarkEx",
        "Sign this message to access Loopring Exchange: 0x0BABA1Ad5bE3a5C0a66E7ac838a129Bf948f1eA4 with key nonce: 0",
        "Only sign this request if you\u{2019}ve initiated an action with Immutable X.",
        "Retrieve your Aztec spending key.",
        "Retrieve your viewing key.",
        "Sign this message to generate your Fluidkey.",
        "Get your Starknet private key.",
        "Derive your Starknet account.",
        "name: ApeX\naction: L2 Key\nenvId: 1",
        "XMTP : Enable Identity",
        "XMTP : Create Identity",
        "Sign in to zkSync Lite",
        "Your signature is your password.",
        "Allow this account to control your identity",
        "Access your encrypted keys",
        "Access my Railgun wallet",
        "Derive my private key.",
        "Generate my private key.",
        "Derive your private key.",
        "Generate your private key.",
    ] {
        let report = judged("", text);
        assert_eq!(report.exit_code, 20, "{text}: {:#?}", report.findings);
        assert!(says(&report, "The signature of this text is a key: "), "{text}: {:#?}", report.findings);
    }
}

/// A text that names somebody is asked for by that one, or it is for a person: a log-in of one site opens it for whoever relays it.
#[test]
fn a_text_that_names_another_than_who_asks_is_for_a_person() {
    let asked = |origin: &str, text: &str| judged(&format!("origin='{origin}'\n"), text);
    for text in [
        "Welcome to Polymarket! Sign to connect.",
        "Please sign this message to connect to Foundation.",
        "Connect your wallet to OpenSea",
        "Welcome to Snapshot",
        "By signing, you accept the Aave Terms of Service",
        "I accept the Uniswap Labs Terms of Service",
        "I accept the Full Control Terms of Service",
        "I accept the Mallory Gets Everything Terms",
        "I accept the Liquidation Terms",
        "Connect your wallet to Drainer",
        "Welcome back! Sign to connect.",
        "123e4567-e89b-12d3-a456-426614174000",
        "839201",
        "Code: 839201",
        "Your code is 839201",
    ] {
        let report = asked("evil.xyz", text);
        assert_eq!(report.exit_code, 10, "{text}: {:#?}", report.findings);
    }
    for (origin, text) in [
        ("https://polymarket.com", "Welcome to Polymarket!"),
        ("app.uniswap.org", "I accept the Uniswap Labs Terms of Service"),
        ("cafegare.example", "Welcome to the Caf\u{e9} Gare"),
        ("opensea.io", "Welcome to OpenSea. Sign in to opensea.io"),
        ("example.org", "Welcome back."),
    ] {
        let report = asked(origin, text);
        assert_eq!(report.exit_code, 0, "{origin} {text}: {:#?}", report.findings);
    }
    // A name that holds the site's, is held by it, or only looks like it.
    for (origin, text) in [
        ("uniswaps.org", "Welcome to Uniswap"),
        ("app-uniswap.org", "I accept the Uniswap Labs Terms of Service"),
        ("0pensea.io", "Welcome to OpenSea"),
        ("evil.com", "Welcome to Evil OpenSea"),
        ("opensea.io", "Welcome to Sea"),
    ] {
        let report = asked(origin, text);
        assert_eq!(report.exit_code, 10, "{origin} {text}: {:#?}", report.findings);
    }
    // Whose name it is cannot be told where nobody says who asks.
    let report = judged("", "Welcome to Polymarket!");
    assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
}

/// Beside its fields a sign-in says nothing: not in the address of its page, its resources or its number.
#[test]
fn the_addresses_of_a_sign_in_say_nothing_and_lead_nowhere_else() {
    const THIEF: &str = "0x8888888888888888888888888888888888888888";
    let asked = |uri: &str, nonce: &str, resources: &str| {
        let facts = "now='2026-01-15T12:00:00Z'\norigin='example.org'\n";
        let text = format!(
            "example.org wants you to sign in with your Ethereum account:\n{ME}\n\nURI: {uri}\nVersion: 1\nChain ID: 1\nNonce: \
             {nonce}\nIssued At: 2026-01-15T12:00:00Z{resources}"
        );
        judged(facts, &text)
    };
    let nonce = "k3PqZ81vT";
    for path in [
        format!("/#{THIEF}"),
        format!("/?to={THIEF}"),
        "/?redirect=https://evil.xyz".to_owned(),
        "/?next=%2f%2fevil.xyz".to_owned(),
        "/transfer-ownership".to_owned(),
        "/send-all-to-0xe7".to_owned(),
        "/?x=I%20give%20all".to_owned(),
    ] {
        let report = asked(&format!("https://example.org{path}"), nonce, "");
        assert_eq!(report.exit_code, 10, "{path}: {:#?}", report.findings);
        let report =
            asked("https://example.org", nonce, &format!("\nResources:\n- https://example.org{path}"));
        assert_eq!(report.exit_code, 10, "{path}: {:#?}", report.findings);
    }
    for path in [
        "",
        "/in",
        "/?redirect=/dashboard/overview",
        "/?redirect=https://example.org/in",
        "/terms-of-service",
    ] {
        let report = asked(&format!("https://example.org{path}"), nonce, "");
        assert_eq!(report.exit_code, 0, "{path}: {:#?}", report.findings);
    }
    assert_eq!(asked("https://example.org", "sendeverythingtoevil", "").exit_code, 10);
}

/// A key that the text calls one is one, and digits behind a warning are a nonce.
#[test]
fn a_private_key_that_is_called_one_is_blocked() {
    let digits = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    for text in [
        format!("private key: 0x{digits}"),
        format!("my private key is {digits}"),
        format!("PRIVATE KEY\n{digits}"),
        format!("privatekey={digits}"),
        format!("The secret key of my account: {digits}"),
    ] {
        let report = judged("", &text);
        assert!(
            report.exit_code == 20 && says(&report, "holds a private key"),
            "{text}: {:#?}",
            report.findings
        );
    }
    for text in [
        format!("We never ask for your private key. Nonce: {digits}"),
        format!("We will never ask for your private key. Request id: {digits}"),
    ] {
        assert_ne!(judged("", &text).exit_code, 20, "{text}");
    }
}

#[test]
fn orders_and_letters_of_other_scripts_are_looked_at_and_more_texts_are_keys() {
    for text in [
        "Send 5 ETH to vitalik.eth",
        "Hello.\nPay to bearer 100 USDC",
        "IOU 100 ETH",
        "I owe Bob 100 ETH",
        "- Release escrow 55",
        "Set guardian to bob.eth",
        "Enable one-click trading",
        "\u{42f} \u{440}\u{430}\u{437}\u{440}\u{435}\u{448}\u{430}\u{44e}",
        "\u{6211}\u{540c}\u{610f}",
    ] {
        assert_eq!(judged("", text).exit_code, 10, "{text}");
    }
    for text in [
        "name: edgeX\nenvId: mainnet\naction: L2 Key",
        "XMTP : Enable Identity",
        "Your signature is your password.",
    ] {
        assert_eq!(judged("", text).exit_code, 20, "{text}");
    }
    for text in ["Welcome back.", "Nothing is sent by this."] {
        assert_eq!(judged("", text).exit_code, 0, "{text}");
    }
}

#[test]
fn what_a_site_is_called_is_no_order_and_is_held_against_the_one_that_asks() {
    let text = |host: &str, statement: &str, page: &str| {
        format!(
            "{host} wants you to sign in with your Ethereum account:\n{ME}\n\n{statement}\n\nURI: https://{host}{page}\n\
             Version: 1\nChain ID: 1\nNonce: 12345678\nIssued At: 2026-01-15T12:00:00Z"
        )
    };
    let asked =
        |origin: &str, text: &str| judged(&format!("origin='{origin}'\nnow='2026-01-15T12:00:00Z'\n"), text);
    for host in [
        "stake.lido.fi",
        "swap.cow.fi",
        "bridge.arbitrum.io",
        "delegate.ens.domains",
        "mint.fun",
        "buy.moonpay.com",
        "pay.google.com",
        "donate.wikimedia.org",
        "send.example.org",
        "give.example.org",
        "transfer.example.org:8443",
    ] {
        for statement in [
            "Sign in",
            "I accept the terms",
            &format!("Welcome to {host}!"),
            "I agree to the terms of service",
        ] {
            let statement = statement.replace(":8443", "");
            let report = asked(host, &text(host, &statement, "/swap"));
            assert_eq!(report.exit_code, 0, "{host} {statement}: {:#?}", report.findings);
        }
        let other = asked("app.example.com", &text(host, "Sign in", ""));
        assert_eq!(other.exit_code, 20, "{host}: {:#?}", other.findings);
        let untold = judged("now='2026-01-15T12:00:00Z'\n", &text(host, "Sign in", ""));
        assert_eq!(untold.exit_code, 30, "{host}: {:#?}", untold.findings);
    }
    // Nor is it a word of a sentence that binds.
    let report = asked("pay.my.example.org", &text("pay.my.example.org", "Sign in", ""));
    assert_eq!(report.exit_code, 0, "{:#?}", report.findings);
    let host = "stake.example.org";
    for (host, statement, page) in [
        // Sentences in a host, and orders anywhere else.
        ("send-all-tokens-to-bob.example.org", "Sign in", ""),
        ("send.all.tokens.to.bob.example.org", "Sign in", ""),
        (host, "Stake 5 ETH", ""),
        (host, "Sign in. Send 5 ETH to bob", ""),
        (host, "Welcome to stake.example.org. Send 5 ETH to bob", ""),
        (host, "I agree to sell my tokens", ""),
        (host, "Sign in", "/send-all"),
        (host, "Sign in", "/?send all"),
        (host, "Sign in", "/in?pay=all"),
    ] {
        let report = asked(host, &text(host, statement, page));
        assert_eq!(report.exit_code, 10, "{host} {statement} {page}: {:#?}", report.findings);
    }
    for more in [
        "\nRequest ID: iou",
        "\nResources:\n- send all",
        "\nResources:\n- https://i-hereby-sell-all-my-tokens-to-bob.example.org/a",
    ] {
        let report = asked(host, &format!("{}{more}", text(host, "Sign in", "")));
        assert_eq!(report.exit_code, 10, "{more}: {:#?}", report.findings);
    }
    // What is in no form of a sign-in is read whole.
    let report = asked(host, &text(host, "Sign in", "").replace("Version: 1\n", ""));
    assert_eq!(report.exit_code, 10, "{:#?}", report.findings);
}
