//! OFAC's legacy `sdn.csv`: twelve columns without a header, `-0-` for nothing, addresses and aliases in the remarks.
//!
//! The remarks column is cut at 1,000 characters; what follows stands in `sdn_comments.csv`. The last piece of such a
//! remark is not trusted: half an address is no address.

use csv::StringRecord;
use tracehound_model::{
    Category, Confidence, Party, Statement,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, Said, tidy_names},
    ofac_json::date_from_name,
    ofac_xml,
    table::{Rows, decode},
};
use crate::ImportError;

const FORMAT: Format = Format::OfacSdnCsv;
const COLUMNS: usize = 12;
/// Where OFAC cuts a remark.
const REMARK_LIMIT: usize = 1_000;
const ADDRESS: &str = "Digital Currency Address - ";

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode(bytes);
    let mut out = Collector::new(FORMAT, options.source.apply(ofac_xml::head()));
    date_from_name(&mut out, options);
    let mut rows = Rows::new(&text, b',', FORMAT);
    while let Some((line, row)) = rows.next_row()? {
        // The file ends with a Ctrl-Z of its own.
        if row.len() == 1 && row[0].trim_matches(['\u{1a}', ' ']).is_empty() {
            continue;
        }
        if row.len() != COLUMNS || row[0].trim().parse::<u32>().is_err() {
            return Err(ImportError::Syntax {
                format: FORMAT,
                place: format!("line {line}"),
                message: format!("{} columns where {COLUMNS} belong, the first of them a number", row.len()),
            });
        }
        take_row(&mut out, line, row)?;
    }
    out.finish()
}

fn take_row(out: &mut Collector, line: u64, row: &StringRecord) -> Result<(), ImportError> {
    let field = |index: usize| Some(row[index].trim()).filter(|text| !text.is_empty() && *text != "-0-");
    let id = row[0].trim();
    let name = field(1).unwrap_or(id).to_owned();
    let kind = match field(2) {
        Some("individual") => PartyKind::Individual,
        Some("vessel") => PartyKind::Vessel,
        Some("aircraft") => PartyKind::Aircraft,
        None => PartyKind::Entity,
        Some(_) => PartyKind::Unknown,
    };
    // Several programmes stand as `DPRK3] [CYBER2`.
    let mut programs: Vec<String> =
        field(3).unwrap_or_default().split("] [").map(|program| program.trim().to_owned()).collect();
    programs.retain(|program| !program.is_empty());
    programs.sort_unstable();
    programs.dedup();
    let remarks = field(11).unwrap_or_default();
    let cut = remarks.len() >= REMARK_LIMIT && !remarks.ends_with('.');
    let pieces: Vec<&str> = remarks.strip_suffix('.').unwrap_or(remarks).split("; ").collect();
    let mut names = vec![PartyName { full: name.clone(), weak: false }];
    for (position, piece) in pieces.iter().enumerate() {
        let doubtful = cut && position + 1 == pieces.len();
        let piece = piece.trim().trim_start_matches("alt. ");
        if doubtful && could_be_address(piece) {
            let message = "the remark is cut at 1,000 characters inside an address, which is left out; \
                           the rest is in sdn_comments.csv, better take SDN_ADVANCED.XML";
            out.refuse(format!("line {line}"), message);
        } else if let Some((asset, address)) =
            piece.strip_prefix(ADDRESS).and_then(|rest| rest.split_once(' '))
        {
            let statement = Statement {
                label: name.clone(),
                category: Category::Sanction,
                party_id: Some(id.to_owned()),
                party_listed_on: None,
                programs: programs.clone(),
                asset: Some(asset.to_owned()),
                actor: None,
                reference: None,
            };
            let said =
                Said { statement, confidence: Confidence::AUTHORITY, valid_from: None, valid_to: None };
            out.claim_about(address, &format!("line {line}"), said)?;
        } else if let Some(alias) = alias(piece).filter(|_| !doubtful) {
            // Aliases in the remarks are the weak ones; the others are in alt.csv.
            names.push(PartyName { full: alias.to_owned(), weak: true });
        }
    }
    let source = out.source().id.clone();
    out.party(Party { source, id: id.to_owned(), kind, names: tidy_names(names), programs, listed_on: None });
    Ok(())
}

/// Whether a piece cut anywhere may have begun as an address.
fn could_be_address(piece: &str) -> bool {
    let shared = piece.len().min(ADDRESS.len());
    shared >= "Digital".len() && piece.is_char_boundary(shared) && piece[..shared] == ADDRESS[..shared]
}

/// `a.k.a. 'NAME'` and its kin.
fn alias(piece: &str) -> Option<&str> {
    let rest = ["a.k.a. ", "f.k.a. ", "n.k.a. "].iter().find_map(|prefix| piece.strip_prefix(prefix))?;
    rest.strip_prefix('\'')?.strip_suffix('\'')
}
