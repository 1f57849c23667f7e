//! The binary as a user meets it.

mod analyze;
mod follow;
mod screen;
mod story;
