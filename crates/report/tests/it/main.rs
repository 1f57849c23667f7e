//! Drawings and pages as somebody reads them.

mod drawn;
mod made;
mod pages;
