//! A blocks folder with one file of foreign bytes: `blk`, `rev` or `xor`. No panic, and what is delivered is whole.

#![no_main]

use std::{cell::OnceCell, convert::Infallible, fs, ops::ControlFlow};

use libfuzzer_sys::fuzz_target;
use tracehound_bitcoin::{BlockSource, NothingKnown, ReadOptions, parse::Checks};
use tracehound_fuzz::{choose, files_under, real_files, scratch_dir, seeds_wanted};
use tracehound_model::BitcoinNetwork;

/// The folder as a node would leave it, and which of its files are altered.
struct Folder {
    dir: tempfile::TempDir,
    files: Vec<(std::path::PathBuf, Vec<u8>)>,
}

impl Folder {
    fn new() -> Self {
        let dir = scratch_dir();
        let case = tracehound_range::demo_case(1, BitcoinNetwork::Regtest).expect("regtest is allowed");
        let mut short = case;
        // The coinbase-only start is long and says little: the genesis and the last blocks do.
        short.blocks.drain(1..short.blocks.len() - 8);
        short.write_block_files(dir.path()).expect("the scratch folder is writable");
        fs::write(dir.path().join("rev00000.dat"), []).expect("writable");
        fs::write(dir.path().join("xor.dat"), [0; 8]).expect("writable");
        let files = files_under(dir.path());
        Self { dir, files }
    }
}

thread_local! {
    static FOLDER: OnceCell<Folder> = const { OnceCell::new() };
}

fuzz_target!(
    init: {
        seeds_wanted(|| {
            let ours = Folder::new().files;
            let ours = (0_u8..).zip(ours).map(|(number, (_, bytes))| [&[number][..], &bytes].concat());
            let real = real_files(&["bitcoin"]).into_iter();
            let real = real.flat_map(|bytes| [0_u8, 1].map(|number| [&[number][..], &bytes].concat()));
            ours.chain(real).collect()
        });
    },
    |data: &[u8]| {
        FOLDER.with(|folder| {
            let folder = folder.get_or_init(Folder::new);
            let Some(((name, good), bytes)) = choose(&folder.files, data) else { return };
            let path = folder.dir.path().join(name);
            fs::write(&path, bytes).expect("writable");
            read(folder);
            fs::write(&path, good).expect("writable");
        });
    }
);

fn read(folder: &Folder) {
    let Ok(source) = BlockSource::open(&[folder.dir.path()], None) else { return };
    let Ok(index) = source.scan_headers(&|_| ()) else { return };
    let plan = index.plan(&source, &NothingKnown);
    let undo = source.scan_undo(&index, &plan);
    let options = ReadOptions { threads: 1, checks: Checks::default(), undo: Some(&undo) };
    let mut blocks = 0;
    let read = source.read_blocks::<Infallible>(&index, &plan, options, |_, block| {
        blocks += 1;
        assert!(!block.txs.is_empty());
        Ok(ControlFlow::Continue(()))
    });
    let Ok(report) = read;
    assert_eq!(report.blocks, blocks);
}
