//! Sources of claims: what is loaded, and what an import did.

mod update;

use jiff::{civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_attribution::{
    SourceHistory,
    folder::{FolderImport, PackImport},
    import::Account,
    store::ImportReport,
};
use tracehound_model::{Source, SourceId};

use crate::Snapshot;

pub use tracehound_attribution::freshness::Freshness;
pub use update::{ListAddress, Update, UpdateOutcome, Updated};

/// A source that is loaded.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Loaded {
    /// The source as of its newest list version.
    pub source: Source,
    /// Days of its list versions.
    pub versions: Vec<Date>,
    /// Claims of it that hold today.
    pub claims: usize,
}

/// What an import of one list did.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Imported {
    /// Against the list version before.
    #[serde(flatten)]
    pub report: ImportReport,
    /// The file, or the list's title.
    pub file: String,
    /// The format it was read as.
    pub format: &'static str,
    /// What became of each of its rows.
    pub rows: Account,
    /// Columns, keys and elements that were not read.
    pub not_read: Vec<String>,
    /// Claims without a category: screening says review.
    pub without_category: u64,
    /// The flag that its words suggest for them.
    pub proposal: Option<String>,
    /// In words: where it went and why.
    pub notes: Vec<String>,
}

impl Imported {
    /// What became of the list of this name.
    pub fn new(file: String, done: FolderImport) -> Self {
        Self {
            file,
            format: done.format.id(),
            rows: done.account,
            not_read: done.unread,
            without_category: done.without_category,
            proposal: done.proposed_category.map(|category| format!("--category {category}")),
            notes: done.notes,
            report: done.report,
        }
    }
}

/// What an import of a pack of advisories did.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct ImportedPack {
    /// The file.
    pub file: String,
    /// The pack's name.
    pub pack: String,
    /// Nothing that its publishers published up to this day is missing, by the word of whoever made it.
    pub complete_as_of: Date,
    /// What became of each of its advisories.
    pub advisories: Vec<ImportReport>,
}

impl ImportedPack {
    /// What became of the pack in this file.
    pub fn new(file: String, done: PackImport) -> Self {
        Self { file, pack: done.name, complete_as_of: done.complete_as_of, advisories: done.reports }
    }
}

impl Snapshot {
    /// Every source, with how many of its claims hold today.
    pub fn sources(&self) -> Vec<Loaded> {
        let today = self.taken().to_zoned(TimeZone::UTC).date();
        let standing = |id: &SourceId| {
            let claims = self.index().claims();
            claims.filter(|claim| claim.source() == id.0 && claim.holds_on(today)).count()
        };
        let loaded = |history: &SourceHistory| Loaded {
            source: history.source.clone(),
            versions: history.snapshots.clone(),
            claims: standing(&history.source.id),
        };
        self.index().sources().iter().map(loaded).collect()
    }
}
