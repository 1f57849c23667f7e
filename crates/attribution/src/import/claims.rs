//! The claims of a list, packed: a million of them are held at once.

use std::fmt;

use jiff::civil::Date;
use tracehound_model::{Confidence, Statement, Subject};

use super::NewClaim;
use crate::slots::{Slots, Texts};

/// Holds of every list: its texts are limited while it is read.
const BOUNDED: &str = "the texts of a list are bounded";

/// Claims in their order. Subjects are kept as their canonical bytes, statements as JSON, each different one once.
#[derive(Clone, Default)]
pub struct Claims {
    rows: Vec<Row>,
    keys: Vec<u8>,
    bodies: Texts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Row {
    key_end: u32,
    body: u32,
    confidence: Confidence,
    from: Option<Date>,
    to: Option<Date>,
}

/// Where a claim stands, to be found again by what it says.
#[derive(Default)]
pub(super) struct Seen(Slots);

impl Claims {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The claim at this place.
    pub fn get(&self, place: usize) -> Option<NewClaim> {
        let row = self.rows.get(place)?;
        let always = "what was packed is unpacked";
        Some(NewClaim {
            subject: Subject::from_key(self.key(place)).expect(always),
            statement: serde_json::from_slice(self.bodies.get(row.body)).expect(always),
            confidence: row.confidence,
            valid_from: row.from,
            valid_to: row.to,
        })
    }

    /// Bytes of their subjects and statements.
    pub(super) fn bytes(&self) -> usize {
        self.keys.len() + self.bodies.bytes.len()
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = NewClaim> + '_ {
        (0..self.len()).map(|place| self.get(place).expect("a place of a claim"))
    }

    /// Canonical bytes of the subject at this place.
    pub fn key(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.rows[before].key_end);
        &self.keys[start as usize..self.rows[place].key_end as usize]
    }

    /// Canonical bytes of all subjects, in the order of the claims.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|place| self.key(place))
    }

    /// The statement at this place, as JSON.
    pub fn body(&self, place: usize) -> &str {
        std::str::from_utf8(self.bodies.get(self.rows[place].body)).expect("JSON is text")
    }

    /// The statements, each different one once, with how many claims make it.
    pub fn statements(&self) -> impl Iterator<Item = (Statement, u64)> + '_ {
        let mut times = vec![0_u64; self.bodies.ends.len()];
        for row in &self.rows {
            times[row.body as usize] += 1;
        }
        let read =
            |number| serde_json::from_slice(self.bodies.get(number)).expect("what was packed is unpacked");
        times
            .into_iter()
            .zip(0_u32..)
            .filter(|(times, _)| *times > 0)
            .map(move |(times, number)| (read(number), times))
    }

    /// How sure the claim at this place is, and the days that its source gives.
    pub fn said(&self, place: usize) -> (Confidence, Option<Date>, Option<Date>) {
        let row = &self.rows[place];
        (row.confidence, row.from, row.to)
    }

    /// Changes how sure claims are and their days.
    pub fn change(&mut self, mut change: impl FnMut(&mut Confidence, &mut Option<Date>, &mut Option<Date>)) {
        self.rows.iter_mut().for_each(|row| change(&mut row.confidence, &mut row.from, &mut row.to));
    }

    /// Adds one.
    pub fn push(&mut self, claim: &NewClaim) {
        let NewClaim { subject, statement, confidence, valid_from, valid_to } = claim;
        let body = serde_json::to_vec(statement).expect("plain data always turns into JSON");
        self.push_packed(&subject.key(), &body, (*confidence, *valid_from, *valid_to));
    }

    fn push_packed(
        &mut self,
        key: &[u8],
        body: &[u8],
        (confidence, from, to): (Confidence, Option<Date>, Option<Date>),
    ) -> u32 {
        let body = self.bodies.number(body).expect(BOUNDED);
        self.keys.extend_from_slice(key);
        let key_end = u32::try_from(self.keys.len()).expect(BOUNDED);
        self.rows.push(Row { key_end, body, confidence, from, to });
        body
    }

    /// Adds one, unless the same is said of the same subject already: then the surest stays, with its earliest first day
    /// and its latest end, and this is `false`.
    pub(super) fn say(
        &mut self,
        seen: &mut Seen,
        subject: &Subject,
        statement: &Statement,
        said: (Confidence, Option<Date>, Option<Date>),
    ) -> bool {
        let key = subject.key();
        let json = serde_json::to_vec(statement).expect("plain data always turns into JSON");
        let body = self.bodies.number(&json).expect(BOUNDED);
        let hash = seen.0.hash((&key, body));
        let same = |place: u32| self.rows[place as usize].body == body && self.key(place as usize) == key;
        if let Some(place) = seen.0.find(hash, same) {
            let (confidence, from, to) = said;
            let known = &mut self.rows[place as usize];
            known.confidence = known.confidence.max(confidence);
            known.from = known.from.into_iter().chain(from).min();
            known.to = known.to.zip(to).map(|(a, b)| a.max(b));
            return false;
        }
        let place = self.rows.len() as u32;
        self.push_packed(&key, &json, said);
        let hasher = seen.0.hasher();
        let hash_of = |place: u32| {
            Slots::hash_with(&hasher, (self.key(place as usize), self.rows[place as usize].body))
        };
        seen.0.insert(hash, place, hash_of);
        true
    }

    /// Leaves out those of whose subject `keep` says no.
    pub fn retain(&mut self, keep: impl Fn(&[u8]) -> bool) {
        let mut kept = Self::default();
        for place in (0..self.len()).filter(|place| keep(self.key(*place))) {
            kept.push_packed(self.key(place), self.bodies.get(self.rows[place].body), self.said(place));
        }
        *self = kept;
    }

    /// Adds the claims of `more` after these.
    pub fn append(&mut self, more: &Self) {
        for place in 0..more.len() {
            self.push_packed(more.key(place), more.bodies.get(more.rows[place].body), more.said(place));
        }
    }
}

impl FromIterator<NewClaim> for Claims {
    fn from_iter<I: IntoIterator<Item = NewClaim>>(claims: I) -> Self {
        let mut packed = Self::default();
        claims.into_iter().for_each(|claim| packed.push(&claim));
        packed
    }
}

impl PartialEq for Claims {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && (0..self.len()).all(|place| {
                self.key(place) == other.key(place)
                    && self.body(place) == other.body(place)
                    && self.said(place) == other.said(place)
            })
    }
}

impl Eq for Claims {}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
