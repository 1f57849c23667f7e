//! What a verdict says of money that came out of a mix.

use std::path::Path;

use tracehound_ledger::Ledger;
use tracehound_model::{
    BlockHash, Category, Claim, Decision, GapKind, OutPoint, ScriptType, Verdict, verdict::ExposureType,
};
use tracehound_screen::Policy;
use tracehound_testkit::blocks::BlockMaker;

use crate::support::{FRESH, address, at, claim, index, key, ledger, screen, sources};

/// The numbers of owners whose addresses are of the kind that wallets of one round have.
fn wallets() -> Vec<usize> {
    (20..).filter(|&number| key(number).script_type() == ScriptType::P2wpkh).take(40).collect()
}

const MIXED: u64 = 60_000_000;
/// What people bring; the last one is the taker.
const BROUGHT: [u64; 7] =
    [90_000_000, 80_000_000, 70_000_000, 85_000_000, 77_000_000, 64_000_000, 95_000_000];
const FEES: [u64; 6] = [900, 1_100, 700, 1_300, 400, 650];

/// The mine pays wallet 39, who pays the wallets that enter a round: the first 7 of [`wallets`]. Their mixed outputs are those of
/// wallets 10 to 16, and the change is of wallets 20 to 26. Then the mixed outputs `spent` are paid to wallet 30.
fn round(dir: &Path, spent: &[u32]) -> Ledger {
    round_after(dir, spent, 0)
}

/// The same, with so many splits in two of half the money between the mine and wallet 39.
fn round_after(dir: &Path, spent: &[u32], steps: u64) -> Ledger {
    let noon = u32::try_from(at(FRESH).as_second()).expect("this century");
    let of = wallets();
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let whole: u64 = BROUGHT.iter().sum();
    let mut block = BlockMaker::new(BlockHash::default(), noon - 2_400, 1);
    // Two inputs and two outputs each, so that no step is a plain one that costs no hop.
    let coin = (whole, Some(key(of[39])));
    let mut mined = block.tx(&[], &if steps > 0 { vec![coin, coin] } else { vec![coin] });
    for _ in 0..steps {
        mined = block.tx(&[out(mined, 0), out(mined, 1)], &[coin, coin]);
    }
    let first = block.done();
    let mut block = BlockMaker::new(first.hash, noon - 1_800, 2);
    block.tx(&[], &[(1, Some(key(9)))]);
    let entering: Vec<_> =
        BROUGHT.iter().zip(&of).map(|(&value, &wallet)| (value, Some(key(wallet)))).collect();
    let paid = block.tx(&[out(mined, 0)], &entering);
    let second = block.done();
    let mut block = BlockMaker::new(second.hash, noon - 1_200, 3);
    block.tx(&[], &[(1, Some(key(9)))]);
    let inputs: Vec<_> = (0..7).map(|vout| out(paid, vout)).collect();
    let mut outputs: Vec<_> = (0..7).map(|n| (MIXED, Some(key(of[10 + n])))).collect();
    outputs.extend((0..6).map(|n| (BROUGHT[n] + FEES[n] - MIXED, Some(key(of[20 + n])))));
    outputs.push((BROUGHT[6] - MIXED - FEES.iter().sum::<u64>() - 4_000, Some(key(of[26]))));
    let mix = block.tx(&inputs, &outputs);
    let third = block.done();
    let mut block = BlockMaker::new(third.hash, noon, 4);
    block.tx(&[], &[(1, Some(key(9)))]);
    let inputs: Vec<_> = spent.iter().map(|&vout| out(mix, vout)).collect();
    block.tx(&inputs, &[(MIXED * spent.len() as u64 - 1_000, Some(key(of[30])))]);
    ledger(dir, &[first, second, third, block.done()])
}

/// Claims that wallets are a thief's; by one name, or by one each.
fn thief(wallet: &[usize], one_name: bool) -> Vec<Claim> {
    let of = wallets();
    let named = (1..).zip(wallet).map(|(id, &wallet)| {
        let mut claim = claim(id, &address(of[wallet]), Category::ServiceHack, "fbi-notices");
        if one_name {
            "Thief of X".clone_into(&mut claim.statement.label);
        }
        claim
    });
    named.collect()
}

fn asked(spent: &[u32], claims: Vec<Claim>) -> Verdict {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = round(dir.path(), spent);
    let index = index(sources(), claims, vec![]);
    screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(wallets()[30]))
}

fn mixed_gaps(verdict: &Verdict) -> Vec<&str> {
    let gaps = verdict.coverage.gaps.iter().filter(|gap| gap.kind == GapKind::Mixed);
    gaps.map(|gap| gap.sentence.as_str()).collect()
}

fn indirect(verdict: &Verdict) -> u64 {
    let rows = verdict.exposures.iter().filter(|row| row.exposure == ExposureType::Indirect);
    rows.filter_map(|row| row.amount?.to_u64()).sum()
}

#[test]
fn a_round_of_one_listed_party_hides_nothing() {
    let verdict = asked(&[0, 1, 2, 3, 4, 5, 6], thief(&[0, 1, 2, 3, 4, 5, 6], true));
    assert_eq!(verdict.decision, Decision::Review, "{}", verdict.summary);
    assert!(indirect(&verdict) >= 7 * MIXED - 10_000, "{}", verdict.summary);
    // All but one of them: alone with a stranger.
    let verdict = asked(&[0, 1, 2], thief(&[1, 2, 3, 4, 5, 6], true));
    assert_eq!(verdict.decision, Decision::Review, "{}", verdict.summary);
}

#[test]
fn what_entered_a_round_from_a_thief_whom_the_round_does_not_name_is_his() {
    // Wallet 39 paid all that entered.
    let verdict = asked(&[3], thief(&[39], true));
    assert_eq!(verdict.decision, Decision::Review, "{}", verdict.summary);
    assert_eq!(indirect(&verdict), MIXED - 1_000, "{}", verdict.summary);
}

#[test]
fn out_of_a_round_that_a_thief_was_in_comes_a_range_and_no_clean_answer() {
    for (spent, wallets, most) in
        [(&[3][..], &[0][..], MIXED - 1_000), (&[0, 1], &[2], BROUGHT[2]), (&[5], &[6], MIXED - 1_000)]
    {
        let verdict = asked(spent, thief(wallets, true));
        assert_eq!(verdict.decision, Decision::Incomplete, "{}", verdict.summary);
        let gaps = mixed_gaps(&verdict);
        let range = format!("from 0.00000000 BTC up to 0.{most:08} BTC of it may be theirs");
        assert!(
            gaps.len() == 1 && gaps[0].contains("Thief of X put money in") && gaps[0].contains(&range),
            "{gaps:?}"
        );
        assert_eq!(indirect(&verdict), 0);
    }
    // Each by a name of his own: no less.
    let verdict = asked(&[0, 1, 2], thief(&[0, 1, 2, 3, 4, 5, 6], false));
    assert_eq!(verdict.decision, Decision::Incomplete, "{}", verdict.summary);
    assert!(mixed_gaps(&verdict)[0].contains("; and 4 more"), "{verdict:?}");
}

#[test]
fn a_round_of_strangers_is_told_and_is_no_gap() {
    for claims in [vec![], thief(&[33], true)] {
        let verdict = asked(&[3], claims);
        assert_eq!(verdict.decision, Decision::Allow, "{}", verdict.summary);
        assert_eq!(mixed_gaps(&verdict), [""; 0]);
        assert!(verdict.summary.contains("came out of mixes (CoinJoins)"), "{}", verdict.summary);
    }
}

/// What the limit on hops cuts behind a mix is said as it is before one.
#[test]
fn what_was_not_followed_behind_a_mix_is_said() {
    let cut = |steps| {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = round_after(dir.path(), &[3], steps);
        let index = index(sources(), vec![], vec![]);
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(wallets()[30]));
        let gaps = verdict.coverage.gaps.into_iter().filter(|gap| gap.kind == GapKind::IndirectTruncated);
        gaps.map(|gap| gap.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(cut(0), [""; 0], "the mine is near");
    let said = cut(8);
    let sentence = "up to 0.59999000 BTC of 0.59999000 BTC (100.0 %) came, behind mixes (CoinJoins), from further than \
                    the 5 transactions that the policy looks back";
    assert!(said.len() == 1 && said[0].contains(sentence), "{said:?}");
}
