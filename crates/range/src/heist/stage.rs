//! Where heists are played: transactions are written into the chain and into the truth at once.

use std::collections::HashSet;

use tracehound_model::{Address, BitcoinNetwork, OutPoint, Sats, TxId};

use super::{
    records::{Custody, Record},
    waiting::Waiting,
};
use crate::{
    Entry, Lot, LotLabel, Movement, Role, Step,
    assembler::Assembler,
    dice::Dice,
    economy::{Economy, SERVICES},
    owner::Owner,
    pool::Coin,
    wire::{Pay, Spend, TxDraft},
};

/// Wallet numbers of thieves start here, far above the economy's.
pub(crate) const FIRST_ACTOR: u32 = 0xf000_0000;
/// Length of the script of an `OP_RETURN` that marks a transaction: 64 bytes of data.
const MARK_LEN: usize = 66;

/// One key of one wallet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Party {
    pub(super) wallet: u32,
    pub(super) key: u32,
    pub(super) owner: Owner,
}

impl Party {
    pub(super) fn is_service(&self) -> bool {
        self.wallet < SERVICES
    }

    pub(super) fn is_thief(&self) -> bool {
        self.wallet >= FIRST_ACTOR
    }
}

/// An output that a heist can spend.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) outpoint: OutPoint,
    pub(super) value: u64,
    pub(super) party: Party,
    pub(super) lots: Vec<Lot>,
}

impl Piece {
    pub(super) fn stolen(&self) -> u64 {
        stolen(&self.lots)
    }
}

/// An output about to be made.
#[derive(Clone, Debug)]
pub(super) struct Out {
    pub(super) party: Party,
    pub(super) value: u64,
    pub(super) role: Role,
    pub(super) lots: Vec<Lot>,
    /// Whether it stays with whoever pays.
    pub(super) change: bool,
}

/// What a wallet's software does the same way every time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habit {
    pub(super) sequence: u32,
    /// Sets the lock time to the last block.
    pub(super) lock_time: bool,
}

impl Habit {
    /// The background's habit of a wallet.
    pub(super) fn of(wallet: u32) -> Self {
        Self { sequence: if wallet & 1 == 0 { 0xffff_ffff } else { 0xffff_fffd }, lock_time: wallet & 3 == 1 }
    }
}

/// What is written about a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) heist: u32,
    pub(super) branch: u32,
    pub(super) step: Step,
    pub(super) custody: Option<Custody>,
}

/// The truth so far: lines not yet written to its file, and who was introduced.
pub(super) struct Book {
    pub(super) network: BitcoinNetwork,
    pub(super) lines: Vec<u8>,
    introduced: HashSet<u64>,
}

impl Book {
    pub(super) fn new(network: BitcoinNetwork) -> Self {
        Self { network, lines: Vec::new(), introduced: HashSet::new() }
    }

    pub(super) fn put(&mut self, record: &Record) {
        serde_json::to_writer(&mut self.lines, record).expect("a record has string keys only");
        self.lines.push(b'\n');
    }

    fn introduce(&mut self, heist: u32, party: Party, role: Role) {
        if self.introduced.insert(u64::from(party.wallet) << 32 | u64::from(party.key)) {
            let address = self.address(party);
            self.put(&Record::Actor { heist, address, role, wallet: party.wallet });
        }
    }

    fn address(&self, party: Party) -> String {
        let address = party.owner.script_key().and_then(|key| Address::from_script(self.network, &key));
        address.expect("only owners with an address play a part").to_string()
    }
}

/// Everything a heist needs to go on.
pub(super) struct Stage<'a> {
    pub(super) chain: &'a mut Assembler,
    pub(super) economy: &'a mut Economy,
    pub(super) dice: &'a mut Dice,
    pub(super) book: &'a mut Book,
    /// Coins of people who go on mixing.
    pub(super) waiting: &'a mut Waiting,
    /// Whether this is the harder range.
    pub(super) hard: bool,
}

impl Stage<'_> {
    /// A coin of the background, all clean.
    pub(super) fn piece(&self, coin: Coin) -> Piece {
        let owner = self.economy.owner(coin.wallet, coin.key);
        Piece {
            outpoint: OutPoint { txid: coin.txid, vout: coin.vout },
            value: coin.value,
            party: Party { wallet: coin.wallet, key: coin.key, owner },
            lots: clean(coin.value),
        }
    }

    /// Key `key` of a background wallet.
    pub(super) fn background(&self, wallet: u32, key: u32) -> Party {
        Party { wallet, key, owner: self.economy.owner(wallet, key) }
    }

    /// A fresh address of a background wallet.
    pub(super) fn fresh(&mut self, wallet: u32) -> Party {
        let key = self.economy.fresh_key(wallet);
        self.background(wallet, key)
    }

    /// Gives a coin of the background back.
    pub(super) fn put_back(&mut self, piece: &Piece) {
        let OutPoint { txid, vout } = piece.outpoint;
        let Party { wallet, key, .. } = piece.party;
        self.economy.put(Coin { txid, value: piece.value, vout, wallet, key }, self.dice);
    }

    /// Writes a transaction into the chain, and hands the background what is its own. What the outputs leave over is the
    /// fee.
    pub(super) fn transact(&mut self, inputs: &[Piece], outs: &[Out], habit: Habit) -> Vec<Piece> {
        let made = self.write(inputs, outs, habit, false);
        for piece in made.iter().filter(|piece| !piece.party.is_thief()) {
            self.put_back(piece);
        }
        made
    }

    /// Writes a transaction into the chain, with an `OP_RETURN` output behind the others where it is `marked`. Its outputs
    /// are nobody's to spend until they are put back.
    pub(super) fn write(&mut self, inputs: &[Piece], outs: &[Out], habit: Habit, marked: bool) -> Vec<Piece> {
        let spend = |piece: &Piece| Spend {
            txid: piece.outpoint.txid,
            vout: piece.outpoint.vout,
            owner: piece.party.owner,
            sequence: habit.sequence,
        };
        let mut draft = TxDraft {
            lock_time: if habit.lock_time { self.chain.height() - 1 } else { 0 },
            inputs: inputs.iter().map(spend).collect(),
            outputs: outs.iter().map(|out| Pay::To { owner: out.party.owner, value: out.value }).collect(),
        };
        if marked {
            draft.outputs.push(Pay::Data { script_len: MARK_LEN });
        }
        let paid: u64 = outs.iter().map(|out| out.value).sum();
        let fee = inputs.iter().map(|piece| piece.value).sum::<u64>() - paid;
        let txid = self.chain.add(&draft, fee, self.dice);
        self.economy.note(&draft, fee);
        let mut made = Vec::with_capacity(outs.len());
        for (vout, out) in (0..).zip(outs) {
            let piece = Piece {
                outpoint: OutPoint { txid, vout },
                value: out.value,
                party: out.party,
                lots: out.lots.clone(),
            };
            made.push(piece);
        }
        made
    }

    /// Writes a transaction into the chain and the truth.
    pub(super) fn movement(
        &mut self,
        note: Note,
        inputs: &[Piece],
        outs: &[Out],
        habit: Habit,
    ) -> Vec<Piece> {
        let made = self.transact(inputs, outs, habit);
        self.record(note, inputs, outs, &made);
        made
    }

    /// Writes a transaction that is in the chain into the truth.
    pub(super) fn record(&mut self, note: Note, inputs: &[Piece], outs: &[Out], made: &[Piece]) {
        let height = self.chain.height();
        for piece in inputs {
            let role = if piece.party.is_service() { Role::Service } else { Role::Bystander };
            self.book.introduce(note.heist, piece.party, role);
        }
        for out in outs {
            self.book.introduce(note.heist, out.party, out.role);
        }
        let entries = |pieces: &[Piece]| {
            pieces
                .iter()
                .map(|piece| Entry {
                    outpoint: piece.outpoint,
                    address: self.book.address(piece.party),
                    lots: piece.lots.clone(),
                })
                .collect()
        };
        let movement = Movement {
            txid: made.first().map_or(TxId([0; 32]), |piece| piece.outpoint.txid),
            height,
            step: note.step,
            inputs: entries(inputs),
            outputs: entries(made),
            fee: fee_lots(inputs, outs, note.custody),
        };
        let change = (0..).zip(outs).filter_map(|(vout, out)| out.change.then_some(vout)).collect();
        self.book.put(&Record::Movement {
            heist: note.heist,
            branch: note.branch,
            movement,
            change,
            custody: note.custody,
        });
    }
}

fn fee_lots(inputs: &[Piece], outs: &[Out], custody: Option<Custody>) -> Vec<Lot> {
    let swapped = custody.map_or(0, |custody| custody.amount.0);
    [(LotLabel::Stolen, swapped, 0), (LotLabel::Clean, 0, swapped)]
        .into_iter()
        .filter_map(|(label, gained, lost)| {
            let paid_in: u64 = inputs.iter().map(|piece| amount(&piece.lots, label)).sum::<u64>() + gained;
            let paid_out: u64 = outs.iter().map(|out| amount(&out.lots, label)).sum::<u64>() + lost;
            let left = paid_in.checked_sub(paid_out).expect("no lot comes from nowhere");
            (left > 0).then_some(Lot { label, amount: Sats(left) })
        })
        .collect()
}

fn amount(lots: &[Lot], label: LotLabel) -> u64 {
    lots.iter().filter(|lot| lot.label == label).map(|lot| lot.amount.0).sum()
}

/// Satoshi of loot among the lots.
pub(super) fn stolen(lots: &[Lot]) -> u64 {
    amount(lots, LotLabel::Stolen)
}

pub(super) fn clean(value: u64) -> Vec<Lot> {
    vec![Lot { label: LotLabel::Clean, amount: Sats(value) }]
}

pub(super) fn loot(value: u64) -> Vec<Lot> {
    vec![Lot { label: LotLabel::Stolen, amount: Sats(value) }]
}

/// Decides which lots go into outputs of these sizes; what is left is the fee's.
///
/// Where clean money is in the same wallet no fact says which unit went where. Dice decide, in lots as large as
/// possible: neither pro rata nor by any order of inputs and outputs, so that no rule of taint is favoured.
pub(super) fn deal(mut lots: Vec<Lot>, sizes: &[u64], dice: &mut Dice) -> Vec<Vec<Lot>> {
    if lots.iter().any(|lot| lot.label != lots[0].label) {
        dice.shuffle(&mut lots);
    }
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    dice.shuffle(&mut order);
    let mut dealt = vec![Vec::new(); sizes.len()];
    // The fee's turn comes first or last.
    let total: u64 = lots.iter().map(|lot| lot.amount.0).sum();
    let fee = total - sizes.iter().sum::<u64>();
    if dice.chance(1, 2) {
        draw(&mut lots, fee);
    }
    for at in order {
        dealt[at] = draw(&mut lots, sizes[at]);
    }
    dealt
}

fn draw(lots: &mut Vec<Lot>, mut wanted: u64) -> Vec<Lot> {
    let mut drawn: Vec<Lot> = Vec::new();
    while wanted > 0 {
        let last = lots.last_mut().expect("the sizes are not more than the lots");
        let part = wanted.min(last.amount.0);
        match drawn.last_mut() {
            Some(lot) if lot.label == last.label => lot.amount.0 += part,
            _ => drawn.push(Lot { label: last.label, amount: Sats(part) }),
        }
        last.amount.0 -= part;
        wanted -= part;
        if last.amount.0 == 0 {
            lots.pop();
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dealt_lots_add_up_to_the_sizes_and_lose_nothing() {
        let mut dice = Dice::new(5);
        for _ in 0..200 {
            let lots = [loot(700), clean(200), loot(100)].concat();
            let dealt = deal(lots, &[400, 500, 60], &mut dice);
            let sums: Vec<u64> = dealt.iter().map(|lots| lots.iter().map(|lot| lot.amount.0).sum()).collect();
            assert_eq!(sums, [400, 500, 60]);
            let dirty: u64 = dealt.iter().map(|lots| stolen(lots)).sum();
            assert!((760..=800).contains(&dirty), "{dirty}");
        }
    }
}
