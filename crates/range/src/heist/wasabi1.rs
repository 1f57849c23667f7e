//! Wasabi 1: rounds of one amount near 0.1 BTC, with change, and twice, four and eight times the amount for those who
//! brought more.
//!
//! The shapes are counted in 101 rounds of August 2021 with labels (crocs-muni/pets26_coinjoin_analysis): the amount, how
//! many take it, coins per person, fee rate; one in three of their inputs is of about that amount, so mixed before. The
//! coordinator gets 0.003 % of the amount for each person whom one is hidden among.

use super::{
    records::Protocol,
    rounds::{Guest, LEAST_OTHERS, Outcome, Person, book, people, send_home},
    stage::{Out, Stage, clean, deal},
    waiting::Queue,
};
use crate::{Role, economy::SERVICES, measured::Histogram, owner::Template};

/// People who take the amount.
static PEOPLE: Histogram =
    Histogram::new(&[(10, 42, 10), (43, 48, 15), (49, 53, 25), (54, 57, 25), (58, 61, 15), (62, 70, 10)]);
/// The amount, base units.
const AMOUNT: (u64, u64) = (10_980_967, 10_989_139);
/// Satoshi per virtual byte, in hundredths.
const FEE_RATE: u64 = 225;
/// Inputs that were mixed before, in a hundred.
const REMIXED: usize = 33;
/// Chance in a hundred that a mixed coin waits for the next round: as many as come back.
const STAYS: u64 = 45;
/// Levels: the amount, and twice, four and eight times it.
const LEVELS: u32 = 4;
/// The coordinator's share for each other person, one part in so many.
const COORDINATOR: u64 = 33_333;
/// Smallest change, base units.
const LEAST: u64 = 5_000;

/// A round with as many people as the chain has.
pub(super) fn wasabi1(stage: &mut Stage<'_>, guest: Option<Guest<'_>>) -> Outcome {
    let amount = stage.dice.between(AMOUNT.0, AMOUNT.1);
    let wanted = PEOPLE.draw(stage.dice);
    let queue = Queue::Mixed(Protocol::Wasabi1, 0);
    let again = stage.waiting.take_any(queue, wanted * REMIXED / 100, stage.dice);
    let mut crowd: Vec<Person> = Vec::new();
    for piece in again {
        Person::join(&mut crowd, piece);
    }
    let new = people(stage, wanted - crowd.len().min(wanted), amount / 3, &[Template::P2wpkh]);
    for piece in new.into_iter().flat_map(|person| person.inputs) {
        Person::join(&mut crowd, piece);
    }
    // Who brings too little brings more of his coins, or goes.
    let least = amount + amount / 400 + 2_000;
    let mut here = Vec::new();
    for mut person in crowd {
        let wallet = person.inputs[0].party.wallet;
        while person.value() < least && person.inputs.len() < 6 {
            let Some(coin) = stage.economy.take_newest(wallet) else { break };
            person.inputs.push(stage.piece(coin));
        }
        if person.value() < least { send_home(stage, &[person]) } else { here.push(person) }
    }
    let fits = guest.as_ref().is_none_or(|guest| {
        guest.pieces.iter().map(|piece| piece.value).sum::<u64>() >= least
            && guest.pieces.iter().all(|piece| piece.party.owner.template == Template::P2wpkh)
    });
    if here.len() < 2 * LEAST_OTHERS || !fits {
        send_home(stage, &here);
        return Outcome::Called(guest.map_or_else(Vec::new, |guest| guest.pieces));
    }
    let others = here.len();
    let mut fees = 0;
    for person in &mut here {
        let wallet = person.inputs[0].party.wallet;
        let (values, change, fee) = cut(person.value(), person.inputs.len(), amount, others);
        fees += fee;
        for value in values.into_iter().chain(change) {
            let party = stage.fresh(wallet);
            person.outs.push(Out {
                party,
                value,
                role: Role::Bystander,
                lots: clean(value),
                change: Some(value) == change,
            });
        }
    }
    let service = (SERVICES / 2..SERVICES)
        .rev()
        .find(|service| stage.background(*service, 0).owner.template == Template::P2wpkh)
        .expect("one in seven services");
    let party = stage.fresh(service);
    let mut outs: Vec<Out> =
        vec![Out { party, value: 0, role: Role::Coordinator, lots: Vec::new(), change: false }];
    let mut inputs: Vec<_> = here.iter().flat_map(|person| person.inputs.clone()).collect();
    outs.extend(here.into_iter().flat_map(|person| person.outs));
    let mut fee_lots = clean(fees);
    let note = guest.map(|guest| {
        let total: u64 = guest.pieces.iter().map(|piece| piece.value).sum();
        let (values, change, fee) = cut(total, guest.pieces.len(), amount, others);
        let mut sizes: Vec<u64> = values.iter().copied().chain(change).collect();
        sizes.push(fee);
        let lots = guest.pieces.iter().flat_map(|piece| piece.lots.clone()).collect();
        let mut dealt = deal(lots, &sizes, stage.dice);
        fee_lots.extend(dealt.pop().unwrap_or_default());
        for ((at, value), lots) in (0..).zip(&sizes).zip(dealt) {
            let is_change = at >= values.len();
            let role = if is_change { Role::Change } else { Role::Mixed };
            let party = (guest.address)(stage);
            outs.push(Out { party, value: *value, role, lots, change: is_change });
        }
        fees += fee;
        inputs.extend(guest.pieces);
        guest.note
    });
    outs[0].value = fees;
    outs[0].lots = fee_lots;
    inputs.sort_by_key(|piece| piece.outpoint.txid.0);
    outs.sort_by_key(|out| (out.value, out.party.key));
    let made = book(stage, Protocol::Wasabi1, note, &inputs, &outs, others);
    let (mut mine, mut paid_away) = (Vec::new(), 0);
    for (piece, out) in made.into_iter().zip(&outs) {
        if piece.party.is_thief() {
            mine.push(piece);
            continue;
        }
        paid_away += piece.stolen();
        let mixed = out.value >= amount && out.value % amount == 0;
        let back = if mixed && stage.dice.chance(STAYS, 100) {
            stage.waiting.put(queue, piece)
        } else {
            Some(piece)
        };
        if let Some(piece) = back {
            stage.put_back(&piece);
        }
    }
    Outcome::Mixed(mine, paid_away)
}

/// The mixed outputs of a person, its change, and what it pays the coordinator; the rest is the miner's.
fn cut(value: u64, inputs: usize, amount: u64, others: usize) -> (Vec<u64>, Option<u64>, u64) {
    let mut values = Vec::new();
    let mut left = value;
    for level in 0..LEVELS {
        let size = amount << level;
        let fee = size / COORDINATOR * others as u64;
        let miner = (68 * inputs as u64 + 31 * (u64::from(level) + 2)) * FEE_RATE / 100 + 100;
        if left < size + fee + miner {
            break;
        }
        values.push(size);
        left -= size + fee;
    }
    let coordinator: u64 = values.iter().map(|size| size / COORDINATOR * others as u64).sum();
    let miner = (68 * inputs as u64 + 31 * (values.len() as u64 + 2)) * FEE_RATE / 100;
    left = left.saturating_sub(miner);
    (values, (left >= LEAST).then_some(left), coordinator)
}
