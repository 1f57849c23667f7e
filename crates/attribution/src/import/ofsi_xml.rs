//! OFSI's `ConList.xml`: the same list as `ConList.csv`, a record for each name of a group.
//!
//! The document does not tell its day. The newest change in it does: the list is of that day, or of a later one that is
//! given.

use std::{collections::BTreeMap, io::Read};

use jiff::civil::Date;

use super::{
    Format, Options, Snapshot,
    collect::Collector,
    official, text,
    uk::{self, Draft},
    xml::{self, Node, Xml},
};
use crate::ImportError;

pub(super) fn read(input: &mut dyn Read, options: &Options) -> Result<Snapshot, ImportError> {
    let mut xml = Xml::new(input, Format::OfsiXml);
    let mut out = Collector::new(Format::OfsiXml, official::head("uk-ofsi"), options);
    out.is_list("uk-ofsi");
    let mut groups: BTreeMap<String, Draft> = BTreeMap::new();
    let mut newest: Option<Date> = None;
    loop {
        match xml.next()? {
            Node::Open(start, level) => match (xml::name(&start), level) {
                ("ArrayOfFinancialSanctionsTarget", 1) => {}
                (other, 1) => {
                    let message =
                        format!("the document is a <{other}>, not <ArrayOfFinancialSanctionsTarget>");
                    return Err(xml.error(message));
                }
                ("FinancialSanctionsTarget", 2) => target(&mut xml, &mut groups, &mut newest, &mut out)?,
                (other, _) => {
                    out.unread(other);
                    xml.skip()?;
                }
            },
            Node::End => break,
            Node::Close(_) | Node::Text(_) => {}
        }
        if groups.len() > super::collect::MAX_PARTIES {
            return Err(xml.error(format!("more than {} groups", super::collect::MAX_PARTIES)));
        }
    }
    // Parties are taken from all records at once, not from the last.
    out.pass_over(0);
    let given = options.source.published.filter(|given| newest.is_none_or(|newest| *given >= newest));
    out.source_mut().published = given.or(newest);
    for (id, group) in groups {
        group.finish(&format!("group {}", text::shorten(&id)), &mut out)?;
    }
    out.finish()
}

fn target(
    xml: &mut Xml<'_>,
    groups: &mut BTreeMap<String, Draft>,
    newest: &mut Option<Date>,
    out: &mut Collector,
) -> Result<(), ImportError> {
    out.begin_row();
    let (depth, place) = (xml.depth(), xml.place());
    let mut parts = <[String; 6]>::default();
    let (mut non_latin, mut alias_type, mut quality) = (String::new(), String::new(), String::new());
    let mut record = Draft::default();
    loop {
        match xml.next()? {
            Node::Open(start, _) => match (xml::name(&start), uk::part(xml::name(&start))) {
                (_, Some(part)) => parts[part] = xml.text()?,
                ("GroupID", _) => record.id = xml.text()?,
                ("GroupTypeDescription", _) => record.kind = xml.text()?,
                ("AliasType", _) => alias_type = xml.text()?,
                ("AliasQuality", _) => quality = xml.text()?,
                ("NameNonLatinScript", _) => non_latin = xml.text()?,
                ("RegimeName", _) => record.program(&xml.text()?),
                ("DateListed", _) => record.listed(&xml.text()?),
                ("LastUpdated", _) => *newest = newest.iter().copied().chain(text::date(&xml.text()?)).max(),
                (other, _) => {
                    out.unread(other);
                    xml.skip()?;
                }
            },
            Node::Close(level) if level < depth => break,
            Node::Close(_) | Node::Text(_) | Node::End => {}
        }
    }
    if record.id.is_empty() {
        out.refuse(place, "the record has no GroupID; left out");
        return Ok(());
    }
    record.name(uk::join(&parts), &alias_type, &quality);
    record.name(non_latin, "", "");
    out.row_is_read();
    groups.entry(record.id.clone()).or_default().add(record);
    Ok(())
}
