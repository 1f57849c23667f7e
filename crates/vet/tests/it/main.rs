//! `vet` on what was sent: our own inert lures and their honest twins.

mod sample;
