//! Which outputs a question begins with.

use tracehound_labels::{Label, Nature, Predicate};
use tracehound_ledger::{Ledger, OutNum, TxView};
use tracehound_model::{Chain, OutPoint, Pasted, Subject, TxId};
use tracehound_screen::Keys;

use crate::{
    EngineError,
    view::{Missing, View},
};

/// Outputs of one address that are followed.
const MOST_RECEIVED: usize = 100_000;

/// What a text names.
pub(crate) struct Start {
    /// The outputs.
    pub(crate) outs: Vec<OutNum>,
    /// Whether they are all that somebody received.
    pub(crate) is_owner: bool,
}

type Started<T> = Result<Result<T, Missing>, EngineError>;

/// The outputs that a text names: one (TXID:N), those of a transaction, or those that the key of an address received.
pub(crate) fn start(view: &View, keys: &Keys<'_>, from: &str) -> Started<Start> {
    let ledger = &view.ledger;
    let absent = || Ok(Err(Missing::of(from)));
    if let Ok(OutPoint { txid, vout }) = from.parse::<OutPoint>() {
        let Some(tx) = tx_named(ledger, &txid) else { return absent() };
        if vout >= tx.output_count {
            return Err(EngineError::Question(format!(
                "transaction {txid} has {} outputs, numbered from 0",
                tx.output_count
            )));
        }
        let out = OutNum(tx.first_output.0 + u64::from(vout));
        return Ok(Ok(Start { outs: vec![out], is_owner: false }));
    }
    if let Ok(txid) = from.parse::<TxId>() {
        let Some(tx) = tx_named(ledger, &txid) else { return absent() };
        let owned = ledger.outputs(&tx).filter(|output| output.owner.is_some());
        return Ok(Ok(Start { outs: owned.map(|output| output.num).collect(), is_owner: false }));
    }
    Pasted::read(from).map_err(|source| EngineError::Subject {
        what: format!("`{from}` is no output (TXID:N), transaction or address"),
        source,
    })?;
    let mut outs = Vec::new();
    for owner in view.owners_of(keys, from)? {
        let (activity, cut) = ledger.activity(owner, MOST_RECEIVED);
        if cut {
            return Err(EngineError::Question(format!(
                "`{from}` received more than {MOST_RECEIVED} outputs: name the ones to follow"
            )));
        }
        outs.extend(activity.received);
    }
    // One that only spends what it got in blocks that are missing received nothing here either.
    if outs.is_empty() { absent() } else { Ok(Ok(Start { outs, is_owner: true })) }
}

/// What the addresses received that claims and labels of the day give this name; a claim's actor counts as its name too.
pub(crate) fn named(view: &View, keys: &Keys<'_>, name: &str) -> Started<Vec<OutNum>> {
    let wanted = name.to_lowercase();
    let claimed = view.index.claims().filter(|claim| claim.holds_on(view.day)).filter(|claim| {
        claim.label().to_lowercase().contains(&wanted)
            || claim.actor().is_some_and(|actor| actor.to_lowercase() == wanted)
    });
    let controls = |label: &Label| label.nature == Nature::Entity && label.predicate == Predicate::Controls;
    let labelled =
        view.packs.labels_of(Chain::Bitcoin(view.network), view.day).filter(controls).filter(|label| {
            let names = [Some(&label.label), label.entity.as_ref()];
            names.into_iter().flatten().any(|name| name.to_lowercase().contains(&wanted))
        });
    let subjects = claimed.map(|claim| claim.subject()).chain(labelled.map(|label| label.subject));
    let (mut claims, mut seeds) = (0_u32, Vec::new());
    for subject in subjects {
        claims += 1;
        let Subject::Address(address) = subject else { continue };
        for owner in keys.owners(&address) {
            let (activity, cut) = view.ledger.activity(owner, MOST_RECEIVED);
            if cut {
                return Err(EngineError::Question(format!(
                    "{address} received more than {MOST_RECEIVED} outputs: name the ones to follow"
                )));
            }
            seeds.extend(activity.received);
        }
    }
    match (claims, seeds.is_empty()) {
        (0, _) => Err(EngineError::Question(format!(
            "no list and no label names anybody `{name}`: tracehound lists list shows what is loaded"
        ))),
        (_, true) => Ok(Err(Missing {
            subject: name.to_owned(),
            told: format!("whoever {claims} claims name `{name}`"),
        })),
        (_, false) => {
            // In the ledger's order: that of the claims is different in every installation.
            seeds.sort_unstable();
            seeds.dedup();
            Ok(Ok(seeds))
        }
    }
}

fn tx_named(ledger: &Ledger, txid: &TxId) -> Option<TxView> {
    ledger.find_tx(txid).and_then(|tx| ledger.tx(tx))
}
