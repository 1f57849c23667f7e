//! OFAC's legacy `sdn.csv`: twelve columns without a header (somebody may have added one), `-0-` for nothing, addresses and aliases in the remarks.
//!
//! The remarks column is cut at 1,000 characters; what follows stands in `sdn_comments.csv`. Without that file the last
//! piece of such a remark is not trusted: half an address is no address. Names stand in `alt.csv`.

use std::collections::HashMap;

use tracehound_model::{
    Category, Confidence, Particulars, Party, Statement,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, Said, tidy_names},
    ofac_address, ofac_born,
    ofac_json::date_from_name,
    ofac_set::{self, Header, List, Neighbour, Part, Set},
    official,
    table::{Record, Rows, decode},
};
use crate::ImportError;

const FORMAT: Format = Format::OfacSdnCsv;
/// One of the other files by itself.
const PART: Format = Format::OfacCsvPart;
const COLUMNS: usize = 12;
/// Where OFAC cuts a remark.
const REMARK_LIMIT: usize = 1_000;

pub(super) fn read(set: &Set, options: &Options) -> Result<Snapshot, ImportError> {
    let ((part, first), more) = set.files.split_first().expect("a set has the file it was made of");
    if *part != Part::Parties {
        return alone(*part, first, set.list, options);
    }
    let mut out = Collector::new(FORMAT, official::head("ofac-sdn"), options);
    date_from_name(&mut out, options);
    let mut beside = Beside::default();
    for (part, file) in more {
        beside.take(*part, file, &mut out)?;
    }
    if !more.is_empty() {
        let message = format!("read together with {}, which must be of the same day", ofac_set::names(more));
        out.warn("the whole list", message);
    }
    let text = decode(&first.bytes);
    let mut rows = rows(&text, "line 1", &mut out)?;
    let (mut parties, mut other_lists) = (0_usize, 0_usize);
    while let Some((line, row)) = rows.next_row()? {
        if is_end_mark(row) {
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
        take_row(&mut out, line, row, &mut beside)?;
    }
    out.pass_over(rows.blank());
    for column in ["title", "call sign", "vessel type", "tonnage", "flag", "owner"] {
        out.unread(column);
    }
    beside.finish(&mut out);
    whose(parties, other_lists, &mut out, options)?;
    out.finish()
}

/// The rows of one of the files, below the names of columns that somebody may have put there.
fn rows<'t>(text: &'t str, place: &str, out: &mut Collector) -> Result<Rows<'t>, ImportError> {
    let Some(header) = Header::of(text) else {
        return Ok(Rows::new(text, ofac_set::delimiter(text), FORMAT));
    };
    if !header.in_order {
        return Err(ImportError::Syntax {
            format: FORMAT,
            place: place.to_owned(),
            message: "the columns do not stand in OFAC's order: take the file as OFAC publishes it"
                .to_owned(),
        });
    }
    out.pass_over(1);
    Ok(Rows::new(header.rows, ofac_set::delimiter(header.rows), FORMAT).after(1))
}

/// The file ends with a Ctrl-Z of its own.
fn is_end_mark(row: &Record<'_>) -> bool {
    row.len() == 1 && row[0].trim_matches(['\u{1a}', ' ']).is_empty()
}

/// What the other three files say, by the party's number.
#[derive(Default)]
struct Beside {
    /// Each with its file and line.
    aliases: HashMap<u32, Vec<(String, String)>>,
    comments: HashMap<u32, Vec<(String, String)>>,
}

impl Beside {
    fn take(&mut self, part: Part, file: &Neighbour, out: &mut Collector) -> Result<(), ImportError> {
        let text = decode(&file.bytes);
        let name = super::text::shorten(&file.name);
        let mut rows = rows(&text, &format!("{name} line 1"), out)?;
        while let Some((line, row)) = rows.next_row()? {
            let number = row.get(0).and_then(|cell| cell.trim().parse::<u32>().ok());
            let place = format!("{name} line {line}");
            match (part, number) {
                _ if is_end_mark(row) => out.pass_over(1),
                (_, None) => {
                    return Err(ImportError::Syntax {
                        format: FORMAT,
                        place,
                        message: "the first column is no number".to_owned(),
                    });
                }
                (Part::Aliases, Some(id)) => match field(row, 3) {
                    Some(full) => self.aliases.entry(id).or_default().push((place, full.to_owned())),
                    None => refuse_row(out, place, "there is no name; left out"),
                },
                (Part::Comments, Some(id)) => match field(row, 1) {
                    Some(_) => self.comments.entry(id).or_default().push((place, row[1].to_owned())),
                    None => refuse_row(out, place, "there is no text; left out"),
                },
                (Part::Addresses | Part::Parties, Some(_)) => out.pass_over(1),
            }
        }
        out.pass_over(rows.blank());
        match part {
            Part::Addresses => out.unread(&format!("postal addresses ({name})")),
            Part::Aliases => {
                out.unread("alias remarks");
            }
            Part::Parties | Part::Comments => {}
        }
        Ok(())
    }

    /// Rows about parties that the first file lacks.
    fn finish(self, out: &mut Collector) {
        let mut left: Vec<(u32, String)> = Vec::new();
        for (id, rows) in self.aliases.into_iter().chain(self.comments) {
            left.extend(rows.into_iter().map(|(place, _)| (id, place)));
        }
        left.sort_unstable();
        for (id, place) in left {
            refuse_row(
                out,
                place,
                &format!("sdn.csv has no party {id}: are the files of the same day? left out"),
            );
        }
    }
}

fn refuse_row(out: &mut Collector, place: String, why: &str) {
    out.begin_row();
    out.refuse(place, why);
}

/// One of the other three files without the parties it speaks of: it names them by number.
fn alone(
    part: Part,
    file: &Neighbour,
    list: Option<List>,
    options: &Options,
) -> Result<Snapshot, ImportError> {
    if part == Part::Addresses {
        return Err(ImportError::KnownButUnread {
            what: "OFAC's add.csv, the postal addresses of the parties in sdn.csv",
            instead: "it names nobody by itself: give it together with sdn.csv (lists import sdn.csv alt.csv add.csv \
                      sdn_comments.csv), or take SDN_ADVANCED.XML, which holds all in one",
        });
    }
    if list.is_none() && options.source.id.is_none() {
        return Err(ImportError::WhoseList {
            format: PART,
            why: "this file belongs to sdn.csv or cons_prim.csv, which is not beside it".to_owned(),
            hint: "give it together with that file, take SDN_ADVANCED.XML, or say --source ofac-sdn or --source \
                   ofac-consolidated: as an extract of that list it adds and ends nobody",
        });
    }
    let id = if list == Some(List::Others) { "ofac-consolidated" } else { "ofac-sdn" };
    let mut out = Collector::new(PART, official::head(id), options);
    date_from_name(&mut out, options);
    let mut beside = Beside::default();
    beside.take(part, file, &mut out)?;
    out.partial("it is one of four files, without the one that names the parties");
    let message = "sdn.csv is not beside it: parties are known by their numbers alone, their main names, kinds and \
                   programmes are there";
    out.warn("the whole list", message);
    let mut parties: Vec<(u32, Vec<(String, String)>)> =
        beside.aliases.into_iter().chain(beside.comments).collect();
    parties.sort_by_key(|(id, _)| *id);
    for (id, rows) in parties {
        let id = id.to_string();
        let mut who = Who {
            name: format!("OFAC party {id}"),
            programs: Vec::new(),
            names: Vec::new(),
            particulars: Particulars::default(),
            id,
        };
        for (place, text) in rows {
            out.begin_row();
            out.row_is_read();
            if part == Part::Aliases {
                who.names.push(PartyName { full: text, weak: false });
            } else {
                who.remarks(&text, false, &place, &mut out)?;
            }
        }
        let names = tidy_names(who.names);
        if !names.is_empty() {
            let source = out.source().id.clone();
            let kind = PartyKind::Unknown;
            out.party(Party {
                source,
                id: who.id,
                kind,
                names,
                programs: Vec::new(),
                listed_on: None,
                particulars: who.particulars,
            })?;
        }
    }
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

fn field<'r>(row: &'r Record<'_>, index: usize) -> Option<&'r str> {
    row.get(index).map(str::trim).filter(|text| !text.is_empty() && *text != "-0-")
}

fn take_row(
    out: &mut Collector,
    line: u64,
    row: &Record<'_>,
    beside: &mut Beside,
) -> Result<(), ImportError> {
    let id = row[0].trim();
    let name = field(row, 1).unwrap_or(id).to_owned();
    let kind = match field(row, 2) {
        Some("individual") => PartyKind::Individual,
        Some("vessel") => PartyKind::Vessel,
        Some("aircraft") => PartyKind::Aircraft,
        None => PartyKind::Entity,
        Some(_) => PartyKind::Unknown,
    };
    let number = id.parse::<u32>().unwrap_or_default();
    // Rows of the other files are counted beside this one, which names a party in any case.
    out.row_is_read();
    let mut remarks = field(row, 11).map_or_else(String::new, |_| row[11].to_owned());
    let mut cut = remarks.trim().len() >= REMARK_LIMIT && !remarks.trim().ends_with('.');
    let names = vec![PartyName { full: name.clone(), weak: false }];
    let particulars = Particulars::default();
    let mut who = Who { id: id.to_owned(), name, programs: programs(row), names, particulars };
    for (_, more) in beside.comments.remove(&number).into_iter().flatten() {
        remarks = joined(&remarks, &more, cut);
        cut = false;
        out.begin_row();
        out.row_is_read();
    }
    for (_, full) in beside.aliases.remove(&number).into_iter().flatten() {
        who.names.push(PartyName { full, weak: false });
        out.begin_row();
        out.row_is_read();
    }
    who.remarks(&remarks, cut, &format!("line {line}"), out)?;
    let source = out.source().id.clone();
    let Who { id, programs, names, particulars, .. } = who;
    out.party(Party { source, id, kind, names: tidy_names(names), programs, listed_on: None, particulars })
}

/// A remark with its rest. Where it was cut the rest follows as it stands, else it begins a piece of its own, unless the two
/// halves of an address meet.
fn joined(remark: &str, rest: &str, cut: bool) -> String {
    if remark.trim().is_empty() {
        return rest.to_owned();
    }
    let (last, first) =
        (remark.rsplit(';').next().unwrap_or_default(), rest.split(';').next().unwrap_or_default());
    let halves = || {
        let goes_on = ofac_address::may_go_on(last) && !ofac_address::has_address(last);
        goes_on
            && ofac_address::fields(first).is_empty()
            && ofac_address::has_address(&format!("{last}{first}"))
    };
    if cut || halves() {
        return format!("{remark}{rest}");
    }
    format!("{}; {}", remark.trim().trim_end_matches(['.', ';']), rest.trim())
}

/// A party while its remarks are read.
struct Who {
    id: String,
    name: String,
    programs: Vec<String>,
    names: Vec<PartyName>,
    particulars: Particulars,
}

impl Who {
    /// Takes the addresses, births and weak aliases of a remark. `cut`: its last piece may go on elsewhere.
    fn remarks(
        &mut self,
        remarks: &str,
        cut: bool,
        place: &str,
        out: &mut Collector,
    ) -> Result<(), ImportError> {
        let remarks = remarks.trim();
        let pieces: Vec<&str> = remarks.strip_suffix('.').unwrap_or(remarks).split(';').collect();
        for (position, piece) in pieces.iter().enumerate() {
            let doubtful = cut && position + 1 == pieces.len();
            let piece = piece.trim();
            let said = |asset| Said {
                statement: Statement {
                    label: self.name.clone(),
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
            let fields = ofac_address::fields(piece);
            if doubtful && ofac_address::may_go_on(piece) {
                let message = "the remark is cut at 1,000 characters inside an address, which is left out; the rest is \
                               in sdn_comments.csv: give both together, or take SDN_ADVANCED.XML";
                out.refuse(place, message);
                out.partial("a remark is cut inside an address");
            } else if !fields.is_empty() {
                for field in &fields {
                    ofac_address::take(field, place, out, said)?;
                }
            } else if let Some(born) = ofac_born::in_piece(piece).filter(|_| !doubtful) {
                self.particulars.add_born([born]);
            } else if let Some(alias) = alias(piece).filter(|_| !doubtful) {
                // Aliases in the remarks are the weak ones; the others are in alt.csv.
                self.names.push(PartyName { full: alias.to_owned(), weak: true });
            } else {
                // The second half of a field, whose first is not here, or an address after a semicolon.
                for address in ofac_address::addresses(piece) {
                    out.claim_about(address, place, said(None))?;
                }
            }
        }
        Ok(())
    }
}

/// `a.k.a. 'NAME'` and its kin.
fn alias(piece: &str) -> Option<&str> {
    let piece = piece.trim_start_matches("alt. ");
    let rest = ["a.k.a. ", "f.k.a. ", "n.k.a. "].iter().find_map(|prefix| piece.strip_prefix(prefix))?;
    let within = |mark: char| rest.strip_prefix(mark)?.strip_suffix(mark);
    within('\'').or_else(|| within('"'))
}
