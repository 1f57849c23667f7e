//! ABI types and function signatures, read from their human-readable form.

use std::fmt::Write;

use thiserror::Error;

use crate::{json::shorten, scalar::selector};

/// Deepest nesting of tuples and arrays in a signature.
const MAX_DEPTH: usize = 16;
/// Longest signature.
const MAX_LEN: usize = 4096;

/// A type of the contract ABI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// 20 bytes
    Address,
    /// True or false
    Bool,
    /// Unsigned, so many bits
    Uint(u16),
    /// Signed, so many bits
    Int(u16),
    /// `bytes1` to `bytes32`
    Fixed(u8),
    /// Any number of bytes
    Bytes,
    /// Text
    String,
    /// Any number of a type
    Array(Box<Self>),
    /// A fixed number of a type
    FixedArray(Box<Self>, usize),
    /// Several values
    Tuple(Vec<Param>),
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Its name; may be empty.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// `transfer`
    pub name: String,
    /// Its parameters.
    pub params: Vec<Param>,
    /// `transfer(address,uint256)`
    pub signature: String,
    /// First four bytes of the signature's hash.
    pub selector: [u8; 4],
}

/// Not a function signature.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{text:?} is no function signature, such as transfer(address to,uint256 amount): {what}")]
pub struct SignatureTextError {
    /// As written.
    pub text: String,
    /// What is wrong.
    pub what: String,
}

impl Type {
    /// Whether its encoding has a length of its own and so lies in the tail.
    pub fn is_dynamic(&self) -> bool {
        match self {
            Self::Bytes | Self::String | Self::Array(_) => true,
            Self::FixedArray(inner, _) => inner.is_dynamic(),
            Self::Tuple(params) => params.iter().any(|param| param.ty.is_dynamic()),
            _ => false,
        }
    }

    /// Bytes it takes in the head.
    pub fn head_len(&self) -> usize {
        match self {
            _ if self.is_dynamic() => 32,
            Self::FixedArray(inner, count) => inner.head_len().saturating_mul(*count),
            Self::Tuple(params) => {
                params.iter().fold(0, |sum, param| sum.saturating_add(param.ty.head_len()))
            }
            _ => 32,
        }
    }

    /// An elementary type by its name.
    pub fn elementary(name: &str) -> Option<Self> {
        let bits = |digits: &str| -> Option<u16> {
            let plain = !digits.starts_with('0') && digits.len() <= 3;
            let bits: u16 = plain.then(|| digits.parse().ok()).flatten()?;
            (bits <= 256 && bits.is_multiple_of(8)).then_some(bits)
        };
        Some(match name {
            "address" => Self::Address,
            "bool" => Self::Bool,
            "bytes" => Self::Bytes,
            "string" => Self::String,
            "uint" => Self::Uint(256),
            "int" => Self::Int(256),
            _ => {
                if let Some(digits) = name.strip_prefix("uint") {
                    Self::Uint(bits(digits)?)
                } else if let Some(digits) = name.strip_prefix("int") {
                    Self::Int(bits(digits)?)
                } else {
                    let digits = name.strip_prefix("bytes")?;
                    let size: u8 = (!digits.starts_with('0')).then(|| digits.parse().ok()).flatten()?;
                    (1..=32).contains(&size).then_some(Self::Fixed(size))?
                }
            }
        })
    }

    fn write(&self, out: &mut String) {
        let done = match self {
            Self::Address => write!(out, "address"),
            Self::Bool => write!(out, "bool"),
            Self::Uint(bits) => write!(out, "uint{bits}"),
            Self::Int(bits) => write!(out, "int{bits}"),
            Self::Fixed(size) => write!(out, "bytes{size}"),
            Self::Bytes => write!(out, "bytes"),
            Self::String => write!(out, "string"),
            Self::Array(inner) => {
                inner.write(out);
                write!(out, "[]")
            }
            Self::FixedArray(inner, count) => {
                inner.write(out);
                write!(out, "[{count}]")
            }
            Self::Tuple(params) => {
                write_params(params, out);
                Ok(())
            }
        };
        done.expect("writing to a text cannot fail");
    }
}

fn write_params(params: &[Param], out: &mut String) {
    out.push('(');
    for (index, param) in params.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        param.ty.write(out);
    }
    out.push(')');
}

impl Function {
    /// Reads `transfer(address to, uint256 amount)`, with or without `function` before and modifiers behind.
    pub fn parse(text: &str) -> Result<Self, SignatureTextError> {
        let fail = |what: &str| SignatureTextError { text: shorten(text), what: what.to_owned() };
        if text.len() > MAX_LEN {
            return Err(fail("too long"));
        }
        let body = text.trim();
        let body = body.strip_prefix("function ").unwrap_or(body).trim_start();
        let open = body.find('(').ok_or_else(|| fail("no parenthesis"))?;
        let name = body[..open].trim();
        if !is_identifier(name) {
            return Err(fail("no name"));
        }
        let mut reader = Reader { rest: &body[open..], depth: 0 };
        let params = reader.tuple().map_err(fail)?;
        let mut signature = name.to_owned();
        write_params(&params, &mut signature);
        let selector = selector(&signature);
        Ok(Self { name: name.to_owned(), params, signature, selector })
    }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn tuple(&mut self) -> Result<Vec<Param>, &'static str> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("nested too deep");
        }
        if !self.eat('(') {
            return Err("a parenthesis should open");
        }
        let mut params = Vec::new();
        if !self.eat(')') {
            loop {
                params.push(self.param()?);
                if self.eat(')') {
                    break;
                }
                if !self.eat(',') {
                    return Err("a comma or closing parenthesis should follow a parameter");
                }
            }
        }
        self.depth -= 1;
        Ok(params)
    }

    fn param(&mut self) -> Result<Param, &'static str> {
        self.rest = self.rest.trim_start();
        let mut ty = if self.rest.starts_with('(') {
            Type::Tuple(self.tuple()?)
        } else {
            match self.word() {
                "tuple" => Type::Tuple(self.tuple()?),
                name => Type::elementary(name).ok_or("an unknown type")?,
            }
        };
        let mut arrays = 0;
        while self.eat('[') {
            arrays += 1;
            if arrays > MAX_DEPTH {
                return Err("nested too deep");
            }
            let count = self.word();
            if !self.eat(']') {
                return Err("a bracket is not closed");
            }
            ty = if count.is_empty() {
                Type::Array(Box::new(ty))
            } else {
                let count = count.parse().ok().filter(|count| (1..=1024).contains(count));
                Type::FixedArray(Box::new(ty), count.ok_or("an array of 1 to 1024 elements")?)
            };
        }
        let mut name = self.word();
        while matches!(name, "calldata" | "memory" | "storage" | "payable" | "indexed") {
            name = self.word();
        }
        Ok(Param { name: name.to_owned(), ty })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_made_canonical() {
        let function =
            Function::parse("function f(tuple(address a, uint[2] b)[] calldata x, bytes) external payable")
                .expect("valid");
        assert_eq!(function.signature, "f((address,uint256[2])[],bytes)");
        assert_eq!(function.params[0].name, "x");
        let transfer = Function::parse("transfer(address to,uint256 amount)").expect("valid");
        assert_eq!(transfer.selector, [0xa9, 0x05, 0x9c, 0xbb]);
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        for text in [
            "",
            "f",
            "f(",
            "f(foo)",
            "f(uint7)",
            "f(uint264)",
            "f(bytes33)",
            "(uint)",
            "f(uint,)",
            "f(uint[0])",
        ] {
            assert!(Function::parse(text).is_err(), "{text}");
        }
        assert!(Function::parse(&format!("f({})", "(".repeat(100_000))).is_err());
        assert!(Function::parse(&format!("f(uint{})", "[]".repeat(1000))).is_err());
    }
}
