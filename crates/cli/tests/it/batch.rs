//! Batches: no row stops another, none is lost, and a run that was cut short says so.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::Command,
};

use serde_json::Value;
use tracehound_testkit::shared_data;

use crate::screen::{start, text, tracehound};

const LISTED: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
const UNKNOWN: &str = "1BitcoinEaterAddressDontSendf59kuE";

fn answers(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

fn said(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn one_line_cannot_stop_the_lines_after_it() {
    let data = tempfile::tempdir().expect("folder");
    let good = 20_000;
    let mut input = format!("{UNKNOWN}\n").repeat(good).into_bytes();
    let long = "1".repeat(5_000);
    for bad in [&b"\xff\xfe"[..], b"a\0b", long.as_bytes(), b"a\rb\rc", b"{\"address\":\"\\ud800\"}"] {
        input.extend_from_slice(bad);
        input.push(b'\n');
    }
    input.extend_from_slice(format!("\r\n{LISTED}\r\n").as_bytes());
    let mut child = start(data.path(), &["screen", "--stdin", "--output", "jsonl"]);
    let mut stdin = child.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("ends");
    writer.join().expect("no panic").expect("all of it was read");
    assert_eq!(output.status.code(), Some(20), "{}", said(&output));
    let answers = answers(&text(&output));
    assert_eq!(answers.len(), good + 6);
    for (at, why) in [(0, "UTF-8"), (1, "U+0000"), (2, "4096 bytes"), (3, "U+000D")] {
        let refused = &answers[good + at];
        assert_eq!(refused["row"], good + at + 1, "{refused}");
        assert!(refused["error"].as_str().expect("a reason").contains(why), "{refused}");
    }
    assert_eq!(answers[good + 5]["decision"], "block");
    let said = said(&output);
    assert!(said.contains(&format!("{} rows: {} answered (1 block", good + 7, good + 1)), "{said}");
    assert!(said.contains("5 refused, 1 blank"), "{said}");
}

#[test]
fn a_run_that_is_interrupted_says_how_far_it_came_and_ends_with_4() {
    for signal in ["-INT", "-TERM"] {
        let data = tempfile::tempdir().expect("folder");
        let mut child = start(data.path(), &["screen", "--stdin", "--output", "jsonl"]);
        let mut stdin = child.stdin.take().expect("piped");
        // Whole batches, of which one row blocks; then the input stays open, as a pipe from a slow program would.
        let input = format!("{LISTED}\n{}", format!("{UNKNOWN}\n").repeat(16_383));
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).map(|()| stdin));
        for _ in 0..16_384 {
            let read = stdout.read_line(&mut String::new()).expect("an answer");
            assert_ne!(read, 0, "an answer to each row");
        }
        let stdin = writer.join().expect("no panic").expect("read");
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
        assert!(killed.success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("the end");
        let output = child.wait_with_output().expect("ends");
        drop(stdin);
        assert_eq!(rest, "", "every row is answered once");
        assert_eq!(output.status.code(), Some(4), "{signal}: {}", said(&output));
        let said = said(&output);
        assert!(said.contains("cut short: interrupted after row 16384 of standard input"), "{said}");
        assert!(said.contains("16384 answered (1 block, 0 review, "), "{said}");
    }
}

/// Somebody at a terminal, or a program that asks about one address at a time.
#[test]
fn each_line_is_answered_before_the_next_one_comes() {
    let data = tempfile::tempdir().expect("folder");
    for (form, shows) in [("jsonl", "\"row\":"), ("csv", ","), ("text", "row ")] {
        let mut child = start(data.path(), &["screen", "--stdin", "--output", form]);
        let (mut stdin, stdout) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let mut answers = BufReader::new(stdout).lines().map(|line| line.expect("text"));
        for row in 1..=3 {
            writeln!(stdin, "{LISTED}").expect("written");
            let begins = format!(
                "{}{row}{}",
                if form == "csv" { "" } else { shows },
                if form == "csv" { "," } else { "" }
            );
            assert!(answers.any(|line| line.contains(&begins)), "{form}: row {row} is answered");
        }
        drop(stdin);
        drop(answers);
        assert!(child.wait_with_output().is_ok());
    }
}

#[test]
fn answers_about_several_files_say_which_one() {
    let data = tempfile::tempdir().expect("folder");
    let file = |name: &str, subject: &str| {
        let path = data.path().join(name);
        std::fs::write(&path, format!("address\n{subject}\nnobody\n")).expect("written");
        path.to_string_lossy().into_owned()
    };
    let (one, two) = (file("one.csv", LISTED), file("two,\"3\".csv", UNKNOWN));
    let asked = |form: &str, files: &[&str]| {
        let output = tracehound(
            data.path(),
            &[&["screen", "--column", "address", "--output", form], files].concat(),
            "",
        );
        assert_eq!(output.status.code(), Some(20), "{}", said(&output));
        text(&output)
    };
    let both = [one.as_str(), two.as_str()];
    let jsonl = answers(&asked("jsonl", &both));
    let places: Vec<(&str, u64)> = jsonl
        .iter()
        .map(|row| (row["file"].as_str().expect("a file"), row["row"].as_u64().expect("a row")))
        .collect();
    assert_eq!(places, [(one.as_str(), 2), (&one, 3), (&two, 2), (&two, 3)]);
    let json: Value = serde_json::from_str(&asked("json", &both)).expect("JSON");
    assert_eq!(json[2]["file"], two.as_str());
    let csv = asked("csv", &both);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("file,row,subject,"), "{csv}");
    assert!(lines[3].starts_with(&format!("\"{}\",2,", two.replace('"', "\"\""))), "{csv}");
    assert!(asked("text", &both).contains(&format!("{one}, row 2: BLOCK")));
    assert!(!asked("jsonl", &[&one]).contains("\"file\""), "of one file everybody knows");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error_and_no_allow() {
    let data = tempfile::tempdir().expect("folder");
    for form in ["jsonl", "text", "json"] {
        let mut child = start(data.path(), &["screen", "--stdin", "--output", form]);
        let mut stdin = child.stdin.take().expect("piped");
        let input = format!("{UNKNOWN}\n").repeat(20_000);
        let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut String::new()).expect("a line");
        drop(stdout);
        let output = child.wait_with_output().expect("ends");
        // It left before it had read everything, or just after.
        let _ = writer.join().expect("no panic");
        assert_eq!((output.status.code(), said(&output).as_str()), (Some(4), ""), "{form}");
    }
}

#[test]
fn a_column_of_a_table_is_screened_with_its_row_numbers() {
    let data = tempfile::tempdir().expect("folder");
    let file = data.path().join("withdrawals.csv");
    let table = format!(
        "id,Address,memo\r\n1,\"{UNKNOWN}\",\"a, \"\"b\"\"\"\r\n\r\n2,  {LISTED} ,x\r\n3,,y\r\n4,{UNKNOWN}\r\n5,{UNKNOWN},\"z\r\n"
    );
    std::fs::write(&file, &table).expect("written");
    let path = file.to_string_lossy().into_owned();
    let args = ["screen", &path, "--column", "address", "--output", "jsonl"];
    let output = tracehound(data.path(), &args, "");
    assert_eq!(output.status.code(), Some(20), "{}", said(&output));
    let rows: Vec<(u64, bool)> = answers(&text(&output))
        .iter()
        .map(|answer| (answer["row"].as_u64().expect("a number"), answer["error"].is_string()))
        .collect();
    assert_eq!(rows, [(2, false), (4, false), (5, true), (6, true), (7, true)]);
    assert!(said(&output).contains("6 rows: 2 answered (1 block, "), "{}", said(&output));
    assert!(said(&output).contains("3 refused, 1 blank"), "{}", said(&output));
    let output =
        tracehound(data.path(), &["screen", "--stdin", "--column", "ADDRESS", "--output", "csv"], &table);
    let lines = text(&output);
    assert!(
        lines.starts_with("row,subject,")
            && lines.lines().nth(2).is_some_and(|row| row.starts_with("4,3LU8"))
    );
    let output = tracehound(data.path(), &["screen", &path, "--column", "wallet"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("id, Address, memo"), "{}", said(&output));
}

/// psql, mysql and people write a quote as it is: between the first and the next one stand other people's rows.
#[test]
fn a_quote_in_a_memo_hides_no_listed_address() {
    let data = tempfile::tempdir().expect("folder");
    let table = format!("address\tnote\n{UNKNOWN}\t\"Boss of\n{LISTED}\tx\n{UNKNOWN}\tlast one\"\n");
    let args = ["screen", "--stdin", "--column", "address", "--output", "jsonl"];
    let output = tracehound(data.path(), &args, &table);
    assert_eq!(output.status.code(), Some(20), "{}", said(&output));
    let answers = answers(&text(&output));
    let why = answers[0]["error"].as_str().expect("the row with the quote is refused");
    assert!(answers[0]["row"] == 2 && why.contains("could be rows of their own"), "{why}");
    assert!(answers[1]["row"] == 3 && answers[1]["decision"] == "block", "{}", answers[1]);
    assert!(said(&output).contains("3 rows: 2 answered (1 block, "), "{}", said(&output));
}

#[test]
fn a_table_of_withdrawals_is_answered_to_the_last_row() {
    let Some(file) = shared_data("cases/screening/withdrawals.csv") else { return };
    let data = tempfile::tempdir().expect("folder");
    let path = file.to_string_lossy().into_owned();
    let output = tracehound(data.path(), &["screen", &path, "--column", "address", "--output", "jsonl"], "");
    let answers = answers(&text(&output));
    let refused = answers.iter().filter(|answer| answer["error"].is_string()).count();
    assert_eq!(answers.len(), 398);
    let summary = said(&output);
    assert!(
        summary.contains("399 rows: ") && summary.contains(&format!("{refused} refused, 1 blank")),
        "{summary}"
    );
    // "100003,ETH,,7.8775": a withdrawal to nobody is not passed over.
    let empty = answers.iter().find(|answer| answer["row"] == 5).expect("row 5");
    assert!(empty["error"].as_str().expect("a reason").contains("nothing in the column"), "{empty}");
}

/// `timeout` signals the process and then its group.
#[test]
fn two_signals_at_once_are_one_interrupt() {
    let data = tempfile::tempdir().expect("folder");
    let mut child = start(data.path(), &["screen", "--stdin", "--output", "jsonl"]);
    let mut stdin = child.stdin.take().expect("piped");
    writeln!(stdin, "{LISTED}").expect("written");
    let mut first = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    stdout.read_line(&mut first).expect("an answer");
    let script = "kill -INT $0; kill -TERM $0";
    let killed = Command::new("sh").args(["-c", script, &child.id().to_string()]).status().expect("sh");
    assert!(killed.success());
    let output = child.wait_with_output().expect("ends");
    drop(stdin);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("until there"), "{}", said(&output));
}

/// What a payments department keeps and an auditor asks for: the rows as they were, with the decision beside them.
#[test]
fn an_audited_table_keeps_the_input_and_names_what_decided() {
    let data = tempfile::tempdir().expect("folder");
    let file = data.path().join("payouts.csv");
    let rows = format!(
        "id;decision;address;amount;note\n7;paid;{LISTED};-1.50;\"a;b\"\n8;paid;bitcoin:{UNKNOWN}?amount=1;2;=1+1\n9;open;;3;\n10;open;nonsense;4;\n\n"
    );
    std::fs::write(&file, &rows).expect("written");
    let (file, summary) = (file.display().to_string(), data.path().join("run.json"));
    let day = ["--policy", "lists-only", "--as-of", "2025-11-20"];
    let arguments = [&["screen", &file, "--column", "address", "--audit"][..], &day].concat();
    let written = summary.display().to_string();
    let output = tracehound(data.path(), &[&arguments[..], &["--summary", &written]].concat(), "");
    assert_eq!(output.status.code(), Some(20), "{}", said(&output));
    let table = text(&output);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "row,id,input_decision,address,amount,note,decision,entity,list,rule,since,why");
    let listed = format!("2,7,paid,{LISTED},-1.50,\"a;b\",block,");
    assert!(lines[1].starts_with(&listed) && lines[1].contains(",fbi-notices,"), "{}", lines[1]);
    assert!(
        lines[2].starts_with("3,8,paid,bitcoin:") && lines[2].contains(",2,'=1+1,allow,"),
        "{}",
        lines[2]
    );
    assert!(lines[2].ends_with(&format!("read as {UNKNOWN}")), "{}", lines[2]);
    assert!(lines[3].starts_with("4,9,open,,3,,refused,,,,,row 4 has nothing"), "{}", lines[3]);
    assert!(lines[4].starts_with("5,10,open,nonsense,4,,refused,"), "{}", lines[4]);
    assert_eq!(lines.len(), 5);
    let read = std::fs::read_to_string(&summary).expect("written");
    // A run that fails before its first row leaves no earlier run's counts behind.
    for failing in [["screen", "nofile.csv", "--column", "address"], ["screen", &file, "--column", "nobody"]]
    {
        std::fs::write(&summary, &read).expect("written");
        let output = tracehound(data.path(), &[&failing[..], &["--summary", &written]].concat(), "");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let left = std::fs::read_to_string(&summary).unwrap_or_default();
        assert!(!left.contains("\"whole\": true"), "{left}");
    }
    let summary: Value = serde_json::from_str(&read).expect("JSON");
    assert_eq!(summary["whole"], true);
    assert_eq!(summary["policy"], "lists-only");
    assert_eq!(summary["counts"]["decisions"], serde_json::json!({"allow": 1, "block": 1, "refused": 2}));
    assert_eq!(summary["counts"]["lists"], serde_json::json!({"fbi-notices": 1}));
    assert_eq!(summary["inputs"][0]["blank"], 1);
    assert!(summary["sources"].as_array().is_some_and(|sources| !sources.is_empty()));
    // The same as whole answers, packed, says the same of each row.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(rows.as_bytes()).expect("in memory");
    let file = data.path().join("payouts.csv.gz");
    std::fs::write(&file, packed.finish().expect("in memory")).expect("written");
    let file = file.display().to_string();
    let output = tracehound(
        data.path(),
        &[&["screen", &file, "--column", "address", "--output", "jsonl"][..], &day].concat(),
        "",
    );
    let whole = answers(&text(&output));
    assert_eq!(whole.len(), 4);
    assert_eq!(whole[0]["reason"]["source"], "fbi-notices");
    assert_eq!(whole[1]["read_as"], UNKNOWN);
}

#[test]
fn a_run_that_breaks_off_says_so_in_its_summary() {
    let data = tempfile::tempdir().expect("folder");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(format!("{{\"to\":\"{LISTED}\"}}\n").repeat(5_000).as_bytes()).expect("in memory");
    let packed = packed.finish().expect("in memory");
    let (file, summary) = (data.path().join("cut.jsonl.gz"), data.path().join("run.json"));
    std::fs::write(&file, &packed[..packed.len() - 9]).expect("written");
    let (file, written) = (file.display().to_string(), summary.display().to_string());
    let output =
        tracehound(data.path(), &["screen", &file, "--column", "to", "--audit", "--summary", &written], "");
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let read = std::fs::read_to_string(&summary).expect("written");
    let summary: Value = serde_json::from_str(&read).expect("JSON");
    assert_eq!(summary["whole"], false);
    assert!(
        summary["inputs"][0]["cut_short"].as_str().is_some_and(|why| why.contains("broke off")),
        "{summary}"
    );
}

/// An earlier run's summary would vouch for this one, and the table for its own.
#[test]
fn a_summary_is_never_of_another_run_and_never_in_place_of_an_input() {
    let data = tempfile::tempdir().expect("folder");
    let (file, summary) = (data.path().join("in.csv"), data.path().join("run.json"));
    std::fs::write(&file, format!("address\n{LISTED}\n")).expect("written");
    std::fs::write(&summary, "{\"whole\": true}").expect("written");
    let (file, written) = (file.display().to_string(), summary.display().to_string());
    let arguments = ["screen", &file, "--column", "address", "--audit", "--summary", &file];
    let output = tracehound(data.path(), &arguments, "");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(std::fs::read_to_string(&file).expect("still there").contains(LISTED));
    // One subject is written when the run ends, rows whenever no other is ready.
    let asked: [&[&str]; 2] = [&[LISTED], &[&file, "--column", "address"]];
    for asked in asked {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a full disk");
        let status = Command::new(env!("CARGO_BIN_EXE_tracehound"))
            .env("TRACEHOUND_CONFIG", "")
            .arg("screen")
            .args(asked)
            .args(["--summary", &written])
            .env("TRACEHOUND_DATA", data.path())
            .stdout(full)
            .stderr(std::process::Stdio::null())
            .status();
        assert_eq!(status.expect("ends").code(), Some(1));
        let read = std::fs::read_to_string(&summary).expect("written");
        let said: Value = serde_json::from_str(&read).expect("JSON");
        assert_eq!(said["whole"], false, "{said}");
    }
}

/// A table in an archive, or on a sheet: as `lists import` reads them.
#[test]
fn a_packed_table_and_a_spreadsheet_are_screened_as_they_are_imported() {
    let data = tempfile::tempdir().expect("folder");
    let table = format!("id,address\n1,{LISTED}\n2,{UNKNOWN}\n");
    let zipped = |files: &[(&str, &str)]| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, body) in files {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a file");
            Write::write_all(&mut archive, body.as_bytes()).expect("written");
        }
        archive.finish().expect("an archive").into_inner()
    };
    let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    Write::write_all(&mut packer, table.as_bytes()).expect("packed");
    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |cells: [&str; 2]| format!("<row>{}{}</row>", cell(cells[0]), cell(cells[1]));
    let sheet = format!(
        "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{}{}{}</sheetData></worksheet>",
        row(["id", "address"]),
        row(["1", LISTED]),
        row(["2", UNKNOWN])
    );
    let workbook = "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
                    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>\
                    <sheet name=\"s\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    let relations = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
                     <Relationship Id=\"rId1\" Type=\"worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    let spreadsheet = zipped(&[
        ("[Content_Types].xml", "<Types/>"),
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/worksheets/sheet1.xml", &sheet),
    ]);
    for (name, bytes) in [
        ("x.csv.bz2", packer.finish().expect("packed")),
        ("x.zip", zipped(&[("x.csv", &table)])),
        ("x.xlsx", spreadsheet),
    ] {
        let file = data.path().join(name);
        std::fs::write(&file, bytes).expect("written");
        let path = file.to_string_lossy().into_owned();
        let output =
            tracehound(data.path(), &["screen", &path, "--column", "address", "--output", "jsonl"], "");
        assert_eq!(output.status.code(), Some(20), "{name}: {}", said(&output));
        let rows = answers(&text(&output));
        assert_eq!((rows.len(), &rows[0]["decision"]), (2, &"block".into()), "{name}");
    }
    for (name, bytes, why) in [
        (
            "two.zip",
            zipped(&[("a.csv", &table), ("b.csv", &table)]),
            "several files (a.csv, b.csv): unpack it",
        ),
        ("x.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "save it as CSV"),
        ("x.csv.xz", b"\xfd7zXZ\0\0\x04".to_vec(), "packed by xz"),
    ] {
        let file = data.path().join(name);
        std::fs::write(&file, bytes).expect("written");
        let path = file.to_string_lossy().into_owned();
        let output = tracehound(data.path(), &["screen", &path, "--column", "address"], "");
        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        assert!(said(&output).contains(why), "{name}: {}", said(&output));
    }
}
