//! What a truth file says, put together: where the loot of every part is at the end.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use tracehound_model::{OutPoint, TxId};

use crate::{
    Entry, Hop, LotLabel, Movement, Protocol, RangeError, Record, Role, Step, Typology, Wallet,
    heist::{Custody, TRUTH_FILE, read_truth},
};

/// Loot in an output, at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The heist it is from.
    pub heist: u32,
    /// The part of it; 0 before the split.
    pub branch: u32,
    /// Satoshi of loot.
    pub sats: u64,
    /// Whose output it is.
    pub wallet: Wallet,
    /// What the address is for.
    pub role: Role,
}

/// A part of a heist's loot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The heist.
    pub heist: u32,
    /// Its number, from 1.
    pub branch: u32,
    /// How it is laundered.
    pub typology: Typology,
    /// Where it starts.
    pub start: OutPoint,
}

/// The truth about one generated chain. Memory: proportional to the truth file.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// Seed of the chain.
    pub seed: u64,
    /// Transactions in it.
    pub txs: u64,
    /// Outputs in which each heist's loot lands, by heist.
    pub heists: BTreeMap<u32, Vec<OutPoint>>,
    /// All parts, in order.
    pub parts: Vec<Part>,
    /// Where the loot is at the end.
    pub places: HashMap<OutPoint, Place>,
    /// The `CoinJoin`s.
    pub coinjoins: BTreeMap<TxId, Protocol>,
    /// Peel chains.
    pub peels: Vec<Vec<Hop>>,
}

impl Answers {
    /// Reads the truth beside a chain, and checks that every movement conserves.
    pub fn load(dir: &Path) -> Result<Self, RangeError> {
        let mut reader =
            Reader { path: dir.join(TRUTH_FILE), line: 0, answers: Self::default(), actors: HashMap::new() };
        read_truth(dir, &mut |record| reader.take(record))?;
        reader.answers.settle();
        Ok(reader.answers)
    }

    /// What is in an output that starts a part belongs to that part.
    fn settle(&mut self) {
        for part in &self.parts {
            if let Some(place) = self.places.get_mut(&part.start) {
                place.branch = part.branch;
            }
        }
        self.places.retain(|_, place| place.sats > 0);
    }
}

struct Reader {
    path: PathBuf,
    line: u64,
    answers: Answers,
    actors: HashMap<String, (Role, Wallet)>,
}

impl Reader {
    fn wrong(&self, why: &str) -> RangeError {
        RangeError::Truth { path: self.path.clone(), line: self.line, why: why.to_owned() }
    }

    fn take(&mut self, record: Record) -> Result<(), RangeError> {
        self.line += 1;
        match record {
            Record::Generated { seed, txs, .. } => (self.answers.seed, self.answers.txs) = (seed, txs),
            Record::Actor { address, role, wallet, .. } => {
                self.actors.entry(address).or_insert((role, Wallet(wallet)));
            }
            Record::Heist { heist, first, .. } => {
                self.answers.heists.insert(heist, first);
            }
            Record::Branch { heist, branch, typology, start, .. } => {
                self.answers.parts.push(Part { heist, branch, typology, start });
            }
            Record::Movement { heist, branch, movement, custody, .. } => {
                self.movement(heist, branch, &movement, custody)?;
            }
            Record::Coinjoin { txid, protocol, .. } => {
                self.answers.coinjoins.insert(txid, protocol);
            }
            Record::PeelChain { hops, .. } => self.answers.peels.push(hops),
            Record::Premix { .. }
            | Record::Payjoin { .. }
            | Record::Shared { .. }
            | Record::Sweep { .. }
            | Record::Adapted { .. }
            | Record::Ends { .. } => {}
        }
        Ok(())
    }

    fn movement(
        &mut self,
        heist: u32,
        branch: u32,
        movement: &Movement,
        custody: Option<Custody>,
    ) -> Result<(), RangeError> {
        let sum = |entries: &[Entry]| entries.iter().map(stolen).sum::<u128>();
        let swapped = custody.map_or(0, |custody| u128::from(custody.amount.0));
        let fee: u128 = movement
            .fee
            .iter()
            .filter(|lot| lot.label == LotLabel::Stolen)
            .map(|lot| u128::from(lot.amount.0))
            .sum();
        if sum(&movement.inputs) + swapped != sum(&movement.outputs) + fee {
            return Err(self.wrong("the loot that goes in is not what comes out"));
        }
        if movement.step != Step::Theft {
            for entry in movement.inputs.iter().filter(|entry| stolen(entry) > 0) {
                let before = self.answers.places.remove(&entry.outpoint);
                if before.is_none_or(|place| u128::from(place.sats) != stolen(entry)) {
                    return Err(self.wrong("loot is moved that was not there"));
                }
            }
        }
        if let Some(custody) = custody {
            let place = self.answers.places.get_mut(&custody.deposit);
            let left = place.as_ref().and_then(|place| place.sats.checked_sub(custody.amount.0));
            let (Some(place), Some(left)) = (place, left) else {
                return Err(self.wrong("a mixer pays out more than was paid in"));
            };
            place.sats = left;
        }
        for entry in &movement.outputs {
            let sats = u64::try_from(stolen(entry)).unwrap_or(u64::MAX);
            if sats > 0 {
                let Some(&(role, wallet)) = self.actors.get(&entry.address) else {
                    return Err(self.wrong("an address was not introduced"));
                };
                self.answers.places.insert(entry.outpoint, Place { heist, branch, sats, wallet, role });
            }
        }
        Ok(())
    }
}

fn stolen(entry: &Entry) -> u128 {
    entry.lots.iter().filter(|lot| lot.label == LotLabel::Stolen).map(|lot| u128::from(lot.amount.0)).sum()
}
