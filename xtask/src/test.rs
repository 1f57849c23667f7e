//! All that a change must pass, in the order in which it fails fastest.
//!
//! A machine with Rust and a C compiler is enough. What else would help is installed into a folder that is kept, or its step
//! is left out by name; what was left out is said again at the end.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Instant};

use crate::{
    fuzz,
    run::{Failure, cargo, command, has_cargo_plugin, output, run, target_folder, tools_folder, works},
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
    let mut parts = Parts::default();
    let no_rustfmt = "rustfmt is not installed (rustup component add rustfmt)";
    parts.run_if(has_cargo_plugin("fmt"), "format", no_rustfmt, || {
        run(cargo(&["fmt", "--all", "--check"]))?;
        run(cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
    })?;
    let in_git = works(command("git", &["rev-parse", "--git-dir"]));
    parts.run_if(in_git, "tidy", "git does not know this folder", || {
        eprintln!("\n$ cargo xtask tidy");
        tidy::run()
    })?;
    let no_clippy = "it is not installed (rustup component add clippy)";
    parts.run_if(has_cargo_plugin("clippy"), "clippy", no_clippy, || {
        run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    })?;
    let counted = parts.run("tests", tests)?;
    parts.run("doctests", || run(cargo(&["test", "--doc", "--workspace", "--quiet"])))?;
    parts.run("documentation", || {
        let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
        doc.env("RUSTDOCFLAGS", "-D warnings");
        run(doc)
    })?;
    let (has_deny, no_deny) = (has_cargo_plugin("deny"), "cargo-deny is not installed");
    parts.run_if(has_deny, "licences, banned and duplicate crates", no_deny, || {
        run(cargo(&["deny", "--all-features", "check", "licenses", "bans", "sources"]))
    })?;
    let no_advisories = "there is no database of them here (`cargo deny fetch db` brings it)";
    parts.run_if(has_deny && has_advisories(), "known vulnerabilities", no_advisories, || {
        run(cargo(&["deny", "--all-features", "check", "--disable-fetch", "advisories"]))
    })?;
    let cpp = works(command("c++", &["--version"]));
    parts.run_if(cpp, "fuzzing", "there is no C++ compiler (c++), which libFuzzer needs", || {
        let seconds = if options.full { FULL_FUZZ_SECONDS } else { FUZZ_SECONDS };
        fuzz::run_targets(&fuzz::Options { seconds, target: None })
    })?;
    parts.tell(&counted);
    Ok(())
}

/// What the parts of a run cost, and which were left out.
struct Parts {
    began: Instant,
    seconds: Vec<(&'static str, u64)>,
    left_out: Vec<String>,
}

impl Default for Parts {
    fn default() -> Self {
        Self { began: Instant::now(), seconds: Vec::new(), left_out: Vec::new() }
    }
}

impl Parts {
    fn run<T>(
        &mut self,
        part: &'static str,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let began = Instant::now();
        let done = work()?;
        self.seconds.push((part, began.elapsed().as_secs()));
        Ok(done)
    }

    /// Runs a part where what it needs is `there`, and else says why not.
    fn run_if(
        &mut self,
        there: bool,
        part: &'static str,
        why_not: &str,
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if there {
            return self.run(part, work);
        }
        eprintln!("\nSKIPPED: {part}: {why_not}");
        self.left_out.push(format!("{part}: {why_not}"));
        Ok(())
    }

    fn tell(&self, counted: &Counted) {
        for (part, seconds) in &self.seconds {
            println!("{seconds:>6} s  {part}");
        }
        for (test, why) in &counted.not_run {
            println!("not run: {test}: {why}");
        }
        for part in &self.left_out {
            println!("step left out: {part}");
        }
        println!(
            "xtask test: all that ran passed in {} s, {} steps left out; tests: {}",
            self.began.elapsed().as_secs(),
            self.left_out.len(),
            counted.line()
        );
    }
}

/// Whether cargo-deny has fetched the database of known vulnerabilities once, into its usual folder. It is never fetched
/// here: a test needs no network.
fn has_advisories() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let folder = home.map(|home| home.join("advisory-dbs"));
    folder
        .and_then(|folder| fs::read_dir(folder).ok())
        .is_some_and(|mut databases| databases.next().is_some())
}

/// The tests of a run in which none failed.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    passed: usize,
    /// Those that said that they were skipped, and those that are only run when asked for, with why.
    not_run: BTreeMap<String, String>,
}

impl Counted {
    fn new(all: &[String], ignored: &[String], skip_log: &str) -> Self {
        let mut not_run: BTreeMap<String, String> =
            ignored.iter().map(|test| (test.clone(), "only when asked for (#[ignore])".to_owned())).collect();
        for line in skip_log.lines().filter(|line| !line.is_empty()) {
            let (test, why) = line.split_once(": ").unwrap_or((line, ""));
            not_run.entry(test.trim().to_owned()).or_insert_with(|| why.to_owned());
        }
        Self { passed: all.len().saturating_sub(not_run.len()), not_run }
    }

    fn line(&self) -> String {
        let names: Vec<&str> = self.not_run.keys().map(String::as_str).collect();
        match names.len() {
            0 => format!("{} passed, 0 not run", self.passed),
            count => format!("{} passed, {count} not run: {}", self.passed, names.join(", ")),
        }
    }
}

/// Runs the tests and counts them.
fn tests() -> Result<Counted, Failure> {
    let log = skip_log()?;
    let mut tests = if has_nextest() {
        cargo(&["nextest", "run", "--workspace", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast", "--quiet"])
    };
    tests.env("TRACEHOUND_SKIP_LOG", &log);
    run(tests)?;
    let skipped = fs::read_to_string(&log).unwrap_or_default();
    Ok(Counted::new(&listed(&[])?, &listed(&["--ignored"])?, &skipped))
}

/// The names of tests, by `--list`; what is built already is not built again.
fn listed(which: &[&str]) -> Result<Vec<String>, Failure> {
    let mut list = cargo(&[
        "test",
        "--workspace",
        "--lib",
        "--bins",
        "--tests",
        "--quiet",
        "--",
        "--list",
        "--format",
        "terse",
    ]);
    list.args(which);
    Ok(names_in(&output(list)?))
}

fn names_in(listing: &str) -> Vec<String> {
    listing.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
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
    fn what_passed_and_what_did_not_run_is_counted_and_named() {
        let all = names_in("it::a: test\nit::b: test\nit::c: test\nit::d: test\nit::e: benchmark\n\n");
        assert_eq!(all.len(), 4);
        // One that skips twice is one.
        let log = "p it::a: no data\nq it::a: shared/x: absent\np it::a: no data\n\n";
        let counted = Counted::new(&all, &["it::d".to_owned()], log);
        assert_eq!(counted.line(), "1 passed, 3 not run: it::d, p it::a, q it::a");
        assert_eq!(counted.not_run["q it::a"], "shared/x: absent");
        assert_eq!(Counted::new(&all, &[], "").line(), "4 passed, 0 not run");
    }
}
