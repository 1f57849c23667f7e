//! The UK sanctions list (FCDO) as XML and CSV, and OFSI's consolidated list as CSV, which shares its column names
//! (`ofsi_xml` has its XML).
//!
//! They name parties; they carry no addresses in a field of their own.

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
use crate::{ImportError, country};

/// A party as its rows or elements add up.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) kind: String,
    /// Names with whether each is the primary one.
    names: Vec<(bool, PartyName)>,
    programs: Vec<String>,
    listed_on: Option<Date>,
    particulars: Particulars,
}

impl Draft {
    pub(super) fn name(&mut self, full: String, name_type: &str, strength: &str) {
        let primary = name_type.to_ascii_lowercase().starts_with("primary");
        // "Good quality a.k.a", "Low quality a.k.a"; OFSI says "Good quality" and "Low quality".
        let weak = strength.to_ascii_lowercase().starts_with("low");
        self.names.push((primary, PartyName { full, weak }));
    }

    pub(super) fn program(&mut self, program: &str) {
        let program = program.trim();
        if !program.is_empty() && !self.programs.iter().any(|known| known == program) {
            self.programs.push(program.to_owned());
        }
    }

    pub(super) fn listed(&mut self, date: &str) {
        self.listed_on = self.listed_on.into_iter().chain(text::date(date)).min();
    }

    /// Births as the list writes them: "17/05/1962", and "dd/mm/1962" where only the year is known.
    pub(super) fn born(&mut self, written: &str) {
        for written in written.split([';', '|']).map(str::trim) {
            let parts: Vec<&str> = written.split('/').collect();
            let year = parts.last().and_then(|year| year.parse::<i16>().ok()).filter(|year| *year > 1_000);
            let day = text::date(written).and_then(|day| Born::between(day, day));
            let born = day.or_else(|| year.and_then(|year| Born::in_years(year, year)));
            self.particulars.add_born(born);
        }
    }

    /// Countries by name, several in brackets with numbers or apart by semicolons.
    pub(super) fn countries(&mut self, written: &str) {
        let is_between = |letter: char| letter.is_ascii_digit() || matches!(letter, ';' | '|');
        for name in written.split(is_between) {
            let name =
                name.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | '.'));
            self.particulars.add_countries(country::by_name(name));
        }
    }

    /// What another record of the same party says.
    pub(super) fn add(&mut self, more: Self) {
        self.id = more.id;
        if !more.kind.is_empty() {
            self.kind = more.kind;
        }
        self.names.extend(more.names);
        more.programs.iter().for_each(|program| self.program(program));
        self.listed_on = self.listed_on.into_iter().chain(more.listed_on).min();
        self.particulars.add(&more.particulars);
    }

    pub(super) fn finish(mut self, place: &str, out: &mut Collector) -> Result<(), ImportError> {
        self.names.sort_by_key(|(primary, _)| !primary);
        let names = tidy_names(self.names.into_iter().map(|(_, name)| name));
        if self.id.is_empty() || names.is_empty() {
            out.refuse_nameless(place, "a designation without an id or a name; left out");
            return Ok(());
        }
        let kind = match self.kind.to_ascii_lowercase().as_str() {
            "individual" => PartyKind::Individual,
            "entity" => PartyKind::Entity,
            "ship" | "vessel" => PartyKind::Vessel,
            _ => PartyKind::Unknown,
        };
        let source = out.source().id.clone();
        out.party(Party {
            source,
            id: self.id,
            kind,
            names,
            programs: self.programs,
            listed_on: self.listed_on,
            particulars: self.particulars,
        })
    }
}

/// Names 1 to 5 are given names, name 6 is the family name or the only one.
pub(super) fn join(parts: &[String; 6]) -> String {
    let [given @ .., family] = parts;
    let words: Vec<&str> =
        given.iter().chain([family]).map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    words.join(" ")
}

/// The place, from 0, of the name part that an element or column like `Name6` or `Name 6` holds.
pub(super) fn part(name: &str) -> Option<usize> {
    let digit = name.to_ascii_lowercase().strip_prefix("name")?.trim().parse::<usize>().ok()?;
    (1..=6).contains(&digit).then(|| digit - 1)
}

pub(super) fn read_xml(input: &mut dyn Read, options: &Options) -> Result<Snapshot, ImportError> {
    let mut xml = Xml::new(input, Format::UkXml);
    let mut out = Collector::new(Format::UkXml, official::head("uk-sanctions"), options);
    out.is_list("uk-sanctions");
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level) {
                ("Designations", 1) => {}
                (other, 1) => {
                    let message = format!("the document is a <{other}>, not <Designations>");
                    return Err(xml.error(message));
                }
                ("DateGenerated", 2) => {
                    out.source_mut().published = text::date(&xml.text()?);
                }
                ("Designation", 2) => designation(&mut xml, &mut out)?,
                _ => xml.skip()?,
            },
            Node::End if out.source().published.or(options.source.published).is_none() => {
                return Err(xml.error("the list has no DateGenerated"));
            }
            Node::End => {
                xml.tell_skipped(&mut out);
                return out.finish();
            }
            Node::Close(_) | Node::Text(_) => {}
        }
    }
}

fn designation(xml: &mut Xml<'_>, out: &mut Collector) -> Result<(), ImportError> {
    out.begin_row();
    let (depth, place) = (xml.depth(), xml.place());
    let mut draft = Draft::default();
    loop {
        match xml.next()? {
            Node::Open(start, _) => match xml::name(&start) {
                "UniqueID" => draft.id = xml.text()?,
                "DateDesignated" => draft.listed(&xml.text()?),
                "RegimeName" => draft.program(&xml.text()?),
                "IndividualEntityShip" => draft.kind = xml.text()?,
                "Names" | "NonLatinNames" | "IndividualDetails" | "Individual" | "DOBs" | "Nationalities"
                | "Addresses" | "Address" => {}
                "DOB" => draft.born(&xml.text()?),
                "Nationality" | "AddressCountry" => draft.countries(&xml.text()?),
                "Name" => name(xml, &mut draft)?,
                "NonLatinName" => non_latin(xml, &mut draft)?,
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    draft.finish(&place, out)
}

fn name(xml: &mut Xml<'_>, draft: &mut Draft) -> Result<(), ImportError> {
    let depth = xml.depth();
    let (mut parts, mut name_type, mut strength) = (<[String; 6]>::default(), String::new(), String::new());
    loop {
        match xml.next()? {
            Node::Open(start, _) => match (xml::name(&start), part(xml::name(&start))) {
                (_, Some(place)) => parts[place] = xml.text()?,
                ("NameType", _) => name_type = xml.text()?,
                ("AliasStrength", _) => strength = xml.text()?,
                _ => xml.skip()?,
            },
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    draft.name(join(&parts), &name_type, &strength);
    Ok(())
}

fn non_latin(xml: &mut Xml<'_>, draft: &mut Draft) -> Result<(), ImportError> {
    let depth = xml.depth();
    loop {
        match xml.next()? {
            Node::Open(start, _) if xml::name(&start) == "NameNonLatinScript" => {
                let full = xml.text()?;
                draft.name(full, "", "");
            }
            Node::Open(..) => xml.skip()?,
            Node::Close(level) if level < depth => return Ok(()),
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
}

/// The CSV has a line with the date, a header, then one row for each name of a designation.
pub(super) fn read_csv(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode(bytes);
    let mut rows = Rows::new(&text, sniff::table_delimiter(&text), Format::UkCsv);
    let (mut header, mut dated, mut before) = (Vec::<String>::new(), None, 0);
    while let Some((_, row)) = rows.next_row()? {
        before += 1;
        if row.iter().any(|cell| cell.trim().eq_ignore_ascii_case("Name 6")) {
            header = row.iter().map(|cell| cell.trim().to_owned()).collect();
            break;
        }
        // "Report Date: 12-Nov-2025", or OFSI's "Last Updated,24/07/2025".
        let dates = row.iter().filter_map(|cell| text::date(cell.rsplit(": ").next().unwrap_or(cell)));
        dated = dated.or(dates.max());
    }
    let column = |name: &str| header.iter().position(|other| other.eq_ignore_ascii_case(name));
    // Two lists share the column names; OFSI numbers groups, the UK Sanctions List designations.
    let list = if column("Unique ID").is_none() && column("Group ID").is_some() {
        "uk-ofsi"
    } else {
        "uk-sanctions"
    };
    let mut head = official::head(list);
    head.published = dated;
    let mut out = Collector::new(Format::UkCsv, head, options);
    out.is_list(list);
    out.pass_over(before);
    let Some(id) = column("Unique ID").or_else(|| column("Group ID")) else {
        let column = "Unique ID` or `Group ID".to_owned();
        return Err(ImportError::Column { column, found: header.join(", ") });
    };
    let name_type = column("Name type").or_else(|| column("Alias Type"));
    let strength = column("Alias strength").or_else(|| column("Alias Quality"));
    let regime = column("Regime Name").or_else(|| column("Regime"));
    let kind = column("Designation Type")
        .or_else(|| column("Individual, Entity, Ship"))
        .or_else(|| column("Group Type"));
    let listed = column("Date Designated").or_else(|| column("Listed On"));
    let non_latin = column("Name non-latin script");
    let birth = column("D.O.B").or_else(|| column("DOB"));
    let countries = ["Nationality(/ies)", "Nationality", "Address Country", "Country"].map(column);
    let parts: Vec<(usize, usize)> =
        header.iter().enumerate().filter_map(|(place, name)| Some((part(name)?, place))).collect();
    let read = [Some(id), name_type, strength, regime, kind, listed, non_latin, birth];
    let read = [&read[..], &countries].concat();
    for (place, name) in header.iter().enumerate() {
        if !read.contains(&Some(place)) && !parts.iter().any(|(_, part)| *part == place) {
            out.unread(name);
        }
    }
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    while let Some((line, row)) = rows.next_row()? {
        out.begin_row();
        let get = |place: Option<usize>| place.and_then(|place| row.get(place)).unwrap_or_default().trim();
        if get(Some(id)).is_empty() {
            out.refuse(format!("line {line}"), "the designation has no id; left out");
            continue;
        }
        out.row_is_read();
        let draft = drafts.entry(get(Some(id)).to_owned()).or_default();
        get(Some(id)).clone_into(&mut draft.id);
        let mut words = <[String; 6]>::default();
        for (part, place) in &parts {
            get(Some(*place)).clone_into(&mut words[*part]);
        }
        draft.name(join(&words), get(name_type), get(strength));
        draft.name(get(non_latin).to_owned(), "", "");
        draft.program(get(regime));
        draft.listed(get(listed));
        draft.born(get(birth));
        for place in countries {
            draft.countries(get(place));
        }
        if !get(kind).is_empty() {
            get(kind).clone_into(&mut draft.kind);
        }
    }
    out.pass_over(rows.blank());
    for (id, draft) in drafts {
        draft.finish(&format!("designation {}", text::shorten(&id)), &mut out)?;
    }
    out.finish()
}
