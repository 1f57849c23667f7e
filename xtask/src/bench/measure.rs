//! Runs a process and reads its time and its peak memory.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::machine::kib;
use crate::run::{Failure, shown};

/// How often the peak is read. It only grows, so what is missed is the growth of the last few milliseconds.
const POLL: Duration = Duration::from_millis(5);

/// What a process took and said.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// Peak resident memory in MiB: `VmHWM` of /proc/PID/status; 0 where the system has no such file.
    pub(crate) peak_mib: u64,
    /// Standard output.
    pub(crate) stdout: String,
}

/// Runs the command to its end. Failing is an error that quotes what it printed.
pub(crate) fn measure(mut command: Command) -> Result<Measured, Failure> {
    let shown = shown(&command);
    eprintln!("\n$ {shown}");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let began = Instant::now();
    let child = command.spawn().map_err(|error| Failure::new(format!("cannot start `{shown}`: {error}")))?;
    let status_file = format!("/proc/{}/status", child.id());
    let (done, peak_kib) = (AtomicBool::new(false), AtomicU64::new(0));
    let (output, seconds) = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let status = fs::read_to_string(&status_file).unwrap_or_default();
                peak_kib.fetch_max(kib(&status, "VmHWM").unwrap_or(0), Ordering::Relaxed);
                thread::sleep(POLL);
            }
        });
        let output = child.wait_with_output();
        let seconds = began.elapsed().as_secs_f64();
        done.store(true, Ordering::Relaxed);
        (output, seconds)
    });
    let output = output.map_err(|error| Failure::new(format!("cannot wait for `{shown}`: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::new(format!("`{shown}` failed ({}): {}", output.status, said.trim())));
    }
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Measured { seconds, peak_mib: peak_kib.into_inner() / 1024, stdout })
}

/// Reads every file under `dir` once, so that what comes next finds them in the page cache.
pub(crate) fn warm(dir: &Path) -> Result<u64, Failure> {
    let mut bytes = 0;
    let entries = fs::read_dir(dir)
        .map_err(|error| Failure::new(format!("cannot read the folder {}: {error}", dir.display())))?;
    for entry in entries.filter_map(Result::ok).filter(|entry| entry.path().is_file()) {
        let mut file = fs::File::open(entry.path())
            .map_err(|error| Failure::new(format!("cannot read {}: {error}", entry.path().display())))?;
        bytes += std::io::copy(&mut file, &mut std::io::sink()).unwrap_or(0);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_timed_and_its_memory_read() {
        let mut command = Command::new("sh");
        command.args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done"]);
        let measured = measure(command).expect("sh runs");
        assert_eq!(measured.stdout, "done\n");
        assert!(measured.seconds > 0.0);
        assert!(measured.peak_mib < 1_000, "{} MiB", measured.peak_mib);
    }

    #[test]
    fn a_failing_process_is_quoted() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo broken >&2; exit 3"]);
        let Err(Failure::Failed(message)) = measure(command) else { panic!("it failed") };
        assert!(message.contains("broken") && message.contains('3'), "{message}");
    }
}
