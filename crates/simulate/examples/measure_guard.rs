//! Times the guard on the Bybit pair and on permits: `measure_guard PAIR.json TYPED.json CONTRACTS [FOLDER]`, where `CONTRACTS` is
//! the unpacked npm package `@gnosis.pm/safe-contracts@1.1.1`, and `FOLDER` where Foundry's anvil is kept, or put from npm: with
//! it a whole verdict is timed whose facts and state are asked of a local node, each time anew. One thread, warm; one JSON object
//! on standard output.

#![expect(clippy::print_stdout, reason = "this is what it is for")]

#[path = "../tests/it/bybit_state.rs"]
mod bybit_state;

use std::{error::Error, fs, path::Path, time::Instant};

use alloy_primitives::hex;
use serde_json::{Value, json};
use tracehound_evm::rpc::{HttpLimits, Rpc, RpcError};
use tracehound_guard::{
    Context, Facts, Policy, check_safe, check_typed,
    safe::{SafeCase, input::Missing, read_queue},
    scalar::Scalars,
};
use tracehound_simulate::{
    Engine, LiveEngine, State,
    live::{At, Limits, Node, NodeError},
};
use tracehound_testkit::anvil::{Anvil, CHAIN};

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

/// A node over HTTP.
struct Http(Rpc);

impl Node for Http {
    fn call(&mut self, method: &str, params: Value) -> Result<Value, NodeError> {
        self.0.call(method, &params).map_err(|error| match error {
            RpcError::Node { code, message, .. } => NodeError { code: Some(code), message },
            other => NodeError { code: None, message: other.to_string() },
        })
    }
}

/// Runs whose times are told.
const WITH_NODE: usize = 101;

/// Seconds of a verdict that asks a local node for all that it knows: the middle run, and the slowest of a hundred. Nothing where
/// npm has no node for this machine.
fn with_node(folder: &Path, state: &State, input: &str) -> Result<Option<(f64, f64)>, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let Some(chain) = Anvil::start(folder) else { return Ok(None) };
    let mut node = Http(Rpc::new(chain.url(), HttpLimits::default())?);
    for (address, account) in &state.accounts {
        let address = address.to_string();
        node.0.call("anvil_setCode", &json!([address, hex::encode_prefixed(&account.code)]))?;
        node.0.call("anvil_setBalance", &json!([address, format!("{:#x}", account.balance)]))?;
        for (slot, value) in &account.storage {
            let words = [*slot, *value].map(|word| format!("{word:#066x}"));
            node.0.call("anvil_setStorageAt", &json!([address, words[0], words[1]]))?;
        }
    }
    node.0.call("evm_mine", &json!([]))?;
    let (policy, facts) = (Policy::default(), Facts::parse(&format!("chain-id={CHAIN}"))?);
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..WITH_NODE {
        let began = Instant::now();
        let engine = LiveEngine::new(&mut node, "a local node".to_owned(), At::Latest, Limits::default());
        let context =
            Context { engine: Some(&engine), chain: Some(&engine), ..Context::new(&policy, &facts) };
        let report = check_safe(input.as_bytes(), context);
        times.push(began.elapsed().as_secs_f64());
        let asked = report.node.as_ref().is_some_and(|node| node.basis == "proofs checked");
        assert!(asked && report.has("G-DC-04") && report.exit_code == 20, "{:#?}", report.findings);
    }
    times.sort_by(f64::total_cmp);
    Ok(Some((times[WITH_NODE / 2], times[WITH_NODE - 2])))
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, pair, typed, contracts, folder @ ..] = &args[..] else {
        return Err("measure_guard PAIR TYPED CONTRACTS [FOLDER]".into());
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

    let node =
        folder.first().map(|folder| with_node(Path::new(folder), &state, &input)).transpose()?.flatten();

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
            "node_seconds": node.map(|node| node.0),
            "node_slowest_seconds": node.map(|node| node.1),
            "typed": rounds * permits.len(),
            "typed_seconds": began.elapsed().as_secs_f64(),
        })
    );
    Ok(())
}
