//! A transaction of an account chain: whom its movements come from and go to.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_analysis::account_parties::{Initiated, initiated};
use tracehound_model::{
    Address, Amount, Gap, GapKind, Subject, TxId,
    transfer::{MovementKind, Unseen},
    verdict::{Direction, ExposureType},
};
use tracehound_transfers::{AccountNum, AssetNum, Transfer, TransferNum, TxRow};

use super::{
    Called, Findings, Hit, Screener,
    account::{Moved, fact},
    own,
};
use crate::movements::Movements;

/// Movements of a transaction that are looked at.
const MOST: u32 = 10_000;

impl Screener<'_> {
    /// Everybody on either side of a transaction's movements: their claims count as its own.
    pub(super) fn examine_account_tx(&self, hash: [u8; 32], findings: &mut Findings) {
        let gap = |sentence: String| Gap::about_subject(GapKind::TransactionMissing, sentence);
        let Some(moves) = &self.transfers else {
            let sentence = "no ledger of an EVM chain; the transaction was not examined".to_owned();
            findings.gaps.push(gap(sentence).mend("tracehound ingest evm FILES adds one"));
            return;
        };
        if !covers(moves, &format!("0x{}", hex::encode(hash)), findings) {
            return;
        }
        let chain = moves.chain;
        let Some(tx) = moves.rows.find_tx(&hash).and_then(|num| moves.rows.tx(num)) else {
            findings.gaps.push(if moves.extract.is_some() {
                gap("the transaction was not found by the server that was asked".to_owned())
            } else {
                let watched = moves.rows.watched();
                let only = watched
                    .map(|count| format!(", which watches {count} of all accounts"))
                    .unwrap_or_default();
                let sentence = format!(
                    "the transaction is not in the ledger of {}{only}, and no other EVM chain was searched",
                    chain.short_name()
                );
                gap(sentence).mend("ingest the block that holds it")
            });
            return;
        };
        findings.looked = true;
        let known = self.claims(&Subject::Tx { chain, txid: TxId(hash) }.key());
        findings.hits.extend(known.holding.into_iter().map(own));
        findings.former.extend(known.ended);
        let (sides, perhaps) = sides(moves, &tx, findings);
        findings.gaps.extend(self.perhaps_with(moves, perhaps.into_iter()));
        self.examine_called(moves, hash, &sides, findings);
        // What a transaction does is all in it: however old the ledger is, nothing of it is missing.
        if !findings.gaps.iter().any(|gap| gap.kind == GapKind::UnknownInputs) {
            let until = Some(self.settings.as_of);
            (findings.examined_until, findings.counterparties_until) = (until, until);
        }
        for (direction, side) in [(Direction::Incoming, &sides.from), (Direction::Outgoing, &sides.to)] {
            let mut totals: BTreeMap<AssetNum, Amount> = BTreeMap::new();
            for (&(asset, _), amount) in side {
                let sum = totals.entry(asset).or_default();
                *sum = sum.saturating_add(*amount);
            }
            for (&(asset, account), &amount) in side {
                let (Some(asset_id), Some(address)) = (moves.rows.asset(asset), moves.rows.account(account))
                else {
                    continue;
                };
                let txs = fact(moves, tx.num).into_iter().collect();
                let moved = Moved { asset: asset_id, tx_count: 1, txs };
                for Called { claim, since, address, said } in self.called_account(chain, &address) {
                    findings.hits.push(Hit {
                        exposure: ExposureType::Identified,
                        direction: Some(direction),
                        address: Some(address),
                        amount: Some(amount),
                        total: totals.get(&asset).copied().unwrap_or_default(),
                        said,
                        moved: Some(Box::new(moved.clone())),
                        ..own((claim, since))
                    });
                }
            }
        }
        self.examine_indirect_accounts(moves, &sides.seeds, &sides.seeds, findings);
    }
}

impl Screener<'_> {
    /// Whom a transaction called and who moved nothing in it: what lists and labels say of them counts as its own too.
    fn examine_called(&self, moves: &Movements<'_>, hash: [u8; 32], sides: &Sides, findings: &mut Findings) {
        let subject = format!("0x{}", hex::encode(hash));
        let covered = moves.extract.as_ref().and_then(|extract| extract.get(&subject));
        let called = covered.and_then(|covered| covered.called.as_ref());
        let unknown = |sentence: String| Gap::about_subject(GapKind::UnknownInputs, sentence);
        let Some(called) = called else {
            let sentence = "contracts that it called and that moved nothing are not in a ledger of movements";
            let remedy = "--source rpc URL asks a node that traces";
            findings.gaps.push(unknown(sentence.to_owned()).mend(remedy));
            return;
        };
        if let Some(why) = &called.untold {
            findings.gaps.push(unknown(format!("not everybody is known whom it called: {why}")));
        }
        let moved: BTreeSet<AccountNum> = sides.from.keys().chain(sides.to.keys()).map(|key| key.1).collect();
        let moved_something = |address: &Address| {
            moves.rows.find_account(address).is_some_and(|account| moved.contains(&account))
        };
        for address in called.accounts.iter().filter(|address| !moved_something(address)) {
            for Called { claim, since, address, said } in self.called_account(moves.chain, address) {
                findings.hits.push(Hit {
                    direction: Some(Direction::Outgoing),
                    address: Some(address),
                    said,
                    ..own((claim, since))
                });
            }
        }
    }
}

/// Who is on either side, and what of it is not known; and who is on either side of what nobody tells who sent.
fn sides(moves: &Movements<'_>, tx: &TxRow, findings: &mut Findings) -> (Sides, BTreeSet<AccountNum>) {
    let mut unknown =
        |sentence: String| findings.gaps.push(Gap::about_subject(GapKind::UnknownInputs, sentence));
    let block = moves.rows.block(tx.block);
    for why in block.map(|block| unseen(block.unseen)).unwrap_or_default() {
        unknown(why.to_owned());
    }
    if tx.count > MOST {
        unknown(format!("{} of its {} movements were not looked at", tx.count - MOST, tx.count));
    }
    let is_known = |asset: AssetNum| moves.rows.asset(asset).is_some_and(|asset| asset.unit().is_some());
    let (mut sides, mut not_initiated, mut perhaps) = (Sides::default(), 0_usize, BTreeSet::new());
    let numbers = (tx.first.0..).take(tx.count.min(MOST) as usize).map(TransferNum);
    for transfer in numbers.filter_map(|num| moves.rows.transfer(num)) {
        if transfer.amount.is_zero() {
            continue;
        }
        match initiated(moves.rows, &transfer, &is_known) {
            Initiated::Yes => sides.take(&transfer),
            Initiated::No => not_initiated += 1,
            Initiated::Unknown => perhaps.extend(transfer.from.into_iter().chain(transfer.to)),
        }
    }
    if sides.seeds.is_empty() {
        unknown("it moved nothing but fees that was told: what it did is not known".to_owned());
    }
    if not_initiated > 0 {
        let sentence = format!(
            "{not_initiated} movements of unknown tokens count for nobody: whoever they are said to go from did not send them"
        );
        findings.gaps.push(Gap::about_subject(GapKind::NotListed, sentence));
    }
    (sides, perhaps)
}

/// Notes how far what was fetched covers a subject; `false` where it does not at all. A ledger covers everybody.
pub(super) fn covers(moves: &Movements<'_>, subject: &str, findings: &mut Findings) -> bool {
    let Some(extract) = &moves.extract else { return true };
    let not_fetched = |sentence: &str| Gap::about_subject(GapKind::NotFetched, sentence);
    let Some(covered) = extract.get(subject) else {
        findings.gaps.push(not_fetched("the subject's transactions were not fetched and not examined"));
        return false;
    };
    findings.gaps.extend(covered.gaps.iter().cloned());
    // Up to no moment: nothing of it was fetched.
    if covered.until.is_none() {
        return false;
    }
    if !covered.complete && !covered.gaps.iter().any(|gap| gap.kind == GapKind::NotFetched) {
        findings.gaps.push(not_fetched("not all of the subject's transactions were fetched"));
    }
    true
}

/// Who takes part in a transaction, and what moves there but fees.
#[derive(Default)]
struct Sides {
    from: BTreeMap<(AssetNum, AccountNum), Amount>,
    to: BTreeMap<(AssetNum, AccountNum), Amount>,
    seeds: Vec<TransferNum>,
}

impl Sides {
    fn take(&mut self, transfer: &Transfer) {
        let is_fee = transfer.kind == MovementKind::Fee;
        let mut add = |side: bool, account: Option<AccountNum>| {
            let Some(account) = account else { return };
            let side = if side { &mut self.from } else { &mut self.to };
            let sum = side.entry((transfer.asset, account)).or_default();
            *sum = sum.saturating_add(transfer.amount);
        };
        add(true, transfer.from);
        // Whoever makes the block gets everybody's fees, and deals with nobody by it.
        if !is_fee {
            add(false, transfer.to);
            self.seeds.push(transfer.num);
        }
    }
}

/// What was not told of the block, in words about one transaction of it.
fn unseen(unseen: Unseen) -> Vec<&'static str> {
    let words = [
        (Unseen::RECEIPTS, "its block came without receipts: what tokens it moved is not known"),
        (
            Unseen::TRACES,
            "its block came without traces: whom contracts paid of the chain's own coin is not known",
        ),
        (
            Unseen::SOME_TXS,
            "some transactions of its block could not be traced or do not say whether they failed",
        ),
    ];
    words.into_iter().filter(|(kind, _)| unseen.has(*kind)).map(|(_, words)| words).collect()
}
