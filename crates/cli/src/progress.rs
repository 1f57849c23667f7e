//! Progress on standard error: a bar at a terminal, nothing in a pipe.

use std::{
    io::IsTerminal,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C end long work after the block or subject in hand; a second one kills as usual.
pub(crate) fn end_on_interrupt() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
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
