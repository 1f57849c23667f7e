//! Patterns on hand-made chains, each beside a case that only looks like it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tracehound_analysis::{
    patterns::{
        self, Finding, Report, Subject, Thresholds, chips,
        coinbases::{self, Depth, Miner},
        withdrawals::{self, Search, Together},
    },
    taint::SeedError,
};
use tracehound_ledger::{Ledger, OutNum, TxNum};
use tracehound_model::{Asset, BitcoinNetwork, BlockHash, OutPoint, ScriptKey, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    ledger_of,
    peel::{Names, any_blocks, at},
    taint::propagations::output,
    units,
};

const COIN: u64 = 100_000_000;
const DAY: u32 = 86_400;

/// Blocks at given times, each begun with a coinbase of 50 BTC to an owner.
#[derive(Default)]
struct Story {
    blocks: Vec<UtxoBlock>,
}

impl Story {
    fn block(&mut self, time: u32, miner: usize, fill: impl FnOnce(&mut BlockMaker)) -> TxId {
        let prev = self.blocks.last().map_or(BlockHash::default(), |block| block.hash);
        let mut block = BlockMaker::new(prev, time, 0);
        let coinbase = block.tx(&[], &[(50 * COIN, Some(owner(miner)))]);
        fill(&mut block);
        self.blocks.push(block.done());
        coinbase
    }
}

fn to(n: usize, value: u64) -> (u64, Option<ScriptKey>) {
    (value, Some(owner(n)))
}

fn ask(ledger: &Ledger, subject: Subject) -> Report {
    patterns::around(ledger, subject, &Thresholds::default(), &Names::default()).expect("in the ledger")
}

fn address(ledger: &Ledger, n: usize) -> Subject {
    Subject::Address(ledger.find_address(&owner(n)).expect("in the ledger"))
}

fn transaction(ledger: &Ledger, txid: TxId) -> Subject {
    Subject::Tx(ledger.find_tx(&txid).expect("in the ledger"))
}

#[test]
fn equal_splits_and_scatterings_are_told_from_a_payroll() {
    let mut story = Story::default();
    let coins: Vec<TxId> = (0..3).map(|n| story.block(1_000 + n, n as usize, |_| {})).collect();
    let mut made = Vec::new();
    story.block(2_000, 9, |block| {
        // Ten of about 5 BTC; nine of very different amounts; seven are too few.
        let equal: Vec<_> = (0..10).map(|n| to(100 + n, 499_000_000 + 100_000 * n as u64)).collect();
        made.push(block.tx(&[at(coins[0], 0)], &equal));
        let unequal: Vec<_> = (0..9).map(|n| to(200 + n, 5_000_000 << n)).collect();
        made.push(block.tx(&[at(coins[1], 0)], &unequal));
        made.push(block.tx(&[at(coins[2], 0)], &(0..7).map(|n| to(300 + n, 7 * COIN)).collect::<Vec<_>>()));
    });
    let (_dir, ledger) = ledger_of(&story.blocks);
    let found = |txid| {
        let report = ask(&ledger, transaction(&ledger, txid));
        assert!(report.is_complete());
        report.findings.into_iter().find_map(|finding| match finding {
            Finding::FanOut { recipients, equal_permille, rules, .. } => {
                Some((recipients, equal_permille, rules))
            }
            _ => None,
        })
    };
    assert_eq!(found(made[0]), Some((10, 1_000, vec!["R03"])));
    assert_eq!(found(made[1]), Some((9, 111, vec![])));
    assert_eq!(found(made[2]), None);
}

#[test]
fn an_address_that_scatters_over_many_transactions_in_a_day_is_found_and_one_that_takes_a_month_is_not() {
    for (step, expected) in [(600, 1), (DAY, 0)] {
        let mut story = Story::default();
        let mut coin = story.block(1_000, 1, |_| {});
        let mut vout = 0;
        let mut left = 50 * COIN;
        for n in 0..30_usize {
            story.block(2_000 + step * n as u32, 500 + n, |block| {
                left -= 4 * 30_000_000 + 1_000;
                let mut outputs: Vec<_> = (0..4).map(|k| to(1_000 + 4 * n + k, 30_000_000)).collect();
                outputs.push(to(1, left));
                coin = block.tx(&[at(coin, vout)], &outputs);
                vout = 4;
            });
        }
        let (_dir, ledger) = ledger_of(&story.blocks);
        let report = ask(&ledger, address(&ledger, 1));
        let scattered = report.findings.iter().filter(|finding| {
            matches!(finding, Finding::FanOut { rules, recipients: 120, scattered: 120, .. } if rules.contains(&"R10"))
        });
        assert_eq!(scattered.count(), expected, "{:?}", report.findings);
    }
}

#[test]
fn gathering_wants_many_inputs_and_few_outputs() {
    let mut story = Story::default();
    let coins: Vec<TxId> = (0..24).map(|n| story.block(1_000 + n, n as usize % 3, |_| {})).collect();
    let mut made = Vec::new();
    story.block(2_000, 9, |block| {
        let inputs = |range: std::ops::Range<usize>| -> Vec<_> {
            coins[range].iter().map(|&coin| at(coin, 0)).collect()
        };
        made.push(block.tx(&inputs(0..12), &[to(40, 600 * COIN)]));
        made.push(block.tx(&inputs(12..16), &[to(41, 200 * COIN)]));
        made.push(block.tx(&inputs(16..24), &(0..4).map(|n| to(50 + n, 90 * COIN)).collect::<Vec<_>>()));
    });
    let (_dir, ledger) = ledger_of(&story.blocks);
    let gathered = |txid| {
        ask(&ledger, transaction(&ledger, txid)).findings.into_iter().find_map(|finding| match finding {
            Finding::Consolidation { inputs, owners, amount, .. } => Some((inputs, owners, amount)),
            _ => None,
        })
    };
    let (inputs, owners, amount) = gathered(made[0]).expect("twelve into one");
    assert_eq!((inputs, owners, units(amount.expect("all known"))), (12, 3, u128::from(600 * COIN)));
    assert_eq!(gathered(made[1]), None);
    assert_eq!(gathered(made[2]), None);
}

/// Owner 1 gets 50 BTC, gets dust after ten days, pays 20 after forty and keeps the rest to day 140.
fn sleeper() -> (Story, TxId) {
    let mut story = Story::default();
    let coin = story.block(1_000, 1, |_| {});
    story.block(1_000 + 10 * DAY, 2, |block| {
        let far = OutPoint { txid: TxId([5; 32]), vout: 0 };
        block.tx(&[(far, Some((1_000, owner(3))))], &[to(1, 500)]);
    });
    let mut paid = TxId::default();
    story.block(1_000 + 40 * DAY, 4, |block| {
        paid = block.tx(&[at(coin, 0)], &[to(7, 20 * COIN), to(1, 30 * COIN)]);
    });
    story.block(1_000 + 140 * DAY, 5, |_| {});
    (story, paid)
}

#[test]
fn an_idle_balance_is_woken_by_its_owner_not_by_dust_and_sleeps_again() {
    let (story, paid) = sleeper();
    let (_dir, ledger) = ledger_of(&story.blocks);
    let report = ask(&ledger, address(&ledger, 1));
    let Some(Finding::Reactivated { since, days, grade_days, amount, balance, txids, .. }) =
        report.findings.first()
    else {
        panic!("{:?}", report.findings);
    };
    assert_eq!((*since, *days, *grade_days, txids), (1_000, 40, 30, &vec![paid]));
    assert_eq!((units(*amount), units(*balance)), (u128::from(20 * COIN), u128::from(50 * COIN) + 500));
    let Some(Finding::Dormant { days: 100, balance, .. }) = report.findings.get(1) else {
        panic!("{:?}", report.findings);
    };
    assert_eq!(units(*balance), u128::from(30 * COIN) + 500);
    // The transaction by itself: its one coin had slept for forty days.
    let of_tx = ask(&ledger, transaction(&ledger, paid));
    assert!(
        matches!(of_tx.findings[..], [Finding::Reactivated { days: 40, grade_days: 30, .. }]),
        "{:?}",
        of_tx.findings
    );
    // Someone who pays a twentieth after a pause has not woken.
    let higher = Thresholds { idle_out_permille: 500, ..Thresholds::default() };
    let report = patterns::around(&ledger, address(&ledger, 1), &higher, &Names::default()).expect("there");
    assert!(report.findings.iter().all(|finding| !matches!(finding, Finding::Reactivated { .. })));
}

#[test]
fn money_that_goes_round_is_found_change_and_slow_returns_are_not() {
    for (hours, expected) in [(2, true), (100, false)] {
        let mut story = Story::default();
        let coin = story.block(1_000, 1, |_| {});
        let mut paid = TxId::default();
        story.block(2_000, 20, |block| {
            paid = block.tx(&[at(coin, 0)], &[to(2, 10 * COIN), to(1, 40 * COIN - 1_000)]);
        });
        let mut between = TxId::default();
        story.block(3_000, 21, |block| {
            between = block.tx(&[at(paid, 0)], &[to(3, 4 * COIN), to(4, 6 * COIN - 1_000)]);
        });
        let mut back = TxId::default();
        story.block(3_000 + hours * 3_600, 22, |block| {
            back = block.tx(&[at(between, 0), at(between, 1)], &[to(1, 10 * COIN - 3_000)]);
        });
        let (_dir, ledger) = ledger_of(&story.blocks);
        for subject in [address(&ledger, 1), transaction(&ledger, paid)] {
            let round = ask(&ledger, subject).findings.into_iter().find_map(|finding| match finding {
                Finding::RoundTrip { txid, paid, back, hops, txids, .. } => {
                    Some((txid, units(paid), units(back), hops, txids))
                }
                _ => None,
            });
            let whole = u128::from(10 * COIN);
            let right = (paid, whole, whole - 3_000, (2, 2), vec![back]);
            assert_eq!(round, expected.then_some(right), "{subject:?} after {hours} h");
        }
    }
}

#[test]
fn chips_are_made_held_and_swept() {
    let chip = 6_400_000;
    let mut story = Story::default();
    let coins: Vec<TxId> = (0..3).map(|n| story.block(1_000 + n, n as usize, |_| {})).collect();
    let (mut made, mut used, mut pay) = (TxId::default(), TxId::default(), TxId::default());
    story.block(2_000, 9, |block| {
        let mut outputs: Vec<_> = (0..20).map(|n| to(100 + n, chip)).collect();
        outputs.push(to(99, 3 * COIN));
        made = block.tx(&[at(coins[0], 0)], &outputs);
        // As many of a size no chip has, and a payroll of chip amounts to owners known before.
        block.tx(&[at(coins[1], 0)], &(0..20).map(|n| to(200 + n, 5_000_000)).collect::<Vec<_>>());
        pay = block.tx(&[at(coins[2], 0)], &(0..12).map(|n| to(n % 3, chip)).collect::<Vec<_>>());
    });
    let (mut sweep, mut mixed) = (TxId::default(), TxId::default());
    story.block(9_000, 10, |block| {
        sweep = block.tx(&[at(made, 0), at(made, 7)], &[to(300, 2 * chip - 500)]);
        used = block.tx(&[at(made, 1)], &[to(301, chip - 500)]);
        mixed = block.tx(&[at(made, 2), at(made, 20)], &[to(302, 3 * COIN)]);
    });
    // Owner 105 is paid again: it held no chip.
    story.block(9_900, 11, |block| {
        block.tx(&[at(used, 0)], &[to(105, chip - 900)]);
    });
    let (_dir, ledger) = ledger_of(&story.blocks);
    let view = |txid| ledger.tx(ledger.find_tx(&txid).expect("there")).expect("there");
    let funding = chips::funding(&ledger, &view(made)).expect("makes chips");
    assert_eq!((funding.chips, funding.spent, units(funding.chip)), (20, 4, u128::from(chip)));
    assert_eq!(chips::funding(&ledger, &view(pay)), None, "not to new owners");
    let swept = chips::sweep(&ledger, &view(sweep)).expect("nothing but chips");
    assert_eq!((swept.chips, swept.funded, swept.makers, swept.wait), (2, 2, 1, 7_000));
    assert_eq!(chips::sweep(&ledger, &view(used)), None, "one alone is no sweep");
    assert_eq!(chips::sweep(&ledger, &view(mixed)), None, "with other money");
    assert!(chips::is_chip(&ledger, output(&ledger, made, 3)));
    assert!(!chips::is_chip(&ledger, output(&ledger, made, 5)), "paid twice");
    let survey = chips::survey(&ledger, TxNum(0)..TxNum(u32::MAX));
    assert_eq!((survey.fundings.len(), survey.sweeps.len(), survey.by_chance), (1, 1, 12));
    let report = ask(&ledger, transaction(&ledger, sweep));
    assert!(report.findings.iter().any(|finding| matches!(finding, Finding::ChipSweep(_))));
    assert!(patterns::text::report(&report, Asset::bitcoin(BitcoinNetwork::Regtest)).contains("chips swept"));
}

/// A deposit of 12.345678 BTC, and a mixer that pays it less 1.5 % in three payouts to a customer, among 90 payments of
/// others. `gathered`: the customer spends them together.
fn mixer(gathered: bool) -> (Story, TxId, Vec<TxId>) {
    let mut story = Story::default();
    let coins: Vec<TxId> = (0..62).map(|n| story.block(1_000 + n, n as usize, |_| {})).collect();
    let amount = 1_234_567_800;
    let mut deposit = TxId::default();
    story.block(50_000, 900, |block| {
        for (n, &coin) in coins[..30].iter().enumerate() {
            let odd = 700_000_000 + 31_234_567 * n as u64;
            block.tx(&[at(coin, 0)], &[to(400 + n, odd), to(500 + n, 50 * COIN - odd - 2_000)]);
        }
        deposit = block.tx(&[at(coins[60], 0)], &[to(600, amount), to(601, 50 * COIN - amount - 900)]);
    });
    let mut payouts = Vec::new();
    let owed = amount - amount / 1_000 * 15;
    for (n, part) in [owed / 2, owed / 3, owed - owed / 2 - owed / 3].into_iter().enumerate() {
        story.block(60_000 + 6_000 * n as u32, 901 + n, |block| {
            let spent = 30 + 10 * n;
            for (k, &coin) in coins.iter().enumerate().skip(spent).take(9) {
                let odd = 100_000_000 + 17_654_321 * k as u64;
                block.tx(&[at(coin, 0)], &[to(700 + k, odd), to(800 + k, 50 * COIN - odd - 2_000)]);
            }
            payouts.push(
                block.tx(
                    &[at(coins[spent + 9], 0)],
                    &[to(650 + n, part), to(660 + n, 50 * COIN - part - 900)],
                ),
            );
        });
    }
    if gathered {
        let inputs: Vec<_> = payouts.iter().map(|&payout| at(payout, 0)).collect();
        story.block(90_000, 950, |block| {
            block.tx(&inputs, &[to(670, owed - 3_000)]);
        });
    }
    (story, deposit, payouts)
}

#[test]
fn a_mixers_payouts_are_a_lead_with_its_rate_of_error() {
    let (story, deposit, payouts) = mixer(true);
    let (_dir, ledger) = ledger_of(&story.blocks);
    let found =
        withdrawals::find(&ledger, output(&ledger, deposit, 0), &Search::default()).expect("in the ledger");
    let lead = found.candidates.first().expect("a lead");
    assert_eq!(lead.together, Together::SpentTogether);
    let expected: BTreeSet<OutPoint> = payouts.iter().map(|&txid| OutPoint { txid, vout: 0 }).collect();
    assert_eq!(lead.payouts.iter().copied().collect::<BTreeSet<_>>(), expected);
    assert_eq!((lead.fee_ppm, lead.delay / 1_000), (15_000, 22));
    assert!(lead.controls >= 20 && lead.control_fits == 0, "{lead:?}");
    assert!(!found.truncated);
    // Never brought together, nothing ties them.
    let (story, deposit, _) = mixer(false);
    let (_dir, ledger) = ledger_of(&story.blocks);
    let found =
        withdrawals::find(&ledger, output(&ledger, deposit, 0), &Search::default()).expect("in the ledger");
    assert!(found.candidates.iter().all(|lead| lead.together == Together::Single), "{:?}", found.candidates);
}

#[test]
fn in_a_crowd_of_like_amounts_controls_fit_as_well_and_the_candidate_says_so() {
    let mut story = Story::default();
    let coins: Vec<TxId> = (0..61).map(|n| story.block(1_000 + n, n as usize, |_| {})).collect();
    let mut deposit = TxId::default();
    let pay = |block: &mut BlockMaker, coin: TxId, n: usize, value: u64| {
        block.tx(&[at(coin, 0)], &[to(100 + n, value), to(200 + n, 50 * COIN - value - 700)])
    };
    story.block(50_000, 900, |block| {
        for (n, &coin) in coins[..31].iter().enumerate() {
            deposit = pay(block, coin, n, 10 * COIN + 900_007 * n as u64);
        }
    });
    story.block(60_000, 901, |block| {
        for (n, &coin) in coins[31..].iter().enumerate() {
            pay(block, coin, 31 + n, 10 * COIN - 1_000_003 * n as u64);
        }
    });
    let (_dir, ledger) = ledger_of(&story.blocks);
    let wide = Search { tolerance_ppm: 400, ..Search::default() };
    let found = withdrawals::find(&ledger, output(&ledger, deposit, 0), &wide).expect("in the ledger");
    assert!(found.found >= 5, "{found:?}");
    let worst = found.candidates.iter().max_by_key(|lead| lead.off_by).expect("many fit");
    assert!(worst.control_fits * 2 > worst.controls && worst.controls >= 20, "{worst:?}");
}

#[test]
fn a_search_has_limits() {
    let (story, deposit, _) = mixer(true);
    let (_dir, ledger) = ledger_of(&story.blocks);
    // A pool that pays nobody has no leads; an early end sees no payouts.
    let pool = BTreeSet::new();
    let none = Search { pool: Some(&pool), ..Search::default() };
    assert_eq!(withdrawals::find(&ledger, output(&ledger, deposit, 0), &none).expect("there").found, 0);
    let early = Search { seconds: 60, ..Search::default() };
    assert_eq!(withdrawals::find(&ledger, output(&ledger, deposit, 0), &early).expect("there").found, 0);
    let cut = Search { outputs: 3, ..Search::default() };
    assert!(withdrawals::find(&ledger, output(&ledger, deposit, 0), &cut).expect("there").truncated);
    assert!(withdrawals::find(&ledger, OutNum(u64::MAX >> 1), &cut).is_none());
}

#[test]
fn new_coins_are_a_pools_or_a_single_miners() {
    let mut story = Story::default();
    let pooled = story.block(1_000, 1, |_| {});
    let alone = story.block(1_600, 2, |_| {});
    let resting = story.block(1_900, 3, |_| {});
    let mut payout = TxId::default();
    story.block(2_000, 9, |block| {
        let members: Vec<_> = (0..20).map(|n| to(100 + n, 250_000_000 - 100)).collect();
        payout = block.tx(&[at(pooled, 0)], &members);
    });
    let mut thief = TxId::default();
    story.block(3_000, 10, |block| {
        let inputs = [at(payout, 3), at(alone, 0)];
        thief = block.tx(&inputs, &[to(300, 5_250_000_000 - 1_000)]);
    });
    let (_dir, ledger) = ledger_of(&story.blocks);
    let known = Names::default();
    let ask = |txid| coinbases::sources(&ledger, &[output(&ledger, txid, 0)], Depth::default(), &known);
    let found = ask(thief).expect("in the ledger");
    assert_eq!(found.from_coinbases(), found.total, "all of it is new");
    assert!(units(found.pool).abs_diff(250_000_000) < 200, "{found:?}");
    assert_eq!(units(found.self_mined) + units(found.pool), 5_250_000_000 - 1_000);
    assert_eq!(found.count, 2);
    assert!(found.coinbases.iter().any(|coinbase| coinbase.because.contains("pays 20 outputs")));
    let resting = ask(resting).expect("in the ledger");
    assert_eq!((resting.coinbases[0].miner, resting.unclear), (Miner::Unclear, resting.total));
    // Beyond the depth coins are old, not fresh.
    let near = Depth { hops: 1, ..Depth::default() };
    let found =
        coinbases::sources(&ledger, &[output(&ledger, thief, 0)], near, &known).expect("in the ledger");
    assert_eq!((units(found.pool), units(found.older) > 0), (0, true));
    assert_eq!(coinbases::sources(&ledger, &[], near, &known), Err(SeedError::None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn anything_can_be_asked_of_any_chain(blocks in any_blocks()) {
        let (_dir, ledger) = ledger_of(&blocks);
        let info = ledger.info();
        let lowest = Thresholds {
            gathered: 0, split: 0, scatter: 0, scatter_from: 0, idle_days: [0; 3], idle_out_permille: 0,
            back_permille: 0, dust: 0, ..Thresholds::default()
        };
        let txs = (0..info.txs).map(|tx| Subject::Tx(TxNum(tx)));
        let all = txs.chain((0..info.addresses).map(|n| Subject::Address(tracehound_ledger::AddrNum(n))));
        for subject in all {
            for thresholds in [Thresholds::default(), lowest, Thresholds { txs: 1, ..lowest }] {
                let report = patterns::around(&ledger, subject, &thresholds, &Names::default()).expect("there");
                prop_assert!(!patterns::text::report(&report, Asset::bitcoin(BitcoinNetwork::Regtest)).is_empty());
            }
            let (outs, _) = patterns::outputs_of(&ledger, subject, 100);
            if !outs.is_empty() {
                let found = coinbases::sources(&ledger, &outs, Depth::default(), &Names::default()).expect("asked well");
                let parts = units(found.from_coinbases()) + units(found.services) + units(found.mixed) + units(found.older) + units(found.unresolved);
                prop_assert!(parts <= units(found.total));
            }
            for out in outs {
                let found = withdrawals::find(&ledger, out, &Search::default()).expect("there");
                prop_assert!(found.candidates.iter().all(|lead| lead.control_fits <= lead.controls));
            }
        }
        let none = Subject::Address(tracehound_ledger::AddrNum(info.addresses));
        prop_assert_eq!(patterns::around(&ledger, none, &lowest, &Names::default()), None);
    }
}
