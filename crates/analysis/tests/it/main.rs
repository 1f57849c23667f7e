//! Analysis on small hand-made chains whose answers can be worked out on paper.

mod counterparties;
