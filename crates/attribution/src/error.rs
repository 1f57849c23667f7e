//! What can go wrong while a list is read.

/// Why a list could not be read. Nothing has been stored when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The bytes could not be read at all.
    #[error("cannot read the list")]
    Io(#[from] std::io::Error),
}
