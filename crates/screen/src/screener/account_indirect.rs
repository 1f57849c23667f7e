//! Named parties behind unnamed accounts, as far as the policy wants to look: by haircut, asset by asset, through exchanges.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use tracehound_analysis::{
    account_parties::is_initiated,
    taint::{
        AccountRole, BalanceOptions, BalancePropagation, Label, Method, TransferSeed, TransferSeedError,
        can_be_sought, follow_back, follow_balances,
    },
    words::is_little,
};
use tracehound_model::{
    Amount, Gap, GapKind,
    transfer::MovementKind,
    verdict::{Direction, ExposureType},
};
use tracehound_transfers::{AccountNum, AssetNum, Balance, Transfer, TransferNum, TxNum};

use super::{
    Called, Findings, Hit, MAX_EVIDENCE_TXS, Screener,
    account::{Moved, fact},
    own,
};
use crate::{accounts::Accounts, movements::Movements};

/// Movements of one account that are followed each way.
const MOST: usize = 10_000;
/// Assets of it that are looked at.
const MOST_ASSETS: usize = 10_000;
/// Assets of which it is said how much was not followed.
const MOST_NAMED: usize = 3;

/// What came to a named account, or out of one.
#[derive(Default)]
struct Reached {
    amount: Amount,
    txs: BTreeSet<TxNum>,
}

/// The movements by which an account got and paid something.
pub(super) fn moved_by(
    moves: &Movements<'_>,
    account: AccountNum,
    findings: &mut Findings,
) -> (Vec<TransferNum>, Vec<TransferNum>) {
    let is_known = |asset: AssetNum| moves.rows.asset(asset).is_some_and(|asset| asset.unit().is_some());
    let (mut came, mut went, mut cut) = (Vec::new(), Vec::new(), false);
    let (assets, more) = moves.rows.assets_of(account, MOST_ASSETS);
    cut |= more;
    for asset in assets {
        let (balance, mut at) = (Balance { account, asset }, TransferNum(0));
        while let Some(num) = moves.rows.next(balance, at) {
            at = TransferNum(num.0 + 1);
            let Some(transfer) = moves.rows.transfer(num) else { continue };
            let is_own = transfer.kind != MovementKind::Fee
                && !transfer.amount.is_zero()
                && transfer.from != transfer.to;
            if !is_own || !is_initiated(moves.rows, &transfer, &is_known) {
                continue;
            }
            let side = if transfer.target() == Some(balance) { &mut came } else { &mut went };
            if side.len() >= MOST {
                cut = true;
                break;
            }
            side.push(num);
        }
    }
    if cut {
        let sentence = format!(
            "indirect sources and destinations: more than {MOST} of the subject's movements, the rest were not followed"
        );
        findings.gaps.push(Gap::about_subject(GapKind::IndirectTruncated, sentence));
    }
    (came, went)
}

/// Those of some movements that are followed, and of how many assets none is: a sum that no rule divides must not hide what moved of
/// others.
fn seeds(
    all: &[TransferNum],
    transfer: impl Fn(&TransferNum) -> Option<Transfer>,
    is_asked: impl Fn(&Transfer) -> bool,
) -> (Vec<TransferNum>, usize) {
    let most = Amount::from(u128::MAX);
    let moved: Vec<Transfer> = all.iter().filter_map(transfer).filter(is_asked).collect();
    let mut sums: HashMap<AssetNum, Amount> = HashMap::new();
    for own in moved.iter().filter(|own| own.kind != MovementKind::Fee && own.from != own.to) {
        let sum = sums.entry(own.asset).or_default();
        *sum = sum.saturating_add(own.amount);
    }
    let fits = |own: &&Transfer| sums.get(&own.asset).is_none_or(|sum| *sum <= most);
    let kept = moved.iter().filter(fits).filter(|own| can_be_sought(own)).map(|own| own.num);
    (kept.collect(), sums.values().filter(|sum| **sum > most).count())
}

impl Screener<'_> {
    /// Adds whom what `came` had come from through unnamed accounts, and whom what `went` came to.
    pub(super) fn examine_indirect_accounts(
        &self,
        moves: &Movements<'_>,
        came: &[TransferNum],
        went: &[TransferNum],
        findings: &mut Findings,
    ) {
        let wanted = self.settings.policy.indirect;
        if wanted.hops < 2 {
            return;
        }
        let gap = |sentence: String| Gap::about_subject(GapKind::IndirectTruncated, sentence);
        if moves.extract.is_some() {
            let sentence =
                "indirect sources and destinations were not examined, which takes a ledger of the chain";
            findings.gaps.push(gap(sentence.to_owned()).mend("tracehound ingest evm FILES, or --rpc URL"));
            return;
        }
        let names = Accounts::of(self.index, self.keys.packs(), moves.chain, self.day);
        let known: RefCell<HashMap<AccountNum, Option<AccountRole>>> = RefCell::default();
        let role = |account: AccountNum| {
            if let Some(&known) = known.borrow().get(&account) {
                return known;
            }
            let address = moves.rows.account(account)?;
            let is_called = || !self.called_account(moves.chain, &address).is_empty();
            let role = names.role(&address).or_else(|| is_called().then_some(AccountRole::Service));
            known.borrow_mut().insert(account, role);
            role
        };
        let options = BalanceOptions {
            method: Method::Haircut,
            // Between the subject's own movement and the last one there are that many less.
            hops: wanted.hops - 1,
            dust: 0,
            transfers: wanted.work,
        };
        let transfer = |num: &TransferNum| moves.rows.transfer(*num);
        let (came, too_much_came) = seeds(came, transfer, |_| true);
        let (went, too_much_went) = seeds(went, transfer, |own| own.to.is_some());
        for (way, assets) in [("sources", too_much_came), ("destinations", too_much_went)] {
            if assets > 0 {
                let sentence = format!(
                    "indirect {way} of {assets} assets were not examined: more than 2^128 base units of each moved, or so much at once"
                );
                findings.gaps.push(Gap::about_subject(GapKind::UnknownInputs, sentence));
            }
        }
        let went: Vec<_> =
            went.into_iter().map(|transfer| TransferSeed { transfer, label: Label(0) }).collect();
        let sought = [
            (Direction::Incoming, "sources", follow_back(moves.rows, &came, options, &role)),
            (Direction::Outgoing, "destinations", follow_balances(moves.rows, &went, options, &role)),
        ];
        for (direction, way, found) in sought {
            match found {
                Ok(found) => self.book_accounts(moves, direction, &found, findings),
                // The subject received, or paid, nothing.
                Err(TransferSeedError::None) => {}
                Err(why) => {
                    let sentence = format!("indirect {way} were not examined: {why}");
                    findings.gaps.push(Gap::about_subject(GapKind::UnknownInputs, sentence));
                }
            }
        }
    }

    fn book_accounts(
        &self,
        moves: &Movements<'_>,
        direction: Direction,
        found: &BalancePropagation,
        findings: &mut Findings,
    ) {
        let way = if direction == Direction::Incoming { "sources" } else { "destinations" };
        let mut cut = Vec::new();
        for (&(_, asset), totals) in &found.totals {
            let lost = totals.truncated.saturating_add(totals.unknown_inputs);
            let Some(asset) = moves.rows.asset(asset) else { continue };
            if !is_little(lost.into(), totals.seeded.into()) {
                cut.push(format!(
                    "{} of {}",
                    asset.money(Amount::from(lost)),
                    asset.money(Amount::from(totals.seeded))
                ));
            }
        }
        if !cut.is_empty() {
            let more = cut.len().saturating_sub(MOST_NAMED);
            cut.truncate(MOST_NAMED);
            let more = if more > 0 { format!(" and of {more} more assets") } else { String::new() };
            let sentence = format!(
                "indirect {way}: {}{more} could not be followed ({} movements read)",
                cut.join(", "),
                found.transfers
            );
            findings.gaps.push(Gap::about_subject(GapKind::IndirectTruncated, sentence));
        }
        let mut reached: BTreeMap<(AssetNum, AccountNum), Reached> = BTreeMap::new();
        // Whoever the subject dealt with itself is no indirect party.
        for end in found.ends.iter().filter(|end| end.hop > 0) {
            let Some(balance) = end.balance else { continue };
            let entry = reached.entry((end.asset, balance.account)).or_default();
            entry.amount = entry.amount.saturating_add(end.holding.dirty_all().into());
            let tx = end.transfer.and_then(|num| moves.rows.transfer(num)).map(|own| own.tx);
            entry.txs.extend(tx);
        }
        for ((asset, account), Reached { amount, txs }) in reached {
            let (Some(asset_id), Some(address)) = (moves.rows.asset(asset), moves.rows.account(account))
            else {
                continue;
            };
            let called = self.called_account(moves.chain, &address);
            if called.is_empty() {
                continue;
            }
            let moved = Moved {
                asset: asset_id,
                tx_count: u32::try_from(txs.len()).unwrap_or(u32::MAX),
                txs: txs.iter().take(MAX_EVIDENCE_TXS).filter_map(|&tx| fact(moves, tx)).collect(),
            };
            let total = found.totals.get(&(Label(0), asset)).map_or(0, |totals| totals.seeded);
            for Called { claim, since, address, said } in called {
                findings.hits.push(Hit {
                    exposure: ExposureType::Indirect,
                    direction: Some(direction),
                    address: Some(address),
                    amount: Some(amount),
                    total: total.into(),
                    said,
                    moved: Some(Box::new(moved.clone())),
                    ..own((claim, since))
                });
            }
        }
    }
}
