//! Every answer with its name, and the form of each.

use schemars::{Schema, generate::SchemaSettings};
use tracehound_guard::wallet::Advice;
use tracehound_model::Verdict;

use crate::{
    Absent, Document, Versioned,
    cluster::Cluster,
    exposure::Exposure,
    guard::Watched,
    ingest::{FromFiles, FromNode},
    ledger::{Info, Repaired, Upgraded, Verified},
    lines::{Classified, Estimate, Readings, RefusedLine},
    lists::{Freshness, Imported, ImportedPack, Loaded},
    names::Named,
    path::Paths,
    patterns::Patterns,
    peel::Peeled,
    policy::{Change, Preset},
    range::Generated,
    screen::RefusedSubject,
    trace::{Comparison, Trace, Traced},
    tx::Transaction,
};

macro_rules! documents {
    ($($type:ty: $name:literal;)*) => {
        $(impl Document for $type {
            const NAME: &'static str = $name;
        })*

        /// The forms of all answers: name, and JSON Schema (2020-12) written from the type.
        pub fn schemas() -> Vec<(&'static str, Schema)> {
            vec![$(($name, of::<$type>()),)*]
        }
    };
}

fn of<'a, T: Document + 'a>() -> Schema {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Versioned<'a, T>>();
    schema.insert("title".to_owned(), format!("tracehound {}, version {}", T::NAME, T::SCHEMA).into());
    schema
}

/// The forms of the files that the guard is given: name, and JSON Schema (2020-12) of the TOML as a tree.
pub fn inputs() -> Vec<(&'static str, Schema)> {
    let generator = || SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut context = generator().into_root_schema_for::<tracehound_guard::Facts>();
    context.insert("title".to_owned(), "the context of tracehound guard (--context)".into());
    let mut policy = tracehound_guard::Policy::schema(generator());
    policy.insert("title".to_owned(), "the policy of tracehound guard (--policy)".into());
    vec![("guard-context", context), ("guard-policy", policy)]
}

documents! {
    Verdict: "verdict";
    RefusedSubject<'_>: "refused-subject";
    Named: "name";
    Traced<Trace>: "trace";
    Traced<Comparison>: "trace-comparison";
    Exposure: "exposure";
    Paths: "path";
    Transaction: "tx";
    Cluster: "cluster";
    Peeled: "peel";
    Patterns: "patterns";
    Absent: "absent";
    Classified<'_>: "coinjoin";
    Readings<'_>: "boltzmann";
    Estimate: "demix";
    RefusedLine<'_>: "refused-line";
    Info: "ledger-info";
    Verified: "ledger-verify";
    Repaired: "ledger-repair";
    Upgraded: "ledger-upgrade";
    FromFiles: "ingest-bitcoin";
    FromNode: "ingest-node";
    Loaded: "lists-list";
    Imported: "lists-import";
    ImportedPack: "lists-import-pack";
    Freshness: "lists-freshness";
    Preset: "policy-list";
    Change: "policy-diff";
    Watched: "guard-watch";
    Advice: "wallet-check";
    Generated: "range-generate";
}
