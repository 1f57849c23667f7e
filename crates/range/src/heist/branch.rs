//! One part of the loot on its way, a step at a time.

use std::collections::VecDeque;

use tracehound_model::{OutPoint, Sats};

use super::{
    adapt, payjoin,
    plan::{MIXERS, Plan, Task},
    records::{BranchEnds, Custody, Hop, Record},
    rounds::{Guest, Outcome, equal, round_size, wasabi2},
    stage::{Habit, Note, Out, Party, Piece, Stage, clean, deal, loot, stolen},
    wasabi1::wasabi1,
    whirlpool,
};
use crate::{
    Lot, Role, Step,
    economy::{SERVICES, draw_service},
    owner::Template,
};

/// Pieces below this many satoshi are left where they are.
const SMALL: u64 = 50_000;
/// Coins one part brings into a round.
const MOST_PER_ROUND: usize = 6;
/// Amounts of dust, satoshi.
const DUST: (u64, u64) = (546, 2_000);

/// What a mixer owes.
#[derive(Clone, Debug)]
struct Owed {
    mixer: u32,
    deposit: OutPoint,
    payouts: Vec<u64>,
}

/// A kind of round that a thief takes part in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Standard,
    Equal,
    OneAmount,
}

/// A part of the loot.
pub(super) struct Branch {
    pub(super) heist: u32,
    pub(super) number: u32,
    tasks: VecDeque<Task>,
    /// What the thief can spend.
    pieces: Vec<Piece>,
    /// What he leaves behind.
    left: Vec<Piece>,
    /// Clean money to be spent together with the next piece.
    own: Option<Piece>,
    owed: Option<Owed>,
    /// Coins in a pool, each with the rounds that are left for it, and the pool's amount.
    pooled: Vec<(Piece, u32)>,
    pool: u64,
    /// Whether he has changed his ways, and whether he goes to services that few people use.
    adapted: bool,
    shy: bool,
    hops: Vec<Hop>,
    ends: BranchEnds,
}

impl Branch {
    pub(super) fn new(heist: u32, number: u32, start: Piece, tasks: Vec<Task>) -> Self {
        let ends = BranchEnds { stolen: Sats(start.stolen()), ..BranchEnds::default() };
        Self {
            heist,
            number,
            tasks: tasks.into(),
            pieces: vec![start],
            left: Vec::new(),
            own: None,
            owed: None,
            pooled: Vec::new(),
            pool: 0,
            adapted: false,
            shy: false,
            hops: Vec::new(),
            ends,
        }
    }

    /// Where everything is now.
    pub(super) fn ends(&self) -> BranchEnds {
        let pooled = self.pooled.iter().map(|(piece, _)| piece);
        let pieces = self.pieces.iter().chain(&self.left).chain(&self.own).chain(pooled);
        BranchEnds { held: Sats(pieces.map(Piece::stolen).sum()), ..self.ends }
    }

    /// Does one thing. Returns after how many transactions of the chain it wants to go on, `None` when it is done.
    pub(super) fn step(&mut self, stage: &mut Stage<'_>, plan: &mut Plan) -> Option<u64> {
        let task = self.tasks.pop_front()?;
        let listed = plan.listed_at.is_some_and(|at| at <= stage.economy.totals.txs);
        if task == Task::CashOut && listed && !self.adapted {
            self.adapted = true;
            let adaptation = adapt::draw(stage, self.heist, self.number);
            self.shy = adaptation.shy;
            self.tasks.push_front(task);
            for task in adaptation.first {
                self.tasks.push_front(task);
            }
            return Some(plan.delay(stage.dice));
        }
        match task {
            Task::Peel(0) | Task::Wasabi2(0) | Task::Equal(0) | Task::Wasabi1(0) | Task::Payouts(0) => {}
            Task::Peel(left) => {
                if self.peel(stage, plan) {
                    self.tasks.push_front(Task::Peel(left - 1));
                }
            }
            Task::FanOut(count) => self.fan_out(stage, plan, count),
            Task::Gather => self.gather(stage, plan),
            Task::Wasabi2(left) => self.round(stage, plan, Round::Standard, left),
            Task::Equal(left) => self.round(stage, plan, Round::Equal, left),
            Task::Wasabi1(left) => self.round(stage, plan, Round::OneAmount, left),
            Task::Premix => self.premix(stage, plan),
            Task::Pool(tries) => {
                if self.pool_round(stage, plan, tries == 0) {
                    self.tasks.push_front(Task::Pool(tries.saturating_sub(1)));
                }
            }
            Task::Payjoin => self.payjoin(stage, plan),
            Task::Deposit => self.deposit(stage, plan),
            Task::Payouts(tries) => {
                if self.payout(stage, plan) {
                    self.tasks.push_front(Task::Payouts(tries - 1));
                }
            }
            Task::Churn => self.churn(stage, plan),
            Task::Dust(count) => self.dust(stage, plan, count),
            Task::Fund => self.fund(stage, plan, false),
            Task::PartnerEarns => self.fund(stage, plan, true),
            Task::PartnerPays => self.partner_pays(stage, plan),
            Task::Sleep(time) => return Some(time),
            Task::CashOut => {
                if self.cash_out(stage, plan) {
                    self.tasks.push_front(Task::CashOut);
                }
            }
        }
        if !matches!(self.tasks.front(), Some(Task::Peel(1..))) {
            self.end_chain(stage);
        }
        Some(plan.delay(stage.dice))
    }

    /// Writes a peel chain down that is complete, or cut off by the chain's end.
    pub(super) fn end_chain(&mut self, stage: &mut Stage<'_>) {
        if !self.hops.is_empty() {
            let hops = std::mem::take(&mut self.hops);
            stage.book.put(&Record::PeelChain { heist: self.heist, branch: self.number, hops });
        }
    }

    fn note(&self, step: Step) -> Note {
        Note { heist: self.heist, branch: self.number, step, custody: None }
    }

    /// The largest piece, unless even that is too small to spend.
    fn take_largest(&mut self) -> Option<Piece> {
        let at = (0..self.pieces.len()).max_by_key(|&at| self.pieces[at].value)?;
        (self.pieces[at].value >= SMALL).then(|| self.pieces.swap_remove(at))
    }

    /// A piece and, if there is some, the clean money to be spent with it.
    fn inputs(&mut self, piece: Piece, stage: &mut Stage<'_>) -> Vec<Piece> {
        let mut inputs = vec![piece];
        inputs.extend(self.own.take());
        stage.dice.shuffle(&mut inputs);
        inputs
    }

    /// Where change goes: to a used address at times.
    fn change_party(stage: &mut Stage<'_>, plan: &mut Plan, before: Party) -> Party {
        if stage.dice.chance(plan.reuse, 100) { before } else { plan.fresh(stage, true) }
    }

    /// Deals the inputs' lots to the outputs, writes the transaction and books what leaves the thief.
    fn spend(
        &mut self,
        stage: &mut Stage<'_>,
        plan: &Plan,
        step: Step,
        inputs: &[Piece],
        mut outs: Vec<Out>,
    ) -> Vec<Piece> {
        let sizes: Vec<u64> = outs.iter().map(|out| out.value).collect();
        let lots: Vec<Lot> = inputs.iter().flat_map(|piece| piece.lots.clone()).collect();
        let before = stolen(&lots);
        for (out, lots) in outs.iter_mut().zip(deal(lots, &sizes, stage.dice)) {
            out.lots = lots;
        }
        let after: u64 = outs.iter().map(|out| stolen(&out.lots)).sum();
        self.ends.fees.0 += before - after;
        let habit = plan.habit(stage.dice);
        let made = stage.movement(self.note(step), inputs, &outs, habit);
        for (piece, out) in made.iter().zip(&outs) {
            match out.role {
                Role::Service => self.ends.cashed_out.0 += piece.stolen(),
                Role::Peeled | Role::Dusted => self.ends.paid_away.0 += piece.stolen(),
                Role::Mixer => self.ends.with_mixers.0 += piece.stolen(),
                _ => {}
            }
        }
        made
    }

    /// A service's deposit address, or a buyer's now and then.
    fn payee(stage: &mut Stage<'_>, buyers: u64, shy: bool) -> (Party, Role) {
        if stage.dice.chance(buyers, 100) {
            let user = stage.economy.draw_user(stage.dice);
            return (stage.fresh(user), Role::Peeled);
        }
        let service = loop {
            let service = if shy { adapt::small_service(stage.dice) } else { draw_service(stage.dice) };
            let party = stage.background(service, 0);
            if !MIXERS.contains(&service) && party.owner.script_key().is_some() {
                break service;
            }
        };
        let key = stage.economy.deposit_key(service, 1, stage.dice);
        (stage.background(service, key), Role::Service)
    }

    /// One hop: a little to a service or a buyer, the rest to the thief. `false` when too little is left.
    fn peel(&mut self, stage: &mut Stage<'_>, plan: &mut Plan) -> bool {
        let Some(piece) = self.take_largest() else { return false };
        let before = piece.party;
        let inputs = self.inputs(piece, stage);
        let total: u64 = inputs.iter().map(|piece| piece.value).sum();
        let fee = plan.fee(inputs.len(), 2, stage.dice);
        let part = stage.dice.least_of(20, 1_000_000);
        let off = (u128::from(total) * u128::from(part) / 1_000_000) as u64;
        let mut off = off.max(20_000);
        let mut decoy = 0;
        if stage.hard {
            if stage.dice.chance(30, 100) {
                // What he keeps is the smaller part.
                off = total / 100 * stage.dice.between(55, 90);
            }
            if stage.dice.chance(30, 100) {
                decoy = (total / 100 * stage.dice.between(5, 40))
                    .min(total.saturating_sub(off + 2 * fee + 2 * SMALL));
            }
        }
        let fee = if decoy >= SMALL { fee * 3 / 2 } else { fee };
        let decoy = if decoy >= SMALL { decoy } else { 0 };
        if total < off + decoy + fee + SMALL {
            self.left.extend(inputs);
            return false;
        }
        let (party, role) = Self::payee(stage, 15, self.shy);
        if party.owner.script_key().is_none() {
            self.pieces.extend(inputs);
            return true;
        }
        let rest = Self::change_party(stage, plan, before);
        let mut outs = vec![
            Out { party, value: off, role, lots: Vec::new(), change: false },
            Out {
                party: rest,
                value: total - off - decoy - fee,
                role: Role::Peel,
                lots: Vec::new(),
                change: true,
            },
        ];
        if decoy > 0 {
            // Left where it is, as change that looks like what goes on.
            let party = plan.fresh(stage, true);
            outs.push(Out { party, value: decoy, role: Role::Churn, lots: Vec::new(), change: true });
        }
        stage.dice.shuffle(&mut outs);
        let place = |role| outs.iter().position(|out| out.role == role);
        let (change, left) = (place(Role::Peel).expect("it is there") as u32, place(Role::Churn));
        let mut made = self.spend(stage, plan, Step::Peel, &inputs, outs);
        self.left.extend(left.map(|at| made[at].clone()));
        let rest = made.swap_remove(change as usize);
        self.hops.push(Hop { txid: rest.outpoint.txid, change });
        self.pieces.push(rest);
        true
    }

    fn fan_out(&mut self, stage: &mut Stage<'_>, plan: &mut Plan, count: u64) {
        let Some(piece) = self.take_largest() else { return };
        let count = count.min(piece.value / (4 * SMALL)).max(1);
        let inputs = self.inputs(piece, stage);
        let fee = plan.fee(inputs.len(), count as usize, stage.dice);
        let total = inputs.iter().map(|piece| piece.value).sum::<u64>() - fee;
        let outs = Self::spread(stage, plan, total, count);
        let made = self.spend(stage, plan, Step::FanOut, &inputs, outs);
        self.pieces.extend(made);
    }

    /// Outputs to own fresh addresses, all equal half of the time.
    fn spread(stage: &mut Stage<'_>, plan: &mut Plan, total: u64, count: u64) -> Vec<Out> {
        let equal = stage.dice.chance(1, 2);
        shares(total, count, equal, stage)
            .into_iter()
            .map(|value| Out {
                party: plan.fresh(stage, true),
                value,
                role: Role::Churn,
                lots: Vec::new(),
                change: true,
            })
            .collect()
    }

    fn gather(&mut self, stage: &mut Stage<'_>, plan: &mut Plan) {
        let mut inputs: Vec<Piece> = std::mem::take(&mut self.pieces);
        inputs.extend(self.own.take());
        if inputs.len() < 2 {
            self.pieces = inputs;
            return;
        }
        stage.dice.shuffle(&mut inputs);
        let total: u64 = inputs.iter().map(|piece| piece.value).sum();
        let fee = plan.fee(inputs.len(), 1, stage.dice);
        if total < fee + SMALL {
            self.left.extend(inputs);
            return;
        }
        let party = Self::change_party(stage, plan, inputs[0].party);
        let out = Out { party, value: total - fee, role: Role::Gathered, lots: Vec::new(), change: true };
        let made = self.spend(stage, plan, Step::Gather, &inputs, vec![out]);
        self.pieces.extend(made);
    }

    /// A round; when too few people come, the next one is tried instead, so that nobody waits for ever.
    fn round(&mut self, stage: &mut Stage<'_>, plan: &mut Plan, kind: Round, left: u32) {
        let mut pieces = Vec::new();
        let most = if kind == Round::Equal { 1 } else { MOST_PER_ROUND };
        while pieces.len() < most {
            let Some(piece) = self.take_largest() else { break };
            pieces.push(piece);
        }
        if pieces.is_empty() {
            return;
        }
        let brought: u64 = pieces.iter().map(Piece::stolen).sum();
        let note = self.note(Step::CoinJoin);
        let mut address = |stage: &mut Stage<'_>| plan.fresh(stage, false);
        let guest = Guest { note, pieces, address: &mut address };
        let (outcome, next) = match kind {
            Round::Standard => {
                let others = round_size(stage);
                (wasabi2(stage, others, Some(guest)), Task::Wasabi2(left - 1))
            }
            Round::Equal => {
                let others = stage.dice.between(4, 11) as usize;
                (equal(stage, others, Some(guest)), Task::Equal(left - 1))
            }
            Round::OneAmount => (wasabi1(stage, Some(guest)), Task::Wasabi1(left - 1)),
        };
        match outcome {
            Outcome::Mixed(mine, paid_away) => {
                let kept: u64 = mine.iter().map(Piece::stolen).sum();
                self.ends.paid_away.0 += paid_away;
                self.ends.fees.0 += brought - kept - paid_away;
                self.pieces.extend(mine);
            }
            Outcome::Called(mine) => self.pieces.extend(mine),
        }
        self.tasks.push_front(next);
    }

    /// Cuts the largest piece for a pool that is small enough for it.
    fn premix(&mut self, stage: &mut Stage<'_>, plan: &mut Plan) {
        let Some(piece) = self.take_largest() else { return };
        let inputs = self.inputs(piece, stage);
        let total: u64 = inputs.iter().map(|piece| piece.value).sum();
        let Some((pool, count)) = whirlpool::pool_for(total, stage.dice) else {
            self.pieces.extend(inputs);
            return;
        };
        let count = whirlpool::of_thief(count);
        let mut address = |_: &mut Stage<'_>| plan.fresh_of(Template::P2wpkh);
        let mut outs = whirlpool::tx0(stage, total, (pool, count), &mut address, Role::Churn);
        let sizes: Vec<u64> = outs.iter().map(|out| out.value).collect();
        let lots: Vec<Lot> = inputs.iter().flat_map(|piece| piece.lots.clone()).collect();
        let before = stolen(&lots);
        for (out, lots) in outs.iter_mut().zip(deal(lots, &sizes, stage.dice)) {
            out.lots = lots;
        }
        let made = stage.write(&inputs, &outs, whirlpool::HABIT, true);
        stage.record(self.note(Step::Premix), &inputs, &outs, &made);
        whirlpool::note_tx0(stage, &made, pool);
        self.pool = pool;
        let mut after = 0;
        for (piece, out) in made.into_iter().zip(outs) {
            after += piece.stolen();
            match out.role {
                Role::Coordinator => {
                    self.ends.paid_away.0 += piece.stolen();
                    stage.put_back(&piece);
                }
                Role::Churn => self.pooled.push((piece, stage.dice.between(1, 4) as u32)),
                _ => self.pieces.push(piece),
            }
        }
        self.ends.fees.0 += before - after;
    }

    /// A round for one of the coins in a pool, or, where too few people wait, one who comes. `false` when all are through;
    /// at the `end` of his patience the thief takes them as they are.
    fn pool_round(&mut self, stage: &mut Stage<'_>, plan: &mut Plan, end: bool) -> bool {
        if end {
            self.pieces.extend(self.pooled.drain(..).map(|(piece, _)| piece));
        }
        if self.pooled.is_empty() {
            return false;
        }
        let (piece, left) = self.pooled.swap_remove(stage.dice.index(self.pooled.len()));
        let brought = piece.stolen();
        let note = self.note(Step::CoinJoin);
        let mut address = |_: &mut Stage<'_>| plan.fresh_of(Template::P2wpkh);
        let guest = Guest { note, pieces: vec![piece], address: &mut address };
        match whirlpool::round(stage, self.pool, Some(guest)) {
            Outcome::Mixed(mine, paid_away) => {
                let kept: u64 = mine.iter().map(Piece::stolen).sum();
                self.ends.paid_away.0 += paid_away;
                self.ends.fees.0 += brought - kept - paid_away;
                match left {
                    0 | 1 => self.pieces.extend(mine),
                    _ => self.pooled.extend(mine.into_iter().map(|piece| (piece, left - 1))),
                }
            }
            Outcome::Called(mine) => {
                self.pooled.extend(mine.into_iter().map(|piece| (piece, left)));
                whirlpool::enter(stage);
            }
        }
        true
    }

    /// Pays somebody who brings a coin too, if there is one of the same kind of wallet.
    fn payjoin(&mut self, stage: &mut Stage<'_>, plan: &mut Plan) {
        let Some(piece) = self.take_largest() else { return };
        if piece.value < 4 * SMALL {
            self.pieces.push(piece);
            return;
        }
        let Some(payee) = payjoin::payee(stage, piece.party.owner.template, piece.party.wallet) else {
            self.pieces.push(piece);
            return;
        };
        let before = piece.stolen();
        let party = plan.fresh(stage, false);
        let note = self.note(Step::Payjoin);
        let habit = plan.habit(stage.dice);
        let (change, got) = payjoin::pay(stage, piece, payee, (party, habit), Some(note));
        self.ends.paid_away.0 += got;
        self.ends.fees.0 += before - got - change.stolen();
        self.pieces.push(change);
    }

    fn deposit(&mut self, stage: &mut Stage<'_>, plan: &Plan) {
        let mixer = MIXERS.start + stage.dice.index(MIXERS.len()) as u32;
        let Some(piece) = self.take_largest() else { return };
        let inputs = self.inputs(piece, stage);
        let fee = plan.fee(inputs.len(), 1, stage.dice);
        let value = inputs.iter().map(|piece| piece.value).sum::<u64>() - fee;
        let party = stage.fresh(mixer);
        if party.owner.script_key().is_none() {
            self.pieces.extend(inputs);
            return;
        }
        let out = Out { party, value, role: Role::Mixer, lots: Vec::new(), change: false };
        let made = self.spend(stage, plan, Step::MixerDeposit, &inputs, vec![out]);
        let Some(deposit) = made.first() else { return };
        // 0.5 to 3 per cent, two to eight payouts.
        let owed = deposit.stolen() / 1_000 * (1_000 - stage.dice.between(5, 30));
        if owed < SMALL {
            return;
        }
        let count = stage.dice.between(2, 8).min(owed / (2 * SMALL)).max(1);
        let payouts = shares(owed, count, false, stage);
        self.owed = Some(Owed { mixer, deposit: deposit.outpoint, payouts });
    }

    /// One payout, if the mixer has the coins. `false` when nothing is owed any more.
    fn payout(&mut self, stage: &mut Stage<'_>, plan: &mut Plan) -> bool {
        let Some(owed) = &mut self.owed else { return false };
        let Some(&value) = owed.payouts.last() else { return false };
        let (mixer, deposit) = (owed.mixer, owed.deposit);
        let mut inputs: Vec<Piece> = Vec::new();
        let mut total = 0;
        let mut fee = 0;
        while total < value + fee && inputs.len() < 40 {
            let Some(coin) = stage.economy.take_newest(mixer) else { break };
            total += coin.value;
            inputs.push(stage.piece(coin));
            fee = 10 * (11 + 100 * inputs.len() as u64 + 62);
        }
        if total < value + fee {
            for piece in &inputs {
                stage.put_back(piece);
            }
            return true;
        }
        owed.payouts.pop();
        let party = plan.fresh(stage, false);
        let mut outs = vec![Out { party, value, role: Role::MixerPayout, lots: loot(value), change: false }];
        let rest = total - value - fee;
        if rest >= 1_000 {
            let party = stage.fresh(mixer);
            outs.push(Out { party, value: rest, role: Role::Service, lots: clean(rest), change: true });
        }
        let custody = Some(Custody { deposit, amount: Sats(value) });
        let note = Note { custody, ..self.note(Step::MixerPayout) };
        let mut made = stage.movement(note, &inputs, &outs, Habit::of(mixer));
        self.ends.with_mixers.0 -= value;
        self.pieces.push(made.swap_remove(0));
        true
    }

    fn churn(&mut self, stage: &mut Stage<'_>, plan: &mut Plan) {
        let Some(piece) = self.take_largest() else { return };
        let inputs = self.inputs(piece, stage);
        let fee = plan.fee(inputs.len(), 1, stage.dice);
        let value = inputs.iter().map(|piece| piece.value).sum::<u64>() - fee;
        let party = plan.fresh(stage, true);
        let out = Out { party, value, role: Role::Churn, lots: Vec::new(), change: true };
        let made = self.spend(stage, plan, Step::Churn, &inputs, vec![out]);
        self.pieces.extend(made);
    }

    /// Dust for strangers, who did nothing but have an address.
    fn dust(&mut self, stage: &mut Stage<'_>, plan: &mut Plan, count: u64) {
        let Some(piece) = self.take_largest() else { return };
        let before = piece.party;
        let inputs = self.inputs(piece, stage);
        let mut outs = Vec::new();
        for _ in 0..count {
            let (user, key) = stage.economy.used_address(stage.dice);
            let party = stage.background(user, key);
            if party.owner.script_key().is_some() {
                let value = stage.dice.between(DUST.0, DUST.1);
                outs.push(Out { party, value, role: Role::Dusted, lots: Vec::new(), change: false });
            }
        }
        let fee = plan.fee(inputs.len(), outs.len() + 1, stage.dice);
        let spent = fee + outs.iter().map(|out| out.value).sum::<u64>();
        let total: u64 = inputs.iter().map(|piece| piece.value).sum();
        if total < spent + SMALL {
            self.pieces.extend(inputs);
            return;
        }
        let party = Self::change_party(stage, plan, before);
        let rest = Out { party, value: total - spent, role: Role::Churn, lots: Vec::new(), change: true };
        outs.push(rest);
        let mut made = self.spend(stage, plan, Step::Dust, &inputs, outs);
        self.pieces.extend(made.pop());
    }

    /// A service pays the thief some clean money of his, or a user one with whom he shares the wallet.
    fn fund(&mut self, stage: &mut Stage<'_>, plan: &mut Plan, partner: bool) {
        let largest = self.pieces.iter().map(|piece| piece.value).max().unwrap_or(0);
        let wanted = largest / 100 * stage.dice.between(10, 80);
        if wanted < SMALL {
            return;
        }
        let coin = stage.economy.take_where(400, stage.dice, |coin, _| {
            (coin.wallet < SERVICES) != partner
                && !MIXERS.contains(&coin.wallet)
                && coin.value >= wanted + 20_000
        });
        let Some(coin) = coin else { return };
        let source = stage.piece(coin);
        if source.party.owner.script_key().is_none() {
            stage.put_back(&source);
            return;
        }
        let service = coin.wallet;
        let fee = plan.fee(1, 2, stage.dice).min(10_000);
        let rest = source.value - wanted - fee;
        let own = plan.fresh(stage, true);
        let back = stage.fresh(service);
        let source_role = if partner { Role::Bystander } else { Role::Service };
        let outs = [
            Out { party: own, value: wanted, role: Role::Own, lots: clean(wanted), change: false },
            Out { party: back, value: rest, role: source_role, lots: clean(rest), change: true },
        ];
        let mut made = stage.movement(self.note(Step::Fund), &[source], &outs, Habit::of(service));
        self.own = Some(made.swap_remove(0));
    }

    /// Who shares the wallet pays a service, with coins of both: a wallet does not ask whose they are.
    fn partner_pays(&mut self, stage: &mut Stage<'_>, plan: &mut Plan) {
        let Some(brought) = self.own.as_ref().map(|own| own.value) else { return };
        let Some(piece) = self.take_largest() else { return };
        let inputs = self.inputs(piece, stage);
        let total: u64 = inputs.iter().map(|piece| piece.value).sum();
        let paid = brought / 100 * stage.dice.between(40, 95);
        let fee = plan.fee(inputs.len(), 2, stage.dice);
        let (party, role) = Self::payee(stage, 0, false);
        if total < paid + fee + SMALL || paid < SMALL {
            self.pieces.extend(inputs);
            return;
        }
        let rest = plan.fresh(stage, true);
        let mut outs = vec![
            Out { party, value: paid, role, lots: Vec::new(), change: false },
            Out { party: rest, value: total - paid - fee, role: Role::Churn, lots: Vec::new(), change: true },
        ];
        stage.dice.shuffle(&mut outs);
        let kept = outs.iter().position(|out| out.change).expect("it is there");
        let mut made = self.spend(stage, plan, Step::Shared, &inputs, outs);
        stage.book.put(&Record::Shared {
            heist: self.heist,
            branch: self.number,
            txid: made[kept].outpoint.txid,
            brought: Sats(brought),
            paid: Sats(paid),
        });
        self.pieces.push(made.swap_remove(kept));
    }

    /// The largest piece to a service. `false` when only small ones are left.
    fn cash_out(&mut self, stage: &mut Stage<'_>, plan: &Plan) -> bool {
        let Some(piece) = self.take_largest() else { return false };
        let inputs = self.inputs(piece, stage);
        let fee = plan.fee(inputs.len(), 1, stage.dice);
        let value = inputs.iter().map(|piece| piece.value).sum::<u64>() - fee;
        let (party, role) = Self::payee(stage, 0, self.shy);
        let out = Out { party, value, role, lots: Vec::new(), change: false };
        self.spend(stage, plan, Step::CashOut, &inputs, vec![out]);
        true
    }
}

/// `total` in `count` shares: equal, or spread over an order of magnitude.
pub(super) fn shares(total: u64, count: u64, equal: bool, stage: &mut Stage<'_>) -> Vec<u64> {
    let weights: Vec<u64> = (0..count)
        .map(|_| if equal { 1 } else { stage.dice.between(1, 8) * stage.dice.between(1, 8) })
        .collect();
    let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    let mut left = total;
    let mut shares = Vec::with_capacity(weights.len());
    for (number, weight) in (1..).zip(weights) {
        let share = (u128::from(total) * u128::from(weight) / sum) as u64;
        shares.push(if number == count { left } else { share });
        left -= share.min(left);
    }
    shares
}
