//! What crosses between chains, as far as the bytes of one side say it.
//!
//! A deposit to a network such as THORChain carries a [`memo`]: what shall be paid, on which chain and to whom. On chains of
//! outputs it stands in scripts ([`outputs`]), and where it stands nowhere a number in the amount may name one that was
//! registered before ([`reference`](mod@reference)). A vault swap of Chainflip says the same in its own bytes ([`chainflip`]).
//!
//! Where there is no id at all, [`matcher`] says which deposits a payout may be for, and where one alone can be meant.
//!
//! What is read here is what a depositor **asked for**. Whether it was paid is on the other chain.

pub mod chainflip;
pub mod matcher;
pub mod memo;
pub mod outputs;
pub mod reference;
