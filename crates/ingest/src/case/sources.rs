//! Who tells what an account did.

use alloy_primitives::{Address as EvmAddress, B256};
use tracehound_evm::{
    explorer::{Explorer, ExplorerTx},
    node::{End, Node},
};
use tracehound_model::{
    Address, Amount,
    transfer::{Movement, TransferTx, Unseen},
};

use super::{CaseCalled, CaseError, CaseTip, CaseTx};

/// Questions that a block takes: itself, its receipts, its traces.
const PER_BLOCK: u64 = 3;

/// Transactions, and in words what was not read.
pub(super) type Told = (Vec<CaseTx>, Vec<String>);

/// A server that is asked about single accounts.
pub trait CaseSource {
    /// Scheme and host of it: all of its address that may be shown.
    fn server(&self) -> String;
    /// Questions asked so far.
    fn questions(&self) -> u64;
    /// Questions that one account takes at least.
    fn least(&self) -> u64;
    /// Its last block.
    ///
    /// # Errors
    /// When it does not say.
    fn tip(&mut self) -> Result<CaseTip, CaseError>;
    /// All that an account did up to a block, with at most so many questions: what those do not reach is not read.
    ///
    /// # Errors
    /// When it cannot be asked, or says what cannot be.
    fn account(&mut self, account: [u8; 20], tip: CaseTip, most: u64) -> Result<Told, CaseError>;
    /// A transaction; none where it knows none of that hash in a block.
    ///
    /// # Errors
    /// As [`account`](Self::account).
    fn tx(&mut self, hash: [u8; 32]) -> Result<Told, CaseError>;
}

/// An explorer with Etherscan's interface.
#[derive(Debug)]
pub struct ExplorerSource {
    explorer: Explorer,
}

impl ExplorerSource {
    /// Of an explorer.
    pub fn new(explorer: Explorer) -> Self {
        Self { explorer }
    }
}

impl CaseSource for ExplorerSource {
    fn server(&self) -> String {
        self.explorer.server().to_owned()
    }

    fn questions(&self) -> u64 {
        self.explorer.questions()
    }

    fn least(&self) -> u64 {
        // Six lists, of which some take a second page to see that there is no more.
        8
    }

    fn tip(&mut self) -> Result<CaseTip, CaseError> {
        let tip = self.explorer.tip()?;
        Ok(CaseTip { height: tip.height, hash: tip.hash.0, time: tip.time })
    }

    fn account(&mut self, account: [u8; 20], tip: CaseTip, most: u64) -> Result<Told, CaseError> {
        self.explorer.limit_questions(most);
        let found = self.explorer.account(EvmAddress::from(account), 0, tip.height)?;
        let unread = found.unread.iter().map(|own| {
            format!("{} from block {} to {} was not read: {}", own.list, own.from, own.to, own.why)
        });
        Ok((found.txs.into_iter().map(case_tx).collect(), unread.collect()))
    }

    fn tx(&mut self, hash: [u8; 32]) -> Result<Told, CaseError> {
        let Some(told) = self.explorer.tx(B256::from(hash))? else { return Ok(Told::default()) };
        let untold = (!told.is_all_called).then(|| {
            "an explorer does not tell what contracts called inside, where nothing moved".to_owned()
        });
        let called = CaseCalled { accounts: accounts(told.called), untold };
        Ok((
            vec![CaseTx { called: Some(called), ..case_tx(told.tx) }],
            told.refused.into_iter().map(|why| format!("a log of it was not read: {why}")).collect(),
        ))
    }
}

fn case_tx(tx: ExplorerTx) -> CaseTx {
    let hash = tx.hash.map_or_else(|| released(tx.block), |hash| hash.0);
    CaseTx { block: tx.block, time: tx.time, index: tx.index, hash, movements: tx.movements, called: None }
}

fn accounts(told: Vec<EvmAddress>) -> Vec<Address> {
    told.into_iter().map(|account| Address::Evm(account.into_array())).collect()
}

/// What stands for the hash of what a block pays out: an explorer does not tell the block's own.
fn released(block: u64) -> [u8; 32] {
    let mut hash = [0; 32];
    hash[24..].copy_from_slice(&block.to_be_bytes());
    hash
}

/// A node that lists what an account moved (`trace_filter`; Erigon, Nethermind, Reth and anvil do).
#[derive(Debug)]
pub struct NodeSource {
    node: Node,
    end: End,
}

impl NodeSource {
    /// Of a node, up to where its chain does not change any more.
    pub fn new(node: Node, end: End) -> Self {
        Self { node, end }
    }

    /// The transactions of a block that somebody took part in, each whole.
    fn block(
        &mut self,
        number: u64,
        takes_part: &dyn Fn(&TransferTx) -> bool,
        told: &mut Told,
    ) -> Result<(), CaseError> {
        let found = self.node.read(number, number)?;
        let Some(found) = found.into_iter().next() else { return Ok(()) };
        let block = found.block;
        let unseen = block.unseen;
        for (index, tx) in (0..).zip(block.txs) {
            if takes_part(&tx) {
                let (time, index) = (block.time, Some(index));
                let (hash, movements) = (tx.hash, tx.movements);
                told.0.push(CaseTx { block: number, time, index, hash, movements, called: None });
            }
        }
        if unseen != Unseen::NOTHING {
            let why: Vec<String> = found.gaps.iter().map(ToString::to_string).collect();
            told.1.push(why.join("; "));
        }
        Ok(())
    }
}

impl CaseSource for NodeSource {
    fn server(&self) -> String {
        self.node.server()
    }

    fn questions(&self) -> u64 {
        self.node.questions()
    }

    fn least(&self) -> u64 {
        // Two of traces, five of logs, one of the balance, and three for a block.
        11
    }

    fn tip(&mut self) -> Result<CaseTip, CaseError> {
        let head = self.node.head(self.end)?;
        let height = head.end.unwrap_or(0);
        let (hash, time) = self.node.dated(height)?;
        Ok(CaseTip { height, hash: hash.0, time })
    }

    fn account(&mut self, account: [u8; 20], tip: CaseTip, most: u64) -> Result<Told, CaseError> {
        let own = EvmAddress::from(account);
        let Some(blocks) = self.node.blocks_of(own, 0, tip.height)? else {
            return Err(CaseError::NoFilter { server: self.node.server() });
        };
        let address = Address::Evm(account);
        let takes_part = |tx: &TransferTx| {
            tx.movements
                .iter()
                .any(|moved| [&moved.from, &moved.to].into_iter().flatten().any(|who| *who == address))
        };
        let mut told = Told::default();
        if blocks.len() as u64 > most / PER_BLOCK {
            told.1.push(format!("it takes part in {} blocks, more than {most} questions read", blocks.len()));
            return Ok(told);
        }
        for number in blocks {
            self.block(number, &takes_part, &mut told)?;
        }
        // What a block pays out is in no trace: the balance tells whether something is missing.
        let native = self.node.rules().native;
        let held = self.node.balances(tip.height, &[own])?.first().copied().unwrap_or_default();
        let held = Amount::from_be_bytes(held.to_be_bytes());
        let moves = told.0.iter().flat_map(|tx| &tx.movements).filter(|moved| moved.asset == native);
        if summed(&address, moves) != Some(held) {
            told.1.push(format!(
                "what it moved of {native} does not come to the {held} base units that it held at block {}: something was not told, or it \
                 began with more than nothing",
                tip.height
            ));
        }
        Ok(told)
    }

    fn tx(&mut self, hash: [u8; 32]) -> Result<Told, CaseError> {
        let mut told = Told::default();
        if let Some(number) = self.node.block_of(B256::from(hash))? {
            self.block(number, &|tx| tx.hash == hash, &mut told)?;
        }
        for tx in &mut told.0 {
            // What it called is asked beside what it moved: a node that does not say it leaves that one gap.
            let (called, untold) = match self.node.called(B256::from(hash)) {
                Ok(Some(called)) => (called, None),
                Ok(None) => (Vec::new(), Some("the node does not trace it".to_owned())),
                Err(error) => (Vec::new(), Some(error.to_string())),
            };
            tx.called = Some(CaseCalled { accounts: accounts(called), untold });
        }
        Ok(told)
    }
}

/// What movements leave of nothing, where they never take more than there is.
fn summed<'a>(account: &Address, moves: impl Iterator<Item = &'a Movement>) -> Option<Amount> {
    let mut held = Amount::ZERO;
    for moved in moves {
        if moved.to.as_ref() == Some(account) {
            held = held.checked_add(moved.amount)?;
        }
        if moved.from.as_ref() == Some(account) {
            held = held.checked_sub(moved.amount)?;
        }
    }
    Some(held)
}
