//! The heists: a theft, its tokens changed, an equal split, and what each part does after that.

use std::collections::BTreeMap;

use super::{
    AccountHeist, HeistNumber, Part,
    life::{Life, NOTE},
    world::{COIN, DOLLARS, ETHER, Lots, PLAIN_GAS, SWAP_GAS, TOKEN_GAS, World},
};

/// What a part keeps for gas when it goes on in a token.
const GAS_MONEY: u128 = ETHER / 20;

/// What a part does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// All of it to a fresh account.
    Hop,
    /// Clean money of the thief's own comes to it out of a service.
    Fund,
    /// Changed for a token, or back.
    Flip,
    /// A little is paid to somebody uninvolved, who spends it with his own.
    Peel,
    /// Through a wallet that two thieves share.
    Mingle,
    /// Into a service.
    CashOut,
    /// Over a bridge.
    Bridge,
    /// Into a mixer, and out of it.
    Mix,
    /// It stays where it is.
    Rest,
}

/// Some of the loot on its way: all of what an account holds of an asset.
struct Branch {
    heist: HeistNumber,
    at: usize,
    money: usize,
    /// The last first.
    tasks: Vec<Task>,
    /// In a wallet with others: how much of it goes on.
    share: Option<u128>,
}

enum Event {
    Theft(HeistNumber),
    Flip(HeistNumber, usize),
    Split(HeistNumber, usize),
    Step(Branch),
    PayOut(HeistNumber, Lots),
}

pub(super) struct Heists {
    agenda: BTreeMap<(u64, u64), Event>,
    planned: u64,
    /// Of two thieves each.
    shared: Vec<usize>,
    /// Transactions between two steps, at most.
    pace: u64,
}

impl Heists {
    pub(super) fn planned(world: &mut World) -> Self {
        let config = world.config();
        let pairs = usize::from(config.heists).div_ceil(2);
        let mut heists = Self {
            agenda: BTreeMap::new(),
            planned: 0,
            shared: (0..pairs).map(|_| world.party(Part::Thief)).collect(),
            pace: (config.txs / 25).max(4),
        };
        for heist in 0..config.heists {
            world.truth.heists.push(AccountHeist::default());
            let at = world.dice.between(config.txs / 10, config.txs * 2 / 5);
            heists.plan(at, Event::Theft(heist));
        }
        heists
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.agenda.insert((at, self.planned), event);
        self.planned += 1;
    }

    fn soon(&mut self, world: &mut World, event: Event) {
        let at = world.txs() + world.dice.between(1, self.pace);
        self.plan(at, event);
    }

    /// Lets one thing happen, if its time has come. Says whether it did.
    pub(super) fn act(&mut self, world: &mut World, life: &mut Life) -> bool {
        let due = self.agenda.first_key_value().is_some_and(|((at, _), _)| *at <= world.txs());
        let Some((_, event)) = due.then(|| self.agenda.pop_first()).flatten() else { return false };
        match event {
            Event::Theft(heist) => {
                let thief = world.party(Part::Thief);
                let vault = world.vaults[usize::from(heist)];
                world.rob(heist, vault, thief);
                self.soon(world, Event::Flip(heist, thief));
            }
            Event::Flip(heist, thief) => match (1..).take(5).find(|&money| world.held(thief, money) > 0) {
                Some(money) => {
                    // In one go or in two.
                    let held = world.held(thief, money);
                    let amount = if held > 1 && world.dice.chance(1, 2) { held / 2 } else { held };
                    world.swap(thief, money, amount, COIN);
                    self.soon(world, Event::Flip(heist, thief));
                }
                None => self.soon(world, Event::Split(heist, thief)),
            },
            Event::Split(heist, thief) => self.split(world, heist, thief),
            Event::Step(branch) => self.step(world, life, branch),
            Event::PayOut(heist, notes) => {
                let to = world.party(Part::Thief);
                world.mix_out(to, &notes);
                let end = [Task::CashOut, Task::Rest, Task::Bridge][world.dice.index(3)];
                let tasks = vec![end, Task::Hop];
                self.soon(world, Event::Step(Branch { heist, at: to, money: COIN, tasks, share: None }));
            }
        }
        true
    }

    /// Equal parts to fresh accounts.
    fn split(&mut self, world: &mut World, heist: HeistNumber, thief: usize) {
        let parts = world.dice.between(4, 10);
        let each = world.held(thief, COIN) / u128::from(parts) - World::fee(PLAIN_GAS);
        for _ in 0..parts {
            let at = world.party(Part::Thief);
            world.pay(thief, at, COIN, each);
            let tasks = program(world);
            self.soon(world, Event::Step(Branch { heist, at, money: COIN, tasks, share: None }));
        }
    }

    fn step(&mut self, world: &mut World, life: &mut Life, mut branch: Branch) {
        let Some(task) = branch.tasks.pop() else { return };
        let is_coin = branch.money == COIN;
        // What is there but for the fee of a payment.
        let held = branch.share.unwrap_or_else(|| world.held(branch.at, branch.money));
        let whole = if is_coin { held.saturating_sub(World::fee(PLAIN_GAS)) } else { held };
        let gas = if is_coin { 0 } else { 4 * World::fee(SWAP_GAS) };
        if whole == 0 || world.held(branch.at, COIN) < gas {
            return;
        }
        match task {
            Task::Hop => {
                let to = world.party(Part::Thief);
                onwards(world, &mut branch, to, whole);
                life.notice(world, branch.at, to, branch.money, whole);
                branch.at = to;
            }
            Task::Fund => {
                let wallet = world.wallets[world.dice.index(world.wallets.len())];
                let amount = (held / 100 * u128::from(world.dice.between(5, 80))).max(1);
                if is_coin && world.held(wallet, COIN) > 2 * amount {
                    world.pay(wallet, branch.at, COIN, amount);
                }
            }
            Task::Flip if is_coin => {
                let dollar = DOLLARS[world.dice.index(DOLLARS.len())];
                if let Some(amount) =
                    held.checked_sub(GAS_MONEY + World::fee(SWAP_GAS)).filter(|amount| *amount > ETHER)
                {
                    world.swap(branch.at, COIN, amount, dollar);
                    branch.money = dollar;
                }
            }
            Task::Flip => {
                world.swap(branch.at, branch.money, held, COIN);
                branch.money = COIN;
            }
            Task::Peel => {
                let user = world.users[world.dice.index(world.users.len())];
                let amount = whole / 100 * u128::from(world.dice.between(1, 15));
                world.pay(branch.at, user, branch.money, amount);
            }
            Task::Mingle if is_coin => {
                let shared = self.shared[usize::from(branch.heist / 2)];
                world.pay(branch.at, shared, COIN, whole);
                world.note_mingling(shared, COIN);
                branch.at = shared;
                branch.share = Some(whole);
                // It goes on from there.
                branch.tasks.push(Task::Hop);
            }
            Task::Mingle => {}
            Task::CashOut => {
                let service = world.dice.index(world.wallets.len()) as u8;
                let deposit = world.party(Part::Deposit(service));
                world.pay(branch.at, deposit, branch.money, whole);
                life.notice(world, branch.at, deposit, branch.money, whole);
                life.sweep_soon(world, deposit);
                return;
            }
            Task::Bridge => {
                let bridge = world.bridge;
                world.pay(branch.at, bridge, branch.money, whole);
                return;
            }
            Task::Mix => {
                let notes = (held / (NOTE + World::fee(SWAP_GAS))).min(6);
                if is_coin {
                    for _ in 0..notes {
                        let notes = world.mix_in(branch.at, NOTE);
                        self.soon(world, Event::PayOut(branch.heist, notes));
                    }
                }
            }
            Task::Rest => return,
        }
        self.soon(world, Event::Step(branch));
    }

    /// The chain ends: what the mixer was to pay out is still there.
    pub(super) fn end(&mut self, world: &mut World) {
        for event in std::mem::take(&mut self.agenda).into_values() {
            if let Event::PayOut(_, notes) = event {
                world.leave_in_mixer(&notes);
            }
        }
    }
}

/// All of it to another account, money for gas before it where it is a token.
fn onwards(world: &mut World, branch: &mut Branch, to: usize, whole: u128) {
    if branch.money != COIN {
        let gas = world.held(branch.at, COIN) - World::fee(PLAIN_GAS) - 2 * World::fee(TOKEN_GAS);
        world.pay(branch.at, to, COIN, gas);
    }
    world.pay(branch.at, to, branch.money, whole);
    branch.share = None;
}

/// What a part does, the last first.
fn program(world: &mut World) -> Vec<Task> {
    let dice = &mut world.dice;
    let mut tasks = vec![Task::Hop];
    for _ in 0..dice.between(1, 4) {
        match dice.below(100) {
            ..20 => tasks.push(Task::Fund),
            20..45 => {
                tasks.push(Task::Flip);
                if dice.chance(1, 2) {
                    tasks.push(Task::Hop);
                }
                if dice.chance(3, 4) {
                    tasks.push(Task::Flip);
                }
            }
            45..65 => tasks.push(Task::Peel),
            65..78 => tasks.push(Task::Mingle),
            _ => {}
        }
        tasks.push(Task::Hop);
    }
    tasks.push(match dice.below(100) {
        ..50 => Task::CashOut,
        50..68 => Task::Bridge,
        68..82 => Task::Mix,
        _ => Task::Rest,
    });
    tasks.reverse();
    tasks
}
