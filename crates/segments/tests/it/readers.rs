//! Readers open what is there at any moment while a writer commits and merges.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::toy::{Writer, read};

#[test]
fn readers_see_whole_commits_while_a_writer_goes_on() {
    const COMMITS: u8 = 120;
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut writer = Writer::open(dir.path()).expect("opens");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = || {
            let mut most = 0;
            while !done.load(Ordering::Relaxed) {
                let rows = read(dir.path()).expect("reads");
                // Three rows a commit, each of its number.
                let whole = rows.chunks(3).zip(0u8..).all(|(rows, number)| rows == [number; 3]);
                assert!(whole && rows.len() >= most, "{rows:?}");
                most = rows.len();
            }
        };
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        for commit in 0..COMMITS {
            writer.commit(&[commit; 3], &mut |_| {}).expect("commits");
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().expect("saw whole commits");
        }
    });
    writer.end();
    assert_eq!(read(dir.path()).expect("reads").len(), 3 * usize::from(COMMITS));
}
