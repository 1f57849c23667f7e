//! Any bytes as the pages of a Safe's queue: what is allowed was read, whole, and pays whom the policy knows.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tracehound_guard::{
    Context, Facts, Policy, check_queue,
    policy::DEFAULT,
    safe::{Asked, Listed, Pick},
};

const SAFE: &str = "0x6666666666666666666666666666666666666666";
const FRIEND: &str = "0x5555555555555555555555555555555555555555";

/// Between two pages.
const PAGE: u8 = 0x1e;

const SEEDS: &[&str] = &[
    r#"{"count":2,"next":null,"previous":null,"results":[{"safe":"0x6666666666666666666666666666666666666666","to":"0x5555555555555555555555555555555555555555","value":"1","data":null,"operation":0,"nonce":5,"isExecuted":false,"confirmations":[]},{"safe":"0x6666666666666666666666666666666666666666","to":"0x8888888888888888888888888888888888888888","value":"1","operation":0,"nonce":3,"isExecuted":true,"confirmations":[]}]}"#,
    "{\"next\":\"http://127.0.0.1/?offset=1\",\"results\":[]}\u{1e}{\"next\":null,\"results\":[{\"safe\":\"0x6666666666666666666666666666666666666666\",\"to\":\"0x5555555555555555555555555555555555555555\",\"value\":\"1\",\"operation\":0,\"nonce\":5}]}",
    r#"{"safeAddress":"0x6666666666666666666666666666666666666666","executedAt":null,"txStatus":"AWAITING_CONFIRMATIONS","txData":{"hexData":null,"to":{"value":"0x5555555555555555555555555555555555555555"},"value":"1","operation":0},"detailedExecutionInfo":{"type":"MULTISIG","nonce":5,"safeTxGas":"0","baseGas":"0","gasPrice":"0","confirmations":[]}}"#,
    r#"{"version":"1.0","chainId":"1","meta":{"createdFromSafeAddress":"0x6666666666666666666666666666666666666666"},"transactions":[{"to":"0x5555555555555555555555555555555555555555","value":"1","data":null}]}"#,
    r#"[{"type":"LABEL","label":"Next"},{"type":"TRANSACTION","transaction":{"id":"multisig_0x_0x"}}]"#,
];

fuzz_target!(
    init: {
        tracehound_fuzz::seeds_wanted(|| SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect());
    },
    |data: &[u8]| {
        let policy = Policy::parse(&format!("{DEFAULT}\n[[book]]\naddress='{FRIEND}'\nname='a friend'\n"));
        let facts = format!(
            "chain-id=1\nnow='2026-01-15T12:00:00Z'\n[[safe]]\naddress='{SAFE}'\nversion='1.4.1'\nowners=['{FRIEND}']\nthreshold=1\n\
             nonce=5\n"
        );
        let (policy, facts) = (policy.expect("a policy"), Facts::parse(&facts).expect("facts"));
        let context = Context::new(&policy, &facts);
        let pages: Vec<&[u8]> = data.split(|byte| *byte == PAGE).collect();
        for pick in [Pick::Waiting, "5".parse().expect("a pick")] {
            let asked = Asked { pick, ..Asked::default() };
            let listed = Listed { pages: &pages, ..Listed::default() };
            let report = check_queue(listed, asked, context);
            if report.exit_code != 0 {
                continue;
            }
            let said_empty = pick == Pick::Waiting && data.windows(7).any(|word| word == b"\"count\"");
            assert!(!report.items.is_empty() || said_empty, "nothing was read");
            for item in &report.items {
                let field = |name: &str| item.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
                // The Safe's next number is 5: what is below is history, and shown as such.
                if field("Nonce").parse::<u64>().is_ok_and(|nonce| nonce < 5) {
                    continue;
                }
                let to = field("To").to_lowercase();
                assert!(to.starts_with(FRIEND) || to.starts_with(SAFE), "{to}");
                assert_eq!(field("Operation"), "0 call");
            }
            // Another reader: the last page names no other.
            let read: Vec<Value> = pages.iter().filter_map(|page| serde_json::from_slice(page).ok()).collect();
            if pick == Pick::Waiting && read.len() == pages.len() {
                assert!(read.last().is_none_or(|page| page.get("next").is_none_or(Value::is_null)), "a page is missing");
            }
        }
        // What could not be had makes it incomplete, whatever the rest says.
        let unread = ["page 2 could not be had.".to_owned()];
        let listed = Listed { pages: &pages, unread: &unread, ..Listed::default() };
        assert_ne!(check_queue(listed, Asked::default(), context).exit_code, 0);
    }
);
