//! G-OWN-01 and G-GAS-01.

use crate::{
    case::Case,
    decode::{Act, Power},
    finding::{
        CheckId::{Gas01, Own01},
        Finding,
        Severity::{Block, Info, Review},
    },
    policy::Role,
};

pub(super) fn power(case: &Case<'_>, out: &mut Vec<Finding>) {
    for placed in &case.acts {
        let Act::Power { over, function, holder, power } = &placed.act else { continue };
        let over = case.show(over);
        let trusted = holder.is_some_and(|holder| {
            case.is_own(&holder)
                || case.trusts(&holder, &[Role::Admin])
                || case.facts.safe_at(&holder).is_some_and(|safe| safe.address.is_some())
        });
        let to = holder.map_or_else(|| "somebody".to_owned(), |holder| case.show(&holder));
        let (severity, title) = match power {
            Power::Holder => (if trusted { Review } else { Block }, format!("Hands {over} over to {to}.")),
            Power::Code => (
                if trusted { Review } else { Block },
                format!("Exchanges the code of {over} for that of {to}."),
            ),
            Power::Role => (if trusted { Review } else { Block }, format!("Gives {to} a role over {over}.")),
            Power::GiveUp => (Review, format!("Gives up or takes power over {over} for good.")),
            Power::Accept => (Review, format!("Accepts power over {over}.")),
        };
        out.push(Finding::new(Own01, severity, &placed.path, title).because(format!("function {function}")));
    }
}

pub(super) fn gas_refund(case: &Case<'_>, out: &mut Vec<Finding>) {
    let Some(safe) = case.safe() else { return };
    let tx = &safe.entry.tx;
    let set = [
        (!tx.gas_price.is_zero(), format!("gasPrice {}", tx.gas_price)),
        (!tx.gas_token.is_zero(), format!("gasToken {}", tx.gas_token)),
        (!tx.refund_receiver.is_zero(), format!("refundReceiver {}", tx.refund_receiver)),
    ];
    let count = set.iter().filter(|(set, _)| *set).count();
    let (severity, title) = match (count, tx.gas_price.is_zero()) {
        (0, _) => return,
        (3, _) => (Block, "Pays a gas refund in a token of somebody's choice to somebody of his choice."),
        (_, false) => (Review, "The Safe pays for gas: a high price draws money out."),
        (_, true) => (Info, "A refund is set up, but its price is zero: nothing is paid."),
    };
    let mut finding = Finding::new(Gas01, severity, &case.path, title);
    for (_, text) in set.iter().filter(|(set, _)| *set) {
        finding = finding.because(text.clone());
    }
    out.push(finding);
}
