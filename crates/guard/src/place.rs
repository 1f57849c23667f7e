//! Addresses of any chain in a policy.
//!
//! A plain address means every chain its form fits; a CAIP-10 id (`eip155:1:0x…`, `bip122:…:bc1…`), or a short name before the
//! address (`eth:0x…`), means one. What is not on an EVM chain can be no counterparty of what is judged here, and can stand in
//! texts and data all the same: an address to pay out to on another chain.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, de::Error};
use tracehound_model::{Address, Chain, caip::Caip2};

use crate::{mentions, scalar::Account, short_name};

/// An address, and the one chain it is meant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address.
    pub address: Address,
    /// The chain; every one that the address fits when absent.
    pub chain: Option<Chain>,
}

impl Place {
    /// Reads an address, alone or with its chain.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(address) = Address::parse(text) {
            return Ok(Self { address, chain: None });
        }
        let Some((chain, address)) = text.rsplit_once(':') else {
            return Err(Address::parse(text).expect_err("read above").to_string());
        };
        let named: Chain = match short_name::chain_id(chain) {
            Ok(id) if chain.parse::<u64>().is_err() => Chain::Evm(id),
            _ => match chain.parse::<Chain>() {
                Ok(chain) => chain,
                Err(error) => return Err(error.to_string()),
            },
        };
        let address = Address::parse_for(named, address).map_err(|error| error.to_string())?;
        Ok(Self { address, chain: Some(named) })
    }

    /// The same on a chain that is named beside it.
    pub(crate) fn on(self, chain: Option<Chain>) -> Result<Self, String> {
        let Some(chain) = chain else { return Ok(self) };
        if self.chain.is_some_and(|own| own != chain) || !self.address.fits(chain) {
            return Err(format!("{self} is not on {chain}, which stands beside it"));
        }
        Ok(Self { chain: Some(chain), ..self })
    }

    /// The address on EVM chains, and the one chain it is meant on.
    pub(crate) fn evm(&self) -> Option<(Account, Option<u64>)> {
        let Address::Evm(bytes) = self.address else { return None };
        let chain = match self.chain {
            Some(Chain::Evm(id)) => Some(id),
            _ => None,
        };
        Some((Account(bytes.into()), chain))
    }

    /// What stands behind the text: the hash or key that programs pass around.
    fn payload(&self) -> Vec<u8> {
        match &self.address {
            Address::Evm(bytes) | Address::Tron(bytes) => bytes.to_vec(),
            Address::Bitcoin(address) => address.script.payload().to_vec(),
            Address::Foreign(address) => address.payload().to_vec(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)
    }
}

/// An address as a policy lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// One whose form is read here.
    Read(Place),
    /// An account of a chain whose addresses are not read here (CAIP-10): compared as it is written.
    Written {
        /// The chain.
        chain: Caip2,
        /// The address.
        address: String,
    },
}

/// Namespaces of chains whose addresses are not read here. Any other one is a slip of the pen, which must not turn a rule into
/// none. Source: the registry at <https://namespaces.chainagnostic.org>, and what wallets write.
const NAMESPACES: &[&str] = &[
    "algorand", "antelope", "aptos", "arweave", "cardano", "casper", "cip34", "cosmos", "eosio", "fil",
    "flow", "hedera", "hive", "icp", "kadena", "koinos", "mina", "mvx", "near", "polkadot", "starknet",
    "stacks", "stellar", "sui", "tezos", "ton", "tvm", "waves",
];

impl Listed {
    /// Reads an address, alone or with its chain.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::written(text).map_or_else(|| Place::parse(text).map(Self::Read), Ok)
    }

    fn written(text: &str) -> Option<Self> {
        let (chain, address) = text.rsplit_once(':')?;
        let chain: Caip2 = chain.parse().ok()?;
        // The form of an account in CAIP-10.
        let is_account = (1..=128).contains(&address.len())
            && address.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.%".contains(&byte));
        let is_unread = NAMESPACES.contains(&chain.namespace()) && Chain::from_caip2(&chain).is_none();
        (is_account && is_unread).then(|| Self::Written { chain, address: address.to_owned() })
    }

    /// The same on a chain that is named beside it.
    pub(crate) fn on(self, chain: Option<Chain>) -> Result<Self, String> {
        match (self, chain) {
            (Self::Read(place), chain) => place.on(chain).map(Self::Read),
            (written, None) => Ok(written),
            (written, Some(chain)) => Err(format!("{written} is not on {chain}, which stands beside it")),
        }
    }

    /// The address on EVM chains, and the one chain it is meant on.
    pub(crate) fn evm(&self) -> Option<(Account, Option<u64>)> {
        match self {
            Self::Read(place) => place.evm(),
            Self::Written { .. } => None,
        }
    }

    /// What stands behind the text: the hash or key that programs pass around.
    fn payload(&self) -> Option<Vec<u8>> {
        match self {
            Self::Read(place) => Some(place.payload()),
            Self::Written { .. } => None,
        }
    }

    /// Whether a text names it as it is written. Capital letters make no difference: some chains write hexadecimal digits.
    fn is_written_in(&self, text: &str) -> bool {
        let Self::Written { address, .. } = self else { return false };
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-.%".contains(c)));
        words.any(|word| word.trim_matches('.').eq_ignore_ascii_case(address))
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(place) => write!(f, "{place}"),
            Self::Written { chain, address } => write!(f, "{chain}:{address}"),
        }
    }
}

impl schemars::JsonSchema for Listed {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Place".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An address of any chain, alone, with its CAIP-10 chain, or with a short name: eth:0x... One of a \
                            chain whose addresses are not read here is compared as it is written.",
        })
    }
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// On which list of a policy an address stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The address book.
    Known,
    /// The allow-list.
    Trusted,
    /// The block-list.
    Blocked,
}

/// An entry for an address that is on no EVM chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElsewhereEntry {
    /// Where.
    pub place: Listed,
    /// Its name.
    pub name: String,
    /// On which list.
    pub standing: Standing,
}

/// The bytes of a blocked address that are looked for first. All forms have at least as many.
const HEAD: usize = 20;

/// Entries for addresses that are on no EVM chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere {
    entries: Vec<ElsewhereEntry>,
    /// Blocked ones by the first bytes behind their text.
    blocked: BTreeMap<[u8; HEAD], Vec<usize>>,
    /// Blocked ones that are compared as they are written.
    written: Vec<usize>,
}

impl Elsewhere {
    pub(crate) fn add(&mut self, standing: Standing, place: Listed, name: String) {
        if standing == Standing::Blocked {
            match place.payload() {
                Some(payload) => {
                    if let Some(head) = payload.first_chunk::<HEAD>() {
                        self.blocked.entry(*head).or_default().push(self.entries.len());
                    }
                }
                None => self.written.push(self.entries.len()),
            }
        }
        self.entries.push(ElsewhereEntry { place, name, standing });
    }

    /// All entries, in the file's order: trusted, known, blocked.
    pub fn entries(&self) -> &[ElsewhereEntry] {
        &self.entries
    }

    /// An address that is blocked and stands on another list too.
    pub(crate) fn contradiction(&self) -> Option<&Listed> {
        let is_blocked = |entry: &&ElsewhereEntry| entry.standing == Standing::Blocked;
        let mut others = self.entries.iter().filter(|entry| !is_blocked(entry));
        others.find(|entry| self.is_blocked(&entry.place)).map(|entry| &entry.place)
    }

    fn is_blocked(&self, place: &Listed) -> bool {
        match place {
            Listed::Read(place) => self.blocks(&place.address).next().is_some(),
            written @ Listed::Written { .. } => self.written().any(|entry| entry.place == *written),
        }
    }

    fn written(&self) -> impl Iterator<Item = &ElsewhereEntry> {
        self.written.iter().filter_map(|number| self.entries.get(*number))
    }

    fn blocks(&self, address: &Address) -> impl Iterator<Item = &ElsewhereEntry> {
        let place = Place { address: *address, chain: None };
        let payload = place.payload();
        let numbers = payload.first_chunk::<HEAD>().and_then(|head| self.blocked.get(head));
        let entries = numbers.into_iter().flatten().filter_map(|number| self.entries.get(*number));
        entries.filter(
            move |entry| matches!(&entry.place, Listed::Read(blocked) if blocked.address == place.address),
        )
    }

    pub(crate) fn blocks_any(&self) -> bool {
        !self.blocked.is_empty() || !self.written.is_empty()
    }

    /// Blocked addresses that a text names, or another name of the same owner.
    pub(crate) fn blocked_in_text(&self, text: &str) -> impl Iterator<Item = &ElsewhereEntry> {
        let named = mentions::addresses(text).into_iter();
        let read = named
            .flat_map(|address| std::iter::once(address).chain(address.same_owner()))
            .flat_map(|address| self.blocks(&address).collect::<Vec<_>>());
        read.chain(self.written().filter(move |entry| entry.place.is_written_in(text)))
    }

    /// Blocked addresses whose key or hash stands in some bytes.
    pub(crate) fn blocked_in_bytes(&self, bytes: &[u8]) -> impl Iterator<Item = &ElsewhereEntry> {
        let windows = bytes.windows(HEAD).enumerate();
        windows
            .filter_map(|(at, window)| Some((at, self.blocked.get(<&[u8; HEAD]>::try_from(window).ok()?)?)))
            .flat_map(move |(at, numbers)| {
                let entries = numbers.iter().filter_map(|number| self.entries.get(*number));
                entries
                    .filter(|entry| {
                        entry.place.payload().is_some_and(|payload| bytes[at..].starts_with(&payload))
                    })
                    .collect::<Vec<_>>()
            })
    }

    /// In sentences.
    pub(crate) fn explain(&self) -> Vec<String> {
        let line = |entry: &ElsewhereEntry| {
            let ElsewhereEntry { place, name, standing } = entry;
            match (standing, place) {
                (Standing::Known, _) => format!("Knows {place} as {name}."),
                (Standing::Trusted, _) => format!("Trusts {place} ({name})."),
                (Standing::Blocked, Listed::Read(_)) => {
                    format!("Blocks {place} ({name}) where texts or data hold it.")
                }
                (Standing::Blocked, Listed::Written { .. }) => {
                    format!(
                        "Blocks {place} ({name}) where texts hold it as it is written: addresses of its chain are not read here."
                    )
                }
            }
        };
        self.entries.iter().map(line).collect()
    }
}
