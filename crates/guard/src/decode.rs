//! Call data: what is called, with what, and what is called inside of it.

pub mod abi;
pub mod action;
pub(crate) mod cow;
mod holder;
pub mod rebuilt;
pub(crate) mod router;
pub(crate) mod seaport;
pub mod table;
pub mod types;
pub mod unpack;

pub use self::{
    abi::{AbiError, Anomaly, Value, decode},
    action::{Act, By, Extent, Grant, Placed, Power, Setting, acts},
    rebuilt::Rebuilt,
    table::Functions,
    types::{Function, Param, Type},
    unpack::{Call, Decoded, Oddity, Outer, Unpacked, unpack},
};
pub(crate) use self::{
    holder::{ALLOWANCE, holder},
    router::{EXECUTE, Plan, packed_way},
    unpack::{ACCESS_SCHEDULE, BRAVO_PROPOSE, HANDLE_OPS, HANDLE_OPS_V6, QUEUE_TRANSACTION},
};
