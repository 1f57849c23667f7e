//! What whoever asks says beside the context: it takes the place of what stands there.

use jiff::Timestamp;
use tracehound_guard::{
    Facts,
    facts::Shown,
    safe::Pick,
    scalar::{Account, Hash, Scalars, strict_address},
    short_name,
};

use super::SetupError;

/// What is told, as it was written.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The chain of the wallet.
    pub chain_id: Option<u64>,
    /// Host name of the site that asks.
    pub origin: Option<String>,
    /// The time to judge terms by.
    pub now: Option<Timestamp>,
    /// Who signs.
    pub account: Option<String>,
    /// The Safe.
    pub safe: Option<String>,
    /// Its version.
    pub safe_version: Option<String>,
    /// Its owners.
    pub owners: Vec<String>,
    /// How many signatures it needs.
    pub threshold: Option<u64>,
    /// Its next number.
    pub nonce: Option<u64>,
    /// The hashes that a device shows: of the domain, of the message, and the one to sign.
    pub shown: [Option<String>; 3],
}

impl Told {
    /// The context with what is told in its place; without a time it is `now`.
    ///
    /// # Errors
    /// Text that is no address, hash or version; a Safe where the context names several.
    pub fn over(&self, mut facts: Facts, now: Timestamp) -> Result<Facts, SetupError> {
        if let (Some(told), Some(known)) = (self.chain_id, facts.chain_id)
            && told != known
        {
            return Err(SetupError::Told(format!(
                "the context speaks of chain {known}, and not of chain {told}: what it knows holds there"
            )));
        }
        facts.chain_id = self.chain_id.or(facts.chain_id);
        facts.origin = self.origin.clone().or(facts.origin);
        facts.now = Some(self.now.or(facts.now).unwrap_or(now));
        if let Some(account) = &self.account {
            facts.account = Some(address(account)?);
        }
        self.of_safe(&mut facts)?;
        let mut shown = facts.shown.take().unwrap_or_default();
        let into = [&mut shown.domain, &mut shown.message, &mut shown.digest];
        for (given, into) in self.shown.iter().zip(into) {
            if let Some(text) = given {
                *into = Some(hash(text)?);
            }
        }
        facts.shown = (shown != Shown::default()).then_some(shown);
        Ok(facts)
    }

    fn of_safe(&self, facts: &mut Facts) -> Result<(), SetupError> {
        let said = self.safe.is_some()
            || self.safe_version.is_some()
            || self.threshold.is_some()
            || self.nonce.is_some()
            || !self.owners.is_empty();
        if !said {
            return Ok(());
        }
        if facts.safe.len() > 1 {
            return Err(SetupError::Told(
                "the context names several Safes: say there what is known of each".into(),
            ));
        }
        let mut known = facts.safe.pop().unwrap_or_default();
        if let Some(safe) = &self.safe {
            known.address = Some(address(safe)?);
        }
        if let Some(version) = &self.safe_version {
            known.version = Some(version.parse().map_err(|error| SetupError::Told(format!("{error}")))?);
        }
        known.threshold = self.threshold.or(known.threshold);
        known.nonce = self.nonce.or(known.nonce);
        if !self.owners.is_empty() {
            known.owners = self.owners.iter().map(|owner| address(owner)).collect::<Result<_, _>>()?;
        }
        if let Some(what) = known.contradiction() {
            return Err(SetupError::Told(what.to_owned()));
        }
        facts.safe.push(known);
        Ok(())
    }
}

/// An address of an EVM chain, strictly.
///
/// # Errors
/// What is wrong with it.
pub fn address(text: &str) -> Result<Account, SetupError> {
    strict_address(text).map(Account).map_err(|error| SetupError::Told(error.to_string()))
}

/// A hash typed from a device: upper or lower case, with or without `0x` and blanks.
fn hash(text: &str) -> Result<Hash, SetupError> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    let digits = format!("0x{}", digits.trim_start_matches("0x"));
    let bytes = Scalars::default().bytes_text(&digits, "the hash on the device");
    let bytes = bytes.map_err(|error| SetupError::Told(error.to_string()))?;
    let word = <[u8; 32]>::try_from(&bytes[..]).map_err(|_| {
        SetupError::Told(format!(
            "{:?} has {} bytes; a hash has 32",
            tracehound_model::text::clean(text),
            bytes.len()
        ))
    })?;
    Ok(Hash(word.into()))
}

/// A Safe on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafeOnChain {
    /// The chain.
    pub chain_id: u64,
    /// The Safe.
    pub safe: Account,
}

impl SafeOnChain {
    /// Reads a Safe by chain and address (EIP-3770 `eth:0x…`, or CAIP-10); `None` where the text is something else.
    ///
    /// # Errors
    /// A chain that is not known, an address that is none.
    pub fn parse(text: &str) -> Result<Option<Self>, SetupError> {
        let Some((chain, safe)) = text.rsplit_once(":0x") else { return Ok(None) };
        let chain_id = short_name::chain_id(chain).map_err(|error| SetupError::Told(error.to_string()))?;
        Ok(Some(Self { chain_id, safe: address(&format!("0x{safe}"))? }))
    }

    /// The address of Safe's own transaction service for the chain.
    ///
    /// # Errors
    /// None is known.
    pub fn service(&self) -> Result<String, SetupError> {
        let chain = self.chain_id;
        let name = short_name::service(chain).ok_or_else(|| {
            SetupError::Told(format!(
                "no transaction service is known for chain {chain}: give --safe-service URL"
            ))
        })?;
        Ok(format!("https://api.safe.global/tx-service/{name}"))
    }
}

/// What a service is asked for, where this is what is asked about.
///
/// # Errors
/// A number beyond what a service counts.
pub fn which(pick: Pick) -> Result<tracehound_evm::safe_service::Which, SetupError> {
    use tracehound_evm::safe_service::Which;
    Ok(match pick {
        Pick::Waiting => Which::Waiting,
        Pick::Nonce(nonce) => {
            let small = u64::try_from(nonce);
            Which::Nonce(small.map_err(|_| SetupError::Told(format!("no Safe came to transaction {nonce}")))?)
        }
        Pick::Hash(hash) => Which::Hash(hash.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: &str = "0x1Db92e2EeBC8E0c075a02BeA49a2935BcD2dFCF4";
    const FIRST: &str = "0x2222222222222222222222222222222222222222";
    const OWNER: &str = "0x828424517F9F04015db02169f4026D57B2B07229";

    #[test]
    fn what_is_told_takes_the_place_of_what_the_context_says_and_no_more() {
        let context = format!(
            "chain-id=1\norigin='a.example'\n[[safe]]\naddress='{SAFE}'\nthreshold=1\nnonce=7\nowners=['{FIRST}']\n"
        );
        let now = Timestamp::from_second(1_768_478_400).expect("a time");
        let facts = || Facts::parse(&context).expect("a context");
        let same = Told::default().over(facts(), now).expect("nothing is told");
        assert_eq!(same.now, Some(now));
        assert_eq!((same.chain_id, same.safe[0].threshold, same.safe[0].nonce), (Some(1), Some(1), Some(7)));
        let shown = [None, None, Some(format!("0X {}", "Ab ".repeat(32)).to_lowercase())];
        let told = Told { threshold: Some(2), owners: vec![OWNER.to_owned()], shown, ..Told::default() };
        let facts = told.over(facts(), now).expect("read");
        let safe = &facts.safe[0];
        assert_eq!((facts.safe.len(), safe.threshold, safe.nonce), (1, Some(2), Some(7)));
        assert_eq!(safe.owners[0].0.to_string(), OWNER);
        let digest = facts.shown.and_then(|shown| shown.digest).expect("the device's");
        assert_eq!(digest.0, [0xab; 32]);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let now = Timestamp::UNIX_EPOCH;
        let elsewhere = Facts::parse("chain-id=137\n").expect("a context");
        let told = Told { chain_id: Some(1), ..Told::default() };
        assert!(told.over(elsewhere, now).expect_err("where?").to_string().contains("chain 137"));
        let several = format!("[[safe]]\naddress='{SAFE}'\n[[safe]]\naddress='{OWNER}'\n");
        let several = Facts::parse(&several).expect("a context");
        let told = Told { nonce: Some(1), ..Told::default() };
        assert!(told.over(several, now).expect_err("which?").to_string().contains("several Safes"));
        for told in [
            Told { account: Some("0x12".to_owned()), ..Told::default() },
            Told { safe: Some(SAFE.replace("Db92", "DB92")), ..Told::default() },
            Told { safe_version: Some("9".to_owned()), ..Told::default() },
            Told { threshold: Some(0), ..Told::default() },
            Told { owners: vec![OWNER.to_owned(), OWNER.to_owned()], ..Told::default() },
            Told { shown: [Some("0xab".to_owned()), None, None], ..Told::default() },
        ] {
            assert!(told.over(Facts::default(), now).is_err(), "{told:?}");
        }
    }

    #[test]
    fn a_safe_is_named_by_its_chain() {
        let named = SafeOnChain::parse(&format!("eth:{SAFE}")).expect("read").expect("a Safe");
        assert_eq!((named.chain_id, named.safe.0.to_string()), (1, SAFE.to_owned()));
        assert!(named.service().is_ok_and(|url| url.ends_with("/eth")));
        assert_eq!(SafeOnChain::parse("queue.json").expect("a file"), None);
        assert!(SafeOnChain::parse(&format!("nowhere:{SAFE}")).is_err());
        assert!(SafeOnChain { chain_id: 999_999, ..named }.service().is_err());
    }
}
