//! How real transactions are shaped: histograms counted in real blocks.
//!
//! Counted once, with a throw-away parser, over the 12,166 transactions (coinbases left out) of nine mainnet blocks of
//! 2013-03-24 to 2021-09-30: heights 227835, 277647, 363703, 383616, 413567, 481815, one block each of 2017-08-28 and
//! 2019-01-04, and 702861 (published as test data by bitcoinj, btcd, Bitcoin Core, hadoopcryptoledger and
//! rust-bitcoin). In that sample a transaction has 2.71 inputs, 2.37 outputs and 589 bytes on average. A larger set of
//! 21 blocks (26,912 transactions) had 2.78, 2.36 and about 610. [`Profile::Recent`](crate::Profile::Recent) counts
//! only the blocks of 2019 and 2021: 5,396 transactions, 2.23 inputs, 2.39 outputs, 483 bytes.
//!
//! Two things are *chosen*, not measured, because the sample cannot show them: taproot outputs (the newest block is
//! older than taproot; 1 % is given to them so that the type occurs), and who owns what.

use crate::{config::Profile, dice::Dice, owner::Template};

/// Rows of (lowest, highest, how often seen). Within a row every number is equally likely; where a row spans many
/// numbers its upper end is set so that the row's mean is the sample's.
pub(crate) struct Histogram {
    rows: &'static [(u32, u32, u32)],
    total: u32,
}

impl Histogram {
    pub(crate) const fn new(rows: &'static [(u32, u32, u32)]) -> Self {
        let (mut total, mut i) = (0, 0);
        while i < rows.len() {
            total += rows[i].2;
            i += 1;
        }
        Self { rows, total }
    }

    pub(crate) fn draw(&self, dice: &mut Dice) -> usize {
        let mut ticket = dice.below(u64::from(self.total)) as u32;
        for &(low, high, count) in self.rows {
            if ticket < count {
                return dice.between(u64::from(low), u64::from(high)) as usize;
            }
            ticket -= count;
        }
        unreachable!("a ticket is below the sum of the counts")
    }
}

/// The shape of one profile's transactions.
pub(crate) struct Shape {
    /// Inputs a transaction.
    pub(crate) inputs: Histogram,
    /// Outputs a transaction, given 1, 2, 3, and 4 or more inputs.
    pub(crate) outputs: [Histogram; 4],
    /// Outputs of a batch payout: the part of the sample with six outputs or more.
    pub(crate) payouts: Histogram,
    /// Transactions in 10,000 that carry an `OP_RETURN` output.
    pub(crate) op_return_per_10k: u64,
    /// Wallet kinds by their share of outputs.
    pub(crate) owners: Owners,
}

impl Shape {
    pub(crate) const fn of(profile: Profile) -> &'static Self {
        match profile {
            Profile::Mixed => &MIXED,
            Profile::Recent => &RECENT,
        }
    }

    /// Outputs for a transaction with `inputs` inputs.
    pub(crate) fn draw_outputs(&self, inputs: usize, dice: &mut Dice) -> usize {
        self.outputs[inputs.clamp(1, 4) - 1].draw(dice)
    }
}

/// Wallet kinds and their weights.
pub(crate) struct Owners {
    rows: &'static [(Template, u32)],
    total: u64,
}

impl Owners {
    const fn new(rows: &'static [(Template, u32)]) -> Self {
        let (mut total, mut i) = (0, 0);
        while i < rows.len() {
            total += rows[i].1 as u64;
            i += 1;
        }
        Self { rows, total }
    }

    /// The kind of wallet number `wallet`. Fixed for ever, as a wallet's software is.
    ///
    /// The golden-ratio sequence spreads neighbouring numbers evenly, so that the few busiest services have the same
    /// mix as everyone and no seed gets a chain of bare multisig only.
    pub(crate) fn template(&self, wallet: u32) -> Template {
        let turn = u64::from(wallet).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mut left = ((turn * self.total) >> 32) as u32;
        for &(template, weight) in self.rows {
            if left < weight {
                return template;
            }
            left -= weight;
        }
        unreachable!("a place is below the sum of the weights")
    }
}

/// Lengths of whole `OP_RETURN` scripts: 22 and 83 bytes make up nine tenths of the sample's 623.
pub(crate) static OP_RETURN_LEN: Histogram =
    Histogram::new(&[(22, 22, 466), (83, 83, 88), (30, 48, 48), (5, 29, 21)]);

/// Output amounts in satoshi: the sample's deciles, `OP_RETURN` left out of the lowest. Within a tenth, every amount is
/// equally likely; the highest tenth, which reaches to 24,715 BTC, is cut at 50.
static AMOUNTS: [u64; 11] = [
    1_000,
    22_050,
    131_176,
    326_400,
    795_792,
    1_460_000,
    3_324_679,
    9_840_000,
    30_571_593,
    154_657_961,
    5_000_000_000,
];

/// An amount somebody pays.
pub(crate) fn draw_amount(dice: &mut Dice) -> u64 {
    let tenth = dice.index(AMOUNTS.len() - 1);
    dice.between(AMOUNTS[tenth], AMOUNTS[tenth + 1] - 1)
}

static MIXED: Shape = Shape {
    inputs: Histogram::new(&[
        (1, 1, 8514),
        (2, 2, 1921),
        (3, 3, 713),
        (4, 4, 319),
        (5, 5, 181),
        (6, 6, 100),
        (7, 7, 71),
        (8, 8, 46),
        (9, 12, 77),
        (13, 16, 43),
        (17, 24, 53),
        (25, 40, 36),
        (41, 98, 60),
        (81, 188, 21),
        (201, 550, 11),
    ]),
    outputs: [
        Histogram::new(&[
            (1, 1, 923),
            (2, 2, 6794),
            (3, 3, 509),
            (4, 4, 67),
            (5, 5, 29),
            (6, 8, 64),
            (9, 12, 59),
            (13, 20, 24),
            (21, 30, 29),
            (41, 62, 13),
            (81, 226, 3),
        ]),
        Histogram::new(&[
            (1, 1, 208),
            (2, 2, 1456),
            (3, 3, 203),
            (4, 4, 17),
            (5, 5, 7),
            (6, 8, 18),
            (9, 12, 5),
            (13, 20, 2),
            (21, 30, 2),
            (41, 62, 3),
        ]),
        Histogram::new(&[
            (1, 1, 183),
            (2, 2, 459),
            (3, 3, 47),
            (4, 4, 8),
            (5, 5, 3),
            (6, 8, 8),
            (9, 12, 3),
            (13, 20, 1),
            (21, 30, 1),
        ]),
        Histogram::new(&[
            (1, 1, 190),
            (2, 2, 684),
            (3, 3, 28),
            (4, 4, 17),
            (5, 5, 16),
            (6, 8, 24),
            (9, 12, 12),
            (13, 20, 13),
            (21, 30, 29),
            (41, 62, 3),
            (81, 226, 2),
        ]),
    ],
    payouts: Histogram::new(&[
        (6, 8, 114),
        (9, 12, 79),
        (13, 20, 40),
        (21, 30, 61),
        (41, 62, 19),
        (81, 226, 5),
    ]),
    op_return_per_10k: 512,
    // Outputs seen: 18,980 P2PKH, 6,679 P2SH, 2,429 P2WPKH, 139 P2WSH, 33 P2PK, 6 bare multisig. P2PKH and P2SH are
    // divided by how they were spent: 17,467 compressed and 1,851 uncompressed keys; 4,563 2-of-3, 3,207 nested
    // P2WPKH, 2,300 2-of-2 and 607 nested P2WSH.
    owners: Owners::new(&[
        (Template::P2pkh, 17_161),
        (Template::P2pkhUncompressed, 1_819),
        (Template::P2shTwoOfThree, 2_854),
        (Template::P2shP2wpkh, 2_006),
        (Template::P2shTwoOfTwo, 1_439),
        (Template::P2shP2wsh, 380),
        (Template::P2wpkh, 2_429),
        (Template::P2wsh, 139),
        (Template::P2tr, 283),
        (Template::P2pk, 33),
        (Template::BareMultisig, 6),
    ]),
};

static RECENT: Shape = Shape {
    inputs: Histogram::new(&[
        (1, 1, 4095),
        (2, 2, 741),
        (3, 3, 252),
        (4, 4, 94),
        (5, 5, 59),
        (6, 6, 28),
        (7, 7, 17),
        (8, 8, 19),
        (9, 12, 23),
        (13, 16, 16),
        (17, 24, 19),
        (25, 40, 9),
        (41, 78, 14),
        (81, 125, 6),
        (201, 795, 4),
    ]),
    outputs: [
        Histogram::new(&[
            (1, 1, 431),
            (2, 2, 3111),
            (3, 3, 427),
            (4, 4, 43),
            (5, 5, 18),
            (6, 8, 15),
            (9, 12, 10),
            (13, 20, 9),
            (21, 36, 22),
            (41, 56, 7),
            (81, 237, 2),
        ]),
        Histogram::new(&[
            (1, 1, 131),
            (2, 2, 524),
            (3, 3, 68),
            (4, 4, 8),
            (5, 5, 1),
            (6, 8, 4),
            (9, 12, 1),
            (13, 20, 2),
            (21, 36, 1),
            (41, 56, 1),
        ]),
        Histogram::new(&[(1, 1, 74), (2, 2, 160), (3, 3, 10), (4, 4, 5), (6, 8, 2), (13, 20, 1)]),
        Histogram::new(&[
            (1, 1, 77),
            (2, 2, 181),
            (3, 3, 7),
            (4, 4, 7),
            (5, 5, 10),
            (6, 8, 11),
            (9, 12, 5),
            (13, 20, 5),
            (21, 36, 4),
            (81, 237, 1),
        ]),
    ],
    payouts: Histogram::new(&[
        (6, 8, 32),
        (9, 12, 16),
        (13, 20, 17),
        (21, 36, 27),
        (41, 56, 8),
        (81, 237, 3),
    ]),
    op_return_per_10k: 1_053,
    // Outputs seen: 5,357 P2PKH, 4,389 P2SH, 2,429 P2WPKH, 139 P2WSH, 11 P2PK; spent as 4,100 compressed and 144
    // uncompressed keys, 3,205 nested P2WPKH, 1,008 2-of-2, 607 nested P2WSH and 170 2-of-3.
    owners: Owners::new(&[
        (Template::P2pkh, 5_175),
        (Template::P2pkhUncompressed, 182),
        (Template::P2shTwoOfThree, 150),
        (Template::P2shP2wpkh, 2_818),
        (Template::P2shTwoOfTwo, 886),
        (Template::P2shP2wsh, 535),
        (Template::P2wpkh, 2_429),
        (Template::P2wsh, 139),
        (Template::P2tr, 123),
        (Template::P2pk, 11),
    ]),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean of `draws` draws, in hundredths.
    fn mean(draws: u64, mut draw: impl FnMut() -> usize) -> u64 {
        (0..draws).map(|_| draw() as u64).sum::<u64>() * 100 / draws
    }

    #[test]
    fn draws_have_the_measured_means() {
        for (profile, inputs, outputs) in [(Profile::Mixed, 271, 237), (Profile::Recent, 223, 239)] {
            let shape = Shape::of(profile);
            let mut dice = Dice::new(1);
            let drawn_inputs = mean(200_000, || shape.inputs.draw(&mut dice));
            assert!(drawn_inputs.abs_diff(inputs) <= 10, "{profile:?}: {drawn_inputs}");
            let mut dice = Dice::new(2);
            let drawn_outputs = mean(200_000, || {
                let inputs = shape.inputs.draw(&mut dice);
                shape.draw_outputs(inputs, &mut dice)
            });
            assert!(drawn_outputs.abs_diff(outputs) <= 10, "{profile:?}: {drawn_outputs}");
        }
    }

    #[test]
    fn every_kind_of_wallet_occurs_in_its_share() {
        let owners = &Shape::of(Profile::Mixed).owners;
        let wallets = 28_549_u32;
        for &(template, weight) in owners.rows {
            let count = (0..wallets).filter(|&w| owners.template(w) == template).count() as u32;
            assert!(count.abs_diff(weight) <= 2 + weight / 100, "{template:?}: {count} of {weight}");
        }
    }
}
