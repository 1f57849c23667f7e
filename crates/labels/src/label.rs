//! What one source says of one address.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracehound_model::{
    Address, AddressError, Category, Chain, Confidence, Predicate, Subject, caip::Caip2, text,
};

use crate::concept;

/// How sure a name copied from an explorer is.
const EXPLORER: Confidence = Confidence(30);
/// Longest text of a row's cell, in bytes.
pub const MAX_TEXT: usize = 400;
/// Years that a row's days may be of.
const YEARS: std::ops::RangeInclusive<i16> = 1..=9999;
/// Longest address of a chain that is not known here, in bytes: CAIP-10's limit.
const MAX_ADDRESS: usize = 128;

/// What the name in a label is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Nature {
    /// Of an entity: a business, a protocol, a group.
    Entity = 0,
    /// Of an asset: the address is a token's contract, which owns nothing that is moved through it.
    Asset = 1,
    /// Of an entity that an exploit took from, through this contract: a victim, never the thief.
    Victim = 2,
}

impl Nature {
    const ALL: [Self; 3] = [Self::Entity, Self::Asset, Self::Victim];

    /// As files have it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Asset => "asset",
            Self::Victim => "victim",
        }
    }

    /// The one with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|nature| nature.id() == id)
    }

    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        if (byte as usize) < Self::ALL.len() { Some(Self::ALL[byte as usize]) } else { None }
    }

    /// What a concept names, where a row does not say so itself.
    pub(crate) fn of_concept(word: &str) -> Self {
        match word {
            "defi_token" | "token" | "token_contract" | "stablecoin" => Self::Asset,
            "victim" => Self::Victim,
            _ => Self::Entity,
        }
    }
}

/// Where a label is from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
pub struct Provenance {
    /// The publication: a repository, a list, a page.
    pub source: String,
    /// Which version of it: a commit, a date, or both.
    pub version: String,
    /// Under what licence it is published there.
    pub licence: String,
}

impl Provenance {
    /// The day of the version, where it ends with one: `1eb4e81d4d/2026-08-22`.
    pub fn day(&self) -> Option<Date> {
        self.version.rsplit('/').next()?.parse().ok()
    }
}

/// One row of a label file: what one source says of one address on one chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The chain, also one that is not known here.
    pub chain: Caip2,
    /// The address; plain text where its chain is not known here.
    pub subject: Subject,
    /// What a person reads.
    pub label: String,
    /// Who it is: one word for the same entity in all rows of a source. `None` where the source only says what happened.
    pub entity: Option<String>,
    /// The kind of actor as the source has it: a TagPack concept.
    pub concept: String,
    /// How entity and address belong together.
    pub predicate: Predicate,
    /// What is named.
    pub nature: Nature,
    /// Who says so.
    pub provenance: Provenance,
    /// How sure that is, on the TagPack scale.
    pub confidence: Confidence,
    /// First day on which it holds, where known.
    pub valid_from: Option<Date>,
    /// First day on which it no longer holds.
    pub valid_to: Option<Date>,
}

impl Label {
    /// The kind of actor in our words. An asset or a victim is no actor, but whoever made an asset that is a fraud.
    pub fn category(&self) -> Option<Category> {
        let category = concept::category(&self.concept);
        match self.nature {
            Nature::Entity => Some(category.unwrap_or(Category::Unknown)),
            Nature::Asset => category.filter(|category| concept::is_accusation(*category)),
            Nature::Victim => None,
        }
    }

    /// Whether it is a name and no more, of somebody who names whom they like, as an explorer does: it says nothing of the kind
    /// of actor, and no word in it accuses. That is no objection to anybody.
    pub fn is_name_alone(&self) -> bool {
        let texts = [Some(&self.label), self.entity.as_ref()];
        self.nature == Nature::Entity
            && self.confidence <= EXPLORER
            && concept::is_neutral(&self.concept)
            && !texts.into_iter().flatten().any(|text| concept::accuses(text))
    }

    /// Whether a row can say it: its texts, its days, and an address of its chain. Whatever a label comes by, the same is asked
    /// of it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Provenance { source, version, licence } = &self.provenance;
        let needed = [("label", &self.label), ("source", source), ("version", version), ("licence", licence)];
        for (column, text) in needed.into_iter().chain(self.entity.iter().map(|entity| ("entity", entity))) {
            check_text(column, text)?;
            if text.is_empty() {
                return Err(format!("it has no {column}"));
            }
        }
        check_text("category", &self.concept)?;
        if self.nature == Nature::Victim
            && concept::category(&self.concept).is_some_and(concept::is_accusation)
        {
            return Err(format!(
                "its category `{}` accuses whom its nature calls a victim: say `victim`, or leave the \
                 nature out",
                text::label(&self.concept)
            ));
        }
        for day in [self.valid_from, self.valid_to].into_iter().flatten() {
            if !YEARS.contains(&day.year()) {
                return Err(format!("{day} is no day of the years {} to {}", YEARS.start(), YEARS.end()));
            }
        }
        if let (Some(from), Some(to)) = (self.valid_from, self.valid_to)
            && to <= from
        {
            return Err(format!("it ends on {to}, and begins on {from}"));
        }
        check_chain(&self.chain)?;
        let is_on_chain = match (Chain::from_caip2(&self.chain), &self.subject) {
            (Some(chain), Subject::Address(address)) => address.fits(chain),
            (Some(_), _) => false,
            (None, subject) => subject_on(&self.chain, &self.address()).as_ref() == Ok(subject),
        };
        if is_on_chain { Ok(()) } else { Err(format!("its address is none of {}", self.chain)) }
    }

    /// The address as text.
    pub fn address(&self) -> String {
        match &self.subject {
            Subject::Address(address) => address.to_string(),
            Subject::Opaque(text) => text.clone(),
            Subject::Tx { txid, .. } => txid.to_string(),
        }
    }

    /// Since when it is on record: its first day, else that of the source's version, else the day its pack was issued. No
    /// version is of a day after that.
    pub fn on_record_from(&self, issued: Date) -> Date {
        let published = self.provenance.day().filter(|day| *day <= issued);
        self.valid_from.or(published).unwrap_or(issued)
    }

    /// Whether it holds on a day. What has no first day has held for as long as anybody knows.
    pub fn holds_on(&self, day: Date) -> bool {
        holds(self.valid_from, self.valid_to, day)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.chain, self.address(), self.label)
    }
}

/// Whether a cell's text is short, and nothing in it acts upon a terminal.
pub(crate) fn check_text(column: &str, cell: &str) -> Result<(), String> {
    if cell.len() > MAX_TEXT {
        return Err(format!("its {column} has more than {MAX_TEXT} bytes"));
    }
    if text::clean(cell) != cell || cell.trim() != cell {
        return Err(format!("its {column} has characters that are not seen but acted upon"));
    }
    Ok(())
}

pub(crate) fn holds(from: Option<Date>, to: Option<Date>, day: Date) -> bool {
    from.is_none_or(|from| from <= day) && to.is_none_or(|to| day < to)
}

/// A chain by its id here: the same chain has several among wallets (`tron:0x2b6653dc`, `tron:mainnet`).
///
/// # Errors
/// Text that is no chain's id. What is not known here may be one, but not under `eip155`, whose ids are numbers.
pub fn chain_of(text: &str) -> Result<Caip2, String> {
    let chain = text.parse().map(Chain::canonical_id).map_err(|error| format!("{error}"))?;
    check_chain(&chain)?;
    Ok(chain)
}

/// Whether there can be a chain of this id: of EVM chains any number but 0, as it is written (EIP-155, EIP-2294).
fn check_chain(chain: &Caip2) -> Result<(), String> {
    if chain.namespace() == "eip155" && Chain::from_caip2(chain).is_none() {
        return Err(format!("`{chain}` is no chain: behind `eip155:` stands the number of one, such as 1"));
    }
    Ok(())
}

/// What is meant by an address in a row of this chain. Checked where the chain is known here; elsewhere it is text.
pub fn subject_on(chain: &Caip2, text: &str) -> Result<Subject, AddressText> {
    let text = text.trim();
    match Chain::from_caip2(chain) {
        Some(known) => Ok(Subject::Address(Address::parse_for(known, text)?)),
        None if text.is_empty()
            || text.len() > MAX_ADDRESS
            || !text.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Err(AddressText::Unreadable)
        }
        None => Ok(Subject::of_text(text)),
    }
}

/// Why text is no address of its chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressText {
    /// The chain's form is known, and this is not it.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// No chain has addresses like this.
    #[error("an address has 1 to {MAX_ADDRESS} letters, digits and signs, and no spaces")]
    Unreadable,
}
