//! kill -9 in the middle of an ingest, again and again: nothing committed is lost, nothing half-written is kept.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use tracehound_ledger::{Ledger, LedgerError, Writer, WriterOptions};

use crate::{
    chain::{Dice, generate},
    queries::{CHAIN, assert_equals_model, small, write},
    store::files,
};

const FOLDER: &str = "TRACEHOUND_TEST_CRASH_FOLDER";
const SEED: u64 = 2_013;
const BLOCKS: usize = 60;
const SEGMENT_TXS: usize = 25;
const KILLS: usize = 100;

/// Not a test by itself: the process that [`killed_at_random_points_the_ledger_ends_the_same`] kills. Takes up the
/// ingest where the ledger ends and prints a line a step.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut out = std::io::stdout().lock();
    let blocks = generate(SEED, &[], BLOCKS);
    // Without memory to speak of: tables lie on disk too when it is killed.
    let options = WriterOptions { memory: 0, ..small(SEGMENT_TXS) };
    let mut writer = Writer::open(Path::new(&folder), CHAIN, options).expect("opens");
    writeln!(out, "step open").expect("written");
    for block in &blocks[writer.block_count() as usize..] {
        writer.append(block).expect("appends");
        writeln!(out, "step append").expect("written");
        if block.hash.0[0].is_multiple_of(4) {
            writer.commit().expect("commits");
            writeln!(out, "step commit").expect("written");
        }
    }
    writer.commit().expect("commits");
}

fn start_child(folder: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().expect("known"))
        .args(["--exact", "crash::child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

#[test]
fn killed_at_random_points_the_ledger_ends_the_same() {
    let blocks = generate(SEED, &[], BLOCKS);
    let undisturbed = tempfile::tempdir().expect("temporary folder");
    write(undisturbed.path(), &blocks, SEGMENT_TXS);
    let content = Ledger::open(undisturbed.path()).expect("opens").verify().expect("right").content;

    let mut dice = Dice(7);
    let (mut kills, mut finished, mut left) = (0, 0, 0);
    let mut dir = tempfile::tempdir().expect("temporary folder");
    while kills < KILLS {
        let mut child = start_child(dir.path());
        let mut steps = BufReader::new(child.stdout.take().expect("piped")).lines();
        let enough = dice.roll(25);
        let seen =
            steps.by_ref().map_while(Result::ok).filter(|line| line.contains("step")).take(enough).count();
        child.kill().expect("killed or ended");
        let ended_well = child.wait().expect("waited for").success();
        if seen == enough && !ended_well {
            kills += 1;
        }
        left += files(dir.path(), "run").len();
        match Ledger::open(dir.path()) {
            Err(LedgerError::Absent { .. }) => {}
            opened => {
                opened.expect("a reader opens whatever the crash left").verify().expect("and finds it right");
            }
        }
        if ended_well || dice.roll(12) == 0 {
            let status = start_child(dir.path()).wait_with_output().expect("runs").status;
            assert!(status.success(), "resumes and ends");
            let ledger = Ledger::open(dir.path()).expect("opens");
            assert_eq!(ledger.verify().expect("right").content, content);
            assert!(files(dir.path(), "run").is_empty(), "what kills left is gone");
            finished += 1;
            dir = tempfile::tempdir().expect("temporary folder");
        }
    }
    assert!(finished > 0, "no run was taken to its end");
    assert!(left > 0, "no kill left a table behind");
}

/// A process that may write no file beyond a size sees what a process on a full disk sees: writes that fail midway.
#[test]
fn a_full_disk_is_an_error_that_loses_nothing() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocks = generate(SEED, &[], BLOCKS);
    write(dir.path(), &blocks[..20], 1000);
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact crash::child --nocapture"])
        .arg(std::env::current_exe().expect("known"))
        .env(FOLDER, dir.path())
        .output()
        .expect("runs");
    assert!(!output.status.success(), "8 blocks of 512 bytes cannot hold the rest");
    let after = Ledger::open(dir.path()).expect("opens");
    let kept = after.info().blocks as usize;
    assert!((20..BLOCKS).contains(&kept), "{kept} blocks");
    assert_equals_model(&after, &blocks[..kept]);
    let mut writer = Writer::open(dir.path(), CHAIN, WriterOptions::default()).expect("room again");
    for block in &blocks[kept..] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks);
}
