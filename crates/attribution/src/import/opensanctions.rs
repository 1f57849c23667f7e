//! The table of targets that `OpenSanctions` publishes (`targets.simple.csv`): a row for each target, lists in cells parted
//! by `;`. Like the entities it is made of it is a source of its own.

use std::collections::BTreeSet;

use tracehound_model::{
    Category, Confidence, Particulars, Party, Statement,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, Said, tidy_names},
    decode::{self, decode},
    ftm, ofac_address,
    ofac_json::date_from_name,
    published::Table,
    text,
};
use crate::{ImportError, country};

const FORMAT: Format = Format::OpenSanctionsCsv;
const NEEDED: &[&str] = &["id", "schema", "name"];
/// Columns that an export of one's own may have besides.
const NAME_PARTS: &[&str] =
    &["first_name", "firstname", "second_name", "middle_name", "middlename", "last_name", "lastname"];

/// Columns in which further addresses of a wallet stand.
const WALLET_LISTS: &[&str] = &["aliases", "addresses", "identifiers"];

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode(bytes);
    // Whose targets they are stands in the rows, and the source's name before them.
    let (mut datasets, mut newest) = (BTreeSet::new(), None);
    let mut first = Table::open(&text, FORMAT, NEEDED)?;
    while let Some((_, row)) = first.next_row()? {
        datasets.extend(row.list("dataset").into_iter().filter_map(|name| text::clean(&text::shorten(name))));
        let day = ["last_seen", "last_change"].map(|column| text::date(row.get(column)));
        newest = newest.into_iter().chain(day.into_iter().flatten()).max();
        if datasets.len() > 100 {
            break;
        }
    }
    let mut out = Collector::new(FORMAT, ftm::head(FORMAT, &datasets, options)?, options);
    decode::remark(bytes, &mut out);
    out.source_mut().published = options.source.published.or(newest);
    date_from_name(&mut out, options);
    let mut table = Table::open(&text, FORMAT, NEEDED)?;
    table.begin(&mut out);
    table.is_read(&["dataset", "last_seen", "last_change"]);
    table.is_read(NAME_PARTS);
    while let Some((line, row)) = table.next_row()? {
        if row.is_blank() {
            out.pass_over(1);
            continue;
        }
        out.begin_row();
        let place = format!("line {line}");
        let (id, name) = (row.get("id"), row.get("name"));
        let listed = ["program_ids", "sanctions"].iter().any(|column| !row.get(column).is_empty());
        let seen = text::date(row.get("first_seen"));
        let programs: Vec<String> = row.list("program_ids").into_iter().map(str::to_owned).collect();
        let kind = match row.get("schema") {
            "CryptoWallet" => {
                let statement = Statement {
                    label: out.source().title.clone(),
                    category: if listed { Category::Sanction } else { out.unsaid_category() },
                    party_id: None,
                    party_listed_on: None,
                    programs,
                    asset: None,
                    actor: None,
                    reference: None,
                };
                let said = Said { statement, confidence: Confidence(50), valid_from: seen, valid_to: None };
                // A wallet may have several addresses; what it is called besides is no name of anybody.
                let mut more = Vec::new();
                for text in WALLET_LISTS.iter().flat_map(|column| row.list(column)) {
                    if ofac_address::addresses(text).is_empty() {
                        out.unread("names of wallets");
                    } else {
                        more.push(text);
                    }
                }
                let first = Some(name).filter(|name| !name.is_empty() || more.is_empty());
                for address in first.into_iter().chain(more) {
                    out.claim_about(address, &place, said.clone())?;
                }
                continue;
            }
            "Person" => PartyKind::Individual,
            "Organization" | "Company" | "PublicBody" => PartyKind::Entity,
            "Vessel" => PartyKind::Vessel,
            "Airplane" => PartyKind::Aircraft,
            "LegalEntity" => PartyKind::Unknown,
            other => {
                out.unread(&format!("schema {other}"));
                continue;
            }
        };
        // Postal addresses and numbers of documents are not read.
        for column in WALLET_LISTS.iter().filter(|column| **column != "aliases" && row.has(column)) {
            out.unread(column);
        }
        // A person whose name stands in its parts alone.
        let parts = NAME_PARTS.iter().map(|column| row.get(column)).filter(|part| !part.is_empty());
        let joined = if name.is_empty() { parts.collect::<Vec<_>>().join(" ") } else { String::new() };
        let names = [name, &joined].into_iter().filter(|name| !name.is_empty()).chain(row.list("aliases"));
        let names = tidy_names(names.map(|full| PartyName { full: full.to_owned(), weak: false }));
        if id.is_empty() || names.is_empty() {
            out.refuse_nameless(place, "a target without an id or a name; left out");
            continue;
        }
        let source = out.source().id.clone();
        let mut particulars = Particulars::default();
        let births = row.list("birth_date").into_iter().filter_map(|born| born.parse().ok());
        particulars.add_born(births);
        let countries = row.list("countries").into_iter().filter_map(country);
        particulars.add_countries(countries);
        out.party(Party { source, id: id.to_owned(), kind, names, programs, listed_on: None, particulars })?;
    }
    table.end(&mut out);
    out.finish()
}
