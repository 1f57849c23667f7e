//! Transactions on the way that may be mixes. They end no path: what lies behind them may be strangers' money, and an answer
//! says how much went through them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{OutNum, Prev, TxNum, TxSpan, UtxoRows};
use tracehound_model::{Amount, Asset};

use super::Known;
use crate::{
    numbers::Table,
    taint::{Direction, MOST, Mix, Piece, Propagation, Step},
    words::permille,
};

/// What went through transactions that may be mixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Suspected {
    /// Such transactions.
    pub transactions: usize,
    /// People in the largest of them, at least, if it is one.
    pub participants: u32,
    /// Base units of what was followed that went through one or more of them, by the shares in which outputs were paid; none
    /// where the rule counts units more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
}

impl Suspected {
    /// In a sentence, of all that was followed.
    pub fn sentence(&self, asset: Asset, followed: Amount) -> String {
        let Self { transactions, participants, amount } = *self;
        let amount = amount.map_or_else(
            || "some of it".to_owned(),
            |amount| format!("{} ({})", asset.money(amount), permille(amount, followed)),
        );
        let up_to = if transactions == 1 { "" } else { "up to " };
        // Of one at least is of anybody.
        let of_people = match participants {
            0 | 1 => String::new(),
            people => format!(" of {up_to}{people} people or more"),
        };
        format!(
            "{amount} went through {transactions} {} (suspected CoinJoin{}{of_people}), where no path ends: \
             what lies behind may be strangers' money",
            if transactions == 1 {
                "transaction that may be a mix"
            } else {
                "transactions that may be mixes"
            },
            if transactions == 1 { "" } else { "s" },
        )
    }
}

/// The transactions of a propagation that may be mixes, and what went through them; nothing where none is.
pub(crate) fn suspects<R: UtxoRows>(
    ledger: &R,
    found: &Propagation,
    direction: Direction,
    known: &dyn Known<R>,
) -> (BTreeMap<TxNum, Mix>, Option<Suspected>) {
    let mut marks = BTreeMap::new();
    // Of each output behind a suspect, what of its followed units came through one.
    let mut through: Table<OutNum, u128> = Table::default();
    let mut told = Suspected { transactions: 0, participants: 0, amount: None };
    let mut amount = 0_u128;
    for step in &found.steps {
        let (from, to) = match direction {
            Direction::Forward => (found.inputs(step), found.outputs(step)),
            Direction::Backward => (found.outputs(step), found.inputs(step)),
        };
        let entered: u128 = from.iter().map(|piece| u128::from(piece.dirty)).sum();
        let before: u128 = from.iter().filter_map(|piece| through.get(&piece.out)).sum();
        let before = before.min(entered);
        let suspect = suspect(ledger, step, from, direction, known);
        let after = if suspect.is_some() { entered } else { before };
        if let Some(mix) = suspect {
            told.transactions += 1;
            told.participants = told.participants.max(mix.participants);
            amount = amount.saturating_add(entered - before);
            marks.insert(step.tx, mix);
        }
        if after > 0 {
            for piece in to {
                let part = u128::from(piece.dirty).saturating_mul(after) / entered.max(1);
                through.insert(piece.out, part);
            }
        }
    }
    told.amount = Some(amount.into());
    (marks, (told.transactions > 0).then_some(told))
}

/// A step's transaction, if it may be a mix. Nobody hides in one that is followed whole, or nearly.
fn suspect<R: UtxoRows>(
    ledger: &R,
    step: &Step,
    from: &[Piece],
    direction: Direction,
    known: &dyn Known<R>,
) -> Option<Mix> {
    if step.mix.is_some() {
        return None;
    }
    let view = ledger.tx(step.tx)?;
    let mix = known.suspect(ledger, TxSpan::from(&view))?;
    let (count, value) = match direction {
        Direction::Forward => {
            let inputs = ledger.inputs(&view).filter(|input| input.prev != Prev::Coinbase);
            let values: Vec<u64> = inputs.map(|input| ledger.input_value(&input).unwrap_or(0)).collect();
            (values.len(), values.into_iter().map(u128::from).sum::<u128>())
        }
        Direction::Backward => {
            let paid: Vec<u64> = ledger
                .outputs(&view)
                .filter(|output| output.owner.is_some())
                .map(|output| output.value)
                .collect();
            (paid.len(), paid.into_iter().map(u128::from).sum::<u128>())
        }
    };
    let followed: u128 = from.iter().map(|piece| u128::from(piece.dirty)).sum();
    let whole = from.len() * 4 >= count * MOST && followed * 4 >= value * MOST as u128;
    (!whole).then_some(mix)
}
