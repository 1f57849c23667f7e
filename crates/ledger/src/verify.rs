//! Checks a whole ledger and names its content by one hash.

use std::path::Path;

use sha2::{Digest, Sha256};
use tracehound_model::BlockHash;
use tracehound_segments::{Note, SnapshotId};

use crate::{
    Ledger, LedgerError, OutNum, TxNum,
    cell::{DESTROYED, UNSPENDABLE, UNSPENT, in_snapshot, is_beyond},
    cells::{overwritten, raw_cell},
    data::{BlockRow, FLAG_AFTER_MISSING_RANGE, NO_ADDR, PackedPrev, Rows},
    identity::{check_ids, first_id},
    segment::{Segment, Trust},
};

/// The result of a check that found nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// SHA-256 over blocks, transactions, inputs, outputs, owners and spent-by links, in order, hexadecimal. Does not
    /// depend on how the rows are cut into segments, so an interrupted and an undisturbed ingest agree.
    pub content: String,
    /// The ledger's snapshot, computed anew from the rows.
    pub snapshot: SnapshotId,
    /// Blocks checked.
    pub blocks: u64,
    /// Transactions checked.
    pub txs: u64,
    /// Spent-by links checked.
    pub links: u64,
    /// Spent cells that name transactions which the ledger does not have. They count as unspent: an ingest that is
    /// running or was interrupted wrote them, and the next one clears them. Where no ingest was, they are damage.
    pub beyond: u64,
}

impl Ledger {
    /// Reads everything: section checksums, header hashes, that blocks continue each other and numbers ascend, that every
    /// input and every spent cell point at each other, that cells add up, that every owner and transaction is found by
    /// its key. O(content).
    pub fn verify(&self) -> Result<VerifyReport, LedgerError> {
        // One hash each for what has its own order, so that the place where segments are cut leaves no trace.
        let (mut txs, mut owners, mut blocks) = (Sha256::new(), Sha256::new(), Sha256::new());
        let mut report = VerifyReport {
            content: String::new(),
            snapshot: SnapshotId(first_id(self.chain())),
            blocks: 0,
            txs: 0,
            links: 0,
            beyond: 0,
        };
        let (mut last, mut used) = (None, 0);
        for segment in self.segments() {
            segment.check_sections()?;
            let origin = segment.origin()?;
            if let Some(other) = origin.filter(|origin| origin.chain != self.chain()) {
                return Err(LedgerError::corrupt(segment.path(), format!("it is of {}", other.chain)));
            }
            let rows = segment.rows();
            last = check_blocks(&rows, last, segment.path())?;
            report.snapshot = SnapshotId(check_ids(segment, report.snapshot.0)?);
            used += self.check_cells(segment, &rows)?;
            let cells = (0..segment.spent.len()).map(|out| segment.spent.load(out));
            report.beyond += cells.filter(|&cell| is_beyond(cell, self.end_tx())).count() as u64;
            for rel in 0..rows.txids.len() {
                report.links += self.check_tx(segment, &rows, rel, &mut txs)?;
            }
            for rel in 0..rows.scripts.types.len() {
                check_owner(segment, &rows, rel, &mut owners)?;
            }
            for block in rows.blocks.all() {
                blocks.update(block.header);
                blocks.update(block.height.to_le_bytes());
                blocks.update(block.first_tx.to_le_bytes());
            }
            report.blocks += rows.blocks.len() as u64;
            report.txs += rows.txids.len() as u64;
        }
        if used != report.links {
            return Err(self.wrong_cell());
        }
        self.check_overwritten()?;
        self.check_beyond(report.beyond)?;
        self.confirm()?;
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
        let txid = *rows.txids.get(rel).ok_or_else(disagree)?;
        hasher.update(txid);
        hasher.update(rows.tx_lock.get(rel).ok_or_else(disagree)?.to_le_bytes());
        hasher.update(rows.tx_shape.get(rel).ok_or_else(disagree)?.to_le_bytes());
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
                        self.confirm()?;
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
            let cell = in_snapshot(segment.spent.load(out), self.end_tx());
            if cell != UNSPENT && cell != UNSPENDABLE && cell & !DESTROYED <= num {
                return Err(wrong(format!(
                    "an output of transaction {num} is spent by an earlier one, {}",
                    cell & !DESTROYED
                )));
            }
            hasher.update(rows.out_values.get(out).ok_or_else(disagree)?.to_le_bytes());
            hasher.update(rows.out_addr.get(out).ok_or_else(disagree)?.to_le_bytes());
        }
        match segment.find_tx(segment.hashing().tx(&txid), &txid, u32::MAX, Trust::Nothing) {
            Some(_) => Ok(links),
            None => Err(wrong(format!("transaction {num} is not found by its id"))),
        }
    }

    /// Cells that name transactions beyond the ledger are what a writer leaves that is at work or was killed, or that has
    /// committed since this snapshot was opened, and nobody else.
    fn check_beyond(&self, count: u64) -> Result<(), LedgerError> {
        let Some(dir) = self.segments().first().and_then(|first| first.path().parent()) else {
            return Ok(());
        };
        let note = Note::read(dir);
        if count == 0 || note.at_work || note.outdates(&self.manifest) {
            return Ok(());
        }
        let what = format!(
            "{count} spent cells name transactions that the ledger does not have, and no ingest was interrupted"
        );
        Err(LedgerError::corrupt(dir, what))
    }

    fn end_tx(&self) -> u32 {
        self.segments().last().map_or(0, |last| last.end().tx)
    }

    /// Checks that what has no owner, and nothing else, is unspendable; gives how many cells name a spender.
    fn check_cells(&self, segment: &Segment, rows: &Rows<'_>) -> Result<u64, LedgerError> {
        let mut used = 0;
        for (out, &addr) in rows.out_addr.all().iter().enumerate() {
            let cell = in_snapshot(segment.spent.load(out), self.end_tx());
            if (cell == UNSPENDABLE) != (addr == NO_ADDR) {
                let num = segment.first().output + out as u64;
                let what =
                    format!("the cell of output {num} and its owner do not agree on whether it can be spent");
                return Err(LedgerError::corrupt(segment.spent_path(), what));
            }
            used += u64::from(cell != UNSPENT && cell & DESTROYED == 0);
        }
        Ok(used)
    }

    /// More cells name a spender than inputs spend: the first that none does.
    fn wrong_cell(&self) -> LedgerError {
        for segment in self.segments() {
            for out in 0..segment.spent.len() {
                let cell = in_snapshot(segment.spent.load(out), self.end_tx());
                let num = OutNum(segment.first().output + out as u64);
                let spent = cell != UNSPENT && cell & DESTROYED == 0;
                if spent && self.output(num).and_then(|output| output.spent_by).is_none() {
                    return LedgerError::corrupt(
                        segment.spent_path(),
                        format!("the cell of output {num} names transaction {cell}, which does not spend it"),
                    );
                }
            }
        }
        let path = self.segments().first().map(|first| first.spent_path().to_owned());
        LedgerError::corrupt(path.unwrap_or_default(), "an output is spent twice by one transaction")
    }

    /// Checks that outputs are destroyed where a coinbase with the same id came, and nowhere else.
    fn check_overwritten(&self) -> Result<(), LedgerError> {
        let segments = self.segments();
        let mut wanted = overwritten(segments, |out| raw_cell(segments, out));
        wanted.sort_unstable();
        let keyed = segments.last().is_some_and(|last| last.key().is_some());
        let mut marked = 0;
        for segment in segments {
            for out in 0..segment.spent.len() {
                let cell = in_snapshot(segment.spent.load(out), self.end_tx());
                if cell & DESTROYED == 0 || cell == UNSPENDABLE {
                    continue;
                }
                let num = segment.first().output + out as u64;
                if wanted.binary_search(&(num, cell)).is_err() {
                    let what = format!("output {num} is marked as overwritten, and no coinbase did that");
                    return Err(LedgerError::corrupt(segment.spent_path(), what));
                }
                marked += 1;
            }
        }
        // Format 1 did not mark them.
        if keyed && marked != wanted.len() {
            let path = segments[0].spent_path();
            return Err(LedgerError::corrupt(path, "an overwritten coinbase is not marked as destroyed"));
        }
        Ok(())
    }
}

/// Checks that the blocks are what their headers say and continue the last one before them; gives the last one.
fn check_blocks<'a>(
    rows: &Rows<'a>,
    mut last: Option<&'a BlockRow>,
    path: &Path,
) -> Result<Option<&'a BlockRow>, LedgerError> {
    for block in rows.blocks.all() {
        if sha256d(&block.header) != block.hash {
            let hash = BlockHash(block.hash);
            return Err(LedgerError::corrupt(path, format!("block {hash} has another header's hash")));
        }
        if last.is_some_and(|last| block.first_tx <= last.first_tx) {
            return Err(LedgerError::corrupt(path, "its blocks are out of order"));
        }
        if block.flags & FLAG_AFTER_MISSING_RANGE == 0
            && last.is_some_and(|last| block.header().prev() != last.hash())
        {
            let hash = block.hash();
            return Err(LedgerError::corrupt(
                path,
                format!("block {hash} does not continue the one before it"),
            ));
        }
        last = Some(block);
    }
    Ok(last)
}

fn check_owner(
    segment: &Segment,
    rows: &Rows<'_>,
    rel: usize,
    hasher: &mut Sha256,
) -> Result<(), LedgerError> {
    let num = segment.first().addr + rel as u32;
    let (script_type, payload) = rows.scripts.get(rel).ok_or_else(|| {
        LedgerError::corrupt(segment.path(), format!("address {num} lies outside its columns"))
    })?;
    hasher.update([script_type as u8]);
    hasher.update(payload);
    let hash = segment.hashing().owner(script_type as u8, payload);
    if segment.find_addr(hash, script_type as u8, payload, Trust::Nothing) != Some(rel as u32) {
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
