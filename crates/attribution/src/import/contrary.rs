//! Words that say that an address is *not* what a list is of: `whitelist`, `trusted`, `false_positives`, `delisted`, `victims`.
//!
//! A list of one's own has such addresses beside the others, and whoever takes them for its entries accuses the victim. What
//! stands under such a word is refused and named: what else it may be good for nobody has said.

use std::{collections::HashSet, sync::LazyLock};

use super::{
    json_list::CHAIN_KEYS,
    mapping::normal,
    text::{self, Day},
};

/// Words that say so whatever stands beside them.
const STRONG: &[&str] = &[
    "whitelist",
    "whitelists",
    "whitelisted",
    "whitelisting",
    "allowlist",
    "allowlists",
    "allowlisted",
    "allowlisting",
    "safelist",
    "safelisted",
    "goodlist",
    "passlist",
    "ignorelist",
    "excludelist",
    "exclusionlist",
    "exemptlist",
    "exceptionlist",
    "falsepositive",
    "falsepositives",
    "falseflag",
    "falseflags",
    "delist",
    "delisted",
    "delisting",
    "delistings",
    "unlisted",
    "unblocked",
    "unsanctioned",
    "exclude",
    "excluded",
    "excludes",
    "exclusion",
    "exclusions",
    "exempt",
    "exempted",
    "exemption",
    "exemptions",
    "exonerated",
    "acquitted",
    "benign",
    "nonmalicious",
    "notmalicious",
    "notscam",
    "victim",
    "victims",
];
/// Words that say so where nothing else is said.
const WEAK: &[&str] = &[
    "safe",
    "trusted",
    "trust",
    "allow",
    "allowed",
    "allows",
    "permit",
    "permitted",
    "except",
    "exception",
    "exceptions",
    "ignore",
    "ignored",
    "ignores",
    "skip",
    "skipped",
    "removed",
    "remove",
    "removal",
    "removals",
    "deleted",
    "delete",
    "deletions",
    "revoked",
    "withdrawn",
    "retracted",
    "retractions",
    "rescinded",
    "cleared",
    "clean",
    "good",
    "legit",
    "legitimate",
    "harmless",
    "innocent",
    "negatives",
    "customer",
    "customers",
    "client",
    "clients",
    "own",
    "ours",
];
/// Words that are kinds of actor too, and say so only of what stands under them.
const OF_KEYS: &[&str] = &[
    "user",
    "users",
    "employee",
    "employees",
    "partner",
    "partners",
    "counterparties",
    "friends",
    "internal",
];
/// Words beside which they stand alone: for a thing of the list, its chain, or nothing.
const AROUND: &[&str] = &[
    "a",
    "all",
    "and",
    "the",
    "of",
    "by",
    "in",
    "on",
    "at",
    "from",
    "to",
    "for",
    "is",
    "are",
    "was",
    "were",
    "has",
    "been",
    "be",
    "our",
    "my",
    "your",
    "known",
    "list",
    "lists",
    "listed",
    "listing",
    "address",
    "addresses",
    "addr",
    "addrs",
    "wallet",
    "wallets",
    "account",
    "accounts",
    "contract",
    "contracts",
    "token",
    "tokens",
    "domain",
    "domains",
    "entry",
    "entries",
    "item",
    "items",
    "id",
    "ids",
    "set",
    "group",
    "data",
    "date",
    "day",
    "time",
    "since",
    "status",
    "flag",
    "flagged",
    "no",
    "longer",
    "crypto",
    "deposit",
    "deposits",
];

/// Whether a key, of what stands under it, says so.
pub(super) fn key_says_so(key: &str) -> bool {
    says_one_of(key, &[WEAK, OF_KEYS])
}

/// Whether a name or a word says so.
pub(super) fn says_so(text: &str) -> bool {
    says_one_of(text, &[WEAK])
}

fn says_one_of(text: &str, weak: &[&[&str]]) -> bool {
    if !may_say_so(text) {
        return false;
    }
    let Some(words) = words(text) else { return false };
    let is = |list: &[&str], word: &str| list.contains(&word);
    let strong = |at: usize| {
        let pair = words.get(at + 1).map(|next| format!("{}{next}", words[at]));
        is(STRONG, &words[at]) || pair.is_some_and(|pair| is(STRONG, &pair))
    };
    if (0..words.len()).any(strong) {
        return true;
    }
    // Nothing but such words, and those around them.
    let mut says = false;
    words.iter().all(|word| {
        let word = glued(word);
        let is_weak = weak.iter().any(|weak| is(weak, word));
        says |= is_weak;
        is_weak || is(AROUND, word) || is(CHAIN_KEYS, word)
    }) && says
}

/// Whether a word of a text begins as one of those above does: nearly no cell of a large table has to be taken apart.
fn may_say_so(text: &str) -> bool {
    static BEGINNINGS: LazyLock<HashSet<[u8; 3]>> = LazyLock::new(|| {
        let words =
            [STRONG, WEAK, OF_KEYS, &["de-", "de_", "de ", "un-", "un_", "un "]].into_iter().flatten();
        words.filter_map(|word| word.as_bytes().first_chunk().copied()).collect()
    });
    let bytes = text.as_bytes();
    bytes.windows(3).enumerate().any(|(at, three)| {
        let begins = match at.checked_sub(1).map(|before| bytes[before]) {
            Some(before) => {
                !before.is_ascii_alphanumeric()
                    || before.is_ascii_lowercase() && three[0].is_ascii_uppercase()
            }
            None => true,
        };
        begins && BEGINNINGS.contains(&[0, 1, 2].map(|at| three[at].to_ascii_lowercase()))
    })
}

/// A word without what is written together with it: `trustedaddresses`, `safewallets`, `removedlist`.
fn glued(word: &str) -> &str {
    let behind = ["addresses", "address", "wallets", "wallet", "accounts", "account", "list"];
    let short = behind.iter().find_map(|behind| word.strip_suffix(behind));
    short.filter(|short| WEAK.contains(short)).unwrap_or(word)
}

/// The words of a short text in small letters, parted where another begins (`falsePositives`).
fn words(text: &str) -> Option<Vec<String>> {
    const LONGEST: usize = 60;
    if text.len() > LONGEST {
        return None;
    }
    let mut words: Vec<String> = vec![String::new()];
    let mut before_small = false;
    for c in text.chars() {
        let begins = c.is_uppercase() && before_small;
        if begins || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    (!words.is_empty()).then_some(words)
}

/// Whether a field, by its name, says of a row what kind of entry it is.
fn is_about_the_entry(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "status",
        "state",
        "action",
        "op",
        "operation",
        "change",
        "event",
        "list",
        "lists",
        "list_name",
        "list_type",
        "listname",
        "listtype",
        "listing",
        "verdict",
        "decision",
        "disposition",
        "result",
        "resolution",
        "risk",
        "flag",
        "classification",
        "class",
        "role",
        "kind",
        "type",
        "group",
        "set",
        "category",
        "categories",
        "tag",
        "tags",
        "label",
        "labels",
        "name",
        "title",
        "entity",
        "entity_name",
        "entity_type",
        "entity_category",
        "owner",
        "actor",
        "name_tag",
        "nametag",
        "cluster_name",
        "concept",
        "concepts",
        "abuse",
        "risk_category",
        "risk_type",
        "threat_type",
    ];
    NAMES.contains(&normal(name).as_str())
}

/// Whether what a list or a part of one says of itself says so: `type` is `whitelist`, `name` is `Victims`.
pub(super) fn heading_says_so(name: &str, content: &str) -> bool {
    is_about_the_entry(name) && content.len() <= 200 && says_so(content)
}

/// What a field says of its row, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// What kind of entry it is.
    Kind,
    /// That it is none: where the field holds. `by_number`: one stands for that, and is no count.
    Contrary { by_number: bool },
    /// Nothing of either.
    Else,
}

impl Says {
    pub(super) fn of(name: &str) -> Self {
        if is_about_the_entry(name) {
            return Self::Kind;
        }
        let Some(words) = words(name).filter(|_| says_so(name)) else { return Self::Else };
        // How many victims or customers there were is no such word.
        let counts = |word: &String| word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
        if words.iter().any(counts) {
            return Self::Else;
        }
        Self::Contrary { by_number: ["is", "was"].contains(&words[0].as_str()) }
    }

    /// Whether a field with this content says that its row is no entry: `status` is `removed`, `whitelisted` is `true`,
    /// `delisted_on` is a day.
    pub(super) fn so(self, content: &str) -> bool {
        let content = content.trim();
        if content.is_empty() || content.len() > 200 {
            return false;
        }
        match self {
            Self::Kind => content.split([',', ';', '|']).any(says_so),
            Self::Contrary { by_number } => {
                let is = |word: &&str| content.eq_ignore_ascii_case(word);
                ["true", "yes", "y", "t", "x", "✓"].iter().any(is)
                    || by_number && content == "1"
                    || says_so(content)
                    || !matches!(text::day(content), Day::Unread)
            }
            Self::Else => false,
        }
    }
}

/// Whether a field of this name and content says that its row is no entry.
pub(super) fn field_says_so(name: &str, content: &str) -> bool {
    Says::of(name).so(content)
}

/// Whether a field of this name calls somebody by a name that is such a word too: the wallet Safe, the token TRUST. It is a name
/// where its row says an honest kind of actor besides; alone it may as well say that the address is safe.
pub(super) fn may_be_a_name(field: &str, content: &str) -> bool {
    const FIELDS: [&str; 9] =
        ["label", "entity", "entity_name", "name", "owner", "actor", "name_tag", "nametag", "cluster_name"];
    FIELDS.contains(&normal(field).as_str())
        && ["safe", "trust"].iter().any(|word| content.trim().eq_ignore_ascii_case(word))
}

/// The complaint about what stands under such a word.
pub(super) fn complaint(word: &str) -> String {
    format!(
        "`{}` says the contrary of an entry of a list: give those a list and a label of their own, if you mean them; left out",
        text::shorten(word)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_contrary_are_told_from_names_that_hold_them() {
        for word in [
            "whitelist",
            "whiteList",
            "white_list",
            "White-listed addresses",
            "btc_whitelist",
            "allowlist",
            "allow-list",
            "safe",
            "SAFE",
            "safeAddresses",
            "trusted",
            "trusted_wallets",
            "trustedaddresses",
            "exclude",
            "exclusions",
            "false_positives",
            "falsePositives",
            "False Positive",
            "delisted",
            "de-listed",
            "removed",
            "removed_addresses",
            "victims",
            "victim_address",
            "victimsOfLazarus",
            "customers",
            "our customers",
            "users",
            "known good",
            "not malicious",
            "no longer listed (removed)",
        ] {
            assert!(key_says_so(word), "{word}");
        }
        for word in [
            "blacklist",
            "scam",
            "Trust Wallet drainer",
            "Safe Haven Scam",
            "SafeMoon",
            "Clean Coin",
            "Good Guy Ransomware",
            "addresses",
            "ethereum",
            "",
            "listed",
            "Removed Bridge Hack",
            "Customer Support Scam",
            "Lazarus",
            "own scam list",
            "user_scam",
        ] {
            assert!(!key_says_so(word), "{word}");
        }
    }

    #[test]
    fn a_field_says_so_by_its_name_or_by_its_content() {
        for (name, content) in [
            ("status", "REMOVED"),
            ("list", "whitelist"),
            ("Category", "false positive"),
            ("type", "victim"),
            ("whitelisted", "true"),
            ("is_victim", "1"),
            ("delisted_on", "2024-01-31"),
            ("action", "delete"),
            ("tags", "exchange;trusted"),
        ] {
            assert!(field_says_so(name, content), "{name} {content}");
        }
        for (name, content) in [
            ("status", "active"),
            ("whitelisted", "false"),
            ("whitelisted", ""),
            ("victims", "1"),
            ("removed", "1"),
            ("victim_count", "35"),
            ("removed_at", ""),
            ("comment", "removed from the exchange"),
            ("type", "scam"),
            ("active", "true"),
            ("category", "user"),
        ] {
            assert!(!field_says_so(name, content), "{name} {content}");
        }
    }
}
