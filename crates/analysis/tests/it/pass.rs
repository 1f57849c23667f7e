use std::{collections::BTreeSet, ops::ControlFlow};

use proptest::prelude::*;
use tracehound_analysis::{
    exposure::{Question, exposures},
    pass::{Bucket, NamedOwners, Pass, Shares},
    taint::{Direction, Mix, WalkLimits},
    trace::{Known, Party},
};
use tracehound_ledger::{AddrNum, BlockNum, Ledger, OutNum, TxNum, TxSpan, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Category, Chain, OutPoint, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::ledger_of;

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

impl Known for Names<'_> {
    fn party(&self, addr: AddrNum) -> Option<Party> {
        let n = (0..300).find(|&n| number(self.0, n) == Some(addr))?;
        Some(Party { label: format!("owner {n}"), category: category(n)?, listed_from: None })
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

fn state(pass: &Pass, ledger: &Ledger) -> Vec<Option<Shares>> {
    (0..ledger.info().outputs).map(|out| pass.shares(OutNum(out)).copied()).collect()
}

fn blocks() -> impl Strategy<Value = Vec<Vec<(u8, u8)>>> {
    prop::collection::vec(prop::collection::vec(any::<(u8, u8)>(), 0..8), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// What the pass keeps for an unspent output is what the exact walk finds, but for the rounding of the shares.
    #[test]
    fn the_pass_agrees_with_the_exact_answer(choices in blocks()) {
        let (_dir, ledger) = ledger_of(&chain(&choices));
        let mut pass = Pass::new();
        pass.advance(&ledger, &named(&ledger));
        let mut live = 0;
        for out in (0..ledger.info().outputs).map(OutNum) {
            let output = ledger.output(out).expect("there");
            let shares = pass.shares(out);
            prop_assert_eq!(shares.is_some(), output.spent_by.is_none());
            let Some(shares) = shares else { continue };
            live += 1;
            prop_assert_eq!(shares.iter().map(|&share| u32::from(share)).sum::<u32>(), 65_535);
            let holder = output.owner.expect("owned");
            if Names(&ledger).party(holder).is_some() || ledger.activity(holder, 9).0.received.len() > 1 {
                continue;
            }
            let subjects = BTreeSet::from([holder]);
            let limits = WalkLimits { dust: 0, ..WalkLimits::default() };
            let question = Question { subjects: &subjects, direction: Direction::Backward, limits, through_mixes: false, prices: None };
            let found = exposures(&ledger, &question, &Names(&ledger)).expect("answers");
            let theft: u128 = found.parties.iter().filter(|row| row.party.category == Category::ServiceHack).map(|row| row.amount.0).sum();
            let exact = f64::from(u32::try_from(theft * 65_535 / found.total.0.max(1)).expect("a share")) / 65_535.0;
            let kept = f64::from(shares[Bucket::Theft as usize]) / 65_535.0;
            prop_assert!((exact - kept).abs() < 0.01, "exact {exact}, kept {kept}");
        }
        prop_assert_eq!(pass.live(), live);
    }

    /// Block by block is the same as at once, and a reorg leaves no trace.
    #[test]
    fn steps_and_reorgs_leave_the_same_state(choices in blocks(), keep in 0usize..12) {
        let main = chain(&choices);
        let keep = keep.min(choices.len() - 1);
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut writer = Writer::open(dir.path(), Chain::Bitcoin(BitcoinNetwork::Regtest), WriterOptions::default()).expect("opens");
        let mut pass = Pass::new();
        for block in &main {
            writer.append(block).expect("appends");
            writer.commit().expect("commits");
            let ledger = Ledger::open(dir.path()).expect("opens");
            pass.advance(&ledger, &named(&ledger));
        }
        let ledger = Ledger::open(dir.path()).expect("opens");
        let mut whole = Pass::new();
        whole.advance(&ledger, &named(&ledger));
        prop_assert_eq!(state(&pass, &ledger), state(&whole, &ledger));
        drop(ledger);
        // Another branch from `keep` on.
        writer.rewind(BlockNum(keep as u32)).expect("rewinds");
        pass.rewind(BlockNum(keep as u32)).expect("has undo");
        let tip = keep.checked_sub(1).map_or_else(BlockHash::default, |last| main[last].hash);
        let mut other = BlockMaker::new(tip, 9_000, 9);
        other.tx(&[], &[(77, Some(owner(3))), (78, Some(owner(5)))]);
        writer.append(&other.done()).expect("appends");
        writer.commit().expect("commits");
        let ledger = Ledger::open(dir.path()).expect("opens");
        pass.advance(&ledger, &named(&ledger));
        let mut fresh = Pass::new();
        fresh.advance(&ledger, &named(&ledger));
        prop_assert_eq!(state(&pass, &ledger), state(&fresh, &ledger));
        prop_assert_eq!(pass.live(), fresh.live());
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
    let mut pass = Pass::new();
    assert!(pass.rewind(BlockNum(0)).is_err());
}
