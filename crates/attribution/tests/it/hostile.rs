//! Whatever the bytes, an importer answers: a snapshot or an error, never a panic, never without end.

use std::{fmt::Write as _, fs::File, io::Read};

use tracehound_attribution::import::{Format, Options, open, read};

use crate::support::named;

/// Real files and how much of each is enough to reach every part of its format.
const FILES: &[(&str, usize, Option<Format>)] = &[
    ("sanctions/un_consolidated_2026-02-27.xml", 30_000, Some(Format::UnXml)),
    ("sanctions/ofac_sdn_legacy_2021-07.csv", 20_000, Some(Format::OfacSdnCsv)),
    ("sanctions/ofac_addresses_2024-09-27.json", 30_000, Some(Format::OfacAddressJson)),
    ("attribution/graphsense/lazarus.yaml", 10_000, Some(Format::TagPack)),
    ("attribution/graphsense/etherscan-wordcloud-mixing_service.yaml", 10_000, Some(Format::TagPack)),
    ("attribution/graphsense/graphsense.actorpack.yaml", 6_000, Some(Format::ActorPack)),
    ("attribution/ethereum-lists_darklist.json", 10_000, Some(Format::Json)),
    ("attribution/btc_entities/mixer-addresses.csv", 8_000, Some(Format::Csv)),
    ("cases/lists-and-blocks/SDN_XML.ZIP", 2_000, None),
    ("cases/lists-and-blocks/UK-Sanctions-List.ods", 2_000, None),
    ("cases/lists-and-blocks/alt.csv", 2_000, Some(Format::OfacCsvPart)),
    ("cases/lists-and-blocks/ConList.xml", 2_000, Some(Format::OfsiXml)),
    ("cases/lists-and-blocks/seco.xml", 2_000, Some(Format::SecoXml)),
    ("cases/lists-and-blocks/entities.ftm.json", 2_000, Some(Format::FollowTheMoney)),
    ("cases/lists-and-blocks/targets.simple.csv", 2_000, Some(Format::OpenSanctionsCsv)),
    ("cases/lists-and-blocks/csl.csv", 2_000, Some(Format::Csl)),
    ("cases/lists-and-blocks/dpl.txt", 2_000, Some(Format::DeniedPersons)),
];

/// Bytes that mean something in one format or another.
const MARKS: &[u8] = b"<>&\"'{}[]:;,#\n\0\xff";

/// The same each time: a test that fails once must fail again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

fn head(name: &str, length: usize) -> Option<Vec<u8>> {
    let path = tracehound_testkit::shared_data(name)?;
    let mut bytes = Vec::new();
    let mut plain = open(File::open(path).expect("it is there")).expect("a real file").take(length as u64);
    plain.read_to_end(&mut bytes).expect("a real file");
    Some(bytes)
}

/// Reads the bytes; only that it returns matters.
fn survive(bytes: &[u8], name: &str, format: Option<Format>) {
    for format in [format, None] {
        let _ = read(&mut &*bytes, &Options { format, ..named(name) });
    }
}

#[test]
fn cut_and_damaged_lists_are_survived() {
    let mut dice = Dice(7);
    for (name, length, format) in FILES {
        let Some(bytes) = head(name, *length) else { return };
        for _ in 0..12 {
            let cut = dice.below(bytes.len());
            survive(&bytes[..cut], name, *format);
        }
        for _ in 0..25 {
            let mut damaged = bytes.clone();
            for _ in 0..=dice.below(8) {
                let place = dice.below(damaged.len());
                match dice.below(3) {
                    0 => damaged[place] ^= 1 << dice.below(8),
                    1 => damaged[place] = MARKS[dice.below(MARKS.len())],
                    _ => drop(
                        damaged
                            .splice(place..place, bytes[dice.below(bytes.len())..].iter().take(9).copied()),
                    ),
                }
            }
            survive(&damaged, name, *format);
        }
    }
}

/// The start of the big file holds its reference values; parties and entries are cut out of its middle.
#[test]
fn damaged_ofac_xml_is_survived() {
    let Some(start) = head("sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2", 120_000) else { return };
    let mut dice = Dice(11);
    for _ in 0..40 {
        let mut damaged = start.clone();
        damaged.truncate(dice.below(start.len()));
        for _ in 0..4 {
            let place = dice.below(damaged.len());
            if let Some(byte) = damaged.get_mut(place) {
                *byte ^= 1 << dice.below(8);
            }
        }
        survive(&damaged, "sdn_advanced.xml", Some(Format::OfacAdvancedXml));
    }
}

#[test]
fn every_format_survives_every_other() {
    for (name, ..) in FILES {
        let Some(bytes) = head(name, 2_000) else { return };
        for format in Format::ALL {
            survive(&bytes, "x", Some(format));
        }
    }
}

fn error(name: &str, text: &str) -> String {
    read(&mut text.as_bytes(), &named(name)).expect_err(name).to_string()
}

#[test]
fn bombs_are_refused_quickly() {
    // A YAML alias bomb: nine levels of nine, where the reader has to follow and where it has not.
    let bomb = |leaf: &str, open: &str, close: &str| {
        let mut yaml = format!("title: t\ncreator: c\na0: &a0 {leaf}\n");
        for level in 1..9 {
            let items = vec![format!("*a{}", level - 1); 9].join(",");
            writeln!(yaml, "a{level}: &a{level} {open}{items}{close}").expect("texts take all");
        }
        yaml
    };
    let said = error("bomb.yaml", &format!("{}tags: [*a8]\n", bomb("{label: x}", "{tags: [", "]}")));
    assert!(said.contains("has a label"), "{said}");
    let said = error("bomb.yaml", &format!("{}tags: [{{label: l, concepts: *a8}}]\n", bomb("[x]", "[", "]")));
    assert!(said.contains("neither an address nor a tx_hash"), "{said}");
    // Depth, in each syntax.
    for deep in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        let said = error("x.yaml", &format!("title: t\ncreator: c\ntags: {deep}"));
        assert!(said.contains("not well-formed"), "{said}");
    }
    let said = error("x.json", &"[".repeat(100_000));
    assert!(said.contains("recursion limit"), "{said}");
    let said = error("x.xml", &format!("<Sanctions>{}", "<a>".repeat(1_000)));
    assert!(said.contains("deeper than 64"), "{said}");
    // Entities in entities, and one endless line.
    let deep = "{\"id\":\"1\",\"schema\":\"Person\",\"properties\":{\"a\":[".repeat(1_000);
    let said = error("x.ftm.json", &deep);
    assert!(said.contains("recursion limit"), "{said}");
    let said = error(
        "x.ftm.json",
        &format!("{{\"id\":\"\",\"schema\":\"\",\"properties\":\"{}", "a".repeat(17 << 20)),
    );
    assert!(said.contains("longer than 16777216 bytes"), "{said}");
    let said = error("x.toml", &format!("[source]\nid = {}", "[".repeat(10_000)));
    assert!(said.contains("not well-formed advisory"), "{said}");
    // One endless tag, one endless text, an entity of one's own.
    let said = error("x.xml", &format!("<Sanctions {}", "a".repeat(3 << 20)));
    assert!(said.contains("longer than"), "{said}");
    let said = error("x.xml", "<Sanctions><DateOfIssue><Year>&boom;</Year>");
    assert!(said.contains("entity"), "{said}");
    // Columns without end.
    let said = error("x.csv", &format!("address{}", ",".repeat(5_000)));
    assert!(said.contains("columns"), "{said}");
    // A compression bomb stops at the format's limit; here only that a truncated one is an error.
    assert!(read(&mut &b"BZh91AY&SY"[..], &named("x.csv.bz2")).is_err());
}

/// 8 MB of gzip that held 1.9 GB of records took 7 GB of memory.
#[test]
fn more_parties_and_values_than_any_list_has_are_refused() {
    let mut xml = String::from("<CONSOLIDATED_LIST dateGenerated=\"2025-01-02\"><INDIVIDUALS>");
    xml.push_str(&"<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>A</FIRST_NAME></INDIVIDUAL>".repeat(200_001));
    let said = error("un.xml", &xml);
    assert!(said.contains("more than 200000 parties"), "{said}");
    let said = error("x.json", &format!("[{}0]", "0,".repeat(12_000_000)));
    assert!(said.contains("more than 12000000 values"), "{said}");
}

#[test]
fn a_list_without_end_is_cut_off_with_the_limit_named() {
    let options = Options { format: Some(Format::TagPack), ..named("endless.yaml") };
    let error = read(&mut std::io::repeat(b' '), &options).expect_err("endless").to_string();
    assert!(error.contains("larger than 67108864 bytes"), "{error}");
}
