//! The binary as a user meets it.

mod follow;
mod screen;
mod story;
