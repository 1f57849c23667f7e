//! The same question by five rules, side by side: where they agree, the rule does not matter.

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::UtxoRows;
use tracehound_model::{Amount, Asset, BitcoinNetwork, Gap};

use super::{Known, Question, Sums, Trace, trace};
use crate::{
    extent::Extent,
    taint::{Direction, Method, Options, SeedError},
};

/// What one rule says.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Column {
    /// The rule.
    pub method: &'static str,
    /// Where the value is.
    pub sums: Sums,
    /// What arrived at each service.
    pub services: BTreeMap<String, Amount>,
    /// Outputs it touches.
    pub nodes: usize,
    /// Transactions it divides.
    pub edges: usize,
}

/// What each rule says, in the order of [`Method::COMPARED`].
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Comparison {
    /// What all its amounts count.
    pub asset: Asset,
    /// One column a rule.
    pub columns: Vec<Column>,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not followed or not seen, by which rule where they differ.
    pub gaps: Vec<Gap>,
    /// Whether the answer by every rule is complete: [`Trace::complete`].
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
}

/// What one rule adds to a comparison.
struct Told {
    column: Column,
    gaps: Vec<Gap>,
    complete: bool,
    extent: Extent,
}

/// Traces by every rule that the direction has, on all cores.
pub fn compare<R: UtxoRows>(
    ledger: &R,
    network: BitcoinNetwork,
    question: &Question<'_>,
    known: &dyn Known<R>,
) -> Result<Comparison, SeedError> {
    let options = question.options;
    let backward = options.direction == Direction::Backward;
    let told = |method| {
        let asked = Question { options: Options { method, ..options }, ..*question };
        let found = trace(ledger, network, &asked, known)?;
        let column = Column::of(&found);
        Ok(Told { column, gaps: found.gaps, complete: found.complete, extent: found.ledger })
    };
    let methods = Method::COMPARED.into_par_iter();
    let methods = methods.filter(|method| !(backward && *method == Method::Tiho));
    let told: Vec<Result<Told, SeedError>> = methods.map(told).collect();
    let (mut columns, mut by_rule, mut complete, mut extent) = (Vec::new(), Vec::new(), true, None);
    for told in told {
        let told = told?;
        complete &= told.complete;
        by_rule.push((told.column.method, told.gaps));
        columns.push(told.column);
        // The widest: what one rule needed the others may have needed less of.
        extent = extent
            .filter(|widest: &Extent| widest.missing_ranges >= told.extent.missing_ranges)
            .or(Some(told.extent));
    }
    let snapshot = ledger.snapshot_id();
    let ledger = extent.ok_or(SeedError::None)?;
    let asset = Asset::bitcoin(network);
    Ok(Comparison { asset, columns, ledger, gaps: told_once(&by_rule), complete, snapshot })
}

/// Gaps that all rules have once, the others with the rule's name.
fn told_once(by_rule: &[(&'static str, Vec<Gap>)]) -> Vec<Gap> {
    let shared: Vec<Gap> = by_rule.first().map_or_else(Vec::new, |(_, first)| {
        let everywhere = |gap: &&Gap| by_rule.iter().all(|(_, gaps)| gaps.contains(gap));
        first.iter().filter(everywhere).cloned().collect()
    });
    let own = by_rule.iter().flat_map(|(method, gaps)| {
        let own = gaps.iter().filter(|gap| !shared.contains(gap));
        own.map(move |gap| Gap { sentence: format!("{method}: {}", gap.sentence), ..gap.clone() })
    });
    let own: Vec<Gap> = own.collect();
    shared.into_iter().chain(own).collect()
}

impl Column {
    fn of(found: &Trace) -> Self {
        let mut services: BTreeMap<String, Amount> = BTreeMap::new();
        for node in &found.nodes {
            let arrived = node.stop.as_ref().is_some_and(|end| end.reason == "reached_service");
            if let Some(entity) = node.entity.as_ref().filter(|_| arrived) {
                let sum = services.entry(entity.name()).or_default();
                *sum = sum.saturating_add(node.dirty);
            }
        }
        Self {
            method: found.method,
            sums: found.sums,
            services,
            nodes: found.nodes.len(),
            edges: found.edges.len(),
        }
    }
}
