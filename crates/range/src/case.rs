//! A small generated heist, for demonstrations and tests.
//!
//! In a chain of some four hundred transactions one output of a *generated* exchange is stolen, split in four, peeled,
//! passed through a `CoinJoin`-shaped transaction and cashed out at a *generated* service; most of it stays put.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use tracehound_model::{Address, BitcoinNetwork, Category, OutPoint, Sats, TxId};

use crate::{
    Profile, RangeError,
    assembler::{Assembler, COIN},
    dice::{Dice, mix},
    economy::{Economy, MATURITY},
    files::BlockFiles,
    measured::Shape,
    owner::{Owner, Template},
    truth::{Actor, Ends, Entry, Lot, LotLabel, Movement, Role, Step, Truth},
    wire::{Pay, Spend, TxDraft},
};

/// Wallet numbers of the story's actors start here, far above the economy's.
const FIRST_ACTOR: u32 = 0xf000_0000;
/// Blocks of everyday life before the story begins.
const QUIET_BLOCKS: u32 = 12;
/// Everyday transactions in each block.
const DAILY_TXS: usize = 5;
/// Fee of every transaction of the story, in satoshi per output.
const FEE: u64 = 700;
/// The amount each participant of the `CoinJoin` gets.
const DENOMINATION: u64 = 3 * COIN;
/// Time of the first block: 2023-11-14. Blocks follow every ten minutes.
const START_TIME: u32 = 1_700_000_000;
/// Date in the facts: the day after the last block.
const PUBLISHED: &str = "2023-11-16";

/// The source of what is known about a generated case.
pub const GENERATED_SOURCE: &str = "generated-case";

const NOTE: &str =
    "generated: no exchange was robbed; every address, person and service in this case is made up";

/// A generated heist: its blocks, what is publicly known about it, and what really happened.
#[derive(Clone, Debug)]
pub struct DemoCase {
    /// The network whose addresses it uses.
    pub network: BitcoinNetwork,
    /// Serialised blocks, from the network's genesis on.
    pub blocks: Vec<Vec<u8>>,
    /// What the public knows, in the project's own notice format (TOML): the exchange's hot wallet, the first address of
    /// the theft, the service's deposit address.
    pub facts_toml: String,
    /// What really happened.
    pub truth: Truth,
}

impl DemoCase {
    /// Writes the blocks as block files into `dir`, as [`Generator`](crate::Generator) does.
    pub fn write_block_files(&self, dir: &Path) -> Result<Vec<PathBuf>, RangeError> {
        let mut files = BlockFiles::create(dir, self.network)?;
        for block in &self.blocks {
            files.append(block)?;
        }
        files.finish()
    }

    /// Addresses with a part in the story, in order of appearance.
    pub fn roles(&self) -> &[Actor] {
        &self.truth.actors
    }

    /// The first address with this role.
    pub fn address_of(&self, role: Role) -> Option<&str> {
        self.truth.actors.iter().find(|actor| actor.role == role).map(|actor| &actor.address[..])
    }

    /// The truth as pretty-printed JSON.
    pub fn truth_json(&self) -> String {
        serde_json::to_string_pretty(&self.truth).expect("the truth has string keys only")
    }
}

/// Grows the case from a seed. Same seed and network, same bytes.
///
/// Mainnet is refused: nobody shall mistake a generated address for a real one.
pub fn demo_case(seed: u64, network: BitcoinNetwork) -> Result<DemoCase, RangeError> {
    if network == BitcoinNetwork::Mainnet {
        return Err(RangeError::MainnetCase);
    }
    let mut story = Story::new(seed, network);
    for _ in 0..MATURITY + QUIET_BLOCKS {
        story.block();
    }
    story.tell();
    for _ in 0..6 {
        story.block();
    }
    Ok(story.finish())
}

/// An output of the story.
#[derive(Clone, Copy, Debug)]
struct Piece {
    outpoint: OutPoint,
    value: u64,
    owner: Owner,
    label: LotLabel,
}

/// An output about to be made.
struct Share {
    owner: Owner,
    value: u64,
    label: LotLabel,
}

struct Story {
    seed: u64,
    network: BitcoinNetwork,
    dice: Dice,
    chain: Assembler,
    economy: Economy,
    blocks: Vec<Vec<u8>>,
    actors: Vec<Actor>,
    movements: Vec<Movement>,
    next_actor: u32,
    time: u32,
}

impl Story {
    fn new(seed: u64, network: BitcoinNetwork) -> Self {
        let (chain, genesis) = Assembler::new(network);
        Self {
            seed,
            network,
            dice: Dice::new(mix(seed)),
            chain,
            economy: Economy::new(seed, Shape::of(Profile::Mixed), 10_000),
            blocks: vec![genesis],
            actors: Vec::new(),
            movements: Vec::new(),
            next_actor: FIRST_ACTOR,
            time: START_TIME,
        }
    }

    /// Fills the block with everyday life and closes it.
    fn block(&mut self) {
        if self.chain.height() > MATURITY {
            for _ in 0..DAILY_TXS {
                self.economy.add_tx(&mut self.chain, &mut self.dice);
            }
        }
        let (wallet, key) = Economy::draw_miner(&mut self.dice);
        let mut bytes = Vec::new();
        let owner = self.economy.owner(wallet, key);
        let sealed = self.chain.seal(owner, self.time, &mut bytes, &mut self.dice);
        self.economy.sealed(&sealed, (wallet, key), &mut self.dice);
        self.time += 600;
        self.blocks.push(bytes);
    }

    /// The whole story. It ends with most of the loot asleep.
    fn tell(&mut self) {
        let hot = self.actor(Role::Exchange, "Generated Exchange, hot wallet (generated)");
        let deposits: Vec<Piece> = (0..4).map(|_| self.deposit(hot)).collect();
        self.block();
        let total = deposits.iter().map(|piece| piece.value).sum::<u64>() - FEE;
        let clean = Share { owner: hot, value: total, label: LotLabel::Clean };
        let treasury = self.movement(Step::Deposit, &deposits, &[clean])[0];
        self.block();

        let thief = self.actor(Role::Thief, "Generated Theft, first address (generated)");
        let treasury = Piece { label: LotLabel::Stolen, ..treasury };
        let stolen = Share { owner: thief, value: treasury.value - FEE, label: LotLabel::Stolen };
        let loot = self.movement(Step::Theft, &[treasury], &[stolen])[0];
        self.block();

        let parts = self.split(loot);
        self.block();
        let cashed = self.actor(Role::Service, "Generated Service, deposit address (generated)");
        let peeled = self.peel(parts[0]);
        let mixed = self.coinjoin(parts[1]);
        self.block();
        for piece in [peeled, mixed] {
            let share = Share { owner: cashed, value: piece.value - FEE, label: LotLabel::Stolen };
            self.movement(Step::CashOut, &[piece], &[share]);
            self.block();
        }
    }

    /// A customer pays 8 BTC from the background into the exchange; the change goes back where it came from.
    fn deposit(&mut self, hot: Owner) -> Piece {
        let amount = 8 * COIN;
        let coin = self.everyday_coin(amount + COIN / 100, "Generated customer of the exchange (generated)");
        let change =
            Share { owner: coin.owner, value: coin.value - amount - 2 * FEE, label: LotLabel::Clean };
        let paid = Share { owner: hot, value: amount, label: LotLabel::Clean };
        self.movement(Step::Deposit, &[coin], &[paid, change])[0]
    }

    /// Four unequal parts: 3/16, 5/16, 1/4 and the rest.
    fn split(&mut self, loot: Piece) -> Vec<Piece> {
        let total = loot.value - 4 * FEE;
        let mut left = total;
        let mut shares = Vec::new();
        for (number, sixteenths) in (1..).zip([3, 5, 4, 0]) {
            let owner = self.actor(Role::Split, &format!("Generated Theft, split {number} (generated)"));
            let value = if number == 4 { left } else { total / 16 * sixteenths };
            left -= value;
            shares.push(Share { owner, value, label: LotLabel::Stolen });
        }
        self.movement(Step::Split, &[loot], &shares)
    }

    /// Five hops: 4 to 9 hundredths go to somebody, the rest to a fresh address.
    fn peel(&mut self, mut rest: Piece) -> Piece {
        for hop in 1..=5 {
            let off = rest.value / 100 * self.dice.between(4, 9);
            let payee = self.actor(Role::Peeled, &format!("Generated payee of peel hop {hop} (generated)"));
            let next = self.actor(Role::Peel, &format!("Generated Theft, peel hop {hop} (generated)"));
            let shares = [
                Share { owner: payee, value: off, label: LotLabel::Stolen },
                Share { owner: next, value: rest.value - off - 2 * FEE, label: LotLabel::Stolen },
            ];
            rest = self.movement(Step::Peel, &[rest], &shares)[1];
            self.block();
        }
        rest
    }

    /// Five people put in a coin each and get one of five equal outputs and their change; a bystander, the taker,
    /// pays the fee of all. The thief's equal output is returned; his change stays where it is.
    fn coinjoin(&mut self, part: Piece) -> Piece {
        let mut inputs = vec![part];
        for _ in 0..4 {
            let name = "Generated CoinJoin participant (generated)";
            let coin = self.everyday_coin(DENOMINATION + COIN, name);
            inputs.push(self.odd_coin(&coin));
        }
        self.shuffle(&mut inputs);
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        self.shuffle(&mut order);
        let mut shares = Vec::new();
        for &i in &order {
            let owner = self.participant(inputs[i].label, Role::Mixed, "CoinJoin output");
            shares.push(Share { owner, value: DENOMINATION, label: inputs[i].label });
        }
        let taker = inputs.iter().position(|input| input.label == LotLabel::Clean);
        for (at, input) in inputs.iter().enumerate() {
            let owner = self.participant(input.label, Role::Change, "CoinJoin change");
            let fee = if Some(at) == taker { 10 * FEE } else { 0 };
            shares.push(Share { owner, value: input.value - DENOMINATION - fee, label: input.label });
        }
        let made = self.movement(Step::CoinJoin, &inputs, &shares);
        // The equal outputs come first, so this is the thief's equal one.
        let mine = made.into_iter().find(|piece| piece.label == LotLabel::Stolen);
        mine.expect("the thief takes part")
    }

    /// A coin of an amount that nobody else has, split off a bystander's: the young coins of a generated chain are all
    /// worth 50 BTC, and five of them would leave equal change, which no real round does.
    fn odd_coin(&mut self, coin: &Piece) -> Piece {
        let value = DENOMINATION + COIN / 100 + self.dice.below(coin.value - DENOMINATION - COIN / 2);
        let owners = ["coin", "rest"].map(|what| self.participant(LotLabel::Clean, Role::Bystander, what));
        let draft = TxDraft {
            lock_time: 0,
            inputs: vec![coin.spend()],
            outputs: vec![
                Pay::To { owner: owners[0], value },
                Pay::To { owner: owners[1], value: coin.value - value - FEE },
            ],
        };
        let txid = self.chain.add(&draft, FEE, &mut self.dice);
        Share { owner: owners[0], value, label: LotLabel::Clean }.piece(txid, 0)
    }

    /// A fresh address of a participant of the `CoinJoin`.
    fn participant(&mut self, label: LotLabel, role: Role, what: &str) -> Owner {
        match label {
            LotLabel::Stolen => self.actor(role, &format!("Generated Theft, {what} (generated)")),
            LotLabel::Clean => {
                self.actor(Role::Bystander, &format!("Generated CoinJoin participant, {what} (generated)"))
            }
        }
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.dice.index(i + 1));
        }
    }

    /// Introduces an address of the story.
    fn actor(&mut self, role: Role, name: &str) -> Owner {
        let owner = Owner::derive(Template::P2wpkh, self.seed, self.next_actor, 0);
        self.next_actor += 1;
        self.introduce(owner, role, name);
        owner
    }

    fn introduce(&mut self, owner: Owner, role: Role, name: &str) {
        let address = self.address(owner);
        if self.actors.iter().all(|actor| actor.address != address) {
            self.actors.push(Actor { address, role, name: name.to_owned() });
        }
    }

    fn address(&self, owner: Owner) -> String {
        let address = owner.script_key().and_then(|key| Address::from_script(self.network, &key));
        address.expect("only owners with an address play a part").to_string()
    }

    /// A coin of the background of at least `value` satoshi, whose owner becomes a bystander of the story.
    fn everyday_coin(&mut self, value: u64, name: &str) -> Piece {
        loop {
            match self.economy.take_coin(value, &mut self.dice) {
                Some((coin, owner)) if owner.script_key().is_some() => {
                    self.introduce(owner, Role::Bystander, name);
                    let outpoint = OutPoint { txid: coin.txid, vout: coin.vout };
                    return Piece { outpoint, value: coin.value, owner, label: LotLabel::Clean };
                }
                // Bare multisig has no address: its coin is left unspent for ever.
                Some(_) => {}
                // Every block makes a miner's 50 BTC spendable, so this ends.
                None => self.block(),
            }
        }
    }

    /// Writes one transaction of the story and enters it in the truth. What the outputs leave over is the fee.
    fn movement(&mut self, step: Step, inputs: &[Piece], shares: &[Share]) -> Vec<Piece> {
        let draft = TxDraft {
            lock_time: 0,
            inputs: inputs.iter().map(Piece::spend).collect(),
            outputs: shares.iter().map(|share| Pay::To { owner: share.owner, value: share.value }).collect(),
        };
        let fee: Vec<Lot> = [LotLabel::Stolen, LotLabel::Clean]
            .into_iter()
            .filter_map(|label| {
                let paid_in: u64 = inputs.iter().filter(|piece| piece.label == label).map(|p| p.value).sum();
                let paid_out: u64 = shares.iter().filter(|share| share.label == label).map(|s| s.value).sum();
                (paid_in > paid_out).then(|| Lot { label, amount: Sats(paid_in - paid_out) })
            })
            .collect();
        let height = self.chain.height();
        let paid = fee.iter().map(|lot| lot.amount.0).sum();
        let txid = self.chain.add(&draft, paid, &mut self.dice);
        let made: Vec<Piece> = (0..).zip(shares).map(|(vout, share)| share.piece(txid, vout)).collect();
        let entries = |pieces: &[Piece]| pieces.iter().map(|piece| self.entry(piece)).collect();
        let movement = Movement { txid, height, step, inputs: entries(inputs), outputs: entries(&made), fee };
        self.movements.push(movement);
        made
    }

    fn entry(&self, piece: &Piece) -> Entry {
        Entry {
            outpoint: piece.outpoint,
            address: self.address(piece.owner),
            lots: vec![Lot { label: piece.label, amount: Sats(piece.value) }],
        }
    }

    fn finish(self) -> DemoCase {
        let theft = self.movements.iter().find(|movement| movement.step == Step::Theft);
        let theft = theft.expect("the story has a theft").txid;
        DemoCase {
            network: self.network,
            facts_toml: facts_toml(self.seed, &self.actors),
            truth: Truth {
                note: NOTE,
                seed: self.seed,
                theft,
                ends: ends(&self.movements, &self.actors),
                actors: self.actors,
                movements: self.movements,
            },
            blocks: self.blocks,
        }
    }
}

impl Piece {
    fn spend(&self) -> Spend {
        let OutPoint { txid, vout } = self.outpoint;
        Spend { txid, vout, owner: self.owner, sequence: 0xffff_fffd }
    }
}

impl Share {
    fn piece(&self, txid: TxId, vout: u32) -> Piece {
        Piece { outpoint: OutPoint { txid, vout }, value: self.value, owner: self.owner, label: self.label }
    }
}

/// Follows the loot through the movements to where it is at the end.
fn ends(movements: &[Movement], actors: &[Actor]) -> Ends {
    let roles: HashMap<&str, Role> = actors.iter().map(|actor| (&actor.address[..], actor.role)).collect();
    let stolen = |lots: &[Lot]| -> u64 {
        lots.iter().filter(|lot| lot.label == LotLabel::Stolen).map(|lot| lot.amount.0).sum()
    };
    let spent: HashSet<OutPoint> =
        movements.iter().flat_map(|movement| &movement.inputs).map(|entry| entry.outpoint).collect();
    let mut ends = Ends::default();
    for movement in movements {
        if movement.step == Step::Theft {
            ends.stolen.0 += movement.inputs.iter().map(|entry| stolen(&entry.lots)).sum::<u64>();
        }
        ends.fees.0 += stolen(&movement.fee);
        for entry in movement.outputs.iter().filter(|entry| !spent.contains(&entry.outpoint)) {
            let end = match roles.get(&entry.address[..]) {
                Some(Role::Service) => &mut ends.cashed_out,
                Some(Role::Peeled) => &mut ends.peeled,
                _ => &mut ends.held,
            };
            end.0 += stolen(&entry.lots);
        }
    }
    ends
}

/// What the public knows, in the notice format. The names are ours, so nothing needs escaping.
fn facts_toml(seed: u64, actors: &[Actor]) -> String {
    let mut toml = format!(
        "# {NOTE}\n\n[source]\nid = \"{GENERATED_SOURCE}\"\nkind = \"own\"\n\
         title = \"Generated demonstration case, seed {seed} (not real)\"\n\
         publisher = \"tracehound range\"\npublished = \"{PUBLISHED}\"\n"
    );
    for (role, category) in [
        (Role::Exchange, Category::Exchange),
        (Role::Thief, Category::ServiceHack),
        (Role::Service, Category::HostedWallet),
    ] {
        for actor in actors.iter().filter(|actor| actor.role == role) {
            write!(
                toml,
                "\n[[claim]]\nlabel = \"{}\"\ncategory = \"{category}\"\naddresses = [\"{}\"]\n",
                actor.name, actor.address
            )
            .expect("a string takes every write");
        }
    }
    toml
}
