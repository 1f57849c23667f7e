//! Cells of a row.

use alloy_primitives::{FixedBytes, U256, hex};
use csv::ByteRecord;

/// Why a row is none.
pub(super) type Problem = String;

/// A row and where its columns are.
pub(super) struct Cells<'a> {
    pub(super) record: &'a ByteRecord,
    pub(super) names: &'static [&'static str],
    /// Where the column of each name is.
    pub(super) places: &'a [Option<usize>],
}

impl Cells<'_> {
    /// What stands in the column of this number among the names; nothing where there is no such column, or nothing in it.
    pub(super) fn get(&self, name: usize) -> Option<&[u8]> {
        let cell = self.record.get(self.places[name]?)?;
        (!cell.is_empty()).then_some(cell)
    }

    pub(super) fn wrong(&self, name: usize, what: &str) -> Problem {
        format!("its `{}` {what}", self.names[name])
    }

    pub(super) fn must(&self, name: usize) -> Result<&[u8], Problem> {
        self.get(name).ok_or_else(|| self.wrong(name, "is empty"))
    }

    pub(super) fn fixed<const N: usize>(&self, name: usize) -> Result<Option<FixedBytes<N>>, Problem> {
        let Some(cell) = self.get(name) else { return Ok(None) };
        fixed(cell).map(Some).ok_or_else(|| self.wrong(name, "is no such hash or account"))
    }

    pub(super) fn must_fixed<const N: usize>(&self, name: usize) -> Result<FixedBytes<N>, Problem> {
        self.fixed(name)?.ok_or_else(|| self.wrong(name, "is empty"))
    }

    pub(super) fn bytes(&self, name: usize) -> Result<Vec<u8>, Problem> {
        let cell = self.get(name).unwrap_or_default();
        hex::decode(cell).map_err(|_| self.wrong(name, "is not hexadecimal"))
    }

    pub(super) fn number(&self, name: usize) -> Result<Option<u64>, Problem> {
        let Some(cell) = self.get(name) else { return Ok(None) };
        number(cell).map(Some).ok_or_else(|| self.wrong(name, "is no number of 64 bits"))
    }

    pub(super) fn must_number(&self, name: usize) -> Result<u64, Problem> {
        self.number(name)?.ok_or_else(|| self.wrong(name, "is empty"))
    }

    pub(super) fn amount(&self, name: usize) -> Result<Option<U256>, Problem> {
        let Some(cell) = self.get(name) else { return Ok(None) };
        amount(cell).map(Some).ok_or_else(|| self.wrong(name, "is no whole number of 256 bits"))
    }

    pub(super) fn text(&self, name: usize) -> Result<&str, Problem> {
        std::str::from_utf8(self.get(name).unwrap_or_default()).map_err(|_| self.wrong(name, "is no text"))
    }
}

/// `0x` and as many digits as there must be.
pub(super) fn fixed<const N: usize>(cell: &[u8]) -> Option<FixedBytes<N>> {
    let digits = cell.strip_prefix(b"0x")?;
    let mut bytes = [0; N];
    (digits.len() == 2 * N).then(|| hex::decode_to_slice(digits, &mut bytes).ok())??;
    Some(FixedBytes(bytes))
}

fn number(cell: &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for &digit in cell {
        let digit = digit.wrapping_sub(b'0');
        number = (digit < 10).then(|| number.checked_mul(10)?.checked_add(digit.into()))??;
    }
    Some(number)
}

fn amount(cell: &[u8]) -> Option<U256> {
    // Nineteen digits at a time: as many as 64 bits always hold.
    let mut amount = U256::ZERO;
    for part in cell.chunks(19) {
        let scale = U256::from(10u64.pow(part.len() as u32));
        amount = amount.checked_mul(scale)?.checked_add(U256::from(number(part)?))?;
    }
    Some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_last_unit_and_nothing_else_is() {
        let most = U256::MAX.to_string();
        for text in [
            "0",
            "7",
            "10000000000000000000",
            "18446744073709551616",
            "123456789012345678901234567890",
            &most,
        ] {
            assert_eq!(amount(text.as_bytes()).map(|amount| amount.to_string()).as_deref(), Some(text));
        }
        let more = format!("{most}0");
        for text in [
            "-1",
            "1.5",
            "1e18",
            "0x10",
            " 1",
            &more,
            "115792089237316195423570985008687907853269984665640564039457584007913129639936",
        ] {
            assert_eq!(amount(text.as_bytes()), None, "{text}");
        }
    }
}
