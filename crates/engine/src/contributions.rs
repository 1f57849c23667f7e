//! Labels that somebody submits, with their proofs checked: offline by signatures, files and rules, and against a ledger.
//!
//! Passed is what was shown. What a proof contradicts is refused; what could not be looked at here is not checked, and no pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Component, Path, PathBuf},
};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tracehound_analysis::deposits::Seen;
use tracehound_labels::{
    Label,
    contribution::{self, Contribution, Proof, to_sign},
    file,
    signed::{NotSigned, signed_by},
};
use tracehound_ledger::Ledger;
use tracehound_model::{Address, Chain, Subject, TxId, text};

use crate::{EngineError, Snapshot, Workspace, derive::Question, labels::Input};

/// Rows that an answer lists; all are counted.
const LISTED: usize = 1_000;
/// Rows of a file.
const MOST: u64 = 1_000_000;
/// Bytes of a document that a proof rests on.
const MAX_DOCUMENT: u64 = 64 << 20;
/// Bytes of documents that are searched for one file of contributions.
const MAX_SEARCHED: u64 = 4 << 30;
/// Different inputs from which labels are derived again for one file.
const MAX_DERIVED: usize = 16;

/// What became of submitted labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Contributions {
    /// The file.
    pub file: String,
    /// How many labels their proof shows.
    pub passed: u64,
    /// How many it does not show, or that cannot be in a pack.
    pub refused: u64,
    /// How many proofs could not be looked at here: nothing is known of them.
    pub not_checked: u64,
    /// The first rows, in their order.
    pub rows: Vec<Proved>,
    /// What makes that no answer to rest on.
    pub gaps: Vec<String>,
    /// The labels that passed.
    #[serde(skip)]
    pub labels: Vec<Label>,
    /// The files that proofs name.
    #[serde(skip)]
    pub proofs: BTreeSet<PathBuf>,
}

/// A row, and what its proof shows.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Proved {
    /// Its line, from 1.
    pub line: u64,
    /// CAIP-2 id of its chain; none of a line that is no label with a proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// Its address, or what stands in the line.
    pub subject: String,
    /// Who it is said to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// The kind of its proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, where it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its proof shows it.
    Passed,
    /// Its proof does not show it, or it cannot be in a pack.
    Refused,
    /// Its proof could not be looked at here.
    NotChecked,
}

/// Why a proof does not pass.
enum Failed {
    Refused(String),
    NotChecked(String),
}

/// What proofs are checked against.
pub struct Against<'q> {
    /// The folder of the files that proofs name.
    pub proofs: PathBuf,
    /// The ledgers at hand.
    pub snapshot: &'q Snapshot,
    /// Today: nothing is dated later.
    pub today: Date,
}

impl Contributions {
    /// Whether every row passed, and there was one.
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Writes the labels that passed as a label file: CSV.
    ///
    /// # Errors
    /// What is written to does not take it.
    pub fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        file::write_csv(out, self.labels.iter().cloned())
    }
}

impl Workspace {
    /// Checks submitted labels: JSON lines, each a label with its proof.
    ///
    /// # Errors
    /// An input that breaks off or is too long, or a ledger that is damaged.
    pub fn check_contributions(
        &self,
        name: &str,
        input: impl Read,
        against: &Against<'_>,
    ) -> Result<Contributions, EngineError> {
        let mut checker =
            Checker { workspace: self, against, documents: Documents::default(), derived: BTreeMap::new() };
        let mut answer = Contributions { file: name.to_owned(), ..Contributions::default() };
        for row in contribution::read(input) {
            let (line, row) = row.map_err(|error| EngineError::Question(format!("{name}: {error}")))?;
            if answer.passed + answer.refused + answer.not_checked >= MOST {
                return Err(EngineError::Question(format!("{name}: more than {MOST} labels: cut it")));
            }
            let (row, label) = match row {
                Err(unread) => (Proved::unread(line, unread.row, unread.reason), None),
                Ok(row) => {
                    answer.proofs.extend(row.proof.files().map(|name| against.proofs.join(name)));
                    let checked = checker.check(&row)?;
                    (Proved::of(line, &row, checked), Some(row.label))
                }
            };
            match row.outcome {
                Outcome::Passed => answer.passed += 1,
                Outcome::Refused => answer.refused += 1,
                Outcome::NotChecked => answer.not_checked += 1,
            }
            answer.labels.extend(label.filter(|_| row.outcome == Outcome::Passed));
            if answer.rows.len() < LISTED {
                answer.rows.push(row);
            }
        }
        for (count, what) in [(answer.refused, "refused"), (answer.not_checked, "not checked")] {
            if count > 0 {
                answer.gaps.push(format!("labels {what}: {count}"));
            }
        }
        if answer.rows.is_empty() {
            answer.gaps.push("there is no label in it".to_owned());
        }
        Ok(answer)
    }
}

impl Proved {
    fn unread(line: u64, subject: String, reason: String) -> Self {
        let outcome = Outcome::Refused;
        Self { line, chain: None, subject, entity: None, proof: None, outcome, reason: Some(reason) }
    }

    fn of(line: u64, row: &Contribution, checked: Result<(), Failed>) -> Self {
        let (outcome, reason) = match checked {
            Ok(()) => (Outcome::Passed, None),
            Err(Failed::Refused(why)) => (Outcome::Refused, Some(why)),
            Err(Failed::NotChecked(why)) => (Outcome::NotChecked, Some(why)),
        };
        Self {
            line,
            chain: Some(row.label.chain.to_string()),
            subject: row.label.address(),
            entity: row.label.entity.clone(),
            proof: Some(row.proof.kind().to_owned()),
            outcome,
            reason,
        }
    }
}

/// What was derived from one input: the version of its labels and these, or why there is nothing.
type Again = Result<(String, BTreeSet<Label>), String>;

struct Checker<'q> {
    workspace: &'q Workspace,
    against: &'q Against<'q>,
    documents: Documents,
    /// By rule, chain, input, wallets and day.
    derived: BTreeMap<[String; 5], Again>,
}

impl Checker<'_> {
    /// What a row's proof shows; an error where the ledger itself cannot be read.
    fn check(&mut self, row: &Contribution) -> Result<Result<(), Failed>, EngineError> {
        if let Err(why) = row.fits(self.against.today) {
            return Ok(Err(Failed::Refused(why.to_string())));
        }
        let label = &row.label;
        Ok(match &row.proof {
            Proof::Signature { date, signature } => signed(label, *date, signature),
            Proof::Page { file, sha256, .. } | Proof::Authority { file, sha256, .. } => {
                self.document(file, sha256, &label.address())
            }
            Proof::Payment { tx, file, sha256 } => match self.document(file, sha256, tx.trim()) {
                Err(failed) => Err(failed),
                Ok(()) => self.paid(label, tx)?,
            },
            Proof::Derived { input, wallets } => self.derived(label, input, wallets.as_deref()),
        })
    }

    /// Whether a document is the one that was meant, and holds an id.
    fn document(&mut self, name: &str, sha256: &str, id: &str) -> Result<(), Failed> {
        let (bytes, own) = self.documents.read(&self.against.proofs, name).map_err(Failed::NotChecked)?;
        if !own.eq_ignore_ascii_case(sha256.trim()) {
            return Err(another(name, own));
        }
        holds(bytes, id)
    }

    /// Whether a transaction of a ledger pays to or from the label's address.
    fn paid(&self, label: &Label, tx: &str) -> Result<Result<(), Failed>, EngineError> {
        let not = |why: &str| Ok(Err(Failed::NotChecked(why.to_owned())));
        let (Some(Chain::Bitcoin(network)), Subject::Address(address)) =
            (Chain::from_caip2(&label.chain), &label.subject)
        else {
            return not("there is no ledger of this chain to look its transaction up in");
        };
        let Ok(txid) = tx.trim().parse::<TxId>() else {
            return Ok(Err(Failed::Refused(format!("`{}` is no id of a transaction", text::label(tx)))));
        };
        let Some(ledger) = self.against.snapshot.ledger(network)? else {
            return not("there is no ledger of this network: tracehound ingest bitcoin makes one");
        };
        let Some(tx) = ledger.find_tx(&txid).and_then(|tx| ledger.tx(tx)) else {
            return not("the ledger at hand does not hold its transaction");
        };
        let takes_part = touches(ledger, &tx, address);
        ledger.confirm()?;
        Ok(if takes_part {
            Ok(())
        } else {
            Err(Failed::Refused("its transaction pays neither to nor from the address".to_owned()))
        })
    }

    /// Whether the rule gives the label from the input once more.
    fn derived(&mut self, label: &Label, input: &str, wallets: Option<&str>) -> Result<(), Failed> {
        let Some(day) = label.provenance.day() else {
            let why = "its version does not end with the day of which it was derived";
            return Err(Failed::Refused(why.to_owned()));
        };
        let mut source = label.provenance.source.split('/').skip(1).map(str::to_owned);
        let (rule, grade) = (source.next().unwrap_or_default(), source.next().unwrap_or_default());
        let weakest = if rule == "deposits" { grade } else { String::new() };
        let key = [
            format!("{rule}/{weakest}"),
            label.chain.to_string(),
            input.to_owned(),
            wallets.unwrap_or_default().to_owned(),
            day.to_string(),
        ];
        if !self.derived.contains_key(&key) {
            if self.derived.len() >= MAX_DERIVED {
                let why = format!("more than {MAX_DERIVED} inputs to derive from in one file: cut it");
                return Err(Failed::NotChecked(why));
            }
            let again = self.again(&rule, &weakest, label, (input, wallets), day)?;
            self.derived.insert(key.clone(), again);
        }
        match &self.derived[&key] {
            Ok((_, labels)) if labels.contains(label) => Ok(()),
            Ok((version, _)) => Err(not_among(label, version, input)),
            Err(why) => Err(Failed::NotChecked(why.clone())),
        }
    }

    fn again(
        &self,
        rule: &str,
        weakest: &str,
        label: &Label,
        (input, wallets): (&str, Option<&str>),
        day: Date,
    ) -> Result<Again, Failed> {
        let open = |name: &str| opened(&self.against.proofs, name).map_err(Failed::NotChecked);
        let wallets = match wallets {
            None => None,
            Some(name) => {
                Some(Input { name: name.to_owned(), bytes: Box::new(open(name)?), predicate: None })
            }
        };
        let question = Question {
            input: Box::new(open(input)?),
            name: input.to_owned(),
            chain: &label.chain,
            wallets,
            day,
        };
        let derived = match (rule, weakest) {
            ("deposits", "passed-on") => self.workspace.derive_deposits(question, Seen::PassedOn),
            ("deposits", "paid-only") => self.workspace.derive_deposits(question, Seen::PaidOnly),
            ("imitations", _) => self.workspace.derive_imitations(question),
            ("roles", _) => self.workspace.derive_roles(question),
            ("freezes", _) => self.workspace.derive_freezes(question),
            ("deployers", _) => self.workspace.derive_deployers(question),
            ("hot-wallets", _) => self.workspace.derive_hot_wallets(question),
            ("pools", _) => self.workspace.derive_pools(question),
            _ => {
                let source = text::label(&label.provenance.source).into_owned();
                return Err(Failed::Refused(format!("its source `{source}` is no rule of labels derive")));
            }
        };
        Ok(derived
            .map(|derived| (derived.version, derived.labels.into_iter().collect()))
            .map_err(|error| error.to_string()))
    }
}

/// Why a label is not among those that were derived again: the rule says otherwise, another input was meant, or other packs.
fn not_among(label: &Label, own: &str, input: &str) -> Failed {
    let version = label.provenance.version.as_str();
    if own == version {
        return Failed::Refused("the rule does not give this label from this input".to_owned());
    }
    let sha256 = |version: &str| {
        let (_, rest) = version.split_once("input sha256:")?;
        rest.get(..64).map(str::to_owned)
    };
    match sha256(own) {
        Some(own) if sha256(version).is_none_or(|meant| meant != own) => another(input, &own),
        _ => Failed::NotChecked(format!(
            "it was derived beside other labels: `{}`, and here `{}`",
            text::label(version),
            text::label(own)
        )),
    }
}

/// A file is there, and not the one that was meant.
fn another(name: &str, own: &str) -> Failed {
    Failed::Refused(format!("the SHA-256 of {} is {own}: another file was meant", text::label(name)))
}

fn signed(label: &Label, date: Date, signature: &str) -> Result<(), Failed> {
    let Subject::Address(address) = &label.subject else {
        return Err(Failed::NotChecked(NotSigned::NotRead.to_string()));
    };
    signed_by(address, &to_sign(label, date), signature).map_err(|why| match why {
        NotSigned::NotRead => Failed::NotChecked(why.to_string()),
        _ => Failed::Refused(format!(
            "{why}: what is to be signed is `{}`",
            text::label(&to_sign(label, date))
        )),
    })
}

/// Whether a transaction pays to or from an address.
fn touches(ledger: &Ledger, tx: &tracehound_ledger::TxView, address: &Address) -> bool {
    let Some(script) = address.script() else { return false };
    let Some(owner) = ledger.find_address(&script.as_numbered()) else { return false };
    ledger.outputs(tx).any(|output| output.owner == Some(owner))
        || ledger.inputs(tx).any(|input| ledger.input_owner(&input) == Some(owner))
}

/// Whether a document has this id of an address or a transaction in its text.
fn holds(document: &[u8], id: &str) -> Result<(), Failed> {
    if find(document, id) {
        return Ok(());
    }
    let is_text =
        !document.starts_with(b"%PDF") && !document.contains(&0) && std::str::from_utf8(document).is_ok();
    Err(if is_text {
        Failed::Refused(format!("its file does not hold {}", text::label(id)))
    } else {
        let why = "its file is the one that was meant, and is no text: a person has to look for it there";
        Failed::NotChecked(why.to_owned())
    })
}

/// Whether an id stands in bytes as a whole, and not as a part of longer letters and digits. Hexadecimal is compared without case.
fn find(bytes: &[u8], id: &str) -> bool {
    let digits = id.strip_prefix("0x").unwrap_or(id);
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = if is_hex { digits.as_bytes() } else { id.as_bytes() };
    let is_part = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    // What stands before it, its 0x left out.
    let before = |at: usize| match bytes[..at].strip_suffix(b"0x").filter(|_| is_hex) {
        Some(rest) => rest.last(),
        None => bytes[..at].last(),
    };
    !id.is_empty()
        && bytes.windows(id.len()).enumerate().any(|(at, window)| {
            let is_same = if is_hex { window.eq_ignore_ascii_case(id) } else { window == id };
            is_same && !is_part(before(at)) && !is_part(bytes.get(at + id.len()))
        })
}

/// Documents as they are read: the last one is kept, since rows of one document stand together.
#[derive(Default)]
struct Documents {
    /// Its name, its bytes and their SHA-256.
    last: Option<(String, Vec<u8>, String)>,
    /// Bytes that were searched so far.
    searched: u64,
}

impl Documents {
    /// A document's bytes, and their SHA-256.
    fn read(&mut self, folder: &Path, name: &str) -> Result<(&[u8], &str), String> {
        if self.last.as_ref().is_none_or(|(last, ..)| last != name) {
            let mut bytes = Vec::new();
            opened(folder, name)?
                .take(MAX_DOCUMENT + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| format!("{}: {error}", text::label(name)))?;
            if bytes.len() as u64 > MAX_DOCUMENT {
                return Err(format!("{} has more than {MAX_DOCUMENT} bytes", text::label(name)));
            }
            let sha256 = hex::encode(Sha256::digest(&bytes));
            self.last = Some((name.to_owned(), bytes, sha256));
        }
        let (_, bytes, sha256) = self.last.as_ref().ok_or("nothing was read")?;
        self.searched += bytes.len() as u64;
        if self.searched > MAX_SEARCHED {
            return Err("the documents before it have several gigabytes together: cut the file".to_owned());
        }
        Ok((bytes, sha256))
    }
}

/// A plain file in the folder of the proofs: what a contribution names is somebody else's word.
fn opened(folder: &Path, name: &str) -> Result<File, String> {
    let shown = text::label(name);
    let path = Path::new(name);
    let is_plain = !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    if !is_plain {
        return Err(format!("`{shown}` is no name of a file in the folder of the proofs"));
    }
    let mut at = folder.to_owned();
    for part in path.components() {
        at.push(part);
        let kind = std::fs::symlink_metadata(&at).map_err(|error| format!("{shown}: {error}"))?;
        if kind.is_symlink() {
            return Err(format!("{shown} is a link: the file itself has to be in the folder of the proofs"));
        }
    }
    let kind = std::fs::symlink_metadata(&at).map_err(|error| format!("{shown}: {error}"))?;
    if !kind.is_file() {
        return Err(format!("{shown} is no file"));
    }
    File::open(&at).map_err(|error| format!("{shown}: {error}"))
}
