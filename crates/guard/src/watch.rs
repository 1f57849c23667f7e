//! Watching what waits to be signed: what is new since the last look.

use std::collections::BTreeSet;

use crate::{
    finding::{Finding, Severity},
    report::{Report, SignatureReport},
};

/// Remembers what it told already.
#[derive(Debug, Default)]
pub struct Watch {
    told: BTreeSet<(String, String, Vec<String>, String)>,
    seen: BTreeSet<String>,
}

/// What a look brought that none before it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// Transactions that were not there before: their titles.
    pub arrived: Vec<String>,
    /// Findings that are new, the heaviest first.
    pub findings: Vec<Finding>,
}

impl News {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.arrived.is_empty() && self.findings.is_empty()
    }

    /// Whether something stands against signing.
    pub fn alarms(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Block)
    }
}

impl Watch {
    /// Compares a report with those before it. Places in the list change while a queue moves, so a finding is known by its
    /// words and by the hash of the transaction it is about.
    pub fn look(&mut self, report: &Report) -> News {
        let about = |path: &str| {
            let items = report.items.iter().filter(|item| path.starts_with(&item.path));
            let item = items.max_by_key(|item| item.path.len());
            item.and_then(|item| item.hashes.as_ref()).map(|hashes| hashes.device.digest.clone())
        };
        let mut arrived = Vec::new();
        for item in &report.items {
            let name =
                item.hashes.as_ref().map_or_else(|| item.path.clone(), |one| one.device.digest.clone());
            if self.seen.insert(name) {
                arrived.push(item.title.clone());
            }
        }
        let findings = report.findings.iter().filter(|finding| {
            let key = (
                finding.id.as_str().to_owned(),
                finding.title.clone(),
                finding.evidence.clone(),
                about(&finding.path).unwrap_or_default(),
            );
            finding.severity > Severity::Info && self.told.insert(key)
        });
        let findings = findings.cloned().collect();
        News { arrived, findings }
    }
}

/// The first collected signature that does not belong to what it stands under, by the time it was collected.
pub fn first_mismatch(report: &Report) -> Option<&SignatureReport> {
    let wrong = |one: &&SignatureReport| match (&one.claimed, &one.signer) {
        (Some(claimed), Some(signer)) => claimed != signer,
        (_, None) => true,
        (None, Some(_)) => false,
    };
    let all = report.items.iter().flat_map(|item| &item.signatures);
    // Without a date it is not known to be later.
    all.filter(wrong).min_by(|a, b| a.date.cmp(&b.date))
}
