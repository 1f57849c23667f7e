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
    /// A node to ask what lies on the chain, and to execute it on, where there is no recorded state.
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
    context.chain = Some(&live);
    check(input, context)
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, time::Duration};

    use tracehound_evm::rpc::{HttpLimits, Rpc};
    use tracehound_guard::check_tx;
    use tracehound_model::Decision;

    use super::*;
    use crate::guard::HttpNode;

    const ME: &str = "0xb7AD6e4069d5C9A7BAA3Feb1db645A8032434aE3";

    /// A node that takes the question and never answers: the system takes the connection, and nobody reads it.
    #[test]
    fn a_node_that_never_answers_is_no_reason_to_allow() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let limits = HttpLimits { timeout: Duration::from_millis(100), retries: 0, ..HttpLimits::default() };
        let mut node = HttpNode::new(Rpc::new(&url, limits).expect("an address"));
        let facts = Facts::parse(&format!("chain-id = 1\naccount = '{ME}'")).expect("facts");
        let input = format!(r#"{{"from":"{ME}","to":"{ME}","value":"0x1","chainId":"0x1"}}"#);
        let policy = Policy::default();
        let asked = |node| Asked {
            policy: &policy,
            facts: &facts,
            descriptors: &[],
            state: None,
            node,
            block: None,
            lists: None,
            now: Timestamp::UNIX_EPOCH,
        };
        let alone = judge(&check_tx, input.as_bytes(), asked(None));
        assert_eq!(alone.verdict, Decision::Allow, "to oneself: {:#?}", alone.findings);
        let named = Named { node: &mut node, name: "the node".to_owned() };
        let report = judge(&check_tx, input.as_bytes(), asked(Some(named)));
        assert_eq!(report.verdict, Decision::Incomplete, "{:#?}", report.findings);
        assert!(report.of("G-FACT-01")[0].title.contains("could not be read"), "{:#?}", report.findings);
        // One that answers each question slowly is asked nothing more in the end.
        let mut slow = HttpNode::within(Rpc::new(&url, limits).expect("an address"), Duration::ZERO);
        let named = Named { node: &mut slow, name: "the node".to_owned() };
        let report = judge(&check_tx, input.as_bytes(), asked(Some(named)));
        assert_eq!(report.verdict, Decision::Incomplete, "{:#?}", report.findings);
        let said = serde_json::to_string(&report).expect("JSON");
        assert!(said.contains("waited for no longer"), "{said}");
    }
}
