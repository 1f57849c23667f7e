//! Sanctioned people and organisations by name.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_attribution::names::NameError;
use tracehound_model::{
    Decision, Gap, Party,
    verdict::{Basis, SourceAsOf},
};
use tracehound_screen::{NameCover, Policy, name_gap};

use crate::{EngineError, Snapshot};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Which lists must be there, and how fresh.
    pub policy: &'a Policy,
    /// About which moment.
    pub as_of: Timestamp,
    /// The names.
    pub names: Vec<String>,
    /// Least similarity of a match, 0 to 1.
    pub threshold: f64,
    /// Most matches told for a name; all of them decide.
    pub limit: usize,
}

/// The answers about several names, and what all of them rest on.
#[derive(Clone, Debug)]
pub struct Names {
    /// One a name, in their order.
    pub answers: Vec<Named>,
    /// Names that each was compared with.
    pub names: usize,
    /// Parties whose names those are.
    pub parties: usize,
    /// The lists that were searched.
    pub sources: Vec<SourceAsOf>,
    /// What was not examined, whatever the name.
    pub gaps: Vec<Gap>,
}

/// The answer about one name.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Named {
    /// The name as it was asked for.
    pub query: String,
    /// Least similarity of a match.
    pub threshold: f64,
    /// What to do.
    pub decision: Decision,
    /// What the decision rests on: names alone were compared.
    pub basis: Basis,
    /// In a sentence.
    pub summary: String,
    /// The best matches, best first.
    pub matches: Vec<Match>,
    /// The moment asked about.
    pub as_of: Timestamp,
    /// What was searched, and what was not.
    pub coverage: NameCoverage,
    /// Hash of the policy.
    pub policy: String,
}

/// What was searched for a name, and what was not.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct NameCoverage {
    /// The lists, with the list version used.
    pub sources: Vec<SourceAsOf>,
    /// What was not examined; what lies in the name itself comes first.
    pub gaps: Vec<Gap>,
}

/// A party whose name is like the one asked for.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Match {
    /// How like, 0 to 1.
    pub score: f64,
    /// Which of the party's names.
    pub matched_name: String,
    /// The party.
    pub party: Party,
}

impl Snapshot {
    /// Compares names with those of listed parties.
    ///
    /// # Errors
    /// When a name is empty, or the claims cannot be read.
    #[tracing::instrument(skip_all)]
    pub fn names(&self, question: &Question<'_>) -> Result<Names, EngineError> {
        let names = self.index().names()?;
        let cover = NameCover::new(self.index(), question.policy, question.as_of);
        let lists = names.parties().iter().map(|party| &party.source).collect::<BTreeSet<_>>().len();
        let mut answers = Vec::new();
        for query in &question.names {
            // All matches decide; the limit cuts what is shown of them.
            let matches = match names.search(query, usize::MAX) {
                // Of a script that nothing here reads there is nothing to search by.
                Err(NameError::Empty { .. }) if name_gap(query, false).is_some() => Vec::new(),
                found => found?,
            };
            let mut matches: Vec<Match> = matches
                .into_iter()
                .filter(|found| found.score >= question.threshold)
                .map(|found| Match {
                    score: found.score,
                    matched_name: found.matched_name.to_owned(),
                    party: found.party.clone(),
                })
                .collect();
            let gap = name_gap(query, !matches.is_empty());
            let decision = cover.decide(!matches.is_empty(), gap.is_none());
            let summary = summary(matches.len(), question, lists, decision);
            matches.truncate(question.limit);
            answers.push(Named {
                query: query.clone(),
                threshold: question.threshold,
                decision,
                basis: Basis::ListsOnly,
                summary,
                matches,
                as_of: question.as_of,
                coverage: NameCoverage {
                    sources: cover.sources.clone(),
                    gaps: gap.into_iter().chain(cover.gaps.iter().cloned()).collect(),
                },
                policy: question.policy.hash.clone(),
            });
        }
        Ok(Names {
            answers,
            names: names.name_count(),
            parties: names.parties().len(),
            sources: cover.sources,
            gaps: cover.gaps,
        })
    }
}

fn summary(matches: usize, question: &Question<'_>, lists: usize, decision: Decision) -> String {
    let (shown, threshold) = (question.limit, question.threshold);
    let found = match matches {
        0 => "no match".to_owned(),
        1 => "1 match".to_owned(),
        count => format!("{count} matches"),
    };
    let cut = if shown < matches { format!(", the best {shown} shown") } else { String::new() };
    let ending = match decision {
        Decision::Incomplete => "; not everything the policy requires was there",
        _ => "",
    };
    let lists = match lists {
        0 => "no list with names was searched".to_owned(),
        1 => format!("{found} on 1 list with names at {threshold} or above{cut}"),
        lists => format!("{found} on {lists} lists with names at {threshold} or above{cut}"),
    };
    format!("{lists}; names alone were compared, transactions not examined{ending}")
}
