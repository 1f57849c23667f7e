//! Texts where a code, an address of a page or a reference is expected: whether words stand there that say something.

use std::{borrow::Cow, collections::BTreeSet, sync::LazyLock};

use crate::{
    hidden::{hidden_texts, is_prose},
    language, sign_in,
};

/// Pairs of letters that make up most of English words, and few of what is drawn by chance.
const PAIRS: &str = "
th he in er an re nd on en at ou ed ha to or it is hi es ng st ar te se me nt al le ve as io ti of ri ro ic ne ea ra ce li ch ll be
ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na
ow go de
";

static COMMON: LazyLock<BTreeSet<&str>> = LazyLock::new(|| PAIRS.split_whitespace().collect());

/// The words that a code is made of, where it is none: letters that follow each other as in a language, or words between signs.
pub(crate) fn worded(code: &str) -> Option<String> {
    let read = decoded(code);
    if let Some(said) = joined(&read) {
        return Some(said);
    }
    let code = &read[..];
    let parts: Vec<&str> =
        code.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    // Groups of hexadecimal digits (UUID) may be letters alone.
    let is_hex =
        |part: &str| matches!(part.len(), 4 | 8 | 12) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words =
        parts.iter().filter(|part| part.len() >= 2 && part.chars().all(char::is_alphabetic) && !is_hex(part));
    let apart = parts.join(" ");
    let says = parts.iter().any(|part| is_glued(part, 6))
        && (parts.len() == 1 || language::unread(&apart).is_some())
        || words.count() >= 2 && language::unread(&apart).is_some()
        || parts.len() > 1 && sign_in::orders(&apart).is_some();
    says.then(|| code.to_owned())
}

/// Words that are written together with capital letters between (`IGiveAllToBob`), where they speak of what is given.
fn joined(code: &str) -> Option<String> {
    const HELD: &[&str] =
        &["all", "my", "everything", "token", "asset", "fund", "wallet", "account", "mine", "your"];
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in code.chars() {
        let begins = c.is_ascii_uppercase() && !last.is_ascii_uppercase()
            || c.is_ascii_uppercase() && last == 'I'
            || c.is_ascii_alphabetic() != last.is_ascii_alphabetic();
        match words.last_mut() {
            Some(word) if !begins => word.push(c.to_ascii_lowercase()),
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
        last = c;
    }
    let says = |word: &str| sign_in::is_form_of(word, sign_in::GIVING) || sign_in::is_form_of(word, HELD);
    let said: Vec<&str> = words
        .iter()
        .flat_map(|word| [Some(&word[..]), word.strip_prefix('i')])
        .flatten()
        .filter(|word| says(word))
        .collect();
    let gives =
        |word: &&str| sign_in::is_form_of(word, sign_in::GIVING) || ["all", "everything"].contains(word);
    (said.len() >= 2 && said.iter().any(gives)).then(|| code.to_owned())
}

/// Words in codes and addresses of a free text, where nobody looks for what he agrees to.
pub(crate) fn in_codes(text: &str) -> Option<String> {
    text.split_whitespace().find_map(|word| if word.contains("://") { slug(word) } else { joined(word) })
}

/// Whether letters follow each other as in a language, in so many pairs at least.
fn is_glued(word: &str, least: usize) -> bool {
    let (common, all) = code_pairs(word);
    // In a long one chance brings half of them together as seldom.
    all >= least && (common * 10 >= all * 6 || all >= 20 && common * 2 >= all)
}

/// Pairs of letters next to each other that are common, and all.
fn code_pairs(code: &str) -> (usize, usize) {
    let lower = code.to_ascii_lowercase();
    let pairs = || {
        let places = (0..lower.len()).filter_map(|at| lower.get(at..at + 2));
        places.filter(|pair| pair.bytes().all(|byte| byte.is_ascii_alphabetic()))
    };
    (pairs().filter(|pair| COMMON.contains(pair)).count(), pairs().count())
}

/// The part of a page's address that is a sentence: several words, of which not all are read here.
pub(crate) fn slug(page: &str) -> Option<String> {
    /// Of fewer words pages have names.
    const LEAST: usize = 4;
    /// Pairs of letters of the longest word.
    const LONGEST_WORD: usize = 16;
    let plain = behind_host(page)?;
    let mut parts = plain.split(['/', '?', '#', '&', '=']);
    let found = parts.find(|part| {
        let words: Vec<&str> = part
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && word.chars().all(char::is_alphabetic))
            .collect();
        let apart = words.join(" ");
        words.iter().any(|word| is_glued(word, LONGEST_WORD))
            || words.len() >= LEAST && language::unread(&apart).is_some()
            || sign_in::orders(&apart).is_some()
            || sign_in::binds(&apart).is_some()
            || joined(part).is_some()
            || hidden_texts(part).iter().any(|inner| inner.contains(' ') && is_prose(inner.as_bytes()))
    });
    found.map(str::to_owned)
}

/// What of a page's address stands behind its host, as a browser reads it.
pub(crate) fn behind_host(page: &str) -> Option<String> {
    let rest = page.split_once("://").map_or(page, |(_, rest)| rest);
    rest.find(['/', '?', '#']).map(|at| decoded(&rest[at..]))
}

/// What of a text is words of somebody, each by itself: of a sign-in in its form the statement, its codes, and what its addresses say
/// behind their hosts. Whose the hosts are is held against the site that asks, and no order, whatever they are called
/// (`swap.example.org`).
pub(crate) fn spoken(text: &str) -> Vec<Cow<'_, str>> {
    let Ok(read) = sign_in::read(text) else { return vec![text.into()] };
    let codes = [Some(read.nonce), read.request].into_iter().flatten();
    let codes = codes.map(|code| format!("code {code}").into());
    let page = |page: &'_ str| behind_host(page).unwrap_or_default();
    let resources = read.resources.clone();
    let pages = std::iter::once(read.uri).chain(read.resources);
    let pages = pages.map(|one| {
        if sign_in::is_page(one) || sign_in::is_content(one) {
            format!("page {}", page(one)).into()
        } else {
            Cow::Borrowed(one)
        }
    });
    let own = read.uri.split_once("://").map_or(read.uri, |(_, rest)| rest);
    let hosts = [read.domain, own]
        .into_iter()
        .chain(resources.iter().map(|one| one.split_once("://").map_or(*one, |(_, rest)| rest)));
    let hosts = hosts.map(|host| host.split(['/', '?', '#']).next().unwrap_or_default());
    let hosts =
        hosts.filter(|host| sentence_in_host(host)).map(|host| host.replace(['-', '_', '.'], " ").into());
    let hosts: Vec<Cow<'_, str>> = hosts.collect();
    read.statement.map(Cow::Borrowed).into_iter().chain(hosts).chain(codes).chain(pages).collect()
}

/// Whether a host holds more than a name: a label of several words, or more labels than sites have.
fn sentence_in_host(domain: &str) -> bool {
    /// Words of a label, and labels, of which a sentence can be made.
    const WORDS: usize = 3;
    const LABELS: usize = 5;
    let host = sign_in::authority(domain).0;
    let is_name = |c: char| c.is_alphanumeric() || "-.[]:".contains(c);
    let words = |label: &str| label.split('-').filter(|word| !word.is_empty()).count();
    host.split('.').any(|label| words(label) >= WORDS)
        || host.split('.').count() >= LABELS
        || !host.chars().all(is_name)
}

/// As a browser reads `%20`.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => bytes.extend_from_slice(part.as_bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).replace('+', " ")
}

/// Words of what is written on a payment.
const REFERENCES: &str = "
account acct annual batch bill client contract customer deposit desk donation dues fee fees for-services grant id inv invoice january february
march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec memo membership month monthly
no nr number order paid pay-out payment payroll po project quarter quarterly reference ref refund rent salary subscription tag tax test
thank thanks topup treasury uid user vat wages week weekly year yearly you
";

static REFERENCE_WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| REFERENCES.split_whitespace().collect());

/// What of a text for the receiver of a payment is not read here: a reference is numbers, codes, and words of bills.
pub(crate) fn unread(text: &str) -> Option<String> {
    /// Codes and numbers of one text; of more letters can be made.
    const MOST: usize = 8;
    const LONGEST: usize = 36;
    let mut codes = 0;
    let parts = text.split(|c: char| c.is_whitespace() || "-_.:/#,;()".contains(c));
    for part in parts.filter(|part| !part.is_empty()) {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let is_plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_code = digits > 0 && part.len() <= LONGEST && digits * 4 >= part.len();
        codes += usize::from(is_code);
        let is_word = || REFERENCE_WORDS.contains(&part.to_ascii_lowercase()[..]);
        if !is_plain || !(is_code && codes <= MOST || is_word()) {
            return Some(part.to_owned());
        }
    }
    None
}

/// What orders to routers begin with, before a colon. Source: `THORChain`, "Transaction Memos"; Maya Protocol, the same.
const ROUTED: &[&str] = &[
    "swap",
    "s",
    "=",
    "=<",
    "add",
    "a",
    "+",
    "withdraw",
    "wd",
    "-",
    "donate",
    "d",
    "loan+",
    "$+",
    "loan-",
    "$-",
    "trade+",
    "trade-",
    "secure+",
    "secure-",
    "bond",
    "unbond",
    "rebond",
    "leave",
    "migrate",
    "noop",
    "reserve",
    "name",
    "n",
    "~",
    "mayaname",
    "pool+",
    "pool-",
    "cacaopool+",
    "cacaopool-",
    "runepool+",
    "runepool-",
    "x",
    "exec",
    "tcy",
    "tcy+",
    "tcy-",
    "out",
    "operator",
    "switch",
    "limit",
    "m=<",
    "consolidate",
    "ragnarok",
    "vote",
    "maya",
    "thor",
];

/// Whether a text is an order to a router of `THORChain` or one of its kin: what it does, of which asset, for whom, with colons
/// between.
pub(crate) fn is_routed(text: &str) -> bool {
    let text = text.trim();
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_asset = |part: &str| {
        let (chain, asset) = part.split_once(['.', '/', '~']).unwrap_or_default();
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (2..=9).contains(&chain.len())
            && !asset.is_empty()
            && plain(chain)
            && plain(asset)
            && chain.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let rest: Vec<&str> = parts.collect();
    let written_together = !rest.is_empty() && !text.contains(char::is_whitespace);
    written_together
        && (ROUTED.contains(&&first[..]) || rest.len() >= 2 && rest.iter().any(|part| is_asset(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_codes() {
        for text in [
            "AllThatIOwnGoesToBob",
            "ItransferAllTokensToBob",
            "everythingisyoursnow",
            "All-that-I-own-goes-to-Bob",
            "pay_Bob_10_ether",
            "this.account.is.sold",
            "give-all",
            "IgiveBobAllMyTokens",
            "IGiveAllToBob",
            "%49%20%67%69%76%65%20%61%6c%6c%20%74%6f%20%42%6f%62",
            "IGiveAllMyTokensToBob12345678",
        ] {
            assert!(worded(text).is_some(), "{text}");
        }
        for text in [
            "123e4567-e89b-12d3-a456-426614174000",
            "7",
            "12345678",
            "k3PqZ81vT",
            "kEWepMt9knR6lWJ6A",
            "9a8b7c6d",
            "login-4711",
            "req_8f3k2l9x",
            "01HZX3V5K8Q2M4N6P7R9S0T1",
        ] {
            assert_eq!(worded(text), None, "{text}");
        }
    }

    /// Letters and digits drawn by chance, as libraries make a sign-in's number.
    #[test]
    fn a_number_drawn_by_chance_is_taken_for_words_twice_in_a_thousand_at_most() {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut drawn = |length: usize| -> String {
            let one = |()| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(LETTERS[usize::try_from(state >> 33).expect("fits") % LETTERS.len()])
            };
            std::iter::repeat_n((), length).map(one).collect()
        };
        for (length, most) in [(8, 40), (17, 40), (32, 40)] {
            let taken = (0..20_000).filter(|_| worded(&drawn(length)).is_some()).count();
            assert!(taken <= most, "{taken} of 20,000 with {length} letters");
        }
    }

    #[test]
    fn a_sentence_in_the_address_of_a_page_is_told_from_its_name() {
        for page in [
            "https://app.example.org/this-account-is-from-today-the-property-of-Bob",
            "https://app.example.org/in?x=I%20give%20all%20my%20tokens%20to%20Bob",
            "https://app.example.org/#i_sell_it_all_to_bob",
            "https://app.example.org/thisaccountisfromtodaythepropertyofbob",
            "https://app.example.org/transfer-ownership",
            "https://app.example.org/send-all-to-0xe7",
            "https://app.example.org/in?x=I%20give%20all",
        ] {
            assert!(slug(page).is_some(), "{page}");
        }
        for page in [
            "https://app.example.org",
            "https://app.example.org/in",
            "https://app.example.org/auth/sign-in-with-ethereum?redirect=/dashboard/overview",
            "https://app.example.org/swap?inputCurrency=ETH&outputCurrency=USDC",
            "https://app.example.org/terms-of-service",
            "https://app.example.org/s/123e4567-e89b-12d3-a456-426614174000",
        ] {
            assert_eq!(slug(page), None, "{page}");
        }
    }

    #[test]
    fn a_reference_is_read_and_an_order_is_not() {
        for text in [
            "invoice 2026-11",
            "order #4471",
            "INV-2026-0017",
            "uid: 104857392",
            "Rent November 2026",
            "104857392",
        ] {
            assert_eq!(unread(text), None, "{text}");
            assert!(!is_routed(text), "{text}");
        }
        for text in [
            "for account of Mallory 12345678",
            "pay out to Bob",
            "close my account",
            "invoice 2026 \u{430}pple",
            "t0kens",
            "legal winner thank year wave sausage worth useful legal winner thank yellow",
        ] {
            assert!(unread(text).is_some(), "{text}");
        }
        for text in [
            "SWAP:ETH.ETH:evil",
            "swap:BTC.BTC:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
            "=:ETH.ETH:0xe7e7",
            "=:b:thief:0/1/0",
            "ADD:BTC.BTC:thief",
            "WITHDRAW:BTC.BTC:10000",
            "BOND:thor1thief",
            "x:y:MAYA.CACAO:thief",
        ] {
            assert!(is_routed(text), "{text}");
        }
    }
}
