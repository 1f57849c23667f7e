//! The steps of a change of the folder, named so that a test can stop at each of them.

use std::{fmt, io, sync::Arc};

/// How far a change of the folder has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The folder is locked.
    Locked,
    /// The store is open and holds what is shipped.
    Opened,
    /// The change is written in the store, not yet committed.
    Written,
    /// The change is committed.
    Committed,
    /// What the index is made from has been read.
    Read,
    /// The index's files are in place, nothing names them yet.
    Filed,
    /// The index is in force.
    Published,
    /// What is no longer needed has been removed.
    Tidied,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 8] = [
        Self::Locked,
        Self::Opened,
        Self::Written,
        Self::Committed,
        Self::Read,
        Self::Filed,
        Self::Published,
        Self::Tidied,
    ];
}

/// Is told of every step that has been made; an error ends the work there, as a full disk would.
pub type Watcher = Arc<dyn Fn(Step) -> io::Result<()> + Send + Sync>;

/// The watcher, where there is one.
#[derive(Clone, Default)]
pub(crate) struct Steps(pub(crate) Option<Watcher>);

impl Steps {
    pub(crate) fn made(&self, step: Step) -> io::Result<()> {
        #[cfg(feature = "stop-at-step")]
        stop_where_asked(step);
        self.0.as_ref().map_or(Ok(()), |watcher| watcher(step))
    }
}

/// The process stops for ever at the step that `TRACEHOUND_STOP_AT` names, to be killed there. In tests' builds only.
#[cfg(feature = "stop-at-step")]
fn stop_where_asked(step: Step) {
    use std::io::Write as _;

    if std::env::var("TRACEHOUND_STOP_AT").is_ok_and(|wanted| wanted == format!("{step:?}")) {
        let mut out = io::stderr();
        // Whoever cannot be told kills it all the same.
        let _ = writeln!(out, "stopped at {step:?}");
        loop {
            std::thread::park();
        }
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Steps(watched)" } else { "Steps" })
    }
}
