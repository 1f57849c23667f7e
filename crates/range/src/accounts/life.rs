//! What people who are not involved do, and whoever bothers them.

use std::collections::BTreeMap;

use super::{
    Bait, BaitKind, Part,
    world::{COIN, COUNTERFEIT, DOLLAR, DOLLARS, ETHER, Lots, PLAIN_GAS, STAKED, SWAP_GAS, TOKEN_GAS, World},
};

/// Chance in a hundred that a payment of a whole ether or more is followed by bait.
const BAITED: u64 = 12;
/// What a service sends a deposit address for the gas of a sweep.
const FUEL: u128 = ETHER / 100;
/// What the mixer takes at once.
pub(super) const NOTE: u128 = 100 * ETHER;
/// The same for people with less.
const SMALL_NOTE: u128 = ETHER;

/// Something that has to be done later.
enum Chore {
    /// A service takes what lies at a deposit address.
    Sweep(usize),
    /// Somebody shows the payer an address like the payee's.
    Bait { payer: usize, payee: usize, money: usize, amount: u128 },
    /// The mixer pays out to a fresh account of somebody uninvolved.
    PayOut(Lots),
}

#[derive(Default)]
pub(super) struct Life {
    chores: BTreeMap<(u64, u64), Chore>,
    added: u64,
    /// By user and service.
    deposits: BTreeMap<(usize, u8), usize>,
}

impl Life {
    fn later(&mut self, world: &mut World, least: u64, most: u64, chore: Chore) {
        let at = world.txs() + world.dice.between(least, most);
        self.chores.insert((at, self.added), chore);
        self.added += 1;
    }

    /// One thing happens.
    pub(super) fn act(&mut self, world: &mut World) {
        let due = self.chores.first_key_value().is_some_and(|((at, _), _)| *at <= world.txs());
        let chore = due.then(|| self.chores.pop_first()).flatten();
        match chore {
            Some((_, Chore::Sweep(deposit))) => self.sweep(world, deposit),
            Some((_, Chore::Bait { payer, payee, money, amount })) => {
                bait(world, payer, payee, money, amount);
            }
            Some((_, Chore::PayOut(notes))) => {
                let to = world.party(Part::User);
                world.mix_out(to, &notes);
                world.users.push(to);
            }
            None => self.live(world),
        }
    }

    fn live(&mut self, world: &mut World) {
        let user = world.users[world.dice.index(world.users.len())];
        let rich = world.affords(user, 2 * ETHER, SWAP_GAS);
        match world.dice.below(100) {
            ..38 if rich => {
                let payee = world.users[world.dice.index(world.users.len())];
                if payee != user {
                    self.spend(world, user, payee);
                }
            }
            38..58 if rich => {
                let service = world.dice.index(world.wallets.len()) as u8;
                let deposit = *self
                    .deposits
                    .entry((user, service))
                    .or_insert_with(|| world.party(Part::Deposit(service)));
                self.spend(world, user, deposit);
                self.sweep_soon(world, deposit);
            }
            58..74 if rich => {
                let others = [DOLLAR, 2, 3, STAKED];
                let other = others[world.dice.index(others.len())];
                if world.dice.chance(1, 2) && world.held(user, other) > 0 {
                    let amount = part_of(world, user, other);
                    world.swap(user, other, amount, COIN);
                } else {
                    let amount = part_of(world, user, COIN);
                    world.swap(user, COIN, amount, other);
                }
            }
            74..77 if rich => {
                let notes = world.mix_in(user, SMALL_NOTE);
                self.later(world, 20, 400, Chore::PayOut(notes));
            }
            77..80 if rich => {
                let amount = part_of(world, user, COIN);
                let bridge = world.bridge;
                world.pay(user, bridge, COIN, amount);
            }
            80..82 => {
                // A counterfeit is showered upon somebody.
                let poisoner = world.poisoner;
                world.say(poisoner, user, COUNTERFEIT, u128::from(world.txs()) * 1_000_000 + 1);
            }
            _ => withdraw(world, user),
        }
    }

    /// A payment out of whatever the payer has.
    fn spend(&mut self, world: &mut World, payer: usize, payee: usize) {
        let money = DOLLARS[world.dice.index(DOLLARS.len())];
        let money = if world.dice.chance(2, 5) && world.held(payer, money) > 0 { money } else { COIN };
        let amount = part_of(world, payer, money);
        world.pay(payer, payee, money, amount);
        self.notice(world, payer, payee, money, amount);
    }

    /// Whoever writes bait reads what is paid.
    pub(super) fn notice(
        &mut self,
        world: &mut World,
        payer: usize,
        payee: usize,
        money: usize,
        amount: u128,
    ) {
        let is_worth_it = world.money(money).worth(amount) >= ETHER;
        if is_worth_it && world.dice.chance(BAITED, 100) {
            self.later(world, 1, 20, Chore::Bait { payer, payee, money, amount });
        }
    }

    /// What came to a deposit address will be swept.
    pub(super) fn sweep_soon(&mut self, world: &mut World, deposit: usize) {
        self.later(world, 3, 60, Chore::Sweep(deposit));
    }

    fn sweep(&mut self, world: &mut World, deposit: usize) {
        let Some(service) = world.parties[deposit].1.service() else { return };
        let wallet = world.wallets[usize::from(service)];
        let token = (1..COUNTERFEIT).find(|money| world.held(deposit, *money) > 0);
        let coin = world.held(deposit, COIN);
        match token {
            Some(_) if !world.affords(deposit, 0, TOKEN_GAS) => {
                world.pay(wallet, deposit, COIN, FUEL);
                self.later(world, 1, 5, Chore::Sweep(deposit));
            }
            Some(money) => {
                world.pay(deposit, wallet, money, world.held(deposit, money));
                world.truth.swept.insert(deposit);
                self.later(world, 1, 5, Chore::Sweep(deposit));
            }
            None if coin > 10 * FUEL => {
                world.pay(deposit, wallet, COIN, coin - World::fee(PLAIN_GAS));
                world.truth.swept.insert(deposit);
            }
            None => {}
        }
    }
}

/// A service pays a customer, who may have come to it just now.
fn withdraw(world: &mut World, user: usize) {
    let user = if world.dice.chance(1, 10) {
        let newcomer = world.party(Part::User);
        world.users.push(newcomer);
        newcomer
    } else {
        user
    };
    let wallet = world.wallets[world.dice.index(world.wallets.len())];
    if world.dice.chance(1, 4) {
        let money = DOLLARS[world.dice.index(DOLLARS.len())];
        let amount = world.money(money).units(u128::from(world.dice.between(1, 200)) * ETHER / 10);
        world.pay(wallet, user, money, amount.min(world.held(wallet, money) / 2));
    } else {
        let amount = u128::from(world.dice.between(1, 600)) * ETHER / 20;
        world.pay(wallet, user, COIN, amount.min(world.held(wallet, COIN) / 2));
    }
}

/// A twentieth to a half of what somebody has; of the coin so that fees can be paid.
fn part_of(world: &mut World, party: usize, money: usize) -> u128 {
    let parts = u128::from(world.dice.between(5, 50));
    (world.held(party, money) / 100 * parts).max(1)
}

fn bait(world: &mut World, payer: usize, payee: usize, money: usize, amount: u128) {
    let imitation = world.imitation(payee);
    let kind = match (world.dice.below(3), money) {
        (0, _) => BaitKind::Nothing,
        (1, COIN) => BaitKind::Dust,
        _ => BaitKind::Counterfeit,
    };
    match kind {
        BaitKind::Nothing => {
            let money = if money == COIN { DOLLAR } else { money };
            world.say(payer, imitation, money, 0);
        }
        BaitKind::Dust => {
            let dust = amount / 10_000;
            let poisoner = world.poisoner;
            world.pay(poisoner, imitation, COIN, dust + World::fee(PLAIN_GAS));
            world.pay(imitation, payer, COIN, dust);
        }
        BaitKind::Counterfeit => {
            let units = world.money(COUNTERFEIT).units(world.money(money).worth(amount));
            world.say(payer, imitation, COUNTERFEIT, units);
        }
    }
    world.truth.baits.push(Bait { imitation, of: payee, misleads: payer, kind });
}
