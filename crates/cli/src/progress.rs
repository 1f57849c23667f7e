//! Progress on standard error: a bar at a terminal, nothing in a pipe.

use std::{
    io::IsTerminal,
    ops::ControlFlow,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{output::CUT_SHORT, terminal};

/// When the first interrupt came.
static INTERRUPTED: OnceLock<Instant> = OnceLock::new();
/// Signals within this time of the first are the same interrupt.
const ONE_INTERRUPT: Duration = Duration::from_millis(500);
/// Whether the work in hand looks at [`INTERRUPTED`].
static LOOKS: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C and SIGTERM end the run with the exit code of one that was cut short: at once, as a kill does that
/// stores and ledgers recover from, or, where the work asks for it ([`end_on_interrupt`]), after the block or subject in
/// hand; a second one at once. What comes less than half a second after the first counts as the first: `timeout` signals both
/// the process and its group.
pub(crate) fn watch_for_interrupts() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        let first = INTERRUPTED.get_or_init(Instant::now);
        if LOOKS.load(Ordering::Relaxed) && first.elapsed() < ONE_INTERRUPT {
            return;
        }
        terminal::say("cut short: interrupted before the answer was complete");
        std::process::exit(CUT_SHORT.into());
    })
}

/// Makes an interrupt end long work after the block or subject in hand.
pub(crate) fn end_on_interrupt() {
    LOOKS.store(true, Ordering::Relaxed);
}

/// Whether Ctrl-C was pressed.
pub(crate) fn interrupted() -> ControlFlow<()> {
    if INTERRUPTED.get().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// A bar over `total` bytes; hidden when quiet or when standard error is no terminal.
pub(crate) fn bytes(total: u64, quiet: bool) -> ProgressBar {
    bar(total, quiet, "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
}

/// A counter without an end.
pub(crate) fn counter(quiet: bool) -> ProgressBar {
    bar(0, quiet, "{msg} {human_pos} {per_sec}")
}

fn bar(total: u64, quiet: bool, template: &str) -> ProgressBar {
    let plain = quiet || !std::io::stderr().is_terminal() || std::env::var_os("NO_COLOR").is_some();
    let target = if plain { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let style = ProgressStyle::with_template(template).expect("the template is ours");
    ProgressBar::with_draw_target(Some(total), target).with_style(style)
}
