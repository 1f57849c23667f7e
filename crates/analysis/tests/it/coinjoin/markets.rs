//! `JoinMarket` rounds made up after the reference client, and how well change is linked in them and in emulated ones.
//!
//! What the makers ask is drawn as the client's defaults and their usual changes give it: absolute offers up to 10,000
//! satoshi, relative ones up to 0.1 %, each within 10 % of what its owner set, some nothing at all; a taker refuses what
//! exceeds both of its limits (0.1 %, and 1,000 to 10,000 satoshi, by default). A wallet pays with one coin where one is
//! large enough. Makers always have change, takers that mix all they have do not. No round of these is real.

use tracehound_analysis::coinjoin::{Answer, Coin, Protocol, When, change_links};
use tracehound_model::ScriptType;

use super::{Tx, emulated::emulation, name};

/// Made rounds in each half.
pub(super) const MADE: u64 = 400;

/// Random numbers (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// A number as often in each power of two.
    fn scale(&mut self, least: u64, most: u64) -> u64 {
        let doublings = (most / least).ilog2();
        let at = least << self.between(0, u64::from(doublings));
        self.between(at, (2 * at).min(most))
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.between(0, at as u64) as usize);
        }
    }
}

/// A round, with who brought each input and who takes each output.
pub(super) struct Round {
    pub tx: Tx,
    pub payers: Vec<u32>,
    pub receivers: Vec<u32>,
}

impl Round {
    /// The round of a number; different numbers, different rounds.
    pub(super) fn made(number: u64) -> Self {
        let mut dice = Dice(number);
        let makers = if dice.chance(10) { dice.between(2, 3) } else { dice.between(4, 10) };
        let mixed = dice.scale(100_000, 100_000_000);
        let mixed = if dice.chance(50) { mixed / 10_000 * 10_000 } else { mixed };
        let limit = (mixed / 1_000).max(dice.between(1_000, 10_000));
        let rate = dice.scale(1, 64);
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        let mut paid = 0;
        for maker in 1..=makers as u32 {
            let fee = loop {
                let fee = Self::offer(&mut dice, mixed);
                if fee <= limit {
                    break fee;
                }
            };
            paid += fee;
            let coins = Self::coins(&mut dice, mixed, mixed + 30_000);
            outputs.push((coins.iter().sum::<u64>() + fee - mixed, maker));
            inputs.extend(coins.into_iter().map(|coin| (coin, maker)));
        }
        let sweeps = dice.chance(15);
        let bytes = 68 * (inputs.len() as u64 + 1) + 31 * (2 * makers + 2) + 11;
        let costs = paid + rate * bytes;
        if sweeps {
            inputs.push((mixed + costs, 0));
        } else {
            let coins = Self::coins(&mut dice, mixed, mixed + costs + 3_000);
            let costs = costs + rate * 68 * (coins.len() as u64 - 1);
            let change = coins.iter().sum::<u64>().saturating_sub(mixed + costs);
            if change >= 1_000 {
                outputs.push((change, 0));
            }
            inputs.extend(coins.into_iter().map(|coin| (coin, 0)));
        }
        outputs.extend((0..=makers as u32).map(|person| (mixed, person)));
        dice.shuffle(&mut inputs);
        dice.shuffle(&mut outputs);
        let coin = |(owner, value): (u64, u64)| Coin { value, script: ScriptType::P2wpkh, owner };
        let values = |coins: &[(u64, u32)], first: u64| -> Vec<Coin> {
            (first..).zip(coins.iter().map(|(value, _)| *value)).map(coin).collect()
        };
        Self {
            tx: Tx {
                inputs: values(&inputs, 0).into_iter().map(Some).collect(),
                outputs: values(&outputs, 1_000),
                when: When::Unknown,
                pays_wasabi1_coordinator: false,
            },
            payers: inputs.iter().map(|(_, person)| *person).collect(),
            receivers: outputs.iter().map(|(_, person)| *person).collect(),
        }
    }

    /// The amount that was mixed: what the first person takes that another takes too.
    fn mixed(receivers: &[u32], tx: &Tx) -> u64 {
        let of = |person| receivers.iter().zip(&tx.outputs).filter(move |(owner, _)| **owner == person);
        let mut both = of(1).map(|(_, coin)| coin.value);
        let shared = both.find(|value| of(2).any(|(_, coin)| coin.value == *value));
        shared.expect("everybody takes it")
    }

    /// What a maker gains from mixing an amount.
    fn offer(dice: &mut Dice, mixed: u64) -> u64 {
        let set = match dice.between(0, 9) {
            0 => 0,
            1..=4 => dice.scale(50, 10_000),
            _ => mixed * dice.scale(1, 1_000) / 1_000_000,
        };
        set * dice.between(90, 110) / 100
    }

    /// Coins of one wallet that add up to `least` or more.
    fn coins(dice: &mut Dice, mixed: u64, least: u64) -> Vec<u64> {
        let count = [1, 1, 1, 1, 1, 1, 2, 2, 3, 4][dice.between(0, 9) as usize];
        if count == 1 {
            return vec![least + dice.scale(1_000, 50 * mixed)];
        }
        // None alone is enough, else it would have been taken alone.
        let mut coins: Vec<u64> = Vec::new();
        while coins.len() + 1 < count {
            coins.push(dice.between(mixed / 20 + 1_000, mixed * 9 / 10));
        }
        let missing = least.saturating_sub(coins.iter().sum());
        coins.push(missing + dice.between(1_000, mixed / 2));
        coins
    }
}

/// How well change was linked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Links {
    /// Change outputs, and those of them with a right link.
    pub change: u32,
    pub right: u32,
    /// Links said to be at least 90 % sure, and 60 to 89 %; and how many of those are right.
    pub sure: (u32, u32),
    pub fair: (u32, u32),
    /// Sum of the percentages of the fair ones.
    pub said: u32,
}

impl Links {
    fn add<T: PartialEq>(&mut self, tx: &Tx, payers: &[T], receivers: &[T]) {
        let answer = tx.answer();
        let Some(found) = answer.mixing(0) else { return };
        let people = found.participants;
        self.change += tx.outputs.len() as u32 - people;
        for link in change_links(&tx.shape(), &answer) {
            let owner = &receivers[link.output as usize];
            let is_right = link.inputs.iter().all(|&input| payers[input as usize] == *owner);
            let right = u32::from(is_right);
            self.right += right;
            let group = match link.percent {
                90.. => &mut self.sure,
                60.. => {
                    self.said += u32::from(link.percent);
                    &mut self.fair
                }
                _ => continue,
            };
            *group = (group.0 + 1, group.1 + right);
        }
    }
}

/// Made rounds of one half that are found, that are found as `JoinMarket`'s by their balance, and how change is linked in
/// them. The links of the others count as wrong.
pub(super) fn made(fitted: bool) -> (u32, u32, Links) {
    let (mut found, mut balanced, mut links) = (0, 0, Links::default());
    for number in (0..MADE).map(|number| 2 * number + u64::from(!fitted)) {
        let Round { tx, payers, receivers } = Round::made(number);
        let answer = tx.answer();
        found += u32::from(matches!(&answer, Answer::CoinJoin(_) | Answer::Suspected(_)));
        let market = |answer: &Answer| matches!(answer, Answer::CoinJoin(found) if found.protocol == Protocol::JoinMarket);
        balanced += u32::from(market(&answer));
        if answer.mixing(0).is_none() {
            links.change += receivers.len() as u32 - (*receivers.iter().max().expect("people") + 1);
        }
        links.add(&tx, &payers, &receivers);
    }
    (found, balanced, links)
}

/// How change is linked in the emulated rounds.
pub(super) fn emulated() -> Option<(usize, Links)> {
    let known = emulation("coinjoin/emulated_joinmarket.zip")?;
    let mut links = Links::default();
    let rounds: Vec<_> = known.iter().filter(|one| one.is_coinjoin()).collect();
    for one in &rounds {
        links.add(&one.tx, &one.payers, &one.receivers);
    }
    Some((rounds.len(), links))
}

#[test]
fn change_of_made_rounds_goes_to_its_owner_as_often_as_is_said() {
    let (found, balanced, links) = made(false);
    assert!(found >= 390 && balanced >= 390, "{found} and {balanced} of {MADE}");
    let share = |(all, right): (u32, u32)| f64::from(right) / f64::from(all);
    assert!(share((links.change, links.right)) >= 0.915, "{links:?}");
    assert!(share(links.sure) >= 0.99 && links.sure.0 > 2_000, "{links:?}");
    let said = f64::from(links.said) / f64::from(links.fair.0) / 100.0;
    assert!(links.fair.0 >= 100 && (said - share(links.fair)).abs() < 0.05, "{links:?}");
}

#[test]
fn change_that_has_nothing_to_do_with_the_inputs_does_not_balance() {
    let mut called = 0;
    for number in 0..4 * MADE {
        let Round { mut tx, receivers, .. } = Round::made(number);
        let mut dice = Dice(number ^ 0x6e75_6c6c);
        let mixed = Round::mixed(&receivers, &tx);
        for coin in tx.outputs.iter_mut().filter(|coin| coin.value != mixed) {
            // Further than nearly any fee explains.
            coin.value = coin.value * dice.between(1_000, 1_500) / 1_000 + dice.between(15_000, 30_000);
        }
        called += u64::from(name(&tx.answer()) == "joinmarket joinmarket-balanced");
    }
    assert!(called <= 4 * MADE / 200, "{called} of {} such batches balance", 4 * MADE);
}

/// What a taker may add to a round that it composes, by number.
fn added(round: Round, how: u64) -> Tx {
    let Round { mut tx, receivers, .. } = round;
    let mixed = Round::mixed(&receivers, &tx);
    let coin = |value, owner, script| Coin { value, script, owner };
    let mut add = |value, owner| tx.outputs.push(coin(value, owner, ScriptType::P2wpkh));
    match how {
        0 => tx.outputs.push(coin(0, 0, ScriptType::OpReturn)),
        1 => add(546, 5_000),
        2 => add(mixed / 7, 5_000),
        3 => (0..3).for_each(|n| add(mixed / 9 + 77 * n, 5_000 + n)),
        4 => (0..2).for_each(|n| add(mixed, 5_000 + n)),
        5 => (0..20).for_each(|n| add(546, 5_000 + n)),
        6 => tx.outputs.push(coin(mixed / 3, 5_000, ScriptType::P2tr)),
        // To an address of its own that it spends from.
        _ => {
            let own = tx.inputs.last().and_then(|coin| coin.map(|coin| coin.owner)).expect("the taker's");
            add(mixed / 5, own);
        }
    }
    // Somebody has to bring it.
    let value = 3 * mixed + 20_000;
    tx.inputs.push(Some(coin(value, 9_000, ScriptType::P2wpkh)));
    tx
}

#[test]
fn a_round_is_at_least_suspected_whatever_its_taker_adds() {
    let found = |how: u64| {
        let known = |number: &u64| added(Round::made(*number), how).answer().forbids_co_spending();
        (0..MADE).filter(known).count() as u64
    };
    let found: Vec<u64> = (0..8).map(found).collect();
    // The others are rounds of three or four people who mix little, which chance explains as well.
    assert!(found.iter().all(|found| found * 100 >= MADE * 88), "{found:?} of {MADE} by addition");
}

#[test]
fn of_batches_whose_change_has_nothing_to_do_with_the_inputs_few_are_suspected_for_their_makers() {
    let mut suspected = 0;
    for number in 0..4 * MADE {
        let mut tx = added(Round::made(number), number % 8);
        let mut dice = Dice(number ^ 0x6e75_6c6c);
        for coin in &mut tx.outputs {
            coin.value = coin.value * dice.between(1_000, 1_500) / 1_000 + dice.between(15_000, 30_000);
        }
        // As many equal ones as before, of an amount that nobody chose.
        let equal = tx.outputs.len() / 2;
        tx.outputs.iter_mut().take(equal).for_each(|coin| coin.value = 1_234_567);
        suspected += u64::from(name(&tx.answer()) == "suspected joinmarket-makers");
    }
    assert!(suspected <= 4 * MADE / 100, "{suspected} of {} such batches are suspected", 4 * MADE);
}

/// What services pay out at once, in the shape of a round: equal amounts and others.
#[test]
fn few_batches_of_other_amounts_are_suspected_of_a_generous_taker() {
    let mut suspected = 0;
    for number in 0..4 * MADE {
        let Round { mut tx, receivers, .. } = Round::made(number);
        let mut dice = Dice(number ^ 0x6765_6e65);
        let mixed = Round::mixed(&receivers, &tx);
        for coin in tx.outputs.iter_mut().filter(|coin| coin.value != mixed) {
            coin.value = 10_000 << dice.between(0, 15);
            coin.value += dice.between(0, coin.value);
        }
        suspected += u64::from(name(&tx.answer()) == "suspected joinmarket-generous");
    }
    // The shape itself is rare: these have all of it, and only their amounts are of something else.
    assert!(suspected <= 4 * MADE / 25, "{suspected} of {} such batches are suspected", 4 * MADE);
}

#[test]
fn joinmarket_change_goes_to_its_owner() {
    let Some((rounds, links)) = emulated() else { return };
    assert_eq!((rounds, links.change), (32, 159));
    assert_eq!(links.sure, (134, 134), "what is sure is right");
    // Nearest input attributes 141. The others are equal amounts of different people: nothing tells them apart, and which
    // of them is named first is a matter of chance.
    assert_eq!(links.right, 148);
}
