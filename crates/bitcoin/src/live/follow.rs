//! Goes on where the known chain ends, block by block, and goes back where the server's chain left it.

use std::{collections::VecDeque, ops::ControlFlow};

use tracehound_model::{BitcoinNetwork, BlockHash, utxo::UtxoBlock};

use super::{BlockServer, LiveError};
use crate::{
    parse::{Checks, Scratch, read_block_with},
    plan::{ChainPoint, KnownChain},
};

/// What the receiver is told.
#[derive(Debug)]
pub enum FollowEvent<'a> {
    /// The blocks above this one are no longer on the best chain.
    Rewind(ChainPoint),
    /// The next block, with its height.
    Block(&'a UtxoBlock),
}

/// How a chain is followed.
#[derive(Clone, Copy, Debug)]
pub struct FollowOptions {
    /// The network the server must be on.
    pub network: BitcoinNetwork,
    /// Where to begin when nothing is known yet.
    pub from_height: u32,
    /// How many blocks down a common block is looked for.
    pub deepest_reorg: u32,
    /// What is checked of each block beyond structure and Merkle root.
    pub checks: Checks,
}

impl FollowOptions {
    /// From the genesis block, through reorganisations of up to 1,000 blocks.
    pub fn new(network: BitcoinNetwork) -> Self {
        Self { network, from_height: 0, deepest_reorg: 1_000, checks: Checks::default() }
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Blocks handed over.
    pub blocks: u64,
    /// Times the receiver was told to go back.
    pub rewinds: u64,
    /// The last block that the receiver has and the server's best chain has too.
    pub tip: Option<ChainPoint>,
    /// Whether the receiver has blocks above the server's tip, or the server says itself that it is catching up.
    pub behind: bool,
    /// Whether the receiver ended the run.
    pub stopped: bool,
}

/// Why a run ended early; what was handed over before stays right.
#[derive(Debug, thiserror::Error)]
pub enum FollowError<E> {
    /// The server failed.
    #[error(transparent)]
    Server(#[from] LiveError),
    /// The receiver failed.
    #[error("{0}")]
    Receiver(E),
}

/// Changes of the server's chain that are gone along with before the next block must come.
const PATIENCE: u32 = 16;

/// Changes of the server's chain that are gone along with in one run, for each block by which it grows higher than it was.
/// A server that tells of another branch at each question would otherwise be followed for ever: every branch has blocks.
const FLIPS: u32 = 32;

/// Hands over what the server's best chain has beyond `known`, up to the server's tip, and returns.
///
/// Where the server's chain has left the known one and is at least as high, the receiver is first told to go back to the
/// last block in common; a server that is lower is taken to be behind. The server may change its chain at any time: each
/// block must follow the one before, else a common block is looked for again. Call it again, with what is then known, to stay
/// up to date. Only the ids of the last [`FollowOptions::deepest_reorg`] blocks are kept in memory.
pub fn follow<E>(
    server: &dyn BlockServer,
    known: &dyn KnownChain,
    options: FollowOptions,
    mut receive: impl FnMut(FollowEvent<'_>) -> Result<ControlFlow<()>, E>,
) -> Result<Followed, FollowError<E>> {
    let mut ours = Ours::new(known, options);
    let mut done = Followed::default();
    let mut fetcher =
        Fetcher { server, checks: options.checks, block: UtxoBlock::default(), scratch: Scratch::default() };
    let mut fruitless = 0;
    let (mut flips, mut highest) = (0, None);
    loop {
        let info = server.chain_info()?;
        info.must_be_on(options.network)?;
        done.tip = ours.common(server, &info.tip)?;
        done.behind = info.catching_up || ours.tip.is_some_and(|tip| tip.height > info.tip.height);
        let lower = ours.tip.is_some_and(|tip| tip.height > info.tip.height);
        if lower || done.tip == Some(info.tip) {
            return Ok(done);
        }
        if highest < ours.tip.map(|tip| tip.height) {
            highest = ours.tip.map(|tip| tip.height);
            flips = 0;
        }
        if let Some(common) = done.tip
            && done.tip != ours.tip
        {
            flips += 1;
            if flips > FLIPS {
                return Err(LiveError::Unsteady(flips).into());
            }
            ours.go_back(common);
            done.rewinds += 1;
            if receive(FollowEvent::Rewind(common)).map_err(FollowError::Receiver)?.is_break() {
                done.stopped = true;
                return Ok(done);
            }
        }
        let blocks_before = done.blocks;
        while ours.next_height() <= info.tip.height {
            let height = ours.next_height();
            let Some(hash) = fetcher.fetch(height, ours.tip.map(|tip| tip.hash))? else { break };
            ours.push(hash);
            done.tip = ours.tip;
            done.blocks += 1;
            if receive(FollowEvent::Block(&fetcher.block)).map_err(FollowError::Receiver)?.is_break() {
                done.stopped = true;
                return Ok(done);
            }
        }
        if ours.next_height() > info.tip.height && ours.tip.is_none() {
            // Nothing is known and the server has nothing from the wanted height on.
            return Ok(done);
        }
        fruitless = if done.blocks > blocks_before { 0 } else { fruitless + 1 };
        if fruitless > PATIENCE {
            return Err(LiveError::Unsteady(fruitless).into());
        }
    }
}

/// Gets blocks and checks them.
struct Fetcher<'a> {
    server: &'a dyn BlockServer,
    checks: Checks,
    block: UtxoBlock,
    scratch: Scratch,
}

impl Fetcher<'_> {
    /// Reads the block at a height; `None` when the server's chain has none there that follows `prev`.
    fn fetch(&mut self, height: u32, prev: Option<BlockHash>) -> Result<Option<BlockHash>, LiveError> {
        let Some(asked) = self.server.hash_at(height)? else { return Ok(None) };
        let bytes = self.server.block(&asked)?;
        read_block_with(&bytes, &mut self.block, &mut self.scratch, self.checks)
            .map_err(|error| LiveError::Block { hash: asked, error })?;
        if self.block.hash != asked {
            return Err(LiveError::OtherBlock { asked, found: self.block.hash });
        }
        self.block.height = Some(height);
        let follows = prev.is_none_or(|prev| self.block.header.prev() == prev);
        Ok(follows.then_some(asked))
    }
}

/// The chain that the receiver has: what was known, cut where it went back, and what was handed over since.
struct Ours<'a> {
    known: &'a dyn KnownChain,
    options: FollowOptions,
    /// Up to this height, `known` holds; `None` where nothing of it does.
    known_to: Option<u32>,
    /// Ids of the last blocks handed over; the first one's height is `first`.
    fresh: VecDeque<BlockHash>,
    first: u32,
    tip: Option<ChainPoint>,
}

impl<'a> Ours<'a> {
    fn new(known: &'a dyn KnownChain, options: FollowOptions) -> Self {
        let tip = known.tip();
        let first = tip.map_or(options.from_height, |tip| tip.height + 1);
        Self { known, options, known_to: tip.map(|tip| tip.height), fresh: VecDeque::new(), first, tip }
    }

    fn next_height(&self) -> u32 {
        self.tip.map_or(self.options.from_height, |tip| tip.height.saturating_add(1))
    }

    fn hash_at(&self, height: u32) -> Option<BlockHash> {
        match height.checked_sub(self.first) {
            Some(place) => self.fresh.get(place as usize).copied(),
            None => self.known_to.filter(|to| height <= *to).and_then(|_| self.known.hash_at(height)),
        }
    }

    /// The highest block that is on the server's chain too, looked for from the lower tip down.
    fn common(&self, server: &dyn BlockServer, theirs: &ChainPoint) -> Result<Option<ChainPoint>, LiveError> {
        let Some(tip) = self.tip else { return Ok(None) };
        let start = tip.height.min(theirs.height);
        for looked in 0..=self.options.deepest_reorg {
            let Some(height) = start.checked_sub(looked) else { break };
            let Some(hash) = self.hash_at(height) else { break };
            if server.hash_at(height)? == Some(hash) {
                return Ok(Some(ChainPoint { hash, height }));
            }
        }
        Err(LiveError::NoCommonBlock { height: start, looked: self.options.deepest_reorg.min(start) })
    }

    fn go_back(&mut self, to: ChainPoint) {
        self.tip = Some(to);
        if let Some(keep) = (to.height + 1).checked_sub(self.first) {
            self.fresh.truncate(keep as usize);
        } else {
            self.fresh.clear();
            self.known_to = Some(to.height);
            self.first = to.height + 1;
        }
    }

    fn push(&mut self, hash: BlockHash) {
        let height = self.next_height();
        self.tip = Some(ChainPoint { hash, height });
        self.fresh.push_back(hash);
        if self.fresh.len() > self.options.deepest_reorg.max(1) as usize {
            self.fresh.pop_front();
            self.first += 1;
            // What lies below is deeper than any reorganisation that is gone along with.
            self.known_to = None;
        }
    }
}
