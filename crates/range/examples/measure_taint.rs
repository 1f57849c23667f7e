//! Measures taint over account history, for `cargo xtask bench`; prints one JSON object.
//!
//! `measure_taint TXS HEISTS FOLDER METHOD`: generated heists in a ledger of transfers, all of them followed at once from their thefts
//! on, to services and through exchanges. Each transfer that touches a dirty balance is read, found in its history and divided; the
//! quickest of three rounds counts.

use std::{collections::HashMap, error::Error, io::Write, path::Path, time::Instant};

use serde_json::json;
use tracehound_analysis::taint::{AccountRole, BalanceOptions, Label, Method, TransferSeed, follow_balances};
use tracehound_model::{Address, Chain};
use tracehound_range::{ACCOUNT_CHAIN, AccountChain, AccountConfig, Part};
use tracehound_transfers::{
    AccountNum, Opening, TransferLedger, TransferNum, TransferRows as _, Writer, WriterOptions,
};

const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [txs, heists, folder, method] = args[..] else {
        return Err("usage: measure_taint TXS HEISTS FOLDER METHOD".into());
    };
    let method = Method::named(method).ok_or_else(|| format!("no method `{method}`"))?;
    let config = AccountConfig { seed: 1, txs: txs.parse()?, heists: heists.parse()? };
    let generated = AccountChain::generate(config)?;
    let (chain, folder) = (Chain::Evm(ACCOUNT_CHAIN), Path::new(folder));
    let options = WriterOptions { opening: Some(Opening::Nothing), ..WriterOptions::default() };
    let mut writer = Writer::open(folder, chain, options)?;
    for block in generated.blocks() {
        writer.append_all(&[&block])?;
    }
    writer.commit()?;
    drop(writer);
    let ledger = TransferLedger::open(folder, chain)?;
    let parts: HashMap<Address, Part> = generated.parties.iter().copied().collect();
    // A table, as whoever asks has one: looking accounts up by address is not what is measured.
    let roles: Vec<Option<AccountRole>> = (0..)
        .map_while(|num| ledger.account(AccountNum(num)))
        .map(|address| match parts.get(&address)? {
            Part::Wallet(_) | Part::Deposit(_) | Part::Vault(_) => Some(AccountRole::Service),
            Part::Mixer => Some(AccountRole::Mixer),
            Part::Converter | Part::Bridge => Some(AccountRole::Converter),
            Part::User | Part::Thief | Part::Poisoner | Part::Imitation | Part::Staff => None,
        })
        .collect();
    let seeds: Vec<TransferSeed> = (0..)
        .zip(&generated.truth.heists)
        .flat_map(|(heist, of)| of.seeds.iter().map(move |&num| (heist, num)))
        .map(|(heist, num)| TransferSeed { transfer: TransferNum(num), label: Label(heist) })
        .collect();
    let options = BalanceOptions { method, hops: 1_000, dust: 0, transfers: usize::MAX };
    let role = |account: AccountNum| roles.get(account.0 as usize).copied().flatten();
    let (mut seconds, mut transfers) = (f64::INFINITY, 0);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let flow = follow_balances(&ledger, &seeds, options, &role)?;
        seconds = seconds.min(began.elapsed().as_secs_f64());
        transfers = flow.transfers;
    }
    let json = json!({ "stored": ledger.transfer_count(), "transfers": transfers, "seconds": seconds, "seeds": seeds.len() });
    Ok(writeln!(std::io::stdout(), "{json}")?)
}
