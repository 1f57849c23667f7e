//! What a check is told besides the input.

use crate::{
    ask::{Engine, Lists},
    chain::Chain,
    descriptor::Descriptor,
    facts::Facts,
    policy::Policy,
};

/// Everything a check needs besides the input.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// What is known from elsewhere.
    pub facts: &'a Facts,
    /// Descriptors for clear signing.
    pub descriptors: &'a [Descriptor],
    /// Lists to look addresses up in.
    pub lists: Option<&'a dyn Lists>,
    /// An engine to execute with.
    pub engine: Option<&'a dyn Engine>,
    /// A node to ask what lies on the chain.
    pub chain: Option<&'a dyn Chain>,
}

impl<'a> Context<'a> {
    /// Policy and facts, nobody to ask.
    pub fn new(policy: &'a Policy, facts: &'a Facts) -> Self {
        Self { policy, facts, descriptors: &[], lists: None, engine: None, chain: None }
    }
}
