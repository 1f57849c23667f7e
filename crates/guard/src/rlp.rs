//! Recursive length prefix, canonical only. Source: Ethereum yellow paper, appendix B.

use alloy_primitives::U256;
use thiserror::Error;

/// Deepest nesting that is read; transactions need four.
const MAX_DEPTH: usize = 16;
/// Most items that are read.
const MAX_ITEMS: usize = 100_000;

/// Not canonical RLP.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("byte {at}: {what}")]
pub struct RlpError {
    /// Bytes before the place.
    pub at: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// A decoded item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rlp<'a> {
    /// Bytes.
    Bytes(&'a [u8]),
    /// Items.
    List(Vec<Rlp<'a>>),
}

impl<'a> Rlp<'a> {
    /// The bytes, if it is no list.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::List(_) => None,
        }
    }

    /// The items, if it is a list.
    pub fn list(&self) -> Option<&[Self]> {
        match self {
            Self::Bytes(_) => None,
            Self::List(items) => Some(items),
        }
    }

    /// The number, if it is one: at most 32 bytes, no zeros in front.
    pub fn uint(&self) -> Option<U256> {
        let bytes = self.bytes()?;
        (bytes.len() <= 32 && bytes.first() != Some(&0)).then(|| U256::from_be_slice(bytes))
    }

    /// Appends the item as it was read: there is one way to write it.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(bytes) => put_bytes(bytes, out),
            Self::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    item.put(&mut list);
                }
                put_list(&list, out);
            }
        }
    }
}

/// Decodes one item and nothing after it.
pub fn decode(input: &[u8]) -> Result<Rlp<'_>, RlpError> {
    let mut reader = Reader { input, items: 0 };
    let (item, end) = reader.item(0, input.len(), 0)?;
    if end < input.len() {
        return Err(RlpError { at: end, what: "something follows the item" });
    }
    Ok(item)
}

struct Reader<'a> {
    input: &'a [u8],
    items: usize,
}

impl<'a> Reader<'a> {
    fn item(&mut self, at: usize, limit: usize, depth: usize) -> Result<(Rlp<'a>, usize), RlpError> {
        let fail = |what| RlpError { at, what };
        self.items += 1;
        if depth > MAX_DEPTH || self.items > MAX_ITEMS {
            return Err(fail("nested too deep or too many items"));
        }
        let first = *self.input[..limit].get(at).ok_or_else(|| fail("an item should be here"))?;
        let (start, len) = match first {
            0..0x80 => (at, 1),
            0x80..0xb8 | 0xc0..0xf8 => (at + 1, usize::from((first - 0x80) % 0x40)),
            0xb8..0xc0 | 0xf8.. => {
                let size = usize::from(first % 0x40 - 0x37);
                let digits = self.input[..limit]
                    .get(at + 1..at + 1 + size)
                    .ok_or_else(|| fail("a length is cut off"))?;
                let len = digits
                    .iter()
                    .try_fold(0_usize, |len, &digit| len.checked_mul(256)?.checked_add(digit.into()));
                let len = len.ok_or_else(|| fail("a length beyond any input"))?;
                if digits.first() == Some(&0) || len < 56 {
                    return Err(fail("a length is not in its shortest form"));
                }
                (at + 1 + size, len)
            }
        };
        let end =
            start.checked_add(len).filter(|&end| end <= limit).ok_or_else(|| fail("an item is cut off"))?;
        let body = &self.input[start..end];
        if first < 0xc0 {
            if len == 1 && first == 0x81 && body[0] < 0x80 {
                return Err(fail("a byte is not in its shortest form"));
            }
            return Ok((Rlp::Bytes(body), end));
        }
        let mut items = Vec::new();
        let mut next = start;
        while next < end {
            let (item, after) = self.item(next, end, depth + 1)?;
            items.push(item);
            next = after;
        }
        Ok((Rlp::List(items), end))
    }
}

fn put_head(base: u8, len: usize, out: &mut Vec<u8>) {
    if len < 56 {
        out.push(base + len as u8);
    } else {
        let bytes = len.to_be_bytes();
        let digits = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
        out.push(base + 55 + digits.len() as u8);
        out.extend_from_slice(digits);
    }
}

/// Appends bytes.
pub fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    if !matches!(bytes, [0..0x80]) {
        put_head(0x80, bytes.len(), out);
    }
    out.extend_from_slice(bytes);
}

/// Appends a number.
pub fn put_uint(number: U256, out: &mut Vec<u8>) {
    let bytes = number.to_be_bytes::<32>();
    put_bytes(&bytes[number.leading_zeros() / 8..], out);
}

/// Appends a list whose items are encoded already.
pub fn put_list(items: &[u8], out: &mut Vec<u8>) {
    put_head(0xc0, items.len(), out);
    out.extend_from_slice(items);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let mut list = Vec::new();
        for number in [0_u64, 1, 127, 128, 256, u64::MAX] {
            put_uint(U256::from(number), &mut list);
        }
        put_bytes(&[7; 100], &mut list);
        let mut bytes = Vec::new();
        put_list(&list, &mut bytes);
        let item = decode(&bytes).expect("canonical");
        let items = item.list().expect("a list");
        assert_eq!(items[5].uint(), Some(U256::from(u64::MAX)));
        assert_eq!(items[0].uint(), Some(U256::ZERO));
        assert_eq!(items[6].bytes().map(<[u8]>::len), Some(100));
        for bad in
            [&[0x81, 0x01][..], &[0xb8, 0x01, 0xff], &[0xc1], &[0x80, 0x80], &[], &[0xff; 9], &[0xb9, 0, 56]]
        {
            assert!(decode(bad).is_err(), "{bad:x?}");
        }
        let mut deep = Vec::new();
        for _ in 0..40 {
            let inner = deep.clone();
            deep.clear();
            put_list(&inner, &mut deep);
        }
        assert!(decode(&deep).is_err());
    }
}
