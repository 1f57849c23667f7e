//! What a deposit to a network between chains asks for.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracehound_bridges::{
    chainflip::{self, VaultSwap},
    memo::{self, Memo, Network, Said},
    outputs::{InOutputs, memo_in},
};
use tracehound_model::text::label;

use super::{Answered, to_bytes};

/// Outputs of a transaction at most: more do not fit into a block.
const MOST_SCRIPTS: usize = 200_000;
/// Bytes of a memo that are taken in; the networks look at fewer.
const MOST_BYTES: usize = 4_096;

/// What a line says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    /// Comes back.
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    /// Whose vault was paid.
    #[serde(borrow)]
    network: Cow<'a, str>,
    #[serde(borrow)]
    memo: Option<Cow<'a, str>>,
    /// Scripts of the transaction's outputs, in order, hexadecimal.
    #[serde(borrow)]
    scripts: Option<Vec<Cow<'a, str>>>,
}

/// What was read.
#[derive(JsonSchema, Serialize)]
pub(crate) struct MemoRead<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// The memo, where scripts were given: put together from their data.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Outputs that hold the memo and are no payments, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_payments: Option<Vec<usize>>,
    /// A memo of THORChain or Maya.
    #[serde(flatten)]
    memo: Option<Memo>,
    /// The account on its chain that is to be paid, where the memo names it by address (CAIP-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// A vault swap of Chainflip.
    #[serde(skip_serializing_if = "Option::is_none")]
    vault_swap: Option<VaultSwap>,
}

/// The name of the network whose swaps stand in data of their own.
const CHAINFLIP: &str = "chainflip";

/// Reads the memo of a line.
///
/// # Errors
/// A line that is none, names no network that is read, or holds a vault swap that cannot be read.
pub fn answer(line: &[u8]) -> Answered {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let scripts = line.scripts.as_deref().map(scripts).transpose()?;
    let mut answer = MemoRead {
        id: line.id.as_deref(),
        text: None,
        no_payments: None,
        memo: None,
        account: None,
        vault_swap: None,
    };
    if line.network == CHAINFLIP {
        let scripts = scripts.ok_or_else(|| "a vault swap stands in scripts: give them".to_owned())?;
        answer.vault_swap = Some(vault_swap(&scripts)?);
        return to_bytes(&answer);
    }
    let network = Network::named(&line.network).ok_or_else(|| {
        format!("`{}` is no network that is read: thorchain, mayachain or chainflip", label(&line.network))
    })?;
    let text = match (&line.memo, scripts) {
        (Some(memo), None) => memo.clone(),
        (None, Some(scripts)) => {
            let InOutputs { memo, data, text } = memo_in(scripts);
            answer.no_payments = Some([data, text].concat());
            answer.text = Some(memo.clone());
            Cow::Owned(memo)
        }
        _ => return Err("either `memo` or `scripts` is wanted".to_owned().into()),
    };
    if text.len() > MOST_BYTES {
        return Err(format!("a memo of {} bytes: at most {MOST_BYTES} are read", text.len()).into());
    }
    let memo = memo::read(network, &text);
    if let Some(Said::Swap(swap)) = &memo.said {
        let paid = swap.destination.as_ref().and_then(|whom| whom.on_chain_of(&swap.asset));
        answer.account = paid.map(|(chain, address)| format!("{}:{address}", chain.caip2()));
    }
    answer.memo = Some(memo);
    to_bytes(&answer)
}

fn scripts(all: &[Cow<'_, str>]) -> Result<Vec<Vec<u8>>, String> {
    if all.len() > MOST_SCRIPTS {
        return Err(format!("{} scripts: no transaction has so many outputs", all.len()));
    }
    let read = all.iter().enumerate().map(|(number, script)| {
        hex::decode(script.trim()).map_err(|error| format!("script {number} is not hexadecimal: {error}"))
    });
    read.collect()
}

/// The vault swap in the data of output 1, which is its place.
fn vault_swap(scripts: &[Vec<u8>]) -> Result<VaultSwap, String> {
    let script = scripts.get(1).or(scripts.first()).ok_or("no script is given")?;
    let data = tracehound_bridges::outputs::data_of(script).ok_or("output 1 is no OP_RETURN with data")?;
    chainflip::read(data).map_err(|error| error.to_string())
}
