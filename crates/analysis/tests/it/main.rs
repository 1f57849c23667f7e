//! Analysis on small hand-made chains whose answers can be worked out on paper.

mod account_parties;
mod boltzmann;
mod boundaries;
mod cluster;
mod coinjoin;
mod counterparties;
mod deployers;
mod deposits;
mod derived;
mod exposure;
mod extent;
mod freezes;
mod full_ledger;
mod heists;
mod hot_wallets;
mod imitations;
mod overlay;
mod overwritten;
mod path;
mod patterns;
mod peel;
mod roles;
mod taint;
mod trace;

use tracehound_ledger::{Ledger, Writer, WriterOptions};
use tracehound_model::{Amount, BitcoinNetwork, Chain, utxo::UtxoBlock};

fn units(amount: Amount) -> u128 {
    amount.to_u128().expect("small")
}

fn ledger_of(blocks: &[UtxoBlock]) -> (tempfile::TempDir, Ledger) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
    let mut writer = Writer::open(dir.path(), chain, WriterOptions::default()).expect("opens");
    for block in blocks {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    drop(writer);
    let ledger = Ledger::open(dir.path()).expect("opens");
    (dir, ledger)
}
