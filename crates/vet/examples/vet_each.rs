//! Vets each path given, and prints one line of JSON a finding: for measuring.

use std::{env, path::PathBuf, time::Instant};

fn main() {
    for path in env::args_os().skip(1).map(PathBuf::from) {
        let start = Instant::now();
        let tree = tracehound_vet::tree::read(&path, tracehound_vet::Limits::default()).expect("readable");
        let report = tracehound_vet::judge(&tree);
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let sev = report.severity.map_or("none", tracehound_vet::Severity::as_str);
        eprintln!(
            "{name} {sev} {} {} gaps {:?} {}ms",
            report.verdict,
            report.gaps.len(),
            report.read,
            start.elapsed().as_millis()
        );
        println!("{}", serde_json::to_string(&report).expect("JSON"));
    }
}
