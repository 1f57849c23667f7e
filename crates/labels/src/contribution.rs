//! Labels that somebody submits: each with one proof that a program can check.
//!
//! A line of JSON is a label and its proof. What a proof shows bounds the label's confidence: a label that is surer than its proof is
//! refused. Whoever checks has the files that the proofs name; nothing is fetched.

use std::io::{BufRead, BufReader, Read};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracehound_model::{Confidence, text};

use crate::{Family, HEURISTIC, Label, Nature, Predicate, lint};

/// Longest line, in bytes.
const MAX_LINE: u64 = 64 << 10;

/// A label and its proof.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// What is said, with the keys of a label file.
    #[schemars(with = "Row")]
    pub label: Label,
    /// What shows it.
    pub proof: Proof,
}

/// What shows that a label is right, to a program.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// The address's own key signed the label.
    Signature {
        /// The day that stands in the text which was signed.
        date: Date,
        /// Ethereum and its kin: 65 bytes in hexadecimal (`personal_sign`). Tron: the same (TIP-191). Bitcoin: 65 bytes in Base64.
        signature: String,
    },
    /// A test payment to or from the address, and the receipt that the entity gave for it.
    Payment {
        /// The transaction.
        tx: String,
        /// The receipt: a file in the folder of the proofs.
        file: String,
        /// SHA-256 of its bytes, hexadecimal.
        sha256: String,
    },
    /// A page of the entity's own, or a file of its repository, that holds the address.
    Page {
        /// Where it is: with the commit, where it is a file of a repository.
        url: String,
        /// What was there: a file in the folder of the proofs.
        file: String,
        /// SHA-256 of its bytes, hexadecimal.
        sha256: String,
    },
    /// A rule that gives the label from an input: `labels derive` does it again.
    Derived {
        /// The movements or logs, whose SHA-256 stands in the label's version.
        input: String,
        /// The label file of wallets that was given beside the packs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wallets: Option<String>,
    },
    /// A document of a public authority that holds the address.
    Authority {
        /// The day of the document.
        date: Date,
        /// The document: a file in the folder of the proofs.
        file: String,
        /// SHA-256 of its bytes, hexadecimal.
        sha256: String,
    },
}

/// A row of a label file, as its keys are written.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "the form of a label, for its description alone")]
struct Row {
    /// CAIP-2 id of the chain.
    chain: String,
    /// The address, as the chain writes it.
    address: String,
    /// What a person reads; without it the entity is.
    label: Option<String>,
    /// Who it is.
    entity: Option<String>,
    /// The kind of actor: a TagPack concept.
    category: Option<String>,
    /// How entity and address belong together.
    predicate: Predicate,
    /// What is named; without it the category says.
    nature: Option<Nature>,
    /// Whose statement it is.
    source: String,
    /// Which version of it: a commit, a day, or both.
    version: String,
    /// Under what licence it is published.
    licence: String,
    /// How sure it is; no surer than the proof makes it.
    #[schemars(range(max = 100))]
    confidence: u8,
    /// First day on which it holds.
    valid_from: Option<Date>,
    /// First day on which it no longer holds.
    valid_to: Option<Date>,
}

/// Why a label is refused before its proof is looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// It must not be in a pack.
    #[error(transparent)]
    Forbidden(#[from] lint::Forbidden),
    /// It is surer than what shows it.
    #[error("its confidence is {said}, and {kind} shows no more than {most}")]
    TooSure {
        /// What it says.
        said: u8,
        /// Of which kind its proof is.
        kind: &'static str,
        /// What that shows at most.
        most: u8,
    },
    /// A signature shows who has the key.
    #[error("a signature shows who controls the address, and that alone: its predicate is another")]
    NotControls,
    /// Nobody is named.
    #[error("it names no entity, and {0} shows an entity's address")]
    NoEntity(&'static str),
    /// A day that has not come.
    #[error("the day of its proof, {0}, has not come")]
    Future(Date),
    /// No authority.
    #[error("its source `{0}` is no authority that is known here")]
    NoAuthority(String),
    /// Only what was derived is shown by deriving it again.
    #[error("its source `{0}` is no rule of labels derive")]
    NoRule(String),
}

impl Proof {
    /// In words.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Signature { .. } => "signature",
            Self::Payment { .. } => "payment",
            Self::Page { .. } => "page",
            Self::Derived { .. } => "derived",
            Self::Authority { .. } => "authority",
        }
    }

    /// How sure a label can be that it shows.
    pub const fn most(&self) -> Confidence {
        Confidence(match self {
            Self::Signature { .. } => 100,
            Self::Page { .. } => 70,
            Self::Authority { .. } => 60,
            Self::Payment { .. } => 50,
            Self::Derived { .. } => 10,
        })
    }
}

impl Contribution {
    /// Whether the label can be in a pack, and says no more than a proof of its kind can show.
    ///
    /// # Errors
    /// Why not.
    pub fn fits(&self, today: Date) -> Result<(), Unfit> {
        let Self { label, proof } = self;
        lint::check(label)?;
        let (said, most, kind) = (label.confidence, proof.most(), proof.kind());
        if said > most {
            return Err(Unfit::TooSure { said: said.0, kind, most: most.0 });
        }
        let source = &label.provenance.source;
        match proof {
            Proof::Signature { .. } if label.predicate != Predicate::Controls => {
                return Err(Unfit::NotControls);
            }
            Proof::Signature { .. } | Proof::Payment { .. } if label.entity.is_none() => {
                return Err(Unfit::NoEntity(kind));
            }
            Proof::Authority { .. } if !Family::of(source).authority => {
                return Err(Unfit::NoAuthority(text::label(source).into_owned()));
            }
            Proof::Derived { .. } if Family::of(source).id != HEURISTIC => {
                return Err(Unfit::NoRule(text::label(source).into_owned()));
            }
            _ => {}
        }
        match proof {
            Proof::Signature { date, .. } | Proof::Authority { date, .. } if *date > today => {
                Err(Unfit::Future(*date))
            }
            _ => Ok(()),
        }
    }
}

/// The text that the key of a label's address signs: one line, with all that the label says of whose it is.
pub fn to_sign(label: &Label, date: Date) -> String {
    let Label { chain, predicate, entity, .. } = label;
    let entity = entity.as_deref().unwrap_or_default();
    format!("label:{chain}:{}:{}:{entity}:{date}", label.address(), predicate.id())
}

/// A line that is no contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What stands there, cut and safe to print.
    pub row: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Reads contributions line by line, each with its number from 1; empty lines are passed over.
///
/// # Errors
/// Of the iterator's items: an input that breaks off, after which nothing comes. Lines that are no contribution are items, too.
pub fn read(input: impl Read) -> impl Iterator<Item = std::io::Result<(u64, Result<Contribution, Unread>)>> {
    let mut lines = BufReader::new(input);
    let (mut number, mut is_over) = (0, false);
    std::iter::from_fn(move || {
        loop {
            if is_over {
                return None;
            }
            number += 1;
            let mut bytes = Vec::new();
            match lines.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) if bytes.trim_ascii().is_empty() => {}
                Ok(count) if count as u64 > MAX_LINE => {
                    // What comes behind so long a line is part of it, and nothing says where it ends.
                    is_over = true;
                    let reason =
                        format!("it is longer than {MAX_LINE} bytes, and nothing behind it was read");
                    return Some(Ok((number, Err(unread(&bytes, reason)))));
                }
                Ok(_) => {
                    let read = serde_json::from_slice(&bytes).map_err(|error| {
                        unread(
                            &bytes,
                            format!("it is no label with a proof: {}", text::label(&error.to_string())),
                        )
                    });
                    return Some(Ok((number, read)));
                }
                Err(error) => {
                    is_over = true;
                    return Some(Err(error));
                }
            }
        }
    })
}

fn unread(bytes: &[u8], reason: String) -> Unread {
    let head = &bytes[..bytes.len().min(400)];
    Unread { row: text::label(String::from_utf8_lossy(head).trim()).into_owned(), reason }
}
