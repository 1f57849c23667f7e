//! Sanctioned people and organisations by name.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
pub use tracehound_attribution::names::NameError;
use tracehound_attribution::names::NameIndex;
use tracehound_model::{
    Born, Country, Decision, Gap, Particulars, Party,
    verdict::{Basis, SourceAsOf},
};
use tracehound_screen::{NameCover, Policy, name_gap};

use crate::{EngineError, Snapshot};

/// What is asked of every name.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Which lists must be there, and how fresh.
    pub policy: &'a Policy,
    /// About which moment.
    pub as_of: Timestamp,
    /// Least similarity of a match, 0 to 1.
    pub threshold: f64,
    /// Most matches told for a name, and most set aside; all of them decide.
    pub limit: usize,
    /// What is known of whoever has the name.
    pub known: Known,
}

/// What is known of whoever has a name. A match that the list contradicts is set aside, with the reason; where the list
/// does not say, nothing is contradicted.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// When they were born.
    pub born: Option<Born>,
    /// Their countries; one in common is enough.
    pub countries: Vec<Country>,
}

impl Known {
    /// In which ways the list contradicts it, and whether that is enough to say that it is somebody else: a list knows some
    /// of a person's countries, and one day on which they were born.
    fn contradicted(&self, party: &Party) -> (Vec<String>, bool) {
        let Particulars { born, countries } = &party.particulars;
        let mut why = Vec::new();
        if let Some(own) = &self.born
            && !born.is_empty()
            && born.iter().all(|listed| listed.contradicts(own))
        {
            why.push(format!("born {own}, listed as born {}", joined(born, " or ")));
        }
        let is_another = !why.is_empty();
        if !self.countries.is_empty()
            && !countries.is_empty()
            && !countries.iter().any(|listed| self.countries.contains(listed))
        {
            why.push(format!(
                "of {}, listed under {}",
                joined(&self.countries, " or "),
                joined(countries, ", ")
            ));
        }
        (why, is_another)
    }
}

fn joined(items: &[impl ToString], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// Names of listed parties, ready to be compared with.
#[derive(Debug)]
pub struct Namer<'a> {
    question: &'a Question<'a>,
    index: &'a NameIndex,
    lists: usize,
    cover: NameCover,
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
    /// When whoever has the name was born, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub born: Option<Born>,
    /// Their countries, where those were said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Country>,
    /// Matches that the list contradicts, best first. Those born at another time decide nothing; those of other countries alone
    /// are for a person to look at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAside>,
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

/// A match that what is known contradicts.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct SetAside {
    /// The match.
    #[serde(flatten)]
    pub found: Match,
    /// In which ways.
    pub because: Vec<String>,
}

impl Snapshot {
    /// Makes the names of listed parties ready to be compared with.
    ///
    /// # Errors
    /// When the claims cannot be read.
    #[tracing::instrument(skip_all)]
    pub fn namer<'a>(&'a self, question: &'a Question<'a>) -> Result<Namer<'a>, EngineError> {
        let index = self.index().names()?;
        let lists = index.parties().iter().map(|party| &party.source).collect::<BTreeSet<_>>().len();
        let cover = NameCover::new(self.index(), question.policy, question.as_of);
        Ok(Namer { question, index, lists, cover })
    }
}

impl Namer<'_> {
    /// Names that each is compared with.
    pub fn names(&self) -> usize {
        self.index.name_count()
    }

    /// Parties whose names those are.
    pub fn parties(&self) -> usize {
        self.index.parties().len()
    }

    /// The lists that are searched.
    pub fn sources(&self) -> &[SourceAsOf] {
        &self.cover.sources
    }

    /// What is not examined, whatever the name.
    pub fn gaps(&self) -> &[Gap] {
        &self.cover.gaps
    }

    /// Compares a name with those of listed parties.
    ///
    /// # Errors
    /// When there is nothing in it to compare, or too much.
    pub fn answer(&self, query: &str) -> Result<Named, NameError> {
        let Question { policy, as_of, threshold, limit, ref known } = *self.question;
        let found = match self.index.search(query, usize::MAX) {
            // Of a script that nothing here reads there is nothing to search by.
            Err(NameError::Empty { .. }) if name_gap(query, false).is_some() => Vec::new(),
            found => found?,
        };
        let (mut matches, mut set_aside, mut may_be) = (Vec::new(), Vec::new(), false);
        for found in found.into_iter().filter(|found| found.score >= threshold) {
            let (because, is_another) = known.contradicted(found.party);
            may_be |= !is_another;
            let (score, matched_name) = (found.score, found.matched_name.to_owned());
            let found = Match { score, matched_name, party: found.party.clone() };
            if because.is_empty() {
                matches.push(found);
            } else {
                set_aside.push(SetAside { found, because });
            }
        }
        // All matches decide; the limit cuts what is shown of them.
        let gap = name_gap(query, !matches.is_empty() || !set_aside.is_empty());
        let decision = self.cover.decide(may_be, gap.is_none());
        let summary = self.summary(matches.len(), set_aside.len(), decision);
        matches.truncate(limit);
        set_aside.truncate(limit);
        Ok(Named {
            query: query.to_owned(),
            threshold,
            decision,
            basis: Basis::ListsOnly,
            summary,
            matches,
            born: known.born,
            countries: known.countries.clone(),
            set_aside,
            as_of,
            coverage: NameCoverage {
                sources: self.cover.sources.clone(),
                gaps: gap.into_iter().chain(self.cover.gaps.iter().cloned()).collect(),
            },
            policy: policy.hash.clone(),
        })
    }

    fn summary(&self, matches: usize, set_aside: usize, decision: Decision) -> String {
        let (shown, threshold) = (self.question.limit, self.question.threshold);
        let found = match matches {
            0 => "no match".to_owned(),
            1 => "1 match".to_owned(),
            count => format!("{count} matches"),
        };
        let cut = if shown < matches { format!(", the best {shown} shown") } else { String::new() };
        let aside = match set_aside {
            0 => String::new(),
            count => format!(", {count} set aside because the list contradicts what is known"),
        };
        let ending = match decision {
            Decision::Incomplete => "; not everything the policy requires was there",
            _ => "",
        };
        let lists = match self.lists {
            0 => "no list with names was searched".to_owned(),
            1 => format!("{found} on 1 list with names at {threshold} or above{cut}{aside}"),
            lists => format!("{found} on {lists} lists with names at {threshold} or above{cut}{aside}"),
        };
        format!("{lists}; names alone were compared, transactions not examined{ending}")
    }
}
