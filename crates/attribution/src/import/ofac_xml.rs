//! OFAC's advanced XML (`SDN_ADVANCED.XML`), streamed.
//!
//! An address stands in a `Feature` whose `FeatureTypeID` names, in the reference values, a "Digital Currency Address -
//! XBT". Programmes and the listing date stand far away in `SanctionsEntries`, by profile. That date is the *party's*:
//! the list does not say when an address was added, so no address claim gets a date from it.

use std::{collections::HashMap, io::Read};

use jiff::civil::Date;
use tracehound_model::{
    Born, Category, Confidence, Country, Particulars, Party, Relation, RelationKind, Statement,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, MAX_NAMES, MAX_PARTIES, Said, tidy_names},
    ofac_address::{self, Field},
    official, text,
    xml::{self, Node, Xml},
};
use crate::ImportError;

const FORMAT: Format = Format::OfacAdvancedXml;

pub(super) fn read(input: &mut dyn Read, options: &Options) -> Result<Snapshot, ImportError> {
    let mut xml = Xml::new(input, FORMAT);
    let mut list = List::default();
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level) {
                ("Sanctions", 1)
                | ("Locations" | "DistinctParties" | "ProfileRelationships" | "SanctionsEntries", 2) => {}
                (other, 1) => {
                    let message = format!("the document is a <{other}>, not <Sanctions>");
                    return Err(xml.error(message));
                }
                ("Location", 3) => {
                    let id = xml::number(&start, "ID");
                    list.location(&mut xml, id)?;
                }
                ("DateOfIssue", 2) => list.issued = date(&mut xml)?,
                ("ReferenceValueSets", 2) => list.reference_values(&mut xml)?,
                ("DistinctParty", 3) => list.party(&mut xml)?,
                ("ProfileRelationship", 3) => {
                    list.relation(&start);
                    xml.pass()?;
                }
                ("SanctionsEntry", 3) => {
                    let profile = xml::number(&start, "ProfileID");
                    list.is_sdn |= xml::number(&start, "ListID").is_some_and(|id| list.sdn == Some(id));
                    list.entry(&mut xml, profile)?;
                }
                _ => xml.skip()?,
            },
            Node::End => break,
            Node::Close(_) | Node::Text(_) => {}
        }
    }
    list.finish(&xml, options)
}

/// What has been read so far.
#[derive(Default)]
struct List {
    issued: Option<Date>,
    /// Feature type id to asset code, empty where it tells none.
    assets: HashMap<u32, String>,
    /// Feature type ids that are a birthdate, and those that name a country.
    births: Vec<u32>,
    of_countries: Vec<u32>,
    /// Area code id to its country, location id to its country.
    areas: HashMap<u32, Country>,
    locations: HashMap<u32, Country>,
    /// Party type id to kind.
    types: HashMap<u32, PartyKind>,
    /// Party sub-type id to its kind and its type, which tells where the sub-type itself is "Unknown".
    sub_types: HashMap<u32, (PartyKind, Option<u32>)>,
    /// Name part types that are a family name.
    family_names: Vec<u32>,
    /// Id of the list called "SDN List", and whether an entry stands on it.
    sdn: Option<u32>,
    is_sdn: bool,
    /// Relation type id to its name.
    relation_types: HashMap<u32, String>,
    /// Relations that no party has room for, or that are between parties that are not here.
    lost_relations: u64,
    /// Entries of parties that it does not describe.
    strangers: usize,
    /// Sanctions type id whose measures name the programme in their comment.
    program_type: Option<u32>,
    parties: Vec<Draft>,
    /// Names and addresses of all of them.
    names: usize,
    /// Profile id to its place in `parties`.
    profiles: HashMap<u32, usize>,
    entries: usize,
}

/// A party before its sanctions entry has been seen.
struct Draft {
    profile: u32,
    kind: PartyKind,
    names: Vec<PartyName>,
    /// Asset, address text, place.
    addresses: Vec<(u32, String, String)>,
    programs: Vec<String>,
    listed_on: Option<Date>,
    particulars: Particulars,
}

/// A name before its parts' types are known: they follow the names.
struct DraftName {
    parts: Vec<(u32, String)>,
    primary: bool,
    weak: bool,
}

impl List {
    fn reference_values(&mut self, xml: &mut Xml<'_>) -> Result<(), ImportError> {
        let depth = xml.depth();
        loop {
            match xml.next()? {
                Node::Open(start, _) => {
                    let (id, of) = (xml::number(&start, "ID"), xml::number(&start, "PartyTypeID"));
                    match (xml::name(&start), id) {
                        ("FeatureType", Some(id)) => {
                            let name = xml.text()?;
                            if let Some(asset) = ofac_address::asset_of(&name) {
                                self.assets.insert(id, asset.to_owned());
                            }
                            match name.as_str() {
                                "Birthdate" => self.births.push(id),
                                "Nationality Country" | "Citizenship Country" | "Location" => {
                                    self.of_countries.push(id);
                                }
                                _ => {}
                            }
                        }
                        ("AreaCode", Some(id)) => {
                            if let Some(country) = Country::new(&xml.text()?) {
                                self.areas.insert(id, country);
                            }
                        }
                        ("PartyType", Some(id)) => {
                            let kind = party_kind(&xml.text()?);
                            self.types.insert(id, kind);
                        }
                        ("PartySubType", Some(id)) => {
                            let own = party_kind(&xml.text()?);
                            self.sub_types.insert(id, (own, of));
                        }
                        ("NamePartType", Some(id)) => {
                            let is_family_name = xml.text()? == "Last Name";
                            self.family_names.extend(is_family_name.then_some(id));
                        }
                        ("List", Some(id)) => {
                            let is_sdn = xml.text()? == "SDN List";
                            self.sdn = is_sdn.then_some(id).or(self.sdn);
                        }
                        ("RelationType", Some(id)) => {
                            let name = xml.text()?;
                            self.relation_types.insert(id, name);
                        }
                        ("SanctionsType", Some(id)) => {
                            let is_program = xml.text()? == "Program";
                            self.program_type = is_program.then_some(id).or(self.program_type);
                        }
                        _ => {}
                    }
                }
                Node::Close(level) if level < depth => return Ok(()),
                Node::Close(_) | Node::Text(_) | Node::End => {}
            }
        }
    }

    fn party(&mut self, xml: &mut Xml<'_>) -> Result<(), ImportError> {
        if self.parties.len() >= MAX_PARTIES || self.names > MAX_NAMES {
            return Err(xml.error(format!("more than {MAX_PARTIES} parties or {MAX_NAMES} names")));
        }
        let depth = xml.depth();
        let mut draft = Draft {
            profile: 0,
            kind: PartyKind::Unknown,
            names: Vec::new(),
            addresses: Vec::new(),
            programs: Vec::new(),
            listed_on: None,
            particulars: Particulars::default(),
        };
        loop {
            match xml.next()? {
                Node::Open(start, _) => match xml::name(&start) {
                    "Profile" => {
                        draft.profile = xml::number(&start, "ID").unwrap_or_default();
                        let sub_type = xml::number(&start, "PartySubTypeID");
                        draft.kind = sub_type.map_or(PartyKind::Unknown, |id| self.kind(id));
                    }
                    "Identity" => self.identity(xml, &mut draft)?,
                    "Feature" => {
                        let feature = xml::number(&start, "FeatureTypeID");
                        match feature {
                            Some(asset) if self.assets.contains_key(&asset) => {
                                addresses(xml, asset, &mut draft.addresses)?;
                            }
                            Some(birth) if self.births.contains(&birth) => {
                                births(xml, &mut draft.particulars)?;
                            }
                            Some(of) if self.of_countries.contains(&of) => {
                                self.countries(xml, &mut draft.particulars)?;
                            }
                            _ => xml.skip_as("Feature (other than addresses, births and countries)")?,
                        }
                    }
                    _ => xml.skip()?,
                },
                Node::Close(level) if level < depth => break,
                Node::Close(_) | Node::Text(_) | Node::End => {}
            }
        }
        if draft.profile == 0 {
            return Err(xml.error("a party without a profile number"));
        }
        self.names += draft.names.len() + draft.addresses.len();
        self.profiles.insert(draft.profile, self.parties.len());
        self.parties.push(draft);
        Ok(())
    }

    /// A party's relation to another one; both have been read by then.
    fn relation(&mut self, start: &quick_xml::events::BytesStart<'_>) {
        let (from, to) = (xml::number(start, "From-ProfileID"), xml::number(start, "To-ProfileID"));
        let name = xml::number(start, "RelationTypeID").and_then(|id| self.relation_types.get(&id));
        let party = from.and_then(|from| self.profiles.get(&from)).map(|&place| &mut self.parties[place]);
        let is_said = party.zip(to).zip(name).is_some_and(|((party, to), name)| {
            let former = xml::is_true(start, "Former");
            party.particulars.add_relation(Relation { former, ..ofac_relation(name, to.to_string()) })
        });
        self.lost_relations += u64::from(!is_said);
    }

    /// The country of a place, by which features name it.
    fn location(&mut self, xml: &mut Xml<'_>, id: Option<u32>) -> Result<(), ImportError> {
        let depth = xml.depth();
        loop {
            match xml.next()? {
                Node::Open(start, _) if xml::name(&start) == "LocationAreaCode" => {
                    let area = xml::number(&start, "AreaCodeID");
                    let country = area.and_then(|area| self.areas.get(&area));
                    if self.locations.len() >= MAX_NAMES {
                        return Err(xml.error(format!("more than {MAX_NAMES} locations")));
                    }
                    if let Some((id, country)) = id.zip(country) {
                        self.locations.insert(id, *country);
                    }
                }
                Node::Close(level) if level < depth => return Ok(()),
                _ => {}
            }
        }
    }

    fn countries(&self, xml: &mut Xml<'_>, particulars: &mut Particulars) -> Result<(), ImportError> {
        let depth = xml.depth();
        loop {
            match xml.next()? {
                Node::Open(start, _) if xml::name(&start) == "VersionLocation" => {
                    let place = xml::number(&start, "LocationID");
                    let country = place.and_then(|place| self.locations.get(&place));
                    particulars.add_countries(country.copied());
                }
                Node::Close(level) if level < depth => return Ok(()),
                _ => {}
            }
        }
    }

    fn kind(&self, sub_type: u32) -> PartyKind {
        match self.sub_types.get(&sub_type) {
            Some((PartyKind::Unknown, Some(of))) => *self.types.get(of).unwrap_or(&PartyKind::Unknown),
            Some((kind, _)) => *kind,
            None => PartyKind::Unknown,
        }
    }

    fn identity(&self, xml: &mut Xml<'_>, draft: &mut Draft) -> Result<(), ImportError> {
        let depth = xml.depth();
        let mut names: Vec<DraftName> = Vec::new();
        // Name part group id to name part type id.
        let mut groups: HashMap<u32, u32> = HashMap::new();
        let (mut primary, mut weak) = (false, false);
        loop {
            match xml.next()? {
                Node::Open(start, _) => match xml::name(&start) {
                    "Alias" => {
                        (primary, weak) =
                            (xml::is_true(&start, "Primary"), xml::is_true(&start, "LowQuality"));
                    }
                    "DocumentedName" => names.push(DraftName { parts: Vec::new(), primary, weak }),
                    "NamePartValue" => {
                        let group = xml::number(&start, "NamePartGroupID").unwrap_or_default();
                        let part = xml.text()?;
                        if let Some(name) = names.last_mut() {
                            name.parts.push((group, part));
                        }
                    }
                    "NamePartGroup" => {
                        let part_type = xml::number(&start, "NamePartTypeID");
                        if let Some((id, part_type)) = xml::number(&start, "ID").zip(part_type) {
                            groups.insert(id, part_type);
                        }
                    }
                    _ => {}
                },
                Node::Close(level) if level < depth => break,
                Node::Close(_) | Node::Text(_) | Node::End => {}
            }
        }
        names.sort_by_key(|name| !name.primary);
        draft.names.extend(
            names
                .into_iter()
                .map(|name| PartyName { full: self.full_name(&name.parts, &groups), weak: name.weak }),
        );
        Ok(())
    }

    /// "Sim, Hyon Sop" as OFAC prints it: the comma tells the family name from the given names.
    fn full_name(&self, parts: &[(u32, String)], groups: &HashMap<u32, u32>) -> String {
        let mut full = String::new();
        let mut after_family_name = false;
        for (group, part) in parts {
            let is_family_name = groups.get(group).is_some_and(|id| self.family_names.contains(id));
            if !full.is_empty() {
                full.push_str(if after_family_name && !is_family_name { ", " } else { " " });
            }
            full.push_str(part);
            after_family_name = is_family_name;
        }
        full
    }

    fn entry(&mut self, xml: &mut Xml<'_>, profile: Option<u32>) -> Result<(), ImportError> {
        self.entries += 1;
        let depth = xml.depth();
        let (mut listed_on, mut programs): (Option<Date>, Vec<String>) = (None, Vec::new());
        let mut names_program = false;
        loop {
            match xml.next()? {
                Node::Open(start, _) => match xml::name(&start) {
                    "SanctionsMeasure" => {
                        let measure = xml::number(&start, "SanctionsTypeID");
                        names_program = self.program_type.is_none() || measure == self.program_type;
                    }
                    "EntryEvent" => names_program = false,
                    "Comment" if names_program => {
                        let program = xml.text()?;
                        if !program.is_empty() {
                            programs.push(program);
                        }
                    }
                    "Date" => listed_on = listed_on.into_iter().chain(date(xml)?).min(),
                    "DatePeriod" => xml.skip()?,
                    _ => {}
                },
                Node::Close(level) if level < depth => break,
                Node::Close(_) | Node::Text(_) | Node::End => {}
            }
        }
        let party =
            profile.and_then(|profile| self.profiles.get(&profile)).map(|&place| &mut self.parties[place]);
        self.strangers += usize::from(party.is_none());
        if let Some(party) = party {
            // A party may stand on several lists: the earliest date, all programmes.
            party.listed_on = party.listed_on.into_iter().chain(listed_on).min();
            for program in programs {
                if !party.programs.contains(&program) {
                    party.programs.push(program);
                }
            }
        }
        Ok(())
    }

    fn finish(self, xml: &Xml<'_>, options: &Options) -> Result<Snapshot, ImportError> {
        let lacks = |what: &str| ImportError::Unusable { format: FORMAT, missing: what.to_owned() };
        let issued = self.issued.ok_or_else(|| lacks("it has no DateOfIssue"))?;
        if self.assets.is_empty() {
            return Err(lacks("its reference values name no digital currency address feature"));
        }
        if self.parties.is_empty() || self.entries == 0 {
            return Err(lacks("it lists no party"));
        }
        // OFAC's other lists come in the same form; as `ofac-sdn` they would end every claim of the SDN list.
        let list = if self.sdn.is_some() && !self.is_sdn { "ofac-consolidated" } else { "ofac-sdn" };
        let mut head = official::head(list);
        head.published = Some(issued);
        let mut out = Collector::new(FORMAT, head, options);
        out.is_list(list);
        xml.tell_skipped(&mut out);
        if self.strangers > 0 {
            let why = format!(
                "{} of its {} entries are of parties that are not there",
                self.strangers, self.entries
            );
            out.warn("SanctionsEntries", format!("{why}: fetch it again"));
            out.partial(why);
        }
        if self.lost_relations > 0 {
            let message = format!("{} relations between parties are left out", self.lost_relations);
            out.warn("ProfileRelationships", message);
        }
        for mut draft in self.parties {
            out.begin_row();
            let names = tidy_names(draft.names);
            let label =
                names.first().map_or_else(|| format!("party {}", draft.profile), |name| name.full.clone());
            draft.programs.sort_unstable();
            for (feature, text, place) in &draft.addresses {
                let said = |asset| Said {
                    statement: Statement {
                        label: label.clone(),
                        category: Category::Sanction,
                        party_id: Some(draft.profile.to_string()),
                        party_listed_on: draft.listed_on,
                        programs: draft.programs.clone(),
                        asset,
                        actor: None,
                        reference: None,
                    },
                    confidence: Confidence::AUTHORITY,
                    valid_from: None,
                    valid_to: None,
                };
                let field = match self.assets.get(feature).map(String::as_str) {
                    None | Some("") => ofac_address::field(text),
                    asset => Field { asset, text },
                };
                ofac_address::take(&field, place, &mut out, said)?;
            }
            let source = out.source().id.clone();
            out.party(Party {
                source,
                id: draft.profile.to_string(),
                kind: draft.kind,
                names,
                programs: draft.programs,
                listed_on: draft.listed_on,
                particulars: draft.particulars,
            })?;
        }
        out.finish()
    }
}

/// A relation that OFAC calls by this name.
pub(super) fn ofac_relation(name: &str, other: String) -> Relation {
    if name == "Owned or Controlled By" {
        return Relation::new(RelationKind::OwnedOrControlledBy, other);
    }
    Relation { role: text::clean(&text::shorten(name)), ..Relation::new(RelationKind::Linked, other) }
}

/// The address texts of the feature just opened.
fn addresses(
    xml: &mut Xml<'_>,
    asset: u32,
    found: &mut Vec<(u32, String, String)>,
) -> Result<(), ImportError> {
    let depth = xml.depth();
    loop {
        match xml.next()? {
            Node::Open(start, _) if xml::name(&start) == "VersionDetail" => {
                let place = xml.place();
                let text = xml.text()?;
                if !text.is_empty() {
                    found.push((asset, text, place));
                }
            }
            Node::Close(level) if level < depth => return Ok(()),
            _ => {}
        }
    }
}

/// The births of the feature just opened. A period says from when to when its beginning and its end may be: where only the
/// year is known, from its first day to its last.
fn births(xml: &mut Xml<'_>, particulars: &mut Particulars) -> Result<(), ImportError> {
    let depth = xml.depth();
    let (mut days, mut is_about): (Vec<Date>, bool) = (Vec::new(), false);
    let mut keep = |days: &[Date], is_about: bool| {
        let ends = days.iter().min().zip(days.iter().max());
        let born = ends.and_then(|(first, last)| Born::between(*first, *last));
        let born = born.map(|born| if is_about { born.about() } else { born });
        particulars.add_born(born);
    };
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "DatePeriod" => {
                    keep(&days, is_about);
                    (days, is_about) = (Vec::new(), false);
                }
                "Start" | "End" => is_about |= xml::is_true(&start, "Approximate"),
                "From" | "To" => days.extend(date(xml)?),
                _ => {}
            },
            Node::Close(level) if level < depth => {
                keep(&days, is_about);
                return Ok(());
            }
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
}

/// Year, month and day in elements of their own; `None` when one is missing.
fn date(xml: &mut Xml<'_>) -> Result<Option<Date>, ImportError> {
    let depth = xml.depth();
    let (mut year, mut month, mut day) = (None, None, None);
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "Year" => year = xml.text()?.parse::<i16>().ok(),
                "Month" => month = xml.text()?.parse::<i8>().ok(),
                "Day" => day = xml.text()?.parse::<i8>().ok(),
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return Ok(None) };
    Ok(Date::new(year, month, day).ok())
}

fn party_kind(text: &str) -> PartyKind {
    match text {
        "Individual" => PartyKind::Individual,
        "Entity" | "Other Entity" => PartyKind::Entity,
        "Vessel" => PartyKind::Vessel,
        "Aircraft" => PartyKind::Aircraft,
        _ => PartyKind::Unknown,
    }
}
