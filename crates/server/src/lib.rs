//! Doors over HTTP. They hold no logic of their own: what is answered is decided in the rooms below.

pub mod proxy;
