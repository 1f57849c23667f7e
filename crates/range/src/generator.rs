//! The background chain: blocks of made-up, well-formed transactions, one after another.

mod heists;

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::{Asset, BlockHash};

use crate::{
    RangeError,
    assembler::Assembler,
    config::{Difficulty, GeneratorConfig, MAX_START_TIME, MAX_TXS, MIN_TXS},
    dice::Dice,
    economy::{Economy, MATURITY},
    files::BlockFiles,
    heist::Director,
    measured::Shape,
    pool::MAX_COINS,
};

pub use heists::{HeistConfig, generate_heists};

/// Weight units at which a block is closed, at most. Bitcoin's limit is 4,000,000, and the largest transaction the
/// shapes give (795 inputs of 297 bytes without witness, and a few outputs) weighs less than 980,000.
const FULL_BLOCK: u64 = 3_000_000;
/// Average weight of a transaction, for the number of blocks only.
const USUAL_TX: u64 = 2_200;
/// Even a short chain has about this many blocks with payments in them.
const WANTED_BLOCKS: u64 = 256;
/// The same of the harder range, whose large rounds take the room of several blocks: about three weeks remain.
const HARD_BLOCKS: u64 = 5 * 7 * 24 * 6;
/// Seconds between blocks, on average.
const BLOCK_INTERVAL: u64 = 600;

/// How far the generator is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Blocks written, genesis included.
    pub blocks: u64,
    /// Transactions written.
    pub txs: u64,
    /// Transactions there will be.
    pub txs_total: u64,
    /// Bytes of block files written.
    pub bytes: u64,
}

/// What was generated.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Summary {
    /// Block files, in order.
    pub files: Vec<std::path::PathBuf>,
    /// Bytes of block files.
    pub bytes: u64,
    /// Blocks, genesis included.
    pub blocks: u64,
    /// Transactions, coinbases included. All ids are distinct.
    pub txs: u64,
    /// Inputs, one per coinbase included.
    pub inputs: u64,
    /// Outputs, `OP_RETURN` included.
    pub outputs: u64,
    /// What the fees count.
    pub asset: Asset,
    /// Fees paid, in satoshi.
    pub fees: u64,
    /// Id of the last block.
    pub tip: BlockHash,
}

/// Writes a chain block by block.
///
/// The chain starts at the network's own genesis block; headers are linked, Merkle roots and witness commitments are
/// right, work meets the stated (easiest) target, every input spends an output that exists and was not spent, coinbases
/// wait 100 blocks, values are conserved. Signatures, keys and scripts are filler: no node would accept the blocks.
///
/// Memory: 64 bytes a live output, up to 2,000,000 of them (a chain of 10 million transactions keeps about 1.5
/// million), 12 bytes a wallet, up to 524,416 of them, and one block: 124 MB for 10 million transactions, measured. Time
/// is linear in the number of transactions.
pub struct Generator {
    config: GeneratorConfig,
    dice: Dice,
    chain: Assembler,
    economy: Economy,
    genesis: Option<Vec<u8>>,
    blocks: u64,
    time: u32,
    block_weight: u64,
    director: Option<Director>,
}

impl Generator {
    /// Checks the configuration.
    pub fn new(config: GeneratorConfig) -> Result<Self, RangeError> {
        if !(MIN_TXS..=MAX_TXS).contains(&config.tx_count) {
            return Err(RangeError::TxCount(config.tx_count));
        }
        if config.start_time > MAX_START_TIME {
            return Err(RangeError::StartTime(config.start_time));
        }
        let (chain, genesis) = Assembler::new(config.network);
        let block_weight = (config.tx_count * USUAL_TX / WANTED_BLOCKS).clamp(4 * USUAL_TX, FULL_BLOCK);
        let mut economy = Economy::new(config.seed, Shape::of(config.profile), MAX_COINS);
        economy.totals.txs = 1;
        economy.totals.inputs = 1;
        economy.totals.outputs = 1;
        Ok(Self {
            dice: Dice::new(config.seed),
            chain,
            economy,
            genesis: Some(genesis),
            blocks: 0,
            time: config.start_time,
            block_weight,
            director: None,
            config,
        })
    }

    /// A chain in which heists happen.
    fn with_heists(config: GeneratorConfig, heists: u32, difficulty: Difficulty) -> Result<Self, RangeError> {
        let generator = Self::new(config)?;
        let director = Director::new(&generator.config, heists, difficulty)?;
        let block_weight = match difficulty {
            Difficulty::Usual => generator.block_weight,
            Difficulty::Hard => generator.block_weight * WANTED_BLOCKS / HARD_BLOCKS,
        };
        let block_weight = block_weight.max(4 * USUAL_TX);
        Ok(Self { director: Some(director), block_weight, ..generator })
    }

    /// What the heists wrote down since it was taken last; at the chain's end, what is left to say.
    fn take_truth(&mut self, end: bool) -> Vec<u8> {
        let Some(director) = &mut self.director else { return Vec::new() };
        if end {
            director.finish(&mut self.chain, &mut self.economy);
        }
        director.take_lines()
    }

    /// Totals so far: transactions and blocks.
    fn progress(&self, bytes: u64) -> Progress {
        Progress { blocks: self.blocks, txs: self.economy.totals.txs, txs_total: self.config.tx_count, bytes }
    }

    /// Replaces the contents of `block` by the next block's bytes; `false` when the chain is complete.
    pub fn next_block(&mut self, block: &mut Vec<u8>) -> bool {
        block.clear();
        if let Some(genesis) = self.genesis.take() {
            block.extend_from_slice(&genesis);
            self.blocks = 1;
            return true;
        }
        if self.economy.totals.txs >= self.config.tx_count {
            return false;
        }
        if self.chain.height() > MATURITY {
            self.fill_block();
        }
        let miner = Economy::draw_miner(&mut self.dice);
        let owner = self.economy.owner(miner.0, miner.1);
        let sealed = self.chain.seal(owner, self.time, block, &mut self.dice);
        self.economy.sealed(&sealed, miner, &mut self.dice);
        self.time += self.dice.between(BLOCK_INTERVAL / 2, BLOCK_INTERVAL * 3 / 2) as u32;
        self.blocks += 1;
        true
    }

    fn fill_block(&mut self) {
        let limit = self.block_weight * self.dice.between(70, 100) / 100;
        // One place is the coinbase's.
        while self.economy.totals.txs + 1 < self.config.tx_count && (self.chain.weight() as u64) < limit {
            if let Some(director) = &mut self.director
                && director.act(&mut self.chain, &mut self.economy)
            {
                continue;
            }
            if !self.economy.add_tx(&mut self.chain, &mut self.dice) {
                break;
            }
        }
    }

    /// Writes the whole chain into `dir` (made if absent) as `blk00000.dat`, `blk00001.dat`…, each of at most 128 MiB,
    /// framed by magic and length as Bitcoin Core does, not obfuscated. `progress` is called after every block.
    ///
    /// A file that exists is never overwritten: that is an error, before anything is written in its place.
    pub fn write_block_files(
        self,
        dir: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Summary, RangeError> {
        self.write_with(dir, &mut |generator, bytes, _| {
            progress(generator.progress(bytes));
            Ok(())
        })
    }

    /// Writes the chain; `each` is called with the bytes written after every block, and once more at the end.
    fn write_with(
        mut self,
        dir: &Path,
        each: &mut dyn FnMut(&mut Self, u64, bool) -> Result<(), RangeError>,
    ) -> Result<Summary, RangeError> {
        let mut files = BlockFiles::create(dir, self.config.network)?;
        let mut block = Vec::new();
        while self.next_block(&mut block) {
            files.append(&block)?;
            each(&mut self, files.bytes(), false)?;
        }
        let bytes = files.bytes();
        each(&mut self, bytes, true)?;
        let files = files.finish()?;
        let totals = self.economy.totals;
        Ok(Summary {
            files,
            bytes,
            blocks: self.blocks,
            txs: totals.txs,
            inputs: totals.inputs,
            outputs: totals.outputs,
            asset: Asset::bitcoin(self.config.network),
            fees: totals.fees,
            tip: self.chain.tip(),
        })
    }
}
