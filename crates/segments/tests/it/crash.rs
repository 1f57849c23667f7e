//! Killed at any step: what was committed is there, and nothing else; the next writer goes on.

use std::path::{Path, PathBuf};

use tracehound_segments::{
    Manifest, Segment,
    files::{generation_of, segment_names, stems},
    recover::{Candidate, LEFT_OUT, bring_back, choose, is_whole, leave_out, newest_generation},
    tables::RUN,
};

use crate::toy::{Toy, Writer, read, read_once};

pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("reads") {
        let path = entry.expect("reads").path();
        let name = path.file_name().expect("a name");
        std::fs::copy(&path, to.join(name)).expect("copies");
    }
}

/// The rows of a commit.
fn rows_of(commit: usize) -> Vec<u8> {
    vec![commit as u8; 1 + commit % 5]
}

fn rows_until(commits: usize) -> Vec<u8> {
    (0..commits).flat_map(rows_of).collect()
}

const COMMITS: usize = 12;

/// The folder as it is at each step of twelve commits: how many were done before, what was done last, and where it is.
fn every_step() -> (tempfile::TempDir, Vec<(usize, String, PathBuf)>) {
    let all = tempfile::tempdir().expect("temporary folder");
    let dir = all.path().join("store");
    let mut writer = Writer::open(&dir).expect("opens");
    let mut seen = Vec::new();
    for commit in 0..COMMITS {
        let mut step = |what: &str| {
            let at = all.path().join(format!("{:03}", seen.len()));
            std::fs::create_dir(&at).expect("makes");
            copy(&dir, &at);
            // A file in the making, and a table of the writer's.
            std::fs::write(at.join("0000000000-3-0000000f.tmp"), [1, 2]).expect("writes");
            std::fs::write(at.join("seen-3.run"), [1, 2]).expect("writes");
            seen.push((commit, what.to_owned(), at));
        };
        writer.commit(&rows_of(commit), &mut step).expect("commits");
    }
    writer.end();
    assert_eq!(read_once(&dir).expect("reads"), rows_until(COMMITS));
    (all, seen)
}

#[test]
fn killed_after_any_step_a_store_holds_what_was_committed_and_goes_on() {
    let (_all, steps) = every_step();
    assert!(steps.iter().any(|(_, what, _)| what == "an old one is removed"), "something merges");
    for (commit, what, dir) in steps {
        let before = read_once(&dir).unwrap_or_else(|error| panic!("{commit}, {what}: {error}"));
        let is_named = !["its marks are written", "it is written"].contains(&what.as_str());
        let least = rows_until(commit + usize::from(is_named));
        assert!(before == least || before == rows_until(commit + 1), "{commit}, {what}: {before:?}");
        let mut writer = Writer::open(&dir).expect("opens");
        let taken_up = writer.rows();
        // What was sealed in full and not named yet is kept.
        let is_sealed = what != "its marks are written";
        let done = if taken_up == rows_until(commit + 1) { commit + 1 } else { commit };
        assert_eq!(taken_up, rows_until(done), "{commit}, {what}");
        assert!(!is_sealed || done == commit + 1, "{commit}, {what}: a sealed commit is lost");
        for next in done..COMMITS {
            writer.commit(&rows_of(next), &mut |_| {}).expect("commits");
        }
        writer.end();
        assert_eq!(read(&dir).expect("reads"), rows_until(COMMITS), "{commit}, {what}");
        for left in ["tmp", RUN] {
            assert_eq!(stems(&dir, left).expect("reads"), [""; 0], "{commit}, {what}");
        }
        let (names, marks) = (segment_names(&dir).expect("reads"), stems(&dir, "marks").expect("reads"));
        assert_eq!(names, marks, "{commit}, {what}");
        assert_eq!(names.len(), Manifest::read(&dir, Toy::STORE.formats).expect("reads").segments.len());
    }
}

fn candidates(dir: &Path) -> Vec<Candidate<Toy>> {
    let read = |name: String| {
        let generation = generation_of(&name).expect("named by us");
        Some(Candidate { generation, segment: Toy::open(dir, &name, false).ok()?, name })
    };
    segment_names(dir).expect("reads").into_iter().filter_map(read).collect()
}

#[test]
fn without_a_manifest_the_newest_run_is_found_at_any_step() {
    let (_all, steps) = every_step();
    for (commit, what, dir) in steps {
        let manifest = Manifest::read(&dir, Toy::STORE.formats).expect("reads");
        std::fs::remove_file(dir.join("MANIFEST.json")).expect("removes");
        let all = candidates(&dir);
        // Before the first segment there is no store.
        let refused = || read_once(&dir).is_err() && Writer::open(&dir).is_err();
        assert!(all.is_empty() || refused(), "{commit}, {what}: the manifest is not missed");
        let chosen = choose(&all.iter().collect::<Vec<_>>());
        let rows: Vec<u8> = chosen.iter().flat_map(|own| own.segment.rows.to_vec()).collect();
        let sealed = commit + usize::from(what != "its marks are written");
        assert!(rows == rows_until(sealed) || rows == rows_until(commit + 1), "{commit}, {what}: {rows:?}");
        let newest = newest_generation(&dir, &Toy::STORE, None, &[]).expect("reads");
        assert!(newest >= manifest.generation, "{commit}, {what}: numbers are given twice");
    }
}

#[test]
fn a_segment_that_was_left_out_comes_back_when_what_it_continues_is_there() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = Writer::open(dir.path()).expect("opens");
    for rows in [vec![1; 30], vec![2; 20], vec![3; 5]] {
        writer.commit(&rows, &mut |_| {}).expect("commits");
    }
    writer.end();
    let manifest = Manifest::read(dir.path(), Toy::STORE.formats).expect("reads");
    assert!(is_whole(dir.path(), &manifest, &candidates(dir.path())));
    let [first, last] = [manifest.segments.first(), manifest.segments.last()].map(|name| name.expect("some"));
    for name in [first, last] {
        leave_out(dir.path(), name, &Toy::STORE).expect("moves");
    }
    assert!(!is_whole(dir.path(), &manifest, &candidates(dir.path())));
    assert_eq!(choose(&candidates(dir.path()).iter().collect::<Vec<_>>()).len(), 0, "nothing begins");
    let left = dir.path().join(LEFT_OUT);
    assert_eq!(candidates(&left).len(), 2);
    let newest = newest_generation(dir.path(), &Toy::STORE, None, &[]).expect("reads");
    assert_eq!(Some(newest), generation_of(last), "what is left out has its number still");
    for name in [first, last] {
        bring_back(dir.path(), name).expect("moves");
        std::fs::rename(left.join(format!("{name}.marks")), dir.path().join(format!("{name}.marks")))
            .expect("moves");
    }
    assert!(is_whole(dir.path(), &manifest, &candidates(dir.path())));
}

#[test]
fn a_commit_whose_manifest_cannot_be_written_can_be_tried_again() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = Writer::open(dir.path()).expect("opens");
    writer.commit(&[1; 10], &mut |_| {}).expect("commits");
    // Nobody writes a file over a folder.
    let in_the_way = dir.path().join("MANIFEST.tmp");
    std::fs::create_dir(&in_the_way).expect("makes");
    writer.commit(&[2, 2], &mut |_| {}).expect_err("no manifest");
    assert_eq!(read(dir.path()).expect("reads"), [1; 10]);
    std::fs::remove_dir(&in_the_way).expect("removes");
    writer.commit(&[2, 2], &mut |_| {}).expect("commits");
    writer.end();
    assert_eq!(read(dir.path()).expect("reads"), [&[1; 10][..], &[2, 2]].concat());
}
