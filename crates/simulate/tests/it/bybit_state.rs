//! The state of 21 February 2025 as far as the transaction reads it, for tests and for the benchmark.

use alloy_primitives::{Address, B256, U256, address, hex, keccak256};
use tracehound_guard::safe::{self, Version};
use tracehound_simulate::{Account, Block, State};

/// The official 1.1.1 singleton that the Safe stood on.
pub(crate) const SINGLETON: Address = address!("34CfAC646f301356fAa8B21e94227e3583Fe3F5F");
/// What the transaction delegated to.
pub(crate) const ATTACK: Address = address!("96221423681A6d52E184D440a8eFCEbB105C7242");
/// Not the sample: PUSH 4, CALLDATALOAD, PUSH 0, SSTORE, STOP, which is all that its `transfer` did.
const STAND_IN: [u8; 7] = hex!("60043560005500");
pub(crate) fn block() -> Block {
    Block::at(21_895_238, 1_740_147_215)
}

fn mapping(slot: u64, key: Address) -> U256 {
    let mut text = key.into_word().to_vec();
    text.extend_from_slice(&B256::from(U256::from(slot)).0);
    keccak256(text).into()
}

pub(crate) fn number(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

/// The Safe of that day: 1.1.1, three signers, three signatures needed, nonce 71.
pub(crate) fn state(safe: Address, owners: &[Address], singleton: Vec<u8>, proxy: Vec<u8>) -> State {
    let sentinel = Address::with_last_byte(1);
    let mut account = Account {
        code: proxy,
        balance: U256::from(10).pow(U256::from(24)),
        whole: true,
        ..Account::default()
    };
    let mut put = |slot: U256, value: U256| account.storage.insert(slot, value);
    put(U256::ZERO, number(SINGLETON));
    put(mapping(1, sentinel), number(sentinel));
    for (owner, next) in std::iter::once(&sentinel).chain(owners).zip(owners.iter().chain([&sentinel])) {
        put(mapping(2, *owner), number(*next));
    }
    let version: Version = "1.1.1".parse().expect("a version");
    put(U256::from(3), U256::from(owners.len()));
    put(U256::from(4), U256::from(3));
    put(U256::from(5), U256::from(71));
    put(U256::from(6), safe::hash::domain(version.scheme(), 1, &safe).into());
    let code = |code: Vec<u8>| Account { code, whole: true, ..Account::default() };
    let mut state = State::default();
    state.accounts.insert(safe, account);
    state.accounts.insert(SINGLETON, code(singleton));
    state.accounts.insert(ATTACK, code(STAND_IN.to_vec()));
    // Where the decoy would have sent its ether.
    state.accounts.insert(
        address!("88a1493366D48225fc3cEFbdae9eBb23E323Ade3"),
        Account { whole: true, ..Account::default() },
    );
    state
}
