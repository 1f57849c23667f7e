//! The functions of memos.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Network, Outcome};

/// What a memo asks to do, or says was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the networks' own names, each with its words in TABLE")]
pub enum Function {
    Swap,
    LimitSwap,
    ModifyLimitSwap,
    Add,
    Withdraw,
    Donate,
    Outbound,
    Refund,
    Ragnarok,
    Migrate,
    Consolidate,
    YggdrasilFund,
    YggdrasilReturn,
    Noop,
    Reserve,
    Bond,
    Unbond,
    Rebond,
    Leave,
    Operator,
    Maint,
    Name,
    TradeDeposit,
    TradeWithdraw,
    SecureDeposit,
    SecureWithdraw,
    RunepoolDeposit,
    RunepoolWithdraw,
    Exec,
    Switch,
    TcyClaim,
    TcyStake,
    TcyUnstake,
    LoanOpen,
    LoanRepay,
    ReferenceWrite,
    ReferenceRead,
}

const THOR: &[Network] = &[Network::Thorchain];
const MAYA: &[Network] = &[Network::Mayachain];
const BOTH: &[Network] = &Network::ALL;

/// Each function, its words in small letters, and the networks that know it.
const TABLE: &[(Function, &[&str], &[Network])] = &[
    (Function::Swap, &["swap", "s", "="], BOTH),
    (Function::LimitSwap, &["=<"], THOR),
    (Function::ModifyLimitSwap, &["m=<"], THOR),
    (Function::Add, &["add", "+"], BOTH),
    (Function::Withdraw, &["withdraw", "wd", "-"], BOTH),
    (Function::Donate, &["donate", "d"], BOTH),
    (Function::Outbound, &["out"], BOTH),
    (Function::Refund, &["refund"], BOTH),
    (Function::Ragnarok, &["ragnarok"], BOTH),
    (Function::Migrate, &["migrate"], BOTH),
    (Function::Consolidate, &["consolidate"], BOTH),
    (Function::YggdrasilFund, &["yggdrasil+"], MAYA),
    (Function::YggdrasilReturn, &["yggdrasil-"], MAYA),
    (Function::Noop, &["noop"], BOTH),
    (Function::Reserve, &["reserve"], BOTH),
    (Function::Bond, &["bond"], BOTH),
    (Function::Unbond, &["unbond"], BOTH),
    (Function::Rebond, &["rebond"], THOR),
    (Function::Leave, &["leave"], BOTH),
    (Function::Operator, &["operator"], THOR),
    (Function::Maint, &["maint"], THOR),
    (Function::Name, &["name", "n", "~"], BOTH),
    (Function::TradeDeposit, &["trade+"], THOR),
    (Function::TradeWithdraw, &["trade-"], THOR),
    (Function::SecureDeposit, &["secure+"], THOR),
    (Function::SecureWithdraw, &["secure-"], THOR),
    (Function::RunepoolDeposit, &["pool+"], THOR),
    (Function::RunepoolWithdraw, &["pool-"], THOR),
    (Function::Exec, &["x", "exec"], THOR),
    (Function::Switch, &["switch"], THOR),
    (Function::TcyClaim, &["tcy"], THOR),
    (Function::TcyStake, &["tcy+"], THOR),
    (Function::TcyUnstake, &["tcy-"], THOR),
    (Function::LoanOpen, &["loan+", "$+"], THOR),
    (Function::LoanRepay, &["loan-", "$-"], THOR),
    (Function::ReferenceWrite, &["reference"], THOR),
    (Function::ReferenceRead, &["r"], THOR),
];

impl Function {
    /// The function of a word, in any case. Nothing is trimmed: a blank before it makes it none.
    pub(super) fn named(network: Network, word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let known = |(_, words, networks): &&(Self, &[&str], &[Network])| {
            words.contains(&word.as_str()) && networks.contains(&network)
        };
        TABLE.iter().find(known).map(|(function, ..)| *function)
    }

    /// What a memo that was read comes to; whether whom it names is known by the memo alone.
    pub(super) fn outcome(self, names_nobody: bool) -> Outcome {
        match self {
            Self::Outbound | Self::Refund | Self::Ragnarok => Outcome::Payout,
            Self::Migrate | Self::Consolidate | Self::YggdrasilFund | Self::YggdrasilReturn => {
                Outcome::Internal
            }
            Self::ReferenceRead => Outcome::Memoless,
            _ if names_nobody => Outcome::UnresolvedName,
            _ => Outcome::Intent,
        }
    }
}
