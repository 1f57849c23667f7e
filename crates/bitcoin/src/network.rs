//! The four bytes that frame each block in a file, and the work that each network asks of a header.

use tracehound_model::{BitcoinNetwork, BlockHash, utxo::Header};

/// Magics of Bitcoin's own networks. Source: Bitcoin Core `kernel/chainparams.cpp`, `pchMessageStart`.
const BITCOIN: [([u8; 4], &str, Option<BitcoinNetwork>); 5] = [
    ([0xf9, 0xbe, 0xb4, 0xd9], "Bitcoin mainnet", Some(BitcoinNetwork::Mainnet)),
    ([0x0b, 0x11, 0x09, 0x07], "Bitcoin testnet3", Some(BitcoinNetwork::Testnet)),
    ([0x1c, 0x16, 0x3f, 0x28], "Bitcoin testnet4", None),
    ([0x0a, 0x03, 0xcf, 0x40], "Bitcoin signet", Some(BitcoinNetwork::Signet)),
    ([0xfa, 0xbf, 0xb5, 0xda], "Bitcoin regtest", Some(BitcoinNetwork::Regtest)),
];

/// Magics of relatives, known so that an error can name them. Source: each project's `chainparams.cpp`.
const RELATIVES: [([u8; 4], &str); 7] = [
    ([0xf9, 0xbe, 0xb4, 0xfe], "Namecoin"),
    ([0xfb, 0xc0, 0xb6, 0xdb], "Litecoin"),
    ([0xc0, 0xc0, 0xc0, 0xc0], "Dogecoin"),
    ([0xbf, 0x0c, 0x6b, 0xbd], "Dash"),
    ([0x24, 0xe9, 0x27, 0x64], "Zcash"),
    ([0xe3, 0xe1, 0xf3, 0xe8], "Bitcoin Cash"),
    ([0xe1, 0x47, 0x6d, 0x44], "Bitcoin Gold"),
];

/// What a network's block files and headers look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Params {
    pub(crate) network: BitcoinNetwork,
    pub(crate) magic: [u8; 4],
    pub(crate) name: &'static str,
    /// The easiest compact target a header may state.
    easiest: u32,
    /// From this height every coinbase states its height (BIP-34).
    pub(crate) bip34_height: u32,
    /// The id of block 0.
    pub(crate) genesis: &'static str,
    /// The folder below a node's data folder that holds this network's `blocks`.
    pub(crate) folder: &'static str,
}

impl Params {
    pub(crate) fn of(network: BitcoinNetwork) -> Self {
        let (magic, name, _) = *BITCOIN
            .iter()
            .find(|(_, _, known)| *known == Some(network))
            .expect("every network of the model stands in the table");
        let (easiest, bip34_height, folder, genesis) = match network {
            BitcoinNetwork::Mainnet => {
                (0x1d00_ffff, 227_931, "", "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")
            }
            BitcoinNetwork::Testnet => (
                0x1d00_ffff,
                21_111,
                "testnet3",
                "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
            ),
            BitcoinNetwork::Signet => {
                (0x1e03_77ae, 1, "signet", "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6")
            }
            BitcoinNetwork::Regtest => (
                0x207f_ffff,
                1,
                "regtest",
                "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
            ),
        };
        Self { network, magic, name, easiest, bip34_height, genesis, folder }
    }

    /// Whether the header's hash meets the target it states, and that target is one this network allows.
    pub(crate) fn header_has_work(&self, header: &Header, hash: &BlockHash) -> bool {
        let easiest = target(self.easiest).expect("a network's own limit is a valid target");
        target(header.bits()).is_some_and(|target| {
            hash.0.iter().rev().le(target.iter().rev()) && target.iter().rev().le(easiest.iter().rev())
        })
    }
}

/// The network that frames its blocks with `magic`, where it is one we read.
pub(crate) fn network_of(magic: [u8; 4]) -> Option<BitcoinNetwork> {
    BITCOIN.iter().find(|(known, ..)| *known == magic).and_then(|(.., network)| *network)
}

/// The name of the chain that frames its blocks with `magic`.
pub(crate) fn name_of(magic: [u8; 4]) -> Option<&'static str> {
    let bitcoin = BITCOIN.iter().map(|(known, name, _)| (known, *name));
    let mut all = bitcoin.chain(RELATIVES.iter().map(|(known, name)| (known, *name)));
    all.find(|(known, _)| **known == magic).map(|(_, name)| name)
}

/// Whether a header meets the work it states itself, on whatever network.
pub(crate) fn has_own_work(header: &Header, hash: &BlockHash) -> bool {
    target(header.bits()).is_some_and(|target| hash.0.iter().rev().le(target.iter().rev()))
}

/// Expands a compact target ("nBits") to 256 bits, least significant byte first; `None` where it is negative, zero or
/// too large. Source: Bitcoin Core `arith_uint256::SetCompact`.
fn target(bits: u32) -> Option<[u8; 32]> {
    let exponent = (bits >> 24) as usize;
    let mantissa = bits & 0x007f_ffff;
    if bits & 0x0080_0000 != 0 || mantissa == 0 {
        return None;
    }
    let mut bytes = [0; 32];
    for (i, byte) in mantissa.to_le_bytes()[..3].iter().enumerate() {
        match (exponent + i).checked_sub(3).map(|at| bytes.get_mut(at)) {
            Some(Some(slot)) => *slot = *byte,
            Some(None) if *byte != 0 => return None,
            _ => {}
        }
    }
    bytes.iter().any(|&byte| byte != 0).then_some(bytes)
}

/// Hashes that a header with this compact target takes on average: ⌊2^256 / (target + 1)⌋.
///
/// Exact for every target from 2^129 up; a lower one (a hundred million times harder than mainnet in 2025) counts as
/// `u128::MAX`, and one that is no target at all as 0.
pub(crate) fn work(bits: u32) -> u128 {
    if target(bits).is_none() {
        return 0;
    }
    // target = mantissa × 2^shift, so for shift >= 129 the division below equals the one above it.
    let shift = i64::from(bits >> 24) * 8 - 24;
    if shift < 129 {
        return u128::MAX;
    }
    let mantissa = u128::from(bits & 0x007f_ffff);
    let power = u32::try_from(256 - shift).unwrap_or(0);
    ((1_u128 << power) - 1) / mantissa
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_expand_as_in_core() {
        // Bitcoin Core src/test/arith_uint256_tests.cpp, bignum_SetCompact.
        for invalid in [0, 0x0012_3456, 0x0100_3456, 0x0200_0056, 0x0492_3456, 0xff12_3456, 0x01fe_dcba] {
            assert_eq!(target(invalid), None, "{invalid:08x}");
        }
        assert_eq!(target(0x0112_3456).map(|t| t[0]), Some(0x12));
        assert_eq!(target(0x0212_3456).map(|t| [t[1], t[0]]), Some([0x12, 0x34]));
        assert_eq!(target(0x0500_9234).map(|t| [t[3], t[2], t[1]]), Some([0x92, 0x34, 0x00]));
        assert_eq!(target(0x2012_3456).map(|t| [t[31], t[30], t[29]]), Some([0x12, 0x34, 0x56]));
        assert_eq!(target(0x2100_ffff), Some(std::array::from_fn(|i| if i >= 30 { 0xff } else { 0 })));
        assert_eq!(target(0x2112_3456), None);
    }

    #[test]
    fn work_is_what_core_computes() {
        assert_eq!(work(0x1d00_ffff), 0x1_0001_0001);
        assert_eq!(work(0x207f_ffff), 2);
        assert_eq!(work(0x170e_bd00), 82_026_241_670_115_311_085_285, "a target of 2021");
        assert_eq!(work(0x0312_3456), u128::MAX);
        assert_eq!(work(0x0492_3456), 0);
        // A target that is a power of two: 2^256 / (2^254 + 1) is 3, not 4.
        assert_eq!(work(0x2040_0000), 3);
    }

    #[test]
    fn every_network_has_its_magic() {
        use BitcoinNetwork as N;
        for network in [N::Mainnet, N::Testnet, N::Signet, N::Regtest] {
            let params = Params::of(network);
            assert_eq!(network_of(params.magic), Some(network));
            let theirs = match network {
                N::Mainnet => bitcoin::Network::Bitcoin,
                N::Testnet => bitcoin::Network::Testnet,
                N::Signet => bitcoin::Network::Signet,
                N::Regtest => bitcoin::Network::Regtest,
            };
            assert_eq!(params.magic, theirs.magic().to_bytes());
            let genesis = bitcoin::blockdata::constants::genesis_block(theirs);
            assert_eq!(params.genesis, genesis.block_hash().to_string());
            assert_eq!(
                params.easiest,
                bitcoin::params::Params::new(theirs).max_attainable_target.to_compact_lossy().to_consensus()
            );
        }
        assert_eq!(name_of([0xf9, 0xbe, 0xb4, 0xfe]), Some("Namecoin"));
        assert_eq!(name_of([0; 4]), None);
    }
}
