//! Keys under which other programs write what a transaction says.
//!
//! Who reads only the keys that he knows sees half of such an object: money without its data, or a receiver that is nobody's.
//! They are refused by what they are.

/// What a key holds elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// A part of a transaction, which is called so here.
    Part(&'static str),
    /// A transaction as a whole.
    Whole,
    /// The name of one that was made already.
    Hash,
}

/// Keys in small letters without what parts their words.
const PARTS: &[(&str, &[&str])] = &[
    (
        "to",
        &[
            "to",
            "toaddress",
            "toaddr",
            "recipient",
            "recipientaddress",
            "receiver",
            "receiveraddress",
            "destination",
            "destinationaddress",
            "dest",
            "target",
            "targetaddress",
            "beneficiary",
            "payee",
            "contract",
        ],
    ),
    (
        "value",
        &[
            "value",
            "amount",
            "amountwei",
            "quantity",
            "wei",
            "ether",
            "eth",
            "valuewei",
            "valueinwei",
            "valuehex",
            "msgvalue",
            "callvalue",
        ],
    ),
    (
        "data",
        &[
            "data",
            "input",
            "calldata",
            "txdata",
            "inputdata",
            "payload",
            "bytecode",
            "datahex",
            "hexdata",
            "rawdata",
            "initcode",
        ],
    ),
    ("chainId", &["chainid", "chain", "chainname", "network", "networkid", "networkname", "blockchain"]),
    ("from", &["from", "fromaddress", "sender", "senderaddress", "walletaddress"]),
    ("calls", &["calls", "batch", "ops", "operations", "bundle"]),
    ("authorizationList", &["authorizationlist", "authorizations", "authorization"]),
];
const WHOLE: &[&str] = &[
    "result",
    "tx",
    "txs",
    "transaction",
    "transactions",
    "rawtransaction",
    "rawtx",
    "signedtransaction",
    "signedtx",
    "unsignedtx",
    "unsignedtransaction",
    "serializedtransaction",
    "safetx",
    "userop",
    "useroperation",
    "raw",
];
const HASHES: &[&str] = &["txhash", "transactionhash", "txid", "transactionid"];

/// What a key that is none of those that are read may hold.
pub(crate) fn find(key: &str) -> Option<Other> {
    let key: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let is = |names: &[&str]| names.contains(&&key[..]);
    let part = PARTS.iter().find(|(_, names)| is(names)).map(|(part, _)| Other::Part(part));
    part.or_else(|| is(WHOLE).then_some(Other::Whole)).or_else(|| is(HASHES).then_some(Other::Hash))
}

impl Other {
    /// Why an object with it is refused.
    pub(crate) fn why(self) -> String {
        match self {
            Self::Part(part) => {
                format!("is another name for `{part}`, which some readers take and others pass over: write it as `{part}`")
            }
            Self::Whole => "holds a transaction of its own: give that by itself".to_owned(),
            Self::Hash => {
                "names a transaction that was made already and does not say what it does: give the transaction".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_however_their_words_are_parted() {
        for key in ["toAddress", "to_address", "To-Address", "TOADDRESS", "recipient"] {
            assert_eq!(find(key), Some(Other::Part("to")), "{key}");
        }
        assert_eq!(find("result"), Some(Other::Whole));
        assert_eq!(find("tx_hash"), Some(Other::Hash));
        assert_eq!((find("gas"), find("nonce"), find("note")), (None, None, None));
    }
}
