//! What a call's code sees of the block it is in.

use alloy_primitives::{Address, B256, U256, keccak256};

/// A block as the code in it sees it.
///
/// Code that wants to behave while it is being tried asks whether its block looks made up: a miner of zero, gas for
/// nothing, no randomness ("red pill" contracts, which Web3 simulators met in 2023). So none of this is ever left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its time: seconds since 1970-01-01 UTC.
    pub time: u64,
    /// Who makes it (`COINBASE`).
    pub miner: Address,
    /// Wei burnt for a unit of gas (`BASEFEE`), and what the call offers (`GASPRICE`), though nobody is charged.
    pub base_fee: u64,
    /// What stands for chance in it (`PREVRANDAO`, EIP-4399).
    pub random: B256,
    /// Gas it has room for (`GASLIMIT`).
    pub gas_limit: u64,
}

impl Block {
    /// A block of which only the place is known; the rest is as on the Ethereum mainnet: a well-known builder, 1 gwei,
    /// 60 million gas. Its randomness follows from number and time, so that the answer can be had again.
    pub fn at(number: u64, time: u64) -> Self {
        let place: U256 = (U256::from(number) << 64) | U256::from(time);
        Self {
            number,
            time,
            miner: alloy_primitives::address!("95222290DD7278Aa3Ddd389Cc1E1d165CC4BAfe5"),
            base_fee: 1_000_000_000,
            random: keccak256(place.to_be_bytes::<32>()),
            gas_limit: 60_000_000,
        }
    }
}
