//! The `tracehound` binary.
fn main() {}
