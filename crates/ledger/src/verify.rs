//! Checks a whole ledger and names its content by one hash.

use std::path::Path;

use sha2::{Digest, Sha256};
use tracehound_model::BlockHash;

use crate::{
    Ledger, LedgerError, OutNum, TxNum,
    data::{PackedPrev, Rows, UNSPENDABLE, UNSPENT},
    segment::Segment,
};

/// The result of a check that found nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// SHA-256 over blocks, transactions, inputs, outputs, owners and spent-by links, in order, hexadecimal. Does not
    /// depend on how the rows are cut into segments, so an interrupted and an undisturbed ingest agree.
    pub content: String,
    /// Blocks checked.
    pub blocks: u64,
    /// Transactions checked.
    pub txs: u64,
    /// Spent-by links checked.
    pub links: u64,
}

impl Ledger {
    /// Reads everything: section checksums, header hashes, that numbers ascend, that every input and every spent-by
    /// cell point at each other, that every owner and transaction is found by its key. O(content).
    pub fn verify(&self) -> Result<VerifyReport, LedgerError> {
        // One hash each for what has its own order, so that the place where segments are cut leaves no trace.
        let (mut txs, mut owners, mut blocks) = (Sha256::new(), Sha256::new(), Sha256::new());
        let mut report = VerifyReport { content: String::new(), blocks: 0, txs: 0, links: 0 };
        for segment in self.segments() {
            segment.check_sections()?;
            let rows = segment.rows();
            check_blocks(&rows, segment.path())?;
            for rel in 0..rows.txids.len() {
                report.links += self.check_tx(segment, &rows, rel, &mut txs)?;
            }
            for rel in 0..rows.addr_type.len() {
                check_owner(segment, &rows, rel, &mut owners)?;
            }
            for block in rows.blocks {
                blocks.update(block.header);
                blocks.update(block.height.to_le_bytes());
                blocks.update(block.first_tx.to_le_bytes());
            }
            report.blocks += rows.blocks.len() as u64;
            report.txs += rows.txids.len() as u64;
        }
        let parts = [txs, owners, blocks].map(|hasher| <[u8; 32]>::from(hasher.finalize()));
        report.content = hex::encode(Sha256::digest(parts.concat()));
        Ok(report)
    }

    fn check_tx(
        &self,
        segment: &Segment,
        rows: &Rows<'_>,
        rel: usize,
        hasher: &mut Sha256,
    ) -> Result<u64, LedgerError> {
        let wrong = |what: String| LedgerError::corrupt(segment.path(), what);
        let num = segment.first().tx + rel as u32;
        let disagree = || wrong(format!("transaction {num} lies outside its columns"));
        let (inputs, outputs) = (
            rows.tx_inputs.range(rel).ok_or_else(disagree)?,
            rows.tx_outputs.range(rel).filter(|run| run.end <= segment.spent.len()).ok_or_else(disagree)?,
        );
        hasher.update(rows.txids[rel]);
        hasher.update(rows.tx_lock[rel].to_le_bytes());
        hasher.update(rows.tx_shape[rel].to_le_bytes());
        let mut links = 0;
        for input in inputs {
            let (prev, class) = rows.prev(input).ok_or_else(disagree)?;
            hasher.update([class]);
            match prev {
                PackedPrev::Coinbase => hasher.update([0]),
                PackedPrev::Missing => {
                    let row = rows.missing_of(input).ok_or_else(|| {
                        wrong(format!("an input of transaction {num} has no record of its missing output"))
                    })?;
                    hasher.update([1]);
                    hasher.update(row.prev_txid);
                    hasher.update(row.prev_vout.to_le_bytes());
                    hasher.update(row.value.to_le_bytes());
                    hasher.update(row.addr.to_le_bytes());
                }
                PackedPrev::Output(out) => {
                    let owner = self.output(OutNum(out)).filter(|view| view.spent_by == Some(TxNum(num)));
                    if owner.is_none() {
                        return Err(wrong(format!(
                            "output {out} does not know its spender, transaction {num}"
                        )));
                    }
                    hasher.update([2]);
                    hasher.update(out.to_le_bytes());
                    links += 1;
                }
            }
        }
        for out in outputs {
            let cell = segment.spent.load(out);
            let end_tx = self.segments().last().map_or(0, |last| last.end().tx);
            if cell != UNSPENT && cell != UNSPENDABLE && cell < end_tx && cell <= num {
                return Err(wrong(format!(
                    "an output of transaction {num} is spent by an earlier one, {cell}"
                )));
            }
            hasher.update(rows.value(out).ok_or_else(disagree)?.to_le_bytes());
            hasher.update(rows.out_addr.get(out).ok_or_else(disagree)?.to_le_bytes());
        }
        match segment.find_tx(&rows.txids[rel]) {
            Some(found) if rows.txids[found as usize] == rows.txids[rel] => Ok(links),
            _ => Err(wrong(format!("transaction {num} is not found by its id"))),
        }
    }
}

fn check_blocks(rows: &Rows<'_>, path: &Path) -> Result<(), LedgerError> {
    let mut last = None;
    for block in rows.blocks {
        if sha256d(&block.header) != block.hash {
            let hash = BlockHash(block.hash);
            return Err(LedgerError::corrupt(path, format!("block {hash} has another header's hash")));
        }
        if last.is_some_and(|last| block.first_tx <= last) {
            return Err(LedgerError::corrupt(path, "its blocks are out of order"));
        }
        last = Some(block.first_tx);
    }
    Ok(())
}

fn check_owner(
    segment: &Segment,
    rows: &Rows<'_>,
    rel: usize,
    hasher: &mut Sha256,
) -> Result<(), LedgerError> {
    let num = segment.first().addr + rel as u32;
    let (script_type, payload) = rows.addr_key(rel).ok_or_else(|| {
        LedgerError::corrupt(segment.path(), format!("address {num} lies outside its columns"))
    })?;
    hasher.update([script_type as u8]);
    hasher.update(payload);
    if segment.find_addr(script_type as u8, payload) != Some(rel as u32) {
        return Err(LedgerError::corrupt(
            segment.path(),
            format!("address {num} is not found by its script"),
        ));
    }
    Ok(())
}

fn sha256d(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}
