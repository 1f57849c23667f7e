//! Bitcoin's serialisation, writing side: transactions, Merkle roots, headers, each network's genesis.

use sha2::{Digest, Sha256};
use tracehound_model::{BitcoinNetwork, BlockHash, TxId};

use crate::{
    dice::Dice,
    encode::{put_filler, put_varint},
    owner::Owner,
};

pub(crate) fn sha256d(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// Root of the Merkle tree over `leaves`, which are used up as scratch. An odd level repeats its last node.
pub(crate) fn merkle_root(leaves: &mut Vec<[u8; 32]>) -> [u8; 32] {
    assert!(!leaves.is_empty(), "a block has a coinbase");
    while leaves.len() > 1 {
        let pairs = leaves.len().div_ceil(2);
        for i in 0..pairs {
            let mut node = [0; 64];
            node[..32].copy_from_slice(&leaves[2 * i]);
            node[32..].copy_from_slice(leaves.get(2 * i + 1).unwrap_or(&leaves[2 * i]));
            leaves[i] = sha256d(&node);
        }
        leaves.truncate(pairs);
    }
    leaves[0]
}

/// The four bytes before every block in a block file.
pub(crate) const fn magic(network: BitcoinNetwork) -> [u8; 4] {
    match network {
        BitcoinNetwork::Mainnet => [0xf9, 0xbe, 0xb4, 0xd9],
        BitcoinNetwork::Testnet => [0x0b, 0x11, 0x09, 0x07],
        BitcoinNetwork::Signet => [0x0a, 0x03, 0xcf, 0x40],
        BitcoinNetwork::Regtest => [0xfa, 0xbf, 0xb5, 0xda],
    }
}

/// Time, work target and nonce of the network's genesis header.
const fn genesis_facts(network: BitcoinNetwork) -> (u32, u32, u32) {
    match network {
        BitcoinNetwork::Mainnet => (1_231_006_505, 0x1d00_ffff, 2_083_236_893),
        BitcoinNetwork::Testnet => (1_296_688_602, 0x1d00_ffff, 414_098_458),
        BitcoinNetwork::Signet => (1_598_918_400, 0x1e03_77ae, 52_613_770),
        BitcoinNetwork::Regtest => (1_296_688_602, 0x207f_ffff, 2),
    }
}

/// Serialised genesis block of the network.
pub(crate) fn genesis(network: BitcoinNetwork) -> Vec<u8> {
    let mut tx = Vec::with_capacity(204);
    tx.extend_from_slice(&[1, 0, 0, 0, 1]);
    tx.extend_from_slice(&[0; 32]);
    tx.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 77, 0x04, 0xff, 0xff, 0x00, 0x1d, 0x01, 0x04, 69]);
    tx.extend_from_slice(b"The Times 03/Jan/2009 Chancellor on brink of second bailout for banks");
    tx.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 1]);
    tx.extend_from_slice(&5_000_000_000_u64.to_le_bytes());
    let key = "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c\
               384df7ba0b8d578a4c702b6bf11d5fac";
    tx.push(67);
    tx.extend_from_slice(&hex::decode(key).expect("the constant is hexadecimal"));
    tx.extend_from_slice(&[0; 4]);

    let (time, bits, nonce) = genesis_facts(network);
    let header =
        HeaderDraft { version: 1, prev: BlockHash::default(), merkle_root: sha256d(&tx), time, bits, nonce };
    let mut block = header.bytes().to_vec();
    block.push(1);
    block.extend_from_slice(&tx);
    block
}

/// The fields of a block header.
#[derive(Clone, Debug)]
pub(crate) struct HeaderDraft {
    pub(crate) version: i32,
    pub(crate) prev: BlockHash,
    pub(crate) merkle_root: [u8; 32],
    pub(crate) time: u32,
    pub(crate) bits: u32,
    pub(crate) nonce: u32,
}

impl HeaderDraft {
    pub(crate) fn bytes(&self) -> [u8; 80] {
        let mut bytes = [0; 80];
        bytes[..4].copy_from_slice(&self.version.to_le_bytes());
        bytes[4..36].copy_from_slice(&self.prev.0);
        bytes[36..68].copy_from_slice(&self.merkle_root);
        bytes[68..72].copy_from_slice(&self.time.to_le_bytes());
        bytes[72..76].copy_from_slice(&self.bits.to_le_bytes());
        bytes[76..].copy_from_slice(&self.nonce.to_le_bytes());
        bytes
    }

    /// Tries nonces until the hash meets the easiest target there is (regtest's `0x207fffff`): two tries on average.
    pub(crate) fn mine(&mut self) -> ([u8; 80], BlockHash) {
        loop {
            let bytes = self.bytes();
            let hash = sha256d(&bytes);
            if hash[31] < 0x7f {
                return (bytes, BlockHash(hash));
            }
            self.nonce = self.nonce.wrapping_add(1);
        }
    }
}

/// An input about to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spend {
    pub(crate) txid: TxId,
    pub(crate) vout: u32,
    pub(crate) owner: Owner,
    pub(crate) sequence: u32,
}

/// An output about to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pay {
    /// To someone.
    To { owner: Owner, value: u64 },
    /// An `OP_RETURN` script of this whole length, 5 to 83 bytes, carrying filler.
    Data { script_len: usize },
}

impl Pay {
    fn put(&self, out: &mut Vec<u8>, dice: &mut Dice) {
        match *self {
            Self::To { owner, value } => {
                out.extend_from_slice(&value.to_le_bytes());
                owner.put_lock(out);
            }
            Self::Data { script_len } => {
                out.extend_from_slice(&[0; 8]);
                let push = if script_len - 2 > 75 { script_len - 3 } else { script_len - 2 };
                out.extend_from_slice(&[script_len as u8, 0x6a]);
                if push + 2 < script_len {
                    out.push(0x4c);
                }
                out.push(push as u8);
                put_filler(out, push, dice);
            }
        }
    }
}

/// A transaction about to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct TxDraft {
    pub(crate) lock_time: u32,
    pub(crate) inputs: Vec<Spend>,
    pub(crate) outputs: Vec<Pay>,
}

/// What writing a transaction came to.
pub(crate) struct Written {
    pub(crate) txid: TxId,
    pub(crate) wtxid: [u8; 32],
    pub(crate) weight: usize,
    pub(crate) segwit: bool,
}

impl TxDraft {
    pub(crate) fn clear(&mut self) {
        self.inputs.clear();
        self.outputs.clear();
        self.lock_time = 0;
    }

    /// Appends the transaction to `out`. `stripped` is scratch: the serialisation without witness, which is hashed.
    pub(crate) fn put(&self, out: &mut Vec<u8>, stripped: &mut Vec<u8>, dice: &mut Dice) -> Written {
        stripped.clear();
        stripped.extend_from_slice(&2_i32.to_le_bytes());
        put_varint(stripped, self.inputs.len() as u64);
        for input in &self.inputs {
            stripped.extend_from_slice(&input.txid.0);
            stripped.extend_from_slice(&input.vout.to_le_bytes());
            input.owner.put_script_sig(stripped, dice);
            stripped.extend_from_slice(&input.sequence.to_le_bytes());
        }
        put_varint(stripped, self.outputs.len() as u64);
        for output in &self.outputs {
            output.put(stripped, dice);
        }
        stripped.extend_from_slice(&self.lock_time.to_le_bytes());
        let txid = sha256d(stripped);

        let segwit = self.inputs.iter().any(|input| input.owner.template.is_segwit());
        if !segwit {
            out.extend_from_slice(stripped);
            return Written { txid: TxId(txid), wtxid: txid, weight: stripped.len() * 4, segwit };
        }
        let start = out.len();
        let lock_time_at = stripped.len() - 4;
        out.extend_from_slice(&stripped[..4]);
        out.extend_from_slice(&[0, 1]);
        out.extend_from_slice(&stripped[4..lock_time_at]);
        for input in &self.inputs {
            input.owner.put_witness(out, dice);
        }
        out.extend_from_slice(&stripped[lock_time_at..]);
        let full = &out[start..];
        Written { txid: TxId(txid), wtxid: sha256d(full), weight: stripped.len() * 3 + full.len(), segwit }
    }
}
