//! Rows that cannot be read, and the rows after them.

use super::*;

type Found = (Vec<(u64, String, Option<String>)>, u64, u64);

fn all<R: BufRead>(mut subjects: Subjects<R>) -> Found {
    let (mut batch, mut found) = (Batch::default(), Vec::new());
    // Two at a time, so that rows meet the ends of batches.
    while subjects.fill(&mut batch, 2).expect("read") {
        let row = |row: Row<'_>| (row.number, row.subject.to_owned(), row.refused.map(ToString::to_string));
        found.extend(batch.rows().map(row));
    }
    (found, subjects.blank(), subjects.rows())
}

fn lines(input: &[u8]) -> Found {
    all(Subjects::lines(input))
}

fn column(input: &str, name: &str) -> Found {
    all(Subjects::column(input.as_bytes(), name).expect("a header"))
}

fn good(number: u64, subject: &str) -> (u64, String, Option<String>) {
    (number, subject.to_owned(), None)
}

#[test]
fn a_bad_line_is_refused_with_its_number_and_the_rest_is_read() {
    let long = "x".repeat(5_000);
    let input =
        [&b"\xef\xbb\xbfone\r\n\n# note\n  two \nb\xffd\nn\0l\ncr\rcr\n"[..], long.as_bytes(), b"\nlast"]
            .concat();
    let (found, blank, rows) = lines(&input);
    assert_eq!((blank, rows, found.len()), (2, 9, 7));
    assert_eq!((&found[0], &found[1], &found[6]), (&good(1, "one"), &good(4, "two"), &good(9, "last")));
    for (at, number, why) in [(2, 5, "no UTF-8"), (3, 6, "U+0000"), (4, 7, "U+000D"), (5, 8, "4096 bytes")] {
        let (found, _, refused) = &found[at];
        assert!(*found == number && refused.as_ref().is_some_and(|said| said.contains(why)), "{refused:?}");
    }
    assert_eq!(found[3].1, "n\u{fffd}l", "fit to be shown");
}

#[test]
fn lines_may_all_end_with_a_carriage_return_alone() {
    let (found, blank, rows) = lines(b"one\r\rtwo\r# note\rthree");
    assert_eq!((found, blank, rows), (vec![good(1, "one"), good(3, "two"), good(5, "three")], 2, 5));
    let (found, ..) = column("id,to\r1,A\r2,B\r", "to");
    assert_eq!(found, [good(2, "A"), good(3, "B")]);
    // Where it ends no line it stays what it is.
    let (found, ..) = column("id,to\n1,A\rB\n2,C\n", "to");
    assert!(found[0].2.as_ref().is_some_and(|said| said.contains("U+000D")), "{found:?}");
    assert_eq!(found[1], good(3, "C"));
}

#[test]
fn the_field_of_each_json_line_is_read_and_no_line_stops_the_next() {
    let input = concat!(
        "{\"id\":1,\"to\":\"A\"}\n\n",
        "{\"to\":\" B \",\"deep\":{\"to\":\"x\"}}\r\n",
        "{\"to\":7}\n{\"id\":2}\n{\"to\":null}\n{\"to\":\"A\",\"to\":\"B\"}\n",
        "[\"A\"]\n{\"to\":\"A\"} {\"to\":\"B\"}\n{\"to\":\"A\\n\"}\n{\"to\":\"C\\u0000D\"}\n",
    );
    let (found, blank, rows) = column(input, "to");
    assert_eq!((blank, rows), (1, 11));
    assert_eq!(found[..2], [good(1, "A"), good(3, "B")]);
    assert_eq!(found[8], good(10, "A"));
    for (at, number, why) in [
        (2, 4, "no text in the field `to`"),
        (3, 5, "nothing in the column `to`"),
        (4, 6, "nothing in the column `to`"),
        (5, 7, "more than once"),
        (6, 8, "no JSON object"),
        (7, 9, "no JSON object"),
        (9, 11, "U+0000"),
    ] {
        let (row, _, refused) = &found[at];
        assert_eq!(*row, number);
        assert!(refused.as_ref().is_some_and(|said| said.contains(why)), "{row}: {refused:?}");
    }
}

#[test]
fn a_quoted_cell_may_hold_lines_and_a_forgotten_quote_swallows_no_row() {
    let (found, ..) = column("id,to,note\n1,A,\"street 1\nzip, town\"\n2,B,y\n", "to");
    assert_eq!(found, [good(2, "A"), good(3, "B")], "numbered as a spreadsheet does");
    let (found, ..) = column("note;to\n\"two\nlines, \"\"more\"\"\";A\ny;\"B\n\"\n", "to");
    assert_eq!(found, [good(2, "A"), good(3, "B")]);
    let (found, ..) = column("to,note\nA,\"x\nB,y\nC,\"z\"\nD,w\n", "to");
    assert_eq!((found.len(), found[0].0, found[0].2.is_some()), (4, 2, true));
    assert_eq!(found[1..], [good(3, "B"), good(4, "C"), good(5, "D")]);
    let (found, ..) = column("to,note\nA,\"x\nB,y\n", "to");
    assert_eq!((found.len(), found[0].2.is_some(), &found[1]), (2, true, &good(3, "B")));
}

#[test]
fn what_stands_between_two_quotes_that_nobody_doubled_is_rows_and_no_cell() {
    const LISTED: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
    // The row that opens the quote is refused, and what it would have swallowed is read for itself.
    for (text, refused, read) in [
        ("to\tnote\nA\t\"Boss of\nLISTED\tx\nB\tlast one\"\n", 2, vec![(3, LISTED), (4, "B")]),
        ("note\tto\n\"Big Joe\tA\nx\tLISTED\ny\"\tB\n", 2, vec![(3, LISTED), (4, "B")]),
        ("to,note\nA,\"Boss of\nLISTED,x\nB,last one\"\n", 2, vec![(3, LISTED), (4, "B")]),
        ("to,note\nA,\"19\"\" rack\nLISTED,x\"\n", 2, vec![(3, LISTED)]),
        ("note,to\n\"5\"\" pipe,A\nx,LISTED\n6\"\" pipe\",B\n", 2, vec![(3, LISTED), (4, "B")]),
        ("note,to\n\"5\"\" pipe,LISTED\n6\"\" pipe\",B\n", 2, vec![(3, "B")]),
        // Rows that are no addresses: names, transactions, what is cut.
        ("to\tnote\nA\t\"x\nC\ty\nB\tz\"\n", 2, vec![(3, "C"), (4, "B")]),
        ("id\tnote\tto\n1\t\"x\tA\n2\ty\"\tB\n", 2, vec![(3, "B")]),
        ("id;note;to\n1;\"x;A\n2;y\";B\n", 2, vec![(3, "B")]),
        ("to\n\"A\nC\nB\"\nD\n", 2, vec![(3, "C"), (4, "B\""), (5, "D")]),
        // A row of another width is lost as well as another.
        ("id,to,note\n1,A,\"x\n2,LISTED\n3,B,z\"\n", 2, vec![(4, "B")]),
    ] {
        let (found, ..) = column(&text.replace("LISTED", LISTED), "to");
        let why = found[0].2.as_deref().unwrap_or_default();
        assert!(found[0].0 == refused && why.contains("could be rows of their own"), "{text}: {found:?}");
        let answered: Vec<_> = found.into_iter().filter(|row| row.2.is_none()).collect();
        let wanted: Vec<_> = read.into_iter().map(|(number, subject)| good(number, subject)).collect();
        assert_eq!(answered, wanted, "{text}");
    }
    // A lone quote that the next one closes: both rows are refused, and none is lost.
    let (found, ..) = column(&format!("to\tnote\nA\t\"\n{LISTED}\t\"\nB\tx\n"), "to");
    let refused: Vec<_> = found.iter().filter(|row| row.2.is_some()).map(|row| row.0).collect();
    assert_eq!((refused, &found[2]), (vec![2, 3], &good(4, "B")));
}

#[test]
fn rows_are_kept_as_they_came_for_whoever_asks() {
    let kept = |input: &'static str| {
        let mut subjects = Subjects::column(input.as_bytes(), "to").expect("a header").keeping_rows();
        let (cut, mut batch, mut found) = (subjects.cutter(), Batch::default(), Vec::new());
        while subjects.fill(&mut batch, 2).expect("read") {
            found.extend(batch.rows().map(|row| cut(&row)));
        }
        (subjects.columns(), found)
    };
    let (columns, rows) = kept("id;to;note\n1;A;\"x; \"\"y\"\"\"\n2;;-\n3;B\n4;C;\"two\nlines\"\n");
    assert_eq!(columns, ["id", "to", "note"]);
    assert_eq!(rows, [["1", "A", "x; \"y\""], ["2", "", "-"], ["3;B", "", ""], ["4", "C", "two\nlines"]]);
    let (columns, rows) = kept("{\"to\":\"A\",\"n\":1}\nno\n");
    assert_eq!(
        (columns, rows),
        (vec!["input".to_owned()], vec![vec!["{\"to\":\"A\",\"n\":1}".to_owned()], vec!["no".to_owned()]])
    );
    let mut plain = Subjects::column("to\nA\n".as_bytes(), "to").expect("a header");
    let mut batch = Batch::default();
    assert!(plain.fill(&mut batch, 2).expect("read"));
    assert_eq!(batch.rows().map(|row| row.input.len()).sum::<usize>(), 0);
}

#[test]
fn the_longest_line_is_read_and_one_byte_more_is_not() {
    for (length, end, fits) in [
        (MAX_ROW - 1, "\n", true),
        (MAX_ROW, "\n", false),
        (MAX_ROW + 1, "\n", false),
        (MAX_ROW - 2, "\r\n", true),
        (MAX_ROW, "\r\n", false),
    ] {
        let input = format!("{}{end}next\n{}", "a".repeat(length), "b".repeat(MAX_ROW));
        let (found, ..) = lines(input.as_bytes());
        assert_eq!((found.len(), found[0].2.is_none()), (3, fits), "{length} {end:?}");
        assert_eq!((found[1].1.as_str(), found[2].2.is_none()), ("next", true));
    }
}

#[test]
fn a_column_is_read_with_quotes_blank_rows_and_numbers_kept() {
    let (found, blank, rows) = column(
        "id;Address ;memo\r\n1; a1 ;x\r\n\r\n;;\r\n2;\"a2\";\"semi;colon \"\"q\"\"\"\r\n3;;gone\r\n4;a4;\"two\r\nlines\"\r\n5;a5;e",
        "address",
    );
    assert_eq!((blank, rows), (2, 7), "an empty line, an empty row");
    assert_eq!((&found[0], &found[1]), (&good(2, "a1"), &good(5, "a2")));
    assert_eq!((found[2].0, found[2].2.as_deref()), (6, Some("has nothing in the column `address`")));
    assert_eq!((&found[3], &found[4]), (&good(7, "a4"), &good(8, "a5")));
}

#[test]
fn a_quote_that_is_not_closed_costs_its_own_row_alone() {
    let text = "address,memo\na1,\"open\na2,x\na3,\"y\"\na4,z\n";
    let (found, ..) = column(text, "address");
    let subjects: Vec<&str> = found.iter().filter(|row| row.2.is_none()).map(|row| row.1.as_str()).collect();
    assert_eq!(subjects, ["a2", "a3", "a4"]);
    assert_eq!(found[0].0, 2);
    // A later quote would close it, and several rows would look like one.
    for text in ["address,memo\na1,\"open\na2,\"x\"\na3,y\n", "address,memo\na1,\"open\na2,x\"\na3,y\n"] {
        let (found, ..) = column(text, "address");
        assert_eq!(found.iter().filter(|row| row.2.is_none()).count(), 2, "{found:?}");
    }
    let endless = format!("address\n\"{}\nb\n", "x\n".repeat(5_000));
    let (found, ..) = column(&endless, "address");
    assert_eq!((found.len(), found.iter().filter(|row| row.2.is_some()).count()), (5_001, 1));
}

#[test]
fn a_row_of_another_width_is_refused_and_not_read_askew() {
    let (found, ..) = column("a,address,b\n1,x,2\n1,2,x,3\n1,x\n", "address");
    assert_eq!(found.iter().filter(|row| row.2.is_none()).count(), 1);
    assert_eq!(found[1].2.as_deref(), Some("has 4 cells where the header has 3"));
}

#[test]
fn columns_beside_the_subjects_are_read_with_them() {
    let read = |input: &'static str| {
        let subjects = Subjects::column(input.as_bytes(), "name").expect("a header");
        let mut subjects = subjects.beside(&["born", "country"]).expect("the columns");
        let (mut batch, mut found) = (Batch::default(), Vec::new());
        while subjects.fill(&mut batch, 2).expect("read") {
            let row = |row: Row<'_>| (row.number, row.beside.join("|"), row.refused.is_some());
            found.extend(batch.rows().map(row));
        }
        found
    };
    let wanted = [(2, "1962|KP", false), (3, "|", false), (4, "", true)];
    let wanted = wanted.map(|(number, beside, refused)| (number, beside.to_owned(), refused));
    assert_eq!(read("Country;name;BORN\n KP ;A;1962\n;B;\nRU;;1970\n"), wanted);
    let json = "{\"name\":\"A\",\"born\":1962,\"country\":[\"KP\",\"RU\"]}\n{\"name\":\"B\",\"born\":null}\n\
                {\"name\":\"C\",\"born\":{}}\n";
    let wanted = [(1, "1962|KP;RU", false), (2, "|", false), (3, "", true)];
    let wanted = wanted.map(|(number, beside, refused)| (number, beside.to_owned(), refused));
    assert_eq!(read(json), wanted);
    let error = Subjects::column(&b"name,born\n"[..], "name").expect("a header").beside(&["country"]);
    assert_eq!(
        error.expect_err("not there").to_string(),
        "0 columns are named `country`; the header has name, born"
    );
}

#[test]
fn a_subject_in_parts_may_have_the_first_one_empty() {
    let read = |input: &'static str| {
        let subjects = Subjects::column(input.as_bytes(), "first").expect("a header");
        let mut subjects = subjects.beside(&["last", "born"]).expect("the columns").in_parts(1);
        let (mut batch, mut found) = (Batch::default(), Vec::new());
        while subjects.fill(&mut batch, 9).expect("read") {
            let row = |row: Row<'_>| (row.subject.to_owned(), row.beside.join("|"), row.refused.is_some());
            found.extend(batch.rows().map(row));
        }
        found
    };
    let wanted = [("", "B|", false), ("A", "|", false), ("", "", true)];
    let wanted = wanted.map(|(subject, beside, refused)| (subject.to_owned(), beside.to_owned(), refused));
    let found = read("first,last,born\n,B,\nA,,\n,,1962\n");
    assert_eq!((&found[..2], found[2].2), (&wanted[..2], true));
    let found = read("{\"last\":\"B\"}\n{\"first\":\"A\",\"last\":null}\n{\"first\":\"\",\"born\":1962}\n");
    assert_eq!((&found[..2], found[2].2), (&wanted[..2], true));
}

#[test]
fn a_column_must_be_there_once() {
    let refused =
        |input: &str| Subjects::column(input.as_bytes(), "address").expect_err("refused").to_string();
    assert_eq!(refused("id,amount\n"), "0 columns are named `address`; the header has id, amount");
    assert!(refused("address,x,Address\n").starts_with("2 columns"));
    assert!(refused("").contains("no header"));
    assert!(refused("a,\"b\n").contains("not closed"));
}

#[test]
fn line_ends_are_known_however_slowly_the_first_line_comes() {
    let ends = |pieces: &[&'static [u8]]| {
        let mut subjects = Subjects::lines(Pieces(pieces.to_vec()));
        let (mut batch, mut found) = (Batch::default(), Vec::new());
        while let Ok(true) = subjects.fill(&mut batch, 100) {
            found.extend(batch.rows().map(|row| row.subject.to_owned()));
        }
        found
    };
    assert_eq!(ends(&[b"o", b"ne\rtwo\rthr", b"ee\r"]), ["one", "two", "three"]);
    assert_eq!(ends(&[b"one", b"\r", b"two\r", b"three\r"]), ["one", "two", "three"]);
    assert_eq!(ends(&[b"one\r", b"\ntwo\r\n"]), ["one", "two"]);
    assert_eq!(ends(&[b"o", b"ne\ntwo\n"]), ["one", "two"]);
    assert_eq!(lines(b"one\r").0, [good(1, "one")]);
    assert_eq!(lines(b"\r\none\n").0, [good(2, "one")]);
}

#[test]
fn titles_and_the_hint_of_a_spreadsheet_may_stand_above_the_header() {
    let (found, blank, rows) = column("sep=;\nid;to\n1;A\n", "to");
    assert_eq!((found, blank, rows), (vec![good(3, "A")], 0, 1));
    let (found, ..) = column("Withdrawals of March\n\nid,to,note\n1,A,x\n2,B,y\n", "to");
    assert_eq!(found, [good(4, "A"), good(5, "B")]);
    // A row is no title: a table without a header is told so, and not read from the word on.
    let refused = |input: &str| Subjects::column(input.as_bytes(), "to").expect_err("refused").to_string();
    assert_eq!(refused("1,A\n2,to\n3,B\n"), "0 columns are named `to`; the header has 1, A");
    let titles = "title\n".repeat(MAX_TITLES + 1) + "id,to\n1,A\n";
    assert_eq!(refused(&titles), "0 columns are named `to`; the header has title");
}

#[test]
fn quoted_headers_of_any_separator_and_offices_encoding_are_read() {
    let (found, ..) = column("\"name, first\";\"to\"\n\"x\";\"A\"\n", "to");
    assert_eq!(found, [good(2, "A")]);
    let mut table = b"Empf\xe4nger,to\nJ\xfcrgen,A\nx,\xc4\n".to_vec();
    let found = all(Subjects::column(&table[..], "to").expect("a header")).0;
    assert_eq!(found[0], good(2, "A"));
    assert!(found[1].2.as_ref().is_some_and(|said| said.contains("no UTF-8")), "what is asked about is sure");
    table.extend(b"\xff\x01,B\n");
    let found = all(Subjects::column(&table[..], "to").expect("a header")).0;
    assert!(found[2].2.is_some());
}

#[test]
fn json_lines_may_begin_with_blank_ones_and_an_array_is_told() {
    let (found, blank, rows) = column("\n{\"to\":\"A\"}\n", "to");
    assert_eq!((found, blank, rows), (vec![good(2, "A")], 1, 2));
    let error = Subjects::column(&b"[{\"to\":\"A\"}]"[..], "to").expect_err("an array").to_string();
    assert!(error.contains("jq -c"), "{error}");
}

/// Gives its pieces, one a read, and then breaks off.
struct Pieces(Vec<&'static [u8]>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::Error::other("gone"));
        }
        let piece = self.0.remove(0);
        buffer[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

#[test]
fn rows_that_are_there_wait_for_no_others() {
    let mut subjects = Subjects::lines(Pieces(vec![b"a\nb\nc", b"d\n", b"e\n", b"f"]));
    let mut batch = Batch::default();
    for wanted in [&["a", "b"][..], &["cd"], &["e"]] {
        assert!(subjects.fill(&mut batch, 100).expect("read"));
        assert_eq!(batch.rows().map(|row| row.subject).collect::<Vec<_>>(), wanted);
    }
    let broken = subjects.fill(&mut batch, 100).expect_err("it broke off").to_string();
    assert_eq!(broken, "reading row 5: gone");
    let mut column = Subjects::column(Pieces(vec![b"x,y\n1,2\n", b"3,4\n"]), "y").expect("a header");
    assert!(column.fill(&mut batch, 100).expect("read"));
    assert_eq!(batch.rows().map(|row| (row.number, row.subject)).collect::<Vec<_>>(), [(2, "2")]);
}

#[test]
fn a_column_that_is_not_there_is_told_with_those_that_are() {
    let error = Subjects::column(&b"a,b;c\n"[..], "address").expect_err("not there");
    // As the first of the separators reads it that finds the most columns.
    assert_eq!(error.to_string(), "0 columns are named `address`; the header has a, b;c");
    let error = Subjects::column(&b"a;b;c,d\n"[..], "address").expect_err("not there");
    assert_eq!(error.to_string(), "0 columns are named `address`; the header has a, b, c,d");
}

#[test]
fn a_cell_over_lines_may_be_as_long_as_a_row() {
    let cell = |second: usize| format!("address,note\nA,\"x\n{}\"\nB,y\n", "z".repeat(second));
    let subjects = |text: &str| -> Vec<String> {
        let rows = all(Subjects::column(text.as_bytes(), "address").expect("a column")).0;
        rows.into_iter().filter(|row| row.2.is_none()).map(|row| row.1).collect()
    };
    assert_eq!(subjects(&cell(40)), ["A", "B"]);
    // The cell is refused that makes its row too long, and the row after it is read all the same.
    assert_eq!(subjects(&cell(MAX_ROW - 4)), ["B"]);
}
