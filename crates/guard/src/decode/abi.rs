//! A strict reader of ABI-encoded data.
//!
//! Solidity follows any offset it is given, so one call can be encoded in many ways, and a checker that looks at fixed
//! places is shown one value while the contract reads another. This reader follows the offsets as the contract does and
//! notes every deviation from the one canonical encoding. Work is linear in the data: it never visits more words than
//! the data has.

use alloy_primitives::{Address, U256};
use thiserror::Error;

use super::types::{Param, Type};

/// A decoded value; bytes are borrowed from the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An address
    Address(Address),
    /// Unsigned
    Uint(U256),
    /// Signed, two's complement
    Int(U256),
    /// True or false
    Bool(bool),
    /// `bytesN`
    Fixed(&'a [u8]),
    /// `bytes`
    Bytes(&'a [u8]),
    /// `string`; may be no UTF-8
    Text(&'a [u8]),
    /// An array
    List(Vec<Value<'a>>),
    /// A tuple
    Tuple(Vec<Value<'a>>),
}

/// A deviation from the canonical encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// Byte of the data (the selector not counted).
    pub at: usize,
    /// What is odd.
    pub what: String,
}

/// Data that no contract would accept for these types.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("byte {at}: {what}")]
pub struct AbiError {
    /// Byte of the data.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}

/// Decodes the parameters and says what is odd.
pub fn decode<'a>(params: &[Param], data: &'a [u8]) -> Result<(Vec<Value<'a>>, Vec<Anomaly>), AbiError> {
    let mut reader = Reader { data, anomalies: Vec::new(), budget: data.len() / 32 + 64 };
    let (values, end) = reader.tuple(params, 0)?;
    if end < data.len() {
        let extra = data.len() - end;
        reader.note(end, format!("{extra} bytes follow the last parameter"));
    }
    Ok((values, reader.anomalies))
}

struct Reader<'a> {
    data: &'a [u8],
    anomalies: Vec<Anomaly>,
    budget: usize,
}

/// Most deviations that are listed.
const MAX_ANOMALIES: usize = 32;

impl<'a> Reader<'a> {
    fn note(&mut self, at: usize, what: String) {
        if self.anomalies.len() < MAX_ANOMALIES {
            self.anomalies.push(Anomaly { at, what });
        }
    }

    fn word(&mut self, at: usize) -> Result<&'a [u8], AbiError> {
        self.budget = self
            .budget
            .checked_sub(1)
            .ok_or_else(|| AbiError { at, what: "the same bytes are read again and again".to_owned() })?;
        at.checked_add(32).and_then(|end| self.data.get(at..end)).ok_or_else(|| AbiError {
            at,
            what: format!("a word should be here, but the data ends at byte {}", self.data.len()),
        })
    }

    fn length(&mut self, at: usize, what: &str) -> Result<usize, AbiError> {
        let word = self.word(at)?;
        let left = self.data.len() - at;
        usize::try_from(U256::from_be_slice(word))
            .ok()
            .filter(|&value| value <= left.max(self.data.len()))
            .ok_or_else(|| AbiError {
                at,
                what: format!("{what} of {} is past the end", U256::from_be_slice(word)),
            })
    }

    /// Values of a tuple whose encoding begins at `base`, and where it ends.
    fn tuple(&mut self, params: &[Param], base: usize) -> Result<(Vec<Value<'a>>, usize), AbiError> {
        self.sequence(params.iter().map(|param| &param.ty), base)
    }

    fn sequence<'t>(
        &mut self,
        types: impl Iterator<Item = &'t Type> + Clone,
        base: usize,
    ) -> Result<(Vec<Value<'a>>, usize), AbiError> {
        let head_len = types.clone().fold(0_usize, |sum, ty| sum.saturating_add(ty.head_len()));
        let mut values = Vec::new();
        let mut head = base;
        let mut tail = base.saturating_add(head_len);
        for ty in types {
            if ty.is_dynamic() {
                let offset = self.length(head, "an offset")?;
                let start = base.saturating_add(offset);
                if start != tail {
                    let expected = tail - base;
                    self.note(head, format!("the offset is {offset}, the canonical one {expected}"));
                }
                let (value, end) = self.value(ty, start)?;
                values.push(value);
                tail = tail.max(end);
                head += 32;
            } else {
                let (value, end) = self.value(ty, head)?;
                values.push(value);
                head = end;
            }
        }
        Ok((values, tail.max(head)))
    }

    fn value(&mut self, ty: &Type, at: usize) -> Result<(Value<'a>, usize), AbiError> {
        match ty {
            Type::Tuple(params) => {
                let (values, end) = self.tuple(params, at)?;
                Ok((Value::Tuple(values), end))
            }
            Type::FixedArray(inner, count) => {
                let (values, end) = self.sequence(std::iter::repeat_n(&**inner, *count), at)?;
                Ok((Value::List(values), end))
            }
            Type::Array(inner) => {
                let count = self.length(at, "a length")?;
                let room = self.data.len().saturating_sub(at + 32);
                if count.saturating_mul(inner.head_len().max(1)) > room {
                    return Err(AbiError {
                        at,
                        what: format!("{count} elements do not fit into {room} bytes"),
                    });
                }
                let (values, end) = self.sequence(std::iter::repeat_n(&**inner, count), at + 32)?;
                Ok((Value::List(values), end))
            }
            Type::Bytes | Type::String => {
                let (bytes, end) = self.bytes(at)?;
                Ok((if *ty == Type::Bytes { Value::Bytes(bytes) } else { Value::Text(bytes) }, end))
            }
            _ => Ok((self.static_word(ty, at)?, at + 32)),
        }
    }

    fn bytes(&mut self, at: usize) -> Result<(&'a [u8], usize), AbiError> {
        let len = self.length(at, "a length")?;
        let start = at + 32;
        let end = start.saturating_add(len);
        let bytes = self.data.get(start..end).ok_or_else(|| AbiError {
            at,
            what: format!("{len} bytes should follow, but the data ends at byte {}", self.data.len()),
        })?;
        let padded = start.saturating_add(len.next_multiple_of(32));
        let padding = self.data.get(end..padded.min(self.data.len())).unwrap_or_default();
        if padding.iter().any(|&byte| byte != 0) {
            self.note(end, "the padding behind the bytes is not zero".to_owned());
        }
        if padded > self.data.len() {
            self.note(end, "the padding behind the bytes is cut off".to_owned());
        }
        // Copying is work too: bytes that are read many times over count many times.
        self.budget = self
            .budget
            .checked_sub(len / 32)
            .ok_or_else(|| AbiError { at, what: "the same bytes are read again and again".to_owned() })?;
        Ok((bytes, padded.min(self.data.len())))
    }

    fn static_word(&mut self, ty: &Type, at: usize) -> Result<Value<'a>, AbiError> {
        let word = self.word(at)?;
        let number = U256::from_be_slice(word);
        let zero = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
        Ok(match ty {
            Type::Address => {
                if !zero(&word[..12]) {
                    self.note(at, "the 12 bytes before an address are not zero".to_owned());
                }
                Value::Address(Address::from_slice(&word[12..]))
            }
            Type::Bool => {
                if number > U256::from(1) {
                    self.note(at, "a boolean that is neither 0 nor 1".to_owned());
                }
                Value::Bool(!number.is_zero())
            }
            Type::Int(bits) => {
                let above = usize::from(256 - bits) / 8;
                let sign = if word.get(above).is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
                if word[..above].iter().any(|&byte| byte != sign) {
                    self.note(at, format!("a number outside of int{bits}"));
                }
                Value::Int(number)
            }
            Type::Fixed(size) => {
                let size = usize::from(*size);
                if !zero(&word[size..]) {
                    self.note(at, format!("the bytes behind bytes{size} are not zero"));
                }
                Value::Fixed(&word[..size])
            }
            Type::Uint(bits) => {
                if number.bit_len() > usize::from(*bits) {
                    self.note(at, format!("a number outside of uint{bits}"));
                }
                let masked =
                    if *bits < 256 { number & ((U256::from(1) << *bits) - U256::from(1)) } else { number };
                Value::Uint(masked)
            }
            Type::Bytes | Type::String | Type::Array(_) | Type::FixedArray(..) | Type::Tuple(_) => {
                return Err(AbiError { at, what: "a word cannot hold this type".to_owned() });
            }
        })
    }
}

impl<'a> Value<'a> {
    /// The address, if it is one.
    pub fn address(&self) -> Option<Address> {
        match self {
            Self::Address(address) => Some(*address),
            _ => None,
        }
    }

    /// The unsigned number, if it is one.
    pub fn uint(&self) -> Option<U256> {
        match self {
            Self::Uint(number) => Some(*number),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The bytes, if it has any.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) | Self::Fixed(bytes) | Self::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The bytes, if it is `bytes` of any length.
    pub fn data(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether it is false, the number zero, all zero bytes, or a list of nothing else.
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Address(address) => address.is_zero(),
            Self::Uint(number) | Self::Int(number) => number.is_zero(),
            Self::Bool(on) => !on,
            Self::Fixed(bytes) | Self::Bytes(bytes) | Self::Text(bytes) => {
                bytes.iter().all(|byte| *byte == 0)
            }
            Self::List(values) | Self::Tuple(values) => values.iter().all(Self::is_zero),
        }
    }

    /// The elements of a list or tuple.
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(values) | Self::Tuple(values) => values,
            _ => &[],
        }
    }

    /// Every address in it, however deep.
    pub fn addresses(&self) -> Vec<Address> {
        match self {
            Self::Address(address) => vec![*address],
            Self::List(values) | Self::Tuple(values) => values.iter().flat_map(Self::addresses).collect(),
            _ => Vec::new(),
        }
    }

    /// For people.
    pub fn show(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Int(number) if number.bit(255) => format!("-{}", U256::ZERO.wrapping_sub(*number)),
            Self::Uint(number) | Self::Int(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Fixed(bytes) => format!("0x{}", hex::encode(bytes)),
            Self::Bytes(bytes) if bytes.len() <= 64 => format!("0x{}", hex::encode(bytes)),
            Self::Bytes(bytes) => format!("0x{}… ({} bytes)", hex::encode(&bytes[..32]), bytes.len()),
            Self::Text(bytes) => format!("{:?}", crate::json::shorten(&String::from_utf8_lossy(bytes))),
            Self::List(values) | Self::Tuple(values) => {
                const MOST: usize = 16;
                let mut parts: Vec<String> = values.iter().take(MOST).map(Value::show).collect();
                if values.len() > MOST {
                    parts.push(format!("… {} in all", values.len()));
                }
                let inner = parts.join(", ");
                if matches!(self, Self::List(_)) { format!("[{inner}]") } else { format!("({inner})") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::types::Function;

    fn words(words: &[&str]) -> Vec<u8> {
        words.iter().flat_map(|word| hex::decode(format!("{word:0>64}")).expect("hex")).collect()
    }

    fn anomalies(signature: &str, data: &[u8]) -> Vec<String> {
        let function = Function::parse(signature).expect("signature");
        let (_, anomalies) = decode(&function.params, data).expect("decodes");
        anomalies.into_iter().map(|anomaly| format!("{}: {}", anomaly.at, anomaly.what)).collect()
    }

    #[test]
    fn canonical_data_has_no_anomaly_and_each_trick_has_one() {
        let f = "f(address a,bytes b)";
        let good = words(&["aa", "40", "1", &format!("ff{}", "0".repeat(62))]);
        assert_eq!(anomalies(f, &good), [""; 0]);
        let dirty = words(&[&format!("01{}", "0".repeat(62)), "40", "1", &format!("ff{}", "0".repeat(62))]);
        assert_eq!(anomalies(f, &dirty), ["0: the 12 bytes before an address are not zero"]);
        let moved = words(&["aa", "60", "0", "1", &format!("ff{}", "0".repeat(62))]);
        assert_eq!(anomalies(f, &moved), ["32: the offset is 96, the canonical one 64"]);
        let padded = words(&["aa", "40", "1", &format!("ff{}1", "0".repeat(61))]);
        assert_eq!(anomalies(f, &padded), ["97: the padding behind the bytes is not zero"]);
        assert_eq!(
            anomalies("f(bool a)", &words(&["2", "0"])),
            ["0: a boolean that is neither 0 nor 1", "32: 32 bytes follow the last parameter"]
        );
        assert_eq!(anomalies("f(uint48 a)", &words(&["1000000000000"])), ["0: a number outside of uint48"]);
    }

    #[test]
    fn bombs_end_early() {
        let f = Function::parse("f(bytes[][] x)").expect("signature");
        // Every element points to the same array.
        let mut data = words(&["20", "400"]);
        for _ in 0..0x400 {
            data.extend(words(&["8000"]));
        }
        data.extend(words(&["400"]));
        for _ in 0..0x400 {
            data.extend(words(&["8000"]));
        }
        data.extend(words(&["0"]));
        let error = decode(&f.params, &data).expect_err("refused");
        assert!(error.what.contains("again and again"), "{error}");
        let huge = words(&["20", &"f".repeat(64)]);
        assert!(decode(&f.params, &huge).is_err());
        assert!(decode(&f.params, &words(&[&"f".repeat(64)])).is_err());
    }
}
