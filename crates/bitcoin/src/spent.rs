//! The outputs that a block spends, read from its undo record.
//!
//! Formats read from Bitcoin Core: `undo.h` (records), `compressor.cpp` (amounts and scripts), `serialize.h` (variable
//! length numbers).

use tracehound_model::{
    ScriptType,
    utxo::{OutputRow, UtxoBlock},
};

use crate::{curve::lift_x, parse::MAX_MONEY, script::classify_into};

/// What is wrong with an undo record whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// It ends too early.
    #[error("it is cut short")]
    Cut,
    /// It goes on after the last spent output.
    #[error("{0} bytes are left over")]
    Trailing(usize),
    /// It counts transactions or inputs otherwise than the block does.
    #[error("it counts {found} where the block has {expected}")]
    Count {
        /// Transactions or inputs in the block.
        expected: u64,
        /// What the record says.
        found: u64,
    },
    /// A number is longer than 64 bits.
    #[error("a number in it is too large")]
    Number,
    /// An amount is above 21 million coins.
    #[error("an amount in it exceeds 21 million coins")]
    Amount,
    /// A shortened public key is not on the curve.
    #[error("a public key in it is no point of the curve")]
    PublicKey,
}

/// How many transactions the record says its block has beside the coinbase; `None` where it says nothing.
pub(crate) fn spending_txs(undo: &[u8]) -> Option<u64> {
    Reader(undo).size().ok()
}

/// Fills in the outputs that the inputs of `block` spend; on an error all are left unknown.
pub(crate) fn fill_spent(undo: &[u8], block: &mut UtxoBlock) -> Result<(), UndoError> {
    let payloads = block.payloads.len();
    let result = fill(&mut Reader(undo), block);
    if result.is_err() {
        block.payloads.truncate(payloads);
        block.inputs.iter_mut().for_each(|input| input.prev_output = None);
    }
    result
}

fn fill(reader: &mut Reader<'_>, block: &mut UtxoBlock) -> Result<(), UndoError> {
    let UtxoBlock { txs, inputs, payloads, .. } = block;
    let Some((coinbase, txs)) = txs.split_first() else { return Ok(()) };
    reader.expect_count(txs.len() as u64)?;
    let mut inputs = inputs[coinbase.input_count as usize..].iter_mut();
    for tx in txs {
        reader.expect_count(u64::from(tx.input_count))?;
        for input in inputs.by_ref().take(tx.input_count as usize) {
            input.prev_output = Some(reader.spent_output(payloads)?);
        }
    }
    if reader.0.is_empty() { Ok(()) } else { Err(UndoError::Trailing(reader.0.len())) }
}

/// What is left of an undo record.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], UndoError> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(UndoError::Cut)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], UndoError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(UndoError::Cut)?;
        self.0 = rest;
        Ok(*head)
    }

    /// A count as in blocks (`CompactSize`).
    fn size(&mut self) -> Result<u64, UndoError> {
        Ok(match self.array()? {
            [0xfd] => u16::from_le_bytes(self.array()?).into(),
            [0xfe] => u32::from_le_bytes(self.array()?).into(),
            [0xff] => u64::from_le_bytes(self.array()?),
            [size] => size.into(),
        })
    }

    fn expect_count(&mut self, expected: u64) -> Result<(), UndoError> {
        let found = self.size()?;
        if found == expected { Ok(()) } else { Err(UndoError::Count { expected, found }) }
    }

    /// A number of base-128 digits, most significant first, where each continued one counts one more (`VARINT`).
    fn number(&mut self) -> Result<u64, UndoError> {
        let mut number = 0_u64;
        loop {
            let [byte] = self.array()?;
            if number > u64::MAX >> 7 {
                return Err(UndoError::Number);
            }
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
            number = number.checked_add(1).ok_or(UndoError::Number)?;
        }
    }

    /// One spent output: height and coinbase flag, a remnant of older formats, amount, script.
    fn spent_output(&mut self, payloads: &mut Vec<u8>) -> Result<OutputRow, UndoError> {
        let height_and_coinbase = self.number()?;
        if height_and_coinbase >> 1 > 0 {
            self.number()?;
        }
        let value = amount(self.number()?)?;
        let payload_at = payloads.len() as u32;
        let script_type = self.script(payloads)?;
        Ok(OutputRow { value, script_type, payload_at })
    }

    fn script(&mut self, payloads: &mut Vec<u8>) -> Result<ScriptType, UndoError> {
        Ok(match self.number()? {
            0 => {
                payloads.extend_from_slice(self.take(20)?);
                ScriptType::P2pkh
            }
            1 => {
                payloads.extend_from_slice(self.take(20)?);
                ScriptType::P2sh
            }
            prefix @ (2 | 3) => {
                payloads.push(prefix as u8);
                payloads.extend_from_slice(self.take(32)?);
                ScriptType::P2pkCompressed
            }
            // An uncompressed key is kept by its x coordinate.
            parity @ (4 | 5) => {
                let x = self.array()?;
                let y = lift_x(&x, parity == 5).ok_or(UndoError::PublicKey)?;
                payloads.push(4);
                payloads.extend_from_slice(&x);
                payloads.extend_from_slice(&y);
                ScriptType::P2pkUncompressed
            }
            len => {
                let len = usize::try_from(len - 6).map_err(|_| UndoError::Cut)?;
                classify_into(self.take(len)?, payloads)
            }
        })
    }
}

/// Restores a shortened amount: its trailing zeros are kept as a count. Source: Core's `DecompressAmount`.
fn amount(short: u64) -> Result<u64, UndoError> {
    let Some(rest) = short.checked_sub(1) else { return Ok(0) };
    let (zeros, rest) = (rest % 10, rest / 10);
    let digits = if zeros < 9 {
        let (last, rest) = (rest % 9 + 1, rest / 9);
        rest.checked_mul(10).and_then(|digits| digits.checked_add(last))
    } else {
        rest.checked_add(1)
    };
    digits
        .and_then(|digits| digits.checked_mul(10_u64.pow(zeros as u32)))
        .filter(|value| *value <= MAX_MONEY)
        .ok_or(UndoError::Amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_restored_as_core_does() {
        // Bitcoin Core src/test/compress_tests.cpp, compress_amounts.
        const CENT: u64 = 1_000_000;
        const COIN: u64 = 100_000_000;
        for (value, short) in
            [(0, 0), (1, 1), (CENT, 7), (COIN, 9), (50 * COIN, 0x32), (21_000_000 * COIN, 0x140_6f40)]
        {
            assert_eq!(amount(short), Ok(value), "{short:#x}");
        }
        assert_eq!(amount(u64::MAX), Err(UndoError::Amount));
    }

    #[test]
    fn numbers_are_read_as_core_writes_them() {
        // Bitcoin Core src/serialize.h: the examples in the comment on VARINT.
        for (bytes, number) in [
            (&[0x00][..], 0),
            (&[0x01], 1),
            (&[0x7f], 127),
            (&[0x80, 0x00], 128),
            (&[0x80, 0x7f], 255),
            (&[0x81, 0x00], 256),
            (&[0xfe, 0x7f], 16_383),
            (&[0xff, 0x00], 16_384),
            (&[0x82, 0xfe, 0x7f], 65_535),
            (&[0x8e, 0xfe, 0xfe, 0xff, 0x00], 1 << 32),
        ] {
            assert_eq!(Reader(bytes).number(), Ok(number));
        }
        assert_eq!(Reader(&[0xff; 11]).number(), Err(UndoError::Number));
        assert_eq!(Reader(&[0xff; 3]).number(), Err(UndoError::Cut));
    }
}
