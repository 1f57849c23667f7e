//! For tests only: finds the real data that lies beside a checkout, or says by name what is skipped, makes small blocks
//! and serves them on the loopback interface, and starts a local chain with contracts as they were published.

pub mod anvil;
pub mod blocks;
pub mod esplora;
pub mod http;
pub mod npm;

use std::path::{Path, PathBuf};

/// The file or folder `../shared/data/<name>` beside the checkout, or in the folder `TRACEHOUND_SHARED` names.
///
/// `None` when it is absent; then a line naming the file has been printed, and the test should return. With
/// `TRACEHOUND_NO_SKIP` set (as our CI does) an absent file is a failure instead.
///
/// # Panics
/// When the file is absent and `TRACEHOUND_NO_SKIP` is set.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
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
    eprintln!("SKIPPED: shared/data/{name} is absent beside the checkout");
    None
}
