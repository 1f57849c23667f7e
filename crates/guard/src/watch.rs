//! Watching what waits to be signed: what is new since the last look.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    finding::{CheckId::Sig03, Finding, Severity},
    report::{Item, Report, SignatureReport},
};

/// Remembers what it told already.
#[derive(Debug, Default)]
pub struct Watch {
    told: BTreeSet<(String, String, Vec<String>, String)>,
    seen: BTreeSet<String>,
    /// The first transaction that somebody signed for a number of a Safe: its hash.
    signed: BTreeMap<(String, String), String>,
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
        let mut findings: Vec<Finding> = findings.cloned().collect();
        findings.extend(report.items.iter().filter_map(|item| self.twice(item)));
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        News { arrived, findings }
    }

    /// Whoever signed another transaction of the same number before, be it gone from the list since: only one of them can be
    /// executed, and whoever has both chooses which.
    fn twice(&mut self, item: &Item) -> Option<Finding> {
        let field = |name: &str| item.fields.iter().find(|field| field.0 == name).map(|field| &field.1[..]);
        let (safe, nonce) = (field("Safe")?, field("Nonce")?);
        let hash = item.hashes.as_ref()?.device.digest.clone();
        // To pay nobody anything takes back what was signed, whichever of the two a list has first.
        if item.intent.starts_with("does nothing") && field("To").is_some_and(|to| to.starts_with(safe)) {
            return None;
        }
        let mut before: BTreeSet<String> = BTreeSet::new();
        for signer in item.signatures.iter().filter(|one| one.good).filter_map(|one| one.signer.as_ref()) {
            let key = (format!("{} {safe} {nonce}", field("Chain").unwrap_or_default()), signer.clone());
            let first = self.signed.entry(key).or_insert_with(|| hash.clone());
            if *first != hash {
                before.insert(format!("{signer} signed {first} before"));
            }
        }
        let title = format!(
            "{} owner(s) signed nonce {nonce} twice, this one after another that was here before: whoever has both chooses \
             which is executed.",
            before.len()
        );
        let key = (Sig03.as_str().to_owned(), title.clone(), before.iter().cloned().collect(), hash);
        let is_new = !before.is_empty() && self.told.insert(key);
        let mut finding = Finding::new(Sig03, Severity::Block, &item.path, title);
        finding.evidence = before.into_iter().collect();
        is_new.then_some(finding)
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
