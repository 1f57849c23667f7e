//! Tables of prices that a person names on the command line.

use std::path::Path;

use miette::{IntoDiagnostic, Result, WrapErr};
use tracehound_engine::exposure::Prices;
use tracehound_model::{Asset, BitcoinNetwork};

use crate::files;

/// Largest price file read.
const MOST_BYTES: u64 = 16 << 20;

/// Prices of a network's own coin.
pub(crate) fn read(path: &Path, network: BitcoinNetwork) -> Result<Prices> {
    let name = || format!("the price file {}", path.display());
    let text = files::text(path, MOST_BYTES).into_diagnostic().wrap_err_with(name)?;
    Prices::from_csv(&text, Asset::bitcoin(network)).into_diagnostic().wrap_err_with(name)
}
