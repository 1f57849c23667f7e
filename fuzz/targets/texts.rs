//! Any bytes as a text to be signed: what is allowed is a text that people read, and opens, binds or hands over nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tracehound_guard::{Context, Facts, Policy, check_message};

const SEEDS: &[&str] = &[
    "example.org wants you to sign in with your Ethereum account:\n0x1111111111111111111111111111111111111111\n\nWelcome.\n\nURI: https://example.org\nVersion: 1\nChain ID: 1\nNonce: 12345678\nIssued At: 2026-01-15T12:00:00Z\nResources:\n- urn:recap:eyJhdHQiOnsieCI6eyJrdi9wdXQiOlt7fV19fX0",
    "I accept the terms of service of example.org",
    "I agree to sell all my tokens",
    "Access zkSync account.\n\nOnly sign this message for a trusted client!",
    "tracehound guard: I reviewed 0xabababababababababababababababababababababababababababababababab",
    "0x48656c6c6f",
    "{\"method\":\"personal_sign\",\"params\":[\"0x48656c6c6f\",\"0x1111111111111111111111111111111111111111\"]}",
    "cHNidP8BAHECAAAAARuMA4C+FcpdU+0kYQvr7w3SlO6RUkJ6OszCMFSoJIcoAAAAAAD9////AgDh9QUAAAAAFgAU195DXreIQwg9yvNG9ezeSBs97RMwuusLAAAAABYAFKru6ViFCz8Zl64akDwWJx/LmsT3AAAAAA==",
];

fuzz_target!(
    init: {
        tracehound_fuzz::seeds_wanted(|| SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect());
    },
    |data: &[u8]| {
        const ME: &str = "0x1111111111111111111111111111111111111111";
        let facts = format!("chain-id=1\nnow='2026-01-15T12:00:00Z'\naccount='{ME}'\norigin='example.org'\n");
        let (policy, facts) = (Policy::default(), Facts::parse(&facts).expect("facts"));
        let report = check_message(data, Context::new(&policy, &facts));
        if report.exit_code != 0 {
            return;
        }
        assert!(!report.items.is_empty(), "nothing was read");
        let lines = report.items[0].fields.iter().filter(|(name, _)| name == "Text").map(|(_, line)| &line[..]);
        let shown: Vec<&str> = lines.collect();
        assert!(!shown.is_empty(), "what is allowed is shown");
        let text = shown.join("\n").to_lowercase();
        let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        for mark in ["tracehoundguardireviewed0x", "accesszksyncaccount", "starkkey", "viewingkey"] {
            assert!(!letters.contains(mark), "{mark} is allowed");
        }
        // Words that bind are words: what is written in one is none.
        assert!(!text.contains("i agree to sell all"), "words that bind are allowed");
        if text.contains("wants you to sign in with your ethereum account:") {
            assert!(!text.contains("urn:recap:"), "powers are handed over: {text}");
            let site = text.strip_prefix("https://").unwrap_or(&text);
            assert!(site.starts_with("example.org wants you to sign in"), "another site's sign-in is allowed: {text}");
            assert!(text.contains("\nversion: 1\nchain id: 1\nnonce: "), "not in its form, and allowed: {text}");
        }
    }
);
