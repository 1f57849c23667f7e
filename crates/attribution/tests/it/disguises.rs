//! Files that are not what their names say, or are spoiled: read rightly, or refused with a word. Nothing that was not read
//! counts as read.

use std::io::Write as _;

use tracehound_attribution::import::{Account, Imported, read};

use crate::support::named;

const ONE: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
const TWO: &str = "1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4";

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

/// Claims read, or a part of the complaint.
type Gives = Result<usize, &'static str>;

fn cases() -> Vec<(&'static str, Vec<u8>, Gives)> {
    let table = format!("address,label\n{ONE},a\n{TWO},b\n");
    let cut = packed(table.as_bytes());
    vec![
        ("page.csv", b"<!DOCTYPE html>\n<html><body>503</body></html>".to_vec(), Err("a web page")),
        ("page.json", b"\n <HTML><title>Not found</title>".to_vec(), Err("a web page")),
        ("page.xml", b"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>".to_vec(), Err("format")),
        ("said.json", b"{\"error\": \"rate limited\"}".to_vec(), Err("it failed")),
        ("empty.csv", Vec::new(), Err("")),
        ("blank.csv", b"\n\n \n".to_vec(), Err("")),
        ("header.csv", b"address,label\n".to_vec(), Err("empty list")),
        ("packed.csv", packed(table.as_bytes()), Ok(2)),
        ("twice.csv.gz", packed(&packed(table.as_bytes())), Err("")),
        ("cut.csv.gz", cut[..cut.len() - 9].to_vec(), Err("")),
        ("windows.csv", table.replace('\n', "\r\n").into_bytes(), Ok(2)),
        ("old-mac.csv", table.replace('\n', "\r").into_bytes(), Ok(2)),
        ("mark.csv", format!("\u{feff}{}", table.replace(',', ";")).into_bytes(), Ok(2)),
        ("little.csv", utf16(&table, false), Ok(2)),
        ("big.csv", utf16(&table, true), Ok(2)),
        ("tabs.txt", table.replace(',', "\t").into_bytes(), Ok(2)),
        ("lower.csv", table.replace(ONE, &ONE.to_ascii_lowercase()).into_bytes(), Ok(2)),
        ("upper.csv", table.replace(ONE, &ONE.to_ascii_uppercase().replace("0X", "0x")).into_bytes(), Ok(2)),
        ("spaces.csv", table.replace(TWO, "1NXsf8VV jGqvjNcX kQMdhwDT ZgQvrijAd4").into_bytes(), Ok(2)),
        ("width.csv", table.replace(TWO, &format!("\u{200b}{TWO}\u{2060}")).into_bytes(), Ok(2)),
        ("nul.csv", table.replace(TWO, &format!("{TWO}\0")).into_bytes(), Ok(2)),
        ("quoted.csv", table.replace(TWO, &format!("\"{TWO}\"")).into_bytes(), Ok(2)),
        // Between two quotes that nobody doubled stand rows: one of their addresses would be in no claim.
        (
            "memo.csv",
            format!("label,address\n\"Big Joe,{ONE}\ny\",{TWO}\n").into_bytes(),
            Err("runs over lines that hold addresses"),
        ),
        ("note.csv", table.replace(",b", ",\"b, c\nd\"").into_bytes(), Ok(2)),
        ("swapped.csv", format!("label,address\n{ONE},a\n{TWO},b\n").into_bytes(), Err("")),
        (
            "two.csv",
            format!("address,label,address\n{ONE},a,{TWO}\n").into_bytes(),
            Err("`address` stands twice"),
        ),
        ("again.csv", format!("{table}address,label\n{TWO},c\n").into_bytes(), Ok(3)),
        ("cut.json", format!("[\"{ONE}\", \"{TWO}").into_bytes(), Err("line 1")),
        ("deep.yaml", "{a: ".repeat(100_000).into_bytes(), Err("tagpack")),
        ("deep.yml", "[".repeat(100_000).into_bytes(), Err("tagpack")),
    ]
}

#[test]
fn a_spoiled_file_is_read_rightly_or_refused_and_all_its_rows_are_accounted_for() {
    for (name, bytes, gives) in cases() {
        match (read(&mut bytes.as_slice(), &named(name)), gives) {
            (Ok(Imported { snapshot, .. }), Ok(claims)) => {
                assert_eq!(snapshot.claims.len(), claims, "{name}: {snapshot:?}");
                let Account { total, read, refused, passed_over, .. } = snapshot.account;
                assert_eq!(read + refused + passed_over, total, "{name}");
                assert!(read as usize >= claims && refused <= 1, "{name}: {:?}", snapshot.account);
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{name}: {error}"),
            (read, gives) => panic!("{name}: {read:?}, not {gives:?}"),
        }
    }
}
