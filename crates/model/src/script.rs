//! Bitcoin output scripts reduced to what identifies their owner: a script type and its payload.

use std::fmt;

/// What kind of locking script an output carries.
///
/// The discriminants are part of the ledger's file format: never renumber, only append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ScriptType {
    /// `OP_RETURN …`: provably unspendable, belongs to nobody, payload empty.
    OpReturn = 0,
    /// Pay to public key, compressed key (33 bytes).
    P2pkCompressed = 1,
    /// Pay to public key, uncompressed key (65 bytes).
    P2pkUncompressed = 2,
    /// Pay to public key hash (20 bytes, HASH160).
    P2pkh = 3,
    /// Pay to script hash (20 bytes, HASH160), BIP-16.
    P2sh = 4,
    /// Version 0 witness key hash (20 bytes), BIP-141.
    P2wpkh = 5,
    /// Version 0 witness script hash (32 bytes), BIP-141.
    P2wsh = 6,
    /// Version 1 witness, taproot output key (32 bytes, x-only), BIP-341.
    P2tr = 7,
    /// Anything else (bare multisig, future witness versions, non-standard): SHA-256 of the whole script (32 bytes).
    Other = 8,
}

impl ScriptType {
    /// Every type, in discriminant order.
    pub const ALL: [Self; 9] = [
        Self::OpReturn,
        Self::P2pkCompressed,
        Self::P2pkUncompressed,
        Self::P2pkh,
        Self::P2sh,
        Self::P2wpkh,
        Self::P2wsh,
        Self::P2tr,
        Self::Other,
    ];

    /// Length in bytes of this type's payload.
    pub const fn payload_len(self) -> usize {
        match self {
            Self::OpReturn => 0,
            Self::P2pkCompressed => 33,
            Self::P2pkUncompressed => 65,
            Self::P2pkh | Self::P2sh | Self::P2wpkh => 20,
            Self::P2wsh | Self::P2tr | Self::Other => 32,
        }
    }

    /// The type stored as `byte`, if there is one.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        if (byte as usize) < Self::ALL.len() { Some(Self::ALL[byte as usize]) } else { None }
    }

    /// The name the field uses ("p2wpkh").
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpReturn => "op_return",
            Self::P2pkCompressed | Self::P2pkUncompressed => "p2pk",
            Self::P2pkh => "p2pkh",
            Self::P2sh => "p2sh",
            Self::P2wpkh => "p2wpkh",
            Self::P2wsh => "p2wsh",
            Self::P2tr => "p2tr",
            Self::Other => "non-standard",
        }
    }
}

impl fmt::Display for ScriptType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Longest payload of any [`ScriptType`], in bytes.
pub const MAX_PAYLOAD: usize = 65;

/// A script type with its payload: the identity of an output's owner on a UTXO chain, whatever the network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScriptKey {
    script_type: ScriptType,
    payload: [u8; MAX_PAYLOAD],
}

impl ScriptKey {
    /// Pairs a type with its payload; `None` when the length is not the type's.
    pub fn new(script_type: ScriptType, payload: &[u8]) -> Option<Self> {
        if payload.len() != script_type.payload_len() {
            return None;
        }
        let mut bytes = [0; MAX_PAYLOAD];
        bytes[..payload.len()].copy_from_slice(payload);
        Some(Self { script_type, payload: bytes })
    }

    /// The script's type.
    pub const fn script_type(&self) -> ScriptType {
        self.script_type
    }

    /// The payload, `script_type().payload_len()` bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload[..self.script_type.payload_len()]
    }
}

impl fmt::Debug for ScriptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.script_type, hex::encode(self.payload()))
    }
}
