//! OFAC's two plainer XML forms: `SDN.XML` (and `CONSOLIDATED.XML`), and `SDN_ENHANCED.XML` (and `CONS_ENHANCED.XML`).
//!
//! Both carry what the advanced form says of addresses, names and programmes. The first does not say which of OFAC's lists
//! it is, so a short file of it is no whole list.

use std::io::Read;

use jiff::civil::Date;
use tracehound_model::{
    Born, Category, Confidence, Particulars, Party, Statement,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, Said, tidy_names},
    ofac_address::{self, Field},
    ofac_born,
    ofac_csv::{LEAST_PARTIES, is_of_another_list},
    ofac_xml::ofac_relation,
    official,
    published::month_first,
    text,
    xml::{self, Node, Xml},
};
use crate::ImportError;

/// A party as its elements add up.
#[derive(Default)]
struct Draft {
    id: String,
    kind: Option<PartyKind>,
    names: Vec<PartyName>,
    programs: Vec<String>,
    /// Asset, where it is said, and what stands as an address.
    addresses: Vec<(Option<String>, String)>,
    particulars: Particulars,
    place: String,
}

impl Draft {
    fn program(&mut self, program: String) {
        if !program.is_empty() && !self.programs.contains(&program) {
            self.programs.push(program);
        }
    }

    /// Takes what stands in a field called `what`; whether that is one of addresses.
    fn address(&mut self, what: &str, text: &str) -> bool {
        let Some(asset) = ofac_address::asset_of(what) else { return false };
        let Field { asset, text } = match asset {
            "" => ofac_address::field(text),
            asset => Field { asset: Some(asset), text },
        };
        self.addresses.push((asset.map(str::to_owned), text.to_owned()));
        true
    }

    fn finish(self, out: &mut Collector) -> Result<(), ImportError> {
        out.begin_row();
        let names = tidy_names(self.names);
        let Some(first) = names.first().filter(|_| !self.id.is_empty()) else {
            out.refuse_nameless(self.place, "a party without a number or a name; left out");
            return Ok(());
        };
        for (asset, text) in &self.addresses {
            let said = |asset| Said {
                statement: Statement {
                    label: first.full.clone(),
                    category: Category::Sanction,
                    party_id: Some(self.id.clone()),
                    party_listed_on: None,
                    programs: self.programs.clone(),
                    asset,
                    actor: None,
                    reference: None,
                },
                confidence: Confidence::AUTHORITY,
                valid_from: None,
                valid_to: None,
            };
            ofac_address::take(&Field { asset: asset.as_deref(), text }, &self.place, out, said)?;
        }
        let source = out.source().id.clone();
        let kind = self.kind.unwrap_or(PartyKind::Unknown);
        out.party(Party {
            source,
            id: self.id,
            kind,
            names,
            programs: self.programs,
            listed_on: None,
            particulars: self.particulars,
        })
    }
}

/// What has been read of a document.
#[derive(Default)]
struct List {
    published: Option<Date>,
    /// How many records it says that it has.
    stated: Option<String>,
    drafts: Vec<Draft>,
    /// Whether an entry says that it stands on the SDN list; `None` where the form does not say.
    is_sdn: Option<bool>,
}

pub(super) fn read(input: &mut dyn Read, format: Format, options: &Options) -> Result<Snapshot, ImportError> {
    let mut xml = Xml::new(input, format);
    let mut list = List::default();
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level) {
                ("sdnList" | "sanctionsData", 1)
                | ("publshInformation" | "publicationInfo" | "entities", 2) => {}
                (other, 1) => {
                    let message = format!("the document is a <{other}>, not <sdnList> or <sanctionsData>");
                    return Err(xml.error(message));
                }
                // Month first, as OFAC writes it.
                ("Publish_Date", 3) => list.published = month_first(&xml.text()?),
                ("Record_Count", 3) => list.stated = Some(xml.text()?),
                ("dataAsOf", 3) => list.published = text::date(&xml.text()?),
                ("sdnEntry", 2) => {
                    let draft = plain(&mut xml)?;
                    list.drafts.push(draft);
                }
                ("entity", 3) => {
                    let id = xml::attribute(&start, "id").unwrap_or_default();
                    let draft = enhanced(&mut xml, id, &mut list.is_sdn)?;
                    list.drafts.push(draft);
                }
                _ => xml.skip()?,
            },
            Node::End => break,
            Node::Close(_) | Node::Text(_) => {}
        }
        if list.drafts.len() > super::collect::MAX_PARTIES {
            return Err(xml.error(format!("more than {} parties", super::collect::MAX_PARTIES)));
        }
    }
    list.finish(&xml, format, options)
}

impl List {
    fn finish(self, xml: &Xml<'_>, format: Format, options: &Options) -> Result<Snapshot, ImportError> {
        let of_others = self
            .drafts
            .iter()
            .filter(|draft| draft.programs.iter().all(|program| is_of_another_list(program)));
        let is_sdn = self.is_sdn.unwrap_or_else(|| of_others.count() * 2 < self.drafts.len());
        let id = if is_sdn { "ofac-sdn" } else { "ofac-consolidated" };
        let mut head = official::head(id);
        head.published = self.published;
        let mut out = Collector::new(format, head, options);
        if self.is_sdn.is_some() || self.drafts.len() >= LEAST_PARTIES {
            out.is_list(id);
        }
        if self.drafts.len() < LEAST_PARTIES {
            out.partial(format!("{} parties are not the whole SDN list", self.drafts.len()));
        }
        xml.tell_skipped(&mut out);
        let stated = self.stated.map(|stated| (stated.trim().parse::<usize>().ok(), stated));
        if let Some((count, stated)) = stated.filter(|(count, _)| *count != Some(self.drafts.len())) {
            let there = self.drafts.len();
            let why =
                format!("it says that it has {} records, and {there} are there", text::shorten(&stated));
            out.warn("the whole list", format!("{why}: fetch it again"));
            // With more than it says there may be two lists in one, and none of the two is less of the list for it.
            if count.is_none_or(|count| count > there) {
                out.partial(why);
            }
        }
        for draft in self.drafts {
            draft.finish(&mut out)?;
        }
        out.finish()
    }
}

fn kind(word: &str) -> PartyKind {
    match word.to_ascii_lowercase().as_str() {
        "individual" => PartyKind::Individual,
        "entity" => PartyKind::Entity,
        "vessel" => PartyKind::Vessel,
        "aircraft" => PartyKind::Aircraft,
        _ => PartyKind::Unknown,
    }
}

/// "Sim, Hyon Sop" as OFAC prints it.
fn full_name(last: &str, first: &str) -> String {
    if first.is_empty() { last.to_owned() } else { format!("{last}, {first}") }
}

fn plain(xml: &mut Xml<'_>) -> Result<Draft, ImportError> {
    let depth = xml.depth();
    let mut draft = Draft { place: xml.place(), ..Draft::default() };
    let (mut last, mut first) = (String::new(), String::new());
    let (mut id_type, mut number) = (String::new(), String::new());
    let (mut alias, mut weak) = ((String::new(), String::new()), false);
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level - depth) {
                ("uid", 1) => draft.id = xml.text()?,
                ("lastName", 1) => last = xml.text()?,
                ("firstName", 1) => first = xml.text()?,
                ("sdnType", 1) => draft.kind = Some(kind(&xml.text()?)),
                ("program", 2) => draft.program(xml.text()?),
                ("remarks", 1) => {
                    let remarks = xml.text()?;
                    let found = ofac_address::in_remark(remarks.trim_end_matches('.'));
                    draft
                        .addresses
                        .extend(found.map(|field| (field.asset.map(str::to_owned), field.text.to_owned())));
                    xml.name_skipped("remarks (other than addresses)");
                }
                ("dateOfBirth", 3) => draft.particulars.add_born(ofac_born::born(&xml.text()?)),
                ("programList" | "idList" | "akaList" | "dateOfBirthList", 1) | ("dateOfBirthItem", 2) => {}
                ("id", 2) => (id_type, number) = (String::new(), String::new()),
                ("aka", 2) => (alias, weak) = ((String::new(), String::new()), false),
                ("category", 3) => weak = xml.text()? == "weak",
                ("lastName", 3) => alias.0 = xml.text()?,
                ("firstName", 3) => alias.1 = xml.text()?,
                ("idType", 3) => id_type = xml.text()?,
                ("idNumber", 3) => number = xml.text()?,
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(level) if level == depth + 1 && !(id_type.is_empty() && number.is_empty()) => {
                if !draft.address(&id_type, &number) {
                    xml.name_skipped("id (other than addresses)");
                }
                (id_type, number) = (String::new(), String::new());
            }
            Node::Close(level) if level == depth + 1 && !alias.0.is_empty() => {
                draft.names.push(PartyName { full: full_name(&alias.0, &alias.1), weak });
                alias = (String::new(), String::new());
            }
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    draft.names.insert(0, PartyName { full: full_name(&last, &first), weak: false });
    Ok(draft)
}

/// When something was, in days: from when to when its beginning may be, and its end.
#[derive(Default)]
struct ValueDate {
    days: Vec<Date>,
    is_about: bool,
}

impl ValueDate {
    /// The element just opened.
    fn of(xml: &mut Xml<'_>) -> Result<Self, ImportError> {
        let depth = xml.depth();
        let mut date = Self::default();
        loop {
            match xml.next()? {
                Node::Open(start, _) => match xml::name(&start) {
                    "fromDateBegin" | "fromDateEnd" | "toDateBegin" | "toDateEnd" => {
                        date.days.extend(text::date(&xml.text()?));
                    }
                    "isApproximate" => date.is_about = xml.text()? == "true",
                    _ => xml.skip()?,
                },
                Node::Close(level) if level < depth => return Ok(date),
                Node::Close(_) | Node::Text(_) | Node::End => {}
            }
        }
    }

    fn born(&self) -> Option<Born> {
        let (first, last) = self.days.iter().min().zip(self.days.iter().max())?;
        let born = Born::between(*first, *last)?;
        Some(if self.is_about { born.about() } else { born })
    }
}

fn enhanced(xml: &mut Xml<'_>, id: String, is_sdn: &mut Option<bool>) -> Result<Draft, ImportError> {
    let depth = xml.depth();
    let mut draft = Draft { id, place: xml.place(), ..Draft::default() };
    let (mut weak, mut primary) = (false, false);
    let (mut feature, mut value) = (String::new(), String::new());
    let mut date = ValueDate::default();
    let mut related = String::new();
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level - depth) {
                ("entityType", 2) => draft.kind = Some(kind(&xml.text()?)),
                ("sanctionsList", 2) => {
                    let sdn = xml.text()? == "SDN List";
                    *is_sdn = Some(is_sdn.unwrap_or(false) || sdn);
                }
                ("sanctionsProgram", 2) => draft.program(xml.text()?),
                ("isLowQuality", 3) => weak = xml.text()? == "true",
                ("isPrimary", 3) => primary = xml.text()? == "true",
                ("formattedFullName", 5) => {
                    let name = PartyName { full: xml.text()?, weak };
                    draft.names.insert(if primary { 0 } else { draft.names.len() }, name);
                }
                ("type", 3) => feature = xml.text()?,
                ("value", 3) => value = xml.text()?,
                ("valueDate", 3) => date = ValueDate::of(xml)?,
                ("relatedEntity", 3) => {
                    related = xml::attribute(&start, "entityId").unwrap_or_default();
                    xml.pass()?;
                }
                ("feature" | "relationship", 2) => {
                    (feature, value, related) = (String::new(), String::new(), String::new());
                    date = ValueDate::default();
                }
                (
                    "generalInfo" | "sanctionsLists" | "sanctionsPrograms" | "names" | "features"
                    | "relationships",
                    1,
                )
                | ("name", 2)
                | ("translations", 3)
                | ("translation", 4) => {}
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(level) if level == depth + 1 && !related.is_empty() => {
                let other = std::mem::take(&mut related);
                if !draft.particulars.add_relation(ofac_relation(&feature, other)) {
                    xml.name_skipped("relationship (more than are kept of one party)");
                }
                feature.clear();
            }
            Node::Close(level) if level == depth + 1 && !(feature.is_empty() && value.is_empty()) => {
                if feature == "Birthdate" {
                    draft.particulars.add_born(date.born().or_else(|| ofac_born::born(&value)));
                } else if !draft.address(&feature, &value) {
                    xml.name_skipped("feature (other than addresses and births)");
                }
                (feature, value) = (String::new(), String::new());
            }
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    Ok(draft)
}
