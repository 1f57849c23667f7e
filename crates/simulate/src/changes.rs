//! What changed: storage that matters by name, money, tokens, allowances.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, Log, U256, b256, keccak256};
use revm::state::EvmState;
use tracehound_guard::decode::Setting;

/// One thing that a call changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A storage slot.
    Slot {
        /// Whose.
        address: Address,
        /// Which.
        slot: U256,
        /// What was there.
        before: U256,
        /// What would be.
        after: U256,
    },
    /// An amount of the native coin, in wei.
    Balance {
        /// Whose.
        address: Address,
        /// What was there.
        before: U256,
        /// What would be.
        after: U256,
    },
    /// The code of an account.
    Code {
        /// Whose.
        address: Address,
        /// Whether there was none before.
        is_new: bool,
        /// Hash of the code afterwards.
        after: B256,
    },
}

/// A token that moves, as the token's contract says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The token's contract.
    pub token: Address,
    /// Who loses it.
    pub from: Address,
    /// Who gets it.
    pub to: Address,
    /// Which piece or kind of it, where they have numbers (ERC-721, ERC-1155).
    pub id: Option<U256>,
    /// Its base units, or how many of that number.
    pub amount: U256,
}

/// What contracts announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Announced {
    /// Tokens that move, in order.
    pub(crate) transfers: Vec<Transfer>,
    /// Allowances that are given, in order.
    pub(crate) approvals: Vec<Approval>,
    /// Contracts that announced a transfer in no form that is read.
    pub(crate) unread: BTreeSet<Address>,
}

/// A right over tokens that is given, as the token's contract says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The token's contract.
    pub token: Address,
    /// Whose tokens.
    pub owner: Address,
    /// Who may take them.
    pub spender: Address,
    /// How much; `None` for all of a collection.
    pub amount: Option<U256>,
}

const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// ERC-1155.
const TRANSFER_SINGLE: B256 = b256!("c3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62");
const TRANSFER_BATCH: B256 = b256!("4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb");
const APPROVAL: B256 = b256!("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925");
/// ERC-6909: `Transfer(address,address,address,uint256,uint256)`, `OperatorSet(address,address,bool)`,
/// `Approval(address,address,uint256,uint256)`.
const TRANSFER_6909: B256 = b256!("1b3d7edb2e9c0b0e7c525b20aaaef0f5940d2ed71663c7d39266ecafac728859");
const OPERATOR_SET: B256 = b256!("ceb576d9f15e4e200fdb5096d64d5dfd667e16def20c1eefd14256d8e3faa267");
const APPROVAL_6909: B256 = b256!("b3fd5071835887567a0671151121894ddccc2842f1d10bedad13e0d17cace9a7");
/// ERC-777: `AuthorizedOperator(address,address)`.
const AUTHORIZED_OPERATOR: B256 = b256!("f4caeb2d6ca8932a215a353d0703c326ec2d81fc68170f320eb2ab49e9df61f9");
/// `CryptoPunks`: `PunkTransfer(address,address,uint256)`.
const PUNK_TRANSFER: B256 = b256!("05af636b70da6819000c49f85b21fa82081c632069bb626f30932034099107d8");
const APPROVAL_FOR_ALL: B256 = b256!("17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31");

pub(crate) const GUARD: B256 = b256!("4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8");
pub(crate) const MODULE_GUARD: B256 =
    b256!("b104e0b93118902c651344349b610029d694cfdec91c589c91ebafbcd0289947");
pub(crate) const HANDLER: B256 = b256!("6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5");

/// Storage slots by whose change code or control of a contract passes to somebody, with what they hold.
///
/// Sources: EIP-1967, EIP-1822, `OpenZeppelin`'s first proxies, and `SafeStorage.sol` for a Safe's own slots.
const NAMED_SLOTS: [(B256, &str); 9] = [
    (
        b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"),
        "the proxy's implementation (EIP-1967)",
    ),
    (
        b256!("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103"),
        "the proxy's admin (EIP-1967)",
    ),
    (
        b256!("a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"),
        "the proxy's beacon (EIP-1967)",
    ),
    (
        b256!("c5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7"),
        "the proxy's logic (EIP-1822)",
    ),
    (
        b256!("7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3"),
        "the proxy's implementation (ZeppelinOS)",
    ),
    (
        b256!("10d6a54a4754c8869d6886b5f5d7fbfa5b4522237ea5c60d11bc4e7a1ff9390b"),
        "the proxy's admin (ZeppelinOS)",
    ),
    (GUARD, "the Safe's transaction guard"),
    (MODULE_GUARD, "the Safe's module guard"),
    (HANDLER, "the Safe's fallback handler"),
];

/// A Safe's first slots (`SafeStorage.sol`); the nonce, 5, changes with every transaction.
const SAFE_SLOTS: [(u64, &str); 4] = [
    (0, "the Safe's code (singleton)"),
    (1, "the Safe's modules"),
    (3, "the number of the Safe's owners"),
    (4, "the number of signatures the Safe needs"),
];

/// What a slot holds, if control over a contract hangs on it. `safe` is the Safe that executes.
pub fn critical_slot(address: &Address, slot: U256, safe: Option<&Address>) -> Option<&'static str> {
    let named =
        NAMED_SLOTS.iter().find(|(known, _)| U256::from_be_bytes(known.0) == slot).map(|(_, what)| *what);
    let own = SAFE_SLOTS.iter().find(|(known, _)| U256::from(*known) == slot).map(|(_, what)| *what);
    named.or_else(|| own.filter(|_| safe == Some(address)))
}

/// Whether a settings call is known to write a slot of the Safe.
pub(crate) fn explains(setting: &Setting, slot: U256) -> bool {
    let named = |known: B256| slot == U256::from_be_bytes(known.0);
    match setting {
        Setting::AddOwner(..) | Setting::RemoveOwner(..) => slot == U256::from(3) || slot == U256::from(4),
        Setting::Threshold(_) => slot == U256::from(4),
        Setting::Guard(_) => named(GUARD),
        Setting::ModuleGuard(_) => named(MODULE_GUARD),
        Setting::Handler(_) => named(HANDLER),
        Setting::Singleton(_) => slot.is_zero(),
        Setting::Migrate => slot.is_zero() || named(HANDLER),
        Setting::Setup(_) => named(HANDLER) || slot <= U256::from(4),
        // They write in mappings alone.
        Setting::SwapOwner(..) | Setting::EnableModule(_) | Setting::DisableModule(_) => false,
    }
}

/// What a transaction left changed, by address and slot.
pub(crate) fn of(state: &EvmState, caller: Address) -> Vec<Change> {
    let mut changes = Vec::new();
    for (&address, account) in state {
        let original = account.original_info();
        if original.balance != account.info.balance {
            changes.push(Change::Balance { address, before: original.balance, after: account.info.balance });
        }
        if original.code_hash != account.info.code_hash && address != caller {
            let is_new = original.code_hash == KECCAK256_EMPTY || original.code_hash.is_zero();
            changes.push(Change::Code { address, is_new, after: account.info.code_hash });
        }
        for (&slot, value) in &account.storage {
            let (before, after) = (value.original_value, value.present_value);
            if before != after {
                changes.push(Change::Slot { address, slot, before, after });
            }
        }
    }
    changes.sort();
    changes
}

/// Transfers and approvals that contracts announced. A contract may lie; its balances are in its storage.
pub(crate) fn from_logs(logs: &[Log]) -> Announced {
    let mut announced = Announced::default();
    for log in logs {
        let topics = log.data.topics();
        let Some(kind) = topics.first() else { continue };
        if [TRANSFER, TRANSFER_SINGLE, TRANSFER_BATCH, TRANSFER_6909, PUNK_TRANSFER].contains(kind) {
            match moved(log, topics) {
                Some(moved) => announced.transfers.extend(moved),
                None => {
                    announced.unread.insert(log.address);
                }
            }
            continue;
        }
        let [kind, one, other, rest @ ..] = topics else { continue };
        let (owner, spender) = (Address::from_word(*one), Address::from_word(*other));
        let amount = match rest {
            [id] => U256::from_be_bytes(id.0),
            _ => log.data.data.get(..32).map(U256::from_be_slice).unwrap_or_default(),
        };
        match *kind {
            APPROVAL => {
                let amount = Some(amount);
                announced.approvals.push(Approval { token: log.address, owner, spender, amount });
            }
            APPROVAL_FOR_ALL | OPERATOR_SET if !amount.is_zero() => {
                announced.approvals.push(Approval { token: log.address, owner, spender, amount: None });
            }
            // Of so many of a number: which, no allowance here says.
            APPROVAL_6909 if log.data.data.iter().any(|byte| *byte != 0) => {
                announced.approvals.push(Approval { token: log.address, owner, spender, amount: None });
            }
            // Operator first, holder second.
            AUTHORIZED_OPERATOR => {
                let (owner, spender) = (spender, owner);
                announced.approvals.push(Approval { token: log.address, owner, spender, amount: None });
            }
            _ => {}
        }
    }
    announced
}

/// First slots of a contract, one of which is where a token keeps its allowances.
const SLOTS: u64 = 256;

impl Approval {
    /// Whether it only announces what is left of a right that was there: nobody gets one, or the slot that keeps it holds less
    /// than before. Sources: `OpenZeppelin` up to 4, `ERC20._spendAllowance` and `ERC721._approve`; the layout of mappings in Solidity
    /// and in Vyper.
    pub(crate) fn is_used_up(&self, changes: &[Change]) -> bool {
        if self.spender.is_zero() {
            return true;
        }
        let Some(left) = self.amount else { return false };
        let fell: Vec<U256> = changes
            .iter()
            .filter_map(|change| match change {
                Change::Slot { address, slot, before, after }
                    if *address == self.token && before > after && *after == left =>
                {
                    Some(*slot)
                }
                _ => None,
            })
            .collect();
        let (owner, spender) = (self.owner.into_word(), self.spender.into_word());
        let of = |one: B256, other: B256| U256::from_be_bytes(keccak256([one.0, other.0].concat()).0);
        !fell.is_empty()
            && (0..SLOTS).map(|slot| B256::from(U256::from(slot))).any(|slot| {
                let solidity = of(spender, of(owner, slot).into());
                let vyper = of(of(slot, owner).into(), spender);
                fell.contains(&solidity) || fell.contains(&vyper)
            })
    }
}

/// What a transfer's event says; `None` where it has no form of one.
fn moved(log: &Log, topics: &[B256]) -> Option<Vec<Transfer>> {
    let data = &log.data.data[..];
    let word = |index: usize| data.get(index * 32..(index + 1) * 32).map(U256::from_be_slice);
    let address = |word: U256| Address::from_word(B256::from(word));
    let transfer = |from, to, id: Option<U256>, amount| Transfer { token: log.address, from, to, id, amount };
    let indexed = |index: usize| topics.get(index).map(|topic| Address::from_word(*topic));
    match (topics, data.len()) {
        ([TRANSFER, _, _], 32..) => Some(vec![transfer(indexed(1)?, indexed(2)?, None, word(0)?)]),
        ([TRANSFER, _, _, id], _) => {
            Some(vec![transfer(indexed(1)?, indexed(2)?, Some((*id).into()), U256::ONE)])
        }
        ([TRANSFER_6909, _, _, id], 64) => {
            Some(vec![transfer(indexed(1)?, indexed(2)?, Some((*id).into()), word(1)?)])
        }
        ([PUNK_TRANSFER, _, _], 32) => {
            Some(vec![transfer(indexed(1)?, indexed(2)?, Some(word(0)?), U256::ONE)])
        }
        // Tokens older than their standard index nothing.
        ([TRANSFER], 96) => Some(vec![transfer(address(word(0)?), address(word(1)?), None, word(2)?)]),
        ([TRANSFER_SINGLE, _, _, _], 64) => {
            Some(vec![transfer(indexed(2)?, indexed(3)?, Some(word(0)?), word(1)?)])
        }
        ([TRANSFER_BATCH, _, _, _], _) => {
            let (ids, amounts) = (list(data, word(0)?)?, list(data, word(1)?)?);
            let (from, to) = (indexed(2)?, indexed(3)?);
            let pairs = ids.iter().zip(&amounts);
            let all = pairs.map(|(id, amount)| transfer(from, to, Some(*id), *amount));
            (ids.len() == amounts.len()).then(|| all.collect())
        }
        _ => None,
    }
}

/// A list of numbers at an offset, as the ABI writes it.
fn list(data: &[u8], offset: U256) -> Option<Vec<U256>> {
    let rest = data.get(usize::try_from(offset).ok()?..)?;
    let (length, rest) = rest.split_at_checked(32)?;
    let length = usize::try_from(U256::from_be_slice(length)).ok()?;
    let words = rest.get(..length.checked_mul(32)?)?;
    Some(words.chunks_exact(32).map(U256::from_be_slice).collect())
}
