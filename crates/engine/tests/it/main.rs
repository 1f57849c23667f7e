//! Tests of the engine through its public interface.

mod schemas;
mod workspace;
