//! The grammar of heists, and the dice that draw from it.

use super::{
    records::Typology,
    stage::{FIRST_ACTOR, Habit, Party, Stage},
};
use crate::{
    dice::Dice,
    owner::{Owner, Template},
};

/// Services that are centralised mixers.
pub(crate) const MIXERS: std::ops::Range<u32> = 16..20;

/// Most transactions of one heist.
const MOST_TXS: u64 = 4_000;
/// Fewest, or a heist has no room to be one.
pub(crate) const FEWEST_TXS: u64 = 24;

/// What a part is laundered by, all equally likely.
const SINGLE: [Typology; 7] = [
    Typology::Direct,
    Typology::Peel,
    Typology::Consolidation,
    Typology::Wasabi2,
    Typology::EqualOutput,
    Typology::Mixer,
    Typology::Compound,
];

/// The same in the harder range.
const HARD: [Typology; 9] = [
    Typology::Direct,
    Typology::Peel,
    Typology::Consolidation,
    Typology::Wasabi2,
    Typology::EqualOutput,
    Typology::Mixer,
    Typology::Wasabi1,
    Typology::Whirlpool,
    Typology::Compound,
];
/// Chance in a hundred that a part of the harder range has a payment to which the payee brings a coin.
const PAYJOINS: u64 = 25;

/// Chance in a hundred that a part of the harder range is in a wallet that he shares.
const SHARED: u64 = 20;

/// Something a thief does with a part of the loot; the words of the grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// So many hops more.
    Peel(u64),
    /// Spreads the largest piece over so many addresses.
    FanOut(u64),
    /// Puts everything together.
    Gather,
    /// So many rounds of standard amounts.
    Wasabi2(u32),
    /// So many rounds of equal amounts.
    Equal(u32),
    /// So many rounds of one amount with change.
    Wasabi1(u32),
    /// Cuts the largest piece for a pool.
    Premix,
    /// Rounds in a pool, so many tries.
    Pool(u32),
    /// Pays somebody who brings a coin too.
    Payjoin,
    /// Pays into a mixer.
    Deposit,
    /// Waits for what the mixer owes; so many tries.
    Payouts(u32),
    /// Moves on to another own address.
    Churn,
    /// Dust for so many strangers.
    Dust(u64),
    /// Gets clean money to spend together with the loot.
    Fund,
    /// Somebody else with whom he shares the wallet is paid into it.
    PartnerEarns,
    /// That somebody pays out of it.
    PartnerPays,
    /// Nothing for so many transactions of the chain.
    Sleep(u64),
    /// To services, piece by piece.
    CashOut,
}

/// What is drawn once for each heist.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    seed: u64,
    pub(super) heist: u32,
    /// Chance in a hundred that an address is used again.
    pub(super) reuse: u64,
    /// Chance in a hundred that a part is mixed with clean money.
    pub(super) comingle: u64,
    /// Chance in a hundred that a transaction does not keep the wallet's habit.
    pub(super) noise: u64,
    /// Chance in a hundred that dust is sent to strangers.
    pub(super) decoys: u64,
    /// Satoshi per virtual byte.
    pub(super) fee_rate: u64,
    /// Transactions of the chain between two steps of one part, on average.
    pub(super) spacing: u64,
    /// Transactions of each part, about.
    pub(super) branch_txs: u64,
    /// Parts after the split.
    pub(super) branches: u64,
    /// Whether the thief has the harder range's ways.
    pub(super) hard: bool,
    /// From which transaction of the chain on his coins are listed and he goes another way, if he is one who does.
    pub(super) listed_at: Option<u64>,
    template: Template,
    habit: Habit,
    next_key: u32,
}

impl Plan {
    /// Draws the plan of heist number `heist`, which may take `txs` transactions over `span` of the chain.
    pub(super) fn draw(seed: u64, heist: u32, txs: u64, span: u64, dice: &mut Dice) -> Self {
        let txs = txs.min(MOST_TXS);
        let branches = dice.between(3, (txs / 14).clamp(4, 24));
        let branch_txs = (txs / branches).max(4);
        Self {
            seed,
            heist,
            reuse: dice.between(0, 60),
            comingle: dice.between(0, 40),
            noise: 10,
            decoys: dice.between(0, 30),
            fee_rate: dice.between(2, 40),
            spacing: (span / branch_txs).max(1),
            branch_txs,
            branches,
            hard: false,
            listed_at: None,
            // Wallets that thieves use are new ones.
            template: if dice.chance(4, 5) { Template::P2wpkh } else { Template::P2tr },
            habit: Habit {
                sequence: if dice.chance(1, 2) { 0xffff_fffd } else { 0xffff_ffff },
                lock_time: dice.chance(1, 2),
            },
            next_key: 0,
        }
    }

    /// The plan for one part, whose fresh addresses are its own.
    pub(super) fn of_branch(&self, number: u32) -> Self {
        Self { next_key: number << 20, ..self.clone() }
    }

    /// A fresh address of the thief; of another kind where the habit is not kept.
    pub(super) fn fresh(&mut self, stage: &mut Stage<'_>, noisy: bool) -> Party {
        let odd = noisy && stage.dice.chance(self.noise, 100);
        let template = match (odd, self.template) {
            (false, template) => template,
            (true, Template::P2wpkh) => Template::P2shP2wpkh,
            (true, _) => Template::P2wpkh,
        };
        self.fresh_of(template)
    }

    /// A fresh address of one kind.
    pub(super) fn fresh_of(&mut self, template: Template) -> Party {
        self.next_key += 1;
        let (wallet, key) = (FIRST_ACTOR + self.heist, self.next_key);
        Party { wallet, key, owner: Owner::derive(template, self.seed, wallet, key) }
    }

    /// How the next transaction is made.
    pub(super) fn habit(&self, dice: &mut Dice) -> Habit {
        if !dice.chance(self.noise, 100) {
            return self.habit;
        }
        Habit { sequence: 0xffff_fffe, lock_time: dice.chance(1, 2) }
    }

    /// Fee of a transaction of so many inputs and outputs, with noise in the rate.
    pub(super) fn fee(&self, inputs: usize, outputs: usize, dice: &mut Dice) -> u64 {
        let rate = dice.between(self.fee_rate / 2 + 1, self.fee_rate + self.fee_rate / 2 + 1);
        rate * (11 + 68 * inputs as u64 + 31 * outputs as u64)
    }

    /// Transactions of the chain until the next step.
    pub(super) fn delay(&self, dice: &mut Dice) -> u64 {
        dice.between(1, 2 * self.spacing)
    }

    /// What happens to one part: its kind, and the tasks in order. `txs_left` is the rest of the chain.
    pub(super) fn program(&self, txs_left: u64, dice: &mut Dice) -> (Typology, Vec<Task>) {
        let mut tasks = Vec::new();
        if dice.chance(1, 10) {
            // A third of those wake up.
            let sleep = if dice.chance(1, 3) { txs_left / 3 } else { u64::MAX };
            return (Typology::Dormant, vec![Task::Sleep(sleep), Task::CashOut]);
        }
        if dice.chance(1, 5) {
            tasks.push(Task::Churn);
        }
        if dice.chance(self.decoys, 100) {
            tasks.push(Task::Dust(dice.between(3, 20)));
        }
        let ways = if self.hard { &HARD[..] } else { &SINGLE };
        let typology = ways[dice.index(ways.len())];
        if typology == Typology::Compound {
            for _ in 0..dice.between(2, 3) {
                // Anything but straight to a service, and no compound.
                self.stage_of(ways[1 + dice.index(ways.len() - 2)], dice, &mut tasks);
            }
        } else {
            self.stage_of(typology, dice, &mut tasks);
        }
        if self.hard && dice.chance(SHARED, 100) {
            tasks.extend([Task::PartnerEarns, Task::PartnerPays]);
        }
        if self.hard && dice.chance(PAYJOINS, 100) {
            tasks.push(Task::Payjoin);
        }
        tasks.push(Task::CashOut);
        (typology, tasks)
    }

    fn stage_of(&self, typology: Typology, dice: &mut Dice, tasks: &mut Vec<Task>) {
        let comingled = dice.chance(self.comingle, 100);
        match typology {
            Typology::Direct => {
                if comingled {
                    tasks.push(Task::Fund);
                }
            }
            Typology::Peel => {
                if comingled {
                    tasks.push(Task::Fund);
                }
                let most = self.branch_txs.clamp(3, 200);
                tasks.push(Task::Peel(dice.between(most.div_ceil(2).min(5), most)));
            }
            Typology::Consolidation => {
                tasks.push(Task::FanOut(dice.between(2, (self.branch_txs * 2).clamp(4, 100))));
                if comingled {
                    tasks.push(Task::Fund);
                }
                tasks.push(Task::Gather);
            }
            Typology::Wasabi2 => {
                tasks.push(Task::Wasabi2(dice.between(1, (self.branch_txs / 3).clamp(1, 6)) as u32));
                if dice.chance(1, 3) {
                    tasks.push(Task::Gather);
                }
            }
            Typology::EqualOutput => {
                tasks.push(Task::Equal(dice.between(1, (self.branch_txs / 3).clamp(1, 6)) as u32));
            }
            Typology::Wasabi1 => {
                tasks.push(Task::Wasabi1(dice.between(1, (self.branch_txs / 3).clamp(1, 3)) as u32));
            }
            Typology::Whirlpool => tasks.extend([Task::Premix, Task::Pool(60)]),
            Typology::Mixer => tasks.extend([Task::Deposit, Task::Payouts(12)]),
            Typology::Dormant | Typology::Compound => {}
        }
    }
}
