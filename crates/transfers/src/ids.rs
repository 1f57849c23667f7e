//! Dense numbers, one type each so that none is mistaken for another.

use tracehound_model::dense_number;

/// The largest number of a transaction or a transfer: they are stored in 40 bits.
pub const MAX_NUM: u64 = (1 << 40) - 1;

dense_number! {
    /// A block's place in the store, from 0. Not its height: a partial store need not start at genesis.
    BlockNum(u32)
}
dense_number! {
    /// A transaction's place in the store, from 0, in chain order; at most [`MAX_NUM`].
    TxNum(u64)
}
dense_number! {
    /// A movement's place in the store, from 0, in the order in which value moved; at most [`MAX_NUM`].
    TransferNum(u64)
}
dense_number! {
    /// An account's number, from 0, in order of first appearance. Each chain has its own.
    AccountNum(u32)
}
dense_number! {
    /// An asset's number, from 0, in order of first appearance. Each chain has its own.
    AssetNum(u32)
}
