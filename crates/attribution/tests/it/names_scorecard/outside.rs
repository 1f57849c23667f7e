//! What packages of the registries are asked for: ordinary names, and a benchmark of disguises.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tracehound_model::{Party, claim::PartyKind};

use super::{is_of_half, tunes};

/// Where the ordinary names come from.
pub(super) const NAMES: (&str, &str, &str) = ("@faker-js/faker", "10.6.0", "MIT");
pub(super) const SEED: u32 = 20_260_101;
/// Cultures, by the package's locales: those whose scripts can be compared.
const LOCALES: &str = "en,en_NG,yo_NG,da,de,fr,es,es_MX,it,pt_BR,nl,pl,cs_CZ,sk,ro,hu,fi,sv,nb_NO,lv,hr,sr_RS_latin,mk,tr,az,\
                       uz_UZ_latin,ru,uk,hy,ka_GE,el,he,ar,fa,ur,ku_ckb,zh_CN,zh_TW,ja,ko,vi,id_ID";
/// Different ordinary names a culture, where it has as many; `TRACEHOUND_NAMES` asks for another number.
const EACH: usize = 300;
/// The benchmark, and how many persons it disguises.
pub(super) const BENCHMARK: (&str, &str, &str) = ("sanctions-screening-benchmark", "0.1.0", "MIT");
const DISGUISED: usize = 200;

/// Given and family names of every culture, in its own order and script. Names are apart as the parties are: of the half
/// that is not looked at neither a given nor a family name is used.
pub(super) fn ordinary(package: &Path) -> Vec<(String, String)> {
    const SCRIPT: &str = r"
        const { Faker, ...rest } = require(process.argv[1]);
        const { createHash } = require('crypto');
        const [locales, each, seed, half] = process.argv.slice(2);
        const bit = text => createHash('sha256').update(text).digest().at(-1) & 1;
        for (const code of locales.split(',')) {
            const locale = [rest[code], rest.base];
            if (!rest[code]) continue;
            const faker = new Faker({ locale });
            faker.seed(Number(seed));
            const told = new Set();
            for (let tries = 0; told.size < Number(each) && tries < 100 * Number(each); tries++) {
                let first, last;
                const sex = ['female', 'male'][tries % 2];
                try { first = faker.person.firstName(sex); last = faker.person.lastName(sex); } catch { break; }
                if (bit(first) != half || bit(last) != half) continue;
                const family = ['zh_CN', 'zh_TW', 'ja', 'ko'].includes(code);
                told.add(family ? last + first : first + ' ' + last);
            }
            told.forEach(name => console.log(code + '\t' + name));
        }";
    let each = std::env::var("TRACEHOUND_NAMES").ok().and_then(|each| each.parse().ok()).unwrap_or(EACH);
    let half = if tunes() { "0" } else { "1" };
    let mut node = Command::new("node");
    node.args(["-e", SCRIPT]).arg(package).args([LOCALES, &each.to_string(), &SEED.to_string(), half]);
    let output = node.output().expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let rows = text.lines().filter_map(|line| line.split_once('\t'));
    rows.map(|(code, name)| (code.to_owned(), name.to_owned())).collect()
}

/// A disguise of a listed name, or a name like it that nobody listed has (no `party`).
pub(super) struct Disguise {
    pub(super) class: String,
    pub(super) party: Option<String>,
    pub(super) query: String,
}

/// The benchmark's package, or `None` where pip cannot get it; then a line says so.
pub(super) fn benchmark(tmp: &Path) -> Option<PathBuf> {
    let (name, version, _) = BENCHMARK;
    let wheel = tmp.join(format!("{}-{version}-py3-none-any.whl", name.replace('-', "_")));
    if !wheel.exists() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"]).arg(tmp);
        let done = pip.arg(format!("{name}=={version}")).status();
        if !done.is_ok_and(|status| status.success()) {
            tracehound_testkit::skipped(&format!("pip cannot get {name} {version}"));
            return None;
        }
    }
    Some(wheel)
}

/// Disguises of persons of the half that is looked at, and names beside theirs, as the benchmark makes them (seed 0).
pub(super) fn disguises(wheel: &Path, parties: &[Party]) -> Vec<Disguise> {
    const SCRIPT: &str = r"
import sys, json
sys.path.insert(0, sys.argv[1])
from ssb.benchmark import build
from ssb.sources import Entity, ListSnapshot
rows = json.load(sys.stdin)
entities = [Entity(row['id'], row['names'][0], 'individual', [], row['names'][1:]) for row in rows['people']]
snapshot = ListSnapshot('lists', '', entities)
listed = set(rows['listed'])
snapshot.name_index = lambda: listed
for case in build(snapshot, limit=None).cases:
    print(case.perturbation, case.expected_entity_id or '', case.query.replace('\t', ' '), sep='\t')
";
    let is_latin = |name: &str| name.chars().any(|letter| letter.is_ascii_alphabetic());
    let is_asked = |party: &&Party| party.kind == PartyKind::Individual && is_of_half(&party.id);
    let people: Vec<&Party> = parties.iter().filter(is_asked).collect();
    let step = people.len().div_ceil(DISGUISED).max(1);
    let row = |party: &&Party| {
        let names = party.names.iter().map(|name| &name.full).filter(|name| is_latin(name));
        serde_json::json!({ "id": party.id, "names": names.collect::<Vec<_>>() })
    };
    let people: Vec<_> =
        people.iter().step_by(step).map(row).filter(|row| row["names"][0].is_string()).collect();
    let listed = parties.iter().flat_map(|party| &party.names).map(|name| name.full.to_lowercase());
    let input = serde_json::json!({ "people": people, "listed": listed.collect::<Vec<_>>() });
    let mut python = Command::new("python3");
    python.args(["-c", SCRIPT]).arg(wheel).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().expect("python3 runs");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(input.to_string().as_bytes()).expect("read by the script");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the benchmark's script failed");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let cells = text.lines().filter_map(|line| {
        let mut cells = line.splitn(3, '\t');
        let (class, party, query) = (cells.next()?, cells.next()?, cells.next()?);
        let party = (!party.is_empty()).then(|| party.to_owned());
        Some(Disguise { class: class.to_owned(), party, query: query.to_owned() })
    });
    cells.collect()
}
