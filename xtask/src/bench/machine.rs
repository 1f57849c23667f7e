//! The machine a measurement was made on.

use std::fs;

use serde::Serialize;

use crate::run::{Failure, command, output};

/// What a reader needs to judge the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    /// When, UTC.
    pub(crate) date: String,
    /// What was built.
    pub(crate) commit: String,
    /// Load average of the last minute when the run began: above 0.5, something else was running.
    pub(crate) load: String,
}

impl Machine {
    pub(crate) fn read() -> Result<Self, Failure> {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let line = |program: &str, args: &[&str]| -> Result<String, Failure> {
            Ok(output(command(program, args))?.trim().to_owned())
        };
        Ok(Self {
            cpu: field(&file("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_mib: kib(&file("/proc/meminfo"), "MemTotal").unwrap_or(0) / 1024,
            kernel: line("uname", &["-sr"])?,
            rustc: line("rustc", &["--version"])?,
            date: line("date", &["-u", "+%Y-%m-%d %H:%M UTC"])?,
            commit: line("git", &["describe", "--always", "--dirty"])?,
            load: file("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        })
    }
}

/// The first `name : value` of a file under /proc.
fn field(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
}

/// A field in kB.
pub(crate) fn kib(text: &str, name: &str) -> Option<u64> {
    field(text, name)?.strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_proc_files_are_found() {
        let status = "Name:\tx\nVmHWM:\t   12345 kB\n";
        assert_eq!(kib(status, "VmHWM"), Some(12_345));
        assert_eq!(kib(status, "VmPeak"), None);
        let cpu = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: Another\n";
        assert_eq!(field(cpu, "model name").as_deref(), Some("Some CPU @ 2 GHz"));
    }
}
