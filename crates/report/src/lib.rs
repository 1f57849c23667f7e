//! Answers on paper: drawings, pages that explain themselves, and the same as PDF.
//!
//! [`picture`] draws, [`page`] writes a report of one question as one HTML file, [`pdf`] has a browser print it. All but the last
//! are pure: the same answer gives the same bytes.
//!
//! **Invariants.** Pages and drawings need nothing from outside and run nothing: no script, no font, no address is fetched.
//! Whatever comes from a list, a ledger or a user is text, escaped, with what would be acted upon replaced. A page says what
//! was not seen before it says how sure the rest is.

mod chart;
pub mod page;
pub mod pdf;
pub mod picture;
mod words;

pub use chart::SMALLEST;
pub use picture::Origin;
