//! Packs of labels: made, compared, taken in, asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    path::Path,
};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_labels::{
    Label,
    agreement::{self, Statement, named_by_chain},
    correction::Correction,
    delta::{self, Change},
    file::{Defaults, Rows, write_csv, write_json},
    pack::{BuildError, Builder, Licence, Manifest},
    pool::{self, Mark},
    refresh::refresh,
    shelf::{Entry, Found, Packs, Shelf, ShelfError, name_of_delta},
    shipped,
};
use tracehound_model::{Category, Confidence, Pasted, Subject};

use crate::{EngineError, LabelsError, Workspace};

pub use tracehound_labels::{
    Nature, Pack, Predicate,
    agreement::Standing,
    correction::{By, Says, Wanted},
    label::chain_of,
    pack::Plan,
    shelf::Taken,
    signature::Keys,
};

/// Refused rows and changes that an answer lists; all are counted.
const LISTED: usize = 1_000;

/// A row that is not in a pack.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct RefusedRow {
    /// Its file.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
    /// What it would have said, cut.
    pub row: String,
    /// Why not.
    pub reason: String,
}

/// A pack that was made.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Made {
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// Rows of the pack before that the files have no longer: kept as history, ended on the day of issue.
    pub ended: u64,
    /// How many rows were refused.
    pub refused: u64,
    /// The first of them.
    pub refused_rows: Vec<RefusedRow>,
    /// Columns that are not those of a label file.
    pub columns_not_read: BTreeSet<String>,
}

/// A label file to be read.
pub struct Input<'r> {
    /// What it is called in messages.
    pub name: String,
    /// Its bytes.
    pub bytes: Box<dyn Read + 'r>,
    /// The predicate of rows that say none.
    pub predicate: Option<Predicate>,
}

/// Makes a pack of label files at `output`. With the pack before, rows that are gone stay as history.
///
/// # Errors
/// A file that is no label file, a plan or an earlier pack that cannot be, no row at all, or a full disk. Single rows that
/// cannot be in a pack are in the answer.
pub fn make(
    plan: Plan,
    inputs: Vec<Input<'_>>,
    previous: Option<&Pack>,
    output: &Path,
) -> Result<Made, LabelsError> {
    if let Some(before) = previous.map(Pack::manifest) {
        if before.name != plan.name {
            return Err(LabelsError::OtherName { found: before.name.clone(), wanted: plan.name });
        }
        if before.version >= plan.version {
            return Err(LabelsError::NotNewer { before: before.version, version: plan.version });
        }
    }
    let issued = plan.issued;
    let mut builder = Builder::new(plan)?;
    let (mut refused, mut refused_rows) = (0, Vec::new());
    let mut columns_not_read = BTreeSet::new();
    let mut fresh = Vec::new();
    let mut labels = 0_u64;
    for Input { name, bytes, predicate } in inputs {
        let mut refuse = |line: u64, row: String, reason: String| {
            refused += 1;
            if refused_rows.len() < LISTED {
                refused_rows.push(RefusedRow { file: name.clone(), line, row, reason });
            }
        };
        let rows = Rows::of(bytes, Defaults { predicate });
        let mut rows = rows.map_err(|source| LabelsError::File { name: name.clone(), source })?;
        while let Some(row) = rows.next() {
            match row {
                Err(row) => refuse(row.line, row.row, row.reason),
                Ok(label) => match builder.add(&label) {
                    Ok(()) => {
                        labels += 1;
                        if previous.is_some() {
                            fresh.push(label);
                        }
                    }
                    Err(BuildError::TooMany) => return Err(BuildError::TooMany.into()),
                    Err(error) => refuse(rows.line(), label.to_string(), error.to_string()),
                },
            }
        }
        columns_not_read.extend(rows.ignored().map(str::to_owned));
    }
    if labels == 0
        && let Some(RefusedRow { file, line, reason, .. }) = refused_rows.first().cloned()
    {
        return Err(LabelsError::Nothing { line, file, reason });
    }
    if labels == 0 && previous.is_none() {
        return Err(LabelsError::NoRow);
    }
    let mut ended = 0;
    if let Some(before) = previous {
        let count = fresh.len();
        let all = delta::with_history(fresh, before, issued)?;
        for label in &all[count..] {
            builder.add(label)?;
            ended += 1;
        }
    }
    let previous = previous.map(Pack::digest).transpose()?;
    let (manifest, sha256) = builder.write(output, previous)?;
    let bytes = Pack::open(output)?.byte_len();
    Ok(Made { manifest, sha256, bytes, ended, refused, refused_rows, columns_not_read })
}

/// A pack that was looked at in full.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Checked {
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
    /// Bytes of its file.
    pub bytes: u64,
    /// The keys that were asked for and have signed it, in Base64; `None` where none were asked for.
    pub signed_by: Option<Vec<String>>,
    /// Whether it was too old on the day that was asked about.
    pub expired: bool,
}

/// Looks at a pack in full, without taking it in.
///
/// # Errors
/// A file that is no pack, of a day that has not come, or whose labels may not be in one; with keys, too few good signatures beside it.
pub fn check(path: &Path, keys: Option<&Keys>, today: Date) -> Result<Checked, LabelsError> {
    let pack = Pack::open(path)?;
    let Manifest { name, version, issued, .. } = pack.manifest();
    if *issued > today {
        return Err(LabelsError::NotCome { name: name.clone(), version: *version, issued: *issued });
    }
    let signed_by = match keys {
        None => None,
        Some(keys) => Some(tracehound_labels::shelf::verify_file(path, keys)?),
    };
    pack.check()?;
    let manifest = pack.manifest().clone();
    let expired = manifest.is_expired(today);
    Ok(Checked { sha256: pack.digest()?, bytes: pack.byte_len(), signed_by, expired, manifest })
}

/// What changed between two packs.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Changes {
    /// SHA-256 of the earlier one.
    pub from: String,
    /// SHA-256 of the later one.
    pub to: String,
    /// How many of each kind.
    pub counts: BTreeMap<&'static str, u64>,
    /// The first of them, as sentences.
    pub changes: Vec<String>,
}

/// What changed between two packs; with `out`, the delta is written there too.
///
/// # Errors
/// A pack that cannot be read, or the system.
pub fn changes(old: &Path, new: &Path, out: Option<&mut dyn Write>) -> Result<Changes, LabelsError> {
    let (old, new) = (Pack::open(old)?, Pack::open(new)?);
    if let Some(out) = out {
        delta::write(out, &old, &new)?;
    }
    let mut counts = BTreeMap::new();
    let mut changes = Vec::new();
    for change in delta::between(&old, &new)? {
        let (kind, sentence) = told(&change);
        *counts.entry(kind).or_default() += 1;
        if changes.len() < LISTED {
            changes.push(sentence);
        }
    }
    Ok(Changes { from: old.digest()?, to: new.digest()?, counts, changes })
}

fn told(change: &Change) -> (&'static str, String) {
    let by = |label: &Label| format!("{label} ({})", label.provenance.source);
    match change {
        Change::Source { old, new } => {
            ("source", format!("{}: {} is now {}", old.source, old.version, new.version))
        }
        Change::Add { row } => ("add", format!("added: {}", by(row))),
        Change::Change { old, new } => ("change", format!("changed: {} is now {}", by(old), new.label)),
        Change::Retire { row, on } => ("retire", format!("ended on {on}: {}", by(row))),
        Change::Drop { row } => ("drop", format!("taken out with its history: {}", by(row))),
    }
}

/// The marks of pools in a coinbase.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Marked {
    /// The script that was asked about, hexadecimal.
    pub script: String,
    /// The marks in it, the longest first; none says nothing of who found the block.
    pub marks: Vec<Mark>,
}

/// The marks of pools in a coinbase's script, given in hexadecimal.
///
/// # Errors
/// Text that is no script.
pub fn marks(script: &str) -> Result<Marked, EngineError> {
    let script = script.trim();
    // A coinbase's script has 2 to 100 bytes.
    let bytes = hex::decode(script).ok().filter(|bytes| (2..=100).contains(&bytes.len()));
    let bytes = bytes.ok_or_else(|| {
        let what = "the script of a coinbase's input is 2 to 100 bytes in hexadecimal";
        EngineError::Question(what.to_owned())
    })?;
    let marks = pool::marks_in(&bytes).into_iter().cloned().collect();
    Ok(Marked { script: script.to_owned(), marks })
}

/// A predicate in words before the entity's name.
pub const fn word(predicate: Predicate) -> &'static str {
    match predicate {
        Predicate::Controls => "controlled by",
        Predicate::DepositAddressOf => "deposit address of",
        Predicate::ContractOf => "contract of",
    }
}

/// Writes the labels of a pack as a label file: CSV, or JSON lines.
fn export(pack: &Pack, as_json: bool, out: &mut dyn Write) -> Result<u64, LabelsError> {
    let labels = pack.labels();
    let written = if as_json { write_json(out, labels) } else { write_csv(out, labels) };
    written.map_err(|source| LabelsError::Io { what: "writing".to_owned(), source })?;
    pack.confirm()?;
    Ok(pack.manifest().labels)
}

/// A pack in force.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct InForce {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// Who makes it.
    pub publisher: String,
    /// The day it was made.
    pub issued: Date,
    /// The first day on which it is too old.
    pub expires: Option<Date>,
    /// Whether it is too old on the day that was asked about.
    pub expired: bool,
    /// How many keys have to sign it; `None` where nobody has signed it: it is one's own, or it is `shipped`.
    pub signatures: Option<usize>,
    /// Whether it is part of this release, and believed as the program is.
    pub shipped: bool,
    /// Rows.
    pub labels: u64,
    /// Different addresses.
    pub addresses: u64,
    /// The licences of its sources.
    pub licences: BTreeMap<String, Licence>,
    /// SHA-256 of its file, hexadecimal.
    pub sha256: String,
    /// What was lost where it has just taken the place of an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refreshed: Option<Refreshed>,
}

/// The packs in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelved {
    /// Those that can be read.
    pub packs: Vec<InForce>,
    /// Why others, or the list of all, cannot: what they say is not known.
    pub unreadable: Vec<String>,
}

impl Shelved {
    /// Whether there is a pack, each can be read, and none is too old.
    pub fn is_fresh(&self) -> bool {
        self.unreadable.is_empty() && !self.packs.is_empty() && self.packs.iter().all(|pack| !pack.expired)
    }
}

/// What a pack says no more that the one of its name before it said on that day.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Refreshed {
    /// Version of the one before.
    pub before: u64,
    /// Whether it says that it was made from that one: only then is what that said in its history.
    pub goes_on: bool,
    /// Statements of before about addresses of which it says nothing.
    pub silent: u64,
    /// Accusations of before of addresses that it accuses of nothing.
    pub cleared: u64,
    /// The first of them, as sentences.
    pub accusations: Vec<String>,
}

/// What packs in force say about an address.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Labelled {
    /// The address as it is written canonically, or the text that was asked about.
    pub subject: String,
    /// What was read of the text, and what was taken off it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
    /// The day that is asked about.
    pub day: Date,
    /// Chain by chain: an address is somebody's on each of its chains, a contract on its own alone.
    pub chains: Vec<OnChain>,
    /// The packs that were searched.
    pub packs: Vec<InForce>,
    /// What makes that no answer to rest on: no pack, or one that is too old.
    pub gaps: Vec<String>,
}

/// What is said about an address on one chain.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct OnChain {
    /// CAIP-2 id.
    pub chain: String,
    /// Whom the statements name; `None` where they name no entity.
    pub name: Option<Name>,
    /// Every statement that holds on the day, those that give the name first.
    pub statements: Vec<Said>,
}

/// The name of an address, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Name {
    /// Who it is.
    pub entity: String,
    /// The kind of actor.
    pub category: Category,
    /// How entity and address belong together.
    pub predicate: Predicate,
    /// How sure that is.
    pub confidence: Confidence,
    /// Whether anybody agrees, or differs.
    pub standing: Standing,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Said {
    /// What a person reads.
    pub label: String,
    /// Who it is said to be.
    pub entity: Option<String>,
    /// The source's word for the kind of actor.
    pub category: String,
    /// How entity and address belong together.
    pub predicate: Predicate,
    /// What is named: an entity, an asset or a victim.
    pub nature: Nature,
    /// Whose statement it is.
    pub source: String,
    /// In which version of the source.
    pub version: String,
    /// Its licence.
    pub licence: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// First day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// First day on which it no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// The pack; `corrections` for what was corrected here.
    pub pack: String,
    /// Which correction it is, where it is no pack's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Corrected>,
}

/// A correction of the operator's own.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Corrected {
    /// Its number, by which it is withdrawn.
    pub number: u64,
    /// The day it was made.
    pub made: Date,
    /// The day it was withdrawn; it says nothing any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Date>,
    /// The first day on which it holds; without one it holds from the day it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Who wants it.
    pub by: By,
    /// The chain, CAIP-2.
    pub chain: String,
    /// The address.
    pub address: String,
    /// Who it is said to be, or not to be.
    pub entity: Option<String>,
    /// What it rests on.
    pub evidence: String,
}

impl Corrected {
    fn of(correction: &Correction) -> Self {
        let Correction { number, made, withdrawn, by, evidence, row } = correction.clone();
        let (chain, address) = (row.chain.to_string(), row.address());
        let (from, entity) = (row.valid_from, row.entity);
        Self { number, made, withdrawn, from, by, chain, address, entity, evidence }
    }
}

impl Said {
    fn of(found: &Found<'_>) -> Self {
        let Found { label, pack, correction, .. } = found;
        let provenance = label.provenance.clone();
        Self {
            label: label.label.clone(),
            entity: label.entity.clone(),
            category: label.concept.clone(),
            predicate: label.predicate,
            nature: label.nature,
            source: provenance.source,
            version: provenance.version,
            licence: provenance.licence,
            confidence: label.confidence,
            valid_from: label.valid_from,
            valid_to: label.valid_to,
            pack: (*pack).to_owned(),
            correction: correction.map(Corrected::of),
        }
    }
}

impl Workspace {
    /// The folder of the packs in force.
    pub fn shelf(&self) -> Shelf {
        Shelf::at(self.folder().labels())
    }

    /// The packs in force that can be read, and why others cannot.
    pub fn label_packs(&self, today: Date) -> Shelved {
        let packs = self.shelf().open_readable();
        let readable = packs.iter().map(|(entry, pack)| in_force(entry, pack, today)).collect();
        Shelved { packs: readable, unreadable: unreadable(&packs) }
    }

    /// Writes the labels of a pack as a label file: CSV, or JSON lines. The pack is a file, or the name of one in force.
    ///
    /// # Errors
    /// A pack that cannot be read, or the system.
    pub fn export_labels(&self, pack: &Path, as_json: bool, out: &mut dyn Write) -> Result<u64, EngineError> {
        if pack.exists() {
            return Ok(export(&Pack::open(pack).map_err(LabelsError::from)?, as_json, out)?);
        }
        let packs = self.shelf().open().map_err(LabelsError::from)?;
        let name = pack.to_string_lossy();
        let found = packs.iter().find(|(entry, _)| entry.name == name).map(|(_, pack)| pack);
        let none = || LabelsError::from(ShelfError::NoSuchPack { name: name.chars().take(100).collect() });
        Ok(export(found.ok_or_else(none)?, as_json, out)?)
    }

    /// Takes in a pack, or a delta to the one of its name in force.
    ///
    /// # Errors
    /// What is refused; the packs in force are what they were.
    pub fn apply_labels(&self, path: &Path, keys: Option<Keys>, today: Date) -> Result<InForce, EngineError> {
        let shelf = self.shelf();
        // Other packs in force may be damaged: what is taken in has to do with its own name alone.
        let before = shelf.open_readable();
        let entry = match name_of_delta(path).map_err(LabelsError::from)? {
            None => shelf.apply(path, keys, today),
            Some(name) => shelf.apply_delta(&name, path, keys.as_ref(), today),
        };
        let entry = entry.map_err(LabelsError::from)?;
        Ok(taken(&entry, &before, &shelf.open_readable(), today)?)
    }

    /// Takes in the packs of this release: those of these names, or all.
    ///
    /// # Errors
    /// A name that none of them has, or that a pack of the user's own has; the packs in force are what they were.
    pub fn apply_shipped_labels(
        &self,
        names: &[String],
        today: Date,
    ) -> Result<Vec<(InForce, Taken)>, EngineError> {
        let is_one = |name: &&String| shipped::ALL.iter().any(|pack| pack.name == name.as_str());
        if let Some(name) = names.iter().find(|name| !is_one(name)) {
            return Err(LabelsError::NotShipped { name: name.chars().take(100).collect() }.into());
        }
        let wanted =
            shipped::ALL.iter().filter(|pack| names.is_empty() || names.iter().any(|name| name == pack.name));
        let shelf = self.shelf();
        let before = shelf.open_readable();
        let all = shelf.apply_shipped(&wanted.copied().collect::<Vec<_>>()).map_err(LabelsError::from)?;
        let now = shelf.open_readable();
        let of = |(entry, how): (Entry, Taken)| Ok((taken(&entry, &before, &now, today)?, how));
        all.into_iter().map(of).collect()
    }

    /// Writes down what an address is, or is not, against all packs. It comes first in answers, and no pack or refresh
    /// touches it.
    ///
    /// # Errors
    /// What is wrong with it, or the system.
    pub fn correct_label(&self, wanted: Wanted, today: Date) -> Result<Corrected, EngineError> {
        let made = self.shelf().correct(wanted, today).map_err(LabelsError::from)?;
        Ok(Corrected::of(&made))
    }

    /// Takes a correction back.
    ///
    /// # Errors
    /// A number that no correction in force has, or the system.
    pub fn withdraw_correction(&self, number: u64, today: Date) -> Result<Corrected, EngineError> {
        let gone = self.shelf().withdraw(number, today).map_err(LabelsError::from)?;
        Ok(Corrected::of(&gone))
    }

    /// All corrections, those that were withdrawn too.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn label_corrections(&self) -> Result<Vec<Corrected>, EngineError> {
        let all = self.shelf().corrections().map_err(LabelsError::from)?;
        Ok(all.iter().map(Corrected::of).collect())
    }

    /// What the packs in force say about an address on a day.
    ///
    /// # Errors
    /// A pack in force that cannot be read. Text that is no address of a chain known here is asked for as it is, and refused
    /// where nothing is said of it.
    pub fn labelled(&self, text: &str, day: Date) -> Result<Labelled, EngineError> {
        let read = Pasted::read(text);
        let (subject, shown) = match &read {
            Ok(read) => (Subject::Address(read.address), read.address.to_string()),
            Err(_) => (Subject::Opaque(text.trim().to_owned()), text.trim().to_owned()),
        };
        let read_as = (read.is_ok() && shown != text).then(|| shown.clone());
        let packs = self.shelf().open().map_err(LabelsError::from)?;
        let searched: Vec<InForce> = packs.iter().map(|(entry, pack)| in_force(entry, pack, day)).collect();
        let found = packs.about(&subject, day);
        packs.confirm().map_err(LabelsError::from)?;
        if let (Err(source), true) = (read, found.is_empty()) {
            let what = "no pack in force says anything about this text, and it is no address".to_owned();
            return Err(EngineError::Subject { what, source });
        }
        let statements: Vec<Statement<'_>> = found.iter().map(Statement::from).collect();
        let chains =
            named_by_chain(&statements).into_iter().filter_map(|chain| on_chain(chain, &found)).collect();
        let gaps = gaps(&searched);
        Ok(Labelled { subject: shown, read_as, day, chains, packs: searched, gaps })
    }
}

/// Which packs in force cannot be read, and why: what they say is not known.
pub(crate) fn unreadable(packs: &Packs) -> Vec<String> {
    let told = packs.unreadable().iter().map(|one| match &one.entry {
        Some(entry) => format!("{} version {} cannot be read: {}", entry.name, entry.version, one.why),
        None => one.why.clone(),
    });
    told.collect()
}

/// What makes an answer out of these packs none to rest on.
pub(crate) fn gaps(searched: &[InForce]) -> Vec<String> {
    if searched.is_empty() {
        let none =
            "no pack of labels is in force: that nothing is said says nothing; tracehound labels apply";
        return vec![none.to_owned()];
    }
    let too_old = |pack: &InForce| {
        let since = pack.expires.filter(|_| pack.expired)?;
        Some(format!(
            "{} version {} has been too old since {since}: apply a newer one",
            pack.name, pack.version
        ))
    };
    searched.iter().filter_map(too_old).collect()
}

fn on_chain(chain: agreement::OnChain, found: &[Found<'_>]) -> Option<OnChain> {
    let agreement::OnChain { places, named } = chain;
    let chain = found[*places.first()?].label.chain.to_string();
    let first: Vec<usize> = named.iter().flat_map(|named| named.by.iter().copied()).collect();
    let rest = places.into_iter().filter(|place| !first.contains(place));
    let name = named.and_then(|named| {
        let label = &found[*named.by.first()?].label;
        Some(Name {
            entity: label.entity.clone()?,
            category: label.category()?,
            predicate: label.predicate,
            confidence: named.confidence,
            standing: named.standing,
        })
    });
    let statements = first.iter().copied().chain(rest).map(|place| Said::of(&found[place])).collect();
    Some(OnChain { chain, name, statements })
}

pub(crate) fn in_force(entry: &Entry, pack: &Pack, today: Date) -> InForce {
    let manifest = pack.manifest();
    InForce {
        name: entry.name.clone(),
        version: entry.version,
        publisher: manifest.publisher.clone(),
        issued: manifest.issued,
        expires: manifest.expires,
        expired: manifest.is_expired(today),
        signatures: entry.keys.as_ref().map(Keys::needed),
        shipped: entry.shipped,
        labels: manifest.labels,
        addresses: manifest.addresses,
        licences: manifest.licences.clone(),
        sha256: entry.sha256.clone(),
        refreshed: None,
    }
}

/// A pack that has just come into force, and what it says no more. One that it takes the place of and that could not be read is
/// not compared.
fn taken(entry: &Entry, before: &Packs, now: &Packs, today: Date) -> Result<InForce, LabelsError> {
    let of = |packs: &Packs| packs.iter().position(|(of, _)| of.name == entry.name);
    let gone = || ShelfError::NoSuchPack { name: entry.name.clone() };
    let (entry, pack) = now.iter().nth(of(now).ok_or_else(gone)?).ok_or_else(gone)?;
    let mut answer = in_force(entry, pack, today);
    let old = of(before).and_then(|place| before.iter().nth(place));
    if let Some((old, old_pack)) = old.filter(|(old, _)| old.sha256 != entry.sha256) {
        let lost = refresh(old_pack, &old.sha256, pack, today)?;
        let told = |label: &Label| {
            let name = label.entity.as_deref().unwrap_or(&label.label);
            format!("{}:{} as {name}, by {}", label.chain, label.address(), label.provenance.source)
        };
        answer.refreshed = Some(Refreshed {
            before: old.version,
            goes_on: lost.goes_on,
            silent: lost.silent,
            cleared: lost.cleared,
            accusations: lost.accusations.iter().map(told).collect(),
        });
    }
    Ok(answer)
}
