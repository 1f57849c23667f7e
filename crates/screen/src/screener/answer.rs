//! From what was found to the verdict, its evidence and its words.

use std::{borrow::Cow, cmp::Reverse, collections::BTreeMap, fmt::Write as _};

use jiff::civil::Date;
use tracehound_model::{
    Amount, Asset, Category, Chain, Claim, Coverage, Decision, Evidence, Exposure, Gap, GapKind, Source,
    SourceId, SourceKind, TxRef, Verdict,
    evidence::Fact,
    verdict::{Basis, Direction, ExposureType, Reason},
};

use super::{Findings, Hit, MAX_EVIDENCE_TXS, MAX_EXPOSURES, Screener};
use crate::{
    cover,
    judge::judge,
    labels,
    policy::{Exposed, Measured},
};

/// Labels that count for nothing and are told in a summary; all are in the evidence.
const MAX_NOTED: usize = 2;
/// Names that are told in a summary.
const MAX_NAMED: usize = 3;

impl Hit {
    /// Whether the name is the subject's own, and not one of whom it dealt with.
    fn is_own(&self) -> bool {
        matches!(self.exposure, ExposureType::Identified | ExposureType::Owned) && self.direction.is_none()
    }

    /// As what the rules see it: whom listed parties own counts as listed.
    fn category(&self) -> Category {
        if self.owned.is_some() { Category::Sanction } else { self.claim.statement.category }
    }
}

impl Screener<'_> {
    /// Applies the rules to what was found.
    pub(super) fn judge(&self, text: &str, chain: Option<Chain>, mut findings: Findings) -> Verdict {
        let policy = self.settings.policy;
        self.look_behind(&mut findings);
        findings.hits.sort_by(|a, b| {
            (a.exposure, &a.claim.id, a.direction, &a.address).cmp(&(
                b.exposure,
                &b.claim.id,
                b.direction,
                &b.address,
            ))
        });
        let missing = cover::missing_transactions(policy, findings.examined_until, self.settings.as_of);
        // Whom it signed with is known where that gap is: all of its own transactions were there.
        let is_missing = |gap: &Gap| policy.minds(gap) && gap.kind != GapKind::SignedTogether;
        let truncated = findings.gaps.iter().any(is_missing);
        findings.gaps.extend(missing);
        let counterparties =
            cover::missing_counterparties(policy, findings.counterparties_until, self.settings.as_of);
        findings.gaps.extend(counterparties);
        let label_gaps = self.keys.packs().map(|packs| labels::gaps(packs, self.day)).unwrap_or_default();
        let suffices =
            self.lists_suffice && label_gaps.is_empty() && !findings.gaps.iter().any(|gap| policy.minds(gap));
        let judged = judge(policy, findings.hits.iter().map(|hit| self.exposed(hit)), suffices);
        let mut evidence = Evidence::default();
        for (place, hit) in findings.hits.iter().enumerate() {
            let claim_node = Self::claim_node(&mut evidence, hit);
            let mut support = self.tx_nodes(&mut evidence, hit);
            if let Some(ownership) = &hit.owned {
                let fact = Fact::Ownership { ownership: Box::new(ownership.clone()) };
                support.push(evidence.node(format!("owners:{}", hit.claim.id), fact));
            }
            for &(at, _) in judged.fired.iter().filter(|(_, of)| *of == place) {
                let rule = &policy.rules[at].name;
                let rule_node = evidence.node(format!("rule:{rule}"), Fact::Rule { rule: rule.clone() });
                evidence.because(&rule_node, &claim_node);
                for fact in &support {
                    evidence.because(&rule_node, fact);
                }
            }
        }
        let decision = judged.decision;
        let basis = match (policy.basis, findings.examined_until) {
            (Basis::ListsOnly, _) => Basis::ListsOnly,
            _ if !findings.looked => Basis::ListsWithoutTransactions,
            (_, Some(_)) if !truncated => Basis::ListsAndTransactions,
            _ => Basis::ListsAndSomeTransactions,
        };
        for hit in &findings.beside {
            Self::claim_node(&mut evidence, hit);
            self.tx_nodes(&mut evidence, hit);
        }
        for claim in &findings.former {
            evidence.node(format!("claim:{}", claim.id), Fact::Claim { claim: Box::new(claim.clone()) });
        }
        for (number, label) in findings.not_counted.iter().enumerate() {
            evidence.node(
                format!("label:not-counted-{}", number + 1),
                Fact::Label { label: Box::new(label.clone()) },
            );
        }
        let hit = judged.reason.map(|place| &findings.hits[place]);
        let mut summary = self.summary(decision, basis, hit, &findings);
        let reason = hit.map(|hit| {
            let listed = self.listed(hit);
            Reason {
                rule: judged.rule.map(|at| policy.rules[at].name.clone()),
                entity: hit.claim.statement.label.clone(),
                category: hit.category(),
                source: hit.claim.source.clone(),
                since: listed.by_party.unwrap_or(hit.since),
                at_least: listed.at_least,
                here_from: listed.by_party.map(|_| hit.since),
                owned: hit.owned.is_some(),
                labelled: hit.said.as_ref().map(|said| said.labelled.clone()),
                address: hit.address.clone(),
            }
        });
        if judged.uncovered {
            summary.push_str("; no rule of the policy covers it: a person has to look");
        }
        let mut gaps = self.list_gaps.clone();
        gaps.extend(label_gaps);
        gaps.extend(findings.gaps);
        gaps.extend(judged.without_jurisdiction(policy, |place| &findings.hits[place].claim.statement.label));
        gaps.extend(judged.limits_not_applied(policy, |place| self.asset_of(&findings.hits[place])));
        let exposures = self.exposures(&findings.hits, &mut gaps);
        let indirect = exposures.iter().any(|exposure| exposure.exposure == ExposureType::Indirect);
        // They were measured on generated chains of outputs.
        let of_outputs = !matches!(chain, Some(Chain::Evm(_)));
        let error_rates = if indirect && of_outputs { self.exposure_rates() } else { None };
        let error_rates = error_rates.map(str::to_owned).into_iter().collect();
        Verdict {
            read_as: None,
            subject: text.to_owned(),
            chain: chain.map(|chain| chain.to_string()),
            decision,
            basis,
            score: judged.score,
            reason,
            summary,
            as_of: self.settings.as_of,
            exposures,
            evidence,
            coverage: Coverage {
                sources: self.lists.sources.clone(),
                packs: self.packs.clone(),
                advisories: self.lists.advisories.clone(),
                advisories_complete_as_of: cover::advisories_complete_as_of(policy, &self.lists.advisories),
                transactions_until: findings.examined_until,
                counterparties_until: policy
                    .require
                    .counterparties_within_hours
                    .and(findings.counterparties_until),
                truncated,
                gaps,
                error_rates,
            },
            policy: policy.hash.clone(),
            snapshot: self.snapshot(chain).into_owned(),
        }
    }

    /// What its amounts count; none for a claim by itself.
    fn asset_of(&self, hit: &Hit) -> Option<Asset> {
        if let Some(moved) = &hit.moved {
            return Some(moved.asset);
        }
        let (network, _) = hit.direction.and(self.ledger)?;
        Some(Asset::bitcoin(network))
    }

    /// A hit as the rules see it.
    pub(super) fn exposed<'h>(&self, hit: &'h Hit) -> Exposed<'h> {
        Exposed {
            exposure: hit.exposure,
            category: hit.category(),
            // A pack is no list, whatever it is called.
            source_kind: match hit.said {
                Some(_) => SourceKind::Labels,
                None => self.kinds.get(&hit.claim.source).copied().unwrap_or(SourceKind::Labels),
            },
            confidence: hit.claim.confidence,
            labelled: hit.said.as_ref().map(|said| &said.labelled),
            jurisdictions: &hit.jurisdictions,
            direction: hit.direction,
            party: hit.address.as_deref(),
            measured: Measured { asset: self.asset_of(hit), amount: hit.amount, worth: hit.worth },
            total: hit.total,
        }
    }

    /// What names whom a hit is about.
    fn claim_node(evidence: &mut Evidence, hit: &Hit) -> String {
        if let Some(label) = &hit.said {
            return evidence.node(format!("label:{}", hit.claim.id), Fact::Label { label: label.clone() });
        }
        let claim = Box::new(hit.claim.clone());
        evidence.node(format!("claim:{}", hit.claim.id), Fact::Claim { claim })
    }

    fn tx_nodes(&self, evidence: &mut Evidence, hit: &Hit) -> Vec<String> {
        if let Some(moved) = &hit.moved {
            let nodes = moved.txs.iter().filter_map(|fact| match fact {
                Fact::Tx { tx, .. } => Some(evidence.node(format!("tx:{tx}"), fact.clone())),
                _ => None,
            });
            return nodes.collect();
        }
        let Some((network, ledger)) = self.ledger else { return Vec::new() };
        let views = hit
            .txs
            .iter()
            .take(MAX_EVIDENCE_TXS)
            .filter_map(|&tx| Some((ledger.tx(tx)?, ledger.block_of(tx)?)));
        views
            .map(|(tx, block)| {
                let fact = Fact::Tx {
                    tx: TxRef { chain: Chain::Bitcoin(network), hash: tx.txid.0 },
                    height: block.height,
                    time: block.header.time(),
                };
                evidence.node(format!("tx:{}", tx.txid), fact)
            })
            .collect()
    }

    fn summary(&self, decision: Decision, basis: Basis, reason: Option<&Hit>, findings: &Findings) -> String {
        let mut text = String::new();
        match reason {
            Some(hit) => {
                let source = self.source(&hit.claim.source).filter(|_| hit.said.is_none());
                let title = match (&hit.said, source) {
                    (Some(said), _) => format!("a {}", said.labelled),
                    (None, Some(_)) => self.title(&hit.claim.source),
                    (None, None) => hit.claim.source.to_string(),
                };
                let statement = &hit.claim.statement;
                let who = match (hit.exposure, hit.direction) {
                    (ExposureType::Identified | ExposureType::Owned, None) => "named".to_owned(),
                    (ExposureType::Indirect, Some(Direction::Incoming)) => {
                        format!("received indirectly from {}, named", hit.address.as_deref().unwrap_or("?"))
                    }
                    (ExposureType::Indirect, Some(Direction::Outgoing)) => {
                        format!("paid indirectly to {}, named", hit.address.as_deref().unwrap_or("?"))
                    }
                    (_, Some(Direction::Incoming)) => {
                        format!("received from {}, named", hit.address.as_deref().unwrap_or("?"))
                    }
                    (_, Some(Direction::Outgoing)) => {
                        format!("paid {}, named", hit.address.as_deref().unwrap_or("?"))
                    }
                    _ => "touches somebody named".to_owned(),
                };
                let _ = match &hit.owned {
                    Some(_) => {
                        write!(
                            text,
                            "{who} {} (owned by listed parties, not listed itself) by {title}",
                            statement.label
                        )
                    }
                    None => write!(text, "{who} {} ({}) by {title}", statement.label, hit.category()),
                };
                let _ = match self.listed(hit) {
                    Listed { by_party: Some(day), .. } => {
                        write!(text, ", listed since {day}, on record here from {}", hit.since)
                    }
                    Listed { at_least: true, .. } => write!(text, ", on record at least since {}", hit.since),
                    Listed { .. } => write!(text, ", on record from {}", hit.since),
                };
            }
            None if findings.hits.is_empty() => {
                let newest = self.lists.sources.iter().map(|source| source.published).max();
                let newest = newest.map_or_else(String::new, |newest| format!(", newest of {newest}"));
                let count = self.lists.sources.len();
                let _ = match (count, not_examined(basis)) {
                    (0, _) => write!(text, "no list was searched"),
                    (_, Some(rest)) if decision == Decision::Allow => {
                        write!(text, "no match on {count} lists; {rest}")
                    }
                    _ => write!(text, "on none of {count} lists{newest}"),
                };
            }
            None => {
                let (own, others): (Vec<&Hit>, Vec<&Hit>) =
                    findings.hits.iter().partition(|hit| hit.is_own());
                let said = match names(&others) {
                    None => String::new(),
                    Some(others) => format!("dealt with {others}"),
                };
                let said = match (names(&own), said.is_empty()) {
                    (None, _) => said,
                    (Some(own), true) => format!("known as {own}"),
                    (Some(own), false) => format!("known as {own}; {said}"),
                };
                let _ = write!(text, "{said}; no rule of the policy objects");
                if let Some(rest) = not_examined(basis) {
                    let _ = write!(text, "; {rest}");
                }
            }
        }
        if let Some(claim) = findings.former.first() {
            let end = claim.valid_to.map_or_else(String::new, |end| format!(" until {end}"));
            let _ = write!(text, "; formerly {} on {}{end}", claim.statement.label, claim.source);
        }
        for label in findings.not_counted.iter().take(MAX_NOTED) {
            let name = label.entity.as_ref().unwrap_or(&label.label);
            let why = label.not_counted.as_deref().unwrap_or_default();
            let _ =
                write!(text, "; labelled {name} by {}, which counts for nothing: {why}", label.labelled.by);
        }
        for note in &findings.notes {
            let _ = write!(text, "; {note}");
        }
        if decision == Decision::Incomplete {
            text.push_str("; not everything the policy requires was there");
        }
        text
    }

    /// Since when whoever a claim names is on its list, besides since when versions here have it.
    fn listed(&self, hit: &Hit) -> Listed {
        // A label is no list, and a party that is owned is not listed itself.
        if hit.said.is_some() || hit.owned.is_some() {
            return Listed::default();
        }
        let Claim { source, statement, .. } = &hit.claim;
        let by_party = statement.party_listed_on.filter(|day| *day < hit.since);
        let history = self.index.sources().iter().find(|history| history.source.id == *source);
        let first = history.filter(|history| history.source.kind == SourceKind::Sanctions);
        let first = first.and_then(|history| history.snapshots.first().copied());
        let is_told = statement.party_listed_on == Some(hit.since);
        Listed { by_party, at_least: by_party.is_none() && !is_told && first == Some(hit.since) }
    }

    /// What a list is called. Its title is that of its newest version: an older one in force is told by its day.
    fn title(&self, id: &SourceId) -> String {
        let Some(history) = self.index.sources().iter().find(|history| history.source.id == *id) else {
            return id.to_string();
        };
        match (history.snapshot_on(self.day), history.snapshots.last()) {
            (Some(version), Some(newest)) if version < *newest => format!("{id} of {version}"),
            _ => history.source.title.clone(),
        }
    }

    fn source(&self, id: &SourceId) -> Option<&Source> {
        self.index.sources().iter().map(|history| &history.source).find(|source| source.id == *id)
    }

    /// The exposures of an answer, largest first within each kind, cut visibly.
    fn exposures(&self, hits: &[Hit], gaps: &mut Vec<Gap>) -> Vec<Exposure> {
        let mut rows: Vec<&Hit> = hits.iter().collect();
        rows.sort_by_key(|hit| (hit.exposure, Reverse(hit.amount)));
        if rows.len() > MAX_EXPOSURES {
            let sentence = format!("{} further exposures are not listed", rows.len() - MAX_EXPOSURES);
            gaps.push(Gap::about_subject(GapKind::NotListed, sentence));
        }
        let asks = self.settings.policy.rules.iter().any(|rule| !rule.jurisdictions.is_empty());
        let row = |hit: &Hit| Exposure {
            exposure: hit.exposure,
            direction: hit.direction,
            category: hit.category(),
            label: hit.claim.statement.label.clone(),
            address: hit.address.clone(),
            asset: self.asset_of(hit),
            amount: hit.amount,
            worth: hit.worth,
            tx_count: match &hit.moved {
                Some(moved) => Some(moved.tx_count),
                None => (!hit.txs.is_empty()).then_some(hit.txs.len() as u32),
            },
            source: Some(hit.claim.source.clone()),
            source_kind: Some(self.exposed(hit).source_kind),
            confidence: Some(hit.claim.confidence),
            labelled: hit.said.as_ref().map(|said| said.labelled.clone()),
            jurisdictions: asks.then(|| hit.jurisdictions.clone()),
            total: hit.direction.map(|_| hit.total),
        };
        rows.into_iter().take(MAX_EXPOSURES).map(row).collect()
    }
}

/// Since when somebody is on a list.
#[derive(Clone, Copy, Debug, Default)]
struct Listed {
    /// The day that the list itself tells for the party, where that is before any version here has the address.
    by_party: Option<Date>,
    /// Nobody knows whether it was not listed before: the first version here has it.
    at_least: bool,
}

/// A name in a summary: one by a label says so.
/// The first few names of those, whoever moved most first, and how many others there are.
fn names(hits: &[&Hit]) -> Option<String> {
    let mut most: BTreeMap<Cow<'_, str>, Option<Amount>> = BTreeMap::new();
    for hit in hits {
        let amount = most.entry(known_as(hit)).or_default();
        *amount = (*amount).max(hit.amount);
    }
    let mut named: Vec<_> = most.into_iter().collect();
    // Stable: those of one amount stay in the order of the alphabet.
    named.sort_by_key(|(_, amount)| Reverse(*amount));
    let more = named.len().saturating_sub(MAX_NAMED);
    let list: Vec<Cow<'_, str>> = named.into_iter().take(MAX_NAMED).map(|(name, _)| name).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!list.is_empty()).then(|| format!("{}{more}", list.join(", ")))
}

fn known_as(hit: &Hit) -> Cow<'_, str> {
    let name = &hit.claim.statement.label;
    match &hit.said {
        None => Cow::Borrowed(name),
        Some(said) if said.labelled.is_disputed() => Cow::Owned(format!("{name} (disputed label)")),
        Some(_) => Cow::Owned(format!("{name} (label)")),
    }
}

/// What to say of transactions that were not examined.
const fn not_examined(basis: Basis) -> Option<&'static str> {
    match basis {
        Basis::ListsOnly | Basis::ListsWithoutTransactions => Some("transactions not examined"),
        Basis::ListsAndSomeTransactions => Some("not all transactions examined"),
        Basis::ListsAndTransactions => None,
    }
}
