//! Canonical bytes of addresses, for indexes.

use super::{Address, AddressNetwork, BitcoinAddress, ForeignAddress};
use crate::{ScriptKey, ScriptType};

/// Canonical bytes of an address: a family byte, a form byte, the payload. Distinct addresses have distinct keys.
///
/// Index files hold these bytes: a family or form never changes its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressKey {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl AddressKey {
    /// Longest key in bytes.
    pub const MAX: usize = 80;

    fn new(family: u8, form: u8, payload: &[u8]) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[0] = family;
        bytes[1] = form;
        bytes[2..2 + payload.len()].copy_from_slice(payload);
        Self { bytes, len: payload.len() as u8 + 2 }
    }
}

impl AsRef<[u8]> for AddressKey {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

// 1 to 3 are Bitcoin's `AddressNetwork`s.
const FAMILY_EVM: u8 = 4;
const FAMILY_TRON: u8 = 5;
/// Foreign families follow, one a coin.
const FAMILY_FOREIGN: u8 = 16;

impl Address {
    /// Canonical bytes, for indexes.
    pub fn key(&self) -> AddressKey {
        match self {
            Self::Bitcoin(address) => AddressKey::new(
                address.kind as u8,
                address.script.script_type() as u8,
                address.script.payload(),
            ),
            Self::Evm(bytes) => AddressKey::new(FAMILY_EVM, 0, bytes),
            Self::Tron(bytes) => AddressKey::new(FAMILY_TRON, 0, bytes),
            Self::Foreign(address) => {
                AddressKey::new(FAMILY_FOREIGN + address.coin_byte(), address.form(), address.payload())
            }
        }
    }

    /// The address with these canonical bytes; `None` when they are not what [`Address::key`] gives.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (&[family, form], payload) = key.split_first_chunk::<2>()?;
        match family {
            FAMILY_EVM if form == 0 => payload.try_into().ok().map(Self::Evm),
            FAMILY_TRON if form == 0 => payload.try_into().ok().map(Self::Tron),
            FAMILY_FOREIGN.. => {
                ForeignAddress::from_parts(family - FAMILY_FOREIGN, form, payload).map(Self::Foreign)
            }
            _ => {
                let kind = AddressNetwork::from_byte(family)?;
                let script = ScriptKey::new(ScriptType::from_byte(form)?, payload)?;
                bitcoin(kind, script).map(Self::Bitcoin)
            }
        }
    }
}

/// Only pairs that some text means: bare keys say nothing of the network, base58 does not tell regtest from testnet.
fn bitcoin(kind: AddressNetwork, script: ScriptKey) -> Option<BitcoinAddress> {
    use ScriptType::{OpReturn, Other, P2pkCompressed, P2pkUncompressed, P2pkh, P2sh, P2tr, P2wpkh, P2wsh};
    let meant = match script.script_type() {
        OpReturn | Other => false,
        P2pkCompressed => kind == AddressNetwork::Main && matches!(script.payload()[0], 2 | 3),
        P2pkUncompressed => kind == AddressNetwork::Main && matches!(script.payload()[0], 4 | 6 | 7),
        P2pkh | P2sh => kind != AddressNetwork::Regtest,
        P2wpkh | P2wsh | P2tr => true,
    };
    meant.then_some(BitcoinAddress { kind, script })
}
