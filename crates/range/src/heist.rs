//! Heists in a generated chain, and the truth about every satoshi of them.
//!
//! Each heist robs a service of the background economy, splits the loot and launders every part by a small grammar:
//! [`Typology`] names the words. Parts differ in address reuse, in how often clean money is mixed with the loot, in how
//! well a wallet keeps its habits, in decoy dust and in pace; one in ten stays dormant. Rounds of `CoinJoin`s take their
//! other people from the background, and some rounds are held without any thief.
//!
//! The harder range ([`Difficulty::Hard`]) makes rounds large, cuts them as clients do, lets makers and peel chains be less
//! plain, and adds what has a module of its own: `wasabi1`, `whirlpool`, coins that go from round to round (`waiting`), the
//! sweeps of services (`custody`), `payjoin`, wallets that a thief shares with somebody honest, and thieves who go another way once their coins are listed (`adapt`). It lasts
//! about three weeks.
//!
//! **What is not modelled:** other chains and bridges, price, office hours, exchanges that freeze.

mod adapt;
mod branch;
mod custody;
mod payjoin;
mod plan;
mod records;
mod rounds;
mod stage;
mod waiting;
mod wallets;
mod wasabi1;
mod whirlpool;

use std::collections::BTreeMap;

use tracehound_model::{OutPoint, Sats};

pub use records::{
    Adaptation, BranchEnds, Custody, Hop, Protocol, Record, TRUTH_FILE, TRUTH_VERSION, Typology, read_truth,
};
pub use wallets::{Wallet, Wallets};

use crate::{
    RangeError, Role, Step,
    assembler::{Assembler, COIN},
    config::{Difficulty, GeneratorConfig},
    dice::{Dice, mix},
    economy::{Economy, SERVICES},
};
use branch::{Branch, shares};
use plan::{FEWEST_TXS, MIXERS, Plan};
pub(crate) use rounds::MOST_COINS;
use rounds::{Outcome, equal, round_size, wasabi2};
use stage::{Book, Habit, Note, Out, Piece, Stage, loot, stolen};
use waiting::Waiting;

/// Written into the truth.
const NOTE: &str =
    "generated: no service was robbed; every wallet, address, person and service in this chain is made up";
/// One transaction in so many belongs to a heist, at most.
const SHARE: u64 = 4;
/// Transactions before there is anybody to rob.
const QUIET: u64 = 110;
/// Most heists in one chain.
const MOST_HEISTS: u64 = 10_000;
/// Chance in a hundred that a wallet of the harder range does not keep its habit, its kind of address among it.
const HARD_NOISE: u64 = 35;
/// Chance in a hundred that a thief of the harder range goes another way when his coins are listed.
const LEARNS: u64 = 50;
/// In the harder range one transaction in about so many each is due to the life of the pools, to sweeps and to `PayJoin`s.
const POOLS_EVERY: u64 = 40;
const SWEEPS_EVERY: u64 = 150;
const PAYJOINS_EVERY: u64 = 200;
/// Transactions that one action may take.
const ROOM: u64 = 2;

/// What the background does.
type Life = fn(&mut Stage<'_>);

/// What happens next.
enum Event {
    /// The theft, with the plan of all that follows.
    Theft(Box<Plan>),
    /// The split of what was taken.
    Split(Box<Plan>, Vec<Piece>),
    /// A step of a part: its place in the list.
    Branch(usize),
    /// A round without a thief.
    Round(Protocol),
    /// Something the background of the harder range does again and again, so many transactions apart.
    Life(Life, u64),
}

/// Lets heists happen while the background goes on.
pub(crate) struct Director {
    dice: Dice,
    book: Book,
    tx_count: u64,
    hard: bool,
    waiting: Waiting,
    /// By the transaction number from which it may happen, and in the order of planning.
    agenda: BTreeMap<(u64, u64), Event>,
    planned: u64,
    /// Parts still on their way, each with its heist's plan.
    branches: Vec<Option<(Branch, Plan)>>,
}

impl Director {
    pub(crate) fn new(
        config: &GeneratorConfig,
        heists: u32,
        difficulty: Difficulty,
    ) -> Result<Self, RangeError> {
        let txs = config.tx_count;
        let most = (txs.saturating_sub(QUIET) / SHARE / FEWEST_TXS).clamp(1, MOST_HEISTS) as u32;
        if heists == 0 || heists > most {
            return Err(RangeError::Heists { heists, txs, most });
        }
        let mut director = Self {
            dice: Dice::new(mix(config.seed ^ 0x6865_6973_7473)),
            book: Book::new(config.network),
            tx_count: txs,
            hard: difficulty == Difficulty::Hard,
            waiting: Waiting::default(),
            agenda: BTreeMap::new(),
            planned: 0,
            branches: Vec::new(),
        };
        director.book.put(&Record::Generated {
            note: NOTE.to_owned(),
            version: TRUTH_VERSION,
            seed: config.seed,
            txs,
            heists,
        });
        let share = (txs - QUIET) / (SHARE * u64::from(heists));
        for heist in 1..=heists {
            let start = director.dice.between(QUIET + (txs - QUIET) / 6, QUIET + (txs - QUIET) / 2);
            let mut plan = Plan::draw(config.seed, heist, share, (txs - QUIET) * 2 / 5, &mut director.dice);
            if director.hard {
                plan.noise = HARD_NOISE;
                plan.hard = true;
            }
            director.plan(start, Event::Theft(Box::new(plan)));
        }
        for number in 0..=heists {
            let at = director.dice.between(QUIET + (txs - QUIET) / 6, txs);
            let protocol = match (number % 2, director.hard && number % 4 == 2) {
                (_, true) => Protocol::Wasabi1,
                (0, _) => Protocol::Wasabi2,
                _ => Protocol::Joinmarket,
            };
            director.plan(at, Event::Round(protocol));
        }
        if director.hard {
            let lives: [(Life, u64); 3] = [
                (whirlpool::go_on, POOLS_EVERY),
                (custody::sweep, SWEEPS_EVERY),
                (payjoin::of_background, PAYJOINS_EVERY),
            ];
            for (life, every) in lives {
                director.plan(QUIET + every, Event::Life(life, every));
            }
        }
        Ok(director)
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.agenda.insert((at, self.planned), event);
        self.planned += 1;
    }

    /// Lets one thing happen, if its time has come and the block chain has room. Says whether it did.
    pub(crate) fn act(&mut self, chain: &mut Assembler, economy: &mut Economy) -> bool {
        let now = economy.totals.txs;
        let due = self.agenda.first_key_value().is_some_and(|((at, _), _)| *at <= now);
        if !due || now + ROOM + 1 >= self.tx_count {
            return false;
        }
        let Some((_, event)) = self.agenda.pop_first() else { return false };
        let hard = self.hard;
        let mut stage = Stage {
            chain,
            economy,
            dice: &mut self.dice,
            book: &mut self.book,
            waiting: &mut self.waiting,
            hard,
        };
        match event {
            Event::Theft(mut plan) => match theft(&mut stage, &mut plan) {
                Some(first) => {
                    if hard && stage.dice.chance(LEARNS, 100) {
                        let soon = (self.tx_count - now) / 3;
                        plan.listed_at = Some(now + stage.dice.between(soon / 10, soon.max(1)));
                    }
                    let at = now + plan.delay(stage.dice);
                    self.plan(at, Event::Split(plan, first));
                }
                // Nobody is rich enough yet.
                None => self.plan(now + 20, Event::Theft(plan)),
            },
            Event::Split(mut plan, first) => {
                let branches = split(&mut stage, &mut plan, &first, self.tx_count - now);
                for branch in branches {
                    let at = now + plan.delay(&mut self.dice);
                    let plan = plan.of_branch(branch.number);
                    self.branches.push(Some((branch, plan)));
                    self.plan(at, Event::Branch(self.branches.len() - 1));
                }
            }
            Event::Branch(at) => {
                let Some((branch, plan)) = self.branches[at].as_mut() else { return true };
                if let Some(delay) = branch.step(&mut stage, plan) {
                    self.plan(now.saturating_add(delay), Event::Branch(at));
                } else {
                    end(&mut stage, branch);
                    self.branches[at] = None;
                }
            }
            Event::Round(protocol) => {
                let held = match protocol {
                    Protocol::Wasabi2 => {
                        let others = round_size(&mut stage);
                        wasabi2(&mut stage, others, None)
                    }
                    Protocol::Joinmarket => {
                        let others = stage.dice.between(15, 60) as usize;
                        equal(&mut stage, others / 4, None)
                    }
                    Protocol::Wasabi1 => wasabi1::wasabi1(&mut stage, None),
                    // Their life goes on by itself.
                    Protocol::Whirlpool => Outcome::Mixed(Vec::new(), 0),
                };
                if matches!(held, Outcome::Called(_)) {
                    self.plan(now + 200, Event::Round(protocol));
                }
            }
            Event::Life(life, every) => {
                life(&mut stage);
                let at = now + stage.dice.between(every / 2, every * 3 / 2);
                self.plan(at, Event::Life(life, every));
            }
        }
        true
    }

    /// The chain is complete: says where everything is.
    pub(crate) fn finish(&mut self, chain: &mut Assembler, economy: &mut Economy) {
        let hard = self.hard;
        let mut stage = Stage {
            chain,
            economy,
            dice: &mut self.dice,
            book: &mut self.book,
            waiting: &mut self.waiting,
            hard,
        };
        for (branch, _) in self.branches.iter_mut().flatten() {
            end(&mut stage, branch);
        }
        for event in std::mem::take(&mut self.agenda).into_values() {
            if let Event::Split(plan, first) = event {
                let held = Sats(first.iter().map(Piece::stolen).sum());
                let ends = BranchEnds { stolen: held, held, ..BranchEnds::default() };
                stage.book.put(&Record::Ends { heist: plan.heist, branch: 0, ends });
            }
        }
    }

    pub(crate) fn take_lines(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.book.lines)
    }
}

fn end(stage: &mut Stage<'_>, branch: &mut Branch) {
    branch.end_chain(stage);
    let ends = branch.ends();
    stage.book.put(&Record::Ends { heist: branch.heist, branch: branch.number, ends });
}

/// Takes a service's coins, all to one or two addresses of the thief. `None` when no service was found with enough.
fn theft(stage: &mut Stage<'_>, plan: &mut Plan) -> Option<Vec<Piece>> {
    let coin = stage.economy.take_where(400, stage.dice, |coin, _| {
        coin.wallet < SERVICES && !MIXERS.contains(&coin.wallet) && coin.value >= COIN
    })?;
    let victim = coin.wallet;
    let mut inputs = vec![stage.piece(coin)];
    if inputs[0].party.owner.script_key().is_none() {
        stage.put_back(&inputs[0]);
        return None;
    }
    let wanted = stage.dice.between(1, 12);
    while (inputs.len() as u64) < wanted {
        let Some(coin) = stage.economy.take_newest(victim) else { break };
        inputs.push(stage.piece(coin));
    }
    for piece in &mut inputs {
        piece.lots = loot(piece.value);
    }
    let total: u64 = inputs.iter().map(|piece| piece.value).sum();
    let count = stage.dice.between(1, 2);
    let fee = plan.fee(inputs.len(), count as usize, stage.dice).min(total / 100);
    let outs: Vec<Out> = shares(total - fee, count, false, stage)
        .into_iter()
        .map(|value| Out {
            party: plan.fresh(stage, false),
            value,
            role: Role::Thief,
            lots: loot(value),
            change: false,
        })
        .collect();
    let note = Note { heist: plan.heist, branch: 0, step: Step::Theft, custody: None };
    let first = stage.movement(note, &inputs, &outs, Habit::of(victim));
    stage.book.put(&Record::Heist {
        heist: plan.heist,
        victim,
        first: first.iter().map(|piece| piece.outpoint).collect(),
        stolen: Sats(total),
    });
    Some(first)
}

/// Spreads the loot over the parts, and draws what happens to each.
fn split(stage: &mut Stage<'_>, plan: &mut Plan, first: &[Piece], txs_left: u64) -> Vec<Branch> {
    let fee = plan.fee(first.len(), plan.branches as usize, stage.dice);
    let total = first.iter().map(|piece| piece.value).sum::<u64>() - fee;
    let equal = stage.dice.chance(1, 3);
    let outs: Vec<Out> = shares(total, plan.branches, equal, stage)
        .into_iter()
        .map(|value| Out {
            party: plan.fresh(stage, false),
            value,
            role: Role::Split,
            lots: loot(value),
            change: true,
        })
        .collect();
    let note = Note { heist: plan.heist, branch: 0, step: Step::Split, custody: None };
    let habit = plan.habit(stage.dice);
    let made = stage.movement(note, first, &outs, habit);
    let mut branches = Vec::new();
    for (number, piece) in (1..).zip(made) {
        let (typology, tasks) = plan.program(txs_left, stage.dice);
        let (start, amount): (OutPoint, u64) = (piece.outpoint, stolen(&piece.lots));
        stage.book.put(&Record::Branch {
            heist: plan.heist,
            branch: number,
            typology,
            start,
            amount: Sats(amount),
        });
        branches.push(Branch::new(plan.heist, number, piece, tasks));
    }
    branches
}
