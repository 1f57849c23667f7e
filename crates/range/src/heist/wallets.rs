//! Which wallet owns an address: it can be read off the address, so no list of all wallets is needed.

use tracehound_model::{ScriptKey, ScriptType};

use super::{plan::MIXERS, stage::FIRST_ACTOR};
use crate::{
    dice::{mix, unmix},
    economy::{MOST_WALLETS, SERVICES},
};

/// A wallet of a generated chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wallet(pub u32);

impl Wallet {
    /// Whether it is a service: an exchange, a shop, a miner, a mixer.
    pub const fn is_service(self) -> bool {
        self.0 < SERVICES
    }

    /// Whether it is a centralised mixer.
    pub const fn is_mixer(self) -> bool {
        self.0 >= MIXERS.start && self.0 < MIXERS.end
    }

    /// Whether it belongs to a thief.
    pub const fn is_thief(self) -> bool {
        self.0 >= FIRST_ACTOR
    }
}

/// Knows the wallet of every address of the chain grown from one seed.
#[derive(Clone, Copy, Debug)]
pub struct Wallets {
    seed: u64,
}

impl Wallets {
    /// The wallets of a chain.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The wallet that owns outputs locked like this; `None` for a script the chain's wallets do not make or that does
    /// not show it (bare multisig).
    pub fn wallet_of(&self, key: &ScriptKey) -> Option<Wallet> {
        let payload = match key.script_type() {
            ScriptType::P2pkCompressed => key.payload().get(1..)?,
            ScriptType::P2pkh
            | ScriptType::P2sh
            | ScriptType::P2wpkh
            | ScriptType::P2wsh
            | ScriptType::P2tr => key.payload(),
            _ => return None,
        };
        let word = u64::from_le_bytes(payload.get(..8)?.try_into().ok()?);
        // The way back through `Owner::derive`.
        let name = unmix(unmix(word)) ^ mix(self.seed);
        let wallet = (name >> 32) as u32;
        (!(MOST_WALLETS..FIRST_ACTOR).contains(&wallet)).then_some(Wallet(wallet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owner::{Owner, Template};

    #[test]
    fn every_kind_of_address_names_its_wallet() {
        for template in
            [Template::P2pk, Template::P2pkh, Template::P2shP2wsh, Template::P2wpkh, Template::P2tr]
        {
            for (wallet, key) in [(0, 0), (127, 9), (500_000, 77), (FIRST_ACTOR + 3, 1)] {
                let script = Owner::derive(template, 42, wallet, key).script_key().expect("it has a name");
                assert_eq!(Wallets::new(42).wallet_of(&script), Some(Wallet(wallet)));
                assert_ne!(Wallets::new(43).wallet_of(&script), Some(Wallet(wallet)));
            }
        }
    }
}
