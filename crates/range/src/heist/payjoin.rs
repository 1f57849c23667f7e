//! `PayJoin` (BIP-78): whoever is paid brings a coin too, so that the inputs have two owners and the amount paid is not there
//! to be read. The shape is the protocol's own: inputs of one kind, the payee's output worth its coin and the payment, change.

use tracehound_model::Sats;

use super::{
    records::Record,
    stage::{Habit, Note, Out, Party, Piece, Stage, clean, deal},
};
use crate::{Role, economy::SERVICES, owner::Template};

/// Least that either side brings, base units.
const LEAST: u64 = 100_000;
/// Fee of the whole, base units.
const FEE: u64 = 4_000;

/// A coin of somebody else of the same kind of wallet, who is paid.
pub(super) fn payee(stage: &mut Stage<'_>, template: Template, payer: u32) -> Option<Piece> {
    let coin = stage.economy.take_where(400, stage.dice, |coin, of| {
        coin.wallet >= SERVICES && coin.wallet != payer && coin.value >= LEAST && of == template
    })?;
    Some(stage.piece(coin))
}

/// A payment of 10 to 60 % of what the payer brings. Returns the change, and loot that the payee got.
pub(super) fn pay(
    stage: &mut Stage<'_>,
    payer: Piece,
    payee: Piece,
    (change_party, habit): (Party, Habit),
    note: Option<Note>,
) -> (Piece, u64) {
    let paid = payer.value / 100 * stage.dice.between(10, 60);
    let rest = payer.value - paid - FEE;
    let mut dealt = deal(payer.lots.clone(), &[paid, rest], stage.dice);
    let (change_lots, mut paid_lots) = (dealt.swap_remove(1), dealt.swap_remove(0));
    paid_lots.extend(clean(payee.value));
    let party = stage.fresh(payee.party.wallet);
    let payee_at = payee.outpoint;
    let mut inputs = vec![payer, payee];
    let mut outs = vec![
        Out { party, value: inputs[1].value + paid, role: Role::Peeled, lots: paid_lots, change: false },
        Out { party: change_party, value: rest, role: Role::Churn, lots: change_lots, change: true },
    ];
    stage.dice.shuffle(&mut inputs);
    stage.dice.shuffle(&mut outs);
    let made = match note {
        Some(note) => stage.movement(note, &inputs, &outs, habit),
        None => stage.transact(&inputs, &outs, habit),
    };
    let change = outs.iter().position(|out| out.change).expect("it is there");
    let got = 1 - change;
    stage.book.put(&Record::Payjoin {
        txid: made[got].outpoint.txid,
        payee_inputs: (0..)
            .zip(&inputs)
            .filter(|(_, input)| input.outpoint == payee_at)
            .map(|(at, _)| at)
            .collect(),
        payee_output: got as u32,
        paid: Sats(paid),
        heist: note.map(|note| note.heist),
    });
    (made[change].clone(), made[got].stolen())
}

/// Two of the background.
pub(super) fn of_background(stage: &mut Stage<'_>) {
    let coin = stage.economy.take_where(400, stage.dice, |coin, template| {
        coin.wallet >= SERVICES
            && coin.value >= LEAST
            && matches!(template, Template::P2wpkh | Template::P2tr)
    });
    let Some(coin) = coin else { return };
    let payer = stage.piece(coin);
    let Some(payee) = payee(stage, payer.party.owner.template, coin.wallet) else {
        stage.put_back(&payer);
        return;
    };
    let party = stage.fresh(coin.wallet);
    pay(stage, payer, payee, (party, Habit::of(coin.wallet)), None);
}
