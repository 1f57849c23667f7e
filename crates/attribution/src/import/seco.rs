//! The Swiss sanctions list (SECO), streamed. It names parties; it carries no addresses.
//!
//! The whole list keeps targets that have been taken off, with a modification that says so: they are passed over.

use std::{collections::HashMap, io::Read};

use jiff::civil::Date;
use quick_xml::events::BytesStart;
use tracehound_model::{
    Born, Particulars, Party,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, tidy_names},
    official, text,
    xml::{self, Node, Xml},
};
use crate::ImportError;

const FORMAT: Format = Format::SecoXml;
/// Most spellings read of one name.
const MAX_SPELLINGS: usize = 50;
/// Most programmes of the list; it has some forty.
const MAX_PROGRAMS: usize = 10_000;

/// A target as its elements add up.
#[derive(Default)]
struct Draft {
    id: String,
    kind: Option<PartyKind>,
    /// Names with whether each is the primary one of the main identity.
    names: Vec<(bool, PartyName)>,
    sets: Vec<String>,
    listed_on: Option<Date>,
    particulars: Particulars,
    /// The newest modification in force: its day and whether it took the target off.
    last: Option<(Option<Date>, bool)>,
}

pub(super) fn read(input: &mut dyn Read, options: &Options) -> Result<Snapshot, ImportError> {
    let mut xml = Xml::new(input, FORMAT);
    let mut out = Collector::new(FORMAT, official::head("ch-seco"), options);
    out.is_list("ch-seco");
    // From the number of a set to the programme that it belongs to.
    let mut programs: HashMap<String, String> = HashMap::new();
    let mut off = 0_u64;
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level) {
                ("swiss-sanctions-list", 1) => {
                    out.source_mut().published =
                        xml::attribute(&start, "date").and_then(|date| text::date(&date));
                    if let Some(kind) =
                        xml::attribute(&start, "list-type").filter(|kind| kind != "whole-list")
                    {
                        out.partial(format!("it calls itself `{}`, not `whole-list`", text::shorten(&kind)));
                    }
                }
                (other, 1) => {
                    let message = format!("the document is a <{other}>, not <swiss-sanctions-list>");
                    return Err(xml.error(message));
                }
                ("sanctions-program", 2) => program(&mut xml, &mut programs)?,
                ("target", 2) => {
                    let draft = Draft::of(&start);
                    let draft = target(&mut xml, draft, &mut out)?;
                    off += u64::from(draft.finish(&programs, &mut out)?);
                }
                (other, _) => {
                    out.unread(other);
                    xml.skip()?;
                }
            },
            Node::End => break,
            Node::Close(_) | Node::Text(_) => {}
        }
    }
    if off > 0 {
        out.warn("the whole list", format!("{off} targets have been taken off the list and are passed over"));
    }
    out.finish()
}

/// The programme's name under the number of each of its sets.
fn program(xml: &mut Xml<'_>, programs: &mut HashMap<String, String>) -> Result<(), ImportError> {
    let depth = xml.depth();
    let (mut key, mut name, mut sets) = (String::new(), String::new(), Vec::new());
    loop {
        match xml.next()? {
            Node::Open(start, _) => {
                let english = xml::attribute(&start, "lang").is_none_or(|language| language == "eng");
                match xml::name(&start) {
                    "program-key" if english => key = xml.text()?,
                    "program-name" if english => name = xml.text()?,
                    "sanctions-set" => {
                        sets.extend(xml::attribute(&start, "ssid"));
                        xml.skip()?;
                    }
                    _ => xml.skip()?,
                }
            }
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
        if programs.len() + sets.len() > MAX_PROGRAMS {
            return Err(xml.error(format!("more than {MAX_PROGRAMS} sets of programmes")));
        }
    }
    let said = if key.is_empty() { name } else { key };
    if let Some(said) = text::clean(&said) {
        programs.extend(sets.into_iter().map(|set| (set, said.clone())));
    }
    Ok(())
}

impl Draft {
    fn of(start: &BytesStart<'_>) -> Self {
        let id = xml::attribute(start, "ssid").unwrap_or_default();
        Self { id, sets: xml::attribute(start, "sanctions-set-id").into_iter().collect(), ..Self::default() }
    }

    /// A modification in force on the list's day. Of two of one day the later in the document counts.
    fn modified(&mut self, start: &BytesStart<'_>, list: Option<Date>) {
        let day = |key| xml::attribute(start, key).and_then(|date| text::date(&date));
        let day = day("effective-date").or_else(|| day("publication-date")).or_else(|| day("enactment-date"));
        if day.zip(list).is_some_and(|(day, list)| day > list) {
            return;
        }
        let kind = xml::attribute(start, "modification-type").unwrap_or_default();
        if kind == "listed" {
            self.listed_on = self.listed_on.into_iter().chain(day).min();
        }
        if self.last.is_none_or(|(last, _)| day >= last) {
            self.last = Some((day, kind == "de-listed"));
        }
    }

    /// Takes the party; whether it was taken off the list.
    fn finish(
        mut self,
        programs: &HashMap<String, String>,
        out: &mut Collector,
    ) -> Result<bool, ImportError> {
        if self.last.is_some_and(|(_, off)| off) {
            return Ok(true);
        }
        self.names.sort_by_key(|(primary, _)| !primary);
        let names = tidy_names(self.names.into_iter().map(|(_, name)| name));
        if self.id.is_empty() || names.is_empty() {
            out.refuse(
                format!("target {}", text::shorten(&self.id)),
                "a target without a number or a name; left out",
            );
            return Ok(false);
        }
        let mut of: Vec<String> = self.sets.iter().filter_map(|set| programs.get(set).cloned()).collect();
        of.sort_unstable();
        of.dedup();
        let source = out.source().id.clone();
        let (kind, listed_on) = (self.kind.unwrap_or(PartyKind::Unknown), self.listed_on);
        out.party(Party {
            source,
            id: self.id,
            kind,
            names,
            programs: of,
            listed_on,
            particulars: self.particulars,
        })?;
        Ok(false)
    }
}

fn target(xml: &mut Xml<'_>, mut draft: Draft, out: &mut Collector) -> Result<Draft, ImportError> {
    out.begin_row();
    let depth = xml.depth();
    let list = out.source().published;
    let mut main = false;
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "individual" => draft.kind = Some(PartyKind::Individual),
                "entity" => draft.kind = Some(PartyKind::Entity),
                "object" => {
                    draft.kind = Some(match xml::attribute(&start, "object-type").as_deref() {
                        Some("vessel") => PartyKind::Vessel,
                        Some("aircraft") => PartyKind::Aircraft,
                        _ => PartyKind::Unknown,
                    });
                }
                "identity" => main = xml::is_true(&start, "main"),
                "name" => {
                    let primary =
                        xml::attribute(&start, "name-type").is_some_and(|kind| kind == "primary-name");
                    let weak = xml::attribute(&start, "quality").is_some_and(|quality| quality == "low");
                    for full in spellings(xml)? {
                        draft.names.push((main && primary, PartyName { full, weak }));
                    }
                }
                "day-month-year" => {
                    draft.particulars.add_born(born(&start));
                    xml.skip()?;
                }
                "sanctions-set-id" => draft.sets.push(xml.text()?),
                "modification" => {
                    draft.modified(&start, list);
                    xml.skip()?;
                }
                other => {
                    out.unread(other);
                    xml.skip()?;
                }
            },
            Node::Close(level) if level < depth => return Ok(draft),
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
}

/// A birth in parts, of which the list gives those that it knows.
fn born(start: &BytesStart<'_>) -> Option<Born> {
    let part = |key| xml::attribute(start, key).and_then(|text| text.parse::<u16>().ok());
    let text = match (part("year")?, part("month"), part("day")) {
        (year, Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (year, Some(month), None) => format!("{year:04}-{month:02}"),
        (year, None, _) => format!("{year:04}"),
    };
    text.parse().ok()
}

/// A part of a name: its place, and its spellings, the list's own first.
#[derive(Default)]
struct NamePart {
    order: u32,
    spellings: Vec<String>,
}

/// The name, and its other spellings: the n-th of each part together.
fn spellings(xml: &mut Xml<'_>) -> Result<Vec<String>, ImportError> {
    let depth = xml.depth();
    let mut parts: Vec<NamePart> = Vec::new();
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "name-part" => {
                    let order = xml::number(&start, "order").unwrap_or(u32::MAX);
                    parts.push(NamePart { order, spellings: Vec::new() });
                }
                "value" | "spelling-variant" => {
                    let is_value = xml::name(&start) == "value";
                    let word = xml.text()?;
                    if parts.last().is_some_and(|part| part.spellings.len() >= MAX_SPELLINGS) {
                        return Err(xml.error(format!("a name has more than {MAX_SPELLINGS} spellings")));
                    }
                    if let Some(part) = parts.last_mut() {
                        let at = if is_value { 0 } else { part.spellings.len() };
                        part.spellings.insert(at, word);
                    }
                }
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
        if parts.len() > MAX_SPELLINGS {
            return Err(xml.error(format!("a name has more than {MAX_SPELLINGS} parts")));
        }
    }
    parts.sort_by_key(|part| part.order);
    let most = parts.iter().map(|part| part.spellings.len()).max().unwrap_or_default();
    let spelling = |at: usize| {
        let words = parts.iter().filter_map(|part| part.spellings.get(at).or_else(|| part.spellings.first()));
        words.map(|word| word.trim()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    Ok((0..most).map(spelling).collect())
}
