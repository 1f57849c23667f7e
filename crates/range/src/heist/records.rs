//! The truth beside a generated chain, as JSON Lines.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use serde::{Deserialize, Serialize};
use tracehound_model::{OutPoint, Sats, TxId};

use crate::{Movement, RangeError, Role};

/// Name of the truth's file, in the folder of the block files.
pub const TRUTH_FILE: &str = "truth.jsonl";
/// Version of the truth's format.
pub const TRUTH_VERSION: u32 = 1;

/// Longest line that is read: a round of a few hundred people takes a tenth of it.
const MAX_LINE: u64 = 4 << 20;

/// How a part of the loot is laundered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Typology {
    /// Straight to a service.
    Direct,
    /// A little goes off at every hop, the rest goes on.
    Peel,
    /// Spread over many addresses and gathered again.
    Consolidation,
    /// Rounds of standard amounts with many people, as Wasabi Wallet 2 has them.
    Wasabi2,
    /// Rounds of equal amounts with makers who are paid for it, as `JoinMarket` has them.
    EqualOutput,
    /// A service takes coins in and pays others out.
    Mixer,
    /// Nothing moves for long, or ever.
    Dormant,
    /// Two or three of the others, one after another.
    Compound,
    /// Rounds of one amount with change, as Wasabi Wallet 1 has them. In the harder range only.
    Wasabi1,
    /// Prepared for a pool and mixed there again and again, as Whirlpool has it. In the harder range only.
    Whirlpool,
}

impl Typology {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Direct,
        Self::Peel,
        Self::Consolidation,
        Self::Wasabi2,
        Self::EqualOutput,
        Self::Mixer,
        Self::Dormant,
        Self::Compound,
        Self::Wasabi1,
        Self::Whirlpool,
    ];

    /// Its name in files and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Peel => "peel",
            Self::Consolidation => "consolidation",
            Self::Wasabi2 => "wasabi2",
            Self::EqualOutput => "equal-output",
            Self::Mixer => "mixer",
            Self::Dormant => "dormant",
            Self::Compound => "compound",
            Self::Wasabi1 => "wasabi1",
            Self::Whirlpool => "whirlpool",
        }
    }
}

/// Loot that a mixer held for the thief and now pays out with other coins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// The deposit it was paid in with.
    pub deposit: OutPoint,
    /// Satoshi of it.
    pub amount: Sats,
}

/// One step of a peel chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The transaction.
    pub txid: TxId,
    /// Its output that the thief keeps.
    pub change: u32,
}

/// Where a part of the loot is at the end, in satoshi. All but `stolen` add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchEnds {
    /// What there was of it.
    pub stolen: Sats,
    /// At services.
    pub cashed_out: Sats,
    /// With other people: buyers along peel chains, makers of CoinJoins, dust.
    pub paid_away: Sats,
    /// Kept by centralised mixers: their fees, and what they have not paid out.
    pub with_mixers: Sats,
    /// Still with the thief.
    pub held: Sats,
    /// Paid as fees.
    pub fees: Sats,
}

impl BranchEnds {
    /// The parts together; equal to `stolen`.
    pub fn booked(&self) -> Sats {
        Sats(self.cashed_out.0 + self.paid_away.0 + self.with_mixers.0 + self.held.0 + self.fees.0)
    }
}

/// A line of the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The first line: what this is.
    Generated {
        /// Says that all of it is generated.
        note: String,
        /// [`TRUTH_VERSION`].
        version: u32,
        /// The seed.
        seed: u64,
        /// Transactions in the chain.
        txs: u64,
        /// Heists.
        heists: u32,
    },
    /// An address with a part in a heist, before the first movement that names it.
    Actor {
        /// The heist in which it appears first.
        heist: u32,
        /// The address.
        address: String,
        /// Its part.
        role: Role,
        /// The wallet it belongs to. Addresses of one wallet have one owner.
        wallet: u32,
    },
    /// A theft, complete.
    Heist {
        /// Its number, from 1.
        heist: u32,
        /// Wallet of the robbed service.
        victim: u32,
        /// Outputs in which the loot lands.
        first: Vec<OutPoint>,
        /// Satoshi taken.
        stolen: Sats,
    },
    /// A part of the loot, after the split.
    Branch {
        /// The heist.
        heist: u32,
        /// Its number in the heist, from 1. 0 is the loot before the split.
        branch: u32,
        /// How it is laundered.
        typology: Typology,
        /// The output it starts in.
        start: OutPoint,
        /// Satoshi in it.
        amount: Sats,
    },
    /// A transaction that moves loot, or money that is mixed with it.
    Movement {
        /// The heist whose loot its stolen lots are.
        heist: u32,
        /// The part of it; 0 before and in the split.
        branch: u32,
        /// What moved.
        #[serde(flatten)]
        movement: Movement,
        /// Outputs that stay with whoever pays.
        change: Vec<u32>,
        /// A mixer's payout: this much of the clean inputs comes out as loot, and as much of the deposit is clean now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        custody: Option<Custody>,
    },
    /// A transaction of several people.
    Coinjoin {
        /// The transaction.
        txid: TxId,
        /// Its kind.
        protocol: Protocol,
        /// People in it.
        participants: u32,
        /// The heist whose thief takes part, if one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heist: Option<u32>,
    },
    /// A first transaction of Whirlpool, of a thief.
    Premix {
        /// The transaction.
        txid: TxId,
        /// Amount of the pool, satoshi.
        pool: u64,
        /// Outputs for it.
        outputs: u32,
    },
    /// A payment to which the payee brings a coin of its own: its inputs have two owners.
    Payjoin {
        /// The transaction.
        txid: TxId,
        /// Places of the payee's inputs.
        payee_inputs: Vec<u32>,
        /// The output that is the payee's.
        payee_output: u32,
        /// Satoshi paid.
        paid: Sats,
        /// The heist whose thief pays, if one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heist: Option<u32>,
    },
    /// Out of a wallet that a thief shares the other one pays, with coins of both.
    Shared {
        /// The heist.
        heist: u32,
        /// The part of it.
        branch: u32,
        /// The transaction.
        txid: TxId,
        /// Satoshi that the other one had in it.
        brought: Sats,
        /// Satoshi paid.
        paid: Sats,
    },
    /// A service moves what customers paid in to one of its hot addresses.
    Sweep {
        /// The transaction.
        txid: TxId,
        /// The service's wallet.
        service: u32,
        /// Deposits in it.
        deposits: u32,
    },
    /// A thief goes on by another way, his coins being listed.
    Adapted {
        /// The heist.
        heist: u32,
        /// The part of it.
        branch: u32,
        /// What he does instead of paying in at a well-known service.
        how: Adaptation,
    },
    /// A peel chain, complete.
    PeelChain {
        /// The heist.
        heist: u32,
        /// The part of it.
        branch: u32,
        /// Its steps, in order.
        hops: Vec<Hop>,
    },
    /// Where a part is at the end of the chain.
    Ends {
        /// The heist.
        heist: u32,
        /// The part of it; 0 is the theft and the split, whose loot all went into the parts or fees.
        branch: u32,
        /// The sums.
        #[serde(flatten)]
        ends: BranchEnds,
    },
}

/// What a thief does whose coins are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adaptation {
    /// Waits.
    Waits,
    /// Spreads the part over more addresses.
    Splits,
    /// Pays in at services that few people use.
    SmallServices,
}

/// Which rules a generated round follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// Standard amounts.
    Wasabi2,
    /// Equal amounts, makers and a taker.
    Joinmarket,
    /// One amount near 0.1 BTC, and change.
    Wasabi1,
    /// A pool's amount, and nothing else.
    Whirlpool,
}

impl Protocol {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasabi2 => "wasabi2",
            Self::Joinmarket => "joinmarket",
            Self::Wasabi1 => "wasabi1",
            Self::Whirlpool => "whirlpool",
        }
    }
}

/// Reads a truth line by line, in bounded memory. The lines are checked one by one, not against one another.
pub fn read_truth(
    dir: &Path,
    each: &mut dyn FnMut(Record) -> Result<(), RangeError>,
) -> Result<(), RangeError> {
    let path = dir.join(TRUTH_FILE);
    let error = |source| RangeError::Read { path: path.clone(), source };
    let mut lines = BufReader::with_capacity(1 << 20, File::open(&path).map_err(error)?);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(error)?;
        if read == 0 {
            break;
        }
        let wrong = |why: String| RangeError::Truth { path: path.clone(), line: number, why };
        if read as u64 == MAX_LINE {
            return Err(wrong(format!("longer than {MAX_LINE} bytes")));
        }
        let record: Record = serde_json::from_slice(&line).map_err(|error| wrong(error.to_string()))?;
        match (&record, number) {
            (Record::Generated { version: TRUTH_VERSION, .. }, 1) => {}
            (Record::Generated { version, .. }, 1) => {
                return Err(wrong(format!("version {version} is not known here, only {TRUTH_VERSION}")));
            }
            (_, 1) => return Err(wrong("the first line must say what was generated".to_owned())),
            _ => {}
        }
        each(record)?;
    }
    Ok(())
}
