//! Vets each path that is given: one line of JSON a report, and how long it took. Nothing of them is run.
//!
//! `cargo run --release -p tracehound-vet --example measure_vet -- PATH...`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for measuring")]

use std::{env, path::PathBuf, time::Instant};

use tracehound_vet::{Limits, Severity, judge, tree};

fn main() {
    for path in env::args_os().skip(1).map(PathBuf::from) {
        let start = Instant::now();
        let report = judge(&tree::read(&path, Limits::default()).expect("readable")).expect("a thread");
        let (severity, milliseconds) =
            (report.severity.map_or("none", Severity::as_str), start.elapsed().as_millis());
        let (verdict, gaps, read) = (report.verdict, report.gaps.len(), report.read);
        eprintln!("{} {severity} {verdict}, {gaps} gaps, {read:?}, {milliseconds} ms", path.display());
        println!("{}", serde_json::to_string(&report).expect("plain data"));
    }
}
