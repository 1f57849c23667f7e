//! One question to the guard, with everything it may ask of others at its side.

use std::fmt;

use jiff::Timestamp;
use tracehound_guard::{Context, Facts, Policy, Report, ask, erc7730::Descriptor};
use tracehound_simulate::{
    Block, Engine, LiveEngine, State,
    live::{self, At, Node},
};

/// One of the guard's readings of an input.
pub type Check<'a> = &'a dyn Fn(&[u8], Context<'_>) -> Report;

/// A node, and how it is called in answers.
pub struct Named<'a> {
    /// The node.
    pub node: &'a mut dyn Node,
    /// Its name: nothing of its address that may be a key.
    pub name: String,
}

impl fmt::Debug for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named").field("name", &self.name).finish_non_exhaustive()
    }
}

/// With what the guard is asked.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// What is known.
    pub facts: &'a Facts,
    /// Descriptors for clear signing.
    pub descriptors: &'a [Descriptor],
    /// Recorded state to execute it on.
    pub state: Option<&'a State>,
    /// A node to execute it on, where there is no recorded state.
    pub node: Option<Named<'a>>,
    /// The block after which it is executed; the last when absent, 0 of recorded state.
    pub block: Option<u64>,
    /// Lists to look addresses up in.
    pub lists: Option<&'a dyn ask::Lists>,
    /// The time of the block that it would be in, of recorded state.
    pub now: Timestamp,
}

/// Asks the guard.
pub fn judge(check: Check<'_>, input: &[u8], asked: Asked<'_>) -> Report {
    let Asked { policy, facts, descriptors, state, node, block, lists, now } = asked;
    let mut context = Context { descriptors, lists, ..Context::new(policy, facts) };
    if let Some(state) = state {
        // Before 1970 there is no block.
        let time = u64::try_from(now.as_second()).unwrap_or_default();
        let block = Block::at(block.unwrap_or(0), time);
        let engine = Engine { state, described: "recorded state".to_owned(), block };
        context.engine = Some(&engine);
        return check(input, context);
    }
    let Some(Named { node, name }) = node else { return check(input, context) };
    let at = block.map_or(At::Latest, At::Number);
    let live = LiveEngine::new(node, name, at, live::Limits::default());
    context.engine = Some(&live);
    check(input, context)
}
