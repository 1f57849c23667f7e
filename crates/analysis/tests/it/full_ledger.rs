use std::{collections::BTreeSet, ops::ControlFlow};

use proptest::prelude::*;
use tracehound_analysis::{
    exposure::{Question, exposures},
    full_ledger::{Bucket, FullPropagation, NamedOwners, Shares},
    taint::{Direction, Mix, PropagationLimits},
    trace::{Entity, Known},
};
use tracehound_ledger::{AddrNum, BlockNum, Ledger, OutNum, Prev, TxNum, TxSpan, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Category, Chain, OutPoint, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{ledger_of, units};

/// Owners 3, 13, 23 … are thieves, 7, 17, 27 … exchanges.
fn category(n: usize) -> Option<Category> {
    match n % 10 {
        3 => Some(Category::ServiceHack),
        7 => Some(Category::Exchange),
        _ => None,
    }
}

fn number(ledger: &Ledger, n: usize) -> Option<AddrNum> {
    ledger.find_address(&owner(n))
}

fn named(ledger: &Ledger) -> NamedOwners {
    NamedOwners::new((0..300).filter_map(|n| Some((number(ledger, n)?, category(n)?))))
}

struct Names<'a>(&'a Ledger);

impl Known<Ledger> for Names<'_> {
    fn entity(&self, addr: AddrNum) -> Option<Entity> {
        let n = (0..300).find(|&n| number(self.0, n) == Some(addr))?;
        Some(Entity {
            label: format!("owner {n}"),
            category: category(n)?,
            listed_from: None,
            labelled: None,
        })
    }

    fn mix(&self, _: &Ledger, _: TxSpan) -> Option<Mix> {
        None
    }
}

/// Blocks of transactions drawn by numbers; every block spends what the ones before left.
fn chain(choices: &[Vec<(u8, u8)>]) -> Vec<UtxoBlock> {
    let mut blocks: Vec<UtxoBlock> = Vec::new();
    let mut unspent: Vec<(OutPoint, u64)> = Vec::new();
    let mut next = 0;
    for (height, block_choices) in choices.iter().enumerate() {
        let prev = blocks.last().map_or_else(BlockHash::default, |block| block.hash);
        let mut block = BlockMaker::new(prev, 1_000 + height as u32, 0);
        let minted = block.tx(&[], &[(5_000, Some(owner(next))), (4_999, Some(owner(next + 1)))]);
        unspent.extend([
            (OutPoint { txid: minted, vout: 0 }, 5_000),
            (OutPoint { txid: minted, vout: 1 }, 4_999),
        ]);
        next += 2;
        for &(take, parts) in block_choices {
            let count = (1 + usize::from(take) % 3).min(unspent.len());
            let spent: Vec<_> = (0..count)
                .map(|step| unspent.swap_remove((usize::from(take) + step) % unspent.len()))
                .collect();
            let total: u64 = spent.iter().map(|coin| coin.1).sum();
            let parts = 1 + u64::from(parts % 3);
            let values: Vec<_> = (0..parts)
                .map(|part| (total / parts, Some(owner((next + part as usize * 7) % 300))))
                .collect();
            next += 1;
            let inputs: Vec<_> = spent.iter().map(|coin| (coin.0, None)).collect();
            let txid = block.tx(&inputs, &values);
            unspent.extend(
                values.iter().enumerate().map(|(at, coin)| (OutPoint { txid, vout: at as u32 }, coin.0)),
            );
        }
        blocks.push(block.done());
    }
    blocks
}

fn state(full: &FullPropagation, ledger: &Ledger) -> Vec<Option<Shares>> {
    (0..ledger.info().outputs).map(|out| full.shares(OutNum(out)).copied()).collect()
}

fn blocks() -> impl Strategy<Value = Vec<Vec<(u8, u8)>>> {
    prop::collection::vec(prop::collection::vec(any::<(u8, u8)>(), 0..8), 1..12)
}

/// The stolen share of every output in real numbers, with how many transactions of several inputs are at most behind it.
fn shares(ledger: &Ledger) -> Vec<(f64, u32)> {
    let mut shares: Vec<(f64, u32)> = Vec::new();
    ledger.scan(TxNum(0)..TxNum(u32::MAX), |tx| {
        let spent: Vec<(u64, f64, u32)> = tx
            .prevs()
            .filter_map(|prev| {
                let Prev::Output(out) = prev else { return None };
                let (share, mixes) = shares[out.0 as usize];
                Some((ledger.output_value(out)?, share, mixes))
            })
            .collect();
        let whole: u64 = spent.iter().map(|coin| coin.0).sum();
        let part: f64 = spent.iter().map(|coin| real(coin.0.into()) * coin.1).sum();
        let share = if whole == 0 { 0.0 } else { part / real(whole.into()) };
        let mixes = spent.iter().map(|coin| coin.2).max().unwrap_or(0) + u32::from(spent.len() > 1);
        for (_, owner) in tx.outputs() {
            let named = (0..300).find(|&n| owner.is_some() && number(ledger, n) == owner).and_then(category);
            shares.push(match named {
                Some(category) => (f64::from(u8::from(category == Category::ServiceHack)), 0),
                None => (share, mixes),
            });
        }
        ControlFlow::Continue(())
    });
    shares
}

fn real(amount: u128) -> f64 {
    f64::from(u32::try_from(amount).expect("small chains"))
}

fn agrees(choices: &[Vec<(u8, u8)>]) -> Result<(), TestCaseError> {
    let (_dir, ledger) = ledger_of(&chain(choices));
    let mut full = FullPropagation::new();
    full.advance(&ledger, &named(&ledger));
    let shares = shares(&ledger);
    let mut live = 0;
    for out in (0..ledger.info().outputs).map(OutNum) {
        let output = ledger.output(out).expect("there");
        let kept = full.shares(out);
        prop_assert_eq!(kept.is_some(), output.spent_by.is_none());
        let Some(kept) = kept else { continue };
        live += 1;
        prop_assert_eq!(kept.iter().map(|&share| u32::from(share)).sum::<u32>(), 65_535);
        // A share is rounded down at each mix on the way, and nowhere else.
        let (exact, mixes) = shares[out.0 as usize];
        let lost = exact * 65_535.0 - f64::from(kept[Bucket::Theft as usize]);
        prop_assert!((-1e-6..=f64::from(mixes) + 1e-6).contains(&lost), "{lost} of {mixes} lost");
        let holder = output.owner.expect("owned");
        if Names(&ledger).entity(holder).is_some() || ledger.activity(holder, 9).0.received.len() > 1 {
            continue;
        }
        let subjects = BTreeSet::from([holder]);
        let limits = PropagationLimits { dust: 0, ..PropagationLimits::default() };
        let question = Question {
            tx: None,
            subjects: &subjects,
            direction: Direction::Backward,
            limits,
            through_mixes: false,
            suspects: false,
            prices: None,
        };
        let found = exposures(&ledger, &question, &Names(&ledger)).expect("answers");
        let theft: u128 = found
            .entities
            .iter()
            .filter(|row| row.entity.category == Category::ServiceHack)
            .map(|row| units(row.amount))
            .sum();
        // Less than a unit for two of the inputs, of which these transactions have three at most.
        let off = (real(theft) - exact * real(units(found.total))).abs();
        prop_assert!(
            off <= 1.5 * real(found.work as u128) + 1e-6,
            "{off} units off after {} transactions",
            found.work
        );
    }
    prop_assert_eq!(full.live(), live);
    Ok(())
}

/// An output of 32 units, some of which go back to a thief through mixes: one unit of rounding is 3.1 % of it.
#[test]
fn a_share_of_a_few_units_is_right_to_the_unit() {
    let choices: [&[(u8, u8)]; 7] = [
        &[(0, 120), (0, 3), (0, 0), (0, 0), (0, 0)],
        &[(131, 9), (22, 181), (81, 188), (88, 116), (228, 197)],
        &[(229, 226), (172, 248), (147, 218), (153, 165)],
        &[(101, 58), (98, 208), (79, 44), (62, 242), (51, 122)],
        &[],
        &[(147, 113), (159, 17)],
        &[(120, 56), (138, 22), (225, 197), (54, 8), (57, 98)],
    ];
    agrees(&choices.map(<[_]>::to_vec)).expect("agrees");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Both propagations, the full one and that of one owner, are within what they promise of the share in real numbers.
    #[test]
    fn the_full_propagation_agrees_with_the_exact_answer(choices in blocks()) {
        agrees(&choices)?;
    }

    /// Block by block is the same as at once, and a reorg leaves no trace.
    #[test]
    fn steps_and_reorgs_leave_the_same_state(choices in blocks(), keep in 0usize..12) {
        let main = chain(&choices);
        let keep = keep.min(choices.len() - 1);
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut writer = Writer::open(dir.path(), Chain::Bitcoin(BitcoinNetwork::Regtest), WriterOptions::default()).expect("opens");
        let mut full = FullPropagation::new();
        for block in &main {
            writer.append(block).expect("appends");
            writer.commit().expect("commits");
            let ledger = Ledger::open(dir.path()).expect("opens");
            full.advance(&ledger, &named(&ledger));
        }
        let ledger = Ledger::open(dir.path()).expect("opens");
        let mut whole = FullPropagation::new();
        whole.advance(&ledger, &named(&ledger));
        prop_assert_eq!(state(&full, &ledger), state(&whole, &ledger));
        drop(ledger);
        // Another branch from `keep` on.
        writer.rewind(BlockNum(keep as u32)).expect("rewinds");
        full.rewind(BlockNum(keep as u32)).expect("has undo");
        let tip = keep.checked_sub(1).map_or_else(BlockHash::default, |last| main[last].hash);
        let mut other = BlockMaker::new(tip, 9_000, 9);
        other.tx(&[], &[(77, Some(owner(3))), (78, Some(owner(5)))]);
        writer.append(&other.done()).expect("appends");
        writer.commit().expect("commits");
        let ledger = Ledger::open(dir.path()).expect("opens");
        full.advance(&ledger, &named(&ledger));
        let mut fresh = FullPropagation::new();
        fresh.advance(&ledger, &named(&ledger));
        prop_assert_eq!(state(&full, &ledger), state(&fresh, &ledger));
        prop_assert_eq!(full.live(), fresh.live());
    }

    /// A scan says what the look-ups say.
    #[test]
    fn a_scan_agrees_with_look_ups(choices in blocks(), from in 0u32..20, to in 0u32..60) {
        let (_dir, ledger) = ledger_of(&chain(&choices));
        let mut seen = Vec::new();
        ledger.scan(TxNum(from)..TxNum(to), |tx| {
            let view = ledger.tx(tx.num).expect("there");
            assert_eq!((view.first_input, view.first_output), (tx.first_input, tx.first_output));
            assert_eq!((view.input_count as usize, view.output_count as usize), (tx.input_count(), tx.output_count()));
            assert!(ledger.inputs(&view).map(|input| input.prev).eq(tx.prevs()));
            assert!(ledger.outputs(&view).map(|output| (output.value, output.owner)).eq(tx.outputs()));
            seen.push(tx.num.0);
            ControlFlow::Continue(())
        });
        prop_assert_eq!(seen, (from..to.min(ledger.info().txs)).collect::<Vec<_>>());
        let sum: u64 = ledger.columns().map(|columns| columns.value_lo.iter().map(|&lo| u64::from(lo)).sum::<u64>()).sum();
        let looked: u64 = (0..ledger.info().outputs).filter_map(|out| ledger.output_value(OutNum(out))).sum();
        prop_assert_eq!(sum, looked, "amounts of these chains fit in 32 bits");
    }
}

#[test]
fn a_reorg_deeper_than_the_undo_is_refused() {
    let mut full = FullPropagation::new();
    assert!(full.rewind(BlockNum(0)).is_err());
}

/// More transactions than are read at once, and than are fetched at once: none is skipped.
#[test]
fn every_transaction_of_a_large_block_is_dealt_with() {
    const COINS: u32 = 5_000;
    let mut first = BlockMaker::new(BlockHash::default(), 600, 0);
    let coins: Vec<_> = (0..COINS).map(|n| (u64::from(n) + 1, Some(owner(0)))).collect();
    let minted = first.tx(&[], &coins);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, 1_200, 1);
    second.tx(&[], &[(1, Some(owner(1)))]);
    for vout in 0..COINS {
        let coin = (OutPoint { txid: minted, vout }, None);
        second.tx(&[coin], &[(u64::from(vout) + 1, Some(owner(2)))]);
    }
    let (_dir, ledger) = ledger_of(&[first, second.done()]);
    let mut full = FullPropagation::new();
    full.advance(&ledger, &NamedOwners::default());
    assert_eq!(full.live(), COINS as usize + 1, "of each coin the last output is left");
    let whole: Vec<OutNum> = (u64::from(COINS)..=2 * u64::from(COINS)).map(OutNum).collect();
    for out in whole {
        assert_eq!(full.shares(out).map(|shares| shares[1]), Some(u16::MAX), "{out:?} is of new coins");
    }
}
