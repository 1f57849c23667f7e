//! Labels in answers: which statement of which pack names somebody, how sure it is, and how it stands to others.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{claim::Confidence, text};

/// How an entity and an address belong together. Three things that tables of labels mix up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Predicate {
    /// The entity can move what is there.
    Controls = 0,
    /// What is paid there is paid into an account with the entity: whose account is not told.
    DepositAddressOf = 1,
    /// The address is code that the entity deployed or runs; others move value through it.
    ContractOf = 2,
}

impl Predicate {
    const ALL: [Self; 3] = [Self::Controls, Self::DepositAddressOf, Self::ContractOf];

    /// As files have it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Controls => "controls",
            Self::DepositAddressOf => "deposit_address_of",
            Self::ContractOf => "contract_of",
        }
    }

    /// In words before the entity's name.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Controls => "controlled by",
            Self::DepositAddressOf => "deposit address of",
            Self::ContractOf => "contract of",
        }
    }

    /// The one with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|predicate| predicate.id() == id)
    }

    /// The one stored as `byte`.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        if (byte as usize) < Self::ALL.len() { Some(Self::ALL[byte as usize]) } else { None }
    }
}

/// How statements about one address stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// One family of sources alone says so.
    Single,
    /// Several families say the same.
    Agreed,
    /// Who it is, others say otherwise; what was done, nobody disputes who could: all of them accuse, or an authority does.
    NameDisputed,
    /// Some say otherwise: no decision beyond `review` may rest on it.
    Disputed,
}

impl Standing {
    /// Whether others name somebody else.
    pub const fn is_disputed(self) -> bool {
        matches!(self, Self::NameDisputed | Self::Disputed)
    }
}

/// Up to here a statement is a hint (a heuristic, unknown origin): it is shown, disputes nothing and ends no path.
pub const HINT: Confidence = Confidence(10);

/// The statement of a pack of labels by which somebody is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
pub struct Labelled {
    /// How the entity and the address belong together.
    pub predicate: Predicate,
    /// Whose statement it is: a repository, a list, a page.
    pub by: String,
    /// Which version of that: a commit, a day, or both.
    pub version: String,
    /// How sure that statement is by itself.
    pub confidence: Confidence,
    /// How it stands to others about the address.
    pub standing: Standing,
    /// The pack.
    pub pack: String,
    /// Its version.
    pub pack_version: u64,
}

impl Labelled {
    /// Whether it is no more than a hint.
    pub fn is_hint(&self) -> bool {
        self.confidence <= HINT
    }

    /// Whether others say otherwise.
    pub fn is_disputed(&self) -> bool {
        self.standing.is_disputed()
    }

    /// Whether it names whoever can move what is at the address, surely enough to rest on.
    pub fn is_owner(&self) -> bool {
        self.predicate == Predicate::Controls && !self.is_disputed() && !self.is_hint()
    }
}

/// In words behind a name: `label of SOURCE VERSION in pack NAME 3, confidence 50, disputed`.
impl fmt::Display for Labelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "label of {} {} in pack {} {}, confidence {}",
            text::label(&self.by),
            text::label(&self.version),
            text::label(&self.pack),
            self.pack_version,
            self.confidence.0
        )?;
        f.write_str(match self.predicate {
            Predicate::Controls => "",
            Predicate::DepositAddressOf => ", as its deposit address",
            Predicate::ContractOf => ", as its contract",
        })?;
        if self.is_disputed() { f.write_str(", disputed") } else { Ok(()) }
    }
}

/// A statement of a pack of labels, whole, so that an answer can be checked without the data folder.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct LabelStatement {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// The address that it is about.
    pub address: String,
    /// What a person reads.
    pub label: String,
    /// Who it is said to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// The source's word for the kind of actor.
    pub concept: String,
    /// What is named: `entity`, `asset` or `victim`.
    pub nature: String,
    /// Who says so, how sure it is and how it stands.
    #[serde(flatten)]
    pub labelled: Labelled,
    /// Under what licence it is published.
    pub licence: String,
    /// First day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// First day on which it no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// Why it counts for nothing, where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_counted: Option<String>,
}

/// A pack of labels that a verdict rests on. Its day and its content are those of the verdict's snapshot, and stand once in what
/// tells of a whole batch: no row repeats them.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct PackVersion {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
}

/// A pack of labels in force, as an answer saw it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct PackAsOf {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// The day it was made; none of one that cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<Date>,
    /// The first day on which it is too old, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
}
