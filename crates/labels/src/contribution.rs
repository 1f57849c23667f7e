//! Labels that somebody submits: each with one proof that a program can check.
//!
//! A line of JSON is a label and its proof. What a proof shows bounds the label's confidence: a label that is surer than its proof is
//! refused. Whoever checks has the files that the proofs name; nothing is fetched.

use std::io::{BufRead, BufReader, Read};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracehound_model::{Confidence, text};

use crate::{Family, HEURISTIC, Label, Nature, Predicate, concept, identity, lint};

/// Longest line, in bytes.
const MAX_LINE: u64 = 64 << 10;
/// How sure a page is that says what somebody else did: a curated repository.
const ACCUSING_PAGE: Confidence = Confidence(50);
/// How sure a page of an explorer is.
const EXPLORERS_PAGE: Confidence = Confidence(30);
/// Hosts of explorers, whose names are copied from each other and owners' own of nobody.
const EXPLORERS: &[&str] = &[
    "etherscan.io",
    "bscscan.com",
    "polygonscan.com",
    "arbiscan.io",
    "basescan.org",
    "lineascan.build",
    "snowtrace.io",
    "snowscan.xyz",
    "gnosisscan.io",
    "tronscan.org",
    "solscan.io",
    "blockscout.com",
    "blockchair.com",
    "blockchain.com",
    "walletexplorer.com",
    "oklink.com",
    "arkm.com",
];

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
    /// The words of a signature are whose the address is.
    #[error("a signature covers chain, address, entity and day: the label must be called as its entity is")]
    OtherWords,
    /// Nobody says that of themselves.
    #[error("{0} shows whose an address is, and no accusation: its category is another, and its nature none")]
    Accuses(&'static str),
    /// An authority speaks by its documents.
    #[error("its source `{source_name}` is an authority, and {kind} shows nothing that an authority says")]
    Authoritys {
        /// The source.
        source_name: String,
        /// Of which kind its proof is.
        kind: &'static str,
    },
    /// No page.
    #[error("`{0}` is no address of a page: write https://HOST/PATH")]
    NoPage(String),
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

    /// The files that it names.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let (file, wallets) = match self {
            Self::Signature { .. } => (None, None),
            Self::Payment { file, .. } | Self::Page { file, .. } | Self::Authority { file, .. } => {
                (Some(file), None)
            }
            Self::Derived { input, wallets } => (Some(input), wallets.as_ref()),
        };
        file.into_iter().chain(wallets).map(String::as_str)
    }

    /// How sure a label can be that it shows.
    fn most(&self, label: &Label) -> Confidence {
        match self {
            Self::Signature { .. } => Confidence(100),
            Self::Page { url, .. } if host(url).is_some_and(is_explorer) => EXPLORERS_PAGE,
            Self::Page { .. } if accuses(label) => ACCUSING_PAGE,
            Self::Page { .. } => Confidence(70),
            Self::Authority { .. } => Confidence(60),
            Self::Payment { .. } => Confidence(50),
            Self::Derived { .. } => Confidence(10),
        }
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
        let (said, most, kind) = (label.confidence, proof.most(label), proof.kind());
        if said > most {
            return Err(Unfit::TooSure { said: said.0, kind, most: most.0 });
        }
        let source = &label.provenance.source;
        if Family::of(source).authority && !matches!(proof, Proof::Authority { .. }) {
            return Err(Unfit::Authoritys { source_name: text::label(source).into_owned(), kind });
        }
        match proof {
            Proof::Signature { .. } if label.predicate != Predicate::Controls => {
                return Err(Unfit::NotControls);
            }
            Proof::Signature { .. } | Proof::Payment { .. } if label.entity.is_none() => {
                return Err(Unfit::NoEntity(kind));
            }
            Proof::Signature { .. } | Proof::Payment { .. }
                if accuses(label) || label.nature != Nature::Entity =>
            {
                return Err(Unfit::Accuses(kind));
            }
            Proof::Signature { .. }
                if label.entity.as_deref().map(identity) != Some(identity(&label.label)) =>
            {
                return Err(Unfit::OtherWords);
            }
            Proof::Page { url, .. } if host(url).is_none() => {
                return Err(Unfit::NoPage(text::label(url).into_owned()));
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

/// Whether a label says that something grave was done.
fn accuses(label: &Label) -> bool {
    concept::category(&label.concept).is_some_and(concept::is_accusation)
}

/// The host of a page's address; none of what is no such address.
fn host(url: &str) -> Option<&str> {
    let rest = ["https://", "http://"].iter().find_map(|scheme| url.trim().strip_prefix(scheme))?;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    let is_name =
        |part: &str| !part.is_empty() && part.bytes().all(|at| at.is_ascii_alphanumeric() || at == b'-');
    (host.contains('.') && host.split('.').all(is_name)).then_some(host)
}

fn is_explorer(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    EXPLORERS
        .iter()
        .any(|known| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
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
