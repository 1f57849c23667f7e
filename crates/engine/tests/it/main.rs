//! Tests of the engine through its public interface.

mod labels;
mod labels_scorecard;
mod schemas;
mod transfers;
mod workspace;
