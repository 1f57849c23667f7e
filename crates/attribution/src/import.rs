//! Importers: the bytes of a published list in, a [`Snapshot`] out.
//!
//! Pure: no clock, no network, no database. What a list says is taken as said, with these rules for all formats:
//!
//! * The subject comes from the address text alone. An asset code is kept as said and tells nothing about the chain.
//! * Text that is no address is kept as [`Subject::Opaque`] for sanctions lists, which bind by the text, and refused
//!   with a warning everywhere else.
//! * Addresses nobody owns (all zeros, burn forms) are refused with a warning: they would flag every mint and burn.
//! * Every row is accounted for: read, refused with its place, or passed over. A column that is not read is named.
//! * A list that is cut short, empty or of another shape is an error, never a short list: a short list would end the
//!   claims that it lacks.

mod actorpack;
mod advisory;
mod archive;
mod claims;
mod collect;
mod contrary;
mod csl;
mod decode;
mod dpl;
mod error;
mod eu;
mod extracts;
mod ftm;
mod input;
mod json_list;
mod known;
mod list_version;
mod mapping;
mod ofac_address;
mod ofac_born;
mod ofac_csv;
mod ofac_json;
mod ofac_plain_xml;
mod ofac_set;
mod ofac_xml;
pub mod official;
mod ofsi_xml;
mod opensanctions;
mod paged;
mod propose;
mod published;
mod rows;
mod seco;
mod senzing;
mod sheet;
mod sniff;
mod table;
mod tagpack;
mod text;
mod uk;
mod un;
mod unrepeated;
mod workbook;
mod xml;
mod yaml;

use std::path::PathBuf;

use crate::Scope;
use jiff::civil::Date;
use tracehound_model::{Category, Confidence, Party, SourceId, SourceKind, Statement, Subject};

pub(crate) use advisory::read_pack;
pub use advisory::write_advisory;
pub use archive::table_in;
pub use claims::Claims;
pub use decode::windows_1252;
pub use error::ImportError;
pub(crate) use extracts::Timeline;
pub use input::{Imported, open, read};
pub use list_version::{Compared, Gone, LOSSES_COUNT_FOR_DAYS, ListVersion, Named, Shrink, shrinks, written};
pub use mapping::{Column, Mapping};
pub use propose::category_from;
pub use sniff::{Format, sniff};
pub use table::holds_rows;

/// What one publication of one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Which source, and the date it puts on this publication.
    pub source: SourceHead,
    /// How much of the source's list it holds.
    pub scope: Scope,
    /// What it says.
    pub claims: Claims,
    /// The parties it lists.
    pub parties: Vec<Party>,
    /// The format it was read from.
    pub format: Format,
    /// What became of each row.
    pub account: Account,
    /// Columns or keys that were not read. At most 200.
    pub unread: Vec<String>,
    /// Why this cannot be the whole list, where its reader noticed.
    pub partial: Option<String>,
    /// The official list that it says it is.
    pub list: Option<&'static str>,
    /// What was left out or read with doubt, with its place. At most 1,000; one more says how many follow.
    pub warnings: Vec<Warning>,
}

/// What became of the rows of a list. `read + refused + passed_over` are all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
pub struct Account {
    /// What is counted: rows, records, tags, entries.
    pub unit: &'static str,
    /// All of them, headers, comments and blank lines of a table included.
    pub total: u64,
    /// Those that said something which was taken.
    pub read: u64,
    /// Those that were left out, each named in the warnings up to their limit.
    pub refused: u64,
    /// Headers, comments, blank lines, records of a kind that is not read.
    pub passed_over: u64,
    /// Addresses and parties left out, also those inside a row that was read for the rest.
    pub left_out: u64,
    /// Those of them that are parties without a name or a number.
    pub nameless: u64,
}

/// A source, as a publication of it introduces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHead {
    /// Stable name.
    pub id: SourceId,
    /// Kind of publisher.
    pub kind: SourceKind,
    /// Human title.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// Where the publisher keeps it.
    pub url: Option<String>,
    /// The date in the publication, where it has one.
    pub published: Option<Date>,
}

/// A claim before it has a place in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClaim {
    /// Who or what it is about.
    pub subject: Subject,
    /// What is said.
    pub statement: Statement,
    /// How sure the source can be.
    pub confidence: Confidence,
    /// First day, where the source itself gives one for this very claim.
    pub valid_from: Option<Date>,
    /// Day from which it no longer holds (exclusive), where the source itself gives one.
    pub valid_to: Option<Date>,
}

/// Something in a list that was left out or read with doubt.
#[derive(Clone, Debug, PartialEq, Eq, schemars::JsonSchema, serde::Serialize)]
pub struct Warning {
    /// Line, byte or record.
    pub place: String,
    /// What is wrong and what was done about it.
    pub message: String,
}

/// How to read a list, and what to call it where it does not say so itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The format; sniffed when absent.
    pub format: Option<Format>,
    /// The file's name, without folders; helps to sniff and names sources that have no name.
    pub file_name: String,
    /// The folder the file lies in, from which a pack may include its header, and `sdn.csv` the files that go with it;
    /// nothing is taken from there when absent.
    pub beside: Option<PathBuf>,
    /// Other files given in the same call: the four of OFAC's old form are read together.
    pub together: Vec<PathBuf>,
    /// What replaces the source's own words.
    pub source: SourceOptions,
    /// Which columns mean what, for [`Format::Csv`] and [`Format::Json`]; guessed from common names when absent.
    pub mapping: Mapping,
    /// What holds for the rows that say nothing of it.
    pub defaults: Defaults,
    /// Takes a list version although it ends many subjects.
    pub accept_shrink: bool,
}

/// What holds for the rows that do not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The kind of actor.
    pub category: Option<Category>,
    /// How sure the source is.
    pub confidence: Option<Confidence>,
}

/// What replaces a source's own words about itself.
#[derive(Clone, Debug, Default)]
pub struct SourceOptions {
    /// Stable name.
    pub id: Option<SourceId>,
    /// Kind of publisher.
    pub kind: Option<SourceKind>,
    /// Human title.
    pub title: Option<String>,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// Where the publisher keeps it.
    pub url: Option<String>,
    /// Of which day it is, where it does not tell; a publisher's own form that tells another day is refused.
    pub published: Option<Date>,
}

impl SourceOptions {
    /// `head` with what the caller set.
    fn apply(&self, mut head: SourceHead) -> SourceHead {
        if let Some(id) = &self.id {
            head.id = id.clone();
        }
        if let Some(kind) = self.kind {
            head.kind = kind;
        }
        if let Some(title) = &self.title {
            head.title.clone_from(title);
        }
        if let Some(publisher) = &self.publisher {
            head.publisher.clone_from(publisher);
        }
        head.url = self.url.clone().or(head.url);
        head.published = self.published.or(head.published);
        head
    }
}
