//! Packages of the npm registry. They are kept in the target folder and never shipped.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The unpacked package, or `None` when npm cannot get it; then a line naming it has been printed. `tmp` is the test's
/// `CARGO_TARGET_TMPDIR`.
///
/// # Panics
/// When npm cannot get it and `TRACEHOUND_NO_SKIP` is set.
pub fn package(tmp: &Path, name: &str, version: &str) -> Option<PathBuf> {
    let folder = tmp.join(format!("{}-{version}", name.replace(['@', '/'], "_")));
    if folder.exists() {
        return Some(folder);
    }
    // Unpacked beside and renamed: several tests may do this at once.
    let own = tempfile::tempdir_in(tmp).expect("a folder");
    let line = format!("npm pack --silent {name}@{version} >/dev/null && tar xzf *.tgz");
    let done = Command::new("sh").args(["-c", &line]).current_dir(own.path()).status();
    if !done.is_ok_and(|status| status.success()) {
        assert!(
            std::env::var_os("TRACEHOUND_NO_SKIP").is_none(),
            "npm cannot get {name}@{version}, and TRACEHOUND_NO_SKIP forbids skipping"
        );
        crate::skipped(&format!("npm cannot get {name}@{version}"));
        return None;
    }
    if let Err(error) = fs::rename(own.path().join("package"), &folder) {
        assert!(folder.exists(), "another test has not unpacked it either: {error}");
    }
    Some(folder)
}

/// Code out of a compiler's artefact: `bytecode` makes the contract, `deployedBytecode` lies there afterwards.
///
/// # Panics
/// When the file is no such artefact.
pub fn code(artefact: &Path, field: &str) -> Vec<u8> {
    let text = fs::read_to_string(artefact).expect("published");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let code = json[field].as_str().expect("code");
    hex::decode(code.trim_start_matches("0x")).expect("hexadecimal")
}
