//! Blocks: which are taken, and what a reorganisation leaves.

use proptest::prelude::*;
use tracehound_model::Amount;
use tracehound_transfers::{BlockNum, Opening, TransferError, TransferNum, TransferRows, TxNum};

use crate::chain::{account, block, blocks, ether, everything, moves, store, token, tx};

#[test]
fn numbers_follow_the_chain_and_names_are_found() {
    let mut rows = store(Opening::Nothing);
    rows.append(&block(0, 0, vec![tx(1, vec![moves(0, 7, 100)])])).expect("genesis");
    rows.append(&block(1, 0, vec![tx(2, vec![]), tx(3, vec![moves(7, 8, 30), moves(7, 0, 5)])]))
        .expect("next");
    assert_eq!((rows.block_count(), rows.transfer_count()), (2, 3));
    assert_eq!(rows.block(BlockNum(1)).map(|block| (block.height, block.time)), Some((1, 1_700_000_012)));
    let found = rows.find_tx(&[3; 32]).and_then(|num| rows.tx(num)).expect("held");
    assert_eq!(
        (found.num, found.block, found.first, found.count),
        (TxNum(2), BlockNum(1), TransferNum(1), 2)
    );
    assert_eq!(rows.tx(TxNum(1)).map(|tx| tx.count), Some(0), "it moved nothing");
    let seven = rows.find_account(&account(7)).expect("held");
    assert_eq!(rows.account(seven), Some(account(7)));
    assert_eq!(rows.find_asset(&ether()).and_then(|num| rows.asset(num)), Some(ether()));
    let burned = rows.transfer(TransferNum(2)).expect("held");
    assert_eq!((burned.from, burned.to, burned.amount), (Some(seven), None, Amount::from(5u64)));
    assert_eq!(rows.find_account(&account(9)), None);
    assert_eq!((rows.find_asset(&token()), rows.find_tx(&[9; 32])), (None, None));
    assert_eq!(
        (rows.transfer(TransferNum(3)), rows.tx(TxNum(3)), rows.block(BlockNum(2))),
        (None, None, None)
    );
}

#[test]
fn a_block_that_continues_another_is_refused_and_changes_nothing() {
    let mut rows = store(Opening::Nothing);
    rows.append(&block(0, 0, vec![tx(1, vec![moves(0, 7, 100)])])).expect("genesis");
    let refused =
        rows.append(&block(2, 0, vec![tx(2, vec![moves(7, 8, 1)])])).expect_err("block 1 is missing");
    assert_eq!(refused, TransferError::NotNext { height: 2, tip: 0 });
    let mut same_height = block(1, 0, vec![]);
    same_height.parent = [9; 32];
    assert!(matches!(rows.append(&same_height), Err(TransferError::NotNext { .. })), "of another parent");
    assert_eq!((rows.block_count(), rows.transfer_count()), (1, 1));
}

#[test]
fn a_transaction_twice_and_an_asset_of_another_chain_are_refused_whole() {
    let mut rows = store(Opening::Nothing);
    rows.append(&block(0, 0, vec![tx(1, vec![moves(0, 7, 100)])])).expect("genesis");
    let within = block(1, 0, vec![tx(2, vec![moves(7, 8, 1)]), tx(2, vec![moves(7, 8, 1)])]);
    let mut foreign = block(1, 0, vec![tx(2, vec![moves(7, 9, 1), moves(7, 9, 1)])]);
    foreign.txs[0].movements[1].asset = "eip155:10/slip44:60".parse().expect("an asset");
    for (wrong, said) in [(within, "0x0202"), (foreign, "eip155:10/slip44:60")] {
        let error = rows.append(&wrong).expect_err("refused").to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!((rows.block_count(), rows.transfer_count()), (1, 1));
        assert_eq!(
            (rows.find_tx(&[2; 32]), rows.find_tx(&[3; 32]), rows.find_account(&account(9))),
            (None, None, None)
        );
    }
    rows.append(&block(1, 0, vec![tx(2, vec![moves(7, 8, 1)])])).expect("the right block is taken after all");
}

#[test]
fn of_a_transaction_in_two_blocks_the_newest_is_found_until_it_is_gone() {
    let mut rows = store(Opening::Nothing);
    for height in 0..3 {
        let again = if height == 1 { tx(7, vec![]) } else { tx(9, vec![moves(0, 7, 1)]) };
        rows.append(&block(height, 0, vec![tx(height, vec![]), again])).expect("the next");
    }
    assert_eq!(rows.find_tx(&[9; 32]), Some(TxNum(5)));
    rows.rewind(2);
    assert_eq!(rows.find_tx(&[9; 32]), Some(TxNum(1)));
    rows.rewind(0);
    assert_eq!(rows.find_tx(&[9; 32]), None);
}

proptest! {
    #[test]
    fn a_reorganisation_leaves_what_a_fresh_ingest_would(
        old in blocks(1),
        new in blocks(2),
        keep in 0usize..6,
        partial in any::<bool>(),
    ) {
        let opening = || if partial {
            Opening::Known(vec![(account(1), ether(), Amount::from(500u64)), (account(9), token(), Amount::from(1u64))])
        } else {
            Opening::Nothing
        };
        let mut rows = store(opening());
        for block in &old {
            rows.append(block).expect("the next");
        }
        let keep = keep.min(old.len());
        rows.rewind(u32::try_from(keep).expect("few"));
        let mut fresh = store(opening());
        for block in &old[..keep] {
            fresh.append(block).expect("the next");
        }
        prop_assert_eq!(everything(&rows), everything(&fresh));
        // The other branch on top of what was kept.
        let mut parent = old[..keep].last().map(|block| (block.hash, block.height));
        for block in &new {
            let mut block = block.clone();
            if let Some((hash, height)) = parent {
                (block.parent, block.height) = (hash, height + 1);
            }
            parent = Some((block.hash, block.height));
            rows.append(&block).expect("the next");
            fresh.append(&block).expect("the next");
        }
        prop_assert_eq!(everything(&rows), everything(&fresh));
    }
}
