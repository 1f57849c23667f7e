//! Peel chains: a wallet that spends one output, pays a little off and keeps the rest, again and again.
//!
//! From an output on, each spender's outputs are scored against what the chain has shown of its wallet so far
//! ([`Feature`]); the best is taken for the wallet's own if it leads the second, and the assumption that none is, by a
//! margin. Otherwise the chain ends: a wrong turn would follow a stranger. After Kappos, Yousaf, Stütz, Rollet, Haslhofer
//! and Meiklejohn, "How to Peel a Million" (USENIX Security 2022), whose fingerprints these are; the scoring is ours.
//!
//! Transactions only spend earlier ones, so every chain ends.

mod features;
mod named_output;
mod score;
pub mod text;
mod wallet;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{OutNum, OutputView, TxNum, UtxoRows};
use tracehound_model::{Amount, Asset, BitcoinNetwork, Chain as ChainName, TxId};

use crate::trace::{Entity, Known};
use features::Read;
use wallet::{Wallet, nobody};

pub use features::Background;
pub use named_output::NamedOutput;
pub(crate) use named_output::{first_seen_in, time};
pub use wallet::{Evidence, Feature};

/// How to follow a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Decibans by which the best output must lead; 10 is ten to one.
    pub margin: u32,
    /// Most hops.
    pub hops: usize,
    /// Outputs above which a transaction is no hop but a payout.
    pub fan_out: u32,
    /// Transactions around the start that base rates are counted in.
    pub background: u32,
    /// What counts as a laundering peel.
    pub rule: Rule,
}

impl Default for Options {
    fn default() -> Self {
        Self { margin: 10, hops: 1_000, fan_out: 20, background: 1_024, rule: Rule::default() }
    }
}

/// R11 of the laundering playbook: so many hops in a row, alone in and two out, little paid off, one soon after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Hops in a row.
    pub hops: usize,
    /// Most that a hop pays off, in permille of what goes in.
    pub peel_permille: u32,
    /// Most seconds between two hops.
    pub seconds: u32,
}

impl Default for Rule {
    fn default() -> Self {
        Self { hops: 6, peel_permille: 100, seconds: 2 * 3_600 }
    }
}

/// A question that cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeelError {
    /// The ledger has no such output.
    #[error("output number {0} is not in the ledger")]
    NotInLedger(OutNum),
    /// A limit of zero.
    #[error("a limit of 0 {0} answers nothing: ask for at least one")]
    NoLimit(&'static str),
}

/// One transaction of the chain.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Hop {
    /// Its id.
    pub txid: TxId,
    /// Height of its block, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Time of its block, seconds since 1970-01-01 UTC.
    pub time: u32,
    /// Inputs; all but one join the chain here.
    pub inputs: u32,
    /// Base units that went in.
    pub amount_in: Amount,
    /// The output that the wallet kept.
    pub kept: NamedOutput,
    /// The others: what was paid off.
    pub peeled: Vec<NamedOutput>,
    /// Base units paid as fee.
    pub fee: Amount,
    /// Weight of the kept output, decibans.
    pub score: i32,
    /// By how much it leads the second, or none.
    pub margin: i32,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
}

impl Hop {
    /// Base units paid off.
    fn paid_off(&self) -> Amount {
        self.peeled.iter().map(|output| output.amount).fold(Amount::ZERO, Amount::saturating_add)
    }
}

/// Why a chain ends.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Stop {
    /// The last output is unspent in the snapshot.
    Unspent,
    /// It is a coinbase's, and a later one of the same id overwrote it (BIP-30).
    Destroyed,
    /// It belongs to a service, whose wallet is not the chain's.
    ReachedService {
        /// The service.
        entity: Entity,
    },
    /// All that its spender pays goes to services.
    PaidToServices {
        /// The spender.
        txid: TxId,
        /// The one that gets most.
        entity: Entity,
    },
    /// Its spender mixes the coins of several people.
    Mixed {
        /// The mixing transaction.
        txid: TxId,
        /// Its kind.
        protocol: &'static str,
    },
    /// Its spender has inputs whose amounts are not in the ledger.
    UnknownInputs {
        /// The spender.
        txid: TxId,
    },
    /// Its spender pays nobody who could go on.
    PaysNobody {
        /// The spender.
        txid: TxId,
    },
    /// Its spender pays too many.
    FanOut {
        /// The spender.
        txid: TxId,
        /// Outputs it has.
        outputs: u32,
    },
    /// No output leads by the margin.
    Unclear {
        /// The spender.
        txid: TxId,
        /// Weight of the best output.
        score: i32,
        /// By how much it leads.
        margin: i32,
    },
    /// The limit on hops.
    Hops,
}

/// A chain that was followed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Chain {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// What all its amounts count.
    pub asset: Asset,
    /// Where it starts.
    pub start: NamedOutput,
    /// Its transactions, in time order.
    pub hops: Vec<Hop>,
    /// Why it ends.
    pub stop: Stop,
    /// Longest run of hops that fit the rule for a laundering peel.
    pub longest_run: usize,
    /// Whether that is long enough (R11).
    pub is_laundering_peel: bool,
    /// Base units paid off along the way.
    pub peeled: Amount,
    /// Base units paid as fees.
    pub fees: Amount,
    /// Transactions that base rates were counted in; with few the weights say little.
    pub background: u32,
    /// The ledger's snapshot.
    pub snapshot: String,
}

impl Chain {
    /// The output it ends at.
    pub fn last(&self) -> &NamedOutput {
        self.hops.last().map_or(&self.start, |hop| &hop.kept)
    }

    /// Whether neither a limit nor missing amounts ended it.
    pub fn is_complete(&self) -> bool {
        !matches!(self.stop, Stop::Hops | Stop::UnknownInputs { .. })
    }
}

/// Follows the wallet that holds `start`. O(hops x (rows of a hop and of its outputs' spenders) + background).
pub fn follow<R: UtxoRows>(
    ledger: &R,
    network: BitcoinNetwork,
    start: OutNum,
    options: Options,
    known: &dyn Known<R>,
) -> Result<Chain, PeelError> {
    let missing = PeelError::NotInLedger(start);
    let output = ledger.output(start).ok_or(missing)?;
    let (made_by, _) = ledger.tx_of_output(start).ok_or(missing)?;
    let around = output.spent_by.unwrap_or(made_by);
    let background = Background::around(ledger, around, options.background);
    follow_against(ledger, network, start, &background, options, known)
}

/// As [`follow`], against base rates that were counted before: for many starts of the same days.
pub fn follow_against<R: UtxoRows>(
    ledger: &R,
    network: BitcoinNetwork,
    start: OutNum,
    background: &Background,
    options: Options,
    known: &dyn Known<R>,
) -> Result<Chain, PeelError> {
    if options.hops == 0 {
        return Err(PeelError::NoLimit("hops"));
    }
    if options.fan_out == 0 {
        return Err(PeelError::NoLimit("outputs"));
    }
    let missing = PeelError::NotInLedger(start);
    let named = NamedOutput::of(ledger, network, known, start).ok_or(missing)?;
    let output = ledger.output(start).ok_or(missing)?;
    let mut follower = Follower {
        ledger,
        network,
        known,
        options,
        wallet: Wallet::new(ledger, output.owner),
        background,
        hops: Vec::new(),
    };
    let stop = follower.run(output);
    let hops = follower.hops;
    let longest_run = longest_run(&hops, options.rule);
    let sum = |part: fn(&Hop) -> Amount| hops.iter().map(part).fold(Amount::ZERO, Amount::saturating_add);
    Ok(Chain {
        chain: ChainName::Bitcoin(network).to_string(),
        asset: Asset::bitcoin(network),
        start: named,
        stop,
        longest_run,
        is_laundering_peel: longest_run >= options.rule.hops.max(1),
        peeled: sum(Hop::paid_off),
        fees: sum(|hop| hop.fee),
        background: background.txs(),
        snapshot: ledger.snapshot_id(),
        hops,
    })
}

struct Follower<'a, R> {
    ledger: &'a R,
    network: BitcoinNetwork,
    known: &'a dyn Known<R>,
    options: Options,
    wallet: Wallet,
    background: &'a Background,
    hops: Vec<Hop>,
}

/// What comes after an output.
enum Next {
    Kept(OutputView),
    End(Stop),
}

/// An output of a hop that may be the wallet's.
struct Candidate {
    at: usize,
    score: i32,
    evidence: Vec<Evidence>,
}

impl<R: UtxoRows> Follower<'_, R> {
    fn run(&mut self, start: OutputView) -> Stop {
        let mut at = start;
        loop {
            match self.next(&at) {
                Next::Kept(next) => at = next,
                Next::End(stop) => return stop,
            }
        }
    }

    fn service(&self, output: &OutputView) -> Option<Entity> {
        self.known.entity(output.owner?).filter(Entity::is_service)
    }

    fn next(&mut self, at: &OutputView) -> Next {
        if let Some(entity) = self.service(at) {
            return Next::End(Stop::ReachedService { entity });
        }
        if at.destroyed_by.is_some() {
            return Next::End(Stop::Destroyed);
        }
        let Some(read) = at.spent_by.and_then(|tx| Read::of(self.ledger, tx)) else {
            return Next::End(Stop::Unspent);
        };
        if self.hops.len() >= self.options.hops {
            return Next::End(Stop::Hops);
        }
        if let Some(stop) = self.is_no_hop(&read) {
            return Next::End(stop);
        }
        self.wallet.learn_tx(&read);
        let candidates = self.candidates(&read);
        let Some(best) = candidates.first() else { return Next::End(self.nobody(&read)) };
        let none = nobody(read.outputs.len());
        let second = candidates.get(1).map_or(none, |candidate| candidate.score.max(none));
        let margin = best.score.saturating_sub(second);
        if i64::from(margin) < i64::from(self.options.margin) {
            return Next::End(Stop::Unclear { txid: read.tx.txid, score: best.score, margin });
        }
        self.wallet.learn_kept(self.ledger, &read, best.at);
        let kept = read.outputs[best.at];
        match self.hop(&read, best, margin) {
            Some(hop) => self.hops.push(hop),
            None => return Next::End(Stop::UnknownInputs { txid: read.tx.txid }),
        }
        Next::Kept(kept)
    }

    /// Why a transaction cannot be a hop at all.
    fn is_no_hop(&self, read: &Read) -> Option<Stop> {
        let txid = read.tx.txid;
        if let Some(mix) = self.known.mix(self.ledger, (&read.tx).into()) {
            return Some(Stop::Mixed { txid, protocol: mix.protocol });
        }
        if read.fee().is_none() {
            return Some(Stop::UnknownInputs { txid });
        }
        let outputs = read.tx.output_count;
        (outputs > self.options.fan_out).then_some(Stop::FanOut { txid, outputs })
    }

    /// Outputs that may be the wallet's, best first; equal ones in order.
    fn candidates(&self, read: &Read) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = (0..read.outputs.len())
            .filter(|&at| read.outputs[at].owner.is_some() && self.service(&read.outputs[at]).is_none())
            .map(|at| {
                let evidence = self.wallet.score(self.ledger, self.background, read, at);
                let score = evidence.iter().map(|said| said.decibans).sum();
                Candidate { at, score, evidence }
            })
            .collect();
        found.sort_by_key(|candidate| (-candidate.score, candidate.at));
        found
    }

    fn nobody(&self, read: &Read) -> Stop {
        let txid = read.tx.txid;
        let most = read.outputs.iter().filter_map(|output| Some((output.value, self.service(output)?))).max();
        match most {
            Some((_, entity)) => Stop::PaidToServices { txid, entity },
            None => Stop::PaysNobody { txid },
        }
    }

    fn named(&self, out: OutNum) -> Option<NamedOutput> {
        NamedOutput::of(self.ledger, self.network, self.known, out)
    }

    fn hop(&self, read: &Read, best: &Candidate, margin: i32) -> Option<Hop> {
        let others = (0..).zip(&read.outputs).filter(|&(at, _)| at != best.at);
        Some(Hop {
            txid: read.tx.txid,
            height: self.ledger.block_of(read.tx.num).and_then(|block| block.height),
            time: time(self.ledger, read.tx.num),
            inputs: read.tx.input_count,
            amount_in: read.total_in?.into(),
            kept: self.named(read.outputs[best.at].num)?,
            peeled: others.filter_map(|(_, output)| self.named(output.num)).collect(),
            fee: read.fee()?.into(),
            score: best.score,
            margin,
            evidence: best.evidence.clone(),
        })
    }
}

/// The longest run of hops that fit the rule.
fn longest_run(hops: &[Hop], rule: Rule) -> usize {
    let (mut run, mut longest) = (0, 0);
    let mut before: Option<u32> = None;
    for hop in hops {
        let most = hop.amount_in.checked_mul_div(u64::from(rule.peel_permille).into(), 1_000_u64.into());
        let small = most.is_some_and(|most| hop.paid_off() <= most);
        let soon = before.is_none_or(|before| hop.time.saturating_sub(before) < rule.seconds);
        let fits = hop.inputs == 1 && hop.peeled.len() == 1 && small;
        run = match (fits, soon) {
            (true, true) => run + 1,
            (true, false) => 1,
            (false, _) => 0,
        };
        longest = longest.max(run);
        before = Some(hop.time);
    }
    longest
}

/// The outputs a transaction is followed from: those of it that have an owner, largest first.
pub fn starts(ledger: &impl UtxoRows, tx: TxNum) -> Vec<OutNum> {
    let Some(view) = ledger.tx(tx) else { return Vec::new() };
    let mut owned: Vec<OutputView> = ledger.outputs(&view).filter(|output| output.owner.is_some()).collect();
    owned.sort_by_key(|output| (std::cmp::Reverse(output.value), output.num));
    owned.into_iter().map(|output| output.num).collect()
}
