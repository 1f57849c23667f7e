//! Who pays whom how much: the background economy.
//!
//! Wallets 0…127 are services: they receive most payments, a few of them most of those, and reuse their hot
//! addresses. Everyone else is a user, whose number grows with the chain. A transaction spends coins of *one* wallet,
//! so the true clusters are the wallets. Change goes to a fresh address of the payer half of the time. Reuse is set so
//! that a transaction brings about one new address, as on the whole chain, which has as many addresses as transactions.

use std::collections::VecDeque;

use tracehound_model::TxId;

use crate::{
    assembler::{Assembler, Sealed},
    dice::Dice,
    measured::{OP_RETURN_LEN, Shape, draw_amount},
    owner::{Owner, Template},
    pool::{Coin, Pool},
    wire::{Pay, Spend, TxDraft},
};

/// Wallets that are services.
pub(crate) const SERVICES: u32 = 128;
/// Services that mine.
const MINERS: u64 = 16;
/// Addresses of a service that are used again and again.
pub(crate) const HOT_KEYS: u64 = 4;
/// Most users. 12 bytes each.
const MAX_USERS: u64 = 1 << 19;
/// Numbers of the economy's wallets are below this.
pub(crate) const MOST_WALLETS: u32 = SERVICES + MAX_USERS as u32;
/// Coins below this many satoshi are never spent, and no output but the last resort is made smaller.
pub(crate) const DUST: u64 = 1_000;
/// Blocks a coinbase waits until it may be spent (a consensus rule).
pub(crate) const MATURITY: u32 = 100;

/// Totals of what was generated.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) txs: u64,
    pub(crate) inputs: u64,
    pub(crate) outputs: u64,
    pub(crate) fees: u64,
}

/// The wallets and their coins.
pub(crate) struct Economy {
    seed: u64,
    shape: &'static Shape,
    pub(crate) pool: Pool,
    /// The next unused key of each wallet.
    next_keys: Vec<u32>,
    /// Coinbases that are too young: height, id, reward, miner and its key.
    immature: VecDeque<(u32, TxId, u64, u32, u32)>,
    pub(crate) totals: Totals,
    draft: TxDraft,
    coins: Vec<Coin>,
    payees: Vec<(u32, u32, u64)>,
}

impl Economy {
    pub(crate) fn new(seed: u64, shape: &'static Shape, max_coins: usize) -> Self {
        Self {
            seed,
            shape,
            pool: Pool::new(max_coins),
            next_keys: Vec::new(),
            immature: VecDeque::new(),
            totals: Totals::default(),
            draft: TxDraft::default(),
            coins: Vec::new(),
            payees: Vec::new(),
        }
    }

    /// Key `key` of `wallet`.
    pub(crate) fn owner(&self, wallet: u32, key: u32) -> Owner {
        Owner::derive(self.shape.owners.template(wallet), self.seed, wallet, key)
    }

    /// The miner of the next block: a wallet and one of its keys.
    pub(crate) fn draw_miner(dice: &mut Dice) -> (u32, u32) {
        (dice.below(MINERS) as u32, dice.below(HOT_KEYS) as u32)
    }

    /// Notes a finished block, and lets the coinbase spend that is now old enough.
    pub(crate) fn sealed(&mut self, block: &Sealed, (miner, key): (u32, u32), dice: &mut Dice) {
        self.totals.txs += 1;
        self.totals.inputs += 1;
        self.totals.outputs += block.coinbase_outputs;
        self.immature.push_back((block.height, block.coinbase, block.reward, miner, key));
        // The next block is one higher than this one.
        while let Some(&(height, txid, value, wallet, key)) = self.immature.front() {
            if block.height + 1 < height + MATURITY {
                break;
            }
            self.immature.pop_front();
            if value >= DUST {
                self.pool.insert(Coin { txid, value, vout: 0, wallet, key }, dice);
            }
        }
    }

    /// Adds one transaction of the background. `false` when there is no coin to spend.
    pub(crate) fn add_tx(&mut self, chain: &mut Assembler, dice: &mut Dice) -> bool {
        let wanted = self.shape.inputs.draw(dice);
        if !self.gather(wanted, dice) {
            return false;
        }
        let total: u64 = self.coins.iter().map(|coin| coin.value).sum();
        let payer = self.coins[0].wallet;
        let payer_key = self.coins[0].key;
        let spend_vbytes = self.owner(payer, 0).template.spend_vbytes();
        let input_count = self.coins.len();

        let mut output_count = self.draw_output_count(input_count, dice);
        let vbytes = 11 + input_count as u64 * spend_vbytes + output_count as u64 * 33;
        let fee = (draw_fee_rate(dice) * vbytes).clamp(1, total / 4);
        let remaining = total - fee;
        output_count = output_count.min((remaining / (2 * DUST)).max(1) as usize);
        self.share_out(remaining, output_count, (payer, payer_key), dice);

        self.write(chain, fee, dice);
        true
    }

    /// Removes one coin of at least `value` satoshi, for a scripted story, and says who owns it. `None` when a thousand
    /// tries found none.
    pub(crate) fn take_coin(&mut self, value: u64, dice: &mut Dice) -> Option<(Coin, Owner)> {
        for _ in 0..1_000 {
            let (at, coin) = self.pool.pick(dice)?;
            if coin.value >= value {
                let coin = self.pool.take(at);
                return Some((coin, self.owner(coin.wallet, coin.key)));
            }
        }
        None
    }

    /// Removes a coin that a story wants. `None` when `tries` tries found none.
    pub(crate) fn take_where(
        &mut self,
        tries: u32,
        dice: &mut Dice,
        wanted: impl Fn(&Coin, Template) -> bool,
    ) -> Option<Coin> {
        for _ in 0..tries {
            let (at, coin) = self.pool.pick(dice)?;
            if wanted(coin, self.shape.owners.template(coin.wallet)) {
                return Some(self.pool.take(at));
            }
        }
        None
    }

    /// Removes the newest coin of `wallet`.
    pub(crate) fn take_newest(&mut self, wallet: u32) -> Option<Coin> {
        let at = self.pool.newest_of(wallet)?;
        Some(self.pool.take(at))
    }

    /// Hands a coin to the background, which will spend it some day.
    pub(crate) fn put(&mut self, coin: Coin, dice: &mut Dice) {
        if coin.value >= DUST {
            self.pool.insert(coin, dice);
        }
    }

    /// How many inputs a transaction of at least `least` has.
    pub(crate) fn draw_inputs(&self, least: usize, dice: &mut Dice) -> usize {
        (0..1_000).map(|_| self.shape.inputs.draw(dice)).find(|&inputs| inputs >= least).unwrap_or(least)
    }

    /// Counts a transaction of a story.
    pub(crate) fn note(&mut self, draft: &TxDraft, fee: u64) {
        self.totals.txs += 1;
        self.totals.inputs += draft.inputs.len() as u64;
        self.totals.outputs += draft.outputs.len() as u64;
        self.totals.fees += fee;
    }

    /// An address of a service, to deposit at: one of its hot ones `hot` times in four, else a fresh one.
    pub(crate) fn deposit_key(&mut self, service: u32, hot: u64, dice: &mut Dice) -> u32 {
        if dice.chance(hot, 4) { dice.below(HOT_KEYS) as u32 } else { self.fresh_key(service) }
    }

    /// A user and an address it may have used before.
    pub(crate) fn used_address(&mut self, dice: &mut Dice) -> (u32, u32) {
        let user = self.draw_user(dice);
        let used = self.next_keys.get(user as usize).copied().unwrap_or(0).max(1);
        (user, dice.below(u64::from(used)) as u32)
    }

    /// Chooses the payer and moves up to `wanted` of its coins into `coins`.
    fn gather(&mut self, wanted: usize, dice: &mut Dice) -> bool {
        let (Some(one), Some(other)) = (self.pool.pick(dice), self.pool.pick(dice)) else { return false };
        // The larger of two: people rarely pay from their smallest coin, and small coins grow old.
        let (mut at, coin) = if one.1.value >= other.1.value { one } else { other };
        let mut wallet = coin.wallet;
        // A wallet with enough coins, or else the richest that was met.
        for attempt in 0..24 {
            if self.pool.coins_of(wallet) >= wanted {
                break;
            }
            let candidate = if attempt < 8 {
                self.pool.pick(dice).map(|(at, coin)| (at, coin.wallet))
            } else {
                let service = dice.below(u64::from(SERVICES)) as u32;
                self.pool.newest_of(service).map(|at| (at, service))
            };
            if let Some((candidate_at, candidate)) = candidate
                && self.pool.coins_of(candidate) > self.pool.coins_of(wallet)
            {
                (at, wallet) = (candidate_at, candidate);
            }
        }
        self.coins.clear();
        self.coins.push(self.pool.take(at));
        while self.coins.len() < wanted {
            let Some(at) = self.pool.newest_of(wallet) else { break };
            self.coins.push(self.pool.take(at));
        }
        true
    }

    /// A closed chain must make more outputs than it spends, which a sample of single blocks does not show. While
    /// fewer coins live than the target, some transactions are batch payouts.
    fn draw_output_count(&self, inputs: usize, dice: &mut Dice) -> usize {
        let live = self.pool.len() as u64;
        let target = 512 + self.totals.txs * 15 / 100;
        let payout = live < target && dice.chance(1, if live < target / 2 { 2 } else { 8 });
        if payout { self.shape.payouts.draw(dice) } else { self.shape.draw_outputs(inputs, dice) }
    }

    /// Divides `remaining` satoshi among `count` outputs, into `payees`.
    fn share_out(&mut self, remaining: u64, count: usize, payer: (u32, u32), dice: &mut Dice) {
        self.payees.clear();
        if count == 1 {
            // A sweep: one time in three to oneself.
            let (wallet, key) =
                if dice.chance(1, 3) { self.change_key(payer, dice) } else { self.draw_payee(payer.0, dice) };
            self.payees.push((wallet, key, remaining));
            return;
        }
        let (wallet, key) = self.change_key(payer, dice);
        let mut change = remaining;
        if count == 2 {
            let wish = round_sometimes(draw_amount(dice), dice);
            // Who cannot afford the wish pays some part of what there is.
            let amount = if wish + DUST <= remaining { wish } else { dice.between(DUST, remaining - DUST) };
            let (payee, payee_key) = self.draw_payee(payer.0, dice);
            self.payees.push((payee, payee_key, amount));
            change -= amount;
        } else {
            // Nobody is paid more than an even share of the sum.
            let even = remaining / count as u64;
            for _ in 1..count {
                let wish = round_sometimes(draw_amount(dice), dice);
                let amount = if wish <= even { wish } else { dice.between(even / 2, even) };
                let (payee, payee_key) = self.draw_payee(payer.0, dice);
                self.payees.push((payee, payee_key, amount));
                change -= amount;
            }
        }
        self.payees.push((wallet, key, change));
        let (last, place) = (count - 1, dice.index(count));
        self.payees.swap(last, place);
    }

    /// Writes the transaction of `coins` to `payees` and takes up its outputs.
    fn write(&mut self, chain: &mut Assembler, fee: u64, dice: &mut Dice) {
        let mut draft = std::mem::take(&mut self.draft);
        draft.clear();
        let payer = self.coins[0].wallet;
        // Software habits are a wallet's own: half signal replaceability, a quarter set the lock time.
        let sequence = if payer & 1 == 0 { 0xffff_ffff } else { 0xffff_fffd };
        if payer & 3 == 1 {
            draft.lock_time = chain.height() - 1;
        }
        for coin in &self.coins {
            let owner = self.owner(coin.wallet, coin.key);
            draft.inputs.push(Spend { txid: coin.txid, vout: coin.vout, owner, sequence });
        }
        for &(wallet, key, value) in &self.payees {
            draft.outputs.push(Pay::To { owner: self.owner(wallet, key), value });
        }
        if dice.chance(self.shape.op_return_per_10k, 10_000) {
            draft.outputs.push(Pay::Data { script_len: OP_RETURN_LEN.draw(dice) });
        }
        let txid = chain.add(&draft, fee, dice);
        self.totals.txs += 1;
        self.totals.inputs += draft.inputs.len() as u64;
        self.totals.outputs += draft.outputs.len() as u64;
        self.totals.fees += fee;
        for (vout, &(wallet, key, value)) in (0..).zip(&self.payees) {
            if value >= DUST {
                self.pool.insert(Coin { txid, value, vout, wallet, key }, dice);
            }
        }
        self.draft = draft;
    }

    fn draw_payee(&mut self, payer: u32, dice: &mut Dice) -> (u32, u32) {
        // Users pay services; services pay users, and one another half of the time.
        let to_service = if payer < SERVICES { dice.chance(1, 2) } else { dice.chance(9, 10) };
        if to_service {
            let service = draw_service(dice);
            if dice.chance(3, 4) {
                return (service, dice.below(HOT_KEYS) as u32);
            }
            return (service, self.fresh_key(service));
        }
        let user = self.draw_user(dice);
        // Every other payment to a user goes to an address it used before.
        if dice.chance(1, 2) {
            let used = self.next_keys.get(user as usize).copied().unwrap_or(0).max(1);
            return (user, dice.below(u64::from(used)) as u32);
        }
        (user, self.fresh_key(user))
    }

    pub(crate) fn draw_user(&mut self, dice: &mut Dice) -> u32 {
        let users = (64 + self.totals.txs / 32).min(MAX_USERS);
        SERVICES + dice.below(users) as u32
    }

    fn change_key(&mut self, (wallet, key): (u32, u32), dice: &mut Dice) -> (u32, u32) {
        if dice.chance(1, 2) { (wallet, key) } else { (wallet, self.fresh_key(wallet)) }
    }

    pub(crate) fn fresh_key(&mut self, wallet: u32) -> u32 {
        let index = wallet as usize;
        if index >= self.next_keys.len() {
            self.next_keys.resize(index + 1, 0);
        }
        let next = &mut self.next_keys[index];
        // A service's first keys are its hot ones.
        if wallet < SERVICES && *next < HOT_KEYS as u32 {
            *next = HOT_KEYS as u32;
        }
        let key = *next;
        *next += 1;
        key
    }
}

/// The product of two even draws favours low numbers: the first sixteenth of the services gets a quarter of the draws.
pub(crate) fn draw_service(dice: &mut Dice) -> u32 {
    let services = u64::from(SERVICES);
    (dice.below(services) * dice.below(services) / services) as u32
}

/// Satoshi per virtual byte: mostly 1 to 20, at times up to 100.
fn draw_fee_rate(dice: &mut Dice) -> u64 {
    match dice.below(10) {
        0..3 => dice.between(1, 5),
        3..7 => dice.between(6, 20),
        _ => dice.between(21, 100),
    }
}

/// One amount in five is rounded down to two leading digits, as people type it.
fn round_sometimes(amount: u64, dice: &mut Dice) -> u64 {
    if amount < 100 || !dice.chance(1, 5) {
        return amount;
    }
    let unit = 10_u64.pow(amount.ilog10() - 1);
    amount / unit * unit
}
