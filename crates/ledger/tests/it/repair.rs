//! `repair`: manifests that are missing or another's, leftovers of killed writers, and being stopped at every step.

use std::{collections::BTreeMap, fs, ops::ControlFlow, path::Path};

use tracehound_ledger::{BlockNum, Ledger, LedgerError, Repair, RepairReport, Writer, repair};
use tracehound_model::{BitcoinNetwork, Chain};

use crate::{
    chain::generate,
    damage::{OLD_CONTENT, content, old_ledger},
    queries::{CHAIN, assert_equals_model, small, write},
    store::{files, replace},
};

const MANIFEST: &str = "MANIFEST.json";
const LOCK: &str = "LOCK";

pub(crate) fn repaired(dir: &Path, chain: Chain) -> RepairReport {
    let options = Repair { chain, accept_loss: false };
    repair(dir, options, &mut |_| ControlFlow::Continue(())).expect("repairs")
}

/// All files of a folder with their bytes.
pub(crate) fn snapshot(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable"));
    let files = entries.filter(|entry| entry.path().is_file());
    files
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("read"))
        })
        .collect()
}

pub(crate) fn restore(dir: &Path, files: &BTreeMap<String, Vec<u8>>) {
    fs::remove_dir_all(dir).expect("removed");
    fs::create_dir(dir).expect("made");
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).expect("written");
    }
}

fn segments(files: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&String, &Vec<u8>> {
    let is_segment = |name: &str| Path::new(name).extension().is_some_and(|extension| extension == "seg");
    files.iter().filter(|(name, _)| is_segment(name)).collect()
}

/// A ledger of several segments, and its content.
fn several_segments(dir: &Path) -> String {
    write(dir, &generate(31, &[], 60), 40);
    assert!(files(dir, "seg").len() > 4);
    content(dir)
}

/// Whatever happened to the manifest, the ledger is not opened, no segment is touched, and a repair gives it back.
#[test]
fn a_missing_or_foreign_manifest_is_damage_and_is_repaired() {
    let other = tempfile::tempdir().expect("temporary folder");
    write(other.path(), &generate(32, &[], 60), 40);
    let others = fs::read(other.path().join(MANIFEST)).expect("read");
    let empty = tempfile::tempdir().expect("temporary folder");
    drop(Writer::open(empty.path(), CHAIN, small(40)).expect("opens"));
    let empty_one = fs::read(empty.path().join(MANIFEST)).expect("read");

    let dir = tempfile::tempdir().expect("temporary folder");
    write(dir.path(), &generate(31, &[], 20), 40);
    let older = fs::read(dir.path().join(MANIFEST)).expect("read");
    let mut writer = Writer::open(dir.path(), CHAIN, small(40)).expect("opens");
    for block in &generate(31, &[], 60)[20..] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    drop(writer);
    let right = content(dir.path());
    let whole = snapshot(dir.path());
    let manifest = whole[MANIFEST].clone();
    let damaged: [(&str, Option<Vec<u8>>); 8] = [
        ("removed", None),
        ("emptied", Some(Vec::new())),
        ("cut", Some(manifest[..manifest.len() / 2].to_vec())),
        ("of bytes that are no text", Some(vec![0xff; 40])),
        ("another ledger's", Some(others)),
        ("another, empty ledger's", Some(empty_one)),
        ("an older one", Some(older)),
        (
            "changed",
            Some(String::from_utf8(manifest).expect("text").replace("generation", "generations").into()),
        ),
    ];
    for (what, bytes) in damaged {
        restore(dir.path(), &whole);
        match bytes {
            Some(bytes) => replace(&dir.path().join(MANIFEST), &bytes),
            None => fs::remove_file(dir.path().join(MANIFEST)).expect("removed"),
        }
        let read = Ledger::open(dir.path());
        assert!(matches!(read, Err(LedgerError::Manifest { .. })), "{what}: {read:?}");
        assert!(read.expect_err("just seen").to_string().contains("ledger repair"), "{what}");
        let written = Writer::open(dir.path(), CHAIN, small(40));
        assert!(matches!(written, Err(LedgerError::Manifest { .. })), "{what}: {written:?}");
        assert_eq!(segments(&snapshot(dir.path())), segments(&whole), "{what}: a segment was touched");
        let report = repaired(dir.path(), CHAIN);
        assert!(report.manifest_rebuilt && report.left_out.is_empty(), "{what}: {report:?}");
        assert_eq!(content(dir.path()), right, "{what}");
        drop(Writer::open(dir.path(), CHAIN, small(40)).expect("can be appended to"));
    }
}

/// Files of the commit before put back in the place of the newest: no query believes them, and no repair gives up what
/// came after them without being told that it may.
#[test]
fn a_commit_that_was_undone_by_hand_is_noticed() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocks = generate(35, &[], 40);
    write(dir.path(), &blocks[..30], 1_000);
    let older = snapshot(dir.path());
    let mut writer = Writer::open(dir.path(), CHAIN, small(1)).expect("opens");
    for block in &blocks[30..] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    drop(writer);
    let (right, newest) = (content(dir.path()), snapshot(dir.path()));
    let lost: Vec<&String> =
        segments(&newest).into_keys().filter(|name| !older.contains_key(*name)).collect();
    let with = |changes: &[(&str, Option<&Vec<u8>>)]| {
        let mut files = newest.clone();
        for (name, bytes) in changes {
            match bytes {
                Some(bytes) => files.insert((*name).to_owned(), (*bytes).clone()),
                None => files.remove(*name),
            };
        }
        files
    };
    let refused = |files: &BTreeMap<String, Vec<u8>>, what: &str| {
        restore(dir.path(), files);
        let read = Ledger::open(dir.path());
        assert!(matches!(read, Err(LedgerError::Manifest { .. })), "{what}: {read:?}");
    };
    let old_manifest = (MANIFEST, older.get(MANIFEST));
    let old_cells: Vec<(&str, Option<&Vec<u8>>)> = older
        .iter()
        .filter(|(name, _)| Path::new(name).extension().is_some_and(|extension| extension == "spent"))
        .map(|(name, bytes)| (name.as_str(), Some(bytes)))
        .collect();
    let no_note = (LOCK, None);
    // The segments are there: a repair gives all back.
    for (what, changes) in [
        ("its manifest", vec![old_manifest]),
        ("its manifest, and no note", vec![old_manifest, no_note]),
        ("its manifest and cells", [&[old_manifest][..], &old_cells].concat()),
    ] {
        refused(&with(&changes), what);
        assert!(repaired(dir.path(), CHAIN).manifest_rebuilt, "{what}");
        assert_eq!(content(dir.path()), right, "{what}");
    }
    // They are not: what tells of them is not swept away.
    let gone: Vec<(&str, Option<&Vec<u8>>)> = lost
        .iter()
        .flat_map(|name| [name.as_str(), Box::leak(name.replace(".seg", ".spent").into_boxed_str())])
        .map(|name| (name, None))
        .collect();
    for (what, changes) in [
        ("an old manifest", [&gone[..], &[old_manifest]].concat()),
        ("no manifest", [&gone[..], &[(MANIFEST, None)]].concat()),
        ("no manifest and no note", [&gone[..], &[(MANIFEST, None), no_note]].concat()),
    ] {
        refused(&with(&changes), what);
        let options = Repair { chain: CHAIN, accept_loss: false };
        let kept = repair(dir.path(), options, &mut |_| ControlFlow::Continue(()));
        assert!(matches!(kept, Err(LedgerError::WouldLose { .. })), "{what}: {kept:?}");
        let options = Repair { accept_loss: true, ..options };
        let report =
            repair(dir.path(), options, &mut |_| ControlFlow::Continue(())).expect("told that it may");
        assert_eq!(report.blocks, 30, "{what}");
        assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks[..30]);
    }
}

/// The manifest directly before the newest is told by the segment that goes on where it ends, and, where that is gone, by
/// the note of the last commit alone.
#[test]
fn the_manifest_of_the_commit_before_is_an_old_one() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocks = generate(36, &[], 40);
    write(dir.path(), &blocks[..36], 1_000);
    let older = snapshot(dir.path());
    let mut writer = Writer::open(dir.path(), CHAIN, small(1_000)).expect("opens");
    for block in &blocks[36..] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    drop(writer);
    let newest = snapshot(dir.path());
    assert_eq!((segments(&older).len(), segments(&newest).len()), (1, 2), "one commit, and no merge");
    let mut without_note = newest.clone();
    without_note.insert(MANIFEST.to_owned(), older[MANIFEST].clone());
    without_note.remove(LOCK);
    let mut with_note_alone = older.clone();
    with_note_alone.insert(LOCK.to_owned(), newest[LOCK].clone());
    for (what, files) in [("the segment goes on", without_note), ("the note tells", with_note_alone)] {
        restore(dir.path(), &files);
        let read = Ledger::open(dir.path());
        assert!(matches!(read, Err(LedgerError::Manifest { .. })), "{what}: {read:?}");
    }
    // A writer refuses what only the note tells of; a segment that goes on it takes up, as after a crash.
    let written = Writer::open(dir.path(), CHAIN, small(1_000)).map(drop);
    assert!(matches!(written, Err(LedgerError::Manifest { .. })), "{written:?}");
    assert_eq!(snapshot(dir.path())[MANIFEST], older[MANIFEST], "nothing was changed");
    // A reorg that dropped what came last is no loss to a repair that has lost the manifest.
    restore(dir.path(), &newest);
    let mut writer = Writer::open(dir.path(), CHAIN, small(1_000)).expect("opens");
    writer.rewind(BlockNum(20)).expect("drops blocks");
    drop(writer);
    let right = content(dir.path());
    fs::remove_file(dir.path().join(MANIFEST)).expect("removed");
    repaired(dir.path(), CHAIN);
    assert_eq!(content(dir.path()), right);
}

#[test]
fn a_repair_of_a_whole_ledger_changes_nothing() {
    let dir = tempfile::tempdir().expect("temporary folder");
    several_segments(dir.path());
    let before = snapshot(dir.path());
    let report = repaired(dir.path(), CHAIN);
    assert_eq!((report.manifest_rebuilt, report.cells_mended, report.left_out.len()), (false, 0, 0));
    assert_eq!(report.cells_cleared, 0);
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn cells_that_are_gone_are_made_from_the_inputs() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let right = several_segments(dir.path());
    for (at, path) in files(dir.path(), "spent").into_iter().enumerate() {
        if at % 2 == 0 { fs::remove_file(path).expect("removed") } else { replace(&path, &[1, 2, 3]) }
    }
    fs::remove_file(dir.path().join(MANIFEST)).expect("removed");
    assert!(repaired(dir.path(), CHAIN).cells_mended > 0);
    assert_eq!(content(dir.path()), right);
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &generate(31, &[], 60));
}

/// A segment in the middle is missing: what lies before it can be kept, and only when that is asked for.
#[test]
fn blocks_are_left_out_only_when_that_is_accepted() {
    let dir = tempfile::tempdir().expect("temporary folder");
    several_segments(dir.path());
    let mut paths = files(dir.path(), "seg");
    paths.sort();
    fs::remove_file(&paths[2]).expect("removed");
    let read = Ledger::open(dir.path());
    assert!(matches!(read, Err(LedgerError::Manifest { .. })), "{read:?}");
    let before = snapshot(dir.path());
    let careful = Repair { chain: CHAIN, accept_loss: false };
    let refused = repair(dir.path(), careful, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(LedgerError::WouldLose { .. })), "{refused:?}");
    assert_eq!(segments(&snapshot(dir.path())), segments(&before));
    let bold = Repair { chain: CHAIN, accept_loss: true };
    let report = repair(dir.path(), bold, &mut |_| ControlFlow::Continue(())).expect("repairs");
    assert_eq!(report.segments, 2);
    assert_eq!(report.left_out.len(), paths.len() - 3);
    let ledger = Ledger::open(dir.path()).expect("opens");
    let blocks = generate(31, &[], 60);
    assert_equals_model(&ledger, &blocks[..ledger.info().blocks as usize]);
    // The rest goes in again.
    let mut writer = Writer::open(dir.path(), CHAIN, small(40)).expect("opens");
    for block in &blocks[writer.block_count() as usize..] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    assert_equals_model(&Ledger::open(dir.path()).expect("opens"), &blocks);
}

/// Whichever segment is missing, the last and the only ones too, a repair names it and what it held, and changes nothing
/// until the loss is accepted: the manifest tells, and without it the cells that lie beside no segment do.
#[test]
fn a_segment_that_is_missing_is_named_before_its_blocks_are_given_up() {
    let dir = tempfile::tempdir().expect("temporary folder");
    several_segments(dir.path());
    let whole = snapshot(dir.path());
    let blocks = generate(31, &[], 60);
    let names: Vec<String> = segments(&whole).into_keys().map(|name| name.replace(".seg", "")).collect();
    let last = names.len() - 1;
    for (gone, with_manifest, with_cells) in [
        (last..last + 1, true, true),
        (last..last + 1, true, false),
        (last..last + 1, false, true),
        (last - 1..last + 1, true, false),
        (0..last + 1, true, false),
        (0..last + 1, true, true),
    ] {
        let case = format!("segments {gone:?}, manifest {with_manifest}, cells {with_cells}");
        restore(dir.path(), &whole);
        let missing = &names[gone.clone()];
        for name in missing {
            fs::remove_file(dir.path().join(format!("{name}.seg"))).expect("removed");
            if !with_cells {
                fs::remove_file(dir.path().join(format!("{name}.spent"))).expect("removed");
            }
        }
        if !with_manifest {
            fs::remove_file(dir.path().join(MANIFEST)).expect("removed");
        }
        let damaged = snapshot(dir.path());
        let careful = Repair { chain: CHAIN, accept_loss: false };
        let refused = repair(dir.path(), careful, &mut |_| ControlFlow::Continue(()));
        let Err(LedgerError::WouldLose { what, .. }) = refused else { panic!("{case}: {refused:?}") };
        for name in missing {
            let count: u64 = name.split('-').nth(1).and_then(|count| count.parse().ok()).expect("a number");
            assert!(what.contains(name) && what.contains(&format!("{count} transactions")), "{case}: {what}");
        }
        assert!(what.contains("--accept-loss"), "{case}: {what}");
        assert_eq!(snapshot(dir.path()), damaged, "{case}: something was changed");

        let bold = Repair { chain: CHAIN, accept_loss: true };
        let report = repair(dir.path(), bold, &mut |_| ControlFlow::Continue(())).expect("repairs");
        assert_eq!(report.segments, gone.start, "{case}");
        let ledger = Ledger::open(dir.path()).expect("opens");
        assert_equals_model(&ledger, &blocks[..ledger.info().blocks as usize]);
    }
}

/// A loss was accepted, and then the segment is there again: no writer takes it for one that others replaced, and a repair
/// has all data again, what it had left out behind it too.
#[test]
fn a_segment_that_is_put_back_after_its_loss_was_accepted_is_used_again() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let right = several_segments(dir.path());
    let whole = snapshot(dir.path());
    let names: Vec<String> = segments(&whole).into_keys().map(|name| name.replace(".seg", "")).collect();
    let blocks = generate(31, &[], 60);
    let last = names.len() - 1;
    for gone in [0, 1, last - 1, last] {
        for (with_manifest, with_cells) in [(true, true), (true, false), (false, true), (false, false)] {
            let case = format!("segment {gone} of {last}, manifest {with_manifest}, cells {with_cells}");
            restore(dir.path(), &whole);
            let segment = format!("{}.seg", names[gone]);
            fs::remove_file(dir.path().join(&segment)).expect("removed");
            if !with_cells {
                fs::remove_file(dir.path().join(format!("{}.spent", names[gone]))).expect("removed");
            }
            if !with_manifest {
                fs::remove_file(dir.path().join(MANIFEST)).expect("removed");
            }
            let bold = Repair { chain: CHAIN, accept_loss: true };
            let report = repair(dir.path(), bold, &mut |_| ControlFlow::Continue(())).expect("repairs");
            assert_eq!(report.segments, gone, "{case}");
            drop(Writer::open(dir.path(), CHAIN, small(40)).expect("goes on without it"));

            fs::write(dir.path().join(&segment), &whole[&segment]).expect("written");
            let written = Writer::open(dir.path(), CHAIN, small(40));
            // The last one is the very next: where its name was not known it is taken up.
            if written.is_ok() {
                assert_eq!(content(dir.path()), right, "{case}");
                continue;
            }
            assert!(matches!(written, Err(LedgerError::Manifest { .. })), "{case}: {written:?}");
            assert!(matches!(Ledger::open(dir.path()), Err(LedgerError::Manifest { .. })), "{case}");
            let report = repaired(dir.path(), CHAIN);
            assert_eq!(report.brought_back.len(), last - gone, "{case}");
            assert_eq!(content(dir.path()), right, "{case}");
            drop(Writer::open(dir.path(), CHAIN, small(40)).expect("can be appended to"));
            assert_eq!(content(dir.path()), right, "{case}: after the next writer");

            // The same when its blocks were ingested again in the meantime: then others hold them, and it goes.
            restore(dir.path(), &whole);
            fs::remove_file(dir.path().join(&segment)).expect("removed");
            repair(dir.path(), bold, &mut |_| ControlFlow::Continue(())).expect("repairs");
            let mut writer = Writer::open(dir.path(), CHAIN, small(40)).expect("opens");
            for block in &blocks[writer.block_count() as usize..] {
                writer.append(block).expect("appends");
            }
            writer.commit().expect("commits");
            drop(writer);
            fs::write(dir.path().join(&segment), &whole[&segment]).expect("written");
            fs::write(
                dir.path().join(format!("{}.spent", names[gone])),
                &whole[&format!("{}.spent", names[gone])],
            )
            .expect("written");
            drop(Writer::open(dir.path(), CHAIN, small(40)).expect("opens"));
            assert_eq!(content(dir.path()), right, "{case}: ingested again");
        }
    }
}

/// A writer sweeps away what writers leave, and nothing that somebody else put there.
#[test]
fn files_that_are_not_ours_stay() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let right = several_segments(dir.path());
    let ours = [
        "MANIFEST.tmp",
        "0000000000-5-00000009.tmp",
        "0000000000-5-00000009.cells",
        "0000000000-5-00000009.spent",
    ];
    let others = ["notes.tmp", "my-own.cells", "backup.spent", "a-b-c.tmp", "README.md"];
    for name in ours.iter().chain(&others) {
        fs::write(dir.path().join(name), "x").expect("written");
    }
    fs::create_dir(dir.path().join("folder.tmp")).expect("made");
    drop(Writer::open(dir.path(), CHAIN, small(40)).expect("opens"));
    assert_eq!(content(dir.path()), right);
    assert!(ours.iter().all(|name| !dir.path().join(name).exists()));
    assert!(others.iter().all(|name| dir.path().join(name).exists()));
    assert!(dir.path().join("folder.tmp").is_dir());
}

/// The files that a commit, a merge and a reorg leave when they are killed between two of their steps.
#[test]
fn what_a_killed_writer_leaves_is_taken_up_or_repaired() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocks = generate(33, &[], 40);
    let mut writer = Writer::open(dir.path(), CHAIN, small(1_000)).expect("opens");
    for block in &blocks[..10] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    let before = snapshot(dir.path());
    for block in &blocks[10..14] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits");
    let committed = snapshot(dir.path());
    for block in &blocks[14..] {
        writer.append(block).expect("appends");
    }
    writer.commit().expect("commits: merges with the ones before");
    drop(writer);
    let merged = snapshot(dir.path());
    assert_eq!((segments(&committed).len(), segments(&merged).len()), (2, 1));
    let manifest = |of: &BTreeMap<String, Vec<u8>>| of[MANIFEST].clone();
    // As it was while the writer was at work.
    let lock = |of: &BTreeMap<String, Vec<u8>>| of[LOCK].clone();
    let both = |a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>| {
        let mut files = a.clone();
        files.extend(b.iter().map(|(name, bytes)| (name.clone(), bytes.clone())));
        files
    };
    let short = content_of(dir.path(), &committed);
    let long = content_of(dir.path(), &merged);

    // A commit that was killed before the manifest named its segment: the segment is named.
    let mut files = both(&before, &committed);
    files.insert(MANIFEST.to_owned(), manifest(&before));
    files.insert(LOCK.to_owned(), lock(&before));
    assert_taken_up(dir.path(), &files, &short);
    // The same, and the cells of the segments before it never reached the disk.
    files.extend(before.iter().map(|(name, bytes)| (name.clone(), bytes.clone())));
    assert_taken_up(dir.path(), &files, &short);
    // A merge that was killed before the old segments were removed.
    let mut files = both(&committed, &merged);
    files.insert(MANIFEST.to_owned(), manifest(&merged));
    files.insert(LOCK.to_owned(), lock(&committed));
    assert_taken_up(dir.path(), &files, &long);
    // One half of them is gone already.
    let first = segments(&committed).keys().next().map(ToString::to_string).expect("two segments");
    files.remove(&first);
    assert_taken_up(dir.path(), &files, &long);
    // A reorg that was killed before the segments with the dropped blocks were removed.
    restore(dir.path(), &committed);
    let mut writer = Writer::open(dir.path(), CHAIN, small(1_000)).expect("opens");
    writer.rewind(BlockNum(10)).expect("drops the second segment");
    drop(writer);
    let rewound = snapshot(dir.path());
    assert_eq!(segments(&rewound).len(), 1);
    let mut files = both(&committed, &rewound);
    files.insert(MANIFEST.to_owned(), manifest(&rewound));
    files.insert(LOCK.to_owned(), lock(&committed));
    restore(dir.path(), &files);
    drop(Writer::open(dir.path(), CHAIN, small(1_000)).expect("a writer takes it up"));
    let after = snapshot(dir.path());
    assert_eq!(segments(&after), segments(&rewound), "the dropped blocks are gone");
    assert_eq!(content(dir.path()), content_of(dir.path(), &rewound));
}

fn content_of(dir: &Path, files: &BTreeMap<String, Vec<u8>>) -> String {
    restore(dir, files);
    content(dir)
}

/// With its manifest the ledger is taken up by the next writer; without one, a repair finds the whole set.
fn assert_taken_up(dir: &Path, files: &BTreeMap<String, Vec<u8>>, right: &str) {
    restore(dir, files);
    Ledger::open(dir).expect("a reader opens it").verify().expect("and finds it whole");
    drop(Writer::open(dir, CHAIN, small(1_000)).expect("a writer takes it up"));
    assert_eq!(content(dir), right);
    restore(dir, files);
    fs::remove_file(dir.join(MANIFEST)).expect("removed");
    repaired(dir, CHAIN);
    assert_eq!(content(dir), right, "without a manifest");
    drop(Writer::open(dir, CHAIN, small(1_000)).expect("a writer takes it up"));
    assert_eq!(content(dir), right, "after the next writer");
}

/// Work that tells of its steps and may be stopped after each.
type Work = dyn Fn(&Path, &mut dyn FnMut(&str) -> ControlFlow<()>) -> Result<(), LedgerError>;

/// Runs `work`, stopped after its first step, its second and so on, each time on a fresh copy; then once more to the
/// end. Gives the number of steps.
pub(crate) fn stopped_at_every_step(
    dir: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    right: &str,
    work: &Work,
) -> usize {
    for stop in 0.. {
        restore(dir, files);
        let mut steps = 0;
        let stopped = work(dir, &mut |_| {
            steps += 1;
            if steps > stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if stopped.is_ok() {
            return steps;
        }
        assert!(matches!(stopped, Err(LedgerError::Stopped)), "{stopped:?}");
        work(dir, &mut |_| ControlFlow::Continue(())).expect("goes on where it stopped");
        assert_eq!(content(dir), right, "stopped after step {}", stop + 1);
    }
    unreachable!("every run has an end")
}

#[test]
fn a_repair_that_is_stopped_at_any_step_is_taken_up() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let right = several_segments(dir.path());
    fs::remove_file(dir.path().join(MANIFEST)).expect("removed");
    for path in files(dir.path(), "spent") {
        fs::remove_file(path).expect("removed");
    }
    let damaged = snapshot(dir.path());
    let options = Repair { chain: CHAIN, accept_loss: false };
    let steps = stopped_at_every_step(dir.path(), &damaged, &right, &move |dir, step| {
        repair(dir, options, step).map(|_| ())
    });
    assert!(steps > 5, "{steps} steps");
}

#[test]
fn a_ledger_of_0_1_0_without_its_manifest_is_repaired() {
    let dir = tempfile::tempdir().expect("temporary folder");
    old_ledger(dir.path());
    fs::remove_file(dir.path().join(MANIFEST)).expect("removed");
    let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
    assert!(matches!(Writer::open(dir.path(), chain, small(10)), Err(LedgerError::Manifest { .. })));
    assert!(repaired(dir.path(), chain).manifest_rebuilt);
    assert_eq!(content(dir.path()), OLD_CONTENT);
}
