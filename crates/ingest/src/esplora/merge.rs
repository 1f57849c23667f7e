//! Old and new transactions put together, in the order of the chain.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tracehound_bitcoin::ChainPoint;
use tracehound_model::{
    Address, BlockHash, ScriptKey, TxId,
    utxo::{Header, InputRow, OutputRow, TxRow, UtxoBlock},
};

use super::{Answer, EsploraSubject, Fetch};

/// Transactions that the cache holds at most; beyond, the subjects not asked about for longest are forgotten.
pub(super) const MAX_TXS: u64 = 500_000;

/// A transaction with its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CachedTx {
    pub(super) tx: TxRow,
    pub(super) inputs: Vec<InputRow>,
    pub(super) outputs: Vec<OutputRow>,
    pub(super) payloads: Vec<u8>,
    pub(super) block: ChainPoint,
}

impl CachedTx {
    fn owners(&self) -> impl Iterator<Item = ScriptKey> {
        let spent = self.inputs.iter().filter_map(|input| input.prev_output.as_ref());
        spent.chain(&self.outputs).map(|output| {
            let start = output.payload_at as usize;
            let payload = &self.payloads[start..start + output.script_type.payload_len()];
            ScriptKey::new(output.script_type, payload).expect("payload has its type's length")
        })
    }

    fn is_coinbase(&self) -> bool {
        self.inputs.iter().any(InputRow::is_coinbase)
    }
}

/// Puts an answer into what was there: its transactions replace their earlier selves, and those that the server no
/// longer has where its answer is whole are gone. What no fetch stands behind is dropped.
pub(super) fn merge(txs: &mut Vec<CachedTx>, fetches: &mut Vec<Fetch>, answer: &Answer, most: u64) {
    let fresh: HashSet<TxId> = answer.txs.iter().map(|tx| tx.tx.txid).collect();
    let whole = answer.whole_from..=answer.fetch.tip;
    txs.retain(|tx| {
        let of_subject = match &answer.subject {
            EsploraSubject::Address(address) => {
                whole.contains(&tx.block.height) && tx.owners().any(|owner| address.script() == Some(&owner))
            }
            EsploraSubject::Tx(txid) => tx.tx.txid == *txid,
        };
        !of_subject && !fresh.contains(&tx.tx.txid)
    });
    txs.extend(answer.txs.iter().cloned());
    fetches.retain(|fetch| fetch.subject != answer.fetch.subject);
    fetches.insert(0, answer.fetch.clone());
    let mut room = most;
    // Newest first; the one just made stays, however large.
    let keep = fetches.iter().take_while(|fetch| {
        let fits = **fetch == answer.fetch || room >= u64::from(fetch.txs);
        room = room.saturating_sub(u64::from(fetch.txs));
        fits
    });
    let keep = keep.count();
    fetches.truncate(keep);
    forget_unclaimed(txs, fetches);
}

/// Drops the transactions that are nobody's who was asked about.
fn forget_unclaimed(txs: &mut Vec<CachedTx>, fetches: &[Fetch]) {
    let (mut owners, mut txids) = (HashSet::new(), HashSet::new());
    for fetch in fetches {
        if let Ok(txid) = fetch.subject.parse::<TxId>() {
            txids.insert(txid);
        } else if let Ok(address) = Address::parse(&fetch.subject) {
            owners.extend(address.script().copied());
        }
    }
    txs.retain(|tx| txids.contains(&tx.tx.txid) || tx.owners().any(|owner| owners.contains(&owner)));
}

/// The transactions as blocks in the order of the chain. A block without a header is left out.
pub(super) fn blocks(txs: Vec<CachedTx>, headers: &HashMap<BlockHash, Header>) -> Vec<UtxoBlock> {
    let mut by_block: BTreeMap<(u32, BlockHash), Vec<CachedTx>> = BTreeMap::new();
    for tx in txs {
        by_block.entry((tx.block.height, tx.block.hash)).or_default().push(tx);
    }
    let blocks = by_block.into_iter().filter_map(|((height, hash), txs)| {
        // The size of the whole block is not known; that of its part here would say nothing.
        let header = *headers.get(&hash)?;
        let mut block = UtxoBlock { hash, header, height: Some(height), size: 0, ..UtxoBlock::default() };
        for tx in in_order(txs) {
            push(&mut block, &tx);
        }
        Some(block)
    });
    blocks.collect()
}

/// Coinbases first, then each after those it spends from, then by id: a block's own order is not told.
fn in_order(txs: Vec<CachedTx>) -> Vec<CachedTx> {
    let mut by_id: BTreeMap<TxId, CachedTx> = txs.into_iter().map(|tx| (tx.tx.txid, tx)).collect();
    let mut waits: HashMap<TxId, usize> = HashMap::new();
    let mut spenders: HashMap<TxId, Vec<TxId>> = HashMap::new();
    for (txid, tx) in &by_id {
        let parents: BTreeSet<TxId> = tx.inputs.iter().map(|input| input.prev_txid).collect();
        let inside = parents.into_iter().filter(|parent| by_id.contains_key(parent));
        let count = inside.map(|parent| spenders.entry(parent).or_default().push(*txid)).count();
        waits.insert(*txid, count);
    }
    let rank = |tx: &CachedTx| (!tx.is_coinbase(), tx.tx.txid);
    let mut ready: BTreeSet<(bool, TxId)> =
        by_id.values().filter(|tx| waits[&tx.tx.txid] == 0).map(rank).collect();
    let mut ordered = Vec::with_capacity(by_id.len());
    while let Some((_, txid)) = ready.pop_first() {
        for spender in spenders.remove(&txid).unwrap_or_default() {
            let left = waits.get_mut(&spender).expect("entered above");
            *left -= 1;
            if *left == 0 {
                ready.insert(rank(&by_id[&spender]));
            }
        }
        ordered.extend(by_id.remove(&txid));
    }
    // Ids are hashes, so no transaction can spend from itself in a circle; were it so, nothing may get lost.
    ordered.extend(by_id.into_values());
    ordered
}

fn push(block: &mut UtxoBlock, tx: &CachedTx) {
    let base = block.payloads.len() as u32;
    let moved = |output: &OutputRow| OutputRow { payload_at: output.payload_at + base, ..*output };
    block.payloads.extend_from_slice(&tx.payloads);
    block.txs.push(tx.tx);
    block.inputs.extend(
        tx.inputs.iter().map(|row| InputRow { prev_output: row.prev_output.as_ref().map(moved), ..*row }),
    );
    block.outputs.extend(tx.outputs.iter().map(moved));
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jiff::Timestamp;
    use tracehound_model::{BitcoinNetwork, ScriptType};

    use super::*;

    fn address(n: u8) -> Address {
        let key = ScriptKey::new(ScriptType::P2tr, &[n; 32]).expect("32 bytes");
        Address::from_script(BitcoinNetwork::Mainnet, &key).expect("has an address")
    }

    /// Answers that `n` was paid in so many transactions.
    fn answer(n: u8, txs: u8) -> Answer {
        let subject = EsploraSubject::Address(address(n));
        let paid = |i| CachedTx {
            tx: TxRow { txid: TxId([n.wrapping_mul(16) + i; 32]), output_count: 1, ..TxRow::default() },
            inputs: Vec::new(),
            outputs: vec![OutputRow { value: 1, script_type: ScriptType::P2tr, payload_at: 0 }],
            payloads: vec![n; 32],
            block: ChainPoint { hash: BlockHash([1; 32]), height: 5 },
        };
        let fetch = Fetch {
            subject: subject.name(),
            server: String::new(),
            at: Timestamp::UNIX_EPOCH,
            tip: 9,
            tip_time: None,
            txs: txs.into(),
            waiting: 0,
            complete: true,
            limit: 1,
        };
        Answer { subject, fetch, txs: (0..txs).map(paid).collect(), headers: HashMap::new(), whole_from: 0 }
    }

    #[test]
    fn the_subjects_not_asked_about_for_longest_are_forgotten_first() {
        let (mut txs, mut fetches) = (Vec::new(), Vec::new());
        let mut after = |n, count| {
            merge(&mut txs, &mut fetches, &answer(n, count), 10);
            let of = |fetch: &Fetch| (1..9).find(|n| address(*n).to_string() == fetch.subject);
            (txs.len(), fetches.iter().filter_map(of).collect::<Vec<_>>())
        };
        assert_eq!(after(1, 4), (4, vec![1]));
        assert_eq!(after(2, 4), (8, vec![2, 1]));
        assert_eq!(after(1, 4), (8, vec![1, 2]), "asked again");
        assert_eq!(after(3, 3), (7, vec![3, 1]));
        assert_eq!(after(4, 12), (12, vec![4]), "what was just asked for is kept, however much it is");
    }
}
