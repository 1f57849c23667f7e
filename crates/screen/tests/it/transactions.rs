//! Transactions: 24 hours, whole and partial ledgers, listed counterparties.

use tracehound_ledger::TxNum;
use tracehound_model::{
    BlockHash, Category, Decision,
    verdict::{Basis, Direction, ExposureType},
};
use tracehound_screen::Policy;
use tracehound_testkit::blocks::hash32;

use crate::support::{FRESH, address, at, blocks, claim, index, key, ledger, screen, sources, whole_ledger};

#[test]
fn a_ledger_that_ends_a_day_before_will_do_and_a_second_longer_will_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let index = index(sources(), vec![], vec![]);
    let strict = Policy::strict();
    for number in [2, 77] {
        // 77 has no transaction at all: in a whole ledger that is known, and counts as examined.
        let ask = |as_of| screen(&index, Some(&ledger), &strict, as_of, &address(number));
        let verdict = ask("2025-06-16T12:00:00Z");
        assert_eq!(
            (verdict.decision, verdict.basis),
            (Decision::Allow, Basis::ListsAndTransactions),
            "{verdict:?}"
        );
        assert_eq!(verdict.coverage.transactions_until, Some(at(FRESH)));
        assert!(verdict.coverage.gaps.is_empty(), "{:?}", verdict.coverage.gaps);
        let late = ask("2025-06-16T12:00:01Z");
        assert_eq!(late.decision, Decision::Incomplete);
        assert!(
            late.coverage.gaps.iter().any(|gap| gap.to_string().contains("tracehound ingest node")),
            "{:?}",
            late.coverage.gaps
        );
    }
}

#[test]
fn a_past_moment_needs_a_block_of_the_day_before_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let index = index(sources(), vec![], vec![]);
    let ask = |as_of| screen(&index, Some(&ledger), &Policy::strict(), as_of, &address(2));
    // Between the second and the third block: the second is the last one then.
    let between = ask("2025-06-15T11:55:00Z");
    assert_eq!(between.decision, Decision::Allow);
    assert_eq!(between.coverage.transactions_until, Some(at("2025-06-15T11:50:00Z")));
    // Before the first block nothing of the chain is there.
    assert_eq!(ask("2025-06-15T11:00:00Z").decision, Decision::Incomplete);
}

#[test]
fn a_partial_ledger_examines_nobody() {
    let dir = tempfile::tempdir().expect("a folder");
    let missing = ledger(&dir.path().join("missing"), &blocks(BlockHash::default(), true));
    let headless = ledger(&dir.path().join("headless"), &blocks(BlockHash(hash32(&[b"before"])), false));
    let index = index(sources(), vec![], vec![]);
    for ledger in [&missing, &headless] {
        for number in [1, 77] {
            let verdict = screen(&index, Some(ledger), &Policy::strict(), FRESH, &address(number));
            assert_eq!(
                (verdict.decision, verdict.basis),
                (Decision::Incomplete, Basis::ListsAndSomeTransactions)
            );
            assert!(
                verdict.coverage.gaps.iter().any(|gap| gap.to_string().contains("partial")),
                "{verdict:?}"
            );
            assert_eq!(verdict.coverage.transactions_until, None);
        }
    }
}

/// A block is missing that came before the moment, and the first one behind it came after.
#[test]
fn a_ledger_that_lacks_blocks_right_before_the_moment_examines_nobody() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut blocks = blocks(BlockHash::default(), false);
    blocks.remove(1);
    let as_of = "2025-06-15T11:55:00Z";
    let cut = ledger(dir.path(), &blocks).as_of(at(as_of).as_second()).expect("cuts");
    let verdict =
        screen(&index(sources(), vec![], vec![]), Some(&cut), &Policy::strict(), as_of, &address(0));
    assert_eq!(verdict.decision, Decision::Incomplete, "{verdict:?}");
    assert!(verdict.coverage.gaps.iter().any(|gap| gap.to_string().contains("partial")), "{verdict:?}");
}

#[test]
fn a_listed_counterparty_is_seen_by_strict_and_not_looked_for_by_lists_only() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let claims = vec![claim(1, &address(0), Category::Sanction, "ofac-sdn")];
    let index = index(sources(), claims, vec![]);
    let ask = |policy: &Policy, number| screen(&index, Some(&ledger), policy, FRESH, &address(number));
    assert_eq!(ask(&Policy::strict(), 0).decision, Decision::Block);
    assert_eq!(ask(&Policy::strict(), 1).decision, Decision::Review, "paid by the listed one");
    let alone = ask(&Policy::lists_only(), 1);
    assert_eq!((alone.decision, alone.basis), (Decision::Allow, Basis::ListsOnly));
    assert!(alone.coverage.gaps.iter().any(|gap| gap.to_string().contains("not examined")), "{alone:?}");
}

/// What a policy of the first version required of a ledger counts whole ledgers only, too.
#[test]
fn a_policy_of_the_first_version_is_not_satisfied_by_a_part_of_a_ledger() {
    let policy = Policy::parse(
        "version = 1\nname = \"mine\"\n[require]\nsources = [\"ofac-sdn\"]\nmax_age_days = 30\nledger = true",
    )
    .expect("a policy");
    let dir = tempfile::tempdir().expect("a folder");
    let whole = whole_ledger(&dir.path().join("whole"));
    let part = ledger(&dir.path().join("part"), &blocks(BlockHash::default(), true));
    let index = index(sources(), vec![], vec![]);
    let decision = |ledger| screen(&index, ledger, &policy, "2025-07-01T00:00:00Z", &address(2)).decision;
    assert_eq!(decision(Some(&whole)), Decision::Allow);
    assert_eq!(decision(Some(&part)), Decision::Incomplete);
    assert_eq!(decision(None), Decision::Incomplete);
}

#[test]
fn whom_an_address_dealt_with_gives_it_no_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    let own = claim(2, &address(1), Category::Exchange, "ofac-sdn");
    let other = claim(1, &address(0), Category::Exchange, "ofac-sdn");
    for (claims, said) in [
        (vec![other.clone()], "dealt with party 1; no rule of the policy objects"),
        (vec![own, other], "known as party 2; dealt with party 1; no rule of the policy objects"),
    ] {
        let index = index(sources(), claims, vec![]);
        let verdict = screen(&index, Some(&ledger), &Policy::strict(), FRESH, &address(1));
        assert!(verdict.summary.starts_with(said), "{}", verdict.summary);
    }
}

#[test]
fn a_transaction_is_followed_to_whom_its_money_came_from_and_went_to() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = whole_ledger(dir.path());
    // Owner 0 pays owner 1 by the one transaction, and owner 1 pays owner 2 by the other.
    let paid = |to: usize| {
        let txs = (0..ledger.info().txs).filter_map(|number| ledger.tx(TxNum(number)));
        let owner = ledger.find_address(&key(to)).expect("an owner");
        let mut pays = txs.filter(|tx| ledger.outputs(tx).any(|output| output.owner == Some(owner)));
        pays.next().expect("a transaction").txid.to_string()
    };
    for (listed, asked, way) in [(0, paid(2), Direction::Incoming), (2, paid(1), Direction::Outgoing)] {
        let thief = claim(1, &address(listed), Category::Sanction, "ofac-sdn");
        let verdict =
            screen(&index(sources(), vec![thief], vec![]), Some(&ledger), &Policy::strict(), FRESH, &asked);
        let found: Vec<_> = verdict.exposures.iter().map(|row| (row.exposure, row.direction)).collect();
        assert_eq!(found, [(ExposureType::Indirect, Some(way))], "{verdict:?}");
        assert_ne!(verdict.decision, Decision::Allow);
    }
    // Where it went after the moment asked about is not known then.
    let thief = claim(1, &address(2), Category::Sanction, "ofac-sdn");
    let index = index(sources(), vec![thief], vec![]);
    let before = screen(&index, Some(&ledger), &Policy::strict(), "2025-06-15T11:55:00Z", &paid(1));
    assert!(before.exposures.is_empty(), "{before:?}");
}
