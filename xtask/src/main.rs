//! Developer tasks. `cargo xtask` without a task lists them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool for developers")]

mod bench;
mod fuzz;
mod mutants;
mod run;
mod test;
mod tidy;

use std::process::ExitCode;

use run::Failure;

const USAGE: &str = "\
usage: cargo xtask TASK

  demo                        build Tracehound and run its demo: the same as `cargo run --release -- demo`
  test [--full]               all that a change must pass: format, clippy, tests, doctests, tidy, docs,
                              cargo deny (where installed), a few seconds of fuzzing (--full: a minute a target)
  tidy                        the repository's own rules: who may import whom, manifests, stray files, unsafe…
  bench [--txs N,N] [--no-peers] [--against COMMIT [--pairs N]]
                              measure, and rewrite docs/BENCHMARKS.md
  names                       measure how names are found, and rewrite their section of docs/SCORECARD.md
  coinjoins                   measure CoinJoins of known wallets and labels, and rewrite their section of docs/SCORECARD.md
  coverage                    measure how much the shipped labels name, and rewrite their section of docs/SCORECARD.md
  legs                        measure generated heists on account chains, and rewrite their section of docs/SCORECARD.md
  facts                       measure what we read of real account chains, and rewrite its section of docs/SCORECARD.md
  bridges                     measure what is read of memos and matched between chains, and rewrite its section of docs/SCORECARD.md
  derived                     measure what follows from real movements, and rewrite its section of docs/SCORECARD.md
  labels                      make the packs of labels in data/labels anew from packs.toml and the files in ../shared/data/labels
  fuzz [--seconds N] [TARGET] every fuzz target, or one, for N seconds each (60)
  mutants [--share PERCENT] [--shard K/N] [--part NAME] [--report]
                              plant small bugs where a wrong answer costs most and see which ones no test notices; goes on
                              where the last run stopped, and rewrites docs/MUTANTS.md (--report: that alone)
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["demo"] => run::run(run::cargo(&["run", "--release", "--package", "tracehound-cli", "--", "demo"])),
        ["test", ref rest @ ..] => test::Options::parse(rest).and_then(test::run_all),
        ["tidy"] => tidy::run(),
        ["fuzz", ref rest @ ..] => fuzz::Options::parse(rest).and_then(|options| fuzz::run_targets(&options)),
        ["names"] => measure("attribution", "names_scorecard::names_scorecard"),
        ["coinjoins"] => measure("analysis", "coinjoin::scorecard::coinjoins_scorecard"),
        ["coverage"] => measure("engine", "labels_scorecard::labels_scorecard"),
        ["legs"] => measure("range", "accounts::legs_scorecard"),
        ["facts"] => measure("evm", "scorecard::facts_scorecard"),
        ["bridges"] => measure("bridges", "scorecard::bridges_scorecard"),
        ["derived"] => measure("analysis", "derived::derived_scorecard"),
        ["labels"] => {
            let mut make = run::cargo(&["test", "--package", "tracehound-labels", "--test", "it", "--"]);
            make.args(["shipped::shipped_packs_are_what_the_decisions_and_the_files_give", "--exact"]);
            // Packs are compiled in: what is written now is in the next build.
            make.env("TRACEHOUND_WRITE_LABELS", "1").env("TRACEHOUND_NO_SKIP", "1");
            run::run(make)
        }
        ["bench", ref rest @ ..] => bench::run(rest),
        ["mutants", ref rest @ ..] => mutants::run(rest),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        [other, ..] => Err(Failure::Usage(format!("no such task, or too many words after it: `{other}`"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => {
            eprintln!("xtask: {message}\n\n{USAGE}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(message)) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the ignored test of a crate that measures and rewrites its section of the scorecard.
fn measure(name: &str, test: &str) -> Result<(), Failure> {
    let package = format!("tracehound-{name}");
    let optimised = format!("profile.dev.package.{package}.opt-level=2");
    run::run(run::cargo(&[
        "--config",
        &optimised,
        "test",
        "--package",
        &package,
        "--test",
        "it",
        "--",
        "--ignored",
        test,
        "--exact",
    ]))
}
