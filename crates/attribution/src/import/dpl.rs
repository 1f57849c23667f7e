//! The Denied Persons List of BIS: whom the United States denies export privileges. It names parties without numbers, a row
//! for each of their postal addresses; it carries no addresses of chains.

use std::collections::BTreeSet;

use jiff::civil::Date;
use tracehound_model::{
    Particulars, Party, SourceId, SourceKind,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot, SourceHead,
    collect::{Collector, tidy_names},
    decode::{self, decode},
    ofac_json::date_from_name,
    published::{Table, month_first},
    text,
};
use crate::ImportError;

const FORMAT: Format = Format::DeniedPersons;
/// What the list is called where programmes are shown.
const PROGRAM: &str = "BIS Denied Persons";

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode(bytes);
    let head = SourceHead {
        id: SourceId("us-bis-dpl".to_owned()),
        // No sanctions: nobody has to have it fresh for an answer about sanctions.
        kind: SourceKind::LawEnforcement,
        title: "Denied Persons List".to_owned(),
        publisher: "U.S. Department of Commerce, Bureau of Industry and Security".to_owned(),
        url: Some("https://www.bis.gov/denied-persons-list".to_owned()),
        published: None,
    };
    let mut out = Collector::new(FORMAT, head, options);
    decode::remark(bytes, &mut out);
    out.source_mut().published = options.source.published;
    date_from_name(&mut out, options);
    let mut table = Table::open(&text, FORMAT, &["name", "effective_date"])?;
    table.begin(&mut out);
    // One order may stand in several rows, one for each postal address.
    let mut orders: BTreeSet<(String, Option<Date>)> = BTreeSet::new();
    while let Some((line, row)) = table.next_row()? {
        if row.is_blank() {
            out.pass_over(1);
            continue;
        }
        out.begin_row();
        let Some(name) = text::clean(row.get("name")) else {
            out.refuse(format!("line {line}"), "there is no name; left out");
            continue;
        };
        let effective = row.get("effective_date");
        let day = month_first(effective);
        if day.is_none() && !effective.is_empty() {
            out.warn(
                format!("line {line}"),
                format!("`{}` is no full date; left out", text::shorten(effective)),
            );
        }
        out.row_is_read();
        orders.insert((name, day));
    }
    table.end(&mut out);
    for (name, listed_on) in orders {
        let id = listed_on.map_or_else(|| name.clone(), |day| format!("{name} {day}"));
        let names = tidy_names([PartyName { full: name, weak: false }]);
        let source = out.source().id.clone();
        let programs = vec![PROGRAM.to_owned()];
        out.party(Party {
            source,
            id,
            kind: PartyKind::Unknown,
            names,
            programs,
            listed_on,
            particulars: Particulars::default(),
        })?;
    }
    out.finish()
}
