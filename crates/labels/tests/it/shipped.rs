//! The packs of this release: made of the label files beside a checkout by `data/labels/packs.toml`, and what is in them.
//!
//! `cargo xtask labels` makes them anew; without it the test says whether they are what the files and the decisions give.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs::{self, File},
    io::{Read, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::Deserialize;
use tracehound_labels::{
    Label, Nature, Pack, Predicate,
    file::{Defaults, Rows},
    pack::{Builder, Manifest, Plan},
    pool,
    shipped::ALL,
};
use tracehound_testkit::{blocks::coinbase_script, shared_data};

/// The sets that are read: each row of each has its place in the decisions.
const SETS: &[&str] = &[
    "bridges.csv",
    "cex.csv",
    "contracts.csv",
    "exploited_contracts.csv",
    "exploiters.csv",
    "government.csv",
    "mining_pools.csv",
    "mixers.csv",
    "tokens_eth.csv",
    "tokens_other.csv",
    "treasuries.csv",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decisions {
    no_marks_of: BTreeSet<String>,
    left_out: Vec<LeftOut>,
    pack: Vec<toml::Table>,
    holder: Vec<Holder>,
}

/// Which rows are meant.
#[derive(Clone, Debug, Deserialize)]
struct Place {
    file: Option<String>,
    source: Option<String>,
    licence: Option<String>,
    #[serde(default)]
    containing: Vec<String>,
}

#[derive(Deserialize)]
struct LeftOut {
    #[serde(flatten)]
    place: Place,
    because: String,
}

#[derive(Deserialize)]
struct Take {
    #[serde(flatten)]
    place: Place,
    predicate: Predicate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holder {
    source: String,
    at: String,
    whose: String,
}

impl Place {
    fn is_of(&self, file: &str, label: &Label) -> bool {
        let begins = |start: &String| label.provenance.source.starts_with(start.as_str());
        self.file.as_ref().is_none_or(|wanted| wanted == file)
            && self.source.as_ref().is_none_or(begins)
            && self.licence.as_ref().is_none_or(|part| label.provenance.licence.contains(part.as_str()))
            && (self.containing.is_empty()
                || self.containing.iter().any(|part| label.label.contains(part.as_str())))
    }
}

/// What the decisions and the files make.
struct Made {
    /// Bytes and manifest of each pack.
    packs: BTreeMap<String, (Vec<u8>, Manifest)>,
    /// Rows that are left out, by reason.
    left_out: BTreeMap<String, u64>,
    /// Rows that were meant to be taken and may not be.
    refused: Vec<String>,
    notice: String,
    /// The table of marks in coinbases.
    marks: String,
}

/// The marks of pools, as our table has them.
fn marks(no_marks_of: &BTreeSet<String>) -> Option<String> {
    let path = shared_data("labels/mining_pool_coinbase_tags.csv")?;
    let mut rows = csv::Reader::from_path(path).expect("opens");
    let mut table: Vec<[String; 5]> = Vec::new();
    for row in rows.records() {
        let row = row.expect("a row");
        if !no_marks_of.contains(&row[1]) {
            table.push([0, 1, 3, 4, 5].map(|place| row[place].to_owned()));
        }
    }
    table.sort();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["tag", "entity", "source", "version", "licence"]).expect("written");
    for row in &table {
        writer.write_record(row).expect("written");
    }
    Some(String::from_utf8(writer.into_inner().expect("written")).expect("text"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/labels")
}

fn rows(path: &Path) -> Vec<Result<Label, String>> {
    // A row without a predicate gets that of its place.
    let defaults = Defaults { predicate: Some(Predicate::ContractOf) };
    let rows = Rows::of(File::open(path).expect("opens"), defaults).expect("a label file");
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    rows.map(|row| row.map_err(|row| format!("{name}:{} {}", row.line, row.reason))).collect()
}

fn made() -> Option<Made> {
    let text = fs::read_to_string(folder().join("packs.toml")).expect("the decisions");
    let Decisions { no_marks_of, left_out, pack, holder } = toml::from_str(&text).expect("decisions");
    let mut files: Vec<PathBuf> = vec![folder().join("fbi.csv")];
    for set in SETS {
        files.push(shared_data(&format!("labels/{set}"))?);
    }
    let mut builders = Vec::new();
    for mut table in pack {
        let takes: Vec<Take> = table.remove("take").expect("what it takes").try_into().expect("places");
        table.insert("publisher".to_owned(), "Tracehound".into());
        let plan = Plan::read(&toml::to_string(&table).expect("a plan")).expect("a plan");
        builders.push((plan.name.clone(), takes, Builder::new(plan).expect("a plan")));
    }
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let mut refused = Vec::new();
    let mut used = BTreeSet::new();
    for path in files {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for row in rows(&path) {
            let mut label = match row {
                Ok(label) => label,
                Err(reason) => {
                    refused.push(reason);
                    continue;
                }
            };
            if let Some(at) = left_out.iter().position(|left| left.place.is_of(&file, &label)) {
                used.insert((0, at));
                *reasons.entry(format!("{file}: {}", left_out[at].because)).or_default() += 1;
                continue;
            }
            let place = builders.iter().enumerate().find_map(|(pack, (_, takes, _))| {
                Some((pack, takes.iter().position(|take| take.place.is_of(&file, &label))?))
            });
            let (pack, take) = place.unwrap_or_else(|| panic!("{file}: no place for {label:?}"));
            used.insert((1 + pack, take));
            let (_, takes, builder) = &mut builders[pack];
            label.predicate = takes[take].predicate;
            if let Err(error) = builder.add(&label) {
                refused.push(format!("{file}: {label}: {error}"));
            }
        }
    }
    let places = left_out.len() + builders.iter().map(|(_, takes, _)| takes.len()).sum::<usize>();
    assert_eq!(used.len(), places, "a place that no row is meant for: {used:?}");
    let scratch = tempfile::tempdir().expect("a folder");
    let mut packs = BTreeMap::new();
    for (name, _, builder) in builders {
        let path = scratch.path().join(&name);
        let (manifest, _) = builder.write(&path, None).expect("written");
        packs.insert(name, (fs::read(&path).expect("read"), manifest));
    }
    refused.sort();
    let notice = notice(&packs, &holder, &reasons, &refused);
    let marks = marks(&no_marks_of)?;
    Some(Made { packs, left_out: reasons, refused, notice, marks })
}

fn notice(
    packs: &BTreeMap<String, (Vec<u8>, Manifest)>,
    holders: &[Holder],
    left_out: &BTreeMap<String, u64>,
    refused: &[String],
) -> String {
    let mut page = String::from(
        "# The packs of labels in this folder\n\n\
         Written by `cargo xtask labels` from `packs.toml`; do not edit. Each pack holds statements in Tracehound's own form, each with\n\
         its source, the source's commit or date, and its licence; no file of anybody else is copied.\n\n\
         | pack | labels | addresses | bytes | source | commit or date | licence | labels | whose |\n\
         |---|--:|--:|--:|---|---|---|--:|---|\n",
    );
    let mut line = |text: String| writeln!(page, "{text}").expect("a string takes every write");
    for (name, (bytes, manifest)) in packs {
        let mut head = format!("{name} | {} | {} | {}", manifest.labels, manifest.addresses, bytes.len());
        for source in &manifest.sources {
            let from = &source.provenance;
            let holder = holders.iter().find(|holder| from.source.starts_with(&holder.source));
            let holder = holder.unwrap_or_else(|| panic!("no holder of {}", from.source));
            line(format!(
                "| {head} | [{}]({}) | {} | {} | {} | {} |",
                from.source, holder.at, from.version, from.licence, source.labels, holder.whose
            ));
            " | | | ".clone_into(&mut head);
        }
    }
    line("\n## Read and not shipped\n\n| set and reason | rows |\n|---|--:|".to_owned());
    for (reason, rows) in left_out {
        line(format!("| {reason} | {rows} |"));
    }
    line(format!("\nRefused by the checks of a pack: {}.", refused.len()));
    for row in refused {
        line(format!("* {row}"));
    }
    let text = |name: &str| fs::read_to_string(folder().join(name)).expect("a licence");
    line(format!("\n## The MIT licence, for the holders above\n\n{}", text("licence-mit.txt").trim_end()));
    line(format!("\n## The ISC licence, for the holders above\n\n{}", text("licence-isc.txt").trim_end()));
    line("\n## The Apache licence, version 2.0\n\nIts text is in LICENSE-APACHE at the root of this repository.".to_owned());
    page
}

fn packed(name: &str) -> PathBuf {
    folder().join(format!("{name}.labels.gz"))
}

#[test]
fn shipped_packs_are_what_the_decisions_and_the_files_give() {
    let Some(made) = made() else { return };
    if std::env::var_os("TRACEHOUND_WRITE_LABELS").is_some() {
        for (name, (bytes, _)) in &made.packs {
            let mut packer = GzEncoder::new(File::create(packed(name)).expect("made"), Compression::best());
            packer.write_all(bytes).and_then(|()| packer.finish()?.sync_all()).expect("written");
        }
        fs::write(folder().join("NOTICE.md"), &made.notice).expect("written");
        fs::write(folder().join("coinbase-tags.csv"), &made.marks).expect("written");
    }
    for (name, (bytes, _)) in &made.packs {
        let mut shipped = Vec::new();
        let file = File::open(packed(name)).expect("shipped");
        GzDecoder::new(file).read_to_end(&mut shipped).expect("unpacks");
        assert!(shipped == *bytes, "{name} is not what the files give: run cargo xtask labels");
    }
    let notice = fs::read_to_string(folder().join("NOTICE.md")).expect("read");
    assert!(notice == made.notice, "NOTICE.md is not what the files give: run cargo xtask labels");
    let marks = fs::read_to_string(folder().join("coinbase-tags.csv")).expect("read");
    assert!(marks == made.marks, "coinbase-tags.csv is not what the files give: run cargo xtask labels");
    let names: Vec<&str> = ALL.iter().map(|shipped| shipped.name).collect();
    assert_eq!(names, made.packs.keys().collect::<Vec<_>>(), "all are in the program");
    let unseen = |row: &String| row.ends_with("characters that are not seen but acted upon");
    assert!(
        made.refused.iter().all(unseen),
        "left out by decision, or it may be in a pack: {:?}",
        made.refused
    );
    assert!(made.left_out.len() > 10);
}

#[test]
fn every_shipped_pack_is_whole_and_each_label_may_be_in_it() {
    let scratch = tempfile::tempdir().expect("a folder");
    let page = include_str!("../../../../docs/LABELS.md");
    let mut largest = 0;
    for shipped in ALL {
        let path = scratch.path().join(shipped.name);
        fs::write(&path, shipped.unpack().expect("unpacks")).expect("written");
        let pack = Pack::open(&path).expect("opens");
        pack.check().expect("each label may be in a pack");
        let manifest = pack.manifest();
        assert_eq!((manifest.name.as_str(), manifest.publisher.as_str()), (shipped.name, "Tracehound"));
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", shipped.name)));
        let cells: Vec<&str> = row.expect("told of").split('|').map(str::trim).collect();
        assert_eq!(
            cells[4].replace(',', ""),
            manifest.labels.to_string(),
            "{} in docs/LABELS.md",
            shipped.name
        );
        let tokens = shipped.name.contains("tokens");
        for label in pack.labels() {
            assert!(!tokens || label.nature == Nature::Asset, "a token names no entity: {label}");
            assert!(!label.provenance.licence.contains("package.json"), "{label}");
            assert_ne!(label.nature, Nature::Victim, "{label}");
        }
        largest = largest.max(fs::metadata(packed(shipped.name)).expect("a file").len());
    }
    assert!(largest < 2 << 20, "{largest} bytes");
}

#[test]
fn real_blocks_of_pools_have_their_marks() {
    let marks = pool::known();
    assert!(marks.len() > 180 && marks.iter().all(|mark| !mark.tag.is_empty() && !mark.entity.is_empty()));
    let mut named = Vec::new();
    for file in [
        "bitcoinj_block227835.dat",
        "btcd_277647.dat",
        "bitcoinj_block363703.dat",
        "bitcoinj_block383616.dat",
        "core_block413567.raw",
        "bitcoinj_block481815.dat",
        "hcl_scriptwitness.blk",
        "hcl_block2019Jan.blk",
        "rb_702861.raw",
    ] {
        let Some(path) = shared_data(&format!("bitcoin/{file}")) else { return };
        let bytes = fs::read(path).expect("read");
        // In block files each block has its network's number and its length before it.
        let block = if bytes.starts_with(&[0xf9, 0xbe, 0xb4, 0xd9]) { &bytes[8..] } else { &bytes[..] };
        let found = pool::marks_in(coinbase_script(block));
        named.push(format!("{file}: {}", found.first().map_or("no mark that is known", |mark| &mark.entity)));
    }
    insta::assert_snapshot!("marks_of_real_blocks", named.join("\n"));
}
