//! The EU's consolidated list of persons, groups and entities subject to financial sanctions (FSF), XML 1.1 and CSV.
//!
//! It names parties; it carries no addresses.

use std::{collections::BTreeMap, io::Read};

use jiff::civil::Date;
use tracehound_model::{
    Born, Particulars, Party,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, tidy_names},
    official, sniff,
    table::{Rows, decode},
    text,
    xml::{self, Node, Xml},
};
use crate::{ImportError, country::country};

/// A party as its rows or elements add up.
#[derive(Default)]
struct Draft {
    id: String,
    code: String,
    names: Vec<PartyName>,
    programs: Vec<String>,
    listed_on: Option<Date>,
    particulars: Particulars,
}

impl Draft {
    fn program(&mut self, program: &str, date: Option<Date>) {
        let program = program.trim();
        if !program.is_empty() && !self.programs.iter().any(|known| known == program) {
            self.programs.push(program.to_owned());
        }
        self.listed_on = self.listed_on.into_iter().chain(date).min();
    }

    /// A birth as a day, or a year where the list has no more.
    fn born(&mut self, day: &str, year: &str, is_about: bool) {
        let year = year.trim().parse::<i16>().ok();
        let born = text::date(day).and_then(|day| Born::between(day, day));
        let born = born.or_else(|| year.and_then(|year| Born::in_years(year, year)));
        let born = born.map(|born| if is_about { born.about() } else { born });
        self.particulars.add_born(born);
    }

    fn country(&mut self, code: &str) {
        // "00" stands for none.
        self.particulars.add_countries(country(code));
    }

    fn finish(self, place: &str, out: &mut Collector) -> Result<(), ImportError> {
        let names = tidy_names(self.names);
        if self.id.is_empty() || names.is_empty() {
            out.refuse_nameless(place, "an entity without a number or a name; left out");
            return Ok(());
        }
        let kind = match self.code.as_str() {
            "P" | "person" => PartyKind::Individual,
            "E" | "enterprise" => PartyKind::Entity,
            _ => PartyKind::Unknown,
        };
        let source = out.source().id.clone();
        let Self { id, programs, listed_on, particulars, .. } = self;
        out.party(Party { source, id, kind, names, programs, listed_on, particulars })
    }
}

pub(super) fn read_xml(input: &mut dyn Read, options: &Options) -> Result<Snapshot, ImportError> {
    let mut xml = Xml::new(input, Format::EuXml);
    let mut out = Collector::new(Format::EuXml, official::head("eu-fsf"), options);
    out.is_list("eu-fsf");
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level) {
                ("export", 1) => {
                    let generated =
                        xml::attribute(&start, "generationDate").and_then(|date| text::date(&date));
                    out.source_mut().published = generated;
                    if generated.or(options.source.published).is_none() {
                        return Err(xml.error("the list has no generationDate"));
                    }
                }
                (other, 1) => {
                    let message = format!("the document is a <{other}>, not <export>");
                    return Err(xml.error(message));
                }
                ("sanctionEntity", 2) => {
                    let reference =
                        xml::attribute(&start, "euReferenceNumber").filter(|id| !id.trim().is_empty());
                    let id = reference.or_else(|| xml::attribute(&start, "logicalId")).unwrap_or_default();
                    entity(&mut xml, id, &mut out)?;
                }
                _ => xml.skip()?,
            },
            Node::End => {
                xml.tell_skipped(&mut out);
                return out.finish();
            }
            Node::Close(_) | Node::Text(_) => {}
        }
    }
}

fn entity(xml: &mut Xml<'_>, id: String, out: &mut Collector) -> Result<(), ImportError> {
    out.begin_row();
    let (depth, place) = (xml.depth(), xml.place());
    let mut draft = Draft { id, ..Draft::default() };
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "subjectType" => {
                    draft.code = xml::attribute(&start, "classificationCode").unwrap_or_default();
                }
                "regulation" => {
                    let date = xml::attribute(&start, "publicationDate").and_then(|date| text::date(&date));
                    let program = xml::attribute(&start, "programme").unwrap_or_default();
                    draft.program(&program, date);
                    xml.pass()?;
                }
                "nameAlias" => {
                    let full = xml::attribute(&start, "wholeName").unwrap_or_default();
                    let weak = xml::attribute(&start, "strong").is_some_and(|strong| strong == "false");
                    draft.names.push(PartyName { full, weak });
                    xml.pass()?;
                }
                "birthdate" => {
                    let said = |name| xml::attribute(&start, name).unwrap_or_default();
                    draft.born(&said("birthdate"), &said("year"), said("circa") == "true");
                    xml.pass()?;
                }
                "citizenship" | "address" => {
                    draft.country(&xml::attribute(&start, "countryIso2Code").unwrap_or_default());
                    xml.pass()?;
                }
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    draft.finish(&place, out)
}

/// The CSV has one row for each name, address, document and so on of an entity; only its name columns matter here.
pub(super) fn read_csv(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode(bytes);
    let mut out = Collector::new(Format::EuCsv, official::head("eu-fsf"), options);
    out.is_list("eu-fsf");
    let mut rows = Rows::new(&text, sniff::table_delimiter(&text), Format::EuCsv);
    let header: Vec<String> = match rows.next_row()? {
        Some((_, header)) => header.iter().map(|name| name.trim().to_owned()).collect(),
        None => Vec::new(),
    };
    let column = |name: &str| header.iter().position(|other| other == name);
    let needed = |name: &str| {
        column(name).ok_or_else(|| ImportError::Column { column: name.to_owned(), found: header.join(", ") })
    };
    let (id, whole_name) = (needed("Entity_LogicalId")?, needed("NameAlias_WholeName")?);
    let reference = column("Entity_EU_ReferenceNumber");
    let code = column("Entity_SubjectType_ClassificationCode").or_else(|| column("Entity_SubjectType"));
    let program = column("Entity_Regulation_Programme");
    let listed = column("Entity_Regulation_PublicationDate");
    let generated = column("fileGenerationDate");
    let strong = column("NameAlias_Strong");
    let birth = ["BirthDate_BirthDate", "BirthDate_Year", "BirthDate_Circa"].map(column);
    let countries = ["Citizenship_CountryIso2Code", "Address_CountryIso2Code"].map(column);
    let mut drafts: BTreeMap<u64, Draft> = BTreeMap::new();
    out.pass_over(1);
    let read = [Some(id), Some(whole_name), reference, code, program, listed, generated, strong];
    let read = [&read[..], &birth, &countries].concat();
    let unread = header.iter().enumerate().filter(|(place, _)| !read.contains(&Some(*place)));
    unread.for_each(|(_, name)| out.unread(name));
    while let Some((line, row)) = rows.next_row()? {
        out.begin_row();
        let get = |place: Option<usize>| place.and_then(|place| row.get(place)).unwrap_or_default().trim();
        let Ok(number) = get(Some(id)).parse::<u64>() else {
            out.refuse(format!("line {line}"), "the entity's number is none; left out");
            continue;
        };
        if out.source().published.is_none() {
            out.source_mut().published = text::date(get(generated));
        }
        out.row_is_read();
        let draft = drafts.entry(number).or_default();
        if draft.id.is_empty() {
            let reference = get(reference);
            draft.id = if reference.is_empty() { number.to_string() } else { reference.to_owned() };
        }
        if draft.code.is_empty() {
            get(code).clone_into(&mut draft.code);
        }
        draft.program(get(program), text::date(get(listed)));
        draft.born(get(birth[0]), get(birth[1]), get(birth[2]).eq_ignore_ascii_case("true"));
        for place in countries {
            draft.country(get(place));
        }
        if !get(Some(whole_name)).is_empty() {
            let weak = get(strong).eq_ignore_ascii_case("false");
            draft.names.push(PartyName { full: get(Some(whole_name)).to_owned(), weak });
        }
    }
    out.pass_over(rows.blank());
    for (number, draft) in drafts {
        draft.finish(&format!("entity {number}"), &mut out)?;
    }
    out.finish()
}
