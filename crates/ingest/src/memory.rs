//! How much memory a writer may use where nobody says.

use std::{fs, path::Path};

use tracehound_ledger::WriterOptions;
use tracehound_transfers::WriterOptions as TransferWriterOptions;

/// Of the machine's memory a writer's tables take at most one in so many parts.
const SHARE: u64 = 4;
/// Memory of a machine that does not tell.
const UNKNOWN: u64 = 4 << 30;

/// A writer whose tables of addresses and live transactions keep within so many bytes of memory; without a number within a
/// quarter of what the machine, or the group of processes that this one is in, may use.
pub fn writer_within(memory: Option<u64>) -> WriterOptions {
    WriterOptions { memory: budget(memory), ..WriterOptions::default() }
}

/// The same for a ledger of transfers, whose tables are of accounts and assets.
pub fn transfer_writer_within(memory: Option<u64>) -> TransferWriterOptions {
    TransferWriterOptions { memory: budget(memory), ..TransferWriterOptions::default() }
}

fn budget(memory: Option<u64>) -> usize {
    let memory = memory.unwrap_or_else(|| of_machine(Path::new("/")) / SHARE);
    // What cannot be addressed cannot be used either.
    usize::try_from(memory).unwrap_or(usize::MAX - 1)
}

/// Bytes of memory of the machine whose files lie under `root`, or fewer where its processes may not use all.
fn of_machine(root: &Path) -> u64 {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let total = read("proc/meminfo").and_then(|told| {
        let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok().map(|kib: u64| kib << 10)
    });
    // "max" where there is no limit.
    let limit = |path| read(path).and_then(|told| told.trim().parse().ok());
    let limits =
        [total, limit("sys/fs/cgroup/memory.max"), limit("sys/fs/cgroup/memory/memory.limit_in_bytes")];
    limits.into_iter().flatten().min().unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_has_the_memory_that_it_is_given() {
        let root = tempfile::tempdir().expect("temporary folder");
        let put = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        assert_eq!(of_machine(root.path()), UNKNOWN);
        put("proc/meminfo", "MemTotal:       16000000 kB\nMemFree:  1 kB\n");
        assert_eq!(of_machine(root.path()), 16_000_000 << 10);
        put("sys/fs/cgroup/memory.max", "max\n");
        assert_eq!(of_machine(root.path()), 16_000_000 << 10);
        put("sys/fs/cgroup/memory.max", "2147483648\n");
        assert_eq!(of_machine(root.path()), 2 << 30);
    }

    #[test]
    fn what_is_asked_for_is_taken() {
        assert_eq!(writer_within(Some(128 << 20)).memory, 128 << 20);
        assert!(writer_within(None).memory < usize::MAX);
    }
}
