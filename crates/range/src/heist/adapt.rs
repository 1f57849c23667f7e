//! A thief who learns that his coins are listed, and goes on by another way than to a service that everybody knows.
//!
//! No source says how often a thief does which; what is seen in published cases is that they wait, spread further, and turn
//! to services that ask less. So one in three each, chosen and not measured.

use super::{
    plan::Task,
    records::{Adaptation, Record},
    stage::Stage,
};
use crate::{dice::Dice, economy::SERVICES};

/// What changes.
pub(super) struct Change {
    /// What he does before he pays in, the last first.
    pub(super) first: Vec<Task>,
    /// Whether he pays in at services that few people use.
    pub(super) shy: bool,
}

/// Draws another way, and writes it down.
pub(super) fn draw(stage: &mut Stage<'_>, heist: u32, branch: u32) -> Change {
    let how = [Adaptation::Waits, Adaptation::Splits, Adaptation::SmallServices][stage.dice.index(3)];
    let first = match how {
        Adaptation::Waits => vec![Task::Sleep(stage.dice.between(200, 3_000))],
        Adaptation::Splits => vec![Task::FanOut(stage.dice.between(3, 8)), Task::Churn],
        Adaptation::SmallServices => vec![Task::Churn],
    };
    stage.book.put(&Record::Adapted { heist, branch, how });
    Change { first, shy: how == Adaptation::SmallServices }
}

/// One of the half of the services that get the fewest payments.
pub(super) fn small_service(dice: &mut Dice) -> u32 {
    SERVICES / 2 + dice.below(u64::from(SERVICES / 2)) as u32
}
