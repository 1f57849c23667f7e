//! Measures packs of labels, for `cargo xtask bench`; prints one JSON object.
//!
//! `measure_labels LABELS FILE`: generated Ethereum addresses, a thousand entities with a wallet's number each in ten thousand.

use std::{collections::BTreeMap, error::Error, io::Write, path::Path, time::Instant};

use jiff::civil::date;
use tracehound_labels::{
    Label, Nature, Pack, Predicate, Provenance,
    pack::{Builder, Licence, Plan},
};
use tracehound_model::{Address, Confidence, Subject};

/// Look-ups of each kind.
const LOOKUPS: usize = 1_000_000;
/// Times that the pack is opened.
const OPENED: u32 = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [labels, file] = &args[..] else { return Err("usage: measure_labels LABELS FILE".into()) };
    let (count, path) = (labels.parse()?, Path::new(file));
    let began = Instant::now();
    make(count, path)?;
    let build = began.elapsed().as_secs_f64();

    let mut opened: Vec<f64> = Vec::new();
    for _ in 0..OPENED {
        let began = Instant::now();
        Pack::open(path)?;
        opened.push(began.elapsed().as_secs_f64());
    }
    opened.sort_by(f64::total_cmp);
    let pack = Pack::open(path)?;
    // Every page is compared with its checksum once before look-ups are timed, as in a program that runs.
    assert_eq!(pack.labels().count() as u64, count);
    pack.confirm()?;
    let mut hits = time(&pack, |n| subject(n as u64 * 7_919 % count), true);
    let mut misses = time(&pack, |n| subject(n as u64 + (1 << 40)), false);
    let quantile = |sorted: &mut Vec<u64>, percent: usize| {
        sorted.sort_unstable();
        sorted[(sorted.len() - 1) * percent / 100]
    };
    let json = format!(
        r#"{{"bytes":{},"labels":{count},"seconds":{build},"open_seconds":{},"open_most_seconds":{},"lookups":{LOOKUPS},"hit_p50_ns":{},"hit_p99_ns":{},"miss_p50_ns":{},"miss_p99_ns":{}}}"#,
        pack.byte_len(),
        opened[opened.len() / 2],
        opened[opened.len() - 1],
        quantile(&mut hits, 50),
        quantile(&mut hits, 99),
        quantile(&mut misses, 50),
        quantile(&mut misses, 99),
    );
    Ok(writeln!(std::io::stdout(), "{json}")?)
}

/// Made-up addresses: a multiplier spreads the number over all 20 bytes.
fn subject(n: u64) -> Subject {
    let mut bytes = [0; 20];
    for (at, chunk) in bytes.chunks_mut(8).enumerate() {
        let word = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(at as u32 * 21).to_be_bytes();
        chunk.copy_from_slice(&word[..chunk.len()]);
    }
    Subject::Address(Address::Evm(bytes))
}

fn make(count: u64, path: &Path) -> Result<(), Box<dyn Error>> {
    let licence = "CC0-1.0".to_owned();
    let provenance =
        Provenance { source: "generated/list".to_owned(), version: "1".to_owned(), licence: licence.clone() };
    let mut builder = Builder::new(Plan {
        name: "generated".to_owned(),
        version: 1,
        issued: date(2026, 1, 1),
        expires: None,
        publisher: "the benchmark".to_owned(),
        licences: BTreeMap::from([(licence, Licence { terms: "public domain".to_owned() })]),
    })?;
    let mut label = Label {
        chain: "eip155:1".parse()?,
        subject: subject(0),
        label: String::new(),
        entity: None,
        concept: "exchange".to_owned(),
        predicate: Predicate::Controls,
        nature: Nature::Entity,
        provenance,
        confidence: Confidence(50),
        valid_from: None,
        valid_to: None,
    };
    for n in 0..count {
        label.subject = subject(n);
        label.label = format!("Entity {} wallet {}", n % 1_000, n % 10_000 / 1_000);
        label.entity = Some(format!("Entity {}", n % 1_000));
        builder.add(&label)?;
    }
    builder.write(path, None)?;
    Ok(())
}

fn time(pack: &Pack, subject: impl Fn(usize) -> Subject, there: bool) -> Vec<u64> {
    (0..LOOKUPS)
        .map(|n| {
            let subject = subject(n);
            let began = Instant::now();
            let found = pack.about(&subject);
            let nanoseconds = began.elapsed().as_nanos() as u64;
            assert_eq!(found.is_empty(), !there, "what is there is found and nothing else");
            nanoseconds
        })
        .collect()
}
