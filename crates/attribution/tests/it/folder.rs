//! Store and index are one thing: stopped at any step, raced, robbed of a file, an index never answers that lags.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
    thread,
};

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tracehound_attribution::{
    Step,
    folder::{AttributionFolder, FolderError},
    import::{Options, SourceOptions},
    index::Index,
    listing::listed_since,
    store::{CheckOutcome, ClaimStore, FILE_NAME},
};
use tracehound_model::SourceId;

use crate::support::{address, day, moment, run, text};

const LISTED: &str = "0x1111111111111111111111111111111111111101";
const SHIPPED: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";

/// A folder that has taken in what is shipped; copied, since making one takes a while.
static BASE: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    AttributionFolder::new(dir.path()).index(moment(0)).unwrap();
    dir
});

fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(BASE.path(), dir.path());
    dir
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn list_of(source: &str, published: &str) -> Options {
    Options {
        file_name: "list.csv".to_owned(),
        source: SourceOptions {
            id: Some(SourceId(source.to_owned())),
            published: Some(day(published)),
            ..SourceOptions::default()
        },
        ..Options::default()
    }
}

fn import(folder: &AttributionFolder, source: &str, listed: &str) -> Result<bool, FolderError> {
    import_of(folder, source, "2026-01-01", listed)
}

fn import_of(
    folder: &AttributionFolder,
    source: &str,
    published: &str,
    listed: &str,
) -> Result<bool, FolderError> {
    let csv = format!("address,label,category\n{listed},Somebody,scam\n");
    let done = folder.import(&mut csv.as_bytes(), &list_of(source, published), moment(1))?;
    Ok(done.report.already_imported)
}

fn names(index: &Index, listed: &str) -> bool {
    index.lookup(&address(listed).key()).next().is_some()
}

fn listed(dir: &Path, listed: &str) -> bool {
    names(&AttributionFolder::new(dir).index(moment(2)).unwrap(), listed)
}

/// A folder whose changes fail once `step` is made, as on a full disk.
fn stopping(dir: &Path, step: Step) -> AttributionFolder {
    let full = move |made| if made == step { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) };
    AttributionFolder::new(dir).watched(Arc::new(full))
}

#[test]
fn whatever_step_an_import_stops_after_the_next_command_heals_it() {
    let stored = Step::ALL.iter().position(|step| *step == Step::Committed).unwrap();
    for (at, step) in Step::ALL.into_iter().enumerate() {
        let dir = folder();
        assert!(import(&stopping(dir.path(), step), "own-list", LISTED).is_err(), "{step:?} is reported");
        fs::write(dir.path().join("index/layer-half.tmp"), b"half").unwrap();
        assert_eq!(listed(dir.path(), LISTED), at >= stored, "{step:?}: stored or not, never half");
        assert!(listed(dir.path(), SHIPPED), "{step:?}: the other lists stay");

        // The other next command: the same file again.
        let dir = folder();
        import(&stopping(dir.path(), step), "own-list", LISTED).unwrap_err();
        let again = import(&AttributionFolder::new(dir.path()), "own-list", LISTED).unwrap();
        assert_eq!(again, at >= stored, "{step:?}");
        assert!(listed(dir.path(), LISTED), "{step:?}");
    }
}

#[test]
fn the_very_first_command_heals_too() {
    for step in Step::ALL {
        let dir = tempfile::tempdir().unwrap();
        // Where only the index cannot be written, the answer comes from memory.
        let first = stopping(dir.path(), step).index(moment(0));
        assert!(first.map_or(true, |index| names(&index, SHIPPED)), "{step:?}");
        assert!(listed(dir.path(), SHIPPED), "{step:?}");
    }
}

#[test]
fn what_was_stored_without_the_folder_is_screened() {
    let dir = folder();
    run(async {
        let store = ClaimStore::open(dir.path()).await.unwrap();
        let mut list = text("mine.txt", LISTED).unwrap();
        list.source.published = Some(day("2026-01-01"));
        store.import(&list, day("2026-01-01"), moment(1), "one").await.unwrap();
        store.close().await;
    });
    assert!(listed(dir.path(), LISTED));
}

#[test]
fn imports_at_once_are_all_in_the_index() {
    let dir = folder();
    let number = |n: u32| format!("0x{:040x}", 0x1111_0000_u32 + n);
    let path = dir.path();
    thread::scope(|scope| {
        for n in 0..6 {
            scope.spawn(move || {
                let folder = AttributionFolder::new(path);
                import(&folder, &format!("own-{n}"), &number(n)).unwrap();
            });
        }
    });
    let index = AttributionFolder::new(dir.path()).index(moment(2)).unwrap();
    assert!((0..6).all(|n| names(&index, &number(n))));
}

#[test]
fn first_commands_at_once_wait_for_each_other() {
    for _ in 0..3 {
        let dir = tempfile::tempdir().unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert!(listed(dir.path(), SHIPPED)));
            }
        });
    }
}

/// A folder with a list of the user's, and its store kept aside.
fn with_a_list() -> (TempDir, PathBuf) {
    let dir = folder();
    import(&AttributionFolder::new(dir.path()), "own-list", LISTED).unwrap();
    let kept = dir.path().join("kept");
    fs::copy(dir.path().join(FILE_NAME), &kept).unwrap();
    (dir, kept)
}

/// What is done to the store: its name, the bytes put in its place, and what the refusal says.
type Harm<'a> = (&'a str, Option<&'a [u8]>, &'a str);

#[test]
fn a_store_that_is_gone_empty_foreign_or_garbage_is_refused_and_its_return_heals() {
    let other = tempfile::tempdir().unwrap();
    AttributionFolder::new(other.path()).index(moment(0)).unwrap();
    let foreign = fs::read(other.path().join(FILE_NAME)).unwrap();
    let harms: [Harm<'_>; 4] = [
        ("gone", None, "restore the file from a backup"),
        ("empty", Some(b""), "restore the file from a backup"),
        ("foreign", Some(&foreign), "put the right file back"),
        ("garbage", Some(&[0x5a; 9_000]), "restore it from a backup"),
    ];
    for (what, bytes, advice) in harms {
        let (dir, kept) = with_a_list();
        let store = dir.path().join(FILE_NAME);
        fs::remove_file(&store).unwrap();
        if let Some(bytes) = bytes {
            fs::write(&store, bytes).unwrap();
        }
        let folder = AttributionFolder::new(dir.path());
        let said = import(&folder, "own-other", SHIPPED).unwrap_err().to_string();
        assert!(said.contains(advice), "{what}: {said}");
        let said = folder.index(moment(3)).unwrap_err().to_string();
        assert!(said.contains(advice), "{what}: {said}");
        assert!(folder.rebuild(moment(3)).is_err(), "{what}");
        fs::copy(&kept, &store).unwrap();
        assert!(listed(dir.path(), LISTED), "{what}");
    }
}

#[test]
fn a_list_that_an_older_backup_lacks_does_not_go_without_a_word() {
    let (dir, kept) = with_a_list();
    let folder = AttributionFolder::new(dir.path());
    let newer = LISTED.replace("01", "02");
    import(&folder, "own-newer", &newer).unwrap();
    fs::copy(&kept, dir.path().join(FILE_NAME)).unwrap();
    for said in [
        folder.index(moment(3)).unwrap_err().to_string(),
        import(&folder, "own-third", SHIPPED).unwrap_err().to_string(),
    ] {
        assert!(said.contains("no longer has own-newer") && said.contains("lists remove"), "{said}");
    }
    // Taken out by a person, it may go.
    folder.remove(&SourceId("own-newer".to_owned()), moment(4)).unwrap();
    let index = folder.index(moment(5)).unwrap();
    assert!(names(&index, LISTED) && !names(&index, &newer));
}

#[test]
fn a_store_from_before_an_import_does_not_forget_it_without_a_word() {
    let (dir, kept) = with_a_list();
    let folder = AttributionFolder::new(dir.path());
    let newer = LISTED.replace("01", "02");
    let list_version = |day: &str, listed: &str| import_of(&folder, "own-list", day, listed);
    list_version("2026-01-02", &newer).unwrap();
    fs::copy(&kept, dir.path().join(FILE_NAME)).unwrap();
    for said in [
        folder.index(moment(3)).unwrap_err().to_string(),
        folder.rebuild(moment(3)).unwrap_err().to_string(),
        list_version("2026-01-03", LISTED).unwrap_err().to_string(),
    ] {
        assert!(said.contains("an earlier state of own-list") && said.contains("lists remove"), "{said}");
    }
    // Taken out by a person and imported again, it counts.
    folder.remove(&SourceId("own-list".to_owned()), moment(4)).unwrap();
    let without = fs::read(dir.path().join(FILE_NAME)).unwrap();
    let csv = format!("address,label,category\n{newer},Somebody,scam\n");
    folder.import(&mut csv.as_bytes(), &list_of("own-list", "2026-01-02"), moment(5)).unwrap();
    assert!(listed(dir.path(), &newer));
    // A store from before that, in which it was taken out, does not forget it either.
    fs::write(dir.path().join(FILE_NAME), without).unwrap();
    let said = folder.index(moment(5)).unwrap_err().to_string();
    assert!(said.contains("no longer has own-list"), "{said}");
}

#[test]
fn a_source_that_is_taken_out_is_gone_until_it_is_imported_again() {
    let dir = folder();
    let folder = AttributionFolder::new(dir.path());
    let unknown = folder.remove(&SourceId("own-list".to_owned()), moment(1)).unwrap_err().to_string();
    assert!(unknown.contains("no source `own-list`"), "{unknown}");
    import(&folder, "own-list", LISTED).unwrap();
    let gone = folder.remove(&SourceId("own-list".to_owned()), moment(2)).unwrap();
    assert_eq!(gone, [day("2026-01-01")]);
    assert!(!listed(dir.path(), LISTED) && listed(dir.path(), SHIPPED));
    assert!(folder.sources(moment(2)).unwrap().iter().all(|history| history.source.id.0 != "own-list"));
    assert!(!import(&folder, "own-list", LISTED).unwrap(), "it is news again");
    assert!(listed(dir.path(), LISTED));
    // One of those in the box stays out too.
    folder.remove(&SourceId("fbi-notices".to_owned()), moment(3)).unwrap();
    run(async {
        let store = ClaimStore::open(dir.path()).await.unwrap();
        store.remember_shipped("an older version").await.unwrap();
        store.close().await;
    });
    assert!(!listed(dir.path(), SHIPPED));
}

#[test]
fn an_earlier_list_version_comes_back_into_force() {
    let dir = folder();
    let folder = AttributionFolder::new(dir.path());
    let other = LISTED.replace("01", "02");
    import_of(&folder, "own-list", "2026-01-01", LISTED).unwrap();
    import_of(&folder, "own-list", "2026-02-01", &other).unwrap();
    let id = SourceId("own-list".to_owned());
    assert!(folder.revert(&id, day("2026-01-15"), moment(2)).is_err(), "no list version is of that day");
    assert_eq!(folder.revert(&id, day("2026-01-01"), moment(2)).unwrap(), [day("2026-02-01")]);
    let index = folder.index(moment(3)).unwrap();
    let claim = index.lookup(&address(LISTED).key()).next().unwrap();
    assert_eq!((claim.valid_from(), claim.valid_to()), (day("2026-01-01"), None));
    assert!(!names(&index, &other));
    assert_eq!(index.newest_snapshot("own-list", day("2026-03-01")), Some(day("2026-01-01")));
}

#[test]
fn what_was_taken_back_is_no_longer_vouched_for() {
    let dir = folder();
    let folder = AttributionFolder::new(dir.path());
    let (ofac, fbi) = (SourceId("ofac-sdn".to_owned()), SourceId("fbi-notices".to_owned()));
    let complete = |index: &Index| index.sources().iter().filter_map(|history| history.complete_as_of).max();
    let index = folder.index(moment(1)).unwrap();
    assert!(index.source(&ofac.0).unwrap().checked_at.is_some() && complete(&index).is_some());

    folder.revert(&ofac, day("2022-09-15"), moment(2)).unwrap();
    let index = folder.index(moment(3)).unwrap();
    let history = index.source(&ofac.0).unwrap();
    assert_eq!((history.checked_at, history.vouched.len()), (None, 0));
    let asked = moment(4);
    folder.record_check(&ofac, asked, &CheckOutcome::Current).unwrap();
    assert_eq!(folder.index(asked).unwrap().source(&ofac.0).unwrap().checked_at, Some(asked));

    // A pack without one of its sources is no longer the whole pack.
    folder.remove(&fbi, moment(5)).unwrap();
    assert_eq!(complete(&folder.index(moment(6)).unwrap()), None);
}

#[test]
fn an_index_folder_that_cannot_be_used_fails_the_import_and_the_next_one_heals() {
    let dir = folder();
    let (index, aside) = (dir.path().join("index"), dir.path().join("aside"));
    fs::rename(&index, &aside).unwrap();
    fs::write(&index, b"a file in the way").unwrap();
    let folder = AttributionFolder::new(dir.path());
    assert!(import(&folder, "own-list", LISTED).is_err());
    fs::remove_file(&index).unwrap();
    fs::rename(&aside, &index).unwrap();
    import(&folder, "own-list", LISTED).unwrap();
    assert!(listed(dir.path(), LISTED));
}

#[test]
fn damage_to_the_index_is_mended_from_the_store() {
    let (dir, _) = with_a_list();
    for file in fs::read_dir(dir.path().join("index")).unwrap().map(|file| file.unwrap().path()) {
        // What an earlier heal removed is gone.
        let Ok(bytes) = fs::read(&file) else { continue };
        fs::remove_file(&file).unwrap();
        fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
        assert!(listed(dir.path(), LISTED), "{}", file.display());
    }
}

#[test]
fn a_folder_that_cannot_be_written_tells_how_fresh_its_lists_are() {
    let (dir, _) = with_a_list();
    let written = AttributionFolder::new(dir.path()).freshness(moment(3), 7).unwrap();
    let locks = ["folder.lock", "claims.lock"].map(|name| dir.path().join(name));
    for lock in &locks {
        fs::remove_file(lock).unwrap();
    }
    let denied = |_| Err(io::ErrorKind::PermissionDenied.into());
    let folder = AttributionFolder::new(dir.path()).watched(Arc::new(denied));
    assert_eq!(folder.freshness(moment(3), 7).unwrap(), written);
    assert!(folder.held().unwrap().is_empty());
    assert!(locks.iter().all(|lock| !lock.exists()), "reading locks nothing");
    let empty = tempfile::tempdir().unwrap();
    let folder = AttributionFolder::new(empty.path()).watched(Arc::new(denied));
    assert!(folder.freshness(moment(3), 7).unwrap().iter().all(|list| !list.problems.is_empty()));
}

#[test]
fn steps_are_made_in_their_order() {
    let dir = folder();
    let made = Arc::new(Mutex::new(Vec::new()));
    let watcher = {
        let made = Arc::clone(&made);
        move |step| {
            made.lock().unwrap().push(step);
            Ok(())
        }
    };
    let folder = AttributionFolder::new(dir.path()).watched(Arc::new(watcher));
    import(&folder, "own-list", LISTED).unwrap();
    assert_eq!(*made.lock().unwrap(), Step::ALL);
}

/// A folder as version 0.1.0 left it: the shipped facts and a list of the user's in two list versions, the second of which
/// names one of two addresses in other words.
fn of_version_0_1_0() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let unpacked = |packed: &[u8]| {
        let mut bytes = Vec::new();
        bzip2::read::BzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
        bytes
    };
    let name = "index-6782badda244dcfb9a767b0b9e660fd06d12f66fb868f7c0cebaa6406dc92cb1.thx";
    fs::create_dir(dir.path().join("index")).unwrap();
    fs::write(dir.path().join(FILE_NAME), unpacked(include_bytes!("version-0.1.0/claims.sqlite.bz2")))
        .unwrap();
    let index = dir.path().join("index");
    fs::write(index.join(name), unpacked(include_bytes!("version-0.1.0/index.thx.bz2"))).unwrap();
    fs::write(index.join("CURRENT"), format!("{name}\n")).unwrap();
    fs::write(index.join("SHIPPED"), "0".repeat(64)).unwrap();
    dir
}

#[test]
fn a_folder_of_version_0_1_0_is_converted_in_place() {
    let dir = of_version_0_1_0();
    let index = AttributionFolder::new(dir.path()).index(moment(0)).unwrap();
    assert!(names(&index, SHIPPED));
    let claims: Vec<_> = index.lookup(&address(LISTED).key()).map(|claim| claim.to_claim()).collect();
    let said: Vec<_> =
        claims.iter().map(|claim| (claim.statement.label.as_str(), claim.valid_from)).collect();
    assert_eq!(said, [("Somebody", day("2026-01-01")), ("Somebody renamed", day("2026-02-01"))]);
    assert_eq!(listed_since(&claims[1], day("2026-03-01"), &claims), day("2026-01-01"));
    assert_eq!(index.source("own-list").unwrap().snapshots.len(), 2);
    let left = fs::read_dir(dir.path().join("index")).unwrap().map(|file| file.unwrap().file_name());
    assert!(left.into_iter().all(|name| name != "SHIPPED" && !name.to_string_lossy().starts_with("index-")));
}

#[test]
fn a_folder_of_version_0_1_0_loses_no_list_either() {
    let dir = of_version_0_1_0();
    run(async {
        let options = SqliteConnectOptions::new().filename(dir.path().join(FILE_NAME));
        let db = SqlitePool::connect_with(options).await.unwrap();
        sqlx::query("DELETE FROM snapshot WHERE source = 'own-list'").execute(&db).await.unwrap();
        db.close().await;
    });
    let folder = AttributionFolder::new(dir.path());
    let said = folder.index(moment(0)).unwrap_err().to_string();
    assert!(said.contains("no longer has own-list"), "{said}");
    fs::remove_file(dir.path().join(FILE_NAME)).unwrap();
    let said = folder.index(moment(0)).unwrap_err().to_string();
    assert!(said.contains("restore the file from a backup"), "{said}");
}

/// Names of the files of the index, and their sizes.
fn files(dir: &Path) -> Vec<(String, u64)> {
    let all = fs::read_dir(dir.join("index")).unwrap().map(Result::unwrap);
    let files = all.filter(|file| file.path().extension().is_some_and(|extension| extension == "thx"));
    let mut files: Vec<_> =
        files.map(|file| (file.file_name().into_string().unwrap(), file.metadata().unwrap().len())).collect();
    files.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    files
}

#[test]
fn a_small_list_costs_little_beside_a_large_one_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let folder = AttributionFolder::new(dir.path());
    let number = |n: u32| format!("0x{:040x}", (u128::from(n) << 64) + 7);
    let many: Vec<String> = (1..=20_000).map(number).collect();
    import(&folder, "own-large", &many.join(",Somebody,scam\n")).unwrap();
    let large = files(dir.path())[0].clone();
    import(&folder, "own-small", &number(7)).unwrap();
    import(&folder, "own-other", &number(30_000)).unwrap();
    assert_eq!(files(dir.path())[0], large, "the large file stays as it is");
    folder.remove(&SourceId("own-other".to_owned()), moment(3)).unwrap();

    let layered = folder.index(moment(4)).unwrap();
    let sources: Vec<String> =
        layered.lookup(&address(&number(7)).key()).map(|claim| claim.source().to_owned()).collect();
    assert_eq!(sources, ["own-large", "own-small"], "in one order, from two files");
    assert!(!names(&layered, &number(30_000)));
    layered.verify_digest().unwrap();
    // Made at once, it is the same index.
    run(async {
        let store = ClaimStore::open(dir.path()).await.unwrap();
        let at_once = Index::from_corpus(&store.corpus().await.unwrap()).unwrap();
        assert_eq!(at_once.digest(), layered.digest());
        assert_eq!(
            (at_once.claim_count(), at_once.subject_count()),
            (layered.claim_count(), layered.subject_count())
        );
        store.close().await;
    });
}

#[test]
fn a_check_at_the_publisher_costs_no_file() {
    let (dir, _) = with_a_list();
    let before = files(dir.path());
    let folder = AttributionFolder::new(dir.path());
    let id = SourceId("own-list".to_owned());
    folder.record_check(&id, moment(5), &CheckOutcome::Current).unwrap();
    assert_eq!(files(dir.path()), before);
    let index = folder.index(moment(6)).unwrap();
    assert_eq!(index.source("own-list").unwrap().checked_at, Some(moment(5)));
}
