//! From the words lists use to our categories.

use tracehound_model::Category;

/// The category of a TagPack concept, an INTERPOL abuse, or a word that published tables use; `None` when it says
/// nothing about the kind of actor we know.
///
/// Concepts: GraphSense TagPack tool, `concepts.yaml`, itself from the INTERPOL dark-web and virtual-asset taxonomy.
pub(super) fn category(word: &str) -> Option<Category> {
    let word: String = word
        .trim()
        .chars()
        .take(60)
        .map(|c| if matches!(c, ' ' | '-' | '/') { '_' } else { c.to_ascii_lowercase() })
        .collect();
    Some(match word.as_str() {
        "sanctions" | "sanctioned" | "ofac" => Category::Sanction,
        "hack" | "hacking" | "heist" | "exploit" | "account_hack" | "data_breach" | "theft" => {
            Category::ServiceHack
        }
        "investment_fraud" | "fraud" => Category::Scam,
        "phish_hack" | "phish" => Category::Phishing,
        "ponzi" | "pyramid_scheme" => Category::PonziScheme,
        "terrorism_financing" | "extremism" => Category::Terrorism,
        "child_sexual_abuse" => Category::ChildAbuse,
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

/// How much a category matters when a tag has several: a sanctioned exchange is first of all sanctioned.
const fn weight(category: Category) -> u8 {
    match category {
        Category::Sanction => 9,
        Category::Terrorism | Category::ChildAbuse => 8,
        Category::ServiceHack | Category::Ransomware => 7,
        Category::Sextortion | Category::Scam | Category::Phishing | Category::PonziScheme => 6,
        Category::IssuerBlacklist | Category::Seized => 5,
        Category::Market | Category::MixingService => 4,
        Category::CoinJoin => 3,
        Category::User | Category::Organization => 1,
        Category::Unknown => 0,
        _ => 2,
    }
}

/// The category of several words: the weightiest, the first of equals.
pub(super) fn weightiest<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<Category> {
    words
        .into_iter()
        .filter_map(category)
        .reduce(|best, next| if weight(next) > weight(best) { next } else { best })
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
}
