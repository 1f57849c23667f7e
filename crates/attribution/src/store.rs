//! The store of claims.
