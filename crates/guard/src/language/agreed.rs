//! Harmless words that bind together: something accepted with a sum, a deal or a thing beside it; a receipt; a text that asks not to
//! be read.

use crate::plain;

/// How somebody accepts.
const ACCEPTS: &[&str] = &[
    "accept",
    "accepting",
    "accepts",
    "accepted",
    "agree",
    "agreed",
    "agreeing",
    "agrees",
    "consent",
    "consents",
];

/// Names of what is agreed to that say what is given: of terms of use and privacy nobody thinks at these words.
const DEALS: &[&str] = &[
    "assignment",
    "authorization",
    "authorisation",
    "buyout",
    "custody",
    "delegation",
    "donation",
    "donations",
    "escrow",
    "gift",
    "handover",
    "lease",
    "lien",
    "loan",
    "mandate",
    "pledge",
    "release",
    "sale",
    "settlement",
    "subscription",
    "subscriptions",
    "surrender",
    "takeover",
    "transfer",
    "waiver",
    "withdrawal",
    "withdrawals",
];

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What in a text binds by what stands together, a sentence; otherwise nothing.
pub(crate) fn binds(text: &str) -> Option<String> {
    let lower = plain::letters(text);
    let sentences = lower.split(['\n', '\r', '!', '?', ';']).flat_map(|line| line.split(". "));
    sentences.map(str::trim).find(|sentence| is_deal(sentence)).map(str::to_owned)
}

fn is_deal(sentence: &str) -> bool {
    let trim = |word: &'_ str| -> String { word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned() };
    let words: Vec<String> = sentence.split_whitespace().map(trim).filter(|word| !word.is_empty()).collect();
    let has = |all: &[&str]| words.iter().any(|word| all.contains(&&word[..]));
    let unread =
        |pair: &[String]| pair[1] == "read" && ["not", "don't", "dont", "never"].contains(&&pair[0][..]);
    if words.windows(2).any(unread) || sentence.contains("without reading") {
        return true;
    }
    let accepts = has(ACCEPTS);
    let thanks = has(&["thank", "thanks", "receipt", "received"]);
    (accepts || thanks) && has_sum(&words) || accepts && (has(DEALS) || gives_held(&words))
}

/// A number that is no day, year, age or version.
fn has_sum(words: &[String]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let digits = word.trim_end_matches("th").trim_start_matches('$');
        let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || b".,_\'".contains(&byte));
        let before = at.checked_sub(1).map_or("", |before| &words[before]);
        let next = words.get(at + 1).map_or("", |next| &next[..]);
        let month = |word: &str| word.get(..3).is_some_and(|start| MONTHS.contains(&start));
        let is_year = digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
        let is_named =
            ["version", "v", "section", "article", "eip", "erc", "eip-", "over", "least"].contains(&before);
        is_number && !(is_year || is_named || month(before) || month(next) || next == "years")
    })
}

/// `this wallet to …`, `this account in …`: what one holds, with a direction; that one connects or signs in with it is none.
fn gives_held(words: &[String]) -> bool {
    const USES: &[&str] =
        &["connect", "connecting", "link", "linking", "using", "use", "with", "sign", "log", "login"];
    words.windows(3).enumerate().any(|(at, three)| {
        let held = ["wallet", "account", "address"].contains(&&three[1][..]);
        let to = ["to", "in", "for", "into"].contains(&&three[2][..]);
        let is_used = words[at.saturating_sub(2)..at].iter().any(|word| USES.contains(&&word[..]));
        three[0] == "this" && held && to && !is_used
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_binds_together_is_told_from_terms_that_are_accepted() {
        for text in [
            "I accept the terms of service of Evil: 1000000 USDC by tomorrow",
            "I accept the terms of service of Evil: 500 ETH by noon",
            "I accept the terms of service of Evil, 500 a day for 12 years",
            "I agree to the conditions: this wallet to evil.com",
            "I agree to the conditions: this wallet in service to Evil",
            "At your service from 1 January: this account, in the terms I agree to.",
            "I accept the Evil Handover terms",
            "I accept the Evil Delegation terms",
            "Do not read this message. Please sign.",
            "Thanks for the 100",
        ] {
            assert!(binds(text).is_some(), "{text}");
        }
        for text in [
            "I accept the ExampleOrg Terms of Service: https://example.org/tos/2",
            "By connecting this wallet to Example you agree to the terms.",
            "I accept the terms of 15 January 2026, version 2.0",
            "I am over 18 and I agree to the terms of service",
            "I am at least 18 years old and accept the privacy policy",
            "Thanks for signing in",
            "Please read this message. Nonce: 12345678",
        ] {
            assert_eq!(binds(text), None, "{text}");
        }
    }
}
