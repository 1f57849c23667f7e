//! Every answer with its name, and the form of each.

use schemars::{Schema, generate::SchemaSettings};
use tracehound_guard::wallet::Advice;
use tracehound_model::Verdict;

use crate::{
    Absent, Configuration, Document, Versioned,
    cluster::Cluster,
    contributions::Contributions,
    coverage::Covered,
    exposure::Exposure,
    guard::Watched,
    ingest::{FromFiles, FromNode},
    labels::{Changes, Checked, Corrected, InForce, Labelled, Made, Marked},
    ledger::{Info, Repaired, Upgraded, Verified},
    lines::{Classified, Estimate, MemoRead, Readings, RefusedLine},
    lists::{Freshness, Imported, ImportedPack, Loaded},
    matches::Link,
    names::Named,
    path::Paths,
    patterns::Patterns,
    peel::Peeled,
    policy::{Change, Preset},
    range::{Generated, GeneratedAccounts},
    screen::{RefusedSubject, audit::Summary},
    trace::{Comparison, Trace, Traced},
    transfers::{
        cluster as transfer_cluster, compare as transfer_compare, exposure as transfer_exposure,
        ingest::TakenIn, ledger as transfer_ledger, path as transfer_path, trace as transfer_trace,
        tx as transfer_tx,
    },
    tx::Transaction,
    vet::Report as Vetted,
};

macro_rules! documents {
    ($($type:ty: $name:literal version $version:literal;)*) => {
        $(impl Document for $type {
            const NAME: &'static str = $name;
            const SCHEMA: u32 = $version;
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

/// The forms of files that are given: what the guard takes, as TOML as a tree, and a line of submitted labels. Name, and JSON
/// Schema (2020-12).
pub fn inputs() -> Vec<(&'static str, Schema)> {
    let generator = || SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut context = generator().into_root_schema_for::<tracehound_guard::Facts>();
    context.insert("title".to_owned(), "the context of tracehound guard (--context)".into());
    let mut policy = tracehound_guard::Policy::schema(generator());
    policy.insert("title".to_owned(), "the policy of tracehound guard (--policy)".into());
    let mut contribution =
        generator().into_root_schema_for::<tracehound_labels::contribution::Contribution>();
    contribution.insert("title".to_owned(), "a line of a file for tracehound labels check".into());
    vec![("guard-context", context), ("guard-policy", policy), ("labels-contribution", contribution)]
}

documents! {
    Verdict: "verdict" version 2;
    RefusedSubject<'_>: "refused-subject" version 1;
    Summary: "screen-summary" version 1;
    Named: "name" version 1;
    Traced<Trace>: "trace" version 2;
    Traced<Comparison>: "trace-comparison" version 2;
    Exposure: "exposure" version 2;
    Paths: "path" version 2;
    Transaction: "tx" version 2;
    Cluster: "cluster" version 2;
    Peeled: "peel" version 2;
    Patterns: "patterns" version 2;
    Absent: "absent" version 1;
    Classified<'_>: "coinjoin" version 1;
    Readings<'_>: "boltzmann" version 1;
    Estimate: "demix" version 1;
    MemoRead<'_>: "memo" version 1;
    Link: "bridge-link" version 1;
    RefusedLine<'_>: "refused-line" version 1;
    Info: "ledger-info" version 2;
    Verified: "ledger-verify" version 1;
    Repaired: "ledger-repair" version 1;
    Upgraded: "ledger-upgrade" version 1;
    FromFiles: "ingest-bitcoin" version 2;
    FromNode: "ingest-node" version 1;
    TakenIn: "ingest-evm" version 1;
    transfer_ledger::Info: "account-ledger-info" version 1;
    transfer_ledger::Verified: "account-ledger-verify" version 1;
    transfer_ledger::Repaired: "account-ledger-repair" version 1;
    transfer_tx::Transaction: "account-tx" version 1;
    transfer_exposure::Exposure: "account-exposure" version 1;
    transfer_trace::Trace: "account-trace" version 1;
    transfer_compare::Comparison: "account-trace-comparison" version 1;
    transfer_path::Paths: "account-path" version 1;
    transfer_cluster::Cluster: "account-cluster" version 1;
    Loaded: "lists-list" version 2;
    Imported: "lists-import" version 1;
    ImportedPack: "lists-import-pack" version 2;
    Freshness: "lists-freshness" version 1;
    Made: "labels-pack" version 1;
    Checked: "labels-verify" version 1;
    Changes: "labels-diff" version 1;
    InForce: "labels-list" version 1;
    Labelled: "labels-show" version 1;
    Covered: "labels-coverage" version 1;
    Corrected: "labels-correction" version 1;
    Marked: "labels-pool" version 1;
    Contributions: "labels-check" version 1;
    Preset: "policy-list" version 1;
    Change: "policy-diff" version 1;
    Watched: "guard-watch" version 1;
    Advice: "wallet-check" version 1;
    Vetted: "vet-repo" version 1;
    Generated: "range-generate" version 1;
    GeneratedAccounts: "range-generate-accounts" version 1;
    Configuration: "config-show" version 1;
}
