//! Coverage-guided fuzzing on the stable toolchain.
//!
//! The targets are libFuzzer programs. What `cargo fuzz` needs a nightly compiler for is the address sanitizer; the
//! coverage feedback alone is an LLVM pass that the stable compiler takes as `-C` flags. The targets are safe Rust but
//! for the listed mappings, so panics, overflows, endless loops and runaway memory are what there is to find.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{Failure, cargo, output, root, run, shown};

/// Coverage counters, a table of program counters and traced comparisons for libFuzzer.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

/// Longest input tried, in bytes.
const MAX_LEN: u64 = 256 << 10;
/// Seconds after which one input counts as hung.
const HANG_SECONDS: u64 = 10;
/// Memory at which a target counts as running away, in MiB.
const MEMORY_MIB: u64 = 2_048;

/// What to fuzz and for how long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) seconds: u64,
    pub(crate) target: Option<String>,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self, Failure> {
        let mut options = Self { seconds: 60, target: None };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--seconds" => {
                    let value = words.next().copied().unwrap_or_default();
                    options.seconds = value.parse().map_err(|_| {
                        Failure::Usage(format!("--seconds wants a number of seconds, not `{value}`"))
                    })?;
                }
                flag if flag.starts_with('-') => {
                    return Err(Failure::Usage(format!("fuzz has no option `{flag}`")));
                }
                target if options.target.is_none() => options.target = Some(target.to_owned()),
                extra => return Err(Failure::Usage(format!("one target at a time; `{extra}` is too much"))),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run_targets(options: &Options) -> Result<(), Failure> {
    let all = targets(&read("fuzz/Cargo.toml")?)?;
    if let Some(unknown) = options.target.as_ref().filter(|name| !all.contains(name)) {
        return Err(Failure::Usage(format!("no fuzz target `{unknown}`; there are {}", all.join(", "))));
    }
    let chosen = all.iter().filter(|name| options.target.as_ref().is_none_or(|wanted| wanted == *name));
    let bin_dir = build()?;
    let mut failed = Vec::new();
    for target in chosen {
        if let Err(Failure::Failed(message) | Failure::Usage(message)) =
            fuzz_one(&bin_dir, target, options.seconds)
        {
            eprintln!("{message}");
            failed.push(target.as_str());
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("fuzzing found a failure in: {}", failed.join(", "))))
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(root().join(path))
        .map_err(|error| Failure::new(format!("cannot read {path}: {error}")))
}

/// Names of the targets in the fuzz manifest.
fn targets(manifest: &str) -> Result<Vec<String>, Failure> {
    let manifest: toml::Table =
        manifest.parse().map_err(|error| Failure::new(format!("fuzz/Cargo.toml is not TOML: {error}")))?;
    let bins = manifest.get("bin").and_then(toml::Value::as_array).into_iter().flatten();
    Ok(bins.filter_map(|bin| bin.get("name")?.as_str()).map(str::to_owned).collect())
}

/// Builds all targets and says in which folder they are.
///
/// `--target` keeps the flags away from build scripts and macros, which would not link with them.
fn build() -> Result<PathBuf, Failure> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "host-tuple"]);
    let host = output(rustc)?;
    let host = host.trim();
    let target_dir =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let target_dir = root().join(target_dir).join("fuzz");
    // What is fuzzed is what the lock file names: one that lags behind is an error here, not a change on the way.
    let args = ["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", host];
    let mut command = cargo(&args);
    command.env("RUSTFLAGS", COVERAGE).env("CARGO_TARGET_DIR", &target_dir);
    run(command)?;
    Ok(target_dir.join(host).join("release"))
}

fn fuzz_one(bin_dir: &Path, target: &str, seconds: u64) -> Result<(), Failure> {
    let program = bin_dir.join(target);
    let corpus = folder(&format!("fuzz/corpus/{target}"))?;
    let seeds = folder(&format!("fuzz/corpus/{target}-seeds"))?;
    let artifacts = folder(&format!("fuzz/artifacts/{target}"))?;

    let mut seeding = Command::new(&program);
    seeding.env("TRACEHOUND_FUZZ_SEEDS", &seeds);
    if let Some(shared) = shared() {
        seeding.env("TRACEHOUND_FUZZ_SHARED", shared);
    }
    let seeded = seeding.output().map_err(|error| Failure::new(format!("cannot start {target}: {error}")))?;
    if !seeded.status.success() {
        let log = String::from_utf8_lossy(&seeded.stderr).into_owned();
        return Err(Failure::new(format!("{log}\nfuzz {target} FAILED while making its seeds")));
    }

    let mut command = Command::new(&program);
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_LEN}"))
        .arg(format!("-timeout={HANG_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB}"))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .args(["-print_final_stats=1", "-verbosity=0"])
        .args([&corpus, &seeds])
        .env("RUST_BACKTRACE", "1");
    let before = listing(&artifacts);
    eprintln!("\n$ fuzz {target}, {seconds} s");
    let output = command
        .output()
        .map_err(|error| Failure::new(format!("cannot start `{}`: {error}", shown(&command))))?;
    let log = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        eprintln!("{}", summary(&log));
        return Ok(());
    }
    let found: Vec<String> = listing(&artifacts).into_iter().filter(|path| !before.contains(path)).collect();
    let tail: Vec<&str> = log.lines().rev().take(60).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(Failure::new(format!(
        "{}\n\nfuzz {target} FAILED ({}). The input: {}\nAgain: {} <input>",
        tail.join("\n"),
        output.status,
        if found.is_empty() { "none was written".to_owned() } else { found.join(", ") },
        program.display(),
    )))
}

fn folder(path: &str) -> Result<PathBuf, Failure> {
    let path = root().join(path);
    fs::create_dir_all(&path)
        .map_err(|error| Failure::new(format!("cannot make {}: {error}", path.display())))?;
    Ok(path)
}

fn listing(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path().display().to_string()).collect()
}

/// The folder of real data beside the checkout, if there is one.
fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("TRACEHOUND_SHARED").map(PathBuf::from);
    let shared = named.or_else(|| Some(root().parent()?.join("shared")))?;
    shared.join("data").is_dir().then_some(shared)
}

/// One line of libFuzzer's final statistics.
fn summary(log: &str) -> String {
    let stat = |name: &str| {
        let line = log.lines().find(|line| line.starts_with("stat::") && line.contains(name));
        line.and_then(|line| line.split_whitespace().last()).unwrap_or("?").to_owned()
    };
    format!(
        "  {} inputs run ({} a second), {} new ones kept, {} MiB at most",
        stat("number_of_executed_units"),
        stat("average_exec_per_sec"),
        stat("new_units_added"),
        stat("peak_rss_mb"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_any_order_and_nonsense_is_named() {
        let parsed = |words: &[&str]| Options::parse(words).expect("fine");
        assert_eq!(parsed(&[]), Options { seconds: 60, target: None });
        let both = Options { seconds: 5, target: Some("block".into()) };
        assert_eq!(parsed(&["--seconds", "5", "block"]), both);
        assert_eq!(parsed(&["block", "--seconds", "5"]), both);
        for wrong in [&["--seconds", "soon"][..], &["--fast"], &["a", "b"], &["--seconds"]] {
            assert!(matches!(Options::parse(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }

    #[test]
    fn every_target_of_the_manifest_has_its_file() {
        let names = targets(&read("fuzz/Cargo.toml").expect("readable")).expect("TOML");
        assert!(!names.is_empty());
        for name in names {
            assert!(root().join(format!("fuzz/targets/{name}.rs")).is_file(), "{name}");
        }
    }

    #[test]
    fn final_statistics_become_one_line() {
        let log = "stat::number_of_executed_units: 12\nstat::average_exec_per_sec:     3\n\
                   stat::new_units_added:          4\nstat::peak_rss_mb:              50\n";
        assert_eq!(summary(log), "  12 inputs run (3 a second), 4 new ones kept, 50 MiB at most");
    }
}
