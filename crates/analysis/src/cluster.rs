//! Clusters: addresses that one entity controls, because it signed for them in one transaction.
//!
//! [`Clusters`] joins all owners among a transaction's inputs (the multi-input heuristic; Nakamoto 2008, section 10),
//! unless the transaction is a `CoinJoin`, a suspected `PayJoin` ([`is_payjoin_suspect`]) or a coinbase. Outputs join
//! nothing: what the change heuristics say ([`change`]) is a vote with a measured precision, kept apart.
//!
//! **A cluster's id** is its smallest address number, printed as the chain's short name, a colon and that address
//! (`btc:1A1z…`): the member that appears first in the ledger. It is the same for everybody who ingested the same
//! chain from its first block. When clusters merge the older id stays.
//!
//! **Spanning edges.** Transactions are joined in chain order, and each one that makes two clusters into one leaves an
//! edge: this transaction, these two addresses. The edges are therefore a spanning forest in which the way between two
//! addresses uses the earliest transactions there are, and the latest one on it is when they became one cluster.
//!
//! **Blocks and reorganisations.** [`Clusters::update`] compares block ids, undoes what is no longer in the ledger and
//! goes on from there. Undoing drops the edges behind the point and joins the others anew; since the edges were made in
//! chain order, those left are what a fresh build up to that point makes. Cost: O(addresses + edges), some 10 ns each,
//! whatever the depth; blocks added cost only themselves.
//!
//! **Memory.** 4 bytes an address; 12 bytes a spanning edge, of which there are fewer than addresses; 36 bytes a block;
//! 4 bytes for each transaction left out. A guard takes 4 bytes an address more.
//!
//! **Keys.** [`Keyed`] joins the clusters that hold addresses of one key, when one address is asked about.
//!
//! **Not seen.** The ledger keeps no signatures, so inputs signed `ANYONECANPAY` by several entities look like one
//! entity's.

pub mod change;
mod explain;
mod gather;
mod keyed;
mod rules;
mod sets;

use std::fmt::Write;

use tracehound_ledger::{AddrNum, BlockNum, TxNum, UtxoRows};
use tracehound_model::{Address, BitcoinNetwork, BlockHash, Chain};

pub use explain::Step;
pub use gather::Work;
pub use keyed::{Joint, Keyed, SameKey};
pub use rules::{
    COLLAPSE_SIZE, CoinJoins, Collapse, Guard, PAYJOIN_INPUTS, Refusal, Rules, ServiceId, ServiceOf,
    is_payjoin_suspect,
};

use gather::Chunk;
use rules::Watch;
use sets::Sets;

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The ledger's columns contradict each other.
    #[error(
        "transaction number {tx} of the ledger cannot be read: `tracehound ledger verify` says what is damaged"
    )]
    Unreadable {
        /// The transaction.
        tx: TxNum,
    },
    /// The ledger is of another chain than the clusters.
    #[error("the clusters are of chain {known}, the ledger is of {found}: make new ones for it")]
    OtherChain {
        /// CAIP-2 id of the clusters' chain.
        known: String,
        /// CAIP-2 id of the ledger's.
        found: String,
    },
    /// The clusters were made with a guard and are continued without one, or the other way round.
    #[error("clusters are continued with the guard they were made with: make new ones to change it")]
    OtherGuard,
}

/// A cluster's name: its smallest address number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub AddrNum);

impl ClusterId {
    /// The name as it is printed: `btc:1A1z…`. A member without an address is written as its script type and
    /// payload, `btc:non-standard:…`; `None` when the ledger does not hold the member.
    pub fn name(self, ledger: &impl UtxoRows, network: BitcoinNetwork) -> Option<String> {
        let chain = Chain::Bitcoin(network).short_name();
        Some(format!("{chain}:{}", owner_name(ledger, network, self.0)?))
    }
}

/// An owner's address, or its script type and payload where it has none.
pub fn owner_name(ledger: &impl UtxoRows, network: BitcoinNetwork, owner: AddrNum) -> Option<String> {
    let key = ledger.script_key(owner)?;
    Some(match Address::from_script(network, &key) {
        Some(address) => address.to_string(),
        None => key.payload().iter().fold(format!("{}:", key.script_type()), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        }),
    })
}

/// A transaction that made two clusters into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edge {
    tx: u32,
    a: u32,
    b: u32,
}

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// First transaction that had been seen before and is not in the ledger any more.
    pub undone_from: Option<TxNum>,
    /// What was read since.
    pub work: Work,
}

/// How many there are. See [`Clusters::counts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Addresses.
    pub addresses: u32,
    /// Clusters, those of one address included.
    pub clusters: u32,
    /// Transactions seen.
    pub txs: u32,
    /// `CoinJoin`s left out.
    pub coinjoins: usize,
    /// Suspected `PayJoin`s left out.
    pub payjoins: usize,
    /// Transactions left out by the guard.
    pub refusals: usize,
    /// Transactions of several inputs of which some owner is not known: they join those that are.
    pub unresolved: usize,
    /// Bytes held.
    pub bytes: usize,
}

/// All clusters of a ledger. Two are equal when they say the same, however they came to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    chain: String,
    sets: Sets,
    edges: Vec<Edge>,
    /// Blocks seen, with the first transaction behind each.
    blocks: Vec<(BlockHash, u32)>,
    coinjoins: Vec<u32>,
    payjoins: Vec<u32>,
    unresolved: Vec<u32>,
    refusals: Vec<Refusal>,
    watch: Option<Watch>,
}

impl Clusters {
    /// No clusters yet, of the ledger's chain.
    pub fn new<R: UtxoRows>(ledger: &R, rules: &Rules<'_, R>) -> Self {
        let watch = rules.guard.map(|_| Watch::default());
        Self { chain: ledger.chain().to_owned(), watch, ..Self::default() }
    }

    /// The clusters of a ledger. O(inputs), nearly; reads with several threads, and is the same with any number.
    pub fn build<R: UtxoRows>(ledger: &R, rules: &Rules<'_, R>) -> Result<Self, ClusterError> {
        let mut clusters = Self::new(ledger, rules);
        clusters.update(ledger, rules)?;
        Ok(clusters)
    }

    /// Brings the clusters to the state of a snapshot: undoes blocks that it does not hold, adds those not yet seen.
    /// The result is what [`Self::build`] with the same rules makes. On an error nothing behind the last block seen
    /// before is kept. O(blocks + new inputs), and O(addresses) when something is undone.
    pub fn update<R: UtxoRows>(&mut self, ledger: &R, rules: &Rules<'_, R>) -> Result<Update, ClusterError> {
        if self.chain != ledger.chain() {
            return Err(ClusterError::OtherChain { known: self.chain.clone(), found: ledger.chain().into() });
        }
        if self.watch.is_some() != rules.guard.is_some() {
            return Err(ClusterError::OtherGuard);
        }
        let counts = ledger.counts();
        let same = (0..)
            .zip(&self.blocks)
            .take_while(|&(num, (hash, _))| {
                ledger.block(BlockNum(num)).is_some_and(|block| block.hash == *hash)
            })
            .count();
        let addresses = counts.addresses as usize;
        let undone_from = (same < self.blocks.len()).then(|| self.keep_blocks(same, addresses));
        self.sets.grow(addresses);
        if let Some(watch) = &mut self.watch {
            watch.grow(addresses);
        }
        let span = (self.next_tx(), counts.txs);
        let guard = rules.guard;
        let join = |chunk: &Chunk| self.join_chunk(chunk, guard.as_ref());
        let work = match gather::gather(ledger, rules, span, counts.addresses, join) {
            Ok(work) => work,
            Err(error) => {
                self.keep_blocks(same, addresses);
                return Err(error);
            }
        };
        for num in same as u32..counts.blocks {
            let Some(block) = ledger.block(BlockNum(num)) else { break };
            let end = ledger.block(BlockNum(num + 1)).map_or(counts.txs, |next| next.first_tx.0);
            self.blocks.push((block.hash, end));
        }
        // Worth its pass over all addresses only when that is little beside the reading.
        if work.txs >= self.sets.len() as u64 / 16 {
            self.sets.flatten();
        }
        Ok(Update { undone_from: undone_from.map(TxNum), work })
    }

    /// Undoes every block from the one that holds transaction `to` on. Addresses that only those blocks mention stay,
    /// each by itself, until the next [`Self::update`]. O(addresses + edges).
    pub fn rewind(&mut self, to: TxNum) {
        let keep = self.blocks.partition_point(|&(_, end)| end <= to.0);
        if keep < self.blocks.len() {
            self.keep_blocks(keep, self.sets.len());
        }
    }

    /// The first transaction not seen yet.
    pub fn next_tx(&self) -> u32 {
        self.blocks.last().map_or(0, |&(_, end)| end)
    }

    /// Keeps the first `keep` blocks, of a chain of `len` addresses; gives the first transaction that is forgotten.
    fn keep_blocks(&mut self, keep: usize, len: usize) -> u32 {
        self.blocks.truncate(keep);
        let to = self.next_tx();
        self.edges.truncate(self.edges.partition_point(|edge| edge.tx < to));
        for list in [&mut self.coinjoins, &mut self.payjoins, &mut self.unresolved] {
            list.truncate(list.partition_point(|&tx| tx < to));
        }
        self.refusals.truncate(self.refusals.partition_point(|refusal| refusal.tx.0 < to));
        let ends = || self.edges.iter().flat_map(|edge| [edge.a as usize, edge.b as usize]);
        // In a sound ledger an address is not younger than a transaction that spends its coins.
        let len = ends().max().map_or(len, |last| len.max(last + 1));
        self.sets.reset(len);
        if let Some(watch) = &mut self.watch {
            let mut joined = vec![false; len];
            ends().for_each(|end| joined[end] = true);
            // The numbers of the others may mean other addresses when blocks come anew.
            watch.retain(|addr| joined.get(addr as usize).copied().unwrap_or(false));
            watch.reset(len);
        }
        for edge in &self.edges {
            let (a, b) = (self.sets.find(edge.a), self.sets.find(edge.b));
            if a != b {
                let (stays, goes) = self.sets.attach(a, b);
                if let Some(watch) = &mut self.watch {
                    watch.joined(stays, goes, None);
                }
            }
        }
        to
    }

    fn join_chunk(&mut self, chunk: &Chunk, guard: Option<&Guard<'_>>) {
        self.coinjoins.extend_from_slice(&chunk.coinjoins);
        self.payjoins.extend_from_slice(&chunk.payjoins);
        self.unresolved.extend_from_slice(&chunk.unresolved);
        let mut rest = &chunk.joins[..];
        while let [tx, count, after @ ..] = rest {
            let (owners, others) = after.split_at(*count as usize);
            rest = others;
            match guard {
                None => self.join(*tx, owners),
                Some(guard) => self.join_guarded(*tx, owners, guard),
            }
        }
    }

    fn join(&mut self, tx: u32, owners: &[u32]) {
        let Some((&first, others)) = owners.split_first() else { return };
        let mut root = self.sets.find(first);
        for &other in others {
            let found = self.sets.find(other);
            if found != root {
                root = self.sets.attach(root, found).0;
                self.edges.push(Edge { tx, a: first, b: other });
            }
        }
    }

    /// All or nothing: a transaction that would join what must stay apart says nothing about its other inputs either.
    fn join_guarded(&mut self, tx: u32, owners: &[u32], guard: &Guard<'_>) {
        let mut clusters: Vec<(u32, u32)> =
            owners.iter().map(|&owner| (self.sets.find(owner), owner)).collect();
        clusters.sort_unstable();
        clusters.dedup_by_key(|&mut (root, _)| root);
        if clusters.len() < 2 {
            return;
        }
        let Some(watch) = &mut self.watch else { return };
        if let Some((a, b, why)) = watch.objection(&clusters, guard) {
            self.refusals.push(Refusal { tx: TxNum(tx), a: AddrNum(a), b: AddrNum(b), why });
            return;
        }
        let first = owners[0];
        let mut root = self.sets.find(first);
        for &other in &owners[1..] {
            let found = self.sets.find(other);
            if found != root {
                let (stays, goes) = self.sets.attach(root, found);
                watch.joined(stays, goes, Some(guard));
                root = stays;
                self.edges.push(Edge { tx, a: first, b: other });
            }
        }
    }

    /// CAIP-2 id of the chain.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// The cluster of an address; `None` for a number that the snapshot did not hold.
    pub fn cluster_of(&self, addr: AddrNum) -> Option<ClusterId> {
        self.sets.root(addr.0).map(|root| ClusterId(AddrNum(root)))
    }

    /// The members of an address's cluster, ascending, at most `limit`, and how many there are. O(addresses).
    pub fn members(&self, addr: AddrNum, limit: usize) -> (Vec<AddrNum>, usize) {
        let Some(root) = self.sets.root(addr.0) else { return (Vec::new(), 0) };
        let marks = self.sets.marks(root);
        (marks.iter().take(limit).map(AddrNum).collect(), marks.len())
    }

    /// The cluster of every address, by address number. O(addresses).
    pub fn all(&self) -> Vec<ClusterId> {
        self.sets.roots().into_iter().map(|root| ClusterId(AddrNum(root))).collect()
    }

    /// The transactions that joined two addresses, in order from the one to the other: each spends coins of its two
    /// addresses together. Empty for an address and itself, `None` for addresses of two clusters.
    /// O(addresses + edges + own edges log own edges).
    pub fn explain(&self, from: AddrNum, to: AddrNum) -> Option<Vec<Step>> {
        let root = self.sets.root(from.0)?;
        if self.sets.root(to.0)? != root {
            return None;
        }
        explain::path(&self.edges, &self.sets.marks(root), from, to)
    }

    /// Merges that the guard refused, in chain order.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// Whether a transaction was left out as a `CoinJoin`. O(log `CoinJoin`s).
    pub fn is_coinjoin(&self, tx: TxNum) -> bool {
        self.coinjoins.binary_search(&tx.0).is_ok()
    }

    /// Whether a transaction was left out as a suspected `PayJoin`. O(log suspects).
    pub fn is_payjoin_suspect(&self, tx: TxNum) -> bool {
        self.payjoins.binary_search(&tx.0).is_ok()
    }

    /// How many there are of everything. O(addresses).
    pub fn counts(&self) -> Counts {
        let lists = self.coinjoins.capacity() + self.payjoins.capacity() + self.unresolved.capacity();
        Counts {
            addresses: self.sets.len() as u32,
            clusters: self.sets.count() as u32,
            txs: self.next_tx(),
            coinjoins: self.coinjoins.len(),
            payjoins: self.payjoins.len(),
            refusals: self.refusals.len(),
            unresolved: self.unresolved.len(),
            bytes: self.sets.bytes()
                + self.edges.capacity() * size_of::<Edge>()
                + self.blocks.capacity() * size_of::<(BlockHash, u32)>()
                + lists * size_of::<u32>()
                + self.refusals.capacity() * size_of::<Refusal>()
                + self.watch.as_ref().map_or(0, Watch::bytes),
        }
    }
}
