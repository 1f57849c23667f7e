//! A claim inside an index.

use std::{cmp::Ordering, fmt};

use jiff::{Timestamp, civil::Date};
use tracehound_labels::day;
use tracehound_model::{Category, Claim, Confidence, SourceId, Statement, Subject};

use super::{
    layer::Layer,
    layout::{ClaimRecord, Origin, StatementRecord},
};

/// A claim as it lies in a file of an index. Reading a field costs no allocation; [`to_claim`](Self::to_claim) copies it out.
#[derive(Clone, Copy)]
pub struct ClaimRef<'a> {
    layer: &'a Layer,
    subject: u32,
    record: &'a ClaimRecord,
}

impl<'a> ClaimRef<'a> {
    pub(super) fn new(layer: &'a Layer, subject: u32, claim: u32) -> Self {
        Self { layer, subject, record: &layer.claims[claim as usize] }
    }

    fn statement(&self) -> &'a StatementRecord {
        &self.layer.statements[self.record.statement as usize]
    }

    fn origin(&self) -> &'a Origin {
        &self.layer.origins[self.record.origin as usize]
    }

    /// The claim's id: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        format!("{:016x}", self.record.id)
    }

    /// Canonical bytes of its subject.
    pub fn key(&self) -> &'a [u8] {
        self.layer.key(self.subject)
    }

    /// Its subject.
    pub fn subject(&self) -> Subject {
        Subject::from_key(self.key()).expect("keys are checked on opening")
    }

    /// The label a person reads.
    pub fn label(&self) -> &'a str {
        self.layer.text(self.statement().label)
    }

    /// The kind of actor or service.
    pub fn category(&self) -> Category {
        let byte = self.statement().category as u8;
        Category::from_byte(byte).expect("categories are checked on opening")
    }

    /// How sure the source can be.
    pub fn confidence(&self) -> Confidence {
        Confidence(self.origin().confidence as u8)
    }

    /// Id of the source.
    pub fn source(&self) -> &'a str {
        self.layer.text(self.origin().source)
    }

    /// First day it holds.
    pub fn valid_from(&self) -> Date {
        day::unpack(self.record.valid_from).expect("days are checked on opening")
    }

    /// Day from which it no longer holds.
    pub fn valid_to(&self) -> Option<Date> {
        day::unpack(self.record.valid_to)
    }

    /// Whether it holds on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_from() <= day && self.valid_to().is_none_or(|end| day < end)
    }

    /// When this installation learned it.
    pub fn recorded_at(&self) -> Timestamp {
        Timestamp::new(self.origin().recorded_seconds, self.origin().recorded_nanoseconds)
            .expect("times are checked on opening")
    }

    /// Sanctions programmes.
    pub fn programs(&self) -> impl ExactSizeIterator<Item = &'a str> + use<'a> {
        let (layer, statement) = (self.layer, self.statement());
        let programs =
            &layer.programs[statement.first_program as usize..][..statement.program_count as usize];
        programs.iter().map(|&text| layer.text(text))
    }

    /// The asset code as the source wrote it.
    pub fn asset(&self) -> Option<&'a str> {
        self.layer.optional_text(self.statement().asset)
    }

    /// The party in the source's own numbering.
    pub fn party_id(&self) -> Option<&'a str> {
        self.layer.optional_text(self.statement().party_id)
    }

    /// Date the party was listed, which is not the date of this claim.
    pub fn party_listed_on(&self) -> Option<Date> {
        day::unpack(self.statement().party_listed_on)
    }

    /// A TagPack actor id.
    pub fn actor(&self) -> Option<&'a str> {
        self.layer.optional_text(self.statement().actor)
    }

    /// Page where the statement can be read.
    pub fn reference(&self) -> Option<&'a str> {
        self.layer.optional_text(self.statement().reference)
    }

    /// The order in which claims about one subject are given.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let time = |claim: &Self| (claim.record.valid_from, claim.record.valid_to, claim.recorded_at());
        time(self)
            .cmp(&time(other))
            .then_with(|| self.source().cmp(other.source()))
            .then_with(|| self.record.id.cmp(&other.record.id))
    }

    /// A copy with a life of its own.
    pub fn to_claim(&self) -> Claim {
        Claim {
            id: self.id(),
            subject: self.subject(),
            statement: Statement {
                label: self.label().to_owned(),
                category: self.category(),
                party_id: self.party_id().map(str::to_owned),
                party_listed_on: self.party_listed_on(),
                programs: self.programs().map(str::to_owned).collect(),
                asset: self.asset().map(str::to_owned),
                actor: self.actor().map(str::to_owned),
                reference: self.reference().map(str::to_owned),
            },
            confidence: self.confidence(),
            source: SourceId(self.source().to_owned()),
            valid_from: self.valid_from(),
            valid_to: self.valid_to(),
            recorded_at: self.recorded_at(),
        }
    }
}

impl fmt::Debug for ClaimRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_claim().fmt(f)
    }
}
