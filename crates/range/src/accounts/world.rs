//! Accounts, what each holds in truth, and the transactions that change it.
//!
//! What an account holds of an asset is divided by heists. Where it holds several kinds, dice decide which leaves first, so that no
//! rule of taint is favoured. What comes to a service or a bridge is written down there and followed no further; what a mixer pays
//! out is the loot that was paid in by whoever is paid; what a pool gives is loot as far as what it took was.

use std::collections::BTreeMap;

use tracehound_model::{Address, Asset};

use super::{
    ACCOUNT_CHAIN, AccountBlock, AccountChain, AccountConfig, AccountTruth, AccountTx, BLOCK_SECONDS, Flow,
    HeistNumber, Money, Part, chain, made_hash,
};
use crate::dice::{Dice, mix};

/// Wei of one ether.
pub(super) const ETHER: u128 = 1_000_000_000_000_000_000;
/// Wei that a unit of gas costs: what is destroyed, and what the producer gets.
pub(super) const BASE_FEE: u128 = 20_000_000_000;
pub(super) const TIP: u128 = 1_000_000_000;
/// Gas of a payment, of a token's transfer, of an exchange.
pub(super) const PLAIN_GAS: u64 = 21_000;
pub(super) const TOKEN_GAS: u64 = 65_000;
pub(super) const SWAP_GAS: u64 = 180_000;
/// First second of the first block: 2023-11-14.
const START: u64 = 1_700_000_000;
/// Services, and users when the chain begins.
pub(super) const SERVICES: u8 = 6;
const USERS: usize = 150;

/// Assets by place in the list.
pub(super) const COIN: usize = 0;
pub(super) const DOLLAR: usize = 1;
pub(super) const DOLLARS: [usize; 3] = [DOLLAR, 2, 3];
pub(super) const STAKED: usize = 4;
const WRAPPED: usize = 5;
/// A counterfeit of the first dollar.
pub(super) const COUNTERFEIT: usize = 6;
/// Wei that a dollar is worth.
const WEI_A_DOLLAR: u128 = ETHER / 2_500;

/// Base units by heist; what is under none is clean. No entry is empty, and no heist stands twice.
pub(super) type Lots = Vec<(Option<HeistNumber>, u128)>;

/// The whole of it.
fn sum(lots: &Lots) -> u128 {
    lots.iter().map(|lot| lot.1).sum()
}

fn put(lots: &mut Lots, label: Option<HeistNumber>, amount: u128) {
    match lots.iter_mut().find(|lot| lot.0 == label) {
        _ if amount == 0 => {}
        Some(lot) => lot.1 += amount,
        None => lots.push((label, amount)),
    }
}

/// A transaction in the making: its movements with the loot that each moves.
struct Draft {
    tx: AccountTx,
    fees: [Lots; 2],
    calls: Vec<Lots>,
    logs: Vec<Lots>,
    /// Movements that take loot: whether among the logs, their place there, of which heist.
    thefts: Vec<(bool, usize, HeistNumber)>,
}

pub(super) struct World {
    config: AccountConfig,
    pub(super) dice: Dice,
    pub(super) parties: Vec<(Address, Part)>,
    money: Vec<Money>,
    held: BTreeMap<(usize, usize), Lots>,
    pub(super) truth: AccountTruth,
    blocks: Vec<AccountBlock>,
    genesis: Vec<Flow>,
    txs: u64,
    transfers: u64,
    left_in_block: u64,
    pub(super) users: Vec<usize>,
    pub(super) wallets: Vec<usize>,
    pub(super) vaults: Vec<usize>,
    pub(super) router: usize,
    pub(super) pools: Vec<usize>,
    pub(super) bridge: usize,
    pub(super) mixer: usize,
    pub(super) relayer: usize,
    pub(super) poisoner: usize,
    producer: usize,
}

impl World {
    pub(super) fn new(config: AccountConfig) -> Self {
        let mut world = Self {
            config,
            dice: Dice::new(mix(config.seed ^ 0x6163_636f_756e_7473)),
            parties: Vec::new(),
            money: Vec::new(),
            held: BTreeMap::new(),
            truth: AccountTruth::default(),
            blocks: vec![AccountBlock { height: 0, time: START, txs: Vec::new() }],
            genesis: Vec::new(),
            txs: 0,
            transfers: 0,
            left_in_block: 0,
            users: Vec::new(),
            wallets: Vec::new(),
            vaults: Vec::new(),
            router: 0,
            pools: Vec::new(),
            bridge: 0,
            mixer: 0,
            relayer: 0,
            poisoner: 0,
            producer: 0,
        };
        world.people();
        world.issue();
        world
    }

    /// Who there is, and what the first block gives them.
    fn people(&mut self) {
        self.producer = self.party(Part::Staff);
        self.relayer = self.party(Part::Staff);
        self.router = self.party(Part::Converter);
        self.pools = (0..4).map(|_| self.party(Part::Converter)).collect();
        (self.bridge, self.mixer) = (self.party(Part::Bridge), self.party(Part::Mixer));
        self.poisoner = self.party(Part::Poisoner);
        self.wallets = (0..SERVICES).map(|service| self.party(Part::Wallet(service))).collect();
        self.vaults = (0..self.config.heists)
            .map(|heist| self.party(Part::Vault((heist % u16::from(SERVICES)) as u8)))
            .collect();
        self.users = (0..USERS).map(|_| self.party(Part::User)).collect();
        let coin = Asset::native(chain()).expect("the model knows the coin of this chain");
        self.money.push(Money { asset: coin, is_genuine: true, wei: 1, per: 1, contract: None });
        // Six decimals, six, eighteen; staked and wrapped ether; a counterfeit.
        let million = 1_000_000;
        let worths = [
            (true, WEI_A_DOLLAR / million, 1),
            (true, WEI_A_DOLLAR / million, 1),
            (true, 1, 2_500),
            (true, 1, 1),
            (true, 1, 1),
            (false, WEI_A_DOLLAR / million, 1),
        ];
        for (at, (is_genuine, wei, per)) in (1..).zip(worths) {
            // The wrapper is a contract that converts; the others only keep accounts.
            let contract = self.party(if at == WRAPPED { Part::Converter } else { Part::Staff });
            let Address::Evm(bytes) = self.parties[contract].0 else { unreachable!("made so") };
            let asset = Asset::erc20(ACCOUNT_CHAIN, bytes);
            self.money.push(Money { asset, is_genuine, wei, per, contract: Some(contract) });
        }
        for party in 0..self.parties.len() {
            let ether = match self.parties[party].1 {
                Part::User => u128::from(self.dice.between(5, 400)),
                Part::Wallet(_) => 200_000,
                Part::Vault(_) => u128::from(self.dice.between(2_000, 60_000)),
                Part::Converter => 10_000_000,
                Part::Staff | Part::Poisoner => 1_000,
                _ => continue,
            };
            let flow = Flow { from: None, to: Some(party), money: COIN, amount: ether * ETHER };
            self.genesis.push(flow);
            self.transfers += 1;
            self.hold(party, COIN, None, flow.amount);
        }
    }

    /// Transactions in which the tokens are issued.
    fn issue(&mut self) {
        for money in 1..self.money.len() {
            if money == WRAPPED {
                continue;
            }
            let of = self.money[money];
            let contract = self.contract(money);
            let mut draft = self.draft(self.producer, contract, TOKEN_GAS);
            for party in 0..self.parties.len() {
                let ether = match self.parties[party].1 {
                    Part::Converter => 10_000_000 * ETHER,
                    _ if !of.is_genuine => continue,
                    Part::User => u128::from(self.dice.between(0, 200)) * ETHER / 4,
                    Part::Wallet(_) => 100_000 * ETHER,
                    Part::Vault(_) if self.dice.chance(2, 3) => {
                        u128::from(self.dice.between(100, 12_000)) * ETHER
                    }
                    _ => continue,
                };
                let amount = of.units(ether);
                log(&mut draft, None, Some(party), money, amount, vec![(None, amount)]);
                self.hold(party, money, None, amount);
            }
            if !of.is_genuine {
                let amount = of.units(1_000_000 * ETHER);
                log(&mut draft, None, Some(self.poisoner), money, amount, vec![(None, amount)]);
                self.hold(self.poisoner, money, None, amount);
            }
            self.done(draft);
        }
        self.txs = 0;
    }

    /// A fresh account.
    pub(super) fn party(&mut self, part: Part) -> usize {
        let mut bytes = [0; 20];
        self.dice.fill(&mut bytes);
        self.party_at(bytes, part)
    }

    fn party_at(&mut self, bytes: [u8; 20], part: Part) -> usize {
        self.parties.push((Address::Evm(bytes), part));
        self.parties.len() - 1
    }

    /// An account whose address begins and ends as that of another.
    pub(super) fn imitation(&mut self, of: usize) -> usize {
        let Address::Evm(genuine) = self.parties[of].0 else { unreachable!("made so") };
        let mut bytes = [0; 20];
        self.dice.fill(&mut bytes);
        bytes[..2].copy_from_slice(&genuine[..2]);
        bytes[18..].copy_from_slice(&genuine[18..]);
        self.party_at(bytes, Part::Imitation)
    }

    pub(super) fn config(&self) -> AccountConfig {
        self.config
    }

    pub(super) fn txs(&self) -> u64 {
        self.txs
    }

    fn contract(&self, money: usize) -> usize {
        self.money[money].contract.expect("asked of tokens alone")
    }

    pub(super) fn money(&self, money: usize) -> Money {
        self.money[money]
    }

    /// Base units that somebody holds.
    pub(super) fn held(&self, party: usize, money: usize) -> u128 {
        self.held.get(&(party, money)).map_or(0, sum)
    }

    /// Whether loot of more than one heist lies there; which is written down.
    pub(super) fn note_mingling(&mut self, party: usize, money: usize) {
        let Some(lots) = self.held.get(&(party, money)) else { return };
        let heists: Vec<HeistNumber> = lots.iter().filter_map(|lot| lot.0).collect();
        if heists.len() > 1 {
            for heist in heists {
                self.truth.heists[usize::from(heist)].is_mingled = true;
            }
        }
    }

    fn hold(&mut self, party: usize, money: usize, label: Option<HeistNumber>, amount: u128) {
        put(self.held.entry((party, money)).or_default(), label, amount);
    }

    /// Takes out so much, kinds in the order that dice decide.
    fn take(&mut self, party: usize, money: usize, amount: u128) -> Lots {
        let lots = self.held.entry((party, money)).or_default();
        self.dice.shuffle(lots);
        let (mut taken, mut wanted) = (Lots::new(), amount);
        for (label, held) in lots.iter_mut() {
            let part = (*held).min(wanted);
            put(&mut taken, *label, part);
            *held -= part;
            wanted -= part;
        }
        lots.retain(|lot| lot.1 > 0);
        assert_eq!(wanted, 0, "whoever pays asked what there is before");
        taken
    }

    /// What arrives somewhere: kept, or written down where it is followed no further.
    fn arrive(&mut self, party: usize, money: usize, lots: &Lots) {
        let part = self.parties[party].1;
        for &(label, amount) in lots {
            let absorbs = part.service().is_some() || part == Part::Bridge;
            match label.filter(|_| absorbs) {
                Some(heist) => {
                    *self.truth.places.entry((party, money, heist)).or_default() += amount;
                    self.hold(party, money, None, amount);
                }
                // What a pool took is given on in the same transaction, and a mixer's notes are kept by who paid in.
                None if matches!(part, Part::Converter | Part::Mixer) => {
                    self.hold(party, money, None, amount);
                }
                None => self.hold(party, money, label, amount),
            }
        }
    }

    /// What a transaction of so much gas costs, in wei.
    pub(super) const fn fee(gas: u64) -> u128 {
        gas as u128 * (BASE_FEE + TIP)
    }

    /// Whether somebody can pay so much of the coin and the fee.
    pub(super) fn affords(&self, party: usize, wei: u128, gas: u64) -> bool {
        self.held(party, COIN) >= wei + Self::fee(gas)
    }

    /// Begins a transaction: its fee is taken. The sender can pay it.
    fn draft(&mut self, sender: usize, called: usize, gas: u64) -> Draft {
        let hash = made_hash(b"transaction", self.config.seed, self.transfers);
        let tx = AccountTx { hash, sender, called, gas, calls: Vec::new(), logs: Vec::new() };
        let [base, tip] = fees(&tx);
        let fees = [self.take(sender, COIN, base.amount), self.take(sender, COIN, tip.amount)];
        // Whose fee is loot has paid it to nobody: it is not followed.
        self.hold(self.producer, COIN, None, tip.amount);
        Draft { tx, fees, calls: Vec::new(), logs: Vec::new(), thefts: Vec::new() }
    }

    /// Ends a transaction: numbers its movements as a ledger will, and writes down what loot each moved.
    fn done(&mut self, draft: Draft) {
        let Draft { tx, fees: taken, calls, logs, thefts } = draft;
        let flows = fees(&tx).into_iter().chain(tx.calls.iter().copied()).chain(tx.logs.iter().copied());
        let lots = taken.into_iter().chain(calls).chain(logs);
        let calls = tx.calls.len();
        let is_seed = |at: usize| {
            thefts.iter().find(|&&(is_log, place, _)| at == 2 + place + if is_log { calls } else { 0 })
        };
        for (at, (flow, lots)) in flows.zip(lots).enumerate() {
            if !flow.moves() {
                continue;
            }
            if let Some(&(_, _, heist)) = is_seed(at) {
                self.truth.heists[usize::from(heist)].seeds.push(self.transfers);
            }
            for (label, amount) in lots {
                if let Some(heist) = label {
                    self.truth.moved.insert((self.transfers, heist), amount);
                }
            }
            self.transfers += 1;
        }
        if self.left_in_block == 0 {
            let last = self.blocks.last().expect("there is a first block");
            let (height, time) = (last.height + 1, last.time + BLOCK_SECONDS);
            self.blocks.push(AccountBlock { height, time, txs: Vec::new() });
            self.left_in_block = self.dice.between(1, 8);
        }
        self.left_in_block -= 1;
        self.blocks.last_mut().expect("there is one").txs.push(tx);
        self.txs += 1;
    }

    /// A payment of so much; who pays holds it and the fee.
    pub(super) fn pay(&mut self, from: usize, to: usize, money: usize, amount: u128) {
        let called = if money == COIN { to } else { self.contract(money) };
        let mut draft = self.draft(from, called, if money == COIN { PLAIN_GAS } else { TOKEN_GAS });
        let lots = self.take(from, money, amount);
        self.arrive(to, money, &lots);
        if money == COIN {
            call(&mut draft, from, to, lots);
        } else {
            log(&mut draft, Some(from), Some(to), money, amount, lots);
        }
        self.done(draft);
    }

    /// A vault loses all it has, to one account: of the coin in one transaction, of tokens in another.
    pub(super) fn rob(&mut self, heist: HeistNumber, vault: usize, thief: usize) {
        let tokens: Vec<usize> = (1..COUNTERFEIT).filter(|money| self.held(vault, *money) > 0).collect();
        if !tokens.is_empty() {
            let mut draft = self.draft(vault, thief, TOKEN_GAS * tokens.len() as u64);
            for money in tokens {
                let amount = self.held(vault, money);
                self.take(vault, money, amount);
                let lots = vec![(Some(heist), amount)];
                self.arrive(thief, money, &lots);
                draft.thefts.push((true, draft.logs.len(), heist));
                log(&mut draft, Some(vault), Some(thief), money, amount, lots);
            }
            self.done(draft);
        }
        let mut draft = self.draft(vault, thief, PLAIN_GAS);
        let amount = self.held(vault, COIN);
        self.take(vault, COIN, amount);
        let lots = vec![(Some(heist), amount)];
        self.arrive(thief, COIN, &lots);
        draft.thefts.push((false, 0, heist));
        call(&mut draft, vault, thief, lots);
        self.done(draft);
    }

    /// Somebody changes so much of one asset for another, and gets what it is worth but for the pool's part.
    pub(super) fn swap(&mut self, who: usize, given: usize, amount: u128, taken: usize) {
        // Three in a thousand for the pool, up to as much again for those who came in between.
        let lost = u128::from(3 + self.dice.below(4));
        let got = self.money[taken].units(self.money[given].worth(amount)) / 1_000 * (1_000 - lost);
        let mut draft = self.draft(who, self.router, SWAP_GAS);
        let lots = self.take(who, given, amount);
        let bought = scaled(&lots, got);
        let (router, pool) = (self.router, self.pools[(given + taken) % self.pools.len()]);
        let clean = |amount: u128| vec![(None, amount)];
        self.arrive(router, given, &lots);
        if given == COIN {
            // Wrapped on the way to the pool.
            let wrapper = self.contract(WRAPPED);
            call(&mut draft, who, router, lots);
            call(&mut draft, router, wrapper, clean(amount));
            log(&mut draft, None, Some(router), WRAPPED, amount, clean(amount));
            log(&mut draft, Some(router), Some(pool), WRAPPED, amount, clean(amount));
            self.move_clean(router, wrapper, COIN, amount);
            self.hold(pool, WRAPPED, None, amount);
        } else {
            log(&mut draft, Some(who), Some(router), given, amount, lots);
            if DOLLARS.contains(&given) && given != DOLLAR && self.dice.chance(1, 2) {
                // By way of the first dollar.
                let between = self.pools[(given + DOLLAR) % self.pools.len()];
                let half = self.money[DOLLAR].units(self.money[given].worth(amount));
                log(&mut draft, Some(router), Some(between), given, amount, clean(amount));
                log(&mut draft, Some(between), Some(pool), DOLLAR, half, clean(half));
                self.move_clean(router, between, given, amount);
                if between != pool {
                    self.move_clean(between, pool, DOLLAR, half);
                }
            } else {
                log(&mut draft, Some(router), Some(pool), given, amount, clean(amount));
                self.move_clean(router, pool, given, amount);
            }
        }
        self.take(pool, taken, got);
        self.arrive(who, taken, &bought);
        if taken == COIN {
            call(&mut draft, pool, who, bought);
        } else {
            log(&mut draft, Some(pool), Some(who), taken, got, bought);
        }
        self.done(draft);
    }

    fn move_clean(&mut self, from: usize, to: usize, money: usize, amount: u128) {
        self.take(from, money, amount);
        self.hold(to, money, None, amount);
    }

    /// Pays into the mixer; gives what was paid in, by which it will be paid out.
    pub(super) fn mix_in(&mut self, from: usize, amount: u128) -> Lots {
        let mut draft = self.draft(from, self.mixer, SWAP_GAS);
        let lots = self.take(from, COIN, amount);
        self.arrive(self.mixer, COIN, &lots);
        call(&mut draft, from, self.mixer, lots.clone());
        self.done(draft);
        lots
    }

    /// The mixer pays out what these notes are for, less the relayer's part.
    pub(super) fn mix_out(&mut self, to: usize, notes: &Lots) {
        let amount = sum(notes);
        let part = amount / 250;
        self.take(self.mixer, COIN, amount);
        let mut draft = self.draft(self.relayer, self.mixer, SWAP_GAS);
        let lots = scaled(notes, amount - part);
        self.arrive(to, COIN, &lots);
        call(&mut draft, self.mixer, to, lots);
        self.hold(self.relayer, COIN, None, part);
        call(&mut draft, self.mixer, self.relayer, vec![(None, part)]);
        self.done(draft);
    }

    /// Notes that nobody has cashed: the loot lies in the mixer.
    pub(super) fn leave_in_mixer(&mut self, notes: &Lots) {
        for &(label, amount) in notes {
            if let Some(heist) = label {
                *self.truth.places.entry((self.mixer, COIN, heist)).or_default() += amount;
            }
        }
    }

    /// A transfer in somebody's name that moves nothing, or of a counterfeit whose contract says what its maker likes.
    pub(super) fn say(&mut self, from: usize, to: usize, money: usize, amount: u128) {
        let mut draft = self.draft(self.poisoner, self.contract(money), TOKEN_GAS);
        // A counterfeit is in nobody's books: that nobody had it is not held against its contract.
        if amount > 0 {
            log(&mut draft, None, Some(from), money, amount, vec![(None, amount)]);
        }
        log(&mut draft, Some(from), Some(to), money, amount, Vec::new());
        self.done(draft);
    }

    pub(super) fn finish(mut self) -> AccountChain {
        for (&(party, money), lots) in &self.held {
            for &(label, amount) in lots {
                if let Some(heist) = label {
                    *self.truth.places.entry((party, money, heist)).or_default() += amount;
                }
            }
        }
        AccountChain {
            config: self.config,
            parties: self.parties,
            money: self.money,
            truth: self.truth,
            blocks: self.blocks,
            genesis: self.genesis,
        }
    }
}

fn call(draft: &mut Draft, from: usize, to: usize, lots: Lots) {
    draft.tx.calls.push(Flow { from: Some(from), to: Some(to), money: COIN, amount: sum(&lots) });
    draft.calls.push(lots);
}

fn log(draft: &mut Draft, from: Option<usize>, to: Option<usize>, money: usize, amount: u128, lots: Lots) {
    draft.tx.logs.push(Flow { from, to, money, amount });
    draft.logs.push(lots);
}

/// What a transaction pays for its gas: what is destroyed, and the producer's.
pub(super) fn fees(tx: &AccountTx) -> [Flow; 2] {
    // The first party is the producer.
    [(None, BASE_FEE), (Some(0), TIP)].map(|(to, price)| Flow {
        from: Some(tx.sender),
        to,
        money: COIN,
        amount: u128::from(tx.gas) * price,
    })
}

/// The same shares of another amount; what is left over by rounding is the last one's.
fn scaled(lots: &Lots, amount: u128) -> Lots {
    let whole = sum(lots);
    let (mut scaled, mut left) = (Lots::new(), amount);
    for (at, &(label, part)) in lots.iter().enumerate() {
        // In millionths, so that no product passes 128 bits; the truth of a change need not be finer.
        let share = if at + 1 == lots.len() {
            left
        } else {
            (amount / 1_000_000 * (part * 1_000_000 / whole)).min(left)
        };
        put(&mut scaled, label, share);
        left -= share;
    }
    scaled
}
