//! The machine a measurement was made on.

use std::{fs, time::Instant};

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
    /// How quick its memory was when the run began, and when it ended: what shares the machine is seen here alone.
    pub(crate) memory: Vec<Memory>,
}

/// How quick the memory is at one time, by one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    /// Nanoseconds for one read that depends on the read before it, anywhere in 128 MiB.
    pub(crate) read_ns: u64,
    /// MB copied a second, in pieces of 64 MiB.
    pub(crate) copy_mb_s: u64,
}

impl Memory {
    /// Measures it; takes about two seconds.
    pub(crate) fn measure() -> Self {
        const READS: u32 = 1 << 21;
        let ring = ring(1 << 25);
        let (mut at, began) = (0u32, Instant::now());
        for _ in 0..READS {
            at = ring[at as usize];
        }
        let read = began.elapsed();
        std::hint::black_box(at);
        let (from, mut to) = (vec![1u8; 64 << 20], vec![0u8; 64 << 20]);
        let copy = (0..8).map(|_| {
            let began = Instant::now();
            to.copy_from_slice(std::hint::black_box(&from));
            std::hint::black_box(&to);
            began.elapsed()
        });
        let quickest = copy.min().unwrap_or_default().as_micros().max(1) as u64;
        Self { read_ns: read.as_nanos() as u64 / u64::from(READS), copy_mb_s: to.len() as u64 / quickest }
    }
}

/// A way through all places and back to the first, each at random (Sattolo 1986).
fn ring(places: u32) -> Vec<u32> {
    let mut ring: Vec<u32> = (0..places).collect();
    let mut chance = 0x9e37_79b9_7f4a_7c15u64;
    for last in (1..places as usize).rev() {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        ring.swap(last, (chance % last as u64) as usize);
    }
    ring
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
            memory: vec![Memory::measure()],
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
    fn the_way_through_memory_passes_every_place_once() {
        let ring = ring(1_000);
        let (mut at, mut steps) = (ring[0], 1);
        while at != 0 {
            (at, steps) = (ring[at as usize], steps + 1);
        }
        assert_eq!(steps, 1_000);
    }

    #[test]
    fn fields_of_proc_files_are_found() {
        let status = "Name:\tx\nVmHWM:\t   12345 kB\n";
        assert_eq!(kib(status, "VmHWM"), Some(12_345));
        assert_eq!(kib(status, "VmPeak"), None);
        let cpu = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: Another\n";
        assert_eq!(field(cpu, "model name").as_deref(), Some("Some CPU @ 2 GHz"));
    }
}
