//! How a transfer lies in bytes: numbers as wide as they need to be, short amounts short.
//!
//! Transaction 5 bytes, from and to 4 each (all ones for nobody), asset 4, kind and proof 1, length of the amount 1, then
//! the amount without leading zeros: 19 bytes and the amount's own. All big-endian.

use tracehound_model::{Amount, transfer::MovementKind};

use crate::{AccountNum, AssetNum, Transfer, TransferNum, TxNum};

/// Bytes before the amount.
const HEAD: usize = 19;

/// The account number that stands for nobody. No account is numbered so high.
pub(crate) const NOBODY: u32 = u32::MAX;

/// The bit of the kind's byte that says that the header proves the transfer.
pub(crate) const PROVED: u8 = 0x80;

/// Appends a transfer's bytes. Its own number is its place and not among them.
pub(crate) fn pack(transfer: &Transfer, bytes: &mut Vec<u8>) {
    let account = |account: Option<AccountNum>| account.map_or(NOBODY, |account| account.0).to_be_bytes();
    bytes.extend_from_slice(&transfer.tx.0.to_be_bytes()[3..]);
    bytes.extend_from_slice(&account(transfer.from));
    bytes.extend_from_slice(&account(transfer.to));
    bytes.extend_from_slice(&transfer.asset.0.to_be_bytes());
    bytes.push(transfer.kind as u8 | if transfer.proved { PROVED } else { 0 });
    let (amount, start) = digits(transfer.amount);
    bytes.push(u8::try_from(amount.len() - start).expect("at most 32"));
    bytes.extend_from_slice(&amount[start..]);
}

/// An amount's bytes, and where its first that is not zero stands.
pub(crate) fn digits(amount: Amount) -> ([u8; 32], usize) {
    let bytes = amount.to_be_bytes();
    (bytes, bytes.iter().take_while(|&&byte| byte == 0).count())
}

/// The amount of these digits without leading zeros; nothing where they are more than an amount has.
pub(crate) fn from_digits(digits: &[u8]) -> Option<Amount> {
    let mut amount = [0; 32];
    amount.get_mut(32usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
    Some(Amount::from_be_bytes(amount))
}

/// Reads the transfer that begins there; nothing where the bytes are none.
pub(crate) fn unpack(num: TransferNum, bytes: &[u8]) -> Option<Transfer> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().expect("4 bytes"));
    let account = |at| Some(word(at)).filter(|&number| number != NOBODY).map(AccountNum);
    let mut tx = [0; 8];
    tx[3..].copy_from_slice(&head[..5]);
    let digits = rest.get(..usize::from(head[18]))?;
    Some(Transfer {
        num,
        tx: TxNum(u64::from_be_bytes(tx)),
        from: account(5),
        to: account(9),
        asset: AssetNum(word(13)),
        amount: from_digits(digits)?,
        kind: MovementKind::from_byte(head[17] & !PROVED)?,
        proved: head[17] & PROVED != 0,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::MAX_NUM;

    fn transfer() -> impl Strategy<Value = Transfer> {
        let account = || prop::option::of((0..NOBODY).prop_map(AccountNum));
        let amount = (0usize..=32, any::<[u8; 32]>()).prop_map(|(zeros, mut bytes)| {
            bytes[..zeros].fill(0);
            Amount::from_be_bytes(bytes)
        });
        (0..=MAX_NUM, account(), account(), any::<u32>(), amount, 0u8..4, any::<bool>()).prop_map(
            |(tx, from, to, asset, amount, kind, proved)| Transfer {
                num: TransferNum(7),
                tx: TxNum(tx),
                from,
                to,
                asset: AssetNum(asset),
                amount,
                kind: MovementKind::from_byte(kind).expect("a kind"),
                proved,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_packed_is_what_comes_out(transfer in transfer(), behind in any::<[u8; 3]>()) {
            let mut bytes = Vec::new();
            pack(&transfer, &mut bytes);
            let whole = bytes.len();
            bytes.extend(behind);
            prop_assert_eq!(unpack(TransferNum(7), &bytes), Some(transfer));
            prop_assert_eq!(unpack(TransferNum(7), &bytes[..whole - 1]), None, "cut off");
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = unpack(TransferNum(0), &bytes);
        }
    }

    #[test]
    fn an_amount_of_a_dollar_takes_three_bytes_and_one_of_256_bits_is_kept() {
        let length = |amount: Amount| {
            let mut bytes = Vec::new();
            pack(
                &Transfer {
                    num: TransferNum(0),
                    tx: TxNum(MAX_NUM),
                    from: None,
                    to: Some(AccountNum(1)),
                    asset: AssetNum(2),
                    amount,
                    kind: MovementKind::Token,
                    proved: true,
                },
                &mut bytes,
            );
            bytes.len()
        };
        assert_eq!(length(Amount::from_be_bytes([0; 32])), 19);
        let mut dollar = [0; 32];
        dollar[29..].copy_from_slice(&1_000_000u32.to_be_bytes()[1..]);
        assert_eq!(length(Amount::from_be_bytes(dollar)), 22);
        assert_eq!(length(Amount::from_be_bytes([0xff; 32])), 51);
    }
}
