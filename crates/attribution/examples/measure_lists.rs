//! Measures list parsing, index building and look-ups, for `cargo xtask bench`; prints one JSON object.
//!
//! `measure_lists list FILE` and `measure_lists index CLAIMS`.

use std::{error::Error, fs::File, io::Write, time::Instant};

use jiff::{Timestamp, civil::date};
use tracehound_attribution::{
    Corpus, SourceHistory,
    import::{Options, read},
    index::Index,
};
use tracehound_model::{
    Address, Category, Claim, Confidence, Source, SourceId, SourceKind, Statement, Subject,
};

/// Look-ups in one loop.
const LOOKUPS: u64 = 2_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let json = match args[..] {
        ["list", file] => list(file)?,
        ["index", claims] => index(claims.parse()?)?,
        _ => return Err("usage: measure_lists list FILE | measure_lists index CLAIMS".into()),
    };
    Ok(writeln!(std::io::stdout(), "{json}")?)
}

fn list(file: &str) -> Result<String, Box<dyn Error>> {
    let options = Options { file_name: file.to_owned(), ..Options::default() };
    let began = Instant::now();
    let imported = read(&mut File::open(file)?, &options)?;
    let seconds = began.elapsed().as_secs_f64();
    let snapshot = &imported.snapshot;
    Ok(format!(
        r#"{{"bytes":{},"claims":{},"parties":{},"seconds":{seconds}}}"#,
        imported.bytes,
        snapshot.claims.len(),
        snapshot.parties.len()
    ))
}

/// Made-up addresses: a multiplier spreads the number over all 20 bytes.
fn address(n: u64) -> Address {
    let mut bytes = [0; 20];
    for (at, chunk) in bytes.chunks_mut(8).enumerate() {
        let word = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(at as u32 * 21).to_be_bytes();
        chunk.copy_from_slice(&word[..chunk.len()]);
    }
    Address::Evm(bytes)
}

fn corpus(claims: u64) -> Corpus {
    let source = Source {
        id: SourceId("generated".to_owned()),
        kind: SourceKind::Labels,
        title: "Generated".to_owned(),
        publisher: "the benchmark".to_owned(),
        url: None,
        published: date(2026, 1, 1),
        recorded_at: Timestamp::UNIX_EPOCH,
        sha256: String::new(),
    };
    let claim = |n: u64| Claim {
        id: format!("{n:016x}"),
        subject: Subject::Address(address(n)),
        statement: Statement {
            label: format!("Label {}", n % 1_000),
            category: Category::Exchange,
            party_id: None,
            party_listed_on: None,
            programs: Vec::new(),
            asset: None,
            actor: None,
            reference: None,
        },
        confidence: Confidence(50),
        source: source.id.clone(),
        valid_from: source.published,
        valid_to: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    };
    let history = SourceHistory::new(source.clone(), vec![source.published]);
    Corpus { claims: (0..claims).map(claim).collect(), parties: Vec::new(), sources: vec![history] }
}

fn index(claims: u64) -> Result<String, Box<dyn Error>> {
    let corpus = corpus(claims);
    let began = Instant::now();
    let index = Index::from_corpus(&corpus)?;
    let build = began.elapsed().as_secs_f64();
    let time = |offset: u64| {
        let keys: Vec<_> = (0..100_000).map(|n| address(offset + n * 7_919 % claims).key()).collect();
        let began = Instant::now();
        let mut found = 0u64;
        for at in 0..LOOKUPS {
            found += index.lookup(keys[(at % 100_000) as usize].as_ref()).count() as u64;
        }
        (began.elapsed().as_secs_f64(), found)
    };
    let ((hit, hits), (miss, misses)) = (time(0), time(1 << 40));
    assert_eq!((hits, misses), (LOOKUPS, 0), "what is there is found and nothing else");
    Ok(format!(
        r#"{{"bytes":{},"claims":{claims},"seconds":{build},"lookups":{LOOKUPS},"hit_seconds":{hit},"miss_seconds":{miss}}}"#,
        index.byte_len()
    ))
}
