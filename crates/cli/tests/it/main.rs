//! The binary as a user meets it.

mod analyze;
mod cluster;
mod follow;
mod patterns;
mod screen;
mod story;
