//! Shares of whole numbers, divided only when they are printed.

use std::{fmt, ops::AddAssign};

use serde::Serialize;

/// `part` of `whole`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// How much of it.
    pub part: u128,
    /// Of how much.
    pub whole: u128,
}

impl Share {
    /// `part` of `whole`.
    pub const fn new(part: u128, whole: u128) -> Self {
        Self { part, whole }
    }

    /// Tenths of a per cent, rounded; `None` of nothing.
    pub fn permille(self) -> Option<u32> {
        if self.whole == 0 {
            return None;
        }
        let permille = (self.part.saturating_mul(1_000) + self.whole / 2) / self.whole;
        Some(u32::try_from(permille).unwrap_or(u32::MAX))
    }
}

impl AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }
}

impl fmt::Display for Share {
    /// `73.4 %`, or `-` of nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.permille() {
            // Only nothing is printed as nothing, and only the whole as the whole.
            Some(0) if self.part > 0 => f.pad("<0.1 %"),
            Some(1_000) if self.part < self.whole => f.pad(">99.9 %"),
            Some(permille) => f.pad(&format!("{}.{} %", permille / 10, permille % 10)),
            None => f.pad("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_but_never_to_nothing_or_all() {
        let shown = |part, whole| Share::new(part, whole).to_string();
        assert_eq!(shown(734, 1_000), "73.4 %");
        assert_eq!(shown(0, 7), "0.0 %");
        assert_eq!(shown(1, 1_000_000), "<0.1 %");
        assert_eq!(shown(999_999, 1_000_000), ">99.9 %");
        assert_eq!(shown(7, 7), "100.0 %");
        assert_eq!(shown(7, 0), "-");
    }
}
