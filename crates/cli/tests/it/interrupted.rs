//! Runs that are ended from outside: Ctrl-C and SIGTERM give the code of a run that was cut short, and whatever a kill
//! leaves the next run makes right.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tracehound_model::OutPoint;
use tracehound_testkit::blocks::owner;

use crate::{
    follow::{THIEF, address, folder, regtest},
    screen::{start, text, tracehound},
};

fn send(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process");
    kill_process(pid, signal).expect("is there");
}

/// Names, lengths and beginnings of the files in a folder: what tells one step of a writer from the next.
fn files(dir: &Path) -> BTreeMap<String, (u64, bool)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let told = entries.filter_map(|entry| {
        let found = entry.metadata().ok()?;
        // Whether it is the same file as before; the inode tells a replacement from its predecessor.
        Some((
            format!("{} {}", entry.file_name().to_string_lossy(), inode(&found)),
            (found.len(), found.is_dir()),
        ))
    });
    told.collect()
}

fn inode(found: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

/// When a process is stopped for good.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// When the files in the ledger's folder have changed so many times.
    Changes(usize),
    /// After so many looks at the folder, whatever is in it.
    Looks(usize),
}

/// Runs a process a little at a time, standing still whenever its folder is looked at, and gives the signal when the
/// moment has come; says whether it came before the process ended by itself, and with which code that was.
fn run_until(child: &mut Child, dir: &Path, moment: Moment, signal: Signal) -> Option<i32> {
    let (mut seen, mut changes, mut looks) = (files(dir), 0, 0);
    loop {
        if let Some(ended) = child.try_wait().expect("waits") {
            return ended.code();
        }
        send(child, Signal::STOP);
        let now = files(dir);
        looks += 1;
        if now != seen {
            (seen, changes) = (now, changes + 1);
        }
        let come = match moment {
            Moment::Changes(wanted) => changes >= wanted,
            Moment::Looks(wanted) => looks >= wanted,
        };
        if come {
            send(child, signal);
        }
        send(child, Signal::CONT);
        if come {
            return child.wait().expect("ends").code();
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).expect("copied");
        }
    }
}

/// The content of a ledger that a check finds whole.
fn content(data: &Path) -> String {
    let output = regtest(data, &["ledger", "verify", "--output", "json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let json: Value = serde_json::from_str(&text(&output)).expect("JSON");
    json["content"].as_str().expect("a hash").to_owned()
}

/// kill -9 at every change of the folder's files: the next run ends with the right ledger.
#[test]
fn an_upgrade_that_is_killed_at_any_step_is_taken_up() {
    let archive = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ledger/tests/data/ledger-0.1.0.tar.gz");
    let mut right = None;
    for wanted in 1.. {
        let data = tempfile::tempdir().expect("temporary folder");
        let dir = data.path().join("ledger/bitcoin-regtest");
        let file = fs::File::open(&archive).expect("is in the repository");
        tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(&dir).expect("unpacks");
        let right = right.get_or_insert_with(|| content(data.path())).clone();
        let mut child = start(data.path(), &["ledger", "upgrade", "--network", "regtest"]);
        let code = run_until(&mut child, &dir, Moment::Changes(wanted), Signal::KILL);
        assert_eq!(content(data.path()), right, "as the kill at change {wanted} left it");
        let again = regtest(data.path(), &["ledger", "upgrade"]);
        assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(content(data.path()), right, "after the kill at change {wanted}");
        assert!(!text(&regtest(data.path(), &["ledger", "info"])).contains("0.1.0"));
        if code.is_some() {
            assert!(wanted > 6, "a key, and three segments: {wanted} changes");
            return;
        }
    }
}

/// A chain in block files: the first half of it alone, and all.
fn chain(data: &Path) -> (String, String) {
    let all = data.join("chain");
    let named = all.to_string_lossy().into_owned();
    let made = tracehound(data, &["range", "generate", "--txs", "1500", "--heists", "1", &named], "");
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let entries = fs::read_dir(&all).expect("lists").filter_map(Result::ok).map(|entry| entry.path());
    let file =
        entries.into_iter().find(|path| path.extension().is_some_and(|end| end == "dat")).expect("one");
    let bytes = fs::read(file).expect("reads");
    let mut at = 0;
    while at < bytes.len() / 2 {
        at += 8 + u32::from_le_bytes(bytes[at + 4..at + 8].try_into().expect("four")) as usize;
    }
    let half = data.join("half/blk00000.dat");
    fs::create_dir(data.join("half")).expect("made");
    fs::write(&half, &bytes[..at]).expect("written");
    (half.to_string_lossy().into_owned(), named)
}

/// kill -9 of an ingest that goes on where another ended, at every change of the folder's files and in between: the next
/// run ends with the content of one that nobody disturbed.
#[test]
fn an_ingest_that_is_killed_at_any_moment_ends_the_same() {
    /// Kills; more of them are a matter of patience.
    const KILLS: &str = "TRACEHOUND_TEST_KILLS";
    let kills: usize = std::env::var(KILLS).ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let made = tempfile::tempdir().expect("temporary folder");
    let (half, all) = chain(made.path());
    let args = |path| ["ingest", "bitcoin", "--network", "regtest", path];
    let (half, all) = (half.as_str(), all.as_str());
    let begun = tempfile::tempdir().expect("temporary folder");
    assert_eq!(tracehound(begun.path(), &args(half), "").status.code(), Some(0));
    let undisturbed = tempfile::tempdir().expect("temporary folder");
    assert_eq!(tracehound(undisturbed.path(), &args(all), "").status.code(), Some(0));
    let right = content(undisturbed.path());
    let (before, after) = (content(begun.path()), right.clone());
    let (mut killed, mut changes, mut looks) = (0, 1, 1);
    while killed < kills {
        let moment = if killed % 2 == 0 { Moment::Changes(changes) } else { Moment::Looks(looks) };
        let data = tempfile::tempdir().expect("temporary folder");
        copy(begun.path(), data.path());
        let mut child = start(data.path(), &args(all));
        let ended = run_until(&mut child, &data.path().join("ledger/bitcoin-regtest"), moment, Signal::KILL);
        let left = content(data.path());
        assert!(left == before || left == after, "{moment:?} left half of something");
        let again = tracehound(data.path(), &args(all), "");
        assert_eq!(again.status.code(), Some(0), "{moment:?}: {}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(content(data.path()), right, "{moment:?}");
        match (ended, moment) {
            (None, Moment::Changes(_)) => (killed, changes) = (killed + 1, changes + 1),
            (None, Moment::Looks(_)) => (killed, looks) = (killed + 1, looks + looks / 3 + 7),
            // It ended by itself: from the beginning.
            (Some(_), Moment::Changes(_)) => {
                assert!(changes > 3, "a commit has more steps");
                changes = 1;
            }
            (Some(_), Moment::Looks(_)) => looks = 1 + looks % 13,
        }
    }
}

#[test]
fn an_ingest_that_is_interrupted_keeps_what_it_has_and_ends_with_4() {
    for signal in [Signal::INT, Signal::TERM] {
        let data = tempfile::tempdir().expect("temporary folder");
        let (_, all) = chain(data.path());
        let args = ["ingest", "bitcoin", "--network", "regtest", &all];
        let dir = data.path().join("ledger/bitcoin-regtest");
        let mut child = start(data.path(), &args);
        // Its first sign of life: the ledger's folder.
        let code = run_until(&mut child, &dir, Moment::Changes(1), signal);
        let mut said = String::new();
        child.stdout.take().expect("piped").read_to_string(&mut said).expect("read");
        assert_eq!(code, Some(4), "{said}");
        let again = tracehound(data.path(), &args, "");
        assert_eq!(again.status.code(), Some(0), "{}", text(&again));
        content(data.path());
    }
}

#[test]
fn an_analysis_of_lines_that_is_interrupted_says_how_far_it_came_and_ends_with_4() {
    let data = tempfile::tempdir().expect("temporary folder");
    let mut child = start(data.path(), &["analyze", "boltzmann", "--stdin"]);
    let mut stdin = child.stdin.take().expect("piped");
    // A whole batch; then the input stays open, as a pipe from a slow program would.
    let input = "{\"inputs\":[10,10,7],\"outputs\":[8,2,3,7,7]}\n".repeat(8_192);
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).map(|()| stdin));
    stdout.read_line(&mut String::new()).expect("an answer");
    let stdin = writer.join().expect("no panic").expect("read");
    send(&child, Signal::TERM);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("the other answers");
    let output = child.wait_with_output().expect("ends");
    drop(stdin);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), rest.lines().count()), (Some(4), 8_191), "{said}");
    assert!(said.contains("cut short: interrupted after 8192 lines"), "{said}");
}

/// A trace of thousands of transactions, of which nobody reads more than the beginning.
#[test]
fn a_trace_that_is_interrupted_ends_with_4() {
    let data = folder(|block| {
        let mut coin = block.tx(&[], &[(500_000_000, Some(owner(THIEF)))]);
        for step in 0..2_000 {
            coin = block.tx(
                &[(OutPoint { txid: coin, vout: 0 }, None)],
                &[(499_999_999 - step, Some(owner(100 + step as usize)))],
            );
        }
    });
    for signal in [Signal::INT, Signal::TERM] {
        let args = ["trace", &address(THIEF), "--network", "regtest", "--hops", "5000", "--output", "json"];
        let mut child = start(data.path(), &args);
        let mut stdout = child.stdout.take().expect("piped");
        stdout.read_exact(&mut [0]).expect("it answers");
        send(&child, signal);
        let output = child.wait_with_output().expect("ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains("cut short: interrupted"), "{said}");
    }
}

#[test]
fn an_import_that_is_interrupted_stores_nothing_and_ends_with_4() {
    let data = tempfile::tempdir().expect("temporary folder");
    let before = text(&tracehound(data.path(), &["lists", "list"], ""));
    let pipe = data.path().join("slow.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let named = pipe.to_string_lossy().into_owned();
    let args = ["lists", "import", &named, "--source", "mine", "--category", "ransomware"];
    let child = start(data.path(), &args);
    // Opens when the import has opened the other end.
    let mut file = fs::File::options().write(true).open(&pipe).expect("opens");
    file.write_all(b"address,label\n1BitcoinEaterAddressDontSendf59kuE,x\n").expect("written");
    send(&child, Signal::TERM);
    let output = child.wait_with_output().expect("ends");
    drop(file);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert_eq!(text(&tracehound(data.path(), &["lists", "list"], "")), before);
}
