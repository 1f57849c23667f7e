//! Many list versions of one source at once, told by what changed from day to day: one transaction, whatever their number.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};

use super::{
    ClaimStore, StoreError, decode,
    runs::{runs, said_on},
    write::{self, Items, Origin, Replaced},
};
use crate::import::Snapshot;

/// List versions of a source on several days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListVersions {
    /// The newest one, with the claims that earlier ones made and it no longer makes at the end.
    pub snapshot: Snapshot,
    /// Their days, ascending; the last one is the newest's.
    pub days: Vec<Date>,
    /// For each claim of the snapshot, in its order, when it was made: from a day to the first one without it.
    pub carried: Vec<Vec<(Date, Option<Date>)>>,
    /// SHA-256 of what they were read from, hexadecimal.
    pub sha256: String,
}

impl ListVersions {
    fn carries(&self, item: usize, day: Date) -> bool {
        match self.carried.get(item) {
            Some(spans) => spans.iter().any(|(from, to)| *from <= day && to.is_none_or(|end| day < end)),
            // A party: only the newest list version is known to list it.
            None => self.days.last() == Some(&day),
        }
    }
}

impl ClaimStore {
    /// Takes in list versions that come with the product, as [`import_shipped`](Self::import_shipped) does each of them: a day
    /// of which the user has a list is left as it is. `false` when there was nothing to do.
    pub async fn import_list_versions(
        &self,
        list_versions: &ListVersions,
        recorded_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut change = self.change("an import").await?;
        let snapshot = &list_versions.snapshot;
        let source = snapshot.source.id.0.as_str();
        let known = decode::snapshot_days(change.db(), source).await?;
        let mut taken: BTreeSet<Date> = list_versions.days.iter().copied().collect();
        let mut replaced = Vec::new();
        for known in known.iter().filter(|known| list_versions.days.contains(&known.published)) {
            if known.shipped && known.sha256 != list_versions.sha256 {
                replaced.push(known.id);
            } else {
                taken.remove(&known.published);
            }
        }
        let taken_out = known.is_empty() && write::was_removed(change.db(), source).await?;
        if taken.is_empty() || taken_out {
            return Ok(false);
        }
        let now = recorded_at.as_microsecond();
        write::supersede(change.db(), "UPDATE snapshot SET superseded_at = ", &replaced, now).await?;
        for &day in &taken {
            let hash = (list_versions.sha256.as_str(), None);
            write::insert_snapshot(change.db(), snapshot, day, now, hash, Origin::Shipped).await?;
        }
        let days: BTreeSet<Date> = known.iter().map(|known| known.published).chain(taken.clone()).collect();
        let days: Vec<Date> = days.into_iter().collect();
        let mut items = Items::of(snapshot);
        let mut replaced = Replaced::default();
        decode::each_entry(change.db(), source, |stored| {
            let met = items.meet(stored.kind, stored.hash);
            let old = stored.runs();
            let runs = runs(&days, |day| {
                if taken.contains(&day) {
                    met.filter(|(item, _)| list_versions.carries(*item as usize, day)).map(|(_, said)| said)
                } else {
                    said_on(&old, day)
                }
            });
            replaced.take(&stored, &runs);
        })
        .await?;
        let new = items.unmet();
        replaced.write(change.db(), now).await?;
        let carried = |item: u32, said| {
            let carries = |day: &Date| taken.contains(day) && list_versions.carries(item as usize, *day);
            runs(&days, |day| carries(&day).then_some(said))
        };
        write::insert_entries(change.db(), &items, &new, carried, now).await?;
        change.commit(Some(&snapshot.source.id)).await?;
        Ok(true)
    }
}
