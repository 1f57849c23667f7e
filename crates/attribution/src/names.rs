//! Matching the names of listed parties.
