//! The one place where rows become claims, so that every format obeys the same rules.

use std::collections::HashMap;

use jiff::civil::Date;
use tracehound_model::{Address, Confidence, Party, SourceKind, Statement, Subject, claim::PartyName};

use super::{Format, NewClaim, Snapshot, SourceHead, Warning, text};
use crate::{ImportError, subject_key};

/// Most warnings kept of one list.
const MAX_WARNINGS: usize = 1_000;
/// Most claims taken from one list.
const MAX_CLAIMS: usize = 20_000_000;
/// Longest text kept as an opaque identifier, in bytes.
const MAX_OPAQUE: usize = 200;

/// Gathers what a list says.
pub(super) struct Collector {
    format: Format,
    source: SourceHead,
    claims: Vec<NewClaim>,
    /// By subject and statement, where the claim stands in `claims`: a list that repeats a row says it once.
    seen: HashMap<u128, usize>,
    parties: Vec<Party>,
    refused: u64,
    repeated: u64,
    warnings: Vec<Warning>,
    more_warnings: u64,
}

/// The parts of a row besides its subject.
pub(super) struct Said {
    pub(super) statement: Statement,
    pub(super) confidence: Confidence,
    pub(super) valid_from: Option<Date>,
    pub(super) valid_to: Option<Date>,
}

impl Collector {
    pub(super) fn new(format: Format, source: SourceHead) -> Self {
        Self {
            format,
            source,
            claims: Vec::new(),
            seen: HashMap::new(),
            parties: Vec::new(),
            refused: 0,
            repeated: 0,
            warnings: Vec::new(),
            more_warnings: 0,
        }
    }

    pub(super) fn source(&self) -> &SourceHead {
        &self.source
    }

    pub(super) fn source_mut(&mut self) -> &mut SourceHead {
        &mut self.source
    }

    pub(super) fn warn(&mut self, place: impl Into<String>, message: impl Into<String>) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning { place: place.into(), message: message.into() });
        } else {
            self.more_warnings += 1;
        }
    }

    /// Leaves a row out, and says so.
    pub(super) fn refuse(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.refused += 1;
        self.warn(place, message);
    }

    /// The subject that `written` names, or `None` when the row must be left out (which has been noted).
    pub(super) fn subject(&mut self, written: &str, place: &str) -> Option<Subject> {
        let written = written.trim();
        match Address::parse(written) {
            Ok(address) if address.is_null_like() => {
                let message = format!(
                    "{address} is an address nobody owns; every mint or burn touches it, so it is left out"
                );
                self.refuse(place, message);
                None
            }
            Ok(address) => Some(Subject::Address(address)),
            Err(error) if self.source.kind == SourceKind::Sanctions && is_opaque(written) => {
                self.warn(place, format!("{error}; kept as plain text because a sanctions list names it"));
                Some(Subject::Opaque(written.to_owned()))
            }
            Err(error) => {
                self.refuse(place, format!("{error}; left out"));
                None
            }
        }
    }

    /// Takes a claim. Of rows that say the same of the same subject the surest stays, with its earliest first day.
    pub(super) fn claim(&mut self, subject: Subject, said: Said) -> Result<(), ImportError> {
        if self.claims.len() >= MAX_CLAIMS {
            return Err(ImportError::Unusable {
                format: self.format,
                missing: format!("it has more than {MAX_CLAIMS} rows"),
            });
        }
        let Said { statement, confidence, valid_from, valid_to } = said;
        let key = row_key(&subject, &statement);
        if let Some(&position) = self.seen.get(&key) {
            self.repeated += 1;
            let earlier = &mut self.claims[position];
            earlier.confidence = earlier.confidence.max(confidence);
            earlier.valid_from = earlier.valid_from.into_iter().chain(valid_from).min();
            earlier.valid_to = earlier.valid_to.zip(valid_to).map(|(a, b)| a.max(b));
            return Ok(());
        }
        self.seen.insert(key, self.claims.len());
        self.claims.push(NewClaim { subject, statement, confidence, valid_from, valid_to });
        Ok(())
    }

    /// Reads `written` as an address and takes the claim about it.
    pub(super) fn claim_about(&mut self, written: &str, place: &str, said: Said) -> Result<(), ImportError> {
        match self.subject(written, place) {
            Some(subject) => self.claim(subject, said),
            None => Ok(()),
        }
    }

    pub(super) fn party(&mut self, party: Party) {
        self.parties.push(party);
    }

    /// The snapshot; an error when the list says nothing at all.
    pub(super) fn finish(mut self) -> Result<Snapshot, ImportError> {
        if self.claims.is_empty() && self.parties.is_empty() {
            let why = self.warnings.first().map_or_else(String::new, |warning| {
                format!(" (first complaint, at {}: {})", warning.place, warning.message)
            });
            return Err(ImportError::Unusable {
                format: self.format,
                missing: format!(
                    "it names no address and no party{why}; an empty list would end every claim of `{}`",
                    self.source.id
                ),
            });
        }
        if self.repeated > 0 {
            self.warnings.push(Warning {
                place: "the whole list".to_owned(),
                message: format!("{} rows repeat an earlier one word for word and count once", self.repeated),
            });
        }
        if self.more_warnings > 0 {
            self.warnings.push(Warning {
                place: "the whole list".to_owned(),
                message: format!("{} more warnings are not shown", self.more_warnings),
            });
        }
        Ok(Snapshot {
            source: self.source,
            scope: self.format.scope(),
            claims: self.claims,
            parties: self.parties,
            refused: self.refused,
            warnings: self.warnings,
        })
    }
}

fn is_opaque(written: &str) -> bool {
    !written.is_empty() && written.len() <= MAX_OPAQUE && !written.chars().any(char::is_control)
}

/// Tells rows apart. 128 bits of a keyless hash would let a hostile list make two rows collide at will, so this one is
/// cryptographic.
fn row_key(subject: &Subject, statement: &Statement) -> u128 {
    u128::from_be_bytes(crate::store::entry_hash(&subject_key(subject), statement))
}

/// Names in order, the first one primary: no repeats, none empty. A name that stands both as weak and as good is good.
pub(super) fn tidy_names(names: impl IntoIterator<Item = PartyName>) -> Vec<PartyName> {
    let mut tidy: Vec<PartyName> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for name in names {
        let Some(full) = text::clean(&name.full) else { continue };
        if let Some(&place) = places.get(&full) {
            tidy[place].weak &= name.weak;
        } else {
            places.insert(full.clone(), tidy.len());
            tidy.push(PartyName { full, weak: name.weak });
        }
    }
    tidy
}
