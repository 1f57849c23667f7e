//! The screening index.
