//! A ledger with one file of foreign bytes: readers and writers refuse it or read it, and never panic. Three times in
//! four the checksums of the file are put right first, so that what lies behind them is reached.

#![no_main]

use std::{cell::OnceCell, fs, path::PathBuf};

use libfuzzer_sys::fuzz_target;
use tracehound_bitcoin::{Scratch, read_block};
use tracehound_fuzz::{choose, files_under, scratch_dir, sections, seeds_wanted};
use tracehound_ledger::{BlockNum, InNum, Ledger, OutNum, TxNum, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, Chain, utxo::UtxoBlock};

const CHAIN: Chain = Chain::Bitcoin(BitcoinNetwork::Regtest);

struct Folder {
    dir: tempfile::TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Folder {
    /// Two small segments of generated blocks.
    fn new() -> Self {
        let dir = scratch_dir();
        let options = WriterOptions { segment_txs: 60, ..WriterOptions::default() };
        let mut writer = Writer::open(dir.path(), CHAIN, options).expect("a new ledger");
        let (mut block, mut scratch) = (UtxoBlock::default(), Scratch::default());
        let blocks = tracehound_fuzz::generated_blocks();
        for bytes in &blocks[blocks.len() - 12..] {
            read_block(bytes, &mut block, &mut scratch).expect("our own block");
            writer.append_island(&block).expect("it can be appended");
        }
        writer.commit().expect("the scratch folder is writable");
        drop(writer);
        let files = files_under(dir.path());
        Self { dir, files }
    }

    fn restore(&self) {
        for (name, _) in files_under(self.dir.path()) {
            if !self.files.iter().any(|(known, _)| *known == name) {
                fs::remove_file(self.dir.path().join(name)).expect("our own file");
            }
        }
        for (name, bytes) in &self.files {
            fs::write(self.dir.path().join(name), bytes).expect("writable");
        }
    }
}

thread_local! {
    static FOLDER: OnceCell<Folder> = const { OnceCell::new() };
}

fuzz_target!(
    init: {
        seeds_wanted(|| {
            let files = Folder::new().files;
            (0_u8..).zip(files).map(|(number, (_, bytes))| [&[number][..], &bytes].concat()).collect()
        });
    },
    |data: &[u8]| {
        FOLDER.with(|folder| {
            let folder = folder.get_or_init(Folder::new);
            let Some(((name, good), bytes)) = choose(&folder.files, data) else { return };
            let mut bytes = bytes.to_vec();
            if bytes.len() % 4 > 0 {
                sections::repair(good, &mut bytes);
            }
            fs::write(folder.dir.path().join(name), bytes).expect("writable");
            if let Ok(ledger) = Ledger::open(folder.dir.path()) {
                walk(&ledger);
            }
            drop(Writer::open(folder.dir.path(), CHAIN, WriterOptions::default()));
            folder.restore();
        });
    }
);

/// Asks for everything, and for what is not there.
fn walk(ledger: &Ledger) {
    let _ = ledger.verify();
    for num in [0, 1, 7, u32::MAX] {
        let _ = ledger.block(BlockNum(num));
        let _ = ledger.output(OutNum(u64::from(num)));
        let _ = ledger.input(InNum(u64::from(num)));
        let Some(tx) = ledger.tx(TxNum(num)) else { continue };
        assert!(ledger.inputs(&tx).take(1_000).count() <= 1_000);
        for output in ledger.outputs(&tx).take(1_000) {
            if let Some(owner) = output.owner {
                let _ = ledger.script_key(owner);
                let _ = ledger.activity(owner, 10);
            }
        }
    }
}
