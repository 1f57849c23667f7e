//! What the operator says against packs: a file of rows of their own, which no pack and no refresh touches.
//!
//! A correction names somebody else, or says who it is not. One of the operator's own comes before all packs; one that an owner
//! asked for weighs as evidence does, and takes no name from an authority. Neither takes a statement away: what packs say is
//! shown beside it, and a name that they differ about is disputed.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracehound_model::text;

pub use crate::family::{OPERATOR, OWNER};

use crate::{Label, Nature, Predicate, concept, label::MAX_TEXT, lint};

/// What stands before the name of whom an address is not.
pub(crate) const NOT: &str = "not ";
/// Under what licence corrections stand: they are the operator's.
const LICENCE: &str = "own";

/// Who wants a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The operator: comes before all packs.
    Operator,
    /// Whoever owns the address: renames or disputes, by evidence that the operator has seen.
    Owner,
}

impl By {
    pub(crate) const fn source(self) -> &'static str {
        match self {
            Self::Operator => OPERATOR,
            Self::Owner => OWNER,
        }
    }

    /// The operator's word is final here; an owner's weighs as a file of theirs does, less than an authority's.
    const fn confidence(self) -> u8 {
        match self {
            Self::Operator => 100,
            Self::Owner => 50,
        }
    }
}

/// What is to be said instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// It is this one.
    Is {
        /// Who.
        entity: String,
        /// The kind of actor, a concept.
        concept: String,
        /// How entity and address belong together.
        predicate: Predicate,
        /// What a person reads; the entity where there is none.
        label: Option<String>,
    },
    /// It is not this one.
    IsNot {
        /// Who.
        entity: String,
    },
}

/// A correction that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The chain, CAIP-2.
    pub chain: String,
    /// The address.
    pub address: String,
    /// What is said.
    pub says: Says,
    /// Who wants it.
    pub by: By,
    /// What it rests on: where somebody else can look.
    pub evidence: String,
    /// The first day on which it holds; without one it holds from the day it is made.
    pub from: Option<Date>,
}

/// A correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Its number, from 1.
    pub number: u64,
    /// The day it was made.
    pub made: Date,
    /// The day it was withdrawn: it says nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Date>,
    /// Who wants it.
    pub by: By,
    /// What it rests on.
    pub evidence: String,
    /// What it says.
    pub row: Label,
}

/// Why a correction is not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorrectionError {
    /// Nothing that anybody could look at.
    #[error(
        "a correction needs its evidence, in 1 to {MAX_TEXT} bytes on one line: a page, a document, a transaction, whatever \
         somebody else can look at"
    )]
    Evidence,
    /// A word that is no kind of actor.
    #[error("`{0}` is no kind of actor: see docs/LABELS.md for the categories")]
    Category(String),
    /// What a row cannot be.
    #[error("{0}")]
    Row(String),
    /// What must not be in a label.
    #[error(transparent)]
    Forbidden(#[from] lint::Forbidden),
    /// No correction in force of this number.
    #[error("no correction in force has the number {0}: see `tracehound labels corrections`")]
    NoSuchNumber(u64),
    /// More than anybody makes by hand.
    #[error("more than {MAX_CORRECTIONS} corrections: make a pack of your own of them")]
    TooMany,
}

/// Most corrections of a folder.
pub const MAX_CORRECTIONS: usize = 100_000;

impl Correction {
    /// The correction that is wanted, as of a day.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(wanted: Wanted, number: u64, today: Date) -> Result<Self, CorrectionError> {
        let Wanted { chain, address, says, by, evidence, from } = wanted;
        let evidence = evidence.trim().to_owned();
        if evidence.is_empty() || evidence.len() > MAX_TEXT || text::clean(&evidence) != evidence {
            return Err(CorrectionError::Evidence);
        }
        let (entity, label, concept, predicate) = match says {
            Says::Is { entity, concept, predicate, label } => {
                let nature = Nature::of_concept(&concept);
                if concept::category(&concept).is_none() && nature == Nature::Entity {
                    return Err(CorrectionError::Category(text::label(&concept).into_owned()));
                }
                (entity.clone(), label.unwrap_or(entity), concept, predicate)
            }
            Says::IsNot { entity } => {
                let not = format!("{NOT}{entity}");
                (not.clone(), not, String::new(), Predicate::Controls)
            }
        };
        let cells = serde_json::json!({
            "chain": chain, "address": address, "label": label, "entity": entity, "category": concept,
            "predicate": predicate.id(), "nature": Nature::of_concept(&concept).id(), "source": by.source(),
            "version": today.to_string(), "licence": LICENCE, "confidence": by.confidence(),
            "valid_from": from.map(|day| day.to_string()),
        });
        let row: Label =
            serde_json::from_value(cells).map_err(|error| CorrectionError::Row(error.to_string()))?;
        lint::content(&row)?;
        Ok(Self { number, made: today, withdrawn: None, by, evidence, row })
    }

    /// Whether it says who it is not, and nobody's name.
    pub fn denies(&self) -> bool {
        self.row.concept.is_empty()
    }

    /// Whether it says something on a day.
    pub(crate) fn holds_on(&self, day: Date) -> bool {
        self.withdrawn.is_none() && self.row.holds_on(day) && self.row.on_record_from(self.made) <= day
    }
}
