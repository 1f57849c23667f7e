//! ZIP archives and spreadsheets: the list in them is read as it would be by itself.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use tracehound_attribution::{
    ImportError,
    import::{Imported, read},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::support::{named, text};

const UN: &str = "<CONSOLIDATED_LIST dateGenerated=\"2025-01-02\"><INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID>\
<FIRST_NAME>A</FIRST_NAME></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>";
const TABLE: &str = "address,label\n1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi,Quux\n";

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let how = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        archive.start_file(*name, how).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn unpack(name: &str, files: &[(&str, &[u8])]) -> Result<Imported, ImportError> {
    read(&mut packed(files).as_slice(), &named(name))
}

fn complaint(files: &[(&str, &[u8])]) -> String {
    unpack("x.zip", files).unwrap_err().to_string()
}

#[test]
fn the_one_list_in_an_archive_is_read_as_it_is() {
    let inside = unpack("un.zip", &[("folder/un.xml", UN.as_bytes())]).unwrap();
    let alone = read(&mut UN.as_bytes(), &named("un.xml")).unwrap();
    assert_eq!(inside, alone, "the hash is the list's, however it was packed");
    // What lies beside it and is no list is named.
    let beside =
        unpack("un.zip", &[("un.xml", UN.as_bytes()), ("un.xsd", b"<schema/>"), ("README.txt", b"x")]);
    assert_eq!(beside.unwrap().snapshot.unread, ["file README.txt", "file un.xsd"]);
    let hidden: [(&str, &[u8]); 3] =
        [("un.xml", UN.as_bytes()), (".more.csv", TABLE.as_bytes()), ("__MACOSX/._un.xml", b"x")];
    let hidden = unpack("un.zip", &hidden).unwrap().snapshot.unread;
    assert_eq!(hidden, ["file .more.csv", "file __MACOSX/._un.xml"]);
}

#[test]
fn an_archive_without_one_list_is_refused_with_what_is_in_it() {
    // The same name twice, which no writer here makes.
    let mut twice = packed(&[("a.csv", TABLE.as_bytes()), ("b.csv", b"address\n")]);
    let at = |bytes: &[u8]| bytes.windows(5).position(|name| name == b"b.csv");
    while let Some(at) = at(&twice) {
        twice[at] = b'a';
    }
    let twice = read(&mut twice.as_slice(), &named("x.zip")).unwrap_err().to_string();
    assert!(twice.contains("two of one name"), "{twice}");
    // An end that counts one file of two, and one that puts the directory's start behind the first.
    let both = packed(&[("a.csv", TABLE.as_bytes()), ("b.csv", b"address\n")]);
    let end = both.len() - 22;
    let with = |at: usize, value: &[u8]| {
        let mut bytes = both.clone();
        bytes[end + at..end + at + value.len()].copy_from_slice(value);
        read(&mut bytes.as_slice(), &named("x.zip")).unwrap_err().to_string()
    };
    let fewer = with(8, &[1, 0, 1, 0]);
    assert!(fewer.contains("names 2 files and 1 can be told apart"), "{fewer}");
    let odd = with(12, &[0xff; 8]);
    assert!(!odd.is_empty());
    let several = complaint(&[("a.csv", TABLE.as_bytes()), ("b.xml", UN.as_bytes())]);
    assert!(several.contains("a.csv, b.xml") && several.contains("import each"), "{several}");
    assert!(complaint(&[]).contains("it holds no list"));
    assert!(complaint(&[("README.md", b"x")]).contains("it holds no list"));
    let nested = packed(&[("un.xml", UN.as_bytes())]);
    assert!(complaint(&[("inner.zip", &nested)]).contains("another archive"));
    let office = |name: &str, text: &'static [u8]| complaint(&[("[Content_Types].xml", b"x"), (name, text)]);
    assert!(office("word/document.xml", b"x").contains("save it as CSV"));
    assert!(office("xl/workbook.xml", b"<workbook/>").contains("no rows"));
    let whole = packed(&[("un.xml", UN.as_bytes())]);
    assert!(read(&mut &whole[..whole.len() / 2], &named("un.zip")).is_err());
    let mut damaged = whole.clone();
    damaged[60] ^= 0x55;
    assert!(read(&mut damaged.as_slice(), &named("un.zip")).is_err(), "a checksum tells");
}

/// `cat one.zip two.zip`, of which readers see the last one.
#[test]
fn an_archive_behind_something_else_is_refused() {
    let (one, two) = (packed(&[("un.xml", UN.as_bytes())]), packed(&[("a.csv", TABLE.as_bytes())]));
    assert!(read(&mut two.as_slice(), &named("x.zip")).is_ok());
    let mut both = [one.as_slice(), &two].concat();
    let refused = |bytes: &[u8]| read(&mut &*bytes, &named("x.zip")).unwrap_err().to_string();
    let said = refused(&both);
    assert!(said.contains("something stands before its first file"), "{said}");
    // The same with the places counted from the start of the file, as `zip -A` does.
    let directory = both.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    let end = both.len() - 22;
    let place = |place: usize| u32::try_from(place).unwrap().to_le_bytes();
    both[end + 16..end + 20].copy_from_slice(&place(directory));
    both[directory + 42..directory + 46].copy_from_slice(&place(one.len()));
    let said = refused(&both);
    assert!(said.contains("something stands before its first file"), "{said}");
}

#[test]
fn what_an_archive_unfolds_to_is_limited() {
    let bomb = packed(&[("tags.yaml", &vec![b' '; 70 << 20])]);
    assert!(bomb.len() < 1 << 20);
    let error = read(&mut bomb.as_slice(), &named("tags.zip")).unwrap_err().to_string();
    assert!(error.contains("larger than 67108864 bytes"), "{error}");
}

/// A document with one sheet of these rows for each of `sheets`.
fn ods(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut content = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content xmlns:office=\"o\" xmlns:table=\"t\" \
         xmlns:text=\"x\"><office:body><office:spreadsheet>",
    );
    for (name, rows) in sheets {
        write!(content, "<table:table table:name=\"{name}\"><table:table-column/>{rows}</table:table>")
            .unwrap();
    }
    content.push_str("</office:spreadsheet></office:body></office:document-content>");
    packed(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
    ])
}

/// The rows of a CSV text as a spreadsheet has them: no cell of it has a comma or a quote.
fn rows_of(csv: &str) -> String {
    let cell = |cell: &str| {
        let parts: Vec<&str> = cell.split('/').collect();
        match parts[..] {
            _ if cell.is_empty() => "<table:table-cell/>".to_owned(),
            [day, month, year] if year.len() == 4 => format!(
                "<table:table-cell office:value-type=\"date\" office:date-value=\"{year}-{month}-{day}\">\
                 <text:p>{month}/{day}/{year}</text:p></table:table-cell>"
            ),
            _ if cell.parse::<u32>().is_ok() => format!(
                "<table:table-cell office:value-type=\"float\" office:value=\"{cell}\"><text:p>{cell}.00</text:p>\
                 </table:table-cell>"
            ),
            _ => format!(
                "<table:table-cell><text:p>{}</text:p></table:table-cell>",
                cell.replace('&', "&amp;")
            ),
        }
    };
    let row = |line: &str| {
        let cells: String = line.split(',').map(cell).collect();
        format!(
            "<table:table-row>{cells}<table:table-cell table:number-columns-repeated=\"16000\"/></table:table-row>"
        )
    };
    let rows: String = csv.lines().map(row).collect();
    format!(
        "{rows}<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell/></table:table-row>"
    )
}

#[test]
fn a_spreadsheet_says_what_its_csv_says() {
    for csv in [crate::formats::UK_CSV, crate::formats::OFSI_CSV, TABLE] {
        let bytes = ods(&[("List", &rows_of(csv))]);
        let sheet = read(&mut bytes.as_slice(), &named("list.ods")).unwrap().snapshot;
        assert_eq!(sheet, text("list.csv", csv).unwrap());
    }
}

/// A workbook with one sheet of these rows, each text in the table that cells share, in two runs.
fn xlsx(csv: &str) -> Vec<u8> {
    let (mut texts, mut rows) = (String::new(), String::new());
    let mut count = 0;
    for (number, line) in csv.lines().enumerate() {
        let mut cells = String::new();
        for (at, cell) in line.split(',').enumerate() {
            let place = format!("{}{}", char::from(b'A' + at as u8), number + 2);
            let parts: Vec<&str> = cell.split('/').collect();
            if cell.is_empty() {
                continue;
            }
            if let [day, month, year] = parts[..]
                && year.len() == 4
            {
                let date =
                    jiff::civil::date(year.parse().unwrap(), month.parse().unwrap(), day.parse().unwrap());
                let serial = date.since(jiff::civil::date(1899, 12, 30)).unwrap().get_days();
                write!(cells, "<c r=\"{place}\" s=\"1\"><f>TODAY()</f><v>{serial}</v></c>").unwrap();
            } else if cell.parse::<u32>().is_ok() {
                write!(cells, "<c r=\"{place}\"><v>{cell}</v></c>").unwrap();
            } else {
                let split = cell.char_indices().nth(1).map_or(cell.len(), |(at, _)| at);
                let (one, two) = cell.split_at(split);
                write!(texts, "<si><r><t>{one}</t></r><r><rPr/><t xml:space=\"preserve\">{two}</t></r></si>")
                    .unwrap();
                write!(cells, "<c r=\"{place}\" t=\"s\"><v>{count}</v></c>").unwrap();
                count += 1;
            }
        }
        write!(rows, "<row r=\"{}\">{cells}</row>", number + 2).unwrap();
    }
    packed(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.xml", b"<workbook xmlns:r=\"r\"><workbookPr/><sheets><sheet name=\"List\" sheetId=\"1\" r:id=\"rId7\"/></sheets></workbook>"),
        (
            "xl/_rels/workbook.xml.rels",
            b"<Relationships><Relationship Id=\"rId7\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
        ),
        (
            "xl/styles.xml",
            b"<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"dd/mm/yyyy\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>",
        ),
        ("xl/sharedStrings.xml", format!("<sst>{texts}</sst>").as_bytes()),
        ("xl/worksheets/sheet1.xml", format!("<worksheet><dimension/><sheetData>{rows}</sheetData></worksheet>").as_bytes()),
    ])
}

#[test]
fn a_workbook_says_what_its_csv_says() {
    for csv in [crate::formats::UK_CSV, crate::formats::OFSI_CSV, TABLE] {
        let bytes = xlsx(csv);
        let mut sheet = read(&mut bytes.as_slice(), &named("list.xlsx")).unwrap().snapshot;
        let plain = text("list.csv", csv).unwrap();
        // Its first row is an empty one.
        assert_eq!(sheet.account.passed_over, plain.account.passed_over + 1);
        sheet.account = plain.account;
        assert_eq!(sheet, plain);
    }
}

#[test]
fn one_sheet_of_a_spreadsheet_is_the_list() {
    let notes = "<table:table-row><table:table-cell><text:p>made by hand</text:p></table:table-cell></table:table-row>";
    let list = rows_of(TABLE);
    let two = ods(&[("Notes", notes), ("List", &list)]);
    let imported = read(&mut two.as_slice(), &named("x.ods")).unwrap();
    assert_eq!(
        (imported.snapshot.claims.len(), &imported.snapshot.unread[..]),
        (1, &["sheet Notes".to_owned()][..])
    );
    let error = |bytes: Vec<u8>| read(&mut bytes.as_slice(), &named("x.ods")).unwrap_err().to_string();
    let said = error(ods(&[("A", &list), ("B", &list)]));
    assert!(said.contains("(A, B)") && said.contains("save each as CSV"), "{said}");
    assert!(error(ods(&[("A", notes), ("B", notes)])).contains("none of its sheets (A, B)"));
    assert!(error(ods(&[])).contains("holds no rows"));
}

#[test]
fn cells_and_rows_that_stand_for_many_are_bounded() {
    let error = |rows: &str| {
        let bytes = ods(&[("A", rows)]);
        read(&mut bytes.as_slice(), &named("x.ods")).unwrap_err().to_string()
    };
    let wide = "<table:table-row><table:table-cell table:number-columns-repeated=\"4000000000\"><text:p>x</text:p>\
                </table:table-cell></table:table-row>";
    assert!(error(wide).contains("more than 1000 cells"));
    let long = "<table:table-row table:number-rows-repeated=\"4000000000\"><table:table-cell><text:p>x</text:p>\
                </table:table-cell></table:table-row>";
    assert!(error(long).contains("bytes as CSV"));
    let blank = "<table:table-row table:number-rows-repeated=\"4000000000\"><table:table-cell/></table:table-row>\
                 <table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>";
    assert!(error(blank).contains("bytes as CSV"));
}
