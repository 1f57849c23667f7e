//! One serialised block: no panic, and the tables agree with themselves.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use tracehound_bitcoin::{Checks, Scratch, read_block_with};
use tracehound_fuzz::{generated_blocks, real_files, seeds_wanted};
use tracehound_model::utxo::UtxoBlock;

thread_local! {
    /// Reused from block to block, as a reader does: what one block leaves behind must not touch the next.
    static STATE: RefCell<(UtxoBlock, Scratch)> = RefCell::default();
}

fuzz_target!(
    init: {
        seeds_wanted(|| {
            let unframed = real_files(&["bitcoin"]).into_iter().map(|file| file[8.min(file.len())..].to_vec());
            generated_blocks().into_iter().chain(unframed).collect()
        });
    },
    |data: &[u8]| {
        STATE.with_borrow_mut(|(block, scratch)| {
            let checks = Checks { witness_commitment: data.len() % 2 == 1 };
            if read_block_with(data, block, scratch, checks).is_err() {
                return;
            }
            let (mut inputs, mut outputs) = (0, 0);
            for (_, own_inputs, own_outputs) in block.transactions() {
                inputs += own_inputs.len();
                outputs += own_outputs.len();
                for output in own_outputs {
                    let _ = block.script_key(output);
                }
            }
            assert_eq!((inputs, outputs), (block.inputs.len(), block.outputs.len()));
            assert_eq!(block.size as usize, data.len());
        });
    }
);
