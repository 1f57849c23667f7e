//! Anvil's own accounts, and their signatures.

use alloy_primitives::{Address, B256, address, hex};
use k256::ecdsa::SigningKey;

/// Keys of anvil's first accounts: known to everybody, worth nothing.
pub(crate) const KEYS: [[u8; 32]; 3] = [
    hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    hex!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    hex!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
];
/// Anvil's fourth and tenth account: who sends what others signed, and who attacks.
pub(crate) const EXECUTOR: Address = address!("90F79bf6EB2c4f870365E785982E1f101E93b906");
pub(crate) const ATTACKER: Address = address!("a0Ee7A142d267C1f36714E4a8F75612F20a79720");
/// Wei.
pub(crate) const ETHER: u64 = 1_000_000_000_000_000_000;

pub(crate) fn signer(key: [u8; 32]) -> (Address, SigningKey) {
    let key = SigningKey::from_slice(&key).expect("a key");
    (Address::from_private_key(&key), key)
}

pub(crate) fn sign(key: &SigningKey, hash: &B256, add: u8) -> Vec<u8> {
    let (signature, recovery) = key.sign_prehash_recoverable(hash.as_slice()).expect("signs");
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + recovery.to_byte() + add);
    bytes
}
