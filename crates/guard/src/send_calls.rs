//! What a batch of EIP-5792 asks of the wallet beside its calls: that they are one transaction, and capabilities.

use crate::{
    finding::{
        CheckId::{Act01, Auth7702},
        Finding,
        Severity::{Info, Review},
    },
    json::{Json, Node, shorten},
};

/// What is asked beside the calls: for the sentence, with what is to be said of it.
pub(crate) struct Beside {
    pub intent: String,
    pub finding: Finding,
}

/// Of one batch, or of each in a list of them.
pub(crate) fn beside(node: &Node, path: &str) -> Vec<Beside> {
    if let Some(list) = node.list() {
        let each = list.iter().enumerate();
        return each.flat_map(|(index, node)| beside(node, &format!("{path}[{index}]"))).collect();
    }
    let Some(calls) = node.get("calls").and_then(Node::list) else { return Vec::new() };
    let mut all = Vec::new();
    // Source: EIP-5792, `atomicRequired`: the wallet makes all calls as one or refuses. It grants nothing by itself: a wallet whose
    // account cannot do that yet turns it into a smart one only with an approval of its own, by code of its own choice.
    match node.get("atomicRequired").map(|asked| &asked.value) {
        None | Some(Json::Bool(false) | Json::Null) => {}
        Some(asked) => {
            let severity = if *asked == Json::Bool(true) { Info } else { Review };
            let title = "All calls are to happen as one, or none (atomicRequired). A wallet whose account cannot do that asks besides \
                         whether it may turn the account into a smart one (EIP-7702): that is another question, and not answered here.";
            all.push(Beside {
                intent: "all as one, or nothing of it".to_owned(),
                finding: Finding::new(Auth7702, severity, &format!("{path}.atomicRequired"), title),
            });
        }
    }
    let inner = calls.iter().enumerate().map(|(index, call)| (format!("{path}.calls[{index}]"), call));
    for (at, node) in std::iter::once((path.to_owned(), node)).chain(inner) {
        let fields = node.get("capabilities").and_then(Node::map).unwrap_or_default();
        for (name, asked) in fields.iter().filter(|(_, asked)| binds(asked)) {
            let name = shorten(name);
            let url = asked.get("url").and_then(Node::text).map(|url| format!(" ({})", shorten(url)));
            let url = url.unwrap_or_default();
            let title = format!(
                "Asks the wallet for the capability {name}{url}, which is not marked optional: what it takes or changes was not judged."
            );
            all.push(Beside {
                intent: format!("uses the capability {name}{url} of the wallet"),
                finding: Finding::new(Act01, Review, &format!("{at}.capabilities.{name}"), title),
            });
        }
    }
    all
}

/// Whether a capability is more than a wish. Source: EIP-5792, `optional`.
fn binds(asked: &Node) -> bool {
    let is_empty = asked.value == Json::Null || asked.map().is_some_and(<[_]>::is_empty);
    let is_optional = asked.get("optional").is_some_and(|optional| optional.value == Json::Bool(true));
    !is_empty && !is_optional
}
