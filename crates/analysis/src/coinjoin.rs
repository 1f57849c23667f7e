//! `CoinJoin`s: transactions in which several people spend together, so that neither "inputs of one transaction have
//! one owner" nor "this input paid that output" holds.
//!
//! [`classify`] is a pure function of a transaction's amounts, script types and owners. It looks for the published
//! shapes of Wasabi 1, Wasabi 2 (`WabiSabi`), Whirlpool and `JoinMarket`, and says what it can prove: how many people
//! at least, how many outputs look alike, by which rule, how sure. Shapes that mixing leaves but that no published
//! rule names are [`Answer::Suspected`]; a preparation for mixing is [`Answer::Premix`]; when amounts that would
//! decide are missing the answer is [`Answer::Unknown`], never "no".
//!
//! Sources of the rules: nopara73/Dumplings (`Scanner.cs`, 2023) for Wasabi and Whirlpool, Stutz et al. (2022) for
//! Whirlpool, crocs-muni/coinjoin-analysis for the variants; `JoinMarket`'s balance of makers and taker is ours.

mod balance;
mod certain;
pub mod change;
pub mod demix;
mod features;
mod generous;
mod groups;
mod joinmarket;
mod ledger;
mod makers;
mod one_maker;
mod suspects;
mod wasabi1;
mod wasabi2;
mod whirlpool;

pub use certain::certain_change;
pub use change::{ChangeLink, change_links};
pub use demix::demix;
pub use ledger::{Buffer, Classifier};
use tracehound_model::{ScriptKey, ScriptType};

use features::Tally;
use smallvec::SmallVec;

/// An amount with its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Base units (satoshi).
    pub value: u64,
    /// Kind of locking script.
    pub script: ScriptType,
    /// Any number that is equal for equal scripts and differs for different ones (an address number, a hash).
    /// Meaningless for [`ScriptType::OpReturn`].
    pub owner: u64,
}

/// When a transaction was made, as far as known: protocols have a first day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Not known, or a test network: every protocol is possible.
    #[default]
    Unknown,
    /// Height of its block on mainnet.
    Height(u32),
    /// Time of its block, seconds since 1970-01-01 UTC.
    Time(u64),
}

impl When {
    /// Whether it is, or may be, at or after a mainnet height whose block was made at about `time`.
    fn from(self, height: u32, time: u64) -> bool {
        match self {
            Self::Unknown => true,
            Self::Height(at) => at >= height,
            Self::Time(at) => at >= time,
        }
    }

    /// Whether it is, or may be, before a mainnet height whose block was made at about `time`.
    fn before(self, height: u32, time: u64) -> bool {
        self == Self::Unknown || !self.from(height, time)
    }
}

/// What the classifier looks at.
#[derive(Clone, Copy, Debug)]
pub struct TxShape<'a> {
    /// What is spent, in order; `None` where the previous output is not known. Empty for a coinbase.
    pub inputs: &'a [Option<Coin>],
    /// What is created, in order.
    pub outputs: &'a [Coin],
    /// When.
    pub when: When,
    /// Whether an output belongs to Wasabi 1's first coordinator, see [`is_wasabi1_coordinator`].
    pub pays_wasabi1_coordinator: bool,
}

/// Whether a script is one of the two to which Wasabi 1 rounds paid their fee before block 610,000
/// (bc1qs604c7jv6amk4cxqlnvuxv26hv3e48cds4m0ew and bc1qa24tsgchvuxsaccp8vrnkfd85hrcpafg20kmjw; Dumplings `Constants.cs`).
pub fn is_wasabi1_coordinator(key: &ScriptKey) -> bool {
    key.script_type() == ScriptType::P2wpkh
        && WASABI1_COORDINATORS.iter().any(|hash| hash[..] == *key.payload())
}

/// Key hashes of the outputs named in [`is_wasabi1_coordinator`].
pub const WASABI1_COORDINATORS: [[u8; 20]; 2] = [
    [
        0x86, 0x9f, 0x5c, 0x7a, 0x4c, 0xd7, 0x77, 0x6a, 0xe0, 0xc0, 0xfc, 0xd9, 0xc3, 0x31, 0x5a, 0xbb, 0x23,
        0x9a, 0x9f, 0x0d,
    ],
    [
        0xea, 0xaa, 0xb8, 0x23, 0x17, 0x67, 0x0d, 0x0e, 0xe3, 0x01, 0x3b, 0x07, 0x3b, 0x25, 0xa7, 0xa5, 0xc7,
        0x80, 0xf5, 0x28,
    ],
];

/// The kind of `CoinJoin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// `ZeroLink` rounds of Wasabi Wallet before 2.0: one amount near 0.1 BTC, change beside it.
    Wasabi1,
    /// `WabiSabi` rounds (Wasabi Wallet from 2.0, Trezor, `BTCPay`, Ginger): many standard amounts.
    Wasabi2,
    /// Samourai's Whirlpool: everything of one amount, no change.
    Whirlpool,
    /// A taker pays makers for mixing any amount with it; each has change.
    JoinMarket,
    /// Equal outputs of several people, by no known protocol.
    EqualOutput,
}

impl Protocol {
    /// Its name in our output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasabi1 => "wasabi1",
            Self::Wasabi2 => "wasabi2",
            Self::Whirlpool => "whirlpool",
            Self::JoinMarket => "joinmarket",
            Self::EqualOutput => "equal-output",
        }
    }
}

/// A transaction that looks like a `CoinJoin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoinJoin {
    /// Which kind.
    pub protocol: Protocol,
    /// People in it, at least: what the shape proves if the kind is right.
    pub participants: u32,
    /// For each output the number of participants' coins it can be confused with by amount, itself included:
    /// min(equal outputs, inputs). 1 is no anonymity.
    pub anonymity: Vec<u32>,
    /// How sure the kind is, percent.
    pub confidence: u8,
    /// Which rule decided.
    pub rule: &'static str,
    /// The most that the rule accepts as what one maker is paid for taking part, base units; `None` where nobody is.
    pub maker_fee: Option<u64>,
}

impl CoinJoin {
    /// The most that one of so many people pays to the others together, base units, where somebody is paid.
    pub fn taker_pays(&self, people: u32) -> Option<u64> {
        Some(self.maker_fee?.saturating_mul(u64::from(people.saturating_sub(1))))
    }
}

/// A transaction that splits coins into equal amounts about to be mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Premix {
    /// Amount of the Whirlpool pool, base units.
    pub pool: u64,
    /// Outputs made for it.
    pub outputs: u32,
}

/// What a transaction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No `CoinJoin` that we know of.
    No,
    /// Whirlpool's Tx0: one owner prepares coins for a pool. Its inputs do belong together.
    Premix(Premix),
    /// Like a `CoinJoin` by no published rule: do not join its inputs, do not call it mixing either.
    Suspected(CoinJoin),
    /// A `CoinJoin` by a published rule.
    CoinJoin(CoinJoin),
    /// Outputs like those of a `CoinJoin`, but the inputs that would decide are not known.
    Unknown {
        /// Inputs whose previous output is missing.
        missing: u32,
        /// What it may be.
        possible: Protocol,
    },
}

impl Answer {
    /// The `CoinJoin`, found or suspected, of which we are at least so sure, percent.
    pub fn mixing(&self, confidence: u8) -> Option<&CoinJoin> {
        match self {
            Self::CoinJoin(found) | Self::Suspected(found) if found.confidence >= confidence => Some(found),
            _ => None,
        }
    }

    /// Whether the inputs must not be taken for one owner's: anything but "no" and a premix.
    pub fn forbids_co_spending(&self) -> bool {
        !matches!(self, Self::No | Self::Premix(_))
    }
}

/// What a rule found, before the anonymity sets are counted.
#[derive(Clone, Copy, Debug)]
struct Finding {
    protocol: Protocol,
    participants: u32,
    confidence: u8,
    rule: &'static str,
    suspected: bool,
    /// Whether the outputs alone decide.
    outputs_decide: bool,
    /// The most that one maker is paid, base units.
    maker_fee: Option<u64>,
}

impl Finding {
    const fn new(protocol: Protocol, participants: usize, confidence: u8, rule: &'static str) -> Self {
        Self {
            protocol,
            participants: participants as u32,
            confidence,
            rule,
            suspected: false,
            outputs_decide: false,
            maker_fee: None,
        }
    }

    /// With the most that the rule accepts as a maker's fee.
    const fn paying(self, maker_fee: u64) -> Self {
        Self { maker_fee: Some(maker_fee), ..self }
    }

    const fn suspected(self) -> Self {
        Self { suspected: true, ..self }
    }
}

/// Classifies one transaction.
///
/// O(inputs + outputs · log outputs); the balance of a `JoinMarket` candidate costs a bounded search more. Nothing is
/// allocated unless the shape passes the first tests, which ordinary payments, batches and consolidations do not.
pub fn classify(shape: &TxShape<'_>) -> Answer {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    if inputs.is_empty() || outputs.len() < 3 {
        return Answer::No;
    }
    if outputs.iter().all(|coin| coin.script != ScriptType::OpReturn) {
        return judged(shape);
    }
    if let Some(premix) = whirlpool::premix(outputs) {
        return Answer::Premix(premix);
    }
    // What pays nobody mixes nothing, and whoever composes a round adds it at will. No protocol does: no more than suspected.
    let pays = |coin: &&Coin| coin.script != ScriptType::OpReturn;
    let paying: Vec<Coin> = outputs.iter().filter(pays).copied().collect();
    match judged(&TxShape { outputs: &paying, ..*shape }) {
        Answer::CoinJoin(found) | Answer::Suspected(found) => {
            let mut hidden = found.anonymity.iter().copied();
            let anonymity =
                outputs.iter().map(|coin| if pays(&coin) { hidden.next().unwrap_or(1) } else { 1 });
            let confidence = found.confidence.min(BESIDE_DATA);
            Answer::Suspected(CoinJoin { anonymity: anonymity.collect(), confidence, ..found })
        }
        other => other,
    }
}

/// How sure the kind of a round is at most that has outputs which pay nobody, percent.
const BESIDE_DATA: u8 = 60;

/// What a transaction is that pays somebody with each output.
fn judged(shape: &TxShape<'_>) -> Answer {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    if outputs.len() < 3 {
        return Answer::No;
    }
    let values = outputs.iter().map(|coin| coin.value);
    if !may_be_equal(inputs.len(), outputs.len(), values) && !shape.pays_wasabi1_coordinator {
        return Answer::No;
    }
    let tally = Tally::of(outputs);
    let Some(finding) = find(shape, &tally) else { return Answer::No };
    let missing = inputs.iter().filter(|coin| coin.is_none()).count();
    if missing > 0 && !finding.outputs_decide {
        return Answer::Unknown { missing: missing as u32, possible: finding.protocol };
    }
    let most = u32::try_from(inputs.len()).unwrap_or(u32::MAX);
    let anonymity = outputs.iter().map(|coin| tally.count_of(coin.value).min(most)).collect();
    let Finding { protocol, participants, confidence, rule, maker_fee, .. } = finding;
    let found = CoinJoin { protocol, participants, anonymity, confidence, rule, maker_fee };
    if finding.suspected { Answer::Suspected(found) } else { Answer::CoinJoin(found) }
}

/// Inputs from which a round is told by its amounts though no two outputs are equal (Wasabi 2).
const MANY_INPUTS: usize = 10;

/// Whether a rule for equal outputs may fit, by the number of inputs and the outputs' values: every one of them wants as
/// many inputs as equal outputs, these to be a share of all outputs, and two equal ones, some nearly equal ones or many inputs.
fn may_be_equal(inputs: usize, outputs: usize, values: impl Iterator<Item = u64>) -> bool {
    if inputs >= MANY_INPUTS {
        return true;
    }
    if inputs < 2 || outputs > 64 {
        return false;
    }
    let mut values: SmallVec<[u64; 64]> = values.collect();
    values.sort_unstable();
    values.windows(2).any(|pair| pair[0] == pair[1]) || generous::may_be(inputs, &values)
}

fn find(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    by_equal(shape, tally).or_else(|| generous::find(shape))
}

fn by_equal(shape: &TxShape<'_>, tally: &Tally) -> Option<Finding> {
    if let Some(found) = wasabi2::find(shape, tally).or_else(|| wasabi1::by_coordinator(shape, tally)) {
        return Some(found);
    }
    if tally.most < 2 || shape.inputs.len() < 2 {
        return None;
    }
    let joinmarket = joinmarket::find(shape, tally);
    match (wasabi1::by_structure(shape, tally), joinmarket) {
        // The structure is not peculiar to Wasabi, a balance of makers and taker is to JoinMarket; but the lists of
        // Wasabi rounds hold some that have both.
        (Some(wasabi), Some(market)) if market.rule == joinmarket::BALANCED => {
            let replaced = shape.when.from(wasabi1::REPLACED.0, wasabi1::REPLACED.1);
            let both = Finding { confidence: 50, rule: "wasabi1-structure-also-joinmarket", ..wasabi };
            Some(if replaced { market } else { both })
        }
        (Some(wasabi), _) => Some(wasabi),
        (None, Some(market)) => Some(market),
        (None, None) => whirlpool::find(shape, tally)
            .or_else(|| makers::find(shape, tally))
            .or_else(|| suspects::find(shape, tally))
            .or_else(|| one_maker::find(shape, tally)),
    }
}
