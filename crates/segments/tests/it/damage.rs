//! What somebody else did to the folder is told, and never a reason to remove a segment.

use std::{fs, path::Path};

use tracehound_segments::{Folder, Key, Manifest, Segment, SegmentsError, files::segment_names};

use crate::{
    crash::copy,
    toy::{CHAIN, Toy, Writer, read, read_once, write_segment},
};

/// Three segments, of 30, 12 and 3 rows.
fn store() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = Writer::open(dir.path()).expect("opens");
    for rows in [vec![1; 30], vec![2; 12], vec![3; 3]] {
        writer.commit(&rows, &mut |_| {}).expect("commits");
    }
    writer.end();
    dir
}

fn manifest(dir: &Path) -> Manifest {
    Manifest::read(dir, Toy::STORE.formats).expect("reads")
}

/// Neither reader nor writer takes the folder for a store, and both say why; no segment goes.
fn refused(dir: &Path, why: &str) {
    let names = segment_names(dir).expect("reads");
    let told = [read(dir).map(drop), Writer::open(dir).map(drop)];
    for told in told.map(|told| told.expect_err(why).to_string()) {
        assert!(told.contains(why), "{told}");
    }
    assert_eq!(segment_names(dir).expect("reads"), names, "{why}");
}

#[test]
fn every_way_in_which_a_manifest_is_wrong_is_told() {
    let good = store();
    let changed = |change: &dyn Fn(&Path)| {
        let dir = tempfile::tempdir().expect("temporary folder");
        copy(good.path(), dir.path());
        change(dir.path());
        dir
    };
    let path = |dir: &Path| dir.join("MANIFEST.json");
    let dir = changed(&|dir| {
        let text = fs::read_to_string(path(dir)).expect("reads").replace("toy:1", "toy:2");
        fs::write(path(dir), text).expect("writes");
    });
    refused(dir.path(), "checksum is wrong");
    let dir = changed(&|dir| fs::write(path(dir), "{").expect("writes"));
    refused(dir.path(), "EOF");
    let dir = changed(&|dir| fs::remove_file(path(dir)).expect("removes"));
    refused(dir.path(), "it is not there, and 3 segments are");
    let dir = changed(&|dir| Manifest { format: 7, ..manifest(dir) }.replace(dir).expect("writes"));
    refused(dir.path(), "format 7, this version reads 1");
    let dir = changed(&|dir| Manifest { key: None, ..manifest(dir) }.replace(dir).expect("writes"));
    refused(dir.path(), "its format and its key do not fit");
    let other = Key::random().expect("random");
    let dir = changed(&|dir| Manifest { key: Some(other), ..manifest(dir) }.replace(dir).expect("writes"));
    refused(dir.path(), "another key");
    let dir = changed(&|dir| {
        let mut manifest = manifest(dir);
        manifest.segments.remove(1);
        manifest.replace(dir).expect("writes");
    });
    refused(dir.path(), "does not continue the one before it");
    let dir = changed(&|dir| {
        let mut manifest = manifest(dir);
        manifest.segments.pop();
        manifest.generation -= 1;
        manifest.replace(dir).expect("writes");
    });
    refused(dir.path(), "it is an old one");
    let dir = changed(&|dir| {
        let mut manifest = manifest(dir);
        manifest.segments.pop();
        manifest.replace(dir).expect("writes");
    });
    refused(dir.path(), "beyond the store's end");
}

#[test]
fn every_way_in_which_segments_are_wrong_is_told() {
    let good = store();
    let [.., last] = &manifest(good.path()).segments[..] else { panic!("segments") };
    for (extension, why) in [("seg", "which is not there"), ("marks", "which is not there")] {
        let dir = tempfile::tempdir().expect("temporary folder");
        copy(good.path(), dir.path());
        fs::remove_file(dir.path().join(format!("{last}.{extension}"))).expect("removes");
        refused(dir.path(), why);
    }
    let dir = tempfile::tempdir().expect("temporary folder");
    copy(good.path(), dir.path());
    let path = dir.path().join(format!("{last}.seg"));
    let mut bytes = fs::read(&path).expect("reads");
    let right = read_once(dir.path()).expect("reads");
    // Header, checksums and rows; nothing is read of what fills up between them.
    let mut noticed = Vec::new();
    for at in 0..bytes.len() {
        bytes[at] ^= 0x10;
        fs::write(&path, &bytes).expect("writes");
        match read_once(dir.path()) {
            Ok(rows) => assert_eq!(rows, right, "byte {at}"),
            Err(_) => noticed.push(at),
        }
        bytes[at] ^= 0x10;
    }
    let rows = bytes.windows(3).rposition(|bytes| bytes == [3, 3, 3]).expect("its rows");
    assert!((rows..rows + 3).chain(0..32).all(|at| noticed.contains(&at)), "{noticed:?}");
    fs::write(&path, &bytes).expect("writes");
    assert!(read_once(dir.path()).is_ok());
    let key = manifest(dir.path()).key.expect("a key");
    let stray = |name: &str, first: u64, key: Key| {
        write_segment(dir.path(), name, (first, key), &[9, 9], &mut |_| {}).expect("writes");
    };
    stray("0000000045-2-000000ff", 45, key);
    refused(dir.path(), "newer than the manifest");
    fs::remove_file(dir.path().join("0000000045-2-000000ff.seg")).expect("removes");
    stray("0000000045-2-00000001", 45, Key::random().expect("random"));
    refused(dir.path(), "another key");
    fs::remove_file(dir.path().join("0000000045-2-00000001.seg")).expect("removes");
    stray("somebody-elses", 45, key);
    refused(dir.path(), "whose name is none of ours");
}

#[test]
fn what_is_not_ours_stays() {
    let dir = store();
    for name in ["notes.tmp", "0-1.tmp", "others-1.run", "seen-x.run", "photo.marks", "MANIFEST.bak"] {
        fs::write(dir.path().join(name), "mine").expect("writes");
    }
    Writer::open(dir.path()).expect("opens").end();
    for name in ["notes.tmp", "0-1.tmp", "others-1.run", "seen-x.run", "photo.marks", "MANIFEST.bak"] {
        assert!(dir.path().join(name).exists(), "{name} is somebody's");
    }
}

#[test]
fn a_folder_is_of_one_chain_and_of_one_writer() {
    let dir = store();
    let other = Folder::take(dir.path(), Toy::STORE, "toy:2").expect_err("another chain");
    assert!(matches!(other, SegmentsError::OtherChain { .. }), "{other}");
    let writer = Writer::open(dir.path()).expect("opens");
    let second = Folder::take(dir.path(), Toy::STORE, CHAIN).expect_err("taken");
    assert!(matches!(second, SegmentsError::Locked { .. }), "{second}");
    writer.end();
    Writer::open(dir.path()).expect("free again").end();
}
