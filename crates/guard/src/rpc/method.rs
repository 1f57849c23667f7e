//! Methods by name: what is judged, what passes, what is refused.
//!
//! * **Judged:** sending and signing as wallets ask for it ([`Form`]). Names are compared exactly.
//! * **Refused by name:** whatever else could sign or send. That is every `wallet_` method but the readers below (a
//!   switch of the chain too: the facts speak of one chain), the key stores `personal_`, `account_` and `signer_` but for
//!   two readers, every name with `sign`, `send` or a like word in it that is no `get…`, and every name with other
//!   characters than letters, digits, `_`, `.` and `-`. So bundles, private transactions, conditional transactions and
//!   user operations are refused: the guard does not read them yet, and what it did not read must not pass.
//! * **Passed:** everything else.

use crate::report::Kind;

/// A shape of parameters that the guard can judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `eth_sendTransaction`, `eth_signTransaction`: one transaction as an object
    Transaction,
    /// `eth_sendRawTransaction`: signed bytes
    Raw,
    /// `eth_sendRawTransactionSync` (EIP-7966): signed bytes, and how long to wait
    RawSync,
    /// `eth_signTypedData`, all versions: typed data and an account, in either order
    Typed,
    /// `personal_sign`: a text and an account, in either order
    Personal,
    /// `eth_sign`: an account and 32 bytes
    Blind,
    /// `wallet_sendCalls` (EIP-5792): a batch of calls
    Calls,
}

impl Form {
    /// What the report is about.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Transaction | Self::Raw | Self::RawSync | Self::Calls => Kind::Transaction,
            Self::Typed => Kind::TypedData,
            Self::Personal | Self::Blind => Kind::Message,
        }
    }
}

/// The methods that are judged.
pub const GUARDED: &[(&str, Form)] = &[
    ("eth_sendTransaction", Form::Transaction),
    ("eth_signTransaction", Form::Transaction),
    ("eth_sendRawTransaction", Form::Raw),
    ("eth_sendRawTransactionSync", Form::RawSync),
    ("eth_signTypedData", Form::Typed),
    ("eth_signTypedData_v1", Form::Typed),
    ("eth_signTypedData_v3", Form::Typed),
    ("eth_signTypedData_v4", Form::Typed),
    ("personal_sign", Form::Personal),
    ("eth_sign", Form::Blind),
    ("wallet_sendCalls", Form::Calls),
];

/// Methods of refused families that neither sign nor send nor change the chain.
const HARMLESS: &[&str] = &[
    "personal_ecRecover",
    "personal_listAccounts",
    "wallet_getAssets",
    "wallet_getCallsStatus",
    "wallet_getCapabilities",
    "wallet_getPermissions",
    "wallet_requestPermissions",
    "wallet_revokePermissions",
    "wallet_showCallsStatus",
    "wallet_watchAsset",
];

/// Families of methods around keys.
const KEY_STORES: &[&str] = &["wallet", "personal", "account", "signer"];

/// Words of methods that sign or send.
const WORDS: &[&str] = &["sign", "send", "submit", "broadcast", "publish", "relay", "post", "push"];

/// Where a method belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// The guard is asked.
    Guarded(Form),
    /// Passes.
    Free,
    /// Refused, for the reason.
    Unknown(String),
}

impl Method {
    /// Sorts a name.
    pub fn of(name: &str) -> Self {
        if let Some((_, form)) = GUARDED.iter().find(|(guarded, _)| *guarded == name) {
            return Self::Guarded(*form);
        }
        if HARMLESS.contains(&name) {
            return Self::Free;
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
        if name.is_empty() || !name.bytes().all(plain) {
            return Self::Unknown("no method has such a name: letters, digits and _ are expected".to_owned());
        }
        let lower = name.to_ascii_lowercase();
        if let Some((guarded, _)) = GUARDED.iter().find(|(guarded, _)| guarded.eq_ignore_ascii_case(name)) {
            return Self::Unknown(format!("this is not how {guarded} is spelt: correct the name"));
        }
        let (family, rest) = lower.split_once('_').unwrap_or(("", &lower));
        let suspect = WORDS.iter().any(|word| rest.contains(word)) && !rest.starts_with("get");
        if !suspect && !KEY_STORES.contains(&family) {
            return Self::Free;
        }
        Self::Unknown(
            "an unknown signing method: it could sign or send, and the guard cannot judge it. Ask by \
             eth_sendTransaction, eth_sendRawTransaction, eth_signTypedData_v4 or personal_sign, or examine it yourself \
             and ask the node past this proxy"
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_pass_whatever_word_is_in_their_names() {
        for name in [
            "eth_call",
            "eth_chainId",
            "eth_estimateGas",
            "eth_getTransactionBySenderAndNonce",
            "eth_requestAccounts",
            "clique_getSigners",
            "alchemy_getAssetTransfers",
            "net_version",
            "web3_clientVersion",
            "debug_traceTransaction",
            "wallet_getCapabilities",
            "personal_ecRecover",
        ] {
            assert_eq!(Method::of(name), Method::Free, "{name}");
        }
    }

    #[test]
    fn whatever_could_sign_or_send_is_refused_by_name() {
        for name in [
            "eth_sendtransaction",
            "ETH_SENDTRANSACTION",
            "eth_sendTransaction ",
            " eth_sign",
            "eth_sign\n",
            "eth_s\u{456}gn",
            "eth_signTypedData_v5",
            "eth_sendRawTransactionConditional",
            "eth_sendPrivateTransaction",
            "eth_sendPrivateRawTransaction",
            "eth_sendBundle",
            "mev_sendBundle",
            "eth_sendUserOperation",
            "eth_resend",
            "personal_sendTransaction",
            "personal_unlockAccount",
            "account_signTransaction",
            "signer_confirmRequest",
            "parity_postTransaction",
            "wallet_sendTransaction",
            "wallet_invokeMethod",
            "wallet_connect",
            "wallet_grantPermissions",
            "wallet_switchEthereumChain",
            "wallet_addEthereumChain",
            "sendTransaction",
            "",
        ] {
            assert!(matches!(Method::of(name), Method::Unknown(_)), "{name}");
        }
    }

    #[test]
    fn a_guarded_name_in_another_case_is_told_apart() {
        let Method::Unknown(why) = Method::of("Personal_Sign") else { panic!("refused") };
        assert!(why.contains("personal_sign"), "{why}");
    }
}
