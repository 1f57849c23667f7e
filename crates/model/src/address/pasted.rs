//! Addresses as people paste them: with a scheme, a query, quotes or invisible characters around them, or in a form that
//! stands for an address of another one.

use super::{Address, AddressError, bech, check58, error::shorten};
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
    /// * a scheme (`eth:`, BIP-21, EIP-681, CAIP-10), whose chain the address must fit, and a query;
    /// * XRP's destination tag (`?dt=`, `:TAG`, an X-address, XLS-5d);
    ///
    /// and from forms that stand for one address of another: Ronin's and XDC's prefix, Harmony's, Injective's and
    /// Evmos' bech32 of an EVM address, Zcash's `tex1` (ZIP-320), Tron's bytes behind `0x`.
    ///
    /// A text with two addresses, a request to call a contract, a link and a name (`alice.eth`) are errors that say so:
    /// which address is meant is not for a program to choose. O(length).
    pub fn read(written: &str) -> Result<Self, AddressError> {
        let whole = written.trim();
        let first = match Address::parse(whole) {
            Ok(address) => return Ok(Self { address, taken_off: None }),
            Err(error) => error,
        };
        if whole.len() > MAX_PASTED {
            return Err(first);
        }
        let visible: String = whole.chars().filter(|c| !is_unseen(*c)).collect();
        let unseen = whole.chars().count() - visible.chars().count();
        let around = |c: char| "\"'`<>()[]{},;.\u{2018}\u{2019}\u{201c}\u{201d}\u{ab}\u{bb}".contains(c);
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
            Ok(address) => address,
            // Of a text in which nothing is found the plain reading says best what is wrong.
            Err(error) => inside(core, &mut around_it)?.ok_or(if is_bare { first } else { error })?,
        };
        Ok(Self { address, taken_off: Some(around_it.sentence()) })
    }
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
    if core.starts_with("http://") || core.starts_with("https://") {
        return Err(AddressError::Link { text: shorten(core) });
    }
    if let Some(found) = with_tag(core, around) {
        return Ok(Some(found));
    }
    if is_name(core) {
        return Err(AddressError::Name { text: shorten(core) });
    }
    let (head, query) = core.find(['?', '#']).map_or((core, ""), |at| core.split_at(at));
    let (scheme, rest) = head.rsplit_once(':').map_or(("", head), |(scheme, rest)| (scheme, rest));
    let rest = rest.trim_start_matches('/');
    let rest = rest.strip_prefix("pay-").unwrap_or(rest);
    let (written, behind) = rest.find(['@', '/']).map_or((rest, ""), |at| rest.split_at(at));
    let chain: Option<Chain> = scheme.parse().ok();
    let bare = read_for(chain, written, !scheme.is_empty(), around)?;
    let others = query.split(['?', '&', '#', '=']).filter_map(|part| Address::parse(part).ok());
    let mut others = others.filter(|other| bare != Some(*other));
    let Some(address) = bare else {
        // BIP-321 allows a request whose address stands in its query alone.
        let found = others.next().filter(|_| written.is_empty() && !scheme.is_empty());
        return match (found, others.next()) {
            (Some(_), Some(_)) => Err(AddressError::Several { text: shorten(core) }),
            (Some(address), None) if chain.is_none_or(|chain| address.fits(chain)) => {
                around.off.push(format!("everything around `{address}`"));
                Ok(Some(address))
            }
            _ => Ok(None),
        };
    };
    if let Some((_, function)) = behind.split_once('/')
        && !function.is_empty()
    {
        return Err(AddressError::Request { text: shorten(core), function: shorten(function) });
    }
    if others.next().is_some() {
        return Err(AddressError::Several { text: shorten(core) });
    }
    let before = &head[..head.len() - rest.len()];
    let parts = [before, behind, query];
    around
        .off
        .extend(parts.iter().filter(|part| !part.is_empty()).map(|part| format!("`{}`", shorten(part))));
    Ok(Some(address))
}

/// An address behind a scheme.
fn read_for(
    chain: Option<Chain>,
    written: &str,
    has_scheme: bool,
    around: &mut Around,
) -> Result<Option<Address>, AddressError> {
    let found = Address::parse(written).ok().or_else(|| other_form(written, around));
    // Ronin writes `ronin:` where others write `0x`.
    let digits = || Address::parse(&format!("0x{written}")).ok();
    let found = found.or_else(|| if has_scheme { digits() } else { None });
    match (found, chain) {
        // Old forms that two chains shared are the named chain's.
        (Some(address), Some(chain)) if !address.fits(chain) => Address::parse_for(chain, written).map(Some),
        (found, _) => Ok(found),
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
    if let Some((address, tag)) = check58::ripple_with_tag(text) {
        around.form = Some("the X-address form");
        around.off.extend(tag.map(|tag| format!("the destination tag {tag}")));
        return Some(address);
    }
    let (address, form) = bech::other_form(text)?;
    around.form = Some(form);
    Some(address)
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
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh?dt=33722",
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh",
                "the destination tag 33722 left out",
            ),
            (
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh:33722",
                "r4X1C3VVjGqvj4cXkQMd6ADTZgQvi5jwdh",
                "the destination tag 33722 left out",
            ),
        ] {
            let pasted = Pasted::read(written).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_eq!(Ok(pasted.address), Address::parse(address), "{written}");
            assert_eq!(pasted.taken_off.as_deref(), Some(off), "{written}");
        }
        for as_it_is in [EVM, LEGACY, SEGWIT] {
            assert_eq!(Pasted::read(as_it_is).map(|pasted| pasted.taken_off), Ok(None));
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
            ("vitalik.eth", "is a name"),
            ("pay.vitalik.eth", "is a name"),
            (&format!("https://etherscan.io/address/{EVM}"), "is a link"),
            (&format!("ethereum:{LEGACY}"), "not of eth"),
            (&format!("eip155:1:{LEGACY}"), "not of eth"),
            (&format!("tron:{EVM}"), "not of tron"),
            ("bc1pfeessrawgf", "pay-to-anchor"),
            ("nonsense:at all", "character"),
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
