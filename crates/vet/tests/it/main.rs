//! `vet` on what was sent: our own inert lures and their honest twins, hostile archives, and what it may touch.

mod archives;
mod sample;
mod shapes;
mod traced;
