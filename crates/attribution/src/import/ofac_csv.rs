//! OFAC's legacy `sdn.csv`: twelve columns without a header, `-0-` for nothing, addresses and aliases in the remarks.
//!
//! The remarks column is cut at 1,000 characters; what follows stands in `sdn_comments.csv`. The last piece of such a
//! remark is not trusted: half an address is no address.

use tracehound_model::{
    Category, Confidence, Party, Statement,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, Said, tidy_names},
    ofac_json::date_from_name,
    official,
    table::{Record, Rows, decode},
};
use crate::ImportError;

const FORMAT: Format = Format::OfacSdnCsv;
const COLUMNS: usize = 12;
/// Where OFAC cuts a remark.
const REMARK_LIMIT: usize = 1_000;
const ADDRESS: &str = "Digital Currency Address - ";

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode(bytes);
    let mut out = Collector::new(FORMAT, official::head("ofac-sdn"), options);
    date_from_name(&mut out, options);
    let mut rows = Rows::new(&text, b',', FORMAT);
    let (mut parties, mut other_lists) = (0_usize, 0_usize);
    while let Some((line, row)) = rows.next_row()? {
        // The file ends with a Ctrl-Z of its own.
        if row.len() == 1 && row[0].trim_matches(['\u{1a}', ' ']).is_empty() {
            out.pass_over(1);
            continue;
        }
        if row.len() != COLUMNS || row[0].trim().parse::<u32>().is_err() {
            return Err(ImportError::Syntax {
                format: FORMAT,
                place: format!("line {line}"),
                message: format!("{} columns where {COLUMNS} belong, the first of them a number", row.len()),
            });
        }
        out.begin_row();
        parties += 1;
        other_lists += usize::from(programs(row).iter().all(|program| is_of_another_list(program)));
        take_row(&mut out, line, row)?;
    }
    out.pass_over(rows.blank());
    for column in ["title", "call sign", "vessel type", "tonnage", "flag", "owner"] {
        out.unread(column);
    }
    whose(parties, other_lists, &mut out, options)?;
    out.finish()
}

/// OFAC's other lists come in the very same form (`cons_prim.csv`). A file is taken for the SDN list when nothing else can
/// be: it has as many parties as that list has had since 2018, and most stand under its own programmes.
fn whose(
    parties: usize,
    other_lists: usize,
    out: &mut Collector,
    options: &Options,
) -> Result<(), ImportError> {
    let surely_sdn = parties >= LEAST_PARTIES && other_lists * 10 < parties;
    let Some(given) = options.source.id.as_ref().map(official::list_of) else {
        if surely_sdn {
            return Ok(());
        }
        return Err(ImportError::WhoseList {
            format: FORMAT,
            why: format!("{parties} parties in this form may be of the SDN list or of OFAC's other lists"),
            hint: "take SDN_ADVANCED.XML, or say --source ofac-sdn or --source ofac-consolidated: as an extract of that \
                   list it adds and ends nobody",
        });
    };
    if given.0 == "ofac-sdn" && other_lists == parties {
        return Err(ImportError::WhoseList {
            format: FORMAT,
            why: "every party stands under a programme of OFAC's other lists, none of the SDN list"
                .to_owned(),
            hint: "say --source ofac-consolidated",
        });
    }
    if given.0 == "ofac-consolidated" {
        if surely_sdn {
            out.is_list("ofac-sdn");
        }
        out.partial("this form does not tell the lists apart");
    } else if !surely_sdn {
        out.partial(format!("{parties} parties are not the whole SDN list"));
    }
    Ok(())
}

/// Fewest parties of a file that can be the whole SDN list.
pub(super) const LEAST_PARTIES: usize = 6_000;

/// Programmes of OFAC's lists besides the SDN list.
pub(super) fn is_of_another_list(program: &str) -> bool {
    program.starts_with("NS-")
        || [
            "UKRAINE-EO13662",
            "561-Related",
            "561-RELATED",
            "CMIC-EO13959",
            "FSE-IR",
            "FSE-SY",
            "FSE-WMD",
            "IFCA",
        ]
        .contains(&program)
}

/// Several programmes stand as `DPRK3] [CYBER2`.
fn programs(row: &Record<'_>) -> Vec<String> {
    let field = row.get(3).unwrap_or_default().trim();
    let mut programs: Vec<String> = field.split("] [").map(|program| program.trim().to_owned()).collect();
    programs.retain(|program| !program.is_empty() && program != "-0-");
    programs.sort_unstable();
    programs.dedup();
    programs
}

fn take_row(out: &mut Collector, line: u64, row: &Record<'_>) -> Result<(), ImportError> {
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
    let programs = programs(row);
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
            out.partial("a remark is cut inside an address");
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
    out.party(Party { source, id: id.to_owned(), kind, names: tidy_names(names), programs, listed_on: None })
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
