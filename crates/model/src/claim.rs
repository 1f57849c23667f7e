//! Claims: who says what about an address, since when, and when we learned it.

use std::fmt;

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Address, Chain, Particulars, TxId};

/// What a claim is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An address, compared by its bytes.
    Address(Address),
    /// A transaction on one chain.
    Tx {
        /// The chain it was mined in.
        chain: Chain,
        /// Its id.
        txid: TxId,
    },
    /// An identifier a source published as an address but that decodes as none we know (a Monero payment id, say).
    /// Compared as trimmed text.
    Opaque(String),
}

/// First byte of the keys of transactions. Those of addresses begin with other bytes.
const FAMILY_TX: u8 = 0xf0;
/// First byte of the keys of plain text.
const FAMILY_OPAQUE: u8 = 0xf1;

impl Subject {
    /// Canonical bytes, for indexes: equal exactly for equal subjects. The first byte tells the families apart.
    ///
    /// Index and label files hold these bytes: what a subject's are never changes.
    pub fn key(&self) -> Vec<u8> {
        match self {
            Self::Address(address) => address.key().as_ref().to_vec(),
            Self::Tx { chain, txid } => [&[FAMILY_TX], &txid.0[..], chain.to_string().as_bytes()].concat(),
            Self::Opaque(text) => [&[FAMILY_OPAQUE], text.trim().as_bytes()].concat(),
        }
    }

    /// The subject with these canonical bytes; `None` when they are not what [`key`](Self::key) gives.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (&family, rest) = key.split_first()?;
        let subject = match family {
            FAMILY_TX => {
                let (txid, chain) = rest.split_first_chunk::<32>()?;
                Self::Tx { chain: std::str::from_utf8(chain).ok()?.parse().ok()?, txid: TxId(*txid) }
            }
            FAMILY_OPAQUE => Self::Opaque(std::str::from_utf8(rest).ok()?.to_owned()),
            _ => {
                let address = Address::from_key(key)?;
                return (address.key().as_ref() == key).then_some(Self::Address(address));
            }
        };
        (subject.key() == key).then_some(subject)
    }

    /// What a list or a person means by `text`: an address where it is one, else the plain text.
    pub fn of_text(text: &str) -> Self {
        Address::parse(text).map_or_else(|_| Self::Opaque(text.trim().to_owned()), Self::Address)
    }
}

/// The kind of publisher behind a source; a policy may weigh them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A legally binding sanctions list (OFAC, UN, EU, UK).
    Sanctions,
    /// An advisory by police, prosecutors or a regulator that binds nobody but names addresses (an FBI announcement).
    LawEnforcement,
    /// A published label set (TagPack, research data, a vendor's export).
    Labels,
    /// The user's own list.
    Own,
}

/// Short stable name of a source: lower-case letters, digits, `-`, `_`, `.` (`ofac-sdn`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

impl SourceId {
    /// Whether a text can be one: 1 to 100 lower-case letters, digits, `-`, `_`, `.`.
    pub fn is_well_formed(id: &str) -> bool {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
        };
        (1..=100).contains(&id.len()) && id.bytes().all(allowed)
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where claims come from, as of its newest imported snapshot.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Source {
    /// Stable name.
    pub id: SourceId,
    /// Kind of publisher.
    pub kind: SourceKind,
    /// Human title ("OFAC Specially Designated Nationals").
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where the publisher keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Date the publisher put on the snapshot.
    pub published: Date,
    /// When this installation imported the snapshot.
    pub recorded_at: Timestamp,
    /// SHA-256 of the imported bytes, hexadecimal.
    pub sha256: String,
}

/// What kind of actor or service an address belongs to.
///
/// The names follow the TagPack concepts of GraphSense and, through them, the INTERPOL dark-web and virtual-asset
/// taxonomy. The discriminants are part of the index file format: never renumber, only append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Category {
    /// On a sanctions list.
    Sanction = 0,
    /// Proceeds of a theft from a service or person.
    ServiceHack = 1,
    /// Ransomware payments.
    Ransomware = 2,
    /// Sextortion payments.
    Sextortion = 3,
    /// Scam.
    Scam = 4,
    /// Phishing, including wallet drainers.
    Phishing = 5,
    /// Ponzi scheme.
    PonziScheme = 6,
    /// Financing of terrorism.
    Terrorism = 7,
    /// Child sexual abuse material.
    ChildAbuse = 8,
    /// Dark-web market or shop.
    Market = 9,
    /// Custodial or contract mixer.
    MixingService = 10,
    /// CoinJoin transaction or coordinator.
    CoinJoin = 11,
    /// Custodial exchange.
    Exchange = 12,
    /// Decentralised exchange.
    DefiDex = 13,
    /// Cross-chain bridge.
    DefiBridge = 14,
    /// Other decentralised finance.
    Defi = 15,
    /// Gambling.
    Gambling = 16,
    /// Miner or mining pool.
    Miner = 17,
    /// Payment processor.
    PaymentProcessor = 18,
    /// Hosted or hot wallet service.
    HostedWallet = 19,
    /// Frozen or blacklisted by a token's issuer.
    IssuerBlacklist = 20,
    /// Seized by law enforcement.
    Seized = 21,
    /// Organisation, donation address, known person in public life.
    Organization = 22,
    /// A private user.
    User = 23,
    /// Labelled, but the source gives no category we know.
    Unknown = 24,
}

impl Category {
    /// Every category, in discriminant order.
    pub const ALL: [Self; 25] = [
        Self::Sanction,
        Self::ServiceHack,
        Self::Ransomware,
        Self::Sextortion,
        Self::Scam,
        Self::Phishing,
        Self::PonziScheme,
        Self::Terrorism,
        Self::ChildAbuse,
        Self::Market,
        Self::MixingService,
        Self::CoinJoin,
        Self::Exchange,
        Self::DefiDex,
        Self::DefiBridge,
        Self::Defi,
        Self::Gambling,
        Self::Miner,
        Self::PaymentProcessor,
        Self::HostedWallet,
        Self::IssuerBlacklist,
        Self::Seized,
        Self::Organization,
        Self::User,
        Self::Unknown,
    ];

    /// Whether it is a business that keeps other people's money or takes part in everybody's trades: what goes in
    /// comes out mixed with others', so a trace ends there (Chainalysis's rule for indirect exposure).
    pub const fn is_service(self) -> bool {
        matches!(
            self,
            Self::Market
                | Self::MixingService
                | Self::Exchange
                | Self::DefiDex
                | Self::DefiBridge
                | Self::Defi
                | Self::Gambling
                | Self::Miner
                | Self::PaymentProcessor
                | Self::HostedWallet
        )
    }

    /// The category stored as `byte`, if there is one.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        if (byte as usize) < Self::ALL.len() { Some(Self::ALL[byte as usize]) } else { None }
    }

    /// The concept id used in files and output (`mixing_service`).
    pub const fn id(self) -> &'static str {
        match self {
            Self::Sanction => "sanction",
            Self::ServiceHack => "service_hack",
            Self::Ransomware => "ransomware",
            Self::Sextortion => "sextortion",
            Self::Scam => "scam",
            Self::Phishing => "phishing",
            Self::PonziScheme => "ponzi_scheme",
            Self::Terrorism => "terrorism",
            Self::ChildAbuse => "child_abuse",
            Self::Market => "market",
            Self::MixingService => "mixing_service",
            Self::CoinJoin => "coin_join",
            Self::Exchange => "exchange",
            Self::DefiDex => "defi_dex",
            Self::DefiBridge => "defi_bridge",
            Self::Defi => "defi",
            Self::Gambling => "gambling",
            Self::Miner => "miner",
            Self::PaymentProcessor => "payment_processor",
            Self::HostedWallet => "hosted_wallet",
            Self::IssuerBlacklist => "issuer_blacklist",
            Self::Seized => "seized",
            Self::Organization => "organization",
            Self::User => "user",
            Self::Unknown => "unknown",
        }
    }

    /// The category with this concept id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.id() == id)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// How sure a source can be, on the TagPack scale of 5 (unknown) to 100 (proven ownership).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confidence(pub u8);

impl Confidence {
    /// The level of a TagPack confidence id (`authority_data` = 60), from the GraphSense confidence taxonomy.
    pub fn from_tagpack(id: &str) -> Option<Self> {
        Some(Self(match id {
            "override" | "ownership" | "ledger_immanent" => 100,
            "manual_transaction" => 90,
            "service_api" | "forensic_investigation" => 70,
            "authority_data" => 60,
            "trusted_provider" | "service_data" | "forensic" => 50,
            "untrusted_transaction" => 40,
            "web_crawl" => 20,
            "heuristic" => 10,
            "unknown" => 5,
            _ => return None,
        }))
    }

    /// Data from public authorities (TagPack `authority_data`).
    pub const AUTHORITY: Self = Self(60);
}

/// What is said about the subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
pub struct Statement {
    /// The label a person reads ("Lazarus Group").
    pub label: String,
    /// The kind of actor or service.
    pub category: Category,
    /// The party in the source's own numbering, where it has one ("12345" in OFAC's list).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_id: Option<String>,
    /// Date the *party* was listed. Never the address's date: OFAC adds addresses to old parties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party_listed_on: Option<Date>,
    /// Sanctions programmes ("DPRK3", "CYBER2").
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
    /// The asset code as the source wrote it ("USDT"); says nothing certain about the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<String>,
    /// A TagPack actor id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Page where the statement can be read, when it differs from the source's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// One statement by one source about one subject, with both of its times.
///
/// Claims are append-only: a correction is a new claim, and the old one gets a `superseded_at`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Claim {
    /// Stable id, unique in the installation: first 16 hex digits of a SHA-256 over source, subject, statement and
    /// `valid_from`.
    pub id: String,
    /// Who or what it is about.
    pub subject: Subject,
    /// What is said.
    pub statement: Statement,
    /// How sure the source can be.
    pub confidence: Confidence,
    /// Who says it.
    pub source: SourceId,
    /// First day the claim is known to hold: date of the first snapshot that carried it, or the date the source gives.
    pub valid_from: Date,
    /// Day from which it no longer holds (exclusive): date of the first later snapshot without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// When this installation learned it.
    pub recorded_at: Timestamp,
}

impl Claim {
    /// Whether the claim holds on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day < end)
    }
}

/// A listed person, organisation, vessel or aircraft.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Party {
    /// The source that lists it.
    pub source: SourceId,
    /// The source's own number for it.
    pub id: String,
    /// Person, organisation or thing.
    pub kind: PartyKind,
    /// Names, the primary one first.
    pub names: Vec<PartyName>,
    /// Sanctions programmes or regimes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<String>,
    /// Date the party was listed, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_on: Option<Date>,
    /// What the list says of it besides its names.
    #[serde(default, skip_serializing_if = "Particulars::is_empty")]
    pub particulars: Particulars,
}

/// What a listed party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A natural person.
    Individual,
    /// A company, group, ministry.
    Entity,
    /// A ship.
    Vessel,
    /// An aircraft.
    Aircraft,
    /// The source does not say.
    Unknown,
}

/// One name of a party.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct PartyName {
    /// The name as written, in natural or list order.
    pub full: String,
    /// Whether the list itself calls the alias weak (low quality).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weak: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_come_back_from_their_bytes() {
        let subjects = [
            Subject::of_text("3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG"),
            Subject::of_text("0x098B716B8Aaf21512996dC57EB0615e2383E2f96"),
            Subject::of_text("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq"),
            Subject::Tx { chain: "btc".parse().expect("a chain"), txid: TxId([7; 32]) },
            Subject::Tx { chain: "eip155:1".parse().expect("a chain"), txid: TxId([7; 32]) },
            Subject::of_text(" a payment id "),
        ];
        for subject in subjects {
            assert_eq!(Subject::from_key(&subject.key()).as_ref(), Some(&subject));
        }
    }

    #[test]
    fn other_bytes_are_no_subject() {
        for key in
            [&[][..], &[FAMILY_TX], &[FAMILY_OPAQUE, b' '], &[FAMILY_OPAQUE, 0xff], &[4, 0, 1], &[0xee, 0]]
        {
            assert_eq!(Subject::from_key(key), None, "{key:?}");
        }
    }
}
