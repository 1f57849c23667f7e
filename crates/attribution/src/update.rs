//! Fetching lists from their publishers.
