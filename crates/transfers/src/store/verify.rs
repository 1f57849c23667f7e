//! Checks a whole store.

use tracehound_columns::runs::{Runs, RunsData};
use tracehound_model::{
    Address, Asset, Chain,
    transfer::{MovementKind, Unseen},
};
use tracehound_segments::{Id, SnapshotId};

use super::{
    OF_ACCOUNT, OF_ASSET, TransferLedger, TransferLedgerError,
    balances::BalancesData,
    data::{Rows, opening_of},
    identity::{first_id, ids_of},
    segment::Segment,
    strings::Names,
};
use crate::pack::{NOBODY, PROVED};

/// The result of a check that found nothing wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferVerifyReport {
    /// The store's snapshot, computed anew from the rows; none where it holds no block.
    pub snapshot: Option<SnapshotId>,
    /// Blocks checked.
    pub blocks: u64,
    /// Transactions checked.
    pub txs: u64,
    /// Movements checked.
    pub transfers: u64,
    /// Those of them that the header proves.
    pub proved: u64,
    /// Balances that move, once for each segment in which they do.
    pub balances: u64,
}

impl TransferLedger {
    /// Reads everything: section checksums, that blocks continue each other, that every number names something there is, that
    /// every transaction, account and asset is found by its name and every transfer under its balances, and that the ids of
    /// snapshots are those of the content. Of all segments that the snapshot reaches into, whole. O(content).
    ///
    /// # Errors
    /// When something is damaged, or contradicts itself.
    pub fn verify(&self) -> Result<TransferVerifyReport, TransferLedgerError> {
        let mut report =
            TransferVerifyReport { snapshot: None, blocks: 0, txs: 0, transfers: 0, proved: 0, balances: 0 };
        let mut before: Option<(&Segment, Id)> = None;
        for segment in self.segments() {
            segment.check_sections()?;
            let origin = segment.origin()?;
            if origin.chain != self.chain.to_string() {
                return Err(wrong(segment, format!("it is of {}", origin.chain)));
            }
            let last = check(self.chain, segment, before, &mut report)?;
            before = Some((segment, last));
        }
        self.confirm()?;
        report.snapshot = match before {
            // One that ends within the last segment has the id that was found right there.
            Some(_) => self.snapshot(),
            None => None,
        };
        Ok(report)
    }
}

fn wrong(segment: &Segment, what: impl Into<String>) -> TransferLedgerError {
    TransferLedgerError::corrupt(segment.path(), what)
}

/// Checks a segment; gives the id of its last snapshot.
fn check(
    chain: Chain,
    segment: &Segment,
    before: Option<(&Segment, Id)>,
    report: &mut TransferVerifyReport,
) -> Result<Id, TransferLedgerError> {
    use tracehound_segments::Segment as _;
    let rows = segment.rows();
    let contradict = || wrong(segment, "its rows contradict each other");
    if !segment.continues(before.map(|before| before.0)) {
        return Err(wrong(segment, "it does not continue the one before it"));
    }
    check_blocks(segment, &rows)?;
    check_txs(segment, &rows)?;
    check_transfers(segment, &rows, report)?;
    check_names(chain, segment)?;
    check_openings(segment, &rows, before.is_none())?;
    let balances = BalancesData::of(&rows).ok_or_else(contradict)?;
    let held = segment.balances();
    let same = held.accounts.all() == balances.accounts
        && same_runs(held.of_account, &balances.of_account)
        && held.assets.all() == balances.assets
        && same_runs(held.transfers, &balances.transfers)
        && held.entries.all() == balances.entries
        && held.long.all() == balances.long
        && held.effects.all() == balances.effects;
    if !same {
        return Err(wrong(segment, "what moves a balance is not what its rows say"));
    }
    let first = if let Some((_, id)) = before {
        id
    } else {
        let place = rows.place(0).ok_or_else(contradict)?;
        first_id(&chain.to_string(), segment.begun(), &rows, place).ok_or_else(contradict)?
    };
    let ids = ids_of(&rows, vec![first]).ok_or_else(contradict)?;
    if segment.ids().all() != ids {
        return Err(wrong(segment, "the ids of its snapshots are not those of its content"));
    }
    report.blocks += rows.blocks.len() as u64;
    report.txs += rows.hashes.len() as u64;
    report.transfers += rows.from.len() as u64;
    report.balances += balances.assets.len() as u64;
    Ok(ids[ids.len() - 1])
}

fn same_runs(held: Runs<'_>, made: &RunsData) -> bool {
    held.groups.all() == made.groups && held.counts.all() == made.counts && held.big.all() == made.big
}

fn check_blocks(segment: &Segment, rows: &Rows<'_>) -> Result<(), TransferLedgerError> {
    let blocks = rows.blocks.all();
    for (at, block) in blocks.iter().enumerate() {
        let is_next = at.checked_sub(1).is_none_or(|before| {
            let before = &blocks[before];
            block.parent == before.hash && before.height.checked_add(1) == Some(block.height)
        });
        if !is_next {
            let what = format!("block {} does not continue the one before it", block.height);
            return Err(wrong(segment, what));
        }
        let known = u8::try_from(block.unseen).is_ok_and(|byte| Unseen::from_byte(byte).is_some());
        if !known || block.reserved != 0 || rows.span(at..at + 1).is_none() {
            return Err(wrong(segment, format!("block {} contradicts its segment", block.height)));
        }
    }
    // What nobody opened with, the first block brings.
    let begun = rows.place(0).is_some_and(|place| {
        let first = rows.first;
        place.tx == first.tx
            && place.transfer == first.transfer
            && (first.block == 0 || (place.account, place.asset) == (first.account, first.asset))
    });
    if begun { Ok(()) } else { Err(wrong(segment, "its first block does not begin with it")) }
}

fn check_txs(segment: &Segment, rows: &Rows<'_>) -> Result<(), TransferLedgerError> {
    for (rel, hash) in (0u32..).zip(rows.hashes.all()) {
        let end = u64::from(rel) + 1;
        if segment.find_tx(segment.key().hash_id(hash), hash, end) != Some(rel) {
            let num = rows.first.tx + u64::from(rel);
            return Err(wrong(segment, format!("transaction {num} is not found by its hash")));
        }
    }
    Ok(())
}

fn check_transfers(
    segment: &Segment,
    rows: &Rows<'_>,
    report: &mut TransferVerifyReport,
) -> Result<(), TransferLedgerError> {
    let contradict = || wrong(segment, "its rows contradict each other");
    let lengths = [rows.tx_transfers, rows.amounts.lengths, rows.accounts.lengths, rows.assets.lengths];
    let is_whole = rows.asset.each(0..rows.asset.len()).is_some_and(|assets| rows.asset.is_of(&assets))
        && lengths.iter().all(Runs::is_whole);
    if !is_whole {
        return Err(contradict());
    }
    for at in 0..rows.blocks.len() {
        let (span, end) = (rows.span(at..at + 1), rows.place(at + 1));
        let (Some(span), Some(end)) = (span, end) else { return Err(contradict()) };
        let amounts = rows.amounts.each(span.transfers.clone()).ok_or_else(contradict)?;
        let assets = rows.asset.each(span.transfers.clone()).ok_or_else(contradict)?;
        let mut counted = 0;
        for ((rel, amount), asset) in span.transfers.clone().zip(amounts).zip(assets) {
            let (Some(&from), Some(&to), Some(&kind)) =
                (rows.from.get(rel), rows.to.get(rel), rows.kind.get(rel))
            else {
                return Err(contradict());
            };
            let is_account = |account: u32| account < end.account || account == NOBODY;
            let is_right = is_account(from)
                && is_account(to)
                && asset < end.asset
                && MovementKind::from_byte(kind & !PROVED).is_some()
                && amount.len() <= 32
                && amount.first() != Some(&0);
            if !is_right {
                let num = rows.first.transfer + rel as u64;
                return Err(wrong(segment, format!("transfer {num} says what cannot be")));
            }
            report.proved += u64::from(kind & PROVED != 0);
            counted += 1;
        }
        if counted != span.transfers.len() {
            return Err(contradict());
        }
    }
    Ok(())
}

fn check_names(chain: Chain, segment: &Segment) -> Result<(), TransferLedgerError> {
    let is_account = |name: &[u8]| Address::from_key(name).is_some_and(|own| own.key().as_ref() == name);
    let is_asset = |name: &[u8]| {
        let mut key = Vec::new();
        Asset::from_key(chain, name).inspect(|asset| asset.write_key(&mut key)).is_some() && key == name
    };
    let (accounts, assets) = (segment.accounts(), segment.assets());
    check_kind(segment, OF_ACCOUNT, "account", accounts, is_account)?;
    check_kind(segment, OF_ASSET, "asset", assets, is_asset)
}

fn check_kind(
    segment: &Segment,
    kind: u8,
    what: &str,
    names: Names<'_>,
    is_one: impl Fn(&[u8]) -> bool,
) -> Result<(), TransferLedgerError> {
    for rel in 0..names.strings.len() {
        let Some(name) = names.strings.get(rel).filter(|name| is_one(name)) else {
            return Err(wrong(segment, format!("its {what} {rel} is none")));
        };
        if names.find(segment.key().hash_name(kind, name), name) != Some(rel as u32) {
            return Err(wrong(segment, format!("its {what} {rel} is not found by its name")));
        }
    }
    Ok(())
}

fn check_openings(segment: &Segment, rows: &Rows<'_>, is_first: bool) -> Result<(), TransferLedgerError> {
    let openings = rows.openings.all();
    let Some(begun) = rows.place(0) else { return Err(wrong(segment, "it has no block")) };
    let ascend = openings.is_sorted_by(|a, b| a[..8] < b[..8]);
    let numbered = openings.iter().all(|bytes| {
        let (account, asset, _) = opening_of(bytes);
        account < begun.account && asset < begun.asset
    });
    let allowed = openings.is_empty() || is_first && !segment.begun().from_nothing;
    if ascend && numbered && allowed {
        return Ok(());
    }
    Err(wrong(segment, "what accounts held before the first block contradicts its rows"))
}
