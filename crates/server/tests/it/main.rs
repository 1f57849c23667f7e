//! The doors as a client meets them, on the loopback interface.

mod proxy;
mod support;
