//! Wallet kinds: how an output is locked, and what a spend of it weighs.
//!
//! Keys, hashes, signatures and redeem scripts are filler of the right length and framing. They verify nothing; nobody
//! can check them without the previous outputs' scripts being executed, which a reader of block files never does.

use tracehound_model::{ScriptKey, ScriptType};

use crate::{
    dice::{Dice, mix},
    encode::{put_filler, put_varint},
};

/// How a wallet locks its outputs and spends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    /// Pay to public key, 33-byte key.
    P2pk,
    P2pkh,
    /// P2PKH of an old wallet that reveals a 65-byte key.
    P2pkhUncompressed,
    P2shTwoOfTwo,
    P2shTwoOfThree,
    /// P2WPKH nested in P2SH (BIP-49).
    P2shP2wpkh,
    /// 2-of-3 P2WSH nested in P2SH.
    P2shP2wsh,
    P2wpkh,
    /// 2-of-3.
    P2wsh,
    /// Key path.
    P2tr,
    /// 1-of-2, in the output itself.
    BareMultisig,
}

impl Template {
    /// Whether a spend carries witness data.
    pub(crate) const fn is_segwit(self) -> bool {
        matches!(self, Self::P2shP2wpkh | Self::P2shP2wsh | Self::P2wpkh | Self::P2wsh | Self::P2tr)
    }

    /// Rough virtual size of a spend in bytes, for the fee.
    pub(crate) const fn spend_vbytes(self) -> u64 {
        match self {
            Self::P2pk | Self::BareMultisig => 114,
            Self::P2pkh => 148,
            Self::P2pkhUncompressed => 180,
            Self::P2shTwoOfTwo => 261,
            Self::P2shTwoOfThree => 297,
            Self::P2shP2wpkh => 91,
            Self::P2shP2wsh => 140,
            Self::P2wpkh => 68,
            Self::P2wsh => 105,
            Self::P2tr => 58,
        }
    }
}

/// Who can spend an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) template: Template,
    payload: [u8; 32],
}

impl Owner {
    /// Key number `key` of wallet number `wallet`, in the chain grown from `seed`.
    ///
    /// The first eight bytes are a bijection of (wallet, key): two keys never collide.
    pub(crate) fn derive(template: Template, seed: u64, wallet: u32, key: u32) -> Self {
        let name = (u64::from(wallet) << 32 | u64::from(key)) ^ mix(seed);
        let mut payload = [0; 32];
        for (i, word) in payload.chunks_exact_mut(8).enumerate() {
            let step = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            word.copy_from_slice(&mix(mix(name).wrapping_add(step)).to_le_bytes());
        }
        Self { template, payload }
    }

    /// The owner as the ledger names it. Bare multisig has no name of its own there and gives `None`.
    pub(crate) fn script_key(&self) -> Option<ScriptKey> {
        let (script_type, payload) = match self.template {
            Template::P2pk => {
                let mut key = [2; 33];
                key[1..].copy_from_slice(&self.payload);
                return ScriptKey::new(ScriptType::P2pkCompressed, &key);
            }
            Template::BareMultisig => return None,
            Template::P2pkh | Template::P2pkhUncompressed => (ScriptType::P2pkh, &self.payload[..20]),
            Template::P2shTwoOfTwo
            | Template::P2shTwoOfThree
            | Template::P2shP2wpkh
            | Template::P2shP2wsh => (ScriptType::P2sh, &self.payload[..20]),
            Template::P2wpkh => (ScriptType::P2wpkh, &self.payload[..20]),
            Template::P2wsh => (ScriptType::P2wsh, &self.payload[..]),
            Template::P2tr => (ScriptType::P2tr, &self.payload[..]),
        };
        ScriptKey::new(script_type, payload)
    }

    /// Writes the locking script with its length before it.
    pub(crate) fn put_lock(&self, out: &mut Vec<u8>) {
        let hash = &self.payload[..20];
        match self.template {
            Template::P2pk => {
                out.extend_from_slice(&[35, 33, 2]);
                out.extend_from_slice(&self.payload);
                out.push(0xac);
            }
            Template::P2pkh | Template::P2pkhUncompressed => {
                out.extend_from_slice(&[25, 0x76, 0xa9, 20]);
                out.extend_from_slice(hash);
                out.extend_from_slice(&[0x88, 0xac]);
            }
            Template::P2shTwoOfTwo
            | Template::P2shTwoOfThree
            | Template::P2shP2wpkh
            | Template::P2shP2wsh => {
                out.extend_from_slice(&[23, 0xa9, 20]);
                out.extend_from_slice(hash);
                out.push(0x87);
            }
            Template::P2wpkh => {
                out.extend_from_slice(&[22, 0, 20]);
                out.extend_from_slice(hash);
            }
            Template::P2wsh => {
                out.extend_from_slice(&[34, 0, 32]);
                out.extend_from_slice(&self.payload);
            }
            Template::P2tr => {
                out.extend_from_slice(&[34, 0x51, 32]);
                out.extend_from_slice(&self.payload);
            }
            Template::BareMultisig => {
                out.extend_from_slice(&[71, 0x51, 33, 2]);
                out.extend_from_slice(&self.payload);
                out.extend_from_slice(&[33, 3]);
                let mut second = self.payload;
                for byte in &mut second {
                    *byte ^= 0x5a;
                }
                out.extend_from_slice(&second);
                out.extend_from_slice(&[0x52, 0xae]);
            }
        }
    }

    /// Writes the unlocking script with its length before it.
    pub(crate) fn put_script_sig(&self, out: &mut Vec<u8>, dice: &mut Dice) {
        match self.template {
            Template::P2pk => {
                let len = signature_len(dice);
                out.extend_from_slice(&[len + 1, len]);
                put_signature(out, len, dice);
            }
            Template::P2pkh | Template::P2pkhUncompressed => {
                let key = if self.template == Template::P2pkh { 33 } else { 65 };
                let len = signature_len(dice);
                out.extend_from_slice(&[len + key + 2, len]);
                put_signature(out, len, dice);
                out.push(key);
                put_key(out, key, dice);
            }
            Template::P2shTwoOfTwo => put_multisig_script_sig(out, 2, dice),
            Template::P2shTwoOfThree => put_multisig_script_sig(out, 3, dice),
            Template::P2shP2wpkh => {
                out.extend_from_slice(&[23, 22, 0, 20]);
                put_filler(out, 20, dice);
            }
            Template::P2shP2wsh => {
                out.extend_from_slice(&[35, 34, 0, 32]);
                put_filler(out, 32, dice);
            }
            Template::P2wpkh | Template::P2wsh | Template::P2tr => out.push(0),
            Template::BareMultisig => {
                let len = signature_len(dice);
                out.extend_from_slice(&[len + 2, 0, len]);
                put_signature(out, len, dice);
            }
        }
    }

    /// Writes the witness: its number of items and each item with its length. A lone 0 where there is none.
    pub(crate) fn put_witness(&self, out: &mut Vec<u8>, dice: &mut Dice) {
        match self.template {
            Template::P2shP2wpkh | Template::P2wpkh => {
                out.push(2);
                put_witness_signature(out, dice);
                out.push(33);
                put_key(out, 33, dice);
            }
            Template::P2shP2wsh | Template::P2wsh => {
                out.extend_from_slice(&[4, 0]);
                put_witness_signature(out, dice);
                put_witness_signature(out, dice);
                out.push(105);
                put_multisig_script(out, 3, dice);
            }
            Template::P2tr => {
                out.extend_from_slice(&[1, 64]);
                put_filler(out, 64, dice);
            }
            _ => out.push(0),
        }
    }
}

/// A DER signature with its sighash byte is 71 or 72 bytes long, half of the time each.
fn signature_len(dice: &mut Dice) -> u8 {
    71 + dice.below(2) as u8
}

fn put_signature(out: &mut Vec<u8>, len: u8, dice: &mut Dice) {
    let start = out.len();
    put_filler(out, usize::from(len), dice);
    let signature = &mut out[start..];
    let r_len = len - 39; // 32, or 33 with a leading zero
    signature[..4].copy_from_slice(&[0x30, len - 3, 0x02, r_len]);
    if r_len == 33 {
        signature[4] = 0;
    }
    let s_at = 4 + usize::from(r_len);
    signature[s_at..s_at + 2].copy_from_slice(&[0x02, 32]);
    signature[usize::from(len) - 1] = 1; // SIGHASH_ALL
}

fn put_witness_signature(out: &mut Vec<u8>, dice: &mut Dice) {
    let len = signature_len(dice);
    out.push(len);
    put_signature(out, len, dice);
}

fn put_key(out: &mut Vec<u8>, len: u8, dice: &mut Dice) {
    let start = out.len();
    put_filler(out, usize::from(len), dice);
    out[start] = if len == 65 { 4 } else { 2 + (out[start] & 1) };
}

/// `2 <key>… keys OP_CHECKMULTISIG`: 71 bytes for two keys, 105 for three.
fn put_multisig_script(out: &mut Vec<u8>, keys: u8, dice: &mut Dice) {
    out.push(0x52);
    for _ in 0..keys {
        out.push(33);
        put_key(out, 33, dice);
    }
    out.extend_from_slice(&[0x50 + keys, 0xae]);
}

fn put_multisig_script_sig(out: &mut Vec<u8>, keys: u8, dice: &mut Dice) {
    let (first, second) = (signature_len(dice), signature_len(dice));
    let script = usize::from(keys) * 34 + 3;
    let push = if script > 75 { 2 } else { 1 };
    put_varint(out, (3 + usize::from(first) + usize::from(second) + push + script) as u64);
    out.push(0);
    for len in [first, second] {
        out.push(len);
        put_signature(out, len, dice);
    }
    if script > 75 {
        out.push(0x4c);
    }
    out.push(script as u8);
    put_multisig_script(out, keys, dice);
}
