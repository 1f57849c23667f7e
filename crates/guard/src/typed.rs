//! EIP-712 typed data: read strictly, hashed, and understood.

pub mod auth;
pub mod encode;
pub mod meaning;
pub mod read;
pub mod shapes;

pub(crate) use self::shapes::COIN;
pub use self::{
    auth::Authorization,
    meaning::{Item, ItemKind, Meaning, Order, meaning},
    read::{Data, Nested, TypedData, read},
    shapes::{Known, Sight, SignedCall, Told},
};
