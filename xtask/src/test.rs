//! All that a change must pass, in the order in which it fails fastest.

use std::time::Instant;

use crate::{
    fuzz,
    run::{Failure, cargo, has_cargo_plugin, run},
    tidy,
};

/// Seconds per fuzz target: enough to see that each target builds, runs and survives its corpus.
const FUZZ_SECONDS: u64 = 3;

pub(crate) fn run_all() -> Result<(), Failure> {
    let began = Instant::now();
    if !has_cargo_plugin("nextest") {
        return Err(Failure::new(
            "cargo-nextest is not installed: `cargo install cargo-nextest --locked`, or see https://nexte.st",
        ));
    }
    run(cargo(&["fmt", "--all", "--check"]))?;
    run(cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))?;
    eprintln!("\n$ cargo xtask tidy");
    tidy::run()?;
    run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]))?;
    run(cargo(&["test", "--doc", "--workspace", "--quiet"]))?;
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    run(doc)?;
    if has_cargo_plugin("deny") {
        run(cargo(&["deny", "--all-features", "check", "licenses", "bans", "sources"]))?;
    } else {
        eprintln!(
            "\nSKIPPED: cargo deny (licences, banned and duplicate crates): cargo-deny is not installed"
        );
    }
    fuzz::run_targets(&fuzz::Options { seconds: FUZZ_SECONDS, target: None })?;
    println!("xtask test: everything passed in {} s", began.elapsed().as_secs());
    Ok(())
}
