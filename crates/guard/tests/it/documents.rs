//! The documents under `docs/` say what is: the form of the report, and the table of the corpus.

use std::{collections::BTreeSet, fmt::Write as _, path::PathBuf};

use tracehound_guard::Severity;

use crate::{
    corpus::{Case, cases},
    figures::{MARK, figures},
};

fn document(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

#[test]
fn every_report_has_the_documented_form() {
    let schema = std::fs::read_to_string(document("guard-report.schema.json")).expect("there");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let form = jsonschema::validator_for(&schema).expect("a schema");
    for case in cases("malicious").iter().chain(&cases("benign")) {
        let report = serde_json::to_value(&case.report).expect("JSON");
        let wrong: Vec<String> =
            form.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path)).collect();
        assert_eq!(wrong, [""; 0], "{}", case.name);
    }
}

/// Peers and the checks of ours that one of their published rules answers to.
///
/// Read from their sources and rule lists, not measured: none of them is on a registry as a program, and Rabby's rules
/// need its service. A case counts for a peer when one of these checks is among those that must speak in it, which is
/// the most it could catch.
const PEERS: [(&str, &str, &[&str]); 4] = [
    (
        "safe-tx-hashes-util",
        "safe",
        &["G-HASH-01", "G-DC-01", "G-DC-02", "G-DC-03", "G-GAS-01", "G-CFG-01", "G-CFG-02"],
    ),
    ("Cyfrin safe-hash", "safe", &["G-HASH-01", "G-DC-01", "G-DC-02", "G-DC-03", "G-GAS-01"]),
    (
        "sentinel-engine",
        "safe",
        &[
            "G-DC-01",
            "G-DC-02",
            "G-DC-03",
            "G-CFG-01",
            "G-CFG-02",
            "G-CFG-03",
            "G-CFG-04",
            "G-CFG-05",
            "G-CFG-06",
            "G-CFG-07",
            "G-APP-01",
            "G-ADDR-02",
        ],
    ),
    (
        "Rabby's rules",
        "",
        &["G-APP-01", "G-APP-02", "G-APP-03", "G-ORD-01", "G-OWN-01", "G-ADDR-02", "G-SIGN-01"],
    ),
];

fn could_catch(case: &Case, door: &str, checks: &[&str]) -> bool {
    (door.is_empty() || case.door == door) && case.findings.iter().any(|id| checks.contains(&&id[..]))
}

fn row(page: &mut String, case: &Case) {
    let weighty = case.report.findings.iter().filter(|finding| finding.severity > Severity::Incomplete);
    let ids: BTreeSet<&str> = weighty.map(|finding| finding.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut marks = String::new();
    for (_, door, checks) in PEERS {
        marks += if could_catch(case, door, checks) { " could |" } else { " - |" };
    }
    writeln!(
        page,
        "| {} | {} | **{}** | {} |{marks}",
        case.about,
        case.door,
        case.report.verdict,
        ids.join(", ")
    )
    .expect("writes");
}

fn page() -> String {
    let (malicious, benign) = (cases("malicious"), cases("benign"));
    let mut page = String::from(
        "# The guard's corpus\n\nWritten by a test (`TRACEHOUND_WRITE_DOCS=1 cargo test -p tracehound-guard documents`); \
         do not edit. All cases are our own vectors and ship in `crates/guard/tests/corpus`.\n\n**Tracehound's column is \
         measured. The peers' are not:** they are read from the rules they publish, as the most each could catch \
         (`could`): a rule of theirs answers to one of the checks that must speak in the case. None of them is on a \
         package registry as a program, and Rabby's rules need its service for their facts.\n\n",
    );
    let caught = |cases: &[Case], codes: &[u8]| {
        cases.iter().filter(|case| codes.contains(&case.report.exit_code)).count()
    };
    writeln!(page, "| | cases | Tracehound | {} |", PEERS.map(|(name, ..)| name).join(" | "))
        .expect("writes");
    page += "|---|---|---|---|---|---|---|\n";
    let most = PEERS.map(|(_, door, checks)| {
        malicious.iter().filter(|case| could_catch(case, door, checks)).count().to_string()
    });
    writeln!(
        page,
        "| malicious, caught | {} | {} ({} blocked, {} for review) | {} |",
        malicious.len(),
        caught(&malicious, &[10, 20]),
        caught(&malicious, &[20]),
        caught(&malicious, &[10]),
        most.map(|most| format!("at most {most}")).join(" | ")
    )
    .expect("writes");
    writeln!(
        page,
        "| benign, blocked | {} | {} ({} allowed, {} for review, {} incomplete) | - | - | - | - |",
        benign.len(),
        caught(&benign, &[20]),
        caught(&benign, &[0]),
        caught(&benign, &[10]),
        caught(&benign, &[30])
    )
    .expect("writes");
    for (title, cases) in [("Malicious", &malicious), ("Benign", &benign)] {
        write!(
            page,
            "\n## {title}\n\n| case | door | verdict | checks | {} |\n|---|---|---|---|---|---|---|---|\n",
            PEERS.map(|(name, ..)| name).join(" | ")
        )
        .expect("writes");
        for case in cases {
            row(&mut page, case);
        }
    }
    page += &crate::figures::rabby();
    page
}

#[test]
fn the_table_of_the_corpus_is_the_measured_one() {
    let file = document("GUARD-CORPUS.md");
    let said = std::fs::read_to_string(&file).expect("there");
    // What needs the real data is left as it is where they are not there.
    let kept = said.find(MARK).map_or("", |at| &said[at..]);
    let page = page() + &figures().unwrap_or_else(|| kept.to_owned());
    if std::env::var_os("TRACEHOUND_WRITE_DOCS").is_some() {
        std::fs::write(&file, &page).expect("written");
        return;
    }
    assert!(
        said == page,
        "docs/GUARD-CORPUS.md is not what the corpus gives: TRACEHOUND_WRITE_DOCS=1 writes it"
    );
}
