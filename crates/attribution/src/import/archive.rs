//! ZIP archives: the one list in it, OFAC's old files together, or a spreadsheet.
//!
//! The archive is held as it is; what it holds is unpacked as it is read, up to the limit of its format. An archive with
//! more than one list is refused: which of them was meant cannot be told, and the others would be lost unsaid.

use std::io::{Cursor, Read};

use zip::{ZipArchive, result::ZipError};

use super::{
    Options, input,
    input::Imported,
    ofac_set::{Name, Neighbour},
    sheet::{self, Sheet},
    text, workbook,
};
use crate::ImportError;

/// Most bytes of an archive; OFAC's largest has 6 MB.
const MAX_ARCHIVE: u64 = 128 << 20;
/// Most files in an archive.
const MAX_FILES: usize = 1_000;
/// Most bytes unpacked of a spreadsheet.
const MAX_SHEET: u64 = 512 << 20;
/// Files that lie beside lists and are none.
const OTHER_FILES: &[&str] = &["xsd", "pdf", "md", "html", "htm", "sha256", "md5", "asc", "sig", "minisig"];

/// Whether bytes begin a ZIP archive.
pub(super) fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// The one table in an archive, or on the one sheet of a spreadsheet (as CSV), as it stands there: for a table of one's own,
/// in which a row is no claim.
///
/// # Errors
/// Where it holds several, or something that cannot be read: which was meant is not for a program to choose.
pub fn table_in(input: &mut dyn Read) -> Result<Vec<u8>, ImportError> {
    let mut archive = open(input)?;
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let has = |name: &str| names.iter().any(|other| other == name);
    if has("content.xml") || has("xl/workbook.xml") {
        let Sheet { table, unread } =
            if has("content.xml") { content_sheet(&mut archive)? } else { workbook::read(&mut archive)? };
        return match &unread[..] {
            [] => Ok(table.into_bytes()),
            more => Err(unusable(format!(
                "it has more than one sheet ({} too): save the one that is meant as CSV",
                shown(more)
            ))),
        };
    }
    if has("[Content_Types].xml") {
        return Err(no_sheets());
    }
    let (files, _) = tell_apart(&mut archive)?;
    let [one] = &files[..] else {
        return Err(unusable(match files.len() {
            0 => "it holds no file".to_owned(),
            _ => format!("it holds several files ({}): unpack it", shown(&files)),
        }));
    };
    let member = archive.by_name(one).map_err(|error| broken(&error))?;
    let mut table = Vec::new();
    input::open(member)?.take(MAX_SHEET + 1).read_to_end(&mut table)?;
    if table.len() as u64 > MAX_SHEET {
        return Err(unusable(format!("its file has more than {MAX_SHEET} bytes: unpack it")));
    }
    if is_archive(&table) {
        return Err(unusable("it holds another archive: unpack it".to_owned()));
    }
    Ok(table)
}

pub(super) fn read(input: &mut dyn Read, options: &Options) -> Result<Imported, ImportError> {
    let mut archive = open(input)?;
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    if names.iter().any(|name| name == "content.xml") {
        return table(content_sheet(&mut archive)?, options);
    }
    if names.iter().any(|name| name == "xl/workbook.xml") {
        return table(workbook::read(&mut archive)?, options);
    }
    if names.iter().any(|name| name == "[Content_Types].xml") {
        return Err(no_sheets());
    }
    let (lists, others) = tell_apart(&mut archive)?;
    let [main, rest @ ..] = &lists[..] else { return Err(unusable("it holds no list".to_owned())) };
    let of_one_set = |first: Name| {
        let parts: Vec<Option<Name>> = rest.iter().map(|name| Name::of(name)).collect();
        let again = |at: usize| parts[..at].contains(&parts[at]);
        parts.iter().all(|name| name.is_some_and(|name| first.goes_with(name)))
            && !(0..parts.len()).any(again)
    };
    let neighbours = match Name::of(main) {
        Some(first) if of_one_set(first) => {
            rest.iter().map(|name| neighbour(&mut archive, name)).collect::<Result<_, _>>()?
        }
        _ if rest.is_empty() => Vec::new(),
        _ => {
            return Err(unusable(format!(
                "it holds several lists ({}): unpack it and import each",
                shown(&lists)
            )));
        }
    };
    let options = Options {
        file_name: base(main).to_owned(),
        // Nothing beside the archive belongs to what is in it.
        beside: None,
        together: Vec::new(),
        ..options.clone()
    };
    let mut imported = {
        let mut member = archive.by_name(main).map_err(|error| broken(&error))?;
        input::read_from(&mut member, &options, Some(neighbours))?
    };
    let unread = &mut imported.snapshot.unread;
    unread.extend(others.iter().map(|name| text::shorten(&format!("file {name}"))));
    unread.sort_unstable();
    Ok(imported)
}

/// The archive, when it is one of which nothing would be lost unsaid.
fn open(input: &mut dyn Read) -> Result<ZipArchive<Cursor<Vec<u8>>>, ImportError> {
    let mut bytes = Vec::new();
    input.take(MAX_ARCHIVE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_ARCHIVE {
        return Err(unusable(format!("it has more than {MAX_ARCHIVE} bytes")));
    }
    let listed = listed_files(&bytes);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > MAX_FILES {
        return Err(unusable(format!("it holds more than {MAX_FILES} files")));
    }
    match listed {
        None => {
            return Err(unusable(
                "its directory does not stand where the archive's end says, as when something stands before its first \
                 file: unpack it and import what it holds"
                    .to_owned(),
            ));
        }
        Some(listed) if listed != archive.len() => {
            let found = archive.len();
            return Err(unusable(format!(
                "its directory names {listed} files and {found} can be told apart (two of one name, or a wrong count): \
                 one would be lost unsaid"
            )));
        }
        Some(_) => {}
    }
    if first_file(&mut archive)?.is_some_and(|start| start > 0) {
        return Err(unusable(
            "something stands before its first file, such as another archive: unpack it and import what it holds"
                .to_owned(),
        ));
    }
    Ok(archive)
}

fn no_sheets() -> ImportError {
    ImportError::KnownButUnread {
        what: "an office document without sheets in the usual form",
        instead: "save it as CSV",
    }
}

/// How many files the archive's directory names, which the reader does not tell: of files with one name it keeps the last,
/// and it believes the count at the archive's end. `None` where the directory does not end at that end (APPNOTE 4.3.12,
/// 4.3.16).
fn listed_files(bytes: &[u8]) -> Option<usize> {
    const END: &[u8] = b"PK\x05\x06";
    const START_AT: usize = 16;
    let end = bytes.windows(END.len()).rposition(|window| window == END)?;
    let word = |at: usize| {
        let word = u32::from_le_bytes(*bytes.get(end + at..)?.first_chunk()?);
        usize::try_from(word).ok()
    };
    directory_entries(bytes, word(START_AT)?, end)
}

/// Where the first of the files that the directory names begins.
fn first_file(archive: &mut ZipArchive<Cursor<Vec<u8>>>) -> Result<Option<u64>, ImportError> {
    let mut first = None;
    for at in 0..archive.len() {
        let start = archive.by_index_raw(at).map_err(|error| broken(&error))?.header_start();
        first = Some(first.map_or(start, |first: u64| first.min(start)));
    }
    Ok(first)
}

/// Entries of a directory that begins at `start` and ends at `end`, or at the longer end record that stands before that.
fn directory_entries(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    const ENTRY: &[u8] = b"PK\x01\x02";
    const LONG_END: &[u8] = b"PK\x06\x06";
    const FIXED: usize = 46;
    const LENGTHS_AT: [usize; 3] = [28, 30, 32];
    let (mut at, mut count) = (start, 0);
    while bytes.get(at..).is_some_and(|rest| rest.starts_with(ENTRY)) {
        let length = |place: usize| Some(u16::from_le_bytes(*bytes.get(at + place..)?.first_chunk()?));
        let lengths: Option<Vec<u16>> = LENGTHS_AT.into_iter().map(length).collect();
        at += FIXED + lengths?.into_iter().map(usize::from).sum::<usize>();
        count += 1;
    }
    (at == end || bytes.get(at..).is_some_and(|rest| rest.starts_with(LONG_END))).then_some(count)
}

/// The files that may be lists, OFAC's first one in front, and those that are none.
fn tell_apart(archive: &mut ZipArchive<Cursor<Vec<u8>>>) -> Result<(Vec<String>, Vec<String>), ImportError> {
    let (mut lists, mut others) = (Vec::new(), Vec::new());
    for at in 0..archive.len() {
        let member = archive.by_index(at).map_err(|error| broken(&error))?;
        let name = member.name().to_owned();
        if member.is_dir() {
            continue;
        }
        let plain = base(&name).to_ascii_lowercase();
        let extension = plain.rsplit('.').next().unwrap_or_default();
        let is_hidden = name.starts_with("__MACOSX/") || plain.starts_with('.');
        if is_hidden
            || OTHER_FILES.contains(&extension)
            || plain.starts_with("readme")
            || plain.starts_with("license")
        {
            others.push(name);
        } else {
            lists.push(name);
        }
    }
    lists.sort_by_key(|name| (Name::of(name).map_or(usize::MAX, |name| name.part as usize), name.clone()));
    Ok((lists, others))
}

fn neighbour(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Result<Neighbour, ImportError> {
    let member = archive.by_name(name).map_err(|error| broken(&error))?;
    Neighbour::read(base(name), member)
}

/// The one sheet of an `OpenDocument` spreadsheet.
fn content_sheet(archive: &mut ZipArchive<Cursor<Vec<u8>>>) -> Result<Sheet, ImportError> {
    let content = archive.by_name("content.xml").map_err(|error| broken(&error))?;
    sheet::read(&mut content.take(MAX_SHEET))
}

/// The rows of a sheet, read as the table they are.
fn table(Sheet { table, unread }: Sheet, options: &Options) -> Result<Imported, ImportError> {
    let stem = options.file_name.rsplit_once('.').map_or(options.file_name.as_str(), |(stem, _)| stem);
    let options =
        Options { file_name: format!("{stem}.csv"), beside: None, together: Vec::new(), ..options.clone() };
    let mut imported = input::read_from(&mut table.as_bytes(), &options, Some(Vec::new()))?;
    imported.snapshot.unread.extend(unread);
    Ok(imported)
}

fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

fn shown(names: &[String]) -> String {
    let all = names.iter().take(5).map(|name| text::shorten(name)).collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{all} and {} more", names.len() - 5) } else { all }
}

fn unusable(why: String) -> ImportError {
    ImportError::Archive(why)
}

fn broken(error: &ZipError) -> ImportError {
    ImportError::Archive(error.to_string())
}
