//! Payouts and deposits whose ids are hidden.

use std::{collections::HashMap, fs};

use proptest::prelude::*;
use tracehound_bridges::matcher::{Event, Matched, Rule, Rules, matched};
use tracehound_model::Amount;
use tracehound_testkit::shared_data;

/// By asset, amount and recipient, at any time after the deposit.
pub(crate) const EXACT: Rules =
    Rules { by_recipient: true, earliest: 0, latest: None, fee_bps: 0, fee_units: Amount::ZERO };

fn event(recipient: u32, amount: u64, time: i64) -> Event {
    Event { asset: 1, recipient: Some(recipient), amount: Amount::from(amount), time }
}

/// Numbers for texts.
#[derive(Default)]
struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, text: &str) -> u32 {
        let next = u32::try_from(self.0.len()).expect("few");
        *self.0.entry(text.to_owned()).or_insert(next)
    }
}

/// Deposits on Moonbeam and payouts on Ethereum, of which the same place in both lists is one withdrawal.
pub(crate) fn nomad() -> Option<(Vec<Event>, Vec<Event>)> {
    let text = fs::read_to_string(shared_data("bridges/nomad_withdrawals.tsv")?).expect("read");
    let (mut assets, mut recipients) = (Numbers::default(), Numbers::default());
    let rows = text.lines().map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let event = |time: &str, asset| Event {
            asset,
            recipient: None,
            amount: cells[11].parse().expect("an amount"),
            time: time.parse().expect("a time"),
        };
        // A token of Moonbeam stands for one of Ethereum.
        let asset = assets.of(cells[8]);
        let recipient = Some(recipients.of(cells[10]));
        (Event { recipient, ..event(cells[1], asset) }, Event { recipient, ..event(cells[4], asset) })
    });
    Some(rows.unzip())
}

/// Links told, and how many of them are right.
pub(crate) fn score(found: &[Matched]) -> (usize, usize) {
    let links = found.iter().enumerate().filter_map(|(payout, matched)| Some((payout, matched.deposit?)));
    links.fold((0, 0), |(told, right), (payout, deposit)| (told + 1, right + usize::from(payout == deposit)))
}

#[test]
fn withdrawals_of_nomad_are_matched_without_their_ids() {
    let Some((deposits, mut payouts)) = nomad() else { return };
    let count = deposits.len();
    assert_eq!(count, 4_482);
    let (told, right) = score(&matched(&deposits, &payouts, EXACT));
    assert!(told == right && told * 100 > count * 97, "{right} of {told} right, of {count}");
    // Without the recipient, within seven days.
    for payout in &mut payouts {
        payout.recipient = None;
    }
    let week = Rules { by_recipient: false, latest: Some(7 * 86_400), ..EXACT };
    let found = matched(&deposits, &payouts, week);
    let (told, right) = score(&found);
    assert!(told * 100 > count * 80 && right * 1_000 >= told * 998, "{right} of {told} right, of {count}");
    // What is not linked says how many may be meant, and the true one is among them where the window is long enough.
    let open = found.iter().enumerate().filter(|(_, matched)| matched.rule == Rule::Ambiguous);
    let (with, all) = open.fold((0, 0), |(with, all), (payout, matched)| {
        assert!(matched.candidates.len() > 1 && matched.permille() < 1_000);
        (with + usize::from(matched.candidates.contains(&payout)), all + 1)
    });
    assert!(with * 100 >= all * 95, "{with} of {all}");
}

#[test]
fn a_link_is_told_where_no_other_assignment_is_possible() {
    let rule = |deposits: &[Event], payouts: &[Event], rules| {
        matched(deposits, payouts, rules).iter().map(|found| (found.rule, found.deposit)).collect::<Vec<_>>()
    };
    // The second payout may mean both; but the first has nobody else.
    let deposits = [event(1, 100, 0), event(1, 100, 50)];
    let payouts = [event(1, 100, 10), event(1, 100, 60)];
    let both = [(Rule::OnlyCandidate, Some(0)), (Rule::OnlyAssignment, Some(1))];
    assert_eq!(rule(&deposits, &payouts, EXACT), both);
    // Both may mean both.
    let late = [event(1, 100, 60), event(1, 100, 61)];
    assert_eq!(rule(&deposits, &late, EXACT), [(Rule::Ambiguous, None); 2]);
    // One deposit more than payouts: which is left over is not known.
    assert_eq!(rule(&deposits, &late[..1], EXACT), [(Rule::Ambiguous, None)]);
    // Fewer deposits than payouts: one of them is not ours, and nobody knows which.
    assert_eq!(rule(&deposits[..1], &payouts, EXACT), [(Rule::TooFewDeposits, None); 2]);
    // Another recipient, amount, asset or time.
    let other = [event(2, 100, 10), event(1, 99, 10), Event { asset: 2, ..payouts[0] }, event(1, 100, -1)];
    assert_eq!(rule(&deposits, &other, EXACT), [(Rule::NoCandidate, None); 4]);
    // Nobody's recipient is not everybody's.
    let unknown = [Event { recipient: None, ..payouts[0] }];
    assert_eq!(rule(&deposits, &unknown, EXACT), [(Rule::NoCandidate, None)]);
    let anybody = Rules { by_recipient: false, ..EXACT };
    assert_eq!(rule(&deposits, &unknown, anybody), [(Rule::OnlyCandidate, Some(0))]);
}

#[test]
fn delays_windows_and_fees_bound_who_may_be_meant() {
    let deposits = [event(1, 10_000, 0)];
    let is_linked =
        |amount, time, rules| matched(&deposits, &[event(1, amount, time)], rules)[0].deposit.is_some();
    let delay = Rules { earliest: 1_800, latest: Some(3_600), ..EXACT };
    let times = [1_799, 1_800, 3_600, 3_601].map(|time| is_linked(10_000, time, delay));
    assert_eq!(times, [false, true, true, false]);
    // A clock that is slow by a second.
    assert!(is_linked(10_000, -1, Rules { earliest: -1, ..EXACT }) && !is_linked(10_000, -1, EXACT));
    let fee = Rules { fee_bps: 100, fee_units: Amount::from(5_u64), ..EXACT };
    let amounts = [10_001, 10_000, 9_900, 9_896, 9_894].map(|amount| is_linked(amount, 1, fee));
    assert_eq!(amounts, [false, true, true, true, false]);
}

#[test]
fn what_has_too_many_candidates_links_nobody_around_it() {
    let deposits: Vec<Event> = (0..600).map(|second| event(1, 7, second)).collect();
    let payouts = [event(1, 7, 0), event(1, 7, 1_000)];
    let found = matched(&deposits, &payouts, EXACT);
    assert!(found.iter().all(|found| found.deposit.is_none() && found.rule == Rule::Crowded), "{found:?}");
    assert_eq!(found[1].candidates.len(), 512);
}

/// Every way of giving each payout a deposit of its own.
fn assignments(candidates: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let Some((last, before)) = candidates.split_last() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for ways in assignments(before) {
        for &deposit in last.iter().filter(|deposit| !ways.contains(deposit)) {
            all.push([&ways[..], &[deposit]].concat());
        }
    }
    all
}

proptest! {
    /// Against every assignment written out: told is what all of them have, and no more.
    #[test]
    fn what_is_told_is_what_every_assignment_has(
        deposits in prop::collection::vec((1u32..3, 1u64..4, 0i64..12), 0..7),
        payouts in prop::collection::vec((1u32..3, 1u64..4, 0i64..14), 0..6),
        latest in prop::option::of(0i64..10),
        fee in 0u64..2,
        by_recipient: bool,
    ) {
        let events = |all: &[(u32, u64, i64)]| all.iter().map(|&(who, amount, time)| event(who, amount, time)).collect::<Vec<_>>();
        let (deposits, payouts) = (events(&deposits), events(&payouts));
        let rules = Rules { by_recipient, latest, fee_units: Amount::from(fee), ..EXACT };
        let found = matched(&deposits, &payouts, rules);
        for (payout, found) in payouts.iter().zip(&found) {
            let may_be = |deposit: &Event| {
                (!by_recipient || deposit.recipient == payout.recipient)
                    && deposit.amount >= payout.amount
                    && deposit.amount <= payout.amount.saturating_add(Amount::from(fee))
                    && deposit.time <= payout.time
                    && latest.is_none_or(|latest| payout.time - deposit.time <= latest)
            };
            let wanted: Vec<usize> = (0..deposits.len()).filter(|&number| may_be(&deposits[number])).collect();
            prop_assert_eq!(&found.candidates, &wanted);
        }
        // Those without any candidate have no deposit here; the others are to have one each.
        let (numbers, candidates): (Vec<usize>, Vec<Vec<usize>>) = found
            .iter()
            .enumerate()
            .filter(|(_, found)| !found.candidates.is_empty())
            .map(|(number, found)| (number, found.candidates.clone()))
            .unzip();
        let all = assignments(&candidates);
        for (at, &number) in numbers.iter().enumerate() {
            let first = all.first().map(|ways| ways[at]);
            let forced = first.filter(|&deposit| all.iter().all(|ways| ways[at] == deposit));
            if all.is_empty() {
                // Somebody around has none; elsewhere what is told must still be possible.
                if let Some(deposit) = found[number].deposit {
                    prop_assert!(found[number].candidates.contains(&deposit));
                }
            } else {
                prop_assert_eq!(found[number].deposit, forced, "payout {}", number);
            }
        }
        let mut told: Vec<usize> = found.iter().filter_map(|found| found.deposit).collect();
        told.sort_unstable();
        told.dedup();
        prop_assert_eq!(told.len(), found.iter().filter(|found| found.deposit.is_some()).count());
    }
}
