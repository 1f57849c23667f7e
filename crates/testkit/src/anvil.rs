//! A local chain: Foundry's anvil from npm, on a free port of the loopback interface.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use crate::npm;

/// The chain id anvil has unless told otherwise.
pub const CHAIN: u64 = 31_337;

/// A running chain that mines when it is told to. Ends when it is dropped.
#[derive(Debug)]
pub struct Anvil {
    process: Child,
    url: String,
}

impl Anvil {
    /// Starts a chain; `None` where npm has no anvil for this machine. `tmp` is the test's `CARGO_TARGET_TMPDIR`.
    ///
    /// # Panics
    /// When anvil does not start, and as [`npm::package`] does.
    pub fn start(tmp: &Path) -> Option<Self> {
        Self::start_with(tmp, &[])
    }

    /// As [`Self::start`], with more of anvil's arguments.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_with(tmp: &Path, more: &[&str]) -> Option<Self> {
        let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
        let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let folder = npm::package(tmp, &format!("@foundry-rs/anvil-{system}-{processor}"), "1.7.1")?;
        let mut process = Command::new(folder.join("bin/anvil"))
            .args(["--host", "127.0.0.1", "--port", "0", "--no-mining"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("anvil starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(lines.read_line(&mut line).expect("anvil speaks") > 0, "anvil ended before it listened");
            if let Some(address) = line.trim().strip_prefix("Listening on ") {
                break address.to_owned();
            }
        };
        // It writes a line for every question, and would wait for somebody to read them.
        thread::spawn(move || io::copy(&mut lines, &mut io::sink()));
        Some(Self { process, url: format!("http://{address}") })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its socket is.
    pub fn socket_url(&self) -> String {
        self.url.replacen("http", "ws", 1)
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
