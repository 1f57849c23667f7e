//! OFAC's old form is four files: parties, their other names, their postal addresses, and what was too long for a remark.
//! Finds those that belong to the one that is read: given in the same call, lying in the same folder or archive.

use std::{fs, io::Read, path::Path};

use sha2::{Digest, Sha256};

use super::{Format, Options, input, ofac_address, sniff, text};
use crate::ImportError;

/// Names of a folder looked at.
const MAX_FOLDER: usize = 10_000;
/// Bytes that tell which of the four a file is.
const HEAD: usize = 4 << 10;

/// Which of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// `sdn.csv`: a row for each party.
    Parties,
    /// `alt.csv`: its other names.
    Aliases,
    /// `add.csv`: where it lives.
    Addresses,
    /// `sdn_comments.csv`: the rest of a long remark.
    Comments,
}

/// Whose list, by the files' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Sdn,
    Others,
}

/// How its cells are parted, by the files' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    /// `SDN.DEL`, with `@`.
    Del,
    /// `SDN.PIP`, with `|`.
    Pip,
}

/// A file's name, where OFAC gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) list: List,
    pub(super) part: Part,
    pub(super) form: Form,
}

impl Name {
    pub(super) fn of(file_name: &str) -> Option<Self> {
        let base = file_name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        let plain = base.strip_suffix(".gz").or_else(|| base.strip_suffix(".bz2")).unwrap_or(&base);
        let (stem, extension) = plain.rsplit_once('.')?;
        let form = match extension {
            "csv" => Form::Csv,
            "del" => Form::Del,
            "pip" => Form::Pip,
            _ => return None,
        };
        let (list, part) = match stem {
            "sdn" => (List::Sdn, Part::Parties),
            "alt" => (List::Sdn, Part::Aliases),
            "add" => (List::Sdn, Part::Addresses),
            "sdn_comments" => (List::Sdn, Part::Comments),
            "cons_prim" => (List::Others, Part::Parties),
            "cons_alt" => (List::Others, Part::Aliases),
            "cons_add" => (List::Others, Part::Addresses),
            "cons_comments" => (List::Others, Part::Comments),
            _ => return None,
        };
        Some(Self { list, part, form })
    }

    /// Whether a file of the other name goes with one of this.
    pub(super) fn goes_with(self, other: Self) -> bool {
        self.list == other.list && self.form == other.form && self.part != other.part
    }
}

/// A file that somebody saved with names above its columns, which OFAC's own have not.
pub(super) struct Header<'t> {
    pub(super) part: Part,
    /// What stands below it.
    pub(super) rows: &'t str,
    /// Whether the columns that are read stand where OFAC has them.
    pub(super) in_order: bool,
}

impl<'t> Header<'t> {
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let line = text.lines().next()?;
        let mark = char::from(super::table::delimiter(line));
        let cells: Vec<String> =
            line.split(mark).map(|cell| super::mapping::normal(cell.trim().trim_matches('"'))).collect();
        let is_at = |place: usize, names: &[&str]| {
            cells.get(place).is_some_and(|cell| names.contains(&cell.as_str()))
        };
        if !is_at(0, &["ent_num", "entnum", "ent_no", "ent_number"]) {
            return None;
        }
        let has = |name: &str| cells.iter().any(|cell| cell == name);
        let part = match () {
            () if has("sdn_name") || has("sdn_type") => Part::Parties,
            () if has("alt_name") || has("alt_num") => Part::Aliases,
            () if has("add_num") => Part::Addresses,
            () if cells.len() == 2 => Part::Comments,
            () => return None,
        };
        let in_order = match part {
            Part::Parties => {
                let first = is_at(1, &["sdn_name", "name"]) && is_at(2, &["sdn_type", "type"]);
                first && is_at(3, &["program", "programs"]) && is_at(11, &["remarks", "remark"])
            }
            Part::Aliases => is_at(3, &["alt_name", "name"]),
            Part::Addresses | Part::Comments => true,
        };
        Some(Self { part, rows: text.split_once('\n').map_or("", |(_, rest)| rest), in_order })
    }
}

/// What parts the cells: it follows the number that every row begins with.
pub(super) fn delimiter(text: &str) -> u8 {
    let first = text.trim_start().trim_start_matches('"').trim_start_matches(|c: char| c.is_ascii_digit());
    let first = first.trim_start_matches('"').trim_start_matches(' ');
    // Spreadsheets save with `;` or a tab what OFAC writes with `,`.
    first.bytes().next().filter(|mark| matches!(mark, b'@' | b'|' | b';' | b'\t')).unwrap_or(b',')
}

/// Which of the four begins like this; `None` where it is none of them.
pub(super) fn part_of(text: &str) -> Option<Part> {
    if let Some(header) = Header::of(text) {
        return Some(header.part);
    }
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let mark = char::from(delimiter(first));
    let cells: Vec<&str> = first.split(mark).map(|cell| cell.trim().trim_matches('"')).collect();
    let number = |place: usize| cells.get(place).is_some_and(|cell| cell.parse::<u32>().is_ok());
    let quoted = |place: usize| first.split(mark).nth(place).is_some_and(|cell| cell.trim().starts_with('"'));
    if !number(0) {
        return None;
    }
    if first.contains("-0-") && first.matches(mark).count() >= 11 {
        return Some(Part::Parties);
    }
    if number(1) {
        let kind = cells.get(2).unwrap_or(&"");
        if matches!(*kind, "aka" | "fka" | "nka" | "a.k.a." | "f.k.a." | "n.k.a.") {
            return Some(Part::Aliases);
        }
        // Number, number, street, city, country, remark.
        return (first.contains("-0-") && cells.len() >= 5).then_some(Part::Addresses);
    }
    let remark = first.split_once(mark).map_or("", |(_, rest)| rest.trim());
    let of_ofac = ["Linked To:", "a.k.a. ", "DOB ", "Passport ", "alt. "];
    let whole = remark.len() > 1 && remark.ends_with('"');
    let is_remark =
        of_ofac.iter().any(|word| remark.contains(word)) || !ofac_address::fields(remark).is_empty();
    (quoted(1) && whole && is_remark).then_some(Part::Comments)
}

/// As [`part_of`]; of a file that bears the name of the comments a number and a quoted text are enough.
fn part_named(name: &str, text: &str) -> Option<Part> {
    let by_name = || {
        Name::of(name).filter(|name| name.part == Part::Comments)?;
        let first = text.lines().find(|line| !line.trim().is_empty())?;
        let (number, rest) = first.split_once(char::from(delimiter(first)))?;
        let is_row = number.trim().parse::<u32>().is_ok() && rest.trim().starts_with('"');
        is_row.then_some(Part::Comments)
    };
    part_of(text).or_else(by_name)
}

/// One of the files, unpacked.
pub(super) struct Neighbour {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Neighbour {
    pub(super) fn read(name: &str, from: impl Read) -> Result<Self, ImportError> {
        let limit = Format::OfacSdnCsv.limit();
        let mut bytes = Vec::new();
        input::open(from)?.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(ImportError::TooLarge { format: Format::OfacSdnCsv, limit });
        }
        Ok(Self { name: name.to_owned(), bytes })
    }

    fn is_blank(&self) -> bool {
        sniff::head_text(&self.bytes).trim().is_empty()
    }

    fn part(&self) -> Option<Part> {
        part_named(&self.name, &sniff::head_text(&self.bytes[..self.bytes.len().min(HEAD)]))
    }
}

/// The files that are read together.
pub(super) struct Set {
    /// Each part at most once, in the order of [`Part`].
    pub(super) files: Vec<(Part, Neighbour)>,
    /// Whose list, where the names tell.
    pub(super) list: Option<List>,
}

impl Set {
    /// The file `bytes` with those that belong to it. Without the parties the others stand alone: what is left of a set
    /// is read as what it is.
    pub(super) fn of(
        bytes: Vec<u8>,
        options: &Options,
        packed: Option<Vec<Neighbour>>,
    ) -> Result<Self, ImportError> {
        let name = Name::of(&options.file_name);
        let own = Neighbour { name: options.file_name.clone(), bytes };
        let list = name.map(|name| name.list);
        let part = own.part().or(name.map(|name| name.part)).unwrap_or(Part::Parties);
        let is_packed = packed.is_some();
        let others = match packed {
            Some(packed) => packed,
            None => neighbours(name, options)?,
        };
        let mut files = vec![(part, own)];
        for other in others {
            match other.part() {
                Some(part) if !files.iter().any(|(known, _)| *known == part) => files.push((part, other)),
                None if is_packed && Name::of(&other.name).is_some() && !other.is_blank() => {
                    return Err(not_as_named(&other.name));
                }
                // The second of one part would not be read, though its name says that it is another.
                Some(_) if Name::of(&other.name).is_some() => return Err(not_as_named(&other.name)),
                _ => {}
            }
        }
        files.sort_by_key(|(part, _)| *part);
        if files[0].0 != Part::Parties && is_packed && files.len() > 1 {
            return Err(ImportError::Archive(format!(
                "{} stand beside no file of parties (sdn.csv, cons_prim.csv), to which they belong",
                names(&files)
            )));
        }
        if files[0].0 != Part::Parties {
            files.retain(|(known, _)| *known == part);
        }
        Ok(Self { files, list })
    }

    /// The hash of all of them; of one file its own.
    pub(super) fn sha256(&self) -> Option<String> {
        if self.files.len() == 1 {
            return None;
        }
        let mut hash = Sha256::new();
        for (part, file) in &self.files {
            hash.update([*part as u8]);
            hash.update(Sha256::digest(&file.bytes));
        }
        Some(hex::encode(hash.finalize()))
    }
}

/// The other files of the set: by what they hold where they were given in the same call, by their names in the folder.
fn neighbours(name: Option<Name>, options: &Options) -> Result<Vec<Neighbour>, ImportError> {
    let mut found = Vec::new();
    for path in options.together.iter().filter(|path| path.is_file()) {
        let file_name = file_name(path);
        let of_another_list =
            Name::of(&file_name).zip(name).is_some_and(|(other, own)| !own.goes_with(other));
        if file_name != options.file_name && !of_another_list && is_part(path)? {
            found.push(Neighbour::read(&file_name, fs::File::open(path)?)?);
        }
    }
    let Some((own, folder)) = name.zip(options.beside.as_deref()) else { return Ok(found) };
    let Ok(entries) = fs::read_dir(folder) else { return Ok(found) };
    let mut paths: Vec<_> = entries.take(MAX_FOLDER).filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let file_name = file_name(&path);
        let Some(other) = Name::of(&file_name).filter(|other| own.goes_with(*other)) else { continue };
        let known = found.iter().any(|known: &Neighbour| Name::of(&known.name) == Some(other));
        if known || !path.is_file() {
            continue;
        }
        if is_part(&path)? {
            found.push(Neighbour::read(&file_name, fs::File::open(&path)?)?);
        } else if !is_blank(&path)? {
            return Err(not_as_named(&file_name));
        }
    }
    Ok(found)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether a file begins as one of the four; it is read whole only then.
fn is_part(path: &Path) -> Result<bool, ImportError> {
    let mut head = Vec::new();
    let file = fs::File::open(path)?;
    input::open(file)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(part_named(&file_name(path), &sniff::head_text(&head)).is_some())
}

fn is_blank(path: &Path) -> Result<bool, ImportError> {
    Ok(Neighbour::read("", fs::File::open(path)?)?.is_blank())
}

/// A file that bears the name of one of the four and is none: what stands in it must not go unread without a word.
fn not_as_named(name: &str) -> ImportError {
    ImportError::Unusable {
        format: Format::OfacSdnCsv,
        missing: format!(
            "{} belongs to it by its name, and its first row is not what stands in such a file: fetch it again, or take it \
             away",
            text::shorten(name)
        ),
    }
}

/// What a person calls the files of a set.
pub(super) fn names(files: &[(Part, Neighbour)]) -> String {
    files.iter().map(|(_, file)| text::shorten(&file.name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_the_four_is_told_by_its_first_row() {
        for (text, part) in [
            ("36,\"A, B\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n", Some(Part::Parties)),
            ("36,12,\"aka\",\"A, B\",-0- \n", Some(Part::Aliases)),
            ("36,25,-0- ,\"Havana\",\"Cuba\",-0- \n", Some(Part::Addresses)),
            ("36,\"1 St\",\"x\"\n", None),
            ("36,\"alt. Digital Currency Address - ETH 0x1; Linked To: B.\"\n", Some(Part::Comments)),
            ("1,1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi,BTC,X\n", None),
            ("36@\"A\"@-0- @\"CUBA\"@-0- @-0- @-0- @-0- @-0- @-0- @-0- @-0- \n", Some(Part::Parties)),
            ("36|12|\"aka\"|\"A, B\"|-0- \n", Some(Part::Aliases)),
            ("36;A;-0- ;CUBA;-0- ;-0- ;-0- ;-0- ;-0- ;-0- ;-0- ;-0- \n", Some(Part::Parties)),
            (
                "36\t\"A, B\"\t-0- \t\"CUBA\"\t-0- \t-0- \t-0- \t-0- \t-0- \t-0- \t-0- \t-0- \n",
                Some(Part::Parties),
            ),
            ("\"36\";\"12\";\"aka\";\"A, B\";\"-0- \"\n", Some(Part::Aliases)),
            ("1,2,3\n", None),
            ("1;2;3\n", None),
            ("address,label\n", None),
        ] {
            assert_eq!(part_of(text), part, "{text}");
        }
    }
}
