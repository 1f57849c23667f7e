//! From the words lists use to our categories.

use tracehound_model::Category;

/// Marks for "nothing", words that tell where or in what form something stands, and the concepts of GraphSense that are
/// neither an abuse nor one of our categories. They say nothing of the kind of actor. Whatever else is not known may be an
/// accusation.
const NEUTRAL: &[&str] = &[
    "",
    "_",
    "n_a",
    "na",
    "none",
    "null",
    "no",
    "false",
    "address",
    "wallet",
    "account",
    "contract",
    "smart_contract",
    "eoa",
    "p2pk",
    "p2pkh",
    "p2sh",
    "p2wpkh",
    "p2wsh",
    "p2tr",
    "deposit",
    "withdrawal",
    "concept",
    "behaviour",
    "white_usage",
    "source",
    "mention",
    "website_mention",
    "forum_mention",
    "entity",
    "individual",
    "victim",
    "service",
    "filesharing",
    "index",
    "messaging_service",
    "search_engine",
    "faucet",
    "hosting",
    "vpn",
    "nameservice",
    "ico_wallet",
    "item",
    "collectible",
];

/// Parts of words by which a text accuses somebody.
const ACCUSING: &[&str] = &[
    "attack",
    "blacklist",
    "darknet",
    "drain",
    "exploit",
    "extort",
    "fake",
    "fraud",
    "hack",
    "heist",
    "honeypot",
    "launder",
    "lazarus",
    "malicious",
    "malware",
    "mixer",
    "phish",
    "ponzi",
    "ransom",
    "rug pull",
    "rugpull",
    "sanction",
    "scam",
    "spoof",
    "steal",
    "stolen",
    "terror",
    "theft",
    "thief",
    "tornado",
];

/// Whether words say that somebody did something, or does what others are blamed for.
pub(crate) fn accuses(text: &str) -> bool {
    let text = text.to_lowercase();
    ACCUSING.iter().any(|part| text.contains(part))
}

/// Whether a word says nothing of the kind of actor.
pub(crate) fn is_neutral(word: &str) -> bool {
    NEUTRAL.contains(&plain(word).as_str())
}

/// A word as it is looked up.
fn plain(word: &str) -> String {
    let letter = |c: char| if matches!(c, ' ' | '-' | '/') { '_' } else { c.to_ascii_lowercase() };
    word.trim().chars().take(60).map(letter).collect()
}

/// The category of a TagPack concept, an INTERPOL abuse, or a word that published tables use; `None` when it says
/// nothing about the kind of actor we know.
///
/// Concepts: GraphSense TagPack tool, `concepts.yaml`, itself from the INTERPOL dark-web and virtual-asset taxonomy.
pub fn category(word: &str) -> Option<Category> {
    Some(match plain(word).as_str() {
        "sanctions" | "sanctioned" | "sanctioned_entity" | "ofac" | "ofac_sdn" | "ofac_sanctioned" => {
            Category::Sanction
        }
        // What GraphSense has under `hacking` goes with it.
        "hack" | "hacking" | "heist" | "exploit" | "account_hack" | "data_breach" | "theft" | "malware"
        | "social_engineering" | "stolen_funds" => Category::ServiceHack,
        "investment_fraud" | "payment_card_fraud" | "fraud" => Category::Scam,
        "phish_hack" | "phish" | "drainer" | "wallet_drainer" => Category::Phishing,
        "ponzi" | "pyramid_scheme" => Category::PonziScheme,
        "terrorism_financing" | "terrorist_financing" | "extremism" => Category::Terrorism,
        "child_sexual_abuse" | "child_abuse_material" => Category::ChildAbuse,
        "shop" | "darknet_market" | "darknet" => Category::Market,
        "mixer" | "mixing" => Category::MixingService,
        "coinjoin" => Category::CoinJoin,
        "atm" => Category::Exchange,
        "dex" | "defi_dex_pair" => Category::DefiDex,
        "bridge" => Category::DefiBridge,
        "defi_lending" | "defi_token" | "defi_derivative" | "defi_dao" | "defi_staking" | "defi_custody" => {
            Category::Defi
        }
        "mining_service" | "mining" | "mining_pool" => Category::Miner,
        "wallet_service" | "hot_wallet" | "warm_wallet" | "cold_wallet" | "escrow_wallet" => {
            Category::HostedWallet
        }
        "black_list" | "blacklist" | "blocked" => Category::IssuerBlacklist,
        "seizure" => Category::Seized,
        "donation" => Category::Organization,
        other => return Category::from_id(other).filter(|category| *category != Category::Unknown),
    })
}

/// How much a category matters when a tag has several: a sanctioned exchange is first of all sanctioned. What is not known
/// may be an accusation: it weighs more than all that is harmless.
const fn weight(category: Category) -> u8 {
    match category {
        Category::Sanction => 9,
        Category::Terrorism | Category::ChildAbuse => 8,
        Category::ServiceHack | Category::Ransomware => 7,
        Category::Sextortion | Category::Scam | Category::Phishing | Category::PonziScheme => 6,
        Category::IssuerBlacklist | Category::Seized => 5,
        Category::Market | Category::MixingService => 4,
        Category::CoinJoin => 3,
        Category::Unknown => 2,
        Category::User | Category::Organization => 0,
        _ => 1,
    }
}

/// Whether it says that something grave was done: not what a service does, nor that nothing is known.
pub const fn is_accusation(category: Category) -> bool {
    weight(category) >= weight(Category::IssuerBlacklist)
}

/// Whether it is known, and nothing that anybody is blamed for.
pub const fn is_honest(category: Category) -> bool {
    weight(category) < weight(Category::Unknown)
}

/// Whether two kinds of actor are no two words for one: whoever mixes, sells on a dark market or is accused is not the exchange of
/// that name. What is not known is no other kind, and neither is another honest one.
pub(crate) fn differ(one: Option<Category>, other: Option<Category>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let grave = |category| weight(category) >= weight(Category::CoinJoin);
    one != other
        && one != Category::Unknown
        && other != Category::Unknown
        && (grave(one) || grave(other))
        && !(is_accusation(one) && is_accusation(other))
}

/// What the words of a row say of the kind of actor.
#[derive(Debug, PartialEq, Eq)]
pub struct Told<'w> {
    /// The weightiest category, an unknown word counting as [`Category::Unknown`]; `None` where nothing is said of it.
    pub category: Option<Category>,
    /// The words that are not known here.
    pub strange: Vec<&'w str>,
}

/// What `cells` say, each of one word or of several.
pub fn told<'w>(cells: impl IntoIterator<Item = &'w str>) -> Told<'w> {
    let mut told = Told { category: None, strange: Vec::new() };
    let words = cells.into_iter().flat_map(|cell| cell.split([',', ';', '|'])).map(str::trim);
    for word in words {
        let next = match category(word) {
            Some(known) => known,
            None if NEUTRAL.contains(&plain(word).as_str()) => continue,
            None => {
                told.strange.push(word);
                Category::Unknown
            }
        };
        told.category = Some(told.category.map_or(next, |best| weightier(best, next)));
    }
    told
}

/// The weightier of two, the first of equals.
pub const fn weightier(best: Category, next: Category) -> Category {
    if weight(next) > weight(best) { next } else { best }
}

/// The weightiest category among words of a running text, most of which are about something else.
pub fn weightiest<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<Category> {
    words.into_iter().filter_map(category).reduce(weightier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_is_its_own_word() {
        for each in Category::ALL {
            assert_eq!(category(each.id()), (each != Category::Unknown).then_some(each), "{each}");
        }
    }

    #[test]
    fn the_graver_word_wins() {
        assert_eq!(weightiest(["user", "sanction"]), Some(Category::Sanction));
        assert_eq!(weightiest(["exchange", "service_hack"]), Some(Category::ServiceHack));
        assert_eq!(weightiest(["exchange", "gambling"]), Some(Category::Exchange));
        assert_eq!(weightiest(["Phish-Hack"]), Some(Category::Phishing));
        assert_eq!(weightiest(["nonsense", ""]), None);
    }

    #[test]
    fn an_unknown_word_weighs_more_than_a_harmless_one_and_less_than_a_grave_one() {
        let category = |cells: &[&'static str]| told(cells.iter().copied()).category;
        for harmless in Category::ALL.map(Category::id).into_iter().filter(|id| weightiest([*id]).is_some()) {
            let known = weightiest([harmless]).unwrap();
            let grave = weight(known) > weight(Category::Unknown);
            let expected = if grave { known } else { Category::Unknown };
            assert_eq!(category(&[harmless, "nonsense"]), Some(expected), "{harmless}");
            assert_eq!(category(&["nonsense", harmless]), Some(expected), "{harmless}");
            assert_eq!(
                category(&["N/A", harmless, "service", " - ", "EOA", "p2pkh"]),
                Some(known),
                "{harmless}"
            );
        }
        let Told { category, strange } = told(["exchange; Zed thing, n/a", "unknown"]);
        assert_eq!((category, strange), (Some(Category::Unknown), vec!["Zed thing", "unknown"]));
        assert_eq!(told(["", "none", "service"]), Told { category: None, strange: vec![] });
    }
}
