//! The consolidated list of the UN Security Council, streamed. It names parties; it carries no addresses.

use std::io::Read;

use jiff::civil::Date;
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
use crate::{ImportError, country};

const FORMAT: Format = Format::UnXml;

pub(super) fn read(input: &mut dyn Read, options: &Options) -> Result<Snapshot, ImportError> {
    let mut xml = Xml::new(input, FORMAT);
    let mut out = Collector::new(FORMAT, official::head("un-sc"), options);
    out.is_list("un-sc");
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level) {
                ("CONSOLIDATED_LIST", 1) => {
                    let generated =
                        xml::attribute(&start, "dateGenerated").and_then(|date| text::date(&date));
                    out.source_mut().published = generated;
                    if generated.or(options.source.published).is_none() {
                        return Err(xml.error("the list has no dateGenerated"));
                    }
                }
                (other, 1) => {
                    let message = format!("the document is a <{other}>, not <CONSOLIDATED_LIST>");
                    return Err(xml.error(message));
                }
                ("INDIVIDUALS" | "ENTITIES", 2) => {}
                ("INDIVIDUAL", 3) => record(&mut xml, PartyKind::Individual, &mut out)?,
                ("ENTITY", 3) => record(&mut xml, PartyKind::Entity, &mut out)?,
                (_, level) => {
                    if level == 3 {
                        out.begin_row();
                    }
                    xml.skip()?;
                }
            },
            Node::End => {
                xml.tell_skipped(&mut out);
                return out.finish();
            }
            Node::Close(_) | Node::Text(_) => {}
        }
    }
}

fn record(xml: &mut Xml<'_>, kind: PartyKind, out: &mut Collector) -> Result<(), ImportError> {
    out.begin_row();
    let (depth, place) = (xml.depth(), xml.place());
    let (mut parts, mut names, mut programs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut reference, mut data_id) = (String::new(), String::new());
    let mut listed_on: Option<Date> = None;
    let mut particulars = Particulars::default();
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "FIRST_NAME" | "SECOND_NAME" | "THIRD_NAME" | "FOURTH_NAME" => parts.push(xml.text()?),
                "NAME_ORIGINAL_SCRIPT" => names.push(PartyName { full: xml.text()?, weak: false }),
                "REFERENCE_NUMBER" => reference = xml.text()?,
                "DATAID" => data_id = xml.text()?,
                "UN_LIST_TYPE" => programs.push(xml.text()?),
                "LISTED_ON" => listed_on = text::date(&xml.text()?),
                "NATIONALITY" => countries(xml, "VALUE", &mut particulars)?,
                "INDIVIDUAL_ADDRESS" | "ENTITY_ADDRESS" => countries(xml, "COUNTRY", &mut particulars)?,
                "INDIVIDUAL_DATE_OF_BIRTH" => {
                    particulars.add_born(birth(xml)?);
                }
                "INDIVIDUAL_ALIAS" | "ENTITY_ALIAS" => names.push(alias(xml)?),
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    let id = if reference.is_empty() { data_id } else { reference };
    let primary = PartyName { full: parts.join(" "), weak: false };
    let names = tidy_names(std::iter::once(primary).chain(names));
    if id.is_empty() || names.is_empty() {
        out.refuse_nameless(place, "a record without a reference number or a name; left out");
        return Ok(());
    }
    programs.retain(|program| !program.is_empty());
    let source = out.source().id.clone();
    out.party(Party { source, id, kind, names, programs, listed_on, particulars })
}

/// The countries that elements of this name inside the one just opened name.
fn countries(xml: &mut Xml<'_>, element: &str, particulars: &mut Particulars) -> Result<(), ImportError> {
    let depth = xml.depth();
    loop {
        match xml.next()? {
            Node::Open(start, _) if xml::name(&start) == element => {
                particulars.add_countries(country::by_name(&xml.text()?));
            }
            Node::Open(..) => xml.skip()?,
            Node::Close(level) if level < depth => return Ok(()),
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
}

/// A day, a year or a span of years, "EXACT", "APPROXIMATELY" or "BETWEEN".
fn birth(xml: &mut Xml<'_>) -> Result<Option<Born>, ImportError> {
    let depth = xml.depth();
    let (mut day, mut years, mut is_about) = (None, [None; 3], false);
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "TYPE_OF_DATE" => is_about = xml.text()? == "APPROXIMATELY",
                "DATE" => day = text::date(&xml.text()?),
                "YEAR" => years[0] = xml.text()?.trim().parse::<i16>().ok(),
                "FROM_YEAR" => years[1] = xml.text()?.trim().parse().ok(),
                "TO_YEAR" => years[2] = xml.text()?.trim().parse().ok(),
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    let born = match (day, years) {
        (Some(day), _) => Born::between(day, day),
        (None, [Some(year), ..]) => Born::in_years(year, year),
        (None, [None, Some(from), Some(to)]) => Born::in_years(from, to),
        _ => None,
    };
    Ok(born.map(|born| if is_about { born.about() } else { born }))
}

/// The list calls the quality of an individual's alias "Good" or "Low"; of an entity it says only "a.k.a.", "f.k.a.".
fn alias(xml: &mut Xml<'_>) -> Result<PartyName, ImportError> {
    let depth = xml.depth();
    let mut name = PartyName { full: String::new(), weak: false };
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "QUALITY" => name.weak = xml.text()?.eq_ignore_ascii_case("low"),
                "ALIAS_NAME" => name.full = xml.text()?,
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => return Ok(name),
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
}
