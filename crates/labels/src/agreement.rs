//! What several statements about one address come to.
//!
//! Statements are grouped by whom they name. Groups are weighed and the heaviest one gives the name; when another names
//! somebody else, the name is disputed, and stays so however heavy the first is: what differs is shown and never merged.
//!
//! Names are compared without case, spaces and signs and through a table of renames; one that only says more (`Coinbase
//! Commerce`) is the same entity where the category is the same. A name of signs alone is compared as it is.
//!
//! What weighs, in this order: the operator's own correction, an authority (by its family), proof by the address's own key or by the
//! chain (90 and more), the owner's publication (70), two families that agree, confidence, and the newest source. A thief has the key of
//! the thief's address: what a key signs takes no name from an authority. A family counts once: copies of a copy add nothing, and
//! neither do hints.
//!
//! What an unsigned file says of itself is not believed: its rows weigh as one voice of at most [`UNVOUCHED_AT_MOST`], whatever
//! sources and confidences it writes, and none of them is an authority's.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use tracehound_model::{Category, Confidence, Predicate, Subject, label::HINT};

pub use tracehound_model::label::Standing;

use crate::{Family, Label, Nature, concept, correction, family::identity, shared::Shared, shelf::Found};

/// What another family that agrees adds to a name's confidence.
const AGREEMENT: u8 = 10;
/// The most that agreement comes to: many who say so are no proof.
const AGREED_AT_MOST: u8 = 80;

/// The most that a row weighs of a file that nobody has signed: a curated repository's.
pub const UNVOUCHED_AT_MOST: Confidence = Confidence(50);

/// The family of the operator's own corrections. No pack has its source ([`crate::lint`]).
const OPERATOR_FAMILY: &str = "operator";

/// A statement as it is weighed.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'l> {
    /// What is said.
    pub label: &'l Label,
    /// Whether anybody vouches for what the row says of itself: the release, a publisher whose key is trusted, the operator.
    pub vouched: bool,
}

impl<'l> From<&'l Label> for Statement<'l> {
    fn from(label: &'l Label) -> Self {
        Self { label, vouched: true }
    }
}

impl<'l> From<&'l Found<'_>> for Statement<'l> {
    fn from(found: &'l Found<'_>) -> Self {
        Self { label: &found.label, vouched: !found.private || found.correction.is_some() }
    }
}

impl Statement<'_> {
    /// How sure it is.
    pub(crate) fn sure(&self) -> Confidence {
        if self.vouched { self.label.confidence } else { self.label.confidence.min(UNVOUCHED_AT_MOST) }
    }

    fn family(&self) -> Family {
        Family::of(&self.label.provenance.source)
    }

    /// Whether a public authority says so.
    pub(crate) fn is_authority(&self) -> bool {
        self.vouched && self.family().authority
    }

    fn is_operator(&self) -> bool {
        self.vouched && self.family().id == OPERATOR_FAMILY
    }

    /// Whether it disputes what differs: a hint does not.
    fn counts(&self) -> bool {
        self.sure() > HINT
    }

    /// Whom it says the address is not.
    pub(crate) fn denies(&self) -> Option<&str> {
        let entity =
            self.label.entity.as_deref().filter(|_| self.vouched && self.label.concept.is_empty())?;
        let source = self.label.provenance.source.as_str();
        entity
            .strip_prefix(correction::NOT)
            .filter(|_| [correction::OPERATOR, correction::OWNER].contains(&source))
    }

    /// Whether it says who the address is not.
    pub fn is_denial(&self) -> bool {
        self.denies().is_some()
    }

    /// Whether it is about a key, which is the same on every chain that has addresses of this form. Code is on one alone.
    fn is_of_a_key(&self) -> bool {
        self.label.predicate == Predicate::Controls
            && self.label.nature == Nature::Entity
            && matches!(self.label.subject, Subject::Address(_))
    }

    fn is_accusation(&self) -> bool {
        self.label.category().is_some_and(concept::is_accusation)
    }

    /// Whether it names, or calls what it says, what `denied` is the name of.
    pub(crate) fn is_called(&self, denied: &str) -> bool {
        let name = self.label.entity.as_deref().unwrap_or(&self.label.label);
        identity(name) == identity(denied) || begins(&words(name), &words(denied))
    }
}

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

/// Whom statements about one address on one chain and day name. `None` where none names an entity: those about assets and
/// victims name nobody who acts there, a label without an entity only says what happened, one that says who it is not names
/// nobody, nobody has the zero address or one of its kin, and a table that accuses a router or a coin's contract names no thief. O(n log n).
pub fn named<'l>(statements: impl IntoIterator<Item = impl Into<Statement<'l>>>) -> Option<Named> {
    let mut groups: BTreeMap<String, Group<'l>> = BTreeMap::new();
    let mut denials: Vec<Statement<'l>> = Vec::new();
    for (place, statement) in statements.into_iter().map(Into::<Statement<'l>>::into).enumerate() {
        let Statement { label, .. } = statement;
        if statement.is_denial() {
            denials.push(statement);
        } else if let (Nature::Entity, Some(entity), false) =
            (label.nature, &label.entity, is_everybodys(&statement))
        {
            groups.entry(identity(entity)).or_default().statements.push((place, statement));
        }
    }
    let mut groups = with_narrower(groups);
    for group in &mut groups {
        group.denied =
            denials.iter().filter(|denial| group.is_called(denial)).map(Statement::is_operator).max();
    }
    groups.sort_by_cached_key(|group| Reverse(group.weight()));
    let (first, others) = groups.split_first_mut()?;
    first.statements.sort_by_key(|(place, statement)| (Reverse(statement.sure()), *place));
    // Whom the operator says it is not is shown, and disputes nobody else's name.
    let disputing: Vec<&Group<'l>> =
        others.iter().filter(|group| group.surest() > HINT && group.denied != Some(true)).collect();
    let accuse = |group: &&Group<'l>| group.accuses();
    let standing = match first.voices() {
        _ if first.denied.is_some() || first.is_of_two_kinds() => Standing::Disputed,
        _ if !disputing.is_empty() && first.accuses() && disputing.iter().all(accuse) => {
            Standing::NameDisputed
        }
        _ if !disputing.is_empty() => Standing::Disputed,
        0 | 1 => Standing::Single,
        _ => Standing::Agreed,
    };
    Some(Named {
        confidence: first.confidence(),
        by: first.statements.iter().map(|(place, _)| *place).collect(),
        against: others.iter().flat_map(|group| group.statements.iter().map(|(place, _)| *place)).collect(),
        standing,
    })
}

/// Statements of one chain, and whom they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnChain {
    /// Their places.
    pub places: Vec<usize>,
    /// The name, by places among all statements.
    pub named: Option<Named>,
}

/// Whom statements about one address on one day name, chain by chain. Who controls a key controls it on every chain: a name
/// that others of another chain differ about is disputed here too. O(n log n).
pub fn named_by_chain(statements: &[Statement<'_>]) -> Vec<OnChain> {
    let keys = keys_named(statements);
    let of = |places: Vec<usize>| {
        let mut named = named_among(statements, &places);
        let by_key = |named: &Named| named.by.iter().any(|place| statements[*place].is_of_a_key());
        if let (Some(named), Some(keys)) = (named.as_mut().filter(|named| by_key(named)), &keys) {
            named.standing = more_disputed(named.standing, keys.standing);
        }
        OnChain { places, named }
    };
    by_chain(statements).into_iter().map(of).collect()
}

/// Whom the statements of all chains about who controls the key name.
fn keys_named(statements: &[Statement<'_>]) -> Option<Named> {
    let places: Vec<usize> = (0..statements.len()).filter(|place| statements[*place].is_of_a_key()).collect();
    named_among(statements, &places)
}

fn named_among(statements: &[Statement<'_>], places: &[usize]) -> Option<Named> {
    let mut named = named(places.iter().map(|place| statements[*place]))?;
    for place in named.by.iter_mut().chain(&mut named.against) {
        *place = places[*place];
    }
    Some(named)
}

/// The places of the statements of each chain.
pub(crate) fn by_chain(statements: &[Statement<'_>]) -> Vec<Vec<usize>> {
    let mut chains: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, statement) in statements.iter().enumerate() {
        chains.entry(statement.label.chain.to_string()).or_default().push(place);
    }
    chains.into_values().collect()
}

/// The one about keys alone, whatever the chain.
pub(crate) fn of_keys<'l>(statements: &[Statement<'l>]) -> (Vec<usize>, Vec<Statement<'l>>) {
    statements.iter().copied().enumerate().filter(|(_, statement)| statement.is_of_a_key()).unzip()
}

/// How a statement stands that stands like this here and like that among all that is said of its key.
pub(crate) fn more_disputed(here: Standing, of_key: Standing) -> Standing {
    if of_key.is_disputed() { here.max(of_key) } else { here }
}

/// Whether whoever is named there is not who was paid: every mint or burn touches the null address and its kin, and everybody uses
/// routers and coins' contracts, of which only an authority or the operator says that they are a thief's.
fn is_everybodys(statement: &Statement<'_>) -> bool {
    match Shared::of(&statement.label.subject) {
        None => false,
        Some(Shared::Null) => true,
        Some(Shared::Coin | Shared::Router) => {
            statement.is_accusation() && !statement.is_authority() && !statement.is_operator()
        }
    }
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

/// Whether a name is the other one and more words. One that has no word but an article is nobody's wider name.
fn begins(narrow: &[String], wide: &[String]) -> bool {
    let says_something = wide.iter().any(|word| !matches!(word.as_str(), "the" | "a" | "an"));
    says_something && narrow.len() > wide.len() && narrow.starts_with(wide)
}

/// Statements that name the same entity.
#[derive(Default)]
struct Group<'l> {
    statements: Vec<(usize, Statement<'l>)>,
    /// Whether a correction says that it is not this one, and whether that is the operator's own.
    denied: Option<bool>,
}

/// The kind of reason that there is to believe a name, the best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Denied,
    OneFamily,
    TwoFamilies,
    Owner,
    Proof,
    Authority,
    Operator,
}

impl<'l> Group<'l> {
    fn all(&self) -> impl Iterator<Item = &Statement<'l>> {
        self.statements.iter().map(|(_, statement)| statement)
    }

    fn names(&self) -> impl Iterator<Item = Vec<String>> {
        self.all().filter_map(|statement| statement.label.entity.as_deref().map(words))
    }

    /// Words of the shortest of its names.
    fn words(&self) -> usize {
        self.names().map(|name| name.len()).min().unwrap_or_default()
    }

    fn categories(&self) -> BTreeSet<Option<Category>> {
        self.all().map(|statement| statement.label.category()).collect()
    }

    fn is_called(&self, denial: &Statement<'_>) -> bool {
        denial.denies().is_some_and(|denied| self.all().any(|statement| statement.is_called(denied)))
    }

    /// Whether all of those that count say that something grave was done.
    fn accuses(&self) -> bool {
        self.all().filter(|statement| statement.counts()).all(Statement::is_accusation)
    }

    /// The kind of actor that the surest of them says.
    fn kind(&self) -> Option<Category> {
        self.all().max_by_key(|statement| statement.sure())?.label.category()
    }

    /// Whether one of them says of it what the others' kind of actor does not do: an exchange is no mixer. What it is accused of
    /// beside that is for [`crate::weighed`].
    fn is_of_two_kinds(&self) -> bool {
        let kind = self.kind();
        self.all().filter(|statement| statement.counts() && !statement.is_accusation()).any(|statement| {
            !kind.is_some_and(concept::is_accusation) && concept::differ(kind, statement.label.category())
        })
    }

    /// How many families say the same of the same kind of actor. Hints do not, and what nobody vouches for is one voice, if it
    /// is none that is heard already.
    fn voices(&self) -> usize {
        let kind = self.kind();
        let (vouched, others): (Vec<_>, Vec<_>) = self
            .all()
            .filter(|statement| statement.counts() && !concept::differ(kind, statement.label.category()))
            .map(|statement| (statement.vouched, statement.family()))
            .partition(|(vouched, _)| *vouched);
        let heard: BTreeSet<Family> = vouched.into_iter().map(|(_, family)| family).collect();
        heard.len() + usize::from(others.iter().any(|(_, family)| !heard.contains(family)))
    }

    fn surest(&self) -> Confidence {
        self.all().map(Statement::sure).max().unwrap_or(Confidence(0))
    }

    fn confidence(&self) -> Confidence {
        let Confidence(surest) = self.surest();
        let others = self.voices().saturating_sub(1).min(usize::from(AGREED_AT_MOST)) as u8;
        let agreed = surest.saturating_add(others.saturating_mul(AGREEMENT)).min(AGREED_AT_MOST);
        Confidence(surest.max(agreed))
    }

    fn reason(&self) -> Reason {
        match self.surest().0 {
            _ if self.all().any(Statement::is_operator) => Reason::Operator,
            _ if self.all().any(Statement::is_authority) => Reason::Authority,
            _ if self.denied == Some(true) => Reason::Denied,
            90.. => Reason::Proof,
            70.. => Reason::Owner,
            _ if self.voices() > 1 => Reason::TwoFamilies,
            _ => Reason::OneFamily,
        }
    }

    fn weight(&self) -> (Reason, Confidence, String) {
        let newest = self.all().map(|statement| date_in(&statement.label.provenance.version)).max();
        (self.reason(), self.confidence(), newest.unwrap_or_default().to_owned())
    }
}

/// The day in a version such as `1eb4e81d4d/2026-08-22`: nothing where it has none.
fn date_in(version: &str) -> &str {
    let last = version.rsplit('/').next().unwrap_or_default();
    if last.parse::<jiff::civil::Date>().is_ok() { last } else { "" }
}
