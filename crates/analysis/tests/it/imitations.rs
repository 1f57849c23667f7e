//! Imitations, on movements whose meaning is plain.

use tracehound_analysis::imitations::{Alike, Imitation, imitations};
use tracehound_transfers::{AccountNum, AssetNum};

use crate::deposits::transfers;

const VICTIM: u32 = 1;
const GENUINE: u32 = 2;
const COPY: u32 = 3;
const STRANGER: u32 = 4;
const OTHER_COPY: u32 = 5;
/// Two assets that people pay with, and a counterfeit.
const ETH: u32 = 0;
const USDT: u32 = 1;
const FAKE: u32 = 9;

/// The real pair of May 2024 (`shared/data/guard/address_poisoning.json`), whom it misled, and others.
fn digits(account: AccountNum) -> Vec<u8> {
    let text = match account.0 {
        VICTIM => "1e227979f0b5bc691a70deaed2e0f39a6f538fd5",
        GENUINE => "d9a1b0b1e1ae382dbdc898ea68012ffcb2853a91",
        COPY => "d9a1c3788d81257612e2581a6ea0ada244853a91",
        OTHER_COPY => "d9a192566e41e0804c3d81588a2d15be58853a91",
        _ => return format!("{:040x}", u64::from(account.0) * 0x1234_5678_9abc).into_bytes(),
    };
    text.as_bytes().to_vec()
}

fn alike(rows: &[(u32, u32, u32, u64, u64)]) -> Alike {
    let rows: Vec<_> = transfers(rows).collect();
    imitations(&rows, 16, |account| Some(digits(account)), |asset| asset != AssetNum(FAKE))
}

/// Who imitates whom.
fn found(rows: &[(u32, u32, u32, u64, u64)]) -> Vec<(u32, u32)> {
    alike(rows).imitations.into_iter().map(|found| (found.account.0, found.of.0)).collect()
}

#[test]
fn bait_after_a_payment_is_an_imitation() {
    let paid = (VICTIM, GENUINE, USDT, 1_000, 1);
    for bait in [
        (VICTIM, COPY, USDT, 0, 2),
        (COPY, VICTIM, USDT, 0, 2),
        (COPY, VICTIM, USDT, 10, 2),
        (VICTIM, COPY, FAKE, 1_000, 2),
        (COPY, VICTIM, FAKE, 1_000, 2),
    ] {
        assert_eq!(found(&[paid, bait]), [(COPY, GENUINE)], "{bait:?}");
        // Whoever falls for it pays it in earnest, and it stays what it is.
        assert_eq!(found(&[paid, bait, (VICTIM, COPY, USDT, 9_999, 3)]), [(COPY, GENUINE)], "{bait:?}");
    }
    let all = alike(&[paid, (VICTIM, COPY, USDT, 0, 2), (VICTIM, OTHER_COPY, USDT, 0, 2)]);
    let [account, of, misleads] = [COPY, GENUINE, VICTIM].map(AccountNum);
    // Two of three parties are one of three pairs.
    let first = Imitation { account, of, misleads, first: 4, last: 6, one_in: 16_u128.pow(10) / 3 };
    assert_eq!(all.imitations[0], first);
    assert_eq!(all.imitations.len(), 2);
    assert_eq!(all.groups, [[GENUINE, COPY, OTHER_COPY].map(AccountNum)]);
}

#[test]
fn the_imitated_is_never_taken_for_its_imitation() {
    let bait = |tx| (VICTIM, COPY, USDT, 0, tx);
    let paid = |tx| (VICTIM, GENUINE, USDT, 1_000, tx);
    // The movements begin in the middle: the bait was laid for a payment that is not among them.
    assert_eq!(found(&[bait(1), paid(2)]), []);
    assert_eq!(found(&[bait(1), paid(2), bait(3)]), []);
    assert_eq!(found(&[(VICTIM, COPY, FAKE, 1_000, 1), paid(2)]), []);
    // Somebody who fell for it before they begin.
    assert_eq!(found(&[(VICTIM, COPY, USDT, 1_000, 1), paid(2)]), []);
    // Both ways round for two victims: nothing is said of either.
    let other = [(STRANGER, COPY, USDT, 1_000, 3), (STRANGER, GENUINE, USDT, 0, 4)];
    assert_eq!(found(&[paid(1), bait(2), other[0], other[1]]), []);
    assert_eq!(alike(&[paid(1), bait(2), other[0], other[1]]).groups.len(), 1);
}

#[test]
fn two_that_are_paid_in_earnest_look_alike_and_no_more() {
    assert_eq!(found(&[(VICTIM, GENUINE, USDT, 1_000, 1), (VICTIM, COPY, USDT, 900, 2)]), []);
    // Elsewhere than on the victim's path nobody is misled.
    assert_eq!(found(&[(VICTIM, GENUINE, USDT, 1_000, 1), (STRANGER, COPY, USDT, 0, 2)]), []);
    assert_eq!(found(&[(VICTIM, GENUINE, USDT, 1_000, 1), (VICTIM, STRANGER, USDT, 0, 2)]), []);
    // More of another asset that people pay with is no bait.
    assert_eq!(found(&[(VICTIM, GENUINE, USDT, 1_000, 1), (VICTIM, COPY, ETH, 1, 2)]), []);
}

#[test]
fn what_chance_gives_is_no_imitation() {
    let rows: Vec<(u32, u32, u32, u64, u64)> =
        (0..3_000).map(|other| (VICTIM, 1_000 + other, USDT, 1_000, 1)).collect();
    // Seven digits are shared by chance once in 60 times among 3,000; ten are not.
    let near = |account: AccountNum| match account.0 {
        1_000 => Some(b"abc0000000000000000000000000000000001234".to_vec()),
        COPY => Some(b"abc1111111111111111111111111111111111234".to_vec()),
        _ => Some(digits(account)),
    };
    let with_bait = [&rows[..], &[(VICTIM, COPY, USDT, 0, 2)]].concat();
    let rows: Vec<_> = transfers(&with_bait).collect();
    let all = imitations(&rows, 16, near, |_| true);
    assert_eq!(all.imitations, []);
    assert!(all.groups.iter().any(|group| group.contains(&AccountNum(COPY))));
    let few: Vec<_> = transfers(&with_bait[..1]).chain(transfers(&with_bait[3_000..])).collect();
    assert_eq!(imitations(&few, 16, near, |_| true).imitations.len(), 1);
}

#[test]
fn a_thief_cannot_make_the_genuine_one_the_imitation() {
    // His own account pays his imitation, and a forged log shows the genuine one towards that account.
    let thief = STRANGER;
    let paid = (VICTIM, GENUINE, ETH, 1_000_000, 1);
    for amount in [1, 1_000_000, 9_000_000, 9_000_000_000] {
        for bait in [(GENUINE, thief, USDT, 0, 3), (thief, GENUINE, USDT, 0, 3), (thief, GENUINE, FAKE, 5, 3)]
        {
            let own = (thief, COPY, ETH, amount, 2);
            assert_eq!(found(&[paid, own, bait]), [], "{own:?} {bait:?}");
            assert_eq!(alike(&[paid, own, bait]).groups.len(), 1);
            // Also where the movements begin after it, and the genuine one is paid later by somebody else.
            assert_eq!(found(&[own, bait, (VICTIM, GENUINE, ETH, 10 * amount, 4)]), [], "{own:?} {bait:?}");
            // Whoever pays others too is heard, and he who deals with look-alikes alone is not.
            assert_eq!(found(&[own, bait, (VICTIM, 77, ETH, 5, 4), (VICTIM, GENUINE, ETH, amount, 5)]), []);
        }
    }
}

#[test]
fn a_counter_movement_takes_no_imitation_out() {
    let rows = [
        (VICTIM, GENUINE, ETH, 10_000, 1),
        (COPY, VICTIM, USDT, 0, 2),
        (STRANGER, COPY, ETH, 1_000, 3),
        (GENUINE, STRANGER, USDT, 0, 4),
    ];
    assert_eq!(found(&rows), [(COPY, GENUINE)]);
    // More than the genuine one was paid: it is left open, and the group is told.
    let more = [rows[0], rows[1], (STRANGER, COPY, ETH, 10_000, 3), rows[3]];
    assert_eq!(found(&more), []);
    assert_eq!(alike(&more).groups.len(), 1);
}

#[test]
fn a_payment_to_try_an_address_out_is_no_bait() {
    // Somebody fell for the imitation before, then tried the genuine one, and paid it.
    let fell = (VICTIM, COPY, USDT, 1_000, 1);
    assert_eq!(found(&[fell, (VICTIM, GENUINE, USDT, 1, 2), (VICTIM, GENUINE, USDT, 100_000, 3)]), []);
    // The genuine one gives dust back, and gets much more later.
    assert_eq!(found(&[fell, (GENUINE, VICTIM, USDT, 5, 2), (VICTIM, GENUINE, USDT, 500_000, 3)]), []);
    assert_eq!(found(&[fell, (GENUINE, VICTIM, USDT, 5, 2), (VICTIM, GENUINE, ETH, 500_000, 3)]), []);
}
