//! What several statements about one address come to.
//!
//! Statements are grouped by whom they name. Groups are weighed and the heaviest one gives the name; when another names
//! somebody else, the name is disputed, and stays so however heavy the first is: what differs is shown and never merged.
//!
//! Names are compared without case, spaces and signs and through a table of renames; one that only says more (`Coinbase
//! Commerce`) is the same entity where the category is the same.
//!
//! What weighs, in this order: the operator's own correction, an authority (by its family), proof by the address's own key or by the
//! chain (90 and more), the owner's publication (70), two families that agree, confidence, and the newest source. A thief has the key of
//! the thief's address: what a key signs takes no name from an authority. A family counts once: copies of a copy add nothing.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use tracehound_model::{Category, Confidence, Subject, label::HINT};

pub use tracehound_model::label::Standing;

use crate::{Family, Label, Nature, family::identity};

/// What another family that agrees adds to a name's confidence.
const AGREEMENT: u8 = 10;
/// The most that agreement comes to: many who say so are no proof.
const AGREED_AT_MOST: u8 = 80;

/// The family of the operator's own corrections. No pack has its source ([`crate::lint`]).
const OPERATOR_FAMILY: &str = "operator";

/// Whom an address is called after, and by what right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Places of the statements that give the name, the one to show first.
    pub by: Vec<usize>,
    /// Places of those that name somebody else.
    pub against: Vec<usize>,
    /// How sure it is: the surest of them, and a little for each further family.
    pub confidence: Confidence,
    /// Whether anybody agrees, or differs.
    pub standing: Standing,
}

/// Whom statements about one address on one day name. `None` where none names an entity: those about assets and victims
/// name nobody who acts there, a label without an entity only says what happened, and nobody has the zero address or one of
/// its kin. O(n log n).
pub fn named<'l>(labels: impl IntoIterator<Item = &'l Label>) -> Option<Named> {
    let mut groups: BTreeMap<String, Group<'l>> = BTreeMap::new();
    for (place, label) in labels.into_iter().enumerate() {
        if let (Nature::Entity, Some(entity), false) = (label.nature, &label.entity, is_nobodys(label)) {
            groups.entry(identity(entity)).or_default().statements.push((place, label));
        }
    }
    let mut groups = with_narrower(groups);
    groups.sort_by_cached_key(|group| Reverse(group.weight()));
    let (first, others) = groups.split_first_mut()?;
    first.statements.sort_by_key(|(place, label)| (Reverse(label.confidence), *place));
    let standing = match first.families().len() {
        _ if others.iter().any(|group| group.surest() > HINT.0) => Standing::Disputed,
        1 => Standing::Single,
        _ => Standing::Agreed,
    };
    Some(Named {
        confidence: first.confidence(),
        by: first.statements.iter().map(|(place, _)| *place).collect(),
        against: others.iter().flat_map(|group| group.statements.iter().map(|(place, _)| *place)).collect(),
        standing,
    })
}

/// Whether every mint or burn touches the address: whoever is named there is not who was paid.
fn is_nobodys(label: &Label) -> bool {
    matches!(&label.subject, Subject::Address(address) if address.is_null_like())
}

/// Groups joined where one name is the other and more words, and both are of one category: `Coinbase Commerce` is no other
/// than `Coinbase`, while `Celer Exploiter` and `Wintermute Binance` are others than `Celer` and `Binance`. O(n) in names.
fn with_narrower(groups: BTreeMap<String, Group<'_>>) -> Vec<Group<'_>> {
    let mut joined: Vec<Group<'_>> = Vec::new();
    let mut by_length: Vec<Group<'_>> = groups.into_values().collect();
    by_length.sort_by_cached_key(Group::words);
    // The first group of these categories that has a name of these words. A name is looked for by its beginnings: whoever makes a
    // pack decides how many names there are.
    let mut places = std::collections::HashMap::new();
    for group in by_length {
        let names: Vec<Vec<String>> = group.names().collect();
        let mut wide = (group.categories(), Vec::new());
        let mut place = joined.len();
        for word in names.first().into_iter().flatten() {
            if let Some(found) = places.get(&wide).filter(|_| names.iter().all(|name| begins(name, &wide.1)))
            {
                place = place.min(*found);
            }
            wide.1.push(word.clone());
        }
        match joined.get_mut(place) {
            Some(wider) => wider.statements.extend(group.statements),
            None => joined.push(group),
        }
        for name in names {
            places.entry((wide.0.clone(), name)).or_insert(place);
        }
    }
    joined
}

/// The words of a name.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

fn begins(narrow: &[String], wide: &[String]) -> bool {
    narrow.len() > wide.len() && narrow.starts_with(wide)
}

/// Statements that name the same entity.
#[derive(Default)]
struct Group<'l> {
    statements: Vec<(usize, &'l Label)>,
}

/// The kind of reason that there is to believe a name, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    OneFamily,
    TwoFamilies,
    Owner,
    Proof,
    Authority,
    Operator,
}

impl Group<'_> {
    fn names(&self) -> impl Iterator<Item = Vec<String>> {
        self.statements.iter().filter_map(|(_, label)| label.entity.as_deref().map(words))
    }

    /// Words of the shortest of its names.
    fn words(&self) -> usize {
        self.names().map(|name| name.len()).min().unwrap_or_default()
    }

    fn categories(&self) -> BTreeSet<Option<Category>> {
        self.statements.iter().map(|(_, label)| label.category()).collect()
    }

    fn families(&self) -> BTreeSet<Family> {
        self.statements.iter().map(|(_, label)| Family::of(&label.provenance.source)).collect()
    }

    fn surest(&self) -> u8 {
        self.statements.iter().map(|(_, label)| label.confidence.0).max().unwrap_or_default()
    }

    fn confidence(&self) -> Confidence {
        let surest = self.surest();
        let others = self.families().len().saturating_sub(1).min(usize::from(AGREED_AT_MOST)) as u8;
        let agreed = surest.saturating_add(others.saturating_mul(AGREEMENT)).min(AGREED_AT_MOST);
        Confidence(surest.max(agreed))
    }

    fn reason(&self) -> Reason {
        let families = self.families();
        match self.surest() {
            _ if families.iter().any(|family| family.id == OPERATOR_FAMILY) => Reason::Operator,
            _ if families.iter().any(|family| family.authority) => Reason::Authority,
            90.. => Reason::Proof,
            70.. => Reason::Owner,
            _ if families.len() > 1 => Reason::TwoFamilies,
            _ => Reason::OneFamily,
        }
    }

    fn weight(&self) -> (Reason, u8, String) {
        let newest = self.statements.iter().map(|(_, label)| date_in(&label.provenance.version)).max();
        (self.reason(), self.confidence().0, newest.unwrap_or_default().to_owned())
    }
}

/// The day in a version such as `1eb4e81d4d/2026-08-22`: nothing where it has none.
fn date_in(version: &str) -> &str {
    let last = version.rsplit('/').next().unwrap_or_default();
    if last.parse::<jiff::civil::Date>().is_ok() { last } else { "" }
}
