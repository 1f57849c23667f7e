//! The store of value movements on account chains: who moved how much of what, in the order of the chain.
//!
//! Analyses ask [`TransferRows`], whatever holds the rows. [`MemoryTransfers`] holds them in memory: for a case of a few
//! accounts, and for tests. [`TransferLedger`] reads them from a folder of sealed segments (`tracehound-segments`), where a
//! [`Writer`] appends blocks; the two answer alike, whatever was appended, reorganised and opened again.
//!
//! Numbers are dense and grow in time, so "earlier" is a comparison of integers. Ethereum alone has more than 2^32
//! movements, so transactions and transfers have 40 bits ([`TransferNum`]), accounts of one chain 32.
//!
//! ```
//! use tracehound_model::{
//!     Address, Amount,
//!     transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
//! };
//! use tracehound_transfers::{Balance, BalanceAt, MemoryTransfers, Opening, TransferNum, TransferRows};
//!
//! let (payer, payee) = (Address::Evm([1; 20]), Address::Evm([2; 20]));
//! let asset: tracehound_model::Asset = "eip155:1/slip44:60".parse()?;
//! let movement = Movement {
//!     from: Some(payer.clone()),
//!     to: Some(payee.clone()),
//!     asset: asset.clone(),
//!     amount: Amount::from(5_u64),
//!     kind: MovementKind::Native,
//!     proved: true,
//! };
//! let txs = vec![TransferTx { hash: [1; 32], movements: vec![movement] }];
//! let unseen = Unseen::NOTHING;
//! let block = TransferBlock { height: 7, hash: [7; 32], parent: [6; 32], time: 1_700_000_000, unseen, txs };
//!
//! let opening = Opening::Known(vec![(payer.clone(), asset.clone(), Amount::from(8_u64))]);
//! let mut rows = MemoryTransfers::new("eip155:1".parse()?, opening)?;
//! rows.append(&block)?;
//!
//! let after = |address| {
//!     let account = rows.find_account(address).expect("it took part");
//!     let balance = Balance { account, asset: rows.find_asset(&asset).expect("it moved") };
//!     rows.before(balance, TransferNum(rows.transfer_count()))
//! };
//! assert_eq!(after(&payer), BalanceAt::Known(Amount::from(3_u64)));
//! // Nobody said what the payee held before: not known is not zero.
//! assert!(matches!(after(&payee), BalanceAt::Unknown(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Invariants.** No outside format is known here: rows come as [`TransferBlock`](tracehound_model::transfer::TransferBlock)s.
//! A balance that cannot be known from the rows is [`BalanceAt::Unknown`], never zero.

mod error;
mod ids;
mod memory;
mod opening;
mod pack;
mod rows;
mod store;

pub use error::{BalanceUnknown, TransferError};
pub use ids::{AccountNum, AssetNum, BlockNum, MAX_NUM, TransferNum, TxNum};
pub use memory::MemoryTransfers;
pub use opening::Opening;
pub use rows::{Balance, BalanceAt, BlockRow, Transfer, TransferRows, TxRow};
pub use store::{
    Repair, RepairReport, TransferLedger, TransferLedgerError, TransferLedgerInfo, TransferVerifyReport,
    Writer, WriterOptions, repair,
};
