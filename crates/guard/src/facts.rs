//! What is known from elsewhere: the Safe's owners, code hashes, the past, screening, the time.
//!
//! The guard reads no chain and no clock. Whoever calls it says what is known; what is not said is unknown, and unknown
//! never becomes `allow`. The same facts can be kept in a TOML file, the context (`--context`).

use alloy_primitives::{Address, B256, U256};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    place::Place,
    safe_version::Version,
    scalar::{Account, Dollars, Hash, Whole},
};

/// A Safe as the chain knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SafeFacts {
    /// The Safe; the only one spoken of when absent.
    pub address: Option<Account>,
    /// Version of its code.
    pub version: Option<Version>,
    /// Owners.
    #[serde(default)]
    pub owners: Vec<Account>,
    /// Signatures needed.
    pub threshold: Option<u64>,
    /// Number of the next transaction.
    pub nonce: Option<u64>,
    /// Hashes that owners approved by a transaction.
    #[serde(default)]
    pub approved: Vec<Approved>,
    /// Hashes of its transactions that the chain executed and that went through (its event `ExecutionSuccess`).
    #[serde(default)]
    pub executed: Vec<Hash>,
    /// Its modules: contracts that move its money without signatures.
    pub modules: Option<Vec<Account>>,
    /// Its transaction guard; the zero address for none.
    pub guard: Option<Account>,
    /// Its module guard; the zero address for none.
    pub module_guard: Option<Account>,
    /// Its fallback handler; the zero address for none.
    pub fallback_handler: Option<Account>,
    /// Whether the chain alone tells of it: that somebody's Safe is one speaks for nobody.
    #[serde(skip)]
    pub is_strange: bool,
}

/// What Safe's lists begin and end with. Source: `OwnerManager.sol`, `ModuleManager.sol`.
const SENTINEL: Address = Address::with_last_byte(1);

/// The first of some that stands twice.
fn twice<T: Ord>(all: impl IntoIterator<Item = T>) -> Option<T> {
    let mut seen = std::collections::BTreeSet::new();
    let mut all = all.into_iter();
    all.find_map(|one| {
        if seen.contains(&one) {
            Some(one)
        } else {
            seen.insert(one);
            None
        }
    })
}

impl SafeFacts {
    /// What no Safe is like. Source: Safe's `OwnerManager.sol`. Not all owners need be told.
    pub fn contradiction(&self) -> Option<&'static str> {
        let owners: std::collections::BTreeSet<&Account> = self.owners.iter().collect();
        if owners.len() < self.owners.len() {
            return Some("a Safe has no owner twice");
        }
        // The list of owners begins and ends with one that is none.
        let is_none = |address: &Account| {
            address.0.is_zero() || address.0 == SENTINEL || Some(*address) == self.address
        };
        if self.owners.iter().any(is_none) {
            return Some("no owner of a Safe is the zero address, 0x…01 or the Safe itself");
        }
        let modules: Vec<&Account> = self.modules.iter().flatten().collect();
        if modules.iter().any(|module| module.0.is_zero() || module.0 == SENTINEL) {
            return Some("no module of a Safe is the zero address or 0x…01");
        }
        if modules.iter().collect::<std::collections::BTreeSet<_>>().len() < modules.len() {
            return Some("a Safe has no module twice");
        }
        let is_open = self.threshold == Some(0);
        is_open.then_some("a Safe needs at least one signature: its threshold is not 0")
    }
}

/// `approveHash` was called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// By whom.
    pub owner: Account,
    /// Of what.
    pub hash: Hash,
}

/// What lies at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// No code: a person's account.
    Eoa,
    /// Code.
    Contract,
    /// A token contract.
    Token,
    /// Nothing yet: never used, or to be created (CREATE2).
    Empty,
}

/// What screening said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Screened {
    /// Searched, and nothing stood against it.
    Clear,
    /// Sanctioned, or named as a thief's.
    Listed,
}

/// An address as the chain or a list knows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AccountFacts {
    /// The address.
    pub address: Account,
    /// What lies there.
    pub kind: Option<Kind>,
    /// Keccak-256 of its code.
    pub code_hash: Option<Hash>,
    /// Number of the next transaction that it sends.
    pub nonce: Option<u64>,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// Whether its source is published and matches.
    pub verified: Option<bool>,
    /// The contract whose code it runs by EIP-7702.
    pub delegate: Option<Account>,
    /// The contract whose code it runs as a proxy (EIP-1967).
    pub implementation: Option<Account>,
    /// Whether the chain shows the implementation that was told.
    #[serde(skip)]
    pub is_pinned: bool,
    /// Screening.
    pub screened: Option<Screened>,
    /// What the list says, or the name.
    pub note: Option<String>,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenFacts {
    /// The contract.
    pub address: Account,
    /// Its ticker.
    pub symbol: String,
    /// Decimal places.
    pub decimals: u8,
    /// All there is, in base units.
    pub supply: Option<Whole>,
}

/// A payment of the past.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Past {
    /// To whom.
    pub to: Account,
    /// Base units.
    pub value: Whole,
    /// The token; the native coin when absent.
    pub token: Option<Account>,
    /// The chain it was made on; the wallet's when absent.
    #[serde(rename = "chain-id")]
    pub chain_id: Option<u64>,
    /// 1 for a delegatecall.
    #[serde(default)]
    pub operation: u8,
    /// False for a payment that somebody else caused: zero value, or a token that imitates another.
    #[serde(default = "yes")]
    pub own: bool,
}

impl Past {
    /// Whether the signer paid something: who runs code that is called by delegatecall is not paid by it.
    pub fn is_own_payment(&self) -> bool {
        self.own && self.operation != 1 && !self.value.0.is_zero()
    }
}

fn yes() -> bool {
    true
}

/// A signature this signer gave before.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Signed {
    /// The Safe.
    pub safe: Account,
    /// Number of the transaction.
    pub nonce: u64,
    /// `safeTxHash`.
    pub hash: Hash,
}

/// What the signer wants to do, in his own words: compared with what the transaction does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Intended {
    /// Who shall receive.
    pub to: Option<Account>,
    /// Base units.
    pub value: Option<Whole>,
    /// The token; the native coin when absent.
    pub token: Option<Account>,
}

/// What the device or the web page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Domain hash.
    pub domain: Option<Hash>,
    /// Message hash.
    pub message: Option<Hash>,
    /// `safeTxHash`, or the EIP-712 digest.
    pub digest: Option<Hash>,
}

/// Amounts that left today.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// The token; the native coin when absent.
    pub token: Option<Account>,
    /// Base units.
    pub value: Whole,
}

impl Spent {
    /// The word that nothing left; of the native coin where no token is named.
    pub const fn nothing_of(token: Option<Account>) -> Self {
        Self { token, value: Whole(U256::ZERO) }
    }
}

/// What an NFT of a collection goes for at least: somebody's word for it, and of which day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// The collection.
    pub collection: Account,
    /// Base units of the chain's coin, or of `token`, for one.
    pub price: Whole,
    /// The token it is counted in; the native coin when absent. Wrapped coin counts as coin.
    pub token: Option<Account>,
    /// When that was so.
    pub date: Timestamp,
}

/// What a whole one of a token is worth: somebody's word for it, and of which day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The token; the native coin when absent. Wrapped coin counts as coin.
    pub token: Option<Account>,
    /// The chain it is of; when absent, the wallet's for a token, and for the coin every chain whose coin is ether.
    #[serde(rename = "chain-id")]
    pub chain_id: Option<u64>,
    /// Dollars.
    pub dollars: Dollars,
    /// When that was so.
    pub date: Timestamp,
}

/// A name that was resolved to an address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The address.
    pub address: Account,
    /// The name as it was typed or shown.
    pub name: String,
}

/// A reviewer's signature over [`review_text`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// 65 bytes, hexadecimal, as `personal_sign` gives them.
    pub signature: String,
}

/// Everything that is known from elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Facts {
    /// The chain the wallet is on.
    pub chain_id: Option<u64>,
    /// The time.
    pub now: Option<Timestamp>,
    /// Who signs.
    pub account: Option<Account>,
    /// Host name of the site that asks.
    pub origin: Option<String>,
    /// Safes.
    pub safe: Vec<SafeFacts>,
    /// Addresses.
    pub address: Vec<AccountFacts>,
    /// Tokens.
    pub token: Vec<TokenFacts>,
    /// Payments of the past.
    pub past: Vec<Past>,
    /// Whether `past` is all there was, so that what is not in it never happened.
    pub past_complete: bool,
    /// Signatures given before.
    pub signed: Vec<Signed>,
    /// What is intended.
    pub intended: Option<Intended>,
    /// What is shown elsewhere.
    pub shown: Option<Shown>,
    /// Amounts that left today; 0 where nothing did. Without a word on an asset no limit of a day can be held to it.
    pub spent: Vec<Spent>,
    /// Prices of NFTs.
    pub floor: Vec<Floor>,
    /// Prices of tokens and of the coin.
    pub price: Vec<Price>,
    /// Orders at `CoW` Protocol in JSON, as its own service gives them: a Safe signs them on the chain by their number alone.
    pub cow_orders: Vec<String>,
    /// Names.
    pub named: Vec<Named>,
    /// Reviews.
    pub review: Vec<Review>,
    /// Human-readable signatures of functions: `function stake(uint256 amount)`.
    pub abi: Vec<String>,
    /// What tokens call themselves on the chain. It is shown as that, and decides nothing.
    #[serde(skip)]
    pub own_names: Vec<TokenFacts>,
}

/// The text a reviewer signs.
pub fn review_text(hash: &B256) -> String {
    format!("tracehound guard: I reviewed {hash}")
}

impl Facts {
    /// Reads a context file. Unknown keys are errors. An address may have its chain before it (`eip155:1:0x…`, `eth:0x…`), which
    /// then has to be the file's.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let facts: Self = match without_chains(text)? {
            Some(plain) => plain.try_into()?,
            None => toml::from_str(text)?,
        };
        if facts.floor.iter().any(|floor| floor.price.0.is_zero()) {
            return Err(serde::de::Error::custom(
                "a price of 0 is none: leave out the floor that is not known",
            ));
        }
        // Of two words about one thing only one would be heard.
        let safes = facts.safe.iter().filter_map(|safe| safe.address);
        let addresses = facts.address.iter().map(|account| account.address);
        let tokens = facts.token.iter().map(|token| token.address);
        for (what, again) in [("safe", twice(safes)), ("address", twice(addresses)), ("token", twice(tokens))]
        {
            if let Some(again) = again {
                return Err(serde::de::Error::custom(format!("[[{what}]] tells of {} twice", again.0)));
            }
        }
        match facts.safe.iter().find_map(SafeFacts::contradiction) {
            Some(what) => Err(serde::de::Error::custom(what)),
            None => Ok(facts),
        }
    }

    /// What is known of a Safe. An entry without address speaks of every Safe, but only when it is the only one.
    pub fn safe_at(&self, safe: &Address) -> Option<&SafeFacts> {
        let named = self.safe.iter().find(|facts| facts.address.is_some_and(|address| address.0 == *safe));
        named.or_else(|| match &self.safe[..] {
            [only] if only.address.is_none() => Some(only),
            _ => None,
        })
    }

    /// Whether somebody told of a Safe at an address: not the chain alone.
    pub fn names_safe(&self, address: &Address) -> bool {
        self.safe_at(address).is_some_and(|safe| safe.address.is_some() && !safe.is_strange)
    }

    /// Payments of the past on a chain: those that name no chain are of the wallet's.
    pub fn past_on(&self, chain_id: Option<u64>) -> impl Iterator<Item = &Past> {
        self.past.iter().filter(move |past| past.chain_id.or(self.chain_id) == chain_id)
    }

    /// What is known of an address.
    pub fn at(&self, address: &Address) -> Option<&AccountFacts> {
        self.address.iter().find(|facts| facts.address.0 == *address)
    }

    /// What lies at an address.
    pub fn kind(&self, address: &Address) -> Option<Kind> {
        self.at(address).and_then(|facts| facts.kind)
    }

    /// Whether it is told that no code runs at an address. Where an account runs that of another (EIP-7702), code does.
    pub fn has_no_code(&self, address: &Address) -> bool {
        let runs = |facts: &AccountFacts| facts.delegate.is_some_and(|code| !code.0.is_zero());
        let is_bare =
            |facts: &AccountFacts| matches!(facts.kind, Some(Kind::Eoa | Kind::Empty)) && !runs(facts);
        self.at(address).is_some_and(is_bare)
    }

    /// Days since an address was created.
    pub fn age_days(&self, address: &Address) -> Option<i64> {
        let created = self.at(address)?.created?;
        Some((self.now?.as_second() - created.as_second()) / 86_400)
    }

    /// Whether it is told what left today of assets, be it nothing.
    pub fn tells_day_of(&self, is_asked: impl Fn(Option<Address>) -> bool) -> bool {
        self.spent.iter().any(|spent| is_asked(spent.token.map(|token| token.0)))
    }

    /// What left today of assets; the native coin is none.
    pub fn spent_of(&self, is_asked: impl Fn(Option<Address>) -> bool) -> U256 {
        let same = self.spent.iter().filter(|spent| is_asked(spent.token.map(|token| token.0)));
        same.fold(U256::ZERO, |sum, spent| sum.saturating_add(spent.value.0))
    }
}

/// The file without the chains before its addresses; none where there are none, so that an error can say its line.
fn without_chains(text: &str) -> Result<Option<toml::Value>, toml::de::Error> {
    // What is not TOML is refused by who reads the file itself.
    let Ok(mut file) = toml::from_str::<toml::Value>(text) else { return Ok(None) };
    let here = file.get("chain-id").and_then(toml::Value::as_integer).and_then(|id| u64::try_from(id).ok());
    let mut any = false;
    plain(&mut file, here, &mut any).map_err(serde::de::Error::custom)?;
    Ok(any.then_some(file))
}

/// Takes the chain from each address in a value. A file nests as deep as its reader lets it, which is not deep.
fn plain(value: &mut toml::Value, here: Option<u64>, any: &mut bool) -> Result<(), String> {
    match value {
        toml::Value::String(text) => {
            let Some((_, address)) = text.rsplit_once(':').filter(|(_, rest)| rest.starts_with("0x")) else {
                return Ok(());
            };
            // A text that is none is for its own field to refuse.
            let Ok(place) = Place::parse(text) else { return Ok(()) };
            let Some((_, Some(chain))) = place.evm() else { return Ok(()) };
            match here {
                Some(here) if here == chain => (),
                Some(here) => {
                    return Err(format!("{text} is not on chain {here}, of which this file is (chain-id)"));
                }
                None => {
                    return Err(format!(
                        "{text} names a chain: say of which one this file is (chain-id = {chain})"
                    ));
                }
            }
            let address = address.to_owned();
            *text = address;
            *any = true;
        }
        toml::Value::Array(values) => values.iter_mut().try_for_each(|value| plain(value, here, any))?,
        toml::Value::Table(table) => table.iter_mut().try_for_each(|(_, value)| plain(value, here, any))?,
        _ => (),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_name_the_chain_of_the_file_and_no_other() {
        let owner = "0x1F4EB0a903619ac168b19A82F1a6e2e426522211";
        let file =
            |chain: &str, owner: &str| format!("{chain}\n[[safe]]\nowners = ['{owner}']\nthreshold = 1\n");
        let plain = Facts::parse(&file("chain-id = 1", owner)).expect("valid");
        for named in ["eip155:1:", "eth:"] {
            let read = Facts::parse(&file("chain-id = 1", &format!("{named}{owner}")));
            assert_eq!(read.as_ref(), Ok(&plain), "{named}");
        }
        let other = Facts::parse(&file("chain-id = 1", &format!("base:{owner}"))).expect_err("another chain");
        assert!(other.to_string().contains("is not on chain 1"), "{other}");
        let none = Facts::parse(&file("", &format!("eth:{owner}"))).expect_err("no chain");
        assert!(none.to_string().contains("chain-id = 1"), "{none}");
        // A wrong checksum is no address, whatever stands before it.
        assert!(
            Facts::parse(&file("chain-id = 1", &format!("eth:{}", owner.replace("1F4E", "1f4E")))).is_err()
        );
    }

    #[test]
    fn a_facts_file_is_read_and_a_misspelt_key_refused() {
        let facts = Facts::parse(
            "chain-id = 1\nnow = '2025-02-21T14:00:00Z'\n[[safe]]\nowners = ['0x1F4EB0a903619ac168b19A82F1a6e2e426522211']\nthreshold = 3\nversion = '1.1.1'\n",
        )
        .expect("valid");
        assert_eq!(facts.safe_at(&Address::ZERO).and_then(|safe| safe.threshold), Some(3));
        assert!(Facts::parse("chainid = 1").is_err());
        assert!(Facts::parse("[[safe]]\nversion = '7.0.0'").is_err());
    }
}
