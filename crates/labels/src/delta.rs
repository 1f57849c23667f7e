//! What changed from one pack of a name to the next.
//!
//! A delta is JSON lines: a head that names the pack it goes on from and the one it makes, both by SHA-256, then a line a
//! change. Whoever applies it makes the new pack from the old one and compares: a delta to another pack, or one that makes
//! something else, changes nothing. So its signature is as good as the new pack's.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, Read, Write},
    path::Path,
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    Label, Pack, Provenance,
    pack::{BuildError, Builder, Manifest, PackError, Plan},
};

/// Longest line: two rows.
const MAX_LINE: u64 = 128 << 10;

/// What a delta begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// SHA-256 of the pack it goes on from.
    pub from: String,
    /// SHA-256 of the pack it makes.
    pub to: String,
    /// What the new pack says of itself.
    pub plan: Plan,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Change {
    /// A source was read in a newer version; its rows go on under that.
    Source {
        /// As it was.
        old: Provenance,
        /// As it is.
        new: Provenance,
    },
    /// A row that was not there.
    Add {
        /// The row.
        row: Label,
    },
    /// A row that says something else of the same address by the same source.
    Change {
        /// As it was.
        old: Box<Label>,
        /// As it is.
        new: Box<Label>,
    },
    /// A row that no longer holds from a day on. It stays as history.
    Retire {
        /// As it was.
        row: Label,
        /// The first day on which it does not hold.
        on: Date,
    },
    /// A row that is taken out with its history: somebody's data that should never have been there.
    Drop {
        /// As it was.
        row: Label,
    },
}

/// Why a delta was not applied. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// The pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The pack that it makes.
    #[error("the delta makes no pack: {0}")]
    Build(#[from] BuildError),
    /// Text that is no delta.
    #[error("line {line} of the delta: {reason}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// It goes on from another pack.
    #[error(
        "the delta goes on from the pack {wanted}, and this one is {found}: fetch the deltas between them, or a whole pack"
    )]
    Base {
        /// SHA-256 in the delta.
        wanted: String,
        /// SHA-256 of the pack.
        found: String,
    },
    /// A row that it changes is not there.
    #[error("line {line} of the delta changes a row that the pack does not have: {row}")]
    NoSuchRow {
        /// From 1.
        line: usize,
        /// The row.
        row: String,
    },
    /// A delta that nobody could apply: what it makes names the pack it was made from.
    #[error(
        "no delta is written, since none makes {new} from {old}: the second pack was not made `--after` the first. Make it \
         again with `tracehound labels pack --after`, or pass on the whole pack"
    )]
    NotAfter {
        /// The first pack, by name, version and SHA-256.
        old: String,
        /// The second.
        new: String,
    },
    /// A delta that nobody could apply: the second pack is not what its labels make.
    #[error(
        "no delta is written: the labels of {new} make another file than that; make it again with `tracehound labels pack`"
    )]
    NotMade {
        /// The second pack, by name, version and SHA-256.
        new: String,
    },
    /// It makes another pack than it says.
    #[error(
        "the delta makes the pack {made}, and says that it makes {wanted}: fetch it again, or a whole pack"
    )]
    Result {
        /// SHA-256 in the delta.
        wanted: String,
        /// SHA-256 of what it makes.
        made: String,
    },
}

/// What changed from `old` to `new`, in a fixed order. O(n log n), and memory for the rows that differ and for each source.
///
/// # Errors
/// A pack that cannot be read.
pub fn between(old: &Pack, new: &Pack) -> Result<Vec<Change>, PackError> {
    let renewed = renewed(old.manifest(), new.manifest());
    let was: BTreeSet<Label> = old.labels().map(|label| renew(label, &renewed)).collect();
    let is: BTreeSet<Label> = new.labels().collect();
    old.confirm()?;
    new.confirm()?;
    let mut changes: Vec<Change> =
        renewed.iter().map(|(old, new)| Change::Source { old: old.clone(), new: new.clone() }).collect();
    let mut gone: BTreeMap<Whose, Vec<&Label>> = BTreeMap::new();
    for label in was.difference(&is) {
        gone.entry(whose(label)).or_default().push(label);
    }
    // What has only ended goes with what it was; of the rest, rows of one source about one address go together.
    let mut others = Vec::new();
    for label in is.difference(&was) {
        let rows = gone.entry(whose(label)).or_default();
        let ended = |row: &&Label| Label { valid_to: label.valid_to, ..(*row).clone() } == *label;
        match (rows.iter().position(ended), label.valid_to) {
            (Some(place), Some(on)) => changes.push(Change::Retire { row: rows.remove(place).clone(), on }),
            _ => others.push(label),
        }
    }
    for label in others {
        let before = gone.get_mut(&whose(label)).and_then(Vec::pop);
        changes.push(match before {
            None => Change::Add { row: label.clone() },
            Some(old) => Change::Change { old: Box::new(old.clone()), new: Box::new(label.clone()) },
        });
    }
    changes.extend(gone.into_values().flatten().map(|row| Change::Drop { row: row.clone() }));
    Ok(changes)
}

/// Which row of the one pack goes with which of the other.
type Whose = (String, Vec<u8>, String);

fn whose(label: &Label) -> Whose {
    (label.chain.to_string(), label.subject.key(), label.provenance.source.clone())
}

/// Sources that are in both packs in one version each, and not in the same.
fn renewed(old: &Manifest, new: &Manifest) -> BTreeMap<Provenance, Provenance> {
    let versions = |manifest: &Manifest| {
        let mut versions: BTreeMap<String, Vec<Provenance>> = BTreeMap::new();
        for source in &manifest.sources {
            versions.entry(source.provenance.source.clone()).or_default().push(source.provenance.clone());
        }
        versions
    };
    let (old, new) = (versions(old), versions(new));
    let pair = |(source, before): (&String, &Vec<Provenance>)| match (
        &before[..],
        new.get(source).map(Vec::as_slice),
    ) {
        ([before], Some([after])) if before != after => Some((before.clone(), after.clone())),
        _ => None,
    };
    old.iter().filter_map(pair).collect()
}

fn renew(label: Label, renewed: &BTreeMap<Provenance, Provenance>) -> Label {
    match renewed.get(&label.provenance) {
        Some(new) => Label { provenance: new.clone(), ..label },
        None => label,
    }
}

/// Writes the delta from `old` to `new`, once it was applied and made `new`.
///
/// # Errors
/// A pack that cannot be read, one that was not made after `old`, or the system.
pub fn write(out: &mut dyn Write, old: &Pack, new: &Pack) -> Result<usize, DeltaError> {
    let head = Head { from: old.digest()?, to: new.digest()?, plan: new.plan() };
    let called = |pack: &Pack, digest: &str| {
        let Manifest { name, version, .. } = pack.manifest();
        format!("{name} version {version} ({digest})")
    };
    if new.manifest().previous.as_ref() != Some(&head.from) {
        return Err(DeltaError::NotAfter { old: called(old, &head.from), new: called(new, &head.to) });
    }
    let changes = between(old, new)?;
    let mut labels: BTreeSet<Label> = old.labels().collect();
    old.confirm()?;
    let applied = changes.iter().cloned().try_for_each(|change| apply_to(&mut labels, change));
    let made = builder(head.plan.clone(), &labels)?.encode(Some(head.from.clone()))?;
    if applied.is_err() || hex::encode(Sha256::digest(&made)) != head.to {
        return Err(DeltaError::NotMade { new: called(new, &head.to) });
    }
    let mut line = |value: serde_json::Result<String>| -> std::io::Result<()> {
        writeln!(out, "{}", value.expect("plain data always turns into JSON"))
    };
    let written = line(serde_json::to_string(&head))
        .and_then(|()| changes.iter().try_for_each(|change| line(serde_json::to_string(change))));
    written.map_err(|error| DeltaError::Line { line: 0, reason: format!("cannot be written: {error}") })?;
    Ok(changes.len())
}

/// Makes the new pack at `path` from the old one and a delta, and gives its manifest.
///
/// # Errors
/// A delta that is none, goes on from another pack or makes another one than it says: then there is no file at `path`.
pub fn apply(delta: impl BufRead, base: &Pack, path: &Path) -> Result<Manifest, DeltaError> {
    let mut lines = Lines { delta, line: 0 };
    let head: Head = lines.next()?.ok_or(DeltaError::Line { line: 1, reason: "it is empty".to_owned() })?;
    let found = base.digest()?;
    if head.from != found {
        return Err(DeltaError::Base { wanted: head.from, found });
    }
    let mut labels: BTreeSet<Label> = base.labels().collect();
    base.confirm()?;
    while let Some(change) = lines.next::<Change>()? {
        apply_to(&mut labels, change)
            .map_err(|NotThere(row)| DeltaError::NoSuchRow { line: lines.line, row: row.to_string() })?;
    }
    let (manifest, made) = builder(head.plan, &labels)?.write(path, Some(head.from))?;
    if made != head.to {
        // It is nobody's pack.
        drop(std::fs::remove_file(path));
        return Err(DeltaError::Result { wanted: head.to, made });
    }
    Ok(manifest)
}

/// A row that is to change and is not there.
struct NotThere(Box<Label>);

fn apply_to(labels: &mut BTreeSet<Label>, change: Change) -> Result<(), NotThere> {
    let mut take = |row: Label| if labels.remove(&row) { Ok(row) } else { Err(NotThere(Box::new(row))) };
    match change {
        Change::Source { old, new } => {
            let renewed = BTreeMap::from([(old, new)]);
            *labels = std::mem::take(labels).into_iter().map(|label| renew(label, &renewed)).collect();
        }
        Change::Add { row } => {
            labels.insert(row);
        }
        Change::Change { old, new } => {
            take(*old)?;
            labels.insert(*new);
        }
        Change::Retire { row, on } => {
            let row = take(row)?;
            labels.insert(Label { valid_to: Some(on), ..row });
        }
        Change::Drop { row } => {
            take(row)?;
        }
    }
    Ok(())
}

/// The pack of a plan and rows, not written yet.
fn builder(plan: Plan, labels: &BTreeSet<Label>) -> Result<Builder, BuildError> {
    let mut builder = Builder::new(plan)?;
    labels.iter().try_for_each(|label| builder.add(label))?;
    Ok(builder)
}

struct Lines<R> {
    delta: R,
    line: usize,
}

impl<R: BufRead> Lines<R> {
    fn next<T: for<'de> Deserialize<'de>>(&mut self) -> Result<Option<T>, DeltaError> {
        let mut bytes = Vec::new();
        self.line += 1;
        let wrong = |reason: String| DeltaError::Line { line: self.line, reason };
        let read = self.delta.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes);
        match read.map_err(|error| wrong(error.to_string()))? {
            0 => Ok(None),
            length if length as u64 > MAX_LINE => Err(wrong(format!("it is longer than {MAX_LINE} bytes"))),
            _ => serde_json::from_slice(&bytes).map(Some).map_err(|error| wrong(error.to_string())),
        }
    }
}

/// Carries history over: rows of `before` that are not among `fresh` any more stay, ended on the day that the new pack is
/// issued. A row goes on when its source says the same of the address in whatever words, version and confidence. That a row
/// has ended is known from the source's newest version, so it stands under that one.
///
/// # Errors
/// A pack that cannot be read.
pub fn with_history(fresh: Vec<Label>, before: &Pack, issued: Date) -> Result<Vec<Label>, PackError> {
    let same = |label: &Label| {
        let entity = label.entity.as_deref().map(crate::family::identity);
        (whose(label), entity, label.predicate, label.nature)
    };
    let there: BTreeSet<_> = fresh.iter().map(same).collect();
    let mut newest: BTreeMap<&str, BTreeSet<&Provenance>> = BTreeMap::new();
    for label in &fresh {
        newest.entry(&label.provenance.source).or_default().insert(&label.provenance);
    }
    let mut ended = Vec::new();
    for mut label in before.labels() {
        if there.contains(&same(&label)) {
            continue;
        }
        if let Some([read]) = newest.get(label.provenance.source.as_str()).map(Vec::from_iter).as_deref() {
            label.provenance = (**read).clone();
        }
        let end = *label.valid_to.get_or_insert(issued);
        if label.valid_from.is_none_or(|from| from < end) {
            ended.push(label);
        }
    }
    before.confirm()?;
    let mut all = fresh;
    all.append(&mut ended);
    Ok(all)
}
