//! Which sources speak with one voice, and which names are one entity's.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use serde::Deserialize;

/// What the source of a correction of the operator's own is called. No pack has a source of this name.
pub const OPERATOR: &str = "operator's correction";
/// What the source of one is called that the owner of the address asked for. No pack has a source of this name.
pub const OWNER: &str = "owner's correction";

/// The family of what was derived by a rule (`labels derive`): one voice, whatever the rule.
pub const HEURISTIC: &str = "heuristic";

#[derive(Deserialize)]
struct Families {
    family: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    sources: Vec<String>,
    #[serde(default)]
    authority: bool,
}

#[derive(Deserialize)]
struct Aliases {
    entity: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    also: Vec<String>,
}

static FAMILIES: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let read: Families = toml::from_str(include_str!("data/families.toml")).expect("a table of ours");
    read.family
});

/// From every plain name to its entity's.
static ALIASES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let read: Aliases = toml::from_str(include_str!("data/aliases.toml")).expect("a table of ours");
    let pairs = |entity: Named| {
        let name = plain(&entity.name);
        let also: Vec<String> = entity.also.iter().map(|other| plain(other)).collect();
        also.into_iter().map(move |other| (other, name.clone()))
    };
    read.entity.into_iter().flat_map(pairs).collect()
});

/// Sources that copy from each other are one family: one voice, however often it is heard.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Family {
    /// What it is called.
    pub id: Cow<'static, str>,
    /// Whether it is a public authority.
    pub authority: bool,
}

impl Family {
    /// The family of a source.
    pub fn of(source: &str) -> Self {
        // An authority is no host of pages.
        let whole = source;
        let source = bare(source);
        let begins = |listed: &&Listed| {
            let named = if listed.authority { whole } else { source };
            listed.sources.iter().any(|start| begins(named, start))
        };
        if let Some(listed) = FAMILIES.iter().find(begins) {
            return Self { id: Cow::Borrowed(&listed.id), authority: listed.authority };
        }
        let owner = source.split(['/', ' ']).next().unwrap_or(source).to_lowercase();
        // Whoever is only called like a family that is listed here is another.
        let is_taken = FAMILIES.iter().any(|listed| listed.id == owner);
        let id = if is_taken { format!("source {owner}") } else { owner };
        Self { id: Cow::Owned(id), authority: false }
    }
}

/// A source without what stands before every page's and repository's name.
fn bare(source: &str) -> &str {
    let mut bare = source.trim();
    for head in ["https://", "http://", "www.", "github.com/", "raw.githubusercontent.com/"] {
        if bare.get(..head.len()).is_some_and(|own| own.eq_ignore_ascii_case(head)) {
            bare = &bare[head.len()..];
        }
    }
    bare
}

/// Whether a name begins with another as a whole word: `NBCTF (Israel)` with `NBCTF`, and `NBCTFake` not.
fn begins(name: &str, start: &str) -> bool {
    name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
        && (start.ends_with('/') || !name[start.len()..].starts_with(|c: char| c.is_alphanumeric()))
}

/// What a name is compared by: letters and digits in lower case, and the entity's name where it has several. One of signs alone
/// is compared as it is.
pub fn identity(name: &str) -> String {
    let plain = plain(name);
    if plain.is_empty() {
        return name.trim().to_owned();
    }
    ALIASES.get(&plain).cloned().unwrap_or(plain)
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_one_family_and_the_rest_are_by_their_owner() {
        let id = |source: &str| Family::of(source).id.into_owned();
        assert_eq!(id("duneanalytics/spellbook labels_dao_multisig"), "etherscan");
        assert_eq!(id("forta-network/labelled-datasets"), "etherscan");
        for copied in [
            "etherscan.io",
            "Etherscan",
            "www.etherscan.io",
            "https://etherscan.io/address/0x1",
            "bscscan.com",
            "https://github.com/brianleect/etherscan-labels",
            "github.com/dawsbot/eth-labels",
        ] {
            assert_eq!(id(copied), "etherscan", "{copied}");
        }
        assert_ne!(id("etherscanner/list"), "etherscan");
        assert_eq!(id("https://github.com/a/b"), id("a/c"));
        assert_eq!(id("DefiLlama/DefiLlama-Adapters cex"), id("DefiLlama/bridges-server src/adapters"));
        assert_eq!(id("safe-global/safe-deployments"), id("safe-global/safe-modules-deployments"));
        assert_eq!(id("safe-global/safe-deployments"), "safe-global");
        assert!(Family::of("NBCTF (Israel MoD) via opensanctions").authority);
        assert!(!Family::of("NBCTFake").authority);
        assert!(!Family::of("https://fbi.example.invalid").authority);
        assert!(!Family::of("FBIfans/list").authority);
        assert_eq!(id("operator's correction"), "operator");
        for posing in ["operator/foo", "Operator/foo", "operator", "owner/x", "ofac/x"] {
            assert!(FAMILIES.iter().all(|listed| listed.id != id(posing) || listed.authority), "{posing}");
        }
    }

    #[test]
    fn renames_are_one_entity_and_products_are_not() {
        assert_eq!(identity("Huobi Global"), identity("HTX"));
        assert_eq!(identity("gate.io"), identity("Gate"));
        assert_eq!(identity("tornado.cash"), identity("Tornado Cash"));
        assert_ne!(identity("OKX"), identity("Gemini"));
        assert_ne!(identity("Circle"), identity("Circle CCTP"));
        assert_ne!(identity("★"), identity("♥"));
        assert_ne!(identity("★"), identity(""));
    }

    #[test]
    fn the_tables_say_why_and_say_nothing_twice() {
        let rows = |text: &str, table: &str| -> Vec<toml::Table> {
            let read: toml::Table = toml::from_str(text).expect("a table");
            let rows = read[table].as_array().expect("rows");
            rows.iter().map(|row| row.as_table().expect("a row").clone()).collect()
        };
        let (families, aliases) = (include_str!("data/families.toml"), include_str!("data/aliases.toml"));
        let all = [rows(families, "family"), rows(aliases, "entity")].concat();
        for row in &all {
            assert!(row["because"].as_str().is_some_and(|why| why.len() > 10), "{row:?}");
        }
        let mut names = Vec::new();
        for row in rows(aliases, "entity") {
            let own = plain(row["name"].as_str().expect("a name"));
            let also = row["also"].as_array().expect("names");
            let mut these: Vec<String> =
                also.iter().map(|name| plain(name.as_str().expect("a name"))).collect();
            these.push(own);
            these.sort();
            these.dedup();
            names.extend(these);
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "a name of two entities");
    }
}
