//! Boundaries and safety branches: where a slip by one would let something pass.

use alloy_primitives::{Address, B256, Signature, U256};
use tracehound_guard::{
    Context, Facts, Policy, Report, Severity,
    ask::{Listing, Lists},
    check_message, check_safe, check_tx, check_typed,
    policy::DEFAULT,
    safe::{self, Scheme, input, signature},
    scalar::Scalars,
};

use crate::NO_REFUND;

const FRIEND: &str = "0x5555555555555555555555555555555555555555";
const ME: &str = "0x6666666666666666666666666666666666666666";
/// A Safe that owns the one at ME.
const INNER: &str = "0x7777777777777777777777777777777777777777";

fn judge(facts: &str, check: fn(&[u8], Context<'_>) -> Report, input: &str) -> Report {
    let policy = Policy::parse(&format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n"));
    let (policy, facts) = (policy.expect("a policy"), Facts::parse(facts).expect("facts"));
    check(input.as_bytes(), Context::new(&policy, &facts))
}

fn payment(nonce: u64, more: &str) -> String {
    format!(
        r#"{{"safe":"{ME}","to":"{FRIEND}","value":"1","data":"0x","operation":0,{NO_REFUND},"nonce":{nonce},"chainId":1,"version":"1.4.1"{more}}}"#
    )
}

fn digest(input: &str) -> safe::Hashes {
    let queue = input::read_queue(input.as_bytes(), input::Missing::default(), &mut Scalars::default());
    safe::hashes(Scheme::Chain, 1, &queue.expect("reads").entries[0].tx)
}

/// Some key's signature over a hash, told apart by `s`; and whose it is.
fn signed(hash: &B256, s: u64) -> (Address, Vec<u8>) {
    let x = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
    let r = U256::from_be_slice(&hex::decode(x).expect("hex"));
    let signature = Signature::new(r, U256::from(s), false);
    let address = signature.recover_address_from_prehash(hash).expect("some key signs that");
    (address, signature.as_bytes().to_vec())
}

fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

/// A contract's signature of one part: the owner, where the rest lies, and the rest.
fn by_contract(owner: &str, tail: &[u8]) -> String {
    let owner: Address = owner.parse().expect("an address");
    let head = [owner.into_word().as_slice(), &word(65), &[0]].concat();
    format!("0x{}", hex::encode([&head[..], &word(tail.len() as u64), tail].concat()))
}

#[test]
fn an_owner_that_is_a_safe_agrees_by_as_many_of_its_owners_as_it_needs_each_counted_once() {
    let outer = digest(&payment(1, ""));
    let inner: Address = INNER.parse().expect("an address");
    let [hash, _] = signature::contract_owner_hashes(Scheme::Chain, 1, &inner, &outer);
    let ((one, by_one), (two, by_two)) = (signed(&hash, 7), signed(&hash, 8));
    let facts = format!(
        "chain-id=1\n[[safe]]\naddress='{ME}'\nowners=['{INNER}']\nthreshold=1\n[[safe]]\naddress='{INNER}'\nversion='1.4.1'\n\
         owners=['{one}','{two}']\nthreshold=2\n"
    );
    let agreed = |tail: &[u8]| {
        let bytes = by_contract(INNER, tail);
        let more = format!(r#","confirmations":[{{"owner":"{INNER}","signature":"{bytes}"}}]"#);
        let report = judge(&facts, check_safe, &payment(1, &more));
        !report.of("G-SIG-02").iter().any(|finding| finding.title.contains("must answer for its signature"))
    };
    assert!(agreed(&[by_one.clone(), by_two].concat()));
    assert!(!agreed(&[by_one.clone(), by_one.clone()].concat()), "one owner twice is one");
    assert!(!agreed(&by_one));
}

#[derive(Debug)]
struct Sanctions;

impl Lists for Sanctions {
    fn screen(&self, _: &tracehound_model::Address) -> Listing {
        Listing::Listed("a list".to_owned())
    }

    fn sources(&self) -> Vec<String> {
        vec!["a list of today".to_owned()]
    }
}

#[test]
fn facts_that_say_clear_do_not_outweigh_a_list() {
    let facts = format!("chain-id=1\n[[address]]\naddress='{FRIEND}'\nscreened='clear'\n");
    let facts = Facts::parse(&facts).expect("facts");
    let policy = Policy::parse(DEFAULT).expect("a policy");
    let input = format!(r#"{{"to":"{FRIEND}","value":"1","from":"{ME}"}}"#);
    let context = Context::new(&policy, &facts);
    assert!(!check_tx(input.as_bytes(), context).has("G-ADDR-02"));
    let report = check_tx(input.as_bytes(), Context { lists: Some(&Sanctions), ..context });
    assert!(report.has("G-ADDR-02") && report.exit_code == 20, "{:#?}", report.findings);
}

#[test]
fn an_approval_on_the_chain_counts_only_once_the_facts_confirm_it_for_this_hash() {
    let known = format!("chain-id=1\n[[safe]]\naddress='{ME}'\nowners=['{INNER}']\nthreshold=1\n");
    let hash = digest(&payment(1, "")).digest;
    let owner = INNER.parse::<Address>().expect("an address").into_word();
    let bytes = hex::encode([owner.as_slice(), &word(0), &[1]].concat());
    for signature in [format!(r#""0x{bytes}""#), "null".to_owned()] {
        let more = format!(r#","confirmations":[{{"owner":"{INNER}","signature":{signature}}}]"#);
        let said = |facts: &str| {
            let report = judge(facts, check_safe, &payment(1, &more));
            let unproven =
                report.of("G-SIG-02").iter().any(|finding| finding.title.contains("said to have approved"));
            (unproven, report.exit_code)
        };
        assert_eq!(said(&known), (true, 30), "{signature}");
        let approved = |hash| format!("{known}approved=[{{owner='{INNER}',hash='{hash}'}}]\n");
        assert_eq!(said(&approved(B256::repeat_byte(1))), (true, 30), "another hash");
        assert_eq!(said(&approved(hash)), (false, 0), "{signature}");
    }
}

#[test]
fn only_a_signature_with_the_same_nonce_was_given_before() {
    let other = B256::repeat_byte(9);
    for (before, asked) in [(1, false), (2, true), (3, false)] {
        let facts = format!("chain-id=1\n[[signed]]\nsafe='{ME}'\nnonce={before}\nhash='{other}'\n");
        assert_eq!(judge(&facts, check_safe, &payment(2, "")).has("G-SIG-03"), asked, "{before}");
    }
}

#[test]
fn three_digits_in_front_and_four_behind_look_alike() {
    let pays = |to: &str| {
        let input = format!(r#"{{"to":"{to}","value":"1","from":"{ME}"}}"#);
        judge("chain-id=1", check_tx, &input).has("G-ADDR-01")
    };
    assert!(pays("0x5550000000000000000000000000000000005555"));
    assert!(!pays("0x5500000000000000000000000000000000005555"));
    assert!(!pays("0x5550000000000000000000000000000000000555"));
}

#[test]
fn a_contract_signature_does_not_lie_in_the_heads() {
    // Read from the beginning, the first word is a length with which everything fits.
    let bytes = [&word(33)[..], &word(0), &[0]].concat();
    assert!(matches!(signature::split(&bytes), Err(signature::SignatureError::Offset { .. })));
    let bytes = [&word(0)[..], &word(64), &[0]].concat();
    assert!(signature::split(&bytes).is_err());
}

#[test]
fn what_is_for_another_chain_than_the_wallet_is_on_is_blocked() {
    let tx = |chain: u64| format!(r#"{{"to":"{FRIEND}","value":"1","from":"{ME}","chainId":{chain}}}"#);
    assert_eq!(judge("chain-id=1", check_tx, &tx(1)).exit_code, 0);
    for (wallet, asked) in [("chain-id=1", 5), ("chain-id=5", 1)] {
        let other = judge(wallet, check_tx, &tx(asked));
        assert!(other.has("G-SIGN-01") && other.exit_code == 20, "{:#?}", other.findings);
    }
    let of_safe = judge("chain-id=5", check_safe, &payment(1, ""));
    assert!(of_safe.has("G-HASH-01") && of_safe.exit_code == 20, "{:#?}", of_safe.findings);
}

#[test]
fn a_safe_executed_by_a_plain_transaction_is_judged_as_a_safe() {
    // execTransaction(FRIEND, 1, "", 0, 0, 0, 0, 0, 0, signatures): one signature, by nobody who owns it.
    let friend: Address = FRIEND.parse().expect("an address");
    let mut data = hex::decode("6a761202").expect("hex");
    data.extend_from_slice(friend.into_word().as_slice());
    for value in [1, 320, 0, 0, 0, 0, 0, 0, 352] {
        data.extend_from_slice(&word(value));
    }
    let (_, signature) = signed(&B256::repeat_byte(3), 7);
    data.extend_from_slice(&word(0));
    data.extend_from_slice(&word(65));
    data.extend_from_slice(&signature);
    data.resize(data.len().next_multiple_of(32) + 4, 0);
    let facts = format!(
        "chain-id=1\n[[safe]]\naddress='{ME}'\nversion='1.4.1'\nowners=['{INNER}']\nthreshold=1\nnonce=4\n"
    );
    let input = format!(r#"{{"to":"{ME}","from":"{INNER}","data":"0x{}"}}"#, hex::encode(&data));
    let report = judge(&facts, check_tx, &input);
    assert!(report.has("G-SIG-01") && report.exit_code == 20, "{:#?}", report.findings);
}

#[test]
fn what_was_not_looked_at_is_said_of_every_kind_of_input() {
    let tx = format!(r#"{{"to":"{FRIEND}","value":"1","from":"{ME}"}}"#);
    for report in [judge("chain-id=1", check_safe, &payment(1, "")), judge("chain-id=1", check_tx, &tx)] {
        for gap in [
            "no address was screened",
            "not simulated",
            "not compared with the past",
            "the time is not known",
        ] {
            assert!(
                report.gaps.iter().any(|said| said.sentence.starts_with(gap)),
                "{gap}: {:?}",
                report.gaps
            );
        }
    }
}

/// The same bytes, whichever entry they come in by: nothing that was not looked at gets lost on the way.
#[test]
fn a_safe_transaction_as_typed_data_shows_what_guard_safe_shows() {
    let field = |name: &str, of: &str| serde_json::json!({ "name": name, "type": of });
    let fields = [
        ("to", "address"),
        ("value", "uint256"),
        ("data", "bytes"),
        ("operation", "uint8"),
        ("safeTxGas", "uint256"),
        ("baseGas", "uint256"),
        ("gasPrice", "uint256"),
        ("gasToken", "address"),
        ("refundReceiver", "address"),
        ("nonce", "uint256"),
    ];
    let nobody = Address::ZERO.to_string();
    let document = serde_json::json!({
        "types": {
            "EIP712Domain": [field("chainId", "uint256"), field("verifyingContract", "address")],
            "SafeTx": fields.map(|(name, of)| field(name, of)),
        },
        "primaryType": "SafeTx",
        "domain": { "chainId": 1, "verifyingContract": ME },
        "message": {
            "to": FRIEND, "value": "1", "data": "0x", "operation": 0, "safeTxGas": "0", "baseGas": "0",
            "gasPrice": "0", "gasToken": nobody, "refundReceiver": nobody, "nonce": "1",
        },
    })
    .to_string();
    let policy = Policy::parse(DEFAULT).expect("a policy");
    let facts =
        Facts::parse(&format!("chain-id=1\n[[safe]]\naddress='{ME}'\nversion='1.4.1'\n")).expect("facts");
    for lists in [None, Some(&Sanctions as &dyn Lists)] {
        let context = Context { lists, ..Context::new(&policy, &facts) };
        let safe = check_safe(document.as_bytes(), context);
        let typed = check_typed(document.as_bytes(), context);
        assert!(safe.gaps.len() + usize::from(lists.is_some()) >= 4, "{:?}", safe.gaps);
        let sorted = |report: &Report| {
            let mut gaps = report.gaps.clone();
            gaps.sort();
            (gaps, report.lists.clone())
        };
        assert_eq!(sorted(&typed), sorted(&safe));
        assert!(safe.findings.iter().all(|finding| typed.findings.contains(finding)));
        assert_eq!(typed.exit_code, safe.exit_code);
    }
}

const STRANGER: &str = "0x2222222222222222222222222222222222222222";
const SPENDER: &str = "0x3333333333333333333333333333333333333333";

/// 32 bytes of call data, hexadecimal.
fn argument(value: &str) -> String {
    format!("{:0>64}", value.trim_start_matches("0x"))
}

fn sent(to: &str, value: &str, data: &str) -> String {
    format!(r#"{{"from":"{ME}","to":"{to}","value":"{value}","data":"{data}","chainId":"0x1"}}"#)
}

fn of_tx(input: &str) -> Report {
    judge(&format!("chain-id=1\naccount='{ME}'\n"), check_tx, input)
}

#[test]
fn money_needs_a_recipient_that_is_vouched_for_whatever_is_called_beside() {
    let harmless = [
        format!("0x095ea7b3{}{}", argument(SPENDER), argument("0")),
        format!("0xa22cb465{}{}", argument(SPENDER), argument("0")),
        format!("0x39509351{}{}", argument(SPENDER), argument("0")),
        format!("0xa9059cbb{}{}", argument(ME), argument("1")),
        format!("0x23b872dd{}{}{}", argument(ME), argument(ME), argument("1")),
        format!("0xac9650d8{}{}", argument("20"), argument("0")),
        format!("0x8d80ff0a{}{}", argument("20"), argument("0")),
        // aggregate3Value([(WETH, false, 0, deposit())]): a call of another contract that carries nothing.
        format!(
            "0x174dea71{}{}{}{}{}{}{}{}{:0<64}",
            argument("20"),
            argument("1"),
            argument("20"),
            argument("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"),
            argument("0"),
            argument("0"),
            argument("80"),
            argument("4"),
            "d0e30db0"
        ),
    ];
    for data in harmless {
        let report = of_tx(&sent(STRANGER, "0x56bc75e2d63100000", &data));
        let nobody = report.of("G-POL-03").iter().any(|finding| finding.title.contains("Nothing speaks for"));
        assert!(nobody && report.exit_code != 0, "{data}: {:?}", report.verdict);
    }
}

/// Multicall3's `aggregate3Value` with one call that sends so many wei to `to`.
fn passing_on(to: &str, wei: u64) -> String {
    let head = [argument("20"), argument("1"), argument("20")].concat();
    let call = [argument(to), argument("0"), argument(&format!("{wei:x}")), argument("80"), argument("0")];
    format!("0x174dea71{head}{}", call.concat())
}

#[test]
fn a_contract_passes_money_on_only_where_the_policy_trusts_it_and_only_all_of_it() {
    const WRAPPER: &str = "0xcA11bde05977b3631167028862bE2a173976CA11";
    let judge = |chain: u64, wei: u64| {
        let policy = Policy::parse(&format!(
            "{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n[[trusted]]\naddress='{WRAPPER}'\n\
             label='Multicall3'\nroles=['contract']\nchains=[1]\n"
        ));
        let facts = Facts::parse(&format!("chain-id={chain}\naccount='{ME}'\n")).expect("facts");
        let data = passing_on(FRIEND, wei);
        let input =
            format!(r#"{{"from":"{ME}","to":"{WRAPPER}","value":"0x64","data":"{data}","chainId":{chain}}}"#);
        let report = check_tx(input.as_bytes(), Context::new(&policy.expect("a policy"), &facts));
        report.of("G-POL-03").iter().any(|finding| finding.title.contains("Nothing speaks for"))
    };
    assert!(!judge(1, 100), "all of it goes to a friend");
    assert!(judge(1, 99), "a part stays");
    assert!(judge(137, 100), "on another chain the address is another contract");
}

#[test]
fn an_approval_of_zero_is_no_end_where_the_contract_may_be_a_collection() {
    let data = format!("0x095ea7b3{}{}", argument(SPENDER), argument("0"));
    let collection = "0xBC4CA0EdA7647A8aB7C2061c2E118A18a936f13D";
    let report = of_tx(&sent(collection, "0x0", &data));
    assert!(report.of("G-APP-01").iter().any(|finding| finding.title.contains("NFT number 0")));
    assert_eq!(report.exit_code, 20, "to a stranger: {:?}", report.findings);
    let more = format!("0x39509351{}{}", argument(SPENDER), argument("0"));
    assert!(of_tx(&sent(collection, "0x0", &more)).of("G-APP-01").is_empty(), "no collection has that");
    // A coin that is known has no such reading, and nobody gets nothing.
    let coin = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
    assert!(of_tx(&sent(coin, "0x0", &data)).of("G-APP-01").is_empty());
    let nobody = format!("0x095ea7b3{}{}", argument("0"), argument("7"));
    assert!(
        !of_tx(&sent(collection, "0x0", &nobody))
            .of("G-APP-01")
            .iter()
            .any(|finding| { finding.title.contains("NFT number 0") })
    );
}

#[test]
fn who_sends_is_who_signs() {
    let other = format!(r#"{{"from":"{STRANGER}","to":"{STRANGER}","value":"0x1","chainId":"0x1"}}"#);
    let report = of_tx(&other);
    assert!(report.of("G-SIGN-01").iter().any(|finding| finding.title.contains("another sender than you")));
    assert_eq!(report.exit_code, 30);
    let batch = |from: &str| {
        format!(
            r#"{{"method":"wallet_sendCalls","params":[{{"from":"{ME}","chainId":"0x1","calls":[
                {{"from":"{from}","to":"{FRIEND}","value":"0x1"}}]}}]}}"#
        )
    };
    assert_eq!(of_tx(&batch(STRANGER)).exit_code, 20);
    assert_eq!(of_tx(&batch(ME)).exit_code, 0, "{:?}", of_tx(&batch(ME)).findings);
}

#[test]
fn what_another_reader_would_take_for_more_is_refused() {
    let twin = format!(r#"{{"from":"{ME}","to":"{FRIEND}","value":"0x0","Value":"0x56bc75e2d63100000"}}"#);
    assert_eq!(of_tx(&twin).exit_code, 20);
    let one = format!(r#"{{"from":"{ME}","to":"{FRIEND}","value":"0x0","chainId":"0x1"}}"#);
    for (key, twin) in [("params", "Params"), ("method", "Method")] {
        let request = format!(r#"{{"method":"eth_sendTransaction","params":[{one}],"{twin}":"x"}}"#);
        assert_eq!(of_tx(&request).exit_code, 20, "{key}");
    }
    let two = format!(r#"{{"method":"eth_sendTransaction","params":[{one},{one}]}}"#);
    let report = of_tx(&two);
    assert!(report.of("G-FMT-01").iter().any(|finding| finding.title.contains("only the first")));
    assert_eq!(of_tx(&format!(r#"{{"method":"eth_sendTransaction","params":[{one}]}}"#)).exit_code, 0);
}

#[test]
fn what_is_meant_as_a_request_never_becomes_a_text() {
    let hash = "ab".repeat(32);
    let request = format!(r#"{{"method":"eth_sign","params":["{ME}","0x{hash}"]}}"#);
    let method = request.replace("{\"method\"", "{\"method\":\"x\",\"method\"");
    let inputs = [
        format!("[{request}]"),
        method,
        format!("{request} and more"),
        format!("{request}\n{request}"),
        request.replace("method", "Method"),
        "{}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "   \n".to_owned(),
        format!("0x{}", "ab".repeat(31)),
        format!("0x{}", "ab".repeat(65)),
        format!(r#"{{"method":"personal_sign","params":["0x","{ME}"]}}"#),
        format!(r#"{{"method":"personal_sign","params":["","{ME}"]}}"#),
        r#"{"message":"   "}"#.to_owned(),
        format!("[[{request}]]"),
        r#"{"m\u0065thod":"eth_sign","x":1,"x":2}"#.to_owned(),
        format!("\u{a0}{}", request.replace("method", "Method")),
        r#"{"jsonrpc": broken"#.to_owned(),
    ];
    for input in inputs {
        let report = judge("chain-id=1\n", check_message, &input);
        assert_eq!(report.exit_code, 20, "{input}: {:?}", report.findings);
    }
    let texts = ["hello", "{not json}", r#"{"order": 7}"#, "[1] a footnote"];
    for text in texts {
        let report = judge("chain-id=1\n", check_message, text);
        assert!(report.of("G-FMT-01").is_empty(), "{text}: {:?}", report.findings);
    }
}

const LISTED: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
/// Listed too: as people make them whose addresses cost less to call.
const ZEROS: &str = "0x0000db5c8B030ae20308ac975898E09741e70000";
const LISTED_BTC: &str = "149w62rY42aZBox8fGcmqNsXUzSStKeq8C";
const LISTED_TRON: &str = "TA3941uFAvmVibSkQ6fMJXxmaSNovX86mz";

/// Lists one address and clears all others.
#[derive(Debug)]
struct One;

impl Lists for One {
    fn screen(&self, address: &tracehound_model::Address) -> Listing {
        let listed = [LISTED, ZEROS, LISTED_BTC, LISTED_TRON].contains(&&address.to_string()[..]);
        if listed { Listing::Listed("a list".to_owned()) } else { Listing::Clear }
    }

    fn sources(&self) -> Vec<String> {
        vec!["a list of today".to_owned()]
    }
}

fn by_lists(check: fn(&[u8], Context<'_>) -> Report, input: &str) -> Report {
    let policy = Policy::parse(&format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n"))
        .expect("a policy");
    let facts = Facts::parse(&format!("chain-id=1\naccount='{ME}'\n")).expect("facts");
    check(input.as_bytes(), Context { lists: Some(&One), ..Context::new(&policy, &facts) })
}

const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
const ROUTER: &str = "0x7a250d5630B4cF539739dF2C5dAcb4c659F2488D";
const WETH: &str = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";

#[test]
fn whoever_is_listed_is_found_wherever_a_call_names_him() {
    let swap = [argument("1"), argument("1"), argument("a0"), argument(ME), argument("ffffffff")].concat();
    let path = [argument("2"), argument(WETH), argument(LISTED)].concat();
    let single = [
        argument(WETH),
        argument(LISTED),
        argument("bb8"),
        argument(ME),
        argument("1"),
        argument("0"),
        argument("0"),
    ];
    let hops = format!("{}000bb8{}", &WETH[2..], &LISTED[2..]);
    let input =
        [argument("20"), argument("80"), argument(ME), argument("1"), argument("1"), argument("2b")].concat();
    let calls = [
        // Somebody else's tokens: transferFrom(L, me, 5), and Permit2's own.
        (USDC, format!("0x23b872dd{}{}{}", argument(LISTED), argument(ME), argument("5"))),
        (
            "0x000000000022D473030F116dDEE9F6B43aC78BA3",
            format!("0x36c78516{}{}{}{}", argument(LISTED), argument(ME), argument("5"), argument(USDC)),
        ),
        // A token on the way of a swap: swapExactTokensForTokens, exactInputSingle, exactInput.
        (ROUTER, format!("0x38ed1739{swap}{path}")),
        (ROUTER, format!("0x04e45aaf{}", single.concat())),
        (ROUTER, format!("0xb858183f{input}{hops:0<128}")),
        // A function that nobody described.
        (ROUTER, format!("0xdeadbeef{}{}", argument("7"), argument(LISTED))),
    ];
    for (to, data) in calls {
        let report = by_lists(check_tx, &sent(to, "0x0", &data));
        assert!(report.has("G-ADDR-02") && report.exit_code == 20, "{data}: {:?}", report.findings);
        let other = by_lists(check_tx, &sent(to, "0x0", &data.replace(&argument(LISTED), &argument(WETH))));
        assert!(data.contains(&hops) || !other.has("G-ADDR-02"), "{data}: {:?}", other.findings);
    }
    let zeros = format!("0xb858183f{input}{hops:0<128}").replace(&LISTED[2..], &ZEROS[2..]);
    assert_eq!(by_lists(check_tx, &sent(ROUTER, "0x0", &zeros)).exit_code, 20, "leading zeros");
    for text in [format!("100 ETH to {LISTED}"), format!("to {}", &LISTED[2..]), format!("to{LISTED}now")] {
        let message = by_lists(check_message, &text);
        assert_eq!(message.exit_code, 20, "{text}: {:?}", message.findings);
    }
}

#[test]
fn to_end_the_right_of_somebody_listed_is_no_dealing_with_him() {
    let ends = [
        (USDC, format!("0x095ea7b3{}{}", argument(LISTED), argument("0"))),
        (
            "0x000000000022D473030F116dDEE9F6B43aC78BA3",
            format!("0xcc53287f{}{}{}{}", argument("20"), argument("1"), argument(USDC), argument(LISTED)),
        ),
    ];
    for (to, data) in ends {
        let report = by_lists(check_tx, &sent(to, "0x0", &data));
        assert!(
            report
                .findings
                .iter()
                .all(|one| one.id.as_str() != "G-ADDR-02" || one.severity == Severity::Info)
        );
        assert_eq!(report.exit_code, 0, "{data}: {:?}", report.findings);
        // With money for him it is.
        let paid = by_lists(check_tx, &sent(LISTED, "0x1", &data));
        assert_eq!(paid.exit_code, 20);
    }
    // Inside another call, as batches of revocations are sent; and not when something is given there.
    let within = |to: &str, amount: &str| {
        let inner = format!("095ea7b3{}{}", argument(to), argument(amount));
        let head = [argument("20"), argument("1"), argument("20")].concat();
        let call = [argument(USDC), argument("0"), argument("0"), argument("80"), argument("44")].concat();
        by_lists(check_tx, &sent(ROUTER, "0x0", &format!("0x174dea71{head}{call}{inner:0<192}")))
    };
    // There it is the batching contract's own right: the signer's stays as it is, and nobody says that it ended.
    for amount in ["0", "1"] {
        let other = within(LISTED, amount);
        assert_eq!(other.exit_code, 20, "{:?}", other.findings);
        assert!(!other.items[0].intent.contains("over your"), "{}", other.items[0].intent);
    }
    let given =
        by_lists(check_tx, &sent(USDC, "0x0", &format!("0x095ea7b3{}{}", argument(LISTED), argument("1"))));
    assert_eq!(given.exit_code, 20, "{:?}", given.findings);
}

#[test]
fn keys_with_blanks_requests_in_lists_and_objects_of_nothing_are_no_transactions() {
    let good = sent(FRIEND, "0x1", "0x");
    assert_eq!(by_lists(check_tx, &good).exit_code, 0);
    for odd in ["to\\u0000", " to", "to ", "to\\t", "value ", "t\\u0001o", "to\\u200b"] {
        let twin = good.replacen('{', &format!("{{\"{odd}\":\"{LISTED}\","), 1);
        let report = by_lists(check_tx, &twin);
        assert!(report.has("G-FMT-01") && report.exit_code == 20, "{odd:?}: {:?}", report.findings);
    }
    let request =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_sendTransaction\",\"params\":[{good}]}}");
    assert_eq!(by_lists(check_tx, &request).exit_code, 0);
    for none in [format!("[{request}]"), "[{}]".to_owned(), "{\"hello\":1}".to_owned(), "{}".to_owned()] {
        let report = by_lists(check_tx, &none);
        assert!(report.has("G-FMT-01") && report.exit_code == 20, "{none}: {:?}", report.findings);
    }
}

#[test]
fn what_is_written_for_a_program_is_no_text_that_a_person_agrees_to() {
    let digits = "ab".repeat(32);
    for (message, least) in [
        (format!("{{\"from\":\"{ME}\",\"to\":\"{FRIEND}\",\"value\":\"0x1\"}}"), 10),
        (
            format!(
                "{{\"request\":{{\"method\":\"eth_sendTransaction\",\"to\":\"{FRIEND}\"}},\"chainId\":1}}"
            ),
            10,
        ),
        (format!("{{\"calls\":[{{\"to\":\"{FRIEND}\"}}]}}"), 10),
        (format!("{{method:'eth_sendTransaction',to:'{FRIEND}'}}"), 10),
        ("[1,2,3,255]".to_owned(), 10),
        (format!("0X{digits}"), 20),
        (digits, 20),
    ] {
        let report = by_lists(check_message, &message);
        assert!(report.exit_code >= least && report.exit_code != 30, "{message}: {:?}", report.findings);
    }
    for text in ["I agree to the terms of today.", "[Hello] welcome back", "{ Hello }"] {
        assert_eq!(by_lists(check_message, text).exit_code, 0, "{text}");
    }
}

/// Typed data of a contract that the policy trusts.
fn typed(fields: &[(&str, &str, serde_json::Value)], name: &str) -> String {
    let own: Vec<_> =
        fields.iter().map(|(name, of, _)| serde_json::json!({ "name": name, "type": of })).collect();
    let message: serde_json::Map<_, _> =
        fields.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone())).collect();
    serde_json::json!({
        "types": {
            "EIP712Domain": [
                { "name": "chainId", "type": "uint256" },
                { "name": "verifyingContract", "type": "address" },
            ],
            name: own,
        },
        "primaryType": name,
        "domain": { "chainId": 1, "verifyingContract": USDC },
        "message": message,
    })
    .to_string()
}

#[test]
fn nothing_rides_along_with_the_end_of_a_right() {
    // A call of the spender beside an approval of nothing: approveAndCall(L, 0, ..).
    let call = format!(
        "0xcae9ca51{}{}{}{}{:0<64}",
        argument(LISTED),
        argument("0"),
        argument("60"),
        argument("4"),
        "deadbeef"
    );
    let report = by_lists(check_tx, &sent(USDC, "0x0", &call));
    assert_eq!(report.exit_code, 20, "{:?}", report.findings);
    // A permit of nothing in the words of EIP-2612, and others that look like one.
    let value = |text: &str| serde_json::Value::from(text);
    let standard = |amount: &str| {
        typed(
            &[
                ("owner", "address", value(ME)),
                ("spender", "address", value(LISTED)),
                ("value", "uint256", value(amount)),
                ("nonce", "uint256", value("0")),
                ("deadline", "uint256", value("1900000000")),
            ],
            "Permit",
        )
    };
    let ends = by_lists(check_typed, &standard("0"));
    assert!(ends.of("G-ADDR-02").iter().all(|one| one.severity == Severity::Info), "{:?}", ends.findings);
    assert_eq!(by_lists(check_typed, &standard("1")).exit_code, 20);
    for shape in [
        typed(
            &[
                ("owner", "address", value(ME)),
                ("spender", "address", value(LISTED)),
                ("value", "uint256", value("99999")),
                ("approved", "bool", false.into()),
            ],
            "Permit",
        ),
        typed(
            &[
                ("spender", "address", value(FRIEND)),
                ("amount", "uint256", value("0")),
                ("recipient", "address", value(LISTED)),
            ],
            "Transfer",
        ),
        // In fields that are no addresses.
        typed(&[("to", "bytes32", value(&format!("0x{}", argument(LISTED))))], "Move"),
        typed(&[("to", "string", value(&format!("pay {LISTED}")))], "Move"),
        typed(&[("to", "bytes", value(LISTED))], "Move"),
    ] {
        let report = by_lists(check_typed, &shape);
        assert_eq!(report.exit_code, 20, "{shape}: {:?}", report.findings);
    }
}

#[test]
fn a_batch_has_nothing_of_its_own_beside_its_calls() {
    let call = format!("{{\"to\":\"{FRIEND}\",\"value\":\"0x1\"}}");
    assert_eq!(
        by_lists(check_tx, &format!("{{\"from\":\"{ME}\",\"chainId\":1,\"calls\":[{call}]}}")).exit_code,
        0
    );
    for beside in [
        format!("\"to\":\"{LISTED}\",\"value\":\"0x5\""),
        "\"data\":\"0xdeadbeef\"".to_owned(),
        format!("\"authorizationList\":[{{\"chainId\":1,\"address\":\"{LISTED}\",\"nonce\":0}}]"),
    ] {
        let report =
            by_lists(check_tx, &format!("{{\"from\":\"{ME}\",\"chainId\":1,{beside},\"calls\":[{call}]}}"));
        assert!(report.has("G-FMT-01") && report.exit_code == 20, "{beside}: {:?}", report.findings);
    }
    let nested =
        format!("{{\"from\":\"{ME}\",\"chainId\":1,\"calls\":[{{\"to\":\"{FRIEND}\",\"calls\":[{call}]}}]}}");
    assert!(by_lists(check_tx, &nested).has("G-FMT-01"));
}

#[test]
fn whoever_pays_the_fees_of_a_safe_or_is_paid_them_is_screened() {
    for field in ["gasToken", "refundReceiver"] {
        for price in ["0", "1"] {
            let mut tx: serde_json::Value = serde_json::from_str(&payment(1, "")).expect("JSON");
            (tx[field], tx["gasPrice"]) = (LISTED.into(), price.into());
            let report = by_lists(check_safe, &tx.to_string());
            assert!(
                report.exit_code == 20 && report.has("G-ADDR-02"),
                "{field} {price}: {:?}",
                report.findings
            );
        }
    }
}

/// Phrases that are keys elsewhere, in letters that look like theirs.
#[test]
fn texts_that_make_keys_are_known_in_whatever_letters() {
    let phrase = "Access zkSync account.\n\nOnly sign this message for a trusted client!";
    let hex = format!("0x{}", hex::encode(phrase));
    let written = [
        phrase.to_uppercase(),
        phrase.replace(' ', "   "),
        phrase.replace('a', "\u{430}").replace('e', "\u{435}").replace('c', "\u{441}"),
        phrase.replace('o', "\u{3bf}").replace('n', "n\u{200b}"),
        phrase
            .chars()
            .map(
                |c| if c.is_ascii_lowercase() { char::from_u32(c as u32 + 0xfee0).expect("wide") } else { c },
            )
            .collect(),
        hex.clone(),
        // Digits of digits: a person sees no word of it.
        format!("0x{}", hex::encode(&hex)),
        hex::encode(phrase),
        "Sign in to d\u{443}dx: d\u{443}dx st\u{430}rk k\u{435}y".to_owned(),
        "\u{421}reate your ST\u{410}RKEX account".to_owned(),
        "Sign this request to generate your Aztec Spending K\u{435}y".to_owned(),
    ];
    for text in written {
        let report = by_lists(check_message, &text);
        assert!(report.has("G-SIGN-01") && report.exit_code == 20, "{text}: {:?}", report.findings);
    }
    for text in ["Sign to derive the keys of your Hyperliquid agent", "Approve agent 0x55 for Hyperliquid"] {
        assert_eq!(by_lists(check_message, text).exit_code, 10, "{text}");
    }
    // Words of dual control, and sign-ins, that only look like theirs.
    let word = format!("tracehound gu\u{430}rd: I reviewed  0x{}", "ab".repeat(32));
    assert_ne!(by_lists(check_message, &word).exit_code, 0);
    let other = "example.org w\u{430}nts you to sign in with your Ethereum account:\n0x55";
    assert_eq!(by_lists(check_message, other).exit_code, 20);
}

#[test]
fn thirty_two_letters_are_a_text_and_thirty_two_bytes_a_hash() {
    let text = "I accept the terms of this page.";
    assert_eq!(text.len(), 32);
    for text in [text.to_owned(), format!("0x{}", hex::encode(text))] {
        let report = by_lists(check_message, &text);
        assert_eq!(report.exit_code, 0, "{text}: {:?}", report.findings);
        assert!(
            report.items[0].fields.iter().any(|(_, line)| line.contains("terms of this page")),
            "{:?}",
            report.items
        );
    }
    for hash in [format!("0x{}", "ab".repeat(32)), "ab".repeat(32)] {
        assert_eq!(by_lists(check_message, &hash).exit_code, 20, "{hash}");
    }
    // Signs of a keyboard are a text, if one that says little.
    for text in [
        "I accept the terms on 2026-11-28",
        "Login nonce: 1234567890123456789",
        "00000000000000000000000000000000",
    ] {
        assert_eq!(text.len(), 32);
        let report = by_lists(check_message, text);
        assert!(
            report.exit_code != 20 && !report.summary.contains("nothing but a hash"),
            "{text}: {:?}",
            report.findings
        );
    }
    // As `eth_sign` they may be anything.
    let request = format!(r#"{{"method":"eth_sign","params":["{ME}","0x{}"]}}"#, hex::encode(text));
    assert_eq!(by_lists(check_message, &request).exit_code, 20);
}

#[test]
fn words_that_bind_are_looked_at() {
    for text in [
        "I agree to sell all my tokens",
        "I \u{430}gree to s\u{435}ll it for 1 ETH",
        "I authorise Example to spend up to 100 USDC",
        "I authorize the bearer to withdraw from this account",
        "Example may withdraw my funds",
        // Of pictures whole sentences are made.
        "Welcome \u{2764}\u{fe0f} to example.org",
    ] {
        assert_eq!(by_lists(check_message, text).exit_code, 10, "{text}");
    }
    let terms = "I accept the terms of service of example.org";
    assert_eq!(by_lists(check_message, terms).exit_code, 0);
}

/// What another program reads from a key that is passed over here would be signed unseen.
#[test]
fn transactions_under_other_names_are_refused_by_what_they_are() {
    let good = sent(FRIEND, "0x1", "0x");
    assert_eq!(by_lists(check_tx, &good).exit_code, 0);
    let said = |input: &str, says: &str| {
        let report = by_lists(check_tx, input);
        let told = report.of("G-FMT-01").iter().any(|one| one.title.contains(says));
        assert!(told && report.exit_code == 20, "{input}: {:?}", report.findings);
    };
    let keys = [
        ("toAddress", format!("\"{LISTED}\""), "another name for `to`"),
        ("recipient", format!("\"{LISTED}\""), "another name for `to`"),
        ("destination", format!("\"{LISTED}\""), "another name for `to`"),
        ("amount", "\"5\"".to_owned(), "another name for `value`"),
        ("value_wei", "5".to_owned(), "another name for `value`"),
        ("callData", "\"0xdeadbeef\"".to_owned(), "another name for `data`"),
        ("payload", "\"0xdeadbeef\"".to_owned(), "another name for `data`"),
        ("network", "\"base\"".to_owned(), "another name for `chainId`"),
        ("chain", "10".to_owned(), "another name for `chainId`"),
        ("result", format!("{{\"to\":\"{LISTED}\"}}"), "a transaction of its own"),
        ("tx", format!("{{\"to\":\"{LISTED}\"}}"), "a transaction of its own"),
        ("transaction", "\"0x02c0\"".to_owned(), "a transaction of its own"),
        ("txHash", format!("\"0x{}\"", "ab".repeat(32)), "made already"),
    ];
    for (key, value, says) in keys {
        said(&good.replacen('{', &format!("{{\"{key}\":{value},"), 1), says);
        said(&format!("{{\"{key}\":{value}}}"), says);
    }
    said(&good.replace("\"data\"", "\"Data\""), "for another");
    // What nobody here has heard of is not judged, and says so.
    let odd = by_lists(check_tx, &good.replacen('{', "{\"memo\":\"hello\",", 1));
    assert_eq!(odd.exit_code, 30, "{:?}", odd.findings);

    assert_eq!(by_lists(check_safe, &payment(1, "")).of("G-FMT-01").len(), 0);
    for (key, value) in [
        ("Data", "\"0xdeadbeef\"".to_owned()),
        ("toAddress", format!("\"{LISTED}\"")),
        ("recipient", format!("\"{LISTED}\"")),
        ("amount", "\"100\"".to_owned()),
        ("network", "\"base\"".to_owned()),
        ("result", "{}".to_owned()),
    ] {
        let report = by_lists(check_safe, &payment(1, &format!(",\"{key}\":{value}")));
        assert!(report.has("G-FMT-01") && report.exit_code == 20, "{key}: {:?}", report.findings);
    }
}

#[test]
fn a_sign_in_is_for_one_site_over_a_way_that_nobody_listens_to() {
    let judged = |origin: &str, domain: &str, uri: &str| {
        let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\norigin='{origin}'\n");
        let text = format!(
            "{domain} wants you to sign in with your Ethereum account:\n{ME}\n\nWelcome.\n\nURI: {uri}\nVersion: 1\nChain ID: \
             1\nNonce: 12345678\nIssued At: 2026-01-15T12:00:00Z"
        );
        judge(&facts, check_message, &text)
    };
    for (origin, domain, uri) in [
        ("example.org", "example.org", "https://example.org/in"),
        ("https://example.org", "example.org", "https://example.org:443"),
        // As some clients write it.
        ("example.org", "https://example.org", "https://example.org"),
        ("https://example.org:8443", "https://example.org:8443", "https://example.org:8443/in"),
        ("http://localhost:3000", "localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000", "http://127.0.0.1:3000/x"),
    ] {
        let report = judged(origin, domain, uri);
        assert_eq!(report.exit_code, 0, "{domain} {uri}: {:#?}", report.findings);
    }
    for (origin, domain, uri) in [
        ("example.org", "example.org", "http://example.org"),
        ("http://example.org", "http://example.org", "http://example.org"),
        ("example.org", "http://example.org", "https://example.org"),
        ("example.org", "example.org", "https://example.org:8443"),
        ("example.org", "example.org", "https://example.org.evil.example"),
        ("example.org", "example.org", "https://www.example.org"),
        ("https://example.org:8443", "example.org:8443", "https://example.org"),
        ("http://localhost:3000", "localhost:3000", "http://localhost:3001"),
        ("http://localhost.example", "localhost.example", "http://localhost.example"),
    ] {
        let report = judged(origin, domain, uri);
        assert!(report.exit_code != 0 && report.has("G-SIGN-01"), "{domain} {uri}: {:#?}", report.findings);
    }
    assert_eq!(judged("evil.example", "https://example.org", "https://example.org").exit_code, 20);
    let odd = judged("example.org", "https://example.org/", "https://example.org");
    assert_eq!(odd.exit_code, 10, "{:#?}", odd.findings);
}
