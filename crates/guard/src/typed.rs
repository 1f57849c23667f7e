//! EIP-712 typed data: read strictly, hashed, and understood.

pub mod auth;
pub mod encode;
pub mod meaning;
pub mod read;
pub mod shapes;

pub use self::{
    auth::Authorization,
    meaning::{Item, ItemKind, Meaning, Order, meaning},
    read::{Data, Nested, TypedData, read},
    shapes::{Known, Sight, SignedCall, Told},
};
pub(crate) use self::{
    meaning::{SeaportItem, SeaportOrder},
    shapes::COIN,
};
