//! Everything the guard promises, on real cases where there are some.

mod boundaries;
mod bybit;
mod corpus;
mod descriptors;
mod documents;
mod hashes;
mod hostile;
mod oracle;
mod rpc;
mod rules;
mod shared;
mod watch;
