//! Entities of `FollowTheMoney`, as `OpenSanctions` publishes them: one a line, flat or nested, or an array of them.
//!
//! They are gathered from many lists by somebody else: a source of its own, which ends nobody of the lists it was made
//! from. Wallets become claims under their holder's name; targets become parties, and with them whoever is no target and
//! belongs to one: what it owns, however far away, its owners and directors, and those at its address. So does whoever is owned by
//! somebody whom the file does not describe: nothing tells whether that one is listed. Relatives are passed over.

mod relations;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    io::{BufRead, BufReader, Read},
    ops::Range,
};

use jiff::civil::Date;
use serde_json::{Map, Value};
use tracehound_labels::concept;
use tracehound_model::{
    Category, Confidence, Particulars, Party, Relation, RelationKind, SourceId, SourceKind, Stake, Standing,
    Statement,
    claim::{PartyKind, PartyName},
};

use self::relations::{Given, Loose, Owned};
use super::{
    Format, Options, Snapshot, SourceHead,
    collect::{Collector, MAX_PARTIES, Said, tidy_names},
    decode::decode,
    json_list::{bound, syntax},
    text,
    unrepeated::Unrepeated,
};
use crate::{ImportError, country};

const FORMAT: Format = Format::FollowTheMoney;
/// Longest line; the longest known entity has 400 kB.
const MAX_LINE: u64 = 16 << 20;
/// Most entities kept: targets, wallets and the sanctions that tie them to programmes.
const MAX_ENTITIES: usize = 4 * MAX_PARTIES;
/// Deepest nesting of entities in entities.
const MAX_NESTING: usize = 8;
/// Most datasets in the name of a source; with more it has to be named.
const MAX_DATASETS: usize = 3;
/// Most relations of one list: each pair that a link names counts, kept or not.
const MAX_RELATIONS: u64 = 1_000_000;
/// Most owners of one party: to leave one out would say that nobody listed owns it.
const MAX_OWNERS: usize = 100_000;
/// An address of more parties than this tells nothing about any of them: an agent's, a mailbox.
const MAX_SHARING: usize = 100;
/// Properties that are read.
const READ: &[&str] = &[
    "name",
    "alias",
    "weakAlias",
    "previousName",
    "abbreviation",
    "firstName",
    "secondName",
    "middleName",
    "fatherName",
    "lastName",
    "topics",
    "publicKey",
    "currency",
    "holder",
    "entity",
    "program",
    "programId",
    "listingDate",
    "startDate",
    "sourceUrl",
    "birthDate",
    "nationality",
    "citizenship",
    "country",
    "jurisdiction",
    "mainCountry",
    "cryptoWallets",
    "sanctions",
    "sanctionEntity",
    "parent",
    "addressEntity",
    "address",
    "full",
    "owner",
    "asset",
    "percentage",
    "director",
    "organization",
    "subject",
    "object",
    "agent",
    "client",
    "role",
    "endDate",
    "ownershipOwner",
    "ownershipAsset",
    "directorshipDirector",
    "directorshipOrganization",
    "unknownLinkTo",
    "unknownLinkFrom",
    "agencyClient",
    "agentRepresentation",
];

/// What an entity is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Party(PartyKind),
    Wallet,
    Sanction,
    Address,
}

/// Entities that tie two others together: the schema, the property of whom it is said, that of the other, and what is said.
const LINKS: [(&str, &str, &str, RelationKind); 4] = [
    ("Ownership", "asset", "owner", RelationKind::OwnedBy),
    ("Directorship", "organization", "director", RelationKind::DirectedBy),
    ("UnknownLink", "subject", "object", RelationKind::Linked),
    ("Representation", "agent", "client", RelationKind::Linked),
];

/// What ties entities together.
struct Link {
    id: String,
    of: Vec<String>,
    others: Vec<String>,
    relation: Relation,
    place: String,
    /// Whether its share cannot be read.
    unread_share: Option<String>,
}

fn role(schema: &str) -> Option<Role> {
    Some(match schema {
        "Person" => Role::Party(PartyKind::Individual),
        "Organization" | "Company" | "PublicBody" => Role::Party(PartyKind::Entity),
        "LegalEntity" => Role::Party(PartyKind::Unknown),
        "Vessel" => Role::Party(PartyKind::Vessel),
        "Airplane" => Role::Party(PartyKind::Aircraft),
        "CryptoWallet" => Role::Wallet,
        "Sanction" => Role::Sanction,
        "Address" => Role::Address,
        _ => return None,
    })
}

/// The kind of actor that a topic tells of.
fn category(topic: &str) -> Category {
    match topic.trim() {
        "sanction" | "sanction.counter" => Category::Sanction,
        "crime.terror" => Category::Terrorism,
        "crime.theft" | "crime.cyber" => Category::ServiceHack,
        "crime.fraud" => Category::Scam,
        _ => Category::Unknown,
    }
}

/// The head of a source made of these datasets; with many of them a person has to name it.
pub(super) fn head(
    format: Format,
    datasets: &BTreeSet<String>,
    options: &Options,
) -> Result<SourceHead, ImportError> {
    if options.source.id.is_none() && datasets.len() > MAX_DATASETS {
        return Err(ImportError::WhoseList {
            format,
            why: format!(
                "it is made of {} datasets, and the next version may be made of others",
                datasets.len()
            ),
            hint: "give it a name of its own with --source, the same for each version of it",
        });
    }
    let names: Vec<String> = datasets.iter().map(|name| text::slug(name)).collect();
    let id = if names.is_empty() { text::slug(&options.file_name) } else { names.join(".") };
    let id: String = id.chars().take(80).collect();
    let shown = datasets.iter().take(MAX_DATASETS).cloned().collect::<Vec<_>>().join(", ");
    Ok(SourceHead {
        id: SourceId(format!("opensanctions-{id}")),
        kind: SourceKind::Labels,
        title: if shown.is_empty() {
            "targets".to_owned()
        } else {
            text::shorten(&format!("targets of {shown}"))
        },
        publisher: "OpenSanctions".to_owned(),
        url: None,
        published: None,
    })
}

/// An entity that is kept, of one record or several.
struct Entity {
    id: String,
    role: Role,
    place: String,
    caption: Option<String>,
    names: Vec<PartyName>,
    topics: Vec<String>,
    target: Option<bool>,
    programs: Vec<String>,
    listed_on: Option<Date>,
    particulars: Particulars,
    /// Whom a wallet or a sanction belongs to.
    of: Vec<String>,
    /// Companies that it is a part of.
    parents: Vec<String>,
    /// Where it is: ids of addresses, and texts.
    addresses: Vec<String>,
    address_texts: Vec<String>,
    keys: Vec<String>,
    asset: Option<String>,
    seen: Option<Date>,
    reference: Option<String>,
}

/// Entities, and places of links, of one record.
type Found = (Vec<usize>, Range<usize>);

#[derive(Default)]
struct Reader {
    entities: Vec<Entity>,
    by_id: HashMap<String, usize>,
    links: Vec<Link>,
    /// Which of them tie a party of the file to another.
    tied: Vec<bool>,
    /// What is owned and not described.
    loose: Vec<Owned>,
    /// Of each record what came of it: the entities and links in it, or why it is refused.
    records: Vec<Result<Found, String>>,
    unread: BTreeSet<String>,
    datasets: BTreeSet<String>,
    newest: Option<Date>,
}

pub(super) fn read(input: &mut dyn Read, options: &Options) -> Result<Snapshot, ImportError> {
    let mut reader = Reader::default();
    let mut lines = BufReader::with_capacity(256 << 10, input);
    let mut line = Vec::new();
    let mut number = 0_u64;
    loop {
        line.clear();
        number += 1;
        if lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let at = |message: String| ImportError::Syntax {
            format: FORMAT,
            place: format!("line {number}"),
            message,
        };
        if line.len() as u64 == MAX_LINE {
            return Err(at(format!("it is longer than {MAX_LINE} bytes")));
        }
        let text = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        if reader.records.is_empty() && text.starts_with(b"[") {
            let mut all = text.to_vec();
            lines.read_to_end(&mut all)?;
            reader.array(&all)?;
            break;
        }
        let Unrepeated(record) = serde_json::from_slice(text).map_err(|error| at(error.to_string()))?;
        reader.record(&record, &format!("line {number}"))?;
    }
    reader.finish(options)
}

impl Reader {
    fn array(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        bound(bytes, FORMAT)?;
        let Unrepeated(all) = serde_json::from_str(&decode(bytes)).map_err(|error| syntax(FORMAT, &error))?;
        for (position, record) in all.as_array().into_iter().flatten().enumerate() {
            self.record(record, &format!("entry {}", position + 1))?;
        }
        Ok(())
    }

    fn record(&mut self, record: &Value, place: &str) -> Result<(), ImportError> {
        let mut found = Vec::new();
        let entity = record.as_object().filter(|object| is_entity(object));
        let said = match entity {
            Some(entity) => {
                let links = self.links.len();
                self.entity(entity, None, place, 0, &mut found)?;
                Ok((found, links..self.links.len()))
            }
            None => Err(place.to_owned()),
        };
        self.records.push(said);
        Ok(())
    }

    /// Takes an entity and those inside it; `parent` is the one it stands in.
    fn entity(
        &mut self,
        object: &Map<String, Value>,
        parent: Option<&str>,
        place: &str,
        depth: usize,
        found: &mut Vec<usize>,
    ) -> Result<(), ImportError> {
        let schema = text_of(object, "schema").unwrap_or_default();
        let id = text_of(object, "id").unwrap_or_default();
        let properties = object.get("properties").and_then(Value::as_object);
        for (key, values) in properties.into_iter().flatten() {
            for inner in values.as_array().into_iter().flatten().filter_map(Value::as_object) {
                if !is_entity(inner) {
                    self.unread(&format!("{key}, nested"));
                } else if depth < MAX_NESTING {
                    self.entity(inner, Some(&id), place, depth + 1, found)?;
                } else {
                    let message = format!("entities are nested deeper than {MAX_NESTING}");
                    return Err(ImportError::Syntax { format: FORMAT, place: place.to_owned(), message });
                }
            }
        }
        if let Some(link) = LINKS.iter().find(|(of, ..)| *of == schema) {
            for key in properties.into_iter().flat_map(Map::keys).filter(|key| !READ.contains(&key.as_str()))
            {
                self.unread(key);
            }
            bounded(self.links.len())?;
            self.links.push(Link::of(link, &id, properties, parent, place));
            return Ok(());
        }
        let Some(role) = role(&schema) else {
            self.unread(&format!("schema {schema}"));
            return Ok(());
        };
        for key in properties.into_iter().flat_map(Map::keys).filter(|key| !READ.contains(&key.as_str())) {
            self.unread(key);
        }
        let entity = Entity::of(object, properties, role, parent, place);
        let day = ["last_seen", "last_change"].into_iter().filter_map(|key| text_of(object, key));
        self.newest = self.newest.into_iter().chain(day.filter_map(|day| text::date(&day))).max();
        self.datasets
            .extend(texts(object.get("datasets")).filter_map(|name| text::clean(&text::shorten(&name))));
        let at = if let Some(&known) = self.by_id.get(&id) {
            self.entities[known].join(entity);
            known
        } else {
            bounded(self.entities.len())?;
            self.by_id.insert(id, self.entities.len());
            self.entities.push(entity);
            self.entities.len() - 1
        };
        found.push(at);
        Ok(())
    }

    fn unread(&mut self, name: &str) {
        if self.unread.len() < 500 {
            self.unread.insert(text::shorten(name));
        }
    }

    /// What the sanctions say goes to those they are about.
    fn give_sanctions(&mut self) {
        let mut said: BTreeMap<usize, (Vec<String>, Option<Date>)> = BTreeMap::new();
        for sanction in self.entities.iter().filter(|entity| entity.role == Role::Sanction) {
            for whom in sanction.of.iter().filter_map(|id| self.by_id.get(id)) {
                let (programs, listed_on) = said.entry(*whom).or_default();
                programs.extend(sanction.programs.iter().cloned());
                *listed_on = listed_on.iter().copied().chain(sanction.listed_on).min();
            }
        }
        for (whom, (programs, listed_on)) in said {
            let entity = &mut self.entities[whom];
            entity.programs.extend(programs);
            entity.listed_on = entity.listed_on.into_iter().chain(listed_on).min();
        }
    }

    /// The party with this id.
    fn party(&self, id: &str) -> Option<usize> {
        let at = *self.by_id.get(id)?;
        matches!(self.entities[at].role, Role::Party(_)).then_some(at)
    }

    /// Gives each party what is said of it and others.
    fn give_relations(&mut self, out: &mut Collector) -> Result<(), ImportError> {
        let links = std::mem::take(&mut self.links);
        let mut given: BTreeMap<usize, Given> = BTreeMap::new();
        let (mut loose, mut said) = (Loose::default(), 0);
        for link in links {
            if let Some(text) = &link.unread_share {
                out.warn(
                    link.place.as_str(),
                    format!("`{text}` is no share that can be read: it counts as not said"),
                );
            }
            let parties: Vec<usize> = link.of.iter().filter_map(|id| self.party(id)).collect();
            let is_loose = parties.is_empty() || link.others.is_empty();
            if is_loose {
                loose.add(&link);
            } else if link.others.iter().any(|other| !self.by_id.contains_key(other)) {
                loose.undescribed(&link);
            }
            self.tied.push(!is_loose);
            said += parties.len() as u64 * link.others.len() as u64;
            bounded_relations(said)?;
            for whom in parties {
                for other in &link.others {
                    let described = self.by_id.get(other).filter(|_| self.party(other).is_none());
                    let name = described.map(|&at| self.entities[at].shown());
                    let relation = Relation { other: other.clone(), name, ..link.relation.clone() };
                    given.entry(whom).or_default().add(relation, &link.id);
                }
            }
        }
        for (whom, entity) in self.entities.iter_mut().enumerate() {
            let parents = std::mem::take(&mut entity.parents);
            said += parents.len() as u64;
            bounded_relations(said)?;
            for parent in parents {
                let relation = Relation::new(RelationKind::OwnedOrControlledBy, parent);
                given.entry(whom).or_default().add(relation, "parent");
            }
        }
        loose.tell(out);
        self.loose = loose.owned;
        self.give_addresses(&mut given, out);
        for (whom, given) in given {
            let is_target = |id: &str| self.party(id).is_some_and(|at| self.entities[at].is_target());
            let (relations, is_cut) = given.kept(is_target);
            let id = text::shorten(&self.entities[whom].id);
            if relations.iter().filter(|relation| relation.kind.is_of_owner()).nth(MAX_OWNERS).is_some() {
                let missing =
                    format!("`{id}` has more than {MAX_OWNERS} owners, the most that is read of one");
                return Err(ImportError::Unusable { format: FORMAT, missing });
            }
            if is_cut {
                let most = Particulars::MOST_RELATIONS;
                let message = format!("only {most} of its relations are kept besides those to owners");
                out.warn(format!("party {id}"), message);
            }
            self.entities[whom].particulars.relations = relations;
        }
        Ok(())
    }

    /// Gives each party its addresses that others have too.
    fn give_addresses(&self, given: &mut BTreeMap<usize, Given>, out: &mut Collector) {
        let mut at: BTreeMap<String, (String, Vec<usize>)> = BTreeMap::new();
        for (place, entity) in self.entities.iter().enumerate() {
            if !matches!(entity.role, Role::Party(_)) {
                continue;
            }
            let by_id = entity.addresses.iter().filter_map(|id| {
                let address = &self.entities[*self.by_id.get(id)?];
                Some((id.clone(), address.address_texts.first().or(address.caption.as_ref())?.clone()))
            });
            let by_text = entity.address_texts.iter().map(|text| {
                let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
                (format!("address: {}", words.join(" ")), text.clone())
            });
            let with_id: Vec<(String, String)> = by_id.collect();
            let all: Vec<_> = if with_id.is_empty() { by_text.collect() } else { with_id };
            for (id, text) in all {
                let (_, parties) = at.entry(id).or_insert_with(|| (text, Vec::new()));
                if parties.last() != Some(&place) {
                    parties.push(place);
                }
            }
        }
        let mut common = 0;
        for (id, (text, parties)) in at {
            if parties.len() > MAX_SHARING {
                common += 1;
                continue;
            }
            for &party in parties.iter().filter(|_| parties.len() > 1) {
                let name = text::clean(&text::shorten(&text));
                let relation = Relation { name, ..Relation::new(RelationKind::Address, id.clone()) };
                given.entry(party).or_default().add(relation, "address");
            }
        }
        if common > 0 {
            let message = format!(
                "{common} addresses of more than {MAX_SHARING} parties each tell nothing and are left out"
            );
            out.warn("the whole list", message);
        }
    }

    /// Which parties are kept: targets, what they own and what that owns, and whoever is tied to a target. Nor does anything tell
    /// that an owner whom the file does not describe is no target. Beside them, who of these is a target, or owned by one or by
    /// such an owner.
    fn kept(&self) -> (Vec<bool>, Vec<bool>) {
        let is_target =
            |at: &usize| matches!(self.entities[*at].role, Role::Party(_)) && self.entities[*at].is_target();
        let mut kept: Vec<bool> = (0..self.entities.len()).map(|at| is_target(&at)).collect();
        let mut owned_by: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut near = Vec::new();
        let mut sharing: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, entity) in self.entities.iter().enumerate() {
            for relation in &entity.particulars.relations {
                let other = self.party(&relation.other);
                match (relation.kind, other) {
                    (RelationKind::Address, _) => sharing.entry(&relation.other).or_default().push(at),
                    (kind, Some(other)) => {
                        if matches!(kind, RelationKind::OwnedBy | RelationKind::OwnedOrControlledBy) {
                            owned_by.entry(other).or_default().push(at);
                        }
                        near.extend(is_target(&other).then_some(at));
                        near.extend(is_target(&at).then_some(other));
                    }
                    (kind, None) if kind.is_of_owner() => {
                        kept[at] |= !self.by_id.contains_key(&relation.other);
                    }
                    (_, None) => {}
                }
            }
        }
        for parties in sharing.into_values().filter(|parties| parties.iter().any(is_target)) {
            near.extend(parties);
        }
        let mut queue: VecDeque<usize> = (0..kept.len()).filter(|&at| kept[at]).collect();
        while let Some(owner) = queue.pop_front() {
            for &owned in owned_by.get(&owner).into_iter().flatten() {
                if !std::mem::replace(&mut kept[owned], true) {
                    queue.push_back(owned);
                }
            }
        }
        let reached = kept.clone();
        for at in near {
            kept[at] = true;
        }
        (kept, reached)
    }

    /// Leaves out, and says so, what a target owns, or somebody whom a target owns, and the file does not describe: it counts as
    /// listed itself, and nobody finds it.
    fn leave_owned(&self, reached: &[bool], out: &mut Collector) {
        for Owned { owner, asset, place } in &self.loose {
            let Some(owner) = self.party(owner).filter(|&at| reached[at]) else { continue };
            let (owner, asset) = (self.entities[owner].shown(), text::shorten(asset));
            let message = format!(
                "`{owner}` owns `{asset}`, which the file does not describe, so that nobody finds it; left out"
            );
            out.refuse(place.as_str(), message);
        }
    }

    /// Gives the names of parties that are passed over to what is said of them: whoever has none is not described.
    fn name_passed_over(&mut self, kept: &[bool]) {
        for at in 0..self.entities.len() {
            let mut relations = std::mem::take(&mut self.entities[at].particulars.relations);
            for relation in &mut relations {
                if let Some(other) = self.party(&relation.other).filter(|&other| !kept[other]) {
                    relation.name = Some(self.entities[other].shown());
                }
            }
            self.entities[at].particulars.relations = relations;
        }
    }

    fn finish(mut self, options: &Options) -> Result<Snapshot, ImportError> {
        self.give_sanctions();
        let head = head(FORMAT, &self.datasets, options)?;
        let mut out = Collector::new(FORMAT, head, options);
        out.source_mut().published = options.source.published.or(self.newest);
        self.unread.iter().for_each(|name| out.unread(name));
        self.give_relations(&mut out)?;
        let (kept, reached) = self.kept();
        self.leave_owned(&reached, &mut out);
        self.name_passed_over(&kept);
        let told = self.entities.iter().zip(&kept).filter(|(_, kept)| **kept);
        let told = told.flat_map(|(entity, _)| &entity.particulars.relations);
        let shared: BTreeSet<&str> = told
            .filter(|relation| relation.kind == RelationKind::Address)
            .map(|relation| relation.other.as_str())
            .collect();
        let (mut taken, mut no_targets, mut related) = (vec![false; self.entities.len()], 0_u64, 0_u64);
        for record in &self.records {
            out.begin_row();
            match record {
                Err(place) => {
                    out.refuse(place.as_str(), "this is no entity with an id and a schema; left out");
                }
                Ok((found, links)) => {
                    if self.tied[links.clone()].contains(&true) {
                        out.row_is_read();
                    }
                    for &at in found {
                        let entity = &self.entities[at];
                        if std::mem::replace(&mut taken[at], true) {
                            out.row_is_read();
                            continue;
                        }
                        match entity.role {
                            Role::Sanction if entity.of.iter().any(|id| self.by_id.contains_key(id)) => {
                                out.row_is_read();
                            }
                            Role::Address if shared.contains(entity.id.as_str()) => out.row_is_read(),
                            Role::Sanction | Role::Address => {}
                            Role::Wallet => self.wallet(entity, &mut out)?,
                            Role::Party(_) if !kept[at] => no_targets += 1,
                            Role::Party(kind) => {
                                related += u64::from(!entity.is_target());
                                entity.party(kind, &mut out)?;
                            }
                        }
                    }
                }
            }
        }
        if related > 0 {
            let message = format!(
                "{related} persons and organisations are no targets themselves and are kept for what ties them to targets"
            );
            out.warn("the whole list", message);
        }
        if no_targets > 0 {
            let message = format!(
                "{no_targets} persons and organisations are no targets themselves and are passed over"
            );
            out.warn("the whole list", message);
        }
        out.finish()
    }

    fn wallet(&self, wallet: &Entity, out: &mut Collector) -> Result<(), ImportError> {
        let holders: Vec<&Entity> =
            wallet.of.iter().filter_map(|id| Some(&self.entities[*self.by_id.get(id)?])).collect();
        let keys = if wallet.keys.is_empty() { wallet.own_names() } else { wallet.keys.clone() };
        if keys.is_empty() {
            out.refuse(wallet.place.as_str(), "a wallet without a public key; left out");
        }
        let holder = holders.iter().find_map(|holder| holder.own_names().into_iter().next());
        let own = wallet.own_names().into_iter().find(|name| !keys.contains(name));
        let label = holder.or(own).unwrap_or_else(|| out.source().title.clone());
        let topics = std::iter::once(&wallet).chain(&holders).flat_map(|entity| &entity.topics);
        let category = topics.map(|topic| category(topic)).reduce(concept::weightier);
        let category = category.unwrap_or_else(|| out.unsaid_category());
        let mut programs: Vec<String> =
            holders.iter().flat_map(|holder| holder.programs.iter().cloned()).collect();
        programs.extend(wallet.programs.iter().cloned());
        programs.sort_unstable();
        programs.dedup();
        for key in keys {
            let statement = Statement {
                label: label.clone(),
                category,
                party_id: holders.first().map(|holder| holder.id.clone()),
                party_listed_on: holders.first().and_then(|holder| holder.listed_on),
                programs: programs.clone(),
                asset: wallet.asset.clone(),
                actor: None,
                reference: wallet.reference.clone(),
            };
            let said =
                Said { statement, confidence: Confidence(50), valid_from: wallet.seen, valid_to: None };
            out.claim_about(&key, &wallet.place, said)?;
        }
        Ok(())
    }
}

impl Link {
    fn of(
        &(_, whom, other, kind): &(&str, &str, &str, RelationKind),
        id: &str,
        properties: Option<&Map<String, Value>>,
        parent: Option<&str>,
        place: &str,
    ) -> Self {
        let all = |key: &str| texts(properties.and_then(|properties| properties.get(key)));
        let (mut of, mut others): (Vec<String>, Vec<String>) = (all(whom).collect(), all(other).collect());
        // Of an entity that stands in one of its ends, that end may go without saying.
        let parent = || parent.map(str::to_owned);
        match (of.is_empty(), others.is_empty()) {
            (true, false) => of.extend(parent().filter(|parent| !others.contains(parent))),
            (false, true) => others.extend(parent().filter(|parent| !of.contains(parent))),
            _ => {}
        }
        let percentages: Vec<String> = all("percentage").collect();
        let shares = percentages.iter().map(|text| text.parse::<Stake>().ok());
        // Of one holding "25" and "25.0" are one statement.
        let shares: Option<BTreeSet<Stake>> = shares.collect();
        let share = shares.and_then(|shares| shares.into_iter().reduce(Stake::or));
        let relation = Relation {
            share,
            role: all("role").next().and_then(|role| text::clean(&text::shorten(&role))),
            since: all("startDate").filter_map(|day| start(&day)).min(),
            until: all("endDate").filter_map(|day| end(&day)).max(),
            ..Relation::new(kind, String::new())
        };
        let unread_share = percentages.into_iter().next().filter(|_| share.is_none());
        let unread_share = unread_share.map(|text| text::shorten(&text));
        Self { id: id.to_owned(), of, others, relation, place: place.to_owned(), unread_share }
    }
}

impl Entity {
    fn of(
        object: &Map<String, Value>,
        properties: Option<&Map<String, Value>>,
        role: Role,
        parent: Option<&str>,
        place: &str,
    ) -> Self {
        let all = |key: &str| texts(properties.and_then(|properties| properties.get(key)));
        let named = |key: &'static str, weak| all(key).map(move |full| PartyName { full, weak });
        let names = named("name", false)
            .chain(named("alias", false))
            .chain(named("previousName", false))
            .chain(named("weakAlias", true))
            .chain(named("abbreviation", true));
        let mut names: Vec<PartyName> = names.collect();
        // A person whose name stands in its parts alone.
        if !names.iter().any(|name| !name.weak) {
            let parts = ["firstName", "secondName", "middleName", "fatherName", "lastName"];
            let part = |key: &&str| all(key).next();
            let full = parts.iter().filter_map(part).collect::<Vec<_>>().join(" ");
            names.extend(Some(PartyName { full, weak: false }).filter(|name| !name.full.is_empty()));
        }
        let programs = all("programId").chain(all("program"));
        let mut particulars = Particulars::default();
        particulars.add_born(all("birthDate").filter_map(|born| born.parse().ok()));
        for property in ["nationality", "citizenship", "country", "jurisdiction", "mainCountry"] {
            particulars.add_countries(all(property).filter_map(|code| country(&code)));
        }
        let link = if role == Role::Wallet { "holder" } else { "entity" };
        let days = all("listingDate").chain(all("startDate"));
        Self {
            id: text_of(object, "id").unwrap_or_default(),
            role,
            place: place.to_owned(),
            caption: text_of(object, "caption"),
            names,
            topics: all("topics").collect(),
            target: object.get("target").and_then(Value::as_bool),
            programs: programs.filter_map(|program| text::clean(&program)).collect(),
            listed_on: days.filter_map(|day| text::date(&day)).min(),
            particulars,
            of: all(link).chain(parent.map(str::to_owned)).collect(),
            parents: all("parent").collect(),
            addresses: all("addressEntity").collect(),
            address_texts: all("full").chain(all("address")).collect(),
            keys: all("publicKey").collect(),
            asset: all("currency").next().and_then(|asset| text::clean(&asset)),
            seen: text_of(object, "first_seen").and_then(|day| text::date(&day)),
            reference: all("sourceUrl").next().and_then(|url| text::clean(&url)),
        }
    }

    /// What another record of the same entity says.
    fn join(&mut self, more: Self) {
        self.caption = self.caption.take().or(more.caption);
        self.names.extend(more.names);
        self.topics.extend(more.topics);
        self.target = self.target.max(more.target);
        self.programs.extend(more.programs);
        self.listed_on = self.listed_on.into_iter().chain(more.listed_on).min();
        self.particulars.add(&more.particulars);
        self.of.extend(more.of);
        self.parents.extend(more.parents);
        self.addresses.extend(more.addresses);
        self.address_texts.extend(more.address_texts);
        self.keys.extend(more.keys.into_iter().filter(|key| !self.keys.contains(key)).collect::<Vec<_>>());
        self.asset = self.asset.take().or(more.asset);
        self.seen = self.seen.into_iter().chain(more.seen).min();
        self.reference = self.reference.take().or(more.reference);
    }

    /// Its caption, then its names.
    fn own_names(&self) -> Vec<String> {
        let names = self.names.iter().map(|name| &name.full);
        self.caption.iter().chain(names).filter_map(|name| text::clean(name)).collect()
    }

    /// What it is called; of one without a name its id.
    fn shown(&self) -> String {
        self.own_names().into_iter().next().unwrap_or_else(|| text::shorten(&self.id))
    }

    /// Whether somebody listed it, rather than somebody near to it. A file that does not say holds listed ones.
    fn is_target(&self) -> bool {
        let listed = ["sanction", "sanction.counter", "debarment", "wanted", "export.control"];
        let of_crime = |topic: &String| topic == "crime" || topic.starts_with("crime.");
        self.target.unwrap_or(true)
            || self.topics.iter().any(|topic| of_crime(topic) || listed.contains(&topic.as_str()))
    }

    fn party(&self, kind: PartyKind, out: &mut Collector) -> Result<(), ImportError> {
        let caption = self.caption.iter().map(|full| PartyName { full: full.clone(), weak: false });
        let names = tidy_names(caption.chain(self.names.iter().cloned()));
        if self.id.is_empty() || names.is_empty() {
            out.refuse_nameless(self.place.as_str(), "a party without an id or a name; left out");
            return Ok(());
        }
        let mut programs = self.programs.clone();
        programs.sort_unstable();
        programs.dedup();
        let source = out.source().id.clone();
        let standing = if !self.is_target() {
            Standing::Related
        } else if self.topics.iter().any(|topic| topic == "sanction") {
            Standing::Sanctioned
        } else {
            Standing::Listed
        };
        out.party(Party {
            source,
            id: self.id.clone(),
            kind,
            names,
            programs,
            listed_on: self.listed_on,
            particulars: Particulars { standing, ..self.particulars.clone() },
        })
    }
}

/// The day from which on something has ended; of a month or a year, the day after it.
fn end(text: &str) -> Option<Date> {
    let whole = |text: &str| match text.len() {
        4 => Date::new(text.parse::<i16>().ok()?.checked_add(1)?, 1, 1).ok(),
        7 => format!("{text}-01").parse::<Date>().ok()?.last_of_month().tomorrow().ok(),
        _ => None,
    };
    text::date(text).or_else(|| whole(text.trim()))
}

/// The first day that a start of a relation leaves open: `2026-12` is the first of December at the earliest.
fn start(text: &str) -> Option<Date> {
    let first = |text: &str| match text.len() {
        4 => Date::new(text.parse::<i16>().ok()?, 1, 1).ok(),
        7 => format!("{text}-01").parse::<Date>().ok(),
        _ => None,
    };
    text::date(text).or_else(|| first(text.trim()))
}

fn bounded_relations(said: u64) -> Result<(), ImportError> {
    if said <= MAX_RELATIONS {
        return Ok(());
    }
    let missing = format!("it has more than {MAX_RELATIONS} relations, the most that is read of one list");
    Err(ImportError::Unusable { format: FORMAT, missing })
}

fn bounded(entities: usize) -> Result<(), ImportError> {
    if entities < MAX_ENTITIES {
        return Ok(());
    }
    let missing = format!("it has more than {MAX_ENTITIES} entities, the most that is read of one list");
    Err(ImportError::Unusable { format: FORMAT, missing })
}

fn is_entity(object: &Map<String, Value>) -> bool {
    object.get("schema").is_some_and(Value::is_string) && object.get("id").is_some_and(Value::is_string)
}

fn text_of(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The texts of a list, or the one text; of an entity in their place its id.
fn texts(value: Option<&Value>) -> impl Iterator<Item = String> {
    let items = match value {
        Some(Value::Array(items)) => &items[..],
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    items.iter().filter_map(|item| match item {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(inner) => text_of(inner, "id"),
        _ => None,
    })
}
