//! `CoinJoin` rounds, with and without a thief among the people.

use tracehound_model::{OutPoint, Sats};

use super::{
    records::{Protocol, Record},
    stage::{Habit, Note, Out, Party, Piece, Stage, clean, deal},
    waiting::Queue,
};
use crate::{Lot, LotLabel, Role, economy::SERVICES, owner::Template};

/// Smallest output of a round of standard amounts, satoshi.
const LEAST: u64 = 5_000;
/// Least people besides the thief.
pub(super) const LEAST_OTHERS: usize = 4;
/// Outputs one person gets from a round of standard amounts.
const MOST_OUTPUTS: usize = 8;
/// Coins that a maker of the harder range brings, at most.
pub(crate) const MOST_COINS: usize = 4;
/// Fee a person pays for each of its inputs and outputs.
const FEE_EACH: u64 = 400;

/// The standard amounts of `WabiSabi`, largest first: 2^k, 3^k, 2·3^k, 10^k, 2·10^k, 5·10^k.
fn standard_amounts() -> Vec<u64> {
    const MOST: u64 = 134_375_000_000;
    let mut amounts = Vec::new();
    for (factor, base) in [(1, 2), (1, 3), (2, 3), (1, 10), (2, 10), (5, 10)] {
        let mut amount: u64 = factor;
        while amount <= MOST {
            if amount >= LEAST {
                amounts.push(amount);
            }
            amount *= base;
        }
    }
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    amounts.dedup();
    amounts
}

/// Inputs that were mixed before, in a hundred: the median of 14 real rounds of standard amounts with labels
/// (crocs-muni/pets26_coinjoin_analysis) has 94 of a standard amount.
const REMIXED: usize = 94;
/// Where they wait.
const MIXED_2: Queue = Queue::Mixed(Protocol::Wasabi2, 0);

/// A person in a round.
pub(super) struct Person {
    pub(super) inputs: Vec<Piece>,
    pub(super) outs: Vec<Out>,
}

impl Person {
    /// A wallet that is in the round already is the same person.
    pub(super) fn join(people: &mut Vec<Self>, piece: Piece) {
        match people.iter_mut().find(|person| person.inputs[0].party.wallet == piece.party.wallet) {
            Some(person) => person.inputs.push(piece),
            None => people.push(Self { inputs: vec![piece], outs: Vec::new() }),
        }
    }

    pub(super) fn value(&self) -> u64 {
        self.inputs.iter().map(|piece| piece.value).sum()
    }
}

/// Coins of others in a round of standard amounts.
pub(super) fn round_size(stage: &mut Stage<'_>) -> usize {
    let (least, most) = if stage.hard { (100, 250) } else { (15, 60) };
    stage.dice.between(least, most) as usize
}

/// The standard amounts that at least two of the coins, cut one by one, would give, largest first: what a client of the
/// harder range chooses from.
fn common_amounts(amounts: &[u64], people: &[Person]) -> Vec<u64> {
    let mut coins: Vec<u64> =
        people.iter().flat_map(|person| &person.inputs).map(|piece| piece.value).collect();
    coins.sort_unstable_by(|a, b| b.cmp(a));
    // An amount above the second largest coin would be its owner's name.
    let most = coins.get(1).copied().unwrap_or(0);
    let mut counts = vec![0_u32; amounts.len()];
    for coin in coins {
        let mut left = coin;
        for (count, &amount) in counts.iter_mut().zip(amounts).filter(|(_, amount)| **amount <= most) {
            while left >= amount + FEE_EACH {
                left -= amount + FEE_EACH;
                *count += 1;
            }
        }
    }
    amounts.iter().zip(counts).filter(|(_, count)| *count > 1).map(|(&amount, _)| amount).collect()
}

/// Users of the background with a coin that a round accepts.
pub(super) fn people(stage: &mut Stage<'_>, wanted: usize, least: u64, segwit: &[Template]) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::new();
    for _ in 0..wanted {
        let coin = stage.economy.take_where(600, stage.dice, |coin, template| {
            coin.wallet >= SERVICES && coin.value >= least && segwit.contains(&template)
        });
        let Some(coin) = coin else { break };
        let piece = stage.piece(coin);
        Person::join(&mut people, piece);
    }
    people
}

pub(super) fn send_home(stage: &mut Stage<'_>, people: &[Person]) {
    for piece in people.iter().flat_map(|person| &person.inputs) {
        stage.put_back(piece);
    }
}

/// A thief who takes part: what he brings, and who gets his outputs.
pub(super) struct Guest<'a> {
    pub(super) note: Note,
    pub(super) pieces: Vec<Piece>,
    pub(super) address: &'a mut dyn FnMut(&mut Stage<'_>) -> Party,
}

/// What became of the thief's pieces.
pub(super) enum Outcome {
    /// There was a round: these are his outputs.
    Mixed(Vec<Piece>, u64),
    /// Too few people: his pieces come back.
    Called(Vec<Piece>),
}

/// A round of standard amounts with `wanted` coins of others.
pub(super) fn wasabi2(stage: &mut Stage<'_>, wanted: usize, guest: Option<Guest<'_>>) -> Outcome {
    // In the harder range most coins come out of rounds, as in real ones.
    let again = if stage.hard { wanted * REMIXED / 100 } else { 0 };
    let again = stage.waiting.take_any(MIXED_2, again, stage.dice);
    let mut people = people(stage, wanted - again.len(), 40_000, &[Template::P2wpkh, Template::P2tr]);
    for piece in again {
        Person::join(&mut people, piece);
    }
    let coins: usize = people.iter().map(|person| person.inputs.len()).sum();
    if people.len() < LEAST_OTHERS || coins < 12 {
        send_home(stage, &people);
        return Outcome::Called(guest.map_or_else(Vec::new, |guest| guest.pieces));
    }
    let mut amounts = standard_amounts();
    if stage.hard {
        amounts = common_amounts(&amounts, &people);
    }
    for person in &mut people {
        let wallet = person.inputs[0].party.wallet;
        cut(stage, &amounts, person, &mut |stage| stage.fresh(wallet), Role::Bystander);
    }
    let others = people.len();
    let note = guest.map(|guest| {
        let mut thief = Person { inputs: guest.pieces, outs: Vec::new() };
        cut(stage, &amounts, &mut thief, guest.address, Role::Mixed);
        let sizes: Vec<u64> = thief.outs.iter().map(|out| out.value).collect();
        let lots = thief.inputs.iter().flat_map(|piece| piece.lots.clone()).collect();
        for (out, lots) in thief.outs.iter_mut().zip(deal(lots, &sizes, stage.dice)) {
            out.lots = lots;
        }
        people.push(thief);
        guest.note
    });
    let mut inputs: Vec<Piece> = people.iter().flat_map(|person| person.inputs.clone()).collect();
    let mut outs: Vec<Out> = people.into_iter().flat_map(|person| person.outs).collect();
    inputs.sort_by_key(|piece| std::cmp::Reverse(piece.value));
    outs.sort_by_key(|out| std::cmp::Reverse(out.value));
    finish(stage, Protocol::Wasabi2, note, &inputs, &outs, others)
}

/// Cuts what a person brings into standard amounts.
fn cut(
    stage: &mut Stage<'_>,
    amounts: &[u64],
    person: &mut Person,
    address: &mut dyn FnMut(&mut Stage<'_>) -> Party,
    role: Role,
) {
    let mut left = person.value().saturating_sub(FEE_EACH * person.inputs.len() as u64);
    while left >= LEAST + FEE_EACH && person.outs.len() < MOST_OUTPUTS {
        let room = left - FEE_EACH;
        let first = amounts.partition_point(|&amount| amount > room);
        // Not always the largest that fits, so that people differ.
        let at = (first + stage.dice.index(3)).min(amounts.len().saturating_sub(1));
        // The rest is change: at the end, and in the harder range where no amount of others is small enough.
        let last = person.outs.len() + 1 == MOST_OUTPUTS || stage.hard && first >= amounts.len();
        let value = if last { room } else { amounts.get(at).map_or(room, |&amount| amount.min(room)) };
        let party = address(stage);
        person.outs.push(Out { party, value, role, lots: clean(value), change: false });
        left = room - value;
    }
}

/// A round of equal amounts: the guest, or one of the people, takes, the others make and are paid for it.
pub(super) fn equal(stage: &mut Stage<'_>, wanted: usize, guest: Option<Guest<'_>>) -> Outcome {
    let mut people = people(stage, 3 * wanted, 1_000_000, &[Template::P2wpkh]);
    // The largest coins set the amount; the others go home.
    people.sort_by_key(|person| std::cmp::Reverse(person.value()));
    let extra = people.split_off(people.len().min(wanted));
    send_home(stage, &extra);
    let enough = people.len() >= LEAST_OTHERS
        && guest.as_ref().is_none_or(|guest| {
            guest.pieces.iter().all(|piece| piece.party.owner.template == Template::P2wpkh)
        });
    if !enough {
        send_home(stage, &people);
        return Outcome::Called(guest.map_or_else(Vec::new, |guest| guest.pieces));
    }
    if stage.hard {
        for person in &mut people {
            let wallet = person.inputs[0].party.wallet;
            for _ in 0..stage.dice.index(MOST_COINS) {
                let coin = stage.economy.take_newest(wallet);
                person.inputs.extend(coin.map(|coin| stage.piece(coin)));
            }
        }
    }
    let others = people.len();
    let (note, mut address) = match guest {
        Some(guest) => {
            people.push(Person { inputs: guest.pieces, outs: Vec::new() });
            (Some(guest.note), Some(guest.address))
        }
        None => (None, None),
    };
    let taker = people.len() - 1;
    let (inputs, size) = (people.iter().map(|person| person.inputs.len()).sum::<usize>(), people.len());
    let miner = FEE_EACH * (inputs + 2 * size) as u64;
    let least = people.iter().map(Person::value).min().expect("there are people");
    let mixed = least / 100 * stage.dice.between(50, 90);
    let maker_fees: Vec<u64> = (0..taker).map(|_| stage.dice.between(200, 2_000)).collect();
    let costs = miner + maker_fees.iter().sum::<u64>();
    if people[taker].value() < mixed + costs + LEAST {
        let thief = note.map(|_| people.pop().expect("the thief is the last"));
        send_home(stage, &people);
        return Outcome::Called(thief.map_or_else(Vec::new, |thief| thief.inputs));
    }
    let mut outs = Vec::new();
    for (number, person) in people.iter().enumerate() {
        let gain = maker_fees.get(number).copied().unwrap_or(0);
        let cost = if number == taker { costs } else { 0 };
        let change = person.value() + gain - mixed - cost;
        let thief = number == taker && note.is_some();
        for (value, is_change) in [(mixed, false), (change, true)] {
            let wallet = person.inputs[0].party.wallet;
            let party = match &mut address {
                Some(address) if thief => address(stage),
                _ => stage.fresh(wallet),
            };
            let role = match (thief, is_change) {
                (false, _) => Role::Bystander,
                (true, false) => Role::Mixed,
                (true, true) => Role::Change,
            };
            outs.push(Out { party, value, role, lots: clean(value), change: is_change });
        }
    }
    if note.is_some() {
        pay_makers(stage, &people[taker].inputs, &mut outs, &maker_fees);
    }
    let mut inputs: Vec<Piece> = people.into_iter().flat_map(|person| person.inputs).collect();
    stage.dice.shuffle(&mut inputs);
    stage.dice.shuffle(&mut outs);
    finish(stage, Protocol::Joinmarket, note, &inputs, &outs, others)
}

/// The thief's lots go into his own two outputs, which are the last, and into the makers' change as their fee.
fn pay_makers(stage: &mut Stage<'_>, inputs: &[Piece], outs: &mut [Out], maker_fees: &[u64]) {
    let own = outs.len() - 2;
    let mut sizes = vec![outs[own].value, outs[own + 1].value];
    sizes.extend(maker_fees);
    let lots = inputs.iter().flat_map(|piece| piece.lots.clone()).collect();
    let mut dealt = deal(lots, &sizes, stage.dice);
    for (maker, mut fee) in dealt.split_off(2).into_iter().enumerate() {
        let change = &mut outs[2 * maker + 1];
        let before = change.value - maker_fees[maker];
        fee.insert(0, Lot { label: LotLabel::Clean, amount: Sats(before) });
        change.lots = fee;
    }
    for (out, lots) in outs[own..].iter_mut().zip(dealt) {
        out.lots = lots;
    }
}

fn finish(
    stage: &mut Stage<'_>,
    protocol: Protocol,
    note: Option<Note>,
    inputs: &[Piece],
    outs: &[Out],
    others: usize,
) -> Outcome {
    let made = book(stage, protocol, note, inputs, outs, others);
    let (mine, others): (Vec<Piece>, Vec<Piece>) = made.into_iter().partition(|piece| piece.party.is_thief());
    let paid_away = others.iter().map(Piece::stolen).sum();
    for (piece, standard) in others.into_iter().map(|piece| {
        let standard = piece.value >= LEAST
            && standard_amounts().binary_search_by(|amount| piece.value.cmp(amount)).is_ok();
        (piece, standard)
    }) {
        // What was mixed stays for the next round, so that it has as many of them as real ones have.
        let stays = stage.hard
            && match protocol {
                Protocol::Wasabi2 => standard && stage.dice.chance(REMIXED as u64, 100),
                _ => false,
            };
        let back = if stays { stage.waiting.put(MIXED_2, piece) } else { Some(piece) };
        if let Some(piece) = back {
            stage.put_back(&piece);
        }
    }
    Outcome::Mixed(mine, paid_away)
}

/// Writes a round into chain and truth. Its outputs are nobody's until they are put back.
pub(super) fn book(
    stage: &mut Stage<'_>,
    protocol: Protocol,
    note: Option<Note>,
    inputs: &[Piece],
    outs: &[Out],
    others: usize,
) -> Vec<Piece> {
    let habit = Habit { sequence: 0xffff_ffff, lock_time: false };
    let made = stage.write(inputs, outs, habit, false);
    if let Some(note) = note {
        stage.record(note, inputs, outs, &made);
    }
    if let Some(&OutPoint { txid, .. }) = made.first().map(|piece| &piece.outpoint) {
        stage.book.put(&Record::Coinjoin {
            txid,
            protocol,
            participants: (others + usize::from(note.is_some())) as u32,
            heist: note.map(|note| note.heist),
        });
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_amounts_are_those_of_the_protocol() {
        let amounts = standard_amounts();
        assert_eq!(amounts.first(), Some(&100_000_000_000));
        assert_eq!(amounts.last(), Some(&LEAST));
        assert!(amounts.windows(2).all(|pair| pair[0] > pair[1]));
        assert!(amounts.contains(&8_192) && amounts.contains(&13_122) && amounts.contains(&50_000));
    }
}
