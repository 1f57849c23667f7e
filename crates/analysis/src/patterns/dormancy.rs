//! Balances that do not move for long, and what wakes them.

use tracehound_ledger::UtxoRows;

use super::{Finding, Thresholds, fan::Move};

const DAY: u32 = 86_400;

/// The highest grade that so many seconds reach.
fn grade(seconds: u32, thresholds: &Thresholds) -> Option<u32> {
    thresholds.idle_days.iter().copied().filter(|&days| days > 0 && seconds / DAY >= days).max()
}

fn is_part(part: u128, whole: u128, permille: u32) -> bool {
    part > 0 && part.saturating_mul(1_000) >= whole.saturating_mul(permille.into())
}

/// Coins of one transaction that slept, if they are a good part of what it spends.
pub(super) fn reactivated_by(moved: &Move, thresholds: &Thresholds) -> Option<Finding> {
    let whole: u128 = moved.coins.iter().map(|&(_, value)| u128::from(value)).sum();
    let mut grades = thresholds.idle_days;
    grades.sort_unstable();
    grades.iter().rev().filter(|&&days| days > 0).find_map(|&days| {
        let idle = |made: u32| moved.time.saturating_sub(made) / DAY >= days;
        let slept = || moved.coins.iter().filter(|&&(made, _)| idle(made));
        let amount: u128 = slept().map(|&(_, value)| u128::from(value)).sum();
        let since = slept().map(|&(made, _)| made).max()?;
        is_part(amount, whole, thresholds.idle_out_permille).then(|| Finding::Reactivated {
            since,
            woke: moved.time,
            days: moved.time.saturating_sub(since) / DAY,
            grade_days: days,
            amount: amount.into(),
            balance: whole.into(),
            txids: vec![moved.tx.txid],
        })
    })
}

/// An address's balance over time: awakenings, and whether it sleeps now.
pub(super) fn of_address(
    ledger: &impl UtxoRows,
    moves: &[Move],
    thresholds: &Thresholds,
    found: &mut Vec<Finding>,
) {
    let (mut balance, mut last) = (0_u128, None::<u32>);
    for (at, moved) in moves.iter().enumerate() {
        let received: u128 = moved.received.iter().map(|&value| u128::from(value)).sum();
        let pays = moved.spent > received;
        let idle = last.map_or(0, |last| moved.time.saturating_sub(last));
        if let Some(grade_days) = grade(idle, thresholds).filter(|_| pays && balance > 0) {
            let end = moved.time.saturating_add(thresholds.idle_out_seconds);
            let burst: Vec<&Move> = moves[at..].iter().take_while(|moved| moved.time <= end).collect();
            let out: u128 = burst
                .iter()
                .map(|moved| {
                    moved.spent.saturating_sub(moved.received.iter().map(|&value| u128::from(value)).sum())
                })
                .sum();
            if is_part(out, balance, thresholds.idle_out_permille) {
                found.push(Finding::Reactivated {
                    since: moved.time - idle,
                    woke: moved.time,
                    days: idle / DAY,
                    grade_days,
                    amount: out.into(),
                    balance: balance.into(),
                    txids: burst.iter().filter(|moved| moved.spent > 0).map(|moved| moved.tx.txid).collect(),
                });
            }
        }
        balance = (balance + received).saturating_sub(moved.spent);
        // Dust from others does not wake an owner.
        if moved.spent > 0 || moved.received.iter().any(|&value| value >= thresholds.dust) {
            last = Some(moved.time);
        }
    }
    let tip = ledger.tip().map_or(0, |tip| tip.header.time());
    if let Some(since) = last.filter(|_| balance >= thresholds.dust.max(1).into()) {
        let idle = tip.saturating_sub(since);
        if grade(idle, thresholds).is_some() {
            found.push(Finding::Dormant { since, days: idle / DAY, balance: balance.into() });
        }
    }
}
