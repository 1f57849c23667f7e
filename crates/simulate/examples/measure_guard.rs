//! Times the guard on the Bybit pair and on a permit: `measure_guard PAIR.json TYPED.json CONTRACTS`, where `CONTRACTS` is the
//! unpacked npm package `@gnosis.pm/safe-contracts@1.1.1`. One thread, warm; one JSON object on standard output.

#![expect(clippy::print_stdout, reason = "this is what it is for")]

#[path = "../tests/it/bybit_state.rs"]
mod bybit_state;

use std::{error::Error, fs, path::Path, time::Instant};

use alloy_primitives::hex;
use serde_json::{Value, json};
use tracehound_guard::{
    Context, Facts, Policy, check_safe, check_typed,
    safe::{SafeCase, input::Missing, read_queue},
    scalar::Scalars,
};
use tracehound_simulate::Engine;

fn code(contracts: &Path, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let text = fs::read_to_string(contracts.join(format!("build/contracts/{name}.json")))?;
    let artefact: Value = serde_json::from_str(&text)?;
    Ok(hex::decode(artefact["deployedBytecode"].as_str().ok_or("no code")?)?)
}

/// Seconds of one run: the middle of `runs` runs.
fn median(runs: usize, mut work: impl FnMut()) -> f64 {
    work();
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[runs / 2]
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, pair, typed, contracts] = &args[..] else {
        return Err("measure_guard PAIR TYPED CONTRACTS".into());
    };
    let pair: Value = serde_json::from_slice(&fs::read(pair)?)?;
    let input = pair["results"][0].to_string();
    let contracts = Path::new(contracts);

    let queue = read_queue(input.as_bytes(), Missing::default(), &mut Scalars::default())?;
    let entry = &queue.entries[0];
    let (policy, facts) = (Policy::default(), Facts::parse("chain-id=1")?);
    let signatures = median(201, || {
        let case = SafeCase::new(std::hint::black_box(entry), &facts);
        assert!(case.confirmations.iter().all(|one| one.proven && !one.is_wrong()));
    });

    let owners: Vec<_> = entry.confirmations.iter().filter_map(|one| one.owner).collect();
    let (singleton, proxy) = (code(contracts, "GnosisSafe")?, code(contracts, "Proxy")?);
    let state = bybit_state::state(entry.tx.safe, &owners, singleton, proxy);
    let engine =
        Engine { state: &state, described: "recorded state".to_owned(), block: bybit_state::block() };
    let verdict = median(201, || {
        let context = Context { engine: Some(&engine), ..Context::new(&policy, &facts) };
        let report = check_safe(input.as_bytes(), context);
        assert!(report.has("G-DC-04") && report.exit_code == 20);
    });

    let permits: Value = serde_json::from_slice(&fs::read(typed)?)?;
    let permits: Vec<String> = permits
        .as_array()
        .ok_or("no list")?
        .iter()
        .filter_map(|one| one.get("typed_data").map(Value::to_string))
        .collect();
    let rounds = 2_000;
    let began = Instant::now();
    for _ in 0..rounds {
        for permit in &permits {
            let report = check_typed(permit.as_bytes(), Context::new(&policy, &facts));
            assert_ne!(report.exit_code, 0);
        }
    }
    println!(
        "{}",
        json!({
            "signatures_seconds": signatures,
            "verdict_seconds": verdict,
            "typed": rounds * permits.len(),
            "typed_seconds": began.elapsed().as_secs_f64(),
        })
    );
    Ok(())
}
