//! Dense numbers, one type each so that none is mistaken for another.

use tracehound_model::dense_number;

dense_number! {
    /// A block's place in the ledger, from 0. Not its height: a partial ledger need not start at genesis.
    BlockNum(u32)
}
dense_number! {
    /// A transaction's place in the ledger, from 0: chain order, so a spender's number is above its funders'.
    TxNum(u32)
}
dense_number! {
    /// An owner's number, from 0, in order of first appearance.
    AddrNum(u32)
}
dense_number! {
    /// An input's place in the ledger, from 0.
    InNum(u64)
}
dense_number! {
    /// An output's place in the ledger, from 0.
    OutNum(u64)
}
