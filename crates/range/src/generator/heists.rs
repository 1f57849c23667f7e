//! A chain with heists, and the truth about them beside it.

use std::{
    fs::OpenOptions,
    io::{BufWriter, ErrorKind, Write},
    path::Path,
};

use super::{Generator, Progress, Summary};
use crate::{
    RangeError,
    config::{Difficulty, GeneratorConfig, Profile},
    heist::TRUTH_FILE,
};

/// What to generate.
#[derive(Clone, Debug)]
pub struct HeistConfig {
    /// Same seed, same bytes.
    pub seed: u64,
    /// Transactions in the whole chain, as in [`GeneratorConfig::tx_count`].
    pub tx_count: u64,
    /// Heists: at least 1, and at most one for each hundred transactions.
    pub heists: u32,
    /// How hard the thieves make it.
    pub difficulty: Difficulty,
}

/// Writes a chain with heists as block files into `dir`, and their truth beside it ([`TRUTH_FILE`]).
///
/// The chain is of the regression-test network, so that nobody takes an address for a real one. Memory: that of
/// [`Generator`], and the heists' unspent pieces and 8 bytes for each address with a part in one. The truth is written
/// as the chain grows.
pub fn generate_heists(
    config: &HeistConfig,
    dir: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary, RangeError> {
    let chain = GeneratorConfig {
        seed: config.seed,
        tx_count: config.tx_count,
        profile: Profile::Recent,
        ..GeneratorConfig::default()
    };
    let generator = Generator::with_heists(chain, config.heists, config.difficulty)?;
    std::fs::create_dir_all(dir).map_err(|source| RangeError::Io { path: dir.to_owned(), source })?;
    let path = dir.join(TRUTH_FILE);
    let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|source| {
        if source.kind() == ErrorKind::AlreadyExists {
            RangeError::Exists { path: path.clone() }
        } else {
            RangeError::Io { path: path.clone(), source }
        }
    })?;
    let mut truth = BufWriter::with_capacity(1 << 20, file);
    let error = |source| RangeError::Io { path: path.clone(), source };
    let summary = generator.write_with(dir, &mut |generator, bytes, end| {
        truth.write_all(&generator.take_truth(end)).map_err(error)?;
        progress(generator.progress(bytes));
        Ok(())
    })?;
    truth.flush().map_err(error)?;
    Ok(summary)
}
