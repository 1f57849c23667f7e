//! What must be known of a chain to say what moved on it, one row a chain, each fact with its source.
//!
//! What differs between Ethereum and its kin is money that would be counted twice (a native asset that also speaks as a
//! token), money that would be lost (fees that go to somebody instead of nobody), and money that comes from nowhere (a bridge
//! that mints). Where nobody tells, the row says so, and every block of it has that as a gap.

use alloy_primitives::{Address, Log, address};
use tracehound_model::{Asset, Chain};

use crate::{block::HeaderForm, logs::KnownContracts};

/// Values with the height from which each holds, the first from 0.
pub type Since<T> = &'static [(u64, T)];

/// What holds at a height.
pub fn at<T: Copy>(since: Since<T>, height: u64) -> T {
    let later = since.partition_point(|&(from, _)| from <= height);
    // The first holds from 0.
    since[later.saturating_sub(1)].1
}

/// What must be known of a chain to say what moved on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Its chain id (EIP-155).
    pub chain_id: u64,
    /// Its native asset.
    pub native: Asset,
    /// Contracts whose logs say something about the native asset.
    pub contracts: KnownContracts,
    /// Rewards of miners.
    pub rewards: Rewards,
    /// The form of its headers.
    pub headers: Since<HeaderForm>,
    /// Who gets the base fee (EIP-1559).
    pub base_fee: Since<Recipient>,
    /// Who gets what a receipt calls `l1Fee`.
    pub l1_fee: Since<Recipient>,
    /// Who gets what blobs pay (EIP-4844).
    pub blob_fee: Since<Recipient>,
    /// What the withdrawals of a block are (EIP-4895).
    pub withdrawals: Withdrawals,
    /// Transactions that nobody signed.
    pub system: &'static [(System, Issues)],
    /// What the chain may pay out in any block, beside that.
    pub issues: Issues,
    /// Up to where its blocks do not change any more.
    pub finality: Finality,
    /// Logs that are handed on besides what they move.
    pub keeps: Keeps,
}

/// Logs that are handed on as they are: those of these contracts whose first topic is one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keeps {
    /// The contracts.
    pub contracts: &'static [[u8; 20]],
    /// First topics.
    pub topics: &'static [[u8; 32]],
}

impl Keeps {
    /// Whether a log is one of them.
    pub(crate) fn has(&self, log: &Log) -> bool {
        let first = log.topics().first();
        self.contracts.contains(&log.address.0.0) && first.is_some_and(|first| self.topics.contains(&first.0))
    }
}

/// What miners are paid for a block, beside fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewards {
    /// Ethereum's: 5, from Byzantium 3 (EIP-649), from Constantinople 2 ether (EIP-1234) until difficulty ends (EIP-3675),
    /// and a 32nd of it an uncle.
    Ethereum,
    /// Sepolia's: Ethereum's from Constantinople, from its first block on.
    Sepolia,
    /// None.
    None,
}

/// Who gets a part of a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// Nobody: it is destroyed.
    Nobody,
    /// Whoever the header names.
    Producer,
    /// This account.
    Account(Address),
    /// Somebody whom neither block nor receipt names: a gap of the block.
    Untold,
}

/// What the withdrawals of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawals {
    /// The native asset, in 10⁻⁹ of it, from nobody.
    Native,
    /// A token, of which the contract's logs are in no receipt: a gap of a block that has some.
    Untold,
}

/// Which transactions nobody signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Those of this type (EIP-2718).
    Kind(u8),
    /// Those from the zero address.
    FromNobody,
}

/// What the chain pays out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issues {
    /// Nothing.
    Nothing,
    /// What the field `mint` of the transaction says, to its sender, whether the rest of it fails or not. It pays no fee.
    Mint,
    /// Something of which neither block nor receipt tells: a gap of the block.
    Untold,
}

/// Up to where blocks do not change any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finality {
    /// The block that a node calls by this name is final.
    pub tag: &'static str,
    /// Where a node does not know the name: blocks under this many others are taken for final.
    pub depth: u64,
}

/// A fee that is destroyed.
const BURNT: Since<Recipient> = &[(0, Recipient::Nobody)];
const UNTOLD: Since<Recipient> = &[(0, Recipient::Untold)];
const PRODUCERS: Since<Recipient> = &[(0, Recipient::Producer)];

/// The vaults for fees of the OP stack (specs.optimism.io, protocol/predeploys; kona-protocol 0.4.5).
const BASE_FEE_VAULT: Recipient = Recipient::Account(address!("4200000000000000000000000000000000000019"));
const L1_FEE_VAULT: Recipient = Recipient::Account(address!("420000000000000000000000000000000000001A"));
/// Before Bedrock the only vault (`OVM_SequencerFeeVault`, npm `@eth-optimism/contracts` 0.6.0).
const OLD_FEE_VAULT: Recipient = Recipient::Account(address!("4200000000000000000000000000000000000011"));
/// The first block of Bedrock on Optimism (superchain registry; kona-protocol).
const BEDROCK: u64 = 105_235_063;
/// Deposits of the OP stack (specs.optimism.io, protocol/deposits): they mint `mint`.
const DEPOSITS: &[(System, Issues)] = &[(System::Kind(0x7e), Issues::Mint)];

/// Arbitrum's own transactions (docs.arbitrum.io, geth fork `core/types/arb_types.go`): deposits (100), calls by contracts below
/// (102), retries (104) and what submits them (105) move what a bridge minted or what lies in escrow, which they do not tell
/// whole. Unsigned ones (101) are calls like any other, and the one that begins a block (106) moves nothing.
const ARBITRUM: &[(System, Issues)] = &[
    (System::Kind(0x64), Issues::Untold),
    (System::Kind(0x65), Issues::Nothing),
    (System::Kind(0x66), Issues::Untold),
    (System::Kind(0x68), Issues::Untold),
    (System::Kind(0x69), Issues::Untold),
    (System::Kind(0x6a), Issues::Nothing),
];

/// Polygon's synchronisation of state: a transaction from nobody that stands in a block's list and under none of its roots
/// (`matic.js`, `getStateSyncTxHash`). What it deposits is in no trace.
const STATE_SYNC: &[(System, Issues)] = &[(System::FromNobody, Issues::Untold)];

/// Who gets the base fee on Polygon (`burntContract` of bor's chain configuration, as Nethermind and Erigon carry it).
const POLYGON_BASE_FEE: Since<Recipient> = &[
    (0, Recipient::Nobody),
    (23_850_000, Recipient::Account(address!("70bca57f4579f58670ab2d18ef16e02c17553c38"))),
    (50_523_000, Recipient::Account(address!("7A8ed27F4C30512326878652d20fC85727401854"))),
    (83_756_500, Recipient::Account(address!("3ef57def668054dd750bd260526105c4eeef104f"))),
];

/// Who gets the base fee on Gnosis from London on (Erigon, `GnosisChainConfig`; Nethermind, `GnosisSpecProvider`).
const GNOSIS_BASE_FEE: Since<Recipient> = &[
    (0, Recipient::Nobody),
    (19_040_000, Recipient::Account(address!("6BBe78ee9e474842Dbd4AB4987b3CeFE88426A92"))),
];

/// A final block by the name that the interface gives it, and Ethereum's two epochs of 32 blocks where a node knows no names.
const TAGGED: Finality = Finality { tag: "finalized", depth: 64 };

/// Wrapped native tokens are those of Uniswap's universal router (`universal-router@fb25ff09`, `script/deployParameters`), that
/// of Gnosis Balancer's and Across' (`0xe91D…a97d`). Which contract speaks of the native asset: duneanalytics/spellbook #4970 and
/// #6459. Celo (fees in tokens) and zkSync (fees in the logs of the asset itself) have rules of their own, and no row.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    // Headers and roots recompute over real blocks (tests).
    Row { chain_id: 1, rewards: Rewards::Ethereum,
        ..Row::LIKE_ETHEREUM },
    // Optimism: a vault for each part of a fee. Before Bedrock ether was a token beside; roots of such blocks recompute (tests), but
    // for those with a transaction taken over from Ethereum.
    Row { chain_id: 10,
        native: Some(address!("DeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000")),
        base_fee: &[(0, Recipient::Nobody), (BEDROCK, BASE_FEE_VAULT)],
        l1_fee: &[(0, OLD_FEE_VAULT), (BEDROCK, L1_FEE_VAULT)], ..Row::OP_STACK },
    // BNB: the base fee is 0 (BEP-226), all of a fee goes to the producer, who pays it out by calls of its own (BEP-95).
    Row { chain_id: 56, blob_fee: UNTOLD,
        base_fee: PRODUCERS, ..Row::LIKE_ETHEREUM },
    // Gnosis: headers are sealed another way before its merge, which is between blocks 20,815,652 and 29,372,565 (shared
    // answers). The reward contract mints bridged xDAI in any block, withdrawals are of GNO (gnosischain/specs, execution).
    Row { chain_id: 100,
        headers: &[(0, HeaderForm::Other), (29_372_565, HeaderForm::Standard)], base_fee: GNOSIS_BASE_FEE, blob_fee: UNTOLD,
        withdrawals: Withdrawals::Untold, issues: Issues::Untold, ..Row::LIKE_ETHEREUM },
    // Polygon: its coin also speaks as the token 0x…1010.
    Row { chain_id: 137,
        native: Some(address!("0000000000000000000000000000000000001010")), headers: &[(0, HeaderForm::HashOnly)],
        base_fee: POLYGON_BASE_FEE, system: STATE_SYNC, ..Row::LIKE_ETHEREUM },
    // Base: Bedrock from its first block on.
    Row { chain_id: 8_453, ..Row::OP_STACK },
    // Arbitrum: `gasUsed` holds what is paid for the chain below; who gets fees is set by contracts.
    Row { chain_id: 42_161,
        headers: &[(0, HeaderForm::HashOnly)], base_fee: UNTOLD, system: ARBITRUM, finality: Finality { tag: "finalized", depth: 4_000 },
        ..Row::LIKE_ETHEREUM },
    // Avalanche: headers have more fields; fees go to the account that the header must name (coreth, `BlackholeAddr`); imports
    // and exports stand in a block's extra data. The node's latest block is accepted for good.
    Row { chain_id: 43_114,
        headers: &[(0, HeaderForm::Other)], base_fee: PRODUCERS, blob_fee: UNTOLD, issues: Issues::Untold,
        finality: Finality { tag: "latest", depth: 0 }, ..Row::LIKE_ETHEREUM },
    // Linea: what it does with base fees is not in its documents; bridged ether comes out of a contract of genesis.
    Row { chain_id: 59_144,
        headers: &[(0, HeaderForm::Other)], base_fee: UNTOLD, finality: Finality { tag: "finalized", depth: 4_000 },
        ..Row::LIKE_ETHEREUM },
    // Sepolia, Ethereum's test network, which was mined until 2022: every fork up to London from its first block on (geth,
    // `SepoliaChainConfig`); WETH9 as Uniswap's universal router names it. Roots recompute over a real era1 file (tests).
    Row { chain_id: 11_155_111,
        rewards: Rewards::Sepolia, ..Row::LIKE_ETHEREUM },
];

/// A row: [`Rules`] without what follows from the chain's id.
struct Row {
    chain_id: u64,
    native: Option<Address>,
    rewards: Rewards,
    headers: Since<HeaderForm>,
    base_fee: Since<Recipient>,
    l1_fee: Since<Recipient>,
    blob_fee: Since<Recipient>,
    withdrawals: Withdrawals,
    system: &'static [(System, Issues)],
    issues: Issues,
    finality: Finality,
}

impl Row {
    const LIKE_ETHEREUM: Self = Self {
        chain_id: 0,
        native: None,
        rewards: Rewards::None,
        headers: &[(0, HeaderForm::Standard)],
        base_fee: BURNT,
        l1_fee: UNTOLD,
        blob_fee: BURNT,
        withdrawals: Withdrawals::Native,
        system: &[],
        issues: Issues::Nothing,
        finality: TAGGED,
    };
    const OP_STACK: Self = Self {
        headers: &[(0, HeaderForm::HashOnly)],
        base_fee: &[(0, BASE_FEE_VAULT)],
        l1_fee: &[(0, L1_FEE_VAULT)],
        system: DEPOSITS,
        finality: Finality { tag: "finalized", depth: 1_000 },
        ..Self::LIKE_ETHEREUM
    };
}

impl Rules {
    /// Ethereum's own chain.
    pub fn ethereum() -> Self {
        Self::of(1).expect("it has a row")
    }

    /// Ethereum's public test network that was mined until 2022.
    pub fn sepolia() -> Self {
        Self::of(11_155_111).expect("it has a row")
    }

    /// The rules of the chain of this id, where they are known.
    pub fn of(chain_id: u64) -> Option<Self> {
        let row = ROWS.iter().find(|row| row.chain_id == chain_id)?;
        let chain = Chain::Evm(chain_id);
        let wrapped = Asset::wrapped(chain).and_then(Asset::contract).and_then(|contract| match contract {
            tracehound_model::Address::Evm(bytes) => Some(Address::from(bytes)),
            _ => None,
        });
        Some(Self {
            chain_id,
            native: Asset::native(chain)?,
            contracts: KnownContracts { wrapped, native: row.native },
            rewards: row.rewards,
            headers: row.headers,
            base_fee: row.base_fee,
            l1_fee: row.l1_fee,
            blob_fee: row.blob_fee,
            withdrawals: row.withdrawals,
            system: row.system,
            issues: row.issues,
            finality: row.finality,
            keeps: Keeps::default(),
        })
    }

    /// The same, with these logs handed on.
    #[must_use]
    pub fn keeping(self, keeps: Keeps) -> Self {
        Self { keeps, ..self }
    }

    /// The ids of all chains whose rules are known.
    pub fn known() -> impl Iterator<Item = u64> {
        ROWS.iter().map(|row| row.chain_id)
    }

    /// What a transaction of this type and sender pays out, where it is one that nobody signed.
    pub(crate) fn system(&self, kind: u8, from: Address) -> Option<Issues> {
        let is = |system: System| match system {
            System::Kind(wanted) => wanted == kind,
            System::FromNobody => from == Address::ZERO,
        };
        self.system.iter().find(|row| is(row.0)).map(|row| row.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_coin_of_its_own_and_begins_with_the_first_block() {
        let ids: Vec<u64> = Rules::known().collect();
        assert_eq!(ids, [1, 10, 56, 100, 137, 8_453, 42_161, 43_114, 59_144, 11_155_111]);
        for id in ids {
            let rules = Rules::of(id).expect("the model knows its coin");
            assert_eq!((rules.chain_id, rules.native.chain()), (id, Chain::Evm(id)));
            assert!(rules.contracts.wrapped.is_some());
            let starts = |since: Since<Recipient>| since[0].0 == 0 && since.is_sorted_by_key(|row| row.0);
            assert!(starts(rules.base_fee) && starts(rules.l1_fee) && starts(rules.blob_fee), "{id}");
            assert!(rules.headers[0].0 == 0 && rules.headers.is_sorted_by_key(|row| row.0), "{id}");
        }
        assert_eq!(Rules::of(42_220), None, "Celo's fees in tokens are not known");
    }

    #[test]
    fn what_holds_at_a_height_is_the_last_that_began() {
        let since: Since<u8> = &[(0, 1), (10, 2), (20, 3)];
        assert_eq!([0, 9, 10, 19, 20, u64::MAX].map(|height| at(since, height)), [1, 1, 2, 2, 3, 3]);
    }
}
