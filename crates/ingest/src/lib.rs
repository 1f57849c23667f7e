//! Sources into the ledger.
