//! What a pack says of itself.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Provenance, label::check_text};

/// Lists that Tracehound calls so in its answers: what an agency says, and no pack's name.
const LISTS: &[&str] = &["fbi-notices", "msmt-reports", "ofac-consolidated", "ofac-sdn", "treasury-notices"];

/// What a pack says of itself.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name: lower-case letters, digits, `-`, `_`, `.`. A later version takes the place of an earlier one of its name.
    pub name: String,
    /// Grows with every pack of the name.
    pub version: u64,
    /// The day it was made.
    pub issued: Date,
    /// The first day on which it is too old to rest on; without one it never says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Date>,
    /// Who makes it.
    pub publisher: String,
    /// The licences of its sources, by the name that rows have.
    pub licences: BTreeMap<String, Licence>,
    /// Every source in the version it was read in.
    pub sources: Vec<Sourced>,
    /// Rows.
    pub labels: u64,
    /// Different addresses, whatever the chain.
    pub addresses: u64,
    /// SHA-256 of the pack before it, hexadecimal; `None` in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// A licence under which a source publishes.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Where its text is, or what makes that it may be passed on.
    pub terms: String,
}

/// A source and how much is from it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Sourced {
    /// Where rows are from.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// How many.
    pub labels: u64,
}

/// What whoever makes a pack decides: a TOML file.
///
/// ```toml
/// name = "our-labels"
/// version = 3
/// issued = 2026-11-01
/// expires = 2027-05-01          # optional
/// publisher = "Example agency"
///
/// [licences."CC0-1.0"]          # every licence that a row names
/// terms = "https://creativecommons.org/publicdomain/zero/1.0/"
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// As in the manifest.
    pub name: String,
    /// As in the manifest.
    pub version: u64,
    /// As in the manifest.
    pub issued: Date,
    /// As in the manifest.
    #[serde(default)]
    pub expires: Option<Date>,
    /// As in the manifest.
    pub publisher: String,
    /// As in the manifest: a row under any other licence is refused.
    pub licences: BTreeMap<String, Licence>,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let place = |error: &toml::de::Error| match error.span() {
            Some(span) => format!("line {}: ", text[..span.start.min(text.len())].lines().count().max(1)),
            None => String::new(),
        };
        let said = |error: toml::de::Error| format!("{}{}", place(&error), error.message());
        let mut table: toml::Table = toml::from_str(text).map_err(said)?;
        // A day is a kind of its own in TOML, and text everywhere else.
        for key in ["issued", "expires"] {
            if let Some(toml::Value::Datetime(day)) = table.get(key) {
                let day = day.to_string();
                table.insert(key.to_owned(), day.into());
            }
        }
        let plan: Self = table.try_into().map_err(said)?;
        plan.check()?;
        Ok(plan)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let is_ended = |end: Option<char>| end.is_some_and(|c| c.is_ascii_alphanumeric());
        let (first, last) = (self.name.chars().next(), self.name.chars().last());
        if !tracehound_model::SourceId::is_well_formed(&self.name) || !is_ended(first) || !is_ended(last) {
            let has = "a pack's name has 1 to 100 lower-case letters, digits, - _ ., and begins and ends with one of the first two";
            return Err(has.to_owned());
        }
        if LISTS.contains(&self.name.as_str()) || self.name.starts_with("correction") {
            return Err(format!(
                "`{}` is what a list or the corrections on this machine are called: a pack has another name",
                self.name
            ));
        }
        check_text("publisher", &self.publisher)?;
        for (name, licence) in &self.licences {
            check_text("licence", name)?;
            check_text("licence's terms", &licence.terms)?;
        }
        if self.expires.is_some_and(|expires| expires <= self.issued) {
            return Err("it expires before it is issued".to_owned());
        }
        if self.version == 0 {
            return Err("versions count from 1".to_owned());
        }
        Ok(())
    }
}

impl Manifest {
    pub(super) fn plan(&self) -> Plan {
        let Self { name, version, issued, expires, publisher, licences, .. } = self.clone();
        Plan { name, version, issued, expires, publisher, licences }
    }

    /// Whether it is too old to rest on by a day.
    pub fn is_expired(&self, day: Date) -> bool {
        self.expires.is_some_and(|expires| expires <= day)
    }
}
