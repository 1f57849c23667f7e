//! What a pack says no more that the one before it said.

use jiff::civil::Date;

use crate::{Label, Pack, concept, pack::PackError};

/// Accusations that are told; all are counted.
const TOLD: usize = 1_000;

/// What a refresh took away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// Whether the new pack says that it was made from the one before it: only then is what that said in its history.
    pub goes_on: bool,
    /// Statements that held on the day, about addresses of which the new pack says nothing then.
    pub silent: u64,
    /// How many accusations held on the day of addresses that the new pack accuses of nothing then.
    pub cleared: u64,
    /// The first of them.
    pub accusations: Vec<Label>,
}

/// What `new` says no more on a day that `old` said, whose digest is given. O(labels log n).
///
/// # Errors
/// A pack that is damaged.
pub fn refresh(old: &Pack, digest: &str, new: &Pack, day: Date) -> Result<Refresh, PackError> {
    let goes_on = new.manifest().previous.as_deref() == Some(digest);
    let mut refresh = Refresh { goes_on, silent: 0, cleared: 0, accusations: Vec::new() };
    let accuses = |label: &Label| label.category().is_some_and(concept::is_accusation);
    for label in old.labels().filter(|label| label.holds_on(day)) {
        let mut now = new.about_on(&label.subject, day);
        now.retain(|other| other.chain == label.chain);
        refresh.silent += u64::from(now.is_empty());
        if accuses(&label) && !now.iter().any(accuses) {
            refresh.cleared += 1;
            if refresh.accusations.len() < TOLD {
                refresh.accusations.push(label);
            }
        }
    }
    old.confirm()?;
    new.confirm()?;
    Ok(refresh)
}
