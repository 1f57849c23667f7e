//! Progress on standard error: a bar at a terminal, nothing in a pipe.

use std::{
    io::IsTerminal,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{output::CUT_SHORT, terminal};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Whether the work in hand looks at [`INTERRUPTED`].
static LOOKS: AtomicBool = AtomicBool::new(false);

/// From here on Ctrl-C and SIGTERM end the run with the exit code of one that was cut short: at once, as a kill does that
/// stores and ledgers recover from, or, where the work asks for it ([`end_on_interrupt`]), after the block or subject in
/// hand; a second one at once.
pub(crate) fn watch_for_interrupts() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        let looks = LOOKS.load(Ordering::Relaxed);
        if looks && !INTERRUPTED.swap(true, Ordering::Relaxed) {
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
    if INTERRUPTED.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
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
