//! Call data that are put together while they are read: some contracts are given a function as a text, and its arguments apart.

use std::cell::{Cell, OnceCell};

use alloy_primitives::keccak256;

use super::unpack::MAX_DATA;

/// Buckets, each of twice as many as the one before.
const BUCKETS: usize = 24;

/// Most bytes that are put together: lists whose parts lie over each other would be many times what came in.
const MOST: usize = 4 * MAX_DATA;

type Bucket = Box<[OnceCell<Vec<u8>>]>;

/// Keeps what is put together for as long as the calls that are read of it.
#[derive(Debug)]
pub struct Rebuilt {
    count: Cell<usize>,
    bytes: Cell<usize>,
    buckets: [OnceCell<Bucket>; BUCKETS],
}

impl Default for Rebuilt {
    fn default() -> Self {
        Self { count: Cell::new(0), bytes: Cell::new(0), buckets: [const { OnceCell::new() }; BUCKETS] }
    }
}

impl Rebuilt {
    /// The call of a function that is given as a text, as Compound's timelock makes it; where the text is empty the data are the
    /// whole call. `None` where too much was put together. Source: compound-finance/compound-protocol, `Timelock.sol`.
    pub(super) fn call<'a>(&'a self, signature: &[u8], data: &'a [u8]) -> Option<&'a [u8]> {
        if signature.is_empty() {
            return Some(data);
        }
        let bytes = self.bytes.get() + 4 + data.len();
        let number = self.count.get() + 1;
        let bucket = number.ilog2() as usize;
        if bytes > MOST || bucket >= BUCKETS {
            return None;
        }
        self.bytes.set(bytes);
        self.count.set(number);
        let cells = self.buckets[bucket].get_or_init(|| vec![OnceCell::new(); 1 << bucket].into());
        let whole = || [&keccak256(signature)[..4], data].concat();
        Some(cells[number - (1 << bucket)].get_or_init(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_together_stays_and_has_an_end() {
        let (rebuilt, data) = (Rebuilt::default(), vec![7; MAX_DATA / 2]);
        let first = rebuilt.call(b"transfer(address,uint256)", &[1, 2]).expect("room");
        let many: Vec<_> = (0..100).map(|_| rebuilt.call(b"x()", &data)).collect();
        assert_eq!(first, [0xa9, 0x05, 0x9c, 0xbb, 1, 2]);
        assert_eq!(many.iter().flatten().count(), 7, "four times the most of one call");
        assert_eq!(rebuilt.call(b"", &data), Some(&data[..]), "nothing is put together");
    }
}
