//! What a Safe signs on the chain: the message stands in the call, and is read as one.

use tracehound_guard::{Context, Facts, Policy, Report, check_safe, check_typed, policy::DEFAULT};

use crate::NO_REFUND;

const ME: &str = "0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const SAFE: &str = "0x5afE5aFE5Afe5afe5aFe5afE5afE5aFE5afe0001";
const LIBRARY: &str = "0xd53cd0aB83D845Ac265BE939c57F53AD838012c9";

fn facts(more: &str) -> Facts {
    let code = "525c754a46b79e05543a59bb61e8de3c9eee0d955a59352409cbe67ea1077528";
    let facts = format!(
        "chain-id=1\nnow='2026-02-01T00:00:00Z'\naccount='{ME}'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\n\
         owners=['{ME}']\nthreshold=1\nnonce=1\n{more}[[address]]\naddress='{LIBRARY}'\ncode-hash='0x{code}'\n"
    );
    Facts::parse(&facts).expect("facts")
}

fn marked(message: &[u8]) -> Report {
    let (text, width) = (hex::encode(message), message.len().next_multiple_of(32) * 2);
    let data = format!("85a5affe{:064x}{:064x}{text:0<width$}", 32, message.len());
    let input = format!(
        r#"{{"safe":"{SAFE}","to":"{LIBRARY}","value":"0","data":"0x{data}","operation":1,{NO_REFUND},"nonce":1,"chainId":1,"version":"1.4.1"}}"#
    );
    let policy = Policy::parse(DEFAULT).expect("a policy");
    check_safe(input.as_bytes(), Context::new(&policy, &facts("")))
}

#[test]
fn a_text_that_a_safe_signs_is_read() {
    let hello = marked(b"hello");
    assert_eq!(hello.exit_code, 10, "{:#?}", hello.findings);
    assert!(
        hello.items[0].intent.contains("marks the text \"hello\" as signed by the Safe"),
        "{}",
        hello.items[0].intent
    );
    let words = [&["abandon"; 11][..], &["about"]].concat().join(" ");
    for text in [
        &words[..],
        "Access zkSync account.\n\nOnly sign this message for a trusted client!",
        "tracehound guard: I reviewed 0x1111111111111111111111111111111111111111111111111111111111111111",
    ] {
        let report = marked(text.as_bytes());
        assert!(report.exit_code == 20 && report.has("G-SIGN-01"), "{text}: {:#?}", report.findings);
    }
    let sells = marked(b"I sell all my tokens to bob");
    assert!(sells.of("G-SIGN-01").len() > 1, "{:#?}", sells.findings);
    let bytes = marked(&[0x19, 0x01, 0xff]);
    assert_eq!(bytes.exit_code, 20, "{:#?}", bytes.findings);
}

#[test]
fn a_hash_whose_content_is_not_here_is_not_vouched_for() {
    for message in [&[0xab; 32][..], &[]] {
        let report = marked(message);
        let missing = report.of("G-SIGN-01").iter().any(|one| one.title.contains("is not here"));
        assert!(missing && report.exit_code == 30, "{message:?}: {:#?}", report.findings);
    }
    let typed = |message: &str| {
        let input = format!(
            r#"{{"types":{{"EIP712Domain":[{{"name":"chainId","type":"uint256"}},{{"name":"verifyingContract","type":"address"}}],"SafeMessage":[{{"name":"message","type":"bytes"}}]}},"primaryType":"SafeMessage","domain":{{"chainId":1,"verifyingContract":"{SAFE}"}},"message":{{"message":"0x{message}"}}}}"#
        );
        let policy = Policy::parse(DEFAULT).expect("a policy");
        check_typed(input.as_bytes(), Context::new(&policy, &facts("")))
    };
    let report = typed(&"ab".repeat(32));
    assert_eq!(report.exit_code, 30, "{:#?}", report.findings);
    assert_eq!(typed(&hex::encode("hello")).exit_code, 10);
}

#[test]
fn the_handler_of_composable_orders_answers_for_a_safe_where_it_is_shipped() {
    let judge = |handler: &str| {
        let input = format!(
            r#"{{"safe":"{SAFE}","to":"{ME}","value":"1","data":"0x","operation":0,{NO_REFUND},"nonce":1,"chainId":1,"version":"1.4.1"}}"#
        );
        let policy = format!("{DEFAULT}\n[[book]]\naddress='{ME}'\nname='me'\n");
        let policy = Policy::parse(&policy).expect("a policy");
        let facts = facts(&format!("modules=[]\nguard='0x{:040x}'\nfallback-handler='{handler}'\n", 0));
        check_safe(input.as_bytes(), Context::new(&policy, &facts))
    };
    let cow = judge("0x2f55e8b20D0B9FEFA187AA7d00B6Cbe563605bF5");
    assert_eq!(cow.exit_code, 0, "{:#?}", cow.findings);
    assert_eq!(judge("0x2f55e8b20d0b9fefa187aa7d00b6cbe563605bf6").exit_code, 10);
}
