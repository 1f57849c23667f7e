//! Waiting for new blocks: a node's own word over a socket, and the clock where there is none.

use std::{
    ops::ControlFlow,
    thread,
    time::{Duration, Instant},
};

use tracehound_evm::heads::Heads;
use tracing::info;

/// How long is waited before whoever may end it is asked again.
const SLICE: Duration = Duration::from_millis(200);
/// How long a socket is heard at least.
const LOOK: Duration = Duration::from_millis(1);
/// Time for each step of a subscription.
const PATIENCE: Duration = Duration::from_secs(10);

/// Rings when a node may have more blocks: when it says so, and in any case after some time, for a socket may be silent though it is
/// open. What it did not tell while there was no connection is asked for at once when there is one again.
#[derive(Debug)]
pub struct NewBlocks {
    url: Option<String>,
    heads: Option<Heads>,
    every: Duration,
    /// When it was opened last: one that ends at once is not opened again and again.
    opened: Option<Instant>,
    problem: Option<String>,
}

impl NewBlocks {
    /// Rings at least once in so much time; sooner where the node's socket at `url` (`ws://HOST:PORT`) tells of a block.
    pub fn new(url: Option<String>, every: Duration) -> Self {
        Self { url, heads: None, every, opened: None, problem: None }
    }

    /// Why the socket is not heard, if it is not: then the clock alone rings.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Waits until it rings, or `stop` ends it.
    pub fn wait(&mut self, stop: &dyn Fn() -> ControlFlow<()>) -> ControlFlow<()> {
        if self.heads.is_none()
            && self.opened.is_none_or(|opened| opened.elapsed() >= self.every)
            && let Some(url) = &self.url
        {
            self.opened = Some(Instant::now());
            match Heads::subscribe(url, PATIENCE) {
                Ok(heads) => {
                    (self.heads, self.problem) = (Some(heads), None);
                    // What came before it is not told any more.
                    return stop();
                }
                Err(error) => self.problem = Some(error.to_string()),
            }
        }
        let until = Instant::now() + self.every;
        loop {
            stop()?;
            let left = until.saturating_duration_since(Instant::now());
            match &mut self.heads {
                None if left.is_zero() => return ControlFlow::Continue(()),
                None => thread::sleep(left.min(SLICE)),
                Some(heads) => match heads.wait(left.clamp(LOOK, SLICE)) {
                    Ok(false) if left.is_zero() => return ControlFlow::Continue(()),
                    Ok(false) => {}
                    Ok(true) => return ControlFlow::Continue(()),
                    Err(error) => {
                        info!(%error, "the socket ended: it is opened again");
                        self.problem = Some(error.to_string());
                        self.heads = None;
                        return ControlFlow::Continue(());
                    }
                },
            }
        }
    }
}
