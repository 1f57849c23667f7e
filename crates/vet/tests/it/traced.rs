//! Nothing is run, nothing is written, nothing is asked for: seen by the system's own tracer.

use std::{fs, path::Path, process::Command};

use tracehound_testkit::{shared_data, skipped};

/// Set for the traced child: what it is to vet.
const PATH: &str = "TRACEHOUND_VET_TRACED";

/// The child's part: vets what it is told, and nothing else.
#[test]
fn a_traced_child_vets_what_it_is_told() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let tree =
        tracehound_vet::tree::read(Path::new(&path), tracehound_vet::Limits::default()).expect("readable");
    assert!(tracehound_vet::judge(&tree).expect("a thread").read.files > 0);
}

#[test]
fn nothing_of_what_was_sent_is_run_written_or_asked_for() {
    let Some(sample) = shared_data("vet/sample/lures") else { return };
    if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        return skipped("strace is not here: that nothing is run was not watched");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    for lure in fs::read_dir(sample).expect("lures") {
        let lure = lure.expect("a file").path();
        let done = Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=%process,%network,%file", "-o"])
            .arg(&log)
            .arg(std::env::current_exe().expect("this test"))
            .args(["--exact", "traced::a_traced_child_vets_what_it_is_told", "--test-threads=1"])
            .env(PATH, &lure)
            .output()
            .expect("strace runs");
        let said = fs::read_to_string(&log).unwrap_or_default();
        if said.is_empty() || said.contains("PTRACE") {
            return skipped("strace may not trace here: that nothing is run was not watched");
        }
        assert!(done.status.success(), "{}: {}", lure.display(), String::from_utf8_lossy(&done.stdout));
        assert!(said.contains(&*lure.to_string_lossy()), "the lure was read: {said}");
        // The first is the test itself.
        let runs = said.lines().filter(|line| line.contains("execve")).count();
        assert_eq!(runs, 1, "{}: {said}", lure.display());
        for forbidden in [
            "socket(", "connect(", "O_WRONLY", "O_RDWR", "O_CREAT", "unlink", "rename", "mkdir", "symlink",
            "chmod",
        ] {
            let found = said.lines().find(|line| line.contains(forbidden) && !line.contains("/dev/null"));
            assert_eq!(found, None, "{}: {forbidden}", lure.display());
        }
    }
}
