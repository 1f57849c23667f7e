//! Small lists that once read wrongly: each is read rightly, or refused with a word.

use std::fs::File;

use tracehound_attribution::{
    ImportError,
    import::{Account, Imported, Options, SourceOptions, read},
};
use tracehound_model::{Category, Confidence, SourceId};
use tracehound_testkit::shared_data;

use crate::support::{day, named};

/// What a file gives: claims and parties, or a part of the complaint.
enum Gives {
    List(usize, usize),
    Error(&'static str),
}
use Gives::{Error, List};

const CASES: &[(&str, Gives)] = &[
    ("faults/q.csv", Error("line 2")),
    ("faults/own2.csv", List(2, 0)),
    ("faults/evil3.yaml", List(1, 0)),
    ("faults/evil_pack.yaml", List(3, 0)),
    ("screening/tiny.csv", List(1, 0)),
    ("lists-and-blocks/ConList.xml", List(0, 1)),
    ("lists-and-blocks/ConList_cp1252.csv", List(0, 1)),
    ("lists-and-blocks/SDN.XML", List(1, 1)),
    ("lists-and-blocks/SDN_ENHANCED.XML", List(1, 1)),
    ("lists-and-blocks/SDN_XML.ZIP", List(1, 1)),
    ("lists-and-blocks/UK-Sanctions-List.ods", Error("holds no rows")),
    ("lists-and-blocks/add.csv", Error("together with sdn.csv")),
    ("lists-and-blocks/alt.csv", List(0, 1)),
    ("lists-and-blocks/by_actor.json", List(2, 0)),
    ("lists-and-blocks/c_cat.csv", List(1, 0)),
    ("lists-and-blocks/c_date_us.csv", List(2, 0)),
    ("lists-and-blocks/c_hashcol.csv", List(2, 0)),
    ("lists-and-blocks/c_hashrow.csv", List(2, 0)),
    ("lists-and-blocks/c_pipe.csv", List(1, 0)),
    ("lists-and-blocks/c_risk.csv", List(1, 0)),
    ("lists-and-blocks/c_unclosed.csv", Error("line 3")),
    ("lists-and-blocks/c_utf16.csv", List(1, 0)),
    ("lists-and-blocks/chainalysis.csv", List(2, 0)),
    ("lists-and-blocks/cons_prim.csv", Error("--source ofac-consolidated")),
    ("lists-and-blocks/csl.csv", List(1, 1)),
    ("lists-and-blocks/dpl.txt", List(0, 1)),
    ("lists-and-blocks/entities.ftm.json", List(1, 1)),
    ("lists-and-blocks/etherscan_accounts.json", List(2, 0)),
    ("lists-and-blocks/ethlabels.json", List(1, 0)),
    ("lists-and-blocks/j_bom.json", List(1, 0)),
    ("lists-and-blocks/j_geo.jsonl", List(3, 0)),
    ("lists-and-blocks/j_numconf.json", List(1, 0)),
    ("lists-and-blocks/metamask_config.json", Error("domains")),
    ("lists-and-blocks/nbctf.csv", List(2, 0)),
    ("lists-and-blocks/o_addresses.txt", List(4, 0)),
    ("lists-and-blocks/ofac_odd.csv", Error("whose list")),
    ("lists-and-blocks/one_asset.json", Error("whose list")),
    ("lists-and-blocks/ransomwhere.json", List(1, 0)),
    ("lists-and-blocks/scamsniffer_combined.json", List(3, 0)),
    ("lists-and-blocks/sdn_badquotes.csv", Error("whose list")),
    ("lists-and-blocks/sdn_comments.csv", List(1, 0)),
    ("lists-and-blocks/sdn_partial_one.csv", Error("whose list")),
    ("lists-and-blocks/seco.xml", Error("1 targets have been taken off")),
    ("lists-and-blocks/t_bom.yaml", List(1, 0)),
    ("lists-and-blocks/t_hex_8.yaml", List(2, 0)),
    ("lists-and-blocks/t_hex_small.yaml", List(2, 0)),
    ("lists-and-blocks/t_include.yaml", Error("header.yaml")),
    ("lists-and-blocks/t_label_num.yaml", List(7, 0)),
    ("lists-and-blocks/t_merge2.yaml", List(1, 0)),
    ("lists-and-blocks/targets.simple.csv", List(1, 1)),
];

fn case(name: &str, options: Options) -> Option<Result<Imported, ImportError>> {
    let path = shared_data(&format!("cases/{name}"))?;
    let beside = path.parent().map(ToOwned::to_owned);
    let options = Options { beside, file_name: named(name).file_name, ..options };
    Some(read(&mut File::open(path).unwrap(), &options))
}

fn list(name: &str) -> Option<Imported> {
    Some(
        case(&format!("lists-and-blocks/{name}"), Options::default())?
            .unwrap_or_else(|e| panic!("{name}: {e}")),
    )
}

fn adds_up(name: &str, account: Account) {
    let Account { total, read, refused, passed_over, .. } = account;
    assert_eq!(read + refused + passed_over, total, "{name}: {account:?}");
}

#[test]
fn every_case_is_read_rightly_or_refused_with_a_word() {
    for (name, gives) in CASES {
        let Some(read) = case(name, Options::default()) else { return };
        match (gives, read) {
            (List(claims, parties), Ok(Imported { snapshot, .. })) => {
                assert_eq!(
                    (snapshot.claims.len(), snapshot.parties.len()),
                    (*claims, *parties),
                    "{name}: {snapshot:?}"
                );
                adds_up(name, snapshot.account);
            }
            (Error(part), Err(error)) => assert!(error.to_string().contains(part), "{name}: {error}"),
            (_, read) => panic!("{name}: {read:?}"),
        }
    }
}

/// The table of samples in docs/LISTS.md says what the cases give.
#[test]
fn the_manual_says_what_the_samples_give() {
    let manual = include_str!("../../../../docs/LISTS.md");
    let (_, section) = manual.split_once("\n## Samples\n").expect("a section");
    let section = section.split("\n## ").next().expect("its text");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut told = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let [file, format, claims, parties, why, ..] = cells[..] else { panic!("{row}") };
        let known = CASES.iter().find(|(name, _)| name.ends_with(&format!("/{file}")));
        match &known.unwrap_or_else(|| panic!("{file} is no case")).1 {
            List(own_claims, own_parties) => {
                assert_eq!(
                    (claims, parties),
                    (&*own_claims.to_string(), &*own_parties.to_string()),
                    "{file}"
                );
                if let Some(list) = list(file) {
                    assert_eq!(list.format.id(), format, "{file}");
                }
            }
            Error(_) => assert!(claims.is_empty() && !why.is_empty(), "{file}"),
        }
        told += 1;
    }
    assert_eq!(told, 18);
}

#[test]
fn the_odd_rows_of_sdn_csv_are_all_there_once_it_is_said_whose_they_are() {
    for (name, claims, parties) in
        [("sdn_badquotes.csv", 3, 3), ("ofac_odd.csv", 5, 1), ("sdn_partial_one.csv", 0, 1)]
    {
        let source = SourceOptions { id: Some(SourceId("ofac-sdn".to_owned())), ..SourceOptions::default() };
        let options = Options { source, ..Options::default() };
        let Some(read) = case(&format!("lists-and-blocks/{name}"), options) else { return };
        let snapshot = read.unwrap().snapshot;
        assert_eq!((snapshot.claims.len(), snapshot.parties.len()), (claims, parties), "{name}");
        assert!(snapshot.partial.is_some(), "{name} is no whole list");
        adds_up(name, snapshot.account);
    }
}

#[test]
fn the_plainer_xml_forms_of_the_sdn_list_say_the_same() {
    for (name, published, names) in [("SDN.XML", "2026-09-03", 2), ("SDN_ENHANCED.XML", "2026-09-10", 1)] {
        let Some(Imported { snapshot, .. }) = list(name) else { return };
        assert_eq!(
            (snapshot.source.id.0.as_str(), snapshot.source.published),
            ("ofac-sdn", Some(day(published)))
        );
        let (claim, party) = (&snapshot.claims.get(0).unwrap().statement, &snapshot.parties[0]);
        assert_eq!(
            (claim.label.as_str(), claim.asset.as_deref()),
            ("TESTHOLDER, Quux", Some("XBT")),
            "{name}"
        );
        assert_eq!(
            (party.id.as_str(), party.names.len(), party.programs.len()),
            ("900001", names, 1),
            "{name}"
        );
        assert!(snapshot.partial.is_some(), "{name}");
    }
}

/// Source, its kind and day, then names of the parties, then labels of the claims.
fn told(name: &str) -> Option<String> {
    let Imported { snapshot: list, format, .. } = list(name)?;
    let names = list.parties.iter().map(|party| {
        let names: Vec<&str> = party.names.iter().map(|name| name.full.as_str()).collect();
        format!("{} {:?} {} {:?}", party.id, party.kind, names.join(" / "), party.programs)
    });
    let claims = list.claims.iter().map(|claim| {
        let said = &claim.statement;
        format!("{}: {} of {:?}, {:?}", said.label, said.category, said.party_id, said.asset)
    });
    let head = format!("{format} {} {:?} {:?}", list.source.id, list.source.kind, list.source.published);
    Some(std::iter::once(head).chain(names).chain(claims).collect::<Vec<_>>().join("\n"))
}

#[test]
fn lists_that_others_publish_say_whose_they_are_and_whom_they_name() {
    for (name, expected) in [
        (
            "ConList.xml",
            "ofsi-xml uk-ofsi Sanctions Some(2025-01-02)\n99001 Individual Quux TESTSHIP [\"Cyber\"]",
        ),
        (
            "SDN_XML.ZIP",
            "ofac-sdn-xml ofac-sdn Sanctions Some(2026-09-03)\n\
             900001 Individual TESTHOLDER, Quux / ZEDALIAS [\"DPRK3\"]\n\
             TESTHOLDER, Quux: sanction of Some(\"900001\"), Some(\"XBT\")",
        ),
        (
            "alt.csv",
            "ofac-csv-part ofac-sdn Sanctions None\n900001 Unknown ZEDALIAS, Quux / OLDNAME, Quux []",
        ),
        (
            "sdn_comments.csv",
            "ofac-csv-part ofac-sdn Sanctions None\n\
             OFAC party 900001: sanction of Some(\"900001\"), Some(\"ETH\")",
        ),
        (
            "csl.csv",
            "csl us-csl LawEnforcement None\nSDN-900001 Individual TESTHOLDER, Quux / Zed [\"DPRK3\"]\n\
             TESTHOLDER, Quux: sanction of Some(\"SDN-900001\"), Some(\"XBT\")",
        ),
        (
            "dpl.txt",
            "dpl us-bis-dpl LawEnforcement None\n\
             QUUX TESTNAME 2020-01-01 Unknown QUUX TESTNAME [\"BIS Denied Persons\"]",
        ),
        (
            "entities.ftm.json",
            "ftm opensanctions-us_ofac_sdn Labels Some(2026-09-01)\np1 Individual Quux TESTNAME / Zed []\n\
             Quux TESTNAME: sanction of Some(\"p1\"), Some(\"ETH\")",
        ),
        (
            "targets.simple.csv",
            "opensanctions-csv opensanctions-us-ofac Labels Some(2026-09-01)\n\
             p1 Individual Quux TESTNAME / Zed []\n\
             targets of US OFAC: unknown of None, None",
        ),
    ] {
        let Some(told) = told(name) else { return };
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn rows_of_a_table_are_its_lines() {
    for (name, lines) in
        [("c_hashrow.csv", 3), ("c_hashcol.csv", 3), ("nbctf.csv", 5), ("o_addresses.txt", 12)]
    {
        let Some(imported) = list(name) else { return };
        assert_eq!(imported.snapshot.account.total, lines, "{name}: {:?}", imported.snapshot.account);
    }
}

#[test]
fn category_label_and_confidence_are_read() {
    for (name, category, label) in [
        ("c_cat.csv", Category::Ransomware, "Quux"),
        ("c_risk.csv", Category::Ransomware, "Quux"),
        ("c_pipe.csv", Category::Ransomware, "Quux"),
        ("c_utf16.csv", Category::Ransomware, "Quux"),
        ("c_hashrow.csv", Category::Ransomware, "#Q-gang"),
        ("chainalysis.csv", Category::Market, "Quux Market"),
        ("etherscan_accounts.json", Category::DefiDex, "Zed DEX"),
        ("ethlabels.json", Category::ServiceHack, "Quux Exploiter 1"),
        ("ransomwhere.json", Category::Unknown, "Quuxlocker"),
        ("j_numconf.json", Category::Ransomware, "Quux"),
        ("t_merge2.yaml", Category::Ransomware, "Quux"),
        ("t_bom.yaml", Category::Ransomware, "Quux"),
        ("scamsniffer_combined.json", Category::Unknown, "bad.example"),
        ("by_actor.json", Category::Unknown, "konni"),
    ] {
        let Some(imported) = list(name) else { return };
        let first = &imported.snapshot.claims.get(0).unwrap().statement;
        assert_eq!((first.category, first.label.as_str()), (category, label), "{name}");
    }
    let Some(numbers) = list("j_numconf.json") else { return };
    assert_eq!(numbers.snapshot.claims.get(0).unwrap().confidence, Confidence(5));
}

#[test]
fn columns_that_are_not_read_are_named() {
    for (name, unread) in [
        ("chainalysis.csv", &["Exposure (USD)"][..]),
        ("nbctf.csv", &["No.", "Platform"]),
        (
            "ransomwhere.json",
            &["balance", "balanceUSD", "blockchain", "createdAt", "transactions", "updatedAt"],
        ),
        ("ethlabels.json", &["chainId"]),
        ("alt.csv", &["alias remarks"]),
        ("targets.simple.csv", &["addresses", "emails", "identifiers", "phones"]),
        ("t_merge2.yaml", &["x"]),
    ] {
        let Some(imported) = list(name) else { return };
        assert_eq!(imported.snapshot.unread, unread, "{name}");
    }
}

#[test]
fn scalars_of_a_pack_stay_text() {
    let Some(imported) = list("t_label_num.yaml") else { return };
    let labels: Vec<_> = imported.snapshot.claims.iter().map(|claim| claim.statement.label).collect();
    assert_eq!(labels, ["3.10", "1e3", "007", "0x10", "2020.10", "no", ".inf"]);
}

#[test]
fn a_date_that_can_be_two_days_is_left_out() {
    let Some(imported) = list("c_date_us.csv") else { return };
    let days: Vec<_> = imported.snapshot.claims.iter().map(|claim| claim.valid_from).collect();
    assert_eq!(days, [None, Some(day("2024-09-13"))]);
    assert!(
        imported.snapshot.warnings.iter().any(|warning| warning.message.contains("day first or month first"))
    );
}

#[test]
fn text_of_offices_is_decoded() {
    let Some(imported) = list("ConList_cp1252.csv") else { return };
    assert_eq!(imported.snapshot.source.id.0, "uk-ofsi");
    assert_eq!(imported.snapshot.parties[0].names[0].full, "Quux O’TESTNAME-Š");
}

#[test]
fn what_is_around_an_address_is_taken_off_with_a_word() {
    let Some(imported) = list("o_addresses.txt") else { return };
    let said = imported.snapshot.warnings.iter().filter(|warning| warning.message.starts_with("read as `"));
    assert_eq!(said.count(), 10, "{:?}", imported.snapshot.warnings);
}

#[test]
fn a_header_in_a_file_of_its_own_is_included() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("header.yaml"),
        "title: T\ncreator: me\nlastmod: 2026-09-01\nabuse: ransomware\n",
    )
    .unwrap();
    let options = Options { beside: Some(folder.path().to_owned()), ..Options::default() };
    let text =
        "header: !include header.yaml\ntags:\n- address: 1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi\n  label: Quux\n";
    let options = Options { file_name: "pack.yaml".to_owned(), ..options };
    let snapshot = read(&mut text.as_bytes(), &options).unwrap().snapshot;
    assert_eq!(snapshot.claims.get(0).unwrap().statement.category, Category::Ransomware);
    assert_eq!(snapshot.source.publisher, "me");
}

#[test]
fn what_a_header_holds_is_read_or_named() {
    let tags = "tags:\n- {address: 1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi, label: Quux, title: own}\n";
    let head = "title: T, creator: me, lastmod: 2026-09-01";
    let read = |text: &str| crate::support::text("pack.yaml", text);
    let header = format!("header: {{{head}, foo: 1, address: x, header: {{tags: [x]}}}}\nextra: 1\n{tags}");
    let unread = read(&header).unwrap().unread;
    assert_eq!(unread, ["extra", "header.address", "header.foo", "header.header", "title"]);
    let plain = "title: T\ncreator: me\nlastmod: 2026-09-01\n";
    assert_eq!(read(&format!("{plain}header: [{{foo: 1}}]\n{tags}")).unwrap().unread, ["header", "title"]);
    // Two lists of tags, of which one would be lost.
    let two = "tags: [{address: 12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h, label: Lost}]";
    let error = read(&format!("header: {{{head}, {two}}}\n{tags}")).unwrap_err().to_string();
    assert!(error.contains("`tags` in its header and outside of it"), "{error}");
    assert_eq!(read(&format!("header: {{{head}, {two}}}\n")).unwrap().claims.len(), 1);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("header.yaml"), format!("{plain}{two}\n")).unwrap();
    let options = Options {
        beside: Some(folder.path().to_owned()),
        file_name: "pack.yaml".to_owned(),
        ..Options::default()
    };
    let text = format!("header: !include header.yaml\n{tags}");
    let error = tracehound_attribution::import::read(&mut text.as_bytes(), &options).unwrap_err().to_string();
    assert!(error.contains("`tags` in its header and outside of it"), "{error}");
}
