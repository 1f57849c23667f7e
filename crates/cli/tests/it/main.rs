//! The binary as a user meets it.

mod screen;
mod story;
