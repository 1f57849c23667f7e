//! All that a change must pass, in the order in which it fails fastest.
//!
//! A machine with Rust and a C compiler is enough. What else would help is installed into a folder that is kept, or its step
//! is left out by name; what was left out is said again at the end.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Instant};

use crate::{
    fuzz,
    run::{Failure, cargo, command, has_cargo_plugin, run, target_folder, tools_folder, works},
    tidy,
};

/// Seconds per fuzz target: enough to see that each target builds, runs and survives its corpus.
const FUZZ_SECONDS: u64 = 3;

/// Seconds per fuzz target in a full run.
const FULL_FUZZ_SECONDS: u64 = 60;

/// Whether to take the time that a nightly run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) full: bool,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self, Failure> {
        match words {
            [] => Ok(Self { full: false }),
            ["--full"] => Ok(Self { full: true }),
            [other, ..] => Err(Failure::Usage(format!("test knows --full and no other word: `{other}`"))),
        }
    }
}

pub(crate) fn run_all(options: Options) -> Result<(), Failure> {
    let began = Instant::now();
    let mut left_out = Vec::new();
    let mut step = |there: bool, what: &str, how: &str| {
        if !there {
            eprintln!("\nSKIPPED: {what}: {how}");
            left_out.push(format!("{what}: {how}"));
        }
        there
    };
    if step(has_cargo_plugin("fmt"), "format", "rustfmt is not installed (rustup component add rustfmt)") {
        run(cargo(&["fmt", "--all", "--check"]))?;
        run(cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))?;
    }
    let in_git = works(command("git", &["rev-parse", "--git-dir"]));
    if step(in_git, "tidy", "git does not know this folder") {
        eprintln!("\n$ cargo xtask tidy");
        tidy::run()?;
    }
    if step(has_cargo_plugin("clippy"), "clippy", "it is not installed (rustup component add clippy)") {
        run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    }
    let skipped = tests()?;
    run(cargo(&["test", "--doc", "--workspace", "--quiet"]))?;
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    run(doc)?;
    if step(has_cargo_plugin("deny"), "licences, banned and duplicate crates", "cargo-deny is not installed")
    {
        run(cargo(&["deny", "--all-features", "check", "licenses", "bans", "sources"]))?;
    }
    let cpp = works(command("c++", &["--version"]));
    if step(cpp, "fuzzing", "there is no C++ compiler (c++), which libFuzzer needs") {
        let seconds = if options.full { FULL_FUZZ_SECONDS } else { FUZZ_SECONDS };
        fuzz::run_targets(&fuzz::Options { seconds, target: None })?;
    }
    for test in &skipped {
        println!("skipped test: {test}");
    }
    for step in &left_out {
        println!("step left out: {step}");
    }
    println!(
        "xtask test: everything that ran passed in {} s; {} tests skipped, {} steps left out",
        began.elapsed().as_secs(),
        skipped.len(),
        left_out.len()
    );
    Ok(())
}

/// Runs the tests and returns those that said they were skipped, with their reasons.
fn tests() -> Result<BTreeSet<String>, Failure> {
    let log = skip_log()?;
    let mut tests = if has_nextest() {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast", "--quiet"])
    };
    tests.env("TRACEHOUND_SKIP_LOG", &log);
    run(tests)?;
    Ok(skipped_in(&fs::read_to_string(&log).unwrap_or_default()))
}

fn skipped_in(log: &str) -> BTreeSet<String> {
    log.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The file that tests write their skips to, empty.
fn skip_log() -> Result<PathBuf, Failure> {
    let folder = target_folder();
    let made = fs::create_dir_all(&folder);
    made.map_err(|error| Failure::new(format!("cannot make {}: {error}", folder.display())))?;
    let log = folder.join("skipped-tests.log");
    match fs::remove_file(&log) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("cannot remove {}: {error}", log.display())))
        }
        _ => Ok(log),
    }
}

/// Whether there is a cargo-nextest, now at the latest. It runs the tests in less time and shows failures more clearly, but
/// `cargo test` runs the same ones.
fn has_nextest() -> bool {
    if has_cargo_plugin("nextest") {
        return true;
    }
    let tools = tools_folder();
    eprintln!("\ncargo-nextest is not installed: building it once into {}", tools.display());
    let mut install = cargo(&["install", "cargo-nextest", "--locked", "--quiet", "--root"]);
    install.arg(&tools).env("CARGO_TARGET_DIR", tools.join("build"));
    let done = run(install);
    if let Err(Failure::Failed(why)) = &done {
        eprintln!("{why}: the tests run by `cargo test` instead");
    }
    done.is_ok() && has_cargo_plugin("nextest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_run_is_asked_for_and_nothing_else_is_known() {
        assert_eq!(Options::parse(&[]).expect("fine"), Options { full: false });
        assert_eq!(Options::parse(&["--full"]).expect("fine"), Options { full: true });
        assert!(matches!(Options::parse(&["--fast"]), Err(Failure::Usage(_))));
    }

    #[test]
    fn a_test_that_skips_twice_is_counted_once() {
        assert_eq!(skipped_in("a: no data\nb: no data\na: no data\n\n").len(), 2);
    }
}
