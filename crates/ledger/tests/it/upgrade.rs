//! Ledgers that version 0.1.0 wrote: read, appended to, and rewritten with a key.

use std::ops::ControlFlow;

use tracehound_ledger::{Ledger, OutNum, UpgradeReport, Writer, WriterOptions, upgrade};
use tracehound_model::{BitcoinNetwork, Chain, OutPoint};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{
    damage::{OLD_CONTENT, content, old_ledger},
    repair::{snapshot, stopped_at_every_step},
};

const CHAIN: Chain = Chain::Bitcoin(BitcoinNetwork::Regtest);

fn upgraded(dir: &std::path::Path) -> UpgradeReport {
    upgrade(dir, CHAIN, &mut |_| ControlFlow::Continue(())).expect("upgrades")
}

#[test]
fn a_ledger_of_0_1_0_is_read_and_upgraded_without_a_change_of_content() {
    let dir = tempfile::tempdir().expect("temporary folder");
    old_ledger(dir.path());
    assert_eq!(content(dir.path()), OLD_CONTENT);
    assert_eq!(Ledger::open(dir.path()).expect("opens").info().unkeyed_segments, 3);
    assert_eq!(upgraded(dir.path()), UpgradeReport { rewritten: 3, segments: 3 });
    assert_eq!(content(dir.path()), OLD_CONTENT);
    assert_eq!(Ledger::open(dir.path()).expect("opens").info().unkeyed_segments, 0);
    assert_eq!(upgraded(dir.path()).rewritten, 0, "a second time there is nothing to do");
}

#[test]
fn two_upgrades_of_one_ledger_have_keys_of_their_own_and_the_same_content() {
    let (a, b) =
        (tempfile::tempdir().expect("temporary folder"), tempfile::tempdir().expect("temporary folder"));
    for dir in [&a, &b] {
        old_ledger(dir.path());
        upgraded(dir.path());
    }
    assert_ne!(snapshot(a.path())["MANIFEST.json"], snapshot(b.path())["MANIFEST.json"]);
    assert_eq!(content(a.path()), content(b.path()));
}

/// Appends a block that spends an output of the old part, with the rest of it still of format 1; then upgrades.
#[test]
fn a_ledger_of_0_1_0_is_appended_to() {
    let dir = tempfile::tempdir().expect("temporary folder");
    old_ledger(dir.path());
    let before = Ledger::open(dir.path()).expect("opens");
    let info = before.info();
    let unspent = (0..info.outputs)
        .filter_map(|out| before.output(OutNum(out)))
        .find(|output| output.spent_by.is_none() && output.owner.is_some())
        .expect("something is unspent");
    let (tx, vout) = before.tx_of_output(unspent.num).expect("has a transaction");
    let outpoint = OutPoint { txid: before.tx(tx).expect("there").txid, vout };
    let old_owner = before.script_key(unspent.owner.expect("just seen")).expect("there");

    let mut maker = BlockMaker::new(info.tip.expect("has blocks").hash, 1_700_000_000, 1);
    maker.tx(&[], &[(50, Some(owner(1)))]);
    let spender = maker.tx(&[(outpoint, None)], &[(unspent.value, Some(old_owner))]);
    let mut writer =
        Writer::open(dir.path(), CHAIN, WriterOptions { segment_txs: 60, ..WriterOptions::default() })
            .expect("opens");
    writer.append(&maker.done()).expect("appends");
    writer.commit().expect("commits");
    drop(writer);

    let check = |unkeyed: usize| {
        let ledger = Ledger::open(dir.path()).expect("opens");
        assert_eq!(ledger.info().unkeyed_segments, unkeyed);
        let tx = ledger.find_tx(&spender).expect("found by id");
        assert_eq!(ledger.output(unspent.num).expect("there").spent_by, Some(tx));
        let paid = ledger.outputs(&ledger.tx(tx).expect("there")).next().expect("one output");
        assert_eq!(paid.owner, unspent.owner, "the owner is the one that the old part knows");
        assert_eq!(ledger.find_address(&old_owner), unspent.owner);
        ledger.verify().expect("right").content
    };
    let mixed = check(3);
    upgraded(dir.path());
    assert_eq!(check(0), mixed);
}

#[test]
fn an_upgrade_that_is_stopped_at_any_step_is_taken_up() {
    let dir = tempfile::tempdir().expect("temporary folder");
    old_ledger(dir.path());
    let old = snapshot(dir.path());
    let steps = stopped_at_every_step(dir.path(), &old, OLD_CONTENT, &|dir, step| {
        upgrade(dir, CHAIN, step).map(|_| ())
    });
    assert_eq!(steps, 10, "a key, then three a segment");
    assert_eq!(Ledger::open(dir.path()).expect("opens").info().unkeyed_segments, 0);
}
