//! The wallet as far as the chain has shown it, and how well an output fits it.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{AddrNum, UtxoRows};

use super::{
    features::{
        Background, FEES, POSITIONS, Read, SCRIPTS, SHAPES, SHARES, SOFTWARE, is_round, position, script,
        share,
    },
    named_output::first_seen_in,
    score::{Habit, decibans},
};

/// A property by which the wallet's own output is told from its payees'.
///
/// | feature | what is compared | expected of a wallet | against |
/// |---|---|---|---|
/// | script type | type of the output | learnt from the hops, from the start's on | outputs around the start |
/// | software | version, lock time and replaceability of the spender, as one | learnt | transactions around |
/// | fee rate | power of two of the spender's fee rate | learnt | transactions around |
/// | position | first, last or between | learnt slowly: many wallets shuffle | an even draw |
/// | share | part of the inputs: 90 % on, 50 %, 10 %, less | 70, 25, 4, 1 % worth two hops, then learnt | outputs around |
/// | fresh | first appearance of the owner | 90 % worth two hops, then learnt | outputs around |
/// | amount | round (three digits, then zeros) or not | 1 % round, worth two hops, then learnt | outputs around |
/// | spender | alone into two outputs, alone, with others | 80, 12, 8 % worth two hops, then learnt | transactions around |
/// | own address | pays an address that it spends from | fixed: 30 decibans | |
/// | last spend | evidence of the spender below -10 decibans is taken back | one spend in ten ends the habits | |
///
/// Each habit is kept nine times in ten; the tenth the wallet does as anybody does.
/// Version, lock time and replaceability come from one program, so they are one feature: counted apart they would count
/// three times what is one choice. The expectations are assumptions (peel fractions of laundering are mostly below a
/// tenth; change goes to new addresses); the base rates are counted in the ledger that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Type of the script.
    ScriptType,
    /// Version, lock time and replaceability of the spender.
    Software,
    /// Fee rate of the spender.
    FeeRate,
    /// Position among the outputs.
    Position,
    /// Part of what went in.
    Share,
    /// Whether the owner is new.
    Fresh,
    /// Whether the amount is round.
    Amount,
    /// Shape of the spender.
    Spender,
    /// Whether it goes back to an address that was spent from.
    OwnAddress,
    /// The wallet may end its chain here, in another program and together with other coins.
    LastSpend,
}

impl Feature {
    /// For people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScriptType => "script type",
            Self::Software => "software",
            Self::FeeRate => "fee rate",
            Self::Position => "position",
            Self::Share => "share",
            Self::Fresh => "fresh",
            Self::Amount => "amount",
            Self::Spender => "spender",
            Self::OwnAddress => "own address",
            Self::LastSpend => "last spend",
        }
    }
}

/// What one feature says for an output (against it, when negative), in decibans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Evidence {
    /// The property.
    pub feature: Feature,
    /// Its weight.
    pub decibans: i32,
}

/// Weight of paying an address that the transaction spends from.
const OWN_ADDRESS: i32 = 30;
/// Least weight of all that a spender shows: in one spend of ten the habits end, and then say nothing.
const LAST_SPEND: i32 = -10;

/// Weight of the assumption that none of the outputs is the wallet's, against any one of them: one payment in ten has
/// no change, and one transaction of a single output in two goes to somebody else.
pub(super) fn nobody(outputs: usize) -> i32 {
    if outputs < 2 { 0 } else { decibans(outputs as u128, 9) }
}

/// Habits of the wallet.
#[derive(Clone, Debug)]
pub(super) struct Wallet {
    script: Habit<SCRIPTS>,
    software: Habit<SOFTWARE>,
    fee_rate: Habit<FEES>,
    position: Habit<POSITIONS>,
    share: Habit<SHARES>,
    fresh: Habit<2>,
    round: Habit<2>,
    shape: Habit<SHAPES>,
}

impl Wallet {
    pub(super) fn new(ledger: &impl UtxoRows, start: Option<AddrNum>) -> Self {
        let mut wallet = Self {
            script: Habit::LEARNT,
            software: Habit::LEARNT,
            fee_rate: Habit::LEARNT,
            position: Habit::DOUBTED,
            share: Habit::expected([700, 250, 40, 10]),
            fresh: Habit::expected([100, 900]),
            round: Habit::expected([990, 10]),
            shape: Habit::expected([800, 120, 80]),
        };
        if let Some(owner) = start {
            wallet.script.learn(script(ledger, owner));
        }
        wallet
    }

    /// Learns from a transaction that the wallet made.
    pub(super) fn learn_tx(&mut self, read: &Read) {
        self.software.learn(read.software);
        self.shape.learn(read.shape);
        if let Some(rate) = read.fee_rate {
            self.fee_rate.learn(rate);
        }
    }

    /// Learns from an output of it that the wallet kept.
    pub(super) fn learn_kept(&mut self, ledger: &impl UtxoRows, read: &Read, at: usize) {
        let output = &read.outputs[at];
        if let Some(owner) = output.owner {
            self.script.learn(script(ledger, owner));
            self.fresh.learn(usize::from(first_seen_in(ledger, owner, read.tx.num)));
        }
        self.round.learn(usize::from(is_round(output.value)));
        if let Some(total) = read.total_in.filter(|_| read.outputs.len() > 1) {
            self.share.learn(share(output.value, total));
            self.position.learn(position(at, read.outputs.len()));
        }
    }

    /// What speaks for and against the output being the wallet's own.
    pub(super) fn score(
        &self,
        ledger: &impl UtxoRows,
        base: &Background,
        read: &Read,
        at: usize,
    ) -> Vec<Evidence> {
        let output = &read.outputs[at];
        let mut found = Vec::new();
        let mut say = |feature, decibans| {
            if decibans != 0 {
                found.push(Evidence { feature, decibans });
            }
        };
        if let Some(owner) = output.owner {
            say(Feature::ScriptType, self.script.score(script(ledger, owner), &base.script));
            if read.payers.contains(&owner) {
                say(Feature::OwnAddress, OWN_ADDRESS);
            } else {
                let fresh = first_seen_in(ledger, owner, read.tx.num);
                say(Feature::Fresh, self.fresh.score(usize::from(fresh), &base.fresh));
            }
        }
        say(Feature::Amount, self.round.score(usize::from(is_round(output.value)), &base.round));
        let outputs = read.outputs.len();
        if let Some(total) = read.total_in.filter(|_| outputs > 1) {
            say(Feature::Share, self.share.score(share(output.value, total), &base.share));
            let at = position(at, outputs);
            let of_all = if at == 2 { outputs as u128 - 2 } else { 1 };
            say(Feature::Position, self.position.against(at, of_all, outputs as u128));
        }
        if let Some(spender) = output.spent_by.and_then(|tx| Read::of(ledger, tx)) {
            let software = self.software.score(spender.software, &base.software);
            let shape = self.shape.score(spender.shape, &base.shape);
            let fee_rate = spender.fee_rate.map_or(0, |rate| self.fee_rate.score(rate, &base.fee_rate));
            say(Feature::Software, software);
            say(Feature::Spender, shape);
            say(Feature::FeeRate, fee_rate);
            say(Feature::LastSpend, (LAST_SPEND - software - shape - fee_rate).max(0));
        }
        found
    }
}
