//! Everything the guard promises, on real cases where there are some.

mod acknowledged;
mod boundaries;
mod bybit;
mod corpus;
mod descriptors;
mod documents;
mod elsewhere;
mod facts;
mod figures;
mod hard_cases;
mod hashes;
mod honest;
mod hostile;
mod impostors;
mod left;
mod mentioned;
mod oracle;
mod proceeds;
mod queue;
mod rpc;
mod rules;
mod shapes;
mod shared;
mod unvouched;
mod watch;
mod whose;
