//! What is to be signed on another kind of chain, told from what is to be signed on an EVM chain.
//!
//! None of it is judged here. Named for what it is, it is not taken for a contract that is created, nor for a text; and nobody
//! is told that it is harmless. Forms: BIP-174 and BIP-370 (PSBT), Bitcoin's transactions with and without witnesses, Tron's
//! `Transaction.raw` (protobuf) and its JSON, Solana's messages of all versions with and without signatures, user operations of
//! ERC-4337, bundles of relays.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::json::{Json, Node};

/// Longest text that is read as base58: longer ones take quadratic time, and are no transaction.
const MOST_BASE58: usize = 4_096;

/// Keys under which a payload is handed over.
const HOLDERS: &[&str] = &["psbt", "transaction", "rawTransaction", "raw", "hex", "message", "tx", "params"];

/// Something that is no transaction of an EVM chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// `psbt` and 0xff
    Psbt,
    /// A transaction of Bitcoin or one of its kin.
    Bitcoin,
    /// A transaction of Tron.
    Tron,
    /// A transaction or message of Solana.
    Solana,
    /// A user operation (ERC-4337) by itself.
    UserOperation,
    /// Several signed transactions for a relay.
    Bundle,
}

impl Foreign {
    /// In words, with the article.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Psbt => "a partially signed Bitcoin transaction (PSBT)",
            Self::Bitcoin => "a Bitcoin transaction",
            Self::Tron => "a Tron transaction",
            Self::Solana => "a Solana transaction",
            Self::UserOperation => "a user operation (ERC-4337)",
            Self::Bundle => "a bundle of transactions for a relay",
        }
    }

    /// Recognises an input as it came in: bytes, or a text.
    pub(crate) fn of_input(input: &[u8]) -> Option<Self> {
        Self::of_bytes(input).or_else(|| Self::of_text(std::str::from_utf8(input).ok()?))
    }

    /// Recognises a text: base64, base58, or hexadecimal digits with or without 0x.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let joined: String;
        let word = if text.contains(char::is_whitespace) {
            // Broken into lines, as programs print long texts; prose is longer than it is long in words.
            if text.split_whitespace().any(|part| part.len() < 16) {
                return None;
            }
            joined = text.split_whitespace().collect();
            &joined
        } else {
            text
        };
        if word.len() < 20 {
            return None;
        }
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        let of = |bytes: Vec<u8>| Self::of_bytes(&bytes);
        // A text in one alphabet can be one in another too.
        let by_digits = hex::decode(digits).ok().and_then(of);
        by_digits.or_else(|| STANDARD.decode(word).ok().and_then(of)).or_else(|| {
            let short = (word.len() <= MOST_BASE58).then(|| bs58::decode(word).into_vec().ok()).flatten();
            short.and_then(of)
        })
    }

    /// Recognises bytes.
    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        const TRON: &[u8] = b"type.googleapis.com/protocol.";
        if bytes.starts_with(b"psbt\xff") {
            return Some(Self::Psbt);
        }
        // Tron's message begins with field 1 of a transaction or of its raw data.
        if bytes.first() == Some(&0x0a) && bytes.windows(TRON.len()).any(|window| window == TRON) {
            return Some(Self::Tron);
        }
        if is_bitcoin(bytes).is_some() {
            return Some(Self::Bitcoin);
        }
        is_solana(bytes).map(|()| Self::Solana)
    }

    /// Recognises JSON by the keys that only one kind has, and texts in it that hold a payload.
    pub(crate) fn of_node(node: &Node) -> Option<Self> {
        if let Some(text) = node.text() {
            return Self::of_text(text);
        }
        if let Some(list) = node.list() {
            return list.iter().find_map(Self::of_node);
        }
        let has = |key: &str| node.get(key).is_some();
        if has("raw_data") || has("raw_data_hex") {
            return Some(Self::Tron);
        }
        if has("vin") && has("vout") {
            return Some(Self::Bitcoin);
        }
        if has("recentBlockhash") || has("accountKeys") || has("instructions") && has("feePayer") {
            return Some(Self::Solana);
        }
        if has("callData") && has("sender") && !has("domain") {
            return Some(Self::UserOperation);
        }
        if node.get("txs").is_some_and(|txs| txs.list().is_some()) {
            return Some(Self::Bundle);
        }
        let held = HOLDERS.iter().filter_map(|key| node.get(key));
        held.filter(|held| !matches!(held.value, Json::Map(_)) || has("transaction") || has("signatures"))
            .find_map(Self::of_node)
    }
}

/// A reader of bytes that ends where they end.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    /// A length as Bitcoin writes it.
    fn compact(&mut self) -> Option<usize> {
        match self.byte()? {
            0xfd => Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?).into()),
            0xfe => usize::try_from(u32::from_le_bytes(self.take(4)?.try_into().ok()?)).ok(),
            0xff => None,
            short => Some(short.into()),
        }
    }

    /// A length as Solana writes it: seven bits a byte, three bytes at most.
    fn short(&mut self) -> Option<usize> {
        let mut value = 0;
        for shift in [0, 7, 14] {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// Reads a transaction of Bitcoin to its last byte.
fn is_bitcoin(bytes: &[u8]) -> Option<()> {
    let mut rest = Bytes(bytes);
    let version = u32::from_le_bytes(rest.take(4)?.try_into().ok()?);
    if !(1..=4).contains(&version) {
        return None;
    }
    let witnesses = rest.0.starts_with(&[0, 1]);
    if witnesses {
        rest.take(2)?;
    }
    let inputs = rest.compact().filter(|inputs| *inputs > 0)?;
    for _ in 0..inputs {
        rest.take(36)?;
        let script = rest.compact()?;
        rest.take(script)?;
        rest.take(4)?;
    }
    for _ in 0..rest.compact().filter(|outputs| *outputs > 0)? {
        rest.take(8)?;
        let script = rest.compact()?;
        rest.take(script)?;
    }
    if witnesses {
        for _ in 0..inputs {
            for _ in 0..rest.compact()? {
                let item = rest.compact()?;
                rest.take(item)?;
            }
        }
    }
    rest.take(4)?;
    rest.0.is_empty().then_some(())
}

/// Reads a transaction of Solana or its message: with signatures before it, or without.
fn is_solana(bytes: &[u8]) -> Option<()> {
    let bare = solana_message(bytes);
    let signed = || {
        let mut rest = Bytes(bytes);
        let count = rest.short().filter(|count| (1..=19).contains(count))?;
        rest.take(count * 64)?;
        solana_message(rest.0)
    };
    bare.or_else(signed)
}

fn solana_message(bytes: &[u8]) -> Option<()> {
    let mut rest = Bytes(bytes);
    let first = rest.byte()?;
    let version = (first & 0x80 != 0).then_some(first & 0x7f);
    let signers = if version.is_some() { rest.byte()? } else { first };
    let (read_only, others) = (rest.byte()?, rest.byte()?);
    if !(1..=64).contains(&signers) || read_only > signers {
        return None;
    }
    // Of later versions the form is told by its head, with room for what any message holds.
    if version.is_some_and(|version| version > 0) {
        return (version == Some(1) && rest.0.len() > 68).then_some(());
    }
    let keys = rest.short()?;
    if keys == 0 || keys > 256 || usize::from(signers) + usize::from(others) > keys {
        return None;
    }
    rest.take(keys * 32)?;
    rest.take(32)?;
    for _ in 0..rest.short()? {
        rest.byte()?;
        let accounts = rest.short()?;
        rest.take(accounts)?;
        let data = rest.short()?;
        rest.take(data)?;
    }
    if version == Some(0) {
        for _ in 0..rest.short()? {
            rest.take(32)?;
            let writable = rest.short()?;
            rest.take(writable)?;
            let readable = rest.short()?;
            rest.take(readable)?;
        }
    }
    rest.0.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn what_is_ours_is_not_taken_for_another_chains() {
        for text in [
            "0x02f8730181808477359400851bf08eb0008252089495222290dd7278aa3ddd389cc1e1d165cc4bafe5880de0b6b3a764000080c0",
            "0x6a76120200000000000000000000000000000000000000000000000000000000000000aa",
            "I accept the terms of service of example.org and sign in",
            "Welcome",
            "0x098B716B8Aaf21512996dC57EB0615e2383E2f96",
            "",
        ] {
            assert_eq!(Foreign::of_input(text.as_bytes()), None, "{text}");
        }
        for json in [
            r#"{"to":"0x5555555555555555555555555555555555555555","value":"1"}"#,
            r#"{"domain":{},"message":{"sender":"0x01","callData":"0x"},"primaryType":"X","types":{}}"#,
            r#"{"method":"personal_sign","params":["0x48656c6c6f","0x5555555555555555555555555555555555555555"]}"#,
        ] {
            assert_eq!(Foreign::of_node(&parse(json.as_bytes()).expect("JSON")), None, "{json}");
        }
    }

    #[test]
    fn json_of_others_is_known_by_its_keys() {
        for (json, what) in [
            (r#"{"visible":false,"txID":"ab","raw_data":{},"raw_data_hex":"0a"}"#, Foreign::Tron),
            (r#"{"method":"tron_signTransaction","params":[{"raw_data_hex":"0a"}]}"#, Foreign::Tron),
            (r#"{"vin":[],"vout":[]}"#, Foreign::Bitcoin),
            (r#"{"sender":"0x01","nonce":"0x0","callData":"0x"}"#, Foreign::UserOperation),
            (
                r#"{"method":"eth_sendBundle","params":[{"txs":["0x02"],"blockNumber":"0x1"}]}"#,
                Foreign::Bundle,
            ),
            (r#"{"recentBlockhash":"x","instructions":[],"feePayer":"y"}"#, Foreign::Solana),
            (r#"{"psbt":"70736274ff01000000000000000000000000000000000000"}"#, Foreign::Psbt),
        ] {
            assert_eq!(Foreign::of_node(&parse(json.as_bytes()).expect("JSON")), Some(what), "{json}");
        }
    }
}
