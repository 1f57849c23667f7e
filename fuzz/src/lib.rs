//! What the fuzz targets share: seeds, and folders that hold one altered file.

pub mod sections;

use std::{
    fs,
    path::{Path, PathBuf},
    process::exit,
};

/// Folder beside a checkout with real data, as `cargo xtask fuzz` finds it.
const SHARED: &str = "TRACEHOUND_FUZZ_SHARED";

/// Where to write seeds instead of fuzzing.
const SEEDS: &str = "TRACEHOUND_FUZZ_SEEDS";

/// Largest seed taken from a file, in bytes: a target runs thousands of times a second on small inputs only.
const MAX_SEED: u64 = 64 << 10;

/// With `TRACEHOUND_FUZZ_SEEDS` set, writes the seeds into that folder and ends the process.
///
/// Called by a target before anything else; the seeds are made by the code under test or are real inputs.
pub fn seeds_wanted(seeds: impl FnOnce() -> Vec<Vec<u8>>) {
    let Some(dir) = std::env::var_os(SEEDS) else { return };
    let dir = PathBuf::from(dir);
    for (number, seed) in seeds().into_iter().enumerate() {
        fs::write(dir.join(format!("seed-{number:04}")), seed).expect("the seed folder is writable");
    }
    exit(0);
}

/// The real files in these folders beside the checkout, up to 64 KiB each; none where there is no such folder.
pub fn real_files(folders: &[&str]) -> Vec<Vec<u8>> {
    let Some(shared) = std::env::var_os(SHARED) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(Path::new(&shared).join("data").join(folder)).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_SEED))
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

/// The first bytes of a real file beside the checkout; nothing where it is not there.
pub fn real_start(name: &str, bytes: usize) -> Option<Vec<u8>> {
    let shared = std::env::var_os(SHARED)?;
    let mut file = fs::read(Path::new(&shared).join("data").join(name)).ok()?;
    file.truncate(bytes);
    Some(file)
}

/// A scratch folder of this process, in memory where the machine has such a place.
pub fn scratch_dir() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a scratch folder can be made")
}

/// Generated blocks: small, all script types, segwit.
pub fn generated_blocks() -> Vec<Vec<u8>> {
    let network = tracehound_model::BitcoinNetwork::Regtest;
    let case = tracehound_range::demo_case(1, network).expect("regtest is allowed");
    let blocks = case.blocks.into_iter();
    blocks.filter(|block| block.len() > 400).collect()
}

/// Every regular file under `dir`, with its path from there; sorted.
pub fn files_under(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("our own folder").filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                let name = path.strip_prefix(dir).expect("below it").to_owned();
                files.push((name, bytes));
            }
        }
    }
    files.sort();
    files
}

/// The altered file and its number: the first byte of an input says which of several files the rest replaces.
pub fn choose<'a, T>(files: &'a [T], data: &'a [u8]) -> Option<(&'a T, &'a [u8])> {
    let (&number, bytes) = data.split_first()?;
    files.get(usize::from(number) % files.len().max(1)).map(|file| (file, bytes))
}
