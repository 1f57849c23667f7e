//! The truth beside a generated chain of accounts, as JSON Lines: what a trace of it would have to find.

use std::{
    collections::HashMap,
    fs::OpenOptions,
    io::{BufWriter, Write as _},
    path::Path,
};

use serde::Serialize;
use tracehound_model::{Address, Asset, TxRef};

use super::{AccountChain, BaitKind, HeistNumber, Part, chain};
use crate::{RangeError, TRUTH_FILE};

/// Version of the truth's format.
const VERSION: u32 = 1;

/// A line of it.
#[derive(Serialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
enum Record {
    /// The first line: nothing of it happened.
    GeneratedAccounts {
        version: u32,
        chain: String,
        seed: u64,
        txs: u64,
        heists: HeistNumber,
        note: &'static str,
    },
    /// An account that is not a user's.
    Party {
        address: Address,
        part: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<u8>,
    },
    /// A token that calls itself like money and is none.
    Counterfeit { asset: Asset },
    /// A theft: the movements that took the loot, as `trace` takes them.
    Heist { heist: HeistNumber, mingled: bool, seeds: Vec<String> },
    /// Base units of a heist's loot that are somewhere at the end; at a service, a bridge or a mixer all that came there.
    Place { heist: HeistNumber, address: Address, asset: Asset, amount: String },
    /// What was shown to somebody so that he pays an address that looks like another's.
    Bait { imitation: Address, of: Address, misleads: Address, with: &'static str },
}

const NOTE: &str = "generated: nothing of it happened, and no address of it is anybody's";

const fn part(part: Part) -> Option<&'static str> {
    Some(match part {
        Part::User => return None,
        Part::Wallet(_) => "wallet",
        Part::Deposit(_) => "deposit",
        Part::Vault(_) => "vault",
        Part::Converter => "converter",
        Part::Bridge => "bridge",
        Part::Mixer => "mixer",
        Part::Thief => "thief",
        Part::Poisoner => "poisoner",
        Part::Imitation => "imitation",
        Part::Staff => "staff",
    })
}

const fn with(kind: BaitKind) -> &'static str {
    match kind {
        BaitKind::Nothing => "nothing",
        BaitKind::Dust => "dust",
        BaitKind::Counterfeit => "counterfeit",
    }
}

impl AccountChain {
    /// Writes the truth into a folder, as [`TRUTH_FILE`]; says how many movements the chain has.
    ///
    /// # Errors
    /// When the file is there already or cannot be written.
    pub fn write_truth(&self, dir: &Path) -> Result<u64, RangeError> {
        let (names, movements) = self.names();
        let path = dir.join(TRUTH_FILE);
        let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(RangeError::Exists { path });
            }
            Err(source) => return Err(RangeError::Io { path, source }),
        };
        let mut file = BufWriter::new(file);
        let io = |source| RangeError::Io { path: path.clone(), source };
        for record in self.records(&names) {
            serde_json::to_writer(&mut file, &record).map_err(|error| io(error.into()))?;
            file.write_all(b"\n").map_err(io)?;
        }
        file.flush().map_err(io)?;
        Ok(movements)
    }

    fn records<'a>(&'a self, names: &'a HashMap<u64, String>) -> impl Iterator<Item = Record> + 'a {
        let who = |party: usize| self.parties[party].0;
        let first = Record::GeneratedAccounts {
            version: VERSION,
            chain: chain().to_string(),
            seed: self.config.seed,
            txs: self.config.txs,
            heists: self.config.heists,
            note: NOTE,
        };
        let parties = self.parties.iter().filter_map(|(address, own)| {
            Some(Record::Party { address: *address, part: part(*own)?, service: own.service() })
        });
        let counterfeits = self.money.iter().filter(|money| !money.is_genuine);
        let counterfeits = counterfeits.map(|money| Record::Counterfeit { asset: money.asset });
        let heists = (0..).zip(&self.truth.heists).map(|(heist, own)| Record::Heist {
            heist,
            mingled: own.is_mingled,
            seeds: own.seeds.iter().filter_map(|seed| names.get(seed).cloned()).collect(),
        });
        let places = self.truth.places.iter().map(move |(&(party, money, heist), amount)| Record::Place {
            heist,
            address: who(party),
            asset: self.money[money].asset,
            amount: amount.to_string(),
        });
        let baits = self.truth.baits.iter().map(move |bait| Record::Bait {
            imitation: who(bait.imitation),
            of: who(bait.of),
            misleads: who(bait.misleads),
            with: with(bait.kind),
        });
        [first].into_iter().chain(parties).chain(counterfeits).chain(heists).chain(places).chain(baits)
    }

    /// The movements that took loot, by number, as `trace` takes them: the transaction's hash and which of its movements it is. And how many there are in all.
    fn names(&self) -> (HashMap<u64, String>, u64) {
        let wanted: std::collections::BTreeSet<u64> =
            self.truth.heists.iter().flat_map(|heist| heist.seeds.iter().copied()).collect();
        let (mut names, mut number) = (HashMap::new(), 0);
        for tx in self.blocks().flat_map(|block| block.txs) {
            let tx_ref = TxRef { chain: chain(), hash: tx.hash };
            for place in 0..tx.movements.len() {
                if wanted.contains(&number) {
                    names.insert(number, format!("{tx_ref}:{place}"));
                }
                number += 1;
            }
        }
        (names, number)
    }
}
