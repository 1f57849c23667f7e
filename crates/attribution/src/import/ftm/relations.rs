//! What the entities of a file say of each other, and what they leave open.

use std::collections::{BTreeSet, HashMap};

use tracehound_model::{Particulars, Relation};

use super::{
    super::{collect::Collector, text},
    Link,
};

/// Most ids named of whom the file does not describe.
const MAX_NAMED: usize = 10;

/// What somebody owns, by an id of which the file has no record.
pub(super) struct Owned {
    pub(super) owner: String,
    pub(super) asset: String,
    pub(super) place: String,
}

/// Relations of whom the file does not describe.
#[derive(Default)]
pub(super) struct Loose {
    /// Of these nothing is kept.
    left_out: u64,
    /// These are kept, with the id.
    others: u64,
    /// Some of the ids.
    ids: BTreeSet<String>,
    pub(super) owned: Vec<Owned>,
}

impl Loose {
    fn name<'a>(&mut self, ids: impl IntoIterator<Item = &'a String>) {
        for id in ids {
            if self.ids.len() < MAX_NAMED {
                self.ids.insert(text::shorten(id));
            }
        }
    }

    /// One that ties no party of the file to anybody.
    pub(super) fn add(&mut self, link: &Link) {
        self.left_out += 1;
        self.name(if link.of.is_empty() { &link.others } else { &link.of });
        if link.relation.kind.is_of_owner() {
            let pairs = link.of.iter().flat_map(|asset| link.others.iter().map(move |owner| (owner, asset)));
            self.owned.extend(pairs.map(|(owner, asset)| Owned {
                owner: owner.clone(),
                asset: asset.clone(),
                place: link.place.clone(),
            }));
        }
    }

    /// One of a party of the file and somebody who is not described.
    pub(super) fn undescribed(&mut self, link: &Link) {
        self.others += 1;
        self.name(&link.others);
    }

    pub(super) fn tell(&self, out: &mut Collector) {
        let ids: Vec<String> = self.ids.iter().map(|id| format!("`{id}`")).collect();
        let ids = ids.join(", ");
        if self.left_out > 0 {
            let left_out = self.left_out;
            let message = format!(
                "{left_out} relations are of whom the file does not describe, and are left out ({ids})"
            );
            out.warn("the whole list", message);
        }
        if self.others > 0 {
            let others = self.others;
            let message = format!(
                "{others} relations are to whom the file does not describe ({ids}): whether those are listed is not told, and \
                 whoever they may own by half is not cleared"
            );
            out.warn("the whole list", message);
        }
    }
}

/// What is said of a party and others.
#[derive(Default)]
pub(super) struct Given {
    relations: Vec<Relation>,
    /// Where each stands, and which records say it.
    known: HashMap<Relation, (usize, BTreeSet<String>)>,
}

impl Given {
    /// Adds what the record `by` says. The same from another record may be of one holding or of two.
    pub(super) fn add(&mut self, relation: Relation, by: &str) {
        let Some((at, records)) = self.known.get_mut(&relation) else {
            self.known.insert(relation.clone(), (self.relations.len(), BTreeSet::from([by.to_owned()])));
            self.relations.push(relation);
            return;
        };
        if records.insert(by.to_owned()) || by.is_empty() {
            let share = &mut self.relations[*at].share;
            *share = share.zip(relation.share).map(|(one, other)| one.or(other));
        }
    }

    /// All that tell of owners, and of the others as many as are kept, those with targets first; whether some are not.
    pub(super) fn kept(mut self, is_target: impl Fn(&str) -> bool) -> (Vec<Relation>, bool) {
        let others = self.relations.iter().enumerate().filter(|(_, relation)| !relation.kind.is_of_owner());
        let mut others: Vec<usize> = others.map(|(at, _)| at).collect();
        if others.len() <= Particulars::MOST_RELATIONS {
            return (self.relations, false);
        }
        others.sort_by_key(|&at| !is_target(&self.relations[at].other));
        let left_out: BTreeSet<usize> = others.split_off(Particulars::MOST_RELATIONS).into_iter().collect();
        let mut at = 0..;
        self.relations.retain(|_| at.next().is_some_and(|at| !left_out.contains(&at)));
        (self.relations, true)
    }
}
