//! `report`, and drawings: what somebody hands on.

use std::path::Path;

use serde_json::Value;
use tracehound_model::{BlockHash, OutPoint};
use tracehound_report::pdf;
use tracehound_testkit::{
    blocks::{BlockMaker, owner},
    skipped,
};

use crate::{
    follow::{EXCHANGE, THIEF, TIME, address, chain_of_owners, folder, folder_of, soon},
    screen::{text, tracehound},
};

const LISTED: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
const AS_OF: &str = "2023-11-14T22:33:20Z";

/// Reports into a file of the folder; the page and the exit code.
fn reported(data: &Path, args: &[&str]) -> (String, Option<i32>) {
    let file = data.join("report.html");
    let name = file.to_string_lossy().into_owned();
    let output = tracehound(data, &[&["report"], args, &["--html", &name]].concat(), "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let page = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{args:?}: {said}"));
    assert!(said.contains("written: "), "{said}");
    (page, output.status.code())
}

/// The words of the command on the page.
fn command(page: &str) -> Vec<String> {
    let (_, rest) = page.split_once("<pre>").expect("a command");
    rest.split_once("</pre>").expect("its end").0.split(' ').skip(1).map(ToOwned::to_owned).collect()
}

#[test]
fn a_report_of_a_trace_has_all_its_parts_and_the_answers_ids_whole() {
    let data = folder(chain_of_owners);
    let asked = [
        address(THIEF),
        "--network".to_owned(),
        "regtest".to_owned(),
        "--as-of".to_owned(),
        AS_OF.to_owned(),
    ];
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let (page, code) = reported(data.path(), &[&["trace"], &asked[..]].concat());
    assert_eq!(code, Some(0));
    for part in [
        "Question",
        "Answer",
        "What was not seen",
        "Method, and how often it errs",
        "Transactions",
        "Outputs",
        "Who says so",
        "How to repeat it",
    ] {
        assert!(page.contains(&format!("<h2>{part}</h2>")), "{part}");
    }
    let answer = tracehound(data.path(), &[&["trace"], &asked[..], &["--output", "json"]].concat(), "");
    let answer: Value = serde_json::from_str(&text(&answer)).expect("JSON");
    assert!(page.contains(answer["error_rate"].as_str().expect("a sentence")));
    let tables = page.split_once("<h2>Transactions</h2>").expect("tables").1;
    let mut ids = vec![answer["snapshot"].as_str().expect("one").to_owned()];
    ids.extend(
        answer["edges"]
            .as_array()
            .expect("edges")
            .iter()
            .map(|edge| edge["txid"].as_str().expect("an id").to_owned()),
    );
    let nodes = answer["nodes"].as_array().expect("nodes");
    ids.extend(nodes.iter().map(|node| node["address"].as_str().expect("an address").to_owned()));
    assert!(ids.len() > 8);
    for id in ids {
        assert!(tables.contains(&id), "{id}");
    }
    for said in [
        "test-facts",
        "Made-up facts",
        "https://example.invalid/",
        "2023-11-01",
        "Exchange",
        "a test network, whose coins are worth nothing",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("GENERATED"), "no list was generated");
}

#[test]
fn the_command_on_a_page_gives_the_page_again() {
    let data = folder(chain_of_owners);
    let (thief, exchange) = (address(THIEF), address(EXCHANGE));
    for question in [
        &["trace", &thief, "--method", "fifo", "--network", "regtest"][..],
        &["exposure", &exchange, "--network=regtest"],
        &["path", &thief, &exchange, "--network", "regtest"],
        &["verdict", &exchange, "--network", "regtest", "--policy", "lists-only"],
        &["verdict", LISTED],
        // Not in the ledger.
        &["trace", &address(7), "--network", "regtest"],
    ] {
        let (first, code) = reported(data.path(), question);
        let again = command(&first);
        for pin in ["--as-of", "--snapshot"] {
            assert!(again.iter().any(|word| word == pin), "{again:?}");
        }
        let file = data.path().join("report.html");
        std::fs::remove_file(&file).expect("there");
        assert!(
            !first.contains(&*data.path().to_string_lossy()),
            "where somebody keeps it is nobody's business"
        );
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tracehound"))
            .env("TRACEHOUND_CONFIG", "")
            .env("TRACEHOUND_DATA", data.path())
            .current_dir(data.path())
            .args(&again)
            .output()
            .expect("runs");
        assert_eq!(output.status.code(), code, "{again:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(std::fs::read_to_string(&file).expect("written"), first, "{again:?}");
    }
}

#[test]
fn a_report_says_what_was_not_seen() {
    let data = folder(chain_of_owners);
    let (page, code) = reported(
        data.path(),
        &["trace", &address(THIEF), "--network", "regtest", "--as-of", "2024-06-01", "--hops", "1"],
    );
    assert_eq!(code, Some(30));
    for said in ["This answer is not complete", "limit on hops", "before the moment asked about"] {
        assert!(page.contains(said), "{said}");
    }
    let (page, code) =
        reported(data.path(), &["verdict", &address(7), "--network", "regtest", "--as-of", "2024-06-01"]);
    assert_eq!(code, Some(30));
    assert!(
        page.contains("INCOMPLETE: something that the policy requires was missing. This is no clearance.")
    );
}

#[test]
fn a_report_of_a_verdict_says_who_says_so_and_since_when() {
    let data = tempfile::tempdir().expect("folder");
    let (page, code) =
        reported(data.path(), &["verdict", LISTED, "--policy", "lists-only", "--as-of", "2025-11-20"]);
    assert_eq!(code, Some(20));
    let verdict = tracehound(
        data.path(),
        &["screen", LISTED, "--policy", "lists-only", "--as-of", "2025-11-20", "--output", "jsonl"],
        "",
    );
    let verdict: Value = serde_json::from_str(&text(&verdict)).expect("a verdict");
    for key in ["policy", "snapshot", "as_of"] {
        assert!(page.contains(verdict[key].as_str().expect("text")), "{key}");
    }
    for said in [
        "Verdict on 3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG: BLOCK",
        "fbi-notices",
        "2023-08-22",
        "https://www.fbi.gov/",
        "named by fbi-notices since 2023-08-22",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("GENERATED"));
}

#[test]
fn a_name_from_a_list_is_text_and_nothing_else() {
    let data = folder(chain_of_owners);
    let list = data.path().join("hostile.csv");
    let name = "<img src=x onerror=alert(1)></title><script>alert(2)</script>\u{202e}gnp";
    std::fs::write(&list, format!("address,label,category\n{},\"{name}\",gambling\n", address(20)))
        .expect("written");
    let list = list.to_string_lossy().into_owned();
    let listed = ["lists", "import", &list, "--source", "hostile", "--published", "2023-11-01"];
    assert_eq!(tracehound(data.path(), &listed, "").status.code(), Some(0));
    let hostile = address(20);
    for question in [
        &["trace", &address(THIEF)][..],
        &["exposure", &address(THIEF)],
        &["verdict", &hostile],
        &["verdict", &address(THIEF)],
    ] {
        let (page, _) =
            reported(data.path(), &[question, &["--network", "regtest", "--as-of", AS_OF]].concat());
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{question:?}: it is shown");
        for acted_upon in ["<img", "<script", "</title><script", "\u{202e}"] {
            assert!(!page.contains(acted_upon), "{question:?}: {acted_upon}");
        }
    }
}

#[test]
fn a_batch_of_which_records_are_left_out_or_doubled_is_not_whole() {
    let data = tempfile::tempdir().expect("folder");
    let rows = "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S\n1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2\n";
    let input = format!("{rows}{LISTED}\n{rows}");
    let asked = ["screen", "--stdin", "--output", "jsonl", "--policy", "lists-only", "--as-of", "2025-11-19"];
    let records = text(&tracehound(data.path(), &asked, &input));
    let allowed: String = records
        .lines()
        .filter(|line| !line.contains(LISTED))
        .fold(String::new(), |all, line| all + line + "\n");
    let file = data.path().join("verdicts.jsonl");
    let ask = |records: &str| {
        std::fs::write(&file, records).expect("written");
        reported(data.path(), &["batch", &file.to_string_lossy()])
    };
    let whole = "Nothing that this answer needs is missing";
    let (page, code) = ask(&records);
    assert!(code == Some(20) && !page.contains("no record here") && page.contains(whole), "{page}");
    let (page, code) = ask(&allowed);
    assert_eq!(code, Some(30), "{page}");
    assert!(page.contains("1 row between 2 and 5 has no record here") && !page.contains(whole), "{page}");
    let (page, _) = ask(&format!("{records}{records}"));
    assert!(page.contains("5 records are of rows that have one already") && !page.contains(whole), "{page}");
}

#[test]
fn a_batch_is_reported_from_its_records() {
    let data = tempfile::tempdir().expect("folder");
    let input = format!("{LISTED}\n12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S\nnonsense\n");
    let mut records = String::new();
    for day in ["2025-11-19", "2025-11-20"] {
        let asked = ["screen", "--stdin", "--output", "jsonl", "--policy", "lists-only", "--as-of", day];
        records += &text(&tracehound(data.path(), &asked, &input));
    }
    let file = data.path().join("verdicts.jsonl");
    std::fs::write(&file, &records).expect("written");
    let file = file.to_string_lossy().into_owned();
    let (page, code) = reported(data.path(), &["batch", &file]);
    assert_eq!(code, Some(20));
    assert!(page.contains("2 block, 0 review, ") && page.contains("2 could not be read"), "{page}");
    for said in [
        "2025-11-19",
        "2025-11-20",
        "fbi-notices",
        "identified-named-by-authority",
        LISTED,
        "<code>nonsense</code>",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let output =
        tracehound(data.path(), &["report", "batch", &file, "--html", "x.html", "--output", "json"], "");
    assert_eq!(output.status.code(), Some(2));
    std::fs::write(&file, "{\"not\": \"a record\"}\n").expect("written");
    let output = tracehound(data.path(), &["report", "batch", &file, "--html", &format!("{file}.html")], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("line 1"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_report_is_printed_by_a_browser() {
    let Ok(browser) = pdf::browser(None) else {
        skipped("no browser of the Chromium family is in PATH: no page is printed");
        return;
    };
    let data = folder(chain_of_owners);
    let file = data.path().join("report.pdf");
    let name = file.to_string_lossy().into_owned();
    let output = soon(data.path(), &["report", "trace", &address(THIEF), "--pdf", &name]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}: {}",
        browser.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let bytes = std::fs::read(file).expect("written");
    let text = String::from_utf8_lossy(&bytes);
    assert!(bytes.starts_with(b"%PDF-"));
    // A4 either way: text in portrait, the drawing and long ids in landscape.
    for size in ["/MediaBox [0 0 59", "/MediaBox [0 0 84"] {
        assert!(text.contains(size), "{size}");
    }
}

#[test]
fn without_a_browser_there_is_a_page_and_a_word_on_what_is_missing() {
    let data = folder(chain_of_owners);
    let names =
        ["report.html", "report.pdf"].map(|name| data.path().join(name).to_string_lossy().into_owned());
    let run = |browser: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_tracehound"));
        command.env("TRACEHOUND_CONFIG", "").env("TRACEHOUND_DATA", data.path()).env("PATH", data.path());
        if let Some(browser) = browser {
            command.env("TRACEHOUND_CHROMIUM", browser);
        }
        let args = [
            "report",
            "trace",
            &address(THIEF),
            "--network",
            "regtest",
            "--html",
            &names[0],
            "--pdf",
            &names[1],
        ];
        let output = command.args(args).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(Some("nowhere"));
    assert!(code == Some(1) && said.contains("TRACEHOUND_CHROMIUM names nowhere"), "{said}");
    assert!(Path::new(&names[0]).exists() && !Path::new(&names[1]).exists());
    if pdf::browser(None).is_ok_and(|found| {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .any(|folder| found.starts_with(folder))
    }) {
        let (code, said) = run(None);
        assert!(code == Some(1) && said.contains("no browser of the Chromium family was found"), "{said}");
    }
    let neither = tracehound(data.path(), &["report", "trace", &address(THIEF)], "");
    assert_eq!(neither.status.code(), Some(2));
}

/// What the boxes at an edge of a drawing have together, in base units.
fn edge(svg: &str, side: &str) -> u64 {
    let edges = svg.split("<rect ").filter(|rect| rect.contains(&format!("data-edge=\"{side}\"")));
    let units = edges.map(|rect| {
        let (_, rest) = rect.split_once("data-base-units=\"").expect("an amount");
        rest.split_once('"').expect("its end").0.parse::<u64>().expect("units")
    });
    units.sum()
}

/// A coin of the thief's with a fee that is followed into the coinbase of its block, and one of another's beside it.
#[test]
fn the_edges_of_a_drawing_add_up_whatever_is_asked() {
    let mut before = BlockMaker::new(BlockHash::default(), TIME, 0);
    let coin = before.tx(&[], &[(1_000_000, Some(owner(THIEF)))]);
    let other = before.tx(&[], &[(500_000, Some(owner(60)))]);
    let before = before.done();
    let mut after = BlockMaker::new(before.hash, TIME + 600, 1);
    let outpoint = |txid| OutPoint { txid, vout: 0 };
    after.tx(&[], &[(5_000_000, Some(owner(90)))]);
    let paid =
        after.tx(&[(outpoint(coin), None)], &[(600_000, Some(owner(20))), (390_000, Some(owner(EXCHANGE)))]);
    after.tx(
        &[(outpoint(paid), None), (outpoint(other), None)],
        &[(700_000, Some(owner(21))), (300_000, Some(owner(22)))],
    );
    let data = folder_of(&[before, after.done()]);
    let file = data.path().join("drawing.svg");
    let name = file.to_string_lossy().into_owned();
    let (thief, last) = (address(THIEF), address(21));
    for asked in [
        &["trace", &thief][..],
        &["trace", &thief, "--through-fees"],
        &["trace", &thief, "--method", "tiho"],
        &["trace", &thief, "--hops", "1"],
        &["trace", &thief, "--dust", "350000"],
        &["trace", &last, "--backward"],
        &["trace", &thief, &address(20), "--method", "fifo"],
    ] {
        let output = soon(data.path(), &[asked, &["--svg", &name, "--output", "json"]].concat());
        let answer: Value = serde_json::from_str(&text(&output)).expect("JSON");
        let seeded: u64 = answer["sums"]["seeded"].as_str().expect("an amount").parse().expect("units");
        let svg = std::fs::read_to_string(&file).expect("written");
        assert_eq!((edge(&svg, "left"), edge(&svg, "right")), (seeded, seeded), "{asked:?}: {answer}");
    }
}

#[test]
fn exposure_path_and_cluster_are_drawn() {
    let data = folder(|block| {
        chain_of_owners(block);
        let a = block.tx(&[], &[(5_000, Some(owner(200)))]);
        let b = block.tx(&[], &[(5_000, Some(owner(201)))]);
        let outpoint = |txid| OutPoint { txid, vout: 0 };
        block.tx(&[(outpoint(a), None), (outpoint(b), None)], &[(9_000, Some(owner(EXCHANGE)))]);
    });
    let drawing = data.path().join("drawing.svg");
    let name = drawing.to_string_lossy().into_owned();
    let drawn = |args: &[&str]| {
        let output = soon(data.path(), &[args, &["--svg", &name, "--output", "json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let answer: Value = serde_json::from_str(&text(&output)).expect("JSON");
        (answer, std::fs::read_to_string(&drawing).expect("written"))
    };
    let (answer, svg) = drawn(&["exposure", &address(100)]);
    for (side, key) in [("left", "sources"), ("right", "destinations")] {
        let total = answer[key]["total"].as_str().expect("a total");
        assert_eq!(edge(&svg, side).to_string(), total, "{side}");
    }
    assert!(
        svg.contains("Exposure of ") && svg.contains("indirect: Thief") && svg.contains("direct: Exchange"),
        "{svg}"
    );
    let (answer, svg) = drawn(&["path", &address(THIEF), &address(EXCHANGE)]);
    for passed in answer["ways"][0]["outputs"].as_array().expect("outputs") {
        assert!(svg.contains(passed["outpoint"].as_str().expect("an outpoint")), "{svg}");
    }
    let (_, svg) = drawn(&["cluster", &address(200), "--explain", &address(201)]);
    assert!(
        svg.contains("What joins ") && svg.contains("spends coins of both") && svg.contains(&address(201)),
        "{svg}"
    );
    let (answer, svg) = drawn(&["cluster", &address(200)]);
    assert_eq!(answer["size"], 2);
    assert!(
        svg.contains(&address(200)) && svg.contains(&address(201)) && svg.contains("2 addresses"),
        "{svg}"
    );
}
