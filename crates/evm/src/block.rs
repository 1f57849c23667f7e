//! A block as a node tells it over JSON-RPC, each part of it held against the header's own hash.
//!
//! The hash of a header covers the roots of the block's transactions, receipts, withdrawals and uncles (Yellow Paper,
//! section 4.4; EIP-4895). A node that leaves out, adds or changes one of them is found out by recomputing the roots: what
//! fits is *proved by the header*, anything else is only *reported by the node*. What a call moved inside a transaction is
//! under no root, and stays reported.
//!
//! Fields that this reader does not know are ignored and [counted](Block::unknown_fields); a field that is missing is an error.

use std::collections::{BTreeMap, HashSet};

use alloy_consensus::{
    Header, Transaction as _, TxEnvelope, Typed2718 as _, proofs, transaction::SignerRecoverable as _,
};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, U64, U256, keccak256};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{kin, names::Names};

/// A block, its parts as far as they are proved.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its header.
    pub header: Header,
    /// Its hash: that of the header, recomputed where the form is [`HeaderForm::Standard`].
    pub hash: B256,
    /// The form of its header.
    pub form: HeaderForm,
    /// Its transactions, in order.
    pub txs: Vec<Tx>,
    /// Whether the transactions are those of the header.
    pub txs_proved: Proof,
    /// Stakes released to accounts (EIP-4895), in order.
    pub withdrawals: Vec<Withdrawal>,
    /// Whether the withdrawals are those of the header.
    pub withdrawals_proved: Proof,
    /// The uncles that it rewards, in order.
    pub uncles: Vec<Uncle>,
    /// Names of fields that are not known, with how often they stood there.
    pub unknown_fields: BTreeMap<String, u64>,
}

/// A block that was mined beside the chain and is rewarded in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncle {
    /// Its hash.
    pub hash: B256,
    /// Its header, where it was told: it names whoever mined it.
    pub header: Option<Header>,
}

/// What is said of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tx {
    /// Its hash.
    pub hash: B256,
    /// Who sent it.
    pub from: Address,
    /// Whether the signature is that of `from`, or its hash is of what `from` gives to whom. Where neither is checked, the node's
    /// word.
    pub from_proved: bool,
    /// Whom it calls; nobody where it creates a contract.
    pub to: Option<Address>,
    /// Wei, or the base units of whatever the chain's native asset is, sent along.
    pub value: U256,
    /// What it pays a unit of gas, in the native asset's base units, as its signed fields and the block's base fee say;
    /// nothing where they were not read.
    pub gas_price: Option<u128>,
    /// Its type (EIP-2718).
    pub kind: u8,
    /// What it mints for its sender, where it is a deposit of a roll-up that says so.
    pub mint: Option<U256>,
    /// The chain that its signature is for (EIP-155); nothing where it does not say, or was not read.
    pub chain_id: Option<u64>,
}

/// Whether a part of a block is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The root of it stands in the header, whose hash is the block's.
    Header,
    /// The node's word, and why it is no more than that.
    Reported(Unproved),
}

impl Proof {
    /// Whether the header proves it.
    pub fn is_proved(&self) -> bool {
        *self == Self::Header
    }
}

/// Why the header does not prove a part of a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// The chain's headers are of another form than Ethereum's.
    #[error("headers of this chain are of a form that is not recomputed")]
    HeaderForm,
    /// What was told does not come to the root, which on this chain is at times of other things than what nodes tell.
    #[error("the root in the header is of something else than what the node tells")]
    Roots,
    /// Some transaction is of a type of which the encoding is not known.
    #[error("a transaction is of type {0}, of which the encoding is not known")]
    Type(u8),
    /// Nobody asked for it to be checked.
    #[error("it was not asked to be checked")]
    NotAsked,
}

/// What form the headers of a chain have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderForm {
    /// That of Ethereum: a hash that is not the header's is an error.
    Standard,
    /// Ethereum's fields under Ethereum's hash, so that one that is not the header's is an error; but some transactions, their
    /// receipts or withdrawals are not what its roots are of, or of a type whose encoding is not known. A part whose root recomputes
    /// is proved; any other is the node's word.
    HashOnly,
    /// Another: the stated hash is taken at its word, and nothing is proved.
    Other,
}

/// How much of a block is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// The form of the chain's headers.
    pub header: HeaderForm,
    /// Whether the roots of transactions and withdrawals are recomputed: a keccak hash or two an item.
    pub roots: bool,
    /// Whether senders are recovered from signatures: some 100 microseconds a transaction.
    pub senders: bool,
}

impl Checks {
    /// Everything that Ethereum's header proves.
    pub const ALL: Self = Self { header: HeaderForm::Standard, roots: true, senders: true };

    /// What is proved of a part of which the root fits, and why it is not where it is not looked at.
    pub(crate) fn roots(self) -> Proof {
        match self {
            Self { header: HeaderForm::Other, .. } => Proof::Reported(Unproved::HeaderForm),
            Self { roots: false, .. } => Proof::Reported(Unproved::NotAsked),
            Self { .. } => Proof::Header,
        }
    }
}

/// Why a block is refused. `number` is the block's.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// It is not of the form of a block.
    #[error("the node's answer is no block: {0}")]
    Form(String),
    /// A field is not there.
    #[error("the block has no `{0}`")]
    Missing(&'static str),
    /// Only hashes of its transactions were told.
    #[error("block {number} came with hashes of transactions: ask for whole ones")]
    OnlyHashes {
        /// The block.
        number: u64,
    },
    /// Its header is another than the one whose hash was told.
    #[error(
        "block {number} is said to have the hash {stated}, but its header has {computed}: the node lies, or the header has \
         fields that are not known here ({unknown})"
    )]
    Hash {
        /// The block.
        number: u64,
        /// What the node said.
        stated: B256,
        /// What its fields hash to.
        computed: B256,
        /// Fields that are not known, for whoever wonders.
        unknown: String,
    },
    /// A part of it is not what the header says.
    #[error("the {part} of block {number} have the root {computed}, but its header says {stated}")]
    Root {
        /// Which part.
        part: &'static str,
        /// The block.
        number: u64,
        /// What the header says.
        stated: B256,
        /// What the parts come to.
        computed: B256,
    },
    /// A transaction stands in it twice.
    #[error("block {number} has the transaction {hash} twice")]
    Twice {
        /// The block.
        number: u64,
        /// The transaction.
        hash: B256,
    },
    /// A transaction is not what the node says of it.
    #[error("transaction {index} of block {number}: {what}")]
    Tx {
        /// The block.
        number: u64,
        /// Its place in the block, from 0.
        index: usize,
        /// What is wrong.
        what: String,
    },
}

/// Fields of a block that are known and not those of its header.
const BLOCK_FIELDS: [&str; 8] =
    ["hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals", "author", "sealFields"];

/// Fields of Ethereum's headers, as nodes name them.
const HEADER_FIELDS: [&str; 21] = [
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
];

/// What is read of a block beside its header.
#[derive(Deserialize)]
struct Told<'a> {
    hash: Option<B256>,
    #[serde(borrow)]
    transactions: Option<Vec<&'a RawValue>>,
    withdrawals: Option<Vec<Withdrawal>>,
    uncles: Option<Vec<B256>>,
}

/// What is read of a transaction, whatever its type.
#[derive(Deserialize)]
struct ToldTx {
    hash: Option<B256>,
    from: Option<Address>,
    to: Option<Address>,
    value: Option<U256>,
    #[serde(rename = "type")]
    kind: Option<U64>,
    mint: Option<U256>,
    r: Option<U256>,
    s: Option<U256>,
}

impl Block {
    /// Reads the result of `eth_getBlockByNumber` or `eth_getBlockByHash` with whole transactions.
    ///
    /// # Errors
    /// Where a field is missing, or something told does not fit the header's hash.
    pub fn read(json: &str, checks: Checks) -> Result<Self, BlockError> {
        let form = |error: serde_json::Error| BlockError::Form(error.to_string());
        // Owned, for a name may be written with escapes.
        let Names(names) = serde_json::from_str(json).map_err(form)?;
        let is_known = |name: &str| HEADER_FIELDS.contains(&name) || BLOCK_FIELDS.contains(&name);
        let unknown_fields: BTreeMap<String, u64> =
            names.into_iter().filter(|name| !is_known(name)).map(|name| (name, 1)).collect();
        let header: Header = serde_json::from_str(json).map_err(form)?;
        let told: Told<'_> = serde_json::from_str(json).map_err(form)?;
        let number = header.number;
        let stated = told.hash.ok_or(BlockError::Missing("hash"))?;
        if checks.header != HeaderForm::Other {
            let computed = header.hash_slow();
            if computed != stated {
                let unknown: Vec<&str> = unknown_fields.keys().map(String::as_str).collect();
                let unknown = if unknown.is_empty() { "none".to_owned() } else { unknown.join(", ") };
                return Err(BlockError::Hash { number, stated, computed, unknown });
            }
        }
        let told_txs = told.transactions.ok_or(BlockError::Missing("transactions"))?;
        let (txs, txs_proved) = read_txs(&told_txs, &header, checks)?;
        let withdrawals = match (header.withdrawals_root, told.withdrawals) {
            (Some(_), None) => return Err(BlockError::Missing("withdrawals")),
            (_, told) => told.unwrap_or_default(),
        };
        let withdrawals_proved = prove_withdrawals(&withdrawals, &header, checks)?;
        let uncles = told.uncles.ok_or(BlockError::Missing("uncles"))?;
        let uncles = uncles.into_iter().map(|hash| Uncle { hash, header: None }).collect();
        Ok(Self {
            header,
            hash: stated,
            form: checks.header,
            txs,
            txs_proved,
            withdrawals,
            withdrawals_proved,
            uncles,
            unknown_fields,
        })
    }

    /// A block of Ethereum from before withdrawals, of its encoded parts; all of it is checked, and senders are recovered.
    ///
    /// # Errors
    /// Where the parts are not those of the header, or a signature is none.
    pub fn of_parts(
        header: Header,
        envelopes: &[TxEnvelope],
        uncles: Vec<Header>,
    ) -> Result<Self, BlockError> {
        let number = header.number;
        let computed = proofs::calculate_transaction_root(envelopes);
        same_root("transactions", &header, header.transactions_root, computed)?;
        same_root("uncles", &header, header.ommers_hash, proofs::calculate_ommers_root(&uncles))?;
        let mut txs = Vec::with_capacity(envelopes.len());
        for (index, envelope) in envelopes.iter().enumerate() {
            let from = envelope.recover_signer().map_err(|error| BlockError::Tx {
                number,
                index,
                what: format!("its signature is none: {error}"),
            })?;
            txs.push(Tx {
                hash: *envelope.tx_hash(),
                from,
                from_proved: true,
                to: envelope.to(),
                value: envelope.value(),
                gas_price: Some(envelope.effective_gas_price(header.base_fee_per_gas)),
                kind: envelope.ty(),
                mint: None,
                chain_id: envelope.chain_id(),
            });
        }
        let withdrawals_proved = prove_withdrawals(&[], &header, Checks::ALL)?;
        let uncles =
            uncles.into_iter().map(|header| Uncle { hash: header.hash_slow(), header: Some(header) });
        Ok(Self {
            hash: header.hash_slow(),
            form: HeaderForm::Standard,
            txs,
            txs_proved: Proof::Header,
            withdrawals: Vec::new(),
            withdrawals_proved,
            uncles: uncles.collect(),
            header,
            unknown_fields: BTreeMap::new(),
        })
    }
}

/// Reads transactions, checks each against its own hash where its encoding is known, and all of them against the root.
fn read_txs(told: &[&RawValue], header: &Header, checks: Checks) -> Result<(Vec<Tx>, Proof), BlockError> {
    let number = header.number;
    let mut txs = Vec::with_capacity(told.len());
    let mut encoded: Vec<Vec<u8>> = Vec::new();
    let mut proof = checks.roots();
    let is_kin = checks.header != HeaderForm::Standard;
    let mut seen = HashSet::with_capacity(told.len());
    for (index, json) in told.iter().enumerate() {
        if json.get().starts_with('"') {
            return Err(BlockError::OnlyHashes { number });
        }
        let wrong = |what: String| BlockError::Tx { number, index, what };
        let missing = |field: &str| wrong(format!("it has no `{field}`"));
        let told: ToldTx = serde_json::from_str(json.get()).map_err(|error| wrong(error.to_string()))?;
        // What is from nobody, or has a signature of zeros (what a roll-up took over from the chain below), nobody signed.
        let is_zero = |part: Option<U256>| part.is_some_and(|part| part.is_zero());
        let is_unsigned = told.from == Some(Address::ZERO) || is_zero(told.r) && is_zero(told.s);
        let hash = told.hash.ok_or_else(|| missing("hash"))?;
        let mut tx = Tx {
            hash,
            from: told.from.ok_or_else(|| missing("from"))?,
            from_proved: false,
            to: told.to,
            value: told.value.ok_or_else(|| missing("value"))?,
            gas_price: None,
            // Nodes from before EIP-2718 name none.
            kind: u8::try_from(told.kind.unwrap_or_default().to::<u64>())
                .map_err(|_| wrong("its type is beyond 255".to_owned()))?,
            mint: told.mint,
            chain_id: None,
        };
        if !seen.insert(hash) {
            return Err(BlockError::Twice { number, hash });
        }
        if proof.is_proved() || checks.senders {
            if tx.kind > MAX_KNOWN_TYPE {
                match kin::encoded(tx.kind, json.get()).filter(|encoded| keccak256(encoded) == hash) {
                    Some(bytes) => {
                        tx.from_proved = kin::says_who_pays_whom(tx.kind);
                        encoded.push(bytes);
                    }
                    None if proof.is_proved() => proof = Proof::Reported(Unproved::Type(tx.kind)),
                    None => {}
                }
            } else if is_kin && is_unsigned {
                // It has no encoding that is known, and stands under no root or under one of something else.
                if proof.is_proved() {
                    proof = Proof::Reported(Unproved::Roots);
                }
            } else {
                let envelope: TxEnvelope =
                    serde_json::from_str(json.get()).map_err(|error| wrong(error.to_string()))?;
                encoded.push(check(&envelope, &mut tx, header, checks).map_err(wrong)?);
            }
        }
        txs.push(tx);
    }
    if proof.is_proved() {
        let computed = proofs::ordered_trie_root_encoded(&encoded);
        proof = decide("transactions", header, header.transactions_root, computed, checks)?;
    }
    Ok((txs, proof))
}

/// What a recomputed root says of a part: on a chain with headers of Ethereum's form another one is a lie.
pub(crate) fn decide(
    part: &'static str,
    header: &Header,
    stated: B256,
    computed: B256,
    checks: Checks,
) -> Result<Proof, BlockError> {
    if checks.header == HeaderForm::HashOnly && stated != computed {
        return Ok(Proof::Reported(Unproved::Roots));
    }
    same_root(part, header, stated, computed).map(|()| Proof::Header)
}

/// Types of transactions whose encoding is known: EIP-2718 (legacy), 2930, 1559, 4844, 7702.
const MAX_KNOWN_TYPE: u8 = 4;

/// The encoding of a transaction, where what stands beside its encoded fields is what they say.
fn check(envelope: &TxEnvelope, tx: &mut Tx, header: &Header, checks: Checks) -> Result<Vec<u8>, String> {
    if envelope.ty() != tx.kind {
        return Err(format!("its fields are of type {}, it says {}", envelope.ty(), tx.kind));
    }
    let computed = *envelope.tx_hash();
    let bytes = alloy_eips::eip2718::Encodable2718::encoded_2718(envelope);
    let encoded = keccak256(&bytes);
    if encoded != tx.hash || computed != tx.hash {
        return Err(format!("it is said to have the hash {}, its fields have {encoded}", tx.hash));
    }
    if envelope.to() != tx.to || envelope.value() != tx.value {
        return Err("its recipient or value is not that of its fields".to_owned());
    }
    tx.gas_price = Some(envelope.effective_gas_price(header.base_fee_per_gas));
    tx.chain_id = envelope.chain_id();
    if checks.senders {
        let sender = envelope.recover_signer().map_err(|error| format!("its signature is none: {error}"))?;
        if sender != tx.from {
            return Err(format!("it is said to be sent by {}, but {sender} signed it", tx.from));
        }
        tx.from_proved = true;
    }
    Ok(bytes)
}

fn prove_withdrawals(
    withdrawals: &[Withdrawal],
    header: &Header,
    checks: Checks,
) -> Result<Proof, BlockError> {
    if checks.header == HeaderForm::Other {
        return Ok(checks.roots());
    }
    let Some(stated) = header.withdrawals_root else {
        // Before EIP-4895 a block has none; whoever tells some anyway adds them.
        if withdrawals.is_empty() {
            return Ok(Proof::Header);
        }
        let computed = proofs::calculate_withdrawals_root(withdrawals);
        return Err(BlockError::Root {
            part: "withdrawals",
            number: header.number,
            stated: alloy_consensus::constants::EMPTY_WITHDRAWALS,
            computed,
        });
    };
    if !checks.roots {
        return Ok(Proof::Reported(Unproved::NotAsked));
    }
    let computed = proofs::calculate_withdrawals_root(withdrawals);
    decide("withdrawals", header, stated, computed, checks)
}

pub(crate) fn same_root(
    part: &'static str,
    header: &Header,
    stated: B256,
    computed: B256,
) -> Result<(), BlockError> {
    if stated == computed {
        return Ok(());
    }
    Err(BlockError::Root { part, number: header.number, stated, computed })
}
