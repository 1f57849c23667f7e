//! G-FMT-01 and G-WRAP-01.

use alloy_primitives::U256;

use super::queue::AHEAD;
use crate::{
    case::{Case, Subject},
    decode::{EXECUTE, Plan},
    finding::{
        CheckId::{Fmt01, Gas01, Sig03, Wrap01},
        Finding,
        Severity::{Block, Incomplete, Review},
    },
    tx::EvmTx,
};

pub(super) fn encoding(case: &Case<'_>, out: &mut Vec<Finding>) {
    for oddity in &case.unpacked.oddities {
        let title = "The call is encoded in a way that readers and the contract may understand differently.";
        out.push(Finding::new(Fmt01, Block, &oddity.path, title).because(oddity.what.clone()));
    }
    for call in &case.unpacked.calls {
        let batch = call.decoded.as_ref().filter(|it| it.function.name == "safeBatchTransferFrom");
        let length =
            |index: usize| batch.and_then(|it| it.args.get(index)).map_or(0, |it| it.elements().len());
        let (numbers, amounts) = (length(2), length(3));
        if numbers != amounts {
            let title = "Names numbers and amounts that are not as many: which belong together, readers may see differently.";
            let finding = Finding::new(Fmt01, Block, &call.path, title);
            out.push(finding.because(format!("{numbers} numbers, {amounts} amounts")));
        }
    }
    // For typed data the same is a blind signature (G-SIGN-01).
    if matches!(case.subject, Subject::Typed(..)) {
        return;
    }
    for noted in case.non_canonical {
        let title = "A value is spelt so that readers may understand it differently.";
        out.push(Finding::new(Fmt01, Block, &noted.path, title).because(noted.what.clone()));
    }
}

/// How an ordinary transaction is sent: what it may cost, where it holds, what of it nobody reads.
pub(super) fn sending(case: &Case<'_>, out: &mut Vec<Finding>) {
    let unread = match case.subject {
        Subject::Tx(tx) => &tx.unread,
        Subject::Safe(safe) => &safe.entry.unread,
        _ => return,
    };
    for key in unread {
        let title = format!("The field {key:?} is not known here: what it does was not judged.");
        out.push(Finding::new(Fmt01, Incomplete, &case.path, title));
    }
    if let Some(unlike) = case.safe().and_then(|safe| safe.entry.unlike.as_ref()) {
        let (severity, title) = if unlike.is_other {
            let title = "The service's words say another thing than the data that are signed: what a page shows by them is not what happens.";
            (Block, title)
        } else {
            let title = "The service's words for the data are in a form that is not compared with them here: what a page shows by them \
                         may be something else.";
            (Review, title)
        };
        out.push(Finding::new(Fmt01, severity, &unlike.path, title).because(unlike.what.clone()));
    }
    let Subject::Tx(tx) = &case.subject else { return };
    if tx.kind == Some(4) && tx.authorizations.is_empty() {
        let title = "Says that it hands over an account's code (type 4), and names no code.";
        out.push(Finding::new(Fmt01, Incomplete, &case.path, title));
    }
    if tx.kind == Some(3) && tx.blobs == 0 {
        let title = "Says that it carries blobs (type 3), and has none: no chain takes it as it stands.";
        out.push(Finding::new(Fmt01, Incomplete, &case.path, title));
    }
    if tx.any_chain {
        let title = "Names no chain: whoever has it can send it on every chain where the account has money.";
        out.push(Finding::new(Fmt01, Review, &case.path, title));
    } else if case.chain_id.is_none_or(|chain| chain == 0) {
        let title = "Which chain it is for is not known (--chain-id).";
        out.push(Finding::new(Fmt01, Incomplete, &case.path, title));
    }
    out.extend(numbered(case, tx));
    let bounds = &case.policy.bounds;
    if let Some(fee) = tx.fee.filter(|fee| *fee > bounds.review_fee.0) {
        let severity = if fee > bounds.block_fee.0 { Block } else { Review };
        let title = format!("May cost {} in fees.", case.amount(fee, &alloy_primitives::Address::ZERO));
        out.push(Finding::new(Gas01, severity, &case.path, title));
    }
}

/// The number of a transaction against the next one of its sender, where that is known.
fn numbered(case: &Case<'_>, tx: &EvmTx) -> Option<Finding> {
    let next = U256::from(case.facts.at(&tx.from.or(case.actor)?)?.nonce?);
    let number = tx.nonce?;
    let title = if number < next {
        format!(
            "Its number (nonce) is {number}, and the sender's next one is {next}: that number is used already, and it can never be sent."
        )
    } else if number - next > U256::from(AHEAD) {
        format!(
            "Its number (nonce) is {number}, and the sender's next one is {next}: signed now, it can be kept and sent much later."
        )
    } else {
        return None;
    };
    Some(Finding::new(Sig03, Review, &case.path, title))
}

/// Commands that are run for whoever signed them. Source: Uniswap/universal-router, from 2.1 on.
const EXECUTE_SIGNED: &str = "executeSigned(bytes,bytes[],bytes32,bytes32,bool,bytes32,bytes,uint256)";

pub(super) fn cut(case: &Case<'_>, out: &mut Vec<Finding>) {
    for cut in &case.unpacked.cut {
        let title = "Not everything inside was examined.";
        out.push(Finding::new(Wrap01, Incomplete, &cut.path, title).because(cut.what.clone()));
    }
    for call in case.unpacked.calls.iter().filter(|call| !call.is_wrapper) {
        let signature = call.signature().unwrap_or_default();
        if signature == EXECUTE_SIGNED {
            let title = "Commands that somebody signed (executeSigned) are inside, and neither they nor the signature are read.";
            out.push(Finding::new(Wrap01, Incomplete, &call.path, title));
        }
        if matches!(signature, "execute(bytes32,bytes)" | "executeFromExecutor(bytes32,bytes)") {
            let title =
                "What an account is to do stands in a form that is not read here (by the mode of ERC-7579).";
            out.push(Finding::new(Wrap01, Incomplete, &call.path, title));
        }
        if EXECUTE.contains(&signature) {
            let is_trusted = call.to.is_some_and(|to| case.trusts(&to, &[crate::policy::Role::Contract]));
            // Of another contract the same commands may say something else.
            let is_router = call.to.is_some_and(|to| case.reads_commands(&to));
            if is_trusted && is_router && Plan::of(call).is_some() {
                continue;
            }
            let title = match Plan::stops_at(call).filter(|_| is_router) {
                Some(name) => {
                    format!("Commands are inside that are not examined, for one that is not read: {name}.")
                }
                None => "Commands in a form of its own are inside, which are not examined.".to_owned(),
            };
            let severity = if is_trusted { Review } else { Incomplete };
            out.push(Finding::new(Wrap01, severity, &call.path, title));
        }
    }
}
