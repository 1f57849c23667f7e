//! Asks a node for accounts at one block, and checks what it answers.

use alloy_primitives::{Address, B256, U256, hex, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, TrieAccount};
use serde_json::{Value, json};

use super::{At, LiveError, Node, NodeError, Pinned, Proof, header, proof};
use crate::state::Account;

/// Slots of one `eth_getProof`; geth takes 1,024.
const SLOTS_AT_ONCE: usize = 500;
/// Nodes of one proof: a key has 64 digits.
const MOST_NODES: usize = 65;
/// "Method not found" (JSON-RPC) and "method not supported" (EIP-1474).
const NO_SUCH_METHOD: [i64; 2] = [-32601, -32004];
/// "Invalid params": how a node that knows no EIP-1898 answers a block named by hash.
const INVALID_PARAMS: i64 = -32602;

/// A node, held to one block.
pub(super) struct Source<'a> {
    node: &'a mut dyn Node,
    /// The chain it is on, by its own word.
    pub(super) chain_id: u64,
    pub(super) block: Pinned,
    pub(super) proof: Proof,
    /// How the block is named in questions.
    name: Value,
}

/// An account as fetched, with the slots that were asked for.
pub(super) struct Fetched {
    pub(super) account: Account,
    pub(super) slots: Vec<(U256, U256)>,
}

impl<'a> Source<'a> {
    /// Finds the block, and how the node lets it be named.
    pub(super) fn pin(node: &'a mut dyn Node, chain_id: Option<u64>, at: At) -> Result<Self, LiveError> {
        let found = ask(node, "eth_chainId", json!([]))?;
        let found = number(&found).and_then(|id| u64::try_from(id).ok());
        let found = found.ok_or_else(|| shape("eth_chainId", "no number below 2^64"))?;
        if let Some(wanted) = chain_id.filter(|wanted| *wanted != found) {
            return Err(LiveError::Chain { found, wanted });
        }
        let (method, name) = match at {
            At::Latest => ("eth_getBlockByNumber", json!("latest")),
            At::Number(number) => ("eth_getBlockByNumber", json!(format!("{number:#x}"))),
            At::Hash(hash) => ("eth_getBlockByHash", json!(hash.to_string())),
        };
        let block = ask(node, method, json!([name, false]))?;
        if block.is_null() {
            return Err(LiveError::NoBlock);
        }
        let block = header::read(&block).map_err(|problem| shape(method, problem))?;
        let other = match at {
            At::Latest => false,
            At::Number(number) => block.seen.number != number,
            At::Hash(hash) => block.hash != hash,
        };
        if other {
            let problem = format!("block {} {} is another than was asked for", block.seen.number, block.hash);
            return Err(LiveError::False { subject: format!("block {name}"), problem });
        }
        let mut source = Self {
            node,
            chain_id: found,
            block,
            proof: Proof::Checked,
            name: json!({ "blockHash": block.hash.to_string() }),
        };
        match source.quantity("eth_getBalance", &Address::ZERO, &[]) {
            Err(LiveError::Node { error: NodeError { code: Some(INVALID_PARAMS), .. }, .. }) => {
                source.name = json!(format!("{:#x}", block.seen.number));
            }
            other => drop(other?),
        }
        Ok(source)
    }

    /// Makes sure that the block is still what it was, where it was named by number only.
    pub(super) fn unmoved(&mut self) -> Result<(), LiveError> {
        if self.name.is_object() {
            return Ok(());
        }
        let method = "eth_getBlockByNumber";
        let block = ask(self.node, method, json!([self.name, false]))?;
        let same = header::read(&block).is_ok_and(|block| block.hash == self.block.hash);
        if same { Ok(()) } else { Err(LiveError::Moved { number: self.block.seen.number }) }
    }

    /// Fetches slots of an account, and with `code` the account itself; `None` when its code is larger than allowed.
    pub(super) fn account(
        &mut self,
        address: &Address,
        slots: &[U256],
        code: bool,
        most_code: usize,
    ) -> Result<Option<Fetched>, LiveError> {
        let proven = match self.proof {
            Proof::Checked => self.proven(address, slots)?,
            Proof::NodesWord => None,
        };
        let (mut account, code_hash, slots) = match proven {
            Some((account, slots)) => {
                let whole = account.storage_root == EMPTY_ROOT_HASH;
                let read =
                    Account { balance: account.balance, nonce: account.nonce, whole, ..Account::default() };
                (read, Some(account.code_hash), slots)
            }
            None => self.told(address, slots)?,
        };
        if code && code_hash != Some(KECCAK_EMPTY) {
            let Some(code) = self.code(address, most_code)? else { return Ok(None) };
            let found = keccak256(&code);
            if let Some(proven) = code_hash.filter(|proven| *proven != found) {
                let problem = format!("it hashes to {found}, and {proven} is proven");
                return Err(LiveError::False { subject: format!("the code of {address}"), problem });
            }
            account.code = code;
        }
        Ok(Some(Fetched { account, slots }))
    }

    /// Account and slots with their proofs checked; `None` where the node gives no proofs.
    #[expect(clippy::type_complexity, reason = "read once, just above")]
    fn proven(
        &mut self,
        address: &Address,
        slots: &[U256],
    ) -> Result<Option<(TrieAccount, Vec<(U256, U256)>)>, LiveError> {
        const METHOD: &str = "eth_getProof";
        let lies = |subject: String| move |problem| LiveError::False { subject, problem };
        let mut account = None;
        let mut values = Vec::with_capacity(slots.len());
        for slots in slots.chunks(SLOTS_AT_ONCE).chain(slots.is_empty().then_some(slots)) {
            let keys: Vec<String> = slots.iter().map(|slot| B256::from(*slot).to_string()).collect();
            let answer = match ask(self.node, METHOD, json!([address.to_string(), keys, self.name])) {
                Err(LiveError::Node { error: NodeError { code: Some(code), .. }, .. })
                    if NO_SUCH_METHOD.contains(&code) =>
                {
                    self.proof = Proof::NodesWord;
                    return Ok(None);
                }
                other => other?,
            };
            let subject = format!("account {address}");
            let nodes =
                nodes(&answer["accountProof"]).ok_or_else(|| shape(METHOD, "`accountProof` is none"))?;
            let proven =
                proof::account(self.block.state_root, address, &nodes).map_err(lies(subject.clone()))?;
            for (field, proven) in [("balance", proven.balance), ("nonce", U256::from(proven.nonce))] {
                let said = number(&answer[field]);
                let said = said.ok_or_else(|| shape(METHOD, format!("`{field}` is no number")))?;
                if said != proven {
                    return Err(lies(subject)(format!("it says {field} {said}, and {proven} is proven")));
                }
            }
            let storage = answer["storageProof"].as_array().filter(|list| list.len() == slots.len());
            let storage =
                storage.ok_or_else(|| shape(METHOD, "`storageProof` has not what was asked for"))?;
            for (slot, entry) in slots.iter().zip(storage) {
                let subject = format!("{address} slot {slot:#x}");
                let nodes = self::nodes(&entry["proof"]);
                let nodes = nodes.ok_or_else(|| shape(METHOD, format!("no `proof` for {subject}")))?;
                let found = proof::slot(proven.storage_root, *slot, &nodes).map_err(lies(subject.clone()))?;
                let said = number(&entry["value"]);
                let said = said.ok_or_else(|| shape(METHOD, format!("no `value` for {subject}")))?;
                if said != found {
                    return Err(lies(subject)(format!("it says {said:#x}, and {found:#x} is proven")));
                }
                values.push((*slot, found));
            }
            account = Some(proven);
        }
        Ok(account.map(|account| (account, values)))
    }

    /// Account and slots as the node tells them, without proof.
    #[expect(clippy::type_complexity, reason = "read once, just above")]
    fn told(
        &mut self,
        address: &Address,
        slots: &[U256],
    ) -> Result<(Account, Option<B256>, Vec<(U256, U256)>), LiveError> {
        let balance = self.quantity("eth_getBalance", address, &[])?;
        let nonce = self.quantity("eth_getTransactionCount", address, &[])?;
        let nonce =
            u64::try_from(nonce).map_err(|_| shape("eth_getTransactionCount", "a number over 2^64"))?;
        let mut values = Vec::with_capacity(slots.len());
        for slot in slots {
            let key = B256::from(*slot).to_string();
            values.push((*slot, self.quantity("eth_getStorageAt", address, &[json!(key)])?));
        }
        Ok((Account { balance, nonce, ..Account::default() }, None, values))
    }

    fn code(&mut self, address: &Address, most: usize) -> Result<Option<Vec<u8>>, LiveError> {
        const METHOD: &str = "eth_getCode";
        let answer = ask(self.node, METHOD, json!([address.to_string(), self.name]))?;
        if answer.as_str().is_some_and(|text| text.len() > 2 + 2 * most) {
            return Ok(None);
        }
        bytes(&answer).map(Some).ok_or_else(|| shape(METHOD, format!("no code for {address}")))
    }

    /// A number about an address: its balance, nonce, or a slot.
    fn quantity(
        &mut self,
        method: &'static str,
        address: &Address,
        more: &[Value],
    ) -> Result<U256, LiveError> {
        let mut params = vec![json!(address.to_string())];
        params.extend_from_slice(more);
        params.push(self.name.clone());
        let answer = ask(self.node, method, Value::Array(params))?;
        number(&answer).ok_or_else(|| shape(method, format!("no number for {address}")))
    }
}

fn ask(node: &mut dyn Node, method: &'static str, params: Value) -> Result<Value, LiveError> {
    node.call(method, params).map_err(|error| LiveError::Node { method, error })
}

fn shape(method: &'static str, problem: impl Into<String>) -> LiveError {
    LiveError::Shape { method, problem: problem.into() }
}

fn nodes(list: &Value) -> Option<Vec<Vec<u8>>> {
    list.as_array().filter(|list| list.len() <= MOST_NODES)?.iter().map(bytes).collect()
}

/// A quantity: hexadecimal digits after `0x`. Slots come with leading zeros, so these are allowed.
pub(super) fn number(value: &Value) -> Option<U256> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    let plain = !digits.is_empty() && digits.len() <= 64 && digits.bytes().all(|c| c.is_ascii_hexdigit());
    plain.then(|| U256::from_str_radix(digits, 16).ok()).flatten()
}

/// Data: whole bytes after `0x`.
pub(super) fn bytes(value: &Value) -> Option<Vec<u8>> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    hex::decode(digits).ok().filter(|_| !digits.starts_with("0x"))
}
