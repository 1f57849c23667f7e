//! What `lists` is asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{
    Given,
    values::{category, past, source_kind},
};

#[derive(Debug, Subcommand)]
pub(crate) enum ListsCommand {
    /// Import a file as the newest or an older version of a source's list
    Import(ImportArgs),
    /// The sources, their list versions and how many claims stand
    List,
    /// Fetch the official OFAC, UN, UK and EU lists and import what is new
    Update(UpdateArgs),
    /// Take a source out: what it said stays on record and counts no more
    Remove(RemoveArgs),
    /// How old each list is, when its publisher was last asked, and what waits for an answer
    Freshness(FreshnessArgs),
    /// Go back to an earlier list version of a source: the later ones are taken back
    Revert(RevertArgs),
    /// Decide against a list version that was held because it ends many subjects
    Reject(RejectArgs),
    /// Make the screening index anew from the imported claims
    Rebuild,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// The source, as `tracehound lists list` names it
    #[arg(value_name = "SOURCE")]
    pub source: String,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound lists import SDN_ADVANCED.XML
  tracehound lists import my-labels.csv --source own-labels --published 2026-01-31
  tracehound lists import victims.csv --category ransomware --confidence 70
  tracehound lists import SDN_ADVANCED.XML --checked-at 2026-01-31   (fetched by hand, on that day)
An official id (ofac-sdn, un-sc, uk-sanctions, eu-fsf, ...) belongs to its publisher's own format. Any other file under
such an id is an extract: it adds, it ends nobody. docs/LISTS.md lists the ids, formats and columns.
Exit code 30 when rows were refused or something in them was left out: the rest was taken, what is named is not searched for.")]
pub(crate) struct ImportArgs {
    /// The files
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Format [default: recognised from the content]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Name of the source, where the file does not tell
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Date of the list, where the file does not tell
    #[arg(long, value_name = "DATE")]
    pub published: Option<jiff::civil::Date>,
    /// For a list that you fetched by hand: when. You vouch that it is all that its publisher had then, and answers rest on
    /// your word as they rest on a check by `lists update`. A day means its beginning, UTC
    #[arg(long, value_name = "TIME", visible_alias = "fetched-at", value_parser = past)]
    pub checked_at: Option<jiff::Timestamp>,
    /// For a signed pack of advisories (FILE.minisig beside it): its maker's minisign public key, a file or the key itself;
    /// remembered
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Kind of actor for the claims to which the file gives none
    #[arg(long, value_name = "CATEGORY", value_parser = category)]
    pub category: Option<tracehound_model::Category>,
    /// Confidence, 0 to 100, for the claims to which the file gives none
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub confidence: Option<u8>,
    /// Kind of source: `sanctions`, `law_enforcement`, `labels` or `own` [default: as the format says]
    #[arg(long, value_name = "KIND", value_parser = source_kind)]
    pub kind: Option<tracehound_model::SourceKind>,
    /// Accept a list of sanctions or law enforcement that ends more than 5 % and at least 10 of its addresses or parties, a
    /// first version of an official list with too few parties, or a pack that ends an advisory
    #[arg(long)]
    pub accept_shrink: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tracehound lists update
  tracehound lists update ofac-sdn --mirror ofac-sdn=https://mirror.example.org/SDN_ADVANCED.XML
  tracehound lists update --also own-shells=ftm=https://lists.example.org/entities.ftm.json
In the configuration file: [lists.update] mirror = [\"ofac-sdn=https://...\"], also = [\"own-shells=ftm=https://...\"]")]
pub(crate) struct UpdateArgs {
    /// Only these sources [default: all]
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Fetch an official list from here instead of its publisher (again for each). It is read and bounded as the publisher's
    /// own. What a mirror has is no check at the publisher: the list is as old as its own day. env:NAME and @FILE name what
    /// holds the address
    #[arg(long, value_name = "ID=URL")]
    pub mirror: Vec<Given>,
    /// Fetch a further list (again for each), in one of the formats of `lists import`
    #[arg(long, value_name = "ID=FORMAT=URL")]
    pub also: Vec<Given>,
    /// Accept a list that ends more than 5 % and at least 10 of its addresses or parties, or is less than half as long
    #[arg(long)]
    pub accept_shrink: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 30 when an official list was never checked at its publisher or not within the days \
allowed, when the last check failed, or when a list version waits for an answer; else 0."
)]
pub(crate) struct FreshnessArgs {
    /// Days within which a list must have been checked at its publisher
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub max_age: u16,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:
  tracehound lists revert ofac-sdn 2025-11-19")]
pub(crate) struct RevertArgs {
    /// The source
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// Day of the list version that is to be in force again
    #[arg(value_name = "DATE")]
    pub day: jiff::civil::Date,
}

#[derive(Debug, Args)]
pub(crate) struct RejectArgs {
    /// The source
    #[arg(value_name = "SOURCE")]
    pub source: String,
}
