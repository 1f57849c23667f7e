//! Sanctioned people and organisations by name.

use std::borrow::Cow;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;
pub use tracehound_attribution::names::NameError;
use tracehound_attribution::{
    country,
    names::{NameIndex, NameMatch, read_as},
    ownership::{Owners, Told},
};
use tracehound_model::{
    Born, Country, Decision, Gap, GapKind, Ownership, Particulars, Party, Reach, Standing,
    particulars::NoBirth,
    text::label,
    verdict::{Basis, SourceAsOf},
};
use tracehound_screen::{NameCover, Policy, family_gap, name_gap};

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
    /// What stood beside the name and could not be read, in words.
    pub unread: Vec<String>,
}

/// What the columns beside names say of whoever has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownColumns {
    /// How many columns hold the rest of the name.
    pub more_names: usize,
    /// When they were born.
    pub born: bool,
    /// Their countries.
    pub countries: bool,
}

impl Known {
    /// The name of a row, of which `first` stands in the first column, and what the cells beside it say, in the order of
    /// [`KnownColumns`]; what no column tells is as in `others`. An empty cell says
    /// that nothing is known; several countries stand with `;`, `|` or `/` between them.
    ///
    /// A cell that cannot be read says nothing either, and is [told](Self::unread): it sets nobody aside, and the name is
    /// compared all the same. Of countries one that is none leaves all of them out, for it may be the one in common.
    pub fn read<'n>(
        columns: &KnownColumns,
        first: &'n str,
        cells: &[&str],
        others: &Self,
    ) -> (Cow<'n, str>, Self) {
        let mut cells = cells.iter().map(|cell| cell.trim());
        let mut name = Cow::Borrowed(first);
        for more in cells.by_ref().take(columns.more_names).filter(|more| !more.is_empty()) {
            name = Cow::Owned(format!("{} {more}", name.trim()).trim_start().to_owned());
        }
        let mut known = others.clone();
        if columns.born {
            let cell = cells.next().unwrap_or_default();
            known.born = Born::written(cell);
            if known.born.is_none() && !cell.is_empty() {
                known.unread.push(format!(
                    "`{}` is no date of birth that can be read (1962, 1962-05 or 1962-05-17)",
                    label(cell)
                ));
            }
        }
        if columns.countries {
            let names = cells.next().unwrap_or_default().split([';', '|', '/']).map(str::trim);
            let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
            known.countries = names.iter().filter_map(|name| country(name)).collect();
            if let Some(name) = names.iter().find(|name| country(name).is_none()) {
                known.countries.clear();
                known.unread.push(format!(
                    "`{}` is no country that can be read (ISO 3166-1, or its name)",
                    label(name)
                ));
            }
        }
        (name, known)
    }

    /// That something beside the name could not be read. Where the name was found, somebody might have been set aside for it; else
    /// nothing hangs on it.
    fn not_read(&self) -> impl Iterator<Item = Gap> {
        self.unread.iter().map(|why| {
            let sentence = format!("{why}: nobody was set aside for it");
            Gap::about_subject(GapKind::NameNotCompared, sentence).mend("mend the cell, or leave it empty")
        })
    }

    /// Why the birth is none, where it is none and would have been asked for: by what was `found`, or because nobody can have
    /// written it of a person.
    fn no_birth(&self, day: Date, found: bool) -> Option<Gap> {
        let born = self.born.as_ref()?;
        let why = born.no_birth(day).filter(|why| found || *why != NoBirth::Filled)?;
        let sentence = format!("the birth {born} {why}: nobody was set aside for it");
        Some(
            Gap::about_subject(GapKind::NameNotCompared, sentence)
                .mend("give the date of birth, or leave it out"),
        )
    }

    /// In which ways the list contradicts it, and whether that is enough to say that it is somebody else: a list knows some
    /// of a person's countries, and one day on which they were born.
    /// A birth that is none is contradicted by nothing.
    fn contradicted(&self, party: &Party, day: Date) -> (Vec<String>, bool) {
        let Particulars { born, countries, .. } = &party.particulars;
        let mut why = Vec::new();
        if let Some(own) = &self.born
            && own.no_birth(day).is_none()
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

/// Why a name like that of a party that listed ones may own is not cleared.
fn may_be_owned(name: &str, ownership: &Ownership) -> Gap {
    let sentence = format!("`{}` is {ownership}", label(name));
    Gap::about_subject(GapKind::OwnershipUnknown, sentence)
        .mend("find out how much they own: half or more counts as listed")
}

fn joined(items: &[impl ToString], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

/// Names of listed parties, ready to be compared with.
#[derive(Debug)]
pub struct Namer<'a> {
    question: &'a Question<'a>,
    index: &'a NameIndex,
    owners: Owners<'a>,
    lists: usize,
    cover: NameCover,
}

/// The answer about one name.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Named {
    /// The name as it was asked for.
    pub query: String,
    /// What it was read as, where it is written in a code (`Kyu%20Kim`, `&#1055;`), in another character set, or in the line of a
    /// passport; both were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
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
    /// Parties with such a name that nobody lists, and that are known for what ties them to listed ones, best first. They
    /// decide nothing by themselves: those that listed parties own by half or more stand among the matches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Match>,
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
    /// The party. What ties it to others is under `relations`.
    pub party: Party,
    /// How much of it listed parties own, where the source tells owners of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ownership: Option<Ownership>,
    /// What its source says of it and others, those with listed parties first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Related>,
    /// Relations that are not told.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_relations: usize,
}

/// A relation of a party.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Related {
    /// In words: "directed by".
    pub words: String,
    /// The other's number at the source, or the address's.
    pub other: String,
    /// The other's name.
    pub name: String,
    /// Whether the other is listed.
    pub listed: bool,
}

impl From<Told> for Related {
    fn from(Told { words, other, name, listed }: Told) -> Self {
        Self { words, other, name, listed }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
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
        let lists = index.parties().sources().len();
        let cover = NameCover::new(self.index(), question.policy, question.as_of);
        let owners = self.index().owners(question.as_of.to_zoned(TimeZone::UTC).date())?;
        Ok(Namer { question, index, owners, lists, cover })
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

    /// What is known of whoever has the names, unless a row says something else.
    pub fn known(&self) -> &Known {
        &self.question.known
    }

    /// Compares a name with those of listed parties.
    ///
    /// # Errors
    /// When there is nothing in it to compare, or too much.
    pub fn answer(&self, query: &str) -> Result<Named, NameError> {
        self.answer_knowing(query, &self.question.known)
    }

    /// The same of somebody of whom this is known.
    ///
    /// # Errors
    /// As [`Namer::answer`].
    pub fn answer_knowing(&self, query: &str, known: &Known) -> Result<Named, NameError> {
        let Question { policy, as_of, threshold, limit, .. } = *self.question;
        let day = as_of.to_zoned(TimeZone::UTC).date();
        let found = match self.index.search(query, usize::MAX) {
            // Of a script that nothing here reads there is nothing to search by.
            Err(NameError::Empty { .. })
                if query.chars().any(char::is_alphanumeric) && name_gap(query, false).is_some() =>
            {
                Vec::new()
            }
            found => found?,
        };
        let (mut matches, mut set_aside, mut may_be) = (Vec::new(), Vec::new(), false);
        let (mut related, mut unsure) = (Vec::new(), Vec::new());
        for found in found.into_iter().filter(|found| found.score >= threshold) {
            let (because, is_another) = known.contradicted(found.party, day);
            let number = self.owners.find(&found.party.source.0, &found.party.id)?;
            let ownership = number.map_or(Ok(None), |number| self.owners.ownership(number))?;
            let reach = ownership.as_ref().map(|ownership| ownership.reach);
            let decides = found.party.particulars.standing != Standing::Related || reach == Some(Reach::Half);
            may_be |= decides && !is_another;
            if !decides && !is_another && reach == Some(Reach::MayBeHalf) {
                unsure
                    .extend(ownership.as_ref().map(|ownership| may_be_owned(found.matched_name, ownership)));
            }
            match (because.is_empty(), decides) {
                (true, true) => matches.push((found, ownership)),
                (true, false) => related.push((found, ownership)),
                (false, _) => set_aside.push((found, ownership, because)),
            }
        }
        // All matches decide; the limit cuts what is shown of them.
        let is_found = !matches.is_empty() || !set_aside.is_empty();
        let alone = || (!is_found).then(|| family_gap(query, self.index.family_name_alone(query))).flatten();
        let gap = name_gap(query, is_found).or_else(alone);
        let beside = known.no_birth(day, is_found).into_iter().chain(known.not_read());
        let gap: Vec<Gap> = gap.into_iter().chain(beside).chain(unsure).collect();
        let decision = self.cover.decide(may_be, gap.is_empty());
        let summary = self.summary(matches.len(), set_aside.len(), related.len(), decision);
        let show = |(found, ownership)| self.to_match(&found, ownership);
        let matches = matches.into_iter().take(limit).map(show).collect::<Result<_, _>>()?;
        let related = related.into_iter().take(limit).map(show).collect::<Result<_, _>>()?;
        let set_aside = set_aside.into_iter().take(limit);
        let set_aside = set_aside
            .map(|(found, ownership, because)| {
                Ok(SetAside { found: self.to_match(&found, ownership)?, because })
            })
            .collect::<Result<_, NameError>>()?;
        Ok(Named {
            query: query.to_owned(),
            read_as: read_as(query),
            threshold,
            decision,
            basis: Basis::ListsOnly,
            summary,
            matches,
            born: known.born,
            countries: known.countries.clone(),
            set_aside,
            related,
            as_of,
            coverage: NameCoverage {
                sources: self.cover.sources.clone(),
                gaps: gap.into_iter().chain(self.cover.gaps.iter().cloned()).collect(),
            },
            policy: policy.hash.clone(),
        })
    }

    fn to_match(&self, found: &NameMatch<'_>, ownership: Option<Ownership>) -> Result<Match, NameError> {
        let number = self.owners.find(&found.party.source.0, &found.party.id)?;
        let (told, more_relations) =
            number.map_or_else(|| Ok(Default::default()), |number| self.owners.relations(number))?;
        let mut party = found.party.clone();
        party.particulars.relations.clear();
        Ok(Match {
            score: found.score,
            matched_name: found.matched_name.to_owned(),
            party,
            ownership,
            relations: told.into_iter().map(Related::from).collect(),
            more_relations,
        })
    }

    fn summary(&self, matches: usize, set_aside: usize, related: usize, decision: Decision) -> String {
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
        let near = match related {
            0 => String::new(),
            1 => ", 1 party that is not listed and is tied to listed ones".to_owned(),
            count => format!(", {count} parties that are not listed and are tied to listed ones"),
        };
        let ending = match decision {
            Decision::Incomplete => "; not everything the policy requires was there",
            _ => "",
        };
        let lists = match self.lists {
            0 => "no list with names was searched".to_owned(),
            1 => format!("{found} on 1 list with names at {threshold} or above{cut}{aside}{near}"),
            lists => format!("{found} on {lists} lists with names at {threshold} or above{cut}{aside}{near}"),
        };
        format!("{lists}; names alone were compared, transactions not examined{ending}")
    }
}
