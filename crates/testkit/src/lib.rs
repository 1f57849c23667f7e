//! For tests only: finds the real data that lies beside a checkout, or says by name what is skipped, makes small blocks
//! and serves them on the loopback interface, and starts a local chain with contracts as they were published.

pub mod anvil;
pub mod blocks;
pub mod esplora;
pub mod http;
pub mod npm;
pub mod socket;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// The file or folder `../shared/data/<name>` beside the checkout, or in the folder `TRACEHOUND_SHARED` names.
///
/// `None` when it is absent; then a line naming the file has been printed, and the test should return. With
/// `TRACEHOUND_NO_SKIP` set (as our CI does) an absent file is a failure instead.
///
/// # Panics
/// When the file is absent and `TRACEHOUND_NO_SKIP` is set.
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TRACEHOUND_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join("data").join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("TRACEHOUND_NO_SKIP").is_none(),
        "shared/data/{name} is absent and TRACEHOUND_NO_SKIP forbids skipping"
    );
    skipped(&format!("shared/data/{name} is absent beside the checkout"));
    None
}

/// Says that the test that runs is skipped, and why: on standard error, and in the file that `TRACEHOUND_SKIP_LOG` names, from
/// which `cargo xtask test` counts.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
pub fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
    let Some(log) = std::env::var_os("TRACEHOUND_SKIP_LOG") else { return };
    let thread = std::thread::current();
    // Tests of two packages can have one name. Whoever runs tests names the package.
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let line = format!("{package} {}: {why}\n", thread.name().unwrap_or("a test"));
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log);
    // What cannot be counted has been printed.
    let _ = log.and_then(|mut log| log.write_all(line.as_bytes()));
}

/// Writes a section of `docs/SCORECARD.md` between its marks, in the place of what stood there; at the end where nothing did.
///
/// # Panics
/// When the scorecard cannot be read or written.
pub fn scorecard_section((begins, ends): (&str, &str), page: &str) {
    let card = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SCORECARD.md");
    let old = std::fs::read_to_string(&card).expect("the scorecard is there");
    let (before, after) = match old.split_once(begins) {
        Some((before, rest)) => (before, rest.split_once(ends).map_or("", |(_, after)| after)),
        None => (old.as_str(), "\n"),
    };
    let page = format!("{}\n\n{begins}\n{}\n{ends}{after}", before.trim_end(), page.trim_end());
    std::fs::write(&card, page).expect("written");
}
