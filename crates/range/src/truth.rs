//! What really happened in a generated case: who holds each address, and where every satoshi of the loot went.

use serde::{Deserialize, Serialize};
use tracehound_model::{OutPoint, Sats, TxId};

/// The part an address plays in a generated case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The generated exchange's hot wallet, which is robbed.
    Exchange,
    /// Where the loot lands.
    Thief,
    /// The thief's, after the split.
    Split,
    /// The thief's, along a peel chain.
    Peel,
    /// Someone the thief pays a little at a hop of the peel chain.
    Peeled,
    /// The thief's, out of the CoinJoin.
    Mixed,
    /// The thief's change in the `CoinJoin`, which anyone can match to what went in.
    Change,
    /// The deposit address at the generated service where loot is cashed out.
    Service,
    /// An uninvolved customer or `CoinJoin` participant.
    Bystander,
    /// The thief's, after a part was spread again or moved on to itself.
    Churn,
    /// The thief's, where a part is put together again.
    Gathered,
    /// The thief's own clean money, mixed with loot later.
    Own,
    /// The deposit address at a generated centralised mixer.
    Mixer,
    /// A centralised mixer pays out to here: the thief's.
    MixerPayout,
    /// An uninvolved user who gets dust.
    Dusted,
    /// Who holds rounds, and takes a fee.
    Coordinator,
}

/// An address of the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// The address.
    pub address: String,
    /// Its part.
    pub role: Role,
    /// What to call it; says that it is generated.
    pub name: String,
}

/// Whether value is loot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotLabel {
    /// Taken from the exchange.
    Stolen,
    /// Anything else.
    Clean,
}

/// Some value of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Whether it is loot.
    pub label: LotLabel,
    /// Amount in satoshi.
    pub amount: Sats,
}

/// One end of a movement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The output that is spent or made.
    pub outpoint: OutPoint,
    /// Its address.
    pub address: String,
    /// What it holds, in order. Adds up to the output's amount.
    pub lots: Vec<Lot>,
}

/// What a transaction of the case does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A customer pays in, or the exchange puts payments together.
    Deposit,
    /// The exchange's output is taken.
    Theft,
    /// The loot is spread.
    Split,
    /// A little goes off, the rest goes on.
    Peel,
    /// Equal outputs for several people. Which is whose is known here, and nowhere else.
    CoinJoin,
    /// Loot reaches the service.
    CashOut,
    /// Moved to another address of the thief.
    Churn,
    /// A part is spread over several addresses, to be gathered again.
    FanOut,
    /// Several outputs of the thief are put together.
    Gather,
    /// The thief gets clean money, to be spent together with loot.
    Fund,
    /// Loot enters a centralised mixer.
    MixerDeposit,
    /// The mixer pays other coins out for it.
    MixerPayout,
    /// Dust for uninvolved people.
    Dust,
    /// A coin is cut into equal ones for the rounds of a pool.
    Premix,
    /// Somebody pays out of a wallet that is a thief's too.
    Shared,
    /// A payment to which the payee brings a coin of its own.
    Payjoin,
}

/// One transaction of the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// The transaction.
    pub txid: TxId,
    /// Height of its block.
    pub height: u32,
    /// What it does.
    pub step: Step,
    /// Lots that went in.
    pub inputs: Vec<Entry>,
    /// Lots that came out.
    pub outputs: Vec<Entry>,
    /// Lots paid as fee.
    pub fee: Vec<Lot>,
}

/// Where the loot is at the end, in satoshi. The four parts add up to the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ends {
    /// Taken from the exchange.
    pub stolen: Sats,
    /// Arrived at the generated service.
    pub cashed_out: Sats,
    /// Paid away along the peel chain.
    pub peeled: Sats,
    /// Still with the thief.
    pub held: Sats,
    /// Paid as fees.
    pub fees: Sats,
}

/// The truth about a generated case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Says that all of it is generated.
    pub note: &'static str,
    /// The seed it grew from.
    pub seed: u64,
    /// Transaction of the theft.
    pub theft: TxId,
    /// Every address with a part.
    pub actors: Vec<Actor>,
    /// Every transaction of the case, in chain order.
    pub movements: Vec<Movement>,
    /// Where the loot is at the end.
    pub ends: Ends,
}
