//! Label files, packs, deltas and the folder of the packs in force, as whoever publishes or uses them meets them.

mod agreement;
mod contributions;
mod corrections;
mod deltas;
mod files;
mod made;
mod packs;
mod real;
mod reserves;
mod shelf;
mod shipped;
mod signed;
