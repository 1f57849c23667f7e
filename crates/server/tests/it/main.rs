//! The handlers as a client meets them, on the loopback interface.

mod connections;
mod proxy;
mod simulated;
mod support;
