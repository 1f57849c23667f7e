//! JSON-RPC methods by name: what is judged, what passes, what is refused.
//!
//! * **Judged:** sending and signing as wallets ask for it ([`Form`]). Names are compared exactly.
//! * **Passed:** the methods of [`READING`], which read or prepare, compared exactly, and those that the policy adds under
//!   `methods`: names that say that they read, and no other ([`may_be_added`]).
//! * **Closed:** whole families that tell or change how a node works ([`CLOSED`]), reading ones among them. A policy can name
//!   readers of `debug_` alone: a trace of what is pending is an oracle for whoever trades ahead, and takes the node minutes.
//! * **Refused:** everything else, by its whole name. A node takes names that nobody here has heard of, and some of them
//!   sign, send, rewind the chain or unlock a key; what is not known to read must not pass. Bundles, private
//!   transactions, conditional transactions, user operations and raw transactions that a node is to *trace* are among
//!   them: the guard does not read them, and whoever receives signed bytes can send them.
//! * A name with other characters than letters, digits and `_` is refused whatever the policy says: some servers read
//!   `eth-sign` or `avax.issueTx` as names of their own.

use crate::json::Node;

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

/// Families of methods for those who keep or test a node.
pub const CLOSED: &[&str] =
    &["admin_", "anvil_", "debug_", "engine_", "evm_", "hardhat_", "miner_", "tenderly_"];

/// Methods that neither sign nor send nor change what the node or the wallet holds, in order. `eth_fillTransaction`,
/// `eth_createAccessList` and their kin prepare what is signed elsewhere. Sources: the execution API
/// specification, the method lists of Geth, Nethermind, Erigon, Otterscan, Parity's trace module, Optimism, Polygon, zkSync
/// and Alchemy, EIP-1193 and its kin for wallets.
pub const READING: &[&str] = &[
    "alchemy_getAssetTransfers",
    "alchemy_getTokenAllowance",
    "alchemy_getTokenBalances",
    "alchemy_getTokenMetadata",
    "alchemy_getTransactionReceipts",
    "bor_getAuthor",
    "bor_getCurrentProposer",
    "bor_getCurrentValidators",
    "bor_getRootHash",
    "bor_getSigners",
    "clique_getSigner",
    "clique_getSigners",
    "clique_getSignersAtHash",
    "clique_getSnapshot",
    "clique_getSnapshotAtHash",
    "erigon_blockNumber",
    "erigon_forks",
    "erigon_getBlockByTimestamp",
    "erigon_getBlockReceiptsByBlockHash",
    "erigon_getHeaderByHash",
    "erigon_getHeaderByNumber",
    "erigon_getLatestLogs",
    "erigon_getLogsByHash",
    "eth_accounts",
    "eth_baseFee",
    "eth_blobBaseFee",
    "eth_blockNumber",
    "eth_call",
    "eth_callMany",
    "eth_chainId",
    "eth_coinbase",
    "eth_config",
    "eth_createAccessList",
    "eth_estimateGas",
    "eth_feeHistory",
    "eth_fillTransaction",
    "eth_gasPrice",
    "eth_getAccount",
    "eth_getBalance",
    "eth_getBlockByHash",
    "eth_getBlockByNumber",
    "eth_getBlockReceipts",
    "eth_getBlockTransactionCountByHash",
    "eth_getBlockTransactionCountByNumber",
    "eth_getCode",
    "eth_getFilterChanges",
    "eth_getFilterLogs",
    "eth_getHeaderByHash",
    "eth_getHeaderByNumber",
    "eth_getLogs",
    "eth_getProof",
    "eth_getRawTransactionByBlockHashAndIndex",
    "eth_getRawTransactionByBlockNumberAndIndex",
    "eth_getRawTransactionByHash",
    "eth_getStorageAt",
    "eth_getStorageValues",
    "eth_getTransactionByBlockHashAndIndex",
    "eth_getTransactionByBlockNumberAndIndex",
    "eth_getTransactionByHash",
    "eth_getTransactionBySenderAndNonce",
    "eth_getTransactionCount",
    "eth_getTransactionReceipt",
    "eth_getUncleByBlockHashAndIndex",
    "eth_getUncleByBlockNumberAndIndex",
    "eth_getUncleCountByBlockHash",
    "eth_getUncleCountByBlockNumber",
    "eth_getUserOperationByHash",
    "eth_getUserOperationReceipt",
    "eth_hashrate",
    "eth_maxPriorityFeePerGas",
    "eth_mining",
    "eth_newBlockFilter",
    "eth_newFilter",
    "eth_newPendingTransactionFilter",
    "eth_protocolVersion",
    "eth_requestAccounts",
    "eth_simulateV1",
    "eth_subscribe",
    "eth_supportedEntryPoints",
    "eth_syncing",
    "eth_uninstallFilter",
    "eth_unsubscribe",
    "linea_estimateGas",
    "linea_getProof",
    "net_listening",
    "net_peerCount",
    "net_version",
    "optimism_outputAtBlock",
    "optimism_rollupConfig",
    "optimism_syncStatus",
    "optimism_version",
    "ots_getApiLevel",
    "ots_getBlockDetails",
    "ots_getBlockDetailsByHash",
    "ots_getBlockTransactions",
    "ots_getContractCreator",
    "ots_getInternalOperations",
    "ots_getTransactionBySenderAndNonce",
    "ots_getTransactionError",
    "ots_hasCode",
    "ots_searchTransactionsAfter",
    "ots_searchTransactionsBefore",
    "ots_traceTransaction",
    "personal_ecRecover",
    "personal_listAccounts",
    "rpc_modules",
    "trace_block",
    "trace_call",
    "trace_callMany",
    "trace_filter",
    "trace_get",
    "trace_replayBlockTransactions",
    "trace_replayTransaction",
    "trace_transaction",
    "txpool_content",
    "txpool_contentFrom",
    "txpool_inspect",
    "txpool_status",
    "wallet_getAssets",
    "wallet_getCallsStatus",
    "wallet_getCapabilities",
    "wallet_getPermissions",
    "wallet_requestPermissions",
    "wallet_revokePermissions",
    "wallet_showCallsStatus",
    "wallet_watchAsset",
    "web3_clientVersion",
    "web3_sha3",
    "zks_L1BatchNumber",
    "zks_L1ChainId",
    "zks_estimateFee",
    "zks_estimateGasL1ToL2",
    "zks_getAllAccountBalances",
    "zks_getBaseTokenL1Address",
    "zks_getBlockDetails",
    "zks_getBridgeContracts",
    "zks_getBridgehubContract",
    "zks_getFeeParams",
    "zks_getL1BatchBlockRange",
    "zks_getL1BatchDetails",
    "zks_getL1GasPrice",
    "zks_getL2ToL1LogProof",
    "zks_getMainContract",
    "zks_getProof",
    "zks_getProtocolVersion",
    "zks_getTestnetPaymaster",
    "zks_getTransactionDetails",
];

/// Words of methods that sign, send or change something: a policy cannot call one a reader.
const WORDS: &[&str] = &[
    "sign",
    "send",
    "submit",
    "broadcast",
    "publish",
    "relay",
    "post",
    "push",
    "issue",
    "import",
    "unlock",
    "rewind",
    "sethead",
    "bundle",
    "useroperation",
    "rawtransaction",
];

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
    /// Sorts a name. `more` are reading methods that the policy adds.
    pub fn of(name: &str, more: &[String]) -> Self {
        if let Some((_, form)) = GUARDED.iter().find(|(guarded, _)| *guarded == name) {
            return Self::Guarded(*form);
        }
        if !plain(name) {
            return Self::Unknown(
                "no method that is passed on has such a name: letters, digits and _ are expected".to_owned(),
            );
        }
        if READING.binary_search(&name).is_ok() || more.iter().any(|one| one == name) {
            return Self::Free;
        }
        let known = GUARDED.iter().map(|(guarded, _)| guarded).chain(READING);
        if let Some(known) = known.into_iter().find(|known| known.eq_ignore_ascii_case(name)) {
            return Self::Unknown(format!("this is not how {known} is spelt: correct the name"));
        }
        if acts(name) {
            return Self::Unknown(
                "an unknown signing method: it could sign or send, and the guard cannot judge it. Ask by \
                 eth_sendTransaction, eth_sendRawTransaction, eth_signTypedData_v4 or personal_sign, or examine it \
                 yourself and ask the node past this proxy"
                    .to_owned(),
            );
        }
        if CLOSED.iter().any(|family| name.starts_with(family)) {
            return Self::Unknown(match may_be_added(name) {
                Ok(()) => format!(
                    "methods for those who keep a node are closed: to open this one, add {name:?} to `methods` in the policy \
                     (--policy FILE; `tracehound guard policy init` writes one to start from)"
                ),
                Err(_) => {
                    format!("methods for those who keep a node are closed, and {name} cannot be opened")
                }
            });
        }
        Self::Unknown(
            "an unknown method: it is not among those known to read only. If it only reads, and its name says so, add it to \
             `methods` in the policy (--policy FILE; `tracehound guard policy init` writes one to start from)"
                .to_owned(),
        )
    }
}

/// Whether a policy may call a method a reader; otherwise why not.
pub fn may_be_added(name: &str) -> Result<(), String> {
    let shown = crate::json::shorten(name);
    if !plain(name) {
        return Err(format!("{shown:?} under `methods` is no name: letters, digits and _ are expected"));
    }
    if GUARDED.iter().any(|(guarded, _)| guarded.eq_ignore_ascii_case(name)) || acts(name) {
        return Err(format!("{shown} under `methods` signs, sends or changes something by its name"));
    }
    let kept = CLOSED.iter().chain(KEYS).find(|family| **family != DEBUG && name.starts_with(**family));
    if let Some(family) = kept {
        return Err(format!("{shown} under `methods`: no method of {family} can be opened"));
    }
    let does = name.split_once('_').map_or(name, |(_, does)| does);
    if !READS.iter().any(|word| is_word(does, word)) {
        return Err(format!(
            "{shown} under `methods` does not say that it reads: what may be added has one of these words behind its family: {}",
            READS.join(", ")
        ));
    }
    Ok(())
}

/// Permissions that a site may ask a wallet for: to see accounts and chains. Others install or start programs in the wallet, or let
/// them sign (`wallet_snap`, `snap_…`, `endowment:…`). Source: EIP-2255; `MetaMask`, "`wallet_requestPermissions`".
const PERMISSIONS: &[&str] = &["eth_accounts", "endowment:permitted-chains"];

/// What a method that passes by its name asks for beyond that by its parameters, and why it is refused.
pub(crate) fn asks_for_more(name: &str, params: Option<&Node>) -> Option<String> {
    if name != "wallet_requestPermissions" {
        return None;
    }
    let odd = || Some(format!("{name} asks for permissions in a form that is not read here"));
    let Some(asked) = params.and_then(Node::list).filter(|asked| !asked.is_empty()) else { return odd() };
    for permissions in asked {
        let Some(permissions) = permissions.map() else { return odd() };
        let other = permissions.iter().find(|(permission, _)| !PERMISSIONS.contains(&&permission[..]));
        if let Some((permission, _)) = other {
            let permission = crate::json::shorten(permission);
            return Some(format!(
                "{name} asks for {permission:?}, by which a program may be put into the wallet or sign: ask for eth_accounts alone"
            ));
        }
    }
    None
}

/// The one family of those who keep a node of which a policy may open readers.
const DEBUG: &str = "debug_";

/// Families of methods that hold keys or talk to a wallet.
const KEYS: &[&str] = &["account_", "personal_", "signer_", "wallet_"];

/// How the names begin, behind their family, of methods that a policy may add. What sends or changes is called otherwise, and what
/// is called neither may do either.
const READS: &[&str] = &["count", "estimate", "find", "get", "has", "is", "list", "query", "search", "trace"];

/// Whether a name in camel case begins with a word.
fn is_word(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// A name of the usual form. Some servers take others for names of their own.
fn plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a name, looked at as a whole, speaks of signing, sending or changing.
fn acts(name: &str) -> bool {
    let lower: String = name.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Method {
        Method::of(name, &[])
    }

    #[test]
    fn the_readers_are_in_order_and_none_is_guarded() {
        assert!(READING.windows(2).all(|pair| pair[0] < pair[1]), "binary search needs the order");
        for name in READING {
            assert_eq!(of(name), Method::Free, "{name}");
        }
        for (name, form) in GUARDED {
            assert_eq!(of(name), Method::Guarded(*form), "{name}");
        }
    }

    #[test]
    fn what_is_not_known_to_read_is_refused_by_its_whole_name() {
        for name in [
            "eth-signTypedData_v4",
            "eth_signTypedData-v4",
            "send_rawTransaction",
            "avax.issueTx",
            "avax_issueTx",
            "eth.sendTransaction",
            "eth_sendtransaction",
            "ETH_SENDTRANSACTION",
            "ETH_CALL",
            "eth_sendTransaction ",
            " eth_sign",
            "eth_sign\n",
            "eth_s\u{456}gn",
            "eth_signTypedData_v5",
            "eth_sendRawTransactionConditional",
            "eth_sendPrivateTransaction",
            "eth_sendPrivateRawTransaction",
            "eth_sendBundle",
            "eth_callBundle",
            "mev_sendBundle",
            "eth_sendUserOperation",
            "eth_estimateUserOperationGas",
            "eth_resend",
            "eth_decrypt",
            "eth_getEncryptionPublicKey",
            "get_sign",
            "eth_getSendTransaction",
            "trace_rawTransaction",
            "admin_addPeer",
            "miner_start",
            "engine_newPayloadV3",
            "evm_setAutomine",
            "hardhat_impersonateAccount",
            "anvil_setBalance",
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
            "call",
            "",
        ] {
            assert!(matches!(of(name), Method::Unknown(_)), "{name}");
        }
    }

    #[test]
    fn a_policy_adds_readers_and_no_other() {
        let more = ["zks_getConfirmedTokens".to_owned()];
        let Method::Unknown(why) = of(&more[0]) else { panic!("refused") };
        assert!(why.contains("`methods`"), "{why}");
        assert_eq!(Method::of(&more[0], &more), Method::Free);
        assert_eq!(may_be_added(&more[0]), Ok(()));
        for name in ["eth_Sign", "eth_sendBundle", "avax_issueTx", "avax.getTx", "s_e_n_d", "", "eth sign"] {
            assert!(may_be_added(name).is_err(), "{name}");
        }
    }

    #[test]
    fn families_for_who_keeps_a_node_are_closed_until_a_policy_names_the_method() {
        for name in ["debug_traceTransaction", "debug_getRawBlock"] {
            let Method::Unknown(why) = of(name) else { panic!("{name} is open") };
            assert!(why.contains("closed") && why.contains(name), "{why}");
            assert_eq!(may_be_added(name), Ok(()), "{name}");
            assert_eq!(Method::of(name, &[name.to_owned()]), Method::Free);
        }
        assert!(READING.iter().all(|name| !CLOSED.iter().any(|family| name.starts_with(family))));
    }

    /// What a policy may add is what says that it reads: no list of words for what changes something is whole.
    #[test]
    fn no_policy_opens_what_signs_hands_over_or_changes() {
        for name in [
            "wallet_grantPermissions",
            "hardhat_impersonateAccount",
            "hardhat_getAutomine",
            "anvil_setBalance",
            "anvil_mine",
            "evm_mine",
            "evm_revert",
            "engine_forkchoiceUpdatedV3",
            "engine_getPayloadV3",
            "admin_peers",
            "admin_startHTTP",
            "miner_start",
            "miner_getHashrate",
            "parity_generateSecretPhrase",
            "txpool_clear",
            "clique_propose",
            "debug_setHead",
            "debug_writeBlockProfile",
            "zks_getterOf",
            "zks_traced",
            "frobnicate",
        ] {
            assert!(may_be_added(name).is_err(), "{name}");
            let Method::Unknown(why) = of(name) else { panic!("{name} is open") };
            assert!(!why.contains("to open this one"), "{name}: {why}");
        }
        for name in ["zks_estimateFee", "ots_hasCode", "linea_getProof", "arbtrace_traceBlock", "getAsset"] {
            assert_eq!(may_be_added(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn what_clients_ask_to_prepare_a_transaction_passes() {
        for name in [
            "eth_fillTransaction",
            "eth_simulateV1",
            "eth_createAccessList",
            "eth_estimateGas",
            "eth_feeHistory",
        ] {
            assert_eq!(of(name), Method::Free, "{name}");
        }
    }

    #[test]
    fn a_known_name_in_another_case_is_told_apart() {
        let Method::Unknown(why) = of("Personal_Sign") else { panic!("refused") };
        assert!(why.contains("personal_sign"), "{why}");
    }
}
