//! Writes block files for benchmarks and prints what it wrote as JSON.
//!
//! ```text
//! blocks generate TXS DIR [SEED]   a generated chain of TXS transactions, all ids distinct
//! blocks repeat   MIB DIR          the real block 702861, repeated with linked headers
//! ```
//!
//! Both are chains of the regression-test network: nobody can redo mainnet's work.

#![expect(clippy::print_stdout, reason = "the result")]

use std::{env, error::Error, path::Path};

use tracehound_model::BitcoinNetwork;
use tracehound_range::{Generator, GeneratorConfig, repeat_blocks};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let json = match args[..] {
        ["generate", txs, dir] => generate(txs, dir, "1")?,
        ["generate", txs, dir, seed] => generate(txs, dir, seed)?,
        ["repeat", mib, dir] => {
            let bytes = mib.parse::<u64>()? << 20;
            let block = bitcoin_test_data::blocks::mainnet_702861();
            let written = repeat_blocks(Path::new(dir), BitcoinNetwork::Regtest, &[block], bytes)?;
            serde_json::to_string(&written)?
        }
        _ => return Err("usage: blocks generate TXS DIR [SEED] | blocks repeat MIB DIR".into()),
    };
    println!("{json}");
    Ok(())
}

fn generate(txs: &str, dir: &str, seed: &str) -> Result<String, Box<dyn Error>> {
    let config = GeneratorConfig {
        seed: seed.parse()?,
        tx_count: txs.parse()?,
        network: BitcoinNetwork::Regtest,
        ..GeneratorConfig::default()
    };
    let summary = Generator::new(config)?.write_block_files(Path::new(dir), &mut |_| ())?;
    Ok(serde_json::to_string(&summary)?)
}
