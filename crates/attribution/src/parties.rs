//! Listed parties as an index keeps them for questions about a few of them: who there is, and who is tied to whom, lies in
//! columns; all else of a party is read when somebody asks for it.

use std::{
    collections::HashMap,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use jiff::civil::Date;
use tracehound_columns::{Backing, Column, ColumnError, sections::SectionFile};
use tracehound_labels::day;
use tracehound_model::{Party, Relation, RelationKind, SourceId, Stake, Standing};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Sections that a table takes in a file.
pub(crate) const SECTIONS: usize = 5;
/// Stands for a share that is not said.
const NOT_SAID: u32 = u32::MAX;
/// The other owns, or owns or controls.
const IS_OWNER: u32 = 1;
/// The source says that it has ended.
const IS_FORMER: u32 = 2;
/// The source names the other, and is all that it says: neither a party nor a name of one that it passed over.
const IS_UNDESCRIBED: u32 = 4;

/// A party in short.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Head {
    /// Of the table's sources.
    source: u32,
    /// [`Standing`], in its order.
    standing: u32,
    first_tie: u32,
}

/// A relation of a party, in the order of [`Particulars::relations`](tracehound_model::Particulars::relations).
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct Tie {
    pub(crate) party: u32,
    /// The other's number; from the number of parties on, what the source names and does not describe.
    pub(crate) target: u32,
    least: u32,
    most: u32,
    since: i32,
    until: i32,
    flags: u32,
}

impl Tie {
    fn of(party: u32, target: u32, relation: &Relation, is_party: bool) -> Self {
        let is_owner = matches!(relation.kind, RelationKind::OwnedBy | RelationKind::OwnedOrControlledBy);
        let is_undescribed = !is_party && relation.name.is_none();
        let flags = if is_owner { IS_OWNER } else { 0 }
            | if relation.former { IS_FORMER } else { 0 }
            | if is_undescribed { IS_UNDESCRIBED } else { 0 };
        Self {
            party,
            target,
            least: relation.share.map_or(NOT_SAID, Stake::least),
            most: relation.share.map_or(NOT_SAID, Stake::most),
            since: day::pack(relation.since),
            until: day::pack(relation.until),
            flags,
        }
    }

    /// What the other owns, where it is said.
    pub(crate) fn share(&self) -> Option<Stake> {
        Stake::between(self.least, self.most)
    }

    /// Whether nothing is known of the other, not even that the source passed it over.
    pub(crate) fn is_undescribed(&self) -> bool {
        self.flags & IS_UNDESCRIBED != 0
    }

    /// Whether the other owns something of the party on `day`, as far as the source says.
    pub(crate) fn is_owner_on(&self, day: Date) -> bool {
        self.flags & (IS_OWNER | IS_FORMER) == IS_OWNER
            && day::unpack(self.since).is_none_or(|since| since <= day)
            && day::unpack(self.until).is_none_or(|end| day < end)
    }
}

/// The bytes of a table.
pub(crate) struct Encoded {
    sources: Vec<u8>,
    ends: Vec<u64>,
    json: Vec<u8>,
    heads: Vec<Head>,
    ties: Vec<Tie>,
}

impl Encoded {
    /// Of parties by source and id.
    pub(crate) fn of(parties: &[&Party]) -> Self {
        let key = |party: &&'_ Party| (party.source.0.clone(), party.id.clone());
        debug_assert!(parties.is_sorted_by_key(key), "parties are found by halving");
        let numbers: HashMap<(&str, &str), u32> =
            parties.iter().zip(0..).map(|(party, number)| ((&*party.source.0, &*party.id), number)).collect();
        let mut others: HashMap<(&str, &str), u32> = HashMap::new();
        let mut sources: Vec<&SourceId> = Vec::new();
        let (mut ends, mut json) = (Vec::with_capacity(parties.len()), Vec::new());
        let (mut heads, mut ties) = (Vec::with_capacity(parties.len()), Vec::new());
        for (party, number) in parties.iter().zip(0..) {
            if sources.last() != Some(&&party.source) {
                sources.push(&party.source);
            }
            heads.push(Head {
                source: sources.len() as u32 - 1,
                standing: party.particulars.standing as u32,
                first_tie: ties.len() as u32,
            });
            for relation in &party.particulars.relations {
                let key = (&*party.source.0, &*relation.other);
                let next = (parties.len() + others.len()) as u32;
                let target = numbers.get(&key).copied().unwrap_or_else(|| *others.entry(key).or_insert(next));
                ties.push(Tie::of(number, target, relation, (target as usize) < parties.len()));
            }
            serde_json::to_writer(&mut json, party).expect("plain data always turns into JSON");
            ends.push(json.len() as u64);
        }
        let sources = serde_json::to_vec(&sources).expect("plain data always turns into JSON");
        Self { sources, ends, json, heads, ties }
    }

    pub(crate) fn sections(&self) -> [&[u8]; SECTIONS] {
        [&self.sources, self.ends.as_bytes(), &self.json, self.heads.as_bytes(), self.ties.as_bytes()]
    }
}

/// Parties by source and id.
pub struct PartyTable {
    path: PathBuf,
    sources: Vec<SourceId>,
    ends: Column<u64>,
    json: Column<u8>,
    heads: Column<Head>,
    ties: Column<Tie>,
    read: Vec<OnceLock<Box<Party>>>,
}

impl fmt::Debug for PartyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parties = self.len();
        f.debug_struct("PartyTable")
            .field("path", &self.path)
            .field("parties", &parties)
            .finish_non_exhaustive()
    }
}

impl PartyTable {
    /// A table in memory.
    ///
    /// # Errors
    /// When there are more parties than can be numbered.
    pub fn of(parties: &[Party]) -> Result<Self, ColumnError> {
        let mut sorted: Vec<&Party> = parties.iter().collect();
        sorted.sort_by(|a, b| (&a.source, &a.id).cmp(&(&b.source, &b.id)));
        let encoded = Encoded::of(&sorted);
        let path = Path::new("(in memory)");
        let [sources, ends, json, heads, ties] = encoded.sections();
        let columns = || Some((column(ends)?, column(json)?, column(heads)?, column(ties)?));
        let columns = columns().ok_or_else(|| ColumnError::corrupt(path, "its columns do not fit"))?;
        Self::new(path, sources, columns)
    }

    /// The next sections of `file`, checked but for the parties' text. O(parties + ties).
    pub(crate) fn open(file: &mut SectionFile) -> Result<Self, ColumnError> {
        let sources = file.column::<u8>()?;
        let columns = (file.column()?, file.column()?, file.column()?, file.column()?);
        Self::new(file.path(), &sources, columns)
    }

    fn new(
        path: &Path,
        sources: &[u8],
        (ends, json, heads, ties): (Column<u64>, Column<u8>, Column<Head>, Column<Tie>),
    ) -> Result<Self, ColumnError> {
        let damaged = |what: &str| Err(ColumnError::corrupt(path, what));
        let sources: Vec<SourceId> = match serde_json::from_slice(sources) {
            Ok(sources) => sources,
            Err(error) => return damaged(&format!("sources: {error}")),
        };
        let count = heads.len();
        if ends.len() != count || !ends.is_sorted() || ends.last().copied().unwrap_or(0) != json.len() as u64
        {
            return damaged("the parties are out of place");
        }
        let right = |head: &Head| (head.source as usize) < sources.len() && head.standing < 3;
        let sorted = sources.is_sorted_by(|a, b| a < b) && heads.is_sorted_by_key(|head| head.source);
        if !sorted || !heads.iter().all(right) || heads.len() >= NOT_SAID as usize {
            return damaged("a party is of no source");
        }
        let begins = heads.iter().map(|head| head.first_tie as usize);
        let ends_of_ties = begins.clone().skip(1).chain([ties.len()]);
        let fit = |(number, (first, end)): (usize, (usize, usize))| {
            ties.get(first..end).is_some_and(|own| own.iter().all(|tie| tie.party as usize == number))
        };
        let whole = heads.first().map_or(ties.is_empty(), |first| first.first_tie == 0);
        if !whole || !begins.zip(ends_of_ties).enumerate().all(fit) {
            return damaged("a relation is out of place");
        }
        let plain = |tie: &Tie| {
            let said = tie.share().is_some() || (tie.least, tie.most) == (NOT_SAID, NOT_SAID);
            said && day::is_day_or_none(tie.since) && day::is_day_or_none(tie.until)
        };
        if !ties.iter().all(plain) {
            return damaged("a relation is wrong");
        }
        let read = (0..count).map(|_| OnceLock::new()).collect();
        Ok(Self { path: path.to_owned(), sources, ends, json, heads, ties, read })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Their sources, by name.
    pub fn sources(&self) -> &[SourceId] {
        &self.sources
    }

    /// The party of this number, read now if nobody has asked for it before.
    ///
    /// # Errors
    /// [`ColumnError::Corrupt`] when there is none, or it cannot be read.
    pub fn get(&self, number: u32) -> Result<&Party, ColumnError> {
        let place = number as usize;
        let damaged = |what: String| ColumnError::corrupt(&self.path, format!("party {number}: {what}"));
        let (cell, head) = self
            .read
            .get(place)
            .zip(self.heads.get(place))
            .ok_or_else(|| damaged("there is none".to_owned()))?;
        if let Some(party) = cell.get() {
            return Ok(party);
        }
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        let json = &self.json[start as usize..self.ends[place] as usize];
        let party: Party = serde_json::from_slice(json).map_err(|error| damaged(error.to_string()))?;
        let is_right = party.source == self.sources[head.source as usize]
            && party.particulars.standing as u32 == head.standing
            && party.particulars.relations.len() == self.ties_between(place).len();
        if !is_right {
            return Err(damaged("it is not the one that the table has there".to_owned()));
        }
        Ok(cell.get_or_init(|| Box::new(party)))
    }

    /// The number of a party of a source. Reads O(log n) parties.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn find(&self, source: &str, id: &str) -> Result<Option<u32>, ColumnError> {
        let Ok(wanted) = self.sources.binary_search_by(|known| known.0.as_str().cmp(source)) else {
            return Ok(None);
        };
        let from = self.heads.partition_point(|head| (head.source as usize) < wanted);
        let end = self.heads.partition_point(|head| head.source as usize <= wanted);
        let (mut from, mut to) = (from, end);
        // The last of several with one number: they follow each other.
        let start = from;
        while from < to {
            let middle = from + (to - from) / 2;
            if self.get(middle as u32)?.id.as_str() <= id { from = middle + 1 } else { to = middle }
        }
        let Some(place) = from.checked_sub(1).filter(|place| *place >= start) else { return Ok(None) };
        Ok((self.get(place as u32)?.id == id).then_some(place as u32))
    }

    /// Whether each is under sanctions, as `is_listed` says of its source and its standing.
    pub(crate) fn listed(&self, is_listed: impl Fn(&SourceId, Standing) -> bool) -> Vec<bool> {
        let standings = [Standing::Listed, Standing::Sanctioned, Standing::Related];
        let by_source = |source: &SourceId| standings.map(|standing| is_listed(source, standing));
        let known: Vec<[bool; 3]> = self.sources.iter().map(by_source).collect();
        self.heads.iter().map(|head| known[head.source as usize][head.standing as usize]).collect()
    }

    /// Every relation, party by party.
    pub(crate) fn ties(&self) -> &[Tie] {
        &self.ties
    }

    /// Those of one party.
    pub(crate) fn ties_of(&self, party: u32) -> &[Tie] {
        &self.ties[self.ties_between(party as usize)]
    }

    fn ties_between(&self, place: usize) -> Range<usize> {
        let end = self.heads.get(place + 1).map_or(self.ties.len(), |next| next.first_tie as usize);
        self.heads[place].first_tie as usize..end
    }
}

fn column<T: FromBytes + Immutable>(bytes: &[u8]) -> Option<Column<T>> {
    Backing::from_bytes(bytes).column(0, bytes.len() / size_of::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standings_are_numbered_as_the_file_has_them() {
        let numbers = [Standing::Listed, Standing::Sanctioned, Standing::Related].map(|of| of as u32);
        assert_eq!(numbers, [0, 1, 2]);
    }
}
