//! How far a verdict looks: amounts, times, hops.

use std::path::Path;

use tracehound_ledger::Ledger;
use tracehound_model::{
    Address, BlockHash, Category, Claim, Decision, GapKind, OutPoint, Subject, TxId, Verdict,
    verdict::{Direction, ExposureType},
};
use tracehound_screen::{
    Policy,
    lab::{Compared, compare},
    policy::PRESETS,
};
use tracehound_testkit::blocks::BlockMaker;

use crate::support::{
    FRESH, NETWORK, address, at, blocks, claim, day, index, key, ledger, screen, sources, whole_ledger,
};

fn strict_with(was: &str, is: &str) -> Policy {
    assert!(PRESETS[0].text.contains(was), "{was}");
    Policy::parse(&PRESETS[0].text.replace(was, is)).expect("a policy")
}

/// Owner 0 pays owner 1, who pays owner 2, and so on up to owner 3, a block each ten minutes, the last one at noon; each
/// passes on the amount of his place.
fn chain(dir: &Path, amounts: [u64; 3]) -> Ledger {
    passed_on(dir, amounts, 0)
}

/// The same; with `joined`, somebody else's coin of so much goes along each time, and back to its owner.
fn passed_on(dir: &Path, amounts: [u64; 3], joined: u64) -> Ledger {
    let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
    let mut all = Vec::new();
    let mut block = BlockMaker::new(BlockHash::default(), noon - 1_800, 1);
    let mut last = block.tx(&[], &[(5_000_000, Some(key(0)))]);
    all.push(block.done());
    for (at, amount) in amounts.into_iter().enumerate() {
        let time = noon - 1_200 + 600 * u32::try_from(at).expect("three");
        let mut block = BlockMaker::new(all[at].hash, time, 2 + at as u64);
        let mined = block.tx(&[], &[(joined.max(1), Some(key(20 + at)))]);
        let (mut inputs, mut outputs) =
            (vec![(OutPoint { txid: last, vout: 0 }, None)], vec![(amount, Some(key(at + 1)))]);
        if joined > 0 {
            inputs.push((OutPoint { txid: mined, vout: 0 }, None));
            outputs.push((joined, Some(key(10))));
        }
        last = block.tx(&inputs, &outputs);
        all.push(block.done());
    }
    ledger(dir, &all)
}

/// What the verdict says of a listed party: kind and direction.
fn exposed(verdict: &Verdict) -> Vec<(ExposureType, Option<Direction>)> {
    verdict.exposures.iter().map(|exposure| (exposure.exposure, exposure.direction)).collect()
}

const PAID: (ExposureType, Option<Direction>) = (ExposureType::Direct, Some(Direction::Outgoing));
const RECEIVED: (ExposureType, Option<Direction>) = (ExposureType::Direct, Some(Direction::Incoming));
const PAID_INDIRECTLY: (ExposureType, Option<Direction>) =
    (ExposureType::Indirect, Some(Direction::Outgoing));

#[test]
fn what_is_received_below_the_policys_dust_limit_counts_for_nothing() {
    let index = index(sources(), vec![claim(1, &address(0), Category::Sanction, "ofac-sdn")], vec![]);
    for (amount, found) in [(9_999, vec![]), (10_000, vec![RECEIVED])] {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = chain(dir.path(), [amount, 1_000, 900]);
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(1));
        assert_eq!(exposed(&verdict), found, "{amount}");
    }
}

/// The numbers of owners that have an address.
fn with_address() -> impl Iterator<Item = usize> {
    (20..).filter(|&number| Address::from_script(NETWORK, &key(number)).is_some())
}

/// Forty thieves.
fn thieves() -> Vec<Claim> {
    let claims = (1..).zip(with_address().take(40));
    claims.map(|(id, number)| claim(id, &address(number), Category::ServiceHack, "fbi-notices")).collect()
}

/// Owners with an address, from 20 on, are paid by the mine and each pays owner 1 in `pieces` of so many base units; with `between`, each by
/// way of an owner of its own. Owner 2 pays owner 1 `clean` more.
fn in_pieces(dir: &Path, payers: usize, pieces: (usize, u64), between: bool, clean: u64) -> Ledger {
    let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let each = pieces.1 * pieces.0 as u64 + 1_000;
    let mut first = BlockMaker::new(BlockHash::default(), noon - 1_200, 1);
    let mut coins: Vec<_> =
        with_address().take(payers).map(|payer| (each + 1_000, Some(key(payer)))).collect();
    coins.push((clean + 1_000, Some(key(2))));
    let mined = first.tx(&[], &coins);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, noon - 600, 2);
    second.tx(&[], &[(1, Some(key(9)))]);
    let mut from: Vec<_> = (0..payers as u32).map(|vout| out(mined, vout)).collect();
    if between {
        for (at, coin) in from.iter_mut().enumerate() {
            *coin = out(second.tx(&[*coin], &[(each, Some(key(200 + at)))]), 0);
        }
    }
    let second = second.done();
    let mut third = BlockMaker::new(second.hash, noon, 3);
    third.tx(&[], &[(1, Some(key(9)))]);
    for coin in from {
        third.tx(&[coin], &vec![(pieces.1, Some(key(1))); pieces.0]);
    }
    if clean > 0 {
        third.tx(&[out(mined, payers as u32)], &[(clean, Some(key(1)))]);
    }
    ledger(dir, &[first, second, third.done()])
}

/// A gift that nobody asked for taints nobody; what is sent in pieces, or by many, is no gift.
#[test]
fn dust_is_a_matter_of_the_sum_and_not_of_the_piece() {
    let index = index(sources(), thieves(), vec![]);
    let clean = 50_000_000;
    for (payers, pieces, seen) in [
        (1, (1, 546), false),
        (1, (18, 546), false),
        (1, (19, 546), true),
        (1, (1, 9_999), false),
        (1, (2, 9_999), true),
        (1, (2_000, 9_999), true),
        // Of several listed ones, none of whom sent as much as the limit.
        (18, (1, 546), false),
        (19, (1, 546), true),
        (40, (1, 9_999), true),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = in_pieces(dir.path(), payers, pieces, false, clean);
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(1));
        let found = exposed(&verdict);
        assert_eq!(found.contains(&RECEIVED), seen, "{payers} x {pieces:?}: {}", verdict.summary);
        let wanted = if seen { Decision::Review } else { Decision::Allow };
        assert_eq!(verdict.decision, wanted, "{payers} x {pieces:?}: {}", verdict.summary);
        let paid: u64 = verdict.exposures.iter().filter_map(|row| row.amount?.to_u64()).sum();
        let sent = payers as u64 * pieces.0 as u64 * pieces.1;
        assert_eq!(paid, if seen { sent } else { 0 }, "{payers} x {pieces:?}");
    }
}

/// The same by way of owners whom nobody names.
#[test]
fn pieces_that_come_to_much_are_followed_back() {
    let index = index(sources(), thieves(), vec![]);
    for (payers, pieces, seen) in [
        (1, (1, 9_999), false),
        (1, (200, 9_999), true),
        (40, (5, 9_999), true),
        // As small as a node passes on, and smaller.
        (1, (2_500, 540), true),
        (1, (5_000, 294), true),
        (1, (6_000, 200), true),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = in_pieces(dir.path(), payers, pieces, true, 0);
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(1));
        let found = exposed(&verdict).contains(&(ExposureType::Indirect, Some(Direction::Incoming)));
        assert_eq!(found, seen, "{payers} x {pieces:?}: {}", verdict.summary);
    }
}

/// One transaction gathers what a thief split among addresses of his own; beside `clean`.
#[test]
fn pieces_that_one_transaction_gathers_are_followed_back_however_small_and_many() {
    let index = index(sources(), thieves(), vec![]);
    let thief = with_address().next().expect("one");
    for (count, piece, clean, wanted) in [
        (2_500, 540, 0, Decision::Review),
        (2_500, 540, 95_000_000, Decision::Allow),
        (2_500, 540, 9_000_000, Decision::Review),
        (6_000, 300, 0, Decision::Review),
        (10, 540, 0, Decision::Allow),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
        let mut block = BlockMaker::new(BlockHash::default(), noon, 1);
        let whole = piece * count as u64;
        let mined = block.tx(&[], &[(whole, Some(key(thief))), (clean + 1, Some(key(2)))]);
        let pieces: Vec<_> = (0..count).map(|at| (piece, Some(key(2_000 + at)))).collect();
        let split = block.tx(&[(OutPoint { txid: mined, vout: 0 }, None)], &pieces);
        let mut all: Vec<_> = (0..count as u32).map(|vout| (OutPoint { txid: split, vout }, None)).collect();
        all.push((OutPoint { txid: mined, vout: 1 }, None));
        block.tx(&all, &[(whole + clean, Some(key(1)))]);
        let ledger = ledger(dir.path(), &[block.done()]);
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(1));
        assert_eq!(verdict.decision, wanted, "{count} x {piece}: {}", verdict.summary);
    }
}

#[test]
fn what_came_after_the_moment_asked_about_is_not_seen() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = chain(dir.path(), [4_000_000, 3_000_000, 2_000_000]);
    let index = index(sources(), vec![claim(1, &address(3), Category::Sanction, "ofac-sdn")], vec![]);
    // Owner 2 pays the listed one in the block at noon.
    for (number, found) in [(2, PAID), (1, PAID_INDIRECTLY), (0, PAID_INDIRECTLY)] {
        let ask = |as_of| exposed(&screen(&index, Some(&ledger), &Policy::strict(), as_of, &address(number)));
        assert_eq!(ask("2025-06-15T11:59:59Z"), [], "{number}");
        assert_eq!(ask(FRESH), [found], "{number}");
    }
}

#[test]
fn money_is_followed_as_many_hops_and_transactions_as_the_policy_says() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = passed_on(dir.path(), [4_500_000, 4_000_000, 3_500_000], 1_000_000);
    let index = index(sources(), vec![claim(1, &address(3), Category::Sanction, "ofac-sdn")], vec![]);
    let ask = |policy: &Policy| screen(&index, Some(&ledger), policy, FRESH, &address(0));
    for (hops, found) in [("hops = 2", vec![]), ("hops = 3", vec![PAID_INDIRECTLY])] {
        assert_eq!(exposed(&ask(&strict_with("hops = 5", hops))), found, "{hops}");
    }
    let short = ask(&strict_with("work = 2000", "work = 1"));
    assert_eq!(exposed(&short), []);
    assert!(short.coverage.gaps.iter().any(|gap| gap.kind == GapKind::IndirectTruncated), "{short:?}");
}

/// How a thief passes his money on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// To the next owner, all of it.
    Whole,
    /// Half of it stays behind.
    Peeled,
    /// Together with a coin of somebody else.
    Joined,
}

/// Owner 20 (or the next one with an address), a thief, is paid by the mine; through so many owners whom nobody names his money
/// comes to the last owner, whose number is the other answer.
fn laundered(dir: &Path, between: usize, way: Way) -> (Ledger, usize, usize) {
    let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
    let mut named = with_address();
    let (thief, last) = (named.next().expect("one"), named.find(|&number| number > 1_000).expect("one"));
    let mut block = BlockMaker::new(BlockHash::default(), noon, 1);
    let mut value: u64 = if way == Way::Peeled { 1 << 40 } else { 1 << 32 };
    let mut money = block.tx(&[], &[(value, Some(key(thief)))]);
    for hop in 0..=between {
        let to = if hop == between { last } else { 300 + hop };
        let mut inputs = vec![(OutPoint { txid: money, vout: 0 }, None)];
        let mut outputs = vec![(value - 200, Some(key(to)))];
        match way {
            Way::Whole => value -= 200,
            Way::Peeled => {
                value /= 2;
                outputs = vec![(value, Some(key(to))), (value - 200, Some(key(600 + hop)))];
            }
            Way::Joined => {
                let mined = block.tx(&[], &[(1 << 20, Some(key(800 + hop)))]);
                inputs.push((OutPoint { txid: mined, vout: 0 }, None));
                outputs.push((1 << 20, Some(key(900 + hop))));
                value -= 200;
            }
        }
        money = block.tx(&inputs, &outputs);
    }
    (ledger(dir, &[block.done()]), thief, last)
}

/// What costs a thief a fee and joins his money with nobody else's takes him no further away.
#[test]
fn passing_money_on_whole_or_peeling_it_hides_nobody() {
    for (between, way) in [
        (3, Way::Whole),
        (5, Way::Whole),
        (6, Way::Whole),
        (40, Way::Whole),
        (200, Way::Whole),
        (5, Way::Peeled),
        (12, Way::Peeled),
        (3, Way::Joined),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let (ledger, thief, last) = laundered(dir.path(), between, way);
        let thief = claim(1, &address(thief), Category::ServiceHack, "fbi-notices");
        let index = index(sources(), vec![thief], vec![]);
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(last));
        let indirectly = (ExposureType::Indirect, Some(Direction::Incoming));
        assert_eq!(exposed(&verdict), [indirectly], "{between} {way:?}: {}", verdict.summary);
        assert_eq!(verdict.decision, Decision::Review, "{between} {way:?}");
    }
}

/// Where others' money goes along, it ends somewhere, and how much of it ends there is said.
#[test]
fn what_the_limit_on_hops_cuts_is_said_and_is_incomplete_where_it_is_required() {
    let dir = tempfile::tempdir().expect("a folder");
    let (ledger, thief, last) = laundered(dir.path(), 8, Way::Joined);
    let thief = claim(1, &address(thief), Category::ServiceHack, "fbi-notices");
    let index = index(sources(), vec![thief], vec![]);
    let ask = |policy: &Policy| screen(&index, Some(&ledger), policy, FRESH, &address(last));
    let cut = |verdict: &Verdict| {
        let gaps = verdict.coverage.gaps.iter().filter(|gap| gap.kind == GapKind::IndirectTruncated);
        gaps.map(|gap| gap.sentence.clone()).collect::<Vec<_>>()
    };
    let verdict = ask(&Policy::strict());
    let said = cut(&verdict);
    assert_eq!((verdict.decision, said.len()), (Decision::Allow, 1), "{said:?}");
    assert!(
        said[0].starts_with("indirect sources: 42.9")
            && said[0].contains(" %) came from further than the 5 transactions that the policy looks back"),
        "{said:?}"
    );
    let required = ask(&strict_with("required = false", "required = true"));
    assert_eq!((required.decision, cut(&required)), (Decision::Incomplete, said));
    // Further, and everything is followed: nothing is left to say.
    let far = ask(&strict_with("hops = 5", "hops = 12"));
    assert_eq!((far.decision, cut(&far)), (Decision::Review, vec![]));
}

#[test]
fn dust_is_not_followed() {
    let index = index(sources(), vec![claim(1, &address(3), Category::Sanction, "ofac-sdn")], vec![]);
    for (amount, found) in [(9_000, vec![]), (12_000, vec![PAID_INDIRECTLY])] {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = chain(dir.path(), [4_000_000, amount, amount - 100]);
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(0));
        assert_eq!(exposed(&verdict), found, "{amount}");
    }
}

fn payment(ledger: &Ledger) -> TxId {
    // The transaction by which owner 1 pays owner 2: the second one of the last block.
    let info = ledger.info();
    let last = (0..info.txs).rev().find_map(|tx| ledger.tx(tracehound_ledger::TxNum(tx)));
    last.expect("a transaction").txid
}

#[test]
fn a_transaction_is_examined_by_what_it_spends_and_pays() {
    let dir = tempfile::tempdir().expect("a folder");
    let claims = vec![
        claim(1, &address(1), Category::Sanction, "ofac-sdn"),
        claim(2, &address(2), Category::Sanction, "ofac-sdn"),
    ];
    let index = index(sources(), claims, vec![]);
    let whole = whole_ledger(&dir.path().join("whole"));
    let part = ledger(&dir.path().join("part"), &blocks(BlockHash::default(), true));
    let ask = |ledger: &Ledger| {
        screen(&index, Some(ledger), &Policy::strict(), FRESH, &payment(ledger).to_string())
    };
    let amounts = |verdict: &Verdict| -> Vec<(Option<Direction>, Option<String>)> {
        let row = |row: &tracehound_model::verdict::Exposure| {
            (row.direction, row.amount.map(|amount| amount.to_string()))
        };
        let mut rows: Vec<_> = verdict.exposures.iter().map(row).collect();
        rows.sort();
        rows
    };
    let (paid_in, paid_out) = (Some("4000000".to_owned()), Some("3000000".to_owned()));
    let verdict = ask(&whole);
    assert_eq!(verdict.coverage.transactions_until, Some(at(FRESH)), "all of it is in the transaction");
    let both = [(Some(Direction::Incoming), paid_in), (Some(Direction::Outgoing), paid_out.clone())];
    assert_eq!(amounts(&verdict), both);
    // Of one that spends what is not in the ledger, who paid and how much is not known.
    let verdict = ask(&part);
    assert_eq!(verdict.coverage.transactions_until, None);
    assert!(verdict.coverage.gaps.iter().any(|gap| gap.kind == GapKind::UnknownInputs), "{verdict:?}");
    assert_eq!(amounts(&verdict), [(Some(Direction::Incoming), None), (Some(Direction::Outgoing), paid_out)]);
}

#[test]
fn a_name_of_an_unknown_form_that_was_listed_once_is_said_to_have_been() {
    let mut ended = claim(1, &address(0), Category::Sanction, "ofac-sdn");
    ended.subject = Subject::Opaque("somebody:1".to_owned());
    ended.valid_to = Some(day("2024-01-01"));
    let index = index(sources(), vec![ended], vec![]);
    let verdict = screen(&index, None, &Policy::lists_only(), FRESH, "somebody:1");
    assert!(verdict.summary.contains("formerly party 1 on ofac-sdn until 2024-01-01"), "{}", verdict.summary);
}

#[test]
fn named_by_what_no_rule_objects_to_is_not_said_to_be_on_no_list() {
    let mut sources = sources();
    sources.push(crate::support::source("pack", tracehound_model::SourceKind::Labels, "2025-06-01"));
    let index = index(sources, vec![claim(1, &address(0), Category::Exchange, "pack")], vec![]);
    let verdict = screen(&index, None, &Policy::lists_only(), FRESH, &address(0));
    assert!(
        verdict.summary.starts_with("known as party 1; no rule of the policy objects"),
        "{}",
        verdict.summary
    );
}

/// The last block before a moment is found among blocks whose times are a little out of order.
#[test]
fn the_last_block_before_a_moment_is_the_newest_that_is_not_after_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
    let mut all: Vec<tracehound_model::utxo::UtxoBlock> = Vec::new();
    let mut prev = BlockHash::default();
    for number in 0..400_u32 {
        // The second block is a minute older than the first.
        let time = if number == 1 { noon - 240_060 } else { noon - 240_000 + 600 * number };
        let mut block = BlockMaker::new(prev, time, u64::from(number) + 1);
        block.tx(&[], &[(50_000, Some(key(usize::from(number == 399))))]);
        all.push(block.done());
        prev = all.last().expect("just now").hash;
    }
    let ledger = ledger(dir.path(), &all);
    let index = index(sources(), vec![], vec![]);
    let until = |as_of: jiff::Timestamp| {
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), &as_of.to_string(), &address(0));
        verdict.coverage.transactions_until.map(jiff::Timestamp::as_second)
    };
    let second = |second: u32| jiff::Timestamp::from_second(i64::from(second)).expect("a second");
    // Block 300, and one second before it.
    let block_300 = noon - 240_000 + 180_000;
    assert_eq!(until(second(block_300)), Some(i64::from(block_300)));
    assert_eq!(until(second(block_300 - 1)), Some(i64::from(block_300 - 600)));
    // Before the first block stands the second one.
    assert_eq!(until(second(noon - 240_030)), Some(i64::from(noon - 240_060)));
}

#[test]
fn a_policy_that_would_have_looked_further_judges_no_record_of_one_that_did_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let index = index(sources(), vec![claim(1, &address(0), Category::Exchange, "fbi-notices")], vec![]);
    let strict = Policy::strict();
    let near = screen(&index, Some(&ledger), &strict, FRESH, &address(2));
    for (was, is, unknown) in [
        ("work = 2000", "work = 2001", true),
        ("work = 2000", "work = 1999", false),
        ("incoming_below = 10000", "incoming_below = 9999", true),
        ("incoming_below = 10000", "incoming_below = 10001", false),
    ] {
        let found = compare(&strict, &strict_with(was, is), &near);
        assert_eq!(matches!(found, Compared::Unknown(_)), unknown, "{is}: {found:?}");
    }
}

/// The listed one is three payments away: whoever looks two far does not see him.
#[test]
fn a_policy_that_looks_less_far_judges_no_record_of_what_it_might_not_have_seen() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = passed_on(dir.path(), [4_500_000, 4_000_000, 3_500_000], 1_000_000);
    let index = index(sources(), vec![claim(1, &address(3), Category::Sanction, "ofac-sdn")], vec![]);
    let (strict, near) = (Policy::strict(), strict_with("hops = 5", "hops = 2"));
    let ask = |policy: &Policy| screen(&index, Some(&ledger), policy, FRESH, &address(0));
    let (was, is) = (ask(&strict), ask(&near));
    assert_eq!((was.decision, is.decision), (Decision::Review, Decision::Allow));
    for (before, after, record) in [(&strict, &near, &was), (&near, &strict, &is)] {
        let found = compare(before, after, record);
        assert!(matches!(found, Compared::Unknown(_)), "{found:?}");
    }
}

#[test]
fn whoever_is_named_in_another_form_of_an_address_is_found_and_what_decided_is_told() {
    let xrp = "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh";
    let in_the_form_x = "XVC5Ls7gSC834j3Kqe2yYzAR7iuKfYm9zKU5qW2yxLpLNQA";
    // As it was listed before this form was read as an address, and as it is listed since.
    let mut before = claim(1, &address(0), Category::Sanction, "ofac-sdn");
    before.subject = Subject::Opaque(in_the_form_x.to_owned());
    for listed in [before, claim(1, xrp, Category::Sanction, "ofac-sdn")] {
        let index = index(sources(), vec![listed], vec![]);
        let verdict = screen(&index, None, &Policy::lists_only(), FRESH, in_the_form_x);
        assert_eq!((verdict.decision, verdict.read_as.as_deref()), (Decision::Block, Some(xrp)));
        assert!(verdict.summary.contains("from the X-address form"), "{}", verdict.summary);
        let reason = verdict.reason.expect("a rule fired");
        assert_eq!(reason.rule.as_deref(), Some("identified-sanction"));
        assert_eq!(
            (reason.source.0.as_str(), reason.since, reason.address),
            ("ofac-sdn", day("2020-01-01"), None)
        );
    }
    let index = index(sources(), vec![], vec![]);
    let verdict = screen(&index, None, &Policy::lists_only(), FRESH, in_the_form_x);
    assert_eq!((verdict.decision, verdict.reason), (Decision::Allow, None));
}
