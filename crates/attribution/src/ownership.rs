//! Who is owned by listed parties: OFAC's 50 Percent Rule over what sources say of owners.
//!
//! Blocked is whoever is under sanctions, and whoever blocked parties together own by half or more. That is the least set that is
//! closed under the rule: each party enters it once, each share is added once, so that circles of owners end and cost
//! nothing. A second set takes for every share the most that the source leaves open; who is in that one only may be
//! blocked. In it is any owner whom the source names by an id alone. Shares are whole parts per million.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    sync::OnceLock,
};

use jiff::civil::Date;
use tracehound_columns::ColumnError;
use tracehound_model::{
    Ownership, OwnershipStep, Party, Reach, Relation, RelationKind, SourceId, Stake, Standing,
};

use crate::parties::PartyTable;

/// Most steps that an answer tells of.
const MAX_STEPS: usize = 30;
/// Most owners that are looked at for one answer.
const MAX_VISITED: usize = 10_000;
/// Most relations that are told of a party.
const MAX_TOLD: usize = 10;
/// Not in the set.
const NEVER: u32 = u32::MAX;

/// What somebody owns of a party.
#[derive(Clone, Copy, Debug)]
struct Edge {
    owned: u32,
    owner: u32,
    /// None where it is not said.
    share: Option<Stake>,
}

/// Parties in the order in which they came into the set.
#[derive(Debug)]
struct Set {
    rank: Vec<u32>,
}

impl Set {
    fn holds(&self, party: u32) -> bool {
        self.rank[party as usize] != NEVER
    }
}

/// Owners and owned among some parties, on a day.
#[derive(Debug)]
pub struct Owners<'a> {
    parties: &'a PartyTable,
    day: Date,
    /// Under sanctions themselves.
    listed: Vec<bool>,
    /// By owned.
    edges: Vec<Edge>,
    /// Shares held by whom the source describes and does not give as a party, by owned: they are not blocked.
    others: HashMap<u32, u64>,
    /// Owners whom the source does not describe, by their numbers above those of the parties: they may be blocked.
    undescribed: BTreeSet<u32>,
    sure: Set,
    may: Set,
    /// Of whom something is said, and the parties that say it, in order.
    said_of: OnceLock<Vec<(u32, u32)>>,
}

/// A relation of a party, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// In words: "directed by".
    pub words: String,
    /// The other party's number at the source, or the address's.
    pub other: String,
    /// The other's name.
    pub name: String,
    /// Whether the other is listed.
    pub listed: bool,
}

impl<'a> Owners<'a> {
    /// Looks through `parties`; `is_listed` says who is under sanctions. O(parties + relations · log).
    pub fn of(parties: &'a PartyTable, day: Date, is_listed: impl Fn(&SourceId, Standing) -> bool) -> Self {
        let (mut edges, mut others) = (Vec::new(), HashMap::new());
        let mut undescribed = BTreeSet::new();
        for own in parties.ties().chunk_by(|a, b| a.party == b.party) {
            let mut owners: BTreeMap<u32, Option<Stake>> = BTreeMap::new();
            let not_described = own.iter().filter(|tie| tie.is_owner_on(day) && tie.is_undescribed());
            undescribed.extend(not_described.map(|tie| tie.target));
            // What a company holds of itself belongs to its other owners.
            for tie in own.iter().filter(|tie| tie.is_owner_on(day) && tie.target != tie.party) {
                let known = owners.entry(tie.target).or_default();
                *known = match (*known, tie.share()) {
                    (Some(one), Some(other)) => Some(one.or(other)),
                    (one, other) => one.or(other),
                };
            }
            for (owner, share) in owners {
                let owned = own[0].party;
                if (owner as usize) < parties.len() || undescribed.contains(&owner) {
                    edges.push(Edge { owned, owner, share });
                } else {
                    *others.entry(owned).or_default() += share.map_or(0, |share| u64::from(share.least()));
                }
            }
        }
        let count = undescribed.last().map_or(parties.len(), |&last| last as usize + 1);
        let none = || Set { rank: vec![NEVER; count] };
        let listed = parties.listed(is_listed);
        let said_of = OnceLock::new();
        let mut owners =
            Self { parties, day, listed, edges, others, undescribed, sure: none(), may: none(), said_of };
        owners.spread();
        owners
    }

    /// Fills both sets.
    fn spread(&mut self) {
        let count = self.sure.rank.len();
        let mut by_owner: Vec<u32> = (0..self.edges.len() as u32).collect();
        by_owner.sort_by_key(|&edge| self.edges[edge as usize].owner);
        let owned_by = |owner: u32| {
            let of = |edge: &u32| self.edges[*edge as usize].owner;
            let from = by_owner.partition_point(|edge| of(edge) < owner);
            by_owner[from..]
                .iter()
                .take_while(move |edge| of(edge) == owner)
                .map(|&edge| self.edges[edge as usize])
        };
        let mut sure = vec![NEVER; count];
        let mut least = vec![0_u64; count];
        let mut order: Vec<u32> =
            (0..self.parties.len() as u32).filter(|&party| self.listed[party as usize]).collect();
        for &party in &order {
            sure[party as usize] = 0;
        }
        let mut next = 0;
        while let Some(&owner) = order.get(next) {
            next += 1;
            for Edge { owned, share, .. } in owned_by(owner) {
                let sum = &mut least[owned as usize];
                *sum += share.map_or(0, |share| u64::from(share.least()));
                if *sum >= u64::from(Stake::HALF) && sure[owned as usize] == NEVER {
                    sure[owned as usize] = next as u32;
                    order.push(owned);
                }
            }
        }
        let mut may = vec![NEVER; count];
        let mut most = vec![0_u64; count];
        // What is known to be others'.
        let mut rest = vec![0_u64; count];
        for (&owned, share) in &self.others {
            rest[owned as usize] += share;
        }
        for Edge { owned, share, .. } in &self.edges {
            rest[*owned as usize] += share.map_or(0, |share| u64::from(share.least()));
        }
        order.extend(&self.undescribed);
        for (place, &party) in order.iter().enumerate() {
            may[party as usize] = place as u32;
        }
        let mut next = 0;
        while let Some(&owner) = order.get(next) {
            next += 1;
            for Edge { owned, share, .. } in owned_by(owner) {
                let at = owned as usize;
                most[at] += u64::from(share.unwrap_or(Stake::ANY).most());
                rest[at] -= share.map_or(0, |share| u64::from(share.least()));
                let open = most[at].min(u64::from(Stake::WHOLE).saturating_sub(rest[at]));
                if open >= u64::from(Stake::HALF) && may[at] == NEVER {
                    may[at] = order.len() as u32;
                    order.push(owned);
                }
            }
        }
        (self.sure, self.may) = (Set { rank: sure }, Set { rank: may });
    }

    /// The number of a party of a source.
    ///
    /// # Errors
    /// As [`PartyTable::find`].
    pub fn find(&self, source: &str, id: &str) -> Result<Option<u32>, ColumnError> {
        self.parties.find(source, id)
    }

    /// The party of this number.
    ///
    /// # Errors
    /// As [`PartyTable::get`].
    pub fn party(&self, number: u32) -> Result<&'a Party, ColumnError> {
        self.parties.get(number)
    }

    /// Whether it is under sanctions itself.
    pub fn is_listed(&self, number: u32) -> bool {
        self.listed.get(number as usize).is_some_and(|listed| *listed)
    }

    /// The number at the source and the name of an owner of `owned`.
    fn called(&self, owner: u32, owned: u32) -> Result<(String, String), ColumnError> {
        if (owner as usize) < self.parties.len() {
            let party = self.party(owner)?;
            return Ok((party.id.clone(), name_of(party)));
        }
        let relations = &self.party(owned)?.particulars.relations;
        let mut said = relations.iter().zip(self.parties.ties_of(owned));
        let id = said.find(|(_, tie)| tie.target == owner).map(|(relation, _)| relation.other.clone());
        let id = id.unwrap_or_default();
        let name = undescribed(&id);
        Ok((id, name))
    }

    fn owners_of(&self, owned: u32) -> &[Edge] {
        let from = self.edges.partition_point(|edge| edge.owned < owned);
        let to = self.edges.partition_point(|edge| edge.owned <= owned);
        &self.edges[from..to]
    }

    /// How much of a party listed ones own; `None` where the source names no owner that is listed or counts as it.
    ///
    /// # Errors
    /// As [`PartyTable::get`].
    pub fn ownership(&self, party: u32) -> Result<Option<Ownership>, ColumnError> {
        let (mut least, mut most) = (0_u64, 0_u64);
        let mut rest = self.others.get(&party).copied().unwrap_or(0);
        let mut found = false;
        for Edge { owner, share, .. } in self.owners_of(party) {
            let known = share.map_or(0, |share| u64::from(share.least()));
            if self.sure.holds(*owner) {
                least += known;
            }
            if self.may.holds(*owner) {
                found = true;
                most += u64::from(share.unwrap_or(Stake::ANY).most());
            } else {
                rest += known;
            }
        }
        if !found {
            return Ok(None);
        }
        let whole = u64::from(Stake::WHOLE);
        let least = least.min(whole);
        let most = most.min(whole.saturating_sub(rest)).max(least);
        let is_half = |parts: u64| parts >= u64::from(Stake::HALF);
        let reach = match (is_half(least), is_half(most)) {
            (true, _) => Reach::Half,
            (false, true) => Reach::MayBeHalf,
            (false, false) => Reach::BelowHalf,
        };
        let Some(share) = Stake::between(least as u32, most as u32) else { return Ok(None) };
        let (path, more_steps) =
            self.path(party, if reach == Reach::Half { &self.sure } else { &self.may })?;
        Ok(Some(Ownership { reach, share, source: self.party(party)?.source.clone(), path, more_steps }))
    }

    /// Who owns what, from `party` up to listed owners. An owner explains whoever came into the set after it, so that no circle
    /// explains itself.
    fn path(&self, party: u32, set: &Set) -> Result<(Vec<OwnershipStep>, usize), ColumnError> {
        let (mut steps, mut more) = (Vec::new(), 0);
        let mut queue = VecDeque::from([party]);
        let mut seen = HashSet::from([party]);
        while let Some(owned) = queue.pop_front() {
            let rank = set.rank[owned as usize];
            for Edge { owner, share, .. } in self.owners_of(owned) {
                let own = set.rank[*owner as usize];
                if own == NEVER || own >= rank {
                    continue;
                }
                if steps.len() < MAX_STEPS {
                    let (by, by_name) = self.called(*owner, owned)?;
                    let owned = self.party(owned)?;
                    steps.push(OwnershipStep {
                        owner: by,
                        owner_name: by_name,
                        listed: self.is_listed(*owner),
                        share: *share,
                        owned: owned.id.clone(),
                        owned_name: name_of(owned),
                    });
                } else {
                    more += 1;
                }
                if !self.is_listed(*owner) && seen.len() < MAX_VISITED && seen.insert(*owner) {
                    queue.push_back(*owner);
                }
            }
        }
        Ok((steps, more))
    }

    /// What is said of a party and others, those with listed parties first, and how many more there are.
    ///
    /// # Errors
    /// As [`PartyTable::get`].
    pub fn relations(&self, party: u32) -> Result<(Vec<Told>, usize), ColumnError> {
        let own = self.party(party)?;
        let mut told = Vec::new();
        for (relation, tie) in own.particulars.relations.iter().zip(self.parties.ties_of(party)) {
            if relation.kind == RelationKind::Address {
                let address = relation.name.as_deref().unwrap_or(&relation.other);
                let words = format!("has the address `{address}`, as has");
                let with = self.who_say_of(tie.target).filter(|other| *other != party).take(MAX_VISITED);
                for other in with {
                    told.push(self.told(words.clone(), other)?);
                }
                continue;
            }
            let words = self.words(relation, true);
            told.push(if (tie.target as usize) < self.parties.len() {
                self.told(words, tie.target)?
            } else {
                Told {
                    words,
                    other: relation.other.clone(),
                    name: relation.name.clone().unwrap_or_else(|| undescribed(&relation.other)),
                    listed: false,
                }
            });
        }
        let mut others: Vec<u32> = self.who_say_of(party).collect();
        others.dedup();
        for other in others.into_iter().filter(|&other| other != party).take(MAX_VISITED) {
            let of_own =
                |relation: &&Relation| relation.other == own.id && relation.kind != RelationKind::Address;
            for relation in self.party(other)?.particulars.relations.iter().filter(of_own) {
                told.push(self.told(self.words(relation, false), other)?);
            }
        }
        told.sort_by(|a, b| (!a.listed, &a.words, &a.other).cmp(&(!b.listed, &b.words, &b.other)));
        told.dedup();
        let more = told.len().saturating_sub(MAX_TOLD);
        told.truncate(MAX_TOLD);
        Ok((told, more))
    }

    /// The parties that say something of `target`, once for each thing they say.
    fn who_say_of(&self, target: u32) -> impl Iterator<Item = u32> {
        let said = self.said_of.get_or_init(|| {
            let mut said: Vec<_> = self.parties.ties().iter().map(|tie| (tie.target, tie.party)).collect();
            said.sort_unstable();
            said
        });
        let from = said.partition_point(|(of, _)| *of < target);
        said[from..].iter().take_while(move |(of, _)| *of == target).map(|(_, party)| *party)
    }

    fn told(&self, words: String, other: u32) -> Result<Told, ColumnError> {
        let party = self.party(other)?;
        Ok(Told { words, other: party.id.clone(), name: name_of(party), listed: self.is_listed(other) })
    }

    /// A relation in words, from its own side or from the other's.
    fn words(&self, relation: &Relation, own: bool) -> String {
        let share = match (relation.kind, relation.share) {
            (RelationKind::OwnedBy, None) => " a share that is not said".to_owned(),
            (_, Some(share)) => format!(" {share}"),
            (_, None) => String::new(),
        };
        let role = relation.role.as_ref().map_or_else(String::new, |role| format!(" ({role})"));
        let words = match (relation.kind, own) {
            (RelationKind::OwnedBy, true) => format!("owned{share}{role} by"),
            (RelationKind::OwnedBy, false) => format!("owns{share}{role} of"),
            (RelationKind::OwnedOrControlledBy, true) => "owned or controlled by".to_owned(),
            (RelationKind::OwnedOrControlledBy, false) => "owns or controls".to_owned(),
            (RelationKind::DirectedBy, true) => format!("directed{role} by"),
            (RelationKind::DirectedBy, false) => format!("directs{role}"),
            (RelationKind::Linked | RelationKind::Address, _) => match &relation.role {
                Some(role) => format!("linked as `{role}` with"),
                None => "linked with".to_owned(),
            },
        };
        if relation.holds_on(self.day) { words } else { format!("not at this time: {words}") }
    }
}

/// In place of a name, of whom the source names by an id alone.
fn undescribed(id: &str) -> String {
    format!("`{id}`, whom the source does not describe,")
}

fn name_of(party: &Party) -> String {
    party.names.first().map_or_else(|| party.id.clone(), |name| name.full.clone())
}

#[cfg(test)]
mod tests {
    use tracehound_model::{Particulars, PartyKind, PartyName, SourceId, Standing};

    use super::*;

    /// "X>A 50" says that X owns 50 % of A; names in capitals at the end of the alphabet are listed.
    fn parties(edges: &[&str]) -> PartyTable {
        let mut parties: BTreeMap<String, Particulars> = BTreeMap::new();
        for edge in edges {
            let (owner, rest) = edge.split_once('>').expect("an edge");
            let (owned, share) = rest.split_once(' ').unwrap_or((rest, ""));
            parties.entry(owner.to_owned()).or_default();
            let relation = Relation {
                share: share.parse().ok(),
                ..Relation::new(RelationKind::OwnedBy, owner.to_owned())
            };
            parties.entry(owned.to_owned()).or_default().relations.push(relation);
        }
        let party = |(id, mut particulars): (String, Particulars)| {
            if !id.starts_with(['X', 'Y', 'Z']) {
                particulars.standing = Standing::Related;
            }
            Party {
                source: SourceId("s".to_owned()),
                names: vec![PartyName { full: id.clone(), weak: false }],
                id,
                kind: PartyKind::Entity,
                programs: Vec::new(),
                listed_on: None,
                particulars,
            }
        };
        let parties: Vec<Party> = parties.into_iter().map(party).collect();
        PartyTable::of(&parties).expect("a few")
    }

    fn of(edges: &[&str], party: &str) -> Option<(Reach, String)> {
        let parties = parties(edges);
        let day = Date::constant(2026, 1, 1);
        let owners = Owners::of(&parties, day, |_, standing| standing.is_listed());
        let found =
            owners.ownership(owners.find("s", party).expect("read").expect("there")).expect("read")?;
        Some((found.reach, found.share.to_string()))
    }

    fn reach(edges: &[&str], party: &str) -> Option<Reach> {
        of(edges, party).map(|(reach, _)| reach)
    }

    /// The examples of OFAC's frequently asked question 401, in its order.
    #[test]
    fn the_rule_answers_ofacs_own_examples_as_ofac_does() {
        // X owns 50 % of A, and A owns 50 % of B.
        assert_eq!(reach(&["X>A 50", "A>B 50"], "B"), Some(Reach::Half));
        // X owns 50 % of A and 50 % of B; A and B each own 25 % of C.
        assert_eq!(reach(&["X>A 50", "X>B 50", "A>C 25", "B>C 25"], "C"), Some(Reach::Half));
        // X owns 50 % of A and 10 % of B; A also owns 40 % of B.
        assert_eq!(reach(&["X>A 50", "X>B 10", "A>B 40"], "B"), Some(Reach::Half));
        // X owns 50 % of A and 25 % of B; A and B each own 25 % of C.
        assert_eq!(
            of(&["X>A 50", "X>B 25", "A>C 25", "B>C 25"], "C"),
            Some((Reach::BelowHalf, "25 %".into()))
        );
        // X owns 25 % of A and 25 % of B; A and B each own 50 % of C.
        assert_eq!(reach(&["X>A 25", "X>B 25", "A>C 50", "B>C 50"], "C"), None);
        // Two blocked persons add up.
        assert_eq!(of(&["X>A 25", "Y>A 25"], "A"), Some((Reach::Half, "50 %".into())));
        assert_eq!(of(&["X>A 49.9999"], "A"), Some((Reach::BelowHalf, "49.9999 %".into())));
    }

    #[test]
    fn what_is_not_said_is_neither_nothing_nor_half() {
        assert_eq!(of(&["X>A"], "A"), Some((Reach::MayBeHalf, "0 to 100 %".into())));
        assert_eq!(of(&["X>A 25-50"], "A"), Some((Reach::MayBeHalf, "25 to 50 %".into())));
        assert_eq!(of(&["X>A 50-75"], "A"), Some((Reach::Half, "50 to 75 %".into())));
        // Others are known to own the rest.
        assert_eq!(of(&["X>A", "P>A 60"], "A"), Some((Reach::BelowHalf, "0 to 40 %".into())));
        // An owner that may count as listed hands on what may be.
        assert_eq!(of(&["X>A", "A>B 80"], "B"), Some((Reach::MayBeHalf, "0 to 80 %".into())));
        assert_eq!(reach(&["P>A", "A>B 80"], "B"), None);
        // Two statements about one owner may be one holding or two.
        assert_eq!(of(&["X>A 30", "X>A 25"], "A"), Some((Reach::MayBeHalf, "25 to 55 %".into())));
        assert_eq!(of(&["X>A 30", "X>A 30"], "A"), Some((Reach::MayBeHalf, "30 to 60 %".into())));
        assert_eq!(of(&["X>A 24", "X>A 24"], "A"), Some((Reach::BelowHalf, "24 to 48 %".into())));
    }

    #[test]
    fn circles_of_owners_end_and_do_not_explain_themselves() {
        let circle = ["X>A 50", "A>B 100", "B>A 50", "A>A 90"];
        assert_eq!(of(&circle, "A"), Some((Reach::Half, "100 %".into())));
        let parties = parties(&circle);
        let owners = Owners::of(&parties, Date::constant(2026, 1, 1), |_, standing| standing.is_listed());
        let found = owners
            .ownership(owners.find("s", "B").expect("read").expect("there"))
            .expect("read")
            .expect("owned");
        let steps: Vec<String> = found.path.iter().map(ToString::to_string).collect();
        assert_eq!(steps, ["A owns 100 % of B", "X (listed) owns 50 % of A"]);
        // A circle without anybody listed is nobody's.
        assert_eq!(reach(&["A>B 100", "B>A 100"], "A"), None);
    }

    #[test]
    fn a_long_chain_and_a_wide_one_cost_little_and_are_told_in_part() {
        let mut edges: Vec<String> = vec!["X>a0 60".to_owned()];
        edges.extend((0..20_000).map(|at| format!("a{at}>a{} 60", at + 1)));
        edges.extend((0..20_000).map(|at| format!("X{at}>wide 0.0025")));
        let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
        let parties = parties(&edges);
        let owners = Owners::of(&parties, Date::constant(2026, 1, 1), |_, standing| standing.is_listed());
        let of = |id: &str| {
            owners
                .ownership(owners.find("s", id).expect("read").expect("there"))
                .expect("read")
                .expect("owned")
        };
        let last = of("a20000");
        assert_eq!((last.reach, last.path.len()), (Reach::Half, MAX_STEPS));
        assert!(last.more_steps > 1_000);
        assert_eq!(of("wide").path.len(), MAX_STEPS);
    }

    proptest::proptest! {
        /// The plain way: go over all parties until nothing changes.
        #[test]
        fn the_sets_are_those_of_the_plain_way(
            edges in proptest::collection::vec((0_u32..8, 0_u32..8, 0_u32..=100), 0..24),
        ) {
            let name = |party: u32| if party == 0 { "X".to_owned() } else { format!("p{party}") };
            let texts: Vec<String> = edges
                .iter()
                .map(|&(owner, owned, share)| format!("{}>{} {share}", name(owner), name(owned)))
                .collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let parties = parties(&texts);
            let all: Vec<&Party> = (0..parties.len() as u32).map(|at| parties.get(at).expect("read")).collect();
            let day = Date::constant(2026, 1, 1);
            let owners = Owners::of(&parties, day, |_, standing| standing.is_listed());
            let mut blocked: HashSet<String> = HashSet::from(["X".to_owned()]);
            loop {
                let before = blocked.len();
                for party in &all {
                    let mut by: BTreeMap<&str, Stake> = BTreeMap::new();
                    for relation in &party.particulars.relations {
                        let share = relation.share.expect("said");
                        if relation.other != party.id && blocked.contains(&relation.other) {
                            by.entry(&relation.other).and_modify(|known| *known = known.or(share)).or_insert(share);
                        }
                    }
                    if by.values().map(|share| share.least()).sum::<u32>() >= Stake::HALF {
                        blocked.insert(party.id.clone());
                    }
                }
                if blocked.len() == before { break; }
            }
            for party in &all {
                let number = owners.find("s", &party.id).expect("read").expect("there");
                proptest::prop_assert_eq!(owners.sure.holds(number), blocked.contains(&party.id));
            }
        }
    }
}
