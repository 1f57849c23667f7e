//! The binary as a user meets it.

mod analyze;
mod cluster;
mod follow;
mod screen;
mod story;
