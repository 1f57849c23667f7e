//! Why a text is not an address.

/// Cuts a text that goes into an error message.
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(100).collect()
}

/// Why a text is not an address. Variants carry the text, cut to 100 characters (a private key is not repeated).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is nothing.
    #[error("the address is empty")]
    Empty,
    /// Longer than any address.
    #[error("`{text}…` is {length} characters long; no address is")]
    TooLong {
        /// The text.
        text: String,
        /// Its length in bytes.
        length: usize,
    },
    /// A character that the form does not have.
    #[error("`{text}` has the character {character:?} at position {position}, which no such address has")]
    Character {
        /// The text.
        text: String,
        /// The character.
        character: char,
        /// Its place in bytes, from 0.
        position: usize,
    },
    /// The checksum does not match: a typing or copying error.
    #[error("the checksum of `{text}` is wrong ({form}): probably a typing error, copy the address again")]
    Checksum {
        /// The text.
        text: String,
        /// What it looks like.
        form: &'static str,
    },
    /// Mixed-case EVM address whose case is not that of EIP-55.
    #[error(
        "the letter case of `{text}` does not match its EIP-55 checksum: probably a typing error, copy the address again"
    )]
    Eip55 {
        /// The text.
        text: String,
    },
    /// The form is known, the length is not its.
    #[error("`{text}` looks like {form} but has the wrong length: is a part missing or doubled?")]
    Length {
        /// The text.
        text: String,
        /// What it looks like.
        form: &'static str,
    },
    /// A bech32 text in mixed case (BIP-173 forbids it).
    #[error("`{text}` mixes upper and lower case, which {form} never does: copy the address again")]
    MixedCase {
        /// The text.
        text: String,
        /// What it looks like.
        form: &'static str,
    },
    /// The checksum is right, yet the content breaks the rules of the form: made by faulty software.
    #[error("`{text}` looks like {form} but is malformed: {reason}")]
    Malformed {
        /// The text.
        text: String,
        /// What it looks like.
        form: &'static str,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// A valid form with something this version does not know.
    #[error("`{text}` is {form} of a version or kind that is not supported")]
    Unsupported {
        /// The text.
        text: String,
        /// What it looks like.
        form: &'static str,
    },
    /// A valid address of another chain or network.
    #[error("`{text}` is an address of {found}, not of {wanted}")]
    OtherChain {
        /// The text.
        text: String,
        /// The chain it belongs to.
        found: String,
        /// The chain asked for.
        wanted: String,
    },
    /// 64 hexadecimal digits.
    #[error("`{text}` is no address: 64 hexadecimal digits are a transaction id, a block id or a payment id")]
    LooksLikeHash {
        /// The text.
        text: String,
    },
    /// Hexadecimal digits without a prefix that says what they are.
    #[error("`{text}` is {digits} hexadecimal digits without a prefix: write 0x… for an EVM address")]
    BareHexadecimal {
        /// The text.
        text: String,
        /// How many digits.
        digits: usize,
    },
    /// A private key. It is not repeated here, so that it does not end in a log.
    #[error(
        "this is a private key, not an address: keep it secret, and treat it as stolen if it was shown to anyone"
    )]
    PrivateKey,
    /// An output that anybody can spend (P2A): no one's address.
    #[error("`{text}` is a pay-to-anchor output, which anybody can spend: nobody owns it")]
    Anchor {
        /// The text.
        text: String,
    },
    /// A name such as `alice.eth`, which a service translates.
    #[error("`{text}` is a name, not an address: look up the address it stands for, and ask about that")]
    Name {
        /// The text.
        text: String,
    },
    /// A link, in which an address may stand.
    #[error("`{text}` is a link, not an address: ask about the address in it")]
    Link {
        /// The text.
        text: String,
    },
    /// An address amid words or marks that are not known to be harmless.
    #[error("`{text}` has the address `{address}` amid other text: ask about the address alone")]
    Amid {
        /// The text.
        text: String,
        /// The address in it.
        address: String,
    },
    /// A word before the colon that is no chain here.
    #[error(
        "`{scheme}` before the colon of `{text}` is no name of a chain that is known: ask about the address alone"
    )]
    Scheme {
        /// The text.
        text: String,
        /// What stands before the colon.
        scheme: String,
    },
    /// A parameter of a payment request by which somebody else may be paid.
    #[error(
        "`{text}` has the parameter `{parameter}`, by which somebody else may be paid: ask about whoever that is"
    )]
    Parameter {
        /// The text.
        text: String,
        /// The parameter.
        parameter: String,
    },
    /// A payment request with more than one address.
    #[error("`{text}` names more than one address: ask about each by itself")]
    Several {
        /// The text.
        text: String,
    },
    /// A request to call a contract (EIP-681): whom that pays stands elsewhere.
    #[error(
        "`{text}` asks to call `{function}` of a contract: ask about the contract and about whoever is paid"
    )]
    Request {
        /// The text.
        text: String,
        /// The function that it calls.
        function: String,
    },
    /// Not CAIP-10.
    #[error("`{text}` is not an account: {reason}")]
    NotAnAccount {
        /// The text.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// The form of an address of a chain that nothing here reads.
    #[error("`{text}` has the form of an address of {chain}, which is not supported: nothing was looked up")]
    ChainNotSupported {
        /// The text.
        text: String,
        /// The chain's name.
        chain: &'static str,
    },
    /// No known form.
    #[error("`{text}` has the form of no address we know")]
    Unknown {
        /// The text.
        text: String,
    },
}

/// Shorthand for the errors that several forms share.
pub(super) mod say {
    use super::{AddressError, shorten};

    pub(in super::super) fn character(text: &str, position: usize) -> AddressError {
        let character = text[position..].chars().next().unwrap_or_default();
        AddressError::Character { text: shorten(text), character, position }
    }

    pub(in super::super) fn checksum(text: &str, form: &'static str) -> AddressError {
        AddressError::Checksum { text: shorten(text), form }
    }

    pub(in super::super) fn length(text: &str, form: &'static str) -> AddressError {
        AddressError::Length { text: shorten(text), form }
    }

    pub(in super::super) fn malformed(text: &str, form: &'static str, reason: &'static str) -> AddressError {
        AddressError::Malformed { text: shorten(text), form, reason }
    }

    pub(in super::super) fn unsupported(text: &str, form: &'static str) -> AddressError {
        AddressError::Unsupported { text: shorten(text), form }
    }

    pub(in super::super) fn unknown(text: &str) -> AddressError {
        AddressError::Unknown { text: shorten(text) }
    }
}
