//! Names: one a line, and what is known of whoever has them.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::screen::{text, tracehound};

/// A folder whose list names people born when and of where it says, one of whom it says nothing of.
fn folder() -> TempDir {
    let data = tempfile::tempdir().expect("temporary folder");
    let person = |id: &str, name: &str, more: &str| {
        format!(
            "{{\"id\":\"{id}\",\"schema\":\"Person\",\"target\":true,\"datasets\":[\"made_up\"],\
             \"properties\":{{\"name\":[\"{name}\"],\"topics\":[\"sanction\"]{more}}}}}\n"
        )
    };
    let list = [
        person("p1", "Quentin Testperson", ",\"birthDate\":[\"1983-11-25\"],\"nationality\":[\"kp\"]"),
        person("p2", "Quentin Testperson", ",\"birthDate\":[\"1962\"],\"country\":[\"ru\",\"cn\"]"),
        person("p3", "Quentin Testperson", ""),
        person("p4", "Robin Otherperson", ",\"birthDate\":[\"1983\"],\"country\":[\"ru\"]"),
    ];
    let file = data.path().join("made-up.ftm.json");
    std::fs::write(&file, list.concat()).expect("written");
    let output = tracehound(
        data.path(),
        &["lists", "import", &file.to_string_lossy(), "--source", "made-up", "--published", "2026-01-01"],
        "",
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    data
}

/// The policy asks for nothing but this list, so that only the name can be in the way of "no match".
#[test]
fn a_family_name_alone_clears_nobody_and_says_how_many_have_it() {
    let data = folder();
    let policy = data.path().join("own.toml");
    let rules = "version = 2\nname = \"own\"\nbasis = \"lists-only\"\n[require]\nsources = [\"made-up\"]\n";
    std::fs::write(&policy, rules).expect("written");
    let ask = |name: &str| {
        let args = ["screen", "--name", name, "--policy", &policy.to_string_lossy()];
        let output = tracehound(data.path(), &args, "");
        (output.status.code(), text(&output))
    };
    for name in ["Testperson", "Mr Testperson"] {
        let (code, said) = ask(name);
        assert_eq!(code, Some(30), "{said}");
        assert!(said.contains("a family name alone: 3 listed persons have it"), "{said}");
    }
    for name in ["John Testperson", "Haverford"] {
        let (code, said) = ask(name);
        assert_eq!(code, Some(0), "{name}: {said}");
    }
}

fn ids(found: &Value) -> Vec<&str> {
    let parties = found.as_array().into_iter().flatten();
    parties.map(|found| found["party"]["id"].as_str().expect("an id")).collect()
}

#[test]
fn what_contradicts_a_match_sets_it_aside_and_says_why() {
    let data = folder();
    let ask = |more: &[&str]| {
        let name = ["screen", "--name", "Quentin Testperson", "--output", "jsonl"];
        let output = tracehound(data.path(), &[&name, more].concat(), "");
        let answer: Value = serde_json::from_str(&text(&output)).expect("JSON");
        (output.status.code(), answer)
    };
    let (code, all) = ask(&[]);
    assert_eq!((code, ids(&all["matches"])), (Some(10), vec!["p1", "p2", "p3"]));
    assert!(all.get("set_aside").is_none() && all.get("born").is_none());

    let (code, answer) = ask(&["--born", "1962-05-17"]);
    assert_eq!((code, ids(&answer["matches"])), (Some(10), vec!["p2", "p3"]), "no date contradicts nothing");
    assert_eq!(answer["born"], "1962-05-17");
    assert_eq!(answer["set_aside"][0]["because"][0], "born 1962-05-17, listed as born 1983-11-25");
    assert_eq!(answer["set_aside"][0]["score"], 1.0);
    assert!(answer["summary"].as_str().expect("a sentence").contains("1 set aside"), "{answer}");

    let (_, answer) = ask(&["--country", "North Korea", "--country", "fr"]);
    assert_eq!(ids(&answer["matches"]), ["p1", "p3"]);
    assert_eq!(answer["set_aside"][0]["because"][0], "of KP or FR, listed under RU, CN");

    // Another country alone makes nobody somebody else; another birthday does.
    let other = |more: &[&str]| {
        let name = ["screen", "--name", "Robin Otherperson", "--policy", "lists-only", "--output", "jsonl"];
        let answer: Value =
            serde_json::from_str(&text(&tracehound(data.path(), &[&name, more].concat(), ""))).expect("JSON");
        (answer["decision"].as_str().expect("a word").to_owned(), ids(&answer["matches"]).len())
    };
    assert_eq!(other(&["--country", "FR"]), ("review".to_owned(), 0));
    assert_ne!(other(&["--born", "1950"]).0, "review");
    assert_ne!(other(&["--born", "1950", "--country", "FR"]).0, "review");

    let (code, answer) = ask(&["--born", "1950", "--country", "US", "--limit", "1"]);
    assert_eq!(
        (code, ids(&answer["matches"])),
        (Some(10), vec!["p3"]),
        "whom the list says nothing of stays"
    );
    assert_eq!(ids(&answer["set_aside"]), ["p1"], "the limit cuts what is shown of them");
    assert_eq!(answer["set_aside"][0]["because"].as_array().map(Vec::len), Some(2));

    // A year's slip is no contradiction.
    assert_eq!(ids(&ask(&["--born", "1984"]).1["matches"]), ["p1", "p3"]);

    for wrong in [&["--born", "25.11.83"][..], &["--country", "ZZ"]] {
        let output = tracehound(data.path(), &[&["screen", "--name", "x"], wrong].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let output = tracehound(data.path(), &["screen", "x", "--born", "1983"], "");
    assert_eq!(output.status.code(), Some(2), "a subject has no date of birth");
}

/// What stands where no birth is known clears nobody, on the command line and in a column.
#[test]
fn a_birth_that_is_none_sets_nobody_aside() {
    let data = folder();
    let moment = ["--as-of", "2026-11-01T00:00:00Z", "--policy", "lists-only", "--output", "jsonl"];
    for born in
        ["0000", "0001-01-01", "1753-01-01", "1900-01-01", "1970-01-01", "2026-12-01", "2099", "9999-12-31"]
    {
        let name = ["screen", "--name", "Robin Otherperson", "--born", born];
        let output = tracehound(data.path(), &[&name[..], &moment].concat(), "");
        let answer: Value = serde_json::from_str(&text(&output)).expect("JSON");
        assert_eq!(output.status.code(), Some(10), "{born}: {answer}");
        assert_eq!((ids(&answer["matches"]), answer.get("set_aside")), (vec!["p4"], None), "{born}");
        let gap = answer["coverage"]["gaps"].to_string();
        assert!(gap.contains("nobody was set aside for it"), "{born}: {answer}");
    }
    let table = "name,born\nRobin Otherperson,1900-01-01\nRobin Otherperson,2099\nRobin Otherperson,1950\nNobody Ofhere,2099\n";
    let columns = ["screen", "-", "--name-column", "name", "--born-column", "born"];
    let rows = text(&tracehound(data.path(), &[&columns[..], &moment].concat(), table));
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).expect("JSON")).collect();
    let decisions: Vec<&str> = rows.iter().filter_map(|row| row["decision"].as_str()).collect();
    assert_eq!(decisions[..2], ["review", "review"]);
    assert_ne!(decisions[2], "review", "a birth that contradicts sets aside");
    assert_eq!(decisions[3], "incomplete");
}

#[test]
fn names_on_standard_input_are_answered_each_with_its_row() {
    let data = folder();
    let long = "x".repeat(100_000);
    let input = format!("Quentin Testperson\n\n# a note\nNobody Ofhere\n!?\n{long}\nQuentin Tsetperson\n");
    // A moment given: two runs of one second apart would differ in it.
    let moment = ["--as-of", "2026-11-01T00:00:00Z"];
    let stdin = ["screen", "--name", "--stdin", "--born", "1983", "--policy", "lists-only"];
    let ask = |output: &str| {
        tracehound(data.path(), &[&stdin[..], &moment, &["--output", output]].concat(), &input)
    };

    let jsonl = ask("jsonl");
    assert_eq!(jsonl.status.code(), Some(10), "{}", String::from_utf8_lossy(&jsonl.stderr));
    let said = String::from_utf8_lossy(&jsonl.stderr).into_owned();
    assert!(said.contains("7 rows") && said.contains("2 refused") && said.contains("2 blank"), "{said}");
    let text_of = text(&jsonl);
    let answers: Vec<Value> = text_of.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let rows: Vec<_> = answers.iter().map(|answer| answer["row"].as_u64().expect("a number")).collect();
    assert_eq!(rows, [1, 4, 5, 6, 7]);
    assert_eq!(ids(&answers[0]["matches"]), ["p1", "p3"]);
    assert_eq!(ids(&answers[0]["set_aside"]), ["p2"]);
    assert!(answers[2]["error"].as_str().expect("why").contains("no letter or digit"), "{}", answers[2]);
    assert!(answers[3]["error"].as_str().expect("why").contains("longer than"), "{}", answers[3]);
    assert_eq!(ids(&answers[4]["matches"]), ["p1", "p3"]);

    let json: Value = serde_json::from_str(&text(&ask("json"))).expect("one document");
    assert_eq!(json.as_array().expect("an array"), &answers);

    let csv = text(&ask("csv"));
    let lines: Vec<&str> = csv.lines().collect();
    let columns = |line: &str| line.matches(',').count();
    assert!(
        lines[0].starts_with("row,query,score,") && lines[0].ends_with(",set_aside,standing,ownership"),
        "{}",
        lines[0]
    );
    assert!(
        lines[3].starts_with("1,Quentin Testperson,1.0000,")
            && lines[3].ends_with("listed as born 1962\",listed,"),
        "{csv}"
    );
    let refused = lines.iter().find(|line| line.starts_with("5,")).expect("the refused row");
    assert!(refused.starts_with("5,!?,,,,,,,refused,,"), "{refused}");
    assert_eq!((columns(lines[0]), columns(refused)), (18, 18));

    let plain = text(&ask("text"));
    assert!(plain.contains("row 1: REVIEW  Quentin Testperson"), "{plain}");
    assert!(plain.contains("set aside: ") && plain.contains("born 1983, listed as born 1962"), "{plain}");

    let none = tracehound(data.path(), &["screen", "--name", "--stdin"], "");
    assert_eq!(none.status.code(), Some(1), "nothing was asked");
}

#[test]
fn a_name_is_answered_before_the_next_one_comes() {
    let data = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tracehound"))
        .args(["--quiet", "screen", "--name", "--stdin", "--output", "jsonl"])
        .env("TRACEHOUND_DATA", data.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut stdin = child.stdin.take().expect("piped");
    let mut answers = BufReader::new(child.stdout.take().expect("piped")).lines();
    for name in ["Quentin Testperson", "Nobody Ofhere"] {
        writeln!(stdin, "{name}").expect("written");
        stdin.flush().expect("flushed");
        let answer: Value =
            serde_json::from_str(&answers.next().expect("an answer").expect("read")).expect("JSON");
        assert_eq!(answer["query"], name);
    }
    drop(stdin);
    child.wait().expect("it ends");
}

#[test]
fn a_banks_own_columns_are_read() {
    let data = folder();
    let first_and_last = ["screen", "--stdin", "--name-column", "first", "--name-column", "last"];
    let beside = ["--born-column", "born", "--country-column", "land"];
    let common = ["--as-of", "2026-11-01T00:00:00Z", "--policy", "lists-only", "--output", "jsonl"];
    let of_1962 = ["17.05.1962", "17 May 1962", "19620517", "1962/05/17", "May 17, 1962", "05/17/1962"];
    let of_korea = ["PRK", "408", "Nordkorea", "КНДР", "Corée du Nord", "North Korea"];
    let mut table = "first,last,born,land\n".to_owned();
    for (born, land) in of_1962.iter().zip(of_korea) {
        let rows = ["Quentin,Testperson,\"", born, "\",\n,,,\nQuentin,Testperson,,", land, "\n"];
        table.push_str(&rows.concat());
    }
    let output = tracehound(data.path(), &[&first_and_last[..], &beside, &common].concat(), &table);
    let page = text(&output);
    let answers: Vec<Value> = page.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), 12, "{page}");
    for (at, pair) in answers.chunks(2).enumerate() {
        let (born, land) = (&pair[0], &pair[1]);
        assert_eq!(born["query"], "Quentin Testperson");
        assert_eq!(
            (&born["born"], ids(&born["matches"])),
            (&"1962-05-17".into(), vec!["p2", "p3"]),
            "{}",
            of_1962[at]
        );
        assert_eq!(
            (&land["countries"][0], ids(&land["matches"])),
            (&"KP".into(), vec!["p1", "p3"]),
            "{}",
            of_korea[at]
        );
    }
}

/// A company in a table of persons has no first name.
#[test]
fn a_name_that_stands_in_another_of_its_columns_alone_is_searched() {
    let data = folder();
    let columns =
        ["screen", "--stdin", "--name-column", "first", "--name-column", "last", "--born-column", "born"];
    let common = ["--as-of", "2026-11-01T00:00:00Z", "--policy", "lists-only", "--output", "jsonl"];
    let args = [&columns[..], &common].concat();
    for table in [
        "first,last,born\n,Quentin Testperson,\n,,1962\n",
        "{\"last\":\"Quentin Testperson\"}\n{\"first\":\"\",\"last\":null,\"born\":1962}\n",
    ] {
        let page = text(&tracehound(data.path(), &args, table));
        let answers: Vec<Value> =
            page.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(answers[0]["query"], "Quentin Testperson", "{page}");
        assert_eq!(ids(&answers[0]["matches"]), ["p1", "p2", "p3"], "{page}");
        // Nothing in any of them is a row without a name still.
        assert!(answers[1]["error"].as_str().expect("a reason").contains("nothing in the column"), "{page}");
    }
}

#[test]
fn names_of_a_table_are_answered_by_what_their_own_rows_say() {
    let data = folder();
    let table = "id;name;born;country\n1;Quentin Testperson;1962-05-17;\n2;Quentin Testperson;;KP\n3;Quentin \
                 Testperson;17.05.62;KP\n4;Quentin Testperson;1962;Atlantis\n5;;1962;KP\n6;Quentin Testperson;1950;North \
                 Korea;\n7;Robin Otherperson;1950;fr / de\n";
    let file = data.path().join("customers.csv");
    std::fs::write(&file, table).expect("written");
    let file = file.to_string_lossy();
    let columns = ["--name-column", "name", "--born-column", "born", "--country-column", "country"];
    let common = ["--as-of", "2026-11-01T00:00:00Z", "--policy", "lists-only", "--output", "jsonl"];
    let output = tracehound(data.path(), &[&["screen", &file], &columns[..], &common].concat(), "");
    let page = text(&output);
    let answers: Vec<Value> = page.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let rows: Vec<_> = answers.iter().map(|answer| answer["row"].as_u64().expect("a number")).collect();
    assert_eq!(rows, [2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(ids(&answers[0]["matches"]), ["p2", "p3"]);
    assert_eq!((&answers[0]["born"], answers[0].get("countries")), (&"1962-05-17".into(), None));
    assert_eq!(ids(&answers[1]["matches"]), ["p1", "p3"], "an empty cell says that nothing is known");
    let refused = |at: usize| answers[at]["error"].as_str().unwrap_or_else(|| panic!("{}", answers[at]));
    // What cannot be read sets nobody aside, and the name is compared all the same.
    let gaps = |at: usize| answers[at]["coverage"]["gaps"].to_string();
    assert_eq!(ids(&answers[2]["matches"]), ["p1", "p3"]);
    assert!(gaps(2).contains("`17.05.62` is no date of birth"), "{}", gaps(2));
    assert_eq!(ids(&answers[3]["matches"]), ["p2", "p3"]);
    assert!(gaps(3).contains("`Atlantis` is no country"), "{}", gaps(3));
    assert_eq!((&answers[2]["decision"], &answers[3]["decision"]), (&"review".into(), &"review".into()));
    assert!(refused(4).contains("nothing in the column `name`"));
    assert!(refused(5).contains("5 cells where the header has 4"));
    assert_ne!(answers[6]["decision"], "review", "born in another year");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("7 rows") && said.contains("2 refused"), "{said}");

    let lines =
        "{\"n\":\"Quentin Testperson\",\"b\":1962,\"c\":[\"RU\"]}\n{\"n\":\"Quentin Testperson\",\"b\":{}}\n";
    let args = ["screen", "--stdin", "--name-column", "n", "--born-column", "b", "--country-column", "c"];
    let page = text(&tracehound(data.path(), &[&args[..], &common].concat(), lines));
    let answers: Vec<Value> = page.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(ids(&answers[0]["matches"]), ["p2", "p3"]);
    assert!(answers[1]["error"].as_str().expect("refused").contains("no text in the field `b`"));

    for wrong in
        [&["--born-column", "born"][..], &["--name-column", "name", "--born-column", "b", "--born", "1962"]]
    {
        let output = tracehound(data.path(), &[&["screen", &file], wrong].concat(), "");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let missing = tracehound(data.path(), &["screen", &file, "--name-column", "nom"], "");
    assert!(String::from_utf8_lossy(&missing.stderr).contains("0 columns are named `nom`"));
}
