//! Addresses as people paste them: with a scheme, a query, quotes or invisible characters around them, or in a form that
//! stands for an address of another one.

use super::{Address, AddressError, bech, check58, error::shorten, evm, monero};
use crate::Chain;

/// Longest text that is looked into, in bytes.
const MAX_PASTED: usize = 500;

/// An address, and what was around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The address.
    pub address: Address,
    /// What was taken off, or how the address was read, for a person; `None` where the text is the address.
    pub taken_off: Option<String>,
}

impl Pasted {
    /// Reads the one address of a text: as [`Address::parse`] does, and where that fails without
    ///
    /// * blanks, invisible characters, quotes and punctuation around it;
    /// * a scheme that is known (`eth:`, BIP-21, EIP-681, CAIP-10), whose chain the address must fit, and a query of amounts and
    ///   words for people;
    /// * XRP's destination tag (`?dt=`, `:TAG`, an X-address, XLS-5d);
    ///
    /// and from forms that stand for one address of another: Ronin's and XDC's prefix, Harmony's, Injective's and
    /// Evmos' bech32 of an EVM address, Rootstock's letter case of one (EIP-1191), eCash's form of a Bitcoin Cash address,
    /// Zcash's `tex1` (ZIP-320), Tron's bytes behind `0x`, and bytes as databases write them (`\\x...`).
    ///
    /// A text with two addresses, an unknown word before the colon, a query by which somebody else may be paid, a request to call a
    /// contract, a link, a name (`alice.eth`) and an address of Tezos or Algorand are errors that say so: which address is meant is not for a program to choose.
    /// O(length).
    pub fn read(written: &str) -> Result<Self, AddressError> {
        let whole = written.trim();
        let first = match Address::parse(whole) {
            Ok(address) => {
                let mut around = Around::default();
                around.integrated(whole, &address);
                let taken_off = around.form.map(|_| around.sentence());
                return Ok(Self { address, taken_off });
            }
            Err(error) => error,
        };
        if whole.len() > MAX_PASTED {
            return Err(first);
        }
        let visible: String = whole.chars().filter(|c| !is_unseen(*c)).collect();
        let unseen = whole.chars().count() - visible.chars().count();
        let around = |c: char| {
            "\"'`<>()[]{},;.=*-|\u{b7}\u{2013}\u{2014}\u{2022}\u{2018}\u{2019}\u{201c}\u{201d}\u{ab}\u{bb}"
                .contains(c)
        };
        let core = visible.trim_matches(around);
        let mut around_it = Around::default();
        match unseen {
            0 => {}
            1 => around_it.off.push("a blank or invisible character".to_owned()),
            _ => around_it.off.push(format!("{unseen} blanks or invisible characters")),
        }
        if core.len() < visible.len() {
            around_it.off.push("the marks around it".to_owned());
        }
        let is_bare = around_it.off.is_empty();
        let address = match Address::parse(core) {
            Ok(address) => {
                around_it.integrated(core, &address);
                address
            }
            // Of a text in which nothing is found the plain reading says best what is wrong.
            Err(error) => inside(core, &mut around_it)?.ok_or_else(|| match not_supported(core) {
                Some(chain) => AddressError::ChainNotSupported { text: shorten(core), chain },
                None => amid(whole).unwrap_or(if is_bare { first } else { error }),
            })?,
        };
        Ok(Self { address, taken_off: Some(around_it.sentence()) })
    }
}

/// That an address stands amid other text, which is no typing error in it; or that several do.
fn amid(core: &str) -> Option<AddressError> {
    let mut words =
        core.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| Address::parse(word).is_ok());
    let address = words.next().filter(|word| word.len() < core.len())?;
    Some(match words.next() {
        Some(_) => AddressError::Several { text: shorten(core) },
        None => AddressError::Amid { text: shorten(core), address: address.to_owned() },
    })
}

/// What is around an address.
#[derive(Default)]
struct Around {
    /// What is taken off.
    off: Vec<String>,
    /// The form that stands for the address.
    form: Option<&'static str>,
}

impl Around {
    /// Says so where a text that was read is the form of Monero's addresses with a payment id in it.
    fn integrated(&mut self, text: &str, address: &Address) {
        if address.chain() == Some(Chain::Monero) && monero::has_payment_id(text) {
            self.form = Some("Monero's integrated form");
            self.off.push("the payment id".to_owned());
        }
    }

    fn sentence(&self) -> String {
        let off = (!self.off.is_empty()).then(|| format!("{} left out", self.off.join(" and ")));
        let form = self.form.map(|form| format!("from {form}"));
        let parts: Vec<String> = form.into_iter().chain(off).collect();
        parts.join(", ")
    }
}

/// The address in a text that is none; `Ok(None)` where there is none.
fn inside(core: &str, around: &mut Around) -> Result<Option<Address>, AddressError> {
    if let Some(address) = other_form(core, around) {
        return Ok(Some(address));
    }
    let host = core.split('/').next().filter(|host| host.len() < core.len() && host.contains('.'));
    if core.starts_with("http://") || core.starts_with("https://") || host.is_some() {
        return Err(AddressError::Link { text: shorten(core) });
    }
    if let Some(found) = with_tag(core, around) {
        return Ok(Some(found));
    }
    if is_name(core) {
        return Err(AddressError::Name { text: shorten(core) });
    }
    let (head, query) = core.find(['?', '#']).map_or((core, ""), |at| core.split_at(at));
    // `wallet=...`, as configurations and logs write it.
    let labelled = head.split_once('=').filter(|(word, _)| Scheme::of(word) == Some(Scheme::Label));
    let Some((scheme, rest)) = head.rsplit_once(':').or(labelled) else {
        return if query.is_empty() { Ok(None) } else { without_scheme(core, head, query, around) };
    };
    let scheme = Scheme::of(scheme).ok_or_else(|| match not_supported(rest) {
        Some(chain) => AddressError::ChainNotSupported { text: shorten(core), chain },
        None => AddressError::Scheme { text: shorten(core), scheme: shorten(scheme) },
    })?;
    let rest = rest.trim_start_matches('/');
    let rest = if scheme == Scheme::Evm { rest.strip_prefix("pay-").unwrap_or(rest) } else { rest };
    // EIP-681 alone has a chain behind the address, and a function.
    let at = if scheme == Scheme::Evm { rest.find(['@', '/']) } else { None };
    let (written, behind) = at.map_or((rest, ""), |at| rest.split_at(at));
    let chain = behind.split('/').next().and_then(|chain| chain.strip_prefix('@'));
    if chain.is_some_and(|chain| chain.is_empty() || !chain.bytes().all(|byte| byte.is_ascii_digit())) {
        return Ok(None);
    }
    if let Some((_, function)) = behind.split_once('/')
        && !function.is_empty()
    {
        return Err(AddressError::Request { text: shorten(core), function: shorten(function) });
    }
    if written.is_empty() {
        return of_query(core, scheme, query, around);
    }
    let Some(address) = read_for(scheme, written, around)? else { return Ok(None) };
    harmless(core, query)?;
    let parts = [&head[..head.len() - rest.len()], behind, query];
    around
        .off
        .extend(parts.iter().filter(|part| !part.is_empty()).map(|part| format!("`{}`", shorten(part))));
    Ok(Some(address))
}

/// What stands before the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    /// An EVM chain, by whatever name: an address there is one on all of them.
    Evm,
    /// Another chain, which the address must be of.
    Chain(Chain),
    /// A word for what follows.
    Label,
}

/// Names of EVM chains that people write before an address and that are no name of [`Chain`]'s. Source: EIP-3770's short names.
const EVM_NAMES: &[&str] = &[
    "arb-nova",
    "arb1",
    "avax",
    "base",
    "basesep",
    "bera",
    "blast",
    "bnb",
    "celo",
    "cro",
    "ethereum",
    "ftm",
    "gno",
    "ink",
    "linea",
    "manta",
    "matic",
    "mnt",
    "mode",
    "oeth",
    "pol",
    "pulse",
    "ronin",
    "rootstock",
    "rsk",
    "scr",
    "sep",
    "sonic",
    "unichain",
    "wc",
    "xdc",
    "zksync",
    "zora",
];

impl Scheme {
    fn of(written: &str) -> Option<Self> {
        let lower = written.to_ascii_lowercase();
        if ["address", "addr", "wallet", "account", "recipient", "to", "from"].contains(&&lower[..]) {
            return Some(Self::Label);
        }
        if EVM_NAMES.contains(&&lower[..]) {
            return Some(Self::Evm);
        }
        // CashAddr's prefix, before the form from before it.
        if lower == "bitcoincash" {
            return Some(Self::Chain(Chain::BitcoinCash));
        }
        match lower.parse() {
            Ok(Chain::Evm(_)) => Some(Self::Evm),
            Ok(chain) => Some(Self::Chain(chain)),
            // The letter case of a CAIP-2 reference counts.
            Err(_) => written.parse().ok().map(Self::Chain),
        }
    }

    fn admits(self, address: &Address) -> bool {
        match self {
            Self::Evm => matches!(address, Address::Evm(_)),
            Self::Chain(chain) => address.fits(chain),
            Self::Label => true,
        }
    }
}

/// What may stand in a query without changing who is paid: amounts, and words for people. Source: BIP-21, EIP-681.
const HARMLESS: &[&str] = &[
    "amount",
    "dt",
    "gas",
    "gaslimit",
    "gasprice",
    "label",
    "memo",
    "message",
    "recipient_name",
    "tag",
    "tx_amount",
    "tx_description",
    "value",
];

/// Refuses a query by which somebody else may be paid: what is asked for there is not known here, or names an address.
fn harmless(core: &str, query: &str) -> Result<(), AddressError> {
    let query = query.trim_start_matches('?');
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        if Address::parse(value).is_ok() {
            return Err(AddressError::Several { text: shorten(core) });
        }
        // What percent signs hide is no letter and no digit, or the query is refused.
        let pieces = value.split('%').enumerate();
        let pieces =
            pieces.map(|(at, piece)| if at == 0 { piece } else { piece.get(2..).unwrap_or_default() });
        let mut words = pieces.flat_map(|piece| piece.split(|c: char| !c.is_ascii_alphanumeric()));
        let names_one = words.any(|word| Address::parse(word).is_ok());
        if !HARMLESS.contains(&&key.to_ascii_lowercase()[..])
            || value.contains('%') && names_encoded(value)
            || names_one
        {
            return Err(AddressError::Parameter { text: shorten(core), parameter: shorten(key) });
        }
    }
    Ok(())
}

/// Whether a value hides letters or digits behind percent signs, which nobody needs to write.
fn names_encoded(value: &str) -> bool {
    value.split('%').skip(1).any(|rest| {
        let byte = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_none_or(|byte| byte.is_ascii_alphanumeric())
    })
}

/// An address with a query and no scheme.
fn without_scheme(
    core: &str,
    head: &str,
    query: &str,
    around: &mut Around,
) -> Result<Option<Address>, AddressError> {
    let Some(address) = Address::parse(head).ok().or_else(|| other_form(head, around)) else {
        return Ok(None);
    };
    harmless(core, query)?;
    around.off.push(format!("`{}`", shorten(query)));
    Ok(Some(address))
}

/// BIP-321 allows a request whose address stands in its query alone.
fn of_query(
    core: &str,
    scheme: Scheme,
    query: &str,
    around: &mut Around,
) -> Result<Option<Address>, AddressError> {
    let parts = || query.trim_start_matches('?').split('&');
    let address_of = |part: &'_ str| {
        let (key, value) = part.split_once('=')?;
        matches!(key.to_ascii_lowercase().as_str(), "bc" | "tb").then(|| value.to_owned())
    };
    let mut named = parts().filter_map(address_of);
    let Some(value) = named.next() else { return Ok(None) };
    if named.next().is_some() {
        return Err(AddressError::Several { text: shorten(core) });
    }
    let rest: Vec<&str> = parts().filter(|part| address_of(part).is_none()).collect();
    harmless(core, &rest.join("&"))?;
    let address = Address::parse(&value).ok().filter(|address| scheme.admits(address));
    Ok(address.inspect(|address| around.off.push(format!("everything around `{address}`"))))
}

/// An address behind a scheme.
fn read_for(scheme: Scheme, written: &str, around: &mut Around) -> Result<Option<Address>, AddressError> {
    let found = Address::parse(written).ok();
    let found = match found {
        Some(address) => {
            around.integrated(written, &address);
            Some(address)
        }
        None => other_form(written, around),
    };
    // Ronin writes `ronin:` where others write `0x`.
    let digits = || Address::parse(&format!("0x{written}")).ok();
    let found = found.or_else(|| if scheme == Scheme::Evm { digits() } else { None });
    match (found, scheme) {
        (Some(address), scheme) if scheme.admits(&address) => Ok(Some(address)),
        // Old forms that two chains shared are the named chain's.
        (Some(_), Scheme::Chain(chain)) => Address::parse_for(chain, written).map(Some),
        (Some(address), _) => {
            let found = address.chain().map_or_else(String::new, Chain::short_name);
            Err(AddressError::OtherChain { text: shorten(written), found, wanted: "an EVM chain".to_owned() })
        }
        (None, _) => Ok(None),
    }
}

/// Forms that stand for exactly one address whose own form is another.
fn other_form(text: &str, around: &mut Around) -> Option<Address> {
    let forty = |prefix: &str| text.strip_prefix(prefix).filter(|rest| rest.len() == 40);
    if let Some(address) = forty("xdc").and_then(|rest| Address::parse(&format!("0x{rest}")).ok()) {
        around.form = Some("XDC's form");
        return Some(address);
    }
    // Tron's 21 bytes in hexadecimal, written as Ethereum writes its 20.
    if let Some(address) = forty("0x41").and_then(|rest| Address::parse(&format!("41{rest}")).ok()) {
        around.form = Some("hexadecimal");
        return Some(address);
    }
    // PostgreSQL's and Dune's form of bytes, the backslash doubled where it was quoted.
    let bytes = text.trim_start_matches('\\').strip_prefix('x').filter(|_| text.starts_with('\\'));
    if let Some(digits) = bytes {
        let written = if digits.len() == 42 { digits.to_owned() } else { format!("0x{digits}") };
        let address = Address::parse(&written).ok()?;
        around.form = Some("bytes as databases write them");
        return Some(address);
    }
    if let Some(address) = evm::of_rootstock(text) {
        around.form = Some("Rootstock's letter case (EIP-1191)");
        return Some(address);
    }
    if let Some(address) = bech::of_ecash(text) {
        around.form = Some("eCash's form of the same key or script");
        return Some(address);
    }
    if let Some((address, tag)) = check58::ripple_with_tag(text) {
        around.form = Some("the X-address form");
        around.off.extend(tag.map(|tag| format!("the destination tag {tag}")));
        return Some(address);
    }
    let (address, form) = bech::other_form(text)?;
    around.form = Some(form);
    Some(address)
}

/// The chain whose addresses look like this, where nothing here reads them and what is said of other forms would mislead.
fn not_supported(text: &str) -> Option<&'static str> {
    let is_base58 = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l'))
    };
    let starts = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    if text.len() == 36 && starts(&["tz1", "tz2", "tz3", "tz4", "KT1", "sr1"]) && is_base58(text) {
        return Some("Tezos");
    }
    let is_base32 = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7');
    (text.len() == 58 && text.bytes().all(is_base32)).then_some("Algorand")
}

/// `rADDRESS?dt=TAG` and `rADDRESS:TAG`.
fn with_tag(core: &str, around: &mut Around) -> Option<Address> {
    let (written, tag) = core.split_once(['?', ':'])?;
    let address = Address::parse(written).ok().filter(|address| address.chain() == Some(Chain::Ripple))?;
    let number = tag.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '=');
    let is_tag = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_tag.then(|| {
        around.off.push(format!("the destination tag {}", shorten(number)));
        address
    })
}

/// Whether a text looks like a name: labels with dots between them, the last one of letters alone.
fn is_name(core: &str) -> bool {
    let mut labels = core.rsplit('.');
    let last = labels.next().unwrap_or_default();
    let rest: Vec<&str> = labels.collect();
    !rest.is_empty()
        && last.chars().count() >= 2
        && last.chars().all(char::is_alphabetic)
        && rest.iter().all(|label| {
            !label.is_empty() && !label.contains(|c: char| c.is_ascii_punctuation() && !"-_".contains(c))
        })
}

/// Blanks, control characters and characters without a shape of their own: of no width, marks of direction and byte order.
fn is_unseen(c: char) -> bool {
    let is_shapeless = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    is_shapeless || c.is_control() || c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVM: &str = "0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37";
    const LEGACY: &str = "1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4";
    const SEGWIT: &str = "bc1qyej6vrqj62y3shv4pm5gzdsfzehkkyfa97rkg0";

    #[test]
    fn what_is_around_an_address_comes_off_and_is_named() {
        for (written, address, off) in [
            ("eth:0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37", EVM, "`eth:` left out"),
            ("eip155:1:0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37", EVM, "`eip155:1:` left out"),
            ("eip155:99999:0xec31682fde561917952ff78a7a8adeffd0febc37", EVM, "`eip155:99999:` left out"),
            (
                "ethereum:pay-0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37@1?value=1",
                EVM,
                "`ethereum:pay-` and `@1` and `?value=1` left out",
            ),
            ("ronin:ec31682fde561917952ff78a7a8adeffd0febc37", EVM, "`ronin:` left out"),
            ("xdcec31682fde561917952ff78a7a8adeffd0febc37", EVM, "from XDC's form"),
            ("one1asckst772cv309f077984zk7llg0a0phd5afut", EVM, "from Harmony's form"),
            (
                "\u{feff}0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37",
                EVM,
                "a blank or invisible character left out",
            ),
            ("\"0xeC31682FDE561917952Ff78A7a8adEfFd0FEbc37\",", EVM, "the marks around it left out"),
            (
                "bitcoin:1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4?amount=0.1",
                LEGACY,
                "`bitcoin:` and `?amount=0.1` left out",
            ),
            ("BITCOIN:BC1QYEJ6VRQJ62Y3SHV4PM5GZDSFZEHKKYFA97RKG0", SEGWIT, "`BITCOIN:` left out"),
            (
                "Address: 1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4",
                LEGACY,
                "a blank or invisible character and `Address:` left out",
            ),
            (
                "bip122:000000000019d6689c085ae165831e93:1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4",
                LEGACY,
                "`bip122:000000000019d6689c085ae165831e93:` left out",
            ),
            (
                "bitcoin:?bc=bc1qyej6vrqj62y3shv4pm5gzdsfzehkkyfa97rkg0",
                SEGWIT,
                "everything around `bc1qyej6vrqj62y3shv4pm5gzdsfzehkkyfa97rkg0` left out",
            ),
            ("1NXsf8VVjGqvjN cXkQMdhwDTZgQvrijAd4", LEGACY, "a blank or invisible character left out"),
            // EIP-1191's own vectors, of chain 30.
            (
                "0x5aaEB6053f3e94c9b9a09f33669435E7ef1bEAeD",
                "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
                "from Rootstock's letter case (EIP-1191)",
            ),
            (
                "rsk:0xFb6916095cA1Df60bb79ce92cE3EA74c37c5d359",
                "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359",
                "from Rootstock's letter case (EIP-1191), `rsk:` left out",
            ),
            // The same hash in both forms, by the reference implementation of cashaddr.
            (
                "ecash:qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2",
                "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
                "from eCash's form of the same key or script",
            ),
            (
                "0x41ec31682fde561917952ff78a7a8adeffd0febc37",
                "41ec31682fde561917952ff78a7a8adeffd0febc37",
                "from hexadecimal",
            ),
            (
                "XVC5Ls7gSC834j3Kqe2yYzAR7iuKfYm9zKU5qW2yxLpLNQA",
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh",
                "from the X-address form",
            ),
            (
                "XVC5Ls7gSC834j3Kqe2yYzAR7iuKfYuWKCp5gTqhyWKBNRz",
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh",
                "from the X-address form, the destination tag 33722 left out",
            ),
            (
                "bitcoin:1NXsf8VVjGqvjNcXkQMdhwDTZgQvrijAd4?amount=1&label=a%20friend",
                LEGACY,
                "`bitcoin:` and `?amount=1&label=a%20friend` left out",
            ),
            (
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh?dt=33722",
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh",
                "the destination tag 33722 left out",
            ),
            (
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh:33722",
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh",
                "the destination tag 33722 left out",
            ),
            (&format!("=\"{SEGWIT}\""), SEGWIT, "the marks around it left out"),
            (
                &format!("* {SEGWIT}"),
                SEGWIT,
                "a blank or invisible character and the marks around it left out",
            ),
            (&format!("-{SEGWIT}"), SEGWIT, "the marks around it left out"),
            (&format!("wallet={SEGWIT}"), SEGWIT, "`wallet=` left out"),
        ] {
            let pasted = Pasted::read(written).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_eq!(Ok(pasted.address), Address::parse(address), "{written}");
            assert_eq!(pasted.taken_off.as_deref(), Some(off), "{written}");
        }
        let cash = Pasted::read(&format!("bitcoincash:{LEGACY}")).expect("the form from before CashAddr");
        assert_eq!(Ok(cash.address), Address::parse_for(Chain::BitcoinCash, LEGACY));
        for as_it_is in [EVM, LEGACY, SEGWIT] {
            assert_eq!(Pasted::read(as_it_is).map(|pasted| pasted.taken_off), Ok(None));
        }
    }

    /// Both are of one wallet: the integrated form has the keys of the other, and a payment id that its holder made up.
    #[test]
    fn an_integrated_address_of_monero_is_the_address_of_its_keys() {
        let plain =
            "49HqitRzdnhYjgTEAhgGpCfsjdTeMbUTU6cyR4JV1R7k2Eej9rGT8JpFiYDa4tZM6RZiFrHmMzgSrhHEqpDYKBe5B2ufNsL";
        let integrated = "4JzWjhFVF4DYjgTEAhgGpCfsjdTeMbUTU6cyR4JV1R7k2Eej9rGT8JpFiYDa4tZM6RZiFrHmMzgSrhHEqpDYKBe5FikhGcn7t6YTy95PLm";
        let plain = Address::parse(plain).expect("an address");
        for (written, off) in [
            (integrated.to_owned(), "from Monero's integrated form, the payment id left out"),
            (
                format!("\"{integrated}\""),
                "from Monero's integrated form, the marks around it and the payment id left out",
            ),
            (
                format!("monero:{integrated}?tx_amount=1"),
                "from Monero's integrated form, the payment id and `monero:` and `?tx_amount=1` left out",
            ),
        ] {
            let pasted = Pasted::read(&written).expect("an address");
            assert_eq!((pasted.address, pasted.taken_off.as_deref()), (plain, Some(off)), "{written}");
            assert_eq!(pasted.address.to_string(), plain.to_string());
        }
    }

    #[test]
    fn what_may_mean_another_address_is_refused_in_its_own_words() {
        let two = format!("bitcoin:{LEGACY}?bc={SEGWIT}");
        let request = format!("ethereum:{EVM}@1/transfer?address={EVM}&uint256=1");
        for (written, word) in [
            (&two[..], "more than one address"),
            (&format!("bitcoin:?bc={SEGWIT}&tb={LEGACY}"), "more than one address"),
            (&request, "`transfer`"),
            ("tz1VSUr8wwNhLAzempoch5d6hLRiTh8Cjcjb", "address of Tezos, which is not supported"),
            ("tezos:tz1VSUr8wwNhLAzempoch5d6hLRiTh8Cjcjb", "address of Tezos, which is not supported"),
            ("KT1PWx2mnDueood7fEmfbBDKx1D9BAnnXitn", "address of Tezos, which is not supported"),
            (
                "VCMJKWOY5P5P7SKMZFFOCEROPJCZOTIJMNIYNUCKH7LRO45JMJP6UYBIJA",
                "address of Algorand, which is not supported",
            ),
            ("vitalik.eth", "is a name"),
            ("pay.vitalik.eth", "is a name"),
            (&format!("https://etherscan.io/address/{EVM}"), "is a link"),
            (&format!("blockstream.info/address/{SEGWIT}"), "is a link"),
            (&format!("pay {SEGWIT} now"), "amid other text"),
            (&format!("{SEGWIT}/{LEGACY}"), "more than one address"),
            (&format!("ethereum:{LEGACY}"), "not of an EVM chain"),
            (&format!("eip155:1:{LEGACY}"), "not of an EVM chain"),
            (&format!("tron:{EVM}"), "not of tron"),
            (&format!("{LEGACY}:{LEGACY}"), "is no name of a chain"),
            (&format!("{LEGACY}:{SEGWIT}"), "is no name of a chain"),
            (&format!("{EVM}:{EVM}"), "is no name of a chain"),
            (&format!("eip155:1:{EVM}:{EVM}"), "is no name of a chain"),
            (&format!("bitcoin:{LEGACY}:{SEGWIT}"), "is no name of a chain"),
            (&format!("pay vitalik.eth: {LEGACY}"), "is no name of a chain"),
            (&format!("lazarus.eth:{EVM}"), "is no name of a chain"),
            (&format!("dogecoin:{LEGACY}"), "is no name of a chain"),
            (&format!("lightning:{LEGACY}"), "is no name of a chain"),
            (&format!("bip122:00000000000000000000000000000000:{LEGACY}"), "is no name of a chain"),
            (&format!("bitcoin:ethereum:{EVM}"), "is no name of a chain"),
            (&format!("eip155:1/erc20:{EVM}"), "is no name of a chain"),
            ("xrpl:1:r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh", "is no name of a chain"),
            (&format!("{LEGACY}@{SEGWIT}"), "`"),
            (&format!("{EVM}@{EVM}"), "`"),
            (&format!("ethereum:{EVM}@{EVM}"), "`"),
            (&format!("ethereum:{EVM}@1@56"), "`"),
            (&format!("bitcoin:{LEGACY}?req-foo=1"), "`req-foo`"),
            (&format!("bitcoin:?bc={SEGWIT}&req-foo"), "`req-foo`"),
            (&format!("bitcoin:{LEGACY}#{SEGWIT}"), "somebody else"),
            (&format!("bitcoin:{LEGACY}?sp=sp1qqx"), "`sp`"),
            (&format!("bitcoin:{LEGACY}?lightning=lnbc1"), "`lightning`"),
            (&format!("bitcoin:{LEGACY}?r=https://x.invalid"), "`r`"),
            (&format!("bitcoin:{LEGACY}?bc=%33LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG"), "`bc`"),
            (&format!("bitcoin:{LEGACY}?message=pay%20to%20{SEGWIT}"), "`message`"),
            (&format!("bitcoin:{LEGACY}?label=%33LU8wRu"), "`label`"),
            (&format!("ethereum:{EVM}?data=0xa9059cbb"), "`data`"),
            (&format!("ethereum:{EVM}@1?function=transfer"), "`function`"),
            ("bc1pfeessrawgf", "pay-to-anchor"),
            ("nonsense:at all", "is no name of a chain"),
            ("", "empty"),
        ] {
            let error = Pasted::read(written).expect_err(written).to_string();
            assert!(error.contains(word), "{written}: {error}");
        }
    }

    #[test]
    fn no_text_is_too_long_to_be_refused() {
        for start in ["X", "one1", "tex1", "xdc", "0x41", "bitcoin:", "bitcoin:?", "r?", "a."] {
            for length in 0..600 {
                let text = format!("{start}{}", "q".repeat(length));
                assert!(Pasted::read(&text).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn valid_addresses_of_chains_that_are_not_read_are_not_called_mistyped() {
        for written in [
            "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5",
            "ADy9KX3qMF3CiugSHdgeNhCmQn5gRFd27K",
            "tz1VSUr8wwNhLAzempoch5d6hLRiTh8Cjcjb",
            "KT1PWx2mnDueood7fEmfbBDKx1D9BAnnXitn",
            "f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za",
            "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
            "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N",
            "addr1qx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzer3n0d3vllmyqwsx5wktcd8cc3sq835lu7drv2xwl2wywfgse35a3x",
            "VCMJKWOY5P5P7SKMZFFOCEROPJCZOTIJMNIYNUCKH7LRO45JMJP6UYBIJA",
            "nano_3t6k35gi95xu6tergt6p69ck76ogmitsa8mnijtpxm9fkcm736xtoncuohr3",
        ] {
            let error = Pasted::read(written).expect_err(written).to_string();
            assert!(!error.contains("checksum") && !error.contains("mistyped"), "{written}: {error}");
        }
    }
}
