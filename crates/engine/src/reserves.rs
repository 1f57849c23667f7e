//! Exchanges' proofs of reserves as label files: what signatures show, and what they do not.

use std::{
    collections::BTreeSet,
    io::{self, Read, Write},
};

use tracehound_labels::{
    Label, file,
    reserves::{Reserve, Reserves},
};

use crate::{EngineError, LabelsError, derive::Hashed, labels::RefusedRow};

pub use tracehound_labels::reserves::Publication;

/// Refused rows that an answer lists; all are counted.
const LISTED: usize = 1_000;
/// Wallets that are held.
const MOST: usize = 5_000_000;

/// What a table of reserves shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reserved {
    /// The wallets whose keys signed, by address: one label each, however many coins lie there.
    pub labels: BTreeSet<Label>,
    /// Rows of wallets.
    pub read: u64,
    /// Rows whose signature does not show the address, or that cannot be used.
    pub refused: u64,
    /// Rows of which nothing is known here.
    pub not_checked: u64,
    /// The first of both.
    pub rows: Vec<RefusedRow>,
    /// What makes that no answer to rest on.
    pub gaps: Vec<String>,
}

impl Reserved {
    /// Writes the labels as a label file: CSV, or JSON lines.
    ///
    /// # Errors
    /// What is written to does not take it.
    pub fn write(&self, as_json: bool, out: &mut dyn Write) -> io::Result<()> {
        let labels = self.labels.iter().cloned();
        if as_json { file::write_json(out, labels) } else { file::write_csv(out, labels) }
    }
}

/// Reads a table of reserves and checks the signature of each row.
///
/// # Errors
/// A file that cannot be read or is no such table, or that holds too much.
pub fn reserves(input: impl Read, name: &str, of: Publication) -> Result<Reserved, EngineError> {
    let mut hashed = Hashed::new(input);
    let wrong = |source| LabelsError::File { name: name.to_owned(), source };
    let day = of.day;
    let mut answer = Reserved::default();
    let mut labels = BTreeSet::new();
    for row in Reserves::of(&mut hashed, of).map_err(wrong)? {
        answer.read += 1;
        let (count, row, what) = match row {
            Reserve::Shown(label) => {
                labels.insert(*label);
                if labels.len() > MOST {
                    return Err(EngineError::Question(format!("{name}: more than {MOST} wallets: cut it")));
                }
                continue;
            }
            Reserve::Refused(row) => (&mut answer.refused, row, "refused"),
            Reserve::NotChecked(row) => (&mut answer.not_checked, row, "not checked"),
        };
        *count += 1;
        if answer.rows.len() < LISTED {
            let reason = format!("{what}: {}", row.reason);
            answer.rows.push(RefusedRow { file: name.to_owned(), line: row.line, row: row.row, reason });
        }
    }
    let version = format!("sha256:{}/{day}", hashed.sha256());
    let versioned = |mut label: Label| {
        label.provenance.version.clone_from(&version);
        label
    };
    answer.labels = labels.into_iter().map(versioned).collect();
    for (count, what) in [(answer.refused, "refused"), (answer.not_checked, "not checked")] {
        if count > 0 {
            answer.gaps.push(format!("rows {what}: {count}"));
        }
    }
    if answer.read == 0 {
        answer.gaps.push("there is no wallet in it".to_owned());
    }
    Ok(answer)
}
