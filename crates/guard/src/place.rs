//! Addresses of any chain in a policy.
//!
//! A plain address means every chain its form fits; a CAIP-10 id (`eip155:1:0x…`, `bip122:…:bc1…`), or a short name before the
//! address (`eth:0x…`), means one. What is not on an EVM chain can be no counterparty of what is judged here, and can stand in
//! texts and data all the same: an address to pay out to on another chain.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, de::Error};
use tracehound_model::{Address, Chain};

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

impl schemars::JsonSchema for Place {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Place".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An address of any chain, alone, with its CAIP-10 chain, or with a short name: eth:0x...",
        })
    }
}

impl<'de> Deserialize<'de> for Place {
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
    pub place: Place,
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
}

impl Elsewhere {
    pub(crate) fn add(&mut self, standing: Standing, place: Place, name: String) {
        if let (Standing::Blocked, Some(head)) = (standing, place.payload().first_chunk::<HEAD>()) {
            self.blocked.entry(*head).or_default().push(self.entries.len());
        }
        self.entries.push(ElsewhereEntry { place, name, standing });
    }

    /// All entries, in the file's order: trusted, known, blocked.
    pub fn entries(&self) -> &[ElsewhereEntry] {
        &self.entries
    }

    /// An address that is blocked and stands on another list too.
    pub(crate) fn contradiction(&self) -> Option<Place> {
        let is_blocked = |entry: &&ElsewhereEntry| entry.standing == Standing::Blocked;
        let mut others = self.entries.iter().filter(|entry| !is_blocked(entry));
        others.find(|entry| self.is_blocked(&entry.place.address)).map(|entry| entry.place)
    }

    fn is_blocked(&self, address: &Address) -> bool {
        self.blocks(address).next().is_some()
    }

    fn blocks(&self, address: &Address) -> impl Iterator<Item = &ElsewhereEntry> {
        let place = Place { address: *address, chain: None };
        let payload = place.payload();
        let numbers = payload.first_chunk::<HEAD>().and_then(|head| self.blocked.get(head));
        let entries = numbers.into_iter().flatten().filter_map(|number| self.entries.get(*number));
        entries.filter(move |entry| entry.place.address == place.address)
    }

    pub(crate) fn blocks_any(&self) -> bool {
        !self.blocked.is_empty()
    }

    /// Blocked addresses that a text names, or another name of the same owner.
    pub(crate) fn blocked_in_text(&self, text: &str) -> impl Iterator<Item = &ElsewhereEntry> {
        let named = mentions::addresses(text).into_iter();
        named
            .flat_map(|address| std::iter::once(address).chain(address.same_owner()))
            .flat_map(|address| self.blocks(&address).collect::<Vec<_>>())
    }

    /// Blocked addresses whose key or hash stands in some bytes.
    pub(crate) fn blocked_in_bytes(&self, bytes: &[u8]) -> impl Iterator<Item = &ElsewhereEntry> {
        let windows = bytes.windows(HEAD).enumerate();
        windows
            .filter_map(|(at, window)| Some((at, self.blocked.get(<&[u8; HEAD]>::try_from(window).ok()?)?)))
            .flat_map(move |(at, numbers)| {
                let entries = numbers.iter().filter_map(|number| self.entries.get(*number));
                entries
                    .filter(move |entry| bytes[at..].starts_with(&entry.place.payload()))
                    .collect::<Vec<_>>()
            })
    }

    /// In sentences.
    pub(crate) fn explain(&self) -> Vec<String> {
        let line = |entry: &ElsewhereEntry| {
            let ElsewhereEntry { place, name, standing } = entry;
            match standing {
                Standing::Known => format!("Knows {place} as {name}."),
                Standing::Trusted => format!("Trusts {place} ({name})."),
                Standing::Blocked => format!("Blocks {place} ({name}) where texts or data hold it."),
            }
        };
        self.entries.iter().map(line).collect()
    }
}
